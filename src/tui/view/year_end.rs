//! Screen 6: can we publish, and what is still to do?

use ratatui::layout::Rect;

use super::super::model::{Body, Model};
use super::layout;
use super::painter::Pen;
use super::position::short;
use super::text_width::{columns, fill};
use super::theme::Role;
use crate::domain::engine::derive::RulesChoice;
use crate::domain::engine::standing::Standing;
use crate::domain::engine::status::Status;
use crate::tui::input::keymap::Command as C;
use crate::tui::view_model::year_end::{
    YearEnd, closes_text, published_text, standard_name, statement_commands, to_do_text,
};

/// When the edition closes, and the sentence that states the view.
pub(super) fn sentence(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let Body::YearEnd(page) = &model.body else { return };
    let lead = model.position.lead();
    let known = model.position.known_text(false);
    let rules = match model.asked.rules {
        RulesChoice::Then => "",
        RulesChoice::Latest => ", under the latest rules",
    };
    let closes = page.closes.map_or_else(String::new, |day| {
        let edition = model.position.book.positions.derivation.period_on(model.asked.on);
        let name = edition.map_or("", |one| one.edition.id.as_str());
        format!("DSPT {name} {}. ", closes_text(day, model.library.today()))
    });
    let keys =
        format!("{} change  {} now/then ", model.keys.hint(C::Edit), model.keys.hint(C::NowThen));
    let first = format!(" {closes}{lead},");
    let second = format!("using what was recorded by [{known}]{rules}.");
    if layout::is_wide(model.size) {
        pen.line(0, 1, area.width, &format!("{first} {second}"), Role::Plain);
        pen.right(0, 2, area.width, &keys, Role::Plain);
        return;
    }
    pen.line(0, 1, area.width, &first, Role::Plain);
    let second = format!(" {second}");
    pen.line(0, 2, area.width, &second, Role::Plain);
    let from = u16::try_from(columns(&second) + 1).unwrap_or(u16::MAX);
    pen.right(from, 2, area.width, &keys, Role::Plain);
}

pub(super) fn draw(
    model: &Model,
    page: &YearEnd,
    pen: &mut Pen<'_>,
    area: Rect,
) -> Option<(u16, u16)> {
    let wide = layout::is_wide(model.size);
    let (upper, lower) = layout::year_end(model.size);
    let left = if wide { area.width / 2 } else { area.width };
    let top = Rect { x: 0, y: area.y, width: left, height: upper };
    ready(model, page, pen, top);
    if wide {
        standards(page, pen, Rect { x: left, width: area.width - left, ..top });
    }
    let height = area.height.saturating_sub(upper + lower);
    let list = Rect { x: 0, y: top.bottom(), width: area.width, height };
    let at = to_do(model, page, pen, list);
    if lower > 0 {
        statement(model, page, pen, Rect { y: list.bottom(), height: lower, ..area });
    }
    at
}

/// The certificates in force, each with its last day: on one line of a width without their numbers, where
/// those have no room.
fn certificates(page: &YearEnd, width: Option<u16>) -> Vec<String> {
    let current = page.certificates.iter().filter(|(_, _, current)| *current);
    let current: Vec<(String, String)> =
        current.map(|(name, until, _)| (short(name), until.short())).collect();
    let name = |(name, until): &(String, String)| format!("{name} to {until}");
    let names: Vec<String> = current.iter().map(name).collect();
    let has_room = |width: u16| columns(&names.join("  ")) <= usize::from(width.saturating_sub(28));
    if width.is_none_or(has_room) {
        return names;
    }
    let scheme = |(name, until): &(String, String)| {
        format!("{} to {until}", name.rsplit_once(' ').map_or(name.as_str(), |(one, _)| one))
    };
    current.iter().map(scheme).collect()
}

fn ready(model: &Model, page: &YearEnd, pen: &mut Pen<'_>, area: Rect) {
    let met = page.verdict.standing != Standing::StandardsNotMet;
    let word = if met { "YES" } else { "NOT YET" };
    pen.frame(area, &format!("Ready to publish?  {word}"), "");
    let (in_place, all) = model.position.mandatory;
    let own = page.count(Status::Met);
    let equal = page.count(Status::MetByEquivalence);
    let lapsed = page.count(Status::Lapsed);
    let (assertions, confirmed) = page.assertions;
    let bar = bar(in_place, all, area.width.saturating_sub(14));
    let wide = layout::is_wide(model.size);
    let to_do = all - in_place;
    let mut lines = if wide {
        vec![
            format!("Mandatory items  {all:>4}"),
            format!("  met by your own evidence       {own:>4}"),
            format!("  met by equivalence             {equal:>4}"),
            format!("  still to do                    {to_do:>4}   of them lapsed {lapsed}"),
        ]
    } else if model.size.0 < 80 {
        vec![format!("Mandatory items {all:>4}:  {own} met  {equal} equivalent  {to_do} to do")]
    } else {
        vec![format!(
            "Mandatory items {all:>4}:  {own} met  {equal} by equivalence  {to_do} to do \
             ({lapsed} lapsed)"
        )]
    };
    lines.push(bar);
    let open = assertions.saturating_sub(confirmed);
    lines.push(format!(
        "Assertions      {assertions:>4}:  {confirmed} confirmed  {open} still to confirm"
    ));
    let names = certificates(page, (!wide).then_some(area.width));
    if wide {
        lines.push(format!("Certificates    {:>4}   in force", names.len()));
        lines.extend(names.iter().take(2).map(|name| format!("  {name}")));
    } else {
        lines.push(format!("Certificates    {:>4}:  {}", names.len(), names.join("  ")));
    }
    let left = match (to_do, open) {
        (0, 0) => String::new(),
        (0, open) => format!(" ({open} assertions still to confirm)"),
        (to_do, _) => format!(" ({to_do} mandatory items still to do)"),
    };
    let left = if model.size.0 < 80 { String::new() } else { left };
    lines.push(format!("If published:  {}{left}", page.verdict.standing.word()));
    for (number, line) in lines.iter().enumerate() {
        let y = area.y + 1 + u16::try_from(number).unwrap_or(0);
        if y + 1 < area.bottom() {
            pen.line(area.x + 2, y, area.width - 4, line, Role::Plain);
        }
    }
}

fn bar(done: u64, all: u64, width: u16) -> String {
    let width = u64::from(width).saturating_sub(2);
    let filled = (done * width).checked_div(all).unwrap_or(0);
    let per_cent = (done * 100).checked_div(all).unwrap_or(0);
    let full = "#".repeat(usize::try_from(filled).unwrap_or(0));
    let rest = "-".repeat(usize::try_from(width.saturating_sub(filled)).unwrap_or(0));
    format!("[{full}{rest}] {per_cent}%")
}

fn standards(page: &YearEnd, pen: &mut Pen<'_>, area: Rect) {
    pen.frame(area, "By standard", "# met  = equivalence, n/a  - to do");
    let width = u64::from(area.width.saturating_sub(42));
    for (number, (name, (own, equal, open))) in page.standards.iter().enumerate() {
        let y = area.y + 1 + u16::try_from(number).unwrap_or(0);
        if y + 1 >= area.bottom() {
            break;
        }
        let all = (own + equal + open).max(1);
        // Ends are rounded, not lengths: a bar without anything to do is full.
        let end = |count: u64| usize::try_from((count * width + all / 2) / all).unwrap_or(0);
        let (first, second) = (end(*own), end(own + equal));
        let bar = format!("{}{}", "#".repeat(first), "=".repeat(second.saturating_sub(first)));
        let width = usize::try_from(width).unwrap_or(0);
        let name = standard_name(name);
        let text = format!("{name:<22} [{bar:-<width$}] {own:>3}{equal:>4}{open:>4}");
        pen.line(area.x + 2, y, area.width - 4, &text, Role::Plain);
    }
}

fn to_do(model: &Model, page: &YearEnd, pen: &mut Pen<'_>, area: Rect) -> Option<(u16, u16)> {
    let title = match page.closes.filter(|day| *day >= model.library.today()) {
        Some(day) => format!("To do before {}   {} things", day.short(), page.to_do.len()),
        None => format!("Left to do   {} things", page.to_do.len()),
    };
    pen.frame(area, &title, &format!("{} why", model.keys.hint(C::Open)));
    let wide = layout::is_wide(model.size);
    let more = pen.theme().glyphs.more;
    let inside = usize::from(area.width.saturating_sub(4));
    let columns = |cells: &[String; 5]| {
        let [item, status, what, who, next] = cells;
        let next_width = if wide { 50.min(inside / 3 + 6) } else { 0 };
        let who_width = if model.size.0 < 80 { 0 } else { 12 };
        let what_width = inside
            .saturating_sub(8 + 23 + next_width + usize::from(wide) + who_width)
            .saturating_sub(usize::from(who_width > 0));
        let all =
            [(item, 7), (status, 22), (what, what_width), (who, who_width), (next, next_width)];
        let cells = all.into_iter().filter(|(_, width)| *width > 0);
        cells.map(|(text, width)| fill(text, width, more)).collect::<Vec<_>>().join(" ")
    };
    let mut y = area.y + 1;
    if wide {
        let head = ["Item", "Status", "What it asks for", "Last by", "Fastest way to put it right"]
            .map(str::to_owned);
        pen.line(area.x + 2, y, area.width - 4, &columns(&head), Role::Title);
        y += 1;
    }
    let cursor = model.cursor();
    let mut at = None;
    let height = model.list_height();
    for (number, one) in page.to_do.iter().enumerate().skip(cursor.top).take(height) {
        pen.row(area, y, &columns(&to_do_text(model.context(), page, one)), number == cursor.at);
        if number == cursor.at {
            at = Some((area.x + 1, y));
        }
        y += 1;
    }
    if page.to_do.is_empty() {
        pen.line(area.x + 2, y, area.width - 4, "Nothing is left to do.", Role::Plain);
    } else {
        let last = (cursor.top + height).min(page.to_do.len());
        let shown = format!("{}-{last} of {}", cursor.top + 1, page.to_do.len());
        pen.edge(area, &shown, model.position.source_text());
    }
    at
}

fn statement(model: &Model, page: &YearEnd, pen: &mut Pen<'_>, area: Rect) {
    let wide = layout::is_wide(model.size);
    let left = if wide { Rect { width: area.width / 2, ..area } } else { area };
    pen.frame(left, "Statement", &format!("{} preview", model.keys.hint(C::Preview)));
    let (missing, open) = (page.verdict.missing_items.len(), page.verdict.unconfirmed.len());
    let counts =
        format!("{missing} mandatory items not in place, {open} assertions not confirmed.");
    let last = match page.published.first() {
        Some(one) => format!("Last published: {}", published_text(one, &model.library)),
        None => "Nothing is recorded as published. This screen never writes to the ledger.".into(),
    };
    let lines = match statement_commands(&model.position, model.context()) {
        Err(why) => vec![why, counts],
        Ok([draft, publish]) if wide => vec![
            "To read it, and to publish (this screen never writes):".to_owned(),
            draft,
            publish,
            counts,
        ],
        Ok([_, publish]) => vec![last, publish],
    };
    put(&lines, pen, left);
    if wide {
        let x = left.width;
        let right = Rect { x, width: area.width - x, ..area };
        pen.frame(right, "Published before", "");
        let mut lines: Vec<String> =
            page.published.iter().map(|one| published_text(one, &model.library)).collect();
        if lines.is_empty() {
            lines.push("Nothing is recorded as published.".to_owned());
        } else {
            let key = model.keys.hint(C::Compare);
            let room = usize::from(area.height.saturating_sub(3));
            let more = match lines.len().saturating_sub(room) {
                0 => String::new(),
                more => format!("and {more} more; "),
            };
            lines.truncate(room);
            lines.push(format!("{more}{key} compare with the last one"));
        }
        put(&lines, pen, right);
    }
}

/// Writes as many lines as a frame has room for.
fn put(lines: &[String], pen: &mut Pen<'_>, area: Rect) {
    let room = usize::from(area.height.saturating_sub(2));
    for (number, line) in lines.iter().take(room).enumerate() {
        let y = area.y + 1 + u16::try_from(number).unwrap_or(0);
        pen.line(area.x + 2, y, area.width.saturating_sub(4), line, Role::Plain);
    }
}

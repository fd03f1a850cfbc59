//! Screen 6: can we publish, and what is still to do?

use ratatui::layout::Rect;

use super::super::keymap::Command as C;
use super::super::layout;
use super::super::model::Model;
use super::super::page::year_end::{YearEnd, to_do_text};
use super::super::theme::Role;
use super::super::width::fill;
use super::pen::Pen;
use super::position::short;
use crate::domain::standing::Standing;
use crate::domain::status::Status;

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

fn ready(model: &Model, page: &YearEnd, pen: &mut Pen<'_>, area: Rect) {
    let met = page.verdict.standing != Standing::StandardsNotMet;
    let word = if met { "YES" } else { "NOT YET" };
    let closes = page.closes.map_or_else(String::new, |day| format!("closes {}", day.short()));
    pen.frame(area, &format!("Ready to publish?  {word}"), &closes);
    let (in_place, all) = model.position.mandatory;
    let own = page.count(Status::Met);
    let equal = page.count(Status::MetByEquivalence);
    let lapsed = page.count(Status::Lapsed);
    let (assertions, confirmed) = page.assertions;
    let bar = bar(in_place, all, area.width.saturating_sub(14));
    let mut lines = vec![
        format!(
            "Mandatory {all}: {own} met, {equal} equivalent, {lapsed} lapsed, {} to do",
            all - in_place
        ),
        bar,
        format!(
            "Assertions {assertions}: {confirmed} confirmed, {} still to confirm",
            assertions.saturating_sub(confirmed)
        ),
    ];
    let current = page.certificates.iter().filter(|(_, _, current)| *current);
    let names: Vec<String> =
        current.map(|(name, until, _)| format!("{} to {}", short(name), until.short())).collect();
    if layout::is_wide(model.size) {
        lines.push(format!("Certificates in force: {}", names.len()));
        lines.extend(names.iter().map(|name| format!("  {name}")));
        lines.push(String::new());
    } else {
        lines.push(format!("Certificates {}: {}", names.len(), names.join(", ")));
    }
    lines.push(format!("If published:  {}", page.verdict.standing.word()));
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
    let width = u64::from(area.width.saturating_sub(35));
    for (number, (name, (own, equal, open))) in page.standards.iter().enumerate() {
        let y = area.y + 1 + u16::try_from(number).unwrap_or(0);
        if y + 1 >= area.bottom() {
            break;
        }
        let all = (own + equal + open).max(1);
        let part =
            |count: u64, sign: &str| sign.repeat(usize::try_from(count * width / all).unwrap_or(0));
        let bar = format!("{}{}", part(*own, "#"), part(*equal, "="));
        let width = usize::try_from(width).unwrap_or(0);
        let text = format!("Standard {name:<3} [{bar:-<width$}] {own:>3}{equal:>4}{open:>4}");
        pen.line(area.x + 2, y, area.width - 4, &text, Role::Plain);
    }
}

fn to_do(model: &Model, page: &YearEnd, pen: &mut Pen<'_>, area: Rect) -> Option<(u16, u16)> {
    let title = format!("To do   {} things", page.to_do.len());
    pen.frame(area, &title, &format!("{} why", model.keys.hint(C::Open)));
    let wide = layout::is_wide(model.size);
    let more = pen.theme().glyphs.more;
    let inside = usize::from(area.width.saturating_sub(4));
    let columns = |cells: &[String; 4]| {
        let [item, status, what, next] = cells;
        let next_width = if inside < 70 { 0 } else { 24 };
        let what_width = inside.saturating_sub(8 + 23 + next_width + 1);
        format!(
            "{} {} {} {}",
            fill(item, 7, more),
            fill(status, 22, more),
            fill(what, what_width, more),
            fill(next, next_width, more)
        )
    };
    let mut y = area.y + 1;
    if wide {
        let head = ["Item", "Status", "What it asks for", "Next command"].map(str::to_owned);
        pen.line(area.x + 2, y, area.width - 4, &columns(&head), Role::Title);
        y += 1;
    }
    let cursor = model.cursor();
    let mut at = None;
    let height = layout::list_height(model);
    for (number, one) in page.to_do.iter().enumerate().skip(cursor.top).take(height) {
        pen.row(area, y, &columns(&to_do_text(one)), number == cursor.at);
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
    pen.frame(area, "Statement", &format!("{} preview", model.keys.hint(C::Preview)));
    let lines = [
        "Nothing is recorded as published. This screen never writes to the ledger.".to_owned(),
        format!(
            "{} mandatory items not in place, {} assertions not confirmed.",
            page.verdict.missing_items.len(),
            page.verdict.unconfirmed.len()
        ),
    ];
    for (number, line) in lines.iter().enumerate() {
        let y = area.y + 1 + u16::try_from(number).unwrap_or(0);
        pen.line(area.x + 2, y, area.width - 4, line, Role::Plain);
    }
}

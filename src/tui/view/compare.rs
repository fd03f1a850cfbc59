//! Screen 3: what changed between A and B, and because of what?

use ratatui::layout::Rect;

use super::super::model::Model;
use super::layout;
use super::painter::Pen;
use super::position::{no_fit, reason};
use super::text_width::{fill, wrap};
use super::theme::Role;
use crate::domain::engine::derive::RulesChoice;
use crate::domain::engine::status::Status;
use crate::domain::explain::diff::{Change, Way};
use crate::tui::input::keymap::Command as C;
use crate::tui::model::session::{Asked, Known};
use crate::tui::view_model::compare::{Compare, Moved, status_text};
use crate::tui::view_model::entries_text;

pub(super) fn sentence(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let today = model.library.today();
    let side = |name: &str, asked: Asked, moves: bool| {
        let known = match asked.known {
            Known::Then | Known::Now if asked.on > today => "FORECAST".to_owned(),
            Known::By(day) if day > today => "as recorded by today".to_owned(),
            Known::Then => "as recorded then".to_owned(),
            Known::Now => "as recorded by today".to_owned(),
            Known::By(day) => format!("as recorded by {}", day.short()),
            Known::Size(size) => format!("first {size} entries"),
        };
        let mark = if moves { "*" } else { " " };
        let rules = match asked.rules {
            RulesChoice::Then => "",
            RulesChoice::Latest => ", latest rules",
        };
        format!("{mark}{name} [{}, {known}{rules}]", asked.on.short())
    };
    let a = side("A", model.other, model.on_a);
    let b = side("B", model.asked, !model.on_a);
    let keys = format!("{} swap  {} change ", model.keys.hint(C::Swap), model.keys.hint(C::Edit));
    let tab = {
        let moves = [C::Previous, C::Next, C::MarkerBefore, C::MarkerAfter, C::Go];
        let moves = moves.map(|one| model.keys.hint(one)).join(" ");
        format!("* moves with {moves}.  {} chooses A or B", model.keys.hint(C::NextPane))
    };
    if area.width < 80 {
        pen.line(0, 1, area.width, &a, Role::Plain);
        pen.line(0, 2, area.width, &b, Role::Plain);
        return;
    }
    pen.line(
        0,
        1,
        area.width,
        &if layout::is_wide(model.size) { format!("{a}    {b}") } else { format!("{a:<40}{b}") },
        Role::Plain,
    );
    pen.line(1, 2, area.width, &tab, Role::Plain);
    pen.right(52, 2, area.width, &keys, Role::Plain);
}

pub(super) fn draw(
    model: &Model,
    page: &Compare,
    pen: &mut Pen<'_>,
    area: Rect,
) -> Option<(u16, u16)> {
    let upper = Rect { height: layout::totals(model.size), ..area };
    if layout::is_wide(model.size) {
        boxes(page, pen, upper);
    } else {
        totals(page, pen, upper);
    }
    let list = Rect { y: upper.bottom(), height: area.height - upper.height, ..area };
    draw_list(model, page, pen, list)
}

fn signed(a: u64, b: u64) -> String {
    match b.cmp(&a) {
        std::cmp::Ordering::Less => format!("-{}", a - b),
        std::cmp::Ordering::Equal => "0".to_owned(),
        std::cmp::Ordering::Greater => format!("+{}", b - a),
    }
}

fn totals(page: &Compare, pen: &mut Pen<'_>, area: Rect) {
    let Moved { worse, better, rules, other, same } = page.moved();
    let head = format!("{:<13}{:>5}{:>6}", "", "A", "B");
    let moved =
        format!("Better {better}  Worse {worse}  Rules {rules}  Other {other}  Same {same} ");
    pen.line(1, area.y, area.width, &head, Role::Title);
    pen.right(25, area.y, area.width, &moved, Role::Plain);
    let not_in_place = |counts: fn(&Compare, Status) -> u64| -> u64 {
        Status::ALL.iter().filter(|one| !one.in_place()).map(|one| counts(page, *one)).sum()
    };
    let lines = [
        ("Met", page.counts(Status::Met), ""),
        ("Equivalent", page.counts(Status::MetByEquivalence), ""),
        (
            "Not in place",
            (not_in_place(|p, s| p.a.count(s)), not_in_place(|p, s| p.b.count(s))),
            "(lapsed, not met, partly, needs confirming)",
        ),
    ];
    for (number, (name, (a, b), note)) in lines.into_iter().enumerate() {
        let y = area.y + 1 + u16::try_from(number).unwrap_or(0);
        let note = if area.width < 80 { "" } else { note };
        let text = format!("{name:<13}{a:>5}{b:>6}{:>6}   {note}", signed(a, b));
        pen.line(1, y, area.width - 1, text.trim_end(), Role::Plain);
    }
}

fn boxes(page: &Compare, pen: &mut Pen<'_>, area: Rect) {
    let third = area.width / 3;
    let one = Rect { width: third, ..area };
    pen.frame(one, "Totals", "");
    let head = format!("{:<20}{:>6}{:>7}{:>8}", "", "A", "B", "change");
    pen.line(one.x + 2, one.y + 1, one.width - 4, &head, Role::Title);
    for (number, status) in Status::ALL.into_iter().enumerate() {
        let (a, b) = page.counts(status);
        let text = format!("{:<20}{a:>6}{b:>7}{:>8}", status.word(), signed(a, b));
        let y = one.y + 2 + u16::try_from(number).unwrap_or(0);
        pen.line(one.x + 2, y, one.width - 4, &text, Role::Plain);
    }
    let two = Rect { x: third, width: third, ..area };
    pen.frame(two, "What moved", "");
    let Moved { worse, better, rules, other, same } = page.moved();
    let lines = [
        format!("Better         {better:>4}   now in place"),
        format!("Worse          {worse:>4}   no longer in place"),
        format!("Rules changed  {rules:>4}   asked in one only"),
        format!("Other          {other:>4}   neither"),
        format!("Same           {same:>4}"),
        String::new(),
        format!("{} of {} items differ.", page.all.len(), page.all.len() + same),
    ];
    for (number, line) in lines.iter().enumerate() {
        let y = two.y + 1 + u16::try_from(number).unwrap_or(0);
        pen.line(two.x + 2, y, two.width - 4, line, Role::Plain);
    }
    let three = Rect { x: 2 * third, width: area.width - 2 * third, ..area };
    pen.frame(three, "Main causes", "");
    let width = usize::from(three.width.saturating_sub(4));
    let lines = causes_text(page).into_iter().flat_map(|text| wrap(&text, width));
    let lines: Vec<(String, Role)> = lines.map(|line| (line, Role::Plain)).collect();
    pen.pane(three, &lines, "all are in the list below");
}

/// Each of the main causes as a sentence, the first with how many share it.
fn causes_text(page: &Compare) -> Vec<String> {
    let causes = page.main_causes();
    let mut lines = Vec::new();
    for (way, words) in
        [(Way::Worse, "got worse"), (Way::Better, "got better"), (Way::Other, "changed otherwise")]
    {
        let all = page.all.iter().filter(|one| Way::of(one) == way).count();
        if all == 0 && way == Way::Worse {
            lines.push("Nothing got worse.".to_owned());
        }
        for (number, one) in causes.iter().filter(|one| one.way == way).enumerate() {
            let late = one.late.map_or_else(String::new, |late| format!("  {}", late.mark()));
            let text = format!("{}  {}{late}", one.text, entries_text(one.entries));
            lines.push(match number {
                0 if one.count == all && all > 1 => {
                    format!("All {all} that {words} share one cause: {text}")
                }
                0 if one.count > 1 => {
                    format!("{} of the {all} that {words} share one cause: {text}", one.count)
                }
                0 => format!("{words}, 1: {text}"),
                _ => format!("{}: {text}", one.count),
            });
        }
    }
    lines
}

/// The cause in a column: in few words where there is little room.
fn cause_text(one: &Change, wide: bool, width: usize) -> String {
    let entries = entries_text(&one.entries);
    let late = one.late.map_or_else(String::new, |late| format!(" {}", late.mark()));
    if wide {
        return format!("{} {entries}{late}", one.cause);
    }
    let first = entries.split(' ').next().unwrap_or_default();
    let short = format!("{} {first}", one.short);
    if short.chars().count() <= width { short } else { reason(&one.short, width) }
}

/// How wide the title, a status and the cause are.
fn widths(size: (u16, u16), width: u16) -> [usize; 3] {
    let inside = usize::from(width.saturating_sub(4));
    let wide = layout::is_wide(size);
    let status = if wide { 23 } else { 15 };
    let cause = match (size.0 < 80, wide) {
        (true, _) => 0,
        (false, true) => inside.saturating_sub(8 + 2 * status) * 3 / 5,
        (false, false) => inside.saturating_sub(61).max(15),
    };
    [inside.saturating_sub(8 + 2 * status + cause + usize::from(cause > 0)), status, cause]
}

fn draw_list(model: &Model, page: &Compare, pen: &mut Pen<'_>, area: Rect) -> Option<(u16, u16)> {
    let how = if model.filter.text.is_empty() { "worse first" } else { model.filter.title() };
    let title = format!("{} items changed, shown: {how}", page.all.len());
    pen.frame(area, &title, &format!("{} filter", model.keys.hint(C::Filter)));
    let wide = layout::is_wide(model.size);
    let [title, status, cause] = widths(model.size, area.width);
    let more = pen.theme().glyphs.more;
    let columns = |item: &str, what: &str, a: &str, b: &str, why: &str| {
        format!(
            "{} {}{}{}{}",
            fill(item, 7, more),
            fill(what, title.saturating_sub(1), more),
            fill(&format!(" {a}"), status, more),
            fill(&format!(" {b}"), status, more),
            fill(&format!(" {why}"), cause, more)
        )
    };
    let [a, b] = if wide { ["Position A", "Position B"] } else { ["A", "B"] };
    let head = columns("Item", "What it asks for", a, b, "Because");
    pen.line(area.x + 2, area.y + 1, area.width - 4, &head, Role::Title);
    let cursor = model.cursor();
    let height = model.list_height();
    let mut at = None;
    for line in cursor.top..(cursor.top + height).min(page.shown.len()) {
        let Some(one) = page.line(line) else { continue };
        let y = area.y + 2 + u16::try_from(line - cursor.top).unwrap_or(0);
        let why = cause_text(one, wide, cause);
        let say = |status: Status| {
            if wide && status != Status::NotAsked {
                format!("{} {}", status.mark(), status.word())
            } else {
                status_text(status)
            }
        };
        let (a, b) = (say(one.before), say(one.after));
        let text = columns(&one.item.item.to_string(), &one.title, &a, &b, &why);
        pen.row(area, y, &text, line == cursor.at);
        if line == cursor.at {
            at = Some((area.x + 1, y));
        }
    }
    let last = (cursor.top + height).min(page.shown.len());
    if !model.instead.is_empty() {
        no_fit(&model.instead, pen, Rect { y: area.y + 2, ..area });
    }
    let rows = match page.shown.len() {
        0 if page.all.is_empty() => "nothing changed".to_owned(),
        0 => String::new(),
        all => {
            let source = model.position.source_text();
            format!("rows {}-{last} of {all}   {source}", cursor.top + 1)
        }
    };
    pen.line(area.x + 2, area.bottom().saturating_sub(2), area.width - 4, &rows, Role::Plain);
    at
}

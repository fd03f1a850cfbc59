//! Screen 4: what was recorded, when, by whom, how late?

use ratatui::layout::Rect;

use super::super::model::Model;
use super::layout;
use super::painter::Pen;
use super::position::no_fit;
use super::text_width::{columns, fill, grouped, wrap_kept};
use super::theme::Role;
use crate::domain::date::Date;
use crate::tui::input::keymap::Command as C;
use crate::tui::view_model::history::{History, month};

pub(super) fn sentence(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let known = model.position.known_text(false);
    let all = grouped(model.position.size);
    let first = if area.width < 80 {
        format!(" Recorded, newest first, up to [{known}]. {all} entries.")
    } else {
        let keys = match (layout::is_wide(model.size), model.library.source.roster.keys().count()) {
            (false, _) => String::new(),
            (true, 1) => ", 1 signing key".to_owned(),
            (true, keys) => format!(", {keys} signing keys"),
        };
        format!(" What was recorded, newest first. Reading up to [{known}].  {all} entries{keys}.")
    };
    pen.line(0, 1, area.width, &first, Role::Plain);
    let keys = format!(
        " {} find   {} filter: late, by NAME",
        model.keys.hint(C::Find),
        model.keys.hint(C::Filter)
    );
    pen.line(0, 2, area.width, &keys, Role::Plain);
    let shown = format!("shown: {} ", model.filter.entries_title());
    let from = u16::try_from(columns(&keys) + 2).unwrap_or(0);
    if usize::from(from) + columns(&shown) <= usize::from(area.width) {
        pen.right(from, 2, area.width, &shown, Role::Plain);
    } else {
        pen.line(0, 2, area.width, &format!(" {shown}"), Role::Plain);
    }
}

pub(super) fn draw(
    model: &Model,
    page: &History,
    pen: &mut Pen<'_>,
    area: Rect,
) -> Option<(u16, u16)> {
    let wide = layout::is_wide(model.size);
    let left = if wide { area.width * 13 / 20 } else { area.width };
    let at = draw_list(model, page, pen, Rect { width: left, ..area });
    if wide {
        let (x, width) = (left, area.width - left);
        let upper = Rect { x, y: area.y, width, height: 11.min(area.height / 2) };
        calendar(model, pen, upper);
        let lower = Rect { x, y: upper.bottom(), width, height: area.height - upper.height };
        draw_entry(model, pen, lower);
    }
    at
}

fn draw_list(model: &Model, page: &History, pen: &mut Pen<'_>, area: Rect) -> Option<(u16, u16)> {
    let keys = format!(
        "{} details  {} to the item",
        model.keys.hint(C::Open),
        model.keys.hint(C::GoToItem)
    );
    pen.frame(area, "Events", &keys);
    let wide = layout::is_wide(model.size);
    let small = model.size.0 < 80;
    let more = pen.theme().glyphs.more;
    let columns = |cells: [&str; 5]| {
        let [entry, recorded, day, who, what] = cells;
        let mut text = format!(
            "{} {} ",
            fill(entry, 7, more),
            fill(recorded, if wide { 18 } else { 17 }, more)
        );
        if !small {
            text.push_str(&fill(day, 12, more));
            text.push(' ');
        }
        if wide {
            text.push_str(&fill(who, 14, more));
            text.push(' ');
        }
        text.push_str(what);
        text
    };
    let recorded = if wide { "Recorded (UK time)" } else { "Recorded" };
    let head = columns(["Event", recorded, "For day", "Who", "What"]);
    pen.line(area.x + 2, area.y + 1, area.width - 4, &head, Role::Title);
    let cursor = model.cursor();
    let height = model.list_height();
    let mut at = None;
    for (number, told) in (cursor.top..).zip(model.told.lines.iter().take(height)) {
        let y = area.y + 2 + u16::try_from(number - cursor.top).unwrap_or(0);
        let cells = [&told.entry, &told.recorded, &told.day, &told.who, &told.what];
        pen.row(area, y, &columns(cells.map(String::as_str)), number == cursor.at);
        if number == cursor.at {
            at = Some((area.x + 1, y));
        }
    }
    let note = "LATE = recorded after the day it is for. Nothing can be edited or removed.";
    pen.line(area.x + 2, area.bottom().saturating_sub(2), area.width - 4, note, Role::Plain);
    let last = (cursor.top + height).min(page.lines.len());
    if page.lines.is_empty() {
        no_fit(&model.instead, pen, Rect { y: area.y + 2, ..area });
    } else {
        let text = format!("lines {}-{last} of {}", cursor.top + 1, page.lines.len());
        pen.edge(area, &text, "");
    }
    at
}

/// The month of the position date, with numbers: colour alone would say nothing.
fn calendar(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let on = model.asked.on;
    let (year, number, today) = on.ymd();
    let name = on.long();
    let name = name.split_once(' ').map_or("", |(_, month)| month);
    pen.frame(area, &format!("Entries per day, {name}"), "");
    pen.line(
        area.x + 2,
        area.y + 1,
        area.width - 4,
        "Mon  Tue  Wed  Thu  Fri  Sat  Sun",
        Role::Title,
    );
    let first = Date::from_ymd(year, number, 1).unwrap_or(on);
    // 1 January 1970 was a Thursday.
    let lead = (first.number() + 3).rem_euclid(7);
    for (day, count) in month(&model.library, on, model.position.size) {
        let place = lead + i32::from(day) - 1;
        let (week, weekday) = (place / 7, place % 7);
        let text = if count == 0 { "  .".to_owned() } else { format!("{count:>3}") };
        let mark = if day == today { "^" } else { "" };
        let x = area.x + 2 + u16::try_from(weekday * 5).unwrap_or(0);
        let y = area.y + 2 + u16::try_from(week).unwrap_or(0);
        if y + 1 < area.bottom() {
            pen.line(x, y, 5, &format!("{text}{mark}"), Role::Plain);
        }
    }
    pen.edge(area, &format!("^ {}, shown", on.short()), "");
}

fn draw_entry(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let entry = model.entry();
    let title = entry.map_or("Entry".to_owned(), |seq| format!("Entry #{seq}"));
    pen.frame(area, &title, "");
    let calendar = ["The calendar did this; nothing was recorded.".to_owned()];
    let lines = if entry.is_some() { model.told.entry.as_slice() } else { &calendar };
    let width = usize::from(area.width.saturating_sub(4));
    let lines = lines.iter().flat_map(|line| wrap_kept(line, width));
    let lines: Vec<(String, Role)> = lines.map(|line| (line, Role::Plain)).collect();
    pen.pane(area, &lines, &format!("{} all", model.keys.hint(C::Open)));
}

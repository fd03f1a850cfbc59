//! Screen 5: can this history be trusted?

use ratatui::layout::Rect;

use super::super::model::{Model, Screen};
use super::layout::{self, Boxed};
use super::painter::Pen;
use super::text_width::{columns, fill, wrap_kept};
use super::theme::Role;
use crate::domain::belief::{Answer, NOT_PROVED_LINE};
use crate::tui::input::keymap::Command as C;
use crate::tui::model::verification::State;
use crate::tui::view_model::advice::to_do;
use crate::tui::view_model::box_line::{Line, Part};
use crate::tui::view_model::signatures::{PROBLEM_COLUMN, lines, proves};

/// Columns of what a line is about, and of its state.
const COLUMNS: (usize, usize) = (9, 15);

pub(super) fn sentence(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let trust = &model.trust;
    let role = match (&trust.running, &trust.report) {
        (Some(_), _) => Role::Plain,
        (None, Some(report)) if report.answer != Answer::Yes => Role::Warning,
        (None, _) => Role::Title,
    };
    // The question alone is no answer.
    let alone = model.over.verdict.get(1).is_some_and(|line| line.starts_with("Answer"))
        || trust.running.is_some();
    for (number, line) in model.over.verdict.iter().enumerate() {
        let role = if number == 0 && alone { Role::Plain } else { role };
        let y = 1 + u16::try_from(number).unwrap_or(0);
        pen.line(0, y, area.width, &format!(" {line}"), role);
    }
}

pub(super) fn draw(model: &Model, pen: &mut Pen<'_>, area: Rect) -> Option<(u16, u16)> {
    let wide = layout::is_wide(model.size);
    let left = if wide { area.width * 3 / 5 } else { area.width };
    let all = lines(model.context());
    let boxes = model.signature_boxes(&all);
    let mut at = None;
    for (part, own) in Part::ALL.into_iter().zip(&boxes) {
        let width = if part == Part::Yourself { area.width } else { left };
        let place = Rect { x: 0, y: own.y, width, height: own.height };
        let here = list(model, (part, own), &all, pen, place);
        at = at.or(here);
        if !wide || own.height == 0 {
            continue;
        }
        let pane = Rect { x: left, width: area.width - left, ..place };
        match part {
            Part::Checked => selected(model, &all, pen, pane),
            Part::Signed => steps(model, pen, pane),
            Part::Yourself => {}
        }
    }
    at
}

fn list(
    model: &Model,
    (part, own): (Part, &Boxed),
    all: &[Line],
    pen: &mut Pen<'_>,
    area: Rect,
) -> Option<(u16, u16)> {
    if own.height == 0 {
        return None;
    }
    let keys = &model.keys;
    let remark = match part {
        Part::Checked => format!("{} check again", keys.hint(C::Verify)),
        Part::Signed => format!("{} key", keys.hint(C::Open)),
        Part::Yourself => format!("{} copy the line", keys.hint(C::Copy)),
    };
    pen.frame(area, part.title(), &remark);
    let inside = usize::from(area.width.saturating_sub(4));
    let more = pen.theme().glyphs.more;
    if own.above > 0 {
        let head = HEAD.map(str::to_owned);
        pen.line(area.x + 2, area.y + 1, area.width - 4, &signer(&head, inside, more), Role::Title);
    }
    let mut at = None;
    let last = own.lines.end.min(own.top + own.room);
    let shown = all.iter().enumerate().take(last).skip(own.top);
    for ((number, line), y) in shown.zip(area.y + 1 + own.above..) {
        let selected = own.here && number == model.cursor().at;
        pen.row(area, y, &row(line, inside, more), selected);
        if selected {
            at = Some((area.x + 1, y));
        }
    }
    foot(model, part, pen, area);
    if own.top > own.lines.start || last < own.lines.end {
        let (first, count) = (own.top - own.lines.start + 1, own.lines.len());
        let text = format!("{first}-{} of {count}", last - own.lines.start);
        let left_out = if part == Part::Checked { left_out(model) } else { String::new() };
        pen.edge(area, &text, &left_out);
    }
    at
}

/// How many phases were left out: where the list is longer than its box, they stand below.
fn left_out(model: &Model) -> String {
    let phases = model.trust.phases();
    match phases.iter().filter(|one| one.state == State::NotChecked).count() {
        0 => String::new(),
        count => format!("{count} not checked, see below"),
    }
}

/// What no check can show: at the foot of the last box of a screen that has it.
fn foot(model: &Model, part: Part, pen: &mut Pen<'_>, area: Rect) {
    let tall = layout::is_tall(model.size);
    let alone = area.height == layout::body(Screen::Signatures, model.size);
    let not = format!("Does not prove: {NOT_PROVED_LINE}");
    let width = area.width.saturating_sub(4);
    let y = area.bottom().saturating_sub(2);
    if alone || (part == Part::Signed && !tall) {
        pen.line(area.x + 2, y, width, &not, Role::Plain);
    } else if part == Part::Yourself && tall {
        pen.line(area.x + 2, y - 1, width, &proves(model.context()), Role::Plain);
        let not = format!("This does not prove: {NOT_PROVED_LINE}");
        pen.line(area.x + 2, y, width, &not, Role::Plain);
    }
}

/// The columns of who signed.
const HEAD: [&str; 5] = ["Key", "Person", "Allowed", "Entries", "State"];

/// A line as a row of its box.
fn row(line: &Line, width: usize, more: &str) -> String {
    match (line.part, line.row.as_slice()) {
        (Part::Signed, [key, person, dates, entries, state]) => {
            let cells = [key, person, dates, entries, state].map(ToOwned::to_owned);
            signer(&cells, width, more)
        }
        (Part::Checked, [mark, question, said]) => {
            format!("{mark} {} {said}", fill(question, 28, more))
        }
        (Part::Checked, [name, said]) => {
            format!("{} {said}", fill(name, PROBLEM_COLUMN, more))
        }
        (Part::Signed, [name, whose, key]) => {
            format!("{} {} {key}", fill(name, 9, more), fill(whose, 29, more))
        }
        (Part::Yourself, rows) if !rows.is_empty() => {
            // The longest that fits says most.
            let fits = |row: &&String| columns(row) <= width;
            rows.iter().rev().find(fits).or(rows.first()).cloned().unwrap_or_default()
        }
        (Part::Yourself, _) if !line.details.is_empty() => line.text.clone(),
        _ if line.details.is_empty() => line.name.clone(),
        _ => {
            let (name, state) = COLUMNS;
            let (name, state) = (fill(&line.name, name, more), fill(&line.state, state, more));
            format!("{name} {state} {}", line.text)
        }
    }
}

/// Who signed, in columns; a state other than the common one is said in narrow windows as well.
fn signer([key, person, dates, entries, state]: &[String; 5], width: usize, more: &str) -> String {
    let (key, dates) = (fill(key, 9, more), fill(dates, 26, more));
    let common = state == "in use" || state == "State";
    if width < 80 {
        let person = if common { person.clone() } else { format!("{person} ({state})") };
        if width < 70 {
            let person = fill(&person, width.saturating_sub(9 + 2 + 15), more);
            return format!("{key} {person} {entries:>7} entries");
        }
        let room = width.saturating_sub(9 + 26 + 3 + 15);
        return format!("{key} {} {dates} {entries:>7} entries", fill(&person, room, more));
    }
    let room = width.saturating_sub(9 + 26 + 7 + 5 + 11);
    format!("{key} {} {dates} {entries:>7}  {state}", fill(person, room, more))
}

/// The whole of the selected line; of a fault, what it means and up to where all is good.
fn selected(model: &Model, all: &[Line], pen: &mut Pen<'_>, area: Rect) {
    let report = model.trust.report.as_ref().filter(|_| model.trust.running.is_none());
    let line = all.get(model.cursor().at).filter(|line| !line.details.is_empty());
    let fault = report.and_then(|report| report.fault.as_ref().map(|fault| (report, fault)));
    // The rows of the problem are about the fault; every other one is about itself.
    let about = |line: &Line| {
        let problem = ["where", "found", "means", "good", "to do"].contains(&line.name.as_str());
        problem || line.state == State::No.word()
    };
    let (title, told) = match (fault, line) {
        (Some((report, fault)), line) if line.is_none_or(about) => {
            let told = vec![
                format!("rule     {}", fault.rule),
                format!("found    {}", fault.text),
                String::new(),
                format!("In plain words: {}. Nothing was repaired.", fault.means),
                String::new(),
                report.good_until(),
            ];
            (format!("First problem: {}", fault.place), told)
        }
        (_, Some(line)) => {
            let title = pane_title(line);
            let mut told: Vec<String> =
                line.details.iter().filter(|one| **one != title).cloned().collect();
            if line.entry.is_some() {
                told.push(String::new());
                told.extend(model.told.entry.iter().cloned());
            }
            (title, told)
        }
        (_, None) => (String::new(), Vec::new()),
    };
    pen.frame(area, &title, &format!("{} details", model.keys.hint(C::Open)));
    text(&told, &format!("{} all", model.keys.hint(C::Open)), pen, area);
}

/// What the pane about a line is called.
fn pane_title(line: &Line) -> String {
    match (line.part, line.row.as_slice()) {
        (Part::Checked, [_, question, _]) => question.clone(),
        (Part::Signed, [_, _, _, _, _]) => format!("Key {}", line.name),
        _ => line.name.clone(),
    }
}

/// What is to be done about the answer.
fn steps(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    pen.frame(area, "What to do now", "");
    text(&to_do(model.context()), &format!("{} has all", model.keys.hint(C::Export)), pen, area);
}

/// Writes wrapped lines into a frame; `rest` says how to see what has no room.
fn text(lines: &[String], rest: &str, pen: &mut Pen<'_>, area: Rect) {
    let width = usize::from(area.width.saturating_sub(4));
    let wrapped = lines.iter().flat_map(|line| wrap_kept(line, width));
    let wrapped: Vec<(String, Role)> = wrapped.map(|line| (line, Role::Plain)).collect();
    pen.pane(area, &wrapped, rest);
}

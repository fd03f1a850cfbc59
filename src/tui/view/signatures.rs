//! Screen 5: can this history be trusted?

use ratatui::layout::Rect;

use super::super::keymap::Command as C;
use super::super::layout;
use super::super::model::Model;
use super::super::page::signatures::{Line, lines};
use super::super::theme::Role;
use super::super::trust::{Answer, NOT_PROVED};
use super::super::width::{fill, grouped, wrap};
use super::pen::Pen;

/// Columns of what a line is about, and of its state.
const COLUMNS: (usize, usize) = (9, 15);

pub(super) fn sentence(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    pen.line(0, 1, area.width, " Can this history be trusted?", Role::Plain);
    let trust = &model.trust;
    let (text, role) = match (&trust.running, &trust.report) {
        (Some(one), _) => (format!(" Checking: {}, {}", one.phase, one.text()), Role::Plain),
        (None, Some(report)) if report.answer != Answer::Yes => {
            (format!(" Answer: {}", trust.answer()), Role::Warning)
        }
        (None, _) => (format!(" Answer: {}", trust.answer()), Role::Title),
    };
    pen.line(0, 2, area.width, &text, role);
}

pub(super) fn draw(model: &Model, pen: &mut Pen<'_>, area: Rect) -> Option<(u16, u16)> {
    let wide = layout::is_wide(model.size);
    let left = if wide { area.width * 3 / 5 } else { area.width };
    let below = layout::signatures(model.size);
    let height = area.height.saturating_sub(below);
    let all = lines(model);
    let at = list(model, &all, pen, Rect { x: 0, width: left, height, ..area });
    if wide {
        let pane = Rect { x: left, width: area.width - left, height, ..area };
        selected(model, &all, pen, pane);
    }
    if below > 0 {
        let y = area.y + height;
        yourself(model, pen, Rect { y, height: below, ..area });
    }
    at
}

fn list(model: &Model, all: &[Line], pen: &mut Pen<'_>, area: Rect) -> Option<(u16, u16)> {
    pen.frame(area, "What was checked", &format!("{} check again", model.keys.hint(C::Verify)));
    let cursor = model.cursor();
    let height = layout::list_height(model);
    let more = pen.theme().glyphs.more;
    let mut at = None;
    for (line, number) in all.iter().zip(0..).skip(cursor.top).take(height) {
        let y = area.y + 1 + u16::try_from(number - cursor.top).unwrap_or(0);
        let text = if line.details.is_empty() {
            line.name.clone()
        } else {
            let (name, state) = COLUMNS;
            let (name, state) = (fill(&line.name, name, more), fill(&line.state, state, more));
            format!("{name} {state} {}", line.text)
        };
        pen.row(area, y, &text, number == cursor.at);
        if number == cursor.at {
            at = Some((area.x + 1, y));
        }
    }
    let y = area.bottom().saturating_sub(2);
    let text = format!("Does not prove: {NOT_PROVED}");
    pen.line(area.x + 2, y, area.width.saturating_sub(4), &text, Role::Plain);
    let last = (cursor.top + height).min(all.len());
    let remembered = model.trust.report.as_ref().map_or(0, |report| report.remembered);
    let before = match remembered {
        0 => String::new(),
        count => format!("{} entries verified before", grouped(count)),
    };
    pen.edge(area, &format!("{}-{last} of {}", cursor.top + 1, all.len()), &before);
    at
}

/// The whole of the selected line, and what to make of the answer.
fn selected(model: &Model, all: &[Line], pen: &mut Pen<'_>, area: Rect) {
    let fault = model.trust.report.as_ref().and_then(|report| report.fault.as_ref());
    let mut told: Vec<String> = Vec::new();
    match (fault, &model.trust.report) {
        (Some(fault), Some(report)) => {
            told.extend([
                format!("where   {}", fault.place),
                format!("rule    {}", fault.rule),
                format!("found   {}", fault.text),
                String::new(),
                format!("In plain words: {}. Nothing was repaired.", fault.means),
                report.good_until(),
                String::new(),
                "1 Do not write to this ledger.".to_owned(),
                "2 Compare it with another copy or a head that someone kept.".to_owned(),
                format!("3 Save this report: {}", model.keys.hint(C::Export)),
            ]);
        }
        (None, Some(_)) => told.push("No problem was found.".to_owned()),
        (_, None) => told.push("The check has not ended.".to_owned()),
    }
    let line = all.get(model.cursor().at).filter(|line| !line.details.is_empty());
    if let Some(line) = line {
        told.extend([String::new(), format!("Selected: {}", line.name)]);
        told.extend(line.details.iter().skip(1).filter(|one| !one.is_empty()).cloned());
    }
    let title = if fault.is_some() { "First problem" } else { "First problem: none" };
    pen.frame(area, title, &format!("{} details", model.keys.hint(C::Open)));
    let width = usize::from(area.width.saturating_sub(4));
    let wrapped = told.iter().flat_map(|line| wrap(line, width));
    for (line, y) in wrapped.take(usize::from(area.height.saturating_sub(2))).zip(area.y + 1..) {
        pen.line(area.x + 2, y, area.width.saturating_sub(4), &line, Role::Plain);
    }
}

fn yourself(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    pen.frame(area, "Check it yourself, without this program", "");
    let text = "dspt export bundle DIR   then   python3 DIR/verify.py DIR --policy FILE";
    pen.line(2, area.y + 1, area.width.saturating_sub(4), text, Role::Plain);
    // Lines 2 and 3 of a checkpoint are size and root of the tree (C2SP tlog-checkpoint).
    let mut head = model.library.source.head.lines().skip(1);
    let (size, root) = (head.next().unwrap_or(""), head.next().unwrap_or(""));
    let text = format!("Compare the head with the one you kept: {size} entries, {root}");
    pen.line(2, area.y + 2, area.width.saturating_sub(4), &text, Role::Plain);
}

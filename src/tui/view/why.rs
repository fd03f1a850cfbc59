//! Screen 2: why is this item so, and what would change it?

use ratatui::layout::Rect;

use super::super::keymap::Command as C;
use super::super::layout;
use super::super::model::Model;
use super::super::page::history::details;
use super::super::page::why::{Line, Why, answer_text};
use super::super::theme::Role;
use super::super::width::wrap;
use super::pen::Pen;
use super::position::press_now;

pub(super) fn draw(
    model: &Model,
    page: Option<&(Box<Why>, Vec<Line>)>,
    pen: &mut Pen<'_>,
    area: Rect,
) -> Option<(u16, u16)> {
    let Some((why, lines)) = page else {
        pen.frame(area, "Why", "");
        let item = model.item.as_ref().map_or("This item".to_owned(), ToString::to_string);
        let text = format!("{item} is not asked for on {}.", model.asked.on.long());
        pen.line(2, area.y + 1, area.width - 4, &text, Role::Warning);
        return None;
    };
    let wide = layout::is_wide(model.size);
    let left = if wide { area.width * 3 / 5 } else { area.width };
    let tree = Rect { width: left, ..area };
    let at = draw_tree(model, why, lines, pen, tree);
    if wide {
        let other = 9.min(area.height / 2);
        let x = left;
        let width = area.width - left;
        let upper = Rect { x, y: area.y, width, height: area.height - other };
        draw_entry(model, pen, upper);
        draw_answers(model, why, pen, Rect { x, y: upper.bottom(), width, height: other });
    }
    at
}

fn draw_tree(
    model: &Model,
    why: &Why,
    lines: &[Line],
    pen: &mut Pen<'_>,
    area: Rect,
) -> Option<(u16, u16)> {
    let title = format!("Why is {} {}?", why.item.item, why.status.word().to_lowercase());
    pen.frame(area, &title, &format!("{} open all", model.keys.hint(C::OpenAll)));
    let width = area.width.saturating_sub(4);
    pen.line(area.x + 2, area.y + 1, width, &why.heading, Role::Title);
    let cursor = model.cursor();
    let height = layout::list_height(model);
    let mut at = None;
    for (number, line) in lines.iter().enumerate().skip(cursor.top).take(height) {
        let y = area.y + 2 + u16::try_from(number - cursor.top).unwrap_or(0);
        let sign = match (line.branch, line.open) {
            (false, _) => " ",
            (true, true) => "v",
            (true, false) => "+",
        };
        let indent = "  ".repeat(line.path.len().saturating_sub(1));
        let selected = number == cursor.at;
        pen.row(area, y, &format!("{indent}{sign} {}", line.text), selected);
        if selected {
            at = Some((area.x + 1, y));
        }
    }
    // The selected line in full, for it may be cut in the tree.
    let foot = area.bottom().saturating_sub(4);
    let whole = lines.get(cursor.at).map_or("", |line| line.text.as_str());
    for (number, line) in wrap(whole, usize::from(width)).iter().take(2).enumerate() {
        let y = foot + u16::try_from(number).unwrap_or(0);
        pen.line(area.x + 2, y, width, line, Role::Plain);
    }
    let (text, role) = match &why.hindsight {
        Some(text) => (press_now(model, text), Role::Warning),
        None => (why.outlook.clone(), Role::Plain),
    };
    pen.line(area.x + 2, area.bottom() - 2, width, &text, role);
    let shown = (cursor.top + height).min(lines.len());
    pen.edge(
        area,
        &format!("lines {}-{shown} of {}", cursor.top + 1, lines.len()),
        model.position.source_text(),
    );
    at
}

fn draw_entry(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let entry = model.entry();
    let title = entry.map_or("Entry".to_owned(), |seq| format!("Entry #{seq}"));
    pen.frame(area, &title, &format!("{} details", model.keys.hint(C::Open)));
    let lines = match entry {
        Some(seq) => details(&model.library, seq),
        None => vec!["This line rests on no one entry.".to_owned()],
    };
    let width = usize::from(area.width.saturating_sub(4));
    let lines = lines.iter().flat_map(|line| wrap_kept(line, width));
    for (number, line) in lines.take(usize::from(area.height.saturating_sub(2))).enumerate() {
        let y = area.y + 1 + u16::try_from(number).unwrap_or(0);
        pen.line(area.x + 2, y, area.width - 4, &line, Role::Plain);
    }
}

/// Wraps a line but keeps the columns of one that fits.
pub(super) fn wrap_kept(line: &str, width: usize) -> Vec<String> {
    if super::super::width::columns(line) <= width {
        vec![line.to_owned()]
    } else {
        wrap(line, width)
    }
}

fn draw_answers(model: &Model, why: &Why, pen: &mut Pen<'_>, area: Rect) {
    pen.frame(area, "Same item, other answers", "");
    let head = format!("{:<12}  {:<12}  Answer", "Position on", "Recorded by");
    pen.line(area.x + 2, area.y + 1, area.width - 4, &head, Role::Title);
    for (number, one) in
        why.answers.iter().take(usize::from(area.height.saturating_sub(3))).enumerate()
    {
        let here = if one.asked == model.asked { "  <" } else { "" };
        let y = area.y + 2 + u16::try_from(number).unwrap_or(0);
        let text = format!("{}{here}", answer_text(one));
        pen.line(area.x + 2, y, area.width - 4, &text, Role::Plain);
    }
}

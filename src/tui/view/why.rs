//! Screen 2: why is this item so, and what would change it?

use ratatui::layout::Rect;

use super::super::model::{Beside, Cursor, Model};
use super::layout;
use super::painter::Pen;
use super::position::press_now;
use super::text_width::{cut, wrap, wrap_kept};
use super::theme::Role;
use crate::tui::input::keymap::Command as C;
use crate::tui::model::session::Asked;
use crate::tui::view_model::why::{Line, Why, answer_text, question};

/// A tree and where to draw it.
struct Tree<'p> {
    title: String,
    why: &'p Why,
    lines: &'p [Line],
    /// The selected line, on the side that the keys move.
    cursor: Option<Cursor>,
    /// Rows for the selected line in full and the outlook.
    foot: bool,
}

pub(super) fn draw(
    model: &Model,
    page: Option<&(Box<Why>, Vec<Line>)>,
    pen: &mut Pen<'_>,
    area: Rect,
) -> Option<(u16, u16)> {
    if let Some(beside) = &model.beside {
        return draw_sides(model, page, beside, pen, area);
    }
    let Some((why, lines)) = page else {
        not_asked(model, model.asked, "Why", pen, area);
        return None;
    };
    let wide = layout::is_wide(model.size);
    let left = if wide { area.width * 3 / 5 } else { area.width };
    let title = format!("Why {}?", question(why));
    let tree = Tree { title, why, lines, cursor: Some(model.cursor()), foot: true };
    let at = draw_tree(model, &tree, pen, Rect { width: left, ..area });
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

/// Both sides of a comparison: side by side, or A over B where the window is narrow.
fn draw_sides(
    model: &Model,
    page: Option<&(Box<Why>, Vec<Line>)>,
    beside: &Beside,
    pen: &mut Pen<'_>,
    area: Rect,
) -> Option<(u16, u16)> {
    let wide = layout::is_wide(model.size);
    let (first, second) = if wide {
        let half = area.width / 2;
        let right = Rect { x: area.x + half, width: area.width - half, ..area };
        (Rect { width: half, ..area }, right)
    } else {
        let (above, below) = layout::sides(area.height);
        (Rect { height: above, ..area }, Rect { y: area.y + above, height: below, ..area })
    };
    let other = beside.tree.as_ref();
    let (on_a, on_b) = if model.on_a { (page, other) } else { (other, page) };
    let sides = [
        ("A", model.other, on_a, model.on_a, first),
        ("B", model.asked, on_b, !model.on_a, second),
    ];
    let mut at = None;
    for (name, asked, tree, moves, place) in sides {
        let mark = if moves { "*" } else { "" };
        let name = format!("{mark}{name} {}", asked.on.short());
        let Some((why, lines)) = tree else {
            not_asked(model, asked, &name, pen, place);
            continue;
        };
        let title = format!("{name}: why {}?", question(why));
        let cursor = moves.then(|| model.cursor());
        let tree = Tree { title, why, lines, cursor, foot: wide };
        at = draw_tree(model, &tree, pen, place).or(at);
    }
    at
}

fn not_asked(model: &Model, asked: Asked, title: &str, pen: &mut Pen<'_>, area: Rect) {
    pen.frame(area, title, "");
    let item = model.item.as_ref().map_or("This item".to_owned(), ToString::to_string);
    let text = format!("{item} is not asked for on {}.", asked.on.long());
    pen.line(area.x + 2, area.y + 1, area.width.saturating_sub(4), &text, Role::Warning);
}

fn draw_tree(model: &Model, tree: &Tree<'_>, pen: &mut Pen<'_>, area: Rect) -> Option<(u16, u16)> {
    let (why, lines) = (tree.why, tree.lines);
    pen.frame(area, &tree.title, &format!("{} open all", model.keys.hint(C::OpenAll)));
    let width = area.width.saturating_sub(4);
    pen.line(area.x + 2, area.y + 1, width, &why.heading, Role::Title);
    let cursor = tree.cursor.unwrap_or_default();
    let height = usize::from(area.height.saturating_sub(if tree.foot { 6 } else { 3 }));
    let mut at = None;
    for (number, line) in lines.iter().enumerate().skip(cursor.top).take(height) {
        let y = area.y + 2 + u16::try_from(number - cursor.top).unwrap_or(0);
        let sign = match (line.branch, line.open) {
            (false, _) => " ",
            (true, true) => "v",
            (true, false) => "+",
        };
        let indent = "  ".repeat(line.path.len().saturating_sub(1));
        let selected = tree.cursor.is_some() && number == cursor.at;
        pen.row(area, y, &format!("{indent}{sign} {}", line.text), selected);
        if selected {
            at = Some((area.x + 1, y));
        }
    }
    if tree.foot {
        draw_foot(model, tree, pen, area);
    }
    let shown = (cursor.top + height).min(lines.len());
    pen.edge(
        area,
        &format!("lines {}-{shown} of {}", cursor.top + 1, lines.len()),
        model.position.source_text(),
    );
    at
}

/// The selected line in full, for it may be cut in the tree, and what would change the answer.
fn draw_foot(model: &Model, tree: &Tree<'_>, pen: &mut Pen<'_>, area: Rect) {
    let width = area.width.saturating_sub(4);
    let foot = area.bottom().saturating_sub(4);
    let selected = tree.cursor.and_then(|cursor| tree.lines.get(cursor.at));
    let whole = selected.map_or("", |line| line.text.as_str());
    let (text, role) = match &tree.why.hindsight {
        Some(text) => (press_now(model, text), Role::Warning),
        None => (tree.why.outlook.clone(), Role::Plain),
    };
    let outlook = wrap(&text, usize::from(width));
    // Three rows for both: what would change the answer is the one that must be whole.
    let below = outlook.len().clamp(1, 2);
    let lines = rows(whole, 3 - below, usize::from(width), pen.theme().glyphs.more);
    for (line, y) in lines.iter().zip(foot..) {
        pen.line(area.x + 2, y, width, line, Role::Plain);
    }
    let from = area.bottom().saturating_sub(1 + u16::try_from(below).unwrap_or(1));
    for (line, y) in outlook.iter().take(2).zip(from..) {
        pen.line(area.x + 2, y, width, line, role);
    }
}

/// A text in so many rows of a width; the last one says where more is left out.
fn rows(text: &str, rows: usize, width: usize, more: &str) -> Vec<String> {
    let mut lines = wrap(text, width);
    if lines.len() > rows && rows > 0 {
        let rest = lines.split_off(rows - 1).join(" ");
        lines.push(cut(&rest, width, more));
    }
    lines
}

fn draw_entry(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let entry = model.entry();
    let title = entry.map_or("Entry".to_owned(), |seq| format!("Entry #{seq}"));
    pen.frame(area, &title, &format!("{} details", model.keys.hint(C::Open)));
    let none = ["This line rests on no one entry.".to_owned()];
    let lines = if entry.is_some() { model.told.entry.as_slice() } else { &none };
    let width = usize::from(area.width.saturating_sub(4));
    let lines = lines.iter().flat_map(|line| wrap_kept(line, width));
    let lines: Vec<(String, Role)> = lines.map(|line| (line, Role::Plain)).collect();
    pen.pane(area, &lines, &format!("{} all", model.keys.hint(C::Open)));
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
        let text = format!("{}{here}", answer_text(one, model.library.today()));
        pen.line(area.x + 2, y, area.width - 4, &text, Role::Plain);
    }
}

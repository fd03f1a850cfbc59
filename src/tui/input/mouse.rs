//! What a click does: select a line, or set the date. The wheel is in `model.rs`.

use crate::tui::model::message::Effect;
use crate::tui::model::session::Asked;
use crate::tui::model::{Cursor, Model, Screen};
use crate::tui::view::layout;
use crate::tui::view::timeline;
use crate::tui::view_model::signatures::lines;

/// A click selects a line, or sets the date on the timeline.
pub fn click(model: &mut Model, column: u16, row: u16) -> Option<Effect> {
    let size = model.size;
    let first = size.1.saturating_sub(layout::footer(model.screen, size));
    let strip = layout::timeline(model.screen, size);
    if strip > 0 && (first..first + strip).contains(&row) {
        let (from, until) = model.library.span(model.active().on);
        let width = size.0.saturating_sub(4);
        let on = timeline::day_at(from, until, width, column.saturating_sub(2));
        model.ask(Asked { on, ..model.active() });
        return None;
    }
    if model.screen == Screen::Signatures {
        let all = lines(model.context());
        for one in model.signature_boxes(&all) {
            let list = one.y + 1 + one.above;
            let line = one.top + usize::from(row.saturating_sub(list));
            let shown = line < one.lines.end && line < one.top + one.room;
            if row >= list && shown && row < one.y + one.height {
                model.select(line);
            }
        }
        return None;
    }
    let list = first.saturating_sub(1 + list_below(model));
    let height = u16::try_from(model.list_height()).unwrap_or(u16::MAX);
    let top = list.saturating_sub(height);
    if (top..list).contains(&row) {
        let Cursor { top: line, .. } = model.cursor();
        model.select(line + usize::from(row - top));
    }
    None
}

/// Rows between the list's last line and the lower edge of the body.
fn list_below(model: &Model) -> u16 {
    match model.screen {
        Screen::Why if model.is_beside() && !layout::is_wide(model.size) => {
            let (_, b) = layout::sides(layout::body(Screen::Why, model.size));
            if model.on_a { b } else { 0 }
        }
        Screen::Why => 3,
        Screen::Position | Screen::Compare | Screen::History | Screen::Signatures => 1,
        Screen::YearEnd => layout::year_end(model.size).1,
    }
}

//! Where things stand for a size of window. 80 by 24 is the full design; narrower and lower windows
//! lose the timeline's bars, wider ones gain a second pane.

use super::model::{Model, Screen};

/// The smallest window that anything is drawn in.
pub const LEAST: (u16, u16) = (60, 18);

/// The widest box of text: wider lines are hard to read.
pub const TEXT_COLUMNS_MAX: u16 = 100;

/// Says whether a second pane has room.
pub fn is_wide(size: (u16, u16)) -> bool {
    size.0 >= 100
}

/// Says whether the window is smaller than the full design.
pub fn is_small(size: (u16, u16)) -> bool {
    size.0 < 80 || size.1 < 24
}

/// Says whether nothing can be drawn.
pub fn is_too_small(size: (u16, u16)) -> bool {
    size.0 < LEAST.0 || size.1 < LEAST.1
}

/// Rows over the body: screens and sentence.
pub const HEADER: u16 = 3;

/// Rows of the timeline.
pub fn timeline(screen: Screen, size: (u16, u16)) -> u16 {
    match screen {
        Screen::Signatures | Screen::YearEnd => 0,
        Screen::Position | Screen::Why | Screen::Compare | Screen::History if is_small(size) => 1,
        Screen::Position | Screen::Why | Screen::Compare | Screen::History => 4,
    }
}

/// Rows under the body: timeline, legend where there is room, command, keys.
pub fn footer(screen: Screen, size: (u16, u16)) -> u16 {
    timeline(screen, size) + 2 + u16::from(has_legend(size))
}

/// Says whether the status words have a line of their own.
pub fn has_legend(size: (u16, u16)) -> bool {
    is_wide(size) && size.1 >= 36
}

/// Rows of the body.
pub fn body(screen: Screen, size: (u16, u16)) -> u16 {
    size.1.saturating_sub(HEADER + footer(screen, size))
}

/// Rows of the upper boxes of Compare.
pub fn totals(size: (u16, u16)) -> u16 {
    if is_wide(size) { 10 } else { 4 }
}

/// Rows of the upper boxes of Year end, and of the lower ones.
pub fn year_end(size: (u16, u16)) -> (u16, u16) {
    match (is_wide(size), is_small(size)) {
        (true, _) => (13, 6),
        (false, true) => (7, 0),
        (false, false) => (7, 4),
    }
}

/// Rows of the lower box of Signatures.
pub fn signatures(size: (u16, u16)) -> u16 {
    if body(Screen::Signatures, size) >= 18 { 4 } else { 0 }
}

/// Rows of both sides of Why in a window too narrow to have them side by side: A over B.
pub fn sides(rows: u16) -> (u16, u16) {
    (rows / 2, rows - rows / 2)
}

/// How many lines of the list are on screen.
pub fn list_height(model: &Model) -> usize {
    let size = model.size;
    let body = body(model.screen, size);
    if model.is_beside() && !is_wide(size) {
        let (a, b) = sides(body);
        return usize::from(if model.on_a { a } else { b }.saturating_sub(3).max(1));
    }
    let around = match model.screen {
        Screen::Position => 5,
        Screen::Why => 6,
        Screen::Compare => totals(size) + 4,
        Screen::History => 4,
        Screen::Signatures => signatures(size) + 3,
        Screen::YearEnd => {
            let (upper, lower) = year_end(size);
            upper + lower + 2 + u16::from(is_wide(size))
        }
    };
    usize::from(body.saturating_sub(around).max(1))
}

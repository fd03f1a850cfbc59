//! Where things stand for a size of window. 80 by 24 is the full design; narrower and lower windows
//! lose the timeline's bars, wider ones gain a second pane.

use std::ops::Range;

use crate::tui::model::screen::{Cursor, Screen};
use crate::tui::view_model::box_line::{Line, Part};

/// The smallest window that anything is drawn in.
pub const LEAST: (u16, u16) = (60, 18);

/// The widest box of text: wider lines are hard to read.
pub const TEXT_COLUMNS_MAX: u16 = 100;

/// From here on a second pane has room for whole words beside a list that is as wide as that of
/// eighty columns.
const WIDE: u16 = 130;

/// Columns inside a box of text that lies over a screen, and the most rows it may have.
pub fn text_box(size: (u16, u16)) -> (usize, usize) {
    let columns = size.0.min(TEXT_COLUMNS_MAX).saturating_sub(4);
    (usize::from(columns), usize::from(size.1.saturating_sub(2)))
}

/// Says whether there is more room than eighty columns have.
pub fn is_roomy(size: (u16, u16)) -> bool {
    size.0 >= 112
}

/// Says whether a second pane has room.
pub fn is_wide(size: (u16, u16)) -> bool {
    size.0 >= WIDE
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

/// A box of Signatures: where it stands, and which of its lines are on screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Boxed {
    /// Its first row in the window.
    pub y: u16,
    /// Its rows, both edges included; none where it is not drawn.
    pub height: u16,
    /// Rows between the upper edge and the first line.
    pub above: u16,
    /// How many lines have room.
    pub room: usize,
    /// Its lines, by their places among all.
    pub lines: Range<usize>,
    /// The first line on screen.
    pub top: usize,
    /// Whether the selected line is in it.
    pub here: bool,
}

/// Says whether the boxes of Signatures have all their rows.
pub fn is_tall(size: (u16, u16)) -> bool {
    is_wide(size) && body(Screen::Signatures, size) >= 30
}

/// The boxes of Signatures, under as many rows `over` them as the verdict takes more than it has. Where
/// a window is low, the one with the selected line has all of it.
pub fn signatures(size: (u16, u16), cursor: Cursor, over: u16, lines: &[Line]) -> [Boxed; 3] {
    let body = body(Screen::Signatures, size);
    let tall = is_tall(size);
    let here = lines.get(cursor.at).map_or(Part::Checked, |line| line.part);
    let keys = lines.iter().filter(|line| line.part == Part::Signed && !line.is_title).count();
    let keys = u16::try_from(keys).unwrap_or(u16::MAX);
    let (signed, yourself) = match (tall, body >= 18) {
        (true, _) => (keys.saturating_add(4).clamp(7, 12), 9),
        (false, true) => (6, 4),
        (false, false) => (0, 0),
    };
    let mut y = HEADER + over;
    Part::ALL.map(|part| {
        let height = match part {
            _ if yourself == 0 => {
                if part == here {
                    body
                } else {
                    0
                }
            }
            Part::Checked => body.saturating_sub(signed + yourself),
            Part::Signed => signed,
            Part::Yourself => yourself,
        };
        // A heading over the columns; what no check proves, at the foot.
        let above = u16::from(part == Part::Signed && is_wide(size));
        let below = match part {
            _ if yourself == 0 => 1,
            Part::Signed => u16::from(!tall),
            Part::Yourself if tall => 2,
            Part::Checked | Part::Yourself => 0,
        };
        let range = lines_of(lines, part);
        let first = range.start;
        let at = Boxed {
            y,
            height,
            above,
            room: usize::from(height.saturating_sub(2 + above + below)).max(1),
            top: if part == here { cursor.top.clamp(range.start, range.end) } else { first },
            lines: range,
            here: part == here,
        };
        y += height;
        at
    })
}

/// The lines of a box without its title, by their places among all; an empty range where it has none.
fn lines_of(lines: &[Line], part: Part) -> Range<usize> {
    let of = |one: &Line| one.part == part;
    let first = lines.iter().position(|one| of(one) && !one.is_title);
    let last = lines.iter().rposition(of);
    match (first, last) {
        (Some(first), Some(last)) => first..last + 1,
        (None, Some(title)) => title + 1..title + 1,
        (_, None) => lines.len()..lines.len(),
    }
}

/// Rows of both sides of Why in a window too narrow to have them side by side: A over B.
pub fn sides(rows: u16) -> (u16, u16) {
    (rows / 2, rows - rows / 2)
}

/// How many lines of a list are on screen. `on_a` says which of two sides of Why has the list. The boxes
/// of Signatures have heights of their own.
pub fn list_height(screen: Screen, size: (u16, u16), on_a: Option<bool>) -> usize {
    let body = body(screen, size);
    if let Some(on_a) = on_a.filter(|_| !is_wide(size)) {
        let (a, b) = sides(body);
        return usize::from(if on_a { a } else { b }.saturating_sub(3).max(1));
    }
    let around = match screen {
        Screen::Position => 5,
        Screen::Why => 6,
        Screen::Compare => totals(size) + 4,
        Screen::History => 4,
        Screen::Signatures => 2,
        Screen::YearEnd => {
            let (upper, lower) = year_end(size);
            upper + lower + 2 + u16::from(is_wide(size))
        }
    };
    usize::from(body.saturating_sub(around).max(1))
}

//! Writing into cells: lines cut to their width, frames with titles, the selected line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget as _};

use super::text_width::{columns, cut, fill};
use super::theme::{Role, Theme};

/// No character takes more columns.
const WIDE_MAX: u16 = 4;

/// Where a screen is drawn.
pub(super) struct Pen<'b> {
    buffer: &'b mut Buffer,
    theme: &'b Theme,
}

impl<'b> Pen<'b> {
    pub(super) fn new(buffer: &'b mut Buffer, theme: &'b Theme) -> Self {
        Self { buffer, theme }
    }

    pub(super) fn theme(&self) -> &Theme {
        self.theme
    }

    /// The whole style of a cell: what was written there before lends nothing to it.
    fn style(&self, role: Role) -> Style {
        Style::reset().patch(self.theme.style(role))
    }

    /// Writes a text at a place, cut to a width.
    pub(super) fn line(&mut self, x: u16, y: u16, width: u16, text: &str, role: Role) {
        let area = self.buffer.area;
        if y >= area.bottom() || x >= area.right() {
            return;
        }
        let width = usize::from(width.min(area.right() - x));
        let text = cut(text, width, self.theme.glyphs.more);
        self.buffer.set_stringn(x, y, text, width, self.style(role));
    }

    /// Writes a text so that it ends at a column; nothing where it would begin before `from`.
    pub(super) fn right(&mut self, from: u16, y: u16, end: u16, text: &str, role: Role) {
        let wide = u16::try_from(columns(text)).unwrap_or(u16::MAX);
        if let Some(x) = end.checked_sub(wide).filter(|x| *x >= from) {
            self.line(x, y, wide, text, role);
        }
    }

    /// Draws a frame with a title, and a remark at the right end of its upper edge.
    pub(super) fn frame(&mut self, area: Rect, title: &str, remark: &str) {
        if area.width < 4 || area.height < 2 {
            return;
        }
        let glyphs = self.theme.glyphs;
        let [top_left, top_right, bottom_left, bottom_right] = glyphs.corners;
        let across = glyphs.across.repeat(usize::from(area.width - 2));
        let (right, bottom) = (area.right() - 1, area.bottom() - 1);
        self.put(area.x, area.y, &format!("{top_left}{across}{top_right}"));
        self.put(area.x, bottom, &format!("{bottom_left}{across}{bottom_right}"));
        for y in area.y + 1..bottom {
            self.put(area.x, y, glyphs.down);
            self.put(right, y, glyphs.down);
        }
        let room = area.width.saturating_sub(5);
        let title = cut(title, usize::from(room), glyphs.more);
        let wide = u16::try_from(columns(&title)).unwrap_or(room);
        if !title.is_empty() {
            self.line(area.x + 2, area.y, room + 2, &format!(" {title} "), Role::Title);
        }
        if !remark.is_empty() {
            self.right(area.x + wide + 5, area.y, right - 1, &format!(" {remark} "), Role::Plain);
        }
    }

    /// Writes lines into a frame. Where not all have room, its lower edge says how to see the rest.
    pub(super) fn pane(&mut self, area: Rect, lines: &[(String, Role)], rest: &str) {
        let room = usize::from(area.height.saturating_sub(2));
        for ((line, role), y) in lines.iter().take(room).zip(area.y + 1..) {
            self.line(area.x + 2, y, area.width.saturating_sub(4), line, *role);
        }
        if lines.len() > room {
            self.edge(area, &format!("lines 1-{room} of {}  {rest}", lines.len()), "");
        }
    }

    /// Writes words at both ends of a frame's lower edge.
    pub(super) fn edge(&mut self, area: Rect, left: &str, right: &str) {
        let y = area.bottom().saturating_sub(1);
        self.line(area.x + 2, y, area.width.saturating_sub(4), &format!(" {left} "), Role::Plain);
        if !right.is_empty() {
            self.right(area.x + 2, y, area.right() - 2, &format!(" {right} "), Role::Plain);
        }
    }

    /// Writes a line of a list: `>` and reverse on the selected one.
    pub(super) fn row(&mut self, area: Rect, y: u16, text: &str, selected: bool) {
        let mark = if selected { ">" } else { " " };
        let width = area.width.saturating_sub(2);
        let more = self.theme.glyphs.more;
        let text = fill(&format!("{mark}{text}"), usize::from(width), more);
        let role = if selected { Role::Selected } else { Role::Plain };
        self.line(area.x + 1, y, width, &text, role);
    }

    /// Clears a part of the screen, texts and styles, for something that lies over it.
    pub(super) fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        // A wide character that begins left of the area would reach into it.
        for y in area.top()..area.bottom() {
            for back in 1..=WIDE_MAX.min(area.x) {
                let cell = self.buffer.cell_mut((area.x - back, y));
                if let Some(cell) = cell.filter(|cell| columns(cell.symbol()) > usize::from(back)) {
                    cell.set_symbol(" ");
                }
            }
        }
        Clear.render(area, self.buffer);
    }

    fn put(&mut self, x: u16, y: u16, text: &str) {
        if y < self.buffer.area.bottom() && x < self.buffer.area.right() {
            self.buffer.set_string(x, y, text, self.style(Role::Plain));
        }
    }
}

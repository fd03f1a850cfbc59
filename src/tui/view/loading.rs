//! The screen while the ledger is being read.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::painter::Pen;
use super::theme::Role;
use crate::tui::input::keymap::Command as C;
use crate::tui::model::loading::Loading;

const HELP: [&str; 4] = [
    "The ledger is being read: every entry is hashed, and every signature that you have not",
    "verified before is checked. Nothing is answered before that, so that no answer can come",
    "from entries that were changed. All other keys work when it is done.",
    "",
];

/// Draws it.
pub fn loading(state: &Loading, frame: &mut Frame<'_>) {
    let area = frame.area();
    let mut pen = Pen::new(frame.buffer_mut(), &state.theme);
    pen.line(0, 0, area.width, " dspt: reading the ledger", Role::Title);
    let text = match state.progress {
        None => " Opening ...".to_owned(),
        Some(one) if one.of == 0 => format!(" {} ...", one.phase),
        Some(one) => format!(" {}, {}", one.phase, one.text()),
    };
    pen.line(0, 1, area.width, &text, Role::Plain);
    let pane = Rect { x: 0, y: 3, width: area.width, height: area.height.saturating_sub(5) };
    let before: Vec<&str> = state.before.iter().map(String::as_str).collect();
    let (quit, help) = (state.keys.hint(C::Quit), state.keys.hint(C::Help));
    let own = [format!("{quit}  leave now, nothing is lost"), format!("{help}  this help")];
    let explained: Vec<&str> = HELP.into_iter().chain(own.iter().map(String::as_str)).collect();
    let (title, lines) = match (state.help, before.is_empty()) {
        (true, _) => ("Help", &explained[..]),
        (false, true) => ("Position", &[][..]),
        (false, false) => ("Position when you last looked: being checked ...", &before[..]),
    };
    pen.frame(pane, title, "");
    let room = usize::from(pane.height.saturating_sub(2));
    for (line, y) in lines.iter().take(room).zip(pane.y + 1..) {
        pen.line(2, y, area.width.saturating_sub(4), line, Role::Plain);
    }
    let last = area.height.saturating_sub(1);
    pen.line(0, last, area.width, &format!(" {quit} quit   {help} help"), Role::Plain);
}

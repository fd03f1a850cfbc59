//! The screen, drawn and in a terminal.

pub(crate) mod cli_tui_agree;
pub(crate) mod tui;
pub(crate) mod tui_hostile;
pub(crate) mod tui_reach;
pub(crate) mod tui_selection;
pub(crate) mod tui_snapshots;
#[cfg(unix)]
pub(crate) mod tui_terminal;
pub(crate) mod tui_verify;

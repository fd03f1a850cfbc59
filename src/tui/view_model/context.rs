//! What pages about verification and giving out are made from, besides the position.

use crate::tui::input::keymap::Keymap;
use crate::tui::model::session::Library;
use crate::tui::model::verification::Trust;

/// The ledger, what is known about it, the keys in force, and the window.
#[derive(Clone, Copy)]
pub struct Context<'m> {
    /// The ledger.
    pub library: &'m Library,
    /// What is known about its signatures.
    pub trust: &'m Trust,
    /// Which keys do what.
    pub keys: &'m Keymap,
    /// Columns and rows of the window.
    pub window: (u16, u16),
}

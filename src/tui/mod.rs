//! The screen: a model, a keymap, a view; and the terminal in a folder of its own.
//!
//! `key -> Message -> update(&mut Model, Message) -> view(&Model, &mut Frame)`. The screen reads
//! verified facts and writes nothing to a ledger. Only `terminal/` touches the terminal.

pub mod host;
pub mod input;
pub mod model;
pub mod terminal;
pub mod view;
pub mod view_model;

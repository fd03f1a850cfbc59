//! What people press, click and type, and what it is called.

pub mod editing;
pub mod help;
pub mod keyfile;
pub mod keymap;
pub mod mouse;

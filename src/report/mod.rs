//! Answers as pure values: made once from what the engine finds, rendered as text, as JSON and on the
//! screen.

pub mod as_of;
pub mod awaited;
pub mod difference;
pub mod explanation;
pub mod mapping_rows;
pub mod position;
pub mod spells;

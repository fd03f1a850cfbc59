//! Who may record what, and what may follow what is known.

pub mod admit;
pub mod already_recorded;
pub mod known_names;
pub mod lookalike;
pub mod recognised;
pub mod refusal;
pub mod remark;
pub mod roster;

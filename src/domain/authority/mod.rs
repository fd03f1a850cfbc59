//! Who may record what, and what may follow what is known.

pub mod admit;
pub mod already_recorded;
pub mod lookalike;
pub mod remark;
pub mod roster;

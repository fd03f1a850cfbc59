//! From what is known to a status: grounds, rules, regions, proofs, and the one place that decides.

pub mod derive;
pub mod proof;
pub mod rule;
pub mod standing;
pub mod status;

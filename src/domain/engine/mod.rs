//! From what is known to a status: grounds, rules, regions, proofs, and the one place that decides.

pub mod adopted;
pub mod derivation;
pub mod derive;
pub mod grounds;
pub mod item_status;
pub mod proof;
pub mod rule;
pub mod standing;
pub mod status;

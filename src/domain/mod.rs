//! What the facts mean: pure values in, values out.
//!
//! Words in [`ids`], [`date`], [`csv`]; what ships in [`catalogue`] and [`mapping`]; facts in
//! [`event`], who may record them and what may follow in [`authority`]; what was known at any point in
//! [`state`]; from there to a status in [`engine`], why in [`explain`], what is given out in
//! [`statement`]. No file, clock, environment, SQL, terminal or key.
//!
//! What makes equivalence sound is that a chain of relationships carries satisfaction only where
//! every step does (docs/equivalence.md):
//!
//! ```
//! use dspt_ledger::domain::mapping::Relationship;
//!
//! assert!(Relationship::SupersetOf.carries_satisfaction());
//! assert!(Relationship::EqualTo.carries_satisfaction());
//! assert!(!Relationship::IntersectsWith.carries_satisfaction());
//! assert!(!Relationship::SubsetOf.carries_satisfaction());
//! ```

pub mod authority;
pub mod belief;
pub mod catalogue;
pub mod csv;
pub mod date;
pub mod date_parse;
pub mod engine;
pub mod event;
pub mod explain;
pub mod ids;
pub mod mapping;
pub mod nearest;
pub mod problem_code;
pub mod region;
pub mod sanitize;
pub mod state;
pub mod statement;

//! A million facts, held small: it answers what a plain fold over the facts answers.

pub(in crate::domain) mod event_index;
pub mod evidence_view;
pub mod fact_index;
pub(in crate::domain) mod spans;

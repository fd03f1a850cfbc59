//! A signed, append-only ledger of evidence for the NHS Data Security and Protection Toolkit, and
//! what follows from it on any date, as known at any point.
//!
//! Bytes become facts in [`journal`] (over [`store`] and [`ledger`]), facts become answers in
//! [`domain`], answers become text in [`cli`], proofs become files in [`export`]. ARCHITECTURE.md has
//! the map.

pub mod bundled;
pub mod cli;
pub mod domain;
pub mod durable;
pub mod export;
pub mod import;
pub mod journal;
pub mod keys;
pub mod ledger;
pub mod store;
pub mod tamper;
pub mod tui;
pub mod verify;
pub mod witness;

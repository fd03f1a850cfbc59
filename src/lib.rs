//! A signed, append-only ledger of DSPT evidence.

pub mod bundled;
pub mod ledger;
pub mod keys;
pub mod store;

//! Commands that answer from a ledger.

mod awaited;
pub(in crate::cli) mod diff;
pub(in crate::cli) mod explain;
pub(in crate::cli) mod log;
pub(in crate::cli) mod status;
pub(in crate::cli) mod when;

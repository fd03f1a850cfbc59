//! The ledger file and others: bounds, interruptions, power, two writers.

#[cfg(target_os = "linux")]
pub(crate) mod bounds;
#[cfg(target_os = "linux")]
pub(crate) mod creation;
#[cfg(target_os = "linux")]
pub(crate) mod faults;
pub(crate) mod journal;
pub(crate) mod store;
pub(crate) mod turns;

//! Commands that prove, verify and give out.

pub(in crate::cli) mod anchor;
pub(in crate::cli) mod check;
pub(in crate::cli) mod check_reason;
pub(in crate::cli) mod check_trust;
pub(in crate::cli) mod checkpoint;
pub(in crate::cli) mod export;
pub(in crate::cli) mod fork;
pub(in crate::cli) mod prove;
mod template;
pub(in crate::cli) mod timestamp;
pub(in crate::cli) mod verify;
pub(in crate::cli) mod verify_evidence;
mod verify_report;

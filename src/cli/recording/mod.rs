//! Commands that record.

pub(in crate::cli) mod adoption;
pub(in crate::cli) mod approval;
pub(in crate::cli) mod bad_rows;
pub(in crate::cli) mod clock;
pub(in crate::cli) mod confirm;
pub(in crate::cli) mod evidence_files;
pub(in crate::cli) mod ids;
pub(in crate::cli) mod import;
pub(in crate::cli) mod init;
pub(in crate::cli) mod known;
pub(in crate::cli) mod record;
pub(in crate::cli) mod signing;
pub(in crate::cli) mod units;
pub(in crate::cli) mod withdraw;
pub(in crate::cli) mod write;

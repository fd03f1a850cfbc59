//! Commands that record.

pub(in crate::cli) mod clock;
pub(in crate::cli) mod evidence_files;
pub(in crate::cli) mod ids;
pub(in crate::cli) mod import;
pub(in crate::cli) mod init;
pub(in crate::cli) mod record;
pub(in crate::cli) mod signing;
pub(in crate::cli) mod withdraw;

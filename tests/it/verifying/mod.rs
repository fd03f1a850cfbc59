//! Ledgers, bundles and single files, good and forged.

pub(crate) mod anchors;
pub(crate) mod belief;
pub(crate) mod bundle;
pub(crate) mod check;
pub(crate) mod fork;
pub(crate) mod memory;
pub(crate) mod tamper;
pub(crate) mod tamper_kit;
pub(crate) mod verify_files;
pub(crate) mod verify_rules;

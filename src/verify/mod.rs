//! Checking a ledger, a folder of tiles or a bundle, by a reader who believes nothing in it.

pub mod anchors;
pub mod audit;
pub mod belief;
pub mod bundle;
pub(crate) mod clocks;
pub mod examine;
pub mod extra_files;
pub mod folder;
pub mod foreign;
pub mod incremental;
pub(crate) mod item_bundle;
pub(crate) mod item_claim;
pub mod known_heads;
pub mod lazy_entries;
pub mod manifest;
pub mod published;
pub mod selective_disclosure;
pub mod source;
pub mod timestamp;

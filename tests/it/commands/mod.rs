//! The command line.

pub(crate) mod cli;
pub(crate) mod cli_anchors;
pub(crate) mod cli_ask;
pub(crate) mod cli_keys;
pub(crate) mod cli_proofs;
pub(crate) mod cli_tiles;
pub(crate) mod cli_timestamp;
pub(crate) mod kinds;
pub(crate) mod lists;
#[cfg(target_os = "linux")]
pub(crate) mod refusals;
pub(crate) mod small_words;
pub(crate) mod starting;
pub(crate) mod templates;

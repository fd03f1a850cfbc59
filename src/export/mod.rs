//! What leaves the ledger for others, and is read back from them: tiles and bundles.

pub mod folder;
pub mod manifest;
pub mod opened;

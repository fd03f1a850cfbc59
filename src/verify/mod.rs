//! Checking a ledger, a folder of tiles or a bundle, by a reader who believes nothing in it.
//!
//! An audit reads every entry, the tree, every signed head and every stored content, and stops
//! believing at the first fault:
//!
//! ```
//! use dspt_ledger::domain::date::Timestamp;
//! use dspt_ledger::domain::state::Facts;
//! use dspt_ledger::store::{Mode, Store};
//! use dspt_ledger::verify::audit::audit;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let demo = folder.path().join("demo");
//! # let args = ["dspt".into(), "demo".into(), "--keep".into(), demo.clone().into_os_string()];
//! # let now = Timestamp::parse("2026-11-21T10:00:00.000Z").ok_or("no time")?;
//! # assert_eq!(dspt_ledger::cli::run(args, now, &mut Vec::new(), &mut Vec::new()), 0);
//! # let path = demo.join("ledger.dspt"); // made by `dspt demo`
//! let store = Store::open(&path, Mode::Read)?;
//! let found = audit::<Facts>(&store, |_done| {})?;
//! assert!(found.finding.is_none(), "every rule holds");
//! assert_eq!(found.counts.entries, 106);
//! # Ok(())
//! # }
//! ```

pub mod anchors;
pub mod audit;
pub mod belief;
pub mod bundle;
mod bundle_files;
pub mod carried;
pub(crate) mod clocks;
pub mod examine;
pub mod extra_files;
pub mod finding;
pub mod folder;
pub mod foreign;
pub mod incremental;
pub(crate) mod item_bundle;
pub(crate) mod item_claim;
pub mod known_heads;
pub mod lazy_entries;
pub mod manifest;
pub mod published;
pub mod rule;
pub mod selective_disclosure;
pub mod source;
pub mod timestamp;
pub mod verdict;

//! A folder of tiles that is the log of another program: told apart from a ledger that was changed.
//! It never says that such a log is good: nobody's key was asked for.

use std::path::Path;

use super::manifest::CHECKPOINT;
use super::manifest::read_at_most;
use crate::ledger::entry::PAYLOAD_TYPE;
use crate::ledger::note::NOTE_BYTES_MAX;
use crate::ledger::tiles::{TilePath, bundles_of, entries_of};
use crate::ledger::{Digest, Head, check_tiles};

/// The log of another program, by its own word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// The first line of its head.
    pub origin: String,
    /// How many entries its head says.
    pub size: u64,
    /// The root that its head says.
    pub root: Digest,
    /// Its head, as it stands in the folder.
    pub head: Vec<u8>,
}

/// Returns what the folder says of itself where it holds a whole log, no entry of which is one of a
/// ledger: whose tiles are those of its head, whoever signed that.
pub fn foreign(folder: &Path) -> Option<Foreign> {
    let bytes = read_at_most(&folder.join(CHECKPOINT), NOTE_BYTES_MAX as u64).ok()?;
    let head = Head::claimed(&bytes).ok()?;
    let read = |path: &TilePath| {
        let file = folder.join(path.to_string());
        file.is_file().then(|| read_at_most(&file, path.bytes_max() as u64 + 1).ok()).flatten()
    };
    let ours = |entry: &[u8]| {
        let part = PAYLOAD_TYPE.as_bytes();
        entry.windows(part.len()).any(|window| window == part)
    };
    for path in bundles_of(head.size()) {
        let bundle = read(&path)?;
        if entries_of(&bundle, path.width()).ok()?.into_iter().any(ours) {
            return None;
        }
    }
    let counts = check_tiles(head.size(), head.root(), read).ok()?;
    let (origin, size, root) = (head.origin().to_owned(), head.size(), *head.root());
    (counts.entries > 0).then_some(Foreign { origin, size, root, head: bytes })
}

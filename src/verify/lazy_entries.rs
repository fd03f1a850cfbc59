//! The words of a verified ledger's entries, read again from its file when they are shown.
//!
//! Bytes that are not those that were verified say nothing.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use super::incremental::read_again;
use crate::domain::ids::EventId;
use crate::domain::state::Fact;
use crate::domain::state::index::fact_index::{Chronicle, EntryText};
use crate::ledger::{Digest, leaf_hash};
use crate::store::{Row, Store, StoreError};

/// A ledger's file with what was verified of it: a hash over each few entries, so that a million of
/// them take two megabytes.
pub struct Reread {
    store: Mutex<Store>,
    chronicle: Arc<Chronicle>,
    blocks: Vec<Digest>,
}

/// How many entries are read and hashed to show one.
const BLOCK: u64 = 16;

/// One hash over those of a block.
fn digest(leaves: &[Digest]) -> Digest {
    let all: Vec<u8> = leaves.iter().flat_map(|leaf| *leaf.as_bytes()).collect();
    Digest::of(&all)
}

impl Reread {
    /// Reads from `store`, of whose entries `leaves` are the verified leaf hashes.
    pub fn new(store: Store, chronicle: Arc<Chronicle>, leaves: &[Digest]) -> Self {
        let blocks = leaves.chunks(usize::try_from(BLOCK).unwrap_or(1)).map(digest).collect();
        Self { store: Mutex::new(store), chronicle, blocks }
    }

    /// The stored entry with its leaf hash, where its block is the one that was verified.
    fn row(&self, seq: u64) -> Option<(Row, Digest)> {
        let block = self.blocks.get(usize::try_from(seq / BLOCK).ok()?)?;
        let first = seq - seq % BLOCK;
        // Entries may have been appended since.
        let end = (first + BLOCK).min(self.chronicle.len() as u64);
        let (mut leaves, mut found) = (Vec::new(), None);
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let read = store.entries(first..end, |row| -> Result<(), StoreError> {
            let leaf = leaf_hash(&row.bytes);
            leaves.push(leaf);
            if row.seq == seq {
                found = Some((row, leaf));
            }
            Ok(())
        });
        read.ok().and(found).filter(|_| digest(&leaves) == *block)
    }

    /// The leaf hash of an entry.
    pub fn leaf_of(&self, seq: u64) -> Option<Digest> {
        self.row(seq).map(|(_, leaf)| leaf)
    }
}

impl EntryText for Reread {
    fn fact(&self, seq: u64) -> Option<Cow<'_, Fact>> {
        let (row, leaf) = self.row(seq)?;
        read_again(&row, &leaf).map(Cow::Owned)
    }

    fn place(&self, id: &EventId) -> Option<u64> {
        self.chronicle.ids.place(id)
    }
}

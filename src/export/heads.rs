//! Heads of a ledger that come from outside or out of its anchors: whether one is a true head of
//! this very ledger, and which cosignatures are known on it.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::domain::event::Event;
use crate::ledger::tree::root_of;
use crate::ledger::{Checkpoint, CheckpointError, Cosigned, LogKeys, WitnessKey, cosignature};
use crate::verify::audit::Ledger;

/// A head that the log key of its size signed, and that this ledger's entries lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnHead {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// Its bytes as they came, with all signature lines.
    pub bytes: Vec<u8>,
    /// Its bytes with the line of the log key alone.
    pub bare: String,
}

/// Why a head is not one of this ledger.
#[derive(Debug, Error)]
pub enum HeadError {
    /// No checkpoint, or not signed by the log key of its size.
    #[error("this is no head that the log key of this ledger signed")]
    Bad(#[from] CheckpointError),
    /// A head of another ledger.
    #[error("the checkpoint is of {found}, and this ledger is {ours}; give one of this ledger")]
    OtherLedger {
        /// The other ledger.
        found: String,
        /// This ledger.
        ours: String,
    },
    /// A signed head with more entries than there are.
    #[error(
        "the checkpoint has {size} entries under root {root}, and this ledger has {entries} under \
         root {ours}: it is an older copy, or entries were taken away; keep both"
    )]
    Ahead {
        /// The size of the checkpoint.
        size: u64,
        /// Its root, base64.
        root: String,
        /// How many entries this ledger has.
        entries: u64,
        /// Its root, base64.
        ours: String,
    },
    /// Two roots for one size.
    #[error(
        "the checkpoint has {size} entries under root {root}, and the first {size} of this ledger \
         have root {ours}: the history was forked; keep both; `dspt fork` writes out the proof"
    )]
    Forked {
        /// The size of the checkpoint.
        size: u64,
        /// Its root, base64.
        root: String,
        /// The root of so many entries here, base64.
        ours: String,
    },
}

/// Opens a head and holds it against the entries of the ledger.
///
/// # Errors
/// [`HeadError`].
pub fn own(ledger: &Ledger, bytes: &[u8]) -> Result<OwnHead, HeadError> {
    let checkpoint = ledger.log.open(bytes)?;
    let ours = ledger.origin.as_str();
    if checkpoint.origin.as_str() != ours {
        let found = checkpoint.origin.to_string();
        return Err(HeadError::OtherLedger { found, ours: ours.to_owned() });
    }
    let (size, root) = (checkpoint.size, checkpoint.root.base64());
    let leaves = usize::try_from(size).ok().and_then(|size| ledger.leaves.get(..size));
    let Some(leaves) = leaves else {
        let (entries, ours) = (ledger.leaves.len() as u64, ledger.frontier.root().base64());
        return Err(HeadError::Ahead { size, root, entries, ours });
    };
    let found = root_of(leaves);
    if found != checkpoint.root {
        return Err(HeadError::Forked { size, root, ours: found.base64() });
    }
    let bare = bare(&ledger.log, bytes).unwrap_or_default();
    Ok(OwnHead { checkpoint, bytes: bytes.to_vec(), bare })
}

/// Returns a signed head with the line of the log key alone; nothing where that did not sign it.
pub fn bare(log: &LogKeys, bytes: &[u8]) -> Option<String> {
    let (text, lines) = std::str::from_utf8(bytes).ok()?.rsplit_once("\n\n")?;
    let mut notes = lines.lines().map(|line| format!("{text}\n\n{line}\n"));
    notes.find(|note| log.open(note.as_bytes()).is_ok())
}

/// Returns every head that anchors of the ledger hold cosignatures on, by size, each with all of
/// them: of each witness the latest, in the order of their keys.
pub fn cosigned(ledger: &Ledger) -> BTreeMap<u64, Vec<u8>> {
    let sizes: BTreeMap<u64, u64> =
        ledger.anchors.iter().filter_map(|one| Some((one.seq?, one.size))).collect();
    let mut heads: BTreeMap<u64, (String, BTreeMap<[u8; 32], Cosigned>)> = BTreeMap::new();
    for fact in &ledger.facts {
        let Event::AnchorCosigned(body) = &fact.event else { continue };
        let Some(size) = sizes.get(&fact.seq) else { continue };
        let bytes = body.checkpoint.as_bytes();
        let known: Vec<WitnessKey> =
            body.witnesses.iter().filter_map(|text| WitnessKey::parse(text).ok()).collect();
        let Ok(found) = cosignature::verify(bytes, &known) else { continue };
        let Some(bare) = bare(&ledger.log, bytes) else { continue };
        let (_, lines) = heads.entry(*size).or_insert((bare, BTreeMap::new()));
        for one in found {
            let key = *one.witness().key().as_bytes();
            if lines.get(&key).is_none_or(|kept| kept.time() <= one.time()) {
                lines.insert(key, one);
            }
        }
    }
    let joined = |(bare, lines): (String, BTreeMap<[u8; 32], Cosigned>)| {
        let lines: String = lines.values().map(Cosigned::line).collect();
        (bare + &lines).into_bytes()
    };
    heads.into_iter().map(|(size, head)| (size, joined(head))).collect()
}

/// Returns the largest head that anchors hold cosignatures on and that covers the entry at `seq`.
pub fn newest_over(cosigned: &BTreeMap<u64, Vec<u8>>, seq: u64) -> Option<&[u8]> {
    cosigned.last_key_value().filter(|(size, _)| **size > seq).map(|(_, note)| note.as_slice())
}

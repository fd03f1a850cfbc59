//! Why something could not be recorded or read.

use super::clock::Behind;
use crate::domain::event::BadBody;
use crate::domain::ids::EventId;
use crate::domain::state::ReplayError;
use crate::ledger::{EntryError, SignError};
use crate::store::StoreError;
use crate::verify::finding::Finding;

/// Why something could not be recorded or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger is not what its keys signed.
    #[error("the ledger does not verify: {0}; look at it with: dspt verify")]
    Tampered(Finding),
    /// The ledger holds something newer than this program.
    #[error("{0}")]
    Undecided(String),
    /// There is no entry in it.
    #[error(
        "the ledger holds no entry; its creation was interrupted: remove the file and init again"
    )]
    Empty,
    /// Contents cannot be read.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The key may not sign this.
    #[error(transparent)]
    NotAllowed(#[from] crate::domain::authority::roster::NotAllowed),
    /// The clock is behind what is there, by more than clocks differ.
    #[error("{0}; nothing was written")]
    ClockBehind(Behind),
    /// Events that may not follow what is there: each with its place in the batch.
    #[error("{} of the events cannot be recorded; the first: {}", .0.len(), first_refusal(.0))]
    Refused(Vec<(usize, String)>),
    /// The log key is another one.
    #[error(
        "{found} is not the log key of this ledger, {expected}; give the right one with --log-key"
    )]
    WrongLogKey {
        /// Fingerprint of the key given.
        found: String,
        /// Fingerprint of the key that the ledger names.
        expected: String,
    },
    /// An id was used before for something else.
    #[error("the id {0} was used before for something else; nothing was written")]
    IdInUse(EventId),
    /// An entry cannot be written.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The log key gave no signature over the new head.
    #[error(transparent)]
    NoSignature(#[from] SignError),
    /// A body cannot be written.
    #[error(transparent)]
    Body(#[from] BadBody),
}

fn first_refusal(refusals: &[(usize, String)]) -> &str {
    refusals.first().map_or("", |(_, text)| text)
}

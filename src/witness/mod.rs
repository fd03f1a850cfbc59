//! A witness (C2SP `tlog-witness`): remembers the largest checkpoint of each log that it has seen,
//! and cosigns only what continues it. What it remembers grows and never shrinks, and it is on the
//! disk before an answer leaves.

pub mod client;
mod error;
mod places;
pub mod serve;
mod state;

use thiserror::Error;

use crate::ledger::cosignature;
use crate::ledger::note::NoteError;
use crate::ledger::{
    CheckpointError, ConsistencyFile, Cosigned, Digest, Head, KeyName, ProofError, Sign,
};

pub use error::WitnessError;
pub use state::{Latest, Log, State};

/// Why a checkpoint is not cosigned.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Not an `add-checkpoint` body.
    #[error("the request is refused: {found}")]
    Malformed {
        /// What is wrong with it.
        found: String,
    },
    /// A log that the witness does not follow.
    #[error("the log `{origin}` is not known here; add it first")]
    UnknownLog {
        /// Its origin.
        origin: String,
    },
    /// Not signed by the key of the log.
    #[error("the checkpoint is not signed by the key of its log: {found}")]
    NotSigned {
        /// What is wrong with it.
        found: String,
    },
    /// A proof from a size above that of the checkpoint.
    #[error("the old size {old} is above the size {new} of the checkpoint")]
    OldTooLarge {
        /// The old size.
        old: u64,
        /// The size of the checkpoint.
        new: u64,
    },
    /// A proof from another size than the last one cosigned.
    #[error("the last size cosigned is {size}; prove that the checkpoint continues that one")]
    Stale {
        /// The last size cosigned, 0 when none was.
        size: u64,
    },
    /// A checkpoint that does not continue the last one.
    #[error("the checkpoint does not continue the last one cosigned: {0}")]
    NotConsistent(ProofError),
    /// The size that was cosigned last, with another root.
    #[error("another root was cosigned for {size} entries: the log shows two histories")]
    OtherRoot {
        /// The size of both.
        size: u64,
    },
    /// A size of 0 with another root than that of nothing.
    #[error("the checkpoint has no entries and another root than that of nothing")]
    WrongEmptyRoot,
}

impl Refusal {
    /// Returns the HTTP status that says so.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed { .. } | Self::OldTooLarge { .. } => 400,
            Self::UnknownLog { .. } => 404,
            Self::NotSigned { .. } => 403,
            Self::Stale { .. } | Self::OtherRoot { .. } => 409,
            Self::NotConsistent(_) | Self::WrongEmptyRoot => 422,
        }
    }
}

/// Why there is no cosignature.
#[derive(Debug, Error)]
pub enum NotCosigned {
    /// The checkpoint is not one to cosign.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The witness cannot work.
    #[error(transparent)]
    Failed(#[from] WitnessError),
}

/// A witness: what it remembers, and its key.
pub struct Witness<'w> {
    state: &'w State,
    name: KeyName,
    signer: &'w (dyn Sign + Sync),
}

impl<'w> Witness<'w> {
    /// Opens a witness with its key.
    ///
    /// # Errors
    /// A folder that is damaged, or the key of another witness.
    pub fn new(state: &'w State, signer: &'w (dyn Sign + Sync)) -> Result<Self, WitnessError> {
        let key = state.key()?;
        if key.key() == signer.public() {
            return Ok(Self { state, name: key.name().clone(), signer });
        }
        let found = format!("it names {key}, and the key file holds another");
        Err(WitnessError::Damaged { path: state.key_path(), found })
    }

    /// Cosigns the checkpoint of an `add-checkpoint` body at a time in POSIX seconds. To compare
    /// with the last checkpoint and to remember this one is one step, whoever else asks meanwhile,
    /// and this one is on the disk when the cosignature is returned.
    ///
    /// # Errors
    /// A checkpoint that is not one to cosign, or a witness that cannot work.
    pub fn add_checkpoint(&self, body: &[u8], time: u64) -> Result<Cosigned, NotCosigned> {
        let malformed = |found: String| Refusal::Malformed { found };
        let file = ConsistencyFile::parse(body).map_err(|error| malformed(error.to_string()))?;
        let origin = claimed_origin(&file.checkpoint)?;
        let Some(log) = self.state.log(&origin)? else {
            return Err(Refusal::UnknownLog { origin }.into());
        };
        let (head, note) =
            Head::open_note(&file.checkpoint, &log.vkey, &log.origin).map_err(not_signed)?;
        if file.old_size > head.size() {
            let (old, new) = (file.old_size, head.size());
            return Err(Refusal::OldTooLarge { old, new }.into());
        }
        let guard = self.state.lock()?;
        let latest = self.state.latest(&log)?;
        check(&file, &latest, &head)?;
        let cosigned = cosignature::sign(note.text(), time, &self.name, self.signer)
            .map_err(WitnessError::BadTime)?;
        let kept = [&note.to_bytes()[..], cosigned.line().as_bytes()].concat();
        self.state.remember(&guard, &log, &kept)?;
        Ok(cosigned)
    }

    /// Returns what is remembered.
    pub const fn state(&self) -> &State {
        self.state
    }
}

/// Tells whether a head continues what is remembered.
fn check(file: &ConsistencyFile, latest: &Latest, head: &Head) -> Result<(), Refusal> {
    let (size, root) = match latest {
        Latest::Nothing => (0, Digest::of(&[])),
        Latest::Head(head, _) => (head.size(), *head.root()),
    };
    if file.old_size != size {
        return Err(Refusal::Stale { size });
    }
    if head.size() == size && *head.root() != root {
        return Err(Refusal::OtherRoot { size });
    }
    file.check_root(&root, head).map_err(Refusal::NotConsistent)
}

fn claimed_origin(note: &[u8]) -> Result<String, Refusal> {
    match Head::claimed(note) {
        Ok(head) => Ok(head.origin().to_owned()),
        Err(CheckpointError::WrongEmptyRoot { .. }) => Err(Refusal::WrongEmptyRoot),
        Err(CheckpointError::Note(error)) => Err(Refusal::Malformed { found: error.to_string() }),
        Err(error) => Err(Refusal::Malformed { found: error.to_string() }),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "handed to map_err")]
fn not_signed(error: CheckpointError) -> Refusal {
    let found = match &error {
        CheckpointError::Note(NoteError::NotSigned) => "its line is missing".to_owned(),
        CheckpointError::Note(error) => error.to_string(),
        CheckpointError::BadShape
        | CheckpointError::Extension { .. }
        | CheckpointError::BadLogOrigin { .. }
        | CheckpointError::WrongOrigin { .. }
        | CheckpointError::BadOrigin { .. }
        | CheckpointError::BadSize { .. }
        | CheckpointError::WrongEmptyRoot { .. }
        | CheckpointError::BadRoot { .. }
        | CheckpointError::WrongKeyName { .. } => error.to_string(),
    };
    Refusal::NotSigned { found }
}

#[cfg(test)]
mod tests;

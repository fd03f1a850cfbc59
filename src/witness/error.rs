//! What keeps a witness from working at all.

use std::path::PathBuf;

use thiserror::Error;

use crate::ledger::{CheckpointError, cosignature};

/// What keeps a witness from working at all.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WitnessError {
    /// The folder holds no witness.
    #[error("{path} is not the folder of a witness; make one with `dspt witness init`")]
    NoState {
        /// The folder.
        path: PathBuf,
    },
    /// A new witness would overwrite one.
    #[error("{path} is the folder of a witness already and is never overwritten")]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the folder that is missing or not what was written.
    #[error("{path} is damaged: {found}; nothing is cosigned from it, bring back the newest copy")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        found: String,
    },
    /// An origin that has a key already.
    #[error(
        "the log {origin} is known with another key, or its memory is damaged; \
         a witness never forgets a log"
    )]
    OtherKey {
        /// The log.
        origin: String,
    },
    /// An origin that is none.
    #[error(transparent)]
    BadOrigin(CheckpointError),
    /// Somebody else holds the lock.
    #[error("{path} is locked by another process; try again")]
    Locked {
        /// The lock.
        path: PathBuf,
    },
    /// The time is no time for a cosignature.
    #[error("the clock cannot be right: {0}")]
    BadTime(cosignature::CosignatureError),
    /// A file that cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

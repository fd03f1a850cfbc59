//! What leaves a ledger as files, so that others can check it with their own tools: heads, proofs,
//! tiles, time-stamps. Each is checked with the verifiers before it is handed out, and no file that
//! is there already is changed, save the `checkpoint` of a folder of tiles.

pub mod anchors;
pub mod bundle;
pub mod heads;
pub mod proofs;
pub mod tiles;
pub mod workbook;
pub mod write_once;

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::ledger::{ProofError, TileError};
use crate::store::StoreError;

pub use heads::{HeadError, OwnHead};

/// Why nothing, or not all, was handed out.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The ledger's file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file cannot be read or written.
    #[error("{} cannot be read or written; look at the folder and the disk", .path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that is there and has other bytes.
    #[error(
        "{} is there with other bytes and is not overwritten; move it away, or write elsewhere",
        .path.display()
    )]
    Differs {
        /// Which file.
        path: PathBuf,
    },
    /// An evidence file that no entry of the bundle names.
    #[error("{} has the SHA-256 {sha256}, which no entry given out names; leave it out", .path.display())]
    NotNamed {
        /// The file.
        path: PathBuf,
        /// Its digest, hexadecimal.
        sha256: String,
    },
    /// A head that cannot be used.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// An entry after the head.
    #[error("entry #{seq} is not among the {size} of the checkpoint; give a newer checkpoint")]
    NotCovered {
        /// The entry.
        seq: u64,
        /// How many entries the checkpoint has.
        size: u64,
    },
    /// A proof that its verifier refuses.
    #[error("the proof that was made does not verify and was not written")]
    Proof(#[from] ProofError),
    /// Tiles that do not verify after they were written.
    #[error("the tiles that were written do not verify; the checkpoint was not written")]
    Tiles(#[from] TileError),
}

impl ExportError {
    /// A file cannot be read or written.
    pub(crate) fn io(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Io { path: path.into(), source }
    }
}

//! Why something that was checked is refused: a name that stays, for programs, and a text.

use crate::cli::error::chain;
use crate::ledger::fork::NoFork;
use crate::ledger::note::NoteError;
use crate::ledger::{CheckpointError, CosignatureError, ProofError, TileError};
use crate::witness::Refusal;

/// A "no" with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Refused {
    /// What rule was broken.
    pub rule: &'static str,
    /// What was found, where, and what to do.
    pub text: String,
}

impl Refused {
    /// A reason that no format knows of.
    pub(in crate::cli) fn new(rule: &'static str, text: impl Into<String>) -> Self {
        Self { rule, text: text.into() }
    }
}

pub(in crate::cli) const fn note_rule(error: &NoteError) -> &'static str {
    match error {
        NoteError::TooLong { .. } | NoteError::TooManySignatures { .. } => "too-long",
        NoteError::BadByte { .. } => "bad-byte",
        NoteError::BadShape => "bad-note",
        NoteError::BadLine { .. } => "bad-signature-line",
        NoteError::BadName { .. }
        | NoteError::BadVkey { .. }
        | NoteError::WrongKeyId { .. }
        | NoteError::UnknownType { .. }
        | NoteError::BadKey(_) => "bad-key",
        NoteError::AmbiguousKey { .. } => "ambiguous-key",
        NoteError::BadSignature { .. } => "bad-signature",
        NoteError::SignedTwice { .. } => "signed-twice",
        NoteError::NotSigned => "not-signed",
        NoteError::NoSignature(_) => "no-signature",
    }
}

impl From<CheckpointError> for Refused {
    fn from(error: CheckpointError) -> Self {
        let rule = match &error {
            CheckpointError::Note(error) => note_rule(error),
            CheckpointError::BadShape => "bad-checkpoint",
            CheckpointError::Extension { .. } => "extension-line",
            CheckpointError::BadOrigin { .. } | CheckpointError::BadLogOrigin { .. } => {
                "bad-origin"
            }
            CheckpointError::WrongOrigin { .. } | CheckpointError::WrongKeyName { .. } => {
                "wrong-origin"
            }
            CheckpointError::BadSize { .. } => "bad-size",
            CheckpointError::BadRoot { .. } | CheckpointError::WrongEmptyRoot { .. } => "bad-root",
        };
        Self::new(rule, chain(&error))
    }
}

impl From<CosignatureError> for Refused {
    fn from(error: CosignatureError) -> Self {
        let rule = match &error {
            CosignatureError::Note(NoteError::SignedTwice { .. }) => "cosigned-twice",
            CosignatureError::Note(error) => note_rule(error),
            CosignatureError::NoSignature(_) => "no-signature",
            CosignatureError::BadTime { .. } => "bad-time",
            CosignatureError::BadCosignature { .. } => "bad-cosignature",
        };
        Self::new(rule, chain(&error))
    }
}

impl From<ProofError> for Refused {
    fn from(error: ProofError) -> Self {
        let rule = match &error {
            ProofError::TooLong { .. } | ProofError::TooManyHashes { .. } => "too-long",
            ProofError::NotText { .. } => "bad-byte",
            ProofError::NoCheckpoint | ProofError::BadLine { .. } => "bad-proof",
            ProofError::NoSuchEntry { .. } => "no-such-entry",
            ProofError::NotIncluded { .. } => "not-included",
            ProofError::TwoLogs { .. } => "wrong-origin",
            ProofError::OtherOldSize { .. } => "wrong-old-size",
            ProofError::Shrunk { .. } => "shrunk",
            ProofError::Forked { .. } => "forked",
            ProofError::NotConsistent { .. } => "not-consistent",
        };
        Self::new(rule, chain(&error))
    }
}

impl From<NoFork> for Refused {
    fn from(error: NoFork) -> Self {
        let rule = match &error {
            NoFork::TwoLogs { .. } => "wrong-origin",
            NoFork::Same { .. } => "same-head",
            NoFork::NeedsProof { .. } => "no-proof",
            NoFork::OtherSize { .. } => "wrong-old-size",
            NoFork::NotShown { .. } => "not-consistent",
            NoFork::Continued { .. } => "continued",
        };
        Self::new(rule, chain(&error))
    }
}

impl From<TileError> for Refused {
    fn from(error: TileError) -> Self {
        let rule = match &error {
            TileError::BadPath { .. } => "bad-path",
            TileError::BadCount { .. }
            | TileError::EntryTooLong { .. }
            | TileError::BadBundle { .. }
            | TileError::Bundle { .. } => "bad-bundle",
            TileError::Missing { .. } => "missing-tile",
            TileError::BadLength { .. }
            | TileError::TileDiffers { .. }
            | TileError::OlderDiffers { .. } => "bad-tile",
            TileError::EntryDiffers { .. } => "entry-differs",
            TileError::WrongRoot { .. } => "wrong-root",
        };
        Self::new(rule, chain(&error))
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let rule = match &refusal {
            Refusal::Malformed { .. } => "bad-request",
            Refusal::UnknownLog { .. } => "unknown-log",
            Refusal::NotSigned { .. } => "not-signed",
            Refusal::OldTooLarge { .. } => "old-too-large",
            Refusal::Stale { .. } => "stale",
            Refusal::NotConsistent(_) | Refusal::OtherRoot { .. } => "not-consistent",
            Refusal::WrongEmptyRoot => "bad-root",
        };
        Self::new(rule, chain(&refusal))
    }
}

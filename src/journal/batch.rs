//! What is to be recorded, with which keys, and what came of it.

use std::sync::Arc;

use crate::domain::event::Event;
use crate::domain::ids::EventId;
use crate::domain::state::Subject;
use crate::ledger::{Digest, Sign};

/// An event that is to be recorded, with the files that it names.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// Its identity, chosen by the caller: recording it again changes nothing.
    pub id: EventId,
    /// What it says.
    pub event: Event,
    /// The files.
    pub files: Vec<File>,
}

/// A file that an event names.
#[derive(Clone, Debug)]
pub struct File {
    /// Name.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// The bytes, when the ledger keeps them: shared, as thousands of rows may come out of one file.
    pub stored: Option<Arc<Vec<u8>>>,
}

impl File {
    /// A file whose bytes the ledger keeps.
    pub fn stored(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { name: name.into(), sha256: Digest::of(&bytes), stored: Some(Arc::new(bytes)) }
    }

    /// As facts name it.
    pub fn subject(&self) -> Subject {
        Subject { name: self.name.clone(), sha256: self.sha256.hex() }
    }
}

/// What was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Index of the first entry.
    pub first: u64,
    /// Index of the last entry.
    pub last: u64,
    /// Whether all of it had been recorded before, so that nothing was written.
    pub replayed: bool,
    /// What could not be done after it was recorded: the head beside the ledger is not renewed.
    pub unfinished: Option<String>,
}

/// The keys that recording needs.
pub struct Signers<'k> {
    /// The author.
    pub author: &'k dyn Sign,
    /// A key that comes into the ledger, also as the new log key, and proves that it is there.
    pub admitted: Option<&'k dyn Sign>,
    /// The log key.
    pub log: &'k dyn Sign,
}

/// What the first entry says besides the keys.
pub struct Opening<'o> {
    /// The first event's id.
    pub id: EventId,
    /// Name of the organisation.
    pub organisation: &'o str,
    /// Who holds the first owner key.
    pub holder: &'o str,
}

pub(super) fn subjects(new: &NewEvent) -> Vec<crate::ledger::Subject> {
    let subject =
        |file: &File| crate::ledger::Subject { name: file.name.clone(), sha256: file.sha256 };
    new.files.iter().map(subject).collect()
}

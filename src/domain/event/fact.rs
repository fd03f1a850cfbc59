//! A verified entry, decoded: an event with its place, its time, its key and its files.

use super::Event;
use crate::domain::date::Timestamp;
use crate::domain::ids::{EventId, KeyId};

/// A file or content that an entry names, by its SHA-256 in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Name.
    pub name: String,
    /// SHA-256, 64 hexadecimal digits.
    pub sha256: String,
}

/// A verified entry, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Position in the ledger, from 0.
    pub seq: u64,
    /// When the ledger says that it was recorded.
    pub at: Timestamp,
    /// The key that signed it.
    pub by: KeyId,
    /// Its identity.
    pub id: EventId,
    /// What it says.
    pub event: Event,
    /// The files that it names, without the ledger itself.
    pub subjects: Vec<Subject>,
}

//! What a status rested on, and what it lacks on another day.

use crate::domain::date::Date;
use crate::domain::engine::derivation::Support;
use crate::domain::engine::rule::{Ground, Rule};
use crate::domain::state::cut::Cut;
use crate::domain::state::index::evidence_view::{EvidencePiece, Stated};

/// Something that stopped or started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain) struct Cause {
    /// In one sentence.
    pub text: String,
    /// In few words, for a column.
    pub short: String,
    /// The entries behind it: that of the thing itself first, then those that say what happened.
    pub entries: Vec<u64>,
}

/// Something that a status rests on.
pub(super) enum Basis<'p> {
    Ground(&'p Ground),
    Rule(&'p Rule),
    Support(&'p Support),
    EvidencePiece(EvidencePiece),
    Confirmed(Date, Vec<u64>),
    NotApplicable(Stated),
    Denied(Stated),
}

/// Why something does not hold in a position.
pub(super) enum Lack<'p> {
    /// Its entry is not among those known, or what it rests on.
    Unknown(u64),
    /// A correction took its place.
    Corrected(u64),
    /// It begins later.
    Before(Date),
    /// Something took it away.
    Cut(Cut),
    /// Its last day is past.
    Ended(Date),
    /// It leaves out what it covers in the other position.
    Less,
    /// The rules in force have no such exemption.
    Exemption(&'p str, &'p str, Vec<u64>),
    /// Nothing of it is recorded.
    Nothing,
}

/// Adds entries that are not there yet, after those that are.
pub(super) fn add(entries: &mut Vec<u64>, more: &[u64]) {
    for seq in more {
        if !entries.contains(seq) {
            entries.push(*seq);
        }
    }
}

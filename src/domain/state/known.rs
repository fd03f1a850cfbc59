//! What is known, fact by fact, each with the entries that it comes from.

use std::sync::Arc;

use crate::domain::catalogue::edition::Edition;
use crate::domain::date::Date;
use crate::domain::event::body::{
    ApprovalWithdrawn, CertificateRecorded, CertificateSuspended, CertificateWithdrawn,
    EquivalenceAsserted, MappingApproved,
};
use crate::domain::event::words::Rows;
use crate::domain::ids::{EventId, KeyId};
use crate::domain::mapping::MappingRow;
use crate::domain::mapping::soa::Soa;

/// A fact with the entries that it comes from: its own, and any correction of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known<T> {
    /// Positions in ledger order.
    pub because: Vec<u64>,
    /// What is known.
    pub what: T,
}

impl<T> Known<T> {
    /// Returns the place in the ledger: that of the entry that first said it. A correction stands
    /// in the place of what it corrects, so it does not become newer than what came between.
    pub fn place(&self) -> u64 {
        self.because.first().copied().unwrap_or_default()
    }

    /// Returns the newest entry that it comes from.
    pub fn newest(&self) -> u64 {
        self.because.last().copied().unwrap_or_default()
    }
}

/// An adopted edition.
#[derive(Clone, Debug)]
pub struct AdoptedEdition {
    /// First day in force.
    pub effective_from: Date,
    /// The rules.
    pub edition: Arc<Edition>,
}

/// An imported mapping or an asserted equivalence: a proposal until approved.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Who recorded it: this key cannot approve it.
    pub by: KeyId,
    /// A name for people.
    pub title: String,
    /// SHA-256 of the rows; blank for an assertion.
    pub digest: String,
    /// Rows of a mapping; empty for an assertion.
    pub rows: Vec<MappingRow>,
    /// The assertion.
    pub asserted: Option<EquivalenceAsserted>,
    /// The entry that last changed what it says; an older approval does not speak of it.
    pub changed: u64,
}

/// An approval and what became of it.
#[derive(Clone, Debug)]
pub struct Approval {
    /// Who approved.
    pub by: KeyId,
    /// What was approved.
    pub body: MappingApproved,
    /// What ended rows of it.
    pub withdrawn: Vec<Known<ApprovalWithdrawn>>,
    /// Challenges in ledger order.
    pub challenges: Vec<Challenge>,
}

/// A challenge to an approved rule.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// The event.
    pub id: EventId,
    /// Its entry.
    pub seq: u64,
    /// Which rows are doubted.
    pub rows: Rows,
    /// Why.
    pub reason: String,
    /// The entry that says that the rule stands, if any.
    pub upheld: Option<u64>,
}

/// A certificate and what became of it.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// What was recorded.
    pub record: CertificateRecorded,
    /// The last day that it counts: the one printed on it, or an earlier one that its scheme sets.
    pub until: Date,
    /// Its suspensions.
    pub suspended: Vec<Known<CertificateSuspended>>,
    /// Its withdrawals.
    pub withdrawn: Vec<Known<CertificateWithdrawn>>,
    /// Statements of Applicability: entries, first day, rows.
    pub soas: Vec<(Vec<u64>, Date, Soa)>,
}

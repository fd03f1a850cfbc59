//! Replay: folds the first entries of a ledger into what was known then.
//!
//! Takes verified facts in ledger order and the contents that they name, gives a [`State`]. It
//! decides nothing about any date: `derive.rs` and `status.rs` do.

pub mod anchor;
pub mod awaited;
pub mod cut;
pub mod describe;
pub mod explained_clock;
pub mod facts;
pub mod index;
pub mod known;
pub mod late;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::catalogue::edition::{BadCatalogue, Edition, Framework};
use super::event::body::{
    ApprovalWithdrawn, CertificateRecorded, ChallengeUpheld, ControlAssessed, EditionAdopted,
    EquivalenceAsserted, EquivalenceChallenged, FrameworkAdopted, ItemNotApplicable,
    MappingApproved, OrganisationClassified, ScopeDeclared, SoaRecorded, StatementPublished,
};
pub use super::event::fact::{Fact, Subject};
use super::event::{Event, Kind};
use super::ids::{EventId, FrameworkRef};
use super::mapping::soa::parse_soa;
use super::mapping::{MappingRow, parse_mapping};
pub use facts::{Contents, Facts};
use index::evidence_view::EvidenceView;
use index::fact_index::{Chronicle, is_plain};
pub use known::{AdoptedEdition, Approval, Certificate, Challenge, Known, Proposal};

/// All that the first entries of a ledger say, corrections applied.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Name of the organisation.
    pub organisation: String,
    /// How many entries were read.
    pub size: u64,
    /// Types and categories.
    pub classified: Vec<Known<OrganisationClassified>>,
    /// Scope declarations.
    pub scopes: Vec<Known<ScopeDeclared>>,
    /// Adopted editions in every revision.
    pub editions: Vec<Known<AdoptedEdition>>,
    /// Adopted frameworks.
    pub frameworks: BTreeMap<FrameworkRef, Known<Arc<Framework>>>,
    /// Mappings and assertions.
    pub proposals: BTreeMap<EventId, Known<Proposal>>,
    /// Approvals.
    pub approvals: BTreeMap<EventId, Known<Approval>>,
    /// Certificates.
    pub certificates: BTreeMap<EventId, Known<Certificate>>,
    /// Assessed controls.
    pub assessed: Vec<Known<ControlAssessed>>,
    /// Evidence, answers and confirmations.
    pub said: EvidenceView,
    /// Items that do not apply.
    pub not_applicable: Vec<Known<ItemNotApplicable>>,
    /// Published statements.
    pub published: Vec<Known<StatementPublished>>,
    /// The correction that decides about each entry that is corrected, by places.
    pub corrected: BTreeMap<u64, u64>,
}

/// Why a ledger that verifies can still not be replayed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// A content that an entry names is not there.
    #[error(
        "entry #{seq} names the content `{name}`, which the ledger does not hold, or not within 64 MiB"
    )]
    MissingContent {
        /// The entry.
        seq: u64,
        /// The content's name.
        name: String,
    },
    /// A content cannot be read.
    #[error("entry #{seq} holds a file that cannot be read: {source}")]
    BadContent {
        /// The entry.
        seq: u64,
        /// What is wrong with it.
        source: BadCatalogue,
    },
    /// A replacement in a correction cannot be read.
    #[error("the correction in entry #{seq} cannot be read: {why}")]
    BadCorrection {
        /// The entry.
        seq: u64,
        /// What is wrong.
        why: String,
    },
}

/// An event after corrections: what stands, and the entries that say so.
struct Standing<'f> {
    fact: &'f Fact,
    event: Cow<'f, Event>,
    subjects: &'f [Subject],
    because: Vec<u64>,
}

/// Folds the first `size` facts. Later facts are never looked at.
///
/// # Errors
/// [`ReplayError`] when a content is missing or cannot be read.
pub fn replay(facts: &[Fact], contents: &Contents, size: u64) -> Result<State, ReplayError> {
    let size = usize::try_from(size).unwrap_or(usize::MAX).min(facts.len());
    let chronicle = Chronicle::of(facts.get(..size).unwrap_or_default());
    replay_from(&Arc::new(chronicle), contents, size as u64)
}

/// Folds the first `size` facts of a chronicle, as [`replay`] does. What it takes grows with the
/// facts that shape the rules and with corrections, not with evidence and answers.
///
/// # Errors
/// As [`replay`].
pub fn replay_from(
    chronicle: &Arc<Chronicle>,
    contents: &Contents,
    size: u64,
) -> Result<State, ReplayError> {
    let size = size.min(chronicle.len() as u64);
    let first = u32::try_from(size).unwrap_or(u32::MAX);
    let mut state =
        State { size, said: EvidenceView::new(Arc::clone(chronicle), first), ..State::default() };
    let facts = || chronicle.whole.range(..first).map(|(_, fact)| fact.as_ref());
    let decided = decided(facts());
    let mut corrected = Vec::new();
    for (target, by) in &decided {
        if let Some(seq) = chronicle.earlier(target, first) {
            state.corrected.insert(u64::from(seq), by.seq);
        }
        // What is plain is kept in rows, so corrections of it are looked up, not walked by.
        let kind = chronicle.earlier(target, first).and_then(|seq| {
            let line = chronicle.line(u64::from(seq)).filter(|line| is_plain(line.kind));
            line.map(|_| seq)
        });
        if let Some(seq) = kind {
            corrected.push((seq, replacement(by)?, by.seq));
        }
    }
    corrected.sort_by_key(|(seq, ..)| *seq);
    state.said.correct(corrected);
    let mut standing = standing_events(facts(), &decided)?;
    // A correction can make an old entry speak of a newer one, so what speaks of another entry
    // waits until all others are known. The sort is stable: ledger order otherwise.
    standing.sort_by_key(|one| rank(one.event.kind()));
    for one in standing {
        state.apply(&one, contents)?;
    }
    Ok(state)
}

/// How many other entries must be known before one of this kind can be understood.
fn rank(kind: Kind) -> u8 {
    match kind {
        Kind::LedgerOpened
        | Kind::KeyAdmitted
        | Kind::KeyRevoked
        | Kind::KeyRotated
        | Kind::LogKeyRotated
        | Kind::AnchorCosigned
        | Kind::AnchorTimestamped
        | Kind::ClockExplained
        | Kind::StatementPublished
        | Kind::OrganisationClassified
        | Kind::ScopeDeclared
        | Kind::EditionAdopted
        | Kind::FrameworkAdopted
        | Kind::MappingImported
        | Kind::EquivalenceAsserted
        | Kind::MappingApproved
        | Kind::CertificateRecorded
        | Kind::ControlAssessed
        | Kind::EvidenceRecorded
        | Kind::ItemAnswered
        | Kind::ItemNotApplicable
        | Kind::AssertionConfirmed
        | Kind::Correction => 0,
        Kind::ApprovalWithdrawn
        | Kind::EquivalenceChallenged
        | Kind::CertificateSuspended
        | Kind::CertificateWithdrawn
        | Kind::SoaRecorded
        | Kind::EvidenceWithdrawn => 1,
        Kind::ChallengeUpheld => 2,
    }
}

/// Which correction decides about each event: the newest, unless it was itself voided.
fn decided<'f>(
    facts: impl DoubleEndedIterator<Item = &'f Fact>,
) -> BTreeMap<&'f EventId, &'f Fact> {
    let corrections: Vec<&Fact> =
        facts.filter(|fact| matches!(fact.event, Event::Correction(_))).collect();
    let ids: BTreeSet<&EventId> = corrections.iter().map(|fact| &fact.id).collect();
    let mut void: BTreeSet<&EventId> = BTreeSet::new();
    let mut decided: BTreeMap<&EventId, &Fact> = BTreeMap::new();
    for fact in corrections.into_iter().rev() {
        let Event::Correction(correction) = &fact.event else { continue };
        if void.contains(&fact.id) {
            continue;
        }
        if ids.contains(&correction.corrects) {
            void.insert(&correction.corrects);
        } else {
            decided.entry(&correction.corrects).or_insert(fact);
        }
    }
    decided
}

/// The facts that shape the rules, corrections applied.
fn standing_events<'f>(
    facts: impl Iterator<Item = &'f Fact>,
    decided: &BTreeMap<&EventId, &'f Fact>,
) -> Result<Vec<Standing<'f>>, ReplayError> {
    let mut standing = Vec::new();
    for fact in facts {
        let kind = fact.event.kind();
        if is_plain(kind) || kind == Kind::Correction {
            continue;
        }
        let Some(by) = decided.get(&fact.id) else {
            let (event, because) = (Cow::Borrowed(&fact.event), vec![fact.seq]);
            standing.push(Standing { fact, event, subjects: &fact.subjects, because });
            continue;
        };
        if let Some(event) = replacement(by)? {
            let because = vec![fact.seq, by.seq];
            let subjects = if by.subjects.is_empty() { &fact.subjects } else { &by.subjects };
            standing.push(Standing { fact, event: Cow::Owned(event), subjects, because });
        }
    }
    Ok(standing)
}

/// Returns what stands in the place of the corrected event, none when it is void.
fn replacement(fact: &Fact) -> Result<Option<Event>, ReplayError> {
    let Event::Correction(correction) = &fact.event else { return Ok(None) };
    let Some(replacement) = &correction.replacement else { return Ok(None) };
    Event::decode(&replacement.kind, &replacement.body)
        .map(Some)
        .map_err(|error| ReplayError::BadCorrection { seq: fact.seq, why: error.to_string() })
}

impl Standing<'_> {
    fn content<'c>(&self, contents: &'c Contents, name: &str) -> Result<&'c [u8], ReplayError> {
        self.digest(name)
            .and_then(|sha256| contents.get(sha256))
            .map(|bytes| bytes.as_slice())
            .ok_or_else(|| ReplayError::MissingContent {
                seq: self.fact.seq,
                name: name.to_owned(),
            })
    }

    fn digest(&self, name: &str) -> Option<&str> {
        self.subjects.iter().find(|one| one.name == name).map(|one| one.sha256.as_str())
    }

    fn bad(&self, source: BadCatalogue) -> ReplayError {
        ReplayError::BadContent { seq: self.fact.seq, source }
    }

    /// The newest entry that this comes from.
    fn seq(&self) -> u64 {
        self.because.last().copied().unwrap_or_default()
    }

    fn known<T>(&self, what: T) -> Known<T> {
        Known { because: self.because.clone(), what }
    }
}

impl State {
    /// The place and kind of an event, corrections included.
    pub fn event(&self, id: &EventId) -> Option<(u64, Kind)> {
        let place = self.said.chronicle().ids.place(id).filter(|place| *place < self.size)?;
        Some((place, self.said.chronicle().line(place)?.kind))
    }

    /// Takes in one more fact.
    ///
    /// # Errors
    /// [`ReplayError`] as [`replay`].
    pub fn learn(&mut self, fact: &Fact, contents: &Contents) -> Result<(), ReplayError> {
        self.said.chronicle_mut().push(Cow::Borrowed(fact));
        if fact.event.corrects().is_some() || self.said.chronicle().is_odd() {
            // It can change what facts before it mean.
            let chronicle = Arc::clone(self.said.chronicle());
            *self = Self::default();
            *self = replay_from(&chronicle, contents, u64::MAX)?;
            return Ok(());
        }
        self.size = fact.seq + 1;
        self.said.grow();
        let (event, because) = (Cow::Borrowed(&fact.event), vec![fact.seq]);
        self.apply(&Standing { fact, event, subjects: &fact.subjects, because }, contents)
    }

    fn apply(&mut self, one: &Standing<'_>, contents: &Contents) -> Result<(), ReplayError> {
        match one.event.as_ref() {
            Event::LedgerOpened(body) => self.organisation.clone_from(&body.organisation),
            // Keys are judged entry by entry when the ledger is verified: `authority/roster.rs`.
            Event::KeyAdmitted(_)
            | Event::KeyRevoked(_)
            | Event::KeyRotated(_)
            | Event::LogKeyRotated(_)
            | Event::AnchorCosigned(_)
            | Event::AnchorTimestamped(_)
            | Event::ClockExplained(_)
            | Event::Correction(_)
            // What is said of items and assertions is read off the index: `index/evidence_view`.
            | Event::EvidenceRecorded(_)
            | Event::EvidenceWithdrawn(_)
            | Event::ItemAnswered(_)
            | Event::AssertionConfirmed(_) => {}
            Event::StatementPublished(body) => self.published.push(one.known(body.clone())),
            Event::OrganisationClassified(body) => self.classified.push(one.known(body.clone())),
            Event::ScopeDeclared(body) => self.scopes.push(one.known(body.clone())),
            Event::EditionAdopted(body) => self.adopt_edition(one, body, contents)?,
            Event::FrameworkAdopted(body) => self.adopt_framework(one, body, contents)?,
            Event::MappingImported(body) => {
                let rows = parse_mapping(one.content(contents, "mapping.csv")?)
                    .map_err(|error| one.bad(error))?;
                let digest = one.digest("mapping.csv").unwrap_or_default().to_owned();
                self.propose(one, body.title.clone(), digest, rows, None);
            }
            Event::EquivalenceAsserted(body) => {
                let title = format!("asserted equivalence for {}", body.target);
                self.propose(one, title, String::new(), Vec::new(), Some(body.clone()));
            }
            Event::MappingApproved(body) => self.approve(one, body),
            Event::ApprovalWithdrawn(body) => self.end_approval(one, body),
            Event::EquivalenceChallenged(body) => self.challenge(one, body),
            Event::ChallengeUpheld(body) => self.uphold(one, body),
            Event::CertificateRecorded(body) => self.record_certificate(one, body),
            Event::CertificateSuspended(body) => {
                if let Some(certificate) = self.certificates.get_mut(&body.certificate) {
                    certificate.what.suspended.push(one.known(body.clone()));
                }
            }
            Event::CertificateWithdrawn(body) => {
                if let Some(certificate) = self.certificates.get_mut(&body.certificate) {
                    certificate.what.withdrawn.push(one.known(body.clone()));
                }
            }
            Event::SoaRecorded(body) => self.record_soa(one, body, contents)?,
            Event::ControlAssessed(body) => self.assessed.push(one.known(body.clone())),
            Event::ItemNotApplicable(body) => self.not_applicable.push(one.known(body.clone())),
        }
        Ok(())
    }

    fn adopt_framework(
        &mut self,
        one: &Standing<'_>,
        body: &FrameworkAdopted,
        contents: &Contents,
    ) -> Result<(), ReplayError> {
        let controls = one.content(contents, "controls.csv")?;
        let framework = Framework::parse(body.framework.clone(), controls);
        let framework = Arc::new(framework.map_err(|error| one.bad(error))?);
        self.frameworks.insert(body.framework.clone(), one.known(framework));
        Ok(())
    }

    fn record_soa(
        &mut self,
        one: &Standing<'_>,
        body: &SoaRecorded,
        contents: &Contents,
    ) -> Result<(), ReplayError> {
        let soa = parse_soa(one.content(contents, "soa.csv")?).map_err(|error| one.bad(error))?;
        if let Some(certificate) = self.certificates.get_mut(&body.certificate) {
            certificate.what.soas.push((one.because.clone(), body.from, soa));
        }
        Ok(())
    }

    fn adopt_edition(
        &mut self,
        one: &Standing<'_>,
        body: &EditionAdopted,
        contents: &Contents,
    ) -> Result<(), ReplayError> {
        let edition = Edition::parse(
            body.edition.clone(),
            body.revision.clone(),
            one.content(contents, "items.csv")?,
            one.content(contents, "exemptions.csv")?,
            one.content(contents, "organisation-types.csv")?,
        )
        .map_err(|error| one.bad(error))?;
        let (effective_from, edition) = (body.effective_from, Arc::new(edition));
        self.editions.push(one.known(AdoptedEdition { effective_from, edition }));
        Ok(())
    }

    fn propose(
        &mut self,
        one: &Standing<'_>,
        title: String,
        digest: String,
        rows: Vec<MappingRow>,
        asserted: Option<EquivalenceAsserted>,
    ) {
        // A correction that keeps the file changes its description only.
        let kept = one.fact.subjects.iter().any(|subject| subject.sha256 == digest);
        let changed = if kept { one.fact.seq } else { one.seq() };
        let what = Proposal { by: one.fact.by.clone(), title, digest, rows, asserted, changed };
        self.proposals.insert(one.fact.id.clone(), one.known(what));
    }

    fn approve(&mut self, one: &Standing<'_>, body: &MappingApproved) {
        let (by, body) = (one.fact.by.clone(), body.clone());
        let what = Approval { by, body, withdrawn: Vec::new(), challenges: Vec::new() };
        self.approvals.insert(one.fact.id.clone(), one.known(what));
    }

    fn end_approval(&mut self, one: &Standing<'_>, body: &ApprovalWithdrawn) {
        if let Some(approval) = self.approvals.get_mut(&body.approval) {
            approval.what.withdrawn.push(one.known(body.clone()));
        }
    }

    fn challenge(&mut self, one: &Standing<'_>, body: &EquivalenceChallenged) {
        if let Some(approval) = self.approvals.get_mut(&body.approval) {
            approval.what.challenges.push(Challenge {
                id: one.fact.id.clone(),
                seq: one.seq(),
                rows: body.rows.clone(),
                reason: body.reason.clone(),
                upheld: None,
            });
        }
    }

    fn uphold(&mut self, one: &Standing<'_>, body: &ChallengeUpheld) {
        let challenges = self.approvals.values_mut().flat_map(|one| &mut one.what.challenges);
        for challenge in challenges.filter(|challenge| challenge.id == body.challenge) {
            challenge.upheld = Some(one.seq());
        }
    }

    /// Lets every certificate count to the day printed on it, as releases of this program did that
    /// knew no limits of schemes. Says whether any then counts for longer.
    pub fn count_as_printed(&mut self) -> bool {
        let mut longer = false;
        for known in self.certificates.values_mut() {
            longer |= known.what.until != known.what.record.valid_until;
            known.what.until = known.what.record.valid_until;
        }
        longer
    }

    fn record_certificate(&mut self, one: &Standing<'_>, body: &CertificateRecorded) {
        let what = Certificate {
            record: body.clone(),
            until: body.counts_until(),
            suspended: Vec::new(),
            withdrawn: Vec::new(),
            soas: Vec::new(),
        };
        self.certificates.insert(one.fact.id.clone(), one.known(what));
    }
}

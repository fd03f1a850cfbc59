//! The spine: open, verify, read the facts; admit, sign, append, sign the new head.
//!
//! Everything that is recorded enters through [`Journal::record`], everything that is read comes
//! from an [`audit()`] that passed. The order of steps is here; what they decide is in `domain` and
//! `ledger`.

mod admission;
mod asked;
mod batch;
mod clock;
mod error;
mod fact;
mod publish;
mod signed;
mod take;
mod write;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use crate::domain::authority::roster::Roster;
use crate::domain::belief::Belief;
use crate::domain::date::Timestamp;
use crate::domain::event::{Event, LedgerOpened};
use crate::domain::ids::KeyId;
use crate::domain::state::{Contents, Facts, ReplayError, State, replay};
use crate::ledger::tree::Prefixes;
use crate::ledger::{Frontier, LogKeys, Origin, PublicKey, Vkey, genesis_digest};
use crate::store::{Mode, Store, StoreError};
use crate::verify::audit::{Audit, Ledger, audit};
use crate::verify::finding::{Finding, Place};
use crate::verify::incremental::{Effort, audit_since};
use crate::verify::known_heads::{Memory, MemoryError, heads_digest};
use crate::verify::rule::Rule;
use asked::Batch;
pub use asked::{Asked, BadAsked};
pub use batch::{File, NewEvent, Opening, Recorded, Signers};
pub use clock::Behind;
pub use error::JournalError;
use fact::{fact_of, introduced, keyid};
use write::{Written, write};

/// An open ledger whose every entry was verified.
pub struct Journal {
    store: Store,
    /// What it says.
    pub ledger: Ledger,
    /// How far what was there when it was opened can be believed.
    pub belief: Belief,
    /// What is to be said about what this user verified before.
    pub notes: Vec<String>,
    /// What its facts mean, kept from one record to the next; none when it has to be replayed.
    known: Option<State>,
    /// The roots of its beginnings, as far as one was asked for. Its leaves only become more.
    roots: RefCell<Prefixes>,
    /// Whether to record although the clock is far behind the newest entry.
    clock_behind: bool,
}

impl Journal {
    /// Makes a new ledger with its first entry.
    ///
    /// # Errors
    /// [`JournalError`] when the file is there already or cannot be written.
    pub fn create(
        path: &Path,
        origin: &Origin,
        opening: &Opening<'_>,
        signers: &Signers<'_>,
        now: Timestamp,
    ) -> Result<Self, JournalError> {
        if signers.author.public() == signers.log.public() {
            // Else the file would be there, and never verify.
            let why = "the owner's key is the log key, which signs heads only; make another";
            return Err(JournalError::Refused(vec![(0, why.to_owned())]));
        }
        let log = Vkey::new(origin.key_name(), *signers.log.public());
        let event = Event::LedgerOpened(LedgerOpened {
            organisation: opening.organisation.to_owned(),
            log: log.to_string(),
            key: signers.author.public().base64(),
            holder: opening.holder.to_owned(),
        });
        let store = Store::create(path)?;
        let ledger = Ledger {
            origin: origin.clone(),
            id: genesis_digest(&log),
            log: LogKeys::new(log),
            facts: Facts::default(),
            leaves: Vec::new(),
            frontier: Frontier::new(),
            roster: Roster::default(),
            taken: BTreeMap::new(),
            contents: Contents::new(),
            anchors: Vec::new(),
            head: Vec::new(),
        };
        let new = NewEvent { id: opening.id.clone(), event, files: Vec::new() };
        let append = store.begin(Some(0))?;
        let facts = vec![fact_of(0, now, &keyid(signers.author), &new)];
        write(append, &ledger, &Batch::own(&[new]), facts, signers)?;
        Self::over(store)
    }

    /// Opens a ledger and verifies all of it.
    ///
    /// # Errors
    /// [`JournalError`] when it is not there, cannot be read, or does not verify.
    pub fn open(path: &Path, mode: Mode) -> Result<Self, JournalError> {
        Self::over(Store::open(path, mode)?)
    }

    /// As [`Journal::open`], without checking again what `memory` says was verified; a ledger that
    /// contradicts it does not open.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn open_since(path: &Path, mode: Mode, memory: &Memory) -> Result<Self, JournalError> {
        let store = Store::open(path, mode)?;
        let outcome = audit_since(&store, memory, Effort::SinceKept, |_| {})?;
        Self::of(store, outcome)
    }

    fn over(store: Store) -> Result<Self, JournalError> {
        let outcome = audit(&store, |_| {})?;
        Self::of(store, outcome)
    }

    fn of(store: Store, mut outcome: Audit) -> Result<Self, JournalError> {
        let notes = std::mem::take(&mut outcome.notes);
        let belief = crate::verify::belief::of_audit(&outcome, true);
        let ledger = believed(outcome)?;
        Ok(Self {
            store,
            ledger,
            belief,
            known: None,
            notes,
            roots: RefCell::default(),
            clock_behind: false,
        })
    }

    /// Remembers what is there now as verified: what was read was, and what was recorded since was
    /// read back and checked before it was written.
    ///
    /// # Errors
    /// [`StoreError`] when the ledger's file cannot be read; [`MemoryError`] inside, when the memory
    /// cannot be written.
    pub fn remember(&self, memory: &Memory) -> Result<Result<(), MemoryError>, StoreError> {
        let size = self.ledger.leaves.len() as u64;
        let heads = self.store.heads()?;
        let heads = heads_digest(heads.iter().filter(|(one, _)| *one <= size));
        let ledger = &self.ledger;
        Ok(memory.store(&ledger.origin, &ledger.log, &ledger.head, &heads))
    }

    /// Returns the file's path and the store's settings.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Returns what the first `size` entries say.
    ///
    /// # Errors
    /// [`ReplayError`] when a content cannot be read.
    pub fn state(&self, size: u64) -> Result<State, ReplayError> {
        replay(&self.ledger.facts, &self.ledger.contents, size)
    }

    /// Returns what the ledger would say with these events; nothing is signed or written.
    ///
    /// # Errors
    /// [`JournalError`] when a file of theirs cannot be kept or read.
    pub fn foreseen(
        &self,
        batch: &[NewEvent],
        by: &KeyId,
        now: Timestamp,
    ) -> Result<State, JournalError> {
        let mut state = self.state(u64::MAX)?;
        let mut contents = self.ledger.contents.clone();
        for (index, new) in batch.iter().enumerate() {
            let kept = self.keep_files(new, &mut contents)?;
            kept.map_err(|why| JournalError::Refused(vec![(index, why)]))?;
            state.learn(&fact_of(state.size, now, by, new), &contents)?;
        }
        Ok(state)
    }

    /// Records from now on although the clock is far behind the newest entry.
    pub fn accept_clock_behind(&mut self) {
        self.clock_behind = true;
    }

    /// How far a clock is behind the newest entry; none where it is not.
    pub fn behind(&self, now: Timestamp) -> Option<Behind> {
        Behind::of(self.ledger.facts.last(), now)
    }

    /// Records a batch: all of it, or nothing. Durable when this returns.
    ///
    /// # Errors
    /// [`JournalError`]: refusals name every event that cannot be recorded.
    pub fn record(
        &mut self,
        batch: &[NewEvent],
        signers: &Signers<'_>,
        now: Timestamp,
    ) -> Result<Recorded, JournalError> {
        self.record_in_turn(batch, signers, now, &mut || {})
    }

    /// The same. `waits` is told once, when somebody else is writing and it takes a while.
    ///
    /// The lock is taken first: what is judged and signed is the ledger as it is then, and several
    /// writers wait for each other instead of signing in vain.
    ///
    /// # Errors
    /// As [`Journal::record`]; nothing is recorded then, unless it is [`StoreError::Unsure`].
    pub fn record_in_turn(
        &mut self,
        batch: &[NewEvent],
        signers: &Signers<'_>,
        now: Timestamp,
        waits: &mut dyn FnMut(),
    ) -> Result<Recorded, JournalError> {
        self.enter(&Batch::own(batch), signers, now, waits)
    }

    /// Enters a batch: what the author of the entries says, or what others asked for.
    fn enter(
        &mut self,
        batch: &Batch<'_>,
        signers: &Signers<'_>,
        now: Timestamp,
        waits: &mut dyn FnMut(),
    ) -> Result<Recorded, JournalError> {
        let append = self.store.begin_in_turn(None, waits)?;
        if append.head()?.as_ref() != Some(&self.ledger.head) {
            self.ledger = refreshed(&self.store, &self.ledger)?;
        }
        let size = self.ledger.facts.len() as u64;
        let mut state = match self.known.take().filter(|state| state.size == size) {
            Some(state) => state,
            None => self.state(u64::MAX)?,
        };
        if let Some(recorded) = self.recorded_before(&state, batch, signers)? {
            self.known = Some(state);
            return Ok(recorded);
        }
        self.is_log_key(signers)?;
        // A state that learnt of what is then not recorded is dropped on the way out.
        let facts = self.admit_all(&mut state, batch, &keyid(signers.author), now)?;
        let mut written = write(append, &self.ledger, batch, facts, signers)?;
        let unfinished = written.unfinished.take();
        self.learn(batch, written);
        self.known = Some(state);
        let last = (self.ledger.facts.len() as u64).saturating_sub(1);
        Ok(Recorded { first: size, last, replayed: false, unfinished })
    }

    /// Closes the ledger: it is one file again.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written back.
    pub fn close(self) -> Result<(), StoreError> {
        self.store.close()
    }

    fn learn(&mut self, batch: &Batch<'_>, written: Written) {
        self.ledger.taken.extend(batch.taken(&written.facts, &written.signer));
        for (new, fact) in batch.events.iter().zip(&written.facts) {
            // Each was checked before it was written.
            let anchors = self.anchored(fact.seq, new).unwrap_or_default();
            self.ledger.anchors.extend(anchors);
        }
        for (fact, leaf) in written.facts.into_iter().zip(written.leaves) {
            self.ledger.roster.apply(fact.seq, &fact.event, introduced(&fact.event).as_ref());
            if let Event::LogKeyRotated(body) = &fact.event
                && let Ok(key) = PublicKey::from_base64(&body.key)
            {
                let name = self.ledger.origin.key_name();
                self.ledger.log.rotate(fact.seq + 1, Vkey::new(name, key));
            }
            self.ledger.frontier.push(leaf);
            self.ledger.leaves.push(leaf);
            self.ledger.facts.push(fact);
        }
        self.ledger.contents.extend(written.contents);
        self.ledger.head = written.head;
    }
}

/// Reads the ledger again, after others appended. What was verified before must still be its
/// beginning.
fn refreshed(store: &Store, before: &Ledger) -> Result<Ledger, JournalError> {
    if let Some(grown) = crate::verify::incremental::grown(store, before)? {
        return Ok(grown);
    }
    let found = believed(audit(store, |_| {})?)?;
    let same = before.leaves.iter().zip(&found.leaves).take_while(|(one, other)| one == other);
    let same = same.count();
    if same < before.leaves.len() {
        let place = Place::Entry(same as u64);
        let text = "it is another one than when the ledger was opened".to_owned();
        return Err(JournalError::Tampered(Finding { place, rule: Rule::HistoryReplaced, text }));
    }
    Ok(found)
}

fn believed(audit: Audit) -> Result<Ledger, JournalError> {
    if let Some(finding) = audit.finding {
        return Err(JournalError::Tampered(finding));
    }
    if let Some(why) = audit.undecided {
        return Err(JournalError::Undecided(why));
    }
    audit.ledger.ok_or(JournalError::Empty)
}

#[cfg(test)]
mod tests {
    use crate::domain::event::{CertificateRecorded, Correction, ScopeDeclared, Unit};
    use crate::ledger::SeedSigner;

    use super::*;

    fn new(number: u8, event: Event) -> NewEvent {
        NewEvent { id: format!("{number:032x}").parse().unwrap(), event, files: Vec::new() }
    }

    fn scope() -> Event {
        let unit =
            Unit { id: "a".parse().unwrap(), name: "A".to_owned(), health_and_care_data: true };
        Event::ScopeDeclared(ScopeDeclared {
            units: vec![unit],
            from: "2026-01-01".parse().unwrap(),
        })
    }

    fn certificate(number: &str) -> Event {
        Event::CertificateRecorded(CertificateRecorded {
            scheme: "iso27001".parse().unwrap(),
            release: Some("2022".to_owned()),
            number: number.to_owned(),
            issuer: "Certifier".to_owned(),
            accreditation: None,
            scope: vec!["a".parse().unwrap()],
            valid_from: "2026-01-01".parse().unwrap(),
            valid_until: "2028-12-31".parse().unwrap(),
        })
    }

    fn void(number: u8) -> Event {
        let corrects = format!("{number:032x}").parse().unwrap();
        let reason = "wrong".to_owned();
        Event::Correction(Correction { corrects, reason, replacement: None })
    }

    #[test]
    fn what_is_kept_between_records_is_what_a_replay_gives() {
        let folder = tempfile::tempdir().unwrap();
        let (author, log) = (SeedSigner::from_seed(&[1; 32]), SeedSigner::from_seed(&[2; 32]));
        let signers = Signers { author: &author, admitted: None, log: &log };
        let id = "f".repeat(32).parse().unwrap();
        let opening = Opening { id, organisation: "Northbridge", holder: "Asha Rao" };
        let origin = Origin::parse("ledger.example/a/b").unwrap();
        let (path, now) = (folder.path().join("ledger.dspt"), Timestamp::from_millis(0));
        let mut journal = Journal::create(&path, &origin, &opening, &signers, now).unwrap();
        let mut check = |batch: &[NewEvent], good: bool| {
            assert_eq!(journal.record(batch, &signers, now).is_ok(), good);
            let kept = format!(
                "{:?}",
                journal.known.clone().map_or_else(|| journal.state(u64::MAX), Ok).unwrap()
            );
            assert_eq!(kept, format!("{:?}", journal.state(u64::MAX).unwrap()));
            // Once more with what was kept, not with what was replayed for the comparison.
            assert_eq!(journal.record(batch, &signers, now).is_ok(), good);
        };
        check(&[new(1, scope()), new(2, certificate("IS 1"))], true);
        check(&[new(3, certificate("IS 2")), new(4, void(2)), new(5, certificate("IS 3"))], true);
        check(&[new(6, certificate("IS 4")), new(7, certificate(" "))], false);
        check(&[new(8, void(4))], true);
        check(&[new(9, certificate("IS 5"))], true);
    }
}

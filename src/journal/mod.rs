//! The spine: open, verify, read the facts; admit, sign, append, sign the new head.
//!
//! Everything that is recorded enters through [`Journal::record`], everything that is read comes
//! from an [`audit()`] that passed. The order of steps is here; what they decide is in `domain` and
//! `ledger`.

mod clock;
mod publish;
mod signed;

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use crate::domain::authority::admit::admit;
use crate::domain::authority::roster::{AdmittedKey, Roster};
use crate::domain::belief::Belief;
use crate::domain::date::Timestamp;
use crate::domain::event::role::Role;
use crate::domain::event::{BadBody, Event, Kind, LedgerOpened};
use crate::domain::ids::{EventId, KeyId};
use crate::domain::state::anchor::Anchor;
use crate::domain::state::{Contents, Fact, Facts, ReplayError, State, Subject, replay};
use crate::ledger::tree::Prefixes;
use crate::ledger::{
    Checkpoint, Digest, Draft, EntryError, Frontier, LogKeys, Origin, PublicKey, Sign, SignError,
    Vkey, genesis_digest, leaf_hash, read_back, sign,
};
use crate::store::{Append, Mode, Store, StoreError};
use crate::verify::known_heads::{Memory, MemoryError, heads_digest};

use crate::verify::audit::{Audit, Ledger, audit};
use crate::verify::finding::{Finding, Place};
use crate::verify::incremental::{Effort, audit_since};
use crate::verify::rule::Rule;
pub use clock::Behind;

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

/// Why something could not be recorded or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger is not what its keys signed.
    #[error("the ledger does not verify: {0}; look at it with: dspt verify")]
    Tampered(Finding),
    /// The ledger holds something newer than this program.
    #[error("{0}")]
    Undecided(String),
    /// There is no entry in it.
    #[error(
        "the ledger holds no entry; its creation was interrupted: remove the file and init again"
    )]
    Empty,
    /// Contents cannot be read.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The key may not sign this.
    #[error(transparent)]
    NotAllowed(#[from] crate::domain::authority::roster::NotAllowed),
    /// The clock is behind what is there, by more than clocks differ.
    #[error("{0}; nothing was written")]
    ClockBehind(Behind),
    /// Events that may not follow what is there: each with its place in the batch.
    #[error("{} of the events cannot be recorded; the first: {}", .0.len(), first_refusal(.0))]
    Refused(Vec<(usize, String)>),
    /// The log key is another one.
    #[error(
        "{found} is not the log key of this ledger, {expected}; give the right one with --log-key"
    )]
    WrongLogKey {
        /// Fingerprint of the key given.
        found: String,
        /// Fingerprint of the key that the ledger names.
        expected: String,
    },
    /// An id was used before for something else.
    #[error("the id {0} was used before for something else; nothing was written")]
    IdInUse(EventId),
    /// An entry cannot be written.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The log key gave no signature over the new head.
    #[error(transparent)]
    NoSignature(#[from] SignError),
    /// A body cannot be written.
    #[error(transparent)]
    Body(#[from] BadBody),
}

/// The kind of the event that a correction is about in the end: a correction of a correction needs
/// the role of what the first one corrected, since it brings that back.
fn corrected_kind(event: &Event, facts: &[Fact], batch: &[Fact]) -> Option<Kind> {
    let mut target = event.corrects()?;
    loop {
        let fact = facts.iter().chain(batch).find(|fact| fact.id == *target)?;
        match fact.event.corrects() {
            // Every step leads to an earlier entry, so this ends.
            Some(next) if next != target => target = next,
            _ => return Some(fact.event.kind()),
        }
    }
}

fn first_refusal(refusals: &[(usize, String)]) -> &str {
    refusals.first().map_or("", |(_, text)| text)
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
            contents: Contents::new(),
            anchors: Vec::new(),
            head: Vec::new(),
        };
        let new = NewEvent { id: opening.id.clone(), event, files: Vec::new() };
        let append = store.begin(Some(0))?;
        let facts = vec![fact_of(0, now, &keyid(signers.author), &new)];
        write(append, &ledger, &[new], facts, signers)?;
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
        // A state that learnt of what is then not recorded is dropped on the way out.
        let facts = self.admit_all(&mut state, batch, signers, now)?;
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

    /// Says what can be said before anything is signed: whether the key may record these events, and
    /// whether each may follow what is there. What they say of each other is judged when they are
    /// recorded.
    ///
    /// # Errors
    /// [`JournalError`] for a role that is missing, or every event that is refused.
    pub fn may_record(
        &self,
        batch: &[NewEvent],
        by: &KeyId,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        let today = now.london_day();
        let state = self.state(u64::MAX)?;
        let mut refused = Vec::new();
        for (index, new) in batch.iter().enumerate() {
            let corrected = corrected_kind(&new.event, &self.ledger.facts, &[]);
            self.ledger.roster.allows(by, &new.event, corrected)?;
            // One that is there already is found when it is recorded.
            if batch.len() == 1 && state.event(&new.id).is_none() {
                let admitted = admit(&state, &new.event, by, today).map_err(|no| no.0);
                let admitted =
                    admitted.and_then(|()| self.admit_key(&self.ledger.roster, &new.event));
                refused.extend(admitted.err().map(|why| (index, why)));
            }
        }
        if refused.is_empty() { Ok(()) } else { Err(JournalError::Refused(refused)) }
    }

    /// Finds a batch that was recorded before: the same events by the same key with the same files.
    fn recorded_before(
        &self,
        state: &State,
        batch: &[NewEvent],
        signers: &Signers<'_>,
    ) -> Result<Option<Recorded>, JournalError> {
        let author = keyid(signers.author);
        let mut places = Vec::new();
        for new in batch {
            let place = state.event(&new.id).and_then(|(seq, _)| usize::try_from(seq).ok());
            let Some(fact) = place.and_then(|at| self.ledger.facts.get(at)) else { continue };
            if *fact != fact_of(fact.seq, fact.at, &author, new) {
                return Err(JournalError::IdInUse(new.id.clone()));
            }
            places.push(fact);
        }
        match (places.first(), places.last()) {
            (Some(first), Some(last)) if places.len() == batch.len() => Ok(Some(Recorded {
                first: first.seq,
                last: last.seq,
                replayed: true,
                unfinished: None,
            })),
            (Some(first), Some(_)) => Err(JournalError::IdInUse(first.id.clone())),
            _ => Ok(None),
        }
    }

    /// Checks every event of a batch against what is there and against those before it; `state`
    /// learns them. Returns the facts that they will be.
    fn admit_all(
        &self,
        state: &mut State,
        batch: &[NewEvent],
        signers: &Signers<'_>,
        now: Timestamp,
    ) -> Result<Vec<Fact>, JournalError> {
        let log = signers.log.public().keyid();
        let expected = self.ledger.log.newest().key().keyid();
        if log != expected {
            return Err(JournalError::WrongLogKey { found: log, expected });
        }
        let rotation = |new: &NewEvent| new.event.kind() == Kind::LogKeyRotated;
        if let Some(index) = batch.iter().position(rotation).filter(|_| batch.len() > 1) {
            let why = "a rotation of the log key is recorded by itself".to_owned();
            return Err(JournalError::Refused(vec![(index, why)]));
        }
        let behind = self.behind(now);
        if let Some(behind) = behind.filter(|one| one.is_too_far() && !self.clock_behind) {
            return Err(JournalError::ClockBehind(behind));
        }
        // The ledger's time does not go back; but which days have come, the clock alone knows.
        let at = behind.map_or(now, |behind| behind.newest);
        let (by, today) = (keyid(signers.author), now.london_day());
        let (mut facts, mut refused) = (Vec::with_capacity(batch.len()), Vec::new());
        let mut contents = self.ledger.contents.clone();
        let mut roster = self.ledger.roster.clone();
        for (index, new) in batch.iter().enumerate() {
            if state.event(&new.id).is_some() {
                return Err(JournalError::IdInUse(new.id.clone()));
            }
            let corrected = corrected_kind(&new.event, &self.ledger.facts, &facts);
            roster.allows(&by, &new.event, corrected)?;
            let known = admit(state, &new.event, &by, today).map_err(|no| no.0);
            let mut admitted = known
                .and_then(|()| self.admit_key(&roster, &new.event))
                .and_then(|()| publish::publishable(&self.ledger, &new.event, &new.files));
            if admitted.is_ok() {
                admitted = self.anchored(state.size, new).and_then(|anchors| {
                    self.are_outsiders(&anchors)?;
                    clock::untimely(&self.ledger.facts, &anchors, at)
                });
            }
            if admitted.is_ok() {
                admitted = self.keep_files(new, &mut contents)?;
            }
            if let Err(refusal) = admitted {
                refused.push((index, refusal));
                continue;
            }
            let fact = fact_of(state.size, at, &by, new);
            roster.apply(fact.seq, &fact.event, introduced(&fact.event).as_ref());
            facts.push(fact);
            if let Some(fact) = facts.last() {
                state.learn(fact, &contents)?;
            }
        }
        if refused.is_empty() { Ok(facts) } else { Err(JournalError::Refused(refused)) }
    }

    /// Takes in the files of an event, or says which of them the ledger would miss, hold under
    /// another name, or hold without a reason: each would be a fault when it is verified.
    fn keep_files(
        &self,
        new: &NewEvent,
        contents: &mut Contents,
    ) -> Result<Result<(), String>, StoreError> {
        let keeps = new.event.keeps_files();
        for file in &new.files {
            let (name, digest) = (&file.name, file.sha256.hex());
            match (&file.stored, contents.get(&digest)) {
                (Some(_), _) if !keeps => {
                    let why = "the event does not say that its file is kept; mark it as stored";
                    return Ok(Err(format!("`{name}` cannot be kept: {why}")));
                }
                // Most often the very same, which is seen without comparing it.
                (Some(bytes), Some(kept)) if Arc::ptr_eq(kept, bytes) || kept == bytes => {}
                (Some(bytes), _) if Digest::of(bytes) != file.sha256 => {
                    let found = Digest::of(bytes).hex();
                    return Ok(Err(format!("`{name}` hashes to {found}, not to {digest}")));
                }
                (Some(bytes), _) => {
                    contents.insert(digest, Arc::clone(bytes));
                }
                (None, None) if keeps && !self.store.has_content(&file.sha256)? => {
                    return Ok(Err(format!("the ledger keeps `{name}`; give its bytes as well")));
                }
                (None, _) => {}
            }
        }
        Ok(Ok(()))
    }

    /// The anchors that an event would be at `seq`; none for other events. One that is not a head
    /// of the entries that are there, dated as it says, would be a fault when it is verified.
    fn anchored(&self, seq: u64, new: &NewEvent) -> Result<Vec<Anchor>, String> {
        let said = |(rule, text): (Rule, String)| format!("{rule}: {text}");
        let before = crate::verify::anchors::Before {
            seq,
            origin: self.ledger.origin.as_str(),
            log: &self.ledger.log,
        };
        let claimed =
            crate::verify::anchors::claimed(&new.event, &subjects(new), &before).map_err(said)?;
        let Some(mut claimed) = claimed else { return Ok(Vec::new()) };
        let head = &claimed.checkpoint;
        let root = self.roots.borrow_mut().root(&self.ledger.leaves, head.size);
        if root != Some(head.root) {
            return Err(format!("the first {} entries have another root", head.size));
        }
        if let Some((digest, token)) = &claimed.token {
            let file = new.files.iter().find(|file| file.sha256 == *digest);
            let stored = file.and_then(|file| file.stored.as_ref());
            let bytes = stored.ok_or("the ledger keeps the token; give its bytes as well")?;
            claimed.anchors.push(crate::verify::anchors::token(bytes, token).map_err(said)?);
        }
        Ok(claimed.anchors)
    }

    /// Refuses what a key of the ledger's own said as if it were somebody outside.
    fn are_outsiders(&self, anchors: &[Anchor]) -> Result<(), String> {
        let own = anchors.iter().find(|one| crate::verify::examine::is_own(one, &self.ledger));
        own.map_or(Ok(()), |one| {
            let (name, why) = (one.name(), crate::verify::examine::OWN_KEY);
            Err(format!("{name} is no witness of this ledger: {why}; ask somebody outside"))
        })
    }

    /// What the keys so far, those of the same batch included, say about a key event.
    fn admit_key(&self, roster: &Roster, event: &Event) -> Result<(), String> {
        let introduced = event.introduces();
        if introduced.is_some_and(|key| roster.keys().any(|(_, known)| known.key == key)) {
            return Err("that key is admitted already; a key keeps one role".to_owned());
        }
        let is_log = |key| self.ledger.log.all().any(|log| log.key().base64() == key);
        if introduced.is_some_and(is_log) {
            return Err("that is a log key, which signs heads only".to_owned());
        }
        if let Event::KeyRevoked(body) = event {
            let Some(known) = roster.get(&body.keyid) else {
                return Err(format!("key {} is not admitted here", body.keyid));
            };
            let next = self.ledger.facts.len() as u64;
            if let Some(from) = body.compromised_from.filter(|from| *from > next) {
                return Err(format!("entry #{from} is not there yet; the next is #{next}"));
            }
            let earlier = match (body.compromised_from, known.compromised_from) {
                (Some(new), Some(before)) => new < before,
                (new, _) => new.is_some(),
            };
            if let Some(seq) = known.revoked.filter(|_| !earlier) {
                return Err(format!("entry #{seq} revoked or replaced that key already"));
            }
            let owner = |one: &AdmittedKey| one.role == Role::Owner && one.revoked.is_none();
            let owners = roster.keys().filter(|(_, one)| owner(one)).count();
            if owner(known) && owners == 1 {
                return Err("that is the only owner key; admit another owner first".to_owned());
            }
        }
        Ok(())
    }

    fn learn(&mut self, batch: &[NewEvent], written: Written) {
        for (new, fact) in batch.iter().zip(&written.facts) {
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

/// What the first entry says besides the keys.
pub struct Opening<'o> {
    /// The first event's id.
    pub id: EventId,
    /// Name of the organisation.
    pub organisation: &'o str,
    /// Who holds the first owner key.
    pub holder: &'o str,
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

fn keyid(signer: &dyn Sign) -> KeyId {
    #[expect(clippy::expect_used, reason = "a fingerprint that was just made has its own form")]
    signer.public().keyid().parse().expect("a fingerprint has its own form")
}

/// The fingerprint of the key that an event brings in.
fn introduced(event: &Event) -> Option<KeyId> {
    PublicKey::from_base64(event.introduces()?).ok()?.keyid().parse().ok()
}

fn fact_of(seq: u64, at: Timestamp, by: &KeyId, new: &NewEvent) -> Fact {
    Fact {
        seq,
        at,
        by: by.clone(),
        id: new.id.clone(),
        event: new.event.clone(),
        subjects: new.files.iter().map(File::subject).collect(),
    }
}

struct Written {
    facts: Vec<Fact>,
    leaves: Vec<Digest>,
    contents: Contents,
    head: Vec<u8>,
    /// What could not be done after the commit.
    unfinished: Option<String>,
}

/// Signs and writes a batch inside one transaction, then the new head, then commits.
fn write(
    mut append: Append<'_>,
    ledger: &Ledger,
    batch: &[NewEvent],
    facts: Vec<Fact>,
    signers: &Signers<'_>,
) -> Result<Written, JournalError> {
    let mut frontier = ledger.frontier.clone();
    let (mut leaves, mut contents) = (Vec::with_capacity(facts.len()), Contents::new());
    // Each entry signs the root of those before it, so signing is one after the other; reading back
    // is not.
    let mut sealed = Vec::with_capacity(facts.len());
    for (new, fact) in batch.iter().zip(&facts) {
        let signing = signing(new, signers);
        let bytes = sign(&draft(ledger, &frontier, new, fact.at)?, &signing)?;
        let leaf = leaf_hash(&bytes);
        frontier.push(leaf);
        leaves.push(leaf);
        sealed.push((bytes, signing.iter().map(|one| *one.public()).collect::<Vec<_>>()));
    }
    let read: Vec<_> = sealed.par_iter().map(|(bytes, keys)| read_back(bytes, keys)).collect();
    read.into_iter().collect::<Result<(), _>>()?;
    for (((new, fact), (bytes, _)), leaf) in batch.iter().zip(&facts).zip(&sealed).zip(&leaves) {
        for file in &new.files {
            let digest = file.sha256.hex();
            // Every answer of one file names that file: once is enough.
            if let Some(stored) = file.stored.as_ref().filter(|_| !contents.contains_key(&digest)) {
                append.put_content(&file.sha256, stored)?;
                contents.insert(digest, Arc::clone(stored));
            }
        }
        append.put_entry(fact.seq, &new.id.to_bytes(), leaf, bytes)?;
    }
    let (origin, size, root) = (ledger.origin.clone(), frontier.size(), frontier.root());
    let head = Checkpoint { origin, size, root }.sign(log_signer(batch, signers))?;
    append.put_head(size, &head)?;
    let unfinished = match append.commit() {
        Ok(()) => None,
        // All of it is recorded, which whoever hears of this must know.
        Err(StoreError::HeadFile { path, source }) => {
            let path = path.display();
            Some(format!("{path} could not be written ({source}); the next recording renews it"))
        }
        Err(error) => return Err(error.into()),
    };
    Ok(Written { facts, leaves, contents, head, unfinished })
}

fn draft(
    ledger: &Ledger,
    frontier: &Frontier,
    new: &NewEvent,
    at: Timestamp,
) -> Result<Draft, BadBody> {
    Ok(Draft {
        ledger: ledger.origin.clone(),
        ledger_id: ledger.id,
        seq: frontier.size(),
        root: frontier.root(),
        at: at.to_string(),
        id: new.id.to_string(),
        kind: new.event.kind().as_str().to_owned(),
        body: new.event.body()?,
        subjects: subjects(new),
    })
}

fn subjects(new: &NewEvent) -> Vec<crate::ledger::Subject> {
    let subject =
        |file: &File| crate::ledger::Subject { name: file.name.clone(), sha256: file.sha256 };
    new.files.iter().map(subject).collect()
}

/// The author signs; a key that comes into the ledger signs too, and so does a log key that goes.
fn signing<'k>(new: &NewEvent, signers: &Signers<'k>) -> Vec<&'k dyn Sign> {
    let mut all = vec![signers.author];
    if new.event.kind() == Kind::LogKeyRotated {
        all.push(signers.log);
    }
    if new.event.introduces().is_some() && new.event.kind() != Kind::LedgerOpened {
        all.extend(signers.admitted);
    }
    all
}

/// The head after a rotation of the log key is the first that the new one signs.
fn log_signer<'k>(batch: &[NewEvent], signers: &Signers<'k>) -> &'k dyn Sign {
    let rotated = batch.iter().any(|new| new.event.kind() == Kind::LogKeyRotated);
    signers.admitted.filter(|_| rotated).unwrap_or(signers.log)
}

#[cfg(test)]
mod tests {
    use crate::domain::event::{CertificateRecorded, Correction, ScopeDeclared, Unit};
    use crate::domain::ids::Scheme;
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
            scheme: Scheme::Iso27001,
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

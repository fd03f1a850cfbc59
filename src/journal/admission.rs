//! What may be recorded: the key's role, what the events say of what is there, the files and heads
//! that they name.

use std::sync::Arc;

use super::asked::Batch;
use super::batch::{NewEvent, Recorded, Signers, subjects};
use super::error::JournalError;
use super::fact::{fact_of, introduced, keyid};
use super::{Journal, clock, publish};
use crate::domain::authority::admit::admit;
use crate::domain::authority::roster::{AdmittedKey, Roster};
use crate::domain::date::Timestamp;
use crate::domain::event::role::Role;
use crate::domain::event::{Event, Kind};
use crate::domain::ids::KeyId;
use crate::domain::state::anchor::Anchor;
use crate::domain::state::{Contents, Fact, State};
use crate::ledger::Digest;
use crate::store::StoreError;
use crate::verify::anchors;
use crate::verify::rule::Rule;

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

impl Journal {
    /// Says before anything is signed whether the key may record these events, and whether each may
    /// follow what is there and those before it.
    ///
    /// # Errors
    /// [`JournalError`] for a role that is missing, or every event that is refused.
    pub fn may_record(
        &self,
        batch: &[NewEvent],
        by: &KeyId,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        let mut state = self.state(u64::MAX)?;
        // What is there already is found when it is recorded.
        if batch.iter().any(|new| state.event(&new.id).is_some()) {
            return Ok(());
        }
        self.admit_all(&mut state, &Batch::own(batch), by, now).map(drop)
    }

    /// Finds a batch that was recorded before: the same events by the same key with the same files.
    pub(super) fn recorded_before(
        &self,
        state: &State,
        batch: &Batch<'_>,
        signers: &Signers<'_>,
    ) -> Result<Option<Recorded>, JournalError> {
        if !batch.requests.is_empty() {
            // Each is taken once; a second time is refused by name.
            return Ok(None);
        }
        let (batch, author) = (batch.events, keyid(signers.author));
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
    pub(super) fn admit_all(
        &self,
        state: &mut State,
        batch: &Batch<'_>,
        signer: &KeyId,
        now: Timestamp,
    ) -> Result<Vec<Fact>, JournalError> {
        let events = batch.events;
        let rotation = |new: &NewEvent| new.event.kind() == Kind::LogKeyRotated;
        if let Some(index) = events.iter().position(rotation).filter(|_| events.len() > 1) {
            let why = "a rotation of the log key is recorded by itself".to_owned();
            return Err(JournalError::Refused(vec![(index, why)]));
        }
        let behind = self.behind(now);
        if let Some(behind) = behind.filter(|one| one.is_too_far() && !self.clock_behind) {
            return Err(JournalError::ClockBehind(behind));
        }
        // The ledger's time does not go back; but which days have come, the clock alone knows.
        let at = behind.map_or(now, |behind| behind.newest);
        let today = now.london_day();
        let (mut facts, mut refused) = (Vec::with_capacity(events.len()), Vec::new());
        let mut contents = self.ledger.contents.clone();
        let mut roster = self.ledger.roster.clone();
        for (index, new) in events.iter().enumerate() {
            let (by, asked) = batch.author(index, signer);
            let corrected = corrected_kind(&new.event, &self.ledger.facts, &facts);
            let allowed = roster.allows(&by, &new.event, corrected);
            let known = match asked {
                Some(asked) => {
                    let there = state.event(&new.id).map(|(seq, _)| seq);
                    self.admit_request(asked, (there, state.size, at), (&roster, signer), allowed)
                }
                None if state.event(&new.id).is_some() => {
                    return Err(JournalError::IdInUse(new.id.clone()));
                }
                None => Ok(allowed?),
            };
            let mut admitted = known
                .and_then(|()| admit(state, &new.event, &by, today).map_err(|no| no.0))
                .and_then(|()| self.admit_named(new, (state.size, at), &roster));
            if admitted.is_ok() {
                admitted = self.keep_files(new, &mut contents)?;
            }
            if let Err(refusal) = admitted {
                refused.push((index, refusal));
                continue;
            }
            let fact = fact_of(state.size, at, &by, new);
            roster.apply(fact.seq, &fact.event, introduced(&fact.event).as_ref());
            state.learn(&fact, &contents)?;
            facts.push(fact);
        }
        if refused.is_empty() { Ok(facts) } else { Err(JournalError::Refused(refused)) }
    }

    /// What the keys, statements and heads say that an event names.
    fn admit_named(
        &self,
        new: &NewEvent,
        (seq, at): (u64, Timestamp),
        roster: &Roster,
    ) -> Result<(), String> {
        self.admit_key(roster, &new.event)?;
        publish::publishable(&self.ledger, &new.event, &new.files)?;
        let anchors = self.anchored(seq, new)?;
        self.are_outsiders(&anchors)?;
        clock::untimely(&self.ledger.facts, &anchors, at)
    }

    /// The heads of this ledger are signed by its newest log key alone.
    pub(super) fn is_log_key(&self, signers: &Signers<'_>) -> Result<(), JournalError> {
        let found = signers.log.public().keyid();
        let expected = self.ledger.log.newest().key().keyid();
        if found == expected {
            return Ok(());
        }
        Err(JournalError::WrongLogKey { found, expected })
    }

    /// Takes in the files of an event, or says which of them the ledger would miss, hold under
    /// another name, or hold without a reason: each would be a fault when it is verified.
    pub(super) fn keep_files(
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
    pub(super) fn anchored(&self, seq: u64, new: &NewEvent) -> Result<Vec<Anchor>, String> {
        let said = |(rule, text): (Rule, String)| format!("{rule}: {text}");
        let before =
            anchors::Before { seq, origin: self.ledger.origin.as_str(), log: &self.ledger.log };
        let claimed = anchors::claimed(&new.event, &subjects(new), &before).map_err(said)?;
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
            claimed.anchors.push(anchors::token(bytes, token).map_err(said)?);
        }
        Ok(claimed.anchors)
    }

    /// Refuses what a key of the ledger's own said as if it were somebody outside.
    pub(super) fn are_outsiders(&self, anchors: &[Anchor]) -> Result<(), String> {
        let own = anchors.iter().find(|one| anchors::is_own(one, &self.ledger));
        own.map_or(Ok(()), |one| {
            let (name, why) = (one.name(), anchors::OWN_KEY);
            Err(format!("{name} is no witness of this ledger: {why}; ask somebody outside"))
        })
    }

    /// What the keys so far, those of the same batch included, say about a key event.
    pub(super) fn admit_key(&self, roster: &Roster, event: &Event) -> Result<(), String> {
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
}

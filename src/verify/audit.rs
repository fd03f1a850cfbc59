//! Reads a ledger and believes nothing: every entry, the tree, every checkpoint, every content.
//!
//! Only what passed becomes a [`Fact`]. Faults are found in a fixed order (entries by index, then
//! checkpoints by size, then contents by digest) and the first one is named. It never repairs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

use rayon::prelude::*;

use super::anchors;
use super::finding::{Finding, Place};
use super::rule::Rule;
use super::source::Source;
use crate::domain::authority::roster::Roster;
use crate::domain::date::Timestamp;
use crate::domain::event::{BadBody, Clock, ClockExplained, Correction, Event, Kind, Replacement};
use crate::domain::ids::{EventId, KeyId};
use crate::domain::state::anchor::Anchor;
use crate::domain::state::index::fact_index::FactSink;
use crate::domain::state::{Contents, Fact, Facts, Subject};
use crate::ledger::entry::ENTRY_BYTES_MAX;
use crate::ledger::tree::Prefixes;
use crate::ledger::{
    Checked, Digest, Expected, Fault, FaultKind, Frontier, LogKeys, Origin, PublicKey,
    VerifiedEntry, Vkey, check, genesis_digest, known_signatures, leaf_hash, signatures_or_back,
};
use crate::store::{Content, Row, StoreError};

/// What was read and found good, up to the first fault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries whose every rule holds.
    pub entries: u64,
    /// Signatures on them, checked one by one.
    pub signatures: u64,
    /// Signed heads.
    pub checkpoints: u64,
    /// Entries after one that is newer than this program: of them form, place, order and the
    /// signatures of known keys were checked, and nothing is known of what they mean.
    pub beyond: u64,
    /// Stored contents, hashed again.
    pub contents: u64,
    /// Contents that the ledger keeps and that are not in a folder made from it.
    pub withheld: u64,
    /// How many of the entries were hashed only, since their bytes are those that this user
    /// verified before; no signature of theirs is in `signatures`.
    pub remembered: u64,
}

/// A ledger as far as it could be believed.
#[derive(Clone, Debug)]
pub struct Ledger<F = Facts> {
    /// Its origin.
    pub origin: Origin,
    /// Its identity, the leaf hash of entry 0.
    pub id: Digest,
    /// The keys that sign its heads.
    pub log: LogKeys,
    /// The verified facts, in order.
    pub facts: F,
    /// Leaf hashes, in order; none where `F` says so.
    pub leaves: Vec<Digest>,
    /// The tree so far.
    pub frontier: Frontier,
    /// The admitted keys.
    pub roster: Roster,
    /// The contents that replay needs.
    pub contents: Contents,
    /// Heads that outsiders dated, by rising place. Whose word counts is for the reader to say.
    pub anchors: Vec<Anchor>,
    /// The newest signed head, as stored.
    pub head: Vec<u8>,
}

impl<F> Ledger<F> {
    /// Says whether a key is or was one of the ledger's own: of an author, whatever became of it, or
    /// of the log. What such a key signs is no word from outside.
    pub fn is_own(&self, key: &PublicKey) -> bool {
        let admitted = key.keyid().parse().ok().and_then(|id: KeyId| self.roster.get(&id));
        admitted.is_some() || self.log.all().any(|log| log.key() == key)
    }
}

/// The outcome of an audit.
#[derive(Debug)]
pub struct Audit<F = Facts> {
    /// What was checked and found good.
    pub counts: Counts,
    /// The first fault, if any.
    pub finding: Option<Finding>,
    /// Why it cannot be decided, if so: something in it is newer than this program.
    pub undecided: Option<String>,
    /// The ledger up to the first fault; none when not even entry 0 could be believed.
    pub ledger: Option<Ledger<F>>,
    /// What is to be said about what this user verified before, such as a file that cannot be read.
    pub notes: Vec<String>,
    /// How many entries this user verified before and were compared with; none where nothing was.
    pub kept: Option<u64>,
    /// The roots of the beginnings that stored heads sign, and of those that were asked for.
    pub(crate) roots: BTreeMap<u64, Digest>,
    /// Whether the newest head could not be opened, for want of a key that a newer entry may bring.
    pub(crate) unopened: bool,
}

impl<F> Audit<F> {
    /// The same audit with its facts held otherwise.
    pub fn holding<G>(&self, held: impl FnOnce(&F) -> G) -> Audit<G> {
        let ledger = self.ledger.as_ref().map(|ledger| Ledger {
            origin: ledger.origin.clone(),
            id: ledger.id,
            log: ledger.log.clone(),
            facts: held(&ledger.facts),
            leaves: ledger.leaves.clone(),
            frontier: ledger.frontier.clone(),
            roster: ledger.roster.clone(),
            contents: ledger.contents.clone(),
            anchors: ledger.anchors.clone(),
            head: ledger.head.clone(),
        });
        Audit {
            counts: self.counts.clone(),
            finding: self.finding.clone(),
            undecided: self.undecided.clone(),
            ledger,
            notes: self.notes.clone(),
            kept: self.kept,
            roots: self.roots.clone(),
            unopened: self.unopened,
        }
    }
}

/// What stops an audit.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    #[error(transparent)]
    Fault(#[from] Finding),
    #[error("{0}")]
    Undecided(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// These entries are not those that were verified before: all has to be checked.
    #[error("another history than the one verified before")]
    Otherwise,
    /// Anchors name beginnings of these sizes, whose roots nobody knew to keep.
    #[error("the roots of further beginnings are needed")]
    Roots(BTreeSet<u64>),
    /// Whoever takes the rows has stopped, and says why.
    #[error("stopped")]
    Stopped,
}

/// Contents by these names are what replay and findings read; others are only hashed.
const REPLAYED: [&str; 8] = [
    "items.csv",
    "exemptions.csv",
    "organisation-types.csv",
    "controls.csv",
    "mapping.csv",
    "soa.csv",
    "statement.json",
    "timestamp.tsr",
];

/// How many entries are checked, or read for what they say, side by side.
pub(crate) const BATCH: usize = 1_024;

/// How many batches are read ahead: an entry may have 64 KiB.
const BATCHES_WAITING: usize = 2;

/// Audits a whole store. `progress` is told how many entries are done.
///
/// # Errors
/// [`StoreError`] when the file itself cannot be read.
pub fn audit<F: FactSink + Send>(
    store: &impl Source,
    progress: impl FnMut(u64),
) -> Result<Audit<F>, StoreError> {
    audit_with(store, BTreeSet::new(), progress)
}

/// The same, with the roots of the beginnings of these sizes.
pub(crate) fn audit_with<F: FactSink + Send>(
    store: &impl Source,
    sizes: BTreeSet<u64>,
    mut progress: impl FnMut(u64),
) -> Result<Audit<F>, StoreError> {
    let mut wanted = sizes;
    loop {
        let mut reader = Reader { wanted: wanted.clone(), ..Reader::default() };
        match reader.run(store, &mut progress) {
            // Each time more of them, and no more than there are entries.
            Err(Stop::Roots(more)) => wanted.extend(more),
            outcome => return reader.outcome(outcome),
        }
    }
}

/// Whether the system gives another thread; without one everything is done on this one.
pub(crate) fn can_spawn() -> bool {
    thread::Builder::new().spawn(|| ()).is_ok_and(|thread| thread.join().is_ok())
}

#[derive(Default)]
pub(crate) struct Reader<F> {
    pub(crate) counts: Counts,
    pub(crate) ledger: Option<Ledger<F>>,
    /// What a correction is about in the end, however many corrections lie between.
    pub(crate) about: BTreeMap<EventId, Kind>,
    pub(crate) last: Option<Timestamp>,
    /// Entries whose signatures wait for the keys before them.
    pub(crate) waiting: Vec<Checked>,
    /// The tree of the rows, which is ahead of the ledger's.
    pub(crate) frontier: Frontier,
    pub(crate) first: Option<(Origin, Digest)>,
    /// Whether entries are withheld, so that what is not there proves nothing.
    pub(crate) partial: bool,
    /// How many entries this user verified before, and their root.
    pub(crate) proven: Option<(u64, Digest)>,
    /// Whether the signatures of the heads up to there are known to be good.
    pub(crate) proven_heads: bool,
    /// The first entry that is newer than this program, and why it is.
    pub(crate) newer: Option<(u64, String)>,
    /// Whether no key is known that signed the newest head.
    unopened: bool,
    /// The ids of it and of those after it.
    beyond: BTreeSet<EventId>,
    /// The sizes whose roots are kept.
    pub(crate) wanted: BTreeSet<u64>,
    /// Those that anchors name and nobody knew of.
    unknown: BTreeSet<u64>,
    pub(crate) roots: BTreeMap<u64, Digest>,
    /// The admitted keys by fingerprint: a key is judged once, not at each of its signatures.
    keys: BTreeMap<String, PublicKey>,
    /// Beginnings of the tree, for the heads that anchors name.
    prefixes: Prefixes,
    /// What is to be true of the tokens among the contents, and whether each then bounds anything.
    tokens: BTreeMap<Digest, Vec<(anchors::Token, bool)>>,
    /// Where entries are withheld: the roots that entries and anchors given out sign, by size.
    pub(crate) said: BTreeMap<u64, Digest>,
    named: BTreeSet<Digest>,
    replayed: BTreeSet<Digest>,
}

impl<F: FactSink + Send> Reader<F> {
    pub(crate) fn run(
        &mut self,
        store: &impl Source,
        progress: &mut impl FnMut(u64),
    ) -> Result<(), Stop> {
        let heads = store.heads()?;
        let size = heads.last().map_or(0, |(size, _)| *size);
        self.wanted.extend(heads.iter().map(|(size, _)| *size));
        let read = self.entries(store, size, progress);
        // An anchor that was taken for granted stands before whatever stopped the reading.
        if !self.unknown.is_empty() {
            return Err(Stop::Roots(std::mem::take(&mut self.unknown)));
        }
        read?;
        progress(self.counts.entries);
        whole(store, size, &self.frontier)?;
        self.checkpoints(&heads)?;
        self.contents(store, &heads)
    }

    pub(crate) fn outcome(self, outcome: Result<(), Stop>) -> Result<Audit<F>, StoreError> {
        let newer = self.newer.map(|(_, why)| why);
        let (finding, undecided) = match outcome {
            Ok(()) | Err(Stop::Otherwise | Stop::Roots(_) | Stop::Stopped) => (None, newer),
            Err(Stop::Fault(finding)) => (Some(finding), newer),
            Err(Stop::Undecided(why)) => (None, Some(why)),
            Err(Stop::Store(error)) => return Err(error),
        };
        let Self { counts, ledger, roots, unopened, .. } = self;
        let (notes, kept) = (Vec::new(), None);
        Ok(Audit { counts, finding, undecided, ledger, notes, kept, roots, unopened })
    }

    /// Reads the entries: those that were verified before for what they say, and the others while
    /// those before them are checked on another thread.
    fn entries(
        &mut self,
        store: &impl Source,
        size: u64,
        progress: &mut impl FnMut(u64),
    ) -> Result<(), Stop> {
        if let Some(proven) = self.proven {
            self.recall(store, proven, progress)?;
        }
        if !can_spawn() {
            return self.entries_alone(store, size, progress);
        }
        let done = AtomicU64::new(self.counts.entries);
        let (sender, receiver) = sync_channel::<Vec<Row>>(BATCHES_WAITING);
        let start = self.frontier.size();
        thread::scope(|scope| {
            let done = &done;
            let checking = scope.spawn(move || {
                receiver.into_iter().try_for_each(|rows| -> Result<(), Stop> {
                    self.batch(rows)?;
                    done.store(self.counts.entries, Ordering::Relaxed);
                    Ok(())
                })
            });
            let mut rows: Vec<Row> = Vec::with_capacity(BATCH);
            let read = store.entries(start..size, |row| -> Result<(), Stop> {
                // One that is too long is a fault: nothing is gathered after it.
                let long = row.bytes.len() > ENTRY_BYTES_MAX;
                rows.push(row);
                if long || rows.len() >= BATCH {
                    sender.send(std::mem::take(&mut rows)).map_err(|_| Stop::Stopped)?;
                    progress(done.load(Ordering::Relaxed));
                }
                Ok(())
            });
            // An error in reading must not hide a fault in what was read before it.
            let _ = sender.send(rows);
            drop(sender);
            checking.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            read
        })
    }

    /// The same on this thread alone, where the system gives no other.
    fn entries_alone(
        &mut self,
        store: &impl Source,
        size: u64,
        progress: &mut impl FnMut(u64),
    ) -> Result<(), Stop> {
        let mut rows: Vec<Row> = Vec::with_capacity(BATCH);
        let read = store.entries(self.frontier.size()..size, |row| -> Result<(), Stop> {
            rows.push(row);
            if rows.len() >= BATCH {
                self.batch(std::mem::take(&mut rows))?;
                progress(self.counts.entries);
            }
            Ok(())
        });
        // An error in reading must not hide a fault in what was read before it.
        self.batch(rows)?;
        read
    }

    /// Checks the rows that were read, side by side where order does not matter: first the form and
    /// the place of each, then, up to each entry that changes the keys, the signatures.
    fn batch(&mut self, rows: Vec<Row>) -> Result<(), Stop> {
        let mut placed = Vec::with_capacity(rows.len());
        let mut missing = None;
        for row in rows {
            let seq = self.frontier.size();
            if row.seq != seq {
                let text = format!("the next stored entry is #{}; #{seq} is missing", row.seq);
                missing =
                    Some(Finding { place: Place::Entry(seq), rule: Rule::MissingEntry, text });
                break;
            }
            let (before, leaf) = (self.frontier.clone(), leaf_hash(&row.bytes));
            if seq == 0 {
                self.first = origin_of(&row.bytes).map(|origin| (origin, leaf));
            }
            self.frontier.push(leaf);
            if self.wanted.contains(&self.frontier.size()) {
                self.roots.insert(self.frontier.size(), self.frontier.root());
            }
            placed.push((row, leaf, before));
        }
        let first = self.first.as_ref();
        let checked: Vec<_> = placed
            .into_par_iter()
            .map(|(row, leaf, before)| structure(&row, leaf, &before, first))
            .collect();
        for checked in checked {
            match checked {
                Ok(checked) => self.waiting.push(checked),
                Err(fault) => {
                    // It must not hide one in the entries that still wait for their turn.
                    self.settle()?;
                    return Err(fault.into());
                }
            }
            if self.waiting.last().is_some_and(|last| ends_batch(last.entry().kind())) {
                self.settle()?;
            }
        }
        self.settle()?;
        missing.map_or(Ok(()), |fault| Err(fault.into()))
    }

    /// Checks the signatures of the waiting entries side by side, then takes them in one by one.
    pub(crate) fn settle(&mut self) -> Result<(), Stop> {
        let waiting = std::mem::take(&mut self.waiting);
        let keys = &self.keys;
        let verified: Vec<_> = waiting
            .into_par_iter()
            .map(|checked| {
                let entry = signatures_or_back(checked, |keyid| keys.get(keyid).copied())?;
                let event = Event::decode(entry.kind(), entry.body());
                Ok((entry, event))
            })
            .collect();
        for outcome in verified {
            let outcome: Result<_, Box<(Fault, Checked)>> = outcome;
            match outcome {
                Ok((entry, event)) if self.newer.is_none() => self.take(&entry, event)?,
                Ok((entry, event)) => self.pass_over(&entry, event.ok().as_ref())?,
                Err(back) => self.unsigned(&back.0, &back.1)?,
            }
        }
        Ok(())
    }

    /// An entry with a signature that is not good, or of a key that nobody admitted: which a newer
    /// program may have done before it in a way that this one does not know.
    fn unsigned(&mut self, found: &Fault, checked: &Checked) -> Result<(), Stop> {
        let fault = |found: &Fault| Finding {
            place: Place::Entry(found.seq),
            rule: Rule::from(&found.kind),
            text: found.kind.to_string(),
        };
        if self.newer.is_none() {
            return Err(fault(found).into());
        }
        let keys = &self.keys;
        let known = known_signatures(checked, |keyid| keys.get(keyid).copied());
        let known = known.map_err(|found| fault(&found))?;
        let entry = checked.entry();
        let place = Passed { seq: found.seq, leaf: checked.leaf(), id: entry.id(), at: entry.at() };
        self.passed(&place, known)
    }

    /// Takes in of an entry what does not depend on its meaning: its place, and the key that it
    /// brings along for signatures after it. Whether it may is not judged.
    fn pass_over(&mut self, entry: &VerifiedEntry, event: Option<&Event>) -> Result<(), Stop> {
        let (seq, leaf) = (entry.seq(), entry.leaf());
        let place = Passed { seq, leaf, id: entry.id(), at: entry.at() };
        self.passed(&place, entry.keyids().count() as u64)?;
        let (Some(event), Some(key)) = (event, entry.introduces()) else { return Ok(()) };
        let Some(ledger) = &mut self.ledger else { return Ok(()) };
        let rotated = matches!(event, Event::LogKeyRotated(_));
        if rotated && log_key_signed(&ledger.log, entry, event).is_ok() {
            ledger.log.rotate(seq + 1, Vkey::new(ledger.origin.key_name(), *key));
        }
        self.keys.insert(key.keyid(), *key);
        Ok(())
    }

    /// The rules about time and id, which no newer program changes.
    fn passed(&mut self, entry: &Passed<'_>, signatures: u64) -> Result<(), Stop> {
        let fault = |rule, text: String| Finding { place: Place::Entry(entry.seq), rule, text };
        let id: Option<EventId> = entry.id.parse().ok();
        let id = id.ok_or_else(|| fault(Rule::BadName, "an id is malformed".to_owned()))?;
        let at = Timestamp::parse(entry.at)
            .ok_or_else(|| fault(Rule::BadTime, format!("`{}` is not a time", entry.at)))?;
        self.follows(entry.seq, at, &id)?;
        if let Some(ledger) = &mut self.ledger {
            ledger.frontier.push(entry.leaf);
            if F::LEAVES {
                ledger.leaves.push(entry.leaf);
            }
        }
        self.beyond.insert(id);
        self.last = Some(at);
        self.counts.beyond += 1;
        self.counts.signatures += signatures;
        Ok(())
    }

    fn follows(&self, seq: u64, at: Timestamp, id: &EventId) -> Result<(), Stop> {
        let fault = |rule, text: String| Finding { place: Place::Entry(seq), rule, text };
        if let Some(last) = self.last.filter(|last| at < *last) {
            let text = format!("it says {at}, and the entry before it says {last}");
            return Err(fault(Rule::TimeWentBack, text).into());
        }
        if self.kind_of(id).is_some() || self.beyond.contains(id) {
            return Err(fault(Rule::DuplicateId, format!("the id {id} was used before")).into());
        }
        Ok(())
    }

    /// Notes the first entry that is newer than this program. Entry 0 opens the ledger: where it is
    /// newer, nothing after it can be read.
    fn is_newer(&mut self, entry: &VerifiedEntry, why: String) -> Result<(), Stop> {
        if self.ledger.is_none() {
            return Err(Stop::Undecided(why));
        }
        self.newer = Some((entry.seq(), why));
        self.pass_over(entry, None)
    }

    /// Judges the key of a verified entry, and keeps what it says as a fact.
    fn take(&mut self, entry: &VerifiedEntry, event: Result<Event, BadBody>) -> Result<(), Stop> {
        let seq = entry.seq();
        let fault = |rule, text: String| Finding { place: Place::Entry(seq), rule, text };
        let event = match event.map_err(|bad| undecided(seq, &bad)) {
            Err(Stop::Undecided(why)) => return self.is_newer(entry, why),
            other => other?,
        };
        if let Event::Correction(Correction { replacement: Some(put), .. }) = &event {
            match replaced(seq, put) {
                Err(Stop::Undecided(why)) => return self.is_newer(entry, why),
                other => other?,
            }
        }
        let (id, by) = names(entry)
            .ok_or_else(|| fault(Rule::BadName, "an id or keyid is malformed".to_owned()))?;
        let at = Timestamp::parse(entry.at())
            .ok_or_else(|| fault(Rule::BadTime, format!("`{}` is not a time", entry.at())))?;
        self.follows(seq, at, &id)?;
        if let Event::Correction(correction) = &event {
            self.corrects(seq, correction)?;
        }
        if let Event::ClockExplained(explained) = &event {
            self.explains(explained).map_err(|text| fault(Rule::BadExplanation, text))?;
        }
        let introduced =
            introduced(entry, &event).map_err(|text| fault(Rule::IntroducedKey, text))?;
        let mut ledger = match self.ledger.take() {
            Some(ledger) => ledger,
            None => opened(entry, &event).map_err(|text| fault(Rule::Genesis, text))?,
        };
        let allowed = self
            .allowed(&ledger, &by, &event, introduced.as_ref())
            .and_then(|()| log_key_signed(&ledger.log, entry, &event))
            .map_err(|text| fault(Rule::KeyNotAllowed, text))
            .and_then(|()| self.anchor(&mut ledger, entry, &event));
        if allowed.is_ok() {
            ledger.roster.apply(seq, &event, introduced.as_ref());
            if let (Event::LogKeyRotated(_), Some(key)) = (&event, entry.introduces()) {
                ledger.log.rotate(seq + 1, Vkey::new(ledger.origin.key_name(), *key));
            }
            if let Some(key) = entry.introduces() {
                let log = *ledger.log.newest().key();
                self.keys.extend([(key.keyid(), *key), (log.keyid(), log)]);
            }
            ledger.frontier.push(entry.leaf());
            if F::LEAVES {
                ledger.leaves.push(entry.leaf());
            }
            let subjects = self.subjects(entry, &event);
            let corrected = event.corrects();
            if let Some(kind) = corrected.and_then(|target| self.root_kind(&ledger.facts, target)) {
                self.about.insert(id.clone(), kind);
            }
            ledger.facts.keep(Fact { seq, at, by, id, event, subjects });
            self.last = Some(at);
            self.counts.entries += 1;
            self.counts.signatures += entry.keyids().count() as u64;
        }
        self.ledger = Some(ledger);
        allowed.map_err(Stop::from)
    }

    /// Takes in the anchor that an entry is, if it is one.
    fn anchor(
        &mut self,
        ledger: &mut Ledger<F>,
        entry: &VerifiedEntry,
        event: &Event,
    ) -> Result<(), Finding> {
        let seq = entry.seq();
        let fault = |(rule, text)| Finding { place: Place::Entry(seq), rule, text };
        let before = anchors::Before { seq, origin: ledger.origin.as_str(), log: &ledger.log };
        let claimed = anchors::claimed(event, entry.subjects(), &before).map_err(fault)?;
        let Some(claimed) = claimed else { return Ok(()) };
        let head = &claimed.checkpoint;
        if self.partial {
            return self.anchor_among_some(ledger, claimed).map_err(fault);
        }
        let known = self.roots.get(&head.size).copied();
        let root = known.or_else(|| self.prefixes.root(&ledger.leaves, head.size));
        if root.is_none() && !F::LEAVES {
            // It is taken for granted until its root is known.
            self.unknown.insert(head.size);
        } else if root != Some(head.root) {
            let text = format!("the first {} entries have another root", head.size);
            return Err(fault((Rule::AnchorRoot, text)));
        }
        ledger.anchors.extend(claimed.anchors);
        if let Some((digest, token)) = claimed.token {
            self.tokens.entry(digest).or_default().push((token, true));
        }
        Ok(())
    }

    /// Takes in an anchor where entries are withheld. One whose root nothing here can be compared with
    /// bounds nothing; but an entry given out signs the root of those before it, and so does every
    /// other anchor, and two roots of one size are two histories.
    fn anchor_among_some(
        &mut self,
        ledger: &mut Ledger<F>,
        claimed: anchors::Claimed,
    ) -> Result<(), (Rule, String)> {
        let head = &claimed.checkpoint;
        let compared = self.roots.get(&head.size);
        let said = self.said.entry(head.size).or_insert(head.root);
        let root = *compared.unwrap_or(said);
        if root != head.root {
            let text = format!("the first {} entries have another root", head.size);
            return Err((Rule::AnchorRoot, text));
        }
        let bounds = compared.is_some();
        if bounds {
            ledger.anchors.extend(claimed.anchors);
        }
        if let Some((digest, token)) = claimed.token {
            self.tokens.entry(digest).or_default().push((token, bounds));
        }
        Ok(())
    }

    /// A correction speaks of an earlier event, and puts nothing of another kind in its place: else
    /// a key could say in a replacement what its role does not let it say.
    fn corrects(&self, seq: u64, correction: &Correction) -> Result<(), Stop> {
        let fault = |text: String| {
            Stop::from(Finding { place: Place::Entry(seq), rule: Rule::BadCorrection, text })
        };
        let Some(kind) = self.kind_of(&correction.corrects) else {
            if self.partial {
                return Ok(());
            }
            return Err(fault(format!("no earlier entry has the id {}", correction.corrects)));
        };
        if kind.stands_for_ever() {
            return Err(fault(format!("it corrects a {kind}, which stands for ever")));
        }
        let Some(replacement) = &correction.replacement else { return Ok(()) };
        let event = Event::decode(&replacement.kind, &replacement.body);
        let found = event.map_err(|bad| undecided(seq, &bad))?.kind();
        if found != kind {
            return Err(fault(format!("it replaces a {kind} by a {found}")));
        }
        Ok(())
    }

    /// A clock is explained for entries that are there, an outsider's for an anchor.
    fn explains(&self, explained: &ClockExplained) -> Result<(), String> {
        for id in std::iter::once(&explained.entry).chain(&explained.until) {
            match self.kind_of(id) {
                None if self.partial => {}
                None => return Err(format!("no earlier entry has the id {id}")),
                Some(Kind::AnchorCosigned | Kind::AnchorTimestamped) => {}
                Some(kind) if explained.clock == Clock::Outsider => {
                    return Err(format!("nobody outside dated anything in a {kind}"));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// The kind of an event; of a correction, the kind of what it is about in the end.
    pub(crate) fn root_kind(&self, facts: &F, id: &EventId) -> Option<Kind> {
        self.about.get(id).copied().or_else(|| facts.kind_of(id))
    }

    fn kind_of(&self, id: &EventId) -> Option<Kind> {
        self.ledger.as_ref()?.facts.kind_of(id)
    }

    fn allowed(
        &self,
        ledger: &Ledger<F>,
        by: &KeyId,
        event: &Event,
        introduced: Option<&KeyId>,
    ) -> Result<(), String> {
        let corrected = event.corrects();
        let corrected = corrected.and_then(|target| self.root_kind(&ledger.facts, target));
        ledger.roster.allows(by, event, corrected).map_err(|no| no.to_string())?;
        if let Some(key) = introduced {
            if ledger.roster.get(key).is_some() {
                return Err(format!("key {key} is admitted already; a key keeps one role"));
            }
            if ledger.log.all().any(|log| log.key().keyid() == key.as_str()) {
                return Err(format!("key {key} is the log key, which signs heads only"));
            }
        }
        Ok(())
    }

    /// Notes which contents must be there: what the entry names and the ledger keeps.
    fn subjects(&mut self, entry: &VerifiedEntry, event: &Event) -> Vec<Subject> {
        if event.keeps_files() {
            for subject in entry.subjects() {
                self.names_content(&subject.name, subject.sha256);
            }
        }
        let subject = |one: &crate::ledger::Subject| Subject {
            name: one.name.clone(),
            sha256: one.sha256.hex(),
        };
        entry.subjects().iter().map(subject).collect()
    }

    /// Notes that a content must be there, and whether replay reads it.
    pub(crate) fn names_content(&mut self, name: &str, sha256: Digest) {
        self.named.insert(sha256);
        if REPLAYED.contains(&name) {
            self.replayed.insert(sha256);
        }
    }

    pub(crate) fn checkpoints(&mut self, heads: &[(u64, Vec<u8>)]) -> Result<(), Stop> {
        let Some(ledger) = &mut self.ledger else { return Ok(()) };
        // Heads that were verified before, and that sign the entries that were.
        let known = self.proven.filter(|_| self.proven_heads);
        let old = known.map_or(0, |(known, _)| heads.partition_point(|(size, _)| *size <= known));
        self.counts.checkpoints += old as u64;
        let (old, heads) = heads.split_at_checked(old).unwrap_or((&[], heads));
        if let Some((_, newest)) = old.last() {
            ledger.head.clone_from(newest);
        }
        let open = |(_, note): &(u64, Vec<u8>)| ledger.log.open(note);
        let opened: Vec<_> = heads.par_iter().map(open).collect();
        for ((size, note), opened) in heads.iter().zip(opened) {
            let fault =
                |rule, text: String| Finding { place: Place::Checkpoint(*size), rule, text };
            // A newer entry under it may have put another log key in its place.
            let covered = self.newer.as_ref().is_some_and(|(seq, _)| *size > *seq);
            self.unopened = covered && opened.is_err();
            if self.unopened {
                continue;
            }
            let checkpoint = opened.map_err(|bad| fault(Rule::Checkpoint, bad.to_string()))?;
            if checkpoint.origin != ledger.origin || checkpoint.size != *size {
                let text = "it is of another ledger or of another size".to_owned();
                return Err(fault(Rule::CheckpointPlace, text).into());
            }
            if self.roots.get(size) != Some(&checkpoint.root) {
                let text = format!(
                    "it signs the root {}, the entries give another",
                    checkpoint.root.base64()
                );
                return Err(fault(Rule::CheckpointRoot, text).into());
            }
            ledger.head.clone_from(note);
            self.counts.checkpoints += 1;
        }
        Ok(())
    }

    /// Hashes every stored content again; names what is missing and what nobody named.
    pub(crate) fn contents(
        &mut self,
        store: &impl Source,
        heads: &[(u64, Vec<u8>)],
    ) -> Result<(), Stop> {
        let mut found = BTreeSet::new();
        let (tokens, replayed) = (&self.tokens, &self.replayed);
        let wanted = |digest: &Digest| tokens.contains_key(digest) || replayed.contains(digest);
        store.contents(wanted, |content| -> Result<(), Stop> {
            let Content { digest, actual, bytes } = content;
            let fault =
                |rule, text: String| Finding { place: Place::Content(digest.hex()), rule, text };
            if actual != digest {
                return Err(fault(
                    Rule::ContentDiffers,
                    format!("its bytes hash to {}", actual.hex()),
                )
                .into());
            }
            found.insert(digest);
            for (token, bounds) in tokens.get(&digest).into_iter().flatten() {
                let place = Place::Entry(token.seq);
                // One that is too long to be kept is no token either.
                let bytes = bytes.as_deref().unwrap_or_default();
                let anchor = anchors::token(bytes, token).map_err(|(rule, text)| Finding {
                    place,
                    rule,
                    text,
                })?;
                if let Some(ledger) = self.ledger.as_mut().filter(|_| *bounds) {
                    ledger.anchors.push(anchor);
                }
            }
            // What is too long is missed by whoever reads it; evidence may have any name and length.
            let bytes = bytes.filter(|_| replayed.contains(&digest));
            if let (Some(bytes), Some(ledger)) = (bytes, &mut self.ledger) {
                ledger.contents.insert(digest.hex(), Arc::new(bytes));
            }
            self.counts.contents += 1;
            Ok(())
        })?;
        let fault = |digest: &Digest, rule, text: &str| Finding {
            place: Place::Content(digest.hex()),
            rule,
            text: text.to_owned(),
        };
        let missing = || self.named.difference(&found);
        self.counts.withheld = missing().filter(|digest| store.withheld(digest)).count() as u64;
        // What newer entries name is not known.
        if self.newer.is_some() {
            return Ok(());
        }
        if let Some(missing) = missing().find(|digest| !store.withheld(digest)) {
            return Err(
                fault(missing, Rule::ContentMissing, "an entry names it; it is not there").into()
            );
        }
        // Another program may have appended in the meantime: then unknown contents are its own.
        let grown = store.heads()?.len() != heads.len();
        if let Some(extra) = found.difference(&self.named).next().filter(|_| !grown) {
            return Err(fault(extra, Rule::ContentUnnamed, "no entry names it").into());
        }
        if let Some(ledger) = &mut self.ledger {
            ledger.anchors.sort_by_key(|anchor| anchor.seq);
        }
        Ok(())
    }
}

/// Everything about an entry but its signatures, given its leaf hash and the tree before it.
pub(crate) fn structure(
    row: &Row,
    leaf: Digest,
    before: &Frontier,
    first: Option<&(Origin, Digest)>,
) -> Result<Checked, Finding> {
    let seq = before.size();
    let fault = |rule, text: String| Finding { place: Place::Entry(seq), rule, text };
    if row.leaf != leaf {
        let text =
            format!("the stored leaf hash is {}, the entry's is {}", row.leaf.hex(), leaf.hex());
        return Err(fault(Rule::LeafDiffers, text));
    }
    let broken = |kind: FaultKind| fault(Rule::from(&kind), kind.to_string());
    let Some((origin, identity)) = first else {
        // Entry 0 has no origin when it cannot be read; what is wrong with it is the first fault.
        let read = crate::ledger::parse::parse(&row.bytes).map(drop);
        return Err(broken(read.err().unwrap_or(FaultKind::UnknownIdentity)));
    };
    let ledger_id = (seq > 0).then_some(*identity);
    let expected = Expected { origin, ledger_id, seq, root: before.root() };
    let checked = check(&row.bytes, &expected).map_err(|found| broken(found.kind))?;
    if checked.entry().id() != hex(&row.id) {
        let text =
            format!("the stored id is {}, the entry's is {}", hex(&row.id), checked.entry().id());
        return Err(fault(Rule::IdDiffers, text));
    }
    Ok(checked)
}

/// The newest head must cover exactly what is stored.
fn whole(store: &impl Source, size: u64, frontier: &Frontier) -> Result<(), Stop> {
    let (found, place) = (frontier.size(), Place::Entry(frontier.size()));
    if found < size {
        let text = format!("a signed head says {size} entries, {found} are there");
        return Err(Finding { place, rule: Rule::MissingEntry, text }.into());
    }
    let stored = store.size()?;
    // Read in this order, a writer at work can only make the head look newer.
    let newest = store.heads()?.last().map_or(0, |(size, _)| *size);
    if stored > newest {
        let text = format!("{stored} entries are stored, and the newest head signs {newest}");
        return Err(Finding { place, rule: Rule::UnsignedEntry, text }.into());
    }
    Ok(())
}

/// What is known of an entry whatever it means.
struct Passed<'e> {
    seq: u64,
    leaf: Digest,
    id: &'e str,
    at: &'e str,
}

/// After these kinds other keys may sign, so the signatures that follow wait for them.
pub(crate) fn ends_batch(kind: &str) -> bool {
    let changes = [
        Kind::LedgerOpened,
        Kind::KeyAdmitted,
        Kind::KeyRevoked,
        Kind::KeyRotated,
        Kind::LogKeyRotated,
    ];
    changes.iter().any(|one| one.as_str() == kind)
}

fn undecided(seq: u64, bad: &BadBody) -> Stop {
    match bad {
        BadBody::UnknownKind(_) | BadBody::UnknownVersion { .. } => {
            Stop::Undecided(format!("entry #{seq}: {bad}"))
        }
        BadBody::Fields { .. } => {
            let (place, text) = (Place::Entry(seq), bad.to_string());
            Finding { place, rule: Rule::BadBody, text }.into()
        }
    }
}

/// What a correction puts in place has a body of its own, as right as any other; a correction puts
/// in place no correction.
fn replaced(seq: u64, put: &Replacement) -> Result<(), Stop> {
    if put.kind == Kind::Correction.as_str() {
        let text = "it puts a correction in the place of an event".to_owned();
        return Err(Finding { place: Place::Entry(seq), rule: Rule::BadBody, text }.into());
    }
    Event::decode(&put.kind, &put.body).map(drop).map_err(|bad| undecided(seq, &bad))
}

fn names(entry: &VerifiedEntry) -> Option<(EventId, KeyId)> {
    Some((entry.id().parse().ok()?, entry.by().parse().ok()?))
}

/// The key that an entry introduces, which must be the one that its body names.
fn introduced(entry: &VerifiedEntry, event: &Event) -> Result<Option<KeyId>, String> {
    let Some(named) = event.introduces() else { return Ok(None) };
    let key = entry.introduces().filter(|key| key.base64() == named);
    let key = key.ok_or("the body does not introduce a key that signed the entry")?;
    key.keyid().parse().map(Some).map_err(|bad: crate::domain::ids::BadRef| bad.to_string())
}

/// The log key signs heads, and of entries only the one that puts another in its place.
fn log_key_signed(log: &LogKeys, entry: &VerifiedEntry, event: &Event) -> Result<(), String> {
    let rotation = matches!(event, Event::LogKeyRotated(_));
    let newest = log.newest().key().keyid();
    let is_log = |keyid: &str| log.all().any(|one| one.key().keyid() == keyid);
    let wrong = entry.keyids().find(|keyid| is_log(keyid) && !(rotation && *keyid == newest));
    if let Some(keyid) = wrong {
        return Err(format!("key {keyid} is a log key, which signs heads only"));
    }
    if rotation && !entry.keyids().any(|keyid| keyid == newest) {
        return Err(format!("the log key {newest} did not sign that another takes its place"));
    }
    Ok(())
}

/// The ledger that entry 0 opens: its log key is bound to its identity.
fn opened<F: FactSink>(entry: &VerifiedEntry, event: &Event) -> Result<Ledger<F>, String> {
    let Event::LedgerOpened(body) = event else {
        return Err("the first entry does not open a ledger".to_owned());
    };
    let log = Vkey::parse(&body.log).map_err(|bad| format!("the log key is malformed: {bad}"))?;
    let origin = Origin::parse(log.name().as_str())
        .map_err(|bad| format!("the log key's name is no origin: {bad}"))?;
    if *entry.ledger() != origin {
        return Err(format!("the log key is that of {origin}, the entry of {}", entry.ledger()));
    }
    if entry.ledger_id() != genesis_digest(&log) {
        return Err("the entry's identity is not that of its log key".to_owned());
    }
    Ok(Ledger {
        origin,
        id: entry.leaf(),
        log: LogKeys::new(log),
        facts: F::default(),
        leaves: Vec::new(),
        frontier: Frontier::new(),
        roster: Roster::default(),
        contents: Contents::new(),
        anchors: Vec::new(),
        head: Vec::new(),
    })
}

/// The origin that entry 0 claims; whether it is right shows when its log key is known.
pub(crate) fn origin_of(bytes: &[u8]) -> Option<Origin> {
    crate::ledger::parse::parse(bytes).ok().map(|entry| entry.ledger().clone())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

//! Reads a ledger and believes nothing: every entry, the tree, every checkpoint, every content.
//!
//! Only what passed becomes a [`Fact`](crate::domain::state::Fact). Faults are found in a fixed
//! order (entries by index, then checkpoints by size, then contents by digest) and the first one is
//! named. It never repairs.

mod entry_rules;
mod heads_and_contents;
pub(super) mod outcome;
mod requests;
mod take_in;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

use rayon::prelude::*;

use super::anchors;
use super::carried::told;
use super::finding::{Finding, Place};
use super::rule::Rule;
use super::source::Source;
use crate::domain::date::Timestamp;
use crate::domain::event::Kind;
use crate::domain::ids::EventId;
use crate::domain::state::index::fact_index::FactSink;
use crate::ledger::entry::ENTRY_BYTES_MAX;
use crate::ledger::tree::Prefixes;
use crate::ledger::{
    Checked, Digest, Fault, Frontier, Origin, PublicKey, known_signatures, leaf_hash,
    signatures_or_back,
};
use crate::store::{Row, StoreError};
use entry_rules::Passed;
pub(crate) use entry_rules::{ends_batch, origin_of, structure};
pub(crate) use outcome::Stop;
pub use outcome::{Audit, Counts, Ledger};

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
                let said = told(&entry, |keyid| keys.get(keyid).copied());
                Ok((entry, said))
            })
            .collect();
        for outcome in verified {
            let outcome: Result<_, Box<(Fault, Checked)>> = outcome;
            match outcome {
                Ok((entry, said)) if self.newer.is_none() => self.take(&entry, said)?,
                Ok((entry, said)) => self.pass_over(&entry, said.ok().as_ref())?,
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

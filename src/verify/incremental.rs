//! An audit that knows what this user verified before: entries whose bytes hash into the root that
//! was kept are read without checking their signatures again. Everything after them is checked in
//! full, and whatever does not fit is checked in full from the start.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use serde::Deserialize;

use super::audit::{
    Audit, BATCH, Ledger, Reader, Stop, audit_with, can_spawn, ends_batch, structure,
};
use super::carried::told_before;
use super::finding::{Finding, Place};
use super::known_heads::{KnownHead, Memory, heads_digest};
use super::rule::Rule;
use super::source::Source;
use crate::domain::date::Timestamp;
use crate::domain::event::decode_trusted::decode_text;
use crate::domain::event::{Event, Kind};
use crate::domain::ids::{EventId, KeyId};
use crate::domain::state::index::fact_index::{FactSink, is_plain};
use crate::domain::state::{Fact, Subject};
use crate::ledger::parse_trusted::outline;
use crate::ledger::{Digest, Head, Origin, Vkey, leaf_hash};
use crate::store::{Row, RowRef, StoreError};

/// How much is checked again of what this user verified before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Every signature.
    Everything,
    /// Hashes only, where they lead to the root that was kept.
    SinceKept,
}

/// Audits a whole store and compares it with what `memory` keeps of it; a good outcome is kept
/// there. `progress` is told how many entries are done.
///
/// # Errors
/// [`StoreError`] when the ledger's file itself cannot be read.
pub fn audit_since<F: FactSink + Send>(
    store: &impl Source,
    memory: &Memory,
    effort: Effort,
    mut progress: impl FnMut(u64),
) -> Result<Audit<F>, StoreError> {
    let (kept, mut notes) = match opening(store)?.map(|(origin, log)| memory.load(&origin, &log)) {
        None => (None, Vec::new()),
        Some(Ok(kept)) => (kept, Vec::new()),
        Some(Err(unusable)) => (None, vec![unusable.to_string()]),
    };
    let usable = kept.as_ref().filter(|kept| effort == Effort::SinceKept && kept.is_ours());
    let quick = usable.map(|kept| recalled(store, kept, &mut progress)).transpose()?.flatten();
    let mut outcome = match quick {
        Some(outcome) => outcome,
        None => audit_with(store, kept.iter().map(|kept| kept.size).collect(), progress)?,
    };
    if let Some(kept) = &kept {
        compare(&mut outcome, kept, store.is_snapshot());
    }
    notes.extend(keep(store, &outcome, memory, kept.as_ref())?);
    outcome.notes.splice(0..0, notes);
    Ok(outcome)
}

/// The origin and log key that entry 0 names. The audit checks that they are its own; here they
/// only choose what to compare with.
fn opening(store: &impl Source) -> Result<Option<(Origin, Vkey)>, StoreError> {
    let mut first = None;
    store.look(0..1, |row| -> Result<(), StoreError> {
        first = Reading::new(true).lean(row);
        Ok(())
    })?;
    let Some(Event::LedgerOpened(body)) = first.map(|lean| lean.fact.event) else {
        return Ok(None);
    };
    let named = Vkey::parse(&body.log).ok();
    Ok(named.and_then(|log| Some((Origin::parse(log.name().as_str()).ok()?, log))))
}

/// Says whether `memory` holds something of this ledger that saves checking signatures again.
///
/// # Errors
/// [`StoreError`] when the ledger's file cannot be read.
pub fn is_remembered(store: &impl Source, memory: &Memory) -> Result<bool, StoreError> {
    let kept = opening(store)?.map(|(origin, log)| memory.load(&origin, &log));
    Ok(matches!(kept, Some(Ok(Some(kept))) if kept.is_ours()))
}

/// A first look at a ledger that this user never verified: that its entries are those under its
/// newest head, that its log keys signed its heads, and everything about the entries that change
/// keys. Who signed the others, and whether they may, is still to be checked, and nothing of it is
/// remembered. None when anything does not fit: an audit names what.
///
/// # Errors
/// [`StoreError`] when the ledger's file cannot be read.
pub fn first_look<F: FactSink + Send>(
    store: &impl Source,
    mut progress: impl FnMut(u64),
) -> Result<Option<Audit<F>>, StoreError> {
    let heads = store.heads()?;
    let newest = heads.last().and_then(|(_, note)| Head::claimed(note).ok());
    let Some(head) = newest else { return Ok(None) };
    // Its signature is checked when the entries have led to its root.
    quick(store, (head.size(), *head.root()), false, &mut progress)
}

/// Audits what others appended to a ledger that was verified before, all of whose entries lead to the
/// same root still; none when they do not, or something else does not fit.
pub(crate) fn grown(store: &impl Source, before: &Ledger) -> Result<Option<Ledger>, StoreError> {
    let proven = (before.frontier.size(), before.frontier.root());
    let found = quick(store, proven, false, &mut |_| {})?;
    Ok(found
        .filter(|one| one.finding.is_none() && one.undecided.is_none())
        .and_then(|one| one.ledger))
}

/// The quick audit; none when it does not come to a good end, whatever the reason.
fn recalled<F: FactSink + Send>(
    store: &impl Source,
    kept: &KnownHead,
    progress: &mut impl FnMut(u64),
) -> Result<Option<Audit<F>>, StoreError> {
    let heads = store.heads()?;
    let before = heads_digest(heads.iter().filter(|(size, _)| *size <= kept.size));
    quick(store, (kept.size, kept.root), before == kept.heads, progress)
}

/// Reads the entries under `proven`, a size and root, without their signatures.
fn quick<F: FactSink + Send>(
    store: &impl Source,
    proven: (u64, Digest),
    proven_heads: bool,
    progress: &mut impl FnMut(u64),
) -> Result<Option<Audit<F>>, StoreError> {
    let mut reader = Reader::default();
    reader.proven = Some(proven);
    reader.wanted.insert(proven.0);
    reader.proven_heads = proven_heads;
    let outcome = match reader.run(store, progress) {
        Ok(()) if reader.frontier.size() >= proven.0 && reader.newer.is_none() => {
            reader.outcome(Ok(()))?
        }
        Err(Stop::Store(error)) => return Err(error),
        Ok(()) | Err(_) => return Ok(None),
    };
    Ok(Some(outcome))
}

/// Names what contradicts the memory, unless a fault was found before it.
fn compare<F>(outcome: &mut Audit<F>, kept: &KnownHead, snapshot: bool) {
    let Some(ledger) = outcome.ledger.as_ref().filter(|_| outcome.finding.is_none()) else {
        return;
    };
    if !Memory::compares(ledger.log.first()) {
        return;
    }
    let (found, size) = (ledger.frontier.size(), kept.size);
    let then = outcome.roots.get(&size).copied().filter(|_| size <= found);
    let file = kept.path.display();
    let advice = format!(
        "keep both copies and ask whose is the right one; if you know why, remove {file} and look \
        again"
    );
    outcome.finding = match then {
        Some(root) if root == kept.root => {
            outcome.kept = Some(size);
            None
        }
        Some(root) => Some(Finding {
            place: Place::Checkpoint(size),
            rule: Rule::RememberedRoot,
            text: format!(
                "you verified {size} entries of this ledger under the root {}, these give {}: it \
                is another history; {advice}",
                kept.root.base64(),
                root.base64()
            ),
        }),
        None if snapshot => {
            outcome.notes.push(format!(
                "you verified {size} entries of this ledger before, and this has {found}: it is from \
                 an earlier time; whether it is the beginning of what you verified is not shown"
            ));
            None
        }
        None => Some(Finding {
            place: Place::Entry(found),
            rule: Rule::SmallerThanRemembered,
            text: format!(
                "you verified {size} entries of this ledger before, and it has {found} now: an \
                older copy was put back; {advice}"
            ),
        }),
    };
}

/// Keeps a good outcome. Returns what to say where it cannot be kept.
fn keep<F>(
    store: &impl Source,
    outcome: &Audit<F>,
    memory: &Memory,
    kept: Option<&KnownHead>,
) -> Result<Option<String>, StoreError> {
    let good = outcome.finding.is_none() && outcome.undecided.is_none();
    let Some(ledger) = outcome.ledger.as_ref().filter(|ledger| good && !ledger.head.is_empty())
    else {
        return Ok(None);
    };
    if kept.is_some_and(|kept| kept.is_ours() && kept.head == ledger.head) {
        return Ok(None);
    }
    let size = ledger.frontier.size();
    // What was verified since stays what is remembered.
    if Memory::compares(ledger.log.first()) && kept.is_some_and(|kept| kept.size > size) {
        return Ok(None);
    }
    let heads = store.heads()?;
    let heads = heads_digest(heads.iter().filter(|(one, _)| *one <= size));
    let stored = memory.store(&ledger.origin, &ledger.log, &ledger.head, &heads);
    Ok(stored.err().map(|error| error.to_string()))
}

/// An entry that was checked before, read for what it says.
pub(crate) struct TrustedEntry {
    leaf: Digest,
    fact: Fact,
    /// Who put it in, where that is not its author.
    taken: Option<KeyId>,
    /// The row itself, where the entry changes the keys or dates a head: those few are checked
    /// again.
    row: Option<Box<Row>>,
}

#[derive(Deserialize)]
struct Named<'e> {
    #[serde(borrow)]
    digest: Sha256<'e>,
    #[serde(borrow)]
    name: Cow<'e, str>,
}

#[derive(Deserialize)]
struct Sha256<'e> {
    sha256: &'e str,
}

/// Reads stored entries one after the other.
pub(crate) struct Reading {
    /// The keys that signed before, so that all entries of one share its text.
    keys: Vec<KeyId>,
    /// Whether the names of files are wanted where no file is kept and nothing follows from it.
    whole: bool,
    /// Room to work in.
    payload: Vec<u8>,
}

/// How many batches a reader may be ahead: with fewer it waits whenever another was held up.
const AHEAD: usize = 8;

/// More readers than that wait for the one who takes in what they read.
const READERS_MAX: usize = 8;

/// So few entries are read on one thread.
const FEW: u64 = BATCH as u64;

/// How many keys are looked through for the text of one.
const KEYS_MAX: usize = 64;

impl Reading {
    pub(crate) const fn new(whole: bool) -> Self {
        Self { keys: Vec::new(), whole, payload: Vec::new() }
    }

    /// Reads entries for what facts need of them; [`Stop::Otherwise`] where one is not as it must be.
    fn batch(&mut self, store: &impl Source, range: Range<u64>) -> Result<Vec<TrustedEntry>, Stop> {
        let (mut read, wanted) = (Vec::with_capacity(BATCH), range.end - range.start);
        store.look(range, |row| -> Result<(), Stop> {
            read.push(self.lean(row).ok_or(Stop::Otherwise)?);
            Ok(())
        })?;
        // A head can claim more entries than anybody can count.
        if read.len() as u64 == wanted { Ok(read) } else { Err(Stop::Otherwise) }
    }

    /// Reads a stored entry for what a fact needs of it; none where it is not as it must be.
    fn lean(&mut self, row: RowRef<'_>) -> Option<TrustedEntry> {
        let leaf = leaf_hash(row.bytes);
        let found = outline(row.bytes, &mut self.payload)?;
        let id: EventId = found.id.parse().ok()?;
        if row.leaf != leaf || row.id != id.to_bytes() {
            return None;
        }
        let (event, asked) = told_before(found.kind, found.body, decode_text)?;
        let named = self.whole || !is_plain(event.kind()) || event.keeps_files();
        let subjects = if named { subjects(found.subjects)? } else { Vec::new() };
        let signer = shared(&mut self.keys, found.by)?;
        let (by, taken) = match asked {
            Some(by) => (shared(&mut self.keys, by.as_str())?, Some(signer)),
            None => (signer, None),
        };
        let at = Timestamp::parse(found.at)?;
        let again = looked_at(found.kind).then(|| Box::new(row.to_row()));
        Some(TrustedEntry {
            leaf,
            fact: Fact { seq: row.seq, at, by, id, event, subjects },
            taken,
            row: again,
        })
    }
}

/// One text for all entries of a key.
fn shared(keys: &mut Vec<KeyId>, keyid: &str) -> Option<KeyId> {
    if let Some(known) = keys.iter().find(|known| known.as_str() == keyid) {
        return Some(known.clone());
    }
    let key: KeyId = keyid.parse().ok()?;
    if keys.len() < KEYS_MAX {
        keys.push(key.clone());
    }
    Some(key)
}

/// The files that an entry names; the first subject is the ledger itself.
fn subjects(list: &str) -> Option<Vec<Subject>> {
    let all: Vec<Named<'_>> = serde_json::from_str(list).ok()?;
    let subject = |one: Named<'_>| Subject {
        name: one.name.into_owned(),
        sha256: one.digest.sha256.to_owned(),
    };
    Some(all.into_iter().skip(1).map(subject).collect())
}

/// Reads an entry that was verified again, for what it says; none where its bytes are not those
/// with the leaf hash `leaf`.
pub(crate) fn read_again(row: &Row, leaf: &Digest) -> Option<Fact> {
    let read = Reading::new(true).lean(row.as_ref()).filter(|read| read.leaf == *leaf);
    read.map(|read| read.fact)
}

/// Says whether entries of a kind are checked in full however often they were before.
fn looked_at(kind: &str) -> bool {
    let anchors = [Kind::AnchorCosigned, Kind::AnchorTimestamped];
    ends_batch(kind) || anchors.iter().any(|one| one.as_str() == kind)
}

impl<F: FactSink + Send> Reader<F> {
    /// Takes in the entries under `proven`, for what they say. Nothing of it counts until their root
    /// is that one: before, every doubt is [`Stop::Otherwise`].
    pub(crate) fn recall(
        &mut self,
        store: &impl Source,
        (size, root): (u64, Digest),
        progress: &mut impl FnMut(u64),
    ) -> Result<(), Stop> {
        let step = BATCH as u64;
        let ranges =
            || (0..size.div_ceil(step)).map(|n| n * step..(n + 1).saturating_mul(step).min(size));
        let mut take =
            |reader: &mut Self, read: Result<Vec<TrustedEntry>, Stop>| -> Result<(), Stop> {
                read?.into_iter().try_for_each(|one| reader.recall_one(one))?;
                progress(reader.counts.entries);
                Ok(())
            };
        let readers = thread::available_parallelism().map_or(1, usize::from).min(READERS_MAX);
        if size <= FEW || readers == 1 || !can_spawn() {
            let mut reading = Reading::new(F::WHOLE);
            for range in ranges() {
                take(self, reading.batch(store, range))?;
            }
        } else {
            thread::scope(|scope| {
                // They take turns, so that the batches come in their order.
                let made = (0..readers).map(|first| {
                    let (sender, receiver) = sync_channel(AHEAD);
                    let (store, ranges) = (store.beside()?, ranges().skip(first).step_by(readers));
                    scope.spawn(move || {
                        let mut reading = Reading::new(F::WHOLE);
                        for range in ranges {
                            if sender.send(reading.batch(&store, range)).is_err() {
                                return;
                            }
                        }
                    });
                    Ok(receiver)
                });
                let made: Vec<Receiver<_>> = made.collect::<Result<_, Stop>>()?;
                for (made, _) in made.iter().cycle().zip(ranges()) {
                    take(self, made.recv().map_err(|_| Stop::Stopped)?)?;
                }
                Ok::<(), Stop>(())
            })?;
        }
        if self.frontier.size() != size || self.frontier.root() != root {
            return Err(Stop::Otherwise);
        }
        if let Some(ledger) = &mut self.ledger {
            ledger.frontier.clone_from(&self.frontier);
        }
        Ok(())
    }

    fn recall_one(
        &mut self,
        TrustedEntry { leaf, fact, taken, row }: TrustedEntry,
    ) -> Result<(), Stop> {
        if fact.seq != self.frontier.size() {
            return Err(Stop::Otherwise);
        }
        let before = row.is_some().then(|| self.frontier.clone());
        self.frontier.push(leaf);
        if self.wanted.contains(&self.frontier.size()) {
            self.roots.insert(self.frontier.size(), self.frontier.root());
        }
        if let (Some(row), Some(before)) = (row, before) {
            if fact.seq == 0 {
                self.first = super::audit::origin_of(&row.bytes).map(|origin| (origin, leaf));
            }
            self.waiting.push(structure(&row, leaf, &before, self.first.as_ref())?);
            return self.settle();
        }
        let corrected = fact.event.corrects().zip(self.ledger.as_ref());
        let about = corrected.and_then(|(target, one)| self.root_kind(&one.facts, target));
        self.about.extend(about.map(|kind| (fact.id.clone(), kind)));
        let Some(ledger) = &mut self.ledger else { return Err(Stop::Otherwise) };
        ledger.roster.get(&fact.by).ok_or(Stop::Otherwise)?;
        if let Some(signer) = taken {
            ledger.taken.insert(fact.seq, signer);
        }
        if F::LEAVES {
            ledger.leaves.push(leaf);
        }
        self.last = Some(fact.at);
        self.counts.entries += 1;
        self.counts.remembered += 1;
        if fact.event.keeps_files() {
            for subject in &fact.subjects {
                let sha256 = Digest::from_hex(&subject.sha256).map_err(|_| Stop::Otherwise)?;
                self.names_content(&subject.name, sha256);
            }
        }
        if let Some(ledger) = &mut self.ledger {
            ledger.facts.keep(fact);
        }
        Ok(())
    }
}

//! The facts of a ledger, held small: what replay needs of all of them, and nothing that only
//! people read.
//!
//! A large ledger is evidence, answers and confirmations by the hundred thousand, and a few dozen
//! facts that shape the rules. Those few are kept whole; of the many there are rows of numbers by
//! item and assertion, in the order of their days. Titles, notes and names of files are read from
//! the ledger again when they are shown: [`EntryText`].

use std::borrow::Cow;
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hash};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::event_index::Ids;
use super::spans::Spans;
use crate::domain::date::{Date, Timestamp};
use crate::domain::event::body::{EvidenceRecorded, ItemAnswered};
use crate::domain::event::fact::Fact;
use crate::domain::event::{Event, Kind};
use crate::domain::ids::{AssertionRef, EventId, ItemRef, KeyId, UnitId};

pub use crate::domain::state::facts::{EntryText, FactSink};
use crate::domain::state::late::Late;

impl FactSink for Chronicle {
    const WHOLE: bool = false;
    const LEAVES: bool = true;

    fn keep(&mut self, fact: Fact) {
        self.push(Cow::Owned(fact));
    }

    fn kind_of(&self, id: &EventId) -> Option<Kind> {
        Some(self.line(self.ids.place(id)?)?.kind)
    }
}

/// Of each fact its identity and kind alone: what it takes to judge the next.
#[derive(Debug, Default)]
pub struct Kinds {
    ids: Ids,
    kinds: Vec<Kind>,
}

impl FactSink for Kinds {
    const WHOLE: bool = false;
    const LEAVES: bool = false;

    fn keep(&mut self, fact: Fact) {
        self.ids.push(&fact.id);
        self.kinds.push(fact.event.kind());
    }

    fn kind_of(&self, id: &EventId) -> Option<Kind> {
        self.kinds.get(usize::try_from(self.ids.place(id)?).ok()?).copied()
    }
}

/// What lists show of an entry without reading it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The day in London on which it was recorded.
    pub recorded: Date,
    /// The day that it is for: the day recorded where it is for no other.
    pub day: Date,
    /// Its kind.
    pub kind: Kind,
    /// Its key, by its number among those that signed.
    by: u32,
}

/// A piece of evidence for an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::domain) struct Row {
    /// The day that it proves.
    pub(in crate::domain) from: Date,
    /// Its entry.
    pub(in crate::domain) seq: u32,
    /// The last day that it may be relied on.
    pub(in crate::domain) until: Date,
    /// The number of its scope.
    pub(in crate::domain) scope: u32,
}

/// The organisation's own answer to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::domain) struct Answer {
    /// The day that it is about.
    pub(in crate::domain) on: Date,
    /// Its entry.
    pub(in crate::domain) seq: u32,
    /// The last day that it may be relied on.
    pub(in crate::domain) until: Date,
    /// What it says.
    pub(in crate::domain) met: bool,
}

/// What was recorded about one item, by its days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::domain) struct Track {
    pub(in crate::domain) evidence: Vec<Row>,
    pub(in crate::domain) answers: Vec<Answer>,
}

/// A confirmation of an assertion: the day that it is for and the entry.
pub(in crate::domain) type Confirmation = (Date, u32);

/// The end of a piece of evidence: the entry that says so, and the first day without it; none for
/// "never counted".
pub(in crate::domain) type Withdrawal = (u32, Option<Date>);

/// What is looked up for every entry. It has the same order in every run, and no answer depends on
/// that order.
pub(in crate::domain) type Looked<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

/// The facts of a ledger as replay reads them.
#[derive(Clone, Debug, Default)]
pub struct Chronicle {
    /// Which entry has which identity.
    pub ids: Ids,
    lines: Vec<Line>,
    keys: Vec<KeyId>,
    key_numbers: BTreeMap<KeyId, u32>,
    pub(in crate::domain) whole: BTreeMap<u32, Arc<Fact>>,
    pub(in crate::domain) tracks: Looked<ItemRef, Track>,
    pub(in crate::domain) confirmed: Looked<AssertionRef, Vec<Confirmation>>,
    /// Evidence that names controls, which is kept whole.
    pub(in crate::domain) controls: Vec<u32>,
    pub(in crate::domain) withdrawals: BTreeMap<u32, Vec<Withdrawal>>,
    /// Withdrawals of what was not there yet.
    pub(in crate::domain) dangling: Vec<u32>,
    /// Whether a correction names what was not there yet.
    pub(in crate::domain) unresolved: bool,
    /// The scopes that evidence names, each once.
    pub(in crate::domain) scopes: Vec<Vec<UnitId>>,
    numbers: BTreeMap<Vec<UnitId>, u32>,
    /// Entries that point at an earlier one.
    later: BTreeMap<u32, Vec<u32>>,
    /// One bit for each entry that a later one may change.
    touched: Vec<u64>,
    /// Evidence and answers by item without what says again what stands before it; made when it is
    /// asked for.
    thin: OnceLock<Looked<ItemRef, Track>>,
    /// The last instant and its day: entries of one batch have the same.
    last: Option<(Timestamp, Date)>,
}

/// From this many entries on, several items are read at once.
pub(in crate::domain) const MANY: usize = 50_000;

/// Says whether of a kind there are many, so that rows are kept in the place of facts.
pub fn is_plain(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::EvidenceRecorded
            | Kind::EvidenceWithdrawn
            | Kind::ItemAnswered
            | Kind::AssertionConfirmed
    )
}

impl Chronicle {
    /// Takes in all of some facts, in ledger order from the first.
    pub fn of(facts: &[Fact]) -> Self {
        let mut chronicle = Self::default();
        for fact in facts {
            chronicle.push(Cow::Borrowed(fact));
        }
        chronicle
    }

    /// Returns how many entries there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Says whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// What lists show of an entry.
    pub fn line(&self, seq: u64) -> Option<&Line> {
        self.lines.get(usize::try_from(seq).ok()?)
    }

    /// The same of all entries, in order.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The key that signed an entry.
    pub fn by(&self, line: &Line) -> Option<&KeyId> {
        self.keys.get(usize::try_from(line.by).ok()?)
    }

    /// How many entries each key signed.
    pub fn signed(&self) -> BTreeMap<KeyId, u64> {
        let mut counts = vec![0; self.keys.len()];
        for line in &self.lines {
            if let Some(count) = usize::try_from(line.by).ok().and_then(|by| counts.get_mut(by)) {
                *count += 1;
            }
        }
        self.keys.iter().cloned().zip(counts).collect()
    }

    /// The facts that are kept whole, in ledger order.
    pub fn whole(&self) -> impl Iterator<Item = &Fact> {
        self.whole.values().map(AsRef::as_ref)
    }

    /// The entries that point at an earlier one, in ledger order.
    pub fn later(&self, seq: u64) -> &[u32] {
        let found = u32::try_from(seq).ok().and_then(|seq| self.later.get(&seq));
        found.map_or(&[], Vec::as_slice)
    }

    /// Says whether an entry was recorded late: see [`crate::domain::state::late::late`].
    pub fn late(&self, seq: u64) -> Option<Late> {
        let (line, first) = (self.line(seq)?, self.lines.first()?);
        Late::of(line.day, line.recorded, first.recorded)
    }

    /// Takes in the next fact.
    pub fn push(&mut self, fact: Cow<'_, Fact>) {
        // More entries than that would be a file of eight terabytes.
        let Ok(seq) = u32::try_from(self.lines.len()) else { return };
        let recorded = self.london_day(fact.at);
        let by = self.key(&fact.by);
        let (kind, day) = (fact.event.kind(), fact.event.effective_day().unwrap_or(recorded));
        self.lines.push(Line { recorded, day, kind, by });
        self.ids.push(&fact.id);
        self.touched.resize(self.lines.len().div_ceil(64), 0);
        self.thin.take();
        if let Some(target) = fact.event.target().and_then(|id| self.earlier(id, seq)) {
            self.later.entry(target).or_default().push(seq);
        }
        if !self.in_rows(seq, &fact.event) {
            self.whole.insert(seq, Arc::new(fact.into_owned()));
        }
    }

    /// Takes what an event says into the rows; returns whether they hold all of it that replay needs.
    fn in_rows(&mut self, seq: u32, event: &Event) -> bool {
        self.corrected(seq, event);
        if let Event::EvidenceRecorded(body) = event {
            return self.evidence(seq, body);
        }
        if let Event::ItemAnswered(body) = event {
            return self.answered(seq, body);
        }
        if let Event::AssertionConfirmed(body) = event {
            at(&mut self.confirmed, &body.assertion, |list| insert(list, (body.on, seq)));
            return true;
        }
        let Event::EvidenceWithdrawn(body) = event else { return false };
        let target = self.earlier(&body.evidence, seq);
        if let Some(target) = target {
            self.touch(target);
            self.withdrawals.entry(target).or_default().push((seq, body.from));
        } else {
            self.dangling.push(seq);
        }
        target.is_some()
    }

    /// Says whether an entry speaks of one that was not there yet, which `admit` lets none do.
    pub(in crate::domain) fn is_odd(&self) -> bool {
        self.unresolved || !self.dangling.is_empty()
    }

    /// Notes what a correction may change: what it corrects, and the evidence that a withdrawal put
    /// in the place of another ends.
    fn corrected(&mut self, seq: u32, event: &Event) {
        let Event::Correction(correction) = event else { return };
        let withdrawn =
            correction.replacement.as_ref().and_then(|replacement| {
                match Event::decode(&replacement.kind, &replacement.body) {
                    Ok(Event::EvidenceWithdrawn(body)) => Some(body.evidence),
                    Ok(_) | Err(_) => None,
                }
            });
        for target in std::iter::once(&correction.corrects).chain(&withdrawn) {
            match self.earlier(target, seq) {
                Some(target) => self.touch(target),
                None => self.unresolved = true,
            }
        }
    }

    /// What was recorded about an item, without evidence that adds no day for its units to what was
    /// recorded before it, and without answers that only go on with the one before them: whatever
    /// is known, such a piece is known together with those that make it say nothing new. What a
    /// later entry may change is all there.
    pub(in crate::domain) fn thin_track(&self, item: &ItemRef) -> Option<&Track> {
        let all = self.tracks.get(item)?;
        if self.is_odd() {
            return Some(all);
        }
        let thin = self.thin.get_or_init(|| {
            let thin = |(item, track): (&ItemRef, &Track)| (item.clone(), self.thinned(track));
            if self.lines.len() < MANY {
                return self.tracks.iter().map(thin).collect();
            }
            let all: Vec<_> = self.tracks.par_iter().map(thin).collect();
            all.into_iter().collect()
        });
        thin.get(item)
    }

    fn thinned(&self, track: &Track) -> Track {
        let mut by_entry = track.evidence.clone();
        by_entry.sort_unstable_by_key(|row| row.seq);
        let mut covered: BTreeMap<u32, Spans> = BTreeMap::new();
        by_entry.retain(|row| {
            // What may be changed later makes nothing else superfluous.
            self.is_touched(row.seq)
                || covered.entry(row.scope).or_default().add(row.from, row.until)
        });
        by_entry.sort_unstable();
        by_entry.shrink_to_fit();
        let mut answers: Vec<Answer> = Vec::new();
        for answer in &track.answers {
            let goes_on = answers.last().is_some_and(|before| {
                let plain = [before, answer].iter().all(|one| one.met && !self.is_touched(one.seq));
                plain && before.seq < answer.seq && before.until == answer.until
            });
            if !goes_on {
                answers.push(*answer);
            }
        }
        answers.shrink_to_fit();
        Track { evidence: by_entry, answers }
    }

    /// Says whether a later entry may change what this one says.
    pub(in crate::domain) fn is_touched(&self, seq: u32) -> bool {
        let word = usize::try_from(seq / 64).ok().and_then(|at| self.touched.get(at));
        word.is_some_and(|word| word & (1 << (seq % 64)) != 0)
    }

    /// The place of an event, where it is one of the first `size` entries.
    pub(in crate::domain) fn earlier(&self, id: &EventId, size: u32) -> Option<u32> {
        let place = self.ids.place(id).and_then(|place| u32::try_from(place).ok())?;
        (place < size).then_some(place)
    }

    fn touch(&mut self, seq: u32) {
        let word = usize::try_from(seq / 64).ok().and_then(|at| self.touched.get_mut(at));
        if let Some(word) = word {
            *word |= 1 << (seq % 64);
        }
    }

    fn evidence(&mut self, seq: u32, body: &EvidenceRecorded) -> bool {
        let scope = self.scope(&body.scope);
        let (from, until) = (body.proves_on, body.valid_until.unwrap_or(Date::MAX));
        for item in &body.items {
            let row = Row { from, seq, until, scope };
            at(&mut self.tracks, item, |track| insert(&mut track.evidence, row));
        }
        if !body.controls.is_empty() {
            self.controls.push(seq);
        }
        body.controls.is_empty()
    }

    fn answered(&mut self, seq: u32, body: &ItemAnswered) -> bool {
        let until = body.valid_until.unwrap_or(Date::MAX);
        let answer = Answer { on: body.on, seq, until, met: body.met };
        at(&mut self.tracks, &body.item, |track| insert(&mut track.answers, answer));
        // What an answer says against an item is a reason, and there are few.
        body.met
    }

    fn scope(&mut self, units: &[UnitId]) -> u32 {
        if let Some(number) = self.numbers.get(units) {
            return *number;
        }
        let number = u32::try_from(self.scopes.len()).unwrap_or(u32::MAX);
        self.scopes.push(units.to_vec());
        self.numbers.insert(units.to_vec(), number);
        number
    }

    fn key(&mut self, by: &KeyId) -> u32 {
        if let Some(number) = self.key_numbers.get(by) {
            return *number;
        }
        let number = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        self.keys.push(by.clone());
        self.key_numbers.insert(by.clone(), number);
        number
    }

    fn london_day(&mut self, at: Timestamp) -> Date {
        match self.last {
            Some((last, day)) if last == at => day,
            Some(_) | None => {
                let day = at.london_day();
                self.last = Some((at, day));
                day
            }
        }
    }
}

/// Changes the value of a key, made where there is none. The key is copied only then.
fn at<K: Clone + Eq + Hash, V: Default>(
    map: &mut Looked<K, V>,
    key: &K,
    change: impl FnOnce(&mut V),
) {
    if let Some(value) = map.get_mut(key) {
        return change(value);
    }
    let mut value = V::default();
    change(&mut value);
    map.insert(key.clone(), value);
}

/// Keeps a list in order; what comes is mostly the last, or near it, so the search goes from there.
fn insert<T: Ord>(list: &mut Vec<T>, new: T) {
    let (mut near, mut step) = (list.len(), 1);
    while near > 0 && list.get(near - 1).is_some_and(|known| *known > new) {
        near = near.saturating_sub(step);
        step *= 2;
    }
    let later = list.get(near..).unwrap_or_default();
    let at = near + later.partition_point(|known| *known <= new);
    list.insert(at, new);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_list_stays_in_order_whatever_comes(all in proptest::collection::vec(0..50_u8, 0..80)) {
            let mut list = Vec::new();
            for new in &all {
                insert(&mut list, *new);
            }
            let mut sorted = all;
            sorted.sort_unstable();
            prop_assert_eq!(list, sorted);
        }
    }
}

//! What the first entries of a ledger say of single items and assertions: evidence, answers,
//! confirmations, with the corrections and withdrawals that those entries hold.
//!
//! A view over a [`Chronicle`]: nothing is copied for it, so that another amount of knowledge costs
//! little. It decides no status.

mod confirmations;
mod line;
mod pieces;
mod taken_away;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::fact_index::{Answer, Chronicle, Row, Track};
use crate::domain::date::Date;
use crate::domain::event::body::EvidenceRecorded;
use crate::domain::event::{Event, Kind};
use crate::domain::ids::{AssertionRef, EventId, ItemRef, UnitId};
use crate::domain::region::{Region, Steps, Units};
use crate::domain::state::cut::Cut;
use crate::domain::state::facts::EntryText;

/// An answer or a piece of evidence for an item, as far as numbers say it: a large ledger has
/// thousands for one item. [`EvidenceView::own`] says the rest of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvidencePiece {
    /// Its entry.
    pub seq: u64,
    /// Whether it is the organisation's own answer; else it is evidence.
    pub answer: bool,
    /// The first day on which it may count.
    pub from: Date,
    /// The last day on which it counts; none where it never does.
    pub until: Option<Date>,
    /// The units that it speaks of.
    pub units: Units,
}

impl EvidencePiece {
    /// Says whether it covers anything on a day, as far as no answer denies it.
    fn holds_on(&self, day: Date) -> bool {
        !self.units.is_empty() && self.from <= day && self.until.is_some_and(|until| day <= until)
    }
}

/// An answer or a piece of evidence for an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnEvidence {
    /// Where it counts.
    pub region: Region,
    /// Its entries.
    pub because: Vec<u64>,
    /// What it is, for people.
    pub label: String,
    /// The entries that ended it early, if any.
    pub ended_by: Vec<u64>,
}

/// A recorded reason why an item does not apply, or an answer that it is not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// Its entries.
    pub because: Vec<u64>,
    /// The reason or the answer.
    pub text: String,
}

/// Something that was said of an item and does not hold on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsaid {
    /// The day that it is for.
    pub on: Date,
    /// Whether it speaks for the item.
    pub met: bool,
    /// Whether a correction changed it.
    pub corrected: bool,
    /// What it is, and why it does not hold.
    pub text: String,
    /// Its entries, and those that say why.
    pub entries: Vec<u64>,
}

/// A confirmation of an assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// The day that it is for.
    pub on: Date,
    /// Its entries.
    pub because: Vec<u64>,
}

/// What stands in the place of an entry.
#[derive(Clone, Debug)]
struct Instead {
    /// The event; none where it is void.
    event: Option<Event>,
    /// The correction that says so.
    by: u64,
}

/// What the organisation itself says of one item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemLine {
    /// The units that evidence and answers cover, day by day.
    pub own: Steps<Units>,
    /// Days on which an answer says that it is not met: first, last, entry.
    denied: Vec<(Date, Date, u32)>,
}

/// Evidence that names controls: its entries, what it says, the last day on which it counts (none
/// where it never does), and what took days away.
pub(in crate::domain) type NamingControls<'s> =
    (Vec<u64>, Cow<'s, EvidenceRecorded>, Option<Date>, Vec<Cut>);

/// The view.
#[derive(Clone, Debug, Default)]
pub struct EvidenceView {
    chronicle: Arc<Chronicle>,
    size: u32,
    instead: BTreeMap<u32, Instead>,
    /// Evidence for an item that a correction brought in.
    evidence: BTreeMap<ItemRef, Vec<u32>>,
    /// Answers to an item that a correction brought in.
    answers: BTreeMap<ItemRef, Vec<u32>>,
    /// Confirmations that a correction brought in.
    confirmed: BTreeMap<AssertionRef, Vec<u32>>,
    /// Withdrawals that a correction brought in, or of what came later.
    moved: BTreeMap<u32, Vec<Withdrawn>>,
}

/// A withdrawal of evidence: its entry, the correction that brought it in, if any, and the first
/// day without the evidence; none for "it never counted".
#[derive(Clone, Copy, Debug)]
struct Withdrawn {
    seq: u64,
    by: Option<u64>,
    from: Option<Date>,
}

impl Withdrawn {
    fn newest(self) -> u64 {
        self.by.unwrap_or(self.seq)
    }

    fn because(self) -> impl Iterator<Item = u64> {
        std::iter::once(self.seq).chain(self.by)
    }
}

impl EvidenceView {
    /// What the first `size` entries say, as far as nothing was corrected.
    pub(in crate::domain) fn new(chronicle: Arc<Chronicle>, size: u32) -> Self {
        Self { chronicle, size, ..Self::default() }
    }

    /// The facts that it is a view of.
    pub fn chronicle(&self) -> &Arc<Chronicle> {
        &self.chronicle
    }

    pub(in crate::domain) fn chronicle_mut(&mut self) -> &mut Chronicle {
        Arc::make_mut(&mut self.chronicle)
    }

    /// Takes in one more entry, which is no correction.
    pub(in crate::domain) fn grow(&mut self) {
        self.size = u32::try_from(self.chronicle.len()).unwrap_or(u32::MAX);
    }

    /// Puts what corrections say in the place of what was recorded: the entry corrected, the event
    /// in its place, and the correction.
    pub(in crate::domain) fn correct(&mut self, corrected: Vec<(u32, Option<Event>, u64)>) {
        for (seq, event, by) in corrected {
            match &event {
                Some(Event::EvidenceRecorded(body)) => {
                    for item in &body.items {
                        self.evidence.entry(item.clone()).or_default().push(seq);
                    }
                }
                Some(Event::ItemAnswered(body)) => {
                    self.answers.entry(body.item.clone()).or_default().push(seq);
                }
                Some(Event::AssertionConfirmed(body)) => {
                    self.confirmed.entry(body.assertion.clone()).or_default().push(seq);
                }
                Some(Event::EvidenceWithdrawn(body)) => {
                    let (seq, by) = (u64::from(seq), Some(by));
                    self.move_withdrawal(&body.evidence, Withdrawn { seq, by, from: body.from });
                }
                Some(_) | None => {}
            }
            self.instead.insert(seq, Instead { event, by });
        }
        let (chronicle, size) = (Arc::clone(&self.chronicle), self.size);
        for seq in chronicle.dangling.iter().take_while(|seq| **seq < size) {
            let fact = chronicle.whole.get(seq).filter(|_| !self.instead.contains_key(seq));
            if let Some(Event::EvidenceWithdrawn(body)) = fact.map(|fact| &fact.event) {
                let one = Withdrawn { seq: u64::from(*seq), by: None, from: body.from };
                self.move_withdrawal(&body.evidence, one);
            }
        }
    }

    fn move_withdrawal(&mut self, evidence: &EventId, one: Withdrawn) {
        if let Some(target) = self.chronicle.earlier(evidence, self.size) {
            self.moved.entry(target).or_default().push(one);
        }
    }

    /// The event that stands at a place, corrections applied; none where it is void or cannot be
    /// read.
    pub fn event<'e>(&'e self, place: u64, words: &'e dyn EntryText) -> Option<Cow<'e, Event>> {
        let seq = u32::try_from(place).ok()?;
        if let Some(instead) = self.instead.get(&seq) {
            return instead.event.as_ref().map(Cow::Borrowed);
        }
        match words.fact(place)? {
            Cow::Borrowed(fact) => Some(Cow::Borrowed(&fact.event)),
            Cow::Owned(fact) => Some(Cow::Owned(fact.event)),
        }
    }

    /// Says whether a piece of evidence stands.
    pub(in crate::domain) fn has_evidence(&self, id: &EventId) -> bool {
        let Some(seq) = self.chronicle.earlier(id, self.size) else { return false };
        if let Some(instead) = self.instead.get(&seq) {
            return matches!(instead.event, Some(Event::EvidenceRecorded(_)));
        }
        let line = self.chronicle.line(u64::from(seq));
        line.is_some_and(|line| line.kind == Kind::EvidenceRecorded)
    }

    fn because(&self, seq: u32) -> Vec<u64> {
        let by = self.instead.get(&seq).map(|instead| instead.by);
        std::iter::once(u64::from(seq)).chain(by).collect()
    }

    /// Says whether an entry counts as it was recorded.
    fn stands(&self, seq: u32) -> bool {
        let maybe = self.chronicle.unresolved || self.chronicle.is_touched(seq);
        seq < self.size && !(maybe && self.instead.contains_key(&seq))
    }

    /// The withdrawals of a piece of evidence.
    fn withdrawals(&self, seq: u32) -> impl Iterator<Item = Withdrawn> {
        let recorded = self.chronicle.withdrawals.get(&seq).into_iter().flatten();
        let standing = recorded.filter(|(by, _)| self.stands(*by));
        let moved = self.moved.get(&seq).into_iter().flatten();
        let plain = |(by, from): &(u32, Option<Date>)| Withdrawn {
            seq: u64::from(*by),
            by: None,
            from: *from,
        };
        standing.map(plain).chain(moved.copied())
    }

    /// The last day on which a piece of evidence counts, given the last that it names; none where
    /// it never does.
    fn last_day(&self, seq: u32, until: Date) -> Option<Date> {
        let moved = !self.moved.is_empty() && self.moved.contains_key(&seq);
        if !moved && !self.chronicle.is_touched(seq) {
            return Some(until);
        }
        self.withdrawals(seq).try_fold(until, |until, one| {
            let from = one.from.filter(|from| *from > Date::MIN)?;
            Some(until.min(from.plus(-1)))
        })
    }

    /// The evidence for an item as recorded and as corrected, by the day that it proves.
    fn rows(&self, item: &ItemRef) -> impl Iterator<Item = Row> {
        let track = self.chronicle.tracks.get(item).map_or(&[][..], |track| &track.evidence);
        let recorded = track.iter().copied().filter(|row| self.stands(row.seq));
        recorded.chain(self.corrected_rows(item))
    }

    fn corrected_rows(&self, item: &ItemRef) -> Vec<Row> {
        let corrected = self.evidence.get(item).into_iter().flatten();
        let row = |seq: &u32| match self.instead.get(seq).and_then(|one| one.event.as_ref()) {
            Some(Event::EvidenceRecorded(body)) => {
                let until = body.valid_until.unwrap_or(Date::MAX);
                Some(Row { from: body.proves_on, seq: *seq, until, scope: u32::MAX })
            }
            Some(_) | None => None,
        };
        let mut rows: Vec<Row> = corrected.filter_map(row).collect();
        rows.sort_unstable();
        rows
    }

    /// The answers to an item by the day that they are about: of two on one day the later in the
    /// ledger holds, each until the next.
    fn answered(&self, item: &ItemRef) -> Vec<Answer> {
        let track = self.chronicle.tracks.get(item).map_or(&[][..], |track: &Track| &track.answers);
        self.in_turn(item, track)
    }

    /// The same of those of `recorded` that are known.
    fn in_turn(&self, item: &ItemRef, recorded: &[Answer]) -> Vec<Answer> {
        let recorded = recorded.iter().copied().filter(|answer| self.stands(answer.seq));
        if self.answers.contains_key(item) {
            let mut all: Vec<Answer> = recorded.chain(self.corrected_answers(item)).collect();
            all.sort_unstable();
            return in_turn(all.into_iter());
        }
        in_turn(recorded)
    }

    fn corrected_answers(&self, item: &ItemRef) -> impl Iterator<Item = Answer> {
        let corrected = self.answers.get(item).into_iter().flatten();
        corrected.filter_map(|seq| {
            let Event::ItemAnswered(body) = self.instead.get(seq)?.event.as_ref()? else {
                return None;
            };
            let until = body.valid_until.unwrap_or(Date::MAX);
            Some(Answer { on: body.on, seq: *seq, until, met: body.met })
        })
    }

    /// The units of a scope; an empty one is the whole organisation.
    fn units(&self, row: &Row, scopes: &Scopes) -> Units {
        let number = usize::try_from(row.scope).ok();
        if let Some(units) = number.and_then(|number| scopes.units.get(number)) {
            return *units;
        }
        match self.instead.get(&row.seq).and_then(|one| one.event.as_ref()) {
            Some(Event::EvidenceRecorded(body)) => scopes.of(&body.scope),
            Some(_) | None => Units::NONE,
        }
    }

    /// Evidence that names controls.
    pub(in crate::domain) fn naming_controls(&self) -> Vec<NamingControls<'_>> {
        let whole = |seq: &u32| match self.chronicle.whole.get(seq).map(|fact| &fact.event) {
            Some(Event::EvidenceRecorded(body)) if self.stands(*seq) => Some((*seq, body)),
            Some(_) | None => None,
        };
        let corrected = self.instead.iter().filter_map(|(seq, one)| match &one.event {
            Some(Event::EvidenceRecorded(body)) if !body.controls.is_empty() => Some((*seq, body)),
            Some(_) | None => None,
        });
        let all = self.chronicle.controls.iter().filter_map(whole).chain(corrected);
        all.map(|(seq, body)| {
            let until = self.last_day(seq, body.valid_until.unwrap_or(Date::MAX));
            (self.because(seq), Cow::Borrowed(body), until, self.withdrawal_cuts(seq))
        })
        .collect()
    }

    /// The last days that standing evidence names, each with its entry, by day.
    pub fn ends(&self) -> Vec<(Date, u32)> {
        let mut all = Vec::new();
        let mut add = |seq: u32, until: Date| {
            if until < Date::MAX {
                all.push((until, seq));
            }
        };
        for track in self.chronicle.tracks.values() {
            let standing = track.evidence.iter().filter(|row| self.stands(row.seq));
            standing.for_each(|row| add(row.seq, row.until));
        }
        for (because, body, ..) in self.naming_controls() {
            let seq = because.first().and_then(|seq| u32::try_from(*seq).ok());
            add(seq.unwrap_or_default(), body.valid_until.unwrap_or(Date::MAX));
        }
        for (seq, one) in &self.instead {
            if let Some(Event::EvidenceRecorded(body)) = &one.event {
                add(*seq, body.valid_until.unwrap_or(Date::MAX));
            }
        }
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// Answers that come by their days and entries, each until the next.
fn in_turn(answers: impl Iterator<Item = Answer>) -> Vec<Answer> {
    let mut all: Vec<Answer> = Vec::new();
    let mut keep = |answer: Answer| {
        if answer.on <= answer.until {
            all.push(answer);
        }
    };
    let mut now: Option<Answer> = None;
    for next in answers {
        if let Some(before) = now.filter(|before| before.on < next.on) {
            keep(Answer { until: before.until.min(next.on.plus(-1)), ..before });
        }
        now = Some(next);
    }
    now.into_iter().for_each(keep);
    all
}

/// The units of each scope that evidence names, for one list of declared units.
#[derive(Clone, Debug, Default)]
pub struct Scopes {
    declared: Vec<UnitId>,
    units: Vec<Units>,
}

impl Scopes {
    pub(in crate::domain) fn new(said: &EvidenceView, declared: &[UnitId]) -> Self {
        let mut scopes = Self { declared: declared.to_vec(), units: Vec::new() };
        scopes.units = said.chronicle.scopes.iter().map(|names| scopes.of(names)).collect();
        scopes
    }

    fn of(&self, names: &[UnitId]) -> Units {
        if names.is_empty() {
            return Units::ALL;
        }
        let number = |name| self.declared.iter().position(|unit| unit == name);
        Units::of(names.iter().filter_map(number))
    }
}

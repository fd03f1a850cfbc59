//! The status of every item on any day, with its reasons.
//!
//! [`Positions`] holds one timeline per item for one amount of knowledge, computed once; a question
//! about a day is a binary search. A lapse needs no event: it appears by the passing of a date.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::derivation::{Derivation, Period, RulesChoice};
use super::derive::derive;
pub use super::item_status::{Finding, ItemStatus, Status};
use super::proof::{Proof, prove};
use super::rule::{Atom, Everything, OneDay, Program};
use crate::domain::catalogue::edition::Item;
use crate::domain::date::Date;
use crate::domain::ids::{AssertionRef, ItemRef};
use crate::domain::region::{Cover, Region, Steps, Units};
use crate::domain::state::State;
use crate::domain::state::cut::Cut;
use crate::domain::state::facts::EntryText;
use crate::domain::state::index::evidence_view::{
    EvidencePiece, EvidenceView, ItemLine, OwnEvidence, Stated,
};
use crate::domain::state::index::fact_index::MANY;

/// Every item's status on every day, for one amount of knowledge and one choice of rules.
pub struct Positions {
    /// What the answers are made of.
    pub derivation: Derivation,
    equivalent: BTreeMap<ItemRef, Region>,
    supported: BTreeMap<ItemRef, Steps<Units>>,
    /// Each item that is asked for on any day; worked out when it is first asked about.
    timelines: BTreeMap<ItemRef, OnceLock<Timeline>>,
}

/// What there is about one item besides its own evidence and answers.
struct Others<'p> {
    equivalent: Option<&'p Region>,
    supported: Option<&'p Steps<Units>>,
    not_applicable: Option<&'p Vec<Stated>>,
}

impl Others<'_> {
    /// The units for which something equivalent holds.
    fn equivalent(&self, day: Date) -> Units {
        self.equivalent.map_or(Units::NONE, |region| region.at(day).units())
    }

    /// The units for which something equivalent or a part of a rule holds.
    fn units(&self, day: Date) -> Units {
        self.equivalent(day).or(self.supported.map_or(Units::NONE, |steps| steps.at(day)))
    }
}

/// One item on every day.
struct Timeline {
    /// What the organisation itself says.
    own: ItemLine,
    statuses: Steps<Status>,
}

impl Positions {
    /// Derives the position of every item that is asked for on any day.
    pub fn new(state: &State, rules: RulesChoice) -> Self {
        let derivation = derive(state, rules);
        let items = items_of(&derivation.periods);
        let mut positions = Self {
            equivalent: BTreeMap::new(),
            supported: BTreeMap::new(),
            timelines: BTreeMap::new(),
            derivation,
        };
        positions.solve(&items);
        positions.timelines = items.into_iter().map(|item| (item, OnceLock::new())).collect();
        positions
    }

    /// One item's timeline; none when it is asked for on no day.
    fn timeline(&self, item: &ItemRef) -> Option<&Timeline> {
        Some(self.timelines.get(item)?.get_or_init(|| self.make_timeline(item)))
    }

    fn solve(&mut self, items: &BTreeSet<ItemRef>) {
        let world = &self.derivation.world;
        let program = Program::new(world);
        let solution = program.solve();
        let region = |atom: &Atom| solution.region(atom).cloned().unwrap_or_default();
        for item in items {
            self.equivalent.insert(item.clone(), region(&Atom::Item(item.clone())));
        }
        for rule in &world.rules {
            if let Atom::Item(item) = &rule.head {
                for premise in &rule.body {
                    let asked = region(&premise.atom).map(|cover| cover.asking(premise.minimum));
                    support(&mut self.supported, item, &asked.intersection(&rule.days));
                }
            }
        }
        for one in &self.derivation.supports {
            if let Atom::Item(item) = &one.target {
                let holds = region(&one.source).intersection(&one.days);
                support(&mut self.supported, item, &holds);
            }
        }
    }

    /// Works out those of some items that nobody asked about yet, on all cores where there is much
    /// to read.
    fn work_out<'i>(&self, items: impl Iterator<Item = &'i ItemRef>) {
        if self.derivation.said.chronicle().len() < MANY {
            return;
        }
        let is_open =
            |item: &ItemRef| self.timelines.get(item).is_some_and(|one| one.get().is_none());
        let waiting: Vec<&ItemRef> = items.filter(|item| is_open(item)).collect();
        waiting.par_iter().for_each(|item| {
            self.timeline(item);
        });
    }

    /// The items that are asked for on a day and are wanted, in natural order, with their statuses.
    /// No other item is worked out.
    pub fn stands(&self, day: Date, wanted: impl Fn(&Item) -> bool) -> Vec<ItemStatus<'_>> {
        let Some(period) = self.derivation.period_on(day) else { return Vec::new() };
        let asked = period.edition.items_of(&period.category).filter(|asked| wanted(asked));
        let asked: Vec<(ItemRef, &Item)> =
            asked.map(|asked| (item_ref(period, asked), asked)).collect();
        self.work_out(asked.iter().map(|(item, _)| item));
        let stand = |(item, asked)| {
            let status = self.status(&item, day);
            ItemStatus { item, asked, status }
        };
        asked.into_iter().map(stand).collect()
    }

    /// Every change of one item's status, first to last.
    pub fn history(&self, item: &ItemRef) -> impl Iterator<Item = (Date, Status)> {
        let steps = self.timeline(item).map(|timeline| &timeline.statuses);
        steps.into_iter().flat_map(|steps| steps.changes().map(|day| (day, steps.at(day))))
    }

    /// Every item that is asked for on any day, in order.
    pub fn items(&self) -> impl Iterator<Item = &ItemRef> {
        self.timelines.keys()
    }

    /// One item's status on a day.
    pub fn status(&self, item: &ItemRef, day: Date) -> Status {
        self.timeline(item).map_or(Status::NotAsked, |timeline| timeline.statuses.at(day))
    }

    /// The days on which any item's status changes, in order.
    pub fn change_days(&self) -> BTreeSet<Date> {
        self.work_out(self.items());
        let timelines = self.timelines.keys().filter_map(|item| self.timeline(item));
        timelines.flat_map(|timeline| timeline.statuses.changes()).collect()
    }

    fn make_timeline(&self, item: &ItemRef) -> Timeline {
        let own = self.derivation.said.line(item, &self.derivation.scopes);
        let confirmed = self.derivation.said.confirmed_from(&item.assertion());
        let mut days: BTreeSet<Date> = BTreeSet::new();
        for period in &self.derivation.periods {
            days.insert(period.from);
            if period.until < Date::MAX {
                days.insert(period.until.plus(1));
            }
        }
        let others = self.others(item);
        days.extend(self.derivation.world.required.changes());
        days.extend(others.equivalent.into_iter().flat_map(Steps::changes));
        days.extend(own.own.changes());
        days.extend(others.supported.into_iter().flat_map(Steps::changes));
        let stated = others.not_applicable.into_iter().flatten();
        days.extend(stated.flat_map(|one| [one.from, one.until.plus(1)]));
        days.extend(confirmed);
        // Which periods ask for it, and whether they ask for a confirmation: the same on all days.
        let asking = |period: &Period| -> Option<bool> {
            asked_by(period, item)?;
            Some(period.edition.asks_confirmation(&period.category, &item.item.assertion()))
        };
        let asking: Vec<Option<bool>> = self.derivation.periods.iter().map(asking).collect();
        let mut was_met = false;
        let steps: Vec<(Date, Status)> = days
            .into_iter()
            .map(|day| {
                let asked = self.derivation.period_at(day).and_then(|at| *asking.get(at)?);
                let is_confirmed =
                    asked.map(|asks| !asks || confirmed.is_some_and(|from| from <= day));
                let status = self.decide(&others, day, own.own.at(day), is_confirmed, was_met);
                // What was met in another edition is another item, so this never crosses editions.
                was_met |= status.was_met();
                (day, status)
            })
            .collect();
        Timeline { own, statuses: Steps::from_starts(steps) }
    }

    /// The decision itself: the only place where a status is made. `confirmed` says whether the
    /// confirmation that the rules ask for is there; none where they do not ask for the item.
    fn decide(
        &self,
        others: &Others<'_>,
        day: Date,
        own: Units,
        confirmed: Option<bool>,
        was_met: bool,
    ) -> Status {
        let Some(confirmed) = confirmed else { return Status::NotAsked };
        if !stated_on(others.not_applicable, day).is_empty() {
            return Status::NotApplicable;
        }
        let required = self.derivation.world.required.at(day);
        let everywhere = if required.is_empty() { Units::ALL } else { required };
        let equivalent = others.equivalent(day);
        if own.covers(everywhere) && confirmed {
            Status::Met
        } else if !required.is_empty() && equivalent.covers(required) {
            Status::MetByEquivalence
        } else if own.covers(everywhere) {
            Status::NeedsConfirming
        } else if was_met {
            Status::Lapsed
        } else if !own.or(others.units(day)).and(everywhere).is_empty() {
            Status::PartlySupported
        } else {
            Status::NotMet
        }
    }

    /// The units for which something holds: own evidence, equivalence, or a part of a rule.
    pub fn partial(&self, item: &ItemRef, day: Date) -> Units {
        self.own_units(item, day).or(self.others(item).units(day))
    }

    /// The units for which own evidence or an own answer holds.
    pub fn own_units(&self, item: &ItemRef, day: Date) -> Units {
        self.timeline(item).map_or(Units::NONE, |timeline| timeline.own.own.at(day))
    }

    fn others(&self, item: &ItemRef) -> Others<'_> {
        Others {
            equivalent: self.equivalent.get(item),
            supported: self.supported.get(item),
            not_applicable: self.derivation.not_applicable.get(item),
        }
    }

    /// The period and catalogue row that ask for an item on a day.
    pub fn asked(&self, item: &ItemRef, day: Date) -> Option<(&Period, &Item)> {
        let period = self.derivation.period_on(day)?;
        Some((period, asked_by(period, item)?))
    }

    /// The entries that confirm an assertion on a day.
    pub fn confirmations(&self, assertion: &AssertionRef, day: Date) -> Vec<u64> {
        self.derivation.said.confirming(assertion, day)
    }

    /// Own evidence and answers that count on a day, in ledger order.
    pub fn own_on(&self, item: &ItemRef, day: Date) -> Vec<EvidencePiece> {
        let Derivation { said, scopes, .. } = &self.derivation;
        let own = self.timeline(item).map(|timeline| &timeline.own);
        own.map_or_else(Vec::new, |own| said.pieces_on(item, own, scopes, day))
    }

    /// Own evidence and positive answers that do not count on a day, in ledger order; none where
    /// there is no evidence and no answer at all.
    pub fn own_not_on(&self, item: &ItemRef, day: Date) -> Option<Vec<EvidencePiece>> {
        let Derivation { said, scopes, .. } = &self.derivation;
        let mut all = said.pieces(item, scopes);
        let own = &self.timeline(item).filter(|_| !all.is_empty())?.own;
        all.retain(|piece| !EvidenceView::counts_on(piece, own, day));
        Some(all)
    }

    /// All that is to be said of a piece of evidence or an answer for an item.
    pub fn own(
        &self,
        item: &ItemRef,
        piece: &EvidencePiece,
        words: &dyn EntryText,
    ) -> Option<OwnEvidence> {
        let timeline = self.timeline(item)?;
        Some(self.derivation.said.own(piece, &timeline.own, words))
    }

    /// The answers that say on a day that an item is not met.
    pub fn denied_on(&self, item: &ItemRef, day: Date) -> Vec<Stated> {
        let own = self.timeline(item).map(|timeline| &timeline.own);
        own.map_or_else(Vec::new, |own| self.derivation.said.denied_on(own, day))
    }

    /// The days on which own evidence and answers cover more or fewer units.
    pub(in crate::domain) fn own_days(&self, item: &ItemRef) -> Vec<Date> {
        let own = self.timeline(item).map(|timeline| timeline.own.own.changes().collect());
        own.unwrap_or_default()
    }

    /// The entries of own evidence and answers that count on any day from one to another.
    pub(in crate::domain) fn own_within(
        &self,
        item: &ItemRef,
        from: Date,
        until: Date,
    ) -> Vec<u64> {
        let Derivation { said, scopes, .. } = &self.derivation;
        let mut all = said.pieces(item, scopes);
        all.retain(|one| one.from <= until && one.until.is_some_and(|last| from <= last));
        said.entries_of(&all)
    }

    /// An item's piece of evidence or positive answer, by its entry.
    pub(in crate::domain) fn piece(&self, item: &ItemRef, seq: u64) -> Option<EvidencePiece> {
        let Derivation { said, scopes, .. } = &self.derivation;
        said.pieces(item, scopes).into_iter().find(|piece| piece.seq == seq)
    }

    /// Says whether a piece counts for an item on a day.
    pub(in crate::domain) fn counts_on(
        &self,
        item: &ItemRef,
        piece: &EvidencePiece,
        day: Date,
    ) -> bool {
        let own = self.timeline(item).map(|timeline| &timeline.own);
        own.is_some_and(|own| EvidenceView::counts_on(piece, own, day))
    }

    /// What keeps a piece of evidence or an answer from counting for an item on a day.
    pub(in crate::domain) fn own_cuts(
        &self,
        item: &ItemRef,
        piece: &EvidencePiece,
        day: Date,
    ) -> Vec<Cut> {
        let own = self.timeline(item).map(|timeline| &timeline.own);
        own.map_or_else(Vec::new, |own| self.derivation.said.cuts(item, piece, own, day))
    }

    /// The answers that say, for some day until `day`, that an item is not met.
    pub(in crate::domain) fn denied_until(&self, item: &ItemRef, day: Date) -> Vec<Stated> {
        let own = self.timeline(item).map(|timeline| &timeline.own);
        own.map_or_else(Vec::new, |own| self.derivation.said.denied_until(own, day))
    }

    /// The last day before `day` on which the item was met, while this edition asked for it.
    pub fn last_met(&self, item: &ItemRef, day: Date) -> Option<Date> {
        let steps = &self.timeline(item)?.statuses;
        let changes: Vec<Date> = steps.changes().take_while(|change| *change <= day).collect();
        let ended = changes.windows(2).rev().find_map(|pair| match pair {
            [from, next] if steps.at(*from).was_met() => Some(next.plus(-1)),
            _ => None,
        });
        ended.filter(|last| *last < day)
    }

    /// The day's view: the position with its proofs.
    pub fn on(&self, day: Date) -> DayView<'_> {
        self.view(Arc::new(Program::new(&self.derivation.world)), day)
    }

    /// Another day of the same program: indexing it again would cost more than the day itself.
    pub(in crate::domain) fn view<'p>(
        &'p self,
        program: Arc<Program<'p>>,
        day: Date,
    ) -> DayView<'p> {
        let derived = program.on(day, &Everything);
        DayView { positions: self, program, derived, day }
    }
}

fn support(supported: &mut BTreeMap<ItemRef, Steps<Units>>, item: &ItemRef, region: &Region) {
    if !region.is_empty() {
        let steps = supported.entry(item.clone()).or_default();
        *steps = steps.zip(region, |units, cover| units.or(cover.units()));
    }
}

/// The catalogue row by which a period asks for an item.
fn asked_by<'p>(period: &'p Period, item: &ItemRef) -> Option<&'p Item> {
    if period.edition.id != item.edition || period.category != item.category {
        return None;
    }
    period.edition.item(&item.category, &item.item)
}

fn items_of(periods: &[Period]) -> BTreeSet<ItemRef> {
    let mut items = BTreeSet::new();
    for period in periods {
        items.extend(period.edition.items_of(&period.category).map(|item| item_ref(period, item)));
    }
    items
}

fn item_ref(period: &Period, item: &Item) -> ItemRef {
    ItemRef {
        edition: period.edition.id.clone(),
        category: period.category.clone(),
        item: item.id.clone(),
    }
}

/// The statements that hold on a day.
pub fn stated_on(list: Option<&Vec<Stated>>, day: Date) -> Vec<&Stated> {
    let all = list.into_iter().flatten();
    all.filter(|one| one.from <= day && day <= one.until).collect()
}

/// One day of [`Positions`], ready to give reasons and proofs.
pub struct DayView<'p> {
    /// All days.
    pub positions: &'p Positions,
    pub(in crate::domain) program: Arc<Program<'p>>,
    pub(in crate::domain) derived: OneDay,
    /// The day.
    pub day: Date,
}

impl DayView<'_> {
    /// Every item that is asked for, in natural order, with its status alone.
    pub fn stands(&self) -> Vec<ItemStatus<'_>> {
        self.positions.stands(self.day, |_| true)
    }

    /// Every item that is asked for, in natural order, with its status and reasons.
    pub fn findings(&self) -> Vec<Finding> {
        let Some(period) = self.positions.derivation.period_on(self.day) else { return Vec::new() };
        let items = period.edition.items_of(&period.category);
        items.map(|item| self.finding_of(period, item)).collect()
    }

    /// One item's finding; none when it is not asked for.
    pub fn finding(&self, item: &ItemRef) -> Option<Finding> {
        let (period, asked) = self.positions.asked(item, self.day)?;
        Some(self.finding_of(period, asked))
    }

    fn finding_of(&self, period: &Period, asked: &Item) -> Finding {
        let item = item_ref(period, asked);
        let status = self.positions.status(&item, self.day);
        let because_text = self.because_text(&item);
        let because = self.rests_on(&item, status).into_iter().collect();
        let (title, requirement) = (asked.title.clone(), asked.requirement);
        Finding { item, title, requirement, status, because_text, because }
    }

    /// Proves the item by equivalence on this day, for every unit that needs it.
    pub fn proof(&self, item: &ItemRef) -> Option<Proof> {
        let required = self.positions.derivation.world.required.at(self.day);
        prove(&self.program, &self.derived, self.day, &Atom::Item(item.clone()), required)
    }

    /// What an atom covers on this day.
    pub fn cover(&self, atom: &Atom) -> Cover {
        self.program.number(atom).map_or(Cover::NONE, |number| self.derived.cover(number))
    }
}

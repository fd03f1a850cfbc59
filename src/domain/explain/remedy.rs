//! What would put an item right on a day: the smallest sets of things to record. Each set makes the
//! item met when all of it is recorded for that day, and none of it is refused.

use std::collections::BTreeSet;

use super::why_not::{assurance_text, unit_list};
use crate::domain::authority::known_names::known_control;
use crate::domain::date::Date;
use crate::domain::engine::adopted::{counts_for, is_joint, target_atom};
use crate::domain::engine::item_status::Status;
use crate::domain::engine::rule::{Atom, Premise};
use crate::domain::engine::status::DayView;
use crate::domain::event::body::Source;
use crate::domain::event::words::Assurance;
use crate::domain::ids::level::Level;
use crate::domain::ids::scheme::Scheme;
use crate::domain::ids::{AssertionRef, ControlRef, EventId, ItemRef, TargetRef, UnitId};
use crate::domain::mapping::{MappingRow, RowSource};
use crate::domain::region::Units;
use crate::domain::state::State;
use crate::domain::state::known::{Approval, Known, Proposal};

/// Something to record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// An approval of these rows of a mapping.
    Rows(EventId, Vec<u64>, String),
    /// An approval of an asserted equivalence.
    Asserted(EventId, u64, TargetRef),
    /// A confirmation.
    Confirm(AssertionRef),
    /// A declaration of the units that process health and care data.
    Declare,
    /// An assessment of a control as met, as well assured as this, for these units.
    Assessment(ControlRef, Level, Assurance, Vec<UnitId>),
    /// A certificate that covers these units; those to be declared where none is named.
    Certificate(Scheme, Vec<UnitId>),
    /// Own evidence of the whole organisation or an answer `met`; of the two the answer alone where
    /// an answer says that it is not met.
    OwnEvidence(ItemRef, bool),
}

impl Thing {
    /// Says it as something to do, for a day.
    pub fn text(&self, day: Date) -> String {
        match self {
            Self::OwnEvidence(item, false) => {
                format!("record own evidence or an answer for {}", item.item)
            }
            Self::OwnEvidence(item, true) => format!("record an answer that {} is met", item.item),
            Self::Confirm(assertion) => format!("confirm assertion {}", assertion.assertion),
            Self::Declare => "declare the units that process health and care data".to_owned(),
            Self::Certificate(scheme, units) => format!(
                "record {} {} certificate in force on {} that covers {}",
                scheme.article(),
                scheme.label(),
                day.short(),
                covered(units)
            ),
            Self::Assessment(control, level, minimum, units) => {
                let at = match level {
                    Level::Met => String::new(),
                    Level::PartiallyAchieved | Level::Achieved => format!(" ({})", level.as_str()),
                };
                let assured = assurance_text(*minimum);
                format!("establish {control}{at} for {}{assured}", covered(units))
            }
            Self::Rows(_, _, text) => text.clone(),
            Self::Asserted(_, place, target) => {
                format!("approve the asserted equivalence for {target} in #{place}")
            }
        }
    }
}

fn covered(units: &[UnitId]) -> String {
    if units.is_empty() {
        return "those units".to_owned();
    }
    unit_list(&units.iter().collect::<Vec<_>>())
}

/// How deep a remedy may reach through chains of rules, how many things it may name, and how many
/// remedies are kept while looking.
const DEPTH_MAX: usize = 4;
const THINGS_MAX: usize = 4;
const SETS_MAX: usize = 24;
/// How many remedies are listed.
const REMEDIES_MAX: usize = 6;

type Things = BTreeSet<Thing>;

/// The smallest sets of things that would put the item in place on this day; none where it is.
pub fn remedies(state: &State, view: &DayView<'_>, item: &ItemRef) -> Vec<Vec<Thing>> {
    let status = view.positions.status(item, view.day);
    if status.in_place() || status == Status::NotAsked {
        return Vec::new();
    }
    let required = view.positions.derivation.world.required.at(view.day);
    let mut search = Search { state, view, required, busy: BTreeSet::new() };
    let mut sets = search.sets(&Atom::Item(item.clone()), Assurance::SelfAssessed, DEPTH_MAX);
    if required.is_empty() {
        for set in &mut sets {
            set.insert(Thing::Declare);
        }
    }
    sets.push(own(view, item, required));
    sets.retain(|set| !set.is_empty());
    minimal(&mut sets);
    sets.truncate(REMEDIES_MAX);
    sets.into_iter().map(|set| set.into_iter().collect()).collect()
}

/// What the organisation itself can say.
fn own(view: &DayView<'_>, item: &ItemRef, required: Units) -> Things {
    let mut own = Things::new();
    let everywhere = if required.is_empty() { Units::ALL } else { required };
    if !view.positions.own_units(item, view.day).covers(everywhere) {
        let denied = !view.positions.denied_on(item, view.day).is_empty();
        own.insert(Thing::OwnEvidence(item.clone(), denied));
    }
    let asked = view.positions.asked(item, view.day);
    let confirm = asked.is_some_and(|(period, asked)| {
        period.edition.asks_confirmation(&period.category, &asked.id.assertion())
    });
    if confirm && view.positions.confirmations(&item.assertion(), view.day).is_empty() {
        own.insert(Thing::Confirm(item.assertion()));
    }
    own
}

/// Drops sets that hold another set, and orders the rest by size, then by what they hold.
fn minimal(sets: &mut Vec<Things>) {
    sets.sort_by_key(|set| (set.len(), set.clone()));
    sets.dedup();
    let all = sets.clone();
    sets.retain(|set| !all.iter().any(|other| other.len() < set.len() && other.is_subset(set)));
}

struct Search<'v, 'p> {
    state: &'v State,
    view: &'v DayView<'p>,
    required: Units,
    busy: BTreeSet<(Atom, Assurance)>,
}

impl Search<'_, '_> {
    /// The sets of things that would make an atom hold at least so well assured; one empty set when
    /// it does already.
    fn sets(&mut self, atom: &Atom, minimum: Assurance, depth: usize) -> Vec<Things> {
        let holds = !self.required.is_empty()
            && self.view.cover(atom).at_least(minimum).covers(self.required);
        if holds {
            return vec![Things::new()];
        }
        let key = (atom.clone(), minimum);
        if depth == 0 || !self.busy.insert(key.clone()) {
            return Vec::new();
        }
        let mut sets: Vec<Things> = self.leaf(atom, minimum).into_iter().collect();
        let world = &self.view.positions.derivation.world;
        for rule in world.rules.iter().filter(|rule| rule.head == *atom) {
            if !rule.days.at(self.view.day).is_empty() {
                sets.extend(self.all_of(&rule.body, minimum, depth));
            }
        }
        let state = self.state;
        for (id, proposal) in &state.proposals {
            sets.extend(self.by_approving(atom, minimum, depth, (id, proposal)));
        }
        self.busy.remove(&key);
        minimal(&mut sets);
        sets.truncate(SETS_MAX);
        sets
    }

    /// What a rule asks of its sources must hold as well assured as what follows from it.
    fn all_of(&mut self, body: &[Premise], minimum: Assurance, depth: usize) -> Vec<Things> {
        let mut all = if body.is_empty() { Vec::new() } else { vec![Things::new()] };
        for one in body {
            let sets = self.sets(&one.atom, minimum.max(one.minimum), depth - 1);
            let joined = all.iter().flat_map(|one| sets.iter().map(move |other| one | other));
            let mut joined: Vec<Things> = joined.filter(|set| set.len() <= THINGS_MAX).collect();
            minimal(&mut joined);
            joined.truncate(SETS_MAX);
            all = joined;
        }
        all
    }

    /// What would ground an atom by itself.
    fn leaf(&self, atom: &Atom, minimum: Assurance) -> Option<Things> {
        let names = self.view.positions.derivation.names(self.required);
        let units: Vec<UnitId> = names.into_iter().cloned().collect();
        let thing = match atom {
            Atom::Certificate(scheme) => Thing::Certificate(*scheme, units),
            Atom::Control(control, level) => {
                known_control(self.state, control, *level).ok()?;
                Thing::Assessment(control.clone(), *level, minimum, units)
            }
            Atom::Item(_) => return None,
        };
        Some(Things::from([thing]))
    }

    /// What a proposal about the atom would give if it were approved.
    fn by_approving(
        &mut self,
        atom: &Atom,
        minimum: Assurance,
        depth: usize,
        (id, proposal): (&EventId, &Known<Proposal>),
    ) -> Vec<Things> {
        let mut sets = Vec::new();
        if let Some((target, body)) = self.asserted(atom, &proposal.what) {
            let thing = Thing::Asserted(id.clone(), proposal.place(), target);
            sets.extend(self.with(&thing, &body, minimum, depth));
        }
        let rows = &proposal.what.rows;
        let about = |row: &&MappingRow| target_atom(&row.target, row.target_level) == *atom;
        for row in rows.iter().filter(about) {
            let group: Vec<&MappingRow> = match &row.joint {
                Some(joint) => {
                    let same = |other: &&MappingRow| {
                        other.joint.as_ref().is_some_and(|one| one.id == joint.id)
                    };
                    rows.iter().filter(same).collect()
                }
                None => vec![row],
            };
            let thing = approval(id, &proposal.what.title, &group);
            if row.relationship.carries_satisfaction() {
                sets.extend(self.with(&thing, &sources(&[row]), minimum, depth));
            }
            if is_joint(&group) {
                sets.extend(self.with(&thing, &sources(&group), minimum, depth));
            }
        }
        sets
    }

    /// The target of an asserted equivalence for the atom and what its sources must be, where an approval of it
    /// would count for the organisation on this day.
    fn asserted(&self, atom: &Atom, proposal: &Proposal) -> Option<(TargetRef, Vec<Premise>)> {
        let asserted = proposal.asserted.as_ref()?;
        let kind = self.view.positions.derivation.period_on(self.view.day)?;
        let types = &asserted.organisation_types;
        let fits = types.is_empty() || types.contains(&kind.organisation_type);
        if !fits || target_atom(&asserted.target, asserted.target_level) != *atom {
            return None;
        }
        let minimum = asserted.minimum_assurance.unwrap_or(Assurance::SelfAssessed);
        let premise =
            |one: &Source| Premise { atom: Atom::Control(one.source.clone(), one.level), minimum };
        let body = asserted.sources.iter().map(premise).collect();
        Some((asserted.target.clone(), body))
    }

    /// The approval with what its sources still need.
    fn with(
        &mut self,
        approval: &Thing,
        body: &[Premise],
        minimum: Assurance,
        depth: usize,
    ) -> Vec<Things> {
        let mut sets = self.all_of(body, minimum, depth);
        for set in &mut sets {
            set.insert(approval.clone());
        }
        sets.retain(|set| set.len() <= THINGS_MAX);
        sets
    }
}

fn sources(rows: &[&MappingRow]) -> Vec<Premise> {
    let premise = |row: &&MappingRow| match &row.source {
        RowSource::One(control) => Some(Premise {
            atom: Atom::Control(control.clone(), row.source_level),
            minimum: Assurance::SelfAssessed,
        }),
        RowSource::NothingIn(_) => None,
    };
    rows.iter().filter_map(premise).collect()
}

/// The approval of a row, or of the whole of its group: a part of one is refused.
fn approval(id: &EventId, title: &str, group: &[&MappingRow]) -> Thing {
    let numbers: Vec<u64> = group.iter().map(|row| row.number).collect();
    let list: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let joint = group.first().and_then(|row| row.joint.as_ref());
    let text = match joint {
        Some(joint) => {
            format!("approve joint group {} (rows {}) of {title}", joint.id, list.join(", "))
        }
        None => format!("approve row {} of {title}", list.join(", ")),
    };
    Thing::Rows(id.clone(), numbers, text)
}

/// Why approvals of a proposal make no rule of it; none where one does, or where there is none.
pub(in crate::domain) fn void(
    proposal: &Known<Proposal>,
    approvals: &[&Known<Approval>],
) -> Option<(String, Vec<u64>)> {
    let newest = approvals.iter().max_by_key(|one| one.newest())?;
    if approvals.iter().any(|one| counts_for(one, proposal)) {
        return None;
    }
    let entry = newest.newest();
    if newest.what.by == proposal.what.by {
        let text = format!("its approval in #{entry} is by the key that recorded it");
        return Some((text, newest.because.clone()));
    }
    let changed = proposal.what.changed;
    let mut entries = newest.because.clone();
    entries.push(changed);
    let text = format!(
        "its approval in #{entry} is of before the correction in #{changed}, and does not speak of \
         it; it needs an approval of its own"
    );
    Some((text, entries))
}

//! What a status rests on: every entry from which it follows, and why in a few words.
//!
//! From the entries of a finding alone the same status follows (`tests/it/engine/`), so what takes
//! something away is among them where the status would be another without it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::causes::{joined, stopped};
use crate::domain::date::Date;
use crate::domain::engine::derivation::{Period, Support};
use crate::domain::engine::item_status::Status;
use crate::domain::engine::proof::{Proof, prove};
use crate::domain::engine::rule::{Atom, Ground, Rule};
use crate::domain::engine::status::{DayView, stated_on};
use crate::domain::ids::ItemRef;
use crate::domain::region::{Cover, Units};
use crate::domain::state::index::evidence_view::EvidencePiece;

/// A set of entries.
type Entries = BTreeSet<u64>;

impl<'p> DayView<'p> {
    /// In a few words, why an item stands where it does.
    pub fn because_text(&self, item: &ItemRef) -> String {
        match self.positions.status(item, self.day) {
            Status::Met | Status::NeedsConfirming => {
                match (self.proof(item).is_some(), self.newer_than_confirmed(item).is_empty()) {
                    (true, _) => "own evidence, and equivalence",
                    (false, true) => "own evidence",
                    (false, false) => "own evidence, recorded after the confirmation",
                }
            }
            Status::MetByEquivalence => return self.grounds_text(self.proof(item).as_ref()),
            Status::Lapsed => return self.lapse_text(item),
            Status::PartlySupported => "part of it holds",
            Status::NotMet if self.positions.denied_on(item, self.day).is_empty() => "no evidence",
            Status::NotMet => "answered as not met",
            Status::NotApplicable => "recorded reason",
            Status::NotAsked => "",
        }
        .to_owned()
    }

    /// The evidence and answers without which the item would not be met, where they were recorded
    /// after the newest confirmation of its assertion: whoever confirmed it saw others. None where
    /// what was recorded before covers the item as well.
    pub(in crate::domain) fn newer_than_confirmed(&self, item: &ItemRef) -> Vec<u64> {
        let confirmed = self.positions.confirmations(&item.assertion(), self.day);
        let Some(newest) = confirmed.into_iter().max() else { return Vec::new() };
        let own = self.positions.own_on(item, self.day);
        let (newer, older): (Vec<EvidencePiece>, Vec<EvidencePiece>) =
            own.into_iter().partition(|piece| piece.seq > newest);
        let required = self.positions.derivation.world.required.at(self.day);
        let everywhere = if required.is_empty() { Units::ALL } else { required };
        let covered = older.iter().fold(Units::NONE, |units, piece| units.or(piece.units));
        if covered.covers(everywhere) {
            return Vec::new();
        }
        newer.iter().map(|piece| piece.seq).collect()
    }

    /// What met it before and does not any more, and what happened to it.
    fn lapse_text(&self, item: &ItemRef) -> String {
        let Some((last, then)) = self.when_met(item) else { return String::new() };
        match joined(&stopped(&then, self, item)) {
            Some(cause) => cause.short,
            None => format!("{} ended {}", then.because_text(item), last.short()),
        }
    }

    /// The last day on which the item was met, and the view of it.
    pub(in crate::domain) fn when_met(&self, item: &ItemRef) -> Option<(Date, DayView<'p>)> {
        let last = self.positions.last_met(item, self.day)?;
        Some((last, self.positions.view(Arc::clone(&self.program), last)))
    }

    /// Names what a proof stands on, such as "ISO/IEC 27001".
    pub(in crate::domain) fn grounds_text(&self, proof: Option<&Proof>) -> String {
        let world = &self.positions.derivation.world;
        let mut names: BTreeSet<String> = BTreeSet::new();
        for ground in proof.into_iter().flat_map(Proof::grounds) {
            let name = match world.grounds.get(ground).map(|ground| &ground.atom) {
                Some(Atom::Certificate(scheme)) => scheme.label().to_owned(),
                Some(Atom::Control(control, _)) => control.to_string(),
                Some(Atom::Item(item)) => item.to_string(),
                None => continue,
            };
            names.insert(name);
        }
        names.into_iter().collect::<Vec<_>>().join(", ")
    }

    /// The entries that a status follows from, in ledger order.
    pub(in crate::domain) fn rests_on(&self, item: &ItemRef, status: Status) -> Entries {
        let derivation = &self.positions.derivation;
        let said = &derivation.said;
        let mut entries = derivation.period_on(self.day).map(Period::entries).unwrap_or_default();
        match status {
            Status::NotAsked => {}
            Status::NotApplicable => {
                let stated = stated_on(derivation.not_applicable.get(item), self.day);
                entries.extend(stated.iter().flat_map(|one| &one.because));
            }
            Status::NotMet => {
                let denied = self.positions.denied_on(item, self.day);
                entries.extend(denied.iter().flat_map(|one| &one.because));
            }
            Status::Met | Status::NeedsConfirming => {
                entries.extend(said.entries_of(&self.positions.own_on(item, self.day)));
                entries.extend(self.positions.confirmations(&item.assertion(), self.day));
                let proof = self.proof(item);
                // What covers the whole organisation covers every unit, whichever are declared.
                let whole = self.positions.own_units(item, self.day).covers(Units::ALL);
                if proof.is_some() || !whole {
                    entries.extend(self.scope_entries());
                }
                entries.extend(self.proof_entries(proof.as_ref()));
            }
            Status::MetByEquivalence => {
                entries.extend(self.scope_entries());
                // Evidence among the grounds may speak of the item itself.
                let denied = self.positions.denied_on(item, self.day);
                entries.extend(denied.iter().flat_map(|one| &one.because));
                entries.extend(self.proof_entries(self.proof(item).as_ref()));
            }
            Status::Lapsed => entries.extend(self.lapse_entries(item)),
            Status::PartlySupported => {
                entries.extend(said.entries_of(&self.positions.own_on(item, self.day)));
                entries.extend(self.partial_entries(item));
            }
        }
        entries
    }

    /// The entries that ask for items on the day, with those that declare the scope: what speaks of
    /// no single item.
    pub fn asked_by(&self) -> BTreeSet<u64> {
        let period = self.positions.derivation.period_on(self.day);
        let mut entries = period.map(Period::entries).unwrap_or_default();
        entries.extend(self.scope_entries());
        entries
    }

    /// The entries of the declaration of the scope in force.
    pub(in crate::domain) fn scope_entries(&self) -> Vec<u64> {
        let scope = self.positions.derivation.scope_on(self.day);
        scope.map(|one| one.because.clone()).unwrap_or_default()
    }

    pub(in crate::domain) fn proof_entries(&self, proof: Option<&Proof>) -> Vec<u64> {
        proof.map_or_else(Vec::new, |proof| proof.because(&self.positions.derivation.world))
    }

    /// What met the item on the last day that it was met, and all that keeps it from doing so now.
    fn lapse_entries(&self, item: &ItemRef) -> Entries {
        let Some((last, then)) = self.when_met(item) else { return Entries::new() };
        let status = self.positions.status(item, last);
        let mut entries = then.rests_on(item, status);
        let own = self.positions.own_on(item, last);
        let own_part = matches!(status, Status::Met)
            && self.positions.own_units(item, last).covers(Units::ALL);
        let proof = then.proof(item);
        if !own_part || proof.is_some() {
            entries.extend(self.scope_entries());
        }
        for piece in &own {
            let cuts = self.positions.own_cuts(item, piece, self.day);
            let acting = cuts.iter().filter(|cut| cut.acts_on(self.day));
            entries.extend(acting.flat_map(|cut| &cut.because));
        }
        let world = &self.positions.derivation.world;
        let grounds = proof.iter().flat_map(Proof::grounds);
        let grounds = grounds.filter_map(|number| world.grounds.get(number));
        let rules = proof.iter().flat_map(Proof::rules);
        let rules = rules.filter_map(|number| world.rules.get(number));
        let cuts = grounds.flat_map(|ground| &ground.cuts).chain(rules.flat_map(|rule| &rule.cuts));
        entries.extend(cuts.filter(|cut| cut.acts_on(self.day)).flat_map(|cut| &cut.because));
        // What is said to have ended it is named even where something else keeps it down by now.
        entries.extend(stopped(&then, self, item).iter().flat_map(|cause| &cause.entries));
        entries
    }

    /// The rules and supporting rows of which something holds where it is needed, what that rests
    /// on, and what keeps it from being met, now or on an earlier day.
    fn partial_entries(&self, item: &ItemRef) -> Entries {
        let derivation = &self.positions.derivation;
        let part = self.part(item);
        let mut entries: Entries = part.because.iter().copied().collect();
        for proof in &part.proofs {
            entries.extend(proof.because(&derivation.world));
        }
        entries.extend(self.scope_entries());
        if derivation.world.required.at(self.day).is_empty() {
            // No unit is asked for, so the names of units come from whatever declares them.
            let held = self.positions.partial(item, self.day);
            let naming = derivation
                .declared
                .iter()
                .filter(|one| one.from <= self.day || !one.units.and(held).is_empty());
            entries.extend(naming.flat_map(|one| &one.because));
        }
        let (grounds, rules) = self.partial_basis(item);
        let cuts = grounds.iter().flat_map(|ground| &ground.cuts);
        let cuts = cuts.chain(rules.iter().flat_map(|rule| &rule.cuts));
        entries.extend(cuts.filter(|cut| cut.from <= self.day).flat_map(|cut| &cut.because));
        // It would have lapsed if it had applied and been met before.
        let denied = self.positions.denied_until(item, self.day);
        entries.extend(denied.iter().flat_map(|one| &one.because));
        let stated = derivation.not_applicable.get(item).into_iter().flatten();
        entries.extend(stated.filter(|one| one.from <= self.day).flat_map(|one| &one.because));
        entries
    }

    /// The grounds and rules of what holds in part.
    pub(in crate::domain) fn partial_basis(
        &self,
        item: &ItemRef,
    ) -> (Vec<&'p Ground>, Vec<&'p Rule>) {
        let world = &self.positions.derivation.world;
        let part = self.part(item);
        let mut rules: BTreeSet<usize> = part.rules;
        let mut grounds = BTreeSet::new();
        for proof in &part.proofs {
            rules.extend(proof.rules());
            grounds.extend(proof.grounds());
        }
        let grounds = grounds.into_iter().filter_map(|number| world.grounds.get(number));
        let rules = rules.into_iter().filter_map(|number| world.rules.get(number));
        (grounds.collect(), rules.collect())
    }

    /// The approved rows that support an item and whose source holds somewhere it is needed.
    pub(in crate::domain) fn supports(&self, item: &ItemRef) -> Vec<&'p Support> {
        let goal = Atom::Item(item.clone());
        let derivation = &self.positions.derivation;
        let required = derivation.world.required.at(self.day);
        let needed = if required.is_empty() { Units::ALL } else { required };
        let about = derivation.supports.iter().filter(|one| one.target == goal);
        let holds = |one: &&Support| {
            !one.days.at(self.day).is_empty()
                && !self.cover(&one.source).units().and(needed).is_empty()
        };
        about.filter(holds).collect()
    }

    /// What holds of the rules and supporting rows about an item.
    pub(in crate::domain) fn part(&self, item: &ItemRef) -> Part {
        let goal = Atom::Item(item.clone());
        let derivation = &self.positions.derivation;
        let required = derivation.world.required.at(self.day);
        let needed = if required.is_empty() { Units::ALL } else { required };
        let mut atoms: BTreeMap<&Atom, Units> = BTreeMap::new();
        let mut part = Part::default();
        let mut hold = |atom, cover: Cover, because: &[u64]| {
            let units = cover.units().and(needed);
            if !units.is_empty() {
                let held: &mut Units = atoms.entry(atom).or_default();
                *held = held.or(units);
                part.because.extend(because);
            }
            !units.is_empty()
        };
        let rules = derivation.world.rules.iter().enumerate();
        for (number, rule) in rules.filter(|(_, rule)| rule.head == goal) {
            if !rule.days.at(self.day).is_empty() {
                for one in &rule.body {
                    let cover = self.cover(&one.atom).asking(one.minimum);
                    if hold(&one.atom, cover, &rule.because) {
                        part.rules.insert(number);
                    }
                }
            }
        }
        for one in derivation.supports.iter().filter(|one| one.target == goal) {
            if !one.days.at(self.day).is_empty() {
                hold(&one.source, self.cover(&one.source), &one.because);
            }
        }
        let proofs = atoms.into_iter();
        part.proofs = proofs.filter_map(|(atom, units)| self.prove_part(atom, units)).collect();
        part
    }

    /// Proves that an atom holds for some units.
    pub(in crate::domain) fn prove_part(&self, atom: &Atom, units: Units) -> Option<Proof> {
        prove(&self.program, &self.derived, self.day, atom, units)
    }
}

/// What holds of the rules and supporting rows about an item.
#[derive(Default)]
pub(in crate::domain) struct Part {
    /// The entries of the rules and rows themselves.
    pub(in crate::domain) because: Vec<u64>,
    /// The rules, by their numbers in the world.
    rules: BTreeSet<usize>,
    /// Why their sources hold.
    pub(in crate::domain) proofs: Vec<Proof>,
}

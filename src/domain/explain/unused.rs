//! What was looked at for an item and not used on a day: rules that give nothing, rows and assertions
//! that make no rule, and what the organisation said that does not count. Decides nothing.

use std::collections::BTreeSet;

use super::aside::unused_own;
use super::names::atom_name;
use super::remedy::void;
use super::telling::Telling;
use super::why_not::{Unused, assurance_text, unit_list, why_not};
use crate::domain::engine::adopted::{counts_for, target_atom};
use crate::domain::engine::rule::{Atom, Authority, Premise, Rule};
use crate::domain::engine::status::DayView;
use crate::domain::ids::ItemRef;
use crate::domain::ids::level::Level;
use crate::domain::mapping::relationship::Relationship;
use crate::domain::mapping::{MappingRow, RowSource};
use crate::domain::region::Units;
use crate::domain::state::State;
use crate::domain::state::known::{Approval, Known, Proposal};

/// Everything about the item that was looked at and not used on a day, each with why.
pub(in crate::domain) fn unused(
    state: &State,
    view: &DayView<'_>,
    item: &ItemRef,
    telling: Telling<'_>,
) -> Vec<Unused> {
    let mut found = unused_own(view, item, telling);
    unused_rules(state, view, item, &mut found);
    found.extend(unused_asserted(state, item));
    for (id, proposal) in &state.proposals {
        let approvals: Vec<&Known<Approval>> =
            state.approvals.values().filter(|one| one.what.body.mapping == *id).collect();
        for row in proposal.what.rows.iter().filter(|row| targets(row, item)) {
            if let Some(one) = unused_row(view, proposal, row, &approvals) {
                found.push(one);
            }
        }
    }
    let mut seen = BTreeSet::new();
    found.retain(|one| seen.insert(one.clone()));
    found
}

fn targets(row: &MappingRow, item: &ItemRef) -> bool {
    target_atom(&row.target, Level::Met) == Atom::Item(item.clone())
}

/// Why asserted equivalences for the item make no rule.
fn unused_asserted(state: &State, item: &ItemRef) -> Vec<Unused> {
    let mut found = Vec::new();
    for (id, proposal) in &state.proposals {
        let Some(asserted) = &proposal.what.asserted else { continue };
        if target_atom(&asserted.target, asserted.target_level) != Atom::Item(item.clone()) {
            continue;
        }
        let approvals: Vec<&Known<Approval>> =
            state.approvals.values().filter(|one| one.what.body.mapping == *id).collect();
        let sources: Vec<String> = asserted
            .sources
            .iter()
            .map(|one| atom_name(&Atom::Control(one.source.clone(), one.level)))
            .collect();
        let name =
            format!("asserted equivalence in #{} from {}", proposal.place(), sources.join(", "));
        let mut entries = proposal.because.clone();
        let why = match void(proposal, &approvals) {
            _ if approvals.is_empty() => "not approved".to_owned(),
            _ if sources.is_empty() => "it names no source".to_owned(),
            Some((why, more)) => {
                entries.extend(more);
                why
            }
            // It is a rule, and what keeps that from giving anything is told with the rules.
            None => continue,
        };
        entries.sort_unstable();
        entries.dedup();
        found.push(Unused { text: format!("{name}: {why}"), entries });
    }
    found
}

/// Rules about the item that do not fire on this day, and notes in the exemption columns.
fn unused_rules(state: &State, view: &DayView<'_>, item: &ItemRef, found: &mut Vec<Unused>) {
    let derivation = &view.positions.derivation;
    let required = derivation.world.required.at(view.day);
    let goal = Atom::Item(item.clone());
    let rules = || derivation.world.rules.iter().filter(|rule| rule.head == goal);
    if required.is_empty() && rules().any(|rule| !rule.days.at(view.day).is_empty()) {
        let text = format!(
            "no unit is declared to process health and care data on {}, so nothing is met by \
             equivalence",
            view.day.short()
        );
        found.push(Unused { text, entries: view.scope_entries() });
    }
    for rule in rules() {
        if rule.days.at(view.day).is_empty() {
            if rule.authority == Authority::Adopted {
                found.push(not_in_force(rule, view));
            }
            continue;
        }
        for premise in &rule.body {
            for reason in unmet(state, view, premise) {
                let text = format!("{}: {}", rule.label, reason.text);
                found.push(Unused { text, entries: reason.entries });
            }
        }
    }
    let Some((period, _)) = view.positions.asked(item, view.day) else { return };
    let notes = period.edition.exemptions.iter().filter(|row| {
        row.effect == crate::domain::catalogue::edition::Effect::Note
            && row.category == item.category
            && row.item == item.item
    });
    for row in notes {
        let text = format!(
            "exemptions.csv row {} is a note that satisfies nothing ({}): {}",
            row.row,
            row.scheme.label(),
            row.condition
        );
        found.push(Unused { text, entries: period.because.clone() });
    }
}

/// An adopted rule that is not in force on this day, and why.
fn not_in_force(rule: &Rule, view: &DayView<'_>) -> Unused {
    let mut entries = rule.because.clone();
    let acting = rule.cuts.iter().find(|cut| cut.acts_on(view.day));
    let first = rule.days.changes().next();
    let ended = rule.days.changes().filter(|change| *change <= view.day).last();
    let why = match (acting, first, ended) {
        (Some(cut), ..) => {
            entries.extend(&cut.because);
            format!("{} ({})", cut.since(), cut.reason)
        }
        (None, Some(first), _) if view.day < first => format!("only from {}", first.short()),
        (None, _, Some(ended)) => format!("ended {}", ended.plus(-1).short()),
        (None, ..) => "not for this type of organisation".to_owned(),
    };
    entries.sort_unstable();
    entries.dedup();
    Unused { text: format!("not in force on this day: {}: {why}", rule.label), entries }
}

/// Why a source of a rule in force is not enough on this day; nothing where it is.
fn unmet(state: &State, view: &DayView<'_>, premise: &Premise) -> Vec<Unused> {
    let derivation = &view.positions.derivation;
    let required = derivation.world.required.at(view.day);
    let (cover, name) = (view.cover(&premise.atom), atom_name(&premise.atom));
    let held = cover.asking(premise.minimum).units();
    let enough = if required.is_empty() { !held.is_empty() } else { held.covers(required) };
    if enough {
        return Vec::new();
    }
    let proved = |units: Units| {
        let proof = view.prove_part(&premise.atom, units);
        view.proof_entries(proof.as_ref())
    };
    if !required.is_empty() && cover.units().covers(required) {
        let text =
            format!("{name} holds, but not{} as this rule asks", assurance_text(premise.minimum));
        let entries = proved(required);
        return vec![Unused { text: text.replace("not, ", "not "), entries }];
    }
    let mut reasons = why_not(state, derivation, &premise.atom, view.day, required);
    if !held.and(required).is_empty() {
        reasons.retain(|one| !one.entries.is_empty());
        if reasons.is_empty() {
            let names = unit_list(&derivation.names(required.minus(held)));
            let entries = proved(held.and(required));
            reasons.push(Unused { text: format!("{name} leaves out {names}"), entries });
        }
    }
    reasons
}

/// Says why a mapping row about the item derives nothing; none when it is an active rule.
fn unused_row(
    view: &DayView<'_>,
    proposal: &Known<Proposal>,
    row: &MappingRow,
    approvals: &[&Known<Approval>],
) -> Option<Unused> {
    let joint = row.joint.as_ref().filter(|one| one.relationship.carries_satisfaction());
    let of_row = approvals.iter().copied();
    let of_row: Vec<&Known<Approval>> =
        of_row.filter(|one| one.what.body.rows.contains(row.number)).collect();
    let approved = of_row.iter().any(|one| counts_for(one, proposal));
    let mut entries = proposal.because.clone();
    let carries = row.relationship.carries_satisfaction() || joint.is_some();
    if approved && carries {
        return None;
    }
    let why = match (&row.source, row.relationship) {
        (RowSource::NothingIn(framework), _) => {
            format!("nothing in {framework} covers it: {}", row.rationale)
        }
        (_, Relationship::Unspecified) => "the publisher does not say how they relate".to_owned(),
        _ if carries => match void(proposal, &of_row) {
            Some((why, more)) => {
                entries.extend(more);
                why
            }
            None => "not approved".to_owned(),
        },
        (_, relation) => format!("{relation} never meets an item by itself"),
    };
    let held = match &row.source {
        RowSource::One(control) => {
            let atom = Atom::Control(control.clone(), row.source_level);
            if view.cover(&atom).is_empty() {
                ", and it does not hold"
            } else {
                ", although it holds"
            }
        }
        RowSource::NothingIn(_) => "",
    };
    let group = joint.map_or_else(String::new, |one| format!(" (joint group {})", one.id));
    let text = format!(
        "{} row {}{group}: {} {}: {why}{held}",
        proposal.what.title, row.number, row.source, row.relationship
    );
    entries.sort_unstable();
    entries.dedup();
    Some(Unused { text, entries })
}

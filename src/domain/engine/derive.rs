//! From what is known to what the engine works on: grounds, rules, and the days of each.
//!
//! Only three things become rules: the words of a framework, the scheme owner's exemption rows of
//! the revision in force, and approved mapping rows or joint groups that carry satisfaction. Every
//! other row is kept as support, which is shown and never met.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::adopted::adopt;
pub use super::adopted::{counts_for, target_atom};
use super::derivation::set;
pub use super::derivation::{Declared, Derivation, Period, RulesChoice, Support};
pub use super::grounds::{SoaPeriod, certificate_region, soa_periods};
use super::grounds::{assessment_grounds, certificate_grounds, control_evidence};
use super::rule::{Atom, Authority, Premise, Rule, World};
use crate::domain::catalogue::edition::Effect;
use crate::domain::date::Date;
use crate::domain::event::words::Assurance;
use crate::domain::ids::level::Level;
use crate::domain::ids::{ControlRef, EditionId, ItemRef, UnitId};
use crate::domain::region::{Cover, Region, Steps, Units};
use crate::domain::state::State;
use crate::domain::state::index::evidence_view::{Scopes, Stated};
use crate::domain::state::known::Known;

/// Builds grounds and rules from what is known.
pub fn derive(state: &State, rules: RulesChoice) -> Derivation {
    let units = unit_names(state);
    let mut derivation = Derivation { periods: periods(state, rules), ..Derivation::default() };
    derivation.world.required = required(state, &units);
    derivation.declared = declared(state, &units);
    (derivation.corrected, derivation.size) = (state.corrected.clone(), state.size);
    derivation.scopes = Scopes::new(&state.said, &units);
    derivation.said = state.said.clone();
    derivation.units = units;
    exemption_rules(&mut derivation);
    for known in state.certificates.values() {
        certificate_grounds(state, known, &mut derivation);
    }
    assessment_grounds(state, &mut derivation);
    control_evidence(state, &mut derivation);
    for known in state.approvals.values() {
        if let Some(proposal) = state.proposals.get(&known.what.body.mapping) {
            adopt(known, proposal, &mut derivation);
        }
    }
    definitions(&mut derivation.world);
    derivation.world.sort();
    not_applicable(state, &mut derivation);
    derivation
}

fn unit_names(state: &State) -> Vec<UnitId> {
    let declared = state.scopes.iter().flat_map(|scope| &scope.what.units);
    let names: BTreeSet<UnitId> = declared.map(|unit| unit.id.clone()).collect();
    // `admit` refuses the 129th unit; in a ledger that has one all the same nothing covers it, and
    // a scope that asks for it is never covered: see `required`.
    names.into_iter().take(Units::MAX).collect()
}

fn required(state: &State, units: &[UnitId]) -> Steps<Units> {
    let starts = state.scopes.iter().map(|scope| {
        let health = scope.what.units.iter().filter(|unit| unit.health_and_care_data);
        let names: Vec<UnitId> = health.map(|unit| unit.id.clone()).collect();
        let known = names.iter().all(|name| units.contains(name));
        (scope.what.from, if known { set(units, &names) } else { Units::NONE })
    });
    Steps::from_starts(starts)
}

fn declared(state: &State, units: &[UnitId]) -> Vec<Declared> {
    let mut all: Vec<Declared> = Vec::new();
    for scope in &state.scopes {
        let names: Vec<UnitId> = scope.what.units.iter().map(|unit| unit.id.clone()).collect();
        let (from, because) = (scope.what.from, scope.because.clone());
        all.push(Declared { from, because, units: set(units, &names) });
    }
    all.sort_by_key(|one| one.from);
    all
}

/// The editions in force and the organisation's category in each, day by day.
fn periods(state: &State, rules: RulesChoice) -> Vec<Period> {
    let adopted = &state.editions;
    let in_force = Steps::from_starts(
        adopted.iter().enumerate().map(|(number, one)| (one.what.effective_from, Some(number))),
    );
    let mut classified: BTreeMap<&EditionId, Vec<(Date, Option<usize>)>> = BTreeMap::new();
    for (number, one) in state.classified.iter().enumerate() {
        classified.entry(&one.what.edition).or_default().push((one.what.from, Some(number)));
    }
    let classified: BTreeMap<&EditionId, Steps<Option<usize>>> =
        classified.into_iter().map(|(id, starts)| (id, Steps::from_starts(starts))).collect();
    let mut days: BTreeSet<Date> = in_force.changes().collect();
    days.extend(classified.values().flat_map(Steps::changes));
    let days: Vec<Date> = days.into_iter().collect();
    let mut periods = Vec::new();
    for (index, from) in days.iter().enumerate() {
        let until = days.get(index + 1).map_or(Date::MAX, |next| next.plus(-1));
        let Some(one) = in_force.at(*from).and_then(|number| adopted.get(number)) else { continue };
        let class = classified.get(&one.what.edition.id).and_then(|steps| steps.at(*from));
        let Some(class) = class.and_then(|number| state.classified.get(number)) else { continue };
        let in_force = one.because.clone();
        let one = match rules {
            RulesChoice::Then => one,
            RulesChoice::Latest => latest_revision(adopted, &one.what.edition.id).unwrap_or(one),
        };
        let because: BTreeSet<u64> = one.because.iter().chain(&class.because).copied().collect();
        periods.push(Period {
            from: *from,
            until,
            edition: Arc::clone(&one.what.edition),
            category: class.what.category.clone(),
            organisation_type: class.what.organisation_type.clone(),
            because: because.into_iter().collect(),
            in_force,
        });
    }
    periods
}

fn latest_revision<'s>(
    adopted: &'s [Known<crate::domain::state::known::AdoptedEdition>],
    id: &EditionId,
) -> Option<&'s Known<crate::domain::state::known::AdoptedEdition>> {
    let same = adopted.iter().filter(|one| one.what.edition.id == *id);
    same.max_by_key(|one| (one.what.effective_from, one.place()))
}

fn exemption_rules(derivation: &mut Derivation) {
    for period in &derivation.periods {
        let edition = &period.edition;
        for row in edition.exemptions.iter().filter(|row| row.category == period.category) {
            let types = &row.organisation_types;
            let allowed = types.is_empty() || types.contains(&period.organisation_type);
            if row.effect != Effect::Satisfies || !allowed {
                continue;
            }
            let item = ItemRef {
                edition: edition.id.clone(),
                category: row.category.clone(),
                item: row.item.clone(),
            };
            derivation.world.rules.push(Rule {
                head: Atom::Item(item),
                body: vec![Premise {
                    atom: Atom::Certificate(row.scheme),
                    minimum: Assurance::SelfAssessed,
                }],
                authority: Authority::SchemeOwner,
                because: period.because.clone(),
                label: format!(
                    "{} {} exemptions.csv row {}: {} {} certificate frees {}",
                    edition.id,
                    edition.revision,
                    row.row,
                    row.scheme.article(),
                    row.scheme.label(),
                    row.item
                ),
                days: Region::during(period.from, period.until, Cover::ALL),
                cuts: Vec::new(),
                whole_scope: true,
                challenged: Vec::new(),
                adoption: None,
            });
        }
    }
}

/// An achieved outcome is also partially achieved: for every outcome that anything says is, or
/// would be, achieved, so that rows which only support see it too.
fn definitions(world: &mut World) {
    let heads = world.rules.iter().map(|rule| &rule.head);
    let grounds = world.grounds.iter().map(|ground| &ground.atom);
    let achieved: BTreeSet<ControlRef> = heads
        .chain(grounds)
        .filter_map(|atom| match atom {
            Atom::Control(control, Level::Achieved) => Some(control.clone()),
            Atom::Control(_, Level::Met | Level::PartiallyAchieved)
            | Atom::Certificate(_)
            | Atom::Item(_) => None,
        })
        .collect();
    for control in achieved {
        world.rules.push(Rule {
            head: Atom::Control(control.clone(), Level::PartiallyAchieved),
            body: vec![Premise {
                atom: Atom::Control(control.clone(), Level::Achieved),
                minimum: Assurance::SelfAssessed,
            }],
            authority: Authority::Definition,
            because: Vec::new(),
            label: format!("{control}: what is achieved is also partially achieved"),
            days: Region::during(Date::MIN, Date::MAX, Cover::ALL),
            cuts: Vec::new(),
            whole_scope: false,
            challenged: Vec::new(),
            adoption: None,
        });
    }
}

fn not_applicable(state: &State, derivation: &mut Derivation) {
    for known in &state.not_applicable {
        let body = &known.what;
        let stated = Stated {
            from: body.from,
            until: body.until.unwrap_or(Date::MAX),
            because: known.because.clone(),
            text: body.reason.clone(),
        };
        derivation.not_applicable.entry(body.item.clone()).or_default().push(stated);
    }
}

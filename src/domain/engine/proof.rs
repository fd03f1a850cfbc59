//! Proofs: why something holds on a day, with nothing in it that could be left out; and a checker
//! that believes no engine.
//!
//! [`prove`] walks back from the goal through what was derived and drops every ground and rule that
//! the rest can do without. [`check`] follows a proof step by step with region look-ups alone.

use std::collections::{BTreeMap, BTreeSet};

use super::rule::{Atom, Firing, OneDay, Program, Uses, World};
use crate::domain::date::Date;
use crate::domain::event::words::Assurance;
use crate::domain::region::{Cover, Units};

/// A proof that an atom holds on a day for some units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The day.
    pub day: Date,
    /// What is proved.
    pub goal: Atom,
    /// The units for which it is proved.
    pub need: Units,
    /// Steps, each after those that it builds on; the last ones conclude the goal.
    pub steps: Vec<Step>,
}

/// One step of a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What the step concludes.
    pub atom: Atom,
    /// For which units and how well assured.
    pub cover: Cover,
    /// By what.
    pub by: By,
}

/// What a step rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// A ground, by its number in the world.
    Ground(usize),
    /// A rule, by its number in the world, and the earlier steps that are its premises.
    Rule(usize, Vec<usize>),
}

impl Proof {
    /// Returns the numbers of the grounds that the proof uses.
    pub fn grounds(&self) -> BTreeSet<usize> {
        let ground = |step: &Step| match &step.by {
            By::Ground(number) => Some(*number),
            By::Rule(..) => None,
        };
        self.steps.iter().filter_map(ground).collect()
    }

    /// Returns the numbers of the rules that the proof uses.
    pub fn rules(&self) -> BTreeSet<usize> {
        let rule = |step: &Step| match &step.by {
            By::Rule(number, _) => Some(*number),
            By::Ground(_) => None,
        };
        self.steps.iter().filter_map(rule).collect()
    }

    /// Returns the entries that the proof rests on, in ledger order.
    pub fn because(&self, world: &World) -> Vec<u64> {
        let mut entries = BTreeSet::new();
        for ground in self.grounds() {
            entries.extend(world.grounds.get(ground).into_iter().flat_map(|g| g.because.iter()));
        }
        for rule in self.rules() {
            entries.extend(world.rules.get(rule).into_iter().flat_map(|r| r.because.iter()));
        }
        entries.into_iter().collect()
    }
}

/// The grounds and rules of a candidate proof.
#[derive(Clone, Debug, Default)]
struct Selected {
    grounds: BTreeSet<usize>,
    rules: BTreeSet<usize>,
}

impl Uses for Selected {
    fn ground(&self, number: usize) -> bool {
        self.grounds.contains(&number)
    }

    fn rule(&self, number: usize) -> bool {
        self.rules.contains(&number)
    }

    fn rules(&self, _count: usize) -> impl Iterator<Item = usize> {
        self.rules.iter().copied()
    }
}

/// Proves that `goal` holds for all of `need` on a day, or gives none when it does not.
///
/// `derived` is what the program derives on that day from everything. The proof is minimal: without
/// any one of its grounds or rules the rest does not prove the goal.
pub fn prove(
    program: &Program<'_>,
    derived: &OneDay,
    day: Date,
    goal: &Atom,
    need: Units,
) -> Option<Proof> {
    let atom = program.number(goal)?;
    if need.is_empty() || !derived.cover(atom).units().covers(need) {
        return None;
    }
    let mut chosen = collect(program, derived, day, atom, need);
    // Later and weaker things are dropped first, so that what was recorded first stays.
    for rule in drop_order(&chosen.rules, program.world) {
        without(&mut chosen, program, day, (atom, need), |set| set.rules.remove(&rule));
    }
    for ground in chosen.grounds.clone().into_iter().rev() {
        without(&mut chosen, program, day, (atom, need), |set| set.grounds.remove(&ground));
    }
    Some(steps(program, &chosen, day, goal, need))
}

fn drop_order(rules: &BTreeSet<usize>, world: &World) -> Vec<usize> {
    let mut order: Vec<usize> = rules.iter().copied().collect();
    let key = |number: &usize| {
        world.rules.get(*number).map(|rule| {
            (rule.authority, !rule.challenged.is_empty(), rule.because.clone(), *number)
        })
    };
    order.sort_by_key(key);
    order.reverse();
    order
}

/// Drops something from the selection if the rest still proves the goal.
fn without(
    chosen: &mut Selected,
    program: &Program<'_>,
    day: Date,
    (atom, need): (usize, Units),
    remove: impl Fn(&mut Selected) -> bool,
) {
    let mut fewer = chosen.clone();
    if remove(&mut fewer) && program.on(day, &fewer).cover(atom).units().covers(need) {
        *chosen = fewer;
    }
}

/// Walks back from the goal: every firing that gave something needed, then its premises.
fn collect(
    program: &Program<'_>,
    derived: &OneDay,
    day: Date,
    goal: usize,
    need: Units,
) -> Selected {
    let mut chosen = Selected::default();
    let mut needed: BTreeMap<usize, Cover> = BTreeMap::new();
    needed.insert(goal, Cover::of(need, Assurance::SelfAssessed));
    for Firing { rule: number, gain } in derived.firings.iter().rev() {
        let head = program.head(*number).unwrap_or(usize::MAX);
        let wanted = needed.get(&head).copied().unwrap_or_default().and(*gain);
        let Some(rule) = program.world.rules.get(*number) else { continue };
        if wanted == Cover::NONE {
            continue;
        }
        chosen.rules.insert(*number);
        let required = program.world.required.at(day);
        let wanted = if rule.whole_scope { narrowed(wanted, required) } else { wanted };
        for (premise, atom) in rule.body.iter().zip(program.body(*number)) {
            let asked = needed.entry(*atom).or_default();
            *asked = asked.or(asked_of_premise(wanted, premise.minimum));
        }
        // What this firing gave is no longer asked of anything before it.
        if let Some(open) = needed.get_mut(&head) {
            *open = open.minus(*gain);
        }
    }
    for (number, ground) in program.world.grounds.iter().enumerate() {
        let Some(open) = program.ground_atom(number).and_then(|atom| needed.get_mut(&atom)) else {
            continue;
        };
        let gives = open.and(ground.region.at(day));
        if gives != Cover::NONE {
            chosen.grounds.insert(number);
            *open = open.minus(gives);
        }
    }
    chosen
}

/// The scope test asks for every required unit at each assurance at which anything is wanted.
fn narrowed(wanted: Cover, required: Units) -> Cover {
    let mut asked = Cover::NONE;
    for assurance in Assurance::ALL {
        if !wanted.at_least(assurance).is_empty() {
            asked = asked.or(Cover::of(required, assurance));
        }
    }
    asked
}

/// What a premise must cover so that the head covers `wanted`.
fn asked_of_premise(wanted: Cover, minimum: Assurance) -> Cover {
    let mut asked = Cover::NONE;
    for assurance in Assurance::ALL {
        asked = asked.or(Cover::of(wanted.at_least(assurance), assurance.max(minimum)));
    }
    asked
}

/// Replays the selection and writes down what each ground and rule gave.
fn steps(program: &Program<'_>, chosen: &Selected, day: Date, goal: &Atom, need: Units) -> Proof {
    let world = program.world;
    let mut steps: Vec<Step> = Vec::new();
    let mut of_atom: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for number in &chosen.grounds {
        let Some((ground, atom)) = world.grounds.get(*number).zip(program.ground_atom(*number))
        else {
            continue;
        };
        of_atom.entry(atom).or_default().push(steps.len());
        let cover = ground.region.at(day);
        steps.push(Step { atom: ground.atom.clone(), cover, by: By::Ground(*number) });
    }
    for Firing { rule: number, gain } in program.on(day, chosen).firings {
        let Some((rule, head)) = world.rules.get(number).zip(program.head(number)) else {
            continue;
        };
        let premises: BTreeSet<usize> = program
            .body(number)
            .iter()
            .flat_map(|atom| of_atom.get(atom).into_iter().flatten().copied())
            .collect();
        of_atom.entry(head).or_default().push(steps.len());
        let by = By::Rule(number, premises.into_iter().collect());
        steps.push(Step { atom: rule.head.clone(), cover: gain, by });
    }
    Proof { day, goal: goal.clone(), need, steps }
}

/// What is wrong with a proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// A step cites a ground or rule that is not there, or one about something else.
    #[error("step {0} cites a ground or rule that does not say this")]
    Citation(usize),
    /// A step cites a premise that does not come before it.
    #[error("step {0} builds on a step that does not come before it")]
    Order(usize),
    /// A step claims more than its ground or rule gives.
    #[error("step {0} claims more than its ground or rule gives on this day")]
    Overclaim(usize),
    /// The steps do not reach the goal.
    #[error("the steps do not cover everything that is to be proved")]
    Goal,
}

/// Checks a proof against the grounds and rules, without the engine.
///
/// # Errors
/// The first [`Flaw`].
pub fn check(proof: &Proof, world: &World) -> Result<(), Flaw> {
    let required = world.required.at(proof.day);
    for (number, step) in proof.steps.iter().enumerate() {
        let gives = match &step.by {
            By::Ground(ground) => {
                let ground = world.grounds.get(*ground).ok_or(Flaw::Citation(number))?;
                if ground.atom != step.atom {
                    return Err(Flaw::Citation(number));
                }
                ground.region.at(proof.day)
            }
            By::Rule(rule, premises) => {
                let rule = world.rules.get(*rule).ok_or(Flaw::Citation(number))?;
                if rule.head != step.atom || rule.body.is_empty() {
                    return Err(Flaw::Citation(number));
                }
                if premises.iter().any(|premise| *premise >= number) {
                    return Err(Flaw::Order(number));
                }
                let mut all = Cover::ALL;
                for premise in &rule.body {
                    let cover = said(&proof.steps, premises, &premise.atom);
                    all = all.and(cover.asking(premise.minimum));
                }
                let all = if rule.whole_scope { all.if_covering(required) } else { all };
                all.and(rule.days.at(proof.day))
            }
        };
        if !gives.covers(step.cover) {
            return Err(Flaw::Overclaim(number));
        }
    }
    let all: Vec<usize> = (0..proof.steps.len()).collect();
    let reached = said(&proof.steps, &all, &proof.goal).units();
    if proof.need.is_empty() || !reached.covers(proof.need) { Err(Flaw::Goal) } else { Ok(()) }
}

/// What the listed steps together say about an atom.
fn said(steps: &[Step], listed: &[usize], atom: &Atom) -> Cover {
    listed
        .iter()
        .filter_map(|number| steps.get(*number))
        .filter(|step| step.atom == *atom)
        .fold(Cover::NONE, |all, step| all.or(step.cover))
}

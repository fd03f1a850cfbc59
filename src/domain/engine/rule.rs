//! The equivalence engine: Horn rules over regions, to a least fixed point.
//!
//! A head holds where all premises hold, inside the rule's own days and conditions; several rules
//! give the union; nothing else creates a fact. Forward chaining of such rules is sound and
//! complete (`docs/equivalence.md`), and ends because only finitely many regions can be made from
//! the days and units that the grounds and rules name.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::domain::date::Date;
use crate::domain::event::words::Assurance;
use crate::domain::ids::level::Level;
use crate::domain::ids::scheme::Scheme;
use crate::domain::ids::{ControlRef, ItemRef, KeyId};
use crate::domain::mapping::relationship::Relationship;
use crate::domain::region::{Cover, Region, Steps, Units};
use crate::domain::state::cut::Cut;

/// Something that can hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Atom {
    /// A certificate of this scheme.
    Certificate(Scheme),
    /// A control or outcome, at a level.
    Control(ControlRef, Level),
    /// An evidence item.
    Item(ItemRef),
}

/// Who stands behind a rule, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Authority {
    /// The words themselves: an achieved outcome is also partially achieved.
    Definition,
    /// The edition's own exemption columns.
    SchemeOwner,
    /// A mapping row, joint group or assertion that an approver approved in the ledger.
    Adopted,
}

impl Authority {
    /// Returns the word used in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Definition => "definition",
            Self::SchemeOwner => "scheme-owner",
            Self::Adopted => "adopted",
        }
    }
}

/// One premise of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Premise {
    /// What must hold.
    pub atom: Atom,
    /// How well assured.
    pub minimum: Assurance,
}

/// A rule: the head holds where every premise does, on the rule's days, under its condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What follows.
    pub head: Atom,
    /// What must all hold; never empty.
    pub body: Vec<Premise>,
    /// Who stands behind it.
    pub authority: Authority,
    /// The entries that make it a rule, in ledger order.
    pub because: Vec<u64>,
    /// Which row of the file it comes from, for people.
    pub label: String,
    /// The days on which it is in force.
    pub days: Region,
    /// What took days away.
    pub cuts: Vec<Cut>,
    /// Whether every unit that processes health and care data must be covered before it says
    /// anything; then it speaks for the whole organisation.
    pub whole_scope: bool,
    /// Somebody challenged it, and nobody has answered yet: the entries that say so.
    pub challenged: Vec<u64>,
    /// Who adopted it and on what grounds; none for rules that need no adoption.
    pub adoption: Option<Arc<Adoption>>,
}

/// What an approver adopted, as the proof shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// The key that approved.
    pub approver: KeyId,
    /// The entry of the approval.
    pub entry: u64,
    /// Why the approver holds it right.
    pub rationale: String,
    /// What the sources (together) are to the target.
    pub relationship: Relationship,
    /// Why the author of the mapping holds it right, one text for each row.
    pub reasons: Vec<String>,
    /// SHA-256 of the mapping's rows; blank for an asserted equivalence.
    pub digest: String,
}

/// Something that holds by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// What holds.
    pub atom: Atom,
    /// Where.
    pub region: Region,
    /// The last day that it names itself.
    pub until: Date,
    /// Why it counts for less long than it says; blank where it does not.
    pub limit: String,
    /// What took days or units away.
    pub cuts: Vec<Cut>,
    /// The entry that is the ground itself: of the certificate, assessment or evidence.
    pub entry: u64,
    /// The entries that say so, in ledger order.
    pub because: Vec<u64>,
    /// What it comes from, for people: the certificate, the assessment, the evidence.
    pub name: String,
    /// What it is, for people.
    pub label: String,
}

/// Grounds, rules and the scope test: all that the engine knows.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Grounds, in canonical order once [`World::sort`] ran.
    pub grounds: Vec<Ground>,
    /// Rules, in canonical order once [`World::sort`] ran.
    pub rules: Vec<Rule>,
    /// The units that process health and care data, by day.
    pub required: Steps<Units>,
}

impl World {
    /// Puts grounds and rules into an order that depends on their content alone, so that neither
    /// answers nor proofs depend on the order of rows, files or approvals.
    pub fn sort(&mut self) {
        self.grounds
            .sort_by(|a, b| (&a.atom, &a.because, &a.label).cmp(&(&b.atom, &b.because, &b.label)));
        let key = |rule: &Rule| {
            (
                rule.head.clone(),
                rule.authority,
                !rule.challenged.is_empty(),
                rule.body.clone(),
                rule.because.clone(),
                rule.label.clone(),
            )
        };
        self.rules.sort_by_cached_key(key);
    }
}

/// What a rule derives from the covers of its premises on one day.
pub fn conclude(
    rule: &Rule,
    premises: impl Iterator<Item = Cover>,
    day: Date,
    required: Units,
) -> Cover {
    if rule.body.is_empty() {
        // What rests on nothing would hold everywhere; such a rule says nothing instead.
        return Cover::NONE;
    }
    let minima = rule.body.iter().map(|premise| premise.minimum);
    let all = minima
        .zip(premises)
        .fold(Cover::ALL, |all, (minimum, cover)| all.and(cover.asking(minimum)));
    let all = if rule.whole_scope { all.if_covering(required) } else { all };
    all.and(rule.days.at(day))
}

/// A world with its atoms numbered and its rules indexed by what they build on.
pub struct Program<'w> {
    /// The world.
    pub world: &'w World,
    atoms: HashMap<&'w Atom, usize>,
    heads: Vec<usize>,
    bodies: Vec<Vec<usize>>,
    ground_atoms: Vec<usize>,
    users: Vec<Vec<usize>>,
}

/// One rule that added something on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Firing {
    /// Number of the rule.
    pub rule: usize,
    /// What it added that nothing before had given.
    pub gain: Cover,
}

/// What holds on one day, and in which order it was derived.
pub struct OneDay {
    covers: Vec<Cover>,
    /// The rules that added something, each after all that it built on.
    pub firings: Vec<Firing>,
}

impl<'w> Program<'w> {
    /// Numbers the atoms and indexes the rules.
    pub fn new(world: &'w World) -> Self {
        // Numbers follow the order of the world, so nothing depends on the order of hashes.
        let mut atoms: HashMap<&Atom, usize> = HashMap::new();
        let mut number = |atom: &'w Atom| {
            let next = atoms.len();
            *atoms.entry(atom).or_insert(next)
        };
        let ground_atoms = world.grounds.iter().map(|ground| number(&ground.atom)).collect();
        let heads: Vec<usize> = world.rules.iter().map(|rule| number(&rule.head)).collect();
        let bodies: Vec<Vec<usize>> = world
            .rules
            .iter()
            .map(|rule| rule.body.iter().map(|premise| number(&premise.atom)).collect())
            .collect();
        let mut users = vec![Vec::new(); atoms.len()];
        for (rule, body) in bodies.iter().enumerate() {
            for atom in body {
                if let Some(list) = users.get_mut(*atom) {
                    list.push(rule);
                }
            }
        }
        Self { world, atoms, heads, bodies, ground_atoms, users }
    }

    /// Returns the number of an atom, if any ground or rule names it.
    pub fn number(&self, atom: &Atom) -> Option<usize> {
        self.atoms.get(atom).copied()
    }

    /// Returns how many atoms there are.
    pub fn len(&self) -> usize {
        self.atoms.len()
    }

    /// Says whether no ground or rule names any atom.
    pub fn is_empty(&self) -> bool {
        self.atoms.is_empty()
    }

    /// Derives where everything holds, on every day at once: one region per atom.
    pub fn solve(&self) -> Solution<'w, '_> {
        let mut regions = vec![Region::new(); self.atoms.len()];
        for (ground, atom) in self.world.grounds.iter().zip(&self.ground_atoms) {
            if let Some(region) = regions.get_mut(*atom) {
                *region = region.union(&ground.region);
            }
        }
        let mut queue = Queue::new(self.world.rules.len());
        for rule in 0..self.world.rules.len() {
            self.enqueue(&mut queue, rule, |atom| !regions.get(atom).is_none_or(Region::is_empty));
        }
        while let Some(rule) = queue.pop() {
            let (Some(head), Some(derived)) = (self.heads.get(rule), self.fire(rule, &regions))
            else {
                continue;
            };
            let Some(region) = regions.get_mut(*head) else { continue };
            let grown = region.union(&derived);
            if grown != *region {
                *region = grown;
                for user in self.users.get(*head).into_iter().flatten() {
                    self.enqueue(&mut queue, *user, |atom| {
                        !regions.get(atom).is_none_or(Region::is_empty)
                    });
                }
            }
        }
        Solution { program: self, regions }
    }

    fn enqueue(&self, queue: &mut Queue, rule: usize, holds: impl Fn(usize) -> bool) {
        if self.bodies.get(rule).is_some_and(|body| body.iter().all(|atom| holds(*atom))) {
            queue.push(rule);
        }
    }

    /// What one rule derives now, on every day.
    fn fire(&self, number: usize, regions: &[Region]) -> Option<Region> {
        let (rule, body) = (self.world.rules.get(number)?, self.bodies.get(number)?);
        let mut premises = rule.body.iter().zip(body);
        let (first, atom) = premises.next()?;
        let mut all = regions.get(*atom)?.map(|cover| cover.asking(first.minimum));
        for (premise, atom) in premises {
            all = all.zip(regions.get(*atom)?, |a, b| a.and(b.asking(premise.minimum)));
        }
        if rule.whole_scope {
            all = all.zip(&self.world.required, Cover::if_covering);
        }
        Some(all.intersection(&rule.days))
    }

    /// Derives what holds on one day from the grounds and rules that `uses` lets through.
    pub fn on(&self, day: Date, uses: &impl Uses) -> OneDay {
        let mut covers = vec![Cover::NONE; self.atoms.len()];
        for (number, (ground, atom)) in
            self.world.grounds.iter().zip(&self.ground_atoms).enumerate()
        {
            if let (true, Some(cover)) = (uses.ground(number), covers.get_mut(*atom)) {
                *cover = cover.or(ground.region.at(day));
            }
        }
        let required = self.world.required.at(day);
        let mut queue = Queue::new(self.world.rules.len());
        for rule in uses.rules(self.world.rules.len()) {
            self.enqueue(&mut queue, rule, |atom| covers.get(atom).is_some_and(|c| !c.is_empty()));
        }
        let mut firings = Vec::new();
        while let Some(number) = queue.pop() {
            let (Some(rule), Some(body), Some(head)) =
                (self.world.rules.get(number), self.bodies.get(number), self.heads.get(number))
            else {
                continue;
            };
            let premises = body.iter().map(|atom| covers.get(*atom).copied().unwrap_or_default());
            let derived = conclude(rule, premises, day, required);
            let gain = derived.minus(covers.get(*head).copied().unwrap_or_default());
            if gain == Cover::NONE {
                continue;
            }
            if let Some(cover) = covers.get_mut(*head) {
                *cover = cover.or(derived);
            }
            firings.push(Firing { rule: number, gain });
            for user in self.users.get(*head).into_iter().flatten() {
                if uses.rule(*user) {
                    self.enqueue(&mut queue, *user, |atom| {
                        covers.get(atom).is_some_and(|cover| !cover.is_empty())
                    });
                }
            }
        }
        OneDay { covers, firings }
    }

    /// Returns the numbers of the atoms that a rule builds on.
    pub fn body(&self, rule: usize) -> &[usize] {
        self.bodies.get(rule).map_or(&[], Vec::as_slice)
    }

    /// Returns the number of the atom that a rule concludes.
    pub fn head(&self, rule: usize) -> Option<usize> {
        self.heads.get(rule).copied()
    }

    /// Returns the number of the atom of a ground.
    pub fn ground_atom(&self, ground: usize) -> Option<usize> {
        self.ground_atoms.get(ground).copied()
    }
}

impl OneDay {
    /// What an atom covers, by its number.
    pub fn cover(&self, atom: usize) -> Cover {
        self.covers.get(atom).copied().unwrap_or_default()
    }
}

/// Which grounds and rules may be used.
pub trait Uses {
    /// May this ground be used?
    fn ground(&self, number: usize) -> bool;
    /// May this rule be used?
    fn rule(&self, number: usize) -> bool;
    /// The rules that may be used, out of so many.
    fn rules(&self, count: usize) -> impl Iterator<Item = usize> {
        (0..count).filter(|number| self.rule(*number))
    }
}

/// All grounds and rules.
pub struct Everything;

impl Uses for Everything {
    fn ground(&self, _number: usize) -> bool {
        true
    }

    fn rule(&self, _number: usize) -> bool {
        true
    }
}

/// Where everything holds, on every day.
pub struct Solution<'w, 'p> {
    program: &'p Program<'w>,
    regions: Vec<Region>,
}

impl Solution<'_, '_> {
    /// Returns where an atom holds; nowhere when no ground or rule names it.
    pub fn region(&self, atom: &Atom) -> Option<&Region> {
        self.regions.get(self.program.number(atom)?)
    }
}

/// Rules to look at again, each at most once at a time, first in first out.
struct Queue {
    order: VecDeque<usize>,
    waiting: Vec<bool>,
}

impl Queue {
    fn new(rules: usize) -> Self {
        Self { order: VecDeque::new(), waiting: vec![false; rules] }
    }

    fn push(&mut self, rule: usize) {
        if let Some(waiting @ false) = self.waiting.get_mut(rule) {
            *waiting = true;
            self.order.push_back(rule);
        }
    }

    fn pop(&mut self) -> Option<usize> {
        let rule = self.order.pop_front()?;
        if let Some(waiting) = self.waiting.get_mut(rule) {
            *waiting = false;
        }
        Some(rule)
    }
}

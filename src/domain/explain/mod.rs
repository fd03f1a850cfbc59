//! Why an item stands where it does on a day: the tree of reasons, what was looked at and not used,
//! and what would change the answer.
//!
//! One model for the command line, JSON and the screen. Every leaf names the entries it rests on.

pub(in crate::domain) mod aside;
pub(in crate::domain) mod causes;
pub mod diff;
pub mod names;
pub mod remedy;
pub(in crate::domain) mod rests_on;
pub mod spells;
pub mod telling;
pub(in crate::domain) mod unused;
pub mod why_not;

use std::collections::BTreeSet;

use super::date::Date;
use super::engine::item_status::{Finding, Status};
use super::engine::proof::{By, Proof};
use super::engine::rule::{Adoption, Atom, Authority, Rule};
use super::engine::status::{DayView, stated_on};
use super::ids::ItemRef;
use super::region::Units;
use super::state::State;
use super::state::index::evidence_view::{OwnEvidence, Stated};
use causes::stopped;
pub use names::atom_name;
use remedy::remedies;
pub use telling::Telling;
use unused::unused;
use why_not::{Unused, unit_list};

/// One line of the tree and what stands under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What kind of thing it is: `rule`, `ground`, `scope`, `asked-by`, `evidence`, `confirmed`,
    /// `stated`, `ended`.
    pub kind: &'static str,
    /// The sentence.
    pub text: String,
    /// The entries it rests on.
    pub entries: Vec<u64>,
    /// Reasons under it.
    pub children: Vec<Node>,
}

impl Node {
    fn leaf(kind: &'static str, text: impl Into<String>, entries: &[u64]) -> Self {
        Self { kind, text: text.into(), entries: entries.to_vec(), children: Vec::new() }
    }
}

impl Node {
    /// Every entry that it and what stands under it rest on.
    pub fn all_entries(&self) -> BTreeSet<u64> {
        let below = self.children.iter().flat_map(Self::all_entries);
        self.entries.iter().copied().chain(below).collect()
    }
}

/// An explanation.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The finding.
    pub finding: Finding,
    /// The reasons.
    pub because: Vec<Node>,
    /// The proof by equivalence, when there is one.
    pub proof: Option<Proof>,
    /// What holds of it and what is missing, when it is not in place but something holds.
    pub partial: Option<Partial>,
    /// What was looked at and not used.
    pub unused: Vec<Unused>,
    /// The next day on which the status changes by itself, and to what.
    pub next: Option<(Date, Status)>,
    /// The smallest sets of things that would put it in place, smallest first.
    pub remedies: Vec<Vec<String>>,
}

impl Explanation {
    /// Every entry that the answer rests on.
    pub fn entries(&self) -> Vec<u64> {
        let below = self.because.iter().flat_map(Node::all_entries);
        let mut all: Vec<u64> = self.finding.because.iter().copied().chain(below).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// What holds of an item and what is missing: by unit, and by source of its rules. No share of
/// anything is added up: parts never make a whole (`docs/equivalence.md`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partial {
    /// Required units for which at least one source or own evidence holds.
    pub units_held: Vec<String>,
    /// Required units for which nothing holds.
    pub units_missing: Vec<String>,
    /// Sources of rules in force that hold for every required unit.
    pub sources_held: Vec<String>,
    /// Sources of rules in force that do not.
    pub sources_missing: Vec<String>,
}

/// Explains one item; none when it is not asked for on that day.
pub fn explain(
    state: &State,
    view: &DayView<'_>,
    item: &ItemRef,
    telling: Telling<'_>,
) -> Option<Explanation> {
    let finding = view.finding(item)?;
    let proof = view.proof(item);
    let mut because = Vec::new();
    match finding.status {
        Status::NotApplicable => {
            let list = view.positions.derivation.not_applicable.get(item);
            let stated = stated_on(list, view.day);
            because.extend(stated.iter().map(|one| stated_node("it does not apply", one)));
        }
        Status::Lapsed => because.push(lapse_node(view, item, telling)),
        Status::Met
        | Status::MetByEquivalence
        | Status::NeedsConfirming
        | Status::PartlySupported
        | Status::NotMet
        | Status::NotAsked => {}
    }
    because.extend(own_nodes(view, item, telling));
    if let Some(proof) = &proof {
        because.extend(proof_nodes(view, proof));
    }
    because.extend(scope_node(view, &finding, &because));
    because.push(asked_node(view, item));
    Some(Explanation {
        partial: partial(view, item, finding.status),
        unused: unused(state, view, item, telling),
        next: view.positions.history(item).find(|(day, _)| *day > view.day),
        remedies: remedies(state, view, item)
            .iter()
            .map(|set| set.iter().map(|thing| thing.text(view.day)).collect())
            .collect(),
        finding,
        because,
        proof,
    })
}

fn stated_node(what: &str, one: &Stated) -> Node {
    let text = format!("{what}, recorded from {}: {}", one.from.short(), one.text);
    Node::leaf("stated", text, &one.because)
}

fn own_nodes(view: &DayView<'_>, item: &ItemRef, telling: Telling<'_>) -> Vec<Node> {
    let counts = |own: &OwnEvidence| {
        let ends = own.region.changes().find(|change| *change > view.day);
        let until = ends.map_or_else(String::new, |day| format!(" until {}", day.plus(-1).short()));
        Node::leaf("evidence", format!("{} counts{until}", own.label), &own.because)
    };
    let mut nodes = telling.tell(
        &view.positions.own_on(item, view.day),
        (view, item),
        counts,
        |text, entries| Node::leaf("evidence", format!("{text} count as well"), &entries),
    );
    let confirmed = view.positions.confirmations(&item.assertion(), view.day);
    if !confirmed.is_empty() {
        let text = format!(
            "assertion {} is confirmed{}",
            item.item.assertion(),
            before_grounds(&view.newer_than_confirmed(item))
        );
        nodes.push(Node::leaf("confirmed", text, &confirmed));
    }
    let denied = view.positions.denied_on(item, view.day);
    nodes.extend(
        denied.iter().map(|one| stated_node("the own answer says that it is not met", one)),
    );
    nodes
}

/// The declaration of the scope, where the status rests on it and no reason says so yet.
fn scope_node(view: &DayView<'_>, finding: &Finding, nodes: &[Node]) -> Option<Node> {
    let entries = view.scope_entries();
    let said: BTreeSet<u64> = nodes.iter().flat_map(Node::all_entries).collect();
    let rests = !entries.is_empty() && entries.iter().all(|seq| finding.because.contains(seq));
    if !rests || entries.iter().all(|seq| said.contains(seq)) {
        return None;
    }
    let derivation = &view.positions.derivation;
    let required = derivation.world.required.at(view.day);
    let text = if required.is_empty() {
        "no unit is declared to process health and care data".to_owned()
    } else {
        let names = unit_list(&derivation.names(required));
        format!("what processes health and care data: {names}")
    };
    Some(Node::leaf("scope", text, &entries))
}

/// Says that what was confirmed is not what the item rests on now; blank where it is.
pub(super) fn before_grounds(newer: &[u64]) -> String {
    match newer {
        [] => String::new(),
        [one] => format!(", before #{one} was recorded, without which it would not be met"),
        [first, ..] => {
            format!(", before #{first} and others were recorded, without which it would not be met")
        }
    }
}

fn asked_node(view: &DayView<'_>, item: &ItemRef) -> Node {
    let Some((period, asked)) = view.positions.asked(item, view.day) else {
        return Node::leaf("asked-by", "not asked for on this day", &[]);
    };
    let text = format!(
        "asked for by {} revision {}, {} for organisations of type {}",
        period.edition.id,
        period.edition.revision,
        asked.requirement.as_str(),
        period.type_label()
    );
    let entries: Vec<u64> = period.entries().into_iter().collect();
    Node::leaf("asked-by", text, &entries)
}

/// The proof as a tree: the goal's rule, its premises under it, each shown once.
fn proof_nodes(view: &DayView<'_>, proof: &Proof) -> Vec<Node> {
    let mut shown = BTreeSet::new();
    proof_of(view, proof, &proof.goal, &mut shown)
}

fn proof_of(
    view: &DayView<'_>,
    proof: &Proof,
    atom: &Atom,
    shown: &mut BTreeSet<usize>,
) -> Vec<Node> {
    let world = &view.positions.derivation.world;
    let steps = proof.steps.iter().enumerate().filter(|(_, step)| step.atom == *atom);
    let mut nodes = Vec::new();
    for (number, step) in steps {
        let first = shown.insert(number);
        match &step.by {
            By::Ground(ground) => {
                if let Some(ground) = world.grounds.get(*ground) {
                    let ends = ground.region.changes().find(|change| *change > view.day);
                    let ends = ends.map_or_else(String::new, |day| {
                        format!(", in force until {}", day.plus(-1).short())
                    });
                    let units = ground.region.at(view.day).units();
                    let names = view.positions.derivation.names(units);
                    let scope = match (units == Units::ALL, names.as_slice()) {
                        (true, _) => ", for the whole organisation".to_owned(),
                        (false, names) => format!(", for {}", unit_list(names)),
                    };
                    let text = format!("{}{ends}{scope}", ground.label);
                    nodes.push(Node::leaf("ground", text, &ground.because));
                }
            }
            By::Rule(rule, _) => {
                if let Some(rule) = world.rules.get(*rule) {
                    nodes.push(rule_node(view, proof, rule, first, shown));
                }
            }
        }
    }
    nodes
}

fn rule_node(
    view: &DayView<'_>,
    proof: &Proof,
    rule: &Rule,
    first: bool,
    shown: &mut BTreeSet<usize>,
) -> Node {
    let mut node = Node::leaf("rule", rule_text(rule), &rule.because);
    if !first {
        node.text.push_str(" (as above)");
        return node;
    }
    node.children.extend(rule.adoption.iter().flat_map(|one| adoption_nodes(view, rule, one)));
    for premise in &rule.body {
        node.children.extend(proof_of(view, proof, &premise.atom, shown));
    }
    if rule.whole_scope {
        let derivation = &view.positions.derivation;
        let required = derivation.world.required.at(view.day);
        let names = unit_list(&derivation.names(required));
        let text = format!("its scope covers all that processes health and care data: {names}");
        node.children.push(Node::leaf("scope", text, &view.scope_entries()));
    }
    node
}

/// Who adopted a rule, why, for how long, and what exactly.
fn adoption_nodes(view: &DayView<'_>, rule: &Rule, adoption: &Adoption) -> Vec<Node> {
    let ends = rule.days.changes().find(|change| *change > view.day);
    let until = ends.map_or_else(String::new, |day| format!(" until {}", day.plus(-1).short()));
    let from = rule.days.changes().take_while(|change| *change <= view.day).last();
    let from = from.map_or_else(String::new, |day| format!(", in force from {}", day.short()));
    let text = format!("approved by {}{from}{until}: {}", adoption.approver, adoption.rationale);
    let mut nodes = vec![Node::leaf("approved", text, &[adoption.entry])];
    let (relationship, digest) = (adoption.relationship, &adoption.digest);
    let of = if digest.is_empty() { String::new() } else { format!(", mapping sha256 {digest}") };
    let text = format!("the sources are together {relationship} what the item asks{of}");
    let text =
        if rule.body.len() == 1 { text.replace("sources are together", "source is") } else { text };
    let mut claim = Node::leaf("relationship", text, &[]);
    claim.children = adoption.reasons.iter().map(|one| Node::leaf("rationale", one, &[])).collect();
    nodes.push(claim);
    nodes
}

/// A rule in one sentence: where it comes from, who stands behind it, whether it is doubted.
fn rule_text(rule: &Rule) -> String {
    let authority = match rule.authority {
        Authority::Definition => "by definition",
        Authority::SchemeOwner => "by the scheme owner's rule",
        Authority::Adopted => "by an approved mapping",
    };
    let challenged = if rule.challenged.is_empty() {
        String::new()
    } else {
        let entries: Vec<String> = rule.challenged.iter().map(|seq| format!("#{seq}")).collect();
        format!(" (CHALLENGED in {})", entries.join(", "))
    };
    format!("{authority}: {}{challenged}", rule.label)
}

/// What met the item before, and what ended it.
fn lapse_node(view: &DayView<'_>, item: &ItemRef, telling: Telling<'_>) -> Node {
    let Some((last, then)) = view.when_met(item) else {
        return Node::leaf("ended", "it was met before", &[]);
    };
    let status = view.positions.status(item, last);
    let text = format!("it was {} until {}", status.word().to_lowercase(), last.short());
    let mut node = Node::leaf("ended", text, &[]);
    let proof = then.proof(item);
    if let Some(proof) = &proof {
        node.children.extend(proof_nodes(&then, proof));
    }
    for cause in stopped(&then, view, item) {
        node.children.push(Node::leaf("ended", cause.text, &cause.entries));
    }
    let counted = |own: &OwnEvidence| {
        let entries: Vec<u64> = own.because.iter().chain(&own.ended_by).copied().collect();
        Node::leaf("ended", format!("{} counted until {}", own.label, last.short()), &entries)
    };
    let own = view.positions.own_on(item, last);
    node.children.extend(telling.tell(&own, (view, item), counted, |text, entries| {
        Node::leaf("ended", format!("{text} counted until then as well"), &entries)
    }));
    node
}

fn partial(view: &DayView<'_>, item: &ItemRef, status: Status) -> Option<Partial> {
    let derivation = &view.positions.derivation;
    let required = derivation.world.required.at(view.day);
    let held = view.positions.partial(item, view.day).and(required);
    if status.in_place() || held.is_empty() {
        return None;
    }
    let names =
        |units: Units| derivation.names(units).into_iter().map(ToString::to_string).collect();
    let goal = Atom::Item(item.clone());
    let rules = derivation.world.rules.iter().filter(|rule| rule.head == goal);
    let active = rules.filter(|rule| !rule.days.at(view.day).is_empty());
    let (mut sources_held, mut sources_missing) = (BTreeSet::new(), BTreeSet::new());
    for premise in active.flat_map(|rule| &rule.body) {
        let cover = view.cover(&premise.atom).asking(premise.minimum).units();
        let list = if cover.covers(required) { &mut sources_held } else { &mut sources_missing };
        list.insert(atom_name(&premise.atom));
    }
    for one in derivation.supports.iter().filter(|one| one.target == goal) {
        if !one.days.at(view.day).is_empty() && view.cover(&one.source).units().covers(required) {
            let name = atom_name(&one.source);
            if !sources_held.contains(&name) {
                sources_held.insert(format!("{name} (a part only)"));
            }
        }
    }
    Some(Partial {
        units_held: names(held),
        units_missing: names(required.minus(held)),
        sources_held: sources_held.into_iter().collect(),
        sources_missing: sources_missing.into_iter().collect(),
    })
}

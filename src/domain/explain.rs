//! Why an item stands where it does on a day: the tree of reasons, what was looked at and not used,
//! and what would change the answer.
//!
//! One model for the command line, JSON and the screen. Every leaf names the entries it rests on.

use std::collections::BTreeSet;

use super::chronicle::Words;
use super::day::Day;
use super::derive::{counts_for, target_atom};
use super::mapping::{MappingRow, Relationship, RowSource};
use super::proof::{By, Proof};
use super::refs::{EventId, ItemRef, Level};
use super::region::Units;
use super::replay::{Approval, Known, Proposal, State};
use super::rule::{Adoption, Atom, Authority, Rule};
use super::said::{Own, Piece, Stated};
use super::status::{DayView, Finding, Status, stated_on};
use super::whynot::{Unused, assurance_text, unit_list, why_not};

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
    pub next: Option<(Day, Status)>,
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

/// Where the titles in an explanation are read, and how many of a kind are told one by one: the
/// newest; all entries are named all the same.
#[derive(Clone, Copy)]
pub struct Telling<'t> {
    /// Where titles are read.
    pub words: &'t dyn Words,
    /// How many pieces of evidence and answers are told one by one.
    pub most: usize,
}

impl<'t> Telling<'t> {
    /// Tells everything one by one.
    pub fn all(words: &'t dyn Words) -> Self {
        Self { words, most: usize::MAX }
    }

    /// Tells of each how it counts, the newest that fit one by one and those before them at once.
    fn tell<T>(
        self,
        pieces: &[Piece],
        (view, item): (&DayView<'_>, &ItemRef),
        one: impl Fn(&Own) -> T,
        rest: impl FnOnce(String, Vec<u64>) -> T,
    ) -> Vec<T> {
        let before = pieces.len().saturating_sub(self.most);
        let (earlier, newest) = pieces.split_at_checked(before).unwrap_or((&[], pieces));
        let mut told = Vec::with_capacity(newest.len() + 1);
        if !earlier.is_empty() {
            let entries = view.positions.derivation.said.entries_of(earlier);
            told.push(rest(format!("{} earlier ones", earlier.len()), entries));
        }
        let own = |piece| view.positions.own(item, piece, self.words);
        told.extend(newest.iter().filter_map(own).map(|own| one(&own)));
        told
    }
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
        Status::Lapsed => because.push(lapse_node(state, view, item, telling)),
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
    because.push(asked_node(view, item));
    Some(Explanation {
        partial: partial(view, item, finding.status),
        unused: unused(state, view, item, telling),
        next: view.positions.history(item).find(|(day, _)| *day > view.day),
        remedies: if finding.status.in_place() { Vec::new() } else { remedies(state, view, item) },
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
    let counts = |own: &Own| {
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
        let text = format!("assertion {} is confirmed", item.item.assertion());
        nodes.push(Node::leaf("confirmed", text, &confirmed));
    }
    let denied = view.positions.denied_on(item, view.day);
    nodes.extend(
        denied.iter().map(|one| stated_node("the own answer says that it is not met", one)),
    );
    nodes
}

fn asked_node(view: &DayView<'_>, item: &ItemRef) -> Node {
    let Some((period, asked)) = view.positions.asked(item, view.day) else {
        return Node::leaf("asked-by", "not asked for on this day", &[]);
    };
    let text = format!(
        "asked for by {} revision {}, {} for {} ({})",
        period.edition.id,
        period.edition.revision,
        asked.requirement.as_str(),
        period.organisation_type,
        period.category
    );
    Node::leaf("asked-by", text, &period.because)
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
        node.children.push(Node::leaf("scope", text, &[]));
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
fn lapse_node(state: &State, view: &DayView<'_>, item: &ItemRef, telling: Telling<'_>) -> Node {
    let Some(last) = view.positions.last_met(item, view.day) else {
        return Node::leaf("ended", "it was met before", &[]);
    };
    let then = view.positions.on(last);
    let status = view.positions.status(item, last);
    let text = format!("it was {} until {}", status.word().to_lowercase(), last.short());
    let mut node = Node::leaf("ended", text, &[]);
    let proof = then.proof(item);
    if let Some(proof) = &proof {
        node.children.extend(proof_nodes(&then, proof));
        for cause in causes(state, &then, view, proof) {
            node.children.push(Node::leaf("ended", cause.text, &cause.entries));
        }
    }
    let counted = |own: &Own| {
        let entries: Vec<u64> = own.because.iter().chain(&own.ended_by).copied().collect();
        Node::leaf("ended", format!("{} counted until {}", own.label, last.short()), &entries)
    };
    let own = view.positions.own_on(item, last);
    node.children.extend(telling.tell(&own, (view, item), counted, |text, entries| {
        Node::leaf("ended", format!("{text} counted until then as well"), &entries)
    }));
    node
}

/// Says which premises of an older proof do not hold any more, and why. `then` is the view that the
/// proof is of; `now` and `state` are what it is looked at with.
pub fn causes(state: &State, then: &DayView<'_>, now: &DayView<'_>, proof: &Proof) -> Vec<Unused> {
    let (old, derivation) = (&then.positions.derivation.world, &now.positions.derivation);
    let required = derivation.world.required.at(now.day);
    let mut found: BTreeSet<Unused> = BTreeSet::new();
    for ground in proof.grounds().iter().filter_map(|number| old.grounds.get(*number)) {
        if required.is_empty() || !now.cover(&ground.atom).units().covers(required) {
            found.extend(why_not(state, derivation, &ground.atom, now.day, required));
        }
    }
    for rule in proof.rules().iter().filter_map(|number| old.rules.get(*number)) {
        let same = |other: &&Rule| other.head == rule.head && other.body == rule.body;
        let mut still = derivation.world.rules.iter().filter(same);
        if !still.any(|other| !other.days.at(now.day).is_empty()) {
            found.insert(rule_end(state, now, rule));
        }
    }
    found.into_iter().collect()
}

/// Why a rule that was in force is not any more.
fn rule_end(state: &State, now: &DayView<'_>, rule: &Rule) -> Unused {
    let ended = |text: String, more: &[u64]| {
        let entries: BTreeSet<u64> = rule.because.iter().chain(more).copied().collect();
        Unused { text: format!("{text}: {}", rule.label), entries: entries.into_iter().collect() }
    };
    if rule.authority == Authority::SchemeOwner {
        let period = now.positions.derivation.period_on(now.day);
        let because = period.map_or(&[][..], |period| period.because.as_slice());
        return ended("the rules in force do not hold this exemption".to_owned(), because);
    }
    let approval = state
        .approvals
        .values()
        .find(|one| one.because.iter().all(|seq| rule.because.contains(seq)));
    let Some(approval) = approval else {
        return ended("its mapping or approval was made void".to_owned(), &[]);
    };
    for (seq, from, _, why) in &approval.what.withdrawn {
        if *from <= now.day {
            let text = format!("its approval was withdrawn from {} ({why})", from.short());
            return ended(text, &[*seq]);
        }
    }
    match approval.what.body.until {
        Some(until) if until < now.day => {
            ended(format!("its approval ended on {}", until.short()), &[])
        }
        _ => ended("the rule is not in force".to_owned(), &[]),
    }
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

/// An atom as people name it.
pub fn atom_name(atom: &Atom) -> String {
    match atom {
        Atom::Certificate(scheme) => format!("{} {} certificate", scheme.article(), scheme.label()),
        Atom::Control(control, Level::Met) => control.to_string(),
        Atom::Control(control, level) => format!("{control} {}", level.as_str()),
        Atom::Item(item) => item.to_string(),
    }
}

fn unused(state: &State, view: &DayView<'_>, item: &ItemRef, telling: Telling<'_>) -> Vec<Unused> {
    let mut found = unused_own(view, item, telling);
    unused_rules(state, view, item, &mut found);
    for (id, proposal) in &state.proposals {
        let approvals: Vec<&Known<Approval>> =
            state.approvals.values().filter(|one| approves(one, id, proposal)).collect();
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

fn approves(approval: &Known<Approval>, id: &EventId, proposal: &Known<Proposal>) -> bool {
    approval.what.body.mapping == *id && counts_for(approval, proposal)
}

fn targets(row: &MappingRow, item: &ItemRef) -> bool {
    target_atom(&row.target, Level::Met) == Atom::Item(item.clone())
}

fn unused_own(view: &DayView<'_>, item: &ItemRef, telling: Telling<'_>) -> Vec<Unused> {
    let Some(all) = view.positions.own_not_on(item, view.day) else {
        let text = "own evidence: none recorded".to_owned();
        return vec![Unused { text, entries: Vec::new() }];
    };
    let unused = |own: &Own| {
        let began = own.region.changes().next();
        let ended = own.region.changes().filter(|change| *change <= view.day).last();
        let why = match (began, ended) {
            (None, _) => "was withdrawn or set aside and never counts".to_owned(),
            (Some(day), _) if day > view.day => format!("counts only from {}", day.short()),
            (_, Some(day)) => format!("counted until {}", day.plus(-1).short()),
            (_, None) => "does not count on this day".to_owned(),
        };
        let entries: BTreeSet<u64> = own.because.iter().chain(&own.ended_by).copied().collect();
        Unused { text: format!("{} {why}", own.label), entries: entries.into_iter().collect() }
    };
    telling.tell(&all, (view, item), unused, |text, entries| Unused {
        text: format!("{text} do not count on this day either"),
        entries,
    })
}

/// Rules about the item that do not fire on this day, and notes in the exemption columns.
fn unused_rules(state: &State, view: &DayView<'_>, item: &ItemRef, found: &mut Vec<Unused>) {
    let derivation = &view.positions.derivation;
    let required = derivation.world.required.at(view.day);
    let goal = Atom::Item(item.clone());
    for rule in derivation.world.rules.iter().filter(|rule| rule.head == goal) {
        if rule.days.at(view.day).is_empty() {
            if rule.authority == Authority::Adopted {
                let text = format!("not in force on this day: {}", rule.label);
                found.push(Unused { text, entries: rule.because.clone() });
            }
            continue;
        }
        for premise in &rule.body {
            let held = view.cover(&premise.atom).asking(premise.minimum).units();
            if required.is_empty() || !held.covers(required) {
                for reason in why_not(state, derivation, &premise.atom, view.day, required) {
                    let text = format!("{}: {}", rule.label, reason.text);
                    found.push(Unused { text, entries: reason.entries });
                }
            }
        }
    }
    let Some((period, _)) = view.positions.asked(item, view.day) else { return };
    let notes = period.edition.exemptions.iter().filter(|row| {
        row.effect == super::edition::Effect::Note
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

/// Says why a mapping row about the item derives nothing; none when it is an active rule.
fn unused_row(
    view: &DayView<'_>,
    proposal: &Known<Proposal>,
    row: &MappingRow,
    approvals: &[&Known<Approval>],
) -> Option<Unused> {
    let joint = row.joint.as_ref().filter(|one| one.relationship.carries_satisfaction());
    let approved = approvals.iter().any(|one| one.what.body.rows.contains(row.number));
    let carries = row.relationship.carries_satisfaction() || joint.is_some();
    if approved && carries {
        return None;
    }
    let why = match (&row.source, row.relationship) {
        (RowSource::NothingIn(framework), _) => {
            format!("nothing in {framework} covers it: {}", row.rationale)
        }
        (_, Relationship::Unspecified) => "the publisher does not say how they relate".to_owned(),
        _ if carries => "not approved".to_owned(),
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
    Some(Unused { text, entries: proposal.because.clone() })
}

/// How deep a remedy may reach through chains of rules, how many things it may name, and how many
/// remedies are kept while looking.
const DEPTH_MAX: usize = 4;
const THINGS_MAX: usize = 4;
const SETS_MAX: usize = 24;
/// How many remedies an explanation lists.
const REMEDIES_MAX: usize = 6;

type Things = BTreeSet<String>;

/// The smallest sets of things that would put the item in place on this day.
fn remedies(state: &State, view: &DayView<'_>, item: &ItemRef) -> Vec<Vec<String>> {
    let mut search = Search { state, view, busy: BTreeSet::new() };
    let mut sets = search.sets(&Atom::Item(item.clone()), DEPTH_MAX);
    let mut own = Things::from([format!("record own evidence or an answer for {}", item.item)]);
    let asked = view.positions.asked(item, view.day);
    let confirm = asked.is_some_and(|(period, asked)| {
        period.edition.asks_confirmation(&period.category, &asked.id.assertion())
    });
    if confirm && view.positions.confirmations(&item.assertion(), view.day).is_empty() {
        own.insert(format!("confirm assertion {}", item.item.assertion()));
    }
    let required = view.positions.derivation.world.required.at(view.day);
    let own_now = view.positions.own_on(item, view.day);
    let held = view.positions.own_units(item, view.day);
    if !own_now.is_empty() && held.covers(required) {
        own.retain(|thing| thing.starts_with("confirm"));
    }
    sets.push(own);
    minimal(&mut sets);
    sets.truncate(REMEDIES_MAX);
    sets.into_iter().map(|set| set.into_iter().collect()).collect()
}

/// Drops sets that hold another set, and orders the rest by size, then text.
fn minimal(sets: &mut Vec<Things>) {
    sets.sort_by_key(|set| (set.len(), set.clone()));
    sets.dedup();
    let all = sets.clone();
    sets.retain(|set| !all.iter().any(|other| other.len() < set.len() && other.is_subset(set)));
}

struct Search<'v, 'p> {
    state: &'v State,
    view: &'v DayView<'p>,
    busy: BTreeSet<Atom>,
}

impl Search<'_, '_> {
    /// The sets of things that would make an atom hold; one empty set when it holds already.
    fn sets(&mut self, atom: &Atom, depth: usize) -> Vec<Things> {
        let derivation = &self.view.positions.derivation;
        let required = derivation.world.required.at(self.view.day);
        if required.is_empty() {
            let thing = "declare the units that process health and care data";
            return vec![Things::from([thing.to_owned()])];
        }
        if self.view.cover(atom).units().covers(required) {
            return vec![Things::new()];
        }
        if depth == 0 || !self.busy.insert(atom.clone()) {
            return Vec::new();
        }
        let mut sets: Vec<Things> = self.leaf(atom, required).into_iter().collect();
        let rules = derivation.world.rules.iter().filter(|rule| rule.head == *atom);
        for rule in rules.filter(|rule| !rule.days.at(self.view.day).is_empty()) {
            let premises = rule.body.iter().map(|one| &one.atom);
            sets.extend(self.all_of(premises, depth));
        }
        sets.extend(self.by_approving(atom, depth));
        self.busy.remove(atom);
        minimal(&mut sets);
        sets.truncate(SETS_MAX);
        sets
    }

    fn all_of<'a>(&mut self, atoms: impl Iterator<Item = &'a Atom>, depth: usize) -> Vec<Things> {
        let mut all = vec![Things::new()];
        for atom in atoms {
            let sets = self.sets(atom, depth - 1);
            let joined = all.iter().flat_map(|one| sets.iter().map(move |other| one | other));
            let mut joined: Vec<Things> = joined.filter(|set| set.len() <= THINGS_MAX).collect();
            minimal(&mut joined);
            joined.truncate(SETS_MAX);
            all = joined;
        }
        all
    }

    /// What would ground an atom by itself.
    fn leaf(&self, atom: &Atom, required: Units) -> Option<Things> {
        let derivation = &self.view.positions.derivation;
        let names = unit_list(&derivation.names(required));
        let day = self.view.day.short();
        match atom {
            Atom::Certificate(scheme) => Some(format!(
                "record {} {} certificate in force on {day} that covers {names}",
                scheme.article(),
                scheme.label()
            )),
            Atom::Control(control, level) => {
                let at = if *level == Level::Met {
                    String::new()
                } else {
                    format!(" ({})", level.as_str())
                };
                Some(format!(
                    "establish {control}{at} for {names}{}",
                    assurance_text(super::event::Assurance::SelfAssessed)
                ))
            }
            Atom::Item(_) => None,
        }
        .map(|thing| Things::from([thing]))
    }

    /// Proposals about the atom that nobody approved yet.
    fn by_approving(&mut self, atom: &Atom, depth: usize) -> Vec<Things> {
        let mut sets = Vec::new();
        let state = self.state;
        for (id, proposal) in &state.proposals {
            let approved = |number: u64| {
                let mut all = state.approvals.values().filter(|one| approves(one, id, proposal));
                all.any(|one| one.what.body.rows.contains(number))
            };
            let rows = &proposal.what.rows;
            let about = |row: &&MappingRow| target_atom(&row.target, row.target_level) == *atom;
            for row in rows.iter().filter(about).filter(|row| !approved(row.number)) {
                let joint =
                    row.joint.as_ref().filter(|one| one.relationship.carries_satisfaction());
                let (members, what): (Vec<&MappingRow>, String) = match joint {
                    Some(group) => {
                        let same = |other: &&MappingRow| {
                            other.joint.as_ref().is_some_and(|one| one.id == group.id)
                        };
                        (rows.iter().filter(same).collect(), format!("joint group {}", group.id))
                    }
                    None if row.relationship.carries_satisfaction() => {
                        (vec![row], format!("row {}", row.number))
                    }
                    None => continue,
                };
                let atoms: Vec<Atom> = members
                    .iter()
                    .filter_map(|row| match &row.source {
                        RowSource::One(control) => {
                            Some(Atom::Control(control.clone(), row.source_level))
                        }
                        RowSource::NothingIn(_) => None,
                    })
                    .collect();
                for mut set in self.all_of(atoms.iter(), depth) {
                    set.insert(format!("approve {what} of {}", proposal.what.title));
                    sets.push(set);
                }
            }
        }
        sets
    }
}

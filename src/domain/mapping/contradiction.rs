//! Rows of a mapping that cannot be true together: of one pair, of a pair and its inverse, of
//! three things, of a joint group.
//!
//! The relationships are those of non-empty sets, so checking every triangle finds what can be
//! found between few things; it never proposes which of the rows is wrong.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Report, Rule, Severity};
use super::relationship::{Possible, Relation, Relationship};
use super::resolve::{Key, Named};
use super::{MappingRow, RowSource};
use crate::domain::ids::level::Level;

/// Most impossible triangles that are listed one by one; the rest is counted.
const TRIANGLES_MAX: usize = 1_000;

/// A thing at a level: what a relationship speaks of.
type Node<'r> = (Key<'r>, Level);

fn ends(row: &MappingRow) -> (Node<'_>, Node<'_>) {
    let source = (Named::source(row).key(), row.source_level);
    (source, (Named::target(row).key(), row.target_level))
}

/// Finds pairs that stand twice, with one relationship or with several.
pub(in crate::domain) fn pairs(rows: &[&MappingRow], report: &mut Report) {
    let mut pairs: BTreeMap<_, Vec<&MappingRow>> = BTreeMap::new();
    for row in rows {
        pairs.entry(ends(row)).or_default().push(row);
    }
    for rows in pairs.values().filter(|rows| rows.len() > 1) {
        repeated(rows, report);
        conflicting(rows, report);
    }
}

fn group_of(row: &MappingRow) -> Option<&str> {
    row.joint.as_ref().map(|joint| joint.id.as_str())
}

/// Finds one relationship said twice. Another joint group makes it another statement.
fn repeated(rows: &[&MappingRow], report: &mut Report) {
    let mut first: BTreeMap<(Option<Relation>, Option<&str>), u64> = BTreeMap::new();
    for row in rows {
        let key = (row.relationship.relation(), group_of(row));
        let earlier = *first.entry(key).or_insert(row.number);
        if earlier != row.number {
            let text = format!("{} to {} stands twice", Named::source(row), Named::target(row));
            let help = "keep one of the two rows: an import refuses the second";
            let rows = vec![row.number, earlier];
            report.push((Rule::DuplicateRow, Severity::Note), rows, text, help);
        }
    }
    let of = |stated: bool| {
        let mut wanted = rows.iter().filter(|row| row.relationship.relation().is_some() == stated);
        wanted.next()
    };
    if let (Some(stated), Some(unstated)) = (of(true), of(false)) {
        let pair = (Named::source(stated), Named::target(stated));
        let text = format!("{} to {} stands twice, once unspecified", pair.0, pair.1);
        let help = "keep the row that states the relationship: an import refuses the second";
        let rows = vec![unstated.number, stated.number];
        report.push((Rule::DuplicateRow, Severity::Note), rows, text, help);
    }
}

/// Finds one pair with several relationships. Each may be meant for a reason of its own, but with
/// one reason one of them is wrong (NIST IR 8477: type and rationale are used together).
fn conflicting(rows: &[&MappingRow], report: &mut Report) {
    let mut said: BTreeMap<Relation, BTreeMap<&str, u64>> = BTreeMap::new();
    for row in rows {
        if let Some(relation) = row.relationship.relation() {
            let reasons = said.entry(relation).or_default();
            reasons.entry(row.rationale.trim()).or_insert(row.number);
        }
    }
    let Some(any) = rows.first() else { return };
    let said: Vec<_> = said.into_iter().collect();
    for (index, (one, reasons)) in said.iter().enumerate() {
        for (other, others) in said.iter().skip(index + 1) {
            let shared =
                reasons.iter().find_map(|(reason, row)| Some((*row, *others.get(reason)?)));
            let first = |all: &BTreeMap<&str, u64>| all.values().min().copied().unwrap_or(0);
            let (row, other_row) = shared.unwrap_or((first(reasons), first(others)));
            let (rule, severity, help) = if *other == Relation::Disjoint {
                let help = "leave out one of the two rows";
                (Rule::NoRelationshipAndAnother, Severity::Error, help)
            } else if shared.is_some() {
                (Rule::ConflictingRows, Severity::Error, "leave out one of the two rows")
            } else {
                let help = "both may be meant, each for its own reason; only one can be approved";
                (Rule::ConflictingRows, Severity::Warning, help)
            };
            let (one, other) = (word(*one), word(*other));
            let pair = (Named::source(any), Named::target(any));
            let text = format!("{} is said to be {one} and {other} {}", pair.0, pair.1);
            report.push((rule, severity), vec![row, other_row], text, help);
        }
    }
}

/// Finds "nothing in this framework is related" beside a row of the framework that is.
pub(in crate::domain) fn nothing_and_something(rows: &[&MappingRow], report: &mut Report) {
    let mut related: BTreeMap<_, Vec<&MappingRow>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.relationship != Relationship::NoRelationship) {
        if let RowSource::One(control) = &row.source {
            let framework = Named::Nothing(&control.framework).key();
            related.entry((framework, ends(row).1)).or_default().push(row);
        }
    }
    for row in rows.iter().filter(|row| matches!(row.source, RowSource::NothingIn(_))) {
        let Some(others) = related.get(&(Named::source(row).key(), ends(row).1)) else { continue };
        let asserted = others.iter().any(|row| row.relationship != Relationship::Unspecified);
        let severity = if asserted { Severity::Error } else { Severity::Warning };
        let rows = std::iter::once(row).chain(others).map(|row| row.number).collect();
        let text = format!(
            "{} says that nothing there is related to {}, but another row relates it",
            row.source, row.target
        );
        let help = "leave out the row that says nothing is related, or the others";
        report.push((Rule::NoRelationshipAndAnother, severity), rows, text, help);
    }
}

/// Says why the rows of a joint group rule out its joint relationship.
///
/// The union holds each source, so it is equal to it or a superset of it; and sources that share
/// nothing with the target share nothing with it together.
pub(in crate::domain) fn joint(id: &str, rows: &[&MappingRow]) -> Option<String> {
    let joint = rows.first()?.joint.as_ref()?.relationship;
    let stated = joint.relation()?;
    let relations: Vec<Relation> =
        rows.iter().filter_map(|row| row.relationship.relation()).collect();
    let together = |relation: &Relation| {
        union([Possible::of(&[*relation]), Relation::Superset.compose(*relation)])
    };
    let mut possible = relations.iter().map(together).fold(Possible::ANY, Possible::and);
    let apart = |relation: &Relation| *relation == Relation::Disjoint;
    if relations.len() == rows.len() && relations.iter().all(apart) {
        possible = Possible::of(&[Relation::Disjoint]);
    }
    (!possible.contains(stated)).then(|| {
        let said: BTreeSet<Relation> = relations.into_iter().collect();
        let said: Vec<&str> = said.into_iter().map(word).collect();
        format!(
            "group `{id}` is said to be {joint} its target together, but a row says {}",
            said.join(", and one ")
        )
    })
}

fn union(all: impl IntoIterator<Item = Possible>) -> Possible {
    let relations: Vec<Relation> =
        all.into_iter().flat_map(|one| one.relations().collect::<Vec<_>>()).collect();
    Possible::of(&relations)
}

fn word(relation: Relation) -> &'static str {
    match relation {
        Relation::Equal => "equal-to",
        Relation::Subset => "subset-of",
        Relation::Superset => "superset-of",
        Relation::Intersects => "intersects-with",
        Relation::Disjoint => "no-relationship to",
    }
}

/// What the rows say of two things, read from the lower to the higher.
struct Edge {
    low: u32,
    high: u32,
    /// Each relation that a row states, with the first row that does.
    said: Vec<(Relation, u64)>,
    possible: Possible,
}

impl Edge {
    /// The row that is named for the edge, and what it says.
    fn first(&self) -> Option<(Relation, u64)> {
        self.said.iter().min_by_key(|(_, row)| *row).copied()
    }

    /// What the far end can be to the near one through a second edge.
    fn then(&self, next: &Self) -> Possible {
        if let ([(one, _)], [(two, _)]) = (self.said.as_slice(), next.said.as_slice()) {
            return one.compose(*two);
        }
        let both = self.said.iter().flat_map(|(one, _)| {
            next.said.iter().map(|(two, _)| one.compose(*two)).collect::<Vec<_>>()
        });
        union(both)
    }
}

/// All that rows state, as a graph.
struct Graph<'r> {
    nodes: Vec<(Node<'r>, Named<'r>)>,
    edges: Vec<Edge>,
}

/// Relations stated of a pair, read forwards and backwards, each with its first row.
type Stated = [BTreeMap<Relation, u64>; 2];

fn graph<'r>(rows: &[&'r MappingRow], report: &mut Report) -> Graph<'r> {
    let mut nodes: BTreeMap<Node<'r>, (u32, Named<'r>)> = BTreeMap::new();
    let stating = || {
        rows.iter().filter_map(|row| {
            let control = matches!(row.source, RowSource::One(_));
            Some((*row, row.relationship.relation().filter(|_| control)?))
        })
    };
    for (row, _) in stating() {
        let (source, target) = ends(row);
        nodes.entry(source).or_insert((0, Named::source(row)));
        nodes.entry(target).or_insert((0, Named::target(row)));
    }
    for ((index, _), number) in nodes.values_mut().zip(0..) {
        *index = number;
    }
    let index = |node: &Node<'r>| nodes.get(node).map_or(0, |(index, _)| *index);
    let mut pairs: BTreeMap<(u32, u32), Stated> = BTreeMap::new();
    for (row, relation) in stating() {
        let (source, target) = ends(row);
        let (source, target) = (index(&source), index(&target));
        if source == target {
            continue;
        }
        let [forwards, backwards] =
            pairs.entry((source.min(target), source.max(target))).or_default();
        let (side, relation) =
            if source < target { (forwards, relation) } else { (backwards, relation.converse()) };
        side.entry(relation).or_insert(row.number);
    }
    let nodes: Vec<(Node<'r>, Named<'r>)> =
        nodes.into_iter().map(|(node, (_, named))| (node, named)).collect();
    let edges = pairs.into_iter().map(|((low, high), stated)| {
        wrong_inverse(&nodes, (low, high), &stated, report);
        edge((low, high), stated)
    });
    let edges = edges.collect();
    Graph { nodes, edges }
}

fn edge((low, high): (u32, u32), [forwards, backwards]: Stated) -> Edge {
    let mut said = forwards;
    for (relation, row) in backwards {
        let first = said.entry(relation).or_insert(row);
        *first = row.min(*first);
    }
    let relations: Vec<Relation> = said.keys().copied().collect();
    let possible = Possible::of(&relations);
    Edge { low, high, said: said.into_iter().collect(), possible }
}

/// Finds a pair whose rows in the two directions do not agree.
fn wrong_inverse(
    nodes: &[(Node<'_>, Named<'_>)],
    (low, high): (u32, u32),
    [forwards, backwards]: &Stated,
    report: &mut Report,
) {
    let agree = forwards.keys().any(|relation| backwards.contains_key(relation));
    let first = |all: &BTreeMap<Relation, u64>| {
        all.iter().min_by_key(|(_, row)| **row).map(|(relation, row)| (*relation, *row))
    };
    let (Some(one), Some(two)) = (first(forwards), first(backwards)) else { return };
    if agree {
        return;
    }
    let name = |index: u32| nodes.get(index as usize).map(|(_, named)| *named);
    let (Some(low), Some(high)) = (name(low), name(high)) else { return };
    let text = format!(
        "{low} is said to be {} {high}, but {high} is said to be {} {low}; its inverse is {}",
        word(one.0),
        word(two.0.converse()),
        word(one.0.converse())
    );
    let help = "correct one of the two; an inverse follows by itself and can be left out";
    report.push((Rule::WrongInverse, Severity::Error), vec![one.1, two.1], text, help);
}

/// Finds three things whose relations cannot all hold. Rows that speak twice of one pair are taken
/// as alternatives, so that a conflict already found is not found again in every triangle.
pub(in crate::domain) fn triangles(rows: &[&MappingRow], report: &mut Report) {
    let graph = graph(rows, report);
    parts(&graph, report);
    let (mut found, mut blamed) = (0_usize, BTreeMap::<u64, usize>::new());
    graph.each_triangle(|[ab, ac, bc]| {
        if !ab.then(bc).and(ac.possible).is_empty() {
            return;
        }
        found += 1;
        let (Some(one), Some(two), Some(three)) = (ab.first(), bc.first(), ac.first()) else {
            return;
        };
        for (_, row) in [one, two, three] {
            *blamed.entry(row).or_default() += 1;
        }
        if found > TRIANGLES_MAX {
            return;
        }
        let name = |index: u32| graph.named(index).map_or_else(String::new, |one| one.to_string());
        let (a, b, c) = (name(ab.low), name(ab.high), name(bc.high));
        let text = format!(
            "{a} is {} {b}, and {b} is {} {c}; so {a} cannot be {} {c}",
            word(one.0),
            word(two.0),
            word(three.0)
        );
        let help = "one of the three rows is wrong; each may be written the other way round";
        let rows = vec![one.1, two.1, three.1];
        report.push((Rule::ImpossibleTriangle, Severity::Error), rows, text, help);
    });
    blame(found, &blamed, report);
}

/// A row that puts one thing inside another, what it says, and the thing inside.
type Inside = (u64, Relation, u32);

/// Finds two controls of one release that the same thing makes the same, or one a part of the
/// other: no contradiction, but a catalogue seldom asks a thing twice. It is how old controls that
/// were merged into a new one are often mapped wrongly.
fn parts(graph: &Graph<'_>, report: &mut Report) {
    let mut around: BTreeMap<(u32, Key<'_>), Vec<Inside>> = BTreeMap::new();
    for edge in &graph.edges {
        let [(relation, row)] = edge.said.as_slice() else { continue };
        let ends = [(edge.low, edge.high, *relation), (edge.high, edge.low, relation.converse())];
        for (inner, outer, relation) in ends {
            let inside = matches!(relation, Relation::Equal | Relation::Subset);
            let Some(Named::Control(control)) = graph.named(inner).filter(|_| inside) else {
                continue;
            };
            let release = Named::Nothing(&control.framework).key();
            around.entry((outer, release)).or_default().push((*row, relation, inner));
        }
    }
    for ((outer, _), mut inside) in around {
        inside.sort_unstable();
        let same = inside.iter().find(|(_, relation, _)| *relation == Relation::Equal).copied();
        let Some((same_row, _, whole)) = same else { continue };
        let (Some(whole), Some(outer)) = (graph.named(whole), graph.named(outer)) else { continue };
        for (row, relation, part) in inside {
            let Some(part) = graph.named(part).filter(|part| part.key() != whole.key()) else {
                continue;
            };
            let text = format!(
                "{whole} is equal-to {outer} and {part} is {} it, so {part} would be {} {whole}",
                word(relation),
                if relation == Relation::Equal { "the same as" } else { "a part of" }
            );
            let help =
                "both are of one release, which seldom asks a thing twice; look at both rows";
            report.push((Rule::ImpliedPart, Severity::Warning), vec![same_row, row], text, help);
        }
    }
}

/// Says which row takes part in more impossible triangles than any other, and how many there are.
fn blame(found: usize, blamed: &BTreeMap<u64, usize>, report: &mut Report) {
    let most = blamed.values().max().copied().unwrap_or(0);
    let rows: Vec<u64> =
        blamed.iter().filter(|(_, count)| **count == most).map(|(row, _)| *row).collect();
    if found < 2 || (rows.len() > 1 && found <= TRIANGLES_MAX) {
        return;
    }
    let text = if rows.len() == 1 {
        format!("one row takes part in {most} of {found} impossible triangles")
    } else {
        format!("there are {found} impossible triangles, of which {TRIANGLES_MAX} are listed")
    };
    let rows = if rows.len() == 1 { rows } else { Vec::new() };
    report.push((Rule::ImpossibleTriangle, Severity::Note), rows, text, "look at it first");
}

impl<'r> Graph<'r> {
    fn named(&self, index: u32) -> Option<Named<'r>> {
        self.nodes.get(index as usize).map(|(_, named)| *named)
    }

    /// Visits every triangle once, its edges in the order low-middle, low-high, middle-high.
    ///
    /// Each edge is followed from its end with fewer neighbours only, so that a thing related to
    /// everything costs no more than the others.
    fn each_triangle(&self, mut visit: impl FnMut([&Edge; 3])) {
        let mut degree = vec![0_u32; self.nodes.len()];
        for edge in &self.edges {
            for end in [edge.low, edge.high] {
                degree.iter_mut().skip(end as usize).take(1).for_each(|count| *count += 1);
            }
        }
        let rank = |node: u32| (degree.get(node as usize).copied().unwrap_or(0), node);
        let mut from: Vec<Vec<(u32, &Edge)>> = vec![Vec::new(); self.nodes.len()];
        for edge in &self.edges {
            let (near, far) = if rank(edge.low) < rank(edge.high) {
                (edge.low, edge.high)
            } else {
                (edge.high, edge.low)
            };
            if let Some(list) = from.get_mut(near as usize) {
                list.push((far, edge));
            }
        }
        for list in &mut from {
            list.sort_unstable_by_key(|(far, _)| *far);
        }
        for list in &from {
            for (middle, first) in list {
                let Some(onwards) = from.get(*middle as usize) else { continue };
                common(list, onwards, |second, third| {
                    let mut edges = [*first, second, third];
                    edges.sort_unstable_by_key(|edge| (edge.low, edge.high));
                    visit(edges);
                });
            }
        }
    }
}

/// Walks two sorted lists and gives what both lead to.
fn common<'e>(
    left: &[(u32, &'e Edge)],
    right: &[(u32, &'e Edge)],
    mut both: impl FnMut(&'e Edge, &'e Edge),
) {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    while let (Some((one, first)), Some((two, second))) = (left.peek(), right.peek()) {
        if one == two {
            both(first, second);
        }
        let (ahead, behind) = (one <= two, two <= one);
        if ahead {
            left.next();
        }
        if behind {
            right.next();
        }
    }
}

//! Suggestions for one item: what mappings propose, and where published crosswalks lead from there.
//!
//! Nothing here satisfies anything. A crosswalk says that two controls have to do with each other,
//! not which holds the other, so a chain of them proves nothing; it is only worth a look, and how
//! often such a look was worth it is shown where it was measured.

use std::collections::{BTreeMap, BTreeSet};

use super::relationship::Relationship;
use super::{MappingRow, RowSource};
use crate::domain::catalogue::edition::{BadCatalogue, parse_rows, row_problem};
use crate::domain::csv::{CellError, Row};
use crate::domain::ids::{ControlRef, FrameworkRef, ItemRef, TargetRef};
use crate::domain::problem_code::ProblemCode;

/// Most crosswalks that a suggestion is led through.
pub const STEPS_MAX: usize = 2;

/// A published crosswalk: which controls have to do with which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crosswalk {
    /// Its name in the catalogue.
    pub name: String,
    /// Source and target of each row, in file order.
    pub pairs: Vec<(ControlRef, ControlRef)>,
}

impl Crosswalk {
    /// Reads a crosswalk. Rows that name what cannot be written as a control are left out.
    ///
    /// # Errors
    /// [`BadCatalogue`] when it is not a table with a source and a target.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, BadCatalogue> {
        let pairs = parse_rows("crosswalk", bytes, &["source", "target"], |row| {
            let pair = (row.parse::<ControlRef>("source"), row.parse::<ControlRef>("target"));
            Ok(pair.0.ok().zip(pair.1.ok()))
        })?;
        Ok(Self { name: name.to_owned(), pairs: pairs.into_iter().flatten().collect() })
    }
}

/// How a path through crosswalks agreed with a table that goes the same way directly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Releases from first to last.
    pub path: Vec<FrameworkRef>,
    /// Pairs that the path gives.
    pub derived: u32,
    /// Pairs that the direct table has.
    pub direct: u32,
    /// Pairs in both.
    pub agree: u32,
    /// Of a hundred derived pairs, how many the direct table has.
    pub precision_percent: u32,
    /// Of a hundred direct pairs, how many the path gives.
    pub recall_percent: u32,
    /// Where the figures come from.
    pub provenance: String,
}

/// The columns of the table of measured paths.
pub const MEASURED_COLUMNS: &[&str] =
    &["path", "derived", "direct", "agree", "precision_percent", "recall_percent", "provenance"];

/// Reads the table of measured paths.
///
/// # Errors
/// [`BadCatalogue`] with every bad row.
pub fn parse_measured(bytes: &[u8]) -> Result<Vec<Measured>, BadCatalogue> {
    parse_rows("crosswalks-precision.csv", bytes, MEASURED_COLUMNS, |row| {
        Ok(Measured {
            path: parse_path(row)?,
            derived: row.parse("derived")?,
            direct: row.parse("direct")?,
            agree: row.parse("agree")?,
            precision_percent: row.parse("precision_percent")?,
            recall_percent: row.parse("recall_percent")?,
            provenance: row.get("provenance").to_owned(),
        })
    })
}

fn parse_path(row: &Row) -> Result<Vec<FrameworkRef>, CellError> {
    let text = row.get("path");
    let parts: Result<Vec<FrameworkRef>, _> =
        text.split('>').map(|part| part.trim().parse()).collect();
    match parts {
        Ok(path) if path.len() > 2 => Ok(path),
        Ok(_) => {
            let why = format!("`{text}` is not a path of three releases or more");
            Err(row_problem(ProblemCode::NotReadable, "path", text, why))
        }
        Err(bad) => Err(row_problem(ProblemCode::NotReadable, "path", text, bad.to_string())),
    }
}

/// All that suggestions are drawn from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Mappings by name.
    pub mappings: Vec<(String, Vec<MappingRow>)>,
    /// Published crosswalks.
    pub crosswalks: Vec<Crosswalk>,
    /// Measured paths.
    pub measured: Vec<Measured>,
    /// Releases whose ids mean the same as those of another, so that a path may join them there.
    pub same_ids: BTreeMap<FrameworkRef, FrameworkRef>,
}

/// A row of a mapping that is about the item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed<'s> {
    /// Name of the mapping.
    pub mapping: &'s str,
    /// The row.
    pub row: &'s MappingRow,
}

/// One row of a crosswalk on the way to a suggestion.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step<'s> {
    /// Name of the crosswalk.
    pub crosswalk: &'s str,
    /// Where the row leads from, as the crosswalk cites it.
    pub from: &'s ControlRef,
    /// Where it leads to.
    pub to: &'s ControlRef,
}

/// A control that crosswalks lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion<'s> {
    /// The control.
    pub control: &'s ControlRef,
    /// The steps of the best path, from a control that a mapping names.
    pub steps: Vec<Step<'s>>,
    /// How well such paths did where it was measured; none where it is not known.
    pub measured: Option<&'s Measured>,
    /// How many paths lead to the control.
    pub paths: usize,
}

/// Suggestions for one item, best first. None of them satisfies it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidates<'s> {
    /// What mappings say of the item, those that would carry satisfaction first.
    pub proposed: Vec<Proposed<'s>>,
    /// Further controls.
    pub suggested: Vec<Suggestion<'s>>,
}

/// Finds suggestions for an item. The crosswalks are read in the direction in which they were
/// published, since that is the one in which paths were measured.
pub fn candidates<'s>(item: &ItemRef, sources: &'s Sources) -> Candidates<'s> {
    let proposed = proposed(item, sources);
    let named: BTreeSet<ControlRef> =
        proposed.iter().filter_map(|one| Some(sources.joined(control_of(one.row)?))).collect();
    let mut onwards: BTreeMap<ControlRef, Vec<Step<'s>>> = BTreeMap::new();
    for crosswalk in &sources.crosswalks {
        for (from, to) in &crosswalk.pairs {
            let step = Step { crosswalk: &crosswalk.name, from, to };
            onwards.entry(sources.joined(from)).or_default().push(step);
        }
    }
    let mut best: BTreeMap<ControlRef, Suggestion<'s>> = BTreeMap::new();
    let mut paths: Vec<(ControlRef, Vec<Step<'s>>)> =
        named.iter().map(|control| (control.clone(), Vec::new())).collect();
    for _ in 0..STEPS_MAX {
        paths = paths.iter().flat_map(|path| longer(path, &onwards, sources)).collect();
        for (end, steps) in paths.iter().filter(|(end, _)| !named.contains(end)) {
            keep(&mut best, end, steps, sources);
        }
    }
    let mut suggested: Vec<Suggestion<'s>> = best.into_values().collect();
    suggested.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.control.cmp(b.control)));
    Candidates { proposed, suggested }
}

/// Returns the control that a row relates to its target, if it relates one.
fn control_of(row: &MappingRow) -> Option<&ControlRef> {
    match &row.source {
        RowSource::One(control) if row.relationship != Relationship::NoRelationship => {
            Some(control)
        }
        RowSource::One(_) | RowSource::NothingIn(_) => None,
    }
}

fn proposed<'s>(item: &ItemRef, sources: &'s Sources) -> Vec<Proposed<'s>> {
    let mut found = Vec::new();
    for (mapping, rows) in &sources.mappings {
        let about = rows
            .iter()
            .filter(|row| matches!(&row.target, TargetRef::Item(target) if target == item));
        found.extend(about.map(|row| Proposed { mapping, row }));
    }
    found.sort_by_key(|one| {
        let joint = one.row.joint.as_ref().map(|joint| joint.relationship);
        let carries = one.row.relationship.carries_satisfaction();
        let together = joint.is_some_and(Relationship::carries_satisfaction);
        let nothing = control_of(one.row).is_none();
        (nothing, !carries, !together, one.mapping, one.row.number)
    });
    found
}

/// Every path by one step more. None comes back to where it was.
fn longer<'s>(
    (end, steps): &(ControlRef, Vec<Step<'s>>),
    onwards: &BTreeMap<ControlRef, Vec<Step<'s>>>,
    sources: &Sources,
) -> Vec<(ControlRef, Vec<Step<'s>>)> {
    let next = onwards.get(end).into_iter().flatten();
    let seen =
        |to: &ControlRef| to == end || steps.iter().any(|step| sources.joined(step.from) == *to);
    next.map(|step| (sources.joined(step.to), step))
        .filter(|(to, _)| !seen(to))
        .map(|(to, step)| (to, steps.iter().cloned().chain([step.clone()]).collect()))
        .collect()
}

/// Keeps the best path to a control and counts the others.
fn keep<'s>(
    best: &mut BTreeMap<ControlRef, Suggestion<'s>>,
    end: &ControlRef,
    steps: &[Step<'s>],
    sources: &'s Sources,
) {
    let Some(last) = steps.last() else { return };
    let measured = sources.measured_on(steps);
    let new = Suggestion { control: last.to, steps: steps.to_vec(), measured, paths: 1 };
    match best.get_mut(end) {
        None => {
            best.insert(end.clone(), new);
        }
        Some(known) => {
            let paths = known.paths + 1;
            if (rank(&new), &new.steps) < (rank(known), &known.steps) {
                *known = new;
            }
            known.paths = paths;
        }
    }
}

/// Fewer steps first, then what did better where it was measured, then what was not measured.
fn rank(one: &Suggestion<'_>) -> (usize, std::cmp::Reverse<Option<u32>>) {
    let precision = one.measured.map(|measured| measured.precision_percent);
    (one.steps.len(), std::cmp::Reverse(precision))
}

impl Sources {
    fn release<'r>(&'r self, framework: &'r FrameworkRef) -> &'r FrameworkRef {
        self.same_ids.get(framework).unwrap_or(framework)
    }

    /// Returns the control under the release in which paths are joined.
    fn joined(&self, control: &ControlRef) -> ControlRef {
        ControlRef { framework: self.release(&control.framework).clone(), id: control.id.clone() }
    }

    fn measured_on(&self, steps: &[Step<'_>]) -> Option<&Measured> {
        let ends = steps.iter().map(|step| &step.to.framework);
        let path: Vec<&FrameworkRef> = steps
            .first()
            .map(|step| &step.from.framework)
            .into_iter()
            .chain(ends)
            .map(|release| self.release(release))
            .collect();
        self.measured.iter().find(|one| {
            one.path.len() == path.len()
                && one.path.iter().zip(&path).all(|(one, other)| self.release(one) == *other)
        })
    }
}

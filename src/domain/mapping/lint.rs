//! Checks of a mapping before anybody relies on it: names that lead nowhere, rows that cannot all
//! be true, rows that nobody could approve as they stand.
//!
//! It judges what a file says of itself and of the catalogues, never whether a judgement in it is
//! right. The findings do not depend on the order of the rows.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::Report;
pub use super::finding::{Finding, Rule, Severity, sort};
use super::relationship::Relation;
use super::resolve::{Catalogue, level, names};
use super::{MappingRow, RowSource, contradiction, row_conflicts};
use crate::domain::ids::TargetRef;
use crate::domain::problem_code::ProblemCode;

/// Checks the rows of a mapping, or of several together. Row numbers must differ from each other.
pub fn check(rows: &[MappingRow], catalogue: &Catalogue) -> Vec<Finding> {
    let mut ordered: Vec<&MappingRow> = rows.iter().collect();
    ordered.sort_by_key(|row| row.number);
    let mut report = Report::default();
    names(&ordered, catalogue, &mut report);
    for row in &ordered {
        level(row, catalogue, &mut report);
        alone(row, &mut report);
    }
    joint_groups(&ordered, &mut report);
    contradiction::pairs(&ordered, &mut report);
    contradiction::nothing_and_something(&ordered, &mut report);
    contradiction::triangles(&ordered, &mut report);
    report.findings()
}

/// Checks what a row says by itself.
fn alone(row: &MappingRow, report: &mut Report) {
    let carries = row.relationship.carries_satisfaction()
        || row.joint.as_ref().is_some_and(|joint| joint.relationship.carries_satisfaction());
    if carries && row.rationale.trim().is_empty() {
        let text = "the row would carry satisfaction and gives no reason".to_owned();
        let help = "fill in the rationale: nobody can approve what nobody explains";
        report.add((Rule::RationaleMissing, Severity::Warning), row.number, text, help);
    }
    let (RowSource::One(source), TargetRef::Control(target)) = (&row.source, &row.target) else {
        return;
    };
    if source != target {
        return;
    }
    let same_level = row.source_level == row.target_level;
    let (severity, text) = match row.relationship.relation() {
        Some(Relation::Equal) | None if same_level => {
            (Severity::Warning, format!("{source} is mapped to itself, which says nothing"))
        }
        Some(_) if same_level => {
            let text = format!("{source} cannot be {} itself", row.relationship);
            (Severity::Error, text)
        }
        Some(_) | None => {
            let text = format!("{source} is mapped to another level of itself");
            (Severity::Warning, text)
        }
    };
    let help = "name another target, or leave the row out";
    report.add((Rule::SelfMap, severity), row.number, text, help);
}

/// Checks that the rows of a joint group belong together, and that their own relationships allow
/// the joint one.
fn joint_groups(rows: &[&MappingRow], report: &mut Report) {
    let joined: Vec<MappingRow> =
        rows.iter().filter(|row| row.joint.is_some()).map(|row| (*row).clone()).collect();
    let mut groups: BTreeMap<&str, Vec<&MappingRow>> = BTreeMap::new();
    for row in &joined {
        if let Some(joint) = &row.joint {
            groups.entry(&joint.id).or_default().push(row);
        }
    }
    let mut torn = BTreeSet::new();
    for (number, cell) in row_conflicts(&joined) {
        // A pair that stands twice is judged with those outside groups.
        let Some(group) =
            groups.get(cell.found.as_str()).filter(|_| cell.code == ProblemCode::JointGroup)
        else {
            continue;
        };
        torn.insert(cell.found.clone());
        let first = group.first().map_or(number, |row| row.number);
        let (rows, text) = if first == number {
            (vec![number], format!("group `{}` has one row", cell.found))
        } else {
            let text = format!(
                "group `{}` has another target or joint relationship than in its first row",
                cell.found
            );
            (vec![number, first], text)
        };
        let help = "a group has two rows or more, with one target and one joint relationship";
        report.push((Rule::JointGroup, Severity::Error), rows, text, help);
    }
    for (id, rows) in groups.iter().filter(|(id, _)| !torn.contains(**id)) {
        if let Some(text) = contradiction::joint(id, rows) {
            let numbers = rows.iter().map(|row| row.number).collect();
            let help = "one of them is wrong: the joint relationship, or that of a row";
            report.push((Rule::JointContradiction, Severity::Error), numbers, text, help);
        }
    }
}

/// The kinds of numbers that strengths are given in. A zero or a one fits any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scale {
    Fraction,
    UpToTen,
    UpToAHundred,
    Percent,
    Outside,
}

impl Scale {
    fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        let (digits, percent) = text.strip_suffix('%').map_or((text, false), |rest| (rest, true));
        let value: f64 = digits.trim().replace(',', ".").parse().ok()?;
        match value {
            _ if !(0.0..=100.0).contains(&value) => Some(Self::Outside),
            _ if percent => Some(Self::Percent),
            _ if value == 0.0 || (value - 1.0).abs() < f64::EPSILON => None,
            _ if value < 1.0 => Some(Self::Fraction),
            _ if value <= 10.0 => Some(Self::UpToTen),
            _ => Some(Self::UpToAHundred),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Fraction => "below 1",
            Self::UpToTen => "from 2 to 10",
            Self::UpToAHundred => "above 10",
            Self::Percent => "with a per cent sign",
            Self::Outside => "outside 0 to 100",
        }
    }
}

/// Checks a column of strengths, given as row number and text: numbers that no one scale has.
pub fn check_scale<'c>(
    column: &str,
    cells: impl IntoIterator<Item = (u64, &'c str)>,
) -> Option<Finding> {
    let mut seen: BTreeMap<Scale, (u64, usize)> = BTreeMap::new();
    for (row, text) in cells {
        if let Some(scale) = Scale::of(text) {
            let (first, count) = seen.entry(scale).or_insert((row, 0));
            *first = row.min(*first);
            *count += 1;
        }
    }
    if seen.len() < 2 && !seen.contains_key(&Scale::Outside) {
        return None;
    }
    let parts: Vec<String> = seen
        .iter()
        .map(|(scale, (_, count))| {
            let rows = if *count == 1 { "row" } else { "rows" };
            format!("{} in {count} {rows}", scale.words())
        })
        .collect();
    Some(Finding {
        rule: Rule::MixedScales,
        severity: Severity::Warning,
        rows: seen.values().map(|(first, _)| *first).collect(),
        text: format!("`{column}` holds numbers of no one scale: {}", parts.join(", ")),
        help: Some("no strength counts for anything here; ask its author which scale".to_owned()),
    })
}

//! Relationships between controls and requirements, mapping rows, Statements of Applicability.
//!
//! A mapping row alone never meets anything: `rule.rs` turns approved rows that carry satisfaction
//! into rules. The algebra is RCC5 over non-empty sets of obligations (NIST IR 8477 set theory).

pub mod candidates;
pub(in crate::domain) mod contradiction;
pub mod finding;
pub mod lint;
pub mod published;
pub mod relationship;
pub mod resolve;
pub mod soa;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::catalogue::edition::{BadCatalogue, parse_rows, row_problem};
use super::csv::{CellError, Row, write_stored};
use super::ids::bad_ref::BadRef;
use super::ids::level::Level;
use super::ids::{ControlRef, FrameworkRef, TargetRef};
use super::problem_code::ProblemCode;
pub use relationship::{Coverage, Possible, Relation, Relationship};
pub use soa::{Applies, SOA_COLUMNS, SOA_STATUS_COLUMNS, Soa, parse_soa, parse_soa_row};

/// The source of a mapping row: a control, or "nothing in this framework".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowSource {
    /// A control or outcome.
    One(ControlRef),
    /// No control of this framework: only with `no-relationship`.
    NothingIn(FrameworkRef),
}

impl FromStr for RowSource {
    type Err = BadRef;
    fn from_str(text: &str) -> Result<Self, BadRef> {
        if let Some(framework) = text.strip_suffix("/*") {
            return framework.parse().map(Self::NothingIn);
        }
        text.parse().map(Self::One)
    }
}

impl fmt::Display for RowSource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(source) => source.fmt(out),
            Self::NothingIn(framework) => write!(out, "{framework}/*"),
        }
    }
}

/// The joint group of a row: sources that together cover the target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JointGroup {
    /// Short id, the same on every row of the group.
    pub id: String,
    /// What all the group's sources together are to the target.
    pub relationship: Relationship,
}

/// One row of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingRow {
    /// Number in the file, from 1 after the header.
    pub number: u64,
    /// What holds.
    pub source: RowSource,
    /// At which level.
    pub source_level: Level,
    /// What the source is to the target.
    pub relationship: Relationship,
    /// What might follow.
    pub target: TargetRef,
    /// At which level.
    pub target_level: Level,
    /// The group that the row belongs to.
    pub joint: Option<JointGroup>,
    /// Why, in the author's words.
    pub rationale: String,
}

/// The columns of a stored mapping, in order.
pub const MAPPING_COLUMNS: &[&str] = &[
    "source",
    "source_level",
    "relationship",
    "target",
    "target_level",
    "joint_group",
    "joint_relationship",
    "rationale",
    "authority",
];

/// The columns that a mapping must have; the others may be left out.
pub const MAPPING_REQUIRED: &[&str] = &["source", "relationship", "target"];

impl MappingRow {
    /// Reads one row.
    ///
    /// # Errors
    /// [`CellError`] of the first cell that is wrong.
    pub fn parse(row: &Row) -> Result<Self, CellError> {
        let source: RowSource = row.parse("source")?;
        let relationship = parse_relationship(row)?;
        if matches!(source, RowSource::NothingIn(_)) && relationship != Relationship::NoRelationship
        {
            let why = format!(
                "`{source}` means that no control is related; write no-relationship, or a control"
            );
            return Err(row_problem(
                ProblemCode::SaysNothing,
                "relationship",
                row.get("relationship"),
                why,
            ));
        }
        Ok(Self {
            number: row.number,
            source,
            source_level: row.parse("source_level").or_else(blank_is_met)?,
            relationship,
            target: row.parse("target")?,
            target_level: row.parse("target_level").or_else(blank_is_met)?,
            joint: parse_joint(row)?,
            rationale: row.get("rationale").to_owned(),
        })
    }

    /// Returns the cells in the order of [`MAPPING_COLUMNS`].
    pub fn cells(&self, authority: &str) -> Vec<String> {
        let level = |level: Level| match level {
            Level::Met => String::new(),
            Level::PartiallyAchieved | Level::Achieved => level.as_str().to_owned(),
        };
        let joint =
            |pick: fn(&JointGroup) -> String| self.joint.as_ref().map_or_else(String::new, pick);
        vec![
            self.source.to_string(),
            level(self.source_level),
            self.relationship.to_string(),
            self.target.to_string(),
            level(self.target_level),
            joint(|group| group.id.clone()),
            joint(|group| group.relationship.to_string()),
            self.rationale.clone(),
            authority.to_owned(),
        ]
    }
}

fn blank_is_met(error: CellError) -> Result<Level, CellError> {
    if error.found.is_empty() { Ok(Level::Met) } else { Err(error) }
}

fn parse_relationship(row: &Row) -> Result<Relationship, CellError> {
    if row.get("relationship").is_empty() {
        return Ok(Relationship::Unspecified);
    }
    row.parse("relationship")
}

fn parse_joint(row: &Row) -> Result<Option<JointGroup>, CellError> {
    let id = row.get("joint_group").to_owned();
    let Some(relationship) = row.parse_optional::<Relationship>("joint_relationship")? else {
        if id.is_empty() {
            return Ok(None);
        }
        let why = format!("group `{id}` must say what its sources together are to the target");
        return Err(row_problem(ProblemCode::JointGroup, "joint_relationship", "", why));
    };
    if id.is_empty() {
        let why = "a joint relationship needs the group that it belongs to".to_owned();
        return Err(row_problem(ProblemCode::JointGroup, "joint_group", "", why));
    }
    Ok(Some(JointGroup { id, relationship }))
}

/// Finds what is wrong between rows: a group whose rows disagree or that has one row only, and
/// the same pair twice. Gives the number of the row and the cell.
pub fn row_conflicts(rows: &[MappingRow]) -> Vec<(u64, CellError)> {
    let mut found = Vec::new();
    let mut pairs = BTreeMap::new();
    let mut groups: BTreeMap<&str, Vec<&MappingRow>> = BTreeMap::new();
    for row in rows {
        let group = row.joint.as_ref().map(|joint| joint.id.as_str());
        let pair = (&row.source, row.source_level, &row.target, row.target_level, group);
        if let Some(earlier) = pairs.insert(pair, row.number) {
            let why =
                format!("row {earlier} already says what {} is to {}", row.source, row.target);
            found.push((
                row.number,
                row_problem(ProblemCode::Duplicate, "source", &row.source.to_string(), why),
            ));
        }
        if let Some(joint) = &row.joint {
            groups.entry(&joint.id).or_default().push(row);
        }
    }
    for (id, rows) in groups {
        let Some((first, rest)) = rows.split_first() else { continue };
        if rest.is_empty() {
            let why = format!("group `{id}` has one row; a joint group has at least two");
            found
                .push((first.number, row_problem(ProblemCode::JointGroup, "joint_group", id, why)));
        }
        for row in rest {
            let same = |row: &MappingRow| {
                (row.target.clone(), row.target_level, row.joint.as_ref().map(|j| j.relationship))
            };
            if same(row) != same(first) {
                let why = format!(
                    "group `{id}` has another target or joint relationship in row {}",
                    first.number
                );
                found.push((
                    row.number,
                    row_problem(ProblemCode::JointGroup, "joint_group", id, why),
                ));
            }
        }
    }
    found.sort_by_key(|(number, _)| *number);
    found
}

/// Reads a stored mapping.
///
/// # Errors
/// [`BadCatalogue`] with every bad row.
pub fn parse_mapping(bytes: &[u8]) -> Result<Vec<MappingRow>, BadCatalogue> {
    parse_rows("mapping.csv", bytes, MAPPING_REQUIRED, MappingRow::parse)
}

/// Writes a mapping as it is stored.
pub fn write_mapping(rows: &[MappingRow], authority: &str) -> String {
    write_stored(MAPPING_COLUMNS, rows.iter().map(|row| row.cells(authority)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::csv::Table;

    #[test]
    fn rows_read_with_synonyms_and_write_canonically() {
        let text = "source,relationship,target,rationale\n\
            iso27001:2022/A.8.13,Superset,2025-26-v8/cat2-it-supplier/7.3.5,backup\n";
        let table = Table::parse(text, b',', MAPPING_REQUIRED).unwrap();
        let row = MappingRow::parse(&table.rows[0]).unwrap();
        assert_eq!(row.relationship, Relationship::SupersetOf);
        let written = write_mapping(std::slice::from_ref(&row), "proposal");
        assert_eq!(parse_mapping(written.as_bytes()).unwrap(), [row]);
    }

    #[test]
    fn groups_must_agree_and_have_two_rows() {
        let text = "source,relationship,target,joint_group,joint_relationship\n\
            a:1/X,subset-of,e/c/1.1.1,J1,superset-of\n\
            a:1/Y,subset-of,e/c/1.1.2,J1,superset-of\n\
            a:1/Z,subset-of,e/c/1.1.3,J2,superset-of\n";
        let rows = parse_mapping(text.as_bytes()).unwrap();
        let numbers: Vec<u64> = row_conflicts(&rows).iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [2, 3]);
    }
}

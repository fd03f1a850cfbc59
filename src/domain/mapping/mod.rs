//! Relationships between controls and requirements, mapping rows, Statements of Applicability.
//!
//! A mapping row alone never meets anything: `rule.rs` turns approved rows that carry satisfaction
//! into rules. The algebra is RCC5 over non-empty sets of obligations (NIST IR 8477 set theory).

pub mod candidates;
pub(in crate::domain) mod contradiction;
pub mod lint;
pub mod resolve;

use crate::domain::problem_code::ProblemCode;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use super::catalogue::edition::{BadCatalogue, parse_rows, row_problem};
use super::csv::{CellError, Row, write_stored};
use super::ids::{BadRef, ControlRef, FrameworkRef, Level, TargetRef};

/// How the obligations of a source stand to those of a target: "the source is ... the target".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relationship {
    /// The same obligations in the same words.
    EqualTo,
    /// The same obligations in other words.
    EquivalentTo,
    /// The source lies inside the target, which asks more.
    SubsetOf,
    /// The source holds the whole target, and more.
    SupersetOf,
    /// They overlap, and each has something that the other lacks.
    IntersectsWith,
    /// They share nothing.
    NoRelationship,
    /// The publisher did not say.
    Unspecified,
}

impl Relationship {
    /// All relationships, in the order of OSCAL's list, then unspecified.
    pub const ALL: [Self; 7] = [
        Self::EqualTo,
        Self::EquivalentTo,
        Self::SubsetOf,
        Self::SupersetOf,
        Self::IntersectsWith,
        Self::NoRelationship,
        Self::Unspecified,
    ];

    /// Returns the word used in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EqualTo => "equal-to",
            Self::EquivalentTo => "equivalent-to",
            Self::SubsetOf => "subset-of",
            Self::SupersetOf => "superset-of",
            Self::IntersectsWith => "intersects-with",
            Self::NoRelationship => "no-relationship",
            Self::Unspecified => "unspecified",
        }
    }

    /// Says whether a met source proves the target met: only when it holds the whole target.
    pub fn carries_satisfaction(self) -> bool {
        match self {
            Self::EqualTo | Self::EquivalentTo | Self::SupersetOf => true,
            Self::SubsetOf | Self::IntersectsWith | Self::NoRelationship | Self::Unspecified => {
                false
            }
        }
    }

    /// Returns the relationship read from the target's side.
    #[must_use]
    pub fn converse(self) -> Self {
        match self {
            Self::SubsetOf => Self::SupersetOf,
            Self::SupersetOf => Self::SubsetOf,
            same @ (Self::EqualTo
            | Self::EquivalentTo
            | Self::IntersectsWith
            | Self::NoRelationship
            | Self::Unspecified) => same,
        }
    }

    /// Returns the set relation; none for unspecified, which says nothing.
    pub fn relation(self) -> Option<Relation> {
        match self {
            Self::EqualTo | Self::EquivalentTo => Some(Relation::Equal),
            Self::SubsetOf => Some(Relation::Subset),
            Self::SupersetOf => Some(Relation::Superset),
            Self::IntersectsWith => Some(Relation::Intersects),
            Self::NoRelationship => Some(Relation::Disjoint),
            Self::Unspecified => None,
        }
    }
}

impl fmt::Display for Relationship {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for Relationship {
    type Err = BadRef;
    /// Reads our words and the synonyms that other tools write, case and separators aside.
    fn from_str(text: &str) -> Result<Self, BadRef> {
        let word = text.trim().to_ascii_lowercase().replace(['_', ' '], "-");
        match word.as_str() {
            "equal-to" | "equal" | "equals" | "identical" => Ok(Self::EqualTo),
            "equivalent-to" | "equivalent" => Ok(Self::EquivalentTo),
            "subset-of" | "subset" | "covered-by" | "small-subset" | "large-subset" => {
                Ok(Self::SubsetOf)
            }
            "superset-of" | "superset" | "covers" => Ok(Self::SupersetOf),
            "intersects-with" | "intersects" | "intersect" | "intersection" | "overlap" => {
                Ok(Self::IntersectsWith)
            }
            "no-relationship" | "not-related" | "not-related-to" | "disjoint" | "none" => {
                Ok(Self::NoRelationship)
            }
            "unspecified" | "related" | "supports" | "partial" | "crosswalk" => {
                Ok(Self::Unspecified)
            }
            _ => Err(BadRef {
                found: text.to_owned(),
                expected: "a relationship: equal-to, equivalent-to, subset-of, superset-of, \
                           intersects-with, no-relationship or unspecified",
            }),
        }
    }
}

/// One of the five relations that two non-empty sets can have; exactly one always holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// The same set.
    Equal,
    /// Properly inside.
    Subset,
    /// Properly around.
    Superset,
    /// Overlapping, each with something of its own.
    Intersects,
    /// Nothing in common.
    Disjoint,
}

/// A set of the five relations, one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Possible(u8);

impl Possible {
    /// All five: nothing is known.
    pub const ANY: Self = Self(0b1_1111);

    /// The set of these relations.
    pub fn of(relations: &[Relation]) -> Self {
        Self(relations.iter().fold(0, |bits, relation| bits | 1 << *relation as u8))
    }

    /// Says whether a relation is in the set.
    pub fn contains(self, relation: Relation) -> bool {
        self.0 & (1 << relation as u8) != 0
    }

    /// Returns the relations in the set.
    pub fn relations(self) -> impl Iterator<Item = Relation> {
        Relation::ALL.into_iter().filter(move |relation| self.contains(*relation))
    }

    /// Returns what both sets hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Says whether nothing is possible: the statements contradict each other.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Says whether a fully met first set proves the last one met.
    pub fn carries_satisfaction(self) -> bool {
        let carrying = Self::of(&[Relation::Equal, Relation::Superset]);
        !self.is_empty() && self.and(carrying) == self
    }
}

impl Relation {
    /// All five.
    pub const ALL: [Self; 5] =
        [Self::Equal, Self::Subset, Self::Superset, Self::Intersects, Self::Disjoint];

    /// Returns what A can be to C when A is `self` to B and B is `next` to C.
    pub fn compose(self, next: Self) -> Possible {
        use Relation::{Disjoint, Equal, Intersects, Subset, Superset};
        match (self, next) {
            (Equal, other) | (other, Equal) => Possible::of(&[other]),
            (Subset, Subset) => Possible::of(&[Subset]),
            (Superset, Superset) => Possible::of(&[Superset]),
            (Subset, Disjoint) | (Disjoint, Superset) => Possible::of(&[Disjoint]),
            (Subset, Intersects) | (Disjoint, Subset | Intersects) => {
                Possible::of(&[Subset, Intersects, Disjoint])
            }
            (Superset, Subset) => Possible::of(&[Equal, Subset, Superset, Intersects]),
            (Superset, Intersects) => Possible::of(&[Superset, Intersects]),
            (Superset | Intersects, Disjoint) | (Intersects, Superset) => {
                Possible::of(&[Superset, Intersects, Disjoint])
            }
            (Intersects, Subset) => Possible::of(&[Subset, Intersects]),
            (Subset, Superset) | (Intersects, Intersects) | (Disjoint, Disjoint) => Possible::ANY,
        }
    }

    /// Returns the relation read from the other side.
    #[must_use]
    pub fn converse(self) -> Self {
        match self {
            Self::Subset => Self::Superset,
            Self::Superset => Self::Subset,
            same @ (Self::Equal | Self::Intersects | Self::Disjoint) => same,
        }
    }

    /// Returns which states the second set can be in, given the state of the first.
    pub fn transfer(self, state: Coverage) -> &'static [Coverage] {
        use Coverage::{Full, None, Part};
        use Relation::{Disjoint, Equal, Intersects, Subset, Superset};
        match (self, state) {
            (Equal | Superset, Full) => &[Full],
            (Equal | Subset, Part) => &[Part],
            (Equal | Superset, None) => &[None],
            (Subset | Intersects, Full) => &[Full, Part],
            (Subset | Intersects, None) => &[Part, None],
            (Superset | Intersects, Part) | (Disjoint, Full | Part | None) => &[Full, Part, None],
        }
    }
}

/// How much of a set of obligations is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coverage {
    /// Every obligation.
    Full,
    /// Some, not all.
    Part,
    /// None.
    None,
}

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

/// The columns of a stored Statement of Applicability.
pub const SOA_COLUMNS: &[&str] = &["control", "applicable", "justification"];

/// The two more columns of one whose rows say whether the control is in place: `yes` or `no`, and
/// in the words of its author.
pub const SOA_STATUS_COLUMNS: &[&str] = &["implemented", "status"];

/// A Statement of Applicability: the controls that it includes and those that it excludes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Soa {
    /// Controls stated as applicable, and not as waiting to be implemented.
    pub applicable: BTreeSet<ControlRef>,
    /// Controls stated as applicable but not, or not wholly, implemented, with its author's words.
    /// They ground nothing.
    pub not_in_place: BTreeMap<ControlRef, String>,
    /// Controls excluded, with the justification.
    pub excluded: BTreeMap<ControlRef, String>,
}

/// What a row of a Statement of Applicability says of its control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applies {
    /// It applies, and nothing says that it is not in place.
    Yes,
    /// It applies and is not, or not wholly, in place, in these words.
    NotInPlace(String),
    /// It is excluded.
    No,
}

impl Soa {
    /// Takes in a row.
    pub fn add(&mut self, control: ControlRef, applies: Applies, justification: String) {
        match applies {
            Applies::Yes => {
                self.applicable.insert(control);
            }
            Applies::NotInPlace(words) => {
                self.not_in_place.insert(control, words);
            }
            Applies::No => {
                self.excluded.insert(control, justification);
            }
        }
    }
}

/// Reads `yes` or `no` in a column.
fn yes_or_no(row: &Row, column: &str, what: &str) -> Result<bool, CellError> {
    match row.get(column).to_ascii_lowercase().as_str() {
        "yes" | "y" | "true" | "applicable" => Ok(true),
        "no" | "n" | "false" | "excluded" | "not applicable" => Ok(false),
        found => {
            let why = format!("`{found}` does not say whether the control {what}; write yes or no");
            Err(row_problem(ProblemCode::NotReadable, column, row.get(column), why))
        }
    }
}

/// Reads one row of a Statement of Applicability.
///
/// # Errors
/// [`CellError`] of the first cell that is wrong.
pub fn parse_soa_row(row: &Row) -> Result<(ControlRef, Applies, String), CellError> {
    let applies = if !yes_or_no(row, "applicable", "applies")? {
        Applies::No
    } else if row.get("implemented").is_empty() || yes_or_no(row, "implemented", "is in place")? {
        Applies::Yes
    } else {
        Applies::NotInPlace(row.get("status").to_owned())
    };
    Ok((row.parse("control")?, applies, row.get("justification").to_owned()))
}

/// Reads a stored Statement of Applicability.
///
/// # Errors
/// [`BadCatalogue`] with every bad row.
pub fn parse_soa(bytes: &[u8]) -> Result<Soa, BadCatalogue> {
    let mut soa = Soa::default();
    for (control, applies, why) in parse_rows("soa.csv", bytes, SOA_COLUMNS, parse_soa_row)? {
        soa.add(control, applies, why);
    }
    Ok(soa)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::csv::Table;

    fn relation_of(a: u8, b: u8) -> Relation {
        match (a & b == 0, a == b, a & b == a, a & b == b) {
            (true, ..) => Relation::Disjoint,
            (_, true, ..) => Relation::Equal,
            (_, _, true, _) => Relation::Subset,
            (.., true) => Relation::Superset,
            _ => Relation::Intersects,
        }
    }

    #[test]
    fn composition_is_exact_over_all_subsets_of_a_small_universe() {
        let mut seen = BTreeMap::new();
        for a in 1..32u8 {
            for b in 1..32u8 {
                for c in 1..32u8 {
                    let key = (relation_of(a, b), relation_of(b, c));
                    let bits = seen.entry(key).or_insert(Possible(0));
                    *bits = Possible(bits.0 | Possible::of(&[relation_of(a, c)]).0);
                }
            }
        }
        assert_eq!(seen.len(), 25);
        for ((first, second), possible) in seen {
            assert_eq!(first.compose(second), possible, "{first:?} {second:?}");
        }
    }

    #[test]
    fn transfer_is_exact_over_all_subsets_of_a_small_universe() {
        let coverage = |set: u8, met: u8| match set & met {
            0 => Coverage::None,
            part if part == set => Coverage::Full,
            _ => Coverage::Part,
        };
        let mut seen: BTreeMap<(Relation, Coverage), BTreeSet<Coverage>> = BTreeMap::new();
        for a in 1..32u8 {
            for b in 1..32u8 {
                for met in 0..32u8 {
                    let key = (relation_of(a, b), coverage(a, met));
                    seen.entry(key).or_default().insert(coverage(b, met));
                }
            }
        }
        assert_eq!(seen.len(), 15);
        for ((relation, state), possible) in seen {
            let table: BTreeSet<Coverage> = relation.transfer(state).iter().copied().collect();
            assert_eq!(table, possible, "{relation:?} {state:?}");
        }
    }

    #[test]
    fn a_chain_carries_satisfaction_only_when_every_step_does() {
        let carrying = |r: Relation| matches!(r, Relation::Equal | Relation::Superset);
        for first in Relation::ALL {
            for second in Relation::ALL {
                let carries = first.compose(second).carries_satisfaction();
                assert_eq!(carries, carrying(first) && carrying(second), "{first:?} {second:?}");
            }
        }
    }

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

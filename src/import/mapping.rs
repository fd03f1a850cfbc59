//! Mappings between controls and requirements.
//!
//! Reads rows of any common spelling, checks every name against what the ledger has adopted, and
//! gives the form that is stored. A row that was read is a proposal and meets nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::authority::admit::known_control;
use crate::domain::ids::{CategoryId, EditionId, FrameworkRef, ItemId, ItemRef, Level, TargetRef};
use crate::domain::mapping::{
    JointGroup, MappingRow, Relationship, RowSource, row_conflicts, write_mapping,
};
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::{counted, shown};
use crate::domain::state::State;

use super::input::Input;
use super::names::{Bare, Names};
use super::problem::{Fault, Problem, Problems};
use super::relation;
use super::sheet::{Column, Holds, Row, Sheet};
use super::spelling::tidy;

/// What ids without a framework, or without an edition and category, belong to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappingDefaults {
    /// Framework of bare sources: `--source-framework`.
    pub source_framework: Option<FrameworkRef>,
    /// Edition and category of bare target items: `--edition`, `--category`.
    pub target: Option<(EditionId, CategoryId)>,
    /// Framework of bare target controls: `--target-framework`.
    pub target_framework: Option<FrameworkRef>,
}

/// A mapping that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingImport {
    /// Rows in file order.
    pub rows: Vec<MappingRow>,
    /// What the rows claim to be: `proposal`, `published-crosswalk` or `consultant`.
    pub authority: String,
    /// The rows as they are stored.
    pub stored: String,
    /// What the reader of the file should be told.
    pub notes: Vec<String>,
}

/// What a mapping may claim to be. What counts for more than a proposal is decided by approval.
const AUTHORITIES: [&str; 3] = ["proposal", "published-crosswalk", "consultant"];

const COLUMNS: &[Column] = &[
    Column {
        name: "source",
        synonyms: &["source id", "source control", "ISO control", "control", "control id"],
        required: true,
        holds: Holds::Ids,
    },
    Column { name: "source_level", synonyms: &[], required: false, holds: Holds::Words },
    Column {
        name: "relationship",
        synonyms: &["relation", "STRM relationship", "relationship type"],
        required: true,
        holds: Holds::Words,
    },
    Column {
        name: "target",
        synonyms: &["target id", "target item", "DSPT item", "item", "evidence item"],
        required: true,
        holds: Holds::Ids,
    },
    Column { name: "target_level", synonyms: &[], required: false, holds: Holds::Words },
    Column { name: "joint_group", synonyms: &[], required: false, holds: Holds::Words },
    Column { name: "joint_relationship", synonyms: &[], required: false, holds: Holds::Words },
    Column {
        name: "rationale",
        synonyms: &["STRM rationale", "notes"],
        required: false,
        holds: Holds::Words,
    },
    Column { name: "authority", synonyms: &[], required: false, holds: Holds::Words },
];

/// Reads a mapping.
///
/// # Errors
/// [`Problems`] with everything that is wrong, in file order.
pub fn read_mapping(
    input: &Input<'_>,
    defaults: &MappingDefaults,
    state: &State,
) -> Result<MappingImport, Problems> {
    let mut sheet = Sheet::read(input, COLUMNS)?;
    sheet.leave_out_blank(&["source", "relationship", "rationale"])?;
    let mut problems = std::mem::take(&mut sheet.misshapen);
    let whole = problems.is_empty();
    let mut reader = Reader { sheet: &sheet, defaults, state, names: Names::new(state) };
    let (mut rows, mut torn) = (Vec::new(), BTreeSet::new());
    for row in &sheet.rows {
        if Problems::full(&mut problems, input.name, row.line) {
            break;
        }
        let mut found = Vec::new();
        match reader.row(row, &mut found) {
            Some(read) if found.is_empty() => rows.push((row, read)),
            Some(_) | None => {
                torn.insert(sheet.get(row, "joint_group").into_owned());
            }
        }
        problems.append(&mut found);
    }
    let authority = authority(&sheet, &mut problems);
    problems.extend(conflicts(&sheet, &rows, whole.then_some(&torn)));
    if !problems.is_empty() {
        return Err(Problems::sorted(problems));
    }
    let mut notes = sheet.notes.clone();
    notes.extend(reader.names.note());
    let rows: Vec<MappingRow> = rows.into_iter().map(|(_, row)| row).collect();
    notes.extend(relationship_notes(&sheet, &rows));
    let stored = write_mapping(&rows, &authority);
    Ok(MappingImport { rows, authority, stored, notes })
}

struct Reader<'r> {
    sheet: &'r Sheet,
    defaults: &'r MappingDefaults,
    state: &'r State,
    names: Names<'r>,
}

/// Keeps a value, or puts its fault where it was found.
fn keep<T>(
    sheet: &Sheet,
    row: &Row,
    column: &'static str,
    value: Result<T, Fault>,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    value.map_err(|fault| problems.push(sheet.problem(row, column, fault))).ok()
}

impl Reader<'_> {
    /// Reads one row; every wrong cell of it is a problem.
    fn row(&mut self, row: &Row, problems: &mut Vec<Problem>) -> Option<MappingRow> {
        let sheet = self.sheet;
        let source = keep(sheet, row, "source", self.source(row), problems);
        let source_level =
            keep(sheet, row, "source_level", level(sheet, row, "source_level"), problems);
        let relationship = keep(sheet, row, "relationship", relationship(sheet, row), problems);
        let target = keep(sheet, row, "target", self.target(row), problems);
        let target_level =
            keep(sheet, row, "target_level", level(sheet, row, "target_level"), problems);
        let joint = joint(sheet, row);
        let joint =
            joint.map_err(|(column, fault)| problems.push(sheet.problem(row, column, fault)));
        let rationale = super::plain_text(&sheet.get(row, "rationale"));
        let rationale = keep(sheet, row, "rationale", rationale, problems);
        if let (Some(source), Some(level)) = (&source, source_level) {
            let fits = self.source_level_fits(source, level);
            keep(sheet, row, "source_level", fits, problems);
        }
        if let (Some(target), Some(level)) = (&target, target_level) {
            let fits = self.target_level_fits(target, level);
            keep(sheet, row, "target_level", fits, problems);
        }
        if let (Some(source), Some(target), Some(relationship)) = (&source, &target, relationship) {
            let sense = makes_sense(source, relationship, target);
            keep(sheet, row, "relationship", sense, problems);
        }
        Some(MappingRow {
            number: row.number,
            source: source?,
            source_level: source_level?,
            relationship: relationship?,
            target: target?,
            target_level: target_level?,
            joint: joint.ok()?,
            rationale: rationale?,
        })
    }

    fn source(&mut self, row: &Row) -> Result<RowSource, Fault> {
        let text = self.sheet.get(row, "source");
        if text.is_empty() {
            let help = "write a control, or FRAMEWORK:RELEASE/* with no-relationship where nothing \
                        in the framework is related";
            return Err(Fault::new(ProblemCode::Blank, "the cell is blank").help(help));
        }
        let default = self.defaults.source_framework.as_ref();
        let nothing = tidy(&text);
        let framework = match (nothing.as_str(), default) {
            ("*", Some(framework)) => Some(framework.clone()),
            (text, _) => text.strip_suffix("/*").and_then(|framework| framework.parse().ok()),
        };
        if let Some(framework) = framework {
            self.names.framework(&framework)?;
            return Ok(RowSource::NothingIn(framework));
        }
        let bare = Bare { framework: default, flag: "--source-framework", annex_only: false };
        self.names.control(&text, bare).map(RowSource::One)
    }

    fn target(&mut self, row: &Row) -> Result<TargetRef, Fault> {
        let text = self.sheet.get(row, "target");
        if text.is_empty() {
            let help = "write an item or control; for a source that is related to nothing, leave \
                        the row out";
            return Err(Fault::new(ProblemCode::Blank, "the cell is blank").help(help));
        }
        let items = self.defaults.target.as_ref();
        let controls = self.defaults.target_framework.as_ref();
        let bare = Bare { framework: controls, flag: "--target-framework", annex_only: false };
        let named = (text.contains(':') && !starts_as_item(&text))
            || tidy(&text).to_ascii_lowercase().starts_with("iso");
        if named {
            return self.names.control(&text, bare).map(TargetRef::Control);
        }
        if controls.is_none() || text.contains('/') {
            return self.names.item(&text, items).map(TargetRef::Item);
        }
        let control = self.names.control(&text, bare);
        match (self.names.item(&text, items), control) {
            (Ok(item), Ok(control)) if items.is_some() => {
                let message = format!("`{}` can be {item} or {control}", shown(&text));
                Err(Fault::new(ProblemCode::Ambiguous, message)
                    .help("write the one that is meant in full"))
            }
            (Ok(item), _) => Ok(TargetRef::Item(item)),
            (Err(_), control) => control.map(TargetRef::Control),
        }
    }

    fn source_level_fits(&self, source: &RowSource, level: Level) -> Result<(), Fault> {
        match source {
            RowSource::One(control) => self.level_fits(&TargetRef::Control(control.clone()), level),
            RowSource::NothingIn(_) => no_level("no control", level),
        }
    }

    fn target_level_fits(&self, target: &TargetRef, level: Level) -> Result<(), Fault> {
        self.level_fits(target, level)
    }

    fn level_fits(&self, target: &TargetRef, level: Level) -> Result<(), Fault> {
        match target {
            TargetRef::Item(_) => no_level("an evidence item", level),
            TargetRef::Control(control) => {
                let code =
                    if level == Level::Met { ProblemCode::Blank } else { ProblemCode::NotReadable };
                known_control(self.state, control, level)
                    .map_err(|refusal| Fault::new(code, refusal.0))
            }
        }
    }
}

/// Says whether the first word is an item, so that a colon after it begins its title.
fn starts_as_item(text: &str) -> bool {
    let tidied = tidy(text);
    let first = tidied.split(' ').next().unwrap_or_default().trim_end_matches([':', '.', ',', ';']);
    first.parse::<ItemId>().is_ok() || first.parse::<ItemRef>().is_ok()
}

fn no_level(what: &str, level: Level) -> Result<(), Fault> {
    if level == Level::Met {
        return Ok(());
    }
    let message = format!("{what} has no levels, but the cell says {}", level.as_str());
    Err(Fault::new(ProblemCode::NotReadable, message).help("leave the level blank"))
}

fn level(sheet: &Sheet, row: &Row, column: &str) -> Result<Level, Fault> {
    let text = sheet.get(row, column);
    let word = text.to_ascii_lowercase().replace(['_', ' '], "-");
    word.parse().map_err(|_| {
        let message = format!("`{}` is not a level", shown(&text));
        let help =
            "write partially-achieved or achieved, or leave it blank where there is one level";
        Fault::new(ProblemCode::NotReadable, message).help(help)
    })
}

fn relationship(sheet: &Sheet, row: &Row) -> Result<Relationship, Fault> {
    let text = sheet.get(row, "relationship");
    if text.is_empty() {
        return Ok(Relationship::Unspecified);
    }
    relation::relationship(&text)
}

fn joint(sheet: &Sheet, row: &Row) -> Result<Option<JointGroup>, (&'static str, Fault)> {
    let id = super::plain_text(&sheet.get(row, "joint_group"));
    let id = id.map_err(|fault| ("joint_group", fault))?;
    let words = sheet.get(row, "joint_relationship");
    match (id.is_empty(), words.is_empty()) {
        (true, true) => Ok(None),
        (false, true) => {
            let message =
                format!("group `{}` does not say what its sources together are", shown(&id));
            let help =
                "write the joint relationship, such as superset-of, on every row of the group";
            Err(("joint_relationship", Fault::new(ProblemCode::JointGroup, message).help(help)))
        }
        (true, false) => {
            let message = "a joint relationship needs the group that it belongs to";
            let help = "give every row of the group the same short joint_group, such as J1";
            Err(("joint_group", Fault::new(ProblemCode::JointGroup, message).help(help)))
        }
        (false, false) => {
            let relationship =
                relation::relationship(&words).map_err(|f| ("joint_relationship", f))?;
            Ok(Some(JointGroup { id, relationship }))
        }
    }
}

/// Refuses relationships that say nothing: "nothing is related" as something, a control to itself.
fn makes_sense(
    source: &RowSource,
    relationship: Relationship,
    target: &TargetRef,
) -> Result<(), Fault> {
    match (source, target) {
        (RowSource::NothingIn(_), _) if relationship != Relationship::NoRelationship => {
            let message = format!("`{source}` means that no control is related");
            Err(Fault::new(ProblemCode::SaysNothing, message)
                .help("write no-relationship, or name a control"))
        }
        (RowSource::One(control), TargetRef::Control(other)) if control == other => {
            let message = format!("{control} is mapped to itself, which says nothing");
            Err(Fault::new(ProblemCode::SaysNothing, message)
                .help("name another target, or leave the row out"))
        }
        _ => Ok(()),
    }
}

/// Finds what is wrong between rows. Groups are judged only where every row of them was read.
fn conflicts(
    sheet: &Sheet,
    rows: &[(&Row, MappingRow)],
    torn: Option<&BTreeSet<String>>,
) -> Vec<Problem> {
    let by_number: BTreeMap<u64, &(&Row, MappingRow)> =
        rows.iter().map(|pair| (pair.1.number, pair)).collect();
    let plain: Vec<MappingRow> = rows.iter().map(|(_, row)| row.clone()).collect();
    let mut first: BTreeMap<_, u64> = BTreeMap::new();
    for row in &plain {
        first.entry(pair_of(row)).or_insert(row.number);
    }
    let mut problems = Vec::new();
    for (number, cell) in row_conflicts(&plain) {
        let Some((at, row)) = by_number.get(&number) else { continue };
        if cell.code == ProblemCode::Duplicate {
            let earlier = first.get(&pair_of(row)).and_then(|number| by_number.get(number));
            let Some((earlier_at, earlier)) = earlier else { continue };
            problems.push(sheet.problem(at, "source", twice(row, earlier_at.line, earlier)));
        } else if torn.is_some_and(|torn| !torn.contains(&cell.found)) {
            let help = "row numbers count from 1 after the header; a group needs two rows or more, \
                        with one target and one joint relationship";
            let fault = Fault::new(cell.code, cell.why).help(help);
            problems.push(sheet.problem(at, "joint_group", fault));
        }
    }
    problems
}

type Pair<'r> = (&'r RowSource, Level, &'r TargetRef, Level, Option<&'r str>);

fn pair_of(row: &MappingRow) -> Pair<'_> {
    let group = row.joint.as_ref().map(|joint| joint.id.as_str());
    (&row.source, row.source_level, &row.target, row.target_level, group)
}

fn twice(row: &MappingRow, line: u64, earlier: &MappingRow) -> Fault {
    let same = MappingRow { number: earlier.number, ..row.clone() } == *earlier;
    let message = if same {
        format!("the row says the same as line {line}")
    } else if row.relationship == earlier.relationship {
        format!(
            "line {line} already says that {} is {} {}",
            row.source, row.relationship, row.target
        )
    } else {
        format!(
            "line {line} says that {} is {} {}, this row says {}",
            row.source, earlier.relationship, row.target, row.relationship
        )
    };
    Fault::new(ProblemCode::Duplicate, message).help("keep one of the two rows")
}

/// Returns what all rows claim to be, `proposal` where none says.
fn authority(sheet: &Sheet, problems: &mut Vec<Problem>) -> String {
    let mut said: Option<(u64, String)> = None;
    for row in &sheet.rows {
        let text = sheet.get(row, "authority");
        let word = text.to_ascii_lowercase().replace(['_', ' '], "-");
        if word.is_empty() {
            continue;
        }
        let fault = match &said {
            _ if !AUTHORITIES.contains(&word.as_str()) => {
                let message = format!("a file cannot claim to be `{}`", shown(&text));
                Some(
                    Fault::new(ProblemCode::NotReadable, message)
                        .help(format!("write one of {}", AUTHORITIES.join(", "))),
                )
            }
            Some((line, first)) if *first != word => {
                let message = format!("the row is `{word}`, but line {line} is `{first}`");
                Some(Fault::new(ProblemCode::NotReadable, message).help("import one file for each"))
            }
            Some(_) => None,
            None => {
                said = Some((row.line, word));
                None
            }
        };
        problems.extend(fault.map(|fault| sheet.problem(row, "authority", fault)));
    }
    said.map_or_else(|| "proposal".to_owned(), |(_, word)| word)
}

/// Says which words were read for ours, and how many rows say nothing.
fn relationship_notes(sheet: &Sheet, rows: &[MappingRow]) -> Vec<String> {
    let mut words: BTreeMap<(String, Relationship), usize> = BTreeMap::new();
    for (row, read) in sheet.rows.iter().zip(rows) {
        let word = tidy(&sheet.get(row, "relationship")).to_lowercase();
        if word.replace(['_', ' '], "-") != read.relationship.as_str() {
            *words.entry((word, read.relationship)).or_default() += 1;
        }
    }
    let note = |((word, read), count): (&(String, Relationship), &usize)| match word.as_str() {
        "" => format!("{} without a relationship read as {read}", counted(*count, "row")),
        word => format!("`{}` read as {read} in {}", shown(word), counted(*count, "row")),
    };
    words.iter().map(note).collect()
}

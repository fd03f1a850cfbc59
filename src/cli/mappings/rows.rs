//! A mapping read row by row for a check: what an import would take, and what it would refuse as
//! far as it can be understood, so that one bad row does not hide what is wrong with the others.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::cli::error::{Failure, exit};
use crate::domain::catalogue::edition::ControlStanding;
use crate::domain::csv::{Row, Table, write_stored};
use crate::domain::ids::{ControlRef, TargetRef};
use crate::domain::mapping::lint::{Finding, Rule, Severity, check_scale};
use crate::domain::mapping::resolve::Catalogue;
use crate::domain::mapping::{JointGroup, MAPPING_COLUMNS, MappingRow, RowSource};
use crate::domain::problem_code::ProblemCode;
use crate::domain::state::State;
use crate::import::input::Input;
use crate::import::mapping::{MappingDefaults, read_mapping};
use crate::import::problem::{Problem, render};
use crate::import::text::decode;

/// What the rows of a file are read with.
pub(in crate::cli) struct Reader<'r> {
    /// What ids without a framework belong to.
    pub(in crate::cli) defaults: &'r MappingDefaults,
    /// All that ships, as a ledger would know it.
    pub(in crate::cli) state: &'r State,
    /// The same, as checks know it.
    pub(in crate::cli) catalogue: &'r Catalogue,
}

/// A mapping as far as it can be read.
#[derive(Debug, Default)]
pub(in crate::cli) struct Loose {
    /// Rows, numbered from 1.
    pub(in crate::cli) rows: Vec<MappingRow>,
    /// Findings about rows that are not among them, and about columns that no row keeps.
    pub(in crate::cli) findings: Vec<Finding>,
    /// Line in the file of each row number.
    pub(in crate::cli) lines: BTreeMap<u64, u64>,
    /// What an import would remark.
    pub(in crate::cli) notes: Vec<String>,
}

/// How many problems of an unreadable file are shown.
const PROBLEMS_SHOWN: usize = 10;

impl Reader<'_> {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Failure`] with exit status 3 when it cannot be read as a mapping at all.
    pub(in crate::cli) fn read(&self, file: &str, content: &[u8]) -> Result<Loose, Failure> {
        let whole = read_mapping(&Input::of(file, content), self.defaults, self.state);
        let table =
            decode(content).ok().and_then(|decoded| plain_table(&decoded.text, decoded.delimiter));
        let mut loose = Loose::default();
        if let Some(table) = &table {
            loose.lines = table.rows.iter().map(|row| (row.number, row.line)).collect();
            loose.findings = scales(table);
        }
        let problems = match whole {
            Ok(import) => {
                loose.rows = import.rows;
                loose.notes = import.notes;
                return Ok(loose);
            }
            Err(problems) => problems.0,
        };
        let Some(table) = table.filter(|_| !problems.iter().any(of_whole_file)) else {
            return Err(unreadable(file, &problems));
        };
        let by_line = by_line(&problems);
        for row in &table.rows {
            let problems = by_line.get(&row.line).map_or(&[][..], Vec::as_slice);
            self.row(&table, row, problems, &mut loose);
        }
        if loose.rows.is_empty() { Err(unreadable(file, &problems)) } else { Ok(loose) }
    }

    /// Reads one row of a file that an import would refuse.
    fn row(&self, table: &Table, row: &Row, problems: &[&Problem], loose: &mut Loose) {
        let direct = canonical(table, row).and_then(|row| MappingRow::parse(&row).ok());
        let read = match direct {
            Some(read) if problems.is_empty() && self.is_known(&read) => Some(read),
            direct if problems.is_empty() => self.spelt(table, row).or(direct),
            direct => direct,
        };
        // Of a row that was understood, the checks say what is wrong, better than one row can.
        let understood = read.is_some();
        let left = problems.iter().filter(|one| !understood || !is_checked(one));
        loose.findings.extend(left.map(|one| finding(row.number, one)));
        loose.rows.extend(read.map(|read| MappingRow { number: row.number, ..read }));
    }

    fn is_known(&self, row: &MappingRow) -> bool {
        let known = |control: &ControlRef| {
            let standing = self.catalogue.standing_of(control);
            standing.is_some_and(|standing| standing != ControlStanding::Unknown)
        };
        let source = match &row.source {
            RowSource::One(control) => known(control),
            RowSource::NothingIn(_) => true,
        };
        source
            && match &row.target {
                TargetRef::Control(control) => known(control),
                TargetRef::Item(_) => true,
            }
    }

    /// Reads a row that spells its names in a way that only an import knows.
    fn spelt(&self, table: &Table, row: &Row) -> Option<MappingRow> {
        let header: Vec<&str> = table.header.iter().map(String::as_str).collect();
        // By itself a row of a joint group would be a group of one.
        let cells = header.iter().map(|column| {
            let joint = name_of(column).starts_with("joint_");
            if joint { String::new() } else { row.get(column).to_owned() }
        });
        let text = write_stored(&header, [cells.collect()]);
        let read =
            read_mapping(&Input::of("row", text.as_bytes()), self.defaults, self.state).ok()?;
        let cell = |column: &str| {
            let name = table.header.iter().find(|name| name_of(name) == column);
            name.map_or("", |name| row.get(name))
        };
        let (id, words) = (cell("joint_group"), cell("joint_relationship"));
        let joint = match words.parse() {
            Ok(relationship) if !id.is_empty() => {
                Some(JointGroup { id: id.to_owned(), relationship })
            }
            Ok(_) | Err(_) => None,
        };
        read.rows.into_iter().next().map(|read| MappingRow { joint, ..read })
    }
}

/// Reads text as a table of whatever columns, without the line that declares the separator.
fn plain_table(text: &str, delimiter: u8) -> Option<Table> {
    let declared = text.trim_start().get(..4).is_some_and(|head| head.eq_ignore_ascii_case("sep="));
    let (skipped, text) = match text.split_once('\n') {
        Some((_, rest)) if declared => (1, rest),
        Some(_) | None => (0, text),
    };
    let mut table = Table::parse(text, delimiter, &[]).ok()?;
    for row in &mut table.rows {
        row.line += skipped;
    }
    Some(table)
}

/// A column's name as this program writes it.
fn name_of(column: &str) -> String {
    let words: String = column.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    words.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join("_")
}

/// Gives the row under the names that this program writes.
fn canonical(table: &Table, row: &Row) -> Option<Row> {
    if MAPPING_COLUMNS.iter().all(|column| table.header.iter().any(|name| name == column)) {
        return Some(row.clone());
    }
    let cells = MAPPING_COLUMNS.iter().map(|column| {
        let name = table.header.iter().find(|name| name_of(name) == *column);
        name.map_or_else(String::new, |name| row.get(name).to_owned())
    });
    let text = write_stored(MAPPING_COLUMNS, [cells.collect()]);
    Table::parse_stored(text.as_bytes(), &[]).ok()?.rows.pop()
}

fn scales(table: &Table) -> Vec<Finding> {
    let numeric = |name: &&String| {
        let name = name_of(name);
        ["strength", "confidence", "score", "percent"].iter().any(|word| name.contains(word))
    };
    let columns = table.header.iter().filter(numeric);
    let of =
        |name: &String| check_scale(name, table.rows.iter().map(|row| (row.number, row.get(name))));
    columns.filter_map(of).collect()
}

fn by_line(problems: &[Problem]) -> BTreeMap<u64, Vec<&Problem>> {
    let mut by_line: BTreeMap<u64, Vec<&Problem>> = BTreeMap::new();
    // What is wrong between rows is found again by the checks, for all rows.
    for one in problems
        .iter()
        .filter(|one| !matches!(one.code, ProblemCode::Duplicate | ProblemCode::JointGroup))
    {
        by_line.entry(one.line).or_default().push(one);
    }
    by_line
}

/// Says whether a problem is one of the file and not of a row (`docs/errors.md`).
fn of_whole_file(problem: &Problem) -> bool {
    matches!(
        problem.code,
        ProblemCode::Empty
            | ProblemCode::NotText
            | ProblemCode::TooLarge
            | ProblemCode::Header
            | ProblemCode::Shape
    )
}

/// Says whether the checks find this by themselves in a row that was understood.
fn is_checked(problem: &Problem) -> bool {
    matches!(
        problem.code,
        ProblemCode::Unknown
            | ProblemCode::SaysNothing
            | ProblemCode::OtherRelease
            | ProblemCode::Withdrawn
            | ProblemCode::Heading
    ) || name_of(&problem.column_name).ends_with("_level")
}

fn finding(row: u64, problem: &Problem) -> Finding {
    let code = problem.code;
    let rule = if matches!(code, ProblemCode::Unknown | ProblemCode::OtherRelease) {
        Rule::DanglingId
    } else if code == ProblemCode::Withdrawn {
        Rule::WithdrawnId
    } else if code == ProblemCode::Heading {
        Rule::HeadingId
    } else {
        Rule::UnreadableRow
    };
    let (rows, severity) = (vec![row], Severity::Error);
    // There is no ledger here that could adopt anything.
    if let Some(release) = problem.message.strip_suffix(" is not adopted") {
        let text =
            format!("{release} is not in the catalogue, and the row cannot be read without it");
        return Finding { rule: Rule::UnreadableRow, severity, rows, text, help: None };
    }
    Finding { rule, severity, rows, text: problem.message.clone(), help: problem.help.clone() }
}

fn unreadable(file: &str, problems: &[Problem]) -> Failure {
    let code = problems.first().map_or(ProblemCode::Header, |one| one.code);
    let mut text = format!("{file} cannot be read as a mapping\n");
    for one in problems.iter().take(PROBLEMS_SHOWN) {
        text.push_str(&render(one));
    }
    if problems.len() > PROBLEMS_SHOWN {
        let _ = write!(text, "... {} more", problems.len() - PROBLEMS_SHOWN);
    }
    let mut failure = Failure::new(code, exit::INPUT, text.trim_end());
    failure.place = problems.first().map(|one| format!("{}:{}", one.file, one.line));
    failure
}

//! `dspt export template`: a table of what is asked, with blank columns, that an import takes back.

use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, ValueEnum};
use serde_json::json;

use crate::cli::as_of::{Question, no_edition};
use crate::cli::code::Code;
use crate::cli::error::{Failure, exit};
use crate::cli::output::Output;
use crate::domain::catalogue::edition::{ControlStanding, Framework, Requirement};
use crate::domain::csv::write_stored;
use crate::domain::date::Date;
use crate::domain::engine::status::{Finding, Positions, Status};
use crate::domain::ids::FrameworkRef;
use crate::domain::sanitize::inert_cell;
use crate::domain::state::State;
use crate::durable::{self, Access};
use crate::export::workbook::{Column, Sheet, workbook};
use crate::journal::Journal;
use crate::ledger::Digest;

/// Arguments of `export template`.
#[derive(ClapArgs, Debug)]
pub(super) struct Args {
    /// What is to be filled in
    kind: Kind,
    /// The file, which is not there yet
    out: PathBuf,
    /// A workbook with lists to choose from, or text
    #[arg(long, value_enum, default_value = "xlsx")]
    format: Form,
    /// The framework of a Statement of Applicability, where more than one release is adopted
    #[arg(long, value_name = "FRAMEWORK")]
    framework: Option<FrameworkRef>,
    #[command(flatten)]
    question: Question,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Evidence for each item: `dspt import evidence`
    Evidence,
    /// An answer to each item: `dspt import answers`
    Answers,
    /// The controls of Annex A: `dspt import soa`
    Soa,
    /// Controls for each item: `dspt import mapping`
    Mapping,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Xlsx,
    Csv,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`].
pub(super) fn run(args: &Args, journal: &Journal, output: &mut Output<'_>) -> Result<u8, Failure> {
    let as_of = args.question.resolve(&journal.ledger.facts, output)?;
    let state = journal.state(as_of.size)?;
    let sheet = if args.kind == Kind::Soa {
        controls(framework(&state, args.framework.as_ref())?)
    } else {
        let positions = Positions::new(&state, as_of.rules);
        if positions.derivation.period_on(as_of.on).is_none() {
            return Err(no_edition(as_of.on));
        }
        items(args.kind, &positions, as_of.on, &as_of.sentence(&positions))
    };
    let bytes = match args.format {
        Form::Xlsx => workbook(&sheet)
            .map_err(|error| Failure::new(Code::Io, exit::FAILED, error.to_string()))?,
        Form::Csv => csv(&sheet),
    };
    write(&args.out, &bytes)?;
    let (file, rows) = (args.out.display().to_string(), sheet.rows.len());
    let command = match args.kind {
        Kind::Evidence => "dspt import evidence",
        Kind::Answers => "dspt import answers",
        Kind::Soa => "dspt import soa",
        Kind::Mapping => "dspt import mapping",
    };
    let sha256 = Digest::of(&bytes).hex();
    let value = json!({ "file": file, "rows": rows, "sha256": sha256 });
    let text = format!("{file}: {rows} rows to fill in. Rows left blank are left out.\n");
    output.answer("dspt.export-template/1", value, &text)?;
    output.hint(&format!("Next, when it is filled in: {command} {file}"))?;
    Ok(exit::YES)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    durable::write_new(path, bytes, Access::Umask).map_err(|error| {
        let shown = path.display();
        Failure::new(Code::Io, exit::FAILED, format!("{shown} cannot be written: {error}"))
            .help("give another file; one that is there is not overwritten")
    })
}

fn csv(sheet: &Sheet) -> Vec<u8> {
    let header: Vec<&str> = sheet.columns.iter().map(|column| column.name).collect();
    let rows = sheet.rows.iter().map(|row| {
        let mut cells: Vec<String> = row.iter().map(|cell| inert_cell(cell)).collect();
        cells.resize(header.len(), String::new());
        cells
    });
    format!("\u{feff}{}", write_stored(&header, rows)).into_bytes()
}

const fn said(name: &'static str, width: u16) -> Column {
    Column { name, width, choices: &[], to_fill: false }
}

const fn blank(name: &'static str, width: u16, choices: &'static [&'static str]) -> Column {
    Column { name, width, choices, to_fill: true }
}

/// The columns after those that say what is asked.
fn to_fill(kind: Kind) -> Vec<Column> {
    match kind {
        Kind::Evidence => vec![
            blank("title", 36, &[]),
            blank("file", 24, &[]),
            blank("proves_on", 12, &[]),
            blank("valid_until", 12, &[]),
            blank("scope", 14, &[]),
        ],
        Kind::Answers => vec![
            blank("answer", 48, &[]),
            blank("met", 8, &["yes", "no"]),
            blank("on", 12, &[]),
            blank("valid_until", 12, &[]),
        ],
        Kind::Soa => vec![
            blank("applicable", 11, &["yes", "no"]),
            blank("justification", 48, &[]),
            blank("implementation status", 22, STATUSES),
        ],
        Kind::Mapping => vec![
            blank("source", 26, &[]),
            blank("relationship", 18, RELATIONSHIPS),
            blank("rationale", 48, &[]),
        ],
    }
}

const STATUSES: &[&str] = &["Implemented", "Partly implemented", "Planned", "Not implemented"];
const RELATIONSHIPS: &[&str] = &[
    "equal-to",
    "equivalent-to",
    "superset-of",
    "subset-of",
    "intersects-with",
    "no-relationship",
    "unspecified",
];

/// A row for each item that is asked.
fn items(kind: Kind, positions: &Positions, on: Date, sentence: &str) -> Sheet {
    let id = match kind {
        Kind::Evidence => said("items", 10),
        Kind::Mapping => said("target", 34),
        Kind::Answers | Kind::Soa => said("item", 10),
    };
    let mut columns = vec![
        id,
        said("what it asks", 48),
        said("mandatory", 11),
        said("stands at", 18),
        said("because", 36),
        said("stands until", 12),
    ];
    columns.extend(to_fill(kind));
    let findings = positions.on(on).findings();
    let row = |one: &Finding| {
        let mandatory = one.requirement == Requirement::Mandatory;
        let id = match kind {
            Kind::Mapping => one.item.to_string(),
            Kind::Evidence | Kind::Answers | Kind::Soa => one.item.item.as_str().to_owned(),
        };
        vec![
            id,
            one.title.clone(),
            if mandatory { "mandatory" } else { "optional" }.to_owned(),
            one.status.word().to_owned(),
            one.because_text.clone(),
            until(positions, one, on),
        ]
    };
    let rows = findings.iter().map(row).collect();
    let notes = notes(&columns, sentence);
    Sheet { name: "To fill in".to_owned(), columns, rows, notes }
}

/// The last day on which an item that is in place stands so; blank where no end is known.
fn until(positions: &Positions, one: &Finding, on: Date) -> String {
    let in_place = matches!(one.status, Status::Met | Status::MetByEquivalence);
    let mut later = positions.history(&one.item).filter(|(day, _)| *day > on && in_place);
    let end = later.find(|(_, status)| *status != one.status);
    end.map_or_else(String::new, |(day, _)| day.plus(-1).to_string())
}

fn notes(columns: &[Column], sentence: &str) -> Vec<String> {
    let fill = columns.iter().filter(|column| column.to_fill).map(|column| column.name);
    let fill: Vec<&str> = fill.collect();
    let mut notes = Vec::new();
    if !sentence.is_empty() {
        notes.push(sentence.to_owned());
    }
    notes.push(format!("To fill in: {}.", fill.join(", ")));
    notes.push("Rows in which all of these are blank are left out by the import.".to_owned());
    notes.push(
        "Days as 2026-06-30 or 30 June 2026. Numbers of items and controls stay text.".to_owned(),
    );
    notes.push("Rows may be sorted, filtered, copied for a second piece, and removed.".to_owned());
    notes
}

fn framework<'s>(state: &'s State, given: Option<&FrameworkRef>) -> Result<&'s Framework, Failure> {
    let adopted = state.frameworks.values().map(|known| known.what.as_ref());
    let mut fitting = adopted.filter(|one| match given {
        Some(given) => one.id == *given,
        None => one.id.framework == "iso27001",
    });
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => {
            let which = given.map_or_else(|| "iso27001:2022".to_owned(), ToString::to_string);
            Err(Failure::usage(format!("framework {which} is not adopted"))
                .help(format!("adopt it with: dspt import framework {which}")))
        }
        (Some(one), Some(other)) => {
            Err(Failure::usage(format!("{} and {} are adopted", one.id, other.id))
                .help(format!("say which is meant with --framework {}", other.id)))
        }
    }
}

/// A row for each control that a Statement of Applicability lists.
fn controls(framework: &Framework) -> Sheet {
    let mut columns = vec![said("control", 12), said("what it asks", 56)];
    columns.extend(to_fill(Kind::Soa));
    let listed = framework.controls.values().filter(|one| {
        one.kind == "control" && framework.standing_of(&one.id) == ControlStanding::Assessable
    });
    let mut listed: Vec<(Vec<u32>, Vec<String>)> = listed
        .map(|one| {
            let numbers = one.id.split('.').filter_map(|part| part.parse().ok()).collect();
            (numbers, vec![one.id.clone(), one.title.clone()])
        })
        .collect();
    listed.sort();
    let rows = listed.into_iter().map(|(_, row)| row).collect();
    let notes = notes(&columns, &format!("Controls of {}.", framework.id));
    Sheet { name: "To fill in".to_owned(), columns, rows, notes }
}

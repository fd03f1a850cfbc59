//! `dspt mapping`: the workbench. Checks a mapping before it is imported, and suggests what to look at
//! next, without a ledger; shows, approves and withdraws the rows of those that a ledger has.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};
use serde_json::{Value, json};

use super::candidates;
use super::rows::Reader;
use super::workbench::{self, DiffArgs, ShowArgs};
use crate::cli::bundled_catalogue;
use crate::cli::error::{Failure, exit};
use crate::cli::input_file::read_file;
use crate::cli::output::{Output, safe};
use crate::cli::recording::approval::{ApproveArgs, approve};
use crate::cli::recording::withdraw::{WithdrawArgs, withdraw};
use crate::domain::ids::{CategoryId, EditionId, FrameworkRef};
use crate::domain::mapping::lint::{Finding, Severity, check as check_mapping, sort};
use crate::domain::mapping::{JointGroup, MappingRow};
use crate::domain::sanitize::counted;
use crate::import::mapping::MappingDefaults;

/// Arguments of `mapping`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Find names that lead nowhere, contradictions and gaps in a mapping, or in several together
    Check(CheckArgs),
    /// Suggest controls to look at for an item; a suggestion satisfies nothing
    Candidates(candidates::Args),
    /// The mappings of the ledger, and how many rows of each are approved
    List,
    /// The rows of a mapping: what each says, where it stands, what approving it would change today
    Show(ShowArgs),
    /// Approve rows of a mapping: from then on they are rules (as `dspt approve`)
    Approve(ApproveArgs),
    /// Take an approval back, whole or some rows of it from a day on (as `dspt withdraw`)
    Withdraw(WithdrawArgs),
    /// What two mappings say differently
    Diff(DiffArgs),
}

#[derive(ClapArgs, Debug)]
struct CheckArgs {
    /// CSV files, or the catalogue's: proposals/NAME.csv, crosswalks/NAME.csv
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Framework of ids that do not name theirs
    #[arg(long, value_name = "FRAMEWORK")]
    source_framework: Option<FrameworkRef>,
    /// Framework of target ids that do not name theirs
    #[arg(long, value_name = "FRAMEWORK")]
    target_framework: Option<FrameworkRef>,
    /// Edition of items that do not name theirs
    #[arg(long, requires = "category")]
    edition: Option<EditionId>,
    /// Category of items that do not name theirs
    #[arg(long, requires = "edition")]
    category: Option<CategoryId>,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] with exit status 3 when a file cannot be read as a mapping.
pub(in crate::cli) fn run(
    args: &Args,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    match &args.command {
        Command::List => workbench::list(ledger, output),
        Command::Show(args) => workbench::show(args, ledger, output),
        Command::Diff(args) => workbench::diff(args, ledger, output),
        Command::Approve(args) => approve(args, ledger, output),
        Command::Withdraw(args) => withdraw(args, ledger, output),
        Command::Check(args) => check(args, output),
        Command::Candidates(args) => candidates::run(args, output),
    }
}

/// Where a row stands.
struct Place {
    file: usize,
    row: u64,
    line: Option<u64>,
}

/// The rows of all files, numbered through.
#[derive(Default)]
struct Together {
    files: Vec<String>,
    rows: Vec<MappingRow>,
    places: Vec<Place>,
    findings: Vec<Finding>,
    notes: Vec<String>,
}

fn check(args: &CheckArgs, output: &mut Output<'_>) -> Result<u8, Failure> {
    let defaults = MappingDefaults {
        source_framework: args.source_framework.clone(),
        target: args.edition.clone().zip(args.category.clone()),
        target_framework: args.target_framework.clone(),
    };
    let catalogue = bundled_catalogue::catalogue()?;
    let state = bundled_catalogue::state(&catalogue, output.now.london_day());
    let reader = Reader { defaults: &defaults, state: &state, catalogue: &catalogue };
    let mut all = Together::default();
    for file in &args.files {
        all.add(&reader, file, args.files.len() > 1)?;
    }
    for note in &all.notes {
        output.hint(&format!("note: {}", safe(note)))?;
    }
    let mut findings = check_mapping(&all.rows, &catalogue);
    findings.append(&mut all.findings);
    sort(&mut findings);
    let count = |severity| findings.iter().filter(|one| one.severity == severity).count();
    let counts = [Severity::Error, Severity::Warning, Severity::Note].map(count);
    output.answer(
        "dspt.mapping-check/1",
        json!({
            "files": all.files,
            "rows": all.places.len(),
            "errors": counts[0],
            "warnings": counts[1],
            "notes": counts[2],
            "findings": findings.iter().map(|one| all.json(one)).collect::<Vec<_>>(),
            "read_notes": all.notes,
        }),
        &all.text(&findings, counts),
    )?;
    Ok(if counts[0] == 0 { exit::YES } else { exit::NO })
}

/// Reads a file; where there is none, the catalogue's of that name.
fn content(path: &Path) -> Result<Vec<u8>, Failure> {
    let shipped = crate::bundled::file(&path.to_string_lossy()).filter(|_| !path.exists());
    shipped.map_or_else(|| read_file(path), |file| Ok(file.bytes.to_vec()))
}

impl Together {
    fn add(&mut self, reader: &Reader<'_>, path: &Path, several: bool) -> Result<(), Failure> {
        let file = path.display().to_string();
        let loose = reader.read(&file, &content(path)?)?;
        let before = self.places.len() as u64;
        let last = loose.rows.iter().map(|row| row.number).chain(loose.lines.keys().copied()).max();
        self.places.extend((1..=last.unwrap_or(0)).map(|row| Place {
            file: self.files.len(),
            row,
            line: loose.lines.get(&row).copied(),
        }));
        self.rows.extend(loose.rows.into_iter().map(|row| {
            // Groups of two files have nothing to do with each other.
            let joint = row.joint.map(|joint| JointGroup {
                id: if several { format!("{} of {file}", joint.id) } else { joint.id },
                ..joint
            });
            MappingRow { number: before + row.number, joint, ..row }
        }));
        self.findings.extend(loose.findings.into_iter().map(|mut one| {
            one.rows.iter_mut().for_each(|row| *row += before);
            one
        }));
        let of = |note| if several { format!("{file}: {note}") } else { note };
        self.notes.extend(loose.notes.into_iter().map(of));
        self.files.push(file);
        Ok(())
    }

    fn place(&self, row: u64) -> Option<(&str, &Place)> {
        let place = self.places.get(usize::try_from(row).ok()?.checked_sub(1)?)?;
        Some((self.files.get(place.file)?, place))
    }

    fn json(&self, finding: &Finding) -> Value {
        let place = |row: &u64| {
            let (file, place) = self.place(*row)?;
            Some(json!({ "file": file, "row": place.row, "line": place.line }))
        };
        json!({
            "rule": finding.rule.as_str(),
            "severity": finding.severity.as_str(),
            "text": finding.text,
            "help": finding.help,
            "where": finding.rows.iter().filter_map(place).collect::<Vec<_>>(),
        })
    }

    fn text(&self, findings: &[Finding], [errors, warnings, notes]: [usize; 3]) -> String {
        let mut text = String::new();
        for one in findings {
            let (severity, rule) = (one.severity.as_str(), one.rule);
            let _ = writeln!(text, "{severity}[{rule}]: {}", safe(&one.text));
            if !one.rows.is_empty() {
                let _ = writeln!(text, "  at {}", self.lines(&one.rows));
            }
            if let Some(help) = &one.help {
                let _ = writeln!(text, "  help: {}", safe(help));
            }
        }
        let files: Vec<String> = self.files.iter().map(|file| safe(file)).collect();
        let _ = writeln!(
            text,
            "{}: {}, {}, {}, {}.",
            files.join(", "),
            counted(self.places.len(), "row"),
            counted(errors, "error"),
            counted(warnings, "warning"),
            counted(notes, "note")
        );
        text
    }

    /// All lines, as people look for them: `line 3`, `a.csv line 3, b.csv lines 7, 9`.
    fn lines(&self, rows: &[u64]) -> String {
        let mut runs: Vec<(&str, &str, Vec<String>)> = Vec::new();
        for (file, place) in rows.iter().filter_map(|row| self.place(*row)) {
            let file = if self.files.len() > 1 { file } else { "" };
            // Where the line is not known the number of the row is.
            let (what, number) = place.line.map_or(("row", place.row), |line| ("line", line));
            match runs.last_mut() {
                Some(run) if (run.0, run.1) == (file, what) => run.2.push(number.to_string()),
                Some(_) | None => runs.push((file, what, vec![number.to_string()])),
            }
        }
        let run = |(file, what, numbers): &(&str, &str, Vec<String>)| {
            let plural = if numbers.len() == 1 { "" } else { "s" };
            let words = format!("{} {what}{plural} {}", safe(file), numbers.join(", "));
            words.trim_start().to_owned()
        };
        runs.iter().map(run).collect::<Vec<_>>().join(", ")
    }
}

//! Bad rows of a file that was read, all of them, as one failure.

use std::fmt::Write as _;
use std::path::Path;

use crate::cli::dash::is_dash;
use crate::cli::error::{Failure, exit};
use crate::domain::catalogue::edition::BadCatalogue;
use crate::domain::problem_code::ProblemCode;
use crate::durable::{self, Access};
use crate::import::problem::{Problem, Problems, problems_csv, render};

/// How many problems are shown before the rest is counted.
const PROBLEMS_SHOWN: usize = 10;

/// A problem of a whole row.
pub(super) fn problem(file: &str, line: u64, code: ProblemCode, message: String) -> Problem {
    Problem {
        code,
        file: file.to_owned(),
        line,
        column: None,
        column_name: String::new(),
        found: String::new(),
        message,
        help: None,
        source_line: None,
        source_from: 1,
        at: None,
    }
}

/// Names every bad row of a catalogue file. `path_of` gives the path of a file by its usual name.
pub(super) fn bad_catalogue(path_of: impl Fn(&str) -> String, bad: BadCatalogue) -> Failure {
    match bad {
        BadCatalogue::Table { file, source } => {
            Failure::new(ProblemCode::Header, exit::INPUT, format!("{}: {source}", path_of(file)))
        }
        BadCatalogue::Rows { file, rows } => {
            let path = path_of(file);
            let all = rows.into_iter().map(|row| {
                let mut one = problem(&path, row.line, row.cell.code, row.cell.why);
                one.column_name = row.cell.column;
                one.found = row.cell.found;
                one.help = row.cell.help;
                one
            });
            bad_rows(Problems(all.collect()))
        }
    }
}

/// Turns problems into a failure that shows the first ones.
pub(super) fn bad_rows(problems: Problems) -> Failure {
    let all = problems.0;
    let noun = if all.len() == 1 { "problem" } else { "problems" };
    let mut text = format!("{} {noun}; nothing was written\n", all.len());
    for problem in all.iter().take(PROBLEMS_SHOWN) {
        text.push_str(&render(problem));
    }
    if let Some(more) = all.len().checked_sub(PROBLEMS_SHOWN + 1) {
        let _ = writeln!(text, "... {} more", more + 1);
    }
    let code = all.first().map_or(ProblemCode::Unnamed, |one| one.code);
    let mut failure = Failure::new(code, exit::INPUT, text.trim_end());
    failure.place = all.first().map(|one| match (one.line, &one.at) {
        (0, None) => one.file.clone(),
        (line, None) => format!("{}:{line}", one.file),
        (_, Some(_)) => one.place(),
    });
    failure.problems = all;
    failure
}

/// Keeps the whole list beside the input when not all of it was shown. It takes the place of an
/// earlier list of ours, never of anything else.
pub(super) fn with_list(mut failure: Failure) -> Failure {
    let Some(file) = failure.problems.first().map(|one| one.file.clone()) else { return failure };
    let beside = Path::new(&file);
    if failure.problems.len() <= PROBLEMS_SHOWN || is_dash(beside) || !beside.is_file() {
        return failure;
    }
    let (path, list) = (format!("{file}.problems.csv"), problems_csv(&failure.problems));
    let header = list.lines().next().unwrap_or_default();
    let start = durable::read_start(Path::new(&path), header.len() as u64);
    let ours = start.map(|start| start.starts_with(header.as_bytes()));
    let text = match (ours, Path::new(&path).symlink_metadata().is_ok()) {
        (Ok(true), _) | (_, false) => {
            match durable::replace(Path::new(&path), list.as_bytes(), Access::Umask) {
                Ok(()) => format!("all are in {path}"),
                Err(error) => format!("the list could not be written to {path}: {error}"),
            }
        }
        (Ok(false) | Err(_), true) => format!("{path} is in the way of the whole list"),
    };
    failure.message = format!("{}; {text}", failure.message);
    failure
}

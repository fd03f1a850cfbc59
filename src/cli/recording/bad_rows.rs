//! Bad rows of a file that was read, all of them, as one failure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use crate::cli::dash::is_dash;
use crate::cli::error::{Failure, exit};
use crate::cli::output::safe;
use crate::domain::catalogue::edition::BadCatalogue;
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::counted;
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
    failure.told = all.len().min(PROBLEMS_SHOWN);
    failure.problems = all;
    failure
}

/// Most lines of kinds of problems in a short account.
const KINDS_SHOWN: usize = 6;

/// Turns problems of a publisher's file into a failure of few lines: what the file is, what is wrong
/// in it, each kind once with the places, and what would help.
pub(super) fn bad_publication(what: &str, problems: Problems, help: &str) -> Failure {
    let all = problems.0;
    let file = all.first().map_or("", |one| one.file.as_str());
    let kinds = kinds_of(&all);
    let own: BTreeSet<&str> = all.iter().filter_map(|one| one.help.as_deref()).collect();
    // Where each has a remedy of its own, fewer of them fit.
    let shown = if own.len() > 1 { KINDS_SHOWN / 2 } else { KINDS_SHOWN };
    let mut text =
        format!("{file} is {what}; {} in it; nothing was written", counted(all.len(), "problem"));
    for (message, places) in kinds.iter().take(shown) {
        let _ = write!(text, "\n  {}{}", places_text(places), safe(message));
        let first = all.iter().find(|one| one.message == *message);
        if let Some(remedy) = first.and_then(|one| one.help.as_ref()).filter(|_| own.len() > 1) {
            let _ = write!(text, "\n    help: {}", safe(remedy));
        }
    }
    if kinds.len() > shown {
        let _ = write!(text, "\n  ... {} more kinds of problems", kinds.len() - shown);
    }
    let code = all.first().map_or(ProblemCode::Unnamed, |one| one.code);
    let help = match own.first() {
        Some(only) if own.len() == 1 && help.is_empty() => (*only).to_owned(),
        Some(only) if own.len() == 1 => format!("{only}; {help}"),
        _ => help.to_owned(),
    };
    let mut failure = Failure::new(code, exit::INPUT, text);
    if !help.is_empty() {
        failure = failure.help(help);
    }
    failure.place = all.first().map(|one| match one.line {
        0 => one.file.clone(),
        line => format!("{}:{line}", one.file),
    });
    failure.told = kinds.iter().take(shown).filter(|(_, places)| places.len() == 1).count();
    failure.problems = all;
    failure
}

/// Messages with the places of each, those with most places first.
fn kinds_of(problems: &[Problem]) -> Vec<(&str, Vec<&str>)> {
    let mut kinds: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut at: BTreeMap<&str, usize> = BTreeMap::new();
    for one in problems {
        let index = *at.entry(&one.message).or_insert(kinds.len());
        match kinds.get_mut(index) {
            Some((_, places)) => places.push(&one.column_name),
            None => kinds.push((&one.message, vec![&one.column_name])),
        }
    }
    kinds.sort_by_key(|(_, places)| std::cmp::Reverse(places.len()));
    kinds
}

fn places_text(places: &[&str]) -> String {
    match places {
        [] | ["", ..] => String::new(),
        [one] => format!("{}: ", safe(one)),
        [one, rest @ ..] => format!("{} and {} more: ", safe(one), rest.len()),
    }
}

/// One line for each kind of what was left out, as few as there are of problems.
pub(super) fn left_out_lines(problems: &[Problem]) -> Vec<String> {
    let kinds = kinds_of(problems);
    let line = |(message, places): &(&str, Vec<&str>)| {
        format!("left out: {}{}", places_text(places), safe(message))
    };
    let mut lines: Vec<String> = kinds.iter().take(KINDS_SHOWN).map(line).collect();
    if kinds.len() > KINDS_SHOWN {
        lines.push(format!("left out: {} more kinds of problems", kinds.len() - KINDS_SHOWN));
    }
    lines
}

/// Keeps the whole list beside the input when not all of it was shown. It takes the place of an
/// earlier list of ours, never of anything else.
pub(super) fn with_list(mut failure: Failure) -> Failure {
    let Some(file) = failure.problems.first().map(|one| one.file.clone()) else { return failure };
    let beside = Path::new(&file);
    if failure.problems.len() <= failure.told || is_dash(beside) || !beside.is_file() {
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

//! Files that people bring: bytes to rows to typed values, with every bad row at once.
//!
//! `text` turns bytes into text, `table` that or a sheet of a workbook into rows of cells that know
//! their place, `header` and `sheet` into rows under known columns; `names`, `spelling`, `titled` and
//! `relation` what people write into what the catalogues call it; then one file per kind of import. All or
//! nothing: a reader gives every row or every problem. No file, clock or environment: the caller
//! brings the bytes, and `problem` says what to show.

pub mod answers;
mod cells;
pub mod edition;
pub mod evidence;
mod header;
pub mod input;
pub mod mapping;
mod names;
pub mod problem;
pub mod published;
mod relation;
mod remarks;
pub mod resolve;
mod sheet;
pub mod soa;
mod spelling;
mod table;
pub mod text;
mod titled;

#[cfg(test)]
mod tests;

use crate::domain::date::Date;
use crate::domain::problem_code::ProblemCode;

use crate::domain::sanitize::{is_hidden, shown, visible};
use problem::Fault;
pub use problem::{Problem, Problems};

/// Rows that were read, each with the line that it starts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows<T> {
    /// Line in the file, from 1, and the value, in file order.
    pub rows: Vec<(u64, T)>,
    /// What the reader of the file should be told.
    pub notes: Vec<String>,
}

/// Reads text that people see. Line ends become line feeds; what would hide or reorder other
/// characters on a screen is refused.
fn plain_text(text: &str) -> Result<String, Fault> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    match text.chars().find(|c| is_hidden(*c) && !is_harmless(*c)) {
        None => Ok(text),
        Some(found) => {
            let found = visible(&found.to_string());
            let message = format!("the text holds the invisible character {found}");
            Err(Fault::new(ProblemCode::NotReadable, message)
                .help("type the text again without it"))
        }
    }
}

/// Line breaks in a text, and the marks that some scripts need between letters.
fn is_harmless(c: char) -> bool {
    matches!(c, '\n' | '\t' | '\u{ad}' | '\u{200c}' | '\u{200d}')
}

/// Reads text that must be there.
fn required_text(text: &str, help: &str) -> Result<String, Fault> {
    if text.is_empty() {
        return Err(Fault::new(ProblemCode::Blank, "the cell is blank").help(help));
    }
    plain_text(text)
}

/// Words for yes and for no, in lower case, whatever the column; a tick is a word too. A cross that
/// is no letter may be either.
const YES: &[&str] = &[
    "yes", "y", "true", "x", "ticked", "tick", "checked", "\u{2713}", "\u{2714}", "\u{2611}",
    "\u{2705}",
];
const NO: &[&str] = &["no", "n", "false", "unticked", "unchecked", "\u{2610}"];

/// Reads yes or no, in the words that every column has and those of this one.
fn yes_or_no(text: &str, yes: &[&str], no: &[&str]) -> Result<bool, Fault> {
    let plain = text.trim_end_matches(['.', '!', '\u{fe0e}', '\u{fe0f}']).to_lowercase();
    let word = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let is = |words: &[&str], more: &[&str]| words.iter().chain(more).any(|one| *one == word);
    if is(YES, yes) {
        return Ok(true);
    }
    if is(NO, no) {
        return Ok(false);
    }
    if word.is_empty() {
        return Err(Fault::new(ProblemCode::Blank, "the cell is blank").help("write yes or no"));
    }
    let message = format!("`{}` is neither yes nor no", shown(text));
    Err(Fault::new(ProblemCode::NotReadable, message).help("write yes or no"))
}

fn day(text: &str) -> Result<Date, Fault> {
    if text.is_empty() {
        let help = "write the day as 2026-06-30, 30/6/2026 or 30 June 2026";
        return Err(Fault::new(ProblemCode::Blank, "the cell is blank").help(help));
    }
    crate::domain::date_parse::parse_day(text)
        .map_err(|message| Fault::new(ProblemCode::Date, message))
}

/// Reads a last day, which may be blank and must not come before the first.
fn last_day(text: &str, first: Option<Date>) -> Result<Option<Date>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    let last = day(text)?;
    match first {
        Some(first) if last < first => {
            let message = format!("the last day, {last}, is before the first, {first}");
            Err(Fault::new(ProblemCode::Date, message).help("check both days"))
        }
        _ => Ok(Some(last)),
    }
}

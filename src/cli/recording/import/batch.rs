//! What an import would record, and the file that it came from.

use std::path::Path;
use std::sync::Arc;

use clap::Args as ClapArgs;
use serde_json::json;

use crate::cli::error::{Failure, exit};
use crate::cli::input_file::file_name;
use crate::cli::output::Output;
use crate::cli::recording::request::Recording;
use crate::domain::authority::already_recorded::taken_back;
use crate::domain::event::Event;
use crate::domain::state::Fact;
use crate::import::input::Input;
use crate::journal::{File, Journal, NewEvent};
use crate::ledger::Digest;

/// Flags of every import.
#[derive(ClapArgs, Debug)]
pub(super) struct Common {
    /// Check everything, write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) recording: Recording,
}

/// How a table is to be read, where it does not say so itself.
#[derive(ClapArgs, Debug, Default)]
pub(super) struct ReadAs {
    /// The sheet of a workbook, where more than one could be meant
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// What the file calls a column: item="Evidence item", or its letter in a workbook: item=C
    #[arg(long, value_name = "NAME=HEADER", value_parser = named_column)]
    columns: Vec<(String, String)>,
}

impl ReadAs {
    /// The file, and how it is to be read.
    pub(super) fn input<'i>(&'i self, name: &'i str, bytes: &'i [u8]) -> Input<'i> {
        Input { name, bytes, sheet: self.sheet.as_deref(), columns: &self.columns }
    }
}

fn named_column(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((ours, theirs)) if !ours.trim().is_empty() && !theirs.trim().is_empty() => {
            Ok((ours.trim().to_owned(), theirs.trim().to_owned()))
        }
        Some(_) | None => Err("write NAME=HEADER, such as item=\"Evidence item\"".to_owned()),
    }
}

/// What an import would record, and the lines that its events come from.
pub(super) struct Batch {
    pub(super) events: Vec<NewEvent>,
    pub(super) lines: Vec<u64>,
    pub(super) file: String,
    pub(super) summary: String,
    /// How a list that came before stands to what is recorded.
    pub(super) growth: Option<serde_json::Value>,
}

impl Batch {
    pub(super) fn of_one(event: NewEvent, summary: impl Into<String>) -> Self {
        Self {
            events: vec![event],
            lines: Vec::new(),
            file: String::new(),
            summary: summary.into(),
            growth: None,
        }
    }
}

/// Says so when the same bytes were imported before; with `again` that is no reason to stop.
pub(super) fn imported_before(
    journal: &Journal,
    content: &[u8],
    same: impl Fn(&Event) -> bool,
    again: bool,
    output: &mut Output<'_>,
) -> Result<Option<u8>, Failure> {
    let sha256 = Digest::of(content).hex();
    let facts = journal.ledger.facts.iter().filter(|fact| same(&fact.event));
    let before = facts.into_iter().find(|fact| {
        fact.subjects.iter().any(|one| one.sha256 == sha256 && one.name.starts_with(IMPORTED))
    });
    let Some(fact) = before else { return Ok(None) };
    if again {
        output.hint(&format!("These bytes were imported before, by entry #{}.", fact.seq))?;
        return Ok(None);
    }
    say_imported_before(journal, fact, output).map(Some)
}

/// Says that nothing is written because an entry has it already.
pub(super) fn say_imported_before(
    journal: &Journal,
    fact: &Fact,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let seq = fact.seq;
    let ended = taken_back(&journal.ledger.facts, fact);
    let text = match ended {
        None => {
            format!("These bytes were imported before, by entry #{seq}. Nothing was written.\n")
        }
        Some(by) => format!(
            "These bytes were imported before, by entry #{seq}, which entry #{by} took back or \
             corrected since. Nothing was written.\n"
        ),
    };
    let value = json!({ "imported_before": seq, "taken_back_by": ended, "events": 0 });
    output.answer("dspt.import/1", value, &text)?;
    output.hint(
        "To read it by the edition of today, for another year, or to bring back what was taken back, \
         import it once more: --again",
    )?;
    Ok(exit::YES)
}

/// Says what was noticed while reading a file and is no problem.
pub(super) fn remarks(notes: &[String], output: &mut Output<'_>) -> Result<(), Failure> {
    notes.iter().try_for_each(|note| output.hint(&format!("note: {note}")))
}

/// Names of imported files in entries start with this, to tell them from evidence.
const IMPORTED: &str = "import:";

/// The file that an import came from: hashed once, and its bytes shared, however many rows name it.
pub(super) struct Imported {
    name: String,
    sha256: Digest,
    bytes: Arc<Vec<u8>>,
}

impl Imported {
    pub(super) fn new(path: &Path, bytes: Vec<u8>) -> Result<Self, Failure> {
        let name = format!("{IMPORTED}{}", file_name(path)?);
        Ok(Self { name, sha256: Digest::of(&bytes), bytes: Arc::new(bytes) })
    }

    /// As an entry names it, with the bytes for the ledger to keep.
    pub(super) fn kept(&self) -> File {
        File { stored: Some(Arc::clone(&self.bytes)), ..self.named() }
    }

    /// As an entry names it; the ledger keeps no copy.
    pub(super) fn named(&self) -> File {
        File { name: self.name.clone(), sha256: self.sha256, stored: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_share_the_file_that_they_come_from() {
        let source = Imported::new(Path::new("a/answers.csv"), b"item,answer\n".to_vec()).unwrap();
        let rows: Vec<File> = (0..1_000).map(|_| source.kept()).collect();
        // One copy of the bytes, whatever the number of rows.
        assert_eq!(Arc::strong_count(&source.bytes), 1 + rows.len());
        for row in rows.iter().chain([&source.named()]) {
            assert_eq!((row.name.as_str(), row.sha256), ("import:answers.csv", source.sha256));
        }
    }
}

//! `dspt import edition FILE.xlsx`: the official workbook of a year becomes an edition.

use std::io::IsTerminal as _;
use std::path::Path;

use super::batch::{Batch, Imported, ReadAs, remarks};
use crate::cli::error::Failure;
use crate::cli::input_file::read_file;
use crate::cli::mappings::catalogue::bytes;
use crate::cli::output::Output;
use crate::cli::recording::adoption::edition_event;
use crate::cli::recording::bad_rows::bad_rows;
use crate::domain::catalogue::edition::{Edition, TYPE_COLUMNS};
use crate::domain::catalogue::revision_diff::{CategoryDiff, revision_diff};
use crate::domain::csv::{Table, write_stored};
use crate::domain::date::Date;
use crate::domain::ids::{CategoryId, EditionId, ItemId};
use crate::domain::sanitize::{counted, shown};
use crate::domain::state::State;
use crate::import::edition::{EditionImport, read_edition};
use crate::journal::File;

/// The newest edition of the catalogue, whose types stand where the ledger knows none.
const NEWEST: &str = "dspt-2025-26-v8";
/// Items that a line names.
const NAMED: usize = 12;

/// What the command line says of a workbook.
pub(super) struct Asked<'a> {
    pub(super) file: &'a Path,
    pub(super) name: Option<&'a EditionId>,
    pub(super) revision: Option<&'a String>,
    pub(super) from: Option<Date>,
    pub(super) read_as: &'a ReadAs,
    /// Whether the columns are to be agreed to.
    pub(super) ask: bool,
}

/// The event that adopts the edition of a workbook, and what changes by it.
///
/// # Errors
/// [`Failure`] naming every bad cell, or where the columns were not agreed to.
pub(super) fn workbook_batch(
    asked: &Asked<'_>,
    state: &State,
    output: &mut Output<'_>,
) -> Result<Batch, Failure> {
    let needs = |what: &str| {
        Failure::usage(format!("an edition from a workbook needs {what}"))
            .help("such as: dspt import edition FILE.xlsx --name 2026-27-v9 --from 2026-09-01")
    };
    let name = asked.name.ok_or_else(|| needs("--name, the edition's name"))?;
    let from = asked.from.ok_or_else(|| needs("--from, the first day that it holds"))?;
    let content = read_file(asked.file)?;
    let path = asked.file.display().to_string();
    let before = before(state, name, from);
    let (types, types_of) = types(before)?;
    let known = known(before, &types);
    let read = read_edition(&asked.read_as.input(&path, &content), &known).map_err(bad_rows)?;
    remarks(&read.notes, output)?;
    output.hint(&format!("note: organisation types are those of {types_of}"))?;
    show(&read, output)?;
    if asked.ask {
        agreed(output)?;
    }
    let revision = asked.revision.cloned().unwrap_or_else(|| from.to_string());
    let mut new = edition_event(
        name.clone(),
        revision.clone(),
        from,
        "",
        [read.items.clone().into(), read.exemptions.clone().into(), types.clone()],
        output.now,
    )?;
    new.files.push(File::stored("columns.csv", read.stored_columns.clone().into_bytes()));
    new.files.push(Imported::new(asked.file, content)?.kept());
    let (items, exemptions) = (read.items.as_bytes(), read.exemptions.as_bytes());
    let after = Edition::parse(name.clone(), revision.clone(), items, exemptions, &types)
        .map_err(|bad| Failure::usage(bad.to_string()))?;
    changes(before, &after, output)?;
    let counts: Vec<String> = read
        .counts
        .iter()
        .map(|(category, count)| format!("{category} {}", counted(*count, "item")))
        .collect();
    let summary = format!("Edition {name}, revision {revision}: {}.", counts.join(", "));
    Ok(Batch::of_one(new, summary))
}

/// The revision before, of this edition, else the edition before it.
fn before<'s>(state: &'s State, name: &EditionId, from: Date) -> Option<&'s Edition> {
    let adopted = state.editions.iter().map(|known| &known.what);
    let earlier = adopted.filter(|one| one.effective_from <= from);
    let last = earlier.max_by_key(|one| (one.edition.id == *name, one.effective_from));
    last.map(|one| one.edition.as_ref())
}

/// Organisation types as a file: those of the edition before, else those of the catalogue.
fn types(before: Option<&Edition>) -> Result<(Vec<u8>, String), Failure> {
    let Some(edition) = before.filter(|edition| !edition.types.is_empty()) else {
        let bytes = bytes(&format!("{NEWEST}/organisation-types.csv"))?.to_vec();
        return Ok((bytes, format!("the catalogue's {NEWEST}")));
    };
    let rows = edition.types.iter().map(|one| {
        let (kind, label) = (one.organisation_type.to_string(), one.label.clone());
        vec![kind, label, one.category.clone()]
    });
    let bytes = write_stored(TYPE_COLUMNS, rows).into_bytes();
    Ok((bytes, format!("{}, revision {}", edition.id, shown(&edition.revision))))
}

/// The categories whose names are known.
fn known(before: Option<&Edition>, types: &[u8]) -> Vec<CategoryId> {
    let text = String::from_utf8_lossy(types);
    let rows = Table::parse(&text, b',', TYPE_COLUMNS).map(|table| table.rows).unwrap_or_default();
    let named = rows.iter().flat_map(|row| {
        let words: Vec<CategoryId> =
            row.get("category").split_whitespace().filter_map(|word| word.parse().ok()).collect();
        words
    });
    let mut known: Vec<CategoryId> =
        before.iter().flat_map(|edition| edition.items.keys().cloned()).chain(named).collect();
    known.sort();
    known.dedup();
    known
}

fn show(read: &EditionImport, output: &mut Output<'_>) -> Result<(), Failure> {
    output.hint("Columns, found by what stands in them:")?;
    for one in &read.columns {
        let (letter, heading) = (&one.letter, shown(&one.heading));
        output.hint(&format!("  {} <- column {letter} `{heading}`", one.role))?;
    }
    Ok(())
}

fn agreed(output: &mut Output<'_>) -> Result<(), Failure> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        let text = "nothing was written: the columns are asked for first, and there is no terminal";
        return Err(Failure::usage(text).help(
            "look at them with --dry-run, then give --yes; where one is wrong: --columns \
             requirement:CATEGORY=LETTER",
        ));
    }
    write!(output.err, "Is each column what it is taken for? [y/N] ")?;
    output.err.flush()?;
    let mut answer = String::new();
    stdin.read_line(&mut answer).map_err(|error| {
        Failure::usage(format!("nothing was written: the answer cannot be read: {error}"))
    })?;
    if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Failure::usage("nothing was written").help("say what a column is with --columns"))
}

/// Says what the edition asks otherwise than the one before.
fn changes(
    before: Option<&Edition>,
    after: &Edition,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let Some(before) = before else {
        output.hint("No edition is adopted that it could be compared with.")?;
        return Ok(());
    };
    let (id, revision) = (&before.id, shown(&before.revision));
    for (category, diff) in revision_diff(before, after) {
        if !before.items.contains_key(&category) {
            output.hint(&format!("{category}: {id}, revision {revision}, had no items for it"))?;
            continue;
        }
        output.hint(&format!("{category} against {id}, revision {revision}:"))?;
        for line in lines(&diff) {
            output.hint(&format!("  {line}"))?;
        }
    }
    let gone = before.items.keys().filter(|category| !after.items.contains_key(*category));
    for category in gone {
        output.warn(&format!(
            "{after_id} has no items for {category}, which {id} had",
            after_id = after.id
        ))?;
    }
    Ok(())
}

fn lines(diff: &CategoryDiff) -> Vec<String> {
    let items = |ids: &[ItemId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    let all: [(&str, Vec<String>); 7] = [
        ("added", items(&diff.added)),
        ("dropped", items(&diff.dropped)),
        ("reworded", items(&diff.reworded)),
        ("now mandatory", items(&diff.now_mandatory)),
        ("no longer mandatory", items(&diff.now_optional)),
        ("newly exempt", diff.newly_exempt.clone()),
        ("no longer exempt", diff.no_longer_exempt.clone()),
    ];
    let line = |(what, ids): &(&str, Vec<String>)| {
        let named: Vec<&str> = ids.iter().take(NAMED).map(String::as_str).collect();
        let more = ids.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{what} {}: {}{more}", ids.len(), named.join(", "))
    };
    let lines: Vec<String> = all.iter().filter(|(_, ids)| !ids.is_empty()).map(line).collect();
    if lines.is_empty() { vec!["nothing changed".to_owned()] } else { lines }
}

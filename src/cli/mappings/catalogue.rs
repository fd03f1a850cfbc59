//! `dspt catalogue`: what is compiled into the program, with its provenance.

use std::fmt::Write as _;

use clap::Args as ClapArgs;
use serde_json::{Value, json};

use crate::bundled;
use crate::cli::csv_form::{AsCsv, write};
use crate::cli::error::{Failure, exit};
use crate::cli::output::{Columns, Output, cut, safe};
use crate::domain::csv::{Row, Table};

/// Arguments of `catalogue`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct Args {
    /// An edition, framework or file: 2025-26-v8, iso27001:2022, crosswalks/NAME.csv
    name: Option<String>,
    #[command(flatten)]
    csv: AsCsv,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] for a name that is not in the catalogue.
pub(in crate::cli) fn run(args: &Args, output: &mut Output<'_>) -> Result<u8, Failure> {
    let csv = args.csv.wanted(output)?;
    let index = table("index.csv")?;
    let Some(name) = &args.name else {
        if csv {
            as_table(&index, output)?;
            return Ok(exit::YES);
        }
        return list(&index, output);
    };
    let folder = folder_of(name);
    let rows: Vec<&Row> = index
        .rows
        .iter()
        .filter(|row| row.get("path") == name || row.get("path").split('/').next() == Some(&folder))
        .collect();
    if rows.is_empty() {
        let known = index
            .rows
            .iter()
            .map(|row| row.get("path").split('/').next().unwrap_or_default().to_owned());
        let near = crate::domain::nearest::closest(&folder, known);
        let failure = Failure::usage(format!("`{name}` is not in the catalogue"));
        return Err(failure.help(match near {
            Some(near) => format!("did you mean {near}?"),
            None => "list it with: dspt catalogue".to_owned(),
        }));
    }
    if csv {
        return match rows.as_slice() {
            [one] => as_table(&table(one.get("path"))?, output).map(|()| exit::YES),
            several => {
                let files: Vec<&str> = several.iter().map(|row| row.get("path")).collect();
                Err(Failure::usage(format!("`{name}` is {} files; --csv takes one", files.len()))
                    .help(format!("name one of: {}", files.join(", "))))
            }
        };
    }
    let mut text = String::new();
    let mut files = Vec::new();
    for row in rows {
        let path = row.get("path");
        let _ = writeln!(
            text,
            "{path}: {} rows, {}\n  licence: {}",
            row.get("rows"),
            row.get("label"),
            row.get("licence")
        );
        let table = table(path)?;
        text.push_str(&preview(&table, name == path, output.width));
        let cells = |one: &Row| {
            table
                .header
                .iter()
                .map(|column| (column.clone(), json!(one.get(column))))
                .collect::<Value>()
        };
        files.push(json!({
            "path": path,
            "label": row.get("label"),
            "licence": row.get("licence"),
            "rows": table.rows.iter().map(cells).collect::<Vec<_>>(),
        }));
    }
    output.answer("dspt.catalogue/1", json!({ "files": files }), &text)?;
    Ok(exit::YES)
}

/// A file of the catalogue as a table for a spreadsheet.
fn as_table(table: &Table, output: &mut Output<'_>) -> Result<(), Failure> {
    let header: Vec<&str> = table.header.iter().map(String::as_str).collect();
    let row = |row: &Row| header.iter().map(|column| row.get(column).to_owned()).collect();
    let rows: Vec<Vec<String>> = table.rows.iter().map(row).collect();
    write(&header, rows, output)
}

fn list(index: &Table, output: &mut Output<'_>) -> Result<u8, Failure> {
    let mut columns = Columns::new(&["File", "Kind", "Rows", "How far to rely on it"]);
    let mut files = Vec::new();
    for row in &index.rows {
        let cell = |column: &str| row.get(column).to_owned();
        columns.row([cell("path"), cell("kind"), cell("rows"), cell("label")]);
        files.push(
            index
                .header
                .iter()
                .map(|column| (column.clone(), json!(row.get(column))))
                .collect::<Value>(),
        );
    }
    output.answer("dspt.catalogue/1", json!({ "files": files }), &columns.text(output.width))?;
    output.hint("Next: dspt catalogue iso27001:2022, or dspt catalogue FILE")?;
    Ok(exit::YES)
}

/// Reads a file that is compiled in.
///
/// # Errors
/// [`Failure`] when there is none of that name.
pub(in crate::cli) fn table(path: &str) -> Result<Table, Failure> {
    let bytes = bytes(path)?;
    Table::parse_stored(bytes, &[]).map_err(|bad| Failure::undecided(format!("{path}: {bad}")))
}

/// Returns the bytes of a file that is compiled in.
///
/// # Errors
/// [`Failure`] when there is none of that name.
pub(in crate::cli) fn bytes(path: &str) -> Result<&'static [u8], Failure> {
    let file = bundled::file(path);
    file.map(|file| file.bytes).ok_or_else(|| {
        Failure::usage(format!("`{path}` is not compiled into this program"))
            .help("list what is with: dspt catalogue")
    })
}

/// The folder of an edition or framework: `2025-26-v8` and `iso27001:2022` as people write them.
pub(in crate::cli) fn folder_of(name: &str) -> String {
    let folder = name.replace(':', "-");
    if bundled::file(&format!("dspt-{folder}/items.csv")).is_some() {
        format!("dspt-{folder}")
    } else {
        folder
    }
}

/// How many rows a listing shows of each file, when not asked for that file alone.
const PREVIEW_ROWS: usize = 12;

fn preview(table: &Table, whole: bool, width: Option<usize>) -> String {
    let header: Vec<&str> = table.header.iter().map(String::as_str).collect();
    let mut columns = Columns::new(&header);
    let shown = if whole { table.rows.len() } else { PREVIEW_ROWS.min(table.rows.len()) };
    for row in table.rows.iter().take(shown) {
        columns.row(header.iter().map(|column| cut(&safe(row.get(column)), 50)));
    }
    let mut text = columns.text(width);
    if shown < table.rows.len() {
        let _ = writeln!(text, "... {} more: name the file to see all", table.rows.len() - shown);
    }
    text.push('\n');
    text
}

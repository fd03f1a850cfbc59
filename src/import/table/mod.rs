//! Tables: a file of text, or one sheet of a workbook, as rows of cells each of which knows its
//! place. What kind of file it is, is told from its bytes, never from its name.
//!
//! Nothing that a file says of sizes is believed before it is bounded, and a sheet that is not asked
//! for is not kept.

mod grid;
mod number;
mod ods;
mod package;
mod worksheet;
mod xlsx;
mod xml;

use std::borrow::Cow;

pub(super) use grid::{Grid, column_of, letters};

use super::cells::{Cell, Kind, Record, Records};
use super::input::Input;
use super::problem::{At, Fault, Problem, Problems, near};
use super::text::{Decoded, FILE_BYTES_MAX, declared_delimiter, decode};
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::shown;
use ods::Ods;
use package::{Package, locked};
use xlsx::{Named, Xlsx};

/// Rows among which a header is looked for.
pub(super) const HEAD_ROWS: usize = 100;
/// Names of sheets in one message.
const NAMES_SHOWN: usize = 12;

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    body: Body,
    /// What people should hear of how it was read.
    pub(super) notes: Vec<String>,
}

#[derive(Debug)]
enum Body {
    Text { text: String, delimiter: u8 },
    Grid(Grid),
}

/// How well a table fits what is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It has every column that must be there.
    Whole,
    /// It has some of them, or none.
    Not,
}

impl Table {
    /// Opens a file: of a workbook the sheet that was named, else the only one that fits.
    ///
    /// # Errors
    /// [`Problems`] when it is no table, or it is not clear which of its sheets is meant.
    pub(super) fn open(
        input: &Input<'_>,
        fit: &mut dyn FnMut(&Self) -> Fit,
    ) -> Result<Self, Problems> {
        let of_file = |fault| Problems::of_file(input.name, 0, fault);
        if input.bytes.len() <= FILE_BYTES_MAX && input.bytes.starts_with(b"PK\x03\x04") {
            let mut workbook = Workbook::open(input.bytes).map_err(of_file)?;
            return workbook.table(input.sheet, fit).map_err(of_file);
        }
        if is_encrypted_office(input.bytes) {
            return Err(of_file(locked()));
        }
        let Decoded { text, delimiter, mut notes } = decode(input.bytes)
            .map_err(|problem| Problems::of_file(input.name, problem.line, problem.into()))?;
        if let Some(sheet) = input.sheet {
            let sheet = shown(sheet);
            notes
                .push(format!("the file is text and has no sheets; `--sheet {sheet}` is not used"));
        }
        Ok(Self { body: Body::Text { text, delimiter }, notes })
    }

    fn of_grid(grid: Grid) -> Self {
        Self { body: Body::Grid(grid), notes: Vec::new() }
    }

    /// The sheet of a workbook; none of a file of text.
    pub(super) fn grid(&self) -> Option<&Grid> {
        match &self.body {
            Body::Grid(grid) => Some(grid),
            Body::Text { .. } => None,
        }
    }

    /// The text that cells are parts of.
    pub(super) fn text(&self) -> &str {
        match &self.body {
            Body::Text { text, .. } => text,
            Body::Grid(grid) => grid.text(),
        }
    }

    /// Every row from the top; those of text that are blank as well.
    pub(super) fn records(&self) -> Box<dyn Iterator<Item = Record> + '_> {
        match &self.body {
            Body::Text { text, delimiter } => Box::new(Records::new(text, *delimiter)),
            Body::Grid(grid) => Box::new(grid.records()),
        }
    }

    /// Says whether nothing stands in a row.
    pub(super) fn is_blank_row(&self, record: &Record) -> bool {
        record.cells.iter().all(|cell| self.is_blank(cell))
    }

    /// Says whether a row is blank, or only says what separates the cells.
    pub(super) fn is_no_row(&self, record: &Record) -> bool {
        self.is_blank_row(record) || self.declares(record)
    }

    /// Says whether a row of text only says what separates the cells.
    fn declares(&self, record: &Record) -> bool {
        let Body::Text { text, .. } = &self.body else { return false };
        let line = line_at(text, record.cells.first().map_or(0, |cell| cell.start));
        declared_delimiter(line).is_some()
    }

    /// Says whether nothing stands in a cell.
    pub(super) fn is_blank(&self, cell: &Cell) -> bool {
        let says =
            cell.in_sheet.is_some_and(|one| matches!(one.kind, Kind::Unknown | Kind::TooLong));
        !says && self.get(cell).is_empty()
    }

    /// The text of a cell.
    pub(super) fn get(&self, cell: &Cell) -> Cow<'_, str> {
        cell.text(self.text())
    }

    /// The row that a cell stands in, as it is shown where something is wrong.
    fn line(&self, cell: &Cell) -> Cow<'_, str> {
        match &self.body {
            Body::Text { text, .. } => Cow::Borrowed(line_at(text, cell.start)),
            Body::Grid(grid) => Cow::Owned(grid.line(cell.line)),
        }
    }

    /// What a cell of a workbook is called.
    fn at(&self, cell: &Cell) -> Option<At> {
        let (grid, in_sheet) = self.grid().zip(cell.in_sheet)?;
        let cell = format!("{}{}", letters(in_sheet.column), cell.line);
        Some(At { sheet: grid.name.clone(), cell })
    }

    /// Puts a fault at a cell. An unquoted cell is shown from its first character that is not blank.
    pub(super) fn place(&self, file: &str, cell: Cell, column_name: &str, fault: Fault) -> Problem {
        let raw = self.text().get(cell.start..cell.end).unwrap_or_default();
        let blanks = raw.chars().take_while(|c| c.is_whitespace()).count();
        let plain = !cell.quoted && cell.in_sheet.is_none() && !raw.trim().is_empty();
        let column = cell.column + if plain { blanks as u64 } else { 0 };
        let (source, source_from) = near(&self.line(&cell), column);
        Problem {
            column: Some(column),
            column_name: column_name.to_owned(),
            found: self.get(&cell).into_owned(),
            source_line: Some(source),
            source_from,
            at: self.at(&cell),
            ..fault.into_problem(file, cell.line)
        }
    }

    /// Puts a fault at a whole row.
    pub(super) fn place_row(
        &self,
        file: &str,
        (line, first): (u64, Option<Cell>),
        column_name: &str,
        fault: Fault,
    ) -> Problem {
        let mut problem = self.of_row(file, line, fault);
        column_name.clone_into(&mut problem.column_name);
        let source = first.map_or(Cow::Borrowed(""), |first| self.line(&first));
        (problem.source_line, problem.source_from) = (Some(near(&source, 1).0), 1);
        problem
    }

    /// Puts a fault at a row, without showing it.
    pub(super) fn of_row(&self, file: &str, line: u64, fault: Fault) -> Problem {
        let sheet = self.grid().map(|grid| grid.name.clone());
        let at = sheet.map(|sheet| At { sheet, cell: String::new() });
        Problem { at, ..fault.into_problem(file, line) }
    }
}

/// Returns the line that a byte stands on, without its end.
fn line_at(text: &str, at: usize) -> &str {
    let ends = ['\n', '\r'];
    let before = text.get(..at).unwrap_or_default();
    let from = before.rfind(ends).map_or(0, |end| end + 1);
    let rest = text.get(from..).unwrap_or_default();
    rest.split(ends).next().unwrap_or_default()
}

/// Says whether bytes are an encrypted workbook: an old container around a new one.
fn is_encrypted_office(bytes: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.starts_with(b"\xd0\xcf\x11\xe0")
        && bytes.len() <= FILE_BYTES_MAX
        && memchr::memmem::find(bytes, &name).is_some()
}

/// A workbook of any kind.
enum Workbook<'b> {
    Xlsx(Box<Xlsx<'b>>),
    Ods(Box<Ods<'b>>),
}

impl<'b> Workbook<'b> {
    fn open(bytes: &'b [u8]) -> Result<Self, Fault> {
        let mut package = Package::open(bytes)?;
        let mimetype = package.start("mimetype", 100);
        if mimetype.starts_with(b"application/vnd.oasis.opendocument.spreadsheet") {
            return Ok(Self::Ods(Box::new(Ods::open(package)?)));
        }
        let other = |what: &str, help: &str| {
            Err(Fault::new(ProblemCode::NotText, format!("this is {what}, not a table")).help(help))
        };
        let save = "save the sheet as .xlsx or as \"CSV UTF-8\", and import that";
        if package.has("xl/workbook.bin") {
            return other("a binary Excel workbook (.xlsb)", save);
        }
        if package.any("xl/") || package.has("_rels/.rels") && package.any("workbook") {
            return Ok(Self::Xlsx(Box::new(Xlsx::open(package)?)));
        }
        if package.any("word/") || mimetype.starts_with(b"application/vnd.oasis.opendocument.text")
        {
            return other("a document of a word processor", "copy its table into a spreadsheet");
        }
        other("a zip file", "unpack it, and import the file that is meant")
    }

    fn sheets(&self) -> Vec<Named> {
        match self {
            Self::Xlsx(xlsx) => xlsx.sheets(),
            Self::Ods(ods) => ods.sheets(),
        }
    }

    fn grid(&mut self, sheet: usize, most: usize) -> Result<Table, Fault> {
        let grid = match self {
            Self::Xlsx(xlsx) => xlsx.grid(sheet, most),
            Self::Ods(ods) => ods.grid(sheet, most),
        };
        grid.map(Table::of_grid)
    }

    fn table(
        &mut self,
        wanted: Option<&str>,
        fit: &mut dyn FnMut(&Table) -> Fit,
    ) -> Result<Table, Fault> {
        let sheets = self.sheets();
        let chosen = match wanted {
            Some(name) => named(&sheets, name)?,
            None => self.fitting(&sheets, fit)?,
        };
        let mut table = self.grid(chosen, usize::MAX)?;
        if let Self::Xlsx(xlsx) = self {
            table.notes.append(&mut xlsx.notes);
        }
        if sheets.len() > 1 {
            let others = sheets.iter().enumerate().filter(|(at, _)| *at != chosen);
            let others: Vec<&Named> = others.map(|(_, one)| one).collect();
            let name = sheets.get(chosen).map_or_else(String::new, |one| shown(&one.name));
            table.notes.push(format!("sheet `{name}` is read; not read: {}", list(&others)));
        }
        Ok(table)
    }

    /// Finds the one sheet that fits. Nobody is asked to guess what a hidden sheet is for.
    fn fitting(
        &mut self,
        sheets: &[Named],
        fit: &mut dyn FnMut(&Table) -> Fit,
    ) -> Result<usize, Fault> {
        let (mut fitting, mut hidden) = (Vec::new(), Vec::new());
        for (at, sheet) in sheets.iter().enumerate() {
            if fit(&self.grid(at, HEAD_ROWS)?) == Fit::Whole {
                if sheet.hidden { hidden.push(at) } else { fitting.push(at) }
            }
        }
        let visible: Vec<usize> =
            sheets.iter().enumerate().filter(|(_, one)| !one.hidden).map(|(at, _)| at).collect();
        match (fitting.as_slice(), visible.as_slice()) {
            ([one], _) => Ok(*one),
            // Its header then says what is missing.
            ([], [only]) if hidden.is_empty() => Ok(*only),
            ([], _) => {
                let all: Vec<&Named> = sheets.iter().collect();
                let message =
                    format!("no sheet has the columns that are needed; there are {}", list(&all));
                Err(Fault::new(ProblemCode::Header, message).help(
                    "name the sheet with --sheet NAME, and the columns that it calls otherwise \
                     with --columns NAME=HEADER",
                ))
            }
            (several, _) => {
                let all: Vec<&Named> = several.iter().filter_map(|at| sheets.get(*at)).collect();
                let message = format!("{} could each be meant", list(&all));
                Err(Fault::new(ProblemCode::Header, message).help("say which with --sheet NAME"))
            }
        }
    }
}

fn named(sheets: &[Named], name: &str) -> Result<usize, Fault> {
    let exact = sheets.iter().position(|one| one.name == name);
    let like = || {
        let same = |one: &Named| one.name.trim().to_lowercase() == name.trim().to_lowercase();
        sheets.iter().position(same)
    };
    exact.or_else(like).ok_or_else(|| {
        let all: Vec<&Named> = sheets.iter().collect();
        let message = format!("there is no sheet `{}`; there are {}", shown(name), list(&all));
        Fault::new(ProblemCode::Header, message).help("name one of them with --sheet NAME")
    })
}

fn list(sheets: &[&Named]) -> String {
    let hidden = |one: &Named| if one.hidden { " (hidden)" } else { "" };
    let names: Vec<String> = sheets
        .iter()
        .take(NAMES_SHOWN)
        .map(|one| format!("`{}`{}", shown(&one.name), hidden(one)))
        .collect();
    let more = sheets.len().saturating_sub(NAMES_SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names.join(", "))
}

//! A file as rows under known columns: finds the header, names its synonyms, checks every shape.
//!
//! It knows nothing of what the cells mean; the readers do.

use std::borrow::Cow;

use super::cells::{Cell, Record, Records};
use super::problem::{Fault, Problem, Problems, near};
use super::text::{Decoded, ROWS_MAX, declared_delimiter, decode};
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::{counted, shown};

/// A column that a reader asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    /// The name that this program writes.
    pub(super) name: &'static str,
    /// Other names, best first.
    pub(super) synonyms: &'static [&'static str],
    /// Whether the header must have it.
    pub(super) required: bool,
}

/// A file's rows, each with the cells that were asked for.
#[derive(Debug)]
pub(super) struct Sheet {
    file: String,
    text: String,
    columns: &'static [Column],
    /// For each column that was asked for: its name in the file, and where it stands.
    found: Vec<Option<(String, usize)>>,
    pub(super) rows: Vec<Row>,
    pub(super) notes: Vec<String>,
    /// Rows whose shape is wrong. They are not among `rows`.
    pub(super) misshapen: Vec<Problem>,
    /// The columns that are not used: their names and where they stand.
    unused: Vec<(String, usize)>,
    /// What was looked for in them, and is there.
    pub(super) overlooked: Vec<Overlooked>,
}

/// A cell of a column that is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Overlooked {
    /// Line in the file, from 1.
    pub(super) line: u64,
    /// The column's name.
    pub(super) column: String,
    /// What stands there.
    pub(super) text: String,
}

/// One row.
#[derive(Debug)]
pub(super) struct Row {
    /// Line in the file, from 1.
    pub(super) line: u64,
    /// Number after the header, from 1.
    pub(super) number: u64,
    first: Option<Cell>,
    cells: Vec<Option<Cell>>,
}

/// Returns a name as headers are compared: letters and digits in lower case, single blanks.
fn key(name: &str) -> String {
    let spaced: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let words: Vec<String> = spaced.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

impl Sheet {
    /// Reads bytes as rows under the columns. Rows of a wrong shape are kept as problems.
    ///
    /// # Errors
    /// [`Problems`] when it is no table, has no rows, or its header will not do.
    pub(super) fn read(
        file: &str,
        bytes: &[u8],
        columns: &'static [Column],
    ) -> Result<Self, Problems> {
        Self::read_watching(file, bytes, columns, |_| false)
    }

    /// As [`Sheet::read`], and keeps the cells of unused columns that `watched` is true of.
    ///
    /// # Errors
    /// As [`Sheet::read`].
    pub(super) fn read_watching(
        file: &str,
        bytes: &[u8],
        columns: &'static [Column],
        watched: fn(&str) -> bool,
    ) -> Result<Self, Problems> {
        let Decoded { text, delimiter, notes } = decode(bytes)
            .map_err(|problem| Problems::of_file(file, problem.line, problem.into()))?;
        let (rows, misshapen) = (Vec::new(), Vec::new());
        let found = vec![None; columns.len()];
        let file = file.to_owned();
        let (unused, overlooked) = (Vec::new(), Vec::new());
        let mut sheet =
            Self { file, text, columns, found, rows, notes, misshapen, unused, overlooked };
        let text = std::mem::take(&mut sheet.text);
        let mut records = Records::new(&text, delimiter);
        let header = header_record(&text, &mut records);
        let width = header.cells.len();
        let read = sheet.read_header(&text, &header);
        let read = read.and_then(|()| sheet.read_rows(&text, records, width, watched));
        sheet.text = text;
        read.map(|()| sheet)
    }

    fn read_header(&mut self, text: &str, header: &Record) -> Result<(), Problems> {
        if let Some((cell, fault)) = &header.fault {
            return Err(Problems(vec![place(&self.file, text, *cell, "", fault.clone())]));
        }
        let names: Vec<String> =
            header.cells.iter().map(|cell| fold(&cell.text(text)).into_owned()).collect();
        let keys: Vec<String> = names.iter().map(|name| key(name)).collect();
        let mut problems = Vec::new();
        for ((index, cell), name) in header.cells.iter().enumerate().zip(&names) {
            let same = |earlier: &String| !earlier.is_empty() && keys.get(index) == Some(earlier);
            if keys.iter().take(index).any(same) {
                let fault = Fault::new(
                    ProblemCode::Header,
                    format!("the header names the column `{}` twice", shown(name)),
                )
                .help("rename or remove one of them");
                problems.push(place(&self.file, text, *cell, name, fault));
            }
        }
        let mut used = vec![false; names.len()];
        let columns = self.columns;
        for (slot, column) in columns.iter().enumerate() {
            let candidates = candidates(column, &keys);
            for index in &candidates {
                used.iter_mut().skip(*index).take(1).for_each(|used| *used = true);
            }
            if let Some(fault) = rivals(column, &candidates, &names) {
                problems.push(fault.into_problem(&self.file, header.line));
            }
            let Some(best) = candidates.first() else { continue };
            let name = names.get(*best).cloned().unwrap_or_default();
            self.note_choice(column, &candidates, &names);
            self.found.iter_mut().skip(slot).take(1).for_each(|f| *f = Some((name.clone(), *best)));
        }
        if let Some(fault) = self.missing(&names) {
            problems.push(fault.into_problem(&self.file, header.line));
        }
        self.note_unused(&names, &used);
        let taken = |index: &usize| self.found.iter().flatten().any(|(_, at)| at == index);
        let unused = names.into_iter().enumerate().filter(|(index, _)| !taken(index));
        self.unused = unused.map(|(index, name)| (name, index)).collect();
        if problems.is_empty() { Ok(()) } else { Err(Problems::sorted(problems)) }
    }

    fn note_choice(&mut self, column: &Column, candidates: &[usize], names: &[String]) {
        let name = |index: &usize| names.get(*index).map_or_else(String::new, |name| shown(name));
        let Some((best, rest)) = candidates.split_first() else { return };
        if key(&name(best)) != key(column.name) {
            self.notes.push(format!("column `{}` is read as `{}`", name(best), column.name));
        }
        for other in rest {
            let (best, other) = (name(best), name(other));
            self.notes.push(format!("column `{other}` is not used; `{best}` stands for it"));
        }
    }

    fn note_unused(&mut self, names: &[String], used: &[bool]) {
        let unused = names.iter().zip(used).filter(|(name, used)| !**used && !name.is_empty());
        let unused: Vec<String> = unused.map(|(name, _)| format!("`{}`", shown(name))).collect();
        if let [first, ..] = unused.as_slice() {
            let list = if unused.len() > 8 {
                format!("{first} and {} others", unused.len() - 1)
            } else {
                unused.join(", ")
            };
            self.notes.push(format!("columns that are not used: {list}"));
        }
    }

    fn missing(&self, names: &[String]) -> Option<Fault> {
        let missing: Vec<&Column> = self
            .columns
            .iter()
            .zip(&self.found)
            .filter(|(column, found)| column.required && found.is_none())
            .map(|(column, _)| column)
            .collect();
        if missing.is_empty() {
            return None;
        }
        let list = |names: &[String]| names.join(", ");
        let wanted: Vec<String> = missing.iter().map(|one| format!("`{}`", one.name)).collect();
        let found: Vec<String> =
            names.iter().take(20).map(|name| format!("`{}`", shown(name))).collect();
        let message =
            format!("the header has no column {}; it has {}", list(&wanted), list(&found));
        let directionless = names.iter().any(|name| {
            let key = key(name);
            key.starts_with("focal") || key.starts_with("fde") || key.starts_with("reference doc")
        });
        let help = if directionless {
            "publishers read focal and reference documents in either direction; rename the columns \
             `source` and `target`, so that a row says what the source is to the target"
                .to_owned()
        } else {
            let also = |column: &&Column| {
                format!("`{}` may also be {}", column.name, column.synonyms.join(", "))
            };
            let known: Vec<String> =
                missing.iter().filter(|one| !one.synonyms.is_empty()).map(also).collect();
            if known.is_empty() { "add it to the first line".to_owned() } else { known.join("; ") }
        };
        Some(Fault::new(ProblemCode::Header, message).help(help))
    }

    fn read_rows(
        &mut self,
        text: &str,
        records: Records<'_>,
        width: usize,
        watched: fn(&str) -> bool,
    ) -> Result<(), Problems> {
        let mut number = 0;
        for record in records {
            if record.fault.is_none() && is_blank(text, &record) {
                continue;
            }
            number += 1;
            if number > ROWS_MAX {
                let message = format!("the file has more than {ROWS_MAX} rows");
                let fault = Fault::new(ProblemCode::TooLarge, message).help("split the file");
                return Err(Problems::of_file(&self.file, record.line, fault));
            }
            if let Some((cell, fault)) = shape(text, &record, width) {
                self.misshapen.push(place(&self.file, text, cell, "", fault));
            } else {
                self.overlook(text, &record, watched);
                self.rows.push(self.row(&record, number));
            }
        }
        if number == 0 {
            let fault = Fault::new(ProblemCode::Empty, "the file has a header but no rows")
                .help("add one line for each row");
            return Err(Problems::of_file(&self.file, 0, fault));
        }
        Ok(())
    }

    fn overlook(&mut self, text: &str, record: &Record, watched: fn(&str) -> bool) {
        for (column, index) in &self.unused {
            let Some(cell) = record.cells.get(*index) else { continue };
            let found = cell.text(text);
            if watched(&found) {
                let (column, text) = (column.clone(), found.into_owned());
                self.overlooked.push(Overlooked { line: record.line, column, text });
            }
        }
    }

    fn row(&self, record: &Record, number: u64) -> Row {
        let at = |found: &Option<(String, usize)>| {
            found.as_ref().and_then(|(_, index)| record.cells.get(*index)).copied()
        };
        let cells = self.found.iter().map(at).collect();
        Row { line: record.line, number, first: record.cells.first().copied(), cells }
    }

    /// Says whether the header has a column.
    pub(super) fn has(&self, column: &str) -> bool {
        let slot = self.columns.iter().position(|one| one.name == column);
        slot.and_then(|slot| self.found.get(slot)).is_some_and(Option::is_some)
    }

    fn cell(&self, row: &Row, column: &str) -> Option<Cell> {
        let slot = self.columns.iter().position(|one| one.name == column)?;
        row.cells.get(slot).copied().flatten()
    }

    /// Returns the trimmed text of a column, blank where there is none.
    pub(super) fn get(&self, row: &Row, column: &str) -> Cow<'_, str> {
        self.cell(row, column).map_or(Cow::Borrowed(""), |cell| cell.text(&self.text))
    }

    /// Returns the parts of a cell that holds a list, each with its place.
    pub(super) fn parts(&self, row: &Row, column: &str) -> Vec<(Cell, Cow<'_, str>)> {
        let parts = self.cell(row, column).map(|cell| cell.parts(&self.text)).unwrap_or_default();
        parts.into_iter().map(|part| (part, part.text(&self.text))).collect()
    }

    /// Returns the name that the file gives a column.
    fn name(&self, column: &'static str) -> &str {
        let slot = self.columns.iter().position(|one| one.name == column);
        let found = slot.and_then(|slot| self.found.get(slot)).and_then(Option::as_ref);
        found.map_or(column, |(name, _)| name)
    }

    /// Puts a fault in its place: the cell, or the row where the file has no such column.
    pub(super) fn problem(&self, row: &Row, column: &'static str, fault: Fault) -> Problem {
        let name = self.name(column);
        if let Some(cell) = self.cell(row, column) {
            return place(&self.file, &self.text, cell, name, fault);
        }
        let mut problem = fault.into_problem(&self.file, row.line);
        name.clone_into(&mut problem.column_name);
        let line = line_at(&self.text, row.first.map_or(0, |cell| cell.start));
        (problem.source_line, problem.source_from) = (Some(near(line, 1).0), 1);
        problem
    }

    /// Puts a fault at a part of a cell.
    pub(super) fn problem_at(&self, part: Cell, column: &'static str, fault: Fault) -> Problem {
        place(&self.file, &self.text, part, self.name(column), fault)
    }
}

/// Returns the first record with text in it, the delimiter's own line left out.
fn header_record(text: &str, records: &mut Records<'_>) -> Record {
    let blank = Record { line: 1, cells: Vec::new(), fault: None };
    let declared = |record: &Record| {
        let line = line_at(text, record.cells.first().map_or(0, |cell| cell.start));
        declared_delimiter(line).is_some()
    };
    let mut seen = records.filter(|record| !is_blank(text, record));
    let first = seen.next().unwrap_or_else(|| blank.clone());
    if declared(&first) { seen.next().unwrap_or(blank) } else { first }
}

/// Returns the columns of the file that could be the one asked for, best first.
fn candidates(column: &Column, keys: &[String]) -> Vec<usize> {
    let names = std::iter::once(&column.name).chain(column.synonyms);
    names.filter_map(|name| keys.iter().position(|found| *found == key(name))).collect()
}

/// Two columns for one that matters are not guessed between, unless one has the very name.
fn rivals(column: &Column, candidates: &[usize], names: &[String]) -> Option<Fault> {
    let name = |index: &usize| names.get(*index).map_or_else(String::new, |name| shown(name));
    let [first, second, ..] = candidates else { return None };
    let exact = key(&name(first)) == key(column.name);
    (column.required && !exact).then(|| {
        let (first, second) = (name(first), name(second));
        let message = format!("columns `{first}` and `{second}` could both be `{}`", column.name);
        Fault::new(ProblemCode::Header, message)
            .help(format!("rename the right one `{}`", column.name))
    })
}

fn is_blank(text: &str, record: &Record) -> bool {
    record.cells.iter().all(|cell| cell.text(text).is_empty())
}

/// Returns what is wrong with the shape of a row; blank cells past the last column are let be.
fn shape(text: &str, record: &Record, width: usize) -> Option<(Cell, Fault)> {
    if let Some(fault) = &record.fault {
        return Some(fault.clone());
    }
    let found = record.cells.len();
    let extra = record.cells.iter().skip(width).any(|cell| !cell.text(text).is_empty());
    let first = record.cells.first()?;
    (found < width || extra).then(|| {
        let (found, width) = (counted(found, "cell"), counted(width, "column"));
        let message = format!("the row has {found}, the header has {width}");
        let help = "put a cell that holds the separator in double quotes";
        (Cell { end: first.start, ..*first }, Fault::new(ProblemCode::Shape, message).help(help))
    })
}

/// Returns the line that a byte stands on, without its end.
fn line_at(text: &str, at: usize) -> &str {
    let ends = ['\n', '\r'];
    let before = text.get(..at).unwrap_or_default();
    let from = before.rfind(ends).map_or(0, |end| end + 1);
    let rest = text.get(from..).unwrap_or_default();
    rest.split(ends).next().unwrap_or_default()
}

/// Returns a name or title on one line.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    if text.contains(['\n', '\r', '\t']) {
        return Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    Cow::Borrowed(text)
}

/// Puts a fault at a cell. An unquoted cell is shown from its first character that is not blank.
fn place(file: &str, text: &str, cell: Cell, column_name: &str, fault: Fault) -> Problem {
    let raw = text.get(cell.start..cell.end).unwrap_or_default();
    let blanks = raw.chars().take_while(|c| c.is_whitespace()).count();
    let blanks = if cell.quoted || raw.trim().is_empty() { 0 } else { blanks };
    let column = cell.column + blanks as u64;
    let (source, source_from) = near(line_at(text, cell.start), column);
    Problem {
        column: Some(column),
        column_name: column_name.to_owned(),
        found: cell.text(text).into_owned(),
        source_line: Some(source),
        source_from,
        ..fault.into_problem(file, cell.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[
        Column { name: "source", synonyms: &["source_id", "ISO control"], required: true },
        Column { name: "rationale", synonyms: &["STRM Rationale", "notes"], required: false },
    ];

    fn read(text: &str) -> Result<Sheet, Problems> {
        Sheet::read("a.csv", text.as_bytes(), COLUMNS)
    }

    #[test]
    fn columns_are_found_by_name_or_synonym_whatever_their_spelling() {
        let sheet = read("sep=;\n\nx;\"Source\nID #\";notes;STRM_rationale\n1;2;3;4\n").unwrap();
        let row = &sheet.rows[0];
        assert_eq!((row.line, row.number), (5, 1));
        assert_eq!(sheet.get(row, "source"), "2");
        assert_eq!(sheet.get(row, "rationale"), "4");
        assert_eq!(
            sheet.notes,
            [
                "the cells are separated by semicolons",
                "column `Source ID #` is read as `source`",
                "column `STRM_rationale` is read as `rationale`",
                "column `notes` is not used; `STRM_rationale` stands for it",
                "columns that are not used: `x`",
            ]
        );
        assert!(read("SOURCE,rationale\n1,2\n").unwrap().notes.is_empty());
    }

    #[track_caller]
    fn check_refused(text: &str, code: ProblemCode, line: u64, part: &str) {
        let Problems(problems) = read(text).unwrap_err();
        assert_eq!((problems[0].code, problems[0].line), (code, line));
        assert!(problems[0].message.contains(part), "{}", problems[0].message);
    }

    #[test]
    fn headers_that_will_not_do_are_refused() {
        check_refused("source,b,Source \n1,2,3\n", ProblemCode::Header, 1, "`Source` twice");
        check_refused(
            "\na,b\n1,2\n",
            ProblemCode::Header,
            2,
            "no column `source`; it has `a`, `b`",
        );
        check_refused(
            "Source ID,ISO control\n1,2\n",
            ProblemCode::Header,
            1,
            "could both be `source`",
        );
        check_refused("source,\"b\n1,2\n", ProblemCode::Shape, 1, "never closes");
        check_refused("source\n\n,,\n", ProblemCode::Empty, 0, "no rows");
        check_refused("sep=,\n", ProblemCode::Header, 1, "no column `source`");
        check_refused(
            &format!("source\n{}", "x\n".repeat(200_001)),
            ProblemCode::TooLarge,
            200_002,
            "200000",
        );
        assert_eq!(
            read(&format!("source\n{}", "x\n".repeat(200_000))).unwrap().rows.len(),
            200_000
        );
        let Problems(problems) = read("Focal Document Element,source,source\n1,2,3\n").unwrap_err();
        assert_eq!(problems.len(), 1);
        let Problems(problems) = read("Focal Document Element,b\n1,2\n").unwrap_err();
        assert!(problems[0].help.as_ref().unwrap().contains("either direction"));
    }

    #[test]
    fn rows_of_a_wrong_shape_do_not_stop_the_others() {
        let sheet = read("source,b\n1\n2,3\n4,5,\n6,7,8\n\"9\"x,1\n").unwrap();
        assert_eq!(sheet.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [3, 4]);
        let places: Vec<_> = sheet.misshapen.iter().map(|p| (p.code, p.line, p.column)).collect();
        assert_eq!(
            places,
            [
                (ProblemCode::Shape, 2, Some(1)),
                (ProblemCode::Shape, 5, Some(1)),
                (ProblemCode::Shape, 6, Some(1))
            ]
        );
        assert_eq!(sheet.misshapen[0].message, "the row has 1 cell, the header has 2 columns");
    }
}

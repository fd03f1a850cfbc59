//! A table as rows under known columns: every shape and every kind of cell is checked.
//!
//! It knows nothing of what the cells mean; the readers do.

use std::borrow::Cow;

use super::cells::{Cell, Kind, Record};
use super::header::{Asked, Header};
pub(super) use super::header::{Column, Holds, fold};
use super::input::Input;
use super::problem::{Fault, Problem, Problems};
use super::remarks::{Remarks, title_rows};
use super::table::{Fit, Table};
use super::text::ROWS_MAX;
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::{counted, shown};

/// A column that templates have, and by which they are known.
const TEMPLATE: &str = "what it asks";

/// A file's rows, each with the cells that were asked for.
#[derive(Debug)]
pub(super) struct Sheet {
    file: String,
    table: Table,
    columns: &'static [Column],
    header: Header,
    pub(super) rows: Vec<Row>,
    pub(super) notes: Vec<String>,
    /// Rows whose shape is wrong. They are not among `rows`.
    pub(super) misshapen: Vec<Problem>,
    /// What was looked for in columns that are not used, and is there.
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

impl Sheet {
    /// Reads a file as rows under the columns. Rows of a wrong shape are kept as problems.
    ///
    /// # Errors
    /// [`Problems`] when it is no table, has no rows, or its header will not do.
    pub(super) fn read(input: &Input<'_>, columns: &'static [Column]) -> Result<Self, Problems> {
        Self::read_watching(input, columns, |_| false)
    }

    /// As [`Sheet::read`], and keeps the cells of unused columns that `watched` is true of.
    ///
    /// # Errors
    /// As [`Sheet::read`].
    pub(super) fn read_watching(
        input: &Input<'_>,
        columns: &'static [Column],
        watched: fn(&str) -> bool,
    ) -> Result<Self, Problems> {
        let file = input.name.to_owned();
        let asked =
            Asked::new(columns, input).map_err(|fault| Problems::of_file(&file, 0, fault))?;
        let mut fit = |table: &Table| -> Fit { asked.fit(table) };
        let mut table = Table::open(input, &mut fit)?;
        let blank = Record { line: 1, cells: Vec::new(), fault: None };
        let (above, header_row) = asked.row(&table).unwrap_or((0, blank));
        let header = read_header(&file, &table, asked, &header_row)?;
        let mut notes = std::mem::take(&mut table.notes);
        notes.extend(title_rows(&table, &header_row));
        notes.extend(header.notes.iter().cloned());
        let (rows, misshapen, overlooked) = (Vec::new(), Vec::new(), Vec::new());
        let mut read = Reading { file: &file, columns, header, rows, misshapen, overlooked };
        notes.extend(read.all(&table, above + 1, &header_row, watched)?);
        let Reading { header, rows, misshapen, overlooked, .. } = read;
        Ok(Self { file, table, columns, header, rows, notes, misshapen, overlooked })
    }

    /// Leaves out the rows of a template that nobody filled in: nothing stands in these columns. Of
    /// any other table every row is meant.
    ///
    /// # Errors
    /// [`Problems`] where no row is left.
    pub(super) fn leave_out_blank(&mut self, to_fill: &[&str]) -> Result<(), Problems> {
        if !self.header.unused.iter().any(|(name, _)| name == TEMPLATE) {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.rows);
        let all = rows.len();
        let filled = |row: &Row| to_fill.iter().any(|column| !self.get(row, column).is_empty());
        let rows: Vec<Row> = rows.into_iter().filter(filled).collect();
        if rows.is_empty() && self.misshapen.is_empty() {
            let message = "nobody filled in a row of the template";
            let fault = Fault::new(ProblemCode::Empty, message)
                .help(format!("fill in {}", to_fill.join(", ")));
            return Err(Problems::of_file(&self.file, 0, fault));
        }
        if rows.len() < all {
            let left = counted(all - rows.len(), "row");
            self.notes.push(format!("{left} of the template not filled in, and left out"));
        }
        self.rows = rows;
        Ok(())
    }

    /// Says whether the header has a column.
    pub(super) fn has(&self, column: &str) -> bool {
        let slot = self.columns.iter().position(|one| one.name == column);
        slot.and_then(|slot| self.header.found.get(slot)).is_some_and(Option::is_some)
    }

    fn cell(&self, row: &Row, column: &str) -> Option<Cell> {
        let slot = self.columns.iter().position(|one| one.name == column)?;
        row.cells.get(slot).copied().flatten()
    }

    /// Returns the trimmed text of a column, blank where there is none.
    pub(super) fn get(&self, row: &Row, column: &str) -> Cow<'_, str> {
        self.cell(row, column).map_or(Cow::Borrowed(""), |cell| cell.text(self.table.text()))
    }

    /// Returns the parts of a cell that holds a list, each with its place.
    pub(super) fn parts(&self, row: &Row, column: &str) -> Vec<(Cell, Cow<'_, str>)> {
        let text = self.table.text();
        let parts = self.cell(row, column).map(|cell| cell.parts(text)).unwrap_or_default();
        parts.into_iter().map(|part| (part, part.text(text))).collect()
    }

    /// Returns the name that the file gives a column.
    fn name(&self, column: &'static str) -> &str {
        let slot = self.columns.iter().position(|one| one.name == column);
        let found = slot.and_then(|slot| self.header.found.get(slot)).and_then(Option::as_ref);
        found.map_or(column, |(name, _)| name)
    }

    /// Puts a fault in its place: the cell, or the row where the file has no such column.
    pub(super) fn problem(&self, row: &Row, column: &'static str, fault: Fault) -> Problem {
        let name = self.name(column);
        match self.cell(row, column) {
            Some(cell) => self.table.place(&self.file, cell, name, fault),
            None => self.table.place_row(&self.file, (row.line, row.first), name, fault),
        }
    }

    /// Puts a fault at a part of a cell.
    pub(super) fn problem_at(&self, part: Cell, column: &'static str, fault: Fault) -> Problem {
        self.table.place(&self.file, part, self.name(column), fault)
    }
}

fn read_header(
    file: &str,
    table: &Table,
    asked: Asked<'_>,
    record: &Record,
) -> Result<Header, Problems> {
    if let Some((cell, fault)) = &record.fault {
        return Err(Problems(vec![table.place(file, *cell, "", fault.clone())]));
    }
    asked.read(table, record).map_err(|faults| {
        let place =
            |(at, fault): (Option<usize>, Fault)| match at.and_then(|at| record.cells.get(at)) {
                Some(cell) => table.place(file, *cell, &fold(&table.get(cell)), fault),
                None => table.of_row(file, record.line, fault),
            };
        Problems::sorted(faults.into_iter().map(place).collect())
    })
}

/// The rows of a table while they are read.
struct Reading<'r> {
    file: &'r str,
    columns: &'static [Column],
    header: Header,
    rows: Vec<Row>,
    misshapen: Vec<Problem>,
    overlooked: Vec<Overlooked>,
}

impl Reading<'_> {
    /// Reads every row after the header, and returns what people should hear of them.
    fn all(
        &mut self,
        table: &Table,
        skipped: usize,
        header: &Record,
        watched: fn(&str) -> bool,
    ) -> Result<Vec<String>, Problems> {
        let mut remarks = Remarks::new(table, header);
        let mut number = 0;
        for record in table.records().skip(skipped) {
            if record.fault.is_none() && table.is_blank_row(&record) {
                continue;
            }
            for record in remarks.pass(record) {
                number += 1;
                if number > ROWS_MAX {
                    let message = format!("the file has more than {ROWS_MAX} rows");
                    let fault = Fault::new(ProblemCode::TooLarge, message).help("split the file");
                    return Err(Problems::of_file(self.file, record.line, fault));
                }
                if self.row(table, &record, (number, header.cells.len()), &mut remarks) {
                    self.overlook(table, &record, watched);
                }
            }
        }
        if number == 0 {
            let fault = Fault::new(ProblemCode::Empty, "the file has a header but no rows")
                .help("add one line for each row");
            return Err(Problems::of_file(self.file, 0, fault));
        }
        Ok(remarks.notes(self.header.found.iter().flatten()))
    }

    /// Reads a row; says whether its cells are of the kinds that they must be.
    fn row(
        &mut self,
        table: &Table,
        record: &Record,
        (number, width): (u64, usize),
        remarks: &mut Remarks<'_>,
    ) -> bool {
        if let Some((cell, fault)) = shape(table, record, width) {
            self.misshapen.push(table.place(self.file, cell, "", fault));
            return false;
        }
        let last = record.cells.last().map_or(1, |last| last.column);
        let at = |found: &Option<(String, usize)>| {
            let (_, index) = found.as_ref()?;
            let blank = || table.grid().map(|grid| grid.blank(record.line, *index, last));
            record.cells.get(*index).copied().or_else(blank)
        };
        let cells: Vec<Option<Cell>> = self.header.found.iter().map(at).collect();
        let before = self.misshapen.len();
        for ((column, found), cell) in self.columns.iter().zip(&self.header.found).zip(&cells) {
            let (Some((name, _)), Some(cell)) = (found, cell) else { continue };
            if let Some(fault) = not_held(table, column.holds, cell) {
                self.misshapen.push(table.place(self.file, *cell, name, fault));
            }
            remarks.used(cell);
        }
        let good = self.misshapen.len() == before;
        if good {
            let first = record.cells.first().copied();
            self.rows.push(Row { line: record.line, number, first, cells });
        }
        good
    }

    fn overlook(&mut self, table: &Table, record: &Record, watched: fn(&str) -> bool) {
        for (column, index) in &self.header.unused {
            let Some(cell) = record.cells.get(*index) else { continue };
            let found = table.get(cell);
            if watched(&found) {
                let (column, text) = (column.clone(), found.into_owned());
                self.overlooked.push(Overlooked { line: record.line, column, text });
            }
        }
    }
}

/// Returns what is wrong with the shape of a row; blank cells past the last column are let be, and
/// in a workbook whatever stands beside the table.
fn shape(table: &Table, record: &Record, width: usize) -> Option<(Cell, Fault)> {
    if let Some(fault) = &record.fault {
        return Some(fault.clone());
    }
    if table.grid().is_some() {
        return None;
    }
    let found = record.cells.len();
    let extra = record.cells.iter().skip(width).any(|cell| !table.is_blank(cell));
    let first = record.cells.first()?;
    (found < width || extra).then(|| {
        let (found, width) = (counted(found, "cell"), counted(width, "column"));
        let message = format!("the row has {found}, the header has {width}");
        let help = "put a cell that holds the separator in double quotes";
        (Cell { end: first.start, ..*first }, Fault::new(ProblemCode::Shape, message).help(help))
    })
}

/// Returns why a cell of a workbook will not do in a column, by its kind alone.
pub(super) fn not_held(table: &Table, holds: Holds, cell: &Cell) -> Option<Fault> {
    let kind = cell.in_sheet?.kind;
    let found = shown(&table.get(cell));
    let retype = "format the column as text, and type the id again";
    match (kind, holds) {
        (Kind::Error, _) => {
            let message = format!("the cell holds the error {found} of a formula");
            let help = "mend the formula, or type the value in its place";
            Some(Fault::new(ProblemCode::NotReadable, message).help(help))
        }
        (Kind::Unknown, _) => {
            let message = "the cell holds a formula, and the file does not keep its value";
            let help =
                "open the file in a spreadsheet program and save it again, or type the value";
            Some(Fault::new(ProblemCode::NotReadable, message).help(help))
        }
        (Kind::TooLong, _) => {
            let message = "the cell holds more text than is read";
            Some(Fault::new(ProblemCode::TooLarge, message).help("shorten it"))
        }
        (Kind::Number, Holds::Ids) if found.contains(['.', '%', 'e']) => {
            let message = format!(
                "the file keeps this id as the number {found}, which may have been {found}0"
            );
            Some(Fault::new(ProblemCode::Ambiguous, message).help(retype))
        }
        (Kind::Date, Holds::Ids) => {
            let message = format!("the file keeps this id as the date {found}");
            Some(Fault::new(ProblemCode::Ambiguous, message).help(retype))
        }
        (Kind::Number, Holds::Day) => {
            let message =
                format!("the cell holds the number {found}, which is not shown as a date");
            let help = "format it as a date and look whether it is the day that is meant";
            Some(Fault::new(ProblemCode::Date, message).help(help))
        }
        (Kind::Text | Kind::Number | Kind::Date | Kind::Boolean, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[
        Column {
            name: "source",
            synonyms: &["source_id", "ISO control"],
            required: true,
            holds: Holds::Ids,
        },
        Column {
            name: "rationale",
            synonyms: &["STRM Rationale", "notes"],
            required: false,
            holds: Holds::Words,
        },
    ];

    fn read(text: &str) -> Result<Sheet, Problems> {
        Sheet::read(&Input::of("a.csv", text.as_bytes()), COLUMNS)
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

//! Records of cells, each cell with its line and its place in it; and text to such records (RFC
//! 4180). Those of a workbook are made in `table`.
//!
//! The values are those that the csv crate reads, which a test holds it to; that crate does not
//! say where a cell begins, and without that no error can be shown in its place.

use std::borrow::Cow;

use super::problem::Fault;
use super::text::{CELL_BYTES_MAX, CELLS_MAX, RECORD_BYTES_MAX};
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::shown;

/// Where a cell stands; its text is a slice of the file's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// First byte, after an opening quote.
    pub(super) start: usize,
    /// Byte after the last, before a closing quote.
    pub(super) end: usize,
    /// Line in the file, from 1.
    pub(super) line: u64,
    /// Character in the line, from 1, of the opening quote where there is one.
    pub(super) column: u64,
    /// Whether it stands in quotes.
    pub(super) quoted: bool,
    /// What a workbook says of it; nothing in a file of text.
    pub(super) in_sheet: Option<InSheet>,
}

/// What a cell of a workbook holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Text,
    /// A number, of which it is not known how it was typed.
    Number,
    /// A day, as `2026-06-30`.
    Date,
    /// TRUE or FALSE.
    Boolean,
    /// What a formula says that failed, such as `#N/A`.
    Error,
    /// Nothing: a formula whose value the file does not keep.
    Unknown,
    /// A text longer than is read.
    TooLong,
}

/// Where a cell's value is from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Origin {
    #[default]
    Typed,
    /// A formula, last worked out by whoever saved the file.
    Formula,
    /// A formula that looks into another workbook.
    OtherWorkbook,
}

/// What a workbook says of a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct InSheet {
    /// The column, from 0.
    pub(super) column: u32,
    pub(super) kind: Kind,
    pub(super) origin: Origin,
    /// Whether it is a part of a merged cell whose value stands in a row above.
    pub(super) merged: bool,
}

impl Cell {
    /// Returns the text without quotes and without blanks around it.
    pub(super) fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let raw = text.get(self.start..self.end).unwrap_or_default().trim();
        if self.quoted && raw.contains('"') {
            return Cow::Owned(raw.replace("\"\"", "\""));
        }
        Cow::Borrowed(raw)
    }

    /// Returns the parts between blanks, commas and semicolons, each as a cell of its own.
    pub(super) fn parts(&self, text: &str) -> Vec<Self> {
        let raw = text.get(self.start..self.end).unwrap_or_default();
        let mut place = Place { at: self.start, line: self.line, column: self.column };
        place.column += u64::from(self.quoted);
        let (mut parts, mut open): (Vec<Self>, Option<Self>) = (Vec::new(), None);
        let mut rest = raw.chars().peekable();
        while let Some(c) = rest.next() {
            if c.is_whitespace() || matches!(c, ',' | ';') {
                parts.extend(open.take());
            } else {
                let Place { at, line, column } = place;
                let (start, end) = (at, at);
                let part =
                    open.get_or_insert(Self { start, end, line, column, quoted: false, ..*self });
                part.end = at + c.len_utf8();
            }
            if self.in_sheet.is_some() {
                place.at += c.len_utf8();
                place.column += 1;
            } else {
                place.step(c, rest.peek().copied());
            }
        }
        parts.extend(open);
        parts
    }
}

/// A record: one line, or more where a quoted cell holds line feeds.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// Line in the file, from 1, where it starts.
    pub(super) line: u64,
    /// Its cells.
    pub(super) cells: Vec<Cell>,
    /// The first thing that is wrong with its shape, and where.
    pub(super) fault: Option<(Cell, Fault)>,
}

#[derive(Clone, Copy)]
struct Place {
    at: usize,
    line: u64,
    column: u64,
}

impl Place {
    /// Goes past `c`. A carriage return ends a line unless a line feed follows, which then does.
    fn step(&mut self, c: char, next: Option<char>) {
        self.at += c.len_utf8();
        if c == '\n' || (c == '\r' && next != Some('\n')) {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
    }
}

/// The records of a text.
pub(super) struct Records<'t> {
    text: &'t str,
    delimiter: char,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Cell,
    Record,
}

impl<'t> Records<'t> {
    pub(super) fn new(text: &'t str, delimiter: u8) -> Self {
        let place = Place { at: 0, line: 1, column: 1 };
        Self { text, delimiter: char::from(delimiter), place }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.text.get(self.place.at..)?.chars().nth(ahead)
    }

    fn step(&mut self, c: char) {
        let next = self.peek(1);
        self.place.step(c, next);
    }

    fn cell(&mut self, fault: &mut Option<(Cell, Fault)>) -> (Cell, End) {
        let Place { at, line, column } = self.place;
        let mut cell = Cell { start: at, end: at, line, column, quoted: false, in_sheet: None };
        if self.peek(0) == Some('"') {
            self.quoted(&mut cell, fault);
        }
        let tail = self.place.at;
        let end = loop {
            match self.peek(0) {
                None => break End::Record,
                Some(c) if c == self.delimiter => {
                    self.step(c);
                    break End::Cell;
                }
                Some(c @ ('\n' | '\r')) => {
                    if c == '\r' && self.peek(1) == Some('\n') {
                        self.step(c);
                    }
                    let last = self.peek(0).unwrap_or(c);
                    self.step(last);
                    break End::Record;
                }
                Some(c) => self.step(c),
            }
            if !cell.quoted {
                cell.end = self.place.at;
            }
        };
        let stray = self.text.get(tail..self.place.at).unwrap_or_default();
        let stray = stray.trim_end_matches(['\n', '\r', self.delimiter]).trim();
        if cell.quoted && !stray.is_empty() && fault.is_none() {
            *fault = Some((cell, after_quote(stray)));
        }
        if cell.end - cell.start > CELL_BYTES_MAX && fault.is_none() {
            *fault = Some((cell, too_long("cell", cell.end - cell.start, CELL_BYTES_MAX)));
        }
        (cell, end)
    }

    /// Reads from an opening quote to past the closing one.
    fn quoted(&mut self, cell: &mut Cell, fault: &mut Option<(Cell, Fault)>) {
        self.step('"');
        cell.quoted = true;
        cell.start = self.place.at;
        loop {
            cell.end = self.place.at;
            match self.peek(0) {
                None => {
                    fault.get_or_insert((*cell, never_closed()));
                    return;
                }
                Some('"') if self.peek(1) == Some('"') => {
                    self.step('"');
                    self.step('"');
                }
                Some('"') => {
                    self.step('"');
                    return;
                }
                Some(c) => self.step(c),
            }
        }
    }
}

impl Iterator for Records<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        self.peek(0)?;
        let (first, line) = (self.place.at, self.place.line);
        let (mut cells, mut fault) = (Vec::new(), None);
        loop {
            let (cell, end) = self.cell(&mut fault);
            if cells.len() < CELLS_MAX {
                cells.push(cell);
            } else {
                fault.get_or_insert_with(|| (cell, too_many()));
            }
            if end == End::Record {
                break;
            }
        }
        let bytes = self.place.at - first;
        if bytes > RECORD_BYTES_MAX
            && let Some(start) = cells.first()
            && fault.as_ref().is_none_or(|(_, fault)| fault.code == ProblemCode::TooLarge)
        {
            fault = Some((*start, too_long("row", bytes, RECORD_BYTES_MAX)));
        }
        Some(Record { line, cells, fault })
    }
}

fn too_long(what: &str, found: usize, most: usize) -> Fault {
    let message = format!("the {what} has {found} bytes; at most {most} are read");
    let help = "check for a quote that is missing further up, or shorten the text";
    Fault::new(ProblemCode::TooLarge, message).help(help)
}

fn too_many() -> Fault {
    let message = format!("the row has more than {CELLS_MAX} cells");
    Fault::new(ProblemCode::TooLarge, message).help("remove the columns that are not used")
}

fn after_quote(stray: &str) -> Fault {
    let message = format!("`{}` stands after the closing quote of the cell", shown(stray));
    let help = "put the whole cell in double quotes, and write each quote inside it twice";
    Fault::new(ProblemCode::Shape, message).help(help)
}

fn never_closed() -> Fault {
    let message = "the quote that opens here never closes, so the rest of the file is one cell";
    let help = "close it, or write each quote inside a quoted cell twice";
    Fault::new(ProblemCode::Shape, message).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn places(text: &str) -> Vec<(String, u64, u64)> {
        let records = Records::new(text, b',');
        let cells = records.flat_map(|record| record.cells);
        cells.map(|cell| (cell.text(text).into_owned(), cell.line, cell.column)).collect()
    }

    #[test]
    fn cells_know_their_line_and_character() {
        let found = places("é,b\r\n\"x\ny\"\"z\",£,\"q\"\rlast");
        let expected =
            [("é", 1, 1), ("b", 1, 3), ("x\ny\"z", 2, 1), ("£", 3, 7), ("q", 3, 9), ("last", 4, 1)];
        let expected: Vec<_> = expected.iter().map(|(t, l, c)| ((*t).to_owned(), *l, *c)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn parts_know_their_place_inside_the_cell() {
        let text = "a,\" 8.3.4;\n é 8.3.5\"";
        let record = Records::new(text, b',').next().unwrap();
        let parts = record.cells[1].parts(text);
        let found: Vec<_> = parts.iter().map(|p| (p.text(text), p.line, p.column)).collect();
        assert_eq!(found, [("8.3.4".into(), 1, 5), ("é".into(), 2, 2), ("8.3.5".into(), 2, 4)]);
    }

    #[track_caller]
    fn check_fault(text: &str, line: u64, column: u64, part: &str) {
        let mut records = Records::new(text, b',');
        let (cell, fault) = records.find_map(|record| record.fault).unwrap();
        assert_eq!((cell.line, cell.column), (line, column));
        assert!(fault.message.contains(part), "{}", fault.message);
    }

    #[test]
    fn shapes_that_lose_text_are_faults() {
        check_fault(&format!("a{}", ",".repeat(1000)), 1, 1002, "more than 1000 cells");
        check_fault("a,b\nc,\"d\"e,f\n", 2, 3, "`e` stands after");
        check_fault("a,b\nc,\"d\n\ne,f\n", 2, 3, "never closes");
        check_fault(&format!("a\nb,{}\n", "x".repeat(65_536)), 2, 3, "65536 bytes");
        check_fault(&format!("a\n{}\n", "xy,".repeat(700_000)), 2, 1, "2100001 bytes");
        // Sixteen of the longest cells, commas and the line feed are just 1 MiB.
        let most = format!("a\n{}\n", vec!["x".repeat(65_535); 16].join(","));
        assert_eq!(most.len(), 2 + RECORD_BYTES_MAX);
        assert!(Records::new(&most, b',').all(|record| record.fault.is_none()));
        assert!(Records::new("a \"b\",\"c\" \n", b',').all(|record| record.fault.is_none()));
    }

    fn by_csv_crate(text: &str) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let records = reader.records().map(Result::unwrap);
        let rows = records.map(|row| row.iter().map(|cell| cell.trim().to_owned()).collect());
        rows.filter(|row: &Vec<String>| row.iter().any(|cell| !cell.is_empty())).collect()
    }

    proptest! {
        #[test]
        fn the_csv_crate_reads_the_same(text in "[ab\"é, \r\n]{0,60}") {
            let records: Vec<Record> = Records::new(&text, b',').collect();
            prop_assume!(records.iter().all(|record| record.fault.is_none()));
            let rows = records.iter().map(|record| {
                record.cells.iter().map(|cell| cell.text(&text).into_owned()).collect()
            });
            let rows = rows.filter(|row: &Vec<String>| row.iter().any(|cell| !cell.is_empty()));
            prop_assert_eq!(rows.collect::<Vec<_>>(), by_csv_crate(&text));
        }
    }
}

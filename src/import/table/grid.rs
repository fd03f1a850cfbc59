//! The cells of one sheet of a workbook, each at its row and column, kept in little memory.

use std::collections::BTreeSet;

use super::xml::{bad, too_large};
use crate::import::cells::{Cell, InSheet, Kind, Origin, Record};
use crate::import::problem::Fault;
use crate::import::text::{CELL_BYTES_MAX, CELLS_MAX};

/// Cells with something in them.
const FILLED_MAX: usize = 1_000_000;
/// Bytes of text in all of them.
const TEXT_BYTES_MAX: usize = 24 << 20;
/// Rows and columns of the largest sheet that a spreadsheet program has.
const ROWS: u32 = 1 << 20;
const COLUMNS: u32 = 1 << 14;
/// Merged areas that are looked at.
const AREAS_MAX: usize = 100_000;
/// What stands between two cells where a row is shown.
const BETWEEN: &str = " | ";

/// A cell with something in it.
#[derive(Clone, Copy, Debug)]
struct Filled {
    row: u32,
    column: u32,
    start: u32,
    end: u32,
    kind: Kind,
    origin: Origin,
    merged: bool,
}

/// Rows and columns from the first to the last, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) rows: (u32, u32),
    pub(super) columns: (u32, u32),
}

/// The cells of a sheet.
#[derive(Debug, Default)]
pub(in crate::import) struct Grid {
    /// The sheet's name.
    pub(in crate::import) name: String,
    text: String,
    cells: Vec<Filled>,
    merged: Vec<Area>,
    hidden_rows: Vec<(u32, u32)>,
    hidden_columns: Vec<(u32, u32)>,
    rows_seen: (u32, usize),
}

impl Grid {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Puts a cell in its place, counted from 0; one without text is none, unless it must say so.
    ///
    /// # Errors
    /// [`Fault`] for a place that no sheet has, and where there is more than is read.
    pub(super) fn put(
        &mut self,
        (row, column): (u32, u32),
        (kind, text): (Kind, &str),
        origin: Origin,
    ) -> Result<(), Fault> {
        if row >= ROWS || column >= COLUMNS {
            return Err(bad("a cell stands where no sheet has one"));
        }
        if kind == Kind::Text && text.trim().is_empty() && origin == Origin::Typed {
            return Ok(());
        }
        let kind = if text.len() > CELL_BYTES_MAX { Kind::TooLong } else { kind };
        let text = if kind == Kind::TooLong { "" } else { text };
        if self.cells.len() >= FILLED_MAX || self.text.len() + text.len() > TEXT_BYTES_MAX {
            return Err(too_large(&format!(
                "has more in sheet `{}` than is read: at most {FILLED_MAX} cells and \
                 {TEXT_BYTES_MAX} bytes of text",
                crate::domain::sanitize::shown(&self.name)
            )));
        }
        if self.rows_seen.1 == 0 || self.rows_seen.0 != row {
            self.rows_seen = (row, self.rows_seen.1 + 1);
        }
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let start = place(self.text.len());
        self.text.push_str(text);
        let end = place(self.text.len());
        self.cells.push(Filled { row, column, start, end, kind, origin, merged: false });
        Ok(())
    }

    /// Says how many rows with something in them there are so far.
    pub(super) fn rows(&self) -> usize {
        self.rows_seen.1
    }

    pub(super) fn hide_rows(&mut self, first: u32, last: u32) {
        let full = self.hidden_rows.len() >= ROWS as usize;
        match self.hidden_rows.last_mut() {
            Some(before) if before.1.checked_add(1) == Some(first) => before.1 = last,
            _ if !full => self.hidden_rows.push((first, last)),
            _ => {}
        }
    }

    pub(super) fn hide_columns(&mut self, first: u32, last: u32) {
        if self.hidden_columns.len() < COLUMNS as usize {
            self.hidden_columns.push((first, last));
        }
    }

    pub(super) fn merge(&mut self, area: Area) {
        if self.merged.len() < AREAS_MAX {
            self.merged.push(area);
        }
    }

    /// Brings the cells into the order of their places, and writes what a merged cell says into each
    /// row that it stands in.
    ///
    /// # Errors
    /// [`Fault`] where two cells stand in one place.
    pub(super) fn finish(mut self) -> Result<Self, Fault> {
        let place = |one: &Filled| (one.row, one.column);
        self.cells.sort_by_key(place);
        if self.cells.windows(2).any(|two| matches!(two, [a, b] if place(a) == place(b))) {
            return Err(bad("two cells stand in one place"));
        }
        self.hidden_rows.sort_unstable();
        self.hidden_columns.sort_unstable();
        let rows: BTreeSet<u32> = self.cells.iter().map(|one| one.row).collect();
        let (mut more, mut looked) = (Vec::new(), 0);
        for area in &self.merged {
            let (first, last) = area.rows;
            let at = self.cells.binary_search_by_key(&(first, area.columns.0), place);
            let Some(top) = at.ok().and_then(|at| self.cells.get(at)).copied() else { continue };
            if last <= first {
                continue;
            }
            for row in rows.range(first + 1..=last) {
                let here = (*row, area.columns.0);
                if self.cells.binary_search_by_key(&here, place).is_err() {
                    more.push(Filled { row: *row, merged: true, ..top });
                }
                looked += 1;
                if looked > FILLED_MAX || self.cells.len() + more.len() > FILLED_MAX {
                    return Err(too_large("has more merged cells than are read"));
                }
            }
        }
        self.cells.append(&mut more);
        self.cells.sort_by_key(place);
        self.cells.dedup_by_key(|one| place(one));
        Ok(self)
    }

    /// The text of all cells.
    pub(in crate::import) fn text(&self) -> &str {
        &self.text
    }

    /// The rows with something in them, from the top.
    pub(in crate::import) fn records(&self) -> impl Iterator<Item = Record> + '_ {
        self.cells.chunk_by(|a, b| a.row == b.row).map(|row| self.record(row))
    }

    fn record(&self, row: &[Filled]) -> Record {
        let line = row.first().map_or(0, |one| u64::from(one.row) + 1);
        let mut record = Record { line, cells: Vec::new(), fault: None };
        let mut column = 1_u64;
        for one in row {
            let at = one.column as usize;
            if at >= CELLS_MAX {
                break;
            }
            let blanks = (record.cells.len()..at).map(|blank| self.blank(line, blank, column));
            record.cells.extend(blanks);
            record.cells.push(cell(one, line, column));
            column += (self.shown(one).chars().count() + BETWEEN.len()) as u64;
        }
        record
    }

    /// A cell with nothing in it.
    pub(in crate::import) fn blank(&self, line: u64, at: usize, column: u64) -> Cell {
        let sheet_column = u32::try_from(at).unwrap_or(u32::MAX);
        let in_sheet = InSheet { column: sheet_column, ..InSheet::default() };
        let end = self.text.len();
        Cell { start: end, end, line, column, quoted: false, in_sheet: Some(in_sheet) }
    }

    fn shown(&self, one: &Filled) -> String {
        let text = self.text.get(one.start as usize..one.end as usize).unwrap_or_default();
        text.trim().replace(['\n', '\r', '\t'], " ")
    }

    /// A row as it is shown where something in it is wrong.
    pub(in crate::import) fn line(&self, line: u64) -> String {
        let row = u32::try_from(line.saturating_sub(1)).unwrap_or(u32::MAX);
        let from = self.cells.partition_point(|one| one.row < row);
        let cells = self.cells.iter().skip(from).take_while(|one| one.row == row);
        let cells: Vec<String> = cells.map(|one| self.shown(one)).collect();
        cells.join(BETWEEN)
    }

    /// Says whether a row, counted from 1, is hidden.
    pub(in crate::import) fn row_is_hidden(&self, line: u64) -> bool {
        within(&self.hidden_rows, line.saturating_sub(1))
    }

    /// Says whether a column, counted from 0, is hidden.
    pub(in crate::import) fn column_is_hidden(&self, column: u32) -> bool {
        within(&self.hidden_columns, u64::from(column))
    }
}

fn within(ranges: &[(u32, u32)], at: u64) -> bool {
    let after = ranges.partition_point(|(first, _)| u64::from(*first) <= at);
    let before = after.checked_sub(1).and_then(|before| ranges.get(before));
    before.is_some_and(|(_, last)| at <= u64::from(*last))
}

fn cell(one: &Filled, line: u64, column: u64) -> Cell {
    let Filled { start, end, kind, origin, merged, .. } = *one;
    let in_sheet = InSheet { column: one.column, kind, origin, merged };
    let (start, end) = (start as usize, end as usize);
    Cell { start, end, line, column, quoted: false, in_sheet: Some(in_sheet) }
}

/// Returns a column's letters: 0 is A, 26 is AA.
pub(in crate::import) fn letters(column: u32) -> String {
    let (mut left, mut found) = (u64::from(column) + 1, Vec::new());
    while left > 0 {
        let digit = u8::try_from((left - 1) % 26).unwrap_or_default();
        found.push(char::from(b'A' + digit));
        left = (left - 1) / 26;
    }
    found.iter().rev().collect()
}

/// Reads `B7` as row 6, column 1.
pub(super) fn place_of(text: &str) -> Option<(u32, u32)> {
    let digits = text.find(|c: char| c.is_ascii_digit())?;
    let (letters, row) = text.split_at_checked(digits)?;
    let column = column_of(letters)?;
    let row: u32 = row.parse().ok()?;
    Some((row.checked_sub(1)?, column))
}

/// Reads `AA` as column 26.
pub(in crate::import) fn column_of(letters: &str) -> Option<u32> {
    if letters.is_empty() || letters.len() > 3 {
        return None;
    }
    let digit =
        |c: u8| c.is_ascii_alphabetic().then(|| u32::from(c.to_ascii_uppercase() - b'A') + 1);
    let number = letters.bytes().try_fold(0, |found: u32, c| Some(found * 26 + digit(c)?))?;
    number.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_letters() {
        for (column, expected) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (16_383, "XFD")] {
            assert_eq!((letters(column).as_str(), column_of(expected)), (expected, Some(column)));
        }
        assert_eq!(place_of("B7"), Some((6, 1)));
        for wrong in ["", "7", "B", "B0", "B-1", "ABCD1", "B7x", "é7"] {
            assert_eq!(place_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_merged_cell_stands_in_each_of_its_rows() {
        let mut grid = Grid::new("s");
        let text = |text| (Kind::Text, text);
        grid.put((4, 1), text("b"), Origin::Typed).unwrap();
        grid.put((2, 0), text("A.5.1"), Origin::Typed).unwrap();
        grid.put((2, 2), text("one"), Origin::Typed).unwrap();
        grid.put((3, 2), text("two\nlines"), Origin::Typed).unwrap();
        grid.merge(Area { rows: (2, 900_000), columns: (0, 0) });
        let grid = grid.finish().unwrap();
        let rows: Vec<String> = grid.records().map(|row| grid.line(row.line)).collect();
        assert_eq!(rows, ["A.5.1 | one", "A.5.1 | two lines", "A.5.1 | b"]);
        let second = grid.records().nth(1).unwrap();
        assert_eq!((second.line, second.cells.len(), second.cells[2].column), (4, 3, 9));
        assert!(second.cells[0].in_sheet.unwrap().merged);
    }

    #[test]
    fn bounds_hold() {
        let mut grid = Grid::new("s");
        assert!(grid.put((ROWS, 0), (Kind::Text, "x"), Origin::Typed).is_err());
        let long = "x".repeat(60_000);
        let refused =
            (0..500).find(|row| grid.put((*row, 0), (Kind::Text, &long), Origin::Typed).is_err());
        assert_eq!(refused, Some(419));
        let mut twice = Grid::new("s");
        for _ in 0..2 {
            twice.put((1, 1), (Kind::Number, "1"), Origin::Typed).unwrap();
        }
        assert!(twice.finish().is_err());
    }
}

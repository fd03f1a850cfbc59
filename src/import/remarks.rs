//! What people should hear of a sheet beside its rows: what was passed over, what is hidden, and which
//! values are not typed. A file of text has nothing of the kind.

use std::collections::VecDeque;

use super::cells::{Cell, Origin, Record};
use super::header::fold;
use super::table::Table;
use crate::domain::sanitize::{counted, shown};

/// Rows that a note names one by one.
const ROWS_NAMED: usize = 8;

/// What was noticed so far.
pub(super) struct Remarks<'t> {
    table: &'t Table,
    header: Vec<String>,
    /// The line of the row before.
    before: u64,
    /// Rows with one cell, after a gap: the foot of the table, unless another row follows.
    foot: VecDeque<Record>,
    repeated: Vec<u64>,
    hidden: Vec<u64>,
    formulas: usize,
    other_workbooks: usize,
    merged: usize,
}

impl<'t> Remarks<'t> {
    pub(super) fn new(table: &'t Table, header: &Record) -> Self {
        Self {
            table,
            header: texts(table, header),
            before: header.line,
            foot: VecDeque::new(),
            repeated: Vec::new(),
            hidden: Vec::new(),
            formulas: 0,
            other_workbooks: 0,
            merged: 0,
        }
    }

    /// Takes the next row, and returns those that are rows of the table.
    pub(super) fn pass(&mut self, record: Record) -> Vec<Record> {
        let Some(grid) = self.table.grid() else { return vec![record] };
        let gap = record.line > self.before + 1 || !self.foot.is_empty();
        self.before = record.line;
        let filled = record.cells.iter().filter(|cell| !self.table.is_blank(cell)).count();
        if gap && filled == 1 {
            self.foot.push_back(record);
            return Vec::new();
        }
        let mut rows: Vec<Record> = self.foot.drain(..).collect();
        let width = self.header.len().max(record.cells.len());
        let mut found = texts(self.table, &record);
        found.resize(width, String::new());
        let mut header = self.header.clone();
        header.resize(width, String::new());
        if found == header {
            self.repeated.push(record.line);
        } else {
            rows.push(record);
        }
        self.hidden
            .extend(rows.iter().map(|row| row.line).filter(|line| grid.row_is_hidden(*line)));
        rows
    }

    /// Notices a cell that is read.
    pub(super) fn used(&mut self, cell: &Cell) {
        let Some(in_sheet) = cell.in_sheet else { return };
        self.formulas += usize::from(in_sheet.origin != Origin::Typed);
        self.other_workbooks += usize::from(in_sheet.origin == Origin::OtherWorkbook);
        self.merged += usize::from(in_sheet.merged);
    }

    /// Returns a note for each thing that was noticed. `used` are the columns that are read.
    pub(super) fn notes<'n>(&self, used: impl Iterator<Item = &'n (String, usize)>) -> Vec<String> {
        let Some(grid) = self.table.grid() else { return Vec::new() };
        let mut notes = Vec::new();
        if !self.hidden.is_empty() {
            let rows = rows(&self.hidden);
            notes.push(format!("{rows} hidden in the sheet and read all the same"));
        }
        let column = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let hidden: Vec<String> = used
            .filter(|(_, at)| grid.column_is_hidden(column(*at)))
            .map(|(name, _)| format!("column `{}` is hidden and read all the same", shown(name)))
            .collect();
        notes.extend(hidden);
        if self.formulas > 0 {
            let others = match self.other_workbooks {
                0 => String::new(),
                some => format!(", {some} of them from another workbook"),
            };
            let cells = counted(self.formulas, "formula");
            notes.push(format!("{cells} read by the value that the file keeps{others}"));
        }
        if self.merged > 0 {
            let cells = counted(self.merged, "cell");
            notes.push(format!("{cells} read from a merged cell that begins further up"));
        }
        if !self.repeated.is_empty() {
            let rows = rows(&self.repeated);
            notes.push(format!("{rows} the header again and not read"));
        }
        if let Some(first) = self.foot.front() {
            let lines: Vec<u64> = self.foot.iter().map(|one| one.line).collect();
            let text = texts(self.table, first).into_iter().find(|text| !text.is_empty());
            let text = shown(&text.unwrap_or_default());
            let rows = rows(&lines);
            notes.push(format!("{rows} below the table, with one cell, and not read: `{text}`"));
        }
        notes
    }
}

fn texts(table: &Table, record: &Record) -> Vec<String> {
    record.cells.iter().map(|cell| fold(&table.get(cell)).into_owned()).collect()
}

/// `row 5 is` or `rows 5, 6 and 3 more are`.
fn rows(lines: &[u64]) -> String {
    let named: Vec<String> = lines.iter().take(ROWS_NAMED).map(ToString::to_string).collect();
    match lines.len() {
        1 => format!("row {} is", named.join("")),
        many if many > ROWS_NAMED => {
            format!("rows {} and {} more are", named.join(", "), many - ROWS_NAMED)
        }
        _ => format!("rows {} are", named.join(", ")),
    }
}

/// Says what stands above a header that is not the first row.
pub(super) fn title_rows(table: &Table, header: &Record) -> Option<String> {
    let above = table.records().take_while(|record| record.line < header.line);
    let above: Vec<Record> = above.filter(|record| !table.is_no_row(record)).collect();
    let first = texts(table, above.first()?).into_iter().find(|text| !text.is_empty())?;
    let (what, line) = (if table.grid().is_some() { "row" } else { "line" }, header.line);
    let count = counted(above.len(), what);
    Some(format!("the header is {what} {line}; {count} above it not read: `{}`", shown(&first)))
}

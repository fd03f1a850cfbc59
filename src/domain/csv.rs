//! Tables of text cells with a header: the form of every catalogue, mapping and list.
//!
//! Reads what is already text in one known delimiter; guessing encodings and delimiters is the
//! importer's work. Every cell error knows its column; the caller knows the line.

use super::problem_code::ProblemCode;
use std::collections::BTreeMap;
use std::str::FromStr;

/// What is wrong with one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellError {
    /// Stable code.
    pub code: ProblemCode,
    /// Column of the header; blank when it is about the whole row.
    pub column: String,
    /// The text as found.
    pub found: String,
    /// What is wrong with it.
    pub why: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// What is wrong with a row: its line in the file, from 1, and the cell.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column `{}`: {}", cell.column, cell.why)]
pub struct RowError {
    /// Line in the file, from 1, of the start of the row.
    pub line: u64,
    /// The cell.
    pub cell: CellError,
}

/// Why a text is not a table at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTable {
    /// Nothing in it.
    #[error("the file is empty; the first line must be a header")]
    Empty,
    /// A header but no row.
    #[error("the file has a header but no rows")]
    NoRows,
    /// A column that must be there is not.
    #[error(
        "the header has no column {}; it has: {}",
        missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        found.join(", ")
    )]
    MissingColumns {
        /// The columns that are missing.
        missing: Vec<String>,
        /// The columns that are there.
        found: Vec<String>,
    },
    /// A column stands twice in the header.
    #[error("the header names the column `{0}` twice")]
    DuplicateColumn(String),
    /// A row with more or fewer cells than the header, or a quote that never closes.
    #[error("line {line}: {why}")]
    Shape {
        /// Line in the file, from 1.
        line: u64,
        /// What is wrong.
        why: String,
    },
}

/// A table: a header and rows of as many cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Column names, trimmed.
    pub header: Vec<String>,
    /// Rows in file order, empty lines left out.
    pub rows: Vec<Row>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Line in the file, from 1, where the row starts.
    pub line: u64,
    /// Number of the row, from 1 after the header.
    pub number: u64,
    cells: BTreeMap<String, String>,
}

impl Row {
    /// Returns the trimmed text of a column, blank where there is none.
    pub fn get(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", |text| text.trim())
    }

    /// Returns the parsed value of a column.
    ///
    /// # Errors
    /// [`CellError`] with what the type's own parser says.
    pub fn parse<T>(&self, column: &'static str) -> Result<T, CellError>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        let found = self.get(column);
        found.parse().map_err(|error: T::Err| CellError {
            code: if found.is_empty() { ProblemCode::Blank } else { ProblemCode::NotReadable },
            column: column.to_owned(),
            found: found.to_owned(),
            why: if found.is_empty() {
                format!("the cell is blank; {}", expectation(&error.to_string()))
            } else {
                error.to_string()
            },
            help: None,
        })
    }

    /// Returns the parsed value of a column, or none where it is blank.
    ///
    /// # Errors
    /// [`CellError`] as [`Row::parse`].
    pub fn parse_optional<T>(&self, column: &'static str) -> Result<Option<T>, CellError>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        if self.get(column).is_empty() { Ok(None) } else { self.parse(column).map(Some) }
    }
}

/// Turns "is not a date; write it as 2026-06-30" into what a blank cell should hold.
fn expectation(error: &str) -> String {
    error
        .split_once("is not ")
        .map_or_else(|| error.to_owned(), |(_, rest)| format!("expected {rest}"))
}

impl Table {
    /// Reads text with the given delimiter. Columns beyond those required are kept.
    ///
    /// # Errors
    /// [`BadTable`] when it is not a table with these columns.
    pub fn parse(text: &str, delimiter: u8, required: &[&str]) -> Result<Self, BadTable> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .has_headers(false)
            .from_reader(text.as_bytes());
        let (mut records, mut lines) = (Vec::new(), Lines::new(text));
        for record in reader.records() {
            let record = record.map_err(|error| BadTable::Shape {
                line: error.position().map_or(0, csv::Position::line),
                why: error.to_string(),
            })?;
            let line = lines.of(record.position().map_or(0, csv::Position::byte));
            if record.iter().any(|cell| !cell.trim().is_empty()) {
                records.push((line, record));
            }
        }
        let mut records = records.into_iter();
        let (_, first) = records.next().ok_or(BadTable::Empty)?;
        let header = header_of(&first, required)?;
        let rows = records
            .zip(1..)
            .map(|((line, record), number)| row_of(&header, &record, line, number))
            .collect::<Result<Vec<_>, _>>()?;
        if rows.is_empty() { Err(BadTable::NoRows) } else { Ok(Self { header, rows }) }
    }

    /// Reads a table that this program wrote: UTF-8, commas.
    ///
    /// # Errors
    /// [`BadTable`] when it is not.
    pub fn parse_stored(bytes: &[u8], required: &[&str]) -> Result<Self, BadTable> {
        let text = std::str::from_utf8(bytes)
            .map_err(|_| BadTable::Shape { line: 1, why: "the text is not UTF-8".to_owned() })?;
        Self::parse(text, b',', required)
    }
}

fn header_of(record: &csv::StringRecord, required: &[&str]) -> Result<Vec<String>, BadTable> {
    let header: Vec<String> = record.iter().map(|name| name.trim().to_owned()).collect();
    for (index, name) in header.iter().enumerate() {
        if !name.is_empty() && header.iter().take(index).any(|earlier| earlier == name) {
            return Err(BadTable::DuplicateColumn(name.clone()));
        }
    }
    let missing: Vec<String> = required
        .iter()
        .filter(|name| !header.iter().any(|found| found == *name))
        .map(|name| (*name).to_owned())
        .collect();
    if missing.is_empty() {
        Ok(header)
    } else {
        Err(BadTable::MissingColumns { missing, found: header })
    }
}

/// Counts lines up to rising byte offsets. A record's offset may stand before blank lines.
struct Lines<'t> {
    text: &'t [u8],
    offset: usize,
    line: u64,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        Self { text: text.as_bytes(), offset: 0, line: 1 }
    }

    fn of(&mut self, byte: u64) -> u64 {
        let target = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(next) = self.text.get(self.offset) {
            if self.offset >= target && !matches!(next, b'\n' | b'\r') {
                break;
            }
            self.line += u64::from(*next == b'\n');
            self.offset += 1;
        }
        self.line
    }
}

fn row_of(
    header: &[String],
    record: &csv::StringRecord,
    line: u64,
    number: u64,
) -> Result<Row, BadTable> {
    if record.len() != header.len() {
        let (found, asked) = (record.len(), header.len());
        let why = format!("the row has {found} cells, the header has {asked} columns");
        return Err(BadTable::Shape { line, why });
    }
    let cells =
        header.iter().cloned().zip(record.iter().map(str::to_owned)).collect::<BTreeMap<_, _>>();
    Ok(Row { line, number, cells })
}

/// Writes a table as this program stores it: UTF-8, commas, line feeds, quotes where needed.
pub fn write_stored(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    // Writing to memory cannot fail; a failed row would show as a missing line in the digest test.
    let _ = writer.write_record(header);
    for row in rows {
        let _ = writer.write_record(&row);
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_know_their_line_even_after_a_quoted_line_feed() {
        let table = Table::parse("a,b\n\"x\ny\",1\n\nz,2\n", b',', &["a"]).unwrap();
        let places: Vec<(u64, u64)> = table.rows.iter().map(|row| (row.line, row.number)).collect();
        assert_eq!(places, [(2, 1), (5, 2)]);
        assert_eq!(table.rows[1].get("b"), "2");
        assert_eq!(table.rows[1].get("c"), "");
    }

    #[test]
    fn what_is_no_table_is_named() {
        assert_eq!(Table::parse("", b',', &[]), Err(BadTable::Empty));
        assert_eq!(Table::parse("a,b\n", b',', &[]), Err(BadTable::NoRows));
        assert!(matches!(
            Table::parse("a\n1\n", b',', &["a", "b"]),
            Err(BadTable::MissingColumns { .. })
        ));
        assert_eq!(
            Table::parse("a,a\n1,2\n", b',', &[]),
            Err(BadTable::DuplicateColumn("a".into()))
        );
        assert!(matches!(
            Table::parse("a,b\n1\n", b',', &[]),
            Err(BadTable::Shape { line: 2, .. })
        ));
    }

    #[test]
    fn a_written_table_reads_back() {
        let rows = vec![vec!["1".to_owned(), "two, \"three\"\nfour".to_owned()]];
        let text = write_stored(&["a", "b"], rows);
        let table = Table::parse_stored(text.as_bytes(), &["a", "b"]).unwrap();
        assert_eq!(table.rows[0].get("b"), "two, \"three\"\nfour");
    }
}

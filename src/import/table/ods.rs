//! Open Document workbooks (ODS): one part with every sheet after another.

use std::io::BufRead;

use quick_xml::events::BytesStart;

use super::grid::{Area, Grid};
use super::package::{Package, locked};
use super::xlsx::{Named, SHEETS_MAX};
use super::xml::{Node, Xml, attribute, bad, exact, too_large};
use crate::domain::date::Date;
use crate::import::cells::{Kind, Origin};
use crate::import::problem::Fault;

/// Times that one filled cell may be repeated in its row, or a filled row in its sheet.
const REPEATS_MAX: u32 = 10_000;
/// Blanks that one mark stands for.
const BLANKS_MAX: usize = 1_000;

/// A workbook whose sheets can be read.
pub(super) struct Ods<'b> {
    package: Package<'b>,
    sheets: Vec<Named>,
}

impl<'b> Ods<'b> {
    /// Reads the names of the sheets.
    ///
    /// # Errors
    /// [`Fault`] where it is no workbook of this kind, or an encrypted one.
    pub(super) fn open(mut package: Package<'b>) -> Result<Self, Fault> {
        if let Some(mut xml) = package.part("META-INF/manifest.xml")? {
            loop {
                match xml.next()? {
                    Node::Open(tag) if tag.local_name().as_ref() == "encryption-data" => {
                        return Err(locked());
                    }
                    Node::End => break,
                    Node::Open(_) | Node::Close(_) | Node::Text(_) | Node::Other => {}
                }
            }
        }
        let sheets = listed(&mut package)?;
        if sheets.is_empty() {
            return Err(bad("it has no sheet of cells"));
        }
        Ok(Self { package, sheets })
    }

    pub(super) fn sheets(&self) -> Vec<Named> {
        self.sheets.clone()
    }

    /// Reads a sheet, or its first rows.
    ///
    /// # Errors
    /// [`Fault`] where it is damaged or too large.
    pub(super) fn grid(&mut self, sheet: usize, most: usize) -> Result<Grid, Fault> {
        let missing = || bad("a sheet is missing");
        let named = self.sheets.get(sheet).ok_or_else(missing)?;
        let mut xml = self.package.part("content.xml")?.ok_or_else(missing)?;
        let mut table = Table::new(&named.name);
        let mut seen = 0;
        loop {
            match xml.next()? {
                Node::Open(tag) if tag.name().as_ref() == "table:table" => {
                    drop(tag);
                    if seen == sheet {
                        table.read(&mut xml, most)?;
                        return table.grid.finish();
                    }
                    seen += 1;
                    xml.skip()?;
                }
                Node::End => return Err(missing()),
                Node::Open(_) | Node::Close(_) | Node::Text(_) | Node::Other => {}
            }
        }
    }
}

/// The sheets in their order. Whether people see one is said by its style, which stands before it.
fn listed(package: &mut Package<'_>) -> Result<Vec<Named>, Fault> {
    let missing = "it has no content";
    let mut xml = package.part("content.xml")?.ok_or_else(|| bad(missing))?;
    let (mut sheets, mut style, mut hidden) = (Vec::new(), String::new(), Vec::new());
    loop {
        match xml.next()? {
            Node::Open(tag) => match tag.name().as_ref() {
                "style:style" => style = exact(&tag, "style:name").unwrap_or_default(),
                "style:table-properties" => {
                    let shown = exact(&tag, "table:display");
                    if shown.as_deref() == Some("false") && hidden.len() < SHEETS_MAX {
                        hidden.push(style.clone());
                    }
                }
                "table:table" => {
                    if sheets.len() >= SHEETS_MAX {
                        return Err(too_large(&format!("has more than {SHEETS_MAX} sheets")));
                    }
                    let name = exact(&tag, "table:name").unwrap_or_default();
                    let of = exact(&tag, "table:style-name").unwrap_or_default();
                    sheets.push(Named { name, hidden: hidden.contains(&of) });
                    drop(tag);
                    xml.skip()?;
                }
                _ => {}
            },
            Node::End => return Ok(sheets),
            Node::Close(_) | Node::Text(_) | Node::Other => {}
        }
    }
}

/// A sheet while it is read.
struct Table {
    grid: Grid,
    row: u32,
    column: u32,
    /// How often the row stands there.
    rows: u32,
    /// The column that the next tag of columns is about.
    columns: u32,
}

/// A cell while it is read.
struct OpenCell {
    kind: Kind,
    /// The value in its tag; none where its text is the value.
    value: Option<String>,
    origin: Origin,
    repeats: u32,
    spans: (u32, u32),
}

impl Table {
    fn new(name: &str) -> Self {
        Self { grid: Grid::new(name), row: 0, column: 0, rows: 1, columns: 0 }
    }

    fn read<R: BufRead>(&mut self, xml: &mut Xml<R>, most: usize) -> Result<(), Fault> {
        loop {
            match xml.next()? {
                Node::Open(tag) => match tag.name().as_ref() {
                    "table:table-column" => self.open_columns(&tag),
                    "table:table-row" => self.open_row(&tag),
                    "table:table-cell" | "table:covered-table-cell" => {
                        let cell = open_cell(&tag);
                        drop(tag);
                        let text = text(xml)?;
                        self.close_cell(&cell, &text)?;
                    }
                    // Charts and drawings hold tables of their own.
                    "table:shapes" | "office:forms" | "table:table" => {
                        drop(tag);
                        xml.skip()?;
                    }
                    _ => {}
                },
                Node::Close(name) if name == "table-row" => {
                    self.row = self.row.saturating_add(self.rows);
                    if self.grid.rows() > most {
                        return Ok(());
                    }
                }
                Node::Close(name) if name == "table" => return Ok(()),
                Node::End => return Err(bad("its XML is cut short")),
                Node::Close(_) | Node::Text(_) | Node::Other => {}
            }
        }
    }

    fn open_columns(&mut self, tag: &BytesStart<'_>) {
        let first = self.columns;
        self.columns = first.saturating_add(count(tag, "number-columns-repeated"));
        if is_hidden(tag) {
            self.grid.hide_columns(first, self.columns.saturating_sub(1));
        }
    }

    fn open_row(&mut self, tag: &BytesStart<'_>) {
        self.column = 0;
        self.rows = count(tag, "number-rows-repeated");
        if is_hidden(tag) {
            self.grid.hide_rows(self.row, self.row.saturating_add(self.rows - 1));
        }
    }

    fn close_cell(&mut self, cell: &OpenCell, text: &str) -> Result<(), Fault> {
        let first = self.column;
        self.column = first.saturating_add(cell.repeats);
        let (rows, columns) = cell.spans;
        if rows > 1 {
            let last = (self.row.saturating_add(rows - 1), first.saturating_add(columns - 1));
            self.grid.merge(Area { rows: (self.row, last.0), columns: (first, last.1) });
        }
        // A failed formula may be marked as a text of this form.
        let failed = cell.kind == Kind::Text && cell.origin != Origin::Typed && is_error(text);
        let kind = if failed { Kind::Error } else { cell.kind };
        let value = cell.value.as_deref().unwrap_or(text);
        if value.trim().is_empty() && cell.origin == Origin::Typed {
            return Ok(());
        }
        if cell.repeats > REPEATS_MAX || self.rows > REPEATS_MAX {
            return Err(too_large("repeats a filled cell more often than any table has rows"));
        }
        for row in self.row..self.row.saturating_add(self.rows) {
            for column in first..self.column {
                self.grid.put((row, column), (kind, value), cell.origin)?;
            }
        }
        Ok(())
    }
}

fn count(tag: &BytesStart<'_>, name: &str) -> u32 {
    attribute(tag, name).and_then(|text| text.parse().ok()).unwrap_or(1).max(1)
}

fn is_hidden(tag: &BytesStart<'_>) -> bool {
    exact(tag, "table:visibility").is_some_and(|set| set != "visible")
}

fn is_error(text: &str) -> bool {
    text.starts_with('#') || text.starts_with("Err:")
}

fn open_cell(tag: &BytesStart<'_>) -> OpenCell {
    let get = |name| exact(tag, name);
    let value = |name| get(name).unwrap_or_default();
    let (kind, value) = match get("office:value-type").as_deref() {
        Some("float" | "currency") => (Kind::Number, Some(number(&value("office:value"), 1.0))),
        Some("percentage") => {
            (Kind::Number, Some(format!("{}%", number(&value("office:value"), 100.0))))
        }
        Some("date") => {
            let date = value("office:date-value");
            match date.get(..10).map(Date::parse) {
                Some(Ok(day)) => (Kind::Date, Some(day.to_string())),
                Some(Err(_)) | None => (Kind::Text, Some(date)),
            }
        }
        Some("boolean") => (Kind::Boolean, Some(value("office:boolean-value").to_uppercase())),
        None | Some("time") => (Kind::Text, None),
        Some(_) => (Kind::Text, get("office:string-value").filter(|text| !text.is_empty())),
    };
    let error = get("calcext:value-type").as_deref() == Some("error");
    let origin = match get("table:formula") {
        None => Origin::Typed,
        Some(formula) if formula.contains("file:") => Origin::OtherWorkbook,
        Some(_) => Origin::Formula,
    };
    OpenCell {
        kind: if error { Kind::Error } else { kind },
        value: if error { None } else { value },
        origin,
        repeats: count(tag, "number-columns-repeated"),
        spans: (count(tag, "number-rows-spanned"), count(tag, "number-columns-spanned")),
    }
}

/// A number as its file writes it, without what only its writer adds.
fn number(text: &str, times: f64) -> String {
    match text.parse::<f64>() {
        Ok(number) => format!("{}", (number * times * 1e10).round() / 1e10),
        Err(_) => text.to_owned(),
    }
}

/// Reads the text of a cell up to its end: paragraphs as lines, without remarks beside it.
fn text<R: BufRead>(xml: &mut Xml<R>) -> Result<String, Fault> {
    let (mut found, mut paragraphs) = (String::new(), 0);
    loop {
        match xml.next()? {
            Node::Open(tag) => match tag.name().as_ref() {
                "text:p" => {
                    if paragraphs > 0 {
                        found.push('\n');
                    }
                    paragraphs += 1;
                }
                "text:s" => {
                    let blanks = attribute(&tag, "c").and_then(|text| text.parse().ok());
                    found.push_str(&" ".repeat(blanks.unwrap_or(1).min(BLANKS_MAX)));
                }
                "text:tab" => found.push('\t'),
                "text:line-break" => found.push('\n'),
                "office:annotation" | "draw:frame" | "table:detective" => {
                    drop(tag);
                    xml.skip()?;
                }
                _ => {}
            },
            Node::Text(text) if paragraphs > 0 => found.push_str(&text),
            Node::Close(name) if name == "table-cell" || name == "covered-table-cell" => {
                return Ok(found);
            }
            Node::End => return Err(bad("its XML is cut short")),
            Node::Close(_) | Node::Text(_) | Node::Other => {}
        }
        if found.len() > (1 << 20) {
            return Err(too_large("has a cell with more text than is read"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(inner: &str) -> Result<Vec<String>, Fault> {
        let text = format!("<a xmlns:table=\"t\"><table:table>{inner}</table:table></a>");
        let mut xml = Xml::new(text.as_bytes());
        let mut table = Table::new("s");
        xml.next()?;
        xml.next()?;
        table.read(&mut xml, 100)?;
        let grid = table.grid.finish()?;
        Ok(grid.records().map(|row| format!("{}: {}", row.line, grid.line(row.line))).collect())
    }

    const FLOAT: &str = "<table:table-cell office:value-type=\"float\" office:value=\"5.1\"/>";

    #[test]
    fn cells_of_every_kind_are_read() {
        let found = rows(&format!(
            "<table:table-row table:number-rows-repeated=\"3\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>\
             <table:table-row table:number-rows-repeated=\"2\">{FLOAT}\
             <table:table-cell office:value-type=\"date\" office:date-value=\"2026-06-30T10:00:00\"/>\
             <table:table-cell office:value-type=\"percentage\" office:value=\"0.07\"/>\
             <table:table-cell><office:annotation><text:p>no</text:p></office:annotation><text:p>a<text:s text:c=\"-5\"/><text:s text:c=\"2\"/>b</text:p></table:table-cell>\
             <table:table-cell office:value-type=\"boolean\" office:boolean-value=\"true\"/></table:table-row>",
        ));
        let row = "5.1 | 2026-06-30 | 7% | a   b | TRUE";
        assert_eq!(found.unwrap(), [format!("4: {row}"), format!("5: {row}")]);
    }

    #[test]
    fn repeats_without_end_are_refused() {
        let row = |attributes: &str| {
            rows(&format!("<table:table-row {attributes}>{FLOAT}</table:table-row>"))
        };
        assert!(row("table:number-rows-repeated=\"1000000\"").is_err());
        assert!(row("table:number-rows-repeated=\"-1\"").is_ok());
        let cell = FLOAT.replace("/>", " table:number-columns-repeated=\"4000000000\"/>");
        assert!(rows(&format!("<table:table-row>{cell}</table:table-row>")).is_err());
        assert!(rows("<table:table-row><table:table-cell><office:annotation>").is_err());
    }
}

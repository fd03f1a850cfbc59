//! One sheet of an XLSX workbook: its cells by their stored values.

use std::io::BufRead;

use quick_xml::events::BytesStart;

use super::grid::{Area, Grid, place_of};
use super::number::{self, Calendar, Format};
use super::xml::{Node, Xml, bad, exact};
use crate::domain::date::Date;
use crate::import::cells::{Kind, Origin};
use crate::import::problem::Fault;

/// What the cells of all sheets share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    text: String,
    /// Where each text ends.
    ends: Vec<u32>,
    /// How cells show their numbers, by the number of their style.
    pub(super) formats: Vec<Format>,
}

impl Shared {
    /// Adds to the text that is not yet closed.
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Ends a text.
    pub(super) fn close(&mut self) {
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }

    fn get(&self, number: usize) -> Option<&str> {
        let end = *self.ends.get(number)? as usize;
        let start = match number.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize,
            None => 0,
        };
        self.text.get(start..end)
    }
}

/// Reads a sheet, or its first rows with something in them.
///
/// # Errors
/// [`Fault`] where it is damaged or too large.
pub(super) fn read_sheet<R: BufRead>(
    mut xml: Xml<R>,
    grid: Grid,
    shared: &Shared,
    calendar: Calendar,
    most: usize,
) -> Result<Grid, Fault> {
    let mut sheet = Sheet { grid, shared, calendar, row: 0, column: 0 };
    loop {
        match xml.next()? {
            Node::Open(tag) => match tag.local_name().as_ref() {
                "row" => sheet.open_row(&tag),
                "c" => {
                    let open = sheet.open_cell(&tag)?;
                    drop(tag);
                    let values = values(&mut xml)?;
                    sheet.close_cell(&open, &values)?;
                    if sheet.grid.rows() > most {
                        break;
                    }
                }
                "col" => sheet.columns(&tag),
                "mergeCell" => sheet.merged(&tag),
                _ => {}
            },
            Node::Close(name) if name == "row" => sheet.row = sheet.row.saturating_add(1),
            Node::End => break,
            Node::Close(_) | Node::Text(_) | Node::Other => {}
        }
    }
    sheet.grid.finish()
}

struct Sheet<'s> {
    grid: Grid,
    shared: &'s Shared,
    calendar: Calendar,
    /// The row and column that come next where a tag does not say.
    row: u32,
    column: u32,
}

/// What the tag of a cell says.
struct OpenCell {
    at: (u32, u32),
    kind: String,
    format: Format,
}

/// What stands inside a cell.
#[derive(Default)]
struct Values {
    value: Option<String>,
    inline: String,
    formula: Option<String>,
}

impl Sheet<'_> {
    fn open_row(&mut self, tag: &BytesStart<'_>) {
        if let Some(row) = exact(tag, "r").and_then(|row| row.parse::<u32>().ok()) {
            self.row = row.saturating_sub(1);
        }
        self.column = 0;
        if is_set(tag, "hidden") {
            self.grid.hide_rows(self.row, self.row);
        }
    }

    fn open_cell(&mut self, tag: &BytesStart<'_>) -> Result<OpenCell, Fault> {
        if let Some(place) = exact(tag, "r") {
            let place = place_of(&place).ok_or_else(|| bad("a cell has no place"))?;
            (self.row, self.column) = place;
        }
        let at = (self.row, self.column);
        self.column = self.column.saturating_add(1);
        let style = exact(tag, "s").and_then(|style| style.parse::<usize>().ok()).unwrap_or(0);
        let format = self.shared.formats.get(style).copied().unwrap_or_default();
        Ok(OpenCell { at, kind: exact(tag, "t").unwrap_or_default(), format })
    }

    fn close_cell(&mut self, cell: &OpenCell, values: &Values) -> Result<(), Fault> {
        let origin = match &values.formula {
            None => Origin::Typed,
            Some(formula) if formula.contains('[') => Origin::OtherWorkbook,
            Some(_) => Origin::Formula,
        };
        let stored = values.value.as_deref();
        let (kind, text): (Kind, String) = match (cell.kind.as_str(), stored) {
            ("inlineStr", _) => (Kind::Text, values.inline.clone()),
            (_, None | Some("")) if origin == Origin::Typed => return Ok(()),
            ("str", Some(text)) => (Kind::Text, text.to_owned()),
            (_, None | Some("")) => (Kind::Unknown, String::new()),
            ("s", Some(number)) => {
                let text = number.trim().parse().ok().and_then(|number| self.shared.get(number));
                let text = text.ok_or_else(|| bad("a cell names a text that is not there"))?;
                (Kind::Text, text.to_owned())
            }
            ("b", Some(value)) => {
                let truth = matches!(value.trim(), "1" | "true" | "TRUE");
                (Kind::Boolean, if truth { "TRUE" } else { "FALSE" }.to_owned())
            }
            ("e", Some(error)) => (Kind::Error, error.to_owned()),
            ("d", Some(day)) => match day.get(..10).map(Date::parse) {
                Some(Ok(day)) => (Kind::Date, day.to_string()),
                Some(Err(_)) | None => (Kind::Text, day.to_owned()),
            },
            (_, Some(value)) => match value.trim().parse::<f64>() {
                Ok(number) => number::read(number, cell.format, self.calendar),
                Err(_) => (Kind::Text, value.to_owned()),
            },
        };
        let text = unescaped(&text);
        self.grid.put(cell.at, (kind, &text), origin)
    }

    fn columns(&mut self, tag: &BytesStart<'_>) {
        let number = |name| exact(tag, name).and_then(|text| text.parse::<u32>().ok());
        if let (true, Some(first), Some(last)) =
            (is_set(tag, "hidden"), number("min"), number("max"))
        {
            self.grid.hide_columns(first.saturating_sub(1), last.saturating_sub(1));
        }
    }

    fn merged(&mut self, tag: &BytesStart<'_>) {
        let area = exact(tag, "ref");
        let corners = area.as_deref().and_then(|area| area.split_once(':'));
        let places = corners.and_then(|(first, last)| place_of(first).zip(place_of(last)));
        if let Some((first, last)) = places {
            self.grid.merge(Area { rows: (first.0, last.0), columns: (first.1, last.1) });
        }
    }
}

fn is_set(tag: &BytesStart<'_>, name: &str) -> bool {
    matches!(exact(tag, name).as_deref(), Some("1" | "true" | "on"))
}

/// Reads what stands inside a cell, up to its end.
fn values<R: BufRead>(xml: &mut Xml<R>) -> Result<Values, Fault> {
    let mut values = Values::default();
    let mut inside = Inside::Nothing;
    loop {
        let node = xml.next()?;
        if matches!(&node, Node::Open(tag) if tag.local_name().as_ref() == "rPh") {
            drop(node);
            xml.skip()?;
            continue;
        }
        match &node {
            Node::Open(tag) => match tag.local_name().as_ref() {
                "v" => {
                    values.value.get_or_insert_default();
                    inside = Inside::Value;
                }
                "f" => {
                    values.formula.get_or_insert_default();
                    inside = Inside::Formula;
                }
                "t" => inside = Inside::Inline,
                _ => {}
            },
            Node::Close(name) if name == "c" => return Ok(values),
            Node::Close(_) => inside = Inside::Nothing,
            Node::Text(text) => match inside {
                Inside::Value => values.value.get_or_insert_default().push_str(text),
                Inside::Formula => values.formula.get_or_insert_default().push_str(text),
                Inside::Inline => values.inline.push_str(text),
                Inside::Nothing => {}
            },
            Node::Other => {}
            Node::End => return Err(bad("its XML is cut short")),
        }
    }
}

/// What a text in a cell is.
#[derive(Clone, Copy)]
enum Inside {
    Nothing,
    Value,
    Formula,
    Inline,
}

/// Excel writes characters that XML may not hold as `_x000D_`.
fn unescaped(text: &str) -> String {
    let mut found = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let (before, from) = rest.split_at(at);
        found.push_str(before);
        let code = from.get(2..6).filter(|_| from.get(6..7) == Some("_"));
        let hex = code.filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let number = hex.and_then(|code| u32::from_str_radix(code, 16).ok());
        if let Some(c) = number.and_then(char::from_u32) {
            found.push(c);
            rest = from.get(7..).unwrap_or_default();
        } else {
            found.push_str("_x");
            rest = from.get(2..).unwrap_or_default();
        }
    }
    found + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(inner: &str) -> Vec<String> {
        let mut shared = Shared { formats: vec![Format::Plain, Format::Day], ..Shared::default() };
        for text in ["alpha", "beta"] {
            shared.push(text);
            shared.close();
        }
        let text = format!("<worksheet xmlns=\"x\"><sheetData>{inner}</sheetData></worksheet>");
        let xml = Xml::new(text.as_bytes());
        let grid = read_sheet(xml, Grid::new("s"), &shared, Calendar::From1904, 100).unwrap();
        grid.records().map(|row| format!("{}: {}", row.line, grid.line(row.line))).collect()
    }

    #[test]
    fn cells_of_every_kind_are_read() {
        let found = rows(
            "<row r=\"2\"><c r=\"B2\" t=\"s\"><v>1</v></c><c t=\"b\"><v>1</v></c>\
             <c t=\"inlineStr\"><is><r><t>in </t></r><r><t>line_x000A_two</t></r><rPh><t>no</t></rPh></is></c>\
             <c t=\"e\"><v>#N/A</v></c><c s=\"1\"><v>44741</v></c><c><v>5.1</v></c></row>\
             <row><c t=\"str\"><f>A1</f><v>s</v></c><c><f>[1]x!A1</f><v>2</v></c><c s=\"1\"/></row>",
        );
        assert_eq!(found, ["2: beta | TRUE | in line two | #N/A | 2026-06-30 | 5.1", "3: s | 2"]);
    }

    #[test]
    fn a_formula_without_its_value_is_no_blank() {
        let text =
            "<worksheet><sheetData><row r=\"1\"><c><f>A9</f></c></row></sheetData></worksheet>";
        let (shared, xml) = (Shared::default(), Xml::new(text.as_bytes()));
        let grid = read_sheet(xml, Grid::new("s"), &shared, Calendar::From1900, 9).unwrap();
        let cell = grid.records().next().unwrap().cells[0].in_sheet.unwrap();
        assert_eq!((cell.kind, cell.origin), (Kind::Unknown, Origin::Formula));
    }

    #[test]
    fn escapes_of_characters_are_read() {
        for (text, expected) in [("a_x0041_b", "aAb"), ("_x5_", "_x5_"), ("_x00é_", "_x00é_")] {
            assert_eq!(unescaped(text), expected);
        }
    }
}

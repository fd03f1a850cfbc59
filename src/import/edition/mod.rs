//! The official workbook of a year: its evidence items for each category, and what certificates free.
//!
//! Columns are found by what stands in them and shown to whoever adopts it; what they say becomes the
//! files of an edition.

mod columns;

use std::collections::BTreeMap;

pub use columns::{Chosen, Role};

use super::cells::{Kind, Record};
use super::header::{Holds, fold};
use super::input::Input;
use super::problem::{Fault, Problem, Problems};
use super::remarks::title_rows;
use super::sheet::not_held;
use super::table::{Fit, Table};
use crate::domain::catalogue::edition::{EXEMPTION_COLUMNS, ITEM_COLUMNS, Requirement};
use crate::domain::csv::write_stored;
use crate::domain::ids::{AssertionId, CategoryId, ItemId};
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::{counted, shown};
use columns::{Asked, Columns, item_column, item_of, requirement};

/// An official workbook that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditionImport {
    /// `items.csv`.
    pub items: String,
    /// `exemptions.csv`.
    pub exemptions: String,
    /// The columns, and what each was taken for, as they are kept with the edition.
    pub stored_columns: String,
    /// The same, to be shown.
    pub columns: Vec<Chosen>,
    /// Items of each category.
    pub counts: BTreeMap<CategoryId, usize>,
    /// What the reader of the file should be told.
    pub notes: Vec<String>,
}

/// Reads a workbook. `known` are categories whose names are known.
///
/// # Errors
/// [`Problems`] with everything that is wrong, in file order.
pub fn read_edition(input: &Input<'_>, known: &[CategoryId]) -> Result<EditionImport, Problems> {
    let of_file = |fault| Problems::of_file(input.name, 0, fault);
    let said = input.columns.iter().any(|(ours, _)| ours == "item");
    let mut fit = |table: &Table| match item_column(table) {
        Some(_) => Fit::Whole,
        None => Fit::Not,
    };
    let table = Table::open(input, &mut fit)?;
    let found = item_column(&table).map(|(at, _)| at);
    if found.is_none() && !said {
        let message = "no column holds the numbers of evidence items, such as 1.1.1";
        let help = "name the sheet with --sheet NAME, the column with --columns item=HEADER";
        return Err(of_file(Fault::new(ProblemCode::Header, message).help(help)));
    }
    let columns = Columns::read(&table, found);
    let chosen = columns.choose(known, input).map_err(of_file)?;
    let mut reader = Reader::new(input.name, &table, &chosen);
    reader.read();
    if !reader.problems.is_empty() {
        return Err(Problems::sorted(reader.problems));
    }
    let mut notes = table.notes.clone();
    notes.extend(reader.first.as_ref().and_then(|first| title_rows(&table, first)));
    if reader.headings > 0 {
        notes.push(format!("{} without an item passed over", counted(reader.headings, "row")));
    }
    let stored = chosen
        .iter()
        .map(|one| vec![one.role.to_string(), one.letter.clone(), one.heading.clone()]);
    Ok(EditionImport {
        items: write_stored(ITEM_COLUMNS, reader.items),
        exemptions: write_stored(EXEMPTION_COLUMNS, reader.exemptions),
        stored_columns: write_stored(&["read_as", "column", "heading"], stored),
        counts: reader.counts,
        columns: chosen.clone(),
        notes,
    })
}

struct Reader<'r> {
    file: &'r str,
    table: &'r Table,
    chosen: &'r [Chosen],
    seen: BTreeMap<ItemId, u64>,
    items: Vec<Vec<String>>,
    exemptions: Vec<Vec<String>>,
    counts: BTreeMap<CategoryId, usize>,
    headings: usize,
    first: Option<Record>,
    problems: Vec<Problem>,
}

impl<'r> Reader<'r> {
    fn new(file: &'r str, table: &'r Table, chosen: &'r [Chosen]) -> Self {
        Self {
            file,
            table,
            chosen,
            seen: BTreeMap::new(),
            items: Vec::new(),
            exemptions: Vec::new(),
            counts: BTreeMap::new(),
            headings: 0,
            first: None,
            problems: Vec::new(),
        }
    }

    fn column(&self, role: &Role) -> Option<&'r Chosen> {
        self.chosen.iter().find(|one| one.role == *role)
    }

    fn text(&self, record: &Record, column: &Chosen) -> String {
        record
            .cells
            .get(column.at)
            .map_or_else(String::new, |cell| fold(&self.table.get(cell)).trim().to_owned())
    }

    fn fault(&mut self, record: &Record, column: &Chosen, fault: Fault) {
        let problem = if let Some(cell) = record.cells.get(column.at) {
            self.table.place(self.file, *cell, &column.heading, fault)
        } else {
            let row = (record.line, record.cells.first().copied());
            self.table.place_row(self.file, row, &column.heading, fault)
        };
        self.problems.push(problem);
    }

    fn read(&mut self) {
        let Some(column) = self.column(&Role::Item) else { return };
        for record in self.table.records() {
            let Some(cell) = record.cells.get(column.at) else { continue };
            let text = self.text(&record, column);
            let kind = cell.in_sheet.map(|one| one.kind).unwrap_or_default();
            let number = kind == Kind::Number && text.contains('.');
            let changed = kind == Kind::Date || (number && text.parse::<AssertionId>().is_err());
            if let Some(item) = item_of(&text).filter(|_| kind == Kind::Text) {
                self.first.get_or_insert_with(|| record.clone());
                self.item(&record, column, &item);
            } else if changed && !self.seen.is_empty() {
                if let Some(fault) = not_held(self.table, Holds::Ids, cell) {
                    self.fault(&record, column, fault);
                }
            } else if !self.seen.is_empty() && looks_like_an_item(&text) {
                let message = format!("`{}` is not the number of an item", shown(&text));
                let fault = Fault::new(ProblemCode::NotReadable, message)
                    .help("write it as 1.1.1, as text, or leave the row out");
                self.fault(&record, column, fault);
            } else if !self.seen.is_empty() && !text.is_empty() {
                self.headings += 1;
            }
        }
    }

    fn item(&mut self, record: &Record, column: &Chosen, item: &ItemId) {
        if let Some(line) = self.seen.get(item) {
            let message = format!("item {item} stands in row {line} already");
            let fault = Fault::new(ProblemCode::Duplicate, message);
            let fault = fault.help("keep one of the two rows, or name another sheet with --sheet");
            self.fault(record, column, fault);
            return;
        }
        self.seen.insert(item.clone(), record.line);
        let mut categories = Vec::new();
        for one in self.chosen {
            let Role::Requirement(category) = &one.role else { continue };
            let text = self.text(record, one);
            let by_yes = one.heading.to_lowercase().contains("mandatory")
                || one.heading.to_lowercase().contains("required");
            match requirement(&text, by_yes) {
                Some(Asked::Not) => {}
                Some(Asked::Mandatory) => categories.push((category, Requirement::Mandatory)),
                Some(Asked::Optional) => categories.push((category, Requirement::Optional)),
                None => {
                    let message = format!("`{}` says neither mandatory nor optional", shown(&text));
                    let help = "write Mandatory or Optional, or leave the cell blank where the \
                                category is not asked";
                    let fault = Fault::new(ProblemCode::NotReadable, message).help(help);
                    self.fault(record, one, fault);
                }
            }
        }
        for (category, asked) in &categories {
            self.asked(record, item, category, *asked);
        }
        self.freed(record, item, &categories);
    }

    /// Keeps what is asked of a category.
    fn asked(&mut self, record: &Record, item: &ItemId, category: &CategoryId, asked: Requirement) {
        let own = self.column(&Role::TitleOf(category.clone()));
        let own = own.filter(|own| !self.text(record, own).is_empty());
        let Some(column) = own.or_else(|| self.column(&Role::Title)) else {
            let Some(column) = self.column(&Role::TitleOf(category.clone())) else { return };
            let message = format!("item {item} asks {category} for nothing");
            let fault = Fault::new(ProblemCode::Blank, message).help("write what it asks");
            self.fault(record, column, fault);
            return;
        };
        let title = self.text(record, column);
        let title = match super::required_text(&title, "write what the item asks") {
            Ok(title) => title,
            Err(fault) => return self.fault(record, column, fault),
        };
        *self.counts.entry(category.clone()).or_default() += 1;
        self.items.push(vec![
            category.to_string(),
            item.assertion().as_str().to_owned(),
            item.as_str().to_owned(),
            title,
            asked.as_str().to_owned(),
            format!("official workbook, row {}", record.line),
        ]);
    }

    /// Keeps which certificates free an item, for every category that it is asked of.
    fn freed(&mut self, record: &Record, item: &ItemId, categories: &[(&CategoryId, Requirement)]) {
        for one in self.chosen {
            let Role::Exemption(scheme) = &one.role else { continue };
            let text = self.text(record, one);
            let marked = ["exempt", "exemption", "covered", "met"];
            let effect = match super::yes_or_no(&text, &marked, &["none", "-", "n/a"]) {
                _ if text.is_empty() => continue,
                Ok(false) => continue,
                Ok(true) => "satisfies",
                // What is not plainly a mark frees nothing, and is kept as a remark.
                Err(_) => "note",
            };
            for (category, _) in categories {
                self.exemptions.push(vec![
                    category.to_string(),
                    item.as_str().to_owned(),
                    scheme.as_str().to_owned(),
                    effect.to_owned(),
                    String::new(),
                    "all-health-and-care-data".to_owned(),
                    format!("{}: {text}", one.heading),
                ]);
            }
        }
    }
}

/// Whether a text was meant as the number of an item: three parts with a digit at the start of each.
fn looks_like_an_item(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    let parts: Vec<&str> = first.split('.').collect();
    parts.len() >= 3
        && parts.iter().take(3).all(|part| part.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests;

//! Workbooks of Excel since 2007 (XLSX, XLSM): their sheets, shared texts and formats.

use std::collections::BTreeMap;

use quick_xml::events::BytesStart;

use super::grid::Grid;
use super::number::{Calendar, Format};
use super::package::Package;
use super::worksheet::{Shared, read_sheet};
use super::xml::{Node, attribute, bad, exact, too_large};
use crate::import::problem::Fault;

/// Sheets of a workbook.
pub(super) const SHEETS_MAX: usize = 500;
/// Texts that cells share, and their bytes.
const STRINGS_MAX: usize = 1_000_000;
const STRING_BYTES_MAX: usize = 32 << 20;
/// Formats that cells have.
const FORMATS_MAX: usize = 100_000;

/// A sheet's name, and whether people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::import) struct Named {
    pub(in crate::import) name: String,
    pub(in crate::import) hidden: bool,
}

/// A workbook whose sheets can be read.
pub(super) struct Xlsx<'b> {
    package: Package<'b>,
    sheets: Vec<(Named, String)>,
    shared: Shared,
    calendar: Calendar,
    /// What people should hear of the workbook as a whole.
    pub(super) notes: Vec<String>,
}

impl<'b> Xlsx<'b> {
    /// Reads everything but the sheets.
    ///
    /// # Errors
    /// [`Fault`] where it is no workbook of this kind.
    pub(super) fn open(mut package: Package<'b>) -> Result<Self, Fault> {
        let root = relations(&mut package, "_rels/.rels", "")?;
        let workbook = root.iter().find(|one| one.kind == "officeDocument").map(|one| &one.target);
        let workbook = workbook.cloned().unwrap_or_else(|| "xl/workbook.xml".to_owned());
        let (folder, file) = workbook.rsplit_once('/').unwrap_or(("", &workbook));
        let relations = relations(&mut package, &format!("{folder}/_rels/{file}.rels"), folder)?;
        let (listed, calendar) = listed(&mut package, &workbook)?;
        let path =
            |id: &String| relations.iter().find(|one| one.id == *id && one.kind == "worksheet");
        let sheets = listed
            .into_iter()
            .filter_map(|(named, id)| path(&id).map(|one| (named, one.target.clone())));
        let sheets: Vec<_> = sheets.collect();
        if sheets.is_empty() {
            return Err(bad("it has no sheet of cells"));
        }
        let of = |kind: &str| relations.iter().find(|one| one.kind == kind).map(|one| &one.target);
        let mut shared = Shared::default();
        if let Some(path) = of("sharedStrings") {
            strings(&mut package, path, &mut shared)?;
        }
        if let Some(path) = of("styles") {
            shared.formats = formats(&mut package, path)?;
        }
        let mut notes = Vec::new();
        if package.any("xl/vbaProject") || package.any("xl/macrosheets") {
            notes.push("the workbook holds macros, which are not read and not run".to_owned());
        }
        Ok(Self { package, sheets, shared, calendar, notes })
    }

    pub(super) fn sheets(&self) -> Vec<Named> {
        self.sheets.iter().map(|(named, _)| named.clone()).collect()
    }

    /// Reads a sheet, or its first rows.
    ///
    /// # Errors
    /// [`Fault`] where it is damaged or too large.
    pub(super) fn grid(&mut self, sheet: usize, most: usize) -> Result<Grid, Fault> {
        let Some((named, path)) = self.sheets.get(sheet) else {
            return Err(bad("a sheet is missing"));
        };
        let Some(xml) = self.package.part(path)? else {
            return Err(bad("a sheet is missing"));
        };
        read_sheet(xml, Grid::new(&named.name), &self.shared, self.calendar, most)
    }
}

/// A part that another part names.
struct Relation {
    id: String,
    /// The last part of its type's address.
    kind: String,
    target: String,
}

fn relations(package: &mut Package<'_>, path: &str, folder: &str) -> Result<Vec<Relation>, Fault> {
    let Some(mut xml) = package.part(path.trim_start_matches('/'))? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    loop {
        match xml.next()? {
            Node::Open(tag) if tag.local_name().as_ref() == "Relationship" => {
                let get = |name| exact(&tag, name).unwrap_or_default();
                if get("TargetMode") != "External" && found.len() < 10_000 {
                    let kind = get("Type").rsplit('/').next().unwrap_or_default().to_owned();
                    let target = resolved(folder, &get("Target"));
                    found.push(Relation { id: get("Id"), kind, target });
                }
            }
            Node::End => return Ok(found),
            Node::Open(_) | Node::Close(_) | Node::Text(_) | Node::Other => {}
        }
    }
}

/// Returns the name of a part that is named from a folder.
fn resolved(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The sheets in their order, each with the id of its part, and the calendar.
type Listed = (Vec<(Named, String)>, Calendar);

fn listed(package: &mut Package<'_>, path: &str) -> Result<Listed, Fault> {
    let missing = "it has no list of sheets";
    let mut xml = package.part(path)?.ok_or_else(|| bad(missing))?;
    let (mut sheets, mut calendar) = (Vec::new(), Calendar::From1900);
    loop {
        match xml.next()? {
            Node::Open(tag) => match tag.local_name().as_ref() {
                "sheet" if sheets.len() >= SHEETS_MAX => {
                    return Err(too_large(&format!("has more than {SHEETS_MAX} sheets")));
                }
                "sheet" => sheets.push(sheet(&tag)),
                "workbookPr" => {
                    let set = exact(&tag, "date1904");
                    if matches!(set.as_deref(), Some("1" | "true" | "on")) {
                        calendar = Calendar::From1904;
                    }
                }
                _ => {}
            },
            Node::End => return Ok((sheets, calendar)),
            Node::Close(_) | Node::Text(_) | Node::Other => {}
        }
    }
}

fn sheet(tag: &BytesStart<'_>) -> (Named, String) {
    let name = exact(tag, "name").unwrap_or_default();
    let hidden = exact(tag, "state").is_some_and(|state| state != "visible");
    (Named { name, hidden }, attribute(tag, "id").unwrap_or_default())
}

/// Reads the texts that cells share: of each the runs, without how they are read aloud.
fn strings(package: &mut Package<'_>, path: &str, shared: &mut Shared) -> Result<(), Fault> {
    let Some(mut xml) = package.part(path)? else { return Ok(()) };
    let (mut inside, mut count) = (false, 0);
    loop {
        let node = xml.next()?;
        if matches!(&node, Node::Open(tag) if tag.local_name().as_ref() == "rPh") {
            drop(node);
            xml.skip()?;
            continue;
        }
        match &node {
            Node::Open(tag) => inside = tag.local_name().as_ref() == "t",
            Node::Close(name) => {
                inside = false;
                if name == "si" {
                    count += 1;
                    shared.close();
                }
            }
            Node::Text(text) if inside => shared.push(text),
            Node::End => return Ok(()),
            Node::Text(_) | Node::Other => {}
        }
        if count > STRINGS_MAX || shared.bytes() > STRING_BYTES_MAX {
            return Err(too_large(&format!(
                "has more text than is read: at most {STRINGS_MAX} texts and {STRING_BYTES_MAX} bytes"
            )));
        }
    }
}

/// Reads how cells show their numbers, by the number of their style.
fn formats(package: &mut Package<'_>, path: &str) -> Result<Vec<Format>, Fault> {
    let Some(mut xml) = package.part(path)? else { return Ok(Vec::new()) };
    let (mut codes, mut found, mut inside) = (BTreeMap::new(), Vec::new(), false);
    loop {
        match xml.next()? {
            Node::Open(tag) => match tag.local_name().as_ref() {
                "numFmt" if codes.len() < FORMATS_MAX => {
                    let id = exact(&tag, "numFmtId").and_then(|id| id.parse::<u32>().ok());
                    let code = exact(&tag, "formatCode").unwrap_or_default();
                    codes.extend(id.map(|id| (id, Format::of_code(&code))));
                }
                "cellXfs" => inside = true,
                "xf" if inside && found.len() < FORMATS_MAX => {
                    let id = exact(&tag, "numFmtId").and_then(|id| id.parse().ok()).unwrap_or(0);
                    found.push(codes.get(&id).copied().unwrap_or_else(|| Format::built_in(id)));
                }
                _ => {}
            },
            Node::Close(name) if name == "cellXfs" => inside = false,
            Node::End => return Ok(found),
            Node::Close(_) | Node::Text(_) | Node::Other => {}
        }
    }
}

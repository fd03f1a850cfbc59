//! Evidence: what it is called, what it is evidence for, the file, and the days that it speaks of.
//!
//! Files are the caller's business: it is asked for the digest of each path once.

use std::collections::BTreeMap;

use crate::domain::date::Date;
use crate::domain::event::EvidenceRecorded;
use crate::domain::ids::{ControlRef, ItemRef, UnitId};
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::{counted, shown};
use crate::domain::state::State;

use super::Rows;
use super::input::Input;
use super::names::{Bare, Names};
use super::problem::{Fault, Problem, Problems};
use super::resolve::{Own, day_of, item_on};
use super::sheet::{Column, Holds, Row, Sheet, fold};
use super::titled::splits;

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDigest {
    /// SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Size in bytes.
    pub size: u64,
}

/// A file that a row names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFile {
    /// The path as the row writes it.
    pub path: String,
    /// Its last part: the name that is recorded.
    pub name: String,
    /// What is known of it.
    pub digest: FileDigest,
}

/// A piece of evidence that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceRow {
    /// What to record.
    pub event: EvidenceRecorded,
    /// Its file, if it has one.
    pub file: Option<EvidenceFile>,
}

const COLUMNS: &[Column] = &[
    Column { name: "title", synonyms: &["name", "evidence"], required: true, holds: Holds::Words },
    Column {
        name: "items",
        synonyms: &["item", "DSPT items", "DSPT item"],
        required: false,
        holds: Holds::Ids,
    },
    Column { name: "controls", synonyms: &["control"], required: false, holds: Holds::Ids },
    Column { name: "file", synonyms: &["path", "file name"], required: false, holds: Holds::Words },
    Column {
        name: "sha256",
        synonyms: &["digest", "SHA-256"],
        required: false,
        holds: Holds::Words,
    },
    Column { name: "proves_on", synonyms: &["date", "on"], required: true, holds: Holds::Day },
    Column {
        name: "valid_until",
        synonyms: &["until", "expires"],
        required: false,
        holds: Holds::Day,
    },
    Column { name: "scope", synonyms: &["units"], required: false, holds: Holds::Words },
];

/// Most problems that one list in a cell shows; what else is wrong in it is counted.
const PER_CELL: usize = 10;

/// Most references in one cell; no catalogue has so many.
const PARTS_MAX: usize = 2_000;

/// Gives the digest of a path, or why it cannot be had.
type DigestOf<'d> = &'d mut dyn FnMut(&str) -> Result<FileDigest, String>;

/// Reads evidence for items, each of the edition and category of the day that it proves.
///
/// # Errors
/// [`Problems`] with everything that is wrong, in file order.
pub fn read_evidence(
    input: &Input<'_>,
    own: &Own,
    state: &State,
    digest_of: DigestOf<'_>,
) -> Result<Rows<EvidenceRow>, Problems> {
    let mut sheet = Sheet::read(input, COLUMNS)?;
    sheet.leave_out_blank(&["title", "file", "proves_on", "valid_until", "scope"])?;
    let mut problems = std::mem::take(&mut sheet.misshapen);
    let units =
        state.scopes.iter().flat_map(|one| one.what.units.iter().map(|unit| unit.id.to_string()));
    let mut reader = Reader {
        sheet: &sheet,
        own,
        names: Names::new(state),
        units: units.collect(),
        digest_of,
        digests: BTreeMap::new(),
    };
    let mut rows: Vec<(u64, EvidenceRow)> = Vec::new();
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for row in &sheet.rows {
        if Problems::full(&mut problems, input.name, row.line) {
            break;
        }
        let Some(read) = reader.row(row, &mut problems) else { continue };
        // Every field of a row takes part, so only a row that adds nothing is refused.
        let first = *seen.entry(format!("{read:?}")).or_insert(row.line);
        if first != row.line {
            let fault = Fault::new(
                ProblemCode::Duplicate,
                format!("the row says the same as line {first}"),
            );
            problems.push(sheet.problem(row, "title", fault.help("keep one of the two rows")));
        }
        rows.push((row.line, read));
    }
    let note = reader.names.note();
    if !problems.is_empty() {
        return Err(Problems::sorted(problems));
    }
    let mut notes = sheet.notes;
    notes.extend(note);
    Ok(Rows { rows, notes })
}

struct Reader<'r> {
    sheet: &'r Sheet,
    own: &'r Own,
    names: Names<'r>,
    units: Vec<String>,
    digest_of: DigestOf<'r>,
    digests: BTreeMap<String, Result<FileDigest, String>>,
}

impl Reader<'_> {
    fn row(&mut self, row: &Row, problems: &mut Vec<Problem>) -> Option<EvidenceRow> {
        let sheet = self.sheet;
        let title = super::required_text(&fold(&sheet.get(row, "title")), "write a name for it");
        let proves_on = super::day(&sheet.get(row, "proves_on"));
        let items = self.items(row, day_of(proves_on.as_ref().ok().copied()), problems);
        let controls = self.controls(row, problems);
        let scope = self.scope(row, problems);
        let file = self.file(row);
        let mut fault = |column, fault| problems.push(sheet.problem(row, column, fault));
        let title = title.map_err(|f| fault("title", f)).ok();
        let file = file.map_err(|(column, f)| fault(column, f)).ok();
        let proves_on = proves_on.map_err(|f| fault("proves_on", f)).ok();
        let until = super::last_day(&sheet.get(row, "valid_until"), proves_on);
        let valid_until = until.map_err(|f| fault("valid_until", f)).ok();
        if items.as_ref().is_some_and(Vec::is_empty) && controls.as_ref().is_some_and(Vec::is_empty)
        {
            let message = "the row names no item and no control";
            let help = "name what it is evidence for, such as 8.3.4";
            fault("items", Fault::new(ProblemCode::Blank, message).help(help));
        }
        let (file, size) = file.map(|file| {
            let size = file.as_ref().map(|file| file.digest.size);
            (file, size)
        })?;
        let event = EvidenceRecorded {
            title: title?,
            items: items?,
            controls: controls?,
            scope: scope?,
            proves_on: proves_on?,
            valid_until: valid_until?,
            size,
            stored: false,
        };
        Some(EvidenceRow { event, file })
    }

    /// Reads every part of a list; a part that stands twice is a fault.
    fn list<T: Ord + Clone>(
        &mut self,
        row: &Row,
        column: &'static str,
        problems: &mut Vec<Problem>,
        mut read: impl FnMut(&mut Self, &str) -> Result<T, Fault>,
    ) -> Option<Vec<T>> {
        let (mut values, mut wrong) = (Vec::new(), Vec::new());
        let mut seen = std::collections::BTreeSet::new();
        let parts = self.sheet.parts(row, column);
        if parts.len() > PARTS_MAX {
            let message = format!("the cell lists {}", counted(parts.len(), "reference"));
            let fault = Fault::new(ProblemCode::TooLarge, message).help("write several rows");
            problems.push(self.sheet.problem(row, column, fault));
            return None;
        }
        // An id with its title in one cell is no list.
        let whole = self.sheet.get(row, column).into_owned();
        if !splits(&whole).is_empty()
            && let Ok(value) = read(self, &whole)
        {
            return Some(vec![value]);
        }
        let wordy = |text: &str| !text.chars().any(|c| c.is_ascii_digit());
        let mut said = false;
        for (part, text) in parts {
            if text.eq_ignore_ascii_case("and") || &*text == "&" {
                continue;
            }
            if column != "scope" && wordy(&text) {
                if !std::mem::replace(&mut said, true) {
                    let message = format!("`{}` is a word beside the ids", shown(&text));
                    let help = "leave the ids alone in the cell, with commas or semicolons between";
                    wrong.push((part, Fault::new(ProblemCode::NotReadable, message).help(help)));
                }
                continue;
            }
            match read(self, &text) {
                Ok(value) if seen.insert(value.clone()) => values.push(value),
                Ok(_) => {
                    let message = format!("`{}` stands twice in the cell", shown(&text));
                    wrong.push((
                        part,
                        Fault::new(ProblemCode::Duplicate, message).help("remove one"),
                    ));
                }
                Err(fault) => wrong.push((part, fault)),
            }
        }
        let good = wrong.is_empty();
        let left = wrong.len().saturating_sub(PER_CELL);
        for (part, fault) in wrong.into_iter().take(PER_CELL) {
            problems.push(self.sheet.problem_at(part, column, fault));
        }
        if left > 0 {
            let message = format!("{} more in this cell cannot be read", counted(left, "part"));
            let fault = Fault::new(ProblemCode::NotReadable, message)
                .help("correct the first ones and look again");
            problems.push(self.sheet.problem(row, column, fault));
        }
        good.then_some(values)
    }

    fn items(&mut self, row: &Row, day: Date, problems: &mut Vec<Problem>) -> Option<Vec<ItemRef>> {
        self.list(row, "items", problems, |reader, text| {
            item_on(text, day, reader.own, &mut reader.names)
        })
    }

    fn controls(&mut self, row: &Row, problems: &mut Vec<Problem>) -> Option<Vec<ControlRef>> {
        let bare = Bare { framework: None, flag: "", annex_only: false };
        self.list(row, "controls", problems, |reader, text| reader.names.control(text, bare))
    }

    fn scope(&mut self, row: &Row, problems: &mut Vec<Problem>) -> Option<Vec<UnitId>> {
        self.list(row, "scope", problems, |reader, text| {
            if reader.units.iter().any(|known| known == text) {
                return text
                    .parse()
                    .map_err(|_| Fault::new(ProblemCode::NotReadable, "not a scope unit"));
            }
            let near = reader.names.near_name("scope", text, &reader.units);
            let help = near.map_or_else(
                || "declare it with: dspt record scope".to_owned(),
                |near| format!("did you mean {near}?"),
            );
            let message = format!("`{}` is not a declared scope unit", shown(text));
            Err(Fault::new(ProblemCode::Unknown, message).help(help))
        })
    }

    fn file(&mut self, row: &Row) -> Result<Option<EvidenceFile>, (&'static str, Fault)> {
        let path = super::plain_text(&self.sheet.get(row, "file")).map_err(|f| ("file", f))?;
        let expected =
            expected_digest(&self.sheet.get(row, "sha256")).map_err(|f| ("sha256", f))?;
        if path.is_empty() {
            if expected.is_none() {
                return Ok(None);
            }
            let fault = Fault::new(ProblemCode::Blank, "the row has a digest but no file");
            return Err(("file", fault.help("name the file that has this digest")));
        }
        if !self.digests.contains_key(&path) {
            let asked = (self.digest_of)(&path);
            self.digests.insert(path.clone(), asked);
        }
        let known = self.digests.get(&path).cloned();
        let known = known.unwrap_or_else(|| Err("it was not read".to_owned()));
        let digest = known.map_err(|why| {
            let message = format!("the file `{}` cannot be used: {}", shown(&path), shown(&why));
            let help = "paths are taken from the folder of the imported file";
            ("file", Fault::new(ProblemCode::File, message).help(help))
        })?;
        if let Some(expected) = expected.filter(|expected| *expected != digest.sha256) {
            let found = &digest.sha256;
            let message = format!("the file has the digest {found}, the row says {expected}");
            let help = "the file was changed, or is another one; find the right one";
            return Err(("sha256", Fault::new(ProblemCode::File, message).help(help)));
        }
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        Ok(Some(EvidenceFile { path, name, digest }))
    }
}

fn expected_digest(text: &str) -> Result<Option<String>, Fault> {
    let hex = text.to_ascii_lowercase();
    if hex.is_empty() {
        return Ok(None);
    }
    if hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(Some(hex));
    }
    let message = format!("`{}` is not a SHA-256 digest", shown(text));
    Err(Fault::new(ProblemCode::NotReadable, message)
        .help("write its 64 hexadecimal digits, or leave it blank"))
}

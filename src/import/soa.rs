//! Statements of Applicability: which Annex A controls a certificate includes, which it excludes.
//!
//! An exclusion without its justification is refused; a control that the file leaves out is noted,
//! because it grounds nothing.

use std::collections::BTreeMap;

use crate::domain::edition::ControlStanding;
use crate::domain::mapping::{SOA_COLUMNS, Soa};
use crate::domain::refs::{ControlRef, FrameworkRef};
use crate::domain::replay::State;
use crate::domain::table::write_stored;
use crate::domain::text::{counted, shown};

use super::names::{Bare, Names};
use super::problem::{Fault, Problem, Problems};
use super::sheet::{Column, Row, Sheet};

/// A Statement of Applicability that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoaImport {
    /// What it includes and excludes.
    pub soa: Soa,
    /// The rows as they are stored, by control.
    pub stored: String,
    /// What the reader of the file should be told.
    pub notes: Vec<String>,
}

const COLUMNS: &[Column] = &[
    Column {
        name: "control",
        synonyms: &["control id", "ISO control", "Annex A control", "reference"],
        required: true,
    },
    Column { name: "applicable", synonyms: &["applicability", "included"], required: true },
    Column {
        name: "justification",
        synonyms: &["reason", "justification for exclusion", "rationale"],
        required: true,
    },
];

/// One row: the line, whether the control applies, and why.
type Stated = BTreeMap<ControlRef, (u64, bool, String)>;

/// Reads a Statement of Applicability of a framework's release.
///
/// # Errors
/// [`Problems`] with everything that is wrong, in file order.
pub fn read_soa(
    file: &str,
    bytes: &[u8],
    framework: &FrameworkRef,
    state: &State,
) -> Result<SoaImport, Problems> {
    let mut names = Names::new(state);
    names.framework(framework).map_err(|fault| Problems::of_file(file, 0, fault))?;
    let mut sheet = Sheet::read(file, bytes, COLUMNS)?;
    let mut problems = std::mem::take(&mut sheet.misshapen);
    let mut stated = Stated::new();
    for row in &sheet.rows {
        read_row(&sheet, row, framework, &mut names, &mut stated)
            .unwrap_or_else(|mut found| problems.append(&mut found));
    }
    if !problems.is_empty() {
        return Err(Problems::sorted(problems));
    }
    let mut notes = sheet.notes.clone();
    notes.extend(names.note());
    notes.extend(left_out(state, framework, &stated));
    let yes = |applicable: bool| if applicable { "yes" } else { "no" }.to_owned();
    let rows = stated.iter().map(|(control, (_, applicable, why))| {
        vec![control.to_string(), yes(*applicable), why.clone()]
    });
    let stored = write_stored(SOA_COLUMNS, rows);
    let mut soa = Soa::default();
    for (control, (_, applicable, why)) in stated {
        if applicable {
            soa.applicable.insert(control);
        } else {
            soa.excluded.insert(control, why);
        }
    }
    Ok(SoaImport { soa, stored, notes })
}

fn read_row(
    sheet: &Sheet,
    row: &Row,
    framework: &FrameworkRef,
    names: &mut Names<'_>,
    stated: &mut Stated,
) -> Result<(), Vec<Problem>> {
    let mut problems = Vec::new();
    let mut fault = |column, fault| problems.push(sheet.problem(row, column, fault));
    let control = control(sheet, row, framework, names).map_err(|f| fault("control", f)).ok();
    let applicable = super::yes_or_no(
        &sheet.get(row, "applicable"),
        &["applicable"],
        &["excluded", "not applicable"],
    );
    let applicable = applicable.map_err(|f| fault("applicable", f)).ok();
    let why = super::plain_text(&sheet.get(row, "justification"));
    let why = why.map_err(|f| fault("justification", f)).ok();
    if applicable == Some(false) && why.as_deref() == Some("") {
        let message = "the control is excluded without a justification";
        fault("justification", Fault::new("DSPT0101", message).help("say why it does not apply"));
    }
    let Some(control) = control else { return Err(problems) };
    if let Some((line, ..)) = stated.get(&control) {
        let message = format!("line {line} already states {control}");
        fault("control", Fault::new("DSPT0105", message).help("keep one of the two rows"));
    } else {
        let (applicable, why) = (applicable.unwrap_or_default(), why.unwrap_or_default());
        stated.insert(control, (row.line, applicable, why));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn control(
    sheet: &Sheet,
    row: &Row,
    framework: &FrameworkRef,
    names: &mut Names<'_>,
) -> Result<ControlRef, Fault> {
    let text = sheet.get(row, "control");
    if text.is_empty() {
        let help = "write the control, such as A.8.13";
        return Err(Fault::new("DSPT0101", "the cell is blank").help(help));
    }
    let bare = Bare { framework: Some(framework), flag: "--framework", annex_only: true };
    let control = names.control(&text, bare)?;
    if control.framework != *framework {
        let message = format!("`{}` is not of {framework}, of which the file is", shown(&text));
        return Err(Fault::new("DSPT0109", message).help("name a control of that release"));
    }
    let kind = names.framework(framework)?.controls.get(&control.id).map(|one| one.kind.as_str());
    if kind != Some("control") {
        let message = format!("{} is a {}, not a control", control.id, kind.unwrap_or_default());
        let help = "a Statement of Applicability lists the controls of Annex A; leave the row out";
        return Err(Fault::new("DSPT0111", message).help(help));
    }
    Ok(control)
}

/// Says which controls of the release the file leaves out.
fn left_out(state: &State, framework: &FrameworkRef, stated: &Stated) -> Option<String> {
    let known = &state.frameworks.get(framework)?.what;
    let controls = known.controls.values().filter(|control| {
        control.kind == "control" && known.standing_of(&control.id) == ControlStanding::Assessable
    });
    let control = |id: &str| ControlRef { framework: framework.clone(), id: id.to_owned() };
    let mut missing: Vec<ControlRef> = controls.map(|one| control(&one.id)).collect();
    missing.retain(|one| !stated.contains_key(one));
    missing.sort();
    let first: Vec<&str> = missing.iter().take(5).map(|one| one.id.as_str()).collect();
    let more = if missing.len() > first.len() { " ..." } else { "" };
    (!missing.is_empty()).then(|| {
        format!(
            "{} of {framework} missing from the file, which ground nothing: {}{more}",
            counted(missing.len(), "control"),
            first.join(", ")
        )
    })
}

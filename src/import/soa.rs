//! Statements of Applicability: which Annex A controls a certificate includes, which it excludes.
//!
//! An exclusion without its justification is refused; a control that the file leaves out is noted,
//! because it grounds nothing.

use std::collections::BTreeMap;

use crate::domain::catalogue::edition::ControlStanding;
use crate::domain::csv::write_stored;
use crate::domain::ids::{ControlRef, FrameworkRef};
use crate::domain::mapping::{Applies, SOA_COLUMNS, SOA_STATUS_COLUMNS, Soa};
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::{counted, shown};
use crate::domain::state::State;

use super::input::Input;
use super::names::{Bare, Names};
use super::problem::{Fault, Problem, Problems};
use super::sheet::{Column, Holds, Row, Sheet, fold};

/// A Statement of Applicability that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoaImport {
    /// What it includes and excludes.
    pub soa: Soa,
    /// The rows as they are stored, by control.
    pub stored: String,
    /// What the reader of the file should be told.
    pub notes: Vec<String>,
    /// The rows whose control is not in place, and those that may not be, each in one sentence.
    pub warnings: Vec<String>,
}

const COLUMNS: &[Column] = &[
    Column {
        name: "control",
        synonyms: &["control id", "ISO control", "Annex A control", "reference"],
        required: true,
        holds: Holds::Ids,
    },
    Column {
        name: "applicable",
        synonyms: &["applicability", "included"],
        required: true,
        holds: Holds::Words,
    },
    Column {
        name: "justification",
        synonyms: &["reason", "justification for exclusion", "rationale"],
        required: true,
        holds: Holds::Words,
    },
    Column {
        name: "implementation status",
        synonyms: &[
            "implemented",
            "implementation",
            "implementation state",
            "status of implementation",
            "implemented yes no",
            "in place",
            "control status",
            "implementation progress",
            "control implementation",
            "control implementation status",
            "control state",
            "current status",
            "current state",
            "status",
            "state",
            "progress",
        ],
        required: false,
        holds: Holds::Words,
    },
];

/// What says that a control is in place, in lower case. Anything else does not say so: what is
/// planned, begun or half done grounds nothing.
const IN_PLACE: [&str; 13] = [
    "implemented",
    "fully implemented",
    "yes",
    "y",
    "true",
    "in place",
    "fully in place",
    "fully",
    "complete",
    "completed",
    "done",
    "operational",
    "100%",
];

/// What says that a control applies, and that it does not, beside yes and no.
const APPLIES: &[&str] = &["applicable", "applies", "in scope", "included", "include"];
const APPLIES_NOT: &[&str] = &[
    "excluded",
    "exclude",
    "not applicable",
    "n/a",
    "not included",
    "not in scope",
    "out of scope",
    "does not apply",
];

/// One row: the line, whether the control applies, and why.
type Stated = BTreeMap<ControlRef, (u64, Applies, String)>;

/// Reads a Statement of Applicability of a framework's release.
///
/// # Errors
/// [`Problems`] with everything that is wrong, in file order.
pub fn read_soa(
    input: &Input<'_>,
    framework: &FrameworkRef,
    state: &State,
) -> Result<SoaImport, Problems> {
    let mut names = Names::new(state);
    names.framework(framework).map_err(|fault| Problems::of_file(input.name, 0, fault))?;
    let mut sheet = Sheet::read_watching(input, COLUMNS, says_not_in_place)?;
    sheet.leave_out_blank(&["applicable", "justification", "implementation status"])?;
    let mut problems = std::mem::take(&mut sheet.misshapen);
    let mut stated = Stated::new();
    let of = Of { framework, zeros_kept: zeros_kept(&sheet) };
    for row in &sheet.rows {
        if Problems::full(&mut problems, input.name, row.line) {
            break;
        }
        read_row(&sheet, row, of, &mut names, &mut stated)
            .unwrap_or_else(|mut found| problems.append(&mut found));
    }
    if !problems.is_empty() {
        return Err(Problems::sorted(problems));
    }
    let mut notes = sheet.notes.clone();
    notes.extend(names.note());
    notes.extend(left_out(state, framework, &stated));
    let warnings = not_in_place(&stated).into_iter().chain(overlooked(&sheet, &stated)).collect();
    let (mut soa, mut rows) = (Soa::default(), Vec::new());
    for (control, (_, applies, why)) in stated {
        rows.push(stored_row(&control, &applies, &why));
        soa.add(control, applies, why);
    }
    // A file that says nothing of it is stored as it always was.
    let kept = if soa.not_in_place.is_empty() { 0 } else { SOA_STATUS_COLUMNS.len() };
    let header: Vec<&str> =
        SOA_COLUMNS.iter().chain(SOA_STATUS_COLUMNS.iter().take(kept)).copied().collect();
    let rows = rows.into_iter().map(|mut row| {
        row.truncate(header.len());
        row
    });
    let stored = write_stored(&header, rows);
    Ok(SoaImport { soa, stored, notes, warnings })
}

fn stored_row(control: &ControlRef, applies: &Applies, why: &str) -> Vec<String> {
    let (applicable, implemented, status) = match applies {
        Applies::Yes => ("yes", "yes", ""),
        Applies::NotInPlace(words) => ("yes", "no", words.as_str()),
        Applies::No => ("no", "", ""),
    };
    let cells = [applicable, why, implemented, status];
    std::iter::once(control.to_string()).chain(cells.map(str::to_owned)).collect()
}

/// Rows that a warning names one by one.
const ROWS_NAMED: usize = 20;

/// Names the rows whose control applies and is not in place.
fn not_in_place(stated: &Stated) -> Option<String> {
    let mut rows: Vec<(u64, String)> = stated
        .iter()
        .filter_map(|(control, (line, applies, _))| match applies {
            Applies::NotInPlace(words) if words.is_empty() => {
                Some((*line, format!("{} in line {line} (blank)", control.id)))
            }
            Applies::NotInPlace(words) => {
                Some((*line, format!("{} in line {line} ({})", control.id, shown(words))))
            }
            Applies::Yes | Applies::No => None,
        })
        .collect();
    rows.sort();
    let more = rows.len().saturating_sub(ROWS_NAMED);
    let named: Vec<String> = rows.iter().take(ROWS_NAMED).map(|(_, text)| text.clone()).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!rows.is_empty()).then(|| {
        format!(
            "{} not implemented, or not wholly, and ground nothing: {}{more}",
            match rows.len() {
                1 => "1 control is applicable but".to_owned(),
                many => format!("{many} controls are applicable but"),
            },
            named.join(", ")
        )
    })
}

/// Says whether a cell reads as the status of a control that is not in place, or not wholly.
fn says_not_in_place(cell: &str) -> bool {
    /// Longer cells are prose.
    const LONGEST: usize = 40;
    const WORDS: [&str; 22] = [
        "not implement",
        "unimplemented",
        "partial",
        "partly",
        "planned",
        "in progress",
        "in hand",
        "under way",
        "underway",
        "ongoing",
        "not started",
        "not yet",
        "not in place",
        "to do",
        "to be done",
        "to be implemented",
        "pending",
        "outstanding",
        "incomplete",
        "not complete",
        "not done",
        "not operational",
    ];
    if cell.is_empty() || cell.len() > LONGEST {
        return false;
    }
    let spaced: String =
        cell.chars().map(|one| if one.is_alphanumeric() { one } else { ' ' }).collect();
    let words = spaced.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let unfinished = cell.trim().strip_suffix('%').is_some_and(|number| {
        number.trim().parse::<f64>().is_ok_and(|share| (0.0..100.0).contains(&share))
    });
    unfinished || words == "todo" || WORDS.iter().any(|one| words.contains(one))
}

/// Names the rows that are taken as in place while a column that is not read seems to say otherwise.
fn overlooked(sheet: &Sheet, stated: &Stated) -> Option<String> {
    let counts: BTreeMap<u64, &ControlRef> = stated
        .iter()
        .filter(|(_, (_, applies, _))| *applies == Applies::Yes)
        .map(|(control, (line, ..))| (*line, control))
        .collect();
    let doubtful: Vec<String> = sheet
        .overlooked
        .iter()
        .filter_map(|one| {
            let control = counts.get(&one.line)?;
            let (column, text) = (shown(&one.column), shown(&one.text));
            Some(format!("{} in line {} (`{column}`: {text})", control.id, one.line))
        })
        .collect();
    let more = doubtful.len().saturating_sub(ROWS_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let named: Vec<String> = doubtful.iter().take(ROWS_NAMED).cloned().collect();
    (!doubtful.is_empty()).then(|| {
        format!(
            "{} taken as implemented, while a column that is not read seems to say otherwise: \
             {}{more}; if that column is the status, call it `implementation status`",
            match doubtful.len() {
                1 => "1 control is".to_owned(),
                many => format!("{many} controls are"),
            },
            named.join(", ")
        )
    })
}

/// What the ids of a file belong to.
#[derive(Clone, Copy)]
struct Of<'f> {
    framework: &'f FrameworkRef,
    /// Whether the file keeps the last zero of an id, so that its `5.1` never was `5.10`.
    zeros_kept: bool,
}

/// Whether any id is a number whose last digit is a zero, such as 5.10: where a spreadsheet made
/// numbers of ids there is none.
fn zeros_kept(sheet: &Sheet) -> bool {
    let ends_so = |row: &Row| {
        let text = sheet.get(row, "control");
        text.ends_with('0') && is_bare(&text)
    };
    sheet.rows.iter().any(ends_so)
}

/// Whether an id is written as a number of two parts, without the annex that it is of.
fn is_bare(text: &str) -> bool {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('.').is_some_and(|(theme, control)| number(theme) && number(control))
}

fn read_row(
    sheet: &Sheet,
    row: &Row,
    of: Of<'_>,
    names: &mut Names<'_>,
    stated: &mut Stated,
) -> Result<(), Vec<Problem>> {
    let mut problems = Vec::new();
    let mut fault = |column, fault| problems.push(sheet.problem(row, column, fault));
    let control = control(sheet, row, of, names).map_err(|f| fault("control", f)).ok();
    let applicable = super::yes_or_no(&sheet.get(row, "applicable"), APPLIES, APPLIES_NOT);
    let applicable = applicable.map_err(|f| fault("applicable", f)).ok();
    let status = super::plain_text(&fold(&sheet.get(row, "implementation status")));
    let status = status.map_err(|f| fault("implementation status", f)).ok();
    let why = super::plain_text(&sheet.get(row, "justification"));
    let why = why.map_err(|f| fault("justification", f)).ok();
    if applicable == Some(false) && why.as_deref() == Some("") {
        let message = "the control is excluded without a justification";
        fault(
            "justification",
            Fault::new(ProblemCode::Blank, message).help("say why it does not apply"),
        );
    }
    let Some(control) = control else { return Err(problems) };
    if let Some((line, ..)) = stated.get(&control) {
        let message = format!("line {line} already states {control}");
        fault(
            "control",
            Fault::new(ProblemCode::Duplicate, message).help("keep one of the two rows"),
        );
    } else {
        let status = status.unwrap_or_default();
        let in_place = !sheet.has("implementation status") || says_in_place(&status);
        let applies = match (applicable, in_place) {
            (None | Some(false), _) => Applies::No,
            (Some(true), true) => Applies::Yes,
            (Some(true), false) => Applies::NotInPlace(status),
        };
        stated.insert(control, (row.line, applies, why.unwrap_or_default()));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Says whether a status says that the control is in place.
fn says_in_place(status: &str) -> bool {
    let words = status.trim_end_matches(['.', '!']).to_lowercase();
    IN_PLACE.contains(&words.as_str())
}

fn control(
    sheet: &Sheet,
    row: &Row,
    Of { framework, zeros_kept }: Of<'_>,
    names: &mut Names<'_>,
) -> Result<ControlRef, Fault> {
    let text = sheet.get(row, "control");
    if text.is_empty() {
        let help = "write the control, such as A.8.13";
        return Err(Fault::new(ProblemCode::Blank, "the cell is blank").help(help));
    }
    let bare = Bare { framework: Some(framework), flag: "--framework", annex_only: true };
    let text = match text {
        text if zeros_kept && is_bare(&text) => format!("A.{text}").into(),
        text => text,
    };
    let control = names.control(&text, bare)?;
    if control.framework != *framework {
        let message = format!("`{}` is not of {framework}, of which the file is", shown(&text));
        return Err(
            Fault::new(ProblemCode::OtherRelease, message).help("name a control of that release")
        );
    }
    let kind = names.framework(framework)?.controls.get(&control.id).map(|one| one.kind.as_str());
    if kind != Some("control") {
        let message = format!("{} is a {}, not a control", control.id, kind.unwrap_or_default());
        let help = "a Statement of Applicability lists the controls of Annex A; leave the row out";
        return Err(Fault::new(ProblemCode::Heading, message).help(help));
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

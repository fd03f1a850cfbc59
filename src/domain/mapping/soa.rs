//! A Statement of Applicability: which controls a certificate takes in, and why others are left out.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::catalogue::edition::{BadCatalogue, parse_rows, row_problem};
use crate::domain::csv::{CellError, Row};
use crate::domain::ids::ControlRef;
use crate::domain::problem_code::ProblemCode;

/// The columns of a stored Statement of Applicability.
pub const SOA_COLUMNS: &[&str] = &["control", "applicable", "justification"];

/// The two more columns of one whose rows say whether the control is in place: `yes` or `no`, and
/// in the words of its author.
pub const SOA_STATUS_COLUMNS: &[&str] = &["implemented", "status"];

/// A Statement of Applicability: the controls that it includes and those that it excludes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Soa {
    /// Controls stated as applicable, and not as waiting to be implemented.
    pub applicable: BTreeSet<ControlRef>,
    /// Controls stated as applicable but not, or not wholly, implemented, with its author's words.
    /// They ground nothing.
    pub not_in_place: BTreeMap<ControlRef, String>,
    /// Controls excluded, with the justification.
    pub excluded: BTreeMap<ControlRef, String>,
}

/// What a row of a Statement of Applicability says of its control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applies {
    /// It applies, and nothing says that it is not in place.
    Yes,
    /// It applies and is not, or not wholly, in place, in these words.
    NotInPlace(String),
    /// It is excluded.
    No,
}

impl Soa {
    /// Takes in a row.
    pub fn add(&mut self, control: ControlRef, applies: Applies, justification: String) {
        match applies {
            Applies::Yes => {
                self.applicable.insert(control);
            }
            Applies::NotInPlace(words) => {
                self.not_in_place.insert(control, words);
            }
            Applies::No => {
                self.excluded.insert(control, justification);
            }
        }
    }
}

/// Reads `yes` or `no` in a column.
fn yes_or_no(row: &Row, column: &str, what: &str) -> Result<bool, CellError> {
    match row.get(column).to_ascii_lowercase().as_str() {
        "yes" | "y" | "true" | "applicable" => Ok(true),
        "no" | "n" | "false" | "excluded" | "not applicable" => Ok(false),
        found => {
            let why = format!("`{found}` does not say whether the control {what}; write yes or no");
            Err(row_problem(ProblemCode::NotReadable, column, row.get(column), why))
        }
    }
}

/// Reads one row of a Statement of Applicability.
///
/// # Errors
/// [`CellError`] of the first cell that is wrong.
pub fn parse_soa_row(row: &Row) -> Result<(ControlRef, Applies, String), CellError> {
    let applies = if !yes_or_no(row, "applicable", "applies")? {
        Applies::No
    } else if row.get("implemented").is_empty() || yes_or_no(row, "implemented", "is in place")? {
        Applies::Yes
    } else {
        Applies::NotInPlace(row.get("status").to_owned())
    };
    Ok((row.parse("control")?, applies, row.get("justification").to_owned()))
}

/// Reads a stored Statement of Applicability.
///
/// # Errors
/// [`BadCatalogue`] with every bad row.
pub fn parse_soa(bytes: &[u8]) -> Result<Soa, BadCatalogue> {
    let mut soa = Soa::default();
    for (control, applies, why) in parse_rows("soa.csv", bytes, SOA_COLUMNS, parse_soa_row)? {
        soa.add(control, applies, why);
    }
    Ok(soa)
}

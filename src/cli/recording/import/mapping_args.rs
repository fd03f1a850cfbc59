//! What `dspt import mapping` is told about a file, and what it says of the rows.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args as ClapArgs;

use super::batch::{Common, ReadAs};
use crate::domain::ids::{BadRef, CategoryId, EditionId, FrameworkRef, Level};
use crate::domain::mapping::MappingRow;
use crate::import::published::detect::Form;
use crate::import::published::tables::SaidOf;

/// What a user says that a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileForm {
    /// A table with our columns.
    Table,
    /// A publisher's.
    Published(Form),
}

impl FromStr for FileForm {
    type Err = BadRef;
    fn from_str(text: &str) -> Result<Self, BadRef> {
        if text.eq_ignore_ascii_case("csv") {
            return Ok(Self::Table);
        }
        text.parse().map(Self::Published)
    }
}

#[derive(ClapArgs, Debug)]
pub(super) struct MappingArgs {
    /// A table (CSV, XLSX, ODS), one of the catalogue's (proposals/NAME.csv), or a publisher's: OSCAL,
    /// CISO Assistant
    pub(super) file: PathBuf,
    /// What the file is, where that is not to be told from what it holds: oscal, ciso, csv
    #[arg(long, value_name = "FORM")]
    pub(super) format: Option<FileForm>,
    /// The set to import, where a file has several; may be given again
    #[arg(long = "set", value_name = "ID", conflicts_with = "all_sets")]
    pub(super) sets: Vec<String>,
    /// Every set of the file, each as a mapping of its own
    #[arg(long)]
    pub(super) all_sets: bool,
    /// Of which element a table of focal and reference elements says what it is to the other
    #[arg(long, value_name = "focal|reference", value_parser = said_of)]
    pub(super) relationship_of: Option<SaidOf>,
    /// The level of the outcomes in a publisher's file, which names none: achieved
    #[arg(long, value_name = "LEVEL")]
    pub(super) level: Option<Level>,
    /// Leave out what of a publisher's file cannot be imported, and keep the list of it
    #[arg(long)]
    pub(super) leave_out: bool,
    /// A name for people; the file's name when left out
    #[arg(long)]
    pub(super) title: Option<String>,
    /// Who made it
    #[arg(long)]
    pub(super) author: Option<String>,
    /// Its licence
    #[arg(long)]
    pub(super) licence: Option<String>,
    /// Framework of ids that do not name theirs
    #[arg(long, visible_alias = "source", value_name = "FRAMEWORK")]
    pub(super) source_framework: Option<FrameworkRef>,
    /// Framework of target ids that do not name theirs
    #[arg(long, visible_alias = "target", value_name = "FRAMEWORK")]
    pub(super) target_framework: Option<FrameworkRef>,
    /// Edition of items that do not name theirs; else the one in force today
    #[arg(long, requires = "category")]
    pub(super) edition: Option<EditionId>,
    /// Category of items that do not name theirs; else the organisation's
    #[arg(long, requires = "edition")]
    pub(super) category: Option<CategoryId>,
    #[command(flatten)]
    pub(super) read_as: ReadAs,
    #[command(flatten)]
    pub(super) common: Common,
}

fn said_of(text: &str) -> Result<SaidOf, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "focal" => Ok(SaidOf::Focal),
        "reference" => Ok(SaidOf::Reference),
        _ => {
            Err("write focal where the focal element is ... the reference element, else reference"
                .to_owned())
        }
    }
}

pub(super) fn not_stated() -> String {
    "not stated".to_owned()
}

/// Says how many rows are proposed, and how many of them could ever carry anything.
pub(super) fn proposals_text(rows: &[MappingRow]) -> String {
    let carrying = rows.iter().filter(|row| {
        row.relationship.carries_satisfaction()
            || row.joint.as_ref().is_some_and(|joint| joint.relationship.carries_satisfaction())
    });
    format!(
        "{} rows recorded as proposals, {} of which could derive something once approved; 0 items change status.",
        rows.len(),
        carrying.count()
    )
}

//! `dspt import edition` and `framework`: rules and lists, from the catalogue or from files.

use std::path::Path;

use super::batch::Batch;
use crate::cli::error::Failure;
use crate::cli::input_file::read_file;
use crate::cli::mappings::catalogue::{bytes, folder_of};
use crate::cli::output::Output;
use crate::cli::recording::adoption::{adopt_edition, bundled_edition_day, edition_event};
use crate::cli::recording::bad_rows::bad_catalogue;
use crate::cli::recording::ids::new_event;
use crate::domain::catalogue::edition::Framework;
use crate::domain::date::Date;
use crate::domain::event::{Event, FrameworkAdopted};
use crate::domain::ids::{EditionId, FrameworkRef};
use crate::journal::File;

/// An edition's rules, from the catalogue or from a folder.
///
/// # Errors
/// [`Failure`] naming every bad row.
pub(super) fn edition_batch(
    edition: &str,
    name: Option<&EditionId>,
    revision: Option<&String>,
    from: Option<Date>,
    output: &Output<'_>,
) -> Result<Batch, Failure> {
    let folder = Path::new(edition);
    let new = if folder.is_dir() {
        let missing = |what: &str| Failure::usage(format!("an edition from a folder needs {what}"));
        let name = name.ok_or_else(|| missing("--name"))?;
        let revision = revision.ok_or_else(|| missing("--revision"))?;
        let from = from.ok_or_else(|| missing("--from"))?;
        let file = |name: &str| read_file(&folder.join(name));
        let files = [file("items.csv")?, file("exemptions.csv")?, file("organisation-types.csv")?];
        edition_event(
            name.clone(),
            revision.clone(),
            from,
            &format!("{}/", folder.display()),
            files,
            output.now,
        )?
    } else {
        let id: EditionId = edition.parse().map_err(Failure::from)?;
        let from = from.map_or_else(|| bundled_edition_day(&id), Ok)?;
        adopt_edition(&id, from, output.now)?
    };
    Ok(Batch::of_one(new, "An edition's rules."))
}

/// A framework's list, from the catalogue or from a file.
///
/// # Errors
/// [`Failure`] naming every bad row.
pub(super) fn framework_batch(
    framework: &FrameworkRef,
    file: Option<&Path>,
    output: &Output<'_>,
) -> Result<Batch, Failure> {
    let controls = match file {
        Some(path) => read_file(path)?,
        None => bytes(&format!("{}/controls.csv", folder_of(&framework.to_string())))?.to_vec(),
    };
    let path_of =
        |name: &str| file.map_or_else(|| name.to_owned(), |path| path.display().to_string());
    let read = Framework::parse(framework.clone(), &controls)
        .map_err(|bad| bad_catalogue(path_of, bad))?;
    let summary = format!("{framework}: {} ids.", read.controls.len());
    let body = FrameworkAdopted { framework: framework.clone() };
    let files = vec![File::stored("controls.csv", controls)];
    Ok(Batch::of_one(new_event(Event::FrameworkAdopted(body), files, output.now)?, summary))
}

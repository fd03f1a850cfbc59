//! Scope units as a command line gives them.

use crate::cli::error::Failure;
use crate::domain::event::Unit;

/// Reads `ID=NAME` texts.
///
/// # Errors
/// [`Failure`] for a text of another form.
pub(in crate::cli) fn units(
    texts: &[String],
    health_and_care_data: bool,
) -> Result<Vec<Unit>, Failure> {
    let unit = |text: &String| {
        let (id, name) = text.split_once('=').ok_or_else(|| {
            Failure::usage(format!("`{text}` is not a unit; write it as hosting=Hosting team"))
        })?;
        let id = id.parse().map_err(Failure::from)?;
        Ok(Unit { id, name: name.to_owned(), health_and_care_data })
    };
    texts.iter().map(unit).collect()
}

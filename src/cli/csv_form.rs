//! `--csv`: a list as a table for a spreadsheet.

use clap::Args;

use super::error::Failure;
use super::output::Output;
use crate::domain::belief::Belief;
use crate::domain::csv::write_stored;
use crate::domain::sanitize::inert_cell;

/// The flag of every command that answers with a list.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(super) struct AsCsv {
    /// A table for a spreadsheet, with every cell whole
    #[arg(long)]
    csv: bool,
}

impl AsCsv {
    /// Says whether a table is wanted.
    ///
    /// # Errors
    /// [`Failure`] where JSON is wanted as well.
    pub(super) fn wanted(self, output: &Output<'_>) -> Result<bool, Failure> {
        if self.csv && output.json {
            return Err(Failure::usage(
                "--csv and --json are two forms of one answer; give one of them",
            ));
        }
        Ok(self.csv)
    }
}

/// Writes a table: UTF-8 with a byte order mark, since Excel guesses wrongly without it. No cell is a
/// formula.
///
/// # Errors
/// [`Failure`] when the output cannot be written.
pub(super) fn write<R>(
    header: &[&str],
    rows: impl IntoIterator<Item = R>,
    output: &mut Output<'_>,
) -> Result<(), Failure>
where
    R: IntoIterator<Item = String>,
{
    let rows = rows.into_iter().map(|row| row.into_iter().map(|cell| inert_cell(&cell)).collect());
    let mut bytes = "\u{feff}".as_bytes().to_vec();
    bytes.extend(write_stored(header, rows).into_bytes());
    Ok(output.out.write_all(&bytes)?)
}

/// As [`write()`], of what a ledger says: how far it can be believed stands first in every row.
///
/// # Errors
/// As of [`write()`].
pub(super) fn write_believed<R>(
    header: &[&str],
    rows: impl IntoIterator<Item = R>,
    output: &mut Output<'_>,
) -> Result<(), Failure>
where
    R: IntoIterator<Item = String>,
{
    let believed = output.belief.as_ref().map_or_else(String::new, Belief::short);
    let header: Vec<&str> = std::iter::once("believed").chain(header.iter().copied()).collect();
    let rows = rows.into_iter().map(|row| std::iter::once(believed.clone()).chain(row));
    write(&header, rows, output)
}

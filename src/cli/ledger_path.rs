//! Where the ledger is: the path that was given, or the one in this folder or above it.

use std::path::{Path, PathBuf};

use super::code::Code;
use super::error::{Failure, exit};

/// The name of a ledger file in its folder.
pub(super) const LEDGER_NAME: &str = "ledger.dspt";

/// Finds the ledger: the path given, else `ledger.dspt` in this folder or one above it.
///
/// # Errors
/// [`Failure`] with exit status 10 when there is none.
pub(super) fn ledger_path(given: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(path) = given {
        let inside = path.join(LEDGER_NAME);
        // Of a folder that cannot be looked into the store says why.
        let there = inside.symlink_metadata().map_or_else(|error| !is_absent(&error), |_| true);
        return Ok(if path.is_dir() && there { inside } else { path.to_owned() });
    }
    let here = std::env::current_dir().map_err(|error| {
        let text = format!("the folder that this runs in cannot be looked at: {error}");
        Failure::new(Code::NoLedger, exit::NO_LEDGER, text)
            .help("go to a folder that is there, or give --ledger PATH")
    })?;
    let found = here.ancestors().map(|folder| folder.join(LEDGER_NAME)).find(|path| {
        // One that cannot be looked at is there all the same.
        let found = path.metadata();
        found.map_or_else(|error| !is_absent(&error), |found| found.is_file())
    });
    found.ok_or_else(|| {
        let message = format!("there is no {LEDGER_NAME} in {} or above it", here.display());
        Failure::new(Code::NoLedger, exit::NO_LEDGER, message)
            .help("make one with `dspt init`, see a sample with `dspt demo`, or give --ledger PATH")
    })
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

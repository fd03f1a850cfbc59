//! Files that a command line or a row names: read whole within bounds, hashed, named in entries.

use std::path::Path;

use super::dash::{self, is_dash};
use super::error::{Failure, exit};
use crate::domain::problem_code::ProblemCode;
use crate::durable::{self, ReadError};
use crate::ledger::{Digest, Digester};

/// The largest file that is read: twice the largest sheet.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Reads a file whole.
///
/// # Errors
/// [`Failure`] when it is missing, no regular file or too large.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    read_within(path, FILE_BYTES_MAX)
}

pub(super) fn read_within(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    if !is_dash(path) {
        return durable::read_at_most(path, most).map_err(|error| not_read(path, &error));
    }
    let bytes = dash::stdin(most).map_err(|error| not_read(path, &ReadError::Io(error)))?;
    if bytes.len() as u64 > most {
        return Err(not_read(path, &ReadError::TooLong { most }));
    }
    Ok(bytes)
}

/// Hashes a file of any length, and counts its bytes.
///
/// # Errors
/// As [`read_file`].
pub(super) fn hash_file(path: &Path) -> Result<(Digest, u64), Failure> {
    if is_dash(path) {
        let bytes = read_file(path)?;
        return Ok((Digest::of(&bytes), bytes.len() as u64));
    }
    let mut hash = Digester::new();
    let bytes = durable::read_blocks(path, u64::MAX, |block| hash.add(block));
    Ok((hash.finish(), bytes.map_err(|error| not_read(path, &error))?))
}

fn not_read(path: &Path, error: &ReadError) -> Failure {
    let shown = if is_dash(path) { Path::new("standard input") } else { path }.display();
    let text = match error {
        ReadError::NotRegular(kind) => format!("{shown} is {kind}; name a regular file"),
        ReadError::TooLong { most } => {
            format!("{shown} has more than the {most} bytes that are read; check the path")
        }
        ReadError::Missing | ReadError::Io(_) => {
            format!("{shown} cannot be read: {error}; check the path")
        }
    };
    Failure::new(ProblemCode::File, exit::INPUT, text)
}

/// The last part of a path, as entries name files.
///
/// # Errors
/// [`Failure`] where it has characters that no name in an entry has.
pub(super) fn file_name(path: &Path) -> Result<String, Failure> {
    if is_dash(path) {
        return Ok("standard-input".to_owned());
    }
    let name = path.file_name().map_or_else(|| "file".into(), |name| name.to_string_lossy());
    if name.chars().any(char::is_control) {
        let text = format!(
            "the name of the file {} has control characters, which a recorded name may not have; \
             rename the file, or give a copy of it under another name",
            path.display()
        );
        return Err(Failure::new(ProblemCode::File, exit::INPUT, text));
    }
    Ok(name.into_owned())
}

//! Writing files whole or not at all, and never over other bytes.

use std::io;
use std::path::Path;

use super::ExportError;
use crate::durable::{self, Access, ReadError};

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It was written.
    Made,
    /// It was there with the same bytes.
    Kept,
}

/// Writes a file, with the folders above it, unless it is there with these very bytes. It is on the
/// disk when this returns.
///
/// # Errors
/// [`ExportError::Differs`] where it is there with other bytes, and others. A file that was begun
/// is removed.
pub fn put(path: &Path, bytes: &[u8]) -> Result<Put, ExportError> {
    put_by(path, bytes, |path, bytes| durable::write_new(path, bytes, Access::Umask))
}

/// As [`put`], by another way of writing a new file.
pub(super) fn put_by(
    path: &Path,
    bytes: &[u8],
    write_new: impl FnOnce(&Path, &[u8]) -> io::Result<()>,
) -> Result<Put, ExportError> {
    if let Some(found) = read(path, bytes.len())? {
        return same(path, &found, bytes);
    }
    match write_new(path, bytes) {
        Ok(()) => Ok(Put::Made),
        // Somebody was faster; what counts is what they wrote.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let found = read(path, bytes.len())?.unwrap_or_default();
            same(path, &found, bytes)
        }
        Err(error) => Err(ExportError::io(path, error)),
    }
}

/// Writes a file in the place of the one that is there, in one step.
///
/// # Errors
/// [`ExportError::Io`]; the old file then stands.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), ExportError> {
    durable::replace(path, bytes, Access::Umask).map_err(|error| ExportError::io(path, error))
}

/// Returns at most one byte more than `bytes_max` of a file; none where there is no file.
///
/// # Errors
/// [`ExportError::Io`].
pub fn read(path: &Path, bytes_max: usize) -> Result<Option<Vec<u8>>, ExportError> {
    match durable::read_start(path, bytes_max as u64) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(ReadError::Missing) => Ok(None),
        Err(error) => Err(ExportError::io(path, error.into())),
    }
}

fn same(path: &Path, found: &[u8], wanted: &[u8]) -> Result<Put, ExportError> {
    if found == wanted {
        Ok(Put::Kept)
    } else {
        Err(ExportError::Differs { path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_is_written_once_and_never_over_other_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/file");
        assert_eq!(put(&path, b"one").unwrap(), Put::Made);
        assert_eq!(put(&path, b"one").unwrap(), Put::Kept);
        for other in [&b"two"[..], b"one more", b"on", b""] {
            assert!(matches!(put(&path, other), Err(ExportError::Differs { .. })));
        }
        assert_eq!(read(&path, 3).unwrap().unwrap(), b"one");
        assert_eq!(read(&path, 0).unwrap().unwrap(), b"o");
        assert_eq!(read(&folder.path().join("none"), 9).unwrap(), None);
        replace(&path, b"two").unwrap();
        assert_eq!(read(&path, 9).unwrap().unwrap(), b"two");
        // Nothing is left beside it.
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        assert!(matches!(put(&path.join("x"), b""), Err(ExportError::Io { .. })));
    }
}

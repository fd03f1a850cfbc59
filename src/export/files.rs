//! Writing files whole or not at all, and never over other bytes.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use super::ExportError;

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It was written.
    Made,
    /// It was there with the same bytes.
    Kept,
}

/// Writes a file, with the folders above it, unless it is there with these very bytes.
///
/// # Errors
/// [`ExportError::Differs`] where it is there with other bytes, and others. A file that was begun
/// is removed.
pub fn put(path: &Path, bytes: &[u8]) -> Result<Put, ExportError> {
    if let Some(found) = read(path, bytes.len())? {
        return same(path, &found, bytes);
    }
    let aside = aside(path, bytes)?;
    match aside.persist_noclobber(path) {
        Ok(_) => Ok(Put::Made),
        // Somebody was faster; what counts is what they wrote.
        Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => {
            let found = read(path, bytes.len())?.unwrap_or_default();
            same(path, &found, bytes)
        }
        Err(failed) => Err(ExportError::io(path, failed.error)),
    }
}

/// Writes a file in the place of the one that is there, in one step.
///
/// # Errors
/// [`ExportError::Io`]; the old file then stands.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), ExportError> {
    let aside = aside(path, bytes)?;
    aside.persist(path).map(drop).map_err(|failed| ExportError::io(path, failed.error))
}

/// Returns at most one byte more than `bytes_max` of a file; none where there is no file.
///
/// # Errors
/// [`ExportError::Io`].
pub fn read(path: &Path, bytes_max: usize) -> Result<Option<Vec<u8>>, ExportError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(ExportError::io(path, error)),
    };
    let mut bytes = Vec::new();
    let most = (bytes_max as u64).saturating_add(1);
    file.take(most).read_to_end(&mut bytes).map_err(|error| ExportError::io(path, error))?;
    Ok(Some(bytes))
}

fn same(path: &Path, found: &[u8], wanted: &[u8]) -> Result<Put, ExportError> {
    if found == wanted {
        Ok(Put::Kept)
    } else {
        Err(ExportError::Differs { path: path.to_owned() })
    }
}

/// The bytes on disk under a name that nobody looks for, beside the file that they will be.
fn aside(path: &Path, bytes: &[u8]) -> Result<tempfile::NamedTempFile, ExportError> {
    let failed = |error| ExportError::io(path, error);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".dspt-");
    #[cfg(unix)]
    let permissions = {
        use std::os::unix::fs::PermissionsExt as _;
        // It is made to be given away: as any new file, not for its owner alone.
        fs::Permissions::from_mode(0o666)
    };
    #[cfg(unix)]
    builder.permissions(permissions);
    let mut aside = builder.tempfile_in(folder).map_err(failed)?;
    aside.write_all(bytes).map_err(failed)?;
    aside.as_file().sync_data().map_err(failed)?;
    Ok(aside)
}

#[cfg(test)]
mod tests {
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

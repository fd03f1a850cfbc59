//! The ledger file and those that lie beside it, as the file system has them: what a path leads to,
//! whether a writer may be at work, whether a file stands still.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

use super::StoreError;

/// Files that SQLite keeps beside a database that is being written.
const SIDE_FILES: [&str; 3] = ["-wal", "-journal", "-shm"];

/// The path of a file beside the ledger: its whole name with something after it.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// The length and time of a file that nobody is writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    pub(super) fn of(path: &Path) -> Result<Self, StoreError> {
        let metadata = fs::metadata(path).map_err(|source| StoreError::io(path, source))?;
        Ok(Self { bytes: metadata.len(), modified: metadata.modified().ok() })
    }
}

/// Returns whether a writer may be at work, or stopped without closing.
pub(super) fn has_side_file(path: &Path) -> bool {
    SIDE_FILES.iter().any(|suffix| beside(path, suffix).exists())
}

/// Returns whether there is something in the log beside the file.
pub(super) fn has_log(path: &Path) -> bool {
    fs::metadata(beside(path, "-wal")).is_ok_and(|metadata| metadata.len() > 0)
}

/// Returns whether neither a log nor a journal beside the file holds anything.
pub(super) fn is_alone(path: &Path) -> bool {
    !has_log(path) && !beside(path, "-journal").exists()
}

/// Checks that the path is a file, and resolves links: the head and the log lie beside the file
/// itself, whatever name it was opened by.
pub(super) fn locate(path: &Path) -> Result<PathBuf, StoreError> {
    let metadata = fs::metadata(path).map_err(|source| unreadable(path, source))?;
    let path_buf = path.to_path_buf();
    if metadata.is_dir() {
        return Err(StoreError::Directory { path: path_buf });
    }
    let found = match (metadata.is_file(), metadata.len()) {
        (true, 0) => "an empty file",
        (true, _) => return resolve(path).and_then(require_files_beside),
        (false, _) => "a device or a pipe",
    };
    Err(StoreError::NotALedger { path: path_buf, found: found.into() })
}

/// SQLite would wait for ever at a pipe that has the name of a journal.
fn require_files_beside(path: PathBuf) -> Result<PathBuf, StoreError> {
    for suffix in SIDE_FILES.into_iter().chain([".head"]) {
        let path = beside(&path, suffix);
        let found = fs::metadata(&path).ok();
        if found.is_some_and(|found| !found.is_file() && !found.is_dir()) {
            return Err(StoreError::Odd { path });
        }
    }
    Ok(path)
}

fn unreadable(path: &Path, source: io::Error) -> StoreError {
    if source.kind() == io::ErrorKind::PermissionDenied {
        return StoreError::NotReadable { path: path.into() };
    }
    if source.kind() == io::ErrorKind::NotADirectory {
        return StoreError::Missing { path: path.into() };
    }
    StoreError::io(path, source)
}

pub(super) fn resolve(path: &Path) -> Result<PathBuf, StoreError> {
    // Windows would answer with a `\\?\` path, which SQLite does not take in a URI.
    let resolved = if cfg!(windows) { std::path::absolute(path) } else { path.canonicalize() };
    resolved.map_err(|source| unreadable(path, source))
}

/// Refuses to write a file that has a second name: the log and the head lie beside a name, so that
/// two writers with a name each would not know of each other.
pub(super) fn refuse_second_name(path: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let metadata = fs::metadata(path).map_err(|source| unreadable(path, source))?;
        if metadata.nlink() > 1 {
            return Err(StoreError::Linked { path: path.into(), names: metadata.nlink() });
        }
    }
    Ok(())
}

//! A ledger that its last writer left in the middle, read without touching it: a private copy that
//! SQLite puts in order. The ledger itself is put in order by the next who opens it for writing.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tempfile::TempDir;

use super::StoreError;
use super::files::{Stamp, beside};

/// What SQLite needs to find the last commit; the index of a log is made anew.
const PARTS: [&str; 3] = ["", "-journal", "-wal"];

/// How often the copying is begun again when a writer comes in between.
const TRIES_MAX: usize = 3;

/// Makes a copy, in a folder of its own that nobody else may read, of what was committed.
///
/// Other readers of the same file in this process lose the lock that keeps writers away while they
/// read; whoever is disturbed by that reads bytes that do not verify, and never a wrong answer.
pub(super) fn committed(path: &Path) -> Result<(TempDir, PathBuf), StoreError> {
    let failed =
        |source| StoreError::NotCopied { path: path.into(), folder: std::env::temp_dir(), source };
    let folder = tempfile::Builder::new().prefix("dspt-read-").tempdir().map_err(failed)?;
    let copy = folder.path().join("ledger");
    for _try in 0..TRIES_MAX {
        let before = stamps(path);
        for part in PARTS {
            copy_file(&beside(path, part), &beside(&copy, part)).map_err(failed)?;
        }
        if before == stamps(path) {
            put_in_order(&copy).map_err(|error| {
                if error.sqlite_error_code() == Some(ErrorCode::DiskFull) {
                    return failed(io::ErrorKind::StorageFull.into());
                }
                StoreError::of(path, error)
            })?;
            return Ok((folder, copy));
        }
    }
    Err(StoreError::Changed { path: path.into() })
}

/// Length and time of each part, where it is there.
fn stamps(path: &Path) -> Vec<Option<Stamp>> {
    PARTS.into_iter().map(|part| Stamp::of(&beside(path, part)).ok()).collect()
}

/// Copies the bytes and not the permissions: the copy is written.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let mut from = match File::open(from) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return match fs::remove_file(to) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                Ok(()) | Err(_) => Ok(()),
            };
        }
        Err(error) => return Err(error),
    };
    io::copy(&mut from, &mut File::create(to)?).map(drop)
}

/// Lets SQLite roll back what was not committed, and fold in what was.
fn put_in_order(copy: &Path) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(copy, flags)?;
    conn.pragma_update(None, "synchronous", "off")?;
    conn.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))?;
    conn.close().map_err(|(_, error)| error)
}

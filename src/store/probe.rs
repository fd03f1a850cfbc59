//! What a path leads to, before it is opened in earnest: a ledger, something else, a file that was
//! cut short, or one that its last writer left open.

use std::path::{Path, PathBuf};
use std::{fs, io};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{Stamp, StoreError, beside, schema};

/// Files that SQLite keeps beside a database that is being written.
const SIDE_FILES: [&str; 3] = ["-wal", "-journal", "-shm"];

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
        (true, _) => return resolve(path),
        (false, _) => "a device or a pipe",
    };
    Err(StoreError::NotALedger { path: path_buf, found: found.into() })
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

pub(super) fn connect(
    path: &Path,
    mode: OpenFlags,
    extra: Option<&str>,
) -> Result<Connection, StoreError> {
    let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = match extra {
        Some(extra) => {
            Connection::open_with_flags(uri(path, extra), flags | OpenFlags::SQLITE_OPEN_URI)
        }
        None => Connection::open_with_flags(path, flags),
    };
    opened.map_err(|error| StoreError::of(path, error))
}

/// Writes an absolute path as a URI, every byte that could mean something else escaped.
fn uri(path: &Path, extra: &str) -> String {
    let mut text = String::from(if cfg!(windows) { "file:///" } else { "file://" });
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'\\' if cfg!(windows) => text.push('/'),
            b'/' | b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                text.push(char::from(*byte));
            }
            _ => text.extend(['%', digit(byte >> 4), digit(byte & 15)]),
        }
    }
    text + "?" + extra
}

fn digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase()
}

/// Returns whether the file wants a write-ahead log and has none: a copy of a ledger that was open,
/// or one whose last two writers closed at the same moment. Read with a log, it would get side
/// files, or could not be read at all in a read-only folder.
///
/// SQLite is asked, because a second handle on the file would drop its locks (see `mod.rs`): with
/// `nolock` it cannot use a log, and refuses a file that wants one.
pub(super) fn standing_log(path: &Path) -> Result<bool, StoreError> {
    if has_side_file(path) {
        return Ok(false);
    }
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, Some("nolock=1"))?;
    let answer = conn.pragma_query_value(None, "application_id", |row| row.get::<_, i64>(0));
    Ok(answer.is_err_and(|error| error.sqlite_error_code() == Some(ErrorCode::CannotOpen)))
}

pub(super) fn identify(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let number = |name| {
        conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0))
            .map_err(|error| misread(path, error))
    };
    let found = (number("application_id")?, number("user_version")?);
    let page_bytes = number("page_size")?;
    let path = path.to_path_buf();
    match found {
        (schema::APPLICATION_ID, schema::FORMAT) => require_whole_pages(path, page_bytes),
        (schema::APPLICATION_ID, found) if found > schema::FORMAT => {
            Err(StoreError::NewerFormat { path, found, known: schema::FORMAT })
        }
        (schema::APPLICATION_ID, found) => {
            Err(StoreError::Damaged { path, detail: format!("there is no ledger format {found}") })
        }
        (_, _) => {
            Err(StoreError::NotALedger { path, found: "the database of another program".into() })
        }
    }
}

/// SQLite fills up a last page that was cut short with zeros. What a log or journal beside the file
/// makes good is left to it.
fn require_whole_pages(path: PathBuf, page_bytes: i64) -> Result<(), StoreError> {
    if has_side_file(&path) {
        return Ok(());
    }
    let bytes = Stamp::of(&path)?.bytes;
    if u64::try_from(page_bytes).is_ok_and(|page| bytes.is_multiple_of(page)) {
        return Ok(());
    }
    let detail = format!("its {bytes} bytes are no whole number of pages of {page_bytes}");
    Err(StoreError::Truncated { path, detail })
}

/// Names what was met on the first page, before anything else of the file was read.
fn misread(path: &Path, error: rusqlite::Error) -> StoreError {
    let path = path.to_path_buf();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => {
            StoreError::NotALedger { path, found: "no SQLite file".into() }
        }
        // The first page says how many there are; SQLite refuses it where they are not there.
        Some(ErrorCode::DatabaseCorrupt) => {
            let detail = "its first page tells of more pages than there are".into();
            StoreError::Truncated { path, detail }
        }
        Some(ErrorCode::CannotOpen) if has_side_file(&path) => StoreError::NotClosed { path },
        _ => StoreError::of(&path, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_uri_with_one_meaning() {
        let found = uri(Path::new("/a b/%41?x#y/ledger.db"), "nolock=1");
        let expected = "/a%20b/%2541%3Fx%23y/ledger.db?nolock=1";
        assert!(found.ends_with(expected), "{found}");
    }
}

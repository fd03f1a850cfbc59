//! What a path leads to, before it is opened in earnest: a ledger, something else, a file that was
//! cut short, or one that its last writer left open.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::files::{Stamp, beside, has_log, has_side_file};
use super::settings::{PATIENCE, harden};
use super::{StoreError, rows, schema, values};

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
    let fail = |error| StoreError::of(path, error);
    let conn = opened.map_err(fail)?;
    values::limit_values(&conn).map_err(fail)?;
    Ok(conn)
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

/// Checks that the file is a ledger of ours. `file` is what is read for the ledger at `path`.
pub(super) fn identify(conn: &Connection, path: &Path, file: &Path) -> Result<(), StoreError> {
    let number = |name| {
        conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0))
            .map_err(|error| misread(path, error))
    };
    let found = (number("application_id")?, number("user_version")?);
    let (page_bytes, pages) = (number("page_size")?, number("page_count")?);
    let path = path.to_path_buf();
    match found {
        (schema::APPLICATION_ID, schema::FORMAT) => {
            require_whole_pages(path, file, (page_bytes, pages))
        }
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

/// SQLite fills up a last page that was cut short with zeros, and does not look behind the last one.
/// What a log or journal beside the file makes good is left to it.
fn require_whole_pages(
    path: PathBuf,
    file: &Path,
    (page_bytes, pages): (i64, i64),
) -> Result<(), StoreError> {
    if has_side_file(file) {
        return Ok(());
    }
    let found = Stamp::of(file)?.bytes;
    let expected = u64::try_from(page_bytes.saturating_mul(pages)).unwrap_or_default();
    // A writer may have come between the one look and the other.
    if found == expected || has_side_file(file) {
        return Ok(());
    }
    if found < expected {
        let detail = format!("its {pages} pages take {expected} bytes, and it has {found}");
        return Err(StoreError::Truncated { path, detail });
    }
    let detail = format!("{} bytes follow its last page, and no ledger has any", found - expected);
    Err(StoreError::Damaged { path, detail })
}

pub(super) fn require_ledger(
    conn: &Connection,
    path: &Path,
    file: &Path,
) -> Result<(), StoreError> {
    let fail = |error| StoreError::of(path, error);
    conn.busy_timeout(PATIENCE).map_err(fail)?;
    identify(conn, path, file)?;
    harden(conn, path)?;
    match schema::difference(conn).map_err(fail)? {
        None => Ok(()),
        Some(detail) => Err(StoreError::UnknownSchema { path: path.into(), detail }),
    }
}

/// Says so where the file is whole by itself, and damaged only together with the log beside it.
pub(super) fn with_its_log(path: &Path, error: StoreError) -> StoreError {
    let damaged = matches!(
        error,
        StoreError::Damaged { .. }
            | StoreError::Truncated { .. }
            | StoreError::UnknownSchema { .. }
    );
    let log = beside(path, "-wal");
    if !damaged || !has_log(path) {
        return error;
    }
    match size_alone(path) {
        Some(entries) => StoreError::OtherLog { path: path.into(), log, entries },
        None => error,
    }
}

/// The number of entries of a file without the log beside it; none where it is not whole.
fn size_alone(path: &Path) -> Option<u64> {
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, Some("immutable=1")).ok()?;
    require_ledger(&conn, path, path).ok()?;
    let check = conn.pragma_query_value(None, "quick_check", |row| row.get::<_, String>(0));
    if check.ok()? == "ok" { rows::size(&conn).ok() } else { None }
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

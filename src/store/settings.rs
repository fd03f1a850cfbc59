//! The settings of a connection. A new connection has others; each is set by hand and read back.

use std::collections::BTreeMap;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode};

use super::StoreError;

/// How long to wait for another writer.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// What every connection has, with the reason.
const ALWAYS: [(&str, &str); 5] = [
    // Else INSERT OR REPLACE deletes an old entry and no trigger sees it.
    ("recursive_triggers", "1"),
    // Nothing in the file may call functions with effects.
    ("trusted_schema", "0"),
    // Damage is looked for while reading.
    ("cell_size_check", "1"),
    // On, should a table ever refer to another.
    ("foreign_keys", "1"),
    // VACUUM INTO leaves nothing in a folder for temporary files.
    ("temp_store", "2"),
];

/// With a write-ahead log FULL is durable. With a rollback journal only EXTRA is, as there the
/// removal of the journal is what commits. The change from one to the other goes through a rollback
/// journal, too: EXTRA always, or a power cut brings that journal back.
const SYNCHRONOUS: (&str, &str) = ("synchronous", "3");

/// Returns the settings of a connection by name, read back from SQLite.
pub(super) fn all(conn: &Connection) -> rusqlite::Result<BTreeMap<&'static str, String>> {
    let mut found = BTreeMap::new();
    let journal = ["journal_mode", SYNCHRONOUS.0];
    for name in ALWAYS.iter().map(|(name, _)| *name).chain(journal) {
        found.insert(name, read_back(conn, name)?);
    }
    let defensive = conn.db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE)?;
    found.insert("defensive", i32::from(defensive).to_string());
    found.insert("busy_timeout", read_back(conn, "busy_timeout")?);
    Ok(found)
}

/// Sets what every connection has.
pub(super) fn harden(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let fail = |error| StoreError::of(path, error);
    if !conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true).map_err(fail)? {
        return Err(refused(path, "defensive", "0".into()));
    }
    for (name, wanted) in ALWAYS {
        conn.pragma_update(None, name, wanted).map_err(fail)?;
        require(conn, path, name, wanted)?;
    }
    Ok(())
}

/// Makes whatever a connection writes durable, also where it only mends what another one left.
pub(super) fn make_durable(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let fail = |error| StoreError::of(path, error);
    conn.pragma_update_and_check(None, "journal_size_limit", 4 << 20, |_| Ok(())).map_err(fail)?;
    if cfg!(target_os = "macos") {
        // There, fsync alone leaves the data in the cache of the disk.
        conn.pragma_update(None, "fullfsync", true).map_err(fail)?;
        conn.pragma_update(None, "checkpoint_fullfsync", true).map_err(fail)?;
    }
    conn.pragma_update(None, SYNCHRONOUS.0, SYNCHRONOUS.1).map_err(fail)?;
    require(conn, path, SYNCHRONOUS.0, SYNCHRONOUS.1)
}

/// Chooses the journal of a connection that is about to write.
pub(super) fn set_journal(conn: &Connection, path: &Path, logged: bool) -> Result<(), StoreError> {
    let mode = if logged { "wal" } else { "delete" };
    patiently(conn, || journal_mode(conn, mode)).map_err(|error| StoreError::of(path, error))?;
    require(conn, path, "journal_mode", mode)
}

/// Returns whether the file says that it is written through a log.
pub(super) fn is_logged(conn: &Connection) -> rusqlite::Result<bool> {
    Ok(read_back(conn, "journal_mode")? == "wal")
}

/// Folds the write-ahead log into the file and marks the file as one that needs no log.
pub(super) fn fold_log(conn: &Connection) -> rusqlite::Result<()> {
    // No waiting: while others have the ledger open, it stays as it is.
    conn.busy_timeout(Duration::ZERO)?;
    if journal_mode(conn, "delete").is_ok_and(|mode| mode == "delete") {
        return Ok(());
    }
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

fn journal_mode(conn: &Connection, wanted: &str) -> rusqlite::Result<String> {
    conn.pragma_update_and_check(None, "journal_mode", wanted, |row| row.get(0))
}

/// Tries again while another connection has the file: SQLite itself does not always wait for the
/// lock that a change of the journal needs.
fn patiently<T>(
    conn: &Connection,
    mut attempt: impl FnMut() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    const PAUSE: Duration = Duration::from_millis(10);
    // Long enough for SQLite to hold new readers back until the last one has finished.
    const WAIT: Duration = Duration::from_millis(240);
    let mut left = PATIENCE;
    conn.busy_timeout(WAIT)?;
    let outcome = loop {
        let outcome = attempt();
        let busy = outcome.as_ref().is_err_and(|error| {
            matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
            )
        });
        if !busy || left.is_zero() {
            break outcome;
        }
        thread::sleep(PAUSE);
        left = left.saturating_sub(WAIT + PAUSE);
    };
    conn.busy_timeout(PATIENCE)?;
    outcome
}

/// Reads a setting back, in whatever type SQLite gives it.
fn read_back(conn: &Connection, name: &str) -> rusqlite::Result<String> {
    conn.pragma_query_value(None, name, |row| {
        Ok(match row.get_ref(0)? {
            ValueRef::Integer(number) => number.to_string(),
            ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
            ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => "nothing".into(),
        })
    })
}

fn require(
    conn: &Connection,
    path: &Path,
    name: &'static str,
    wanted: &str,
) -> Result<(), StoreError> {
    let found = read_back(conn, name).map_err(|error| StoreError::of(path, error))?;
    if found == wanted { Ok(()) } else { Err(refused(path, name, found)) }
}

fn refused(path: &Path, name: &'static str, found: String) -> StoreError {
    StoreError::Setting { path: path.into(), name, found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elsewhere_than_on_a_local_disk_a_rollback_journal_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch("CREATE TABLE t (a)").unwrap();
        make_durable(&conn, &path).unwrap();
        // From one kind of place to another and back, as a ledger may be moved.
        for logged in [false, true, false] {
            set_journal(&conn, &path, logged).unwrap();
            let mode = read_back(&conn, "journal_mode").unwrap();
            let synchronous = read_back(&conn, "synchronous").unwrap();
            let expected = if logged { ("wal", "3") } else { ("delete", "3") };
            assert_eq!((mode.as_str(), synchronous.as_str()), expected);
        }
    }
}

//! How long a value may be: SQLite refuses a longer one before it is read.

use rusqlite::limits::Limit;
use rusqlite::{Connection, OptionalExtension as _};

/// The longest value that is read or written as a whole; no row but one of content has a longer one.
const VALUE_BYTES_MAX: i32 = 1 << 20;

/// Lets a connection take in a value as long as SQLite can hold, for as long as `write` takes.
pub(super) fn with_long_values<T>(
    conn: &Connection,
    write: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    // Above the hard limit, SQLite takes that.
    conn.set_limit(Limit::SQLITE_LIMIT_LENGTH, i32::MAX)?;
    let written = write();
    limit_values(conn)?;
    written
}

/// Makes a connection refuse longer values before they are read.
pub(super) fn limit_values(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_limit(Limit::SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX).map(drop)
}

/// Names the first value that is longer than any good one; lengths are known without reading it.
pub(super) fn too_long(conn: &Connection) -> rusqlite::Result<Option<String>> {
    for (table, key, column) in [
        ("entry", "seq", "bytes"),
        ("entry", "seq", "id"),
        ("entry", "seq", "leaf"),
        ("head", "size", "note"),
        ("content", "rowid", "digest"),
    ] {
        let text = format!(
            "SELECT {key}, octet_length({column}) FROM {table} NOT INDEXED \
             WHERE octet_length({column}) > ?1 ORDER BY {key} LIMIT 1"
        );
        let found = conn
            .query_row(&text, [VALUE_BYTES_MAX], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
            })
            .optional()?;
        if let Some((row, length)) = found {
            return Ok(Some(format!(
                "`{column}` has {length} bytes in the row of the table `{table}` where `{key}` is \
                 {row}, and no row of a ledger has more than {VALUE_BYTES_MAX} there"
            )));
        }
    }
    Ok(None)
}

//! What is asked of a connection in more than one place: how many entries there are, the newest head,
//! a head by its size; and how numbers stand in the file.

use rusqlite::{Connection, OptionalExtension as _};

pub(super) fn size(conn: &Connection) -> rusqlite::Result<u64> {
    conn.query_row("SELECT coalesce(max(seq) + 1, 0) AS size FROM entry", [], |row| {
        number(row, "size")
    })
}

pub(super) fn newest_head(conn: &Connection) -> rusqlite::Result<Option<(u64, Vec<u8>)>> {
    conn.query_row("SELECT size, note FROM head ORDER BY size DESC LIMIT 1", [], |row| {
        Ok((number(row, "size")?, row.get("note")?))
    })
    .optional()
}

pub(super) fn head_at(conn: &Connection, size: u64) -> rusqlite::Result<Option<Vec<u8>>> {
    conn.query_row("SELECT note FROM head WHERE size = ?1", [key(size)], |row| row.get("note"))
        .optional()
}

/// A number out of the file, where none of ours is below 0.
pub(super) fn number(
    row: &rusqlite::Row<'_>,
    column: impl rusqlite::RowIndex,
) -> rusqlite::Result<u64> {
    let found: i64 = row.get(column)?;
    u64::try_from(found).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, found))
}

/// A number as SQLite holds it. Those that it cannot hold name nothing in the file.
pub(super) fn key(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

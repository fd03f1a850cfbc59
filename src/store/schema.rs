//! The tables of a ledger file, and the check that a file holds these and nothing else.

use rusqlite::Connection;

/// Marks a SQLite file as a ledger: the letters `DSPT`.
pub(super) const APPLICATION_ID: i64 = 0x4453_5054;

/// The version of the tables that this program writes and reads.
pub(super) const FORMAT: i64 = 1;

const TABLES: &str = include_str!("schema.sql");

/// Writes the tables and the marks into an empty database, inside the caller's transaction.
pub(super) fn install(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch(TABLES)?;
    conn.pragma_update(None, "application_id", APPLICATION_ID)?;
    conn.pragma_update(None, "user_version", FORMAT)
}

/// Names the first table, index, view or trigger that is missing, added or altered.
///
/// A trigger that somebody added runs with every append, and one that somebody dropped no longer
/// guards anything; both are caught here rather than trusted.
pub(super) fn difference(conn: &Connection) -> rusqlite::Result<Option<String>> {
    let empty = Connection::open_in_memory()?;
    install(&empty)?;
    let (wanted, found) = (objects(&empty)?, objects(conn)?);
    let missing = wanted.iter().find(|object| !found.contains(object));
    let added = found.iter().find(|object| !wanted.contains(object));
    Ok(match (missing, added) {
        (Some(missing), _) if found.iter().any(|object| object.name == missing.name) => {
            Some(format!("{} `{}` is not as this program writes it", missing.kind, missing.name))
        }
        (Some(missing), _) => Some(format!("{} `{}` is missing", missing.kind, missing.name)),
        (None, Some(added)) => {
            Some(format!("{} `{}` does not belong there", added.kind, added.name))
        }
        (None, None) => None,
    })
}

#[derive(PartialEq)]
struct Object {
    kind: String,
    name: String,
    table: String,
    sql: Option<String>,
}

fn objects(conn: &Connection) -> rusqlite::Result<Vec<Object>> {
    let mut statement =
        conn.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name, type")?;
    let rows = statement.query_map([], |row| {
        Ok(Object {
            kind: row.get("type")?,
            name: row.get("name")?,
            table: row.get("tbl_name")?,
            sql: row.get("sql")?,
        })
    })?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(change: &str, expected: Option<&str>) {
        let conn = Connection::open_in_memory().unwrap();
        install(&conn).unwrap();
        conn.execute_batch(change).unwrap();
        assert_eq!(difference(&conn).unwrap().as_deref(), expected);
    }

    #[test]
    fn any_change_to_the_tables_is_named() {
        check("", None);
        check("DROP TRIGGER head_grows", Some("trigger `head_grows` is missing"));
        check(
            "CREATE TABLE _litestream_lock (id INTEGER)",
            Some("table `_litestream_lock` does not belong there"),
        );
        check(
            "CREATE TRIGGER later AFTER INSERT ON entry BEGIN SELECT 1; END",
            Some("trigger `later` does not belong there"),
        );
        check(
            "CREATE INDEX by_leaf ON entry (leaf)",
            Some("index `by_leaf` does not belong there"),
        );
        check(
            "DROP TRIGGER head_is_not_deleted;
             CREATE TRIGGER head_is_not_deleted BEFORE DELETE ON head BEGIN SELECT 1; END",
            Some("trigger `head_is_not_deleted` is not as this program writes it"),
        );
    }

    #[test]
    fn the_mark_spells_dspt() {
        assert_eq!(APPLICATION_ID.to_be_bytes()[4..], *b"DSPT");
    }
}

//! The ledger file: one SQLite file of signed entries, signed heads and content. The only SQL.
//!
//! It keeps bytes and refuses to lose, change or reorder them; whether they are true, signed or
//! allowed is decided elsewhere. It never creates a ledger on opening, and never repairs one.
//!
//! On a local disk the ledger is written through a write-ahead log, and on closing it is put back
//! into one file that any SQLite reads, also from a read-only folder. Elsewhere a rollback journal
//! is used, and on a network file system nothing is written at all (`place.rs`).
//!
//! Wherever a writer stops, what is committed can be read: from the file and the log beside it, or,
//! where only a writer could put the file in order, from a private copy (`copy.rs`). Opening for
//! writing always puts it in order.
//!
//! Nothing else in this process may open the ledger file: on Unix, closing a second handle of a
//! file drops the locks that SQLite holds on it (<https://www.sqlite.org/howtocorrupt.html>).

mod append;
mod content;
mod copy;
mod error;
mod files;
mod found;
mod guard;
mod handle;
mod open;
mod place;
mod probe;
mod read;
mod rows;
mod schema;
mod settings;
mod values;

pub use append::Append;
pub use content::{Content, Intake, KEPT_BYTES_MAX};
pub use error::StoreError;
pub use found::require_vacant;
pub use guard::Guard;
pub use handle::{Mode, Store};
pub use read::{Row, RowRef};

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::ledger::Digest;

    use super::files::beside;
    use super::*;

    fn note(size: u64) -> Vec<u8> {
        format!("origin\n{size}\nroot\n").into_bytes()
    }

    /// Puts an entry under a head, with some content.
    fn put(append: &mut Append<'_>, content: &[u8]) -> Result<(), StoreError> {
        let size = append.size()?;
        append.put_content(&Digest::of(content), content)?;
        append.put_entry(size, &u128::from(size).to_be_bytes(), &Digest::of(b"x"), b"x")?;
        append.put_head(size + 1, &note(size + 1))
    }

    fn made() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(folder.path().join("ledger.dspt")).unwrap();
        for content in [b"a", b"b"] {
            let mut append = store.begin(None).unwrap();
            put(&mut append, content).unwrap();
            append.commit().unwrap();
        }
        (folder, store)
    }

    type Heads = Vec<(u64, Vec<u8>)>;
    type Contents = Vec<(Digest, Vec<u8>)>;

    fn dump(store: &Store) -> (Heads, Vec<Row>, Contents) {
        let (mut rows, mut contents) = (Vec::new(), Vec::new());
        let entry = |row| {
            rows.push(row);
            Ok::<(), StoreError>(())
        };
        store.entries(0..u64::MAX, entry).unwrap();
        let content = |content: Content| {
            contents.push((content.digest, content.bytes.unwrap()));
            Ok::<(), StoreError>(())
        };
        store.contents(|_| true, content).unwrap();
        (store.heads().unwrap(), rows, contents)
    }

    #[test]
    fn on_our_own_connection_nothing_is_changed_or_deleted() {
        let (_folder, store) = made();
        let before = dump(&store);
        let entry = "INTO entry (seq, id, leaf, bytes) SELECT";
        for sql in [
            "UPDATE entry SET bytes = x'00' WHERE seq = 0",
            "UPDATE OR REPLACE entry SET id = (SELECT id FROM entry WHERE seq = 0) WHERE seq = 1",
            "DELETE FROM entry WHERE seq = 1",
            "DELETE FROM entry",
            &format!("REPLACE {entry} 2, id, leaf, x'00' FROM entry WHERE seq = 0"),
            &format!("REPLACE {entry} 0, zeroblob(16), leaf, x'00' FROM entry WHERE seq = 0"),
            &format!("INSERT OR IGNORE {entry} 2, id, leaf, x'00' FROM entry WHERE seq = 0"),
            &format!("INSERT OR IGNORE {entry} 3, zeroblob(16), leaf, x'00' FROM entry"),
            &format!("INSERT {entry} NULL, zeroblob(16), leaf, x'00' FROM entry WHERE seq = 0"),
            &format!("INSERT {entry} -1, zeroblob(16), leaf, x'00' FROM entry WHERE seq = 0"),
            &format!(
                "INSERT {entry} 0, id, leaf, x'00' FROM entry WHERE seq = 0
                 ON CONFLICT (seq) DO UPDATE SET bytes = x'00'"
            ),
            "INSERT INTO entry (seq, id, leaf, bytes) VALUES (2, 'text', 'text', 'text')",
            "UPDATE head SET note = x'00'",
            "UPDATE head SET size = 7 WHERE size = 2",
            "DELETE FROM head",
            "REPLACE INTO head (size, note) VALUES (2, x'00')",
            "INSERT INTO head (size, note) VALUES (3, x'00')",
            "UPDATE content SET bytes = x'00'",
            "DELETE FROM content",
            "REPLACE INTO content (digest, bytes) SELECT digest, x'00' FROM content",
            "INSERT INTO content (digest, bytes) VALUES (NULL, x'00')",
            "UPDATE sqlite_schema SET sql = NULL",
        ] {
            assert!(store.conn.execute_batch(sql).is_err(), "{sql}");
            assert_eq!(dump(&store), before, "{sql}");
        }
        store.conn.execute_batch("PRAGMA writable_schema = ON").unwrap();
        assert!(store.conn.execute_batch("DELETE FROM sqlite_schema").is_err());
        assert_eq!(dump(&store), before);
    }

    #[test]
    fn a_full_disk_is_named_and_leaves_the_ledger_as_it_was() {
        let (_folder, store) = made();
        let before = dump(&store);
        let pages: i64 =
            store.conn.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        let limit = |store: &Store, pages: i64| {
            let set = |_: &rusqlite::Row<'_>| Ok(());
            store.conn.pragma_update_and_check(None, "max_page_count", pages, set).unwrap();
        };
        limit(&store, pages + 2);
        let mut append = store.begin(None).unwrap();
        let error = put(&mut append, &[b'x'; 16_000]).unwrap_err();
        assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
        // A caller who goes on all the same gets nothing written outside the append.
        let _ = put(&mut append, b"small");
        drop(append);
        assert_eq!(dump(&store), before);
        assert_eq!(store.guard().unwrap(), Guard::Equal { size: 2 });
        limit(&store, pages + 100);
        let mut append = store.begin(None).unwrap();
        put(&mut append, &[b'x'; 16_000]).unwrap();
        append.commit().unwrap();
        assert_eq!(store.size().unwrap(), 3);
    }

    #[test]
    fn an_append_that_sqlite_gave_up_takes_nothing_more() {
        let (_folder, store) = made();
        let before = dump(&store);
        let mut append = store.begin(None).unwrap();
        put(&mut append, b"c").unwrap();
        append.store.conn.execute_batch("ROLLBACK").unwrap();
        let error = put(&mut append, b"d").unwrap_err();
        assert!(matches!(error, StoreError::GivenUp { .. }), "{error:?}");
        let error = append.commit().unwrap_err();
        assert!(matches!(error, StoreError::GivenUp { .. }), "{error:?}");
        assert_eq!(dump(&store), before);
    }

    #[test]
    fn a_stop_between_the_commit_and_the_head_file_is_mended_by_the_next() {
        let (_folder, store) = made();
        let mut append = store.begin(None).unwrap();
        put(&mut append, b"c").unwrap();
        append.commit_rows().unwrap();
        assert_eq!(store.guard().unwrap(), Guard::FileBehind { ledger: 3, file: 2 });
        // By the next append as well as by the next opening.
        let mut append = store.begin(Some(3)).unwrap();
        put(&mut append, b"d").unwrap();
        append.commit().unwrap();
        assert_eq!(store.guard().unwrap(), Guard::Equal { size: 4 });
        let mut append = store.begin(Some(4)).unwrap();
        put(&mut append, b"e").unwrap();
        append.commit_rows().unwrap();
        let path = store.path().to_path_buf();
        drop(store);
        let store = Store::open(path, Mode::Write).unwrap();
        assert_eq!(store.guard().unwrap(), Guard::Equal { size: 5 });
    }

    #[test]
    fn a_head_file_that_cannot_be_written_does_not_undo_the_append() {
        let (_folder, store) = made();
        let aside = beside(&store.path, ".head.new");
        fs::create_dir(&aside).unwrap();
        let mut append = store.begin(None).unwrap();
        put(&mut append, b"c").unwrap();
        let error = append.commit().unwrap_err();
        assert!(matches!(error, StoreError::HeadFile { .. }), "{error:?}");
        assert_eq!(store.size().unwrap(), 3);
        fs::remove_dir(&aside).unwrap();
        let mut append = store.begin(Some(3)).unwrap();
        put(&mut append, b"d").unwrap();
        append.commit().unwrap();
        assert_eq!(store.guard().unwrap(), Guard::Equal { size: 4 });
    }
}

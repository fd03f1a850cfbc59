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
mod found;
mod guard;
mod open;
mod place;
mod probe;
mod read;
mod schema;
mod settings;

use std::cell::Cell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use tempfile::TempDir;

pub use append::Append;
pub use content::{Content, Intake, KEPT_BYTES_MAX};
pub use error::StoreError;
pub use found::require_vacant;
pub use guard::Guard;
pub use read::{Row, RowRef};

/// What a ledger is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Reading only: works on a read-only file in a read-only folder and leaves no file there.
    Read,
    /// Reading and appending.
    Write,
}

/// An open ledger file. Closed when dropped; [`Store::close`] also reports what went wrong.
#[derive(Debug)]
pub struct Store {
    conn: Connection,
    path: PathBuf,
    /// The file that is read: the ledger itself, or a copy of it.
    file: PathBuf,
    /// The folder of that copy, removed with its last reader.
    copy: Option<Arc<TempDir>>,
    mode: Mode,
    /// Set where the file is read without locks, because it stands still.
    still: Option<Stamp>,
    /// Whether the journal was chosen: only who begins to write changes the file for it.
    chosen: Cell<bool>,
    /// Whether a log is left alone when nothing was appended: it was found here, and may be another
    /// file's.
    found_log: Cell<bool>,
}

/// The length and time of a file that nobody is writing.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Store {
    /// Returns the path of the ledger file, without symbolic links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path of the head that is kept beside the ledger.
    pub fn head_path(&self) -> PathBuf {
        beside(&self.path, ".head")
    }

    /// Compares the newest signed head with the one kept beside the ledger.
    ///
    /// # Errors
    /// Where either cannot be read.
    pub fn guard(&self) -> Result<Guard, StoreError> {
        // The file first: a writer renews it after its commit, so that it can only look older.
        let kept = self.kept_head()?;
        self.read(|conn| compare(conn, kept.as_deref()))
    }

    /// Closes the ledger, so that it is one file again.
    ///
    /// Where others have it open, everything is in the file too, but an empty log stays beside it
    /// until the last of them has closed.
    ///
    /// # Errors
    /// [`StoreError::Full`] and others: nothing is lost, and opening the ledger for writing again
    /// finishes what was left.
    pub fn close(mut self) -> Result<(), StoreError> {
        self.settle()
    }

    /// Says whether SQLite leaves the log alone when the last connection is closed.
    fn leave_log_to_us(&self, leave: bool) -> Result<(), StoreError> {
        let set = self.conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, leave);
        set.map(drop).map_err(|error| self.fail(error))
    }

    /// Chooses the journal, once, and with it whether there is a log.
    fn choose_journal(&self) -> Result<(), StoreError> {
        if !self.chosen.get() {
            let local = place::of(self.path.parent().unwrap_or(&self.path)) == place::Place::Local;
            let logged = local && place::shares_memory(&self.path);
            settings::set_journal(&self.conn, &self.path, logged)
                .map_err(StoreError::about_writing)?;
            self.chosen.set(true);
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<(), StoreError> {
        if self.mode == Mode::Read {
            return Ok(());
        }
        self.leave_log_to_us(false)?;
        let logged = settings::is_logged(&self.conn).map_err(|error| self.fail(error))?;
        self.chosen.set(false);
        if logged {
            settings::fold_log(&self.conn).map_err(|error| self.fail(error))
        } else {
            Ok(())
        }
    }

    /// Renews the head beside the ledger where it is not the newest one.
    ///
    /// It takes the write lock again, so that of two writers the later one writes last.
    fn renew_head_file(&self) -> Result<(), StoreError> {
        let tx = match Transaction::new_unchecked(&self.conn, TransactionBehavior::Immediate) {
            Ok(tx) => tx,
            Err(error) => {
                let error = self.fail(error);
                // Whoever is writing renews the file after that; if they stop, the next opening.
                let left_to_them = matches!(error, StoreError::Locked { .. });
                return if left_to_them { Ok(()) } else { Err(error) };
            }
        };
        let head = read::newest_head(&tx).map_err(|error| self.fail(error))?;
        if let Some((_, note)) = head {
            let path = self.head_path();
            let failed = |source| StoreError::HeadFile { path: path.clone(), source };
            if guard::read(&path).map_err(failed)?.as_ref() != Some(&note) {
                let aside = beside(&self.path, ".head.new");
                guard::write(&path, &aside, &self.path, &note).map_err(failed)?;
            }
        }
        tx.rollback().map_err(|error| self.fail(error))
    }

    /// Refuses to write where the head beside the ledger contradicts it. `conn` is in a
    /// transaction, or nobody else has the ledger open.
    fn refuse_if_replaced(&self, conn: &Connection) -> Result<Guard, StoreError> {
        let path = self.path.clone();
        let kept = self.kept_head()?;
        let guard = compare(conn, kept.as_deref()).map_err(|error| self.fail(error))?;
        match guard {
            Guard::FileAhead { ledger, file } => Err(StoreError::RolledBack { path, ledger, file }),
            Guard::Differs { size } | Guard::Changed { size } => {
                Err(StoreError::HeadDiffers { path, size })
            }
            Guard::Unreadable => Err(StoreError::HeadUnreadable { path: self.head_path() }),
            Guard::NoHead
            | Guard::Equal { .. }
            | Guard::FileBehind { .. }
            | Guard::Missing { .. } => Ok(guard),
        }
    }

    fn kept_head(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.head_path();
        guard::read(&path).map_err(|source| StoreError::Io { path, source })
    }

    fn fail(&self, error: rusqlite::Error) -> StoreError {
        let long = error.sqlite_error_code() == Some(ErrorCode::TooBig);
        let error = StoreError::of(&self.path, error);
        let error = match long.then(|| content::too_long(&self.conn)) {
            Some(Ok(Some(detail))) => StoreError::Damaged { path: self.path.clone(), detail },
            _ => probe::with_its_log(&self.path, error),
        };
        if self.mode == Mode::Write { error.about_writing() } else { error }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if self.mode == Mode::Read {
            return;
        }
        let strange = self.found_log.get() && probe::has_log(&self.path);
        // An empty log is nobody's, and goes with the last who has it open.
        let _ = self.leave_log_to_us(strange);
        // A failure leaves the log beside the file, from where the next opening takes it. A file
        // that was looked at only is not touched.
        if self.chosen.get() && !strange {
            let _ = self.settle();
        }
    }
}

fn compare(conn: &Connection, kept: Option<&[u8]>) -> rusqlite::Result<Guard> {
    let newest = read::newest_head(conn)?;
    let newest = newest.as_ref().map(|(size, note)| (*size, note.as_slice()));
    let Some(note) = kept else {
        return Ok(guard::compare(newest, None, None));
    };
    let Some(size) = guard::note_size(note) else {
        return Ok(Guard::Unreadable);
    };
    let same_size = read::head_at(conn, size)?;
    Ok(guard::compare(newest, Some((size, note)), same_size.as_deref()))
}

/// The path of a file beside the ledger: its whole name with something after it.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// How long to wait for another writer.
const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::ledger::Digest;

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

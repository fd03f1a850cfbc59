//! An open ledger file: what is read through it stands still or is locked, and whoever wrote leaves one
//! file behind.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use tempfile::TempDir;

use super::files::{Stamp, beside, has_log, has_side_file};
use super::probe::with_its_log;
use super::{Guard, StoreError, guard, place, rows, settings, values};

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
    pub(super) conn: Connection,
    pub(super) path: PathBuf,
    /// The file that is read: the ledger itself, or a copy of it.
    pub(super) file: PathBuf,
    /// The folder of that copy, removed with its last reader.
    pub(super) copy: Option<Arc<TempDir>>,
    pub(super) mode: Mode,
    /// Set where the file is read without locks, because it stands still.
    pub(super) still: Option<Stamp>,
    /// Whether the journal was chosen: only who begins to write changes the file for it.
    pub(super) chosen: Cell<bool>,
    /// Whether a log is left alone when nothing was appended: it was found here, and may be another
    /// file's.
    pub(super) found_log: Cell<bool>,
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

    /// Returns the settings of this connection by name, read back from SQLite.
    ///
    /// # Errors
    /// Where SQLite does not answer.
    pub fn settings(&self) -> Result<BTreeMap<&'static str, String>, StoreError> {
        settings::all(&self.conn).map_err(|error| self.fail(error))
    }

    /// Reads, and makes sure that a file read without locks stood still meanwhile.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let read = read(&self.conn).map_err(|error| self.fail(error));
        match &self.still {
            Some(stamp) if has_side_file(&self.file) || *stamp != Stamp::of(&self.file)? => {
                Err(StoreError::Changed { path: self.path.clone() })
            }
            Some(_) | None => read,
        }
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
    pub(super) fn leave_log_to_us(&self, leave: bool) -> Result<(), StoreError> {
        let set = self.conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, leave);
        set.map(drop).map_err(|error| self.fail(error))
    }

    /// Chooses the journal, once, and with it whether there is a log.
    pub(super) fn choose_journal(&self) -> Result<(), StoreError> {
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
    pub(super) fn renew_head_file(&self) -> Result<(), StoreError> {
        let tx = match Transaction::new_unchecked(&self.conn, TransactionBehavior::Immediate) {
            Ok(tx) => tx,
            Err(error) => {
                let error = self.fail(error);
                // Whoever is writing renews the file after that; if they stop, the next opening.
                let left_to_them = matches!(error, StoreError::Locked { .. });
                return if left_to_them { Ok(()) } else { Err(error) };
            }
        };
        let head = rows::newest_head(&tx).map_err(|error| self.fail(error))?;
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
    pub(super) fn refuse_if_replaced(&self, conn: &Connection) -> Result<Guard, StoreError> {
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

    pub(super) fn fail(&self, error: rusqlite::Error) -> StoreError {
        let long = error.sqlite_error_code() == Some(ErrorCode::TooBig);
        let error = StoreError::of(&self.path, error);
        let error = match long.then(|| values::too_long(&self.conn)) {
            Some(Ok(Some(detail))) => StoreError::Damaged { path: self.path.clone(), detail },
            _ => with_its_log(&self.path, error),
        };
        if self.mode == Mode::Write { error.about_writing() } else { error }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if self.mode == Mode::Read {
            return;
        }
        let strange = self.found_log.get() && has_log(&self.path);
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
    let newest = rows::newest_head(conn)?;
    let newest = newest.as_ref().map(|(size, note)| (*size, note.as_slice()));
    let Some(note) = kept else {
        return Ok(guard::compare(newest, None, None));
    };
    let Some(size) = guard::note_size(note) else {
        return Ok(Guard::Unreadable);
    };
    let same_size = rows::head_at(conn, size)?;
    Ok(guard::compare(newest, Some((size, note)), same_size.as_deref()))
}

//! Appending: one transaction that has the write lock from the start, so that what is signed in it
//! is signed over the ledger as it is. Dropped before its commit, it leaves nothing behind.

use rusqlite::{
    ErrorCode, OptionalExtension as _, Statement, Transaction, TransactionBehavior, params,
};

use crate::ledger::Digest;

use super::read::{self, key, number};
use super::{Mode, Store, StoreError, guard};

/// An append in progress, holding the write lock.
#[derive(Debug)]
pub struct Append<'a> {
    pub(super) store: &'a Store,
    insert: Statement<'a>,
    find: Statement<'a>,
    tx: Transaction<'a>,
}

impl Store {
    /// Takes the write lock. With `expected`, the ledger must have that many entries still.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where it has not; [`StoreError::Locked`] where another writer took
    /// more than five seconds; [`StoreError::RolledBack`], [`StoreError::HeadDiffers`] or
    /// [`StoreError::HeadUnreadable`] where the head beside the ledger contradicts it;
    /// [`StoreError::ReadOnly`] on a ledger opened for reading.
    pub fn begin(&mut self, expected: Option<u64>) -> Result<Append<'_>, StoreError> {
        if self.mode == Mode::Read {
            return Err(StoreError::ReadOnly { path: self.path.clone() });
        }
        self.choose_journal()?;
        let store: &Self = self;
        let fail = |error| store.fail(error);
        // At once: a transaction that reads first and then wants to write can be refused outright.
        let tx = Transaction::new_unchecked(&store.conn, TransactionBehavior::Immediate)
            .map_err(fail)?;
        store.refuse_if_replaced(&tx)?;
        let found = read::size(&tx).map_err(fail)?;
        if let Some(expected) = expected
            && expected != found
        {
            return Err(StoreError::Conflict { expected, found });
        }
        let insert = store
            .conn
            .prepare("INSERT INTO entry (seq, id, leaf, bytes) VALUES (?1, ?2, ?3, ?4)")
            .map_err(fail)?;
        let find =
            store.conn.prepare("SELECT seq, bytes FROM entry WHERE id = ?1").map_err(fail)?;
        Ok(Append { store, insert, find, tx })
    }
}

impl Append<'_> {
    /// Returns the number of entries, those of this append included.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn size(&self) -> Result<u64, StoreError> {
        read::size(&self.tx).map_err(|error| self.store.fail(error))
    }

    /// Returns the newest signed head.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn head(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let head = read::newest_head(&self.tx).map_err(|error| self.store.fail(error))?;
        Ok(head.map(|(_, note)| note))
    }

    /// Returns the place and the bytes of the entry with this id: after an unknown outcome, it
    /// tells whether the entry was recorded.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn find(&mut self, id: &[u8; 16]) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
        self.find
            .query_row([id], |row| Ok((number(row, "seq")?, row.get("bytes")?)))
            .optional()
            .map_err(|error| self.store.fail(error))
    }

    /// Keeps content under its digest. The same bytes again change nothing.
    ///
    /// The digest is the caller's: it is computed again when the ledger is verified.
    ///
    /// # Errors
    /// [`StoreError::ContentDiffers`] where other bytes are kept under it.
    pub fn put_content(&mut self, digest: &Digest, bytes: &[u8]) -> Result<(), StoreError> {
        self.require_open()?;
        match read::content(&self.tx, digest).map_err(|error| self.store.fail(error))? {
            Some(kept) if kept == bytes => Ok(()),
            Some(_) => Err(StoreError::ContentDiffers { digest: digest.hex() }),
            None => {
                let row = params![digest.as_bytes(), bytes];
                self.tx
                    .execute("INSERT INTO content (digest, bytes) VALUES (?1, ?2)", row)
                    .map_err(|error| self.store.fail(error))?;
                Ok(())
            }
        }
    }

    /// Adds an entry at the next place.
    ///
    /// # Errors
    /// [`StoreError::OutOfOrder`] for another place, [`StoreError::IdUsed`] for an id that is
    /// taken, [`StoreError::Refused`] for bytes that are empty or longer than 65,535.
    pub fn put_entry(
        &mut self,
        seq: u64,
        id: &[u8; 16],
        leaf: &Digest,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        self.require_open()?;
        match self.insert.execute(params![key(seq), id, leaf.as_bytes(), bytes]) {
            Ok(_) => Ok(()),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                Err(self.why_refused(seq, id, error))
            }
            Err(error) => Err(self.store.fail(error)),
        }
    }

    /// Adds the signed head over the first `size` entries.
    ///
    /// # Errors
    /// [`StoreError::HeadSize`] where the second line of the note is another size;
    /// [`StoreError::Refused`] where the size is not above that of the newest head, or above the
    /// number of entries.
    pub fn put_head(&mut self, size: u64, note: &[u8]) -> Result<(), StoreError> {
        self.require_open()?;
        if guard::note_size(note) != Some(size) {
            let line = note.split(|byte| *byte == b'\n').nth(1).unwrap_or_default();
            let found = format!("`{}`", line.escape_ascii());
            return Err(StoreError::HeadSize { expected: size, found });
        }
        self.tx
            .execute("INSERT INTO head (size, note) VALUES (?1, ?2)", params![key(size), note])
            .map_err(|error| self.store.fail(error))?;
        Ok(())
    }

    /// Makes everything durable, then renews the head beside the ledger.
    ///
    /// # Errors
    /// [`StoreError::NoHead`] where entries are not under a signed head, [`StoreError::Locked`],
    /// [`StoreError::Full`] and others: nothing was recorded. Only with [`StoreError::HeadFile`]
    /// everything was.
    pub fn commit(self) -> Result<(), StoreError> {
        let store = self.store;
        self.commit_rows()?;
        match store.renew_head_file() {
            Ok(()) => Ok(()),
            Err(error @ StoreError::HeadFile { .. }) => Err(error),
            // Whatever it was, the rows are recorded, and the caller must hear that.
            Err(other) => Err(StoreError::HeadFile {
                path: store.head_path(),
                source: std::io::Error::other(other),
            }),
        }
    }

    /// The half of a commit that decides: what a crash right after it leaves.
    pub(super) fn commit_rows(self) -> Result<(), StoreError> {
        self.require_open()?;
        let fail = |error| self.store.fail(error);
        let size = read::size(&self.tx).map_err(fail)?;
        let head = read::newest_head(&self.tx).map_err(fail)?.map_or(0, |(size, _)| size);
        if size != head {
            return Err(StoreError::NoHead { size, head });
        }
        self.tx.commit().map_err(fail)?;
        // What was appended to is ours, and so is its log.
        self.store.found_log.set(false);
        Ok(())
    }

    /// After some errors, a full disk among them, SQLite rolls back by itself; what came next would
    /// be written one by one.
    fn require_open(&self) -> Result<(), StoreError> {
        if self.tx.is_autocommit() {
            return Err(StoreError::GivenUp { path: self.store.path.clone() });
        }
        Ok(())
    }

    fn why_refused(&mut self, seq: u64, id: &[u8; 16], error: rusqlite::Error) -> StoreError {
        match (self.find(id), self.size()) {
            (Err(error), _) | (_, Err(error)) => error,
            (Ok(Some((seq, _))), Ok(_)) => StoreError::IdUsed { seq },
            (Ok(None), Ok(size)) if size != seq => {
                StoreError::OutOfOrder { expected: size, found: seq }
            }
            (Ok(None), Ok(_)) => self.store.fail(error),
        }
    }
}

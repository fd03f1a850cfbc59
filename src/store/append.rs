//! Appending: one transaction that has the write lock from the start, so that what is signed in it
//! is signed over the ledger as it is. Dropped before its commit, it leaves nothing behind.

use rusqlite::{
    ErrorCode, OptionalExtension as _, Statement, Transaction, TransactionBehavior, params,
};

use crate::ledger::Digest;

use super::rows::{self, key, number};
use super::{Mode, Store, StoreError, content, guard, settings, values};

/// An append in progress, holding the write lock.
#[derive(Debug)]
pub struct Append<'a> {
    pub(super) store: &'a Store,
    insert: Statement<'a>,
    find: Statement<'a>,
    tx: Transaction<'a>,
    /// How many entries there were.
    before: u64,
}

impl Store {
    /// Takes the write lock. With `expected`, the ledger must have that many entries still.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where it has not; [`StoreError::Locked`] where another writer took
    /// more than a minute, or others were quicker for ten; [`StoreError::RolledBack`], [`StoreError::HeadDiffers`] or
    /// [`StoreError::HeadUnreadable`] where the head beside the ledger contradicts it;
    /// [`StoreError::ReadOnly`] on a ledger opened for reading.
    pub fn begin(&self, expected: Option<u64>) -> Result<Append<'_>, StoreError> {
        self.begin_in_turn(expected, &mut || {})
    }

    /// The same. `waits` is told once, when somebody else is writing and it takes a while.
    ///
    /// # Errors
    /// As [`Store::begin`].
    pub fn begin_in_turn(
        &self,
        expected: Option<u64>,
        waits: &mut dyn FnMut(),
    ) -> Result<Append<'_>, StoreError> {
        if self.mode == Mode::Read {
            return Err(StoreError::ReadOnly { path: self.path.clone() });
        }
        let store = self;
        let fail = |error| store.fail(error);
        let tx = store.lock(waits)?;
        store.refuse_if_replaced(&tx)?;
        let found = rows::size(&tx).map_err(fail)?;
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
        Ok(Append { store, insert, find, tx, before: found })
    }
}

impl Store {
    /// Waits for the write lock: most writers take a moment, a large import takes longer.
    fn lock(&self, waits: &mut dyn FnMut()) -> Result<Transaction<'_>, StoreError> {
        let (mut told, mut idle, mut seen) = (false, 0, rows::size(&self.conn).ok());
        for _turn in 0..TURNS_IN_ALL_MAX {
            // At once: a transaction that reads first and then wants to write can be refused outright.
            let begun = self.choose_journal().and_then(|()| {
                Transaction::new_unchecked(&self.conn, TransactionBehavior::Immediate)
                    .map_err(|error| self.fail(error))
            });
            match begun {
                Err(StoreError::Locked { .. }) => {}
                begun => return begun,
            }
            if !told {
                told = true;
                waits();
            }
            // While others record, the next turn may be ours.
            let size = rows::size(&self.conn).ok();
            idle = if size == seen { idle + 1 } else { 0 };
            seen = size.or(seen);
            if idle >= TURNS_MAX {
                break;
            }
        }
        // Nobody holds the lock of writers: then it is a reader who keeps the journal from changing.
        if Transaction::new_unchecked(&self.conn, TransactionBehavior::Immediate).is_ok() {
            return Err(StoreError::BeingRead { path: self.path.clone() });
        }
        Err(StoreError::Locked { path: self.path.clone() })
    }

    /// Judges a commit that failed: what it left in the log may be taken for committed by whoever
    /// reads the log next, unless the log is folded away now.
    fn after_failed_commit(&self, error: StoreError, before: u64) -> Option<StoreError> {
        let folded = settings::fold_log(&self.conn);
        match folded.and_then(|()| rows::size(&self.conn)) {
            Ok(size) if size == before => Some(error),
            Ok(_) => None,
            Err(_) => Some(StoreError::Unsure { path: self.path.clone(), source: Box::new(error) }),
        }
    }
}

/// How often the write lock is asked for while nothing is recorded, [`PATIENCE`](super::settings::PATIENCE)
/// each time.
const TURNS_MAX: usize = 12;

/// How often it is asked for while others record.
const TURNS_IN_ALL_MAX: usize = 120;

impl Append<'_> {
    /// Returns the number of entries, those of this append included.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn size(&self) -> Result<u64, StoreError> {
        rows::size(&self.tx).map_err(|error| self.store.fail(error))
    }

    /// Returns the newest signed head.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn head(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let head = rows::newest_head(&self.tx).map_err(|error| self.store.fail(error))?;
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
        let kept = content::is_kept(&self.tx, digest, bytes);
        match kept.map_err(|error| self.store.fail(error))? {
            Some(true) => Ok(()),
            Some(false) => Err(StoreError::ContentDiffers { digest: digest.hex() }),
            None => {
                let row = params![digest.as_bytes(), bytes];
                let text = "INSERT INTO content (digest, bytes) VALUES (?1, ?2)";
                values::with_long_values(&self.tx, || self.tx.execute(text, row))
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
    /// everything was, and with [`StoreError::Unsure`] nobody can say.
    pub fn commit(self) -> Result<(), StoreError> {
        let (store, before) = (self.store, self.before);
        if let Err(error) = self.commit_rows()
            && let Some(error) = store.after_failed_commit(error, before)
        {
            return Err(error);
        }
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
        let size = rows::size(&self.tx).map_err(fail)?;
        let head = rows::newest_head(&self.tx).map_err(fail)?.map_or(0, |(size, _)| size);
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

//! Reading: sizes, heads and entries, in pieces, so that no transaction stays open while
//! the caller thinks, and the log of a writer can be folded away.

#[cfg(unix)]
use std::fs;
use std::ops::Range;
use std::path::Path;

use rusqlite::{Connection, params};

use crate::durable::{self, Access, AsideFolder};
use crate::ledger::Digest;

use super::rows::{key, newest_head, number, size};
use super::values::with_long_values;
use super::{Store, StoreError};

/// Entries that are read at once.
const ENTRIES_AT_ONCE: i64 = 1_000;

/// How many bytes they have together before the last of them: entries of ours have fewer.
const BYTES_AT_ONCE: usize = 64 << 20;

/// One stored entry. Nothing about it has been verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its place, from 0.
    pub seq: u64,
    /// Its id, as the store knows it.
    pub id: [u8; 16],
    /// Its leaf hash, as the store knows it.
    pub leaf: Digest,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A stored entry where it stands, until the next one is read.
#[derive(Debug, Clone, Copy)]
pub struct RowRef<'r> {
    /// Its place, from 0.
    pub seq: u64,
    /// Its id, as the store knows it.
    pub id: [u8; 16],
    /// Its leaf hash, as the store knows it.
    pub leaf: Digest,
    /// Its bytes.
    pub bytes: &'r [u8],
}

impl Row {
    /// Returns it as it stands here.
    pub fn as_ref(&self) -> RowRef<'_> {
        RowRef { seq: self.seq, id: self.id, leaf: self.leaf, bytes: &self.bytes }
    }
}

impl RowRef<'_> {
    /// Returns a copy that lasts.
    pub fn to_row(self) -> Row {
        Row { seq: self.seq, id: self.id, leaf: self.leaf, bytes: self.bytes.to_vec() }
    }
}

impl Store {
    /// Returns the number of entries.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn size(&self) -> Result<u64, StoreError> {
        self.read(size)
    }

    /// Returns the newest signed head.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn head(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.read(newest_head)?.map(|(_, note)| note))
    }

    /// Returns all signed heads with their sizes, the smallest first.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn heads(&self) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        self.read(|conn| {
            let mut statement = conn.prepare("SELECT size, note FROM head ORDER BY size")?;
            let rows =
                statement.query_map([], |row| Ok((number(row, "size")?, row.get("note")?)))?;
            rows.collect()
        })
    }

    /// Hands over the entries with these numbers, in order; numbers past the end are left out.
    ///
    /// # Errors
    /// The first error of `each`, or of reading the file.
    pub fn entries<E: From<StoreError>>(
        &self,
        range: Range<u64>,
        mut each: impl FnMut(Row) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut next, end) = (range.start, range.end);
        while next < end {
            let rows = self.read(|conn| entries_from(conn, next, end))?;
            let Some(last) = rows.last() else { break };
            next = last.seq.saturating_add(1);
            rows.into_iter().try_for_each(&mut each)?;
        }
        Ok(())
    }

    /// Hands over the same where they stand, all in one reading: for few entries and a quick `each`.
    ///
    /// # Errors
    /// The first error of `each`, or of reading the file.
    pub fn look<E: From<StoreError>>(
        &self,
        range: Range<u64>,
        mut each: impl FnMut(RowRef<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.read(|conn| {
            let mut statement = conn.prepare(ENTRIES)?;
            let (first, end) = (from(range.start), key(range.end));
            let mut rows = statement.query(params![first, end, i64::MAX])?;
            while let Some(row) = rows.next()? {
                if let Err(error) = each(row_ref(row)?) {
                    return Ok(Err(error));
                }
            }
            Ok(Ok(()))
        })?
    }

    /// Writes a copy of the ledger, whole and compact, while others may be appending. It appears
    /// whole or not at all, for its owner alone.
    ///
    /// # Errors
    /// [`StoreError::Exists`] where there is something at `path`, and others; nothing is left.
    pub fn backup(&self, path: impl AsRef<Path>) -> Result<(), StoreError> {
        let path = std::path::absolute(path.as_ref())
            .map_err(|source| StoreError::io(path.as_ref(), source))?;
        let failed = |source| StoreError::io(&path, source);
        if path.symlink_metadata().is_ok() {
            return Err(StoreError::Exists { path });
        }
        let folder = durable::folder_of(&path);
        let aside = AsideFolder::new(folder, Access::Owner).map_err(failed)?;
        let copy = aside.path().join("ledger");
        let Some(text) = copy.to_str() else {
            return Err(StoreError::BadPath { path });
        };
        self.read(|conn| with_long_values(conn, || conn.execute("VACUUM INTO ?1", [text])))?;
        #[cfg(unix)]
        fs::set_permissions(&copy, std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .map_err(failed)?;
        // SQLite does not synchronise what it made.
        durable::sync_file(&copy).map_err(failed)?;
        durable::rename_new(&copy, &path).map_err(failed)?;
        durable::sync_folder(folder).map_err(failed)
    }
}

const ENTRIES: &str =
    "SELECT seq, id, leaf, bytes FROM entry WHERE seq >= ?1 AND seq < ?2 ORDER BY seq LIMIT ?3";

fn entries_from(conn: &Connection, first: u64, end: u64) -> rusqlite::Result<Vec<Row>> {
    let mut statement = conn.prepare(ENTRIES)?;
    let mut found = statement.query(params![from(first), key(end), ENTRIES_AT_ONCE])?;
    let (mut rows, mut bytes) = (Vec::new(), 0);
    while let Some(row) = found.next()? {
        let row = row_ref(row)?.to_row();
        bytes += row.bytes.len();
        rows.push(row);
        if bytes >= BYTES_AT_ONCE {
            break;
        }
    }
    Ok(rows)
}

/// From the start means before 0 as well: a row that hides there is not ours.
fn from(first: u64) -> i64 {
    if first == 0 { i64::MIN } else { key(first) }
}

fn row_ref<'r>(row: &'r rusqlite::Row<'_>) -> rusqlite::Result<RowRef<'r>> {
    Ok(RowRef {
        seq: number(row, 0)?,
        id: row.get(1)?,
        leaf: Digest::from_bytes(row.get(2)?),
        bytes: row.get_ref(3)?.as_blob()?,
    })
}

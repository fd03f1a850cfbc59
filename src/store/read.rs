//! Reading: sizes, heads, entries and content, in pieces, so that no transaction stays open while
//! the caller thinks, and the log of a writer can be folded away.

use std::fs::{self, File};
use std::ops::Range;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::ledger::Digest;

use super::probe::has_side_file;
use super::{Stamp, Store, StoreError, guard};

/// Entries that are read at once: at most 64 MiB.
const ENTRIES_AT_ONCE: i64 = 1_000;

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

    /// Hands over each content with its digest, in the order of digests.
    ///
    /// # Errors
    /// The first error of `each`, or of reading the file.
    pub fn contents<E: From<StoreError>>(
        &self,
        mut each: impl FnMut(Digest, Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        // By the rows themselves: an index that was tampered with hides none.
        for (row, digest) in self.read(content_rows)? {
            let bytes = self.read(|conn| content_at(conn, row))?;
            each(Digest::from_bytes(digest), bytes)?;
        }
        Ok(())
    }

    /// Returns the content that is kept under a digest. Its hash has not been computed again.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn content(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|conn| content(conn, digest))
    }

    /// Writes a copy of the ledger, whole and compact, while others may be appending.
    ///
    /// # Errors
    /// [`StoreError::Exists`] where there is something at `path`, and others; a copy that was begun
    /// is removed.
    pub fn backup(&self, path: impl AsRef<Path>) -> Result<(), StoreError> {
        let path = std::path::absolute(path.as_ref())
            .map_err(|source| StoreError::io(path.as_ref(), source))?;
        let Some(text) = path.to_str() else {
            return Err(StoreError::BadPath { path });
        };
        let failed = |source| StoreError::io(&path, source);
        File::create_new(&path).map_err(failed)?;
        // SQLite writes into an empty file, and does not synchronise it.
        let written = self
            .read(|conn| conn.execute("VACUUM INTO ?1", [text]))
            .and_then(|_| File::options().write(true).open(&path).map_err(failed))
            .and_then(|file| file.sync_all().map_err(failed))
            .and_then(|()| guard::sync_folder(&path).map_err(failed));
        if written.is_err() {
            // The error that is returned says more than one about the removal would.
            let _ = fs::remove_file(&path);
        }
        written
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
}

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

pub(super) fn content(conn: &Connection, digest: &Digest) -> rusqlite::Result<Option<Vec<u8>>> {
    conn.query_row("SELECT bytes FROM content WHERE digest = ?1", [digest.as_bytes()], |row| {
        row.get("bytes")
    })
    .optional()
}

const ENTRIES: &str =
    "SELECT seq, id, leaf, bytes FROM entry WHERE seq >= ?1 AND seq < ?2 ORDER BY seq LIMIT ?3";

fn entries_from(conn: &Connection, first: u64, end: u64) -> rusqlite::Result<Vec<Row>> {
    let mut statement = conn.prepare(ENTRIES)?;
    let rows = statement.query_map(params![from(first), key(end), ENTRIES_AT_ONCE], |row| {
        row_ref(row).map(RowRef::to_row)
    })?;
    rows.collect()
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

/// The rows of content, by digest, as the table has them.
fn content_rows(conn: &Connection) -> rusqlite::Result<Vec<(i64, [u8; 32])>> {
    let text = "SELECT rowid AS place, digest FROM content NOT INDEXED ORDER BY digest, rowid";
    let mut rows = conn.prepare(text)?;
    let found = rows.query_map([], |row| Ok((row.get("place")?, row.get("digest")?)))?;
    found.collect()
}

fn content_at(conn: &Connection, row: i64) -> rusqlite::Result<Vec<u8>> {
    let text = "SELECT bytes FROM content NOT INDEXED WHERE rowid = ?1";
    conn.query_row(text, [row], |row| row.get("bytes"))
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

//! Content: the files that the ledger keeps. Evidence may be long, so it is read piece by piece, and
//! only what is read for its text is held in memory, up to a limit.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::ledger::{Digest, Digester};

use super::{Store, StoreError};

/// The longest content that is held in memory: no file that a ledger is answered from is longer.
pub const KEPT_BYTES_MAX: u64 = 64 << 20;

/// How much of a content is in memory while it is hashed.
const BLOCK_BYTES: usize = 64 * 1024;

/// A stored content, hashed again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The SHA-256 under which it is stored.
    pub digest: Digest,
    /// The SHA-256 of its bytes.
    pub actual: Digest,
    /// Its bytes, where they were asked for and are no more than [`KEPT_BYTES_MAX`].
    pub bytes: Option<Vec<u8>>,
}

/// Takes a content in piece by piece.
#[derive(Debug)]
pub struct Intake {
    digest: Digest,
    hash: Digester,
    kept: Option<Vec<u8>>,
}

impl Intake {
    /// Begins with nothing. Only where it is `wanted` the bytes are kept.
    pub fn new(digest: Digest, wanted: bool) -> Self {
        Self { digest, hash: Digester::new(), kept: wanted.then(Vec::new) }
    }

    /// Adds the next piece.
    pub fn add(&mut self, block: &[u8]) {
        self.hash.add(block);
        let room = |kept: &Vec<u8>| (kept.len() + block.len()) as u64 <= KEPT_BYTES_MAX;
        self.kept = self.kept.take().filter(room);
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(block);
        }
    }

    /// Returns what was taken in.
    pub fn finish(self) -> Content {
        Content { digest: self.digest, actual: self.hash.finish(), bytes: self.kept }
    }
}

impl Store {
    /// Hands over each content, hashed again, in the order of digests; with the bytes of those that
    /// are `wanted`.
    ///
    /// # Errors
    /// The first error of `each`, or of reading the file.
    pub fn contents<E: From<StoreError>>(
        &self,
        wanted: impl Fn(&Digest) -> bool,
        mut each: impl FnMut(Content) -> Result<(), E>,
    ) -> Result<(), E> {
        // By the rows themselves: an index that was tampered with hides none.
        for (row, digest) in self.read(rows)? {
            let digest = Digest::from_bytes(digest);
            let mut intake = Intake::new(digest, wanted(&digest));
            self.read(|conn| walk(conn, row, |block| intake.add(block)))?;
            each(intake.finish())?;
        }
        Ok(())
    }

    /// Returns the content that is kept under a digest. Its hash has not been computed again.
    ///
    /// # Errors
    /// Where it has more than `most` bytes, or the file cannot be read.
    pub fn content(&self, digest: &Digest, most: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.read(|conn| {
            let Some(row) = row_of(conn, digest)? else { return Ok(Ok(None)) };
            let length = conn.blob_open("main", "content", "bytes", row, true)?.len();
            if length as u64 > most {
                return Ok(Err(length));
            }
            let mut bytes = Vec::with_capacity(length);
            walk(conn, row, |block| bytes.extend_from_slice(block))?;
            Ok(Ok(Some(bytes)))
        })?;
        found.map_err(|length| {
            let hex = digest.hex();
            let detail = format!("content {hex} has {length} bytes, and {most} are read at most");
            StoreError::Damaged { path: self.path.clone(), detail }
        })
    }

    /// Hands over the content that is kept under a digest piece by piece; nothing where there is
    /// none. Its hash has not been computed again.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn content_to(&self, digest: &Digest, each: impl FnMut(&[u8])) -> Result<(), StoreError> {
        self.read(|conn| row_of(conn, digest)?.map_or(Ok(()), |row| walk(conn, row, each)))
    }

    /// Says whether there is content under a digest.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn has_content(&self, digest: &Digest) -> Result<bool, StoreError> {
        self.read(|conn| Ok(row_of(conn, digest)?.is_some()))
    }
}

/// Says whether these bytes are kept under a digest; nothing where there is no such content.
pub(super) fn is_kept(
    conn: &Connection,
    digest: &Digest,
    bytes: &[u8],
) -> rusqlite::Result<Option<bool>> {
    let Some(row) = row_of(conn, digest)? else { return Ok(None) };
    let (mut rest, mut same) = (bytes, true);
    walk(conn, row, |block| match rest.strip_prefix(block) {
        Some(left) => rest = left,
        None => same = false,
    })?;
    Ok(Some(same && rest.is_empty()))
}

/// The rows of content, by digest, as the table has them.
fn rows(conn: &Connection) -> rusqlite::Result<Vec<(i64, [u8; 32])>> {
    let text = "SELECT rowid AS place, digest FROM content NOT INDEXED ORDER BY digest, rowid";
    let mut rows = conn.prepare(text)?;
    let found = rows.query_map([], |row| Ok((row.get("place")?, row.get("digest")?)))?;
    found.collect()
}

fn row_of(conn: &Connection, digest: &Digest) -> rusqlite::Result<Option<i64>> {
    let text = "SELECT rowid FROM content WHERE digest = ?1";
    conn.query_row(text, [digest.as_bytes()], |row| row.get(0)).optional()
}

/// Hands over the bytes of a row piece by piece.
fn walk(conn: &Connection, row: i64, mut each: impl FnMut(&[u8])) -> rusqlite::Result<()> {
    let text = "SELECT typeof(bytes) FROM content NOT INDEXED WHERE rowid = ?1";
    let kind: String = conn.query_row(text, params![row], |row| row.get(0))?;
    if kind != "blob" {
        return Err(rusqlite::Error::InvalidColumnType(0, "bytes".to_owned(), Type::Text));
    }
    let blob = conn.blob_open("main", "content", "bytes", row, true)?;
    let (mut block, mut at) = (vec![0; BLOCK_BYTES], 0);
    loop {
        let count = blob.read_at(&mut block, at)?;
        if count == 0 {
            return Ok(());
        }
        each(block.get(..count).unwrap_or_default());
        at += count;
    }
}

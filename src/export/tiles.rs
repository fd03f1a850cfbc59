//! The tree and the entries as a folder of tiles (C2SP `tlog-tiles`) with its `checkpoint`. Entries
//! are streamed: at most 256 of them are in memory. The tiles are read back and checked against the
//! root before the checkpoint is written, so a folder with a checkpoint is a whole one.
//!
//! Nothing that is there is removed: a partial tile of a smaller size stays, since whoever holds
//! the head of that size may still ask for it. It is not of this tree, and is not looked at.

use std::path::Path;

use super::write_once::{self, Put};
use super::{ExportError, OwnHead, heads};
use crate::durable::{Access, Batch};
use crate::ledger::note::NOTE_BYTES_MAX;
use crate::ledger::tiles::{TILE_WIDTH, Tile, TileCounts, TileKind, Tiler, bundle};
use crate::ledger::{TilePath, check_tiles, leaf_hash};
use crate::store::Store;
use crate::verify::audit::Ledger;

/// The name of the head in the folder.
pub const CHECKPOINT: &str = "checkpoint";

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Files that were written.
    pub made: u64,
    /// Files that were there, with the right bytes.
    pub kept: u64,
    /// What was then read back and found good.
    pub checked: TileCounts,
}

/// Writes the tiles of the first entries of a ledger, as many as `head` covers, last `head` as
/// `checkpoint`. Files that are there with the right bytes are kept, so it goes on where it
/// stopped.
///
/// # Errors
/// [`ExportError::Differs`] with the first file that holds something else: nothing is overwritten,
/// save an older `checkpoint` of this ledger. A `checkpoint` of a larger size is such a file.
pub fn write(
    ledger: &Ledger,
    store: &Store,
    folder: &Path,
    head: &OwnHead,
) -> Result<Exported, ExportError> {
    let size = head.checkpoint.size;
    let place = folder.join(CHECKPOINT);
    let before = write_once::read(&place, NOTE_BYTES_MAX)?;
    if let Some(before) = &before {
        // A head of another history, or a later one, belongs to tiles that are not to be mixed.
        let kept = heads::own(ledger, before).ok();
        kept.filter(|kept| kept.checkpoint.size <= size)
            .ok_or_else(|| ExportError::Differs { path: place.clone() })?;
    }
    let batch = Batch::begin(folder, Access::Umask);
    let batch = batch.map_err(|error| ExportError::io(folder, error))?;
    let done = Exported::default();
    let mut writer = Writer { folder, batch, done, waiting: Vec::new(), bundles: 0 };
    let mut tree = Tiler::new();
    store.entries(0..size, |row| {
        let tiles = tree.push(leaf_hash(&row.bytes));
        writer.waiting.push(row.bytes);
        if writer.waiting.len() == usize::from(TILE_WIDTH) {
            writer.bundle()?;
        }
        writer.tiles(tiles)
    })?;
    writer.bundle()?;
    writer.tiles(tree.finish())?;
    let mut done = writer.done;
    // All of them are on the disk before the head says that they are there.
    writer.batch.finish().map_err(|error| ExportError::io(folder, error))?;
    let read = |path: &TilePath| {
        write_once::read(&folder.join(path.to_string()), path.bytes_max()).ok().flatten()
    };
    done.checked = check_tiles(size, &head.checkpoint.root, read)?;
    if before.as_ref() == Some(&head.bytes) {
        done.kept += 1;
    } else {
        write_once::replace(&place, &head.bytes)?;
        done.made += 1;
    }
    Ok(done)
}

struct Writer<'f> {
    folder: &'f Path,
    batch: Batch,
    done: Exported,
    /// Entries of the bundle that is not full yet.
    waiting: Vec<Vec<u8>>,
    bundles: u64,
}

impl Writer<'_> {
    fn bundle(&mut self) -> Result<(), ExportError> {
        let width = u16::try_from(self.waiting.len()).unwrap_or(TILE_WIDTH);
        // None at the right edge, where no entry waits.
        let Some(path) = TilePath::new(TileKind::Entries, self.bundles, width) else {
            return Ok(());
        };
        let bytes = bundle(&self.waiting)?;
        self.waiting.clear();
        self.bundles += 1;
        self.put(&path, &bytes)
    }

    fn tiles(&mut self, tiles: Vec<Tile>) -> Result<(), ExportError> {
        tiles.into_iter().try_for_each(|(path, bytes)| self.put(&path, &bytes))
    }

    fn put(&mut self, path: &TilePath, bytes: &[u8]) -> Result<(), ExportError> {
        let file = self.folder.join(path.to_string());
        match write_once::put_by(&file, bytes, |path, bytes| self.batch.write_new(path, bytes))? {
            Put::Made => self.done.made += 1,
            Put::Kept => self.done.kept += 1,
        }
        Ok(())
    }
}

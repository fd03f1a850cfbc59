//! The tree and the entries as a set of small files (C2SP `tlog-tiles`): which there are, what is
//! in them, and whether such a set is the tree under a root. Only full tiles are hashed upward, and
//! no tile is empty, so a tree of a given size has one set of files.

use std::fmt;

use thiserror::Error;

use super::checkpoint::decimal;
use super::digest::{Digest, shown};
use super::tree::{Frontier, leaf_hash, root_of};

/// How many hashes or entries a full file has.
pub const TILE_WIDTH: u16 = 256;

/// The longest entry that a bundle holds, in bytes.
pub const BUNDLED_ENTRY_BYTES_MAX: usize = 65_535;

const LEVEL_MAX: u8 = 63;
const ENTRIES: &str = "entries";

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TileKind {
    /// Hashes of a level, from 0 (of leaves) to 63.
    Hashes(u8),
    /// The entries themselves.
    Entries,
}

/// Where a file of the set is, relative to its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TilePath {
    kind: TileKind,
    index: u64,
    width: u16,
}

impl TilePath {
    /// Names a file; nothing when the level is above 63 or the width is not 1 to 256.
    pub fn new(kind: TileKind, index: u64, width: u16) -> Option<Self> {
        let level = match kind {
            TileKind::Hashes(level) => level,
            TileKind::Entries => 0,
        };
        let good = level <= LEVEL_MAX && (1..=TILE_WIDTH).contains(&width);
        good.then_some(Self { kind, index, width })
    }

    /// Reads `tile/LEVEL/N`, `tile/entries/N`, or either with `.p/WIDTH`.
    ///
    /// # Errors
    /// Any other text, second spellings among them.
    pub fn parse(text: &str) -> Result<Self, TileError> {
        let path = Self::read(text).filter(|path| path.to_string() == text);
        path.ok_or_else(|| TileError::BadPath { found: shown(text) })
    }

    fn read(text: &str) -> Option<Self> {
        let (kind, rest) = text.strip_prefix("tile/")?.split_once('/')?;
        let kind = if kind == ENTRIES {
            TileKind::Entries
        } else {
            TileKind::Hashes(u8::try_from(decimal(kind)?).ok()?)
        };
        let (groups, width) = match rest.split_once(".p/") {
            Some((groups, width)) => (groups, u16::try_from(decimal(width)?).ok()?),
            None => (rest, TILE_WIDTH),
        };
        let mut index = 0_u64;
        // Whatever else is wrong shows when the path is printed again.
        for group in groups.split('/') {
            let digits: u64 = group.trim_start_matches('x').parse().ok()?;
            index = index.checked_mul(1000)?.checked_add(digits)?;
        }
        Self::new(kind, index, width)
    }

    /// Returns what the file holds.
    pub const fn kind(&self) -> TileKind {
        self.kind
    }

    /// Returns the place among the files of its kind, from 0.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Returns how many hashes or entries it holds, from 1 to 256.
    pub const fn width(&self) -> u16 {
        self.width
    }

    /// Returns the file that a tree of `size` entries has in the same place, if it has one.
    pub fn at_size(&self, size: u64) -> Option<Self> {
        let level = match self.kind {
            TileKind::Hashes(level) => level,
            TileKind::Entries => 0,
        };
        let count = size.checked_shr(8 * u32::from(level))?;
        let first = self.index.checked_mul(u64::from(TILE_WIDTH))?;
        let width = count.checked_sub(first)?.min(u64::from(TILE_WIDTH));
        Self::new(self.kind, self.index, u16::try_from(width).ok()?)
    }

    /// Returns how many bytes the file has at most; a file of hashes has just so many.
    pub fn bytes_max(&self) -> usize {
        let each = match self.kind {
            TileKind::Hashes(_) => 32,
            TileKind::Entries => 2 + BUNDLED_ENTRY_BYTES_MAX,
        };
        usize::from(self.width) * each
    }

    /// The file of entries beside a file of leaf hashes.
    const fn bundle(self) -> Self {
        Self { kind: TileKind::Entries, ..self }
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes(level) => write!(out, "tile/{level}")?,
            TileKind::Entries => write!(out, "tile/{ENTRIES}")?,
        }
        let mut scale = 1_u64;
        while self.index / scale >= 1000 {
            scale *= 1000;
        }
        while scale > 1 {
            write!(out, "/x{:03}", self.index / scale % 1000)?;
            scale /= 1000;
        }
        write!(out, "/{:03}", self.index % 1000)?;
        if self.width < TILE_WIDTH { write!(out, ".p/{}", self.width) } else { Ok(()) }
    }
}

/// Returns the files of hashes of a tree of `size` entries, level by level, from the left.
pub fn tiles_of(size: u64) -> impl Iterator<Item = TilePath> {
    (0..=LEVEL_MAX)
        .map_while(move |level| {
            let count = size.checked_shr(8 * u32::from(level)).filter(|count| *count > 0)?;
            Some(files(TileKind::Hashes(level), count))
        })
        .flatten()
}

/// Returns the files of entries of a tree of `size` entries, from the left.
pub fn bundles_of(size: u64) -> impl Iterator<Item = TilePath> {
    files(TileKind::Entries, size)
}

fn files(kind: TileKind, count: u64) -> impl Iterator<Item = TilePath> {
    let width = u64::from(TILE_WIDTH);
    (0..count.div_ceil(width)).map(move |index| {
        // Below 256 by the remainder, or 256 itself.
        let width = u16::try_from((count - index * width).min(width)).unwrap_or(TILE_WIDTH);
        TilePath { kind, index, width }
    })
}

/// A file of hashes and what is in it.
pub type Tile = (TilePath, Vec<u8>);

/// Makes the files of hashes while leaves are added; keeps at most 256 hashes of each level.
#[derive(Debug, Default)]
pub struct Tiler {
    levels: Vec<Level>,
}

#[derive(Debug, Default)]
struct Level {
    done: u64,
    hashes: Vec<Digest>,
}

impl Tiler {
    /// A tree without leaves.
    pub const fn new() -> Self {
        Self { levels: Vec::new() }
    }

    /// Adds a leaf hash at the right and returns the files that it fills, from level 0 upwards.
    pub fn push(&mut self, leaf: Digest) -> Vec<Tile> {
        let mut filled = Vec::new();
        let mut carried = leaf;
        for kind in (0..=LEVEL_MAX).map(TileKind::Hashes) {
            let level = filled.len();
            if self.levels.len() == level {
                self.levels.push(Level::default());
            }
            let Some(level) = self.levels.get_mut(level) else { break };
            level.hashes.push(carried);
            if level.hashes.len() < usize::from(TILE_WIDTH) {
                break;
            }
            let path = TilePath { kind, index: level.done, width: TILE_WIDTH };
            carried = root_of(&level.hashes);
            filled.push((path, bytes_of(&level.hashes)));
            level.hashes.clear();
            level.done += 1;
        }
        filled
    }

    /// Returns the partial files at the right edge, from level 0 upwards.
    pub fn finish(&self) -> Vec<Tile> {
        let kinds = (0..=LEVEL_MAX).map(TileKind::Hashes);
        let partial = |(kind, level): (TileKind, &Level)| {
            let width = u16::try_from(level.hashes.len()).ok()?;
            let path = TilePath::new(kind, level.done, width)?;
            Some((path, bytes_of(&level.hashes)))
        };
        kinds.zip(&self.levels).filter_map(partial).collect()
    }
}

fn bytes_of(hashes: &[Digest]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

/// Returns the bytes of a file of entries: of each, its length in two bytes, and the entry.
///
/// # Errors
/// No entries, more than 256, or one that is too long.
pub fn bundle<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, TileError> {
    if !(1..=usize::from(TILE_WIDTH)).contains(&entries.len()) {
        return Err(TileError::BadCount { found: entries.len() });
    }
    let mut bytes = Vec::new();
    for entry in entries.iter().map(AsRef::as_ref) {
        let length = u16::try_from(entry.len())
            .map_err(|_| TileError::EntryTooLong { found: entry.len() })?;
        bytes.extend(length.to_be_bytes());
        bytes.extend(entry);
    }
    Ok(bytes)
}

/// Returns the entries of a file of `width` of them.
///
/// # Errors
/// Fewer or more entries, or one that is cut off.
pub fn entries_of(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, TileError> {
    let mut entries = Vec::with_capacity(usize::from(width.min(TILE_WIDTH)));
    let mut rest = bytes;
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let cut = TileError::BadBundle { found: entries.len(), wanted: width };
        let (entry, after) = after.split_at_checked(length).ok_or(cut)?;
        entries.push(entry);
        rest = after;
    }
    if rest.is_empty() && entries.len() == usize::from(width) {
        Ok(entries)
    } else {
        Err(TileError::BadBundle { found: entries.len(), wanted: width })
    }
}

/// How much was found to be good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TileCounts {
    /// Files of hashes.
    pub tiles: u64,
    /// Files of entries.
    pub bundles: u64,
    /// Entries, each hashed.
    pub entries: u64,
}

/// Checks every file of a tree of `size` entries against its root. `read` returns the bytes at a
/// path, and need not return more than [`TilePath::bytes_max`] and one. Stops at the first fault.
///
/// # Errors
/// The first file that is missing or wrong, by place in the tree; or another root.
pub fn check_tiles(
    size: u64,
    root: &Digest,
    mut read: impl FnMut(&TilePath) -> Option<Vec<u8>>,
) -> Result<TileCounts, TileError> {
    let mut counts = TileCounts::default();
    let (mut tiler, mut frontier) = (Tiler::new(), Frontier::new());
    for path in files(TileKind::Hashes(0), size) {
        let bundle = path.bundle();
        let bytes = read(&bundle).ok_or(TileError::Missing { path: bundle })?;
        let entries = entries_of(&bytes, path.width)
            .map_err(|error| TileError::Bundle { path: bundle, error: Box::new(error) })?;
        let leaves: Vec<Digest> = entries.into_iter().map(leaf_hash).collect();
        let tile = read(&path).ok_or(TileError::Missing { path })?;
        let at = path.index * u64::from(TILE_WIDTH);
        check_leaves(&path, &leaves, &tile, at)?;
        counts.bundles += 1;
        for leaf in leaves {
            frontier.push(leaf);
            counts.entries += 1;
            counts.tiles += check_made(tiler.push(leaf), &mut read)?;
        }
    }
    counts.tiles += check_made(tiler.finish(), &mut read)?;
    if frontier.root() == *root { Ok(counts) } else { Err(TileError::WrongRoot { size }) }
}

/// Checks a partial file of a smaller size against the one in its place now: it is its beginning.
///
/// # Errors
/// [`TileError::OlderDiffers`].
pub fn check_older(older: &TilePath, bytes: &[u8], now: &[u8]) -> Result<(), TileError> {
    let whole = match older.kind {
        TileKind::Hashes(_) => bytes.len() == older.bytes_max(),
        TileKind::Entries => entries_of(bytes, older.width).is_ok(),
    };
    let fits = whole && now.starts_with(bytes);
    if fits { Ok(()) } else { Err(TileError::OlderDiffers { path: *older }) }
}

fn check_leaves(path: &TilePath, leaves: &[Digest], tile: &[u8], at: u64) -> Result<(), TileError> {
    if tile.len() != path.bytes_max() {
        return Err(TileError::BadLength { path: *path, found: tile.len() });
    }
    for ((leaf, hash), index) in leaves.iter().zip(tile.chunks(32)).zip(at..) {
        if leaf.as_bytes() != hash {
            return Err(TileError::EntryDiffers { index });
        }
    }
    Ok(())
}

/// Compares files that follow from the leaves with those that are there; returns how many.
fn check_made(
    made: Vec<Tile>,
    read: &mut impl FnMut(&TilePath) -> Option<Vec<u8>>,
) -> Result<u64, TileError> {
    let mut good = 0;
    for (path, bytes) in made {
        // Those of level 0 were compared with the entries already.
        if path.kind != TileKind::Hashes(0) {
            let found = read(&path).ok_or(TileError::Missing { path })?;
            if found != bytes {
                return Err(TileError::TileDiffers { path });
            }
        }
        good += 1;
    }
    Ok(good)
}

/// Why a path, a file or a set of files is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TileError {
    /// Not the path of a file of the set.
    #[error("`{found}` is not the path of a tile; write tile/LEVEL/N, as in tile/0/x001/234.p/5")]
    BadPath {
        /// The text, shortened and without control characters.
        found: String,
    },
    /// No entries, or too many for one file.
    #[error("{found} entries do not fit one bundle; put 1 to 256 in each")]
    BadCount {
        /// How many.
        found: usize,
    },
    /// An entry that the length of two bytes cannot say.
    #[error("the entry has {found} bytes; at most {BUNDLED_ENTRY_BYTES_MAX} fit a bundle")]
    EntryTooLong {
        /// How many bytes.
        found: usize,
    },
    /// Bytes that are not so many entries.
    #[error("it holds {found} whole entries and should hold {wanted} and no more")]
    BadBundle {
        /// How many were read.
        found: usize,
        /// How many there should be.
        wanted: u16,
    },
    /// A file of entries that is refused.
    #[error("{path} is damaged: {error}")]
    Bundle {
        /// Which file.
        path: TilePath,
        /// What is wrong with it.
        error: Box<TileError>,
    },
    /// A file that is not there.
    #[error("{path} is missing; ask for the whole set again")]
    Missing {
        /// Which file.
        path: TilePath,
    },
    /// A file of hashes with another length.
    #[error("{path} has {found} bytes, not {}; ask for it again", .path.bytes_max())]
    BadLength {
        /// Which file.
        path: TilePath,
        /// How many bytes.
        found: usize,
    },
    /// An entry whose hash is not in the file of hashes.
    #[error("entry {index} is not what its leaf hash says; entry or hash was altered")]
    EntryDiffers {
        /// The place of the entry, from 0.
        index: u64,
    },
    /// A file of hashes that does not follow from the level below.
    #[error("{path} does not follow from the level below it; it was altered")]
    TileDiffers {
        /// Which file.
        path: TilePath,
    },
    /// A partial file of a smaller size that says otherwise than the one in its place now.
    #[error("{path} is not the beginning of the file in its place now; it is of another tree")]
    OlderDiffers {
        /// Which file.
        path: TilePath,
    },
    /// All files fit one another, and not the root.
    #[error("the {size} entries do not have the root that was signed; the set is of another tree")]
    WrongRoot {
        /// How many entries.
        size: u64,
    },
}

#[cfg(test)]
mod tests;

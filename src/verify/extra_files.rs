//! Files in a folder of tiles that its head does not ask for. Partial files of smaller sizes may stay
//! (C2SP `tlog-tiles`), and must then be the beginning of what took their place; nothing can be said
//! of others.

use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};

use super::manifest::{CHECKPOINT, read_at_most};
use crate::ledger::TilePath;
use crate::ledger::tiles::{TileError, check_older};

/// Deeper than the path of any tile.
const DEPTH_MAX: usize = 12;

/// How many files there are beside those of the tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strays {
    /// Partial files of smaller sizes, each the beginning of the one that took its place.
    pub older: u64,
    /// All others: tiles of a larger tree, and files that are no tiles. They were not checked.
    pub unchecked: u64,
}

/// Why they could not be looked at, or what is wrong with them.
#[derive(Debug, thiserror::Error)]
pub enum StrayError {
    /// A partial file of a smaller size that does not fit.
    #[error(transparent)]
    Tile(#[from] TileError),
    /// A file or folder that cannot be read.
    #[error("{path} cannot be read")]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Looks at the files of a folder that a tree of `size` entries does not have. That those of the
/// tree are good is for the caller to check first.
///
/// # Errors
/// [`StrayError`], for the first by name.
pub fn strays(folder: &Path, size: u64) -> Result<Strays, StrayError> {
    let mut found = Strays::default();
    let mut waiting = vec![String::new()];
    while let Some(inside) = waiting.pop() {
        for (name, kind) in names(folder, &inside)? {
            let depth = name.split('/').count();
            let in_tree = name == "tile" || name.starts_with("tile/");
            if kind.is_dir() && in_tree && depth < DEPTH_MAX {
                waiting.push(name);
            } else if name != CHECKPOINT {
                look(folder, &name, kind.is_file(), size, &mut found)?;
            }
        }
    }
    Ok(found)
}

/// What is in a folder, sorted by name. A link is a link, whatever it points at.
fn names(folder: &Path, inside: &str) -> Result<Vec<(String, FileType)>, StrayError> {
    let path = folder.join(inside);
    let failed = |source| StrayError::Io { path: path.clone(), source };
    let mut names = Vec::new();
    for entry in fs::read_dir(&path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let part = entry.file_name().to_string_lossy().into_owned();
        let name = if inside.is_empty() { part } else { format!("{inside}/{part}") };
        names.push((name, entry.file_type().map_err(failed)?));
    }
    names.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    Ok(names)
}

fn look(
    folder: &Path,
    name: &str,
    plain: bool,
    size: u64,
    found: &mut Strays,
) -> Result<(), StrayError> {
    let path = TilePath::parse(name).ok();
    let Some((path, now)) = path.and_then(|path| Some((path, path.at_size(size)?))) else {
        found.unchecked += 1;
        return Ok(());
    };
    if path == now {
        return Ok(());
    }
    // A pipe would never end.
    if path.width() > now.width() || !plain {
        found.unchecked += 1;
        return Ok(());
    }
    let read = |path: &TilePath| {
        let file = folder.join(path.to_string());
        let most = u64::try_from(path.bytes_max()).unwrap_or(u64::MAX);
        read_at_most(&file, most.saturating_add(1))
            .map_err(|why| StrayError::Io { path: file, source: io::Error::other(why) })
    };
    check_older(&path, &read(&path)?, &read(&now)?)?;
    found.older += 1;
    Ok(())
}

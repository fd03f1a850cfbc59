//! A new ledger is made out of sight, and gets its name when it holds all that it begins with. A stop
//! at any moment leaves no ledger of that name or a whole one.

use std::fs;
use std::io;
use std::path::Path;

use super::files::{beside, resolve};
use super::{Store, StoreError};
use crate::durable::{self, Access, AsideFolder};

/// What belongs to a ledger and would be taken for that of a new one: a log or a head left by
/// another ledger, as much as the ledger itself.
const BELONGINGS: [&str; 5] = ["", "-wal", "-journal", "-shm", ".head"];

/// Checks that a ledger may be made under this name.
///
/// # Errors
/// [`StoreError::Exists`] with what is in the way.
pub fn require_vacant(path: &Path) -> Result<(), StoreError> {
    for suffix in BELONGINGS {
        let path = beside(path, suffix);
        if path.symlink_metadata().is_ok() {
            // What its maker left who was killed at the very end.
            durable::sweep(durable::folder_of(&path));
            return Err(StoreError::Exists { path });
        }
    }
    Ok(())
}

impl Store {
    /// Makes a ledger at `path` by way of `build`, which is told where to make it for now, and has
    /// closed it when it returns. Missing folders are made.
    ///
    /// # Errors
    /// Those of `build`; [`StoreError::Exists`], and others.
    pub fn found<T, E: From<StoreError>>(
        path: &Path,
        build: impl FnOnce(&Path) -> Result<T, E>,
    ) -> Result<T, E> {
        require_vacant(path)?;
        let Some(name) = path.file_name() else {
            return Err(StoreError::Directory { path: path.into() }.into());
        };
        let folder = durable::folder_of(path);
        let aside = AsideFolder::new(folder, Access::Owner)
            .map_err(|source| StoreError::io(folder, source))?;
        let made = resolve(aside.path())?.join(name);
        let outcome = build(&made)?;
        give_name(&made, path)?;
        Ok(outcome)
    }
}

fn give_name(made: &Path, path: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::io(path, source);
    let log = fs::metadata(beside(made, "-wal"));
    if log.is_ok_and(|log| log.len() > 0) {
        return Err(StoreError::NotClosed { path: path.into() });
    }
    let (head, head_name) = (beside(made, ".head"), beside(path, ".head"));
    durable::sync_file(made).map_err(failed)?;
    durable::sync_file(&head).map_err(failed)?;
    // The ledger first: without its head it is whole, and the next writer makes that anew. A head
    // without its ledger would be in the way.
    durable::rename_new(made, path).map_err(failed)?;
    match durable::rename_new(&head, &head_name) {
        // Somebody wrote to the ledger already, and made it.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        renamed => renamed.map_err(failed)?,
    }
    durable::sync_folder(durable::folder_of(path)).map_err(failed)
}

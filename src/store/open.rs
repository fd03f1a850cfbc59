//! Creating and opening a ledger file.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::copy::committed;
use super::files::{Stamp, has_log, is_alone, locate, refuse_second_name, resolve};
use super::found::require_vacant;
use super::place::Place;
use super::probe::{connect, require_ledger, standing_log, with_its_log};
use super::settings::make_durable;
use super::{Guard, Mode, Store, StoreError, guard, place, schema};

/// The oldest SQLite that is safe to write with: before it, two connections that write and
/// checkpoint at once can lose recorded entries (<https://www.sqlite.org/wal.html>, section 11).
const SQLITE_MIN: i32 = 3_051_003;

impl Store {
    /// Creates an empty ledger and opens it for writing.
    ///
    /// The file appears whole or not at all.
    ///
    /// # Errors
    /// [`StoreError::Exists`] where the path, or a file that belongs to a ledger of that name, is
    /// there already; [`StoreError::Missing`] where the folder is not;
    /// [`StoreError::NetworkFolder`] and others.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        require_sqlite(rusqlite::version_number())?;
        let path = path.as_ref();
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(StoreError::Directory { path: path.into() });
        };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let path = resolve(folder)?.join(name);
        require_vacant(&path)?;
        refuse_network(&path)?;
        write_new(&path)?;
        Self::open(&path, Mode::Write)
    }

    /// Opens a ledger that exists.
    ///
    /// # Errors
    /// One variant of [`StoreError`] for each thing that may be wrong with the file, its tables,
    /// its folder, or the head beside it.
    pub fn open(path: impl AsRef<Path>, mode: Mode) -> Result<Self, StoreError> {
        require_sqlite(rusqlite::version_number())?;
        let path = locate(path.as_ref())?;
        let opened = match mode {
            Mode::Read => Self::open_to_read(path.clone()),
            Mode::Write => Self::open_to_write(path.clone()).map_err(StoreError::about_writing),
        };
        opened.map_err(|error| with_its_log(&path, error))
    }

    /// Opens another reader of the same file, for another thread.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn beside(&self) -> Result<Self, StoreError> {
        let file = (self.file.clone(), self.copy.clone());
        Self::reader(self.path.clone(), file, self.still.clone())
    }

    fn open_to_read(path: PathBuf) -> Result<Self, StoreError> {
        let in_place = standing_log(&path).and_then(|standing| {
            let still = if standing { Some(Stamp::of(&path)?) } else { None };
            Self::reader(path.clone(), (path.clone(), None), still)
        });
        match in_place {
            // The index of the log has no room, and nothing is in the log: all is in the file.
            Err(StoreError::Full { .. }) if is_alone(&path) => {
                let still = Some(Stamp::of(&path)?);
                Self::reader(path.clone(), (path, None), still)
            }
            Err(StoreError::NotClosed { .. } | StoreError::Full { .. }) => {
                Self::reader_of_copy(path)
            }
            other => other,
        }
    }

    fn reader_of_copy(path: PathBuf) -> Result<Self, StoreError> {
        let (folder, copy) = committed(&path)?;
        Self::reader(path, (copy, Some(Arc::new(folder))), None)
    }

    fn reader(
        path: PathBuf,
        (file, copy): (PathBuf, Option<Arc<TempDir>>),
        still: Option<Stamp>,
    ) -> Result<Self, StoreError> {
        // `immutable` reads without locks and without side files; `Store::read` checks that the
        // file did stand still.
        let extra = still.as_ref().map(|_| "immutable=1");
        let conn = connect(&file, OpenFlags::SQLITE_OPEN_READ_ONLY, extra)?;
        require_ledger(&conn, &path, &file)?;
        Ok(Self {
            conn,
            path,
            file,
            copy,
            mode: Mode::Read,
            still,
            chosen: Cell::new(false),
            found_log: Cell::new(false),
        })
    }

    /// Changes nothing before everything has been checked.
    fn open_to_write(path: PathBuf) -> Result<Self, StoreError> {
        refuse_network(&path)?;
        refuse_second_name(&path)?;
        let found_log = Cell::new(has_log(&path));
        let conn = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE, None)?;
        // SQLite opens a file that it may not write for reading, without a word.
        if conn.is_readonly("main").map_err(|error| StoreError::of(&path, error))? {
            return Err(StoreError::NotWritable { path });
        }
        // The journal and the head are made beside it; better to know before anything is signed.
        let folder = path.parent().unwrap_or(&path);
        tempfile::tempfile_in(folder).map_err(|source| StoreError::folder(&path, source))?;
        require_ledger(&conn, &path, &path)?;
        let (file, copy, still) = (path.clone(), None, None);
        let (mode, chosen) = (Mode::Write, Cell::new(false));
        let store = Self { conn, path, file, copy, mode, still, chosen, found_log };
        store.leave_log_to_us(store.found_log.get())?;
        let guard = store.refuse_if_replaced(&store.conn)?;
        make_durable(&store.conn, &store.path)?;
        if let Guard::FileBehind { .. } = guard {
            store.renew_head_file()?;
        }
        Ok(store)
    }
}

fn require_sqlite(number: i32) -> Result<(), StoreError> {
    if number >= SQLITE_MIN {
        return Ok(());
    }
    let (major, minor, patch) = (number / 1_000_000, number / 1_000 % 1_000, number % 1_000);
    Err(StoreError::SqliteTooOld { found: format!("{major}.{minor}.{patch}") })
}

fn refuse_network(path: &Path) -> Result<(), StoreError> {
    match place::of(path.parent().unwrap_or(path)) {
        Place::Network(kind) => Err(StoreError::NetworkFolder { path: path.into(), kind }),
        Place::Local | Place::Unknown => Ok(()),
    }
}

/// Builds the file under another name, then gives it its own, unless something has it by now.
fn write_new(path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(path);
    let mut builder = tempfile::Builder::new();
    // For its owner alone; the log beside it gets the same permissions.
    let file = builder.prefix(".dspt-new-").tempfile_in(folder);
    let file = file.map_err(|source| StoreError::io(folder, source))?;
    #[cfg(unix)]
    file.as_file()
        .set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .map_err(|source| StoreError::io(folder, source))?;
    let aside = file.into_temp_path();
    let build = || -> rusqlite::Result<()> {
        let mut conn = Connection::open_with_flags(&aside, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let tx = conn.transaction()?;
        schema::install(&tx)?;
        tx.commit()?;
        conn.close().map_err(|(_, error)| error)
    };
    build().map_err(|error| StoreError::of(path, error))?;
    aside.persist_noclobber(path).map_err(|error| StoreError::io(path, error.error))?;
    guard::sync_folder(path).map_err(|source| StoreError::io(folder, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_that_may_lose_entries_is_refused() {
        assert!(require_sqlite(3_051_003).is_ok());
        let refused = require_sqlite(3_051_002).unwrap_err();
        assert!(refused.to_string().contains("SQLite 3.51.2,"), "{refused}");
    }
}

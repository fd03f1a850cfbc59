//! Writing whole or not at all: aside, synchronised, renamed, and the folder synchronised.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::read::require_regular;

/// How a file or folder begins that is not whole yet. Six letters or digits follow.
const ASIDE: &str = ".dspt-";

/// What may stand between, in the names of earlier versions.
const ASIDE_KINDS: [&str; 3] = ["key-", "bundle-", "new-"];

/// How often a name is tried for which somebody else was quicker.
const TRIES_MAX: usize = 8;

/// Who may read what is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Its owner alone.
    Owner,
    /// Whoever the umask lets: it is made to be handed on.
    Umask,
}

/// Writes a file that is not there yet: whole, and on the disk when this returns. Missing folders
/// above it are made.
///
/// # Errors
/// Where there is something under that name, [`io::ErrorKind::AlreadyExists`]; and others. Nothing
/// is left behind.
pub fn write_new(path: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    let folder = begin(path, access)?;
    give_name(aside(&folder, bytes, access)?, path)?;
    sync_folder(&folder)
}

/// Writes a file in the place of the one that is there, in one step, and on the disk when this
/// returns. Where there is a link, the file that it leads to is replaced.
///
/// # Errors
/// Where there is no regular file, and others; what was there then stands.
pub fn replace(path: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    let path = &replaceable(path)?;
    let folder = begin(path, access)?;
    let file = aside(&folder, bytes, access)?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(&folder)
}

/// Says whether [`replace`] would find a place to write to, without writing anything there.
///
/// # Errors
/// As [`replace`].
pub fn require_replaceable(path: &Path) -> io::Result<()> {
    let path = &replaceable(path)?;
    let folder = begin(path, Access::Umask)?;
    aside_file(&folder, Access::Owner).map(drop)
}

/// As [`replace`], by way of a name that only one writer at a time uses; with the permissions of
/// `like`, so that who opens one file to others opens both.
///
/// # Errors
/// As [`replace`].
pub fn replace_like(path: &Path, by: &Path, like: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::remove_file(by) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(by)?;
    if cfg!(unix) {
        file.set_permissions(fs::metadata(like)?.permissions())?;
    }
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(by, path)?;
    sync_folder(folder_of(path))
}

fn replaceable(path: &Path) -> io::Result<PathBuf> {
    match fs::metadata(path) {
        Ok(found) => {
            require_regular(found.file_type())?;
            // Windows spells a resolved path in a way that not everything takes.
            let is_link = path.symlink_metadata()?.file_type().is_symlink();
            if is_link { path.canonicalize() } else { Ok(path.to_owned()) }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        Err(error) => Err(error),
    }
}

/// The folder of a file, there and swept.
fn begin(path: &Path, access: Access) -> io::Result<PathBuf> {
    let folder = folder_of(path).to_owned();
    make_folders(&folder, access)?;
    sweep(&folder);
    Ok(folder)
}

/// Many files under one folder, each written as by [`write_new`], but with the folders synchronised
/// once, by [`Batch::finish`].
#[derive(Debug)]
pub struct Batch {
    root: PathBuf,
    access: Access,
    folders: BTreeSet<PathBuf>,
}

impl Batch {
    /// Begins under a folder, which is made where it is missing.
    ///
    /// # Errors
    /// [`io::Error`].
    pub fn begin(root: &Path, access: Access) -> io::Result<Self> {
        make_folders(root, access)?;
        sweep(root);
        Ok(Self { root: root.to_owned(), access, folders: BTreeSet::from([root.to_owned()]) })
    }

    /// Writes a file below the folder.
    ///
    /// # Errors
    /// As [`write_new`].
    pub fn write_new(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let folder = folder_of(path);
        make_folders(folder, self.access)?;
        give_name(aside(&self.root, bytes, self.access)?, path)?;
        if !self.folders.contains(folder) {
            self.folders.insert(folder.to_owned());
        }
        Ok(())
    }

    /// Puts the names of all files on the disk.
    ///
    /// # Errors
    /// [`io::Error`].
    pub fn finish(self) -> io::Result<()> {
        self.folders.iter().try_for_each(|folder| sync_folder(folder))
    }
}

/// A folder that is made out of sight, and is removed when it does not get its name.
#[derive(Debug)]
pub struct AsideFolder {
    folder: tempfile::TempDir,
    /// Held as long as somebody works in it.
    lock: Option<File>,
}

impl AsideFolder {
    /// Makes one in `parent`, which is made where it is missing.
    ///
    /// # Errors
    /// [`io::Error`].
    pub fn new(parent: &Path, access: Access) -> io::Result<Self> {
        make_folders(parent, Access::Umask)?;
        sweep(parent);
        let mut builder = tempfile::Builder::new();
        builder.prefix(ASIDE);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(access.folder_mode()));
        for _ in 0..TRIES_MAX {
            let folder = builder.tempdir_in(parent)?;
            // Only Unix opens folders.
            let lock = if cfg!(unix) { Some(File::open(folder.path())?) } else { None };
            if lock.as_ref().is_none_or(|lock| hold(lock, folder.path())) {
                return Ok(Self { folder, lock });
            }
        }
        Err(taken())
    }

    /// Where it is for now.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Synchronises all that is in it and gives it its name.
    ///
    /// # Errors
    /// Where there is something under that name, and others; nothing is left behind.
    pub fn publish(self, name: &Path) -> io::Result<()> {
        sync_tree(self.path())?;
        rename_new(self.path(), name)?;
        let Self { folder, lock } = self;
        // What was made has another name now, and stays.
        let _ = folder.keep();
        drop(lock);
        sync_folder(folder_of(name))
    }
}

/// Makes a folder and those above it, and puts their names on the disk.
///
/// # Errors
/// [`io::Error`].
pub fn make_folders(folder: &Path, access: Access) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder_of(folder);
    make_folders(parent, access)?;
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, access.folder_mode());
    match builder.create(folder) {
        Err(_) if folder.is_dir() => Ok(()),
        // A file has the name: that is no file that was there already, but no folder.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(io::ErrorKind::NotADirectory.into())
        }
        made => made.and_then(|()| sync_folder(parent)),
    }
}

/// Renames a file or folder, unless there is something under the new name.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`], and others.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // Not every file system can.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            renamed => return renamed.map_err(io::Error::from),
        }
    }
    if to.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(from, to)
}

/// Puts the bytes of a file that is whole on the disk.
///
/// # Errors
/// [`io::Error`].
pub fn sync_file(path: &Path) -> io::Result<()> {
    // Windows synchronises only what may be written.
    let file = if cfg!(unix) { File::open(path) } else { File::options().write(true).open(path) };
    file?.sync_all()
}

/// Puts the names in a folder on the disk. Only Unix lets a folder be synchronised.
///
/// # Errors
/// [`io::Error`].
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn sync_tree(folder: &Path) -> io::Result<()> {
    for item in fs::read_dir(folder)? {
        let item = item?;
        if item.file_type()?.is_dir() {
            sync_tree(&item.path())?;
        } else {
            sync_file(&item.path())?;
        }
    }
    sync_folder(folder)
}

/// Removes what writers who were killed left in a folder: what bears a name of ours and is locked
/// by nobody. Where it cannot be removed it does no harm.
pub fn sweep(folder: &Path) {
    // Without locks nobody knows what is still in use.
    if !cfg!(unix) {
        return;
    }
    for item in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(kind) = item.file_type() else { continue };
        let ours = item.file_name().to_str().is_some_and(is_aside);
        if !ours || !(kind.is_file() || kind.is_dir()) {
            continue;
        }
        let path = item.path();
        let free = File::open(&path).is_ok_and(|file| file.try_lock().is_ok());
        let _ = match (free, kind.is_dir()) {
            (false, _) => Ok(()),
            (true, true) => fs::remove_dir_all(&path),
            (true, false) => fs::remove_file(&path),
        };
    }
}

/// Says whether a name is one that this program gives to what is not whole yet.
fn is_aside(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(ASIDE) else { return false };
    let rest = ASIDE_KINDS.iter().find_map(|kind| rest.strip_prefix(kind)).unwrap_or(rest);
    rest.len() == 6 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The folder of a path; of a bare name, the one where the program runs.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    }
}

/// The bytes on the disk under a name that nobody looks for.
fn aside(folder: &Path, bytes: &[u8], access: Access) -> io::Result<NamedTempFile> {
    let mut file = aside_file(folder, access)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn aside_file(folder: &Path, access: Access) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(ASIDE);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(access.file_mode()));
    for _ in 0..TRIES_MAX {
        let file = builder.tempfile_in(folder)?;
        #[cfg(unix)]
        if access == Access::Owner {
            // Whatever the umask took away.
            let mode = std::os::unix::fs::PermissionsExt::from_mode(access.file_mode());
            file.as_file().set_permissions(mode)?;
        }
        if !cfg!(unix) || hold(file.as_file(), file.path()) {
            return Ok(file);
        }
    }
    Err(taken())
}

/// Locks what was just made; not where somebody swept it before it was locked.
fn hold(file: &File, path: &Path) -> bool {
    match file.try_lock() {
        Ok(()) => path.symlink_metadata().is_ok(),
        Err(TryLockError::WouldBlock) => false,
        // Where nothing can be locked, nothing is swept.
        Err(TryLockError::Error(_)) => true,
    }
}

fn taken() -> io::Error {
    io::Error::other("what was begun was removed by another program, again and again")
}

fn give_name(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.persist_noclobber(path).map(drop).map_err(|error| error.error)
}

#[cfg(unix)]
impl Access {
    const fn file_mode(self) -> u32 {
        match self {
            Self::Owner => 0o600,
            Self::Umask => 0o666,
        }
    }

    const fn folder_mode(self) -> u32 {
        match self {
            Self::Owner => 0o700,
            Self::Umask => 0o777,
        }
    }
}

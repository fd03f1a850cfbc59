//! Reading within bounds: nothing out of a file is followed before it is known to fit, and only
//! regular files are read.

use std::fs::{self, File, FileType};
use std::io::{self, Read as _};
use std::path::Path;

/// How much of a file is in memory when it is read piece by piece.
const BLOCK_BYTES: usize = 64 * 1024;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is none.
    #[error("there is no such file")]
    Missing,
    /// A folder, pipe, socket or device.
    #[error("it is {0}, not a regular file")]
    NotRegular(&'static str),
    /// Longer than any good one.
    #[error("it has more than {most} bytes")]
    TooLong {
        /// The most that is read.
        most: u64,
    },
    /// The system refused; nothing is known about the file.
    #[error("{0}")]
    Io(io::Error),
}

impl ReadError {
    /// Says whether nothing was learnt about the file: the system would not let it be read.
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::Io(_))
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        let missing = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];
        if missing.contains(&error.kind()) { Self::Missing } else { Self::Io(error) }
    }
}

impl From<ReadError> for io::Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Missing => Self::new(io::ErrorKind::NotFound, error),
            ReadError::NotRegular(_) => Self::new(io::ErrorKind::InvalidInput, error),
            ReadError::TooLong { .. } => Self::new(io::ErrorKind::FileTooLarge, error),
            ReadError::Io(error) => error,
        }
    }
}

/// Opens a regular file for reading. Anything else is refused at once: a pipe or device is not even
/// opened, and one that takes the file's place meanwhile is not waited for.
///
/// # Errors
/// [`ReadError`].
pub fn open_regular(path: &Path) -> Result<File, ReadError> {
    require_regular(fs::metadata(path)?.file_type())?;
    let file = open_at_once(path)?;
    require_regular(file.metadata()?.file_type())?;
    Ok(file)
}

/// As [`open_regular`], and takes a pipe as well, as a shell gives one for what a command prints. A
/// pipe that nobody writes to is at its end at once.
///
/// # Errors
/// [`ReadError`].
pub fn open_regular_or_pipe(path: &Path) -> Result<File, ReadError> {
    let kind = fs::metadata(path)?.file_type();
    if !is_pipe(kind) {
        require_regular(kind)?;
    }
    let file = open_at_once(path)?;
    let kind = file.metadata()?.file_type();
    if is_pipe(kind) {
        wait_when_read(&file)?;
        return Ok(file);
    }
    // Read without waiting: some files under /proc have nothing to give until something happens.
    require_regular(kind)?;
    Ok(file)
}

#[cfg(unix)]
fn is_pipe(kind: FileType) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&kind)
}

#[cfg(not(unix))]
fn is_pipe(_kind: FileType) -> bool {
    false
}

#[cfg(unix)]
fn wait_when_read(file: &File) -> io::Result<()> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    let flags = fcntl_getfl(file)?;
    Ok(fcntl_setfl(file, flags.difference(OFlags::NONBLOCK))?)
}

#[cfg(not(unix))]
fn wait_when_read(_file: &File) -> io::Result<()> {
    Ok(())
}

/// Reads a file that must not be longer than `most` bytes; a longer one is refused unread.
///
/// # Errors
/// [`ReadError`].
pub fn read_at_most(path: &Path, most: u64) -> Result<Vec<u8>, ReadError> {
    let file = open_regular(path)?;
    // Some files, as those under /proc, do not know their length.
    if file.metadata()?.len() > most {
        return Err(ReadError::TooLong { most });
    }
    let bytes = first_bytes(file, most.saturating_add(1))?;
    if bytes.len() as u64 > most { Err(ReadError::TooLong { most }) } else { Ok(bytes) }
}

/// As [`read_at_most`]; nothing where there is no file.
///
/// # Errors
/// [`ReadError`].
pub fn read_if_there(path: &Path, most: u64) -> Result<Option<Vec<u8>>, ReadError> {
    match read_at_most(path, most) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(ReadError::Missing) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads the first `most` bytes of a file, and one more where it has more.
///
/// # Errors
/// [`ReadError`].
pub fn read_start(path: &Path, most: u64) -> Result<Vec<u8>, ReadError> {
    Ok(first_bytes(open_regular(path)?, most.saturating_add(1))?)
}

/// Hands a file over piece by piece, and returns how many bytes it has. One that is longer than
/// `most` bytes is refused, unread where it knows its length.
///
/// # Errors
/// [`ReadError`].
pub fn read_blocks(path: &Path, most: u64, mut each: impl FnMut(&[u8])) -> Result<u64, ReadError> {
    let mut file = open_regular(path)?;
    if file.metadata()?.len() > most {
        return Err(ReadError::TooLong { most });
    }
    let (mut block, mut bytes) = (vec![0; BLOCK_BYTES], 0_u64);
    loop {
        match file.read(&mut block) {
            Ok(0) => return Ok(bytes),
            Ok(count) => {
                each(block.get(..count).unwrap_or_default());
                bytes = bytes.saturating_add(count as u64);
                if bytes > most {
                    return Err(ReadError::TooLong { most });
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn first_bytes(file: File, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub(super) fn require_regular(kind: FileType) -> Result<(), ReadError> {
    match other_kind(kind) {
        None => Ok(()),
        Some(found) => Err(ReadError::NotRegular(found)),
    }
}

/// What it is where it is no regular file; a link is nothing else.
fn other_kind(kind: FileType) -> Option<&'static str> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if kind.is_fifo() {
            return Some("a pipe");
        }
        if kind.is_socket() {
            return Some("a socket");
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Some("a device");
        }
    }
    match (kind.is_dir(), kind.is_file()) {
        (true, _) => Some("a folder"),
        (_, true) => None,
        _ => Some("something else"),
    }
}

#[cfg(unix)]
fn open_at_once(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    match File::options().read(true).custom_flags(flags).open(path) {
        // A regular file that somebody holds a lease on: that one is worth the wait.
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => File::open(path),
        opened => opened,
    }
}

#[cfg(not(unix))]
fn open_at_once(path: &Path) -> io::Result<File> {
    File::open(path)
}

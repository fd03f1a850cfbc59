//! What can go wrong with a ledger file: one variant for each thing that a caller may do about it.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use rusqlite::ffi;

/// A ledger file that cannot be made, opened, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such file, or no such folder to make it in.
    #[error("there is nothing at {path}; check the path, or make a ledger with `dspt init`")]
    Missing {
        /// The path that was asked for.
        path: PathBuf,
    },
    /// A new ledger would overwrite something, or be mixed up with the remains of another.
    #[error("{path} exists already and is never overwritten; give another path")]
    Exists {
        /// The file that is in the way.
        path: PathBuf,
    },
    /// The path names a folder.
    #[error("{path} is a folder without a ledger.dspt; give the path of the ledger file")]
    Directory {
        /// The path that was asked for.
        path: PathBuf,
    },
    /// The file is something else than a ledger.
    #[error("{path} is not a ledger: it is {found}; check the path")]
    NotALedger {
        /// The path that was asked for.
        path: PathBuf,
        /// What the file seems to be.
        found: String,
    },
    /// A newer program wrote the file.
    #[error(
        "{path} has ledger format {found}, and this program knows formats up to {known}; \
         open it with a newer release"
    )]
    NewerFormat {
        /// The path that was asked for.
        path: PathBuf,
        /// The format in the file.
        found: i64,
        /// The newest format of this program.
        known: i64,
    },
    /// Somebody else is writing, and does not finish.
    #[error("{path} is being written by someone else; try again")]
    Locked {
        /// The ledger file.
        path: PathBuf,
    },
    /// Somebody reads without an end, which keeps the file from being written.
    #[error(
        "{path} is held by another program that reads it, which keeps it from being written; close \
         that program, or try again"
    )]
    BeingRead {
        /// The ledger file.
        path: PathBuf,
    },
    /// A commit failed, and so did what would have shown whether it took effect.
    #[error(
        "whether the entries were recorded in {path} cannot be said; when the disk works again, look \
         with `dspt log`; recording the same again says so if it was"
    )]
    Unsure {
        /// The ledger file.
        path: PathBuf,
        /// Why the commit failed.
        source: Box<StoreError>,
    },
    /// The file is shorter than it says it is.
    #[error("{path} was cut short: {detail}; restore it from a backup")]
    Truncated {
        /// The ledger file.
        path: PathBuf,
        /// The sizes that do not agree.
        detail: String,
    },
    /// The file is not intact.
    #[error("{path} is damaged: {detail}; restore it from a backup")]
    Damaged {
        /// The ledger file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// The tables are not those that this program writes.
    #[error(
        "{path} was changed by another program: {detail}; \
         restore it from a backup"
    )]
    UnknownSchema {
        /// The ledger file.
        path: PathBuf,
        /// The first difference.
        detail: String,
    },
    /// The file cannot be read by this user.
    #[error("{path} cannot be opened; check that you may read the file and its folder")]
    NotReadable {
        /// The ledger file.
        path: PathBuf,
    },
    /// The file or its folder cannot be written by this user.
    #[error("{path} cannot be written; check that you may write to the file and its folder")]
    NotWritable {
        /// The ledger file.
        path: PathBuf,
    },
    /// The ledger was opened for reading.
    #[error("{path} was opened for reading only; open it for writing")]
    ReadOnly {
        /// The ledger file.
        path: PathBuf,
    },
    /// The folder is on a network file system whose locks cannot be relied on.
    #[error(
        "{path} is on a network file system ({kind}), where two writers can destroy a ledger; \
         move it to a local disk, or read it only"
    )]
    NetworkFolder {
        /// The ledger file.
        path: PathBuf,
        /// The name of the file system.
        kind: String,
    },
    /// The linked SQLite may lose entries.
    #[error(
        "this program is linked with SQLite {found}, which can lose recorded entries; \
         use a release with SQLite 3.51.3 or later"
    )]
    SqliteTooOld {
        /// The linked release.
        found: String,
    },
    /// A setting did not take.
    #[error("SQLite kept `{name}` at {found} for {path}; use an official release of this program")]
    Setting {
        /// The ledger file.
        path: PathBuf,
        /// The setting.
        name: &'static str,
        /// The value that was read back.
        found: String,
    },
    /// The last writer stopped in the middle, and this reader cannot go on where it is.
    #[error("the writer of {path} stopped in the middle while it was being read; read it again")]
    NotClosed {
        /// The ledger file.
        path: PathBuf,
    },
    /// The last writer stopped in the middle, and the ledger could not be copied to be read.
    #[error(
        "{path} was left open by its last writer, and could not be copied to {folder} to be read; \
         make room there, or set TMPDIR to another folder; the next recording mends it as well"
    )]
    NotCopied {
        /// The ledger file.
        path: PathBuf,
        /// The folder for temporary files.
        folder: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The log beside the file is of another state of it, most likely because a backup was put back.
    #[error(
        "{path} is whole by itself, with {entries} entries, but not together with the log beside \
         it, {log}, which is of another copy of the ledger. Was a backup put back here? Then move \
         the files whose names end in -wal and -shm away, and keep them: entries that the backup \
         has not may be in there. If not, restore the ledger from a backup"
    )]
    OtherLog {
        /// The ledger file.
        path: PathBuf,
        /// The log beside it.
        log: PathBuf,
        /// The entries in the file alone.
        entries: u64,
    },
    /// The file has more than one name.
    #[error(
        "{path} has {names} names (hard links), and its log and its head lie beside one of them: \
         nothing was written; find the others with `find / -samefile {path}` and remove them, or \
         make them copies"
    )]
    Linked {
        /// The ledger file.
        path: PathBuf,
        /// How many names.
        names: u64,
    },
    /// Something else than a file lies beside the ledger under a name that belongs to it.
    #[error("{path} is a device or a pipe, and only a file can be there; move it away")]
    Odd {
        /// What lies there.
        path: PathBuf,
    },
    /// Someone wrote to a file that stood still when it was opened.
    #[error("{path} changed while it was being read; open it again")]
    Changed {
        /// The ledger file.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("the disk has no room left to write {path}; free some space")]
    Full {
        /// The ledger file.
        path: PathBuf,
    },
    /// SQLite gave up the whole append after an earlier error in it.
    #[error(
        "the append to {path} was given up after an earlier error; nothing was written; begin again"
    )]
    GivenUp {
        /// The ledger file.
        path: PathBuf,
    },
    /// The ledger grew since the caller looked.
    #[error("the ledger has {found} entries and not {expected}; sign again on top of them")]
    Conflict {
        /// The size that the caller built on.
        expected: u64,
        /// The size now.
        found: u64,
    },
    /// An entry was given another place than the next one.
    #[error("the next entry has number {expected} and not {found}; sign it again for that place")]
    OutOfOrder {
        /// The next place.
        expected: u64,
        /// The place that was given.
        found: u64,
    },
    /// Another entry has this id.
    #[error("entry {seq} has this id already; give the new entry an id of its own")]
    IdUsed {
        /// The entry that has it.
        seq: u64,
    },
    /// Other bytes are kept under this digest.
    #[error("other content is kept under {digest}; check the ledger with `dspt verify`")]
    ContentDiffers {
        /// The digest, in hexadecimal.
        digest: String,
    },
    /// A signed head does not state the size it is given for.
    #[error("the signed head is for size {expected}, but its second line says {found}; sign again")]
    HeadSize {
        /// The size it was given for.
        expected: u64,
        /// The second line of the note.
        found: String,
    },
    /// Entries would be left without a signed head over them.
    #[error("the ledger would have {size} entries under a head of {head}; sign a head first")]
    NoHead {
        /// Entries.
        size: u64,
        /// The newest head.
        head: u64,
    },
    /// A row breaks a rule of the tables.
    #[error("the ledger refused the row: {reason}; nothing was written")]
    Refused {
        /// The rule, in the words of the tables.
        reason: String,
    },
    /// The ledger is older than the head that was kept beside it.
    #[error(
        "{path} has {ledger} entries under a signed head, but {file} were signed before: an older \
         copy was put in its place; bring back the newer file. If those entries are lost for ever, \
         move the `.head` file away and tell everybody who keeps a head: the next one that is \
         signed will contradict theirs"
    )]
    RolledBack {
        /// The ledger file.
        path: PathBuf,
        /// The size of the newest head in the ledger.
        ledger: u64,
        /// The size of the head beside it.
        file: u64,
    },
    /// The ledger and the head beside it do not tell the same history.
    #[error(
        "{path} does not hold the head of size {size} that is kept beside it: one of the two was \
         changed or replaced; bring back the right file, and keep both for the auditor; where two \
         histories were signed, `dspt fork --with {path}.head --out DIR` writes out the proof"
    )]
    HeadDiffers {
        /// The ledger file.
        path: PathBuf,
        /// The size of the head beside the ledger.
        size: u64,
    },
    /// The head kept beside the ledger is not a signed head.
    #[error("{path} is not a signed head; restore it, or move it away if it cannot be restored")]
    HeadUnreadable {
        /// The head file.
        path: PathBuf,
    },
    /// The entries are recorded, but the head beside the ledger could not be written.
    #[error(
        "the entries are recorded, but {path} could not be written; do not record them again; \
         the next write renews it"
    )]
    HeadFile {
        /// The head file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The path cannot be given to SQLite.
    #[error("{path} has characters that cannot be used here; choose another name")]
    BadPath {
        /// The path.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("{path} could not be used; check the disk and the folder")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// SQLite refused for a reason without a name of its own.
    #[error("{path} could not be used; check the disk and the file")]
    Sqlite {
        /// The ledger file.
        path: PathBuf,
        /// The cause.
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// Names an error of SQLite.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the cases of another crate; those without a name of ours fall to the last arm"
    )]
    pub(super) fn of(path: &Path, error: rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        let rusqlite::Error::SqliteFailure(failure, ref text) = error else {
            return Self::of_value(path, error);
        };
        let reason = text.clone().unwrap_or_else(|| failure.to_string());
        match failure.code {
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::FileLockingProtocolFailed => Self::Locked { path },
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                Self::Damaged { path, detail: reason }
            }
            ErrorCode::DiskFull => Self::Full { path },
            // The index of a log is claimed by writing to it, and that fails for want of room.
            _ if failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE => Self::Full { path },
            ErrorCode::ConstraintViolation | ErrorCode::TooBig => Self::Refused { reason },
            ErrorCode::ReadOnly if failure.extended_code == ffi::SQLITE_READONLY => {
                Self::NotWritable { path }
            }
            // What is left of "read only": a journal beside the file that wants recovering.
            ErrorCode::ReadOnly => Self::NotClosed { path },
            ErrorCode::CannotOpen | ErrorCode::PermissionDenied => Self::NotReadable { path },
            _ => Self::Sqlite { path, source: error },
        }
    }

    /// In an attempt to write, a file that cannot be opened is one that cannot be made.
    pub(super) fn about_writing(self) -> Self {
        if let Self::NotReadable { path } | Self::NotClosed { path } = self {
            return Self::NotWritable { path };
        }
        self
    }

    /// The folder of the ledger at `path`, which is there, cannot be used.
    pub(super) fn folder(path: &Path, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::NotFound {
            return Self::NotWritable { path: path.to_path_buf() };
        }
        Self::io(path, source)
    }

    /// Names an error about a value: a file that other hands wrote may hold any row.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the cases of another crate; those without a name of ours fall to the last arm"
    )]
    fn of_value(path: PathBuf, error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..) => {
                Self::Damaged { path, detail: error.to_string() }
            }
            rusqlite::Error::InvalidPath(_) | rusqlite::Error::NulError(_) => {
                Self::BadPath { path }
            }
            other => Self::Sqlite { path, source: other },
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the cases of another crate; those without a name of ours fall to the last arm"
    )]
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { path },
            io::ErrorKind::AlreadyExists => Self::Exists { path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::NotWritable { path }
            }
            _ => Self::Io { path, source },
        }
    }
}

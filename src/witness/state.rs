//! The folder of a witness. `witness.vkey` names it, `logs` lists the logs that it follows, and
//! `latest/HEX` holds the last checkpoint that it cosigned of each, by the SHA-256 of the origin.
//! Each file is written aside, synchronised and renamed; a missing one is damage, and never a
//! beginning.

use std::fmt::Display;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::WitnessError;
use crate::durable::{self, Access, ReadError};
use crate::ledger::checkpoint::check_origin;
use crate::ledger::note::NOTE_BYTES_MAX;
use crate::ledger::{Digest, Head, Vkey, WitnessKey, cosignature};

/// What `latest/HEX` says until something is cosigned.
const NOTHING: &[u8] = b"nothing cosigned yet\n";

/// How a file began that was not whole yet, in earlier versions.
const ASIDE: &str = ".new-";

/// How long is waited for the lock, and how often it is tried.
const LOCK_WAIT: Duration = Duration::from_secs(5);
const LOCK_STEP: Duration = Duration::from_millis(5);

/// A log that the witness follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// The first line of its checkpoints.
    pub origin: String,
    /// Its key.
    pub vkey: Vkey,
}

/// What is remembered of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Latest {
    /// Nothing was cosigned yet.
    Nothing,
    /// The last head cosigned, and its note with the lines of the log and of this witness.
    Head(Head, Vec<u8>),
}

/// The folder of a witness.
#[derive(Clone, Debug)]
pub struct State {
    folder: PathBuf,
}

/// The lock, held until it is dropped.
#[derive(Debug)]
pub struct Guard {
    _file: File,
}

impl State {
    /// Checks that a folder may become that of a new witness: there is nothing of one in it, or what
    /// was left where the making of one was interrupted.
    ///
    /// # Errors
    /// [`WitnessError::Exists`]; [`WitnessError::Damaged`] where a witness has worked there.
    pub fn require_new(folder: &Path) -> Result<(), WitnessError> {
        let state = Self { folder: folder.to_owned() };
        if state.key_path().symlink_metadata().is_ok() {
            return Err(WitnessError::Exists { path: folder.to_owned() });
        }
        let logs = state.logs_path();
        let logs = durable::read_if_there(&logs, 0).map(|_| true).or_else(|error| match error {
            ReadError::TooLong { .. } => Ok(false),
            ReadError::Missing => Ok(true),
            ReadError::NotRegular(_) | ReadError::Io(_) => Err(io_error(&logs, error.into())),
        })?;
        let latest = fs::read_dir(folder.join("latest")).into_iter().flatten().flatten();
        let mut cosigned = latest.filter(|file| Digest::from_hex(&name_of(file)).is_ok());
        if logs && cosigned.next().is_none() {
            return Ok(());
        }
        Err(damaged(&state.key_path(), &"it is missing, and the witness follows logs"))
    }

    /// Makes the folder of a new witness; the caller has put its key there. What was left where that
    /// was interrupted is gone on with.
    ///
    /// # Errors
    /// As [`State::require_new`], and files that cannot be written.
    pub fn create(folder: &Path, key: &WitnessKey) -> Result<Self, WitnessError> {
        Self::require_new(folder)?;
        let state = Self { folder: folder.to_owned() };
        let latest = folder.join("latest");
        durable::make_folders(&latest, Access::Owner)
            .map_err(|source| io_error(&latest, source))?;
        write(&state.lock_path(), b"")?;
        write(&state.logs_path(), b"")?;
        // Last, so that a folder that was left half made is none.
        write(&state.key_path(), format!("{key}\n").as_bytes())?;
        Ok(state)
    }

    /// Opens the folder of a witness.
    ///
    /// # Errors
    /// [`WitnessError::NoState`], or a file that is damaged.
    pub fn open(folder: &Path) -> Result<Self, WitnessError> {
        let state = Self { folder: folder.to_owned() };
        if state.key_path().symlink_metadata().is_err() {
            return Err(WitnessError::NoState { path: folder.to_owned() });
        }
        state.key()?;
        state.logs()?;
        Ok(state)
    }

    /// Returns the witness's own name and key.
    ///
    /// # Errors
    /// A file that is missing or damaged.
    pub fn key(&self) -> Result<WitnessKey, WitnessError> {
        let path = self.key_path();
        let text = text(&path)?;
        let key = text.strip_suffix('\n').map(WitnessKey::parse);
        match key {
            Some(Ok(key)) => Ok(key),
            Some(Err(error)) => Err(damaged(&path, &error)),
            None => Err(damaged(&path, &"its line is cut off")),
        }
    }

    /// Where [`State::key`] is kept.
    pub fn key_path(&self) -> PathBuf {
        self.folder.join("witness.vkey")
    }

    fn logs_path(&self) -> PathBuf {
        self.folder.join("logs")
    }

    fn lock_path(&self) -> PathBuf {
        self.folder.join("lock")
    }

    fn latest_path(&self, origin: &str) -> PathBuf {
        self.folder.join("latest").join(Digest::of(origin.as_bytes()).hex())
    }

    /// Returns the logs, in the order in which they were added.
    ///
    /// # Errors
    /// A file that is missing or damaged.
    pub fn logs(&self) -> Result<Vec<Log>, WitnessError> {
        let path = self.logs_path();
        let text = text(&path)?;
        let mut logs: Vec<Log> = Vec::new();
        for line in text.split_inclusive('\n') {
            let parts = line.strip_suffix('\n').and_then(|line| line.split_once(' '));
            let (vkey, origin) = parts.ok_or_else(|| damaged(&path, &"a line is cut off"))?;
            let vkey = Vkey::parse(vkey).map_err(|error| damaged(&path, &error))?;
            check_origin(origin).map_err(|error| damaged(&path, &error))?;
            if logs.iter().any(|log| log.origin == origin) {
                return Err(damaged(&path, &"a log stands twice"));
            }
            logs.push(Log { origin: origin.to_owned(), vkey });
        }
        Ok(logs)
    }

    /// Returns the log of an origin.
    ///
    /// # Errors
    /// As [`State::logs`].
    pub fn log(&self, origin: &str) -> Result<Option<Log>, WitnessError> {
        Ok(self.logs()?.into_iter().find(|log| log.origin == origin))
    }

    /// Follows a log from now on; returns whether it is new. There is no way back: to forget a log
    /// and follow it again would be to cosign a second history of it.
    ///
    /// # Errors
    /// [`WitnessError::OtherKey`] where its origin is known with another key.
    pub fn add_log(&self, log: &Log) -> Result<bool, WitnessError> {
        check_origin(&log.origin).map_err(WitnessError::BadOrigin)?;
        let _guard = self.lock()?;
        let logs = self.logs()?;
        if let Some(known) = logs.iter().find(|known| known.origin == log.origin) {
            let other = || WitnessError::OtherKey { origin: log.origin.clone() };
            return if known == log { Ok(false) } else { Err(other()) };
        }
        let path = self.latest_path(&log.origin);
        match path.symlink_metadata() {
            // Somebody took the line out of the list: what is remembered stays in force.
            Ok(_) => {
                let other = |_| WitnessError::OtherKey { origin: log.origin.clone() };
                self.latest(log).map_err(other)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => write(&path, NOTHING)?,
            Err(source) => return Err(io_error(&path, source)),
        }
        let line = |log: &Log| format!("{} {}\n", log.vkey, log.origin);
        let text: String = logs.iter().chain([log]).map(line).collect();
        write(&self.logs_path(), text.as_bytes())?;
        Ok(true)
    }

    /// Returns what is remembered of a log. Its note is opened with both keys again.
    ///
    /// # Errors
    /// A file that is missing or damaged.
    pub fn latest(&self, log: &Log) -> Result<Latest, WitnessError> {
        let path = self.latest_path(&log.origin);
        let note = bytes(&path)?;
        if note == NOTHING {
            return Ok(Latest::Nothing);
        }
        let head = Head::open(&note, &log.vkey, &log.origin).map_err(|e| damaged(&path, &e))?;
        let own = cosignature::verify(&note, &[self.key()?]).map_err(|e| damaged(&path, &e))?;
        if own.is_empty() {
            return Err(damaged(&path, &"this witness did not cosign it"));
        }
        Ok(Latest::Head(head, note))
    }

    /// Returns the last note cosigned of the log whose origin has this SHA-256.
    ///
    /// # Errors
    /// A file that is damaged.
    pub fn by_digest(&self, digest: &Digest) -> Result<Option<Vec<u8>>, WitnessError> {
        let of = |log: &Log| Digest::of(log.origin.as_bytes()) == *digest;
        let Some(log) = self.logs()?.into_iter().find(of) else { return Ok(None) };
        match self.latest(&log)? {
            Latest::Nothing => Ok(None),
            Latest::Head(_, note) => Ok(Some(note)),
        }
    }

    /// Remembers a note, durably. The caller holds the lock since comparing it with the last.
    pub(super) fn remember(&self, _: &Guard, log: &Log, note: &[u8]) -> Result<(), WitnessError> {
        write(&self.latest_path(&log.origin), note)
    }

    /// Waits for the lock, for some seconds at most.
    ///
    /// # Errors
    /// [`WitnessError::Locked`], or a lock that is missing.
    pub fn lock(&self) -> Result<Guard, WitnessError> {
        let path = self.lock_path();
        let file = durable::open_regular(&path);
        let file = file.map_err(|error| io_error(&path, error.into()))?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => {
                    self.sweep();
                    return Ok(Guard { _file: file });
                }
                Err(TryLockError::Error(source)) => return Err(io_error(&path, source)),
                Err(TryLockError::WouldBlock) if start.elapsed() < LOCK_WAIT => {
                    std::thread::sleep(LOCK_STEP);
                }
                Err(TryLockError::WouldBlock) => return Err(WitnessError::Locked { path }),
            }
        }
    }

    /// Removes what a writer who was killed left behind. Only who holds the lock writes, so nobody
    /// needs it; where it cannot be removed it does no harm.
    fn sweep(&self) {
        for folder in [self.folder.clone(), self.folder.join("latest")] {
            let files = fs::read_dir(folder).into_iter().flatten().flatten();
            let left = files.filter(|file| {
                let ours = file.file_name().to_str().is_some_and(|name| name.starts_with(ASIDE));
                ours && file.file_type().is_ok_and(|kind| kind.is_file())
            });
            for file in left {
                let _ = fs::remove_file(file.path());
            }
        }
    }
}

/// Writes a file whole or not at all, also when the power fails.
fn write(path: &Path, bytes: &[u8]) -> Result<(), WitnessError> {
    durable::replace(path, bytes, Access::Owner).map_err(|source| io_error(path, source))
}

fn name_of(file: &fs::DirEntry) -> String {
    file.file_name().to_string_lossy().into_owned()
}

fn text(path: &Path) -> Result<String, WitnessError> {
    String::from_utf8(bytes(path)?).map_err(|error| damaged(path, &error))
}

fn bytes(path: &Path) -> Result<Vec<u8>, WitnessError> {
    let most = u64::try_from(NOTE_BYTES_MAX).unwrap_or(u64::MAX).saturating_mul(2);
    durable::read_at_most(path, most).map_err(|error| match error {
        ReadError::Missing => damaged(path, &"it is missing"),
        ReadError::TooLong { .. } => damaged(path, &error),
        ReadError::NotRegular(_) | ReadError::Io(_) => io_error(path, error.into()),
    })
}

fn damaged(path: &Path, found: &dyn Display) -> WitnessError {
    WitnessError::Damaged { path: path.to_owned(), found: found.to_string() }
}

fn io_error(path: &Path, source: io::Error) -> WitnessError {
    WitnessError::Io { path: path.to_owned(), source }
}

//! Why a key cannot be made, found, read or opened.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use super::agent;
use super::openssh::OPENSSH;

/// A key that cannot be made, found, read or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no such file.
    #[error("there is no key at {path}; list the keys with `dspt key list`")]
    Missing {
        /// The path that was asked for.
        path: PathBuf,
    },
    /// A new key would overwrite something.
    #[error("{path} exists already and is never overwritten; choose another name")]
    Exists {
        /// The file that is in the way.
        path: PathBuf,
    },
    /// A file name that cannot be the name of a key.
    #[error("{path} does not end in the name of a key; use letters, digits, `.`, `-` and `_`")]
    BadName {
        /// The path that was asked for.
        path: PathBuf,
    },
    /// Others may read the private key.
    #[error(
        "{path} can be read by others (mode {mode:04o}) and is not used; \
         run `chmod 600` on it, and consider a new key"
    )]
    TooOpen {
        /// The key file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The private key is in the clear.
    #[error(
        "{path} is not encrypted and is not used; \
         encrypt it with `openssl pkcs8 -topk8 -scrypt`"
    )]
    NotEncrypted {
        /// The key file.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{path} is not an encrypted Ed25519 key in PKCS#8 PEM; check the path")]
    NotAKey {
        /// The key file.
        path: PathBuf,
    },
    /// The file asks for another way of decrypting, or for unreasonable work.
    #[error(
        "{path} is encrypted in a way that is not supported; \
         encrypt it again with `openssl pkcs8 -topk8 -scrypt`"
    )]
    Unsupported {
        /// The key file.
        path: PathBuf,
    },
    /// The passphrase does not open the key.
    #[error("this is not the passphrase of {path}; nothing was signed; try again")]
    WrongPassphrase {
        /// The key file.
        path: PathBuf,
    },
    /// The public half is missing or unreadable.
    #[error("{path} is not a line `{OPENSSH} KEY NAME`; bring it back from a copy")]
    BadPublic {
        /// The file of the public half.
        path: PathBuf,
    },
    /// The two halves do not belong together.
    #[error("{path} is not the public half of the key beside it; bring back the right file")]
    PublicDiffers {
        /// The file of the public half.
        path: PathBuf,
    },
    /// A pipe without a writer, or whose writer wrote nothing.
    #[error("{path} is a pipe that holds no passphrase; start what writes to it first")]
    NothingWritten {
        /// The pipe.
        path: PathBuf,
    },
    /// A passphrase without a character.
    #[error("the passphrase cannot be empty; choose one of several words")]
    EmptyPassphrase,
    /// A passphrase that nobody could type.
    #[error("the passphrase from {source_name} is not one line of text; check what it gives")]
    BadPassphrase {
        /// Where it came from.
        source_name: String,
    },
    /// The two passphrases typed were not the same.
    #[error("the two passphrases are not the same; nothing was changed; try again")]
    Mismatch,
    /// Nobody can be asked.
    #[error(
        "there is no terminal to ask for the passphrase on; \
         give --passphrase-file FILE, or set DSPT_PASSPHRASE_COMMAND"
    )]
    NoTerminal,
    /// The command for the passphrase failed.
    #[error("the command for the passphrase failed ({status}); run it by itself to see why")]
    CommandFailed {
        /// How it ended.
        status: ExitStatus,
    },
    /// The ssh-agent does not do it.
    #[error(transparent)]
    Agent(#[from] agent::AgentError),
    /// The user has no folder for configuration.
    #[error("no home folder is known to keep keys in; give the folder of the keys")]
    NoFolder,
    /// The system gives no random numbers, or the encryption failed.
    #[error("no key could be made: the system gave no random numbers; try again")]
    NoRandomness,
    /// The operating system refused.
    #[error("{path} could not be used; check the file and its folder")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

pub(super) fn io_error(path: &Path, source: io::Error) -> KeyError {
    let path = path.to_path_buf();
    if source.kind() == io::ErrorKind::NotFound {
        return KeyError::Missing { path };
    }
    if source.kind() == io::ErrorKind::AlreadyExists {
        return KeyError::Exists { path };
    }
    KeyError::Io { path, source }
}

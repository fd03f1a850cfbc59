//! Where a passphrase comes from: a file, a command, the terminal; never an argument.

use std::fs;
use std::io::{self, IsTerminal as _, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use super::echo;
use super::error::{KeyError, io_error};
use super::permissions::open_mode;
use crate::durable;

/// The longest passphrase that is read, in bytes.
const PASSPHRASE_BYTES_MAX: usize = 4 * 1024;

/// Where a passphrase comes from; never from an argument, which other users could see.
#[derive(Clone, PartialEq, Eq)]
pub enum Passphrase {
    /// The first line of a file.
    File(PathBuf),
    /// The first line that a command prints; it is run by the system's shell.
    Command(String),
    /// The terminal.
    Prompt {
        /// Whether it is a new one, to be typed twice.
        confirm: bool,
    },
}

impl Passphrase {
    /// Reads the passphrase. `purpose` opens the prompt: it names the key and what it is to sign.
    ///
    /// # Errors
    /// [`KeyError::EmptyPassphrase`], [`KeyError::NoTerminal`], [`KeyError::Mismatch`] and others.
    pub fn read(&self, purpose: &str) -> Result<Zeroizing<String>, KeyError> {
        match self {
            Self::File(path) => {
                let file = durable::open_regular_or_pipe(path)
                    .map_err(|error| io_error(path, error.into()))?;
                first_line(file, &path.display().to_string()).map_err(|error| {
                    let nothing = matches!(error, KeyError::EmptyPassphrase) && !path.is_file();
                    if nothing { KeyError::NothingWritten { path: path.clone() } } else { error }
                })
            }
            Self::Command(line) => from_command(line),
            Self::Prompt { confirm } => from_terminal(purpose, *confirm),
        }
    }

    /// Returns a warning where others may read the file with the passphrase.
    pub fn warning(&self) -> Option<String> {
        let Self::File(path) = self else { return None };
        let mode = fs::metadata(path).ok().and_then(|metadata| open_mode(&metadata))?;
        let path = path.display();
        Some(format!("{path} can be read by others (mode {mode:04o}); run `chmod 600` on it"))
    }
}

fn from_command(line: &str) -> Result<Zeroizing<String>, KeyError> {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let failed = |source| KeyError::Io { path: shell.into(), source };
    let mut child =
        Command::new(shell).args([flag, line]).stdout(Stdio::piped()).spawn().map_err(failed)?;
    // What is not read any more is dropped with the pipe.
    let read = child.stdout.take().map(|out| first_line(out, "the command"));
    let status = child.wait().map_err(failed)?;
    match read {
        Some(read) if status.success() => read,
        Some(_) | None => Err(KeyError::CommandFailed { status }),
    }
}

fn from_terminal(purpose: &str, confirm: bool) -> Result<Zeroizing<String>, KeyError> {
    // A mintty window looks like a terminal and cannot hide what is typed.
    let mintty = cfg!(windows) && std::env::var_os("TERM_PROGRAM").is_some_and(|it| it == "mintty");
    if mintty || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(KeyError::NoTerminal);
    }
    let ask = |text: String| {
        echo::keep();
        let typed = rpassword::prompt_password(text).map(Zeroizing::new);
        typed.map_err(|source| KeyError::Io { path: "the terminal".into(), source })
    };
    let typed = ask(format!("{purpose}: "))?;
    if typed.is_empty() {
        return Err(KeyError::EmptyPassphrase);
    }
    if confirm && *ask("The same again: ".into())? != *typed {
        return Err(KeyError::Mismatch);
    }
    Ok(typed)
}

pub(super) fn first_line(mut source: impl Read, name: &str) -> Result<Zeroizing<String>, KeyError> {
    let bad = || KeyError::BadPassphrase { source_name: name.into() };
    // Of one size from the start: a buffer that grows leaves copies behind.
    let mut buffer = Zeroizing::new([0; PASSPHRASE_BYTES_MAX]);
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match source.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(source) => return Err(KeyError::Io { path: name.into(), source }),
        }
    }
    let read = buffer.get(..filled).unwrap_or_default();
    let line = read.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if line.len() == PASSPHRASE_BYTES_MAX {
        return Err(bad());
    }
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line); // as some editors save it
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = std::str::from_utf8(line).map_err(|_| bad())?;
    if text.is_empty() {
        return Err(KeyError::EmptyPassphrase);
    }
    Ok(Zeroizing::new(text.to_owned()))
}

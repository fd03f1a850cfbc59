//! Key files and passphrases: the private half in an encrypted PKCS#8 file that OpenSSL reads, the
//! public half beside it in a line that OpenSSH reads.
//!
//! A seed or a passphrase is never written in the clear, printed, or put into an error, and it is
//! wiped from memory after use.

pub mod agent;
mod echo;

use std::fs;
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use base64ct::{Base64, Encoding as _};
use ed25519_dalek::pkcs8::{EncodePrivateKey as _, KeypairBytes};
use etcetera::BaseStrategy as _;
use pkcs8::{EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef, SecretDocument, pkcs5};
use zeroize::Zeroizing;

use crate::durable::{self, Access};
use crate::ledger::{PublicKey, SeedSigner, Sign as _};

/// The longest key file and the longest passphrase that are read, in bytes.
const KEY_FILE_BYTES_MAX: u64 = 64 * 1024;
const PASSPHRASE_BYTES_MAX: usize = 4 * 1024;

/// The name of the algorithm in an OpenSSH line.
const OPENSSH: &str = "ssh-ed25519";

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

/// A key as it lies in a folder, known by its public half.
#[derive(Debug, Clone)]
pub struct KeyFile {
    /// Its name.
    pub name: String,
    /// The file of the private half, where it is there too.
    pub private: Option<PathBuf>,
    /// The public half.
    pub public: PublicKey,
}

/// Returns the folder where a user's keys are kept: `dspt/keys` in the folder for configuration.
///
/// # Errors
/// [`KeyError::NoFolder`] where the user has no home.
pub fn default_folder() -> Result<PathBuf, KeyError> {
    let base = etcetera::choose_base_strategy().map_err(|_| KeyError::NoFolder)?;
    Ok(base.config_dir().join("dspt").join("keys"))
}

/// Makes a new key at `path`, `NAME.pem` by custom, with its public half in `NAME.pub`. The private
/// half is there first: [`complete`] goes on where this was interrupted.
///
/// The folder is made where it is missing, for the user alone.
///
/// # Errors
/// [`KeyError::Exists`] where either file is there; [`KeyError::EmptyPassphrase`] and others.
pub fn generate(path: &Path, passphrase: &str) -> Result<PublicKey, KeyError> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(|_| KeyError::NoRandomness)?;
    keep(path, &seed, passphrase)
}

/// Writes the key of a known seed, as [`generate`] writes a new one. For demonstrations, whose keys
/// everybody knows.
///
/// # Errors
/// As [`generate`].
pub fn keep(path: &Path, seed: &[u8; 32], passphrase: &str) -> Result<PublicKey, KeyError> {
    let (name, public_path) = (name_of(path)?, public_path(path));
    for path in [path, &public_path] {
        if path.symlink_metadata().is_ok() {
            return Err(KeyError::Exists { path: path.into() });
        }
    }
    let public = *SeedSigner::from_seed(seed).public();
    let pem = encrypt(seed, passphrase)?;
    write_whole(path, pem.as_bytes(), false)?;
    write_whole(&public_path, public_line(&public, &name).as_bytes(), false)?;
    Ok(public)
}

/// Opens a private key that is there, and makes its public half where that is missing: what a stop
/// between the two files left is made whole. Nothing that is there is changed.
///
/// # Errors
/// As [`load`].
pub fn complete(path: &Path, passphrase: &str) -> Result<SeedSigner, KeyError> {
    let signer = load(path, passphrase)?;
    let public_path = public_path(path);
    if public_path.symlink_metadata().is_err() {
        let line = public_line(signer.public(), &name_of(path)?);
        write_whole(&public_path, line.as_bytes(), false)?;
    }
    Ok(signer)
}

/// Says whether a private key is there whose public half is missing: its making was interrupted.
pub fn is_half(path: &Path) -> bool {
    path.is_file() && public_path(path).symlink_metadata().is_err()
}

/// Keeps a public half alone, as `NAME.pub`: that of a key in an ssh-agent, or of another person.
///
/// # Errors
/// [`KeyError::Exists`] where a key of that name is there, and others.
pub fn keep_public(path: &Path, public: &PublicKey) -> Result<(), KeyError> {
    let (name, public_path) = (name_of(path)?, public_path(path));
    for path in [path, &path.with_extension(""), &public_path] {
        if path.symlink_metadata().is_ok() {
            return Err(KeyError::Exists { path: path.into() });
        }
    }
    write_whole(&public_path, public_line(public, &name).as_bytes(), false)
}

/// Opens the private key at `path`.
///
/// # Errors
/// [`KeyError::WrongPassphrase`]; [`KeyError::TooOpen`] where others may read the file;
/// [`KeyError::PublicDiffers`] where the public half beside it is of another key; and others.
pub fn load(path: &Path, passphrase: &str) -> Result<SeedSigner, KeyError> {
    let signer = SeedSigner::from_seed(&*seed(path, passphrase)?);
    match public(path) {
        Ok(public) if public != *signer.public() => {
            Err(KeyError::PublicDiffers { path: public_path(path) })
        }
        // The private half holds the public one: the file beside it is a convenience.
        Ok(_) | Err(KeyError::Missing { .. }) => Ok(signer),
        Err(error) => Err(error),
    }
}

/// Returns the public half of the key at `path`, without a passphrase.
///
/// # Errors
/// [`KeyError::Missing`] or [`KeyError::BadPublic`].
pub fn public(path: &Path) -> Result<PublicKey, KeyError> {
    read_public(&public_path(path))
}

/// Reads a public half from a file with a line as OpenSSH writes it.
///
/// # Errors
/// [`KeyError::Missing`] or [`KeyError::BadPublic`].
pub fn read_public(path: &Path) -> Result<PublicKey, KeyError> {
    let (bytes, _) = read_bounded(path)?;
    let path = path.to_path_buf();
    let parsed = std::str::from_utf8(&bytes).ok().and_then(parse_public_line);
    parsed.ok_or(KeyError::BadPublic { path })
}

/// Returns the keys in a folder, in the order of their names; none where there is no such folder.
///
/// # Errors
/// [`KeyError::BadPublic`] for the first file `NAME.pub` that is not one, and others.
pub fn list(folder: &Path) -> Result<Vec<KeyFile>, KeyError> {
    let failed = |source| KeyError::Io { path: folder.into(), source };
    let found = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        found => found.map_err(failed)?,
    };
    let mut keys = Vec::new();
    for item in found {
        let path = item.map_err(failed)?.path();
        if path.extension().is_none_or(|extension| extension != "pub") {
            continue;
        }
        let (bare, pem) = (path.with_extension(""), path.with_extension("pem"));
        let (name, public) = (name_of(&bare)?, public(&bare)?);
        // One that is no regular file is named when it is to be read.
        let is_there = |path: &PathBuf| path.metadata().is_ok_and(|found| !found.is_dir());
        let private = [pem, bare].into_iter().find(is_there);
        keys.push(KeyFile { name, private, public });
    }
    keys.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(keys)
}

/// Encrypts a key again under another passphrase. The old file is replaced when the new is whole.
///
/// # Errors
/// As [`load`] and [`generate`].
pub fn rewrap(path: &Path, old: &str, new: &str) -> Result<(), KeyError> {
    let pem = encrypt(&*seed(path, old)?, new)?;
    write_whole(path, pem.as_bytes(), true)
}

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

fn first_line(mut source: impl Read, name: &str) -> Result<Zeroizing<String>, KeyError> {
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

/// Encrypts with PBES2, scrypt and AES-256-CBC, at the cost that OpenSSL still opens by default.
fn encrypt(seed: &[u8; 32], passphrase: &str) -> Result<Zeroizing<String>, KeyError> {
    if passphrase.is_empty() {
        return Err(KeyError::EmptyPassphrase);
    }
    // Without the public half: OpenSSL 3.0 does not read the version of the format that has it.
    let pair = KeypairBytes { secret_key: *seed, public_key: None };
    let sealed = || -> pkcs8::Result<Zeroizing<String>> {
        let der = pair.to_pkcs8_der()?;
        let sealed = PrivateKeyInfoRef::try_from(der.as_bytes())?.encrypt(passphrase)?;
        Ok(sealed.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF)?)
    };
    sealed().map_err(|_| KeyError::NoRandomness)
}

fn seed(path: &Path, passphrase: &str) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let (bytes, mode) = read_bounded(path)?;
    let path = path.to_path_buf();
    if let Some(mode) = mode {
        return Err(KeyError::TooOpen { path, mode });
    }
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    let Ok((label, document)) = SecretDocument::from_pem(text) else {
        return Err(KeyError::NotAKey { path });
    };
    if label == "PRIVATE KEY" {
        return Err(KeyError::NotEncrypted { path });
    }
    let sealed = match EncryptedPrivateKeyInfoRef::try_from(document.as_bytes()) {
        Ok(sealed) if label == "ENCRYPTED PRIVATE KEY" => sealed,
        Ok(_) | Err(_) => return Err(KeyError::NotAKey { path }),
    };
    if !is_reasonable(&sealed.encryption_algorithm) {
        return Err(KeyError::Unsupported { path });
    }
    let opened = match sealed.decrypt(passphrase) {
        Ok(opened) => opened,
        Err(pkcs8::Error::EncryptedPrivateKey(error)) if error != pkcs5::Error::DecryptFailed => {
            return Err(KeyError::Unsupported { path });
        }
        // A wrong passphrase passes the padding once in 256 times, and then gives noise.
        Err(_) => return Err(KeyError::WrongPassphrase { path }),
    };
    let Ok(info) = PrivateKeyInfoRef::try_from(opened.as_bytes()) else {
        return Err(KeyError::WrongPassphrase { path });
    };
    let pair = KeypairBytes::try_from(info).map_err(|_| KeyError::NotAKey { path })?;
    Ok(Zeroizing::new(pair.secret_key))
}

/// Returns whether decrypting takes at most 64 MiB and some seconds: a key file may come from
/// anybody, and its parameters decide how much work the passphrase costs.
fn is_reasonable(scheme: &pkcs5::EncryptionScheme) -> bool {
    let Some(parameters) = scheme.pbes2() else { return false };
    if let Some(scrypt) = parameters.kdf.scrypt() {
        let (cost, lanes) = (scrypt.cost_parameter, scrypt.parallelization);
        return cost >= 2
            && cost.is_power_of_two()
            && (1..=16).contains(&lanes)
            && (1..=512 * 1024).contains(&cost.saturating_mul(scrypt.block_size.into()));
    }
    let rounds = parameters.kdf.pbkdf2().map_or(0, |pbkdf2| pbkdf2.iteration_count);
    (1..=10_000_000).contains(&rounds)
}

fn public_line(public: &PublicKey, name: &str) -> String {
    let blob = [&openssh_head()[..], public.as_bytes()].concat();
    format!("{OPENSSH} {} {name}\n", Base64::encode_string(&blob))
}

fn parse_public_line(text: &str) -> Option<PublicKey> {
    let mut words = text.trim_end().split(' ');
    if words.next()? != OPENSSH {
        return None;
    }
    let blob = Base64::decode_vec(words.next()?).ok()?;
    let key = blob.strip_prefix(&openssh_head()[..])?;
    PublicKey::from_bytes(key.try_into().ok()?).ok()
}

/// What comes before the 32 bytes of a key: two lengths and a name (RFC 8709, section 4).
fn openssh_head() -> Vec<u8> {
    [&[0, 0, 0, 11], OPENSSH.as_bytes(), &[0, 0, 0, 32]].concat()
}

fn public_path(path: &Path) -> PathBuf {
    if path.extension().is_some_and(|extension| extension == "pem") {
        return path.with_extension("pub");
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    name.into()
}

fn name_of(path: &Path) -> Result<String, KeyError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name = name.strip_suffix(".pem").unwrap_or(name);
    let fits = |letter: char| letter.is_alphanumeric() || ".-_".contains(letter);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(fits) {
        return Err(KeyError::BadName { path: path.into() });
    }
    Ok(name.to_owned())
}

/// Reads a small file, with its permissions where others may read it.
fn read_bounded(path: &Path) -> Result<(Zeroizing<Vec<u8>>, Option<u32>), KeyError> {
    let failed = |source| io_error(path, source);
    let file = durable::open_regular(path).map_err(|error| failed(error.into()))?;
    let mode = open_mode(&file.metadata().map_err(failed)?);
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(KEY_FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
    Ok((bytes, mode))
}

/// The permissions of a file where it is not the user's alone. Windows has none of this kind.
#[cfg(unix)]
fn open_mode(metadata: &fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn open_mode(_: &fs::Metadata) -> Option<u32> {
    None
}

/// Writes a file for the user alone, whole or not at all, and replaces one only if told to.
fn write_whole(path: &Path, bytes: &[u8], replace: bool) -> Result<(), KeyError> {
    let write = if replace { durable::replace } else { durable::write_new };
    write(path, bytes, Access::Owner).map_err(|source| io_error(path, source))
}

fn io_error(path: &Path, source: io::Error) -> KeyError {
    let path = path.to_path_buf();
    if source.kind() == io::ErrorKind::NotFound {
        return KeyError::Missing { path };
    }
    if source.kind() == io::ErrorKind::AlreadyExists {
        return KeyError::Exists { path };
    }
    KeyError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "correct horse battery staple";

    fn made(name: &str) -> (tempfile::TempDir, PathBuf, PublicKey) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys").join(name);
        let public = generate(&path, GOOD).unwrap();
        (folder, path, public)
    }

    #[cfg(unix)]
    fn set_mode(path: &Path, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_key_comes_back_with_its_passphrase_and_no_other() {
        let (_folder, path, public) = made("a.patel.pem");
        let signer = load(&path, GOOD).unwrap();
        assert_eq!(*signer.public(), public);
        assert_eq!(super::public(&path).unwrap(), public);
        assert!(public.verify(b"message", &signer.sign(b"message").unwrap()));
        for wrong in ["", "x", "correct horse battery stapl", "Correct horse battery staple"] {
            assert!(matches!(load(&path, wrong), Err(KeyError::WrongPassphrase { .. })), "{wrong}");
        }
        let pem = fs::read_to_string(&path).unwrap();
        assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"), "{pem}");
    }

    #[test]
    fn nothing_is_overwritten_and_nothing_is_left_after_a_refusal() {
        let (_folder, path, _) = made("k.pem");
        let before = fs::read(&path).unwrap();
        assert!(matches!(generate(&path, "other"), Err(KeyError::Exists { .. })));
        assert_eq!(fs::read(&path).unwrap(), before);
        let second = path.with_file_name("second.pem");
        assert!(matches!(generate(&second, ""), Err(KeyError::EmptyPassphrase)));
        fs::write(second.with_extension("pub"), "someone's").unwrap();
        assert!(matches!(generate(&second, GOOD), Err(KeyError::Exists { .. })));
        assert!(!second.exists());
        for bad in ["", "..", ".hidden", "two words.pem", "line\nbreak", ".pem"] {
            let found = generate(&path.parent().unwrap().join(bad), GOOD);
            assert!(found.is_err(), "{bad:?}");
        }
        let names: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(names.len(), 3, "{names:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_is_for_its_user_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_folder, path, _) = made("k");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        for open in [0o640, 0o604, 0o620, 0o602, 0o610] {
            set_mode(&path, open);
            let found = load(&path, GOOD).unwrap_err();
            assert!(matches!(found, KeyError::TooOpen { mode, .. } if mode == open), "{found}");
        }
        for closed in [0o600, 0o400] {
            set_mode(&path, closed);
            assert!(load(&path, GOOD).is_ok());
        }
    }

    #[test]
    fn the_halves_must_belong_together() {
        let (_folder, path, _) = made("k.pem");
        let (_other_folder, other, _) = made("k.pem");
        fs::copy(public_path(&other), public_path(&path)).unwrap();
        assert!(matches!(load(&path, GOOD), Err(KeyError::PublicDiffers { .. })));
        fs::write(public_path(&path), "ssh-rsa AAAA k").unwrap();
        assert!(matches!(load(&path, GOOD), Err(KeyError::BadPublic { .. })));
        fs::remove_file(public_path(&path)).unwrap();
        assert!(load(&path, GOOD).is_ok());
        assert!(matches!(super::public(&path), Err(KeyError::Missing { .. })));
    }

    #[test]
    fn a_folder_lists_its_keys_by_name() {
        let (_folder, path, public) = made("b.pem");
        let folder = path.parent().unwrap();
        assert_eq!(list(&folder.join("none")).unwrap().len(), 0);
        generate(&folder.join("a"), GOOD).unwrap();
        fs::copy(public_path(&path), folder.join("c.auditor.pub")).unwrap();
        let found = list(folder).unwrap();
        let names: Vec<_> =
            found.iter().map(|key| (key.name.as_str(), key.private.clone())).collect();
        let expected =
            [("a", Some(folder.join("a"))), ("b", Some(path.clone())), ("c.auditor", None)];
        assert_eq!(names, expected);
        assert_eq!(found[2].public, public);
        fs::write(folder.join("d.pub"), "no key").unwrap();
        assert!(matches!(list(folder), Err(KeyError::BadPublic { .. })));
    }

    #[test]
    fn another_passphrase_takes_the_place_of_the_old_one() {
        let (_folder, path, public) = made("k.pem");
        assert!(matches!(rewrap(&path, "wrong", "new"), Err(KeyError::WrongPassphrase { .. })));
        assert!(matches!(rewrap(&path, GOOD, ""), Err(KeyError::EmptyPassphrase)));
        assert!(load(&path, GOOD).is_ok());
        rewrap(&path, GOOD, "new").unwrap();
        assert!(matches!(load(&path, GOOD), Err(KeyError::WrongPassphrase { .. })));
        assert_eq!(*load(&path, "new").unwrap().public(), public);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 2);
    }

    #[track_caller]
    fn check_file(bytes: &[u8], expected: fn(&KeyError) -> bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k.pem");
        write_whole(&path, bytes, false).unwrap();
        let found = load(&path, GOOD).unwrap_err();
        assert!(expected(&found), "{found}");
    }

    #[test]
    fn what_is_no_encrypted_key_is_named() {
        let clear = KeypairBytes { secret_key: [1; 32], public_key: None };
        let clear = clear.to_pkcs8_pem(LineEnding::LF).unwrap();
        check_file(clear.as_bytes(), |error| matches!(error, KeyError::NotEncrypted { .. }));
        let relabelled = clear.replace("PRIVATE", "ENCRYPTED PRIVATE");
        check_file(relabelled.as_bytes(), |error| matches!(error, KeyError::NotAKey { .. }));
        for other in [&b""[..], b"text", b"\xff\xfe", b"-----BEGIN CERTIFICATE-----"] {
            check_file(other, |error| matches!(error, KeyError::NotAKey { .. }));
        }
        let missing = load(Path::new("/none/k.pem"), GOOD);
        assert!(matches!(missing, Err(KeyError::Missing { .. })));
    }

    #[test]
    fn a_file_cannot_ask_for_unreasonable_work() {
        let sealed = encrypt(&[1; 32], GOOD).unwrap();
        let (_, document) = SecretDocument::from_pem(&sealed).unwrap();
        // INTEGER 16384, as DER writes the cost of scrypt.
        let cost = [0x02, 0x02, 0x40, 0x00];
        let at = document.as_bytes().windows(4).position(|four| four == cost).unwrap();
        for bad in [[0x02, 0x02, 0x00, 0x00], [0x02, 0x02, 0x40, 0x01], [0x02, 0x02, 0x00, 0x80]] {
            let mut der = document.as_bytes().to_vec();
            der[at..at + 4].copy_from_slice(&bad);
            let pem = SecretDocument::try_from(der)
                .and_then(|der| der.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF));
            let Ok(pem) = pem else { continue };
            check_file(pem.as_bytes(), |error| !matches!(error, KeyError::Exists { .. }));
        }
        let bounds = [(2, 1, 1, true), (0, 8, 1, false), (1 << 63, 8, 1, false), (3, 8, 1, false)];
        for (cost, block, lanes, expected) in bounds {
            let scheme = scrypt(cost, block, lanes);
            assert_eq!(is_reasonable(&scheme), expected, "{cost}");
        }
        assert!(!is_reasonable(&scrypt(16384, 8, 17)));
        assert!(!is_reasonable(&scrypt(16384, 0, 1)));
        assert!(is_reasonable(&scrypt(16384, 32, 16)));
        assert!(!is_reasonable(&scrypt(16384, 33, 16)));
    }

    fn scrypt(cost: u64, block: u16, lanes: u16) -> pkcs5::EncryptionScheme {
        let sealed = encrypt(&[1; 32], GOOD).unwrap();
        let (_, document) = SecretDocument::from_pem(&sealed).unwrap();
        let info = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes()).unwrap();
        let mut parameters = info.encryption_algorithm.pbes2().unwrap().clone();
        if let pkcs5::pbes2::Kdf::Scrypt(scrypt) = &mut parameters.kdf {
            scrypt.cost_parameter = cost;
            scrypt.block_size = block;
            scrypt.parallelization = lanes;
        }
        parameters.into()
    }

    #[test]
    fn openssl_reads_our_keys_and_we_read_its_own() {
        let run = |arguments: &[&str]| Command::new("openssl").args(arguments).output();
        if run(&["version"]).is_err() {
            return; // not on this computer
        }
        let (_folder, path, public) = made("k.pem");
        let at = path.to_str().unwrap();
        let pass = format!("pass:{GOOD}");
        let out =
            run(&["pkey", "-in", at, "-passin", &pass, "-pubout", "-outform", "DER"]).unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        assert!(out.stdout.ends_with(public.as_bytes()));
        let theirs = path.with_file_name("theirs.pem");
        let clear = path.with_file_name("clear.pem");
        let (theirs_at, clear_at) = (theirs.to_str().unwrap(), clear.to_str().unwrap());
        assert!(
            run(&["genpkey", "-algorithm", "ed25519", "-out", clear_at]).unwrap().status.success()
        );
        for kdf in [&["-scrypt"][..], &["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA256"]] {
            let start = ["pkcs8", "-topk8", "-in", clear_at, "-out", theirs_at, "-passout", &pass];
            let out = run(&[&start[..], kdf].concat()).unwrap();
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            #[cfg(unix)]
            set_mode(&theirs, 0o600);
            load(&theirs, GOOD).unwrap();
        }
    }

    #[test]
    fn the_public_line_is_read_back() {
        let public = *SeedSigner::from_seed(&[1; 32]).public();
        let line = public_line(&public, "a.patel");
        assert!(line.starts_with("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"), "{line}");
        assert!(line.ends_with(" a.patel\n"));
        assert_eq!(parse_public_line(&line), Some(public));
        for bad in ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAI"] {
            assert_eq!(parse_public_line(bad), None);
        }
    }

    #[track_caller]
    fn check_line(bytes: &[u8], expected: Option<&str>) {
        let found = first_line(bytes, "test");
        assert_eq!(found.as_deref().map(String::as_str).ok(), expected);
    }

    #[test]
    fn a_key_whose_making_was_interrupted_is_made_whole_by_its_own_passphrase() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k.pem");
        let public = generate(&path, GOOD).unwrap();
        let line = fs::read(public_path(&path)).unwrap();
        assert!(!is_half(&path));
        fs::remove_file(public_path(&path)).unwrap();
        assert!(is_half(&path));
        let wrong = complete(&path, "another").unwrap_err();
        assert!(matches!(wrong, KeyError::WrongPassphrase { .. }));
        assert!(is_half(&path));
        let private = fs::read(&path).unwrap();
        for _ in 0..2 {
            assert_eq!(*complete(&path, GOOD).unwrap().public(), public);
            assert_eq!(fs::read(public_path(&path)).unwrap(), line);
            assert_eq!(fs::read(&path).unwrap(), private);
        }
    }

    #[test]
    fn a_passphrase_is_the_first_line() {
        check_line(b"one two\nthree\n", Some("one two"));
        check_line(b"one two\r\n", Some("one two"));
        check_line(b" kept as it is ", Some(" kept as it is "));
        check_line(b"\xef\xbb\xbfsaved by an editor", Some("saved by an editor"));
        check_line("größer".as_bytes(), Some("größer"));
        check_line(&[b'x'; 4095], Some(&"x".repeat(4095)));
        for none in [&b""[..], b"\n", b"\r\nsecond", b"\xff\xfex\0", &[b'x'; 4096]] {
            check_line(none, None);
        }
    }

    #[test]
    fn a_passphrase_comes_from_a_file_or_a_command() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pass");
        write_whole(&path, b"from a file\n", false).unwrap();
        let file = Passphrase::File(path.clone());
        assert_eq!(file.read("").unwrap().as_str(), "from a file");
        assert_eq!(file.warning(), None);
        #[cfg(unix)]
        {
            set_mode(&path, 0o644);
            assert!(file.warning().unwrap().contains("mode 0644"));
        }
        let command = |line: &str| Passphrase::Command(line.into()).read("");
        assert_eq!(command("echo from a command").unwrap().as_str(), "from a command");
        assert!(matches!(command("exit 3"), Err(KeyError::CommandFailed { .. })));
        assert!(matches!(command("exit 0"), Err(KeyError::EmptyPassphrase)));
        let none = Passphrase::File(folder.path().join("none")).read("");
        assert!(matches!(none, Err(KeyError::Missing { .. })));
    }
}

//! Key files and passphrases: the private half in an encrypted PKCS#8 file that OpenSSL reads, the
//! public half beside it in a line that OpenSSH reads.
//!
//! A seed or a passphrase is never printed or put into an error, and it is wiped from memory after
//! use. A seed is never written in the clear; a passphrase only where [`make_passphrase`] makes one
//! for a key that works where nobody can be asked.

pub mod agent;
mod echo;
mod error;
mod openssh;
mod passphrase;
mod permissions;
#[cfg(test)]
mod tests;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding as _};
use ed25519_dalek::pkcs8::{EncodePrivateKey as _, KeypairBytes};
use etcetera::BaseStrategy as _;
use pkcs8::{EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef, SecretDocument, pkcs5};
use zeroize::Zeroizing;

use crate::durable::{self, Access};
use crate::ledger::{PublicKey, SeedSigner, Sign as _};
pub use error::KeyError;
use error::io_error;
use openssh::{parse_public_line, public_line};
pub use passphrase::Passphrase;
use permissions::open_mode;

/// The longest key file that is read, in bytes.
const KEY_FILE_BYTES_MAX: u64 = 64 * 1024;

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

/// The file beside a key in which its passphrase may be kept, `NAME.passphrase`.
pub fn passphrase_file(path: &Path) -> PathBuf {
    path.with_extension("passphrase")
}

/// Makes a passphrase at random for the key at `path` and keeps it beside the key, for its user
/// alone; returns the one that is there already, which an earlier try made. From then on the file's
/// permissions protect the key, and no longer what somebody knows.
///
/// # Errors
/// [`KeyError::NoRandomness`], [`KeyError::Io`] and others.
pub fn make_passphrase(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    let file = passphrase_file(path);
    if file.symlink_metadata().is_ok() {
        return Passphrase::File(file).read("");
    }
    let mut random = Zeroizing::new([0; 32]);
    getrandom::fill(random.as_mut_slice()).map_err(|_| KeyError::NoRandomness)?;
    let made = Zeroizing::new(Base64::encode_string(random.as_slice()));
    write_whole(&file, made.as_bytes(), false)?;
    Ok(made)
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

/// Writes a file for the user alone, whole or not at all, and replaces one only if told to.
fn write_whole(path: &Path, bytes: &[u8], replace: bool) -> Result<(), KeyError> {
    let write = if replace { durable::replace } else { durable::write_new };
    write(path, bytes, Access::Owner).map_err(|source| io_error(path, source))
}

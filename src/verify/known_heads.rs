//! What this user has verified: for each ledger and log key the newest head under which every
//! signature was checked. It saves checking them again, and it notices a ledger that went back.
//!
//! A file in the user's own folder, never beside the ledger. It is a cache bound to a root: removing
//! it costs the time of one full check, and what there was to compare with. It never makes an entry
//! good that does not hash into the root.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use crate::durable::{self, Access, ReadError};
use crate::ledger::{Checkpoint, Digest, LogKeys, Origin, PublicKey, SeedSigner, Sign as _, Vkey};

/// The first line of a file of ours.
const FORM: &str = "dspt-verified/1";
/// No file of ours comes near it.
const BYTES_MAX: u64 = 65_536;
/// The name of ledgers whose keys everybody has.
const DEMONSTRATION: &str = "demonstration.invalid/";

/// What was verified of one ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownHead {
    /// How many entries.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
    /// The signed head that says so, as it was found.
    pub head: Vec<u8>,
    /// The SHA-256 over all signed heads up to it, as [`heads_digest`] makes it.
    pub heads: Digest,
    /// The version of the program that checked.
    pub reader: String,
    /// The file that remembers it.
    pub path: PathBuf,
}

impl KnownHead {
    /// Says whether this version of the program checked: another one may have had other rules, so
    /// its word saves no work.
    pub fn is_ours(&self) -> bool {
        self.reader == env!("CARGO_PKG_VERSION")
    }
}

/// Hashes signed heads with their sizes: those whose signatures were checked are known again.
pub fn heads_digest<'h>(heads: impl Iterator<Item = &'h (u64, Vec<u8>)>) -> Digest {
    let mut bytes = Vec::new();
    for (size, note) in heads {
        bytes.extend(size.to_be_bytes());
        bytes.extend((note.len() as u64).to_be_bytes());
        bytes.extend(note);
    }
    Digest::of(&bytes)
}

/// Why what was verified cannot be read or kept. Nothing depends on it but time.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// The file cannot be read or written.
    #[error("{}: {source}; what is verified is not remembered", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not one of ours, or not of this ledger.
    #[error(
        "{} does not say what was verified before; it is passed over and written anew",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

/// Where one user's memory is.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    folder: Option<PathBuf>,
}

impl Memory {
    /// The memory of the user who runs the program: `DSPT_STATE`, else the system's folder for
    /// what programs keep. Remembers nothing where there is neither.
    pub fn of_user() -> Self {
        let set = std::env::var_os("DSPT_STATE").filter(|value| !value.is_empty());
        let folder = set.map(PathBuf::from).or_else(|| {
            let base = etcetera::choose_base_strategy().ok()?;
            Some(base.state_dir().unwrap_or_else(|| base.data_dir()).join("dspt"))
        });
        Self { folder: folder.map(|folder| folder.join("verified")) }
    }

    /// The memory in a folder.
    pub fn at(folder: &Path) -> Self {
        Self { folder: Some(folder.to_owned()) }
    }

    /// No memory: everything is checked each time.
    pub fn none() -> Self {
        Self { folder: None }
    }

    /// Says whether another history of the ledger with this log key would be a finding: not where
    /// everybody has the key. The name alone says nothing, since anybody can take it.
    pub fn compares(log: &Vkey) -> bool {
        !(is_demonstration(log.name().as_str()) && everybody_has(log.key()))
    }

    fn path(&self, log: &Vkey) -> Option<PathBuf> {
        // The key's name is the ledger's origin, so its text names both.
        let name = Digest::of(log.to_string().as_bytes()).hex();
        Some(self.folder.as_ref()?.join(format!("{}.head", name.get(..32)?)))
    }

    /// Returns what was verified before of the ledger `origin` with the log key `log`, if anything.
    ///
    /// # Errors
    /// [`MemoryError`] when there is a file and it cannot be used; go on as if there were none.
    pub fn load(&self, origin: &Origin, log: &Vkey) -> Result<Option<KnownHead>, MemoryError> {
        let Some(path) = self.path(log) else { return Ok(None) };
        let bytes = match durable::read_if_there(&path, BYTES_MAX) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(None),
            Err(ReadError::TooLong { .. }) => return Err(MemoryError::Damaged { path }),
            Err(error) => return Err(MemoryError::Io { path, source: error.into() }),
        };
        match parse(&bytes, origin, log) {
            Some(kept) => Ok(Some(KnownHead { path, ..kept })),
            None => Err(MemoryError::Damaged { path }),
        }
    }

    /// Remembers that every signature under `head` was verified by this program, and those of the
    /// heads that `heads` hashes ([`heads_digest`]). Written aside and renamed, so that a stop in between leaves what was there. Does nothing where nothing can be
    /// remembered, or where `head` is not one that `log` signed for `origin`.
    ///
    /// # Errors
    /// [`MemoryError::Io`] when the folder cannot be written.
    pub fn store(
        &self,
        origin: &Origin,
        log: &LogKeys,
        head: &[u8],
        heads: &Digest,
    ) -> Result<(), MemoryError> {
        let opened = log.open(head).ok().filter(|one| one.origin == *origin);
        let signer = opened.map(|one| log.at(one.size));
        let (Some(path), Some(signer)) = (self.path(log.first()), signer) else { return Ok(()) };
        let reader = env!("CARGO_PKG_VERSION");
        let mut bytes = format!(
            "{FORM}\nreader {reader}\nheads {}\nlog {}\nsigner {signer}\n\n",
            heads.hex(),
            log.first()
        )
        .into_bytes();
        bytes.extend_from_slice(head);
        durable::replace(&path, &bytes, Access::Owner)
            .map_err(|source| MemoryError::Io { path, source })
    }
}

/// Says whether an origin is under the name that is kept for demonstrations.
pub fn is_demonstration(origin: &str) -> bool {
    origin.starts_with(DEMONSTRATION)
}

/// Demonstrations are signed with keys whose seeds are one byte over and over.
fn everybody_has(key: &PublicKey) -> bool {
    (0..=u8::MAX).any(|byte| SeedSigner::from_seed(&[byte; 32]).public() == key)
}

/// Reads a file of ours. The head in it must bear the log key's signature, so that damage is
/// noticed and the file of another ledger does nothing here.
fn parse(bytes: &[u8], origin: &Origin, log: &Vkey) -> Option<KnownHead> {
    let text = std::str::from_utf8(bytes).ok()?;
    let rest = text.strip_prefix(FORM)?.strip_prefix("\nreader ")?;
    let (reader, rest) = rest.split_once('\n')?;
    let (heads, rest) = rest.strip_prefix("heads ")?.split_once('\n')?;
    let rest = rest.strip_prefix("log ")?.strip_prefix(&log.to_string())?;
    // Another key can sign the heads by now; which one, this user verified before.
    let (signer, head) = rest.strip_prefix("\nsigner ")?.split_once("\n\n")?;
    let signer = Vkey::parse(signer).ok()?;
    let opened = Checkpoint::open(head.as_bytes(), &signer).ok()?;
    let Checkpoint { origin: named, size, root } = opened;
    let ours = named == *origin && size > 0;
    ours.then_some(KnownHead {
        size,
        root,
        head: head.as_bytes().to_vec(),
        heads: Digest::from_hex(heads).ok()?,
        reader: reader.to_owned(),
        path: PathBuf::new(),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn origin() -> Origin {
        Origin::parse("ledger.example/a/b").unwrap()
    }

    fn log(seed: u8) -> (SeedSigner, Vkey) {
        let signer = SeedSigner::from_seed(&[seed; 32]);
        let vkey = Vkey::new(origin().key_name(), *signer.public());
        (signer, vkey)
    }

    fn head(seed: u8, size: u64) -> Vec<u8> {
        let root = Digest::of(&size.to_be_bytes());
        Checkpoint { origin: origin(), size, root }.sign(&log(seed).0).unwrap()
    }

    #[test]
    fn what_is_kept_comes_back_and_the_next_takes_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::at(&folder.path().join("new"));
        let key = log(1).1;
        assert_eq!(memory.load(&origin(), &key).unwrap(), None);
        for size in [3, 9] {
            memory
                .store(&origin(), &LogKeys::new(key.clone()), &head(1, size), &Digest::of(b""))
                .unwrap();
            let kept = memory.load(&origin(), &key).unwrap().unwrap();
            assert_eq!((kept.size, kept.head.clone()), (size, head(1, size)));
            assert!(kept.is_ours());
        }
        assert_eq!(fs::read_dir(folder.path().join("new")).unwrap().count(), 1);
        fs::remove_dir_all(folder.path().join("new")).unwrap();
        assert_eq!(memory.load(&origin(), &key).unwrap(), None);
    }

    #[test]
    fn only_keys_that_everybody_has_are_not_held_to_what_was_verified() {
        let vkey = |origin: &str, seed: [u8; 32]| {
            let name = Origin::parse(origin).unwrap().key_name();
            Vkey::new(name, *SeedSigner::from_seed(&seed).public())
        };
        let mut own = [0x15; 32];
        own[31] = 0x16;
        assert!(!Memory::compares(&vkey("demonstration.invalid/a/b", [0x15; 32])));
        assert!(Memory::compares(&vkey("demonstration.invalid/a/b", own)));
        assert!(Memory::compares(&vkey("ledger.example/a/b", [0x15; 32])));
        assert!(Memory::compares(&vkey("demonstration.invalid.example/a/b", [0x15; 32])));
    }

    #[test]
    fn a_memory_of_another_ledger_or_key_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::at(folder.path());
        memory.store(&origin(), &LogKeys::new(log(1).1), &head(1, 3), &Digest::of(b"")).unwrap();
        assert_eq!(memory.load(&origin(), &log(2).1).unwrap(), None);
        // Nor when the file itself is put in its place.
        let other = memory.path(&log(2).1).unwrap();
        fs::copy(memory.path(&log(1).1).unwrap(), &other).unwrap();
        assert!(memory.load(&origin(), &log(2).1).is_err());
        // A head that the key did not sign is not taken.
        memory.store(&origin(), &LogKeys::new(log(1).1), &head(2, 5), &Digest::of(b"")).unwrap();
        assert_eq!(memory.load(&origin(), &log(1).1).unwrap().unwrap().size, 3);
    }

    #[test]
    fn every_damaged_byte_before_the_end_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::at(folder.path());
        let key = log(1).1;
        memory.store(&origin(), &LogKeys::new(key.clone()), &head(1, 3), &Digest::of(b"")).unwrap();
        let path = memory.path(&key).unwrap();
        let good = fs::read(&path).unwrap();
        let before = memory.load(&origin(), &key).unwrap().unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).unwrap();
            match memory.load(&origin(), &key) {
                Err(MemoryError::Damaged { .. }) => {}
                // Another version of the program vouches for nothing, other heads are checked.
                Ok(Some(kept)) => {
                    assert!(!kept.is_ours() || kept.heads != before.heads, "{at}");
                    assert_eq!(kept.root, before.root, "{at}");
                }
                other => panic!("{at}: {other:?}"),
            }
            fs::write(&path, &good[..at]).unwrap();
            assert!(memory.load(&origin(), &key).is_err(), "cut at {at}");
        }
    }
}

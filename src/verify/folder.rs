//! A folder of tiles, with or without the rest of a bundle, read as a ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::finding::{Finding, PhaseResult, Place};
use super::manifest::{CHECKPOINT, Manifest, read, unread};
use super::rule::{Phase, Rule};
use super::source::Source;
use crate::durable;
use crate::ledger::note::NOTE_BYTES_MAX;
use crate::ledger::tiles::{TileKind, TilePath, bundles_of, check_tiles, entries_of};
use crate::ledger::{Checkpoint, Digest, parse};
use crate::store::{Content, Intake, Row, RowRef, StoreError};

/// The longest content that is read, in bytes.
const CONTENT_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// What a folder does not hold of what its entries name.
#[derive(Clone, Debug)]
enum Withheld {
    /// It is tiles alone.
    All,
    /// What the list of the bundle names.
    These(BTreeSet<Digest>),
}

/// A folder of tiles and its head. Only the sizes fit; nothing is verified.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    head: Vec<u8>,
    claimed: Checkpoint,
    withheld: Withheld,
    /// Whether the list of the bundle is about another head.
    misplaced: bool,
    /// The first tile that the system did not let be read.
    refused: Arc<Mutex<Option<Finding>>>,
}

impl Folder {
    /// Opens a folder of tiles, or the bundle of a whole ledger when its list is given.
    ///
    /// # Errors
    /// A head that is missing or has no form of one.
    pub fn open(path: &Path, manifest: Option<&Manifest>) -> Result<Self, Finding> {
        let fault = |rule, text: String| {
            let place = Place::File(CHECKPOINT.to_owned());
            Finding { place, rule, text }
        };
        let head = read(path, CHECKPOINT, NOTE_BYTES_MAX as u64, Rule::Checkpoint)?;
        let claimed = claimed(&head).ok_or_else(|| {
            fault(Rule::Checkpoint, "it is no checkpoint; ask for the file again".to_owned())
        })?;
        let withheld = manifest.map_or(Withheld::All, |manifest| {
            let digests = manifest.withheld.content.iter();
            Withheld::These(digests.filter_map(|hex| Digest::from_hex(hex).ok()).collect())
        });
        let misplaced = manifest.is_some_and(|manifest| {
            let root = claimed.root.base64();
            (&*manifest.ledger, manifest.size, &manifest.root)
                != (claimed.origin.as_str(), claimed.size, &root)
        });
        let refused = Arc::default();
        Ok(Self { path: path.to_owned(), head, claimed, withheld, misplaced, refused })
    }

    /// Returns the head as it stands in the folder.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Returns what the head says, unverified.
    pub const fn claimed(&self) -> &Checkpoint {
        &self.claimed
    }

    /// What is wrong where the list of the bundle is about another head.
    pub(crate) fn misplaced(&self) -> Option<Finding> {
        let place = Place::File(CHECKPOINT.to_owned());
        let text = "origin, size or root are not those of bundle.json".to_owned();
        self.misplaced.then_some(Finding { place, rule: Rule::CheckpointPlace, text })
    }

    /// Tells it, unless the head itself is bad.
    pub(crate) fn placed(&self, phases: &mut [PhaseResult]) {
        let head = phases.iter_mut().find(|one| one.phase == Phase::Head);
        let head = head.filter(|one| one.fault().is_none());
        if let (Some(head), Some(finding)) = (head, self.misplaced()) {
            *head = PhaseResult::bad(Phase::Head, finding);
        }
    }

    /// Checks every tile against the root of the head; returns how many files are good.
    ///
    /// # Errors
    /// The first tile that is missing or wrong, or `checkpoint-root`.
    pub fn tiles(&self) -> Result<u64, Finding> {
        let (size, root) = (self.claimed.size, self.claimed.root);
        let counts = check_tiles(size, &root, |path| self.tile(path));
        counts.map(|counts| counts.tiles + counts.bundles).map_err(|error| Finding {
            place: Place::File("tile".to_owned()),
            rule: Rule::Tile,
            text: error.to_string(),
        })
    }

    /// The bytes at a path of a tile, at most one more than it can have.
    fn tile(&self, path: &TilePath) -> Option<Vec<u8>> {
        let name = path.to_string();
        match durable::read_at_most(&self.path.join(&name), path.bytes_max() as u64 + 1) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                if error.is_refusal() {
                    let mut first = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
                    first.get_or_insert_with(|| unread(&name, Rule::Unreadable, &error));
                }
                None
            }
        }
    }

    /// The first tile that was asked for and that the system did not let be read.
    pub(crate) fn refused(&self) -> Option<Finding> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn missing(&self, path: &TilePath) -> StoreError {
        StoreError::Missing { path: self.path.join(path.to_string()) }
    }

    /// The entries and leaf hashes of one bundle of entries.
    fn rows(&self, bundle: &TilePath) -> Result<Vec<Row>, StoreError> {
        let hashes = TilePath::new(TileKind::Hashes(0), bundle.index(), bundle.width());
        let hashes = hashes.and_then(|path| self.tile(&path));
        let bytes = self.tile(bundle).ok_or_else(|| self.missing(bundle))?;
        let entries = entries_of(&bytes, bundle.width()).map_err(|_| self.missing(bundle))?;
        let width = usize::from(bundle.width()) * 32;
        let leaves = hashes.filter(|leaves| leaves.len() == width);
        let leaves = leaves.ok_or_else(|| self.missing(bundle))?;
        let first = bundle.index() * 256;
        let rows = entries.iter().zip(leaves.chunks_exact(32)).zip(first..);
        Ok(rows
            .map(|((bytes, leaf), seq)| Row {
                seq,
                id: claimed_id(bytes),
                leaf: leaf.try_into().map_or_else(|_| Digest::of(&[]), Digest::from_bytes),
                bytes: bytes.to_vec(),
            })
            .collect())
    }
}

/// The three lines of a head, before its signature is looked at.
fn claimed(note: &[u8]) -> Option<Checkpoint> {
    let text = std::str::from_utf8(note).ok()?;
    let (text, _) = text.rsplit_once("\n\n")?;
    Checkpoint::parse(&format!("{text}\n")).ok()
}

/// A folder has no column for ids, so the one in the entry is taken.
fn claimed_id(bytes: &[u8]) -> [u8; 16] {
    let entry = parse::parse(bytes).ok();
    let id = entry.and_then(|entry| u128::from_str_radix(entry.id(), 16).ok());
    id.unwrap_or_default().to_be_bytes()
}

impl Source for Folder {
    fn heads(&self) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        Ok(vec![(self.claimed.size, self.head.clone())])
    }

    fn size(&self) -> Result<u64, StoreError> {
        Ok(self.claimed.size)
    }

    fn entries<E: From<StoreError>>(
        &self,
        range: Range<u64>,
        mut each: impl FnMut(Row) -> Result<(), E>,
    ) -> Result<(), E> {
        for bundle in bundles_of(self.claimed.size) {
            let first = bundle.index() * 256;
            if first >= range.end || first + 256 <= range.start {
                continue;
            }
            let rows = self.rows(&bundle)?.into_iter();
            rows.filter(|row| range.contains(&row.seq)).try_for_each(&mut each)?;
        }
        Ok(())
    }

    fn look<E: From<StoreError>>(
        &self,
        range: Range<u64>,
        mut each: impl FnMut(RowRef<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.entries(range, |row| each(row.as_ref()))
    }

    fn beside(&self) -> Result<Self, StoreError> {
        Ok(self.clone())
    }

    fn contents<E: From<StoreError>>(
        &self,
        wanted: impl Fn(&Digest) -> bool,
        mut each: impl FnMut(Content) -> Result<(), E>,
    ) -> Result<(), E> {
        for (digest, path) in contents(&self.path.join("content")) {
            let mut intake = Intake::new(digest, wanted(&digest));
            let read = durable::read_blocks(&path, CONTENT_BYTES_MAX, |block| intake.add(block));
            read.map_err(|error| {
                let path = path.clone();
                if error.is_refusal() {
                    return StoreError::Io { path, source: error.into() };
                }
                StoreError::Missing { path }
            })?;
            each(intake.finish())?;
        }
        Ok(())
    }

    fn withheld(&self, digest: &Digest) -> bool {
        match &self.withheld {
            Withheld::All => true,
            Withheld::These(these) => these.contains(digest),
        }
    }

    fn is_snapshot(&self) -> bool {
        true
    }
}

/// The files of a folder that are named by a digest, in its order.
pub(crate) fn contents(folder: &Path) -> BTreeMap<Digest, PathBuf> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let named = files.filter_map(|file| {
        let name = file.file_name().into_string().ok()?;
        Some((Digest::from_hex(&name).ok()?, file.path()))
    });
    named.collect()
}

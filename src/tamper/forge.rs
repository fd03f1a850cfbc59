//! What a forger does who holds every key of the organisation: seal entries, sign heads, make tiles,
//! proofs and the list of a bundle anew, so that only the rule that is broken can give the forger away.

use std::collections::BTreeMap;
use std::path::Path;

use base64ct::{Base64, Encoding as _};
use serde_json::{Value, json};

use super::error::{KitError, kit};
use super::keys::{self, Witness};
use super::sample::{self, KEPT};
use crate::domain::date::Timestamp;
use crate::domain::event::Event;
use crate::export::ExportError;
use crate::ledger::entry::{PAYLOAD_TYPE, pae};
use crate::ledger::json::{canonical, parse_canonical};
use crate::ledger::tiles::{TileKind, TilePath, Tiler, bundle, entries_of};
use crate::ledger::tree::{consistency_proof, inclusion_proof, root_of};
use crate::ledger::{
    ConsistencyFile, Digest, Draft, InclusionFile, Origin, Sign, Subject, leaf_hash, parse, seal,
};
use crate::verify::manifest::{Listed, MANIFEST, Manifest};
use crate::verify::published::NAME;

/// The files of a bundle by their names.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// Files that a copy does not need: those of the original serve.
const LEFT_OUT: [&str; 3] = ["FORMAT.md", "README.txt", "verify.py"];

/// Reads the files of a bundle.
pub(super) fn read(folder: &Path) -> Result<Files, KitError> {
    let mut files = Files::new();
    let mut waiting = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = waiting.pop() {
        let failed = |error| ExportError::io(&folder, error);
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let part = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = format!("{prefix}{}", part.unwrap_or_default());
            if path.is_dir() {
                waiting.push((path, format!("{name}/")));
            } else {
                let bytes = std::fs::read(&path).map_err(|error| ExportError::io(&path, error))?;
                files.insert(name, bytes);
            }
        }
    }
    Ok(files)
}

/// Writes files below a folder.
pub(super) fn write(folder: &Path, files: &Files) -> Result<(), KitError> {
    for (name, bytes) in files {
        let path = folder.join(name);
        let failed = |error| ExportError::io(&path, error);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        std::fs::write(&path, bytes).map_err(failed)?;
    }
    Ok(())
}

/// Makes the list of a bundle anew, so that it names the files as they are now.
pub(super) fn relist(files: &mut Files) -> Result<(), KitError> {
    let old = files.remove(MANIFEST).unwrap_or_default();
    let mut list = kit(Manifest::parse(&old))?;
    list.files = listed(files);
    files.insert(MANIFEST.to_owned(), kit(list.to_bytes())?);
    Ok(())
}

/// What a list says of files.
pub(super) fn listed(files: &Files) -> Vec<Listed> {
    let one = |(name, bytes): (&String, &Vec<u8>)| Listed {
        name: name.clone(),
        sha256: Digest::of(bytes).hex(),
        size: bytes.len() as u64,
    };
    files.iter().map(one).collect()
}

/// The head of a forged bundle.
#[derive(Clone)]
pub(super) struct Head {
    /// The key that signs it.
    pub(super) log: u8,
    /// When witnesses sign it.
    pub(super) time: u64,
    /// When the first of them does, where that is another time.
    pub(super) first_time: Option<u64>,
    /// Which do.
    pub(super) witnesses: Vec<Witness>,
    /// What it signs in the place of the root.
    pub(super) root: Option<Digest>,
}

/// What a bundle is made of.
#[derive(Clone)]
pub(super) struct Forger {
    pub(super) entries: Vec<Vec<u8>>,
    /// Content by the name of its file, which is its digest when nobody forged it.
    pub(super) contents: BTreeMap<String, Vec<u8>>,
    pub(super) evidence: BTreeMap<String, Vec<u8>>,
    pub(super) statement: Option<Vec<u8>>,
    pub(super) policy: Vec<u8>,
    pub(super) withheld: Vec<String>,
    pub(super) head: Head,
}

fn below(files: &Files, folder: &str) -> BTreeMap<String, Vec<u8>> {
    let inside = |(name, bytes): (&String, &Vec<u8>)| {
        Some((name.strip_prefix(folder)?.to_owned(), bytes.clone()))
    };
    files.iter().filter_map(inside).collect()
}

impl Forger {
    /// Takes a bundle apart.
    pub(super) fn of(files: &Files, head: Head) -> Result<Self, KitError> {
        let path = files.keys().find(|name| name.starts_with("tile/entries/"));
        let path = path.ok_or_else(|| KitError::Material("a bundle without entries".to_owned()))?;
        let width = kit(TilePath::parse(path))?.width();
        let bytes = files.get(path).map(Vec::as_slice).unwrap_or_default();
        let list = kit(Manifest::parse(files.get(MANIFEST).map_or(&[], Vec::as_slice)))?;
        Ok(Self {
            entries: kit(entries_of(bytes, width))?.into_iter().map(<[u8]>::to_vec).collect(),
            contents: below(files, "content/"),
            evidence: below(files, "evidence/"),
            statement: files.get(NAME).cloned(),
            policy: files.get("policy").cloned().unwrap_or_default(),
            withheld: list.withheld.content,
            head,
        })
    }

    pub(super) fn leaves(&self) -> Vec<Digest> {
        self.entries.iter().map(|entry| leaf_hash(entry)).collect()
    }

    /// The head of the first `size` entries, or of another tree, with the line of the log key alone.
    pub(super) fn bare(&self, size: u64, root: Option<Digest>) -> Result<Vec<u8>, KitError> {
        let leaves: Vec<Digest> =
            self.leaves().into_iter().zip(0..size).map(|(leaf, _)| leaf).collect();
        let log = if size <= 16 { keys::LOG } else { keys::NEW_LOG };
        sample::head(log, sample::ORIGIN, size, root.unwrap_or_else(|| root_of(&leaves)))
    }

    /// Puts the bundle together.
    pub(super) fn files(&self) -> Result<Files, KitError> {
        let (leaves, mut files) = (self.leaves(), Files::new());
        let (size, found) = (leaves.len() as u64, root_of(&leaves));
        let root = self.head.root.unwrap_or(found);
        let bare = sample::head(self.head.log, sample::ORIGIN, size, root)?;
        let bare = kit(String::from_utf8(bare))?;
        let mut note = bare.clone().into_bytes();
        for (witness, place) in self.head.witnesses.iter().zip(0..) {
            let time = self.head.first_time.filter(|_| place == 0).unwrap_or(self.head.time);
            note.extend(witness.line(&bare, time)?.into_bytes());
        }
        self.tiles(&leaves, &mut files)?;
        self.proofs(&leaves, &note, &mut files);
        let folder = |name: &str, of: &BTreeMap<String, Vec<u8>>| -> Files {
            of.iter().map(|(file, bytes)| (format!("{name}/{file}"), bytes.clone())).collect()
        };
        files.extend(folder("content", &self.contents));
        files.extend(folder("evidence", &self.evidence));
        files.extend(self.statement.clone().map(|bytes| (NAME.to_owned(), bytes)));
        files.insert("policy".to_owned(), self.policy.clone());
        files.insert("checkpoint".to_owned(), note);
        let origin = kit(Origin::parse(sample::ORIGIN))?;
        let mut list = Manifest::new(&origin, size, &root, None);
        list.files = listed(&files);
        list.withheld.content.clone_from(&self.withheld);
        files.insert(MANIFEST.to_owned(), kit(list.to_bytes())?);
        Ok(files)
    }

    /// Makes a bundle of one item out of that of the whole ledger, with these entries.
    pub(super) fn of_item(
        &self,
        whole: &Files,
        given: &[u64],
        number: &str,
    ) -> Result<Files, KitError> {
        let keep = |name: &str| {
            matches!(name, "checkpoint" | "policy") || name.starts_with("consistency/")
        };
        let mut files: Files = whole.clone();
        files.retain(|name, _| keep(name));
        let note = files.get("checkpoint").cloned().unwrap_or_default();
        let leaves = self.leaves();
        for (entry, index) in self.entries.iter().zip(0..).filter(|(_, seq)| given.contains(seq)) {
            let path = inclusion_proof(&leaves, index).unwrap_or_default();
            let proof = InclusionFile { extra: None, index, path, checkpoint: note.clone() };
            files.insert(format!("entries/{index}.json"), entry.clone());
            files.insert(format!("proofs/{index}.tlog-proof"), proof.to_bytes());
            let payload = payload(entry)?;
            let named = self.contents.iter().filter(|(hex, _)| payload.contains(hex.as_str()));
            files.extend(named.map(|(hex, bytes)| (format!("content/{hex}"), bytes.clone())));
        }
        let (origin, size) = (kit(Origin::parse(sample::ORIGIN))?, leaves.len() as u64);
        let item = sample::item(number)?.to_string();
        let mut list = Manifest::new(&origin, size, &root_of(&leaves), Some(item));
        list.files = listed(&files);
        list.withheld.entries = size.saturating_sub(given.len() as u64);
        files.insert(MANIFEST.to_owned(), kit(list.to_bytes())?);
        Ok(files)
    }

    fn tiles(&self, leaves: &[Digest], files: &mut Files) -> Result<(), KitError> {
        let mut tiler = Tiler::new();
        let full: Vec<_> = leaves.iter().flat_map(|leaf| tiler.push(*leaf)).collect();
        for (path, bytes) in full.into_iter().chain(tiler.finish()) {
            files.insert(path.to_string(), bytes);
        }
        for (chunk, index) in self.entries.chunks(256).zip(0..) {
            let width = u16::try_from(chunk.len()).unwrap_or_default();
            let path = TilePath::new(TileKind::Entries, index, width);
            let path = path.ok_or_else(|| KitError::Material("no such tile".to_owned()))?;
            files.insert(path.to_string(), kit(bundle(chunk))?);
        }
        Ok(())
    }

    /// A proof of each statement and anchor, and that the head which the reader kept is a prefix.
    fn proofs(&self, leaves: &[Digest], note: &[u8], files: &mut Files) {
        for (entry, index) in self.entries.iter().zip(0..) {
            let kind = parse::parse(entry).map(|entry| entry.kind().to_owned());
            let cited = ["statement-published", "anchor-cosigned"];
            if !kind.is_ok_and(|kind| cited.contains(&kind.as_str())) {
                continue;
            }
            let path = inclusion_proof(leaves, index).unwrap_or_default();
            let proof = InclusionFile { extra: None, index, path, checkpoint: note.to_vec() };
            files.insert(format!("proofs/{index}.tlog-proof"), proof.to_bytes());
        }
        if let Some(path) = consistency_proof(leaves, KEPT) {
            let proof = ConsistencyFile { old_size: KEPT, path, checkpoint: note.to_vec() };
            let name = format!("consistency/{KEPT}-{}.add-checkpoint", leaves.len());
            files.insert(name, proof.to_bytes());
        }
    }

    /// A draft for a place, good in everything.
    pub(super) fn draft(
        &self,
        seq: usize,
        at: Timestamp,
        event: &Event,
    ) -> Result<Draft, KitError> {
        let leaves = self.leaves();
        let before = leaves.get(..seq).unwrap_or(&leaves);
        Ok(Draft {
            ledger: kit(Origin::parse(sample::ORIGIN))?,
            ledger_id: leaves.first().copied().unwrap_or_else(|| Digest::of(&[])),
            seq: before.len() as u64,
            root: root_of(before),
            at: at.to_string(),
            id: sample::id(1_000 + before.len() as u64)?.to_string(),
            kind: event.kind().as_str().to_owned(),
            body: kit(event.body())?,
            subjects: Vec::new(),
        })
    }

    /// A draft for the next place, on the first of June.
    pub(super) fn next(&self, event: &Event) -> Result<Draft, KitError> {
        self.draft(self.entries.len(), sample::nine("2026-06-01")?, event)
    }

    /// Seals a draft by the keys of these seeds and puts it at the end.
    pub(super) fn append(&mut self, draft: &Draft, signers: &[u8]) -> Result<(), KitError> {
        self.entries.push(sealed(draft, signers)?);
        Ok(())
    }

    /// Keeps a content, and returns its subject.
    pub(super) fn content(&mut self, name: &str, bytes: &[u8]) -> Subject {
        let sha256 = Digest::of(bytes);
        self.contents.insert(sha256.hex(), bytes.to_vec());
        Subject { name: name.to_owned(), sha256 }
    }
}

/// Seals a draft as the program does.
pub(super) fn sealed(draft: &Draft, signers: &[u8]) -> Result<Vec<u8>, KitError> {
    let signers: Vec<_> = signers.iter().map(|seed| keys::signer(*seed)).collect();
    let signers: Vec<&dyn Sign> = signers.iter().map(|one| one as &dyn Sign).collect();
    kit(seal(draft, &signers))
}

/// The payload inside an entry.
pub(super) fn payload(entry: &[u8]) -> Result<String, KitError> {
    let envelope: Value = kit(serde_json::from_slice(entry))?;
    let text = envelope.get("payload").and_then(Value::as_str).unwrap_or_default();
    kit(String::from_utf8(kit(Base64::decode_vec(text))?))
}

/// An envelope around any payload, whatever a reader will say of it. The signatures are of the keys
/// of these seeds, over `signed`.
pub(super) fn enveloped(payload: &str, signed: &str, seeds: &[u8]) -> Result<Vec<u8>, KitError> {
    let message = pae(PAYLOAD_TYPE, signed.as_bytes());
    let mut signatures = Vec::new();
    for seed in seeds {
        let key = keys::signer(*seed);
        let sig = Base64::encode_string(&kit(key.sign(&message))?);
        signatures.push(json!({ "keyid": key.public().keyid(), "sig": sig }));
    }
    let payload = Base64::encode_string(payload.as_bytes());
    let all = json!({ "payload": payload, "payloadType": PAYLOAD_TYPE, "signatures": signatures });
    Ok(kit(canonical(&all))?.into_bytes())
}

/// The same signature with the order of the group added to its scalar: the equation still holds.
pub(super) fn malleable(entry: &[u8]) -> Result<Vec<u8>, KitError> {
    /// RFC 8032, section 5.1: 2^252 + 27742317777372353535851937790883648493, low byte first.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut envelope = kit(parse_canonical(entry))?;
    let sig = envelope.pointer_mut("/signatures/0/sig");
    let sig = sig.ok_or_else(|| KitError::Material("an entry without a signature".to_owned()))?;
    let mut bytes = kit(Base64::decode_vec(sig.as_str().unwrap_or_default()))?;
    let mut carry = 0_u16;
    for (byte, more) in bytes.iter_mut().skip(32).zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        *byte = u8::try_from(sum & 0xff).unwrap_or_default();
        carry = sum >> 8;
    }
    *sig = Value::String(Base64::encode_string(&bytes));
    Ok(kit(canonical(&envelope))?.into_bytes())
}

/// The files without those that a copy does not need, under a list made anew.
pub(super) fn lean(mut files: Files) -> Result<Files, KitError> {
    files.retain(|name, _| !LEFT_OUT.contains(&name.as_str()));
    relist(&mut files)?;
    Ok(files)
}

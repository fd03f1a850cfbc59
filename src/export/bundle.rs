//! Makes a bundle: one folder with all that a stranger needs to check a ledger, or one item of it,
//! without this program. The layout is that of `docs/FORMAT.md`, section 15.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{ExportError, OwnHead, proofs, tiles};
use crate::domain::event::{Event, Kind};
use crate::domain::sanitize::safe;
use crate::domain::state::Fact;
use crate::durable::{self, Access, AsideFolder, ReadError};
use crate::ledger::{Cosigned, Digest, Digester, WitnessKey, cosignature};
use crate::store::Store;
use crate::verify::audit::Ledger;
use crate::verify::bundle::{STATEMENT, is_cited};
use crate::verify::manifest::CHECKPOINT;
use crate::verify::manifest::{Listed, MANIFEST, Manifest, check, digest};

/// A file that is being written, with the first error of that.
struct Begun {
    path: PathBuf,
    file: fs::File,
    written: io::Result<()>,
}

impl Begun {
    fn write(&mut self, block: &[u8]) {
        if self.written.is_ok() {
            self.written = self.file.write_all(block);
        }
    }

    fn finish(self) -> Result<(), ExportError> {
        self.written.map_err(|error| ExportError::io(&self.path, error))
    }
}

const FORMAT: &str = include_str!("../../docs/FORMAT.md");
const VERIFIER: &str = include_str!("../../verifier/verify.py");

/// The longest evidence file that is given out, in bytes.
const EVIDENCE_BYTES_MAX: u64 = 1 << 30;

/// What goes into a bundle.
pub struct Contents {
    /// The head of the bundle, with its cosignatures.
    pub head: OwnHead,
    /// The item and the entries that its status rests on; none for the whole ledger.
    pub item: Option<(String, BTreeSet<u64>)>,
    /// Entries whose stored evidence is given out.
    pub evidence: BTreeSet<u64>,
    /// Evidence files that the ledger does not keep.
    pub files: Vec<PathBuf>,
    /// Earlier heads that the reader may have kept.
    pub kept: Vec<u64>,
}

/// What was made.
#[derive(Debug)]
pub struct Made {
    /// The list of the bundle.
    pub manifest: Manifest,
    /// How many entries it holds.
    pub entries: u64,
    /// The content and evidence that it holds, by digest and by the names that entries give it.
    pub named: Vec<Given>,
}

/// A file of content or evidence in a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its path in the bundle.
    pub path: String,
    /// What an entry calls it.
    pub name: String,
    /// That entry.
    pub seq: u64,
    /// Whether it is evidence.
    pub evidence: bool,
}

impl Given {
    /// The name of the file as somebody brought it, where it was kept as it was imported.
    pub fn imported(&self) -> Option<&str> {
        self.name.strip_prefix("import:")
    }
}

/// Writes a bundle to a folder that is not there yet. It is made beside that place and moved there
/// when it is whole.
///
/// # Errors
/// [`ExportError::Differs`] when there is something at `folder`; a file that cannot be written;
/// [`ExportError::NotNamed`] for an evidence file that no entry names.
pub fn make(
    ledger: &Ledger,
    store: &Store,
    folder: &Path,
    contents: &Contents,
) -> Result<Made, ExportError> {
    let there = folder.symlink_metadata().is_ok();
    if there && !folder.join(MANIFEST).is_file() {
        return Err(ExportError::Differs { path: folder.to_owned() });
    }
    let parent = durable::folder_of(folder);
    let aside = AsideFolder::new(parent, Access::Umask);
    let aside = aside.map_err(|error| ExportError::io(parent, error))?;
    let maker = Maker { ledger, store, root: aside.path(), contents };
    let made = maker.make()?;
    if there {
        // The same again, as after a stop before it was said: it is done where it is the same.
        let same = check(folder).is_ok_and(|found| found == made.manifest);
        return if same { Ok(made) } else { Err(ExportError::Differs { path: folder.to_owned() }) };
    }
    aside.publish(folder).map_err(|error| {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            return ExportError::Differs { path: folder.to_owned() };
        }
        ExportError::io(folder, error)
    })?;
    Ok(made)
}

struct Maker<'m> {
    ledger: &'m Ledger,
    store: &'m Store,
    root: &'m Path,
    contents: &'m Contents,
}

impl Maker<'_> {
    fn size(&self) -> u64 {
        self.contents.head.checkpoint.size
    }

    /// The entries that the bundle holds.
    fn given(&self) -> Vec<&Fact> {
        let facts = &self.ledger.facts;
        let covered = facts.iter().filter(|fact| fact.seq < self.size());
        match &self.contents.item {
            None => covered.collect(),
            Some((_, entries)) => {
                let all = proofs::with_keys(self.ledger, entries);
                covered.filter(|fact| all.contains(&fact.seq)).collect()
            }
        }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), ExportError> {
        let mut file = self.begin(name)?;
        file.write(bytes);
        file.finish()
    }

    /// Writes what the ledger keeps under a digest, piece by piece, if it keeps it.
    fn stored(&self, name: &str, digest: &Digest) -> Result<(), ExportError> {
        let store = self.store;
        if !store.has_content(digest)? {
            return Ok(());
        }
        let mut file = self.begin(name)?;
        store.content_to(digest, |block| file.write(block))?;
        file.finish()
    }

    fn begin(&self, name: &str) -> Result<Begun, ExportError> {
        let path = self.root.join(name);
        let failed = |error| ExportError::io(&path, error);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let file = fs::File::create(&path).map_err(failed)?;
        Ok(Begun { path, file, written: Ok(()) })
    }

    fn make(&self) -> Result<Made, ExportError> {
        let (head, given) = (&self.contents.head, self.given());
        if self.contents.item.is_none() {
            tiles::write(self.ledger, self.store, self.root, head)?;
        } else {
            self.put(CHECKPOINT, &head.bytes)?;
            self.entries(&given)?;
        }
        let withheld = self.content(&given)?;
        self.evidence(&given)?;
        self.proofs(&given)?;
        self.put("policy", self.policy().as_bytes())?;
        self.put("FORMAT.md", FORMAT.as_bytes())?;
        self.put("verify.py", VERIFIER.as_bytes())?;
        let named = self.named(&given);
        self.put("README.txt", self.readme(given.len(), withheld.len(), &named).as_bytes())?;
        self.list(given.len() as u64, withheld, named)
    }

    /// The files of content and evidence that were written, with what the entries call them: the
    /// files themselves have their digests for names.
    fn named(&self, given: &[&Fact]) -> Vec<Given> {
        let (mut named, mut seen) = (Vec::new(), BTreeSet::new());
        for fact in given {
            for subject in &fact.subjects {
                let folder = if fact.event.keeps_files() { "content" } else { "evidence" };
                let path = format!("{folder}/{}", subject.sha256);
                // Every row of a sheet names the sheet: the first is enough.
                if self.root.join(&path).is_file()
                    && seen.insert((path.clone(), subject.name.clone()))
                {
                    let (name, seq) = (subject.name.clone(), fact.seq);
                    let evidence = fact.event.kind() == Kind::EvidenceRecorded;
                    named.push(Given { path, name, seq, evidence });
                }
            }
        }
        named
    }

    fn entries(&self, given: &[&Fact]) -> Result<(), ExportError> {
        for fact in given {
            let bytes = proofs::entry_bytes(self.store, fact.seq)?.unwrap_or_default();
            self.put(&format!("entries/{}.json", fact.seq), &bytes)?;
        }
        Ok(())
    }

    /// Writes the content that the entries name and the ledger keeps, and the newest statement by
    /// its own name. Returns what is withheld.
    fn content(&self, given: &[&Fact]) -> Result<BTreeSet<String>, ExportError> {
        let (mut give, mut named) = (BTreeSet::new(), BTreeSet::new());
        for fact in given.iter().filter(|fact| fact.event.keeps_files()) {
            let private = fact.event.kind() == Kind::EvidenceRecorded;
            let given = !private || self.contents.evidence.contains(&fact.seq);
            for subject in &fact.subjects {
                named.insert(subject.sha256.clone());
                if given {
                    give.insert(subject.sha256.clone());
                }
            }
        }
        let newest = given.iter().rev().find(|fact| fact.event.kind() == Kind::StatementPublished);
        let statement = newest
            .and_then(|fact| fact.subjects.iter().find(|one| one.name == STATEMENT))
            .map(|one| one.sha256.clone());
        for hex in &give {
            let Ok(digest) = Digest::from_hex(hex) else { continue };
            // The newest statement stands by its own name as well.
            let twice = (Some(hex) == statement.as_ref()).then_some(STATEMENT);
            let name = format!("content/{hex}");
            for name in std::iter::once(name.as_str()).chain(twice) {
                self.stored(name, &digest)?;
            }
        }
        Ok(named.difference(&give).cloned().collect())
    }

    /// Writes evidence that the ledger does not keep, if an entry that is given names it.
    fn evidence(&self, given: &[&Fact]) -> Result<(), ExportError> {
        let named: BTreeSet<&str> = given
            .iter()
            .filter(|fact| !fact.event.keeps_files())
            .flat_map(|fact| fact.subjects.iter().map(|one| one.sha256.as_str()))
            .collect();
        for path in &self.contents.files {
            let failed = |error: ReadError| ExportError::io(path, error.into());
            let hex = digest(path, u64::MAX).map_err(failed)?.0.hex();
            if !named.contains(hex.as_str()) {
                return Err(ExportError::NotNamed { path: path.clone(), sha256: hex });
            }
            let mut file = self.begin(&format!("evidence/{hex}"))?;
            let mut hash = Digester::new();
            let read = durable::read_blocks(path, EVIDENCE_BYTES_MAX, |block| {
                hash.add(block);
                file.write(block);
            });
            read.map_err(failed)?;
            file.finish()?;
            // What was changed between the two looks is not what the entry names.
            let found = hash.finish().hex();
            if found != hex {
                return Err(ExportError::NotNamed { path: path.clone(), sha256: found });
            }
        }
        Ok(())
    }

    fn proofs(&self, given: &[&Fact]) -> Result<(), ExportError> {
        let (ledger, head) = (self.ledger, &self.contents.head);
        let whole = self.contents.item.is_none();
        for fact in given.iter().filter(|fact| !whole || is_cited(&fact.event)) {
            let entry = proofs::entry_bytes(self.store, fact.seq)?.unwrap_or_default();
            let proof = proofs::inclusion(ledger, &entry, fact.seq, head)?;
            self.put(&format!("proofs/{}.tlog-proof", fact.seq), &proof)?;
        }
        for old in &self.contents.kept {
            let proof = proofs::consistency(ledger, *old, head)?;
            self.put(&format!("consistency/{old}-{}.add-checkpoint", self.size()), &proof)?;
        }
        for fact in given {
            let Event::AnchorTimestamped(body) = &fact.event else { continue };
            let token = fact.subjects.iter().find(|one| one.name == "timestamp.tsr");
            let token = token.and_then(|one| ledger.contents.get(&one.sha256));
            self.put(&format!("anchors/{}.checkpoint", fact.seq), body.checkpoint.as_bytes())?;
            if let Some(token) = token {
                self.put(&format!("anchors/{}.tsr", fact.seq), token)?;
            }
        }
        Ok(())
    }

    /// The cosignatures on the head of witnesses that the ledger names.
    fn cosigned(&self) -> Vec<Cosigned> {
        let ledger = self.ledger;
        let mut known: Vec<WitnessKey> = Vec::new();
        for fact in &ledger.facts {
            let Event::AnchorCosigned(body) = &fact.event else { continue };
            for key in body.witnesses.iter().filter_map(|text| WitnessKey::parse(text).ok()) {
                if !known.iter().any(|one| one.key() == key.key()) {
                    known.push(key);
                }
            }
        }
        cosignature::verify(&self.contents.head.bytes, &known).unwrap_or_default()
    }

    /// The policy that the organisation proposes: its log key, and every witness of the head.
    fn policy(&self) -> String {
        let (ledger, signed) = (self.ledger, self.cosigned());
        let mut text = format!("log {}\n", ledger.log.at(self.size()));
        let mut members = String::new();
        for (one, number) in signed.iter().zip(1..) {
            let _ = writeln!(text, "witness w{number} {}", one.witness());
            let _ = write!(members, " w{number}");
        }
        if members.is_empty() {
            return text + "quorum none\n";
        }
        let _ = write!(text, "group witnesses all{members}\nquorum witnesses\n");
        text
    }

    fn readme(&self, given: usize, withheld: usize, named: &[Given]) -> String {
        let (head, size) = (&self.contents.head.checkpoint, self.size());
        let what = match &self.contents.item {
            None => format!("All {size} entries of the ledger {}.", head.origin),
            Some((item, _)) => format!(
                "The entries of the ledger {} that the status of {item} rests on: {given} of \
                 {size}.\nThe others are withheld: this cannot show their order, nor that none of \
                 them revokes a key,\ncorrects an entry or withdraws a ground.",
                head.origin
            ),
        };
        let kept_back = match withheld {
            0 => "No content is withheld.".to_owned(),
            count => format!("Withheld: {count} files that entries name (listed in bundle.json)."),
        };
        // A reader who asks for a fresh cosignature where nobody cosigned is answered NO.
        let (age, whose) = if self.cosigned().is_empty() {
            let whose = "No witness that this ledger names has cosigned its head: an older copy cannot \
                         be told from the newest,\nunless you kept a head (--kept), and `--max-age` \
                         would find nothing to go by.\n\n";
            ("", whose)
        } else {
            (" --max-age 30", "")
        };
        format!(
            "{what}\n{kept_back}\n\nTo check it you need the log key and the witnesses that YOU \
             trust, in a file of your own;\nthe file `policy` here is what the organisation \
             proposes, and proves nothing.\nAsk for the log key by another way, and for the \
             witnesses' keys from the witnesses.\n\n  python3 verify.py --policy YOUR-POLICY\
             {age}\n  dspt verify --policy YOUR-POLICY{age} .\n\n{whose}`verify.py` can be \
             exchanged like any other file: use a copy that you trust, or read it first.\n\
             FORMAT.md says what every file is and how it is checked. bundle.json lists them all.\n\
             {}",
            names(named)
        )
    }

    fn list(
        &self,
        given: u64,
        withheld: BTreeSet<String>,
        named: Vec<Given>,
    ) -> Result<Made, ExportError> {
        let head = &self.contents.head.checkpoint;
        let item = self.contents.item.as_ref().map(|(item, _)| item.clone());
        let mut manifest = Manifest::new(&head.origin, head.size, &head.root, item);
        manifest.withheld.content = withheld.into_iter().collect();
        manifest.withheld.entries = head.size.saturating_sub(given);
        let mut files = BTreeMap::new();
        collect(self.root, "", &mut files)?;
        manifest.files = files.into_values().collect();
        let bytes = manifest
            .to_bytes()
            .map_err(|why| ExportError::io(self.root.join(MANIFEST), std::io::Error::other(why)))?;
        self.put(MANIFEST, &bytes)?;
        Ok(Made { manifest, entries: given, named })
    }
}

/// The files that have digests for names, with what entries call them, for people.
fn names(named: &[Given]) -> String {
    let mut text = String::new();
    if named.is_empty() {
        return text;
    }
    text.push_str("\nWhat the entries call the files in content/ and evidence/:\n");
    for one in named {
        let name = safe(&one.name);
        let _ = writeln!(text, "  {}\n    entry #{}: {name}", one.path, one.seq);
    }
    text
}

/// Lists the files below a folder with their digests.
fn collect(
    folder: &Path,
    prefix: &str,
    files: &mut BTreeMap<String, Listed>,
) -> Result<(), ExportError> {
    let failed = |error| ExportError::io(folder, error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let part = entry.file_name().to_string_lossy().into_owned();
        let name = if prefix.is_empty() { part } else { format!("{prefix}/{part}") };
        if entry.file_type().map_err(failed)?.is_dir() {
            collect(&entry.path(), &name, files)?;
            continue;
        }
        let (sha256, size) =
            digest(&entry.path(), u64::MAX).map_err(|error| failed(error.into()))?;
        let sha256 = sha256.hex();
        files.insert(name.clone(), Listed { name, sha256, size });
    }
    Ok(())
}

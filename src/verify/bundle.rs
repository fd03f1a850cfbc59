//! Examining a folder of tiles or a bundle: what is checked of it besides the ledger inside.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use super::audit::{Audit, Counts, Ledger};
use super::examine::{Examination, Trust, examine};
use super::extra_files::{StrayError, strays};
use super::finding::{Finding, PhaseResult, add_to, put};
use super::folder::{Folder, contents};
use super::incremental::{Effort, audit_since};
use super::item_bundle::examine_item;
use super::known_heads::Memory;
use super::manifest::{MANIFEST, Manifest, check, digest, read, unread};
use super::rule::{Phase, Rule};
use crate::domain::event::Event;
use crate::domain::sanitize::counted;
use crate::durable::ReadError;
use crate::ledger::tree::Prefixes;
use crate::ledger::{ConsistencyFile, Digest, Head, InclusionFile, TilePath};
use crate::store::StoreError;

/// The longest proof that is read, in bytes: a note and 63 hashes.
const PROOF_BYTES_MAX: u64 = 1_100_000;

/// The name of the statement in a bundle, and among the subjects of an entry.
pub const STATEMENT: &str = "statement.json";

/// Why a folder could not be examined at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is not what it says, before any entry is read.
    #[error(transparent)]
    Fault(#[from] Finding),
    /// A file of it that the system does not let be read: nothing was decided.
    #[error("{0}")]
    Unreadable(Finding),
    /// It cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a bundle holds and a folder of tiles does not.
const OF_BUNDLES: [&str; 10] = [
    MANIFEST,
    "FORMAT.md",
    "anchors",
    "consistency",
    "content",
    "entries",
    "evidence",
    "proofs",
    STATEMENT,
    "verify.py",
];

/// Says whether a folder is a bundle rather than tiles alone. A bundle without its list is one, and
/// a damaged one: else whoever removes the list would have less of it checked.
pub fn is_bundle(path: &Path) -> bool {
    OF_BUNDLES.iter().any(|name| path.join(name).symlink_metadata().is_ok())
}

/// Examines a folder of tiles, or the bundle of a whole ledger.
///
/// # Errors
/// [`OpenError`] when there is nothing to examine: a list or a head that is not one, a file that
/// was changed.
pub fn examine_folder(
    path: &Path,
    trust: &Trust<'_>,
    memory: &Memory,
) -> Result<Examination, OpenError> {
    match examined(path, trust, memory) {
        Err(OpenError::Fault(finding)) if finding.rule == Rule::Unreadable => {
            Err(OpenError::Unreadable(finding))
        }
        Ok(found) => match found.phases.iter().find_map(not_read) {
            Some(finding) => Err(OpenError::Unreadable(finding.clone())),
            None => Ok(found),
        },
        other => other,
    }
}

fn not_read(phase: &PhaseResult) -> Option<&Finding> {
    phase.fault().filter(|finding| finding.rule == Rule::Unreadable)
}

fn examined(path: &Path, trust: &Trust<'_>, memory: &Memory) -> Result<Examination, OpenError> {
    let manifest = if is_bundle(path) { Some(check(path)?) } else { None };
    let folder = Folder::open(path, manifest.as_ref())?;
    if let Some(manifest) = manifest.as_ref().filter(|manifest| manifest.item.is_some()) {
        let mut found = examine_item(path, manifest, &folder, trust)??;
        let text = listed(manifest);
        put(&mut found.phases, PhaseResult::good(Phase::Bundle, text));
        return Ok(found);
    }
    let tiles = folder.tiles();
    let audit = audit_since(&folder, memory, Effort::Everything, |_| {});
    if let Some(finding) = folder.refused() {
        return Err(OpenError::Unreadable(finding));
    }
    let audit = audit.map_err(|error| match folder.misplaced() {
        Some(finding) => finding.into(),
        None => missing_tile(path, error),
    })?;
    let mut found = examine(audit, Some(folder.head()), trust);
    folder.placed(&mut found.phases);
    let tiles = tiles.and_then(|count| match manifest.as_ref().and_then(more_tiles) {
        Some(name) => {
            Err(Finding::in_file(name, Rule::Tile, "a tree of this size has no such tile"))
        }
        None => Ok(format!("{count} files of tiles, made again from the entries")),
    });
    let tiles = match &manifest {
        None => tiles.and_then(|text| Ok(text + &others(path, folder.claimed().size)?)),
        Some(_) => tiles,
    };
    add_to(&mut found.phases, Phase::Root, tiles);
    if let Some(manifest) = &manifest {
        let text = listed(manifest);
        put(&mut found.phases, PhaseResult::good(Phase::Bundle, text));
        // Which files must be there for what is newer than this program is not known.
        if let Some(ledger) = readable(&found.audit).filter(|_| found.audit.undecided.is_none()) {
            let bundle = Bundle { path, manifest, folder: &folder, ledger };
            for one in bundle.phases(&found.audit.counts) {
                put(&mut found.phases, one);
            }
        }
    }
    Ok(found)
}

/// What is in a folder of tiles beside those of its head, in words.
fn others(folder: &Path, size: u64) -> Result<String, Finding> {
    let bad = |error: StrayError| match error {
        StrayError::Tile(error) => Finding::in_file("tile", Rule::Tile, error.to_string()),
        StrayError::Io { path, source } => {
            let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
            unread(&name, Rule::Tile, &ReadError::from(source))
        }
    };
    let found = strays(folder, size).map_err(bad)?;
    let mut text = String::new();
    if found.older > 0 {
        let _ = write!(text, "; {} of smaller sizes fit", counted(found.older, "partial file"));
    }
    if found.unchecked > 0 {
        let count = counted(found.unchecked, "file");
        let _ = write!(text, "; not checked, since this size has no such: {count}");
    }
    Ok(text)
}

/// The ledger of an audit that found nothing wrong before the contents.
pub(crate) fn readable(audit: &Audit) -> Option<&Ledger> {
    let good = |finding: &Finding| finding.rule.phase() == Phase::Content;
    audit.ledger.as_ref().filter(|_| audit.finding.as_ref().is_none_or(good))
}

fn listed(manifest: &Manifest) -> String {
    format!(
        "{} files, and nothing else; README.txt, FORMAT.md, verify.py and policy among them are what \
         the maker of the bundle says, and prove nothing",
        manifest.files.len()
    )
}

/// A tile or entry bundle that no entry can be read without is a fault of the folder; what else
/// cannot be read is not.
fn missing_tile(folder: &Path, error: StoreError) -> OpenError {
    let StoreError::Missing { path } = &error else { return error.into() };
    match path.strip_prefix(folder) {
        Ok(inner) if inner.starts_with("tile") => {
            let name = inner.to_string_lossy().replace('\\', "/");
            Finding::in_file(&name, Rule::Tile, "it is missing, or its size is another").into()
        }
        _ => error.into(),
    }
}

/// A tile that the list names and the size of the tree does not ask for.
fn more_tiles(manifest: &Manifest) -> Option<&str> {
    // Each is asked for by itself: the size is a claim, and could be of more tiles than memory holds.
    let wanted = |name: &str| {
        let path = TilePath::parse(name).ok();
        path.is_some_and(|path| path.at_size(manifest.size) == Some(path))
    };
    let mut listed = manifest.files.iter().map(|file| file.name.as_str());
    listed.find(|name| name.starts_with("tile/") && !wanted(name))
}

/// A bundle whose ledger was found good.
pub(crate) struct Bundle<'b> {
    pub(crate) path: &'b Path,
    pub(crate) manifest: &'b Manifest,
    pub(crate) folder: &'b Folder,
    pub(crate) ledger: &'b Ledger,
}

impl Bundle<'_> {
    fn phases(&self, counts: &Counts) -> Vec<PhaseResult> {
        vec![
            PhaseResult::told(Phase::Proofs, self.proofs()),
            PhaseResult::told(Phase::Content, self.content(counts)),
            PhaseResult::told(Phase::Statement, self.statement()),
        ]
    }

    /// The files of one folder of the bundle, by their names in it.
    fn files(&self, folder: &str) -> impl Iterator<Item = &str> {
        let prefix = format!("{folder}/");
        let names = self.manifest.files.iter().map(|file| file.name.as_str());
        names.filter_map(move |name| name.strip_prefix(&prefix))
    }

    fn bytes(&self, name: &str) -> Result<Vec<u8>, Finding> {
        read(self.path, name, PROOF_BYTES_MAX, Rule::FileDiffers)
    }

    fn proofs(&self) -> Result<String, Finding> {
        let head = Head::from(self.folder.claimed());
        let mut count = 0;
        for fact in self.ledger.facts.iter().filter(|fact| is_cited(&fact.event)) {
            let name = format!("{}.tlog-proof", fact.seq);
            if !self.files("proofs").any(|file| file == name) {
                return Err(Finding::in_file(
                    &format!("proofs/{name}"),
                    Rule::Proof,
                    "it is missing",
                ));
            }
            count += 1;
        }
        if self.files("proofs").count() != count {
            return Err(Finding::in_file(
                "proofs",
                Rule::Proof,
                "there is one for no statement and no anchor",
            ));
        }
        for name in self.files("proofs") {
            let path = format!("proofs/{name}");
            let bad = |text: String| Finding::in_file(&path, Rule::Proof, text);
            let proof = InclusionFile::parse(&self.bytes(&path)?);
            let proof = proof.map_err(|error| bad(error.to_string()))?;
            if name != format!("{}.tlog-proof", proof.index) {
                return Err(bad(format!("it is about entry {}", proof.index)));
            }
            if proof.checkpoint != self.folder.head() || proof.extra.is_some() {
                return Err(
                    bad("it is about another head, or says more than it proves".to_owned()),
                );
            }
            let at = usize::try_from(proof.index).ok();
            let leaf = at.and_then(|at| self.ledger.leaves.get(at));
            let leaf = leaf.ok_or_else(|| bad("there is no such entry".to_owned()))?;
            let (index, size) = (proof.index, head.size());
            let good = crate::ledger::tree::verify_inclusion;
            if !good(leaf, index, size, &proof.path, head.root()) {
                return Err(bad("it does not lead from the entry to the root".to_owned()));
            }
        }
        let consistent = self.consistency(&head)?;
        let anchors = self.anchors()?;
        Ok(format!("{count} of entries, {consistent} of earlier heads, {anchors} time-stamps"))
    }

    fn consistency(&self, head: &Head) -> Result<usize, Finding> {
        let mut count = 0;
        let mut prefixes = Prefixes::default();
        for name in self.files("consistency") {
            let path = format!("consistency/{name}");
            let bad = |text: String| Finding::in_file(&path, Rule::Consistency, text);
            let proof = ConsistencyFile::parse(&self.bytes(&path)?);
            let proof = proof.map_err(|error| bad(error.to_string()))?;
            if name != format!("{}-{}.add-checkpoint", proof.old_size, head.size()) {
                return Err(bad(format!("it is from {} entries", proof.old_size)));
            }
            if proof.checkpoint != self.folder.head() {
                return Err(bad("it is about another head".to_owned()));
            }
            let old = prefixes.root(&self.ledger.leaves, proof.old_size);
            let old =
                old.ok_or_else(|| bad("it is from more entries than there are".to_owned()))?;
            proof.check_root(&old, head).map_err(|error| bad(error.to_string()))?;
            count += 1;
        }
        Ok(count)
    }

    /// Every time-stamp stands ready for standard tools, as the entry has it, and nothing else.
    pub(crate) fn anchors(&self) -> Result<usize, Finding> {
        let mut expected: BTreeMap<String, &str> = BTreeMap::new();
        let mut heads = BTreeMap::new();
        for fact in &self.ledger.facts {
            let Event::AnchorTimestamped(body) = &fact.event else { continue };
            let digest = Digest::of(body.checkpoint.as_bytes()).hex();
            heads.insert(format!("anchors/{}.checkpoint", fact.seq), digest);
            let token = fact.subjects.iter().find(|one| one.name == "timestamp.tsr");
            let token = token.map(|one| (format!("anchors/{}.tsr", fact.seq), &*one.sha256));
            expected.extend(token);
        }
        expected.extend(heads.iter().map(|(name, digest)| (name.clone(), digest.as_str())));
        for (name, digest) in &expected {
            let there = self.manifest.files.iter().find(|file| file.name == *name);
            if there.is_none_or(|file| file.sha256 != *digest) {
                return Err(Finding::in_file(
                    name,
                    Rule::AnchorFile,
                    "it is not that of the entry",
                ));
            }
        }
        if self.files("anchors").count() != expected.len() {
            return Err(Finding::in_file(
                "anchors",
                Rule::AnchorFile,
                "there is one of no time-stamp",
            ));
        }
        Ok(heads.len())
    }

    pub(crate) fn statement(&self) -> Result<String, Finding> {
        let published = self.ledger.facts.iter().rev();
        let newest = published
            .filter(|fact| matches!(fact.event, Event::StatementPublished(_)))
            .find_map(|fact| Some((fact.seq, fact.subjects.iter().find(|s| s.name == STATEMENT)?)));
        let there = self.manifest.files.iter().find(|file| file.name == STATEMENT);
        match (newest, there) {
            (None, None) => Ok("none was published".to_owned()),
            (None, Some(_)) => {
                Err(Finding::in_file(STATEMENT, Rule::Statement, "no entry publishes it"))
            }
            (Some((seq, named)), Some(file)) if named.sha256 == file.sha256 => {
                Ok(format!("published by entry #{seq}, byte for byte"))
            }
            (Some((seq, _)), _) => {
                let text = format!("it is not the one that entry #{seq} publishes");
                Err(Finding::in_file(STATEMENT, Rule::Statement, text))
            }
        }
    }

    /// Checks the names of content, evidence that the ledger does not keep, and what the list says is
    /// withheld: `content-unnamed`, `content-differs`.
    pub(crate) fn content(&self, counts: &Counts) -> Result<String, Finding> {
        if counts.withheld != self.manifest.withheld.content.len() as u64 {
            let text = "it says that content is withheld which is there or which no entry names";
            return Err(Finding::in_file(MANIFEST, Rule::ContentUnnamed, text));
        }
        for file in &self.manifest.files {
            let name = file.name.strip_prefix("content/").or(file.name.strip_prefix("evidence/"));
            if name.is_some_and(|name| Digest::from_hex(name).is_err()) {
                return Err(Finding::in_file(
                    &file.name,
                    Rule::ContentUnnamed,
                    "its name is no SHA-256",
                ));
            }
        }
        let outside = self.ledger.facts.iter().filter(|fact| !fact.event.keeps_files());
        let named: BTreeSet<&str> =
            outside.flat_map(|fact| fact.subjects.iter().map(|one| one.sha256.as_str())).collect();
        let there = contents(&self.path.join("evidence"));
        for (digest, path) in &there {
            let name = format!("evidence/{}", digest.hex());
            let (found, _) = self::digest(path, u64::MAX)
                .map_err(|error| unread(&name, Rule::FileDiffers, &error))?;
            if found != *digest {
                return Err(Finding::in_file(
                    &name,
                    Rule::ContentDiffers,
                    "its bytes have another SHA-256",
                ));
            }
            if !named.contains(digest.hex().as_str()) {
                return Err(Finding::in_file(&name, Rule::ContentUnnamed, "no entry names it"));
            }
        }
        Ok(format!("{} evidence files, as their entries name them", there.len()))
    }
}

/// Says whether a bundle gives a proof of its own for an event: statements and anchors.
pub fn is_cited(event: &Event) -> bool {
    matches!(
        event,
        Event::StatementPublished(_) | Event::AnchorCosigned(_) | Event::AnchorTimestamped(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Origin;
    use crate::verify::manifest::Listed;

    #[test]
    fn a_size_that_no_folder_holds_is_looked_at_for_each_listed_tile_alone() {
        let origin = Origin::parse("ledger.example/a/b").unwrap();
        let of = |size, names: &[&str]| {
            let mut manifest = Manifest::new(&origin, size, &Digest::of(b""), None);
            manifest.files = names
                .iter()
                .map(|name| Listed { name: (*name).to_owned(), sha256: String::new(), size: 0 })
                .collect();
            more_tiles(&manifest).map(str::to_owned)
        };
        let most = (1 << 53) - 1;
        assert_eq!(of(most, &["tile/0/000", "tile/entries/x123/456", "verify.py"]), None);
        assert_eq!(of(most, &["tile/0/000.p/7"]).unwrap(), "tile/0/000.p/7");
        let small = ["tile/0/000.p/7", "tile/entries/000.p/7"];
        assert_eq!(of(7, &small), None);
        for more in ["tile/0/000", "tile/0/000.p/6", "tile/0/001.p/1", "tile/1/000.p/1"] {
            assert_eq!(of(7, &[small[0], more, small[1]]).unwrap(), more);
        }
    }
}

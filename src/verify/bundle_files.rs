//! What a bundle gives out as files besides its entries, held to the entries: proofs, content, the
//! newest statement.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::audit::{Audit, Counts, Ledger};
use super::finding::{Finding, PhaseResult};
use super::folder::{Folder, contents};
use super::manifest::{MANIFEST, Manifest, digest, read, unread};
use super::rule::{Phase, Rule};
use crate::domain::event::Event;
use crate::ledger::tree::Prefixes;
use crate::ledger::{ConsistencyFile, Digest, Head, InclusionFile};

/// The longest proof that is read, in bytes: a note and 63 hashes.
const PROOF_BYTES_MAX: u64 = 1_100_000;

/// The name of the statement in a bundle, and among the subjects of an entry.
pub const STATEMENT: &str = "statement.json";

/// The ledger of an audit that found nothing wrong before the contents.
pub(crate) fn readable(audit: &Audit) -> Option<&Ledger> {
    let good = |finding: &Finding| finding.rule.phase() == Phase::Content;
    audit.ledger.as_ref().filter(|_| audit.finding.as_ref().is_none_or(good))
}

/// A bundle whose ledger was found good.
pub(crate) struct Bundle<'b> {
    pub(crate) path: &'b Path,
    pub(crate) manifest: &'b Manifest,
    pub(crate) folder: &'b Folder,
    pub(crate) ledger: &'b Ledger,
}

impl Bundle<'_> {
    pub(crate) fn phases(&self, counts: &Counts) -> Vec<PhaseResult> {
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

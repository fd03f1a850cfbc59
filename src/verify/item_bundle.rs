//! Examining the bundle of one item: the entries given out, each with its own proof.

use std::collections::BTreeMap;
use std::path::Path;

use super::audit::{Audit, Ledger};
use super::bundle_files::{Bundle, readable};
use super::examine::{Examination, Trust, examine_disclosed};
use super::finding::{Finding, PhaseResult, add_to, put, say};
use super::folder::Folder;
use super::item_claim::check_item;
use super::manifest::{Manifest, read, read_at_most};
use super::rule::{Phase, Rule};
use super::selective_disclosure::audit_disclosed;
use crate::domain::event::Event;
use crate::ledger::entry::ENTRY_BYTES_MAX;
use crate::ledger::proof::PROOF_BYTES_MAX;
use crate::ledger::tree::node_hash;
use crate::ledger::{ConsistencyFile, Digest, Frontier, Head, InclusionFile, LogKeys};
use crate::store::StoreError;

/// Examines a bundle of one item, whose files are those of its list.
///
/// # Errors
/// [`StoreError`] when it cannot be read.
pub(crate) fn examine_item(
    path: &Path,
    manifest: &Manifest,
    folder: &Folder,
    trust: &Trust<'_>,
) -> Result<Result<Examination, Finding>, StoreError> {
    let item = Item { path, manifest, folder };
    let entries = match item.entries() {
        Ok(entries) => entries,
        Err(finding) => return Ok(Err(finding)),
    };
    let proofs = item.proofs(&entries);
    let audit = audit_disclosed(folder, &entries, folder.claimed())?;
    let kept = item.kept(&audit, trust);
    let more = item.more(&audit, trust);
    let mut found = examine_disclosed(audit, folder.head(), folder.claimed(), trust, kept);
    folder.placed(&mut found.phases);
    // Each entry is under the head by its proof alone.
    let count = entries.len();
    let root = format!("{count} entries are under the head, each by its own proof, to the byte");
    match proofs {
        Ok(()) => say(&mut found.phases, Phase::Root, root),
        Err(finding) => add_to(&mut found.phases, Phase::Root, Err(finding)),
    }
    let more = match more {
        Some(more) => more,
        None => [Phase::Proofs, Phase::Statement, Phase::Item]
            .map(|phase| PhaseResult::not_checked(phase, "a fault stands before it"))
            .into(),
    };
    for one in more {
        put(&mut found.phases, one);
    }
    let text = format!(
        "{} entries: their order, and whether one of them revokes a key, corrects an entry or \
         withdraws a ground, is not shown; nor that the item rests on no other entry",
        manifest.withheld.entries
    );
    put(&mut found.phases, PhaseResult::not_checked(Phase::Withheld, text));
    Ok(Ok(found))
}

struct Item<'i> {
    path: &'i Path,
    manifest: &'i Manifest,
    folder: &'i Folder,
}

impl Item<'_> {
    /// The files of one folder of the bundle, by their names in it.
    fn files(&self, folder: &str) -> impl Iterator<Item = &str> {
        let prefix = format!("{folder}/");
        let names = self.manifest.files.iter().map(|file| file.name.as_str());
        names.filter_map(move |name| name.strip_prefix(&prefix))
    }

    /// The entries, by rising place.
    fn entries(&self) -> Result<Vec<(u64, Vec<u8>)>, Finding> {
        let mut entries = Vec::new();
        for name in self.files("entries") {
            let path = format!("entries/{name}");
            let place = name.strip_suffix(".json").and_then(|text| text.parse::<u64>().ok());
            let place = place.filter(|seq| format!("{seq}.json") == name);
            let seq = place
                .ok_or_else(|| Finding::in_file(&path, Rule::Proof, "its name is no place"))?;
            let bytes = read(self.path, &path, ENTRY_BYTES_MAX as u64, Rule::TooLong)?;
            entries.push((seq, bytes));
        }
        entries.sort_unstable_by_key(|(seq, _)| *seq);
        Ok(entries)
    }

    /// Each entry has its proof, and each proof its entry.
    fn proofs(&self, entries: &[(u64, Vec<u8>)]) -> Result<(), Finding> {
        let head = Head::from(self.folder.claimed());
        for (seq, bytes) in entries {
            let path = format!("proofs/{seq}.tlog-proof");
            let bad = |text: String| Finding::in_file(&path, Rule::Proof, text);
            let file = read(self.path, &path, PROOF_BYTES_MAX as u64, Rule::Proof)?;
            let proof = InclusionFile::parse(&file).map_err(|error| bad(error.to_string()))?;
            let same = proof.checkpoint == self.folder.head() && proof.extra.is_none();
            if !same || proof.index != *seq {
                return Err(bad("it is about another head or another entry".to_owned()));
            }
            proof.check(bytes, &head).map_err(|error| bad(error.to_string()))?;
        }
        if self.files("proofs").count() != entries.len() {
            return Err(Finding::in_file(
                "proofs",
                Rule::Proof,
                "there is one for no entry that is given",
            ));
        }
        Ok(())
    }

    /// Heads that the reader kept, each by a proof in the bundle.
    fn kept(&self, audit: &Audit, trust: &Trust<'_>) -> PhaseResult {
        let Some(ledger) = audit.ledger.as_ref().filter(|_| !trust.kept.is_empty()) else {
            return PhaseResult::not_checked(Phase::Kept, "no head was kept from an earlier time");
        };
        for (name, note) in &trust.kept {
            if let Err(text) = self.follows(&ledger.log, note) {
                return PhaseResult::bad(Phase::Kept, Finding::in_file(name, Rule::Kept, text));
            }
        }
        PhaseResult::good(Phase::Kept, format!("{} heads that you kept", trust.kept.len()))
    }

    fn follows(&self, log: &LogKeys, note: &[u8]) -> Result<(), String> {
        let old = log.open(note).map_err(|error| error.to_string())?;
        let new = self.folder.claimed();
        if old.origin != new.origin || old.size > new.size {
            return Err("it is of another ledger, or of more entries than there are".to_owned());
        }
        if old.size == new.size && old.root == new.root {
            return Ok(());
        }
        let path = format!("consistency/{}-{}.add-checkpoint", old.size, new.size);
        let file = read_at_most(&self.path.join(path), PROOF_BYTES_MAX as u64).map_err(|_| {
            format!("the bundle holds no proof from {} entries; ask for one", old.size)
        })?;
        let proof = ConsistencyFile::parse(&file).map_err(|error| error.to_string())?;
        proof.check(&Head::from(&old), &Head::from(new)).map_err(|error| error.to_string())
    }

    /// What is checked once every entry is good: proofs from heads that the reader may have kept, what
    /// is given out a second time under a name of its own, and what the list says.
    fn more(&self, audit: &Audit, trust: &Trust<'_>) -> Option<Vec<PhaseResult>> {
        let ledger = readable(audit)?;
        let (path, manifest, folder) = (self.path, self.manifest, self.folder);
        let bundle = Bundle { path, manifest, folder, ledger };
        let proofs = self.earlier(&known_roots(ledger, trust)).and_then(|count| {
            let anchors = bundle.anchors()?;
            Ok(format!("{count} of earlier heads, {anchors} time-stamps"))
        });
        let item = match &audit.undecided {
            None => PhaseResult::told(Phase::Item, self.item(ledger)),
            Some(_) => {
                PhaseResult::not_checked(Phase::Item, "what a newer version wrote may name it")
            }
        };
        Some(vec![
            PhaseResult::told(Phase::Proofs, proofs),
            PhaseResult::told(Phase::Content, bundle.content(&audit.counts)),
            PhaseResult::told(Phase::Statement, bundle.statement()),
            item,
        ])
    }

    fn item(&self, ledger: &Ledger) -> Result<String, Finding> {
        let name = self.manifest.item.as_deref().unwrap_or_default();
        let item = name.parse().map_err(|bad: crate::domain::ids::BadRef| {
            Finding::in_file(super::manifest::MANIFEST, Rule::Manifest, bad.to_string())
        })?;
        check_item(&item, ledger)
    }

    fn earlier(&self, known: &BTreeMap<u64, Digest>) -> Result<usize, Finding> {
        for name in self.files("consistency") {
            self.consistency(name, known)?;
        }
        Ok(self.files("consistency").count())
    }

    fn consistency(&self, name: &str, known: &BTreeMap<u64, Digest>) -> Result<(), Finding> {
        let (path, new) = (format!("consistency/{name}"), self.folder.claimed());
        let bad = |text: String| Finding::in_file(&path, Rule::Consistency, text);
        let file = read(self.path, &path, PROOF_BYTES_MAX as u64, Rule::Consistency)?;
        let proof = ConsistencyFile::parse(&file).map_err(|error| bad(error.to_string()))?;
        let named = format!("{}-{}.add-checkpoint", proof.old_size, new.size);
        if name != named || proof.checkpoint != self.folder.head() {
            return Err(bad("it is about other heads than its name says".to_owned()));
        }
        let (old, head) = (proof.old_size, Head::from(new));
        if let Some(root) = known.get(&old) {
            return proof.check_root(root, &head).map_err(|error| bad(error.to_string()));
        }
        // A tree that is one complete subtree is the first node of its own proof.
        let leads = old.is_power_of_two()
            || old < new.size && new_root(old, new.size, &proof.path) == Some(new.root);
        if leads { Ok(()) } else { Err(bad("it does not lead to the root of the head".to_owned())) }
    }
}

/// The roots of beginnings of the tree that can be known here: of the entries up to the first that
/// is withheld, of anchors, of heads that the reader kept, and of the trees of nothing and of all.
fn known_roots(ledger: &Ledger, trust: &Trust<'_>) -> BTreeMap<u64, Digest> {
    let mut known = BTreeMap::new();
    let anchored = ledger.facts.iter().filter_map(|fact| anchored_head(&fact.event));
    let kept = trust.kept.iter().map(|(_, note)| note.as_slice());
    for note in anchored.chain(kept).chain([ledger.head.as_slice()]) {
        known.extend(ledger.log.open(note).map(|head| (head.size, head.root)));
    }
    let mut tree = Frontier::new();
    known.insert(0, tree.root());
    for (fact, leaf) in ledger.facts.iter().zip(&ledger.leaves) {
        if fact.seq != tree.size() {
            break;
        }
        tree.push(*leaf);
        known.insert(tree.size(), tree.root());
    }
    known
}

/// The head that an anchor is about.
fn anchored_head(event: &Event) -> Option<&[u8]> {
    if let Event::AnchorCosigned(body) = event {
        Some(body.checkpoint.as_bytes())
    } else if let Event::AnchorTimestamped(body) = event {
        Some(body.checkpoint.as_bytes())
    } else {
        None
    }
}

/// The root of the later tree that a consistency proof gives by RFC 9162, section 2.1.4.2, where
/// the root of the earlier is not known. Its size is no power of two.
fn new_root(old: u64, new: u64, path: &[Digest]) -> Option<Digest> {
    let (first, rest) = path.split_first()?;
    let complete = (old - 1).trailing_ones();
    let (mut here, mut last) = ((old - 1) >> complete, (new - 1) >> complete);
    let mut hash = *first;
    for sibling in rest {
        if last == 0 {
            return None;
        }
        if here & 1 == 1 || here == last {
            hash = node_hash(sibling, &hash);
            while here & 1 == 0 && here != 0 {
                here >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        here >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

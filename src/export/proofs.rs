//! Proofs that travel as files: that an entry is under a head, that a head follows an older one.
//! Each is read back and checked before it is returned, with verifiers that share no code with what
//! made it.

use std::collections::BTreeSet;

use super::{ExportError, OwnHead};
use crate::domain::event::{Event, Kind};
use crate::domain::ids::KeyId;
use crate::ledger::tree::{consistency_proof, inclusion_proof, root_of};
use crate::ledger::{ConsistencyFile, Digest, Head, InclusionFile, ProofError};
use crate::store::{Store, StoreError};
use crate::verify::audit::Ledger;

/// Returns the very bytes of an entry; nothing when there is none at `seq`.
///
/// # Errors
/// [`StoreError`].
pub fn entry_bytes(store: &Store, seq: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let mut bytes = None;
    store.entries(seq..seq.saturating_add(1), |row| {
        bytes = Some(row.bytes);
        Ok::<(), StoreError>(())
    })?;
    Ok(bytes)
}

/// Returns the `.tlog-proof` that these bytes are the entry at `seq` under a head of the ledger.
///
/// # Errors
/// [`ExportError::NotCovered`]; [`ExportError::Proof`] for a proof that does not verify, and so is
/// not given out.
pub fn inclusion(
    ledger: &Ledger,
    entry: &[u8],
    seq: u64,
    head: &OwnHead,
) -> Result<Vec<u8>, ExportError> {
    included(&ledger.leaves, entry, seq, &Head::from(&head.checkpoint), &head.bytes)
}

fn included(
    leaves: &[Digest],
    entry: &[u8],
    seq: u64,
    head: &Head,
    note: &[u8],
) -> Result<Vec<u8>, ExportError> {
    let size = head.size();
    let covered = usize::try_from(size).ok().and_then(|size| leaves.get(..size));
    let path = covered.and_then(|leaves| inclusion_proof(leaves, seq));
    let path = path.ok_or(ExportError::NotCovered { seq, size })?;
    let file = InclusionFile { extra: None, index: seq, path, checkpoint: note.to_vec() };
    let bytes = file.to_bytes();
    let read = InclusionFile::parse(&bytes)?;
    read.check(entry, head)?;
    if read == file { Ok(bytes) } else { Err(ProofError::NotIncluded { index: seq, size }.into()) }
}

/// Returns the `add-checkpoint` body that the first `old` entries are the beginning of a head.
///
/// # Errors
/// [`ProofError::Shrunk`] where the head has fewer entries, and others for a proof that does not
/// verify, and so is not given out.
pub fn consistency(ledger: &Ledger, old: u64, head: &OwnHead) -> Result<Vec<u8>, ExportError> {
    let new = head.checkpoint.size;
    let leaves = usize::try_from(new).ok().and_then(|size| ledger.leaves.get(..size));
    let leaves = leaves.unwrap_or_default();
    let before = usize::try_from(old).ok().and_then(|old| leaves.get(..old));
    let (Some(before), Some(path)) = (before, consistency_proof(leaves, old)) else {
        return Err(ProofError::Shrunk { old, new }.into());
    };
    let bytes = ConsistencyFile { old_size: old, path, checkpoint: head.bytes.clone() }.to_bytes();
    let read = ConsistencyFile::parse(&bytes)?;
    read.check_root(&root_of(before), &Head::from(&head.checkpoint))?;
    if read.checkpoint == head.bytes {
        Ok(bytes)
    } else {
        Err(ProofError::NotConsistent { old, new }.into())
    }
}

/// Returns what a stranger needs to check these entries: themselves, entry 0, every rotation of the
/// log key, and the entries that admitted, replaced or revoked a key that signed one of all these.
pub fn with_keys(ledger: &Ledger, entries: &BTreeSet<u64>) -> BTreeSet<u64> {
    let rotations = ledger.facts.iter().filter(|fact| fact.event.kind() == Kind::LogKeyRotated);
    let mut all: BTreeSet<u64> = entries.iter().copied().collect();
    all.insert(0);
    all.extend(rotations.map(|fact| fact.seq));
    loop {
        let signers: BTreeSet<&KeyId> = ledger
            .facts
            .iter()
            .filter(|fact| all.contains(&fact.seq))
            .flat_map(|fact| ledger.taken.get(&fact.seq).into_iter().chain([&fact.by]))
            .collect();
        let ended = |event: &Event| {
            matches!(event, Event::KeyRevoked(body) if signers.contains(&body.keyid))
                || matches!(event, Event::KeyRotated(body) if signers.contains(&body.replaces))
        };
        let count = all.len();
        all.extend(signers.iter().filter_map(|key| Some(ledger.roster.get(key)?.admitted)));
        all.extend(ledger.facts.iter().filter(|fact| ended(&fact.event)).map(|fact| fact.seq));
        // Each round adds an entry or is the last.
        if all.len() == count {
            return all;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::ledger::{Checkpoint, KeyName, Origin, SeedSigner, cosignature, leaf_hash};

    use super::*;

    #[test]
    fn a_proof_at_66_000_entries_with_two_cosignatures_is_small() {
        let entries: Vec<Vec<u8>> = (0_u32..66_000).map(|one| one.to_be_bytes().to_vec()).collect();
        let leaves: Vec<Digest> = entries.iter().map(|one| leaf_hash(one)).collect();
        let origin = Origin::parse("ledger.example/northbridge/dspt").unwrap();
        let checkpoint = Checkpoint { origin, size: 66_000, root: root_of(&leaves) };
        let mut note = checkpoint.sign(&SeedSigner::from_seed(&[1; 32])).unwrap();
        for (seed, name) in [(2, "witness.example/auditor"), (3, "witness.example/second")] {
            let (name, signer) =
                (KeyName::parse(name).unwrap(), SeedSigner::from_seed(&[seed; 32]));
            let line = cosignature::sign(&checkpoint.to_text(), 1_782_838_805, &name, &signer);
            note.extend(line.unwrap().line().bytes());
        }
        let head = Head::from(&checkpoint);
        let mut longest = 0;
        for seq in [0, 1, 255, 256, 32_767, 32_768, 65_535, 65_536, 65_999] {
            let at = usize::try_from(seq).unwrap();
            let proof = included(&leaves, &entries[at], seq, &head, &note).unwrap();
            longest = longest.max(proof.len());
            // Another entry's bytes are not proved in its place.
            let wrong = included(&leaves, b"other", seq, &head, &note);
            assert!(matches!(wrong, Err(ExportError::Proof(ProofError::NotIncluded { .. }))));
        }
        assert!((1_000..=1_300).contains(&longest), "{longest}");
        let past = included(&leaves, b"", 66_000, &head, &note);
        assert!(matches!(past, Err(ExportError::NotCovered { seq: 66_000, size: 66_000 })));
    }
}

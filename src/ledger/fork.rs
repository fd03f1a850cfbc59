//! Proof that a log was forked: two signed heads that cannot both be true. It holds for everybody
//! who knows the log's key, without the log and without believing whoever shows it.

use thiserror::Error;

use super::checkpoint::Head;
use super::digest::{Digest, shown};
use super::proof::ConsistencyFile;
use super::tree::verify_consistency;

/// What shows the root that the log of the later head has at the size of the earlier one.
#[derive(Clone, Copy, Debug)]
pub struct Prefix<'p> {
    /// The root. Nobody has to believe it: the hashes lead from it to the later head's root.
    pub root: &'p Digest,
    /// The hashes, from the earlier size to the later one.
    pub file: &'p ConsistencyFile,
}

/// Shows that two heads, each opened with a key of the log, cannot both be true, and returns the
/// size at which they say different things. Heads of different sizes need the `prefix`.
///
/// # Errors
/// [`NoFork`]: why this is no proof. It does not show that there was no fork.
pub fn check_fork(one: &Head, other: &Head, prefix: Option<Prefix<'_>>) -> Result<u64, NoFork> {
    if one.origin() != other.origin() {
        let (one, other) = (shown(one.origin()), shown(other.origin()));
        return Err(NoFork::TwoLogs { one, other });
    }
    let (early, late) = if one.size() <= other.size() { (one, other) } else { (other, one) };
    let (size, end) = (early.size(), late.size());
    if size == end {
        let same = early.root() == late.root();
        return if same { Err(NoFork::Same { size }) } else { Ok(size) };
    }
    let Some(Prefix { root, file }) = prefix else {
        return Err(NoFork::NeedsProof { early: size, late: end });
    };
    if file.old_size != size {
        return Err(NoFork::OtherSize { found: file.old_size, wanted: size });
    }
    // From nothing every tree follows.
    if size == 0 || !verify_consistency(size, root, end, late.root(), &file.path) {
        return Err(NoFork::NotShown { early: size, late: end });
    }
    if root == early.root() {
        return Err(NoFork::Continued { early: size, late: end });
    }
    Ok(size)
}

/// Why two heads are not shown to contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NoFork {
    /// Heads of two logs.
    #[error("the heads are of `{one}` and of `{other}`; compare heads of one log")]
    TwoLogs {
        /// The origin of the one.
        one: String,
        /// The origin of the other.
        other: String,
    },
    /// One head twice.
    #[error("both heads have the same root at size {size}; they say the same")]
    Same {
        /// The size of both.
        size: u64,
    },
    /// Different sizes, and nothing that joins them.
    #[error("the heads are of sizes {early} and {late}; give the proof that came with them")]
    NeedsProof {
        /// The size of the earlier.
        early: u64,
        /// The size of the later.
        late: u64,
    },
    /// A proof from another size.
    #[error("the proof is from size {found}, and the earlier head has {wanted}; take its own")]
    OtherSize {
        /// The size that the proof names.
        found: u64,
        /// The size of the earlier head.
        wanted: u64,
    },
    /// Hashes that do not lead from the root to the later head.
    #[error(
        "the proof does not show what the log of size {late} has at size {early}; \
         it was altered, or belongs to other heads"
    )]
    NotShown {
        /// The size of the earlier.
        early: u64,
        /// The size of the later.
        late: u64,
    },
    /// The later head continues the earlier.
    #[error("the head of size {late} continues that of size {early}; they agree")]
    Continued {
        /// The size of the earlier.
        early: u64,
        /// The size of the later.
        late: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::super::tree::{consistency_proof, leaf_hash, root_of};
    use super::*;

    fn leaves(seed: u8, size: u8) -> Vec<Digest> {
        (0..size).map(|at| leaf_hash(&[if at < 2 { 0 } else { seed }, at])).collect()
    }

    fn head(leaves: &[Digest]) -> Head {
        let root = root_of(leaves).base64();
        Head::parse(&format!("ledger.example/a/b\n{}\n{root}\n", leaves.len())).unwrap()
    }

    /// What the second log, of `late` entries, shows about the first `early` of its own.
    fn shown_prefix(second: &[Digest], early: u8) -> (Digest, ConsistencyFile) {
        let old_size = u64::from(early);
        let path = consistency_proof(second, old_size).unwrap();
        let root = root_of(&second[..usize::from(early)]);
        (root, ConsistencyFile { old_size, path, checkpoint: Vec::new() })
    }

    #[test]
    fn two_histories_are_told_from_one_at_every_pair_of_sizes() {
        for early in 1..18 {
            for late in early..18 {
                let (first, second) = (leaves(1, early), leaves(2, late));
                let (root, file) = shown_prefix(&second, early);
                let prefix = Some(Prefix { root: &root, file: &file });
                let (a, b) = (head(&first), head(&second));
                let found = check_fork(&a, &b, prefix);
                // They part at the third entry.
                assert_eq!(found.is_ok(), early > 2, "{early} {late}");
                assert_eq!(check_fork(&b, &a, prefix), found);
                if early < late {
                    let (early, late) = (early.into(), late.into());
                    assert_eq!(check_fork(&a, &b, None), Err(NoFork::NeedsProof { early, late }));
                    // The same root claimed as the earlier head's own shows nothing.
                    let claimed = Some(Prefix { root: a.root(), file: &file });
                    assert!(check_fork(&a, &b, claimed).is_err());
                    let other = leaf_hash(b"other");
                    let forged = Some(Prefix { root: &other, file: &file });
                    let not = Err(NoFork::NotShown { early, late });
                    assert_eq!(check_fork(&a, &b, forged), not);
                }
            }
        }
    }

    #[test]
    fn an_honest_log_is_never_shown_to_be_forked() {
        for early in 1..12_u8 {
            for late in early + 1..12 {
                let all = leaves(1, late);
                let (a, b) = (head(&all[..usize::from(early)]), head(&all));
                let (root, file) = shown_prefix(&all, early);
                let (size, end) = (early.into(), late.into());
                let agree = Err(NoFork::Continued { early: size, late: end });
                assert_eq!(check_fork(&a, &b, Some(Prefix { root: &root, file: &file })), agree);
                for other in 0..late {
                    let (root, file) = shown_prefix(&all, other);
                    assert!(check_fork(&a, &b, Some(Prefix { root: &root, file: &file })).is_err());
                    let file = ConsistencyFile { old_size: size, ..file };
                    assert!(check_fork(&a, &b, Some(Prefix { root: &root, file: &file })).is_err());
                }
            }
        }
        let (none, some) = (head(&[]), head(&leaves(1, 4)));
        let root = leaf_hash(b"x");
        let file = ConsistencyFile { old_size: 0, path: Vec::new(), checkpoint: Vec::new() };
        assert!(check_fork(&none, &some, Some(Prefix { root: &root, file: &file })).is_err());
        assert_eq!(check_fork(&some, &some, None), Err(NoFork::Same { size: 4 }));
        let other = Head::parse(&some.to_text().replace("a/b", "a/c")).unwrap();
        assert!(matches!(check_fork(&some, &other, None), Err(NoFork::TwoLogs { .. })));
    }
}

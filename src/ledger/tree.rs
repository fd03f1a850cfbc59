//! The Merkle tree of RFC 9162 section 2.1 (the same as RFC 6962's) over SHA-256. Proofs are made
//! from all leaf hashes; they are checked by the iterative text of the RFC, which shares no code
//! with the making, so that one mistake cannot hide in both.

use super::digest::Digest;

/// Returns the hash of a leaf: SHA-256 of a zero byte and the entry.
pub fn leaf_hash(entry: &[u8]) -> Digest {
    Digest::of_parts(&[&[0], entry])
}

/// Returns the hash of an inner node: SHA-256 of a one byte, the left and the right hash.
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    Digest::of_parts(&[&[1], left.as_bytes(), right.as_bytes()])
}

/// The right edge of a growing tree: one hash for each complete subtree, at most 64 of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Digest>,
}

impl Frontier {
    /// Returns the frontier of the empty tree.
    pub const fn new() -> Self {
        Self { size: 0, peaks: Vec::new() }
    }

    /// Returns the frontier of the tree with these leaf hashes.
    pub fn of(leaves: &[Digest]) -> Self {
        let mut frontier = Self::new();
        for leaf in leaves {
            frontier.push(*leaf);
        }
        frontier
    }

    /// Adds a leaf hash at the right.
    pub fn push(&mut self, leaf: Digest) {
        let mut node = leaf;
        // Each trailing one bit of the size is a complete subtree as large as `node`'s.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// Returns how many leaves there are.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Returns the root; for the empty tree, the SHA-256 of nothing.
    pub fn root(&self) -> Digest {
        let from_the_right = self.peaks.iter().rev().copied();
        from_the_right
            .reduce(|right, left| node_hash(&left, &right))
            .unwrap_or_else(|| Digest::of(&[]))
    }
}

/// How many leaves a block of [`Prefixes`] has.
const BLOCK: usize = 256;

/// The roots of complete blocks of a growing list of leaf hashes, so that the root of any of its
/// beginnings costs little.
#[derive(Clone, Debug, Default)]
pub struct Prefixes {
    blocks: Vec<Digest>,
}

impl Prefixes {
    /// Returns the root of the first `size` of `leaves`, or nothing when there are fewer. The list
    /// is the one asked about before, or that with more at its end.
    pub fn root(&mut self, leaves: &[Digest], size: u64) -> Option<Digest> {
        let size = usize::try_from(size).ok()?;
        let leaves = leaves.get(..size)?;
        for block in leaves.chunks_exact(BLOCK).skip(self.blocks.len()) {
            self.blocks.push(root_of(block));
        }
        let (blocks, rest) =
            (self.blocks.get(..size / BLOCK)?, leaves.get(size / BLOCK * BLOCK..)?);
        let frontier = Frontier::of(blocks);
        // The blocks are leaves of the same tree eight levels up; what is left hangs at its right.
        let rest = (!rest.is_empty() || blocks.is_empty()).then(|| root_of(rest));
        let from_the_right = rest.into_iter().chain(frontier.peaks.iter().rev().copied());
        from_the_right.reduce(|right, left| node_hash(&left, &right))
    }
}

/// Returns the root of the tree with these leaf hashes.
pub fn root_of(leaves: &[Digest]) -> Digest {
    Frontier::of(leaves).root()
}

/// Returns the hashes that lead from leaf `index` to the root, the leaf's sibling first, or
/// nothing when there is no such leaf.
pub fn inclusion_proof(leaves: &[Digest], index: u64) -> Option<Vec<Digest>> {
    let mut index = usize::try_from(index).ok().filter(|index| *index < leaves.len())?;
    let mut part = leaves;
    let mut path = Vec::new();
    while part.len() > 1 {
        let (left, right) = halves(part);
        if index < left.len() {
            path.push(root_of(right));
            part = left;
        } else {
            path.push(root_of(left));
            index -= left.len();
            part = right;
        }
    }
    path.reverse();
    Some(path)
}

/// Returns the hashes that show the first `old` leaves to be a prefix of `leaves`, or nothing when
/// there are fewer leaves. The proof from an empty or from the same tree is empty.
pub fn consistency_proof(leaves: &[Digest], old: u64) -> Option<Vec<Digest>> {
    let mut old = usize::try_from(old).ok().filter(|old| *old <= leaves.len())?;
    let mut path = Vec::new();
    if old == 0 {
        return Some(path);
    }
    let mut part = leaves;
    // Whether `part` begins at the first leaf, so that its old root is known to the reader.
    let mut from_the_start = true;
    while old < part.len() {
        let (left, right) = halves(part);
        if old <= left.len() {
            path.push(root_of(right));
            part = left;
        } else {
            path.push(root_of(left));
            old -= left.len();
            part = right;
            from_the_start = false;
        }
    }
    if !from_the_start {
        path.push(root_of(part));
    }
    path.reverse();
    Some(path)
}

/// Splits two or more leaves at the largest power of two below their number.
fn halves(leaves: &[Digest]) -> (&[Digest], &[Digest]) {
    let middle = leaves.len().div_ceil(2).next_power_of_two();
    leaves.split_at_checked(middle).unwrap_or((leaves, &[]))
}

/// Tells whether `path` leads from `leaf` at `index` to `root` of a tree of `size` leaves, by RFC
/// 9162 section 2.1.3.2.
#[must_use]
pub fn verify_inclusion(
    leaf: &Digest,
    index: u64,
    size: u64,
    path: &[Digest],
    root: &Digest,
) -> bool {
    if index >= size {
        return false;
    }
    let (mut here, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return false;
        }
        if here & 1 == 1 || here == last {
            hash = node_hash(sibling, &hash);
            climb_to_right_child(&mut here, &mut last);
        } else {
            hash = node_hash(&hash, sibling);
        }
        here >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Tells whether `path` shows the tree of `old_size` leaves and `old_root` to be a prefix of the
/// tree of `new_size` leaves and `new_root`, by RFC 9162 section 2.1.4.2. Sizes that the RFC leaves
/// out are as in C2SP `tlog-witness`: from nothing, and from itself, the proof is empty.
#[must_use]
pub fn verify_consistency(
    old_size: u64,
    old_root: &Digest,
    new_size: u64,
    new_root: &Digest,
    path: &[Digest],
) -> bool {
    let empty = Digest::of(&[]);
    if old_size == 0 && *old_root != empty || new_size == 0 && *new_root != empty {
        return false;
    }
    if old_size == new_size {
        return path.is_empty() && old_root == new_root;
    }
    if old_size == 0 {
        return path.is_empty();
    }
    old_size < new_size && !path.is_empty() && climb(old_size, old_root, new_size, new_root, path)
}

fn climb(
    old_size: u64,
    old_root: &Digest,
    new_size: u64,
    new_root: &Digest,
    path: &[Digest],
) -> bool {
    // An old tree that is one complete subtree is its own first node, left out of the path.
    let first = old_size.is_power_of_two().then_some(old_root);
    let mut path = first.into_iter().chain(path);
    let Some(start) = path.next() else { return false };
    let complete = (old_size - 1).trailing_ones();
    let (mut here, mut last) = ((old_size - 1) >> complete, (new_size - 1) >> complete);
    let (mut old_hash, mut new_hash) = (*start, *start);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if here & 1 == 1 || here == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            climb_to_right_child(&mut here, &mut last);
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        here >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && new_hash == *new_root
}

/// Goes up past the levels where the last node stands alone and so has no sibling in the path.
fn climb_to_right_child(here: &mut u64, last: &mut u64) {
    while *here & 1 == 0 && *here != 0 {
        *here >>= 1;
        *last >>= 1;
    }
}

#[cfg(test)]
mod tests {
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use proptest::prelude::*;
    use sha2::Sha256;

    use super::*;

    /// Known roots of sizes 1 to 8 over the leaves below.
    const ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    const LEAVES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];

    fn leaves(count: u64) -> Vec<Digest> {
        (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    fn flipped(digest: &Digest, bit: usize) -> Digest {
        let mut bytes = *digest.as_bytes();
        bytes[bit / 8 % 32] ^= 1 << (bit % 8);
        Digest::from_bytes(bytes)
    }

    #[test]
    fn known_roots() {
        let mut frontier = Frontier::new();
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(frontier.root().hex(), empty);
        for (size, (leaf, root)) in LEAVES.iter().zip(ROOTS).enumerate() {
            assert_eq!(frontier.size(), size as u64);
            frontier.push(leaf_hash(leaf));
            assert_eq!(frontier.root().hex(), root, "size {}", size + 1);
        }
    }

    #[test]
    fn roots_equal_those_of_another_library() {
        let mut theirs = MemoryBackedTree::<Sha256, [u8; 8]>::new();
        let mut ours = Frontier::new();
        let all = leaves(300);
        for size in 0..=300_usize {
            assert_eq!(ours.root().as_bytes()[..], theirs.root().as_bytes()[..], "size {size}");
            assert_eq!(root_of(&all[..size]), ours.root());
            if let Some(leaf) = all.get(size) {
                ours.push(*leaf);
                theirs.push((size as u64).to_be_bytes());
            }
        }
    }

    #[test]
    fn the_root_of_every_beginning_is_that_of_a_tree_of_its_own() {
        let all = leaves(1_100);
        let mut prefixes = Prefixes::default();
        let mut sizes: Vec<usize> = (0..=1_100).collect();
        // Not in order, so that blocks that are known already are more than are asked for.
        sizes.sort_by_key(|size| (size * 7_919) % 1_101);
        for size in sizes {
            let root = prefixes.root(&all, size as u64);
            assert_eq!(root, Some(root_of(&all[..size])), "{size}");
        }
        assert_eq!(prefixes.root(&all, 1_101), None);
    }

    #[test]
    fn inclusion_proofs_equal_and_verify_at_all_sizes_to_64() {
        let mut theirs = MemoryBackedTree::<Sha256, [u8; 8]>::new();
        for size in 1..=64_u64 {
            theirs.push((size - 1).to_be_bytes());
            let all = leaves(size);
            let root = root_of(&all);
            for (index, leaf) in (0..size).zip(&all) {
                let path = inclusion_proof(&all, index).unwrap();
                let bytes: Vec<u8> = path.iter().flat_map(|hash| *hash.as_bytes()).collect();
                let expected = theirs.prove_inclusion(usize::try_from(index).unwrap());
                assert_eq!(bytes, expected.as_bytes(), "{index} of {size}");
                assert!(verify_inclusion(leaf, index, size, &path, &root));
                inclusion_refuses_damage(leaf, index, size, &path, &root);
            }
            assert_eq!(inclusion_proof(&all, size), None);
        }
    }

    fn inclusion_refuses_damage(leaf: &Digest, index: u64, size: u64, path: &[Digest], r: &Digest) {
        let bit = usize::try_from(index * 7 + size).unwrap();
        assert!(!verify_inclusion(&flipped(leaf, bit), index, size, path, r));
        assert!(!verify_inclusion(leaf, index, size, path, &flipped(r, bit)));
        for other in (0..size + 2).filter(|other| *other != index) {
            assert!(!verify_inclusion(leaf, other, size, path, r), "{index} as {other} of {size}");
        }
        for at in 0..path.len() {
            let mut bad = path.to_vec();
            bad[at] = flipped(&bad[at], bit);
            assert!(!verify_inclusion(leaf, index, size, &bad, r));
            bad.remove(at);
            assert!(!verify_inclusion(leaf, index, size, &bad, r));
        }
        let long = [path, &[*r]].concat();
        assert!(!verify_inclusion(leaf, index, size, &long, r));
    }

    #[test]
    fn consistency_proofs_equal_and_verify_at_all_sizes_to_64() {
        let mut theirs = MemoryBackedTree::<Sha256, [u8; 8]>::new();
        for size in 1..=64_u64 {
            theirs.push((size - 1).to_be_bytes());
            let all = leaves(size);
            let root = root_of(&all);
            for old in 0..=size {
                let path = consistency_proof(&all, old).unwrap();
                let old_root = root_of(&all[..usize::try_from(old).unwrap()]);
                if (1..size).contains(&old) {
                    let bytes: Vec<u8> = path.iter().flat_map(|hash| *hash.as_bytes()).collect();
                    let added = usize::try_from(size - old).unwrap();
                    assert_eq!(bytes, theirs.prove_consistency(added).as_bytes());
                } else {
                    assert!(path.is_empty());
                }
                assert!(verify_consistency(old, &old_root, size, &root, &path), "{old} {size}");
                consistency_refuses_damage(old, &old_root, size, &root, &path);
            }
            assert_eq!(consistency_proof(&all, size + 1), None);
        }
    }

    fn consistency_refuses_damage(
        old: u64,
        old_root: &Digest,
        size: u64,
        r: &Digest,
        p: &[Digest],
    ) {
        let bit = usize::try_from(old * 5 + size).unwrap();
        assert!(!verify_consistency(old, &flipped(old_root, bit), size, r, p));
        // From nothing, anything follows: then the new root is not the proof's to show.
        assert!(old == 0 || !verify_consistency(old, old_root, size, &flipped(r, bit), p));
        assert!(old == size || !verify_consistency(size, r, old, old_root, p));
        for at in 0..p.len() {
            let mut bad = p.to_vec();
            bad[at] = flipped(&bad[at], bit);
            assert!(!verify_consistency(old, old_root, size, r, &bad));
            bad.remove(at);
            assert!(!verify_consistency(old, old_root, size, r, &bad));
        }
        let long = [p, &[*r]].concat();
        assert!(!verify_consistency(old, old_root, size, r, &long));
    }

    /// The hashes of a worked file: its lines of 44 characters before the first blank line.
    fn hashes(file: &str) -> Vec<Digest> {
        let lines = file.lines().take_while(|line| !line.is_empty());
        lines.filter_map(|line| Digest::from_base64(line).ok()).collect()
    }

    #[test]
    fn worked_proofs_verify() {
        let leaves = [
            leaf_hash(include_bytes!("../../fixtures/vectors/entry-0.json")),
            leaf_hash(include_bytes!("../../fixtures/vectors/entry-1.json")),
            leaf_hash(include_bytes!("../../fixtures/vectors/entry-2.json")),
            leaf_hash(include_bytes!("../../fixtures/vectors/entry-3.json")),
            leaf_hash(include_bytes!("../../fixtures/vectors/entry-4.json")),
        ];
        let (root, old_root) = (root_of(&leaves), root_of(&leaves[..3]));
        let path = hashes(include_str!("../../fixtures/vectors/entry-2.tlog-proof"));
        assert_eq!(inclusion_proof(&leaves, 2).unwrap(), path);
        assert!(verify_inclusion(&leaves[2], 2, 5, &path, &root));
        let path = hashes(include_str!("../../fixtures/vectors/3-5.add-checkpoint"));
        assert_eq!(consistency_proof(&leaves, 3).unwrap(), path);
        assert!(verify_consistency(3, &old_root, 5, &root, &path));
    }

    #[test]
    fn an_empty_tree_has_the_empty_root_alone() {
        let (empty, other) = (root_of(&[]), leaf_hash(b"x"));
        assert!(verify_consistency(0, &empty, 0, &empty, &[]));
        assert!(verify_consistency(0, &empty, 1, &other, &[]));
        assert!(!verify_consistency(0, &other, 1, &other, &[]));
        assert!(!verify_consistency(0, &other, 0, &other, &[]));
        assert!(!verify_inclusion(&other, 0, 0, &[], &empty));
    }

    proptest! {
        #[test]
        fn no_proof_panics(
            index: u64, size: u64, hashes in prop::collection::vec(any::<[u8; 32]>(), 0..70)
        ) {
            let path: Vec<Digest> = hashes.into_iter().map(Digest::from_bytes).collect();
            let root = leaf_hash(b"root");
            prop_assert!(!verify_inclusion(&root, index, size, &path, &root)
                || (size == 1 && path.is_empty()));
            let _ = verify_consistency(index, &root, size, &root, &path);
        }
    }
}

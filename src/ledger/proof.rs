//! Proofs that travel as files: that an entry is under a checkpoint (C2SP `tlog-proof`), and that
//! a checkpoint follows an older one (the body of C2SP `tlog-witness` `add-checkpoint`). The
//! checkpoint in them is kept byte for byte; it is opened with the log's key before anything here
//! is believed.

use thiserror::Error;

use super::base64;
use super::checkpoint::{Head, decimal};
use super::digest::{Digest, shown};
use super::tree::{leaf_hash, verify_consistency, verify_inclusion};

/// The longest proof that is read, in bytes, with its checkpoint.
pub const PROOF_BYTES_MAX: usize = 1_000_000;

/// The most hashes that a proof may have: enough for 2^63 entries.
pub const HASHES_MAX: usize = 63;

const INCLUSION_HEADER: &str = "c2sp.org/tlog-proof@v1";

/// The content of a `.tlog-proof`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionFile {
    /// Bytes that nobody signed; nothing may be concluded from them.
    pub extra: Option<Vec<u8>>,
    /// The place of the entry, from 0.
    pub index: u64,
    /// The hashes from the sibling of the leaf upwards.
    pub path: Vec<Digest>,
    /// The signed checkpoint, not yet opened.
    pub checkpoint: Vec<u8>,
}

impl InclusionFile {
    /// Reads a file.
    ///
    /// # Errors
    /// Any departure from the format. The checkpoint is not looked at.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofError> {
        let (lines, checkpoint) = split(bytes)?;
        let mut lines = lines.iter().zip(1..).peekable();
        if lines.next().is_none_or(|(line, _)| *line != INCLUSION_HEADER) {
            return Err(ProofError::BadLine { line: 1, wanted: INCLUSION_HEADER });
        }
        let extra = lines.next_if(|(line, _)| line.starts_with("extra "));
        let extra = extra.map(|(line, at)| {
            // Without data the line is left out, so an empty one would be a second spelling.
            let bytes = line.strip_prefix("extra ").and_then(base64::decode);
            let bytes = bytes.filter(|bytes| !bytes.is_empty());
            bytes.ok_or(ProofError::BadLine { line: at, wanted: "extra BASE64" })
        });
        let extra = extra.transpose()?;
        let index = number(lines.next(), "index ", "index NUMBER")?;
        let path = hashes(lines)?;
        Ok(Self { extra, index, path, checkpoint: checkpoint.to_vec() })
    }

    /// Returns the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let extra = self.extra.as_deref().filter(|bytes| !bytes.is_empty());
        let extra = extra.map_or(String::new(), |one| format!("extra {}\n", base64::encode(one)));
        let head = format!("{INCLUSION_HEADER}\n{extra}index {}\n", self.index);
        printed(&head, &self.path, &self.checkpoint)
    }

    /// Shows that these very bytes are the entry at [`Self::index`] of the tree under `head`, which
    /// the caller opened from [`Self::checkpoint`].
    ///
    /// # Errors
    /// An index outside the tree, or hashes that do not lead from these bytes to the root.
    pub fn check(&self, entry: &[u8], head: &Head) -> Result<(), ProofError> {
        let (index, size) = (self.index, head.size());
        if index >= size {
            return Err(ProofError::NoSuchEntry { index, size });
        }
        if verify_inclusion(&leaf_hash(entry), index, size, &self.path, head.root()) {
            Ok(())
        } else {
            Err(ProofError::NotIncluded { index, size })
        }
    }
}

/// The content of an `add-checkpoint` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsistencyFile {
    /// The size from which the proof starts.
    pub old_size: u64,
    /// The hashes of the proof.
    pub path: Vec<Digest>,
    /// The signed new checkpoint, not yet opened.
    pub checkpoint: Vec<u8>,
}

impl ConsistencyFile {
    /// Reads a file.
    ///
    /// # Errors
    /// Any departure from the format. The checkpoint is not looked at.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofError> {
        let (lines, checkpoint) = split(bytes)?;
        let mut lines = lines.iter().zip(1..);
        let old_size = number(lines.next(), "old ", "old SIZE")?;
        let path = hashes(lines)?;
        Ok(Self { old_size, path, checkpoint: checkpoint.to_vec() })
    }

    /// Returns the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        printed(&format!("old {}\n", self.old_size), &self.path, &self.checkpoint)
    }

    /// Shows that the tree under `new`, which the caller opened from [`Self::checkpoint`], begins
    /// with the whole tree under `old`.
    ///
    /// # Errors
    /// Heads of two logs, a proof from another size, a tree that shrank, or hashes that do not lead
    /// to both roots.
    pub fn check(&self, old: &Head, new: &Head) -> Result<(), ProofError> {
        if old.origin() != new.origin() {
            let (old, new) = (shown(old.origin()), shown(new.origin()));
            return Err(ProofError::TwoLogs { old, new });
        }
        if self.old_size != old.size() {
            return Err(ProofError::OtherOldSize { found: self.old_size, old: old.size() });
        }
        self.check_root(old.root(), new)
    }

    /// As [`Self::check`], where of the old tree the size and the root alone are kept.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn check_root(&self, old_root: &Digest, new: &Head) -> Result<(), ProofError> {
        let (old, size) = (self.old_size, new.size());
        if old > size {
            return Err(ProofError::Shrunk { old, new: size });
        }
        if verify_consistency(old, old_root, size, new.root(), &self.path) {
            return Ok(());
        }
        Err(if old == size && old_root != new.root() {
            ProofError::Forked { size }
        } else {
            ProofError::NotConsistent { old, new: size }
        })
    }
}

/// Why a proof is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProofError {
    /// More bytes than are read.
    #[error("the proof has {found} bytes; at most {PROOF_BYTES_MAX} are read")]
    TooLong {
        /// How many bytes.
        found: usize,
    },
    /// Lines before the checkpoint that are not text.
    #[error("byte {at} of the proof is not UTF-8; ask for the file again")]
    NotText {
        /// Where, from 0.
        at: usize,
    },
    /// No empty line between the proof and its checkpoint.
    #[error(
        "the proof has no empty line before its checkpoint; it may be cut off, ask for it again"
    )]
    NoCheckpoint,
    /// A line of another form.
    #[error("line {line} of the proof is not `{wanted}`; ask for the file again")]
    BadLine {
        /// The line, from 1.
        line: usize,
        /// How it is written.
        wanted: &'static str,
    },
    /// More hashes than a tree can ask for.
    #[error("the proof has {found} hashes; at most {HASHES_MAX} are read")]
    TooManyHashes {
        /// How many.
        found: usize,
    },
    /// An index that is not below the size.
    #[error("the proof is of entry {index}, and the checkpoint has {size}; ask for a newer proof")]
    NoSuchEntry {
        /// The place of the entry.
        index: u64,
        /// How many entries there are.
        size: u64,
    },
    /// Hashes that lead elsewhere.
    #[error("these bytes are not shown to be entry {index} of {size}; entry or proof was altered")]
    NotIncluded {
        /// The place of the entry.
        index: u64,
        /// How many entries there are.
        size: u64,
    },
    /// Two heads that have nothing to do with each other.
    #[error("the old checkpoint is of `{old}` and the new one of `{new}`; compare one log's own")]
    TwoLogs {
        /// The origin of the old one.
        old: String,
        /// The origin of the new one.
        new: String,
    },
    /// A proof from another size.
    #[error(
        "the proof starts from size {found}, the old checkpoint has {old}; ask for one from there"
    )]
    OtherOldSize {
        /// The size that the proof names.
        found: u64,
        /// The size that it should name.
        old: u64,
    },
    /// A log that lost entries.
    #[error("the new checkpoint has {new} entries, the old one {old}; entries were taken away")]
    Shrunk {
        /// The old size.
        old: u64,
        /// The new size.
        new: u64,
    },
    /// Two roots for one size.
    #[error("two roots are signed for size {size}: the log was forked; keep both checkpoints")]
    Forked {
        /// The size of both.
        size: u64,
    },
    /// Hashes that do not lead to both roots.
    #[error(
        "size {new} is not shown to continue size {old}; the log was forked or the proof altered"
    )]
    NotConsistent {
        /// The old size.
        old: u64,
        /// The new size.
        new: u64,
    },
}

/// Returns the lines of the proof, without newlines, and the checkpoint after the empty line.
fn split(bytes: &[u8]) -> Result<(Vec<&str>, &[u8]), ProofError> {
    if bytes.len() > PROOF_BYTES_MAX {
        return Err(ProofError::TooLong { found: bytes.len() });
    }
    let end = bytes.windows(2).position(|pair| pair == b"\n\n").ok_or(ProofError::NoCheckpoint)?;
    let (lines, rest) = bytes.split_at_checked(end).ok_or(ProofError::NoCheckpoint)?;
    let checkpoint = rest.get(2..).ok_or(ProofError::NoCheckpoint)?;
    let lines = std::str::from_utf8(lines)
        .map_err(|error| ProofError::NotText { at: error.valid_up_to() })?;
    Ok((lines.split('\n').collect(), checkpoint))
}

/// Reads a word and a decimal number.
fn number(
    line: Option<(&&str, usize)>,
    word: &str,
    wanted: &'static str,
) -> Result<u64, ProofError> {
    let (text, at) = line.map_or(("", 2), |(line, at)| (*line, at));
    let number = text.strip_prefix(word).and_then(decimal);
    number.ok_or(ProofError::BadLine { line: at, wanted })
}

fn hashes<'l>(
    lines: impl Iterator<Item = (&'l &'l str, usize)>,
) -> Result<Vec<Digest>, ProofError> {
    let read = |(line, at): (&&str, usize)| {
        let wanted = "base64 of 32 bytes";
        Digest::from_base64(line).map_err(|_| ProofError::BadLine { line: at, wanted })
    };
    let path = lines.map(read).collect::<Result<Vec<Digest>, _>>()?;
    if path.len() > HASHES_MAX {
        return Err(ProofError::TooManyHashes { found: path.len() });
    }
    Ok(path)
}

fn printed(head: &str, path: &[Digest], checkpoint: &[u8]) -> Vec<u8> {
    let lines: String = path.iter().map(|hash| hash.base64() + "\n").collect();
    [head.as_bytes(), lines.as_bytes(), b"\n", checkpoint].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::note::Vkey;
    use super::*;

    const THREE: &[u8] = include_bytes!("../../fixtures/vectors/checkpoint-3");
    const FIVE: &[u8] = include_bytes!("../../fixtures/vectors/checkpoint-5");
    const INCLUSION: &str = include_str!("../../fixtures/vectors/entry-2.tlog-proof");
    const CONSISTENCY: &str = include_str!("../../fixtures/vectors/3-5.add-checkpoint");
    const ENTRY: &[u8] = include_bytes!("../../fixtures/vectors/entry-2.json");
    const LOG: &str =
        "ledger.example/northbridge/dspt+3edb7fbf+AYE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";

    fn head(note: &[u8]) -> Option<Head> {
        let log = Vkey::parse(LOG).unwrap();
        Head::open(note, &log, log.name().as_str()).ok()
    }

    fn included(bytes: &[u8]) -> bool {
        let Ok(file) = InclusionFile::parse(bytes) else { return false };
        head(&file.checkpoint).is_some_and(|head| file.check(ENTRY, &head).is_ok())
    }

    fn consistent(bytes: &[u8]) -> bool {
        let Ok(file) = ConsistencyFile::parse(bytes) else { return false };
        let old = head(THREE).unwrap();
        head(&file.checkpoint).is_some_and(|new| file.check(&old, &new).is_ok())
    }

    #[test]
    fn worked_proofs_are_read_printed_and_verify() {
        let file = InclusionFile::parse(INCLUSION.as_bytes()).unwrap();
        assert_eq!((file.index, file.path.len(), &file.checkpoint[..]), (2, 3, FIVE));
        assert_eq!(file.to_bytes(), INCLUSION.as_bytes());
        assert!(included(INCLUSION.as_bytes()));
        let file = ConsistencyFile::parse(CONSISTENCY.as_bytes()).unwrap();
        assert_eq!((file.old_size, file.path.len()), (3, 4));
        assert!(FIVE.starts_with(&file.checkpoint));
        assert_eq!(file.to_bytes(), CONSISTENCY.as_bytes());
        assert!(consistent(CONSISTENCY.as_bytes()));
    }

    #[test]
    fn no_flipped_bit_and_no_truncation_leaves_a_proof() {
        // The cosignature is of a witness that is not asked here, so its line is left out.
        let end = INCLUSION.find("— witness").unwrap();
        for (good, holds) in [
            (INCLUSION.as_bytes()[..end].to_vec(), included as fn(&[u8]) -> bool),
            (CONSISTENCY.as_bytes().to_vec(), consistent),
        ] {
            assert!(holds(&good));
            for bit in 0..good.len() * 8 {
                let mut bad = good.clone();
                bad[bit / 8] ^= 1 << (bit % 8);
                assert!(!holds(&bad), "bit {bit}");
            }
            for end in 0..good.len() {
                assert!(!holds(&good[..end]), "{end}");
            }
        }
    }

    #[test]
    fn each_fault_of_form_has_its_name() {
        let bad = |text: &str| InclusionFile::parse(text.as_bytes()).unwrap_err();
        let line = |line, wanted| ProofError::BadLine { line, wanted };
        let hash = "base64 of 32 bytes";
        assert_eq!(bad(&INCLUSION.replace("@v1", "@v2")), line(1, INCLUSION_HEADER));
        assert_eq!(bad(&format!("\n{INCLUSION}")), line(1, INCLUSION_HEADER));
        for other in ["index 02", "index +2", "index  2", "index", "index ", "Index 2", "index 2 "]
        {
            assert_eq!(bad(&INCLUSION.replace("index 2", other)), line(2, "index NUMBER"));
        }
        for extra in ["extra ", "extra Zm8", "extra Zm9=", "extra _w==", "extra Zm8= "] {
            let text = INCLUSION.replace("index", &format!("{extra}\nindex"));
            assert_eq!(bad(&text), line(2, "extra BASE64"), "{extra}");
        }
        let twice = INCLUSION.replace("index", "extra Zm8=\nextra Zm8=\nindex");
        assert_eq!(bad(&twice), line(3, "index NUMBER"));
        assert_eq!(bad(&INCLUSION.replace("index 2\n", "index 2\nhello\n")), line(3, hash));
        assert_eq!(bad(&INCLUSION.replace("index 2\n", "index 2\nAAAA\n")), line(3, hash));
        let stray = INCLUSION.replacen("C0k=\n", "C0l=\n", 1);
        assert_eq!(bad(&stray), line(3, hash));
        assert_eq!(bad(&INCLUSION.replace('\n', "\r\n")), ProofError::NoCheckpoint);
        assert_eq!(bad(""), ProofError::NoCheckpoint);
        let one = format!("{}\n", Digest::of(b"x").base64());
        let long = INCLUSION.replace("index 2\n", &format!("index 2\n{}", one.repeat(61)));
        assert_eq!(bad(&long), ProofError::TooManyHashes { found: 64 });
        let found = PROOF_BYTES_MAX + 1;
        let huge = vec![b'a'; found];
        assert_eq!(InclusionFile::parse(&huge), Err(ProofError::TooLong { found }));
        assert_eq!(ConsistencyFile::parse(b"\xff\n\nx"), Err(ProofError::NotText { at: 0 }));
        for old in ["old 03", "old", "old -3", "new 3", "old 3\nold 3"] {
            let text = CONSISTENCY.replace("old 3", old);
            assert!(ConsistencyFile::parse(text.as_bytes()).is_err(), "{old}");
        }
    }

    #[test]
    fn each_fault_of_meaning_has_its_name() {
        let (old, new) = (head(THREE).unwrap(), head(FIVE).unwrap());
        let file = InclusionFile::parse(INCLUSION.as_bytes()).unwrap();
        let not = Err(ProofError::NotIncluded { index: 2, size: 5 });
        assert_eq!(file.check(&ENTRY[1..], &new), not);
        let longer = InclusionFile { path: [&file.path[..], &[*new.root()]].concat(), ..file };
        assert_eq!(longer.check(ENTRY, &new), not);
        let none = InclusionFile { index: 5, ..longer };
        assert_eq!(none.check(ENTRY, &new), Err(ProofError::NoSuchEntry { index: 5, size: 5 }));

        let file = ConsistencyFile::parse(CONSISTENCY.as_bytes()).unwrap();
        let not = ProofError::NotConsistent { old: 3, new: 5 };
        assert_eq!(file.check(&new, &new), Err(ProofError::OtherOldSize { found: 3, old: 5 }));
        let other = Head::parse(&old.to_text().replace("ledger", "l")).unwrap();
        assert!(matches!(file.check(&other, &new), Err(ProofError::TwoLogs { .. })));
        let short = ConsistencyFile { path: file.path[1..].to_vec(), ..file.clone() };
        assert_eq!(short.check(&old, &new), Err(not));
        let same = |root: &Digest, path: &[Digest]| {
            let file = ConsistencyFile { old_size: 5, path: path.to_vec(), checkpoint: Vec::new() };
            file.check_root(root, &new)
        };
        assert_eq!(same(new.root(), &[]), Ok(()));
        assert_eq!(same(old.root(), &[]), Err(ProofError::Forked { size: 5 }));
        let not = ProofError::NotConsistent { old: 5, new: 5 };
        assert_eq!(same(new.root(), &file.path), Err(not));
        let shrunk = ConsistencyFile { old_size: 5, path: Vec::new(), checkpoint: Vec::new() };
        assert_eq!(shrunk.check(&new, &old), Err(ProofError::Shrunk { old: 5, new: 3 }));
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(
            bytes: Vec<u8>,
            text in "(old |index |3|\n|c2sp.org/tlog-proof@v1|extra |=|A){0,12}",
        ) {
            for bytes in [&bytes[..], text.as_bytes()] {
                if let Ok(file) = InclusionFile::parse(bytes) {
                    prop_assert_eq!(file.to_bytes(), bytes);
                }
                if let Ok(file) = ConsistencyFile::parse(bytes) {
                    prop_assert_eq!(file.to_bytes(), bytes);
                }
            }
        }

        #[test]
        fn print_then_parse_is_identity(
            extra: Option<Vec<u8>>, index: u64, note: Vec<u8>,
            hashes in prop::collection::vec(any::<[u8; 32]>(), 0..=HASHES_MAX),
        ) {
            let path: Vec<Digest> = hashes.into_iter().map(Digest::from_bytes).collect();
            let file = ConsistencyFile { old_size: index, path, checkpoint: note };
            prop_assert_eq!(ConsistencyFile::parse(&file.to_bytes()), Ok(file.clone()));
            let ConsistencyFile { path, checkpoint, old_size: _ } = file;
            let extra = extra.filter(|bytes| !bytes.is_empty());
            let file = InclusionFile { extra, index, path, checkpoint };
            prop_assert_eq!(InclusionFile::parse(&file.to_bytes()), Ok(file));
        }
    }
}

//! The newest signed head, kept beside the ledger as `<ledger>.head`: it notices when an older copy
//! of the ledger takes the place of the newer. It is written after each commit, under the write
//! lock, and it is never ahead of a ledger that nobody put back.

use std::io;
use std::path::Path;

use crate::durable::{self, ReadError};

/// The longest signed note, as the signed-note specification has it.
const NOTE_BYTES_MAX: u64 = 1_000_000;

/// How the ledger and the head kept beside it compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// Neither has a head: a ledger without entries.
    NoHead,
    /// Both have the same head.
    Equal {
        /// Its size.
        size: u64,
    },
    /// The head beside the ledger is an earlier one of the same history: the program stopped
    /// between the commit and the renewal of the file. Opening for writing renews it.
    FileBehind {
        /// The size of the newest head in the ledger.
        ledger: u64,
        /// The size of the head beside it.
        file: u64,
    },
    /// There is no head beside the ledger: it was copied without it, or somebody removed it.
    /// Nothing is known about an older copy; the next write makes the file.
    Missing {
        /// The size of the newest head in the ledger.
        ledger: u64,
    },
    /// The head beside the ledger is newer: an older copy of the ledger was put in its place.
    /// Writing is refused.
    FileAhead {
        /// The size of the newest head in the ledger; 0 where it has none.
        ledger: u64,
        /// The size of the head beside it.
        file: u64,
    },
    /// The ledger holds another head, or none, at the size of the one beside it: it is another
    /// ledger, or its history was replaced. Writing is refused.
    Differs {
        /// The size of the head beside the ledger.
        size: u64,
    },
    /// The head beside the ledger names the same entries as the ledger's of its size, and its bytes
    /// are others: one of the two was changed. Writing is refused.
    Changed {
        /// The size of both.
        size: u64,
    },
    /// The file beside the ledger is not a signed head. Writing is refused.
    Unreadable,
}

impl Guard {
    /// Returns whether an append must be refused.
    pub fn refuses_writing(&self) -> bool {
        match self {
            Self::NoHead | Self::Equal { .. } | Self::FileBehind { .. } | Self::Missing { .. } => {
                false
            }
            Self::FileAhead { .. }
            | Self::Differs { .. }
            | Self::Changed { .. }
            | Self::Unreadable => true,
        }
    }
}

/// A signed head with its size.
pub(super) type Head<'a> = (u64, &'a [u8]);

/// Compares the newest head of the ledger with the one beside it. `same_size` is the note that the
/// ledger holds at the size of the file's head.
pub(super) fn compare(
    ledger: Option<Head<'_>>,
    file: Option<Head<'_>>,
    same_size: Option<&[u8]>,
) -> Guard {
    match (ledger, file) {
        (None, None) => Guard::NoHead,
        (Some((ledger, _)), None) => Guard::Missing { ledger },
        (None, Some((file, _))) => Guard::FileAhead { ledger: 0, file },
        (Some((ledger, _)), Some((file, _))) if file > ledger => Guard::FileAhead { ledger, file },
        (Some((ledger, _)), Some((file, note))) => match same_size {
            Some(kept) if kept != note && is_same_tree(kept, note) => Guard::Changed { size: file },
            Some(kept) if kept != note => Guard::Differs { size: file },
            None => Guard::Differs { size: file },
            Some(_) if file == ledger => Guard::Equal { size: ledger },
            Some(_) => Guard::FileBehind { ledger, file },
        },
    }
}

/// Says whether two heads name the same log, size and root: their first three lines (C2SP
/// tlog-checkpoint). What follows are their signatures.
fn is_same_tree(one: &[u8], other: &[u8]) -> bool {
    let lines = |note: &'_ [u8]| -> Option<[Vec<u8>; 3]> {
        let mut lines = note.split(|byte| *byte == b'\n').map(<[u8]>::to_vec);
        Some([lines.next()?, lines.next()?, lines.next().filter(|root| !root.is_empty())?])
    };
    lines(one).is_some_and(|of_one| lines(other) == Some(of_one))
}

/// Reads the size that a signed head states: its second line, in decimal.
pub(super) fn note_size(note: &[u8]) -> Option<u64> {
    let line = note.split(|byte| *byte == b'\n').nth(1)?;
    let text = std::str::from_utf8(line).ok()?;
    let size: u64 = text.parse().ok()?;
    // One spelling only: no sign, no leading zero.
    (size.to_string() == text).then_some(size)
}

/// Reads the head beside the ledger; `None` where there is no such file. A file that is too long
/// for a note is cut, and therefore reads as no head.
pub(super) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match durable::read_if_there(path, NOTE_BYTES_MAX) {
        Err(ReadError::TooLong { .. }) => Ok(Some(Vec::new())),
        read => Ok(read?),
    }
}

/// Writes the head beside the ledger: whole or not at all, also when the power fails; whoever may
/// read the ledger may read it. The caller holds the write lock of the ledger, so that no two
/// writers meet at `aside`.
pub(super) fn write(path: &Path, aside: &Path, ledger: &Path, note: &[u8]) -> io::Result<()> {
    durable::replace_like(path, aside, ledger, note)
}

/// Makes a new or renamed file in a folder durable.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    durable::sync_folder(durable::folder_of(path))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    type Case = (Option<Head<'static>>, Option<Head<'static>>, Option<&'static [u8]>, Guard);

    #[test]
    fn each_case_has_its_name() {
        let (a, b): (Head, Head) = ((3, b"a"), (5, b"b"));
        let (signed, again): (Head, Head) = ((5, b"o\n5\nr\n\ns\n"), (5, b"o\n5\nr\n\nt\n"));
        let other: Head = (5, b"o\n5\nq\n\ns\n");
        let cases: [Case; 11] = [
            (None, None, None, Guard::NoHead),
            (Some(b), Some(b), Some(b.1), Guard::Equal { size: 5 }),
            (Some(b), Some(a), Some(a.1), Guard::FileBehind { ledger: 5, file: 3 }),
            (Some(b), Some(a), Some(b"x"), Guard::Differs { size: 3 }),
            (Some(b), Some(a), None, Guard::Differs { size: 3 }),
            (Some(b), None, None, Guard::Missing { ledger: 5 }),
            (Some(a), Some(b), None, Guard::FileAhead { ledger: 3, file: 5 }),
            (None, Some(b), None, Guard::FileAhead { ledger: 0, file: 5 }),
            (Some(b), Some((5, b"x")), Some(b.1), Guard::Differs { size: 5 }),
            (Some(signed), Some(again), Some(signed.1), Guard::Changed { size: 5 }),
            (Some(signed), Some(other), Some(signed.1), Guard::Differs { size: 5 }),
        ];
        for (ledger, file, same_size, expected) in cases {
            assert_eq!(compare(ledger, file, same_size), expected);
        }
    }

    #[test]
    fn a_size_has_one_spelling() {
        assert_eq!(note_size(b"origin\n12\nroot\n"), Some(12));
        assert_eq!(note_size(b"origin\n12"), Some(12));
        for bad in ["", "origin", "o\n\n", "o\n012\n", "o\n+12\n", "o\n-1\n", "o\n1 \n", "o\n1\r\n"]
        {
            assert_eq!(note_size(bad.as_bytes()), None, "{bad:?}");
        }
        assert_eq!(note_size(b"o\n18446744073709551616\n"), None);
        assert_eq!(note_size(b"o\n\xff\n"), None);
    }

    #[test]
    fn a_head_is_written_whole_over_what_a_crash_left() {
        let folder = tempfile::tempdir().unwrap();
        let (path, aside) = (folder.path().join("x.head"), folder.path().join("x.head.new"));
        assert_eq!(read(&path).unwrap(), None);
        let ledger = folder.path().join("x");
        fs::write(&ledger, "entries").unwrap();
        fs::write(&aside, "half a no").unwrap();
        write(&path, &aside, &ledger, b"o\n1\n").unwrap();
        write(&path, &aside, &ledger, b"o\n2\n").unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), b"o\n2\n");
        assert!(!aside.exists());
        fs::write(&path, vec![b'a'; 1_000_001]).unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), b"");
    }
}

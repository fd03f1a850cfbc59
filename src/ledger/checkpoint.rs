//! Checkpoints (C2SP `tlog-checkpoint`): the size and root of a ledger at one moment, signed by the
//! ledger's own key. The head of any other log may have extension lines; a ledger's has none.

use std::fmt;

use thiserror::Error;

use super::digest::{Digest, shown};
use super::key::{Sign, SignError};
use super::note::{self, KeyName, Note, NoteError, Vkey};

const ORIGIN_BYTES_MAX: usize = 128;
/// A cosignature of a later kind has one byte for the length of the origin.
const HEAD_ORIGIN_BYTES_MAX: usize = 255;

/// The name of a ledger, `domain/organisation/ledger`, lower-case ASCII, at most 128 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin(String);

impl Origin {
    /// Reads an origin: three parts of `a-z`, `0-9`, `.`, `_` and `-`, each beginning and ending
    /// with a letter or digit.
    ///
    /// # Errors
    /// Any other text.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        if text.len() <= ORIGIN_BYTES_MAX
            && text.split('/').count() == 3
            && text.split('/').all(is_part)
        {
            Ok(Self(text.to_owned()))
        } else {
            Err(CheckpointError::BadOrigin { found: shown(text) })
        }
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name of the ledger's own key, which is the origin.
    pub fn key_name(&self) -> KeyName {
        KeyName::from_narrower(self.0.clone())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

fn is_part(text: &str) -> bool {
    let is_end = |byte: Option<u8>| {
        byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let is_inner = |byte: u8| is_end(Some(byte)) || b"._-".contains(&byte);
    is_end(text.bytes().next()) && is_end(text.bytes().last()) && text.bytes().all(is_inner)
}

/// The keys that sign the heads of a ledger, each from the size after its rotation on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogKeys {
    first: Vkey,
    later: Vec<(u64, Vkey)>,
}

impl LogKeys {
    /// The key that entry 0 names.
    pub const fn new(first: Vkey) -> Self {
        Self { first, later: Vec::new() }
    }

    /// Lets another key sign the heads of `size` entries and more. Keys come in order of size.
    pub fn rotate(&mut self, size: u64, key: Vkey) {
        self.later.push((size, key));
    }

    /// Returns the key that entry 0 names.
    pub const fn first(&self) -> &Vkey {
        &self.first
    }

    /// Returns the key that signs the next head.
    pub fn newest(&self) -> &Vkey {
        self.later.last().map_or(&self.first, |(_, key)| key)
    }

    /// Returns the key that signs the head of `size` entries.
    pub fn at(&self, size: u64) -> &Vkey {
        let later = self.later.iter().rev().find(|(from, _)| *from <= size);
        later.map_or(&self.first, |(_, key)| key)
    }

    /// Returns every key, the first one first.
    pub fn all(&self) -> impl Iterator<Item = &Vkey> {
        std::iter::once(&self.first).chain(self.later.iter().map(|(_, key)| key))
    }

    /// Reads a note signed by the key that signs heads of its size.
    ///
    /// # Errors
    /// As [`Checkpoint::open`] with the key of that size.
    pub fn open(&self, bytes: &[u8]) -> Result<Checkpoint, CheckpointError> {
        for key in self.all() {
            if let Ok(checkpoint) = Checkpoint::open(bytes, key) {
                let right = self.at(checkpoint.size);
                return if key == right { Ok(checkpoint) } else { Checkpoint::open(bytes, right) };
            }
        }
        Checkpoint::open(bytes, self.newest())
    }
}

/// The head of a ledger: how many entries, under which root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The ledger.
    pub origin: Origin,
    /// How many entries.
    pub size: u64,
    /// The root of the tree over all of them.
    pub root: Digest,
}

impl Checkpoint {
    /// Returns the three lines that are signed.
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root.base64())
    }

    /// Reads the three lines.
    ///
    /// # Errors
    /// Another number of lines, a size with a leading zero or sign, a root that is not 32 bytes,
    /// or a root of nothing that is not the SHA-256 of nothing. A line after the three is refused:
    /// this ledger writes none, so that one head has one text.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let Lines { origin, size, root, extensions } = lines_of(text)?;
        if let Some(line) = extensions.lines().next() {
            return Err(CheckpointError::Extension { found: shown(line) });
        }
        Ok(Self { origin: Origin::parse(origin)?, size, root })
    }

    /// Returns the checkpoint as a note signed by the ledger's own key.
    ///
    /// # Errors
    /// A signer that gives no signature, or one that does not fit.
    pub fn sign(&self, signer: &dyn Sign) -> Result<Vec<u8>, SignError> {
        note::sign_well_formed(&self.to_text(), &self.origin.key_name(), signer)
    }

    /// Reads a note signed by the ledger's own key; other lines, such as cosignatures, are passed
    /// over.
    ///
    /// # Errors
    /// A note or a text that is refused, or a key that is not named as the origin.
    pub fn open(bytes: &[u8], log: &Vkey) -> Result<Self, CheckpointError> {
        let note = note::open(bytes, std::slice::from_ref(log))?;
        let checkpoint = Self::parse(note.text())?;
        if checkpoint.origin.as_str() == log.name().as_str() {
            return Ok(checkpoint);
        }
        Err(CheckpointError::WrongKeyName {
            origin: checkpoint.origin.to_string(),
            name: log.name().to_string(),
        })
    }
}

/// The head of any log, whatever it keeps: its origin is any line that C2SP takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    origin: String,
    size: u64,
    root: Digest,
    /// The lines after the three, each with its newline.
    extensions: String,
}

impl Head {
    /// Reads the three lines, and those that may follow: not empty, and opaque. The origin has 1
    /// to 255 bytes and no control character.
    ///
    /// # Errors
    /// As [`Checkpoint::parse`], save that more origins are taken, and extension lines.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let Lines { origin, size, root, extensions } = lines_of(text)?;
        check_origin(origin)?;
        Ok(Self { origin: origin.to_owned(), size, root, extensions: extensions.to_owned() })
    }

    /// Reads a note that `log` signed over a head of `origin`; other lines are passed over. The
    /// key may have another name than the log.
    ///
    /// # Errors
    /// A note or a text that is refused, or another origin.
    pub fn open(bytes: &[u8], log: &Vkey, origin: &str) -> Result<Self, CheckpointError> {
        Self::open_note(bytes, log, origin).map(|(head, _)| head)
    }

    /// As [`Head::open`], with the note, of which the line of `log` alone is kept.
    ///
    /// # Errors
    /// As [`Head::open`].
    pub fn open_note(
        bytes: &[u8],
        log: &Vkey,
        origin: &str,
    ) -> Result<(Self, Note), CheckpointError> {
        let note = note::open(bytes, std::slice::from_ref(log))?;
        let head = Self::parse(note.text())?;
        if head.origin == origin {
            return Ok((head, note));
        }
        let (wanted, found) = (shown(origin), shown(&head.origin));
        Err(CheckpointError::WrongOrigin { wanted, found })
    }

    /// Reads what a note says, whoever signed it: to find out whose key it should be opened with,
    /// and for nothing else.
    ///
    /// # Errors
    /// A note or a text that is refused.
    pub fn claimed(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let (text, _) = note::parts(bytes)?;
        Self::parse(text)
    }

    /// Returns the first line: which log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns how many entries the log has.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Returns the root of the tree over all of them.
    pub const fn root(&self) -> &Digest {
        &self.root
    }

    /// Returns the lines after the three, which the log signed and of which nobody says more.
    pub fn extensions(&self) -> impl Iterator<Item = &str> {
        self.extensions.lines()
    }

    /// Returns the lines that are signed, extension lines included.
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n{}", self.origin, self.size, self.root.base64(), self.extensions)
    }
}

impl From<&Checkpoint> for Head {
    fn from(checkpoint: &Checkpoint) -> Self {
        let Checkpoint { origin, size, root } = checkpoint;
        Self { origin: origin.0.clone(), size: *size, root: *root, extensions: String::new() }
    }
}

/// Tells whether `text` can be the origin of a log: 1 to 255 bytes, no control character.
///
/// # Errors
/// Any other text.
pub fn check_origin(text: &str) -> Result<(), CheckpointError> {
    if (1..=HEAD_ORIGIN_BYTES_MAX).contains(&text.len()) && !text.contains(char::is_control) {
        Ok(())
    } else {
        Err(CheckpointError::BadLogOrigin { found: shown(text) })
    }
}

/// The text of a checkpoint of any log, taken apart; the origin is not yet looked at.
struct Lines<'t> {
    origin: &'t str,
    size: u64,
    root: Digest,
    /// Lines after the three, each with its newline; none is empty.
    extensions: &'t str,
}

fn lines_of(text: &str) -> Result<Lines<'_>, CheckpointError> {
    if !text.ends_with('\n') {
        return Err(CheckpointError::BadShape);
    }
    let mut parts = text.splitn(4, '\n');
    let (Some(origin), Some(size), Some(root), Some(extensions)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(CheckpointError::BadShape);
    };
    if extensions.starts_with('\n') || extensions.contains("\n\n") {
        return Err(CheckpointError::BadShape);
    }
    let number = decimal(size).ok_or_else(|| CheckpointError::BadSize { found: shown(size) })?;
    let bad_root = || CheckpointError::BadRoot { found: shown(root) };
    let root = Digest::from_base64(root).map_err(|_| bad_root())?;
    if number == 0 && root != Digest::of(&[]) {
        return Err(CheckpointError::WrongEmptyRoot { found: root.base64() });
    }
    Ok(Lines { origin, size: number, root, extensions })
}

/// Reads a decimal number in its one spelling.
pub fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// Why a checkpoint or an origin is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CheckpointError {
    /// The note around it.
    #[error("the checkpoint's note is refused")]
    Note(#[from] NoteError),
    /// Not three lines, or an empty one.
    #[error(
        "the checkpoint is not three lines (origin, size, root) and none that is empty; \
         ask for the file again"
    )]
    BadShape,
    /// A line after the three, in a checkpoint of a ledger.
    #[error(
        "the checkpoint has the extension line `{found}`, and no ledger of dspt writes one; \
         ask for the head that the ledger signed"
    )]
    Extension {
        /// The line, shortened and without control characters.
        found: String,
    },
    /// Not the origin of any log.
    #[error("`{found}` is not an origin; it has 1 to 255 bytes and no control character")]
    BadLogOrigin {
        /// The text, shortened and without control characters.
        found: String,
    },
    /// The head of another log.
    #[error("the checkpoint is of `{found}`, not of `{wanted}`; ask for one of that log")]
    WrongOrigin {
        /// The log that was asked about.
        wanted: String,
        /// The log that the checkpoint names.
        found: String,
    },
    /// Not an origin.
    #[error("`{found}` is not an origin; write domain/organisation/ledger in lower case")]
    BadOrigin {
        /// The text, shortened and without control characters.
        found: String,
    },
    /// Not a size.
    #[error("`{found}` is not a size; write a decimal number without leading zeros")]
    BadSize {
        /// The text, shortened and without control characters.
        found: String,
    },
    /// A root of nothing that is another.
    #[error("`{found}` is not the root of no entries, which is the SHA-256 of nothing")]
    WrongEmptyRoot {
        /// The root.
        found: String,
    },
    /// Not a root.
    #[error("`{found}` is not a root; write the base64 of 32 bytes")]
    BadRoot {
        /// The text, shortened and without control characters.
        found: String,
    },
    /// The ledger's key has another name than the ledger.
    #[error("the checkpoint of {origin} is signed by {name}; use the key of that ledger")]
    WrongKeyName {
        /// The ledger.
        origin: String,
        /// The key's name.
        name: String,
    },
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::key::SeedSigner;
    use super::*;

    const THREE: &str = include_str!("../../fixtures/vectors/checkpoint-3");
    const FIVE: &str = include_str!("../../fixtures/vectors/checkpoint-5");
    const LOG: &str =
        "ledger.example/northbridge/dspt+3edb7fbf+AYE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";
    const EMPTY: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    fn log() -> Vkey {
        Vkey::parse(LOG).unwrap()
    }

    #[test]
    fn worked_checkpoints_open_and_are_signed_again_to_the_byte() {
        let signer = SeedSigner::from_seed(&[2; 32]);
        let three = Checkpoint::open(THREE.as_bytes(), &log()).unwrap();
        assert_eq!((three.origin.as_str(), three.size), (log().name().as_str(), 3));
        assert_eq!(three.sign(&signer).unwrap(), THREE.as_bytes());
        // The cosignature is of another key type, so its line is that of an unknown key.
        let five = Checkpoint::open(FIVE.as_bytes(), &log()).unwrap();
        assert_eq!(five.size, 5);
        let ours = FIVE.split_inclusive('\n').take(5).collect::<String>();
        assert_eq!(five.sign(&signer).unwrap(), ours.as_bytes());
        assert_eq!(Checkpoint::parse(&five.to_text()), Ok(five));
    }

    #[test]
    fn each_fault_has_its_name() {
        let parse = |size: &str, root: &str| Checkpoint::parse(&format!("a/b/c\n{size}\n{root}\n"));
        assert!(parse("0", EMPTY).is_ok());
        assert!(parse("18446744073709551615", EMPTY).is_ok());
        for bad in ["", "05", "+5", "-1", "5 ", "18446744073709551616", "0x5", "٣"] {
            let found = shown(bad);
            assert_eq!(parse(bad, EMPTY), Err(CheckpointError::BadSize { found }), "{bad}");
        }
        let other = Digest::of(b"x").base64();
        let found = other.clone();
        assert_eq!(parse("0", &other), Err(CheckpointError::WrongEmptyRoot { found }));
        for (size, root) in [("0", "AAAA"), ("1", ""), ("1", "AAAA"), ("1", &EMPTY[..43])] {
            let found = root.to_owned();
            assert_eq!(parse(size, root), Err(CheckpointError::BadRoot { found }));
        }
        let extended = format!("a/b/c\n1\n{EMPTY}\nextension\n");
        let blank = format!("a/b/c\n1\n{EMPTY}\n\n");
        for bad in ["", "\n", "a/b/c\n1\n", extended.trim_end(), &blank] {
            assert_eq!(Checkpoint::parse(bad), Err(CheckpointError::BadShape), "{bad}");
            assert_eq!(Head::parse(bad), Err(CheckpointError::BadShape), "{bad}");
        }
        let found = "extension".to_owned();
        assert_eq!(Checkpoint::parse(&extended), Err(CheckpointError::Extension { found }));
    }

    #[test]
    fn the_head_of_another_log_keeps_its_extension_lines() {
        let three = format!("a log\n1\n{EMPTY}\n");
        assert_eq!(Head::parse(&three).unwrap().extensions().count(), 0);
        for lines in ["one", "one\ntwo", " ", "\u{2014} a AAAA", "0\n0\n0"] {
            let text = format!("{three}{lines}\n");
            let head = Head::parse(&text).unwrap();
            assert_eq!(
                head.extensions().collect::<Vec<_>>(),
                lines.split('\n').collect::<Vec<_>>()
            );
            assert_eq!((head.origin(), head.size(), head.to_text()), ("a log", 1, text));
        }
        for bad in ["\n", "\none\n", "one\n\n", "one\n\ntwo\n", "one", "one\ntwo"] {
            let text = format!("{three}{bad}");
            assert_eq!(Head::parse(&text), Err(CheckpointError::BadShape), "{bad:?}");
        }
    }

    #[test]
    fn a_key_named_otherwise_is_refused() {
        let signer = SeedSigner::from_seed(&[2; 32]);
        let text =
            Checkpoint { origin: Origin::parse("a/b/c").unwrap(), size: 0, root: Digest::of(&[]) };
        let other = KeyName::parse("a/b/d").unwrap();
        let bytes = note::sign(&text.to_text(), &other, &signer).unwrap();
        let opened = Checkpoint::open(&bytes, &Vkey::new(other, *signer.public()));
        let (origin, name) = ("a/b/c".to_owned(), "a/b/d".to_owned());
        assert_eq!(opened, Err(CheckpointError::WrongKeyName { origin, name }));
        let error = Checkpoint::open(&bytes, &log()).unwrap_err();
        assert_eq!(error, CheckpointError::Note(NoteError::NotSigned));
    }

    #[test]
    fn an_origin_has_three_plain_parts() {
        let long = format!("a/b/{}", "c".repeat(124));
        for good in ["a/b/c", "ledger.example/north-bridge/dspt_2", "1/2/3", &long] {
            assert_eq!(Origin::parse(good).map(|origin| origin.to_string()), Ok(good.to_owned()));
            assert!(KeyName::parse(good).is_ok());
        }
        let overlong = format!("{long}c");
        for bad in [
            "", "a", "a/b", "a/b/c/d", "a//c", "/b/c", "a/b/", "A/b/c", "a/b/c ", "a/../c",
            "a/./c", "a/-b/c", "a/b-/c", "a/b+/c", "é/b/c", "a/b/c\n", &overlong,
        ] {
            assert!(matches!(Origin::parse(bad), Err(CheckpointError::BadOrigin { .. })), "{bad}");
        }
    }

    #[test]
    fn the_head_of_any_log_is_read() {
        let five = Head::open(FIVE.as_bytes(), &log(), log().name().as_str()).unwrap();
        assert_eq!(five.size(), 5);
        assert_eq!(five, Head::from(&Checkpoint::open(FIVE.as_bytes(), &log()).unwrap()));
        let wrong = Head::open(FIVE.as_bytes(), &log(), "other.example/log").unwrap_err();
        assert!(matches!(wrong, CheckpointError::WrongOrigin { .. }));
        let (most, long) = ("é".repeat(127), "é".repeat(128));
        for good in ["Go Sum Database", "a", "example.com/behind-the-sofa", "a+b", &most] {
            let text = format!("{good}\n1\n{EMPTY}\n");
            assert_eq!(Head::parse(&text).map(|head| head.to_text()), Ok(text));
        }
        for bad in ["", "a\tb", "a\u{7f}", "a\u{9b}", &long] {
            let text = format!("{bad}\n1\n{EMPTY}\n");
            let refused = Head::parse(&text).unwrap_err();
            assert!(matches!(refused, CheckpointError::BadLogOrigin { .. }), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(bytes: Vec<u8>, text: String) {
            prop_assert!(Checkpoint::open(&bytes, &log()).is_err());
            let _ = (Checkpoint::parse(&text), Head::parse(&text));
        }

        #[test]
        fn print_then_parse_is_identity(size in 1_u64.., root: [u8; 32]) {
            let origin = Origin::parse("a/b/c").unwrap();
            let checkpoint = Checkpoint { origin, size, root: Digest::from_bytes(root) };
            prop_assert_eq!(Checkpoint::parse(&checkpoint.to_text()), Ok(checkpoint));
        }

        #[test]
        fn a_text_that_parses_is_the_one_printed(text in "[ab]/b/c\n[0-9+ ]{1,3}\n[A-Q]{43}=\n") {
            if let Ok(checkpoint) = Checkpoint::parse(&text) {
                prop_assert_eq!(checkpoint.to_text(), text);
            }
        }
    }
}

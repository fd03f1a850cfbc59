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
mod tests;

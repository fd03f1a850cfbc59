//! Why a signed note, the name of a key or a verifier key is refused.

use thiserror::Error;

use super::key::{BadKey, SignError};

/// The longest note that is read, in bytes.
pub const NOTE_BYTES_MAX: usize = 1_000_000;

/// The most signature lines that a note may have.
pub const SIGNATURES_MAX: usize = 100;

/// Why a note, a key name or a vkey is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NoteError {
    /// A signer without a signature that fits.
    #[error(transparent)]
    NoSignature(#[from] SignError),
    /// More bytes than are read.
    #[error("the note has {found} bytes; at most {NOTE_BYTES_MAX} are read")]
    TooLong {
        /// How many bytes.
        found: usize,
    },
    /// More signature lines than are read.
    #[error("the note has {found} signature lines; at most {SIGNATURES_MAX} are read")]
    TooManySignatures {
        /// How many lines.
        found: usize,
    },
    /// Not UTF-8, or a control character other than a newline.
    #[error("byte {at} of the note is not printable UTF-8 or a newline; ask for the file again")]
    BadByte {
        /// Where the first such byte is, from 0.
        at: usize,
    },
    /// No text, blank line and signature lines in this order.
    #[error("the note is not a text, a blank line and signature lines; ask for the file again")]
    BadShape,
    /// A signature line of another form.
    #[error("signature line {line} is not `\u{2014} name base64`; ask for the file again")]
    BadLine {
        /// Which signature line, from 1.
        line: usize,
    },
    /// Not a key name.
    #[error("`{found}` is not a key name; write 1 to 255 bytes without space, control or `+`")]
    BadName {
        /// The text, shortened and without control characters.
        found: String,
    },
    /// Not the text form of a key.
    #[error("`{found}` is not a verifier key; write name+hash+base64 as its owner gave it")]
    BadVkey {
        /// The text, shortened and without control characters.
        found: String,
    },
    /// A key id that is not of this name and key.
    #[error(
        "the key id {found} is not that of this name and key, which is {wanted}; one of the three \
         was altered, ask its owner again"
    )]
    WrongKeyId {
        /// The key id in the text.
        found: String,
        /// The key id of the name and key in the text.
        wanted: String,
    },
    /// A key of another type than the place takes.
    #[error(
        "key type {found:#04x} does not fit here; give a key of type {wanted:#04x} \
         (0x01 signs notes, 0x04 cosigns them, both with Ed25519)"
    )]
    UnknownType {
        /// The type byte.
        found: u8,
        /// The type byte that fits.
        wanted: u8,
    },
    /// A key that the ledger does not take.
    #[error("the verifier key is refused")]
    BadKey(#[from] BadKey),
    /// Two different known keys with one name and id.
    #[error("two known keys are named {name} with the same id; keep one of them")]
    AmbiguousKey {
        /// The name of both.
        name: String,
    },
    /// A line of a known key whose signature is wrong.
    #[error("the signature of {name} does not fit the text; the note was altered or forged")]
    BadSignature {
        /// The name of the key.
        name: String,
    },
    /// A known key with more than one line.
    #[error("{name} signed more than once; ask for the note with one line for each key")]
    SignedTwice {
        /// The name of the key.
        name: String,
    },
    /// No line of a known key.
    #[error("no known key signed the note; name the key of its signer")]
    NotSigned,
}

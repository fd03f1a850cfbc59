//! A SHA-256 digest and its two spellings, lower-case hex and padded base64. Both are read
//! strictly: one value has one spelling, so that two texts are equal when their meanings are.

use std::fmt;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::base64;

/// A SHA-256 digest: of a file, of a leaf, of a tree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Returns the SHA-256 of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Returns the SHA-256 of the parts one after the other, without copying them together.
    pub(super) fn of_parts(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// Returns the digest with these 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 64 lower-case hex digits.
    ///
    /// # Errors
    /// Upper case, another length or another character.
    pub fn from_hex(text: &str) -> Result<Self, BadDigest> {
        let bad = || BadDigest::Hex { found: shown(text) };
        let mut bytes = [0; 32];
        if text.len() != 64 {
            return Err(bad());
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let mut value = 0;
            for digit in pair {
                value = value * 16 + nibble(*digit).ok_or_else(bad)?;
            }
            *byte = value;
        }
        Ok(Self(bytes))
    }

    /// Returns 64 lower-case hex digits.
    pub fn hex(&self) -> String {
        self.to_string()
    }

    /// Reads the padded standard base64 of 32 bytes, 44 characters.
    ///
    /// # Errors
    /// Another length, another alphabet, missing padding or stray bits in the last character.
    pub fn from_base64(text: &str) -> Result<Self, BadDigest> {
        base64::decode_array(text).map(Self).ok_or_else(|| BadDigest::Base64 { found: shown(text) })
    }

    /// Returns the padded standard base64, 44 characters.
    pub fn base64(&self) -> String {
        base64::encode(&self.0)
    }
}

/// A digest of bytes that come one part after the other.
#[derive(Clone, Debug, Default)]
pub struct Digester(Sha256);

impl Digester {
    /// Begins, with nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next part.
    pub fn add(&mut self, part: &[u8]) {
        self.0.update(part);
    }

    /// Returns the SHA-256 of all parts.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Digest({self})")
    }
}

/// Why a text is not a digest.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadDigest {
    /// Not 64 lower-case hex digits.
    #[error("`{found}` is not a SHA-256 digest; write 64 lower-case hex digits")]
    Hex {
        /// The text, shortened and without control characters.
        found: String,
    },
    /// Not the base64 of 32 bytes.
    #[error("`{found}` is not a SHA-256 digest; write 44 characters of padded standard base64")]
    Base64 {
        /// The text, shortened and without control characters.
        found: String,
    },
}

/// Returns `text` fit for an error message: at most 80 characters, nothing that a terminal obeys.
pub(super) fn shown(text: &str) -> String {
    const CHARACTERS_MAX: usize = 80;
    // `escape_debug` leaves alone the marks that reorder a line on screen, so they go here.
    let reorders = |c| {
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}')
            || matches!(c, '\u{061c}' | '\u{2066}'..='\u{2069}')
    };
    let mut safe = String::new();
    for character in text.chars().take(CHARACTERS_MAX) {
        if reorders(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.extend(character.escape_debug());
        }
    }
    if text.chars().nth(CHARACTERS_MAX).is_some() {
        safe.push('…');
    }
    safe
}

/// Returns the value of one lower-case hex digit.
const fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC_HEX: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const ABC_BASE64: &str = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";

    #[test]
    fn spellings_go_there_and_back() {
        let digest = Digest::of(b"abc");
        assert_eq!(digest.hex(), ABC_HEX);
        assert_eq!(digest.base64(), ABC_BASE64);
        assert_eq!(Digest::from_hex(ABC_HEX), Ok(digest));
        assert_eq!(Digest::from_base64(ABC_BASE64), Ok(digest));
        assert_eq!(Digest::from_bytes(*digest.as_bytes()), digest);
        assert_eq!(Digest::of_parts(&[b"a", b"", b"bc"]), digest);
    }

    #[test]
    fn a_second_spelling_is_refused() {
        let upper = ABC_HEX.to_uppercase();
        let wide = format!("{}é", &ABC_HEX[..62]);
        for text in ["", &upper, &ABC_HEX[1..], &wide, &format!("{ABC_HEX}0")] {
            assert!(Digest::from_hex(text).is_err(), "{text}");
        }
        let bare = ABC_BASE64.trim_end_matches('=');
        let stray = ABC_BASE64.replace("Fa0=", "Fa1=");
        let url = ABC_BASE64.replace('+', "-").replace('/', "_");
        for text in ["", bare, &stray, &url, &format!("{ABC_BASE64}\n"), "AAAA"] {
            assert!(Digest::from_base64(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_error_shows_little_and_nothing_a_terminal_obeys() {
        let hostile = format!("\u{1b}[2J\u{202e}{}", "x".repeat(5000));
        let text = Digest::from_hex(&hostile).unwrap_err().to_string();
        assert!(text.len() < 250 && !text.contains(['\u{1b}', '\u{202e}']), "{text}");
    }
}

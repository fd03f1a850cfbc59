//! A key with a name and a type, as signed notes know it: `name+hash+base64(type || key)` in text.
//! The two kinds that are read here differ in the type byte alone, and are never mixed.

use std::fmt;

use super::base64;
use super::digest::{Digest, shown};
use super::key::PublicKey;
use super::key_name::KeyName;
use super::note_error::NoteError;

/// Type byte of an Ed25519 signature over the text of a note.
pub(super) const NOTE_TYPE: u8 = 1;
/// Type byte of an Ed25519 `cosignature/v1`.
pub(super) const COSIGNATURE_TYPE: u8 = 4;

/// A named Ed25519 key of one type: `name+hash+base64(type || key)` in text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedKey<const TYPE: u8> {
    name: KeyName,
    key: PublicKey,
}

impl<const TYPE: u8> NamedKey<TYPE> {
    /// Names a key.
    pub const fn new(name: KeyName, key: PublicKey) -> Self {
        Self { name, key }
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// Another shape, a hash that is not of this name and key, another type, or a key that
    /// [`PublicKey::from_bytes`] refuses.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let bad = || NoteError::BadVkey { found: shown(text) };
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(hash), Some(encoded)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(bad());
        };
        let name = KeyName::parse(name)?;
        let bytes = base64::decode(encoded).ok_or_else(bad)?;
        let (found, key) = bytes.split_first().ok_or_else(bad)?;
        if *found != TYPE {
            return Err(NoteError::UnknownType { found: *found, wanted: TYPE });
        }
        let key = PublicKey::from_bytes(key.try_into().map_err(|_| bad())?)?;
        let named = Self { name, key };
        let wanted = named.id_hex();
        if wanted == hash {
            return Ok(named);
        }
        let is_id = hash.len() == 8 && hash.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
        Err(if is_id { NoteError::WrongKeyId { found: hash.to_owned(), wanted } } else { bad() })
    }

    /// Returns the name.
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// Returns the key.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Returns the key id: the first four bytes of SHA-256 of name, newline, type and key.
    pub fn id(&self) -> [u8; 4] {
        let name = self.name.as_str().as_bytes();
        let digest = Digest::of_parts(&[name, b"\n", &[TYPE], self.key.as_bytes()]);
        let [a, b, c, d, ..] = *digest.as_bytes();
        [a, b, c, d]
    }

    fn id_hex(&self) -> String {
        format!("{:08x}", u32::from_be_bytes(self.id()))
    }
}

impl<const TYPE: u8> fmt::Display for NamedKey<TYPE> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoded = base64::encode(&[&[TYPE], &self.key.as_bytes()[..]].concat());
        write!(out, "{}+{}+{encoded}", self.name, self.id_hex())
    }
}

/// One signature line, well formed; whose it is, and whether it verifies, is not yet known.
#[derive(Debug)]
pub(super) struct SignatureLine<'n> {
    /// The name of the key.
    pub(super) name: &'n str,
    /// The key id.
    pub(super) id: [u8; 4],
    /// What follows the key id; not empty.
    pub(super) signature: Vec<u8>,
}

/// Returns the lines of known keys, by their place in `known` and in the order of the note.
///
/// # Errors
/// Two different known keys for one line, or a key with more than one line.
pub(super) fn known_lines<'l, 'n, const TYPE: u8>(
    lines: &'l [SignatureLine<'n>],
    known: &[&NamedKey<TYPE>],
) -> Result<Vec<(usize, &'l SignatureLine<'n>)>, NoteError> {
    let ids: Vec<[u8; 4]> = known.iter().map(|key| key.id()).collect();
    let mut found: Vec<(usize, &SignatureLine<'_>)> = Vec::new();
    let mut seen: Vec<&PublicKey> = Vec::new();
    for line in lines {
        let fits = |(at, (key, id)): (usize, (&&NamedKey<TYPE>, &[u8; 4]))| {
            (key.name.as_str() == line.name && *id == line.id).then_some((at, key.key))
        };
        let mut matching = known.iter().zip(&ids).enumerate().filter_map(fits);
        let Some((at, key)) = matching.next() else { continue };
        // Ids have 32 bits, so two keys can share one; choosing would let a list's order decide.
        if matching.any(|(_, other)| other != key) {
            return Err(NoteError::AmbiguousKey { name: line.name.to_owned() });
        }
        let key = known.get(at).map(|named| &named.key);
        if key.is_some_and(|key| seen.contains(&key)) {
            return Err(NoteError::SignedTwice { name: line.name.to_owned() });
        }
        seen.extend(key);
        found.push((at, line));
    }
    Ok(found)
}

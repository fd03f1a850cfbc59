//! Signed notes (C2SP `signed-note`): a text and the Ed25519 signatures under it. The text comes
//! out only when a key that the reader named has signed it; lines of other keys are passed over.

use super::base64;
use super::key::{Sign, SignError, checked_signature};
use super::key_name::is_name;
use super::vkey::{NOTE_TYPE, NamedKey, SignatureLine, known_lines};

pub use super::key_name::KeyName;
pub use super::note_error::{NOTE_BYTES_MAX, NoteError, SIGNATURES_MAX};

const LINE_START: &str = "\u{2014} ";

/// A named Ed25519 key that signs notes: `name+hash+base64(0x01 || key)` in text.
pub type Vkey = NamedKey<NOTE_TYPE>;

/// A text, with the known keys that signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signed_by: Vec<Vkey>,
    lines: String,
}

impl Note {
    /// Returns the signed text, its last newline included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the known keys whose signatures verified, in the order of the note; never empty.
    pub fn signed_by(&self) -> &[Vkey] {
        &self.signed_by
    }

    /// Returns the note with the lines of known keys alone. Lines that nobody checked are not worth
    /// keeping: a forged one would make the note unreadable to who knows its key.
    pub fn to_bytes(&self) -> Vec<u8> {
        format!("{}\n{}", self.text, self.lines).into_bytes()
    }
}

/// Reads a note and checks every line of a known key; lines of unknown keys are passed over.
///
/// # Errors
/// Any departure from the format, a wrong or second signature of a known key, or none at all.
pub fn open(bytes: &[u8], known: &[Vkey]) -> Result<Note, NoteError> {
    let (text, lines) = parts(bytes)?;
    let keys: Vec<&Vkey> = known.iter().collect();
    let (mut signed_by, mut verified) = (Vec::new(), String::new());
    for (at, line) in known_lines(&lines, &keys)? {
        let Some(vkey) = known.get(at) else { continue };
        let signature: Option<[u8; 64]> = line.signature.as_slice().try_into().ok();
        if !signature.is_some_and(|signature| vkey.key().verify(text.as_bytes(), &signature)) {
            return Err(NoteError::BadSignature { name: line.name.to_owned() });
        }
        signed_by.push(vkey.clone());
        verified.push_str(&line_text(vkey, &line.signature));
    }
    if signed_by.is_empty() {
        return Err(NoteError::NotSigned);
    }
    Ok(Note { text: text.to_owned(), signed_by, lines: verified })
}

/// Returns the text of a note with its last newline, and its lines in order.
///
/// # Errors
/// Any departure from the format; no signature is checked.
pub(super) fn parts(bytes: &[u8]) -> Result<(&str, Vec<SignatureLine<'_>>), NoteError> {
    let (text, lines) = split(bytes)?;
    let lines = lines.into_iter().zip(1..).map(|(line, at)| parse_line(line, at));
    Ok((text, lines.collect::<Result<_, _>>()?))
}

/// Reads one signature line, without its newline.
pub(super) fn parse_line(line: &str, at: usize) -> Result<SignatureLine<'_>, NoteError> {
    fn read(line: &str) -> Option<SignatureLine<'_>> {
        let (name, encoded) = line.strip_prefix(LINE_START)?.split_once(' ')?;
        let bytes = base64::decode(encoded)?;
        let (id, signature) = bytes.split_first_chunk::<4>()?;
        let whole = is_name(name) && !signature.is_empty();
        whole.then(|| SignatureLine { name, id: *id, signature: signature.to_vec() })
    }
    read(line).ok_or(NoteError::BadLine { line: at })
}

/// Returns a signature line with its newline.
pub(super) fn line_text<const TYPE: u8>(key: &NamedKey<TYPE>, signature: &[u8]) -> String {
    let encoded = base64::encode(&[&key.id(), signature].concat());
    format!("{LINE_START}{} {encoded}\n", key.name())
}

/// Returns the text with its last newline, and the signature lines without theirs.
fn split(bytes: &[u8]) -> Result<(&str, Vec<&str>), NoteError> {
    if bytes.len() > NOTE_BYTES_MAX {
        return Err(NoteError::TooLong { found: bytes.len() });
    }
    let whole = std::str::from_utf8(bytes)
        .map_err(|error| NoteError::BadByte { at: error.valid_up_to() })?;
    check_controls(whole)?;
    // The text may hold blank lines of its own; the last one ends it.
    let (text, lines) = whole.rsplit_once("\n\n").ok_or(NoteError::BadShape)?;
    let text = whole.get(..=text.len()).ok_or(NoteError::BadShape)?;
    let lines: Vec<&str> =
        lines.strip_suffix('\n').ok_or(NoteError::BadShape)?.split('\n').collect();
    if lines.len() > SIGNATURES_MAX {
        return Err(NoteError::TooManySignatures { found: lines.len() });
    }
    Ok((text, lines))
}

fn check_controls(text: &str) -> Result<(), NoteError> {
    match text.bytes().position(|byte| byte < b' ' && byte != b'\n') {
        Some(at) => Err(NoteError::BadByte { at }),
        None => Ok(()),
    }
}

/// Signs `text` and returns the whole note with this one signature.
///
/// # Errors
/// A text that does not end in a newline, has another control character, or is too long; a signer
/// that gives no signature, or one that does not fit.
pub fn sign(text: &str, name: &KeyName, signer: &dyn Sign) -> Result<Vec<u8>, NoteError> {
    check_controls(text)?;
    if !text.ends_with('\n') {
        return Err(NoteError::BadShape);
    }
    let note = sign_well_formed(text, name, signer)?;
    if note.len() > NOTE_BYTES_MAX {
        Err(NoteError::TooLong { found: note.len() })
    } else {
        Ok(note)
    }
}

/// Signs a short text that is known to end in a newline and to have no other control character.
pub(super) fn sign_well_formed(
    text: &str,
    name: &KeyName,
    signer: &dyn Sign,
) -> Result<Vec<u8>, SignError> {
    let key = Vkey::new(name.clone(), *signer.public());
    let signature = checked_signature(signer, text.as_bytes())?;
    Ok(format!("{text}\n{}", line_text(&key, &signature)).into_bytes())
}

#[cfg(test)]
mod tests;

//! Signed notes (C2SP `signed-note`): a text and the Ed25519 signatures under it. The text comes
//! out only when a key that the reader named has signed it; lines of other keys are passed over.

use std::fmt;

use thiserror::Error;

use super::base64;
use super::digest::shown;
use super::key::{BadKey, PublicKey, Sign, SignError, checked_signature};
use super::vkey::{NOTE_TYPE, NamedKey, known_lines};

/// The longest note that is read, in bytes.
pub const NOTE_BYTES_MAX: usize = 1_000_000;

/// The most signature lines that a note may have.
pub const SIGNATURES_MAX: usize = 100;

const NAME_BYTES_MAX: usize = 255;
const LINE_START: &str = "\u{2014} ";

/// The name of a key: not empty, at most 255 bytes, no space, no control character, no `+`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyName(String);

impl KeyName {
    /// Reads a key name.
    ///
    /// # Errors
    /// An empty or overlong name, or one with a space, a control character or a `+`.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let printable = !text.contains(char::is_control);
        if text.len() <= NAME_BYTES_MAX && printable && is_name(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NoteError::BadName { found: shown(text) })
        }
    }

    /// Takes a text whose own rules are narrower than those of a key name.
    pub(super) const fn from_narrower(text: String) -> Self {
        Self(text)
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Tells whether the note format takes a name; lines of unknown keys are held to no more.
fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '+')
}

/// A named Ed25519 key that signs notes: `name+hash+base64(0x01 || key)` in text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Vkey(NamedKey);

impl Vkey {
    /// Names a key.
    pub const fn new(name: KeyName, key: PublicKey) -> Self {
        Self(NamedKey::new(name, NOTE_TYPE, key))
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// Another shape, a hash that is not of this name and key, a type other than 0x01, or a key
    /// that [`PublicKey::from_bytes`] refuses.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        NamedKey::parse(text, NOTE_TYPE).map(Self)
    }

    /// Returns the name.
    pub const fn name(&self) -> &KeyName {
        self.0.name()
    }

    /// Returns the key.
    pub const fn key(&self) -> &PublicKey {
        self.0.key()
    }

    /// Returns the key id: the first four bytes of SHA-256 of name, newline, type and key.
    pub fn id(&self) -> [u8; 4] {
        self.0.id()
    }
}

impl fmt::Display for Vkey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

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

/// Reads a note and checks every line of a known key; lines of unknown keys are passed over.
///
/// # Errors
/// Any departure from the format, a wrong or second signature of a known key, or none at all.
pub fn open(bytes: &[u8], known: &[Vkey]) -> Result<Note, NoteError> {
    let (text, lines) = parts(bytes)?;
    let keys: Vec<&NamedKey> = known.iter().map(|vkey| &vkey.0).collect();
    let (mut signed_by, mut verified) = (Vec::new(), String::new());
    for (at, line) in known_lines(&lines, &keys)? {
        let Some(vkey) = known.get(at) else { continue };
        let signature: Option<[u8; 64]> = line.signature.as_slice().try_into().ok();
        if !signature.is_some_and(|signature| vkey.key().verify(text.as_bytes(), &signature)) {
            return Err(NoteError::BadSignature { name: line.name.to_owned() });
        }
        signed_by.push(vkey.clone());
        verified.push_str(&line_text(&vkey.0, &line.signature));
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
pub(super) fn line_text(key: &NamedKey, signature: &[u8]) -> String {
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
    let key = NamedKey::new(name.clone(), NOTE_TYPE, *signer.public());
    let signature = checked_signature(signer, text.as_bytes())?;
    Ok(format!("{text}\n{}", line_text(&key, &signature)).into_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::key::SeedSigner;
    use super::*;

    // The example of C2SP signed-note, and the keys and note of golang.org/x/mod/sumdb/note.
    const SPEC_VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    const SPEC_NOTE: &str = "This is an example message.\n\n— example.com/foo \
        Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONn\
        cAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    const PETER_VKEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const ENOCH_VKEY: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
    const PETER_TEXT: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n";
    const PETER_LINE: &str = "— PeterNeumann \
        x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZIn\
        NIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    const ENOCH_LINE: &str = "— EnochRoot \
        rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/\
        5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

    fn vkey(text: &str) -> Vkey {
        Vkey::parse(text).unwrap()
    }

    fn peter_note() -> String {
        format!("{PETER_TEXT}\n{PETER_LINE}")
    }

    #[track_caller]
    fn refused(note: &str) -> NoteError {
        open(note.as_bytes(), &[vkey(PETER_VKEY), vkey(ENOCH_VKEY)]).unwrap_err()
    }

    #[test]
    fn published_notes_open() {
        let note = open(SPEC_NOTE.as_bytes(), &[vkey(SPEC_VKEY)]).unwrap();
        assert_eq!(note.text(), "This is an example message.\n");
        assert_eq!(note.signed_by(), [vkey(SPEC_VKEY)]);
        let known = [vkey(ENOCH_VKEY), vkey(PETER_VKEY)];
        let both = format!("{}{ENOCH_LINE}", peter_note());
        let note = open(both.as_bytes(), &known).unwrap();
        assert_eq!(note.text(), PETER_TEXT);
        assert_eq!(note.signed_by(), [vkey(PETER_VKEY), vkey(ENOCH_VKEY)]);
        assert_eq!(note.to_bytes(), both.as_bytes());
        let note = open(both.as_bytes(), &known[..1]).unwrap();
        assert_eq!(note.signed_by(), [vkey(ENOCH_VKEY)]);
        assert_eq!(note.to_bytes(), format!("{PETER_TEXT}\n{ENOCH_LINE}").as_bytes());
    }

    #[test]
    fn a_vkey_has_one_text() {
        for text in [SPEC_VKEY, PETER_VKEY, ENOCH_VKEY] {
            assert_eq!(vkey(text).to_string(), text);
        }
        for (at, _) in PETER_VKEY.char_indices() {
            assert!(Vkey::parse(&PETER_VKEY[..at]).is_err(), "{at}");
            let mut bytes = PETER_VKEY.as_bytes().to_vec();
            bytes[at] ^= 1;
            let text = String::from_utf8(bytes).unwrap();
            assert!(Vkey::parse(&text).is_err(), "{text}");
        }
        let upper = PETER_VKEY.replace("c74f20a3", "C74F20A3");
        let long = PETER_VKEY.replace("c74f20a3", "0c74f20a3");
        assert!(matches!(Vkey::parse(&upper), Err(NoteError::BadVkey { .. })));
        assert!(matches!(Vkey::parse(&long), Err(NoteError::BadVkey { .. })));
        let id = PETER_VKEY.replace("c74f20a3", "c74f20a4");
        assert!(matches!(Vkey::parse(&id), Err(NoteError::WrongKeyId { .. })));
        let witness =
            "witness.example/auditor+931f5f0f+BO1JKMYo0cLG6ukDOJBZlWEpWSc6XGP5NjbBRhSshzfR";
        assert_eq!(Vkey::parse(witness), Err(NoteError::UnknownType { found: 4, wanted: 1 }));
        let weak = format!("a+00000000+{}", base64::encode(&[[1].as_slice(), &[0; 32]].concat()));
        assert_eq!(Vkey::parse(&weak), Err(NoteError::BadKey(BadKey::Weak)));
    }

    #[test]
    fn key_names_are_bounded() {
        assert!(KeyName::parse(&"a".repeat(255)).is_ok());
        for bad in ["", "a b", "a+b", "a\u{a0}b", "a\tb", "a\nb", "a\u{7f}", &"a".repeat(256)] {
            assert!(matches!(KeyName::parse(bad), Err(NoteError::BadName { .. })), "{bad}");
        }
    }

    #[test]
    fn signing_makes_a_note_that_opens() {
        let signer = SeedSigner::from_seed(&[7; 32]);
        let name = KeyName::parse("example.org/log").unwrap();
        let known = [Vkey::new(name.clone(), *signer.public())];
        for text in ["a\n", "\n", "a\n\nb\n", "a\n\n\n", "— x AAAA\n", "é\n"] {
            let bytes = sign(text, &name, &signer).unwrap();
            assert_eq!(open(&bytes, &known).unwrap().text(), text);
        }
        assert_eq!(sign("a", &name, &signer), Err(NoteError::BadShape));
        assert_eq!(sign("", &name, &signer), Err(NoteError::BadShape));
        assert_eq!(sign("a\r\n", &name, &signer), Err(NoteError::BadByte { at: 1 }));
        let long = format!("{}\n", "a".repeat(NOTE_BYTES_MAX));
        assert!(matches!(sign(&long, &name, &signer), Err(NoteError::TooLong { .. })));
    }

    #[test]
    fn unknown_lines_are_passed_over_but_must_be_well_formed() {
        let id_only = "— PeterNeumann x08gow==\n";
        let other_id = "— PeterNeumann AAAAAAA=\n";
        let other_name = PETER_LINE.replace("PeterNeumann", "Someone");
        for line in [other_id, &other_name, &other_id.replace("AAAAAAA=", "AAAAAAAAAAAAAAAA")] {
            for note in [
                format!("{PETER_TEXT}\n{line}{PETER_LINE}"),
                format!("{PETER_TEXT}\n{PETER_LINE}{line}{line}"),
            ] {
                assert!(open(note.as_bytes(), &[vkey(PETER_VKEY)]).is_ok(), "{note}");
            }
        }
        let long_name = format!("— {}\u{7f} AAAAAAA=\n", "n".repeat(300));
        assert!(
            open(format!("{}{long_name}", peter_note()).as_bytes(), &[vkey(PETER_VKEY)]).is_ok()
        );
        for line in [
            id_only,
            "— a AAAAAAA\n",
            "— a AAAAAAB=\n",
            "— a  AAAAAAA=\n",
            "— a AAAAAAA= \n",
            "—  AAAAAAA=\n",
            "- a AAAAAAA=\n",
            "— a+b AAAAAAA=\n",
            "— a\u{a0}b AAAAAAA=\n",
            "—\u{a0}a AAAAAAA=\n",
            "— a\n",
            "x\n",
        ] {
            let note = format!("{}{line}", peter_note());
            assert_eq!(refused(&note), NoteError::BadLine { line: 2 }, "{line}");
        }
    }

    #[test]
    fn each_fault_has_its_name() {
        let note = peter_note();
        let name = || "PeterNeumann".to_owned();
        let altered = note.replace("cryptography", "cryptographY");
        assert_eq!(refused(&altered), NoteError::BadSignature { name: name() });
        let short = note.replace("BwJnAM=", "BwJ");
        assert_eq!(refused(&short), NoteError::BadSignature { name: name() });
        let twice = format!("{note}{PETER_LINE}");
        assert_eq!(refused(&twice), NoteError::SignedTwice { name: name() });
        assert_eq!(refused(SPEC_NOTE), NoteError::NotSigned);
        assert_eq!(open(note.as_bytes(), &[]), Err(NoteError::NotSigned));
        assert_eq!(refused(&note.replace('\n', "\r\n")), NoteError::BadByte { at: 56 });
        assert_eq!(refused(&format!("{note}\t")), NoteError::BadByte { at: note.len() });
        for bad in ["", "\n", "\n\n", "a", "a\n", PETER_TEXT, note.trim_end(), PETER_LINE] {
            assert_eq!(refused(bad), NoteError::BadShape, "{bad}");
        }
        assert_eq!(refused(&format!("{note}\n")), NoteError::BadShape);
        assert_eq!(refused(&format!("{PETER_TEXT}\n\n")), NoteError::BadShape);
        assert_eq!(refused(&format!("{PETER_TEXT}\nx\n")), NoteError::BadLine { line: 1 });
        assert_eq!(open(b"a\n\n\xff\n", &[]), Err(NoteError::BadByte { at: 3 }));
    }

    #[test]
    fn one_key_under_two_names_counts_once() {
        let signer = SeedSigner::from_seed(&[7; 32]);
        let names = ["one.example", "two.example"].map(|name| KeyName::parse(name).unwrap());
        let known = names.clone().map(|name| Vkey::new(name, *signer.public()));
        let [one, two] = names.map(|name| sign("a\n", &name, &signer).unwrap());
        let both = [&one[..], &two[3..]].concat();
        let name = "two.example".to_owned();
        assert_eq!(open(&both, &known), Err(NoteError::SignedTwice { name }));
        assert!(open(&both, &known[..1]).is_ok());
        assert!(open(&one, &[known[0].clone(), known[0].clone()]).is_ok());
    }

    #[test]
    fn limits_have_two_sides() {
        let lines =
            |count: usize| format!("{}{}", peter_note(), "— a AAAAAAA=\n".repeat(count - 1));
        let known = [vkey(PETER_VKEY)];
        assert!(open(lines(SIGNATURES_MAX).as_bytes(), &known).is_ok());
        let found = SIGNATURES_MAX + 1;
        assert_eq!(refused(&lines(found)), NoteError::TooManySignatures { found });
        let signer = SeedSigner::from_seed(&[7; 32]);
        let name = KeyName::parse("n").unwrap();
        let overhead = sign("\n", &name, &signer).unwrap().len();
        let text = format!("{}\n", "a".repeat(NOTE_BYTES_MAX - overhead));
        let bytes = sign(&text, &name, &signer).unwrap();
        assert_eq!(bytes.len(), NOTE_BYTES_MAX);
        assert!(open(&bytes, &[Vkey::new(name, *signer.public())]).is_ok());
        let found = NOTE_BYTES_MAX + 1;
        assert_eq!(open(&vec![b'a'; found], &[]), Err(NoteError::TooLong { found }));
    }

    #[test]
    fn no_flipped_bit_leaves_the_note_signed() {
        let known = [vkey(PETER_VKEY)];
        let note = peter_note().into_bytes();
        for bit in 0..note.len() * 8 {
            let mut bad = note.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&bad, &known).is_err(), "bit {bit}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes: Vec<u8>, text: String) {
            let known = [vkey(PETER_VKEY)];
            prop_assert!(open(&bytes, &known).is_err());
            prop_assert!(open(text.as_bytes(), &known).is_err());
            let _ = (Vkey::parse(&text), KeyName::parse(&text));
        }

        #[test]
        fn any_note_like_text_is_answered(text in "(a|\n|— |PeterNeumann|x08go/ZJ| |=|\\+){0,20}") {
            prop_assert!(open(text.as_bytes(), &[vkey(PETER_VKEY)]).is_err());
        }
    }
}

//! Cosignatures (C2SP `cosignature/v1`): a witness says that, at a time, the largest consistent
//! tree that it had seen for an origin was this one. The message does not name the witness, so one
//! key is one witness, and a key that cosigns twice in one note refuses the note.

use thiserror::Error;

use super::key::{PublicKey, Sign, SignError, checked_signature};
use super::note::{self, KeyName, NoteError};
use super::vkey::{COSIGNATURE_TYPE, NamedKey, SignatureLine, known_lines};

/// The latest time that a cosignature may carry, in POSIX seconds.
pub const TIME_MAX: u64 = i64::MAX as u64;

/// A named Ed25519 key that cosigns: `name+hash+base64(0x04 || key)` in text.
pub type WitnessKey = NamedKey<COSIGNATURE_TYPE>;

/// A cosignature that verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    witness: WitnessKey,
    time: u64,
    line: String,
}

impl Cosigned {
    /// Returns whose it is.
    pub const fn witness(&self) -> &WitnessKey {
        &self.witness
    }

    /// Returns when the witness says that it cosigned, in POSIX seconds, at most [`TIME_MAX`].
    pub const fn time(&self) -> u64 {
        self.time
    }

    /// Returns the signature line with its newline.
    pub fn line(&self) -> &str {
        &self.line
    }
}

/// Why a cosignature is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CosignatureError {
    /// The note around it.
    #[error("the cosigned note is refused")]
    Note(#[from] NoteError),
    /// A signer without a signature that fits.
    #[error(transparent)]
    NoSignature(#[from] SignError),
    /// A time past the end of what the format holds.
    #[error("time {found} is past the last that a cosignature holds; check the clock")]
    BadTime {
        /// The time, in POSIX seconds.
        found: u64,
    },
    /// A line of a known witness that is not a time and a signature over text and time.
    #[error("the cosignature of {name} does not fit the text; it was altered or forged")]
    BadCosignature {
        /// The name of the witness.
        name: String,
    },
}

/// Returns the bytes that are signed.
fn message(text: &str, time: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
}

/// Cosigns the text of a checkpoint at a time in POSIX seconds.
///
/// # Errors
/// A time later than [`TIME_MAX`]; a signer that gives no signature, or one that does not fit.
pub fn sign(
    text: &str,
    time: u64,
    name: &KeyName,
    signer: &dyn Sign,
) -> Result<Cosigned, CosignatureError> {
    if time > TIME_MAX {
        return Err(CosignatureError::BadTime { found: time });
    }
    let witness = WitnessKey::new(name.clone(), *signer.public());
    let signature = checked_signature(signer, &message(text, time))?;
    let signature = [&time.to_be_bytes()[..], &signature].concat();
    let line = note::line_text(&witness, &signature);
    Ok(Cosigned { witness, time, line })
}

/// Reads a note and checks the line of every known witness; other lines are passed over. The note's
/// own signature is not looked at: open it with the log's key first.
///
/// # Errors
/// Any departure from the format, or a wrong or second line of a known witness.
pub fn verify(bytes: &[u8], known: &[WitnessKey]) -> Result<Vec<Cosigned>, CosignatureError> {
    let (text, lines) = note::parts(bytes)?;
    verify_parsed(text, &lines, known)
}

/// Checks lines that a witness gave, each with its newline, over the text of a checkpoint.
///
/// # Errors
/// As [`verify`].
pub fn verify_lines(
    text: &str,
    lines: &str,
    known: &[WitnessKey],
) -> Result<Vec<Cosigned>, CosignatureError> {
    // As one note, so that the same limits and the same reading hold.
    let whole = format!("{text}\n{lines}");
    let (read, lines) = note::parts(whole.as_bytes())?;
    // An empty line among the lines would make what stands before it part of the text.
    if read != text {
        return Err(NoteError::BadShape.into());
    }
    verify_parsed(text, &lines, known)
}

fn verify_parsed(
    text: &str,
    lines: &[SignatureLine<'_>],
    known: &[WitnessKey],
) -> Result<Vec<Cosigned>, CosignatureError> {
    let keys: Vec<&WitnessKey> = known.iter().collect();
    let mut cosigned = Vec::new();
    for (at, line) in known_lines(lines, &keys)? {
        let Some(witness) = known.get(at) else { continue };
        let time = time_of(text, line, witness.key())
            .ok_or_else(|| CosignatureError::BadCosignature { name: line.name.to_owned() })?;
        let line = note::line_text(witness, &line.signature);
        cosigned.push(Cosigned { witness: witness.clone(), time, line });
    }
    Ok(cosigned)
}

/// Returns the time of a line that verifies.
fn time_of(text: &str, line: &SignatureLine<'_>, key: &PublicKey) -> Option<u64> {
    let (time, signature) = line.signature.split_first_chunk::<8>()?;
    let time = u64::from_be_bytes(*time);
    let good = time <= TIME_MAX && key.verify(&message(text, time), signature.try_into().ok()?);
    good.then_some(time)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::checkpoint::Head;
    use super::super::key::SeedSigner;
    use super::super::note::Vkey;
    use super::*;

    const FIVE: &str = include_str!("../../fixtures/vectors/checkpoint-5");
    const LOG: &str =
        "ledger.example/northbridge/dspt+3edb7fbf+AYE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";
    const WITNESS: &str =
        "witness.example/auditor+931f5f0f+BO1JKMYo0cLG6ukDOJBZlWEpWSc6XGP5NjbBRhSshzfR";
    const TIME: u64 = 1_782_838_805;

    fn witness() -> WitnessKey {
        WitnessKey::parse(WITNESS).unwrap()
    }

    fn signer() -> SeedSigner {
        SeedSigner::from_seed(&[3; 32])
    }

    fn text() -> &'static str {
        FIVE.split_once("\n\n").map(|(text, _)| &FIVE[..=text.len()]).unwrap()
    }

    #[test]
    fn the_worked_cosignature_verifies_and_is_made_again_to_the_byte() {
        let cosigned = verify(FIVE.as_bytes(), &[witness()]).unwrap();
        assert_eq!(cosigned.len(), 1);
        assert_eq!((cosigned[0].witness(), cosigned[0].time()), (&witness(), TIME));
        let again = sign(text(), TIME, witness().name(), &signer()).unwrap();
        assert_eq!(again, cosigned[0]);
        assert!(FIVE.ends_with(&format!("\n{}", again.line())));
        assert_eq!(verify_lines(text(), again.line(), &[witness()]), Ok(cosigned));
        assert_eq!(WitnessKey::new(witness().name().clone(), *signer().public()), witness());
        assert_eq!(witness().to_string(), WITNESS);
    }

    #[test]
    fn the_example_of_the_specification_is_of_another_key_and_is_passed_over() {
        let line = "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWX\
            EhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
        let more = format!("{FIVE}{line}{line}");
        assert_eq!(verify(more.as_bytes(), &[witness()]).unwrap().len(), 1);
        assert_eq!(verify(FIVE.as_bytes(), &[]), Ok(Vec::new()));
    }

    #[test]
    fn a_key_has_one_type() {
        assert_eq!(WitnessKey::parse(LOG), Err(NoteError::UnknownType { found: 1, wanted: 4 }));
        assert_eq!(Vkey::parse(WITNESS), Err(NoteError::UnknownType { found: 4, wanted: 1 }));
        // The same key and name with the other type has another id, so its line is unknown.
        let as_note = Vkey::new(witness().name().clone(), *signer().public());
        assert!(Head::open(FIVE.as_bytes(), &as_note, "x").is_err());
        assert_ne!(as_note.id(), witness().id());
    }

    #[test]
    fn each_fault_has_its_name() {
        let check = |lines: &str| verify_lines(text(), lines, &[witness()]);
        let make = |time| sign(text(), time, witness().name(), &signer());
        let (first, second) = (make(1).unwrap(), make(2).unwrap());
        let name = || "witness.example/auditor".to_owned();
        let twice = check(&format!("{}{}", first.line(), second.line()));
        assert_eq!(twice, Err(CosignatureError::Note(NoteError::SignedTwice { name: name() })));
        for (time, good) in [(0, true), (TIME_MAX, true), (TIME_MAX + 1, false), (u64::MAX, false)]
        {
            assert_eq!(make(time).is_ok(), good, "{time}");
            // Signed by another program that does not look.
            let blob =
                [&time.to_be_bytes()[..], &signer().sign(&message(text(), time)).unwrap()].concat();
            let line = note::line_text(&witness(), &blob);
            assert_eq!(check(&line).is_ok(), good, "{time}");
        }
        let bad = Err(CosignatureError::BadCosignature { name: name() });
        for blob in [&[0; 71][..], &[0; 73], &[0; 8], &[0; 64], &[0; 1], &[0; 72]] {
            assert_eq!(check(&note::line_text(&witness(), blob)), bad);
        }
        // A signature over the text alone is none.
        let plain = [&[0; 8][..], &signer().sign(text().as_bytes()).unwrap()].concat();
        assert_eq!(check(&note::line_text(&witness(), &plain)), bad);
        let refused = |lines: &str| matches!(check(lines), Err(CosignatureError::Note(_)));
        assert!(refused("") && refused("x\n") && refused(first.line().trim_end()));
        assert!(refused(&first.line().replace('\n', "\r\n")));
        // Lines that would lengthen the text, with a good cosignature of the longer one.
        let longer = format!("{}\nmore\n", text());
        let smuggled = sign(&longer, 1, witness().name(), &signer()).unwrap();
        assert!(refused(&format!("more\n\n{}", smuggled.line())));
    }

    #[test]
    fn no_flipped_bit_and_no_truncation_leaves_the_note_cosigned() {
        let count = |bytes: &[u8]| verify(bytes, &[witness()]).map_or(0, |cosigned| cosigned.len());
        let log_lines = FIVE.lines().nth(4).unwrap();
        let from = FIVE.find(log_lines).unwrap()..FIVE.find("— witness").unwrap();
        for bit in 0..FIVE.len() * 8 {
            // The line of the log's key is not covered by the cosignature.
            if from.contains(&(bit / 8)) {
                continue;
            }
            let mut bad = FIVE.as_bytes().to_vec();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(count(&bad), 0, "bit {bit}");
        }
        for end in 0..FIVE.len() {
            assert_eq!(count(&FIVE.as_bytes()[..end]), 0, "{end}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes: Vec<u8>, text: String, lines: String) {
            prop_assert!(verify(&bytes, &[witness()]).map_or(true, |one| one.is_empty()));
            prop_assert!(
                verify_lines(&text, &lines, &[witness()]).map_or(true, |one| one.is_empty())
            );
            let _ = WitnessKey::parse(&text);
        }

        #[test]
        fn what_is_signed_verifies_at_its_time(time in 0..=TIME_MAX, seed: [u8; 32]) {
            let signer = SeedSigner::from_seed(&seed);
            let name = KeyName::parse("w.example").unwrap();
            let made = sign("a\n1\nb\n", time, &name, &signer).unwrap();
            let key = WitnessKey::new(name, *signer.public());
            prop_assert_eq!(WitnessKey::parse(&key.to_string()), Ok(key.clone()));
            prop_assert_eq!(verify_lines("a\n1\nb\n", made.line(), &[key]), Ok(vec![made]));
        }
    }
}

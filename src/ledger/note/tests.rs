use proptest::prelude::*;

use super::super::key::{BadKey, SeedSigner};
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
    let witness = "witness.example/auditor+931f5f0f+BO1JKMYo0cLG6ukDOJBZlWEpWSc6XGP5NjbBRhSshzfR";
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
    assert!(open(format!("{}{long_name}", peter_note()).as_bytes(), &[vkey(PETER_VKEY)]).is_ok());
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
    let lines = |count: usize| format!("{}{}", peter_note(), "— a AAAAAAA=\n".repeat(count - 1));
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

use proptest::prelude::*;

use super::super::key::SeedSigner;
use super::*;

const THREE: &str = include_str!("../../../fixtures/vectors/checkpoint-3");
const FIVE: &str = include_str!("../../../fixtures/vectors/checkpoint-5");
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
        assert_eq!(head.extensions().collect::<Vec<_>>(), lines.split('\n').collect::<Vec<_>>());
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
        "", "a", "a/b", "a/b/c/d", "a//c", "/b/c", "a/b/", "A/b/c", "a/b/c ", "a/../c", "a/./c",
        "a/-b/c", "a/b-/c", "a/b+/c", "é/b/c", "a/b/c\n", &overlong,
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

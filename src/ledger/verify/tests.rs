use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::super::base64;
use super::super::entry::{Draft, EntryError, KEY_ADMITTED, LEDGER_OPENED, genesis_digest, seal};
use super::super::key::{SeedSigner, Sign};
use super::super::note::Vkey;
use super::super::tree::{Frontier, root_of};
use super::*;

const ENTRIES: [&[u8]; 5] = [
    include_bytes!("../../../fixtures/vectors/entry-0.json"),
    include_bytes!("../../../fixtures/vectors/entry-1.json"),
    include_bytes!("../../../fixtures/vectors/entry-2.json"),
    include_bytes!("../../../fixtures/vectors/entry-3.json"),
    include_bytes!("../../../fixtures/vectors/entry-4.json"),
];
const AUTHOR: &str = "SHA256:fe85JkIjo8VPe+XqXJGH5Mau1EMFdK1OdKvJUFicyA8";
const OTHER: &str = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn origin() -> Origin {
    Origin::parse("ledger.example/northbridge/dspt").unwrap()
}

fn signer(seed: u8) -> SeedSigner {
    SeedSigner::from_seed(&[seed; 32])
}

fn author(keyid: &str) -> Option<PublicKey> {
    (keyid == AUTHOR).then(|| *signer(1).public())
}

fn leaf(seq: usize) -> Digest {
    leaf_hash(ENTRIES[seq])
}

/// Verifies `bytes` in the place of the worked entry 2.
fn verify_as_second(bytes: &[u8]) -> Result<VerifiedEntry, Fault> {
    let origin = origin();
    let root = root_of(&[leaf(0), leaf(1)]);
    let expected = Expected { origin: &origin, ledger_id: Some(leaf(0)), seq: 2, root };
    verify_entry(bytes, &expected, author)
}

#[test]
fn worked_entries_verify_in_their_places() {
    let origin = origin();
    let mut frontier = Frontier::new();
    for (bytes, seq) in ENTRIES.iter().zip(0..) {
        let ledger_id = (seq > 0).then(|| leaf(0));
        let expected = Expected { origin: &origin, ledger_id, seq, root: frontier.root() };
        let entry = verify_entry(bytes, &expected, author).unwrap();
        assert_eq!((entry.seq(), entry.by(), entry.bytes()), (seq, AUTHOR, *bytes));
        assert_eq!(entry.keyids().collect::<Vec<_>>(), [AUTHOR]);
        assert_eq!((entry.leaf(), entry.introduces()), (leaf_hash(bytes), None));
        frontier.push(entry.leaf());
    }
}

#[test]
fn a_verified_entry_gives_up_what_it_holds() {
    let entry = verify_as_second(ENTRIES[2]).unwrap();
    assert_eq!(entry.at(), "2026-01-05T14:30:00.000Z");
    assert_eq!(entry.id(), "cb4aec889ac858d52812a44cc47d1c10");
    assert_eq!(entry.kind(), "evidence-recorded");
    assert_eq!(entry.body()["valid_until"], "2027-01-03");
    assert_eq!(entry.ledger_id(), leaf(0));
    let [file] = entry.subjects() else { panic!("one file") };
    assert_eq!(file.name, "restore-test.pdf");
    let sha256 = "ce5b4955b4e891371b2332bcf52549df2cddf2631bf640dd96945922d5b31b77";
    assert_eq!(file.sha256.hex(), sha256);
}

#[track_caller]
fn rule(bytes: &[u8]) -> &'static str {
    let fault = verify_as_second(bytes).unwrap_err();
    assert_eq!(fault.seq, 2);
    assert!(fault.to_string().starts_with("entry 2: "), "{fault}");
    fault.kind.rule()
}

/// Replaces a piece of entry 2's payload, leaving the signature as it was.
#[track_caller]
fn altered(from: &str, to: &str) -> Vec<u8> {
    let text = std::str::from_utf8(ENTRIES[2]).unwrap();
    let envelope: Value = serde_json::from_str(text).unwrap();
    let payload = envelope["payload"].as_str().unwrap();
    let inner = String::from_utf8(base64::decode(payload).unwrap()).unwrap();
    assert!(inner.contains(from), "{from}");
    let inner = inner.replacen(from, to, 1);
    text.replace(payload, &base64::encode(inner.as_bytes())).into_bytes()
}

#[test]
fn each_field_of_the_payload_altered_is_a_named_fault() {
    let file = "ce5b4955b4e891371b2332bcf52549df2cddf2631bf640dd96945922d5b31b77";
    let root = "AeHwxbfRmncOUvDv8N6YeZidKN5wkrlsXcAoKCQDrCY=";
    let cases = [
        ("Statement/v1", "Statement/v2", "wrong-field"),
        ("2026-01-05T14:30:00.000Z", "2026-01-05T14:30:00.001Z", "bad-signature"),
        ("2026-01-05T14:30:00.000Z", "2026-01-05T14:30:00Z", "wrong-field"),
        ("2027-01-03", "2028-01-03", "bad-signature"),
        (r#""by":"SHA256:fe85"#, r#""by":"SHA256:fe84"#, "author-not-first"),
        ("SHA256:fe85", "SHA512:fe85", "wrong-field"),
        ("cb4aec88", "cb4aec89", "bad-signature"),
        ("cb4aec88", "CB4AEC88", "wrong-field"),
        ("northbridge/dspt\",\"root", "northbridge/dsqt\",\"root", "wrong-ledger"),
        ("northbridge/dspt\",\"root", "northbridge\",\"root", "wrong-field"),
        (root, "AeHwxbfRmncOUvDv8N6YeZidKN5wkrlsXcAoKCQDrCZ=", "wrong-field"),
        (root, "BeHwxbfRmncOUvDv8N6YeZidKN5wkrlsXcAoKCQDrCY=", "wrong-root"),
        (r#""seq":2"#, r#""seq":3"#, "wrong-sequence"),
        (r#""seq":2"#, r#""seq":0"#, "wrong-opening"),
        (r#""seq":2"#, r#""seq":"2""#, "wrong-field"),
        (r#""seq":2"#, r#""seq":-2"#, "wrong-field"),
        (r#""seq":2"#, r#""seq":2.0"#, "not-canonical"),
        (r#""seq":2"#, r#""seq":02"#, "not-canonical"),
        ("evidence-recorded", "evidence-withdrawn", "bad-signature"),
        ("evidence-recorded", "evidence.recorded", "wrong-field"),
        ("evidence-recorded", "ledger-opened", "wrong-opening"),
        ("evidence-recorded", "key-admitted", "missing-field"),
        ("event:v1", "event:v2", "wrong-field"),
        ("5cf3bc8f", "5cf3bc8e", "wrong-identity"),
        (file, &file.replace("ce5b", "ce5c"), "bad-signature"),
        (file, &file.to_uppercase(), "wrong-field"),
        ("restore-test.pdf", "restore-tests.pdf", "bad-signature"),
        ("restore-test.pdf", "", "wrong-field"),
        ("northbridge/dspt\"}", "northbridge/dsqt\"}", "wrong-ledger"),
        ("\"_type\":", "\"_typo\":", "missing-field"),
        ("\"name\":\"restore", "\"named\":\"restore", "missing-field"),
        ("{\"at\":", "{\"aa\":1,\"at\":", "unknown-field"),
        ("{\"at\":", "{ \"at\":", "not-canonical"),
        ("\"id\":", "\"by\":\"x\",\"id\":", "not-canonical"),
    ];
    for (from, to, expected) in cases {
        assert_eq!(rule(&altered(from, to)), expected, "{from} -> {to}");
    }
}

#[test]
fn each_field_of_the_envelope_altered_is_a_named_fault() {
    let text = std::str::from_utf8(ENTRIES[2]).unwrap();
    let keyid = format!("\"keyid\":\"{AUTHOR}\"");
    let again = &text[text.find("{\"keyid").unwrap()..text.len() - 2];
    let other = again.replace(AUTHOR, OTHER);
    let cases = [
        ("in-toto+json", "in-toto+jsom", "wrong-field"),
        ("\"payload\":\"eyJf", "\"payload\":\"fyJf", "not-canonical"),
        ("\"payload\":\"eyJf", "\"payload\":\" eyJf", "wrong-field"),
        ("\"payload\":", "\"payloaa\":", "missing-field"),
        ("\"signatures\":", "\"s\":1,\"signatures\":", "unknown-field"),
        (&*keyid, &keyid.replace("SHA256:fe85", "SHA256:fe84"), "author-not-first"),
        (&*keyid, "\"keyid\":\"author\"", "wrong-field"),
        ("OdOGquwD", "OdOGquwE", "bad-signature"),
        ("CQ==\"", "CR==\"", "wrong-field"),
        ("CQ==\"", "CQ\"", "wrong-field"),
        (again, "", "wrong-field"),
        (again, "7", "wrong-field"),
        (again, &format!("{again},{again}"), "signed-twice"),
        (again, &format!("{again},{other}"), "unknown-key"),
        (again, &format!("{other},{again}"), "author-not-first"),
    ];
    for (from, to, expected) in cases {
        assert!(text.contains(from), "{from}");
        assert_eq!(rule(text.replacen(from, to, 1).as_bytes()), expected, "{from} -> {to}");
    }
    assert_eq!(rule(&[ENTRIES[2], b"\n"].concat()), "not-canonical");
    assert_eq!(rule(&[ENTRIES[2], &vec![b' '; 65_000]].concat()), "too-long");
    assert_eq!(rule(b"[]"), "wrong-field");
    assert_eq!(rule(ENTRIES[3]), "wrong-sequence");
}

#[test]
fn no_flipped_bit_leaves_an_entry_verified() {
    for bit in 0..ENTRIES[2].len() * 8 {
        let mut bad = ENTRIES[2].to_vec();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(verify_as_second(&bad).is_err(), "bit {bit}");
    }
}

#[test]
fn an_entry_fits_one_place_in_one_history() {
    let (origin, other) = (origin(), Origin::parse("ledger.example/other/dspt").unwrap());
    let root = root_of(&[leaf(0), leaf(1)]);
    let place = Expected { origin: &origin, ledger_id: Some(leaf(0)), seq: 2, root };
    let rule = |expected: &Expected<'_>| {
        check(ENTRIES[2], expected).map(|_| ()).map_err(|fault| fault.kind.rule())
    };
    assert_eq!(rule(&place), Ok(()));
    assert_eq!(rule(&Expected { origin: &other, ..place }), Err("wrong-ledger"));
    assert_eq!(rule(&Expected { ledger_id: Some(leaf(1)), ..place }), Err("wrong-identity"));
    assert_eq!(rule(&Expected { ledger_id: None, ..place }), Err("unknown-identity"));
    assert_eq!(rule(&Expected { seq: 1, ..place }), Err("wrong-sequence"));
    assert_eq!(rule(&Expected { root: leaf(0), ..place }), Err("wrong-root"));
    let opening = Expected { origin: &origin, ledger_id: None, seq: 0, root: root_of(&[]) };
    assert!(check(ENTRIES[0], &opening).is_ok());
    let pinned = Expected { ledger_id: Some(leaf(0)), ..opening };
    assert_eq!(check(ENTRIES[0], &pinned).unwrap_err().kind.rule(), "wrong-identity");
}

#[test]
fn a_key_other_than_the_one_named_is_not_taken() {
    let origin = origin();
    let root = root_of(&[leaf(0), leaf(1)]);
    let expected = Expected { origin: &origin, ledger_id: Some(leaf(0)), seq: 2, root };
    let rule = |key_of: fn(&str) -> Option<PublicKey>| {
        verify_entry(ENTRIES[2], &expected, key_of).unwrap_err().kind.rule()
    };
    assert_eq!(rule(|_| None), "unknown-key");
    assert_eq!(rule(|_| Some(*signer(9).public())), "unknown-key");
}

fn draft(seq: u64, kind: &str, body: Value) -> Draft {
    let log = Vkey::new(origin().key_name(), *signer(2).public());
    Draft {
        ledger: origin(),
        ledger_id: if seq == 0 { genesis_digest(&log) } else { leaf(0) },
        seq,
        root: if seq == 0 { root_of(&[]) } else { leaf(0) },
        at: "2026-01-02T09:00:00.000Z".into(),
        id: "00112233445566778899aabbccddeeff".into(),
        kind: kind.into(),
        body,
        subjects: Vec::new(),
    }
}

/// Seals with the seeds in order and verifies with the known seeds.
fn round(draft: &Draft, signers: &[u8], known: &[u8]) -> Result<VerifiedEntry, &'static str> {
    let keys: Vec<SeedSigner> = signers.iter().map(|seed| signer(*seed)).collect();
    let signers: Vec<&dyn Sign> = keys.iter().map(|key| -> &dyn Sign { key }).collect();
    let bytes = match seal(draft, &signers) {
        Err(EntryError::Refused(kind)) => return Err(kind.rule()),
        sealed => sealed.unwrap(),
    };
    let known: BTreeMap<String, PublicKey> =
        known.iter().map(|seed| *signer(*seed).public()).map(|key| (key.keyid(), key)).collect();
    let expected = Expected {
        origin: &draft.ledger,
        ledger_id: Some(draft.ledger_id),
        seq: draft.seq,
        root: draft.root,
    };
    let key_of = |keyid: &str| known.get(keyid).copied();
    verify_entry(&bytes, &expected, key_of).map_err(|fault| fault.kind.rule())
}

#[test]
fn the_first_key_lets_itself_in_by_opening_the_ledger() {
    let opened = draft(0, LEDGER_OPENED, json!({"key": signer(1).public().base64()}));
    let entry = round(&opened, &[1], &[]).unwrap();
    assert_eq!(entry.introduces(), Some(signer(1).public()));
    assert!(round(&opened, &[1, 2], &[2]).is_ok());
    assert_eq!(round(&opened, &[1, 2], &[]).unwrap_err(), "unknown-key");
    assert_eq!(round(&opened, &[2], &[2]).unwrap_err(), "missing-possession");
    assert_eq!(round(&opened, &[2, 1], &[2]).unwrap_err(), "wrong-introducer");
    // Without `key` the author's key must come from outside.
    let keyless = draft(0, LEDGER_OPENED, json!({}));
    assert_eq!(round(&keyless, &[1], &[]).unwrap_err(), "unknown-key");
    assert_eq!(round(&keyless, &[1], &[1]).unwrap().introduces(), None);
}

#[test]
fn a_further_key_shows_that_it_is_held_and_never_lets_itself_in() {
    let admitted = draft(1, KEY_ADMITTED, json!({"key": signer(3).public().base64()}));
    let entry = round(&admitted, &[1, 3], &[1]).unwrap();
    assert_eq!(entry.introduces(), Some(signer(3).public()));
    assert_eq!(round(&admitted, &[1], &[1, 3]).unwrap_err(), "missing-possession");
    assert_eq!(round(&admitted, &[1, 4], &[1, 4]).unwrap_err(), "missing-possession");
    assert_eq!(round(&admitted, &[3], &[1, 3]).unwrap_err(), "wrong-introducer");
    assert_eq!(round(&admitted, &[3, 1], &[1, 3]).unwrap_err(), "wrong-introducer");
    assert_eq!(round(&admitted, &[1, 3], &[]).unwrap_err(), "unknown-key");
    let keyless = draft(1, KEY_ADMITTED, json!({}));
    assert_eq!(round(&keyless, &[1], &[1]).unwrap_err(), "missing-field");
    let number = draft(1, KEY_ADMITTED, json!({"key": 7}));
    assert_eq!(round(&number, &[1], &[1]).unwrap_err(), "wrong-field");
    let weak = draft(1, KEY_ADMITTED, json!({"key": base64::encode(&[0; 32])}));
    assert_eq!(round(&weak, &[1], &[1]).unwrap_err(), "bad-key");
    // Another type may have a field of that name; it introduces nothing.
    let other = draft(1, "note-made", json!({"key": "x"}));
    assert_eq!(round(&other, &[1], &[1]).unwrap().introduces(), None);
}

#[test]
fn every_further_signature_is_checked_too() {
    let made = draft(1, "note-made", json!({}));
    assert!(round(&made, &[1, 3], &[1, 3]).is_ok());
    assert_eq!(round(&made, &[1, 3], &[1]).unwrap_err(), "unknown-key");
    let bytes = seal(&made, &[&signer(1), &signer(3)]).unwrap();
    let checked = |bytes: &[u8]| {
        let expected = Expected {
            origin: &made.ledger,
            ledger_id: Some(made.ledger_id),
            seq: 1,
            root: made.root,
        };
        check(bytes, &expected).unwrap()
    };
    let key_of = |keyid: &str| {
        [1, 3].map(|seed| *signer(seed).public()).into_iter().find(|key| key.keyid() == keyid)
    };
    assert!(signatures(checked(&bytes), key_of).is_ok());
    let first = base64::encode(checked(&bytes).signatures().next().unwrap().1);
    let second = base64::encode(checked(&bytes).signatures().nth(1).unwrap().1);
    let swapped = String::from_utf8(bytes).unwrap().replace(&second, &first);
    let fault = signatures(checked(swapped.as_bytes()), key_of).unwrap_err();
    let keyid = signer(3).public().keyid();
    assert_eq!(fault, Fault { seq: 1, kind: FaultKind::BadSignature { keyid } });
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes: Vec<u8>) {
        prop_assert!(verify_as_second(&bytes).is_err());
    }

    #[test]
    fn any_text_in_a_fault_is_short_and_obeyed_by_no_terminal(text: String) {
        let field = serde_json::to_string(&text).unwrap();
        let bytes = altered("\"restore-test.pdf\"", &field);
        if let Err(fault) = verify_as_second(&bytes) {
            let shown = fault.to_string();
            prop_assert!(shown.len() < 2000 && !shown.contains(char::is_control));
        }
    }
}

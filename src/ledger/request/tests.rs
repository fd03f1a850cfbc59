use proptest::prelude::*;

use super::super::key::SeedSigner;
use super::super::parse::parse;
use super::*;

fn author() -> SeedSigner {
    SeedSigner::from_seed(&[1; 32])
}

fn draft() -> RequestDraft {
    RequestDraft {
        ledger: Origin::parse("ledger.example/northbridge/dspt").unwrap(),
        ledger_id: Digest::of(b"entry 0"),
        seen: Seen { size: 5, root: Digest::of(b"root") },
        made: "2026-06-01T09:00:00.000Z".to_owned(),
        expires: "2026-07-01T22:59:59.999Z".to_owned(),
        id: "00112233445566778899aabbccddeeff".to_owned(),
        kind: "evidence-withdrawn".to_owned(),
        body: json!({"v": 1, "evidence": "0".repeat(32), "reason": "wrong file"}),
        subjects: vec![Subject { name: "a.pdf".to_owned(), sha256: Digest::of(b"a") }],
    }
}

fn key_draft() -> KeyRequestDraft {
    let key = author().public().base64();
    KeyRequestDraft {
        ledger: Some(Origin::parse("ledger.example/northbridge/dspt").unwrap()),
        made: "2026-06-01T09:00:00.000Z".to_owned(),
        body: json!({"v": 1, "holder": "Ben Example", "key": key, "role": "contributor"}),
    }
}

#[test]
fn a_request_is_read_as_it_was_made() {
    let (draft, bytes) = (draft(), draft().seal(&author()).unwrap());
    let read = Request::parse(&bytes).unwrap().verify(author().public()).unwrap();
    assert_eq!((read.by(), read.id()), (&*author().public().keyid(), &*draft.id));
    assert_eq!((read.kind(), read.body()), (&*draft.kind, &draft.body));
    assert_eq!((read.made(), read.expires()), (&*draft.made, &*draft.expires));
    assert_eq!((read.seen(), read.subjects()), (draft.seen, &*draft.subjects));
    let ledger = Subject { name: draft.ledger.to_string(), sha256: draft.ledger_id };
    assert_eq!(*read.ledger(), ledger);
    let other = SeedSigner::from_seed(&[2; 32]);
    assert!(Request::parse(&bytes).unwrap().verify(other.public()).is_err());
}

#[test]
fn a_key_request_shows_that_its_key_is_held() {
    let bytes = key_draft().seal(&author()).unwrap();
    let read = KeyRequest::parse(&bytes).unwrap().verify().unwrap();
    assert_eq!((read.key(), read.body()), (author().public(), &key_draft().body));
    assert_eq!(read.ledger(), key_draft().ledger.as_ref());
    let free = KeyRequestDraft { ledger: None, ..key_draft() }.seal(&author()).unwrap();
    assert_eq!(KeyRequest::parse(&free).unwrap().verify().unwrap().ledger(), None);
    let other = SeedSigner::from_seed(&[2; 32]);
    assert!(matches!(key_draft().seal(&other), Err(EntryError::Refused(_))));
}

#[test]
fn no_kind_of_signed_text_is_another() {
    let (request, key) = (draft().seal(&author()).unwrap(), key_draft().seal(&author()).unwrap());
    let entry = include_bytes!("../../../fixtures/vectors/entry-2.json");
    assert!(Request::parse(&key).is_err() && Request::parse(entry).is_err());
    assert!(KeyRequest::parse(&request).is_err() && KeyRequest::parse(entry).is_err());
    assert!(parse(&request).is_err() && parse(&key).is_err());
}

#[test]
fn what_readers_would_refuse_is_never_made() {
    let refused = |edit: fn(&mut RequestDraft)| {
        let mut draft = draft();
        edit(&mut draft);
        draft.seal(&author()).is_err()
    };
    assert!(refused(|draft| draft.expires = "2026-07-01".to_owned()));
    assert!(refused(|draft| draft.seen.size = 0));
    assert!(refused(|draft| draft.id = "1".to_owned()));
    assert!(refused(|draft| draft.body = json!([])));
    assert!(refused(|draft| draft.body = json!({"x": "x".repeat(REQUEST_BYTES_MAX)})));
    assert!(refused(|draft| draft.subjects.push(draft.subjects[0].clone())));
    assert!(!refused(|_| ()));
}

/// Whoever changes a byte makes no other request of the same author.
fn check_changed(bytes: &[u8]) -> bool {
    let request = Request::parse(bytes).and_then(|one| one.verify(author().public()));
    let key = KeyRequest::parse(bytes).and_then(KeyRequest::verify);
    request.is_err() && key.is_err()
}

#[test]
fn one_bit_flipped_anywhere_is_refused() {
    for good in [draft().seal(&author()).unwrap(), key_draft().seal(&author()).unwrap()] {
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                assert!(check_changed(&bad), "byte {at}, bit {bit}");
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes: Vec<u8>, text: String) {
        prop_assert!(check_changed(&bytes) && check_changed(text.as_bytes()));
    }

    #[test]
    fn any_damage_is_refused(at: prop::sample::Index, with in "[ -~]{0,4}", cut in 0_usize..9) {
        let good = draft().seal(&author()).unwrap();
        let start = at.index(good.len());
        let end = (start + cut).min(good.len());
        let bad = [&good[..start], with.as_bytes(), &good[end..]].concat();
        prop_assert!(bad == good || check_changed(&bad));
    }
}

//! What somebody with the file, and with some of the keys, can do to a ledger, and the name that
//! the audit gives to each. A finding names the first place that is wrong, never a later one.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use base64ct::{Base64, Encoding as _};
use dspt_ledger::domain::event::role::Role;
use dspt_ledger::domain::event::{AssertionConfirmed, Event, KeyRotated, LogKeyRotated};
use dspt_ledger::journal::{Journal, JournalError, NewEvent, Opening, Signers};
use dspt_ledger::ledger::entry::{PAYLOAD_TYPE, pae};
use dspt_ledger::ledger::json::canonical;
use dspt_ledger::ledger::{
    Checkpoint, Digest, Draft, KeyName, Origin, Sign as _, Vkey, genesis_digest, leaf_hash,
};
use dspt_ledger::store::{Mode, StoreError};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixtures::{
    APPROVER, ASSESSOR, CONTRIBUTOR, LOG, ORIGIN, OWNER, REPORT, Raw, STRANGER, admitted, answer,
    at, audited, beside, create, evidence, folder, history, id, item, keyid, ledger, new, origin,
    outcome, record, setting, signer,
};
use crate::verifying::memory;

/// A copy of the ledger that `fixtures::ledger` makes, at a path of its own.
fn base() -> (TempDir, PathBuf) {
    static BASE: OnceLock<(Vec<u8>, Vec<u8>)> = OnceLock::new();
    let (bytes, head) = BASE.get_or_init(|| {
        let (_folder, path) = ledger();
        (fs::read(&path).unwrap(), fs::read(beside(&path, ".head")).unwrap())
    });
    let (folder, path) = folder();
    fs::write(&path, bytes).unwrap();
    fs::write(beside(&path, ".head"), head).unwrap();
    (folder, path)
}

/// What an audit says of the ledger after a change to its rows.
fn after(change: impl FnOnce(&mut Raw)) -> String {
    let (_folder, path) = base();
    let mut raw = Raw::read(&path);
    change(&mut raw);
    raw.write(&path);
    let said = outcome(&audited(&path));
    // Whoever verified the ledger before is told the same, or that it is another one now.
    let since = memory::since_base(&base().1, &path);
    let other = ["remembered-root", "smaller-than-remembered"].iter().any(|no| since.ends_with(no));
    assert!(since == said || (said == "good" && other), "{said}, {since}");
    // Whoever opens it is told the same, and gets nothing to read.
    match Journal::open(&path, Mode::Read) {
        Ok(_) => assert_eq!(said, "good"),
        Err(JournalError::Tampered(_)) => assert!(said.contains(": "), "{said}"),
        Err(JournalError::Undecided(_)) => assert!(said.starts_with("undecided"), "{said}"),
        Err(other) => panic!("{other:?}"),
    }
    said
}

#[track_caller]
fn check(expected: &str, change: impl FnOnce(&mut Raw)) {
    assert_eq!(after(change), expected);
}

/// Checks what is said of one more entry at the end, number 16, sealed by `signers` under a good
/// new head.
#[track_caller]
fn check_next(expected: &str, kind: &str, body: Value, signers: &[u8]) {
    check(expected, |raw| raw.append(&raw.draft(kind, body), signers));
}

fn body(event: &Event) -> Value {
    event.body().unwrap()
}

pub(crate) fn answered() -> Value {
    body(&Event::ItemAnswered(answer("8.3.4", true, "done")))
}

/// An envelope around any payload, signed by the keys of these seeds.
fn envelope(payload: &str, signers: &[u8]) -> Vec<u8> {
    let message = pae(PAYLOAD_TYPE, payload.as_bytes());
    let sign = |seed: &u8| {
        let sig = Base64::encode_string(&signer(*seed).sign(&message).unwrap());
        json!({ "keyid": keyid(*seed), "sig": sig })
    };
    let payload = Base64::encode_string(payload.as_bytes());
    let signatures: Vec<Value> = signers.iter().map(sign).collect();
    let all = json!({ "payload": payload, "payloadType": PAYLOAD_TYPE, "signatures": signatures });
    canonical(&all).unwrap().into_bytes()
}

/// The payload of a draft as the owner would sign it.
fn payload(draft: &Draft) -> String {
    let sealed = dspt_ledger::ledger::seal(draft, &[&signer(OWNER)]).unwrap();
    let envelope: Value = serde_json::from_slice(&sealed).unwrap();
    String::from_utf8(Base64::decode_vec(envelope["payload"].as_str().unwrap()).unwrap()).unwrap()
}

#[test]
fn the_ledger_that_everything_is_done_to_is_good() {
    let (_folder, path) = base();
    let audit = audited(&path);
    assert_eq!(outcome(&audit), "good");
    let counts = audit.counts;
    let found = (counts.entries, counts.signatures, counts.checkpoints, counts.contents);
    // Three entries admit a key, which signs as well.
    assert_eq!(found, (16, 19, 12, 4));
    let raw = Raw::read(&path);
    raw.write(&path);
    assert_eq!((Raw::read(&path), outcome(&audited(&path))), (raw, "good".to_owned()));
}

#[test]
fn entries_dropped_moved_or_added() {
    check("entry 5: missing-entry", |raw| drop(raw.entries.remove(5)));
    check("entry 0: missing-entry", |raw| drop(raw.entries.remove(0)));
    let renumber = |raw: &mut Raw| {
        for (seq, one) in (0..).zip(&mut raw.entries) {
            one.seq = seq;
        }
    };
    check("entry 5: wrong-sequence", |raw| {
        raw.entries.remove(5);
        renumber(raw);
    });
    check("entry 6: wrong-sequence", |raw| {
        raw.entries.swap(6, 7);
        renumber(raw);
    });
    check("entry 14: missing-entry", |raw| raw.entries.truncate(14));
    check("entry 0: missing-entry", |raw| raw.entries.clear());
    let again = |raw: &mut Raw| {
        let mut last = raw.entries[15].clone();
        (last.seq, last.id[0]) = (16, 0xff);
        raw.entries.push(last);
    };
    check("entry 16: unsigned-entry", again);
    check("entry 16: wrong-sequence", |raw| {
        again(raw);
        raw.sign_head();
    });
    // An entry sealed for its place, with the rest moved up behind it.
    check("entry 9: wrong-sequence", |raw| {
        let mut short = raw.clone();
        short.entries.truncate(8);
        short.append(&short.draft("item-answered", answered()), &[OWNER]);
        raw.entries.insert(8, short.entries[8].clone());
        renumber(raw);
    });
    // An entry sealed for its place in the place of another: the next one followed the other.
    check("entry 9: wrong-root", |raw| {
        let mut short = raw.clone();
        short.entries.truncate(8);
        short.append(&short.draft("item-answered", answered()), &[OWNER]);
        raw.entries[8] = short.entries[8].clone();
    });
    // The last entry replaced: no entry follows, but the head does not fit.
    check("checkpoint 16: checkpoint-root", |raw| {
        raw.entries.truncate(15);
        raw.append(&raw.draft("item-answered", answered()), &[OWNER]);
        raw.heads.pop();
    });
}

#[test]
fn rows_out_of_reach_of_any_number_are_damage() {
    for seq in [-1, i64::MIN, i64::MAX] {
        let (_folder, path) = base();
        let mut raw = Raw::read(&path);
        let mut extra = raw.entries[3].clone();
        (extra.seq, extra.id[0]) = (seq, 0xff);
        raw.entries.push(extra);
        raw.write(&path);
        let opened = Journal::open(&path, Mode::Read).map(drop).unwrap_err();
        assert!(matches!(opened, JournalError::Store(StoreError::Damaged { .. })), "{opened:?}");
    }
}

#[test]
fn entries_of_another_ledger() {
    let append = |raw: &mut Raw, origin: &str, organisation: &str| {
        let origin = Origin::parse(origin).unwrap();
        let (_folder, path) = folder();
        let (author, log) = (signer(OWNER), signer(LOG));
        let opening = Opening { id: id(0), organisation, holder: "Asha Rao" };
        let signers = Signers { author: &author, admitted: None, log: &log };
        Journal::create(&path, &origin, &opening, &signers, at("2025-09-01")).unwrap();
        let mut other = Raw::read(&path);
        let mut draft = other.draft("item-answered", answered());
        (draft.ledger, draft.seq) = (origin, 16);
        other.append(&draft, &[OWNER]);
        raw.push(other.entries.pop().unwrap().bytes, &draft.id);
        raw.sign_head();
    };
    check("entry 16: wrong-ledger", |raw| append(raw, "ledger.example/other/dspt", "Northbridge"));
    check("entry 16: wrong-identity", |raw| append(raw, ORIGIN, "Southbridge"));
    // The same keys and the same beginning, another past.
    check("entry 16: wrong-root", |raw| append(raw, ORIGIN, "Northbridge"));
}

#[test]
fn entries_by_keys_that_may_not_sign_them() {
    check_next("good", "item-answered", answered(), &[OWNER]);
    check_next("entry 16: key-not-allowed", "item-answered", answered(), &[ASSESSOR]);
    check_next("entry 16: key-not-allowed", "item-answered", answered(), &[CONTRIBUTOR]);
    check_next("entry 16: unknown-key", "item-answered", answered(), &[STRANGER]);
    check_next("entry 16: key-not-allowed", "item-answered", answered(), &[LOG]);
    check_next("entry 16: key-not-allowed", "item-answered", answered(), &[OWNER, LOG]);
    check_next("entry 16: unknown-key", "item-answered", answered(), &[OWNER, STRANGER]);
    let admit = |seed| body(&admitted(seed, Role::Owner));
    check_next("good", "key-admitted", admit(STRANGER), &[OWNER, STRANGER]);
    check_next("entry 16: key-not-allowed", "key-admitted", admit(STRANGER), &[APPROVER, STRANGER]);
    check_next("entry 16: key-not-allowed", "key-admitted", admit(ASSESSOR), &[OWNER, ASSESSOR]);
    check_next("entry 16: key-not-allowed", "key-admitted", admit(LOG), &[OWNER, LOG]);
    // A key may sign after the entry that admits it and not in it.
    check_next("entry 16: unknown-key", "key-admitted", admit(STRANGER), &[8, STRANGER]);
    check("entry 17: key-not-allowed", |raw| {
        let revoke = body(&crate::fixtures::revoked(ASSESSOR));
        raw.append(&raw.draft("key-revoked", revoke), &[OWNER]);
        let doubt = json!({ "approval": id(1), "reason": "x", "rows": "all", "v": 1 });
        raw.append(&raw.draft("equivalence-challenged", doubt), &[ASSESSOR]);
    });
}

#[test]
fn keys_that_hand_over() {
    let rotated = |from: u8, to: u8| {
        let (replaces, key) = (keyid(from).parse().unwrap(), signer(to).public().base64());
        body(&Event::KeyRotated(KeyRotated { replaces, key, reason: "a new laptop".into() }))
    };
    check_next("good", "key-rotated", rotated(APPROVER, STRANGER), &[APPROVER, STRANGER]);
    let refused = "entry 16: key-not-allowed";
    check_next(refused, "key-rotated", rotated(APPROVER, STRANGER), &[OWNER, STRANGER]);
    check_next(refused, "key-rotated", rotated(APPROVER, ASSESSOR), &[APPROVER, ASSESSOR]);
    check_next(refused, "key-rotated", rotated(APPROVER, LOG), &[APPROVER, LOG]);
    // After it the old key may not sign, and the new one has its role and no other.
    let after = |expected: &str, kind: &str, body: Value, by: u8| {
        check(expected, |raw| {
            raw.append(&raw.draft("key-rotated", rotated(OWNER, STRANGER)), &[OWNER, STRANGER]);
            raw.append(&raw.draft(kind, body), &[by]);
        });
    };
    after("good", "item-answered", answered(), STRANGER);
    after("entry 17: key-not-allowed", "item-answered", answered(), OWNER);
    let doubt = json!({ "approval": id(1), "reason": "x", "rows": "all", "v": 1 });
    after("entry 17: key-not-allowed", "equivalence-challenged", doubt, STRANGER);
}

#[test]
fn log_keys_that_hand_over() {
    let rotated = |to: u8| {
        let key = signer(to).public().base64();
        body(&Event::LogKeyRotated(LogKeyRotated { key, reason: "a new server".into() }))
    };
    let append = |expected: &str, to: u8, signers: &[u8], head: u8| {
        check(expected, |raw| {
            let draft = raw.draft("log-key-rotated", rotated(to));
            raw.append_headless(&draft, signers);
            raw.sign_head_by(head);
        });
    };
    append("good", STRANGER, &[OWNER, LOG, STRANGER], STRANGER);
    append("checkpoint 17: checkpoint", STRANGER, &[OWNER, LOG, STRANGER], LOG);
    append("entry 16: key-not-allowed", STRANGER, &[OWNER, STRANGER], STRANGER);
    append("entry 16: key-not-allowed", STRANGER, &[APPROVER, LOG, STRANGER], STRANGER);
    append("entry 16: key-not-allowed", ASSESSOR, &[OWNER, LOG, ASSESSOR], ASSESSOR);
    append("entry 16: key-not-allowed", LOG, &[OWNER, LOG], LOG);
    // A key that signed heads once signs nothing else, and does not come back.
    check("entry 17: key-not-allowed", |raw| {
        let draft = raw.draft("log-key-rotated", rotated(STRANGER));
        raw.append_headless(&draft, &[OWNER, LOG, STRANGER]);
        let draft = raw.draft("log-key-rotated", rotated(LOG));
        raw.append_headless(&draft, &[OWNER, STRANGER, LOG]);
        raw.sign_head_by(LOG);
    });
}

#[test]
fn keys_let_in_without_showing_that_they_are_held() {
    let forged = |raw: &mut Raw, seed: u8, signers: &[u8]| {
        // Sealing refuses such an entry, so it is sealed as another type and renamed.
        let draft = raw.draft("item-answered", body(&admitted(seed, Role::Owner)));
        let text = payload(&draft).replace("\"item-answered\"", "\"key-admitted\"");
        let text = text.replace(&keyid(OWNER), &keyid(signers[0]));
        raw.push(envelope(&text, signers), &draft.id);
        raw.sign_head();
    };
    check("good", |raw| forged(raw, STRANGER, &[OWNER, STRANGER]));
    check("entry 16: missing-possession", |raw| forged(raw, STRANGER, &[OWNER]));
    check("entry 16: missing-possession", |raw| forged(raw, STRANGER, &[OWNER, APPROVER]));
    check("entry 16: wrong-introducer", |raw| forged(raw, STRANGER, &[STRANGER]));
    check("entry 16: wrong-introducer", |raw| forged(raw, STRANGER, &[STRANGER, OWNER]));
    check("entry 16: signed-twice", |raw| forged(raw, STRANGER, &[OWNER, STRANGER, STRANGER]));
    check("entry 16: missing-field", |raw| {
        let draft = raw.draft("item-answered", json!({ "v": 1 }));
        let text = payload(&draft).replace("\"item-answered\"", "\"key-admitted\"");
        raw.push(envelope(&text, &[OWNER]), &draft.id);
        raw.sign_head();
    });
}

#[test]
fn second_spellings_of_a_payload_signed_as_they_are() {
    let spelled = |expected: &str, spell: &dyn Fn(&str) -> String| {
        check(expected, |raw| {
            let draft = raw.draft("item-answered", answered());
            raw.push(envelope(&spell(&payload(&draft)), &[OWNER]), &draft.id);
            raw.sign_head();
        });
    };
    spelled("good", &str::to_owned);
    spelled("entry 16: not-canonical", &|text| {
        let value: Value = serde_json::from_str(text).unwrap();
        serde_json::to_string_pretty(&value).unwrap()
    });
    for (from, to) in [
        ("{\"_type\"", " {\"_type\""),
        ("\"met\":true", "\"met\":false,\"met\":true"),
        ("\"met\":true", "\"met\":true,\"met\":true"),
        ("\"seq\":16", "\"seq\":16.0"),
        ("\"seq\":16", "\"seq\":1.6e1"),
        ("\"v\":1", "\"v\":1.0"),
        ("done", "d\\u006fne"),
        ("\"answer\"", "\"\\u0061nswer\""),
    ] {
        spelled("entry 16: not-canonical", &|text| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        });
    }
    let at = "2025-12-01T09:00:00.000Z";
    for other in
        ["2025-12-01T09:00:00Z", "2025-12-01T09:00:00.000+00:00", "2025-12-01T09:00:60.000Z"]
    {
        spelled("entry 16: wrong-field", &|text| text.replace(at, other));
    }
    spelled("entry 16: bad-time", &|text| text.replace(at, "2301-12-01T09:00:00.000Z"));
}

#[test]
fn second_spellings_of_an_envelope() {
    let respelled = |expected: &str, spell: &dyn Fn(String) -> String| {
        check(expected, |raw| {
            let draft = raw.draft("item-answered", answered());
            let text = String::from_utf8(envelope(&payload(&draft), &[OWNER])).unwrap();
            raw.push(spell(text).into_bytes(), &draft.id);
            raw.sign_head();
        });
    };
    respelled("good", &|text| text);
    respelled("entry 16: not-canonical", &|text| text + "\n");
    respelled("entry 16: not-canonical", &|text| {
        text.replace(",\"payloadType\"", ", \"payloadType\"")
    });
    respelled("entry 16: not-canonical", &|text| {
        text.replace("{\"payload\"", "{\"payload\":\"\",\"payload\"")
    });
    let payload_of = |text: &str| -> String {
        let value: Value = serde_json::from_str(text).unwrap();
        value["payload"].as_str().unwrap().to_owned()
    };
    respelled("entry 16: wrong-field", &|text| {
        let payload = payload_of(&text);
        text.replace(&payload, &format!("{payload}===="))
    });
    respelled("entry 16: wrong-field", &|text| {
        let payload = payload_of(&text);
        let bare = payload.trim_end_matches('=');
        // A payload whose length leaves no padding is cut instead: neither is strict base64.
        let other = if bare == payload { &payload[..payload.len() - 1] } else { bare };
        text.replace(&payload, other)
    });
    respelled("entry 16: wrong-field", &|text| {
        // The last signature character before the padding has four bits that nobody reads.
        let end = text.rfind("==\"").unwrap();
        let stray = match text.as_bytes()[end - 1] {
            b'A' => 'B',
            b'Q' => 'R',
            b'g' => 'h',
            _ => 'x',
        };
        format!("{}{stray}{}", &text[..end - 1], &text[end..])
    });
    respelled("entry 16: unknown-field", &|text| text.replace("}]}", "}],\"unsigned\":1}"));
    respelled("entry 16: author-not-first", &|text| text.replace(&keyid(OWNER), &keyid(APPROVER)));
}

#[test]
fn what_an_entry_says_of_itself_is_judged_in_its_place() {
    let draft = |change: fn(&mut Draft)| {
        move |raw: &mut Raw| {
            let mut draft = raw.draft("item-answered", answered());
            change(&mut draft);
            raw.append(&draft, &[OWNER]);
        }
    };
    check("entry 16: time-went-back", draft(|one| one.at = "2025-10-31T23:59:59.999Z".into()));
    check("good", draft(|one| one.at = "2025-11-01T09:00:00.000Z".into()));
    check("entry 16: wrong-sequence", draft(|one| one.seq = 17));
    check("entry 16: wrong-root", draft(|one| one.root = Digest::of(b"x")));
    check("entry 16: wrong-identity", draft(|one| one.ledger_id = Digest::of(b"x")));
    check("entry 16: bad-body", draft(|one| one.body = json!({ "v": 1, "answer": "x" })));
    check("entry 16: bad-body", draft(|one| one.body = json!({})));
    check("entry 16: bad-body", draft(|one| one.body["v"] = json!("1")));
}

#[test]
fn an_id_used_twice_is_found_although_the_table_forbids_it() {
    let (_folder, path) = base();
    let mut raw = Raw::read(&path);
    let mut draft = raw.draft("item-answered", answered());
    draft.id = id(9).to_string();
    raw.append(&draft, &[OWNER]);
    let last = raw.entries.last_mut().unwrap();
    // The table takes a row under an unused id, which is then overwritten in the file itself.
    last.id = vec![0xee; 16];
    let row = [&last.id[..], &last.leaf].concat();
    raw.write(&path);
    assert_eq!(outcome(&audited(&path)), "entry 16: id-differs");
    let place = find(&path, &row);
    let mut nine = [0; 16];
    nine[15] = 9;
    overwrite(&path, place, &nine);
    assert_eq!(outcome(&audited(&path)), "entry 16: duplicate-id");
}

#[test]
fn what_a_newer_program_wrote_is_undecided_and_no_fault() {
    let newer = |kind: &str, body: Value, part: &str| {
        let said = after(|raw| raw.append(&raw.draft(kind, body), &[OWNER]));
        assert!(said.starts_with("undecided: entry #16: ") && said.contains(part), "{said}");
    };
    newer("policy-reviewed", json!({ "v": 1 }), "`policy-reviewed` is not a kind");
    let mut answered = answered();
    answered["v"] = json!(2);
    newer("item-answered", answered.clone(), "version 2 of item-answered");
    let replaced = |kind: &str, body: &Value| {
        let replacement = json!({ "type": kind, "body": body });
        json!({ "corrects": id(9), "reason": "x", "replacement": replacement, "v": 1 })
    };
    newer("correction", replaced("item-answered", &answered), "version 2 of item-answered");
    newer("correction", replaced("policy-reviewed", &answered), "not a kind");
    // A fault before it is still a fault.
    check("entry 3: missing-entry", |raw| {
        raw.append(&raw.draft("policy-reviewed", json!({ "v": 1 })), &[OWNER]);
        raw.entries.remove(3);
    });
}

/// One entry of a newer program, number 16, and one of this one after it.
fn newer(raw: &mut Raw) {
    raw.append(&raw.draft("policy-reviewed", json!({ "v": 1 })), &[OWNER]);
    raw.append(&raw.draft("item-answered", answered()), &[OWNER]);
}

#[test]
fn what_a_newer_program_wrote_hides_no_break_in_what_needs_no_meaning() {
    let broken = |expected: &str, change: &dyn Fn(&mut Raw)| {
        check(expected, |raw| {
            newer(raw);
            change(raw);
        });
    };
    // Another signature, under a leaf hash and a head that are kept up.
    let forged = |seq: usize| {
        move |raw: &mut Raw| {
            let bytes = &mut raw.entries[seq].bytes;
            let at = bytes.windows(7).position(|part| part == b"\"sig\":\"").unwrap() + 12;
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            raw.entries[seq].leaf = leaf_hash(&raw.entries[seq].bytes).as_bytes().to_vec();
        }
    };
    broken("entry 16: leaf-differs", &|raw| raw.entries[16].leaf[0] ^= 1);
    broken("entry 17: leaf-differs", &|raw| raw.entries[17].leaf[0] ^= 1);
    broken("entry 16: bad-signature", &forged(16));
    broken("entry 17: bad-signature", &forged(17));
    broken("entry 16: missing-entry", &|raw| drop(raw.entries.remove(16)));
    broken("entry 17: missing-entry", &|raw| drop(raw.entries.pop()));
    broken("entry 17: unsigned-entry", &|raw| drop(raw.heads.pop()));
    broken("checkpoint 18: checkpoint-root", &|raw| {
        raw.heads.pop();
        let (size, root) = (18, Digest::of(b"x"));
        let note = Checkpoint { origin: origin(), size, root }.sign(&signer(LOG)).unwrap();
        raw.heads.push((18, note));
    });
    let next = |raw: &Raw| raw.draft("item-answered", answered());
    broken("entry 18: wrong-root", &|raw| {
        raw.append(&Draft { root: Digest::of(b"x"), ..next(raw) }, &[OWNER]);
    });
    broken("entry 18: time-went-back", &|raw| {
        raw.append(&Draft { at: "2020-01-01T00:00:00.000Z".to_owned(), ..next(raw) }, &[OWNER]);
    });
    let (_folder, path) = base();
    let digest = Digest::of(&Raw::read(&path).contents[0].1).hex();
    broken(&format!("content {digest}: content-differs"), &|raw| raw.contents[0].1.push(b' '));
    // What it may have allowed is no fault.
    let allowed = |change: &dyn Fn(&mut Raw)| {
        let said = after(|raw| {
            newer(raw);
            change(raw);
        });
        assert!(said.starts_with("undecided: entry #16: "), "{said}");
    };
    allowed(&|_| {});
    allowed(&|raw| raw.append(&next(raw), &[STRANGER]));
    allowed(&|raw| raw.append(&next(raw), &[OWNER, STRANGER]));
    allowed(&|raw| {
        raw.heads.pop();
        raw.sign_head_by(STRANGER);
    });
}

#[test]
fn a_correction_says_no_more_than_its_author_may() {
    let confirmed = Event::AssertionConfirmed(AssertionConfirmed {
        assertion: item("7.3.5").assertion(),
        on: "2025-10-02".parse().unwrap(),
        note: None,
    });
    let correction = |corrects: u64, replacement: Option<&Event>| {
        let mut all = json!({ "corrects": id(corrects), "reason": "x", "v": 1 });
        if let Some(event) = replacement {
            all["replacement"] = json!({ "type": event.kind().as_str(), "body": body(event) });
        }
        all
    };
    let said = |all: Value, expected: &str| check_next(expected, "correction", all, &[OWNER]);
    let right = Event::ItemAnswered(answer("1.1.1", true, "ZA2"));
    said(correction(9, Some(&right)), "good");
    said(correction(10, None), "good");
    said(correction(9, Some(&confirmed)), "entry 16: bad-correction");
    said(correction(10, Some(&right)), "entry 16: bad-correction");
    said(correction(1, None), "entry 16: bad-correction");
    said(correction(777, None), "entry 16: bad-correction");
    said(correction(1_016, None), "entry 16: bad-correction");
    // An approver's word is not the assessor's to correct.
    check_next("entry 16: key-not-allowed", "correction", correction(11, None), &[ASSESSOR]);
    check_next("good", "correction", correction(11, None), &[APPROVER]);
}

#[test]
fn contents_swapped_removed_or_added() {
    let hex = |digest: &[u8]| Digest::from_bytes(digest.try_into().unwrap()).hex();
    let (_folder, path) = base();
    let raw = Raw::read(&path);
    let first = hex(&raw.contents[0].0);
    check(&format!("content {first}: content-differs"), |raw| {
        let [one, other] = [raw.contents[0].1.clone(), raw.contents[1].1.clone()];
        (raw.contents[0].1, raw.contents[1].1) = (other, one);
    });
    for (number, (digest, _)) in raw.contents.iter().enumerate() {
        let place = format!("content {}", hex(digest));
        check(&format!("{place}: content-missing"), |raw| drop(raw.contents.remove(number)));
        check(&format!("{place}: content-differs"), |raw| raw.contents[number].1.clear());
    }
    // Named by a digest that its bytes do not have.
    for at in 0..32 {
        let mut digest = raw.contents[1].0.clone();
        digest[at] ^= 1 << (at % 8);
        let expected = format!("content {}: content-differs", hex(&digest));
        check(&expected, |raw| raw.contents[1].0 = digest);
    }
    let extra = Digest::of(b"extra");
    check(&format!("content {}: content-unnamed", extra.hex()), |raw| {
        raw.contents.push((extra.as_bytes().to_vec(), b"extra".to_vec()));
    });
    // An evidence file that the ledger does not keep is not asked for, and not taken either.
    let outside = Digest::of(b"kept elsewhere");
    check(&format!("content {}: content-unnamed", outside.hex()), |raw| {
        raw.contents.push((outside.as_bytes().to_vec(), b"kept elsewhere".to_vec()));
    });
}

#[test]
fn heads_forged_moved_or_removed() {
    let (_folder, path) = base();
    let sizes: Vec<i64> = Raw::read(&path).heads.iter().map(|(size, _)| *size).collect();
    assert_eq!(sizes, [1, 2, 3, 6, 7, 9, 10, 11, 12, 13, 14, 16]);
    let note = |size: u64, root: Digest, name: &str, seed: u8| {
        let checkpoint = Checkpoint { origin: origin(), size, root };
        let name = KeyName::parse(name).unwrap();
        dspt_ledger::ledger::note::sign(&checkpoint.to_text(), &name, &signer(seed)).unwrap()
    };
    let root = |raw: &Raw, size: usize| {
        let mut short = raw.clone();
        short.entries.truncate(size);
        short.frontier().root()
    };
    check("entry 14: unsigned-entry", |raw| drop(raw.heads.pop()));
    check("entry 0: unsigned-entry", |raw| raw.heads.clear());
    // One more head of the same tree says nothing new; one of another tree is a fork.
    check("good", |raw| {
        raw.heads.insert(3, (4, note(4, root(raw, 4), ORIGIN, LOG)));
    });
    check("checkpoint 4: checkpoint-root", |raw| {
        raw.heads.insert(3, (4, note(4, Digest::of(b"x"), ORIGIN, LOG)));
    });
    check("checkpoint 4: checkpoint", |raw| {
        raw.heads.insert(3, (4, note(4, root(raw, 4), ORIGIN, OWNER)));
    });
    check("checkpoint 4: checkpoint", |raw| {
        raw.heads.insert(3, (4, note(4, root(raw, 4), "ledger.example/other/dspt", LOG)));
    });
    check("checkpoint 4: checkpoint-place", |raw| {
        let third = raw.heads[2].1.clone();
        raw.heads.insert(3, (4, third));
    });
    check("entry 16: missing-entry", |raw| {
        raw.heads.push((17, note(17, Digest::of(b"x"), ORIGIN, LOG)));
    });
    check("checkpoint 0: checkpoint-root", |raw| {
        raw.heads.insert(0, (0, note(0, Digest::of(b""), ORIGIN, LOG)));
    });
    check("checkpoint 6: checkpoint", |raw| raw.heads[3].1.clear());
    check("checkpoint 6: checkpoint", |raw| raw.heads[3].1.push(b'\n'));
}

#[test]
fn an_opening_that_does_not_fit_its_log_key() {
    let opened = |log: &str| {
        json!({ "holder": "A", "key": signer(OWNER).public().base64(), "log": log,
            "organisation": "N", "v": 1 })
    };
    let vkey =
        |name: &str, seed: u8| Vkey::new(KeyName::parse(name).unwrap(), *signer(seed).public());
    let begin = |log: &Vkey, identity: &Vkey, heads: u8| {
        after(|raw| {
            raw.entries.clear();
            raw.heads.clear();
            raw.contents.clear();
            let mut draft = raw.draft("ledger-opened", opened(&log.to_string()));
            draft.ledger_id = genesis_digest(identity);
            let sealed = dspt_ledger::ledger::seal(&draft, &[&signer(OWNER)]).unwrap();
            let root = leaf_hash(&sealed);
            raw.push(sealed, &draft.id);
            let checkpoint = Checkpoint { origin: origin(), size: 1, root };
            raw.heads.push((1, checkpoint.sign(&signer(heads)).unwrap()));
        })
    };
    let (right, other) = (vkey(ORIGIN, LOG), vkey(ORIGIN, STRANGER));
    assert_eq!(begin(&right, &right, LOG), "good");
    assert_eq!(begin(&other, &right, LOG), "entry 0: genesis");
    assert_eq!(begin(&right, &other, LOG), "entry 0: genesis");
    assert_eq!(begin(&other, &other, LOG), "checkpoint 1: checkpoint");
    assert_eq!(begin(&other, &other, STRANGER), "good", "another ledger, good by itself");
    let elsewhere = vkey("ledger.example/other/dspt", LOG);
    assert_eq!(begin(&elsewhere, &elsewhere, LOG), "entry 0: genesis");
    let owner = vkey(ORIGIN, OWNER);
    assert_eq!(begin(&owner, &owner, OWNER), "entry 0: key-not-allowed");
    // In the place of entry 0 it is another beginning for all that follows.
    check("entry 1: wrong-identity", |raw| {
        let mut fresh = raw.clone();
        fresh.entries.clear();
        let mut draft = fresh.draft("ledger-opened", opened(&other.to_string()));
        draft.ledger_id = genesis_digest(&other);
        let sealed = dspt_ledger::ledger::seal(&draft, &[&signer(OWNER)]).unwrap();
        fresh.push(sealed, &draft.id);
        raw.entries[0] = fresh.entries.remove(0);
    });
}

// Other histories, each good by itself: only what is kept beside the file, or in memory, tells.

/// Another history over the first six entries, by the same keys, of at least `size` entries.
fn fork(path: &Path, size: usize) {
    let mut raw = Raw::read(path);
    raw.entries.truncate(6);
    raw.heads.truncate(4);
    raw.contents.retain(|(digest, _)| digest != Digest::of(REPORT).as_bytes());
    while raw.entries.len() < size {
        raw.append(&raw.draft("item-answered", answered()), &[OWNER]);
    }
    raw.write(path);
}

#[test]
fn a_fork_or_an_older_copy_is_not_written_beside_the_head_of_the_other() {
    for (size, forked) in [(16, true), (20, true), (7, false)] {
        let (_folder, path) = base();
        fork(&path, size);
        assert_eq!(outcome(&audited(&path)), "good");
        let before = fs::read(&path).unwrap();
        let error = Journal::open(&path, Mode::Write).map(drop).unwrap_err();
        let JournalError::Store(error) = error else { panic!("{error:?}") };
        let differs = matches!(error, StoreError::HeadDiffers { .. });
        let older = matches!(error, StoreError::RolledBack { ledger: 7, file: 16, .. });
        assert_eq!((differs, older), (forked, !forked), "{error:?}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

#[test]
fn a_history_replaced_while_the_ledger_is_open_is_found() {
    for size in [16, 17] {
        let (_folder, path) = base();
        let mut journal = Journal::open(&path, Mode::Write).unwrap();
        fork(&path, size);
        // The forger replaces the head beside the file as well.
        let head = Raw::read(&path).heads.pop().unwrap().1;
        fs::write(beside(&path, ".head"), head).unwrap();
        let before = Raw::read(&path);
        let next = [new(70, Event::ItemAnswered(answer("1.1.1", true, "x")), Vec::new())];
        let error = record(&mut journal, OWNER, &next, at("2026-01-01")).unwrap_err();
        let JournalError::Tampered(finding) = error else { panic!("{error:?}") };
        assert_eq!(finding.to_string().split_once(':').unwrap().0, "entry #6");
        assert_eq!(finding.rule.name(), "history-replaced");
        assert_eq!(Raw::read(&path), before);
        // Still so on the next try.
        assert!(record(&mut journal, OWNER, &next, at("2026-01-01")).is_err());
    }
}

// One changed byte at a time. The position of a row in the file is found by its bytes, so that
// nothing but that byte changes.

/// Where the file holds these bytes of a row. SQLite leaves copies of rows that it moved, so each
/// place is tried: the one that counts is the one whose change is seen.
fn find(path: &Path, part: &[u8]) -> u64 {
    let (file, before) = (fs::read(path).unwrap(), Raw::read(path));
    let places = file.windows(part.len()).enumerate().filter(|(_, window)| *window == part);
    let seen = places.map(|(place, _)| place as u64).find(|place| {
        overwrite(path, *place, &[part[0] ^ 1]);
        let changed = Raw::read(path) != before;
        overwrite(path, *place, &part[..1]);
        changed
    });
    seen.expect("the row lies whole in one page")
}

fn overwrite(path: &Path, place: u64, bytes: &[u8]) {
    let mut file = fs::File::options().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(place)).unwrap();
    file.write_all(bytes).unwrap();
}

/// Every how many bytes one is changed: all of them in a full run, `DSPT_FULL=1`.
fn stride(usual: usize) -> usize {
    if std::env::var_os("DSPT_FULL").is_some() { 1 } else { usual }
}

/// Overwrites the row at `place` by variants of it, and audits each; `leaf` is where the leaf hash
/// is kept up, as a forger who knows the format would.
fn sweep(path: &Path, place: u64, row: &[u8], step: usize, leaf: Option<u64>, expected: &str) {
    let offset = usize::try_from(place).unwrap() % step;
    for at in (offset..row.len()).step_by(step) {
        let values = [row[at] ^ 1 << (at % 8), 0, b'"', 0xff];
        let kinds = if at % (8 * step) == offset { &values[..] } else { &values[..1] };
        for value in kinds.iter().filter(|value| **value != row[at]) {
            let mut changed = row.to_vec();
            changed[at] = *value;
            overwrite(path, place + at as u64, &[*value]);
            if let Some(leaf) = leaf {
                overwrite(path, leaf, leaf_hash(&changed).as_bytes());
            }
            let said = outcome(&audited(path));
            assert!(said.starts_with(expected), "byte {at} to {value:#x}: {said}");
        }
        overwrite(path, place + at as u64, &[row[at]]);
    }
    if let Some(leaf) = leaf {
        overwrite(path, leaf, leaf_hash(row).as_bytes());
    }
    assert_eq!(outcome(&audited(path)), "good");
}

#[test]
fn any_byte_of_any_entry_changed_is_a_finding_at_that_entry() {
    let (_folder, path) = base();
    for one in Raw::read(&path).entries {
        let place = find(&path, &one.bytes);
        let at_entry = format!("entry {}: ", one.seq);
        // With the leaf hash kept up, the entry itself must give it away; without, the leaf does.
        sweep(&path, place, &one.bytes, stride(41), Some(place - 32), &at_entry);
        let differs = format!("{at_entry}leaf-differs");
        sweep(&path, place, &one.bytes, stride(293), None, &differs);
        sweep(&path, place - 32, &one.leaf, stride(5), None, &differs);
        sweep(&path, place - 48, &one.id, stride(5), None, &format!("{at_entry}id-differs"));
    }
}

#[test]
fn any_byte_of_any_checkpoint_changed_is_a_finding_at_that_checkpoint() {
    let (_folder, path) = base();
    for (size, note) in Raw::read(&path).heads {
        let expected = format!("checkpoint {size}: checkpoint");
        sweep(&path, find(&path, &note), &note, stride(11), None, &expected);
    }
}

#[test]
fn any_byte_of_any_content_changed_is_a_finding_at_that_content() {
    let (_folder, path) = base();
    for (digest, bytes) in Raw::read(&path).contents {
        let hex = Digest::from_bytes(digest.try_into().unwrap()).hex();
        let expected = format!("content {hex}: content-differs");
        sweep(&path, find(&path, &bytes), &bytes, stride(7), None, &expected);
    }
}

// What a caller of `record` can do to the ledger: nothing that it would not verify after.

/// Records a batch that must be refused, and shows that nothing came of it.
#[track_caller]
fn refused(author: u8, batch: &[NewEvent]) -> JournalError {
    let (_folder, path) = base();
    let before = Raw::read(&path);
    let mut journal = Journal::open(&path, Mode::Write).unwrap();
    let error = record(&mut journal, author, batch, at("2026-01-01")).unwrap_err();
    // What is refused does not stand in the way of what comes next.
    let next = [new(60, Event::ItemAnswered(answer("1.1.1", true, "ZA3")), Vec::new())];
    assert_eq!(journal.ledger.facts.len(), 16);
    journal.close().unwrap();
    assert_eq!(Raw::read(&path), before);
    let mut journal = Journal::open(&path, Mode::Write).unwrap();
    let _ = record(&mut journal, author, batch, at("2026-01-01")).unwrap_err();
    record(&mut journal, OWNER, &next, at("2026-01-01")).unwrap();
    journal.close().unwrap();
    assert_eq!(outcome(&audited(&path)), "good");
    error
}

#[test]
fn a_batch_of_key_events_is_judged_in_its_order() {
    let answer = Event::ItemAnswered(answer("1.1.1", true, "x"));
    let one = |number, event: &Event| new(number, event.clone(), Vec::new());
    let admit = admitted(STRANGER, Role::Owner);
    let refusal = refused(OWNER, &[one(50, &admit), one(51, &admit)]);
    let JournalError::Refused(list) = refusal else { panic!("{refusal:?}") };
    assert_eq!(list.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [1]);
    let own = crate::fixtures::revoked(OWNER);
    assert!(matches!(refused(OWNER, &[one(50, &own)]), JournalError::Refused(_)));
    let log = admitted(LOG, Role::Owner);
    assert!(matches!(refused(OWNER, &[one(50, &log)]), JournalError::Refused(_)));
    let again = admitted(CONTRIBUTOR, Role::Owner);
    assert!(matches!(refused(OWNER, &[one(50, &again)]), JournalError::Refused(_)));
    let after = refused(OWNER, &[one(50, &admit), one(51, &own), one(52, &answer)]);
    assert!(matches!(after, JournalError::NotAllowed(_)), "{after:?}");
    let both = refused(OWNER, &[one(50, &own), one(51, &admit)]);
    assert!(matches!(both, JournalError::Refused(_) | JournalError::NotAllowed(_)), "{both:?}");
    // In the right order it is fine: hand over, then leave.
    let (_folder, path) = base();
    let mut journal = Journal::open(&path, Mode::Write).unwrap();
    record(&mut journal, OWNER, &[one(50, &admit), one(51, &own)], at("2026-01-01")).unwrap();
    record(&mut journal, STRANGER, &[one(52, &answer)], at("2026-01-01")).unwrap();
    journal.close().unwrap();
    assert_eq!(outcome(&audited(&path)), "good");
}

#[test]
fn files_that_the_ledger_would_miss_or_not_know_are_refused() {
    use dspt_ledger::journal::File;
    let outside = |name: &str| File { name: name.into(), sha256: Digest::of(b"o"), stored: None };
    let wrong =
        File { name: "w".into(), sha256: Digest::of(b"o"), stored: Some(b"w".to_vec().into()) };
    for (stored, file) in [
        (true, outside("o")),
        (false, File::stored("s", b"s".to_vec())),
        (true, wrong.clone()),
        (false, wrong),
    ] {
        let batch = [new(50, evidence("x", "1.1.1", stored), vec![file.clone()])];
        let error = refused(OWNER, &batch);
        assert!(matches!(&error, JournalError::Refused(list) if list.len() == 1), "{error:?}");
        assert!(error.to_string().contains(&format!("`{}`", file.name)), "{error}");
    }
    // Bytes that are there already need not be given again.
    let (_folder, path) = base();
    let mut journal = Journal::open(&path, Mode::Write).unwrap();
    let kept = File { name: "report.txt".into(), sha256: Digest::of(REPORT), stored: None };
    let batch = [
        new(50, evidence("x", "1.1.1", true), vec![kept]),
        new(51, evidence("y", "1.1.1", true), vec![File::stored("s", b"s".to_vec())]),
        new(52, evidence("z", "1.1.1", true), vec![File::stored("t", b"s".to_vec())]),
    ];
    record(&mut journal, OWNER, &batch, at("2026-01-01")).unwrap();
    journal.close().unwrap();
    assert_eq!(outcome(&audited(&path)), "good");
}

#[test]
fn an_id_stands_for_one_event_by_one_key_with_its_files() {
    let answer = |text| Event::ItemAnswered(answer("1.1.1", true, text));
    let one = |number, event| new(number, event, Vec::new());
    let same = [one(50, answer("x")), one(50, answer("x"))];
    assert!(matches!(refused(OWNER, &same), JournalError::IdInUse(found) if found == id(50)));
    let file =
        |bytes: &[u8]| vec![dspt_ledger::journal::File::stored("report.txt", bytes.to_vec())];
    let with = |bytes: &[u8]| [new(7, evidence("restore test", "7.3.5", true), file(bytes))];
    for batch in [&with(b"another")[..], &with(REPORT), &[one(15, answer("x"))]] {
        let error = refused(OWNER, batch);
        assert!(matches!(error, JournalError::IdInUse(_)), "{error:?}");
    }
    let error = refused(OWNER, &[one(15, answer("x")), one(50, answer("x"))]);
    assert!(matches!(error, JournalError::IdInUse(found) if found == id(15)));
    // The very same again changes nothing, even by a key that is revoked by now.
    let (_folder, path) = base();
    let before = Raw::read(&path);
    let mut journal = Journal::open(&path, Mode::Write).unwrap();
    for (author, day, batch) in history() {
        let recorded = record(&mut journal, author, &batch, at(day)).unwrap();
        assert!(recorded.replayed, "{day}");
        assert_eq!(recorded.last - recorded.first + 1, batch.len() as u64);
    }
    journal.close().unwrap();
    assert_eq!(Raw::read(&path), before);
}

#[test]
fn a_ledger_whose_owner_holds_the_log_key_is_not_made() {
    let (_folder, path) = folder();
    let log = signer(LOG);
    let opening = Opening { id: id(0), organisation: "Northbridge", holder: "Asha Rao" };
    let signers = Signers { author: &log, admitted: None, log: &log };
    let made = Journal::create(&path, &origin(), &opening, &signers, at("2025-09-01"));
    assert!(matches!(made.map(drop), Err(JournalError::Refused(_))));
    assert!(!path.exists());
    let mut journal = create(&path);
    // Nor does another key sign heads later.
    let (author, other) = (signer(OWNER), signer(STRANGER));
    let signers = Signers { author: &author, admitted: None, log: &other };
    let error = journal.record(&setting(3), &signers, at("2025-09-02")).unwrap_err();
    assert!(matches!(error, JournalError::WrongLogKey { .. }), "{error:?}");
    assert!(matches!(
        record(&mut journal, OWNER, &[], at("2025-09-02")),
        Err(JournalError::Store(StoreError::Refused { .. }))
    ));
}

#[test]
fn a_stored_content_that_its_index_does_not_name_is_found_all_the_same() {
    let (_folder, path) = base();
    let sql = |texts: &[&str]| {
        let conn = rusqlite::Connection::open(&path).unwrap();
        conn.execute_batch("PRAGMA writable_schema = ON").unwrap();
        for text in texts {
            conn.execute_batch(text).unwrap();
        }
    };
    // The index is taken away, a row put in, and the index put back as it was.
    sql(&[
        "CREATE TABLE aside AS SELECT * FROM sqlite_master WHERE name = 'sqlite_autoindex_content_1' OR name = 'content'",
        "DELETE FROM sqlite_master WHERE name = 'sqlite_autoindex_content_1'",
        "UPDATE sqlite_master SET sql = 'CREATE TABLE content (digest BLOB, bytes BLOB)' WHERE name = 'content'",
    ]);
    let hidden = Digest::of(b"hidden");
    sql(&[&format!("INSERT INTO content VALUES (x'{}', x'{}')", hidden.hex(), "68696464656e")]);
    sql(&[
        "INSERT INTO sqlite_master SELECT * FROM aside WHERE type = 'index'",
        "UPDATE sqlite_master SET sql = (SELECT sql FROM aside WHERE type = 'table') WHERE name = 'content'",
    ]);
    sql(&["DROP TABLE aside"]);
    let audit = audited(&path);
    assert_eq!(outcome(&audit), format!("content {}: content-unnamed", hidden.hex()));
}

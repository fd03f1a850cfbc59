//! Heads that outsiders dated, recorded in the ledger: what makes one count, and what does not.

use dspt_ledger::domain::event::{AnchorCosigned, AnchorTimestamped, Event};
use dspt_ledger::domain::state::anchor::{Intervals, Outsider};
use dspt_ledger::journal::{File, Journal, NewEvent, Signers};
use dspt_ledger::ledger::{Checkpoint, KeyName, Sign as _, WitnessKey, cosignature};
use dspt_ledger::store::Mode;

use crate::fixtures::{
    LOG, OWNER, Raw, STRANGER, answer, audited, copy, id, ledger, origin, outcome, signer,
};

/// Seeds of two witnesses.
pub(crate) const WITNESS: u8 = 41;
pub(crate) const OTHER: u8 = 42;

pub(crate) fn name(seed: u8) -> KeyName {
    KeyName::parse(&format!("witness-{seed}.example")).unwrap()
}

pub(crate) fn vkey(seed: u8) -> String {
    WitnessKey::new(name(seed), *signer(seed).public()).to_string()
}

/// The head of the first `size` entries with the lines of these witnesses.
pub(crate) fn cosigned(raw: &Raw, size: usize, time: u64, witnesses: &[u8]) -> String {
    let head = head(raw, size, LOG);
    let text = head.split_once("\n\n").map(|(text, _)| format!("{text}\n")).unwrap();
    let lines = witnesses.iter().map(|seed| {
        let cosigned = cosignature::sign(&text, time, &name(*seed), &signer(*seed)).unwrap();
        cosigned.line().to_owned()
    });
    std::iter::once(head.clone()).chain(lines).collect()
}

pub(crate) fn head(raw: &Raw, size: usize, log: u8) -> String {
    let leaves: Vec<_> = raw.entries[..size]
        .iter()
        .map(|entry| dspt_ledger::ledger::leaf_hash(&entry.bytes))
        .collect();
    let root = dspt_ledger::ledger::tree::root_of(&leaves);
    let head = Checkpoint { origin: origin(), size: size as u64, root }.sign(&signer(log)).unwrap();
    String::from_utf8(head).unwrap()
}

pub(crate) fn anchor(checkpoint: String, witnesses: &[String]) -> Event {
    Event::AnchorCosigned(AnchorCosigned { checkpoint, witnesses: witnesses.to_vec() })
}

/// What the audit says of the ledger with this anchor at its end.
#[track_caller]
fn check(expected: &str, event: impl Fn(&Raw) -> Event) {
    let (_folder, path) = ledger();
    let (_other, path) = copy(&path);
    let mut raw = Raw::read(&path);
    let event = event(&raw);
    let draft = raw.draft(event.kind().as_str(), event.body().unwrap());
    raw.append(&draft, &[OWNER]);
    raw.write(&path);
    assert_eq!(outcome(&audited(&path)), expected);
}

#[test]
fn what_a_witness_signed_is_an_anchor_and_nothing_else_is() {
    const TIME: u64 = 1_764_600_000;
    let both = [vkey(WITNESS), vkey(OTHER)];
    check("good", |raw| anchor(cosigned(raw, 16, TIME, &[WITNESS]), &both[..1]));
    check("good", |raw| anchor(cosigned(raw, 1, TIME, &[WITNESS, OTHER]), &both));
    let said = |rule: &str| format!("entry 16: {rule}");
    let (unsigned, twice) = (said("anchor-witness"), [vkey(WITNESS), vkey(WITNESS)]);
    check(&unsigned, |raw| anchor(cosigned(raw, 16, TIME, &[WITNESS]), &both));
    check(&unsigned, |raw| anchor(cosigned(raw, 16, TIME, &[WITNESS, OTHER]), &both[..1]));
    check(&unsigned, |raw| anchor(cosigned(raw, 16, TIME, &[WITNESS, WITNESS]), &both[..1]));
    check(&unsigned, |raw| anchor(cosigned(raw, 16, TIME, &[WITNESS]), &twice));
    check(&unsigned, |raw| anchor(head(raw, 16, LOG), &[]));
    check(&unsigned, |raw| anchor(cosigned(raw, 16, TIME, &[WITNESS]), &["w".to_owned()]));
    check(&unsigned, |raw| anchor(cosigned(raw, 16, u64::MAX / 4, &[WITNESS]), &both[..1]));
    let log = WitnessKey::new(name(LOG), *signer(LOG).public()).to_string();
    check(&unsigned, |raw| anchor(cosigned(raw, 16, TIME, &[LOG]), std::slice::from_ref(&log)));
    // The time is signed: another one is a forgery.
    check(&unsigned, |raw| {
        let (now, later) =
            (cosigned(raw, 16, TIME, &[OTHER]), cosigned(raw, 16, TIME + 1, &[WITNESS]));
        let line = later.lines().last().unwrap().replace("witness-41", "witness-42");
        let kept = now.trim_end().rsplit_once('\n').unwrap().0;
        anchor(format!("{kept}\n{line}\n"), &both[1..])
    });
    check(&said("anchor"), |raw| anchor(head(raw, 16, STRANGER), &both[..1]));
    check(&said("anchor"), |_| anchor("no checkpoint\n".to_owned(), &both[..1]));
    // Also of a size at which the ledger keeps no head of its own.
    let between = |raw: &Raw| {
        let sizes: Vec<i64> = raw.heads.iter().map(|(size, _)| *size).collect();
        let size = (5..16).find(|size| !sizes.contains(size)).unwrap();
        usize::try_from(size).unwrap()
    };
    check("good", |raw| anchor(cosigned(raw, between(raw), TIME, &[WITNESS]), &both[..1]));
    for size in [|_: &Raw| 16, between] {
        check(&said("anchor-root"), |raw| {
            let mut other = raw.clone();
            other.entries[3].bytes.push(b' ');
            anchor(cosigned(&other, size(raw), TIME, &[WITNESS]), &both[..1])
        });
    }
}

#[test]
fn a_wrong_anchor_is_named_before_what_stands_after_it() {
    let (_folder, path) = ledger();
    let mut raw = Raw::read(&path);
    let mut other = raw.clone();
    other.entries[3].bytes.push(b' ');
    // No head is kept of five entries, so that whoever keeps no leaf hash has to look again.
    assert!(raw.heads.iter().all(|(size, _)| *size != 5));
    let wrong = anchor(cosigned(&other, 5, 1_764_600_000, &[WITNESS]), &[vkey(WITNESS)]);
    let draft = raw.draft(wrong.kind().as_str(), wrong.body().unwrap());
    raw.append(&draft, &[OWNER]);
    for _ in 0..2 {
        let answered = Event::ItemAnswered(answer("8.3.4", true, "done"));
        let draft = raw.draft("item-answered", answered.body().unwrap());
        raw.append(&draft, &[OWNER]);
    }
    let last = raw.entries.last_mut().unwrap();
    let middle = last.bytes.len() / 2;
    last.bytes[middle] ^= 1;
    raw.write(&path);
    assert_eq!(outcome(&audited(&path)), "entry 16: anchor-root");
}

#[test]
fn an_anchor_covers_only_what_stands_before_it() {
    let (_folder, path) = ledger();
    let mut raw = Raw::read(&path);
    let answered = Event::ItemAnswered(answer("8.3.4", true, "done"));
    let draft = raw.draft("item-answered", answered.body().unwrap());
    raw.append(&draft, &[OWNER]);
    // The head of 17 entries, in the place of the 17th.
    let ahead = cosigned(&raw, 17, 1_764_600_000, &[WITNESS]);
    check("entry 16: anchor-place", |_| anchor(ahead.clone(), &[vkey(WITNESS)]));
}

#[test]
fn a_token_dates_the_head_of_which_it_is_an_imprint() {
    // The token is about the worked checkpoint, which is of another ledger: nothing else may pass.
    let body = |checkpoint: String| {
        Event::AnchorTimestamped(AnchorTimestamped { checkpoint, authority: "An authority".into() })
    };
    check("entry 16: anchor-token", |raw| body(head(raw, 16, LOG)));
    check("entry 16: anchor", |raw| body(cosigned(raw, 16, 1_764_600_000, &[WITNESS])));
}

#[test]
fn the_journal_records_anchors_that_verify_and_refuses_others() {
    let (_folder, path) = ledger();
    let raw = Raw::read(&path);
    let mut journal = Journal::open(&path, Mode::Write).unwrap();
    let (author, log) = (signer(OWNER), signer(LOG));
    let signers = Signers { author: &author, admitted: None, log: &log };
    let new = |number, event, files| NewEvent { id: id(number), event, files };
    let now = journal.ledger.facts.last().unwrap().at;
    let seconds = u64::try_from(now.millis() / 1_000).unwrap();
    let good = anchor(cosigned(&raw, 16, seconds, &[WITNESS]), &[vkey(WITNESS)]);
    let bad = anchor(cosigned(&raw, 16, seconds, &[OTHER]), &[vkey(WITNESS)]);
    let refused = journal.record(&[new(900, bad, vec![])], &signers, now).unwrap_err();
    assert!(refused.to_string().contains("anchor-witness"), "{refused}");
    journal.record(&[new(901, good, vec![])], &signers, now).unwrap();
    let token = AnchorTimestamped { checkpoint: head(&raw, 16, LOG), authority: "A".into() };
    let file = File::stored(
        "timestamp.tsr",
        include_bytes!("../../../fixtures/timestamp/checkpoint-3.tsr").to_vec(),
    );
    let event = Event::AnchorTimestamped(token);
    let refused = journal.record(&[new(902, event, vec![file])], &signers, now).unwrap_err();
    assert!(refused.to_string().contains("anchor-token"), "{refused}");
    // What the journal knows after recording is what an audit finds.
    let kept = journal.ledger.anchors.clone();
    journal.close().unwrap();
    let audit = audited(&path);
    assert_eq!(outcome(&audit), "good");
    let found = audit.ledger.unwrap();
    assert_eq!(found.anchors, kept);
    assert_eq!((kept.len(), kept[0].seq, kept[0].size), (1, Some(16), 16));
    assert_eq!((kept[0].outsider, kept[0].name()), (Outsider::Witness, "witness-41.example"));
    let interval = Intervals::new(&kept).of(15);
    assert_eq!(interval.before, Some(now));
    assert!(!interval.excludes(found.facts[15].at));
}

//! Keys that hand over: author keys and log keys replaced through the door that everything takes.

use std::fs;
use std::path::Path;

use dspt_ledger::domain::event::role::Role;
use dspt_ledger::domain::event::{Event, KeyRotated, LogKeyRotated};
use dspt_ledger::journal::{Journal, JournalError, NewEvent, Recorded, Signers};
use dspt_ledger::ledger::{Sign, Vkey};
use dspt_ledger::store::{Guard, Mode, Store};

use crate::fixtures::{
    APPROVER, ASSESSOR, CONTRIBUTOR, LOG, OWNER, Raw, STRANGER, admitted, answer, at, audited,
    beside, keyid, ledger, new, origin, outcome, signer,
};

const NEXT_LOG: u8 = 20;
const LAST_LOG: u8 = 21;

/// Records a batch by an author, a log key and, where there is one, a key that comes in.
fn record(
    journal: &mut Journal,
    (author, log, incoming): (u8, u8, Option<u8>),
    batch: &[NewEvent],
) -> Result<Recorded, JournalError> {
    let (author, log, incoming) = (signer(author), signer(log), incoming.map(signer));
    let admitted = incoming.as_ref().map(|signer| signer as &dyn Sign);
    let signers = Signers { author: &author, admitted, log: &log };
    journal.record(batch, &signers, at("2026-01-01"))
}

fn public(seed: u8) -> String {
    signer(seed).public().base64()
}

fn rotated(number: u64, from: u8, to: u8) -> NewEvent {
    let (replaces, reason) = (keyid(from).parse().unwrap(), "a new laptop".to_owned());
    new(number, Event::KeyRotated(KeyRotated { replaces, key: public(to), reason }), Vec::new())
}

fn log_rotated(number: u64, to: u8) -> NewEvent {
    let reason = "a new server".to_owned();
    new(number, Event::LogKeyRotated(LogKeyRotated { key: public(to), reason }), Vec::new())
}

fn answered(number: u64) -> NewEvent {
    new(number, Event::ItemAnswered(answer("8.3.4", true, "done")), Vec::new())
}

fn open(path: &Path) -> Journal {
    Journal::open(path, Mode::Write).unwrap()
}

#[track_caller]
fn refused(result: Result<Recorded, JournalError>, expected: &str) {
    let found = result.map(drop).unwrap_err();
    let first =
        if let JournalError::Refused(list) = &found { Some(list[0].1.clone()) } else { None };
    let text = first.unwrap_or_else(|| found.to_string());
    assert!(text.contains(expected), "{text}");
}

#[track_caller]
fn verifies(path: &Path) {
    assert_eq!(outcome(&audited(path)), "good");
    assert!(matches!(Store::open(path, Mode::Read).unwrap().guard(), Ok(Guard::Equal { .. })));
}

#[test]
fn a_replaced_author_key_signs_nothing_more_and_its_successor_signs_as_it_did() {
    let (_folder, path) = ledger();
    let mut journal = open(&path);
    let done = record(&mut journal, (OWNER, LOG, Some(STRANGER)), &[rotated(60, OWNER, STRANGER)]);
    assert_eq!(done.unwrap().first, 16);
    let roster = &journal.ledger.roster;
    let (old, next) = (roster.get(&keyid(OWNER).parse().unwrap()).unwrap().clone(), STRANGER);
    let next = roster.get(&keyid(next).parse().unwrap()).unwrap();
    assert_eq!((old.revoked, next.revoked, next.admitted), (Some(16), None, 16));
    assert_eq!((next.role, next.holder.as_str()), (Role::Owner, "Asha Rao"));
    let entry = audited(&path);
    // Two signatures on that entry: of the old key and of the new.
    assert_eq!((entry.counts.entries, entry.counts.signatures), (17, 21));
    for _opened_again in 0..2 {
        refused(record(&mut journal, (OWNER, LOG, None), &[answered(61)]), "replaced by entry #16");
        let back = rotated(62, OWNER, APPROVER);
        refused(record(&mut journal, (OWNER, LOG, Some(APPROVER)), &[back]), "entry #16");
        journal = open(&path);
    }
    record(&mut journal, (STRANGER, LOG, None), &[answered(61)]).unwrap();
    // The successor does what only an owner does.
    let admit = new(63, admitted(30, Role::Assessor), Vec::new());
    record(&mut journal, (STRANGER, LOG, Some(30)), &[admit]).unwrap();
    journal.close().unwrap();
    verifies(&path);
}

#[test]
fn an_author_key_hands_over_itself_alone_and_never_to_a_known_key() {
    let (_folder, path) = ledger();
    let mut journal = open(&path);
    let before = Raw::read(&path);
    let mut no = |who: (u8, u8, Option<u8>), batch: &[NewEvent], expected: &str| {
        refused(record(&mut journal, who, batch), expected);
    };
    let fresh = rotated(60, APPROVER, STRANGER);
    no((OWNER, LOG, Some(STRANGER)), std::slice::from_ref(&fresh), "cannot replace key");
    for known in [OWNER, ASSESSOR, CONTRIBUTOR, APPROVER] {
        let one = rotated(60, APPROVER, known);
        no((APPROVER, LOG, Some(known)), &[one], "admitted already");
    }
    no((APPROVER, LOG, Some(LOG)), &[rotated(60, APPROVER, LOG)], "log key");
    // Without the new key's signature, or with that of another, there is no proof of possession.
    no((APPROVER, LOG, None), std::slice::from_ref(&fresh), "would be refused by its readers");
    no((APPROVER, LOG, Some(31)), &[fresh], "would be refused by its readers");
    let blank = KeyRotated {
        replaces: keyid(APPROVER).parse().unwrap(),
        key: public(STRANGER),
        reason: " ".into(),
    };
    let blank = new(60, Event::KeyRotated(blank), Vec::new());
    no((APPROVER, LOG, Some(STRANGER)), &[blank], "reason");
    // In one batch: what comes after the handover is another key's to sign.
    let batch = [rotated(60, APPROVER, STRANGER), rotated(61, APPROVER, 31)];
    no((APPROVER, LOG, Some(STRANGER)), &batch, "replaced by entry #16");
    drop(journal);
    assert_eq!(Raw::read(&path), before);
}

#[test]
fn the_log_key_is_replaced_twice_and_every_head_has_the_key_of_its_size() {
    let (_folder, path) = ledger();
    let mut journal = open(&path);
    let first = [log_rotated(60, NEXT_LOG)];
    assert_eq!(record(&mut journal, (OWNER, LOG, Some(NEXT_LOG)), &first).unwrap().first, 16);
    refused(record(&mut journal, (OWNER, LOG, None), &[answered(61)]), "not the log key");
    record(&mut journal, (OWNER, NEXT_LOG, None), &[answered(61)]).unwrap();
    // Recording the rotation again changes nothing, whoever signs the heads by now.
    let again = record(&mut journal, (OWNER, LOG, Some(NEXT_LOG)), &first).unwrap();
    assert_eq!((again.first, again.replayed), (16, true));
    verifies(&path);
    journal = open(&path);
    let back = [log_rotated(62, LOG)];
    refused(record(&mut journal, (OWNER, NEXT_LOG, Some(LOG)), &back), "that is a log key");
    let second = [log_rotated(62, LAST_LOG)];
    record(&mut journal, (OWNER, NEXT_LOG, Some(LAST_LOG)), &second).unwrap();
    for old in [LOG, NEXT_LOG] {
        refused(record(&mut journal, (OWNER, old, None), &[answered(63)]), "not the log key");
        let back = [log_rotated(63, old)];
        refused(record(&mut journal, (OWNER, LAST_LOG, Some(old)), &back), "that is a log key");
        // Nor does a log key that is out of service come back as an author.
        let admit = [new(63, admitted(old, Role::Owner), Vec::new())];
        refused(record(&mut journal, (OWNER, LAST_LOG, Some(old)), &admit), "that is a log key");
    }
    record(&mut journal, (OWNER, LAST_LOG, None), &[answered(63)]).unwrap();
    let keys = journal.ledger.log.clone();
    journal.close().unwrap();
    verifies(&path);
    let of = |seed: u8| Vkey::new(origin().key_name(), *signer(seed).public());
    for (size, seed) in [(16, LOG), (17, NEXT_LOG), (18, NEXT_LOG), (19, LAST_LOG), (20, LAST_LOG)]
    {
        assert_eq!(*keys.at(size), of(seed), "{size}");
        let raw = Raw::read(&path);
        let (_, note) = raw.heads.iter().find(|(one, _)| u64::try_from(*one) == Ok(size)).unwrap();
        for other in [LOG, NEXT_LOG, LAST_LOG] {
            let opened = dspt_ledger::ledger::Checkpoint::open(note, &of(other));
            assert_eq!(opened.is_ok(), other == seed, "{size} {other}");
        }
    }
    // What was opened from the file is what was learnt while writing.
    assert_eq!(open(&path).ledger.log, keys);
}

#[test]
fn a_rotation_of_the_log_key_stands_alone_and_is_an_owners() {
    let (_folder, path) = ledger();
    let mut journal = open(&path);
    let before = Raw::read(&path);
    let mut no = |who: (u8, u8, Option<u8>), batch: &[NewEvent], expected: &str| {
        refused(record(&mut journal, who, batch), expected);
    };
    let whole = (OWNER, LOG, Some(NEXT_LOG));
    no(whole, &[log_rotated(60, NEXT_LOG), answered(61)], "recorded by itself");
    no(whole, &[answered(61), log_rotated(60, NEXT_LOG)], "recorded by itself");
    let twice = [log_rotated(60, NEXT_LOG), log_rotated(61, LAST_LOG)];
    no(whole, &twice, "recorded by itself");
    let one = [log_rotated(60, NEXT_LOG)];
    no((APPROVER, LOG, Some(NEXT_LOG)), &one, "needs the role owner");
    no((OWNER, NEXT_LOG, Some(NEXT_LOG)), &one, "not the log key");
    no((OWNER, LOG, None), &one, "would be refused by its readers");
    no((OWNER, LOG, Some(LAST_LOG)), &one, "would be refused by its readers");
    no((OWNER, LOG, Some(APPROVER)), &[log_rotated(60, APPROVER)], "admitted already");
    drop(journal);
    assert_eq!(Raw::read(&path), before);
}

#[test]
fn another_writer_learns_of_a_rotation_before_it_writes() {
    let (_folder, path) = ledger();
    let (mut one, mut two) = (open(&path), open(&path));
    let rotation = [log_rotated(60, NEXT_LOG)];
    record(&mut one, (OWNER, LOG, Some(NEXT_LOG)), &rotation).unwrap();
    // It was opened under the old log key; what is there now is read and judged again.
    refused(record(&mut two, (OWNER, LOG, None), &[answered(61)]), "not the log key");
    record(&mut two, (OWNER, NEXT_LOG, None), &[answered(61)]).unwrap();
    let handover = [rotated(62, OWNER, STRANGER)];
    record(&mut two, (OWNER, NEXT_LOG, Some(STRANGER)), &handover).unwrap();
    refused(record(&mut one, (OWNER, NEXT_LOG, None), &[answered(63)]), "replaced by entry #18");
    record(&mut one, (STRANGER, NEXT_LOG, None), &[answered(63)]).unwrap();
    drop((one, two));
    verifies(&path);
}

#[test]
fn a_crash_around_a_rotation_leaves_one_of_the_two_ledgers() {
    let (_folder, path) = ledger();
    let head = beside(&path, ".head");
    let old = fs::read(&head).unwrap();
    let before = Raw::read(&path);
    // Before the commit: the append is dropped, and nothing of it is there.
    let mut journal = open(&path);
    let lock = rusqlite::Connection::open(&path).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let rotation = [log_rotated(60, NEXT_LOG)];
    record(&mut journal, (OWNER, LOG, Some(NEXT_LOG)), &rotation).unwrap_err();
    lock.execute_batch("ROLLBACK").unwrap();
    drop((lock, journal));
    assert_eq!(Raw::read(&path), before);
    verifies(&path);
    // After the commit, before the head beside the ledger was renewed: it is an earlier one, of
    // the old log key, and opening renews it.
    let mut journal = open(&path);
    record(&mut journal, (OWNER, LOG, Some(NEXT_LOG)), &rotation).unwrap();
    drop(journal);
    fs::write(&head, &old).unwrap();
    assert_eq!(outcome(&audited(&path)), "good");
    let guard = Store::open(&path, Mode::Read).unwrap().guard().unwrap();
    assert_eq!(guard, Guard::FileBehind { ledger: 17, file: 16 });
    let mut journal = open(&path);
    assert_eq!(fs::read(&head).unwrap(), journal.ledger.head);
    // Tried again after the crash, it is where it was.
    assert!(record(&mut journal, (OWNER, LOG, Some(NEXT_LOG)), &rotation).unwrap().replayed);
    record(&mut journal, (OWNER, NEXT_LOG, None), &[answered(61)]).unwrap();
    journal.close().unwrap();
    verifies(&path);
}

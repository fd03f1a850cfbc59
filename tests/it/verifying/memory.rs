//! What a user verified before: it saves work, it notices another history, and it never makes
//! anything good.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use dspt_ledger::domain::event::Event;
use dspt_ledger::domain::state::index::fact_index::{Chronicle, EntryText as _};
use dspt_ledger::export::{heads, tiles};
use dspt_ledger::journal::{Journal, JournalError, Opening, Signers};
use dspt_ledger::ledger::leaf_hash;
use dspt_ledger::store::{Mode, Store};
use dspt_ledger::verify::audit::Audit;
use dspt_ledger::verify::folder::Folder;
use dspt_ledger::verify::incremental::{Effort, audit_since, first_look};
use dspt_ledger::verify::known_heads::Memory;
use dspt_ledger::verify::lazy_entries::Reread;

use crate::fixtures::{
    OWNER, Raw, STRANGER, answer, at, audited, copy, folder, id, ledger, new, origin, outcome,
    record, signer,
};
use crate::verifying::tamper::answered;

fn since(path: &Path, memory: &Memory, effort: Effort) -> Audit {
    let store = Store::open(path, Mode::Read).unwrap();
    audit_since(&store, memory, effort, |_| {}).unwrap()
}

/// What is said of the ledger at `path` by somebody who verified the one at `base`.
pub(crate) fn since_base(base: &Path, path: &Path) -> String {
    let kept = tempfile::tempdir().unwrap();
    let memory = Memory::at(kept.path());
    assert_eq!(outcome(&since(base, &memory, Effort::Everything)), "good");
    outcome(&since(path, &memory, Effort::SinceKept))
}

struct Desk {
    _folders: Vec<tempfile::TempDir>,
    path: PathBuf,
    kept: PathBuf,
    memory: Memory,
}

/// A ledger of sixteen entries that was verified once.
fn desk() -> Desk {
    let (one, path) = ledger();
    let two = tempfile::tempdir().unwrap();
    let kept = two.path().join("verified");
    let memory = Memory::at(&kept);
    assert_eq!(outcome(&since(&path, &memory, Effort::SinceKept)), "good");
    assert_eq!(fs::read_dir(&kept).unwrap().count(), 1);
    Desk { _folders: vec![one, two], path, kept, memory }
}

fn file(desk: &Desk) -> PathBuf {
    fs::read_dir(&desk.kept).unwrap().next().unwrap().unwrap().path()
}

fn grow(path: &Path, number: u64) {
    let mut journal = Journal::open(path, Mode::Write).unwrap();
    let event = Event::ItemAnswered(answer("8.3.4", true, &format!("done {number}")));
    record(&mut journal, OWNER, &[new(number, event, Vec::new())], at("2026-05-01")).unwrap();
    journal.close().unwrap();
}

#[test]
fn what_was_verified_is_hashed_only_and_says_the_same() {
    let desk = desk();
    let plain = audited(&desk.path);
    let quick = since(&desk.path, &desk.memory, Effort::SinceKept);
    let (all, before) = (plain.counts, quick.counts);
    assert_eq!((all.entries, all.checkpoints, all.contents, all.remembered), (16, 12, 4, 0));
    assert_eq!((before.entries, before.checkpoints, before.contents), (16, 12, 4));
    assert_eq!(before.remembered + 5, before.entries, "entries that change keys are checked");
    assert_eq!(before.signatures, 8);
    let (plain, quick) = (plain.ledger.unwrap(), quick.ledger.unwrap());
    assert_eq!(format!("{plain:?}"), format!("{quick:?}"));
    // Whoever asks for everything gets it.
    let full = since(&desk.path, &desk.memory, Effort::Everything).counts;
    assert_eq!((full.signatures, full.remembered), (19, 0));
    // What was recorded since is checked, and remembered then.
    grow(&desk.path, 900);
    let more = since(&desk.path, &desk.memory, Effort::SinceKept).counts;
    assert_eq!((more.entries, more.remembered, more.signatures), (17, 11, 9));
    let again = since(&desk.path, &desk.memory, Effort::SinceKept).counts;
    assert_eq!((again.entries, again.remembered, again.signatures), (17, 12, 8));
    let plain = audited(&desk.path).ledger.unwrap();
    let quick = since(&desk.path, &desk.memory, Effort::SinceKept).ledger.unwrap();
    assert_eq!(format!("{plain:?}"), format!("{quick:?}"));
}

#[test]
fn a_changed_byte_among_what_was_verified_is_named_as_without_memory() {
    let desk = desk();
    for number in 0..16 {
        let (_folder, path) = copy(&desk.path);
        let mut raw = Raw::read(&path);
        let middle = raw.entries[number].bytes.len() / 2;
        raw.entries[number].bytes[middle] ^= 1;
        raw.write(&path);
        let plain = outcome(&audited(&path));
        assert!(plain.contains(&format!("entry {number}: ")), "{plain}");
        for effort in [Effort::SinceKept, Effort::Everything] {
            assert_eq!(outcome(&since(&path, &desk.memory, effort)), plain);
        }
    }
    // A bad one is never remembered.
    let kept = fs::read(file(&desk)).unwrap();
    assert_eq!(outcome(&since(&desk.path, &desk.memory, Effort::SinceKept)), "good");
    assert_eq!(fs::read(file(&desk)).unwrap(), kept);
}

#[test]
fn another_history_and_an_older_copy_are_findings_where_all_signatures_are_good() {
    let desk = desk();
    let (_older, older) = copy(&desk.path);
    let (_other, other) = copy(&desk.path);
    grow(&desk.path, 900);
    assert_eq!(outcome(&since(&desk.path, &desk.memory, Effort::SinceKept)), "good");
    grow(&other, 901);
    for effort in [Effort::SinceKept, Effort::Everything] {
        let said = |path| outcome(&since(path, &desk.memory, effort));
        assert_eq!(said(&older), "entry 16: smaller-than-remembered");
        assert_eq!(said(&other), "checkpoint 17: remembered-root");
    }
    for (path, rule) in [(&older, "smaller-than-remembered"), (&other, "remembered-root")] {
        assert_eq!(outcome(&audited(path)), "good");
        let opened = Journal::open_since(path, Mode::Read, &desk.memory).map(drop);
        let Err(JournalError::Tampered(finding)) = opened else { panic!("{opened:?}") };
        assert_eq!(finding.rule.name(), rule);
        let file = file(&desk).display().to_string();
        assert!(finding.text.contains(&format!("remove {file}")), "{finding}");
    }
    // One more entry on the other branch does not hide it.
    grow(&other, 902);
    let said = outcome(&since(&other, &desk.memory, Effort::SinceKept));
    assert_eq!(said, "checkpoint 17: remembered-root");
    // Without the memory nothing is compared, and what is there is remembered anew.
    fs::remove_file(file(&desk)).unwrap();
    assert_eq!(outcome(&since(&other, &desk.memory, Effort::SinceKept)), "good");
    let said = outcome(&since(&desk.path, &desk.memory, Effort::SinceKept));
    assert_eq!(said, "entry 17: smaller-than-remembered");
}

#[test]
fn a_removed_or_damaged_memory_costs_a_full_check_and_is_made_anew() {
    let desk = desk();
    let good = fs::read(file(&desk)).unwrap();
    for damage in [b"".to_vec(), good[..good.len() / 2].to_vec(), b"dspt-verified/1\n".to_vec()] {
        fs::write(file(&desk), damage).unwrap();
        let found = since(&desk.path, &desk.memory, Effort::SinceKept);
        assert_eq!((outcome(&found), found.counts.signatures), ("good".to_owned(), 19));
        assert!(found.notes[0].contains("written anew"), "{:?}", found.notes);
        assert_eq!(fs::read(file(&desk)).unwrap(), good);
    }
    fs::remove_dir_all(&desk.kept).unwrap();
    let found = since(&desk.path, &desk.memory, Effort::SinceKept);
    assert_eq!((found.counts.signatures, found.notes.len()), (19, 0));
    assert_eq!(fs::read(file(&desk)).unwrap(), good);
    // Where another version of the program checked, all is checked again, and compared.
    let text = String::from_utf8(good).unwrap();
    let other = text.replacen(env!("CARGO_PKG_VERSION"), "0.0.1", 1);
    fs::write(file(&desk), other).unwrap();
    assert_eq!(since(&desk.path, &desk.memory, Effort::SinceKept).counts.signatures, 19);
    assert_eq!(since(&desk.path, &desk.memory, Effort::SinceKept).counts.signatures, 8);
}

#[test]
fn signed_heads_that_are_not_those_verified_are_checked_again() {
    let desk = desk();
    let (_folder, path) = copy(&desk.path);
    let mut raw = Raw::read(&path);
    let note = &mut raw.heads[3].1;
    let last = note.len() - 4;
    note[last] ^= 1;
    raw.write(&path);
    let said = outcome(&since(&path, &desk.memory, Effort::SinceKept));
    assert_eq!(said, outcome(&audited(&path)));
    assert!(said.ends_with("checkpoint"), "{said}");
}

#[test]
fn the_memory_of_another_ledger_says_nothing_about_this_one() {
    let desk = desk();
    let (_folder, path) = folder();
    let opening = Opening { id: id(0), organisation: "Northbridge", holder: "Asha Rao" };
    let (author, log) = (signer(OWNER), signer(STRANGER));
    let signers = Signers { author: &author, admitted: None, log: &log };
    Journal::create(&path, &origin(), &opening, &signers, at("2025-09-01")).unwrap();
    let found = since(&path, &desk.memory, Effort::SinceKept);
    assert_eq!((outcome(&found), found.counts.remembered), ("good".to_owned(), 0));
    assert_eq!(fs::read_dir(&desk.kept).unwrap().count(), 2);
}

/// Runs the program on a ledger, with a folder for what it remembers.
fn dspt(ledger: &Path, state: &Path, command: &str) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_dspt"))
        .args(command.split_whitespace())
        .env("DSPT_LEDGER", ledger)
        .env("DSPT_STATE", state)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

#[test]
fn commands_remember_refuse_and_say_what_to_do() {
    let (_folder, path) = ledger();
    let state = tempfile::tempdir().unwrap();
    let (_older, older) = copy(&path);
    assert_eq!(dspt(&path, state.path(), "log").0, 0);
    grow(&path, 900);
    assert_eq!(dspt(&path, state.path(), "verify").0, 0);
    for command in ["log", "status", "verify", "show #3", "tui --linear"] {
        let (code, text) = dspt(&older, state.path(), command);
        assert_eq!(code, 1, "{command}: {text}");
        assert!(text.contains("smaller-than-remembered"), "{command}: {text}");
        assert!(text.contains("remove "), "{command}: {text}");
    }
    let (code, text) = dspt(&older, &state.path().join("other"), "verify");
    assert_eq!(code, 0, "{text}");
}

#[test]
fn a_folder_that_cannot_be_written_is_said_and_stops_nothing() {
    let (_folder, path) = ledger();
    let state = tempfile::tempdir().unwrap();
    let no_folder = state.path().join("file");
    fs::write(&no_folder, "").unwrap();
    let (code, text) = dspt(&path, &no_folder, "log");
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("what is verified is not remembered"), "{text}");
}

#[test]
fn a_folder_from_an_earlier_time_is_said_to_be_one_and_changes_nothing_remembered() {
    let desk = desk();
    let journal = Journal::open(&desk.path, Mode::Read).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let head = heads::own(&journal.ledger, &journal.ledger.head).unwrap();
    tiles::write(&journal.ledger, journal.store(), folder.path(), &head).unwrap();
    drop(journal);
    let given = Folder::open(folder.path(), None).unwrap();
    let seen = || audit_since(&given, &desk.memory, Effort::Everything, |_| {}).unwrap();
    assert_eq!((outcome(&seen()), seen().kept), ("good".to_owned(), Some(16)));
    grow(&desk.path, 300);
    assert_eq!(outcome(&since(&desk.path, &desk.memory, Effort::SinceKept)), "good");
    let kept = fs::read(file(&desk)).unwrap();
    let older = seen();
    assert_eq!((outcome(&older), older.kept), ("good".to_owned(), None));
    assert!(older.notes[0].contains("you verified 17 entries"), "{:?}", older.notes);
    assert_eq!(fs::read(file(&desk)).unwrap(), kept);
    // A folder of another history is no earlier time of this one.
    let (_two, other) = copy(&ledger().1);
    let mut raw = Raw::read(&other);
    let draft = raw.draft("item-answered", answer_body("another answer"));
    raw.append(&draft, &[OWNER]);
    raw.write(&other);
    let journal = Journal::open(&other, Mode::Read).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let head = heads::own(&journal.ledger, &journal.ledger.head).unwrap();
    tiles::write(&journal.ledger, journal.store(), folder.path(), &head).unwrap();
    let given = Folder::open(folder.path(), None).unwrap();
    let forked = audit_since(&given, &desk.memory, Effort::Everything, |_| {}).unwrap();
    assert_eq!(outcome(&forked), "checkpoint 17: remembered-root");
}

fn answer_body(text: &str) -> serde_json::Value {
    Event::ItemAnswered(answer("8.3.4", true, text)).body().unwrap()
}

fn look(path: &Path) -> Option<Audit> {
    let store = Store::open(path, Mode::Read).unwrap();
    first_look(&store, |_| {}).unwrap()
}

#[test]
fn a_first_look_says_what_the_signed_head_covers_and_asks_no_author() {
    let (_folder, path) = ledger();
    let (all, first) = (audited(&path), look(&path).unwrap());
    assert!(first.counts.signatures < all.counts.signatures);
    assert_eq!(first.counts.checkpoints, all.counts.checkpoints, "every head is checked");
    let (all, first) = (all.ledger.unwrap(), first.ledger.unwrap());
    assert_eq!(format!("{all:?}"), format!("{first:?}"));
    // Under a head that the log key signed, an author's signature is what only the audit judges.
    let mut raw = Raw::read(&path);
    let draft = raw.draft("item-answered", answered());
    raw.append_headless(&draft, &[OWNER]);
    let mut entry = raw.entries.pop().unwrap();
    let sig = entry.bytes.len() - 10;
    entry.bytes[sig] = if entry.bytes[sig] == b'A' { b'B' } else { b'A' };
    raw.push(entry.bytes, &draft.id);
    raw.sign_head();
    raw.write(&path);
    assert_eq!(outcome(&audited(&path)), "entry 16: bad-signature");
    assert_eq!(look(&path).unwrap().ledger.unwrap().facts.len(), 17);
}

#[test]
fn a_first_look_takes_nothing_that_the_log_key_did_not_sign() {
    type Change = fn(&mut Raw);
    let changes: [(&str, Change); 5] = [
        ("another byte", |raw| {
            let place = raw.entries[7].bytes.len() - 10;
            raw.entries[7].bytes[place] ^= 1;
            raw.entries[7].leaf = leaf_hash(&raw.entries[7].bytes).as_bytes().to_vec();
        }),
        ("an entry less", |raw| drop(raw.entries.pop())),
        ("an entry more", |raw| {
            let draft = raw.draft("item-answered", answered());
            raw.append_headless(&draft, &[OWNER]);
        }),
        ("a head by a stranger", |raw| {
            raw.heads.pop();
            raw.sign_head_by(STRANGER);
        }),
        ("an entry by a stranger", |raw| {
            let draft = raw.draft("item-answered", answered());
            raw.append(&draft, &[STRANGER]);
        }),
    ];
    for (what, change) in changes {
        let (_folder, path) = ledger();
        let mut raw = Raw::read(&path);
        change(&mut raw);
        raw.write(&path);
        assert!(look(&path).is_none(), "{what}");
        assert_ne!(outcome(&audited(&path)), "good", "{what}");
    }
}

/// More entries than one reader reads alone, the last batch not full.
#[test]
fn several_readers_read_what_one_does() {
    let (_folder, path) = ledger();
    let mut journal = Journal::open(&path, Mode::Write).unwrap();
    let answered = |number| {
        let answer = answer("8.3.4", number % 3 > 0, &format!("done {number}"));
        new(number, Event::ItemAnswered(answer), Vec::new())
    };
    for first in [1_000, 1_900] {
        let batch: Vec<_> = (first..first + 900).map(answered).collect();
        record(&mut journal, OWNER, &batch, at("2026-05-01")).unwrap();
    }
    journal.close().unwrap();
    let memory = tempfile::tempdir().unwrap();
    let memory = Memory::at(memory.path());
    let all = since(&path, &memory, Effort::SinceKept);
    assert_eq!((all.counts.remembered, all.counts.entries), (0, 1_816));
    let (again, first) = (since(&path, &memory, Effort::SinceKept), look(&path).unwrap());
    assert!(again.counts.remembered > 1_800 && again.counts.signatures < 20);
    let all = format!("{:?}", all.ledger.unwrap());
    assert_eq!(format!("{:?}", again.ledger.unwrap()), all);
    assert_eq!(format!("{:?}", first.ledger.unwrap()), all);
    // One bit in a batch of either reader, and an entry less than the head says.
    for number in [100, 1_023, 1_024, 1_500, 1_815] {
        let (_other, path) = copy(&path);
        let mut raw = Raw::read(&path);
        raw.entries[number].bytes[700] ^= 1;
        raw.write(&path);
        assert!(look(&path).is_none(), "{number}");
        let plain = outcome(&audited(&path));
        assert!(plain.contains(&format!("entry {number}: ")), "{plain}");
        assert_eq!(outcome(&since(&path, &memory, Effort::SinceKept)), plain);
    }
    for number in [0, 1_000, 1_815] {
        let (_other, path) = copy(&path);
        let mut raw = Raw::read(&path);
        raw.entries.remove(number);
        raw.write(&path);
        assert!(look(&path).is_none(), "{number}");
        let missing = format!("entry {number}: missing-entry");
        assert_eq!(outcome(&since(&path, &memory, Effort::SinceKept)), missing);
    }
}

#[test]
fn an_entry_that_is_shown_is_the_one_that_was_verified() {
    let (_folder, path) = ledger();
    let ledger = audited(&path).ledger.unwrap();
    let chronicle = Arc::new(Chronicle::of(&ledger.facts));
    let open = || {
        let store = Store::open(&path, Mode::Read).unwrap();
        Reread::new(store, Arc::clone(&chronicle), &ledger.leaves)
    };
    let read = open();
    for (fact, leaf) in ledger.facts.iter().zip(&ledger.leaves) {
        assert_eq!(read.fact(fact.seq).as_deref(), Some(fact));
        assert_eq!(read.place(&fact.id), Some(fact.seq));
        assert_eq!(read.leaf_of(fact.seq).as_ref(), Some(leaf));
    }
    assert_eq!(read.fact(ledger.facts.len() as u64), None);
    assert_eq!(read.fact(u64::MAX), None);
    // What is recorded since changes nothing of it.
    grow(&path, 900);
    assert_eq!(open().fact(15).as_deref(), ledger.facts.get(15));
    assert_eq!(open().fact(16), None);
    // Nor does anything pass that was not verified, whatever leaf stands beside it.
    let mut raw = Raw::read(&path);
    let place = raw.entries[7].bytes.len() - 10;
    raw.entries[7].bytes[place] ^= 1;
    raw.entries[7].leaf = leaf_hash(&raw.entries[7].bytes).as_bytes().to_vec();
    raw.write(&path);
    assert_eq!(open().fact(7), None);
}

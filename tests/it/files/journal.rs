//! Opening what is no ledger, and recording whatever comes: what is there is named and never
//! touched, what was recorded is there when it is opened again, and nothing else is.

use std::fs;
use std::path::Path;

use dspt_ledger::domain::event::{Correction, Event};
use dspt_ledger::domain::state::Fact;
use dspt_ledger::journal::{File, Journal, JournalError, NewEvent};
use dspt_ledger::ledger::json::{canonical, parse_canonical};
use dspt_ledger::store::{Mode, StoreError};
use proptest::prelude::*;
use rusqlite::Connection;

use crate::fixtures::{
    OWNER, Raw, answer, at, audited, beside, copy, create, evidence, folder, id, ledger, new,
    outcome, record, setting,
};

/// Every file of a folder with its bytes.
fn whole(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let found = fs::read_dir(folder).unwrap().map(|one| one.unwrap().path());
    let mut found: Vec<_> = found
        .filter(|path| path.is_file())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().into(), fs::read(&path).unwrap()))
        .collect();
    found.sort();
    found
}

type Expected = fn(&StoreError) -> bool;

/// Checks that the path is refused by this name, and that nothing was made or mended.
#[track_caller]
fn refused(path: &Path, modes: &[Mode], expected: Expected) {
    let before = whole(path.parent().unwrap());
    for mode in modes {
        match Journal::open(path, *mode).map(drop) {
            Err(JournalError::Store(error)) => assert!(expected(&error), "{mode:?}: {error:?}"),
            other => panic!("{mode:?}: {other:?}"),
        }
    }
    assert!(whole(path.parent().unwrap()) == before, "something changed");
}

const BOTH: [Mode; 2] = [Mode::Read, Mode::Write];

#[test]
fn what_is_no_ledger_is_named_and_left_alone() {
    let (_folder, path) = folder();
    refused(&path, &BOTH, |error| matches!(error, StoreError::Missing { .. }));
    fs::create_dir(&path).unwrap();
    refused(&path, &BOTH, |error| matches!(error, StoreError::Directory { .. }));
    fs::remove_dir(&path).unwrap();
    let no_ledger: Expected = |error| matches!(error, StoreError::NotALedger { .. });
    for text in [String::new(), "x".into(), "A text of a few lines.\n".repeat(400)] {
        fs::write(&path, text).unwrap();
        refused(&path, &BOTH, no_ledger);
    }
    fs::remove_file(&path).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')").unwrap();
    drop(other);
    refused(&path, &BOTH, no_ledger);
}

#[test]
fn a_newer_an_altered_or_a_short_ledger_is_named_and_left_alone() {
    let (_base, base) = ledger();
    let changed = |sql: &str, expected: Expected| {
        let (_folder, path) = copy(&base);
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        refused(&path, &BOTH, expected);
    };
    changed("PRAGMA user_version = 2", |error| {
        matches!(error, StoreError::NewerFormat { found: 2, known: 1, .. })
    });
    let altered: Expected = |error| matches!(error, StoreError::UnknownSchema { .. });
    changed("DROP TRIGGER entry_is_not_changed", altered);
    changed("CREATE TABLE extra (a)", altered);
    changed("PRAGMA application_id = 7", |error| matches!(error, StoreError::NotALedger { .. }));
    let bytes = fs::read(&base).unwrap();
    for length in
        [1, 99, 4_095, 4_096, 4_097, bytes.len() / 2, bytes.len() - 4_096, bytes.len() - 1]
    {
        let (_folder, path) = copy(&base);
        fs::write(&path, &bytes[..length]).unwrap();
        let named: Expected =
            |error| matches!(error, StoreError::Truncated { .. } | StoreError::NotALedger { .. });
        refused(&path, &BOTH, named);
    }
}

#[test]
fn a_page_of_noise_is_damage_or_a_finding_and_no_panic() {
    let (_base, base) = ledger();
    let bytes = fs::read(&base).unwrap();
    for page in 0..bytes.len() / 4_096 {
        for noise in [0, 0xa5, 0xff] {
            let (_folder, path) = copy(&base);
            let mut bytes = bytes.clone();
            bytes[page * 4_096..(page + 1) * 4_096].fill(noise);
            fs::write(&path, bytes).unwrap();
            // Sound all the same is where only the index of ids was hit: no answer depends on it.
            let Err(error) = Journal::open(&path, Mode::Read).map(drop) else { continue };
            let named = matches!(
                error,
                JournalError::Tampered(_)
                    | JournalError::Store(
                        StoreError::Damaged { .. }
                            | StoreError::UnknownSchema { .. }
                            | StoreError::NotALedger { .. }
                            | StoreError::Truncated { .. }
                    )
            );
            assert!(named, "page {page}, {noise:#x}: {error:?}");
        }
    }
}

#[test]
fn an_empty_ledger_says_that_its_creation_was_interrupted() {
    let (_folder, path) = folder();
    dspt_ledger::store::Store::create(&path).unwrap().close().unwrap();
    for mode in BOTH {
        let opened = Journal::open(&path, mode).map(drop).unwrap_err();
        assert!(matches!(opened, JournalError::Empty), "{opened:?}");
    }
}

#[test]
fn a_ledger_that_is_being_written_is_read_and_its_lock_is_respected() {
    let (_folder, path) = ledger();
    let mut journal = Journal::open(&path, Mode::Write).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let before = Raw::read(&path);
    assert_eq!(outcome(&audited(&path)), "good");
    let next = [new(60, Event::ItemAnswered(answer("1.1.1", true, "x")), Vec::new())];
    let error = record(&mut journal, OWNER, &next, at("2026-01-01")).unwrap_err();
    assert!(matches!(error, JournalError::Store(StoreError::Locked { .. })), "{error:?}");
    assert_eq!(Raw::read(&path), before);
    other.execute_batch("ROLLBACK").unwrap();
    record(&mut journal, OWNER, &next, at("2026-01-01")).unwrap();
}

#[test]
fn the_second_of_two_judges_again_what_the_first_left() {
    let (_folder, path) = ledger();
    let mut one = Journal::open(&path, Mode::Write).unwrap();
    let mut two = Journal::open(&path, Mode::Write).unwrap();
    let event = |number, text: &str| {
        [new(number, Event::ItemAnswered(answer("1.1.1", true, text)), Vec::new())]
    };
    record(&mut one, OWNER, &event(60, "one"), at("2026-01-01")).unwrap();
    let second = record(&mut two, OWNER, &event(61, "two"), at("2026-01-01")).unwrap();
    assert_eq!((second.first, second.replayed), (17, false));
    // The same id, first recorded by the other: the same place; another event: refused.
    let again = record(&mut one, OWNER, &event(61, "two"), at("2026-01-01")).unwrap();
    assert_eq!((again.first, again.replayed), (17, true));
    let error = record(&mut two, OWNER, &event(60, "three"), at("2026-01-01")).unwrap_err();
    assert!(matches!(error, JournalError::IdInUse(_)), "{error:?}");
    // What was fine when this one was opened is not fine any more: the key was revoked.
    let admit = [new(
        62,
        crate::fixtures::admitted(9, dspt_ledger::domain::event::role::Role::Owner),
        vec![],
    )];
    record(&mut one, OWNER, &admit, at("2026-01-02")).unwrap();
    record(&mut one, 9, &[new(63, crate::fixtures::revoked(OWNER), vec![])], at("2026-01-02"))
        .unwrap();
    let error = record(&mut two, OWNER, &event(64, "late"), at("2026-01-03")).unwrap_err();
    assert!(matches!(error, JournalError::NotAllowed(_)), "{error:?}");
    drop((one, two));
    let audit = audited(&path);
    assert_eq!((outcome(&audit).as_str(), audit.counts.entries), ("good", 20));
}

/// A kind of event to record, made from a few numbers.
#[derive(Clone, Debug)]
enum Made {
    Answer(String, bool),
    Evidence(String, Option<Vec<u8>>),
    /// The event of an earlier number is void.
    Void(usize),
    /// The event of an earlier number, if it is an answer, says something else.
    Replaced(usize, String),
}

fn made() -> impl Strategy<Value = Made> {
    let text = "[ -~é\u{2028}\u{1f600}]{1,20}[a-z]";
    prop_oneof![
        (text, any::<bool>()).prop_map(|(text, met)| Made::Answer(text, met)),
        (text, proptest::option::of(any::<Vec<u8>>()))
            .prop_map(|(text, file)| Made::Evidence(text, file)),
        any::<prop::sample::Index>().prop_map(|at| Made::Void(at.index(40))),
        (any::<prop::sample::Index>(), text)
            .prop_map(|(at, text)| Made::Replaced(at.index(40), text)),
    ]
}

/// Turns numbers into events that may follow; those that may not are left out.
fn batches(made: Vec<Vec<Made>>) -> Vec<Vec<NewEvent>> {
    let mut answers: Vec<u64> = Vec::new();
    let mut all: Vec<u64> = Vec::new();
    let (mut number, mut batches) = (100, Vec::new());
    for batch in made {
        let mut events = Vec::new();
        for one in batch {
            number += 1;
            let mut files = Vec::new();
            let correction = |corrects: u64, replacement: Option<Event>| {
                let replacement = replacement.map(|event| {
                    let (kind, body) = (event.kind().to_string(), event.body().unwrap());
                    dspt_ledger::domain::event::Replacement { kind, body }
                });
                let (corrects, reason) = (id(corrects), "wrong".into());
                Event::Correction(Correction { corrects, reason, replacement })
            };
            let event = match one {
                Made::Answer(text, met) => {
                    answers.push(number);
                    Event::ItemAnswered(answer("7.3.5", met, &text))
                }
                Made::Evidence(text, file) => {
                    let stored = file.is_some();
                    files.extend(file.map(|bytes| File::stored("file.bin", bytes)));
                    evidence(&text, "8.3.4", stored)
                }
                Made::Void(at) => match all.get(at) {
                    Some(earlier) => correction(*earlier, None),
                    None => continue,
                },
                Made::Replaced(at, text) => match answers.get(at) {
                    Some(earlier) => {
                        let other = Event::ItemAnswered(answer("1.1.1", true, &text));
                        correction(*earlier, Some(other))
                    }
                    None => continue,
                },
            };
            all.push(number);
            events.push(new(number, event, files));
        }
        if !events.is_empty() {
            batches.push(events);
        }
    }
    batches
}

fn reopened(path: &Path) -> Vec<Fact> {
    Journal::open(path, Mode::Read).unwrap().ledger.facts.to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_is_recorded_is_there_when_it_is_opened_again(
        made in prop::collection::vec(prop::collection::vec(made(), 1..8), 1..5),
    ) {
        let (_folder, path) = folder();
        let mut journal = create(&path);
        record(&mut journal, OWNER, &setting(1), at("2025-09-02")).unwrap();
        let batches = batches(made);
        for batch in &batches {
            let recorded = record(&mut journal, OWNER, batch, at("2025-10-01")).unwrap();
            prop_assert_eq!(recorded.last - recorded.first + 1, batch.len() as u64);
            prop_assert!(!recorded.replayed);
            // The state that is kept between batches is the one that a replay gives.
            prop_assert_eq!(journal.state(u64::MAX).unwrap().size, recorded.last + 1);
            // The same again is answered with the same place, now and after a new opening.
            let again = record(&mut journal, OWNER, batch, at("2025-10-01")).unwrap();
            prop_assert!(again.replayed);
            prop_assert_eq!((again.first, again.last), (recorded.first, recorded.last));
        }
        let before = Raw::read(&path);
        // A batch with one bad event among good ones leaves nothing behind.
        let bad = [
            new(900, Event::ItemAnswered(answer("7.3.5", true, "fine")), Vec::new()),
            new(901, Event::ItemAnswered(answer("9.9.9", true, "no such item")), Vec::new()),
        ];
        let error = record(&mut journal, OWNER, &bad, at("2025-10-01")).unwrap_err();
        prop_assert!(matches!(&error, JournalError::Refused(list) if list[0].0 == 1), "{error:?}");
        prop_assert_eq!(Raw::read(&path), before.clone());
        let facts = journal.ledger.facts.to_vec();
        let head = journal.ledger.head.clone();
        journal.close().unwrap();
        prop_assert_eq!(reopened(&path), facts);
        let mut journal = Journal::open(&path, Mode::Write).unwrap();
        prop_assert_eq!(&journal.ledger.head, &head);
        for batch in &batches {
            prop_assert!(record(&mut journal, OWNER, batch, at("2025-10-02")).unwrap().replayed);
        }
        journal.close().unwrap();
        prop_assert_eq!(Raw::read(&path), before);
    }

    #[test]
    fn an_event_is_what_its_bytes_say(made in prop::collection::vec(made(), 1..8)) {
        for new in batches(vec![made]).into_iter().flatten() {
            let text = canonical(&new.event.body().unwrap()).unwrap();
            let read = parse_canonical(text.as_bytes()).unwrap();
            let event = Event::decode(new.event.kind().as_str(), &read).unwrap();
            prop_assert_eq!(&event, &new.event);
            prop_assert_eq!(canonical(&event.body().unwrap()).unwrap(), text);
        }
    }

    #[test]
    fn two_that_write_by_turns_make_one_history(
        turns in prop::collection::vec(any::<bool>(), 1..8),
    ) {
        let (_folder, path) = folder();
        let mut journal = create(&path);
        record(&mut journal, OWNER, &setting(1), at("2025-09-02")).unwrap();
        let mut other = Journal::open(&path, Mode::Write).unwrap();
        for (number, turn) in (200..).zip(&turns) {
            let who = if *turn { &mut journal } else { &mut other };
            let event = Event::ItemAnswered(answer("1.1.1", true, "x"));
            let one = [new(number, event, Vec::new())];
            record(who, OWNER, &one, at("2025-10-01")).unwrap();
        }
        drop((journal, other));
        let facts = reopened(&path);
        let ids: Vec<_> = facts.iter().skip(4).map(|fact| fact.id.clone()).collect();
        let expected: Vec<_> = (200..).take(turns.len()).map(id).collect();
        prop_assert_eq!(ids, expected);
        prop_assert!(!beside(&path, "-wal").exists());
    }
}

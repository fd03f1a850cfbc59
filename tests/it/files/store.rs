//! The ledger file as its users meet it: what is refused and by which name, what survives a crash,
//! several writers, copies and old copies, read-only folders.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise, in its helpers as well"
)]

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use dspt_ledger::ledger::Digest;
use dspt_ledger::store::{
    Append, Content, Guard, Intake, KEPT_BYTES_MAX, Mode, Row, Store, StoreError,
};
use rusqlite::Connection;
use tempfile::TempDir;

/// Tells a child process, which is this same program, what to do and to which file.
const TASK: &str = "DSPT_TEST_STORE_TASK";
const FILE: &str = "DSPT_TEST_STORE_FILE";

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.dspt");
    (folder, path)
}

fn note(size: u64) -> Vec<u8> {
    format!("example.org/org/ledger\n{size}\nroot\n\n\u{2014} signature\n").into_bytes()
}

fn id(number: u64) -> [u8; 16] {
    u128::from(number).to_be_bytes()
}

/// Puts one entry, whose id is derived from `number`, under a head, without committing.
fn put(append: &mut Append<'_>, number: u64) {
    let size = append.size().unwrap();
    let bytes = format!("entry {number}").into_bytes();
    append.put_entry(size, &id(number), &Digest::of(&bytes), &bytes).unwrap();
    append.put_head(size + 1, &note(size + 1)).unwrap();
}

fn append(store: &mut Store, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        let mut append = store.begin(None).unwrap();
        put(&mut append, number);
        append.commit().unwrap();
    }
}

/// A closed ledger with entries 0 to `size`.
fn ledger(size: u64) -> (TempDir, PathBuf) {
    let (folder, path) = folder();
    let mut store = Store::create(&path).unwrap();
    append(&mut store, 0..size);
    store.close().unwrap();
    (folder, path)
}

fn rows(store: &Store) -> Vec<Row> {
    let mut rows = Vec::new();
    let each = |row| {
        rows.push(row);
        Ok::<(), StoreError>(())
    };
    store.entries(0..u64::MAX, each).unwrap();
    rows
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", path.display()))
}

fn names(path: &Path) -> Vec<String> {
    let found = fs::read_dir(path.parent().unwrap()).unwrap();
    let mut names: Vec<_> =
        found.map(|item| item.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Changes a ledger behind the program's back.
fn tamper(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

type Expected = fn(&StoreError) -> bool;

#[track_caller]
fn refused(path: &Path, mode: Mode, expected: Expected) {
    let before = fs::read(path).ok();
    let error = Store::open(path, mode).unwrap_err();
    assert!(expected(&error), "{error:?}");
    assert_eq!(fs::read(path).ok(), before, "{error}");
}

#[test]
fn entries_heads_and_content_come_back_as_they_were_put() {
    let (_folder, path) = folder();
    let mut store = Store::create(&path).unwrap();
    assert_eq!((store.size().unwrap(), store.head().unwrap()), (0, None));
    let mut append = store.begin(Some(0)).unwrap();
    append.put_content(&Digest::of(b"b"), b"b").unwrap();
    append.put_content(&Digest::of(b""), b"").unwrap();
    for seq in 0..2_500 {
        append.put_entry(seq, &id(seq), &Digest::of(&id(seq)), &id(seq)[..]).unwrap();
    }
    append.put_head(2_500, &note(2_500)).unwrap();
    assert_eq!(append.find(&id(7)).unwrap(), Some((7, id(7).to_vec())));
    assert_eq!(append.find(&id(2_500)).unwrap(), None);
    append.commit().unwrap();
    crate::files::store::append(&mut store, [2_500]);
    store.close().unwrap();

    let store = Store::open(&path, Mode::Read).unwrap();
    assert_eq!(store.size().unwrap(), 2_501);
    assert_eq!(store.head().unwrap(), Some(note(2_501)));
    assert_eq!(store.heads().unwrap(), [(2_500, note(2_500)), (2_501, note(2_501))]);
    let found = rows(&store);
    assert_eq!(found.len(), 2_501);
    for (row, seq) in found.iter().zip(0..2_500) {
        let expected = Row { seq, id: id(seq), leaf: Digest::of(&id(seq)), bytes: id(seq).into() };
        assert_eq!(*row, expected);
    }
    let mut contents = Vec::new();
    store
        .contents(
            |_| true,
            |content| {
                assert_eq!(content.actual, content.digest);
                contents.push((content.digest, content.bytes.unwrap()));
                Ok::<(), StoreError>(())
            },
        )
        .unwrap();
    contents.sort();
    let mut expected = [(Digest::of(b""), Vec::new()), (Digest::of(b"b"), b"b".to_vec())];
    expected.sort();
    assert_eq!(contents, expected);
    assert_eq!(store.content(&Digest::of(b"b"), 1).unwrap(), Some(b"b".to_vec()));
    assert_eq!(store.content(&Digest::of(b"c"), 1).unwrap(), None);
    assert!(store.content(&Digest::of(b"b"), 0).is_err());
}

#[test]
fn a_row_that_is_longer_than_any_good_one_is_named_and_not_read() {
    let zeros = "zeroblob(2000000)";
    for (sql, named) in [
        ("INSERT INTO entry VALUES (3, randomblob(16), zeroblob(32), LONG)", ("entry", "bytes", 3)),
        ("INSERT INTO entry VALUES (3, LONG, zeroblob(32), x'00')", ("entry", "id", 3)),
        ("INSERT INTO entry VALUES (3, randomblob(16), LONG, x'00')", ("entry", "leaf", 3)),
        ("DELETE FROM head; INSERT INTO head VALUES (2, LONG)", ("head", "note", 2)),
        ("INSERT INTO content VALUES (LONG, x'00')", ("content", "digest", 1)),
    ] {
        let (_folder, path) = ledger(3);
        // The guards stand again afterwards: what is left is a row, in tables that are ours.
        let conn = Connection::open(&path).unwrap();
        let text = "SELECT sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name";
        let found = conn.prepare(text).unwrap().query_map([], |row| row.get(0)).unwrap().collect();
        let triggers: Vec<String> = Result::unwrap(found);
        let names = ["entry_is_not_deleted", "head_is_not_deleted", "head_grows"];
        for name in names {
            conn.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
        }
        conn.pragma_update(None, "ignore_check_constraints", true).unwrap();
        conn.execute_batch(&sql.replace("LONG", zeros)).unwrap();
        for sql in triggers {
            if names.iter().any(|name| sql.contains(name)) {
                conn.execute_batch(&sql).unwrap();
            }
        }
        drop(conn);
        let store = Store::open(&path, Mode::Read).unwrap();
        let read = |store: &Store| {
            store.heads()?;
            store.entries(0..9, |_| Ok::<(), StoreError>(()))?;
            store.look(0..9, |_| Ok::<(), StoreError>(()))?;
            store.contents(|_| true, |_| Ok::<(), StoreError>(()))
        };
        let error = read(&store).unwrap_err();
        let (table, column, row) = named;
        let StoreError::Damaged { detail, .. } = error else { panic!("{sql}: {error:?}") };
        let expected = format!("`{column}` has 2000000 bytes in the row of the table `{table}`");
        assert!(detail.starts_with(&expected), "{detail}");
        assert!(detail.contains(&format!("is {row},")), "{detail}");
    }
}

#[test]
fn long_content_is_kept_hashed_and_copied_piece_by_piece() {
    let (_folder, path) = folder();
    let store = Store::create(&path).unwrap();
    let long = [b"x".repeat(3_000_000), b"end".to_vec()].concat();
    let digest = Digest::of(&long);
    let mut append = store.begin(None).unwrap();
    append.put_content(&digest, &long).unwrap();
    append.put_content(&digest, &long).unwrap();
    for other in [&long[..9], &[&long[..], b"more"].concat(), &b"y".repeat(long.len())] {
        let error = append.put_content(&digest, other).unwrap_err();
        assert!(matches!(error, StoreError::ContentDiffers { .. }), "{error:?}");
    }
    put(&mut append, 0);
    append.commit().unwrap();
    let copy = path.with_extension("copy");
    store.backup(&copy).unwrap();
    for store in [store, Store::open(&copy, Mode::Read).unwrap()] {
        for wanted in [true, false] {
            let each = |content: Content| {
                assert_eq!((content.digest, content.actual), (digest, digest));
                assert_eq!(content.bytes, wanted.then(|| long.clone()));
                Ok::<(), StoreError>(())
            };
            store.contents(|_| wanted, each).unwrap();
        }
        assert_eq!(store.content(&digest, long.len() as u64).unwrap().unwrap(), long);
        let mut pieces = Vec::new();
        store.content_to(&digest, |block| pieces.extend_from_slice(block)).unwrap();
        assert_eq!(pieces, long);
        assert!(store.content(&digest, long.len() as u64 - 1).is_err());
        assert!(
            store.has_content(&digest).unwrap() && !store.has_content(&Digest::of(b"")).unwrap()
        );
    }
}

#[test]
fn what_is_taken_in_is_hashed_whole_and_kept_within_bounds() {
    let block = vec![b'x'; 1 << 20];
    let most = usize::try_from(KEPT_BYTES_MAX).unwrap();
    for (more, kept) in [(&b""[..], true), (b"y", false)] {
        let mut intake = Intake::new(Digest::of(b""), true);
        for _ in 0..most / block.len() {
            intake.add(&block);
        }
        intake.add(more);
        let content = intake.finish();
        assert_eq!(content.bytes.is_some(), kept);
        assert_eq!(content.actual, Digest::of(&[&vec![b'x'; most][..], more].concat()));
    }
}

#[test]
fn a_range_of_entries_and_an_error_of_the_caller_end_the_reading() {
    let (_folder, path) = ledger(5);
    let store = Store::open(&path, Mode::Read).unwrap();
    let read = |range, stop: u64| {
        let mut seen = Vec::new();
        let outcome = store.entries(range, |row| {
            seen.push(row.seq);
            if row.seq == stop { Err(StoreError::Changed { path: path.clone() }) } else { Ok(()) }
        });
        (seen, outcome.is_ok())
    };
    assert_eq!(read(1..3, 9), (vec![1, 2], true));
    assert_eq!(read(3..u64::MAX, 9), (vec![3, 4], true));
    assert_eq!(read(5..5, 9), (vec![], true));
    assert_eq!(read(u64::MAX - 1..u64::MAX, 9), (vec![], true));
    assert_eq!(read(0..5, 1), (vec![0, 1], false));
}

#[test]
fn what_does_not_fit_is_refused_by_name_and_leaves_nothing() {
    let (_folder, path) = ledger(2);
    let store = Store::open(&path, Mode::Write).unwrap();
    let digest = Digest::of(b"x");
    let check = |outcome: Result<(), StoreError>, expected: Expected| {
        let error = outcome.unwrap_err();
        assert!(expected(&error), "{error:?}");
    };
    let conflict = store.begin(Some(1)).map(drop);
    check(conflict, |error| matches!(error, StoreError::Conflict { expected: 1, found: 2 }));

    let mut append = store.begin(Some(2)).unwrap();
    for seq in [0, 1, 3, u64::MAX] {
        check(append.put_entry(seq, &id(9), &digest, b"x"), |error| {
            matches!(error, StoreError::OutOfOrder { expected: 2, .. })
        });
    }
    check(append.put_entry(2, &id(1), &digest, b"x"), |error| {
        matches!(error, StoreError::IdUsed { seq: 1 })
    });
    for length in [0, 65_536] {
        let bytes = vec![b'x'; length];
        check(append.put_entry(2, &id(9), &digest, &bytes), |error| {
            matches!(error, StoreError::Refused { .. })
        });
    }
    for size in [1, 2, 3] {
        check(append.put_head(size, &note(size)), |error| {
            matches!(error, StoreError::Refused { .. })
        });
    }
    check(append.put_head(3, &note(2)), |error| matches!(error, StoreError::HeadSize { .. }));
    append.put_content(&digest, b"x").unwrap();
    append.put_content(&digest, b"x").unwrap();
    check(append.put_content(&digest, b"y"), |error| {
        matches!(error, StoreError::ContentDiffers { .. })
    });
    append.put_entry(2, &id(9), &digest, &vec![b'x'; 65_535]).unwrap();
    check(append.commit(), |error| matches!(error, StoreError::NoHead { size: 3, head: 2 }));

    assert_eq!(store.size().unwrap(), 2);
    assert_eq!(store.content(&digest, 99).unwrap(), None);
    store.close().unwrap();
    let store = Store::open(&path, Mode::Read).unwrap();
    check(store.begin(None).map(drop), |error| matches!(error, StoreError::ReadOnly { .. }));
}

#[test]
fn an_append_that_is_dropped_at_any_step_leaves_nothing() {
    let (_folder, path) = ledger(1);
    let mut store = Store::open(&path, Mode::Write).unwrap();
    for step in 0..4 {
        let mut append = store.begin(Some(1)).unwrap();
        if step > 0 {
            append.put_content(&Digest::of(b"x"), b"x").unwrap();
        }
        if step > 1 {
            append.put_entry(1, &id(1), &Digest::of(b"x"), b"x").unwrap();
        }
        if step > 2 {
            append.put_head(2, &note(2)).unwrap();
        }
        drop(append);
        assert_eq!(store.size().unwrap(), 1);
        assert_eq!(store.head().unwrap(), Some(note(1)));
        assert_eq!(store.content(&Digest::of(b"x"), 99).unwrap(), None);
        assert_eq!(store.guard().unwrap(), Guard::Equal { size: 1 });
    }
    append(&mut store, [1]);
    assert_eq!(store.size().unwrap(), 2);
}

#[test]
fn nothing_is_created_over_what_is_there() {
    for suffix in ["", "-wal", "-shm", "-journal", ".head"] {
        let (_folder, path) = folder();
        fs::write(beside(&path, suffix), "mine").unwrap();
        let error = Store::create(&path).unwrap_err();
        assert!(matches!(error, StoreError::Exists { .. }), "{error:?}");
        assert_eq!(fs::read(beside(&path, suffix)).unwrap(), b"mine");
        assert_eq!(names(&path).len(), 1);
    }
    let (_folder, path) = folder();
    let error = Store::create(path.join("below")).unwrap_err();
    assert!(matches!(error, StoreError::Missing { .. }), "{error:?}");
    assert_eq!(names(&path).len(), 0);
    Store::create(&path).unwrap().close().unwrap();
    assert_eq!(names(&path), ["ledger.dspt"]);
}

#[test]
fn what_is_no_ledger_is_named_and_not_touched() {
    let (_folder, path) = folder();
    for mode in [Mode::Read, Mode::Write] {
        refused(&path, mode, |error| matches!(error, StoreError::Missing { .. }));
        refused(&path.join("below"), mode, |error| matches!(error, StoreError::Missing { .. }));
        refused(path.parent().unwrap(), mode, |error| {
            matches!(error, StoreError::Directory { .. })
        });
        assert_eq!(names(&path).len(), 0);
    }
    fs::write(&path, "").unwrap();
    for mode in [Mode::Read, Mode::Write] {
        refused(&path, mode, |error| matches!(error, StoreError::NotALedger { .. }));
    }
    for text in ["x".to_owned(), "text ".repeat(1_000), "SQLite format 3\0".to_owned()] {
        fs::write(&path, text).unwrap();
        for mode in [Mode::Read, Mode::Write] {
            refused(&path, mode, |error| {
                matches!(error, StoreError::NotALedger { .. } | StoreError::Truncated { .. })
            });
        }
    }
    fs::remove_file(&path).unwrap();
    for journal in ["delete", "wal"] {
        tamper(
            &path,
            &format!("PRAGMA journal_mode = {journal}; CREATE TABLE IF NOT EXISTS t (a)"),
        );
        for mode in [Mode::Read, Mode::Write] {
            refused(&path, mode, |error| matches!(error, StoreError::NotALedger { .. }));
            assert_eq!(names(&path).len(), 1);
        }
    }
}

#[test]
fn a_ledger_that_other_hands_changed_is_named_and_not_touched() {
    let newer = |error: &StoreError| matches!(error, StoreError::NewerFormat { found: 2, .. });
    let damaged = |error: &StoreError| matches!(error, StoreError::Damaged { .. });
    let altered = |error: &StoreError| matches!(error, StoreError::UnknownSchema { .. });
    let cases: [(&str, Expected); 6] = [
        ("PRAGMA user_version = 2", newer),
        ("PRAGMA user_version = 0", damaged),
        ("CREATE TABLE _litestream_lock (id INTEGER)", altered),
        ("DROP TRIGGER entry_is_not_deleted", altered),
        ("CREATE TRIGGER t AFTER INSERT ON entry BEGIN DELETE FROM head; END", altered),
        ("ALTER TABLE content ADD COLUMN name TEXT", altered),
    ];
    for (sql, expected) in cases {
        let (_folder, path) = ledger(2);
        tamper(&path, sql);
        for mode in [Mode::Read, Mode::Write] {
            refused(&path, mode, expected);
        }
    }
}

#[test]
fn a_file_cut_short_or_overwritten_is_named() {
    let (_folder, path) = ledger(300);
    let whole = fs::read(&path).unwrap();
    for length in [4_096, 8_192, whole.len() - 4_096, whole.len() - 5_000] {
        fs::write(&path, &whole[..length]).unwrap();
        for mode in [Mode::Read, Mode::Write] {
            refused(&path, mode, |error| matches!(error, StoreError::Truncated { .. }));
        }
    }
    for more in [1, 4_096, 10_000] {
        fs::write(&path, [&whole[..], &vec![0; more]].concat()).unwrap();
        for mode in [Mode::Read, Mode::Write] {
            refused(&path, mode, |error| {
                matches!(error, StoreError::Damaged { .. })
                    && error.to_string().contains("bytes follow its last page")
            });
        }
    }
    for length in [1, 50, 99, 100, 600] {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(Store::open(&path, Mode::Read).is_err());
        assert!(Store::open(&path, Mode::Write).is_err());
    }
    // Pages of noise: an error with a name, at the latest when they are read.
    for page in 1..whole.len() / 4_096 {
        let mut bytes = whole.clone();
        bytes[page * 4_096..(page + 1) * 4_096].fill(0xA5);
        fs::write(&path, bytes).unwrap();
        let read = Store::open(&path, Mode::Read).and_then(|store| {
            store.heads()?;
            store.entries(0..u64::MAX, |_| Ok::<(), StoreError>(()))?;
            store.guard()
        });
        if let Err(error) = read {
            let named =
                matches!(error, StoreError::Damaged { .. } | StoreError::UnknownSchema { .. });
            assert!(named, "page {page}: {error:?}");
        }
    }
}

#[test]
fn a_closed_ledger_is_one_file_and_reading_leaves_it_so() {
    let (_folder, path) = ledger(3);
    assert_eq!(names(&path), ["ledger.dspt", "ledger.dspt.head"]);
    let before = fs::read(&path).unwrap();
    let store = Store::open(&path, Mode::Read).unwrap();
    assert_eq!(rows(&store).len(), 3);
    assert_eq!(names(&path).len(), 2);
    drop(store);
    assert_eq!(fs::read(&path).unwrap(), before);
    // Dropped without a word it is closed as well.
    let mut store = Store::open(&path, Mode::Write).unwrap();
    append(&mut store, [3]);
    drop(store);
    assert_eq!(names(&path).len(), 2);
}

#[test]
fn every_connection_has_the_settings_read_back() {
    let (_folder, path) = ledger(1);
    for mode in [Mode::Read, Mode::Write] {
        let store = Store::open(&path, mode).unwrap();
        let found = store.settings().unwrap();
        for (name, value) in [
            ("recursive_triggers", "1"),
            ("defensive", "1"),
            ("trusted_schema", "0"),
            ("cell_size_check", "1"),
            ("foreign_keys", "1"),
            ("busy_timeout", "5000"),
        ] {
            assert_eq!(found[name], value, "{name}");
        }
        let journal = (found["journal_mode"].as_str(), found["synchronous"].as_str());
        let durable = [("wal", "3"), ("delete", "3")].contains(&journal);
        assert!(mode == Mode::Read || durable, "{journal:?}");
    }
}

#[test]
fn a_ledger_opened_through_a_link_has_its_head_beside_the_file() {
    #[cfg(unix)]
    {
        let (_folder, path) = ledger(1);
        let (other, _) = folder();
        let link = other.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let mut store = Store::open(&link, Mode::Write).unwrap();
        append(&mut store, [1]);
        assert_eq!(store.guard().unwrap(), Guard::Equal { size: 2 });
        drop(store);
        assert_eq!(names(&link), ["link"]);
        assert_eq!(fs::read(beside(&path, ".head")).unwrap(), note(2));
    }
}

#[test]
fn a_ledger_with_two_names_is_read_and_not_written() {
    #[cfg(unix)]
    {
        let (_folder, path) = ledger(2);
        let second = path.with_extension("second");
        fs::hard_link(&path, &second).unwrap();
        for name in [&path, &second] {
            refused(name, Mode::Write, |error| {
                matches!(error, StoreError::Linked { names: 2, .. })
            });
            assert_eq!(Store::open(name, Mode::Read).unwrap().size().unwrap(), 2);
        }
        // The way out that the error names.
        fs::remove_file(&second).unwrap();
        append(&mut Store::open(&path, Mode::Write).unwrap(), [2]);
        // A symbolic link is no second name: log and head lie beside the file itself.
        std::os::unix::fs::symlink(&path, &second).unwrap();
        append(&mut Store::open(&second, Mode::Write).unwrap(), [3]);
        assert_eq!(
            Store::open(&path, Mode::Read).unwrap().guard().unwrap(),
            Guard::Equal { size: 4 }
        );
    }
}

#[test]
fn what_is_no_file_under_the_name_of_a_side_file_is_named_at_once() {
    #[cfg(unix)]
    for suffix in ["-wal", "-journal", "-shm", ".head"] {
        let (_folder, path) = ledger(1);
        let _ = fs::remove_file(beside(&path, suffix));
        let _pipe = std::os::unix::net::UnixListener::bind(beside(&path, suffix)).unwrap();
        for mode in [Mode::Read, Mode::Write] {
            refused(&path, mode, |error| matches!(error, StoreError::Odd { .. }));
        }
    }
}

#[test]
fn an_older_copy_in_the_place_of_the_ledger_is_not_written() {
    let (_folder, path) = ledger(2);
    let older = fs::read(&path).unwrap();
    let mut store = Store::open(&path, Mode::Write).unwrap();
    append(&mut store, 2..4);
    drop(store);
    fs::write(&path, older).unwrap();
    refused(&path, Mode::Write, |error| {
        matches!(error, StoreError::RolledBack { ledger: 2, file: 4, .. })
    });
    let store = Store::open(&path, Mode::Read).unwrap();
    assert_eq!(store.guard().unwrap(), Guard::FileAhead { ledger: 2, file: 4 });
    assert!(store.guard().unwrap().refuses_writing());
    // The way out that the error names.
    fs::remove_file(store.head_path()).unwrap();
    assert_eq!(store.guard().unwrap(), Guard::Missing { ledger: 2 });
    drop(store);
    let mut store = Store::open(&path, Mode::Write).unwrap();
    append(&mut store, [2]);
    assert_eq!(store.guard().unwrap(), Guard::Equal { size: 3 });
}

#[test]
fn a_head_that_contradicts_the_ledger_stops_writing() {
    let (_folder, path) = ledger(3);
    let head = beside(&path, ".head");
    for size in [2, 3] {
        fs::write(&head, [&note(size)[..], b"another signature\n"].concat()).unwrap();
        refused(&path, Mode::Write, |error| matches!(error, StoreError::HeadDiffers { .. }));
        let store = Store::open(&path, Mode::Read).unwrap();
        assert_eq!(store.guard().unwrap(), Guard::Changed { size });
    }
    for bad in ["", "three\nthree\n", "x\n03\n"] {
        fs::write(&head, bad).unwrap();
        refused(&path, Mode::Write, |error| matches!(error, StoreError::HeadUnreadable { .. }));
        let store = Store::open(&path, Mode::Read).unwrap();
        assert_eq!(store.guard().unwrap(), Guard::Unreadable);
    }
    // Noticed by a writer that is open already, too.
    fs::write(&head, note(3)).unwrap();
    let store = Store::open(&path, Mode::Write).unwrap();
    fs::write(&head, note(4)).unwrap();
    let error = store.begin(None).unwrap_err();
    assert!(matches!(error, StoreError::RolledBack { ledger: 3, file: 4, .. }), "{error:?}");
}

#[test]
fn a_crash_before_the_head_is_renewed_is_mended_on_opening() {
    let (_folder, path) = ledger(2);
    let head = beside(&path, ".head");
    for size in [1, 2] {
        fs::write(&head, note(size)).unwrap();
        fs::write(beside(&path, ".head.new"), "half a no").unwrap();
        Store::open(&path, Mode::Write).unwrap().close().unwrap();
        assert_eq!(fs::read(&head).unwrap(), note(2));
    }
    // Reading changes nothing.
    fs::write(&head, note(1)).unwrap();
    let store = Store::open(&path, Mode::Read).unwrap();
    assert_eq!(store.guard().unwrap(), Guard::FileBehind { ledger: 2, file: 1 });
    assert_eq!(fs::read(&head).unwrap(), note(1));
}

#[test]
fn a_backup_is_whole_and_never_overwrites() {
    let (_folder, path) = ledger(300);
    let copy = path.with_extension("backup");
    let mut store = Store::open(&path, Mode::Write).unwrap();
    append(&mut store, [300]);
    store.backup(&copy).unwrap();
    let error = store.backup(&copy).unwrap_err();
    assert!(matches!(error, StoreError::Exists { .. }), "{error:?}");
    let error = store.backup(path.join("below")).unwrap_err();
    assert!(!matches!(error, StoreError::Exists { .. }), "{error:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let copied = Store::open(&copy, Mode::Read).unwrap();
    assert_eq!(rows(&copied), rows(&store));
    assert_eq!(copied.heads().unwrap(), store.heads().unwrap());
    assert_eq!(copied.guard().unwrap(), Guard::Missing { ledger: 301 });
    drop(copied);
    let mut copied = Store::open(&copy, Mode::Write).unwrap();
    append(&mut copied, [301]);
    drop((store, copied));
    let reader = Store::open(&path, Mode::Read).unwrap();
    reader.backup(path.with_extension("second")).unwrap();
    drop(reader);
    let expected = ["ledger.backup", "ledger.backup.head", "ledger.dspt", "ledger.dspt.head"];
    assert_eq!(names(&path), [&expected[..], &["ledger.second"]].concat());
}

#[test]
fn a_reader_that_stays_open_sees_new_entries_and_the_log_stays_small() {
    let (_folder, path) = ledger(1);
    let reader = Store::open(&path, Mode::Read).unwrap();
    let mut writer = Store::open(&path, Mode::Write).unwrap();
    let bytes = [b'x'; 1_000];
    for batch in 0..40 {
        let mut append = writer.begin(None).unwrap();
        let size = append.size().unwrap();
        for seq in size..size + 500 {
            append.put_entry(seq, &id(seq), &Digest::of(&bytes), &bytes).unwrap();
        }
        append.put_head(size + 500, &note(size + 500)).unwrap();
        append.commit().unwrap();
        assert_eq!(reader.size().unwrap(), 1 + 500 * (batch + 1));
        let log = fs::metadata(beside(&path, "-wal")).map_or(0, |metadata| metadata.len());
        assert!(log < 8 << 20, "{log}");
    }
    // While the reader thinks about an entry, the writer is not held up.
    let mut seen = 0;
    reader
        .entries(0..3, |_| {
            append(&mut writer, [1_000_000 + seen]);
            seen += 1;
            Ok::<(), StoreError>(())
        })
        .unwrap();
    assert_eq!((seen, reader.size().unwrap()), (3, 20_004));
    assert_eq!(reader.guard().unwrap(), Guard::Equal { size: 20_004 });
    writer.close().unwrap();
    assert_eq!(rows(&reader).len(), 20_004);
    drop(reader);
    // What the reader held up is done by the next who writes.
    Store::open(&path, Mode::Write).unwrap().close().unwrap();
    assert_eq!(names(&path), ["ledger.dspt", "ledger.dspt.head"]);
}

#[test]
fn a_second_writer_in_the_same_process_waits_its_turn() {
    let (_folder, path) = ledger(1);
    let mut one = Store::open(&path, Mode::Write).unwrap();
    let mut two = Store::open(&path, Mode::Write).unwrap();
    append(&mut one, [1]);
    let error = two.begin(Some(1)).unwrap_err();
    assert!(matches!(error, StoreError::Conflict { expected: 1, found: 2 }), "{error:?}");
    append(&mut two, [2]);
    drop(one);
    append(&mut two, [3]);
    drop(two);
    assert_eq!(names(&path), ["ledger.dspt", "ledger.dspt.head"]);
    assert_eq!(Store::open(&path, Mode::Read).unwrap().size().unwrap(), 4);
}

// From here on, with processes that are killed, that compete, or that have fewer rights.

/// Starts this test program again to do `task` with the ledger at `path`.
fn command(task: &str, path: &Path) -> Command {
    let this = module_path!().split_once("::").map_or("", |(_, rest)| rest);
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([&format!("{this}::child"), "--exact", "--nocapture", "--test-threads=1"])
        .env(TASK, task)
        .env(FILE, path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

/// Waits until the child says that it is where it was sent.
fn wait_for_ready(child: &mut Child) -> BufReader<std::process::ChildStdout> {
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("ready") {
        line.clear();
        assert!(out.read_line(&mut line).unwrap() > 0, "the child ended early");
    }
    out
}

fn say(text: &str) {
    let mut out = io::stdout();
    writeln!(out, "{text}").unwrap();
    out.flush().unwrap();
}

/// Stops here until the parent kills this process.
fn wait_to_be_killed() -> ! {
    say("ready");
    let _ = io::stdin().read(&mut [0]);
    std::process::exit(1)
}

/// What the child processes do; without a task, nothing.
#[test]
fn child() {
    let Ok(task) = std::env::var(TASK) else { return };
    let path = PathBuf::from(std::env::var_os(FILE).unwrap());
    match task.split_once(' ').unwrap() {
        ("stop-at", step) => stop_at(&path, step.parse().unwrap()),
        ("append", number) => append_with_others(&path, number.parse().unwrap()),
        ("spill", _) => spill(&path),
        ("forever", _) => append_forever(&path),
        ("read-only", case) => read_without_rights(&path, case),
        _ => panic!("{task}"),
    }
}

fn stop_at(path: &Path, step: u64) {
    let store = Store::open(path, Mode::Write).unwrap();
    let mut append = store.begin(None).unwrap();
    let size = append.size().unwrap();
    for at in 0..=4 {
        if at == step {
            wait_to_be_killed();
        }
        match at {
            0 => append.put_content(&Digest::of(b"x"), b"x").unwrap(),
            1 => append.put_entry(size, &id(size), &Digest::of(b"x"), b"x").unwrap(),
            2 => append.put_head(size + 1, &note(size + 1)).unwrap(),
            _ => break,
        }
    }
    append.commit().unwrap();
    wait_to_be_killed();
}

#[test]
fn a_process_killed_at_any_step_leaves_all_or_nothing() {
    for step in 0..=4 {
        let (_folder, path) = ledger(2);
        let mut child = command(&format!("stop-at {step}"), &path).spawn().unwrap();
        let _out = wait_for_ready(&mut child);
        if step < 4 {
            // It holds the write lock: a reader is served, another writer is told.
            assert_eq!(Store::open(&path, Mode::Read).unwrap().size().unwrap(), 2);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let size = if step == 4 { 3 } else { 2 };
        for mode in [Mode::Read, Mode::Write] {
            let store = Store::open(&path, mode).unwrap();
            assert_eq!(rows(&store).len() as u64, size, "step {step}");
            assert_eq!(store.head().unwrap(), Some(note(size)));
            assert_eq!(store.content(&Digest::of(b"x"), 99).unwrap().is_some(), step == 4);
            assert_eq!(store.guard().unwrap(), Guard::Equal { size });
        }
        let mut store = Store::open(&path, Mode::Write).unwrap();
        // The outcome is unknown to whoever sent it: the id tells.
        let found = store.begin(None).unwrap().find(&id(2)).unwrap();
        assert_eq!(found.is_some(), step == 4);
        append(&mut store, [99]);
        store.close().unwrap();
        assert_eq!(names(&path), ["ledger.dspt", "ledger.dspt.head"]);
    }
}

fn append_forever(path: &Path) {
    let mut store = Store::open(path, Mode::Write).unwrap();
    for number in store.size().unwrap().. {
        append(&mut store, [number]);
        say(&format!("done {number} ready"));
    }
}

#[test]
fn what_was_acknowledged_before_a_kill_is_there_after_it() {
    let (_folder, path) = ledger(0);
    for round in 1..=8 {
        let mut child = command("forever 0", &path).spawn().unwrap();
        let mut out = wait_for_ready(&mut child);
        let mut line = String::new();
        for _ in 0..round * 3 {
            line.clear();
            out.read_line(&mut line).unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        // The last line may have been cut off by the kill.
        let said = [line, rest].concat();
        let whole = said.lines().filter(|line| line.ends_with(" ready"));
        let last = whole.filter_map(|line| line.split(' ').nth(1)).next_back().unwrap();
        let acknowledged: u64 = last.parse().unwrap();

        let store = Store::open(&path, Mode::Read).unwrap();
        let size = store.size().unwrap();
        assert!((acknowledged + 1..=acknowledged + 2).contains(&size), "{acknowledged} {size}");
        let guard = store.guard().unwrap();
        let behind = Guard::FileBehind { ledger: size, file: size - 1 };
        assert!(guard == Guard::Equal { size } || guard == behind, "{guard:?}");
        drop(store);
        let store = Store::open(&path, Mode::Write).unwrap();
        assert_eq!(store.guard().unwrap(), Guard::Equal { size });
        let expected: Vec<_> = (0..size).map(id).collect();
        assert_eq!(rows(&store).into_iter().map(|row| row.id).collect::<Vec<_>>(), expected);
    }
}

fn append_with_others(path: &Path, process: u64) {
    for number in 0..50 {
        // Some keep the ledger open, some open it each time, as commands do.
        let store = Store::open(path, Mode::Write).unwrap();
        loop {
            let expected = process.is_multiple_of(2).then(|| store.size().unwrap());
            match store.begin(expected) {
                Ok(mut append) => {
                    put(&mut append, process * 1_000 + number);
                    append.commit().unwrap();
                    break;
                }
                Err(StoreError::Conflict { .. } | StoreError::Locked { .. }) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        if process.is_multiple_of(3) {
            store.close().unwrap();
        } else {
            append_in_peace(&store);
        }
    }
    say("ready");
}

/// Another reader in the same process, so that handles come and go.
fn append_in_peace(store: &Store) {
    let reader = Store::open(store.path(), Mode::Read).unwrap();
    assert!(reader.size().unwrap() > 0);
}

#[test]
fn six_processes_append_to_one_ledger() {
    let (_folder, path) = ledger(0);
    let mut children: Vec<_> = (1..=6)
        .map(|process| command(&format!("append {process}"), &path).spawn().unwrap())
        .collect();
    // A reader meanwhile, opened again and again, finds whole ledgers that only grow.
    let mut before = 0;
    while children.iter_mut().any(|child| child.try_wait().unwrap().is_none()) {
        let read = Store::open(&path, Mode::Read).and_then(|store| {
            let size = store.size()?;
            store.entries(0..size, |_| Ok::<(), StoreError>(()))?;
            Ok(size)
        });
        match read {
            Ok(size) => {
                assert!(before <= size, "{before} {size}");
                before = size;
            }
            Err(StoreError::Changed { .. } | StoreError::Locked { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    for child in &mut children {
        let _out = wait_for_ready(child);
        assert!(child.wait().unwrap().success());
    }
    let store = Store::open(&path, Mode::Write).unwrap();
    let found = rows(&store);
    assert_eq!(found.len(), 300);
    assert!(found.iter().zip(0..).all(|(row, seq)| row.seq == seq));
    let mut ids: Vec<_> = found.iter().map(|row| row.id).collect();
    ids.sort_unstable();
    let expected: Vec<_> = (1..=6).flat_map(|p| (0..50).map(move |n| id(p * 1_000 + n))).collect();
    assert_eq!(ids, expected);
    assert_eq!(store.heads().unwrap().len(), 300);
    assert_eq!(store.guard().unwrap(), Guard::Equal { size: 300 });
    store.close().unwrap();
    assert_eq!(names(&path), ["ledger.dspt", "ledger.dspt.head"]);
}

/// A ledger whose last writer was killed with an entry in the log; none, and said, where the folder
/// for temporary files is not known to be on a local disk, as no log is kept there.
#[cfg(target_os = "linux")]
fn killed_ledger() -> Option<(TempDir, PathBuf)> {
    let (folder, path) = ledger(2);
    kill_in("stop-at 4", &path);
    if !beside(&path, "-wal").exists() {
        crate::project::left_out::left_out(
            "the folder for temporary files is on no disk that is known",
        );
        return None;
    }
    Some((folder, path))
}

/// Lets a child do a task to the point where it waits, and kills it.
fn kill_in(task: &str, path: &Path) {
    let mut child = command(task, path).spawn().unwrap();
    let _out = wait_for_ready(&mut child);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Writes into the file itself, with a rollback journal, and more than SQLite keeps in memory.
fn spill(path: &Path) {
    let conn = Connection::open(path).unwrap();
    conn.execute_batch("PRAGMA cache_size = 2; BEGIN IMMEDIATE").unwrap();
    for number in 0..200_u64 {
        let digest = Digest::of(&id(number));
        let row = rusqlite::params![digest.as_bytes(), vec![b'x'; 5_000]];
        conn.execute("INSERT INTO content (digest, bytes) VALUES (?1, ?2)", row).unwrap();
    }
    wait_to_be_killed();
}

#[test]
fn a_writer_killed_inside_the_file_leaves_what_was_committed_to_readers_and_writers() {
    let (_folder, path) = ledger(3);
    let committed = fs::read(&path).unwrap();
    kill_in("spill 0", &path);
    let (found, journal) = (fs::read(&path).unwrap(), beside(&path, "-journal"));
    assert!(found != committed && journal.exists(), "nothing was left half done");
    for _again in 0..2 {
        let reader = Store::open(&path, Mode::Read).unwrap();
        assert_eq!((rows(&reader).len(), reader.head().unwrap()), (3, Some(note(3))));
        assert_eq!(reader.guard().unwrap(), Guard::Equal { size: 3 });
        assert_eq!(reader.path(), path.canonicalize().unwrap());
        assert_eq!(reader.beside().unwrap().size().unwrap(), 3);
        // Reading touched nothing.
        assert_eq!(fs::read(&path).unwrap(), found);
        assert_eq!(names(&path), ["ledger.dspt", "ledger.dspt-journal", "ledger.dspt.head"]);
    }
    #[cfg(target_os = "linux")]
    check_read_only(&path, 0o444, "3");
    #[cfg(target_os = "linux")]
    for name in names(&path) {
        use std::os::unix::fs::PermissionsExt as _;
        let all = fs::Permissions::from_mode(0o644);
        fs::set_permissions(path.with_file_name(name), all).unwrap();
    }
    append(&mut Store::open(&path, Mode::Write).unwrap(), [3]);
    assert_eq!(rows(&Store::open(&path, Mode::Read).unwrap()).len(), 4);
    assert_eq!(names(&path), ["ledger.dspt", "ledger.dspt.head"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_backup_put_back_beside_the_log_of_a_newer_file_is_told_from_damage() {
    let (_folder, path) = ledger(2);
    let backup = fs::read(&path).unwrap();
    append(&mut Store::open(&path, Mode::Write).unwrap(), 2..300);
    kill_in("stop-at 4", &path);
    let log = beside(&path, "-wal");
    if !log.exists() {
        return crate::project::left_out::left_out(
            "no log is kept in the folder for temporary files",
        );
    }
    fs::write(&path, backup).unwrap();
    for mode in [Mode::Read, Mode::Write] {
        let error = Store::open(&path, mode).and_then(|store| {
            store.heads()?;
            store.entries(0..u64::MAX, |_| Ok::<(), StoreError>(()))
        });
        let error = error.unwrap_err();
        assert!(matches!(error, StoreError::OtherLog { entries: 2, .. }), "{mode:?}: {error:?}");
    }
    // The way out that the error names; the head beside it still knows of more.
    for side in ["-wal", "-shm"] {
        let _ = fs::rename(beside(&path, side), beside(&path, &format!("{side}.kept")));
    }
    let store = Store::open(&path, Mode::Read).unwrap();
    assert_eq!((rows(&store).len(), store.size().unwrap()), (2, 2));
    assert!(matches!(store.guard().unwrap(), Guard::FileAhead { ledger: 2, .. }));
}

#[cfg(target_os = "linux")]
#[test]
fn a_copy_without_its_log_reads_and_is_not_written_beside_the_newer_head() {
    let Some((_folder, path)) = killed_ledger() else { return };
    let (_other, copy) = folder();
    fs::copy(&path, &copy).unwrap();
    fs::copy(beside(&path, ".head"), beside(&copy, ".head")).unwrap();
    let before = fs::read(&copy).unwrap();
    // The copy wants a log and has none: it is read as it stands, and gets no side file.
    let reader = Store::open(&copy, Mode::Read).unwrap();
    assert_eq!(rows(&reader).len(), 2);
    assert_eq!(reader.guard().unwrap(), Guard::FileAhead { ledger: 2, file: 3 });
    assert_eq!(names(&copy), ["ledger.dspt", "ledger.dspt.head"]);
    assert_eq!(fs::read(&copy).unwrap(), before);
    let error = Store::open(&copy, Mode::Write).unwrap_err();
    assert!(matches!(error, StoreError::RolledBack { ledger: 2, file: 3, .. }), "{error:?}");
    // With the head out of the way it is written, and the reader is told.
    assert_eq!(reader.size().unwrap(), 2);
    fs::remove_file(beside(&copy, ".head")).unwrap();
    let mut writer = Store::open(&copy, Mode::Write).unwrap();
    append(&mut writer, [2]);
    let error = reader.size().unwrap_err();
    assert!(matches!(error, StoreError::Changed { .. }), "{error:?}");
    writer.close().unwrap();
    let error = reader.size().unwrap_err();
    assert!(matches!(error, StoreError::Changed { .. }), "{error:?}");
    assert_eq!(Store::open(&copy, Mode::Read).unwrap().size().unwrap(), 3);
}

#[cfg(target_os = "linux")]
#[test]
fn a_log_that_cannot_be_used_is_named() {
    let Some((_folder, path)) = killed_ledger() else { return };
    let index = beside(&path, "-shm");
    fs::remove_file(&index).unwrap();
    fs::create_dir(&index).unwrap();
    // SQLite can read the log by itself, but not share it.
    let store = Store::open(&path, Mode::Write).unwrap();
    assert_eq!(store.size().unwrap(), 3);
    let error = store.begin(None).unwrap_err();
    assert!(matches!(error, StoreError::NotWritable { .. }), "{error:?}");
    drop(store);
    fs::remove_dir(&index).unwrap();
    assert_eq!(Store::open(&path, Mode::Write).unwrap().size().unwrap(), 3);
}

/// Says what a reader without the right to write finds.
fn read_without_rights(path: &Path, case: &str) {
    match Store::open(path, Mode::Read) {
        Ok(store) => assert_eq!(rows(&store).len().to_string(), case),
        Err(other) => panic!("{other:?}"),
    }
    let error = Store::open(path, Mode::Write).unwrap_err();
    let named = matches!(error, StoreError::NotWritable { .. });
    assert!(named, "{error:?}");
    say("ready");
}

#[cfg(target_os = "linux")]
#[track_caller]
fn check_read_only(path: &Path, file_mode: u32, expected: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;
    let folder = path.parent().unwrap();
    let set = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    for name in names(path) {
        set(&folder.join(name), file_mode);
    }
    set(folder, 0o555);
    let before = names(path);
    let mut command = command(&format!("read-only {expected}"), path);
    if fs::write(folder.join("probe"), "").is_ok() {
        // The administrator may write anywhere; the child is nobody, if it may read this program.
        fs::remove_file(folder.join("probe")).unwrap();
        command.uid(65_534).current_dir("/");
    }
    let output = command.stdin(Stdio::null()).output();
    set(folder, 0o755);
    let Ok(output) = output else { return };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("ready"), "{said}");
    assert_eq!(names(path), before);
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_copy_in_a_read_only_folder_is_read_and_left_alone() {
    let (_folder, path) = ledger(3);
    check_read_only(&path, 0o444, "3");
    check_read_only(&path, 0o666, "3");
    let Some((_folder, path)) = killed_ledger() else { return };
    for side in ["-wal", "-shm"] {
        fs::remove_file(beside(&path, side)).unwrap();
    }
    check_read_only(&path, 0o444, "2");
    let Some((_folder, path)) = killed_ledger() else { return };
    check_read_only(&path, 0o444, "3");
    // Without its index the log can be read in a copy only.
    fs::remove_file(beside(&path, "-shm")).unwrap();
    check_read_only(&path, 0o444, "3");
}

//! How far a ledger can be believed goes with every answer: texts, JSON, the screen; and what is not
//! checked, or none of the reader's own, is never said to be.

use std::fs;
use std::path::Path;

use dspt_ledger::ledger::{Checkpoint, Frontier, LogKeys, Sign as _, Vkey, leaf_hash};
use dspt_ledger::verify::known_heads::{Memory, heads_digest};
use serde_json::Value;
use tempfile::TempDir;

use crate::fixtures::{LOG, Raw, beside, copy, ledger, origin, signer};
use crate::screen::tui::make_demo;
use crate::screen::tui_verify::{run, words};

fn told(folder: &Path, ledger: &Path, args: &str) -> (Option<i32>, String) {
    let all: Vec<&str> = args.split(' ').collect();
    run(folder, ledger, &words(&all, &[]), "")
}

#[test]
fn every_answer_out_of_a_ledger_says_how_far_it_can_be_believed() {
    let folder = TempDir::new().unwrap();
    make_demo(folder.path());
    let ledger = folder.path().join("ledger.dspt");
    for command in [
        "status --at 2026-06-30",
        "explain 9.2.1 --at 2026-06-30",
        "when 9.2.1",
        "diff 2026-03-31 2026-06-30",
        "log 9.2.1",
        "show #12",
        "statement list",
        "anchor list",
    ] {
        let (code, text) = told(folder.path(), &ledger, command);
        assert_eq!(code, Some(0), "{command}: {text}");
        let line = "\nBelieved: entries #0 to #105, consistent, not proven against those who hold";
        assert!(text.contains(line) || text.starts_with(&line[1..]), "{command}: {text}");
        let (_, text) = told(folder.path(), &ledger, &format!("--json {command}"));
        for line in text.lines().filter(|line| line.starts_with('{')) {
            let value: Value = serde_json::from_str(line).unwrap();
            assert_eq!(value["belief"]["grade"], "consistent", "{command}: {value}");
            assert_eq!(value["belief"]["head"]["size"], 106, "{command}");
            assert_eq!(value["belief"]["warning"], Value::Null, "{command}");
        }
    }
    // An older copy was put back: the head file beside it knows better, and the answer says so first.
    let older = TempDir::new().unwrap();
    let path = older.path().join("ledger.dspt");
    fs::copy(&ledger, &path).unwrap();
    let mut raw = Raw::read(&path);
    raw.entries.truncate(100);
    raw.heads.retain(|(size, _)| *size <= 100);
    raw.write(&path);
    fs::copy(beside(&ledger, ".head"), beside(&path, ".head")).unwrap();
    let (_, text) = told(older.path(), &path, "status --at 2026-06-30");
    let said =
        text.starts_with("THIS CANNOT BE BELIEVED AS IT STANDS") || text.contains("DSPT0030");
    assert!(said, "{text}");
    // What travels would be read without that line: nothing is given out.
    let out = older.path().join("out").display().to_string();
    for command in [
        format!("statement draft --at 2026-06-30 --out {out}"),
        format!("export bundle {out}"),
        format!("export tiles {out}"),
        format!("checkpoint --out {out}"),
        format!("prove #5 --out {out}"),
        format!("prove --item 9.2.1 --at 2026-06-30 --out {out}"),
        format!("timestamp request --out {out}"),
    ] {
        let (code, text) = told(older.path(), &path, &command);
        assert_eq!(code, Some(1), "{command}: {text}");
        assert!(text.contains("DSPT0030"), "{command}: {text}");
        assert!(!Path::new(&out).exists(), "{command}");
    }
}

#[test]
fn a_statement_in_a_file_is_shown_as_unchecked() {
    let folder = TempDir::new().unwrap();
    make_demo(folder.path());
    let ledger = folder.path().join("ledger.dspt");
    let file = folder.path().join("draft.json").display().to_string();
    let draft = format!("statement draft --at 2026-06-30 --out {file}");
    assert_eq!(told(folder.path(), &ledger, &draft).0, Some(0));
    let (_, text) = told(folder.path(), &ledger, &format!("statement show {file}"));
    assert!(text.starts_with("NOT CHECKED: this is what the file says"), "{text}");
    assert!(text.contains(&format!("dspt statement check {file}")), "{text}");
    let (_, text) = told(folder.path(), &ledger, &format!("--json statement show {file}"));
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["checked"], false);
}

#[test]
fn a_signature_that_is_only_remembered_is_checked_where_one_entry_is_shown() {
    let (_folder, path) = ledger();
    let (folder, path) = copy(&path);
    let mut raw = Raw::read(&path);
    let last = raw.entries.last_mut().unwrap();
    let at = last.bytes.windows(7).position(|part| part == b"\"sig\":\"").unwrap() + 12;
    last.bytes[at] = if last.bytes[at] == b'A' { b'B' } else { b'A' };
    last.leaf = leaf_hash(&last.bytes).as_bytes().to_vec();
    raw.heads.pop();
    raw.sign_head();
    raw.write(&path);
    fs::remove_file(beside(&path, ".head")).unwrap();
    let show = |entry: usize| told(folder.path(), &path, &format!("show #{entry}"));
    let last = raw.entries.len() - 1;
    assert!(show(last).1.contains("bad-signature"), "{}", show(last).1);
    // A memory that says all of it was verified before.
    let log = Vkey::new(origin().key_name(), *signer(LOG).public());
    let heads: Vec<(u64, Vec<u8>)> = raw
        .heads
        .iter()
        .map(|(size, note)| (u64::try_from(*size).unwrap(), note.clone()))
        .collect();
    let memory = Memory::at(&folder.path().join("state").join("verified"));
    let newest = heads.last().unwrap().1.clone();
    memory.store(&origin(), &LogKeys::new(log), &newest, &heads_digest(heads.iter())).unwrap();
    let (code, text) = show(last - 1);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("signature  good"), "{text}");
    assert!(text.contains("by an earlier check of yours"), "what is remembered is said: {text}");
    let (code, text) = show(last);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("bad-signature") && !text.contains("signature  good"), "{text}");
}

#[test]
fn a_policy_out_of_the_folder_that_is_checked_is_not_the_readers() {
    let (folder, path) = ledger();
    let bundle = folder.path().join("bundle").display().to_string();
    let (code, text) = told(folder.path(), &path, &format!("export bundle {bundle}"));
    assert_eq!(code, Some(0), "{text}");
    let log = Vkey::new(origin().key_name(), *signer(LOG).public());
    let own = folder.path().join("own");
    fs::write(&own, format!("log {log}\nquorum none\n")).unwrap();
    let own = own.display();
    let (code, text) = told(folder.path(), &path, &format!("verify {bundle} --policy {own}"));
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("trusted? CONSISTENT, by the log key of your policy"), "{text}");
    assert!(text.contains("quorum      not checked: the policy asks nobody"), "{text}");
    let mut inside = vec![format!("{bundle}/policy")];
    #[cfg(unix)]
    {
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(format!("{bundle}/policy"), &link).unwrap();
        inside.push(link.display().to_string());
        let second_name = folder.path().join("second-name");
        fs::hard_link(format!("{bundle}/policy"), &second_name).unwrap();
        inside.push(second_name.display().to_string());
    }
    for policy in inside {
        let (code, text) =
            told(folder.path(), &path, &format!("verify {bundle} --policy {policy}"));
        assert_eq!(code, Some(4), "{text}");
        assert!(text.contains("policy      not checked: the policy that was given lies"), "{text}");
        let tui = format!("--ledger {bundle} tui --linear --policy {policy}");
        let (code, text) = run(
            folder.path(),
            &path,
            &words(&tui.split(' ').collect::<Vec<_>>(), &[]),
            "signatures\nquit\n",
        );
        assert_eq!(code, Some(4), "{text}");
        assert!(text.contains("the policy that was given lies inside"), "{text}");
    }
}

/// The log of some other program: three entries in tiles, under a head of the test ledger's log key.
fn foreign(folder: &Path) -> Vkey {
    let entries = ["one", "two", "three"];
    let (mut frontier, mut bundle, mut hashes) = (Frontier::new(), Vec::new(), Vec::new());
    for entry in entries {
        let leaf = leaf_hash(entry.as_bytes());
        frontier.push(leaf);
        hashes.extend(leaf.as_bytes());
        bundle.extend(u16::try_from(entry.len()).unwrap().to_be_bytes());
        bundle.extend(entry.as_bytes());
    }
    let write = |name: &str, bytes: &[u8]| {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    };
    write("tile/0/000.p/3", &hashes);
    write("tile/entries/000.p/3", &bundle);
    let head = Checkpoint { origin: origin(), size: 3, root: frontier.root() };
    write("checkpoint", &head.sign(&signer(LOG)).unwrap());
    Vkey::new(origin().key_name(), *signer(LOG).public())
}

#[test]
fn the_log_of_another_program_is_told_apart_from_a_forged_ledger() {
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("log");
    let vkey = foreign(&log);
    let shown = log.display().to_string();
    let verify = format!("verify {shown}");
    let (code, text) = told(folder.path(), &log, &verify);
    assert_eq!(code, Some(4), "{text}");
    let named = format!("dspt check tiles --vkey VKEY --dir {shown}");
    assert!(text.contains("no ledger of dspt") && text.contains(&named), "{text}");
    assert!(!text.contains("proven that this is not"), "{text}");
    let (_, json) = told(folder.path(), &log, &format!("--json {verify}"));
    let value: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["foreign_log"]["size"], 3);
    assert_eq!(value["belief"]["warning"], "NOTHING HERE CAN BE BELIEVED");
    let check = format!("check tiles --vkey {vkey} --dir {shown}");
    assert_eq!(told(folder.path(), &log, &check).0, Some(0), "the command that it names works");
    let (_, text) = told(folder.path(), &log, &format!("--ledger {shown} tui --linear"));
    assert!(text.contains(&named), "{text}");
    // Forged, it is not good either, nor is a ledger of ours under another's look.
    let tile = log.join("tile/entries/000.p/3");
    let mut bytes = fs::read(&tile).unwrap();
    bytes[3] ^= 1;
    fs::write(&tile, bytes).unwrap();
    assert_eq!(told(folder.path(), &log, &verify).0, Some(1));
}

#[test]
fn a_head_file_that_is_not_there_is_not_good() {
    let (_folder, path) = ledger();
    let (folder, path) = copy(&path);
    fs::remove_file(beside(&path, ".head")).unwrap();
    let (code, text) = told(folder.path(), &path, "verify");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("head file   not checked: missing"), "{text}");
}

#[test]
fn whatever_can_be_told_for_a_ledger_opens_on_its_answer() {
    let (folder, path) = ledger();
    let bundle = folder.path().join("bundle");
    let made = format!("export bundle {}", bundle.display());
    assert_eq!(told(folder.path(), &path, &made).0, Some(0));
    let tiles = folder.path().join("tiles");
    let made = format!("export tiles {}", tiles.display());
    assert_eq!(told(folder.path(), &path, &made).0, Some(0));
    let screen = |ledger: &Path| {
        let flags = ["--ledger".to_owned(), ledger.display().to_string()];
        let input = "1\n2\n3\n4\n6\np\nexport shown.csv\nsignatures\nquit\n";
        let args = words(&["tui", "--linear"], &flags);
        let told = run(folder.path(), &path, &args, input);
        let csv = fs::read_to_string(folder.path().join("shown.csv")).unwrap();
        fs::remove_file(folder.path().join("shown.csv")).unwrap();
        (told.0, told.1, csv)
    };
    // Tiles alone have no edition: no position, and an answer all the same.
    let (code, text, _) = screen(&tiles);
    assert_eq!(code, Some(4), "{text}");
    assert!(text.contains("NO POSITION CAN BE SHOWN"), "{text}");
    let no = |ledger: &Path, warning: &str| {
        let (code, text, csv) = screen(ledger);
        assert_eq!(code, Some(1), "{text}");
        assert!(text.starts_with(warning), "{text}");
        assert!(text.contains("Can this history be trusted? NO. First problem"), "{text}");
        assert!(text.contains(&format!("No statement is drafted: {warning}")), "{text}");
        assert!(csv.lines().nth(1).unwrap().contains(warning), "{csv}");
    };
    let (other, damaged) = copy(&path);
    let mut raw = Raw::read(&damaged);
    let at = raw.entries[0].bytes.len() / 2;
    raw.entries[0].bytes[at] ^= 1;
    raw.write(&damaged);
    no(&damaged, "NOTHING HERE CAN BE BELIEVED");
    drop(other);
    let (_other, damaged) = copy(&path);
    let mut raw = Raw::read(&damaged);
    let at = raw.entries[9].bytes.len() / 2;
    raw.entries[9].bytes[at] ^= 1;
    raw.write(&damaged);
    no(&damaged, "ONLY ENTRIES #0 TO #8 CAN BE BELIEVED");
    let head = bundle.join("checkpoint");
    let good = fs::read(&head).unwrap();
    fs::write(&head, [&good[..], b"x"].concat()).unwrap();
    no(&bundle, "NOTHING HERE CAN BE BELIEVED");
}

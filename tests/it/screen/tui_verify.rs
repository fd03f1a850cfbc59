//! The Signatures screen and `dspt verify` give one answer: phase by phase, word for word and with the
//! same exit status, on good ledgers and on damaged ones, whomever the reader trusts.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use dspt_ledger::domain::date::Timestamp;
use dspt_ledger::ledger::{Sign as _, Vkey};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixtures::{LOG, OWNER, REPORT, Raw, STRANGER, beside, copy, ledger, origin, signer};
use crate::screen::tui::make_demo;
use crate::verifying::anchors::{OTHER, WITNESS, anchor, cosigned, head, vkey};
use crate::verifying::tamper::answered;

/// The time of the newest entry, in seconds.
fn newest(path: &Path) -> u64 {
    let ledger = crate::fixtures::audited(path).ledger.unwrap();
    u64::try_from(ledger.facts.last().unwrap().at.millis() / 1_000).unwrap()
}

/// Runs the program in a folder; its memory of what it verified is there too.
pub(crate) fn run(
    folder: &Path,
    ledger: &Path,
    args: &[String],
    input: &str,
) -> (Option<i32>, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dspt"))
        .current_dir(folder)
        .env("DSPT_STATE", folder.join("state"))
        .env("DSPT_LEDGER", ledger)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_ne!(ended.status.code(), Some(101), "{err}");
    (ended.status.code(), String::from_utf8(ended.stdout).unwrap() + &err)
}

pub(crate) fn words(words: &[&str], flags: &[String]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).chain(flags.iter().cloned()).collect()
}

/// The rows of the screen with a name, as state and text.
fn rows<'v>(screen: &'v Value, name: &str) -> Vec<(&'v str, &'v str)> {
    let all = screen["rows"].as_array().unwrap().iter().filter(|row| row["about"] == name);
    all.map(|row| (row["state"].as_str().unwrap(), row["text"].as_str().unwrap())).collect()
}

/// Compares both, right after the opening and after a check of everything.
#[track_caller]
fn check(ledger: &Path, flags: &[String], answer: &str) {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    // Once before, so that what is remembered is the same for both.
    run(folder, ledger, &words(&["verify"], flags), "");
    let (code, text) = run(folder, ledger, &words(&["--json", "verify"], flags), "");
    let verify: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(verify["answer"], answer, "{verify:#}");
    for (name, first) in [("opened", "signatures"), ("again", "verify")] {
        let input = format!("{first}\nsignatures\nexport {name}.json\nquit\n");
        let (screen_code, said) = run(folder, ledger, &words(&["tui", "--linear"], flags), &input);
        assert_eq!(screen_code, code, "{said}");
        let word = match answer {
            "yes" if flags.iter().any(|flag| flag == "--policy") => {
                "Can this history be trusted? YES, by your policy"
            }
            "yes" => "Can this history be trusted? CONSISTENT, not proven against those who hold",
            "no" => "Can this history be trusted? NO. ",
            _ => "Can this history be trusted? NOT DECIDED: ",
        };
        assert!(said.contains(word), "{said}");
        let screen = std::fs::read(folder.join(format!("{name}.json"))).expect(&said);
        same(&verify, &serde_json::from_slice(&screen).unwrap());
    }
}

/// Phases, fault, findings, times and head.
#[track_caller]
fn same(verify: &Value, screen: &Value) {
    for phase in verify["phases"].as_array().unwrap() {
        let state = match phase["outcome"].as_str().unwrap() {
            "good" => "[x] good",
            "bad" => "[!] NO",
            _ => "[ ] not checked",
        };
        let name = phase["name"].as_str().unwrap();
        let told = rows(screen, name);
        let (said, text) = told.first().unwrap_or_else(|| panic!("{name}: {screen:#}"));
        assert_eq!(*said, state, "{name}: {screen:#}");
        // How many signatures were checked now, and how many on another day.
        if name != "entries" {
            assert_eq!(json!(text), phase["text"], "{name}");
        }
    }
    let fault = &verify["fault"];
    if fault.is_null() {
        assert_eq!(rows(screen, "where"), []);
    } else {
        let part = |name: &str| fault[name].as_str().unwrap();
        assert_eq!(rows(screen, "where"), [(part("place"), part("rule"))]);
        assert_eq!(rows(screen, "found"), [("", part("text"))]);
    }
    let findings = verify["findings"].as_array().unwrap().len();
    assert_eq!(rows(screen, "finding").len(), findings.saturating_sub(1));
    let remarks = verify["remarks"].as_array().unwrap().iter().map(|one| {
        let part = |name: &str| one[name].as_str().unwrap();
        format!("{}: {}: {}", part("place"), part("rule"), part("text"))
    });
    // Each was told at a moment of its own.
    let but_clock = |text: &str| text.split(", which is after").next().unwrap().to_owned();
    let told = rows(screen, "remark").into_iter().map(|(_, text)| but_clock(text));
    assert_eq!(told.collect::<Vec<_>>(), remarks.map(|one| but_clock(&one)).collect::<Vec<_>>());
    for name in ["first", "last"] {
        let told = verify["witnessed"][name].as_str();
        let told = told.map(|text| Timestamp::parse(text).unwrap().london_text());
        let shown = rows(screen, name).first().map(|(_, text)| (*text).to_owned());
        assert_eq!(shown, told, "{name}");
    }
    let root = verify["head"].as_str().unwrap().lines().nth(2).unwrap_or_default();
    assert_eq!(rows(screen, "the head").last().unwrap().1, format!("root {root}"));
}

/// A ledger changed past all guards, with the head file that it had.
fn changed(change: impl FnOnce(&mut Raw)) -> TempDir {
    let (_folder, path) = ledger();
    let (other, path) = copy(&path);
    let mut raw = Raw::read(&path);
    change(&mut raw);
    raw.write(&path);
    other
}

fn path(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("ledger.dspt")
}

#[test]
fn the_screen_says_of_good_ledgers_what_verify_says() {
    let demo = TempDir::new().unwrap();
    make_demo(demo.path());
    check(&path(&demo), &[], "yes");
    let (_folder, good) = ledger();
    check(&good, &[], "yes");
}

#[test]
fn the_screen_says_of_damaged_ledgers_what_verify_says() {
    check(&path(&changed(|raw| drop(raw.entries.remove(3)))), &[], "no");
    let swap = |raw: &mut Raw| {
        let bytes = std::mem::take(&mut raw.entries[5].bytes);
        raw.entries[5].bytes = std::mem::replace(&mut raw.entries[6].bytes, bytes);
    };
    check(&path(&changed(swap)), &[], "no");
    let flip = |raw: &mut Raw| {
        let bytes = &mut raw.entries[9].bytes;
        let at = bytes.windows(7).position(|part| part == b"\"sig\":\"").unwrap() + 12;
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    };
    check(&path(&changed(flip)), &[], "no");
    let spoilt = |replayed: bool| {
        changed(|raw| {
            let mut all = raw.contents.iter_mut().map(|(_, bytes)| bytes);
            all.find(|bytes| (*bytes == REPORT) != replayed).unwrap().push(b' ');
        })
    };
    check(&path(&spoilt(false)), &[], "no");
    // Without the edition there is no position to show: it says why, and the answer is no.
    let folder = spoilt(true);
    let (code, said) =
        run(folder.path(), &path(&folder), &words(&["tui", "--linear"], &[]), "quit\n");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("content-differs"), "{said}");
    let foreign = |raw: &mut Raw| {
        raw.heads.pop();
        raw.sign_head_by(STRANGER);
    };
    check(&path(&changed(foreign)), &[], "no");
    let newer = |raw: &mut Raw| {
        raw.append(&raw.draft("policy-reviewed", json!({ "v": 1 })), &[OWNER]);
    };
    check(&path(&changed(newer)), &[], "not_decided");
    // An older copy put back: the head file beside it knows better.
    let older = changed(|raw| {
        raw.entries.truncate(12);
        raw.heads.retain(|(size, _)| *size <= 12);
    });
    let (_folder, whole) = ledger();
    std::fs::copy(beside(&whole, ".head"), beside(&path(&older), ".head")).unwrap();
    let said = crate::fixtures::outcome(&crate::fixtures::audited(&path(&older)));
    assert!(said == "good" || said.contains("missing-content"), "{said}");
    check(&path(&older), &[], "no");
}

#[test]
fn the_screen_trusts_whom_verify_is_told_to_trust() {
    let anchored = |time: u64| {
        changed(|raw| {
            let event = anchor(cosigned(raw, 16, time, &[WITNESS]), &[vkey(WITNESS)]);
            let draft = raw.draft(event.kind().as_str(), event.body().unwrap());
            raw.append(&draft, &[OWNER]);
        })
    };
    let (_folder, plain) = ledger();
    let time = newest(&plain);
    let folder = anchored(time);
    let ledger = path(&folder);
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let log = Vkey::new(origin().key_name(), *signer(LOG).public());
    let policy = |seed| format!("log {log}\nwitness w {}\nquorum w\n", vkey(seed));
    let ours = ["--policy".to_owned(), write("policy", &policy(WITNESS))];
    check(&ledger, &[], "yes");
    check(&ledger, &ours, "yes");
    check(&ledger, &["--policy".to_owned(), write("others", &policy(OTHER))], "no");
    // The test ledger's witness signed long ago.
    let aged = [&ours[..], &["--max-age".to_owned(), "1".to_owned()]].concat();
    check(&ledger, &aged, "no");
    let raw = Raw::read(&ledger);
    let kept = ["--kept".to_owned(), write("kept", &head(&raw, 10, LOG))];
    check(&ledger, &kept, "yes");
    let foreign = ["--kept".to_owned(), write("foreign", &head(&raw, 10, STRANGER))];
    check(&ledger, &foreign, "no");
    // Another copy: the same, an older one, a longer one, one of another history.
    let against = |other: &Path| ["--against".to_owned(), other.display().to_string()];
    check(&ledger, &against(&ledger), "yes");
    check(&ledger, &against(&plain), "yes");
    check(&plain, &against(&ledger), "no");
    let demo = TempDir::new().unwrap();
    make_demo(demo.path());
    check(&ledger, &against(&path(&demo)), "no");
    // A witness that saw it before any entry says that it was written.
    check(&path(&anchored(1_000_000_000)), &[], "no");
    // A bundle, by its own keys and by the reader's.
    let export = |what: &str| {
        let out = folder.path().join(what);
        let made = words(&["export", what], &[out.display().to_string()]);
        let (code, said) = run(folder.path(), &ledger, &made, "");
        assert_eq!(code, Some(0), "{said}");
        out
    };
    let bundle = export("bundle");
    check(&bundle, &[], "not_decided");
    check(&bundle, &ours, "yes");
    check(&ledger, &against(&bundle), "yes");
    // Tiles alone hold no edition: there is no position to show, and it says what to do.
    let (code, said) = run(folder.path(), &export("tiles"), &words(&["tui", "--linear"], &[]), "");
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("ask for a bundle"), "{said}");
}

/// Every command that the screen names on any of its pages is one that is not refused of what it
/// shows; where all but `verify` are, it names no other.
#[track_caller]
fn names_no_refused_command(ledger: &Path, why: Option<&str>) {
    let folder = TempDir::new().unwrap();
    let pages = "position\nwhy 1.1.1\nchanges\nhistory\nyear-end\nsignatures\nquit\n";
    let args = words(&["--ledger", &ledger.display().to_string(), "tui", "--linear"], &[]);
    let (_, said) = run(folder.path(), ledger, &args, pages);
    let commands: Vec<&str> = said.lines().flat_map(|line| line.split("dspt ").skip(1)).collect();
    assert!(commands.len() > 1, "{said}");
    let Some(why) = why else {
        assert!(commands.iter().any(|one| one.contains("export bundle")), "{said}");
        return;
    };
    assert!(said.contains(why), "{said}");
    let refused = ["export bundle", "checkpoint >", "statement", "record", "confirm", "prove"];
    let asks = ["status", "explain", "diff", "log", "show"];
    let answers = why.starts_with("refused: the head file");
    for one in commands {
        let words =
            one.split(' ').skip_while(|word| word.starts_with("--ledger") || word.contains('/'));
        let words = words.collect::<Vec<_>>().join(" ");
        let bad = |all: &[&str]| all.iter().any(|bad| words.starts_with(bad));
        assert!(!bad(&refused) && (answers || !bad(&asks)), "{one}: {said}");
    }
}

#[test]
fn the_screen_names_no_command_that_is_refused_of_what_it_shows() {
    let demo = TempDir::new().unwrap();
    make_demo(demo.path());
    let good = demo.path().join("ledger.dspt");
    names_no_refused_command(&good, None);
    let damaged = |change: &dyn Fn(&mut Raw), head: bool, why: &str| {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("ledger.dspt");
        std::fs::copy(&good, &path).unwrap();
        let mut raw = Raw::read(&path);
        change(&mut raw);
        raw.write(&path);
        if head {
            std::fs::copy(beside(&good, ".head"), beside(&path, ".head")).unwrap();
        }
        names_no_refused_command(&path, Some(why));
    };
    let only = "only dspt verify takes this ledger; others refuse it, DSPT0030";
    damaged(&|raw| raw.entries.truncate(50), false, only);
    damaged(&|raw| raw.heads.clear(), false, only);
    damaged(&|raw| raw.contents.clear(), false, only);
    let older = |raw: &mut Raw| {
        raw.entries.truncate(100);
        raw.heads.retain(|(size, _)| *size <= 100);
    };
    damaged(&older, true, "refused: the head file beside the ledger does not fit it");
    for (what, why) in [
        ("bundle", "only dspt verify takes a bundle"),
        ("tiles", "only dspt verify takes a folder of tiles"),
    ] {
        let out = demo.path().join(what);
        let made = words(&["export", what], &[out.display().to_string()]);
        assert_eq!(run(demo.path(), &good, &made, "").0, Some(0));
        names_no_refused_command(&out, Some(why));
    }
}

#[test]
fn what_is_removed_or_changed_is_called_what_it_is() {
    let demo = TempDir::new().unwrap();
    make_demo(demo.path());
    let good = demo.path().join("ledger.dspt");
    let says = |change: &dyn Fn(&mut Raw), head: &dyn Fn(&mut Vec<u8>), expected: &[&str]| {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("ledger.dspt");
        std::fs::copy(&good, &path).unwrap();
        let mut raw = Raw::read(&path);
        change(&mut raw);
        raw.write(&path);
        let mut note = std::fs::read(beside(&good, ".head")).unwrap();
        head(&mut note);
        std::fs::write(beside(&path, ".head"), note).unwrap();
        let (code, text) = run(folder.path(), &path, &words(&["verify"], &[]), "");
        assert_eq!(code, Some(1), "{text}");
        let (_, screen) = run(
            folder.path(),
            &path,
            &words(&["tui", "--linear"], &[]),
            "verify\nsignatures\nquit\n",
        );
        for one in expected {
            assert!(text.contains(one), "{one}: {text}");
            assert!(screen.contains(one), "{one}: {screen}");
        }
        assert!(!text.contains("there is no entry"), "{text}");
    };
    // Entries are there, and no head: it is not said that there is no entry.
    says(
        &|raw| raw.heads.clear(),
        &|_| (),
        &[
            "106 entries are stored, and the newest head signs 0",
            "unsigned-entry",
            "no signed head covers these entries: heads were removed",
            "or heads were removed from it",
        ],
    );
    says(
        &|raw| raw.contents.clear(),
        &|_| (),
        &["content-missing", "a file that was recorded is no longer there"],
    );
    // One letter of the signature in the head file: the same history, and no second one.
    says(
        &|_| (),
        &|note| {
            let at = note.len() - 10;
            note[at] = if note[at] == b'A' { b'B' } else { b'A' };
        },
        &["CHANGED: of the same entries as the ledger's head of its size"],
    );
    // Its root: another head; who made it is not known.
    says(
        &|_| (),
        &|note| {
            let text = String::from_utf8(note.clone()).unwrap();
            let root = text.lines().nth(2).unwrap().to_owned();
            let other = root.replace(&root[..1], if root.starts_with('Y') { "Z" } else { "Y" });
            *note = text.replace(&root, &other).into_bytes();
        },
        &["ANOTHER head than the ledger's of its size", "one of the two was changed"],
    );
}

#[test]
fn remarks_about_clocks_are_on_the_screen_as_in_verify() {
    // Recorded years ahead of the clock of whoever reads it.
    let (_folder, path) = ledger();
    let mut raw = Raw::read(&path);
    let mut draft = raw.draft("item-answered", answered());
    draft.at = "2199-03-04T09:00:00.000Z".into();
    raw.append(&draft, &[OWNER]);
    raw.write(&path);
    check(&path, &[], "yes");
    let folder = TempDir::new().unwrap();
    let (_, said) =
        run(folder.path(), &path, &words(&["tui", "--linear"], &[]), "verify\nsignatures\nquit\n");
    assert!(said.contains("after-your-clock: it says 2199-03-04T09:00:00.000Z"), "{said}");
    let (_, said) = run(folder.path(), &path, &words(&["status"], &[]), "");
    assert!(said.contains("says that it was recorded on 4 March 2199"), "{said}");
}

//! Refusals that say what was found and what to do, and readers that answer on a full disk.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::commands::cli::Desk;
use crate::files::faults::{can_inject, program};

fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
}

/// Runs a command for which nothing can be written to the index of the ledger's log.
fn without_room(home: &Path, words: &str) -> Output {
    let plain = program(home, words.split_whitespace());
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "signal=none", "-P"]);
    strace.arg(home.join("demo/ledger.dspt-shm"));
    strace.args(["-e", "inject=pwrite64,write:error=ENOSPC"]);
    strace.arg(plain.get_program()).args(plain.get_args());
    strace.env("HOME", home).env("DSPT_STATE", home.join("state"));
    strace.output().unwrap()
}

#[test]
fn on_a_full_disk_readers_answer_and_writers_say_that_there_is_no_room() {
    if !can_inject() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name).display().to_string();
    let made = program(home.path(), ["demo", "--keep", &at("demo")]).output().unwrap();
    assert!(made.status.success(), "{}", said(&made));
    for side in ["-wal", "-shm"] {
        fs::write(home.path().join(format!("demo/ledger.dspt{side}")), "").unwrap();
    }
    fs::write(home.path().join("pass"), "demonstration\n").unwrap();
    let ledger = at("demo");
    for words in ["log", "status", "verify"] {
        let ended = without_room(home.path(), &format!("{words} --ledger {ledger}"));
        assert_eq!(ended.status.code(), Some(0), "{words}: {}", said(&ended));
    }
    let keys = at("demo/keys");
    let words = format!("withdraw #9 --reason x --ledger {ledger} --keys {keys} --key demo-owner");
    let words = format!("{words} --passphrase-file {}", at("pass"));
    let ended = without_room(home.path(), &words);
    assert!(said(&ended).contains("the disk has no room"), "{}", said(&ended));
}

#[track_caller]
fn refused(desk: &Desk, command: &str, parts: &[&str], not: &str) {
    let ended = desk.owner("2026-07-01", command);
    let both = format!("{}{}", ended.out, ended.err);
    assert_ne!(ended.code, 0, "{command}: {both}");
    for part in parts {
        assert!(both.contains(part), "{command}: no `{part}` in {both}");
    }
    assert!(!both.contains(not), "{command}: {both}");
}

#[test]
fn a_hint_leads_to_what_was_meant_or_names_no_number() {
    let desk = Desk::new();
    refused(&desk, "confirm 9.2.1", &["did you mean 9.2?"], "8.3");
    refused(&desk, "confirm 09.2", &["did you mean 9.2?"], "8.3");
    refused(&desk, "confirm nine", &["STANDARD.ASSERTION"], "8.3");
    let part = "record answer cat2-it-supplier/9.2.1 --text x";
    refused(&desk, part, &["EDITION/CATEGORY/NUMBER"], "8.3.4");
    for text in ["09.2.1", "9.2.1."] {
        let answer = format!("record answer {text} --text x");
        refused(&desk, &answer, &["did you mean 9.2.1?"], "8.3.4");
    }
}

#[test]
fn rows_are_numbers_and_ranges_and_anything_else_is_told_so() {
    let desk = Desk::new();
    let rows = "approve #1 --rationale x --rows";
    refused(&desk, &format!("{rows} J-2-7.3.4"), &["1,4,7-12"], "invalid digit");
    refused(&desk, &format!("{rows} 9-3"), &["from the lower to the higher"], "invalid digit");
    // A range is read: what is refused is the entry.
    refused(&desk, &format!("{rows} 124-126,130"), &["needs the role approver"], "invalid value");
}

#[test]
fn a_text_may_begin_with_a_hyphen() {
    let desk = Desk::new();
    desk.owner("2026-07-01", "record answer 9.2.1 --text -2+3 --on 2026-07-01").ok();
}

#[test]
fn what_a_terminal_would_not_show_is_shown_in_refused_arguments() {
    let home = tempfile::tempdir().unwrap();
    let ended = program(home.path(), ["st\u{1b}[31matus"]).output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    let text = said(&ended);
    assert!(!text.contains("'status'") && !text.contains('\u{1b}'), "{text}");
    assert!(text.contains("[31matus"), "{text}");
}

#[test]
fn a_file_whose_name_cannot_be_recorded_is_to_be_renamed() {
    let desk = Desk::new();
    let file = desk.write("a\u{1b}b.txt", "x");
    let words = format!("record evidence x --item 9.2.1 --for 2026-06-30 --file {file}");
    refused(&desk, &words, &["rename the file"], "subject[");
}

#[test]
fn a_passphrase_is_not_waited_for_where_nobody_writes_it() {
    let home = tempfile::tempdir().unwrap();
    let pipe = home.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let pipe = pipe.display().to_string();
    let keys = home.path().join("keys").display().to_string();
    for (file, part) in [(&*pipe, "no passphrase"), ("/dev/zero", "a device")] {
        let words = ["key", "new", "a", "--keys", &keys, "--passphrase-file", file];
        let ended = program(home.path(), words).output().unwrap();
        assert!(said(&ended).contains(part), "{file}: {}", said(&ended));
        assert_ne!(ended.status.code(), Some(0));
    }
    let line = format!(
        "'{}' key new a --keys '{keys}' --passphrase-file <(sleep 0.2; echo several words)",
        env!("CARGO_BIN_EXE_dspt")
    );
    let ended = Command::new("bash").args(["-c", &line]).env("HOME", home.path()).output().unwrap();
    assert!(ended.status.success(), "{}", said(&ended));
}

#[test]
fn certificates_to_trust_are_read_before_anything_depends_on_them() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name).display().to_string();
    let made = program(home.path(), ["demo", "--keep", &at("demo")]).output().unwrap();
    assert!(made.status.success(), "{}", said(&made));
    fs::write(home.path().join("text"), "no certificate").unwrap();
    for ca in [at("none"), at("demo"), "/dev/zero".to_owned(), at("text")] {
        let words = ["verify", "--ledger", &at("demo"), "--tsa-ca", &ca].map(str::to_owned);
        let ended = program(home.path(), words).output().unwrap();
        assert!(said(&ended).contains("DSPT0113"), "{ca}: {}", said(&ended));
    }
}

#[test]
#[cfg(unix)]
fn a_folder_that_is_gone_is_named_and_nothing_is_said_of_the_output() {
    let home = tempfile::tempdir().unwrap();
    let plain = program(home.path(), ["status"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "mkdir gone && cd gone && rmdir ../gone && exec \"$0\" status"]);
    shell.arg(plain.get_program()).current_dir(home.path());
    shell.env("HOME", home.path()).env("DSPT_STATE", home.path().join("state"));
    let ended = shell.output().unwrap();
    assert_eq!(ended.status.code(), Some(10), "{}", said(&ended));
    assert!(said(&ended).contains("the folder that this runs in cannot be"), "{}", said(&ended));
    assert!(!said(&ended).contains("output"), "{}", said(&ended));
}

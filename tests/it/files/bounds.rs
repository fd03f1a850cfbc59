//! Files that are no files, that cannot be read, or that are longer than any good one: refused by
//! name, in little memory, and never taken for a proof.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output};

use crate::files::faults::{can_inject, program};

fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
}

/// A folder with the sample ledger and a bundle of it.
fn made() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name).display().to_string();
    for words in [
        vec!["demo".to_owned(), "--keep".to_owned(), at("demo")],
        vec!["export".into(), "bundle".into(), at("b"), "--ledger".into(), at("demo")],
        vec!["export".into(), "tiles".into(), at("t"), "--ledger".into(), at("demo")],
    ] {
        let ended = program(home.path(), &words).output().unwrap();
        assert!(ended.status.success(), "{words:?}: {}", said(&ended));
    }
    home
}

#[test]
fn a_bundle_that_cannot_be_read_proves_nothing() {
    if !can_inject() {
        return;
    }
    let home = made();
    let calls = ["openat:error=EACCES", "read:error=EIO"];
    let entries = "tile/entries/000.p/106";
    for (folder, name) in
        [("b", "bundle.json"), ("b", "checkpoint"), ("b", entries), ("t", entries)]
    {
        for call in calls {
            let path = home.path().join(folder).join(name);
            let mut strace = Command::new("strace");
            strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "signal=none", "-P"]).arg(&path);
            strace.arg("-e").arg(format!("inject={call}"));
            let plain = program(home.path(), ["verify"]);
            strace.arg(plain.get_program()).arg("verify").arg(home.path().join(folder));
            strace.env("HOME", home.path()).env("DSPT_STATE", home.path().join("state"));
            let ended = strace.output().unwrap();
            let text = said(&ended);
            assert_eq!(ended.status.code(), Some(3), "{folder}/{name}, {call}: {text}");
            assert!(text.contains("cannot be read") && !text.contains("NO"), "{name}: {text}");
        }
    }
}

#[test]
fn a_pipe_in_a_bundle_is_named_and_not_waited_for() {
    let home = made();
    for name in ["bundle.json", "checkpoint", "tile/entries/000.p/106"] {
        let path = home.path().join("b").join(name);
        let kept = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let words = ["verify".into(), home.path().join("b").into_os_string()];
        let ended = program(home.path(), words).output().unwrap();
        assert_eq!(ended.status.code(), Some(1), "{name}: {}", said(&ended));
        fs::remove_file(&path).unwrap();
        fs::write(&path, kept).unwrap();
    }
}

#[test]
fn a_pipe_in_the_place_of_a_key_or_of_a_witness_is_named() {
    let home = made();
    let at = |name: &str| home.path().join(name).display().to_string();
    fs::write(at("pass"), "demonstration\n").unwrap();
    let run = |words: &str| program(home.path(), words.split(' ')).output().unwrap();
    let pass = format!("--passphrase-file {}", at("pass"));
    let made = run(&format!("witness init --state {} --name w.example/w {pass}", at("w")));
    assert!(made.status.success(), "{}", said(&made));
    let record = format!(
        "record answer 1.1.6 --text x --on 2026-06-01 --ledger {} --keys {} --key demo-contributor \
         {pass}",
        at("demo"),
        at("demo/keys")
    );
    let status = format!("witness status --state {}", at("w"));
    for (name, words) in [
        ("demo/keys/demo-contributor.pem", &record),
        ("demo/keys/demo-contributor.pub", &record),
        ("demo/keys/demo-log.pem", &record),
        ("w/witness.vkey", &status),
        ("w/logs", &status),
    ] {
        let path = home.path().join(name);
        fs::rename(&path, at("aside")).unwrap();
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let ended = run(words);
        assert_eq!(ended.status.code(), Some(5), "{name}: {}", said(&ended));
        assert!(said(&ended).contains("it is a pipe, not a regular file"), "{}", said(&ended));
        assert!(said(&ended).contains(name), "{name}: {}", said(&ended));
        fs::rename(at("aside"), &path).unwrap();
    }
}

/// A file of holes that says it has a gigabyte.
fn big(path: &Path) {
    File::create(path).unwrap().set_len(1 << 30).unwrap();
}

#[test]
fn what_is_too_long_is_refused_in_little_memory() {
    let home = made();
    let at = |name: &str| home.path().join(name).display().to_string();
    let (ledger, good) = (at("demo"), at("demo/ledger.dspt.head"));
    big(&home.path().join("big"));
    fs::create_dir(home.path().join("keys")).unwrap();
    big(&home.path().join("keys/a.pub"));
    let dense = |name: &str, part: &str| {
        let text = format!("[{}0]", part.repeat((15 << 20) / part.len()));
        fs::write(home.path().join(name), text).unwrap();
    };
    dense("dense1", "[],");
    fs::write(home.path().join("dense2"), format!("[{}0]", "{\"a\":1},".repeat(900_000))).unwrap();
    for (folder, name) in [("b1", "bundle.json"), ("b2", "checkpoint"), ("b3", "x")] {
        copy(&home.path().join("b"), &home.path().join(folder));
        big(&home.path().join(folder).join(name));
    }
    copy(&home.path().join("b"), &home.path().join("b4"));
    dense("b4/bundle.json", "[],");
    copy(&home.path().join("b"), &home.path().join("b5"));
    dense("b5/bundle.json", "{},");
    copy(&home.path().join("demo"), &home.path().join("demo2"));
    big(&home.path().join("demo2/ledger.dspt.head"));
    for words in [
        format!("verify --ledger {ledger} --policy {}", at("big")),
        format!("verify --ledger {ledger} --kept {}", at("big")),
        format!("check checkpoint {} --vkey x", at("big")),
        format!("statement check --ledger {ledger} {}", at("big")),
        format!("import answers --ledger {ledger} --dry-run {}", at("big")),
        format!("export bundle {} --ledger {ledger} --checkpoint {}", at("new"), at("big")),
        format!("key list --keys {}", at("keys")),
        format!("statement check --ledger {ledger} {}", at("dense1")),
        format!("statement check --ledger {ledger} {}", at("dense2")),
        format!("correct #9 --reason x --ledger {ledger} --body {}", at("dense2")),
        format!("verify {}", at("b1")),
        format!("verify {}", at("b2")),
        format!("verify {}", at("b3")),
        format!("verify {}", at("b4")),
        format!("verify {}", at("b5")),
        format!("verify --ledger {}", at("demo2")),
    ] {
        assert!(Path::new(&good).is_file());
        let plain = program(home.path(), words.split_whitespace());
        // In the shell's kilobytes, of all that the program asks for: its code and threads as well.
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -v 600000; exec \"$0\" \"$@\""]);
        shell.arg(plain.get_program()).args(plain.get_args());
        shell.env("HOME", home.path()).env("DSPT_STATE", home.path().join("state"));
        shell.env("RAYON_NUM_THREADS", "2");
        let ended = shell.output().unwrap();
        let (code, signal) = (ended.status.code().unwrap_or(-1), ended.status.signal());
        assert!((1..=13).contains(&code), "{words}: {code} {signal:?}: {}", said(&ended));
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy(&item.path(), &to);
        } else {
            fs::copy(item.path(), to).unwrap();
        }
    }
}

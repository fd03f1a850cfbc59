//! Two histories of one ledger: recognised beside the ledger, written out, and checked by somebody
//! who has neither of them.

use std::fs;
use std::path::{Path, PathBuf};

use dspt_ledger::cli;
use dspt_ledger::domain::event::{Event, LogKeyRotated};
use dspt_ledger::journal::{Journal, NewEvent, Signers};
use dspt_ledger::ledger::{Sign, Vkey};
use dspt_ledger::store::Mode;
use serde_json::Value;

use crate::fixtures::{
    LOG, OWNER, answer, at, beside, copy, create, folder, ledger, new, origin, record, signer,
};

const NEXT_LOG: u8 = 20;

fn run(args: &[&str]) -> (u8, String, String) {
    let args = ["dspt"].iter().chain(args).map(std::ffi::OsString::from);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = cli::run(args, at("2026-02-01"), &mut out, &mut err);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (code, text(out), text(err))
}

fn answers(first: u64, count: u64, text: &str) -> Vec<NewEvent> {
    let one = |number| new(number, Event::ItemAnswered(answer("8.3.4", true, text)), Vec::new());
    (first..first + count).map(one).collect()
}

/// Records so many answers in one batch: one new head.
fn grow(path: &Path, count: u64, text: &str) -> Vec<u8> {
    let mut journal = Journal::open(path, Mode::Write).unwrap();
    record(&mut journal, OWNER, &answers(60, count, text), at("2026-01-01")).unwrap();
    let head = journal.ledger.head.clone();
    journal.close().unwrap();
    head
}

fn vkey(seed: u8) -> String {
    Vkey::new(origin().key_name(), *signer(seed).public()).to_string()
}

/// A proof that was written, as its reader has it.
struct Shown {
    folder: tempfile::TempDir,
    size: u64,
    words: Vec<String>,
}

impl Shown {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("proof").join(name)
    }

    /// Runs the command of the proof in its folder, some words of it changed.
    fn check(&self, change: impl Fn(&mut Vec<String>)) -> (u8, String, String) {
        let mut words = self.words.clone();
        change(&mut words);
        for at in 1..words.len() {
            if ["--a", "--b", "--proof"].contains(&words[at - 1].as_str()) {
                words[at] = self.path(&words[at]).display().to_string();
            }
        }
        run(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// Writes the proof from a head that does not fit the ledger at `path`.
#[track_caller]
fn prove(path: &Path, head: &[u8]) -> Shown {
    let folder = tempfile::tempdir().unwrap();
    let with = folder.path().join("kept");
    fs::write(&with, head).unwrap();
    let out = folder.path().join("proof");
    let (path, with, out) = (path.to_str().unwrap(), with.to_str().unwrap(), out.to_str().unwrap());
    let args = ["--ledger", path, "--json", "fork", "--with", with, "--out", out];
    let (code, text, err) = run(&args);
    assert_eq!(code, 0, "{text}{err}");
    let value: Value = serde_json::from_str(&text).unwrap();
    // Once more: the same bytes are there, and that is fine.
    assert_eq!(run(&args).1, text);
    let check = value["check"].as_str().unwrap();
    let words: Vec<String> = check.split(' ').skip(1).map(str::to_owned).collect();
    let shown = Shown { size: value["size"].as_u64().unwrap(), words, folder };
    let readme = fs::read_to_string(shown.path("README")).unwrap();
    assert!(readme.contains(check), "{readme}");
    shown
}

#[track_caller]
fn refused(shown: &Shown, expected: &str, change: impl Fn(&mut Vec<String>)) {
    let (code, out, err) = shown.check(change);
    assert_eq!(code, 1, "{expected}: {out}{err}");
    assert!(out.starts_with(&format!("NO: {expected}: ")), "{expected}: {out}");
}

fn replace(words: &mut [String], after: &str, with: &str) {
    let at = words.iter().position(|word| word == after).unwrap();
    with.clone_into(&mut words[at + 1]);
}

#[test]
fn two_heads_of_one_size_are_proof_by_themselves() {
    let (_base, base) = ledger();
    let ((_one, one), (_two, two)) = (copy(&base), copy(&base));
    let (first, second) = (grow(&one, 1, "one"), grow(&two, 1, "two"));
    let shown = prove(&one, &second);
    assert_eq!(shown.size, 17);
    assert_eq!(fs::read(shown.path("a.checkpoint")).unwrap(), second);
    assert_eq!(fs::read(shown.path("b.checkpoint")).unwrap(), first);
    assert!(!shown.path("b.add-checkpoint").exists());
    let (code, out, err) = shown.check(|_| {});
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.starts_with("YES: two histories of this log were signed"), "{out}");
    refused(&shown, "same-head", |words| replace(words, "--b", "a.checkpoint"));
    refused(&shown, "not-signed", |words| replace(words, "--vkey", &vkey(OWNER)));
    // The proof is not overwritten by another one.
    let third = grow(&copy(&base).1, 1, "three");
    fs::write(shown.folder.path().join("kept"), third).unwrap();
    let (with, out) = (shown.folder.path().join("kept"), shown.folder.path().join("proof"));
    let args = ["fork", "--with", with.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let (code, _, err) = run(&[&["--ledger", one.to_str().unwrap()], &args[..]].concat());
    assert_eq!(code, 5, "{err}");
    assert!(err.contains("DSPT0070"), "{err}");
}

#[test]
fn heads_of_two_sizes_are_proof_with_what_joins_them() {
    // Sizes of the kept head: one that is a power of two, and one that is not.
    for (before, kept_grows, ours_grows) in [(1, 1, 3), (16, 1, 4), (16, 3, 5)] {
        let (_base, base) = if before == 1 {
            let (folder, path) = folder();
            let mut journal = create(&path);
            record(&mut journal, OWNER, &crate::fixtures::setting(1), at("2025-09-02")).unwrap();
            journal.close().unwrap();
            (folder, path)
        } else {
            ledger()
        };
        let ((_one, one), (_two, two)) = (copy(&base), copy(&base));
        grow(&one, ours_grows, "ours");
        let kept = grow(&two, kept_grows, "theirs");
        let start = if before == 1 { 4 } else { before };
        let shown = prove(&one, &kept);
        assert_eq!(shown.size, start + kept_grows);
        let (code, out, err) = shown.check(|_| {});
        assert_eq!(code, 0, "{out}{err}");
        refused(&shown, "no-proof", |words| words.truncate(words.len() - 4));
        refused(&shown, "same-head", |words| {
            words.truncate(words.len() - 4);
            replace(words, "--a", "b.checkpoint");
        });
        let other = dspt_ledger::ledger::Digest::of(b"another root").base64();
        refused(&shown, "not-consistent", |words| replace(words, "--root", &other));
        let proof = fs::read(shown.path("b.add-checkpoint")).unwrap();
        let text = String::from_utf8(proof).unwrap();
        fs::write(shown.path("bad"), text.replacen("old ", "old 1", 1)).unwrap();
        refused(&shown, "wrong-old-size", |words| replace(words, "--proof", "bad"));
        let cut: Vec<&str> = text.lines().collect();
        fs::write(shown.path("bad"), [&cut[..1], &cut[2..]].concat().join("\n") + "\n").unwrap();
        refused(&shown, "not-consistent", |words| replace(words, "--proof", "bad"));
        let old = text.split("\n\n").next().unwrap();
        let swapped = [old.as_bytes(), b"\n\n", &kept].concat();
        fs::write(shown.path("bad"), swapped).unwrap();
        refused(&shown, "wrong-checkpoint", |words| replace(words, "--proof", "bad"));
    }
}

#[test]
fn a_power_of_two_is_joined_as_well() {
    let (_base, base) = {
        let (folder, path) = folder();
        create(&path).close().unwrap();
        (folder, path)
    };
    let ((_one, one), (_two, two)) = (copy(&base), copy(&base));
    let admit = |path: &Path, seeds: &[u8]| {
        let mut journal = Journal::open(path, Mode::Write).unwrap();
        for (number, seed) in (60..).zip(seeds) {
            let event =
                crate::fixtures::admitted(*seed, dspt_ledger::domain::event::role::Role::Assessor);
            let batch = [new(number, event, Vec::new())];
            record(&mut journal, OWNER, &batch, at("2026-01-01")).unwrap();
        }
        let head = journal.ledger.head.clone();
        journal.close().unwrap();
        head
    };
    let kept = admit(&two, &[30]);
    admit(&one, &[31, 32, 33]);
    // Without the head of size 2, which older ledgers need not have.
    let mut raw = crate::fixtures::Raw::read(&one);
    raw.heads.retain(|(size, _)| *size == 4);
    raw.write(&one);
    let shown = prove(&one, &kept);
    assert_eq!((shown.size, shown.check(|_| {}).0), (2, 0));
    let other = dspt_ledger::ledger::Digest::of(b"another root").base64();
    refused(&shown, "not-consistent", |words| replace(words, "--root", &other));
}

#[test]
fn an_honest_ledger_is_not_accused() {
    let (_base, base) = ledger();
    let old = fs::read(beside(&base, ".head")).unwrap();
    let (_one, one) = copy(&base);
    let newer = grow(&one, 2, "on");
    let folder = tempfile::tempdir().unwrap();
    let (with, out) = (folder.path().join("kept"), folder.path().join("proof"));
    let fork = |path: &Path, head: &[u8]| {
        fs::write(&with, head).unwrap();
        let args = ["fork", "--with", with.to_str().unwrap(), "--out", out.to_str().unwrap()];
        run(&[&["--ledger", path.to_str().unwrap()], &args[..]].concat())
    };
    for head in [&old, &newer] {
        let (code, text, err) = fork(&one, head);
        assert_eq!(code, 1, "{text}{err}");
        assert!(text.starts_with("NO: this ledger was not forked"), "{text}");
    }
    // A head that this ledger has not reached shows nothing here.
    let (code, _, err) = fork(&base, &newer);
    assert_eq!(code, 4, "{err}");
    for head in [&b"noise"[..], b"", &old[..old.len() - 3]] {
        let (code, _, err) = fork(&one, head);
        assert_eq!(code, 3, "{err}");
        assert!(err.contains("DSPT0071"), "{err}");
    }
    assert!(!out.exists());
}

#[test]
fn a_fork_around_a_new_log_key_is_shown_with_both_keys() {
    let (_base, base) = ledger();
    let ((_one, one), (_two, two)) = (copy(&base), copy(&base));
    let kept = grow(&two, 1, "theirs");
    let mut journal = Journal::open(&one, Mode::Write).unwrap();
    record(&mut journal, OWNER, &answers(60, 2, "ours"), at("2026-01-01")).unwrap();
    let (author, log, next) = (signer(OWNER), signer(LOG), signer(NEXT_LOG));
    let event = LogKeyRotated { key: next.public().base64(), reason: "a new server".into() };
    let rotation = [new(70, Event::LogKeyRotated(event), Vec::new())];
    let signers = Signers { author: &author, admitted: Some(&next), log: &log };
    journal.record(&rotation, &signers, at("2026-01-01")).unwrap();
    journal.close().unwrap();
    // The head that the old key signed over the ledger's own size 18 is not there any more.
    let mut raw = crate::fixtures::Raw::read(&one);
    raw.heads.retain(|(size, _)| *size == 19);
    raw.write(&one);
    let shown = prove(&one, &kept);
    assert!(shown.words.contains(&vkey(NEXT_LOG)), "{:?}", shown.words);
    assert_eq!(shown.check(|_| {}).0, 0);
    refused(&shown, "not-signed", |words| replace(words, "--other-vkey", &vkey(OWNER)));
}

#[test]
fn whoever_meets_a_fork_is_told_how_to_prove_it() {
    let (_base, base) = ledger();
    let ((_one, one), (_two, two)) = (copy(&base), copy(&base));
    grow(&one, 1, "one");
    let kept = grow(&two, 1, "two");
    let head = beside(&one, ".head");
    fs::write(&head, &kept).unwrap();
    let (code, out, _) = run(&["--ledger", one.to_str().unwrap(), "verify"]);
    assert_eq!(code, 1);
    assert!(out.contains("two histories were signed; see: dspt fork"), "{out}");
    let mut journal = Journal::open(&one, Mode::Read).unwrap();
    assert!(record(&mut journal, OWNER, &answers(80, 1, "x"), at("2026-01-02")).is_err());
    let error = Journal::open(&one, Mode::Write).map(drop).unwrap_err().to_string();
    let expected = format!("dspt fork --with {}", head.canonicalize().unwrap().display());
    assert!(error.contains(&expected), "{error}");
    let args = ["--ledger", one.to_str().unwrap(), "verify", "--kept", head.to_str().unwrap()];
    let (_, out, _) = run(&args);
    assert!(out.contains(&format!("dspt fork --with {}", head.display())), "{out}");
    // And that command works, with the very file.
    let folder = tempfile::tempdir().unwrap();
    let proof = folder.path().join("proof");
    let args = ["fork", "--with", head.to_str().unwrap(), "--out", proof.to_str().unwrap()];
    let (code, out, err) = run(&[&["--ledger", one.to_str().unwrap()], &args[..]].concat());
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("they differ at or before entry #16"), "{out}");
}

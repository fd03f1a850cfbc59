//! The tamper kit: every damaged copy is caught, by the rule that is named beforehand, by this
//! program and, where it is a bundle, by the verifier that shares no code with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use dspt_ledger::domain::date::Timestamp;
use serde_json::Value;

use crate::project::left_out::there_is;

/// Copies that only a replay of the entries can catch, which the other verifier does not do and says.
const REPLAYED: [&str; 2] = ["statement-not-reproduced", "verdict-before-grounds"];

/// Runs `dspt` and returns its exit status and what it printed.
fn run(args: &[&str]) -> (u8, String, String) {
    let now = Timestamp::parse("2031-01-01T00:00:00.000Z").unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = std::iter::once("dspt").chain(args.iter().copied()).map(Into::into);
    let code = dspt_ledger::cli::run(args, now, &mut out, &mut err);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

fn made(out: &Path) -> Value {
    let (code, said, wrong) = run(&["--json", "tamper", &out.display().to_string()]);
    assert_eq!(code, 0, "{said}{wrong}");
    serde_json::from_str(&said).unwrap()
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap()
}

/// Every file below a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(inside) = waiting.pop() {
        for entry in fs::read_dir(&inside).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn every_copy_is_caught_by_the_rule_that_it_breaks_the_same_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let (first, second) = (made(&one), made(&two));
    assert_eq!(first["copies"], second["copies"]);
    assert_eq!((text(&first, "/original"), &first["good"]), ("yes", &true.into()));
    let copies = first["copies"].as_array().unwrap();
    let names: BTreeSet<&str> = copies.iter().map(|copy| text(copy, "/name")).collect();
    assert_eq!(names.len(), copies.len());
    // Every kind of attack has a copy.
    for kind in [
        "backdated",
        "clock-back",
        "clock-excused",
        "foreign-log",
        "head-of-tomorrow",
        "hidden-entry",
        "hidden-row",
        "file-tail",
        "hostile-size",
        "item-fork",
        "one-fresh",
        "other-file",
        "other-origin",
        "own-key-witness",
        "postdated",
        "stale",
        "tile-tail",
        "two-statements",
        "two-subjects",
    ] {
        assert!(names.contains(kind), "{kind}");
    }
    assert!(copies.len() >= 77, "{}", copies.len());
    for copy in copies {
        assert_eq!((&copy["found"], &copy["caught"]), (&copy["expected"], &true.into()), "{copy}");
        let folder = text(copy, "/folder");
        assert_eq!(folder, format!("{}_fail", text(copy, "/name")));
        let readme = fs::read_to_string(one.join(folder).join("README.txt")).unwrap();
        let (phase, rule) = (text(copy, "/expected/phase"), text(copy, "/expected/rule"));
        assert!(readme.starts_with(&format!("Done: {}.\n", text(copy, "/done"))), "{readme}");
        assert!(readme.contains(&format!("\nCaught: phase {phase}, rule {rule}.\n")), "{readme}");
    }
    let (one_files, two_files) = (files(&one), files(&two));
    let differing: Vec<&String> = one_files
        .iter()
        .filter(|(name, bytes)| two_files.get(*name) != Some(*bytes))
        .map(|(name, _)| name)
        .collect();
    assert!(differing.is_empty() && one_files.len() == two_files.len(), "{differing:?}");
    // A kit is not made over anything.
    let (code, _, said) = run(&["tamper", &one.display().to_string()]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("is there already; give a new folder"), "{said}");
    assert_eq!(files(&one), one_files);
}

#[test]
fn verify_itself_says_of_the_kit_what_the_table_says() {
    let folder = tempfile::tempdir().unwrap();
    let kit = folder.path().join("kit");
    let made = made(&kit);
    let verify = |path: &Path| {
        let (policy, kept) = (kit.join("policy"), kit.join("kept.checkpoint"));
        let words = [path, &policy, &kept].map(|path| path.display().to_string());
        let [path, policy, kept] = &words;
        run(&["--json", "verify", path, "--policy", policy, "--kept", kept])
    };
    for name in ["bundle", "ledger.dspt"] {
        let (code, out, err) = verify(&kit.join("original").join(name));
        assert_eq!(code, 0, "{out}{err}");
    }
    for copy in made["copies"].as_array().unwrap() {
        let inside = kit.join(text(copy, "/folder"));
        let bundle = inside.join("bundle");
        let path = if bundle.is_dir() { bundle } else { inside.join("ledger.dspt") };
        let (code, out, err) = verify(&path);
        // Without `--max-age` an old head is no fault, and years later none is of tomorrow.
        if text(copy, "/expected/rule") == "stale" {
            assert_eq!(code, 0, "{copy} {out}{err}");
            continue;
        }
        let rule = text(copy, "/expected/rule");
        if text(copy, "/expected/phase") == "file" {
            let said: Value = serde_json::from_str(&err).unwrap();
            assert_eq!((code, text(&said, "/code")), (4, rule), "{copy} {out}{err}");
            continue;
        }
        assert_eq!(code, 1, "{copy} {out}{err}");
        let said: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(text(&said, "/fault/rule"), rule, "{copy}");
        let same = said["head_file"] == "the same head as in the ledger";
        assert!(rule != "head_file" || !same, "{said}");
    }
}

#[test]
fn the_other_verifier_refuses_every_bundle_by_the_same_name() {
    let python = |args: &[&str]| Command::new("python3").args(args).output();
    if !there_is("python3", "--version") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let kit = folder.path().join("kit");
    let made = made(&kit);
    let verify = |bundle: &Path| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/verifier/verify.py");
        let (policy, kept) = (kit.join("policy"), kit.join("kept.checkpoint"));
        let words = [bundle, &policy, &kept].map(|path| path.display().to_string());
        let [bundle, policy, kept] = &words;
        let now = ["--now", "2026-07-02T09:00:00.000Z", "--max-age", "30", "--json"];
        let args = [&[script, bundle, "--policy", policy, "--kept", kept][..], &now].concat();
        let done = python(&args).unwrap();
        let said: Value = serde_json::from_slice(&done.stdout).unwrap();
        (done.status.code().unwrap(), said)
    };
    assert_eq!(verify(&kit.join("original/bundle")).0, 0);
    let mut refused = 0;
    for copy in made["copies"].as_array().unwrap() {
        let bundle = kit.join(text(copy, "/folder")).join("bundle");
        if !bundle.is_dir() {
            continue;
        }
        let (code, said) = verify(&bundle);
        let rule = text(copy, "/expected/rule");
        if REPLAYED.contains(&rule) {
            assert_eq!(code, 0, "{copy} {said}");
            let notes = said["notes"].to_string();
            assert!(notes.contains(&format!("{rule}: not checked here")), "{said}");
            continue;
        }
        assert_eq!(code, 1, "{copy} {said}");
        let found = said.pointer("/fault/rule").or(said.pointer("/findings/0/name"));
        assert_eq!(found.and_then(Value::as_str), Some(rule), "{copy} {said}");
        let phase = said.pointer("/fault/phase").map_or("replay", |phase| phase.as_str().unwrap());
        assert_eq!(phase, text(copy, "/expected/phase"), "{copy} {said}");
        refused += 1;
    }
    assert!(refused >= 65, "{refused}");
}

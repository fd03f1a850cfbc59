//! The second verifier, `verify.py`: its own tests, and every bundle of these, good and forged, put
//! before this program as well. Where there is no Python the test says so.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dspt_ledger::cli;
use dspt_ledger::domain::date::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::project::left_out::there_is;

/// A bundle that `verify.py` checked, and what it said.
#[derive(Deserialize)]
struct Case {
    /// The test that it comes from.
    test: String,
    /// SHA-256 of each file by its path.
    files: BTreeMap<String, String>,
    now: i64,
    policy: Option<String>,
    max_age: Option<u32>,
    kept: Vec<String>,
    answer: String,
    rule: Option<String>,
    findings: Vec<String>,
}

/// Differences that `docs/FORMAT.md` allows, or that are about the reader's own files.
fn allowed(case: &Case, rule: &str) -> bool {
    let theirs = case.rule.as_deref();
    match rule {
        // It takes a replay, which `verify.py` does not do and says so.
        "statement-not-reproduced" | "verdict-before-grounds" => case.answer != "NO",
        // A policy that cannot be read is an error of use here.
        "DSPT0075" => theirs == Some("policy"),
        // So is a head that was kept and is none.
        "DSPT0035" => theirs == Some("kept"),
        // An entry that would tell the log key of the head breaks a rule itself (section 15).
        "not-canonical" | "bad-signature" => theirs == Some("checkpoint"),
        _ => false,
    }
}

/// Says whether there is a Python; if not, that the test was left out.
pub(crate) fn python() -> bool {
    there_is("python3", "--version")
}

pub(crate) fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A folder that becomes one bundle after another, with only what differs written anew.
struct Stage {
    cases: PathBuf,
    bundle: PathBuf,
    files: BTreeMap<String, String>,
}

impl Stage {
    fn set(&mut self, files: &BTreeMap<String, String>) {
        for name in self.files.keys().filter(|name| !files.contains_key(*name)) {
            let mut path = self.bundle.join(name);
            fs::remove_file(&path).unwrap();
            // No empty folder may stay behind.
            while path.pop() && path != self.bundle && fs::remove_dir(&path).is_ok() {}
        }
        for (name, digest) in
            files.iter().filter(|(name, digest)| self.files.get(*name) != Some(*digest))
        {
            assert!(!name.starts_with('/') && !name.contains(".."), "{name}");
            let path = self.bundle.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::copy(self.cases.join(digest), path).unwrap();
        }
        self.files.clone_from(files);
    }

    /// What this program says of the bundle: its answer, and the rule that it names.
    fn verify(&self, case: &Case) -> (String, String) {
        let given = |digest: &String| self.cases.join(digest).display().to_string();
        let mut args = vec!["dspt".to_owned(), "verify".to_owned(), "--json".to_owned()];
        args.push(self.bundle.display().to_string());
        if let Some(policy) = &case.policy {
            args.extend(["--policy".to_owned(), given(policy)]);
        }
        if let Some(days) = case.max_age {
            args.extend(["--max-age".to_owned(), days.to_string()]);
        }
        for kept in &case.kept {
            args.extend(["--kept".to_owned(), given(kept)]);
        }
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let now = Timestamp::from_millis(case.now);
        let code = cli::run(args.into_iter().map(Into::into), now, &mut out, &mut err);
        let said = String::from_utf8(if out.is_empty() { err } else { out }).unwrap();
        let value: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}"));
        let rule = value["fault"]["rule"].as_str().or(value["code"].as_str());
        let rule = rule.or(value["undecided"].as_str()).unwrap_or_default().to_owned();
        let answer = match (code, value["answer"].as_str()) {
            (0, Some("yes")) => "YES",
            // Or the reader's own policy cannot be read: this program asks for another.
            (1, Some("no")) | (3, None) => "NO",
            (4, Some("not_decided")) => "NOT DECIDED",
            (code, _) => return (format!("exit {code}"), said),
        };
        (answer.to_owned(), rule)
    }
}

#[test]
fn two_verifiers_say_the_same_of_every_bundle() {
    if !python() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut run = Command::new("python3");
    run.args(["-B", "-W", "error", "-m", "unittest", "discover", "-s"]);
    run.arg(root("verifier/tests")).env("DSPT_CASES", folder.path());
    let ended = run.output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let list = fs::read_to_string(folder.path().join("cases.jsonl")).unwrap();
    let stage = tempfile::tempdir().unwrap();
    let bundle = stage.path().join("bundle");
    fs::create_dir(&bundle).unwrap();
    let mut stage = Stage { cases: folder.path().to_owned(), bundle, files: BTreeMap::new() };
    let mut count = 0_u32;
    let mut wrong: BTreeMap<String, u32> = BTreeMap::new();
    let full = std::env::var_os("DSPT_FULL").is_some();
    for (number, line) in list.lines().enumerate() {
        let case: Case = serde_json::from_str(line).unwrap();
        // Of the changes of single bytes a part; every forged bundle.
        let single = ["test_one_bit", "test_files_cut"].iter().any(|of| case.test.starts_with(of));
        if single && number % 8 != 0 && !full {
            continue;
        }
        stage.set(&case.files);
        let (answer, rule) = stage.verify(&case);
        count += 1;
        let theirs = case.rule.clone().unwrap_or_else(|| case.findings.join(","));
        let told = format!("{}: {} {theirs}, here {answer} {rule}", case.test, case.answer);
        let same = answer == case.answer || answer == "NOT DECIDED" && case.answer == "YES";
        if (same && (answer != "NO" || theirs == rule)) || allowed(&case, &rule) {
            continue;
        }
        *wrong.entry(told).or_default() += 1;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count > 400, "{count}");
}

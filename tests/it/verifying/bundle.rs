//! Bundles and their damage: no byte of any file can be changed, taken or added unseen, and both
//! verifiers name the same rule. With `DSPT_FULL=1` every byte of every file, else every byte of the
//! list, of heads and of proofs, and a sample of the rest.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use dspt_ledger::cli;
use dspt_ledger::domain::engine::derive::RulesChoice;
use dspt_ledger::domain::event::{Event, KeyRotated, LogKeyRotated};
use dspt_ledger::domain::statement::Asked;
use dspt_ledger::export::bundle::{Contents, make};
use dspt_ledger::export::heads;
use dspt_ledger::journal::{File, Journal, NewEvent, Signers};
use dspt_ledger::ledger::{Digest, Sign, cosignature};
use dspt_ledger::store::Mode;
use dspt_ledger::verify::manifest::{MANIFEST, Manifest};
use dspt_ledger::verify::published;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::answers::statement::event_of;
use crate::fixtures::{
    APPROVER, LOG, OWNER, Raw, STRANGER, answer, at, keyid, ledger, new, origin, signer,
};
use crate::formats::second_verifier::{python, root};
use crate::verifying::anchors::{WITNESS, anchor, cosigned, name, vkey};

const NEXT_LOG: u8 = 20;
const NOW: &str = "2025-11-08T09:00:00.000Z";
/// 2025-11-01T12:00:00Z and 2025-11-07T12:00:00Z.
const FIRST: u64 = 1_761_998_400;
const LAST: u64 = 1_762_516_800;

/// A ledger with a witness, a statement, and a key and a log key that were replaced.
fn history() -> (TempDir, Journal) {
    let (folder, path) = ledger();
    let raw = Raw::read(&path);
    let mut journal = Journal::open(&path, Mode::Write).unwrap();
    let add = |journal: &mut Journal, log: u8, author: u8, next: Option<u8>, new: NewEvent| {
        let (author, log, next) = (signer(author), signer(log), next.map(signer));
        let admitted = next.as_ref().map(|signer| signer as &dyn Sign);
        let signers = Signers { author: &author, admitted, log: &log };
        journal.record(&[new], &signers, at("2025-11-02")).unwrap();
    };
    let witnessed = anchor(cosigned(&raw, 16, FIRST, &[WITNESS]), &[vkey(WITNESS)]);
    add(&mut journal, LOG, OWNER, None, new(16, witnessed, Vec::new()));
    let asked = Asked { on: "2025-11-01".parse().unwrap(), size: 17, rules: RulesChoice::Then };
    let statement = published::make(&journal.ledger, &asked).unwrap();
    let said = Event::StatementPublished(event_of(&statement));
    let file = File::stored(published::NAME, statement.bytes);
    add(&mut journal, LOG, OWNER, None, new(17, said, vec![file]));
    let (key, reason) = (signer(STRANGER).public().base64(), "a new laptop".to_owned());
    let replaces = keyid(APPROVER).parse().unwrap();
    let rotated = Event::KeyRotated(KeyRotated { replaces, key, reason });
    add(&mut journal, LOG, APPROVER, Some(STRANGER), new(18, rotated, Vec::new()));
    let (key, reason) = (signer(NEXT_LOG).public().base64(), "a new server".to_owned());
    let rotated = Event::LogKeyRotated(LogKeyRotated { key, reason });
    add(&mut journal, LOG, OWNER, Some(NEXT_LOG), new(19, rotated, Vec::new()));
    let answered = Event::ItemAnswered(answer("8.3.4", true, "done"));
    add(&mut journal, NEXT_LOG, OWNER, None, new(20, answered, Vec::new()));
    (folder, journal)
}

/// A bundle of the whole ledger, or of the item that entries 7 and 11 are about, and a policy that
/// believes the witness.
fn bundle(item: bool) -> (TempDir, PathBuf, PathBuf) {
    let (folder, journal) = history();
    let mut note = journal.ledger.head.clone();
    let text = String::from_utf8(note.clone()).unwrap();
    let text = format!("{}\n", text.split_once("\n\n").unwrap().0);
    let line = cosignature::sign(&text, LAST, &name(WITNESS), &signer(WITNESS)).unwrap();
    note.extend(line.line().bytes());
    let number = "2025-26-test/cat2-it-supplier/7.3.5".to_owned();
    let elsewhere = folder.path().join("scan.pdf");
    fs::write(&elsewhere, b"kept elsewhere").unwrap();
    let contents = Contents {
        head: heads::own(&journal.ledger, &note).unwrap(),
        item: item.then(|| (number, [3, 4, 5, 7, 11, 16, 17].into())),
        evidence: [7].into(),
        files: if item { Vec::new() } else { vec![elsewhere] },
        kept: vec![16],
    };
    let path = folder.path().join("bundle");
    make(&journal.ledger, journal.store(), &path, &contents).unwrap();
    let policy = folder.path().join("reader");
    let log = dspt_ledger::ledger::Vkey::new(origin().key_name(), *signer(NEXT_LOG).public());
    fs::write(&policy, format!("log {log}\nwitness w {}\nquorum w\n", vkey(WITNESS))).unwrap();
    (folder, path, policy)
}

/// What this program says of a bundle: its answer, the rule broken, and the JSON.
fn verify(bundle: &Path, policy: &Path) -> (String, Value) {
    let (bundle, policy) = (bundle.to_str().unwrap(), policy.to_str().unwrap());
    let args = ["dspt", "verify", bundle, "--policy", policy, "--json"];
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let now = dspt_ledger::domain::date::Timestamp::parse(NOW).unwrap();
    let code = cli::run(args.map(Into::into), now, &mut out, &mut err);
    let said = String::from_utf8(if out.is_empty() { err } else { out }).unwrap();
    let value: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}"));
    let rule = value["fault"]["rule"].as_str().map(str::to_owned);
    let rule = match (code, value["answer"].as_str(), rule) {
        (0, Some("yes"), None) => "YES".to_owned(),
        (1, Some("no"), Some(rule)) => rule,
        (4, Some("not_decided"), None) => "NOT DECIDED".to_owned(),
        other => panic!("{other:?}\n{said}"),
    };
    (rule, value)
}

/// Every file of a folder, by its path in it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(one) = folders.pop() {
        for entry in fs::read_dir(one).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/");
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

/// What a file is called by that nobody signed and that proves nothing.
const FREE: [&str; 5] = ["README.txt", "FORMAT.md", "verify.py", "policy", MANIFEST];

/// Whether every byte of a file is changed in every run: heads, proofs, and the list itself.
fn is_small(name: &str) -> bool {
    let folder = name.split_once('/').map(|(folder, _)| folder);
    matches!(name, MANIFEST | "checkpoint" | "policy")
        || folder.is_some_and(|name| ["proofs", "consistency", "anchors"].contains(&name))
}

/// Damages of each kind to each file: `[name, what, ...]`. Where the first word is followed by `+`
/// the list is made anew, so that only what is signed can object.
fn damages(files: &BTreeMap<String, Vec<u8>>) -> Vec<Value> {
    let full = std::env::var_os("DSPT_FULL").is_some();
    let mut list = Vec::new();
    for (name, bytes) in files {
        let deep = !FREE.contains(&name.as_str());
        let step = |few: usize| if full { 1 } else { (bytes.len() / few).max(1) };
        let every = if is_small(name) { 1 } else { step(8) };
        for at in (0..bytes.len()).step_by(every) {
            list.push(json!([name, "flip", at, (at * 5 + name.len()) % 8]));
        }
        for at in (0..bytes.len()).step_by(step(6)).filter(|_| deep) {
            list.push(json!([name, "flip+", at, (at * 3 + name.len()) % 8]));
        }
        list.push(json!([name, "cut", 0]));
        list.push(json!([name, "cut", bytes.len() - 1]));
        list.push(json!([name, "add"]));
        list.push(json!([name, "gone"]));
        list.push(json!([format!("{name}.more"), "new"]));
        if deep {
            list.push(json!([name, "cut+", bytes.len() - 1]));
            list.push(json!([name, "add+"]));
        }
        let next = files.range(name.clone()..).nth(1).or(files.first_key_value());
        let other = next.filter(|(_, other)| *other != bytes).map(|(other, _)| other);
        if let Some(other) = other {
            list.push(json!([name, "swap", other]));
            if deep && !FREE.contains(&other.as_str()) {
                list.push(json!([name, "swap+", other]));
            }
        }
    }
    list
}

/// The files that a damage changes, with what they are then; none where one is gone.
fn damaged(files: &BTreeMap<String, Vec<u8>>, how: &Value) -> BTreeMap<String, Option<Vec<u8>>> {
    let number = |at: usize| usize::try_from(how[at].as_u64().unwrap()).unwrap();
    let (name, what) = (how[0].as_str().unwrap(), how[1].as_str().unwrap());
    let mut bytes = files.get(name).cloned().unwrap_or_default();
    let mut changed = BTreeMap::new();
    match what.trim_end_matches('+') {
        "gone" => return [(name.to_owned(), None)].into(),
        "flip" => bytes[number(2)] ^= 1 << number(3),
        "cut" => bytes.truncate(number(2)),
        "swap" => {
            let other = how[2].as_str().unwrap().to_owned();
            let theirs = files[&other].clone();
            changed.insert(other, Some(std::mem::replace(&mut bytes, theirs)));
        }
        _ => bytes.push(b'\n'),
    }
    changed.insert(name.to_owned(), Some(bytes));
    if what.ends_with('+') {
        let mut list = Manifest::parse(&files[MANIFEST]).unwrap();
        for (name, bytes) in &changed {
            let bytes = bytes.as_ref().unwrap();
            let listed = list.files.iter_mut().find(|listed| listed.name == *name).unwrap();
            (listed.size, listed.sha256) = (bytes.len() as u64, Digest::of(bytes).hex());
        }
        changed.insert(MANIFEST.to_owned(), Some(list.to_bytes().unwrap()));
    }
    changed
}

/// Lets `verify.py` say of the bundle and of each damage to it, in a process of its own.
fn second(bundle: &Path, policy: &Path, damages: &[Value]) -> Child {
    let list = bundle.with_extension("list");
    let lines: Vec<String> = damages.iter().map(Value::to_string).collect();
    fs::write(&list, lines.join("\n")).unwrap();
    let mut run = Command::new("python3");
    run.arg("-B").arg(root("verifier/tests/damaged.py")).arg(bundle).arg(policy);
    run.arg(NOW).arg(&list).arg(bundle.with_extension("said")).spawn().unwrap()
}

/// What the verifiers disagree on, and how often.
type Swept = BTreeMap<String, u32>;

/// Puts damages before this program, one after the other, in a bundle of its own.
fn first(bundle: &Path, policy: &Path, damages: &[Value]) -> Vec<String> {
    let files = files(bundle);
    let mut said = Vec::new();
    for how in damages {
        let changed = damaged(&files, how);
        for (name, bytes) in &changed {
            match bytes {
                Some(bytes) => fs::write(bundle.join(name), bytes).unwrap(),
                None => fs::remove_file(bundle.join(name)).unwrap(),
            }
        }
        said.push(verify(bundle, policy).0);
        for name in changed.keys() {
            match files.get(name) {
                Some(bytes) => fs::write(bundle.join(name), bytes).unwrap(),
                None => fs::remove_file(bundle.join(name)).unwrap(),
            }
        }
    }
    assert_eq!(verify(bundle, policy).0, "YES");
    said
}

/// What a reader may name instead: a rule broken by an entry that names the log key of the head, or
/// that there are no tiles of the size of the head.
fn allowed(rule: &str, other: &str) -> bool {
    const OF_ENTRIES: [&str; 7] = [
        "not-canonical",
        "missing-field",
        "unknown-field",
        "wrong-field",
        "bad-key",
        "missing-possession",
        "bad-signature",
    ];
    ["policy", "checkpoint"].contains(&other) && OF_ENTRIES.contains(&rule)
        || (rule, other) == ("checkpoint-place", "checkpoint")
}

/// Puts some damages before both verifiers.
fn both(item: bool, damages: &[Value], python: bool) -> Swept {
    // One for each verifier, since this program's is damaged on the disk.
    let ((_folder, ours, policy), (_other, bundle, _)) = (bundle(item), bundle(item));
    let theirs = python.then(|| second(&bundle, &policy, damages));
    let ours = first(&ours, &policy, damages);
    let mut others = BTreeMap::<String, u32>::new();
    let theirs: Vec<String> = theirs.map_or_else(Vec::new, |mut run| {
        assert!(run.wait().unwrap().success());
        let said = fs::read_to_string(bundle.with_extension("said")).unwrap();
        said.lines().map(str::to_owned).collect()
    });
    for (number, (how, rule)) in damages.iter().zip(&ours).enumerate() {
        let refused = |rule: &str| !["YES", "NOT DECIDED", "internal"].contains(&rule);
        assert!(refused(rule), "{how}: {rule}");
        let Some(other) = theirs.get(number + 1) else { continue };
        assert!(refused(other), "{how}: verify.py {other}");
        if other != rule && !allowed(rule, other) {
            *others.entry(format!("{}: {rule}, verify.py {other}", how[1])).or_default() += 1;
        }
    }
    assert!(theirs.first().is_none_or(|said| said == "YES"), "{theirs:?}");
    assert!(theirs.is_empty() || theirs.len() == damages.len() + 1, "{}", theirs.len());
    others
}

fn sweep(item: bool) {
    let damages = damages(&files(&bundle(item).1));
    let python = python();
    // Neighbours cost alike, so every second one makes two halves.
    let half =
        |rest: usize| -> Vec<Value> { damages.iter().skip(rest).step_by(2).cloned().collect() };
    let (even, odd) = (half(0), half(1));
    let (one, two) = std::thread::scope(|threads| {
        let other = threads.spawn(|| both(item, &odd, python));
        (both(item, &even, python), other.join().unwrap())
    });
    eprintln!("{} damages", damages.len());
    assert!(one.is_empty() && two.is_empty(), "{one:#?} {two:#?}");
}

#[test]
fn no_byte_of_a_bundle_of_the_whole_ledger_can_be_changed_unseen() {
    sweep(false);
}

#[test]
fn no_byte_of_a_bundle_of_one_item_can_be_changed_unseen() {
    sweep(true);
}

/// Runs `dspt` with JSON and gives its exit status and answer.
fn dspt(words: &[&str]) -> (u8, Value) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let now = dspt_ledger::domain::date::Timestamp::parse("2027-01-01T09:00:00.000Z").unwrap();
    let args = ["dspt", "--json"].iter().chain(words).map(Into::into);
    let code = cli::run(args, now, &mut out, &mut err);
    let said = String::from_utf8(if out.is_empty() { err } else { out }).unwrap();
    (code, serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}")))
}

#[test]
fn an_item_of_every_status_gives_a_bundle_that_holds_its_name_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let ledger = path("demo");
    assert_eq!(dspt(&["demo", "--keep", &ledger]).0, 0);
    let opening = dspt(&["--ledger", &ledger, "show", "0"]).1;
    let policy = path("policy");
    let log = opening["body"]["log"].as_str().unwrap();
    fs::write(&policy, format!("log {log}\nquorum none\n")).unwrap();
    let mut seen = BTreeMap::<String, String>::new();
    for day in ["2026-06-30", "2026-11-01"] {
        let status = dspt(&["--ledger", &ledger, "status", "--at", day]).1;
        for one in status["items"].as_array().unwrap() {
            let (item, status) = (one["item"].as_str().unwrap(), one["status"].as_str().unwrap());
            if seen.insert(status.to_owned(), item.to_owned()).is_some() {
                continue;
            }
            let out = path(status);
            let words = ["--ledger", &ledger, "export", "bundle", &out, "--item", item];
            let (code, said) = dspt(&[&words[..], &["--at", day]].concat());
            assert_eq!(code, 0, "{said:#}");
            let (code, said) = dspt(&["verify", &out, "--policy", &policy]);
            assert_eq!(code, 0, "{status} {item} {said:#}");
            let list = Path::new(&out).join(MANIFEST);
            let mut renamed = Manifest::parse(&fs::read(&list).unwrap()).unwrap();
            renamed.item = Some("2025-26-v8/cat2-it-supplier/1.1.9".to_owned());
            fs::write(&list, renamed.to_bytes().unwrap()).unwrap();
            let (code, said) = dspt(&["verify", &out, "--policy", &policy]);
            assert_eq!((code, &said["fault"]["rule"]), (1, &"item".into()), "{said:#}");
        }
    }
    assert_eq!(seen.len(), 6, "{seen:?}");
}

#[test]
fn folders_links_and_lists_that_are_not_there_are_named() {
    for item in [false, true] {
        let (_folder, bundle, policy) = bundle(item);
        let said = || verify(&bundle, &policy).0;
        fs::create_dir(bundle.join("empty")).unwrap();
        assert_eq!(said(), "file-extra");
        fs::remove_dir(bundle.join("empty")).unwrap();
        fs::create_dir_all(bundle.join("a/b/c/d/e/f/g/h/i/j/k/l/m/n")).unwrap();
        assert_eq!(said(), "file-extra");
        fs::remove_dir_all(bundle.join("a")).unwrap();
        #[cfg(unix)]
        {
            let link = bundle.join("content/link");
            std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
            assert_eq!(said(), "file-extra");
            fs::remove_file(&link).unwrap();
            // Nor does a link stand for a file.
            let readme = bundle.join("README.txt");
            fs::rename(&readme, bundle.with_extension("aside")).unwrap();
            std::os::unix::fs::symlink("FORMAT.md", &readme).unwrap();
            assert_eq!(said(), "file-missing");
            fs::remove_file(&readme).unwrap();
            fs::rename(bundle.with_extension("aside"), readme).unwrap();
        }
        assert_eq!(said(), "YES");
        // Without its list it is no folder of tiles, of which less would be checked.
        fs::remove_file(bundle.join("bundle.json")).unwrap();
        assert_eq!(said(), "manifest");
    }
}

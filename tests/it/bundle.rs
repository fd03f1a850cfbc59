//! Bundles and their damage: no byte of any file can be changed, taken or added unseen, and both
//! verifiers name the same rule. With `DSPT_FULL=1` every byte, else a sample of each file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant as Watch};

use dspt_ledger::cli;
use dspt_ledger::domain::derive::RulesChoice;
use dspt_ledger::domain::event::{Event, KeyRotated, LogKeyRotated};
use dspt_ledger::domain::statement::Asked;
use dspt_ledger::export::bundle::{Contents, make};
use dspt_ledger::export::heads;
use dspt_ledger::journal::{File, Journal, NewEvent, Signers, published};
use dspt_ledger::ledger::{Sign, cosignature};
use dspt_ledger::store::Mode;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::anchors::{WITNESS, anchor, cosigned, name, vkey};
use super::made::{
    APPROVER, LOG, OWNER, Raw, STRANGER, answer, at, keyid, ledger, new, origin, signer,
};
use super::second::{python, root};
use super::statement::event_of;

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
    make(&journal, &path, &contents).unwrap();
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
    let now = dspt_ledger::domain::day::Instant::parse(NOW).unwrap();
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

/// One damage of each kind to each file, and changes of single bits.
fn damages(files: &BTreeMap<String, Vec<u8>>) -> Vec<Value> {
    let full = std::env::var_os("DSPT_FULL").is_some();
    let mut list = Vec::new();
    for (name, bytes) in files {
        let step = if full { 1 } else { (bytes.len() / 4).max(1) };
        for at in (0..bytes.len()).step_by(step) {
            list.push(json!([name, "flip", at, (at * 5 + name.len()) % 8]));
        }
        list.push(json!([name, "cut", 0]));
        list.push(json!([name, "cut", bytes.len() - 1]));
        list.push(json!([name, "add"]));
        list.push(json!([name, "gone"]));
        list.push(json!([format!("{name}.more"), "new"]));
    }
    list
}

/// Does a damage to the file on the disk; `bytes` are those that it has, if any.
fn damage(path: &Path, bytes: Option<&Vec<u8>>, how: &Value) {
    let number = |at: usize| usize::try_from(how[at].as_u64().unwrap()).unwrap();
    let mut bytes = bytes.cloned().unwrap_or_default();
    match how[1].as_str().unwrap() {
        "gone" => return fs::remove_file(path).unwrap(),
        "flip" => bytes[number(2)] ^= 1 << number(3),
        "cut" => bytes.truncate(number(2)),
        _ => bytes.push(b'\n'),
    }
    fs::write(path, bytes).unwrap();
}

/// What `verify.py` says of the bundle and of each damage to it.
fn second(bundle: &Path, policy: &Path, damages: &[Value]) -> Vec<String> {
    let list = bundle.with_extension("list");
    let lines: Vec<String> = damages.iter().map(Value::to_string).collect();
    fs::write(&list, lines.join("\n")).unwrap();
    let mut run = Command::new("python3");
    run.arg("-B").arg(root("tests/verify_py/damaged.py")).arg(bundle).arg(policy);
    let ended = run.arg(NOW).arg(&list).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8(ended.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn sweep(item: bool) {
    let (_folder, bundle, policy) = bundle(item);
    let (said, value) = verify(&bundle, &policy);
    assert_eq!(said, "YES", "{value:#}");
    let files = files(&bundle);
    let damages = damages(&files);
    let theirs = python().then(|| second(&bundle, &policy, &damages));
    assert!(theirs.as_ref().is_none_or(|all| all[0] == "YES"), "{theirs:?}");
    let (mut others, mut slowest) = (BTreeMap::<String, u32>::new(), Duration::ZERO);
    for (number, how) in damages.iter().enumerate() {
        let name = how[0].as_str().unwrap();
        let path = bundle.join(name);
        damage(&path, files.get(name), how);
        let start = Watch::now();
        let (rule, _) = verify(&bundle, &policy);
        slowest = slowest.max(start.elapsed());
        assert!(!["YES", "NOT DECIDED"].contains(&rule.as_str()), "{how}: {rule}");
        if let Some(other) =
            theirs.as_ref().map(|all| &all[number + 1]).filter(|other| **other != rule)
        {
            *others.entry(format!("{}: {rule}, verify.py {other}", how[1])).or_default() += 1;
        }
        match files.get(name) {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
    }
    eprintln!("{} damages, slowest {slowest:?}", damages.len());
    assert!(others.is_empty(), "{others:#?}");
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    assert_eq!(verify(&bundle, &policy).0, "YES");
}

#[test]
fn no_byte_of_a_bundle_of_the_whole_ledger_can_be_changed_unseen() {
    sweep(false);
}

#[test]
fn no_byte_of_a_bundle_of_one_item_can_be_changed_unseen() {
    sweep(true);
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

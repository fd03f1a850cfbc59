//! What `dspt verify` says of files beside a ledger: evidence in a folder, and folders that are the
//! log of another program; and what a bundle tells its reader to run.

use std::fs;
use std::path::{Path, PathBuf};

use dspt_ledger::domain::date::Timestamp;
use dspt_ledger::ledger::tiles::{Tiler, bundle, bundles_of};
use dspt_ledger::ledger::tree::root_of;
use dspt_ledger::ledger::{Digest, KeyName, SeedSigner, Sign as _, Vkey, leaf_hash, note};
use serde_json::Value;

const REPORT: &[u8] = b"The restore test of October went well.\n";
const SCAN: &[u8] = b"The scan of October found three late updates.\n";

fn run(args: &[&str]) -> (u8, String, String) {
    let now = Timestamp::parse("2026-07-02T09:00:00.000Z").unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = std::iter::once("dspt").chain(args.iter().copied()).map(Into::into);
    let code = dspt_ledger::cli::run(args, now, &mut out, &mut err);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

/// The sound ledger of the tamper kit, which names two evidence files.
fn kit(folder: &Path) -> PathBuf {
    let kit = folder.join("kit");
    let (code, out, err) = run(&["tamper", kit.to_str().unwrap()]);
    assert_eq!(code, 0, "{out}{err}");
    kit
}

#[test]
fn every_evidence_file_that_differs_is_named_apart_from_the_history() {
    let folder = tempfile::tempdir().unwrap();
    let kit = kit(folder.path());
    let (ledger, policy) = (kit.join("original/ledger.dspt"), kit.join("policy"));
    let files = folder.path().join("files");
    fs::create_dir(&files).unwrap();
    let verify = |flags: &[&str]| {
        let args = ["verify", ledger.to_str().unwrap(), "--policy", policy.to_str().unwrap()];
        run(&[flags, &args, &["--evidence", files.to_str().unwrap()]].concat())
    };
    let part = |text: &str| {
        let from = text.find("Evidence files in").unwrap_or_else(|| panic!("{text}"));
        text[from..].split("This does not prove").next().unwrap().to_owned()
    };
    // Nothing there, one good, another name for it, both good.
    let (code, out, _) = verify(&[]);
    assert!(code == 0 && part(&out).contains("nothing was compared"), "{out}");
    fs::write(files.join("scan.txt"), SCAN).unwrap();
    let (code, out, _) = verify(&[]);
    assert!(
        code == 0
            && part(&out).contains("1 file as recorded; not there, of those that entries name: 1"),
        "{out}"
    );
    fs::write(files.join("renamed.txt"), REPORT).unwrap();
    let (code, out, _) = verify(&[]);
    assert!(
        code == 0
            && part(&out).contains("2 files as recorded; not there, of those that entries name: 0"),
        "{out}"
    );
    // Both changed: both are named, and the history is as good as before.
    fs::remove_file(files.join("renamed.txt")).unwrap();
    for name in ["report.txt", "scan.txt"] {
        fs::write(files.join(name), format!("another {name}")).unwrap();
    }
    let (code, out, _) = verify(&[]);
    assert_eq!(code, 1, "{out}");
    assert!(out.starts_with("Can this history be trusted? YES"), "{out}");
    assert!(!out.contains("First fault"), "{out}");
    for words in ["2 NOT AS RECORDED", "report.txt (entry #8)", "scan.txt (entry #9)"] {
        assert!(part(&out).contains(words), "{words}: {out}");
    }
    assert!(part(&out).contains(&Digest::of(SCAN).hex()), "{out}");
    let (code, out, _) = verify(&["--json"]);
    let said: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &said["answer"], &said["fault"]), (1, &"yes".into(), &Value::Null));
    let changed = said["evidence"]["changed"].as_array().unwrap();
    let named: Vec<&str> = changed.iter().map(|one| one["file"].as_str().unwrap()).collect();
    assert_eq!(named, ["report.txt", "scan.txt"]);
    assert_eq!(changed[1]["recorded"], Digest::of(SCAN).hex());
    // A file under the name of another that is recorded is no change of it.
    fs::write(files.join("report.txt"), SCAN).unwrap();
    fs::write(files.join("scan.txt"), REPORT).unwrap();
    assert_eq!(verify(&[]).0, 0);
    // No folder: nothing is said as if there were one.
    fs::remove_dir_all(&files).unwrap();
    let (code, out, err) = verify(&[]);
    assert!(code == 3 && out.is_empty() && err.contains("--evidence"), "{code} {out}{err}");
    // Without --evidence nothing is said of files.
    let (_, out, _) = run(&["--json", "verify", ledger.to_str().unwrap()]);
    assert!(serde_json::from_str::<Value>(&out).unwrap().get("evidence").is_none());
}

#[test]
fn a_bundle_asks_for_a_fresh_witness_only_where_one_cosigned() {
    let folder = tempfile::tempdir().unwrap();
    let original = kit(folder.path()).join("original");
    let cosigned = fs::read_to_string(original.join("bundle/README.txt")).unwrap();
    assert_eq!(cosigned.matches("--max-age 30\n").count(), 1, "{cosigned}");
    assert!(cosigned.contains("--policy YOUR-POLICY --max-age 30 .\n"), "{cosigned}");
    // The newest head itself has no cosignature.
    let out = folder.path().join("bundle");
    let ledger = original.join("ledger.dspt");
    let args = ["--ledger", ledger.to_str().unwrap(), "export", "bundle"];
    let head = format!("{}.head", ledger.display());
    let to = [out.to_str().unwrap(), "--checkpoint", &head];
    let (code, said, err) = run(&[&args[..], &to].concat());
    assert_eq!(code, 0, "{said}{err}");
    let alone = fs::read_to_string(out.join("README.txt")).unwrap();
    assert!(!alone.contains("--max-age 30"), "{alone}");
    assert!(alone.contains("verify.py --policy YOUR-POLICY\n"), "{alone}");
    assert!(alone.contains("dspt verify --policy YOUR-POLICY .\n"), "{alone}");
    assert!(alone.contains("No witness that this ledger names has cosigned its head"), "{alone}");
}

/// A log of another program in a folder, signed by the key of a seed.
fn log(folder: &Path, origin: &str, seed: u8) {
    let entries: Vec<String> = (0..3).map(|index| format!("note {index}")).collect();
    let leaves: Vec<Digest> = entries.iter().map(|entry| leaf_hash(entry.as_bytes())).collect();
    let mut tiler = Tiler::new();
    let mut files: Vec<_> = leaves.iter().flat_map(|leaf| tiler.push(*leaf)).collect();
    files.extend(tiler.finish());
    files.extend(bundles_of(3).map(|path| (path, bundle(&entries).unwrap())));
    for (path, bytes) in files {
        let file = folder.join(path.to_string());
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
    let text = format!("{origin}\n3\n{}\nan extension\n", root_of(&leaves).base64());
    let name = KeyName::parse(origin).unwrap();
    let note = note::sign(&text, &name, &SeedSigner::from_seed(&[seed; 32])).unwrap();
    fs::write(folder.join("checkpoint"), note).unwrap();
}

#[test]
fn a_foreign_log_is_told_apart_from_one_that_takes_a_name_that_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let (theirs, dir) = ("log.example/a/b", folder.path().join("log"));
    let policy = folder.path().join("policy");
    let vkey =
        Vkey::new(KeyName::parse(theirs).unwrap(), *SeedSigner::from_seed(&[7; 32]).public());
    fs::write(&policy, format!("log {vkey}\nquorum none\n")).unwrap();
    let verify = |flags: &[&str]| run(&[&["verify", dir.to_str().unwrap()], flags].concat());
    let trusted = ["--policy", policy.to_str().unwrap()];
    // Signed by the key that is trusted under that name, it is what it says.
    log(&dir, theirs, 7);
    for flags in [&[][..], &trusted] {
        let (code, out, err) = verify(flags);
        assert!(code == 4 && out.contains("of another program"), "{out}{err}");
        assert!(out.contains("dspt check tiles"), "{out}");
    }
    let args = ["check", "tiles", "--dir", dir.to_str().unwrap()];
    assert_eq!(run(&[&args[..], &trusted].concat()).0, 0);
    // Under that name and by another key it is forged; nobody who trusts no such name can know.
    log(&dir, theirs, 8);
    assert_eq!(verify(&[]).0, 4);
    let (code, out, err) = verify(&trusted);
    assert!(code == 1 && !out.contains("of another program"), "{out}{err}");
    // A log of another name is none of theirs.
    log(&dir, "log.example/a/c", 8);
    assert_eq!(verify(&trusted).0, 4);
}

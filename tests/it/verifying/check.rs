//! `dspt check`: good files are accepted, and every damaged one is refused with a named reason.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use base64ct::Encoding as _;
use dspt_ledger::cli;
use dspt_ledger::domain::date::Timestamp;
use dspt_ledger::ledger::tiles::{Tiler, bundle, bundles_of};
use dspt_ledger::ledger::tree::{inclusion_proof, root_of};
use dspt_ledger::ledger::{
    Checkpoint, ConsistencyFile, Digest, InclusionFile, Origin, SeedSigner, Sign as _, Vkey,
    WitnessKey, cosignature, leaf_hash,
};
use serde_json::Value;

const ORIGIN: &str = "ledger.example/northbridge/dspt";
const LOG: &str =
    "ledger.example/northbridge/dspt+3edb7fbf+AYE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";
const WITNESS: &str =
    "witness.example/auditor+931f5f0f+BO1JKMYo0cLG6ukDOJBZlWEpWSc6XGP5NjbBRhSshzfR";

/// How a command ended.
struct Ended {
    code: u8,
    out: String,
    err: String,
}

impl Ended {
    /// The name of the reason of a "no".
    #[track_caller]
    fn refused(&self) -> String {
        assert_eq!(self.code, 1, "{}\n{}", self.out, self.err);
        assert_eq!(self.out.lines().count(), 1, "{}", self.out);
        let rest = self.out.strip_prefix("NO: ").unwrap();
        rest.split_once(": ").unwrap().0.to_owned()
    }
}

fn run(args: &[&str]) -> Ended {
    let args = ["dspt", "check"].iter().chain(args).map(OsString::from);
    let now = Timestamp::parse("2026-11-21T10:00:00.000Z").unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = cli::run(args, now, &mut out, &mut err);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { code, out: text(out), err: text(err) }
}

/// The worked files, in a folder of their own.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors");
        for name in [
            "checkpoint-3",
            "checkpoint-5",
            "entry-2.json",
            "entry-2.tlog-proof",
            "3-5.add-checkpoint",
        ] {
            fs::copy(vectors.join(name), folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn run(&self, args: &str) -> Ended {
        let placed = |word: &str| match word.strip_prefix('@') {
            Some(name) => self.path(name).display().to_string(),
            None => word.to_owned(),
        };
        let words: Vec<String> = args.split_whitespace().map(placed).collect();
        run(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// What a command says when one file has other bytes.
    fn with(&self, name: &str, bytes: &[u8], args: &str) -> Ended {
        let good = self.bytes(name);
        fs::write(self.path(name), bytes).unwrap();
        let ended = self.run(args);
        fs::write(self.path(name), good).unwrap();
        ended
    }
}

fn checkpoint() -> String {
    format!("checkpoint --vkey {LOG} --witness {WITNESS} --checkpoint @checkpoint-5")
}

fn inclusion() -> String {
    format!(
        "inclusion --vkey {LOG} --witness {WITNESS} --leaf @entry-2.json \
         --proof @entry-2.tlog-proof"
    )
}

fn consistency() -> String {
    format!("consistency --vkey {LOG} --old @checkpoint-3 --proof @3-5.add-checkpoint")
}

#[test]
fn the_worked_files_are_accepted_with_counts() {
    let desk = Desk::new();
    for (args, parts) in [
        (checkpoint(), ["YES: the checkpoint is signed", "signatures    1 good", "1 good, of 1"]),
        (
            inclusion(),
            ["YES: the entry is in the log", "entries       1 good", "hashes        3 good"],
        ),
        (consistency(), ["YES: the log only grew", "signatures    2 good", "hashes        4 good"]),
    ] {
        let ended = desk.run(&args);
        assert_eq!(ended.code, 0, "{}\n{}", ended.out, ended.err);
        for part in parts {
            assert!(ended.out.contains(part), "{part}\n{}", ended.out);
        }
    }
    let ended = desk.run(&checkpoint());
    assert!(ended.out.contains("witness.example/auditor at 2026-06-30T17:00:05Z"), "{}", ended.out);
    let ended = desk.run(&format!("--json {}", inclusion()));
    let value: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(value["schema"], "dspt.check/1");
    assert_eq!(value["answer"], "yes");
    assert_eq!((&value["size"], &value["checked"]["hashes"]), (&5.into(), &3.into()));
    assert_eq!(value["cosigned"][0]["time"], 1_782_838_805);
    let ended = desk.with("entry-2.json", b"x", &format!("--json {}", inclusion()));
    let value: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((&value["answer"], &value["fault"]["rule"]), (&"no".into(), &"not-included".into()));
    assert_eq!(ended.code, 1);
}

#[test]
fn every_byte_of_every_file_counts() {
    let desk = Desk::new();
    // The formats' own tests flip every bit; here one byte in three, or all with DSPT_FULL set.
    let step = if std::env::var_os("DSPT_FULL").is_some() { 1 } else { 3 };
    for (args, names) in [
        (checkpoint(), &["checkpoint-5"][..]),
        (inclusion(), &["entry-2.json", "entry-2.tlog-proof"]),
        (consistency(), &["checkpoint-3", "3-5.add-checkpoint"]),
    ] {
        for name in names {
            let good = desk.bytes(name);
            for at in (0..good.len()).step_by(step) {
                let mut bad = good.clone();
                bad[at] ^= [0x01, 0x20, 0x80][at / step % 3];
                let reason = desk.with(name, &bad, &args).refused();
                assert!(!reason.is_empty() && !reason.contains(' '), "{reason}");
            }
            for end in (0..good.len()).step_by(32).chain([good.len() - 1]) {
                desk.with(name, &good[..end], &args).refused();
            }
            desk.with(name, &[&good[..], b"\n"].concat(), &args).refused();
        }
    }
}

/// A file with one part replaced, and the reason why it is refused.
#[track_caller]
fn refused(name: &str, args: &str, from: &str, to: &str) -> String {
    let desk = Desk::new();
    let good = String::from_utf8(desk.bytes(name)).unwrap();
    let bad = good.replacen(from, to, 1);
    assert_ne!(good, bad, "{from}");
    desk.with(name, bad.as_bytes(), args).refused()
}

#[test]
fn second_spellings_are_refused() {
    let head = |from: &str, to: &str| refused("checkpoint-5", &checkpoint(), from, to);
    assert_eq!(head("\n5\n", "\n05\n"), "bad-signature");
    assert_eq!(head("\n", "\r\n"), "bad-byte");
    assert_eq!(head("4Kvo=\n", "4Kvo=\nan extension\n"), "bad-signature");
    assert_eq!(head("hvTAY=", "hvTAZ="), "bad-signature-line");
    assert_eq!(head("hvTAY=", "hvTAY"), "bad-signature-line");
    assert_eq!(head("SWcyxDQ==\n", "SWcyxDQ=="), "bad-note");
    let proof = |from: &str, to: &str| refused("entry-2.tlog-proof", &inclusion(), from, to);
    for (from, to) in [
        ("index 2", "index 02"),
        ("index 2", "index +2"),
        ("index 2", "index  2"),
        ("FoXRFmJP1C2367C0k=", "FoXRFmJP1C2367C0l="),
        ("C0k=\n", "C0k=\nhello\n"),
        ("tlog-proof@v1\n", "tlog-proof@v1\r\n"),
        ("@v1", "@v2"),
        ("tlog-proof@v1\n", "tlog-proof@v1\nnote\n"),
    ] {
        assert_eq!(proof(from, to), "bad-proof", "{to}");
    }
    assert_eq!(proof("C0k=\n", "C0k=\n\n"), "bad-signature");
    let add = |from: &str, to: &str| refused("3-5.add-checkpoint", &consistency(), from, to);
    assert_eq!(add("old 3", "old 03"), "bad-proof");
    assert_eq!(add("old 3", "old 2"), "wrong-old-size");
    assert_eq!(add("old 3\n", "old 3\nAAAA\n"), "bad-proof");
    let hash = "6NRAuEE2BPCF9FG9ZExaxhg3WurzNZgwXGeVoFnjJQI=\n";
    assert_eq!(add(hash, ""), "not-consistent");
    assert_eq!(add(hash, &hash.repeat(2)), "not-consistent");
    assert_eq!(add(hash, &hash.repeat(61)), "too-long");
}

#[test]
fn what_the_log_signs_wrongly_is_refused_too() {
    let desk = Desk::new();
    let signer = SeedSigner::from_seed(&[2; 32]);
    let name = Vkey::parse(LOG).unwrap().name().clone();
    let root = "RPgwBdW8SfJ20lx1c9R/X8Oc8AC1D/wpjC3Nsng4Kvo=";
    let args = format!("checkpoint --vkey {LOG} --checkpoint @checkpoint-5");
    for (text, reason) in [
        (format!("{ORIGIN}\n05\n{root}\n"), "bad-size"),
        (format!("{ORIGIN}\n5\n{}\n", &root[..40]), "bad-root"),
        (format!("{ORIGIN}\n5\n{}\n", root.replace("Kvo", "Kvp")), "bad-root"),
        (format!("{ORIGIN}\n0\n{root}\n"), "bad-root"),
        (format!("{ORIGIN}\n5\n{root}\n\n"), "bad-checkpoint"),
        (format!("{ORIGIN}\n5\n{root}\none\n\ntwo\n"), "bad-checkpoint"),
        (format!("{ORIGIN}\n5\n"), "bad-checkpoint"),
        (format!("{ORIGIN}/b\n5\n{root}\n"), "wrong-origin"),
        (format!("\n5\n{root}\n"), "bad-origin"),
        (format!("{ORIGIN}\n5\n{root}\n"), ""),
    ] {
        let note = dspt_ledger::ledger::note::sign(&text, &name, &signer).unwrap();
        let ended = desk.with("checkpoint-5", &note, &args);
        if reason.is_empty() {
            assert_eq!(ended.code, 0, "{}", ended.out);
            let line = String::from_utf8(note).unwrap().lines().last().unwrap().to_owned();
            let twice = [text.as_bytes(), format!("\n{line}\n{line}\n").as_bytes()].concat();
            assert_eq!(desk.with("checkpoint-5", &twice, &args).refused(), "signed-twice");
        } else {
            assert_eq!(ended.refused(), reason);
        }
    }
}

#[test]
fn extension_lines_are_taken_as_the_log_signed_them() {
    let desk = Desk::new();
    let (signer, witness) = (SeedSigner::from_seed(&[2; 32]), SeedSigner::from_seed(&[3; 32]));
    let name = Vkey::parse(LOG).unwrap().name().clone();
    let extended = |note: &[u8]| {
        let note = String::from_utf8(note.to_vec()).unwrap();
        let text = format!("{}\none\n\u{202e}two\n", note.split_once("\n\n").unwrap().0);
        dspt_ledger::ledger::note::sign(&text, &name, &signer).unwrap()
    };
    let cosigned = |note: Vec<u8>, text: &str| {
        let name = WitnessKey::parse(WITNESS).unwrap().name().clone();
        let line = cosignature::sign(text, 7, &name, &witness).unwrap();
        [&note[..], line.line().as_bytes()].concat()
    };
    let five = extended(&desk.bytes("checkpoint-5"));
    let text = String::from_utf8(five.clone()).unwrap();
    let text = format!("{}\n", text.split_once("\n\n").unwrap().0);
    // The cosignature is over the whole text; one over its first three lines is none.
    let whole = cosigned(five.clone(), &text);
    let ended = desk.with("checkpoint-5", &whole, &checkpoint());
    assert_eq!(ended.code, 0, "{}", ended.out);
    assert!(ended.out.contains("extension     2 lines that the log signed"), "{}", ended.out);
    let ended = desk.with("checkpoint-5", &whole, &format!("--json {}", checkpoint()));
    let value: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(value["extensions"], serde_json::json!(["one", "\u{202e}two"]));
    assert!(!ended.out.contains('\u{202e}'), "{}", ended.out);
    let three: String = text.split_inclusive('\n').take(3).collect();
    let part = cosigned(five, &three);
    assert_eq!(desk.with("checkpoint-5", &part, &checkpoint()).refused(), "bad-cosignature");
    let altered = String::from_utf8(whole.clone()).unwrap().replace("one\n", "ONE\n");
    let altered = desk.with("checkpoint-5", altered.as_bytes(), &checkpoint());
    assert_eq!(altered.refused(), "bad-signature");
    // Proofs hold by the first three lines, on either side.
    let mut proof = InclusionFile::parse(&desk.bytes("entry-2.tlog-proof")).unwrap();
    proof.checkpoint = whole.clone();
    let ended = desk.with("entry-2.tlog-proof", &proof.to_bytes(), &inclusion());
    assert_eq!(ended.code, 0, "{}", ended.out);
    let old = extended(&desk.bytes("checkpoint-3"));
    assert_eq!(desk.with("checkpoint-3", &old, &consistency()).code, 0);
    let mut proof = ConsistencyFile::parse(&desk.bytes("3-5.add-checkpoint")).unwrap();
    proof.checkpoint = whole.clone();
    assert_eq!(desk.with("3-5.add-checkpoint", &proof.to_bytes(), &consistency()).code, 0);
    // Two texts over one tree are no fork.
    let args = format!("fork --vkey {LOG} --a @checkpoint-5 --b @checkpoint-3");
    assert_eq!(desk.with("checkpoint-3", &whole, &args).refused(), "same-head");
    let folder = desk.folder.path();
    let (vkey, _) = tiles(folder, 300);
    let text = String::from_utf8(desk.bytes("checkpoint")).unwrap();
    let text = format!("{}\nmore\n", text.split_once("\n\n").unwrap().0);
    let name = Vkey::parse(&vkey).unwrap().name().clone();
    let note = dspt_ledger::ledger::note::sign(&text, &name, &tiles_signer()).unwrap();
    let args = format!("tiles --vkey {vkey} --dir {}", folder.display());
    let ended = desk.with("checkpoint", &note, &args);
    assert_eq!(ended.code, 0, "{}", ended.out);
    assert!(ended.out.contains("extension     1 line that"), "{}", ended.out);
}

#[test]
fn the_empty_tree_is_a_tree() {
    let desk = Desk::new();
    let signer = SeedSigner::from_seed(&[2; 32]);
    let origin = Origin::parse(ORIGIN).unwrap();
    let empty = Checkpoint { origin, size: 0, root: Digest::of(&[]) }.sign(&signer).unwrap();
    assert_eq!(desk.with("checkpoint-5", &empty, &checkpoint()).refused(), "quorum-not-met");
    let alone = format!("checkpoint --vkey {LOG} --checkpoint @checkpoint-5");
    assert_eq!(desk.with("checkpoint-5", &empty, &alone).code, 0);
    // Every log continues the empty one, by a proof without a hash.
    let five = desk.bytes("checkpoint-5");
    let mut proof = ConsistencyFile { old_size: 0, path: Vec::new(), checkpoint: five.clone() };
    fs::write(desk.path("0-5.add-checkpoint"), proof.to_bytes()).unwrap();
    fs::write(desk.path("checkpoint-0"), &empty).unwrap();
    let args = format!("consistency --vkey {LOG} --old @checkpoint-0 --proof @0-5.add-checkpoint");
    assert_eq!(desk.run(&args).code, 0);
    let more = ConsistencyFile { path: vec![Digest::of(&[])], ..proof.clone() }.to_bytes();
    assert_eq!(desk.with("0-5.add-checkpoint", &more, &args).refused(), "not-consistent");
    proof.checkpoint = empty.clone();
    assert_eq!(desk.with("0-5.add-checkpoint", &proof.to_bytes(), &args).code, 0);
    let args = args.replace("@checkpoint-0", "@checkpoint-5");
    assert_eq!(desk.run(&args).refused(), "wrong-old-size");
    let args = format!("fork --vkey {LOG} --a @checkpoint-0 --b @checkpoint-5");
    assert_eq!(desk.run(&args).refused(), "no-proof");
}

#[test]
fn a_key_that_is_not_what_it_says_is_rejected_and_not_misused() {
    let desk = Desk::new();
    let weak = |name: &str, kind: u8| {
        let mut bytes = [0; 33];
        (bytes[0], bytes[1]) = (kind, 1);
        let text = format!("{name}\n").into_bytes();
        let id = Digest::of(&[&text[..], &bytes].concat()).hex();
        let encoded = base64ct::Base64::encode_string(&bytes);
        format!("{name}+{}+{encoded}", &id[..8])
    };
    let two = format!("{} --other-vkey", fork());
    for (bad, flag) in [
        (checkpoint().replace("3edb7fbf", "3edb7fbe"), "--vkey"),
        (checkpoint().replace(LOG, &weak(ORIGIN, 1)), "--vkey"),
        (checkpoint().replace("931f5f0f", "931f5f0e"), "--witness"),
        (checkpoint().replace(WITNESS, &weak("witness.example/auditor", 4)), "--witness"),
        (checkpoint().replace("--vkey ledger.", "--vkey Ledger."), "--vkey"),
        (format!("{two} {}", weak(ORIGIN, 1)), "--other-vkey"),
        (format!("{two} {}", LOG.replace("3edb7fbf", "00000000")), "--other-vkey"),
    ] {
        let ended = desk.run(&bad);
        assert_eq!(ended.refused(), "bad-key", "{bad}");
        assert!(ended.out.contains(flag), "{}", ended.out);
        let ended = desk.run(&format!("--json {bad}"));
        let value: Value = serde_json::from_str(&ended.out).unwrap();
        let said = (&value["answer"], &value["fault"]["rule"], ended.code);
        assert_eq!(said, (&"no".into(), &"bad-key".into(), 1), "{bad}");
    }
    // What is no key at all, or one for something else, is a slip of the command line.
    for bad in ["", "x", "a+b", "a+00000000+AA", &LOG[..60], &LOG.replace("3edb7fbf", "3EDB7FBF")] {
        let ended = run(&["checkpoint", "--vkey", bad, "--checkpoint", "x"]);
        assert_eq!(ended.code, 2, "{bad}: {}", ended.out);
    }
}

fn fork() -> String {
    format!("fork --vkey {LOG} --a @checkpoint-5 --b @checkpoint-3")
}

#[test]
fn witnesses_are_counted_by_key() {
    let desk = Desk::new();
    let good = String::from_utf8(desk.bytes("checkpoint-5")).unwrap();
    let line = good.lines().last().unwrap().to_owned() + "\n";
    let twice = desk.with("checkpoint-5", format!("{good}{line}").as_bytes(), &checkpoint());
    assert_eq!(twice.refused(), "cosigned-twice");
    let none = good.replace(&line, "");
    let none = none.as_bytes();
    assert_eq!(desk.with("checkpoint-5", none, &checkpoint()).refused(), "quorum-not-met");
    let other = SeedSigner::from_seed(&[9; 32]);
    let other = dspt_ledger::ledger::WitnessKey::new(
        dspt_ledger::ledger::KeyName::parse("other.example").unwrap(),
        *other.public(),
    );
    let two = format!("{} --witness {other}", checkpoint());
    assert_eq!(desk.run(&two).refused(), "quorum-not-met");
    assert_eq!(desk.run(&format!("{two} --quorum 1")).code, 0);
    assert_eq!(desk.with("checkpoint-5", none, &format!("{two} --quorum 1")).code, 1);
    for (bad, part) in [
        (format!("{two} --quorum 3"), "--quorum 3"),
        (format!("{two} --quorum 0"), "--quorum 0"),
        (format!("{two} --witness {WITNESS}"), "given twice"),
        (format!("{two} --witness {LOG}"), "key type 0x01"),
        (checkpoint().replace(LOG, WITNESS), "key type 0x04"),
        (format!("{two} --quorum x"), "--quorum"),
    ] {
        let ended = desk.run(&bad);
        assert_eq!(ended.code, 2, "{bad}\n{}", ended.out);
        assert!(ended.err.contains(part), "{}", ended.err);
    }
}

#[test]
fn another_log_key_file_or_entry_is_refused() {
    let desk = Desk::new();
    let other = SeedSigner::from_seed(&[8; 32]);
    let other = Vkey::new(Vkey::parse(LOG).unwrap().name().clone(), *other.public());
    let args = checkpoint().replace(LOG, &other.to_string());
    assert_eq!(desk.run(&args).refused(), "not-signed");
    let args = format!("{} --origin other.example/a/b", checkpoint());
    assert_eq!(desk.run(&args).refused(), "wrong-origin");
    assert_eq!(desk.run(&format!("{} --origin {ORIGIN}", checkpoint())).code, 0);
    // The old checkpoint is held to the log's key as well.
    let old = String::from_utf8(desk.bytes("checkpoint-3")).unwrap();
    let unsigned = old.replace("Ptt/v4Oo", "Ptt/v4Op");
    let args = consistency();
    assert_eq!(desk.with("checkpoint-3", unsigned.as_bytes(), &args).refused(), "bad-signature");
    let missing = desk.run(&args.replace("@checkpoint-3", "@none"));
    assert_eq!((missing.code, missing.err.contains("DSPT0002")), (2, true), "{}", missing.err);
    assert!(desk.run(&inclusion().replace("@entry-2.json", "@none")).err.contains("none"));
}

#[test]
fn a_policy_says_whom_to_believe() {
    let desk = Desk::new();
    let other = SeedSigner::from_seed(&[9; 32]);
    let name = |text: &str| dspt_ledger::ledger::KeyName::parse(text).unwrap();
    let other_log = Vkey::new(name("other.example"), *other.public());
    let other = dspt_ledger::ledger::WitnessKey::new(name("w.example"), *other.public());
    let logs = format!("log {other_log}\nlog {LOG}\n");
    let names = format!("witness ours {WITNESS}\nwitness other {other}\n");
    let with_policy = |text: &str| {
        fs::write(desk.path("policy"), text).unwrap();
        desk.run("checkpoint --policy @policy --checkpoint @checkpoint-5")
    };
    for quorum in ["quorum none", "quorum ours", "group g any ours other\nquorum g"] {
        let ended = with_policy(&format!("{logs}{names}{quorum}\n"));
        assert_eq!(ended.code, 0, "{quorum}: {}{}", ended.out, ended.err);
        assert!(ended.out.contains("1 good, of 2 witnesses"), "{}", ended.out);
    }
    for quorum in ["quorum other", "group g all ours other\nquorum g"] {
        assert_eq!(with_policy(&format!("{logs}{names}{quorum}\n")).refused(), "quorum-not-met");
    }
    assert_eq!(with_policy(&format!("log {other_log}\nquorum none\n")).refused(), "not-signed");
    let ended = with_policy("log x\nquorum y\n");
    assert_eq!((ended.code, ended.err.contains("DSPT0075")), (3, true), "{}", ended.err);
    assert!(ended.err.contains("line 1: ") && ended.err.contains("line 2: "), "{}", ended.err);
    assert_eq!(with_policy("quorum none\n").code, 3);
    let both = format!("checkpoint --policy @policy --vkey {LOG} --checkpoint @checkpoint-5");
    assert_eq!(desk.run(&both).code, 2);
    assert_eq!(desk.run("checkpoint --checkpoint @checkpoint-5").code, 2);
    fs::write(desk.path("policy"), format!("{logs}quorum none\n")).unwrap();
    let grew = "consistency --policy @policy --old @checkpoint-3 --proof @3-5.add-checkpoint";
    assert_eq!(desk.run(grew).code, 0);
}

fn tiles_signer() -> SeedSigner {
    SeedSigner::from_seed(&[6; 32])
}

/// A log of another program: its key has another name than its origin, and it is small.
fn tiles(folder: &Path, size: u64) -> (String, Digest) {
    let signer = tiles_signer();
    let origin = Origin::parse("tiles.example/a/b").unwrap();
    let entries: Vec<String> = (0..size).map(|index| format!("entry {index}")).collect();
    let leaves: Vec<Digest> = entries.iter().map(|entry| leaf_hash(entry.as_bytes())).collect();
    let (mut tiler, mut files) = (Tiler::new(), Vec::new());
    for leaf in &leaves {
        files.extend(tiler.push(*leaf));
    }
    files.extend(tiler.finish());
    for (path, part) in bundles_of(size).zip(entries.chunks(256)) {
        files.push((path, bundle(part).unwrap()));
    }
    for (path, bytes) in files {
        let file = folder.join(path.to_string());
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
    let root = root_of(&leaves);
    let note = Checkpoint { origin: origin.clone(), size, root }.sign(&signer).unwrap();
    fs::write(folder.join("checkpoint"), &note).unwrap();
    if let Some(path) = inclusion_proof(&leaves, size.saturating_sub(1)) {
        let file = InclusionFile { extra: None, index: size - 1, path, checkpoint: note };
        fs::write(folder.join("last.tlog-proof"), file.to_bytes()).unwrap();
        fs::write(folder.join("last"), &entries[entries.len() - 1]).unwrap();
    }
    (Vkey::new(origin.key_name(), *signer.public()).to_string(), root)
}

#[test]
fn a_folder_of_tiles_is_checked_whole() {
    let desk = Desk::new();
    let folder = desk.folder.path();
    let (vkey, _) = tiles(folder, 600);
    let dir = folder.display().to_string();
    let check = || run(&["tiles", "--vkey", &vkey, "--dir", &dir]);
    let ended = check();
    assert_eq!(ended.code, 0, "{}\n{}", ended.out, ended.err);
    for part in ["entries       600 good", "bundles       3 good", "tiles         4 good"] {
        assert!(ended.out.contains(part), "{}", ended.out);
    }
    let last = format!("inclusion --vkey {vkey} --leaf @last --proof @last.tlog-proof");
    assert_eq!(desk.run(&last).code, 0);
    for name in ["tile/0/000", "tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/001"] {
        let file = folder.join(name);
        let good = fs::read(&file).unwrap();
        for at in [0, 1, 33, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 4;
            fs::write(&file, &bad).unwrap();
            check().refused();
        }
        fs::write(&file, &good[..good.len() - 1]).unwrap();
        check().refused();
        fs::write(&file, [&good[..], b"\n"].concat()).unwrap();
        check().refused();
        fs::remove_file(&file).unwrap();
        assert_eq!(check().refused(), "missing-tile", "{name}");
        fs::write(&file, &good).unwrap();
    }
    assert_eq!(check().code, 0);
}

#[test]
fn a_folder_of_tiles_may_keep_older_files_that_say_the_same() {
    let desk = Desk::new();
    let folder = desk.folder.path();
    let (vkey, _) = tiles(folder, 600);
    let dir = folder.display().to_string();
    let check = || run(&["tiles", "--vkey", &vkey, "--dir", &dir]);
    // Partial files of smaller sizes may stay, where they say the same.
    for (name, now, most) in [
        ("tile/0/002.p/7", "tile/0/002.p/88", 7 * 32),
        ("tile/0/001.p/255", "tile/0/001", 255 * 32),
        ("tile/1/000.p/1", "tile/1/000.p/2", 32),
        ("tile/entries/000.p/2", "tile/entries/000", 2 * 9),
    ] {
        let good = fs::read(folder.join(now)).unwrap()[..most].to_vec();
        let file = folder.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &good).unwrap();
        assert!(check().out.contains("older         1 good"), "{}", check().out);
        for bad in [&good[1..], &good[..good.len() - 1], &[&good[..], b"\0"].concat(), b""] {
            fs::write(&file, bad).unwrap();
            assert_eq!(check().refused(), "bad-tile", "{name}");
        }
        fs::remove_file(&file).unwrap();
    }
}

#[test]
fn what_no_such_log_has_is_said_to_be_unchecked() {
    let desk = Desk::new();
    let folder = desk.folder.path();
    let (vkey, _) = tiles(folder, 600);
    let dir = folder.display().to_string();
    let check = || run(&["tiles", "--vkey", &vkey, "--dir", &dir]);
    // Of what no such log has nothing can be said, and that is said: the proof and its entry lie here.
    fs::create_dir(folder.join("tile/0/003.p")).unwrap();
    fs::write(folder.join("tile/0/003.p/1"), [0; 32]).unwrap();
    fs::write(folder.join("tile/0/002.p/89"), [0; 89 * 32]).unwrap();
    fs::write(folder.join("tile/notes.txt"), "x").unwrap();
    let ended = check();
    let count = 3 + fs::read_dir(folder).unwrap().count() - 2;
    let part = format!("not checked   {count} files that");
    assert!(ended.code == 0 && ended.out.contains(&part), "{}", ended.out);
    // The empty log has no tile; what lies there all the same is said, as above.
    tiles(folder, 0);
    let ended = check();
    assert_eq!(ended.code, 0, "{}", ended.out);
    assert!(ended.out.contains("YES: the log is empty"), "{}", ended.out);
    assert!(ended.out.contains("entries       0 good"), "{}", ended.out);
    assert!(ended.out.contains("not checked "), "{}", ended.out);
    let bare = desk.path("bare");
    fs::create_dir(&bare).unwrap();
    fs::copy(folder.join("checkpoint"), bare.join("checkpoint")).unwrap();
    let ended = run(&["tiles", "--vkey", &vkey, "--dir", &bare.display().to_string()]);
    assert_eq!((ended.code, ended.out.contains("not checked ")), (0, false), "{}", ended.out);
    fs::remove_file(folder.join("checkpoint")).unwrap();
    assert_eq!(check().code, 2);
}

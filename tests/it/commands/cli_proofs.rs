//! Heads and proofs as files, from the side of the stranger who gets them.

use std::fs;

use dspt_ledger::ledger::{
    ConsistencyFile, Head, InclusionFile, KeyName, SeedSigner, Sign as _, Vkey, WitnessKey,
    cosignature,
};

use crate::commands::cli::Desk;

/// The log's verifier key, as entry 0 names it.
fn log(desk: &Desk) -> Vkey {
    let show = desk.run("2026-11-21", "--json show 0").ok().json();
    Vkey::parse(show["body"]["log"].as_str().unwrap()).unwrap()
}

fn opened(desk: &Desk, note: &[u8]) -> Head {
    let log = log(desk);
    Head::open(note, &log, log.name().as_str()).unwrap()
}

/// A witness of the tests, and a head with its line.
pub(crate) fn witness(seed: u8) -> (String, SeedSigner, KeyName) {
    let (name, signer) = (format!("witness-{seed}.example"), SeedSigner::from_seed(&[seed; 32]));
    let name = KeyName::parse(&name).unwrap();
    (WitnessKey::new(name.clone(), *signer.public()).to_string(), signer, name)
}

/// The line that a witness gives for a head.
pub(crate) fn line(seed: u8, head: &str, time: u64) -> String {
    let (_, signer, name) = witness(seed);
    let text = head.split_once("\n\n").map(|(text, _)| format!("{text}\n")).unwrap();
    cosignature::sign(&text, time, &name, &signer).unwrap().line().to_owned()
}

pub(crate) fn head(desk: &Desk) -> String {
    desk.run("2026-11-21", "checkpoint").ok().out
}

#[test]
fn a_head_is_given_out_byte_for_byte() {
    let desk = Desk::new();
    let newest = head(&desk);
    assert_eq!(opened(&desk, newest.as_bytes()).size(), 5);
    let json = desk.run("2026-11-21", "--json checkpoint").ok().json();
    assert_eq!((&json["size"], &json["checkpoint"]), (&5.into(), &newest.as_str().into()));
    let path = desk.path("kept/head").display().to_string();
    desk.run("2026-11-21", &format!("checkpoint --out {path}")).ok();
    assert_eq!(fs::read_to_string(&path).unwrap(), newest);
    desk.run("2026-11-21", &format!("checkpoint --out {path}")).ok();
    let older = desk.run("2026-11-21", &format!("checkpoint --size 4 --out {path}"));
    assert_eq!(older.code, 5);
    assert!(older.err.contains("DSPT0070"), "{}", older.err);
    assert_eq!(fs::read_to_string(&path).unwrap(), newest);
    let older = desk.run("2026-11-21", "checkpoint --size 4").ok().out;
    assert_eq!(opened(&desk, older.as_bytes()).size(), 4);
    let none = desk.run("2026-11-21", "checkpoint --size 6");
    assert_eq!(none.code, 2);
    assert!(none.err.contains("the nearest have 5"), "{}", none.err);
}

#[test]
fn an_entry_is_proved_to_a_stranger() {
    let desk = Desk::new();
    let out = desk.path("out").display().to_string();
    let done = desk.run("2026-11-21", &format!("prove #3 --out {out}")).ok();
    assert!(done.out.contains("no witness has cosigned"), "{}", done.out);
    let entry = fs::read(desk.path("out/3.json")).unwrap();
    let proof = fs::read(desk.path("out/3.tlog-proof")).unwrap();
    let file = InclusionFile::parse(&proof).unwrap();
    assert_eq!(String::from_utf8_lossy(&file.checkpoint), head(&desk));
    let under = opened(&desk, &file.checkpoint);
    assert_eq!(file.check(&entry, &under), Ok(()));
    assert!(file.check(&entry[1..], &under).is_err());
    // Again is the same; after more entries the proof is another one, and nothing is overwritten.
    desk.run("2026-11-21", &format!("prove 3 --out {out}")).ok();
    let old = head(&desk);
    desk.owner("2025-10-02", "record answer 1.1.1 --text registered").ok();
    let other = desk.run("2026-11-21", &format!("prove 3 --out {out}"));
    assert_eq!(other.code, 5, "{}", other.err);
    assert_eq!(fs::read(desk.path("out/3.tlog-proof")).unwrap(), proof);
    // Under a head that was kept and cosigned, which does not cover the new entry.
    let cosigned = desk.write("cosigned", &(old.clone() + &line(7, &old, 1_764_600_000)));
    let under = |entry: &str, folder: &str| {
        let folder = desk.path(folder).display().to_string();
        desk.run("2026-11-21", &format!("prove {entry} --checkpoint {cosigned} --out {folder}"))
    };
    under("3", "given").ok();
    let file = InclusionFile::parse(&fs::read(desk.path("given/3.tlog-proof")).unwrap()).unwrap();
    assert_eq!(file.checkpoint, fs::read(&cosigned).unwrap());
    assert_eq!(file.check(&entry, &opened(&desk, &file.checkpoint)), Ok(()));
    let late = under("5", "late");
    assert_eq!(late.code, 2);
    assert!(late.err.contains("#5 is not among the 5"), "{}", late.err);
    assert!(!desk.path("late").exists());
}

#[test]
fn an_item_is_proved_with_the_keys_of_its_signers() {
    let desk = Desk::new();
    desk.owner("2025-10-02", "record certificate iso27001 --number IS-1 --issuer Plover --release 2022 --scope hosting --scope desk --from 2025-01-01 --until 2026-12-31").ok();
    desk.owner("2025-10-03", "record answer 1.1.1 --text registered").ok();
    let out = desk.path("item").display().to_string();
    let prove = format!("--json prove --item 9.6.1 --at 2026-06-30 --out {out}");
    let done = desk.run("2026-11-21", &prove).ok().json();
    assert_eq!(done["item"], "2025-26-v8/cat2-it-supplier/9.6.1");
    let places: Vec<u64> = done["proofs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["entry"].as_u64().unwrap())
        .collect();
    // The certificate is there, the opening too; the approver's admission and the answer are not.
    assert!(places.contains(&0) && places.contains(&5), "{places:?}");
    assert!(!places.contains(&4) && !places.contains(&6), "{places:?}");
    for seq in places {
        let entry = fs::read(desk.path(&format!("item/{seq}.json"))).unwrap();
        let proof = fs::read(desk.path(&format!("item/{seq}.tlog-proof"))).unwrap();
        let file = InclusionFile::parse(&proof).unwrap();
        assert_eq!((file.index, file.extra.as_ref()), (seq, None));
        assert_eq!(file.check(&entry, &opened(&desk, &file.checkpoint)), Ok(()));
    }
    // The approver's admission comes along where something rests on what the approver signed.
    let file = desk.write("a.txt", "restored\n");
    desk.owner(
        "2026-01-05",
        &format!(
            "record evidence T --item 7.3.5 --file {file} --for 2026-01-04 --valid-until 2026-06-30"
        ),
    )
    .ok();
    desk.approver("2026-03-01", "confirm 7.3").ok();
    let prove = format!("--json prove --item 7.3.5 --at 2026-06-01 --out {out}-2");
    let done = desk.run("2026-11-21", &prove).ok().json();
    let has = |seq: u64| done["proofs"].as_array().unwrap().iter().any(|one| one["entry"] == seq);
    assert!(has(0) && has(4) && has(7) && has(8) && !has(6), "{done}");
    assert_eq!(desk.run("2026-11-21", "prove 3 --at 2026-06-01").code, 2);
    assert_eq!(desk.run("2026-11-21", "prove 3 --item 9.6.1").code, 2);
    assert_eq!(desk.run("2026-11-21", "prove").code, 2);
}

#[test]
fn a_head_is_proved_to_follow_one_that_was_kept() {
    let desk = Desk::new();
    let kept = head(&desk);
    let path = desk.write("kept", &kept);
    desk.owner("2025-10-02", "record answer 1.1.1 --text registered").ok();
    desk.owner("2025-10-02", "record answer 1.1.2 --text registered").ok();
    let old = opened(&desk, kept.as_bytes());
    let check = |bytes: &[u8]| {
        let file = ConsistencyFile::parse(bytes).unwrap();
        assert_eq!(file.check(&old, &opened(&desk, &file.checkpoint)), Ok(()));
        opened(&desk, &file.checkpoint).size()
    };
    let by_file = desk.run("2026-11-21", &format!("prove --consistency {path}")).ok().out;
    assert_eq!(check(by_file.as_bytes()), 7);
    assert_eq!(desk.run("2026-11-21", "prove --consistency 5").ok().out, by_file);
    let six = desk.run("2026-11-21", "checkpoint --size 6").ok().out;
    let (six, out) = (desk.write("six", &six), desk.path("5-6").display().to_string());
    let command = format!("prove --consistency 5 --checkpoint {six} --out {out}");
    desk.run("2026-11-21", &command).ok();
    assert_eq!(check(&fs::read(&out).unwrap()), 6);
    let shrunk = desk.run("2026-11-21", &format!("prove --consistency 7 --checkpoint {six}"));
    assert_eq!(shrunk.code, 2, "{}", shrunk.err);
    assert_eq!(desk.run("2026-11-21", "prove --consistency none").code, 3);
    // The same keys open another ledger of the same name: its heads are not ours.
    let other = Desk::new();
    let foreign = desk.write("foreign", &head(&other));
    assert_eq!(desk.run("2026-11-21", &format!("prove --consistency {foreign}")).code, 3);
}

#[test]
fn a_fork_and_an_older_copy_are_answered_with_both_heads() {
    let desk = Desk::new();
    let copy = desk.path("copy");
    fs::create_dir(&copy).unwrap();
    fs::copy(desk.path("acme/ledger.dspt"), copy.join("ledger.dspt")).unwrap();
    desk.owner("2025-10-02", "record answer 1.1.1 --text one").ok();
    let ours = desk.write("ours", &head(&desk));
    let copy = copy.display().to_string();
    let behind = desk.run("2026-11-21", &format!("prove --consistency {ours} --ledger {copy}"));
    assert_eq!(behind.code, 1);
    assert!(behind.err.contains("6 entries under root"), "{}", behind.err);
    assert!(behind.err.contains("this ledger has 5 under root"), "{}", behind.err);
    desk.owner("2025-10-02", &format!("record answer 1.1.1 --text other --ledger {copy}")).ok();
    let forked = desk.run("2026-11-21", &format!("prove --consistency {ours} --ledger {copy}"));
    assert_eq!(forked.code, 1);
    assert!(forked.err.contains("DSPT0072") && forked.err.contains("forked"), "{}", forked.err);
    assert_eq!(forked.err.matches("root").count(), 2, "{}", forked.err);
    let given = desk.run("2026-11-21", &format!("prove 1 --checkpoint {ours} --ledger {copy}"));
    assert_eq!(given.code, 1, "{}", given.err);
}

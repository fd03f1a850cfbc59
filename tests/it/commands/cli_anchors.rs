//! Heads that witnesses cosigned: taken in, listed, proved under, given back.

use std::fs;

use dspt_ledger::ledger::InclusionFile;

use crate::commands::cli::Desk;
use crate::commands::cli_proofs::{head, line, witness};

const TIME: u64 = 1_764_600_000;
const ANSWER: &str = "record answer 1.1.1 --text registered";

#[test]
fn a_cosigned_head_is_recorded_once_and_dates_what_stands_before() {
    let desk = Desk::new();
    let (newest, (vkey, ..)) = (head(&desk), witness(7));
    let cosigned = newest.clone() + &line(7, &newest, TIME) + &line(8, &newest, TIME);
    let file = desk.write("cosigned", &cosigned);
    let record = format!("--json anchor cosigned {file} --witness {vkey}");
    let done = desk.owner("2025-12-02", &record).ok().json();
    assert_eq!((&done["first"], &done["replayed"]), (&5.into(), &false.into()));
    let again = desk.owner("2025-12-03", &record).ok().json();
    assert_eq!((&again["first"], &again["replayed"]), (&5.into(), &true.into()));
    assert_eq!(desk.entries(), 6);
    desk.run("2026-11-21", "verify").ok();
    let list = desk.run("2026-11-21", "--json anchor list").ok().json();
    let one = &list["anchors"][0];
    assert_eq!((&one["entry"], &one["size"], &one["counts"]), (&5.into(), &5.into(), &true.into()));
    assert_eq!((&one["not_after_to"], &one["not_before_from"]), (&4.into(), &6.into()));
    assert_eq!(
        (&one["key"], &one["at"]),
        (&vkey.as_str().into(), &"2025-12-01T14:40:00.000Z".into())
    );
    let text = desk.run("2026-11-21", "anchor list").ok().out;
    assert!(text.contains("the witnesses that this ledger itself names"), "{text}");
    assert!(text.contains("#0 to #4 not after, #6 and later not before"), "{text}");
    // A policy that knows another witness does not count this one.
    let (other, ..) = witness(8);
    let policy = desk.write("policy", &format!("witness w {other}\nquorum w\n"));
    let list = desk.run("2026-11-21", &format!("--json anchor list --policy {policy}")).ok().json();
    assert_eq!((&list["anchors"][0]["counts"], &list["first"]), (&false.into(), &().into()));
    // What nobody vouched for, the second witness, was left out; what is given back is what counts.
    let out = desk.path("out").display().to_string();
    desk.run("2026-11-21", &format!("anchor export 5 --out {out}")).ok();
    let kept = fs::read_to_string(desk.path("out/5.checkpoint")).unwrap();
    assert_eq!(kept, newest.clone() + &line(7, &newest, TIME));
    assert_eq!(desk.run("2026-11-21", "anchor export 4").code, 2);
    // The second witness later, by the policy: a proof then has both lines.
    desk.owner("2025-12-04", &format!("anchor cosigned {file} --policy {policy}")).ok();
    let done = desk.run("2026-11-21", &format!("prove 3 --out {out}")).ok();
    assert!(done.out.contains("the head of 5 entries (the newest that a witness cosigned)"));
    let proof = InclusionFile::parse(&fs::read(desk.path("out/3.tlog-proof")).unwrap()).unwrap();
    let note = String::from_utf8(proof.checkpoint).unwrap();
    assert_eq!(note.lines().count(), 7, "{note}");
    assert!(note.contains(&line(7, &newest, TIME)) && note.contains(&line(8, &newest, TIME)));
    // What it does not cover is proved under the newest head.
    let done = desk.run("2026-11-21", &format!("--json prove 5 --out {out}")).ok().json();
    assert_eq!(
        (&done["proofs"][0]["head"], &done["proofs"][0]["size"]),
        (&"newest".into(), &7.into())
    );
}

#[test]
fn bare_lines_find_the_head_that_they_are_about() {
    let desk = Desk::new();
    let (old, (vkey, ..)) = (head(&desk), witness(7));
    desk.owner("2025-10-02", ANSWER).ok();
    desk.owner("2025-10-02", &format!("{ANSWER} --again")).ok();
    let file = desk.write("line", &line(7, &old, TIME));
    desk.owner("2025-12-02", &format!("anchor cosigned {file} --witness {vkey}")).ok();
    let list = desk.run("2026-11-21", "--json anchor list").ok().json();
    assert_eq!((&list["anchors"][0]["entry"], &list["anchors"][0]["size"]), (&7.into(), &5.into()));
    let newest = head(&desk);
    let (file, kept) =
        (desk.write("line", &line(7, &newest, TIME + 100_000)), desk.write("kept", &old));
    let wrong = format!("anchor cosigned {file} --witness {vkey} --checkpoint {kept}");
    assert_eq!(desk.owner("2025-12-03", &wrong).code, 3);
    let right = format!("anchor cosigned {file} --witness {vkey}");
    desk.owner("2025-12-03", &right).ok();
    desk.run("2026-11-21", "verify").ok();
}

#[test]
fn what_is_no_cosignature_of_a_known_witness_is_refused() {
    let desk = Desk::new();
    let (newest, (vkey, ..), (other, ..)) = (head(&desk), witness(7), witness(8));
    let good = newest.clone() + &line(7, &newest, TIME);
    let check = |text: &str, more: &str, code: u8, says: &str| {
        let file = desk.write("file", text);
        let ended = desk.owner("2025-12-02", &format!("anchor cosigned {file} {more}"));
        assert_eq!(ended.code, code, "{}", ended.err);
        assert!(ended.err.contains(says), "`{says}` is not in: {}", ended.err);
    };
    let known = format!("--witness {vkey}");
    check(&good, "", 2, "--witness or --policy");
    check(&good, "--witness nonsense", 2, "--witness is refused");
    check(&good, &format!("--witness {other}"), 3, "no line of these witnesses");
    check(&newest, &known, 3, "no line of these witnesses");
    check("", &known, 3, "DSPT0074");
    check("rubbish\n", &known, 3, "DSPT0074");
    // The line of another head.
    let elsewhere = head(&Desk::new());
    check(&line(7, &elsewhere, TIME), &known, 3, "fits no head");
    check(&(newest.clone() + &line(7, &elsewhere, TIME)), &known, 3, "does not fit the text");
    check(&(elsewhere.clone() + &line(7, &elsewhere, TIME)), &known, 3, "DSPT0071");
    let twice = good.clone() + &line(7, &newest, TIME + 1);
    check(&twice, &known, 3, "DSPT0074");
    let policy = desk.write("policy", "witness w x\nquorum w\n");
    check(&good, &format!("--policy {policy}"), 3, "DSPT0075");
    // An approver does not record anchors.
    let file = desk.write("file", &good);
    assert_eq!(desk.approver("2025-12-02", &format!("anchor cosigned {file} {known}")).code, 13);
    assert_eq!(desk.entries(), 5, "a refusal wrote something");
}

#[test]
fn an_entry_is_shown_with_the_times_that_witnesses_prove() {
    let desk = Desk::new();
    let (first, (vkey, ..)) = (head(&desk), witness(7));
    let file = desk.write("line", &line(7, &first, TIME));
    let (other, ..) = witness(8);
    desk.owner("2025-12-02", &format!("anchor cosigned {file} --witness {vkey}")).ok();
    desk.owner("2025-12-02", ANSWER).ok();
    // One entry by a clock that was ahead, and an explanation, which carries its time.
    desk.owner("2026-01-05", ANSWER).ok();
    desk.owner("2025-12-06", "clock own #7 --reason 'flat battery' --clock-behind").ok();
    // Six days after the first look.
    let second = head(&desk);
    let file = desk.write("line", &line(7, &second, TIME + 6 * 86_400));
    let record = format!("anchor cosigned {file} --witness {vkey} --clock-behind");
    desk.owner("2025-12-08", &record).ok();
    let written = |seq: u64, more: &str| {
        let show = desk.run("2026-11-21", &format!("--json show {seq} {more}")).ok().json();
        show["written"].clone()
    };
    let check = |seq: u64, after: Option<&str>, before: Option<&str>, outside: bool| {
        let by = (seq >= 7).then_some(8);
        let found = written(seq, "");
        let expected = serde_json::json!({
            "not_before": after, "not_after": before, "outside": outside,
            "explained_by": by, "believed": "the witnesses that this ledger itself names",
        });
        assert_eq!(found, expected, "{seq}");
        let log = desk.run("2026-11-21", "--json log").ok().out;
        let line = log.lines().nth(usize::try_from(seq).unwrap()).unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(line).unwrap()["written"], found);
    };
    let (early, late) = (Some("2025-12-01T14:40:00.000Z"), Some("2025-12-07T14:40:00.000Z"));
    check(4, None, early, false);
    check(5, None, late, false);
    check(6, early, late, false);
    // The witness saw them a month before they say that they were recorded.
    check(7, early, late, true);
    check(8, early, late, true);
    check(9, early, None, false);
    let policy = desk.write("policy", &format!("witness w {other}\nquorum w\n"));
    let found = written(7, &format!("--policy {policy}"));
    assert_eq!((&found["not_before"], &found["not_after"]), (&().into(), &().into()));
    assert_eq!(found["believed"], "the policy's witnesses");
    let text = |seq: u64| desk.run("2026-11-21", &format!("show {seq}")).ok().out;
    assert!(text(4).contains("not after 2025-12-01T14:40:00.000Z"), "{}", text(4));
    assert!(text(7).contains("OUTSIDE") && !text(6).contains("OUTSIDE"), "{}", text(7));
    let log = desk.run("2026-11-21", "log").ok().out;
    let marked: Vec<&str> = log.lines().filter(|line| line.contains("OUTSIDE")).collect();
    assert!(marked.len() == 2 && marked[0].starts_with("#7 "), "{log}");
    assert_eq!(log.matches("WRONG CLOCK, says #8").count(), 3, "{log}");
    let log = desk.run("2026-11-21", &format!("log --policy {policy}")).ok().out;
    assert!(!log.contains("OUTSIDE"), "{log}");
    assert!(text(7).contains("between 2025-12-01T14:40:00.000Z and 2025-12-07"), "{}", text(7));
    assert!(text(9).contains("how late, no witness says"), "{}", text(9));
}

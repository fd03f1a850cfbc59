//! `dspt mapping`: every kind of finding, what can be true is never doubted and what cannot is
//! found, and suggestions that say of themselves that they satisfy nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;

use dspt_ledger::bundled;
use dspt_ledger::cli;
use dspt_ledger::domain::date::Timestamp;
use dspt_ledger::domain::mapping::candidates::parse_measured;
use dspt_ledger::domain::mapping::lint::check as check_rows;
use dspt_ledger::domain::mapping::lint::{Finding, Rule, check_scale};
use dspt_ledger::domain::mapping::resolve::Catalogue;
use dspt_ledger::domain::mapping::{MappingRow, Relation, parse_mapping};
use proptest::prelude::*;
use serde_json::Value;

const HEADER: &str = "source,source_level,relationship,target,target_level,joint_group,\
                      joint_relationship,rationale\n";

/// Reads rows; cells that a row leaves out at its end are blank.
fn rows(text: &str) -> Vec<MappingRow> {
    let mut file = HEADER.to_owned();
    for line in text.lines().map(str::trim) {
        let missing = 7 - line.matches(',').count();
        writeln!(file, "{line}{}", ",".repeat(missing)).unwrap();
    }
    parse_mapping(file.as_bytes()).unwrap()
}

/// One line for each finding: rule, severity, rows.
fn outline(findings: &[Finding]) -> String {
    let lines = findings.iter().map(|one| {
        let rows: Vec<String> = one.rows.iter().map(u64::to_string).collect();
        format!("{} {} {}", one.rule, one.severity.as_str(), rows.join(" "))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Runs the program in this process: exit status, standard output, standard error.
fn dspt(args: &[&str]) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = std::iter::once(&"dspt").chain(args).map(OsString::from);
    let code = cli::run(args, Timestamp::from_millis(1_790_000_000_000), &mut out, &mut err);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

fn json(args: &[&str]) -> (u8, Value) {
    let (code, out, err) = dspt(args);
    (code, serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}")))
}

/// Checks a file of these lines and compares `rule severity line line ...` of every finding.
#[track_caller]
fn check_file(text: &str, code: u8, expected: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mapping.csv");
    fs::write(&file, text).unwrap();
    let (found_code, value) = json(&["mapping", "check", file.to_str().unwrap(), "--json"]);
    assert_eq!(value["schema"], "dspt.mapping-check/1");
    let found: Vec<String> = value["findings"].as_array().unwrap().iter().map(one_line).collect();
    assert_eq!((found, found_code), (expected.iter().map(ToString::to_string).collect(), code));
}

fn one_line(finding: &Value) -> String {
    let lines = finding["where"].as_array().unwrap().iter().map(|place| place["line"].to_string());
    let words = [finding["rule"].as_str().unwrap(), finding["severity"].as_str().unwrap()];
    words.map(str::to_owned).into_iter().chain(lines).collect::<Vec<_>>().join(" ")
}

/// Checks rows against the catalogue that ships.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let mut file = HEADER.to_owned();
    for line in text.lines().map(str::trim) {
        let missing = 7 - line.matches(',').count();
        writeln!(file, "{line}{}", ",".repeat(missing)).unwrap();
    }
    let code = u8::from(expected.iter().any(|one| one.contains(" error ")));
    check_file(&file, code, expected);
}

#[test]
fn names_that_lead_nowhere_are_told_apart() {
    check(
        "iso27001:2022/A.5.99,,intersects-with,2025-26-v8/cat2-it-supplier/7.3.5\n\
         nist-csf:2.0/ID.AM-06,,intersects-with,2025-26-v8/cat2-it-supplier/7.3.5\n\
         iso27001:2022/A.8,,intersects-with,2025-26-v8/cat2-it-supplier/7.3.5\n\
         nist-csf:2.0/GV.OC,,unspecified,iso27001:2022/4.1\n\
         iso27001:2025/A.8.1,,intersects-with,2025-26-v8/cat4-gp/7.3.5\n\
         iso27001:2022/A.8.13,,intersects-with,2031-32-v1/cat4-gp/7.3.5\n\
         iso27001:2022/A.8.14,,intersects-with,2025-26-v8/cat9/7.3.5\n\
         iso27001:2022/A.5.99,,intersects-with,2025-26-v8/cat2-it-supplier/7.3.4",
        &[
            "dangling-id error 2 9",
            "withdrawn-id error 3",
            "heading-id error 4",
            "heading-id warning 5",
            "unknown-release warning 6",
            "dangling-id error 6",
            "unknown-release warning 7",
            "dangling-id error 8",
        ],
    );
}

#[test]
fn a_finding_says_what_to_write_instead() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("m.csv");
    let text = "source,relationship,target\n\
        iso27001:2022/A.8.133,equal,2025-26-v8/cat2-it-supplier/7.3.5\n\
        nist-csf:2.0/ID.AM-06,subset,2025-26-v8/cat2-it-supplier/7.3.5\n\
        iso27001:2022/A.9.1.1,subset,2025-26-v8/cat4-gp/7.2.1\n";
    fs::write(&file, text).unwrap();
    let (code, out, _) = dspt(&["mapping", "check", file.to_str().unwrap()]);
    assert_eq!(code, 1);
    for part in [
        "error[dangling-id]: `A.8.133` is not an id of iso27001:2022\n  at line 2\n",
        "its successors are GV.RR-02, GV.SC-02",
        "it is an id of iso27001:2013",
        "it is one for cat2-it-supplier; check the category",
        "warning[rationale-missing]",
        "m.csv: 3 rows, 4 errors, 1 warning, 0 notes.\n",
    ] {
        assert!(out.contains(part), "{part}\n{out}");
    }
}

#[test]
fn levels_stand_where_there_are_levels() {
    check(
        "ncsc-caf:3.2/B5.c,,intersects-with,2025-26-v8/cat2-it-supplier/7.3.5\n\
         ncsc-caf:3.2/A1.a,partially-achieved,intersects-with,2025-26-v8/cat2-it-supplier/7.3.5\n\
         iso27001:2022/A.8.13,achieved,intersects-with,2025-26-v8/cat2-it-supplier/7.3.5\n\
         iso27001:2022/A.8.14,,intersects-with,2025-26-v8/cat2-it-supplier/7.3.5,achieved\n\
         ncsc-caf:3.2/B5.c,achieved,intersects-with,2025-26-v8/cat2-it-supplier/7.3.5\n\
         ncsc-caf:3.2/B5.c,,unspecified,iso27001:2022/A.8.13",
        &[
            "wrong-level error 2",
            "wrong-level error 3",
            "wrong-level error 4",
            "wrong-level error 5",
            "wrong-level warning 7",
        ],
    );
}

#[test]
fn a_pair_stands_once() {
    let item = "2025-26-v8/cat2-it-supplier/7.3.5";
    let two = |first: &str, second: &str| {
        format!("iso27001:2022/A.8.13,,{first}\niso27001:2022/A.8.13,,{second}")
            .replace("ITEM", item)
    };
    let cases = [
        ("subset-of,ITEM,,,,x", "subset-of,ITEM,,,,x", "duplicate-row note 3 2"),
        ("equal-to,ITEM,,,,x", "equivalent-to,ITEM,,,,y", "duplicate-row note 3 2"),
        ("subset-of,ITEM,,,,x", "unspecified,ITEM,,,,x", "duplicate-row note 3 2"),
        ("subset-of,ITEM,,,,x", "intersects-with,ITEM,,,,x", "conflicting-rows error 2 3"),
        ("subset-of,ITEM,,,,x", "intersects-with,ITEM,,,,y", "conflicting-rows warning 2 3"),
        (
            "no-relationship,ITEM,,,,x",
            "intersects-with,ITEM,,,,y",
            "no-relationship-and-another error 3 2",
        ),
    ];
    for (first, second, expected) in cases {
        check(&two(first, second), &[expected]);
    }
}

#[test]
fn nothing_in_a_framework_and_something_in_it_exclude_each_other() {
    check(
        "iso27001:2022/*,,no-relationship,2025-26-v8/cat2-it-supplier/7.3.5\n\
         iso27001:2022/A.8.13,,intersects-with,2025-26-v8/cat2-it-supplier/7.3.5\n\
         iso27001:2022/A.8.14,,intersects-with,2025-26-v8/cat2-it-supplier/7.3.4\n\
         nist-csf:2.0/PR.DS-11,,intersects-with,2025-26-v8/cat2-it-supplier/7.3.5\n\
         iso27001:2022/A.8.1,,no-relationship,2025-26-v8/cat2-it-supplier/7.3.5",
        &["no-relationship-and-another error 2 3"],
    );
}

#[test]
fn satisfaction_needs_a_reason_and_a_control_is_not_its_own_target() {
    check(
        "iso27001:2022/A.8.13,,superset-of,2025-26-v8/cat2-it-supplier/7.3.5\n\
         iso27001:2022/A.8.14,,intersects-with,2025-26-v8/cat2-it-supplier/7.3.5\n\
         iso27001:2022/A.8.1,,subset-of,iso27001:2022/A.8.1,,,,x\n\
         iso27001:2022/A.8.2,,equal-to,iso27001:2022/A.8.2,,,,x\n\
         ncsc-caf:3.2/B5.c,achieved,superset-of,ncsc-caf:3.2/B5.c,partially-achieved,,,x",
        &[
            "rationale-missing warning 2",
            "self-map error 4",
            "self-map warning 5",
            "self-map warning 6",
        ],
    );
}

#[test]
fn joint_groups_hold_together() {
    let group = |rows: &[(&str, &str, &str, &str)]| {
        let line = |(id, relation, item, joint): &(&str, &str, &str, &str)| {
            format!(
                "iso27001:2022/{id},,{relation},2025-26-v8/cat2-it-supplier/{item},,J1,{joint},x"
            )
        };
        rows.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    let (inter, sub, sup) = ("intersects-with", "subset-of", "superset-of");
    check(&group(&[("A.8.1", inter, "7.3.5", sup)]), &["joint-group error 2"]);
    check(
        &group(&[("A.8.1", inter, "7.3.5", sup), ("A.8.2", inter, "7.3.4", sup)]),
        &["joint-group error 3 2"],
    );
    // Sources that are each a part may together be more than their target: the word is used so.
    check(&group(&[("A.8.1", sub, "7.3.5", sup), ("A.8.2", sub, "7.3.5", sup)]), &[]);
    check(&group(&[("A.8.1", inter, "7.3.5", sup), ("A.8.2", inter, "7.3.5", sup)]), &[]);
    check(
        &group(&[("A.8.1", inter, "7.3.5", "equal-to"), ("A.8.2", sub, "7.3.5", "equal-to")]),
        &["joint-contradiction error 2 3"],
    );
    let none = "no-relationship";
    check(
        &group(&[("A.8.1", none, "7.3.5", sup), ("A.8.2", none, "7.3.5", sup)]),
        &["joint-contradiction error 2 3"],
    );
}

#[test]
fn an_inverse_that_disagrees_is_found_within_a_file_and_between_files() {
    let there = "iso27001:2013/A.14.2.2,,subset-of,iso27001:2022/A.8.32,,,,part of one process";
    let back = "iso27001:2022/A.8.32,,subset-of,iso27001:2013/A.14.2.2,,,,the other way";
    check(&format!("{there}\n{back}"), &["wrong-inverse error 2 3"]);
    check(&format!("{there}\n{}", back.replace("subset-of", "superset-of")), &[]);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, row: &str| {
        let path = folder.path().join(name);
        fs::write(&path, format!("{HEADER}{row}\n")).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (one, two) = (file("one.csv", there), file("two.csv", back));
    for file in [&one, &two] {
        assert_eq!(dspt(&["mapping", "check", file]).0, 0);
    }
    let (code, out, _) = dspt(&["mapping", "check", &one, &two]);
    assert_eq!(code, 1);
    assert!(out.contains("one.csv line 2, ") && out.contains("two.csv line 2\n"), "{out}");
}

#[test]
fn siblings_merged_into_one_control_cannot_both_be_called_what_they_are_not() {
    // Two old controls merged into one: calling one equal puts the other inside it.
    check(
        "iso27001:2013/A.12.1.2,,equal-to,iso27001:2022/A.8.32,,,,x\n\
         iso27001:2013/A.14.2.2,,subset-of,iso27001:2022/A.8.32,,,,x\n\
         iso27001:2013/A.14.2.2,,intersects-with,iso27001:2013/A.12.1.2,,,,x",
        &["impossible-triangle error 4 3 2", "implied-part warning 2 3"],
    );
}

#[test]
fn merged_controls_are_seldom_parts_of_each_other() {
    // A.8.32 came of both. The rows do not contradict each other, but put one inside the other.
    check(
        "iso27001:2013/A.12.1.2,,equal-to,iso27001:2022/A.8.32,,,,x\n\
         iso27001:2013/A.14.2.2,,subset-of,iso27001:2022/A.8.32,,,,x\n\
         iso27001:2013/A.14.2.3,,intersects-with,iso27001:2022/A.8.32,,,,x\n\
         nist-csf:2.0/ID.RA-07,,subset-of,iso27001:2022/A.8.32,,,,x",
        &["implied-part warning 2 3"],
    );
}

#[test]
fn strengths_have_one_scale() {
    let finding = |cells: &[&str]| check_scale("strength", (1..).zip(cells.iter().copied()));
    for fine in [
        &["1", "2", "3"][..],
        &["0", "5", "10"],
        &["90", "50", "100"],
        &["0.5", "1", "0"],
        &["50%", "7%"],
        &["high", "", "N/A"],
        &[],
    ] {
        assert_eq!(finding(fine), None, "{fine:?}");
    }
    for mixed in [
        &["90", "50", "3", "1"][..],
        &["0.5", "7"],
        &["50%", "50"],
        &["120"],
        &["-1"],
        &["0,5", "9"],
    ] {
        assert_eq!(finding(mixed).unwrap().rule, Rule::MixedScales, "{mixed:?}");
    }
    let text = "source,relationship,target,Strength of Relationship\n\
        iso27001:2022/A.8.13,intersect,2025-26-v8/cat2-it-supplier/7.3.5,90\n\
        iso27001:2022/A.8.14,intersect,2025-26-v8/cat2-it-supplier/7.3.5,3\n";
    check_file(text, 0, &["mixed-scales warning 3 2"]);
}

#[test]
fn a_bad_row_does_not_hide_the_others() {
    let text = "ISO control,relation,DSPT item,why\n\
        \"iso27001:2022/A8.13\",superset,2025-26-v8/cat2-it-supplier/7.3.5,\"two\nlines\"\n\
        iso27001:2022/A.8.13,sideways,2025-26-v8/cat2-it-supplier/7.3.4,\n\
        iso27001:2022/A.8.13,subset,2025-26-v8/cat2-it-supplier/7.3.5,\n";
    // The spelling A8.13 is the same control, so the first and the last row conflict.
    check_file(
        text,
        1,
        &["conflicting-rows error 5 2", "rationale-missing warning 2", "unreadable-row error 4"],
    );
}

#[test]
fn bare_ids_are_read_with_the_flags_of_an_import() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("m.csv");
    fs::write(&file, "source,relationship,target,notes\nA.8.13,equal,7.3.5,x\n").unwrap();
    let file = file.to_str().unwrap();
    let flags = ["--edition", "2025-26-v8", "--category", "cat2-it-supplier"];
    let all = [&["mapping", "check", file, "--source-framework", "iso27001:2022"], &flags[..]];
    assert_eq!(dspt(&all.concat()).0, 0);
    let (code, _, err) = dspt(&["mapping", "check", file]);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("give --source-framework"), "{err}");
}

#[test]
fn what_is_no_mapping_ends_with_three() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [
        ("empty.csv", &b""[..]),
        ("header.csv", b"source,relationship,target\n"),
        ("other.csv", b"a,b\n1,2\n"),
        ("ragged.csv", b"source,relationship,target\niso27001:2022/A.8.13\n"),
        ("sheet.xlsx", b"PK\x03\x04rest"),
    ] {
        let file = folder.path().join(name);
        fs::write(&file, bytes).unwrap();
        let (code, out, err) = dspt(&["mapping", "check", file.to_str().unwrap()]);
        assert_eq!((code, out.as_str()), (3, ""), "{name}: {err}");
        assert!(err.contains("cannot be read as a mapping"), "{name}: {err}");
    }
    assert_eq!(dspt(&["mapping", "check", "no/such.csv"]).0, 3);
    assert_eq!(dspt(&["mapping", "check"]).0, 2);
}

#[test]
fn the_proposals_that_ship_have_no_findings() {
    let proposals = |path: &&str| path.starts_with("proposals/");
    let files: Vec<&str> = bundled::FILES.iter().map(|file| file.path).filter(proposals).collect();
    assert_eq!(files.len(), 3);
    for file in &files {
        let (code, out, _) = dspt(&["mapping", "check", file]);
        assert_eq!(code, 0);
        assert!(out.ends_with(" rows, 0 errors, 0 warnings, 0 notes.\n"), "{out}");
    }
    assert_eq!(dspt(&[&["mapping", "check"], files.as_slice()].concat()).0, 0);
}

#[test]
fn published_crosswalks_cite_two_withdrawn_controls() {
    let crosswalks = |path: &&str| path.starts_with("crosswalks/") && !path.contains("62443");
    let files = bundled::FILES.iter().map(|file| file.path).filter(crosswalks);
    let mut withdrawn = BTreeSet::new();
    for file in files {
        let (_, value) = json(&["mapping", "check", file, "--json"]);
        for one in value["findings"].as_array().unwrap() {
            let text = one["text"].as_str().unwrap();
            assert_ne!(one["rule"], "dangling-id", "{file}: {text}");
            assert_ne!(one["rule"], "impossible-triangle", "{file}: {text}");
            if one["rule"] == "withdrawn-id" {
                withdrawn.insert(text.to_owned());
            }
        }
    }
    let expected =
        ["`RA-4` is withdrawn in nist-800-53:r5.1.1", "`SA-15(9)` is withdrawn in nist-800-53:r5"];
    assert_eq!(withdrawn, expected.map(str::to_owned).into());
}

const WORDS: [&str; 5] =
    ["equal-to", "subset-of", "superset-of", "intersects-with", "no-relationship"];

fn word(relation: Relation) -> &'static str {
    let at = Relation::ALL.iter().position(|one| *one == relation).unwrap();
    WORDS[at]
}

fn relation_of(a: u8, b: u8) -> Relation {
    match (a & b == 0, a == b, a & b == a, a & b == b) {
        (true, ..) => Relation::Disjoint,
        (_, true, ..) => Relation::Equal,
        (_, _, true, _) => Relation::Subset,
        (.., true) => Relation::Superset,
        _ => Relation::Intersects,
    }
}

fn says(from: usize, relation: Relation, to: usize) -> String {
    format!("t:1/S{from},,{},t:1/S{to},,,,why", word(relation))
}

/// Findings that say that rows cannot all be true.
fn contradictions(rows: &[MappingRow]) -> Vec<Finding> {
    let mut found = check_rows(rows, &Catalogue::default());
    found.retain(|one| {
        !matches!(
            one.rule,
            Rule::UnknownRelease | Rule::ImpliedPart | Rule::DuplicateRow | Rule::RationaleMissing
        )
    });
    found
}

#[test]
fn seventy_one_of_a_hundred_and_twenty_five_triangles_are_impossible() {
    let mut impossible = 0;
    for one in Relation::ALL {
        for two in Relation::ALL {
            for three in Relation::ALL {
                let text = [says(0, one, 1), says(1, two, 2), says(0, three, 2)].join("\n");
                let found = contradictions(&rows(&text));
                let possible = one.compose(two).contains(three);
                assert_eq!(found.is_empty(), possible, "{text}");
                impossible += usize::from(!possible);
                if !possible {
                    assert_eq!(outline(&found), "impossible-triangle error 1 2 3");
                }
            }
        }
    }
    assert_eq!(impossible, 71);
}

#[test]
fn of_all_networks_of_four_things_those_that_sets_can_form_have_no_finding() {
    let mut realisable = BTreeSet::new();
    let pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];
    // A relation depends only on which of the 15 regions of a Venn diagram are inhabited.
    for regions in 1..1_u32 << 15 {
        let set = |which: u32| -> u32 {
            (1..16)
                .filter(|region| region >> which & 1 == 1)
                .fold(0, |set, region| set | (regions & 1 << (region - 1)))
        };
        let sets = [0, 1, 2, 3].map(set);
        if sets.contains(&0) {
            continue;
        }
        let relation = |(a, b): (usize, usize)| {
            let (a, b) = (sets[a], sets[b]);
            match (a & b == 0, a == b, a & b == a, a & b == b) {
                (true, ..) => 4,
                (_, true, ..) => 0,
                (_, _, true, _) => 1,
                (.., true) => 2,
                _ => 3,
            }
        };
        realisable.insert(pairs.map(relation));
    }
    assert_eq!(realisable.len(), 1_191);
    for number in 0..15_625_usize {
        let digits = [1, 5, 25, 125, 625, 3_125].map(|power| number / power % 5);
        let text: Vec<String> = pairs
            .iter()
            .zip(digits)
            .map(|((a, b), relation)| says(*a, Relation::ALL[relation], *b))
            .collect();
        let found = contradictions(&rows(&text.join("\n")));
        assert_eq!(found.is_empty(), realisable.contains(&digits), "{text:?}");
    }
}

proptest! {
    #[test]
    fn what_is_true_of_sets_is_never_doubted(
        sets in prop::collection::vec(1_u8..32, 3..8),
        pairs in prop::collection::vec((0_usize..8, 0_usize..8), 1..40),
    ) {
        let mut text = Vec::new();
        for (from, to) in pairs {
            let (from, to) = (from % sets.len(), to % sets.len());
            if from != to {
                text.push(says(from, relation_of(sets[from], sets[to]), to));
            }
        }
        prop_assume!(!text.is_empty());
        prop_assert_eq!(outline(&contradictions(&rows(&text.join("\n")))), "");
    }

    #[test]
    fn what_is_true_of_a_union_is_never_doubted(
        target in 1_u8..32,
        sources in prop::collection::vec(1_u8..32, 2..5),
    ) {
        let union = sources.iter().fold(0, |all, one| all | one);
        let joint = word(relation_of(union, target));
        let line = |(at, set): (usize, &u8)| {
            let own = word(relation_of(*set, target));
            format!("t:1/S{at},,{own},t:1/T,,J1,{joint},why")
        };
        let text: Vec<String> = sources.iter().enumerate().map(line).collect();
        prop_assert_eq!(outline(&contradictions(&rows(&text.join("\n")))), "");
    }

    #[test]
    fn one_wrong_row_in_a_triangle_is_found_whatever_stands_around_it(
        sets in prop::collection::vec(1_u8..32, 3..8),
        pairs in prop::collection::vec((0_usize..8, 0_usize..8), 0..30),
        wrong in 0_usize..5,
        backwards in any::<bool>(),
    ) {
        let (ab, bc) = (relation_of(sets[0], sets[1]), relation_of(sets[1], sets[2]));
        let wrong = Relation::ALL[wrong];
        prop_assume!(!ab.compose(bc).contains(wrong));
        let last = if backwards { says(2, wrong.converse(), 0) } else { says(0, wrong, 2) };
        let mut text = vec![says(0, ab, 1), says(1, bc, 2), last];
        for (from, to) in pairs {
            let (from, to) = (from % sets.len(), to % sets.len());
            if from != to && (from > 2 || to > 2) {
                text.push(says(from, relation_of(sets[from], sets[to]), to));
            }
        }
        let found = contradictions(&rows(&text.join("\n")));
        let triangle = |one: &Finding| {
            let rows: BTreeSet<u64> = one.rows.iter().copied().collect();
            one.rule == Rule::ImpossibleTriangle && rows == BTreeSet::from([1, 2, 3])
        };
        prop_assert!(found.iter().any(triangle), "{}", outline(&found));
        // Every triangle that is impossible has the wrong row in it.
        prop_assert!(found.iter().all(|one| one.rows.contains(&3)), "{}", outline(&found));
    }

    #[test]
    fn the_order_of_rows_changes_nothing(
        statements in prop::collection::vec((0_usize..6, 0_usize..5, 0_usize..6, 0_u8..4), 1..30),
        seed in any::<u64>(),
    ) {
        let line = |(from, relation, to, more): &(usize, usize, usize, u8)| {
            let mores = [",,,,", ",,,,why", ",,J1,superset-of,why", ",achieved,,,"];
            let more = mores[usize::from(*more)];
            let source = if *from == 0 { "t:1/*".to_owned() } else { format!("t:1/S{from}") };
            let word = if *from == 0 { "no-relationship" } else { WORDS[*relation] };
            format!("{source},,{word},t:1/S{to}{more}")
        };
        let text: Vec<String> = statements.iter().map(line).collect();
        let mut all = rows(&text.join("\n"));
        let expected = check_rows(&all, &Catalogue::default());
        let mut state = seed | 1;
        for at in (1..all.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005);
            state = state.wrapping_add(1_442_695_040_888_963_407);
            let other = usize::try_from(state >> 33).unwrap() % (at + 1);
            all.swap(at, other);
        }
        prop_assert_eq!(check_rows(&all, &Catalogue::default()), expected);
    }
}

#[test]
fn more_impossible_triangles_than_anybody_reads_are_counted() {
    // Everything apart from everything else, and one thing that is said to be in all of them.
    let mut text = Vec::new();
    for from in 1..60 {
        text.push(says(0, Relation::Subset, from));
        text.extend((from + 1..60).map(|to| says(from, Relation::Disjoint, to)));
    }
    let found = contradictions(&rows(&text.join("\n")));
    let (errors, notes): (Vec<&Finding>, Vec<&Finding>) =
        found.iter().partition(|one| one.severity.as_str() == "error");
    assert_eq!(errors.len(), 1_000);
    assert_eq!(notes.len(), 1);
    assert!(notes[0].text.contains(&(59 * 58 / 2).to_string()), "{}", notes[0].text);
}

#[test]
fn suggestions_say_that_they_satisfy_nothing() {
    let (code, out, _) =
        dspt(&["mapping", "candidates", "7.3.5", "--category", "cat2-it-supplier"]);
    assert_eq!(code, 0);
    let reminder = "suggestion, satisfies nothing: ";
    let named = |line: &&str| line.contains(" via ") || line.contains(" (proposals/");
    assert!(out.lines().filter(named).count() > 10, "{out}");
    assert!(out.lines().filter(named).all(|line| line.starts_with(reminder)), "{out}");
    for part in [
        "iso27001:2022/A.8.13 intersects-with (proposals/",
        "iso27001:2022/A.7.5 via nist-csf:2.0/PR.DS-11 > nist-800-53:r5.1.1/CP-6; precision 13%",
        "precision not known",
    ] {
        assert!(out.contains(part), "{part}\n{out}");
    }
    let (_, value) =
        json(&["mapping", "candidates", "2025-26-v8/cat2-it-supplier/7.3.5", "--json"]);
    assert_eq!(value["schema"], "dspt.mapping-candidates/1");
    let all = ["proposed", "suggested"].map(|key| value[key].as_array().unwrap());
    assert!(
        all.iter().all(|list| !list.is_empty() && list.iter().all(|one| one["satisfies"] == false))
    );
    let steps = |one: &Value| one["path"].as_array().unwrap().len();
    let paths: Vec<usize> = all[1].iter().map(steps).collect();
    assert!(paths.is_sorted() && paths.iter().all(|steps| (1..=2).contains(steps)));
    for one in all[1].iter().filter(|one| steps(one) == 1) {
        assert!(one["precision_percent"].is_null(), "{one}");
    }
}

#[test]
fn suggestions_are_for_items_that_there_are() {
    let candidates = |rest: &[&str]| dspt(&[&["mapping", "candidates"], rest].concat());
    let (code, _, err) = candidates(&["7.3.55"]);
    assert_eq!(code, 2);
    // 7.3.5 is another item: it would be read without a word.
    assert!(err.contains("dspt catalogue") && !err.contains("did you mean"), "{err}");
    let (code, _, err) = candidates(&["1.1.1"]);
    assert_eq!(code, 2);
    assert!(err.contains("say which with --category"), "{err}");
    assert_eq!(candidates(&["1.1.1", "--category", "cat4-gp"]).0, 0);
    assert_eq!(candidates(&["8.3", "--category", "cat4-gp"]).0, 2);
    assert_eq!(candidates(&["1.1.1", "--edition", "2031-32-v1"]).0, 2);
    let (_, out, _) =
        candidates(&["8.3.4", "--category", "cat2-it-supplier", "--framework", "iso27001:2022"]);
    assert!(
        !out.contains("nothing: nist") && out.contains("nothing: iso27001:2022/A.8.8"),
        "{out}"
    );
}

/// Source and target ids of a crosswalk that ships.
fn pairs(name: &str) -> BTreeSet<(String, String)> {
    let bytes = bundled::file(&format!("crosswalks/{name}.csv")).unwrap().bytes;
    let mut reader = csv::Reader::from_reader(bytes);
    let id = |text: &str| text.split_once('/').unwrap().1.to_owned();
    reader.records().map(|row| row.unwrap()).map(|row| (id(&row[0]), id(&row[2]))).collect()
}

fn chain(steps: &[&str]) -> BTreeSet<(String, String)> {
    let mut all = steps.iter().map(|step| pairs(step));
    let first = all.next().unwrap();
    all.fold(first, |before, step| {
        let mut onwards: BTreeMap<&String, Vec<&String>> = BTreeMap::new();
        for (from, to) in &step {
            onwards.entry(from).or_default().push(to);
        }
        let longer = |(start, middle): &(String, String)| {
            let ends = onwards.get(middle).into_iter().flatten();
            ends.map(|end| (start.clone(), (*end).clone())).collect::<Vec<_>>()
        };
        before.iter().flat_map(longer).collect()
    })
}

#[test]
fn measured_paths_can_be_measured_again() {
    let nist_2013 = "nist-800-53-r5_to_iso27001-2013";
    let nist_2022 = "nist-800-53-r5_to_iso27001-2022";
    let (csf, caf) = ("nist-csf-1.1_to_nist-800-53-r5", "ncsc-caf-3.1_to_nist-csf-1.1");
    let csf_2013 = "nist-csf-1.1_to_iso27001-2013";
    let ofgem = "ncsc-caf-3.1_to_iso27001-2013_partial";
    // The path's number in the file, its crosswalks, the direct table, and whether only Annex A.
    let measured: [(usize, &[&str], &str, bool); 5] = [
        (0, &[nist_2013, "iso27001-2013_to_iso27001-2022"], nist_2022, true),
        (2, &[csf, nist_2013], csf_2013, false),
        (
            3,
            &["nist-csf-2.0_to_nist-800-53-r5.1.1", nist_2022],
            "nist-csf-2.0_to_iso27001-2022",
            false,
        ),
        (4, &[caf, csf_2013], ofgem, false),
        (5, &[caf, csf, nist_2013], ofgem, false),
    ];
    let table = parse_measured(bundled::file("crosswalks-precision.csv").unwrap().bytes).unwrap();
    assert_eq!(table.len(), 6);
    for (number, steps, direct, annex_only) in measured {
        let direct = pairs(direct);
        let sources: BTreeSet<&String> = direct.iter().map(|(source, _)| source).collect();
        let counts = |(source, target): &&(String, String)| {
            sources.contains(source) && (!annex_only || target.starts_with("A."))
        };
        let derived = chain(steps);
        let derived: BTreeSet<_> = derived.iter().filter(counts).collect();
        let direct: BTreeSet<_> = direct.iter().filter(counts).collect();
        let found = [derived.len(), direct.len(), derived.intersection(&direct).count()];
        let said = &table[number];
        let expected = [said.derived, said.direct, said.agree].map(|count| count as usize);
        assert_eq!(found, expected, "{steps:?}");
    }
    for one in &table {
        let percent = |of: u32| (one.agree * 100 + of / 2) / of;
        let found = [percent(one.derived), percent(one.direct)];
        assert_eq!(found, [one.precision_percent, one.recall_percent], "{one:?}");
        assert!(!one.provenance.is_empty());
    }
}

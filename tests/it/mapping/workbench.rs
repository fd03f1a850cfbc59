//! `dspt mapping list`, `show`, `approve`, `withdraw`, `diff`: nobody approves what they did not see.

use std::fmt::Write as _;

use crate::commands::cli::{Desk, Ended};

const DAY: &str = "2025-10-03";

/// A ledger with a certificate, its Statement of Applicability and a mapping, entry #8.
fn desk(rows: &str) -> Desk {
    let desk = Desk::new();
    let iso = "record certificate iso27001:2022 --number C-1 --issuer Plover --scope all \
               --from 2025-09-01 --until 2026-08-31";
    desk.owner("2025-10-02", iso).ok();
    desk.owner("2025-10-02", "import framework iso27001:2022").ok();
    let soa = "control,applicable,justification\nA.8.19,yes,\nA.8.32,yes,\nA.5.37,yes,\n";
    let soa = desk.write("soa.csv", soa);
    desk.owner("2025-10-02", &format!("import soa {soa} --certificate #5")).ok();
    import(&desk, "map.csv", rows);
    desk
}

fn import(desk: &Desk, name: &str, rows: &str) {
    let header = "source,relationship,target,joint_group,joint_relationship,rationale\n";
    let file = desk.write(name, &format!("{header}{rows}"));
    let flags = "--source iso27001:2022 --edition 2025-26-v8 --category cat2-it-supplier";
    desk.owner(DAY, &format!("import mapping {file} {flags}")).ok();
}

const ROWS: &str = "A.8.19,superset-of,9.5.1,,,all of it\n\
    A.8.19,intersects-with,9.5.2,,,a part\n\
    A.8.32,subset-of,9.5.3,J1,superset-of,changes\n\
    A.5.37,subset-of,9.5.3,J1,superset-of,procedures\n\
    A.8.20,unspecified,9.5.5,,,related\n";

fn show(desk: &Desk, flags: &str) -> serde_json::Value {
    desk.run(DAY, &format!("mapping show #8 {flags} --json")).ok().json()
}

fn column(shown: &serde_json::Value, name: &str) -> Vec<String> {
    let rows = shown["rows"].as_array().unwrap();
    rows.iter().map(|row| row[name].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_row_is_shown_with_its_target_its_state_and_what_approving_it_would_change() {
    let desk = desk(ROWS);
    let text = desk.run(DAY, "mapping show #8").ok().out;
    for part in [
        "    1  iso27001:2022/A.8.19 superset-of 2025-26-v8/cat2-it-supplier/9.5.1  ",
        "why: all of it",
        "open; approving it would change 9.5.1 from not met to met by equivalence",
        "open; approving it would change 9.5.2 from not met to partly supported",
        "open; says nothing from which anything could follow",
        "[group J1: together superset-of]",
        "open; approving it would change 9.5.3 from not met to met by equivalence",
    ] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    // What was foreseen is what happens.
    let met = desk.count("--at 2025-10-03", "met_by_equivalence");
    desk.approver(DAY, "mapping approve #8 --rows 1 --rationale read").ok();
    assert_eq!(desk.count("--at 2025-10-03", "met_by_equivalence"), met + 1);
    assert_eq!(column(&show(&desk, ""), "state"), ["approved", "open", "open", "open", "open"]);
    assert!(desk.run(DAY, "mapping show #8 --rows 1").ok().out.contains("in #9"));
    desk.approver(DAY, "mapping withdraw #9 --rows 1 --from 2025-10-03 --reason 'read again'").ok();
    let shown = show(&desk, "--state withdrawn");
    assert_eq!(column(&shown, "target"), ["2025-26-v8/cat2-it-supplier/9.5.1"]);
    assert_eq!(desk.count("--at 2025-10-03", "met_by_equivalence"), met);
    let list = desk.run(DAY, "mapping list --json").ok().json();
    assert_eq!(list["mappings"][0]["counts"]["could_carry"], 3);
}

#[test]
fn rows_are_chosen_by_number_relationship_pattern_and_group() {
    let desk = desk(ROWS);
    let numbers = |flags: &str| -> Vec<u64> {
        let shown = show(&desk, flags);
        shown["rows"].as_array().unwrap().iter().map(|row| row["row"].as_u64().unwrap()).collect()
    };
    assert_eq!(numbers("--rows 2-3"), [2, 3]);
    assert_eq!(numbers("--relationship superset"), [1]);
    assert_eq!(numbers("--target 9.5.*"), [1, 2, 3, 4, 5]);
    assert_eq!(numbers("--source A.8.*"), [1, 2, 3, 5]);
    assert_eq!(numbers("--source *A.8.* --target 9.5.2"), [2]);
    assert_eq!(numbers("--group j1"), [3, 4]);
    desk.approver(DAY, "approve #8 --group J1 --rationale 'read both'").ok();
    assert_eq!(column(&show(&desk, "--state approved"), "source").len(), 2);
    let none = desk.approver(DAY, "approve #8 --target 1.1.1 --rationale x");
    assert!(none.err.contains("no row of the mapping is like that"), "{}", none.err);
    let torn = desk.approver(DAY, "approve #8 --source A.5.37 --rationale x");
    assert!(torn.err.contains("joint group J1 holds as a whole"), "{}", torn.err);
    let which = desk.approver(DAY, "approve #8 --rationale x");
    assert!(which.err.contains("say which rows"), "{}", which.err);
}

#[test]
fn many_rows_are_shown_before_they_are_approved() {
    let mut rows = String::new();
    for control in 1..=21 {
        let _ = writeln!(rows, "A.8.{control},superset-of,9.5.1,,,invented reason {control}");
    }
    let desk = desk(&rows);
    let before = desk.entries();
    for flags in ["--all", "--target 9.5.*"] {
        let asked = desk.approver(DAY, &format!("approve #8 {flags} --rationale test"));
        assert_eq!(asked.code, 2, "{}", asked.err);
        assert!(asked.err.contains("invented reason 21"), "{}", asked.err);
        assert!(asked.err.contains("nothing was approved"), "{}", asked.err);
        assert_eq!(desk.entries(), before);
    }
    desk.approver(DAY, "approve #8 --rows 1-21 --rationale 'each read'").ok();
    desk.approver(DAY, "approve #8 --all --yes --rationale 'all read'").ok();
    assert_eq!(desk.entries(), before + 2);
}

#[test]
fn two_mappings_are_compared_pair_by_pair() {
    let desk = desk(ROWS);
    import(
        &desk,
        "other.csv",
        "A.8.19,superset-of,9.5.1,,,all of it\nA.8.19,subset-of,9.5.2,,,a part\n\
         A.8.20,subset-of,9.5.2,,,new\n",
    );
    let diff: Ended = desk.run(DAY, "mapping diff #8 #9").ok();
    for part in [
        "intersects-with in #8, subset-of in #9",
        "not there in #8, subset-of in #9",
        "subset-of (group J1: superset-of) in #8, not there in #9",
        "5 pairs that differ.",
    ] {
        assert!(diff.out.contains(part), "no `{part}` in\n{}", diff.out);
    }
    let not = desk.run(DAY, "mapping diff #8 #5");
    assert!(not.err.contains("entry #5 is not a mapping that stands"), "{}", not.err);
}

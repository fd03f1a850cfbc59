//! What changes are told to come from, what spells name, and how readings of the rules were decided.

use std::fmt::Write as _;

use dspt_ledger::domain::date::Date;
use dspt_ledger::domain::engine::derive::RulesChoice;
use dspt_ledger::domain::engine::status::Positions;
use dspt_ledger::domain::explain::diff::changes;
use dspt_ledger::domain::explain::spells::spells;
use dspt_ledger::domain::explain::{Telling, explain};
use dspt_ledger::domain::state::replay;

use crate::answers::positions::{CATEGORY, LEDGER, facts_from};

const ISO: &str =
    "certificate C iso27001 covers hosting support from 2025-10-01 until 2026-06-30\n";
const MAPPED: &str = "mapping M rows iso27001:2022/A.8.13,,superset-of,7.1.1
    approved A of M by a from 2025-10-01
    certificate C iso27001 release 2022 covers hosting support from 2025-10-01 until 2026-06-30
    soa of C from 2025-10-01 includes A.8.13\n";

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// The position of some facts; `2026-06-30 #5` uses the first five entries.
fn at(facts: &str, when: &str) -> (Positions, Date) {
    let (facts, contents) = facts_from(&format!("{LEDGER}{facts}"));
    let (on, size) = when.split_once(" #").unwrap_or((when, "1000"));
    let state = replay(&facts, &contents, size.parse().unwrap()).unwrap();
    (Positions::new(&state, RulesChoice::Then), day(on))
}

/// Of one item: both statuses, the cause and its entries.
#[track_caller]
fn check(facts: &str, item: &str, [a, b]: [&str; 2], expected: &str) {
    let ((old, then), (new, now)) = (at(facts, a), at(facts, b));
    let all = changes(&old.on(then), &new.on(now));
    let one = all.iter().find(|one| one.item.item.as_str() == item);
    let told = one.map_or_else(
        || "no change".to_owned(),
        |one| {
            let entries: Vec<String> = one.entries.iter().map(|seq| format!("#{seq}")).collect();
            let statuses = format!("{} to {}", one.before.json(), one.after.json());
            format!("{statuses}: {}  {}", one.cause, entries.join(" "))
        },
    );
    assert_eq!(told, expected, "{a} to {b} with\n{facts}");
}

#[test]
fn the_certificate_that_stopped_is_the_cause_and_not_one_that_ended_before() {
    let facts = "certificate P cyber-essentials-plus covers hosting support from 2025-06-10 until 2026-06-09
        certificate Q cyber-essentials-plus covers hosting support from 2026-06-10 until 2027-06-09
        suspended of Q from 2026-10-01 until 2026-10-31
        certificate-withdrawn of Q from 2027-01-15";
    let item = "8.3.4";
    check(
        facts,
        item,
        ["2026-09-30", "2026-10-01"],
        "met_by_equivalence to lapsed: Cyber Essentials Plus certificate Q is suspended from 1 Oct 2026 (x)  #5 #6",
    );
    check(
        facts,
        item,
        ["2026-10-31", "2026-11-01"],
        "lapsed to met_by_equivalence: Cyber Essentials Plus certificate Q counts again: suspended from 1 Oct 2026 until 31 Oct 2026  #5 #6",
    );
    check(
        facts,
        item,
        ["2027-01-14", "2027-01-15"],
        "met_by_equivalence to lapsed: Cyber Essentials Plus certificate Q was withdrawn from 15 Jan 2027 (x)  #5 #7",
    );
    check(
        facts,
        item,
        ["2027-06-09 #6", "2027-06-10 #6"],
        "met_by_equivalence to lapsed: Cyber Essentials Plus certificate Q ended on 9 Jun 2027  #5",
    );
    check(
        facts,
        item,
        ["2026-06-15 #5", "2026-06-15"],
        "lapsed to met_by_equivalence: Cyber Essentials Plus certificate Q, recorded in #5  #5",
    );
    check(
        facts,
        item,
        ["2026-06-15", "2026-06-15 #5"],
        "met_by_equivalence to lapsed: Cyber Essentials Plus certificate Q was not recorded yet  #5",
    );
    check(facts, item, ["2026-06-09", "2026-06-10"], "no change");
}

#[test]
fn scope_correction_and_statement_of_applicability_are_named() {
    let grown = format!("{ISO}scope hosting* support* canteen* from 2026-02-01");
    check(
        &grown,
        "7.3.5",
        ["2026-01-31", "2026-02-01"],
        "met_by_equivalence to lapsed: scope widened by #5: the unit canteen with health and care data is not covered  #5",
    );
    let shrunk = "certificate C iso27001 covers hosting from 2025-10-01 until 2026-06-30
        scope hosting* support canteen from 2026-02-01";
    check(
        shrunk,
        "7.3.5",
        ["2026-01-31", "2026-02-01"],
        "partly_supported to met_by_equivalence: scope narrowed by #5: without the unit support  #5",
    );
    let void = format!("{ISO}corrected C void");
    check(
        &void,
        "7.3.5",
        ["2026-01-31 #5", "2026-01-31"],
        "met_by_equivalence to not_met: ISO/IEC 27001 certificate C was corrected in #5  #4 #5",
    );
    let replaced = format!("{MAPPED}soa of C from 2026-02-01 excludes A.8.13");
    check(
        &replaced,
        "7.1.1",
        ["2026-01-31", "2026-02-01"],
        "met_by_equivalence to lapsed: iso27001:2022/A.8.13 of ISO/IEC 27001 certificate C: excluded in the Statement of Applicability from 1 Feb 2026 (x)  #6 #8",
    );
    let withdrawn = format!("{MAPPED}approval-withdrawn of A from 2026-03-01");
    check(
        &withdrawn,
        "7.1.1",
        ["2026-02-28", "2026-03-01"],
        "met_by_equivalence to lapsed: the approval in #5 was withdrawn from 1 Mar 2026 (x)  #5 #8",
    );
    check(
        MAPPED,
        "7.1.1",
        ["2026-02-28 #5", "2026-02-28"],
        "not_met to met_by_equivalence: ISO/IEC 27001 certificate C, recorded in #6; approved in #5  #6 #5",
    );
}

#[test]
fn own_evidence_answers_and_confirmations_are_named() {
    let facts = "evidence E for 7.3.5 from 2026-01-01 until 2026-03-31
        confirmed 7.3 from 2026-02-01
        evidence F for 7.3.5 from 2026-04-10
        evidence-withdrawn of F from 2026-05-01
        answered 7.3.5 yes from 2026-06-01
        answered 7.3.5 no from 2026-07-01";
    let item = "7.3.5";
    check(
        facts,
        item,
        ["2025-12-31", "2026-01-01"],
        "not_met to needs_confirming: own evidence counts from 1 Jan 2026  #4",
    );
    check(
        facts,
        item,
        ["2026-01-31", "2026-02-01"],
        "needs_confirming to met: assertion 7.3 confirmed on 1 Feb 2026  #5",
    );
    check(
        facts,
        item,
        ["2026-03-31", "2026-04-01"],
        "met to lapsed: own evidence ended on 31 Mar 2026  #4",
    );
    check(
        facts,
        item,
        ["2026-04-30", "2026-05-01"],
        "met to lapsed: own evidence was withdrawn from 1 May 2026  #6 #7",
    );
    check(
        facts,
        item,
        ["2026-05-31", "2026-06-01"],
        "lapsed to met: own answer counts from 1 Jun 2026  #8",
    );
    check(
        facts,
        item,
        ["2026-06-30", "2026-07-01"],
        "met to lapsed: answered as not met on 1 Jul 2026  #8 #9",
    );
    let apart = "not-applicable 7.3.5 from 2026-01-01 until 2026-01-31";
    check(
        apart,
        item,
        ["2025-12-31", "2026-01-01"],
        "not_met to not_applicable: recorded as not applicable from 1 Jan 2026: x  #4",
    );
}

#[test]
fn a_spell_names_every_entry_and_is_cut_where_its_grounds_change() {
    let facts = "certificate P cyber-essentials-plus covers hosting support from 2025-09-01 until 2026-06-09
        certificate Q cyber-essentials-plus covers hosting support from 2026-06-10 until 2027-06-09
        suspended of Q from 2026-10-01 until 2026-10-31";
    let (positions, _) = at(facts, "2026-01-01");
    let item = format!("{CATEGORY}/8.3.4").parse().unwrap();
    let told: Vec<String> = spells(&positions, &item)
        .iter()
        .flat_map(|one| {
            let entries =
                |all: &[u64]| all.iter().map(|seq| format!("#{seq}")).collect::<Vec<_>>().join(" ");
            let spell = format!(
                "{} {}: {} {}",
                one.from,
                one.status.json(),
                one.because,
                entries(&one.entries)
            );
            let parts: Vec<String> = one
                .parts
                .iter()
                .map(|part| format!("  {} {}", part.from, entries(&part.entries)))
                .collect();
            std::iter::once(spell).chain(parts)
        })
        .collect();
    let expected = [
        "2025-09-01 met_by_equivalence: Cyber Essentials Plus #1 #2 #3 #4 #5",
        "  2025-09-01 #1 #2 #3 #4",
        "  2026-06-10 #1 #2 #3 #5",
        "2026-10-01 lapsed: Cyber Essentials Plus suspended from 1 Oct 2026 #1 #2 #3 #5 #6",
        "  2026-10-01 #1 #2 #3 #5 #6",
        "2026-11-01 met_by_equivalence: Cyber Essentials Plus #1 #2 #3 #5",
        "  2026-11-01 #1 #2 #3 #5",
        "2027-06-10 lapsed: Cyber Essentials Plus ended 9 Jun 2027 #1 #2 #3 #5",
        "  2027-06-10 #1 #2 #3 #5",
    ];
    assert_eq!(told, expected);
}

/// The status of an item on a day.
fn status(facts: &str, on: &str, item: &str) -> &'static str {
    let (positions, on) = at(facts, on);
    positions.status(&format!("{CATEGORY}/{item}").parse().unwrap(), on).json()
}

#[test]
fn without_a_unit_with_health_data_nothing_is_met_by_equivalence_and_a_part_is_a_part() {
    let none = format!("scope hosting support canteen from 2025-09-02\n{ISO}");
    assert_eq!(status(&none, "2026-01-01", "7.3.5"), "partly_supported");
    assert_eq!(status(&none, "2026-01-01", "8.3.4"), "not_met");
    let part = "scope hosting support from 2025-09-02\nevidence E for 7.3.5 covers hosting from 2026-01-01";
    assert_eq!(status(part, "2026-01-01", "7.3.5"), "partly_supported");
    let whole = "scope hosting support from 2025-09-02\nevidence E for 7.3.5 from 2026-01-01";
    assert_eq!(status(whole, "2026-01-01", "7.3.5"), "needs_confirming");
}

const ASSERTED: &str = "asserted S 7.1.1 sources iso27001:2022/A.8.13 least internally-audited by o
    approved A of S by a from 2025-10-01\n";

#[test]
fn a_source_below_the_least_assurance_counts_for_nothing_in_that_rule() {
    let assessed = |assurance: &str| {
        format!(
            "{ASSERTED}assessed iso27001:2022/A.8.13 met {assurance} covers hosting support \
             from 2025-10-01 until 2026-06-30"
        )
    };
    assert_eq!(status(&assessed("self-assessed"), "2026-01-01", "7.1.1"), "not_met");
    assert_eq!(
        status(&assessed("internally-audited"), "2026-01-01", "7.1.1"),
        "met_by_equivalence"
    );
    assert_eq!(status(&assessed("certified"), "2026-01-01", "7.1.1"), "met_by_equivalence");
    let why = unused(&assessed("self-assessed"), "2026-01-01", "7.1.1");
    let told =
        "iso27001:2022/A.8.13 holds, but not at least internally audited as this rule asks  #6";
    assert!(why.contains(told), "{why}");
    assert!(!why.contains("nothing recorded says"), "{why}");
}

/// What was looked at and not used, one line each, and what would put it right.
fn unused(facts: &str, on: &str, item: &str) -> String {
    let (list, contents) = facts_from(&format!("{LEDGER}{facts}"));
    let state = replay(&list, &contents, 1000).unwrap();
    let positions = Positions::new(&state, RulesChoice::Then);
    let item = format!("{CATEGORY}/{item}").parse().unwrap();
    let facts = list.as_slice();
    let it = explain(&state, &positions.on(day(on)), &item, Telling::all(&facts)).unwrap();
    let mut text = String::new();
    for one in &it.unused {
        let entries: Vec<String> = one.entries.iter().map(|seq| format!("#{seq}")).collect();
        writeln!(text, "{}  {}", one.text, entries.join(" ")).unwrap();
    }
    for set in &it.remedies {
        writeln!(text, "remedy: {}", set.join(", and ")).unwrap();
    }
    text
}

#[test]
fn an_assertion_that_is_not_approved_is_told_and_so_is_a_void_approval() {
    let held = "assessed iso27001:2022/A.8.13 met certified covers hosting support \
        from 2025-10-01 until 2026-06-30\n";
    let alone = format!("{}\n{held}", ASSERTED.lines().next().unwrap());
    let why = unused(&alone, "2026-01-01", "7.1.1");
    assert!(
        why.contains("asserted equivalence in #4 from iso27001:2022/A.8.13: not approved  #4"),
        "{why}"
    );
    assert!(why.contains("remedy: approve the asserted equivalence for "), "{why}");
    // The rationale is what the approver judged: a correction of it needs an approval of its own.
    let corrected = format!(
        "{ASSERTED}{held}corrected S asserted S 7.1.1 sources iso27001:2022/A.8.13 least \
         internally-audited by o\n"
    );
    assert_eq!(status(&corrected, "2026-01-01", "7.1.1"), "not_met");
    let why = unused(&corrected, "2026-01-01", "7.1.1");
    assert!(why.contains("its approval in #5 is of before the correction in #7"), "{why}");
    let again = format!("{corrected}approved B of S by a from 2026-01-01");
    assert_eq!(status(&again, "2026-01-01", "7.1.1"), "met_by_equivalence");
}

#[test]
fn a_later_assessment_that_says_less_takes_its_place_however_well_it_is_assured() {
    let facts = "asserted S 7.1.1 sources iso27001:2022/A.8.13 by o
        approved A of S by a from 2025-10-01
        assessed iso27001:2022/A.8.13 met certified covers hosting support from 2025-10-01 until 2026-06-30
        assessed iso27001:2022/A.8.13 not-met self-assessed covers support from 2026-02-01 until 2026-02-28";
    assert_eq!(status(facts, "2026-01-31", "7.1.1"), "met_by_equivalence");
    assert_eq!(status(facts, "2026-02-01", "7.1.1"), "lapsed");
    assert_eq!(status(facts, "2026-03-01", "7.1.1"), "met_by_equivalence");
    // An earlier first day is not later, whenever it was recorded.
    let before = facts.replace("support from 2026-02-01 until", "support from 2025-09-30 until");
    assert_eq!(status(&before, "2026-02-01", "7.1.1"), "met_by_equivalence");
}

#[test]
fn a_superset_row_of_a_group_counts_alone_once_the_group_is_approved() {
    let facts = "mapping M rows iso27001:2022/A.8.13,,superset-of,7.1.1,J,superset-of \
            iso27001:2022/A.5.1,,subset-of,7.1.1,J,superset-of
        certificate C iso27001 release 2022 covers hosting support from 2025-10-01 until 2026-06-30
        soa of C from 2025-10-01 includes A.8.13\n";
    let why = unused(facts, "2026-01-01", "7.1.1");
    assert!(why.contains("remedy: approve joint group J (rows 1, 2) of M"), "{why}");
    let approved = format!("{facts}approved A of M by a from 2025-10-01");
    assert_eq!(status(&approved, "2026-01-01", "7.1.1"), "met_by_equivalence");
}

#[test]
fn the_latest_revision_decides_before_its_own_first_day() {
    let facts = format!("{ISO}edition 8.1.0 from 2026-05-01 without iso27001 7.3.5");
    let (list, contents) = facts_from(&format!("{LEDGER}{facts}"));
    let state = replay(&list, &contents, 1000).unwrap();
    let item = format!("{CATEGORY}/7.3.5").parse().unwrap();
    let on = |rules, on: &str| Positions::new(&state, rules).status(&item, day(on)).json();
    assert_eq!(on(RulesChoice::Then, "2026-01-01"), "met_by_equivalence");
    assert_eq!(on(RulesChoice::Latest, "2026-01-01"), "not_met");
    assert_eq!(on(RulesChoice::Latest, "2025-08-31"), "not_asked");
}

#[test]
fn days_on_which_an_item_does_not_apply_are_not_days_on_which_it_was_met() {
    let never = "not-applicable 7.3.5 from 2026-01-01 until 2026-01-31";
    assert_eq!(status(never, "2026-02-01", "7.3.5"), "not_met");
    let before = "certificate C iso27001 covers hosting support from 2025-10-01 until 2025-12-31
        not-applicable 7.3.5 from 2026-01-01 until 2026-01-31";
    assert_eq!(status(before, "2026-01-15", "7.3.5"), "not_applicable");
    assert_eq!(status(before, "2026-02-01", "7.3.5"), "lapsed");
}

#[test]
fn evidence_that_was_recorded_after_the_confirmation_is_said_to_be() {
    let facts = "evidence E for 7.3.5 from 2025-11-01
        confirmed 7.3 from 2025-11-11
        evidence-withdrawn of E from 2025-12-05
        evidence F for 7.3.5 from 2025-12-05";
    let text = |on: &str| {
        let (positions, on) = at(facts, on);
        let item = format!("{CATEGORY}/7.3.5").parse().unwrap();
        positions.on(on).because_text(&item)
    };
    assert_eq!(status(facts, "2025-12-05", "7.3.5"), "met");
    assert_eq!(text("2025-12-04"), "own evidence");
    assert_eq!(text("2025-12-05"), "own evidence, recorded after the confirmation");
}

#[test]
fn negative_answers_that_hold_no_more_are_told() {
    let overtaken = "answered 7.3.5 no from 2026-01-01
        answered 7.3.5 yes from 2026-02-01";
    let why = unused(overtaken, "2026-02-01", "7.3.5");
    let told = "own answer that it is not met for 1 Jan 2026 was overtaken by that of #5 for 1 Feb 2026  #4 #5";
    assert!(why.contains(told), "{why}");
    let void = "answered 7.3.5 no from 2026-01-01\ncorrected n4 void";
    let why = unused(void, "2026-02-01", "7.3.5");
    let told =
        "own answer that it is not met for 1 Jan 2026, as #4 has it, was made void in #5  #4 #5";
    assert!(why.contains(told), "{why}");
}

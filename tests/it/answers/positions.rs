//! Where items stand, case by case: both sides of each edge, on the edition that ships.
//!
//! Entries 0 to 3 are always the same (`LEDGER`); the first line of a case is entry 4.

#![allow(clippy::format_push_string, clippy::format_collect, reason = "small files")]

use std::collections::BTreeMap;
use std::sync::Arc;

use dspt_ledger::bundled;
use dspt_ledger::domain::date::{Date, Timestamp};
use dspt_ledger::domain::engine::derive::RulesChoice;
use dspt_ledger::domain::engine::status::{DayView, Positions, Status};
use dspt_ledger::domain::event::Event;
use dspt_ledger::domain::state::{Contents, Fact, Subject, replay};
use serde_json::{Value, json};

pub(crate) const LEDGER: &str = "opened
    edition 8.0.0 from 2025-09-01
    classified it-supplier from 2025-09-01
    scope hosting* support* canteen from 2025-09-01\n";
pub(crate) const CATEGORY: &str = "2025-26-v8/cat2-it-supplier";
const ISO: &str =
    "certificate C iso27001 covers hosting support from 2025-10-01 until 2026-06-30\n";
const PLUS: &str =
    "certificate P cyber-essentials-plus covers hosting support from 2026-01-01 until 2026-12-31\n";

/// Checks items on a day, with all that is recorded or, as `2026-06-30 #5`, with the first five
/// entries. Each expected line is an item, its status and the entries that say so.
#[track_caller]
fn check(facts: &str, on: &str, expected: &str) {
    let mut found = String::new();
    for line in expected.lines() {
        let number = line.split(' ').next().unwrap();
        let finding = with_view(facts, on, |view| {
            view.finding(&format!("{CATEGORY}/{number}").parse().unwrap())
        });
        match finding {
            None => found.push_str(&format!("{number} not_asked\n")),
            Some(one) => {
                let entries: Vec<String> = one.because.iter().map(u64::to_string).collect();
                let because = entries.join(" ");
                found.push_str(&format!("{number} {} because {because}\n", one.status.json()));
            }
        }
    }
    let expected: String = expected.lines().map(|line| format!("{line}\n")).collect();
    assert_eq!(found, expected, "on {on}, with\n{facts}");
}

/// Checks how many items have each of the statuses that are named.
#[track_caller]
fn check_counts(facts: &str, on: &str, expected: &[(Status, usize)]) {
    let statuses: Vec<Status> = with_view(facts, on, |view| {
        view.findings().into_iter().map(|finding| finding.status).collect()
    });
    for (status, count) in expected {
        let found = statuses.iter().filter(|one| *one == status).count();
        assert_eq!(found, *count, "{} on {on}, with\n{facts}", status.word());
    }
}

/// The items that have a status on a day, separated by spaces.
fn items_with(facts: &str, on: &str, status: Status) -> String {
    let items: Vec<String> = with_view(facts, on, |view| {
        let findings = view.findings().into_iter().filter(|one| one.status == status);
        findings.map(|one| one.item.item.to_string()).collect()
    });
    items.join(" ")
}

fn with_view<T>(facts: &str, on: &str, read: impl Fn(&DayView<'_>) -> T) -> T {
    let (facts, contents) = facts_from(&format!("{LEDGER}{facts}"));
    let (on, size) = on.split_once(" #").unwrap_or((on, "1000"));
    let state = replay(&facts, &contents, size.parse().unwrap()).unwrap();
    let positions = Positions::new(&state, RulesChoice::Then);
    read(&positions.on(Date::parse(on).unwrap()))
}

/// The words of one line, by the keyword that they follow; before any keyword under "".
fn words(line: &str) -> BTreeMap<&str, Vec<&str>> {
    const KEYWORDS: [&str; 16] = [
        "from", "until", "covers", "for", "controls", "includes", "excludes", "rows", "of", "by",
        "without", "release", "least", "level", "sources", "listed",
    ];
    let (mut words, mut keyword) = (BTreeMap::new(), "");
    for word in line.split_whitespace() {
        if KEYWORDS.contains(&word) {
            keyword = word;
        } else {
            words.entry(keyword).or_insert_with(Vec::new).push(word);
        }
    }
    words
}

fn id_of(name: &str) -> String {
    let digits: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("{digits:0>32}")
}

fn item(number: &str) -> String {
    format!("{CATEGORY}/{number}")
}

pub(crate) fn facts_from(text: &str) -> (Vec<Fact>, Contents) {
    let (mut facts, mut contents) = (Vec::new(), Contents::new());
    for (seq, line) in text.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
        let (name, event, files) = entry(line, seq);
        let mut subjects = Vec::new();
        for (file, bytes) in files {
            let sha256 = format!("{:064x}", contents.len());
            contents.insert(sha256.clone(), Arc::new(bytes));
            subjects.push(Subject { name: file.to_owned(), sha256 });
        }
        let letter = words(line).get("by").map_or("o", |by| by[0]).repeat(43);
        facts.push(Fact {
            seq: seq as u64,
            at: Timestamp::from_millis(1_750_000_000_000 + i64::try_from(seq).unwrap()),
            by: format!("SHA256:{letter}").parse().unwrap(),
            id: name.parse().unwrap(),
            event,
            subjects,
        });
    }
    (facts, contents)
}

type Files = Vec<(&'static str, Vec<u8>)>;

fn entry(line: &str, seq: usize) -> (String, Event, Files) {
    if let Some(rest) = line.strip_prefix("corrected ") {
        let (wrong, rest) = rest.split_once(' ').unwrap();
        let mut body = json!({"v": 1, "corrects": id_of(wrong), "reason": "x"});
        let mut files = Files::new();
        if rest != "void" {
            let (_, event, its_files) = entry(rest, seq);
            files = its_files;
            body["replacement"] =
                json!({"type": event.kind().as_str(), "body": event.body().unwrap()});
        }
        let name = id_of(&format!("fix{seq}"));
        return (name, Event::decode("correction", &body).unwrap(), files);
    }
    let words = words(line);
    let of = |keyword: &str| words.get(keyword).cloned().unwrap_or_default();
    let head = of("");
    let (kind, mut body, files) = body(head[0], &of);
    let fields = body.as_object_mut().unwrap();
    fields.retain(|_, value| !value.is_null());
    fields.insert("v".to_owned(), json!(1));
    let named = [
        "certificate-recorded",
        "evidence-recorded",
        "mapping-imported",
        "equivalence-asserted",
        "mapping-approved",
    ];
    let name = if named.contains(&kind) { head[1].to_owned() } else { format!("n{seq}") };
    (id_of(&name), Event::decode(kind, &body).unwrap(), files)
}

fn body<'l>(what: &str, of: &impl Fn(&str) -> Vec<&'l str>) -> (&'static str, Value, Files) {
    let (head, from, until) = (of(""), of("from").first().copied(), of("until").first().copied());
    let about = of("of").first().map(|name| id_of(name));
    let plain = Files::new();
    match what {
        "opened" => (
            "ledger-opened",
            json!({"organisation": "o", "log": "l", "key": "k", "holder": "h"}),
            plain,
        ),
        "edition" => {
            let body =
                json!({"edition": "2025-26-v8", "revision": head[1], "effective_from": from});
            ("edition-adopted", body, edition_files(&of("without")))
        }
        "classified" => (
            "organisation-classified",
            json!({
                "edition": "2025-26-v8", "organisation_type": head[1],
                "category": "cat2-it-supplier", "from": from,
            }),
            plain,
        ),
        "scope" => {
            let unit = |word: &&str| {
                let health = word.ends_with('*');
                let id = word.trim_end_matches('*');
                json!({"id": id, "name": "x", "health_and_care_data": health})
            };
            let units: Vec<Value> = head[1..].iter().map(unit).collect();
            ("scope-declared", json!({"units": units, "from": from}), plain)
        }
        "certificate" => (
            "certificate-recorded",
            json!({
                "scheme": head[2], "release": of("release").first(), "number": head[1],
                "issuer": "x", "scope": of("covers"), "valid_from": from, "valid_until": until,
            }),
            plain,
        ),
        "suspended" => (
            "certificate-suspended",
            json!({"certificate": about, "from": from, "until": until, "reason": "x"}),
            plain,
        ),
        "certificate-withdrawn" => (
            "certificate-withdrawn",
            json!({"certificate": about, "from": from, "reason": "x"}),
            plain,
        ),
        "soa" => {
            let body = json!({"certificate": about, "from": from});
            ("soa-recorded", body, vec![("soa.csv", soa(&of("includes"), &of("excludes")))])
        }
        _ => own_body(what, of),
    }
}

fn soa(includes: &[&str], excludes: &[&str]) -> Vec<u8> {
    let mut text = "control,applicable,justification\n".to_owned();
    for (word, list) in [("yes", includes), ("no", excludes)] {
        for one in list {
            text.push_str(&format!("iso27001:2022/{one},{word},x\n"));
        }
    }
    text.into_bytes()
}

fn own_body<'l>(what: &str, of: &impl Fn(&str) -> Vec<&'l str>) -> (&'static str, Value, Files) {
    let (head, from, until) = (of(""), of("from").first().copied(), of("until").first().copied());
    let about = of("of").first().map(|name| id_of(name));
    let plain = Files::new();
    match what {
        "mapping" => {
            let columns = "source,source_level,relationship,target,joint_group,joint_relationship";
            let mut text = format!("{columns}\n");
            for row in of("rows") {
                let cells: Vec<&str> = row.split(',').collect();
                let target =
                    if cells[3].contains(':') { cells[3].to_owned() } else { item(cells[3]) };
                let joint = cells.get(4..6).map_or_else(|| ",".to_owned(), |two| two.join(","));
                text.push_str(&format!(
                    "{},{},{},{target},{joint}\n",
                    cells[0], cells[1], cells[2]
                ));
            }
            let body = json!({
                "title": head[1], "author": "x", "authority": "proposal", "licence": "x", "rows": 1,
            });
            ("mapping-imported", body, vec![("mapping.csv", text.into_bytes())])
        }
        "approved" => {
            let listed: Vec<u64> = of("listed").iter().map(|one| one.parse().unwrap()).collect();
            let rows = if listed.is_empty() { json!("all") } else { json!(listed) };
            let body = json!({
                "mapping": about, "rows": rows, "rationale": "x", "from": from, "until": until,
            });
            ("mapping-approved", body, plain)
        }
        "asserted" => {
            let source = |control: &&str| json!({"source": control, "level": "met"});
            let sources: Vec<Value> = of("sources").iter().map(source).collect();
            let body = json!({
                "target": item(head[2]), "target_level": "met", "sources": sources,
                "rationale": "x", "minimum_assurance": of("least").first(),
                "whole_scope": head.get(3) == Some(&"whole"),
            });
            ("equivalence-asserted", body, plain)
        }
        "approval-withdrawn" => {
            let body = json!({"approval": about, "rows": "all", "reason": "x", "from": from});
            ("approval-withdrawn", body, plain)
        }
        _ => item_body(what, of),
    }
}

fn item_body<'l>(what: &str, of: &impl Fn(&str) -> Vec<&'l str>) -> (&'static str, Value, Files) {
    let (head, from, until) = (of(""), of("from").first().copied(), of("until").first().copied());
    let about = of("of").first().map(|name| id_of(name));
    let plain = Files::new();
    match what {
        "assessed" => {
            let body = json!({
                "control": head[1], "level": of("level").first().unwrap_or(&"met"),
                "result": head[2], "assurance": head[3], "scope": of("covers"),
                "from": from, "until": until,
            });
            ("control-assessed", body, plain)
        }
        "evidence" => {
            let items: Vec<String> = of("for").into_iter().map(item).collect();
            let body = json!({
                "title": head[1], "items": items, "controls": of("controls"),
                "scope": of("covers"), "proves_on": from, "valid_until": until,
            });
            ("evidence-recorded", body, plain)
        }
        "evidence-withdrawn" => {
            ("evidence-withdrawn", json!({"evidence": about, "from": from, "reason": "x"}), plain)
        }
        "answered" => {
            let met = head[2] == "yes";
            let body = json!({
                "item": item(head[1]), "answer": "x", "met": met, "on": from, "valid_until": until,
            });
            ("item-answered", body, plain)
        }
        "not-applicable" => {
            let body = json!({"item": item(head[1]), "reason": "x", "from": from, "until": until});
            ("item-not-applicable", body, plain)
        }
        "confirmed" => {
            ("assertion-confirmed", json!({"assertion": item(head[1]), "on": from}), plain)
        }
        other => panic!("no line begins with {other}"),
    }
}

/// The shipped files, without the exemption of an item by a scheme where two words name them.
fn edition_files(without: &[&str]) -> Files {
    let bytes =
        |name: &str| bundled::file(&format!("dspt-2025-26-v8/{name}")).unwrap().bytes.to_vec();
    let mut exemptions = String::from_utf8(bytes("exemptions.csv")).unwrap();
    if let [scheme, item] = without {
        let dropped = format!("cat2-it-supplier,{item},{scheme},");
        assert!(exemptions.contains(&dropped), "no such row: {dropped}");
        exemptions = exemptions
            .lines()
            .filter(|line| !line.starts_with(&dropped))
            .map(|line| format!("{line}\n"))
            .collect();
    }
    vec![
        ("items.csv", bytes("items.csv")),
        ("exemptions.csv", exemptions.into_bytes()),
        ("organisation-types.csv", bytes("organisation-types.csv")),
    ]
}

const BY_ISO: &str =
    "2.2.1 3.1.1 4.2.3 4.3.1 4.3.2 4.5.1 5.1.1 6.1.1 6.1.2 6.2.1 7.1.2 7.2.1 7.2.2 7.3.5 9.6.1";

#[test]
fn nothing_recorded_is_not_met_and_nothing_asked_is_no_finding() {
    check("", "2025-09-01", "7.3.5 not_met because 1 2");
    check("", "2025-08-31", "7.3.5 not_asked");
    check("", "2025-09-01 #0", "7.3.5 not_asked");
    check_counts("", "2026-06-30", &[(Status::NotMet, 122)]);
}

#[test]
fn iso_27001_over_everything_frees_exactly_its_fifteen_items() {
    assert_eq!(items_with(ISO, "2026-06-30", Status::MetByEquivalence), BY_ISO);
    check_counts(ISO, "2026-06-30", &[(Status::MetByEquivalence, 15), (Status::NotMet, 107)]);
    check(ISO, "2025-10-01", "7.3.5 met_by_equivalence because 1 2 3 4");
    check(ISO, "2025-09-30", "7.3.5 not_met because 1 2");
}

#[test]
fn cyber_essentials_plus_frees_twenty_six_and_never_1_3_5() {
    check_counts(PLUS, "2026-01-01", &[(Status::MetByEquivalence, 26), (Status::NotMet, 96)]);
    check(
        PLUS,
        "2026-01-01",
        "8.3.4 met_by_equivalence because 1 2 3 4\n1.3.5 not_met because 1 2",
    );
}

#[test]
fn both_certificates_free_thirty_six() {
    let both = format!("{ISO}{PLUS}");
    check_counts(&both, "2026-06-30", &[(Status::MetByEquivalence, 36), (Status::NotMet, 86)]);
    check(
        &both,
        "2026-06-30",
        "2.2.1 met_by_equivalence because 1 2 3 4\n\
        8.3.4 met_by_equivalence because 1 2 3 5\n1.3.5 not_met because 1 2",
    );
}

#[test]
fn the_day_after_the_end_everything_lapses() {
    check_counts(ISO, "2026-07-01", &[(Status::Lapsed, 15), (Status::MetByEquivalence, 0)]);
    check(ISO, "2026-07-01", "7.3.5 lapsed because 1 2 3 4");
    let both = format!("{ISO}{PLUS}");
    check_counts(&both, "2026-07-01", &[(Status::MetByEquivalence, 26), (Status::Lapsed, 10)]);
    check_counts(&both, "2027-01-01", &[(Status::MetByEquivalence, 0), (Status::Lapsed, 36)]);
}

#[test]
fn the_self_assessed_scheme_frees_nothing() {
    let facts = PLUS.replace("cyber-essentials-plus", "cyber-essentials");
    check_counts(&facts, "2026-06-30", &[(Status::NotMet, 122)]);
}

#[test]
fn a_scope_without_one_health_unit_frees_nothing() {
    let facts = ISO.replace("hosting support", "hosting canteen");
    let none = [(Status::MetByEquivalence, 0), (Status::PartlySupported, 15)];
    check_counts(&facts, "2026-06-30", &none);
    check(
        &facts,
        "2026-06-30",
        "7.3.5 partly_supported because 1 2 3 4\n7.1.1 not_met because 1 2",
    );
    check(&facts, "2026-07-01", "7.3.5 not_met because 1 2");
    let canteen = ISO.replace("hosting support", "canteen");
    check_counts(&canteen, "2026-06-30", &[(Status::NotMet, 122)]);
}

#[test]
fn a_certificate_recorded_late_changes_what_is_known_now_and_not_what_was_known_then() {
    check(ISO, "2025-12-01 #4", "7.3.5 not_met because 1 2");
    check(ISO, "2025-12-01 #5", "7.3.5 met_by_equivalence because 1 2 3 4");
}

#[test]
fn a_suspension_counts_from_its_first_to_its_last_day() {
    let facts = format!("{ISO}suspended of C from 2026-02-01 until 2026-02-28");
    check(&facts, "2026-01-31", "7.3.5 met_by_equivalence because 1 2 3 4");
    check(&facts, "2026-02-01", "7.3.5 lapsed because 1 2 3 4 5");
    check(&facts, "2026-02-28", "7.3.5 lapsed because 1 2 3 4 5");
    check(&facts, "2026-03-01", "7.3.5 met_by_equivalence because 1 2 3 4");
    let open = format!("{ISO}suspended of C from 2026-02-01");
    check(&open, "2026-06-30", "7.3.5 lapsed because 1 2 3 4 5");
}

#[test]
fn a_withdrawn_certificate_does_not_count_from_that_day() {
    let facts = format!("{ISO}certificate-withdrawn of C from 2026-02-01");
    check(&facts, "2026-01-31", "7.3.5 met_by_equivalence because 1 2 3 4");
    check(&facts, "2026-02-01", "7.3.5 lapsed because 1 2 3 4 5");
    check(&facts, "2026-02-01 #5", "7.3.5 met_by_equivalence because 1 2 3 4");
}

#[test]
fn the_scope_that_is_declared_for_the_day_decides() {
    let grown = format!("{ISO}scope hosting* support* canteen* from 2026-02-01");
    check(&grown, "2026-01-31", "7.3.5 met_by_equivalence because 1 2 3 4");
    check(&grown, "2026-02-01", "7.3.5 lapsed because 1 2 3 4 5");
    let narrow = ISO.replace("hosting support", "hosting");
    let shrunk = format!("{narrow}scope hosting* support canteen from 2026-02-01");
    check(&shrunk, "2026-01-31", "7.3.5 partly_supported because 1 2 3 4");
    check(&shrunk, "2026-02-01", "7.3.5 met_by_equivalence because 1 2 4 5");
    let none = format!("{ISO}scope hosting support canteen from 2026-02-01");
    check(&none, "2026-02-01", "7.3.5 lapsed because 1 2 3 4 5");
}

#[test]
fn two_certificates_cover_together_what_neither_covers_alone() {
    let facts = "certificate C iso27001 covers hosting from 2025-10-01 until 2026-06-30
        certificate D iso27001 covers support from 2026-01-01 until 2026-12-31";
    check(facts, "2025-12-31", "7.3.5 partly_supported because 1 2 3 4");
    check(facts, "2026-01-01", "7.3.5 met_by_equivalence because 1 2 3 4 5");
    check(facts, "2026-07-01", "7.3.5 lapsed because 1 2 3 4 5");
}

#[test]
fn a_revision_that_drops_an_exemption_lapses_it_on_its_day() {
    let facts = format!("{ISO}edition 8.1.0 from 2026-03-01 without iso27001 7.3.5");
    check(&facts, "2026-02-28", "7.3.5 met_by_equivalence because 1 2 3 4");
    check(
        &facts,
        "2026-03-01",
        "7.3.5 lapsed because 1 2 3 4 5\n\
        7.2.2 met_by_equivalence because 2 3 4 5",
    );
    check_counts(&facts, "2026-03-01", &[(Status::MetByEquivalence, 14), (Status::Lapsed, 1)]);
}

const CHAIN: &str = "certificate C iso27001 release 2022 covers hosting support canteen \
        from 2025-10-01 until 2026-06-30
    soa of C from 2025-10-01 includes A.8.13 A.5.1
    mapping M rows iso27001:2022/A.8.13,,superset-of,7.1.1
    approved A of M by a from 2025-11-01\n";

#[test]
fn an_approved_row_counts_from_its_first_day_until_it_is_withdrawn() {
    check(CHAIN, "2025-10-31", "7.1.1 not_met because 1 2");
    check(CHAIN, "2025-11-01", "7.1.1 met_by_equivalence because 1 2 3 4 5 6 7");
    check(CHAIN, "2025-11-01 #7", "7.1.1 not_met because 1 2");
    let withdrawn = format!("{CHAIN}approval-withdrawn of A by a from 2026-02-01");
    check(&withdrawn, "2026-01-31", "7.1.1 met_by_equivalence because 1 2 3 4 5 6 7");
    check(&withdrawn, "2026-02-01", "7.1.1 lapsed because 1 2 3 4 5 6 7 8");
    check(&withdrawn, "2026-02-01 #8", "7.1.1 met_by_equivalence because 1 2 3 4 5 6 7");
}

#[test]
fn who_imported_a_mapping_cannot_approve_it() {
    let own = CHAIN.replace("by a ", "");
    check(&own, "2026-01-01", "7.1.1 not_met because 1 2");
    let both = CHAIN.replace("mapping M", "mapping M by a");
    check(&both, "2026-01-01", "7.1.1 not_met because 1 2");
}

#[test]
fn rows_that_a_correction_brought_in_need_an_approval_of_their_own() {
    let facts = format!(
        "{CHAIN}corrected M mapping M rows iso27001:2022/A.5.1,,equal-to,1.1.1
        approved B of M by b from 2026-03-01"
    );
    check(&facts, "2026-01-01 #8", "7.1.1 met_by_equivalence because 1 2 3 4 5 6 7");
    check(&facts, "2026-01-01 #9", "7.1.1 not_met because 1 2\n1.1.1 not_met because 1 2");
    check(&facts, "2026-02-28", "1.1.1 not_met because 1 2");
    check(&facts, "2026-03-01", "1.1.1 met_by_equivalence because 1 2 3 4 5 6 8 9");
    let undone = format!("{facts}\ncorrected fix8 void");
    check(&undone, "2026-01-01", "7.1.1 met_by_equivalence because 1 2 3 4 5 6 7");
}

#[test]
fn relationships_that_do_not_hold_the_whole_target_only_support() {
    for word in ["subset-of", "intersects-with"] {
        let facts = CHAIN.replace("superset-of", word);
        check(&facts, "2026-01-01", "7.1.1 partly_supported because 1 2 3 4 5 6 7");
        check(&facts, "2026-07-01", "7.1.1 not_met because 1 2");
    }
    for word in ["no-relationship", "unspecified"] {
        let facts = CHAIN.replace("superset-of", word);
        check(&facts, "2026-01-01", "7.1.1 not_met because 1 2");
    }
}

#[test]
fn a_statement_of_applicability_decides_until_the_next_one() {
    let facts = format!("{CHAIN}soa of C from 2026-02-01 includes A.5.1 excludes A.8.13");
    check(&facts, "2026-01-31", "7.1.1 met_by_equivalence because 1 2 3 4 5 6 7");
    check(&facts, "2026-02-01", "7.1.1 lapsed because 1 2 3 4 5 6 7 8");
    let never = CHAIN.replace("includes A.8.13 A.5.1", "includes A.5.1");
    check(&never, "2026-01-31", "7.1.1 not_met because 1 2");
}

#[test]
fn sources_of_a_joint_group_count_together_or_not_at_all() {
    let joint = "mapping M rows iso27001:2022/A.8.13,,subset-of,7.1.1,J,superset-of \
            iso27001:2022/A.5.1,,subset-of,7.1.1,J,superset-of
        approved A of M by a from 2025-10-01
        certificate C iso27001 release 2022 covers hosting support canteen \
            from 2025-10-01 until 2026-06-30
        soa of C from 2025-10-01 includes A.8.13
        soa of C from 2026-02-01 includes A.8.13 A.5.1\n";
    check(joint, "2026-01-31", "7.1.1 partly_supported because 1 2 3 4 5 6 7");
    check(joint, "2026-02-01", "7.1.1 met_by_equivalence because 1 2 3 4 5 6 8");
    let half = joint.replace("approved A of M by a", "approved A of M listed 1 by a");
    check(&half, "2026-02-01", "7.1.1 partly_supported because 1 2 3 4 5 6 8");
    let torn = joint.replace("A.5.1,,subset-of,7.1.1,J", "A.5.1,,subset-of,1.1.1,J");
    check(
        &torn,
        "2026-02-01",
        "7.1.1 partly_supported because 1 2 3 4 5 6 8\n\
        1.1.1 partly_supported because 1 2 3 4 5 6 8",
    );
}

#[test]
fn an_achieved_outcome_supports_what_asks_for_it_partially_achieved() {
    let facts = "mapping M rows ncsc-caf:3.2/B2.a,partially-achieved,intersects-with,7.1.1
        approved A of M by a from 2025-10-01
        assessed ncsc-caf:3.2/B2.a met certified level achieved covers hosting support \
        from 2026-01-01 until 2026-06-30";
    check(facts, "2025-12-31", "7.1.1 not_met because 1 2");
    check(facts, "2026-01-01", "7.1.1 partly_supported because 1 2 3 4 5 6");
}

#[test]
fn own_evidence_counts_on_its_last_day_and_not_after() {
    let facts = "evidence E for 7.3.5 from 2026-01-01 until 2026-03-31
        confirmed 7.3 from 2026-02-01";
    check(facts, "2025-12-31", "7.3.5 not_met because 1 2");
    check(facts, "2026-01-01", "7.3.5 needs_confirming because 1 2 4");
    check(facts, "2026-01-31", "7.3.5 needs_confirming because 1 2 4");
    check(facts, "2026-02-01", "7.3.5 met because 1 2 4 5");
    check(facts, "2026-03-31", "7.3.5 met because 1 2 4 5");
    check(facts, "2026-04-01", "7.3.5 lapsed because 1 2 4 5");
}

#[test]
fn where_own_evidence_and_equivalence_both_hold_both_are_shown_and_it_is_met() {
    let facts = format!(
        "{ISO}evidence E for 7.3.5 from 2026-01-01 until 2026-03-31
        confirmed 7.3 from 2026-02-01"
    );
    check(&facts, "2026-01-31", "7.3.5 met_by_equivalence because 1 2 3 4");
    check(&facts, "2026-02-01", "7.3.5 met because 1 2 3 4 5 6");
    check(&facts, "2026-04-01", "7.3.5 met_by_equivalence because 1 2 3 4");
}

#[test]
fn withdrawn_evidence_ends_or_never_counted() {
    let evidence = "confirmed 7.3 from 2025-09-01\nevidence E for 7.3.5 from 2026-01-01\n";
    let ended = format!("{evidence}evidence-withdrawn of E from 2026-03-01");
    check(&ended, "2026-02-28", "7.3.5 met because 1 2 4 5");
    check(&ended, "2026-03-01", "7.3.5 lapsed because 1 2 4 5 6");
    let never = format!("{evidence}evidence-withdrawn of E");
    check(&never, "2026-02-28", "7.3.5 not_met because 1 2");
    check(&never, "2026-02-28 #6", "7.3.5 met because 1 2 4 5");
}

#[test]
fn the_newest_answer_decides_and_a_no_sets_evidence_aside() {
    let facts = "confirmed 7.3 from 2025-09-01
        evidence E for 7.3.5 from 2026-01-01
        answered 7.3.5 no from 2026-02-01 until 2026-02-28
        answered 7.3.5 yes from 2026-03-10 until 2026-03-10";
    check(facts, "2026-01-31", "7.3.5 met because 1 2 4 5");
    check(facts, "2026-02-01", "7.3.5 lapsed because 1 2 4 5 6");
    check(facts, "2026-02-28", "7.3.5 lapsed because 1 2 4 5 6");
    check(facts, "2026-03-01", "7.3.5 met because 1 2 4 5");
    check(facts, "2026-03-10", "7.3.5 met because 1 2 4 5 7");
    check(facts, "2026-03-11", "7.3.5 met because 1 2 4 5");
    let alone = "answered 7.3.5 no from 2026-02-01";
    check(alone, "2026-02-01", "7.3.5 not_met because 1 2 4");
}

#[test]
fn two_answers_on_the_first_day_of_the_calendar_do_not_both_hold() {
    let facts = "edition 7.0.0 from 1900-01-01
        classified it-supplier from 1900-01-01
        confirmed 7.3 from 1900-01-01
        answered 7.3.5 yes from 1900-01-01
        answered 7.3.5 no from 1900-01-01";
    check(facts, "1900-01-01 #8", "7.3.5 met because 4 5 6 7");
    check(facts, "1900-01-01", "7.3.5 not_met because 4 5 8");
    check(facts, "2199-12-31", "7.3.5 not_met because 1 2 8");
}

#[test]
fn an_item_does_not_apply_on_the_days_that_are_stated() {
    let facts = "not-applicable 7.3.5 from 2026-01-01 until 2026-01-31";
    check(facts, "2025-12-31", "7.3.5 not_met because 1 2");
    check(facts, "2026-01-01", "7.3.5 not_applicable because 1 2 4");
    check(facts, "2026-01-31", "7.3.5 not_applicable because 1 2 4");
    check(facts, "2026-02-01", "7.3.5 not_met because 1 2");
}

#[test]
fn a_correction_voids_or_stands_in_the_place_of_what_it_corrects() {
    let void = format!("{ISO}corrected C void\ncorrected fix5 void");
    check(&void, "2026-06-30 #5", "7.3.5 met_by_equivalence because 1 2 3 4");
    check(&void, "2026-06-30 #6", "7.3.5 not_met because 1 2");
    check(&void, "2026-06-30", "7.3.5 met_by_equivalence because 1 2 3 4");
    let longer = ISO.replace("2026-06-30", "2026-09-30");
    let replaced = format!("{ISO}corrected C {longer}");
    check(&replaced, "2026-09-30 #5", "7.3.5 lapsed because 1 2 3 4");
    check(&replaced, "2026-09-30", "7.3.5 met_by_equivalence because 1 2 3 4 5");
    check(&replaced, "2026-10-01", "7.3.5 lapsed because 1 2 3 4 5");
}

#[test]
fn a_correction_may_name_something_recorded_after_what_it_corrects() {
    let facts = "certificate D cyber-essentials covers hosting from 2025-10-01 until 2026-06-30
        suspended of D from 2026-02-01
        certificate C iso27001 covers hosting support from 2025-10-01 until 2026-06-30
        corrected n5 suspended of C from 2026-03-01";
    check(facts, "2026-03-01 #7", "7.3.5 met_by_equivalence because 1 2 3 6");
    check(facts, "2026-02-28", "7.3.5 met_by_equivalence because 1 2 3 6");
    check(facts, "2026-03-01", "7.3.5 lapsed because 1 2 3 5 6 7");
}

/// An answer that only goes on with the one before it counts by itself when that one falls.
#[test]
fn an_answer_that_says_the_same_again_still_counts_when_another_changes() {
    let twice = "confirmed 7.3 from 2025-09-01
        answered 7.3.5 yes from 2026-02-01
        answered 7.3.5 yes from 2026-03-01\n";
    check(twice, "2026-02-28", "7.3.5 met because 1 2 4 5");
    check(twice, "2026-03-01", "7.3.5 met because 1 2 4 6");
    let void = format!("{twice}corrected n5 void");
    check(&void, "2026-02-28", "7.3.5 not_met because 1 2");
    check(&void, "2026-03-01", "7.3.5 met because 1 2 4 6");
    check(&void, "2026-03-01 #7", "7.3.5 met because 1 2 4 6");
    // A correction of an answer to another item can come between.
    let between = format!(
        "{twice}answered 7.3.4 yes from 2026-02-10
        corrected n7 answered 7.3.5 no from 2026-02-10"
    );
    check(&between, "2026-02-09", "7.3.5 met because 1 2 4 5");
    check(&between, "2026-02-10", "7.3.5 lapsed because 1 2 4 5 7 8");
    check(&between, "2026-02-28", "7.3.5 lapsed because 1 2 4 5 7 8");
    check(&between, "2026-03-01", "7.3.5 met because 1 2 4 6");
    // The later day was recorded first: before the other was known it stood alone.
    let late = "confirmed 7.3 from 2025-09-01
        answered 7.3.5 yes from 2026-03-01
        answered 7.3.5 yes from 2026-02-01";
    check(late, "2026-02-28 #6", "7.3.5 not_met because 1 2");
    check(late, "2026-03-01 #6", "7.3.5 met because 1 2 4 5");
    check(late, "2026-02-28", "7.3.5 met because 1 2 4 6");
    check(late, "2026-03-01", "7.3.5 met because 1 2 4 5");
}

#[test]
fn a_corrected_answer_does_not_become_newer_than_the_next_one() {
    let facts = "confirmed 7.3 from 2025-09-01
        answered 7.3.5 yes from 2026-02-01
        answered 7.3.5 no from 2026-02-01
        corrected n5 answered 7.3.5 yes from 2026-02-01 until 2026-12-31";
    check(facts, "2026-02-01 #6", "7.3.5 met because 1 2 4 5");
    check(facts, "2026-02-01 #7", "7.3.5 not_met because 1 2 6");
    check(facts, "2026-02-01", "7.3.5 not_met because 1 2 6");
}

#[test]
fn a_later_finding_takes_the_place_of_an_earlier_one_where_it_says_less() {
    let facts = "mapping M rows nist-csf:2.0/PR.DS-11,,equal-to,7.1.1
        approved A of M by a from 2025-10-01
        assessed nist-csf:2.0/PR.DS-11 met certified covers hosting support \
            from 2026-01-01 until 2026-06-30
        assessed nist-csf:2.0/PR.DS-11 not-met self-assessed covers support \
            from 2026-03-01 until 2026-03-31";
    check(facts, "2026-02-28", "7.1.1 met_by_equivalence because 1 2 3 4 5 6");
    check(facts, "2026-03-01", "7.1.1 lapsed because 1 2 3 4 5 6 7");
    check(facts, "2026-04-01", "7.1.1 met_by_equivalence because 1 2 3 4 5 6");
}

/// The whole scope is asked of the asserted rule even where a row already gives one of its units.
#[test]
fn a_rule_over_the_whole_scope_needs_all_of_it_whatever_else_gives_a_part() {
    let facts = "mapping M rows nist-csf:2.0/PR.AA-01,,equal-to,7.1.1
        approved A of M by a from 2025-10-01
        asserted Q 7.1.1 whole sources nist-csf:2.0/PR.DS-11 least certified
        approved B of Q by a from 2025-10-01
        assessed nist-csf:2.0/PR.AA-01 met certified covers hosting \
            from 2026-01-01 until 2026-06-30
        assessed nist-csf:2.0/PR.DS-11 met certified covers hosting \
            from 2026-02-01 until 2026-06-30
        assessed nist-csf:2.0/PR.DS-11 met certified covers support \
            from 2026-03-01 until 2026-06-30
        assessed nist-csf:2.0/PR.DS-11 met internally-audited covers hosting support \
            from 2026-01-01 until 2026-06-30";
    check(facts, "2025-12-31", "7.1.1 not_met because 1 2");
    check(facts, "2026-01-01", "7.1.1 partly_supported because 1 2 3 4 5 8");
    check(facts, "2026-02-28", "7.1.1 partly_supported because 1 2 3 4 5 6 7 8 9");
    check(facts, "2026-03-01", "7.1.1 met_by_equivalence because 1 2 3 6 7 9 10");
}

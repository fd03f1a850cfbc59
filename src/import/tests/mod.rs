//! Every reader against real catalogues and the files of `fixtures/import/`.

use std::sync::{Arc, LazyLock};

use crate::domain::catalogue::edition::{Edition, Framework};
use crate::domain::date::Date;
use crate::domain::event::{ItemAnswered, ScopeDeclared, Unit};
use crate::domain::ids::{CategoryId, EditionId, FrameworkRef};
use crate::domain::mapping::{Relationship, parse_mapping, parse_soa};
use crate::domain::problem_code::ProblemCode;
use crate::domain::state::{AdoptedEdition, Known, State};

use crate::import::answers::read_answers;
use crate::import::evidence::{EvidenceRow, FileDigest, read_evidence};
use crate::import::input::Input;
use crate::import::mapping::{MappingDefaults, MappingImport, read_mapping};
use crate::import::problem::{problems_csv, render};
use crate::import::resolve::Own;
use crate::import::soa::{SoaImport, read_soa};
use crate::import::{Problems, Rows};

macro_rules! fixture {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../../fixtures/import/", $name)).as_slice())
    };
}

macro_rules! shipped {
    ($path:literal) => {
        include_bytes!(concat!("../../../mappings/", $path)).as_slice()
    };
}

mod published;
mod robust;
mod workbooks;

type Fixture = (&'static str, &'static [u8]);

const FRAMEWORKS: [(&str, &[u8]); 6] = [
    ("iso27001:2022", shipped!("iso27001-2022/controls.csv")),
    ("iso27001:2013", shipped!("iso27001-2013/controls.csv")),
    ("nist-csf:2.0", shipped!("nist-csf-2.0/controls.csv")),
    ("nist-csf:1.1", shipped!("nist-csf-1.1/controls.csv")),
    ("nist-800-53:5.2.0", shipped!("nist-800-53-5.2.0/controls.csv")),
    ("ncsc-caf:3.2", shipped!("ncsc-caf-3.2/controls.csv")),
];

/// The state of a ledger that has adopted the edition, these frameworks, and two scope units.
fn state_with(frameworks: &[&str]) -> State {
    let mut state = State::default();
    let edition = Edition::parse(
        edition(),
        "8.0.0".to_owned(),
        shipped!("dspt-2025-26-v8/items.csv"),
        shipped!("dspt-2025-26-v8/exemptions.csv"),
        shipped!("dspt-2025-26-v8/organisation-types.csv"),
    );
    let effective_from = Date::parse("2025-09-01").unwrap();
    let what = AdoptedEdition { effective_from, edition: Arc::new(edition.unwrap()) };
    state.editions.push(Known { because: vec![1], what });
    for (id, bytes) in FRAMEWORKS.iter().filter(|(id, _)| frameworks.contains(id)) {
        let id: FrameworkRef = id.parse().unwrap();
        let what = Arc::new(Framework::parse(id.clone(), bytes).unwrap());
        state.frameworks.insert(id, Known { because: vec![2], what });
    }
    let unit = |id: &str| Unit {
        id: id.parse().unwrap(),
        name: id.to_owned(),
        health_and_care_data: true,
    };
    let units = vec![unit("hosting"), unit("support")];
    state
        .scopes
        .push(Known { because: vec![3], what: ScopeDeclared { units, from: effective_from } });
    state
}

/// The state of a ledger that has adopted all of them, made once.
fn state() -> &'static State {
    static STATE: LazyLock<State> = LazyLock::new(|| state_with(&FRAMEWORKS.map(|(id, _)| id)));
    &STATE
}

fn edition() -> EditionId {
    "2025-26-v8".parse().unwrap()
}

fn category() -> CategoryId {
    "cat2-it-supplier".parse().unwrap()
}

fn own() -> Own {
    Own::always(edition(), category())
}

fn iso() -> FrameworkRef {
    "iso27001:2022".parse().unwrap()
}

fn defaults(source: &str) -> MappingDefaults {
    MappingDefaults {
        source_framework: Some(source.parse().unwrap()),
        target: Some((edition(), category())),
        target_framework: None,
    }
}

fn mapping((name, bytes): Fixture, source: &str) -> Result<MappingImport, Problems> {
    read_mapping(&Input::of(name, bytes), &defaults(source), state())
}

fn mapping_of(text: &str) -> Result<MappingImport, Problems> {
    read_mapping(&Input::of("m.csv", text.as_bytes()), &defaults("iso27001:2022"), state())
}

fn soa((name, bytes): Fixture) -> Result<SoaImport, Problems> {
    read_soa(&Input::of(name, bytes), &iso(), state())
}

fn answers((name, bytes): Fixture) -> Result<Rows<ItemAnswered>, Problems> {
    read_answers(&Input::of(name, bytes), &own(), state())
}

const RESTORE: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn digest_of(path: &str) -> Result<FileDigest, String> {
    match path {
        "reports/restore.pdf" | "reports\\patches.csv" => {
            Ok(FileDigest { sha256: RESTORE.to_owned(), size: 7 })
        }
        _ => Err("there is no such file".to_owned()),
    }
}

fn evidence((name, bytes): Fixture) -> Result<Rows<EvidenceRow>, Problems> {
    read_evidence(&Input::of(name, bytes), &own(), state(), &mut digest_of)
}

fn drawn(problems: &Problems) -> String {
    problems.0.iter().map(|one| render(one) + "\n").collect()
}

/// Compares all problems of a bad file, as drawn, with the text beside it.
#[track_caller]
fn check_problems<T: std::fmt::Debug>(read: Result<T, Problems>, (name, expected): Fixture) {
    let problems = read.unwrap_err();
    let found = drawn(&problems);
    let expected = std::str::from_utf8(expected).unwrap();
    assert_eq!(found, expected, "{name} should be:\n{found}");
    let places: Vec<_> = problems.0.iter().map(|one| (one.line, one.column)).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn every_problem_of_a_bad_mapping_is_shown_in_its_place() {
    let bad = mapping(fixture!("mapping-bad.csv"), "iso27001:2022");
    check_problems(bad, fixture!("mapping-bad.problems.txt"));
}

#[test]
fn every_trap_in_ids_is_refused_by_name() {
    let bad = mapping(fixture!("mapping-id-traps.csv"), "iso27001:2022");
    check_problems(bad, fixture!("mapping-id-traps.problems.txt"));
}

#[test]
fn every_problem_of_other_bad_files_is_shown_in_its_place() {
    check_problems(soa(fixture!("soa-bad.csv")), fixture!("soa-bad.problems.txt"));
    check_problems(answers(fixture!("answers-bad.csv")), fixture!("answers-bad.problems.txt"));
    check_problems(evidence(fixture!("evidence-bad.csv")), fixture!("evidence-bad.problems.txt"));
}

#[test]
fn files_that_are_no_table_are_refused_as_such() {
    let mut found = String::new();
    for file in [
        fixture!("mapping-empty.csv"),
        fixture!("mapping-blank.csv"),
        fixture!("mapping-workbook.csv"),
        fixture!("mapping-binary.csv"),
        fixture!("mapping-header-bad.csv"),
        fixture!("mapping-olir.csv"),
        fixture!("mapping-unclosed.csv"),
    ] {
        found.push_str(&drawn(&mapping(file, "iso27001:2022").unwrap_err()));
    }
    let (_, expected) = fixture!("not-a-table.problems.txt");
    assert_eq!(found.as_bytes(), expected, "should be:\n{found}");
}

#[test]
fn a_good_mapping_is_read_and_stored_as_it_stands() {
    let (name, bytes) = fixture!("mapping-good.csv");
    let read = read_mapping(&Input::of(name, bytes), &MappingDefaults::default(), state()).unwrap();
    assert_eq!(read.stored.as_bytes(), bytes);
    assert_eq!(parse_mapping(read.stored.as_bytes()).unwrap(), read.rows);
    assert_eq!(read.authority, "proposal");
    assert!(read.notes.is_empty(), "{:?}", read.notes);
}

#[test]
fn every_encoding_gives_the_same_pair() {
    for file in [
        fixture!("mapping-bom.csv"),
        fixture!("mapping-utf16.csv"),
        fixture!("mapping-windows-1252.csv"),
    ] {
        let read = mapping(file, "iso27001:2022").unwrap();
        let row = &read.rows[0];
        assert_eq!(row.source.to_string(), "iso27001:2022/A.8.13");
        assert_eq!(row.target.to_string(), "2025-26-v8/cat2-it-supplier/7.3.5");
        assert!(!row.rationale.is_ascii() && !row.rationale.contains('\u{fffd}'));
    }
}

#[test]
fn spellings_are_read_and_said() {
    let read = mapping(fixture!("mapping-spellings.csv"), "iso27001:2022").unwrap();
    let sources: Vec<String> = read.rows.iter().map(|row| row.source.to_string()).collect();
    let ids = ["A.5.9", "A.5.20", "6.1.2", "A.5.19", "A.8.13", "A.8.2", "A.8.5"];
    assert_eq!(sources, ids.map(|id| format!("iso27001:2022/{id}")));
    assert_eq!(
        read.notes,
        [
            "the cells are separated by semicolons",
            "column `ISO control` is read as `source`",
            "column `Relation` is read as `relationship`",
            "column `DSPT item` is read as `target`",
            "column `STRM Rationale` is read as `rationale`",
            "columns that are not used: `Owner`",
            "6 ids were read in another spelling, such as `5.19` for iso27001:2022/A.5.19",
            "1 row without a relationship read as unspecified",
            "`covers` read as superset-of in 1 row",
            "`equal` read as equal-to in 1 row",
            "`intersects` read as intersects-with in 1 row",
            "`overlap` read as intersects-with in 1 row",
            "`superset` read as superset-of in 1 row",
        ]
    );
    let read = mapping(fixture!("mapping-nist.csv"), "nist-800-53:5.2.0").unwrap();
    let sources: Vec<String> = read.rows.iter().map(|row| row.source.to_string()).collect();
    let ids = ["AC-2(1)", "AC-2(1)", "AC-2(1)", "AC-2"];
    assert_eq!(sources, ids.map(|id| format!("nist-800-53:5.2.0/{id}")));
    assert_eq!(read.rows[3].relationship, Relationship::Unspecified);
}

#[test]
fn the_mappings_that_ship_are_read_without_a_remark() {
    for bytes in [
        shipped!("proposals/iso27001-2022_to_dspt-2025-26-v8.csv"),
        shipped!("proposals/ncsc-caf-3.2_to_dspt-2025-26-v8.csv"),
        shipped!("proposals/nist-csf-2.0_to_dspt-2025-26-v8.csv"),
    ] {
        let read = read_mapping(&Input::of("p.csv", bytes), &MappingDefaults::default(), state());
        let read = read.unwrap_or_else(|problems| panic!("{}", drawn(&problems)));
        assert_eq!(parse_mapping(bytes).unwrap(), read.rows);
        assert!(read.notes.is_empty(), "{:?}", read.notes);
    }
}

#[track_caller]
fn check_row(text: &str, state: &State, defaults: &MappingDefaults, code: ProblemCode, part: &str) {
    let text = format!("source,relationship,target\n{text}\n");
    let Problems(problems) =
        read_mapping(&Input::of("m.csv", text.as_bytes()), defaults, state).unwrap_err();
    let [problem] = problems.as_slice() else { panic!("{}", drawn(&Problems(problems))) };
    let all = format!("{} {}", problem.message, problem.help.as_deref().unwrap_or_default());
    assert_eq!(problem.code, code, "{all}");
    assert!(all.contains(part), "{all}");
}

#[test]
fn bare_ids_need_their_flag() {
    let (state, none) = (state(), MappingDefaults::default());
    let item = "2025-26-v8/cat2-it-supplier/7.3.5";
    check_row(
        &format!("A.8.13,equal,{item}"),
        state,
        &none,
        ProblemCode::NotReadable,
        "--source-framework",
    );
    let control = "iso27001:2022/A.8.13,equal,7.3.5";
    check_row(control, state, &none, ProblemCode::NotReadable, "--edition and --category");
    let mut both = defaults("nist-csf:2.0");
    both.target_framework = Some(iso());
    check_row(
        "PR.DS-11,equal,8.13x",
        state,
        &both,
        ProblemCode::Unknown,
        "not an id of iso27001:2022",
    );
    let text = "source,relationship,target\nPR.DS-11,equal,A.8.13\nPR.DS-11,equal,8.3.4\n";
    let read = read_mapping(&Input::of("m.csv", text.as_bytes()), &both, state).unwrap();
    assert_eq!(read.rows[0].target.to_string(), "iso27001:2022/A.8.13");
    assert_eq!(read.rows[1].target.to_string(), "2025-26-v8/cat2-it-supplier/8.3.4");
    check_row("PR.DS-11,equal,6.1.2", state, &both, ProblemCode::Ambiguous, "can be");
    let same = "iso27001:2022/A.8.13,equal,iso27001:2022/A.8.13";
    check_row(same, state, &none, ProblemCode::SaysNothing, "mapped to itself");
}

#[test]
fn an_id_of_another_release_is_known_by_its_form_where_that_release_is_not_adopted() {
    let state = state_with(&["iso27001:2022", "nist-csf:2.0"]);
    let of = defaults("iso27001:2022");
    check_row(
        "A.9.1.1,equal,7.3.5",
        &state,
        &of,
        ProblemCode::OtherRelease,
        "the form of iso27001:2013",
    );
    check_row(
        "9.1.1,equal,7.3.5",
        &state,
        &of,
        ProblemCode::OtherRelease,
        "the form of iso27001:2013",
    );
    let of = defaults("nist-csf:2.0");
    check_row(
        "PR.AC-1,equal,7.3.5",
        &state,
        &of,
        ProblemCode::OtherRelease,
        "the form of nist-csf:1.1",
    );
    check_row(
        "PR.DS-1,equal,7.3.5",
        &state,
        &of,
        ProblemCode::OtherRelease,
        "the form of nist-csf:1.1",
    );
    let of = defaults("iso27001:2013");
    check_row(
        "iso27001:2022/5.9,equal,7.3.5",
        &state,
        &of,
        ProblemCode::Unknown,
        "did you mean A.5.9?",
    );
    check_row("A.5.17,equal,7.3.5", &state, &of, ProblemCode::Unknown, "adopted are iso27001:2022");
    let state = state_with(&["iso27001:2013", "nist-csf:1.1"]);
    check_row(
        "A.5.17,equal,7.3.5",
        &state,
        &of,
        ProblemCode::OtherRelease,
        "the form of iso27001:2022",
    );
    let of = defaults("nist-csf:1.1");
    check_row(
        "PR.AC-01,equal,7.3.5",
        &state,
        &of,
        ProblemCode::OtherRelease,
        "the form of nist-csf:2.0",
    );
}

#[test]
fn an_id_is_never_matched_by_how_it_begins() {
    let read = mapping_of("source,relationship,target\n5.10,equal,7.3.5\n5.11,equal,7.3.5\n");
    let sources: Vec<String> = read.unwrap().rows.iter().map(|r| r.source.to_string()).collect();
    assert_eq!(sources, ["iso27001:2022/A.5.10", "iso27001:2022/A.5.11"]);
    for id in ["A.5.", "A.5.100", "A.5.1.", "A.", "A", "iso27001:2022/", "ISO 27001:2022"] {
        let text = format!("source,relationship,target\n{id},equal,7.3.5\n");
        assert!(mapping_of(&text).is_err(), "{id}");
    }
}

#[test]
fn a_group_is_judged_only_where_all_its_rows_were_read() {
    let header = "source,relationship,target,joint_group,joint_relationship\n";
    let rows = "A.8.8,subset,8.3.4,J,superset\nA.8.7x,subset,8.3.4,J,superset\n";
    let Problems(problems) = mapping_of(&format!("{header}{rows}")).unwrap_err();
    assert_eq!(problems.iter().map(|p| p.code).collect::<Vec<_>>(), [ProblemCode::Unknown]);
    let rows = "A.8.8,subset,8.3.4,J,superset\nA.8.7,subset,8.3.5,J,superset\n";
    let Problems(problems) = mapping_of(&format!("{header}{rows}")).unwrap_err();
    assert_eq!(
        (problems[0].code, problems[0].line, problems[0].column),
        (ProblemCode::JointGroup, 3, Some(20))
    );
    let rows = "A.8.8,subset,8.3.4,J,superset\nA.8.7,subset,8.3.4\n";
    let Problems(problems) = mapping_of(&format!("{header}{rows}")).unwrap_err();
    assert_eq!(problems.iter().map(|p| p.code).collect::<Vec<_>>(), [ProblemCode::Shape]);
    let Problems(problems) =
        mapping_of(&format!("{header}A.8.8,subset,8.3.4,J,superset\n")).unwrap_err();
    assert_eq!(
        (problems[0].code, problems[0].line, problems[0].column),
        (ProblemCode::JointGroup, 2, Some(20))
    );
}

#[test]
fn a_statement_of_applicability_is_read_and_stored_by_control() {
    let read = soa(fixture!("soa-good.csv")).unwrap();
    assert_eq!(parse_soa(read.stored.as_bytes()).unwrap(), read.soa);
    assert_eq!(read.soa.applicable.len(), 4);
    let excluded: Vec<String> = read.soa.excluded.keys().map(ToString::to_string).collect();
    assert_eq!(excluded, ["iso27001:2022/A.7.14"]);
    assert_eq!(
        read.notes.last().unwrap(),
        "88 controls of iso27001:2022 missing from the file, which ground nothing: \
         A.5.2, A.5.3, A.5.4, A.5.5, A.5.6 ..."
    );
    let none =
        read_soa(&Input::of("s.csv", b"control"), &"iso27001:2005".parse().unwrap(), state());
    assert_eq!(none.unwrap_err().0[0].code, ProblemCode::Unknown);
}

#[test]
fn answers_are_read_with_their_lines() {
    let read = answers(fixture!("answers-good.csv")).unwrap();
    assert_eq!(read.rows.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3, 5, 6]);
    let days: Vec<String> = read.rows.iter().map(|(_, row)| row.on.to_string()).collect();
    assert_eq!(days, ["2026-06-30", "2026-06-30", "2026-06-30", "2026-07-01"]);
    assert_eq!(read.rows[1].1.valid_until.unwrap().to_string(), "2027-06-30");
    assert!(read.rows[1].1.answer.contains("lead;\nit is"));
}

#[test]
fn evidence_is_read_with_its_files() {
    let mut asked = Vec::new();
    let (name, bytes) = fixture!("evidence-good.csv");
    let read = read_evidence(&Input::of(name, bytes), &own(), state(), &mut |path| {
        asked.push(path.to_owned());
        digest_of(path)
    });
    let rows: Vec<EvidenceRow> = read.unwrap().rows.into_iter().map(|(_, row)| row).collect();
    assert_eq!(asked, ["reports/restore.pdf", "reports\\patches.csv"]);
    assert_eq!(rows[0].file.as_ref().unwrap().name, "restore.pdf");
    assert_eq!(rows[0].event.size, Some(7));
    assert_eq!(rows[1].file.as_ref().unwrap().name, "patches.csv");
    assert_eq!(rows[1].event.title, "Patch report, second quarter");
    assert_eq!(rows[1].event.items.len(), 2);
    let controls: Vec<String> = rows[2].event.controls.iter().map(ToString::to_string).collect();
    assert_eq!(controls, ["nist-800-53:5.2.0/SC-7", "iso27001:2022/A.8.20"]);
    assert_eq!(rows[2].event.scope.len(), 2);
    assert_eq!((&rows[2].file, rows[2].event.size), (&None, None));
}

#[test]
fn a_table_of_problems_has_one_row_for_each() {
    let Problems(problems) = mapping(fixture!("mapping-bad.csv"), "iso27001:2022").unwrap_err();
    let table = problems_csv(&problems);
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    assert_eq!(reader.records().map(Result::unwrap).count(), problems.len());
}

#[test]
fn a_status_in_any_column_is_read_or_warned_of() {
    for name in ["state", "State", "implemented?", "Status of implementation", "Control status"] {
        let text = format!(
            "control,applicable,justification,{name}\nA.5.1,yes,,not implemented\nA.8.13,yes,,yes\n"
        );
        let read = read_soa(&Input::of("s.csv", text.as_bytes()), &iso(), state()).unwrap();
        assert_eq!(read.soa.not_in_place.len(), 1, "{name}");
        assert!(read.warnings[0].contains("A.5.1 in line 2"), "{name}: {:?}", read.warnings);
    }
    for (cell, warned) in [("Partially", true), ("50 %", true), ("TODO", true), ("done", false)] {
        let text = format!("control,applicable,justification,stand\nA.5.1,yes,,{cell}\n");
        let read = read_soa(&Input::of("s.csv", text.as_bytes()), &iso(), state()).unwrap();
        assert_eq!(read.warnings.len(), usize::from(warned), "{cell}: {:?}", read.warnings);
        assert!(!warned || read.warnings[0].contains("A.5.1 in line 2 (`stand`"), "{cell}");
    }
    let prose = "control,applicable,justification,notes\n\
        A.5.1,yes,,The planned review of the policy took place in May and nothing was found\n\
        A.8.13,no,no such thing,not implemented\n";
    let read = read_soa(&Input::of("s.csv", prose.as_bytes()), &iso(), state()).unwrap();
    assert!(read.warnings.is_empty(), "{:?}", read.warnings);
}

#[test]
fn bare_ids_are_decided_by_the_whole_file() {
    let read = |ids: &[&str]| {
        let rows: String = ids.iter().map(|id| format!("{id},yes,\n")).collect::<Vec<_>>().concat();
        let text = format!("control,applicable,justification\n{rows}");
        read_soa(&Input::of("s.csv", text.as_bytes()), &iso(), state())
    };
    let found = read(&["5.1", "5.10", "8.3"]).unwrap().soa.applicable;
    let found: Vec<&str> = found.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(found, ["A.5.1", "A.5.10", "A.8.3"]);
    assert_eq!(read(&["5.1", "5.11"]).unwrap_err().0[0].code, ProblemCode::Ambiguous);
    assert_eq!(read(&["5.10", "5.1", "5.1"]).unwrap_err().0[0].code, ProblemCode::Duplicate);
}

#[test]
fn the_column_of_ids_is_told_from_that_of_titles() {
    for header in ["Control,Reference", "Control ID,Reference", "Reference,Control"] {
        let ids_first = header.starts_with("Control ID") || header.starts_with("Reference");
        let row =
            if ids_first { "A.5.1,Policies of an example" } else { "Policies of an example,A.5.1" };
        let text = format!("{header},Applicable,Reason\n{row},yes,\n");
        let read = read_soa(&Input::of("s.csv", text.as_bytes()), &iso(), state());
        let read = read.unwrap_or_else(|problems| panic!("{header}: {}", drawn(&problems)));
        assert_eq!(read.soa.applicable.len(), 1, "{header}");
    }
    let both = "Control ID,Reference,Applicable,Reason\nA.5.1,A.5.2,yes,\n";
    let refused = read_soa(&Input::of("s.csv", both.as_bytes()), &iso(), state()).unwrap_err();
    assert!(refused.0[0].message.contains("could both be"), "{}", drawn(&refused));
}

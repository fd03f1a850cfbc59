//! Publishers' mapping files: what is kept of them, what is refused, and that no bytes do harm.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::{state, state_with};
use crate::domain::ids::Level;
use crate::domain::mapping::published::{parse_gaps, parse_published};
use crate::domain::mapping::{Relationship, RowSource, parse_mapping};
use crate::domain::problem_code::ProblemCode;
use crate::import::Problems;
use crate::import::input::Input;
use crate::import::published::detect::{Form, form_of};
use crate::import::published::read;
use crate::import::published::rows::{Choices, ReadSet, read_set};
use crate::import::published::tables::{SaidOf, Tables, read_table};

/// A mapping collection around these maps; the resources are named as ours.
fn oscal(maps: &str) -> String {
    format!(
        r##"{{"mapping-collection":{{"uuid":"11111111-1111-4111-8111-111111111111",
"metadata":{{"title":"Invented","last-modified":"2026-11-21T00:00:00Z","version":"1","oscal-version":"1.2.1"}},
"provenance":{{"method":"human","matching-rationale":"semantic","status":"draft","mapping-description":"Invented for a test"}},
"mappings":{{"uuid":"22222222-2222-4222-8222-222222222222",
"source-resource":{{"type":"catalog","href":"iso27001:2022"}},
"target-resource":{{"type":"catalog","href":"#33333333-3333-4333-8333-333333333333"}},
"maps":[{maps}],
"source-gap-summary":{{"uuid":"44444444-4444-4444-8444-444444444444","unmapped-controls":[
{{"with-child-controls":"yes","with-ids":["A.5.9"],"matching":[{{"pattern":"A.7.*"}}]}}]}}}},
"back-matter":{{"resources":[{{"uuid":"33333333-3333-4333-8333-333333333333","title":"Revision 5",
"rlinks":[{{"href":"https://example.org/rev5/json/NIST_SP-800-53_rev5_catalog.json"}}]}}]}}}}}}"##
    )
}

fn items(ids: &str) -> String {
    let one = |id: &str| format!(r#"{{"type":"control","id-ref":"{id}"}}"#);
    ids.split(' ').map(one).collect::<Vec<_>>().join(",")
}

fn map(relationship: &str, sources: &str, targets: &str) -> String {
    let (sources, targets) = (items(sources), items(targets));
    format!(
        r#"{{"uuid":"55555555-5555-4555-8555-555555555555","relationship":"{relationship}",
"sources":[{sources}],"targets":[{targets}],"remarks":"why"}}"#
    )
}

fn read_with(text: &str, choices: &Choices) -> Result<ReadSet, Problems> {
    let form = form_of(text.as_bytes()).unwrap();
    let sets = read("f", text.as_bytes(), form)?;
    read_set("f", &sets[0], choices, state())
}

fn rows_of(text: &str) -> Result<ReadSet, Problems> {
    read_with(text, &Choices::default())
}

/// Source, relationship, target, joint relationship of every row.
fn outline(set: &ReadSet) -> Vec<String> {
    let line = |row: &crate::domain::mapping::MappingRow| {
        let joint = row.joint.as_ref();
        let joint = joint.map(|one| format!(" {} {}", one.id, one.relationship));
        let RowSource::One(source) = &row.source else { unreachable!("only controls are mapped") };
        format!("{} {} {}{}", source.id, row.relationship, row.target, joint.unwrap_or_default())
    };
    set.rows.iter().map(line).collect()
}

#[test]
fn sets_are_kept_as_sets_and_nothing_is_made_up_for_pairs() {
    let maps = [
        map("equal-to", "a.5.1", "ac-1"),
        map("superset-of", "A.8.13 A.8.14", "cp-9"),
        map("superset-of", "A.8.15", "au-2 au-3"),
        map("intersects-with", "A.8.16", "au-6 au-12"),
        map("subset-of", "A.5.2 A.5.3", "ac-5"),
    ];
    let set = rows_of(&oscal(&maps.join(","))).unwrap();
    assert_eq!(
        outline(&set),
        [
            "A.5.1 equal-to nist-800-53:5.2.0/AC-1",
            "A.8.13 unspecified nist-800-53:5.2.0/CP-9 J1 superset-of",
            "A.8.14 unspecified nist-800-53:5.2.0/CP-9 J1 superset-of",
            "A.8.15 superset-of nist-800-53:5.2.0/AU-2",
            "A.8.15 superset-of nist-800-53:5.2.0/AU-3",
            "A.8.16 unspecified nist-800-53:5.2.0/AU-6",
            "A.8.16 unspecified nist-800-53:5.2.0/AU-12",
            "A.5.2 subset-of nist-800-53:5.2.0/AC-5 J2 subset-of",
            "A.5.3 subset-of nist-800-53:5.2.0/AC-5 J2 subset-of",
        ]
    );
    assert_eq!(parse_mapping(set.stored.as_bytes()).unwrap(), set.rows);
    let published = parse_published(set.stored.as_bytes()).unwrap();
    let of = |row: u64| {
        let one = &published[&row];
        (one.source.as_str(), one.relationship.as_str(), one.target.as_str(), one.set.as_str())
    };
    assert_eq!(of(1), ("a.5.1", "equal-to", "ac-1", ""));
    assert_eq!(of(6), ("A.8.16", "intersects-with", "au-6", "S6"));
    assert_eq!(of(7), ("A.8.16", "intersects-with", "au-12", "S6"));
    assert_eq!(published[&1].kind, "semantic");
    let gaps = parse_gaps(set.gaps.unwrap().as_bytes()).unwrap();
    let gaps: Vec<_> = gaps.iter().map(|one| (one.id.as_str(), one.pattern)).collect();
    assert_eq!(gaps, [("A.5.9", false), ("A.7.*", true)]);
    assert!(
        set.notes.iter().any(|note| note.contains("`Revision 5` is read as nist-800-53:5.2.0"))
    );
}

#[track_caller]
fn check_refused(map: &str, code: ProblemCode, part: &str) {
    let Problems(problems) = rows_of(&oscal(map)).unwrap_err();
    assert_eq!(problems[0].code, code, "{}", problems[0].message);
    assert!(problems[0].message.contains(part), "{}", problems[0].message);
    assert!(problems[0].help.is_some(), "{}", problems[0].message);
}

#[test]
fn what_may_not_be_followed_is_refused_by_name() {
    let one = map("equal-to", "A.5.1", "ac-1");
    let with =
        |more: &str| one.replacen("\"relationship\"", &format!("{more},\"relationship\""), 1);
    check_refused(
        &with(r#""ns":"https://example.org/ns""#),
        ProblemCode::NotReadable,
        "the namespace https://example.org/ns gives `equal-to` a meaning of its own",
    );
    check_refused(
        &with(
            r#""qualifiers":[{"subject":"both","predicate":"has-incompatibility","category":"blocked","description":"never both"}]"#,
        ),
        ProblemCode::SaysNothing,
        "never both",
    );
    check_refused(
        &one.replace(r#"control","id-ref":"ac-1""#, r#"statement","id-ref":"ac-1_smt.a""#),
        ProblemCode::NotReadable,
        "`ac-1_smt.a` is a statement within a control",
    );
    check_refused(&map("sideways", "A.5.1", "ac-1"), ProblemCode::NotReadable, "`sideways`");
    check_refused(&map("equal-to", "A.5.99", "ac-1"), ProblemCode::Unknown, "`A.5.99`");
    check_refused(&map("equal-to", "A.5.1", "ac"), ProblemCode::Heading, "AC is a heading");
    let both = [map("equal-to", "A.5.1", "ac-1"), map("subset-of", "A.5.1", "ac-1")];
    check_refused(&both.join(","), ProblemCode::Duplicate, "is said to be subset-of and, at map 1");
    let Problems(problems) = rows_of(&oscal("{\"uuid\": 3}")).unwrap_err();
    assert_eq!((problems[0].code, problems[0].line), (ProblemCode::Shape, 7));
}

#[test]
fn what_is_left_out_is_left_out_whole_and_listed() {
    let maps = [
        map("equal-to", "A.5.1", "ac-1"),
        map("superset-of", "A.8.13 A.8.99", "cp-9"),
        map("equal-to", "A.5.2", "ac-5"),
        map("subset-of", "A.5.2", "ac-5"),
    ];
    let choices = Choices { leave_out: true, ..Choices::default() };
    let set = read_with(&oscal(&maps.join(",")), &choices).unwrap();
    assert_eq!(outline(&set), ["A.5.1 equal-to nist-800-53:5.2.0/AC-1"]);
    let places: Vec<_> = set.left_out.iter().map(|one| one.column_name.as_str()).collect();
    assert_eq!(places, ["map 2", "map 4"]);
}

#[test]
fn a_framework_is_known_by_its_name_or_has_to_be_said() {
    let unknown = oscal(&map("equal-to", "A.5.1", "ac-1")).replace("NIST_SP-800-53_rev5", "other");
    let Problems(problems) = rows_of(&unknown).unwrap_err();
    assert!(problems[0].help.as_ref().unwrap().contains("--target FRAMEWORK:RELEASE"));
    let target = Some("nist-800-53:5.2.0".parse().unwrap());
    assert!(read_with(&unknown, &Choices { target, ..Choices::default() }).is_ok());
    let sets = read("f", unknown.as_bytes(), Form::OscalMapping).unwrap();
    let less = state_with(&["nist-800-53:5.2.0"]);
    let Problems(problems) = read_set("f", &sets[0], &Choices::default(), &less).unwrap_err();
    assert!(problems[0].message.contains("framework iso27001:2022 is not adopted"));
}

/// A library of CISO Assistant from one framework to another, with these rows.
fn ciso(source: &str, target: &str, rows: &[(&str, &str, &str)]) -> String {
    let mut text = format!(
        "urn: urn:x:library:l\nprovider: Plover\nobjects:\n  requirement_mapping_sets:\n  \
         - urn: urn:x:req_mapping_set:one\n    \
         source_framework_urn: urn:intuitem:risk:framework:{source}\n    \
         target_framework_urn: urn:intuitem:risk:framework:{target}\n    requirement_mappings:\n"
    );
    for (from, relationship, to) in rows {
        let _ = write!(
            text,
            "    - source_requirement_urn: urn:intuitem:risk:req_node:{source}:{from}\n      \
             target_requirement_urn: urn:intuitem:risk:req_node:{target}:{to}\n      \
             relationship: {relationship}\n"
        );
    }
    text
}

#[test]
fn a_clause_and_a_control_of_one_number_are_told_apart() {
    let rows = [("5.1", "intersect", "a.5.1"), ("a.5.1.1", "equal", "5.1")];
    let set = rows_of(&ciso("iso27001-2013", "iso27001-2022", &rows)).unwrap();
    assert_eq!(
        outline(&set),
        ["5.1 intersects-with iso27001:2022/A.5.1", "A.5.1.1 equal-to iso27001:2022/5.1"]
    );
    assert_eq!(set.rows[0].relationship, Relationship::IntersectsWith);
}

#[test]
fn rows_that_stand_again_are_one_and_an_outcome_needs_its_level() {
    let rows = [("gv.oc-03", "intersect", "4.2"), ("gv.oc-03", "intersect", "4.2")];
    let set = rows_of(&ciso("nist-csf-2.0", "iso27001-2022", &rows)).unwrap();
    assert_eq!(set.rows.len(), 1);
    assert!(set.notes.iter().any(|note| note.starts_with("1 pair stands there again")));
    let text = ciso("ncsc-caf-3.2", "iso27001-2022", &[("a1.a", "subset", "5.1")]);
    let Problems(problems) = rows_of(&text).unwrap_err();
    assert!(problems[0].help.as_ref().unwrap().contains("--level achieved"));
    let level = Some(Level::Achieved);
    let set = read_with(&text, &Choices { level, ..Choices::default() }).unwrap();
    assert_eq!((set.rows[0].source_level, set.rows[0].target_level), (Level::Achieved, Level::Met));
}

#[test]
fn yaml_that_explodes_repeats_a_key_or_has_no_bottom_is_refused() {
    let mut bomb = "urn: x\na: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for pair in ["ab", "bc", "cd", "de", "ef", "fg", "gh"] {
        let (from, to) = pair.split_at(1);
        let list = vec![format!("*{from}"); 10].join(", ");
        let _ = writeln!(bomb, "{to}: &{to} [{list}]");
    }
    bomb.push_str("objects:\n  requirement_mapping_set: *h\n");
    let deep = format!("urn: x\nx: {}\n", "[".repeat(20_000));
    let twice =
        ciso("a", "b", &[("1", "equal", "2")]).replacen("  - urn:", "  - urn: y\n    urn:", 1);
    for (text, code) in [
        (bomb, ProblemCode::TooLarge),
        (deep, ProblemCode::TooLarge),
        (twice, ProblemCode::Shape),
        ("urn: x\nobjects: {\n".to_owned(), ProblemCode::Shape),
    ] {
        let Problems(problems) = read("f", text.as_bytes(), Form::CisoMapping).unwrap_err();
        assert_eq!(problems[0].code, code, "{}", problems[0].message);
        assert!(problems[0].message.len() < 400, "{}", problems[0].message);
    }
}

/// A table of elements, read as it stands.
fn table(text: &str, said_of: Option<SaidOf>) -> Result<ReadSet, Problems> {
    let input = Input::of("t.csv", text.as_bytes());
    let (_, sets) = read_table(&input, said_of).unwrap()?;
    let source = Some("nist-csf:2.0".parse().unwrap());
    let target = Some("nist-800-53:5.2.0".parse().unwrap());
    read_set("t.csv", &sets[0], &Choices { source, target, ..Choices::default() }, state())
}

#[test]
fn a_table_of_elements_asks_for_its_direction_where_that_matters() {
    let text = "FDE #,STRM Relationship,SCF #,STRM Rationale\n\
        GV.OC-01,subset of,AC-1,why\n,intersects with,AC-02(01),\nGV.OC-02,,,\n";
    let Problems(problems) = table(text, None).unwrap_err();
    assert_eq!(problems[0].code, ProblemCode::Ambiguous);
    assert!(problems[0].help.as_ref().unwrap().contains("--relationship-of focal"));
    let focal = table(text, Some(SaidOf::Focal)).unwrap();
    assert_eq!(
        outline(&focal),
        [
            "GV.OC-01 subset-of nist-800-53:5.2.0/AC-1",
            // A blank focal element goes on from the row above.
            "GV.OC-01 intersects-with nist-800-53:5.2.0/AC-2(1)",
        ]
    );
    assert_eq!(parse_gaps(focal.gaps.unwrap().as_bytes()).unwrap()[0].id, "GV.OC-02");
    let reference = table(text, Some(SaidOf::Reference)).unwrap();
    assert_eq!(reference.rows[0].relationship, Relationship::SupersetOf);
    let crosswalk = "Focal Document Element,Reference Document Element\nGV.OC-01,\"PM-09\n\"\n";
    assert_eq!(
        outline(&table(crosswalk, None).unwrap()),
        ["GV.OC-01 unspecified nist-800-53:5.2.0/PM-9"]
    );
}

#[test]
fn a_star_is_of_the_whole_row_and_every_row_is_unspecified() {
    let text = "NIST SP 800-53 CONTROLS,,ISO/IEC 27001 CONTROLS\n\
        AC-1,x,\"5.2, A.5.1.1*\"\nAC-2,x,A.9.2.1 A.9.2.2\nAC-3,x,None\n";
    let input = Input::of("t.csv", text.as_bytes());
    let (kind, sets) = read_table(&input, None).unwrap().unwrap();
    assert_eq!(kind, Tables::Answering);
    let words: Vec<&str> = sets[0].statements.iter().map(|one| one.word.as_str()).collect();
    assert_eq!(words, ["partly-covered-by-all", "covered-by-all"]);
    assert_eq!(sets[0].gaps.len(), 1);
    let source = Some("nist-800-53:5.2.0".parse().unwrap());
    let target = Some("iso27001:2013".parse().unwrap());
    let choices = Choices { source, target, ..Choices::default() };
    let set = read_set("t.csv", &sets[0], &choices, state()).unwrap();
    assert_eq!(outline(&set)[0], "AC-1 unspecified iso27001:2013/5.2");
    assert!(
        set.rows.iter().all(|row| !row.relationship.carries_satisfaction() && row.joint.is_none())
    );
    let published = parse_published(set.stored.as_bytes()).unwrap();
    assert_eq!((published[&1].set.as_str(), published[&2].set.as_str()), ("S1", "S1"));
}

/// No bytes make a reader panic or paint a screen.
pub(super) fn published_readers_survive(bytes: &[u8]) {
    let forms = Form::MAPPINGS.into_iter().map(|(_, form)| form).chain(form_of(bytes));
    if let Some(Ok((_, sets))) = read_table(&Input::of("f", bytes), Some(SaidOf::Focal)) {
        let source = Some("nist-csf:2.0".parse().unwrap());
        let target = Some("nist-800-53:5.2.0".parse().unwrap());
        let choices = Choices { source, target, leave_out: true, ..Choices::default() };
        for set in &sets {
            let _ = read_set("f", set, &choices, state());
        }
    }
    for form in forms {
        let choices = Choices { leave_out: true, ..Choices::default() };
        let sets = match read("f", bytes, form) {
            Ok(sets) => sets,
            Err(problems) => {
                assert!(!problems.0.is_empty() && !problems.to_string().contains('\u{1b}'));
                continue;
            }
        };
        for set in &sets {
            if let Ok(read) = read_set("f", set, &choices, state()) {
                assert_eq!(parse_mapping(read.stored.as_bytes()).unwrap(), read.rows);
            }
        }
    }
}

/// Files from which others are made by changing, cutting and repeating pieces.
fn seeds() -> Vec<Vec<u8>> {
    let maps =
        [map("superset-of", "A.8.13 A.8.14", "cp-9 ac-2(1)"), map("equal-to", "A.5.1", "ac-1")];
    let rows = [("5.1", "intersect", "a.5.1"), ("a.9.1.1", "subset", "a.8.2")];
    let table = "FDE #,STRM Relationship,SCF #\nGV.OC-01,subset of,AC-1\n,intersects with,AC-2\n";
    let answering = "NIST SP 800-53 CONTROLS,,ISO/IEC 27001 CONTROLS\nAC-1,x,\"5.2, A.5.1.1*\"\n";
    let library = ciso("iso27001-2013", "iso27001-2022", &rows);
    [oscal(&maps.join(",")), library, table.to_owned(), answering.to_owned()]
        .map(String::into_bytes)
        .to_vec()
}

/// The same mutants on every run; `DSPT_MUTANTS` asks for more, and `DSPT_SEED` for others
/// (`docs/fuzzing.md`).
fn mutants() -> ProptestConfig {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    ProptestConfig {
        rng_seed: RngSeed::Fixed(number("DSPT_SEED").unwrap_or(1)),
        ..ProptestConfig::with_cases(number("DSPT_MUTANTS").unwrap_or(256_u64).try_into().unwrap())
    }
}

proptest! {
    #![proptest_config(mutants())]

    #[test]
    fn changed_publications_never_panic(
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<u8>(), 0_usize..40, 0_u8..4), 1..6),
    ) {
        let mut bytes = seeds()[which.index(seeds().len())].clone();
        for (at, byte, length, what) in edits {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            let end = (at + length).min(bytes.len());
            match what {
                0 => bytes[at] = byte,
                1 => { bytes.drain(at..end); }
                2 => { let piece = bytes[at..end].to_vec(); bytes.splice(at..at, piece.repeat(3)); }
                _ => bytes.insert(at, b"{}[]:,\"&*\n -"[usize::from(byte) % 12]),
            }
        }
        published_readers_survive(&bytes);
    }
}

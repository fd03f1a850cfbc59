//! Publishers' own files, where they are at hand: what each holds, counted, or why it is refused.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dspt_ledger::bundled;
use dspt_ledger::domain::catalogue::edition::Framework;
use dspt_ledger::domain::ids::FrameworkRef;
use dspt_ledger::domain::state::{Known, State};
use dspt_ledger::import::input::Input;
use dspt_ledger::import::published::detect::{Form, form_of};
use dspt_ledger::import::published::read;
use dspt_ledger::import::published::rows::{Choices, ReadSet, read_set};
use dspt_ledger::import::published::tables::read_table;

use crate::commands::cli::Desk;
use crate::project::left_out::not_at_hand;

/// A publisher's file, where the folder of such files is beside the project.
fn sample(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/samples");
    let path = folder.join(name);
    if path.is_file() {
        return Some(path);
    }
    not_at_hand(Path::new("../shared/data/samples").join(name).as_path());
    None
}

/// A ledger that has adopted every framework that ships.
fn state() -> State {
    let mut state = State::default();
    for file in bundled::FILES {
        let Some(folder) = file.path.strip_suffix("/controls.csv") else { continue };
        let (framework, release) = folder.rsplit_once('-').unwrap();
        let id: FrameworkRef = format!("{framework}:{release}").parse().unwrap();
        let what = Arc::new(Framework::parse(id.clone(), file.bytes).unwrap());
        state.frameworks.insert(id, Known { because: vec![0], what });
    }
    state
}

fn counts(set: &ReadSet) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for row in &set.rows {
        *counts.entry(row.relationship.as_str()).or_default() += 1;
    }
    counts
}

#[test]
fn the_libraries_of_ciso_assistant_are_read_whole() {
    let state = state();
    let sets_of = |name: &str| {
        let path = sample(name)?;
        let bytes = fs::read(&path).unwrap();
        assert_eq!(form_of(&bytes), Some(Form::CisoMapping));
        let sets = read(name, &bytes, Form::CisoMapping).unwrap();
        let read = |set| read_set(name, set, &Choices::default(), &state).unwrap();
        Some(sets.iter().map(read).collect::<Vec<_>>())
    };
    if let Some(sets) = sets_of("ciso-assistant/mapping-iso27001-2013-to-iso27001-2022.yaml") {
        let expected = BTreeMap::from([
            ("equal-to", 77),
            ("superset-of", 6),
            ("subset-of", 48),
            ("intersects-with", 3),
        ]);
        assert_eq!(sets.iter().map(counts).collect::<Vec<_>>(), [expected]);
    }
    if let Some(sets) = sets_of("ciso-assistant/mapping-nist-csf-2.0-to-iso27001-2022.yaml") {
        // 343 rows, of which two stand twice; and the same from the other side.
        let expected = BTreeMap::from([("intersects-with", 341)]);
        assert_eq!(sets.iter().map(counts).collect::<Vec<_>>(), [expected.clone(), expected]);
        let carries = |row: &dspt_ledger::domain::mapping::MappingRow| {
            row.relationship.carries_satisfaction() || row.joint.is_some()
        };
        assert!(!sets.iter().flat_map(|set| &set.rows).any(carries));
    }
}

/// The rows that a table gives where what cannot be imported is left out, how many were left out, and
/// its gaps.
fn table(name: &str, source: &str, target: &str) -> Option<(usize, usize, usize)> {
    let path = sample(name)?;
    let bytes = fs::read(&path).unwrap();
    let (_, sets) = read_table(&Input::of(name, &bytes), None).unwrap().unwrap();
    let choices = Choices {
        source: Some(source.parse().unwrap()),
        target: Some(target.parse().unwrap()),
        leave_out: true,
        ..Choices::default()
    };
    let read = read_set(name, &sets[0], &choices, &state()).unwrap();
    for row in &read.rows {
        assert!(!row.relationship.carries_satisfaction(), "{name}: row {}", row.number);
    }
    Some((read.rows.len(), read.left_out.len(), sets[0].gaps.len()))
}

#[test]
fn the_workbooks_of_nist_are_read_with_what_they_leave_open() {
    // 766 rows: 26 without a reference; of 740 pairs ten are of a category or family, or withdrawn.
    let name = "nist/Cybersecurity_Framework_v2-0_Concept_Crosswalk_800-53_final.xlsx";
    if let Some(found) = table(name, "nist-csf:2.0", "nist-800-53:5.2.0") {
        assert_eq!(found, (730, 10, 26));
    }
    let name = "nist/sp800-53r5-to-iso-27001-mapping.xlsx";
    if let Some(found) = table(name, "nist-800-53:5.2.0", "iso27001:2013") {
        assert_eq!((found.0, found.2), (577, 161));
    }
    let name = "nist/NIST_CSF2_reference_tool_export_2024-09-23.xlsx";
    if let Some(path) = sample(name) {
        let bytes = fs::read(&path).unwrap();
        let (_, sets) = read_table(&Input::of(name, &bytes), None).unwrap().unwrap();
        let rows =
            |id: &str| sets.iter().find(|set| set.id == id).map_or(0, |set| set.statements.len());
        assert_eq!((rows("csf v1.1"), rows("sp 800-53 rev 5.1.1") > 700), (185, true));
    }
}

/// A desk whose ledger has adopted what the samples are about.
fn desk() -> Desk {
    let desk = Desk::new();
    for framework in ["iso27001:2013", "iso27001:2022", "nist-csf:2.0", "nist-800-53:5.2.0"] {
        let _ = desk.owner("2026-11-21", &format!("import framework {framework}"));
    }
    desk
}

#[test]
fn every_sample_is_imported_or_refused_in_few_lines_with_a_remedy() {
    let desk = desk();
    for (name, code, part) in [
        ("ciso-assistant/mapping-iso27001-2013-to-iso27001-2022.yaml", 0, "134 rows recorded"),
        ("ciso-assistant/mapping-nist-csf-2.0-to-iso27001-2022.yaml", 2, "--all-sets"),
        ("oscal/oscal_mapping_schema.v1.2.1.json", 3, "is a JSON schema"),
        ("oscal/trestle_mapping-collection_pci.json", 3, "--source FRAMEWORK:RELEASE"),
        ("oscal/trestle_simple_mapping.json", 3, "--target FRAMEWORK:RELEASE"),
        ("nist/NIST_CSF_v2.0_catalog.xml", 3, "is an OSCAL document in XML"),
        ("nist/NIST_SP-800-53_rev5_catalog-min.v5.0.1.json", 3, "is an OSCAL catalogue"),
        ("webcaf/cyber-assessment-framework-v3.2.yaml", 3, "as WebCAF has it"),
        ("strm/mappings.schema.json", 3, "is a JSON schema"),
        ("strm/STRM_example_SSDF-to-ASVS.csv", 3, "--relationship-of focal"),
        ("oscal/trestle_crosswalks_mappings.pci.csv", 3, "--source FRAMEWORK:RELEASE"),
    ] {
        let Some(path) = sample(name) else { continue };
        let ended =
            desk.owner("2026-11-21", &format!("import mapping {} --dry-run", path.display()));
        assert_eq!(ended.code, code, "{name}: {}{}", ended.out, ended.err);
        let said = format!("{}{}", ended.out, ended.err);
        assert!(said.contains(part), "{name}: {said}");
        assert!(said.lines().count() <= 10, "{name}: {said}");
    }
}

#[test]
fn each_set_of_a_file_is_a_mapping_of_its_own_and_none_is_recorded_twice() {
    let desk = desk();
    let row = |source: &str, target: &str, from: &str, to: &str| {
        format!(
            "    source_framework_urn: urn:intuitem:risk:framework:{source}\n    \
             target_framework_urn: urn:intuitem:risk:framework:{target}\n    \
             requirement_mappings:\n    \
             - source_requirement_urn: urn:intuitem:risk:req_node:{source}:{from}\n      \
             target_requirement_urn: urn:intuitem:risk:req_node:{target}:{to}\n      \
             relationship: equal\n      annotation: invented\n"
        )
    };
    let (old, new) = ("iso27001-2013", "iso27001-2022");
    let text = format!(
        "provider: Plover\nobjects:\n  requirement_mapping_sets:\n  - urn: urn:x:set:there\n{}  \
         - urn: urn:x:set:back\n{}",
        row(old, new, "a.5.1.1", "a.5.1"),
        row(new, old, "a.5.1", "a.5.1.1")
    );
    let file = desk.write("sets.yaml", &text);
    let before = desk.entries();
    let which = desk.owner("2026-11-21", &format!("import mapping {file}"));
    assert_eq!(which.code, 2, "{}", which.err);
    assert!(which.err.contains("there  1 row"), "{}", which.err);
    desk.owner("2026-11-21", &format!("import mapping {file} --set back")).ok();
    assert_eq!(desk.entries(), before + 1);
    let rest = desk.owner("2026-11-21", &format!("import mapping {file} --all-sets")).ok();
    assert!(rest.err.contains("Set back was imported before"), "{}", rest.err);
    assert_eq!(desk.entries(), before + 2);
    let none = desk.owner("2026-11-21", &format!("import mapping {file} --all-sets")).ok();
    assert!(none.out.contains("Nothing was written"), "{}", none.out);
    assert_eq!(desk.entries(), before + 2);
    // A bad row is one line with its place; left out, it is listed in the entry.
    let bad = desk.write("bad.yaml", &text.replacen(":a.5.1\n", ":a.5.99\n", 1));
    let refused = desk.owner("2026-11-21", &format!("import mapping {bad} --set there"));
    assert_eq!(refused.code, 3, "{}", refused.err);
    assert!(refused.err.contains("line 8: `a.5.99` is not an id"), "{}", refused.err);
    assert!(refused.err.contains("--leave-out"), "{}", refused.err);
}

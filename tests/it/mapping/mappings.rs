//! The data that ships is what its sources say: files, index and program agree, every row parses
//! and names its source, the counts are the published ones, and every reference leads somewhere.
//! The figures are written here and never read from anywhere else.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests only")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use dspt_ledger::bundled::{self, FILES};

type Row = BTreeMap<String, String>;

const INDEX: &str = "index.csv";
const ITEMS: &str = "dspt-2025-26-v8/items.csv";
const EXEMPTIONS: &str = "dspt-2025-26-v8/exemptions.csv";

/// Kinds of rows and how many of each a catalogue holds.
const CONTROLS: &[(&str, &[(&str, usize)])] = &[
    ("cyber-essentials-3.1", &[("requirement-own-id", 27), ("theme", 5)]),
    ("cyber-essentials-3.3", &[("requirement-own-id", 27), ("theme", 5)]),
    ("iso27001-2013", &[("clause", 35), ("control", 114), ("domain", 14), ("objective", 35)]),
    ("iso27001-2022", &[("clause", 41), ("control", 93), ("theme", 4)]),
    ("mcss-2018", &[("category", 5), ("section", 10)]),
    ("ncsc-caf-3.2", &[("contributing-outcome", 39), ("objective", 4), ("principle", 14)]),
    ("ncsc-caf-4.0", &[("contributing-outcome", 41), ("objective", 4), ("principle", 14)]),
    (
        "nist-800-53-5.2.0",
        &[
            ("control", 300),
            ("enhancement", 714),
            ("family", 20),
            ("withdrawn-control", 24),
            ("withdrawn-enhancement", 158),
        ],
    ),
    ("nist-csf-1.1", &[("category", 23), ("function", 5), ("subcategory", 108)]),
    (
        "nist-csf-2.0",
        &[
            ("category", 22),
            ("function", 6),
            ("subcategory", 106),
            ("withdrawn-category", 12),
            ("withdrawn-subcategory", 79),
        ],
    ),
    ("ten-steps-2021", &[("step-own-number", 10)]),
];

/// Name, then rows, distinct sources and distinct targets.
const CROSSWALKS: &[(&str, usize, usize, usize)] = &[
    ("iso27001-2013_to_iso27001-2022", 115, 114, 82),
    ("iso27001-2013_to_nist-800-53-r5", 613, 139, 176),
    ("ncsc-caf-3.1_to_isa-62443_partial", 43, 10, 39),
    ("ncsc-caf-3.1_to_iso27001-2013_partial", 37, 8, 34),
    ("ncsc-caf-3.1_to_nist-csf-1.1", 238, 24, 92),
    ("ncsc-caf-3.2_to_mixed_secure-by-design_sample", 11, 1, 11),
    ("nist-800-53-r5_to_iso27001-2013", 577, 160, 136),
    ("nist-800-53-r5_to_iso27001-2022", 642, 220, 120),
    ("nist-csf-1.1_to_isa-62443-2-1-2009", 171, 73, 89),
    ("nist-csf-1.1_to_isa-62443-3-3-2013", 118, 37, 47),
    ("nist-csf-1.1_to_iso27001-2013", 302, 105, 115),
    ("nist-csf-1.1_to_nist-800-53-r4", 456, 103, 190),
    ("nist-csf-1.1_to_nist-800-53-r5", 552, 108, 193),
    ("nist-csf-1.1_to_nist-csf-2.0_withdrawals", 136, 88, 78),
    ("nist-csf-2.0_to_iso27001-2022", 341, 106, 90),
    ("nist-csf-2.0_to_nist-800-53-r5.1.1", 740, 108, 211),
    ("nist-csf-2.0_to_nist-csf-1.1", 185, 115, 131),
    ("uk-cyber-governance-code-2025_to_ncsc-caf_partial", 4, 4, 4),
];

/// A release that a crosswalk cites, and the catalogue its identifiers are looked up in.
const LOOKED_UP_IN: &[(&str, &str)] = &[
    ("iso27001:2013", "iso27001-2013"),
    ("iso27001:2022", "iso27001-2022"),
    ("ncsc-caf:3.2", "ncsc-caf-3.2"),
    ("nist-csf:1.1", "nist-csf-1.1"),
    ("nist-csf:2.0", "nist-csf-2.0"),
    // Not carried as releases of their own, but every identifier they have is in a later one:
    // 5.1.1 and 5.2.0 only add to revision 5, and CAF 3.1 and 3.2 have the same outcomes.
    ("ncsc-caf:3.1", "ncsc-caf-3.2"),
    ("nist-800-53:r5", "nist-800-53-5.2.0"),
    ("nist-800-53:r5.1.1", "nist-800-53-5.2.0"),
];

/// A release that a crosswalk cites and nothing here can check, and why.
const NOT_CARRIED: &[(&str, &str)] = &[
    ("cis-controls:unstated", "licence forbids derived lists; the source names no version"),
    ("isa-62443-2-1:2009", "no public catalogue"),
    ("isa-62443-3-3:2013", "no public catalogue"),
    ("ncsc-caf:unstated", "the source names no version and cites principles"),
    ("ncsc-cloud-security-principles:unstated", "one row of a sample"),
    ("nist-800-53:r4", "superseded; its identifiers are not all in revision 5"),
    ("nist-800-53:unstated", "the source names no revision"),
    ("owasp-top10:2021", "three rows of a sample"),
    ("uk-cyber-governance-code:2025", "four rows of a partial table"),
];

/// Withdrawn 800-53 controls that a published table cites all the same.
const WITHDRAWN_CITED: &[(&str, &str)] = &[
    // NIST's second table of the ISO mapping still lists it.
    ("iso27001-2013_to_nist-800-53-r5", "nist-800-53:r5/SA-15(9)"),
    // NIST's reference tool has RA-3 for the same subcategory (DE.AE-06).
    ("nist-csf-2.0_to_nist-800-53-r5.1.1", "nist-800-53:r5.1.1/RA-4"),
];

/// Files that rest on somebody's transcription of an official spreadsheet.
const TRANSCRIPTIONS: &[&str] = &[
    "dspt-2025-26-v8/exemptions.csv",
    "dspt-2025-26-v8/items.csv",
    "dspt-2025-26-v8/organisation-types.csv",
    "dspt-editions/exemptions-other.csv",
    "dspt-editions/items-fragments.csv",
    "dspt-editions/organisation-types.csv",
];

/// Returns the header and the records of a shipped file, which must all have as many fields.
#[track_caller]
fn table(path: &str) -> (Vec<String>, Vec<Row>) {
    let file = bundled::file(path).unwrap_or_else(|| panic!("`{path}` does not ship"));
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(file.bytes);
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader
        .records()
        .map(|record| record.unwrap_or_else(|error| panic!("{path}: {error}")))
        .map(|record| header.iter().cloned().zip(record.iter().map(str::to_owned)).collect())
        .collect();
    (header, rows)
}

#[track_caller]
fn rows(path: &str) -> Vec<Row> {
    table(path).1
}

#[track_caller]
fn column(path: &str, name: &str) -> BTreeSet<String> {
    rows(path).into_iter().map(|row| row[name].clone()).collect()
}

/// Returns how many rows of a file have these values in these columns.
#[track_caller]
fn count(path: &str, wanted: &[(&str, &str)]) -> usize {
    rows(path).iter().filter(|row| wanted.iter().all(|(name, value)| row[*name] == *value)).count()
}

/// Returns identifier and kind of every row of a catalogue.
fn catalogue(folder: &str) -> BTreeMap<String, String> {
    let rows = rows(&format!("{folder}/controls.csv"));
    rows.into_iter().map(|row| (row["id"].clone(), row["kind"].clone())).collect()
}

/// Returns every CSV file under `folder`, relative to `root`, with `/` between the parts.
fn csv_files(root: &Path, folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.append(&mut csv_files(root, &path));
        } else if path.extension().is_some_and(|extension| extension == "csv") {
            let parts = path.strip_prefix(root).unwrap().iter();
            let parts: Vec<&str> = parts.map(|part| part.to_str().unwrap()).collect();
            found.insert(parts.join("/"));
        }
    }
    found
}

#[track_caller]
fn check_counts(path: &str, counts: &[(&[(&str, &str)], usize)]) {
    for (wanted, expected) in counts {
        assert_eq!(count(path, wanted), *expected, "{path}: {wanted:?}");
    }
}

#[test]
fn disk_program_and_index_hold_the_same_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings");
    let on_disk = csv_files(&root, &root);
    let built_in: BTreeSet<String> = FILES.iter().map(|file| file.path.to_owned()).collect();
    // A proposal of no rows is announced and not yet written; everything else must be there.
    let mut indexed: BTreeSet<String> = rows(INDEX)
        .into_iter()
        .filter(|row| !(row["kind"] == "proposals" && row["rows"] == "0"))
        .map(|row| row["path"].clone())
        .collect();
    indexed.insert(INDEX.to_owned());
    assert_eq!(on_disk, built_in);
    assert_eq!(on_disk, indexed);
    assert!(FILES.is_sorted_by(|a, b| a.path < b.path));
    for file in FILES {
        assert_eq!(fs::read(root.join(file.path)).unwrap(), file.bytes, "{}", file.path);
    }
}

#[test]
fn a_file_is_found_by_its_path_alone() {
    assert_eq!(bundled::file(ITEMS).unwrap().path, ITEMS);
    assert!(bundled::file("dspt-2025-26-v8").is_none());
    assert!(bundled::file("").is_none());
}

#[test]
fn every_file_is_plain_text_and_every_row_names_its_source() {
    let proposals = |path: &str| path.starts_with("proposals/");
    for file in FILES {
        let text = std::str::from_utf8(file.bytes).unwrap();
        assert!(!text.starts_with('\u{feff}') && !text.contains('\r'), "{}", file.path);
        assert!(text.ends_with('\n') && !text.contains("\n\n"), "{}", file.path);
        let (header, rows) = table(file.path);
        assert!(!rows.is_empty(), "{} has no rows", file.path);
        assert!(header.iter().all(|name| !name.trim().is_empty()), "{}", file.path);
        if file.path == INDEX || proposals(file.path) {
            continue;
        }
        assert_eq!(header.last().unwrap(), "provenance", "{}", file.path);
        for row in rows {
            assert!(!row["provenance"].trim().is_empty(), "{}: {row:?}", file.path);
            assert!(row.values().all(|value| value.trim() == value), "{}: {row:?}", file.path);
        }
    }
}

#[test]
fn the_index_counts_rows_and_marks_transcriptions() {
    let index = rows(INDEX);
    for row in &index {
        for name in ["kind", "licence", "label", "rows"] {
            assert!(!row[name].is_empty(), "{}: no {name}", row["path"]);
        }
        if bundled::file(&row["path"]).is_some() {
            assert_eq!(row["rows"], rows(&row["path"]).len().to_string(), "{}", row["path"]);
        }
    }
    let marked: Vec<&str> = index
        .iter()
        .filter(|row| row["label"] == "secondary-transcription")
        .map(|row| row["path"].as_str())
        .collect();
    assert_eq!(marked, TRANSCRIPTIONS);
}

/// Returns the columns that name a row of a file of this kind.
fn key(kind: &str) -> &'static [&'static str] {
    match kind {
        "controls" | "indicators" | "lineage" | "changes" => &["id"],
        "crosswalk" | "proposals" => &["source", "target"],
        "crosswalks-precision" => &["path"],
        "schemes" => &["scheme", "release"],
        "framework-aliases" => &["alias"],
        "frameworks" => &["framework", "release"],
        "levels" => &["outcome"],
        "successors" => &["withdrawn", "successor"],
        "dspt-edition" => &["field"],
        "dspt-items" => &["category", "item"],
        "dspt-exemptions" => &["category", "item", "scheme"],
        "dspt-organisation-types" => &["organisation_type"],
        "dspt-links" => &["item", "framework", "release", "control"],
        "dspt-audit-scope" => &["population", "requirement"],
        "dspt-caf-profile" => &["framework", "release", "outcome"],
        "dspt-editions" => &["edition", "field"],
        "dspt-editions-organisation-types" => &["edition", "label"],
        "dspt-register-counts" => &["snapshot_date", "sector", "status_label"],
        "dspt-items-fragments" => &["edition", "category", "item"],
        "dspt-exemptions-other" => &["edition", "category", "item", "scheme"],
        other => panic!("`{other}` is not a kind of file; add its key here"),
    }
}

#[test]
fn no_row_of_a_file_stands_twice() {
    for entry in rows(INDEX) {
        let (path, columns) = (&entry["path"], key(&entry["kind"]));
        if bundled::file(path).is_none() {
            continue;
        }
        let mut seen = BTreeSet::new();
        for row in rows(path) {
            let name: Vec<String> = columns.iter().map(|column| row[*column].clone()).collect();
            assert!(name.iter().all(|part| !part.is_empty()), "{path}: {row:?}");
            assert!(seen.insert(name.clone()), "{path}: {name:?} stands twice");
        }
    }
}

#[test]
fn items_are_as_many_as_the_edition_has() {
    let edition: BTreeMap<String, String> = rows("dspt-2025-26-v8/edition.csv")
        .into_iter()
        .map(|row| (row["field"].clone(), row["value"].clone()))
        .collect();
    assert_eq!(edition["edition"], "2025-26-v8");
    assert_eq!(edition["revision"], "8.0.0");
    assert_eq!(edition["deadline"], "2026-06-30");
    let categories = [
        ("cat2-it-supplier", 122, 98, "items_cat2_it_supplier", "mandatory_cat2_it_supplier"),
        ("cat4-gp", 45, 29, "items_cat4_gp", "mandatory_cat4_gp"),
    ];
    for (category, items, mandatory, items_field, mandatory_field) in categories {
        let of = ("category", category);
        assert_eq!(count(ITEMS, &[of]), items);
        assert_eq!(count(ITEMS, &[of, ("requirement", "mandatory")]), mandatory);
        assert_eq!(count(ITEMS, &[of, ("requirement", "optional")]), items - mandatory);
        assert_eq!(edition[items_field], items.to_string());
        assert_eq!(edition[mandatory_field], mandatory.to_string());
    }
    assert_eq!(rows(ITEMS).len(), 122 + 45);
    let approaching = ["mandatory", "not-required", "optional", "unknown"];
    for row in rows(ITEMS) {
        assert!(approaching.contains(&row["requirement_approaching"].as_str()), "{row:?}");
        assert!(row["item"].starts_with(&format!("{}.", row["assertion"])), "{row:?}");
        assert!(row["assertion"].starts_with(&format!("{}.", row["standard"])), "{row:?}");
        assert!(!row["title"].is_empty() && row["confidence"].starts_with("secondary"), "{row:?}");
    }
}

/// Returns the items of a category that a certificate of one of these schemes satisfies.
fn satisfied(category: &str, schemes: &[&str]) -> BTreeSet<String> {
    rows(EXEMPTIONS)
        .into_iter()
        .filter(|row| row["category"] == category && row["effect"] == "satisfies")
        .filter(|row| schemes.contains(&row["scheme"].as_str()))
        .map(|row| row["item"].clone())
        .collect()
}

#[test]
fn exemptions_free_the_published_items_and_no_others() {
    let (iso, plus, psn) = (["iso27001"], ["cyber-essentials-plus"], ["psn-ia"]);
    let supplier = "cat2-it-supplier";
    assert_eq!(satisfied(supplier, &iso).len(), 15);
    assert_eq!(satisfied(supplier, &plus).len(), 26);
    assert_eq!(satisfied(supplier, &[iso[0], plus[0]]).len(), 36);
    assert_eq!(satisfied(supplier, &psn).len(), 0);
    assert_eq!(satisfied(supplier, &["nhsmail"]), BTreeSet::from(["9.5.10".to_owned()]));
    assert_eq!(satisfied("cat4-gp", &iso).len(), 8);
    assert_eq!(satisfied("cat4-gp", &plus).len(), 4);
    assert_eq!(satisfied("cat4-gp", &psn).len(), 8);
    assert_eq!(satisfied("cat4-gp", &["nhsmail"]).len(), 0);
    assert_eq!(rows(EXEMPTIONS).len(), 15 + 26 + 1 + 1 + 8 + 4 + 8);
}

#[test]
fn the_ambiguous_exemption_satisfies_nothing() {
    let notes: Vec<Row> =
        rows(EXEMPTIONS).into_iter().filter(|row| row["effect"] == "note").collect();
    let [note] = notes.as_slice() else { panic!("one note, not {}", notes.len()) };
    assert_eq!((note["category"].as_str(), note["item"].as_str()), ("cat2-it-supplier", "1.3.5"));
    assert!(!satisfied("cat2-it-supplier", &["cyber-essentials-plus"]).contains("1.3.5"));
}

#[test]
fn exemptions_name_known_items_schemes_and_organisation_types() {
    let pair = |row: &Row| (row["category"].clone(), row["item"].clone());
    let items: BTreeSet<(String, String)> = rows(ITEMS).iter().map(pair).collect();
    let types = column("dspt-2025-26-v8/organisation-types.csv", "organisation_type");
    let schemes = ["cyber-essentials-plus", "iso27001", "nhsmail", "psn-ia"];
    for row in rows(EXEMPTIONS) {
        assert!(items.contains(&pair(&row)), "{row:?}");
        assert!(schemes.contains(&row["scheme"].as_str()), "{row:?}");
        assert!(["satisfies", "note"].contains(&row["effect"].as_str()), "{row:?}");
        assert_eq!(row["scope_test"], "all-health-and-care-data");
        let mut named = row["organisation_types"].split_whitespace();
        assert!(named.all(|name| types.contains(name)), "{row:?}");
    }
}

#[test]
fn organisation_types_have_a_category_and_a_view() {
    let path = "dspt-2025-26-v8/organisation-types.csv";
    let (caf, assertions) = (("view", "caf"), ("view", "assertions"));
    check_counts(
        path,
        &[
            (&[], 14),
            (&[("category", "cat1"), caf], 6),
            (&[("category", "cat2-it-supplier"), assertions], 1),
            (&[("category", "cat3"), assertions], 6),
            (&[("category", "cat4-gp"), assertions], 1),
            (&[("organisation_type", "it-supplier"), ("category", "cat2-it-supplier")], 1),
            (&[("organisation_type", "gp-practice"), ("category", "cat4-gp")], 1),
        ],
    );
}

#[test]
fn audit_scope_names_known_populations_and_requirements() {
    let path = "dspt-2025-26-v8/audit-scope.csv";
    let types = column("dspt-2025-26-v8/organisation-types.csv", "organisation_type");
    let mut known = column(ITEMS, "assertion");
    known.append(&mut column("dspt-2025-26-v8/caf-profile.csv", "outcome"));
    assert_eq!(rows(path).len(), 9 + 8 + 6);
    let mut unknown = Vec::new();
    for row in rows(path) {
        let mut named = row["population"].split_whitespace();
        assert!(named.all(|name| types.contains(name)), "{row:?}");
        if !known.contains(&row["requirement"]) {
            unknown.push(row["requirement"].clone());
        }
    }
    // Assertion 3.3 was listed for IT suppliers for some weeks although it has no item for them.
    assert_eq!(unknown, ["3.3"]);
}

#[test]
fn links_lead_to_known_assertions_and_controls() {
    let path = "dspt-2025-26-v8/links.csv";
    let assertions = column(ITEMS, "assertion");
    assert_eq!(rows(path).len(), 5);
    for row in rows(path) {
        assert!(assertions.contains(&row["item"]), "{row:?}");
        // The source says `Cyber Essentials Plus: User Access Control` and names no version.
        if row["release"] != "unstated" {
            let folder = format!("{}-{}", row["framework"], row["release"]);
            assert!(catalogue(&folder).contains_key(&row["control"]), "{row:?}");
        }
    }
    assert_eq!(count(path, &[("release", "unstated")]), 1);
}

#[test]
fn the_caf_profile_has_every_outcome_and_claims_no_dspt_level() {
    let path = "dspt-2025-26-v8/caf-profile.csv";
    let caf = ("framework", "ncsc-caf");
    check_counts(
        path,
        &[
            (&[], 47),
            (&[caf, ("release", "3.2")], 39),
            (&[("framework", "nhs-caf-overlay")], 8),
            (&[("dspt_level", "unknown")], 47),
            (&[caf, ("govassure_baseline_not_dspt", "achieved")], 10),
            (&[caf, ("govassure_baseline_not_dspt", "partially-achieved")], 27),
            (&[caf, ("govassure_baseline_not_dspt", "not-achieved")], 2),
        ],
    );
    let levels = rows("ncsc-caf-3.2/levels.csv");
    for row in rows(path).iter().filter(|row| row["framework"] == "ncsc-caf") {
        let level = levels.iter().find(|level| level["outcome"] == row["outcome"]).unwrap();
        assert_eq!(level["govassure_baseline"], row["govassure_baseline_not_dspt"], "{row:?}");
        assert_eq!(level["govassure_enhanced"], row["govassure_enhanced_not_dspt"], "{row:?}");
        for (name, value) in [
            ("indicators_not_achieved", "not-achieved"),
            ("indicators_partially_achieved", "partially-achieved"),
            ("indicators_achieved", "achieved"),
        ] {
            let wanted = [("outcome", row["outcome"].as_str()), ("level", value)];
            let found = count("ncsc-caf-3.2/indicators.csv", &wanted);
            assert_eq!(row[name], found.to_string(), "{row:?}");
        }
    }
}

#[test]
fn other_editions_keep_every_row_of_their_sources() {
    for (path, expected) in [
        ("dspt-editions/editions.csv", 38),
        ("dspt-editions/exemptions-other.csv", 8),
        ("dspt-editions/items-fragments.csv", 59),
        ("dspt-editions/organisation-types.csv", 76),
        ("dspt-editions/register-counts.csv", 273),
    ] {
        assert_eq!(rows(path).len(), expected, "{path}");
    }
    for row in rows("dspt-editions/items-fragments.csv") {
        assert!(!row["confidence"].is_empty(), "{row:?}");
        let complete = ["cat2-it-supplier", "cat4-gp"].contains(&row["category"].as_str());
        assert!(row["edition"] != "2025-26-v8" || !complete, "{row:?}");
    }
}

#[test]
fn catalogues_hold_the_published_identifiers() {
    let listed: BTreeSet<String> =
        CONTROLS.iter().map(|(folder, _)| format!("{folder}/controls.csv")).collect();
    let shipped = FILES.iter().map(|file| file.path).filter(|path| path.ends_with("/controls.csv"));
    assert_eq!(listed, shipped.map(str::to_owned).collect());
    for (folder, expected) in CONTROLS {
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        for kind in catalogue(folder).into_values() {
            *found.entry(kind).or_default() += 1;
        }
        let expected =
            expected.iter().map(|(kind, number)| ((*kind).to_owned(), *number)).collect();
        assert_eq!(found, expected, "{folder}");
    }
    // 1,196 identifiers in 20 families, 182 of them withdrawn.
    let nist = catalogue("nist-800-53-5.2.0");
    assert_eq!(nist.values().filter(|kind| *kind != "family").count(), 1_196);
    assert_eq!(nist.values().filter(|kind| kind.starts_with("withdrawn-")).count(), 182);
    // Annex A of 2022: 37 organisational, 8 people, 14 physical, 34 technological controls.
    let themes = [("A.5", 37), ("A.6", 8), ("A.7", 14), ("A.8", 34)];
    for (theme, expected) in themes {
        assert_eq!(count("iso27001-2022/controls.csv", &[("parent", theme)]), expected, "{theme}");
    }
}

#[test]
fn every_control_has_a_title_and_a_parent_that_exists() {
    let tops = ["category", "clause", "domain", "family", "function", "objective", "theme"];
    for (folder, _) in CONTROLS {
        let ids = catalogue(folder);
        for row in rows(&format!("{folder}/controls.csv")) {
            assert!(!row["title"].is_empty(), "{folder}: {row:?}");
            let top = tops.contains(&row["kind"].as_str()) || *folder == "ten-steps-2021";
            let (parent, id) = (&row["parent"], &row["id"]);
            let known = if parent.is_empty() { top } else { ids.contains_key(parent) };
            assert!(known && parent != id, "{folder}: {row:?}");
        }
    }
}

#[test]
fn caf_indicators_and_levels_belong_to_outcomes() {
    let releases: [(&str, [usize; 3], usize); 2] =
        [("ncsc-caf-3.2", [184, 111, 154], 28), ("ncsc-caf-4.0", [224, 148, 183], 32)];
    for (folder, [achieved, partially, not], with_partial) in releases {
        let indicators = format!("{folder}/indicators.csv");
        check_counts(
            &indicators,
            &[
                (&[("level", "achieved")], achieved),
                (&[("level", "partially-achieved")], partially),
                (&[("level", "not-achieved")], not),
            ],
        );
        let levels = format!("{folder}/levels.csv");
        let outcomes: BTreeSet<String> = catalogue(folder)
            .into_iter()
            .filter(|(_, kind)| kind == "contributing-outcome")
            .map(|(id, _)| id)
            .collect();
        assert_eq!(column(&indicators, "outcome"), outcomes);
        assert_eq!(column(&levels, "outcome"), outcomes);
        assert_eq!(count(&levels, &[("has_partial_level", "yes")]), with_partial);
        for row in rows(&levels) {
            let wanted = [("outcome", row["outcome"].as_str()), ("level", "partially-achieved")];
            assert_eq!(row["has_partial_level"] == "yes", count(&indicators, &wanted) > 0);
        }
    }
    assert_eq!(rows("ncsc-caf-3.2/indicators.csv").len(), 449);
    assert_eq!(rows("ncsc-caf-4.0/indicators.csv").len(), 555);
}

#[test]
fn changes_between_caf_releases_cover_both() {
    let path = "ncsc-caf-4.0/changes-from-3.2.csv";
    check_counts(
        path,
        &[
            (&[], 42),
            (&[("change", "same")], 32),
            (&[("change", "retitled")], 6),
            (&[("change", "only-in-4.0")], 3),
            (&[("change", "only-in-3.2")], 1),
            (&[("id", "A2.b"), ("change", "retitled")], 1),
        ],
    );
    let (old, new) = (catalogue("ncsc-caf-3.2"), catalogue("ncsc-caf-4.0"));
    for row in rows(path) {
        assert_eq!(old.contains_key(&row["id"]), row["change"] != "only-in-4.0", "{row:?}");
        assert_eq!(new.contains_key(&row["id"]), row["change"] != "only-in-3.2", "{row:?}");
    }
}

#[test]
fn withdrawn_subcategories_name_successors_that_stand() {
    let ids = catalogue("nist-csf-2.0");
    let path = "nist-csf-2.0/successors.csv";
    check_counts(
        path,
        &[
            (&[("published_relation", "incorporated-into")], 117),
            (&[("published_relation", "moved-to")], 19),
        ],
    );
    for row in rows(path) {
        assert!(ids[&row["withdrawn"]].starts_with("withdrawn-"), "{row:?}");
        assert!(!ids[&row["successor"]].starts_with("withdrawn-"), "{row:?}");
    }
    let with = column(path, "withdrawn");
    let without: Vec<&String> =
        ids.iter().filter(|(_, kind)| kind.starts_with("withdrawn-")).map(|(id, _)| id).collect();
    let without: Vec<&String> = without.into_iter().filter(|id| !with.contains(*id)).collect();
    // NIST says "other Categories" of these three and names none.
    assert_eq!(without, ["DE.DP", "PR.IP", "PR.PT"]);
}

#[test]
fn lineage_covers_annex_a_of_2022_and_agrees_with_the_crosswalk() {
    let path = "iso27001-2022/lineage.csv";
    check_counts(
        path,
        &[
            (&[("lineage", "one-to-one")], 58),
            (&[("lineage", "merged")], 24),
            (&[("lineage", "new")], 11),
        ],
    );
    let mut pairs = BTreeSet::new();
    for row in rows(path) {
        assert_eq!(catalogue("iso27001-2022")[&row["id"]], "control");
        assert_eq!(row["lineage"] == "new", row["ids_2013"].is_empty(), "{row:?}");
        for old in row["ids_2013"].split_whitespace() {
            pairs.insert((format!("iso27001:2013/{old}"), format!("iso27001:2022/{}", row["id"])));
        }
    }
    let crosswalk = rows("crosswalks/iso27001-2013_to_iso27001-2022.csv");
    let pair = |row: &Row| (row["source"].clone(), row["target"].clone());
    assert_eq!(pairs, crosswalk.iter().map(pair).collect());
}

#[test]
fn crosswalks_hold_the_published_rows_and_assert_no_relationship() {
    let listed: BTreeSet<String> =
        CROSSWALKS.iter().map(|(name, ..)| format!("crosswalks/{name}.csv")).collect();
    let shipped = FILES.iter().map(|file| file.path).filter(|path| path.starts_with("crosswalks/"));
    assert_eq!(listed, shipped.map(str::to_owned).collect());
    for (name, number, sources, targets) in CROSSWALKS {
        let path = format!("crosswalks/{name}.csv");
        assert_eq!(rows(&path).len(), *number, "{name}");
        assert_eq!(count(&path, &[("relationship", "unspecified")]), *number, "{name}");
        assert_eq!(column(&path, "source").len(), *sources, "{name}");
        assert_eq!(column(&path, "target").len(), *targets, "{name}");
    }
    let published: BTreeSet<String> = listed
        .iter()
        .flat_map(|path| column(path, "published_relation"))
        .filter(|word| word != "unspecified")
        .collect();
    let words = ["covered-by-all", "incorporated-into", "moved-to", "partly-covered-by-all"];
    assert_eq!(published, words.map(str::to_owned).into());
}

#[test]
fn starred_rows_of_the_nist_tables_stay_starred() {
    for (name, covered, partly) in
        [("iso27001-2013_to_nist-800-53-r5", 132, 7), ("nist-800-53-r5_to_iso27001-2013", 124, 36)]
    {
        let path = format!("crosswalks/{name}.csv");
        // The star speaks of the whole right-hand set, so a source is one or the other.
        let sources = |word: &str| -> BTreeSet<String> {
            let rows = rows(&path).into_iter().filter(|row| row["published_relation"] == word);
            rows.map(|row| row["source"].clone()).collect()
        };
        assert_eq!(sources("covered-by-all").len(), covered, "{name}");
        assert_eq!(sources("partly-covered-by-all").len(), partly, "{name}");
        assert!(sources("covered-by-all").is_disjoint(&sources("partly-covered-by-all")));
    }
}

#[test]
fn crosswalk_references_lead_to_controls_that_exist() {
    let looked_up_in: BTreeMap<&str, &str> = LOOKED_UP_IN.iter().copied().collect();
    let not_carried: BTreeMap<&str, &str> = NOT_CARRIED.iter().copied().collect();
    let catalogues: BTreeMap<&str, BTreeMap<String, String>> =
        looked_up_in.values().map(|folder| (*folder, catalogue(folder))).collect();
    let mut withdrawn = BTreeSet::new();
    let mut releases = BTreeSet::new();
    for (name, ..) in CROSSWALKS {
        for row in rows(&format!("crosswalks/{name}.csv")) {
            for reference in [&row["source"], &row["target"]] {
                let (release, id) = reference.split_once('/').unwrap();
                releases.insert(release.to_owned());
                if not_carried.contains_key(release) {
                    continue;
                }
                let folder = looked_up_in.get(release);
                let folder = folder.unwrap_or_else(|| panic!("{name}: {release} is unknown"));
                let kind = catalogues[folder].get(id);
                let kind = kind.unwrap_or_else(|| panic!("{name}: {reference} is not in {folder}"));
                if kind.starts_with("withdrawn-") {
                    withdrawn.insert((*name, reference.clone()));
                }
            }
        }
    }
    let expected = WITHDRAWN_CITED.iter().map(|(name, id)| (*name, (*id).to_owned())).collect();
    assert_eq!(withdrawn, expected);
    // An exception that nothing needs any more must go.
    let excepted = looked_up_in.keys().chain(not_carried.keys()).map(|key| (*key).to_owned());
    assert_eq!(releases, excepted.collect());
}

#[test]
fn proposals_lead_from_assessable_controls_to_known_items() {
    let items: BTreeSet<String> = rows(ITEMS)
        .iter()
        .map(|row| format!("2025-26-v8/{}/{}", row["category"], row["item"]))
        .collect();
    let headings = ["category", "function", "objective", "principle", "theme"];
    for file in FILES.iter().filter(|file| file.path.starts_with("proposals/")) {
        let name = file.path.trim_start_matches("proposals/");
        let folder = name.split_once("_to_").unwrap().0;
        let (framework, release) = folder.rsplit_once('-').unwrap();
        let ids = catalogue(folder);
        assert_eq!(column(file.path, "target"), items, "{name}");
        for row in rows(file.path) {
            let id = row["source"].strip_prefix(&format!("{framework}:{release}/"));
            let id = id.unwrap_or_else(|| panic!("{name}: {row:?}"));
            assert_eq!(row["authority"], "proposal", "{name}: {row:?}");
            assert_eq!(id == "*", row["relationship"] == "no-relationship", "{name}: {row:?}");
            if id != "*" {
                let kind = ids[id].as_str();
                assert!(!kind.starts_with("withdrawn-") && !headings.contains(&kind), "{row:?}");
            }
        }
    }
}

#[test]
fn the_readme_names_every_folder_and_attributes_its_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings");
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let attribution =
        "Contains public sector information licensed under the Open Government Licence v3.0.";
    assert!(readme.contains(attribution));
    for file in FILES {
        let folder = file.path.split_once('/').map_or(file.path, |(folder, _)| folder);
        assert!(readme.contains(&format!("`{folder}")), "`{folder}` is not in the README");
    }
}

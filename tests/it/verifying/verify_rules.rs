//! The table of phases and rules, held to `docs/FORMAT.md` and to the second verifier, both ways.

use std::collections::{BTreeMap, BTreeSet};

use dspt_ledger::verify::rule::{Phase, Rule};

const FORMAT: &str = include_str!("../../../docs/FORMAT.md");
const SECOND: &str = include_str!("../../../verifier/verify.py");

/// What is told of the memory of this program, of two heads that it was given, and of a file that it
/// may not read: not of what a ledger or a bundle is, so the format has no word for it.
const NOT_OF_THE_FORMAT: [Rule; 5] =
    [Rule::Unreadable, Rule::Cosignature, Rule::Fork, Rule::HistoryReplaced, Rule::HeadFile];

/// Rules of a ledger file or of a reader's memory, which no bundle can break; and two that the
/// format says an earlier rule finds before.
const NOT_OF_BUNDLES: [Rule; 6] = [
    Rule::IdDiffers,
    Rule::UnsignedEntry,
    Rule::RememberedRoot,
    Rule::SmallerThanRemembered,
    Rule::BadName,
    Rule::IntroducedKey,
];

/// The text of a section of the format.
fn section(number: u32) -> &'static str {
    let start = FORMAT.find(&format!("\n## {number}. ")).unwrap();
    let text = &FORMAT[start + 1..];
    &text[..text.find("\n## ").unwrap_or(text.len())]
}

/// The cells of the rows of the tables in a text, without headings.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let rows = text.lines().filter(|line| line.starts_with("| "));
    rows.map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
}

/// The name in a cell, if it is one.
fn named(cell: &str) -> Option<&str> {
    cell.strip_prefix('`')?.strip_suffix('`')
}

fn rule(name: &str) -> Rule {
    let found = Rule::ALL.iter().find(|rule| rule.name() == name);
    *found.unwrap_or_else(|| panic!("no rule is called {name}"))
}

/// The phases of section 15 with the rules that each names, in order.
fn phases_of_bundles() -> Vec<(&'static str, Vec<&'static str>)> {
    let text = section(15);
    let table = &text[text.find("| phase | name |").unwrap()..];
    let table = &table[..table.find("\n\n").unwrap()];
    let mut all: Vec<(&str, Vec<&str>)> = Vec::new();
    for cells in rows(table).skip(1) {
        let [phase, name, ..] = cells.as_slice() else { panic!("{cells:?}") };
        if !phase.is_empty() {
            all.push((phase, Vec::new()));
        }
        all.last_mut().unwrap().1.extend(named(name));
    }
    all
}

#[test]
fn names_are_unique_and_every_phase_has_its_place() {
    let names: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!(names.len(), Rule::ALL.len());
    assert!(Phase::ALL.is_sorted_by(|one, next| one < next));
    assert!(Phase::OF_A_LEDGER.is_sorted_by(|one, next| one < next));
    assert!(Rule::ALL.is_sorted_by_key(|rule| rule.phase()));
    // Phases that only say something break no rule.
    let without = |phase: &&Phase| Rule::ALL.iter().all(|rule| rule.phase() != **phase);
    assert_eq!(Phase::ALL.iter().filter(without).collect::<Vec<_>>(), [&Phase::Withheld]);
}

#[test]
fn the_phases_of_a_bundle_are_those_of_the_format_and_of_the_second_verifier_in_order() {
    let own = Phase::ALL.iter().filter(|one| !matches!(one, Phase::Withheld | Phase::HeadFile));
    let own: Vec<&str> = own.map(|one| one.name()).collect();
    let written: Vec<&str> = phases_of_bundles().into_iter().map(|(name, _)| name).collect();
    assert_eq!(own, written);
    let list = &SECOND[SECOND.find("phases: List[").unwrap()..];
    let list = &list[..list.find("\n        ]").unwrap()];
    let second: Vec<&str> =
        list.split("(\"").skip(1).map(|rest| &rest[..rest.find('"').unwrap()]).collect();
    assert_eq!(own, second);
    // A bundle of one item has what is not shown besides; a ledger file what a folder has not.
    assert!(section(15).contains("`dspt verify` prints `withheld` as well"));
}

#[test]
fn each_rule_stands_in_the_format_in_the_phase_that_the_table_gives_it() {
    let mut written: BTreeMap<Rule, BTreeSet<Phase>> = BTreeMap::new();
    let mut write = |name: &str, phase: Phase| {
        written.entry(rule(name)).or_default().insert(phase);
    };
    let phase = |name: &str| *Phase::ALL.iter().find(|one| one.name() == name).unwrap();
    for (name, rules) in phases_of_bundles() {
        for rule in rules {
            write(rule, phase(name));
        }
    }
    let entries = section(9);
    let at = entries.find("| name | the ledger breaks it when |").unwrap();
    for cells in rows(&entries[..at]).filter(|cells| cells.len() == 3) {
        if let Some(name) = named(cells[1]) {
            write(name, Phase::Entries);
        }
    }
    for name in rows(&entries[at..]).filter_map(|cells| named(cells[0])) {
        // Of entries, heads and contents: each in the phase of its own.
        write(name, rule(name).phase());
        assert_ne!(rule(name).phase(), Phase::Entries, "{name}");
    }
    for name in ["remembered-root", "smaller-than-remembered"] {
        assert!(entries.contains(&format!("`{name}`")));
        write(name, Phase::Kept);
    }
    let anchors = section(14);
    let at = anchors.find("| name | when |").unwrap();
    for name in rows(&anchors[..at]).filter_map(|cells| named(cells[0])) {
        write(name, Phase::Anchors);
    }
    for name in rows(&anchors[at..]).filter_map(|cells| named(cells[0])) {
        write(name, Phase::Replay);
    }
    for name in ["clock-explained", "after-your-clock"] {
        assert!(anchors.contains(&format!("`{name}`")));
        write(name, Phase::Replay);
    }
    for rule in Rule::ALL {
        let phases = written.remove(rule).unwrap_or_default();
        let expected = if NOT_OF_THE_FORMAT.contains(rule) {
            Vec::new()
        } else if *rule == Rule::Proof {
            // Each entry of a bundle of one item is under the root by its proof alone.
            vec![Phase::Root, Phase::Proofs]
        } else if *rule == Rule::MissingEntry {
            // A row that is missing among others, and entries that a head covers and nobody has.
            vec![Phase::Entries, Phase::Root]
        } else {
            vec![rule.phase()]
        };
        assert_eq!(phases.into_iter().collect::<Vec<_>>(), expected, "{rule}");
    }
}

/// The names in quotes of the second verifier, and the words of its lists.
fn words_of_the_second() -> BTreeSet<&'static str> {
    SECOND.lines().flat_map(|line| line.split('"').skip(1).step_by(2)).collect()
}

#[test]
fn the_second_verifier_names_the_same_rules() {
    // What it breaks with is what the table has.
    let mut named = 0;
    for start in ["Fault(", "Finding("] {
        for (at, _) in SECOND.match_indices(start) {
            let rest = SECOND[at + start.len()..].trim_start();
            let Some(rest) = rest.strip_prefix('"') else { continue };
            let name = &rest[..rest.find('"').unwrap()];
            // A fault of that program itself is no rule.
            if name != "internal" {
                assert_eq!(rule(name).name(), name);
                named += 1;
            }
        }
    }
    assert!(named > 80, "{named}");
    // And what the table has of bundles, it names.
    let words = words_of_the_second();
    for rule in Rule::ALL {
        let own = NOT_OF_THE_FORMAT.contains(rule) || NOT_OF_BUNDLES.contains(rule);
        assert_eq!(words.contains(rule.name()), !own, "{rule}");
    }
}

#[test]
fn a_rule_of_one_entry_has_the_name_that_the_ledger_gives_it() {
    use dspt_ledger::ledger::FaultKind;
    let keyid = || "key".to_owned();
    let kinds = [
        FaultKind::TooLong { found: 1 },
        FaultKind::MissingField { path: keyid() },
        FaultKind::UnknownField { path: keyid() },
        FaultKind::WrongField { path: keyid(), found: keyid(), wanted: "text" },
        FaultKind::WrongOpening { kind: keyid(), seq: 1 },
        FaultKind::AuthorNotFirst { by: keyid(), first: keyid() },
        FaultKind::SignedTwice { keyid: keyid() },
        FaultKind::MissingPossession { keyid: keyid() },
        FaultKind::WrongIntroducer { by: keyid(), keyid: keyid() },
        FaultKind::WrongSequence { expected: 1, found: 2 },
        FaultKind::WrongLedger { expected: keyid(), found: keyid() },
        FaultKind::UnknownIdentity,
        FaultKind::UnknownKey { keyid: keyid() },
        FaultKind::BadSignature { keyid: keyid() },
    ];
    for kind in kinds {
        assert_eq!(Rule::from(&kind).name(), kind.rule());
    }
}

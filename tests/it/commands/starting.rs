//! Every type of organisation starts, and a ledger without an edition keeps what is said until one
//! is adopted.

use std::fmt::Write as _;
use std::fs;

use super::cli::Desk;

/// Every type of the catalogue with its category and how many items ship for it, and types that the
/// catalogue does not know, with a category given.
const TYPES: [(&str, &str, usize); 16] = [
    ("nhs-trust", "cat1", 0),
    ("csu", "cat1", 0),
    ("dhsc-alb", "cat1", 0),
    ("icb", "cat1", 0),
    ("oes-independent-provider", "cat1", 0),
    ("genomics-organisation", "cat1", 0),
    ("it-supplier", "cat2-it-supplier", 122),
    ("local-authority", "cat3", 0),
    ("social-care", "cat3", 0),
    ("pharmacy", "cat3", 0),
    ("optician", "cat3", 0),
    ("university", "cat3", 0),
    ("other", "cat3", 0),
    ("gp-practice", "cat4-gp", 45),
    ("community-hub --category cat3", "cat3", 0),
    ("virtual-ward --category cat2-it-supplier", "cat2-it-supplier", 122),
];

fn init(desk: &Desk, words: &str) -> super::cli::Ended {
    desk.sign("2026-01-05", &format!("{words} --org Acme --holder Rosa --key rosa"))
}

#[test]
fn every_type_starts() {
    let file = dspt_ledger::bundled::file("dspt-2025-26-v8/organisation-types.csv").unwrap();
    let rows = std::str::from_utf8(file.bytes).unwrap().lines().skip(1);
    let known: Vec<&str> = rows.map(|row| row.split(',').next().unwrap()).collect();
    assert_eq!(known, TYPES[..14].iter().map(|(name, ..)| *name).collect::<Vec<_>>());
    let desk = Desk::empty();
    for (number, (kind, category, items)) in TYPES.iter().enumerate() {
        let words = format!("init l{number} --type {kind} --log-key log{number} --json");
        let made = init(&desk, &words).ok().json();
        assert_eq!(made["category"], *category, "{kind}");
        assert_eq!(made["items"], *items, "{kind}");
        assert_eq!(made["entries"], if *items == 0 { 3 } else { 4 }, "{kind}");
        let ledger = desk.path(&format!("l{number}")).display().to_string();
        let status =
            desk.run("2026-01-05", &format!("--json status --ledger {ledger}")).ok().json();
        assert_eq!(status["items"].as_array().unwrap().len(), *items, "{kind}");
        assert_eq!(status["category"], *category, "{kind}");
        assert_eq!(status["standing"].is_null(), *items == 0, "{kind}");
        desk.run("2026-01-05", &format!("verify --ledger {ledger}")).ok();
    }
}

#[track_caller]
fn refused(words: &str, says: &str) {
    let desk = Desk::empty();
    let ended = init(&desk, words);
    assert_eq!(ended.code, 2, "{}", ended.err);
    assert!(ended.err.contains(says), "{}", ended.err);
    assert!(!desk.path("keys").exists(), "nothing is made where nothing can begin");
}

#[test]
fn what_cannot_begin_says_what_to_give() {
    refused("init x --type community-hub", "give its category with --category, such as cat3");
    refused("init x --type it-suplier", "did you mean it-supplier?");
    refused("init x --type it-supplier --category cat3", "is in category cat2-it-supplier");
    refused("init x --type social-care --edition 2026-27-v9", "give it with --category");
    let words = "init x --type social-care --edition 2026-27-v9 --category cat3";
    refused(words, "give its first day with --from");
}

/// A care home's ledger of an edition that the catalogue does not know.
fn care_home() -> Desk {
    let desk = Desk::empty();
    let words =
        "init acme --type social-care --edition 2026-27-v9 --category cat3 --from 2025-09-01";
    init(&desk, words).ok();
    desk
}

const ITEMS: &str = "category,assertion,item,title,requirement,confidence\n";

/// A folder with an edition's files: the items are (category, number, requirement).
fn folder(desk: &Desk, name: &str, items: &[(&str, &str)]) -> String {
    fs::create_dir_all(desk.path(name)).unwrap();
    let mut text = ITEMS.to_owned();
    let mut types = String::from("organisation_type,label,category\n");
    for (category, item) in items {
        let assertion = item.rsplit_once('.').unwrap().0;
        writeln!(text, "{category},{assertion},{item},Invented,mandatory,invented").unwrap();
        types = format!("organisation_type,label,category\nsocial-care,Social care,{category}\n");
    }
    desk.write(&format!("{name}/items.csv"), &text);
    desk.write(
        &format!("{name}/exemptions.csv"),
        "category,item,scheme,effect,organisation_types,scope_test,condition\n",
    );
    desk.write(&format!("{name}/organisation-types.csv"), &types);
    desk.path(name).display().to_string()
}

fn adopt(folder: &str, revision: &str, from: &str) -> String {
    format!("import edition {folder} --name 2026-27-v9 --revision {revision} --from {from}")
}

#[test]
fn what_is_said_before_an_edition_counts_once_it_is_adopted() {
    let desk = care_home();
    let day = "2026-01-06";
    desk.owner(day, "record evidence Letter --item 1.1.1 --for 2025-10-01").ok();
    desk.owner(day, "record answer 2026-27-v9/cat3/1.1.2 --text Yes --on 2025-10-01").ok();
    let list =
        desk.write("e.csv", "item,title,proves_on\n7.1.2 Example of a title,Plan,2025-10-02\n");
    desk.owner(day, &format!("import evidence {list}")).ok();
    let not = desk.owner(day, "record not-applicable 9.9.9 --reason None").ok();
    assert!(not.err.contains("of no edition in force"), "{}", not.err);

    let status = desk.run(day, "--json status").ok().json();
    let named = status["awaited"]["items"].as_array().unwrap();
    let named: Vec<&str> = named.iter().map(|one| one["item"].as_str().unwrap()).collect();
    assert_eq!(named, ["1.1.1", "1.1.2", "7.1.2", "9.9.9"]);
    let log = desk.run(day, "log 1.1.1").ok();
    assert!(log.out.contains("2026-27-v9 is not adopted"), "{}", log.out);
    let explained = desk.run(day, "explain 7.1.2").ok();
    assert!(explained.out.contains("OF NO EDITION IN FORCE"), "{}", explained.out);
    assert!(explained.out.contains("such an edition is adopted: #5"), "{}", explained.out);
    assert_eq!(desk.run(day, "status --require met").code, 4);

    let own = folder(&desk, "own", &[("cat3", "1.1.1"), ("cat3", "1.1.2"), ("cat3", "7.1.2")]);
    let adopted = desk.owner(day, &adopt(&own, "9.0", "2025-09-01")).ok();
    assert!(
        adopted.err.contains("no adopted revision has: 2026-27-v9/cat3/9.9.9"),
        "{}",
        adopted.err
    );
    assert_eq!(desk.count("--at 2026-01-06", "needs_confirming"), 3);
    let log = desk.run(day, "log 1.1.1").ok();
    assert!(!log.out.contains("is not adopted"), "{}", log.out);
    let status = desk.run(day, "status").ok();
    assert!(status.out.contains("2026-27-v9/cat3/9.9.9  #6"), "{}", status.out);
    desk.run(day, "verify").ok();
}

#[test]
fn an_item_of_an_edition_that_is_not_ones_own_is_refused() {
    let desk = care_home();
    let refused = |words: &str, says: &str| {
        let ended = desk.owner("2026-01-06", words);
        assert_ne!(ended.code, 0, "{words}");
        assert!(ended.err.contains(says), "{}", ended.err);
    };
    let evidence = |item: &str| format!("record evidence X --item {item} --for 2025-10-01");
    refused(&evidence("2025-26-v8/cat3/1.1.1"), "edition 2025-26-v8 is not adopted");
    refused(&evidence("2026-27-v9/cat1/1.1.1"), "edition 2026-27-v9 is not adopted");
    refused("confirm 1.1", "no edition 2026-27-v9");
    refused("confirm --all", "no assertion waits");
}

#[test]
fn an_edition_without_ones_own_category_is_said_and_counts_what_vanishes() {
    let desk = care_home();
    let (day, cat1) = ("2026-01-06", [("cat1", "1.1.1")]);
    let other = folder(&desk, "other", &cat1);
    // Nothing was asked before: the remark says so without a number.
    let dry = desk.run(day, &format!("{} --dry-run", adopt(&other, "9.0", "2025-09-01"))).ok();
    assert!(dry.err.contains("has no item for cat3"), "{}", dry.err);
    assert!(!dry.err.contains("no status any more"), "{}", dry.err);
    desk.owner(day, &adopt(&other, "9.0", "2025-09-01")).ok();
    // Items are still taken, since the category is the organisation's own.
    desk.owner(day, "record evidence Letter --item 1.1.1 --for 2025-10-01").ok();
    let own = folder(&desk, "own", &[("cat3", "1.1.1"), ("cat3", "1.1.2")]);
    desk.owner(day, &adopt(&own, "9.1", "2025-10-01")).ok();
    assert_eq!(desk.count("--at 2026-01-06", "needs_confirming"), 1);
    let dry = desk.run(day, &format!("{} --dry-run", adopt(&other, "9.2", "2026-01-01"))).ok();
    assert!(dry.err.contains("the 2 items that were have no status any more"), "{}", dry.err);
    assert!(dry.out.contains("Items that would change status today: 2"), "{}", dry.out);
    // On days on which only the edition without the category was in force, nothing was asked.
    let status = desk.run(day, "status --at 2025-09-15").ok();
    assert!(status.out.contains("so nothing is asked"), "{}", status.out);
    // An edition of another name, for which the organisation is not classified yet.
    let next = format!("import edition {own} --name 2027-28-v10 --revision 10 --from 2026-07-01");
    let dry = desk.run(day, &format!("{next} --dry-run")).ok();
    let command = "dspt record classification 2027-28-v10 --type social-care --category cat3";
    assert!(dry.err.contains(command), "{}", dry.err);
}

#[test]
fn an_edition_that_the_organisation_is_not_classified_for_is_named_with_the_command() {
    let desk = care_home();
    let (day, own) = ("2026-01-06", folder(&desk, "own", &[("cat3", "1.1.1")]));
    let other = format!("import edition {own} --name 2025-26-own --revision 1 --from 2025-10-01");
    desk.owner(day, &other).ok();
    let status = desk.run(day, "status").ok();
    let why = "DSPT 2025-26-own is adopted, and the organisation is not classified for it";
    assert!(status.out.contains(why), "{}", status.out);
    let command = "dspt record classification 2025-26-own --type social-care --category cat3 --from 2025-10-01";
    assert!(status.err.contains(command), "{}", status.err);
    desk.owner(day, command.strip_prefix("dspt ").unwrap()).ok();
    assert_eq!(desk.count("--at 2026-01-06", "not_met"), 1);
}

#[test]
fn a_classification_says_what_the_edition_does_not_list() {
    let desk = Desk::new();
    let day = "2025-10-02";
    let of = |edition: &str, kind: &str, category: &str| {
        format!(
            "record classification {edition} --type {kind} --category {category} --from 2026-07-01"
        )
    };
    let next = desk.owner(day, &of("2026-27-v9", "it-supplier", "cat2-it-supplier")).ok();
    assert!(next.err.contains("2026-27-v9 is not adopted"), "{}", next.err);
    let own = desk.owner(day, &of("2025-26-v8", "software-house", "cat2-it-supplier")).ok();
    assert!(own.err.contains("lists no type software-house"), "{}", own.err);
    let slip = desk.owner(day, &of("2025-26-v8", "it-suplier", "cat2-it-supplier"));
    assert!(slip.code != 0 && slip.err.contains("did you mean it-supplier?"), "{}", slip.err);
    let other = desk.owner(day, &of("2025-26-v8", "social-care", "cat2-it-supplier"));
    assert!(other.code != 0 && other.err.contains("is not in category"), "{}", other.err);
    let bare = desk.owner(day, &of("2025-26-v8", "social-care", "cat3"));
    assert!(bare.code != 0 && bare.err.contains("hold no items for cat3"), "{}", bare.err);
}

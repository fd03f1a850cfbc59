//! A command that is given something else than it asks for names the command that works; words, ids
//! and titles of other people's tables are read for what they are.

use std::fs;

use crate::commands::cli::{Desk, Ended, ISO};

#[track_caller]
fn says(ended: &Ended, parts: &[&str]) {
    for part in parts {
        let both = format!("{}{}", ended.out, ended.err);
        assert!(both.contains(part), "no `{part}` in\n{both}");
    }
}

const DAY: &str = "2026-11-21";

#[test]
fn what_is_no_ledger_is_named_with_the_command_for_it() {
    let desk = Desk::new();
    let at = |name: &str| desk.path(name).display().to_string();
    desk.run(DAY, &format!("export bundle {}", at("b"))).ok();
    desk.run(DAY, &format!("export tiles {}", at("tiles"))).ok();
    desk.run(DAY, &format!("statement draft --out {}", at("st.json"))).ok();
    desk.run(DAY, &format!("prove 2 --out {}", at("p"))).ok();
    fs::copy(desk.path("acme/ledger.dspt.head"), desk.path("head.txt")).unwrap();
    desk.write("answers.csv", "item,answer\n");
    for (name, command) in [
        ("b", format!("`dspt verify {}`", at("b"))),
        ("b/bundle.json", format!("`dspt --ledger {} tui`", at("b"))),
        ("b/README.txt", format!("`dspt verify {}`", at("b"))),
        ("tiles", format!("`dspt verify {}`", at("tiles"))),
        ("tiles/checkpoint", format!("`dspt verify {}`", at("tiles"))),
        ("st.json", format!("`dspt statement show {}`", at("st.json"))),
        ("head.txt", format!("`dspt verify LEDGER --kept {}`", at("head.txt"))),
        ("p/2.tlog-proof", "dspt check inclusion --vkey VKEY".to_owned()),
        ("p/2.json", "dspt check inclusion --vkey VKEY".to_owned()),
        ("acme/ledger.dspt.head", format!("--ledger {}", at("acme/ledger.dspt"))),
        ("answers.csv", "`dspt import --help`".to_owned()),
    ] {
        for ask in ["status", "explain 1.1.1", "log", "verify", "tui --linear"] {
            let ended = desk.run(DAY, &format!("{ask} --ledger {}", at(name)));
            // Of these two a folder is what they are for.
            let meant = matches!(ask, "verify" | "tui --linear") && desk.path(name).is_dir();
            if !meant {
                assert_eq!(ended.code, 10, "{ask} {name}: {}", ended.err);
                says(&ended, &[&command]);
            }
        }
    }
    says(&desk.run(DAY, &format!("statement show {}", at("b"))), &["is a bundle: check it with"]);
    says(&desk.run(DAY, &format!("statement check {}", at("acme"))), &["the ledger is "]);
}

#[test]
fn an_edition_that_asks_nothing_is_foreseen() {
    let desk = Desk::new();
    fs::create_dir(desk.path("ed")).unwrap();
    let folder = desk.path("ed").display().to_string();
    let header = "category,assertion,item,title,requirement,confidence\n";
    desk.write("ed/items.csv", &format!("{header}cat4-gp,1.1,1.1.1,A thing,mandatory,\n"));
    let exempt = "category,item,scheme,effect,organisation_types,scope_test,condition\n";
    desk.write("ed/exemptions.csv", exempt);
    let types = "organisation_type,label,category\ngp-practice,GP,cat4-gp\n";
    desk.write("ed/organisation-types.csv", types);
    let import = |name: &str, from: &str| {
        let flags = format!("--name {name} --revision 9.9 --from {from}");
        desk.run(DAY, &format!("import edition {folder} {flags} --dry-run")).ok()
    };
    let none = "has no item for cat2-it-supplier, the organisation's category: from 1 Nov 2026";
    let today = import("2025-26-v8", "2026-11-01");
    says(&today, &[none, "Items that would change status today: 122"]);
    let coming = import("2025-26-v8", "2026-12-01");
    says(&coming, &["status today: 0\n", "status on 1 December 2026: 122\n", "from 1 Dec 2026"]);
    let other = import("2026-27-v9", "2026-12-01");
    says(&other, &["dspt record classification 2026-27-v9 --type TYPE --category CATEGORY"]);
    desk.write("ed/items.csv", &format!("{header}cat2-it-supplier,1.1,1.1.1,A,mandatory,\n"));
    desk.write("ed/organisation-types.csv", &format!("{types}it-supplier,IT,cat2-it-supplier\n"));
    let good = import("2025-26-v8", "2026-11-01");
    assert!(!good.err.contains("warning"), "{}", good.err);
    assert_eq!(desk.entries(), 5);
}

#[test]
fn a_position_is_a_table_for_a_spreadsheet() {
    let desk = Desk::new();
    desk.owner("2025-10-02", ISO).ok();
    let table = desk.run(DAY, "status --at 2026-01-01 --only standard-9,equivalence --csv").ok();
    assert!(table.out.starts_with("\u{feff}believed,item,title,requirement,status,because,"));
    let rows: Vec<&str> = table.out.lines().skip(1).collect();
    assert!(!rows.is_empty());
    for row in rows {
        assert!(row.contains(",met_by_equivalence,") && row.contains(",2026-01-01,"), "{row}");
    }
    says(&desk.run(DAY, "status"), &["\nM: mandatory\n"]);
    says(&desk.run(DAY, "--json status --csv"), &["DSPT0002"]);
}

#[test]
fn all_that_waits_for_a_confirmation_alone_is_confirmed_at_once() {
    let desk = Desk::new();
    let none = desk.owner(DAY, "confirm --all");
    assert_eq!(none.code, 2);
    says(&none, &["waits for a confirmation alone", "Left out"]);
    for item in ["5.1.1", "5.2.1", "5.3.1"] {
        let answer = format!("record answer {item} --text yes --on 2026-11-01");
        desk.owner(DAY, &answer);
    }
    let view = desk.status("");
    let waiting = view["counts"]["all"]["needs_confirming"].as_u64().unwrap();
    assert!(waiting > 0);
    let done = desk.owner(DAY, "confirm --all").ok();
    says(&done, &["assertion-confirmed", "Left out"]);
    assert_eq!(desk.count("", "needs_confirming"), 0);
}

#[test]
fn mappings_are_read_in_the_words_of_their_tables() {
    let desk = Desk::new();
    desk.owner("2025-10-02", "import framework iso27001:2022").ok();
    let good = desk.write(
        "good.csv",
        "source,relationship,target\n\
         A.8.13 Information backup,skos:narrower,7.3.4: Backups made and tested\n\
         A.5.1 \u{2013} Policies for information security,Subset\u{a0}Of,1.3.1\n\
         5.1 Security policies set and reviewed,is broader than,7.3.5\n\
         5.1: Top management leads and commits,=,7.3.6\n",
    );
    let flags = "--source-framework iso27001:2022 --dry-run";
    let read = desk.run(DAY, &format!("import mapping {good} {flags}")).ok();
    // The edition and category are those of the day, without flags.
    says(&read, &["4 rows recorded as proposals, 3 of which could derive something"]);
    says(
        &read,
        &["`skos:narrower` read as superset-of", "Items that would change status today: 0"],
    );
    let bad = desk.write(
        "bad.csv",
        "source,relationship,target\n\
         A.8.13,broader,7.3.4\n\
         A.8.13 not for laptops,superset-of,7.3.5\n\
         A.9.1.1 Access control policy,superset-of,7.3.5\n\
         A.8.14,Partial Gap,7.3.4 (partly)\n\
         5.1 Policies of all kinds,superset-of,7.3.6\n",
    );
    let refused = desk.run(DAY, &format!("import mapping {bad} {flags}"));
    assert_eq!(refused.code, 3);
    says(
        &refused,
        &[
            "`broader` does not say which of the two is the broader one",
            "superset-of where the source holds everything that the target asks",
            "A.8.13 of iso27001:2022 is `Backups kept and tested`",
            "write A.8.13 alone if that is meant",
            "`A.9.1.1` is not an id of iso27001:2022; it has the form of iso27001:2013",
            "`Partial Gap` says how much is missing",
            "7.3.4 of 2025-26-v8 is `Backups made",
            "`5.1` can be Clause 5.1",
        ],
    );
}

#[test]
fn evidence_and_candidates_name_items_in_the_same_way() {
    let desk = Desk::new();
    let list = desk.write(
        "evidence.csv",
        "title,items,proves_on\n\
         A,1.1.1 ICO registration number,2026-11-01\n\
         B,7.3.4 and 7.3.5,2026-11-01\n",
    );
    desk.run(DAY, &format!("import evidence {list} --dry-run")).ok();
    let list = desk.write("e.csv", "title,items,proves_on\nA,7.3.4 not really,2026-11-01\n");
    let refused = desk.run(DAY, &format!("import evidence {list} --dry-run"));
    says(&refused, &["`not` is a word beside the ids", "leave the ids alone in the cell"]);
    let category = "--category cat2-it-supplier";
    let asked = |text: &str| desk.run(DAY, &format!("mapping candidates '{text}' {category}"));
    says(&asked("7.3.4 ").ok(), &["2025-26-v8/cat2-it-supplier/7.3.4"]);
    says(&asked("7\u{2011}3"), &["DSPT010"]);
    says(&asked("07.3.4"), &["did you mean 7.3.4?"]);
    says(&asked("7.3"), &["is an assertion, not an item"]);
    says(&asked("2025-26-v8/cat2-it-supplier/7.3.4").ok(), &["7.3.4"]);
    let at = desk.run(DAY, &format!("mapping candidates 7.3.4 {category} --at 30/6/2026"));
    says(&at.ok(), &["2025-26-v8/cat2-it-supplier/7.3.4"]);
}

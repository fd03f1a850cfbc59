//! Words as people write them: lists of items, schemes, fields of a correction; lists as tables.

use super::cli::{Desk, ISO};

#[track_caller]
fn items_of(desk: &Desk, entry: &str) -> Vec<String> {
    let shown = desk.run("2025-10-05", &format!("--json show {entry}")).ok().json();
    let items = shown["body"]["items"].as_array().unwrap().clone();
    let short =
        |item: &serde_json::Value| item.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    items.iter().map(short).collect()
}

#[test]
fn evidence_takes_lists_and_ranges_of_items() {
    let desk = Desk::new();
    let evidence = |items: &str| format!("record evidence X {items} --for 2025-10-01 --again");
    let check = |items: &str, expected: &[&str]| {
        desk.owner("2025-10-05", &evidence(items)).ok();
        let last = desk.entries() - 1;
        assert_eq!(items_of(&desk, &last.to_string()), expected, "{items}");
    };
    check("--item 1.1.1-1.1.3", &["1.1.1", "1.1.2", "1.1.3"]);
    check("--item 1.1.1-3", &["1.1.1", "1.1.2", "1.1.3"]);
    check("--item 1.1.1,7.3.5", &["1.1.1", "7.3.5"]);
    check("--item '7.3.5; 1.1.1'", &["7.3.5", "1.1.1"]);
    check("--item 1.1.1–1.1.2 --item 1.1.2,7.3.5", &["1.1.1", "1.1.2", "7.3.5"]);
    check("--item 2025-26-v8/cat2-it-supplier/7.3.5,1.1.1", &["7.3.5", "1.1.1"]);
    let refused = |items: &str, says: &str| {
        let ended = desk.owner("2025-10-05", &evidence(items));
        assert!(ended.code != 0 && ended.err.contains(says), "{items}: {}", ended.err);
    };
    refused("--item 1.1.3-1.1.1", "ends before it begins");
    refused("--item 1.1.1-1.1.99", "`1.1.99` is not an item");
    refused("--item 1.1.1,77.1.1", "`77.1.1` is not an item");
    refused("--item 1.1", "is an assertion, not an item");
}

#[test]
fn a_range_of_an_edition_that_is_not_adopted_is_refused() {
    let desk = Desk::empty();
    let init = "init acme --org Acme --holder Rosa --key rosa --type social-care";
    desk.sign("2025-10-01", init).ok();
    let words = "record evidence X --item 1.1.1-1.1.3 --for 2025-10-01";
    let ended = desk.owner("2025-10-05", words);
    assert!(ended.code != 0 && ended.err.contains("no edition 2025-26-v8"), "{}", ended.err);
    desk.owner("2025-10-05", "record evidence X --item 1.1.1,1.1.3 --for 2025-10-01").ok();
}

#[test]
fn schemes_are_taken_as_people_write_them_everywhere() {
    let desk = Desk::new();
    let record = |scheme: &str, more: &str| {
        let days = "--scope all --from 2025-10-01 --until 2026-09-30 --again";
        desk.owner(
            "2025-10-05",
            &format!("record certificate {scheme} --number N --issuer I {days} {more}"),
        )
    };
    let check = |scheme: &str, expected: (&str, Option<&str>)| {
        record(scheme, "").ok();
        let last = desk.entries() - 1;
        let body =
            desk.run("2025-10-05", &format!("--json show {last}")).ok().json()["body"].clone();
        assert_eq!(
            (body["scheme"].as_str().unwrap(), body["release"].as_str()),
            expected,
            "{scheme}"
        );
    };
    check("'CE Plus 3.2'", ("cyber-essentials-plus", Some("3.2")));
    check("'ISO 27001 2022'", ("iso27001", Some("2022")));
    check("iso-27001:2022", ("iso27001", Some("2022")));
    check("PSN", ("psn-ia", None));
    let bare = record("ce+", "").ok();
    assert!(bare.err.contains("names no release of Cyber Essentials Plus"), "{}", bare.err);
    let early = record("ce+", "--release 3.3");
    let says = "no certificate of Cyber Essentials Plus:3.3 is in force before 27 Apr 2026";
    assert!(early.code != 0 && early.err.contains(says), "{}", early.err);
    let iso = record("iso27001", "");
    assert!(iso.code != 0 && iso.err.contains("names the release of the standard"), "{}", iso.err);
}

#[test]
fn a_correction_sets_items_and_schemes_as_they_are_recorded() {
    let desk = Desk::new();
    desk.owner("2025-10-05", "record evidence X --item 1.1.1 --for 2025-10-01").ok();
    let first = desk.entries() - 1;
    let correct =
        |set: &str| desk.owner("2025-10-06", &format!("correct {first} {set} --reason slip"));
    correct("--set items=1.1.2-1.1.3 --set valid_until=31/5/2026").ok();
    let last = desk.entries() - 1;
    let body = desk.run("2025-10-06", &format!("--json show {last}")).ok().json()["body"].clone();
    let body = body["replacement"]["body"].clone();
    let full = |item: &str| format!("2025-26-v8/cat2-it-supplier/{item}");
    assert_eq!(body["items"], serde_json::json!([full("1.1.2"), full("1.1.3")]));
    assert_eq!(body["valid_until"], "2026-05-31");
    let bad = correct("--set items=99.9.9");
    assert!(bad.code != 0 && bad.err.contains("not an item"), "{}", bad.err);
    desk.owner("2025-10-06", ISO).ok();
    let certificate = desk.entries() - 1;
    let set = |value: &str| {
        desk.owner("2025-10-06", &format!("correct {certificate} --set {value} --reason slip"))
    };
    let two = set("'scheme=CE Plus 3.2'");
    assert!(
        two.err.contains("--set scheme=cyber-essentials-plus --set release=3.2"),
        "{}",
        two.err
    );
    set("'scheme=CE Plus' --set release=3.2").ok();
}

#[test]
fn lists_are_tables_for_a_spreadsheet() {
    let desk = Desk::new();
    desk.owner("2025-10-05", "record evidence =1+1 --item 1.1.1 --for 2025-10-01").ok();
    let keys = format!("key list --csv --keys {}", desk.path("keys").display());
    for (command, header) in [
        ("log --csv", "believed,entry,recorded,by,what,day,about,marks"),
        ("when 1.1.1 --csv", "believed,item,from,until,status,because,entries"),
        ("diff 2025-09-30 2025-10-02 --csv", "believed,item,a,b,title,cause,entries,a_is,b_is"),
        ("anchor list --csv", "believed,entry,head_of,dated,by,counts,shows"),
        ("statement list --csv", "believed,entry,published,by,position_on,edition,standing,from"),
        ("catalogue --csv", "path,kind,framework,release,rows,licence,label"),
        ("catalogue schemes.csv --csv", "scheme,release,label,short,article"),
        (keys.as_str(), "name,fingerprint,private_half,in_the_ledger"),
    ] {
        let out = desk.run("2025-10-06", command).ok().out;
        assert!(out.starts_with(&format!("\u{feff}{header}")), "{command}: {out}");
        assert!(!out.contains("Believed:"), "{command}: {out}");
        let both = desk.run("2025-10-06", &format!("--json {command}"));
        assert!(both.code == 2 && both.err.contains("two forms of one answer"), "{command}");
    }
    let log = desk.run("2025-10-06", "log --csv").ok().out;
    assert_eq!(log.lines().count(), 1 + desk.entries());
    assert!(log.contains("LATE 4 days"), "{log}");
    let several = desk.run("2025-10-06", "catalogue 2025-26-v8 --csv");
    assert!(several.code == 2 && several.err.contains("--csv takes one"), "{}", several.err);
}

//! The life of keys as their holders see it: made, admitted, replaced, revoked, doubted.

use super::cli::Desk;

const NOTE: &str = "record answer 1.1.1 --text registered";

/// What `key list` says of a key.
fn standing(desk: &Desk, name: &str) -> String {
    let keys = desk.path("keys").display().to_string();
    let list = desk.run("2026-11-21", &format!("--json key list --keys {keys}")).ok().json();
    let found = list["keys"].as_array().unwrap().iter().find(|one| one["name"] == name);
    found.unwrap()["standing"].as_str().unwrap().to_owned()
}

#[test]
fn an_owner_takes_a_new_key_and_the_old_one_is_done() {
    let desk = Desk::new();
    desk.sign("2025-10-02", "key new rosa2").ok();
    let rotate = "--json key rotate rosa --to rosa2 --reason 'a new laptop'";
    let done = desk.sign("2025-10-02", rotate).ok().json();
    assert_eq!((&done["first"], &done["schema"]), (&5.into(), &"dspt.recorded/1".into()));
    assert_eq!(standing(&desk, "rosa"), "owner (Rosa), replaced by #5");
    assert_eq!(standing(&desk, "rosa2"), "owner (Rosa)");
    let late = desk.owner("2025-10-03", NOTE);
    assert_eq!(late.code, 13);
    assert!(late.err.contains("was revoked or replaced by entry #5"), "{}", late.err);
    desk.sign("2025-10-03", &format!("{NOTE} --key rosa2")).ok();
    let back = desk.sign("2025-10-04", "key rotate rosa2 --to rosa --reason 'found it again'");
    assert_eq!(back.code, 3);
    assert!(back.err.contains("admitted already"), "{}", back.err);
    assert_eq!(desk.sign("2025-10-04", "key rotate rosa2 --to none --reason x").code, 5);
    let own = desk.sign("2025-10-04", "key rotate rosa2 --to rosa2 --reason x");
    assert_eq!(own.code, 3, "{}", own.err);
    assert_eq!(desk.entries(), 7);
    desk.run("2026-11-21", "verify").ok();
    assert!(desk.run("2026-11-21", "log").ok().out.contains("key-rotated"));
}

#[test]
fn the_ledger_takes_a_new_log_key_and_finds_it_by_itself() {
    let desk = Desk::new();
    let other = desk.write("other", "another passphrase\n");
    let keys = desk.path("keys").display().to_string();
    let new = format!("key new second-log --keys {keys} --passphrase-file {other}");
    desk.run("2025-10-02", &new).ok();
    let rotate = "key rotate-log --to second-log --reason 'a new server'";
    assert_eq!(desk.owner("2025-10-02", rotate).code, 12);
    assert_eq!(
        desk.approver("2025-10-02", &format!("{rotate} --to-passphrase-file {other}")).code,
        13
    );
    let done = desk.owner("2025-10-02", &format!("{rotate} --to-passphrase-file {other}")).ok();
    assert!(done.out.contains("ledger.invalid/acme/dspt+"), "{}", done.out);
    assert_eq!(standing(&desk, "acme-log"), "log key before, replaced");
    assert_eq!(standing(&desk, "second-log"), "log key");
    let log = format!("{NOTE} --log-passphrase-file {other}");
    desk.owner("2025-10-03", &log).ok();
    let old = desk.owner("2025-10-03", &format!("{log} --log-key acme-log"));
    assert_eq!(old.code, 13);
    assert!(old.err.contains("is not the log key of this ledger"), "{}", old.err);
    let checked = desk.run("2026-11-21", "--json verify").ok().json();
    assert_eq!(checked["head_file"], "the same head as in the ledger");
    assert_eq!(checked["checked"]["entries"], 7);
}

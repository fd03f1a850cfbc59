//! The life of keys as their holders see it: made, admitted, replaced, revoked, doubted.

use serde_json::Value;

use crate::commands::cli::Desk;

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
    let old = desk.owner("2025-10-03", &format!("{log} --again --log-key acme-log"));
    assert_eq!(old.code, 13);
    assert!(old.err.contains("is not the log key of this ledger"), "{}", old.err);
    let checked = desk.run("2026-11-21", "--json verify").ok().json();
    assert_eq!(checked["head_file"], "the same head as in the ledger");
    assert_eq!(checked["checked"]["entries"], 7);
}

/// A contributor's key was compromised: an answer of before, a certificate of after.
fn doubted() -> Desk {
    let desk = Desk::new();
    desk.sign("2025-10-02", "key new clerk").ok();
    desk.owner("2025-10-02", "key admit clerk --role contributor --holder Clerk").ok();
    desk.sign("2025-10-03", &format!("{NOTE} --key clerk")).ok();
    desk.sign("2025-10-04", &format!("{} --key clerk", crate::commands::cli::ISO)).ok();
    let clerk = desk.run("2025-10-04", "--json show 6").ok().json()["by"].clone();
    let clerk = clerk.as_str().unwrap();
    desk.owner("2025-10-05", &format!("key revoke {clerk} --reason stolen --compromised-from 7"))
        .ok();
    desk
}

fn numbers(value: &Value) -> Vec<u64> {
    value.as_array().unwrap().iter().map(|one| one.as_u64().unwrap()).collect()
}

#[test]
fn what_rests_on_a_compromised_key_counts_and_says_so_wherever_it_is_shown() {
    let desk = doubted();
    let log = desk.run("2026-11-21", "log").ok().out;
    let lines: Vec<_> = log.lines().filter(|line| line.contains("DOUBTFUL")).collect();
    assert!(matches!(lines.as_slice(), [one] if one.starts_with("#7")), "{log}");
    assert!(desk.run("2026-11-21", "show 7").ok().out.contains("DOUBTFUL"));
    assert!(!desk.run("2026-11-21", "show 6").ok().out.contains("DOUBTFUL"));
    let status = desk.status("--at 2026-06-30");
    // The certificate counts as before.
    assert_eq!(status["counts"]["all"]["met_by_equivalence"], 15);
    assert_eq!(status["doubtful_items"], 15);
    for one in status["items"].as_array().unwrap() {
        let entries = numbers(&one["entries"]);
        let expected: Vec<u64> = entries.into_iter().filter(|seq| *seq == 7).collect();
        assert_eq!(numbers(&one["doubtful"]), expected);
        assert_eq!(expected.len(), usize::from(one["status"] == "met_by_equivalence"), "{one}");
    }
    let text = desk.run("2026-11-21", "status --at 2026-06-30").ok().out;
    assert!(text.contains("DOUBTFUL: 15 rest on entries of a compromised key"), "{text}");
    assert_eq!(text.matches("DOUBTFUL: key of #7 compromised").count(), 15);
    // As known before the revocation, the answer is the same, and so is the warning.
    let before = desk.status("--at 2026-06-30 --as-known #8");
    assert_eq!(before["counts"], status["counts"]);
    assert_eq!(before["doubtful_items"], 15);
}

#[test]
fn a_reason_that_rests_on_a_doubtful_entry_says_so_however_deep_it_stands() {
    let desk = doubted();
    let why = desk.run("2026-11-21", "--json explain 9.6.1 --at 2026-06-30").ok().json();
    assert_eq!(numbers(&why["doubtful"]), [7]);
    assert_eq!(numbers(&why["finding"]["doubtful"]), [7]);
    let mut nodes: Vec<&Value> = why["because"].as_array().unwrap().iter().collect();
    let mut grounds = 0;
    while let Some(node) = nodes.pop() {
        let rests = numbers(&node["entries"]).contains(&7);
        assert_eq!(numbers(&node["doubtful"]), if rests { vec![7] } else { Vec::new() });
        grounds += usize::from(rests && node["kind"] == "ground");
        nodes.extend(node["children"].as_array().unwrap());
    }
    assert!(grounds > 0, "{why}");
    for depth in ["1", "6"] {
        let command = format!("explain 9.6.1 --at 2026-06-30 --depth {depth}");
        let text = desk.run("2026-11-21", &command).ok().out;
        assert!(text.contains("DOUBTFUL: key of #7 compromised"), "{text}");
    }
    let when = desk.run("2026-11-21", "when 9.6.1 met-by-equivalence").ok().out;
    assert!(when.contains("DOUBTFUL: key of #7 compromised"), "{when}");
    let diff = desk.run("2026-11-21", "diff 2025-10-04 2026-06-30 --a-as-known '#7'").ok().out;
    assert!(diff.contains("DOUBTFUL: key of #7 compromised"), "{diff}");
    // Evidence of before the place that was named is not doubted.
    let sound = desk.run("2026-11-21", "explain 1.1.1 --at 2026-06-30").ok().out;
    assert!(sound.contains("#6") && !sound.contains("DOUBTFUL"), "{sound}");
}

#[test]
fn the_screen_says_what_is_doubtful_too() {
    let desk = doubted();
    let linear = |keys: &str| {
        let path = desk.path("acme").display().to_string();
        let input = desk.write("moves", keys);
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_dspt"))
            .args(["--ledger", &path, "tui", "--linear", "--at", "2026-06-30"])
            .stdin(std::fs::File::open(input).unwrap())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let why = linear("why 9.6.1\nquit\n");
    assert!(why.matches("DOUBTFUL: key of #7 compromised").count() >= 2, "{why}");
    assert!(!linear("why 1.1.1\nquit\n").contains("DOUBTFUL"));
    let history = linear("history\nquit\n");
    assert!(history.contains("DOUBTFUL: LATE: Certificate "), "{history}");
    assert_eq!(history.matches("DOUBTFUL").count(), 1, "{history}");
}

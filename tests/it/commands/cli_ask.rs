//! The log's side of a real conversation with a witness over HTTP.

use std::net::TcpListener;
use std::time::Duration;

use dspt_ledger::ledger::{KeyName, SeedSigner, Sign as _, Vkey, WitnessKey};
use dspt_ledger::witness::serve::{Limits, serve};
use dspt_ledger::witness::{Log, State, Witness};

use crate::commands::cli::Desk;
use crate::commands::cli_proofs::head;

const ANSWER: &str = "record answer 1.1.1 --text registered";
/// 2 December 2025, 10:00 UTC, when everything in these tests is recorded.
const TIME: u64 = 1_764_669_600;

/// A witness on this machine that follows the log of a desk, and its key.
fn served(desk: &Desk, origin: &str) -> (String, WitnessKey) {
    let folder = Box::leak(Box::new(tempfile::tempdir().unwrap()));
    let own: &'static SeedSigner = Box::leak(Box::new(SeedSigner::from_seed(&[3; 32])));
    let key = WitnessKey::new(KeyName::parse("w.example").unwrap(), *own.public());
    let state: &'static State = Box::leak(Box::new(State::create(folder.path(), &key).unwrap()));
    let opened = desk.run("2026-11-21", "--json show 0").ok().json();
    let vkey = Vkey::parse(opened["body"]["log"].as_str().unwrap()).unwrap();
    state.add_log(&Log { origin: origin.to_owned(), vkey }).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let witness = Witness::new(state, own).unwrap();
        let limits = Limits { patience: Duration::from_secs(5) };
        serve(&listener, &witness, limits, &|| TIME, &|_| {});
    });
    (url, key)
}

fn origin(desk: &Desk) -> String {
    head(desk).lines().next().unwrap().to_owned()
}

#[test]
fn what_a_witness_gives_is_recorded_and_the_next_request_goes_on_from_there() {
    let desk = Desk::new();
    let (url, key) = served(&desk, &origin(&desk));
    let ask = format!("--json witness ask {url} --witness {key}");
    let first = desk.owner("2025-12-02", &ask).ok().json();
    assert_eq!(first["first"], 5);
    desk.owner("2025-12-02", ANSWER).ok();
    assert_eq!(desk.owner("2025-12-02", &ask).ok().json()["first"], 7);
    let list = desk.run("2026-11-21", "--json anchor list").ok().json();
    let sizes: Vec<&serde_json::Value> =
        list["anchors"].as_array().unwrap().iter().map(|one| &one["size"]).collect();
    assert_eq!(sizes, [5, 7]);
    desk.run("2026-11-21", "verify").ok();
    // Without recording: the lines alone, by the key that a policy has for the address.
    let policy = desk.write("policy", &format!("witness w {key} {url}/\nquorum w\n"));
    let out = desk.path("lines").display().to_string();
    desk.run("2026-11-21", &format!("witness ask {url} --policy {policy} --out {out}")).ok();
    assert_eq!(desk.entries(), 8);
    assert!(std::fs::read_to_string(&out).unwrap().starts_with("\u{2014} w.example "));
    // The witness has a size now that no anchor here tells of: it is asked once more from there.
    desk.owner("2025-12-02", &format!("{ANSWER} --again")).ok();
    assert_eq!(desk.owner("2025-12-02", &ask).ok().json()["first"], 9);
}

#[test]
fn an_older_copy_and_another_history_get_nothing_and_record_nothing() {
    let desk = Desk::new();
    let (url, key) = served(&desk, &origin(&desk));
    let ask = format!("witness ask {url} --witness {key}");
    let kept = std::fs::read(desk.path("acme/ledger.dspt")).unwrap();
    let beside = desk.path("acme/ledger.dspt").with_extension("dspt.head");
    let kept_head = std::fs::read(&beside).unwrap();
    desk.owner("2025-12-02", ANSWER).ok();
    desk.owner("2025-12-02", &ask).ok();
    std::fs::write(desk.path("acme/ledger.dspt"), &kept).unwrap();
    std::fs::write(&beside, &kept_head).unwrap();
    let older = desk.owner("2025-12-02", &ask);
    assert_eq!((older.code, older.err.contains("DSPT0072")), (1, true), "{}", older.err);
    // Another history as long as the witness's: no proof leads from one to the other.
    desk.owner("2025-12-02", "record answer 1.1.2 --text other").ok();
    desk.owner("2025-12-02", ANSWER).ok();
    let forked = desk.owner("2025-12-02", &ask);
    assert_eq!((forked.code, forked.err.contains("DSPT0043")), (1, true), "{}", forked.err);
    assert!(forked.err.contains("422"), "{}", forked.err);
    assert_eq!(desk.entries(), 7);
}

#[test]
fn a_witness_that_is_not_there_or_is_another_is_not_believed() {
    let desk = Desk::new();
    let (url, key) = served(&desk, &origin(&desk));
    let other = WitnessKey::new(key.name().clone(), *SeedSigner::from_seed(&[4; 32]).public());
    let ended = desk.owner("2025-12-02", &format!("witness ask {url} --witness {other}"));
    assert_eq!((ended.code, ended.err.contains("DSPT0044")), (5, true), "{}", ended.err);
    let (stranger, _) = served(&desk, "ledger.invalid/other/dspt");
    let ended = desk.owner("2025-12-02", &format!("witness ask {stranger} --witness {key}"));
    assert_eq!((ended.code, ended.err.contains("404")), (1, true), "{}", ended.err);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ended = desk.owner("2025-12-02", &format!("witness ask http://{nobody} --witness {key}"));
    assert_eq!(ended.code, 5, "{}", ended.err);
    let ended = desk.owner("2025-12-02", &format!("witness ask ftp://x --witness {key}"));
    assert_eq!(ended.code, 5, "{}", ended.err);
    assert_eq!(desk.entries(), 5);
}

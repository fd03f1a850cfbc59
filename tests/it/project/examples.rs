//! The programs in `examples/`, run.

use std::fs;

use crate::screen::tui::make_demo;

#[path = "../../../examples/check_bundle.rs"]
#[allow(dead_code, reason = "its `main` is called by nobody here")]
mod check_bundle;

#[test]
fn the_example_that_checks_a_bundle_tells_good_from_changed() {
    let folder = tempfile::tempdir().unwrap();
    let demo = folder.path().join("demo");
    make_demo(&demo);
    let bundle = folder.path().join("bundle");
    let (ledger, to) = (demo.join("ledger.dspt"), bundle.to_str().unwrap());
    let args = ["dspt", "--quiet", "--ledger", ledger.to_str().unwrap(), "export", "bundle", to];
    let now = dspt_ledger::domain::date::Timestamp::parse("2026-11-21T10:00:00.000Z").unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    assert_eq!(dspt_ledger::cli::run(args.map(Into::into), now, &mut out, &mut err), 0);
    let policy = folder.path().join("policy");
    let key = "demonstration.invalid/northbridge-health-it/dspt+8fd7657a+AdVCB9oZSXfc9Grb/sK8LnW1LVqKQhhP7f3AACTw4+ja";
    fs::write(&policy, format!("log {key}\nquorum none\n")).unwrap();
    assert_eq!(check_bundle::check(&bundle, &policy).unwrap(), 4, "nobody outside has signed");
    let tile = bundle.join("tile/entries/000.p/106");
    let mut bytes = fs::read(&tile).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&tile, bytes).unwrap();
    assert!(!matches!(check_bundle::check(&bundle, &policy), Ok(0 | 4)), "one bit was changed");
}

//! What a machine lacks, and so is not tested on it: said out loud, never passed over.

use std::io::Write as _;
use std::process::Command;

/// Set where every tool is installed: a test that is left out then fails.
const NOTHING: &str = "DSPT_NOTHING_LEFT_OUT";

/// Says that the running test, or a part of it, is left out, and why. The test harness holds back
/// what a passing test prints, so this goes to standard error itself.
///
/// # Panics
/// Where `DSPT_NOTHING_LEFT_OUT` is set.
#[track_caller]
pub(crate) fn left_out(why: &str) {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("a test");
    assert!(std::env::var_os(NOTHING).is_none(), "{name}: left out: {why}");
    let _ = writeln!(std::io::stderr(), "{name}: left out: {why}");
}

/// Says that a part of a test is left out because it reads files that do not belong to the project and
/// are not on this machine. No tool can be installed for that, so it never fails.
pub(crate) fn not_at_hand(what: &std::path::Path) {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("a test");
    let _ = writeln!(std::io::stderr(), "{name}: left out: there is no {}", what.display());
}

/// Says whether a program can be started; if not, that the test was left out.
#[track_caller]
pub(crate) fn there_is(program: &str, argument: &str) -> bool {
    let there = Command::new(program).arg(argument).output().is_ok();
    if !there {
        left_out(&format!("there is no {program} on this machine"));
    }
    there
}

//! Checks a bundle that somebody gave you, by a policy of your own:
//!
//! ```text
//! cargo run --example check_bundle -- BUNDLE POLICY
//! ```
//!
//! The exit status is 0 where everything is good and the policy's quorum of witnesses has signed, 1 where
//! a rule is broken, 4 where all is good and no quorum was asked for or shown, 3 where a file cannot be
//! read.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]
#![expect(clippy::disallowed_methods, reason = "the reader's own clock, read once")]

use std::path::Path;
use std::process::ExitCode;

use dspt_ledger::domain::date::Timestamp;
use dspt_ledger::ledger::Policy;
use dspt_ledger::verify::bundle::examine_folder;
use dspt_ledger::verify::examine::Trust;
use dspt_ledger::verify::finding::Outcome;
use dspt_ledger::verify::known_heads::Memory;
use dspt_ledger::verify::rule::Phase;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(bundle), Some(policy)) = (args.next(), args.next()) else {
        eprintln!("name a bundle and a policy: check_bundle BUNDLE POLICY");
        return ExitCode::from(2);
    };
    match check(Path::new(&bundle), Path::new(&policy)) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(3)
        }
    }
}

/// Prints every phase; returns the exit status.
pub(crate) fn check(bundle: &Path, policy: &Path) -> Result<u8, Box<dyn std::error::Error>> {
    let policy = Policy::parse(&std::fs::read(policy)?)?;
    let now = jiff::Timestamp::now().as_millisecond();
    let trust = Trust {
        policy: Some(&policy),
        max_age_days: None,
        now: Timestamp::from_millis(now),
        kept: Vec::new(),
        heads: Vec::new(),
        tokens: None,
    };
    let found = examine_folder(bundle, &trust, &Memory::none())?;
    let mut undecided = false;
    for phase in &found.phases {
        let word = match &phase.outcome {
            Outcome::Good => "good",
            Outcome::Bad(_) => "NO",
            Outcome::NotChecked => "not checked",
        };
        undecided |= phase.phase == Phase::Quorum && phase.outcome == Outcome::NotChecked;
        println!("{:<10} {word}: {}", phase.phase, phase.text);
    }
    if let Some(fault) = found.first_fault() {
        println!("first fault: {} at {}: {}", fault.rule, fault.place, fault.text);
        return Ok(1);
    }
    Ok(if undecided { 4 } else { 0 })
}

//! `dspt verify`: checks everything, counts what it checked, names the first fault.

use std::fmt::Write as _;
use std::path::Path;

use clap::Args as ClapArgs;
use serde_json::json;

use super::failure::{Failure, exit};
use super::output::{Output, safe};
use super::question::ledger_path;
use crate::journal::audit::{Audit, audit};
use crate::store::{Guard, Mode, Store};

/// Arguments of `verify`.
#[derive(ClapArgs, Debug)]
pub(super) struct Args {}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when the ledger cannot be read at all; exit status 1 when it was changed, 4 when
/// something in it is newer than this program.
pub(super) fn run(
    _args: &Args,
    path: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let path = ledger_path(path)?;
    let store = Store::open(&path, Mode::Read)?;
    let size = store.size()?;
    let mut shown = 0;
    let outcome = audit(&store, |done| {
        // One line every 50,000 entries: a long check without a number is taken for a hang.
        if done >= shown + 50_000 && !output.quiet {
            shown = done;
            let _ = writeln!(output.err, "checked {done} of {size} entries");
        }
    })?;
    let guard = store.guard()?;
    let (code, text) = report(&outcome, &guard);
    let counts = &outcome.counts;
    let value = json!({
        "ledger": outcome.ledger.as_ref().map(|ledger| ledger.origin.as_str()),
        "answer": match code { exit::YES => "yes", exit::NO => "no", _ => "not_decided" },
        "checked": {
            "entries": counts.entries,
            "signatures": counts.signatures,
            "checkpoints": counts.checkpoints,
            "contents": counts.contents,
        },
        "fault": outcome.finding.as_ref().map(|one| json!({
            "place": one.place.to_string(),
            "rule": one.rule,
            "text": one.text,
        })),
        "undecided": outcome.undecided,
        "head": outcome.ledger.as_ref().map(|ledger| String::from_utf8_lossy(&ledger.head).into_owned()),
        "does_not_prove": NOT_PROVED,
    });
    output.answer("dspt.verify/1", value, &text)?;
    Ok(code)
}

/// What no check of signatures can show.
const NOT_PROVED: [&str; 3] = [
    "that what an entry says is true",
    "that nothing was left out",
    "that the history was not written anew before someone outside kept a head of it",
];

fn report(outcome: &Audit, guard: &Guard) -> (u8, String) {
    let counts = &outcome.counts;
    let nothing = counts.entries == 0 || counts.checkpoints == 0;
    let refused = guard.refuses_writing();
    let (code, word) = match (&outcome.finding, &outcome.undecided) {
        (Some(_), _) => (exit::NO, "NO"),
        (None, Some(_)) => (exit::UNDECIDED, "NOT DECIDED"),
        (None, None) if nothing || refused => (exit::NO, "NO"),
        (None, None) => (exit::YES, "YES"),
    };
    let mut text = format!("Can this history be trusted? {word}\n");
    if let Some(ledger) = &outcome.ledger {
        let _ = writeln!(text, "  ledger       {}", ledger.origin.as_str());
    }
    let _ = writeln!(
        text,
        "  entries      {} good: form, place, tree, key, signature, id",
        counts.entries
    );
    let _ =
        writeln!(text, "  signatures   {} good, each strictly and by itself", counts.signatures);
    let _ = writeln!(text, "  checkpoints  {} good: signature, size, root", counts.checkpoints);
    let _ = writeln!(text, "  contents     {} good: hashed again", counts.contents);
    if let Some(finding) = &outcome.finding {
        let _ = writeln!(
            text,
            "First fault: {}\n  rule   {}\n  found  {}",
            finding.place,
            finding.rule,
            safe(&finding.text)
        );
        let good = counts
            .entries
            .checked_sub(1)
            .map_or_else(|| "nothing".to_owned(), |last| format!("entries #0 to #{last}"));
        let _ = writeln!(text, "  good   {good}");
        text.push_str(
            "  It is proven that the file is not what its keys signed. Nothing was repaired.\n",
        );
        text.push_str(
            "  Keep this file, and compare it with another copy or a head that someone kept.\n",
        );
    } else if let Some(why) = &outcome.undecided {
        let _ = writeln!(text, "Not decided: {}", safe(why));
    } else if nothing {
        text.push_str("Nothing was there to check, and that is not a yes.\n");
    } else if let Guard::FileAhead { .. } | Guard::Differs { .. } = guard {
        text.push_str("The head file beside the ledger is not of this ledger as it is: an older copy was put back, or two histories were signed.\n");
    }
    if let Some(ledger) = outcome.ledger.as_ref().filter(|_| code == exit::YES) {
        let _ = writeln!(
            text,
            "Head, to compare with one that you kept:\n{}",
            indent(&String::from_utf8_lossy(&ledger.head))
        );
    }
    let _ = writeln!(text, "This does not prove:");
    for one in NOT_PROVED {
        let _ = writeln!(text, "  - {one}");
    }
    (code, text)
}

fn indent(text: &str) -> String {
    text.trim_end().lines().map(|line| ["  ", line].concat()).collect::<Vec<_>>().join("\n")
}

//! `dspt verify`: checks everything, counts what it checked, names the first fault.

use std::fmt::Write as _;
use std::path::Path;

use clap::Args as ClapArgs;
use serde_json::json;

use super::failure::{Failure, exit};
use super::output::{Output, safe};
use super::question::ledger_path;
use crate::domain::replay::replay;
use crate::journal::audit::{Audit, Finding, audit};
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
    let report = Report::of(&outcome, &guard);
    let (code, text) = (report.code, report.text(&outcome));
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
        "undecided": report.undecided,
        "head_file": report.head_file,
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

/// What an audit and the head file together say.
struct Report {
    code: u8,
    undecided: Option<String>,
    head_file: &'static str,
    nothing: bool,
}

impl Report {
    fn of(outcome: &Audit, guard: &Guard) -> Self {
        let counts = &outcome.counts;
        let nothing = counts.entries == 0 || counts.checkpoints == 0;
        let undecided = outcome.undecided.clone().or_else(|| unreadable(outcome));
        let code = if outcome.finding.is_some() || nothing || guard.refuses_writing() {
            exit::NO
        } else if undecided.is_some() {
            exit::UNDECIDED
        } else {
            exit::YES
        };
        Self { code, undecided, head_file: head_file(guard), nothing }
    }

    fn text(&self, outcome: &Audit) -> String {
        let word = match self.code {
            exit::YES => "YES",
            exit::NO => "NO",
            _ => "NOT DECIDED",
        };
        let mut text = format!("Can this history be trusted? {word}\n");
        text.push_str(&counts_text(outcome));
        let _ = writeln!(text, "  head file    {}", self.head_file);
        if let Some(finding) = &outcome.finding {
            text.push_str(&fault_text(finding, outcome.counts.entries));
        } else if let Some(why) = &self.undecided {
            let _ = writeln!(text, "Not decided: {}", safe(why));
        } else if self.nothing {
            text.push_str("Nothing was there to check, and that is not a yes.\n");
        }
        if let Some(ledger) = outcome.ledger.as_ref().filter(|_| self.code == exit::YES) {
            let head = String::from_utf8_lossy(&ledger.head);
            let _ = writeln!(text, "Head, to compare with one that you kept:\n{}", indent(&head));
        }
        text.push_str("This does not prove:\n");
        for one in NOT_PROVED {
            let _ = writeln!(text, "  - {one}");
        }
        text
    }
}

/// Why entries that verify can still not be replayed; none when they can.
fn unreadable(outcome: &Audit) -> Option<String> {
    let ledger = outcome.ledger.as_ref().filter(|_| outcome.finding.is_none())?;
    let failed = replay(&ledger.facts, &ledger.contents, u64::MAX).err()?;
    Some(format!("the entries are what their keys signed, but {failed}"))
}

fn head_file(guard: &Guard) -> &'static str {
    match guard {
        Guard::NoHead => "none, and no head in the ledger",
        Guard::Equal { .. } => "the same head as in the ledger",
        Guard::FileBehind { .. } => "an earlier head of the same history; the next write renews it",
        Guard::Missing { .. } => "missing: an older copy put back could not be noticed",
        Guard::FileAhead { .. } => {
            "NEWER than the ledger: an older copy of the ledger was put back"
        }
        Guard::Differs { .. } => "of ANOTHER history: this is another ledger, or two were signed",
        Guard::Unreadable => "NOT a signed head: it was damaged or replaced",
    }
}

fn counts_text(outcome: &Audit) -> String {
    let (counts, mut text) = (&outcome.counts, String::new());
    if let Some(ledger) = &outcome.ledger {
        let _ = writeln!(text, "  ledger       {}", ledger.origin.as_str());
    }
    for (what, count, how) in [
        ("entries", counts.entries, "form, place, tree, key, signature, id"),
        ("signatures", counts.signatures, "each strictly and by itself"),
        ("checkpoints", counts.checkpoints, "signature, size, root"),
        ("contents", counts.contents, "hashed again"),
    ] {
        let _ = writeln!(text, "  {what:<11}  {count} good: {how}");
    }
    text
}

fn fault_text(finding: &Finding, good: u64) -> String {
    let good = match good.checked_sub(1) {
        Some(last) => format!("entries #0 to #{last}"),
        None => "nothing".to_owned(),
    };
    format!(
        "First fault: {}\n  rule   {}\n  found  {}\n  good   {good}\n\
         It is proven that the file is not what its keys signed. Nothing was repaired.\n\
         Keep this file, and compare it with another copy or a head that someone kept.\n",
        finding.place,
        finding.rule,
        safe(&finding.text)
    )
}

fn indent(text: &str) -> String {
    text.trim_end().lines().map(|line| ["  ", line].concat()).collect::<Vec<_>>().join("\n")
}

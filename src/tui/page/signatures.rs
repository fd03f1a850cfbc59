//! Whether the history can be trusted, line by line: the first problem, the phases of the check, who
//! outside saw it and when, who signed, and how to check it without this program.

use super::super::book::Library;
use super::super::model::Model;
use super::super::trust::{Dated, NOT_PROVED_LIST, Report};
use super::super::width::grouped;
use crate::domain::anchor::{Intervals, Outsider};
use crate::domain::day::Instant;
use crate::domain::refs::KeyId;
use crate::domain::role::AdmittedKey;

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is about; the whole text of a heading.
    pub name: String,
    /// In a word or two.
    pub state: String,
    /// The rest.
    pub text: String,
    /// All of it, when it is opened; nothing for a heading.
    pub details: Vec<String>,
    /// The entry that it is about.
    pub entry: Option<u64>,
}

/// Heads shown; the rest is in `dspt verify --json`.
const DATED_MAX: usize = 100;

fn line(name: &str, state: &str, text: impl Into<String>) -> Line {
    let text = text.into();
    let details = vec![name.to_owned(), state.to_owned(), text.clone()];
    Line { name: name.to_owned(), state: state.to_owned(), text, details, entry: None }
}

fn heading(text: &str) -> Line {
    let (state, text_of, details) = (String::new(), String::new(), Vec::new());
    Line { name: text.to_owned(), state, text: text_of, details, entry: None }
}

/// Returns every line of the screen.
pub fn lines(model: &Model) -> Vec<Line> {
    let (trust, library) = (&model.trust, &model.library);
    let mut all = Vec::new();
    let report = trust.report.as_ref().filter(|_| trust.running.is_none());
    if let Some(failed) = &trust.failed {
        all.push(line("failed", "[!] NO", failed));
    }
    if let Some(report) = report {
        problem(report, &mut all);
    }
    all.extend(trust.phases().iter().map(|one| line(&one.name, one.state.word(), &one.text)));
    if let Some(report) = report {
        outside(report, &mut all);
    }
    all.push(heading("Who signed"));
    all.extend(library.source.roster.keys().map(|(id, one)| key(library, id, one)));
    all.push(heading("Log key and head"));
    if let Some(report) = report {
        for (number, vkey) in report.log.iter().enumerate() {
            let state = if number + 1 == report.log.len() { "signs now" } else { "before" };
            all.push(line("log key", state, vkey));
        }
    }
    // Lines 2 and 3 of a checkpoint are size and root of the tree (C2SP tlog-checkpoint).
    let mut head = library.source.head.lines().skip(1);
    let size = format!("{} entries", head.next().unwrap_or("0"));
    all.push(line("the head", &size, format!("root {}", head.next().unwrap_or_default())));
    all.push(heading("Check it yourself"));
    all.extend(commands(model).into_iter().map(|(what, text)| line(what, "run", text)));
    all.push(heading("This does prove: who signed what, in which order, unchanged since"));
    all.push(heading("This does not prove:"));
    all.extend(NOT_PROVED_LIST.iter().map(|one| heading(&format!("- {one}"))));
    all
}

fn problem(report: &Report, all: &mut Vec<Line>) {
    if let Some(fault) = &report.fault {
        all.push(heading("First problem"));
        all.push(line("where", &fault.place, &fault.rule));
        all.push(line("found", "", &fault.text));
        all.push(line("means", "", &fault.means));
        all.push(line("good", "", report.good_until()));
        let todo = "do not write to this ledger; compare it with another copy, or with a head \
                    that someone kept. Nothing was repaired";
        all.push(line("to do", "", todo));
    }
    for one in report.findings.iter().skip(1) {
        all.push(line("finding", &one.place, format!("{}: {}", one.rule, one.text)));
    }
    if let Some(why) = &report.undecided {
        all.push(line("undecided", "", why));
    }
}

fn outside(report: &Report, all: &mut Vec<Line>) {
    all.push(heading("Seen from outside"));
    let intervals = &report.intervals;
    let (Some(first), Some(last)) = (intervals.first(), intervals.last()) else {
        let text = "nobody believed dated a head; until somebody keeps one, all of it could be \
                    written anew";
        all.push(line("witnesses", "none", text));
        dated(report, all);
        return;
    };
    all.push(line("first", "", first.london_text()));
    all.push(line("last", "", last.london_text()));
    if let Some((from, until)) = intervals.longest_gap() {
        let hours = (until.millis() - from.millis()) / 3_600_000;
        let text = format!("{} days {} hours, from {}", hours / 24, hours % 24, from.london_text());
        all.push(line("longest", "gap", text));
    }
    dated(report, all);
}

fn dated(report: &Report, all: &mut Vec<Line>) {
    let count = report.dated.len();
    all.extend(report.dated.iter().rev().take(DATED_MAX).map(dated_line));
    if let Some(more) = count.checked_sub(DATED_MAX).filter(|more| *more > 0) {
        all.push(line("older", "", format!("{more} more: dspt verify --json")));
    }
}

fn dated_line(one: &Dated) -> Line {
    let anchor = &one.anchor;
    let name = anchor.seq.map_or_else(|| "head".to_owned(), |seq| format!("#{seq}"));
    let state = if one.believed { "believed" } else { "not believed" };
    let who = match anchor.outsider {
        Outsider::Witness => "witness",
        Outsider::Authority => "authority",
    };
    let (at, size) = (anchor.at.london_text(), grouped(anchor.size));
    let mut made =
        line(&name, state, format!("{at}, the first {size} entries, {who} {}", anchor.name()));
    made.details = vec![
        anchor.seq.map_or_else(
            || "recorded   by no entry".to_owned(),
            |seq| format!("recorded   by entry #{seq}"),
        ),
        format!("covers     the first {size} entries"),
        format!("dated      {at}"),
        format!("by         {who} {}", anchor.by),
        state.to_owned(),
    ];
    made.entry = anchor.seq;
    made
}

fn key(library: &Library, id: &KeyId, one: &AdmittedKey) -> Line {
    let state = match (one.compromised_from, one.revoked) {
        (Some(_), _) => "compromised",
        (None, Some(_)) => "retired",
        (None, None) => "in use",
    };
    let signed = grouped(library.signed.get(id).copied().unwrap_or_default());
    let start: String = id.as_str().trim_start_matches("SHA256:").chars().take(9).collect();
    let mut made = line(&start, state, format!("{}, {}, {signed} entries", one.holder, one.role));
    made.details = vec![
        format!("holder     {}", one.holder),
        format!("role       {}", one.role),
        format!("key        {id}"),
        format!("public     {}", one.key),
        format!("signed     {signed} entries"),
        format!("admitted   by entry #{}", one.admitted),
        one.revoked.map_or(state.to_owned(), |seq| format!("revoked by entry #{seq}")),
    ];
    made
}

/// The commands that check it: with this program, with another, and the head alone.
pub fn commands(model: &Model) -> Vec<(&'static str, String)> {
    let (ledger, trust) = (&model.library.source.flag, &model.trust);
    let with = |words: &str, more: &str| {
        let parts = ["dspt", ledger, words, more];
        parts.into_iter().filter(|one| !one.is_empty()).collect::<Vec<_>>().join(" ")
    };
    let newest = trust.report.as_ref().and_then(|report| report.log.last());
    let vkey = newest.map_or("VKEY", String::as_str);
    let flags = &trust.flags;
    let policy = if flags.is_empty() { "--policy FILE" } else { flags };
    vec![
        ("here", with("verify", flags)),
        ("bundle", with("export bundle DIR", "")),
        ("apart", format!("python3 DIR/verify.py DIR {policy}")),
        ("head only", format!("dspt check checkpoint --checkpoint DIR/checkpoint --vkey '{vkey}'")),
    ]
}

/// When an entry was written, as far as somebody outside can say.
pub fn written(intervals: Option<&Intervals>, seq: u64) -> String {
    let Some(intervals) = intervals else {
        return "the check has not ended".to_owned();
    };
    let interval = intervals.of(seq);
    let text = Instant::london_text;
    match (interval.after, interval.before) {
        (None, None) => "nobody outside says when".to_owned(),
        (Some(after), None) => format!("after {}", text(after)),
        (None, Some(before)) => format!("by {}", text(before)),
        (Some(after), Some(before)) => format!("after {}, by {}", text(after), text(before)),
    }
}

//! A verdict as `dspt verify` prints it, and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::cli::output::safe;
use crate::domain::belief::{Answer, NOT_PROVED};
use crate::domain::state::anchor::Intervals;
use crate::verify::examine::Examination;
use crate::verify::finding::{Finding, Outcome};
use crate::verify::rule::Phase;
use crate::verify::verdict::Verdict;

/// The answer as people read it.
pub(super) fn text(verdict: &Verdict<'_>) -> String {
    let (found, audit) = (verdict.found, &verdict.found.audit);
    let word = match verdict.answer {
        Answer::Yes => verdict.belief().verdict(),
        Answer::No => "NO".to_owned(),
        Answer::NotDecided => "NOT DECIDED".to_owned(),
    };
    let mut text = format!("Can this history be trusted? {word}\n");
    if let Some((origin, _)) = &found.about {
        let _ = writeln!(text, "  {:<10}  {origin}", "ledger");
    }
    for phase in found.phases.iter().chain(&verdict.head_file) {
        let said = match phase.outcome {
            Outcome::Good => "good",
            Outcome::Bad(_) => "NO",
            Outcome::NotChecked => "not checked",
        };
        let _ = writeln!(text, "  {:<10}  {said}: {}", phase.phase, safe(&phase.text));
    }
    for remark in &found.remarks {
        let (place, said) = (&remark.place, safe(&remark.text));
        let _ = writeln!(text, "Remark: {place}: {}: {said}", remark.rule);
    }
    for finding in &found.findings {
        let (place, said) = (&finding.place, safe(&finding.text));
        let _ = writeln!(text, "Finding: {place}: {}: {said}", finding.rule);
    }
    if let Some(finding) = verdict.fault() {
        text.push_str(&fault_text(finding, audit.counts.entries));
    } else if let Some(why) = &verdict.undecided {
        let _ = writeln!(text, "Not decided: {}", safe(why));
    }
    if let Some((_, head)) = found.about.as_ref().filter(|_| verdict.answer != Answer::No) {
        let head = String::from_utf8_lossy(head);
        let _ = writeln!(text, "Head, to compare with one that you kept:\n{}", indent(&head));
    }
    text + &witnessed(&found.intervals, found)
}

/// The same as `dspt.verify/1`.
pub(super) fn json(verdict: &Verdict<'_>) -> Value {
    let (found, audit) = (verdict.found, &verdict.found.audit);
    let counts = &audit.counts;
    let phases = found.phases.iter().map(|phase| {
        let outcome = match phase.outcome {
            Outcome::Good => "good",
            Outcome::Bad(_) => "bad",
            Outcome::NotChecked => "not_checked",
        };
        json!({ "name": phase.phase.name(), "outcome": outcome, "text": phase.text })
    });
    let intervals = &found.intervals;
    let gap = intervals.longest_gap().map(|(from, to)| (to.millis() - from.millis()) / 1_000);
    let anchors = found.anchors.iter().map(|anchor| {
        json!({
            "entry": anchor.seq,
            "size": anchor.size,
            "time": anchor.at.to_string(),
            "by": anchor.by,
        })
    });
    json!({
        "ledger": found.about.as_ref().map(|(origin, _)| origin),
        "answer": verdict.answer.json(),
        "belief": verdict.belief().json(),
        "checked": {
            "entries": counts.entries,
            "signatures": counts.signatures,
            "checkpoints": counts.checkpoints,
            "contents": counts.contents,
            "withheld": counts.withheld,
        },
        "phases": phases.collect::<Vec<_>>(),
        "fault": verdict.fault().map(fault_json),
        "findings": found.findings.iter().map(fault_json).collect::<Vec<_>>(),
        "remarks": found.remarks.iter().map(fault_json).collect::<Vec<_>>(),
        "undecided": verdict.undecided,
        "head_file": verdict.head_file.as_ref().map(|one| &one.text),
        "head": found.about.as_ref().map(|(_, head)| String::from_utf8_lossy(head).into_owned()),
        "anchors": anchors.collect::<Vec<_>>(),
        "witnessed": {
            "first": intervals.first().map(|at| at.to_string()),
            "last": intervals.last().map(|at| at.to_string()),
            "longest_gap_seconds": gap,
        },
        "does_not_prove": NOT_PROVED,
    })
}

/// What no check of signatures can show, as people read it.
pub(super) fn not_proved() -> String {
    let lines = NOT_PROVED.iter().map(|one| format!("  - {one}\n"));
    std::iter::once("This does not prove:\n".to_owned()).chain(lines).collect()
}

pub(super) fn fault_json(finding: &Finding) -> Value {
    json!({ "place": finding.place.to_string(), "rule": finding.rule.name(), "text": finding.text })
}

/// Who outside saw the ledger, from when to when, and how long nobody looked.
fn witnessed(intervals: &Intervals, found: &Examination) -> String {
    let (Some(first), Some(last)) = (intervals.first(), intervals.last()) else {
        return "Outside witnesses: none. Until somebody outside keeps a head, all of it could be \
                written anew.\n"
            .to_owned();
    };
    let gap = intervals.longest_gap().map_or_else(String::new, |(from, to)| {
        let hours = (to.millis() - from.millis()) / 3_600_000;
        format!(", longest gap {} days {} hours (from {from})", hours / 24, hours % 24)
    });
    let chosen =
        found.phases.iter().any(|one| one.phase == Phase::Policy && one.outcome == Outcome::Good);
    let whose = if chosen { "of your policy" } else { "that the ledger names" };
    format!("Outside witnesses {whose}: first {first}, last {last}{gap}\n")
}

pub(super) fn fault_text(finding: &Finding, good: u64) -> String {
    let good = match good.checked_sub(1) {
        Some(last) => format!("entries #0 to #{last}"),
        None => "nothing".to_owned(),
    };
    format!(
        "First fault: {}\n  rule   {}\n  found  {}\n  good   {good}\n  means  {}\n\
         Nothing was repaired. Keep this copy, and compare it with another, or with a head that \
         someone kept.\n",
        safe(&finding.place.to_string()),
        finding.rule,
        safe(&finding.text),
        finding.rule.meaning()
    )
}

fn indent(text: &str) -> String {
    text.trim_end().lines().map(|line| ["  ", line].concat()).collect::<Vec<_>>().join("\n")
}

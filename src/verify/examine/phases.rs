//! What an audit and a replay say, phase by phase.

use std::collections::BTreeSet;

use crate::domain::event::Event;
use crate::domain::sanitize::counted;
use crate::domain::state::{Fact, ReplayError, State};
use crate::domain::statement::premature_confirmation::verdicts_before_grounds;
use crate::verify::audit::{Audit, Ledger};
use crate::verify::finding::{Finding, PhaseResult, Place};
use crate::verify::published::{self, Outcome as Reproduced};
use crate::verify::rule::{Phase, Rule};

/// Why something was not checked: it needs entries that were not read.
pub(super) const BEFORE: &str = "a fault stands before it";

/// Whether not all entries were read: then later ones may name other keys, and their root is not
/// known. What is found wrong with heads and contents comes after all entries.
pub(super) fn stopped(audit: &Audit) -> bool {
    cut(audit) || audit.undecided.is_some()
}

/// Whether not all entries have a known leaf hash. One that is newer than this program has.
pub(super) fn cut(audit: &Audit) -> bool {
    let entry = |finding: &Finding| matches!(finding.place, Place::Entry(_));
    let unread = audit.undecided.is_some() && audit.counts.beyond == 0;
    audit.finding.as_ref().is_some_and(entry) || unread
}

/// Why the newest head was not checked: its key may be one that this program does not know of.
const UNSIGNED: &str = "no log key that is known signed the newest head; an entry that is newer than \
                        this program may have put another in its place";

/// Whether there is a head, signed as it must be.
pub(super) fn signed_head(audit: &Audit) -> PhaseResult {
    if let Some(finding) = part_of(audit, Phase::Head) {
        return PhaseResult::bad(Phase::Head, finding.clone());
    }
    let Some(ledger) = &audit.ledger else {
        return PhaseResult::not_checked(Phase::Head, "nothing could be believed");
    };
    if audit.finding.is_some() || cut(audit) {
        return PhaseResult::not_checked(Phase::Head, BEFORE);
    }
    if audit.unopened {
        return PhaseResult::not_checked(Phase::Head, UNSIGNED);
    }
    let (count, newest) = (audit.counts.checkpoints, ledger.log.newest());
    if count == 0 {
        let text = "there is no signed head".to_owned();
        return PhaseResult::bad(Phase::Head, Finding::in_file("the head", Rule::Checkpoint, text));
    }
    let text = format!("{}, the newest by {newest}", counted(count, "signed head"));
    PhaseResult::good(Phase::Head, text)
}

/// The fault of an audit, if it belongs to a phase.
pub(super) fn part_of(audit: &Audit, phase: Phase) -> Option<&Finding> {
    audit.finding.as_ref().filter(|finding| finding.rule.phase() == phase)
}

/// The phases that an audit consists of.
pub(super) fn audited(audit: &Audit) -> Vec<PhaseResult> {
    let counts = &audit.counts;
    let withheld = match counts.withheld {
        0 => String::new(),
        count => format!("; {count} withheld"),
    };
    let anchors = audit.ledger.as_ref().map_or(0, |ledger| ledger.anchors.len());
    let all = [
        (
            Phase::Entries,
            format!(
                "{} entries: form, place, key, id; {} signatures",
                counts.entries, counts.signatures
            ),
        ),
        (
            Phase::Root,
            format!("the tree over {} is the one signed", counted(counts.entries, "entry")),
        ),
        (Phase::Anchors, format!("{} in the ledger", counted(anchors, "dated head"))),
        (Phase::Content, format!("{} stored contents, hashed again{withheld}", counts.contents)),
    ];
    let mut stopped = false;
    let mut phases = Vec::new();
    let newer = audit.undecided.is_some() && !cut(audit);
    for (phase, text) in all {
        let at_fault = part_of(audit, phase);
        phases.push(match at_fault {
            Some(finding) => PhaseResult::bad(phase, finding.clone()),
            None if stopped => PhaseResult::not_checked(phase, "the first fault stands before it"),
            None if newer => beyond(audit, phase, &text),
            None if phase == Phase::Entries && counts.entries == 0 && audit.undecided.is_some() => {
                let why = audit.undecided.clone().unwrap_or_default();
                PhaseResult::not_checked(phase, format!("nothing could be read: {why}"))
            }
            // Entries that are there under no head, or gone from under one, are told of the tree.
            None if phase == Phase::Entries && counts.entries == 0 => {
                if part_of(audit, Phase::Root).is_some() {
                    PhaseResult::not_checked(phase, "no entry stands under a signed head")
                } else {
                    let text = "it holds no entry, so there is nothing to believe".to_owned();
                    PhaseResult::bad(
                        phase,
                        Finding::in_file("the ledger", Rule::MissingEntry, text),
                    )
                }
            }
            // Heads are checked before contents, and a fault ends the check.
            None if phase == Phase::Content && part_of(audit, Phase::Head).is_some() => {
                PhaseResult::not_checked(phase, "the first fault stands before it")
            }
            None => PhaseResult::good(phase, text),
        });
        stopped = stopped
            || at_fault.is_some()
            || (phase == Phase::Entries && audit.undecided.is_some() && !newer);
    }
    phases
}

/// A phase of a ledger with entries that are newer than this program: the tree needs no knowledge of
/// what they mean; the other phases were gone through as far as it is known.
fn beyond(audit: &Audit, phase: Phase, text: &str) -> PhaseResult {
    let counts = &audit.counts;
    if phase == Phase::Root && audit.unopened {
        PhaseResult::not_checked(phase, UNSIGNED)
    } else if phase == Phase::Root {
        let all = counted(counts.entries + counts.beyond, "entry");
        PhaseResult::good(phase, format!("the tree over {all} is the one signed"))
    } else if phase == Phase::Entries {
        let more = counted(counts.beyond, "entry");
        let text = format!(
            "{text}; of {more} from there on form, place, order and the signatures of known keys"
        );
        PhaseResult::not_checked(phase, text)
    } else {
        PhaseResult::not_checked(phase, format!("{text}, as far as what is newer is known"))
    }
}

pub(super) fn replayed(
    state: Option<&Result<State, ReplayError>>,
    findings: &[Finding],
) -> PhaseResult {
    if let Some(first) = findings.first() {
        return PhaseResult::bad(Phase::Replay, first.clone());
    }
    match state {
        None => PhaseResult::not_checked(Phase::Replay, BEFORE),
        Some(Ok(state)) => PhaseResult::good(
            Phase::Replay,
            format!("{} entries, to every status; no finding", state.size),
        ),
        Some(Err(error)) => PhaseResult::not_checked(Phase::Replay, error.to_string()),
    }
}

/// What signatures alone do not show, by rising place; what needs a replay only with its state.
pub(super) fn findings(
    ledger: &Ledger,
    outside: Vec<Finding>,
    state: Option<&State>,
) -> Vec<Finding> {
    let mut found = outside;
    if let Some(state) = state {
        let early = verdicts_before_grounds(state, &ledger.facts, &ledger.contents);
        let early = early.unwrap_or_default();
        found.extend(early.into_iter().map(|(seq, text)| Finding {
            place: Place::Entry(seq),
            rule: Rule::VerdictBeforeGrounds,
            text,
        }));
    }
    found.extend(ledger.facts.iter().filter_map(|fact| published(ledger, fact)));
    let mut seen = BTreeSet::new();
    found.retain(|one| seen.insert((one.place.to_string(), one.rule)));
    found.sort_by_key(|one| match one.place {
        Place::Entry(seq) => seq,
        Place::Checkpoint(_) | Place::Content(_) | Place::File(_) => u64::MAX,
    });
    found
}

/// What is wrong with a statement that was given out; none for another event, and where the
/// statement itself was withheld.
fn published(ledger: &Ledger, fact: &Fact) -> Option<Finding> {
    let Event::StatementPublished(event) = &fact.event else { return None };
    let finding = |rule, text| Some(Finding { place: Place::Entry(fact.seq), rule, text });
    if event.size > fact.seq {
        let text = format!("it speaks of {} entries, {} stand before it", event.size, fact.seq);
        return finding(Rule::StatementDiffers, text);
    }
    if published::root_at(ledger, event.size).is_none_or(|root| root.base64() != event.root) {
        let text = format!("the first {} entries have another root", event.size);
        return finding(Rule::StatementDiffers, text);
    }
    let named = fact.subjects.iter().find(|one| one.name == published::NAME);
    let Some(named) = named else {
        return finding(Rule::StatementDiffers, "it comes without a statement".to_owned());
    };
    let bytes = ledger.contents.get(&named.sha256)?;
    if let Some(text) = published::differs(event, bytes) {
        return finding(Rule::StatementDiffers, text);
    }
    match published::reproduce(ledger, bytes) {
        // What this version cannot make again, or cannot for want of content, is not decided here.
        Ok(Reproduced::Same | Reproduced::AsPrinted(_) | Reproduced::Newer(_)) | Err(_) => None,
        Ok(Reproduced::Differs(places)) => {
            let first = places.first().map_or_else(String::new, |one| one.place.clone());
            let text = format!("the entries give another one in {} places: {first}", places.len());
            finding(Rule::StatementNotReproduced, text)
        }
        Ok(Reproduced::Not(why)) => finding(Rule::StatementNotReproduced, why),
    }
}

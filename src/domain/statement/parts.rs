//! Parts of a statement that are made from values alone: the standing with its counts, what is
//! known from outside, and what nothing of it proves. As in `statement.rs`, its words are part of
//! the format.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::asked::Seen;
use crate::domain::date::{Date, Timestamp};
use crate::domain::engine::item_status::{ItemStatus, Status};
use crate::domain::engine::standing::{Counts, Verdict};
use crate::domain::event::standing::Standing;
use crate::domain::state::known::Certificate;

/// How a certificate stands on a day, and the entry that ended or suspended it.
pub(in crate::domain) fn state_on(
    certificate: &Certificate,
    on: Date,
) -> (&'static str, Option<u64>) {
    let record = &certificate.record;
    let withdrawn = certificate.withdrawn.iter().find(|one| one.what.from <= on);
    let suspended = certificate
        .suspended
        .iter()
        .find(|one| one.what.from <= on && one.what.until.is_none_or(|until| on <= until));
    match (withdrawn, suspended) {
        _ if on < record.valid_from => ("not_yet_valid", None),
        (Some(one), _) => ("withdrawn", Some(one.newest())),
        _ if certificate.until < on => ("expired", None),
        (None, Some(one)) => ("suspended", Some(one.newest())),
        (None, None) => ("in_force", None),
    }
}

/// The standing, its reasons and its counts.
pub(in crate::domain) fn standing(verdict: &Verdict, stands: &[ItemStatus<'_>]) -> Value {
    let counts = Counts::of(stands);
    let (in_place, mandatory) = counts.mandatory_in_place();
    let missing = verdict
        .missing_items
        .iter()
        .map(|(item, status)| json!({ "item": item.item.as_str(), "status": status.json() }));
    json!({
        "status": verdict.standing.json(),
        "reasons": standing_reasons(verdict, in_place, mandatory),
        "counts": by_status(&counts.all),
        "mandatory_counts": by_status(&counts.mandatory),
        "mandatory_in_place": in_place,
        "mandatory_total": mandatory,
        "missing_items": missing.collect::<Vec<_>>(),
        "unconfirmed_assertions":
            verdict.unconfirmed.iter().map(|one| one.assertion.as_str()).collect::<Vec<_>>(),
        "not_applicable":
            verdict.not_applicable.iter().map(|one| one.item.as_str()).collect::<Vec<_>>(),
        "cyber_essentials_plus":
            verdict.cyber_essentials_plus.iter().collect::<BTreeSet<_>>(),
    })
}

fn by_status(counts: &BTreeMap<Status, u64>) -> BTreeMap<&'static str, u64> {
    let count = |one: &Status| counts.get(one).copied().unwrap_or_default();
    Status::ALL.iter().map(|one| (one.json(), count(one))).collect()
}

fn standing_reasons(verdict: &Verdict, in_place: u64, mandatory: u64) -> Vec<String> {
    let mut reasons = vec![format!("{in_place} of {mandatory} mandatory items are in place")];
    reasons.push(match verdict.unconfirmed.len() {
        0 => "every assertion that holds a mandatory item is confirmed".to_owned(),
        count => format!("assertions with a mandatory item that are not confirmed: {count}"),
    });
    if !verdict.not_applicable.is_empty() {
        reasons.push(format!(
            "mandatory items in place for a recorded reason why they do not apply: {}",
            verdict.not_applicable.len()
        ));
    }
    match verdict.standing {
        Standing::StandardsExceeded => reasons.push(
            "a current Cyber Essentials Plus certificate covers all that processes health and \
             care data"
                .to_owned(),
        ),
        Standing::StandardsMet => reasons
            .push("no current Cyber Essentials Plus certificate covers the whole scope".to_owned()),
        Standing::StandardsNotMet => {}
    }
    reasons
}

/// What is known from outside about the time of the entries.
pub(in crate::domain) fn witnessed(seen: &[Seen], size: u64) -> Value {
    let among: BTreeSet<Seen> = seen.iter().filter(|one| one.seq < size).copied().collect();
    let times: Vec<Timestamp> = among.iter().map(|one| one.at).collect();
    let gaps = times.windows(2).filter_map(|pair| match pair {
        [one, next] => Some((next.millis() - one.millis()) / 1_000),
        _ => None,
    });
    let covered = among.iter().map(|one| one.size).max().unwrap_or_default();
    json!({
        "anchors": among.iter().map(|one| one.seq).collect::<BTreeSet<_>>().len(),
        "first": times.first().map(Timestamp::to_string),
        "last": times.last().map(Timestamp::to_string),
        "longest_gap_seconds": gaps.max(),
        "entries_covered": covered,
        "entries_not_covered": size.saturating_sub(covered),
    })
}

/// What no signature and no proof shows: `docs/FORMAT.md`, section 11.
pub(in crate::domain) const DOES_NOT_PROVE: [&str; 8] = [
    "that what an entry says is true",
    "that nothing was left out: an event that was never recorded leaves no trace",
    "when something was recorded, beyond what witnesses outside bound: the times of entries are \
     claims",
    "the history before the first witness outside, which whoever held the keys could have written \
     anew",
    "that there is one history: two readers who never compare heads can be shown two ledgers",
    "who held a key when it signed",
    "that a file is genuine: a digest binds its bytes, not what it says",
    "that NHS England accepts this standing: it is the organisation's own, and Approaching \
     Standards is granted by NHS England alone",
];

//! How far a ledger can be believed, out of what verification found: the only place that makes a
//! [`Belief`] of an audit, an examination or an open ledger.

use super::audit::Audit;
use super::examine::Examination;
use super::finding::{Finding, Outcome, Place};
use super::rule::Phase;
use crate::domain::belief::{Belief, Grade, head_of};

/// Why a history under the reader's own policy is no more than consistent.
const UNWATCHED: &str = "by the log key of your policy, which asks no witness, so that nothing is \
                         proven against those who hold the keys";

/// Of an audit alone; `signed` says whether signatures were checked.
pub fn of_audit<F>(audit: &Audit<F>, signed: bool) -> Belief {
    let grade = match (&audit.finding, &audit.undecided) {
        (Some(_), _) => Grade::Broken,
        (None, Some(_)) => Grade::NotDecided,
        (None, None) if signed => Grade::Consistent,
        (None, None) => Grade::Unchecked,
    };
    let head = audit.ledger.as_ref().and_then(|ledger| head_of(&ledger.head));
    Belief {
        grade,
        entries: audit.counts.entries,
        all: is_whole(audit),
        given_out: false,
        remembered: audit.counts.remembered,
        why: audit.finding.as_ref().map(ToString::to_string).or(audit.undecided.clone()),
        kept: audit.kept.is_some(),
        head,
        remark: None,
    }
}

/// Of an examination; `broken` is the first rule broken, also one that the examination itself does
/// not know of, and `undecided` why nothing is proven either way.
pub fn of_examination(
    found: &Examination,
    broken: Option<&Finding>,
    undecided: Option<&str>,
) -> Belief {
    let is_good = |phase: Phase| {
        let found = found.phases.iter().find(|one| one.phase == phase);
        found.is_some_and(|one| one.outcome == Outcome::Good)
    };
    let (chosen, seen) = (is_good(Phase::Policy), is_good(Phase::Quorum));
    let (grade, why) = match (broken, undecided) {
        (Some(finding), _) => (Grade::Broken, Some(finding.to_string())),
        (None, Some(why)) => (Grade::NotDecided, Some(why.to_owned())),
        (None, None) if chosen && seen => (Grade::Proven, None),
        (None, None) => (Grade::Consistent, chosen.then(|| UNWATCHED.to_owned())),
    };
    let (given_out, kept) = (found.disclosed, is_good(Phase::Kept));
    Belief { grade, given_out, why, kept, ..of_audit(&found.audit, true) }
}

/// Of a folder that is not what it says before any entry was read.
pub fn of_nothing(finding: &Finding) -> Belief {
    Belief { grade: Grade::Broken, why: Some(finding.to_string()), ..Belief::default() }
}

/// Says whether every entry that is there was found good.
fn is_whole<F>(audit: &Audit<F>) -> bool {
    let entry = |finding: &Finding| matches!(finding.place, Place::Entry(_));
    audit.ledger.is_some()
        && audit.undecided.is_none()
        && !audit.finding.as_ref().is_some_and(entry)
}

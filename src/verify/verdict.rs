//! What an examination and the head file beside a ledger come to together.

use super::belief::of_examination;
use super::examine::Examination;
use super::finding::{Finding, PhaseResult};
use super::rule::{Phase, Rule};
use crate::domain::belief::{Answer, Belief};
use crate::store::Guard;

/// The verdict on a ledger, a folder of tiles or a bundle.
pub struct Verdict<'v> {
    /// What was examined.
    pub found: &'v Examination,
    /// The answer in one word.
    pub answer: Answer,
    /// Why it cannot be decided, where it cannot.
    pub undecided: Option<String>,
    /// What the head file beside a ledger is, as the phase that it is.
    pub head_file: Option<PhaseResult>,
    /// Why the entries alone cannot be decided, where they cannot.
    open: Option<String>,
}

impl<'v> Verdict<'v> {
    /// Weighs an examination; `untrusted` where a folder's own keys are all there is to go by.
    pub fn of(found: &'v Examination, guard: Option<&Guard>, untrusted: bool) -> Self {
        let open = found.audit.undecided.clone().or_else(|| not_replayed(found));
        let undecided = open.clone().or_else(|| {
            let why = "everything fits, by the keys that the folder itself names; choose whom to \
                       trust with --policy FILE";
            untrusted.then(|| why.to_owned())
        });
        let refused = guard.is_some_and(Guard::refuses_writing);
        let answer = if found.first_fault().is_some() || refused {
            Answer::No
        } else if undecided.is_some() {
            Answer::NotDecided
        } else {
            Answer::Yes
        };
        Self { found, answer, undecided, head_file: guard.map(head_file), open }
    }

    /// How far all of it can be believed.
    pub fn belief(&self) -> Belief {
        of_examination(self.found, self.fault(), self.open.as_deref())
    }

    /// The first rule broken: of the phases, then of the findings, then by the head file.
    pub fn fault(&self) -> Option<&Finding> {
        let beside = self.head_file.as_ref().and_then(PhaseResult::fault);
        self.found.first_fault().or(beside)
    }
}

/// Why entries that verify can still not be replayed; none when they can, or when what replay needs
/// was withheld and is said to be.
fn not_replayed(found: &Examination) -> Option<String> {
    let failed = found.unreplayed.as_ref().filter(|_| found.audit.counts.withheld == 0)?;
    Some(format!("the entries are what their keys signed, but {failed}"))
}

/// The phase of the head file.
fn head_file(guard: &Guard) -> PhaseResult {
    let text = said_of(guard);
    if guard.refuses_writing() {
        let place = "the head file beside the ledger";
        PhaseResult::bad(Phase::HeadFile, Finding::in_file(place, Rule::HeadFile, text))
    } else if matches!(guard, Guard::NoHead | Guard::Missing { .. }) {
        PhaseResult::not_checked(Phase::HeadFile, text)
    } else {
        PhaseResult::good(Phase::HeadFile, text)
    }
}

fn said_of(guard: &Guard) -> &'static str {
    match guard {
        Guard::NoHead => "none, and no head in the ledger",
        Guard::Equal { .. } => "the same head as in the ledger",
        Guard::FileBehind { .. } => "an earlier head of the same history; the next write renews it",
        Guard::Missing { .. } => "missing: an older copy put back could not be noticed",
        Guard::FileAhead { .. } => {
            "NEWER than every head in the ledger: an older copy of the ledger was put back, or heads \
             were removed from it"
        }
        Guard::Differs { .. } => {
            "ANOTHER head than the ledger's of its size, or the ledger has none of it: this is \
             another ledger, one of the two was changed, or two histories were signed; see: dspt fork"
        }
        Guard::Changed { .. } => {
            "CHANGED: of the same entries as the ledger's head of its size, and not the same bytes: \
             one of the two was changed after it was signed"
        }
        Guard::Unreadable => "NOT a signed head: it was damaged or replaced",
    }
}

//! The check behind the Signatures screen: the examination that `dspt verify` makes, of the same
//! ledger with the same trust, as values for the screen.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant as Clock;

use crate::cli::error::Failure;
use crate::cli::proofs::timestamp::require_certificates;
use crate::cli::proofs::verify::{
    foreign_text, kept, not_opened, own_policy, say_inside, unopened_phase,
};
use crate::domain::belief::Answer;
use crate::domain::belief::Belief;
use crate::domain::date::Timestamp;
use crate::domain::state::anchor::Intervals;
use crate::domain::state::index::fact_index::{Chronicle, FactSink, Kinds};
use crate::ledger::Policy;
use crate::store::{Guard, Mode, Store, StoreError};
use crate::tui::model::verification::{Dated, Fault, Phase, Progress, Refuses, Report, State};
use crate::verify::audit::{Audit, Ledger};
use crate::verify::belief::{of_audit, of_nothing};
use crate::verify::bundle::{OpenError, examine_folder, is_bundle};
use crate::verify::examine::{Examination, TokenCheck, Trust, examine};
use crate::verify::finding::{Finding, Outcome};
use crate::verify::foreign::foreign;
use crate::verify::incremental::{Effort, audit_since, first_look, is_remembered};
use crate::verify::known_heads::Memory;
use crate::verify::rule::Phase as Checked;
use crate::verify::timestamp::{Openssl, openssl_verify};
use crate::verify::verdict::Verdict;

/// More entries than this are not examined without being asked: it takes a copy of them.
const UNASKED_MAX: u64 = 200_000;
/// With more entries than this, a ledger that was never verified is shown before its signatures are
/// checked, which takes a second for each 25,000.
const FIRST_LOOK_MIN: u64 = 25_000;

/// Whom the user trusts and what they kept, as `dspt verify` takes it.
pub(in crate::cli) struct Check {
    policy: Option<Policy>,
    /// Whether the policy that was given lies inside the folder that is looked at.
    inside: bool,
    max_age: Option<u32>,
    kept: Vec<(String, Vec<u8>)>,
    tsa_ca: Option<PathBuf>,
    now: Timestamp,
    memory: Memory,
    /// What was opened and is still to be examined.
    opened: Mutex<Option<Opened>>,
}

/// What the flags say.
pub(in crate::cli) struct Chosen<'c> {
    pub(in crate::cli) policy: Option<&'c Path>,
    pub(in crate::cli) max_age: Option<u32>,
    pub(in crate::cli) kept: &'c [PathBuf],
    pub(in crate::cli) tsa_ca: Option<PathBuf>,
}

/// What opening a ledger left for the first check.
enum Opened {
    /// A file's entries, with what stands beside it.
    File(Box<Audit>, Guard),
    /// A folder, which cannot be opened without examining all of it.
    Folder(Box<Report>),
    /// A file of which only a first look was taken.
    Unsigned,
}

impl Check {
    /// Reads the files that the flags name.
    ///
    /// # Errors
    /// [`Failure`] when one cannot be read or is no policy.
    pub(in crate::cli) fn new(
        chosen: Chosen<'_>,
        ledger: &Path,
        now: Timestamp,
        memory: Memory,
    ) -> Result<Self, Failure> {
        let policy = chosen.policy.map(|file| own_policy(file, ledger)).transpose()?;
        Ok(Self {
            inside: matches!(policy, Some(None)),
            policy: policy.flatten(),
            max_age: chosen.max_age,
            kept: kept(chosen.kept)?,
            tsa_ca: chosen.tsa_ca.map(|ca| require_certificates(&ca).map(|()| ca)).transpose()?,
            now,
            memory,
            opened: Mutex::new(None),
        })
    }

    /// Calls with the trust that the user chose.
    fn trusting<R>(&self, call: impl FnOnce(&Trust<'_>) -> R) -> R {
        let by_openssl = self.tsa_ca.as_deref().map(|ca| {
            move |checkpoint: &[u8], token: &[u8]| {
                let with = Openssl { program: Path::new("openssl"), ca, untrusted: None };
                openssl_verify(&with, checkpoint, token).map_err(|fault| fault.to_string())
            }
        });
        call(&Trust {
            policy: self.policy.as_ref(),
            max_age_days: self.max_age,
            now: self.now,
            kept: self.kept.clone(),
            heads: Vec::new(),
            tokens: by_openssl.as_ref().map(|check| check as TokenCheck<'_>),
        })
    }

    /// Opens a ledger's file. What was verified before is hashed only; of a large one that never
    /// was, a first look is taken. Returns whether signatures were checked.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read.
    pub(in crate::cli) fn open(
        &self,
        store: &Store,
        mut told: impl FnMut(Progress),
    ) -> Result<(Audit<Chronicle>, bool), StoreError> {
        let of = store.size()?;
        let clock = Clock::now();
        if of > FIRST_LOOK_MIN && !is_remembered(store, &self.memory)? {
            let told = |done| told(progress("1 of 2: entries under the head", done, of, clock));
            if let Some(audit) = first_look(store, told)? {
                self.leave(Some(Opened::Unsigned));
                return Ok((audit, false));
            }
        }
        let told =
            |done| told(progress("1 of 2: entries, order, signatures, keys", done, of, clock));
        if of > UNASKED_MAX {
            return Ok((audit_since(store, &self.memory, Effort::SinceKept, told)?, true));
        }
        let audit: Audit = audit_since(store, &self.memory, Effort::SinceKept, told)?;
        let small = audit.holding(|facts| Chronicle::of(facts));
        self.leave(Some(Opened::File(Box::new(audit), store.guard()?)));
        Ok((small, true))
    }

    /// Opens a folder of tiles or a bundle: its ledger as far as it can be believed; none where
    /// nothing in it can.
    ///
    /// # Errors
    /// [`Failure`] when it cannot be read, or is the log of another program.
    pub(in crate::cli) fn open_folder(
        &self,
        path: &Path,
    ) -> Result<(Option<Audit>, Belief), Failure> {
        let (report, audit) = match self.folder(path)? {
            Ok(found) => (self.report(&found, None, true), Some(found.audit)),
            Err(finding) => (unopened(path, &finding), None),
        };
        let belief = report.belief.clone();
        self.leave(Some(Opened::Folder(Box::new(report))));
        Ok((audit, belief))
    }

    fn folder(&self, path: &Path) -> Result<Result<Examination, Finding>, Failure> {
        if let Some(log) = foreign(path).filter(|_| !is_bundle(path)) {
            return Err(Failure::undecided(foreign_text(path, None, &log)));
        }
        match self.trusting(|trust| examine_folder(path, trust, &self.memory)) {
            Ok(mut found) => {
                if self.inside {
                    say_inside(&mut found.phases);
                }
                Ok(Ok(found))
            }
            Err(OpenError::Store(error)) => Err(error.into()),
            Err(OpenError::Unreadable(finding)) => Err(not_opened(path, &finding)),
            Err(OpenError::Fault(finding)) => Ok(Err(finding)),
        }
    }

    fn leave(&self, opened: Option<Opened>) {
        *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = opened;
    }

    /// Says whether something was opened that nobody has examined.
    pub(in crate::cli) fn is_due(&self) -> bool {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Examines what was opened, or else everything again from the file.
    ///
    /// # Errors
    /// One line that says why it could not.
    pub(in crate::cli) fn run(
        &self,
        path: &Path,
        told: &mut dyn FnMut(Progress),
    ) -> Result<Report, String> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (audit, guard) = match opened {
            Some(Opened::Folder(report)) => return Ok(*report),
            Some(Opened::File(audit, guard)) => (*audit, guard),
            Some(Opened::Unsigned) if is_large(path) => {
                return self.signatures(path, told).map_err(|error| error.to_string());
            }
            None if path.is_dir() => {
                told(Progress { phase: Checked::Entries.name(), done: 0, of: 0, rate: None });
                let found = self.folder(path).map_err(|failure| failure.message)?;
                return Ok(match found {
                    Ok(found) => self.report(&found, None, true),
                    Err(finding) => unopened(path, &finding),
                });
            }
            Some(Opened::Unsigned) | None => {
                self.audit(path, told).map_err(|error| error.to_string())?
            }
        };
        if audit.finding.is_none() {
            told(Progress { phase: Checked::Replay.name(), done: 0, of: 0, rate: None });
        }
        let found = self.trusting(|trust| examine(audit, None, trust));
        Ok(self.report(&found, Some(&guard), false))
    }

    /// Checks every signature of a ledger that is too large to be examined unasked.
    fn signatures(
        &self,
        path: &Path,
        told: &mut dyn FnMut(Progress),
    ) -> Result<Report, StoreError> {
        let (audit, _) = self.audit::<Kinds>(path, told)?;
        let good = audit.finding.is_none() && audit.undecided.is_none();
        let phase = |one: &Checked| {
            let checked = [Checked::Entries, Checked::Root, Checked::Content].contains(one);
            let (state, text) = match (checked, &audit.finding) {
                (true, None) if good => (State::Good, format!("{} entries", audit.counts.entries)),
                (true, Some(_)) if *one == Checked::Entries => (State::No, String::new()),
                _ => (State::NotChecked, "not looked at unasked in so large a ledger".to_owned()),
            };
            Phase { name: one.name().to_owned(), state, text }
        };
        let unasked = "every entry is what its key signed; who dated heads from outside, and what \
                       findings there are, is looked at when you check again";
        Ok(Report {
            belief: of_audit(&audit, true),
            answer: if audit.finding.is_some() { Answer::No } else { Answer::NotDecided },
            entries: audit.counts.entries,
            remembered: audit.counts.remembered,
            phases: Checked::OF_A_LEDGER.iter().map(phase).collect(),
            fault: audit.finding.as_ref().map(fault),
            findings: Vec::new(),
            remarks: Vec::new(),
            refuses: refuses(&audit, false),
            undecided: audit.undecided.clone().or_else(|| good.then(|| unasked.to_owned())),
            dated: Vec::new(),
            intervals: Intervals::default(),
            log: audit.ledger.as_ref().map_or_else(Vec::new, log),
        })
    }

    fn audit<F: FactSink + Send>(
        &self,
        path: &Path,
        told: &mut dyn FnMut(Progress),
    ) -> Result<(Audit<F>, Guard), StoreError> {
        let store = Store::open(path, Mode::Read)?;
        let of = store.size()?;
        let clock = Clock::now();
        told(Progress { phase: Checked::Entries.name(), done: 0, of, rate: None });
        let audit = audit_since(&store, &self.memory, Effort::Everything, |done| {
            // All entries are good then, and what follows is counted by nobody.
            let name = if done < of { Checked::Entries } else { Checked::Root }.name();
            let now = progress(name, done, of, clock);
            told(if done < of { now } else { Progress { of: 0, ..now } });
        })?;
        Ok((audit, store.guard()?))
    }

    fn report(&self, found: &Examination, guard: Option<&Guard>, folder: bool) -> Report {
        let verdict = Verdict::of(found, guard, folder && self.policy.is_none());
        let phases = found.phases.iter().chain(&verdict.head_file).map(|one| Phase {
            name: one.phase.name().to_owned(),
            state: match one.outcome {
                Outcome::Good => State::Good,
                Outcome::Bad(_) => State::No,
                Outcome::NotChecked => State::NotChecked,
            },
            text: one.text.clone(),
        });
        let ledger = found.audit.ledger.as_ref();
        let beside = guard.is_some_and(Guard::refuses_writing);
        Report {
            answer: verdict.answer,
            belief: verdict.belief(),
            entries: found.audit.counts.entries,
            remembered: found.audit.counts.remembered,
            phases: phases.collect(),
            fault: verdict.fault().map(fault),
            findings: found.findings.iter().map(fault).collect(),
            remarks: found.remarks.iter().map(fault).collect(),
            refuses: refuses(&found.audit, beside),
            undecided: verdict.undecided,
            dated: ledger.map_or_else(Vec::new, |ledger| dated(ledger, found)),
            intervals: found.intervals.clone(),
            log: ledger.map_or_else(Vec::new, log),
        }
    }
}

/// What is said of a folder of which no entry could be read.
fn unopened(path: &Path, finding: &Finding) -> Report {
    let name = unopened_phase(path, finding).name().to_owned();
    Report {
        answer: Answer::No,
        belief: of_nothing(finding),
        entries: 0,
        remembered: 0,
        phases: vec![Phase { name, state: State::No, text: finding.text.clone() }],
        fault: Some(fault(finding)),
        findings: Vec::new(),
        remarks: Vec::new(),
        refuses: Refuses::Broken,
        undecided: None,
        dated: Vec::new(),
        intervals: Intervals::default(),
        log: Vec::new(),
    }
}

/// Which commands refuse a ledger: those that open one look at its entries and at the head file
/// beside it, and at nothing that only an examination finds.
fn refuses<F>(audit: &Audit<F>, by_head_file: bool) -> Refuses {
    match (&audit.finding, &audit.undecided) {
        (Some(_), _) => Refuses::Broken,
        (None, Some(_)) => Refuses::Undecided,
        (None, None) if by_head_file => Refuses::GivingOut,
        (None, None) => Refuses::Nothing,
    }
}

/// Says whether a ledger is too large to be examined unasked.
fn is_large(path: &Path) -> bool {
    let size = Store::open(path, Mode::Read).and_then(|store| store.size());
    size.is_ok_and(|size| size > UNASKED_MAX)
}

/// How far it is, and how fast since it began.
fn progress(phase: &'static str, done: u64, of: u64, since: Clock) -> Progress {
    let millis = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
    let rate = done.saturating_mul(1_000).checked_div(millis).filter(|_| millis >= 200);
    Progress { phase, done, of, rate }
}

fn fault(finding: &Finding) -> Fault {
    Fault {
        place: finding.place.to_string(),
        rule: finding.rule.name().to_owned(),
        text: finding.text.clone(),
        means: finding.rule.meaning().to_owned(),
    }
}

/// Every dated head in the ledger, believed or not, and those believed from outside it.
fn dated(ledger: &Ledger, found: &Examination) -> Vec<Dated> {
    let logged = ledger
        .anchors
        .iter()
        .map(|anchor| Dated { anchor: anchor.clone(), believed: found.anchors.contains(anchor) });
    let mut all: Vec<Dated> = logged.collect();
    let seen = |all: &[Dated], one: &crate::domain::state::anchor::Anchor| {
        all.iter().any(|known| known.anchor.size == one.size && known.anchor.at == one.at)
    };
    for anchor in found.anchors.iter().filter(|one| one.seq.is_none()) {
        if !seen(&all, anchor) {
            all.push(Dated { anchor: anchor.clone(), believed: true });
        }
    }
    all.sort_by_key(|one| (one.anchor.size, one.anchor.at));
    all
}

/// The log keys: the first and, where another signs by now, the newest.
fn log<F>(ledger: &Ledger<F>) -> Vec<String> {
    let (first, newest) = (ledger.log.first().to_string(), ledger.log.newest().to_string());
    if first == newest { vec![first] } else { vec![first, newest] }
}

#[cfg(test)]
mod tests {
    use super::Checked;
    use crate::tui::model::verification::ORDER;

    #[test]
    fn the_screen_waits_for_the_phases_that_are_checked_in_their_order() {
        assert_eq!(Checked::OF_A_LEDGER.map(Checked::name), ORDER);
    }
}

//! What verification found, where, and by which rule; and what became of each phase.

use std::fmt;

use super::rule::{Phase, Rule};

/// Where a fault is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// An entry, by its index.
    Entry(u64),
    /// A signed head, by its size.
    Checkpoint(u64),
    /// A stored content, by its SHA-256 in hexadecimal.
    Content(String),
    /// A file of a folder, or one that the reader brought along, by its name.
    File(String),
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry(seq) => write!(out, "entry #{seq}"),
            Self::Checkpoint(size) => write!(out, "the checkpoint of size {size}"),
            Self::Content(digest) => write!(out, "the stored content {digest}"),
            Self::File(name) => out.write_str(name),
        }
    }
}

/// The first fault: proof that the ledger is not what its keys signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {rule}: {text}")]
pub struct Finding {
    /// Where.
    pub place: Place,
    /// Which rule of `docs/FORMAT.md`.
    pub rule: Rule,
    /// What was found.
    pub text: String,
}

impl Finding {
    /// A break of a rule in a file of a folder, or in one that the reader brought along.
    pub fn in_file(name: &str, rule: Rule, text: impl Into<String>) -> Self {
        Self { place: Place::File(name.to_owned()), rule, text: text.into() }
    }
}

/// What became of a phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything in it was checked and is good.
    Good,
    /// It broke a rule.
    Bad(Finding),
    /// It was not checked, and this is why.
    NotChecked,
}

/// A phase with what became of it.
#[derive(Clone, Debug)]
pub struct PhaseResult {
    /// Which.
    pub phase: Phase,
    /// What became of it.
    pub outcome: Outcome,
    /// What was checked, or why it was not.
    pub text: String,
}

impl PhaseResult {
    /// A phase that is good.
    pub fn good(phase: Phase, text: impl Into<String>) -> Self {
        Self { phase, outcome: Outcome::Good, text: text.into() }
    }

    /// A phase that was left out.
    pub fn not_checked(phase: Phase, text: impl Into<String>) -> Self {
        Self { phase, outcome: Outcome::NotChecked, text: text.into() }
    }

    /// A phase that broke a rule.
    pub fn bad(phase: Phase, finding: Finding) -> Self {
        let text = finding.text.clone();
        Self { phase, outcome: Outcome::Bad(finding), text }
    }

    /// A phase of which everything was checked at once.
    pub(crate) fn told(phase: Phase, outcome: Result<String, Finding>) -> Self {
        match outcome {
            Ok(text) => Self::good(phase, text),
            Err(finding) => Self::bad(phase, finding),
        }
    }

    /// Returns the rule that it broke, if any.
    pub const fn fault(&self) -> Option<&Finding> {
        match &self.outcome {
            Outcome::Bad(finding) => Some(finding),
            Outcome::Good | Outcome::NotChecked => None,
        }
    }
}

/// Puts a phase into its place in the order; where it is there already, adds what it says.
pub(crate) fn put(phases: &mut Vec<PhaseResult>, one: PhaseResult) {
    if phases.iter().any(|there| there.phase == one.phase) {
        let said = match one.outcome {
            Outcome::Bad(finding) => Err(finding),
            Outcome::Good | Outcome::NotChecked => Ok(one.text),
        };
        return add_to(phases, one.phase, said);
    }
    let after = phases.iter().position(|there| there.phase > one.phase);
    phases.insert(after.unwrap_or(phases.len()), one);
}

/// Adds to a phase what else was checked in it; a fault only where it has none yet.
pub(crate) fn add_to(phases: &mut [PhaseResult], phase: Phase, more: Result<String, Finding>) {
    let Some(one) = phases.iter_mut().find(|one| one.phase == phase) else { return };
    match (&one.outcome, more) {
        (Outcome::Good, Ok(more)) => one.text = format!("{}; {more}", one.text),
        (Outcome::Good | Outcome::NotChecked, Err(finding)) => {
            *one = PhaseResult::bad(phase, finding);
        }
        (Outcome::Bad(_) | Outcome::NotChecked, Ok(_)) | (Outcome::Bad(_), Err(_)) => {}
    }
}

/// Puts another text to a phase that is good.
pub(crate) fn say(phases: &mut [PhaseResult], phase: Phase, text: String) {
    let found = phases.iter_mut().find(|one| one.phase == phase);
    if let Some(one) = found.filter(|one| one.outcome == Outcome::Good) {
        one.text = text;
    }
}

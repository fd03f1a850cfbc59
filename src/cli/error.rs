//! Every way a command ends: texts, stable codes, exit status. The table is in `docs/errors.md`.

use std::io;

use super::code::{Code, FailureCode};
use crate::domain::problem_code::ProblemCode;
use crate::export::{ExportError, HeadError};
use crate::import::problem::Problem;
use crate::journal::{JournalError, Recorded};
use crate::keys::KeyError;
use crate::ledger::EntryError;
use crate::store::StoreError;
use crate::witness::WitnessError;

/// The exit statuses. Any other number means failure.
pub(super) mod exit {
    use crate::domain::belief::Answer;

    /// Returns the exit status of an answer.
    pub(crate) const fn of(answer: Answer) -> u8 {
        match answer {
            Answer::Yes => YES,
            Answer::No => NO,
            Answer::NotDecided => UNDECIDED,
        }
    }

    /// Done; a question was answered with yes.
    pub(crate) const YES: u8 = 0;
    /// Checked, and the answer is no.
    pub(crate) const NO: u8 = 1;
    /// The command was used wrongly.
    pub(crate) const USAGE: u8 = 2;
    /// The input file has problems; nothing was written.
    pub(crate) const INPUT: u8 = 3;
    /// It could not be decided.
    pub(crate) const UNDECIDED: u8 = 4;
    /// Any other failure.
    pub(crate) const FAILED: u8 = 5;
    /// There is no ledger here.
    pub(crate) const NO_LEDGER: u8 = 10;
    /// Somebody else is writing.
    pub(crate) const LOCKED: u8 = 11;
    /// The passphrase is wrong.
    pub(crate) const PASSPHRASE: u8 = 12;
    /// This key may not sign this.
    pub(crate) const NOT_ALLOWED: u8 = 13;
    /// Stopped with Ctrl+C: 128 and the number of the signal, as shells have it.
    pub(crate) const STOPPED: u8 = 130;
}

/// A command that did not succeed.
#[derive(Debug)]
pub(super) struct Failure {
    /// Stable code.
    pub code: FailureCode,
    /// Exit status.
    pub exit: u8,
    /// What was found, where, and what to do.
    pub message: String,
    /// Where, when it is about a file.
    pub place: Option<String>,
    /// One thing to try next.
    pub help: Option<String>,
    /// Every bad row, when it is about the rows of a file.
    pub(super) problems: Vec<Problem>,
    /// How many of them the message tells in full.
    pub(super) told: usize,
}

impl Failure {
    /// A failure with a code and an exit status.
    pub(super) fn new(code: impl Into<FailureCode>, exit: u8, message: impl Into<String>) -> Self {
        let code = code.into();
        let message = message.into();
        Self { code, exit, message, place: None, help: None, problems: Vec::new(), told: 0 }
    }

    /// The command was used wrongly.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(Code::Usage, exit::USAGE, message)
    }

    /// It could not be decided.
    pub(super) fn undecided(message: impl Into<String>) -> Self {
        Self::new(Code::Undecided, exit::UNDECIDED, message)
    }

    /// Something failed after these entries were recorded: that comes first, whatever it was.
    pub(super) fn after(recorded: &Recorded, what: &str) -> Self {
        let (first, last) = (recorded.first, recorded.last);
        let entries = match recorded.last - recorded.first {
            0 => format!("entry #{first}"),
            _ => format!("entries #{first} to #{last}"),
        };
        Self::new(
            Code::FailedAfterRecording,
            exit::FAILED,
            format!("recorded: {entries}; but {what}"),
        )
        .help(format!("do not record it again; see it with: dspt show '#{first}'"))
    }

    /// As it stands, of an attempt to record: says that nothing of it was recorded, where the error
    /// itself leaves that open.
    pub(super) fn nothing_recorded(mut self) -> Self {
        let open = [Code::Io, Code::Locked, Code::LedgerNotWritten].map(FailureCode::from);
        if open.contains(&self.code) {
            self.message.push_str("; nothing was recorded");
        }
        self
    }

    /// Adds one thing to try next.
    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Only of what is printed: whatever else fails is named where it fails, with what was tried.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(Code::Io, exit::FAILED, format!("the output could not be written: {error}"))
    }
}

impl From<crate::domain::ids::BadRef> for Failure {
    fn from(bad: crate::domain::ids::BadRef) -> Self {
        Self::usage(bad.to_string())
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all that is not named here is a plain failure")]
impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let (code, exit) = match &error {
            StoreError::Missing { .. } | StoreError::Directory { .. } => {
                (Code::NoLedger, exit::NO_LEDGER)
            }
            StoreError::NotALedger { .. } => (Code::NotALedger, exit::NO_LEDGER),
            StoreError::Locked { .. } | StoreError::BeingRead { .. } => {
                (Code::Locked, exit::LOCKED)
            }
            StoreError::Unsure { .. } => (Code::CommitUnsure, exit::FAILED),
            StoreError::NewerFormat { .. } => (Code::NewerFormat, exit::UNDECIDED),
            StoreError::Truncated { .. }
            | StoreError::Damaged { .. }
            | StoreError::NotReadable { .. }
            | StoreError::NotClosed { .. }
            | StoreError::NotCopied { .. }
            | StoreError::OtherLog { .. }
            | StoreError::UnknownSchema { .. } => (Code::LedgerDamaged, exit::UNDECIDED),
            _ => (Code::LedgerNotWritten, exit::FAILED),
        };
        Self::new(code, exit, chain(&error))
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all that is not named here is a plain failure")]
impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        let (code, exit) = match &error {
            KeyError::WrongPassphrase { .. } => (Code::WrongPassphrase, exit::PASSPHRASE),
            KeyError::Agent(_) => (Code::NotSigned, exit::FAILED),
            KeyError::NoTerminal => (Code::NoTerminal, exit::USAGE),
            // Ctrl+C at the prompt.
            KeyError::Io { source, .. } if source.kind() == io::ErrorKind::Interrupted => {
                (Code::Key, exit::STOPPED)
            }
            _ => (Code::Key, exit::FAILED),
        };
        Self::new(code, exit, chain(&error))
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all that is not named here is a plain failure")]
impl From<WitnessError> for Failure {
    fn from(error: WitnessError) -> Self {
        let (code, exit) = match &error {
            WitnessError::NoState { .. } => (Code::NoLedger, exit::NO_LEDGER),
            WitnessError::Locked { .. } => (Code::Locked, exit::LOCKED),
            WitnessError::Exists { .. } | WitnessError::BadOrigin(_) => (Code::Usage, exit::USAGE),
            WitnessError::OtherKey { .. } => (Code::WitnessOtherKey, exit::NOT_ALLOWED),
            WitnessError::Damaged { .. } => (Code::WitnessDamaged, exit::UNDECIDED),
            _ => (Code::WitnessFailed, exit::FAILED),
        };
        Self::new(code, exit, chain(&error))
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Store(error) => error.into(),
            JournalError::Tampered(_) => Self::new(Code::DoesNotVerify, exit::NO, chain(&error)),
            JournalError::Undecided(_) | JournalError::Empty | JournalError::Replay(_) => {
                Self::new(Code::CannotBeRead, exit::UNDECIDED, chain(&error))
            }
            JournalError::NotAllowed(_) | JournalError::WrongLogKey { .. } => {
                Self::new(Code::NotAllowed, exit::NOT_ALLOWED, chain(&error))
            }
            JournalError::Refused(refusals) => {
                let texts: Vec<String> = refusals.into_iter().map(|(_, text)| text).collect();
                Self::new(ProblemCode::Refused, exit::INPUT, texts.join("\n  "))
            }
            JournalError::ClockBehind(_) => Self::new(
                Code::ClockBehind,
                exit::INPUT,
                chain(&error),
            )
            .help(
                "set this clock right; if the newest entry was recorded by a clock that was ahead, \
                 go on with --clock-behind",
            ),
            JournalError::NoSignature(_) | JournalError::Entry(EntryError::NoSignature(_)) => {
                Self::new(Code::NotSigned, exit::FAILED, chain(&error))
            }
            JournalError::IdInUse(_) | JournalError::Entry(_) | JournalError::Body(_) => {
                Self::new(Code::EntryNotMade, exit::FAILED, chain(&error))
            }
        }
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        if let ExportError::Store(error) = error {
            return error.into();
        }
        let (code, exit) = match &error {
            ExportError::Store(_) => (Code::LedgerNotWritten, exit::FAILED),
            ExportError::Io { .. } => (Code::Io, exit::FAILED),
            ExportError::NotNamed { .. } => (Code::EvidenceNotNamed, exit::INPUT),
            ExportError::Differs { .. } => (Code::FileDiffers, exit::FAILED),
            ExportError::Head(HeadError::Bad(_) | HeadError::OtherLedger { .. }) => {
                (Code::NotAHead, exit::INPUT)
            }
            ExportError::Head(HeadError::Ahead { .. } | HeadError::Forked { .. }) => {
                (Code::Forked, exit::NO)
            }
            ExportError::NotCovered { .. } => (Code::Usage, exit::USAGE),
            ExportError::Proof(_) | ExportError::Tiles(_) => (Code::ProofNotGood, exit::FAILED),
        };
        Self::new(code, exit, chain(&error))
    }
}

impl From<HeadError> for Failure {
    fn from(error: HeadError) -> Self {
        ExportError::from(error).into()
    }
}

impl From<crate::domain::state::ReplayError> for Failure {
    fn from(error: crate::domain::state::ReplayError) -> Self {
        JournalError::from(error).into()
    }
}

/// An error's text with those of its causes that it does not already hold.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = inner.source();
    }
    text
}

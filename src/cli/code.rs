//! The stable codes that commands end with. `docs/errors.md` says what each means and what to do.

use std::fmt;

use crate::domain::problem_code::{ProblemCode, codes};

codes! {
    /// Why a command did not succeed.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) enum Code {
        /// The command was used wrongly.
        Usage = "DSPT0002",
        /// It cannot be decided.
        Undecided = "DSPT0004",
        /// Something outside the ledger cannot be written, read or had.
        Io = "DSPT0005",
        /// There is no ledger or witness at the path.
        NoLedger = "DSPT0010",
        /// The file is not a ledger.
        NotALedger = "DSPT0011",
        /// Somebody else is writing, or reads without an end.
        Locked = "DSPT0012",
        /// A newer program wrote the ledger's format.
        NewerFormat = "DSPT0013",
        /// The ledger's file is damaged or cannot be read.
        LedgerDamaged = "DSPT0014",
        /// The ledger cannot be written or made.
        LedgerNotWritten = "DSPT0015",
        /// Something failed after the entries were recorded.
        FailedAfterRecording = "DSPT0016",
        /// It cannot be said whether the entries were recorded.
        CommitUnsure = "DSPT0017",
        /// A key file or passphrase cannot be used.
        Key = "DSPT0020",
        /// The passphrase is not that of the key.
        WrongPassphrase = "DSPT0021",
        /// There is no terminal to ask for a passphrase on.
        NoTerminal = "DSPT0022",
        /// None of the user's keys is admitted, or the log key is not among them.
        NotAdmitted = "DSPT0023",
        /// A key in an ssh-agent did not sign.
        NotSigned = "DSPT0024",
        /// The ledger does not verify.
        DoesNotVerify = "DSPT0030",
        /// The ledger verifies as far as it goes, and cannot be read.
        CannotBeRead = "DSPT0031",
        /// The key may not record this.
        NotAllowed = "DSPT0032",
        /// The entry cannot be made.
        EntryNotMade = "DSPT0034",
        /// What was to be checked could not be read.
        NotChecked = "DSPT0035",
        /// The file is not a statement.
        NotAStatement = "DSPT0036",
        /// The clock is behind the newest entry.
        ClockBehind = "DSPT0037",
        /// The witness follows a log of this origin with another key.
        WitnessOtherKey = "DSPT0040",
        /// A file of the witness's folder is missing or was changed.
        WitnessDamaged = "DSPT0041",
        /// The witness cannot work.
        WitnessFailed = "DSPT0042",
        /// A witness that was asked refuses.
        WitnessRefused = "DSPT0043",
        /// A witness that was asked did not answer as it must.
        WitnessNoAnswer = "DSPT0044",
        /// The file with the user's own keys for the screen cannot be used.
        Keymap = "DSPT0060",
        /// A file that is to be written is there with other bytes.
        FileDiffers = "DSPT0070",
        /// The file is no head of this ledger.
        NotAHead = "DSPT0071",
        /// The log key signed a head that this ledger does not lead to.
        Forked = "DSPT0072",
        /// A proof or tile that was made does not pass its check.
        ProofNotGood = "DSPT0073",
        /// What an outsider gave cannot be recorded.
        NotAnAnchor = "DSPT0074",
        /// The policy file cannot be used.
        Policy = "DSPT0075",
        /// The signature of a time-stamp could not be checked.
        TimestampNotChecked = "DSPT0076",
        /// An evidence file that was to be given out is named by no entry.
        EvidenceNotNamed = "DSPT0077",
        /// A request cannot be taken.
        RequestRefused = "DSPT0078",
    }
}

/// The code of a failure: of a command, or that of the first problem in what it read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureCode {
    Command(Code),
    Problem(ProblemCode),
}

impl FailureCode {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Command(code) => code.as_str(),
            Self::Problem(code) => code.as_str(),
        }
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl From<Code> for FailureCode {
    fn from(code: Code) -> Self {
        Self::Command(code)
    }
}

impl From<ProblemCode> for FailureCode {
    fn from(code: ProblemCode) -> Self {
        Self::Problem(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENTED: &str = include_str!("../../docs/errors.md");

    /// The first cells of the rows of the tables in `docs/errors.md`.
    fn documented() -> Vec<&'static str> {
        let rows = DOCUMENTED.lines().filter_map(|line| line.strip_prefix("| "));
        let first = rows.filter_map(|row| row.split_once(" |")).map(|(cell, _)| cell);
        first.filter(|cell| cell.starts_with("DSPT")).collect()
    }

    #[test]
    fn every_code_has_its_row_in_the_documentation_and_every_row_its_code() {
        let codes = Code::ALL.iter().map(|code| code.as_str());
        let mut codes: Vec<&str> =
            codes.chain(ProblemCode::ALL.iter().map(|code| code.as_str())).collect();
        codes.sort_unstable();
        assert_eq!(documented(), codes);
    }
}

//! What a check of signatures found, as the screen shows it. The check itself is handed over by the
//! caller and runs beside the screen.

/// The answer in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing was changed.
    Yes,
    /// Something was: proven.
    No,
    /// It cannot be said.
    NotDecided,
}

/// The first fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: String,
    /// Which rule, by its stable name.
    pub rule: String,
    /// What was found.
    pub text: String,
}

/// What was checked and found good, and the first fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The answer.
    pub answer: Answer,
    /// Entries in the file.
    pub size: u64,
    /// Entries found good.
    pub entries: u64,
    /// Signatures found good.
    pub signatures: u64,
    /// Entries that were hashed only: they are those whose signatures this user verified before.
    pub remembered: u64,
    /// Signed heads found good.
    pub checkpoints: u64,
    /// Stored contents found good.
    pub contents: u64,
    /// The first fault.
    pub fault: Option<Fault>,
    /// Why it cannot be said.
    pub undecided: Option<String>,
    /// What the head file beside the ledger says against it.
    pub beside: Option<String>,
}

/// How far a running check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done, in the order of the check.
    pub phase: &'static str,
    /// How many entries are done.
    pub done: u64,
    /// Of how many.
    pub of: u64,
}

/// The last check and the one that runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// The last report.
    pub report: Option<Report>,
    /// How far the running check is.
    pub running: Option<Progress>,
    /// Counts the checks, so that a late answer of an older one is dropped.
    pub generation: u64,
    /// Why the check could not be made.
    pub failed: Option<String>,
}

/// What no check of signatures can show.
pub const NOT_PROVED: &str = "that evidence is true, or that nothing was left unrecorded.";

impl Trust {
    /// The answer in a sentence.
    pub fn answer(&self) -> String {
        let Some(report) = &self.report else {
            return "not checked yet; verify checks it.".to_owned();
        };
        match report.answer {
            Answer::Yes => {
                "YES, nothing has been changed, removed or put in a different order.".to_owned()
            }
            Answer::No => report.fault.as_ref().map_or_else(
                || "NO.  The head file beside the ledger does not fit it.".to_owned(),
                |fault| {
                    format!("NO.  First problem: {}. Everything before it is good.", fault.place)
                },
            ),
            Answer::NotDecided => "NOT DECIDED.".to_owned(),
        }
    }
}

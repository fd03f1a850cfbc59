//! What the examination of a ledger found, as the screen shows it. The examination is that of
//! `dspt verify`; it is handed over by the caller and runs beside the screen.

use crate::domain::belief::{Answer, Belief, Grade};
use crate::domain::state::anchor::{Anchor, Intervals};
use crate::tui::view::text_width::grouped;

/// What became of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its turn has not come.
    Waiting,
    /// It is being checked.
    Running,
    /// Everything in it is good.
    Good,
    /// It broke a rule.
    No,
    /// It was left out, and its text says why.
    NotChecked,
}

impl State {
    /// Returns mark and word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "[ ] waiting",
            Self::Running => "[>] running",
            Self::Good => "[x] good",
            Self::No => "[!] NO",
            Self::NotChecked => "[ ] not checked",
        }
    }
}

/// A phase of the examination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// Its name, as `dspt verify` prints it.
    pub name: String,
    /// What became of it.
    pub state: State,
    /// What was checked, or why it was not.
    pub text: String,
}

/// A broken rule, or something else that an auditor must be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: String,
    /// Which rule, by its stable name.
    pub rule: String,
    /// What was found.
    pub text: String,
    /// What it means for the reader.
    pub means: String,
}

/// A head that somebody outside dated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated {
    /// The head and its time.
    pub anchor: Anchor,
    /// Whether the reader believes whoever dated it.
    pub believed: bool,
}

/// Which other commands of the program refuse what is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refuses {
    /// None.
    #[default]
    Nothing,
    /// Those that give something out or record: the head file speaks against the ledger.
    GivingOut,
    /// All but `dspt verify`: it cannot be decided whether it can be believed.
    Undecided,
    /// All but `dspt verify`: it does not verify.
    Broken,
}

/// What was checked and found good, and the first fault.
#[derive(Clone, Debug)]
pub struct Report {
    /// The answer.
    pub answer: Answer,
    /// How far all of it can be believed.
    pub belief: Belief,
    /// Entries found good.
    pub entries: u64,
    /// Entries that were hashed only: they are those whose signatures this user verified before.
    pub remembered: u64,
    /// The phases, in order.
    pub phases: Vec<Phase>,
    /// The first fault or finding.
    pub fault: Option<Fault>,
    /// What an auditor must be told though every signature is good.
    pub findings: Vec<Fault>,
    /// What a reader should know of clocks, and what is no fault.
    pub remarks: Vec<Fault>,
    /// Which other commands refuse it.
    pub refuses: Refuses,
    /// Why it cannot be said.
    pub undecided: Option<String>,
    /// Heads that outsiders dated, by rising place.
    pub dated: Vec<Dated>,
    /// The intervals that those believed prove.
    pub intervals: Intervals,
    /// The keys that sign its heads, the newest last.
    pub log: Vec<String>,
}

/// How far a running check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done; in a check, a name of [`ORDER`].
    pub phase: &'static str,
    /// How many entries are done.
    pub done: u64,
    /// Of how many; 0 where nobody knows.
    pub of: u64,
    /// How many a second, where enough were done to say so.
    pub rate: Option<u64>,
}

impl Progress {
    /// Returns count, rate and time left, as far as they are known.
    pub fn text(&self) -> String {
        if self.of == 0 {
            return "...".to_owned();
        }
        let mut text = format!("{} of {} entries", grouped(self.done), grouped(self.of));
        if let Some(rate) = self.rate.filter(|rate| *rate > 0 && self.done < self.of) {
            let left = self.of.saturating_sub(self.done).div_ceil(rate);
            text.push_str(&[",", &grouped(rate), "a second,", &grouped(left), "s left"].join(" "));
        }
        text
    }
}

/// The phases of a check in the order of the answer; those that take time are also checked in it.
pub const ORDER: [&str; 10] = [
    "policy", "head", "quorum", "fresh", "kept", "entries", "root", "anchors", "content", "replay",
];

/// The last check and the one that runs.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The last report.
    pub report: Option<Report>,
    /// What opening the ledger found: its entries, without whom the reader trusts.
    pub opened: Belief,
    /// How far the running check is.
    pub running: Option<Progress>,
    /// Counts the checks, so that a late answer of an older one is dropped.
    pub generation: u64,
    /// Whether a check has ended since the ledger was opened.
    pub checked: bool,
    /// Why nothing of it can be shown but the answer itself.
    pub unshown: Option<String>,
    /// Why the check could not be made.
    pub failed: Option<String>,
    /// What `dspt verify` takes so as to trust the same people, such as `--policy FILE`.
    pub flags: String,
}

impl Trust {
    /// How far the ledger can be believed: by the last check, else by what opening it found.
    pub fn belief(&self) -> &Belief {
        self.report.as_ref().map_or(&self.opened, |report| &report.belief)
    }

    /// Which other commands refuse what is shown: by what opening it found, and by the last check.
    pub fn refuses(&self) -> Refuses {
        let opened = match self.opened.grade {
            Grade::Broken => Refuses::Broken,
            Grade::NotDecided => Refuses::Undecided,
            Grade::Proven | Grade::Consistent | Grade::Unchecked => Refuses::Nothing,
        };
        self.report.as_ref().map_or(opened, |report| report.refuses.max(opened))
    }

    /// The answer in a sentence.
    pub fn answer(&self) -> String {
        let Some(report) = &self.report else {
            return match (self.running.is_some(), self.opened.grade) {
                (true, _) => "being checked.".to_owned(),
                (false, Grade::Broken) => format!("NO. {}.", self.opened.sentence()),
                (false, _) => "not checked in full yet; verify checks it.".to_owned(),
            };
        };
        match report.answer {
            Answer::Yes => format!("{}.", report.belief.verdict()),
            Answer::No => report.fault.as_ref().map_or_else(
                || "NO. The head file beside the ledger does not fit it.".to_owned(),
                |fault| format!("NO. First problem: {}. {}", fault.place, report.good_until()),
            ),
            Answer::NotDecided => {
                let why = report.undecided.as_deref().unwrap_or_default();
                format!("NOT DECIDED: {why}")
            }
        }
    }

    /// What stands over every screen, and at the head of every file made from one, where not all of
    /// it can be believed; none otherwise.
    pub fn warning(&self) -> Option<String> {
        let belief = self.belief();
        if belief.grade != Grade::Unchecked {
            let unshown = || Some(format!("NO POSITION CAN BE SHOWN: {}", self.unshown.as_ref()?));
            return belief.warning().or_else(unshown).or_else(|| belief.withheld());
        }
        let how = match (&self.failed, self.running) {
            (Some(why), _) => format!("cannot be checked: {why}"),
            (None, Some(Progress { done, of, .. })) if of > 0 => {
                format!("are being checked: {} of {}", grouped(done), grouped(of))
            }
            (None, _) => "are not checked yet".to_owned(),
        };
        Some(format!("UNCHECKED: signatures {how}"))
    }

    /// What is known of the signature of an entry that is shown.
    pub fn signature(&self, seq: u64) -> &'static str {
        match (self.opened.grade, &self.report) {
            (Grade::Unchecked, None) => "not checked yet",
            (Grade::Unchecked, Some(report)) if report.answer == Answer::No => {
                "see the Signatures screen"
            }
            _ if seq < self.belief().remembered => "good when you checked it before; now its hash",
            (_, _) => "good",
        }
    }

    /// The answer in one word, as far as there is one: of the last check, else of the opening.
    pub fn word(&self) -> Option<Answer> {
        let opened = match self.opened.grade {
            Grade::Proven | Grade::Consistent => Some(Answer::Yes),
            Grade::Broken => Some(Answer::No),
            Grade::NotDecided => Some(Answer::NotDecided),
            Grade::Unchecked => None,
        };
        self.report.as_ref().map(|report| report.answer).or(opened)
    }

    /// The phases, those of a running check as far as it has come.
    pub fn phases(&self) -> Vec<Phase> {
        if let (None, Some(report)) = (&self.running, &self.report) {
            return report.phases.clone();
        }
        let at = |name| ORDER.iter().position(|one| *one == name);
        let first = at("entries");
        let now = self.running.and_then(|one| at(one.phase));
        let phases = ORDER.iter().enumerate().map(|(number, name)| {
            let state = match now {
                Some(now) if now == number => State::Running,
                // A check stops at the first fault, so what lies behind it is good.
                Some(now) if Some(number) >= first && number < now => State::Good,
                Some(_) | None => State::Waiting,
            };
            let running = self.running.filter(|_| state == State::Running);
            let text = running.map_or_else(String::new, |one| one.text());
            Phase { name: (*name).to_owned(), state, text }
        });
        phases.collect()
    }
}

impl Report {
    /// Up to where everything is good.
    pub fn good_until(&self) -> String {
        // A finding or a fault beyond the entries stands in a history that is good as such.
        let entries = self.phases.iter().find(|one| one.name == "entries");
        match self.entries.checked_sub(1) {
            Some(last) if entries.is_some_and(|one| one.state == State::Good) => {
                format!("Entries #0 to #{last} are what their keys signed.")
            }
            Some(_) => "Everything before it is good.".to_owned(),
            None => "Nothing in this file can be trusted.".to_owned(),
        }
    }
}

//! What the screen shows before the ledger is read: how far it is, and what was shown last time,
//! said to be unchecked. Keys work: leave, and help.

use super::keymap::Key;
use super::theme::Theme;
use super::trust::Progress;

/// The screen while the ledger is being read.
#[derive(Clone, Debug, Default)]
pub struct Loading {
    /// What things look like.
    pub theme: Theme,
    /// How far it is; none before anything was read.
    pub progress: Option<Progress>,
    /// The lines that were shown last time, for the same signed head on the same day.
    pub before: Vec<String>,
    /// Whether help is shown.
    pub help: bool,
}

/// Something that happens while the ledger is being read.
#[derive(Clone, Debug)]
pub enum Step {
    /// It is this far.
    Progress(Progress),
    /// This was shown last time.
    Before(Vec<String>),
}

impl Loading {
    /// Takes a key. Returns whether to leave.
    #[expect(clippy::wildcard_enum_match_arm, reason = "every other key does nothing here")]
    pub fn key(&mut self, key: Key) -> bool {
        match key {
            Key::Char('q') | Key::Ctrl('c') => true,
            Key::Char('?') | Key::F(1) => {
                self.help = !self.help;
                false
            }
            _ => {
                self.help = false;
                false
            }
        }
    }

    /// Takes in how reading goes.
    pub fn step(&mut self, step: Step) {
        match step {
            Step::Progress(progress) => self.progress = Some(progress),
            Step::Before(lines) => self.before = lines,
        }
    }
}

//! What the screen shows before the ledger is read: how far it is, and what was shown last time,
//! said to be unchecked. Keys work: leave, and help.

use super::verification::Progress;
use crate::tui::input::keymap::{Command, Key, Keymap};
use crate::tui::view::theme::Theme;

/// The screen while the ledger is being read.
#[derive(Clone, Debug, Default)]
pub struct Loading {
    /// What things look like.
    pub theme: Theme,
    /// What each key does.
    pub keys: Keymap,
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
    pub fn key(&mut self, key: Key) -> bool {
        let command = self.keys.command(key);
        self.help = command == Some(Command::Help) && !self.help;
        // Ctrl+C leaves whatever the user's keys are.
        key == Key::Ctrl('c') || command == Some(Command::Quit)
    }

    /// Takes in how reading goes.
    pub fn step(&mut self, step: Step) {
        match step {
            Step::Progress(progress) => self.progress = Some(progress),
            Step::Before(lines) => self.before = lines,
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use ratatui::buffer::Cell;

    use super::*;
    use crate::tui::view::loading::loading;

    fn drawn(state: &Loading, columns: u16, rows: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| loading(state, frame)).unwrap();
        let cells = terminal.backend().buffer().content();
        let lines = cells.chunks(usize::from(columns).max(1));
        let line = |row: &[Cell]| row.iter().map(Cell::symbol).collect();
        lines.map(line).collect::<Vec<String>>().join("\n")
    }

    #[test]
    fn it_says_how_far_it_is_and_that_what_was_shown_before_is_unchecked() {
        let mut state = Loading::default();
        assert!(drawn(&state, 80, 24).contains("Opening ..."));
        let progress = Progress { phase: "1 of 2: entries", done: 5_120, of: 100_000, rate: None };
        state.step(Step::Progress(progress));
        let text = drawn(&state, 80, 24);
        assert!(text.contains("1 of 2: entries, 5 120 of 100 000 entries"), "{text}");
        assert!(!text.contains("being checked"), "{text}");
        state.step(Step::Before(vec!["[x] Met 1.1.1".to_owned()]));
        let text = drawn(&state, 80, 24);
        assert!(text.contains("when you last looked: being checked"), "{text}");
        assert!(text.contains("[x] Met 1.1.1"), "{text}");
        for (columns, rows) in [(1, 1), (3, 5), (60, 18), (240, 70)] {
            drawn(&state, columns, rows);
        }
    }

    #[test]
    fn keys_leave_and_help() {
        let mut state = Loading::default();
        assert!(!state.key(Key::Char('?')));
        assert!(drawn(&state, 80, 24).contains("leave now, nothing is lost"));
        assert!(!state.key(Key::Esc));
        assert!(!drawn(&state, 80, 24).contains("leave now"));
        assert!(state.key(Key::Char('q')) && state.key(Key::Ctrl('c')));
    }

    #[test]
    fn keys_are_those_of_the_map() {
        let mut state = Loading::default();
        state.keys.put(Command::Quit, vec![Key::Char('Q')]);
        state.keys.put(Command::Help, vec![Key::F(5)]);
        assert!(!state.key(Key::Char('q')) && state.key(Key::Char('Q')));
        assert!(state.key(Key::Ctrl('c')));
        assert!(!state.key(Key::F(5)));
        let text = drawn(&state, 80, 24);
        assert!(text.contains("Q  leave now, nothing is lost"), "{text}");
        assert!(text.contains("Q quit   F5 help"), "{text}");
    }
}

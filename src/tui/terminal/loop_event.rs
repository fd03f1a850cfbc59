//! What the loop waits for, and what all parts of it share.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use crossterm::event::Event;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;

use crate::tui::host::Left;
use crate::tui::input::keymap::Key;
use crate::tui::model::Model;
use crate::tui::model::loading::Step;
use crate::tui::model::update::{Effect, Message};

/// What the loop waits for.
pub(super) enum LoopEvent {
    Input(Event),
    Message(Message),
    /// Somebody wrote to the ledger.
    Written,
    Step(Step),
    /// Reading the ledger has come to its end, good or bad.
    Prepared,
    /// The model was changed.
    Updated(Box<Updated>),
    InputEnded,
    /// Another thread fell, and why.
    Fallen(String),
    /// Somebody told the program to end.
    #[cfg(unix)]
    Signal(i32),
}

/// A model as it came back: what is to be done outside now, and the messages that wait for that.
pub(super) struct Updated {
    pub(super) model: Box<Model>,
    pub(super) effect: Option<Effect>,
    pub(super) waiting: VecDeque<Message>,
}

/// A change of the model that takes longer is said to be under way.
pub(super) const PATIENCE: Duration = Duration::from_millis(80);

/// How long one step of play stays.
pub(super) const PLAY: Duration = Duration::from_millis(250);

/// How long nothing comes after the last key of a person.
pub(super) const QUIET: Duration = Duration::from_millis(60);

/// Does something on a thread of its own; where none is to be had, here, and the screen waits for it.
pub(super) fn beside(work: impl FnOnce() + Send + 'static) {
    let work = Arc::new(Mutex::new(Some(work)));
    let taken = {
        let work = Arc::clone(&work);
        move || {
            let taken = work.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(work) = taken {
                work();
            }
        }
    };
    if Builder::new().spawn(taken.clone()).is_err() {
        taken();
    }
}

/// Says that reading has ended, however it ended.
pub(super) struct WakeOnDrop(pub(super) Sender<LoopEvent>);

impl Drop for WakeOnDrop {
    fn drop(&mut self) {
        let _ = self.0.send(LoopEvent::Prepared);
    }
}

/// How a key leaves where there is no screen to be left.
pub(super) fn left_by(key: Key) -> Left {
    if key == Key::Ctrl('c') { Left::Stopped } else { Left::Early }
}

pub(super) type Screen = Terminal<CrosstermBackend<io::Stdout>>;

/// Blanks the terminal so that the next frame draws every cell. Asks the terminal for nothing:
/// its answer would be taken for keys by the thread that reads them.
pub(super) fn blank(terminal: &mut Screen) -> io::Result<()> {
    let size = terminal.size()?;
    terminal.resize(Rect::new(0, 0, size.width, size.height))
}

/// Waits for something to happen; while playing, for the next step at most.
pub(super) fn wait(model: &Model, receiver: &Receiver<LoopEvent>) -> Option<LoopEvent> {
    if !model.playing {
        return receiver.recv().ok();
    }
    match receiver.recv_timeout(PLAY) {
        Ok(woken) => Some(woken),
        Err(RecvTimeoutError::Timeout) => Some(LoopEvent::Message(Message::Tick)),
        Err(RecvTimeoutError::Disconnected) => None,
    }
}

//! What happens to the screen, and the one function that changes the model for it. No file, clock or
//! terminal: what must be done outside is returned as an [`Effect`].
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a key that is not named here is looked up in the map"
)]

use std::collections::BTreeSet;

use super::commands;
use super::find;
use super::overlay::Overlay;
use super::session::Source;
use super::time_nav;
use super::verification::{Progress, Report};
use super::{Model, Screen};
use crate::domain::date::Date;
use crate::tui::input::editing;
use crate::tui::input::keymap::{Command, Key};
use crate::tui::input::mouse;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Message {
    /// A key was pressed.
    Key(Key),
    /// A text was pasted.
    Paste(String),
    /// A command was called by name, with what it takes.
    Say(Command, String),
    /// The window has another size.
    Size(u16, u16),
    /// Time for the next step of play.
    Tick,
    /// The check of a generation has come this far.
    Checking(u64, Progress),
    /// The check of a generation has ended.
    Checked(u64, Box<Result<Report, String>>),
    /// Something outside was done, or not.
    Told(Result<String, String>),
    /// The ledger was read again.
    Reloaded(Box<Source>),
    /// The mouse was pressed.
    Click(u16, u16),
    /// The ledger holds this many more entries than were read.
    Grown(u64),
    /// The wheel was turned, down or up.
    Wheel(bool),
    /// Time to go on with what takes several turns.
    GoOn,
}

/// Something to do outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Leave.
    Quit,
    /// Leave as a program does that was stopped.
    Stop,
    /// Start the check of this generation.
    Verify(u64),
    /// Read the ledger again if it has grown.
    Reload,
    /// Write a new file.
    Export(String, Vec<u8>),
    /// Put a text into the clipboard.
    Copy(String),
    /// Keep the bookmarks.
    Keep(BTreeSet<Date>),
    /// Take or leave the mouse.
    Mouse(bool),
    /// Clear the terminal and draw everything.
    Redraw,
    /// Come back with [`Message::GoOn`] after what else has happened.
    GoOn,
}

/// Changes the model and says what is to be done outside.
pub fn update(model: &mut Model, message: Message) -> Option<Effect> {
    let effect = match message {
        Message::Key(key) => press(model, key),
        Message::Paste(text) if editing::paste(model, &text) => None,
        Message::Paste(_) => return None,
        Message::Say(command, rest) => commands::say(model, command, &rest),
        Message::Size(columns, rows) => {
            model.window = (columns, rows);
            None
        }
        Message::Tick => {
            time_nav::tick(model);
            None
        }
        Message::Checking(generation, progress) => {
            if generation == model.trust.generation {
                model.trust.running = Some(progress);
            }
            None
        }
        Message::Checked(generation, outcome) => {
            if generation == model.trust.generation {
                commands::checked(model, *outcome);
            }
            None
        }
        Message::Told(told) => {
            model.notice = told.unwrap_or_else(|error| error);
            None
        }
        Message::GoOn => find::look(model),
        Message::Reloaded(source) => commands::reload(model, *source),
        Message::Grown(more) => {
            model.grown = more;
            return None;
        }
        Message::Click(column, row) => {
            row.checked_sub(model.over.rows()).and_then(|row| mouse::click(model, column, row))
        }
        Message::Wheel(down) => {
            let at = model.cursor().at;
            model.select(if down { at.saturating_add(3) } else { at.saturating_sub(3) });
            None
        }
    };
    model.refresh();
    editing::bound(model);
    effect
}

fn press(model: &mut Model, key: Key) -> Option<Effect> {
    if key == Key::Ctrl('c') {
        return Some(Effect::Stop);
    }
    model.notice.clear();
    // Any key ends a search that is under way, and does what it does.
    let looking = model.looking.take().is_some();
    if looking && key == Key::Esc {
        "Stopped looking.".clone_into(&mut model.notice);
        return None;
    }
    if model.overlay != Overlay::None {
        return editing::overlay(model, key);
    }
    let tree = model.screen == Screen::Why;
    let command = model.keys.command(key);
    let known = match key {
        // In a tree the arrows unfold, unless the user gave them to something else.
        Key::Right if tree && command == Some(Command::Next) => Some(Command::Unfold),
        Key::Left if tree && command == Some(Command::Previous) => Some(Command::Fold),
        _ => command,
    };
    commands::run(model, known?)
}

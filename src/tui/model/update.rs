//! What happens to the screen, and the one function that changes the model for it. No file, clock or
//! terminal: what must be done outside is returned as an [`Effect`].
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a key that is not named here is looked up in the map"
)]

use super::commands;
use super::find;
pub use super::message::{Effect, Message};
use super::overlay::Overlay;
use super::time_nav;
use super::{Model, Screen};
use crate::tui::input::editing;
use crate::tui::input::keymap::{Command, Key};
use crate::tui::input::mouse;

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

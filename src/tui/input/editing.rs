//! Keys for what lies over the screen: a prompt, the form, the palette, a text. Pure, as `commands.rs`.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a key or command that is not named here does nothing here"
)]

use super::help::shown;
use super::keymap::{Command, Key, Keymap};
use crate::tui::model::Model;
use crate::tui::model::commands::say;
use crate::tui::model::going::explain;
use crate::tui::model::message::Effect;
use crate::tui::model::overlay::{Form, Help, Input, Overlay, wrapped};
use crate::tui::model::prompted::answer;
use crate::tui::view::layout;

/// Gives a pasted text to the field that is being filled in. Says whether there is one: elsewhere a
/// paste does nothing, for its letters were meant for another window.
pub(in crate::tui) fn paste(model: &mut Model, text: &str) -> bool {
    let input = match &mut model.overlay {
        Overlay::Prompt(_, input) => input,
        Overlay::Form(form) => match form.field {
            0 => &mut form.date,
            2 => {
                form.known = 2;
                &mut form.other
            }
            _ => return false,
        },
        Overlay::Palette(palette) => {
            palette.at = 0;
            &mut palette.input
        }
        Overlay::Help(Help { wanted: Some(input), top }) => {
            *top = 0;
            input
        }
        Overlay::None | Overlay::Help(_) | Overlay::Choice(_) | Overlay::Text(..) => return false,
    };
    input.paste(text);
    true
}

/// Gives a key to what lies over the screen.
pub fn overlay(model: &mut Model, key: Key) -> Option<Effect> {
    if let Overlay::Help(help) = &mut model.overlay
        && search(help, key, &model.keys)
    {
        return None;
    }
    if key == Key::Esc {
        model.overlay = Overlay::None;
        return None;
    }
    match &mut model.overlay {
        Overlay::None => None,
        Overlay::Prompt(ask, input) => {
            if key == Key::Enter {
                let (ask, text) = (*ask, input.text.clone());
                return answer(model, ask, &text);
            }
            input.key(key);
            None
        }
        Overlay::Form(form) => {
            if key == Key::Enter {
                let form = form.clone();
                fill_in(model, &form);
            } else {
                form.key(key);
            }
            None
        }
        Overlay::Palette(palette) => {
            let last = palette.list(&model.keys).len().saturating_sub(1);
            match key {
                Key::Up => palette.at = palette.at.saturating_sub(1),
                Key::Down => palette.at = (palette.at + 1).min(last),
                Key::Enter => {
                    let chosen = palette.list(&model.keys).get(palette.at).map(|one| one.command);
                    let rest = palette.rest().to_owned();
                    model.overlay = Overlay::None;
                    return chosen.and_then(|command| say(model, command, &rest));
                }
                _ => {
                    palette.input.key(key);
                    palette.at = 0;
                }
            }
            None
        }
        Overlay::Choice(_) => {
            choose(model, key);
            None
        }
        Overlay::Help(_) | Overlay::Text(..) => {
            scroll(model, key);
            None
        }
    }
}

/// Scrolls a text that lies over the screen, or closes it.
fn scroll(model: &mut Model, key: Key) {
    let (Overlay::Help(Help { top, .. }) | Overlay::Text(_, _, top)) = &mut model.overlay else {
        return;
    };
    // One line of the page before stays in sight.
    let (_, rows) = layout::text_box(model.size);
    let page = rows.saturating_sub(1).max(1);
    match model.keys.command(key) {
        Some(Command::Up) => *top = top.saturating_sub(1),
        Some(Command::Down) => *top = top.saturating_add(1),
        Some(Command::PageUp) => *top = top.saturating_sub(page),
        Some(Command::PageDown | Command::Play) => *top = top.saturating_add(page),
        Some(Command::First) => *top = 0,
        Some(Command::Last) => *top = usize::MAX,
        Some(Command::Quit | Command::Help | Command::Open | Command::Back) => {
            model.overlay = Overlay::None;
        }
        _ => {}
    }
}

/// Moves in a choice of items, or opens the selected one.
fn choose(model: &mut Model, key: Key) {
    let command = model.keys.command(key);
    let Overlay::Choice(choice) = &mut model.overlay else { return };
    let last = choice.items.len().saturating_sub(1);
    match command {
        Some(Command::Up) => choice.at = choice.at.saturating_sub(1),
        Some(Command::Down) => choice.at = (choice.at + 1).min(last),
        Some(Command::PageUp) => choice.at = choice.at.saturating_sub(10),
        Some(Command::PageDown) => choice.at = (choice.at + 10).min(last),
        Some(Command::First) => choice.at = 0,
        Some(Command::Last) => choice.at = last,
        Some(Command::Open) => {
            let chosen = choice.items.get(choice.at).map(|(item, _)| item.clone());
            model.overlay = Overlay::None;
            if let Some(item) = chosen {
                explain(model, item);
            }
        }
        Some(Command::Quit | Command::Back) => model.overlay = Overlay::None,
        _ => {}
    }
}

/// Looks for a key in the help. Says whether the key that was pressed is part of that.
fn search(help: &mut Help, key: Key, keys: &Keymap) -> bool {
    match (&mut help.wanted, key) {
        (None, _) if keys.command(key) == Some(Command::Find) => {
            *help = Help { top: 0, wanted: Some(Input::default()) };
            true
        }
        (None, _) | (Some(_), Key::Up | Key::Down | Key::PageUp | Key::PageDown) => false,
        (Some(_), Key::Esc | Key::Enter) => {
            *help = Help::default();
            true
        }
        (Some(input), key) => {
            input.key(key);
            help.top = 0;
            true
        }
    }
}

/// Keeps the last line of a text on the last row of its box, whatever size the window has by now.
pub(in crate::tui) fn bound(model: &mut Model) {
    let (columns, rows) = layout::text_box(model.size);
    let lines = match &model.overlay {
        Overlay::Help(help) => shown(help, &model.keys, model.screen, model.size).len(),
        Overlay::Text(_, lines, _) => wrapped(lines, columns).len(),
        Overlay::None
        | Overlay::Prompt(..)
        | Overlay::Form(_)
        | Overlay::Palette(_)
        | Overlay::Choice(_) => 0,
    };
    if let Overlay::Help(Help { top, .. }) | Overlay::Text(_, _, top) = &mut model.overlay {
        *top = (*top).min(lines.saturating_sub(rows));
    }
}

fn fill_in(model: &mut Model, form: &Form) {
    match form.read(model.active(), &model.library) {
        Ok(asked) => {
            model.ask(asked);
            model.overlay = Overlay::None;
        }
        Err(error) => {
            if let Overlay::Form(form) = &mut model.overlay {
                form.date.error = Some(error);
            }
        }
    }
}

//! What the terminal says, as messages: keys, clicks, another size.

use std::io;
use std::sync::mpsc::Sender;
use std::thread::Builder;

use crossterm::event::{
    self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind,
};

use super::loop_event::LoopEvent;
use crate::tui::input::keymap::Key;
use crate::tui::model::update::Message;

/// Reads events on a thread of its own, so that the loop can wait for them and for the check.
///
/// # Errors
/// When no thread is to be had.
pub(super) fn listen(sender: Sender<LoopEvent>) -> io::Result<()> {
    let listening = Builder::new().spawn(move || {
        while let Ok(event) = event::read() {
            if sender.send(LoopEvent::Input(event)).is_err() {
                return;
            }
        }
        let _ = sender.send(LoopEvent::InputEnded);
    });
    listening.map(|_| ())
}

/// Turns a terminal's event into a message; releases of keys and all else are dropped.
#[expect(clippy::wildcard_enum_match_arm, reason = "what the screen has no use for is dropped")]
pub fn message(event: &Event) -> Option<Message> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => key_of(*key).map(Message::Key),
        Event::Resize(columns, rows) => Some(Message::Size(*columns, *rows)),
        Event::Mouse(mouse) => match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                Some(Message::Click(mouse.column, mouse.row))
            }
            MouseEventKind::ScrollDown => Some(Message::Wheel(true)),
            MouseEventKind::ScrollUp => Some(Message::Wheel(false)),
            _ => None,
        },
        Event::Paste(text) => Some(Message::Paste(text.clone())),
        Event::Key(_) | Event::FocusGained | Event::FocusLost => None,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what the screen has no use for is dropped")]
pub(super) fn key_of(key: KeyEvent) -> Option<Key> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    if key.modifiers.contains(KeyModifiers::ALT) && !control {
        return None;
    }
    Some(match key.code {
        KeyCode::Char(c) if control && !key.modifiers.contains(KeyModifiers::ALT) => {
            Key::Ctrl(c.to_ascii_lowercase())
        }
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::F(number) => Key::F(number),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        _ => return None,
    })
}

pub(super) fn is_suspend(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('z')
        && key.modifiers.contains(KeyModifiers::CONTROL)
        && key.kind != KeyEventKind::Release
}

//! What is done outside for the model: the clipboard, the mouse, files, the check beside the screen.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use crossterm::execute;

use super::loop_event::{LoopEvent, Screen, beside, blank};
use crate::tui::host::Host;
use crate::tui::model::Model;
use crate::tui::model::update::{Effect, Message};

/// Does something outside. Returns what the model is to learn of it.
pub(super) fn perform(
    model: &Model,
    effect: Effect,
    host: &Arc<dyn Host>,
    terminal: &mut Screen,
    sender: &Sender<LoopEvent>,
) -> io::Result<Option<Message>> {
    match effect {
        Effect::Quit | Effect::Stop => {}
        Effect::GoOn => {
            // Behind the keys that wait.
            let _ = sender.send(LoopEvent::Message(Message::GoOn));
        }
        Effect::Verify(generation) => check_beside(generation, host, sender),
        Effect::Copy(text) => execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text))?,
        Effect::Mouse(true) => execute!(io::stdout(), EnableMouseCapture)?,
        Effect::Mouse(false) => execute!(io::stdout(), DisableMouseCapture)?,
        Effect::Redraw => blank(terminal)?,
        Effect::Reload => reload_beside(model.library.all(), host, sender),
        Effect::Export(..) | Effect::Keep(_) => {
            return Ok(Some(outside(model, effect, host.as_ref())));
        }
    }
    Ok(None)
}

/// Does what only files are needed for, and says how it went.
pub(super) fn outside(model: &Model, effect: Effect, host: &dyn Host) -> Message {
    match effect {
        Effect::Reload => reloaded(model.library.all(), host),
        Effect::Export(name, bytes) => Message::Told(host.export(&name, &bytes)),
        Effect::Keep(days) => {
            let ledger = model.library.source.entries.leaf(0).unwrap_or_default();
            Message::Told(host.keep(&ledger, &days))
        }
        Effect::Quit
        | Effect::Stop
        | Effect::GoOn
        | Effect::Verify(_)
        | Effect::Copy(_)
        | Effect::Mouse(_)
        | Effect::Redraw => Message::Told(Ok(String::new())),
    }
}

fn reloaded(had: u64, host: &dyn Host) -> Message {
    match host.reload(had) {
        Ok(Some(source)) => Message::Reloaded(Box::new(source)),
        Ok(None) => Message::Told(Ok("Today. Nothing new is recorded.".to_owned())),
        Err(error) => Message::Told(Err(error)),
    }
}

/// Reads the ledger again on a thread of its own; the screen stays live.
fn reload_beside(had: u64, host: &Arc<dyn Host>, sender: &Sender<LoopEvent>) {
    let (host, sender) = (Arc::clone(host), sender.clone());
    beside(move || {
        let _ = sender.send(LoopEvent::Message(reloaded(had, host.as_ref())));
    });
}

/// Checks on a thread of its own; the screen stays live.
pub(super) fn check_beside(generation: u64, host: &Arc<dyn Host>, sender: &Sender<LoopEvent>) {
    let (host, sender) = (Arc::clone(host), sender.clone());
    beside(move || {
        let outcome = host.verify(&mut |progress| {
            let _ = sender.send(LoopEvent::Message(Message::Checking(generation, progress)));
        });
        let _ = sender.send(LoopEvent::Message(Message::Checked(generation, Box::new(outcome))));
    });
}

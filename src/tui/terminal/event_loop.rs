//! The loop over the model: what came in, what is to be done outside, what is drawn.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::Builder;

use crossterm::event::{Event, KeyEvent};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Modifier, Style};

use super::effects::perform;
use super::input::{is_suspend, key_of, message};
use super::loop_event::{LoopEvent, PATIENCE, Screen, Updated, WakeOnDrop, blank, left_by, wait};
use super::raw_mode::suspend;
#[cfg(unix)]
use super::raw_mode::{end, is_sleep};
use crate::domain::belief::Grade;
use crate::tui::host::{Host, Left};
use crate::tui::input::keymap::{Command, Key};
use crate::tui::model::Model;
use crate::tui::model::overlay::Overlay;
use crate::tui::model::update::{Effect, Message, update};
use crate::tui::view::{self, text_width};

/// The loop and what it holds besides the model.
pub(super) struct EventLoop<'d> {
    pub(super) host: &'d Arc<dyn Host>,
    pub(super) terminal: &'d mut Screen,
    pub(super) sender: &'d Sender<LoopEvent>,
    pub(super) receiver: &'d Receiver<LoopEvent>,
    pub(super) updater: Updater,
    /// What came in while the model was being changed.
    pub(super) later: VecDeque<LoopEvent>,
    /// The last frame, to stay while the model is being changed.
    pub(super) frame: Buffer,
    /// Whether something lay over the screen in it.
    pub(super) covered: bool,
}

/// Takes a model and what happened to it.
pub(super) type Updater = Sender<(Box<Model>, VecDeque<Message>)>;

/// What came of having a model changed.
enum Changed {
    Updated(Box<Updated>),
    /// The user left meanwhile.
    Left(Left),
}

/// Changes the model on a thread of its own, so that keys and the screen live on while a position
/// of a large ledger is worked out.
///
/// # Errors
/// When no thread is to be had.
pub(super) fn updater(told: Sender<LoopEvent>) -> io::Result<Updater> {
    let (work, receiver) = channel::<(Box<Model>, VecDeque<Message>)>();
    Builder::new().spawn(move || {
        let told = WakeOnDrop(told);
        for (mut model, mut waiting) in receiver {
            let mut effect = None;
            while effect.is_none()
                && let Some(message) = waiting.pop_front()
            {
                effect = update(&mut model, message);
            }
            let updated = Box::new(Updated { model, effect, waiting });
            if told.0.send(LoopEvent::Updated(updated)).is_err() {
                return;
            }
        }
    })?;
    Ok(work)
}

impl EventLoop<'_> {
    /// Runs until the user leaves.
    pub(super) fn work(mut self, mut model: Box<Model>) -> io::Result<Left> {
        loop {
            let lies_over = model.overlay != Overlay::None;
            if lies_over != self.covered && self.frame.content.iter().any(is_uncertain) {
                blank(self.terminal)?;
            }
            self.covered = lies_over;
            self.frame = self.terminal.draw(|frame| view::view(&model, frame))?.buffer.clone();
            let next = self.later.pop_front().or_else(|| wait(&model, self.receiver));
            let Some(first) = next else { return Ok(Left::Screen(model)) };
            // Everything that waits is taken in before one frame is drawn: held keys do not pile up.
            let all: Vec<LoopEvent> = std::iter::once(first)
                .chain(std::mem::take(&mut self.later))
                .chain(self.receiver.try_iter())
                .collect();
            let mut waiting = VecDeque::new();
            for woken in all {
                match woken {
                    LoopEvent::InputEnded => return Ok(Left::Screen(model)),
                    LoopEvent::Fallen(why) => return Err(io::Error::other(why)),
                    #[cfg(unix)]
                    LoopEvent::Signal(signal) if is_sleep(signal) => {
                        waiting.extend(suspend(self.terminal, model.mouse)?);
                    }
                    #[cfg(unix)]
                    LoopEvent::Signal(signal) => return end(signal).map(|()| Left::Stopped),
                    LoopEvent::Message(message) => waiting.push_back(message),
                    LoopEvent::Step(_)
                    | LoopEvent::Prepared
                    | LoopEvent::Updated(_)
                    | LoopEvent::Written => {}
                    LoopEvent::Input(Event::Key(key)) if is_suspend(key) => {
                        waiting.extend(suspend(self.terminal, model.mouse)?);
                    }
                    LoopEvent::Input(event) => {
                        if matches!(event, Event::Resize(..)) {
                            blank(self.terminal)?;
                        }
                        waiting.extend(message(&event));
                    }
                }
            }
            let by_itself = waiting.is_empty();
            while !waiting.is_empty() {
                let updated = match self.change(model, waiting)? {
                    Changed::Updated(updated) => updated,
                    Changed::Left(left) => return Ok(left),
                };
                (model, waiting) = (updated.model, updated.waiting);
                match updated.effect {
                    Some(Effect::Quit) => return Ok(Left::Screen(model)),
                    Some(Effect::Stop) => return Ok(Left::Stopped),
                    Some(effect) => {
                        let done = perform(&model, effect, self.host, self.terminal, self.sender)?;
                        waiting.extend(done);
                    }
                    None => {}
                }
            }
            self.look_for_growth(&mut model, by_itself);
        }
    }

    /// Says what others have recorded. Asked when something happened, not by the clock: an idle
    /// screen wakes nobody.
    fn look_for_growth(&self, model: &mut Model, by_itself: bool) {
        // Where reading stopped at a fault, what lies behind it was there before.
        let whole = !matches!(model.trust.opened.grade, Grade::Broken | Grade::NotDecided);
        let more = if whole { self.host.grown(model.library.all()) } else { 0 };
        if more != model.grown {
            // What an earlier key was answered has been read by now.
            if by_itself {
                model.notice.clear();
            }
            update(model, Message::Grown(more));
        }
    }

    /// Has the model changed. Where that takes long, the last frame stays, a line says so, and the
    /// user can leave; every other key waits its turn.
    fn change(&mut self, model: Box<Model>, waiting: VecDeque<Message>) -> io::Result<Changed> {
        let typing = model.overlay != Overlay::None;
        let (entries, quit) = (model.library.all(), model.keys.of(Command::Quit).to_vec());
        if self.updater.send((model, waiting)).is_err() {
            return Ok(Changed::Left(Left::Early));
        }
        let mut said = false;
        loop {
            let woken = if said {
                self.receiver.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                self.receiver.recv_timeout(PATIENCE)
            };
            match woken {
                Ok(LoopEvent::Updated(updated)) => return Ok(Changed::Updated(updated)),
                Ok(LoopEvent::Input(Event::Key(key))) if said && leaves(key, &quit, typing) => {
                    return Ok(Changed::Left(key_of(key).map_or(Left::Early, left_by)));
                }
                Ok(LoopEvent::Fallen(why)) => return Err(io::Error::other(why)),
                #[cfg(unix)]
                Ok(LoopEvent::Signal(signal)) if !is_sleep(signal) => {
                    return end(signal).map(|()| Changed::Left(Left::Stopped));
                }
                Ok(woken) => self.later.push_back(woken),
                Err(RecvTimeoutError::Timeout) => {
                    said = true;
                    self.say_busy(entries, &quit, typing)?;
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(Changed::Left(Left::Early)),
            }
        }
    }

    fn say_busy(&mut self, entries: u64, quit: &[Key], typing: bool) -> io::Result<()> {
        let own = quit.iter().find(|key| counts(**key, typing)).copied();
        let text = format!(
            " Working out the position from {} entries ...  {} leaves ",
            text_width::grouped(entries),
            own.unwrap_or(Key::Ctrl('c')).label()
        );
        let last = &self.frame;
        self.terminal.draw(|frame| {
            let buffer = frame.buffer_mut();
            if buffer.area == last.area {
                buffer.clone_from(last);
            }
            let y = buffer.area.bottom().saturating_sub(1);
            let style = Style::new().add_modifier(Modifier::REVERSED);
            buffer.set_stringn(0, y, &text, usize::from(buffer.area.width), style);
        })?;
        Ok(())
    }
}

/// Says whether terminals disagree on how many columns a cell's text takes: what they drew beside it
/// would stay when something is laid over it, so that all is drawn again.
fn is_uncertain(cell: &Cell) -> bool {
    let mut letters = cell.symbol().chars();
    letters.next().is_some_and(|first| {
        letters.next().is_some() || (!first.is_ascii() && text_width::columns(cell.symbol()) != 1)
    })
}

/// Says whether a key leaves while the model is being changed.
fn leaves(key: KeyEvent, quit: &[Key], typing: bool) -> bool {
    // Ctrl+C leaves whatever the user's keys are.
    key_of(key)
        .is_some_and(|key| key == Key::Ctrl('c') || (quit.contains(&key) && counts(key, typing)))
}

/// A letter may belong to a text that is being typed.
fn counts(key: Key, typing: bool) -> bool {
    !(typing && matches!(key, Key::Char(_)))
}

//! The loop and the only code that touches the terminal: input, frames, the threads beside.
//!
//! The loop blocks until something happens: an idle screen wakes nobody. `crossterm` is named in
//! this folder only.

mod effects;
mod event_loop;
pub mod input;
mod loop_event;
mod raw_mode;
pub mod repl;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Builder;

use crossterm::event::Event;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;

use super::host::{Host, Left, Prepare};
use super::model::Model;
use super::model::loading::Loading;
use super::model::update::{Message, update};
use super::view;
use effects::check_beside;
use event_loop::{EventLoop, updater};
use input::{listen, message};
use loop_event::{LoopEvent, QUIET, Screen, WakeOnDrop, blank, left_by};
use raw_mode::{Taken, forget_input};
#[cfg(unix)]
use raw_mode::{end, heed, is_sleep, suspend};

/// Runs the screen until the user leaves. The first frame is there before the ledger is read.
/// Returns how the user left, or why there is no screen.
///
/// # Errors
/// When the terminal cannot be used.
pub fn run<E: Send + 'static>(
    prepare: Prepare<E>,
    loading: Loading,
    host: &Arc<dyn Host>,
) -> io::Result<Result<Left, E>> {
    let (sender, receiver) = channel();
    let (before, here) = (std::panic::take_hook(), std::thread::current().id());
    let beside = sender.clone();
    std::panic::set_hook(Box::new(move |info| {
        // Another thread must not write on a screen that the loop still draws: it tells the loop.
        if std::thread::current().id() == here {
            Taken::give_back();
            before(info);
        } else {
            let _ = beside.send(LoopEvent::Fallen(info.to_string()));
        }
    }));
    let taken = Taken::take()?;
    let mut terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
    // Some consoles do not blank the alternate screen.
    blank(&mut terminal)?;
    listen(sender.clone())?;
    #[cfg(unix)]
    heed(sender.clone())?;
    let ended = match read(prepare, loading, &mut terminal, &sender, &receiver)? {
        Reading::Made(Ok(mut model)) => {
            let (columns, rows) = crossterm::terminal::size()?;
            update(&mut model, Message::Size(columns, rows));
            let desk = EventLoop {
                host,
                terminal: &mut terminal,
                sender: &sender,
                receiver: &receiver,
                updater: updater(sender.clone())?,
                later: VecDeque::new(),
                frame: Buffer::default(),
                covered: false,
            };
            if model.trust.running.is_some() {
                check_beside(model.trust.generation, host, &sender);
            }
            let beside = sender.clone();
            let watch = host.watch(Box::new(move || {
                let _ = beside.send(LoopEvent::Written);
            }));
            let left = desk.work(model)?;
            drop(watch);
            Ok(left)
        }
        Reading::Made(Err(error)) => Err(error),
        Reading::Left(left) => Ok(left),
    };
    drain(&receiver);
    drop(taken);
    Ok(ended)
}

/// Takes in what is left of a paste whose first letters left the screen: the shell would run it.
fn drain(receiver: &Receiver<LoopEvent>) {
    let (mut quiet, mut others, mut came) = (QUIET, 0, false);
    while others < OTHERS_MAX {
        match receiver.recv_timeout(quiet) {
            // More was on its way, so more may come.
            Ok(LoopEvent::Input(_)) => (quiet, came) = (10 * QUIET, true),
            Ok(_) => others += 1,
            Err(_) if came => {
                // What was not read makes room for what did not fit.
                forget_input();
                came = false;
            }
            Err(_) => return,
        }
    }
}

/// A check beside the screen that tells how far it is does not hold the user up.
const OTHERS_MAX: usize = 50;

/// What came of reading the ledger.
enum Reading<E> {
    Made(Result<Box<Model>, E>),
    /// The user left before.
    Left(Left),
}

/// Reads the ledger on a thread of its own, and shows how far it is.
fn read<E: Send + 'static>(
    prepare: Prepare<E>,
    mut loading: Loading,
    terminal: &mut Screen,
    sender: &Sender<LoopEvent>,
    receiver: &Receiver<LoopEvent>,
) -> io::Result<Reading<E>> {
    let told = WakeOnDrop(sender.clone());
    let reading = Builder::new().spawn(move || {
        prepare(&mut |step| {
            let _ = told.0.send(LoopEvent::Step(step));
        })
    })?;
    loop {
        terminal.draw(|frame| view::loading(&loading, frame))?;
        let Ok(first) = receiver.recv() else { return Ok(Reading::Left(Left::Early)) };
        for woken in std::iter::once(first).chain(receiver.try_iter()) {
            match woken {
                LoopEvent::Step(step) => loading.step(step),
                LoopEvent::Prepared => {
                    let made = reading.join();
                    let made = made.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                    return Ok(Reading::Made(made.map(Box::new)));
                }
                LoopEvent::InputEnded => return Ok(Reading::Left(Left::Early)),
                LoopEvent::Fallen(why) => return Err(io::Error::other(why)),
                #[cfg(unix)]
                LoopEvent::Signal(signal) if is_sleep(signal) => {
                    suspend(terminal, false)?;
                }
                #[cfg(unix)]
                LoopEvent::Signal(signal) => {
                    return end(signal).map(|()| Reading::Left(Left::Stopped));
                }
                LoopEvent::Input(Event::Resize(..)) => blank(terminal)?,
                LoopEvent::Input(event) => {
                    if let Some(Message::Key(key)) = message(&event)
                        && loading.key(key)
                    {
                        return Ok(Reading::Left(left_by(key)));
                    }
                }
                LoopEvent::Message(_) | LoopEvent::Updated(_) | LoopEvent::Written => {}
            }
        }
    }
}

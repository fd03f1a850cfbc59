//! The terminal in full-screen mode and how it is given back: at the end, on a panic, when the program
//! is told to end or to sleep.

use std::io;
#[cfg(unix)]
use std::sync::mpsc::Sender;
#[cfg(unix)]
use std::thread::Builder;

use crossterm::cursor::Show;
#[cfg(unix)]
use crossterm::event::EnableMouseCapture;
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste};
use crossterm::execute;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use super::loop_event::Screen;
#[cfg(unix)]
use super::loop_event::{LoopEvent, blank};
use crate::tui::model::update::Message;

/// The terminal in full-screen mode; dropped, it is as it was.
pub(super) struct Taken;

impl Taken {
    pub(super) fn take() -> io::Result<Self> {
        enable_raw_mode()?;
        let taken = Self;
        enter()?;
        Ok(taken)
    }

    pub(super) fn give_back() {
        forget_input();
        // Past standard output's lock and buffer, which a panic may have left in use. Nothing can
        // be said when the terminal is gone.
        if let Ok(mut terminal) = unlocked() {
            let _ = execute!(
                terminal,
                DisableBracketedPaste,
                DisableMouseCapture,
                LeaveAlternateScreen,
                Show
            );
        }
        let _ = disable_raw_mode();
    }
}

/// A screen of our own, and pastes that come as pastes, not as keys.
fn enter() -> io::Result<()> {
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste)
}

/// Forgets what was typed or pasted and not read yet: it was meant for the screen, not for the shell.
pub(super) fn forget_input() {
    #[cfg(unix)]
    let _ = rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush);
}

/// Standard output, without its lock and its buffer.
#[cfg(unix)]
fn unlocked() -> io::Result<std::fs::File> {
    use std::os::fd::AsFd as _;
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

/// Standard output, without its lock and its buffer.
#[cfg(windows)]
fn unlocked() -> io::Result<std::fs::File> {
    use std::os::windows::io::AsHandle as _;
    Ok(io::stdout().as_handle().try_clone_to_owned()?.into())
}

impl Drop for Taken {
    fn drop(&mut self) {
        // A panic has given it back before it said why; twice would put the cursor over that.
        if !std::thread::panicking() {
            Self::give_back();
        }
    }
}

/// Tells the loop when somebody tells the program to end or to sleep.
#[cfg(unix)]
pub(super) fn heed(sender: Sender<LoopEvent>) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};
    let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM, SIGTSTP])?;
    let heeding = Builder::new().spawn(move || {
        for signal in signals.forever() {
            let _ = sender.send(LoopEvent::Signal(signal));
        }
    });
    heeding.map(|_| ())
}

/// Says whether a signal tells the program to sleep.
#[cfg(unix)]
pub(super) fn is_sleep(signal: i32) -> bool {
    signal == signal_hook::consts::SIGTSTP
}

/// Gives the terminal back and ends as the signal would have ended the program.
#[cfg(unix)]
pub(super) fn end(signal: i32) -> io::Result<()> {
    Taken::give_back();
    signal_hook::low_level::emulate_default_handler(signal)
}

/// Gives the terminal back to the shell until it wakes the program again.
#[cfg(unix)]
pub(super) fn suspend(terminal: &mut Screen, mouse: bool) -> io::Result<Option<Message>> {
    Taken::give_back();
    // Past our own handler, which tells the loop: this is what it does about it.
    signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)?;
    enable_raw_mode()?;
    enter()?;
    if mouse {
        execute!(io::stdout(), EnableMouseCapture)?;
    }
    let (columns, rows) = crossterm::terminal::size()?;
    blank(terminal)?;
    Ok(Some(Message::Size(columns, rows)))
}

/// There is no such thing here.
#[cfg(not(unix))]
pub(super) fn suspend(_terminal: &mut Screen, _mouse: bool) -> io::Result<Option<Message>> {
    Ok(None)
}

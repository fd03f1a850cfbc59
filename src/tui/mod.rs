//! The screen: a model, a keymap, a view; and the only code that touches the terminal.
//!
//! `key -> Message -> update(&mut Model, Message) -> view(&Model, &mut Frame)`. The screen reads
//! verified facts and writes nothing to a ledger. The loop blocks until something happens: an idle
//! screen wakes nobody. `crossterm` is named in this file only.

pub mod act;
pub mod book;
pub mod export;
pub mod filter;
pub mod keyfile;
pub mod keymap;
pub mod layout;
pub mod linear;
pub mod model;
pub mod moment;
pub mod mouse;
pub mod overlay;
pub mod page;
pub mod scrubber;
pub mod theme;
pub mod time;
pub mod trust;
pub mod typing;
pub mod update;
pub mod view;
pub mod width;

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::Show;
use crossterm::event::{
    self, DisableMouseCapture, EnableMouseCapture, Event, KeyCode, KeyEvent, KeyEventKind,
    KeyModifiers, MouseButton, MouseEventKind,
};
use crossterm::execute;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;

use crate::domain::day::Day;
use book::Source;
use keymap::Key;
use model::Model;
use trust::{Progress, Report};
use update::{Effect, Message, update};

/// What the screen needs from outside; the command line gives the real one.
pub trait Host: Send + Sync {
    /// Checks everything again, telling how far it is.
    ///
    /// # Errors
    /// One line that says why it could not.
    fn verify(&self, progress: &mut dyn FnMut(Progress)) -> Result<Report, String>;

    /// Reads the ledger again when it has another number of entries than `had`.
    ///
    /// # Errors
    /// One line that says why it could not.
    fn reload(&self, had: u64) -> Result<Option<Source>, String>;

    /// Says how many more entries than `had` the ledger holds. It is asked after each key, so it
    /// must cost next to nothing while the file stays as it is.
    fn grown(&self, had: u64) -> u64;

    /// Writes a new file; never over an old one. Returns what to say.
    ///
    /// # Errors
    /// One line that says why it could not.
    fn export(&self, name: &str, bytes: &[u8]) -> Result<String, String>;

    /// Keeps the bookmarks of the ledger whose first leaf hash is `ledger`. Returns what to say.
    ///
    /// # Errors
    /// One line that says why it could not.
    fn keep(&self, ledger: &str, days: &BTreeSet<Day>) -> Result<String, String>;
}

/// What the loop waits for.
enum Woken {
    Input(Event),
    Message(Message),
    InputEnded,
}

/// How long one step of play stays.
const PLAY: Duration = Duration::from_millis(250);

/// The terminal in full-screen mode; dropped, it is as it was.
struct Taken;

impl Taken {
    fn take() -> io::Result<Self> {
        enable_raw_mode()?;
        let taken = Self;
        execute!(io::stdout(), EnterAlternateScreen)?;
        Ok(taken)
    }

    fn give_back() {
        // Nothing can be said when the terminal is gone.
        let _ = execute!(io::stdout(), DisableMouseCapture, LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        Self::give_back();
    }
}

/// Runs the screen until the user leaves.
///
/// # Errors
/// When the terminal cannot be used.
pub fn run(model: &mut Model, host: &Arc<dyn Host>) -> io::Result<()> {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        Taken::give_back();
        before(info);
    }));
    let taken = Taken::take()?;
    let mut terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
    // Some consoles do not blank the alternate screen.
    blank(&mut terminal)?;
    let (columns, rows) = crossterm::terminal::size()?;
    update(model, Message::Size(columns, rows));
    let (sender, receiver) = channel();
    listen(sender.clone());
    let ended = work(model, host, &mut terminal, &sender, &receiver);
    drop(taken);
    ended
}

/// Reads events on a thread of its own, so that the loop can wait for them and for the check.
fn listen(sender: Sender<Woken>) {
    std::thread::spawn(move || {
        while let Ok(event) = event::read() {
            if sender.send(Woken::Input(event)).is_err() {
                return;
            }
        }
        let _ = sender.send(Woken::InputEnded);
    });
}

type Screen = Terminal<CrosstermBackend<io::Stdout>>;

/// Blanks the terminal so that the next frame draws every cell. Asks the terminal for nothing:
/// its answer would be taken for keys by the thread that reads them.
fn blank(terminal: &mut Screen) -> io::Result<()> {
    let size = terminal.size()?;
    terminal.resize(Rect::new(0, 0, size.width, size.height))
}

fn work(
    model: &mut Model,
    host: &Arc<dyn Host>,
    terminal: &mut Screen,
    sender: &Sender<Woken>,
    receiver: &Receiver<Woken>,
) -> io::Result<()> {
    loop {
        terminal.draw(|frame| view::view(model, frame))?;
        let Some(first) = wait(model, receiver) else { return Ok(()) };
        // Everything that waits is taken in before one frame is drawn: held keys do not pile up.
        for woken in std::iter::once(first).chain(receiver.try_iter()) {
            let message = match woken {
                Woken::InputEnded => return Ok(()),
                Woken::Message(message) => Some(message),
                Woken::Input(Event::Key(key)) if is_suspend(key) => {
                    suspend(terminal, model)?;
                    None
                }
                Woken::Input(event) => {
                    if matches!(event, Event::Resize(..)) {
                        blank(terminal)?;
                    }
                    message(&event)
                }
            };
            if let Some(effect) = message.and_then(|message| update(model, message)) {
                if effect == Effect::Quit {
                    return Ok(());
                }
                perform(model, effect, host, terminal, sender)?;
            }
        }
        // Asked when a key was pressed, not by the clock: an idle screen wakes nobody.
        let more = host.grown(model.library.all());
        if more != model.grown {
            update(model, Message::Grown(more));
        }
    }
}

/// Waits for something to happen; while playing, for the next step at most.
fn wait(model: &Model, receiver: &Receiver<Woken>) -> Option<Woken> {
    if !model.playing {
        return receiver.recv().ok();
    }
    match receiver.recv_timeout(PLAY) {
        Ok(woken) => Some(woken),
        Err(RecvTimeoutError::Timeout) => Some(Woken::Message(Message::Tick)),
        Err(RecvTimeoutError::Disconnected) => None,
    }
}

fn perform(
    model: &mut Model,
    effect: Effect,
    host: &Arc<dyn Host>,
    terminal: &mut Screen,
    sender: &Sender<Woken>,
) -> io::Result<()> {
    match effect {
        Effect::Quit => {}
        Effect::Verify(generation) => check_beside(generation, host, sender),
        Effect::Copy(text) => execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text))?,
        Effect::Mouse(true) => execute!(io::stdout(), EnableMouseCapture)?,
        Effect::Mouse(false) => execute!(io::stdout(), DisableMouseCapture)?,
        Effect::Redraw => blank(terminal)?,
        Effect::Reload | Effect::Export(..) | Effect::Keep(_) => {
            let message = outside(model, effect, host.as_ref());
            update(model, message);
        }
    }
    Ok(())
}

/// Does what only files are needed for, and says how it went.
fn outside(model: &Model, effect: Effect, host: &dyn Host) -> Message {
    match effect {
        Effect::Reload => match host.reload(model.library.all()) {
            Ok(Some(source)) => Message::Reloaded(Box::new(source)),
            Ok(None) => Message::Told(Ok("Today. Nothing new is recorded.".to_owned())),
            Err(error) => Message::Told(Err(error)),
        },
        Effect::Export(name, bytes) => Message::Told(host.export(&name, &bytes)),
        Effect::Keep(days) => {
            let ledger = model.library.source.leaves.first().map_or("", String::as_str);
            Message::Told(host.keep(ledger, &days))
        }
        Effect::Quit | Effect::Verify(_) | Effect::Copy(_) | Effect::Mouse(_) | Effect::Redraw => {
            Message::Told(Ok(String::new()))
        }
    }
}

/// Checks on a thread of its own; the screen stays live.
fn check_beside(generation: u64, host: &Arc<dyn Host>, sender: &Sender<Woken>) {
    let (host, sender) = (Arc::clone(host), sender.clone());
    std::thread::spawn(move || {
        let outcome = host.verify(&mut |progress| {
            let _ = sender.send(Woken::Message(Message::Checking(generation, progress)));
        });
        let _ = sender.send(Woken::Message(Message::Checked(generation, Box::new(outcome))));
    });
}

/// Answers lines until there is no more: append-only, no cursor movement, for screen readers.
///
/// # Errors
/// When the streams are closed.
pub fn run_linear(
    model: &mut Model,
    host: &dyn Host,
    input: &mut dyn io::BufRead,
    out: &mut dyn Write,
) -> io::Result<()> {
    write!(out, "{}", linear::greeting(model))?;
    loop {
        write!(out, "> ")?;
        out.flush()?;
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return writeln!(out);
        }
        let (text, effect) = linear::answer(model, &line);
        write!(out, "{text}")?;
        match effect {
            None | Some(Effect::Mouse(_) | Effect::Redraw | Effect::Copy(_)) => {}
            Some(Effect::Quit) => return Ok(()),
            Some(Effect::Verify(generation)) => {
                let mut shown = 0;
                let outcome = host.verify(&mut |one| {
                    if one.done >= shown + 50_000 {
                        shown = one.done;
                        let _ = writeln!(out, "{}, {} of {} entries.", one.phase, one.done, one.of);
                    }
                });
                update(model, Message::Checked(generation, Box::new(outcome)));
                writeln!(out, "{}", model.notice)?;
            }
            Some(effect) => {
                let message = outside(model, effect, host);
                update(model, message);
                if !model.notice.is_empty() {
                    writeln!(out, "{}", model.notice)?;
                }
            }
        }
    }
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
        Event::Key(_) | Event::FocusGained | Event::FocusLost | Event::Paste(_) => None,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what the screen has no use for is dropped")]
fn key_of(key: KeyEvent) -> Option<Key> {
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

fn is_suspend(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('z')
        && key.modifiers.contains(KeyModifiers::CONTROL)
        && key.kind != KeyEventKind::Release
}

/// Gives the terminal back to the shell until it wakes the program again.
#[cfg(unix)]
fn suspend(terminal: &mut Screen, model: &mut Model) -> io::Result<()> {
    Taken::give_back();
    signal_hook::low_level::raise(signal_hook::consts::SIGTSTP)?;
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen)?;
    if model.mouse {
        execute!(io::stdout(), EnableMouseCapture)?;
    }
    let (columns, rows) = crossterm::terminal::size()?;
    update(model, Message::Size(columns, rows));
    blank(terminal)
}

/// There is no such thing here.
#[cfg(not(unix))]
fn suspend(_terminal: &mut Screen, _model: &mut Model) -> io::Result<()> {
    Ok(())
}

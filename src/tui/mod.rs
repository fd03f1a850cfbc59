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
pub mod loading;
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

use std::collections::{BTreeSet, VecDeque};
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
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::domain::day::Day;
use book::Source;
use keymap::Key;
use loading::{Loading, Step};
use model::Model;
use overlay::Overlay;
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

/// Reads a ledger and makes a screen of it, telling how far it is; runs beside the first frames.
pub type Prepare<E> = Box<dyn FnOnce(&mut dyn FnMut(Step)) -> Result<Model, E> + Send>;

/// A change of the model that takes longer is said to be under way.
const PATIENCE: Duration = Duration::from_millis(80);

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
        // Past standard output's lock and buffer, which a panic may have left in use. Nothing can
        // be said when the terminal is gone.
        if let Ok(mut terminal) = unlocked() {
            let _ = execute!(terminal, DisableMouseCapture, LeaveAlternateScreen, Show);
        }
        let _ = disable_raw_mode();
    }
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

/// Runs the screen until the user leaves. The first frame is there before the ledger is read.
/// Returns the screen as it was left, or why there is none; nothing where the user left before.
///
/// # Errors
/// When the terminal cannot be used.
pub fn run<E: Send + 'static>(
    prepare: Prepare<E>,
    loading: Loading,
    host: &Arc<dyn Host>,
) -> io::Result<Option<Result<Model, E>>> {
    let (sender, receiver) = channel();
    let (before, here) = (std::panic::take_hook(), std::thread::current().id());
    let beside = sender.clone();
    std::panic::set_hook(Box::new(move |info| {
        // Another thread must not write on a screen that the loop still draws: it tells the loop.
        if std::thread::current().id() == here {
            Taken::give_back();
            before(info);
        } else {
            let _ = beside.send(Woken::Fallen(info.to_string()));
        }
    }));
    let taken = Taken::take()?;
    let mut terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
    // Some consoles do not blank the alternate screen.
    blank(&mut terminal)?;
    listen(sender.clone());
    #[cfg(unix)]
    heed(sender.clone())?;
    let ended = match read(prepare, loading, &mut terminal, &sender, &receiver)? {
        Some(Ok(mut model)) => {
            let (columns, rows) = crossterm::terminal::size()?;
            update(&mut model, Message::Size(columns, rows));
            let desk = Desk {
                host,
                terminal: &mut terminal,
                sender: &sender,
                receiver: &receiver,
                updater: updater(sender.clone()),
                later: VecDeque::new(),
                frame: Buffer::default(),
            };
            desk.work(Box::new(model))?.map(|model| Ok(*model))
        }
        other => other,
    };
    drop(taken);
    Ok(ended)
}

/// Says that reading has ended, however it ended.
struct Told(Sender<Woken>);

impl Drop for Told {
    fn drop(&mut self) {
        let _ = self.0.send(Woken::Prepared);
    }
}

/// Reads the ledger on a thread of its own, and shows how far it is.
fn read<E: Send + 'static>(
    prepare: Prepare<E>,
    mut loading: Loading,
    terminal: &mut Screen,
    sender: &Sender<Woken>,
    receiver: &Receiver<Woken>,
) -> io::Result<Option<Result<Model, E>>> {
    let told = Told(sender.clone());
    let reading = std::thread::spawn(move || {
        prepare(&mut |step| {
            let _ = told.0.send(Woken::Step(step));
        })
    });
    loop {
        terminal.draw(|frame| view::loading(&loading, frame))?;
        let Ok(first) = receiver.recv() else { return Ok(None) };
        for woken in std::iter::once(first).chain(receiver.try_iter()) {
            match woken {
                Woken::Step(step) => loading.step(step),
                Woken::Prepared => {
                    let made = reading.join();
                    return Ok(Some(made.unwrap_or_else(|panic| std::panic::resume_unwind(panic))));
                }
                Woken::InputEnded => return Ok(None),
                Woken::Fallen(why) => return Err(io::Error::other(why)),
                #[cfg(unix)]
                Woken::Signal(signal) => return end(signal).map(|()| None),
                Woken::Input(Event::Resize(..)) => blank(terminal)?,
                Woken::Input(event) => {
                    if let Some(Message::Key(key)) = message(&event)
                        && loading.key(key)
                    {
                        return Ok(None);
                    }
                }
                Woken::Message(_) | Woken::Updated(_) => {}
            }
        }
    }
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

/// The loop and what it holds besides the model.
struct Desk<'d> {
    host: &'d Arc<dyn Host>,
    terminal: &'d mut Screen,
    sender: &'d Sender<Woken>,
    receiver: &'d Receiver<Woken>,
    updater: Updater,
    /// What came in while the model was being changed.
    later: VecDeque<Woken>,
    /// The last frame, to stay while the model is being changed.
    frame: Buffer,
}

/// Takes a model and what happened to it.
type Updater = Sender<(Box<Model>, VecDeque<Message>)>;

/// A model as it came back: what is to be done outside now, and the messages that wait for that.
struct Updated {
    model: Box<Model>,
    effect: Option<Effect>,
    waiting: VecDeque<Message>,
}

/// Changes the model on a thread of its own, so that keys and the screen live on while a position
/// of a large ledger is worked out.
fn updater(told: Sender<Woken>) -> Updater {
    let (work, receiver) = channel::<(Box<Model>, VecDeque<Message>)>();
    std::thread::spawn(move || {
        let told = Told(told);
        for (mut model, mut waiting) in receiver {
            let mut effect = None;
            while effect.is_none()
                && let Some(message) = waiting.pop_front()
            {
                effect = update(&mut model, message);
            }
            let updated = Box::new(Updated { model, effect, waiting });
            if told.0.send(Woken::Updated(updated)).is_err() {
                return;
            }
        }
    });
    work
}

impl Desk<'_> {
    /// Runs until the user leaves. Returns the screen as it was left; none where the user left
    /// while something was being worked out.
    fn work(mut self, mut model: Box<Model>) -> io::Result<Option<Box<Model>>> {
        loop {
            self.frame = self.terminal.draw(|frame| view::view(&model, frame))?.buffer.clone();
            let next = self.later.pop_front().or_else(|| wait(&model, self.receiver));
            let Some(first) = next else { return Ok(Some(model)) };
            // Everything that waits is taken in before one frame is drawn: held keys do not pile up.
            let all: Vec<Woken> = std::iter::once(first)
                .chain(std::mem::take(&mut self.later))
                .chain(self.receiver.try_iter())
                .collect();
            let mut waiting = VecDeque::new();
            for woken in all {
                match woken {
                    Woken::InputEnded => return Ok(Some(model)),
                    Woken::Fallen(why) => return Err(io::Error::other(why)),
                    #[cfg(unix)]
                    Woken::Signal(signal) => return end(signal).map(|()| None),
                    Woken::Message(message) => waiting.push_back(message),
                    Woken::Step(_) | Woken::Prepared | Woken::Updated(_) => {}
                    Woken::Input(Event::Key(key)) if is_suspend(key) => {
                        waiting.extend(suspend(self.terminal, model.mouse)?);
                    }
                    Woken::Input(event) => {
                        if matches!(event, Event::Resize(..)) {
                            blank(self.terminal)?;
                        }
                        waiting.extend(message(&event));
                    }
                }
            }
            while !waiting.is_empty() {
                let Some(updated) = self.change(model, waiting)? else { return Ok(None) };
                (model, waiting) = (updated.model, updated.waiting);
                match updated.effect {
                    Some(Effect::Quit) => return Ok(Some(model)),
                    Some(effect) => {
                        let done = perform(&model, effect, self.host, self.terminal, self.sender)?;
                        waiting.extend(done);
                    }
                    None => {}
                }
            }
            // Asked when a key was pressed, not by the clock: an idle screen wakes nobody.
            let more = self.host.grown(model.library.all());
            if more != model.grown {
                update(&mut model, Message::Grown(more));
            }
        }
    }

    /// Has the model changed. Where that takes long, the last frame stays, a line says so, and the
    /// user can leave; every other key waits its turn. None when the user left.
    fn change(
        &mut self,
        model: Box<Model>,
        waiting: VecDeque<Message>,
    ) -> io::Result<Option<Box<Updated>>> {
        let (entries, typing) = (model.library.all(), model.overlay != Overlay::None);
        if self.updater.send((model, waiting)).is_err() {
            return Ok(None);
        }
        let mut said = false;
        loop {
            let woken = if said {
                self.receiver.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                self.receiver.recv_timeout(PATIENCE)
            };
            match woken {
                Ok(Woken::Updated(updated)) => return Ok(Some(updated)),
                Ok(Woken::Input(Event::Key(key))) if said && leaves(key, typing) => {
                    return Ok(None);
                }
                Ok(Woken::Fallen(why)) => return Err(io::Error::other(why)),
                #[cfg(unix)]
                Ok(Woken::Signal(signal)) => return end(signal).map(|()| None),
                Ok(woken) => self.later.push_back(woken),
                Err(RecvTimeoutError::Timeout) => {
                    said = true;
                    self.say_busy(entries)?;
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            }
        }
    }

    fn say_busy(&mut self, entries: u64) -> io::Result<()> {
        let text = format!(
            " Working out the position from {} entries ...  Ctrl+C leaves ",
            width::grouped(entries)
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

/// Says whether a key leaves while the model is being changed; a letter may belong to a text.
fn leaves(key: KeyEvent, typing: bool) -> bool {
    let key = key_of(key);
    key == Some(Key::Ctrl('c')) || (!typing && key == Some(Key::Char('q')))
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

/// Does something outside. Returns what the model is to learn of it.
fn perform(
    model: &Model,
    effect: Effect,
    host: &Arc<dyn Host>,
    terminal: &mut Screen,
    sender: &Sender<Woken>,
) -> io::Result<Option<Message>> {
    match effect {
        Effect::Quit => {}
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
fn outside(model: &Model, effect: Effect, host: &dyn Host) -> Message {
    match effect {
        Effect::Reload => reloaded(model.library.all(), host),
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

fn reloaded(had: u64, host: &dyn Host) -> Message {
    match host.reload(had) {
        Ok(Some(source)) => Message::Reloaded(Box::new(source)),
        Ok(None) => Message::Told(Ok("Today. Nothing new is recorded.".to_owned())),
        Err(error) => Message::Told(Err(error)),
    }
}

/// Reads the ledger again on a thread of its own; the screen stays live.
fn reload_beside(had: u64, host: &Arc<dyn Host>, sender: &Sender<Woken>) {
    let (host, sender) = (Arc::clone(host), sender.clone());
    std::thread::spawn(move || {
        let _ = sender.send(Woken::Message(reloaded(had, host.as_ref())));
    });
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

/// Tells the loop when somebody tells the program to end.
#[cfg(unix)]
fn heed(sender: Sender<Woken>) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGTERM])?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let _ = sender.send(Woken::Signal(signal));
        }
    });
    Ok(())
}

/// Gives the terminal back and ends as the signal would have ended the program.
#[cfg(unix)]
fn end(signal: i32) -> io::Result<()> {
    Taken::give_back();
    signal_hook::low_level::emulate_default_handler(signal)
}

/// Gives the terminal back to the shell until it wakes the program again.
#[cfg(unix)]
fn suspend(terminal: &mut Screen, mouse: bool) -> io::Result<Option<Message>> {
    Taken::give_back();
    signal_hook::low_level::raise(signal_hook::consts::SIGTSTP)?;
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen)?;
    if mouse {
        execute!(io::stdout(), EnableMouseCapture)?;
    }
    let (columns, rows) = crossterm::terminal::size()?;
    blank(terminal)?;
    Ok(Some(Message::Size(columns, rows)))
}

/// There is no such thing here.
#[cfg(not(unix))]
fn suspend(_terminal: &mut Screen, _mouse: bool) -> io::Result<Option<Message>> {
    Ok(None)
}

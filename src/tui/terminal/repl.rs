//! The linear mode's prompt: lines in, lines out.

use std::io::{self, Write};

use super::effects::outside;
use super::loop_event::QUIET;
use super::raw_mode::forget_input;
use crate::domain::sanitize::{safe, visible};
use crate::tui::host::Host;
use crate::tui::model::Model;
use crate::tui::model::update::{Effect, Message, update};
use crate::tui::view_model::linear;

/// Lets nothing through that could paint the terminal, whatever the lines are made of.
struct Plain<'w>(&'w mut dyn Write);

impl Write for Plain<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                self.0.write_all(b"\n")?;
            }
            self.0.write_all(visible(line).as_bytes())?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
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
    let out: &mut dyn Write = &mut Plain(out);
    if model.trust.running.is_some() {
        // What opening the ledger left to be checked; there is no screen for it to run beside.
        check(model, model.trust.generation, host, out);
    }
    write!(out, "{}", linear::greeting(model))?;
    loop {
        write!(out, "> ")?;
        out.flush()?;
        let Some(line) = read_line(input)? else { return writeln!(out) };
        let (text, effect) = linear::answer(model, &line);
        write!(out, "{text}")?;
        match effect {
            None | Some(Effect::Mouse(_) | Effect::Redraw | Effect::Copy(_) | Effect::GoOn) => {}
            Some(Effect::Quit | Effect::Stop) => return Ok(()),
            Some(Effect::Verify(generation)) => {
                check(model, generation, host, out);
                writeln!(out, "{}", safe(&model.notice))?;
            }
            Some(effect) => {
                let message = outside(model, effect, host);
                if let Some(Effect::Verify(generation)) = update(model, message) {
                    let told = std::mem::take(&mut model.notice);
                    check(model, generation, host, out);
                    writeln!(out, "{}", safe(&told))?;
                }
                if !model.notice.is_empty() {
                    writeln!(out, "{}", safe(&model.notice))?;
                }
            }
        }
    }
}

/// Around a pasted text, where a terminal was left in the mode that marks it.
const PASTE: [&str; 2] = ["\u{1b}[200~", "\u{1b}[201~"];

/// Reads one line; none at the end. A paste that is marked as one is part of a line: its own line
/// ends are spaces.
fn read_line(input: &mut dyn io::BufRead) -> io::Result<Option<String>> {
    let [begins, ends] = PASTE;
    let mut text = String::new();
    loop {
        let mut line = Vec::new();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok((!text.is_empty()).then_some(text));
        }
        // What is not UTF-8 is no command, and no reason to stop listening.
        text.push_str(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']));
        if text.matches(begins).count() <= text.matches(ends).count() || text.len() > PASTED_MAX {
            return Ok(Some(text.replace(begins, "").replace(ends, "")));
        }
        text.push(' ');
    }
}

/// No pasted text is longer, in bytes.
const PASTED_MAX: usize = 1 << 20;

/// Takes in what the terminal has got already, as of a paste that held the word that leaves: the
/// shell would run the rest.
pub fn drain() {
    let _raw = crossterm::terminal::enable_raw_mode();
    let mut quiet = QUIET;
    loop {
        let mut came = false;
        while crossterm::event::poll(quiet).unwrap_or(false) && crossterm::event::read().is_ok() {
            // More was on its way, so more may come.
            (quiet, came) = (10 * QUIET, true);
        }
        // What was not read makes room for what did not fit.
        forget_input();
        if !came {
            break;
        }
    }
    let _ = crossterm::terminal::disable_raw_mode();
}

/// Makes a check, with a line now and then where it takes long.
fn check(model: &mut Model, generation: u64, host: &dyn Host, out: &mut dyn Write) {
    let mut shown = 0;
    let outcome = host.verify(&mut |one| {
        if one.done >= shown + 50_000 {
            shown = one.done;
            let _ = writeln!(out, "{}, {}.", one.phase, one.text());
        }
    });
    update(model, Message::Checked(generation, Box::new(outcome)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_said_can_paint_the_terminal() {
        let mut said = Vec::new();
        let revision = "8\u{1b}[31m\u{9b}2J\u{202e}";
        writeln!(Plain(&mut said), "revision {revision}\nnext").unwrap();
        let said = String::from_utf8(said).unwrap();
        assert_eq!(said, "revision 8<U+001B>[31m<U+009B>2J<U+202E>\nnext\n");
    }
}

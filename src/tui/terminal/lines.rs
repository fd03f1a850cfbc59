//! The linear mode's prompt: lines in, lines out.

use std::io::{self, Write};

use super::outside::outside;
use crate::domain::text::visible;
use crate::tui::Host;
use crate::tui::linear;
use crate::tui::model::Model;
use crate::tui::update::{Effect, Message, update};

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
        let mut line = Vec::new();
        if input.read_until(b'\n', &mut line)? == 0 {
            return writeln!(out);
        }
        // What is not UTF-8 is no command, and no reason to stop listening.
        let line = String::from_utf8_lossy(&line);
        let (text, effect) = linear::answer(model, &line);
        write!(out, "{text}")?;
        match effect {
            None | Some(Effect::Mouse(_) | Effect::Redraw | Effect::Copy(_)) => {}
            Some(Effect::Quit | Effect::Stop) => return Ok(()),
            Some(Effect::Verify(generation)) => {
                check(model, generation, host, out);
                writeln!(out, "{}", model.notice)?;
            }
            Some(effect) => {
                let message = outside(model, effect, host);
                if let Some(Effect::Verify(generation)) = update(model, message) {
                    let told = std::mem::take(&mut model.notice);
                    check(model, generation, host, out);
                    writeln!(out, "{told}")?;
                }
                if !model.notice.is_empty() {
                    writeln!(out, "{}", model.notice)?;
                }
            }
        }
    }
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

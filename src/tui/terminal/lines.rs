//! The linear mode's prompt: lines in, lines out.

use std::io::{self, Write};

use super::outside::outside;
use crate::tui::Host;
use crate::tui::linear;
use crate::tui::model::Model;
use crate::tui::update::{Effect, Message, update};

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

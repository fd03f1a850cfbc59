//! What was typed at a prompt, or given to a command by name.

use super::Model;
use super::filter::Filter;
use super::find::find;
use super::message::Effect;
use super::overlay::{Ask, Overlay};
use super::session::Asked;
use super::step::{entry_named, go_to};
use crate::tui::view_model::history::Happening;
use crate::tui::view_model::table;

/// Takes what was typed at a prompt.
pub(in crate::tui) fn answer(model: &mut Model, ask: Ask, text: &str) -> Option<Effect> {
    let wrong = |model: &mut Model, error: String| {
        if let Overlay::Prompt(_, input) = &mut model.overlay {
            input.error = Some(error);
        } else {
            model.notice = error;
        }
        None
    };
    match ask {
        Ask::Date => match go_to(text, model.active().on, &model.library) {
            Ok(on) => {
                model.ask(Asked { on, ..model.active() });
                if let Some(seq) = entry_named(text) {
                    // In History its line is selected too.
                    model.happening = u32::try_from(seq).ok().map(Happening::Entry);
                }
            }
            Err(error) => return wrong(model, error),
        },
        Ask::Find => {
            text.trim().clone_into(&mut model.wanted);
            model.overlay = Overlay::None;
            return find(model, true);
        }
        Ask::Filter => match Filter::parse(text) {
            Ok(filter) => model.filter = filter,
            Err(error) => return wrong(model, error),
        },
        Ask::Export => match table::file(model, text.trim()) {
            Ok(bytes) => {
                model.overlay = Overlay::None;
                return Some(Effect::Export(text.trim().to_owned(), bytes));
            }
            Err(error) => return wrong(model, error),
        },
    }
    model.overlay = Overlay::None;
    None
}

//! Going to a screen and back, and laying something over one.

use super::message::Effect;
use super::overlay::{Ask, Input, Overlay};
use super::session::Asked;
use super::{Model, Screen};
use crate::domain::ids::ItemId;

/// Takes the item that is drawn as selected. Says whether there is one.
fn choose_selected(model: &mut Model) -> bool {
    let Some(item) = model.selected_item() else { return false };
    if model.item.as_ref() != Some(&item) {
        model.item = Some(item);
        model.turned.clear();
    }
    true
}

/// Goes to a screen.
pub(super) fn show(model: &mut Model, screen: Screen) -> Option<Effect> {
    if screen == Screen::Why {
        // What is explained is what is drawn as selected, however Why is opened.
        choose_selected(model);
    }
    go(model, screen);
    if screen == Screen::Compare && !model.chosen {
        let year_before = model.asked.on.plus_months(-12);
        let mut before = model.library.markers.iter().rev();
        let published = before.find(|one| one.letter == 'P' && one.day < model.asked.on);
        let year_before = year_before.max(model.library.first_day()).min(model.asked.on);
        let on = published.map_or(year_before, |one| one.day);
        model.other = Asked { on, ..model.asked };
        model.chosen = true;
    }
    None
}

/// How many screens back the way is remembered.
const BEFORE_MAX: usize = 20;

/// Goes to a screen, and remembers where from.
pub(super) fn go(model: &mut Model, screen: Screen) {
    if model.screen != screen {
        model.before.push(model.screen);
        let old = model.before.len().saturating_sub(BEFORE_MAX);
        model.before.drain(..old);
        model.screen = screen;
    }
}

/// Lays something over the screen.
pub(super) fn open(model: &mut Model, overlay: Overlay) -> Option<Effect> {
    model.playing = false;
    model.overlay = overlay;
    None
}

/// Asks for one line.
pub(super) fn prompt(model: &mut Model, ask: Ask) -> Option<Effect> {
    open(model, Overlay::Prompt(ask, Input::default()))
}

/// Goes to the reasons for an item.
pub(in crate::tui) fn explain(model: &mut Model, item: ItemId) {
    if model.item.as_ref() != Some(&item) {
        model.turned.clear();
    }
    model.item = Some(item);
    go(model, Screen::Why);
}

//! Moving through time: steps, markers, play, both sides of a comparison.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a command that is not named here does nothing here"
)]

use super::filter::Filter;
use super::going::{open, prompt, show};
use super::message::Effect;
use super::overlay::{Ask, Form, Overlay};
use super::session::{Asked, Known};
use super::{Model, Screen};
use crate::domain::catalogue::edition::Item;
use crate::domain::date::Date;
use crate::domain::engine::status::Status;
use crate::domain::ids::ItemRef;
use crate::domain::state::ReplayError;
use crate::tui::input::keymap::Command;

/// Runs a command about time.
pub fn time(model: &mut Model, command: Command) -> Option<Effect> {
    if command != Command::Play {
        model.playing = false;
    }
    match command {
        Command::Previous => step(model, false),
        Command::Next => {
            step(model, true);
        }
        Command::MarkerBefore => marker(model, false),
        Command::MarkerAfter => marker(model, true),
        Command::SmallerStep => model.step = model.step.beside(false),
        Command::LargerStep => model.step = model.step.beside(true),
        Command::Play => play(model),
        Command::Go => return prompt(model, Ask::Date),
        Command::Today => {
            let on = model.library.today();
            model.ask(Asked { on, ..model.active() });
            return Some(Effect::Reload);
        }
        Command::NowThen => {
            let asked = model.active();
            let known = if asked.known == Known::Then { Known::Now } else { Known::Then };
            model.ask(Asked { known, ..asked });
        }
        Command::Edit => {
            let form = Form::of(model.active());
            return open(model, Overlay::Form(form));
        }
        Command::Compare if model.screen == Screen::YearEnd => {
            // With the last statement, else with the year before.
            model.chosen = false;
            return show(model, Screen::Compare);
        }
        Command::Compare => set_a(model),
        Command::Swap => std::mem::swap(&mut model.asked, &mut model.other),
        Command::Bookmark => {
            let day = model.active().on;
            if !model.library.source.bookmarks.remove(&day) {
                model.library.source.bookmarks.insert(day);
            }
            return Some(Effect::Keep(model.library.source.bookmarks.clone()));
        }
        _ => {
            let list = model.markers();
            let lines: Vec<String> = list
                .iter()
                .map(|one| {
                    format!(
                        "{}  {:<12}  {}",
                        one.letter,
                        one.day.short(),
                        model.library.marker_text(one, model.library.all())
                    )
                })
                .collect();
            return open(model, Overlay::Text("Markers and bookmarks".to_owned(), lines, 0));
        }
    }
    None
}

/// Makes the position on screen side A and goes to Compare.
pub fn set_a(model: &mut Model) {
    model.other = model.asked;
    model.chosen = true;
    model.on_a = false;
    model.notice = format!("A is {}. Move B with the time keys.", model.asked.on.short());
    show(model, Screen::Compare);
}

fn play(model: &mut Model) {
    if !model.playing && model.active().on >= model.library.today() {
        REACHED.clone_into(&mut model.notice);
    } else if model.motion {
        model.playing = !model.playing;
    } else {
        step(model, true);
    }
}

/// One step of play; it ends at today.
pub fn tick(model: &mut Model) {
    if model.playing {
        let before = model.active().on;
        step(model, true);
        model.playing = model.active().on != before && model.active().on < model.library.today();
        if !model.playing && model.notice.is_empty() {
            REACHED.clone_into(&mut model.notice);
        }
    }
}

/// What is said at today: later days are forecasts.
const REACHED: &str = "Reached today. Nothing later is recorded.";

/// What is said where no step leads on: under a filter that nothing it shows changes, no more.
fn no_change(model: &Model, forward: bool) -> String {
    if !model.filter.is_of_items() {
        let end = if forward { "No later change is known." } else { "Nothing is known before." };
        return end.to_owned();
    }
    let side = if forward { "later" } else { "before" };
    format!(
        "Nothing that fits \"{}\" changes {side}. {}, Enter shows all.",
        model.filter.title(),
        model.keys.hint(Command::Filter)
    )
}

fn step(model: &mut Model, forward: bool) {
    let asked = model.active();
    let today = model.library.today();
    let to = match model.step.from(asked.on, forward) {
        Some(day) => Some(day),
        None => next_change(model, asked, forward),
    };
    let Some(mut to) = to else {
        model.notice = no_change(model, forward);
        return;
    };
    if forward && asked.on < today && to > today {
        to = today;
        REACHED.clone_into(&mut model.notice);
    }
    model.ask(Asked { on: to, ..asked });
}

/// The nearest day on which anything shown changes.
fn next_change(model: &mut Model, asked: Asked, forward: bool) -> Option<Date> {
    let filter = model.filter.clone();
    let mut day = asked.on;
    // Bounded: every turn moves to another day on which something was recorded or changes.
    for _ in 0..10_000 {
        let recorded = if asked.known == Known::Then {
            model.library.recorded_beside(day, forward)
        } else {
            None
        };
        // Nothing is nearer than the day beside this one.
        let beside = day.plus(if forward { 1 } else { -1 });
        let near = if recorded == Some(beside) {
            None
        } else {
            change_beside(model, Asked { on: day, ..asked }, forward).ok()?
        };
        let both = near.into_iter().chain(recorded);
        day = if forward { both.min()? } else { both.max()? };
        if differs(model, asked, day, &filter)? {
            return Some(day);
        }
    }
    None
}

/// The nearest day on which any status changes by what is known on the day asked about, or on the
/// one before it when going back.
fn change_beside(
    model: &mut Model,
    asked: Asked,
    forward: bool,
) -> Result<Option<Date>, ReplayError> {
    let day = asked.on;
    let from = if forward { day } else { day.plus(-1) };
    let size = model.library.size(Asked { on: from, ..asked });
    let book = model.library.book(size, asked.rules)?;
    Ok(if forward {
        book.changes().get(book.changes().partition_point(|one| *one <= day)).copied()
    } else {
        let before = book.changes().partition_point(|one| *one < day);
        before.checked_sub(1).and_then(|at| book.changes().get(at)).copied()
    })
}

/// Says whether what is shown on a day differs from the day before.
fn differs(model: &mut Model, asked: Asked, day: Date, filter: &Filter) -> Option<bool> {
    let before = shown(model, Asked { on: day.plus(-1), ..asked }, filter)?;
    Some(before != shown(model, Asked { on: day, ..asked }, filter)?)
}

/// The items that are shown, with their statuses; the others are not worked out.
fn shown(model: &mut Model, asked: Asked, filter: &Filter) -> Option<Vec<(ItemRef, Status)>> {
    let size = model.library.size(asked);
    let book = model.library.book(size, asked.rules).ok()?;
    let may_show = |item: &Item| filter.may_show(item.id.as_str(), item.requirement);
    let stands = book.positions.stands(asked.on, may_show).into_iter();
    let shown = stands.filter(|one| filter.shows_status(one.status));
    Some(shown.map(|one| (one.item, one.status)).collect())
}

fn marker(model: &mut Model, forward: bool) {
    let asked = model.active();
    match model.marker_beside(asked.on, forward) {
        Some(one) => {
            model.notice = format!(
                "{}: {}.",
                one.day.short(),
                model.library.marker_text(&one, model.library.all())
            );
            model.ask(Asked { on: one.day, ..asked });
        }
        None => "There is no further marker.".clone_into(&mut model.notice),
    }
}

//! Names in an event that must lead to something the ledger has adopted or declared.

use std::collections::BTreeSet;

use super::refusal::{Refusal, refuse};
use crate::domain::catalogue::edition::{ControlStanding, Edition};
use crate::domain::catalogue::known_frameworks::has_levels;
use crate::domain::catalogue::levels::has_level;
use crate::domain::ids::level::Level;
use crate::domain::ids::{AssertionRef, ControlRef, EditionId, ItemRef, TargetRef, UnitId};
use crate::domain::nearest::closest;
use crate::domain::state::State;

/// Returns every adopted revision of an edition.
pub(super) fn revisions<'s>(state: &'s State, id: &EditionId) -> impl Iterator<Item = &'s Edition> {
    let id = id.clone();
    let all = state.editions.iter().map(|one| one.what.edition.as_ref());
    all.filter(move |edition| edition.id == id)
}

pub(super) fn not_adopted<T>(id: &EditionId) -> Result<T, Refusal> {
    refuse(format!("edition {id} is not adopted; adopt it with: dspt import edition {id}"))
}

/// Checks that an item is one of an adopted edition, or of one that is awaited: what is said of it
/// counts once an edition that has it is adopted.
pub(super) fn known_or_awaited(state: &State, item: &ItemRef) -> Result<(), Refusal> {
    if state.awaits(&item.edition, &item.category) {
        return Ok(());
    }
    known_item(state, item)
}

fn known_item(state: &State, item: &ItemRef) -> Result<(), Refusal> {
    let mut any = false;
    for edition in revisions(state, &item.edition) {
        any = true;
        if edition.item(&item.category, &item.item).is_some() {
            return Ok(());
        }
    }
    if !any {
        return not_adopted(&item.edition);
    }
    refuse(format!(
        "{} is not an item of {} for {}{}",
        item.item,
        item.edition,
        item.category,
        nearest(state, item)
    ))
}

/// Offers an item of the same category that differs in one character.
fn nearest(state: &State, item: &ItemRef) -> String {
    let known = revisions(state, &item.edition)
        .flat_map(|edition| edition.items_of(&item.category))
        .map(|known| known.id.as_str().to_owned());
    closest(item.item.as_str(), known)
        .map_or_else(String::new, |near| format!("; did you mean {near}?"))
}

pub(super) fn known_assertion(state: &State, assertion: &AssertionRef) -> Result<(), Refusal> {
    let mut any = false;
    for edition in revisions(state, &assertion.edition) {
        any = true;
        let mut items = edition.items_of(&assertion.category);
        if items.any(|item| item.id.assertion() == assertion.assertion) {
            return Ok(());
        }
    }
    if !any {
        return not_adopted(&assertion.edition);
    }
    refuse(format!(
        "{} is not an assertion of {} for {}; see: dspt catalogue {}",
        assertion.assertion, assertion.edition, assertion.category, assertion.edition
    ))
}

/// Checks that a control is one that can be met in an adopted framework, at a level that it has.
///
/// # Errors
/// [`Refusal`] naming what the id is instead, and a near one where there is one.
pub fn known_control(state: &State, control: &ControlRef, level: Level) -> Result<(), Refusal> {
    let id = &control.framework;
    let Some(framework) = state.frameworks.get(id) else {
        return refuse(format!(
            "framework {id} is not adopted; adopt it with: dspt import framework {id}"
        ));
    };
    match framework.what.standing_of(&control.id) {
        ControlStanding::Assessable => {}
        ControlStanding::Heading => {
            return refuse(format!("{control} is a heading; name a control under it"));
        }
        ControlStanding::Withdrawn => {
            return refuse(format!("{control} is withdrawn in that release; name its successor"));
        }
        ControlStanding::Unknown => {
            let known = framework.what.controls.keys().cloned();
            let near = closest(&control.id, known);
            let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            return refuse(format!("{} is not an id of {id}{near}", control.id));
        }
    }
    match (has_levels(&id.framework), level) {
        (true, Level::Met) => refuse(format!(
            "{control} is an outcome; give its level: partially-achieved or achieved"
        )),
        (false, Level::PartiallyAchieved | Level::Achieved) => {
            refuse(format!("{control} has no levels; leave the level blank"))
        }
        (true, level) if !has_level(control, level) => refuse(format!(
            "{control} has no level partially-achieved: it is achieved or not; give achieved"
        )),
        (true, Level::PartiallyAchieved | Level::Achieved) | (false, Level::Met) => Ok(()),
    }
}

pub(super) fn known_target(state: &State, target: &TargetRef, level: Level) -> Result<(), Refusal> {
    match target {
        TargetRef::Item(item) => known_item(state, item),
        TargetRef::Control(control) => known_control(state, control, level),
    }
}

pub(super) fn known_units(state: &State, units: &[UnitId], required: bool) -> Result<(), Refusal> {
    if units.is_empty() && required {
        return refuse("the scope names no unit; name those that it covers with --scope");
    }
    let declared: BTreeSet<&UnitId> =
        state.scopes.iter().flat_map(|one| one.what.units.iter().map(|unit| &unit.id)).collect();
    match units.iter().find(|unit| !declared.contains(unit)) {
        Some(unit) => refuse(format!(
            "`{unit}` is not a declared scope unit; declare it with: dspt record scope"
        )),
        None => Ok(()),
    }
}

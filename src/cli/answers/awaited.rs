//! What `status` and `explain` say where no edition with the organisation's items is adopted yet.

use std::fmt::Write as _;

use serde_json::json;

use super::log::marked;
use crate::cli::as_of::no_edition;
use crate::cli::error::{Failure, exit};
use crate::cli::output::{Output, safe};
use crate::cli::recording::adoption::how_to_adopt;
use crate::domain::date::Date;
use crate::domain::engine::status::Positions;
use crate::domain::event::AssessmentResult;
use crate::domain::event::body::OrganisationClassified;
use crate::domain::ids::{EditionId, ItemRef};
use crate::domain::state::State;
use crate::domain::state::awaited::NamedItems;
use crate::report::as_of::AsOf;
use crate::report::awaited::{NamedItem, NotAsked, NothingAsked};
use crate::verify::audit::Ledger;

/// The classification that binds on a day once its edition is adopted; else the first to come.
fn class_on(state: &State, day: Date) -> Option<&OrganisationClassified> {
    let all = state.awaited();
    all.iter().rev().find(|one| one.from <= day).or(all.first()).copied()
}

/// `status` of a ledger in which no edition is ever in force, as far as was known.
///
/// # Errors
/// [`Failure`] where an edition is in force on other days, so that the day was the wrong one.
pub(super) fn status(
    ledger: &Ledger,
    (state, positions, as_of): (&State, &Positions, &AsOf),
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let class = class_on(state, as_of.on);
    let (Some(class), true) = (class, positions.derivation.periods.is_empty()) else {
        return Err(no_edition(as_of.on));
    };
    let named = state.of_no_edition(&ledger.facts);
    let (edition, category) = (&class.edition, &class.category);
    let (why, next) = why(state, class, as_of.on);
    let mut text = format!(
        "{}\n{}, {} ({category} in DSPT {edition})\n\n{why}, so nothing is asked, and no standing \
         follows.\n",
        as_of.sentence(positions),
        safe(&state.organisation),
        class.organisation_type,
    );
    text.push_str(&in_force(ledger, state, as_of.on));
    text.push_str(&named_text(ledger, &named));
    let report = NothingAsked::new(as_of, positions, state, Some(class), &named);
    output.answer("dspt.status/1", json!(report), &text)?;
    output.hint(&format!("Next: {next}"))?;
    Ok(exit::YES)
}

/// Why nothing is asked on a day, and what to do: no edition is adopted, or one that the organisation
/// is not classified for.
fn why(state: &State, class: &OrganisationClassified, day: Date) -> (String, String) {
    let (kind, category) = (&class.organisation_type, &class.category);
    let classified = |id: &EditionId| state.classified.iter().any(|one| one.what.edition == *id);
    let begun = state.editions.iter().map(|known| &known.what);
    let begun = begun.filter(|one| one.effective_from <= day && !classified(&one.edition.id));
    let Some(newest) = begun.max_by_key(|one| one.effective_from) else {
        let why = format!("No edition that this ledger has adopted has items for {category}");
        return (why, how_to_adopt(&class.edition, category));
    };
    let (id, from) = (&newest.edition.id, newest.effective_from);
    let why = format!("DSPT {id} is adopted, and the organisation is not classified for it");
    let next = format!(
        "dspt record classification {id} --type {kind} --category {category} --from {from}"
    );
    (why, next)
}

/// The certificates and assessments that count on a day.
fn in_force(ledger: &Ledger, state: &State, day: Date) -> String {
    let certificates = state.certificates.values().map(|known| {
        let (record, until) = (&known.what.record, known.what.until);
        let number = safe(&record.number);
        let text = format!("{} certificate {number}", record.scheme.label());
        (text, record.valid_from, until, &known.because)
    });
    let assessed = state.assessed.iter().filter(|known| known.what.result == AssessmentResult::Met);
    let assessed = assessed.map(|known| {
        let one = &known.what;
        let level = one.level.as_str();
        let level = if level.is_empty() { "met" } else { level };
        let text = format!("{} assessed as {level}", safe(&one.control.to_string()));
        (text, one.from, one.until, &known.because)
    });
    let mut text = String::new();
    for (what, from, until, because) in certificates.chain(assessed) {
        if from <= day && day <= until {
            let (until, entries) = (until.short(), marked(ledger, because));
            let _ = writeln!(text, "In force: {what}, until {until}  {entries}");
        }
    }
    text
}

/// What is recorded for items of no edition in force; blank where nothing is.
pub(super) fn named_text(ledger: &Ledger, named: &NamedItems) -> String {
    if named.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "Recorded for items of no edition in force; it counts once an edition that has them is adopted:\n",
    );
    for (item, entries) in named {
        let _ = writeln!(text, "  {item}  {}", marked(ledger, entries));
    }
    text
}

/// `explain` of an item that no adopted edition has.
///
/// # Errors
/// [`Failure`] where an adopted edition has it: then it is not asked for on the day.
pub(super) fn explain(
    ledger: &Ledger,
    (state, positions, as_of): (&State, &Positions, &AsOf),
    item: &ItemRef,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    if state.has_item(item) {
        let message = format!("{item} is not asked for on {}", as_of.on.long());
        return Err(Failure::undecided(message).help("list what is asked for with: dspt status"));
    }
    let named = state.of_no_edition(&ledger.facts);
    let entries = named.get(item).map_or(&[][..], Vec::as_slice);
    let ItemRef { edition, category, item: id } = item;
    let mut text = format!(
        "{}\n\n{id} of DSPT {edition} for {category}: OF NO EDITION IN FORCE\n  no edition that this \
         ledger has adopted has this item, so it is not asked for\n",
        as_of.sentence(positions)
    );
    let _ = match entries {
        [] => writeln!(text, "  nothing is recorded for it"),
        _ => writeln!(
            text,
            "  recorded for it, and counted once such an edition is adopted: {}",
            marked(ledger, entries)
        ),
    };
    let awaited = NamedItem { item: id.as_str(), key: item.to_string(), entries };
    let (view, sentence) = (as_of.view(), as_of.sentence(positions));
    let report = NotAsked { view, sentence, finding: None, awaited };
    output.answer("dspt.explain/1", json!(report), &text)?;
    output.hint(&format!("Next: {}", how_to_adopt(edition, category)))?;
    Ok(exit::YES)
}

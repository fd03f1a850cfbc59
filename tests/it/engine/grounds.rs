//! What is told about a status: spells name what they rest on, changes name what stopped or
//! started, and remedies put it right.

use dspt_ledger::domain::engine::derive::RulesChoice;
use dspt_ledger::domain::engine::status::{DayView, Finding, Positions, Status};
use dspt_ledger::domain::event::Assurance;
use dspt_ledger::domain::explain::diff::{Way, changes};
use dspt_ledger::domain::explain::remedy::{Thing, remedies};
use dspt_ledger::domain::explain::spells::spells;
use dspt_ledger::domain::ids::{EventId, UnitId};
use dspt_ledger::domain::state::{State, replay};

use super::worlds::{
    Act, Assessed, CONTROLS, DAYS, Entry, ITEMS, LAST, LEVELS, Random, SCHEMES, UNITS, day, facts,
    item_ref,
};
use super::{Outcome, Seen, ordered, see};

/// Each day of a spell has its status and rests on nothing that the spell does not name.
pub(super) fn spells_name_what_they_rest_on(positions: &Positions, size: usize) -> Outcome {
    for item in (0..ITEMS.len()).map(item_ref) {
        let all = spells(positions, &item);
        for number in DAYS {
            let on = day(number);
            let spell =
                all.iter().find(|one| one.from <= on && one.until.is_none_or(|until| on <= until));
            let status = positions.status(&item, on);
            let Some(spell) = spell else {
                claim!(status == Status::NotAsked, "{item}: no spell on {on}, {status:?}");
                continue;
            };
            claim!(spell.status == status, "{item} on {on}: {spell:?}, expected {status:?}");
            let Some(finding) = positions.on(on).finding(&item) else { continue };
            ordered(&spell.entries, size).map_err(|why| format!("{why}: {spell:?}"))?;
            let part = spell
                .parts
                .iter()
                .find(|one| one.from <= on && one.until.is_none_or(|until| on <= until));
            let Some(part) = part else {
                return Err(format!("{item}: no part on {on}: {spell:?}"));
            };
            // What was confirmed before it was recorded is said of a day, and cuts nothing.
            let same = part.because == finding.because_text || status == Status::Met;
            claim!(same, "{on}: {part:?} for {finding:?}");
            let named = |seq: &u64| part.entries.contains(seq) && spell.entries.contains(seq);
            claim!(finding.because.iter().all(named), "{on}: {part:?} for {finding:?}");
        }
    }
    Ok(())
}

/// Every change has a cause with entries, and what got worse or better one that its status rests on.
pub(super) fn changes_have_causes(
    before: &Positions,
    after: &Positions,
    random: &mut Random,
    size: usize,
) -> Outcome {
    let pick = |random: &mut Random| day(DAYS[random.below(DAYS.len())]);
    let (a, b) = (before.on(pick(random)), after.on(pick(random)));
    for change in changes(&a, &b) {
        claim!(!change.cause.is_empty(), "no cause: {change:?}");
        claim!(!change.entries.is_empty(), "no entries: {change:?}");
        claim!(change.entries.iter().all(|seq| *seq < size as u64), "from the future: {change:?}");
        if change.before == Status::NotAsked || change.after == Status::NotAsked {
            continue;
        }
        let because = |finding: Option<Finding>| finding.map_or_else(Vec::new, |one| one.because);
        let (was, is) = (because(a.finding(&change.item)), because(b.finding(&change.item)));
        let first = change.entries.first();
        let rests = match Way::of(&change) {
            Way::Worse | Way::Better => {
                first.is_some_and(|seq| was.contains(seq) || is.contains(seq))
            }
            Way::Other => true,
        };
        claim!(rests, "{change:?} is named by what neither {was:?} nor {is:?} rests on");
    }
    Ok(())
}

/// Recording all that a remedy names, for the day, makes the item met.
pub(super) fn remedies_put_it_right(
    entries: &[Entry],
    (state, view, rules, number): (&State, &DayView<'_>, RulesChoice, i32),
    finding: &Finding,
    seen: &mut Seen,
) -> Outcome {
    let all = remedies(state, view, &finding.item);
    claim!(all.is_empty() == finding.status.in_place(), "{} remedies: {finding:?}", all.len());
    for remedy in all {
        claim!(!remedy.is_empty(), "an empty remedy for {finding:?}");
        let texts: Vec<String> = remedy.iter().map(|thing| thing.text(view.day)).collect();
        // What can be put right by evidence or an answer is tried with both.
        for answer in [false, true] {
            let mut more = entries.to_vec();
            for (at, thing) in remedy.iter().enumerate() {
                see(seen, format!("remedy {}", kind(thing)));
                let act = act(thing, number, answer);
                more.push(Entry { id: 5_000 + at as u64, by: 2, act });
            }
            let (facts, contents) = facts(&more);
            let state = replay(&facts, &contents, u64::MAX).map_err(|error| error.to_string())?;
            let status = Positions::new(&state, rules).status(&finding.item, view.day);
            claim!(
                matches!(status, Status::Met | Status::MetByEquivalence),
                "{} on {number} is {status:?} after {texts:?}, and was {:?}",
                finding.item,
                finding.status
            );
        }
    }
    Ok(())
}

fn kind(thing: &Thing) -> &'static str {
    match thing {
        Thing::OwnEvidence(..) => "own",
        Thing::Confirm(_) => "confirm",
        Thing::Declare => "declare",
        Thing::Certificate(..) => "certificate",
        Thing::Assessment(..) => "assessment",
        Thing::Rows(..) => "rows",
        Thing::Asserted(..) => "asserted",
    }
}

fn act(thing: &Thing, number: i32, answer: bool) -> Act {
    let unit = |unit: &UnitId| UNITS.iter().position(|one| unit.as_str() == *one).unwrap();
    let units = |units: &[UnitId]| match units {
        [] => vec![0],
        units => units.iter().map(unit).collect(),
    };
    let id = |id: &EventId| u64::from_str_radix(&id.to_string(), 16).unwrap();
    let days = (number, None);
    match thing {
        Thing::OwnEvidence(item, denied) => {
            let item = (0..ITEMS.len()).find(|one| item_ref(*one) == *item).unwrap();
            if *denied || answer {
                return Act::Answered { item, met: true, days };
            }
            Act::Evidence { items: vec![item], controls: Vec::new(), scope: Vec::new(), days }
        }
        Thing::Confirm(assertion) => {
            let of = (0..ITEMS.len()).find(|one| item_ref(*one).assertion() == *assertion);
            Act::Confirmed { item: of.unwrap(), on: number }
        }
        Thing::Declare => Act::Scope { units: vec![(0, true)], from: number },
        Thing::Certificate(scheme, scope) => Act::Certificate {
            scheme: SCHEMES.iter().position(|one| one == scheme).unwrap(),
            framework: None,
            scope: units(scope),
            days: (number, LAST),
        },
        Thing::Assessment(control, level, assurance, scope) => Act::Assessed(Assessed {
            control: CONTROLS.iter().position(|one| control.to_string() == *one).unwrap(),
            level: LEVELS.iter().position(|one| one == level).unwrap(),
            result: 0,
            assurance: Assurance::ALL.iter().position(|one| one == assurance).unwrap(),
            scope: units(scope),
            days: (number, LAST),
        }),
        Thing::Rows(mapping, rows, _) => {
            Act::Approved { proposal: id(mapping), rows: Some(rows.clone()), days }
        }
        Thing::Asserted(assertion, ..) => {
            Act::Approved { proposal: id(assertion), rows: None, days }
        }
    }
}

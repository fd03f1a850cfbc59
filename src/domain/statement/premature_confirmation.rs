//! Verdicts that were given before what they rest on was in the ledger.

use std::collections::BTreeMap;

use crate::domain::catalogue::edition::Requirement;
use crate::domain::engine::derivation::RulesChoice;
use crate::domain::engine::item_status::Finding;
use crate::domain::engine::status::Positions;
use crate::domain::event::body::AssertionConfirmed;
use crate::domain::event::fact::Fact;
use crate::domain::event::{Event, Kind};
use crate::domain::ids::ItemRef;
use crate::domain::state::facts::Contents;
use crate::domain::state::{ReplayError, State, replay};

/// Returns the confirmations that nothing then in the ledger bore out, each with its entry and what
/// was missing: a mandatory item of the assertion counts as in place on the day confirmed, by what
/// was recorded after the confirmation, and nothing recorded before it spoke for the item, not even
/// something that had run out. A confirmation that was given again once the grounds were there is
/// not named.
///
/// # Errors
/// [`ReplayError`] when a content cannot be read.
pub fn verdicts_before_grounds(
    state: &State,
    facts: &[Fact],
    contents: &Contents,
) -> Result<Vec<(u64, String)>, ReplayError> {
    let confirmed: Vec<(u64, &AssertionConfirmed)> = facts
        .iter()
        .filter_map(|fact| {
            let Event::AssertionConfirmed(body) = &fact.event else { return None };
            Some((fact.seq, body))
        })
        .collect();
    if confirmed.is_empty() {
        return Ok(Vec::new());
    }
    let positions = Positions::new(state, RulesChoice::Then);
    let first_word = first_words(facts);
    let mut found = Vec::new();
    for (seq, body) in &confirmed {
        // One that was corrected away confirms nothing.
        let stands = positions.confirmations(&body.assertion, body.on).contains(seq);
        let again = |first: u64| {
            let same = |(later, other): &(u64, &AssertionConfirmed)| {
                other.assertion == body.assertion && *later > first
            };
            confirmed.iter().any(same)
        };
        // Of the few items of the assertion alone: a ledger can hold thousands of confirmations.
        let view = positions.on(body.on);
        let named = positions.items().filter(|item| item.assertion() == body.assertion);
        let items = named
            .filter_map(|item| view.finding(item))
            .filter(|one| one.requirement == Requirement::Mandatory && one.status.in_place());
        let early = |one: &Finding| first_ground(facts, one).filter(|ground| ground > seq);
        let late: Vec<(Finding, u64)> = items
            .filter(|_| stands)
            .filter_map(|item| early(&item).map(|ground| (item, ground)))
            .filter(|(item, ground)| {
                let spoken = first_word.get(&item.item).is_some_and(|word| word < seq);
                !spoken && !again(*ground)
            })
            .collect();
        if late.is_empty() {
            continue;
        }
        let then = replay(facts, contents, *seq)?;
        let then = Positions::new(&then, RulesChoice::Then);
        let view = then.on(body.on);
        for (item, ground) in late {
            let known = view.finding(&item.item);
            if known.is_none_or(|known| first_ground(facts, &known).is_none()) {
                let item = &item.item.item;
                found.push((*seq, format!("the first ground of {item} is entry #{ground}")));
            }
        }
    }
    Ok(found)
}

/// The first entry in which the organisation itself says something about an item, still good or
/// run out.
fn first_words(facts: &[Fact]) -> BTreeMap<&ItemRef, u64> {
    let mut first = BTreeMap::new();
    for fact in facts {
        let items = if let Event::EvidenceRecorded(body) = &fact.event {
            body.items.as_slice()
        } else if let Event::ItemAnswered(body) = &fact.event {
            std::slice::from_ref(&body.item)
        } else if let Event::ItemNotApplicable(body) = &fact.event {
            std::slice::from_ref(&body.item)
        } else {
            &[]
        };
        for item in items {
            first.entry(item).or_insert(fact.seq);
        }
    }
    first
}

/// The earliest of the entries that say something about an item; none when it needs none.
fn first_ground(facts: &[Fact], finding: &Finding) -> Option<u64> {
    let is_ground = |seq: &&u64| {
        let fact = usize::try_from(**seq).ok().and_then(|at| facts.get(at));
        fact.is_some_and(|fact| GROUNDS.contains(&fact.event.kind()))
    };
    finding.because.iter().filter(is_ground).min().copied()
}

const GROUNDS: [Kind; 6] = [
    Kind::CertificateRecorded,
    Kind::SoaRecorded,
    Kind::ControlAssessed,
    Kind::EvidenceRecorded,
    Kind::ItemAnswered,
    Kind::ItemNotApplicable,
];

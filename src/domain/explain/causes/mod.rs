//! What stopped or started between two positions of an item: things that a status rests on in one
//! of them and that do not hold in the other, each with why.
//!
//! The two may be of different days, of different knowledge, or both. A cause comes from what the
//! status rested on, never from a list of everything that ended. Decides nothing.

pub(in crate::domain) mod basis;
mod told;

use std::collections::BTreeMap;

use super::why_not::unit_list;
use crate::domain::date::Date;
use crate::domain::engine::derivation::Support;
use crate::domain::engine::item_status::Status;
use crate::domain::engine::rule::{Atom, Authority, Ground, Rule, World};
use crate::domain::engine::status::{DayView, stated_on};
use crate::domain::ids::ItemRef;
use crate::domain::region::{Region, Units};
use crate::domain::state::cut::Cut;
use crate::domain::state::index::evidence_view::{EvidencePiece, Stated};
use basis::{Basis, Cause, Lack, add};
use told::{gained, lost};

/// Says what the item rested on in `then` and does not hold `now`.
pub(in crate::domain) fn stopped(
    then: &DayView<'_>,
    now: &DayView<'_>,
    item: &ItemRef,
) -> Vec<Cause> {
    let mut found: Vec<Cause> = basis(then, item)
        .iter()
        .filter_map(|one| Some(lost(one, item, &lack(one, then, now, item)?)))
        .collect();
    if found.is_empty() {
        found.extend(widened(then, now, item));
    }
    merged(found)
}

/// Says what the item rests on in `after` and did not hold `before`.
pub(in crate::domain) fn started(
    before: &DayView<'_>,
    after: &DayView<'_>,
    item: &ItemRef,
) -> Vec<Cause> {
    let mut found: Vec<Cause> = basis(after, item)
        .iter()
        .filter_map(|one| Some(gained(one, item, &lack(one, after, before, item)?, after.day)))
        .collect();
    if found.is_empty() {
        found.extend(narrowed(before, after));
    }
    merged(found)
}

/// Joins causes that say the same of several entries.
fn merged(found: Vec<Cause>) -> Vec<Cause> {
    let mut all: Vec<Cause> = Vec::new();
    for one in found {
        match all.iter_mut().find(|other| other.text == one.text) {
            Some(other) => {
                add(&mut other.entries, &one.entries);
            }
            None => all.push(one),
        }
    }
    all
}

fn basis<'p>(view: &DayView<'p>, item: &ItemRef) -> Vec<Basis<'p>> {
    let positions = view.positions;
    let own = || positions.own_on(item, view.day).into_iter().map(Basis::EvidencePiece);
    match positions.status(item, view.day) {
        Status::Met | Status::NeedsConfirming => {
            let said = &positions.derivation.said;
            let confirmed = said.confirmations(&item.assertion(), view.day);
            let confirmed = confirmed.into_iter().min_by_key(|one| one.on);
            let confirmed = confirmed.map(|one| Basis::Confirmed(one.on, one.because));
            own().chain(confirmed).chain(proved(view, item)).collect()
        }
        Status::MetByEquivalence => proved(view, item),
        Status::PartlySupported => {
            let (grounds, rules) = view.partial_basis(item);
            let grounds = grounds.into_iter().map(Basis::Ground);
            let rules = rules.into_iter().map(Basis::Rule);
            let supports = view.supports(item).into_iter().map(Basis::Support);
            own().chain(grounds).chain(rules).chain(supports).collect()
        }
        Status::NotApplicable => {
            let stated = stated_on(positions.derivation.not_applicable.get(item), view.day);
            stated.into_iter().cloned().map(Basis::NotApplicable).collect()
        }
        Status::NotMet => {
            positions.denied_on(item, view.day).into_iter().map(Basis::Denied).collect()
        }
        Status::Lapsed | Status::NotAsked => Vec::new(),
    }
}

fn proved<'p>(view: &DayView<'p>, item: &ItemRef) -> Vec<Basis<'p>> {
    let Some(proof) = view.proof(item) else { return Vec::new() };
    let world = &view.positions.derivation.world;
    let grounds = proof.grounds().into_iter().filter_map(|number| world.grounds.get(number));
    let rules = proof.rules().into_iter().filter_map(|number| world.rules.get(number));
    grounds.map(Basis::Ground).chain(rules.map(Basis::Rule)).collect()
}

/// Why something that holds in `here` does not in `there`; none where it does.
fn lack<'p>(
    one: &Basis<'_>,
    here: &DayView<'_>,
    there: &DayView<'p>,
    item: &ItemRef,
) -> Option<Lack<'p>> {
    match one {
        Basis::Ground(ground) => ground_lack(ground, here, there),
        Basis::Rule(rule) => rule_lack(rule, there),
        Basis::Support(support) => support_lack(support, there),
        Basis::EvidencePiece(piece) => piece_lack(piece, there, item),
        Basis::Confirmed(on, because) => {
            let there_too = there.positions.confirmations(&item.assertion(), there.day);
            if !there_too.is_empty() {
                return None;
            }
            Some(unknown(because, there).unwrap_or(Lack::Before(*on)))
        }
        Basis::NotApplicable(stated) => {
            let list = there.positions.derivation.not_applicable.get(item);
            let same = list.into_iter().flatten().find(|other| other.because == stated.because);
            stated_lack(stated, same.is_some(), there)
        }
        Basis::Denied(stated) => {
            let same = there.positions.denied_on(item, there.day);
            let same = same.iter().any(|other| other.because == stated.because);
            if same { None } else { stated_lack(stated, true, there) }
        }
    }
}

fn stated_lack<'p>(stated: &Stated, known: bool, there: &DayView<'_>) -> Option<Lack<'p>> {
    if let Some(lack) =
        unknown(&stated.because, there).filter(|_| !known || stated.until < Date::MAX)
    {
        return Some(lack);
    }
    match there.day {
        day if day < stated.from => Some(Lack::Before(stated.from)),
        day if stated.until < day => Some(Lack::Ended(stated.until)),
        _ if known => None,
        _ => Some(unknown(&stated.because, there).unwrap_or(Lack::Nothing)),
    }
}

/// Whether entries are beyond what is known there, or corrected there.
fn unknown<'p>(because: &[u64], there: &DayView<'_>) -> Option<Lack<'p>> {
    let derivation = &there.positions.derivation;
    let later = because.iter().copied().find(|seq| *seq >= derivation.size);
    if let Some(later) = later {
        return Some(Lack::Unknown(later));
    }
    let by = because.iter().find_map(|seq| derivation.corrected.get(seq).copied());
    by.filter(|by| !because.contains(by)).map(Lack::Corrected)
}

/// Says whether two things come from the same entries, corrections apart.
fn same_entries(one: &[u64], other: &[u64]) -> bool {
    let within = |one: &[u64], other: &[u64]| one.iter().all(|seq| other.contains(seq));
    within(one, other) || within(other, one)
}

fn ground_lack<'p>(ground: &Ground, here: &DayView<'_>, there: &DayView<'_>) -> Option<Lack<'p>> {
    let world: &World = &there.positions.derivation.world;
    let required = world.required.at(there.day);
    let needed = if required.is_empty() { Units::ALL } else { required };
    // The same may hold there by something else: then this is not what made the difference.
    let missing = ground.region.at(here.day).minus(there.cover(&ground.atom));
    if !missing_somewhere(missing, needed) {
        return None;
    }
    let same = |other: &&Ground| {
        other.atom == ground.atom
            && other.entry == ground.entry
            && same_entries(&other.because, &ground.because)
    };
    let Some(other) = world.grounds.iter().find(same) else {
        return Some(unknown(&ground.because, there).unwrap_or(Lack::Nothing));
    };
    let lack = gap(&other.region, &other.cuts, there.day);
    if matches!(lack, Lack::Ended(_)) && other.until < there.day {
        // What ends by itself ends on the day that it names, whatever took its place before.
        return Some(Lack::Ended(other.until));
    }
    Some(lack)
}

/// Whether anything is missing for units that are needed, at whatever assurance.
fn missing_somewhere(missing: crate::domain::region::Cover, needed: Units) -> bool {
    use crate::domain::event::words::Assurance;
    Assurance::ALL.into_iter().any(|one| !missing.at_least(one).and(needed).is_empty())
}

/// Why a region does not cover a day as it covers others.
fn gap<'p>(region: &Region, cuts: &[Cut], day: Date) -> Lack<'p> {
    let Some(first) = region.changes().next() else { return Lack::Nothing };
    if day < first {
        return Lack::Before(first);
    }
    // The day on which it came to be as it is on that day.
    let since = region.changes().take_while(|change| *change <= day).last().unwrap_or(first);
    let began = cuts.iter().find(|cut| cut.from == since && cut.acts_on(since));
    let on = |day: Date| cuts.iter().find(|cut| cut.acts_on(day));
    match began.or_else(|| on(since)).or_else(|| on(day)) {
        Some(cut) => Lack::Cut(cut.clone()),
        None if region.at(day).is_empty() => Lack::Ended(since.plus(-1)),
        None => Lack::Less,
    }
}

fn rule_lack<'p>(rule: &Rule, there: &DayView<'p>) -> Option<Lack<'p>> {
    let derivation = &there.positions.derivation;
    let alike = |other: &&Rule| other.head == rule.head && other.body == rule.body;
    let mut all = derivation.world.rules.iter().filter(alike);
    if all.clone().any(|other| !other.days.at(there.day).is_empty()) {
        return None;
    }
    if rule.authority == Authority::SchemeOwner {
        let period = derivation.period_on(there.day)?;
        let entries = period.entries().into_iter().collect();
        let revision = period.edition.revision.as_str();
        return Some(Lack::Exemption(revision, period.organisation_type.as_str(), entries));
    }
    match all.find(|other| same_entries(&other.because, &rule.because)) {
        Some(other) => Some(gap(&other.days, &other.cuts, there.day)),
        None => Some(unknown(&rule.because, there).unwrap_or(Lack::Nothing)),
    }
}

fn support_lack<'p>(support: &Support, there: &DayView<'_>) -> Option<Lack<'p>> {
    let same = |other: &&Support| {
        other.target == support.target
            && other.source == support.source
            && same_entries(&other.because, &support.because)
    };
    match there.positions.derivation.supports.iter().find(same) {
        Some(other) if !other.days.at(there.day).is_empty() => None,
        Some(other) => Some(gap(&other.days, &other.cuts, there.day)),
        None => Some(unknown(&support.because, there).unwrap_or(Lack::Nothing)),
    }
}

fn piece_lack<'p>(piece: &EvidencePiece, there: &DayView<'_>, item: &ItemRef) -> Option<Lack<'p>> {
    let positions = there.positions;
    let Some(same) = positions.piece(item, piece.seq) else {
        return Some(unknown(&[piece.seq], there).unwrap_or(Lack::Nothing));
    };
    if positions.counts_on(item, &same, there.day) {
        return None;
    }
    if there.day < same.from {
        return Some(Lack::Before(same.from));
    }
    let cuts = positions.own_cuts(item, &same, there.day);
    let by_itself = same.until.filter(|until| *until < there.day);
    // Whatever took it away first; it may have ended before something else would have ended it.
    let first = cuts.into_iter().filter(|cut| cut.acts_on(there.day)).min_by_key(|cut| cut.from);
    match (first, by_itself) {
        (Some(cut), Some(until)) if until.plus(1) < cut.from => Some(Lack::Ended(until)),
        (Some(cut), _) => Some(Lack::Cut(cut)),
        (None, Some(until)) => Some(Lack::Ended(until)),
        (None, None) => Some(Lack::Nothing),
    }
}

/// The scope asks for units that nothing covers.
fn widened(then: &DayView<'_>, now: &DayView<'_>, item: &ItemRef) -> Option<Cause> {
    let (old, derivation) = (&then.positions.derivation, &now.positions.derivation);
    let required = derivation.world.required.at(now.day);
    let scope = derivation.scope_on(now.day).or_else(|| old.scope_on(then.day));
    let entries = scope?.because.clone();
    let by = entries.last().map_or_else(String::new, |seq| format!(" by #{seq}"));
    if required.is_empty() {
        if old.world.required.at(then.day).is_empty() {
            return None;
        }
        let (text, entries) = match derivation.scope_on(now.day) {
            Some(_) => (format!("no unit with health and care data is declared{by}"), entries),
            None => ("no scope is declared yet".to_owned(), entries),
        };
        return Some(Cause {
            short: "no unit with health and care data".to_owned(),
            text,
            entries,
        });
    }
    let held = now.cover(&Atom::Item(item.clone())).units();
    let held = held.or(now.positions.own_units(item, now.day));
    // Numbers of units are of one position alone, so they are compared by name.
    let before = old.names(old.world.required.at(then.day));
    let missing = derivation.names(required.minus(held));
    let new: Vec<_> = missing.into_iter().filter(|name| !before.contains(name)).collect();
    let verb = if new.len() == 1 { "is" } else { "are" };
    (!new.is_empty()).then(|| {
        let text = format!(
            "scope widened{by}: {} with health and care data {verb} not covered",
            unit_list(&new)
        );
        Cause { short: text.clone(), text, entries }
    })
}

/// The scope asks for fewer units.
fn narrowed(before: &DayView<'_>, after: &DayView<'_>) -> Option<Cause> {
    let (old, new) = (&before.positions.derivation, &after.positions.derivation);
    let was = old.names(old.world.required.at(before.day));
    let is = new.names(new.world.required.at(after.day));
    let gone: Vec<_> = was.into_iter().filter(|name| !is.contains(name)).collect();
    let entries = new.scope_on(after.day)?.because.clone();
    let by = *entries.last()?;
    (!gone.is_empty()).then(|| {
        let text = format!("scope narrowed by #{by}: without {}", unit_list(&gone));
        Cause { short: text.clone(), text, entries }
    })
}

/// Several causes as one: the sentence, the few words, and the entries, the first cause's first.
pub(in crate::domain) fn joined(causes: &[Cause]) -> Option<Cause> {
    let shown = causes.get(..causes.len().min(CAUSES_MAX))?;
    let first = shown.first()?;
    let more = causes.len() - shown.len();
    let more = if more == 0 { String::new() } else { format!("; and {more} more") };
    let text = |of: fn(&Cause) -> &str| shown.iter().map(of).collect::<Vec<_>>().join("; ");
    let mut order: BTreeMap<u64, usize> = BTreeMap::new();
    for seq in causes.iter().flat_map(|one| &one.entries) {
        let next = order.len();
        order.entry(*seq).or_insert(next);
    }
    let mut entries: Vec<(usize, u64)> = order.into_iter().map(|(seq, at)| (at, seq)).collect();
    entries.sort_unstable();
    let short = if causes.len() == 1 { first.short.clone() } else { text(|one| &one.short) };
    Some(Cause {
        text: format!("{}{more}", text(|one| &one.text)),
        short: format!("{short}{more}"),
        entries: entries.into_iter().map(|(_, seq)| seq).collect(),
    })
}

/// How many causes of one change are told one by one.
const CAUSES_MAX: usize = 3;

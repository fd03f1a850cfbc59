//! On which days an item has a status, and within them where what it rests on changes.
//!
//! A spell names every entry that the status rests on, on any day of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::date::Date;
use crate::domain::engine::derivation::Derivation;
use crate::domain::engine::item_status::Status;
use crate::domain::engine::rule::{Atom, Program};
use crate::domain::engine::status::{DayView, Positions};
use crate::domain::ids::ItemRef;

/// Days with one status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spell {
    /// First day.
    pub from: Date,
    /// Last day; none while it lasts.
    pub until: Option<Date>,
    /// The status.
    pub status: Status,
    /// In a few words, why on the first day.
    pub because: String,
    /// Every entry that it rests on, on any of the days.
    pub entries: Vec<u64>,
    /// The days on which it rests on the same; at least one.
    pub parts: Vec<Part>,
}

/// Days within a spell on which the status rests on the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// First day.
    pub from: Date,
    /// Last day; none while it lasts.
    pub until: Option<Date>,
    /// In a few words, why.
    pub because: String,
    /// The entries that it rests on.
    pub entries: Vec<u64>,
}

/// Every spell of an item, first to last.
pub fn spells(positions: &Positions, item: &ItemRef) -> Vec<Spell> {
    let changes: Vec<(Date, Status)> = positions.history(item).collect();
    let ends = changes.iter().skip(1).map(|(day, _)| Some(day.plus(-1))).chain([None]);
    let days = days(positions, item);
    let program = Arc::new(Program::new(&positions.derivation.world));
    let spell = |((from, status), until): (&(Date, Status), Option<Date>)| {
        let last = until.unwrap_or(Date::MAX);
        let within = days.range(*from..=last).copied().filter(|day| day != from);
        let starts = std::iter::once(*from).chain(within);
        let views = starts.map(|day| positions.view(Arc::clone(&program), day));
        let parts = parts(views, item, until);
        let entries: BTreeSet<u64> = parts.iter().flat_map(|one| one.entries.clone()).collect();
        let because = parts.first().map_or_else(String::new, |one| one.because.clone());
        let (from, status, entries) = (*from, *status, entries.into_iter().collect());
        Spell { from, until, status, because, entries, parts }
    };
    changes.iter().zip(ends).map(spell).collect()
}

fn parts<'p>(
    views: impl Iterator<Item = DayView<'p>>,
    item: &ItemRef,
    end: Option<Date>,
) -> Vec<Part> {
    let mut views = views.peekable();
    let mut parts: Vec<Part> = Vec::new();
    while let Some(view) = views.next() {
        let Some(finding) = view.finding(item) else { continue };
        let until = views.peek().map_or(end, |next| Some(next.day.plus(-1)));
        let mut entries: BTreeSet<u64> = finding.because.into_iter().collect();
        entries.extend(own(&view, item, finding.status, until.unwrap_or(Date::MAX)));
        let entries: Vec<u64> = entries.into_iter().collect();
        let because = finding.because_text;
        match parts.last_mut() {
            Some(last) if last.because == because && last.entries == entries => last.until = until,
            Some(_) | None => parts.push(Part { from: view.day, until, because, entries }),
        }
    }
    parts
}

/// Evidence, answers and confirmations that begin to count before a day: of these there may be
/// thousands, and no spell is cut where one follows the other.
fn own(view: &DayView<'_>, item: &ItemRef, status: Status, until: Date) -> Vec<u64> {
    let positions = view.positions;
    let mut entries = Vec::new();
    if matches!(status, Status::Met | Status::NeedsConfirming | Status::PartlySupported) {
        entries.extend(positions.own_within(item, view.day, until));
    }
    if matches!(status, Status::Met) {
        entries.extend(positions.confirmations(&item.assertion(), until));
    }
    entries
}

/// The days on which anything changes that the item can rest on.
fn days(positions: &Positions, item: &ItemRef) -> BTreeSet<Date> {
    let derivation = &positions.derivation;
    let mut days: BTreeSet<Date> = derivation.world.required.changes().collect();
    days.extend(derivation.declared.iter().map(|one| one.from));
    for period in &derivation.periods {
        days.extend([period.from, period.until.plus(1)]);
    }
    let atoms = behind(derivation, item);
    for ground in derivation.world.grounds.iter().filter(|one| atoms.contains(&one.atom)) {
        days.extend(ground.region.changes());
        days.extend(ground.cuts.iter().flat_map(|cut| [cut.from, cut.until.plus(1)]));
    }
    for rule in derivation.world.rules.iter().filter(|one| atoms.contains(&one.head)) {
        days.extend(rule.days.changes());
        days.extend(rule.cuts.iter().flat_map(|cut| [cut.from, cut.until.plus(1)]));
    }
    let supports = derivation.supports.iter().filter(|one| atoms.contains(&one.target));
    days.extend(supports.flat_map(|one| one.days.changes()));
    let stated = derivation.not_applicable.get(item).into_iter().flatten();
    days.extend(stated.flat_map(|one| [one.from, one.until.plus(1)]));
    days.extend(derivation.said.turning_days(item));
    days.extend(positions.own_days(item));
    days
}

/// The item and everything from which rules or supporting rows lead to it.
fn behind<'d>(derivation: &'d Derivation, item: &ItemRef) -> BTreeSet<&'d Atom> {
    let goal = Atom::Item(item.clone());
    let rules = derivation.world.rules.iter();
    let mut arrows: Vec<(&Atom, &Atom)> =
        rules.flat_map(|rule| rule.body.iter().map(|one| (&rule.head, &one.atom))).collect();
    arrows.extend(derivation.supports.iter().map(|one| (&one.target, &one.source)));
    let mut found: BTreeSet<&Atom> = arrows.iter().map(|(head, _)| *head).collect();
    found.retain(|head| **head == goal);
    loop {
        let more =
            arrows.iter().filter(|(head, body)| found.contains(head) && !found.contains(body));
        let more: Vec<&Atom> = more.map(|(_, body)| *body).collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

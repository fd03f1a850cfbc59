//! What changed between two positions, item by item, and because of what.
//!
//! One list for the command line and the screen; it decides no status.

use std::collections::{BTreeMap, BTreeSet};

use super::causes::basis::Cause as One;
use super::causes::{joined, started, stopped};
use crate::domain::date::Date;
use crate::domain::engine::item_status::{Finding, Status};
use crate::domain::engine::status::{DayView, Positions};
use crate::domain::ids::ItemRef;
use crate::domain::state::late::Late;

/// A changed item: its title, both statuses, the cause and the entries behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The item.
    pub item: ItemRef,
    /// What it asks for.
    pub title: String,
    /// Where it stands in the first position.
    pub before: Status,
    /// Where it stands in the second position.
    pub after: Status,
    /// Because of what: what stopped or started.
    pub cause: String,
    /// The same in few words.
    pub short: String,
    /// The entries behind it: that of what stopped or started first.
    pub entries: Vec<u64>,
    /// How late the latest of them was recorded; none when all were in time.
    pub late: Option<Late>,
}

/// Compares two positions.
pub fn changes(before: &DayView<'_>, after: &DayView<'_>) -> Vec<Change> {
    let by_item = |view: &DayView<'_>| -> BTreeMap<ItemRef, Status> {
        view.stands().into_iter().map(|one| (one.item, one.status)).collect()
    };
    let (old, new) = (by_item(before), by_item(after));
    let items: BTreeSet<&ItemRef> = old.keys().chain(new.keys()).collect();
    let status = |one: Option<&Status>| one.copied().unwrap_or_default();
    let mut changes: Vec<Change> = Vec::new();
    for item in items {
        let (was, is) = (status(old.get(item)), status(new.get(item)));
        if was == is {
            continue;
        }
        let (old, new) = (before.finding(item), after.finding(item));
        let One { text, short, entries } = cause(before, after, old.as_ref(), new.as_ref());
        let title = new.or(old).map_or_else(String::new, |one| one.title);
        let late = entries.iter().filter_map(|seq| late(before, after, *seq)).max();
        let (item, before, after) = (item.clone(), was, is);
        changes.push(Change { item, title, before, after, cause: text, short, entries, late });
    }
    // What got worse comes first, then what got better, then by item.
    changes.sort_by_key(|one| (Way::of(one), one.item.clone()));
    changes
}

/// Counts the items whose status on a day is another: also those that only one of the two asks for.
pub fn count_changed(before: &Positions, after: &Positions, day: Date) -> usize {
    let items: BTreeSet<&ItemRef> = before.items().chain(after.items()).collect();
    let differs = |item: &&&ItemRef| before.status(item, day) != after.status(item, day);
    items.iter().filter(differs).count()
}

/// Says whether something was in place and is not any more.
pub fn worse(before: Status, after: Status) -> bool {
    before.in_place() && !after.in_place()
}

/// How late an entry was recorded, by whichever position knows it.
fn late(before: &DayView<'_>, after: &DayView<'_>, seq: u64) -> Option<Late> {
    let derivations = [after, before].map(|view| &view.positions.derivation);
    let knows = derivations.into_iter().find(|one| seq < one.size)?;
    knows.said.chronicle().late(seq)
}

/// Which way an item moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// It was in place and is not any more.
    Worse,
    /// It is in place and was not.
    Better,
    /// Neither.
    Other,
}

impl Way {
    /// Which way a change went.
    pub fn of(one: &Change) -> Self {
        match (worse(one.before, one.after), worse(one.after, one.before)) {
            (true, _) => Self::Worse,
            (_, true) => Self::Better,
            (false, false) => Self::Other,
        }
    }
}

/// What several items that moved the same way have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause<'c> {
    /// Which way they moved.
    pub way: Way,
    /// In words.
    pub text: &'c str,
    /// The entries behind it: that of what stopped or started first.
    pub entries: &'c [u64],
    /// How late the latest of them was recorded.
    pub late: Option<Late>,
    /// How many items.
    pub count: usize,
}

/// How many causes are named each way.
const CAUSES_MAX: usize = 5;

/// Returns what most of the items that moved one way have in common: of what got worse, then of what
/// got better, then of the rest, the cause of most first.
pub fn main_causes(changes: &[Change]) -> Vec<Cause<'_>> {
    let mut counts: BTreeMap<(Way, &str, &[u64]), Vec<&Change>> = BTreeMap::new();
    for one in changes {
        counts.entry((Way::of(one), &one.cause, &one.entries)).or_default().push(one);
    }
    let cause = |((way, text, entries), all): (_, Vec<&Change>)| {
        let late = all.first().and_then(|one| one.late);
        Cause { way, text, entries, late, count: all.len() }
    };
    let mut causes: Vec<Cause<'_>> = counts.into_iter().map(cause).collect();
    causes.sort_by_key(|one| (one.way, std::cmp::Reverse(one.count), one.text));
    let mut named: BTreeMap<Way, usize> = BTreeMap::new();
    causes.retain(|one| {
        let so_far = named.entry(one.way).or_default();
        *so_far += 1;
        *so_far <= CAUSES_MAX
    });
    causes
}

/// Names the cause: what stopped or started between the two, else the entries that are new.
fn cause(
    before: &DayView<'_>,
    after: &DayView<'_>,
    was: Option<&Finding>,
    is: Option<&Finding>,
) -> One {
    let (Some(was), Some(is)) = (was, is) else {
        let (text, view) =
            if is.is_some() { ("now asked for", after) } else { ("no longer asked for", before) };
        // What asks for it, or what asks for something else instead.
        let period = |view: &DayView<'_>| {
            let period = view.positions.derivation.period_on(view.day);
            period.map(|period| period.entries().into_iter().collect::<Vec<u64>>())
        };
        let entries = period(after).or_else(|| period(view)).unwrap_or_default();
        return One { text: text.to_owned(), short: text.to_owned(), entries };
    };
    let lost = || stopped(before, after, &was.item);
    let found = || started(before, after, &is.item);
    let (first, second) = match (worse(was.status, is.status), worse(is.status, was.status)) {
        (true, _) => (lost(), Vec::new()),
        (_, true) => (found(), Vec::new()),
        // One thing took the place of another.
        (false, false) if was.status.in_place() => (lost(), found()),
        (false, false) => match (lost(), found()) {
            (lost, found) if is.status < was.status => (found, lost),
            (lost, found) => (lost, found),
        },
    };
    let both = was.status.in_place() == is.status.in_place() && was.status.in_place();
    let causes: Vec<One> = match (first.is_empty(), both) {
        (true, _) => second,
        (false, true) => first.into_iter().chain(second).collect(),
        (false, false) => first,
    };
    if let Some(cause) = joined(&causes) {
        return cause;
    }
    let from_other = if worse(was.status, is.status) { found() } else { lost() };
    if let Some(cause) = joined(&from_other) {
        return cause;
    }
    // It was met in between, or before both.
    let then = Some(after).filter(|_| is.status == Status::Lapsed);
    let then = then.and_then(|view| view.when_met(&is.item));
    if let Some(cause) = then.and_then(|(_, then)| joined(&stopped(&then, after, &is.item))) {
        return cause;
    }
    // Both are in ledger order.
    let known = |seq: &&u64| was.because.binary_search(seq).is_err();
    let new: Vec<u64> = is.because.iter().filter(known).copied().collect();
    let entries = if new.is_empty() { is.because.clone() } else { new };
    One { text: is.because_text.clone(), short: is.because_text.clone(), entries }
}

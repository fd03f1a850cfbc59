//! What changed between two positions, item by item, and because of what.
//!
//! One list for the command line and the screen; it decides no status.

use std::collections::{BTreeMap, BTreeSet};

use super::explain::causes;
use super::refs::ItemRef;
use super::replay::State;
use super::status::{DayView, Finding, Status};

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
    /// Because of what.
    pub cause: String,
    /// The entries behind it, in ledger order.
    pub entries: Vec<u64>,
}

/// Compares two positions. `state` is what is known in the second one.
pub fn changes(before: &DayView<'_>, after: &DayView<'_>, state: &State) -> Vec<Change> {
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
        let (cause, entries) = cause(state, before, after, old.as_ref(), new.as_ref());
        let title = new.or(old).map_or_else(String::new, |one| one.title);
        changes.push(Change { item: item.clone(), title, before: was, after: is, cause, entries });
    }
    // What got worse comes first, then by item.
    changes.sort_by_key(|one| (!worse(one.before, one.after), one.item.clone()));
    changes
}

/// Says whether something was in place and is not any more.
pub fn worse(before: Status, after: Status) -> bool {
    before.in_place() && !after.in_place()
}

/// What several items that got worse have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause<'c> {
    /// In words.
    pub text: &'c str,
    /// The entries behind it, in ledger order.
    pub entries: &'c [u64],
    /// How many items.
    pub count: usize,
}

/// How many causes are named.
const CAUSES_MAX: usize = 5;

/// Returns what most of the items that got worse have in common, the cause of most first.
pub fn main_causes(changes: &[Change]) -> Vec<Cause<'_>> {
    let mut counts: BTreeMap<(&str, &[u64]), usize> = BTreeMap::new();
    for one in changes.iter().filter(|one| worse(one.before, one.after)) {
        *counts.entry((&one.cause, &one.entries)).or_default() += 1;
    }
    let cause = |((text, entries), count)| Cause { text, entries, count };
    let mut causes: Vec<Cause<'_>> = counts.into_iter().map(cause).collect();
    causes.sort_by_key(|one| (std::cmp::Reverse(one.count), one.text));
    causes.truncate(CAUSES_MAX);
    causes
}

/// Names the cause: why the old proof does not hold any more, else the entries that are new.
fn cause(
    state: &State,
    before: &DayView<'_>,
    after: &DayView<'_>,
    was: Option<&Finding>,
    is: Option<&Finding>,
) -> (String, Vec<u64>) {
    let (Some(was), Some(is)) = (was, is) else {
        let text = if is.is_some() { "now asked for" } else { "no longer asked for" };
        let entries = is.or(was).map_or_else(Vec::new, |one| one.because.clone());
        return (text.to_owned(), entries);
    };
    if let Some(proof) = before.proof(&was.item).filter(|_| worse(was.status, is.status)) {
        // The old proof, looked at with what is known in B.
        let found = causes(state, before, after, &proof);
        if let Some(first) = found.first() {
            let entries: BTreeSet<u64> = found.iter().flat_map(|one| one.entries.clone()).collect();
            return (first.text.clone(), entries.into_iter().collect());
        }
    }
    // Both are in ledger order.
    let known = |seq: &&u64| was.because.binary_search(seq).is_err();
    let new: Vec<u64> = is.because.iter().filter(known).copied().collect();
    let entries = if new.is_empty() { is.because.clone() } else { new };
    (is.because_text.clone(), entries)
}

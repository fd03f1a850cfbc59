//! The reasons of a finding as statements of the first format word and cite them. What was given
//! out in that format is computed again for as long as anybody holds it, so nothing here changes.

use crate::domain::engine::item_status::{Finding, Status};
use crate::domain::engine::status::{DayView, stated_on};
use crate::domain::ids::ItemRef;

/// Gives a finding the words and the entries of the first format.
pub(in crate::domain) fn finding(view: &DayView<'_>, one: &Finding) -> Finding {
    let because_text = text(view, &one.item);
    let mut because = entries(view, &one.item, one.status);
    if because.is_empty() {
        // Nothing is recorded about it: the reason is what asks for it.
        let period = view.positions.derivation.period_on(view.day);
        because = period.map(|period| period.because.clone()).unwrap_or_default();
    }
    because.sort_unstable();
    because.dedup();
    Finding { because_text, because, ..one.clone() }
}

fn text(view: &DayView<'_>, item: &ItemRef) -> String {
    match view.positions.status(item, view.day) {
        Status::Lapsed => match view.when_met(item) {
            Some((last, then)) => format!("{} ended {}", text(&then, item), last.short()),
            None => String::new(),
        },
        Status::Met | Status::NeedsConfirming if view.proof(item).is_some() => {
            "own evidence, and equivalence".to_owned()
        }
        Status::Met | Status::NeedsConfirming => "own evidence".to_owned(),
        Status::MetByEquivalence
        | Status::PartlySupported
        | Status::NotMet
        | Status::NotApplicable
        | Status::NotAsked => view.because_text(item),
    }
}

fn entries(view: &DayView<'_>, item: &ItemRef, status: Status) -> Vec<u64> {
    let said = &view.positions.derivation.said;
    let own_entries = || said.entries_of(&view.positions.own_on(item, view.day));
    let denied = || view.positions.denied_on(item, view.day).into_iter();
    match status {
        Status::Met | Status::NeedsConfirming => {
            let mut entries = own_entries();
            entries.extend(view.positions.confirmations(&item.assertion(), view.day));
            entries.extend(view.proof_entries(view.proof(item).as_ref()));
            entries
        }
        Status::MetByEquivalence => view.proof_entries(view.proof(item).as_ref()),
        Status::Lapsed => {
            let Some((last, then)) = view.when_met(item) else { return Vec::new() };
            let mut entries = self::entries(&then, item, view.positions.status(item, last));
            entries.extend(said.ends_of(&view.positions.own_on(item, last)));
            entries.extend(denied().flat_map(|one| one.because));
            entries
        }
        Status::PartlySupported => {
            let mut entries = own_entries();
            let part = view.part(item);
            entries.extend(part.because);
            entries.extend(part.proofs.iter().flat_map(|one| view.proof_entries(Some(one))));
            entries
        }
        Status::NotMet => denied().flat_map(|one| one.because).collect(),
        Status::NotApplicable => {
            let stated = view.positions.derivation.not_applicable.get(item);
            let stated = stated_on(stated, view.day);
            stated.iter().flat_map(|one| one.because.clone()).collect()
        }
        Status::NotAsked => Vec::new(),
    }
}

//! What the organisation itself said of an item and does not count on a day: withdrawn, corrected,
//! overtaken, run out or not begun, each with why. Decides nothing.

use super::telling::Telling;
use super::why_not::Unused;
use crate::domain::date::Date;
use crate::domain::engine::status::DayView;
use crate::domain::ids::ItemRef;
use crate::domain::state::index::evidence_view::{OwnEvidence, Unsaid};

/// Everything that was said of the item and does not count on the day.
pub(in crate::domain) fn unused_own(
    view: &DayView<'_>,
    item: &ItemRef,
    telling: Telling<'_>,
) -> Vec<Unused> {
    let derivation = &view.positions.derivation;
    let unsaid = derivation.said.unsaid(item, view.day);
    let pieces = view.positions.own_not_on(item, view.day);
    if pieces.is_none() && unsaid.is_empty() {
        let text = "own evidence: none recorded".to_owned();
        return vec![Unused { text, entries: Vec::new() }];
    }
    let mut evidence = pieces.unwrap_or_default();
    evidence.retain(|piece| !piece.answer);
    let cuts = |own: &OwnEvidence| {
        let seq = own.because.first().copied();
        let piece = evidence.iter().find(|piece| Some(piece.seq) == seq);
        piece.map_or_else(Vec::new, |piece| view.positions.own_cuts(item, piece, view.day))
    };
    let mut found = telling.tell(
        &evidence,
        (view, item),
        |own| {
            let acting = cuts(own).into_iter().find(|cut| cut.acts_on(view.day));
            let mut entries = own.because.clone();
            let why = match acting {
                Some(cut) => {
                    entries.extend(&cut.because);
                    if cut.what == "withdrawn" {
                        format!("was {}", cut.since())
                    } else {
                        format!("is set aside, {} on {}", cut.what, cut.from.short())
                    }
                }
                None => days(own, view.day),
            };
            entries.sort_unstable();
            entries.dedup();
            Unused { text: format!("{} {why}", own.label), entries }
        },
        |text, entries| Unused { text: format!("{text} do not count on this day either"), entries },
    );
    let before = unsaid.len().saturating_sub(telling.most);
    let (earlier, newest) = unsaid.split_at_checked(before).unwrap_or((&[], &unsaid));
    if !earlier.is_empty() {
        let entries = earlier.iter().flat_map(|one| one.entries.iter().copied()).collect();
        let text = format!("{} earlier answers do not count on this day either", earlier.len());
        found.push(Unused { text, entries });
    }
    found.extend(newest.iter().map(unused));
    found
}

/// Of these, what a reader of a statement has to know: answers that the item is not met and hold no
/// more, evidence that was withdrawn, and whatever a correction changed.
pub(in crate::domain) fn set_aside(
    view: &DayView<'_>,
    item: &ItemRef,
    telling: Telling<'_>,
) -> Vec<Unused> {
    let derivation = &view.positions.derivation;
    let mut found = Vec::new();
    for piece in view.positions.own_not_on(item, view.day).unwrap_or_default() {
        let cuts = view.positions.own_cuts(item, &piece, view.day);
        let withdrawn = cuts.iter().find(|cut| cut.what == "withdrawn" && cut.acts_on(view.day));
        if let (Some(cut), false) = (withdrawn, piece.answer) {
            let own = view.positions.own(item, &piece, telling.words);
            let label = own.map_or_else(String::new, |own| own.label);
            let entries = [piece.seq].iter().chain(&cut.because).copied().collect();
            found.push(Unused { text: format!("{label} was {}", cut.since()), entries });
        }
    }
    let unsaid = derivation.said.unsaid(item, view.day);
    let told = unsaid.iter().filter(|one| (one.corrected || !one.met) && one.on <= view.day);
    found.extend(told.map(unused));
    found
}

fn unused(one: &Unsaid) -> Unused {
    Unused { text: one.text.clone(), entries: one.entries.clone() }
}

/// Why a piece does not count on a day, by its own days.
fn days(own: &OwnEvidence, day: Date) -> String {
    let began = own.region.changes().next();
    let ended = own.region.changes().filter(|change| *change <= day).last();
    match (began, ended) {
        (None, _) => "never counts".to_owned(),
        (Some(began), _) if began > day => format!("counts only from {}", began.short()),
        (_, Some(ended)) => format!("counted until {}", ended.plus(-1).short()),
        (_, None) => "does not count on this day".to_owned(),
    }
}

//! Parts of the one line that tells an event.

use super::body::{EquivalenceAsserted, EvidenceRecorded, ItemAnswered, ScopeDeclared};
use super::words::Rows;

/// The items and controls that evidence is for.
pub(in crate::domain) fn spoken_of(body: &EvidenceRecorded) -> String {
    let items = body.items.iter().map(|item| item.item.to_string());
    items.chain(body.controls.iter().map(ToString::to_string)).collect::<Vec<_>>().join(", ")
}

/// What an answer says.
pub(in crate::domain) fn answer(body: &ItemAnswered) -> &'static str {
    if body.met { "met" } else { "not met" }
}

/// How many rows.
pub(super) fn rows(rows: &Rows) -> String {
    match rows {
        Rows::All(_) => "all rows".to_owned(),
        Rows::Listed(rows) => format!("{} rows", rows.len()),
    }
}

/// The declared units.
pub(super) fn units(body: &ScopeDeclared) -> String {
    body.units.iter().map(|unit| unit.id.as_str()).collect::<Vec<_>>().join(", ")
}

/// The sources of an asserted equivalence.
pub(super) fn sources(body: &EquivalenceAsserted) -> String {
    body.sources.iter().map(|one| one.source.to_string()).collect::<Vec<_>>().join(" + ")
}

/// A head, and who saw it.
pub(super) fn head(checkpoint: &str, by: &str) -> String {
    // For people; what the checkpoint proves is checked elsewhere.
    let size = checkpoint.lines().nth(1).unwrap_or("?");
    format!("head of {size} entries, by {by}")
}

/// The names of witnesses, given their keys.
pub(super) fn names(vkeys: &[String]) -> String {
    let names = vkeys.iter().filter_map(|vkey| vkey.split('+').next());
    names.collect::<Vec<_>>().join(", ")
}

//! Why an event may not be recorded, and the checks that many kinds share.

use std::collections::BTreeMap;

use crate::domain::date::Date;
use crate::domain::event::Kind;
use crate::domain::ids::EventId;
use crate::domain::state::State;

/// Why an event may not be recorded: what was found, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

pub(super) fn refuse<T>(text: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal(text.into()))
}

/// Says whether a text is the one base64 spelling of 32 bytes: 43 characters and one `=`, the last
/// character without stray bits.
pub(super) fn is_digest(text: &str) -> bool {
    let body = text.strip_suffix('=').unwrap_or_default();
    let digits = body.bytes().all(|one| one.is_ascii_alphanumeric() || b"+/".contains(&one));
    let last = body.chars().next_back().is_some_and(|one| "AEIMQUYcgkosw048".contains(one));
    body.len() == 43 && digits && last
}

pub(super) fn not_blank(what: &str, text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() { refuse(format!("{what} is blank; give it")) } else { Ok(()) }
}

pub(super) fn in_order(from: Date, until: Option<Date>) -> Result<(), Refusal> {
    match until {
        Some(until) if until < from => {
            refuse(format!("the last day, {until}, is before the first, {from}; check both"))
        }
        _ => Ok(()),
    }
}

pub(super) fn not_ahead(what: &str, on: Date, today: Date) -> Result<(), Refusal> {
    if on <= today {
        return Ok(());
    }
    refuse(format!("{what} cannot be dated {on}: that day has not come; today is {today}"))
}

pub(super) fn find<'s, T>(
    state: &State,
    map: &'s BTreeMap<EventId, T>,
    id: &EventId,
    what: &str,
) -> Result<&'s T, Refusal> {
    map.get(id).map_or_else(|| not_standing(state, id, what), Ok)
}

pub(super) fn not_standing<T>(state: &State, id: &EventId, what: &str) -> Result<T, Refusal> {
    match state.event(id) {
        Some((seq, kind)) => refuse(format!(
            "entry #{seq}, {kind}, is not {what} that stands in this ledger; see: dspt log"
        )),
        None => refuse(format!("no event {id} in this ledger; see: dspt log")),
    }
}

pub(super) fn of_kind(state: &State, id: &EventId, kind: Kind) -> Result<u64, Refusal> {
    match state.event(id) {
        Some((seq, found)) if found == kind => Ok(seq),
        Some((seq, found)) => refuse(format!("entry #{seq} is {found}, not {kind}; see: dspt log")),
        None => refuse(format!("no event {id} in this ledger; see: dspt log")),
    }
}

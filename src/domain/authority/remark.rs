//! What a person should hear about an event that may be recorded all the same.
//!
//! Said before anything is signed. What may not be recorded is `admit.rs`'s question; nothing here
//! changes what an event leads to.

use super::lookalike::{is_mixed, look_alike};
use super::roster::Roster;
use crate::domain::engine::derivation::Period;
use crate::domain::event::Event;
use crate::domain::event::body::{CertificateRecorded, CertificateSuspended, EditionAdopted};
use crate::domain::ids::CategoryId;
use crate::domain::sanitize::safe;
use crate::domain::state::State;

/// Returns what to say about an event, given what is known and the keys of the ledger.
pub fn remarks(event: &Event, state: &State, roster: &Roster) -> Vec<String> {
    if let Event::CertificateRecorded(body) = event {
        return certificate(body).into_iter().collect();
    }
    if let Event::CertificateSuspended(body) = event {
        return suspension(body, state).into_iter().collect();
    }
    if let Event::KeyAdmitted(body) = event {
        return holder(&body.holder, roster);
    }
    if let Event::Correction(body) = event
        && let Some(instead) = &body.replacement
        && let Ok(event) = Event::decode(&instead.kind, &instead.body)
        && !matches!(event, Event::Correction(_))
    {
        return remarks(&event, state, roster);
    }
    Vec::new()
}

/// A certificate that counts for less long than is printed on it.
fn certificate(body: &CertificateRecorded) -> Option<String> {
    let why = body.cut_short()?;
    Some(format!(
        "certificate {} says {} to {}, and counts until {} only: {why}",
        body.number,
        body.valid_from.short(),
        body.valid_until.short(),
        body.counts_until().short()
    ))
}

/// A suspension on days on which the certificate does not count anyway.
fn suspension(body: &CertificateSuspended, state: &State) -> Option<String> {
    if body.until.is_some_and(|last| last < body.from) {
        // That is refused, and the days as they stand say nothing.
        return None;
    }
    let certificate = &state.certificates.get(&body.certificate)?.what;
    let (record, until) = (&certificate.record, certificate.until);
    let from = record.valid_from;
    let outside = until < body.from || body.until.is_some_and(|last| last < from);
    outside.then(|| {
        format!(
            "certificate {} counts from {} to {}, so a suspension from {} changes nothing; check \
             the days",
            record.number,
            from.short(),
            until.short(),
            body.from.short()
        )
    })
}

/// Says where the rules after an edition was adopted ask nothing of the organisation any more.
pub fn nothing_asked(adopted: &EditionAdopted, periods: &[Period]) -> Vec<String> {
    let (id, revision, from) = (&adopted.edition, &adopted.revision, adopted.effective_from);
    let of = periods.iter().filter(|one| one.edition.id == *id && one.until >= from);
    let mut of = of.peekable();
    let Some(first) = of.peek() else {
        return vec![format!(
            "the organisation is not classified for DSPT {id}: from {} on none of its items is \
             asked for, until a type and category are recorded: dspt record classification {id} \
             --type TYPE --category CATEGORY --from {from}",
            from.short()
        )];
    };
    let known: Vec<&str> = first.edition.items.keys().map(CategoryId::as_str).collect();
    let known = known.join(", ");
    let is_new = |one: &&Period| one.edition.revision == *revision;
    let bare = |one: &&Period| one.edition.items_of(&one.category).next().is_none();
    let bare: Option<&Period> = of.filter(is_new).find(bare);
    let text = bare.map(|one| {
        format!(
            "revision {revision} of DSPT {id} has no item for {}, the organisation's category: from \
             {} on it is asked for nothing, and cannot meet the standards; it has items for {known}",
            one.category,
            one.from.short()
        )
    });
    text.into_iter().collect()
}

/// A holder whose name can be taken for that of another one.
fn holder(name: &str, roster: &Roster) -> Vec<String> {
    let alike = roster.keys().filter(|(_, known)| look_alike(name, &known.holder));
    let alike = alike.map(|(key, known)| {
        format!(
            "the holder `{}` looks like `{}`, who holds {key} ({}), and is written with other \
             characters; admit the key only if you know whose it is",
            safe(name),
            safe(&known.holder),
            known.role
        )
    });
    let mut said: Vec<String> = alike.collect();
    if is_mixed(name) {
        said.push(format!(
            "the holder `{}` mixes Latin letters with letters of another script that look like them",
            safe(name)
        ));
    }
    said
}

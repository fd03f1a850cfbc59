//! What a person should hear about an event that may be recorded all the same.
//!
//! Said before anything is signed. What may not be recorded is `admit.rs`'s question; nothing here
//! changes what an event leads to.

use super::lookalike::{is_mixed, look_alike};
use super::roster::Roster;
use crate::domain::date::Date;
use crate::domain::engine::derivation::Period;
use crate::domain::event::Event;
use crate::domain::event::body::{
    CertificateRecorded, CertificateSuspended, EditionAdopted, OrganisationClassified,
};
use crate::domain::ids::CategoryId;
use crate::domain::sanitize::safe;
use crate::domain::state::State;
use crate::domain::state::awaited::NamedItems;

/// Returns what to say about an event, given what is known and the keys of the ledger.
pub fn remarks(event: &Event, state: &State, roster: &Roster) -> Vec<String> {
    if let Event::CertificateRecorded(body) = event {
        return certificate(body).into_iter().chain(no_release(body)).collect();
    }
    if let Event::CertificateSuspended(body) = event {
        return suspension(body, state).into_iter().collect();
    }
    if let Event::OrganisationClassified(body) = event {
        return classification(body, state).into_iter().collect();
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

/// A classification for an edition that is not adopted, or as a type that it does not list.
fn classification(body: &OrganisationClassified, state: &State) -> Option<String> {
    let (id, kind, category) = (&body.edition, &body.organisation_type, &body.category);
    let of = state.editions.iter().filter(|known| known.what.edition.id == *id);
    let mut of = of.map(|known| &known.what.edition).peekable();
    if of.peek().is_none() {
        return Some(format!(
            "DSPT {id} is not adopted, so nothing is asked of {category} yet; adopt an edition that \
             has its items with: dspt import edition {id}, or the official workbook: dspt import \
             edition FILE.xlsx --name {id} --from DATE"
        ));
    }
    let lists = of.any(|edition| edition.types.iter().any(|row| row.organisation_type == *kind));
    (!lists).then(|| {
        format!(
            "DSPT {id} lists no type {kind}; its items for {category} are asked for all the same"
        )
    })
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

/// A certificate that grounds controls by its release, and names none.
fn no_release(body: &CertificateRecorded) -> Option<String> {
    let framework = body.scheme.grounds().filter(|_| body.release.is_none())?;
    let known: Vec<&str> = body.scheme.releases().iter().map(|one| one.name.as_str()).collect();
    Some(format!(
        "certificate {} names no release of {}, so it frees items and puts no control of {framework} in \
         place; known are {}: --release, or --set release=... in a correction",
        body.number,
        body.scheme.label(),
        known.join(", ")
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

/// Says where the rules after an edition was adopted ask nothing of the organisation any more, and how
/// many items that asks no more; `before` are the periods without it.
pub fn nothing_asked(
    adopted: &EditionAdopted,
    before: &[Period],
    (state, periods): (&State, &[Period]),
) -> Vec<String> {
    let (id, revision, from) = (&adopted.edition, &adopted.revision, adopted.effective_from);
    let of = periods.iter().filter(|one| one.edition.id == *id && one.until >= from);
    let mut of = of.peekable();
    let Some(first) = of.peek() else {
        return vec![format!(
            "the organisation is not classified for DSPT {id}: from {} on none of its items is \
             asked for{}, until a type and category are recorded: dspt record classification {id} \
             --type {} --from {from}",
            from.short(),
            gone(before, from),
            class_before(adopted, state)
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
             {} on it is asked for nothing and cannot meet the standards{}; it has items for \
             {known}. Adopt a revision that has items for {}, or, where the category is another one: \
             dspt record classification {id} --type {} --category CATEGORY --from {}",
            one.category,
            one.from.short(),
            gone(before, one.from),
            one.category,
            one.organisation_type,
            one.from
        )
    });
    text.into_iter().collect()
}

/// The type and category that are likely to be meant for an edition: those of the newest
/// classification, where the edition has items for that category.
fn class_before(adopted: &EditionAdopted, state: &State) -> String {
    let newest = state.classified.iter().max_by_key(|one| (one.what.from, one.place()));
    let mut revisions = state.editions.iter().map(|one| &one.what.edition);
    let known = newest.map(|one| &one.what).filter(|one| {
        revisions.any(|edition| {
            edition.id == adopted.edition && edition.items.contains_key(&one.category)
        })
    });
    known.map_or_else(
        || "TYPE --category CATEGORY".to_owned(),
        |one| format!("{} --category {}", one.organisation_type, one.category),
    )
}

/// How many items were asked for on a day before the rules changed; blank where none was.
fn gone(before: &[Period], day: Date) -> String {
    let then = before.iter().find(|one| one.from <= day && day <= one.until);
    match then.map_or(0, |one| one.edition.items_of(&one.category).count()) {
        0 => String::new(),
        1 => ", and the 1 item that was has no status any more".to_owned(),
        items => format!(", and the {items} items that were have no status any more"),
    }
}

/// Says which items something is recorded for and no adopted edition has, once an edition of theirs
/// was adopted.
pub fn still_unknown(adopted: &EditionAdopted, named: &NamedItems) -> Option<String> {
    let of: Vec<_> = named.keys().filter(|item| item.edition == adopted.edition).collect();
    let shown: Vec<String> = of.iter().take(SHOWN_MAX).map(ToString::to_string).collect();
    let more = of.len().saturating_sub(shown.len());
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    (!of.is_empty()).then(|| {
        format!(
            "something is recorded for {} which no adopted revision has: {}{more}; it counts for \
             nothing until it is corrected: dspt log ITEM, dspt correct",
            if of.len() == 1 { "1 item".to_owned() } else { format!("{} items", of.len()) },
            shown.join(", ")
        )
    })
}

/// How many items a remark names.
const SHOWN_MAX: usize = 10;

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

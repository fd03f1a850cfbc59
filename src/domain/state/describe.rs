//! One line about an event, for lists; what an event points at; how late it was recorded.

use super::facts::EntryText;
pub use super::late::{Late, late};
use crate::domain::event::Event;
use crate::domain::event::body::{EvidenceRecorded, ItemAnswered};
use crate::domain::event::standing::Standing;
pub use crate::domain::event::target::{for_day, points_at};
use crate::domain::event::words::{Clock, Rows};

/// Tells an event as people say it, what matters first: for lists that a narrow screen cuts at
/// their end.
pub fn tell(event: &Event, words: &dyn EntryText) -> String {
    if let Event::EvidenceRecorded(body) = event {
        return format!("{} evidence: {}", spoken_of(body), body.title);
    }
    if let Event::ItemAnswered(body) = event {
        return format!("{} answered: {}", body.item.item, answer(body));
    }
    if let Event::CertificateRecorded(body) = event {
        let (from, until) = (body.valid_from.short(), body.valid_until.short());
        return format!("Certificate {}: {}, {from} to {until}", body.number, body.scheme.label());
    }
    let about = describe(event, words);
    if let Event::AssertionConfirmed(_) = event {
        return format!("Assertion {about} confirmed");
    }
    if let Event::SoaRecorded(_) = event {
        return format!("SoA recorded: {about}");
    }
    let said = event.kind().as_str().replace('-', " ");
    let (first, rest) = said.split_at_checked(1).unwrap_or(("", &said));
    format!("{}{rest}: {about}", first.to_uppercase())
}

/// The items and controls that evidence is for.
fn spoken_of(body: &EvidenceRecorded) -> String {
    let items = body.items.iter().map(|item| item.item.to_string());
    items.chain(body.controls.iter().map(ToString::to_string)).collect::<Vec<_>>().join(", ")
}

fn answer(body: &ItemAnswered) -> &'static str {
    if body.met { "met" } else { "not met" }
}

/// Describes an event in one line.
pub fn describe(event: &Event, words: &dyn EntryText) -> String {
    match event {
        Event::LedgerOpened(body) => body.organisation.clone(),
        Event::KeyAdmitted(body) => format!("{} as {}", body.holder, body.role),
        Event::KeyRevoked(body) => format!("{}: {}", body.keyid, body.reason),
        Event::OrganisationClassified(body) => format!(
            "{} in {}: {} from {}",
            body.organisation_type,
            body.edition,
            body.category,
            body.from.short()
        ),
        Event::ScopeDeclared(body) => {
            let units: Vec<&str> = body.units.iter().map(|unit| unit.id.as_str()).collect();
            format!("{} from {}", units.join(", "), body.from.short())
        }
        Event::EditionAdopted(body) => format!(
            "{} revision {} from {}",
            body.edition,
            body.revision,
            body.effective_from.short()
        ),
        Event::FrameworkAdopted(body) => body.framework.to_string(),
        Event::MappingImported(body) => {
            format!("{}, {} rows, {}", body.title, body.rows, body.authority)
        }
        Event::EquivalenceAsserted(body) => {
            let sources: Vec<String> =
                body.sources.iter().map(|one| one.source.to_string()).collect();
            format!("{} by {}", body.target, sources.join(" + "))
        }
        Event::CertificateRecorded(body) => format!(
            "{} {}, {} to {}",
            body.scheme.label(),
            body.number,
            body.valid_from.short(),
            body.valid_until.short()
        ),
        Event::ControlAssessed(body) => {
            format!("{} {} ({})", body.control, body.result.as_str(), body.assurance.as_str())
        }
        Event::EvidenceRecorded(body) => {
            format!("\"{}\" for {}", body.title, spoken_of(body))
        }
        Event::ItemAnswered(body) => {
            format!("{} {}", body.item.item, answer(body))
        }
        Event::ItemNotApplicable(body) => format!("{}: {}", body.item.item, body.reason),
        Event::AssertionConfirmed(body) => body.assertion.assertion.to_string(),
        Event::CertificateSuspended(_)
        | Event::CertificateWithdrawn(_)
        | Event::SoaRecorded(_)
        | Event::EvidenceWithdrawn(_)
        | Event::MappingApproved(_)
        | Event::ApprovalWithdrawn(_)
        | Event::EquivalenceChallenged(_)
        | Event::ChallengeUpheld(_)
        | Event::ClockExplained(_)
        | Event::Correction(_) => pointing(event, words),
        Event::KeyRotated(_)
        | Event::LogKeyRotated(_)
        | Event::AnchorCosigned(_)
        | Event::AnchorTimestamped(_)
        | Event::StatementPublished(_) => proving(event).unwrap_or_default(),
    }
}

/// Describes an event that makes others provable.
fn proving(event: &Event) -> Option<String> {
    if let Event::KeyRotated(body) = event {
        return Some(format!("in place of {}: {}", body.replaces, body.reason));
    }
    if let Event::LogKeyRotated(body) = event {
        return Some(body.reason.clone());
    }
    if let Event::AnchorCosigned(body) = event {
        let names = body.witnesses.iter().filter_map(|vkey| vkey.split('+').next());
        let names: Vec<&str> = names.collect();
        let size = anchored(&body.checkpoint);
        return Some(format!("head of {size} entries, by {}", names.join(", ")));
    }
    if let Event::AnchorTimestamped(body) = event {
        let size = anchored(&body.checkpoint);
        return Some(format!("head of {size} entries, by {}", body.authority));
    }
    let Event::StatementPublished(body) = event else { return None };
    let (on, edition) = (body.on.short(), &body.edition);
    let standing = Standing::word_of(&body.standing);
    Some(format!("{standing} for {edition} on {on}, from {} entries", body.size))
}

/// The size that a checkpoint states, for people; what it proves is checked elsewhere.
fn anchored(checkpoint: &str) -> &str {
    checkpoint.lines().nth(1).unwrap_or("?")
}

/// Describes an event that is about another one.
fn pointing(event: &Event, words: &dyn EntryText) -> String {
    let target = points_at(event).and_then(|id| words.fact(words.place(id)?));
    let about = target
        .map_or_else(String::new, |fact| format!("#{} {}", fact.seq, describe(&fact.event, words)));
    let why = reason(event).map_or_else(String::new, |reason| format!(": {reason}"));
    format!("{about}{why}")
}

fn reason(event: &Event) -> Option<String> {
    let rows = |rows: &Rows| match rows {
        Rows::All(_) => "all rows".to_owned(),
        Rows::Listed(rows) => format!("{} rows", rows.len()),
    };
    match event {
        Event::CertificateSuspended(body) => {
            Some(format!("from {}, {}", body.from.short(), body.reason))
        }
        Event::CertificateWithdrawn(body) => {
            Some(format!("from {}, {}", body.from.short(), body.reason))
        }
        Event::EvidenceWithdrawn(body) => Some(body.reason.clone()),
        Event::ClockExplained(body) => Some(match body.clock {
            Clock::Author => format!("stamped by a wrong clock, {}", body.reason),
            Clock::Outsider => format!("dated by a wrong clock, {}", body.reason),
        }),
        Event::MappingApproved(body) => Some(format!("{}, {}", rows(&body.rows), body.rationale)),
        Event::ApprovalWithdrawn(body) => Some(format!("{}, {}", rows(&body.rows), body.reason)),
        Event::EquivalenceChallenged(body) => Some(body.reason.clone()),
        Event::ChallengeUpheld(body) => Some(body.reason.clone()),
        Event::Correction(body) => {
            let what = if body.replacement.is_some() { "replaced" } else { "void" };
            Some(format!("{what}, {}", body.reason))
        }
        Event::SoaRecorded(body) => Some(format!("from {}", body.from.short())),
        Event::LedgerOpened(_)
        | Event::KeyAdmitted(_)
        | Event::KeyRevoked(_)
        | Event::KeyRotated(_)
        | Event::LogKeyRotated(_)
        | Event::AnchorCosigned(_)
        | Event::AnchorTimestamped(_)
        | Event::OrganisationClassified(_)
        | Event::ScopeDeclared(_)
        | Event::EditionAdopted(_)
        | Event::FrameworkAdopted(_)
        | Event::MappingImported(_)
        | Event::EquivalenceAsserted(_)
        | Event::CertificateRecorded(_)
        | Event::ControlAssessed(_)
        | Event::EvidenceRecorded(_)
        | Event::ItemAnswered(_)
        | Event::ItemNotApplicable(_)
        | Event::AssertionConfirmed(_)
        | Event::StatementPublished(_) => None,
    }
}

/// Says whether an event speaks of something: an item, assertion, control or certificate number as
/// a whole word, or an event that does.
pub fn mentions(event: &Event, words: &dyn EntryText, about: &str) -> bool {
    let text = describe(event, words);
    let word = |c: char| !(c.is_alphanumeric() || ".-:/()".contains(c));
    let names = |text: &str| {
        text.split(word).any(|part| part == about || part.rsplit('/').next() == Some(about))
    };
    names(&text) || event.body().is_ok_and(|body| names(&body.to_string().replace('"', " ")))
}

/// The mark after entries of which some are doubtful; blank where none is.
pub fn doubt_mark(doubtful: &[u64]) -> String {
    if doubtful.is_empty() {
        return String::new();
    }
    let list: Vec<String> = doubtful.iter().map(|seq| format!("#{seq}")).collect();
    format!("DOUBTFUL: key of {} compromised", list.join(" "))
}

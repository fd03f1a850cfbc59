//! One line about an event, for lists; what an event points at; how late it was recorded.

use super::facts::EntryText;
pub use super::late::{Late, late};
use crate::domain::event::Event;
use crate::domain::event::phrases::{answer, spoken_of};
use crate::domain::event::table::Says;

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

/// Describes an event in one line: what it is about, then what it says.
pub fn describe(event: &Event, words: &dyn EntryText) -> String {
    match event.says() {
        Says::Alone(text) => text,
        Says::OfTarget(text) => {
            let target = event.target().and_then(|id| words.fact(words.place(id)?));
            let about =
                target.map(|fact| format!("#{} {}", fact.seq, describe(&fact.event, words)));
            format!("{}: {text}", about.unwrap_or_default())
        }
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

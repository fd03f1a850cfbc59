//! Whether the same was recorded already and still stands: somebody who repeats a command after an
//! error that came too late, or by mistake, is told so. It only compares; it refuses nothing.

use crate::domain::event::Event;
use crate::domain::event::fact::{Fact, Subject};
use crate::domain::ids::{EventId, KeyId};

/// Finds the entry in which the same author said the same, with the same files, where nothing took
/// it back and nothing newer took its place.
pub fn recorded_already(
    facts: &[Fact],
    new: &Event,
    subjects: &[Subject],
    by: &KeyId,
) -> Option<u64> {
    for (place, fact) in facts.iter().enumerate().rev() {
        if fact.event.kind() != new.kind() {
            continue;
        }
        let same = fact.event == *new && fact.by == *by && fact.subjects == *subjects;
        if same && stands(facts.get(place + 1..).unwrap_or_default(), &fact.id) {
            return Some(fact.seq);
        }
        if same_subject(new, &fact.event) {
            return None;
        }
    }
    None
}

/// Finds the entry that took an event back or corrected it, and stands itself.
pub fn taken_back(facts: &[Fact], fact: &Fact) -> Option<u64> {
    let place = usize::try_from(fact.seq).unwrap_or(usize::MAX);
    ended_by(facts.get(place.saturating_add(1)..).unwrap_or_default(), &fact.id)
}

fn ended_by(later: &[Fact], id: &EventId) -> Option<u64> {
    let mut all = later.iter().enumerate();
    let ends = |place: usize, fact: &Fact| {
        takes_back(&fact.event) == Some(id)
            && stands(later.get(place + 1..).unwrap_or_default(), &fact.id)
    };
    all.find(|(place, fact)| ends(*place, fact)).map(|(_, fact)| fact.seq)
}

/// Whether no later entry that stands itself takes the event back.
fn stands(later: &[Fact], id: &EventId) -> bool {
    ended_by(later, id).is_none()
}

/// The event that this one takes back, corrects or ends.
#[expect(clippy::wildcard_enum_match_arm, reason = "no other kind takes anything back")]
pub(super) fn takes_back(event: &Event) -> Option<&EventId> {
    match event {
        Event::Correction(body) => Some(&body.corrects),
        Event::EvidenceWithdrawn(body) => Some(&body.evidence),
        Event::CertificateWithdrawn(body) => Some(&body.certificate),
        Event::ApprovalWithdrawn(body) => Some(&body.approval),
        _ => None,
    }
}

/// Whether the newer of the two takes the place of the other: saying the first one again after it
/// changes something.
fn same_subject(one: &Event, other: &Event) -> bool {
    match (one, other) {
        (Event::ScopeDeclared(_), Event::ScopeDeclared(_)) => true,
        (Event::OrganisationClassified(one), Event::OrganisationClassified(other)) => {
            one.edition == other.edition
        }
        (Event::ItemAnswered(one), Event::ItemAnswered(other)) => one.item == other.item,
        (Event::ItemNotApplicable(one), Event::ItemNotApplicable(other)) => one.item == other.item,
        (Event::AssertionConfirmed(one), Event::AssertionConfirmed(other)) => {
            one.assertion == other.assertion
        }
        (Event::ControlAssessed(one), Event::ControlAssessed(other)) => {
            one.control == other.control
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::date::Timestamp;
    use crate::domain::event::body::{
        Correction, EvidenceRecorded, EvidenceWithdrawn, ScopeDeclared, Unit,
    };

    fn id(number: usize) -> EventId {
        format!("{number:032x}").parse().unwrap()
    }

    fn by(letter: char) -> KeyId {
        format!("SHA256:{}", letter.to_string().repeat(43)).parse().unwrap()
    }

    fn facts(events: impl IntoIterator<Item = Event>) -> Vec<Fact> {
        let fact = |(place, event)| Fact {
            seq: place as u64,
            at: Timestamp::from_millis(0),
            by: by('A'),
            id: id(place),
            event,
            subjects: Vec::new(),
        };
        events.into_iter().enumerate().map(fact).collect()
    }

    fn evidence(title: &str) -> Event {
        Event::EvidenceRecorded(EvidenceRecorded {
            title: title.to_owned(),
            items: Vec::new(),
            controls: Vec::new(),
            scope: Vec::new(),
            proves_on: "2026-01-01".parse().unwrap(),
            valid_until: None,
            size: None,
            stored: false,
        })
    }

    fn withdrawn(place: usize) -> Event {
        let (evidence, reason) = (id(place), "lost".to_owned());
        Event::EvidenceWithdrawn(EvidenceWithdrawn { evidence, from: None, reason })
    }

    fn void(place: usize) -> Event {
        let (corrects, reason) = (id(place), "wrong".to_owned());
        Event::Correction(Correction { corrects, reason, replacement: None })
    }

    fn scope(unit: &str) -> Event {
        let (id, name) = (unit.parse().unwrap(), unit.to_owned());
        let units = vec![Unit { id, name, health_and_care_data: true }];
        Event::ScopeDeclared(ScopeDeclared { units, from: "2026-01-01".parse().unwrap() })
    }

    #[track_caller]
    fn check(before: impl IntoIterator<Item = Event>, new: &Event, expected: Option<u64>) {
        assert_eq!(recorded_already(&facts(before), new, &[], &by('A')), expected);
    }

    #[test]
    fn the_same_by_the_same_is_found_while_it_stands() {
        let (a, b) = (evidence("a"), evidence("b"));
        check([], &a, None);
        check([a.clone(), b.clone()], &a, Some(0));
        check([a.clone(), b.clone(), a.clone()], &a, Some(2));
        check([b], &a, None);
        check([a.clone(), withdrawn(0)], &a, None);
        check([a.clone(), void(0)], &a, None);
        // A withdrawal that was withdrawn takes nothing back.
        check([a.clone(), withdrawn(0), void(1)], &a, Some(0));
        check([a.clone(), a.clone(), withdrawn(1)], &a, Some(0));
        let file = Subject { name: "x".to_owned(), sha256: "0".repeat(64) };
        let before = facts([a.clone()]);
        assert_eq!(recorded_already(&before, &a, &[file], &by('A')), None);
        assert_eq!(recorded_already(&before, &a, &[], &by('B')), None);
    }

    #[test]
    fn who_took_something_back_is_found() {
        let all = facts([evidence("a"), evidence("b"), withdrawn(0), withdrawn(1), void(3)]);
        let found: Vec<_> = all.iter().map(|fact| taken_back(&all, fact)).collect();
        assert_eq!(found, [Some(2), None, None, Some(4), None]);
    }

    #[test]
    fn what_was_replaced_since_may_be_said_again() {
        let (a, b) = (scope("a"), scope("b"));
        check([a.clone()], &a, Some(0));
        check([a.clone(), b], &a, None);
        check([a.clone(), evidence("x")], &a, Some(0));
    }
}

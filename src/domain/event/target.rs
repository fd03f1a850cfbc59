//! What an event points at, and from which day it holds.

use super::Event;
use crate::domain::date::Date;
use crate::domain::ids::EventId;

/// The event that another one is about, by its id.
pub fn points_at(event: &Event) -> Option<&EventId> {
    match event {
        Event::CertificateSuspended(body) => Some(&body.certificate),
        Event::CertificateWithdrawn(body) => Some(&body.certificate),
        Event::SoaRecorded(body) => Some(&body.certificate),
        Event::EvidenceWithdrawn(body) => Some(&body.evidence),
        Event::MappingApproved(body) => Some(&body.mapping),
        Event::ApprovalWithdrawn(body) => Some(&body.approval),
        Event::EquivalenceChallenged(body) => Some(&body.approval),
        Event::ChallengeUpheld(body) => Some(&body.challenge),
        Event::ClockExplained(body) => Some(&body.entry),
        Event::Correction(body) => Some(&body.corrects),
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

/// The day from which an event says that something holds; none when it is about no day.
pub fn for_day(event: &Event) -> Option<Date> {
    match event {
        Event::CertificateRecorded(body) => Some(body.valid_from),
        Event::CertificateSuspended(body) => Some(body.from),
        Event::CertificateWithdrawn(body) => Some(body.from),
        Event::SoaRecorded(body) => Some(body.from),
        Event::ControlAssessed(body) => Some(body.from),
        Event::EvidenceRecorded(body) => Some(body.proves_on),
        Event::EvidenceWithdrawn(body) => body.from,
        Event::ItemAnswered(body) => Some(body.on),
        Event::ItemNotApplicable(body) => Some(body.from),
        Event::AssertionConfirmed(body) => Some(body.on),
        Event::MappingApproved(body) => Some(body.from),
        Event::ApprovalWithdrawn(body) => Some(body.from),
        Event::LedgerOpened(_)
        | Event::KeyAdmitted(_)
        | Event::KeyRevoked(_)
        | Event::KeyRotated(_)
        | Event::LogKeyRotated(_)
        | Event::AnchorCosigned(_)
        | Event::AnchorTimestamped(_)
        | Event::ClockExplained(_)
        | Event::OrganisationClassified(_)
        | Event::ScopeDeclared(_)
        | Event::EditionAdopted(_)
        | Event::FrameworkAdopted(_)
        | Event::MappingImported(_)
        | Event::EquivalenceAsserted(_)
        | Event::EquivalenceChallenged(_)
        | Event::ChallengeUpheld(_)
        | Event::StatementPublished(_)
        | Event::Correction(_) => None,
    }
}

//! Every kind of fact that a ledger records, and its bytes.
//!
//! A body is JSON with a version `v`. Old versions stay readable for ever: add a version, never
//! edit one; real bytes of each stand in `fixtures/golden/`. Nothing here says whether an event may
//! follow what is there: `admit.rs` does.

pub mod body;
pub mod carrier;
pub mod decode_trusted;
pub mod fact;
pub(in crate::domain) mod fields;
pub(in crate::domain) mod phrases;
pub mod role;
pub mod standing;
pub mod table;
pub mod words;

use serde_json::Value;

use super::ids::EventId;
use super::ids::bad_ref::BadRef;
pub use body::keys::{
    AnchorCosigned, AnchorTimestamped, ClockExplained, KeyAdmitted, KeyRevoked, KeyRotated,
    LedgerOpened, LogKeyRotated,
};
pub use body::{
    ApprovalWithdrawn, AssertionConfirmed, CertificateRecorded, CertificateSuspended,
    CertificateWithdrawn, ChallengeUpheld, ControlAssessed, Correction, EditionAdopted,
    EquivalenceAsserted, EquivalenceChallenged, EvidenceRecorded, EvidenceWithdrawn,
    FrameworkAdopted, ItemAnswered, ItemNotApplicable, MappingApproved, MappingImported,
    OrganisationClassified, Replacement, ScopeDeclared, SoaRecorded, Source, StatementPublished,
    Unit,
};
pub use carrier::{BadCarrier, Carrier};
use standing::Standing;
pub use table::{BadBody, Corrected, Event, Kind};
pub use words::{AllRows, AssessmentResult, Assurance, Clock, Rows};

impl Event {
    /// Reads a body that was verified.
    ///
    /// # Errors
    /// [`BadBody`] for an unknown kind or version and for fields that are missing, unknown or of
    /// the wrong form.
    pub fn decode(kind: &str, body: &Value) -> Result<Self, BadBody> {
        let kind: Kind = kind.parse().map_err(|bad: BadRef| BadBody::UnknownKind(bad.found))?;
        let mut body = body.clone();
        let version = body.as_object_mut().and_then(|fields| fields.remove("v"));
        match version {
            Some(Value::Number(number)) if number.as_u64() == Some(kind.version()) => {
                let event = Self::from_body(kind, body)?;
                match event.odd() {
                    Some(why) => Err(BadBody::Fields { kind, why: why.to_owned() }),
                    None => Ok(event),
                }
            }
            Some(Value::Number(found))
                if found.as_u64().is_some_and(|found| found > kind.version()) =>
            {
                Err(BadBody::UnknownVersion { kind, found: found.to_string() })
            }
            _ => {
                let why = "the version `v` is missing, or is not 1 or more".to_owned();
                Err(BadBody::Fields { kind, why })
            }
        }
    }
}

impl Event {
    /// What no type of a field says of a value, and no writer writes.
    pub(super) fn odd(&self) -> Option<&'static str> {
        let zero = |rows: &Rows| matches!(rows, Rows::Listed(rows) if rows.contains(&0));
        let rows = if let Self::MappingApproved(body) = self {
            Some(&body.rows)
        } else if let Self::ApprovalWithdrawn(body) = self {
            Some(&body.rows)
        } else if let Self::EquivalenceChallenged(body) = self {
            Some(&body.rows)
        } else {
            None
        };
        if rows.is_some_and(zero) {
            return Some("rows are counted from 1, and it names row 0");
        }
        if let Self::ClockExplained(body) = self {
            let both = body.clock == Clock::Outsider && body.until.is_some();
            return both.then_some("an outsider's clock is explained for one anchor at a time");
        }
        if let Self::EvidenceRecorded(body) = self {
            let about = !body.items.is_empty() || !body.controls.is_empty();
            return (!about).then_some("it names neither an item nor a control");
        }
        let Self::StatementPublished(body) = self else { return None };
        let known = Standing::ALL.iter().any(|one| one.json() == body.standing);
        (!known).then_some("its standing is none of the three words")
    }

    /// Returns the event that a correction points at.
    pub fn corrects(&self) -> Option<&EventId> {
        if let Self::Correction(body) = self { Some(&body.corrects) } else { None }
    }

    /// Returns the public key that the event introduces to the ledger, base64.
    pub fn introduces(&self) -> Option<&str> {
        if let Self::LedgerOpened(body) = self {
            Some(&body.key)
        } else if let Self::KeyAdmitted(body) = self {
            Some(&body.key)
        } else if let Self::KeyRotated(body) = self {
            Some(&body.key)
        } else if let Self::LogKeyRotated(body) = self {
            Some(&body.key)
        } else {
            None
        }
    }

    /// Says whether the ledger keeps the bytes of the files that the event names. An evidence file
    /// stays where it is unless it was stored.
    pub fn keeps_files(&self) -> bool {
        if let Self::EvidenceRecorded(body) = self { body.stored } else { true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_kind_has_its_own_word() {
        for kind in Kind::ALL {
            assert_eq!(kind.as_str().parse::<Kind>().unwrap(), *kind);
        }
    }

    #[test]
    fn unknown_fields_versions_and_kinds_are_refused_by_name() {
        let body = json!({"v": 1, "evidence": "0".repeat(32), "reason": "wrong file"});
        assert!(Event::decode("evidence-withdrawn", &body).is_ok());
        let kind = Event::decode("evidence-burnt", &body).unwrap_err();
        assert_eq!(kind, BadBody::UnknownKind("evidence-burnt".to_owned()));
        let version = json!({"v": 2, "evidence": "0".repeat(32), "reason": "wrong file"});
        let version = Event::decode("evidence-withdrawn", &version).unwrap_err();
        assert!(matches!(version, BadBody::UnknownVersion { .. }));
        let extra = json!({"v": 1, "evidence": "0".repeat(32), "reason": "x", "why": "y"});
        assert!(matches!(Event::decode("evidence-withdrawn", &extra), Err(BadBody::Fields { .. })));
        assert!(Event::decode("evidence-withdrawn", &json!({"reason": "x"})).is_err());
        assert!(Event::decode("evidence-withdrawn", &json!([])).is_err());
    }
}

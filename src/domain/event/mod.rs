//! Every kind of fact that a ledger records, and its bytes.
//!
//! A body is JSON with a version `v`. Old versions stay readable for ever: add a version, never
//! edit one; real bytes of each stand in `fixtures/golden/`. Nothing here says whether an event may
//! follow what is there: `admit.rs` does.

pub mod body;
pub mod decode_trusted;
pub mod fact;
pub(in crate::domain) mod fields;
pub mod role;
pub mod standing;
pub mod target;
pub mod words;

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;
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
use standing::Standing;
pub use words::{AllRows, AssessmentResult, Assurance, Clock, Rows};

/// Declares the kinds, their words, their bodies, and the dispatch between them.
macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// The kind of an event: the `type` of an entry, past tense in kebab case.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[$doc])* $name,)* }

        impl Kind {
            /// All kinds, in the order of this file.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Returns the word that entries carry.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }

        /// A fact to record, or one that was recorded.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Event { $($(#[$doc])* $name($name),)* }

        impl Event {
            /// Returns its kind.
            pub fn kind(&self) -> Kind {
                match self { $(Self::$name(_) => Kind::$name,)* }
            }

            /// Returns the body as it is to be signed, version included.
            ///
            /// # Errors
            /// [`BadBody`] when a value cannot be written, which no value of these types is.
            pub fn body(&self) -> Result<Value, BadBody> {
                match self { $(Self::$name(body) => to_body(Kind::$name, body),)* }
            }

            fn from_body(kind: Kind, body: Value) -> Result<Self, BadBody> {
                match kind { $(Kind::$name => from_body(kind, body).map(Self::$name),)* }
            }

            pub(super) fn from_text(kind: Kind, body: &str) -> Option<Self> {
                match kind { $(Kind::$name => fields::fields(body).map(Self::$name),)* }
            }
        }
    };
}

events! {
    /// The first entry: whose ledger this is, its log key and its first owner.
    LedgerOpened = "ledger-opened",
    /// A key may sign from now on.
    KeyAdmitted = "key-admitted",
    /// A key may not sign any more.
    KeyRevoked = "key-revoked",
    /// A key hands its role over to another, and signs no more.
    KeyRotated = "key-rotated",
    /// Another key signs the ledger's heads from now on.
    LogKeyRotated = "log-key-rotated",
    /// A head that witnesses outside cosigned.
    AnchorCosigned = "anchor-cosigned",
    /// A head that a time-stamping authority dated.
    AnchorTimestamped = "anchor-timestamped",
    /// A clock was wrong: one's own, or that of somebody outside.
    ClockExplained = "clock-explained",
    /// What type and category the organisation has in an edition, from a date.
    OrganisationClassified = "organisation-classified",
    /// The parts of the organisation, and which of them process health and care data.
    ScopeDeclared = "scope-declared",
    /// An edition's rules, in one revision, in force from a date.
    EditionAdopted = "edition-adopted",
    /// A framework's control list.
    FrameworkAdopted = "framework-adopted",
    /// A mapping between controls and requirements: proposals until approved.
    MappingImported = "mapping-imported",
    /// Rows of a mapping, or an asserted equivalence, become rules.
    MappingApproved = "mapping-approved",
    /// An approval ends.
    ApprovalWithdrawn = "approval-withdrawn",
    /// One equivalence, possibly of several sources together: a proposal until approved.
    EquivalenceAsserted = "equivalence-asserted",
    /// Someone outside doubts an approved rule.
    EquivalenceChallenged = "equivalence-challenged",
    /// A challenge was looked at and the rule stands.
    ChallengeUpheld = "challenge-upheld",
    /// A certificate, its scope and validity.
    CertificateRecorded = "certificate-recorded",
    /// A certificate does not count for a while.
    CertificateSuspended = "certificate-suspended",
    /// A certificate does not count from a date on.
    CertificateWithdrawn = "certificate-withdrawn",
    /// Which controls a certificate's Statement of Applicability includes.
    SoaRecorded = "soa-recorded",
    /// Somebody assessed a control.
    ControlAssessed = "control-assessed",
    /// A piece of evidence.
    EvidenceRecorded = "evidence-recorded",
    /// A piece of evidence does not count (any more).
    EvidenceWithdrawn = "evidence-withdrawn",
    /// The organisation's own answer to an item.
    ItemAnswered = "item-answered",
    /// An item does not apply, with the reason.
    ItemNotApplicable = "item-not-applicable",
    /// A named person confirms an assertion.
    AssertionConfirmed = "assertion-confirmed",
    /// The position on a day was written down and given out.
    StatementPublished = "statement-published",
    /// An earlier event was wrong: it is void, or another stands in its place.
    Correction = "correction",
}

impl Kind {
    /// Says whether events of this kind can never be corrected: they are about keys, about what
    /// others signed, about clocks, or about what was given out.
    pub fn stands_for_ever(self) -> bool {
        matches!(
            self,
            Self::LedgerOpened
                | Self::KeyAdmitted
                | Self::KeyRevoked
                | Self::KeyRotated
                | Self::LogKeyRotated
                | Self::AnchorCosigned
                | Self::AnchorTimestamped
                | Self::ClockExplained
                | Self::StatementPublished
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = BadRef;
    fn from_str(text: &str) -> Result<Self, BadRef> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text).ok_or_else(|| BadRef {
            found: text.to_owned(),
            expected: "a kind of event that this version of the program knows",
        })
    }
}

/// Why a body cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBody {
    /// The kind is not one of ours.
    #[error("`{0}` is not a kind of event that this version of dspt knows; use a newer version")]
    UnknownKind(String),
    /// The version is not one of ours.
    #[error("version {found} of {kind} is not known to this version of dspt; use a newer version")]
    UnknownVersion {
        /// The kind.
        kind: Kind,
        /// The version found.
        found: String,
    },
    /// The fields are not those of the kind and version.
    #[error("the body of {kind} cannot be read: {why}")]
    Fields {
        /// The kind.
        kind: Kind,
        /// What is wrong.
        why: String,
    },
}

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
            Some(Value::Number(number)) if number.as_u64() == Some(1) => {
                let event = Self::from_body(kind, body)?;
                match event.odd() {
                    Some(why) => Err(BadBody::Fields { kind, why: why.to_owned() }),
                    None => Ok(event),
                }
            }
            Some(Value::Number(found)) if found.as_u64().is_some_and(|found| found > 1) => {
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

fn to_body<T: Serialize>(kind: Kind, fields: &T) -> Result<Value, BadBody> {
    let bad = |why: String| BadBody::Fields { kind, why };
    let mut body = serde_json::to_value(fields).map_err(|error| bad(error.to_string()))?;
    let object = body.as_object_mut().ok_or_else(|| bad("not an object".to_owned()))?;
    object.insert("v".to_owned(), Value::from(1));
    Ok(body)
}

fn from_body<T: DeserializeOwned>(kind: Kind, body: Value) -> Result<T, BadBody> {
    serde_json::from_value(body).map_err(|error| BadBody::Fields { kind, why: error.to_string() })
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

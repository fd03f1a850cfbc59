//! The one table of events: of each kind its word, the version of its body, the roles that may record
//! it, who may correct it, what it is about, from which day it holds, and how it reads in one line.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::Says::{Alone, OfTarget};
use super::body::keys::{
    AnchorCosigned, AnchorTimestamped, ClockExplained, KeyAdmitted, KeyRevoked, KeyRotated,
    LedgerOpened, LogKeyRotated,
};
use super::body::{
    ApprovalWithdrawn, AssertionConfirmed, CertificateRecorded, CertificateSuspended,
    CertificateWithdrawn, ChallengeUpheld, ControlAssessed, Correction, EditionAdopted,
    EquivalenceAsserted, EquivalenceChallenged, EvidenceRecorded, EvidenceWithdrawn,
    FrameworkAdopted, ItemAnswered, ItemNotApplicable, MappingApproved, MappingImported,
    OrganisationClassified, ScopeDeclared, SoaRecorded, StatementPublished,
};
use super::fields::fields;
use super::phrases::{answer, head, names, rows, sources, spoken_of, units};
use super::role::Role;
use super::standing::Standing;
use super::words::Clock;
use crate::domain::date::Date;
use crate::domain::ids::EventId;
use crate::domain::ids::bad_ref::BadRef;

const OWNER: &[Role] = &[Role::Owner];
const APPROVER: &[Role] = &[Role::Approver];
const WRITERS: &[Role] = &[Role::Owner, Role::Contributor];
const CONFIRMERS: &[Role] = &[Role::Owner, Role::Approver];
const CERTIFIERS: &[Role] = &[Role::Owner, Role::Contributor, Role::Authority];
const ASSESSORS: &[Role] = &[Role::Owner, Role::Contributor, Role::Assessor];
const CHALLENGERS: &[Role] = &[Role::Assessor, Role::Authority];
/// A key hands over its own role, whichever it is; a correction needs the roles of the kind that it
/// corrects as well.
const EVERYBODY: &[Role] = &Role::ALL;

/// Who may correct an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corrected {
    /// Nobody: it is about keys, about what others signed, about clocks, or about what was given out.
    Never,
    /// The roles that may record it.
    ByItsRoles,
}

/// What an event says, in one line.
pub(in crate::domain) enum Says {
    /// All of it.
    Alone(String),
    /// What follows the line of the event that it is about.
    OfTarget(String),
}

/// What is the same for every event of a kind.
struct KindRow {
    word: &'static str,
    version: u64,
    roles: &'static [Role],
    corrected: Corrected,
}

/// Declares the kinds and all that is the same for every event of one, with the dispatch between
/// them. What one row leaves out does not compile.
macro_rules! events {
    ($($(#[$doc:meta])* $name:ident($body:ident) {
        word: $word:literal, version: $version:literal, roles: $roles:expr,
        corrected: $corrected:ident,
        target: $target:expr, day: $day:expr,
        says: $says:expr,
    })*) => {
        /// The kind of an event: the `type` of an entry, past tense in kebab case.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[$doc])* $name,)* }

        impl Kind {
            /// All kinds, in the order of this file.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            fn row(self) -> &'static KindRow {
                match self {
                    $(Self::$name => &KindRow {
                        word: $word,
                        version: $version,
                        roles: $roles,
                        corrected: Corrected::$corrected,
                    },)*
                }
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

            /// Returns the event that this one is about.
            pub fn target(&self) -> Option<&EventId> {
                match self { $(Self::$name($body) => { let _ = $body; $target })* }
            }

            /// Returns the day from which it says that something holds; none when it is about no day.
            pub fn effective_day(&self) -> Option<Date> {
                match self { $(Self::$name($body) => { let _ = $body; $day })* }
            }

            /// Returns what it says, in one line.
            pub(in crate::domain) fn says(&self) -> Says {
                match self { $(Self::$name($body) => $says,)* }
            }

            /// Returns the body as it is to be signed, version included.
            ///
            /// # Errors
            /// [`BadBody`] when a value cannot be written, which no value of these types is.
            pub fn body(&self) -> Result<Value, BadBody> {
                match self { $(Self::$name(body) => to_body(Kind::$name, body),)* }
            }

            pub(super) fn from_body(kind: Kind, body: Value) -> Result<Self, BadBody> {
                match kind { $(Kind::$name => from_body(kind, body).map(Self::$name),)* }
            }

            pub(in crate::domain) fn from_text(kind: Kind, body: &str) -> Option<Self> {
                let version = kind.version();
                match kind { $(Kind::$name => fields(body, version).map(Self::$name),)* }
            }
        }
    };
}

events! {
    /// The first entry: whose ledger this is, its log key and its first owner.
    LedgerOpened(body) {
        word: "ledger-opened", version: 1, roles: OWNER, corrected: Never,
        target: None, day: None,
        says: Alone(body.organisation.clone()),
    }
    /// A key may sign from now on.
    KeyAdmitted(body) {
        word: "key-admitted", version: 1, roles: OWNER, corrected: Never,
        target: None, day: None,
        says: Alone(format!("{} as {}", body.holder, body.role)),
    }
    /// A key may not sign any more.
    KeyRevoked(body) {
        word: "key-revoked", version: 1, roles: OWNER, corrected: Never,
        target: None, day: None,
        says: Alone(format!("{}: {}", body.keyid, body.reason)),
    }
    /// A key hands its role over to another, and signs no more.
    KeyRotated(body) {
        word: "key-rotated", version: 1, roles: EVERYBODY, corrected: Never,
        target: None, day: None,
        says: Alone(format!("in place of {}: {}", body.replaces, body.reason)),
    }
    /// Another key signs the ledger's heads from now on.
    LogKeyRotated(body) {
        word: "log-key-rotated", version: 1, roles: OWNER, corrected: Never,
        target: None, day: None,
        says: Alone(body.reason.clone()),
    }
    /// A head that witnesses outside cosigned.
    AnchorCosigned(body) {
        word: "anchor-cosigned", version: 1, roles: WRITERS, corrected: Never,
        target: None, day: None,
        says: Alone(head(&body.checkpoint, &names(&body.witnesses))),
    }
    /// A head that a time-stamping authority dated.
    AnchorTimestamped(body) {
        word: "anchor-timestamped", version: 1, roles: WRITERS, corrected: Never,
        target: None, day: None,
        says: Alone(head(&body.checkpoint, &body.authority)),
    }
    /// A clock was wrong: one's own, or that of somebody outside.
    ClockExplained(body) {
        word: "clock-explained", version: 1, roles: OWNER, corrected: Never,
        target: Some(&body.entry), day: None,
        says: OfTarget(match body.clock {
            Clock::Author => format!("stamped by a wrong clock, {}", body.reason),
            Clock::Outsider => format!("dated by a wrong clock, {}", body.reason),
        }),
    }
    /// What type and category the organisation has in an edition, from a date.
    OrganisationClassified(body) {
        word: "organisation-classified", version: 1, roles: OWNER, corrected: ByItsRoles,
        target: None, day: None,
        says: Alone(format!(
            "{} in {}: {} from {}",
            body.organisation_type,
            body.edition,
            body.category,
            body.from.short()
        )),
    }
    /// The parts of the organisation, and which of them process health and care data.
    ScopeDeclared(body) {
        word: "scope-declared", version: 1, roles: OWNER, corrected: ByItsRoles,
        target: None, day: None,
        says: Alone(format!("{} from {}", units(body), body.from.short())),
    }
    /// An edition's rules, in one revision, in force from a date.
    EditionAdopted(body) {
        word: "edition-adopted", version: 1, roles: OWNER, corrected: ByItsRoles,
        target: None, day: None,
        says: Alone(format!(
            "{} revision {} from {}",
            body.edition,
            body.revision,
            body.effective_from.short()
        )),
    }
    /// A framework's control list.
    FrameworkAdopted(body) {
        word: "framework-adopted", version: 1, roles: OWNER, corrected: ByItsRoles,
        target: None, day: None,
        says: Alone(body.framework.to_string()),
    }
    /// A mapping between controls and requirements: proposals until approved.
    MappingImported(body) {
        word: "mapping-imported", version: 1, roles: WRITERS, corrected: ByItsRoles,
        target: None, day: None,
        says: Alone(format!("{}, {} rows, {}", body.title, body.rows, body.authority)),
    }
    /// Rows of a mapping, or an asserted equivalence, become rules.
    MappingApproved(body) {
        word: "mapping-approved", version: 1, roles: APPROVER, corrected: ByItsRoles,
        target: Some(&body.mapping), day: Some(body.from),
        says: OfTarget(format!("{}, {}", rows(&body.rows), body.rationale)),
    }
    /// An approval ends.
    ApprovalWithdrawn(body) {
        word: "approval-withdrawn", version: 1, roles: APPROVER, corrected: ByItsRoles,
        target: Some(&body.approval), day: Some(body.from),
        says: OfTarget(format!("{}, {}", rows(&body.rows), body.reason)),
    }
    /// One equivalence, possibly of several sources together: a proposal until approved.
    EquivalenceAsserted(body) {
        word: "equivalence-asserted", version: 1, roles: WRITERS, corrected: ByItsRoles,
        target: None, day: None,
        says: Alone(format!("{} by {}", body.target, sources(body))),
    }
    /// Someone outside doubts an approved rule.
    EquivalenceChallenged(body) {
        word: "equivalence-challenged", version: 1, roles: CHALLENGERS, corrected: ByItsRoles,
        target: Some(&body.approval), day: None,
        says: OfTarget(body.reason.clone()),
    }
    /// A challenge was looked at and the rule stands.
    ChallengeUpheld(body) {
        word: "challenge-upheld", version: 1, roles: APPROVER, corrected: ByItsRoles,
        target: Some(&body.challenge), day: None,
        says: OfTarget(body.reason.clone()),
    }
    /// A certificate, its scope and validity.
    CertificateRecorded(body) {
        word: "certificate-recorded", version: 1, roles: CERTIFIERS, corrected: ByItsRoles,
        target: None, day: Some(body.valid_from),
        says: Alone(format!(
            "{} {}, {} to {}",
            body.scheme.label(),
            body.number,
            body.valid_from.short(),
            body.valid_until.short()
        )),
    }
    /// A certificate does not count for a while.
    CertificateSuspended(body) {
        word: "certificate-suspended", version: 1, roles: CERTIFIERS, corrected: ByItsRoles,
        target: Some(&body.certificate), day: Some(body.from),
        says: OfTarget(format!("from {}, {}", body.from.short(), body.reason)),
    }
    /// A certificate does not count from a date on.
    CertificateWithdrawn(body) {
        word: "certificate-withdrawn", version: 1, roles: CERTIFIERS, corrected: ByItsRoles,
        target: Some(&body.certificate), day: Some(body.from),
        says: OfTarget(format!("from {}, {}", body.from.short(), body.reason)),
    }
    /// Which controls a certificate's Statement of Applicability includes.
    SoaRecorded(body) {
        word: "soa-recorded", version: 1, roles: WRITERS, corrected: ByItsRoles,
        target: Some(&body.certificate), day: Some(body.from),
        says: OfTarget(format!("from {}", body.from.short())),
    }
    /// Somebody assessed a control.
    ControlAssessed(body) {
        word: "control-assessed", version: 1, roles: ASSESSORS, corrected: ByItsRoles,
        target: None, day: Some(body.from),
        says: Alone(format!("{} {} ({})", body.control, body.result.as_str(), body.assurance.as_str())),
    }
    /// A piece of evidence.
    EvidenceRecorded(body) {
        word: "evidence-recorded", version: 1, roles: WRITERS, corrected: ByItsRoles,
        target: None, day: Some(body.proves_on),
        says: Alone(format!("\"{}\" for {}", body.title, spoken_of(body))),
    }
    /// A piece of evidence does not count (any more).
    EvidenceWithdrawn(body) {
        word: "evidence-withdrawn", version: 1, roles: WRITERS, corrected: ByItsRoles,
        target: Some(&body.evidence), day: body.from,
        says: OfTarget(body.reason.clone()),
    }
    /// The organisation's own answer to an item.
    ItemAnswered(body) {
        word: "item-answered", version: 1, roles: WRITERS, corrected: ByItsRoles,
        target: None, day: Some(body.on),
        says: Alone(format!("{} {}", body.item.item, answer(body))),
    }
    /// An item does not apply, with the reason.
    ItemNotApplicable(body) {
        word: "item-not-applicable", version: 1, roles: CONFIRMERS, corrected: ByItsRoles,
        target: None, day: Some(body.from),
        says: Alone(format!("{}: {}", body.item.item, body.reason)),
    }
    /// A named person confirms an assertion.
    AssertionConfirmed(body) {
        word: "assertion-confirmed", version: 1, roles: CONFIRMERS, corrected: ByItsRoles,
        target: None, day: Some(body.on),
        says: Alone(body.assertion.assertion.to_string()),
    }
    /// The position on a day was written down and given out.
    StatementPublished(body) {
        word: "statement-published", version: 1, roles: CONFIRMERS, corrected: Never,
        target: None, day: None,
        says: Alone(format!(
            "{} for {} on {}, from {} entries",
            Standing::word_of(&body.standing),
            body.edition,
            body.on.short(),
            body.size
        )),
    }
    /// An earlier event was wrong: it is void, or another stands in its place.
    Correction(body) {
        word: "correction", version: 1, roles: EVERYBODY, corrected: ByItsRoles,
        target: Some(&body.corrects), day: None,
        says: OfTarget(format!(
            "{}, {}",
            if body.replacement.is_some() { "replaced" } else { "void" },
            body.reason
        )),
    }
}

impl Kind {
    /// Returns the word that entries carry.
    pub fn as_str(self) -> &'static str {
        self.row().word
    }

    /// Returns the version of the bodies that are written.
    pub fn version(self) -> u64 {
        self.row().version
    }

    /// Returns the roles that may record an event of this kind.
    pub fn roles(self) -> &'static [Role] {
        self.row().roles
    }

    /// Says who may correct an event of this kind.
    pub fn corrected(self) -> Corrected {
        self.row().corrected
    }

    /// Says whether events of this kind can never be corrected.
    pub fn stands_for_ever(self) -> bool {
        self.corrected() == Corrected::Never
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

fn to_body<T: Serialize>(kind: Kind, fields: &T) -> Result<Value, BadBody> {
    let bad = |why: String| BadBody::Fields { kind, why };
    let mut body = serde_json::to_value(fields).map_err(|error| bad(error.to_string()))?;
    let object = body.as_object_mut().ok_or_else(|| bad("not an object".to_owned()))?;
    object.insert("v".to_owned(), Value::from(kind.version()));
    Ok(body)
}

fn from_body<T: DeserializeOwned>(kind: Kind, body: Value) -> Result<T, BadBody> {
    serde_json::from_value(body).map_err(|error| BadBody::Fields { kind, why: error.to_string() })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_is_whole_and_no_word_stands_twice() {
        let words: BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(words.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert!(kind.version() > 0 && !kind.roles().is_empty(), "{kind}");
            let in_order = kind.roles().windows(2).all(|pair| pair[0] < pair[1]);
            assert!(in_order, "{kind}");
        }
    }

    #[test]
    fn what_is_about_keys_outsiders_and_clocks_or_was_given_out_stands_for_ever() {
        let standing: Vec<&str> = Kind::ALL
            .iter()
            .filter(|kind| kind.corrected() == Corrected::Never)
            .map(|kind| kind.as_str())
            .collect();
        let expected = "ledger-opened key-admitted key-revoked key-rotated log-key-rotated \
             anchor-cosigned anchor-timestamped clock-explained statement-published";
        assert_eq!(standing.join(" "), expected);
    }
}

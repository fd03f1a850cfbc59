//! Every kind of fact that a ledger records, and its bytes.
//!
//! A body is JSON with a version `v`. Old versions stay readable for ever: add a version, never
//! edit one; real bytes of each stand in `fixtures/golden/`. Nothing here says whether an event may
//! follow what is there: `admit.rs` does.

pub mod decode_trusted;

use std::fmt;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::authority::roster::Role;
use super::date::Date;
use super::ids::{
    AssertionRef, BadRef, CategoryId, ControlRef, EditionId, EventId, FrameworkRef, ItemRef, KeyId,
    Level, OrganisationType, Scheme, TargetRef, UnitId,
};

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
                match kind { $(Kind::$name => decode_trusted::fields(body).map(Self::$name),)* }
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
        let known = STANDINGS.contains(&body.standing.as_str());
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

/// The words of a standing in `statement-published`.
const STANDINGS: [&str; 3] = ["standards_not_met", "standards_met", "standards_exceeded"];

/// Reads a field that is there: left out is one spelling of nothing, and `null` would be a second.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
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

/// Declares the body of one kind: unknown fields are refused, absent options are left out.
macro_rules! body {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }
    };
}

body! {
    /// Body of `ledger-opened`.
    LedgerOpened {
        /// Name of the organisation.
        organisation: String,
        /// The log key that signs checkpoints, as a C2SP vkey.
        log: String,
        /// The first owner's public key, base64 of 32 bytes.
        key: String,
        /// Who holds that key.
        holder: String,
    }
}

body! {
    /// Body of `key-admitted`. The admitted key signs the same entry as proof of possession.
    KeyAdmitted {
        /// The public key, base64 of 32 bytes.
        key: String,
        /// Who holds it.
        holder: String,
        /// What it may sign.
        role: Role,
    }
}

body! {
    /// Body of `key-revoked`.
    KeyRevoked {
        /// Fingerprint of the key.
        keyid: KeyId,
        /// Why.
        reason: String,
        /// Entries by this key from this index on are doubtful.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        compromised_from: Option<u64>,
    }
}

body! {
    /// Body of `key-rotated`, whose author is the key replaced. The new key signs the same entry as
    /// proof of possession, and has the role and the holder of the old one.
    KeyRotated {
        /// Fingerprint of the key replaced.
        replaces: KeyId,
        /// The new public key, base64 of 32 bytes.
        key: String,
        /// Why.
        reason: String,
    }
}

body! {
    /// Body of `log-key-rotated`. The log key replaced and the new one sign the same entry.
    LogKeyRotated {
        /// The new public key, base64 of 32 bytes. Its name is the origin of the ledger.
        key: String,
        /// Why.
        reason: String,
    }
}

body! {
    /// Body of `anchor-cosigned`: an earlier head, and who outside saw it when.
    AnchorCosigned {
        /// The head as a C2SP checkpoint, with the line of the log key and of each witness.
        checkpoint: String,
        /// The witnesses whose lines were checked, as C2SP vkeys.
        witnesses: Vec<String>,
    }
}

body! {
    /// Body of `anchor-timestamped`. The RFC 3161 response is the subject `timestamp.tsr`; its imprint
    /// is the SHA-256 of the checkpoint.
    AnchorTimestamped {
        /// The head as a C2SP checkpoint with the line of the log key alone.
        checkpoint: String,
        /// Who made the token, for people.
        authority: String,
    }
}

/// Whose clock was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// That of whoever recorded the entries: they are stamped too late.
    Author,
    /// That of a witness or a time-stamping authority: its time is not right.
    Outsider,
}

body! {
    /// Body of `clock-explained`. It takes no proof away: `explained.rs`.
    ClockExplained {
        /// Whose clock.
        clock: Clock,
        /// The entry: the first that was stamped so, or the anchor.
        entry: EventId,
        /// The last entry that was stamped so; the first alone when left out. Of an outsider's clock
        /// it is left out.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        until: Option<EventId>,
        /// What was wrong, and how it is known.
        reason: String,
    }
}

body! {
    /// Body of `organisation-classified`.
    OrganisationClassified {
        /// Edition whose types and categories are meant.
        edition: EditionId,
        /// Type of the organisation.
        organisation_type: OrganisationType,
        /// Category that follows from the type.
        category: CategoryId,
        /// First day that this holds.
        from: Date,
    }
}

body! {
    /// One part of the organisation.
    Unit {
        /// Short id.
        id: UnitId,
        /// Name.
        name: String,
        /// Whether it processes health and care data. Equivalence must cover every such unit.
        health_and_care_data: bool,
    }
}

body! {
    /// Body of `scope-declared`: the whole list; it replaces the one before from its date on.
    ScopeDeclared {
        /// All units.
        units: Vec<Unit>,
        /// First day that this holds.
        from: Date,
    }
}

body! {
    /// Body of `edition-adopted`. The files are subjects of the entry: `items.csv`,
    /// `exemptions.csv` and `organisation-types.csv`.
    EditionAdopted {
        /// Edition.
        edition: EditionId,
        /// Revision of its files, such as `8.0.0`.
        revision: String,
        /// First day that the revision is in force.
        effective_from: Date,
    }
}

body! {
    /// Body of `framework-adopted`. The control list is the subject `controls.csv`.
    FrameworkAdopted {
        /// Framework and release.
        framework: FrameworkRef,
    }
}

body! {
    /// Body of `mapping-imported`. The rows are the subject `mapping.csv`.
    MappingImported {
        /// A name for people.
        title: String,
        /// Who made the mapping.
        author: String,
        /// What it claims to be: `proposal`, `published-crosswalk`, `consultant`.
        authority: String,
        /// Licence of the file, as far as known.
        licence: String,
        /// Number of rows.
        rows: u64,
    }
}

/// Which rows of a mapping an approval takes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Rows {
    /// Every row.
    All(AllRows),
    /// These rows, counted from 1 after the header.
    Listed(Vec<u64>),
}

/// The word `all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AllRows {
    /// Every row.
    All,
}

impl Rows {
    /// Says whether row `number` (from 1) is taken in.
    pub fn contains(&self, number: u64) -> bool {
        match self {
            Self::All(_) => true,
            Self::Listed(rows) => rows.contains(&number),
        }
    }
}

body! {
    /// Body of `mapping-approved`.
    MappingApproved {
        /// The `mapping-imported` or `equivalence-asserted` event.
        mapping: EventId,
        /// Which rows.
        rows: Rows,
        /// Why they hold.
        rationale: String,
        /// First day that the rules hold.
        from: Date,
        /// Last day that they hold.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        until: Option<Date>,
    }
}

body! {
    /// Body of `approval-withdrawn`.
    ApprovalWithdrawn {
        /// The `mapping-approved` event.
        approval: EventId,
        /// First day that the rules do not hold any more.
        from: Date,
        /// Why.
        reason: String,
        /// Which rows.
        rows: Rows,
    }
}

body! {
    /// A control at a level, as a source of an asserted equivalence.
    Source {
        /// The control or outcome.
        source: ControlRef,
        /// Its level.
        level: Level,
    }
}

/// Least assurance that a rule asks of its sources, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assurance {
    /// The organisation says so.
    SelfAssessed,
    /// Its internal audit says so.
    InternallyAudited,
    /// An accredited body says so.
    Certified,
}

impl Assurance {
    /// All assurances, weakest first.
    pub const ALL: [Self; 3] = [Self::SelfAssessed, Self::InternallyAudited, Self::Certified];

    /// Returns the word used in files and commands.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SelfAssessed => "self-assessed",
            Self::InternallyAudited => "internally-audited",
            Self::Certified => "certified",
        }
    }
}

impl FromStr for Assurance {
    type Err = BadRef;
    fn from_str(text: &str) -> Result<Self, BadRef> {
        Self::ALL.into_iter().find(|one| one.as_str() == text).ok_or_else(|| BadRef {
            found: text.to_owned(),
            expected: "an assurance: self-assessed, internally-audited or certified",
        })
    }
}

body! {
    /// Body of `equivalence-asserted`: the sources together hold all that the target asks.
    EquivalenceAsserted {
        /// What would be met.
        target: TargetRef,
        /// At which level.
        target_level: Level,
        /// What must all hold.
        sources: Vec<Source>,
        /// Why they cover the whole target.
        rationale: String,
        /// Least assurance of every source.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        minimum_assurance: Option<Assurance>,
        /// Only for these organisation types; empty means every type.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        organisation_types: Vec<OrganisationType>,
        /// Whether every unit that processes health and care data must be covered before the
        /// rule says anything.
        #[serde(default)]
        whole_scope: bool,
    }
}

body! {
    /// Body of `equivalence-challenged`.
    EquivalenceChallenged {
        /// The `mapping-approved` event.
        approval: EventId,
        /// Which rows.
        rows: Rows,
        /// Why the rule is doubted.
        reason: String,
    }
}

body! {
    /// Body of `challenge-upheld`: the rule stands.
    ChallengeUpheld {
        /// The `equivalence-challenged` event.
        challenge: EventId,
        /// Why the rule stands.
        reason: String,
    }
}

body! {
    /// Body of `certificate-recorded`.
    CertificateRecorded {
        /// Scheme.
        scheme: Scheme,
        /// Release of the scheme's standard, such as `2022`.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        release: Option<String>,
        /// Certificate number.
        number: String,
        /// Who issued it.
        issuer: String,
        /// Who accredited the issuer.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        accreditation: Option<String>,
        /// The units that its scope covers.
        scope: Vec<UnitId>,
        /// First day in force.
        valid_from: Date,
        /// Last day in force.
        valid_until: Date,
    }
}

body! {
    /// Body of `certificate-suspended`.
    CertificateSuspended {
        /// The `certificate-recorded` event.
        certificate: EventId,
        /// First day of the suspension.
        from: Date,
        /// Last day of the suspension; none while it lasts.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        until: Option<Date>,
        /// Why.
        reason: String,
    }
}

body! {
    /// Body of `certificate-withdrawn`.
    CertificateWithdrawn {
        /// The `certificate-recorded` event.
        certificate: EventId,
        /// First day that it is not in force any more.
        from: Date,
        /// Why.
        reason: String,
    }
}

body! {
    /// Body of `soa-recorded`. The rows are the subject `soa.csv`.
    SoaRecorded {
        /// The `certificate-recorded` event.
        certificate: EventId,
        /// First day that this version holds; it replaces the one before.
        from: Date,
    }
}

/// What an assessment found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssessmentResult {
    /// The control is in place at the level stated.
    Met,
    /// Part of it is in place. It grounds nothing.
    PartlyMet,
    /// It is not in place. It grounds nothing.
    NotMet,
}

impl AssessmentResult {
    /// All results.
    pub const ALL: [Self; 3] = [Self::Met, Self::PartlyMet, Self::NotMet];

    /// Returns the word used in files and commands.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::PartlyMet => "partly-met",
            Self::NotMet => "not-met",
        }
    }
}

impl FromStr for AssessmentResult {
    type Err = BadRef;
    fn from_str(text: &str) -> Result<Self, BadRef> {
        Self::ALL.into_iter().find(|one| one.as_str() == text).ok_or_else(|| BadRef {
            found: text.to_owned(),
            expected: "a result: met, partly-met or not-met",
        })
    }
}

body! {
    /// Body of `control-assessed`.
    ControlAssessed {
        /// The control or outcome.
        control: ControlRef,
        /// The level that was assessed.
        level: Level,
        /// What was found.
        result: AssessmentResult,
        /// Who looked.
        assurance: Assurance,
        /// For which units.
        scope: Vec<UnitId>,
        /// First day that the result may be relied on.
        from: Date,
        /// Last day that it may be relied on.
        until: Date,
        /// What was seen.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    }
}

body! {
    /// Body of `evidence-recorded`. The file is a subject of the entry, by its SHA-256.
    EvidenceRecorded {
        /// A name for people.
        title: String,
        /// The items that it is evidence for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        items: Vec<ItemRef>,
        /// The controls that it is evidence for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        controls: Vec<ControlRef>,
        /// The units that it speaks about; empty means the whole organisation.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        scope: Vec<UnitId>,
        /// The day that it proves: it counts from then.
        proves_on: Date,
        /// The last day that it may be relied on; none means until it is withdrawn. For an item the
        /// end of the edition ends it as well, since another edition's items are others.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        valid_until: Option<Date>,
        /// Size of the file in bytes, when there is a file.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        size: Option<u64>,
        /// Whether the file's bytes are kept in the ledger.
        #[serde(default)]
        stored: bool,
    }
}

body! {
    /// Body of `evidence-withdrawn`.
    EvidenceWithdrawn {
        /// The `evidence-recorded` event.
        evidence: EventId,
        /// First day that it does not count any more; none means that it never counted.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        from: Option<Date>,
        /// Why.
        reason: String,
    }
}

body! {
    /// Body of `item-answered`.
    ItemAnswered {
        /// The item.
        item: ItemRef,
        /// The answer's text.
        answer: String,
        /// Whether the organisation says that it does what the item asks.
        met: bool,
        /// First day that the answer holds; it replaces the one before.
        on: Date,
        /// Last day that it may be relied on; none means until the edition ends.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        valid_until: Option<Date>,
    }
}

body! {
    /// Body of `item-not-applicable`.
    ItemNotApplicable {
        /// The item.
        item: ItemRef,
        /// Why it does not apply.
        reason: String,
        /// First day.
        from: Date,
        /// Last day; none means until the edition ends.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        until: Option<Date>,
    }
}

body! {
    /// Body of `assertion-confirmed`.
    AssertionConfirmed {
        /// The assertion.
        assertion: AssertionRef,
        /// The day of confirmation: it holds from then until the edition ends.
        on: Date,
        /// A remark.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    }
}

body! {
    /// Body of `statement-published`. The statement is the subject `statement.json`.
    StatementPublished {
        /// The day that the statement speaks of.
        on: Date,
        /// How many entries it was made from.
        size: u64,
        /// The root of the tree over those entries, base64 of 32 bytes.
        root: String,
        /// The edition that bound on that day.
        edition: EditionId,
        /// The category of the organisation in it.
        category: CategoryId,
        /// The standing that the statement gives.
        standing: String,
    }
}

body! {
    /// What stands in the place of a corrected event: the same kind, with new fields.
    Replacement {
        /// Kind, the same as the corrected event's.
        #[serde(rename = "type")]
        kind: String,
        /// Body with its version.
        body: Value,
    }
}

body! {
    /// Body of `correction`.
    Correction {
        /// The event that was wrong.
        corrects: EventId,
        /// Why.
        reason: String,
        /// What stands in its place; none means that it is void.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        replacement: Option<Replacement>,
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

    #[test]
    fn rows_are_all_or_listed() {
        let rows: Rows = serde_json::from_value(json!("all")).unwrap();
        assert!(rows.contains(9));
        let rows: Rows = serde_json::from_value(json!([2, 3])).unwrap();
        assert!(rows.contains(3) && !rows.contains(1));
        assert!(serde_json::from_value::<Rows>(json!("some")).is_err());
    }
}

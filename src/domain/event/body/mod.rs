//! The body of every kind, field by field: unknown fields are refused, absent options are left out.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fields::present;
use super::words::{AssessmentResult, Assurance, Rows};
use crate::domain::date::Date;
use crate::domain::ids::level::Level;
use crate::domain::ids::scheme::Scheme;
use crate::domain::ids::{
    AssertionRef, CategoryId, ControlRef, EditionId, EventId, FrameworkRef, ItemRef,
    OrganisationType, TargetRef, UnitId,
};
pub use keys::{
    AnchorCosigned, AnchorTimestamped, ClockExplained, KeyAdmitted, KeyRevoked, KeyRotated,
    LedgerOpened, LogKeyRotated,
};

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

pub mod keys;

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

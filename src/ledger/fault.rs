//! What can be wrong with an entry: one variant for each rule of docs/FORMAT.md, each with a stable
//! name for programs and a sentence for people.

use thiserror::Error;

use super::digest::Digest;
use super::entry_form::ENTRY_BYTES_MAX;
use super::json::NotCanonical;
use super::key::BadKey;

/// An entry that broke a rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("entry {seq}: {kind}")]
pub struct Fault {
    /// Where the entry stands, from 0; not what it says of itself.
    pub seq: u64,
    /// The first rule that it broke.
    pub kind: FaultKind,
}

/// Which rule an entry broke. Texts taken from the entry are shortened and hold no control
/// character.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FaultKind {
    /// More bytes than an entry may have.
    #[error("it has {found} bytes; an entry has at most {ENTRY_BYTES_MAX}")]
    TooLong {
        /// How many bytes.
        found: usize,
    },
    /// The envelope or the payload is not canonical JSON.
    #[error("the {part} is not canonical JSON, so its bytes are not the ones written: {reason}")]
    NotCanonical {
        /// `envelope` or `payload`.
        part: &'static str,
        /// What is wrong with it.
        reason: NotCanonical,
    },
    /// A field is absent.
    #[error("`{path}` is missing; every field of the format must be there")]
    MissingField {
        /// The field.
        path: String,
    },
    /// A field that the format does not have.
    #[error("`{path}` is not a field of the format; nothing may stand outside it")]
    UnknownField {
        /// The field.
        path: String,
    },
    /// A field with a value that the format does not allow.
    #[error("`{path}` is `{found}`; it must be {wanted}")]
    WrongField {
        /// The field.
        path: String,
        /// Its value.
        found: String,
        /// What the format asks.
        wanted: &'static str,
    },
    /// `ledger-opened` elsewhere than at 0, or another type there.
    #[error("an entry of type `{kind}` says it is number {seq}; `ledger-opened` is number 0 alone")]
    WrongOpening {
        /// The type.
        kind: String,
        /// The number that it gives itself.
        seq: u64,
    },
    /// The first signature is not the author's.
    #[error("`{by}` is named as author but `{first}` signed first; the author signs first")]
    AuthorNotFirst {
        /// The author's keyid.
        by: String,
        /// The keyid of the first signature.
        first: String,
    },
    /// Two signatures under one keyid.
    #[error("`{keyid}` signed twice; each key signs an entry once")]
    SignedTwice {
        /// The keyid.
        keyid: String,
    },
    /// The key that the entry introduces is one that the ledger does not take.
    #[error("the key that it introduces is refused: {reason}")]
    BadKey {
        /// What is wrong with the key.
        reason: BadKey,
    },
    /// The key that the entry introduces did not sign it.
    #[error("the key that it introduces, `{keyid}`, did not sign it: nobody showed to hold it")]
    MissingPossession {
        /// The keyid of the key introduced.
        keyid: String,
    },
    /// The first key must open the ledger itself; no later key may admit itself.
    #[error(
        "`{by}` is the author and introduces `{keyid}`; only entry 0 introduces its own author"
    )]
    WrongIntroducer {
        /// The author's keyid.
        by: String,
        /// The keyid of the key introduced.
        keyid: String,
    },
    /// It gives itself another number than its place.
    #[error("it says it is number {found} but stands at {expected}: entries were moved or dropped")]
    WrongSequence {
        /// Its place.
        expected: u64,
        /// The number that it gives itself.
        found: u64,
    },
    /// It names another ledger.
    #[error("it belongs to the ledger `{found}`, not `{expected}`: it was copied from elsewhere")]
    WrongLedger {
        /// The origin of this ledger.
        expected: String,
        /// The origin named.
        found: String,
    },
    /// It names a ledger of the same origin with another beginning.
    #[error("it belongs to a ledger that began as {found}, not {expected}: another history")]
    WrongIdentity {
        /// What `subject[0]` must carry.
        expected: Digest,
        /// What it carries.
        found: Digest,
    },
    /// The place asked about has no identity to compare with.
    #[error("the identity of the ledger is not known; read entry 0 before later entries")]
    UnknownIdentity,
    /// Its author saw another history before it.
    #[error("it follows entries with root {found}, not {expected}: an earlier entry was changed")]
    WrongRoot {
        /// The root of the entries before it.
        expected: Digest,
        /// The root that it names.
        found: Digest,
    },
    /// A signature by a key that the ledger does not know.
    #[error("`{keyid}` signed it, and no earlier entry admits that key")]
    UnknownKey {
        /// The keyid.
        keyid: String,
    },
    /// A signature that does not fit.
    #[error("the signature of `{keyid}` does not fit: the entry was altered or forged")]
    BadSignature {
        /// The keyid.
        keyid: String,
    },
}

impl FaultKind {
    /// Returns the stable name of the rule.
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::TooLong { found: _ } => "too-long",
            Self::NotCanonical { part: _, reason: _ } => "not-canonical",
            Self::MissingField { path: _ } => "missing-field",
            Self::UnknownField { path: _ } => "unknown-field",
            Self::WrongField { path: _, found: _, wanted: _ } => "wrong-field",
            Self::WrongOpening { kind: _, seq: _ } => "wrong-opening",
            Self::AuthorNotFirst { by: _, first: _ } => "author-not-first",
            Self::SignedTwice { keyid: _ } => "signed-twice",
            Self::BadKey { reason: _ } => "bad-key",
            Self::MissingPossession { keyid: _ } => "missing-possession",
            Self::WrongIntroducer { by: _, keyid: _ } => "wrong-introducer",
            Self::WrongSequence { expected: _, found: _ } => "wrong-sequence",
            Self::WrongLedger { expected: _, found: _ } => "wrong-ledger",
            Self::WrongIdentity { expected: _, found: _ } => "wrong-identity",
            Self::UnknownIdentity => "unknown-identity",
            Self::WrongRoot { expected: _, found: _ } => "wrong-root",
            Self::UnknownKey { keyid: _ } => "unknown-key",
            Self::BadSignature { keyid: _ } => "bad-signature",
        }
    }
}

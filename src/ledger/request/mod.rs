//! What somebody signs who has no log key, so that whoever keeps the log can put it in: a request to
//! record an event, and a request to be admitted. Both are in-toto Statements in DSSE envelopes like
//! an entry, of predicate types of their own, so no signature over one fits the other or an entry.
//!
//! A request to record is bound to one ledger, to a head that its author saw, and to a last moment.
//! Only a request whose signature verified gives up its body.

use serde_json::{Value, json};

use super::checkpoint::Origin;
use super::digest::Digest;
use super::entry::{EntryError, envelope, pae, subjects};
use super::entry_form::{PAYLOAD_TYPE, STATEMENT_TYPE, Subject};
use super::fault::FaultKind;
use super::json::canonical;
use super::key::{PublicKey, Sign};
use super::parse::{
    Object, Signature, id, kebab, open_envelope, parse_subjects, read, time, wrong,
};

/// The longest request, so that the entry that brings it in is no longer than one may be.
pub const REQUEST_BYTES_MAX: usize = 32_768;

/// The `predicateType` of a request to record.
pub const REQUEST_TYPE: &str = "urn:dspt-ledger:request:v1";

/// The `predicateType` of a request to be admitted.
pub const KEY_REQUEST_TYPE: &str = "urn:dspt-ledger:key-request:v1";

/// A head that the author of a request saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// How many entries it covers, at least one.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
}

/// A request to record, before it is signed.
#[derive(Clone, Debug)]
pub struct RequestDraft {
    /// The ledger.
    pub ledger: Origin,
    /// The leaf hash of its entry 0.
    pub ledger_id: Digest,
    /// What its author saw of it.
    pub seen: Seen,
    /// When it was made, UTC with milliseconds.
    pub made: String,
    /// Until when it may be taken, UTC with milliseconds.
    pub expires: String,
    /// The id of the event, 32 lower-case hex digits.
    pub id: String,
    /// The type of the event.
    pub kind: String,
    /// The event itself, a JSON object.
    pub body: Value,
    /// The files that it speaks of, without the ledger itself.
    pub subjects: Vec<Subject>,
}

impl RequestDraft {
    /// Signs it and returns the bytes of the request.
    ///
    /// # Errors
    /// A body without a canonical form, a signature that does not fit, or anything that
    /// [`Request::parse`] refuses.
    pub fn seal(&self, author: &dyn Sign) -> Result<Vec<u8>, EntryError> {
        let seen = json!({"root": self.seen.root.base64(), "size": self.seen.size});
        let statement = json!({
            "_type": STATEMENT_TYPE,
            "predicate": {
                "body": self.body,
                "by": author.public().keyid(),
                "expires": self.expires,
                "head": seen,
                "id": self.id,
                "ledger": self.ledger.as_str(),
                "made": self.made,
                "type": self.kind,
            },
            "predicateType": REQUEST_TYPE,
            "subject": subjects(self.ledger.as_str(), &self.ledger_id, &self.subjects),
        });
        let bytes = envelope(&canonical(&statement)?, &[author])?;
        let read = Request::parse(&bytes)?;
        read.verify(author.public()).map_err(|_| bad_signer(author))?;
        Ok(bytes)
    }
}

/// A request to be admitted, before it is signed.
#[derive(Clone, Debug)]
pub struct KeyRequestDraft {
    /// The ledger, where it is known.
    pub ledger: Option<Origin>,
    /// When it was made, UTC with milliseconds.
    pub made: String,
    /// What the entry that admits the key says: a body of `key-admitted`.
    pub body: Value,
}

impl KeyRequestDraft {
    /// Signs it by the key that asks, which shows that somebody holds it.
    ///
    /// # Errors
    /// As [`RequestDraft::seal`], and a body that names another key.
    pub fn seal(&self, key: &dyn Sign) -> Result<Vec<u8>, EntryError> {
        let keyid = key.public().keyid();
        let mut predicate = json!({"body": self.body, "by": keyid, "made": self.made});
        if let (Some(ledger), Some(fields)) = (&self.ledger, predicate.as_object_mut()) {
            fields.insert("ledger".to_owned(), ledger.as_str().into());
        }
        let statement = json!({
            "_type": STATEMENT_TYPE,
            "predicate": predicate,
            "predicateType": KEY_REQUEST_TYPE,
            "subject": subjects(&keyid, &Digest::of(key.public().as_bytes()), &[]),
        });
        let bytes = envelope(&canonical(&statement)?, &[key])?;
        KeyRequest::parse(&bytes)?.verify().map_err(|_| bad_signer(key))?;
        Ok(bytes)
    }
}

fn bad_signer(signer: &dyn Sign) -> EntryError {
    EntryError::BadSigner { keyid: signer.public().keyid() }
}

/// A request to record whose form is right; its signature is not checked yet.
#[derive(Clone, Debug)]
pub struct Request {
    payload: Vec<u8>,
    signature: Signature,
    asked: VerifiedRequest,
}

/// A request to record whose signature verified.
#[derive(Clone, Debug)]
pub struct VerifiedRequest {
    by: String,
    body: Value,
    expires: String,
    id: String,
    kind: String,
    ledger: Subject,
    made: String,
    seen: Seen,
    subjects: Vec<Subject>,
}

impl Request {
    /// Reads the form of a request.
    ///
    /// # Errors
    /// The first field that is not as docs/FORMAT.md has it.
    pub fn parse(bytes: &[u8]) -> Result<Self, FaultKind> {
        let (payload, signature) = one_signature(bytes)?;
        let mut statement = Statement::open(&payload, REQUEST_TYPE)?;
        let names = ["body", "by", "expires", "head", "id", "ledger", "made", "type"];
        let mut predicate = Object::open(statement.predicate, "predicate", &names)?;
        let ledger = predicate
            .field("ledger", "an origin in lower case", |text| Origin::parse(text).ok())?;
        if statement.first.name != ledger.as_str() {
            let path = "subject[0].name".to_owned();
            return Err(wrong(path, &statement.first.name.into(), "the name of the ledger"));
        }
        let moment = "a UTC time such as 2026-01-02T09:00:00.000Z";
        let asked = VerifiedRequest {
            by: predicate.keyid("by")?,
            body: predicate.object("body")?,
            expires: predicate.field("expires", moment, time)?,
            id: predicate.field("id", "32 lower-case hex digits", id)?,
            kind: predicate.field("type", "a lower-case name with hyphens", kebab)?,
            ledger: statement.first,
            made: predicate.field("made", moment, time)?,
            seen: seen(predicate.take("head")?)?,
            subjects: std::mem::take(&mut statement.files),
        };
        signed_by(&asked.by, &signature)?;
        Ok(Self { payload, signature, asked })
    }

    /// Returns the keyid of the claimed author.
    pub fn by(&self) -> &str {
        &self.asked.by
    }

    /// Checks the signature by the author's key.
    ///
    /// # Errors
    /// A key of another keyid, or a signature that does not fit.
    pub fn verify(self, key: &PublicKey) -> Result<VerifiedRequest, FaultKind> {
        check_signature(&self.payload, &self.signature, key)?;
        Ok(self.asked)
    }

    /// Returns what a request says that was verified before, as its bytes are known to be the same.
    pub fn known_good(self) -> VerifiedRequest {
        self.asked
    }
}

impl VerifiedRequest {
    /// Returns the keyid of the author.
    pub fn by(&self) -> &str {
        &self.by
    }

    /// Returns the event, a JSON object.
    pub const fn body(&self) -> &Value {
        &self.body
    }

    /// Returns the last moment at which it may be taken, UTC with milliseconds.
    pub fn expires(&self) -> &str {
        &self.expires
    }

    /// Returns the id of the event, 32 lower-case hex digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the type of the event.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Returns the ledger that it is for: its origin, and its identity.
    pub const fn ledger(&self) -> &Subject {
        &self.ledger
    }

    /// Returns when its author says that it was made.
    pub fn made(&self) -> &str {
        &self.made
    }

    /// Returns the head that its author saw.
    pub const fn seen(&self) -> Seen {
        self.seen
    }

    /// Returns the files that it speaks of.
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }
}

/// A request to be admitted whose form is right; its signature is not checked yet.
#[derive(Clone, Debug)]
pub struct KeyRequest {
    payload: Vec<u8>,
    signature: Signature,
    asked: VerifiedKeyRequest,
}

/// A request to be admitted, signed by the key that asks.
#[derive(Clone, Debug)]
pub struct VerifiedKeyRequest {
    body: Value,
    key: PublicKey,
    ledger: Option<Origin>,
    made: String,
}

impl KeyRequest {
    /// Reads the form of a request.
    ///
    /// # Errors
    /// The first field that is not as docs/FORMAT.md has it.
    pub fn parse(bytes: &[u8]) -> Result<Self, FaultKind> {
        let (payload, signature) = one_signature(bytes)?;
        let statement = Statement::open(&payload, KEY_REQUEST_TYPE)?;
        let bound = statement.predicate.get("ledger").is_some();
        let names: &[&str] =
            if bound { &["body", "by", "ledger", "made"] } else { &["body", "by", "made"] };
        let mut predicate = Object::open(statement.predicate, "predicate", names)?;
        let (by, body) = (predicate.keyid("by")?, predicate.object("body")?);
        let origin = |text: &str| Origin::parse(text).ok();
        let ledger = bound.then(|| predicate.field("ledger", "an origin in lower case", origin));
        let moment = "a UTC time such as 2026-01-02T09:00:00.000Z";
        let made = predicate.field("made", moment, time)?;
        signed_by(&by, &signature)?;
        let given = body.get("key").cloned().unwrap_or_default();
        let key = PublicKey::from_base64(given.as_str().unwrap_or_default())
            .map_err(|reason| FaultKind::BadKey { reason })?;
        if key.keyid() != by {
            let (path, wanted) = ("predicate.body.key".to_owned(), "the key that signed");
            return Err(wrong(path, &given, wanted));
        }
        let (first, digest) = (&statement.first, Digest::of(key.as_bytes()));
        if first.name != by || first.sha256 != digest || !statement.files.is_empty() {
            let (path, found) = ("subject".to_owned(), first.name.as_str().into());
            return Err(wrong(path, &found, "the key that signed, and nothing else"));
        }
        let asked = VerifiedKeyRequest { body, key, ledger: ledger.transpose()?, made };
        Ok(Self { payload, signature, asked })
    }

    /// Checks that the key that asks signed it.
    ///
    /// # Errors
    /// A signature that does not fit.
    pub fn verify(self) -> Result<VerifiedKeyRequest, FaultKind> {
        check_signature(&self.payload, &self.signature, &self.asked.key)?;
        Ok(self.asked)
    }

    /// Returns what a request says that was verified before, as its bytes are known to be the same.
    pub fn known_good(self) -> VerifiedKeyRequest {
        self.asked
    }
}

impl VerifiedKeyRequest {
    /// Returns what the entry that admits the key is to say, a body of `key-admitted`.
    pub const fn body(&self) -> &Value {
        &self.body
    }

    /// Returns the key that asks.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Returns the ledger that it is for, where it says so.
    pub const fn ledger(&self) -> Option<&Origin> {
        self.ledger.as_ref()
    }

    /// Returns when its author says that it was made.
    pub fn made(&self) -> &str {
        &self.made
    }
}

/// The outer fields of both kinds of request.
struct Statement {
    predicate: Value,
    first: Subject,
    files: Vec<Subject>,
}

impl Statement {
    fn open(payload: &[u8], predicate_type: &'static str) -> Result<Self, FaultKind> {
        let names = ["_type", "predicate", "predicateType", "subject"];
        let mut statement = Object::open(read("payload", payload)?, "", &names)?;
        statement.constant("_type", STATEMENT_TYPE)?;
        statement.constant("predicateType", predicate_type)?;
        let predicate = statement.object("predicate")?;
        let mut files = parse_subjects(statement.list("subject")?)?;
        // There is at least one; what is left are the files.
        let first = files.drain(..1).next();
        let first = first.ok_or_else(|| FaultKind::MissingField { path: "subject[0]".into() })?;
        Ok(Self { predicate, first, files })
    }
}

fn seen(value: Value) -> Result<Seen, FaultKind> {
    let mut head = Object::open(value, "predicate.head", &["root", "size"])?;
    let root =
        head.field("root", "the base64 of 32 bytes", |text| Digest::from_base64(text).ok())?;
    let size = head.integer("size")?;
    if size == 0 {
        let path = "predicate.head.size".to_owned();
        return Err(wrong(path, &size.into(), "the size of a head, 1 or more"));
    }
    Ok(Seen { size, root })
}

/// The payload of a request and its one signature.
fn one_signature(bytes: &[u8]) -> Result<(Vec<u8>, Signature), FaultKind> {
    if bytes.len() > REQUEST_BYTES_MAX {
        return Err(FaultKind::TooLong { found: bytes.len() });
    }
    let (payload, signatures) = open_envelope(bytes)?;
    match <[Signature; 1]>::try_from(signatures) {
        Ok([signature]) => Ok((payload, signature)),
        Err(more) => {
            let (path, found) = ("signatures".to_owned(), more.len().into());
            Err(wrong(path, &found, "one signature, of its author"))
        }
    }
}

fn signed_by(by: &str, signature: &Signature) -> Result<(), FaultKind> {
    if signature.keyid == by {
        return Ok(());
    }
    Err(FaultKind::AuthorNotFirst { by: by.to_owned(), first: signature.keyid.clone() })
}

fn check_signature(
    payload: &[u8],
    signature: &Signature,
    key: &PublicKey,
) -> Result<(), FaultKind> {
    let message = pae(PAYLOAD_TYPE, payload);
    if key.keyid() == signature.keyid && key.verify(&message, &signature.bytes) {
        return Ok(());
    }
    Err(FaultKind::BadSignature { keyid: signature.keyid.clone() })
}

#[cfg(test)]
mod tests;

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
mod tests {
    use proptest::prelude::*;

    use super::super::key::SeedSigner;
    use super::super::parse::parse;
    use super::*;

    fn author() -> SeedSigner {
        SeedSigner::from_seed(&[1; 32])
    }

    fn draft() -> RequestDraft {
        RequestDraft {
            ledger: Origin::parse("ledger.example/northbridge/dspt").unwrap(),
            ledger_id: Digest::of(b"entry 0"),
            seen: Seen { size: 5, root: Digest::of(b"root") },
            made: "2026-06-01T09:00:00.000Z".to_owned(),
            expires: "2026-07-01T22:59:59.999Z".to_owned(),
            id: "00112233445566778899aabbccddeeff".to_owned(),
            kind: "evidence-withdrawn".to_owned(),
            body: json!({"v": 1, "evidence": "0".repeat(32), "reason": "wrong file"}),
            subjects: vec![Subject { name: "a.pdf".to_owned(), sha256: Digest::of(b"a") }],
        }
    }

    fn key_draft() -> KeyRequestDraft {
        let key = author().public().base64();
        KeyRequestDraft {
            ledger: Some(Origin::parse("ledger.example/northbridge/dspt").unwrap()),
            made: "2026-06-01T09:00:00.000Z".to_owned(),
            body: json!({"v": 1, "holder": "Ben Example", "key": key, "role": "contributor"}),
        }
    }

    #[test]
    fn a_request_is_read_as_it_was_made() {
        let (draft, bytes) = (draft(), draft().seal(&author()).unwrap());
        let read = Request::parse(&bytes).unwrap().verify(author().public()).unwrap();
        assert_eq!((read.by(), read.id()), (&*author().public().keyid(), &*draft.id));
        assert_eq!((read.kind(), read.body()), (&*draft.kind, &draft.body));
        assert_eq!((read.made(), read.expires()), (&*draft.made, &*draft.expires));
        assert_eq!((read.seen(), read.subjects()), (draft.seen, &*draft.subjects));
        let ledger = Subject { name: draft.ledger.to_string(), sha256: draft.ledger_id };
        assert_eq!(*read.ledger(), ledger);
        let other = SeedSigner::from_seed(&[2; 32]);
        assert!(Request::parse(&bytes).unwrap().verify(other.public()).is_err());
    }

    #[test]
    fn a_key_request_shows_that_its_key_is_held() {
        let bytes = key_draft().seal(&author()).unwrap();
        let read = KeyRequest::parse(&bytes).unwrap().verify().unwrap();
        assert_eq!((read.key(), read.body()), (author().public(), &key_draft().body));
        assert_eq!(read.ledger(), key_draft().ledger.as_ref());
        let free = KeyRequestDraft { ledger: None, ..key_draft() }.seal(&author()).unwrap();
        assert_eq!(KeyRequest::parse(&free).unwrap().verify().unwrap().ledger(), None);
        let other = SeedSigner::from_seed(&[2; 32]);
        assert!(matches!(key_draft().seal(&other), Err(EntryError::Refused(_))));
    }

    #[test]
    fn no_kind_of_signed_text_is_another() {
        let (request, key) =
            (draft().seal(&author()).unwrap(), key_draft().seal(&author()).unwrap());
        let entry = include_bytes!("../../fixtures/vectors/entry-2.json");
        assert!(Request::parse(&key).is_err() && Request::parse(entry).is_err());
        assert!(KeyRequest::parse(&request).is_err() && KeyRequest::parse(entry).is_err());
        assert!(parse(&request).is_err() && parse(&key).is_err());
    }

    #[test]
    fn what_readers_would_refuse_is_never_made() {
        let refused = |edit: fn(&mut RequestDraft)| {
            let mut draft = draft();
            edit(&mut draft);
            draft.seal(&author()).is_err()
        };
        assert!(refused(|draft| draft.expires = "2026-07-01".to_owned()));
        assert!(refused(|draft| draft.seen.size = 0));
        assert!(refused(|draft| draft.id = "1".to_owned()));
        assert!(refused(|draft| draft.body = json!([])));
        assert!(refused(|draft| draft.body = json!({"x": "x".repeat(REQUEST_BYTES_MAX)})));
        assert!(refused(|draft| draft.subjects.push(draft.subjects[0].clone())));
        assert!(!refused(|_| ()));
    }

    /// Whoever changes a byte makes no other request of the same author.
    fn check_changed(bytes: &[u8]) -> bool {
        let request = Request::parse(bytes).and_then(|one| one.verify(author().public()));
        let key = KeyRequest::parse(bytes).and_then(KeyRequest::verify);
        request.is_err() && key.is_err()
    }

    #[test]
    fn one_bit_flipped_anywhere_is_refused() {
        for good in [draft().seal(&author()).unwrap(), key_draft().seal(&author()).unwrap()] {
            for at in 0..good.len() {
                for bit in 0..8 {
                    let mut bad = good.clone();
                    bad[at] ^= 1 << bit;
                    assert!(check_changed(&bad), "byte {at}, bit {bit}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes: Vec<u8>, text: String) {
            prop_assert!(check_changed(&bytes) && check_changed(text.as_bytes()));
        }

        #[test]
        fn any_damage_is_refused(at: prop::sample::Index, with in "[ -~]{0,4}", cut in 0_usize..9) {
            let good = draft().seal(&author()).unwrap();
            let start = at.index(good.len());
            let end = (start + cut).min(good.len());
            let bad = [&good[..start], with.as_bytes(), &good[end..]].concat();
            prop_assert!(bad == good || check_changed(&bad));
        }
    }
}

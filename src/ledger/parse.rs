//! Reading an entry's form, before any signature is checked. What comes out shows the header fields
//! that checking needs; the body stays inside until the entry is verified.

use serde_json::{Map, Value};

use super::base64;
use super::checkpoint::Origin;
use super::digest::{Digest, shown};
use super::entry_form::{
    ENTRY_BYTES_MAX, KEY_ADMITTED, KEY_ROTATED, LEDGER_OPENED, LOG_KEY_ROTATED, PAYLOAD_TYPE,
    PREDICATE_TYPE, STATEMENT_TYPE, Subject,
};
use super::fault::FaultKind;
use super::json::{INTEGER_MAX, parse_canonical};
use super::key::{PublicKey, is_keyid};

/// An entry whose form is right; nothing in it is proven yet.
#[derive(Clone, Debug)]
pub struct Unverified {
    pub(super) bytes: Vec<u8>,
    pub(super) payload: Vec<u8>,
    pub(super) statement: Statement,
    pub(super) signatures: Vec<Signature>,
    pub(super) introduced: Option<PublicKey>,
}

/// The fields of the payload.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) at: String,
    pub(super) body: Value,
    pub(super) by: String,
    pub(super) id: String,
    pub(super) ledger: Origin,
    pub(super) root: Digest,
    pub(super) seq: u64,
    pub(super) kind: String,
    /// `subject[0]`: the ledger itself.
    pub(super) identity: Subject,
    pub(super) subjects: Vec<Subject>,
}

/// One signature of the envelope.
#[derive(Clone, Debug)]
pub(super) struct Signature {
    pub(super) keyid: String,
    pub(super) bytes: [u8; 64],
}

impl Unverified {
    /// Returns the number that the entry gives itself.
    pub const fn seq(&self) -> u64 {
        self.statement.seq
    }

    /// Returns the root that it says the entries before it have.
    pub const fn root(&self) -> Digest {
        self.statement.root
    }

    /// Returns the keyid of the claimed author.
    pub fn by(&self) -> &str {
        &self.statement.by
    }

    /// Returns the type of the event.
    pub fn kind(&self) -> &str {
        &self.statement.kind
    }

    /// Returns the time that the author claims.
    pub fn at(&self) -> &str {
        &self.statement.at
    }

    /// Returns the id, 32 lower-case hex digits.
    pub fn id(&self) -> &str {
        &self.statement.id
    }

    /// Returns the ledger that it names.
    pub const fn ledger(&self) -> &Origin {
        &self.statement.ledger
    }

    /// Returns the keyids of the signatures, the claimed author's first.
    pub fn keyids(&self) -> impl Iterator<Item = &str> {
        self.signatures.iter().map(|signature| signature.keyid.as_str())
    }
}

/// Reads the form of an entry: size, canonical envelope and payload, every field, who must sign.
///
/// # Errors
/// The first rule broken, in the order of docs/FORMAT.md.
pub fn parse(bytes: &[u8]) -> Result<Unverified, FaultKind> {
    if bytes.len() > ENTRY_BYTES_MAX {
        return Err(FaultKind::TooLong { found: bytes.len() });
    }
    let (payload, signatures) = open_envelope(bytes)?;
    let statement = parse_statement(read("payload", &payload)?)?;
    check_signers(&statement.by, &signatures)?;
    if (statement.seq == 0) != (statement.kind == LEDGER_OPENED) {
        return Err(FaultKind::WrongOpening { kind: shown(&statement.kind), seq: statement.seq });
    }
    let introduced = introduced(&statement)?;
    if let Some(key) = &introduced {
        check_possession(key, &statement, &signatures)?;
    }
    Ok(Unverified { bytes: bytes.to_vec(), payload, statement, signatures, introduced })
}

/// Takes the payload and the signatures out of a DSSE envelope.
pub(super) fn open_envelope(bytes: &[u8]) -> Result<(Vec<u8>, Vec<Signature>), FaultKind> {
    let mut envelope =
        Object::open(read("envelope", bytes)?, "", &["payload", "payloadType", "signatures"])?;
    envelope.constant("payloadType", PAYLOAD_TYPE)?;
    let payload = envelope.field("payload", "padded standard base64", base64::decode)?;
    Ok((payload, parse_signatures(envelope.list("signatures")?)?))
}

pub(super) fn read(part: &'static str, bytes: &[u8]) -> Result<Value, FaultKind> {
    parse_canonical(bytes).map_err(|reason| FaultKind::NotCanonical { part, reason })
}

fn parse_signatures(list: Vec<(String, Value)>) -> Result<Vec<Signature>, FaultKind> {
    let mut signatures = Vec::new();
    for (path, value) in list {
        let mut signature = Object::open(value, &path, &["keyid", "sig"])?;
        signatures.push(Signature {
            keyid: signature.keyid("keyid")?,
            bytes: signature.field("sig", "the base64 of 64 bytes", base64::decode_array)?,
        });
    }
    Ok(signatures)
}

fn parse_statement(value: Value) -> Result<Statement, FaultKind> {
    let names = ["_type", "predicate", "predicateType", "subject"];
    let mut statement = Object::open(value, "", &names)?;
    statement.constant("_type", STATEMENT_TYPE)?;
    statement.constant("predicateType", PREDICATE_TYPE)?;
    let names = ["at", "body", "by", "id", "ledger", "root", "seq", "type"];
    let mut predicate = Object::open(statement.take("predicate")?, "predicate", &names)?;
    let mut subjects = parse_subjects(statement.list("subject")?)?.into_iter();
    // `list` gave at least one; the absent case is still answered.
    let identity =
        subjects.next().ok_or_else(|| FaultKind::MissingField { path: "subject[0]".into() })?;
    Ok(Statement {
        at: predicate.field("at", "a UTC time such as 2026-01-02T09:00:00.000Z", time)?,
        body: predicate.object("body")?,
        by: predicate.keyid("by")?,
        id: predicate.field("id", "32 lower-case hex digits", id)?,
        ledger: predicate
            .field("ledger", "an origin in lower case", |text| Origin::parse(text).ok())?,
        root: predicate
            .field("root", "the base64 of 32 bytes", |text| Digest::from_base64(text).ok())?,
        seq: predicate.integer("seq")?,
        kind: predicate.field("type", "a lower-case name with hyphens", kebab)?,
        identity,
        subjects: subjects.collect(),
    })
}

pub(super) fn parse_subjects(list: Vec<(String, Value)>) -> Result<Vec<Subject>, FaultKind> {
    let mut subjects: Vec<Subject> = Vec::new();
    for (path, value) in list {
        let mut subject = Object::open(value, &path, &["digest", "name"])?;
        let name = subject.field("name", "a name without control characters", printable)?;
        // The first is the ledger; of files each has a name of its own, so that a name means one.
        if subjects.iter().skip(1).any(|one: &Subject| one.name == name) {
            let (path, wanted) = (format!("{path}.name"), "a name that no other file has");
            return Err(FaultKind::WrongField { path, found: format!("{name:?}"), wanted });
        }
        let path = format!("{path}.digest");
        let mut digest = Object::open(subject.take("digest")?, &path, &["sha256"])?;
        subjects.push(Subject {
            name,
            sha256: digest
                .field("sha256", "64 lower-case hex digits", |text| Digest::from_hex(text).ok())?,
        });
    }
    Ok(subjects)
}

fn check_signers(by: &str, signatures: &[Signature]) -> Result<(), FaultKind> {
    let first = signatures.first().map_or("", |signature| &signature.keyid);
    if first != by {
        return Err(FaultKind::AuthorNotFirst { by: by.to_owned(), first: first.to_owned() });
    }
    let mut keyids: Vec<&str> = signatures.iter().map(|signature| &*signature.keyid).collect();
    keyids.sort_unstable();
    let mut pairs = keyids.iter().zip(keyids.iter().skip(1));
    match pairs.find(|(left, right)| left == right) {
        Some((keyid, _)) => Err(FaultKind::SignedTwice { keyid: (*keyid).to_owned() }),
        None => Ok(()),
    }
}

/// Returns the key that the entry brings into the ledger, if its type is one that does.
fn introduced(statement: &Statement) -> Result<Option<PublicKey>, FaultKind> {
    let path = || "predicate.body.key".to_owned();
    let introducing = [LEDGER_OPENED, KEY_ADMITTED, KEY_ROTATED, LOG_KEY_ROTATED];
    if !introducing.contains(&statement.kind.as_str()) {
        return Ok(None);
    }
    let Some(value) = statement.body.get("key") else {
        // Entry 0 without a key has its author's key from outside, as the worked example in
        // docs/FORMAT.md has; whoever decodes the body of a real `ledger-opened` asks for the key.
        let outside = statement.kind == LEDGER_OPENED;
        return if outside { Ok(None) } else { Err(FaultKind::MissingField { path: path() }) };
    };
    let wanted = "a public key in base64";
    let text = value.as_str().ok_or_else(|| wrong(path(), value, wanted))?;
    PublicKey::from_base64(text).map(Some).map_err(|reason| FaultKind::BadKey { reason })
}

/// Whoever is let in shows that they hold the key; only the first key lets itself in.
fn check_possession(
    key: &PublicKey,
    statement: &Statement,
    signatures: &[Signature],
) -> Result<(), FaultKind> {
    let keyid = key.keyid();
    if !signatures.iter().any(|signature| signature.keyid == keyid) {
        return Err(FaultKind::MissingPossession { keyid });
    }
    if (statement.by == keyid) != (statement.kind == LEDGER_OPENED) {
        return Err(FaultKind::WrongIntroducer { by: statement.by.clone(), keyid });
    }
    Ok(())
}

pub(super) fn wrong(path: String, value: &Value, wanted: &'static str) -> FaultKind {
    let found = value.as_str().map_or_else(|| shown(&value.to_string()), shown);
    FaultKind::WrongField { path, found, wanted }
}

pub(super) fn time(text: &str) -> Option<String> {
    let time: jiff::Timestamp = text.parse().ok()?;
    // Printing again leaves one spelling: four-digit year, milliseconds, `Z`, no leap second.
    (text.len() == 24 && format!("{time:.3}") == text).then(|| text.to_owned())
}

pub(super) fn id(text: &str) -> Option<String> {
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (text.len() == 32 && text.bytes().all(is_hex)).then(|| text.to_owned())
}

pub(super) fn kebab(text: &str) -> Option<String> {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    text.split('-').all(is_word).then(|| text.to_owned())
}

fn printable(text: &str) -> Option<String> {
    (!text.is_empty() && !text.contains(char::is_control)).then(|| text.to_owned())
}

/// An object with exactly the fields that it should have, taken out one by one.
pub(super) struct Object {
    /// The path of the object with a dot after it, or nothing at the top.
    prefix: String,
    fields: Map<String, Value>,
}

impl Object {
    pub(super) fn open(value: Value, path: &str, names: &[&str]) -> Result<Self, FaultKind> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}.") };
        let Value::Object(fields) = value else {
            let path = if path.is_empty() { "the whole" } else { path };
            return Err(wrong(path.to_owned(), &value, "an object"));
        };
        if let Some(name) = names.iter().find(|name| !fields.contains_key(**name)) {
            return Err(FaultKind::MissingField { path: format!("{prefix}{name}") });
        }
        if let Some(name) = fields.keys().find(|name| !names.contains(&name.as_str())) {
            return Err(FaultKind::UnknownField { path: format!("{prefix}{}", shown(name)) });
        }
        Ok(Self { prefix, fields })
    }

    pub(super) fn path(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    pub(super) fn take(&mut self, name: &str) -> Result<Value, FaultKind> {
        let value = self.fields.remove(name);
        value.ok_or_else(|| FaultKind::MissingField { path: self.path(name) })
    }

    pub(super) fn field<T>(
        &mut self,
        name: &str,
        wanted: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, FaultKind> {
        let value = self.take(name)?;
        value.as_str().and_then(read).ok_or_else(|| wrong(self.path(name), &value, wanted))
    }

    pub(super) fn constant(&mut self, name: &str, wanted: &'static str) -> Result<(), FaultKind> {
        self.field(name, wanted, |text| (text == wanted).then_some(()))
    }

    pub(super) fn keyid(&mut self, name: &str) -> Result<String, FaultKind> {
        self.field(name, "`SHA256:` and 43 characters of base64", |text| {
            is_keyid(text).then(|| text.to_owned())
        })
    }

    pub(super) fn integer(&mut self, name: &str) -> Result<u64, FaultKind> {
        let value = self.take(name)?;
        let integer = value.as_u64().filter(|integer| *integer <= INTEGER_MAX.unsigned_abs());
        integer.ok_or_else(|| wrong(self.path(name), &value, "an integer from 0 to 2^53-1"))
    }

    pub(super) fn object(&mut self, name: &str) -> Result<Value, FaultKind> {
        let value = self.take(name)?;
        if value.is_object() { Ok(value) } else { Err(wrong(self.path(name), &value, "an object")) }
    }

    /// Takes a list of at least one value, each with its path.
    pub(super) fn list(&mut self, name: &str) -> Result<Vec<(String, Value)>, FaultKind> {
        let value = self.take(name)?;
        let refused = || wrong(self.path(name), &value, "a list of at least one");
        let items = value.as_array().filter(|items| !items.is_empty()).ok_or_else(refused)?;
        let path = |at| format!("{}[{at}]", self.path(name));
        Ok(items.iter().enumerate().map(|(at, item)| (path(at), item.clone())).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ENTRY: &str = include_str!("../../fixtures/vectors/entry-2.json");

    #[test]
    fn the_header_is_shown_before_anything_is_proven() {
        let entry = parse(ENTRY.as_bytes()).unwrap();
        let author = "SHA256:fe85JkIjo8VPe+XqXJGH5Mau1EMFdK1OdKvJUFicyA8";
        assert_eq!((entry.seq(), entry.by(), entry.kind()), (2, author, "evidence-recorded"));
        assert_eq!(entry.id(), "cb4aec889ac858d52812a44cc47d1c10");
        assert_eq!(entry.ledger().as_str(), "ledger.example/northbridge/dspt");
        assert_eq!(entry.keyids().collect::<Vec<_>>(), [author]);
    }

    #[test]
    fn a_time_is_utc_with_milliseconds_and_exists() {
        for good in [
            "2026-01-02T09:00:00.000Z",
            "2024-02-29T23:59:59.999Z",
            "1999-12-31T00:00:00.001Z",
            "0001-01-01T00:00:00.000Z",
        ] {
            assert_eq!(time(good).as_deref(), Some(good));
        }
        for bad in [
            "",
            "2026-01-02T09:00:00Z",
            "2026-01-02T09:00:00.00Z",
            "2026-01-02T09:00:00.0000Z",
            "2026-01-02T09:00:00.000z",
            "2026-01-02t09:00:00.000Z",
            "2026-01-02 09:00:00.000Z",
            "2026-01-02T09:00:00,000Z",
            "2026-01-02T09:00:00.000+00:00",
            "2026-01-02T09:00:00.000",
            "2026-02-29T09:00:00.000Z",
            "2026-13-01T09:00:00.000Z",
            "2026-00-01T09:00:00.000Z",
            "2026-01-02T24:00:00.000Z",
            "2026-01-02T09:60:00.000Z",
            "2026-06-30T23:59:60.000Z",
            "+002026-01-02T09:00:00.000Z",
            "-000001-01-02T09:00:00.000Z",
            "2026-01-02T09:00Z[UTC]  ",
            "20260102T090000.00000000Z",
        ] {
            assert_eq!(time(bad), None, "{bad}");
        }
    }

    #[test]
    fn names_and_ids_have_one_shape() {
        for good in ["ledger-opened", "a", "a1-2b"] {
            assert!(kebab(good).is_some(), "{good}");
        }
        for bad in ["", "-a", "a-", "a--b", "A", "a_b", "a.b", "é", "a b"] {
            assert!(kebab(bad).is_none(), "{bad}");
        }
        assert!(id("00112233445566778899aabbccddeeff").is_some());
        for bad in ["", "00112233445566778899AABBCCDDEEFF", "00112233445566778899aabbccddeef", "é"]
        {
            assert!(id(bad).is_none(), "{bad}");
        }
        assert!(printable("café.pdf").is_some());
        for bad in ["", "a\nb", "\u{1b}[2J"] {
            assert!(printable(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_long_entry_is_refused_unread() {
        assert!(matches!(parse(&vec![b' '; ENTRY_BYTES_MAX]), Err(FaultKind::NotCanonical { .. })));
        let found = ENTRY_BYTES_MAX + 1;
        assert_eq!(parse(&vec![b' '; found]).unwrap_err(), FaultKind::TooLong { found });
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes: Vec<u8>, text: String) {
            prop_assert!(parse(&bytes).is_err() && parse(text.as_bytes()).is_err());
            let _ = (time(&text), id(&text), kebab(&text), printable(&text));
        }

        #[test]
        fn any_damage_is_answered(
            at: prop::sample::Index, with in "[ -~]{0,4}", cut in 0_usize..9
        ) {
            let at = at.index(ENTRY.len());
            let end = (at + cut).min(ENTRY.len());
            let text = format!("{}{with}{}", &ENTRY[..at], &ENTRY[end..]);
            if let Ok(entry) = parse(text.as_bytes()) {
                prop_assert_eq!(entry.bytes, text.into_bytes());
            }
        }

        #[test]
        fn any_payload_is_answered(
            at: prop::sample::Index, with in "[ -~]{0,4}", cut in 0_usize..9
        ) {
            let value: Value = serde_json::from_str(ENTRY).unwrap();
            let payload = base64::decode(value["payload"].as_str().unwrap()).unwrap();
            let start = at.index(payload.len());
            let end = (start + cut).min(payload.len());
            let altered = [&payload[..start], with.as_bytes(), &payload[end..]].concat();
            let before = base64::encode(&payload);
            let text = ENTRY.replace(&before, &base64::encode(&altered));
            if let Ok(entry) = parse(text.as_bytes()) {
                prop_assert_eq!(entry.payload, altered);
            }
        }
    }
}

//! Making an entry: an in-toto Statement in canonical JSON inside a DSSE envelope. The bytes made
//! here are the record; they are stored, hashed and checked as they are and never written again.

use serde_json::{Value, json};
use thiserror::Error;

use super::base64;
use super::checkpoint::Origin;
use super::digest::Digest;
use super::fault::FaultKind;
use super::json::{NotCanonical, canonical};
use super::key::{PublicKey, Sign, SignError};
use super::note::Vkey;
use super::parse::parse;

pub use super::entry_form::{
    ENTRY_BYTES_MAX, KEY_ADMITTED, KEY_ROTATED, LEDGER_OPENED, LOG_KEY_ROTATED, PAYLOAD_TYPE,
    PREDICATE_TYPE, STATEMENT_TYPE, Subject,
};

/// An entry before it is signed. The author is the first signer.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The ledger.
    pub ledger: Origin,
    /// The ledger's identity: for entry 0 the [`genesis_digest`] of the ledger's own key, after it
    /// the leaf hash of entry 0.
    pub ledger_id: Digest,
    /// The place in the ledger, from 0.
    pub seq: u64,
    /// The root of the entries before this one.
    pub root: Digest,
    /// When it was recorded, UTC with milliseconds: `2026-01-02T09:00:00.000Z`.
    pub at: String,
    /// A unique id, 32 lower-case hex digits.
    pub id: String,
    /// The type of the event, kebab-case.
    pub kind: String,
    /// The event itself, a JSON object.
    pub body: Value,
    /// The files and content that it speaks of, without the ledger itself.
    pub subjects: Vec<Subject>,
}

/// Why a draft cannot become an entry.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EntryError {
    /// Nobody to sign.
    #[error("there is no signer; name the key of the author")]
    NoSigner,
    /// A body without a canonical form.
    #[error("the body cannot be written")]
    NotCanonical(#[from] NotCanonical),
    /// A signer whose signature does not fit its own public key.
    #[error("the signer of `{keyid}` made a signature that does not fit; check its device or key")]
    BadSigner {
        /// The keyid.
        keyid: String,
    },
    /// A signer without a signature.
    #[error(transparent)]
    NoSignature(#[from] SignError),
    /// An entry that no reader would take.
    #[error("the entry would be refused by its readers")]
    Refused(#[from] FaultKind),
}

/// Returns what entry 0 names as the ledger's identity: the SHA-256 of the text of the ledger's own
/// verifier key, without a newline. The identity then commits to the key that signs the heads.
pub fn genesis_digest(log: &Vkey) -> Digest {
    Digest::of(log.to_string().as_bytes())
}

/// Returns the bytes that a DSSE signature covers.
pub fn pae(payload_type: &str, body: &[u8]) -> Vec<u8> {
    let start = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), body.len());
    [start.as_bytes(), body].concat()
}

/// Signs a draft and returns the bytes of the entry. The first signer is the author; further ones
/// add their signatures in the order given, as proof of possession or as a second pair of eyes.
///
/// # Errors
/// No signer, a body without a canonical form, a signer that gives no signature or one that does
/// not fit, or anything that [`parse`] refuses.
pub fn seal(draft: &Draft, signers: &[&dyn Sign]) -> Result<Vec<u8>, EntryError> {
    let bytes = sign(draft, signers)?;
    let keys: Vec<PublicKey> = signers.iter().map(|signer| *signer.public()).collect();
    read_back(&bytes, &keys)?;
    Ok(bytes)
}

/// The first half of [`seal`]: bytes that must go through [`read_back`] before anyone keeps them.
///
/// # Errors
/// No signer, a body without a canonical form, or a signer that gives no signature.
pub fn sign(draft: &Draft, signers: &[&dyn Sign]) -> Result<Vec<u8>, EntryError> {
    let author = signers.first().ok_or(EntryError::NoSigner)?;
    envelope(&canonical(&statement(draft, &author.public().keyid()))?, signers)
}

/// Puts a payload into a DSSE envelope that all of these sign.
pub(super) fn envelope(payload: &str, signers: &[&dyn Sign]) -> Result<Vec<u8>, EntryError> {
    let message = pae(PAYLOAD_TYPE, payload.as_bytes());
    let sign = |signer: &&dyn Sign| {
        let sig = base64::encode(&signer.sign(&message)?);
        Ok(json!({"keyid": signer.public().keyid(), "sig": sig}))
    };
    let signatures = signers.iter().map(sign).collect::<Result<Vec<Value>, SignError>>()?;
    let entry = canonical(&json!({
        "payload": base64::encode(payload.as_bytes()),
        "payloadType": PAYLOAD_TYPE,
        "signatures": signatures,
    }))?;
    Ok(entry.into_bytes())
}

/// The second half of [`seal`], which can run beside the signing of what follows: reads the entry
/// as others will, and checks that each signer's signature fits. A faulty device must not leave a
/// bad signature in a history that nobody can mend.
///
/// # Errors
/// A signature that does not fit its key, or anything that [`parse`] refuses.
pub fn read_back(bytes: &[u8], keys: &[PublicKey]) -> Result<(), EntryError> {
    let entry = parse(bytes)?;
    let message = pae(PAYLOAD_TYPE, &entry.payload);
    for (index, key) in keys.iter().enumerate() {
        let keyid = key.keyid();
        let found = entry.signatures.get(index).filter(|found| found.keyid == keyid);
        if !found.is_some_and(|found| key.verify(&message, &found.bytes)) {
            return Err(EntryError::BadSigner { keyid });
        }
    }
    Ok(())
}

/// The subjects of a statement: what it is of, then files.
pub(super) fn subjects(of: &str, digest: &Digest, files: &[Subject]) -> Vec<Value> {
    let subject =
        |name: &str, sha256: &Digest| json!({"digest": {"sha256": sha256.hex()}, "name": name});
    let files = files.iter().map(|file| subject(&file.name, &file.sha256));
    std::iter::once(subject(of, digest)).chain(files).collect()
}

fn statement(draft: &Draft, by: &str) -> Value {
    json!({
        "_type": STATEMENT_TYPE,
        "predicate": {
            "at": draft.at,
            "body": draft.body,
            "by": by,
            "id": draft.id,
            "ledger": draft.ledger.as_str(),
            "root": draft.root.base64(),
            "seq": draft.seq,
            "type": draft.kind,
        },
        "predicateType": PREDICATE_TYPE,
        "subject": subjects(draft.ledger.as_str(), &draft.ledger_id, &draft.subjects),
    })
}

#[cfg(test)]
mod tests {
    use super::super::checkpoint::Checkpoint;
    use super::super::json::parse_canonical;
    use super::super::key::SeedSigner;
    use super::super::parse::Unverified;
    use super::super::tree::Frontier;
    use super::*;

    const VECTORS: &str = include_str!("../../fixtures/vectors/vectors.json");
    const LOG: &str =
        "ledger.example/northbridge/dspt+3edb7fbf+AYE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";
    const ENTRIES: [&[u8]; 5] = [
        include_bytes!("../../fixtures/vectors/entry-0.json"),
        include_bytes!("../../fixtures/vectors/entry-1.json"),
        include_bytes!("../../fixtures/vectors/entry-2.json"),
        include_bytes!("../../fixtures/vectors/entry-3.json"),
        include_bytes!("../../fixtures/vectors/entry-4.json"),
    ];
    const PAYLOADS: [&[u8]; 5] = [
        include_bytes!("../../fixtures/vectors/entry-0.payload.json"),
        include_bytes!("../../fixtures/vectors/entry-1.payload.json"),
        include_bytes!("../../fixtures/vectors/entry-2.payload.json"),
        include_bytes!("../../fixtures/vectors/entry-3.payload.json"),
        include_bytes!("../../fixtures/vectors/entry-4.payload.json"),
    ];

    fn draft_of(entry: Unverified) -> Draft {
        let read = entry.statement;
        Draft {
            ledger: read.ledger,
            ledger_id: read.identity.sha256,
            seq: read.seq,
            root: read.root,
            at: read.at,
            id: read.id,
            kind: read.kind,
            body: read.body,
            subjects: read.subjects,
        }
    }

    fn draft() -> Draft {
        draft_of(parse(ENTRIES[2]).unwrap())
    }

    fn author() -> SeedSigner {
        SeedSigner::from_seed(&[1; 32])
    }

    #[track_caller]
    fn refused(draft: &Draft) -> &'static str {
        match seal(draft, &[&author()]) {
            Err(EntryError::Refused(kind)) => kind.rule(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn worked_entries_are_sealed_again_to_the_byte() {
        let vectors: Value = serde_json::from_str(VECTORS).unwrap();
        let mut frontier = Frontier::new();
        for (seq, (bytes, payload)) in ENTRIES.iter().zip(PAYLOADS).enumerate() {
            let facts = &vectors["entries"][seq];
            let entry = parse(bytes).unwrap();
            assert_eq!(bytes.len() as u64, facts["bytes"].as_u64().unwrap());
            assert_eq!(entry.payload, payload);
            let digest = Digest::of(&pae(PAYLOAD_TYPE, payload)).hex();
            assert_eq!(digest, facts["pae_sha256"].as_str().unwrap());
            assert_eq!(entry.statement.root, frontier.root());
            assert_eq!(seal(&draft_of(entry), &[&author()]).unwrap(), *bytes);
            let leaf = super::super::tree::leaf_hash(bytes);
            assert_eq!(leaf.hex(), facts["leaf"].as_str().unwrap());
            frontier.push(leaf);
            assert_eq!(frontier.root().hex(), facts["root_after"].as_str().unwrap());
        }
    }

    #[test]
    fn the_pae_is_that_of_the_dsse_specification() {
        let expected = "DSSEv1 29 http://example.com/HelloWorld 11 hello world";
        assert_eq!(pae("http://example.com/HelloWorld", b"hello world"), expected.as_bytes());
        assert_eq!(pae("é", b""), "DSSEv1 2 é 0 ".as_bytes());
    }

    #[test]
    fn the_genesis_digest_is_of_the_key_line_without_newline() {
        let log = Vkey::parse(LOG).unwrap();
        assert_eq!(genesis_digest(&log), Digest::of(LOG.as_bytes()));
    }

    #[test]
    fn what_readers_would_refuse_is_never_made() {
        let change = |edit: fn(&mut Draft)| {
            let mut draft = draft();
            edit(&mut draft);
            draft
        };
        assert_eq!(refused(&change(|draft| draft.at = "2026-01-05".into())), "wrong-field");
        assert_eq!(refused(&change(|draft| draft.id = "1".into())), "wrong-field");
        assert_eq!(refused(&change(|draft| draft.kind = "Evidence".into())), "wrong-field");
        assert_eq!(refused(&change(|draft| draft.body = json!([]))), "wrong-field");
        assert_eq!(refused(&change(|draft| draft.subjects[0].name.clear())), "wrong-field");
        assert_eq!(refused(&change(|draft| draft.seq = 0)), "wrong-opening");
        assert_eq!(refused(&change(|draft| draft.kind = LEDGER_OPENED.into())), "wrong-opening");
        assert_eq!(refused(&change(|draft| draft.kind = KEY_ADMITTED.into())), "missing-field");
        let float = change(|draft| draft.body = json!({"share": 0.5}));
        assert!(matches!(seal(&float, &[&author()]), Err(EntryError::NotCanonical(_))));
        assert_eq!(seal(&draft(), &[]), Err(EntryError::NoSigner));
        assert!(matches!(
            seal(&draft(), &[&author(), &author()]),
            Err(EntryError::Refused(FaultKind::SignedTwice { .. }))
        ));
    }

    #[test]
    fn an_entry_fills_its_limit_and_no_more() {
        let sized = |length: usize| {
            let mut draft = draft();
            draft.body = json!({"note": "x".repeat(length)});
            seal(&draft, &[&author()])
        };
        // Base64 grows by four bytes for each three, so the largest size is met within four bytes.
        let length = (48_000..50_000).rev().find(|length| sized(*length).is_ok()).unwrap();
        assert!(sized(length).unwrap().len() > ENTRY_BYTES_MAX - 4);
        let error = sized(length + 1).unwrap_err();
        assert!(matches!(error, EntryError::Refused(FaultKind::TooLong { found: 65_536.. })));
    }

    #[test]
    fn a_signer_that_signs_wrongly_is_caught() {
        struct Broken(SeedSigner);
        impl Sign for Broken {
            fn public(&self) -> &PublicKey {
                self.0.public()
            }
            fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
                let mut signature = self.0.sign(message)?;
                signature[0] ^= 1;
                Ok(signature)
            }
        }
        struct Silent(SeedSigner);
        impl Sign for Silent {
            fn public(&self) -> &PublicKey {
                self.0.public()
            }
            fn sign(&self, _message: &[u8]) -> Result<[u8; 64], SignError> {
                Err(SignError { keyid: self.0.public().keyid(), why: "it is not there".to_owned() })
            }
        }
        let keyid = author().public().keyid();
        let found = seal(&draft(), &[&Broken(author())]);
        assert_eq!(found, Err(EntryError::BadSigner { keyid: keyid.clone() }));
        let why = "it is not there".to_owned();
        let expected = SignError { keyid, why };
        let found = seal(&draft(), &[&Silent(author())]);
        assert_eq!(found, Err(EntryError::NoSignature(expected.clone())));
        // A head is checked as well before anyone keeps it.
        let head = Checkpoint { origin: draft().ledger, size: 0, root: Digest::of(&[]) };
        assert_eq!(head.sign(&Silent(author())), Err(expected));
        let found = head.sign(&Broken(author())).unwrap_err();
        assert!(found.to_string().contains("does not fit"), "{found}");
    }

    #[test]
    fn further_signatures_stand_in_the_order_given() {
        let (second, third) = (SeedSigner::from_seed(&[8; 32]), SeedSigner::from_seed(&[9; 32]));
        let bytes = seal(&draft(), &[&author(), &third, &second]).unwrap();
        let keyids = [&author(), &third, &second].map(|signer| signer.public().keyid());
        assert_eq!(parse(&bytes).unwrap().keyids().collect::<Vec<_>>(), keyids);
        assert!(parse_canonical(&bytes).is_ok());
    }
}

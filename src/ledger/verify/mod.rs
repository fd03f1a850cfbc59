//! Checking an entry against its place in the ledger, then its signatures. The two are apart since
//! the first is cheap and runs in order, while the second may run on many entries at once. Only
//! here is a [`VerifiedEntry`] made, and only it gives up the body. Whether a key was active for
//! the type of an entry, and whether an id was used before, is for the caller.

use serde_json::Value;

use super::checkpoint::Origin;
use super::digest::{Digest, shown};
use super::entry::{PAYLOAD_TYPE, Subject, pae};
use super::fault::{Fault, FaultKind};
use super::key::PublicKey;
use super::parse::{Signature, Statement, Unverified, parse};
use super::tree::leaf_hash;

/// The place in the ledger where an entry stands.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The ledger.
    pub origin: &'a Origin,
    /// What `subject[0]` must carry: at 0 the [`genesis_digest`](super::entry::genesis_digest) of
    /// the ledger's own key, or nothing when that key is not known yet; later the leaf hash of
    /// entry 0, always.
    pub ledger_id: Option<Digest>,
    /// The place, from 0.
    pub seq: u64,
    /// The root of the entries before it.
    pub root: Digest,
}

/// An entry that fits its place; its signatures are not checked yet.
#[derive(Clone, Debug)]
pub struct Checked {
    entry: Unverified,
    leaf: Digest,
    seq: u64,
}

impl Checked {
    /// Returns the header fields.
    pub const fn entry(&self) -> &Unverified {
        &self.entry
    }

    /// Returns the leaf hash.
    pub const fn leaf(&self) -> Digest {
        self.leaf
    }

    /// Returns the key that the entry introduces. That it is held by someone, and let in by
    /// someone entitled, is known only when the signatures verified and the author was active;
    /// that it is the key of its keyid is known already, for the keyid is its hash.
    pub const fn introduces(&self) -> Option<&PublicKey> {
        self.entry.introduced.as_ref()
    }

    /// Returns the bytes that every signature covers.
    pub fn pae(&self) -> Vec<u8> {
        pae(PAYLOAD_TYPE, &self.entry.payload)
    }

    /// Returns the keyid and bytes of each signature, the author's first.
    pub fn signatures(&self) -> impl Iterator<Item = (&str, &[u8; 64])> {
        self.entry.signatures.iter().map(|signature| (&*signature.keyid, &signature.bytes))
    }
}

/// An entry that fits its place and whose signatures all verified.
#[derive(Clone, Debug)]
pub struct VerifiedEntry {
    statement: Statement,
    signatures: Vec<Signature>,
    introduced: Option<PublicKey>,
    leaf: Digest,
    bytes: Vec<u8>,
}

impl VerifiedEntry {
    /// Returns the place in the ledger, from 0.
    pub const fn seq(&self) -> u64 {
        self.statement.seq
    }

    /// Returns the time that the author claims, UTC with milliseconds.
    pub fn at(&self) -> &str {
        &self.statement.at
    }

    /// Returns the keyid of the author.
    pub fn by(&self) -> &str {
        &self.statement.by
    }

    /// Returns the id, 32 lower-case hex digits.
    pub fn id(&self) -> &str {
        &self.statement.id
    }

    /// Returns the type of the event.
    pub fn kind(&self) -> &str {
        &self.statement.kind
    }

    /// Returns the event itself, a JSON object.
    pub const fn body(&self) -> &Value {
        &self.statement.body
    }

    /// Returns the ledger that it names.
    pub const fn ledger(&self) -> &Origin {
        &self.statement.ledger
    }

    /// Returns the digest in `subject[0]`: what the entry takes the ledger's identity to be.
    pub const fn ledger_id(&self) -> Digest {
        self.statement.identity.sha256
    }

    /// Returns the files and content that it speaks of, without the ledger itself.
    pub fn subjects(&self) -> &[Subject] {
        &self.statement.subjects
    }

    /// Returns the keyids that signed, the author's first.
    pub fn keyids(&self) -> impl Iterator<Item = &str> {
        self.signatures.iter().map(|signature| signature.keyid.as_str())
    }

    /// Returns the key that it introduces, which signed it.
    pub const fn introduces(&self) -> Option<&PublicKey> {
        self.introduced.as_ref()
    }

    /// Returns the leaf hash.
    pub const fn leaf(&self) -> Digest {
        self.leaf
    }

    /// Returns the bytes of the entry.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Checks all of an entry but its signatures.
///
/// # Errors
/// The first rule broken, in the order of docs/FORMAT.md.
pub fn check(bytes: &[u8], expected: &Expected<'_>) -> Result<Checked, Fault> {
    let seq = expected.seq;
    let fault = |kind| Fault { seq, kind };
    let entry = parse(bytes).map_err(fault)?;
    check_place(&entry.statement, expected).map_err(fault)?;
    Ok(Checked { leaf: leaf_hash(&entry.bytes), entry, seq })
}

fn check_place(statement: &Statement, expected: &Expected<'_>) -> Result<(), FaultKind> {
    if statement.seq != expected.seq {
        return Err(FaultKind::WrongSequence { expected: expected.seq, found: statement.seq });
    }
    let origin = expected.origin.as_str();
    for found in [statement.ledger.as_str(), &statement.identity.name] {
        if found != origin {
            let found = shown(found);
            return Err(FaultKind::WrongLedger { expected: origin.to_owned(), found });
        }
    }
    let found = statement.identity.sha256;
    match expected.ledger_id {
        Some(expected) if expected != found => {
            return Err(FaultKind::WrongIdentity { expected, found });
        }
        None if expected.seq > 0 => return Err(FaultKind::UnknownIdentity),
        Some(_) | None => {}
    }
    if statement.root != expected.root {
        return Err(FaultKind::WrongRoot { expected: expected.root, found: statement.root });
    }
    Ok(())
}

/// Checks every signature of an entry, in its order, each strictly and by itself. A key is the one
/// that the entry introduces or the one that `key_of` gives for the keyid.
///
/// # Errors
/// A keyid without a key, or a signature that does not fit.
pub fn signatures(
    checked: Checked,
    key_of: impl Fn(&str) -> Option<PublicKey>,
) -> Result<VerifiedEntry, Fault> {
    signatures_or_back(checked, key_of).map_err(|back| back.0)
}

/// As [`signatures`]; gives the entry back where they are not good.
///
/// # Errors
/// As [`signatures`], with the entry.
pub fn signatures_or_back(
    checked: Checked,
    key_of: impl Fn(&str) -> Option<PublicKey>,
) -> Result<VerifiedEntry, Box<(Fault, Checked)>> {
    let each = each_signature(&checked, key_of);
    if let Some(kind) = each.into_iter().find_map(Result::err) {
        let fault = Fault { seq: checked.seq, kind };
        return Err(Box::new((fault, checked)));
    }
    let Checked { entry, leaf, .. } = checked;
    Ok(VerifiedEntry {
        statement: entry.statement,
        signatures: entry.signatures,
        introduced: entry.introduced,
        leaf,
        bytes: entry.bytes,
    })
}

/// Checks the signatures of an entry whose keys are known, and passes over the others: what can be
/// said of an entry that another key may sign by what a newer program wrote. Returns how many are
/// good.
///
/// # Errors
/// A signature of a known key that does not fit.
pub fn known_signatures(
    checked: &Checked,
    key_of: impl Fn(&str) -> Option<PublicKey>,
) -> Result<u64, Fault> {
    let mut good = 0;
    for one in each_signature(checked, key_of) {
        match one {
            Ok(()) => good += 1,
            Err(FaultKind::UnknownKey { .. }) => {}
            Err(kind) => return Err(Fault { seq: checked.seq, kind }),
        }
    }
    Ok(good)
}

/// What comes of each signature.
fn each_signature(
    checked: &Checked,
    key_of: impl Fn(&str) -> Option<PublicKey>,
) -> Vec<Result<(), FaultKind>> {
    let message = checked.pae();
    let introduced = checked.entry.introduced.map(|key| (key.keyid(), key));
    let each = checked.entry.signatures.iter().map(|Signature { keyid, bytes }| {
        let own = introduced.as_ref().filter(|(own, _)| own == keyid).map(|(_, key)| *key);
        // A key of another keyid would make the entry name the wrong signer.
        let known = || key_of(keyid).filter(|key| key.keyid() == *keyid);
        let unknown = || FaultKind::UnknownKey { keyid: keyid.clone() };
        let key = own.or_else(known).ok_or_else(unknown)?;
        if key.verify(&message, bytes) {
            return Ok(());
        }
        Err(FaultKind::BadSignature { keyid: keyid.clone() })
    });
    each.collect()
}

/// Checks an entry in its place and every signature of it.
///
/// # Errors
/// The first rule broken, as [`check`] and then [`signatures`] find it.
pub fn verify_entry(
    bytes: &[u8],
    expected: &Expected<'_>,
    key_of: impl Fn(&str) -> Option<PublicKey>,
) -> Result<VerifiedEntry, Fault> {
    signatures(check(bytes, expected)?, key_of)
}

#[cfg(test)]
mod tests;

//! Checks the signatures of one entry of an open ledger again: what was verified before may only be
//! remembered, and the word of a file in the user's folder is no signature.

use super::{Journal, JournalError};
use crate::ledger::{Expected, PublicKey, leaf_hash, parse, verify_entry};
use crate::store::Row;
use crate::verify::audit::Ledger;
use crate::verify::carried::{NotTold, told};
use crate::verify::finding::{Finding, Place};
use crate::verify::rule::Rule;

impl Journal {
    /// Reads an entry again and checks every signature of it, whatever is remembered.
    ///
    /// # Errors
    /// [`JournalError::Tampered`] where it is not the entry that was read, or one does not verify.
    pub fn check_signatures(&self, seq: u64) -> Result<(), JournalError> {
        let mut found = None;
        self.store().entries(seq..seq.saturating_add(1), |row| -> Result<(), JournalError> {
            found = Some(row);
            Ok(())
        })?;
        let place = Place::Entry(seq);
        let fault = |rule, text: String| Finding { place: place.clone(), rule, text };
        let missing = || fault(Rule::MissingEntry, "it is not there any more".to_owned());
        let row = found.ok_or_else(missing).map_err(JournalError::Tampered)?;
        signed(&self.ledger, seq, &row)
            .map_err(|(rule, text)| JournalError::Tampered(fault(rule, text)))
    }
}

fn signed(ledger: &Ledger, seq: u64, row: &Row) -> Result<(), (Rule, String)> {
    let leaf = usize::try_from(seq).ok().and_then(|seq| ledger.leaves.get(seq));
    if leaf != Some(&leaf_hash(&row.bytes)) {
        return Err((Rule::LeafDiffers, "it is not the entry that was read before".to_owned()));
    }
    let broken = |kind: crate::ledger::FaultKind| (Rule::from(&kind), kind.to_string());
    // Its place follows from its leaf hash, which leads to the root of the head.
    let root = parse::parse(&row.bytes).map_err(broken)?.root();
    let ledger_id = (seq > 0).then_some(ledger.id);
    let expected = Expected { origin: &ledger.origin, ledger_id, seq, root };
    let admitted = |keyid: &str| {
        let key = ledger.roster.get(&keyid.parse().ok()?)?;
        PublicKey::from_base64(&key.key).ok()
    };
    let log = |keyid: &str| {
        let mut keys = ledger.log.all().map(|one| *one.key());
        keys.find(|key| key.keyid() == keyid)
    };
    let key_of = |keyid: &str| admitted(keyid).or_else(|| log(keyid));
    let entry = verify_entry(&row.bytes, &expected, key_of).map_err(|fault| broken(fault.kind))?;
    // Whoever signed the request that it carries, too.
    match told(&entry, key_of) {
        Err(NotTold::Broken(rule, text)) => Err((rule, text)),
        Ok(_) | Err(NotTold::Body(_) | NotTold::Newer(_)) => Ok(()),
    }
}

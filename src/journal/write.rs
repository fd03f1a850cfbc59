//! Signs and writes what was admitted: entries, the files that they keep, and the new head.

use std::sync::Arc;

use rayon::prelude::*;
use serde_json::Value;

use super::asked::Batch;
use super::batch::{NewEvent, Signers, subjects};
use super::error::JournalError;
use super::fact::keyid;
use crate::domain::date::Timestamp;
use crate::domain::event::Kind;
use crate::domain::ids::KeyId;
use crate::domain::state::{Contents, Fact};
use crate::ledger::{Checkpoint, Digest, Draft, Frontier, Sign, leaf_hash, read_back, sign};
use crate::store::{Append, StoreError};
use crate::verify::audit::Ledger;

pub(super) struct Written {
    pub(super) signer: KeyId,
    pub(super) facts: Vec<Fact>,
    pub(super) leaves: Vec<Digest>,
    pub(super) contents: Contents,
    pub(super) head: Vec<u8>,
    /// What could not be done after the commit.
    pub(super) unfinished: Option<String>,
}

/// Signs and writes a batch inside one transaction, then the new head, then commits.
pub(super) fn write(
    mut append: Append<'_>,
    ledger: &Ledger,
    batch: &Batch<'_>,
    facts: Vec<Fact>,
    signers: &Signers<'_>,
) -> Result<Written, JournalError> {
    let events = batch.events;
    let mut frontier = ledger.frontier.clone();
    let (mut leaves, mut contents) = (Vec::with_capacity(facts.len()), Contents::new());
    // Each entry signs the root of those before it, so signing is one after the other; reading back
    // is not.
    let mut sealed = Vec::with_capacity(facts.len());
    for (index, (new, fact)) in events.iter().zip(&facts).enumerate() {
        let signing = signing(new, signers);
        let (kind, body) = batch.said(index, new)?;
        let bytes = sign(&draft(ledger, &frontier, new, (fact.at, kind, body)), &signing)?;
        let leaf = leaf_hash(&bytes);
        frontier.push(leaf);
        leaves.push(leaf);
        sealed.push((bytes, signing.iter().map(|one| *one.public()).collect::<Vec<_>>()));
    }
    let read: Vec<_> = sealed.par_iter().map(|(bytes, keys)| read_back(bytes, keys)).collect();
    read.into_iter().collect::<Result<(), _>>()?;
    for (((new, fact), (bytes, _)), leaf) in events.iter().zip(&facts).zip(&sealed).zip(&leaves) {
        for file in &new.files {
            let digest = file.sha256.hex();
            // Every answer of one file names that file: once is enough.
            if let Some(stored) = file.stored.as_ref().filter(|_| !contents.contains_key(&digest)) {
                append.put_content(&file.sha256, stored)?;
                contents.insert(digest, Arc::clone(stored));
            }
        }
        append.put_entry(fact.seq, &new.id.to_bytes(), leaf, bytes)?;
    }
    let (origin, size, root) = (ledger.origin.clone(), frontier.size(), frontier.root());
    let head = Checkpoint { origin, size, root }.sign(log_signer(events, signers))?;
    append.put_head(size, &head)?;
    let unfinished = match append.commit() {
        Ok(()) => None,
        // All of it is recorded, which whoever hears of this must know.
        Err(StoreError::HeadFile { path, source }) => {
            let path = path.display();
            Some(format!("{path} could not be written ({source}); the next recording renews it"))
        }
        Err(error) => return Err(error.into()),
    };
    Ok(Written { signer: keyid(signers.author), facts, leaves, contents, head, unfinished })
}

fn draft(
    ledger: &Ledger,
    frontier: &Frontier,
    new: &NewEvent,
    (at, kind, body): (Timestamp, &str, Value),
) -> Draft {
    Draft {
        ledger: ledger.origin.clone(),
        ledger_id: ledger.id,
        seq: frontier.size(),
        root: frontier.root(),
        at: at.to_string(),
        id: new.id.to_string(),
        kind: kind.to_owned(),
        body,
        subjects: subjects(new),
    }
}

/// The author signs; a key that comes into the ledger signs too, and so does a log key that goes.
fn signing<'k>(new: &NewEvent, signers: &Signers<'k>) -> Vec<&'k dyn Sign> {
    let mut all = vec![signers.author];
    if new.event.kind() == Kind::LogKeyRotated {
        all.push(signers.log);
    }
    if new.event.introduces().is_some() && new.event.kind() != Kind::LedgerOpened {
        all.extend(signers.admitted);
    }
    all
}

/// The head after a rotation of the log key is the first that the new one signs.
fn log_signer<'k>(batch: &[NewEvent], signers: &Signers<'k>) -> &'k dyn Sign {
    let rotated = batch.iter().any(|new| new.event.kind() == Kind::LogKeyRotated);
    signers.admitted.filter(|_| rotated).unwrap_or(signers.log)
}

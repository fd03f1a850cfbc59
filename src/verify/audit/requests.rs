//! Entries that carry what somebody else signed: who says what they say, and whether it fits here.

use super::Reader;
use super::entry_rules::undecided;
use super::outcome::{Ledger, Stop};
use crate::domain::event::Carrier;
use crate::domain::ids::KeyId;
use crate::domain::state::index::fact_index::FactSink;
use crate::ledger::VerifiedEntry;
use crate::verify::carried::{Carried, Here, NotTold};
use crate::verify::finding::{Finding, Place};

/// What it means that an entry does not tell what it says.
pub(super) fn not_told(seq: u64, not: NotTold) -> Stop {
    match not {
        NotTold::Body(bad) => undecided(seq, &bad),
        NotTold::Newer(why) => Stop::Undecided(why),
        NotTold::Broken(rule, text) => Finding { place: Place::Entry(seq), rule, text }.into(),
    }
}

/// Whether a request to record was taken: then its author says what the entry says.
pub(super) fn is_taken(request: Option<&Carried>) -> bool {
    request.is_some_and(|request| request.carrier == Carrier::RequestTaken)
}

/// Who says what an entry says: its own author, or that of the request to record that it carries.
pub(super) fn author(request: Option<&Carried>, signer: &KeyId) -> Option<KeyId> {
    match request.filter(|_| is_taken(request)) {
        Some(request) => request.author(),
        None => Some(signer.clone()),
    }
}

/// Whether the author of an entry may put in what somebody else signed.
pub(super) fn carries<F>(
    ledger: &Ledger<F>,
    request: Option<&Carried>,
    signer: &KeyId,
) -> Result<(), String> {
    let Some(request) = request else { return Ok(()) };
    ledger.roster.carries(signer, request.carrier).map_err(|no| no.to_string())
}

impl<F: FactSink + Send> Reader<F> {
    /// Holds the request that an entry carries against this ledger and its time, and what its author
    /// saw against the entries before it.
    pub(super) fn requested(
        &mut self,
        ledger: &Ledger<F>,
        entry: &VerifiedEntry,
        request: Option<&Carried>,
    ) -> Result<(), Finding> {
        let seq = entry.seq();
        let fault = |(rule, text)| Finding { place: Place::Entry(seq), rule, text };
        let Some(request) = request else { return Ok(()) };
        let here = Here { origin: &ledger.origin, id: ledger.id, seq, at: entry.at() };
        request.fits(&here).map_err(fault)?;
        let Some(seen) = request.bound.as_ref().map(|bound| bound.seen) else { return Ok(()) };
        let known = self.roots.get(&seen.size).copied();
        let root = if self.partial {
            Some(known.unwrap_or(*self.said.entry(seen.size).or_insert(seen.root)))
        } else {
            known.or_else(|| self.prefixes.root(&ledger.leaves, seen.size))
        };
        if root.is_none() && !F::LEAVES {
            // It is taken for granted until its root is known.
            self.unknown.insert(seen.size);
            return Ok(());
        }
        request.saw(root).map_err(fault)
    }
}

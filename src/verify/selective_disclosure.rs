//! An audit of some entries of a ledger, each with its proof, while the others are withheld: every
//! rule of `docs/FORMAT.md` as far as entries with gaps between them can show it.

use super::audit::{Audit, Reader, Stop, origin_of};
use super::finding::{Finding, Place};
use super::rule::Rule;
use super::source::Source;
use crate::domain::state::Facts;
use crate::ledger::parse::parse;
use crate::ledger::{Checkpoint, Digest, Expected, Origin, check as check_form, leaf_hash};
use crate::store::StoreError;

/// Audits entries that stand at rising places under the head of `source`, whose content it also
/// checks. That each is in the tree of that head is for the caller to check; `claimed` is what the
/// head says.
///
/// # Errors
/// [`StoreError`] when the source cannot be read.
pub fn audit_disclosed(
    source: &impl Source,
    entries: &[(u64, Vec<u8>)],
    claimed: &Checkpoint,
) -> Result<Audit, StoreError> {
    let mut reader = Reader::default();
    reader.partial = true;
    let outcome = run(&mut reader, source, entries, claimed);
    reader.outcome(outcome)
}

fn run(
    reader: &mut Reader<Facts>,
    source: &impl Source,
    entries: &[(u64, Vec<u8>)],
    claimed: &Checkpoint,
) -> Result<(), Stop> {
    let mut first: Option<(Origin, Digest)> = None;
    for (seq, bytes) in entries {
        let fault = |rule, text: String| Finding { place: Place::Entry(*seq), rule, text };
        let leaf = leaf_hash(bytes);
        if *seq == 0 {
            first = origin_of(bytes).map(|origin| (origin, leaf));
        }
        let entry = parse(bytes).map_err(|kind| fault(Rule::from(&kind), kind.to_string()))?;
        let Some((origin, identity)) = &first else {
            let text = "entry 0 is not given, and nothing can be checked without it".to_owned();
            return Err(fault(Rule::UnknownIdentity, text).into());
        };
        // Where an entry before it is withheld, what it stands upon can only be taken as it says.
        let whole = reader.frontier.size() == *seq;
        let root = if whole { reader.frontier.root() } else { entry.root() };
        let ledger_id = (*seq > 0).then_some(*identity);
        let expected = Expected { origin, ledger_id, seq: *seq, root };
        let checked = check_form(bytes, &expected)
            .map_err(|found| fault(Rule::from(&found.kind), found.kind.to_string()))?;
        reader.said.insert(*seq, entry.root());
        if whole {
            reader.frontier.push(leaf);
            reader.roots.insert(reader.frontier.size(), reader.frontier.root());
        }
        reader.waiting.push(checked);
        reader.settle()?;
    }
    // Every entry leads to this root by its own proof.
    reader.roots.insert(claimed.size, claimed.root);
    let heads = source.heads()?;
    reader.checkpoints(&heads)?;
    reader.contents(source, &heads)
}

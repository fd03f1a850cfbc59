//! The signed heads over the entries, and the contents that entries name.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::Reader;
use super::outcome::Stop;
use crate::domain::state::anchor::Anchor;
use crate::domain::state::index::fact_index::FactSink;
use crate::ledger::Digest;
use crate::store::Content;
use crate::verify::anchors;
use crate::verify::finding::{Finding, Place};
use crate::verify::rule::Rule;
use crate::verify::source::Source;

impl<F: FactSink + Send> Reader<F> {
    pub(crate) fn checkpoints(&mut self, heads: &[(u64, Vec<u8>)]) -> Result<(), Stop> {
        let Some(ledger) = &mut self.ledger else { return Ok(()) };
        // Heads that were verified before, and that sign the entries that were.
        let known = self.proven.filter(|_| self.proven_heads);
        let old = known.map_or(0, |(known, _)| heads.partition_point(|(size, _)| *size <= known));
        self.counts.checkpoints += old as u64;
        let (old, heads) = heads.split_at_checked(old).unwrap_or((&[], heads));
        if let Some((_, newest)) = old.last() {
            ledger.head.clone_from(newest);
        }
        let open = |(_, note): &(u64, Vec<u8>)| ledger.log.open(note);
        let opened: Vec<_> = heads.par_iter().map(open).collect();
        for ((size, note), opened) in heads.iter().zip(opened) {
            let fault =
                |rule, text: String| Finding { place: Place::Checkpoint(*size), rule, text };
            // A newer entry under it may have put another log key in its place.
            let covered = self.newer.as_ref().is_some_and(|(seq, _)| *size > *seq);
            self.unopened = covered && opened.is_err();
            if self.unopened {
                continue;
            }
            let checkpoint = opened.map_err(|bad| fault(Rule::Checkpoint, bad.to_string()))?;
            if checkpoint.origin != ledger.origin || checkpoint.size != *size {
                let text = "it is of another ledger or of another size".to_owned();
                return Err(fault(Rule::CheckpointPlace, text).into());
            }
            if self.roots.get(size) != Some(&checkpoint.root) {
                let text = format!(
                    "it signs the root {}, the entries give another",
                    checkpoint.root.base64()
                );
                return Err(fault(Rule::CheckpointRoot, text).into());
            }
            ledger.head.clone_from(note);
            self.counts.checkpoints += 1;
        }
        Ok(())
    }

    /// Hashes every stored content again; names what is missing and what nobody named.
    pub(crate) fn contents(
        &mut self,
        store: &impl Source,
        heads: &[(u64, Vec<u8>)],
    ) -> Result<(), Stop> {
        let mut found = BTreeSet::new();
        let (tokens, replayed) = (&self.tokens, &self.replayed);
        let wanted = |digest: &Digest| tokens.contains_key(digest) || replayed.contains(digest);
        store.contents(wanted, |content| -> Result<(), Stop> {
            let Content { digest, actual, bytes } = content;
            let fault =
                |rule, text: String| Finding { place: Place::Content(digest.hex()), rule, text };
            if actual != digest {
                return Err(fault(
                    Rule::ContentDiffers,
                    format!("its bytes hash to {}", actual.hex()),
                )
                .into());
            }
            found.insert(digest);
            for (token, bounds) in tokens.get(&digest).into_iter().flatten() {
                let anchor = dated_by(token, bytes.as_deref())?;
                if let Some(ledger) = self.ledger.as_mut().filter(|_| *bounds) {
                    ledger.anchors.push(anchor);
                }
            }
            // What is too long is missed by whoever reads it; evidence may have any name and length.
            let bytes = bytes.filter(|_| replayed.contains(&digest));
            if let (Some(bytes), Some(ledger)) = (bytes, &mut self.ledger) {
                ledger.contents.insert(digest.hex(), Arc::new(bytes));
            }
            self.counts.contents += 1;
            Ok(())
        })?;
        let fault = |digest: &Digest, rule, text: &str| Finding {
            place: Place::Content(digest.hex()),
            rule,
            text: text.to_owned(),
        };
        let missing = || self.named.difference(&found);
        self.counts.withheld = missing().filter(|digest| store.withheld(digest)).count() as u64;
        // What newer entries name is not known.
        if self.newer.is_some() {
            return Ok(());
        }
        if let Some(missing) = missing().find(|digest| !store.withheld(digest)) {
            return Err(
                fault(missing, Rule::ContentMissing, "an entry names it; it is not there").into()
            );
        }
        // Another program may have appended in the meantime: then unknown contents are its own.
        let grown = store.heads()?.len() != heads.len();
        if let Some(extra) = found.difference(&self.named).next().filter(|_| !grown) {
            return Err(fault(extra, Rule::ContentUnnamed, "no entry names it").into());
        }
        if let Some(ledger) = &mut self.ledger {
            ledger.anchors.sort_by_key(|anchor| anchor.seq);
        }
        Ok(())
    }
}

/// The anchor that a token makes. One that is too long to be kept is no token either.
fn dated_by(token: &anchors::Token, bytes: Option<&[u8]>) -> Result<Anchor, Finding> {
    let place = Place::Entry(token.seq);
    anchors::token(bytes.unwrap_or_default(), token).map_err(|(rule, text)| Finding {
        place,
        rule,
        text,
    })
}

//! How much of own evidence and answers is told one by one, and where their titles are read.

use crate::domain::engine::status::DayView;
use crate::domain::ids::ItemRef;
use crate::domain::state::facts::EntryText;
use crate::domain::state::index::evidence_view::{EvidencePiece, OwnEvidence};

/// Where the titles in an explanation are read, and how many of a kind are told one by one: the
/// newest; all entries are named all the same.
#[derive(Clone, Copy)]
pub struct Telling<'t> {
    /// Where titles are read.
    pub words: &'t dyn EntryText,
    /// How many pieces of evidence and answers are told one by one.
    pub most: usize,
}

impl<'t> Telling<'t> {
    /// Tells everything one by one.
    pub fn all(words: &'t dyn EntryText) -> Self {
        Self { words, most: usize::MAX }
    }

    /// Tells of each how it counts, the newest that fit one by one and those before them at once.
    pub(super) fn tell<T>(
        self,
        pieces: &[EvidencePiece],
        (view, item): (&DayView<'_>, &ItemRef),
        one: impl Fn(&OwnEvidence) -> T,
        rest: impl FnOnce(String, Vec<u64>) -> T,
    ) -> Vec<T> {
        let before = pieces.len().saturating_sub(self.most);
        let (earlier, newest) = pieces.split_at_checked(before).unwrap_or((&[], pieces));
        let mut told = Vec::with_capacity(newest.len() + 1);
        if !earlier.is_empty() {
            let entries = view.positions.derivation.said.entries_of(earlier);
            told.push(rest(format!("{} earlier ones", earlier.len()), entries));
        }
        let own = |piece| view.positions.own(item, piece, self.words);
        told.extend(newest.iter().filter_map(own).map(|own| one(&own)));
        told
    }
}

//! Single pieces of evidence and answers: when each counts, what it is, which entries it comes from.

use super::{EvidencePiece, EvidenceView, ItemLine, OwnEvidence, Scopes, Withdrawn};
use crate::domain::date::Date;
use crate::domain::event::Event;

use crate::domain::event::words::Assurance;
use crate::domain::ids::ItemRef;
use crate::domain::region::{Cover, Region, Units};
use crate::domain::state::facts::EntryText;

impl EvidenceView {
    /// Evidence and positive answers for an item, whenever they count, in ledger order.
    pub fn pieces(&self, item: &ItemRef, scopes: &Scopes) -> Vec<EvidencePiece> {
        self.pieces_where(item, scopes, |_, _| true)
    }

    /// Evidence and answers that count on a day, in ledger order.
    pub fn pieces_on(
        &self,
        item: &ItemRef,
        line: &ItemLine,
        scopes: &Scopes,
        day: Date,
    ) -> Vec<EvidencePiece> {
        if line.own.at(day).is_empty() {
            return Vec::new();
        }
        let mut all = self.pieces_where(item, scopes, |from, until| from <= day && day <= until);
        all.retain(|piece| piece.holds_on(day));
        all
    }

    fn pieces_where(
        &self,
        item: &ItemRef,
        scopes: &Scopes,
        wanted: impl Fn(Date, Date) -> bool,
    ) -> Vec<EvidencePiece> {
        let evidence =
            self.rows(item).filter(|row| wanted(row.from, row.until)).map(|row| EvidencePiece {
                seq: u64::from(row.seq),
                answer: false,
                from: row.from,
                until: self.last_day(row.seq, row.until),
                units: self.units(&row, scopes),
            });
        let answers = self.answered(item).into_iter().filter(|one| one.met);
        let answers = answers.filter(|one| wanted(one.on, one.until)).map(|one| EvidencePiece {
            seq: u64::from(one.seq),
            answer: true,
            from: one.on,
            until: Some(one.until),
            units: Units::ALL,
        });
        let mut all: Vec<EvidencePiece> = evidence.chain(answers).collect();
        all.sort_by_key(|piece| piece.seq);
        all
    }

    /// Says whether a piece counts on a day.
    pub fn counts_on(piece: &EvidencePiece, line: &ItemLine, day: Date) -> bool {
        let denied = line.denied.iter().any(|(from, until, _)| *from <= day && day <= *until);
        piece.holds_on(day) && !denied
    }

    /// All that is to be said of a piece.
    pub fn own(
        &self,
        piece: &EvidencePiece,
        line: &ItemLine,
        words: &dyn EntryText,
    ) -> OwnEvidence {
        let seq = u32::try_from(piece.seq).unwrap_or(u32::MAX);
        let cover = Cover::of(piece.units, Assurance::SelfAssessed);
        let region = piece.until.map_or_else(Region::new, |until| {
            let inside = line
                .denied
                .iter()
                .filter(|(first, last, _)| *first <= until && piece.from <= *last);
            let whole = Region::during(piece.from, until, cover);
            inside.fold(whole, |region, (first, last, _)| region.without(*first, *last))
        });
        let (because, ended_by) = (self.because(seq), self.ended_by(seq));
        OwnEvidence { region, because, label: self.label(piece, words), ended_by }
    }

    fn label(&self, piece: &EvidencePiece, words: &dyn EntryText) -> String {
        if piece.answer {
            return "own answer".to_owned();
        }
        match self.event(piece.seq, words).as_deref() {
            Some(Event::EvidenceRecorded(body)) => format!("evidence \"{}\"", body.title),
            Some(_) | None => format!("evidence of entry #{}", piece.seq),
        }
    }

    /// The entries of some pieces, in their order, a correction after what it corrects.
    pub fn entries_of(&self, pieces: &[EvidencePiece]) -> Vec<u64> {
        self.with_corrections(pieces.iter().map(|piece| piece.seq))
    }

    /// The entries that ended some pieces early.
    pub fn ends_of(&self, pieces: &[EvidencePiece]) -> Vec<u64> {
        let seqs = pieces.iter().filter_map(|piece| u32::try_from(piece.seq).ok());
        seqs.flat_map(|seq| self.ended_by(seq)).collect()
    }

    pub(super) fn with_corrections(&self, places: impl Iterator<Item = u64>) -> Vec<u64> {
        let by = |place: u64| {
            let seq = u32::try_from(place).ok().filter(|_| !self.instead.is_empty());
            seq.and_then(|seq| self.instead.get(&seq)).map(|instead| instead.by)
        };
        places.flat_map(|place| std::iter::once(place).chain(by(place))).collect()
    }

    fn ended_by(&self, seq: u32) -> Vec<u64> {
        if self.moved.is_empty() && !self.chronicle.is_touched(seq) {
            return Vec::new();
        }
        let mut all: Vec<u64> = self.withdrawals(seq).map(Withdrawn::newest).collect();
        all.sort_unstable();
        all
    }
}

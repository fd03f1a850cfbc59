//! Who confirmed an assertion, and from when.

use super::{Confirmed, EvidenceView};
use crate::domain::date::Date;
use crate::domain::event::Event;
use crate::domain::ids::AssertionRef;

impl EvidenceView {
    /// The first day from which an assertion is confirmed.
    pub fn confirmed_from(&self, assertion: &AssertionRef) -> Option<Date> {
        let recorded = self.chronicle.confirmed.get(assertion).into_iter().flatten();
        let first = recorded.copied().find(|(_, seq)| self.stands(*seq)).map(|(on, _)| on);
        let corrected = self.corrected_confirmations(assertion).into_iter().map(|one| one.on);
        first.into_iter().chain(corrected).min()
    }

    /// The confirmations of an assertion for a day or one before it, in ledger order.
    pub fn confirmations(&self, assertion: &AssertionRef, day: Date) -> Vec<Confirmed> {
        let recorded = self.chronicle.confirmed.get(assertion).into_iter().flatten();
        let until = recorded.take_while(|(on, _)| *on <= day);
        let standing = until.filter(|(_, seq)| self.stands(*seq));
        let mut all: Vec<Confirmed> = standing
            .map(|(on, seq)| Confirmed { on: *on, because: vec![u64::from(*seq)] })
            .collect();
        all.extend(self.corrected_confirmations(assertion).into_iter().filter(|one| one.on <= day));
        all.sort_by(|one, other| one.because.cmp(&other.because));
        all
    }

    /// The entries of these confirmations, in ledger order.
    pub fn confirming(&self, assertion: &AssertionRef, day: Date) -> Vec<u64> {
        let recorded = self.chronicle.confirmed.get(assertion).into_iter().flatten();
        let until = recorded.take_while(|(on, _)| *on <= day);
        let standing = until.filter(|(_, seq)| self.stands(*seq)).map(|(_, seq)| u64::from(*seq));
        let corrected = self.corrected_confirmations(assertion).into_iter();
        let corrected =
            corrected.filter(|one| one.on <= day).filter_map(|one| one.because.first().copied());
        let mut places: Vec<u64> = standing.chain(corrected).collect();
        places.sort_unstable();
        self.with_corrections(places.into_iter())
    }

    fn corrected_confirmations(&self, assertion: &AssertionRef) -> Vec<Confirmed> {
        let corrected = self.confirmed.get(assertion).into_iter().flatten();
        let one = |seq: &u32| match self.instead.get(seq).and_then(|one| one.event.as_ref()) {
            Some(Event::AssertionConfirmed(body)) => {
                Some(Confirmed { on: body.on, because: self.because(*seq) })
            }
            Some(_) | None => None,
        };
        corrected.filter_map(one).collect()
    }
}

//! What the organisation itself says of an item, day by day.

use std::collections::BTreeMap;

use super::{EvidenceView, ItemLine, Scopes};
use crate::domain::date::Date;
use crate::domain::ids::ItemRef;
use crate::domain::region::{Steps, Units};
use crate::domain::state::index::fact_index::Row;

impl EvidenceView {
    /// What the organisation itself says of an item, day by day.
    pub fn line(&self, item: &ItemRef, scopes: &Scopes) -> ItemLine {
        let thin = self.chronicle.thin_track(item);
        // An answer that a correction brought in may stand between any two.
        let answers = match thin.filter(|_| !self.answers.contains_key(item)) {
            Some(thin) => self.in_turn(item, &thin.answers),
            None => self.answered(item),
        };
        let met = answers.iter().filter(|one| one.met).map(|one| (one.on, one.until));
        let mut own = Steps::of_spans(met, Units::ALL);
        let evidence = thin.map_or(&[][..], |thin| &thin.evidence);
        for (units, spans) in self.spans(item, evidence, scopes) {
            let more = Steps::of_spans(spans, units);
            own = own.zip(&more, Units::or);
        }
        let denied: Vec<(Date, Date, u32)> =
            answers.iter().filter(|one| !one.met).map(|one| (one.on, one.until, one.seq)).collect();
        let gone = Steps::of_spans(denied.iter().map(|(from, until, _)| (*from, *until)), true);
        let own = own.zip(&gone, |units, gone| if gone { Units::NONE } else { units });
        ItemLine { own, denied }
    }

    /// The days of evidence, by the units that it speaks of, each list by its first days.
    fn spans(
        &self,
        item: &ItemRef,
        recorded: &[Row],
        scopes: &Scopes,
    ) -> BTreeMap<Units, Vec<(Date, Date)>> {
        let mut all: BTreeMap<Units, Vec<(Date, Date)>> = BTreeMap::new();
        let (mut last, mut open): (Units, Vec<(Date, Date)>) = (Units::NONE, Vec::new());
        let careful = self.chronicle.unresolved || !self.moved.is_empty();
        for row in recorded.iter().copied().chain(self.corrected_rows(item)) {
            if row.seq >= self.size {
                continue;
            }
            let mut until = row.until;
            // Few entries are spoken of by a later one: a million others need no look-up.
            if careful || self.chronicle.is_touched(row.seq) {
                let corrected = row.scope == u32::MAX;
                match self
                    .last_day(row.seq, row.until)
                    .filter(|_| corrected || self.stands(row.seq))
                {
                    Some(day) => until = day,
                    None => continue,
                }
            }
            if until < row.from {
                continue;
            }
            let units = self.units(&row, scopes);
            if units != last {
                all.entry(last).or_default().append(&mut open);
                last = units;
            }
            match open.last_mut() {
                // Most of a large ledger says again what something before it says.
                Some((from, end)) if *from <= row.from && row.from <= end.plus(1) => {
                    *end = until.max(*end);
                }
                Some(_) | None => open.push((row.from, until)),
            }
        }
        all.entry(last).or_default().append(&mut open);
        for spans in all.values_mut() {
            spans.sort_unstable();
        }
        all.remove(&Units::NONE);
        all
    }
}

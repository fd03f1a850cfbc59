//! Days that were covered.

use std::collections::BTreeMap;

use crate::domain::date::Date;

/// Days that were covered, as spans that do not touch.
#[derive(Default)]
pub(super) struct Spans(BTreeMap<Date, Date>);

impl Spans {
    /// Adds the days of a span. Returns whether any of them is new.
    pub(super) fn add(&mut self, from: Date, until: Date) -> bool {
        if until < from {
            return false;
        }
        let around = self.0.range(..=from).next_back();
        if around.is_some_and(|(_, last)| until <= *last) {
            return false;
        }
        let (mut first, mut last) = (from, until);
        if let Some((begin, end)) = around.filter(|(_, end)| end.plus(1) >= from) {
            (first, last) = (*begin, last.max(*end));
        }
        // Spans that begin inside the new one, or just behind it.
        while let Some((begin, end)) = self.0.range(first..=last.plus(1)).next_back() {
            let (begin, end) = (*begin, *end);
            last = last.max(end);
            self.0.remove(&begin);
        }
        self.0.insert(first, last);
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_span_is_new_where_it_has_a_day_that_no_other_had(
            spans in proptest::collection::vec((0..30_i32, -1..12_i32), 0..20),
        ) {
            let first = Date::parse("2026-01-01").unwrap();
            let (mut known, mut days) = (Spans::default(), std::collections::BTreeSet::new());
            for (from, long) in spans {
                let (from, until) = (first.plus(from), first.plus(from + long));
                let before = days.len();
                days.extend((from.number()..=until.number()).collect::<Vec<_>>());
                prop_assert_eq!(known.add(from, until), days.len() > before);
            }
        }
    }
}

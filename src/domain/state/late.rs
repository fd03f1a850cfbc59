//! That an event was recorded after the day that it is for: one rule for every list, screen and file.

use super::facts::EntryText;
use crate::domain::date::Date;
use crate::domain::event::fact::Fact;

/// That an event was recorded after the day that it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Late {
    /// How many days after.
    pub days: i32,
    /// Whether that day is before the ledger was opened, so that it could not be in time.
    pub before_ledger: bool,
}

impl Late {
    /// One rule for every list, screen and file: late is what was recorded on a later day than the
    /// one that it is for. What is from before the ledger was opened is late as well, and says so.
    pub(in crate::domain) fn of(day: Date, recorded: Date, opened: Date) -> Option<Self> {
        let days = recorded.number() - day.number();
        (days > 0).then_some(Self { days, before_ledger: day < opened })
    }

    /// Returns how late in a sentence: `32 days after the day that it is for`.
    pub fn sentence(self) -> String {
        let days = if self.days == 1 { "day" } else { "days" };
        let before =
            if self.before_ledger { ", which is before the ledger was opened" } else { "" };
        format!("{} {days} after the day that it is for{before}", self.days)
    }

    /// Returns the mark: `LATE 32 days`, `LATE 1 day (before the ledger)`.
    pub fn mark(self) -> String {
        let days = if self.days == 1 { "day" } else { "days" };
        let before = if self.before_ledger { " (before the ledger)" } else { "" };
        format!("LATE {} {days}{before}", self.days)
    }
}

/// Says whether an event was recorded after the day that it is for.
///
/// What counts is the day from which the fact says that it holds: evidence and answers from the
/// day that they prove, certificates, suspensions and withdrawals from their first day.
pub fn late(fact: &Fact, words: &dyn EntryText) -> Option<Late> {
    let opened = words.fact(0).map_or(Date::MIN, |first| first.at.london_day());
    Late::of(fact.event.effective_day()?, fact.at.london_day(), opened)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recorded_on_a_later_day_is_late_without_exception() {
        let day = |text: &str| Date::parse(text).unwrap();
        let mark = |of: &str, recorded: &str, opened: &str| {
            Late::of(day(of), day(recorded), day(opened)).map_or_else(String::new, Late::mark)
        };
        assert_eq!(mark("2026-02-02", "2026-02-02", "2026-02-01"), "");
        assert_eq!(mark("2026-02-03", "2026-02-02", "2026-02-01"), "");
        assert_eq!(mark("2026-02-01", "2026-02-02", "2026-02-01"), "LATE 1 day");
        assert_eq!(mark("2026-02-01", "2026-02-03", "2026-02-01"), "LATE 2 days");
        // Half a year late in a new ledger is late as well.
        assert_eq!(
            mark("2026-01-31", "2026-02-01", "2026-02-01"),
            "LATE 1 day (before the ledger)"
        );
        assert_eq!(
            mark("2025-08-05", "2026-02-01", "2026-02-01"),
            "LATE 180 days (before the ledger)"
        );
    }
}

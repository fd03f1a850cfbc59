//! What the times that entries claim show: which cannot be, by what outsiders saw, which an owner
//! explained, and which the reader's own clock calls future.

use super::finding::{Finding, Place};
use super::rule::Rule;
use crate::domain::date::Timestamp;
use crate::domain::event::Event;
use crate::domain::state::Fact;
use crate::domain::state::anchor::{Anchor, Interval, Intervals, is_later};
use crate::domain::state::explained_clock::Explained;

/// What the times that entries claim are, held against the intervals that outsiders prove.
pub(crate) struct Clocks<'c> {
    facts: &'c [Fact],
    explained: &'c Explained,
    /// Entries whose time cannot be.
    pub(crate) outside: Vec<Finding>,
    /// Those of which an owner said that their clock was wrong.
    told: Vec<Finding>,
}

impl<'c> Clocks<'c> {
    /// Compares the entries; those from place `whole` on have no first moment.
    pub(crate) fn of(
        facts: &'c [Fact],
        whole: u64,
        intervals: &Intervals,
        explained: &'c Explained,
    ) -> Self {
        let mut made = Self { facts, explained, outside: Vec::new(), told: Vec::new() };
        for fact in facts {
            let known = intervals.of(fact.seq);
            let interval = if fact.seq < whole { known } else { Interval { after: None, ..known } };
            if !interval.excludes(fact.at) {
                continue;
            }
            let side = |at: Option<Timestamp>| at.map_or("open".to_owned(), |at| at.to_string());
            let (after, before) = (side(interval.after), side(interval.before));
            let claim =
                format!("it says {}, and was written between {after} and {before}", fact.at);
            let place = Place::Entry(fact.seq);
            // That a clock was ahead explains a stamp that is too late, and no other.
            let by = explained.stamp(fact.seq, fact.at).filter(|_| !interval.is_before(fact.at));
            match by {
                None => {
                    let text = format!("{claim}, as outsiders saw");
                    made.outside.push(Finding { place, rule: Rule::TimeOutsideInterval, text });
                }
                Some(by) => {
                    let text = format!("{claim}, as outsiders saw; {}", made.said(by));
                    made.told.push(Finding { place, rule: Rule::ClockExplained, text });
                }
            }
        }
        made
    }

    fn said(&self, by: u64) -> String {
        let fact = self.facts.iter().find(|fact| fact.seq == by);
        let Some(Event::ClockExplained(body)) = fact.map(|fact| &fact.event) else {
            return format!("entry #{by} explains it");
        };
        format!("entry #{by} says that this clock was wrong: {}", body.reason)
    }

    /// What a reader should know of clocks: explanations, and times that the reader's own clock calls future.
    pub(crate) fn remarks(&self, anchors: &[Anchor], now: Timestamp) -> Vec<Finding> {
        let mut all = self.told.clone();
        for one in anchors {
            let by = one.seq.and_then(|seq| Some((seq, self.explained.anchor(seq)?)));
            if let Some((seq, by)) = by {
                let place = Place::Entry(seq);
                let text = format!("{} says {}; {}", one.name(), one.at, self.said(by));
                all.push(Finding { place, rule: Rule::ClockExplained, text });
            }
            if let Some(seq) = one.seq.filter(|_| is_later(one.at, now)) {
                let place = Place::Entry(seq);
                let text =
                    format!("{} says {}, which is after your clock, {now}", one.name(), one.at);
                all.push(Finding { place, rule: Rule::AfterYourClock, text });
            }
        }
        let ahead: Vec<&Fact> = self.facts.iter().filter(|fact| is_later(fact.at, now)).collect();
        if let (Some(first), Some(last)) = (ahead.first(), ahead.last()) {
            let place = Place::Entry(first.seq);
            let others = match last.seq - first.seq {
                0 => String::new(),
                _ => format!("; so do those after it, to #{}, which says {}", last.seq, last.at),
            };
            let text = format!("it says {}, which is after your clock, {now}{others}", first.at);
            all.push(Finding { place, rule: Rule::AfterYourClock, text });
        }
        all.sort_by_key(|one| match one.place {
            Place::Entry(seq) => seq,
            Place::Checkpoint(_) | Place::Content(_) | Place::File(_) => u64::MAX,
        });
        all
    }
}

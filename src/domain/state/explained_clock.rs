//! What an owner said of a clock that was wrong: whose, when, and why.
//!
//! An explanation hides nothing and takes no proof away. Of one's own clock it is believed as far as
//! it says that an entry was stamped too late. Of an outsider's it takes from a time what bounds from
//! above; what bounds from below stays, until somebody else outside shows that it cannot be right.

use std::collections::BTreeMap;

use crate::domain::date::Timestamp;
use crate::domain::event::Event;
use crate::domain::event::fact::Fact;
use crate::domain::event::words::Clock;
use crate::domain::ids::EventId;

/// Entries whose stamps an owner said were wrong.
#[derive(Clone, Copy, Debug)]
struct Stamped {
    first: u64,
    last: u64,
    by: u64,
}

/// What the explanations of a ledger are about.
#[derive(Clone, Debug, Default)]
pub struct Explained {
    /// Anchors, each with the first entry that explains it.
    anchors: BTreeMap<u64, u64>,
    /// Entries in a row, by rising first place, without overlap.
    stamped: Vec<Stamped>,
    /// A time that a wrong clock left for later entries to carry: the last entry named with it, and
    /// the entry that explains it.
    carried: BTreeMap<Timestamp, (u64, u64)>,
}

impl Explained {
    /// Reads the explanations among facts, in their order.
    pub fn of(facts: &[Fact]) -> Self {
        let all: Vec<_> = facts
            .iter()
            .filter_map(|fact| {
                let Event::ClockExplained(body) = &fact.event else { return None };
                Some((fact.seq, body))
            })
            .collect();
        if all.is_empty() {
            return Self::default();
        }
        let places: BTreeMap<&EventId, (u64, Timestamp)> =
            facts.iter().map(|fact| (&fact.id, (fact.seq, fact.at))).collect();
        let mut made = Self::default();
        for (by, body) in all {
            // What is withheld, or comes later, is not spoken of.
            let place = |id: &EventId| places.get(id).copied().filter(|(seq, _)| *seq < by);
            let Some(one) = place(&body.entry) else { continue };
            let other = match &body.until {
                None => one,
                Some(until) => match place(until) {
                    Some(other) => other,
                    None => continue,
                },
            };
            match body.clock {
                Clock::Outsider => {
                    made.anchors.entry(one.0).or_insert(by);
                }
                Clock::Author => {
                    let ((first, _), (last, at)) = (one.min(other), one.max(other));
                    made.stamped.push(Stamped { first, last, by });
                    let carried = made.carried.entry(at).or_insert((last, by));
                    *carried = (*carried).min((last, by));
                }
            }
        }
        made.stamped.sort_by_key(|one| (one.first, one.last, one.by));
        let mut joined: Vec<Stamped> = Vec::new();
        for one in made.stamped {
            match joined.last_mut().filter(|before| one.first <= before.last) {
                Some(before) => before.last = before.last.max(one.last),
                None => joined.push(one),
            }
        }
        made.stamped = joined;
        made
    }

    /// The entry that says that the outsiders of the anchor at `seq` had a wrong clock.
    pub fn anchor(&self, seq: u64) -> Option<u64> {
        self.anchors.get(&seq).copied()
    }

    /// The anchors that are explained, with the entries that say so.
    pub fn anchors(&self) -> impl Iterator<Item = (u64, u64)> {
        self.anchors.iter().map(|(anchor, by)| (*anchor, *by))
    }

    /// The entry that says that the entry at `seq`, stamped with `at`, was stamped by a wrong clock: it
    /// is named, or it follows one that is and carries the same time.
    pub fn stamp(&self, seq: u64, at: Timestamp) -> Option<u64> {
        let after = self.stamped.partition_point(|one| one.first <= seq);
        let named = after.checked_sub(1).and_then(|place| self.stamped.get(place));
        let named = named.filter(|one| seq <= one.last).map(|one| one.by);
        named.or_else(|| self.carried.get(&at).filter(|(last, _)| *last <= seq).map(|(_, by)| *by))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::body::FrameworkAdopted;
    use crate::domain::event::body::keys::ClockExplained;

    fn id(seq: u64) -> EventId {
        format!("{seq:032x}").parse().unwrap()
    }

    fn fact(seq: u64, at: i64, event: Event) -> Fact {
        let by = format!("SHA256:{}", "A".repeat(43)).parse().unwrap();
        let at = Timestamp::from_millis(at);
        Fact { seq, at, by, id: id(seq), event, subjects: Vec::new() }
    }

    fn plain() -> Event {
        Event::FrameworkAdopted(FrameworkAdopted { framework: "iso27001:2022".parse().unwrap() })
    }

    fn explained(clock: Clock, entry: u64, until: Option<u64>) -> Event {
        let (entry, until, reason) = (id(entry), until.map(id), "a flat battery".to_owned());
        Event::ClockExplained(ClockExplained { clock, entry, until, reason })
    }

    #[test]
    fn what_carries_the_time_of_an_entry_that_is_named_is_spoken_of_too() {
        let mut facts: Vec<Fact> = (0..4).map(|seq| fact(seq, 0, plain())).collect();
        facts.push(fact(4, 900, plain()));
        facts.push(fact(5, 901, plain()));
        facts.push(fact(6, 901, explained(Clock::Author, 4, Some(5))));
        facts.push(fact(7, 901, explained(Clock::Outsider, 2, None)));
        facts.push(fact(8, 902, explained(Clock::Author, 9, None)));
        let found = Explained::of(&facts);
        let spoken: Vec<u64> = facts
            .iter()
            .filter(|one| found.stamp(one.seq, one.at).is_some())
            .map(|one| one.seq)
            .collect();
        assert_eq!(spoken, [4, 5, 6, 7]);
        assert_eq!(found.stamp(5, Timestamp::from_millis(901)), Some(6));
        assert_eq!((found.anchor(2), found.anchor(4)), (Some(7), None));
        assert_eq!(found.anchors().collect::<Vec<_>>(), [(2, 7)]);
        // The same two places the other way round, and ranges that overlap.
        facts.push(fact(9, 902, explained(Clock::Author, 3, Some(1))));
        facts.push(fact(10, 902, explained(Clock::Author, 2, Some(4))));
        let found = Explained::of(&facts);
        let spoken: Vec<u64> = facts
            .iter()
            .filter(|one| found.stamp(one.seq, one.at).is_some())
            .map(|one| one.seq)
            .collect();
        assert_eq!(spoken, [1, 2, 3, 4, 5, 6, 7]);
    }
}

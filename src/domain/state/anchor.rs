//! When an entry was written, as far as somebody outside can say: the interval that anchors prove.
//!
//! An anchor is a head of the ledger that a witness or a time-stamping authority dated. Whether it
//! is one, and whose word counts, is decided where signatures are checked; here are only values.

use super::explained_clock::Explained;
use crate::domain::date::Timestamp;

/// How far clocks may differ, in milliseconds. A difference up to it proves nothing; `docs/FORMAT.md`
/// states it, and every verifier has the same.
pub const TOLERANCE_MILLIS: i64 = 300_000;

/// The same in words.
pub const TOLERANCE_TEXT: &str = "5 minutes";

/// What kind of outsider dated a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outsider {
    /// A witness, by a cosignature.
    Witness,
    /// A time-stamping authority, by a token.
    Authority,
}

/// One dated head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The entry that recorded it; none for a head that no entry records (yet).
    pub seq: Option<u64>,
    /// How many entries the head covers.
    pub size: u64,
    /// When it was dated.
    pub at: Timestamp,
    /// What kind of outsider.
    pub outsider: Outsider,
    /// The outsider: a witness as its vkey, an authority by the name that was recorded.
    pub by: String,
}

impl Anchor {
    /// Returns the name of the outsider, without the key.
    pub fn name(&self) -> &str {
        match self.outsider {
            Outsider::Witness => self.by.split('+').next().unwrap_or(&self.by),
            Outsider::Authority => &self.by,
        }
    }
}

/// The interval in which an entry was written; a side that nothing proves is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    /// Not before: it follows an anchor of this time.
    pub after: Option<Timestamp>,
    /// Not after: somebody had seen it by this time.
    pub before: Option<Timestamp>,
}

impl Interval {
    /// Says whether a claimed time is outside, clocks that differ a little allowed for.
    pub fn excludes(&self, claimed: Timestamp) -> bool {
        self.is_before(claimed) || self.is_after(claimed)
    }

    /// Says whether an entry claims to be older than it can be.
    pub fn is_before(&self, claimed: Timestamp) -> bool {
        self.after.is_some_and(|after| is_later(after, claimed))
    }

    /// Says whether an entry claims a time at which it had been there already.
    pub fn is_after(&self, claimed: Timestamp) -> bool {
        self.before.is_some_and(|before| is_later(claimed, before))
    }
}

/// Says whether a time is later than another by more than clocks differ.
pub fn is_later(at: Timestamp, than: Timestamp) -> bool {
    at.millis() > than.millis().saturating_add(TOLERANCE_MILLIS)
}

/// Puts to each recording entry the latest time up to it.
fn latest(mut recorded: Vec<(u64, Timestamp)>) -> Vec<(u64, Timestamp)> {
    recorded.sort_unstable();
    let mut latest = None;
    for (_, at) in &mut recorded {
        *at = latest.map_or(*at, |latest: Timestamp| latest.max(*at));
        latest = Some(*at);
    }
    recorded
}

/// The anchors of a ledger, ready to answer for any entry.
#[derive(Clone, Debug, Default)]
pub struct Intervals {
    /// Recording entry and the latest time up to it, by rising entry.
    after: Vec<(u64, Timestamp)>,
    /// Covered size and the earliest time from it on, by rising size.
    before: Vec<(u64, Timestamp)>,
    /// All times, in order.
    times: Vec<Timestamp>,
}

impl Intervals {
    /// Takes in the anchors that are believed, in any order, each with the weight that is left to it:
    /// the time of one that is explained bounds nothing from above, and from below only until another
    /// shows that its entry was there earlier than it says.
    pub fn weighed<'a>(
        anchors: impl IntoIterator<Item = &'a Anchor>,
        explained: &Explained,
    ) -> Self {
        let (named, plain): (Vec<&Anchor>, Vec<&Anchor>) = anchors
            .into_iter()
            .partition(|one| one.seq.is_some_and(|seq| explained.anchor(seq).is_some()));
        let mut made = Self::new(plain.iter().copied());
        let kept: Vec<(u64, Timestamp)> = named
            .into_iter()
            .filter_map(|one| Some((one.seq?, one.at)))
            .filter(|(seq, at)| !made.of(*seq).before.is_some_and(|seen| is_later(*at, seen)))
            .collect();
        let plain = plain.iter().filter_map(|one| Some((one.seq?, one.at)));
        made.after = latest(plain.chain(kept).collect());
        made
    }

    /// Takes in the anchors that are believed, in any order.
    pub fn new<'a>(anchors: impl IntoIterator<Item = &'a Anchor>) -> Self {
        let anchors: Vec<&Anchor> = anchors.into_iter().collect();
        let mut times: Vec<Timestamp> = anchors.iter().map(|one| one.at).collect();
        times.sort_unstable();
        // One look is one, however often it is told.
        times.dedup();
        let recorded = anchors.iter().filter_map(|one| Some((one.seq?, one.at)));
        let after = latest(recorded.collect());
        let mut before: Vec<(u64, Timestamp)> =
            anchors.iter().map(|one| (one.size, one.at)).collect();
        before.sort_unstable();
        let mut earliest = None;
        for (_, at) in before.iter_mut().rev() {
            *at = earliest.map_or(*at, |earliest: Timestamp| earliest.min(*at));
            earliest = Some(*at);
        }
        Self { after, before, times }
    }

    /// Returns the interval of the entry at `seq`.
    pub fn of(&self, seq: u64) -> Interval {
        let follows = self.after.partition_point(|(anchor, _)| *anchor < seq);
        let after = follows.checked_sub(1).and_then(|at| self.after.get(at)).map(|(_, at)| *at);
        let covered = self.before.partition_point(|(size, _)| *size <= seq);
        let before = self.before.get(covered).map(|(_, at)| *at);
        Interval { after, before }
    }

    /// Returns how many times there are.
    pub fn count(&self) -> usize {
        self.times.len()
    }

    /// Returns the first time.
    pub fn first(&self) -> Option<Timestamp> {
        self.times.first().copied()
    }

    /// Returns the last time.
    pub fn last(&self) -> Option<Timestamp> {
        self.times.last().copied()
    }

    /// Returns the longest time between two that follow each other: when it begins and ends.
    pub fn longest_gap(&self) -> Option<(Timestamp, Timestamp)> {
        let pairs = self.times.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?)));
        let length = |(from, to): &(Timestamp, Timestamp)| to.millis() - from.millis();
        // The first of equally long ones.
        pairs.rev().max_by_key(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchor(seq: Option<u64>, size: u64, second: i64) -> Anchor {
        let (at, by) = (Timestamp::from_millis(second * 1_000), "w.example+0+A".to_owned());
        Anchor { seq, size, at, outsider: Outsider::Witness, by }
    }

    fn seconds(interval: Interval) -> (Option<i64>, Option<i64>) {
        let second = |at: Timestamp| at.millis() / 1_000;
        (interval.after.map(second), interval.before.map(second))
    }

    /// The words of the rule, one anchor after the other.
    fn plainly(anchors: &[Anchor], seq: u64) -> Interval {
        let follows = anchors.iter().filter(|one| one.seq.is_some_and(|anchor| anchor < seq));
        let covers = anchors.iter().filter(|one| one.size > seq);
        Interval { after: follows.map(|one| one.at).max(), before: covers.map(|one| one.at).min() }
    }

    #[test]
    fn an_entry_is_after_what_it_follows_and_before_what_covers_it() {
        let intervals = Intervals::new(&[anchor(Some(4), 4, 100), anchor(Some(8), 7, 200)]);
        assert_eq!(seconds(intervals.of(0)), (None, Some(100)));
        assert_eq!(seconds(intervals.of(3)), (None, Some(100)));
        // The anchor itself was written after its own time, which nothing but its content shows;
        // the rule asks for an earlier entry.
        assert_eq!(seconds(intervals.of(4)), (None, Some(200)));
        assert_eq!(seconds(intervals.of(5)), (Some(100), Some(200)));
        assert_eq!(seconds(intervals.of(7)), (Some(100), None));
        assert_eq!(seconds(intervals.of(9)), (Some(200), None));
        assert_eq!(seconds(Intervals::new(&[]).of(0)), (None, None));
        let head = Intervals::new(&[anchor(Some(4), 4, 100), anchor(None, 9, 300)]);
        assert_eq!(seconds(head.of(8)), (Some(100), Some(300)));
        assert_eq!(seconds(head.of(9)), (Some(100), None));
    }

    #[test]
    fn any_anchors_in_any_order_give_what_the_rule_says() {
        let mut state = 7_u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        for _ in 0..500 {
            let anchors: Vec<Anchor> = (0..random(6))
                .map(|_| {
                    let (seq, size) = (random(12), random(13));
                    let at = i64::try_from(random(50)).unwrap();
                    anchor((random(4) > 0).then_some(seq), size, at)
                })
                .collect();
            let intervals = Intervals::new(&anchors);
            for seq in 0..14 {
                assert_eq!(intervals.of(seq), plainly(&anchors, seq), "{anchors:?} {seq}");
            }
        }
    }

    #[test]
    fn a_claim_is_outside_past_the_tolerance_alone() {
        let at = |millis| Some(Timestamp::from_millis(millis));
        let interval = Interval { after: at(1_000_000), before: at(2_000_000) };
        for (claimed, outside) in [
            (699_999, true),
            (700_000, false),
            (1_500_000, false),
            (2_300_000, false),
            (2_300_001, true),
        ] {
            assert_eq!(interval.excludes(Timestamp::from_millis(claimed)), outside, "{claimed}");
        }
        assert!(!Interval::default().excludes(Timestamp::from_millis(0)));
    }

    #[test]
    fn the_longest_gap_is_between_two_that_follow_each_other() {
        let intervals = Intervals::new(&[
            anchor(None, 1, 500),
            anchor(None, 2, 100),
            anchor(None, 3, 300),
            anchor(None, 4, 900),
        ]);
        let gap = intervals.longest_gap().unwrap();
        assert_eq!((gap.0.millis(), gap.1.millis()), (500_000, 900_000));
        assert_eq!(
            (intervals.first(), intervals.last()),
            (Some(Timestamp::from_millis(100_000)), Some(Timestamp::from_millis(900_000)),)
        );
        assert_eq!(Intervals::new(&[anchor(None, 1, 5)]).longest_gap(), None);
    }
}

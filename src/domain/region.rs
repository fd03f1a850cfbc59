//! Where a fact holds: a set of days, of scope units, and how well it is assured.
//!
//! A region is a step function of the day, so union and intersection are linear merges and a
//! question about one day is a binary search. Everything the engine derives is made of these two
//! operations and nothing else.

use super::date::Date;
use super::event::words::Assurance;

/// A set of scope units, by their index in the ledger's list of units. At most 128 units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Units(u128);

impl Units {
    /// No unit.
    pub const NONE: Self = Self(0);
    /// Every unit, declared or not: what is true of the organisation as a whole.
    pub const ALL: Self = Self(u128::MAX);
    /// How many units a ledger may name.
    pub const MAX: usize = 128;

    /// The set of these unit numbers; numbers of [`Units::MAX`] and above are left out.
    pub fn of(numbers: impl IntoIterator<Item = usize>) -> Self {
        let bit = |number: usize| u32::try_from(number).ok().and_then(|n| 1u128.checked_shl(n));
        Self(numbers.into_iter().filter_map(bit).fold(0, |bits, bit| bits | bit))
    }

    /// What either set holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What both sets hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What this set holds and the other does not.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Says whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Says whether every unit of `other` is in this set.
    pub fn covers(self, other: Self) -> bool {
        other.minus(self).is_empty()
    }

    /// Says whether the unit of this number is in the set.
    pub fn contains(self, number: usize) -> bool {
        self.covers(Self::of([number])) && number < Self::MAX
    }
}

/// Which units a fact covers on one day, for each least assurance, weakest first. What is assured
/// better is also assured less well, so the sets shrink from left to right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cover([Units; 3]);

impl Cover {
    /// Covers nothing.
    pub const NONE: Self = Self([Units::NONE; 3]);
    /// Covers everything with the best assurance: the window of a rule.
    pub const ALL: Self = Self([Units::ALL; 3]);

    /// These units, assured this well.
    pub fn of(units: Units, assurance: Assurance) -> Self {
        let reach = |level: Assurance| if level <= assurance { units } else { Units::NONE };
        Self(Assurance::ALL.map(reach))
    }

    /// The units that are covered with at least this assurance.
    pub fn at_least(self, assurance: Assurance) -> Units {
        let [own, internal, certified] = self.0;
        match assurance {
            Assurance::SelfAssessed => own,
            Assurance::InternallyAudited => internal,
            Assurance::Certified => certified,
        }
    }

    /// The units that are covered at all.
    pub fn units(self) -> Units {
        self.at_least(Assurance::SelfAssessed)
    }

    /// Says whether nothing is covered.
    pub fn is_empty(self) -> bool {
        self.units().is_empty()
    }

    /// What either covers.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.zip(other, Units::or)
    }

    /// What both cover.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.zip(other, Units::and)
    }

    /// What this covers and the other does not, assurance by assurance.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.zip(other, Units::minus)
    }

    /// Says whether this covers all that the other does, as well assured.
    pub fn covers(self, other: Self) -> bool {
        self.and(other) == other
    }

    /// What a rule that asks for at least `minimum` may build on: units less well assured count
    /// for nothing.
    #[must_use]
    pub fn asking(self, minimum: Assurance) -> Self {
        Self(Assurance::ALL.map(|level| self.at_least(level.max(minimum))))
    }

    /// Every unit where all of `required` is covered, none where it is not, assurance by
    /// assurance. An empty `required` is never covered: a scope that was not declared proves
    /// nothing.
    #[must_use]
    pub fn if_covering(self, required: Units) -> Self {
        Self(self.0.map(|units| {
            if !required.is_empty() && units.covers(required) { Units::ALL } else { Units::NONE }
        }))
    }

    fn zip(self, other: Self, join: fn(Units, Units) -> Units) -> Self {
        let ([own, internal, certified], theirs) = (self.0, other.0);
        let [their_own, their_internal, their_certified] = theirs;
        Self([
            join(own, their_own),
            join(internal, their_internal),
            join(certified, their_certified),
        ])
    }
}

/// A step function of the day: a value from each listed day on, the default before the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps<T>(Vec<(Date, T)>);

impl<T: Copy + Default + PartialEq> Steps<T> {
    /// The default on every day.
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// `value` from `from` to `until`, both included, the default elsewhere. An `until` before
    /// `from` gives the default everywhere.
    pub fn during(from: Date, until: Date, value: T) -> Self {
        let mut steps = Self::new();
        if from <= until {
            steps.push(from, value);
            if until < Date::MAX {
                steps.push(until.plus(1), T::default());
            }
        }
        steps
    }

    /// `value` on the days of all spans, the default elsewhere. The spans come by their first days;
    /// they may overlap.
    pub(in crate::domain) fn of_spans(
        spans: impl IntoIterator<Item = (Date, Date)>,
        value: T,
    ) -> Self {
        let mut steps = Self::new();
        let mut open: Option<(Date, Date)> = None;
        for (from, until) in spans {
            match &mut open {
                Some((_, last)) if from <= last.plus(1) => *last = until.max(*last),
                Some((first, last)) => {
                    steps.span(*first, *last, value);
                    (*first, *last) = (from, until);
                }
                None => open = Some((from, until)),
            }
        }
        if let Some((first, last)) = open {
            steps.span(first, last, value);
        }
        steps
    }

    fn span(&mut self, first: Date, last: Date, value: T) {
        self.push(first, value);
        if last < Date::MAX {
            self.push(last.plus(1), T::default());
        }
    }

    /// Adds a step after all others; equal neighbours become one.
    fn push(&mut self, day: Date, value: T) {
        if self.0.last().map_or(T::default(), |(_, last)| *last) != value {
            self.0.push((day, value));
        }
    }

    /// The value on a day.
    pub fn at(&self, day: Date) -> T {
        let after = self.0.partition_point(|(from, _)| *from <= day);
        after.checked_sub(1).and_then(|index| self.0.get(index)).map_or(T::default(), |step| step.1)
    }

    /// The days on which the value changes, in order.
    pub fn changes(&self) -> impl Iterator<Item = Date> {
        self.0.iter().map(|(day, _)| *day)
    }

    /// The default everywhere?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Joins two step functions day by day.
    pub fn zip<U, V>(&self, other: &Steps<U>, join: impl Fn(T, U) -> V) -> Steps<V>
    where
        U: Copy + Default + PartialEq,
        V: Copy + Default + PartialEq,
    {
        let mut joined = Steps(Vec::with_capacity(self.0.len().max(other.0.len())));
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let (mut a, mut b) = (T::default(), U::default());
        loop {
            let day = match (left.peek(), right.peek()) {
                (Some((l, _)), Some((r, _))) => *l.min(r),
                (Some((l, _)), None) => *l,
                (None, Some((r, _))) => *r,
                (None, None) => return joined,
            };
            if let Some((_, value)) = left.next_if(|(from, _)| *from == day) {
                a = *value;
            }
            if let Some((_, value)) = right.next_if(|(from, _)| *from == day) {
                b = *value;
            }
            joined.push(day, join(a, b));
        }
    }

    /// Changes every value; the default must stay the default.
    pub fn map<V: Copy + Default + PartialEq>(&self, change: impl Fn(T) -> V) -> Steps<V> {
        let mut mapped = Steps(Vec::with_capacity(self.0.len()));
        for (day, value) in &self.0 {
            mapped.push(*day, change(*value));
        }
        mapped
    }

    /// A step function from values that each hold from a day until the next one's day. Of two on
    /// one day the later in the list holds.
    pub fn from_starts(starts: impl IntoIterator<Item = (Date, T)>) -> Self {
        let mut starts: Vec<(Date, T)> = starts.into_iter().collect();
        starts.sort_by_key(|(day, _)| *day);
        let mut steps = Self::new();
        for (index, (day, value)) in starts.iter().enumerate() {
            if starts.get(index + 1).is_none_or(|(next, _)| next != day) {
                steps.push(*day, *value);
            }
        }
        steps
    }
}

/// Where a fact holds.
pub type Region = Steps<Cover>;

impl Region {
    /// What either region covers.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.zip(other, Cover::or)
    }

    /// What both regions cover.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.zip(other, Cover::and)
    }

    /// This region without the days from `from` to `until`, both included.
    #[must_use]
    pub fn without(&self, from: Date, until: Date) -> Self {
        self.zip(&Self::during(from, until, Cover::ALL), Cover::minus)
    }

    /// This region on the days from `from` to `until` only, both included.
    #[must_use]
    pub fn within(&self, from: Date, until: Date) -> Self {
        self.intersection(&Self::during(from, until, Cover::ALL))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(number: i32) -> Date {
        Date::parse("2026-01-01").unwrap().plus(number)
    }

    #[test]
    fn the_last_day_counts_and_the_next_does_not() {
        let region = Region::during(day(3), day(5), Cover::ALL);
        let held: Vec<bool> = (2..7).map(|n| !region.at(day(n)).is_empty()).collect();
        assert_eq!(held, [false, true, true, true, false]);
        assert!(Region::during(day(5), day(4), Cover::ALL).is_empty());
        assert!(!Region::during(day(5), Date::MAX, Cover::ALL).at(Date::MAX).is_empty());
    }

    #[test]
    fn an_empty_scope_is_never_covered() {
        assert_eq!(Cover::ALL.if_covering(Units::NONE), Cover::NONE);
        assert_eq!(Cover::ALL.if_covering(Units::of([127])), Cover::ALL);
        assert!(Units::of([128]).is_empty());
    }

    #[test]
    fn better_assured_counts_as_less_well_assured_too() {
        let cover = Cover::of(Units::of([1]), Assurance::InternallyAudited);
        assert_eq!(cover.at_least(Assurance::SelfAssessed), Units::of([1]));
        assert_eq!(cover.at_least(Assurance::Certified), Units::NONE);
        assert!(cover.asking(Assurance::Certified).is_empty());
    }

    fn regions() -> impl Strategy<Value = Region> {
        let piece = (0..12i32, 0..12i32, 0..8u8, 0..3usize);
        proptest::collection::vec(piece, 0..5).prop_map(|pieces| {
            pieces.into_iter().fold(Region::new(), |region, (from, until, units, level)| {
                let units = Units::of((0..3).filter(|bit| units & (1 << bit) != 0));
                let cover = Cover::of(units, Assurance::ALL[level]);
                region.union(&Region::during(day(from), day(until), cover))
            })
        })
    }

    proptest! {
        #[test]
        fn operations_agree_with_each_day(a in regions(), b in regions()) {
            let (union, both) = (a.union(&b), a.intersection(&b));
            for n in -1..14 {
                prop_assert_eq!(union.at(day(n)), a.at(day(n)).or(b.at(day(n))));
                prop_assert_eq!(both.at(day(n)), a.at(day(n)).and(b.at(day(n))));
            }
            prop_assert_eq!(&union, &b.union(&a));
            let gone = a.without(day(2), day(4));
            prop_assert!((2..5).all(|n| gone.at(day(n)).is_empty()));
            prop_assert_eq!(gone.at(day(5)), a.at(day(5)));
        }
    }
}

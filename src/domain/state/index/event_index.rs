//! The place of each event by its identity, held small: a ledger can have millions.

use std::collections::BTreeMap;

use crate::domain::ids::EventId;

/// Which entry has which identity. Answers are exact: nothing is shortened or guessed.
#[derive(Clone, Debug, Default)]
pub struct Ids {
    /// The identity of each entry, by place.
    numbers: Vec<u128>,
    /// Places in the order of their identities, but for those in `late`.
    sorted: Vec<u32>,
    /// Identities that came long after a greater one: few.
    late: BTreeMap<u128, u32>,
}

/// How far from the end an identity is put in its place at once.
const NEAR: usize = 8_192;
/// How many may be further out of order before all are put in order again.
const LATE_MAX: usize = 4_096;

impl Ids {
    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Says whether there is none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Takes in the identity of the next entry. Of two that are the same the first stays known.
    pub fn push(&mut self, id: &EventId) {
        let number = id.number();
        let Ok(place) = u32::try_from(self.numbers.len()) else { return };
        self.numbers.push(number);
        if self.sorted.last().is_none_or(|last| self.at(*last) < number) {
            return self.sorted.push(place);
        }
        // From the end: identities begin with a time, so most belong there or near it.
        let near = self.sorted.len().saturating_sub(NEAR);
        let end = self.sorted.get(near..).unwrap_or_default();
        let at = near + end.partition_point(|place| self.at(*place) < number);
        if self.sorted.get(at).is_none_or(|next| self.at(*next) == number) {
            return;
        }
        if at > near || near == 0 {
            return self.sorted.insert(at, place);
        }
        if self.place(id).is_none() {
            self.late.insert(number, place);
        }
        if self.late.len() > LATE_MAX {
            self.settle();
        }
    }

    /// Returns the place of an event, from 0.
    pub fn place(&self, id: &EventId) -> Option<u64> {
        let number = id.number();
        if let Some(place) = self.late.get(&number) {
            return Some(u64::from(*place));
        }
        let at = self.sorted.partition_point(|place| self.at(*place) < number);
        let place = self.sorted.get(at).filter(|place| self.at(**place) == number)?;
        Some(u64::from(*place))
    }

    fn at(&self, place: u32) -> u128 {
        usize::try_from(place).ok().and_then(|at| self.numbers.get(at)).copied().unwrap_or_default()
    }

    /// Puts those that came late between the others.
    fn settle(&mut self) {
        let mut late = std::mem::take(&mut self.late).into_iter().peekable();
        let mut all = Vec::with_capacity(self.numbers.len());
        for place in std::mem::take(&mut self.sorted) {
            let number = self.at(place);
            while let Some((_, before)) = late.next_if(|(other, _)| *other < number) {
                all.push(before);
            }
            all.push(place);
        }
        all.extend(late.map(|(_, place)| place));
        self.sorted = all;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> EventId {
        format!("{number:032x}").parse().unwrap()
    }

    #[track_caller]
    fn check(numbers: impl Iterator<Item = u128>) {
        let (mut ids, mut plain) = (Ids::default(), BTreeMap::new());
        for (place, number) in (0..).zip(numbers) {
            ids.push(&id(number));
            plain.entry(number).or_insert(place);
        }
        for (number, place) in &plain {
            assert_eq!(ids.place(&id(*number)), Some(*place), "{number}");
            let beside = number.wrapping_add(1);
            assert_eq!(ids.place(&id(beside)), plain.get(&beside).copied());
        }
    }

    #[test]
    fn every_identity_is_found_at_its_place_in_whatever_order_they_come() {
        check(0..0);
        check([7, 7, 3, 3, 9, 0, u128::MAX, 1].into_iter());
        check(0..10_000);
        check((0..10_000).rev());
        check((0..20_000_u128).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)));
    }
}

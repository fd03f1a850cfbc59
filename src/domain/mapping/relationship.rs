//! How two things may relate: the relationships of NIST IR 8477, and how they compose.

use std::fmt;
use std::str::FromStr;

use crate::domain::ids::bad_ref::BadRef;

/// How the obligations of a source stand to those of a target: "the source is ... the target".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relationship {
    /// The same obligations in the same words.
    EqualTo,
    /// The same obligations in other words.
    EquivalentTo,
    /// The source lies inside the target, which asks more.
    SubsetOf,
    /// The source holds the whole target, and more.
    SupersetOf,
    /// They overlap, and each has something that the other lacks.
    IntersectsWith,
    /// They share nothing.
    NoRelationship,
    /// The publisher did not say.
    Unspecified,
}

impl Relationship {
    /// All relationships, in the order of OSCAL's list, then unspecified.
    pub const ALL: [Self; 7] = [
        Self::EqualTo,
        Self::EquivalentTo,
        Self::SubsetOf,
        Self::SupersetOf,
        Self::IntersectsWith,
        Self::NoRelationship,
        Self::Unspecified,
    ];

    /// Returns the word used in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EqualTo => "equal-to",
            Self::EquivalentTo => "equivalent-to",
            Self::SubsetOf => "subset-of",
            Self::SupersetOf => "superset-of",
            Self::IntersectsWith => "intersects-with",
            Self::NoRelationship => "no-relationship",
            Self::Unspecified => "unspecified",
        }
    }

    /// Says whether a met source proves the target met: only when it holds the whole target.
    pub fn carries_satisfaction(self) -> bool {
        match self {
            Self::EqualTo | Self::EquivalentTo | Self::SupersetOf => true,
            Self::SubsetOf | Self::IntersectsWith | Self::NoRelationship | Self::Unspecified => {
                false
            }
        }
    }

    /// Returns the relationship read from the target's side.
    #[must_use]
    pub fn converse(self) -> Self {
        match self {
            Self::SubsetOf => Self::SupersetOf,
            Self::SupersetOf => Self::SubsetOf,
            same @ (Self::EqualTo
            | Self::EquivalentTo
            | Self::IntersectsWith
            | Self::NoRelationship
            | Self::Unspecified) => same,
        }
    }

    /// Returns the set relation; none for unspecified, which says nothing.
    pub fn relation(self) -> Option<Relation> {
        match self {
            Self::EqualTo | Self::EquivalentTo => Some(Relation::Equal),
            Self::SubsetOf => Some(Relation::Subset),
            Self::SupersetOf => Some(Relation::Superset),
            Self::IntersectsWith => Some(Relation::Intersects),
            Self::NoRelationship => Some(Relation::Disjoint),
            Self::Unspecified => None,
        }
    }
}

impl fmt::Display for Relationship {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for Relationship {
    type Err = BadRef;
    /// Reads our words and the synonyms that other tools write, case and separators aside.
    fn from_str(text: &str) -> Result<Self, BadRef> {
        let word = text.trim().to_ascii_lowercase().replace(['_', ' '], "-");
        match word.as_str() {
            "equal-to" | "equal" | "equals" | "identical" => Ok(Self::EqualTo),
            "equivalent-to" | "equivalent" => Ok(Self::EquivalentTo),
            "subset-of" | "subset" | "covered-by" | "small-subset" | "large-subset" => {
                Ok(Self::SubsetOf)
            }
            "superset-of" | "superset" | "covers" => Ok(Self::SupersetOf),
            "intersects-with" | "intersects" | "intersect" | "intersection" | "overlap" => {
                Ok(Self::IntersectsWith)
            }
            "no-relationship" | "not-related" | "not-related-to" | "disjoint" | "none" => {
                Ok(Self::NoRelationship)
            }
            "unspecified" | "related" | "supports" | "partial" | "crosswalk" => {
                Ok(Self::Unspecified)
            }
            _ => Err(BadRef {
                found: text.to_owned(),
                expected: "a relationship: equal-to, equivalent-to, subset-of, superset-of, \
                           intersects-with, no-relationship or unspecified",
            }),
        }
    }
}

/// One of the five relations that two non-empty sets can have; exactly one always holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// The same set.
    Equal,
    /// Properly inside.
    Subset,
    /// Properly around.
    Superset,
    /// Overlapping, each with something of its own.
    Intersects,
    /// Nothing in common.
    Disjoint,
}

/// A set of the five relations, one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Possible(u8);

impl Possible {
    /// All five: nothing is known.
    pub const ANY: Self = Self(0b1_1111);

    /// The set of these relations.
    pub fn of(relations: &[Relation]) -> Self {
        Self(relations.iter().fold(0, |bits, relation| bits | 1 << *relation as u8))
    }

    /// Says whether a relation is in the set.
    pub fn contains(self, relation: Relation) -> bool {
        self.0 & (1 << relation as u8) != 0
    }

    /// Returns the relations in the set.
    pub fn relations(self) -> impl Iterator<Item = Relation> {
        Relation::ALL.into_iter().filter(move |relation| self.contains(*relation))
    }

    /// Returns what both sets hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Says whether nothing is possible: the statements contradict each other.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Says whether a fully met first set proves the last one met.
    pub fn carries_satisfaction(self) -> bool {
        let carrying = Self::of(&[Relation::Equal, Relation::Superset]);
        !self.is_empty() && self.and(carrying) == self
    }
}

impl Relation {
    /// All five.
    pub const ALL: [Self; 5] =
        [Self::Equal, Self::Subset, Self::Superset, Self::Intersects, Self::Disjoint];

    /// Returns what A can be to C when A is `self` to B and B is `next` to C.
    pub fn compose(self, next: Self) -> Possible {
        use Relation::{Disjoint, Equal, Intersects, Subset, Superset};
        match (self, next) {
            (Equal, other) | (other, Equal) => Possible::of(&[other]),
            (Subset, Subset) => Possible::of(&[Subset]),
            (Superset, Superset) => Possible::of(&[Superset]),
            (Subset, Disjoint) | (Disjoint, Superset) => Possible::of(&[Disjoint]),
            (Subset, Intersects) | (Disjoint, Subset | Intersects) => {
                Possible::of(&[Subset, Intersects, Disjoint])
            }
            (Superset, Subset) => Possible::of(&[Equal, Subset, Superset, Intersects]),
            (Superset, Intersects) => Possible::of(&[Superset, Intersects]),
            (Superset | Intersects, Disjoint) | (Intersects, Superset) => {
                Possible::of(&[Superset, Intersects, Disjoint])
            }
            (Intersects, Subset) => Possible::of(&[Subset, Intersects]),
            (Subset, Superset) | (Intersects, Intersects) | (Disjoint, Disjoint) => Possible::ANY,
        }
    }

    /// Returns the relation read from the other side.
    #[must_use]
    pub fn converse(self) -> Self {
        match self {
            Self::Subset => Self::Superset,
            Self::Superset => Self::Subset,
            same @ (Self::Equal | Self::Intersects | Self::Disjoint) => same,
        }
    }

    /// Returns which states the second set can be in, given the state of the first.
    pub fn transfer(self, state: Coverage) -> &'static [Coverage] {
        use Coverage::{Full, None, Part};
        use Relation::{Disjoint, Equal, Intersects, Subset, Superset};
        match (self, state) {
            (Equal | Superset, Full) => &[Full],
            (Equal | Subset, Part) => &[Part],
            (Equal | Superset, None) => &[None],
            (Subset | Intersects, Full) => &[Full, Part],
            (Subset | Intersects, None) => &[Part, None],
            (Superset | Intersects, Part) | (Disjoint, Full | Part | None) => &[Full, Part, None],
        }
    }
}

/// How much of a set of obligations is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coverage {
    /// Every obligation.
    Full,
    /// Some, not all.
    Part,
    /// None.
    None,
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn relation_of(a: u8, b: u8) -> Relation {
        match (a & b == 0, a == b, a & b == a, a & b == b) {
            (true, ..) => Relation::Disjoint,
            (_, true, ..) => Relation::Equal,
            (_, _, true, _) => Relation::Subset,
            (.., true) => Relation::Superset,
            _ => Relation::Intersects,
        }
    }

    #[test]
    fn composition_is_exact_over_all_subsets_of_a_small_universe() {
        let mut seen = BTreeMap::new();
        for a in 1..32u8 {
            for b in 1..32u8 {
                for c in 1..32u8 {
                    let key = (relation_of(a, b), relation_of(b, c));
                    let bits = seen.entry(key).or_insert(Possible(0));
                    *bits = Possible(bits.0 | Possible::of(&[relation_of(a, c)]).0);
                }
            }
        }
        assert_eq!(seen.len(), 25);
        for ((first, second), possible) in seen {
            assert_eq!(first.compose(second), possible, "{first:?} {second:?}");
        }
    }

    #[test]
    fn transfer_is_exact_over_all_subsets_of_a_small_universe() {
        let coverage = |set: u8, met: u8| match set & met {
            0 => Coverage::None,
            part if part == set => Coverage::Full,
            _ => Coverage::Part,
        };
        let mut seen: BTreeMap<(Relation, Coverage), BTreeSet<Coverage>> = BTreeMap::new();
        for a in 1..32u8 {
            for b in 1..32u8 {
                for met in 0..32u8 {
                    let key = (relation_of(a, b), coverage(a, met));
                    seen.entry(key).or_default().insert(coverage(b, met));
                }
            }
        }
        assert_eq!(seen.len(), 15);
        for ((relation, state), possible) in seen {
            let table: BTreeSet<Coverage> = relation.transfer(state).iter().copied().collect();
            assert_eq!(table, possible, "{relation:?} {state:?}");
        }
    }

    #[test]
    fn a_chain_carries_satisfaction_only_when_every_step_does() {
        let carrying = |r: Relation| matches!(r, Relation::Equal | Relation::Superset);
        for first in Relation::ALL {
            for second in Relation::ALL {
                let carries = first.compose(second).carries_satisfaction();
                assert_eq!(carries, carrying(first) && carrying(second), "{first:?} {second:?}");
            }
        }
    }
}

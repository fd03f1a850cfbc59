//! What a statement about sets says of each pair in it, and of the sources together.
//!
//! A map of several sources or targets speaks of unions. What does not follow for a pair is left
//! unspecified: taking every pair for the statement itself would make things up.

use crate::domain::mapping::Relationship;

/// What each pair of a source and a target is.
pub(super) fn pair(sources: usize, targets: usize, whole: Relationship) -> Relationship {
    match (sources, targets, whole) {
        (1, 1, one) => one,
        // Nothing is shared by any of them.
        (_, _, Relationship::NoRelationship) => Relationship::NoRelationship,
        // The union lies in the target, so each source does.
        (_, 1, Relationship::SubsetOf) => Relationship::SubsetOf,
        // The source holds the union, so it holds each target.
        (1, _, Relationship::SupersetOf) => Relationship::SupersetOf,
        _ => Relationship::Unspecified,
    }
}

/// What all sources together are to each target; none where they are one, or where it does not
/// follow.
pub(super) fn together(
    sources: usize,
    targets: usize,
    whole: Relationship,
) -> Option<Relationship> {
    match (sources, targets, whole) {
        (0 | 1, _, _) | (_, _, Relationship::NoRelationship | Relationship::Unspecified) => None,
        (_, 1, whole) => Some(whole),
        (_, _, Relationship::SupersetOf) => Some(Relationship::SupersetOf),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The relation of two non-empty sets of obligations, as bits.
    fn relation(a: u8, b: u8) -> Relationship {
        match (a & !b, b & !a, a & b) {
            (_, _, 0) => Relationship::NoRelationship,
            (0, 0, _) => Relationship::EqualTo,
            (0, _, _) => Relationship::SubsetOf,
            (_, 0, _) => Relationship::SupersetOf,
            _ => Relationship::IntersectsWith,
        }
    }

    /// Within equal or inside: what `pair` and `together` may claim of what is true. A superset may
    /// be equal where the targets are not distinct, which carries no less.
    fn allows(claimed: Relationship, truth: Relationship) -> bool {
        claimed == Relationship::Unspecified
            || claimed == truth
            || (truth == Relationship::EqualTo
                && matches!(claimed, Relationship::SupersetOf | Relationship::SubsetOf))
    }

    #[test]
    fn nothing_is_claimed_of_a_pair_that_does_not_follow() {
        let sets = 1_u8..8;
        for (a, b) in sets.clone().flat_map(|a| sets.clone().map(move |b| (a, b))) {
            for (c, d) in sets.clone().flat_map(|c| sets.clone().map(move |d| (c, d))) {
                let whole = relation(a | b, c | d);
                let claim = pair(2, 2, whole);
                assert!(allows(claim, relation(a, c)), "{a} {b} {c} {d}");
                if let Some(claim) = together(2, 2, whole) {
                    assert!(allows(claim, relation(a | b, c)), "{a} {b} {c} {d}");
                }
                let (one, many) = (relation(a, c | d), relation(a | b, c));
                assert!(allows(pair(1, 2, one), relation(a, c)), "{a} {c} {d}");
                assert!(allows(pair(2, 1, many), relation(a, c)), "{a} {b} {c}");
                assert_eq!(together(2, 1, many).unwrap_or(many), many);
            }
        }
    }
}

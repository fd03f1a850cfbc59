//! What changed between two positions, and because of what.

use serde::Serialize;

use super::as_of::{AsOf, View};
use crate::domain::explain::diff::Change;

/// The answer to `diff`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference<'c> {
    /// The first question.
    pub a: View,
    /// The second question.
    pub b: View,
    /// The items whose status is another one.
    pub changes: Vec<ChangeLine<'c>>,
}

/// An item whose status changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangeLine<'c> {
    /// The item in full.
    pub item: String,
    /// Where it stands in the first position.
    pub before: &'static str,
    /// Where it stands in the second position.
    pub after: &'static str,
    /// Because of what.
    pub cause: &'c str,
    /// The entries behind it.
    pub entries: &'c [u64],
    /// How late the latest of them was recorded.
    pub late_days: Option<i32>,
    /// Those of them that a compromised key signed.
    pub doubtful: Vec<u64>,
}

impl<'c> Difference<'c> {
    /// Makes the difference; `doubtful` tells which entries a compromised key signed.
    pub fn new(
        (a, b): (&AsOf, &AsOf),
        changes: &'c [Change],
        doubtful: impl Fn(&[u64]) -> Vec<u64>,
    ) -> Self {
        let line = |one: &'c Change| ChangeLine {
            item: one.item.to_string(),
            before: one.before.json(),
            after: one.after.json(),
            cause: &one.cause,
            entries: &one.entries,
            late_days: one.late.map(|late| late.days),
            doubtful: doubtful(&one.entries),
        };
        Self { a: a.view(), b: b.view(), changes: changes.iter().map(line).collect() }
    }
}

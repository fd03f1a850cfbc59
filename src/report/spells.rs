//! On which days an item has a status.

use serde::Serialize;

use super::as_of::{AsOf, View};
use crate::domain::explain::spells::{Part, Spell};
use crate::domain::ids::ItemRef;

/// The answer to `when`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spells<'s> {
    /// The item in full.
    pub item: String,
    /// What was asked.
    pub view: View,
    /// The days, first to last.
    pub periods: Vec<SpellLine<'s>>,
}

/// Days on which the status is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SpellLine<'s> {
    /// First day.
    pub from: String,
    /// Last day; none while it lasts.
    pub until: Option<String>,
    /// The status.
    pub status: &'static str,
    /// In a few words, why on the first day.
    pub because: &'s str,
    /// Every entry that it rests on, on any of the days.
    pub entries: &'s [u64],
    /// Those of them that a compromised key signed.
    pub doubtful: Vec<u64>,
    /// The days on which it rests on the same.
    pub grounds: Vec<PartLine<'s>>,
}

/// Days on which the status rests on the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartLine<'s> {
    /// First day.
    pub from: String,
    /// Last day; none while it lasts.
    pub until: Option<String>,
    /// In a few words, why.
    pub because: &'s str,
    /// The entries that it rests on.
    pub entries: &'s [u64],
}

impl<'s> Spells<'s> {
    /// Makes the answer; `doubtful` tells which entries a compromised key signed.
    pub fn new(
        item: &ItemRef,
        as_of: &AsOf,
        spells: &'s [Spell],
        doubtful: impl Fn(&[u64]) -> Vec<u64>,
    ) -> Self {
        let line = |one: &'s Spell| SpellLine {
            from: one.from.to_string(),
            until: one.until.map(|day| day.to_string()),
            status: one.status.json(),
            because: &one.because,
            entries: &one.entries,
            doubtful: doubtful(&one.entries),
            grounds: one.parts.iter().map(PartLine::new).collect(),
        };
        Self {
            item: item.to_string(),
            view: as_of.view(),
            periods: spells.iter().map(line).collect(),
        }
    }
}

impl<'s> PartLine<'s> {
    fn new(part: &'s Part) -> Self {
        Self {
            from: part.from.to_string(),
            until: part.until.map(|day| day.to_string()),
            because: &part.because,
            entries: &part.entries,
        }
    }
}

//! The position on a day: every item with its status and reasons, the counts and the standing.

use std::collections::BTreeMap;

use serde::Serialize;

use super::as_of::{AsOf, View};
use crate::domain::engine::derive::Period;
use crate::domain::engine::standing::{Counts, Verdict};
use crate::domain::engine::status::{Finding, Positions, Status};

/// The answer to `status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Position<'p> {
    /// What was asked.
    pub view: View,
    /// The same in words.
    pub sentence: String,
    /// The organisation's name.
    pub organisation: &'p str,
    /// The edition in force.
    pub edition: Option<&'p str>,
    /// The revision of its files.
    pub revision: Option<&'p str>,
    /// The organisation's category in it.
    pub category: Option<&'p str>,
    /// The organisation's type in it.
    pub organisation_type: Option<&'p str>,
    /// Whether its items are not the official file's.
    pub secondary_transcription: bool,
    /// The items that are shown.
    pub items: Vec<ItemLine<'p>>,
    /// How many items have each status.
    pub counts: CountsLine,
    /// How many items rest on entries of a compromised key.
    pub doubtful_items: usize,
    /// Whether the standards are met.
    pub standing: StandingLine<'p>,
}

/// An item where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ItemLine<'p> {
    /// The item's number.
    pub item: &'p str,
    /// The item in full.
    pub key: String,
    /// What it asks for.
    pub title: &'p str,
    /// How strongly.
    pub requirement: &'static str,
    /// Where it stands.
    pub status: &'static str,
    /// In a few words, why.
    pub because: &'p str,
    /// The entries that say so.
    pub entries: &'p [u64],
    /// Those of them that a compromised key signed.
    pub doubtful: Vec<u64>,
}

/// How many items have each status, zero ones too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CountsLine {
    /// All items.
    pub all: BTreeMap<&'static str, u64>,
    /// Mandatory ones.
    pub mandatory: BTreeMap<&'static str, u64>,
    /// How many mandatory items are in place.
    pub mandatory_in_place: u64,
    /// How many there are.
    pub mandatory_total: u64,
}

/// Whether the standards are met, and what is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StandingLine<'p> {
    /// The standing's word.
    pub standing: &'static str,
    /// Mandatory items that are not in place.
    pub missing_items: Vec<MissingItem<'p>>,
    /// Assertions that hold a mandatory item and are not confirmed.
    pub unconfirmed_assertions: Vec<&'p str>,
    /// Mandatory items that do not apply, for a recorded reason.
    pub not_applicable: Vec<&'p str>,
    /// Entries of the current Cyber Essentials Plus certificates.
    pub cyber_essentials_plus: &'p [u64],
    /// What was last published for the edition and category.
    pub published: Option<Published<'p>>,
}

/// A mandatory item that is not in place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MissingItem<'p> {
    /// The item's number.
    pub item: &'p str,
    /// Where it stands.
    pub status: &'static str,
}

/// What was last published, and whether the position has moved since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Published<'p> {
    /// The entry that publishes it.
    pub entry: u64,
    /// The day that it is about.
    pub on: String,
    /// How many entries it was made from.
    pub size: u64,
    /// The standing that it gives.
    pub standing: &'p str,
    /// When it was recorded.
    pub recorded: String,
    /// The key that recorded it.
    pub by: &'p str,
    /// Who holds that key.
    pub holder: &'p str,
    /// Items whose status is another one now; none where its statement cannot be read.
    pub items_changed: Option<Vec<&'p str>>,
    /// Whether the standing is another one now.
    pub standing_changed: Option<bool>,
}

/// What a position is made from.
pub struct Parts<'p> {
    /// What was asked.
    pub as_of: &'p AsOf,
    /// What the engine found.
    pub positions: &'p Positions,
    /// The organisation's name.
    pub organisation: &'p str,
    /// The items to show.
    pub shown: &'p [&'p Finding],
    /// The counts of all items.
    pub counts: &'p Counts,
    /// The standing.
    pub verdict: &'p Verdict,
    /// How many items rest on doubtful entries.
    pub doubtful_items: usize,
}

impl<'p> Position<'p> {
    /// Makes the position; `doubtful` tells which entries a compromised key signed.
    pub fn new(
        parts: &Parts<'p>,
        published: Option<Published<'p>>,
        doubtful: impl Fn(&[u64]) -> Vec<u64>,
    ) -> Self {
        let period = parts.positions.derivation.period_on(parts.as_of.on);
        Self {
            view: parts.as_of.view(),
            sentence: parts.as_of.sentence(parts.positions),
            organisation: parts.organisation,
            edition: period.map(|one| one.edition.id.as_str()),
            revision: period.map(|one| one.edition.revision.as_str()),
            category: period.map(|one| one.category.as_str()),
            organisation_type: period.map(|one| one.organisation_type.as_str()),
            secondary_transcription: period.is_some_and(is_transcription),
            items: parts.shown.iter().map(|one| ItemLine::new(one, &doubtful)).collect(),
            counts: CountsLine::new(parts.counts),
            doubtful_items: parts.doubtful_items,
            standing: StandingLine::new(parts.verdict, published),
        }
    }
}

impl<'p> ItemLine<'p> {
    /// Makes the line of a finding.
    pub fn new(one: &'p Finding, doubtful: impl Fn(&[u64]) -> Vec<u64>) -> Self {
        Self {
            item: one.item.item.as_str(),
            key: one.item.to_string(),
            title: &one.title,
            requirement: one.requirement.as_str(),
            status: one.status.json(),
            because: &one.because_text,
            entries: &one.because,
            doubtful: doubtful(&one.because),
        }
    }
}

impl CountsLine {
    fn new(counts: &Counts) -> Self {
        let of = |map: &BTreeMap<Status, u64>| {
            let count = |one: &Status| map.get(one).copied().unwrap_or_default();
            Status::ALL.iter().map(|one| (one.json(), count(one))).collect()
        };
        let (mandatory_in_place, mandatory_total) = counts.mandatory_in_place();
        Self {
            all: of(&counts.all),
            mandatory: of(&counts.mandatory),
            mandatory_in_place,
            mandatory_total,
        }
    }
}

impl<'p> StandingLine<'p> {
    fn new(verdict: &'p Verdict, published: Option<Published<'p>>) -> Self {
        let missing = verdict.missing_items.iter();
        let missing = missing
            .map(|(item, status)| MissingItem { item: item.item.as_str(), status: status.json() });
        Self {
            standing: verdict.standing.json(),
            missing_items: missing.collect(),
            unconfirmed_assertions: verdict
                .unconfirmed
                .iter()
                .map(|one| one.assertion.as_str())
                .collect(),
            not_applicable: verdict.not_applicable.iter().map(|one| one.item.as_str()).collect(),
            cyber_essentials_plus: &verdict.cyber_essentials_plus,
            published,
        }
    }
}

/// Says whether the items in force come from a secondary transcription.
pub fn is_transcription(period: &Period) -> bool {
    period.edition.is_transcription(&period.category)
}

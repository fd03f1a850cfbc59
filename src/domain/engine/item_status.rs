//! The statuses that an item can have, and an item with its status.

use crate::domain::catalogue::edition::{Item, Requirement};
use crate::domain::ids::ItemRef;

/// Where an item stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Not asked for on that day: the edition in force has no such item for the organisation.
    #[default]
    NotAsked,
    /// Own evidence in force, confirmed where the rules ask.
    Met,
    /// A rule frees or derives it from something equivalent.
    MetByEquivalence,
    /// Own evidence in force, but the assertion is not confirmed yet.
    NeedsConfirming,
    /// Something holds, but not everything or not everywhere.
    PartlySupported,
    /// It was met in this edition, and what met it has ended.
    Lapsed,
    /// Asked for, and nothing is in force.
    NotMet,
    /// A reason is recorded why it does not apply.
    NotApplicable,
}

impl Status {
    /// The statuses that an item which is asked for can have, in the order that counts show them.
    pub const ALL: [Self; 7] = [
        Self::Met,
        Self::MetByEquivalence,
        Self::NeedsConfirming,
        Self::PartlySupported,
        Self::Lapsed,
        Self::NotMet,
        Self::NotApplicable,
    ];

    /// Returns the word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotAsked => "Not asked",
            Self::Met => "Met",
            Self::MetByEquivalence => "Met by equivalence",
            Self::NeedsConfirming => "Needs confirming",
            Self::PartlySupported => "Partly supported",
            Self::Lapsed => "Lapsed",
            Self::NotMet => "Not met",
            Self::NotApplicable => "Not applicable",
        }
    }

    /// Returns the mark that stands before the word.
    pub fn mark(self) -> &'static str {
        match self {
            Self::NotAsked => "   ",
            Self::Met => "[x]",
            Self::MetByEquivalence => "[=]",
            Self::NeedsConfirming => "[?]",
            Self::PartlySupported => "[~]",
            Self::Lapsed => "[!]",
            Self::NotMet => "[ ]",
            Self::NotApplicable => "[-]",
        }
    }

    /// Returns the name in JSON.
    pub fn json(self) -> &'static str {
        match self {
            Self::NotAsked => "not_asked",
            Self::Met => "met",
            Self::MetByEquivalence => "met_by_equivalence",
            Self::NeedsConfirming => "needs_confirming",
            Self::PartlySupported => "partly_supported",
            Self::Lapsed => "lapsed",
            Self::NotMet => "not_met",
            Self::NotApplicable => "not_applicable",
        }
    }

    /// Reads a word as people type it: `met`, `not-met`, `met_by_equivalence`, `partly supported`.
    pub fn from_word(text: &str) -> Option<Self> {
        let word = text.trim().to_ascii_lowercase().replace(['-', ' '], "_");
        Self::ALL.into_iter().chain([Self::NotAsked]).find(|status| status.json() == word)
    }

    /// Says whether nothing more is needed for the item itself.
    pub fn in_place(self) -> bool {
        match self {
            Self::Met | Self::MetByEquivalence | Self::NotApplicable => true,
            Self::NotAsked
            | Self::NeedsConfirming
            | Self::PartlySupported
            | Self::Lapsed
            | Self::NotMet => false,
        }
    }

    pub(super) fn was_met(self) -> bool {
        matches!(self, Self::Met | Self::MetByEquivalence)
    }
}

/// An item's status on a day, with its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The item.
    pub item: ItemRef,
    /// What it asks for.
    pub title: String,
    /// How strongly.
    pub requirement: Requirement,
    /// Where it stands.
    pub status: Status,
    /// In a few words, why.
    pub because_text: String,
    /// The entries that say so, in ledger order; never empty.
    pub because: Vec<u64>,
}

/// An item's status on a day, for what counts statuses and asks for no reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemStatus<'p> {
    /// The item.
    pub item: ItemRef,
    /// The catalogue row that asks for it.
    pub asked: &'p Item,
    /// Where it stands.
    pub status: Status,
}

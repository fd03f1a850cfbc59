//! Answers of a ledger in which no edition is in force: what is awaited, and what is recorded for
//! items of it already.

use serde::Serialize;

use super::as_of::{AsOf, View};
use crate::domain::engine::status::Positions;
use crate::domain::event::body::OrganisationClassified;
use crate::domain::state::State;
use crate::domain::state::awaited::NamedItems;

/// The answer to `status` where nothing is asked, since no edition is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NothingAsked<'a> {
    /// What was asked.
    pub view: View,
    /// The same in words.
    pub sentence: String,
    /// The organisation's name.
    pub organisation: &'a str,
    /// The edition in force: none.
    pub edition: Option<&'a str>,
    /// The revision of its files: none.
    pub revision: Option<&'a str>,
    /// The category that it is classified in.
    pub category: Option<&'a str>,
    /// The type that it is classified as.
    pub organisation_type: Option<&'a str>,
    /// The standing: none follows.
    pub standing: Option<&'a str>,
    /// The items that are asked for: none.
    pub items: [&'a str; 0],
    /// What is awaited.
    pub awaited: Awaited<'a>,
}

/// An edition that is awaited, and what is recorded for items of no edition in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Awaited<'a> {
    /// The edition that the organisation is classified for.
    pub edition: Option<&'a str>,
    /// The items that something is recorded for.
    pub items: Vec<NamedItem<'a>>,
}

/// An item of no edition in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NamedItem<'a> {
    /// The item's number.
    pub item: &'a str,
    /// The item in full.
    pub key: String,
    /// The entries that speak of it.
    pub entries: &'a [u64],
}

/// The answer to `explain` about an item of no edition in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotAsked<'a> {
    /// What was asked.
    pub view: View,
    /// The same in words.
    pub sentence: String,
    /// The finding: none is made.
    pub finding: Option<&'a str>,
    /// The item, and what is recorded for it.
    pub awaited: NamedItem<'a>,
}

impl<'a> NothingAsked<'a> {
    /// Makes the answer.
    pub fn new(
        as_of: &AsOf,
        positions: &Positions,
        state: &'a State,
        class: Option<&'a OrganisationClassified>,
        named: &'a NamedItems,
    ) -> Self {
        let items = named.iter().map(|(item, entries)| NamedItem {
            item: item.item.as_str(),
            key: item.to_string(),
            entries,
        });
        Self {
            view: as_of.view(),
            sentence: as_of.sentence(positions),
            organisation: &state.organisation,
            edition: None,
            revision: None,
            category: class.map(|one| one.category.as_str()),
            organisation_type: class.map(|one| one.organisation_type.as_str()),
            standing: None,
            items: [],
            awaited: Awaited {
                edition: class.map(|one| one.edition.as_str()),
                items: items.collect(),
            },
        }
    }
}

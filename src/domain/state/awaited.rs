//! Editions that the organisation is classified for and whose items the ledger does not hold yet,
//! and what is recorded for items that no adopted edition has.
//!
//! A ledger can begin before the edition's files are at hand: what is said of its items is kept, and
//! counts once an edition that has them is adopted. Decides no status.

use std::collections::{BTreeMap, BTreeSet};

use super::State;
use super::facts::Facts;
use crate::domain::catalogue::edition::Edition;
use crate::domain::event::Event;
use crate::domain::event::body::OrganisationClassified;
use crate::domain::ids::{CategoryId, EditionId, ItemRef};

/// Items of no adopted edition, each with the entries that speak of it.
pub type NamedItems = BTreeMap<ItemRef, Vec<u64>>;

impl State {
    fn revisions<'s>(&'s self, id: &'s EditionId) -> impl Iterator<Item = &'s Edition> {
        let all = self.editions.iter().map(|known| known.what.edition.as_ref());
        all.filter(move |edition| edition.id == *id)
    }

    /// Says whether the organisation is classified for an edition and category of which no adopted
    /// revision has an item, so that items of it can be named and not yet be looked up.
    pub fn awaits(&self, edition: &EditionId, category: &CategoryId) -> bool {
        let of =
            |body: &OrganisationClassified| body.edition == *edition && body.category == *category;
        self.classified.iter().any(|known| of(&known.what))
            && self.revisions(edition).all(|one| one.items_of(category).next().is_none())
    }

    /// The classifications for editions that are awaited, by their first day.
    pub fn awaited(&self) -> Vec<&OrganisationClassified> {
        let all = self.classified.iter();
        let awaited = all.filter(|one| self.awaits(&one.what.edition, &one.what.category));
        let mut awaited: Vec<_> = awaited.collect();
        awaited.sort_by_key(|one| (one.what.from, one.place()));
        awaited.into_iter().map(|one| &one.what).collect()
    }

    /// Says whether an adopted revision of its edition has an item.
    pub fn has_item(&self, item: &ItemRef) -> bool {
        self.revisions(&item.edition).any(|one| one.item(&item.category, &item.item).is_some())
    }

    /// Says so of the items of everything recorded, as far as corrections change none of them.
    fn every_item_is_known(&self) -> bool {
        let said = self.said.chronicle().tracks.keys();
        let not_applicable = self.not_applicable.iter().map(|known| &known.what.item);
        said.chain(not_applicable).all(|item| self.has_item(item))
    }

    /// The entries that stand and speak of items which no adopted edition has, by item.
    pub fn of_no_edition(&self, facts: &Facts) -> NamedItems {
        let mut found = NamedItems::new();
        if self.corrected.is_empty() && self.every_item_is_known() {
            return found;
        }
        let mut known: BTreeSet<ItemRef> = BTreeSet::new();
        for fact in facts.iter().take_while(|fact| fact.seq < self.size) {
            let items = items_of(&fact.event);
            // Only a correction puts other items in the place of those that it was recorded for.
            let as_recorded = !self.corrected.contains_key(&fact.seq);
            if items.is_empty() || (as_recorded && items.iter().all(|item| known.contains(item))) {
                continue;
            }
            let standing = self.said.event(fact.seq, facts);
            let gone = matches!(fact.event, Event::EvidenceRecorded(_))
                && !self.said.has_evidence(&fact.id);
            let Some(event) = standing.filter(|_| !gone) else { continue };
            for item in items_of(&event) {
                if known.contains(item) {
                    continue;
                }
                if self.has_item(item) {
                    known.insert(item.clone());
                } else {
                    found.entry(item.clone()).or_default().push(fact.seq);
                }
            }
        }
        found
    }
}

/// The items that an event records something for.
pub fn items_of(event: &Event) -> &[ItemRef] {
    if let Event::EvidenceRecorded(body) = event {
        &body.items
    } else if let Event::ItemAnswered(body) = event {
        std::slice::from_ref(&body.item)
    } else if let Event::ItemNotApplicable(body) = event {
        std::slice::from_ref(&body.item)
    } else {
        &[]
    }
}

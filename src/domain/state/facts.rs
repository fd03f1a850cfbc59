//! All facts in memory, and the two ways in which others take them in and read their words.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use super::index::event_index::Ids;
use crate::domain::event::Kind;
use crate::domain::event::fact::Fact;
use crate::domain::ids::EventId;

/// All facts of a ledger, whole, and the place of each by its identity.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    list: Vec<Fact>,
    ids: Ids,
}

impl Facts {
    /// Takes in the next fact.
    pub fn push(&mut self, fact: Fact) {
        self.ids.push(&fact.id);
        self.list.push(fact);
    }

    /// Returns the place of an event.
    pub fn place_of(&self, id: &EventId) -> Option<u64> {
        self.ids.place(id)
    }
}

impl Deref for Facts {
    type Target = [Fact];

    fn deref(&self) -> &[Fact] {
        &self.list
    }
}

impl FromIterator<Fact> for Facts {
    fn from_iter<I: IntoIterator<Item = Fact>>(all: I) -> Self {
        let mut facts = Self::default();
        all.into_iter().for_each(|fact| facts.push(fact));
        facts
    }
}

impl<'f> IntoIterator for &'f Facts {
    type Item = &'f Fact;
    type IntoIter = std::slice::Iter<'f, Fact>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

impl FactSink for Facts {
    const WHOLE: bool = true;
    const LEAVES: bool = true;

    fn keep(&mut self, fact: Fact) {
        self.push(fact);
    }

    fn kind_of(&self, id: &EventId) -> Option<Kind> {
        let place = usize::try_from(self.place_of(id)?).ok()?;
        self.list.get(place).map(|fact| fact.event.kind())
    }
}

/// Contents by SHA-256, as stored in the ledger and verified.
pub type Contents = BTreeMap<String, Arc<Vec<u8>>>;

/// Where the words of entries are found: all facts in memory, or the ledger's file.
pub trait EntryText {
    /// Returns an entry's fact; none where there is no such entry, or where it cannot be read again
    /// as it was verified.
    fn fact(&self, seq: u64) -> Option<Cow<'_, Fact>>;

    /// Returns the place of an event.
    fn place(&self, id: &EventId) -> Option<u64>;
}

/// Takes in verified facts one after the other.
pub trait FactSink: Default {
    /// Whether the names of files are kept where the ledger keeps no file and nothing follows from
    /// it.
    const WHOLE: bool;

    /// Whether the leaf hash of each entry is kept beside it.
    const LEAVES: bool;

    /// Keeps the next fact.
    fn keep(&mut self, fact: Fact);

    /// Returns the kind of an event that was kept.
    fn kind_of(&self, id: &EventId) -> Option<Kind>;
}

impl EntryText for [Fact] {
    fn fact(&self, seq: u64) -> Option<Cow<'_, Fact>> {
        self.get(usize::try_from(seq).ok()?).map(Cow::Borrowed)
    }

    fn place(&self, id: &EventId) -> Option<u64> {
        self.iter().find(|fact| fact.id == *id).map(|fact| fact.seq)
    }
}

/// A part of them.
impl EntryText for &[Fact] {
    fn fact(&self, seq: u64) -> Option<Cow<'_, Fact>> {
        (**self).fact(seq)
    }

    fn place(&self, id: &EventId) -> Option<u64> {
        (**self).place(id)
    }
}

impl EntryText for Facts {
    fn fact(&self, seq: u64) -> Option<Cow<'_, Fact>> {
        (**self).fact(seq)
    }

    fn place(&self, id: &EventId) -> Option<u64> {
        self.place_of(id)
    }
}

//! What others signed elsewhere, and what is entered at once of it.

use serde_json::Value;

use super::batch::NewEvent;
use crate::domain::authority::roster::Roster;
use crate::domain::event::BadBody;
use crate::domain::ids::{EventId, KeyId};
use crate::domain::state::Fact;
use crate::ledger::{KeyRequest, PublicKey, Request, VerifiedRequest};
use crate::verify::carried::{Carried, NotTold, Told, asks_to_be_admitted, asks_to_record};

/// A request whose signature is good.
#[derive(Clone, Debug)]
pub struct Asked {
    text: String,
    /// What it is bound to, and who signed it.
    pub carried: Carried,
    /// When its author says that it was made.
    pub made: String,
}

/// Why a request is not one that this ledger could take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAsked {
    /// It is not of the form, or not as it was signed.
    #[error("{0}")]
    Malformed(String),
    /// Nobody here knows the key.
    #[error("key {0} signed it, which is not admitted to this ledger")]
    UnknownKey(String),
}

impl From<NotTold> for BadAsked {
    fn from(not: NotTold) -> Self {
        match not {
            NotTold::Body(bad) => Self::Malformed(bad.to_string()),
            NotTold::Newer(text) | NotTold::Broken(_, text) => Self::Malformed(text),
        }
    }
}

impl Asked {
    /// Reads a request to be admitted and checks that its key signed it. The event is what the owner
    /// would record.
    ///
    /// # Errors
    /// [`BadAsked`].
    pub fn for_a_key(text: &str, id: EventId) -> Result<(Self, NewEvent), BadAsked> {
        let Told { event, request } = asks_to_be_admitted(text, &[])?;
        let carried = request.ok_or_else(|| BadAsked::Malformed("it asks for nothing".into()))?;
        let made = KeyRequest::parse(text.as_bytes()).map(KeyRequest::known_good);
        let made = made.map(|asked| asked.made().to_owned()).unwrap_or_default();
        Ok((
            Self { text: text.to_owned(), carried, made },
            NewEvent { id, event, files: Vec::new() },
        ))
    }

    /// Reads a request to record and checks that an admitted key signed it. The event has no files
    /// yet.
    ///
    /// # Errors
    /// [`BadAsked`].
    pub fn to_record(
        text: &str,
        roster: &Roster,
    ) -> Result<(Self, NewEvent, VerifiedRequest), BadAsked> {
        let bad = |error: &dyn std::fmt::Display| BadAsked::Malformed(error.to_string());
        let request = Request::parse(text.as_bytes()).map_err(|error| bad(&error))?;
        let by = request.by().to_owned();
        let known = by.parse().ok().and_then(|id: KeyId| roster.get(&id));
        let known = known.ok_or_else(|| BadAsked::UnknownKey(by.clone()))?;
        let key = PublicKey::from_base64(&known.key).map_err(|error| bad(&error))?;
        let read = request.clone().verify(&key).map_err(|error| bad(&error))?;
        let Told { event, request } = asks_to_record(request, &key, (read.id(), read.subjects()))?;
        let carried = request.ok_or_else(|| BadAsked::Malformed("it asks for nothing".into()))?;
        let id = read.id().parse().map_err(|error| bad(&error))?;
        let asked = Self { text: text.to_owned(), carried, made: read.made().to_owned() };
        Ok((asked, NewEvent { id, event, files: Vec::new() }, read))
    }
}

/// What is entered at once: events, and the requests that they came in, if they did.
pub(super) struct Batch<'b> {
    pub(super) events: &'b [NewEvent],
    /// None, or one for each event.
    pub(super) requests: &'b [Asked],
}

impl<'b> Batch<'b> {
    /// What whoever signs the entries says.
    pub(super) const fn own(events: &'b [NewEvent]) -> Self {
        Self { events, requests: &[] }
    }

    /// Who says an event: whoever signs the entry, or whoever signed the request to record.
    pub(super) fn author(&self, index: usize, signer: &KeyId) -> (KeyId, Option<&'b Asked>) {
        let asked = self.requests.get(index);
        let author = asked.filter(|asked| asked.carried.bound.is_some());
        let author = author.and_then(|asked| asked.carried.author());
        (author.unwrap_or_else(|| signer.clone()), asked)
    }

    /// The type and the body of the entry of an event.
    pub(super) fn said(
        &self,
        index: usize,
        new: &NewEvent,
    ) -> Result<(&'static str, Value), BadBody> {
        match self.requests.get(index) {
            Some(asked) => {
                let carrier = asked.carried.carrier;
                Ok((carrier.as_str(), carrier.body(&asked.text)))
            }
            None => Ok((new.event.kind().as_str(), new.event.body()?)),
        }
    }

    /// Who put in which of these facts, where that is not their author.
    pub(super) fn taken(&self, facts: &[Fact], signer: &KeyId) -> Vec<(u64, KeyId)> {
        let taken = facts.iter().zip(self.requests);
        let taken = taken.filter(|(_, asked)| asked.carried.bound.is_some());
        taken.map(|(fact, _)| (fact.seq, signer.clone())).collect()
    }
}

//! What a verified entry says, and who says it: the author of the entry, or of the request that it
//! carries, whose own signature is checked here.

use crate::domain::event::{BadBody, BadCarrier, Carrier, Event, Kind};
use crate::domain::ids::KeyId;
use crate::ledger::{
    Digest, FaultKind, KeyRequest, Origin, PublicKey, Request, Seen, Subject, VerifiedEntry,
};

use super::rule::Rule;

/// What an entry says.
pub(crate) struct Told {
    pub(crate) event: Event,
    /// The request that it came in, if it did.
    pub(crate) request: Option<Carried>,
}

/// A request inside an entry.
#[derive(Clone, Debug)]
pub struct Carried {
    /// What kind of entry carries it.
    pub carrier: Carrier,
    /// Its author.
    pub by: String,
    /// The key that asks to be admitted.
    pub key: Option<PublicKey>,
    /// The ledger that it names.
    pub ledger: Option<Origin>,
    /// To what else it is bound; nothing for a request to be admitted.
    pub bound: Option<Bound>,
}

/// To what a request to record is bound.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The identity of the ledger.
    pub ledger_id: Digest,
    /// What its author saw.
    pub seen: Seen,
    /// The last moment.
    pub expires: String,
}

/// Why it is not known what an entry says.
#[derive(Debug)]
pub(crate) enum NotTold {
    /// Its body.
    Body(BadBody),
    /// The program that wrote it is newer.
    Newer(String),
    /// A rule that it breaks.
    Broken(Rule, String),
}

/// Where a request is put in.
pub struct Here<'h> {
    /// The ledger.
    pub origin: &'h Origin,
    /// Its identity.
    pub id: Digest,
    /// The place.
    pub seq: u64,
    /// The time that the entry claims, UTC with milliseconds.
    pub at: &'h str,
}

impl Carried {
    /// The author as facts name it.
    pub(crate) fn author(&self) -> Option<KeyId> {
        self.by.parse().ok()
    }

    /// Checks that it may be put in here, but for the root that its author saw.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn fits(&self, here: &Here<'_>) -> Result<(), (Rule, String)> {
        if let Some(other) = self.ledger.as_ref().filter(|one| *one != here.origin) {
            let text = format!("the request is for the ledger {other}, not for {}", here.origin);
            return Err((Rule::RequestLedger, text));
        }
        let Some(Bound { ledger_id, seen, expires }) = &self.bound else { return Ok(()) };
        if *ledger_id != here.id {
            let text = "the request is for a ledger of this name that began otherwise".to_owned();
            return Err((Rule::RequestLedger, text));
        }
        if seen.size > here.seq {
            let text = format!("its author saw {} entries, {} are before it", seen.size, here.seq);
            return Err((Rule::RequestHead, text));
        }
        // One spelling, so that texts are in the order of times.
        if here.at > expires.as_str() {
            let text = format!("the request expired at {expires}, and it is put in at {}", here.at);
            return Err((Rule::RequestExpired, text));
        }
        Ok(())
    }

    /// Checks the root that its author saw against that of the first entries here.
    ///
    /// # Errors
    /// [`Rule::RequestHead`].
    pub fn saw(&self, root: Option<Digest>) -> Result<(), (Rule, String)> {
        match &self.bound {
            Some(bound) if root != Some(bound.seen.root) => {
                let size = bound.seen.size;
                let text = format!("its author saw another root of the first {size} entries");
                Err((Rule::RequestHead, text))
            }
            _ => Ok(()),
        }
    }
}

/// Returns what an entry says whose signatures verified. `key_of` gives the admitted keys.
pub(crate) fn told(
    entry: &VerifiedEntry,
    key_of: impl Fn(&str) -> Option<PublicKey>,
) -> Result<Told, NotTold> {
    let Some(carrier) = Carrier::of(entry.kind()) else {
        let event = Event::decode(entry.kind(), entry.body()).map_err(NotTold::Body)?;
        return Ok(Told { event, request: None });
    };
    let text = carrier.request(entry.body()).map_err(|bad| match bad {
        BadCarrier::Newer { .. } => NotTold::Newer(format!("entry #{}: {bad}", entry.seq())),
        BadCarrier::Fields { .. } => NotTold::Broken(Rule::BadBody, bad.to_string()),
    })?;
    match carrier {
        Carrier::KeyRequestAdmitted => asks_to_be_admitted(text, entry.subjects()),
        Carrier::RequestTaken => {
            let request = Request::parse(text.as_bytes()).map_err(|bad| malformed(&bad))?;
            let key = key_of(request.by()).ok_or_else(|| {
                let text = format!(
                    "`{}` signed the request, and no earlier entry admits it",
                    request.by()
                );
                NotTold::Broken(Rule::UnknownKey, text)
            })?;
            asks_to_record(request, &key, (entry.id(), entry.subjects()))
        }
    }
}

fn malformed(bad: &FaultKind) -> NotTold {
    let own = matches!(bad, FaultKind::BadKey { .. } | FaultKind::BadSignature { .. });
    let rule = if own { Rule::from(bad) } else { Rule::BadRequest };
    NotTold::Broken(rule, format!("the request: {bad}"))
}

fn bad(text: &str) -> NotTold {
    NotTold::Broken(Rule::BadRequest, text.to_owned())
}

/// What a request to be admitted says.
pub(crate) fn asks_to_be_admitted(text: &str, files: &[Subject]) -> Result<Told, NotTold> {
    let request = KeyRequest::parse(text.as_bytes()).map_err(|bad| malformed(&bad))?;
    if !files.is_empty() {
        return Err(bad("an entry that admits a key names no file"));
    }
    let asked = request.verify().map_err(|bad| malformed(&bad))?;
    let event = Event::decode(Kind::KeyAdmitted.as_str(), asked.body()).map_err(NotTold::Body)?;
    let request = Carried {
        carrier: Carrier::KeyRequestAdmitted,
        by: asked.key().keyid(),
        key: Some(*asked.key()),
        ledger: asked.ledger().cloned(),
        bound: None,
    };
    Ok(Told { event, request: Some(request) })
}

/// What a request to record says, in an entry of this id that names these files.
pub(crate) fn asks_to_record(
    request: Request,
    key: &PublicKey,
    (id, files): (&str, &[Subject]),
) -> Result<Told, NotTold> {
    let asked = request.verify(key).map_err(|bad| malformed(&bad))?;
    if asked.id() != id || asked.subjects() != files {
        return Err(bad("the entry has another id, or names other files, than the request in it"));
    }
    let event = Event::decode(asked.kind(), asked.body()).map_err(NotTold::Body)?;
    if !event.kind().may_be_requested() {
        return Err(bad(&format!("a {} cannot be requested", event.kind())));
    }
    let ledger = Origin::parse(&asked.ledger().name).ok();
    let request = Carried {
        carrier: Carrier::RequestTaken,
        by: asked.by().to_owned(),
        key: None,
        ledger,
        bound: Some(Bound {
            ledger_id: asked.ledger().sha256,
            seen: asked.seen(),
            expires: asked.expires().to_owned(),
        }),
    };
    Ok(Told { event, request: Some(request) })
}

/// What an entry says that was verified before, from the text of its body: the author of its request
/// in place of its own, where it carries one.
pub(crate) fn told_before(
    kind: &str,
    body: &str,
    decode: impl Fn(&str, &str) -> Option<Event>,
) -> Option<(Event, Option<KeyId>)> {
    let Some(carrier) = Carrier::of(kind) else { return Some((decode(kind, body)?, None)) };
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    let text = carrier.request(&body).ok()?.as_bytes();
    match carrier {
        Carrier::KeyRequestAdmitted => {
            let asked = KeyRequest::parse(text).ok()?.known_good();
            Some((Event::decode(Kind::KeyAdmitted.as_str(), asked.body()).ok()?, None))
        }
        Carrier::RequestTaken => {
            let asked = Request::parse(text).ok()?.known_good();
            let event = Event::decode(asked.kind(), asked.body()).ok()?;
            Some((event, Some(asked.by().parse().ok()?)))
        }
    }
}

//! The rules of one entry: its form and place, the keys that it brings, the ledger that entry 0 opens.

use std::collections::BTreeMap;

use super::outcome::{Ledger, Stop};
use crate::domain::authority::roster::Roster;
use crate::domain::event::{BadBody, Carrier, Event, Kind, Replacement};
use crate::domain::ids::{EventId, KeyId};
use crate::domain::state::Contents;
use crate::domain::state::index::fact_index::FactSink;
use crate::ledger::{
    Checked, Digest, Expected, FaultKind, Frontier, LogKeys, Origin, PublicKey, VerifiedEntry,
    Vkey, check, genesis_digest,
};
use crate::store::Row;
use crate::verify::finding::{Finding, Place};
use crate::verify::rule::Rule;

/// Everything about an entry but its signatures, given its leaf hash and the tree before it.
pub(crate) fn structure(
    row: &Row,
    leaf: Digest,
    before: &Frontier,
    first: Option<&(Origin, Digest)>,
) -> Result<Checked, Finding> {
    let seq = before.size();
    let fault = |rule, text: String| Finding { place: Place::Entry(seq), rule, text };
    if row.leaf != leaf {
        let text =
            format!("the stored leaf hash is {}, the entry's is {}", row.leaf.hex(), leaf.hex());
        return Err(fault(Rule::LeafDiffers, text));
    }
    let broken = |kind: FaultKind| fault(Rule::from(&kind), kind.to_string());
    let Some((origin, identity)) = first else {
        // Entry 0 has no origin when it cannot be read; what is wrong with it is the first fault.
        let read = crate::ledger::parse::parse(&row.bytes).map(drop);
        return Err(broken(read.err().unwrap_or(FaultKind::UnknownIdentity)));
    };
    let ledger_id = (seq > 0).then_some(*identity);
    let expected = Expected { origin, ledger_id, seq, root: before.root() };
    let checked = check(&row.bytes, &expected).map_err(|found| broken(found.kind))?;
    if checked.entry().id() != hex(&row.id) {
        let text =
            format!("the stored id is {}, the entry's is {}", hex(&row.id), checked.entry().id());
        return Err(fault(Rule::IdDiffers, text));
    }
    Ok(checked)
}

/// What is known of an entry whatever it means.
pub(super) struct Passed<'e> {
    pub(super) seq: u64,
    pub(super) leaf: Digest,
    pub(super) id: &'e str,
    pub(super) at: &'e str,
}

/// After these kinds other keys may sign, so the signatures that follow wait for them.
pub(crate) fn ends_batch(kind: &str) -> bool {
    let changes = [
        Kind::LedgerOpened,
        Kind::KeyAdmitted,
        Kind::KeyRevoked,
        Kind::KeyRotated,
        Kind::LogKeyRotated,
    ];
    kind == Carrier::KeyRequestAdmitted.as_str() || changes.iter().any(|one| one.as_str() == kind)
}

pub(super) fn undecided(seq: u64, bad: &BadBody) -> Stop {
    match bad {
        BadBody::UnknownKind(_) | BadBody::UnknownVersion { .. } => {
            Stop::Undecided(format!("entry #{seq}: {bad}"))
        }
        BadBody::Fields { .. } => {
            let (place, text) = (Place::Entry(seq), bad.to_string());
            Finding { place, rule: Rule::BadBody, text }.into()
        }
    }
}

/// What a correction puts in place has a body of its own, as right as any other; a correction puts
/// in place no correction.
pub(super) fn replaced(seq: u64, put: &Replacement) -> Result<(), Stop> {
    if put.kind == Kind::Correction.as_str() {
        let text = "it puts a correction in the place of an event".to_owned();
        return Err(Finding { place: Place::Entry(seq), rule: Rule::BadBody, text }.into());
    }
    Event::decode(&put.kind, &put.body).map(drop).map_err(|bad| undecided(seq, &bad))
}

pub(super) fn names(entry: &VerifiedEntry) -> Option<(EventId, KeyId)> {
    Some((entry.id().parse().ok()?, entry.by().parse().ok()?))
}

/// The key that an entry introduces, which must be the one that its body names.
pub(super) fn introduced(key: Option<&PublicKey>, event: &Event) -> Result<Option<KeyId>, String> {
    let Some(named) = event.introduces() else { return Ok(None) };
    let key = key.filter(|key| key.base64() == named);
    let key = key.ok_or("the body does not introduce a key that signed the entry")?;
    key.keyid().parse().map(Some).map_err(|bad: crate::domain::ids::BadRef| bad.to_string())
}

/// The log key signs heads, and of entries only the one that puts another in its place.
pub(super) fn log_key_signed(
    log: &LogKeys,
    entry: &VerifiedEntry,
    event: &Event,
) -> Result<(), String> {
    let rotation = matches!(event, Event::LogKeyRotated(_));
    let newest = log.newest().key().keyid();
    let is_log = |keyid: &str| log.all().any(|one| one.key().keyid() == keyid);
    let wrong = entry.keyids().find(|keyid| is_log(keyid) && !(rotation && *keyid == newest));
    if let Some(keyid) = wrong {
        return Err(format!("key {keyid} is a log key, which signs heads only"));
    }
    if rotation && !entry.keyids().any(|keyid| keyid == newest) {
        return Err(format!("the log key {newest} did not sign that another takes its place"));
    }
    Ok(())
}

/// The ledger that entry 0 opens: its log key is bound to its identity.
pub(super) fn opened<F: FactSink>(
    entry: &VerifiedEntry,
    event: &Event,
) -> Result<Ledger<F>, String> {
    let Event::LedgerOpened(body) = event else {
        return Err("the first entry does not open a ledger".to_owned());
    };
    let log = Vkey::parse(&body.log).map_err(|bad| format!("the log key is malformed: {bad}"))?;
    let origin = Origin::parse(log.name().as_str())
        .map_err(|bad| format!("the log key's name is no origin: {bad}"))?;
    if *entry.ledger() != origin {
        return Err(format!("the log key is that of {origin}, the entry of {}", entry.ledger()));
    }
    if entry.ledger_id() != genesis_digest(&log) {
        return Err("the entry's identity is not that of its log key".to_owned());
    }
    Ok(Ledger {
        origin,
        id: entry.leaf(),
        log: LogKeys::new(log),
        facts: F::default(),
        leaves: Vec::new(),
        frontier: Frontier::new(),
        roster: Roster::default(),
        taken: BTreeMap::new(),
        contents: Contents::new(),
        anchors: Vec::new(),
        head: Vec::new(),
    })
}

/// The origin that entry 0 claims; whether it is right shows when its log key is known.
pub(crate) fn origin_of(bytes: &[u8]) -> Option<Origin> {
    crate::ledger::parse::parse(bytes).ok().map(|entry| entry.ledger().clone())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

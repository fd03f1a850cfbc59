//! Requests that should not have been put in: of another ledger, of another history, too late, twice,
//! changed, beyond the role of their author. Whoever keeps the log seals each of them soundly.

use std::path::Path;

use super::error::kit;
use super::forge::Forger;
use super::sample::{ORIGIN, admitted, confirmed};
use super::{Damage, Kit, KitError, elsewhere, entries, keys};
use crate::domain::event::role::Role;
use crate::domain::event::{Carrier, Event};
use crate::ledger::request::{KeyRequestDraft, RequestDraft, Seen};
use crate::ledger::tree::root_of;
use crate::ledger::{Draft, Origin};
use crate::verify::rule::{Phase, Rule};

type Done = Result<(), KitError>;

/// Every such damage.
pub(super) const ALL: &[Damage] = &[
    Damage::new(
        "request-of-another-ledger",
        (Phase::Entries, Rule::RequestLedger),
        "entry 20 takes a request that its author signed for a ledger of this name that began otherwise",
        another_ledger,
    ),
    Damage::new(
        "request-of-another-name",
        (Phase::Entries, Rule::RequestLedger),
        "entry 20 takes a request that its author signed for a ledger of another name",
        another_name,
    ),
    Damage::new(
        "request-of-another-history",
        (Phase::Entries, Rule::RequestHead),
        "entry 20 takes a request whose author saw another history of 20 entries",
        another_history,
    ),
    Damage::new(
        "request-from-later",
        (Phase::Entries, Rule::RequestHead),
        "entry 20 takes a request whose author saw 21 entries",
        from_later,
    ),
    Damage::new(
        "request-too-late",
        (Phase::Entries, Rule::RequestExpired),
        "entry 20 takes a request a millisecond after its last moment",
        too_late,
    ),
    Damage::new(
        "request-taken-twice",
        (Phase::Entries, Rule::DuplicateId),
        "entry 21 takes the request that entry 20 has taken",
        taken_twice,
    ),
    Damage::new(
        "request-changed",
        (Phase::Entries, Rule::BadSignature),
        "entry 20 takes a request in which the answer was changed after it was signed",
        changed,
    ),
    Damage::new(
        "request-beyond-its-role",
        (Phase::Entries, Rule::KeyNotAllowed),
        "entry 20 takes a confirmation that a contributor signed; an owner signs the entry",
        beyond_its_role,
    ),
    Damage::new(
        "request-of-a-stranger",
        (Phase::Entries, Rule::UnknownKey),
        "entry 20 takes a request by a key that was never admitted",
        of_a_stranger,
    ),
    Damage::new(
        "request-of-a-revoked-key",
        (Phase::Entries, Rule::KeyNotAllowed),
        "entry 20 takes a request by the contributor's old key, which entry 14 replaced",
        of_a_revoked_key,
    ),
    Damage::new(
        "request-under-another-id",
        (Phase::Entries, Rule::BadRequest),
        "entry 20 takes a request under another id, so that it could be taken again",
        another_id,
    ),
    Damage::new(
        "request-taken-by-an-approver",
        (Phase::Entries, Rule::KeyNotAllowed),
        "entry 20 takes a request and is by an approver, who does not keep the log",
        by_an_approver,
    ),
    Damage::new(
        "key-asked-for-by-another",
        (Phase::Entries, Rule::BadSignature),
        "entry 20 admits a key by a request that another key signed in its name",
        by_another_key,
    ),
    Damage::new(
        "key-of-another-ledger",
        (Phase::Entries, Rule::RequestLedger),
        "entry 20 admits a key that asked to be admitted to another ledger",
        key_of_another_ledger,
    ),
];

/// A request that is good in everything, for the next place, with the draft of the entry that takes
/// it.
fn good(forger: &Forger, event: &Event) -> Result<(Draft, RequestDraft), KitError> {
    let draft = forger.next(event)?;
    let leaves = forger.leaves();
    let request = RequestDraft {
        ledger: draft.ledger.clone(),
        ledger_id: draft.ledger_id,
        seen: Seen { size: leaves.len() as u64, root: root_of(&leaves) },
        made: "2026-05-30T09:00:00.000Z".to_owned(),
        expires: draft.at.clone(),
        id: draft.id.clone(),
        kind: draft.kind.clone(),
        body: draft.body.clone(),
        subjects: Vec::new(),
    };
    Ok((draft, request))
}

/// Puts a request into the draft of its entry.
fn carry(draft: &mut Draft, carrier: Carrier, request: &[u8]) {
    carrier.as_str().clone_into(&mut draft.kind);
    draft.body = carrier.body(&String::from_utf8_lossy(request));
}

/// Entry 20 takes a request by the key of a seed, which is good but for one change.
fn taken(
    kit: &Kit,
    to: &Path,
    (event, by): (&Event, u8),
    change: impl FnOnce(&mut RequestDraft, &mut Draft) -> Done,
) -> Done {
    kit.forged(to, |forger| take(forger, (event, by, keys::OWNER), change))
}

/// The same, sealed by the key of another seed.
pub(super) fn take(
    forger: &mut Forger,
    (event, by, sealer): (&Event, u8, u8),
    change: impl FnOnce(&mut RequestDraft, &mut Draft) -> Done,
) -> Done {
    let (mut draft, mut request) = good(forger, event)?;
    change(&mut request, &mut draft)?;
    let bytes = self::kit(request.seal(&keys::signer(by)))?;
    carry(&mut draft, Carrier::RequestTaken, &bytes);
    forger.append(&draft, &[sealer])
}

fn another_ledger(kit: &Kit, to: &Path) -> Done {
    taken(kit, to, (&entries::said()?, keys::NEW_CONTRIBUTOR), |request, _| {
        request.ledger_id = elsewhere();
        Ok(())
    })
}

fn another_name(kit: &Kit, to: &Path) -> Done {
    taken(kit, to, (&entries::said()?, keys::NEW_CONTRIBUTOR), |request, _| {
        request.ledger = self::kit(Origin::parse("demonstration.invalid/other/dspt"))?;
        Ok(())
    })
}

fn another_history(kit: &Kit, to: &Path) -> Done {
    taken(kit, to, (&entries::said()?, keys::NEW_CONTRIBUTOR), |request, _| {
        request.seen.root = elsewhere();
        Ok(())
    })
}

fn from_later(kit: &Kit, to: &Path) -> Done {
    taken(kit, to, (&entries::said()?, keys::NEW_CONTRIBUTOR), |request, _| {
        request.seen.size += 1;
        Ok(())
    })
}

fn too_late(kit: &Kit, to: &Path) -> Done {
    taken(kit, to, (&entries::said()?, keys::NEW_CONTRIBUTOR), |request, draft| {
        draft.at.clone_into(&mut request.expires);
        draft.at = draft.at.replace(".000Z", ".001Z");
        Ok(())
    })
}

fn taken_twice(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        let event = entries::said()?;
        let (mut draft, request) = good(forger, &event)?;
        let bytes = self::kit(request.seal(&keys::signer(keys::NEW_CONTRIBUTOR)))?;
        carry(&mut draft, Carrier::RequestTaken, &bytes);
        forger.append(&draft, &[keys::OWNER])?;
        let mut again = forger.next(&event)?;
        draft.id.clone_into(&mut again.id);
        carry(&mut again, Carrier::RequestTaken, &bytes);
        forger.append(&again, &[keys::OWNER])
    })
}

fn changed(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        let (mut draft, request) = good(forger, &entries::said()?)?;
        let honest = self::kit(request.seal(&keys::signer(keys::NEW_CONTRIBUTOR)))?;
        let honest = super::forge::payload(&honest)?;
        let better = honest.replace("within 7 days", "within 1 days");
        let bytes = super::forge::enveloped(&better, &honest, &[keys::NEW_CONTRIBUTOR])?;
        carry(&mut draft, Carrier::RequestTaken, &bytes);
        forger.append(&draft, &[keys::OWNER])
    })
}

fn beyond_its_role(kit: &Kit, to: &Path) -> Done {
    let event = confirmed("7.3.5", "2026-05-01")?;
    taken(kit, to, (&event, keys::NEW_CONTRIBUTOR), |_, _| Ok(()))
}

fn of_a_stranger(kit: &Kit, to: &Path) -> Done {
    taken(kit, to, (&entries::said()?, keys::STRANGER), |_, _| Ok(()))
}

fn of_a_revoked_key(kit: &Kit, to: &Path) -> Done {
    taken(kit, to, (&entries::said()?, keys::CONTRIBUTOR), |_, _| Ok(()))
}

fn another_id(kit: &Kit, to: &Path) -> Done {
    taken(kit, to, (&entries::said()?, keys::NEW_CONTRIBUTOR), |request, _| {
        request.id = "0".repeat(32);
        Ok(())
    })
}

fn by_an_approver(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        let by = keys::NEW_CONTRIBUTOR;
        take(forger, (&entries::said()?, by, keys::APPROVER), |_, _| Ok(()))
    })
}

/// A request of the stranger's key to be admitted, for a ledger of this name.
fn asks(origin: &str) -> Result<(Event, Vec<u8>), KitError> {
    let event = admitted(keys::STRANGER, "Eve Example", Role::Contributor);
    let draft = KeyRequestDraft {
        ledger: Some(kit(Origin::parse(origin))?),
        made: "2026-05-30T09:00:00.000Z".to_owned(),
        body: kit(event.body())?,
    };
    let bytes = kit(draft.seal(&keys::signer(keys::STRANGER)))?;
    Ok((event, bytes))
}

/// Entry 20 admits a key by a request.
pub(super) fn admit(forger: &mut Forger, event: &Event, request: &[u8]) -> Done {
    // Whatever kind of event it is, only its place and time are of use.
    let mut draft = forger.next(event)?;
    carry(&mut draft, Carrier::KeyRequestAdmitted, request);
    forger.append(&draft, &[keys::OWNER])
}

fn by_another_key(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        let (event, bytes) = asks(ORIGIN)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let payload = super::forge::payload(&bytes)?;
        let other = super::forge::enveloped(&payload, &payload, &[keys::OWNER])?;
        let sig = |text: &str| {
            text.split("\"sig\":\"").nth(1).map(|rest| rest.get(..88).map(str::to_owned))
        };
        let (own, others) = (sig(&text), sig(&String::from_utf8_lossy(&other)));
        let both = own.flatten().zip(others.flatten());
        let (own, others) = both.ok_or_else(|| KitError::Material("no signature".to_owned()))?;
        admit(forger, &event, text.replace(&own, &others).as_bytes())
    })
}

fn key_of_another_ledger(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        let (event, bytes) = asks("demonstration.invalid/other/dspt")?;
        admit(forger, &event, &bytes)
    })
}

#[cfg(test)]
mod tests {
    use crate::ledger::Sign as _;
    use crate::verify::bundle::examine_folder;
    use crate::verify::examine::Trust;
    use crate::verify::known_heads::Memory;

    use super::*;

    #[test]
    fn sound_requests_are_good_and_a_key_that_asked_may_sign_from_then_on() {
        let folder = tempfile::tempdir().unwrap();
        let kit = Kit::create(&folder.path().join("kit")).unwrap();
        let to = folder.path().join("good");
        kit.forged(&to, |forger| {
            let by = keys::NEW_CONTRIBUTOR;
            take(forger, (&entries::said()?, by, keys::OWNER), |_, _| Ok(()))?;
            let (event, bytes) = asks(ORIGIN)?;
            admit(forger, &event, &bytes)?;
            take(forger, (&entries::said()?, keys::STRANGER, by), |_, _| Ok(()))?;
            forger.append(&forger.next(&entries::said()?)?, &[keys::STRANGER])
        })
        .unwrap();
        let reader = kit.reader().unwrap();
        let trust = Trust {
            policy: Some(&reader.policy),
            max_age_days: Some(reader.max_age_days),
            now: reader.now,
            kept: vec![reader.kept],
            heads: Vec::new(),
            tokens: None,
        };
        let found = examine_folder(&super::super::target(&to), &trust, &Memory::none()).unwrap();
        assert_eq!(found.first_fault(), None);
        assert_eq!(found.audit.undecided, None);
        let ledger = found.audit.ledger.unwrap();
        let by = |seq: usize| ledger.facts[seq].by.to_string();
        let keyid = |seed| keys::signer(seed).public().keyid();
        assert_eq!(by(20), keyid(keys::NEW_CONTRIBUTOR));
        assert_eq!((by(21), by(22)), (keyid(keys::OWNER), keyid(keys::STRANGER)));
        let taken: Vec<_> = ledger.taken.iter().map(|(seq, by)| (*seq, by.to_string())).collect();
        assert_eq!(taken, [(20, keyid(keys::OWNER)), (22, keyid(keys::NEW_CONTRIBUTOR))]);
    }
}

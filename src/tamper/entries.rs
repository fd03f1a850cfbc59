//! Entries that should not stand: sealed by the wrong key, spelt a second way, dated back, or saying
//! what their grounds do not bear out. The head over them is signed and witnessed, since a witness
//! reads no entry.

use std::path::Path;

use serde_json::Value;

use super::forge::{Forger, enveloped, malleable, payload, sealed};
use super::sample::{
    ORIGIN, admitted, anchor, answer, confirmed, evidence, head, kit, nine, publication, seconds,
};
use super::{Damage, Kit, KitError, elsewhere, keys};
use crate::domain::event::role::Role;
use crate::domain::event::{Event, KeyAdmitted};
use crate::ledger::json::{canonical, parse_canonical};
use crate::ledger::{Digest, Draft, Origin};
use crate::verify::published::NAME;
use crate::verify::rule::{Phase, Rule};

type Done = Result<(), KitError>;

/// Every such damage.
pub(super) const ALL: &[Damage] = &[
    Damage::new(
        "stranger",
        (Phase::Entries, Rule::UnknownKey),
        "entry 20 is by a key that was never admitted",
        stranger,
    ),
    Damage::new(
        "wrong-role",
        (Phase::Entries, Rule::KeyNotAllowed),
        "in entry 20 a contributor confirms an assertion, which an owner or approver may",
        wrong_role,
    ),
    Damage::new(
        "revoked-key",
        (Phase::Entries, Rule::KeyNotAllowed),
        "entry 20 is by the assessor, whose key entry 15 revoked",
        revoked_key,
    ),
    Damage::new(
        "rotated-key",
        (Phase::Entries, Rule::KeyNotAllowed),
        "entry 20 is by the contributor's old key, which entry 14 replaced",
        rotated_key,
    ),
    Damage::new(
        "log-key-entry",
        (Phase::Entries, Rule::KeyNotAllowed),
        "entry 20 bears a signature of the log key, which signs heads only",
        log_key_entry,
    ),
    Damage::new(
        "weak-key",
        (Phase::Entries, Rule::BadKey),
        "entry 20 admits a key of small order, of which one signature fits many messages",
        weak_key,
    ),
    Damage::new(
        "no-possession",
        (Phase::Entries, Rule::MissingPossession),
        "entry 20 admits a key that did not sign it",
        no_possession,
    ),
    Damage::new(
        "malleable",
        (Phase::Entries, Rule::BadSignature),
        "the group order was added to the scalar of entry 20's signature",
        malleable_signature,
    ),
    Damage::new(
        "borrowed-signature",
        (Phase::Entries, Rule::BadSignature),
        "entry 20 bears a signature that its author made over other words",
        borrowed,
    ),
    Damage::new(
        "spelling-space",
        (Phase::Entries, Rule::NotCanonical),
        "the payload of entry 20 has a space outside its strings, and is signed so",
        spelling_space,
    ),
    Damage::new(
        "spelling-zero",
        (Phase::Entries, Rule::NotCanonical),
        "entry 20 writes its place as 020, and is signed so",
        spelling_zero,
    ),
    Damage::new(
        "spelling-twice",
        (Phase::Entries, Rule::NotCanonical),
        "entry 20 has one field twice, with two values, and is signed so",
        spelling_twice,
    ),
    Damage::new(
        "spelling-base64",
        (Phase::Entries, Rule::WrongField),
        "the signature of entry 20 has a stray bit in its last base64 character",
        spelling_base64,
    ),
    Damage::new(
        "two-subjects",
        (Phase::Entries, Rule::WrongField),
        "entry 20 names two files by one name, so that each reader can take the one it likes",
        two_subjects,
    ),
    Damage::new(
        "two-statements",
        (Phase::Entries, Rule::WrongField),
        "entry 20 publishes two files by the name statement.json",
        two_statements,
    ),
    Damage::new(
        "other-ledger",
        (Phase::Entries, Rule::WrongLedger),
        "entry 20 was sealed for another ledger",
        other_ledger,
    ),
    Damage::new(
        "other-identity",
        (Phase::Entries, Rule::WrongIdentity),
        "entry 20 was sealed for a ledger of the same name that began otherwise",
        other_identity,
    ),
    Damage::new(
        "same-id",
        (Phase::Entries, Rule::DuplicateId),
        "entry 20 has the id of entry 10",
        same_id,
    ),
    Damage::new(
        "clock-back",
        (Phase::Entries, Rule::TimeWentBack),
        "entry 20 says that it is older than entry 19",
        clock_back,
    ),
    Damage::new(
        "anchor-other-tree",
        (Phase::Anchors, Rule::AnchorRoot),
        "entry 20 anchors a head of another tree, signed by the log key and two witnesses",
        anchor_other_tree,
    ),
    Damage::new(
        "anchor-unsigned",
        (Phase::Anchors, Rule::AnchorWitness),
        "entry 20 names two witnesses, and one of them signed",
        anchor_unsigned,
    ),
    Damage::new(
        "anchor-ahead",
        (Phase::Anchors, Rule::AnchorPlace),
        "entry 20 anchors a head of 21 entries",
        anchor_ahead,
    ),
    Damage::new(
        "backdated",
        (Phase::Replay, Rule::TimeOutsideInterval),
        "entry 21 claims a day in March, and follows an anchor of June",
        backdated,
    ),
    Damage::new(
        "postdated",
        (Phase::Replay, Rule::TimeOutsideInterval),
        "entry 20 claims a day after witnesses had seen it",
        postdated,
    ),
    Damage::new(
        "verdict-first",
        (Phase::Replay, Rule::VerdictBeforeGrounds),
        "entry 20 confirms an assertion whose only evidence is entry 21",
        verdict_first,
    ),
    Damage::new(
        "statement-reworded",
        (Phase::Replay, Rule::StatementDiffers),
        "entry 20 publishes a statement as better than the statement says",
        statement_reworded,
    ),
    Damage::new(
        "statement-invented",
        (Phase::Replay, Rule::StatementNotReproduced),
        "entry 20 publishes a statement that the entries do not give",
        statement_invented,
    ),
];

/// What an honest entry 20 would say.
pub(super) fn said() -> Result<Event, KitError> {
    answer("8.3.4", "updates are applied within 7 days", "2026-05-31")
}

/// One more entry at the end by these keys.
fn next(kit: &Kit, to: &Path, event: &Event, signers: &[u8]) -> Done {
    drafted(kit, to, event, signers, |_| Ok(()))
}

/// The same after a change to its draft.
fn drafted(
    kit: &Kit,
    to: &Path,
    event: &Event,
    signers: &[u8],
    change: impl FnOnce(&mut Draft) -> Done,
) -> Done {
    kit.forged(to, |forger| {
        let mut draft = forger.next(event)?;
        change(&mut draft)?;
        forger.append(&draft, signers)
    })
}

/// One more entry whose payload is written as no honest program would, and signed as it is.
fn spelt(kit: &Kit, to: &Path, spell: impl FnOnce(String) -> String) -> Done {
    kit.forged(to, |forger| {
        let honest = payload(&sealed(&forger.next(&said()?)?, &[keys::NEW_CONTRIBUTOR])?)?;
        let text = spell(honest);
        forger.entries.push(enveloped(&text, &text, &[keys::NEW_CONTRIBUTOR])?);
        Ok(())
    })
}

fn stranger(kit: &Kit, to: &Path) -> Done {
    next(kit, to, &said()?, &[keys::STRANGER])
}

fn wrong_role(kit: &Kit, to: &Path) -> Done {
    next(kit, to, &confirmed("7.3.5", "2026-05-01")?, &[keys::NEW_CONTRIBUTOR])
}

fn revoked_key(kit: &Kit, to: &Path) -> Done {
    next(kit, to, &said()?, &[keys::ASSESSOR])
}

fn rotated_key(kit: &Kit, to: &Path) -> Done {
    next(kit, to, &said()?, &[keys::CONTRIBUTOR])
}

fn log_key_entry(kit: &Kit, to: &Path) -> Done {
    next(kit, to, &said()?, &[keys::NEW_CONTRIBUTOR, keys::NEW_LOG])
}

/// Sealing refuses such an admission, so it is sealed as another type and renamed.
fn admits(kit: &Kit, to: &Path, event: &Event) -> Done {
    kit.forged(to, |forger| {
        let mut draft = forger.next(event)?;
        "item-answered".clone_into(&mut draft.kind);
        let text = payload(&sealed(&draft, &[keys::OWNER])?)?;
        let text = text.replace("\"item-answered\"", "\"key-admitted\"");
        forger.entries.push(enveloped(&text, &text, &[keys::OWNER])?);
        Ok(())
    })
}

fn weak_key(kit: &Kit, to: &Path) -> Done {
    // The neutral element: y is 1.
    let mut point = [0; 32];
    point[0] = 1;
    let key = Digest::from_bytes(point).base64();
    let holder = "Eve Example".to_owned();
    admits(kit, to, &Event::KeyAdmitted(KeyAdmitted { key, holder, role: Role::Owner }))
}

fn no_possession(kit: &Kit, to: &Path) -> Done {
    admits(kit, to, &admitted(keys::STRANGER, "Eve Example", Role::Owner))
}

fn malleable_signature(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        let entry = sealed(&forger.next(&said()?)?, &[keys::NEW_CONTRIBUTOR])?;
        forger.entries.push(malleable(&entry)?);
        Ok(())
    })
}

fn borrowed(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        let honest = payload(&sealed(&forger.next(&said()?)?, &[keys::NEW_CONTRIBUTOR])?)?;
        let better = honest.replace("within 7 days", "within 1 days");
        forger.entries.push(enveloped(&better, &honest, &[keys::NEW_CONTRIBUTOR])?);
        Ok(())
    })
}

fn spelling_space(kit: &Kit, to: &Path) -> Done {
    spelt(kit, to, |text| text.replacen(",\"predicateType\"", ", \"predicateType\"", 1))
}

fn spelling_zero(kit: &Kit, to: &Path) -> Done {
    spelt(kit, to, |text| text.replace("\"seq\":20", "\"seq\":020"))
}

fn spelling_twice(kit: &Kit, to: &Path) -> Done {
    spelt(kit, to, |text| text.replace("\"met\":true", "\"met\":false,\"met\":true"))
}

fn spelling_base64(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        let entry = sealed(&forger.next(&said()?)?, &[keys::NEW_CONTRIBUTOR])?;
        let text = super::error::kit(String::from_utf8(entry))?;
        // Of the last character before the padding, four bits are read by nobody.
        let (start, end) = text.rsplit_once("==\"").unwrap_or((&text, ""));
        let stray = match start.chars().last() {
            Some('A') => 'B',
            Some('Q') => 'R',
            Some('g') => 'h',
            _ => 'x',
        };
        let start = start.get(..start.len().saturating_sub(1)).unwrap_or_default();
        forger.entries.push(format!("{start}{stray}==\"{end}").into_bytes());
        Ok(())
    })
}

/// Names two files by one name. Sealing refuses that, so the second is renamed in what was sealed.
fn named_twice(kit: &Kit, to: &Path, event: &Event, name: &str, seed: u8) -> Done {
    kit.forged(to, |forger| {
        let mut draft = forger.next(event)?;
        let first = forger.content(name, b"The updates of May were late.\n");
        let second = forger.content("another-name", b"The updates of May were in time.\n");
        draft.subjects = vec![first, second];
        let text = payload(&sealed(&draft, &[seed])?)?.replace("another-name", name);
        forger.entries.push(enveloped(&text, &text, &[seed])?);
        Ok(())
    })
}

fn two_subjects(kit: &Kit, to: &Path) -> Done {
    let event = evidence("update report", "8.3.4", "2026-05-30", true)?;
    named_twice(kit, to, &event, "report.txt", keys::NEW_CONTRIBUTOR)
}

fn two_statements(kit: &Kit, to: &Path) -> Done {
    let bytes = kit.forger.statement.clone().unwrap_or_default();
    let event = publication(&super::error::kit(parse_canonical(&bytes))?)?;
    named_twice(kit, to, &event, NAME, keys::APPROVER)
}

fn other_ledger(kit: &Kit, to: &Path) -> Done {
    drafted(kit, to, &said()?, &[keys::NEW_CONTRIBUTOR], |draft| {
        draft.ledger = super::error::kit(Origin::parse("demonstration.invalid/another/dspt"))?;
        Ok(())
    })
}

fn other_identity(kit: &Kit, to: &Path) -> Done {
    drafted(kit, to, &said()?, &[keys::NEW_CONTRIBUTOR], |draft| {
        draft.ledger_id = elsewhere();
        Ok(())
    })
}

fn same_id(kit: &Kit, to: &Path) -> Done {
    drafted(kit, to, &said()?, &[keys::NEW_CONTRIBUTOR], |draft| {
        draft.id = super::sample::id(10)?.to_string();
        Ok(())
    })
}

fn clock_back(kit: &Kit, to: &Path) -> Done {
    drafted(kit, to, &said()?, &[keys::NEW_CONTRIBUTOR], |draft| {
        draft.at = nine("2026-03-19")?.to_string();
        Ok(())
    })
}

/// An anchor as entry 20 of a head that says `size` and, where given, another root.
fn anchors(kit: &Kit, to: &Path, size: u64, root: Option<Digest>, signed: usize) -> Done {
    kit.forged(to, |forger| {
        let event = anchored(forger, size, root, signed)?;
        let draft = forger.next(&event)?;
        forger.append(&draft, &[keys::OWNER])
    })
}

/// Two witnesses are named, and `signed` of them sign on the first of June.
fn anchored(
    forger: &Forger,
    size: u64,
    root: Option<Digest>,
    signed: usize,
) -> Result<Event, KitError> {
    let root = root.unwrap_or_else(|| crate::ledger::tree::root_of(&forger.leaves()));
    let bare = kit(String::from_utf8(head(keys::NEW_LOG, ORIGIN, size, root)?))?;
    let named = [keys::WITNESS_A, keys::WITNESS_B];
    let signing = named.get(..signed).unwrap_or(&named);
    anchor(keys::cosigned(&bare, seconds(nine("2026-06-01")?), signing)?, &named)
}

fn anchor_other_tree(kit: &Kit, to: &Path) -> Done {
    anchors(kit, to, 20, Some(elsewhere()), 2)
}

fn anchor_unsigned(kit: &Kit, to: &Path) -> Done {
    anchors(kit, to, 20, None, 1)
}

fn anchor_ahead(kit: &Kit, to: &Path) -> Done {
    anchors(kit, to, 21, Some(elsewhere()), 2)
}

fn backdated(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        let at = nine("2026-03-20")?;
        let event = anchored(forger, 20, None, 2)?;
        let draft = forger.draft(20, at, &event)?;
        forger.append(&draft, &[keys::OWNER])?;
        let draft = forger.draft(21, at, &said()?)?;
        forger.append(&draft, &[keys::NEW_CONTRIBUTOR])
    })
}

fn postdated(kit: &Kit, to: &Path) -> Done {
    drafted(kit, to, &said()?, &[keys::NEW_CONTRIBUTOR], |draft| {
        draft.at = nine("2026-07-02")?.to_string();
        Ok(())
    })
}

fn verdict_first(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        let draft = forger.next(&confirmed("9.1.1", "2026-05-31")?)?;
        forger.append(&draft, &[keys::APPROVER])?;
        let late = evidence("monitoring report", "9.1.1", "2026-05-30", false)?;
        let mut draft = forger.next(&late)?;
        let subject = crate::ledger::Subject { name: "report.txt".into(), sha256: elsewhere() };
        draft.subjects = vec![subject];
        forger.append(&draft, &[keys::NEW_CONTRIBUTOR])
    })
}

/// Publishes, as entry 20, the statement of the original after a change to it or to what is said
/// about it.
fn publishes(
    kit: &Kit,
    to: &Path,
    in_file: impl FnOnce(&mut Value),
    in_entry: impl FnOnce(&mut Value),
) -> Done {
    kit.forged(to, |forger| {
        let bytes = forger.statement.clone().unwrap_or_default();
        let mut value = super::error::kit(parse_canonical(&bytes))?;
        in_file(&mut value);
        let bytes = super::error::kit(canonical(&value))?.into_bytes();
        in_entry(&mut value);
        let mut draft = forger.next(&publication(&value)?)?;
        draft.subjects = vec![forger.content(NAME, &bytes)];
        forger.statement = Some(bytes);
        forger.append(&draft, &[keys::APPROVER])
    })
}

fn put(value: &mut Value, pointer: &str, text: &str) {
    if let Some(place) = value.pointer_mut(pointer) {
        *place = Value::String(text.to_owned());
    }
}

fn statement_reworded(kit: &Kit, to: &Path) -> Done {
    publishes(kit, to, |_| {}, |value| put(value, "/standing/status", "standards_exceeded"))
}

fn statement_invented(kit: &Kit, to: &Path) -> Done {
    publishes(kit, to, |value| put(value, "/standing/status", "standards_exceeded"), |_| {})
}

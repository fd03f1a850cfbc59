//! What outsiders say, and who they are: clocks, ages, and keys of the ledger's own in their place.

use std::path::Path;

use super::bundles::RESTORED;
use super::sample::{admitted, confirmed, nine, seconds};
use super::{BUNDLE, Damage, Kit, KitError, elsewhere, forge, keys, sample};
use crate::domain::event::role::Role;
use crate::domain::event::{Clock, ClockExplained};
use crate::ledger::Origin;
use crate::ledger::tree::root_of;
use crate::verify::manifest::{MANIFEST, Manifest};
use crate::verify::rule::{Phase, Rule};

type Done = Result<(), KitError>;

/// Every such damage.
pub(super) const ALL: &[Damage] = &[
    Damage::new(
        "clock-excused",
        (Phase::Replay, Rule::TimeOutsideInterval),
        "entry 21 claims a day in March, and follows an anchor of June whose witness, says the owner in entry 22, had a wrong clock",
        clock_excused,
    ),
    Damage::new(
        "one-fresh",
        (Phase::Fresh, Rule::Stale),
        "one of the two witnesses signed yesterday, the other 91 days ago",
        one_fresh,
    ),
    Damage::new(
        "own-key-witness",
        (Phase::Quorum, Rule::Quorum),
        "the second witness's key is one that entry 20 admitted to the ledger",
        own_key_witness,
    ),
    Damage::new(
        "item-fork",
        (Phase::Anchors, Rule::AnchorRoot),
        "a bundle of one item gives out an anchor over 8 entries under another root than entry 8 signs",
        item_fork,
    ),
    Damage::new(
        "foreign-log",
        (Phase::Entries, Rule::NotCanonical),
        "the log of another program, whole and signed, in the list of a bundle",
        foreign_log,
    ),
    Damage::new(
        "hostile-size",
        (Phase::Bundle, Rule::Manifest),
        "the list speaks of 9007199254740991 entries",
        hostile_size,
    ),
];

fn clock_excused(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        let at = nine("2026-03-20")?;
        let note = String::from_utf8_lossy(&forger.bare(20, None)?).into_owned();
        let time = seconds(nine("2026-06-01")?);
        let note = keys::cosigned(&note, time, &[keys::WITNESS_A])?;
        let anchor = sample::anchor(note, &[keys::WITNESS_A])?;
        let draft = forger.draft(20, at, &anchor)?;
        let entry = sample::kit(draft.id.parse())?;
        forger.append(&draft, &[keys::OWNER])?;
        let draft = forger.draft(21, at, &confirmed("7.3.5", "2026-03-20")?)?;
        forger.append(&draft, &[keys::APPROVER])?;
        let reason = "the witness was wrong".to_owned();
        let clock = Clock::Outsider;
        let event = ClockExplained { clock, entry, until: None, reason };
        let event = crate::domain::event::Event::ClockExplained(event);
        let draft = forger.draft(22, nine("2026-06-02")?, &event)?;
        forger.append(&draft, &[keys::OWNER])
    })
}

fn one_fresh(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        forger.head.first_time = Some(seconds(nine("2026-04-02")?));
        Ok(())
    })
}

fn own_key_witness(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        let seed = keys::WITNESS_B.seed();
        let draft = forger.next(&admitted(seed, "A witness", Role::Assessor))?;
        forger.append(&draft, &[keys::OWNER, seed])
    })
}

fn item_fork(kit: &Kit, to: &Path) -> Done {
    let mut forger = kit.forger.clone();
    let note = String::from_utf8_lossy(&forger.bare(8, Some(elsewhere()))?).into_owned();
    let note = keys::cosigned(&note, seconds(nine("2026-05-30")?), &[keys::WITNESS_A])?;
    let draft = forger.next(&sample::anchor(note, &[keys::WITNESS_A])?)?;
    let place = draft.seq;
    forger.append(&draft, &[keys::OWNER])?;
    let given: Vec<u64> = RESTORED.iter().copied().chain([place]).collect();
    let files = forger.of_item(&forger.files()?, &given, "7.3.5")?;
    forge::write(&to.join(BUNDLE), &files)
}

fn foreign_log(kit: &Kit, to: &Path) -> Done {
    let mut forger = kit.forger.clone();
    forger.entries = (0..20).map(|index| format!("note {index}\n").into_bytes()).collect();
    (forger.contents, forger.evidence, forger.statement) = Default::default();
    let mut files = forger.files()?;
    // Its own head, by its own key, under its own name.
    let origin = sample::kit(Origin::parse("demonstration.invalid/another/notes"))?;
    let root = root_of(&forger.leaves());
    let head = sample::head(keys::STRANGER, origin.as_str(), 20, root)?;
    files.retain(|name, _| name.starts_with("tile/"));
    files.insert("checkpoint".to_owned(), head);
    let mut list = Manifest::new(&origin, 20, &root, None);
    list.files = forge::listed(&files);
    files.insert(MANIFEST.to_owned(), sample::kit(list.to_bytes())?);
    forge::write(&to.join(BUNDLE), &files)
}

fn hostile_size(kit: &Kit, to: &Path) -> Done {
    let mut files = kit.bundle.clone();
    let bytes = files.remove(MANIFEST).unwrap_or_default();
    let mut list = sample::kit(Manifest::parse(&bytes))?;
    list.size = (1 << 53) - 1;
    files.insert(MANIFEST.to_owned(), sample::kit(list.to_bytes())?);
    forge::write(&to.join(BUNDLE), &files)
}

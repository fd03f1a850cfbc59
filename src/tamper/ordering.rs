//! Entries out of their places, and heads that do not belong to them: dropped, moved, rewritten, cut
//! off, forked, put back. Where it takes more than the organisation's keys, the copy says so.

use std::path::Path;

use super::forge::{Forger, enveloped, payload, sealed};
use super::sample::{self, KEPT, SampleSigners, confirmed, nine, seconds};
use super::{Damage, Kit, KitError, LEDGER, bundle_of, elsewhere, keys};
use crate::export::ExportError;
use crate::journal::JournalError;
use crate::ledger::Digest;
use crate::ledger::tree::root_of;
use crate::verify::rule::{Phase, Rule};

type Done = Result<(), KitError>;

/// Every such damage.
pub(super) const ALL: &[Damage] = &[
    Damage::new(
        "flip",
        (Phase::Entries, Rule::BadSignature),
        "one word of entry 19 was changed, and tiles, proofs and list made anew",
        flip,
    ),
    Damage::new(
        "drop",
        (Phase::Entries, Rule::WrongSequence),
        "entry 14 was taken out, the rest moved up; log key and witnesses signed it",
        drop_entry,
    ),
    Damage::new(
        "swap",
        (Phase::Entries, Rule::WrongSequence),
        "entries 14 and 15 changed places; log key and witnesses signed it",
        swap,
    ),
    Damage::new(
        "duplicate",
        (Phase::Entries, Rule::WrongSequence),
        "entry 19 stands there twice; log key and witnesses signed it",
        duplicate,
    ),
    Damage::new(
        "insert",
        (Phase::Entries, Rule::WrongSequence),
        "an entry was put in before entry 15, the rest moved down; log key and witnesses signed it",
        insert,
    ),
    Damage::new(
        "replace",
        (Phase::Entries, Rule::WrongRoot),
        "entry 18 was sealed anew by its author; log key and witnesses signed it",
        replace,
    ),
    Damage::new(
        "truncate",
        (Phase::Kept, Rule::Kept),
        "cut down to 12 entries; log key and witnesses signed it, and the reader kept a head of 13",
        truncate,
    ),
    Damage::new(
        "fork",
        (Phase::Kept, Rule::Kept),
        "entries from 12 on were written anew; log key and witnesses signed it, and the reader kept a head of the others",
        fork,
    ),
    Damage::new(
        "rewritten",
        (Phase::Quorum, Rule::Quorum),
        "entries from 18 on were written anew, and no witness signed that",
        rewritten,
    ),
    Damage::new(
        "one-witness",
        (Phase::Quorum, Rule::Quorum),
        "the head has one of the two witnesses that the reader asks for",
        one_witness,
    ),
    Damage::new(
        "own-witness",
        (Phase::Quorum, Rule::Quorum),
        "policy and head of the bundle name a witness that the reader did not choose",
        own_witness,
    ),
    Damage::new(
        "forged-witness",
        (Phase::Head, Rule::Checkpoint),
        "the second witness's line is from another head",
        forged_witness,
    ),
    Damage::new(
        "old-log-key",
        (Phase::Head, Rule::Checkpoint),
        "the head is signed by the log key that entry 16 replaced",
        old_log_key,
    ),
    Damage::new(
        "other-root",
        (Phase::Root, Rule::CheckpointRoot),
        "log key and witnesses signed a head of another tree",
        other_root,
    ),
    Damage::new(
        "stale",
        (Phase::Fresh, Rule::Stale),
        "the newest head that any witness saw is 91 days old",
        stale,
    ),
    Damage::new(
        "head-of-tomorrow",
        (Phase::Fresh, Rule::Stale),
        "witnesses signed the head tomorrow",
        tomorrow,
    ),
    Damage::new(
        "impostor",
        (Phase::Policy, Rule::Policy),
        "another ledger of the same name, whole and sound, under a log key that the reader does not know",
        impostor,
    ),
    Damage::new(
        "other-origin",
        (Phase::Policy, Rule::Policy),
        "a ledger of another name, whole and sound and with the same keys, in the place of ours",
        other_origin,
    ),
    Damage::new(
        "other-file",
        (Phase::Policy, Rule::Policy),
        "a ledger file of another name, whole and sound and with the same keys, in the place of ours",
        other_file,
    ),
    Damage::new(
        "rollback",
        (Phase::HeadFile, Rule::HeadFile),
        "an older copy of the ledger file was put back beside its newer head file",
        rollback,
    ),
    Damage::new(
        "two-ledgers",
        (Phase::HeadFile, Rule::HeadFile),
        "beside the head file stands a ledger whose last entry is another one",
        two_ledgers,
    ),
    Damage::new(
        "damaged-disk",
        (Phase::Content, Rule::ContentDiffers),
        "one byte of a stored evidence file was changed in the ledger file",
        damaged_disk,
    ),
];

fn at<T>(list: &[T], index: usize) -> Result<&T, KitError> {
    list.get(index).ok_or_else(|| KitError::Material(format!("nothing at place {index}")))
}

fn flip(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        let honest = payload(at(&forger.entries, 19)?)?;
        let other = honest.replace("within 14 days", "within 10 days");
        forger.head.root = Some(root_of(&forger.leaves()));
        let entry = enveloped(&other, &honest, &[keys::NEW_CONTRIBUTOR])?;
        forger.entries.splice(19..20, [entry]);
        Ok(())
    })
}

fn drop_entry(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        forger.entries.remove(14);
        Ok(())
    })
}

fn swap(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        forger.entries.swap(14, 15);
        Ok(())
    })
}

fn duplicate(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        let last = at(&forger.entries, 19)?.clone();
        forger.entries.push(last);
        Ok(())
    })
}

fn insert(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        let draft = forger.draft(15, nine("2025-11-03")?, &confirmed("7.3.5", "2025-11-03")?)?;
        forger.entries.insert(15, sealed(&draft, &[keys::APPROVER])?);
        Ok(())
    })
}

fn replace(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        let draft = forger.draft(18, nine("2026-03-10")?, &confirmed("7.3.5", "2026-03-10")?)?;
        forger.entries.splice(18..19, [sealed(&draft, &[keys::APPROVER])?]);
        Ok(())
    })
}

/// Leaves the first `size` entries, which the first log key signs, and nothing of the statement.
fn cut(forger: &mut Forger, size: usize) {
    forger.entries.truncate(size);
    forger.head.log = keys::LOG;
    if let Some(statement) = forger.statement.take() {
        forger.contents.remove(&Digest::of(&statement).hex());
    }
}

fn truncate(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        cut(forger, 12);
        Ok(())
    })
}

fn fork(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        cut(forger, 12);
        for seq in 12..=usize::try_from(KEPT).unwrap_or_default() {
            let event = confirmed("1.1.1", "2025-10-03")?;
            let draft = forger.draft(seq, nine("2025-10-03")?, &event)?;
            forger.append(&draft, &[keys::APPROVER])?;
        }
        Ok(())
    })
}

fn rewritten(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        forger.entries.truncate(18);
        for day in ["2026-03-10", "2026-03-20"] {
            let draft =
                forger.draft(forger.entries.len(), nine(day)?, &confirmed("7.3.5", day)?)?;
            forger.append(&draft, &[keys::APPROVER])?;
        }
        forger.head.witnesses.clear();
        Ok(())
    })
}

fn one_witness(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        forger.head.witnesses.truncate(1);
        Ok(())
    })
}

fn own_witness(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        forger.head.witnesses = vec![keys::FRIEND];
        let policy = sample::kit(String::from_utf8(forger.policy.clone()))?;
        let log = policy.lines().find(|line| line.starts_with("log ")).unwrap_or_default();
        let friend = keys::FRIEND.vkey()?;
        forger.policy = format!("{log}\nwitness friend {friend}\nquorum friend\n").into_bytes();
        Ok(())
    })
}

fn forged_witness(kit: &Kit, to: &Path) -> Done {
    kit.edited(to, |files| {
        let root = root_of(&kit.forger.leaves());
        let ours = sample::head(keys::NEW_LOG, sample::ORIGIN, 20, root)?;
        let other = sample::head(keys::NEW_LOG, sample::ORIGIN, 20, elsewhere())?;
        let [ours, other] = [ours, other].map(|note| String::from_utf8_lossy(&note).into_owned());
        let time = kit.forger.head.time;
        let (a, b) = (keys::WITNESS_A.line(&ours, time)?, keys::WITNESS_B.line(&other, time)?);
        files.insert("checkpoint".to_owned(), format!("{ours}{a}{b}").into_bytes());
        Ok(())
    })
}

fn old_log_key(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        forger.head.log = keys::LOG;
        Ok(())
    })
}

fn other_root(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        forger.head.root = Some(elsewhere());
        Ok(())
    })
}

fn stale(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        forger.head.time = seconds(nine("2026-04-02")?);
        Ok(())
    })
}

fn tomorrow(kit: &Kit, to: &Path) -> Done {
    kit.forged(to, |forger| {
        forger.head.time = seconds(nine("2026-07-03")?);
        Ok(())
    })
}

/// Makes a ledger by the same steps with other words or keys, beside what is to be handed out.
fn made(to: &Path, cast: SampleSigners, size: u64) -> Result<crate::journal::Journal, KitError> {
    sample::write(&to.join(LEDGER), cast, size)
}

pub(super) fn copy(from: &Path, to: &Path) -> Done {
    std::fs::copy(from, to).map(drop).map_err(|error| ExportError::io(to, error).into())
}

fn remove(path: &Path) -> Done {
    std::fs::remove_file(path).map_err(|error| ExportError::io(path, error).into())
}

/// The name of the head file beside a ledger.
pub(super) fn head_file(folder: &Path) -> std::path::PathBuf {
    folder.join(format!("{LEDGER}.head"))
}

fn impostor(_: &Kit, to: &Path) -> Done {
    let (log, new_log) = (keys::OTHER_LOG, keys::OTHER_NEW_LOG);
    sound(to, SampleSigners { log, new_log, ..SampleSigners::OURS })
}

/// The name of another ledger.
const OTHER_ORIGIN: &str = "demonstration.invalid/tamper-kit/other";

fn other_origin(_: &Kit, to: &Path) -> Done {
    sound(to, SampleSigners { origin: OTHER_ORIGIN, ..SampleSigners::OURS })
}

fn other_file(_: &Kit, to: &Path) -> Done {
    let cast = SampleSigners { origin: OTHER_ORIGIN, ..SampleSigners::OURS };
    Ok(made(to, cast, u64::MAX)?.close().map_err(JournalError::from)?)
}

/// The bundle of another ledger in which nothing is wrong.
fn sound(to: &Path, cast: SampleSigners) -> Done {
    let journal = made(to, cast, u64::MAX)?;
    let witnesses = [keys::WITNESS_A, keys::WITNESS_B];
    bundle_of(&journal, &to.join(super::BUNDLE), &witnesses, None)?;
    journal.close().map_err(JournalError::from)?;
    remove(&to.join(LEDGER))?;
    remove(&head_file(to))?;
    // It comes with a verifier of its own, which a careful reader does not run.
    for name in ["FORMAT.md", "README.txt", "verify.py"] {
        remove(&to.join(super::BUNDLE).join(name))?;
    }
    let folder = to.join(super::BUNDLE);
    let files = super::forge::lean(super::forge::read(&folder)?)?;
    super::forge::write(&folder, &files)
}

fn rollback(kit: &Kit, to: &Path) -> Done {
    made(to, SampleSigners::OURS, 16)?.close().map_err(JournalError::from)?;
    copy(&head_file(&kit.original()), &head_file(to))
}

fn two_ledgers(kit: &Kit, to: &Path) -> Done {
    let late = "updates are applied when there is time";
    made(to, SampleSigners { late, ..SampleSigners::OURS }, u64::MAX)?
        .close()
        .map_err(JournalError::from)?;
    copy(&head_file(&kit.original()), &head_file(to))
}

fn damaged_disk(kit: &Kit, to: &Path) -> Done {
    let (from, path) = (kit.original().join(LEDGER), to.join(LEDGER));
    let mut bytes = std::fs::read(&from).map_err(|error| ExportError::io(&from, error))?;
    let words = b"of October went well";
    let place = bytes.windows(words.len()).position(|found| found == words);
    let place = place.ok_or_else(|| KitError::Material("no such file in it".to_owned()))?;
    bytes.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 1);
    std::fs::write(&path, bytes).map_err(|error| ExportError::io(&path, error))?;
    copy(&head_file(&kit.original()), &head_file(to))
}

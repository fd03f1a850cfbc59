//! The tamper kit: one small sound ledger, and copies of it that somebody damaged or forged, each
//! caught by one rule that is known beforehand. It makes the files; whether they are caught is for
//! the same examination to say as of any other ledger. Every key in it is public.

mod bundles;
mod entries;
mod error;
mod forge;
mod keys;
mod ordering;
mod outsiders;
mod requests;
mod rows;
mod sample;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::domain::date::Timestamp;
use crate::export::ExportError;
use crate::export::bundle::{Contents, make};
use crate::export::heads;
use crate::journal::{Journal, JournalError};
use crate::ledger::{Digest, Policy, Sign as _, Vkey};
use crate::verify::rule::{Phase, Rule};
pub use error::KitError;
use error::kit;
use forge::{Files, Forger, Head};
use sample::{KEPT, SampleSigners};

/// One damaged copy.
pub struct Damage {
    /// Its name, unique.
    pub name: &'static str,
    /// What was done.
    pub done: &'static str,
    /// What catches it.
    pub by: Catch,
    make: Make,
}

/// What catches a damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Catch {
    /// A rule, in a phase of verification.
    Rule(Phase, Rule),
    /// The file is refused before anything in it is read, with this error code.
    Refused(&'static str),
}

impl Catch {
    /// Returns the name of the phase.
    pub const fn phase(self) -> &'static str {
        match self {
            Self::Rule(phase, _) => phase.name(),
            Self::Refused(_) => "file",
        }
    }

    /// Returns the name of the rule, or the error code.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Rule(_, rule) => rule.name(),
            Self::Refused(code) => code,
        }
    }
}

/// Makes a copy in a folder.
type Make = fn(&Kit, &Path) -> Result<(), KitError>;

impl Damage {
    const fn new(
        name: &'static str,
        (phase, rule): (Phase, Rule),
        done: &'static str,
        make: Make,
    ) -> Self {
        Self { name, done, by: Catch::Rule(phase, rule), make }
    }

    const fn refused(
        name: &'static str,
        code: &'static str,
        done: &'static str,
        make: Make,
    ) -> Self {
        Self { name, done, by: Catch::Refused(code), make }
    }

    /// Returns the name of its folder.
    pub fn folder(&self) -> String {
        format!("{}_fail", self.name)
    }

    fn readme(&self, target: &str) -> String {
        let (phase, rule) = (self.by.phase(), self.by.rule());
        let age = if matches!(self.by, Catch::Rule(_, Rule::Stale)) {
            format!(" --max-age {MAX_AGE_DAYS}\nHis clock says {READ_ON}T09:00:00.000Z.")
        } else {
            String::new()
        };
        format!(
            "Done: {}.\nCaught: phase {phase}, rule {rule}.\nTo see it: dspt verify {target} \
             --policy ../policy --kept ../kept.checkpoint{age}\nThe keys of this kit are public: \
             nothing in it proves anything.\n",
            self.done
        )
    }
}

/// Name of the bundle in a folder.
const BUNDLE: &str = "bundle";
/// Name of the ledger in a folder.
const LEDGER: &str = "ledger.dspt";
/// The day on which the reader looks at the kit.
const READ_ON: &str = "2026-07-02";
/// When witnesses signed the head of the original.
const WITNESSED_ON: &str = "2026-07-01";
/// The oldest head that the reader takes.
const MAX_AGE_DAYS: u32 = 30;

/// What the reader of the kit brings along.
pub struct Reader {
    /// Whom the reader trusts.
    pub policy: Policy,
    /// His clock.
    pub now: Timestamp,
    /// The oldest head of a bundle that the reader takes; of a ledger file no age is asked.
    pub max_age_days: u32,
    /// The head that the reader kept: its file, and its bytes.
    pub kept: (String, Vec<u8>),
}

/// The sound original, and what copies are made of.
pub struct Kit {
    out: PathBuf,
    policy: Vec<u8>,
    kept: Vec<u8>,
    bundle: Files,
    forger: Forger,
}

/// Returns every damage, in the order of the table.
pub fn damages() -> impl Iterator<Item = &'static Damage> {
    let files = bundles::ALL.iter().chain(rows::ALL);
    let forged = entries::ALL.iter().chain(requests::ALL).chain(ordering::ALL);
    forged.chain(files).chain(outsiders::ALL)
}

/// The ledger or the bundle in a folder of the kit.
pub fn target(folder: &Path) -> PathBuf {
    let bundle = folder.join(BUNDLE);
    if bundle.is_dir() { bundle } else { folder.join(LEDGER) }
}

impl Kit {
    /// Makes the original in a folder that is not there yet.
    ///
    /// # Errors
    /// [`ExportError::Differs`] when there is something; a file that cannot be written.
    pub fn create(out: &Path) -> Result<Self, KitError> {
        if out.symlink_metadata().is_ok() {
            return Err(ExportError::Differs { path: out.to_owned() }.into());
        }
        let folder = out.join("original");
        std::fs::create_dir_all(&folder).map_err(|error| ExportError::io(&folder, error))?;
        let journal = sample::write(&folder.join(LEDGER), SampleSigners::OURS, u64::MAX)?;
        let witnesses = [keys::WITNESS_A, keys::WITNESS_B];
        let bundle = folder.join(BUNDLE);
        bundle_of(&journal, &bundle, &witnesses, Some(out))?;
        let policy = policy(&journal)?;
        let kept = journal.store().heads().map_err(JournalError::from)?;
        let kept = kept.into_iter().find(|(size, _)| *size == KEPT).map(|(_, note)| note);
        let kept = kept.ok_or_else(|| KitError::Material("no head to keep".to_owned()))?;
        journal.close().map_err(JournalError::from)?;
        let bundle = forge::lean(forge::read(&bundle)?)?;
        let head = Head {
            log: keys::NEW_LOG,
            time: sample::seconds(sample::nine(WITNESSED_ON)?),
            first_time: None,
            witnesses: witnesses.to_vec(),
            root: None,
        };
        let forger = Forger::of(&bundle, head)?;
        let kit = Self { out: out.to_owned(), policy, kept, bundle, forger };
        kit.common()?;
        Ok(kit)
    }

    /// What the reader has, and what the folder says of itself.
    fn common(&self) -> Result<(), KitError> {
        let readme = format!(
            "A ledger of an invented organisation (original), and damaged copies of it (*_fail).\n\
             policy is whom the reader trusts, kept.checkpoint the head that the reader kept, who looks on \
             {READ_ON}.\nThe original is answered YES, every copy NO, by the rule that its \
             README.txt names.\nAll keys are public: nothing in it proves anything. A copy has no \
             verifier of its own; take original/bundle/verify.py, or your own:\n  python3 \
             original/bundle/verify.py NAME_fail/bundle --policy policy --kept kept.checkpoint \
             --now {READ_ON}T09:00:00.000Z --max-age {MAX_AGE_DAYS}\n"
        );
        let files = Files::from([
            ("README.txt".to_owned(), readme.into_bytes()),
            ("kept.checkpoint".to_owned(), self.kept.clone()),
            ("policy".to_owned(), self.policy.clone()),
        ]);
        forge::write(&self.out, &files)
    }

    /// Returns the folder of the original.
    pub fn original(&self) -> PathBuf {
        self.out.join("original")
    }

    /// Returns what the reader brings along.
    ///
    /// # Errors
    /// [`KitError::Material`].
    pub fn reader(&self) -> Result<Reader, KitError> {
        let name = self.out.join("kept.checkpoint").display().to_string();
        Ok(Reader {
            policy: kit(Policy::parse(&self.policy))?,
            now: sample::nine(READ_ON)?,
            max_age_days: MAX_AGE_DAYS,
            kept: (name, self.kept.clone()),
        })
    }

    /// Makes a damaged copy and returns its ledger or bundle.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn damage(&self, damage: &Damage) -> Result<PathBuf, KitError> {
        let folder = self.out.join(damage.folder());
        std::fs::create_dir_all(&folder).map_err(|error| ExportError::io(&folder, error))?;
        (damage.make)(self, &folder)?;
        let target = target(&folder);
        let name = if target.is_dir() { BUNDLE } else { LEDGER };
        let readme = damage.readme(name).into_bytes();
        forge::write(&folder, &Files::from([("README.txt".to_owned(), readme)]))?;
        Ok(target)
    }

    /// Writes a forged bundle.
    fn forged(
        &self,
        folder: &Path,
        change: impl FnOnce(&mut Forger) -> Result<(), KitError>,
    ) -> Result<(), KitError> {
        let mut forger = self.forger.clone();
        change(&mut forger)?;
        forge::write(&folder.join(BUNDLE), &forger.files()?)
    }

    /// Writes the bundle with other files; the list says what they are now.
    fn edited(
        &self,
        folder: &Path,
        change: impl FnOnce(&mut Files) -> Result<(), KitError>,
    ) -> Result<(), KitError> {
        let mut files = self.bundle.clone();
        change(&mut files)?;
        forge::relist(&mut files)?;
        forge::write(&folder.join(BUNDLE), &files)
    }
}

/// Makes the bundle of a ledger under its newest head, with the file that it does not keep.
/// `aside` is where that file stands for a moment.
fn bundle_of(
    journal: &Journal,
    folder: &Path,
    witnesses: &[keys::Witness],
    aside: Option<&Path>,
) -> Result<(), KitError> {
    let head = kit(String::from_utf8(journal.ledger.head.clone()))?;
    let time = sample::seconds(sample::nine(WITNESSED_ON)?);
    let note = keys::cosigned(&head, time, witnesses)?;
    let head = heads::own(&journal.ledger, &note).map_err(ExportError::from)?;
    let scan = aside.map(|aside| aside.join("scan.txt"));
    if let Some(scan) = &scan {
        std::fs::write(scan, sample::SCAN).map_err(|error| ExportError::io(scan, error))?;
    }
    let evidence = journal.ledger.facts.iter().map(|fact| fact.seq).collect::<BTreeSet<_>>();
    let files: Vec<PathBuf> = scan.iter().cloned().collect();
    let contents = Contents { head, item: None, evidence, files, kept: vec![KEPT] };
    make(&journal.ledger, journal.store(), folder, &contents)?;
    if let Some(scan) = &scan {
        std::fs::remove_file(scan).map_err(|error| ExportError::io(scan, error))?;
    }
    Ok(())
}

/// Whom the reader trusts: both log keys, and two of three witnesses.
fn policy(journal: &Journal) -> Result<Vec<u8>, KitError> {
    let name = journal.ledger.origin.key_name();
    let mut text = "# The reader's own choice. These keys are public.\n".to_owned();
    for seed in [keys::LOG, keys::NEW_LOG] {
        let vkey = Vkey::new(name.clone(), *keys::signer(seed).public());
        let _ = writeln!(text, "log {vkey}");
    }
    let witnesses = [("a", keys::WITNESS_A), ("b", keys::WITNESS_B), ("c", keys::WITNESS_C)];
    for (name, witness) in witnesses {
        let _ = writeln!(text, "witness {name} {}", witness.vkey()?);
    }
    text.push_str("group most 2 a b c\nquorum most\n");
    Ok(text.into_bytes())
}

/// A digest of nothing that is there.
fn elsewhere() -> Digest {
    Digest::of(b"another tree")
}

#[cfg(test)]
mod tests {
    use crate::ledger::Origin;
    use crate::verify::bundle::examine_folder;
    use crate::verify::examine::Trust;
    use crate::verify::known_heads::Memory;

    use super::*;

    #[test]
    fn a_forger_who_changes_nothing_makes_the_bundle_that_the_program_makes() {
        let folder = tempfile::tempdir().unwrap();
        let kit = Kit::create(&folder.path().join("kit")).unwrap();
        let forged = kit.forger.files().unwrap();
        assert_eq!(forged.keys().collect::<Vec<_>>(), kit.bundle.keys().collect::<Vec<_>>());
        for (name, bytes) in &forged {
            assert_eq!(kit.bundle.get(name), Some(bytes), "{name}");
        }
    }

    #[test]
    fn what_a_newer_program_wrote_is_no_fault_to_a_reader_with_a_policy() {
        let folder = tempfile::tempdir().unwrap();
        let kit = Kit::create(&folder.path().join("kit")).unwrap();
        let to = folder.path().join("newer");
        let event = sample::confirmed("7.3.5", "2026-05-01").unwrap();
        kit.forged(&to, |forger| {
            let mut draft = forger.next(&event)?;
            "policy-reviewed".clone_into(&mut draft.kind);
            forger.append(&draft, &[keys::OWNER])?;
            forger.append(&forger.next(&event)?, &[keys::APPROVER])
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
        let found = examine_folder(&target(&to), &trust, &Memory::none()).unwrap();
        assert_eq!(found.first_fault(), None);
        assert!(found.audit.undecided.unwrap().contains("entry #20"));
    }

    #[test]
    fn a_bundle_of_one_item_under_its_right_name_is_good() {
        let folder = tempfile::tempdir().unwrap();
        let kit = Kit::create(&folder.path().join("kit")).unwrap();
        let reader = kit.reader().unwrap();
        let trust = Trust {
            policy: Some(&reader.policy),
            max_age_days: Some(reader.max_age_days),
            now: reader.now,
            kept: vec![reader.kept],
            heads: Vec::new(),
            tokens: None,
        };
        for (number, rule) in
            [("7.3.5", None), ("8.3.4", Some(Rule::Item)), ("9.1.9", Some(Rule::Item))]
        {
            let to = folder.path().join(number);
            let files = kit.forger.of_item(&kit.bundle, bundles::RESTORED, number).unwrap();
            forge::write(&to, &files).unwrap();
            let found = examine_folder(&to, &trust, &Memory::none()).unwrap();
            assert_eq!(found.first_fault().map(|finding| finding.rule), rule, "{number}");
        }
    }

    #[test]
    fn a_policy_names_any_log_key_that_the_ledger_had_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let kit = Kit::create(&folder.path().join("kit")).unwrap();
        let policy = String::from_utf8(kit.policy.clone()).unwrap();
        let logs: Vec<&str> = policy.lines().filter(|line| line.starts_with("log ")).collect();
        let rule = |text: &str| {
            let chosen = Policy::parse(text.as_bytes()).unwrap();
            let reader = kit.reader().unwrap();
            let trust = Trust {
                policy: Some(&chosen),
                max_age_days: None,
                now: reader.now,
                kept: vec![reader.kept],
                heads: Vec::new(),
                tokens: None,
            };
            let found = examine_folder(&target(&kit.original()), &trust, &Memory::none()).unwrap();
            found.first_fault().map(|finding| finding.rule)
        };
        let without = |log: &str| policy.replace(&format!("{log}\n"), "");
        assert_eq!((rule(&without(logs[0])), rule(&without(logs[1]))), (None, None));
        // Whoever names none of ours does not mean this ledger.
        let name = Origin::parse(sample::ORIGIN).unwrap().key_name();
        let other = Vkey::new(name, *keys::signer(keys::OTHER_LOG).public());
        let other = without(logs[1]).replace(logs[0], &format!("log {other}"));
        assert_eq!(rule(&other), Some(Rule::Policy));
    }

    #[test]
    fn names_are_unique_and_fit_for_folders() {
        let names: Vec<&str> = damages().map(|damage| damage.name).collect();
        let unique: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(unique.len(), names.len());
        let plain = |name: &str| {
            name.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-' || byte.is_ascii_digit())
        };
        assert!(names.iter().all(|name| plain(name)), "{names:?}");
    }
}

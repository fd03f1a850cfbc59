//! `dspt verify`: checks everything in the order of `docs/FORMAT.md`, counts what it checked, names
//! the first fault, and says what no check can show.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use serde_json::{Value, json};

use super::anchor::policy;
use super::timestamp::require_certificates;
use super::verify_evidence::Evidence;
use super::verify_report::{fault_json, fault_text, json, not_proved, text};
use crate::cli::code::Code;
use crate::cli::error::{Failure, exit};
use crate::cli::kind::hinted;
use crate::cli::ledger_path::ledger_path;
use crate::cli::output::{Output, safe};
use crate::domain::belief::{Belief, Grade, NOT_PROVED};
use crate::durable;
use crate::ledger::note::NOTE_BYTES_MAX;
use crate::ledger::{Head, Policy, Vkey};
use crate::store::{Guard, Mode, Store};
use crate::verify::belief::of_nothing;
use crate::verify::bundle::{OpenError, examine_folder, is_bundle};
use crate::verify::examine::{Examination, TokenCheck, Trust, examine};
use crate::verify::finding::{Finding, PhaseResult};
use crate::verify::foreign::{Foreign, foreign};
use crate::verify::incremental::{Effort, audit_since};
use crate::verify::known_heads::Memory;
use crate::verify::manifest::{CHECKPOINT, read_at_most};
use crate::verify::rule::{Phase, Rule};
use crate::verify::timestamp::{Openssl, openssl_verify};
use crate::verify::verdict::Verdict;

/// Arguments of `verify`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct Args {
    /// A ledger file, a folder of tiles, or a bundle; else the ledger that other commands use
    path: Option<PathBuf>,
    /// Whom you trust: a C2SP tlog-policy file with the log key, the witnesses and the quorum
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The oldest that the newest cosignature may be
    #[arg(long, value_name = "DAYS", requires = "policy")]
    max_age: Option<u32>,
    /// A head that you kept from an earlier time, or another copy of the ledger: a file, a bundle or
    /// tiles; may be given several times
    #[arg(long, visible_alias = "against", value_name = "FILE")]
    kept: Vec<PathBuf>,
    /// A cosigned head that you were given apart from the ledger
    #[arg(long, value_name = "CHECKPOINT")]
    head: Vec<PathBuf>,
    /// Certificates of time-stamping authorities that you trust, PEM: then their time-stamps count.
    /// `openssl` checks them
    #[arg(long, value_name = "FILE")]
    tsa_ca: Option<PathBuf>,
    /// A folder of evidence files, to compare with the digests in the ledger: each that differs is
    /// named, and the exit status is then 1, whatever is said of the history
    #[arg(long, value_name = "FOLDER")]
    evidence: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when nothing can be read at all; exit status 1 when it was changed or something in
/// it must be explained, 4 when it cannot be decided.
pub(in crate::cli) fn run(
    args: &Args,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let path = ledger_path(args.path.as_deref().or(ledger))?;
    let policy = args.policy.as_deref().map(|file| own_policy(file, &path)).transpose()?;
    let inside = matches!(policy, Some(None));
    let policy = policy.flatten();
    args.tsa_ca.as_deref().map(require_certificates).transpose()?;
    let by_openssl = args.tsa_ca.as_deref().map(|ca| {
        move |checkpoint: &[u8], token: &[u8]| {
            let with = Openssl { program: Path::new("openssl"), ca, untrusted: None };
            openssl_verify(&with, checkpoint, token).map_err(|fault| fault.to_string())
        }
    });
    let trust = Trust {
        policy: policy.as_ref(),
        max_age_days: args.max_age,
        now: output.now,
        kept: kept(&args.kept)?,
        heads: notes(&args.head)?.into_iter().map(|(_, note)| note).collect(),
        tokens: by_openssl.as_ref().map(|check| check as TokenCheck<'_>),
    };
    let folder = path.is_dir();
    if folder {
        require_something(&path)?;
    }
    let quiet = output.quiet;
    let looked = look(&path, &trust, &output.memory, |done, size| {
        if !quiet {
            let _ = writeln!(output.err, "checked {done} of {size} entries");
        }
    });
    let looked = looked.map_err(|failure| hinted(failure, &path))?;
    let (found, guard) = match looked {
        Looked::Unopened(finding) => return unopened(&path, &finding, output),
        Looked::Foreign(log) => return of_another(&path, args.policy.as_deref(), &log, output),
        Looked::Examined(found, guard) => (*found, guard),
    };
    let mut found = found;
    if inside {
        say_inside(&mut found.phases);
    }
    for note in &found.audit.notes {
        output.warn(note)?;
    }
    let evidence = args.evidence.as_deref();
    let evidence = evidence.map(|folder| Evidence::of(folder, found.audit.ledger.as_ref()));
    let evidence = evidence.transpose()?;
    let verdict = Verdict::of(&found, guard.as_ref(), folder && policy.is_none());
    let mut value = json(&verdict);
    if let (Some(evidence), Some(fields)) = (&evidence, value.as_object_mut()) {
        fields.insert("evidence".to_owned(), evidence.json());
    }
    let about_files = evidence.as_ref().map(Evidence::text).unwrap_or_default();
    let text = text(&verdict) + &about_files + &not_proved();
    output.answer("dspt.verify/1", value, &text)?;
    let differs = evidence.is_some_and(|evidence| evidence.differs());
    Ok(if differs { exit::NO } else { exit::of(verdict.answer) })
}

/// Refuses a folder that holds nothing to verify.
fn require_something(folder: &Path) -> Result<(), Failure> {
    let parts = [CHECKPOINT, "tile"];
    if is_bundle(folder) || parts.iter().any(|part| folder.join(part).exists()) {
        return Ok(());
    }
    let text = format!("there is no ledger, no bundle and no checkpoint in {}", folder.display());
    let failure = Failure::new(Code::NoLedger, exit::NO_LEDGER, text).help("check the path");
    Err(hinted(failure, folder))
}

/// What came of looking at a path.
enum Looked {
    /// A folder that is not what it says before any entry was read.
    Unopened(Finding),
    /// A folder that is the log of another program.
    Foreign(Foreign),
    /// All else, with what the head file beside a ledger is.
    Examined(Box<Examination>, Option<Guard>),
}

/// Examines a ledger file, a folder of tiles or a bundle. `progress` is told now and then how many
/// of how many entries are done.
fn look(
    path: &Path,
    trust: &Trust<'_>,
    memory: &Memory,
    mut progress: impl FnMut(u64, u64),
) -> Result<Looked, Failure> {
    if path.is_dir() {
        if !is_bundle(path)
            && let Some(log) = foreign(path).filter(|log| not_forged(log, trust.policy))
        {
            return Ok(Looked::Foreign(log));
        }
        return match examine_folder(path, trust, memory) {
            Ok(found) => Ok(Looked::Examined(Box::new(found), None)),
            Err(OpenError::Store(error)) => Err(error.into()),
            Err(OpenError::Unreadable(finding)) => Err(not_opened(path, &finding)),
            Err(OpenError::Fault(finding)) => Ok(Looked::Unopened(finding)),
        };
    }
    let store = Store::open(path, Mode::Read)?;
    let size = store.size()?;
    let mut shown = 0;
    let audit = audit_since(&store, memory, Effort::Everything, |done| {
        // One line every 50,000 entries: a long check without a number is taken for a hang.
        if done >= shown + 50_000 {
            shown = done;
            progress(done, size);
        }
    })?;
    Ok(Looked::Examined(Box::new(examine(audit, None, trust)), Some(store.guard()?)))
}

/// Tells whether a log of another program may be what it says: not where it takes the name of one
/// that the reader trusts, and has not its signature.
fn not_forged(log: &Foreign, policy: Option<&Policy>) -> bool {
    let mut named = policy.into_iter().flat_map(Policy::logs).map(|known| &known.vkey);
    let ours = |vkey: &&Vkey| vkey.name().as_str() == log.origin;
    let Some(first) = named.find(ours) else { return true };
    let mut keys = std::iter::once(first).chain(named.filter(ours));
    keys.any(|vkey| Head::open(&log.head, vkey, &log.origin).is_ok())
}

/// Answers as `dspt verify` does, for a reader who remembers nothing: the exit status and, where it
/// is NO, the first rule broken with its phase.
///
/// # Errors
/// [`Failure`] when nothing can be read at all.
pub(in crate::cli) fn answer(
    path: &Path,
    trust: &Trust<'_>,
) -> Result<(u8, Option<(Phase, Rule)>), Failure> {
    let (found, guard) = match look(path, trust, &Memory::none(), |_, _| {})? {
        Looked::Unopened(finding) => {
            return Ok((exit::NO, Some((unopened_phase(path, &finding), finding.rule))));
        }
        Looked::Foreign(_) => return Ok((exit::UNDECIDED, None)),
        Looked::Examined(found, guard) => (found, guard),
    };
    let untrusted = path.is_dir() && trust.policy.is_none();
    let verdict = Verdict::of(&found, guard.as_ref(), untrusted);
    let code = exit::of(verdict.answer);
    let broken = |one: &PhaseResult| Some((one.phase, one.fault()?.rule));
    let broken_phase = found.phases.iter().find_map(broken);
    let finding = found.findings.first().map(|finding| (Phase::Replay, finding.rule));
    let beside = verdict.head_file.as_ref().and_then(broken);
    Ok((code, broken_phase.or(finding).or(beside)))
}

/// The phase of what a folder is told for of which no entry was read.
pub(in crate::cli) fn unopened_phase(path: &Path, finding: &Finding) -> Phase {
    if finding.rule == Rule::Tile {
        Phase::Root
    } else if is_bundle(path) {
        Phase::Bundle
    } else {
        Phase::Head
    }
}

/// A folder in which the system does not let a file be read: that proves nothing.
pub(in crate::cli) fn not_opened(folder: &Path, finding: &Finding) -> Failure {
    let (folder, text) = (folder.display(), &finding.text);
    let text = format!("{} in {folder} cannot be read: {text}; nothing was decided", finding.place);
    Failure::new(Code::NotChecked, exit::INPUT, text)
        .help("check that you may read the folder and all in it, and that the disk is sound")
}

fn unreadable(path: &Path, why: &str) -> Failure {
    let text = format!("{} cannot be read: {why}", path.display());
    Failure::new(Code::NotChecked, exit::INPUT, text).help("check the path")
}

/// Reads what the reader kept, each with where it is from: a head, or the newest head of another copy
/// of the ledger. Nothing of a copy is believed but the signature under that head.
///
/// # Errors
/// [`Failure`] when one cannot be read or has no head.
pub(in crate::cli) fn kept(paths: &[PathBuf]) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut all = Vec::new();
    for path in paths {
        if path.is_dir() {
            all.extend(notes(&[path.join(CHECKPOINT)])?);
        } else if is_store(path) {
            let head = Store::open(path, Mode::Read)?.head()?;
            let head = head.ok_or_else(|| unreadable(path, "it has no signed head"))?;
            all.push((path.display().to_string(), head));
        } else {
            all.extend(notes(std::slice::from_ref(path))?);
        }
    }
    Ok(all)
}

/// Says whether a file begins as those of SQLite do (<https://www.sqlite.org/fileformat.html>, 1.3.1).
fn is_store(path: &Path) -> bool {
    let mut start = [0; 16];
    let file = durable::open_regular(path);
    file.is_ok_and(|mut file| file.read_exact(&mut start).is_ok()) && start == *b"SQLite format 3\0"
}

/// Reads signed heads, each with where it is from.
///
/// # Errors
/// [`Failure`] when one cannot be read.
pub(in crate::cli) fn notes(paths: &[PathBuf]) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let read = |path: &PathBuf| {
        let bytes = read_at_most(path, NOTE_BYTES_MAX as u64);
        let bytes = bytes.map_err(|why| unreadable(path, &why))?;
        Head::claimed(&bytes).map_err(|error| unreadable(path, &error.to_string()))?;
        Ok((path.display().to_string(), bytes))
    };
    paths.iter().map(read).collect()
}

/// A folder that is not what it says before any entry was read.
fn unopened(path: &Path, finding: &Finding, output: &mut Output<'_>) -> Result<u8, Failure> {
    let name = unopened_phase(path, finding).name();
    let text = format!(
        "Can this history be trusted? NO\n  {name:<10}  NO: {}\n{}Outside witnesses: none was \
         looked at, since no entry was read\n{}",
        safe(&finding.text),
        fault_text(finding, 0),
        not_proved()
    );
    let value = json!({
        "ledger": Value::Null,
        "answer": "no",
        "belief": of_nothing(finding).json(),
        "phases": [{ "name": name, "outcome": "bad", "text": finding.text }],
        "fault": fault_json(finding),
        "does_not_prove": NOT_PROVED,
    });
    output.answer("dspt.verify/1", value, &text)?;
    Ok(exit::NO)
}

/// Reads the reader's policy; none where it lies inside the folder that is checked, by whatever
/// name: then it is the word of whoever made the folder.
///
/// # Errors
/// [`Failure`] when it cannot be read or is no policy.
pub(in crate::cli) fn own_policy(file: &Path, of: &Path) -> Result<Option<Policy>, Failure> {
    let read = policy(file)?;
    let inside = match (file.canonicalize(), of.canonicalize()) {
        (Ok(file), Ok(of)) => of.is_dir() && file.starts_with(of),
        _ => false,
    };
    Ok((!inside && !same_file(file, &of.join("policy"))).then_some(read))
}

/// Whether two paths name one file, as hard links do.
fn same_file(one: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let place = |path: &Path| path.metadata().map(|found| (found.dev(), found.ino()));
        place(one).is_ok_and(|one| place(other).is_ok_and(|other| one == other))
    }
    #[cfg(not(unix))]
    {
        let _ = (one, other);
        false
    }
}

/// Says of the phase of the policy why it was passed over.
pub(in crate::cli) fn say_inside(phases: &mut [PhaseResult]) {
    for one in phases.iter_mut().filter(|one| one.phase == Phase::Policy) {
        let text = "the policy that was given lies inside the folder that is checked: it is the word \
                    of whoever made the folder, not yours, and is passed over; write your own, and \
                    give it with --policy";
        *one = PhaseResult::not_checked(Phase::Policy, text);
    }
}

/// What is said of a log that is none of ours.
pub(in crate::cli) fn foreign_text(path: &Path, policy: Option<&Path>, log: &Foreign) -> String {
    let trust = policy
        .map_or_else(|| "--vkey VKEY".to_owned(), |file| format!("--policy {}", file.display()));
    format!(
        "this is no ledger of dspt but the log {} of another program, {} entries in \
         C2SP tiles; none of its entries can be read as evidence, and nobody's signature was checked; \
         check it as a log, with its key from its operator: dspt check tiles {trust} --dir {}",
        log.origin,
        log.size,
        path.display()
    )
}

/// The log of another program: neither a yes nor proven to be changed.
fn of_another(
    path: &Path,
    policy: Option<&Path>,
    log: &Foreign,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let why = foreign_text(path, policy, log);
    let text = format!("Can this history be trusted? NOT DECIDED\nNot decided: {}\n", safe(&why));
    let belief = Belief {
        grade: Grade::NotDecided,
        why: Some(why.clone()),
        head: Some((log.size, log.root.base64())),
        ..Belief::default()
    };
    let value = json!({
        "ledger": Value::Null,
        "foreign_log": { "origin": log.origin, "size": log.size, "root": log.root.base64() },
        "answer": "not_decided",
        "belief": belief.json(),
        "phases": [],
        "fault": Value::Null,
        "findings": [],
        "undecided": why,
        "head": String::from_utf8_lossy(&log.head),
        "does_not_prove": NOT_PROVED,
    });
    output.answer("dspt.verify/1", value, &text)?;
    Ok(exit::UNDECIDED)
}

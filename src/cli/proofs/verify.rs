//! `dspt verify`: checks everything in the order of `docs/FORMAT.md`, counts what it checked, names
//! the first fault, and says what no check can show.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use serde_json::{Value, json};

use super::anchor::policy;
use super::timestamp::require_certificates;
use super::verify_evidence::Evidence;
use crate::cli::code::Code;
use crate::cli::error::{Failure, exit};
use crate::cli::kind::hinted;
use crate::cli::ledger_path::ledger_path;
use crate::cli::output::{Output, safe};
use crate::domain::belief::{Belief, Grade};
use crate::domain::state::anchor::Intervals;
use crate::durable;
use crate::ledger::note::NOTE_BYTES_MAX;
use crate::ledger::{Head, Policy, Vkey};
use crate::store::{Guard, Mode, Store};
use crate::tui::model::verification::NOT_PROVED_LIST as NOT_PROVED;
use crate::verify::belief::{of_examination, of_nothing};
use crate::verify::bundle::{OpenError, examine_folder, is_bundle};
use crate::verify::examine::{Examination, TokenCheck, Trust, examine};
use crate::verify::finding::{Finding, Outcome, PhaseResult};
use crate::verify::foreign::{Foreign, foreign};
use crate::verify::incremental::{Effort, audit_since};
use crate::verify::known_heads::Memory;
use crate::verify::manifest::{CHECKPOINT, read_at_most};
use crate::verify::rule::{Phase, Rule};
use crate::verify::timestamp::{Openssl, openssl_verify};

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
    let checked = |ca: &Path, checkpoint: &[u8], token: &[u8]| {
        let with = Openssl { program: Path::new("openssl"), ca, untrusted: None };
        openssl_verify(&with, checkpoint, token).map_err(|fault| fault.to_string())
    };
    let by_openssl = args
        .tsa_ca
        .as_deref()
        .map(|ca| move |checkpoint: &[u8], token: &[u8]| checked(ca, checkpoint, token));
    let trust = Trust {
        policy: policy.as_ref(),
        max_age_days: args.max_age,
        now: output.now,
        kept: kept(&args.kept)?,
        heads: notes(&args.head)?.into_iter().map(|(_, note)| note).collect(),
        tokens: by_openssl.as_ref().map(|check| check as TokenCheck<'_>),
    };
    let folder = path.is_dir();
    let parts = [CHECKPOINT, "tile"];
    if folder && !is_bundle(&path) && !parts.iter().any(|part| path.join(part).exists()) {
        let text = format!("there is no ledger, no bundle and no checkpoint in {}", path.display());
        let failure = Failure::new(Code::NoLedger, exit::NO_LEDGER, text).help("check the path");
        return Err(hinted(failure, &path));
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
    let report = Report::of(&found, guard.as_ref(), folder && policy.is_none());
    let mut value = report.json();
    if let (Some(evidence), Some(fields)) = (&evidence, value.as_object_mut()) {
        fields.insert("evidence".to_owned(), evidence.json());
    }
    let about_files = evidence.as_ref().map(Evidence::text).unwrap_or_default();
    let text = report.text() + &about_files + &not_proved();
    output.answer("dspt.verify/1", value, &text)?;
    let differs = evidence.is_some_and(|evidence| evidence.differs());
    Ok(if differs { exit::NO } else { report.code })
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
    let code = Report::of(&found, guard.as_ref(), path.is_dir() && trust.policy.is_none()).code;
    let broken = |one: &PhaseResult| Some((one.phase, one.fault()?.rule));
    let broken = found.phases.iter().find_map(broken);
    let finding = found.findings.first().map(|finding| (Phase::Replay, finding.rule));
    let guarded = guard.filter(Guard::refuses_writing);
    let guarded = guarded.map(|_| (Phase::HeadFile, Rule::HeadFile));
    Ok((code, broken.or(finding).or(guarded)))
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

/// What an examination and the head file together say.
pub(in crate::cli) struct Report<'r> {
    found: &'r Examination,
    /// The exit status.
    pub(in crate::cli) code: u8,
    /// Why the entries alone cannot be decided, where they cannot.
    open: Option<String>,
    /// Why it cannot be decided, where it cannot.
    pub(in crate::cli) undecided: Option<String>,
    /// What the head file beside a ledger is.
    pub(in crate::cli) head_file: Option<&'static str>,
    /// Whether there is one to compare with.
    pub(in crate::cli) head_file_there: bool,
    /// Whether it speaks against the ledger.
    pub(in crate::cli) guard_fault: bool,
    /// What it then breaks.
    guard_finding: Option<Finding>,
}

impl<'r> Report<'r> {
    /// Weighs an examination; `untrusted` where a folder's own keys are all there is to go by.
    pub(in crate::cli) fn of(
        found: &'r Examination,
        guard: Option<&Guard>,
        untrusted: bool,
    ) -> Self {
        let open = found.audit.undecided.clone().or_else(|| not_replayed(found));
        let undecided = open.clone().or_else(|| {
            let why = "everything fits, by the keys that the folder itself names; choose whom to \
                       trust with --policy FILE";
            untrusted.then(|| why.to_owned())
        });
        let guard_fault = guard.is_some_and(Guard::refuses_writing);
        let code = if found.first_fault().is_some() || guard_fault {
            exit::NO
        } else if undecided.is_some() {
            exit::UNDECIDED
        } else {
            exit::YES
        };
        let head_file = guard.map(head_file);
        let guard_finding = head_file
            .filter(|_| guard_fault)
            .map(|text| Finding::in_file("the head file beside the ledger", Rule::HeadFile, text));
        let none = guard.is_some_and(|one| matches!(one, Guard::NoHead | Guard::Missing { .. }));
        let head_file_there = !none;
        Self {
            found,
            code,
            open,
            undecided,
            head_file,
            head_file_there,
            guard_fault,
            guard_finding,
        }
    }

    /// How far all of it can be believed.
    pub(in crate::cli) fn belief(&self) -> Belief {
        of_examination(self.found, self.fault(), self.open.as_deref())
    }

    /// The first rule broken: of the phases, then of the findings, then by the head file.
    pub(in crate::cli) fn fault(&self) -> Option<&Finding> {
        self.found.first_fault().or(self.guard_finding.as_ref())
    }

    fn text(&self) -> String {
        let (found, audit) = (self.found, &self.found.audit);
        let word = match self.code {
            exit::YES => self.belief().verdict(),
            exit::NO => "NO".to_owned(),
            _ => "NOT DECIDED".to_owned(),
        };
        let mut text = format!("Can this history be trusted? {word}\n");
        if let Some((origin, _)) = &found.about {
            let _ = writeln!(text, "  {:<10}  {origin}", "ledger");
        }
        for phase in &found.phases {
            let said = match phase.outcome {
                Outcome::Good => "good",
                Outcome::Bad(_) => "NO",
                Outcome::NotChecked => "not checked",
            };
            let _ = writeln!(text, "  {:<10}  {said}: {}", phase.phase, safe(&phase.text));
        }
        if let Some(head_file) = self.head_file {
            let said = match (self.guard_fault, self.head_file_there) {
                (true, _) => "NO",
                (false, true) => "good",
                (false, false) => "not checked",
            };
            let _ = writeln!(text, "  {:<10}  {said}: {head_file}", Phase::HeadFile);
        }
        for remark in &found.remarks {
            let (place, said) = (&remark.place, safe(&remark.text));
            let _ = writeln!(text, "Remark: {place}: {}: {said}", remark.rule);
        }
        for finding in &found.findings {
            let (place, said) = (&finding.place, safe(&finding.text));
            let _ = writeln!(text, "Finding: {place}: {}: {said}", finding.rule);
        }
        if let Some(finding) = self.fault() {
            text.push_str(&fault_text(finding, audit.counts.entries));
        } else if let Some(why) = &self.undecided {
            let _ = writeln!(text, "Not decided: {}", safe(why));
        }
        if let Some((_, head)) = found.about.as_ref().filter(|_| self.code != exit::NO) {
            let head = String::from_utf8_lossy(head);
            let _ = writeln!(text, "Head, to compare with one that you kept:\n{}", indent(&head));
        }
        text + &witnessed(&found.intervals, self.found)
    }

    fn json(&self) -> Value {
        let (found, audit) = (self.found, &self.found.audit);
        let counts = &audit.counts;
        let phases = found.phases.iter().map(|phase| {
            let outcome = match phase.outcome {
                Outcome::Good => "good",
                Outcome::Bad(_) => "bad",
                Outcome::NotChecked => "not_checked",
            };
            json!({ "name": phase.phase.name(), "outcome": outcome, "text": phase.text })
        });
        let intervals = &found.intervals;
        let gap = intervals.longest_gap().map(|(from, to)| (to.millis() - from.millis()) / 1_000);
        let anchors = found.anchors.iter().map(|anchor| {
            json!({
                "entry": anchor.seq,
                "size": anchor.size,
                "time": anchor.at.to_string(),
                "by": anchor.by,
            })
        });
        json!({
            "ledger": found.about.as_ref().map(|(origin, _)| origin),
            "answer": match self.code { exit::YES => "yes", exit::NO => "no", _ => "not_decided" },
            "belief": self.belief().json(),
            "checked": {
                "entries": counts.entries,
                "signatures": counts.signatures,
                "checkpoints": counts.checkpoints,
                "contents": counts.contents,
                "withheld": counts.withheld,
            },
            "phases": phases.collect::<Vec<_>>(),
            "fault": self.fault().map(fault_json),
            "findings": found.findings.iter().map(fault_json).collect::<Vec<_>>(),
            "remarks": found.remarks.iter().map(fault_json).collect::<Vec<_>>(),
            "undecided": self.undecided,
            "head_file": self.head_file,
            "head": found.about.as_ref().map(|(_, head)| String::from_utf8_lossy(head).into_owned()),
            "anchors": anchors.collect::<Vec<_>>(),
            "witnessed": {
                "first": intervals.first().map(|at| at.to_string()),
                "last": intervals.last().map(|at| at.to_string()),
                "longest_gap_seconds": gap,
            },
            "does_not_prove": NOT_PROVED,
        })
    }
}

fn fault_json(finding: &Finding) -> Value {
    json!({ "place": finding.place.to_string(), "rule": finding.rule.name(), "text": finding.text })
}

fn not_proved() -> String {
    let lines = NOT_PROVED.iter().map(|one| format!("  - {one}\n"));
    std::iter::once("This does not prove:\n".to_owned()).chain(lines).collect()
}

/// Who outside saw the ledger, from when to when, and how long nobody looked.
fn witnessed(intervals: &Intervals, found: &Examination) -> String {
    let (Some(first), Some(last)) = (intervals.first(), intervals.last()) else {
        return "Outside witnesses: none. Until somebody outside keeps a head, all of it could be \
                written anew.\n"
            .to_owned();
    };
    let gap = intervals.longest_gap().map_or_else(String::new, |(from, to)| {
        let hours = (to.millis() - from.millis()) / 3_600_000;
        format!(", longest gap {} days {} hours (from {from})", hours / 24, hours % 24)
    });
    let chosen =
        found.phases.iter().any(|one| one.phase == Phase::Policy && one.outcome == Outcome::Good);
    let whose = if chosen { "of your policy" } else { "that the ledger names" };
    format!("Outside witnesses {whose}: first {first}, last {last}{gap}\n")
}

/// Why entries that verify can still not be replayed; none when they can, or when what replay needs
/// was withheld and is said to be.
fn not_replayed(found: &Examination) -> Option<String> {
    let failed = found.unreplayed.as_ref().filter(|_| found.audit.counts.withheld == 0)?;
    Some(format!("the entries are what their keys signed, but {failed}"))
}

fn head_file(guard: &Guard) -> &'static str {
    match guard {
        Guard::NoHead => "none, and no head in the ledger",
        Guard::Equal { .. } => "the same head as in the ledger",
        Guard::FileBehind { .. } => "an earlier head of the same history; the next write renews it",
        Guard::Missing { .. } => "missing: an older copy put back could not be noticed",
        Guard::FileAhead { .. } => {
            "NEWER than every head in the ledger: an older copy of the ledger was put back, or heads \
             were removed from it"
        }
        Guard::Differs { .. } => {
            "ANOTHER head than the ledger's of its size, or the ledger has none of it: this is \
             another ledger, one of the two was changed, or two histories were signed; see: dspt fork"
        }
        Guard::Changed { .. } => {
            "CHANGED: of the same entries as the ledger's head of its size, and not the same bytes: \
             one of the two was changed after it was signed"
        }
        Guard::Unreadable => "NOT a signed head: it was damaged or replaced",
    }
}

fn fault_text(finding: &Finding, good: u64) -> String {
    let good = match good.checked_sub(1) {
        Some(last) => format!("entries #0 to #{last}"),
        None => "nothing".to_owned(),
    };
    format!(
        "First fault: {}\n  rule   {}\n  found  {}\n  good   {good}\n  means  {}\n\
         Nothing was repaired. Keep this copy, and compare it with another, or with a head that \
         someone kept.\n",
        safe(&finding.place.to_string()),
        finding.rule,
        safe(&finding.text),
        finding.rule.meaning()
    )
}

fn indent(text: &str) -> String {
    text.trim_end().lines().map(|line| ["  ", line].concat()).collect::<Vec<_>>().join("\n")
}

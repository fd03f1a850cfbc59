//! `dspt import`: editions, frameworks, mappings, Statements of Applicability, answers, evidence.
//!
//! All or nothing: every bad row is shown at once and nothing is written unless all are good. The
//! same bytes again write nothing.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args as ClapArgs, Subcommand};
use serde_json::json;

use super::evidence_files::Beside;
use super::ids::new_id;
use super::record::{file_name, read_file, write};
use super::signing::Signing;
use crate::cli::as_of::{day, event as find_event, open};
use crate::cli::dash::is_dash;
use crate::cli::error::{Failure, exit};
use crate::cli::mappings::catalogue::{bytes, folder_of, table};
use crate::cli::output::Output;
use crate::domain::authority::admit::admit;
use crate::domain::authority::already_recorded::taken_back;
use crate::domain::authority::remark::nothing_asked;
use crate::domain::catalogue::edition::{BadCatalogue, Edition, Framework};
use crate::domain::date::{Date, Timestamp};
use crate::domain::engine::derive::{RulesChoice, derive};
use crate::domain::engine::status::Positions;
use crate::domain::event::{
    CertificateRecorded, EditionAdopted, Event, FrameworkAdopted, MappingImported, SoaRecorded,
};
use crate::domain::explain::diff::count_changed;
use crate::domain::ids::{CategoryId, EditionId, FrameworkRef, KeyId, Scheme};
use crate::domain::problem_code::ProblemCode;
use crate::domain::state::State;
use crate::durable::{self, Access};
use crate::import::answers::read_answers;
use crate::import::evidence::read_evidence;
use crate::import::mapping::{MappingDefaults, read_mapping};
use crate::import::problem::{Problem, Problems, problems_csv, render};
use crate::import::resolve::Own;
use crate::import::soa::read_soa;
use crate::journal::{File, Journal, NewEvent};
use crate::ledger::Digest;
use crate::store::Mode;

/// Arguments of `import`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Adopt an edition's rules from the catalogue (2025-26-v8) or from a folder of its files
    Edition {
        /// Name in the catalogue, or a folder with items.csv, exemptions.csv, organisation-types.csv
        edition: String,
        /// The edition's name, when a folder is given
        #[arg(long, value_name = "EDITION")]
        name: Option<EditionId>,
        /// Revision of the files; the catalogue knows its own
        #[arg(long)]
        revision: Option<String>,
        /// First day in force; the day of publication for one from the catalogue
        #[arg(long, value_name = "DATE")]
        from: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Adopt a framework's list from the catalogue (iso27001:2022) or from a controls.csv
    Framework {
        /// Framework and release
        framework: FrameworkRef,
        /// The list, when it is not in the catalogue
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
    /// Import a mapping: proposals that derive nothing until approved
    Mapping {
        /// A CSV file, or one of the catalogue's: proposals/NAME.csv
        file: PathBuf,
        /// A name for people; the file's name when left out
        #[arg(long)]
        title: Option<String>,
        /// Who made it
        #[arg(long, default_value = "not stated")]
        author: String,
        /// Its licence
        #[arg(long, default_value = "not stated")]
        licence: String,
        /// Framework of ids that do not name theirs
        #[arg(long, value_name = "FRAMEWORK")]
        source_framework: Option<FrameworkRef>,
        /// Framework of target ids that do not name theirs
        #[arg(long, value_name = "FRAMEWORK")]
        target_framework: Option<FrameworkRef>,
        /// Edition of items that do not name theirs; else the one in force today
        #[arg(long, requires = "category")]
        edition: Option<EditionId>,
        /// Category of items that do not name theirs; else the organisation's
        #[arg(long, requires = "edition")]
        category: Option<CategoryId>,
        #[command(flatten)]
        common: Common,
    },
    /// Import the Statement of Applicability of a certificate
    Soa {
        /// A CSV file with control, applicable, justification
        file: PathBuf,
        /// The certificate's entry: #12
        #[arg(long)]
        certificate: String,
        /// First day that it holds; the certificate's first day when left out
        #[arg(long, value_name = "DATE")]
        from: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Import answers, one row each (columns: docs/import.md)
    Answers {
        /// A CSV file
        file: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// Import evidence, one row each (columns: docs/import.md)
    Evidence {
        /// A CSV file; the files that it names are looked for beside it
        file: PathBuf,
        /// Take files that are not in the folder of the list as well
        #[arg(long)]
        outside_files: bool,
        #[command(flatten)]
        common: Common,
    },
}

impl Command {
    fn common(&self) -> &Common {
        match self {
            Self::Edition { common, .. }
            | Self::Framework { common, .. }
            | Self::Mapping { common, .. }
            | Self::Soa { common, .. }
            | Self::Answers { common, .. }
            | Self::Evidence { common, .. } => common,
        }
    }
}

#[derive(ClapArgs, Debug)]
struct Common {
    /// Check everything, write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    signing: Signing,
}

/// What an import would record, and the lines that its events come from.
struct Batch {
    events: Vec<NewEvent>,
    lines: Vec<u64>,
    file: String,
    summary: String,
}

impl Batch {
    fn of_one(event: NewEvent, summary: impl Into<String>) -> Self {
        Self {
            events: vec![event],
            lines: Vec::new(),
            file: String::new(),
            summary: summary.into(),
        }
    }
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] with exit status 3 when the file has problems.
pub(in crate::cli) fn run(
    args: &Args,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let dry_run = args.command.common().dry_run;
    import(args, ledger, output)
        .map_err(|failure| if dry_run { failure } else { with_list(failure) })
}

fn import(args: &Args, ledger: Option<&Path>, output: &mut Output<'_>) -> Result<u8, Failure> {
    // Looking at a file needs no right to write.
    let mode = if args.command.common().dry_run { Mode::Read } else { Mode::Write };
    let journal = open(ledger, mode, output)?;
    let state = journal.state(u64::MAX)?;
    let again = args.command.common().signing.again;
    let batch = match &args.command {
        Command::Edition { edition, name, revision, from, .. } => {
            let from = from.as_deref().map(|text| day(text, output)).transpose()?;
            edition_batch(edition, name.as_ref(), revision.as_ref(), from, output)?
        }
        Command::Framework { framework, file, .. } => {
            framework_batch(framework, file.as_deref(), output)?
        }
        Command::Mapping { file, .. } => {
            let content = file_or_bundled(file)?;
            if let Some(done) = imported_before(&journal, &content, |_| true, again, output)? {
                return Ok(done);
            }
            mapping_batch(&args.command, &content, &state, output)?
        }
        Command::Soa { file, certificate, from, .. } => {
            let content = read_file(file)?;
            let about = find_event(certificate, &journal.ledger.facts)?.id.clone();
            // One statement may serve several certificates: a renewed one has the same.
            let same = |event: &Event| matches!(event, Event::SoaRecorded(body) if body.certificate == about);
            if let Some(done) = imported_before(&journal, &content, same, again, output)? {
                return Ok(done);
            }
            let from = from.as_deref().map(|text| day(text, output)).transpose()?;
            soa_batch((file, content), (certificate, from), &journal, &state, output)?
        }
        Command::Answers { file, .. } => {
            let content = read_file(file)?;
            if let Some(done) = imported_before(&journal, &content, |_| true, again, output)? {
                return Ok(done);
            }
            answers_batch(file, &content, &state, output)?
        }
        Command::Evidence { file, outside_files, .. } => {
            let content = read_file(file)?;
            if let Some(done) = imported_before(&journal, &content, |_| true, again, output)? {
                return Ok(done);
            }
            evidence_batch(file, &content, *outside_files, &state, output)?
        }
    };
    finish(journal, &state, &batch, args.command.common(), output)
}

fn finish(
    journal: Journal,
    state: &State,
    batch: &Batch,
    common: &Common,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    check_rows(state, batch, output)?;
    let edition = match batch.events.as_slice() {
        [NewEvent { event: Event::EditionAdopted(body), .. }] => Some(body),
        _ => None,
    };
    if common.dry_run || edition.is_some() {
        let foreseen = Foreseen::of(&journal, state, batch, edition, output)?;
        for remark in &foreseen.remarks {
            output.warn(remark)?;
        }
        if common.dry_run {
            output.answer("dspt.import/1", foreseen.json(batch), &foreseen.text(batch))?;
            return Ok(exit::YES);
        }
    }
    output.hint(&batch.summary)?;
    write(journal, &common.signing, &batch.events, output)
}

/// What would follow from recording a batch.
struct Foreseen {
    /// Items whose status would be another, today and on the first day of an edition to come.
    changed: Vec<(Date, usize)>,
    remarks: Vec<String>,
}

impl Foreseen {
    fn of(
        journal: &Journal,
        state: &State,
        batch: &Batch,
        edition: Option<&EditionAdopted>,
        output: &Output<'_>,
    ) -> Result<Self, Failure> {
        let before = Positions::new(state, RulesChoice::Then);
        let state = journal.foreseen(&batch.events, &nobody()?, output.now)?;
        let after = Positions::new(&state, RulesChoice::Then);
        let today = output.now.london_day();
        let to_come = edition.map(|body| body.effective_from).filter(|day| *day > today);
        let days = std::iter::once(today).chain(to_come);
        let changed = days.map(|day| (day, count_changed(&before, &after, day)));
        let periods = &after.derivation.periods;
        let remarks = edition.map_or_else(Vec::new, |body| nothing_asked(body, periods));
        Ok(Self { changed: changed.collect(), remarks })
    }

    fn text(&self, batch: &Batch) -> String {
        let mut text =
            format!("{} All rows are good. Nothing was written (--dry-run).\n", batch.summary);
        for (index, (day, changed)) in self.changed.iter().enumerate() {
            let when = if index == 0 { "today".to_owned() } else { format!("on {}", day.long()) };
            let _ = writeln!(text, "Items that would change status {when}: {changed}");
        }
        text
    }

    fn json(&self, batch: &Batch) -> serde_json::Value {
        let changed = self
            .changed
            .iter()
            .map(|(day, changed)| json!({ "on": day.to_string(), "items": changed }));
        json!({
            "dry_run": true,
            "events": batch.events.len(),
            "summary": batch.summary,
            "would_change": changed.collect::<Vec<_>>(),
            "warnings": self.remarks,
        })
    }
}

/// No real key: what the key may do is judged when the entries are signed.
fn nobody() -> Result<KeyId, Failure> {
    Ok(format!("SHA256:{}", "A".repeat(43)).parse()?)
}

/// Checks what the rows say against the ledger, so that a refusal names its line.
fn check_rows(state: &State, batch: &Batch, output: &Output<'_>) -> Result<(), Failure> {
    let nobody = nobody()?;
    let today = output.now.london_day();
    let mut problems = Vec::new();
    for (index, new) in batch.events.iter().enumerate() {
        let refusal = match admit(state, &new.event, &nobody, today) {
            Ok(()) => too_long(&new.event),
            Err(refusal) => Some(refusal.0),
        };
        let Some(message) = refusal else { continue };
        let Some(line) = batch.lines.get(index) else {
            return Err(Failure::new(ProblemCode::Refused, exit::INPUT, message));
        };
        problems.push(problem(&batch.file, *line, ProblemCode::Refused, message));
    }
    if problems.is_empty() { Ok(()) } else { Err(bad_rows(Problems(problems))) }
}

/// The longest body that surely fits an entry of 65,535 bytes: base64 makes four bytes of three,
/// and the fields around the body take the rest.
const BODY_BYTES_MAX: usize = 47_000;

fn too_long(event: &Event) -> Option<String> {
    let bytes = event.body().map_or(0, |body| body.to_string().len());
    (bytes > BODY_BYTES_MAX).then(|| {
        format!("the row has {bytes} bytes, and an entry holds {BODY_BYTES_MAX}; shorten the text")
    })
}

fn problem(file: &str, line: u64, code: ProblemCode, message: String) -> Problem {
    Problem {
        code,
        file: file.to_owned(),
        line,
        column: None,
        column_name: String::new(),
        found: String::new(),
        message,
        help: None,
        source_line: None,
        source_from: 1,
    }
}

/// Names every bad row of a catalogue file. `path_of` gives the path of a file by its usual name.
fn bad_catalogue(path_of: impl Fn(&str) -> String, bad: BadCatalogue) -> Failure {
    match bad {
        BadCatalogue::Table { file, source } => {
            Failure::new(ProblemCode::Header, exit::INPUT, format!("{}: {source}", path_of(file)))
        }
        BadCatalogue::Rows { file, rows } => {
            let path = path_of(file);
            let all = rows.into_iter().map(|row| {
                let mut one = problem(&path, row.line, row.cell.code, row.cell.why);
                one.column_name = row.cell.column;
                one.found = row.cell.found;
                one.help = row.cell.help;
                one
            });
            bad_rows(Problems(all.collect()))
        }
    }
}

/// How many problems are shown before the rest is counted.
const PROBLEMS_SHOWN: usize = 10;

/// Turns problems into a failure that shows the first ones.
fn bad_rows(problems: Problems) -> Failure {
    let all = problems.0;
    let noun = if all.len() == 1 { "problem" } else { "problems" };
    let mut text = format!("{} {noun}; nothing was written\n", all.len());
    for problem in all.iter().take(PROBLEMS_SHOWN) {
        text.push_str(&render(problem));
    }
    if let Some(more) = all.len().checked_sub(PROBLEMS_SHOWN + 1) {
        let _ = writeln!(text, "... {} more", more + 1);
    }
    let code = all.first().map_or(ProblemCode::Unnamed, |one| one.code);
    let mut failure = Failure::new(code, exit::INPUT, text.trim_end());
    failure.place = all.first().map(|one| match one.line {
        0 => one.file.clone(),
        line => format!("{}:{line}", one.file),
    });
    failure.problems = all;
    failure
}

/// Keeps the whole list beside the input when not all of it was shown. It takes the place of an
/// earlier list of ours, never of anything else.
fn with_list(mut failure: Failure) -> Failure {
    let Some(file) = failure.problems.first().map(|one| one.file.clone()) else { return failure };
    let beside = Path::new(&file);
    if failure.problems.len() <= PROBLEMS_SHOWN || is_dash(beside) || !beside.is_file() {
        return failure;
    }
    let (path, list) = (format!("{file}.problems.csv"), problems_csv(&failure.problems));
    let header = list.lines().next().unwrap_or_default();
    let start = durable::read_start(Path::new(&path), header.len() as u64);
    let ours = start.map(|start| start.starts_with(header.as_bytes()));
    let text = match (ours, Path::new(&path).symlink_metadata().is_ok()) {
        (Ok(true), _) | (_, false) => {
            match durable::replace(Path::new(&path), list.as_bytes(), Access::Umask) {
                Ok(()) => format!("all are in {path}"),
                Err(error) => format!("the list could not be written to {path}: {error}"),
            }
        }
        (Ok(false) | Err(_), true) => format!("{path} is in the way of the whole list"),
    };
    failure.message = format!("{}; {text}", failure.message);
    failure
}

/// Says so when the same bytes were imported before; with `again` that is no reason to stop.
fn imported_before(
    journal: &Journal,
    content: &[u8],
    same: impl Fn(&Event) -> bool,
    again: bool,
    output: &mut Output<'_>,
) -> Result<Option<u8>, Failure> {
    let sha256 = Digest::of(content).hex();
    let facts = journal.ledger.facts.iter().filter(|fact| same(&fact.event));
    let before = facts.into_iter().find(|fact| {
        fact.subjects.iter().any(|one| one.sha256 == sha256 && one.name.starts_with(IMPORTED))
    });
    let Some(fact) = before else { return Ok(None) };
    let seq = fact.seq;
    if again {
        output.hint(&format!("These bytes were imported before, by entry #{seq}."))?;
        return Ok(None);
    }
    let ended = taken_back(&journal.ledger.facts, fact);
    let text = match ended {
        None => {
            format!("These bytes were imported before, by entry #{seq}. Nothing was written.\n")
        }
        Some(by) => format!(
            "These bytes were imported before, by entry #{seq}, which entry #{by} took back or \
             corrected since. Nothing was written.\n"
        ),
    };
    let value = json!({ "imported_before": seq, "taken_back_by": ended, "events": 0 });
    output.answer("dspt.import/1", value, &text)?;
    output.hint(
        "To read it by the edition of today, for another year, or to bring back what was taken back, \
         import it once more: --again",
    )?;
    Ok(Some(exit::YES))
}

/// Says what was noticed while reading a file and is no problem.
fn remarks(notes: &[String], output: &mut Output<'_>) -> Result<(), Failure> {
    notes.iter().try_for_each(|note| output.hint(&format!("note: {note}")))
}

/// Names of imported files in entries start with this, to tell them from evidence.
const IMPORTED: &str = "import:";

/// The file that an import came from: hashed once, and its bytes shared, however many rows name it.
struct Imported {
    name: String,
    sha256: Digest,
    bytes: Arc<Vec<u8>>,
}

impl Imported {
    fn new(path: &Path, bytes: Vec<u8>) -> Result<Self, Failure> {
        let name = format!("{IMPORTED}{}", file_name(path)?);
        Ok(Self { name, sha256: Digest::of(&bytes), bytes: Arc::new(bytes) })
    }

    /// As an entry names it, with the bytes for the ledger to keep.
    fn kept(&self) -> File {
        File { stored: Some(Arc::clone(&self.bytes)), ..self.named() }
    }

    /// As an entry names it; the ledger keeps no copy.
    fn named(&self) -> File {
        File { name: self.name.clone(), sha256: self.sha256, stored: None }
    }
}

fn new_event(event: Event, files: Vec<File>, now: Timestamp) -> Result<NewEvent, Failure> {
    Ok(NewEvent { id: new_id(now)?, event, files })
}

/// The day that an edition of the catalogue was published.
///
/// # Errors
/// [`Failure`] when the catalogue does not know it.
pub(in crate::cli) fn bundled_edition_day(edition: &EditionId) -> Result<Date, Failure> {
    field_of(edition, "published").and_then(|text| {
        let date = text.split_whitespace().next().unwrap_or_default();
        Date::parse(date.trim_end_matches([',', ';']))
            .map_err(|bad| Failure::usage(format!("{edition}: {bad}; give --from")))
    })
}

fn field_of(edition: &EditionId, field: &str) -> Result<String, Failure> {
    let fields = table(&format!("dspt-{edition}/edition.csv"))?;
    let row = fields.rows.iter().find(|row| row.get("field") == field);
    row.map(|row| row.get("value").to_owned()).ok_or_else(|| {
        Failure::usage(format!("the catalogue does not know `{field}` of {edition}; give it"))
    })
}

/// The event that adopts an edition of the catalogue from a day on.
///
/// # Errors
/// [`Failure`] when it is not in the catalogue.
pub(in crate::cli) fn adopt_edition(
    edition: &EditionId,
    from: Date,
    now: Timestamp,
) -> Result<NewEvent, Failure> {
    let file = |name: &str| bytes(&format!("dspt-{edition}/{name}")).map(<[u8]>::to_vec);
    let revision = field_of(edition, "revision")?;
    let files = [file("items.csv")?, file("exemptions.csv")?, file("organisation-types.csv")?];
    edition_event(edition.clone(), revision, from, &format!("dspt-{edition}/"), files, now)
}

fn edition_event(
    edition: EditionId,
    revision: String,
    effective_from: Date,
    folder: &str,
    [items, exemptions, types]: [Vec<u8>; 3],
    now: Timestamp,
) -> Result<NewEvent, Failure> {
    Edition::parse(edition.clone(), revision.clone(), &items, &exemptions, &types)
        .map_err(|bad| bad_catalogue(|name| format!("{folder}{name}"), bad))?;
    let files = vec![
        File::stored("items.csv", items),
        File::stored("exemptions.csv", exemptions),
        File::stored("organisation-types.csv", types),
    ];
    let body = EditionAdopted { edition, revision, effective_from };
    new_event(Event::EditionAdopted(body), files, now)
}

fn edition_batch(
    edition: &str,
    name: Option<&EditionId>,
    revision: Option<&String>,
    from: Option<Date>,
    output: &Output<'_>,
) -> Result<Batch, Failure> {
    let folder = Path::new(edition);
    let new = if folder.is_dir() {
        let missing = |what: &str| Failure::usage(format!("an edition from a folder needs {what}"));
        let name = name.ok_or_else(|| missing("--name"))?;
        let revision = revision.ok_or_else(|| missing("--revision"))?;
        let from = from.ok_or_else(|| missing("--from"))?;
        let file = |name: &str| read_file(&folder.join(name));
        let files = [file("items.csv")?, file("exemptions.csv")?, file("organisation-types.csv")?];
        edition_event(
            name.clone(),
            revision.clone(),
            from,
            &format!("{}/", folder.display()),
            files,
            output.now,
        )?
    } else {
        let id: EditionId = edition.parse().map_err(Failure::from)?;
        let from = from.map_or_else(|| bundled_edition_day(&id), Ok)?;
        adopt_edition(&id, from, output.now)?
    };
    Ok(Batch::of_one(new, "An edition's rules."))
}

fn framework_batch(
    framework: &FrameworkRef,
    file: Option<&Path>,
    output: &Output<'_>,
) -> Result<Batch, Failure> {
    let controls = match file {
        Some(path) => read_file(path)?,
        None => bytes(&format!("{}/controls.csv", folder_of(&framework.to_string())))?.to_vec(),
    };
    let path_of =
        |name: &str| file.map_or_else(|| name.to_owned(), |path| path.display().to_string());
    let read = Framework::parse(framework.clone(), &controls)
        .map_err(|bad| bad_catalogue(path_of, bad))?;
    let summary = format!("{framework}: {} ids.", read.controls.len());
    let body = FrameworkAdopted { framework: framework.clone() };
    let files = vec![File::stored("controls.csv", controls)];
    Ok(Batch::of_one(new_event(Event::FrameworkAdopted(body), files, output.now)?, summary))
}

/// Reads a file; where there is none, the catalogue's of that name.
fn file_or_bundled(path: &Path) -> Result<Vec<u8>, Failure> {
    if !path.exists()
        && let Some(file) = crate::bundled::file(&path.to_string_lossy())
    {
        return Ok(file.bytes.to_vec());
    }
    read_file(path)
}

fn mapping_batch(
    command: &Command,
    content: &[u8],
    state: &State,
    output: &mut Output<'_>,
) -> Result<Batch, Failure> {
    let Command::Mapping {
        file,
        title,
        author,
        licence,
        source_framework,
        target_framework,
        edition,
        category,
        ..
    } = command
    else {
        return Err(Failure::usage("not a mapping"));
    };
    let today = output.now.london_day();
    let own = Own::of(&derive(state, RulesChoice::Then).periods);
    let given = edition.clone().zip(category.clone());
    let defaults = MappingDefaults {
        source_framework: source_framework.clone(),
        target: given.or_else(|| own.on(today).cloned()),
        target_framework: target_framework.clone(),
    };
    let shown = file.display().to_string();
    let read = read_mapping(&shown, content, &defaults, state).map_err(bad_rows)?;
    remarks(&read.notes, output)?;
    let carrying = read.rows.iter().filter(|row| {
        row.relationship.carries_satisfaction()
            || row.joint.as_ref().is_some_and(|joint| joint.relationship.carries_satisfaction())
    });
    let summary = format!(
        "{} rows recorded as proposals, {} of which could derive something once approved; 0 items change status.",
        read.rows.len(),
        carrying.count()
    );
    let body = MappingImported {
        title: title.clone().map_or_else(|| file_name(file), Ok)?,
        author: author.clone(),
        authority: read.authority,
        licence: licence.clone(),
        rows: read.rows.len() as u64,
    };
    let files = vec![
        File::stored("mapping.csv", read.stored.into_bytes()),
        Imported::new(file, content.to_vec())?.kept(),
    ];
    Ok(Batch::of_one(new_event(Event::MappingImported(body), files, output.now)?, summary))
}

fn soa_batch(
    (file, content): (&Path, Vec<u8>),
    (certificate, from): (&str, Option<Date>),
    journal: &Journal,
    state: &State,
    output: &mut Output<'_>,
) -> Result<Batch, Failure> {
    let fact = find_event(certificate, &journal.ledger.facts)?;
    let known = state.certificates.get(&fact.id).ok_or_else(|| {
        Failure::usage(format!("entry #{} is not a certificate that stands", fact.seq))
            .help("list what is recorded with: dspt log")
    })?;
    let record = &known.what.record;
    let release = record.release.clone().filter(|_| record.scheme == Scheme::Iso27001);
    let release = release.ok_or_else(|| no_release(fact.seq, record))?;
    let framework = FrameworkRef { framework: "iso27001".to_owned(), release };
    let read =
        read_soa(&file.display().to_string(), &content, &framework, state).map_err(bad_rows)?;
    remarks(&read.notes, output)?;
    for warning in &read.warnings {
        output.warn(warning)?;
    }
    let waiting = match read.soa.not_in_place.len() {
        0 => String::new(),
        waiting => format!(", applicable but not implemented: {waiting}"),
    };
    let summary = format!(
        "Controls included: {}, excluded: {}{waiting}.",
        read.soa.applicable.len(),
        read.soa.excluded.len()
    );
    let from = from.unwrap_or(known.what.record.valid_from);
    let files = vec![
        File::stored("soa.csv", read.stored.into_bytes()),
        Imported::new(file, content)?.kept(),
    ];
    let body = SoaRecorded { certificate: fact.id.clone(), from };
    Ok(Batch::of_one(new_event(Event::SoaRecorded(body), files, output.now)?, summary))
}

/// Why a certificate has no release whose controls a Statement of Applicability could list.
fn no_release(seq: u64, record: &CertificateRecorded) -> Failure {
    let (scheme, number) = (record.scheme, &record.number);
    if scheme != Scheme::Iso27001 {
        return Failure::usage(format!(
            "a Statement of Applicability belongs to an ISO/IEC 27001 certificate; #{seq}, {number}, \
             is {} {} certificate",
            scheme.article(),
            scheme.label()
        ))
        .help("give the entry of the ISO/IEC 27001 certificate with --certificate");
    }
    let known = crate::domain::catalogue::scheme::releases(scheme).join(" or ");
    Failure::usage(format!(
        "certificate {number} names no release, so its controls are not known; it is one of {known}"
    ))
    .help(format!(
        "say which with: dspt correct '#{seq}' --set release=2022 --reason 'as on the certificate'"
    ))
}

fn answers_batch(
    file: &Path,
    content: &[u8],
    state: &State,
    output: &mut Output<'_>,
) -> Result<Batch, Failure> {
    let own = Own::of(&derive(state, RulesChoice::Then).periods);
    let shown = file.display().to_string();
    let read = read_answers(&shown, content, &own, state).map_err(bad_rows)?;
    remarks(&read.notes, output)?;
    let (mut events, mut lines) = (Vec::new(), Vec::new());
    let source = Imported::new(file, content.to_vec())?;
    for (line, answer) in read.rows {
        let files = vec![source.kept()];
        events.push(new_event(Event::ItemAnswered(answer), files, output.now)?);
        lines.push(line);
    }
    let summary = format!("Answers: {}.", events.len());
    Ok(Batch { events, lines, file: shown, summary })
}

fn evidence_batch(
    file: &Path,
    content: &[u8],
    anywhere: bool,
    state: &State,
    output: &mut Output<'_>,
) -> Result<Batch, Failure> {
    let own = Own::of(&derive(state, RulesChoice::Then).periods);
    let shown = file.display().to_string();
    let mut beside = Beside::new(file, anywhere);
    let mut digest_of = |name: &str| beside.digest(name);
    let read = read_evidence(&shown, content, &own, state, &mut digest_of).map_err(bad_rows)?;
    beside.tell(output)?;
    remarks(&read.notes, output)?;
    let (mut events, mut lines) = (Vec::new(), Vec::new());
    let source = Imported::new(file, content.to_vec())?;
    for (line, row) in read.rows {
        let mut files = Vec::new();
        if let Some(evidence) = row.file
            && let Ok(sha256) = Digest::from_hex(&evidence.digest.sha256)
        {
            files.push(File { name: evidence.name, sha256, stored: None });
        }
        files.push(source.named());
        events.push(new_event(Event::EvidenceRecorded(row.event), files, output.now)?);
        lines.push(line);
    }
    let summary = format!("Pieces of evidence: {}.", events.len());
    Ok(Batch { events, lines, file: shown, summary })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_share_the_file_that_they_come_from() {
        let source = Imported::new(Path::new("a/answers.csv"), b"item,answer\n".to_vec()).unwrap();
        let rows: Vec<File> = (0..1_000).map(|_| source.kept()).collect();
        // One copy of the bytes, whatever the number of rows.
        assert_eq!(Arc::strong_count(&source.bytes), 1 + rows.len());
        for row in rows.iter().chain([&source.named()]) {
            assert_eq!((row.name.as_str(), row.sha256), ("import:answers.csv", source.sha256));
        }
    }
}

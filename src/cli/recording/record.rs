//! `dspt record`, `confirm`, `approve`, `challenge`, `uphold`: one event each.

use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};
use serde_json::json;

use super::ids::new_id;
use super::init::units;
use super::signing::{Signing, finish, record as sign_and_record};
use crate::cli::as_of::{day, day_or_today, event as find_event, item as find_item, open};
use crate::cli::dash::{self, is_dash};
use crate::cli::error::{Failure, exit};
use crate::cli::output::Output;
use crate::domain::authority::already_recorded::recorded_already;
use crate::domain::authority::remark::remarks;
use crate::domain::catalogue::scheme::spelled;
use crate::domain::date::Date;
use crate::domain::engine::derive::RulesChoice;
use crate::domain::engine::standing::judge;
use crate::domain::engine::status::{Positions, Status};
use crate::domain::event::{
    AllRows, AssertionConfirmed, AssessmentResult, Assurance, CertificateRecorded,
    CertificateSuspended, ChallengeUpheld, ControlAssessed, EquivalenceAsserted,
    EquivalenceChallenged, Event, EvidenceRecorded, ItemAnswered, ItemNotApplicable,
    MappingApproved, OrganisationClassified, Rows, ScopeDeclared, Source,
};
use crate::domain::explain::diff::count_changed;
use crate::domain::ids::{
    AssertionRef, CategoryId, ControlRef, EditionId, ItemRef, Level, OrganisationType, TargetRef,
    UnitId,
};
use crate::domain::problem_code::ProblemCode;
use crate::domain::state::{Facts, State, Subject};
use crate::durable::{self, ReadError};
use crate::import::resolve::{self, Own};
use crate::import::text::ROWS_MAX;
use crate::journal::{File, Journal, NewEvent};
use crate::ledger::{Digest, Digester};
use crate::store::Mode;

/// Arguments of `record`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// A certificate with its scope and validity
    Certificate(CertificateArgs),
    /// A certificate does not count from a day on, until another or until further notice
    Suspension(SuspensionArgs),
    /// Evidence for items or controls; the file stays where it is, its SHA-256 is kept
    Evidence(EvidenceArgs),
    /// The organisation's own answer to an item
    Answer(AnswerArgs),
    /// An item does not apply, with the reason
    NotApplicable(NotApplicableArgs),
    /// The scope units: the whole list, replacing the one before
    Scope(ScopeArgs),
    /// The organisation's type and category in an edition
    Classification(ClassificationArgs),
    /// An assessed control or outcome
    Assessment(AssessmentArgs),
    /// One equivalence, of one source or several together: a proposal until approved
    Equivalence(EquivalenceArgs),
}

#[derive(ClapArgs, Debug)]
struct CertificateArgs {
    /// iso27001, cyber-essentials, cyber-essentials-plus (ce+), psn-ia or nhsmail
    scheme: String,
    /// Certificate number
    #[arg(long)]
    number: String,
    /// Who issued it
    #[arg(long)]
    issuer: String,
    /// Who accredited the issuer
    #[arg(long)]
    accreditation: Option<String>,
    /// Release of the standard, for ISO/IEC 27001 always: 2022
    #[arg(long)]
    release: Option<String>,
    /// A unit that it covers; repeat for more, or `all` for every declared unit
    #[arg(long, required = true, value_name = "UNIT")]
    scope: Vec<String>,
    /// First day in force
    #[arg(long, value_name = "DATE")]
    from: String,
    /// Last day in force
    #[arg(long, value_name = "DATE")]
    until: String,
    #[command(flatten)]
    signing: Signing,
}

#[derive(ClapArgs, Debug)]
struct SuspensionArgs {
    /// The certificate's entry: #12
    certificate: String,
    /// First day
    #[arg(long, value_name = "DATE")]
    from: String,
    /// Last day
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// Why
    #[arg(long, allow_hyphen_values = true)]
    reason: String,
    #[command(flatten)]
    signing: Signing,
}

#[derive(ClapArgs, Debug)]
struct EvidenceArgs {
    /// A name for it
    title: String,
    /// An item that it is evidence for; repeat for more
    #[arg(long = "item", value_name = "ITEM")]
    items: Vec<String>,
    /// A control that it is evidence for; repeat for more
    #[arg(long = "control", value_name = "CONTROL")]
    controls: Vec<String>,
    /// The file
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Keep the file's bytes in the ledger
    #[arg(long, requires = "file")]
    store: bool,
    /// The day that it proves
    #[arg(long = "for", value_name = "DATE")]
    proves_on: String,
    /// The last day that it may be relied on
    #[arg(long, value_name = "DATE")]
    valid_until: Option<String>,
    /// A unit that it speaks about; the whole organisation when left out
    #[arg(long, value_name = "UNIT")]
    scope: Vec<String>,
    #[command(flatten)]
    signing: Signing,
}

#[derive(ClapArgs, Debug)]
struct AnswerArgs {
    /// The item
    item: String,
    /// The answer
    #[arg(long, allow_hyphen_values = true)]
    text: String,
    /// The organisation does not do what the item asks
    #[arg(long)]
    not_met: bool,
    /// First day that it holds; today when left out
    #[arg(long, value_name = "DATE")]
    on: Option<String>,
    /// The last day that it may be relied on
    #[arg(long, value_name = "DATE")]
    valid_until: Option<String>,
    #[command(flatten)]
    signing: Signing,
}

#[derive(ClapArgs, Debug)]
struct NotApplicableArgs {
    /// The item
    item: String,
    /// Why it does not apply
    #[arg(long, allow_hyphen_values = true)]
    reason: String,
    /// First day; today when left out
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Last day
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    #[command(flatten)]
    signing: Signing,
}

#[derive(ClapArgs, Debug)]
struct ScopeArgs {
    /// A unit that processes health and care data: ID=NAME; repeat for more
    #[arg(long = "unit", value_name = "ID=NAME")]
    units: Vec<String>,
    /// A unit that does not: ID=NAME
    #[arg(long = "other-unit", value_name = "ID=NAME")]
    other_units: Vec<String>,
    /// First day; today when left out
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    #[command(flatten)]
    signing: Signing,
}

#[derive(ClapArgs, Debug)]
struct ClassificationArgs {
    /// The edition
    edition: EditionId,
    /// The type: it-supplier
    #[arg(long = "type", value_name = "TYPE")]
    organisation_type: OrganisationType,
    /// The category: cat2-it-supplier
    #[arg(long)]
    category: CategoryId,
    /// First day; today when left out
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    #[command(flatten)]
    signing: Signing,
}

#[derive(ClapArgs, Debug)]
struct AssessmentArgs {
    /// The control: iso27001:2022/A.8.13
    control: String,
    /// met, partly-met or not-met
    #[arg(long)]
    result: AssessmentResult,
    /// self-assessed, internally-audited or certified
    #[arg(long)]
    assurance: Assurance,
    /// For CAF outcomes: partially-achieved or achieved
    #[arg(long, default_value = "met")]
    level: Level,
    /// A unit that was assessed; repeat for more, or `all`
    #[arg(long, required = true, value_name = "UNIT")]
    scope: Vec<String>,
    /// First day that it may be relied on
    #[arg(long, value_name = "DATE")]
    from: String,
    /// Last day that it may be relied on
    #[arg(long, value_name = "DATE")]
    until: String,
    /// What was seen
    #[arg(long, allow_hyphen_values = true)]
    note: Option<String>,
    #[command(flatten)]
    signing: Signing,
}

#[derive(ClapArgs, Debug)]
struct EquivalenceArgs {
    /// What would be met: an item or a control
    target: String,
    /// A control that must hold: CONTROL or CONTROL@LEVEL; repeat for several together
    #[arg(long = "source", required = true, value_name = "CONTROL[@LEVEL]")]
    sources: Vec<String>,
    /// Level of the target, for CAF outcomes
    #[arg(long, default_value = "met")]
    level: Level,
    /// Why the sources cover the whole target
    #[arg(long, allow_hyphen_values = true)]
    rationale: String,
    /// Least assurance of every source
    #[arg(long)]
    minimum_assurance: Option<Assurance>,
    /// Only for these organisation types
    #[arg(long = "only-type", value_name = "TYPE")]
    organisation_types: Vec<OrganisationType>,
    /// Only when every unit that processes health and care data is covered
    #[arg(long)]
    whole_scope: bool,
    #[command(flatten)]
    signing: Signing,
}

/// Arguments of `confirm`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct ConfirmArgs {
    /// Assertions: 8.3
    #[arg(required_unless_present = "all")]
    assertions: Vec<String>,
    /// Every assertion that is not confirmed yet and whose mandatory items wait for nothing else
    #[arg(long, conflicts_with = "assertions")]
    all: bool,
    /// The day of confirmation; today when left out
    #[arg(long, value_name = "DATE")]
    on: Option<String>,
    /// A remark
    #[arg(long, allow_hyphen_values = true)]
    note: Option<String>,
    #[command(flatten)]
    signing: Signing,
}

/// Arguments of `approve`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct ApproveArgs {
    /// The entry of the mapping or asserted equivalence: #12
    mapping: String,
    /// These rows only: 1,4,7-12
    #[arg(
        long,
        value_delimiter = ',',
        value_parser = span,
        conflicts_with = "all",
        required_unless_present = "all"
    )]
    rows: Vec<Span>,
    /// Every row
    #[arg(long)]
    all: bool,
    /// Why they hold
    #[arg(long, allow_hyphen_values = true)]
    rationale: String,
    /// First day that the rules hold; today when left out
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Last day that they hold
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    #[command(flatten)]
    signing: Signing,
}

/// Arguments of `challenge`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct ChallengeArgs {
    /// The entry of the approval: #12
    approval: String,
    /// These rows only, such as 1,4,7-12; every row when left out
    #[arg(long, value_delimiter = ',', value_parser = span)]
    rows: Vec<Span>,
    /// Why the rule is doubted
    #[arg(long, allow_hyphen_values = true)]
    reason: String,
    #[command(flatten)]
    signing: Signing,
}

/// Arguments of `uphold`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct UpholdArgs {
    /// The entry of the challenge: #12
    challenge: String,
    /// Why the rule stands
    #[arg(long, allow_hyphen_values = true)]
    reason: String,
    #[command(flatten)]
    signing: Signing,
}

/// Records one event and says so.
///
/// # Errors
/// [`Failure`] when it is refused or cannot be written.
pub(in crate::cli) fn one(
    journal: Journal,
    signing: &Signing,
    event: Event,
    files: Vec<File>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    batch(journal, signing, vec![(event, files)], output)
}

fn batch(
    journal: Journal,
    signing: &Signing,
    mut events: Vec<(Event, Vec<File>)>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    if !signing.again {
        let by = signing.author_id(&journal.ledger)?;
        let facts = &journal.ledger.facts;
        let before = |(event, files): &(Event, Vec<File>)| {
            let files: Vec<Subject> = files.iter().map(File::subject).collect();
            recorded_already(facts, event, &files, &by)
        };
        let found: Vec<Option<u64>> = events.iter().map(before).collect();
        if let Some(all) = found.iter().copied().collect::<Option<Vec<u64>>>() {
            return recorded_before(&journal, &all, output);
        }
        // Of several at once only those that are new.
        let mut places = found.iter();
        events.retain(|_| places.next().is_some_and(Option::is_none));
        for seq in found.into_iter().flatten() {
            output.hint(&format!(
                "Recorded already as #{seq}, and left out; to repeat it: --again"
            ))?;
        }
    }
    let batch = events
        .into_iter()
        .map(|(event, files)| Ok(NewEvent { id: new_id(output.now)?, event, files }))
        .collect::<Result<Vec<_>, Failure>>()?;
    write(journal, signing, &batch, output)
}

/// Says that all of it was recorded already, and by which entries.
fn recorded_before(
    journal: &Journal,
    entries: &[u64],
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let facts = &journal.ledger.facts;
    let found = entries.iter().filter_map(|seq| facts.get(usize::try_from(*seq).ok()?));
    let ids: Vec<String> = found.map(|fact| fact.id.to_string()).collect();
    let shown = crate::cli::output::entries_text(entries);
    let text = format!(
        "Recorded already as {shown}, word for word, and it stands. Nothing was recorded.\n"
    );
    let value = json!({
        "first": entries.first(),
        "last": entries.last(),
        "replayed": true,
        "items_changed_today": 0,
        "ids": ids,
    });
    output.answer("dspt.recorded/1", value, &text)?;
    output.hint("To record it once more: --again")?;
    Ok(exit::YES)
}

/// Records a batch, prints the entries and how many items change status today, and closes.
///
/// # Errors
/// [`Failure`] when it is refused or cannot be written.
pub(in crate::cli) fn write(
    journal: Journal,
    signing: &Signing,
    batch: &[NewEvent],
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let state = journal.state(u64::MAX)?;
    for remark in batch.iter().flat_map(|new| remarks(&new.event, &state, &journal.ledger.roster)) {
        output.warn(&remark)?;
    }
    let before = Positions::new(&state, RulesChoice::Then);
    drop(state);
    let (journal, recorded) = sign_and_record(journal, signing, batch, output)?;
    let after = Positions::new(&journal.state(u64::MAX)?, RulesChoice::Then);
    let changed = count_changed(&before, &after, output.now.london_day());
    let facts = journal.ledger.facts.iter();
    let mut text = String::new();
    for fact in
        facts.filter(|fact| recorded.first <= fact.seq && fact.seq <= recorded.last).take(20)
    {
        let about = crate::domain::state::describe::describe(&fact.event, &journal.ledger.facts);
        let _ = writeln!(
            text,
            "Entry #{}: {} {}",
            fact.seq,
            fact.event.kind(),
            crate::cli::output::safe(&about)
        );
    }
    if recorded.last - recorded.first >= 20 {
        let _ = writeln!(text, "... to #{}", recorded.last);
    }
    let _ = writeln!(text, "Items that change status today: {changed}");
    let value = json!({
        "first": recorded.first,
        "last": recorded.last,
        "replayed": recorded.replayed,
        "items_changed_today": changed,
        "ids": batch.iter().map(|new| new.id.to_string()).collect::<Vec<_>>(),
    });
    finish(journal, &recorded, ("dspt.recorded/1", value, &text), output)
}

/// Runs `record`.
///
/// # Errors
/// [`Failure`].
pub(in crate::cli) fn run(
    args: &Args,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let known = Known::open(ledger, output)?;
    let (event, files, signing) = match &args.command {
        Command::Certificate(args) => {
            (certificate(args, &known, output)?, Vec::new(), &args.signing)
        }
        Command::Suspension(args) => (suspension(args, &known, output)?, Vec::new(), &args.signing),
        Command::Evidence(args) => {
            let (event, files) = evidence(args, &known, output)?;
            (event, files, &args.signing)
        }
        Command::Answer(args) => (answer(args, &known, output)?, Vec::new(), &args.signing),
        Command::NotApplicable(args) => {
            (not_applicable(args, &known, output)?, Vec::new(), &args.signing)
        }
        Command::Scope(args) => (scope(args, output)?, Vec::new(), &args.signing),
        Command::Classification(args) => (classification(args, output)?, Vec::new(), &args.signing),
        Command::Assessment(args) => (assessment(args, &known, output)?, Vec::new(), &args.signing),
        Command::Equivalence(args) => {
            (equivalence(args, &known, output)?, Vec::new(), &args.signing)
        }
    };
    known.say_edition(&event, output)?;
    one(known.journal, signing, event, files, output)
}

/// The ledger, open for writing from the start, and what it knows now: to complete names.
struct Known {
    journal: Journal,
    state: State,
    positions: Positions,
}

impl Known {
    fn open(ledger: Option<&Path>, output: &mut Output<'_>) -> Result<Self, Failure> {
        let journal = open(ledger, Mode::Write, output)?;
        let state = journal.state(u64::MAX)?;
        let positions = Positions::new(&state, RulesChoice::Then);
        Ok(Self { journal, state, positions })
    }

    fn facts(&self) -> &Facts {
        &self.journal.ledger.facts
    }

    fn item(&self, text: &str, on: Date) -> Result<ItemRef, Failure> {
        find_item(text, &self.state, &self.positions, on)
    }

    /// An assertion on a day: in full, or by its number.
    fn assertion(&self, text: &str, on: Date) -> Result<AssertionRef, Failure> {
        let own = Own::of(&self.positions.derivation.periods);
        Ok(resolve::assertion(text, on, &own, &self.state)?)
    }

    /// A control or outcome that can be met.
    fn control(&self, text: &str) -> Result<ControlRef, Failure> {
        Ok(resolve::control(text, &self.state)?)
    }

    fn controls(&self, texts: &[String]) -> Result<Vec<ControlRef>, Failure> {
        texts.iter().map(|text| self.control(text)).collect()
    }

    /// Says of which edition items are that are recorded for a day on which none is in force.
    fn say_edition(&self, event: &Event, output: &mut Output<'_>) -> Result<(), Failure> {
        let (items, day) = if let Event::EvidenceRecorded(body) = event {
            (body.items.as_slice(), body.proves_on)
        } else if let Event::ItemAnswered(body) = event {
            (std::slice::from_ref(&body.item), body.on)
        } else if let Event::ItemNotApplicable(body) = event {
            (std::slice::from_ref(&body.item), body.from)
        } else {
            return Ok(());
        };
        if Own::of(&self.positions.derivation.periods).binds_on(day) {
            return Ok(());
        }
        items.iter().try_for_each(|item| {
            output.hint(&format!(
                "note: no edition is in force on {}; {} is of DSPT {} for {}",
                day.long(),
                item.item,
                item.edition,
                item.category
            ))
        })
    }

    /// The assertions that wait for nothing but to be confirmed; says which wait for more.
    fn unconfirmed(&self, on: Date, output: &mut Output<'_>) -> Result<Vec<AssertionRef>, Failure> {
        let view = self.positions.on(on);
        let verdict = judge(&view, &view.stands());
        let waits = |one: &AssertionRef| {
            verdict.missing_items.iter().any(|(item, status)| {
                item.assertion() == *one && *status != Status::NeedsConfirming
            })
        };
        let unconfirmed = verdict.unconfirmed.iter().cloned();
        let (waiting, ready): (Vec<_>, Vec<_>) = unconfirmed.partition(waits);
        if !waiting.is_empty() {
            let list: Vec<&str> = waiting.iter().map(|one| one.assertion.as_str()).collect();
            output.hint(&format!(
                "Left out, since mandatory items of theirs are not in place: {}",
                list.join(", ")
            ))?;
        }
        if ready.is_empty() {
            let text = format!("no assertion waits for a confirmation alone on {}", on.long());
            return Err(Failure::usage(text).help("see what is missing with: dspt status"));
        }
        Ok(ready)
    }

    /// Unit names; `all` stands for every unit declared so far.
    fn scope(&self, names: &[String]) -> Result<Vec<UnitId>, Failure> {
        if names.iter().any(|name| name == "all")
            && !self.positions.derivation.units.iter().any(|one| one.as_str() == "all")
        {
            return Ok(self.positions.derivation.units.clone());
        }
        names.iter().map(|name| name.parse().map_err(Failure::from)).collect()
    }
}

fn optional_day(text: Option<&str>, output: &Output<'_>) -> Result<Option<Date>, Failure> {
    text.map(|text| day(text, output)).transpose()
}

fn certificate(
    args: &CertificateArgs,
    known: &Known,
    output: &Output<'_>,
) -> Result<Event, Failure> {
    let (scheme, named) = spelled(&args.scheme).map_err(Failure::from)?;
    let release = args.release.as_deref().map(str::trim).map(str::to_owned);
    if let (Some(named), Some(release)) = (&named, &release)
        && named != release
    {
        return Err(Failure::usage(format!(
            "`{}` names the release {named}, --release says {release}; give one of them",
            args.scheme
        )));
    }
    Ok(Event::CertificateRecorded(CertificateRecorded {
        scheme,
        release: release.or(named),
        number: args.number.clone(),
        issuer: args.issuer.clone(),
        accreditation: args.accreditation.clone(),
        scope: known.scope(&args.scope)?,
        valid_from: day(&args.from, output)?,
        valid_until: day(&args.until, output)?,
    }))
}

fn suspension(args: &SuspensionArgs, known: &Known, output: &Output<'_>) -> Result<Event, Failure> {
    Ok(Event::CertificateSuspended(CertificateSuspended {
        certificate: find_event(&args.certificate, known.facts())?.id.clone(),
        from: day(&args.from, output)?,
        until: optional_day(args.until.as_deref(), output)?,
        reason: args.reason.clone(),
    }))
}

fn evidence(
    args: &EvidenceArgs,
    known: &Known,
    output: &Output<'_>,
) -> Result<(Event, Vec<File>), Failure> {
    let proves_on = day(&args.proves_on, output)?;
    let mut files = Vec::new();
    let mut size = None;
    if let Some(path) = &args.file {
        let name = file_name(path)?;
        let (file, bytes) = if args.store {
            let stored = read_within(path, STORED_BYTES_MAX)?;
            let bytes = stored.len() as u64;
            (File::stored(name, stored), bytes)
        } else {
            let (sha256, bytes) = hash_file(path)?;
            (File { name, sha256, stored: None }, bytes)
        };
        size = Some(bytes);
        files.push(file);
    }
    let items = args.items.iter().map(|text| known.item(text, proves_on));
    let event = Event::EvidenceRecorded(EvidenceRecorded {
        title: args.title.clone(),
        items: items.collect::<Result<_, _>>()?,
        controls: known.controls(&args.controls)?,
        scope: if args.scope.is_empty() { Vec::new() } else { known.scope(&args.scope)? },
        proves_on,
        valid_until: optional_day(args.valid_until.as_deref(), output)?,
        size,
        stored: args.store,
    });
    Ok((event, files))
}

/// The largest file that is read: twice the largest sheet.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// The largest evidence that the ledger keeps.
const STORED_BYTES_MAX: u64 = 1 << 30;

/// Reads a file whole.
///
/// # Errors
/// [`Failure`] when it is missing, no regular file or too large.
pub(in crate::cli) fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    read_within(path, FILE_BYTES_MAX)
}

pub(in crate::cli) fn read_within(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    if !is_dash(path) {
        return durable::read_at_most(path, most).map_err(|error| not_read(path, &error));
    }
    let bytes = dash::stdin(most).map_err(|error| not_read(path, &ReadError::Io(error)))?;
    if bytes.len() as u64 > most {
        return Err(not_read(path, &ReadError::TooLong { most }));
    }
    Ok(bytes)
}

/// Hashes a file of any length, and counts its bytes.
///
/// # Errors
/// As [`read_file`].
pub(in crate::cli) fn hash_file(path: &Path) -> Result<(Digest, u64), Failure> {
    if is_dash(path) {
        let bytes = read_file(path)?;
        return Ok((Digest::of(&bytes), bytes.len() as u64));
    }
    let mut hash = Digester::new();
    let bytes = durable::read_blocks(path, u64::MAX, |block| hash.add(block));
    Ok((hash.finish(), bytes.map_err(|error| not_read(path, &error))?))
}

fn not_read(path: &Path, error: &ReadError) -> Failure {
    let shown = if is_dash(path) { Path::new("standard input") } else { path }.display();
    let text = match error {
        ReadError::NotRegular(kind) => format!("{shown} is {kind}; name a regular file"),
        ReadError::TooLong { most } => {
            format!("{shown} has more than the {most} bytes that are read; check the path")
        }
        ReadError::Missing | ReadError::Io(_) => {
            format!("{shown} cannot be read: {error}; check the path")
        }
    };
    Failure::new(ProblemCode::File, exit::INPUT, text)
}

/// The last part of a path, as entries name files.
///
/// # Errors
/// [`Failure`] where it has characters that no name in an entry has.
pub(in crate::cli) fn file_name(path: &Path) -> Result<String, Failure> {
    if is_dash(path) {
        return Ok("standard-input".to_owned());
    }
    let name = path.file_name().map_or_else(|| "file".into(), |name| name.to_string_lossy());
    if name.chars().any(char::is_control) {
        let text = format!(
            "the name of the file {} has control characters, which a recorded name may not have; \
             rename the file, or give a copy of it under another name",
            path.display()
        );
        return Err(Failure::new(ProblemCode::File, exit::INPUT, text));
    }
    Ok(name.into_owned())
}

fn answer(args: &AnswerArgs, known: &Known, output: &Output<'_>) -> Result<Event, Failure> {
    let on = day_or_today(args.on.as_deref(), output)?;
    Ok(Event::ItemAnswered(ItemAnswered {
        item: known.item(&args.item, on)?,
        answer: args.text.clone(),
        met: !args.not_met,
        on,
        valid_until: optional_day(args.valid_until.as_deref(), output)?,
    }))
}

fn not_applicable(
    args: &NotApplicableArgs,
    known: &Known,
    output: &Output<'_>,
) -> Result<Event, Failure> {
    let from = day_or_today(args.from.as_deref(), output)?;
    Ok(Event::ItemNotApplicable(ItemNotApplicable {
        item: known.item(&args.item, from)?,
        reason: args.reason.clone(),
        from,
        until: optional_day(args.until.as_deref(), output)?,
    }))
}

fn scope(args: &ScopeArgs, output: &Output<'_>) -> Result<Event, Failure> {
    let mut all = units(&args.units, true)?;
    all.extend(units(&args.other_units, false)?);
    Ok(Event::ScopeDeclared(ScopeDeclared {
        units: all,
        from: day_or_today(args.from.as_deref(), output)?,
    }))
}

fn classification(args: &ClassificationArgs, output: &Output<'_>) -> Result<Event, Failure> {
    Ok(Event::OrganisationClassified(OrganisationClassified {
        edition: args.edition.clone(),
        organisation_type: args.organisation_type.clone(),
        category: args.category.clone(),
        from: day_or_today(args.from.as_deref(), output)?,
    }))
}

fn assessment(args: &AssessmentArgs, known: &Known, output: &Output<'_>) -> Result<Event, Failure> {
    Ok(Event::ControlAssessed(ControlAssessed {
        control: known.control(&args.control)?,
        level: args.level,
        result: args.result,
        assurance: args.assurance,
        scope: known.scope(&args.scope)?,
        from: day(&args.from, output)?,
        until: day(&args.until, output)?,
        note: args.note.clone(),
    }))
}

fn equivalence(
    args: &EquivalenceArgs,
    known: &Known,
    output: &Output<'_>,
) -> Result<Event, Failure> {
    let source = |text: &String| -> Result<Source, Failure> {
        let (control, level) = text.split_once('@').unwrap_or((text, ""));
        let source = known.control(control)?;
        Ok(Source { source, level: level.parse().map_err(Failure::from)? })
    };
    let target = if args.target.contains(':') {
        TargetRef::Control(known.control(&args.target)?)
    } else {
        TargetRef::Item(known.item(&args.target, output.now.london_day())?)
    };
    Ok(Event::EquivalenceAsserted(EquivalenceAsserted {
        target,
        target_level: args.level,
        sources: args.sources.iter().map(source).collect::<Result<_, _>>()?,
        rationale: args.rationale.clone(),
        minimum_assurance: args.minimum_assurance,
        organisation_types: args.organisation_types.clone(),
        whole_scope: args.whole_scope,
    }))
}

/// Runs `confirm`.
///
/// # Errors
/// [`Failure`].
pub(in crate::cli) fn confirm(
    args: &ConfirmArgs,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let known = Known::open(ledger, output)?;
    let on = day_or_today(args.on.as_deref(), output)?;
    let mut events = Vec::new();
    let named = args.assertions.iter().map(|text| known.assertion(text, on));
    let mut assertions = named.collect::<Result<Vec<_>, _>>()?;
    if args.all {
        assertions = known.unconfirmed(on, output)?;
    }
    for assertion in assertions {
        let (edition, category) = (&assertion.edition, &assertion.category);
        output.hint(&format!(
            "{} of DSPT {edition} for {category}, on {}",
            assertion.assertion,
            on.long()
        ))?;
        let confirmed = AssertionConfirmed { assertion, on, note: args.note.clone() };
        events.push((Event::AssertionConfirmed(confirmed), Vec::new()));
    }
    batch(known.journal, &args.signing, events, output)
}

/// A row, or those from one to another.
type Span = RangeInclusive<u64>;

/// Reads a row's number, or two with a hyphen between.
fn span(text: &str) -> Result<Span, String> {
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let read = match text.split_once('-') {
        Some((first, last)) => number(first).zip(number(last)),
        None => number(text).map(|one| (one, one)),
    };
    let last_max = |first: u64| first.saturating_add(ROWS_MAX);
    let good = read.filter(|(first, last)| first <= last && *last < last_max(*first));
    good.map(|(first, last)| first..=last).ok_or_else(|| {
        "rows are given by their numbers in the mapping, with commas between, or as a range from \
         the lower to the higher: 1,4,7-12"
            .to_owned()
    })
}

fn rows(listed: &[Span]) -> Rows {
    if listed.is_empty() {
        return Rows::All(AllRows::All);
    }
    Rows::Listed(listed.iter().cloned().flatten().collect())
}

/// Runs `approve`.
///
/// # Errors
/// [`Failure`].
pub(in crate::cli) fn approve(
    args: &ApproveArgs,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let known = Known::open(ledger, output)?;
    let event = Event::MappingApproved(MappingApproved {
        mapping: find_event(&args.mapping, known.facts())?.id.clone(),
        rows: rows(&args.rows),
        rationale: args.rationale.clone(),
        from: day_or_today(args.from.as_deref(), output)?,
        until: optional_day(args.until.as_deref(), output)?,
    });
    one(known.journal, &args.signing, event, Vec::new(), output)
}

/// Runs `challenge`.
///
/// # Errors
/// [`Failure`].
pub(in crate::cli) fn challenge(
    args: &ChallengeArgs,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let known = Known::open(ledger, output)?;
    let event = Event::EquivalenceChallenged(EquivalenceChallenged {
        approval: find_event(&args.approval, known.facts())?.id.clone(),
        rows: rows(&args.rows),
        reason: args.reason.clone(),
    });
    one(known.journal, &args.signing, event, Vec::new(), output)
}

/// Runs `uphold`.
///
/// # Errors
/// [`Failure`].
pub(in crate::cli) fn uphold(
    args: &UpholdArgs,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let known = Known::open(ledger, output)?;
    let event = Event::ChallengeUpheld(ChallengeUpheld {
        challenge: find_event(&args.challenge, known.facts())?.id.clone(),
        reason: args.reason.clone(),
    });
    one(known.journal, &args.signing, event, Vec::new(), output)
}

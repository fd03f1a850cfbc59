//! `dspt record`: one event each.

use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};

use super::evidence_files::in_folder;
use super::known::{Known, optional_day};
use super::request::Recording;
use super::units::units;
use super::write::one;
use crate::cli::as_of::{day, day_or_today, event as find_event};
use crate::cli::error::Failure;
use crate::cli::input_file::{file_name, hash_file, read_within};
use crate::cli::output::Output;
use crate::domain::catalogue::scheme::spelled;
use crate::domain::event::{
    AssessmentResult, Assurance, CertificateRecorded, CertificateSuspended, ControlAssessed,
    EquivalenceAsserted, Event, EvidenceRecorded, ItemAnswered, ItemNotApplicable,
    OrganisationClassified, ScopeDeclared, Source,
};
use crate::domain::ids::{CategoryId, EditionId, Level, OrganisationType, TargetRef};
use crate::journal::File;

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
    /// Release of the standard: 2022 of ISO/IEC 27001, 3.3 of Cyber Essentials; mappings need it
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
    recording: Recording,
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
    recording: Recording,
}

#[derive(ClapArgs, Debug)]
struct EvidenceArgs {
    /// A name for it
    title: String,
    /// An item that it is evidence for, several (1.1.1,1.1.3), or a range (1.1.1-1.1.5)
    #[arg(long = "item", value_name = "ITEM")]
    items: Vec<String>,
    /// A control that it is evidence for; repeat for more
    #[arg(long = "control", value_name = "CONTROL")]
    controls: Vec<String>,
    /// The file
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// A folder of files that belong together, in the place of one file
    #[arg(long, value_name = "DIR", conflicts_with_all = ["file", "store"])]
    folder: Option<PathBuf>,
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
    recording: Recording,
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
    recording: Recording,
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
    recording: Recording,
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
    recording: Recording,
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
    recording: Recording,
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
    recording: Recording,
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
    recording: Recording,
}

impl Command {
    const fn recording(&self) -> &Recording {
        match self {
            Self::Certificate(args) => &args.recording,
            Self::Suspension(args) => &args.recording,
            Self::Evidence(args) => &args.recording,
            Self::Answer(args) => &args.recording,
            Self::NotApplicable(args) => &args.recording,
            Self::Scope(args) => &args.recording,
            Self::Classification(args) => &args.recording,
            Self::Assessment(args) => &args.recording,
            Self::Equivalence(args) => &args.recording,
        }
    }
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
    let known = Known::open(ledger, args.command.recording().mode(), output)?;
    let (event, files, recording) = match &args.command {
        Command::Certificate(args) => {
            (certificate(args, &known, output)?, Vec::new(), &args.recording)
        }
        Command::Suspension(args) => {
            (suspension(args, &known, output)?, Vec::new(), &args.recording)
        }
        Command::Evidence(args) => {
            let (event, files) = evidence(args, &known, output)?;
            (event, files, &args.recording)
        }
        Command::Answer(args) => (answer(args, &known, output)?, Vec::new(), &args.recording),
        Command::NotApplicable(args) => {
            (not_applicable(args, &known, output)?, Vec::new(), &args.recording)
        }
        Command::Scope(args) => (scope(args, output)?, Vec::new(), &args.recording),
        Command::Classification(args) => {
            (classification(args, output)?, Vec::new(), &args.recording)
        }
        Command::Assessment(args) => {
            (assessment(args, &known, output)?, Vec::new(), &args.recording)
        }
        Command::Equivalence(args) => {
            (equivalence(args, &known, output)?, Vec::new(), &args.recording)
        }
    };
    known.say_edition(&event, output)?;
    one(known.journal, recording, event, files, output)
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
    for (name, path) in args.folder.as_deref().map(in_folder).transpose()?.unwrap_or_default() {
        let (sha256, bytes) = hash_file(&path)?;
        files.push(File { name, sha256, stored: None });
        size = Some(size.unwrap_or(0) + bytes);
    }
    let event = Event::EvidenceRecorded(EvidenceRecorded {
        title: args.title.clone(),
        items: known.items(&args.items, proves_on)?,
        controls: known.controls(&args.controls)?,
        scope: if args.scope.is_empty() { Vec::new() } else { known.scope(&args.scope)? },
        proves_on,
        valid_until: optional_day(args.valid_until.as_deref(), output)?,
        size,
        stored: args.store,
    });
    Ok((event, files))
}

/// The largest evidence that the ledger keeps.
const STORED_BYTES_MAX: u64 = 1 << 30;

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

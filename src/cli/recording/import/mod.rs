//! `dspt import`: editions, frameworks, mappings, Statements of Applicability, answers, evidence.
//!
//! All or nothing: every bad row is shown at once and nothing is written unless all are good. The
//! same bytes again write nothing.

mod batch;
mod catalogue;
mod edition;
mod foreseen;
mod growing;
mod mapping_args;
mod published;
mod sheets;

use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};

use super::bad_rows::with_list;
use super::write::write;
use crate::cli::as_of::{day, event as find_event, open};
use crate::cli::error::{Failure, exit};
use crate::cli::input_file::read_file;
use crate::cli::output::Output;
use crate::domain::event::Event;
use crate::domain::ids::{EditionId, FrameworkRef};
use crate::domain::state::State;
use crate::journal::{Journal, NewEvent};
use crate::store::Mode;
use batch::{Batch, Common, ReadAs, imported_before};
use catalogue::{edition_batch, framework_batch};
use edition::{Asked, workbook_batch};
use foreseen::{Foreseen, check_rows};
use growing::Growth;
use mapping_args::MappingArgs;
use published::{publication, published_batch};
use sheets::{answers_batch, evidence_batch, file_or_bundled, mapping_batch, soa_batch};

/// Arguments of `import`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Adopt an edition's rules: from the catalogue (2025-26-v8), the official workbook, or a folder of files
    Edition {
        /// Name in the catalogue, a workbook, or a folder with items.csv, exemptions.csv, organisation-types.csv
        edition: String,
        /// The edition's name, when a workbook or folder is given
        #[arg(long, value_name = "EDITION")]
        name: Option<EditionId>,
        /// Revision of the files; the catalogue knows its own, and a workbook has that of its first day when left out
        #[arg(long)]
        revision: Option<String>,
        /// First day in force; the day of publication for one from the catalogue
        #[arg(long, value_name = "DATE")]
        from: Option<String>,
        /// Take the columns of a workbook as they were found, without being asked
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        read_as: ReadAs,
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
    Mapping(MappingArgs),
    /// Import the Statement of Applicability of a certificate
    Soa {
        /// A table, CSV or a workbook (XLSX, ODS), with control, applicable, justification
        file: PathBuf,
        /// The certificate's entry: #12
        #[arg(long)]
        certificate: String,
        /// First day that it holds; the certificate's first day when left out
        #[arg(long, value_name = "DATE")]
        from: Option<String>,
        #[command(flatten)]
        read_as: ReadAs,
        #[command(flatten)]
        common: Common,
    },
    /// Import answers, one row each (columns: docs/import.md)
    Answers {
        /// A table: CSV or a workbook (XLSX, ODS)
        file: PathBuf,
        #[command(flatten)]
        read_as: ReadAs,
        #[command(flatten)]
        common: Common,
    },
    /// Import evidence, one row each (columns: docs/import.md)
    Evidence {
        /// A table, CSV or a workbook (XLSX, ODS); the files that it names are looked for beside it
        file: PathBuf,
        /// Take files that are not in the folder of the list as well
        #[arg(long)]
        outside_files: bool,
        #[command(flatten)]
        read_as: ReadAs,
        #[command(flatten)]
        common: Common,
    },
}

impl Command {
    fn common(&self) -> &Common {
        match self {
            Self::Edition { common, .. }
            | Self::Framework { common, .. }
            | Self::Mapping(MappingArgs { common, .. })
            | Self::Soa { common, .. }
            | Self::Answers { common, .. }
            | Self::Evidence { common, .. } => common,
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
    let common = args.command.common();
    let dry_run = common.dry_run;
    let mode = if dry_run { Mode::Read } else { common.recording.mode() };
    let journal = open(ledger, mode, output)?;
    let state = journal.state(u64::MAX)?;
    let again = args.command.common().recording.signing.again;
    let batch = match &args.command {
        Command::Edition { edition, name, revision, from, yes, read_as, .. } => {
            let from = from.as_deref().map(|text| day(text, output)).transpose()?;
            let (name, revision) = (name.as_ref(), revision.as_ref());
            if Path::new(edition).is_file() {
                let (file, ask) = (Path::new(edition), !yes && !dry_run);
                let asked = Asked { file, name, revision, from, read_as, ask };
                workbook_batch(&asked, &state, output)?
            } else {
                edition_batch(edition, name, revision, from, output)?
            }
        }
        Command::Framework { framework, file, .. } => {
            framework_batch(framework, file.as_deref(), output)?
        }
        Command::Mapping(args) => {
            let content = file_or_bundled(&args.file)?;
            if let Some(publication) = publication(args, &content)? {
                match published_batch(args, &content, &publication, &journal, &state, output)? {
                    Ok(batch) => batch,
                    Err(done) => return Ok(done),
                }
            } else {
                if let Some(done) = imported_before(&journal, &content, |_| true, again, output)? {
                    return Ok(done);
                }
                mapping_batch(args, &content, &state, output)?
            }
        }
        Command::Soa { file, certificate, from, read_as, .. } => {
            let content = read_file(file)?;
            let about = find_event(certificate, &journal.ledger.facts)?.id.clone();
            // One statement may serve several certificates: a renewed one has the same.
            let same = |event: &Event| matches!(event, Event::SoaRecorded(body) if body.certificate == about);
            if let Some(done) = imported_before(&journal, &content, same, again, output)? {
                return Ok(done);
            }
            let from = from.as_deref().map(|text| day(text, output)).transpose()?;
            soa_batch((file, content, read_as), (certificate, from), &journal, &state, output)?
        }
        Command::Answers { file, read_as, .. } => {
            let content = read_file(file)?;
            if let Some(done) = imported_before(&journal, &content, |_| true, again, output)? {
                return Ok(done);
            }
            let read = answers_batch((file, &content, read_as), &state, output);
            return grown(journal, &state, read?, args.command.common(), output);
        }
        Command::Evidence { file, outside_files, read_as, .. } => {
            let content = read_file(file)?;
            if let Some(done) = imported_before(&journal, &content, |_| true, again, output)? {
                return Ok(done);
            }
            let read = evidence_batch((file, &content, read_as), *outside_files, &state, output);
            return grown(journal, &state, read?, args.command.common(), output);
        }
    };
    finish(journal, &state, &batch, args.command.common(), output)
}

/// Goes on with a list of which some may be recorded already.
fn grown(
    journal: Journal,
    state: &State,
    mut batch: Batch,
    common: &Common,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    // Every row is judged, also one that is recorded already.
    check_rows(state, &batch, output)?;
    if !common.recording.signing.again {
        let growth = Growth::apply(&journal, &mut batch, output)?;
        if let Some(done) = growth.nothing_left(&batch, output)? {
            return Ok(done);
        }
        batch.growth = Some(growth.json());
    }
    finish(journal, state, &batch, common, output)
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
    write(journal, &common.recording, &batch.events, output)
}

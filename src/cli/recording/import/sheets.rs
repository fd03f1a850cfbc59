//! `dspt import mapping`, `soa`, `answers`, `evidence`: sheets that people keep.

use std::path::Path;

use super::batch::{Batch, Imported, ReadAs, remarks};
use super::mapping_args::{MappingArgs, not_stated, proposals_text};
use crate::cli::as_of::event as find_event;
use crate::cli::error::Failure;
use crate::cli::input_file::{file_name, read_file};
use crate::cli::output::Output;
use crate::cli::recording::bad_rows::bad_rows;
use crate::cli::recording::evidence_files::Beside;
use crate::cli::recording::ids::new_event;
use crate::domain::date::Date;
use crate::domain::event::{CertificateRecorded, Event, MappingImported, SoaRecorded};
use crate::domain::ids::FrameworkRef;
use crate::domain::state::State;
use crate::import::answers::read_answers;
use crate::import::evidence::read_evidence;
use crate::import::mapping::{MappingDefaults, read_mapping};
use crate::import::resolve::Own;
use crate::import::soa::read_soa;
use crate::journal::{File, Journal};
use crate::ledger::Digest;

/// Reads a file; where there is none, the catalogue's of that name.
pub(super) fn file_or_bundled(path: &Path) -> Result<Vec<u8>, Failure> {
    if !path.exists()
        && let Some(file) = crate::bundled::file(&path.to_string_lossy())
    {
        return Ok(file.bytes.to_vec());
    }
    read_file(path)
}

/// The rows of a mapping, as one proposal.
///
/// # Errors
/// [`Failure`] naming every bad row.
pub(super) fn mapping_batch(
    args: &MappingArgs,
    content: &[u8],
    state: &State,
    output: &mut Output<'_>,
) -> Result<Batch, Failure> {
    let MappingArgs {
        file,
        title,
        author,
        licence,
        source_framework,
        target_framework,
        edition,
        category,
        read_as,
        ..
    } = args;
    let today = output.now.london_day();
    let own = Own::known(state);
    let given = edition.clone().zip(category.clone());
    let defaults = MappingDefaults {
        source_framework: source_framework.clone(),
        target: given.or_else(|| own.on(today).cloned()),
        target_framework: target_framework.clone(),
    };
    let shown = file.display().to_string();
    let read = read_mapping(&read_as.input(&shown, content), &defaults, state).map_err(bad_rows)?;
    remarks(&read.notes, output)?;
    let summary = proposals_text(&read.rows);
    let body = MappingImported {
        title: title.clone().map_or_else(|| file_name(file), Ok)?,
        author: author.clone().unwrap_or_else(not_stated),
        authority: read.authority,
        licence: licence.clone().unwrap_or_else(not_stated),
        rows: read.rows.len() as u64,
    };
    let files = vec![
        File::stored("mapping.csv", read.stored.into_bytes()),
        Imported::new(file, content.to_vec())?.kept(),
    ];
    Ok(Batch::of_one(new_event(Event::MappingImported(body), files, output.now)?, summary))
}

/// A Statement of Applicability.
///
/// # Errors
/// [`Failure`] naming every bad row.
pub(super) fn soa_batch(
    (file, content, read_as): (&Path, Vec<u8>, &ReadAs),
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
    let standard =
        record.scheme.grounds().filter(|_| record.scheme.has_statement_of_applicability());
    let framework = standard
        .zip(record.release.clone())
        .map(|(framework, release)| FrameworkRef { framework: framework.to_owned(), release });
    let framework = framework.ok_or_else(|| no_release(fact.seq, record))?;
    let shown = file.display().to_string();
    let read = read_soa(&read_as.input(&shown, &content), &framework, state).map_err(bad_rows)?;
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
    if !scheme.has_statement_of_applicability() {
        return Failure::usage(format!(
            "a Statement of Applicability belongs to an ISO/IEC 27001 certificate; #{seq}, {number}, \
             is {} {} certificate",
            scheme.article(),
            scheme.label()
        ))
        .help("give the entry of the ISO/IEC 27001 certificate with --certificate");
    }
    let known: Vec<&str> = scheme.releases().iter().map(|one| one.name.as_str()).collect();
    let known = known.join(" or ");
    Failure::usage(format!(
        "certificate {number} names no release, so its controls are not known; it is one of {known}"
    ))
    .help(format!(
        "say which with: dspt correct '#{seq}' --set release=2022 --reason 'as on the certificate'"
    ))
}

/// Answers, an event for each row.
///
/// # Errors
/// [`Failure`] naming every bad row.
pub(super) fn answers_batch(
    (file, content, read_as): (&Path, &[u8], &ReadAs),
    state: &State,
    output: &mut Output<'_>,
) -> Result<Batch, Failure> {
    let own = Own::known(state);
    let shown = file.display().to_string();
    let read = read_answers(&read_as.input(&shown, content), &own, state).map_err(bad_rows)?;
    remarks(&read.notes, output)?;
    let (mut events, mut lines) = (Vec::new(), Vec::new());
    let source = Imported::new(file, content.to_vec())?;
    for (line, answer) in read.rows {
        let files = vec![source.kept()];
        events.push(new_event(Event::ItemAnswered(answer), files, output.now)?);
        lines.push(line);
    }
    let summary = format!("Answers: {}.", events.len());
    Ok(Batch { events, lines, file: shown, summary, growth: None })
}

/// Evidence, an event for each row.
///
/// # Errors
/// [`Failure`] naming every bad row.
pub(super) fn evidence_batch(
    (file, content, read_as): (&Path, &[u8], &ReadAs),
    anywhere: bool,
    state: &State,
    output: &mut Output<'_>,
) -> Result<Batch, Failure> {
    let own = Own::known(state);
    let shown = file.display().to_string();
    let mut beside = Beside::new(file, anywhere);
    let mut digest_of = |name: &str| beside.digest(name);
    let read = read_evidence(&read_as.input(&shown, content), &own, state, &mut digest_of)
        .map_err(bad_rows)?;
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
    Ok(Batch { events, lines, file: shown, summary, growth: None })
}

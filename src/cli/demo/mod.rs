//! `dspt demo`: a realistic ledger of an invented organisation, the same bytes every time.
//!
//! Keys and dates are fixed and public, and the origin says that it is a demonstration, so nobody
//! can take it for evidence.

mod maker;
pub(in crate::cli) mod tamper;
pub(in crate::cli) mod years;

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use serde_json::json;

use super::as_of::open;
use super::code::Code;
use super::error::{Failure, exit};
use super::ledger_path::LEDGER_NAME;
use super::output::Output;
use crate::store::{Mode, Store};
use maker::{ORGANISATION, PASSPHRASE, begin, key_files};
use years::Years;

/// Arguments of `demo`.
#[derive(ClapArgs, Debug)]
pub(super) struct Args {
    /// The folder to make it in
    #[arg(long, value_name = "DIR", default_value = "dspt-demo")]
    keep: PathBuf,
    /// Make a large one instead, of this many entries over four years: to see how fast it is
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1_000..=1_000_000))]
    entries: Option<u64>,
}

/// The origin of every demonstration; `.invalid` can never be a real domain (RFC 2606).
pub(super) const ORIGIN: &str = "demonstration.invalid/northbridge-health-it/dspt";

/// The origin of every large one, followed by how many entries it has.
const ORIGIN_YEARS: &str = "demonstration.invalid/northbridge-health-it/years-";

/// How many entries the sample has.
const SAMPLE_ENTRIES: u64 = 106;

/// Runs the command.
///
/// # Errors
/// [`Failure`] when the folder holds something else.
pub(super) fn run(args: &Args, output: &mut Output<'_>) -> Result<u8, Failure> {
    let path = args.keep.join(LEDGER_NAME);
    let made = path.symlink_metadata().is_err();
    let keys = args.keep.join("keys");
    if made {
        // First, so that a ledger that is there has them.
        key_files(&keys)?;
        Store::found(&path, |aside| match args.entries {
            None => make(aside),
            Some(entries) => make_years(aside, entries, output),
        })?;
    } else {
        // What its maker left who was killed at the very end.
        crate::durable::sweep(&args.keep);
    }
    let journal = open(Some(&path), Mode::Read, output)?;
    let years = args.entries.map(|entries| format!("{ORIGIN_YEARS}{entries}"));
    let origin = years.as_deref().unwrap_or(ORIGIN);
    if journal.ledger.origin.as_str() != origin {
        return Err(Failure::usage(format!(
            "{} is another ledger; give another folder with --keep",
            path.display()
        )));
    }
    let entries = journal.ledger.facts.len();
    let whole = args.entries.unwrap_or(SAMPLE_ENTRIES);
    if (entries as u64) < whole {
        let shown = path.display();
        let text = format!("{shown} holds {entries} of the {whole} entries of the demonstration");
        return Err(Failure::new(Code::Io, exit::FAILED, text).help(format!(
            "its making was interrupted: remove {shown} and {shown}.head, and run this again"
        )));
    }
    key_files(&keys)?;
    let at = args.keep.display().to_string();
    let next = [
        format!("dspt --ledger {at} status --at 2026-06-30 --as-known then"),
        format!("dspt --ledger {at} explain 9.2.1 --at 2026-06-30 --as-known then"),
        format!("dspt --ledger {at} verify"),
        format!("dspt --ledger {at} tui"),
    ];
    let verb = if made { "Made" } else { "Found" };
    let text = format!(
        "{verb} {}: {entries} entries of {ORGANISATION}, a demonstration.\n\
        Its keys are in {at}/keys; their passphrase is: {PASSPHRASE}\nTry:\n  {}\n",
        path.display(),
        next.join("\n  ")
    );
    let value = json!({ "ledger": path.display().to_string(), "origin": origin, "entries": entries, "made": made, "next": next });
    output.answer("dspt.demo/1", value, &text)?;
    Ok(exit::YES)
}

fn make_years(path: &Path, entries: u64, output: &mut Output<'_>) -> Result<(), Failure> {
    let mut maker = begin(path, &format!("{ORIGIN_YEARS}{entries}"), years::FIRST)?;
    maker.rules(years::FIRST)?;
    let maker = Years::new(maker)?.record(entries, output)?;
    // Each entry was read back and its signature checked before it was written.
    if let Err(unusable) = maker.journal.remember(&output.memory)? {
        output.warn(&unusable.to_string())?;
    }
    Ok(maker.journal.close()?)
}

fn make(path: &Path) -> Result<(), Failure> {
    let mut maker = begin(path, ORIGIN, "2025-09-22")?;
    maker.rules("2025-09-18")?;
    let certificate = maker.certificates()?;
    maker.statement_of_applicability(certificate)?;
    let mapping = maker.mapping()?;
    maker.evidence()?;
    maker.approve(mapping)?;
    maker.confirm()?;
    maker.renewal()?;
    Ok(maker.journal.close()?)
}

//! `dspt approve`, `challenge`, `uphold`: who stands for an equivalence, and who doubts it.

use std::ops::RangeInclusive;
use std::path::Path;

use clap::Args as ClapArgs;

use super::known::{Known, optional_day};
use super::request::Recording;
use super::write::one;
use crate::cli::as_of::{day_or_today, event as find_event};
use crate::cli::error::Failure;
use crate::cli::output::Output;
use crate::domain::event::{
    AllRows, ChallengeUpheld, EquivalenceChallenged, Event, MappingApproved, Rows,
};
use crate::import::text::ROWS_MAX;

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
    recording: Recording,
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
    recording: Recording,
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
    recording: Recording,
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
    let known = Known::open(ledger, args.recording.mode(), output)?;
    let event = Event::MappingApproved(MappingApproved {
        mapping: find_event(&args.mapping, known.facts())?.id.clone(),
        rows: rows(&args.rows),
        rationale: args.rationale.clone(),
        from: day_or_today(args.from.as_deref(), output)?,
        until: optional_day(args.until.as_deref(), output)?,
    });
    one(known.journal, &args.recording, event, Vec::new(), output)
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
    let known = Known::open(ledger, args.recording.mode(), output)?;
    let event = Event::EquivalenceChallenged(EquivalenceChallenged {
        approval: find_event(&args.approval, known.facts())?.id.clone(),
        rows: rows(&args.rows),
        reason: args.reason.clone(),
    });
    one(known.journal, &args.recording, event, Vec::new(), output)
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
    let known = Known::open(ledger, args.recording.mode(), output)?;
    let event = Event::ChallengeUpheld(ChallengeUpheld {
        challenge: find_event(&args.challenge, known.facts())?.id.clone(),
        reason: args.reason.clone(),
    });
    one(known.journal, &args.recording, event, Vec::new(), output)
}

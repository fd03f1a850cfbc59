//! `dspt approve`, `challenge`, `uphold`: who stands for an equivalence, and who doubts it.

use std::path::Path;

use clap::Args as ClapArgs;

use super::known::{Known, optional_day};
use super::request::Recording;
use super::write::one;
use crate::cli::as_of::{day_or_today, event as find_event};
use crate::cli::error::Failure;
use crate::cli::mappings::select::{Selection, Span, span};
use crate::cli::mappings::workbench::rows_text;
use crate::cli::output::{Output, agreed, plain};
use crate::domain::event::{
    AllRows, ChallengeUpheld, EquivalenceChallenged, Event, MappingApproved, Rows,
};
use crate::domain::ids::EventId;
use crate::domain::state::Proposal;
use crate::report::mapping_rows::rows_of;

/// Arguments of `approve`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct ApproveArgs {
    /// The entry of the mapping or asserted equivalence: #12
    mapping: String,
    #[command(flatten)]
    selection: Selection,
    /// Every row
    #[arg(long, conflicts_with_all = ["rows", "relationship", "source", "target", "group"])]
    all: bool,
    /// Approve more than 20 rows that were not named by number without being asked
    #[arg(long)]
    yes: bool,
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
    if args.selection.is_empty() && !args.all {
        return Err(Failure::usage("say which rows, or all of them").help(
            "choose with --rows 1,4,7-12, --relationship, --source, --target, --group, or take --all; \
             see them with: dspt mapping show ENTRY",
        ));
    }
    let known = Known::open(ledger, args.recording.mode(), output)?;
    let mapping = find_event(&args.mapping, known.facts())?.id.clone();
    let proposal = known.state.proposals.get(&mapping);
    let rows = match proposal {
        Some(proposal) => args.selection.listed(&proposal.what.rows)?,
        None => rows(&args.selection.rows),
    };
    if let Some(proposal) = proposal.filter(|_| args.selection.rows.is_empty() && !args.yes) {
        read_first(&mapping, proposal, &rows, &known, output)?;
    }
    let event = Event::MappingApproved(MappingApproved {
        mapping,
        rows,
        rationale: args.rationale.clone(),
        from: day_or_today(args.from.as_deref(), output)?,
        until: optional_day(args.until.as_deref(), output)?,
    });
    one(known.journal, &args.recording, event, Vec::new(), output)
}

/// The most rows that are approved without their numbers and without being asked.
const UNREAD_MAX: usize = 20;

/// Shows many rows that nobody named one by one, and asks whether they are meant.
fn read_first(
    id: &EventId,
    proposal: &crate::domain::state::Known<Proposal>,
    rows: &Rows,
    known: &Known,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let mut lines = rows_of(id, proposal, &known.state, output.now.london_day());
    lines.retain(|line| rows.contains(line.row));
    if lines.len() <= UNREAD_MAX {
        return Ok(());
    }
    let text = rows_text(&lines, &known.journal);
    write!(output.err, "{}", plain(&text))?;
    let what = format!("Approve these {} rows?", lines.len());
    let way = "read them above, then name them with --rows, or approve them all with --yes";
    agreed(&what, "nothing was approved", way, output)
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

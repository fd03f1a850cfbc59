//! `dspt confirm`: the organisation confirms assertions.

use std::path::Path;

use clap::Args as ClapArgs;

use super::known::Known;
use super::request::Recording;
use super::write::batch;
use crate::cli::as_of::day_or_today;
use crate::cli::error::Failure;
use crate::cli::output::Output;
use crate::domain::date::Date;
use crate::domain::engine::standing::judge;
use crate::domain::engine::status::Status;
use crate::domain::event::{AssertionConfirmed, Event};
use crate::domain::ids::AssertionRef;

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
    recording: Recording,
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
    let known = Known::open(ledger, args.recording.mode(), output)?;
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
    batch(known.journal, &args.recording, events, output)
}

impl Known {
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
}

//! `dspt when`: on which days an item had a status.

use std::fmt::Write as _;
use std::path::Path;

use clap::Args as ClapArgs;
use serde_json::json;

use super::log::{doubtful, marked};
use crate::cli::as_of::{Question, ask, item};
use crate::cli::csv_form::{AsCsv, write_believed};
use crate::cli::error::{Failure, exit};
use crate::cli::output::Output;
use crate::domain::date::Date;
use crate::domain::engine::status::{Positions, Status};
use crate::domain::explain::spells::{Spell, spells};
use crate::report::spells::Spells;

/// Arguments of `when`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct Args {
    /// The item
    item: String,
    /// The status: met, met-by-equivalence, needs-confirming, partly-supported, lapsed, not-met,
    /// not-applicable
    status: Option<String>,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    csv: AsCsv,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`]; exit status 1 when the item never has the status.
pub(in crate::cli) fn run(
    args: &Args,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let csv = args.csv.wanted(output)?;
    let wanted = args.status.as_deref().map(|word| {
        Status::from_word(word).ok_or_else(|| Failure::usage(format!("`{word}` is not a status")))
    });
    let wanted = wanted.transpose()?;
    let (journal, state, as_of) = ask(ledger, &args.question, output)?;
    let positions = Positions::new(&state, as_of.rules);
    let item = item(&args.item, &state, &positions, as_of.on)?;
    let stretches: Vec<Spell> = spells(&positions, &item)
        .into_iter()
        .filter(|one| one.status != Status::NotAsked)
        .filter(|one| wanted.is_none_or(|wanted| one.status == wanted))
        .collect();
    let done = if stretches.is_empty() { exit::NO } else { exit::YES };
    if csv {
        let rows = stretches.iter().map(|one| {
            [
                item.to_string(),
                one.from.to_string(),
                one.until.map_or_else(String::new, |day| day.to_string()),
                one.status.json().to_owned(),
                one.because.clone(),
                marked(&journal.ledger, &one.entries),
            ]
        });
        write_believed(&["item", "from", "until", "status", "because", "entries"], rows, output)?;
        return Ok(done);
    }
    let mut text =
        format!("{} {item}, using what was recorded by {}\n", item.item, as_of.known_text);
    for one in &stretches {
        let _ = writeln!(
            text,
            "  {}: {}, {}  {}",
            days(one.from, one.until),
            one.status.word().to_lowercase(),
            one.because,
            marked(&journal.ledger, &one.entries)
        );
        // Where the grounds change while the status does not.
        for part in one.parts.iter().filter(|_| one.parts.len() > 1) {
            let entries = marked(&journal.ledger, &part.entries);
            let _ = writeln!(
                text,
                "      {}: {}  {entries}",
                days(part.from, part.until),
                part.because
            );
        }
    }
    if stretches.is_empty() {
        text.push_str("  never\n");
    }
    let report =
        Spells::new(&item, &as_of, &stretches, |entries| doubtful(&journal.ledger, entries));
    output.answer("dspt.when/1", json!(report), &text)?;
    Ok(done)
}

fn days(from: Date, until: Option<Date>) -> String {
    let until = until
        .map_or_else(|| "until further notice".to_owned(), |day| format!("to {}", day.short()));
    format!("{} {until}", from.short())
}

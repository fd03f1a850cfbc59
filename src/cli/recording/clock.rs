//! `dspt clock`: says that a clock was wrong, one's own or that of somebody outside. Nothing is taken
//! back: the times stay where they are, and every check tells them with the explanation.

use std::path::Path;

use clap::{Args as ClapArgs, Subcommand};

use super::ids::new_id;
use super::request::Recording;
use super::signing::Signing;
use super::write::write;
use crate::cli::as_of::{event as find_event, open};
use crate::cli::error::Failure;
use crate::cli::output::Output;
use crate::domain::event::{Clock, ClockExplained, Event};
use crate::journal::NewEvent;
use crate::store::Mode;

/// Arguments of `clock`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// The clock of who recorded entries was ahead; later ones that carry its time are meant as well
    Own {
        /// The first entry: #12, 12, or its id
        entry: String,
        /// The last entry; else the first alone
        #[arg(long, value_name = "ENTRY")]
        until: Option<String>,
        #[command(flatten)]
        rest: Rest,
    },
    /// The clock of a witness or an authority was wrong when it dated a head: then its time shows no
    /// more that anything was there by then
    Outside {
        /// The anchor's entry: #12, 12, or its id
        entry: String,
        #[command(flatten)]
        rest: Rest,
    },
}

#[derive(ClapArgs, Debug)]
struct Rest {
    /// What was wrong with the clock, and how you know
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    signing: Signing,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`].
pub(in crate::cli) fn run(
    args: &Args,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let (clock, entry, until, rest) = match &args.command {
        Command::Own { entry, until, rest } => (Clock::Author, entry, until.as_ref(), rest),
        Command::Outside { entry, rest } => (Clock::Outsider, entry, None, rest),
    };
    let journal = open(ledger, Mode::Write, output)?;
    let facts = &journal.ledger.facts;
    let entry = find_event(entry, facts)?.id.clone();
    let until = until.map(|text| find_event(text, facts)).transpose()?.map(|fact| fact.id.clone());
    let reason = rest.reason.clone();
    let event = Event::ClockExplained(ClockExplained { clock, entry, until, reason });
    let new = NewEvent { id: new_id(output.now)?, event, files: Vec::new() };
    write(journal, &Recording::here(&rest.signing), &[new], output)
}

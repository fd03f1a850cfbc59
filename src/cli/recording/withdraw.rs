//! `dspt withdraw` and `dspt correct`: cancel or replace by a new event; nothing is ever removed.

use std::path::Path;

use clap::Args as ClapArgs;
use serde_json::Value;

use super::request::Recording;
use super::write::one;
use crate::cli::as_of::{day, event as find_event, open};
use crate::cli::error::Failure;
use crate::cli::input_file::read_within;
use crate::cli::mappings::select::{Span, span};
use crate::cli::output::{Output, safe};
use crate::domain::catalogue::scheme::spelled;
use crate::domain::date::Date;
use crate::domain::event::{
    AllRows, ApprovalWithdrawn, CertificateWithdrawn, Correction, Event, EvidenceWithdrawn,
    Replacement, Rows,
};
use crate::domain::state::describe::describe;
use crate::domain::state::{Fact, State};
use crate::import::resolve::{self, Own};

/// Arguments of `withdraw`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct WithdrawArgs {
    /// The entry: #12
    entry: String,
    /// Why
    #[arg(long, allow_hyphen_values = true)]
    reason: String,
    /// First day that it does not count any more; never counted when left out
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// For an approval: these rows only, such as 1,4,7-12
    #[arg(long, value_delimiter = ',', value_parser = span)]
    rows: Vec<Span>,
    #[command(flatten)]
    recording: Recording,
}

/// Arguments of `correct`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct CorrectArgs {
    /// The entry: #12
    entry: String,
    /// Why
    #[arg(long, allow_hyphen_values = true)]
    reason: String,
    /// A field of the body and its new value: valid_until=2027-06-09; repeat for more
    #[arg(long = "set", value_name = "FIELD=VALUE", conflicts_with = "body")]
    set: Vec<String>,
    /// The whole new body, a JSON file (see it with: dspt --json show ENTRY)
    #[arg(long, value_name = "FILE")]
    body: Option<std::path::PathBuf>,
    #[command(flatten)]
    recording: Recording,
}

/// Runs `withdraw`.
///
/// # Errors
/// [`Failure`].
pub(in crate::cli) fn withdraw(
    args: &WithdrawArgs,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let from = args.from.as_deref().map(|text| day(text, output)).transpose()?;
    let journal = open(ledger, args.recording.mode(), output)?;
    let facts = &journal.ledger.facts;
    let fact = find_event(&args.entry, facts)?;
    output.hint(&format!(
        "This adds an entry that withdraws #{}: {} {}\nThe old entry stays in the history.",
        fact.seq,
        fact.event.kind(),
        safe(&describe(&fact.event, facts))
    ))?;
    let event = withdrawal(args, fact, from)?;
    one(journal, &args.recording, event, Vec::new(), output)
}

/// The event that takes another one back. From a date on where the kind knows dates; else it is
/// void. Withdrawing a withdrawal makes it void, which reinstates what it withdrew.
fn withdrawal(args: &WithdrawArgs, fact: &Fact, from: Option<Date>) -> Result<Event, Failure> {
    let (id, reason) = (fact.id.clone(), args.reason.clone());
    let rows = if args.rows.is_empty() {
        Rows::All(AllRows::All)
    } else {
        Rows::Listed(args.rows.iter().cloned().flatten().collect())
    };
    if let Event::EvidenceRecorded(_) = &fact.event {
        return Ok(Event::EvidenceWithdrawn(EvidenceWithdrawn { evidence: id, from, reason }));
    }
    match (&fact.event, from) {
        (Event::CertificateRecorded(_), Some(from)) => {
            Ok(Event::CertificateWithdrawn(CertificateWithdrawn { certificate: id, from, reason }))
        }
        (Event::MappingApproved(_), Some(from)) => {
            Ok(Event::ApprovalWithdrawn(ApprovalWithdrawn { approval: id, from, reason, rows }))
        }
        (Event::MappingApproved(_), None) if !args.rows.is_empty() => {
            Err(Failure::usage("give --from with --rows: the first day without these rows"))
        }
        (_, Some(_)) => Err(Failure::usage(format!(
            "{} is withdrawn whole; leave out --from",
            fact.event.kind()
        ))),
        (_, None) => Ok(Event::Correction(Correction { corrects: id, reason, replacement: None })),
    }
}

/// The longest file with a body: an entry has 65,535 bytes, and this may be written with more blanks.
const BODY_BYTES_MAX: u64 = 1 << 20;

/// Runs `correct`.
///
/// # Errors
/// [`Failure`].
pub(in crate::cli) fn correct(
    args: &CorrectArgs,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let journal = open(ledger, args.recording.mode(), output)?;
    let fact = find_event(&args.entry, &journal.ledger.facts)?;
    if let Event::Correction(_) = &fact.event {
        return Err(of_a_correction(fact, &journal.ledger.facts));
    }
    let mut body = match &args.body {
        Some(path) => serde_json::from_slice(&read_within(path, BODY_BYTES_MAX)?)
            .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?,
        None => fact.event.body().map_err(|bad| Failure::usage(bad.to_string()))?,
    };
    if args.body.is_none() && args.set.is_empty() {
        return Err(Failure::usage("say what changes with --set FIELD=VALUE or --body FILE")
            .help("to cancel the entry instead: dspt withdraw"));
    }
    let kind = fact.event.kind().as_str().to_owned();
    let state = journal.state(u64::MAX)?;
    let on = fact.event.effective_day().unwrap_or_else(|| output.now.london_day());
    for text in &args.set {
        set(&mut body, &as_every_command(text, &state, on)?, &kind, output)?;
    }
    Event::decode(&kind, &body).map_err(|bad| Failure::usage(bad.to_string()))?;
    let replacement = Some(Replacement { kind, body });
    let (corrects, reason) = (fact.id.clone(), args.reason.clone());
    let event = Event::Correction(Correction { corrects, reason, replacement });
    one(journal, &args.recording, event, Vec::new(), output)
}

/// What to do instead of replacing a correction: which entry holds what is to be changed.
fn of_a_correction(fact: &Fact, facts: &[Fact]) -> Failure {
    let mut first = fact;
    // Every correction is of an earlier entry, so this ends.
    while let Some(earlier) = first
        .event
        .corrects()
        .and_then(|id| facts.iter().take_while(|one| one.seq < first.seq).find(|one| one.id == *id))
    {
        first = earlier;
    }
    let (seq, first) = (fact.seq, first.seq);
    Failure::usage(format!("entry #{seq} is a correction of #{first}, and is not corrected itself"))
        .help(format!(
            "correct the entry that it is about: dspt correct '#{first}' --set FIELD=VALUE --reason \
             WHY; or take the correction back: dspt withdraw '#{seq}' --reason WHY"
        ))
}

/// Items and schemes as every command takes them, in the words that a body has.
fn as_every_command(text: &str, state: &State, on: Date) -> Result<String, Failure> {
    let Some((field, value)) = text.split_once('=') else { return Ok(text.to_owned()) };
    let value = match field {
        "item" => resolve::item(value, on, &Own::known(state), state)?.to_string(),
        "items" if !value.trim_start().starts_with('[') => {
            let items = resolve::items(value, on, &Own::known(state), state)?;
            let items: Vec<String> = items.iter().map(ToString::to_string).collect();
            serde_json::json!(items).to_string()
        }
        "scheme" => {
            let (scheme, release) = spelled(value).map_err(Failure::from)?;
            if let Some(release) = release {
                let text = format!("--set scheme={value} names the release {release} as well");
                let help =
                    format!("give two: --set scheme={} --set release={release}", scheme.as_str());
                return Err(Failure::usage(text).help(help));
            }
            scheme.as_str().to_owned()
        }
        _ => return Ok(text.to_owned()),
    };
    Ok(format!("{field}={value}"))
}

/// Sets a field: JSON where it reads as JSON and is no bare word or date, else text; a day as every
/// command takes one, where the field wants a day.
fn set(body: &mut Value, text: &str, kind: &str, output: &Output<'_>) -> Result<(), Failure> {
    let (field, value) = text
        .split_once('=')
        .ok_or_else(|| Failure::usage(format!("`{text}` is not FIELD=VALUE")))?;
    let value = match serde_json::from_str::<Value>(value) {
        Ok(value @ (Value::Array(_) | Value::Object(_) | Value::Bool(_) | Value::Null)) => value,
        Ok(Value::Number(_) | Value::String(_)) | Err(_) => Value::String(value.to_owned()),
    };
    let Some(object) = body.as_object_mut() else { return Ok(()) };
    if value.is_null() {
        object.remove(field);
    } else {
        object.insert(field.to_owned(), value.clone());
    }
    if Event::decode(kind, body).is_ok() {
        return Ok(());
    }
    // A text that is refused may be a day in another spelling.
    let day = value.as_str().and_then(|text| day(text, output).ok());
    if let (Some(day), Some(object)) = (day, body.as_object_mut()) {
        let refused = object.insert(field.to_owned(), Value::String(day.to_string()));
        if let (Err(_), Some(refused)) = (Event::decode(kind, body), refused)
            && let Some(object) = body.as_object_mut()
        {
            object.insert(field.to_owned(), refused);
        }
    }
    Ok(())
}

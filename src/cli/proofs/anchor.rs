//! `dspt anchor`: heads that outsiders dated: take them in, list them, give them back.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};
use serde_json::{Value, json};

use crate::cli::as_of::{event, open};
use crate::cli::code::Code;
use crate::cli::csv_form::{AsCsv, write_believed};
use crate::cli::error::{Failure, exit};
use crate::cli::input_file::read_file;
use crate::cli::output::{Columns, Output};
use crate::cli::recording::ids::new_id;
use crate::cli::recording::request::Recording;
use crate::cli::recording::signing::Signing;
use crate::cli::recording::write::write;
use crate::domain::date::Timestamp;
use crate::domain::event::{AnchorCosigned, Event};
use crate::domain::state::Fact;
use crate::domain::state::anchor::{Anchor, Intervals, Outsider};
use crate::domain::state::explained_clock::Explained;
use crate::export::{anchors, heads, write_once};
use crate::journal::{Journal, NewEvent};
use crate::ledger::{CosignatureError, Cosigned, Policy, WitnessKey, cosignature};
use crate::store::Mode;
use crate::verify::anchors::{OWN_KEY, counts, is_own};
use crate::verify::audit::Ledger;

/// Arguments of `anchor`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Record that witnesses cosigned a head of this ledger
    Cosigned(CosignedArgs),
    /// List the heads that outsiders dated, and what each shows
    List {
        /// Only witnesses of this policy count; else all that the ledger names
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
        #[command(flatten)]
        csv: AsCsv,
    },
    /// Write the checkpoint of an anchor, and its token, to files
    Export {
        /// The anchor's entry: #12, 12, or its id
        entry: String,
        /// Folder, else this one
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

#[derive(ClapArgs, Debug)]
struct CosignedArgs {
    /// The cosigned checkpoint, or the bare lines that the witness gave
    file: PathBuf,
    /// A witness that you know, as its verifier key; repeat for more
    #[arg(long = "witness", value_name = "VKEY")]
    witnesses: Vec<String>,
    /// The witnesses of this policy
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The head that bare lines are about; else the newest that they fit
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    #[command(flatten)]
    signing: Signing,
}

/// How many heads bare lines are tried on.
const HEADS_TRIED_MAX: usize = 1_000;

/// Runs the command.
///
/// # Errors
/// [`Failure`].
pub(in crate::cli) fn run(
    args: &Args,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    match &args.command {
        Command::Cosigned(args) => cosigned(args, ledger, output),
        Command::List { policy, csv } => list(policy.as_deref(), *csv, ledger, output),
        Command::Export { entry, out } => export(entry, out.as_deref(), ledger, output),
    }
}

/// Reads a policy file.
///
/// # Errors
/// [`Failure`] naming every line that is refused.
pub(in crate::cli) fn policy(path: &Path) -> Result<Policy, Failure> {
    Policy::parse(&read_file(path)?).map_err(|errors| {
        Failure::new(Code::Policy, exit::INPUT, format!("{}: {errors}", path.display()))
    })
}

/// The anchors whose word is taken: witnesses of the policy, or all that the ledger names. Tokens
/// are not among them, since whose signature they bear was not checked here.
pub(in crate::cli) fn believed(ledger: &Ledger, policy: Option<&Policy>) -> Vec<Anchor> {
    let witnesses = ledger.anchors.iter().filter(|one| one.outsider == Outsider::Witness);
    witnesses.filter(|one| counts(one, ledger, policy)).cloned().collect()
}

/// Who is believed, in words.
pub(in crate::cli) const fn believed_text(policy: bool) -> &'static str {
    if policy { "the policy's witnesses" } else { "the witnesses that this ledger itself names" }
}

/// What an outsider gave cannot be recorded.
pub(in crate::cli) fn refused(text: String) -> Failure {
    Failure::new(Code::NotAnAnchor, exit::INPUT, text)
}

/// The witnesses of the command line, each key once.
fn known(args: &CosignedArgs) -> Result<Vec<WitnessKey>, Failure> {
    let given = args.witnesses.iter().map(|text| {
        WitnessKey::parse(text)
            .map_err(|error| Failure::usage(format!("--witness is refused: {error}")))
    });
    let mut known = given.collect::<Result<Vec<_>, _>>()?;
    if let Some(path) = &args.policy {
        known.extend(policy(path)?.witnesses().iter().map(|one| one.key.clone()));
    }
    let mut seen = BTreeSet::new();
    known.retain(|one| seen.insert(*one.key().as_bytes()));
    if known.is_empty() {
        return Err(Failure::usage("say which witness you know, with --witness or --policy"));
    }
    Ok(known)
}

fn cosigned(
    args: &CosignedArgs,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let known = known(args)?;
    let bytes = read_file(&args.file)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| refused(format!("{} is not text; ask for it again", args.file.display())))?;
    let journal = open(ledger, Mode::Write, output)?;
    let (bare, found) = if text.contains("\n\n") {
        let head = heads::own(&journal.ledger, &bytes)?;
        (head.bare, cosignature::verify(&bytes, &known).map_err(|bad| said(&bad))?)
    } else {
        fitting(args, &journal, text, &known)?
    };
    if found.is_empty() {
        let text = format!("{} holds no line of these witnesses", args.file.display());
        return Err(refused(text).help("check the verifier key: --witness NAME+ID+KEY"));
    }
    record(journal, &args.signing, bare, &found, output)
}

/// Records that witnesses cosigned a head, given with the line of the log key alone.
///
/// # Errors
/// [`Failure`] when it cannot be recorded.
pub(in crate::cli) fn record(
    journal: Journal,
    signing: &Signing,
    bare: String,
    found: &[Cosigned],
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    if let Some(fact) = recorded_before(&journal.ledger, found) {
        return already(fact, output);
    }
    let lines: String = found.iter().map(Cosigned::line).collect();
    let witnesses = found.iter().map(|one| one.witness().to_string()).collect();
    let event = Event::AnchorCosigned(AnchorCosigned { checkpoint: bare + &lines, witnesses });
    let new = NewEvent { id: new_id(output.now)?, event, files: Vec::new() };
    write(journal, &Recording::here(signing), &[new], output)
}

/// Says that an entry holds all that was to be recorded.
///
/// # Errors
/// [`Failure`] when the output is closed.
pub(in crate::cli) fn already(fact: &Fact, output: &mut Output<'_>) -> Result<u8, Failure> {
    let text = format!("Entry #{} recorded this already; nothing was written.\n", fact.seq);
    let value = json!({
        "first": fact.seq,
        "last": fact.seq,
        "replayed": true,
        "items_changed_today": 0,
        "ids": [fact.id.to_string()],
    });
    output.answer("dspt.recorded/1", value, &text)?;
    Ok(exit::YES)
}

/// An entry that holds all these lines.
fn recorded_before<'l>(ledger: &'l Ledger, found: &[Cosigned]) -> Option<&'l Fact> {
    let holds = |fact: &&Fact| {
        matches!(&fact.event, Event::AnchorCosigned(body)
            if found.iter().all(|one| body.checkpoint.contains(one.line())))
    };
    ledger.facts.iter().find(holds)
}

fn said(bad: &CosignatureError) -> Failure {
    let cause = std::error::Error::source(bad);
    refused(cause.map_or_else(|| bad.to_string(), |cause| format!("{bad}: {cause}")))
}

/// The head that bare lines fit, and what they say of it.
fn fitting(
    args: &CosignedArgs,
    journal: &Journal,
    lines: &str,
    known: &[WitnessKey],
) -> Result<(String, Vec<Cosigned>), Failure> {
    let bare: Vec<String> = if let Some(path) = &args.checkpoint {
        vec![heads::own(&journal.ledger, &read_file(path)?)?.bare]
    } else {
        let newest = journal.store().heads()?.into_iter().rev().take(HEADS_TRIED_MAX);
        newest.filter_map(|(_, note)| String::from_utf8(note).ok()).collect()
    };
    let mut first = None;
    for bare in bare {
        let text = bare.rsplit_once("\n\n").map_or("", |(text, _)| text);
        match cosignature::verify_lines(&format!("{text}\n"), lines, known) {
            Ok(found) => return Ok((bare, found)),
            Err(CosignatureError::BadCosignature { .. }) if first.is_some() => {}
            // Lines that are not lines fit no head.
            Err(CosignatureError::BadCosignature { name }) => first = Some(name),
            Err(other) => return Err(said(&other)),
        }
    }
    let name = first.unwrap_or_default();
    Err(refused(format!("the cosignature of {name} fits no head of this ledger that was tried"))
        .help("give the head that was cosigned with --checkpoint FILE"))
}

fn list(
    path: Option<&Path>,
    csv: AsCsv,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let csv = csv.wanted(output)?;
    let chosen = path.map(policy).transpose()?;
    let journal = open(ledger, Mode::Read, output)?;
    let counted = believed(&journal.ledger, chosen.as_ref());
    let explained = Explained::of(&journal.ledger.facts);
    let intervals = Intervals::weighed(&counted, &explained);
    let mut columns = Columns::new(&["Entry", "Head of", "Dated", "By", "Counts", "Shows"]);
    let (mut rows, mut cells) = (Vec::new(), Vec::new());
    for one in &journal.ledger.anchors {
        let counts = counted.contains(one);
        let row = [
            one.seq.map_or_else(String::new, |seq| format!("#{seq}")),
            format!("{} entries", one.size),
            one.at.to_string(),
            one.name().to_owned(),
            counts_text(one, &journal.ledger, counts),
            shows(one, &explained),
        ];
        columns.row(row.clone());
        cells.push(row);
        rows.push(anchor_json(one, counts, &explained));
    }
    if csv {
        let header = ["entry", "head_of", "dated", "by", "counts", "shows"];
        write_believed(&header, cells, output)?;
        return Ok(exit::YES);
    }
    let mut text = columns.text(output.width);
    let believed = believed_text(chosen.is_some());
    let _ = writeln!(text, "{} anchors; of these count: {believed}", rows.len());
    match (intervals.first(), intervals.last()) {
        (Some(first), Some(last)) => {
            let _ = writeln!(text, "First dated {first}, last {last}");
        }
        _ => text.push_str("Nobody outside has dated a head of this ledger, as far as counts.\n"),
    }
    if let Some((from, to)) = intervals.longest_gap() {
        let _ = writeln!(text, "Longest time between two: {from} to {to}");
    }
    let stamp = |at: Timestamp| at.to_string();
    let value = json!({
        "anchors": rows,
        "believed": believed,
        "first": intervals.first().map(stamp),
        "last": intervals.last().map(stamp),
        "longest_gap": intervals.longest_gap()
            .map(|(from, to)| json!({ "from": from.to_string(), "to": to.to_string() })),
    });
    output.answer("dspt.anchors/1", value, &text)?;
    Ok(exit::YES)
}

fn counts_text(one: &Anchor, ledger: &Ledger, counts: bool) -> String {
    match (one.outsider, counts) {
        (Outsider::Witness, true) => "yes".to_owned(),
        (Outsider::Witness, false) if is_own(one, ledger) => format!("no, {OWN_KEY}"),
        (Outsider::Witness, false) => "no, not in the policy".to_owned(),
        (Outsider::Authority, _) => "no, signature not checked: dspt timestamp verify".to_owned(),
    }
}

/// Between which entries a head draws a line.
fn shows(one: &Anchor, explained: &Explained) -> String {
    let mut parts = Vec::new();
    let by = one.seq.and_then(|seq| explained.anchor(seq));
    if let Some(by) = by {
        return format!("#{by} says that its clock was wrong: dates nothing from above");
    }
    match one.size {
        0 => {}
        1 => parts.push("#0 not after".to_owned()),
        size => parts.push(format!("#0 to #{} not after", size - 1)),
    }
    parts.extend(one.seq.map(|seq| format!("#{} and later not before", seq + 1)));
    parts.join(", ")
}

fn anchor_json(one: &Anchor, counts: bool, explained: &Explained) -> Value {
    let by = one.seq.and_then(|seq| explained.anchor(seq));
    json!({
        "entry": one.seq,
        "size": one.size,
        "at": one.at.to_string(),
        "kind": match one.outsider {
            Outsider::Witness => "witness",
            Outsider::Authority => "authority",
        },
        "name": one.name(),
        "key": (one.outsider == Outsider::Witness).then_some(&one.by),
        "counts": counts,
        "explained_by": by,
        "not_after_to": one.size.checked_sub(1).filter(|_| by.is_none()),
        "not_before_from": one.seq.map(|seq| seq + 1),
    })
}

fn export(
    text: &str,
    out: Option<&Path>,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let journal = open(ledger, Mode::Read, output)?;
    let fact = event(text, &journal.ledger.facts)?;
    let Some(held) = anchors::files_of(journal.store(), fact)? else {
        let message = format!("entry #{} is {}, not an anchor", fact.seq, fact.event.kind());
        return Err(Failure::usage(message).help("list them with: dspt anchor list"));
    };
    let folder = out.unwrap_or(Path::new("."));
    let mut names = vec![format!("{}.checkpoint", fact.seq)];
    write_once::put(&folder.join(format!("{}.checkpoint", fact.seq)), held.checkpoint.as_bytes())?;
    if let Some(token) = &held.token {
        write_once::put(&folder.join(format!("{}.tsr", fact.seq)), token)?;
        names.push(format!("{}.tsr", fact.seq));
    }
    let folder = folder.display().to_string();
    let text = format!("Wrote {} in {folder}\n", names.join(" and "));
    let value = json!({ "entry": fact.seq, "folder": folder, "files": names });
    output.answer("dspt.anchor-files/1", value, &text)?;
    Ok(exit::YES)
}

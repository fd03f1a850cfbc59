//! `dspt statement`: the position on a day as one signed file, made, published, checked, shown.

pub(in crate::cli) mod check;
pub(in crate::cli) mod published;
mod read;
pub(in crate::cli) mod ssh_signature;
pub(in crate::cli) mod text;

use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};
use serde_json::{Value, json};

use super::as_of::{Question, event as find_event, open, open_to_give_out};
use super::code::Code;
use super::csv_form::{AsCsv, write_believed};
use super::dash::file_named;
use super::error::{Failure, exit};
use super::kind::hinted;
use super::output::{Columns, Output, agreed, safe};
use super::recording::ids::new_id;
use super::recording::signing::{Signing, finish, record};
use crate::domain::event::{Event, StatementPublished};
use crate::domain::ids::{CategoryId, EditionId};
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::visible_json;
use crate::domain::statement::diff::asked;
use crate::domain::statement::{Asked, NoStatement};
use crate::export::ExportError;
use crate::export::write_once::put;
use crate::journal::{File, Journal, NewEvent};
use crate::ledger::Digest;
use crate::ledger::json::parse_canonical;
use crate::store::Mode;
use crate::verify::audit::Ledger;
use crate::verify::published::{Made, NAME, Outcome, StatementError, make, reproduce};
use read::{field, publications, read_statement, standing, standing_word, statement_in};
use text::text_of;

/// Arguments of `statement`.
#[derive(ClapArgs, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Make the statement for a day, to be read and signed; nothing is recorded
    Draft(DraftArgs),
    /// Record that a statement was given out
    Publish(PublishArgs),
    /// Compute every figure of a statement again: is it what the ledger says?
    Check(check::Args),
    /// What was published
    List(AsCsv),
    /// A statement in words: a file, or the entry that published it
    Show(ShowArgs),
}

#[derive(ClapArgs, Debug)]
struct DraftArgs {
    #[command(flatten)]
    question: Question,
    /// Write it to this file, which must not be there yet; `-` or none is standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(ClapArgs, Debug)]
struct PublishArgs {
    #[command(flatten)]
    question: Question,
    /// The draft; it must be what the ledger gives
    #[arg(long, value_name = "DRAFT", conflicts_with_all = ["at", "as_known", "rules"])]
    file: Option<PathBuf>,
    /// Do not ask; for scripts. With --file nothing is asked: the draft was there to be read
    #[arg(long, short = 'y')]
    yes: bool,
    #[command(flatten)]
    signing: Signing,
}

#[derive(ClapArgs, Debug)]
struct ShowArgs {
    /// The file, or the entry: #12
    statement: String,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`]; exit status 1 when a statement is not what the ledger says.
pub(super) fn run(
    args: &Args,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    match &args.command {
        Command::Draft(args) => draft(args, ledger, output),
        Command::Publish(args) => publish(args, ledger, output),
        Command::Check(args) => check::run(args, ledger, output),
        Command::List(csv) => list(ledger, *csv, output),
        Command::Show(args) => show(args, ledger, output),
    }
}

impl From<StatementError> for Failure {
    fn from(error: StatementError) -> Self {
        match error {
            StatementError::None(NoStatement::Replay(error)) => error.into(),
            StatementError::None(why @ NoStatement::Size { .. }) => Self::usage(why.to_string()),
            StatementError::None(why @ NoStatement::NoEdition(_)) => {
                Self::undecided(why.to_string())
            }
            StatementError::NotCanonical(_) => {
                Self::new(Code::EntryNotMade, exit::FAILED, error.to_string())
            }
            StatementError::Store(error) => error.into(),
        }
    }
}

fn ask(question: &Question, ledger: &Ledger, output: &Output<'_>) -> Result<Asked, Failure> {
    let as_of = question.resolve(&ledger.facts, output)?;
    Ok(Asked { on: as_of.on, size: as_of.size, rules: as_of.rules })
}

fn draft(args: &DraftArgs, path: Option<&Path>, output: &mut Output<'_>) -> Result<u8, Failure> {
    let journal = open_to_give_out(path, output)?;
    let made = make(&journal.ledger, &ask(&args.question, &journal.ledger, output)?)?;
    let sha256 = Digest::of(&made.bytes).hex();
    let Some(out) = file_named(args.out.as_deref()) else {
        // Nobody reads that much of one line; a file or a pipe takes it.
        if args.out.is_none() && output.width.is_some() && !output.json {
            return Err(Failure::usage(format!(
                "the statement is one line of {} bytes, too long for a terminal",
                made.bytes.len()
            ))
            .help(
                "write it with --out FILE, and read that with: dspt statement show FILE; or \
                   print it all the same with --out -",
            ));
        }
        if output.json {
            let value = json!({ "file": null, "sha256": sha256, "statement": made.value });
            output.answer("dspt.statement/1", value, "")?;
        } else if output.width.is_some() {
            // A terminal takes no bytes as they are: something in them could paint it.
            let text = String::from_utf8_lossy(&made.bytes);
            writeln!(output.out, "{}", visible_json(&text))?;
            output.hint("These are not the bytes that are signed; write those with --out FILE")?;
        } else {
            // Exactly the bytes that are signed: no newline after them.
            output.out.write_all(&made.bytes)?;
        }
        return Ok(exit::YES);
    };
    write_new(out, &made.bytes)?;
    let shown = out.display();
    let text = format!(
        "Wrote {shown}: {}, {} bytes, sha256 {sha256}\n{}\n",
        standing_word(standing(&made.value)),
        made.bytes.len(),
        safe(field(&made.value, "sentence"))
    );
    let value = json!({ "file": shown.to_string(), "sha256": sha256, "statement": made.value });
    output.answer("dspt.statement/1", value, &text)?;
    output.hint(&format!(
        "Next: dspt statement show {shown}, then dspt statement publish --file {shown}"
    ))?;
    Ok(exit::YES)
}

/// Writes a file that is not there yet, or is there with these very bytes.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let shown = path.display();
    put(path, bytes).map(drop).map_err(|error| match error {
        ExportError::Differs { .. } => {
            Failure::usage(format!("{shown} is there already; name another file"))
        }
        ExportError::Io { source, .. } => {
            Failure::new(Code::Io, exit::FAILED, format!("{shown} cannot be written: {source}"))
        }
        ExportError::Store(_)
        | ExportError::NotNamed { .. }
        | ExportError::Head(_)
        | ExportError::NotCovered { .. }
        | ExportError::Proof(_)
        | ExportError::Tiles(_) => error.into(),
    })
}

fn publish(
    args: &PublishArgs,
    path: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let journal = open(path, Mode::Write, output)?;
    let made = match &args.file {
        Some(file) => drafted(&journal.ledger, file)?,
        None => make(&journal.ledger, &ask(&args.question, &journal.ledger, output)?)?,
    };
    let sha256 = Digest::of(&made.bytes).hex();
    let before = if args.signing.again { None } else { unchanged(&journal, &made)? };
    if let Some(seq) = before {
        let text = format!(
            "Published already: entry #{seq}. Nothing in it has changed since, and nothing was \
             recorded.\n"
        );
        output.answer(
            "dspt.statement-published/1",
            published_json(seq, true, &made, &sha256),
            &text,
        )?;
        output.hint("To publish it once more: --again")?;
        return Ok(exit::YES);
    }
    let event = Event::StatementPublished(body_of(&made)?);
    preview(&made, output)?;
    if !args.yes && args.file.is_none() {
        let way =
            "publish without being asked with --yes, or a draft that you have read with --file";
        agreed("Publish it?", "nothing was published", way, output)?;
    }
    let files = vec![File::stored(NAME, made.bytes.clone())];
    let batch = [NewEvent { id: new_id(output.now)?, event, files }];
    let (journal, recorded) = record(journal, &args.signing, &batch, output)?;
    let text = format!(
        "Published: entry #{}, {} for {} ({}) on {}, from {} entries\n  sha256 {sha256}\n",
        recorded.first,
        standing_word(standing(&made.value)),
        field(&made.value, "edition"),
        field(&made.value, "category"),
        field(&made.value, "on"),
        made.value.get("size").unwrap_or(&Value::Null),
    );
    let value = published_json(recorded.first, recorded.replayed, &made, &sha256);
    let code = finish(journal, &recorded, ("dspt.statement-published/1", value, &text), output)?;
    output.hint(&format!("Next: dspt statement show '#{}'", recorded.first))?;
    Ok(code)
}

/// Says what is about to be signed and cannot be taken back.
fn preview(made: &Made, output: &mut Output<'_>) -> Result<(), Failure> {
    let value = &made.value;
    let text = |name: &str| safe(field(value, name));
    let standing = value.get("standing").unwrap_or(&Value::Null);
    let number = |name: &str| standing.get(name).and_then(Value::as_u64).unwrap_or_default();
    output.hint(&format!(
        "This publishes: {} for {} ({}) on {}, from {} entries; {} of {} mandatory items in place.\n  {}\n\
         The entry stays for ever. Read the whole first with: dspt statement draft --out FILE",
        standing_word(field(standing, "status")),
        text("edition"),
        text("category"),
        text("on"),
        value.get("size").unwrap_or(&Value::Null),
        number("mandatory_in_place"),
        number("mandatory_total"),
        text("sentence"),
    ))
}

fn published_json(seq: u64, replayed: bool, made: &Made, sha256: &str) -> Value {
    json!({
        "entry": seq,
        "replayed": replayed,
        "on": made.value.get("on"),
        "size": made.value.get("size"),
        "root": made.value.get("root"),
        "edition": made.value.get("edition"),
        "category": made.value.get("category"),
        "standing": standing(&made.value),
        "sha256": sha256,
    })
}

/// Reads a draft and holds it to the ledger.
fn drafted(ledger: &Ledger, file: &Path) -> Result<Made, Failure> {
    let bytes = read_statement(file)?;
    let refused = |why: String| {
        let text =
            format!("{} is not what the ledger gives: {why}; nothing was recorded", file.display());
        Failure::new(ProblemCode::Refused, exit::INPUT, text)
            .help("make it anew with: dspt statement draft")
    };
    match reproduce(ledger, &bytes)? {
        Outcome::Same => {
            let value = parse_canonical(&bytes).map_err(|bad| refused(bad.to_string()))?;
            Ok(Made { value, bytes })
        }
        Outcome::Differs(found) | Outcome::AsPrinted(found) => {
            let lines: Vec<String> = found.iter().map(|one| safe(&one.to_string())).collect();
            Err(refused(lines.join("\n  ")))
        }
        Outcome::Not(why) => Err(refused(safe(&why))),
        Outcome::Newer(format) => Err(Failure::undecided(format!(
            "{} is of the format {}, which this program does not know; use a newer release",
            file.display(),
            safe(&format)
        ))),
    }
}

fn body_of(made: &Made) -> Result<StatementPublished, Failure> {
    let (_, asked) = asked(&made.value).map_err(|bad| Failure::usage(bad.to_string()))?;
    Ok(StatementPublished {
        on: asked.on,
        size: asked.size,
        root: field(&made.value, "root").to_owned(),
        edition: field(&made.value, "edition").parse::<EditionId>()?,
        category: field(&made.value, "category").parse::<CategoryId>()?,
        standing: standing(&made.value).to_owned(),
    })
}

/// What changes from one size to the next although the position does not.
const MOVES: [&str; 6] = ["size", "root", "sentence", "recorded", "published_before", "witnessed"];

/// The newest publication that answers the same question in the same way.
fn unchanged(journal: &Journal, made: &Made) -> Result<Option<u64>, Failure> {
    let still = |value: &Value| {
        let mut value = value.clone();
        if let Some(fields) = value.as_object_mut() {
            fields.retain(|name, _| !MOVES.contains(&name.as_str()));
        }
        value
    };
    let same_question = |value: &Value| {
        let names = ["on", "rules", "edition", "category"];
        names.iter().all(|name| value.get(*name) == made.value.get(*name))
    };
    for fact in publications(&journal.ledger).rev() {
        let Some(value) = statement_in(journal.store(), fact)? else { continue };
        if same_question(&value) {
            return Ok((still(&value) == still(&made.value)).then_some(fact.seq));
        }
    }
    Ok(None)
}

fn list(path: Option<&Path>, csv: AsCsv, output: &mut Output<'_>) -> Result<u8, Failure> {
    let csv = csv.wanted(output)?;
    let journal = open(path, Mode::Read, output)?;
    let ledger = &journal.ledger;
    let mut columns =
        Columns::new(&["Entry", "Published", "By", "Position on", "Edition", "Standing", "From"]);
    let mut newest = std::collections::BTreeMap::new();
    for fact in publications(ledger) {
        let Event::StatementPublished(body) = &fact.event else { continue };
        newest.insert((body.edition.clone(), body.category.clone()), fact.seq);
    }
    let (mut values, mut rows) = (Vec::new(), Vec::new());
    for fact in publications(ledger) {
        let Event::StatementPublished(body) = &fact.event else { continue };
        let current = newest.values().any(|seq| *seq == fact.seq);
        let word = standing_word(&body.standing);
        let row = [
            format!("#{}", fact.seq),
            fact.at.london_day().short(),
            super::answers::log::holder(ledger, &fact.by),
            body.on.short(),
            format!("{} {}", body.edition, body.category),
            if current { word.to_owned() } else { format!("{word} (superseded)") },
            format!("{} entries", body.size),
        ];
        columns.row(row.clone());
        rows.push(row);
        values.push(json!({
            "entry": fact.seq,
            "recorded": fact.at.to_string(),
            "by": fact.by.as_str(),
            "holder": super::answers::log::holder(ledger, &fact.by),
            "on": body.on.to_string(),
            "size": body.size,
            "root": body.root,
            "edition": body.edition.as_str(),
            "category": body.category.as_str(),
            "standing": body.standing,
            "newest": current,
            "sha256": fact.subjects.iter().find(|one| one.name == NAME).map(|one| &one.sha256),
        }));
    }
    if csv {
        let header = ["entry", "published", "by", "position_on", "edition", "standing", "from"];
        write_believed(&header, rows, output)?;
        return Ok(exit::YES);
    }
    let text = if values.is_empty() {
        "Nothing is recorded as published.\n".to_owned()
    } else {
        columns.text(output.width)
    };
    output.answer("dspt.statements/1", json!({ "statements": values }), &text)?;
    Ok(exit::YES)
}

fn show(args: &ShowArgs, path: Option<&Path>, output: &mut Output<'_>) -> Result<u8, Failure> {
    let (value, entry) = if args.statement.trim_start_matches('#').parse::<u64>().is_ok() {
        let journal = open(path, Mode::Read, output)?;
        let fact = find_event(&args.statement, &journal.ledger.facts)?;
        let found = statement_in(journal.store(), fact)?;
        let found = found.ok_or_else(|| {
            Failure::usage(format!("entry #{} publishes no statement", fact.seq))
                .help("list them with: dspt statement list")
        })?;
        (found, Some(fact.seq))
    } else {
        let bytes = read_statement(Path::new(&args.statement))?;
        let shown = &args.statement;
        let not = |why: String| {
            let failure = Failure::new(Code::NotAStatement, exit::INPUT, format!("{shown}{why}"));
            hinted(failure, Path::new(shown))
        };
        let value =
            parse_canonical(&bytes).map_err(|bad| not(format!(" is not a statement: {bad}")))?;
        asked(&value).map_err(|bad| not(format!(": {}", safe(&bad.to_string()))))?;
        (value, None)
    };
    let mut text = text_of(&value, output.width);
    if entry.is_none() {
        let file = &args.statement;
        text = format!(
            "NOT CHECKED: this is what the file says; no signature and no ledger was looked at. \
             Check it with: dspt statement check {}\n{text}",
            safe(file)
        );
    }
    let checked = entry.is_some();
    let value = json!({ "entry": entry, "checked": checked, "statement": value });
    output.answer("dspt.statement/1", value, &text)?;
    Ok(exit::YES)
}

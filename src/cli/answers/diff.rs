//! `dspt diff`: what changed between two positions, and because of what.

use std::fmt::Write as _;
use std::path::Path;

use clap::Args as ClapArgs;
use serde_json::json;

use super::log::{doubtful, late_mark, marked};
use super::status::{TRANSCRIPTION, is_transcription};
use crate::cli::as_of::{Question, open};
use crate::cli::csv_form::{AsCsv, write_believed};
use crate::cli::error::{Failure, exit};
use crate::cli::output::{Columns, Output, cut, safe};
use crate::domain::engine::status::{Positions, Status};
use crate::domain::explain::diff::{Change, Way, changes, main_causes, worse};
use crate::report::as_of::AsOf;
use crate::report::difference::Difference;
use crate::store::Mode;
use crate::verify::audit::Ledger;

/// Arguments of `diff`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct Args {
    /// The first day
    a: String,
    /// The second day
    b: String,
    /// How much may be used for both: then (each what was recorded by its day), now, a date, #SIZE
    #[arg(long, value_name = "then|now|DATE|#SIZE")]
    as_known: Option<String>,
    /// The same for the first day only
    #[arg(long, value_name = "then|now|DATE|#SIZE")]
    a_as_known: Option<String>,
    /// The same for the second day only
    #[arg(long, value_name = "then|now|DATE|#SIZE")]
    b_as_known: Option<String>,
    /// Which revision of the rules decides: then or latest
    #[arg(long, value_name = "then|latest")]
    rules: Option<String>,
    /// Exit with 1 when something changed
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    csv: AsCsv,
}

struct Side {
    as_of: AsOf,
    positions: Positions,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`]; exit status 1 with `--exit-code` when something changed.
pub(in crate::cli) fn run(
    args: &Args,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let csv = args.csv.wanted(output)?;
    let journal = open(ledger, Mode::Read, output)?;
    let side = |at: &str, known: Option<&String>, output: &Output<'_>| -> Result<Side, Failure> {
        let question = Question {
            at: Some(at.to_owned()),
            as_known: known.or(args.as_known.as_ref()).cloned(),
            rules: args.rules.clone(),
        };
        let as_of = question.resolve(&journal.ledger.facts, output)?;
        let state = journal.state(as_of.size)?;
        let positions = Positions::new(&state, as_of.rules);
        Ok(Side { as_of, positions })
    };
    let a = side(&args.a, args.a_as_known.as_ref(), output)?;
    let b = side(&args.b, args.b_as_known.as_ref(), output)?;
    let (before, after) = (a.positions.on(a.as_of.on), b.positions.on(b.as_of.on));
    let changes = changes(&before, &after);
    let done = if args.exit_code && !changes.is_empty() { exit::NO } else { exit::YES };
    if csv {
        table((&a, &b), &changes, &journal.ledger, output)?;
        return Ok(done);
    }
    let text = text((&a, &b), &changes, &journal.ledger, output.width);
    let report = Difference::new((&a.as_of, &b.as_of), &changes, |entries| {
        doubtful(&journal.ledger, entries)
    });
    output.answer("dspt.diff/1", json!(report), &text)?;
    Ok(done)
}

/// The changes as a table, with both questions in every row.
fn table(
    (a, b): (&Side, &Side),
    changes: &[Change],
    ledger: &Ledger,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let sides = [a, b].map(|side| side.as_of.sentence(&side.positions));
    let rows = changes.iter().map(|one| {
        let [a, b] = sides.clone();
        [
            one.item.item.to_string(),
            one.before.json().to_owned(),
            one.after.json().to_owned(),
            one.title.clone(),
            one.cause.clone(),
            format!("{}{}", marked(ledger, &one.entries), late_mark(one.late)),
            a,
            b,
        ]
    });
    write_believed(&["item", "a", "b", "title", "cause", "entries", "a_is", "b_is"], rows, output)
}

fn text(
    (a, b): (&Side, &Side),
    changes: &[Change],
    ledger: &Ledger,
    width: Option<usize>,
) -> String {
    let mut text = String::new();
    for (name, side) in [("A", a), ("B", b)] {
        let _ = writeln!(text, "{name}: {}", side.as_of.sentence(&side.positions));
    }
    let fell = changes.iter().filter(|one| worse(one.before, one.after)).count();
    let rose = changes.iter().filter(|one| worse(one.after, one.before)).count();
    if [a, b].iter().any(|side| is_transcription(&side.positions, &side.as_of)) {
        text.push_str(TRANSCRIPTION);
    }
    let _ = writeln!(
        text,
        "Items changed: {}, now in place: {rose}, no longer in place: {fell}",
        changes.len()
    );
    for one in main_causes(changes) {
        let _ = writeln!(
            text,
            "  {} {}because {}  {}{}",
            one.count,
            way(one.way),
            safe(one.text),
            marked(ledger, one.entries),
            late_mark(one.late)
        );
    }
    text.push('\n');
    let mut columns = Columns::new(&["Item", "A", "B", "What it asks for", "Cause", "Entries"]);
    for one in changes {
        let status = |status: Status| format!("{} {}", status.mark(), status.word());
        columns.row([
            one.item.item.to_string(),
            status(one.before),
            status(one.after),
            cut(&one.title, 36),
            cut(&one.cause, 60),
            format!("{}{}", marked(ledger, &one.entries), late_mark(one.late)),
        ]);
    }
    if !changes.is_empty() {
        text.push_str(&columns.text(width));
    }
    text
}

/// The words before "because" for items that moved one way.
fn way(way: Way) -> &'static str {
    match way {
        Way::Worse => "no longer in place ",
        Way::Better => "now in place ",
        Way::Other => "otherwise ",
    }
}

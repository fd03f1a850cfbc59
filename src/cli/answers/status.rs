//! `dspt status`: the position on a day, its counts and the standing.

use std::fmt::Write as _;
use std::path::Path;

use clap::Args as ClapArgs;
use serde_json::json;

use super::awaited::{self, named_text};
use super::log::{doubtful, marked};
use crate::cli::as_of::{Question, ask, no_edition};
use crate::cli::csv_form::{AsCsv, write_believed};
use crate::cli::error::{Failure, exit};
use crate::cli::output::{Columns, Output, cut};
use crate::cli::statements::published::Published;
use crate::domain::catalogue::edition::Requirement;
use crate::domain::engine::standing::{Counts, Standing, Verdict, judge};
use crate::domain::engine::status::{Finding, Positions, Status};
use crate::domain::state::State;
use crate::report::as_of::AsOf;
use crate::report::position::{self, Parts, Position};
use crate::tui::model::filter::Filter;
use crate::verify::audit::Ledger;

/// Arguments of `status`.
#[derive(ClapArgs, Debug, Default)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    question: Question,
    /// Only these, separated by commas: statuses such as not-met,lapsed; mandatory; standard-9
    #[arg(long, value_delimiter = ',', value_name = "WHICH")]
    only: Vec<String>,
    /// Exit with 1 unless the standing is at least this: met or exceeded
    #[arg(long, value_name = "met|exceeded")]
    require: Option<String>,
    #[command(flatten)]
    csv: AsCsv,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`]; exit status 1 when `--require` is not reached.
pub(in crate::cli) fn run(
    args: &Args,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let only = Filter::parse(&args.only.join(" ")).map_err(Failure::usage)?;
    if only.late || only.by.is_some() || only.worse.is_some() {
        return Err(Failure::usage("--only takes statuses, mandatory and standard-N".to_owned())
            .help("for entries ask `dspt log --late` or `dspt log --by NAME`"));
    }
    let csv = args.csv.wanted(output)?;
    let require = required(args.require.as_deref())?;
    let (journal, state, as_of) = ask(ledger, &args.question, output)?;
    let positions = Positions::new(&state, as_of.rules);
    let Some(period) = positions.derivation.period_on(as_of.on) else {
        if csv || require.is_some() {
            return Err(no_edition(as_of.on));
        }
        return awaited::status(&journal.ledger, (&state, &positions, &as_of), output);
    };
    let view = positions.on(as_of.on);
    let findings = view.findings();
    let (counts, verdict) = (Counts::of(&view.stands()), judge(&view, &view.stands()));
    let published = Published::newest(&journal, &state, period, &findings, &verdict)?;
    let shown: Vec<&Finding> = findings
        .iter()
        .filter(|one| only.shows(one.item.item.as_str(), one.requirement, one.status))
        .collect();
    let page = Page {
        ledger: &journal.ledger,
        doubtful: findings
            .iter()
            .filter(|one| !doubtful(&journal.ledger, &one.because).is_empty())
            .count(),
        state: &state,
        positions: &positions,
        as_of: &as_of,
        shown: &shown,
        counts: &counts,
        verdict: &verdict,
        published: published.as_ref(),
    };
    if csv {
        page.csv(output)?;
    } else {
        output.answer("dspt.status/1", json!(page.report()), &page.text(output.width))?;
        output.hint("Next: dspt explain ITEM")?;
    }
    Ok(if require.is_some_and(|least| verdict.standing < least) { exit::NO } else { exit::YES })
}

fn required(word: Option<&str>) -> Result<Option<Standing>, Failure> {
    match word {
        None => Ok(None),
        Some("met") => Ok(Some(Standing::StandardsMet)),
        Some("exceeded") => Ok(Some(Standing::StandardsExceeded)),
        Some(other) => {
            Err(Failure::usage(format!("--require takes met or exceeded, not `{other}`")))
        }
    }
}

struct Page<'p> {
    ledger: &'p Ledger,
    doubtful: usize,
    state: &'p State,
    positions: &'p Positions,
    as_of: &'p AsOf,
    shown: &'p [&'p Finding],
    counts: &'p Counts,
    verdict: &'p Verdict,
    published: Option<&'p Published<'p>>,
}

impl Page<'_> {
    fn text(&self, width: Option<usize>) -> String {
        let mut text = format!("{}\n", self.as_of.sentence(self.positions));
        if let Some(period) = self.positions.derivation.period_on(self.as_of.on) {
            let _ = writeln!(
                text,
                "{}, {} ({})",
                self.state.organisation, period.organisation_type, period.category
            );
            if is_transcription(self.positions, self.as_of) {
                text.push_str(TRANSCRIPTION);
            }
        }
        let mut columns =
            Columns::new(&["Item", "Status", "", "What it asks for", "Because", "Entries"]);
        for one in self.shown {
            let asked = if one.requirement == Requirement::Mandatory { "M" } else { "" };
            columns.row([
                one.item.item.to_string(),
                format!("{} {}", one.status.mark(), one.status.word()),
                asked.to_owned(),
                cut(&one.title, 48),
                cut(&one.because_text, 40),
                marked(self.ledger, &one.because),
            ]);
        }
        text.push('\n');
        text.push_str(&columns.text(width));
        if self.shown.iter().any(|one| one.requirement == Requirement::Mandatory) {
            text.push_str("M: mandatory\n");
        }
        if self.counts.all.values().sum::<u64>() == 0 {
            text.push_str(
                "The edition in force has no item for this category, so nothing is asked.\n",
            );
        }
        text.push_str(&named_text(self.ledger, &self.state.of_no_edition(&self.ledger.facts)));
        text.push('\n');
        text.push_str(&counts_text(self.counts));
        if self.doubtful > 0 {
            let _ =
                writeln!(text, "DOUBTFUL: {} rest on entries of a compromised key", self.doubtful);
        }
        text.push_str(&verdict_text(self.verdict, self.ledger));
        text.push_str(&Published::text(self.published));
        text
    }

    /// The items as a table, with the question in every row.
    fn csv(&self, output: &mut Output<'_>) -> Result<(), Failure> {
        const HEADER: [&str; 12] = [
            "item",
            "title",
            "requirement",
            "status",
            "because",
            "entries",
            "at",
            "as_known",
            "rules",
            "organisation",
            "edition",
            "category",
        ];
        let period = self.positions.derivation.period_on(self.as_of.on);
        let view = self.as_of.view();
        let edition = period.map_or_else(String::new, |one| {
            format!("{} revision {}", one.edition.id, one.edition.revision)
        });
        let category = period.map_or_else(String::new, |one| one.category.to_string());
        let row = |one: &&Finding| {
            let cells = [
                one.item.item.as_str(),
                &one.title,
                one.requirement.as_str(),
                one.status.json(),
                &one.because_text,
                &marked(self.ledger, &one.because),
                &view.at,
                &self.as_of.known_text,
                view.rules,
                &self.state.organisation,
                &edition,
                &category,
            ];
            cells.map(str::to_owned)
        };
        write_believed(&HEADER, self.shown.iter().map(row), output)
    }

    fn report(&self) -> Position<'_> {
        let parts = Parts {
            as_of: self.as_of,
            positions: self.positions,
            organisation: &self.state.organisation,
            shown: self.shown,
            counts: self.counts,
            verdict: self.verdict,
            doubtful_items: self.doubtful,
        };
        Position::new(&parts, self.published.map(Published::report), |entries| {
            doubtful(self.ledger, entries)
        })
    }
}

/// Says that the items are not the official file's.
pub(in crate::cli) const TRANSCRIPTION: &str = "Items and exemptions: secondary transcription, in this project's own words; check against the official file.\n";

/// Says whether the items in force come from a secondary transcription.
pub(in crate::cli) fn is_transcription(positions: &Positions, as_of: &AsOf) -> bool {
    let period = positions.derivation.period_on(as_of.on);
    period.is_some_and(position::is_transcription)
}

/// The counts line, every status, zero ones too, and the mandatory items apart.
pub(in crate::cli) fn counts_text(counts: &Counts) -> String {
    let count = |status: &Status| counts.all.get(status).copied().unwrap_or_default();
    let all: Vec<String> =
        Status::ALL.iter().map(|status| format!("{} {}", status.word(), count(status))).collect();
    let (in_place, mandatory) = counts.mandatory_in_place();
    format!("{}\nMandatory: {in_place} of {mandatory} in place\n", all.join("   "))
}

fn verdict_text(verdict: &Verdict, ledger: &Ledger) -> String {
    let mut text = format!("Standing: {}\n", verdict.standing.word());
    if !verdict.missing_items.is_empty() {
        let items: Vec<&str> =
            verdict.missing_items.iter().map(|(item, _)| item.item.as_str()).collect();
        let _ = writeln!(text, "  {} mandatory items are not in place:", items.len());
        text.push_str(&wrapped(&items));
    }
    if !verdict.unconfirmed.is_empty() {
        let assertions: Vec<&str> =
            verdict.unconfirmed.iter().map(|one| one.assertion.as_str()).collect();
        let _ = writeln!(text, "  {} assertions are not confirmed:", assertions.len());
        text.push_str(&wrapped(&assertions));
    }
    if !verdict.not_applicable.is_empty() {
        let count = verdict.not_applicable.len();
        let _ = writeln!(
            text,
            "  {count} mandatory items count as in place for a recorded reason why they do not apply"
        );
    }
    match (verdict.standing, verdict.cyber_essentials_plus.as_slice()) {
        (Standing::StandardsMet, _) => {
            text.push_str(
                "  a current Cyber Essentials Plus certificate would make it Standards Exceeded\n",
            );
        }
        (Standing::StandardsExceeded, entries) => {
            let _ = writeln!(
                text,
                "  with a current Cyber Essentials Plus certificate: {}",
                marked(ledger, entries)
            );
        }
        (Standing::StandardsNotMet, _) => {}
    }
    text
}

/// How wide a list of numbers may become.
const LIST_WIDTH: usize = 76;

/// Words on indented lines.
fn wrapped(words: &[&str]) -> String {
    let (mut text, mut line) = (String::new(), String::new());
    for word in words {
        if line.len() + word.len() >= LIST_WIDTH {
            let _ = writeln!(text, "   {line}");
            line.clear();
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(text, "   {line}");
    text
}

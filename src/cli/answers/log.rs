//! `dspt log` and `dspt show`: what was recorded, when, by whom, how late.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use serde_json::{Value, json};

use crate::cli::as_of::{day, event, open};
use crate::cli::csv_form::{AsCsv, write_believed};
use crate::cli::error::{Failure, exit};
use crate::cli::output::{Columns, Output, cut, entries_text, safe};
use crate::cli::proofs::anchor::{believed, believed_text, policy};
use crate::domain::date::{Date, Timestamp};
use crate::domain::event::Event;
use crate::domain::ids::{EditionId, KeyId};
use crate::domain::state::Fact;
use crate::domain::state::anchor::{Interval, Intervals};
use crate::domain::state::awaited::items_of;
use crate::domain::state::describe::{Late, describe, doubt_mark, late, mentions};
use crate::domain::state::explained_clock::Explained;
use crate::store::Mode;
use crate::verify::audit::Ledger;

/// Arguments of `log`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct LogArgs {
    /// Only entries about this item, control or certificate number
    about: Option<String>,
    /// Only entries recorded on this day or later
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Only entries recorded on this day or before
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// Only entries recorded after the day that they are for
    #[arg(long)]
    late: bool,
    /// Only entries by this holder or key
    #[arg(long, value_name = "NAME|KEY")]
    by: Option<String>,
    /// Only witnesses of this policy count for when an entry was written; else all that the ledger
    /// names
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    csv: AsCsv,
}

/// Arguments of `show`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct ShowArgs {
    /// The entry: #12, 12, or its id
    entry: String,
    /// Only witnesses of this policy count for when it was written; else all that the ledger names
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

/// When entries were written, by the word of witnesses outside.
struct Witnessed {
    intervals: Intervals,
    explained: Explained,
    believed: &'static str,
}

impl Witnessed {
    fn new(ledger: &Ledger, file: Option<&Path>) -> Result<Self, Failure> {
        let chosen = file.map(policy).transpose()?;
        let explained = Explained::of(&ledger.facts);
        let intervals = Intervals::weighed(&believed(ledger, chosen.as_ref()), &explained);
        Ok(Self { intervals, explained, believed: believed_text(chosen.is_some()) })
    }

    fn json(&self, fact: &Fact) -> Value {
        let interval = self.intervals.of(fact.seq);
        let stamp = |at: Option<Timestamp>| at.map(|at| at.to_string());
        json!({
            "not_before": stamp(interval.after),
            "not_after": stamp(interval.before),
            "outside": interval.excludes(fact.at),
            "explained_by": self.explained.stamp(fact.seq, fact.at),
            "believed": self.believed,
        })
    }

    fn text(&self, fact: &Fact) -> String {
        let believed = self.believed;
        let interval = self.intervals.of(fact.seq);
        let text = match interval {
            Interval { after: None, before: None } => "no witness has dated it".to_owned(),
            Interval { after: Some(after), before: None } => {
                format!("not before {after}, by {believed}; how late, no witness says")
            }
            Interval { after: None, before: Some(before) } => {
                format!("not after {before}, by {believed}; how early, no witness says")
            }
            Interval { after: Some(after), before: Some(before) } => {
                format!("between {after} and {before}, by {believed}")
            }
        };
        let outside = interval.excludes(fact.at);
        let outside =
            if outside { "\n  OUTSIDE    the time that it claims is outside" } else { "" };
        let by = self.explained.stamp(fact.seq, fact.at);
        let by = by.map_or_else(String::new, |by| {
            format!("\n  CLOCK      entry #{by} says that the clock was wrong")
        });
        format!("  written    {text}{outside}{by}\n")
    }
}

/// Who holds a key, and its role.
pub(in crate::cli) fn holder(ledger: &Ledger, key: &KeyId) -> String {
    ledger
        .roster
        .get(key)
        .map_or_else(|| key.to_string(), |known| format!("{} ({})", known.holder, known.role))
}

/// What a reader must not miss about an entry.
fn marks(
    ledger: &Ledger,
    fact: &Fact,
    witnessed: &Witnessed,
    adopted: &BTreeSet<&EditionId>,
) -> String {
    let unknown = items_of(&fact.event).iter().find(|item| !adopted.contains(&item.edition));
    let unknown = unknown.map(|item| format!("{} is not adopted", item.edition));
    let late = late(fact, &ledger.facts).map(Late::mark);
    let doubtful = is_doubtful(ledger, fact).then(|| DOUBTFUL.to_owned());
    let outside = witnessed.intervals.of(fact.seq).excludes(fact.at);
    let outside = outside.then(|| "OUTSIDE: witnesses exclude this time".to_owned());
    let clock = witnessed.explained.stamp(fact.seq, fact.at);
    let clock = clock.map(|by| format!("WRONG CLOCK, says #{by}"));
    let all = late.into_iter().chain(doubtful).chain(outside).chain(clock).chain(unknown);
    all.collect::<Vec<_>>().join(", ")
}

/// The mark after entries of which one was recorded late; blank where none was.
pub(in crate::cli) fn late_mark(late: Option<Late>) -> String {
    late.map_or_else(String::new, |late| format!("  {}", late.mark()))
}

/// The mark of an entry whose key was declared compromised from there on, or earlier.
const DOUBTFUL: &str = "DOUBTFUL: key compromised";

fn is_doubtful(ledger: &Ledger, fact: &Fact) -> bool {
    ledger.roster.is_doubtful(&fact.by, fact.seq)
}

/// Those of some entries that are doubtful, by all that the ledger says: a warning about an entry
/// is not an answer, and holds for what was known before it as well.
pub(in crate::cli) fn doubtful(ledger: &Ledger, entries: &[u64]) -> Vec<u64> {
    ledger.roster.doubtful(&ledger.facts, entries)
}

/// Entries as people write them, with a mark where some are doubtful: `#3 #17  DOUBTFUL: ...`.
pub(in crate::cli) fn marked(ledger: &Ledger, entries: &[u64]) -> String {
    let (text, mark) = (entries_text(entries), doubt_mark(&doubtful(ledger, entries)));
    if mark.is_empty() { text } else { format!("{text}  {mark}") }
}

/// Runs `log`.
///
/// # Errors
/// [`Failure`] when the ledger cannot be read or a date is wrong.
pub(in crate::cli) fn log(
    args: &LogArgs,
    path: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let csv = args.csv.wanted(output)?;
    let since = args.since.as_deref().map(|text| day(text, output)).transpose()?;
    let until = args.until.as_deref().map(|text| day(text, output)).transpose()?;
    let journal = open(path, Mode::Read, output)?;
    let ledger = &journal.ledger;
    let shown: Vec<&Fact> =
        ledger.facts.iter().filter(|fact| wanted(args, ledger, fact, since, until)).collect();
    let witnessed = Witnessed::new(ledger, args.policy.as_deref())?;
    if output.json {
        for fact in &shown {
            output.answer("dspt.entry/1", fact_json(ledger, fact, &witnessed), "")?;
        }
        return Ok(exit::YES);
    }
    let adopted: BTreeSet<&EditionId> = ledger.facts.iter().filter_map(adopts).collect();
    if csv {
        let rows = shown.iter().map(|fact| {
            [
                fact.seq.to_string(),
                fact.at.to_string(),
                holder(ledger, &fact.by),
                fact.event.kind().to_string(),
                fact.event.effective_day().map_or_else(String::new, |day| day.to_string()),
                describe(&fact.event, &ledger.facts),
                marks(ledger, fact, &witnessed, &adopted),
            ]
        });
        let header = ["entry", "recorded", "by", "what", "day", "about", "marks"];
        write_believed(&header, rows, output)?;
        return Ok(exit::YES);
    }
    let mut columns = Columns::new(&["Entry", "Recorded", "By", "What", "About", ""]);
    for fact in &shown {
        columns.row([
            format!("#{}", fact.seq),
            fact.at.london_day().short(),
            holder(ledger, &fact.by),
            fact.event.kind().to_string(),
            cut(&describe(&fact.event, &ledger.facts), 76),
            marks(ledger, fact, &witnessed, &adopted),
        ]);
    }
    let text = format!(
        "{}{} of {} entries\n",
        columns.text(output.width),
        shown.len(),
        ledger.facts.len()
    );
    output.answer("dspt.log/1", json!({}), &text)?;
    Ok(exit::YES)
}

/// The edition that an entry adopts.
fn adopts(fact: &Fact) -> Option<&EditionId> {
    if let Event::EditionAdopted(body) = &fact.event { Some(&body.edition) } else { None }
}

fn wanted(
    args: &LogArgs,
    ledger: &Ledger,
    fact: &Fact,
    since: Option<Date>,
    until: Option<Date>,
) -> bool {
    let recorded = fact.at.london_day();
    let by = args.by.as_ref().is_none_or(|name| {
        fact.by.as_str().contains(name.as_str())
            || holder(ledger, &fact.by).to_lowercase().contains(&name.to_lowercase())
    });
    since.is_none_or(|day| day <= recorded)
        && until.is_none_or(|day| recorded <= day)
        && (!args.late || late(fact, &ledger.facts).is_some())
        && args.about.as_ref().is_none_or(|about| mentions(&fact.event, &ledger.facts, about))
        && by
}

fn fact_json(ledger: &Ledger, fact: &Fact, witnessed: &Witnessed) -> Value {
    let late = late(fact, &ledger.facts);
    json!({
        "entry": fact.seq,
        "id": fact.id.to_string(),
        "recorded": fact.at.to_string(),
        "recorded_on": fact.at.london_day().to_string(),
        "by": fact.by.as_str(),
        "holder": ledger.roster.get(&fact.by).map(|known| known.holder.clone()),
        "role": ledger.roster.get(&fact.by).map(|known| known.role.as_str()),
        "doubtful": is_doubtful(ledger, fact),
        "type": fact.event.kind().as_str(),
        "about": describe(&fact.event, &ledger.facts),
        "late_days": late.map(|one| one.days),
        "before_ledger": late.is_some_and(|one| one.before_ledger),
        "written": witnessed.json(fact),
        "body": fact.event.body().ok(),
        "subjects": fact.subjects.iter()
            .map(|one| json!({ "name": one.name, "sha256": one.sha256 })).collect::<Vec<_>>(),
    })
}

/// Runs `show`.
///
/// # Errors
/// [`Failure`] when there is no such entry.
pub(in crate::cli) fn show(
    args: &ShowArgs,
    path: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let journal = open(path, Mode::Read, output)?;
    let ledger = &journal.ledger;
    let fact = event(&args.entry, &ledger.facts)?;
    // What was verified before is only remembered, and one entry costs next to nothing.
    journal.check_signatures(fact.seq)?;
    let leaf = usize::try_from(fact.seq).ok().and_then(|seq| ledger.leaves.get(seq));
    let leaf = leaf.map_or_else(String::new, crate::ledger::Digest::hex);
    let witnessed = Witnessed::new(ledger, args.policy.as_deref())?;
    let mut value = fact_json(ledger, fact, &witnessed);
    if let Some(object) = value.as_object_mut() {
        object.insert("leaf".to_owned(), json!(leaf));
        object.insert("signature".to_owned(), json!("good"));
        let taker = ledger.taken.get(&fact.seq).map(KeyId::as_str);
        object.insert("put_in_by".to_owned(), json!(taker));
    }
    let mut text = format!("Entry #{}: {}\n", fact.seq, fact.event.kind());
    let _ = writeln!(text, "  about      {}", safe(&describe(&fact.event, &ledger.facts)));
    let _ = writeln!(text, "  recorded   {}", fact.at.london_text());
    text.push_str(&witnessed.text(fact));
    if let Some(late) = late(fact, &ledger.facts) {
        let _ = writeln!(text, "  LATE       {}", late.sentence());
    }
    let _ = writeln!(text, "  by         {}, key {}", safe(&holder(ledger, &fact.by)), fact.by);
    if let Some(taker) = ledger.taken.get(&fact.seq) {
        let who = safe(&holder(ledger, taker));
        let _ = writeln!(
            text,
            "  put in by  {who}, key {taker}, from a request that its author signed"
        );
    }
    if is_doubtful(ledger, fact) {
        text.push_str(
            "  DOUBTFUL   the key was declared compromised from this entry or an earlier one\n",
        );
    }
    let _ = writeln!(text, "  id         {}", fact.id);
    let _ = writeln!(text, "  leaf       {leaf}");
    text.push_str("  signature  good\n");
    for one in &fact.subjects {
        let _ = writeln!(text, "  names      {} sha256 {}", safe(&one.name), one.sha256);
    }
    for other in later(fact, &ledger.facts) {
        let about = safe(&describe(&other.event, &ledger.facts));
        let mark = if is_doubtful(ledger, other) { format!("  {DOUBTFUL}") } else { String::new() };
        let _ = writeln!(text, "  later      #{} {}: {about}{mark}", other.seq, other.event.kind());
    }
    if let Ok(Value::Object(fields)) = fact.event.body() {
        for (name, field) in fields {
            let _ = writeln!(text, "    {name}: {}", safe(&field.to_string()));
        }
    }
    output.answer("dspt.entry/1", value, &text)?;
    Ok(exit::YES)
}

/// Later entries that point at this one.
fn later<'f>(fact: &'f Fact, facts: &'f [Fact]) -> impl Iterator<Item = &'f Fact> {
    facts.iter().filter(|other| other.event.target() == Some(&fact.id))
}

//! The two dates and the rules of a question, from the command line to a replayed position.

use std::path::Path;

use super::code::Code;
use super::error::{Failure, exit};
use super::kind::hinted;
use super::ledger_path::ledger_path;
use super::output::Output;
use crate::domain::belief::{Belief, Grade};
use crate::domain::date::Date;
use crate::domain::date_parse::parse_day;
use crate::domain::engine::derive::RulesChoice;
use crate::domain::engine::status::Positions;
use crate::domain::ids::{EventId, ItemRef};
use crate::domain::state::anchor::is_later;
use crate::domain::state::{Fact, State};
use crate::import::resolve::{self, NotNamed, Own};
use crate::journal::Journal;
use crate::report::as_of::AsOf;
use crate::store::Mode;
use clap::Args;

/// Flags of every command that answers for a date.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Question {
    /// The day you ask about: 2026-06-30, 30/6/2026, 30 June 2026, today, yesterday
    #[arg(long, value_name = "DATE")]
    pub at: Option<String>,
    /// How much of the ledger may be used: then (what was recorded by that day), now, a date, or #SIZE
    #[arg(long, value_name = "then|now|DATE|#SIZE")]
    pub as_known: Option<String>,
    /// Which revision of the edition's files decides: then (in force on that day) or latest
    #[arg(long, value_name = "then|latest")]
    pub rules: Option<String>,
}

/// Reads a day as people type it.
///
/// # Errors
/// [`Failure`] saying in one line what is wrong.
pub(super) fn day(text: &str, output: &Output<'_>) -> Result<Date, Failure> {
    let today = output.now.london_day();
    match text.trim().to_ascii_lowercase().as_str() {
        "today" => Ok(today),
        "yesterday" => Ok(today.plus(-1)),
        "tomorrow" => Ok(today.plus(1)),
        _ => parse_day(text).map_err(Failure::usage),
    }
}

/// Reads an optional day; today when it is left out.
///
/// # Errors
/// As [`day`].
pub(super) fn day_or_today(text: Option<&str>, output: &Output<'_>) -> Result<Date, Failure> {
    text.map_or_else(|| Ok(output.now.london_day()), |text| day(text, output))
}

impl Question {
    /// Understands the question against a ledger.
    ///
    /// # Errors
    /// [`Failure`] for a date or size that cannot be used.
    pub(super) fn resolve(&self, facts: &[Fact], output: &Output<'_>) -> Result<AsOf, Failure> {
        let on = day_or_today(self.at.as_deref(), output)?;
        let rules = match self.rules.as_deref() {
            None | Some("then") => RulesChoice::Then,
            Some("latest") => RulesChoice::Latest,
            Some(other) => {
                return Err(Failure::usage(format!("`{other}` is not then or latest: --rules")));
            }
        };
        let (size, known_text) = known(self.as_known.as_deref(), on, facts, output)?;
        Ok(AsOf { on, size, rules, known_text })
    }
}

fn known(
    text: Option<&str>,
    on: Date,
    facts: &[Fact],
    output: &Output<'_>,
) -> Result<(u64, String), Failure> {
    let all = facts.len() as u64;
    let by = |day: Date| facts.iter().take_while(|fact| fact.at.london_day() <= day).count() as u64;
    let entries = |size: u64| format!("{size} of {all} entries");
    match text.unwrap_or("now") {
        "now" => Ok((all, format!("now ({})", entries(all)))),
        "then" => Ok((by(on), format!("{} ({})", on.long(), entries(by(on))))),
        size if size.starts_with('#') => {
            let number = size.trim_start_matches('#').parse().ok().filter(|size| *size <= all);
            let number = number.ok_or_else(|| {
                Failure::usage(format!(
                    "`{size}` is not a size of this ledger; it has {all} entries"
                ))
            })?;
            Ok((number, format!("the first {}", entries(number))))
        }
        date => {
            let date = day(date, output)?;
            Ok((by(date), format!("{} ({})", date.long(), entries(by(date)))))
        }
    }
}

/// Opens a ledger: what this user verified before is hashed only, the rest is checked in full.
///
/// # Errors
/// [`Failure`] when it is not there, does not verify, or is not the one verified before.
pub(super) fn open(
    given: Option<&Path>,
    mode: Mode,
    output: &mut Output<'_>,
) -> Result<Journal, Failure> {
    let path = ledger_path(given)?;
    let journal = Journal::open_since(&path, mode, &output.memory)
        .map_err(|error| hinted(error.into(), &path))?;
    for note in &journal.notes {
        output.warn(note)?;
    }
    let mut belief = journal.belief.clone();
    if journal.store().guard()?.refuses_writing() {
        let why = "head_file: the head file beside this ledger is not of it as it is";
        belief = Belief { grade: Grade::Broken, why: Some(why.to_owned()), ..belief };
        output.warn(
            "the head file beside this ledger is not of it as it is: an older copy was put back, it \
             is another ledger, or one of the two was changed; look at it with: dspt verify",
        )?;
    }
    // The newest that claims a day to come: an answer rests on what it says.
    let now = output.now;
    let ahead = journal.ledger.facts.iter().rev().find(|fact| is_later(fact.at, now));
    belief.remark = ahead.map(|fact| {
        let (day, today) = (fact.at.london_day().long(), now.london_day().long());
        format!(
            "entry #{} says that it was recorded on {day}, which is after your clock, {today}",
            fact.seq
        )
    });
    // What is recorded after it was opened is said by the answer itself.
    output.belief = (mode == Mode::Read).then_some(belief);
    Ok(journal)
}

/// Opens a ledger for what leaves it as a file, a head or a proof.
///
/// # Errors
/// [`Failure`] as of [`open`], and where something speaks against the ledger as it is: an answer can
/// say so beside itself, a file that travels is read without its warning.
pub(super) fn open_to_give_out(
    given: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<Journal, Failure> {
    let journal = open(given, Mode::Read, output)?;
    let against = output.belief.as_ref().filter(|belief| !belief.is_clean());
    let Some(belief) = against else { return Ok(journal) };
    let text = format!("nothing is given out from this ledger: {}", belief.sentence());
    let help = "find the newest copy of the ledger; if this is it, move the head file beside it \
                away. `dspt verify` says which of the two is newer";
    Err(Failure::new(Code::DoesNotVerify, exit::NO, text).help(help))
}

/// Opens a ledger for reading and replays it.
///
/// # Errors
/// [`Failure`] when it is not there, does not verify, or the question cannot be used.
pub(super) fn ask(
    given: Option<&Path>,
    question: &Question,
    output: &mut Output<'_>,
) -> Result<(Journal, State, AsOf), Failure> {
    let journal = open(given, Mode::Read, output)?;
    let as_of = question.resolve(&journal.ledger.facts, output)?;
    let state = journal.state(as_of.size)?;
    Ok((journal, state, as_of))
}

/// Finds an event by `#12`, `12` or its id.
///
/// # Errors
/// [`Failure`] when there is no such event.
pub(super) fn event<'f>(text: &str, facts: &'f [Fact]) -> Result<&'f Fact, Failure> {
    let number = text.trim_start_matches('#').parse::<usize>().ok().filter(|_| text.len() < 20);
    let found = match (number, text.parse::<EventId>()) {
        (Some(number), _) => facts.get(number),
        (None, Ok(id)) => facts.iter().find(|fact| fact.id == id),
        (None, Err(_)) => None,
    };
    found.ok_or_else(|| {
        let last = facts.len().saturating_sub(1);
        Failure::usage(format!("`{text}` is not an entry; this ledger has #0 to #{last}"))
            .help("list them with: dspt log")
    })
}

impl From<NotNamed> for Failure {
    fn from(not: NotNamed) -> Self {
        let failure = Self::new(not.code, exit::USAGE, not.message);
        match not.help {
            Some(help) => failure.help(help),
            None => failure,
        }
    }
}

/// Returns the item that a text names on a day, as every command and imported file reads it.
///
/// # Errors
/// [`Failure`] for an item that is not asked for.
pub(super) fn item(
    text: &str,
    state: &State,
    positions: &Positions,
    on: Date,
) -> Result<ItemRef, Failure> {
    let own = Own::of(state, &positions.derivation.periods);
    if own.on(on).is_none() && !text.contains('/') {
        return Err(no_edition(on));
    }
    Ok(resolve::item(text, on, &own, state)?)
}

/// Says that no rules bind on a day.
pub(super) fn no_edition(on: Date) -> Failure {
    Failure::undecided(format!(
        "no edition with the organisation's category is in force on {}, as far as this ledger knows",
        on.long()
    ))
    .help("adopt one with `dspt import edition`, classify with `dspt record classification`")
}

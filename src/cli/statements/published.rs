//! What was last published for the edition on a day, and whether the position has moved since.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::read::{standing_word, statement_in};
use crate::cli::error::Failure;
use crate::cli::output::safe;
use crate::domain::engine::derive::Period;
use crate::domain::engine::standing::Verdict;
use crate::domain::engine::status::Finding;
use crate::domain::event::StatementPublished;
use crate::domain::state::{Fact, State};
use crate::journal::Journal;
use crate::report::position;

/// The newest publication that the question may know of.
pub(in crate::cli) struct Published<'j> {
    body: StatementPublished,
    fact: &'j Fact,
    holder: String,
    moved: Option<Moved>,
}

/// In what the position asked about is another one than the position that was published.
struct Moved {
    items: BTreeSet<String>,
    standing: bool,
}

impl<'j> Published<'j> {
    /// Finds it; none when nothing was published for the edition and category by then.
    ///
    /// # Errors
    /// [`Failure`] when the stored statement cannot be read.
    pub(in crate::cli) fn newest(
        journal: &'j Journal,
        state: &State,
        period: &Period,
        findings: &[Finding],
        verdict: &Verdict,
    ) -> Result<Option<Self>, Failure> {
        let same = state.published.iter().filter(|one| {
            one.what.edition == period.edition.id && one.what.category == period.category
        });
        let Some(known) = same.max_by_key(|one| one.place()) else { return Ok(None) };
        let place = usize::try_from(known.place()).ok();
        let fact = place.and_then(|place| journal.ledger.facts.get(place));
        let Some(fact) = fact else { return Ok(None) };
        let stated = statement_in(journal.store(), fact)?;
        Ok(Some(Self {
            body: known.what.clone(),
            fact,
            holder: crate::cli::answers::log::holder(&journal.ledger, &fact.by),
            moved: stated.map(|stated| moved(&stated, &known.what, findings, verdict)),
        }))
    }

    /// The line for people, and under it what has moved.
    pub(in crate::cli) fn text(published: Option<&Self>) -> String {
        let Some(it) = published else {
            return "Published: nothing is recorded as published\n".to_owned();
        };
        let mut text = format!(
            "Published: {} on {}, entry #{}, by {} on {}\n",
            safe(standing_word(&it.body.standing)),
            it.body.on.long(),
            it.fact.seq,
            safe(&it.holder),
            it.fact.at.london_day().long()
        );
        match &it.moved {
            None => text.push_str("  its statement cannot be read\n"),
            Some(moved) if moved.items.is_empty() && !moved.standing => {
                text.push_str("  this position is the one that was published\n");
            }
            Some(moved) => {
                let standing = if moved.standing { ", and the standing" } else { "" };
                let _ = writeln!(
                    text,
                    "  this position is another one: {} items differ{standing}",
                    moved.items.len()
                );
            }
        }
        text
    }

    /// As the position has it.
    pub(in crate::cli) fn report(&self) -> position::Published<'_> {
        let moved = self.moved.as_ref();
        position::Published {
            entry: self.fact.seq,
            on: self.body.on.to_string(),
            size: self.body.size,
            standing: &self.body.standing,
            recorded: self.fact.at.to_string(),
            by: self.fact.by.as_str(),
            holder: &self.holder,
            items_changed: moved.map(|moved| moved.items.iter().map(String::as_str).collect()),
            standing_changed: moved.map(|moved| moved.standing),
        }
    }
}

fn moved(
    stated: &Value,
    body: &StatementPublished,
    findings: &[Finding],
    verdict: &Verdict,
) -> Moved {
    let text = |one: &Value, name: &str| {
        one.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let then = stated.get("items").and_then(Value::as_array).into_iter().flatten();
    let then: BTreeMap<String, String> =
        then.map(|one| (text(one, "item"), text(one, "status"))).collect();
    let now: BTreeMap<String, String> = findings
        .iter()
        .map(|one| (one.item.item.to_string(), one.status.json().to_owned()))
        .collect();
    let all: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    let differ = all.into_iter().filter(|item| then.get(*item) != now.get(*item));
    Moved { items: differ.cloned().collect(), standing: body.standing != verdict.standing.json() }
}

//! What a screen says, before anything is drawn: the same for full screen, linear mode and export.
//!
//! Statuses are read from timelines; reasons are worked out for the rows on screen only.

pub mod advice;
pub mod allowed;
pub mod box_line;
pub mod compare;
pub mod context;
pub mod history;
pub mod linear;
pub mod offer;
pub mod signatures;
pub mod table;
pub mod why;
pub mod year_end;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::model::filter::Filter;
use super::model::session::{Asked, Book, Known, Library};
use crate::domain::catalogue::edition::Requirement;
use crate::domain::date::Date;
use crate::domain::engine::derive::RulesChoice;
use crate::domain::engine::status::{DayView, ItemStatus, Status};
use crate::domain::ids::ItemRef;
use crate::domain::sanitize::safe;
use crate::domain::state::ReplayError;
use crate::report::as_of;

/// One item on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The item.
    pub item: ItemRef,
    /// What it asks for.
    pub title: String,
    /// How strongly.
    pub requirement: Requirement,
    /// Where it stands.
    pub status: Status,
}

/// The position that was asked for.
#[derive(Clone)]
pub struct Position {
    /// The question.
    pub asked: Asked,
    /// The day on which somebody looks.
    pub today: Date,
    /// How many entries it may use.
    pub size: u64,
    /// What answers it.
    pub book: Arc<Book>,
    /// The items shown.
    pub rows: Vec<Row>,
    /// How many items have each status, whatever is shown.
    pub counts: BTreeMap<Status, u64>,
    /// Mandatory items in place, and mandatory items.
    pub mandatory: (u64, u64),
}

impl Position {
    /// Reads the position off the timelines.
    ///
    /// # Errors
    /// [`ReplayError`] when the entries cannot be replayed.
    pub fn read(library: &mut Library, asked: Asked, filter: &Filter) -> Result<Self, ReplayError> {
        let size = library.size(asked);
        let book = library.book(size, asked.rules)?;
        let (mut rows, mut counts, mut mandatory) = (Vec::new(), BTreeMap::new(), (0, 0));
        for ItemStatus { item, asked: row, status } in book.positions.stands(asked.on, |_| true) {
            *counts.entry(status).or_default() += 1;
            if row.requirement == Requirement::Mandatory {
                mandatory = (mandatory.0 + u64::from(status.in_place()), mandatory.1 + 1);
            }
            if filter.shows(row.id.as_str(), row.requirement, status) {
                let (title, requirement) = (row.title.clone(), row.requirement);
                rows.push(Row { item, title, requirement, status });
            }
        }
        let today = library.today();
        Ok(Self { asked, today, size, book, rows, counts, mandatory })
    }

    /// The day's view, ready to give reasons.
    pub fn view(&self) -> DayView<'_> {
        self.book.positions.on(self.asked.on)
    }

    /// How many items are asked for.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// How many items have a status.
    pub fn count(&self, status: Status) -> u64 {
        self.counts.get(&status).copied().unwrap_or_default()
    }

    /// Says so where the items are somebody's transcription, not the scheme owner's file.
    pub fn source_text(&self) -> &'static str {
        let period = self.book.positions.derivation.period_on(self.asked.on);
        let transcribed = period.is_some_and(|one| one.edition.is_transcription(&one.category));
        if transcribed { "items: secondary transcription" } else { "" }
    }

    /// The rules as the sentence names them.
    pub fn rules_text(&self) -> String {
        let period = self.book.positions.derivation.period_on(self.asked.on);
        as_of::rules_text(self.asked.rules, period, |period| {
            format!("{} {}", period.edition.id, safe(&period.edition.revision))
        })
    }

    /// The rules as a part of the sentence, between two signs: `under the rules [in force then: ...]`.
    pub fn under_text(&self, before: &str, after: &str) -> String {
        let period = self.book.positions.derivation.period_on(self.asked.on);
        as_of::under(period.is_some(), &format!("{before}{}{after}", self.rules_text()))
    }

    /// The edition and the type of organisation, as the first line names them.
    pub fn edition_text(&self) -> String {
        let period = self.book.positions.derivation.period_on(self.asked.on);
        period.map_or_else(
            || "no edition in force".to_owned(),
            |one| {
                // What the label says in brackets is told by the reasons.
                let label = one.type_label();
                let name = label.split_once(" (").map_or(label, |(name, _)| name);
                format!("DSPT {}, {}", one.edition.id, safe(name))
            },
        )
    }

    /// The whole sentence, with where the items come from.
    pub fn sentence(&self) -> String {
        let source = match self.source_text() {
            "" => "",
            _ => " Items: secondary transcription; check against the official file.",
        };
        let lead = if self.is_forecast() {
            format!("FORECAST for {}, if nothing more is recorded", self.asked.on.long())
        } else {
            format!("Position on {}", self.asked.on.long())
        };
        as_of::sentence(&lead, &self.known_text(true), &self.under_text("", "")) + source
    }

    /// Says whether the day asked about is still to come: then nothing is recorded of it.
    pub fn is_forecast(&self) -> bool {
        self.asked.on > self.today
    }

    /// What begins the sentence over a screen.
    pub fn lead(&self) -> String {
        let on = self.asked.on.short();
        if self.is_forecast() {
            format!("FORECAST for [{on}]")
        } else {
            format!("Position on [{on}]")
        }
    }

    /// How much may be used, as the sentence says it.
    pub fn known_text(&self, long: bool) -> String {
        known_text(self.asked, self.today, long)
    }

    /// Every status with its count, as one line.
    pub fn counts_text(&self) -> String {
        let one = |status: &Status| format!("{} {}.", status.word(), self.count(*status));
        Status::ALL.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    /// Since when an item has had its status.
    pub fn since(&self, item: &ItemRef) -> Option<Date> {
        let changes = self.book.positions.history(item);
        changes.map(|(day, _)| day).take_while(|day| *day <= self.asked.on).last()
    }
}

/// How much may be used, as the sentence says it: nothing is recorded by a day to come.
pub fn known_text(asked: Asked, today: Date, long: bool) -> String {
    let name = |day: Date| match (day > today, long) {
        (true, _) => "today".to_owned(),
        (false, true) => day.long(),
        (false, false) => day.short(),
    };
    match asked.known {
        Known::Then => name(asked.on),
        Known::Now => "today".to_owned(),
        Known::By(day) => name(day),
        Known::Size(size) => format!("entry #{}", size.saturating_sub(1)),
    }
}

/// The flags that ask the same question on the command line.
pub fn flags(asked: Asked) -> String {
    let known = match asked.known {
        Known::Then => " --as-known then".to_owned(),
        Known::Now => String::new(),
        Known::By(day) => format!(" --as-known {day}"),
        Known::Size(size) => format!(" --as-known '#{size}'"),
    };
    let rules = match asked.rules {
        RulesChoice::Then => "",
        RulesChoice::Latest => " --rules latest",
    };
    format!("--at {}{known}{rules}", asked.on)
}

/// Entries as people write them: `#3 #17`.
pub fn entries_text(entries: &[u64]) -> String {
    entries.iter().map(|seq| format!("#{seq}")).collect::<Vec<_>>().join(" ")
}

/// What stands on its own line under the items: one item in a sentence.
pub fn brief(position: &Position, row: &Row, because: &str) -> String {
    let number = &row.item.item;
    let word = row.status.word().to_lowercase();
    let since = position.since(&row.item).map_or_else(String::new, |day| {
        if row.status == Status::Lapsed {
            format!(" on {}", day.short())
        } else {
            format!(" since {}", day.short())
        }
    });
    if row.status == Status::Lapsed {
        format!("{number} lapsed{since}: {because}.")
    } else {
        format!("{number} {word}{since}: {because}.")
    }
}

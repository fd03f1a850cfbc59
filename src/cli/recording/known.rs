//! The ledger that a command records into, opened and verified once, and what it knows by now.

use std::path::Path;

use crate::cli::as_of::{day, item as find_item, open};
use crate::cli::error::Failure;
use crate::cli::output::Output;
use crate::domain::date::Date;
use crate::domain::engine::derive::RulesChoice;
use crate::domain::engine::status::Positions;
use crate::domain::event::Event;
use crate::domain::ids::{AssertionRef, ControlRef, ItemRef, UnitId};
use crate::domain::state::awaited::items_of;
use crate::domain::state::{Facts, State};
use crate::import::resolve::{self, Own};
use crate::journal::Journal;
use crate::store::Mode;

/// The ledger, open from the start as it is needed in the end, and what it knows now: to complete
/// names.
pub(super) struct Known {
    pub(super) journal: Journal,
    pub(super) state: State,
    pub(super) positions: Positions,
}

impl Known {
    pub(super) fn open(
        ledger: Option<&Path>,
        mode: Mode,
        output: &mut Output<'_>,
    ) -> Result<Self, Failure> {
        let journal = open(ledger, mode, output)?;
        let state = journal.state(u64::MAX)?;
        let positions = Positions::new(&state, RulesChoice::Then);
        Ok(Self { journal, state, positions })
    }

    pub(super) fn facts(&self) -> &Facts {
        &self.journal.ledger.facts
    }

    pub(super) fn item(&self, text: &str, on: Date) -> Result<ItemRef, Failure> {
        find_item(text, &self.state, &self.positions, on)
    }

    /// Items on a day: one or several in each text, and ranges.
    pub(super) fn items(&self, texts: &[String], on: Date) -> Result<Vec<ItemRef>, Failure> {
        let own = Own::of(&self.state, &self.positions.derivation.periods);
        let mut found: Vec<ItemRef> = Vec::new();
        for text in texts {
            for one in resolve::items(text, on, &own, &self.state)? {
                if !found.contains(&one) {
                    found.push(one);
                }
            }
        }
        Ok(found)
    }

    /// An assertion on a day: in full, or by its number.
    pub(super) fn assertion(&self, text: &str, on: Date) -> Result<AssertionRef, Failure> {
        let own = Own::of(&self.state, &self.positions.derivation.periods);
        Ok(resolve::assertion(text, on, &own, &self.state)?)
    }

    /// A control or outcome that can be met.
    pub(super) fn control(&self, text: &str) -> Result<ControlRef, Failure> {
        Ok(resolve::control(text, &self.state)?)
    }

    pub(super) fn controls(&self, texts: &[String]) -> Result<Vec<ControlRef>, Failure> {
        texts.iter().map(|text| self.control(text)).collect()
    }

    /// Says of which edition items are that are recorded for a day on which none is in force.
    pub(super) fn say_edition(
        &self,
        event: &Event,
        output: &mut Output<'_>,
    ) -> Result<(), Failure> {
        let items = items_of(event);
        let awaited = |item: &&ItemRef| self.state.awaits(&item.edition, &item.category);
        for item in items.iter().filter(awaited) {
            output.hint(&format!(
                "note: {} of DSPT {} for {} is of no edition in force; what is recorded for it counts \
                 once an edition that has it is adopted",
                item.item, item.edition, item.category
            ))?;
        }
        let Some(day) = event.effective_day() else { return Ok(()) };
        if Own::of(&self.state, &self.positions.derivation.periods).binds_on(day) {
            return Ok(());
        }
        items.iter().filter(|item| !awaited(item)).try_for_each(|item| {
            output.hint(&format!(
                "note: no edition is in force on {}; {} is of DSPT {} for {}",
                day.long(),
                item.item,
                item.edition,
                item.category
            ))
        })
    }

    /// Unit names; `all` stands for every unit declared so far.
    pub(super) fn scope(&self, names: &[String]) -> Result<Vec<UnitId>, Failure> {
        if names.iter().any(|name| name == "all")
            && !self.positions.derivation.units.iter().any(|one| one.as_str() == "all")
        {
            return Ok(self.positions.derivation.units.clone());
        }
        names.iter().map(|name| name.parse().map_err(Failure::from)).collect()
    }
}

/// A day where one is given.
///
/// # Errors
/// [`Failure`] for a text that is no day.
pub(super) fn optional_day(
    text: Option<&str>,
    output: &Output<'_>,
) -> Result<Option<Date>, Failure> {
    text.map(|text| day(text, output)).transpose()
}

//! What would follow from an import, before anything is recorded.

use std::fmt::Write as _;

use serde_json::json;

use super::batch::Batch;
use crate::cli::error::{Failure, exit};
use crate::cli::output::Output;
use crate::cli::recording::bad_rows::{bad_rows, problem};
use crate::domain::authority::admit::admit;
use crate::domain::authority::remark::{nothing_asked, still_unknown};
use crate::domain::date::Date;
use crate::domain::engine::derive::RulesChoice;
use crate::domain::engine::status::Positions;
use crate::domain::event::{EditionAdopted, Event};
use crate::domain::explain::diff::count_changed;
use crate::domain::ids::KeyId;
use crate::domain::problem_code::ProblemCode;
use crate::domain::state::State;
use crate::import::problem::Problems;
use crate::journal::Journal;

/// What would follow from recording a batch.
pub(super) struct Foreseen {
    /// Items whose status would be another, today and on the first day of an edition to come.
    changed: Vec<(Date, usize)>,
    pub(super) remarks: Vec<String>,
}

impl Foreseen {
    pub(super) fn of(
        journal: &Journal,
        state: &State,
        batch: &Batch,
        edition: Option<&EditionAdopted>,
        output: &Output<'_>,
    ) -> Result<Self, Failure> {
        let before = Positions::new(state, RulesChoice::Then);
        let state = journal.foreseen(&batch.events, &nobody()?, output.now)?;
        let after = Positions::new(&state, RulesChoice::Then);
        let today = output.now.london_day();
        let to_come = edition.map(|body| body.effective_from).filter(|day| *day > today);
        let days = std::iter::once(today).chain(to_come);
        let changed = days.map(|day| (day, count_changed(&before, &after, day)));
        let periods = &after.derivation.periods;
        let mut remarks = Vec::new();
        if let Some(body) = edition {
            remarks.extend(nothing_asked(body, &before.derivation.periods, (&state, periods)));
            let named = state.of_no_edition(&journal.ledger.facts);
            remarks.extend(still_unknown(body, &named));
        }
        Ok(Self { changed: changed.collect(), remarks })
    }

    pub(super) fn text(&self, batch: &Batch) -> String {
        let mut text =
            format!("{} All rows are good. Nothing was written (--dry-run).\n", batch.summary);
        for (index, (day, changed)) in self.changed.iter().enumerate() {
            let when = if index == 0 { "today".to_owned() } else { format!("on {}", day.long()) };
            let _ = writeln!(text, "Items that would change status {when}: {changed}");
        }
        text
    }

    pub(super) fn json(&self, batch: &Batch) -> serde_json::Value {
        let changed = self
            .changed
            .iter()
            .map(|(day, changed)| json!({ "on": day.to_string(), "items": changed }));
        json!({
            "dry_run": true,
            "events": batch.events.len(),
            "summary": batch.summary,
            "would_change": changed.collect::<Vec<_>>(),
            "warnings": self.remarks,
            "list": batch.growth,
        })
    }
}

/// No real key: what the key may do is judged when the entries are signed.
fn nobody() -> Result<KeyId, Failure> {
    Ok(format!("SHA256:{}", "A".repeat(43)).parse()?)
}

/// Checks what the rows say against the ledger, so that a refusal names its line.
pub(super) fn check_rows(state: &State, batch: &Batch, output: &Output<'_>) -> Result<(), Failure> {
    let nobody = nobody()?;
    let today = output.now.london_day();
    let mut problems = Vec::new();
    for (index, new) in batch.events.iter().enumerate() {
        let refusal = match admit(state, &new.event, &nobody, today) {
            Ok(()) => too_long(&new.event),
            Err(refusal) => Some(refusal.0),
        };
        let Some(message) = refusal else { continue };
        let Some(line) = batch.lines.get(index) else {
            return Err(Failure::new(ProblemCode::Refused, exit::INPUT, message));
        };
        problems.push(problem(&batch.file, *line, ProblemCode::Refused, message));
    }
    if problems.is_empty() { Ok(()) } else { Err(bad_rows(Problems(problems))) }
}

/// The longest body that surely fits an entry of 65,535 bytes: base64 makes four bytes of three,
/// and the fields around the body take the rest.
const BODY_BYTES_MAX: usize = 47_000;

fn too_long(event: &Event) -> Option<String> {
    let bytes = event.body().map_or(0, |body| body.to_string().len());
    (bytes > BODY_BYTES_MAX).then(|| {
        format!("the row has {bytes} bytes, and an entry holds {BODY_BYTES_MAX}; shorten the text")
    })
}

//! The same list again: what of it is recorded already is left out, what it changes is corrected, and
//! what it leaves out is named.

use serde_json::{Value, json};

use super::batch::Batch;
use crate::cli::error::{Failure, exit};
use crate::cli::output::{Output, safe};
use crate::cli::recording::ids::new_event;
use crate::domain::authority::recognised::{Recognised, Recognition, recognise};
use crate::domain::event::{Correction, Event, Replacement};
use crate::domain::ids::EventId;
use crate::domain::sanitize::shown;
use crate::domain::state::Subject;
use crate::domain::state::describe::describe;
use crate::journal::{File, Journal, NewEvent};

/// Rows that are shown one by one.
const SHOWN: usize = 10;

/// How a list stands to what is recorded.
pub(super) struct Growth {
    already: Vec<u64>,
    new: usize,
    changed: Vec<u64>,
    gone: Vec<u64>,
}

impl Growth {
    /// Leaves in a batch what is new, puts corrections where a row was changed, and says so.
    ///
    /// # Errors
    /// [`Failure`] when nothing can be said.
    pub(super) fn apply(
        journal: &Journal,
        batch: &mut Batch,
        output: &mut Output<'_>,
    ) -> Result<Self, Failure> {
        let files = |new: &NewEvent| new.files.iter().map(File::subject).collect::<Vec<Subject>>();
        let rows: Vec<(&Event, Vec<Subject>)> =
            batch.events.iter().map(|new| (&new.event, files(new))).collect();
        let from = rows.first().and_then(|(_, files)| files.last());
        let from = from.map_or_else(String::new, |file| file.name.clone());
        let Recognition { rows, gone } = recognise(&journal.ledger.facts, &rows, &from);
        let mut growth = Self { already: Vec::new(), new: 0, changed: Vec::new(), gone };
        let old = std::mem::take(&mut batch.events);
        let lines = std::mem::take(&mut batch.lines);
        for ((new, line), row) in old.into_iter().zip(lines).zip(rows) {
            let event = match row {
                Recognised::Already(seq) => {
                    growth.already.push(seq);
                    continue;
                }
                Recognised::Changed { seq, id, before } => {
                    if growth.changed.len() < SHOWN {
                        output.hint(&changed(line, seq, &before, &new.event))?;
                    }
                    growth.changed.push(seq);
                    corrected(id, &new.event, &from, output)?
                }
                Recognised::New => {
                    growth.new += 1;
                    new
                }
            };
            batch.events.push(event);
            batch.lines.push(line);
        }
        growth.say_gone(journal, output)?;
        if growth.is_known() {
            let what = batch.summary.split(':').next().unwrap_or_default().to_owned();
            batch.summary = format!("{what}: {}.", growth.text());
        }
        Ok(growth)
    }

    /// Whether anything of the list was recorded before.
    fn is_known(&self) -> bool {
        !(self.already.is_empty() && self.changed.is_empty() && self.gone.is_empty())
    }

    fn text(&self) -> String {
        format!(
            "{} recorded already, {} new, {} changed, {} no longer there",
            self.already.len(),
            self.new,
            self.changed.len(),
            self.gone.len()
        )
    }

    /// The counts, for `--json`.
    pub(super) fn json(&self) -> Value {
        json!({
            "recorded_already": self.already,
            "new": self.new,
            "changed": self.changed,
            "no_longer_there": self.gone,
        })
    }

    /// Ends the command where nothing is left to record.
    ///
    /// # Errors
    /// [`Failure`] when nothing can be said.
    pub(super) fn nothing_left(
        &self,
        batch: &Batch,
        output: &mut Output<'_>,
    ) -> Result<Option<u8>, Failure> {
        if !batch.events.is_empty() {
            return Ok(None);
        }
        let value = json!({ "events": 0, "list": self.json() });
        let text = format!("{} Nothing was written.\n", batch.summary);
        output.answer("dspt.import/1", value, &text)?;
        output.hint("To record it once more all the same: --again")?;
        Ok(Some(exit::YES))
    }

    fn say_gone(&self, journal: &Journal, output: &mut Output<'_>) -> Result<(), Failure> {
        let facts = &journal.ledger.facts;
        let known = |seq: &u64| facts.get(usize::try_from(*seq).ok()?);
        for fact in self.gone.iter().take(SHOWN).filter_map(known) {
            let about = safe(&describe(&fact.event, facts));
            output.hint(&format!(
                "no longer in the file, and still recorded: #{} {about}",
                fact.seq
            ))?;
        }
        if let Some(first) = self.gone.first() {
            output.hint(&format!(
                "What does not hold any more: dspt withdraw '#{first}' --reason WHY"
            ))?;
        }
        Ok(())
    }
}

fn corrected(
    corrects: EventId,
    event: &Event,
    from: &str,
    output: &Output<'_>,
) -> Result<NewEvent, Failure> {
    let body = event.body().map_err(|bad| Failure::usage(bad.to_string()))?;
    let replacement = Some(Replacement { kind: event.kind().as_str().to_owned(), body });
    let name = from.strip_prefix("import:").unwrap_or(from);
    let reason = format!("{name} says so now");
    let correction = Correction { corrects, reason, replacement };
    new_event(Event::Correction(correction), Vec::new(), output.now)
}

/// Says which fields a row changes, from what to what.
fn changed(line: u64, seq: u64, before: &Event, after: &Event) -> String {
    let fields = |event: &Event| match event.body() {
        Ok(Value::Object(fields)) => fields,
        Ok(_) | Err(_) => serde_json::Map::new(),
    };
    let (before, after) = (fields(before), fields(after));
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let text = |value: Option<&Value>| match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) => shown(text),
        Some(value) => shown(&value.to_string()),
    };
    let differ = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    let all: Vec<String> = differ
        .map(|name| format!("{name} was {}, is {}", text(before.get(name)), text(after.get(name))))
        .collect();
    format!("line {line} changes #{seq}: {}", all.join("; "))
}

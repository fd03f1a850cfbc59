//! Recording: what is new of some events becomes entries, and what follows from them is said.

use std::fmt::Write as _;

use serde_json::json;

use super::ids::new_id;
use super::request::{Recording, make};
use super::signing::{finish, record as sign_and_record};
use crate::cli::error::{Failure, exit};
use crate::cli::output::Output;
use crate::domain::authority::already_recorded::recorded_already;
use crate::domain::authority::remark::remarks;
use crate::domain::engine::derive::RulesChoice;
use crate::domain::engine::status::Positions;
use crate::domain::event::Event;
use crate::domain::explain::diff::count_changed;
use crate::domain::state::Subject;
use crate::journal::{File, Journal, NewEvent};

/// Records one event and says so.
///
/// # Errors
/// [`Failure`] when it is refused or cannot be written.
pub(in crate::cli) fn one(
    journal: Journal,
    recording: &Recording,
    event: Event,
    files: Vec<File>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    batch(journal, recording, vec![(event, files)], output)
}

/// Records several events at once, of those recorded already none twice, and says so.
///
/// # Errors
/// [`Failure`] when they are refused or cannot be written.
pub(super) fn batch(
    journal: Journal,
    recording: &Recording,
    mut events: Vec<(Event, Vec<File>)>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let signing = &recording.signing;
    if !signing.again {
        let by = signing.author_id(&journal.ledger)?;
        let facts = &journal.ledger.facts;
        let before = |(event, files): &(Event, Vec<File>)| {
            let files: Vec<Subject> = files.iter().map(File::subject).collect();
            recorded_already(facts, event, &files, &by)
        };
        let found: Vec<Option<u64>> = events.iter().map(before).collect();
        if let Some(all) = found.iter().copied().collect::<Option<Vec<u64>>>() {
            return recorded_before(&journal, &all, output);
        }
        // Of several at once only those that are new.
        let mut places = found.iter();
        events.retain(|_| places.next().is_some_and(Option::is_none));
        for seq in found.into_iter().flatten() {
            output.hint(&format!(
                "Recorded already as #{seq}, and left out; to repeat it: --again"
            ))?;
        }
    }
    let batch = events
        .into_iter()
        .map(|(event, files)| Ok(NewEvent { id: new_id(output.now)?, event, files }))
        .collect::<Result<Vec<_>, Failure>>()?;
    write(journal, recording, &batch, output)
}

/// Says that all of it was recorded already, and by which entries.
fn recorded_before(
    journal: &Journal,
    entries: &[u64],
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let facts = &journal.ledger.facts;
    let found = entries.iter().filter_map(|seq| facts.get(usize::try_from(*seq).ok()?));
    let ids: Vec<String> = found.map(|fact| fact.id.to_string()).collect();
    let shown = crate::cli::output::entries_text(entries);
    let text = format!(
        "Recorded already as {shown}, word for word, and it stands. Nothing was recorded.\n"
    );
    let value = json!({
        "first": entries.first(),
        "last": entries.last(),
        "replayed": true,
        "items_changed_today": 0,
        "ids": ids,
    });
    output.answer("dspt.recorded/1", value, &text)?;
    output.hint("To record it once more: --again")?;
    Ok(exit::YES)
}

/// Records a batch, prints the entries and how many items change status today, and closes.
///
/// # Errors
/// [`Failure`] when it is refused or cannot be written.
pub(in crate::cli) fn write(
    journal: Journal,
    recording: &Recording,
    batch: &[NewEvent],
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let state = journal.state(u64::MAX)?;
    for remark in batch.iter().flat_map(|new| remarks(&new.event, &state, &journal.ledger.roster)) {
        output.warn(&remark)?;
    }
    if let Some(to) = &recording.to {
        return make(&journal, (recording, to), batch, output);
    }
    let before = Positions::new(&state, RulesChoice::Then);
    drop(state);
    let signing = &recording.signing;
    let (journal, recorded) = sign_and_record(journal, signing, batch, output)?;
    let after = Positions::new(&journal.state(u64::MAX)?, RulesChoice::Then);
    let changed = count_changed(&before, &after, output.now.london_day());
    let facts = journal.ledger.facts.iter();
    let mut text = String::new();
    for fact in
        facts.filter(|fact| recorded.first <= fact.seq && fact.seq <= recorded.last).take(20)
    {
        let about = crate::domain::state::describe::describe(&fact.event, &journal.ledger.facts);
        let _ = writeln!(
            text,
            "Entry #{}: {} {}",
            fact.seq,
            fact.event.kind(),
            crate::cli::output::safe(&about)
        );
    }
    if recorded.last - recorded.first >= 20 {
        let _ = writeln!(text, "... to #{}", recorded.last);
    }
    let _ = writeln!(text, "Items that change status today: {changed}");
    let value = json!({
        "first": recorded.first,
        "last": recorded.last,
        "replayed": recorded.replayed,
        "items_changed_today": changed,
        "ids": batch.iter().map(|new| new.id.to_string()).collect::<Vec<_>>(),
    });
    finish(journal, &recorded, ("dspt.recorded/1", value, &text), output)
}

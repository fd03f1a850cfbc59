//! Finding words in the list of a screen, in slices: a large history is read from its file line by line,
//! and keys are heard in between. Pure: who calls it again is told by an [`Effect`].

use super::filter::finds;
use super::looking::Looking;
use super::message::Effect;
use super::step::entry_named;
use super::{Body, Model};
use crate::tui::input::keymap::Command;
use crate::tui::view::text_width::grouped;
use crate::tui::view_model::history::Happening;
use crate::tui::view_model::table;

/// How many lines are looked at before keys are heard again.
const SLICE: usize = 400;

/// Looks for what is wanted, from the selected line or from the one after it.
pub(in crate::tui) fn find(model: &mut Model, from_here: bool) -> Option<Effect> {
    if model.wanted.is_empty() {
        let key = model.keys.hint(Command::Find);
        model.notice = format!("Nothing is looked for yet; press {key}.");
        return None;
    }
    if let Body::History(page) = &model.body
        && let Some(seq) = entry_named(&model.wanted)
    {
        // An entry's number is that entry, and no other that holds the same figures.
        let line = u32::try_from(seq).ok().map(Happening::Entry);
        match page.lines.iter().position(|one| Some(*one) == line) {
            Some(line) => model.select(line),
            None => model.notice = not_listed(model, seq),
        }
        return None;
    }
    let first = model.cursor().at + usize::from(!from_here);
    model.looking = Some(Looking { first, done: 0, weak: None });
    look(model)
}

fn not_listed(model: &Model, seq: u64) -> String {
    let all = model.library.all();
    if seq >= all {
        return format!(
            "#{seq} is not an entry; this ledger has #0 to #{}.",
            all.saturating_sub(1)
        );
    }
    if seq >= model.position.size {
        let key = model.keys.hint(Command::NowThen);
        return format!("#{seq} was recorded later than what is read here; {key} reads on.");
    }
    let key = model.keys.hint(Command::Filter);
    format!("#{seq} does not fit the filter; {key}, Enter shows all.")
}

/// Looks at the next lines. Says whether there are more to look at.
pub(in crate::tui) fn look(model: &mut Model) -> Option<Effect> {
    let Looking { first, mut done, mut weak } = model.looking.take()?;
    let (lines, wanted) = (model.lines(), model.wanted.to_lowercase());
    let end = done.saturating_add(SLICE).min(lines);
    // What is not read from a file is made whole at once.
    let table = match &model.body {
        Body::History(_) => None,
        Body::Position(..)
        | Body::Why(_)
        | Body::Compare(_)
        | Body::Signatures
        | Body::YearEnd(_) => Some(table::rows(model)),
    };
    while done < end {
        let line = (first + done) % lines.max(1);
        done += 1;
        let row = match &table {
            Some(rows) => rows.get(line).cloned(),
            None => table::row(model, line),
        };
        let text = row.unwrap_or_default().join(" ").to_lowercase();
        if !finds(&text, &wanted) {
            continue;
        }
        // A number begun with # was held against whole numbers alone.
        if text.contains(&wanted) {
            model.select(line);
            return None;
        }
        weak = weak.or(Some(line));
    }
    if done < lines {
        model.notice = format!(
            "Looking for \"{}\": {} of {} lines. Any key stops it.",
            model.wanted,
            grouped(done as u64),
            grouped(lines as u64)
        );
        model.looking = Some(Looking { first, done, weak });
        return Some(Effect::GoOn);
    }
    model.notice.clear();
    match weak {
        Some(line) => model.select(line),
        None => model.notice = format!("Nothing shown here holds \"{}\".", model.wanted),
    }
    None
}

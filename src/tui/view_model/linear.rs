//! The linear mode: a command in, whole sentences out, for screen readers and plain terminals.
//! The commands are those of the keymap; nothing is drawn and nothing moves.

use std::fmt::Write as _;

use super::advice::to_do;
use super::compare::{Compare, Moved};
use super::entries_text;
use super::offer::offered_text;
use super::table;
use super::why::answer_text;
use super::year_end::{YearEnd, closes_text, published_text, standard_name, statement_commands};
use crate::domain::engine::status::Status;
use crate::domain::explain::diff::{Cause, Way};
use crate::domain::sanitize::{counted, safe};
use crate::tui::input::help::TWO_DATES;
use crate::tui::input::keymap::{BINDINGS, Command, Group, Key, Keymap, named};
use crate::tui::model::overlay::Overlay;
use crate::tui::model::update::{Effect, Message, update};
use crate::tui::model::{Beside, Body, Model, Screen};

/// What is said at the start.
pub fn greeting(model: &Model) -> String {
    by_lines(&said_first(model))
}

/// Makes every line safe: whatever part of a ledger came into it, none can paint a terminal.
pub fn by_lines(text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| line.strip_suffix('\n').map_or_else(|| safe(line), |line| safe(line) + "\n"))
        .collect()
}

fn said_first(model: &Model) -> String {
    let position = &model.position;
    let mut text = warned(model);
    if model.trust.unshown.is_none() {
        let _ = writeln!(text, "{}\n{}", position.sentence(), position.counts_text());
    }
    let belief = model.trust.belief();
    if let Some(fault) = belief.why.as_ref().filter(|_| !belief.is_clean()) {
        let _ = writeln!(text, "This ledger does not verify: {}", safe(fault));
    } else if !model.notice.is_empty() {
        let _ = writeln!(text, "{}", safe(&model.notice));
    }
    text.push_str("Type a command, or help.\n");
    text
}

/// What stands at the head of every screen where not all of it can be believed.
fn warned(model: &Model) -> String {
    model.trust.warning().map_or_else(String::new, |warning| format!("{}.\n", safe(&warning)))
}

/// Help, line by line: every command with its keys.
pub fn help_lines(keys: &Keymap) -> Vec<String> {
    let mut lines = Vec::new();
    for group in Group::ALL {
        lines.push(group.heading().to_owned());
        for one in BINDINGS.iter().filter(|one| one.group == group) {
            let keys = keys.labels(one.command);
            lines.push(format!("  {keys:<14} {:<15} {}", one.name, one.help));
        }
        lines.push(String::new());
    }
    lines.push("THE TWO DATES".to_owned());
    for line in TWO_DATES {
        lines.push((*line).to_owned());
    }
    lines
}

/// Answers one line. The text ends with a line feed; the effect is for the caller.
pub fn answer(model: &mut Model, line: &str) -> (String, Option<Effect>) {
    let (text, effect) = said(model, line);
    (by_lines(&text), effect)
}

fn said(model: &mut Model, line: &str) -> (String, Option<Effect>) {
    let line = line.trim();
    let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
    if name.is_empty() {
        return (String::new(), None);
    }
    // The help names keys and commands; both are taken.
    let mut letters = name.chars();
    let key = letters.next().filter(|_| letters.next().is_none()).map(Key::Char);
    let command = key.and_then(|key| model.keys.command(key)).or_else(|| named(name));
    let Some(command) = command else {
        let text = format!("`{}` is not a command. Type help for the list.\n", safe(name));
        return (text, None);
    };
    let before = (model.asked, model.other, model.screen, counts(model));
    model.notice.clear();
    let mut effect = update(model, Message::Say(command, rest.trim().to_owned()));
    while effect == Some(Effect::GoOn) {
        effect = update(model, Message::GoOn);
    }
    let mut text = over(model);
    let moved = (model.asked, model.other, model.screen) != (before.0, before.1, before.2);
    if !model.notice.is_empty() {
        let _ = writeln!(text, "{}", safe(&model.notice));
    }
    let listing = command == Command::Filter || command == Command::OpenAll;
    if before.2 != model.screen || listing || names_item(command) {
        text.push_str(&page(model));
    } else if moved {
        text.push_str(&change(model, &before.3));
    } else if model.notice.is_empty() && text.is_empty() {
        text.push_str(&line_text(model, command));
    }
    (text, effect)
}

fn names_item(command: Command) -> bool {
    use Command as C;
    matches!(
        command,
        C::Why | C::Position | C::Changes | C::History | C::Signatures | C::YearEnd | C::Compare
    )
}

fn counts(model: &Model) -> Vec<(String, Status)> {
    let rows = model.position.rows.iter();
    rows.map(|row| (row.item.item.to_string(), row.status)).collect()
}

/// What a prompt or a text would show; it is closed again, for there is nothing to draw over.
fn over(model: &mut Model) -> String {
    match std::mem::take(&mut model.overlay) {
        Overlay::None => String::new(),
        Overlay::Prompt(ask, input) => {
            let (question, forms) = ask.words(&model.keys);
            input.error.map_or_else(
                || format!("{question}: give it after the command, such as: {forms}.\n"),
                |error| format!("{error}.\n"),
            )
        }
        Overlay::Form(_) => {
            "Give the three parts after the command: edit 30 June 2026, then, latest.\n".to_owned()
        }
        Overlay::Palette(_) | Overlay::Help(_) => help_lines(&model.keys).join("\n") + "\n",
        Overlay::Choice(choice) => {
            let items = choice.items.iter().map(|(item, text)| format!("{item}: {}\n", safe(text)));
            let items: String = items.collect();
            format!("{}.\n{items}Say: why ITEM.\n", safe(&choice.title))
        }
        Overlay::Text(title, lines, _) => {
            let lines: Vec<String> = lines.iter().map(|line| safe(line)).collect();
            format!("{title}.\n{}\n", lines.join("\n"))
        }
    }
}

/// What changed by moving in time, in a sentence.
fn change(model: &Model, before: &[(String, Status)]) -> String {
    let now = counts(model);
    let mut moves: Vec<(Status, Status, u64)> = Vec::new();
    for (item, status) in &now {
        let was = before.iter().find(|(other, _)| other == item);
        let was = was.map_or(Status::NotAsked, |(_, status)| *status);
        if was == *status {
            continue;
        }
        match moves.iter_mut().find(|(from, to, _)| (*from, *to) == (was, *status)) {
            Some((_, _, count)) => *count += 1,
            None => moves.push((was, *status, 1)),
        }
    }
    let mut text = format!("{}{}\n", warned(model), model.position.sentence());
    if moves.is_empty() {
        text.push_str("Nothing shown changed.\n");
    }
    for (from, to, count) in moves {
        let (from, to) = (from.word().to_lowercase(), to.word().to_lowercase());
        let items = if count == 1 { "item" } else { "items" };
        let _ = writeln!(text, "{count} {items} changed from {from} to {to}.");
    }
    let _ = writeln!(text, "{}", model.position.counts_text());
    text
}

/// The selected line.
fn line_text(model: &Model, command: Command) -> String {
    if command == Command::SmallerStep || command == Command::LargerStep {
        return format!("Step: {}.\n", model.step.word());
    }
    let rows = table::rows(model);
    let at = model.cursor().at;
    rows.get(at).map_or_else(
        || "Nothing is shown here.\n".to_owned(),
        |row| {
            let cells: Vec<String> = row.iter().map(|cell| safe(cell)).collect();
            let line = cells.join(", ");
            format!("Line {} of {}: {}\n", at + 1, rows.len(), line.trim_end_matches(", "))
        },
    )
}

/// The whole screen, as sentences and lines.
fn page(model: &Model) -> String {
    let name = model.screen.name();
    // The tree is that of side A then, which the sentence is not about.
    let mut text = warned(model);
    if model.is_beside() && model.on_a {
        let _ = writeln!(text, "{name}. A, {}.", model.other.on.long());
    } else {
        let _ = writeln!(text, "{name}. {}", model.position.sentence());
    }
    match &model.body {
        Body::Position(..) => {
            let _ = writeln!(text, "{}", model.position.counts_text());
        }
        Body::Why(None) => text.push_str("This item is not asked for on that day.\n"),
        Body::Why(Some((why, _))) => {
            let _ = writeln!(text, "{}.", safe(&why.heading));
        }
        Body::Compare(page) => text.push_str(&compared(page)),
        Body::History(page) => {
            let _ = writeln!(text, "{} entries, newest first.", page.size);
        }
        Body::Signatures => {
            let _ = writeln!(text, "Can this history be trusted? {}", model.trust.answer());
            for step in to_do(model.context()) {
                let _ = writeln!(text, "What to do now: {}", safe(step.trim()));
            }
        }
        Body::YearEnd(page) => {
            text.push_str(&readiness(model, page));
            let _ = match statement_commands(&model.position, model.context()) {
                Ok([draft, publish]) => {
                    writeln!(text, "To read the statement: {draft}\nTo publish it: {publish}")
                }
                Err(why) => writeln!(text, "{why}."),
            };
        }
    }
    text.push_str(&filtered(model));
    for row in table::said(model) {
        let cells: Vec<String> = row.iter().map(|cell| safe(cell)).collect();
        let _ = match model.screen {
            Screen::Why => {
                let depth = row.first().and_then(|one| one.parse::<usize>().ok()).unwrap_or(1);
                let text_of = cells.get(1).map_or("", String::as_str);
                writeln!(text, "{}{text_of}", "  ".repeat(depth))
            }
            Screen::Position
            | Screen::Compare
            | Screen::History
            | Screen::Signatures
            | Screen::YearEnd => writeln!(text, "{}", cells.join(", ").trim_end_matches(", ")),
        };
    }
    text.push_str(&selected(model));
    text.push_str(&outlook(model));
    if let Some(beside) = &model.beside {
        text.push_str(&other_side(model, beside));
    }
    let _ = writeln!(text, "This view: {}", offered_text(model));
    text
}

/// Both sides, how much changed, and the main causes.
fn compared(page: &Compare) -> String {
    let mut text = format!("A: {}\nB: {}\n", page.a.sentence(), page.b.sentence());
    let Moved { worse, better, rules, other, same } = page.moved();
    let _ = writeln!(
        text,
        "Better {better}. Worse {worse}. Rules changed {rules}. Otherwise changed {other}. \
         Same {same}."
    );
    for one in page.main_causes() {
        text.push_str(&cause_text(&one));
    }
    text
}

/// The filter in force, what it shows, and how to leave it.
fn filtered(model: &Model) -> String {
    if model.filter.text.is_empty() {
        return String::new();
    }
    if !model.instead.is_empty() {
        return format!("{} Say: filter all.\n", model.instead.join(" "));
    }
    let title = match model.screen {
        Screen::History => model.filter.entries_title(),
        Screen::Position | Screen::Compare => model.filter.items_title(),
        Screen::Why | Screen::Signatures | Screen::YearEnd => {
            return format!("Filter, of lists and steps: {}.\n", model.filter.title());
        }
    };
    format!(
        "Shown: {}, filter {title}. Say filter all for the others.\n",
        counted(model.lines(), "line")
    )
}

/// The line that `open` opens.
fn selected(model: &Model) -> String {
    match table::row(model, model.cursor().at) {
        Some(row) if model.screen != Screen::Why => {
            let cells: Vec<String> = row.iter().map(|cell| safe(cell)).collect();
            format!("Selected: {}\n", cells.join(", ").trim_end_matches(", "))
        }
        Some(_) | None => String::new(),
    }
}

/// Whether the year can be closed: what the boxes over the list say.
fn readiness(model: &Model, page: &YearEnd) -> String {
    let mut text = String::new();
    if let Some(day) = page.closes {
        let closes = closes_text(day, model.library.today());
        let _ = writeln!(text, "The edition {closes}.");
    }
    let _ = writeln!(text, "If published: {}.", page.verdict.standing.word());
    let (missing, open) = (page.verdict.missing_items.len(), page.verdict.unconfirmed.len());
    let _ = writeln!(
        text,
        "Mandatory items still to do: {missing}. Assertions still to confirm: {open}."
    );
    for (number, (own, equal, to_do)) in &page.standards {
        let _ = writeln!(
            text,
            "Standard {}: {own} met, {equal} by equivalence or not applicable, {to_do} to \
             do.",
            standard_name(number)
        );
    }
    for (name, until, current) in &page.certificates {
        let state = if *current { "in force until" } else { "not in force, until" };
        let _ = writeln!(text, "Certificate {}: {state} {}.", safe(name), until.long());
    }
    for one in &page.published {
        let line = published_text(one, &model.library);
        let _ = writeln!(text, "Published before: {}.", safe(&line));
    }
    text
}

/// What would change the answer, and the same item's other answers.
fn outlook(model: &Model) -> String {
    let Body::Why(Some((why, _))) = &model.body else { return String::new() };
    let mut text = format!("{}\n", why.outlook);
    if let Some(hindsight) = &why.hindsight {
        let _ = writeln!(text, "{}", format_args!("{hindsight} Say now-then."));
    }
    for one in &why.answers {
        let _ = writeln!(text, "Same item: {}", answer_text(one, model.library.today()));
    }
    text
}

/// The same item on the side of the comparison that the commands do not move.
fn other_side(model: &Model, beside: &Beside) -> String {
    let name = if model.on_a { "B" } else { "A" };
    let day = beside.asked.on.long();
    let Some((why, lines)) = &beside.tree else {
        return format!("{name}, {day}: this item is not asked for.\n");
    };
    let mut text = format!("{name}, {day}: {}.\n", safe(&why.heading));
    for line in lines {
        let _ = writeln!(text, "{}{}", "  ".repeat(line.path.len()), safe(&line.text));
    }
    text
}

/// A cause that several items share, as one line.
fn cause_text(one: &Cause<'_>) -> String {
    let (count, way, cause) = (one.count, way(one.way), safe(one.text));
    let late = one.late.map_or_else(String::new, |late| format!(" {}", late.mark()));
    format!("Cause of {count} {way}: {cause}. {}{late}\n", entries_text(one.entries))
}

/// Which way items moved, after how many.
fn way(way: Way) -> &'static str {
    match way {
        Way::Worse => "worse",
        Way::Better => "better",
        Way::Other => "otherwise changed",
    }
}

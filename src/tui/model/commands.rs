//! What each command does to the model. Pure: what must be done outside is returned.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a key or command that is not named here does nothing here"
)]

use super::find::find;
use super::going::{explain, go, open, prompt, show};
use super::message::Effect;
use super::overlay::{Ask, Choice, Help, Overlay, Palette, sentence};
use super::prompted::answer;
use super::session::Source;
use super::step::go_to;
use super::time_nav::{set_a, time};
use super::verification::{Progress, Report};
use super::{Body, Model, Screen};
use crate::domain::belief::Answer;
use crate::domain::engine::status::Finding;
use crate::domain::ids::ItemId;
use crate::tui::input::keymap::Command;
use crate::tui::view_model::allowed::{Purpose, refused};
use crate::tui::view_model::box_line;
use crate::tui::view_model::history::{details, item_of};
use crate::tui::view_model::offer::offered;
use crate::tui::view_model::signatures;
use crate::tui::view_model::table;
use crate::tui::view_model::why::Path;
use crate::tui::view_model::year_end::ToDo;

/// Runs a command that takes nothing.
pub fn run(model: &mut Model, command: Command) -> Option<Effect> {
    use Command as C;
    tour(model, command);
    match command {
        C::Previous
        | C::Next
        | C::MarkerBefore
        | C::MarkerAfter
        | C::SmallerStep
        | C::LargerStep
        | C::Play
        | C::Go
        | C::Today
        | C::NowThen
        | C::Edit
        | C::Compare
        | C::Swap
        | C::Bookmark
        | C::Bookmarks => time(model, command),
        C::Up | C::Down | C::PageUp | C::PageDown | C::First | C::Last => {
            travel(model, command);
            None
        }
        C::Open
        | C::Back
        | C::Unfold
        | C::Fold
        | C::OpenAll
        | C::Find
        | C::FindNext
        | C::Filter
        | C::GoToItem => list(model, command),
        C::Position => show(model, Screen::Position),
        C::Why => show(model, Screen::Why),
        C::Changes => show(model, Screen::Compare),
        C::History => show(model, Screen::History),
        C::Signatures => show(model, Screen::Signatures),
        C::YearEnd => show(model, Screen::YearEnd),
        C::NextPane => pane(model, true),
        C::PreviousPane => pane(model, false),
        C::Verify => Some(verify(model)),
        C::Preview => preview(model),
        C::Export => prompt(model, Ask::Export),
        C::Copy => copy(model),
        C::Mouse => Some(turn_mouse(model)),
        C::Help => open(model, Overlay::Help(Help::default())),
        C::Palette => open(model, Overlay::Palette(Palette::default())),
        C::Redraw => Some(Effect::Redraw),
        C::Quit => Some(Effect::Quit),
    }
}

/// The statement as it would be drafted of what is shown; none of what cannot be believed.
fn preview(model: &mut Model) -> Option<Effect> {
    if let Some(warning) = model.trust.warning() {
        model.notice = format!("No statement is drafted: {warning}");
        return None;
    }
    let text = table::preview(model);
    open(model, Overlay::Text("Statement, as a draft".to_owned(), text, 0))
}

fn turn_mouse(model: &mut Model) -> Effect {
    model.mouse = !model.mouse;
    let on = "MOUSE ON: hold Shift to select text".to_owned();
    model.notice = if model.mouse { on } else { "Mouse off.".to_owned() };
    Effect::Mouse(model.mouse)
}

/// Moves the tour of the sample ledger on when its step was done.
fn tour(model: &mut Model, command: Command) {
    let steps = [Command::Previous, Command::NowThen, Command::Open, Command::Compare];
    if let Some(step) = model.tour.filter(|step| steps.get(*step) == Some(&command)) {
        model.tour = Some(step + 1).filter(|step| *step < steps.len());
    }
}

/// Runs a command with what it takes, as the palette and the linear prompt give it.
pub fn say(model: &mut Model, command: Command, rest: &str) -> Option<Effect> {
    if rest.is_empty() {
        return run(model, command);
    }
    match command {
        Command::Go => answer(model, Ask::Date, rest),
        Command::Find => answer(model, Ask::Find, rest),
        Command::Filter => answer(model, Ask::Filter, rest),
        Command::Export => answer(model, Ask::Export, rest),
        Command::Edit => {
            match sentence(rest, model.active(), &model.library) {
                Ok(asked) => model.ask(asked),
                Err(error) => model.notice = error,
            }
            None
        }
        Command::Compare => {
            compare(model, rest);
            None
        }
        Command::Why | Command::Open | Command::GoToItem => {
            if choose(model, rest) {
                go(model, Screen::Why);
            }
            None
        }
        _ => run(model, command),
    }
}

/// Compares a day with the one on screen, or two days: `30 June 2025` or `2025-06-30 2026-06-30`.
fn compare(model: &mut Model, dates: &str) {
    let day = |text: &str| go_to(text, model.asked.on, &model.library);
    let both = dates.match_indices([' ', ',']).find_map(|(at, _)| {
        let (first, second) = dates.split_at_checked(at)?;
        let second = second.trim_start_matches([' ', ',']);
        let second = second.strip_prefix("to ").or(second.strip_prefix("and ")).unwrap_or(second);
        Some((day(first).ok()?, day(second).ok()?))
    });
    match (day(dates), both) {
        (Ok(on), _) => {
            set_a(model);
            model.other.on = on;
            model.notice = format!("A is {}. Move B with the time keys.", on.short());
        }
        (Err(_), Some((first, second))) => {
            set_a(model);
            (model.other.on, model.asked.on) = (first, second);
            model.notice = format!("A is {}, B is {}.", first.short(), second.short());
        }
        (Err(error), None) => model.notice = error,
    }
}

/// Selects an item by its number.
fn choose(model: &mut Model, number: &str) -> bool {
    let Ok(item) = number.trim().parse() else {
        let near = ItemId::meant(number).map(|one| format!("; did you mean {one}?"));
        let hint = near.unwrap_or_else(|| "; write its number in digits and dots".to_owned());
        model.notice = format!("`{}` is not an item{hint}", number.trim());
        return false;
    };
    let asked = model.position.book.positions.items().any(|one| one.item == item);
    if asked {
        model.item = Some(item);
        model.turned.clear();
    } else {
        model.notice = format!("{item} is not asked for in the editions that this ledger knows");
    }
    asked
}

fn pane(model: &mut Model, forward: bool) -> Option<Effect> {
    if model.has_sides() {
        model.on_a = !model.on_a;
        return None;
    }
    if model.screen == Screen::Signatures {
        let boxes = model.signature_boxes(&signatures::lines(model.context()));
        let here = boxes.iter().position(|one| one.here).unwrap_or(0);
        let step = if forward { 1 } else { boxes.len() - 1 };
        let others = (1..boxes.len()).map(|turn| (here + turn * step) % boxes.len());
        // A box without a line cannot hold the selection: it is passed.
        let others = others.filter_map(|number| boxes.get(number));
        let first = others.map(|one| one.lines.clone()).find(|lines| !lines.is_empty());
        if let Some(first) = first {
            model.select(first.start);
        }
        return None;
    }
    let at = model.screen.number();
    let to = if forward { at + 1 } else { at + Screen::ALL.len() - 1 } % Screen::ALL.len();
    show(model, Screen::ALL.get(to).copied().unwrap_or_default())
}

fn travel(model: &mut Model, command: Command) {
    let at = model.cursor().at;
    let page = model.list_height().max(2) - 1;
    let to = match command {
        Command::Up => at.saturating_sub(1),
        Command::Down => at.saturating_add(1),
        Command::PageUp => at.saturating_sub(page),
        Command::PageDown => at.saturating_add(page),
        Command::First => 0,
        _ => usize::MAX,
    };
    model.select(to);
}

fn list(model: &mut Model, command: Command) -> Option<Effect> {
    match command {
        Command::Open => return enter(model),
        Command::Back => {
            if model.tour.is_some() && model.before.is_empty() {
                model.tour = None;
            }
            if let Some(screen) = model.before.pop() {
                model.screen = screen;
            }
        }
        Command::Unfold => fold(model, true),
        Command::Fold => fold(model, false),
        Command::OpenAll => {
            model.open_all = !model.open_all;
            model.turned.clear();
        }
        Command::Find => return prompt(model, Ask::Find),
        Command::FindNext => return find(model, false),
        Command::Filter => return prompt(model, Ask::Filter),
        _ => go_to_item(model),
    }
    None
}

/// The selected line of Why in full, and whether it can be unfolded.
fn selected_reason(model: &Model) -> Option<(String, bool)> {
    let Body::Why(Some((_, lines))) = &model.body else { return None };
    let line = lines.get(model.cursor().at)?;
    Some((line.text.clone(), line.branch && !line.open))
}

/// Goes to the item of the selected line; where an entry is about no one item, to the one that rests on
/// it, or to a choice of them.
fn go_to_item(model: &mut Model) {
    let entry = model.entry();
    let item = entry.and_then(|seq| item_of(&model.library, seq));
    if let Some(item) = item.or_else(|| model.item_at(model.cursor().at)) {
        return explain(model, item);
    }
    let Some(seq) = entry else {
        "This line is about no one item.".clone_into(&mut model.notice);
        return;
    };
    let findings = model.position.view().findings();
    let rests = findings.into_iter().filter(|one| one.because.contains(&seq));
    let text =
        |one: &Finding| format!("{} {}  {}", one.status.mark(), one.status.word(), one.title);
    let items: Vec<(ItemId, String)> =
        rests.map(|one| (one.item.item.clone(), text(&one))).collect();
    match items.as_slice() {
        [] => model.notice = format!("No item rests on #{seq} on {}.", model.asked.on.short()),
        [(item, _)] => explain(model, item.clone()),
        _ => {
            let title = format!("{} items rest on #{seq}", items.len());
            open(model, Overlay::Choice(Choice { title, items, at: 0 }));
        }
    }
}

/// What is said where the selected line is about no item.
fn not_an_item(model: &Model) -> String {
    if let Body::YearEnd(page) = &model.body
        && let Some(ToDo::Assertion(one)) = page.to_do.get(model.cursor().at)
    {
        let of = &one.assertion;
        let how = match refused(model.context(), Purpose::Record) {
            Some(why) => format!("; {why}"),
            None => format!(": dspt confirm {of}"),
        };
        return format!("{of} is an assertion, confirmed as a whole{how}");
    }
    "No item is selected here.".to_owned()
}

fn enter(model: &mut Model) -> Option<Effect> {
    match model.screen {
        Screen::Position | Screen::Compare | Screen::YearEnd => {
            if model.selected_item().is_some() {
                model.turned.clear();
                return show(model, Screen::Why);
            }
            model.notice = not_an_item(model);
            None
        }
        Screen::Why | Screen::History => {
            let line = selected_reason(model);
            if let Some(seq) = model.entry() {
                // The line itself may be cut in the tree.
                let mut lines: Vec<String> =
                    line.into_iter().flat_map(|(line, _)| [line, String::new()]).collect();
                lines.extend(details(&model.library, &model.trust, seq));
                return open(model, Overlay::Text(format!("Entry #{seq}"), lines, 0));
            }
            if let Some((line, false)) = line {
                return open(model, Overlay::Text("Reason".to_owned(), vec![line], 0));
            }
            fold(model, true);
            None
        }
        Screen::Signatures => {
            let all = signatures::lines(model.context());
            let line = all.get(model.cursor().at).filter(|one| !one.details.is_empty())?;
            let mut lines = line.details.clone();
            if let Some(seq) = line.entry {
                lines.push(String::new());
                lines.extend(details(&model.library, &model.trust, seq));
            }
            open(model, Overlay::Text(line.name.clone(), lines, 0))
        }
    }
}

/// Opens or closes the selected branch; closing a leaf goes to the branch above it.
fn fold(model: &mut Model, open: bool) {
    let Body::Why(Some((_, lines))) = &model.body else { return };
    let at = model.cursor().at;
    let Some(line) = lines.get(at) else { return };
    if line.branch && line.open != open {
        let path: Path = line.path.clone();
        if !model.turned.remove(&path) {
            model.turned.insert(path);
        }
    } else if !open {
        let parent = line.path.len().checked_sub(1).and_then(|end| line.path.get(..end));
        let found = lines.iter().position(|one| Some(one.path.as_slice()) == parent);
        if let Some(found) = found {
            model.select(found);
        }
    }
}

fn verify(model: &mut Model) -> Effect {
    show(model, Screen::Signatures);
    begin(model)
}

/// Begins a check beside the screen.
pub fn begin(model: &mut Model) -> Effect {
    model.trust.generation += 1;
    let of = model.library.all();
    model.trust.running = Some(Progress { phase: "entries", done: 0, of, rate: None });
    Effect::Verify(model.trust.generation)
}

/// Takes in the outcome of a check.
pub fn checked(model: &mut Model, outcome: Result<Report, String>) {
    model.trust.running = None;
    // The first is made unasked: it is spoken of where it is bad and the screen does not say so.
    let again = model.trust.checked;
    model.trust.checked = true;
    match outcome {
        Ok(report) => {
            let good = report.answer == Answer::Yes;
            model.trust.failed = None;
            model.trust.report = Some(report);
            let text = model.trust.answer();
            if again {
                model.notice = format!("Checked again: {text}");
            } else if !good && model.trust.opened.is_clean() {
                model.notice =
                    format!("{} Signatures: {text}", model.keys.hint(Command::Signatures));
            }
        }
        Err(error) => {
            model.trust.report = None;
            model.notice.clone_from(&error);
            model.trust.failed = Some(error);
        }
    }
}

/// Takes in a ledger that was read again.
pub fn reload(model: &mut Model, mut source: Source) -> Option<Effect> {
    let before = model.library.all();
    source.bookmarks.clone_from(&model.library.source.bookmarks);
    match super::session::Library::new(source) {
        Ok(library) => {
            let more = library.all().saturating_sub(before);
            model.library = library;
            model.trust.opened = model.library.source.belief.clone();
            if more > 0 || !model.trust.opened.is_clean() {
                // What was checked before were other entries.
                model.trust.report = None;
            }
            model.grown = 0;
            model.notice = match more {
                0 => "Nothing new is recorded.".to_owned(),
                1 => "1 new entry is included.".to_owned(),
                more => format!("{more} new entries are included."),
            };
            (more > 0).then(|| begin(model))
        }
        Err(error) => {
            model.notice = error.to_string();
            None
        }
    }
}

fn copy(model: &mut Model) -> Option<Effect> {
    match copied(model).map_or_else(|| offered(model, true), Ok) {
        Ok(text) => {
            model.notice = format!("Copied: {text}");
            Some(Effect::Copy(text))
        }
        Err(why) => {
            model.notice = format!("Not copied: {why}.");
            None
        }
    }
}

/// What is copied besides the command of the view: the head or the command on the selected line of
/// how to check it elsewhere.
fn copied(model: &Model) -> Option<String> {
    if model.screen != Screen::Signatures {
        return None;
    }
    let lines = signatures::lines(model.context());
    let line = lines.get(model.cursor().at)?;
    let yours = line.part == box_line::Part::Yourself && !line.details.is_empty();
    let whole = yours && line.state != signatures::REFUSED;
    whole.then(|| line.text.trim_start_matches("root ").to_owned())
}

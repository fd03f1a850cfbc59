//! The help of the full screen: keys that go together on one line, groups side by side, and a search.
//! The keys are those in force. Draws nothing.

use super::keymap::{BINDINGS, Binding, Command, Group, Key, Keymap};
use crate::tui::model::overlay::{Help, Input};
use crate::tui::model::screen::Screen;
use crate::tui::view::layout;
use crate::tui::view::text_width::{columns, fill, wrap};

/// What the two dates mean.
pub const TWO_DATES: [&str; 3] = [
    "  \"Position on\" is the day you ask about. \"Recorded by\" is how far into the",
    "  ledger you read. Same day in both: what you could have shown that day.",
    "  Today in the second: what is known now. LATE: recorded after its day.",
];

/// Commands that share a line, and what it says.
type Together = (Group, &'static [Command], &'static str);

use Command as C;

/// Every command once, in the order of the help.
const TOGETHER: &[Together] = &[
    (Group::Time, &[C::Previous, C::Next], "one step back, forward"),
    (Group::Time, &[C::MarkerBefore, C::MarkerAfter], "last, next marker"),
    (Group::Time, &[C::SmallerStep, C::LargerStep], "smaller, bigger step"),
    (Group::Time, &[C::Play], "play, pause"),
    (Group::Time, &[C::Go], "go to a date"),
    (Group::Time, &[C::Today], "today, with what is new"),
    (Group::Time, &[C::NowThen], "known now / known then"),
    (Group::Time, &[C::Edit], "change both dates and rules"),
    (Group::Time, &[C::Compare, C::Swap], "compare this date; swap"),
    (Group::Time, &[C::Bookmark, C::Bookmarks], "bookmark this date; list"),
    (Group::Out, &[C::Export], "export csv, html, txt, json"),
    (Group::Out, &[C::Copy], "copy the command shown"),
    (Group::Out, &[C::Verify], "check every signature again"),
    (Group::Out, &[C::Preview], "preview the statement"),
    (Group::List, &[C::Up, C::Down], "move"),
    (Group::List, &[C::PageUp, C::PageDown], "page"),
    (Group::List, &[C::First, C::Last], "first, last"),
    (Group::List, &[C::Open], "open"),
    (Group::List, &[C::Back], "back"),
    (Group::List, &[C::Fold, C::Unfold, C::OpenAll], "fold, unfold, unfold all"),
    (Group::List, &[C::Find, C::FindNext], "find; next hit"),
    (Group::List, &[C::Filter], "filter: status, late ..."),
    (Group::List, &[C::GoToItem], "from event to its item"),
    (Group::Screens, &[C::Position, C::Why, C::Changes, C::History, C::Signatures, C::YearEnd], ""),
    (Group::Screens, &[C::NextPane, C::PreviousPane], "next, last"),
    (Group::Other, &[C::Palette], "all commands"),
    (Group::Other, &[C::Mouse, C::Redraw], "mouse; redraw"),
    (Group::Other, &[C::Help], "this help"),
    (Group::Other, &[C::Quit], "quit, nothing to save"),
];

/// The groups of the two columns.
const SIDES: [&[Group]; 2] =
    [&[Group::Time, Group::Out], &[Group::List, Group::Screens, Group::Other]];

/// The columns that keys take.
const KEYS: usize = 9;

/// Below this the groups stand under each other.
const TWO_COLUMNS_MIN: usize = 72;

/// Returns the lines of the help on a screen for a size of window.
pub fn shown(help: &Help, keys: &Keymap, screen: Screen, size: (u16, u16)) -> Vec<String> {
    let (inside, rows) = layout::text_box(size);
    lines(help, keys, screen, inside, rows)
}

/// Returns the lines of the help for a width, with space between groups where `height` allows it.
pub fn lines(
    help: &Help,
    keys: &Keymap,
    screen: Screen,
    width: usize,
    height: usize,
) -> Vec<String> {
    let spaced = whole(keys, screen, width, true);
    let all = if spaced.len() <= height { spaced } else { whole(keys, screen, width, false) };
    let Some(input) = &help.wanted else { return all };
    let mut found = found(input, keys, width);
    // The box stays as it is while something is typed into it.
    let missing = all.len().min(height).saturating_sub(found.len());
    found.extend(std::iter::repeat_n(String::new(), missing));
    found
}

fn whole(keys: &Keymap, screen: Screen, width: usize, spaced: bool) -> Vec<String> {
    let mut all = Vec::new();
    if width < TWO_COLUMNS_MIN {
        for side in SIDES {
            all.extend(side.iter().flat_map(|group| group_lines(*group, keys, screen, width)));
        }
    } else {
        // The words on the left are longer.
        let half = width / 2 + 2;
        let [left, right] = SIDES.map(|side| {
            let mut lines: Vec<String> = Vec::new();
            let width = if side.contains(&Group::Time) { half - 1 } else { width - half };
            for group in side {
                // The left column has room for a space in any case.
                if !lines.is_empty() && (spaced || *group == Group::Out) {
                    lines.push(String::new());
                }
                lines.extend(group_lines(*group, keys, screen, width));
            }
            lines
        });
        for number in 0..left.len().max(right.len()) {
            let cell =
                |side: &[String]| side.get(number).map_or_else(String::new, String::to_owned);
            let line = format!("{}{}", fill(&cell(&left), half, ""), cell(&right));
            all.push(line.trim_end().to_owned());
        }
    }
    if spaced {
        all.push(String::new());
    }
    all.push("THE TWO DATES".to_owned());
    if TWO_DATES.iter().all(|line| columns(line) <= width) {
        all.extend(TWO_DATES.map(str::to_owned));
    } else {
        let text = TWO_DATES.map(str::trim).join(" ");
        all.extend(wrap(&text, width.saturating_sub(2)).iter().map(|part| format!("  {part}")));
    }
    all
}

/// A heading and the lines under it.
fn group_lines(group: Group, keys: &Keymap, screen: Screen, width: usize) -> Vec<String> {
    let mut all = vec![group.heading().to_owned()];
    for (_, commands, words) in TOGETHER.iter().filter(|(own, ..)| *own == group) {
        if let [C::Position, ..] = commands {
            // The heading says what these are.
            let list: Vec<String> = commands.iter().map(|one| keys.labels(*one)).collect();
            all = wrap(&format!("{} {}", group.heading(), list.join(" ")), width);
            continue;
        }
        let words = match commands {
            [C::Open] => open_words(screen),
            [C::NextPane, ..] => pane_words(screen),
            _ => words,
        };
        all.extend(together(commands, words, keys, width));
    }
    all
}

/// What Enter does here.
fn open_words(screen: Screen) -> &'static str {
    match screen {
        Screen::Position | Screen::YearEnd => "why this status",
        Screen::Compare => "why at A and at B",
        Screen::Why | Screen::History | Screen::Signatures => "details of the line",
    }
}

/// What Tab does here.
fn pane_words(screen: Screen) -> &'static str {
    match screen {
        Screen::Compare => "A or B",
        Screen::Signatures => "next, last box",
        Screen::Position | Screen::Why | Screen::History | Screen::YearEnd => "next, last one",
    }
}

/// Commands that share a line: the first key of each, what they do, their other keys.
fn together(commands: &[Command], words: &str, keys: &Keymap, width: usize) -> Vec<String> {
    let join = |list: Vec<String>| list.join(" ");
    let first = join(commands.iter().map(|one| keys.hint(*one)).collect());
    let others = commands.iter().flat_map(|one| keys.of(*one).iter().skip(1));
    let others: Vec<String> = others.map(|key: &Key| key.label()).collect();
    let also = if others.is_empty() { String::new() } else { format!(" (or {})", join(others)) };
    let line = format!("  {first:<KEYS$} {words}{also}");
    if columns(&line) <= width {
        return vec![line];
    }
    let indent = " ".repeat(KEYS + 3);
    let rest = wrap(&format!("{words}{also}"), width.saturating_sub(KEYS + 3));
    let mut all = Vec::new();
    for (number, part) in rest.iter().enumerate() {
        if number > 0 {
            all.push(format!("{indent}{part}"));
        } else if columns(&first) <= KEYS {
            all.push(format!("  {first:<KEYS$} {part}"));
        } else {
            all.extend(wrap(&first, width.saturating_sub(2)).iter().map(|one| format!("  {one}")));
            all.push(format!("{indent}{part}"));
        }
    }
    all
}

/// What is typed, and every command whose keys, name or help hold it.
fn found(input: &Input, keys: &Keymap, width: usize) -> Vec<String> {
    let wanted = input.text.trim();
    let words = wanted.to_lowercase();
    let fits = |one: &&Binding| {
        keys.of(one.command).iter().any(|key| {
            let label = key.label();
            label == wanted || (wanted.chars().count() > 1 && label.to_lowercase().contains(&words))
        }) || one.name.contains(&words)
            || one.help.to_lowercase().contains(&words)
    };
    let mut list: Vec<&Binding> = BINDINGS.iter().filter(fits).collect();
    // A key itself is what a single sign most likely stands for.
    list.sort_by_key(|one| !keys.of(one.command).iter().any(|key| key.label() == wanted));
    let mut all = vec![format!("Find a key: {}_", input.text), String::new()];
    for one in &list {
        let line = format!("  {:<14} {:<15} {}", keys.labels(one.command), one.name, one.help);
        if columns(&line) <= width { all.push(line) } else { all.extend(wrap(&line, width)) }
    }
    if list.is_empty() {
        all.push("No key and no command is called so.".to_owned());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_stands_on_one_line_of_its_group() {
        for one in BINDINGS {
            let lines: Vec<&Together> =
                TOGETHER.iter().filter(|(_, all, _)| all.contains(&one.command)).collect();
            assert_eq!(lines.len(), 1, "{}", one.name);
            assert!(lines.iter().all(|(group, ..)| *group == one.group), "{}", one.name);
        }
    }

    #[test]
    fn every_key_is_there_at_every_width_and_no_line_is_too_long() {
        let keys = Keymap::default();
        for screen in Screen::ALL {
            for width in [56, 76, 96] {
                let all = lines(&Help::default(), &keys, screen, width, 22);
                assert!(all.iter().all(|line| columns(line) <= width), "{width}: {all:#?}");
                let text = all.join(" ").replace(['(', ')'], " ");
                let words: Vec<&str> = text.split_whitespace().collect();
                for key in BINDINGS.iter().flat_map(|one| one.keys) {
                    assert!(words.contains(&key.label().as_str()), "{width}: {key:?}");
                }
            }
        }
        // The full design has all of it on one page.
        for screen in Screen::ALL {
            let all = lines(&Help::default(), &keys, screen, 76, 22);
            assert!(all.len() <= 22, "{all:#?}");
        }
    }

    #[test]
    fn a_key_is_found_by_itself_its_command_or_a_word() {
        let find = |text: &str| {
            let wanted = Some(Input { text: text.to_owned(), error: None });
            lines(&Help { top: 0, wanted }, &Keymap::default(), Screen::Why, 76, 22).join("\n")
        };
        assert!(find("bookmark").contains("list bookmarks and markers"));
        assert!(find("pgdn").contains("page-down"));
        assert!(find("n").lines().nth(2).is_some_and(|line| line.contains("now-then")));
        assert!(find("zzz").contains("No key and no command"));
    }
}

//! What a person sees, as it was when somebody last looked at it: every screen at every size, and what
//! lies over one, each with the style of every cell; of the other themes the styles alone, for their
//! text is the same. `INSTA_UPDATE=always` stores what is shown now.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use dspt_ledger::tui::model::Model;
use dspt_ledger::tui::view::theme::{BOX, Palette, Theme};
use dspt_ledger::tui::view::view;
use dspt_ledger::tui::view_model::linear;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Color;

use crate::screen::tui::{SIZES, drawn, each_screen, model, model_of, press, source};

/// Runs a test whose snapshots lie in one folder, under their bare names.
fn with_snapshots(test: impl FnOnce()) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(test);
}

/// Compares every screen at every size with what is stored under its name and an ending.
fn screens_are_as_stored(
    theme: Theme,
    ending: &str,
    shown: impl Fn(&mut Model, u16, u16) -> String,
) {
    with_snapshots(|| {
        each_screen(|model, screen| {
            model.theme = theme;
            for (columns, rows) in SIZES {
                let name = screen.name().to_lowercase().replace(' ', "-");
                let name = format!("{}-{name}-{columns}x{rows}{ending}", screen.number() + 1);
                insta::assert_snapshot!(name, shown(model, columns, rows));
            }
        });
    });
}

pub(crate) fn buffer(model: &mut Model, columns: u16, rows: u16) -> Buffer {
    drawn(model, columns, rows);
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| view(model, frame)).unwrap();
    terminal.backend().buffer().clone()
}

/// The style of a cell in words; none where it is plain.
fn style(cell: &Cell) -> Option<String> {
    let (fg, bg, modifier) = (cell.fg, cell.bg, cell.modifier);
    let mut words = Vec::new();
    if fg != Color::Reset {
        words.push(format!("{fg:?}").to_lowercase());
    }
    if bg != Color::Reset {
        words.push(format!("on {bg:?}").to_lowercase());
    }
    if !modifier.is_empty() {
        words.push(format!("{modifier:?}").to_lowercase().replace(" | ", " "));
    }
    (!words.is_empty()).then(|| words.join(" "))
}

/// Every stretch of cells that is not in the plain style, line by line; lines that are alike stand
/// together.
fn styles(model: &mut Model, columns: u16, rows: u16) -> String {
    let buffer = buffer(model, columns, rows);
    let mut alike: BTreeMap<String, Vec<u16>> = BTreeMap::new();
    for y in 0..rows {
        let mut runs = Vec::new();
        let mut x = 0;
        while x < columns {
            let (from, here) = (x, style(&buffer[(x, y)]));
            while x < columns && style(&buffer[(x, y)]) == here {
                x += 1;
            }
            runs.extend(here.map(|style| format!("{from}-{} {style}", x - 1)));
        }
        if !runs.is_empty() {
            alike.entry(runs.join("; ")).or_default().push(y);
        }
    }
    let mut alike: Vec<(Vec<u16>, String)> = alike.into_iter().map(|(one, y)| (y, one)).collect();
    alike.sort();
    let mut text = "lines: columns style\n".to_owned();
    for (lines, runs) in alike {
        let lines: Vec<String> = lines.iter().map(u16::to_string).collect();
        writeln!(text, "{}: {runs}", lines.join(" ")).unwrap();
    }
    text
}

/// The screen, and under it the styles of its cells.
fn drawn_with_styles(model: &mut Model, columns: u16, rows: u16) -> String {
    let text = drawn(model, columns, rows);
    format!("{text}\n{}", styles(model, columns, rows))
}

#[test]
fn every_screen_at_every_size_is_as_it_was() {
    screens_are_as_stored(Theme::default(), "", drawn_with_styles);
}

#[test]
fn the_styles_of_every_screen_in_mono_are_as_they_were() {
    let theme = Theme { palette: Palette::Mono, glyphs: BOX };
    screens_are_as_stored(theme, "-mono", styles);
}

#[test]
fn the_styles_of_every_screen_in_high_contrast_are_as_they_were() {
    let theme = Theme { palette: Palette::HighContrast, glyphs: BOX };
    screens_are_as_stored(theme, "-contrast", styles);
}

/// What can lie over a screen, and the keys that bring it.
const OVER: [(&str, &str); 11] = [
    ("form", "e"),
    ("help", "?"),
    ("help-find", "?/mark"),
    ("palette", ":comp"),
    ("prompt-wrong", "g31/6/2026\n"),
    ("filter", "flapsed mandatory\n"),
    ("markers", "B"),
    ("preview", "p"),
    ("entry", "4\n"),
    ("why-both", "cg9/6/2026\n\n"),
    ("none-in-force", "g1/1/2025\n"),
];

#[test]
fn what_lies_over_a_screen_is_as_it_was() {
    with_snapshots(|| {
        for (name, keys) in OVER {
            let mut model = model();
            press(&mut model, keys);
            insta::assert_snapshot!(format!("over-{name}"), drawn_with_styles(&mut model, 80, 24));
        }
    });
}

/// The cells of the box that lies in the middle, by its upper corners and its lower edge.
fn middle(buffer: &Buffer, title: &str) -> Vec<Vec<(String, Option<String>)>> {
    let area = buffer.area;
    let line = |y: u16| -> String { (0..area.width).map(|x| buffer[(x, y)].symbol()).collect() };
    let top = (0..area.height).find(|y| line(*y).contains(&format!("┌─ {title}"))).unwrap();
    let before: String = line(top).split(&format!("┌─ {title}")).next().unwrap().to_owned();
    let left = u16::try_from(before.chars().count()).unwrap();
    let right = (left..area.width).find(|x| buffer[(*x, top)].symbol() == "┐").unwrap();
    let bottom = (top..area.height).find(|y| buffer[(left, *y)].symbol() == "└").unwrap();
    let cell = |x: u16, y: u16| (buffer[(x, y)].symbol().to_owned(), style(&buffer[(x, y)]));
    (top..=bottom).map(|y| (left..=right).map(|x| cell(x, y)).collect()).collect()
}

#[test]
fn what_lies_over_a_screen_takes_nothing_from_it() {
    // Signatures has warnings where Position has statuses: a box over them is the same box.
    for (title, keys) in [
        ("Which position?", "e"),
        ("All commands", ":"),
        ("Markers", "B"),
        ("Statement", "p"),
        ("Go to", "g"),
    ] {
        for (columns, rows) in SIZES {
            let over = |screen: &str| {
                let mut model = model();
                press(&mut model, screen);
                press(&mut model, keys);
                middle(&buffer(&mut model, columns, rows), title)
            };
            let plain = over("1");
            for screen in ["2", "3", "4", "5", "1fto-do\n"] {
                assert!(over(screen) == plain, "{title} over {screen} at {columns}x{rows}");
            }
        }
    }
    // The help names what Enter does on each screen, so that its text differs: not its styles.
    for screen in ["1", "2", "3", "4", "5", "6"] {
        let mut model = model();
        press(&mut model, screen);
        press(&mut model, "?");
        for row in middle(&buffer(&mut model, 80, 24), "Help").iter().skip(1) {
            let lent: Vec<_> = row.iter().filter(|(_, style)| style.is_some()).collect();
            assert!(lent.is_empty(), "{screen}: {lent:?}");
        }
    }
}

#[test]
fn the_linear_mode_answers_in_sentences() {
    let mut model = model_of(source(), Theme::default());
    let mut text = String::new();
    for line in [
        "edit 30 June 2026, then",
        "next",
        "previous",
        "why 9.2.1",
        "go 31/6/2026",
        "compare 2026-06-09",
        "nonsense",
    ] {
        let said = linear::answer(&mut model, line).0;
        text.extend(["> ", line, "\n", &said]);
    }
    with_snapshots(|| insta::assert_snapshot!("linear", text));
}

//! What a person sees, as it was when somebody last looked at it: every screen at every size, in every
//! theme, and what lies over one. `INSTA_UPDATE=always` stores what is shown now.

use std::fmt::Write as _;

use dspt_ledger::tui::linear;
use dspt_ledger::tui::model::Model;
use dspt_ledger::tui::theme::{ASCII, BOX, Palette, Theme};
use dspt_ledger::tui::view::view;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;

use super::tui::{SIZES, drawn, each_screen, model, model_of, press, source};

/// Runs a test whose snapshots lie in one folder, under their bare names.
fn with_snapshots(test: impl FnOnce()) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
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

/// The screen, and under it every stretch of cells that is not in the plain style.
fn drawn_with_styles(model: &mut Model, columns: u16, rows: u16) -> String {
    let mut text = drawn(model, columns, rows);
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| view(model, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    text.push_str("\nrow: columns style\n");
    for y in 0..rows {
        let style = |x: u16| {
            let cell = &buffer[(x, y)];
            let (fg, bg, modifier) = (cell.fg, cell.bg, cell.modifier);
            let plain = fg == Color::Reset && bg == Color::Reset && modifier.is_empty();
            (!plain).then(|| format!("{fg:?} on {bg:?} {modifier:?}"))
        };
        let mut x = 0;
        while x < columns {
            let from = x;
            let here = style(x);
            while x < columns && style(x) == here {
                x += 1;
            }
            if let Some(style) = here {
                writeln!(text, "{y}: {from}-{} {style}", x - 1).unwrap();
            }
        }
    }
    text
}

#[test]
fn every_screen_at_every_size_is_as_it_was() {
    screens_are_as_stored(Theme::default(), "", drawn);
}

#[test]
fn every_screen_in_ascii_is_as_it_was() {
    let theme = Theme { palette: Palette::Terminal, glyphs: ASCII };
    screens_are_as_stored(theme, "-ascii", drawn);
}

#[test]
fn every_screen_in_mono_is_as_it_was() {
    let theme = Theme { palette: Palette::Mono, glyphs: BOX };
    screens_are_as_stored(theme, "-mono", drawn_with_styles);
}

#[test]
fn every_screen_in_high_contrast_is_as_it_was() {
    let theme = Theme { palette: Palette::HighContrast, glyphs: BOX };
    screens_are_as_stored(theme, "-contrast", drawn_with_styles);
}

#[test]
fn the_colours_of_every_screen_are_as_they_were() {
    with_snapshots(|| {
        each_screen(|model, screen| {
            let name = format!("{}-colours-80x24", screen.number() + 1);
            insta::assert_snapshot!(name, drawn_with_styles(model, 80, 24));
        });
    });
}

#[test]
fn what_lies_over_a_screen_is_as_it_was() {
    with_snapshots(|| {
        for (name, keys) in [
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
        ] {
            let mut model = model();
            press(&mut model, keys);
            insta::assert_snapshot!(format!("over-{name}"), drawn(&mut model, 80, 24));
        }
    });
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

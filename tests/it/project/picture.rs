//! The picture of the screen that README.md shows: drawn by the program itself on the sample ledger.
//! `DSPT_BLESS=1` stores what is drawn now.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use crate::screen::tui::model;
use crate::screen::tui_snapshots::buffer;

/// Pixels of a cell, and around the screen.
const CELL: (u16, u16) = (8, 17);
const MARGIN: u16 = 12;

/// How a cell is painted: its text, what is behind it, and the attributes of its text element.
type Look = (&'static str, Option<&'static str>, String);

fn look(cell: &Cell) -> Look {
    let known = [(Color::Cyan, "#56c7d6"), (Color::Yellow, "#e6b450")];
    let text = known.iter().find(|(colour, _)| *colour == cell.fg).map_or("#d7dae0", |one| one.1);
    let mut attributes = String::new();
    if cell.modifier.contains(Modifier::BOLD) {
        attributes.push_str(" font-weight=\"bold\"");
    }
    if cell.modifier.contains(Modifier::UNDERLINED) {
        attributes.push_str(" text-decoration=\"underline\"");
    }
    if cell.modifier.contains(Modifier::REVERSED) {
        return ("#16181d", Some(text), attributes);
    }
    (text, None, attributes)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The parts of a stretch that wide gaps part, each with the cell in which it begins: so columns stand
/// one under another in every font.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    for part in text.split("  ") {
        let word = part.trim();
        let before = part.chars().count() - part.trim_start().chars().count();
        if !word.is_empty() {
            found.push((at + before, word));
        }
        at += part.chars().count() + 2;
    }
    found
}

/// A screen as a picture that scales: one element for each stretch of cells that look alike.
fn svg(buffer: &Buffer) -> String {
    let (columns, rows) = (buffer.area.width, buffer.area.height);
    let (width, height) = (columns * CELL.0 + 2 * MARGIN, rows * CELL.1 + 2 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"13.29\">\n\
         <title>dspt tui: the position of an invented organisation on 30 June 2026</title>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"#16181d\"/>\n"
    );
    for y in 0..rows {
        let mut x = 0;
        while x < columns {
            let (from, here) = (x, look(&buffer[(x, y)]));
            let mut text = String::new();
            while x < columns && look(&buffer[(x, y)]) == here {
                text.push_str(buffer[(x, y)].symbol());
                x += 1;
            }
            let (fill, behind, attributes) = here;
            let (left, top) = (MARGIN + from * CELL.0, MARGIN + y * CELL.1);
            let across = (x - from) * CELL.0;
            if let Some(behind) = behind {
                let high = CELL.1;
                writeln!(
                    out,
                    "<rect x=\"{left}\" y=\"{top}\" width=\"{across}\" height=\"{high}\" fill=\"{behind}\"/>"
                )
                .unwrap();
            }
            for (at, word) in words(&text) {
                let cells = word.chars().count();
                let (left, base) = (usize::from(left) + at * usize::from(CELL.0), top + 13);
                writeln!(
                    out,
                    "<text x=\"{left}\" y=\"{base}\" textLength=\"{}\" xml:space=\"preserve\" \
                     fill=\"{fill}\"{attributes}>{}</text>",
                    cells * usize::from(CELL.0),
                    escaped(word)
                )
                .unwrap();
            }
        }
    }
    out + "</svg>\n"
}

#[test]
fn the_picture_shows_what_the_program_draws() {
    let drawn = svg(&buffer(&mut model(), 100, 30));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/screen.svg");
    if std::env::var_os("DSPT_BLESS").is_some() {
        fs::write(&path, &drawn).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), drawn, "docs/screen.svg: DSPT_BLESS=1 draws it");
    assert!(drawn.contains("Position on") && drawn.contains("9.2.1"), "it shows the position");
}

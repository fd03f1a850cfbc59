//! Drawing: the model in, cells out. Decides nothing and reads nothing else; one file per screen.

mod compare;
mod history;
pub mod layout;
pub(in crate::tui) mod loading;
mod overlay;
mod painter;
mod position;
mod signatures;
pub mod text_width;
pub mod theme;
pub mod timeline;
mod why;
mod year_end;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position as Point, Rect};

use super::input::keymap::Command as C;

use super::model::overlay::Overlay;
use super::model::{Body, Model, Screen};
use super::view_model::offer::offered;
use crate::domain::engine::status::Status;
use painter::Pen;
use text_width::{columns, cut};
use theme::Role;
use timeline::{Strip, letter_text, month, strip};

pub use loading::loading;

/// Draws everything: under what must be said of all of it, the screen.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    let rows = model.over.rows();
    let mut pen = Pen::new(frame.buffer_mut(), &model.theme);
    if layout::is_too_small((area.width, area.height)) {
        pen.line(
            0,
            0,
            area.width,
            "Make the window at least 60 by 18, or use: dspt tui --linear",
            Role::Plain,
        );
        return;
    }
    for (line, y) in model.over.warning.iter().zip(0..) {
        pen.line(0, y, area.width, &format!(" {line}"), Role::Warning);
    }
    let screen = Rect { height: area.height.saturating_sub(rows), ..area };
    let mut under = Buffer::empty(screen);
    let at = draw(model, &mut Pen::new(&mut under, &model.theme), screen);
    let (buffer, width) = (frame.buffer_mut(), usize::from(area.width));
    let above = usize::from(rows) * width;
    for (cell, drawn) in buffer.content.iter_mut().skip(above).zip(under.content) {
        *cell = drawn;
    }
    // The real cursor stands on the selected line: screen readers follow it.
    if let Some((x, y)) = at {
        let (x, y) = (x.min(area.width - 1), y.saturating_add(rows).min(area.height - 1));
        frame.set_cursor_position(Point { x, y });
    }
}

/// Draws the screen and what lies over it; returns where the selected line is.
fn draw(model: &Model, pen: &mut Pen<'_>, area: Rect) -> Option<(u16, u16)> {
    header(model, pen, area);
    let above = layout::HEADER + model.over.more();
    let footer = layout::footer(model.screen, model.size);
    let height = area.height.saturating_sub(above + footer);
    let body = Rect { x: 0, y: above, width: area.width, height };
    let mut at = match &model.body {
        Body::Position(because, why) => position::draw(model, because, why.as_deref(), pen, body),
        Body::Why(page) => why::draw(model, page.as_ref(), pen, body),
        Body::Compare(page) => compare::draw(model, page, pen, body),
        Body::History(page) => history::draw(model, page, pen, body),
        Body::Signatures => signatures::draw(model, pen, body),
        Body::YearEnd(page) => year_end::draw(model, page, pen, body),
    };
    let below = Rect { x: 0, y: body.bottom(), width: area.width, height: footer };
    draw_footer(model, pen, below);
    if model.overlay != Overlay::None {
        at = overlay::draw(model, pen, area);
    }
    at
}

fn header(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let small = area.width < 80;
    let mut tabs = String::from(" ");
    for (number, screen) in Screen::ALL.iter().enumerate() {
        let name = screen.name();
        let name = if small {
            name.split(' ').next().and_then(|n| n.get(..n.len().min(4)))
        } else {
            Some(name)
        };
        let name = format!("{} {}", number + 1, name.unwrap_or_default());
        let here = *screen == model.screen;
        let [before, after] = if here { ["[", "]"] } else { [" ", " "] };
        tabs.extend([before, &name, after]);
    }
    pen.line(0, 0, area.width, &tabs, Role::Title);
    let help = format!("{} help ", model.keys.hint(C::Help));
    let mut right = help.clone();
    if layout::is_wide(model.size) {
        let rest = format!("   {}   {help}", model.position.edition_text());
        let room = usize::from(area.width).saturating_sub(columns(&tabs) + columns(&rest) + 2);
        let organisation = &model.position.book.state.organisation;
        right = format!("{}{rest}", cut(organisation, room, pen.theme().glyphs.more));
    }
    let from = u16::try_from(columns(&tabs) + 1).unwrap_or(u16::MAX);
    pen.right(from, 0, area.width, &right, Role::Plain);
    match model.screen {
        Screen::Compare => compare::sentence(model, pen, area),
        Screen::History => history::sentence(model, pen, area),
        Screen::Signatures => signatures::sentence(model, pen, area),
        Screen::YearEnd => year_end::sentence(model, pen, area),
        Screen::Why if model.is_beside() => compare::sentence(model, pen, area),
        Screen::Position | Screen::Why => sentence(model, pen, area),
    }
}

/// The sentence that states the view.
fn sentence(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let lead = model.position.lead();
    let known = model.position.known_text(false);
    let rules = model.position.under_text("[", "]");
    let keys =
        format!("{} change  {} now/then ", model.keys.hint(C::Edit), model.keys.hint(C::NowThen));
    if layout::is_wide(model.size) {
        let text = format!(" {lead}, using what was recorded by [{known}], {rules}.");
        pen.line(0, 1, area.width, &text, Role::Plain);
        let y = if columns(&text) + columns(&keys) + 2 < usize::from(area.width) { 1 } else { 2 };
        pen.right(0, y, area.width, &keys, Role::Plain);
        return;
    }
    if area.width < 80 {
        pen.line(0, 1, area.width, &format!(" {lead}, recorded by [{known}],"), Role::Plain);
        pen.line(
            0,
            2,
            area.width,
            &format!(" {}.", rules.trim_start_matches("under the ")),
            Role::Plain,
        );
        return;
    }
    let first = format!(" {lead}, using what was recorded by [{known}],");
    let second = format!(" {rules}.");
    pen.line(0, 1, area.width, &first, Role::Plain);
    pen.line(0, 2, area.width, &second, Role::Plain);
    pen.right(u16::try_from(columns(&second) + 1).unwrap_or(0), 2, area.width, &keys, Role::Plain);
}

fn draw_footer(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let mut y = area.y;
    match layout::timeline(model.screen, model.size) {
        0 => {}
        1 => {
            bare_timeline(model, pen, y, area.width);
            y += 1;
        }
        _ => {
            timeline(model, pen, Rect { y, height: 4, ..area });
            y += 4;
        }
    }
    if layout::has_legend(model.size) {
        // There the marks mean something else, or there are none.
        let statuses = !matches!(model.screen, Screen::Signatures | Screen::History);
        let words = Status::ALL.map(|one| format!("{} {}", one.mark(), one.word()));
        if statuses {
            let text = format!(" Status words: {}", words.join("  "));
            pen.line(0, y, area.width, &text, Role::Plain);
        }
        y += 1;
    }
    let can_copy = offered(model, false).is_ok();
    let mut copy =
        if can_copy { format!("{} copy ", model.keys.hint(C::Copy)) } else { String::new() };
    if layout::is_wide(model.size) {
        copy = format!("{copy} {} export ", model.keys.hint(C::Export));
    }
    let new = match model.grown {
        0 => String::new(),
        1 => format!("1 new entry. {} to include it.", model.keys.hint(C::Today)),
        more => format!("{more} new entries. {} to include them.", model.keys.hint(C::Today)),
    };
    let (text, role) = match (&model.notice, model.tour, &model.overlay) {
        (notice, ..) if !notice.is_empty() => (format!(" {notice}"), Role::Warning),
        _ if !new.is_empty() => (format!(" {new}"), Role::Warning),
        (_, Some(step), Overlay::None) => (format!(" {}", tour(model, step)), Role::Warning),
        _ => {
            let text = offered(model, false).unwrap_or_else(|why| format!("{why}."));
            (format!("{} This view:  {text}", filtered(model)), Role::Plain)
        }
    };
    let wide = u16::try_from(columns(&copy) + 1).unwrap_or(0);
    pen.line(0, y, area.width.saturating_sub(wide), &text, role);
    pen.right(0, y, area.width, &copy, Role::Plain);
    pen.line(0, y + 1, area.width, &format!(" {}", keys(model)), Role::Plain);
}

/// The filter, where neither the list's title nor the command says it.
fn filtered(model: &Model) -> String {
    match model.screen {
        Screen::Position | Screen::History | Screen::Compare => String::new(),
        Screen::Why | Screen::Signatures | Screen::YearEnd if model.filter.text.is_empty() => {
            String::new()
        }
        Screen::Why | Screen::Signatures | Screen::YearEnd => {
            format!(" Filter, of lists and steps: {}. ", model.filter.title())
        }
    }
}

/// Four things to try on the sample ledger, in words that fit sixty columns.
fn tour(model: &Model, step: usize) -> String {
    let key = |command| model.keys.hint(command);
    let back = key(C::Back);
    match step {
        0 => format!("Try 1 of 4: {} three times steps back.  {back} ends it", key(C::Previous)),
        1 => format!("Try 2 of 4: {0} what was known then, {0} now.  {back} ends", key(C::NowThen)),
        2 => format!("Try 3 of 4: {} why an item stands so, {back} back", key(C::Open)),
        _ => format!(
            "Try 4 of 4: {} compares with this date, then {} and {}",
            key(C::Compare),
            key(C::MarkerBefore),
            key(C::MarkerAfter)
        ),
    }
}

fn keys(model: &Model) -> String {
    let step: (&[C], &str) = (&[C::Previous, C::Next], "step");
    let marker: (&[C], &str) = (&[C::MarkerBefore, C::MarkerAfter], "marker");
    let open = |word| -> (&[C], &str) { (&[C::Open], word) };
    let back: (&[C], &str) = (&[C::Back], "back");
    let all: (&[C], &str) = (&[C::Palette], "all commands");
    let help: (&[C], &str) = (&[C::Help], "help");
    let go: (&[C], &str) = (&[C::Go], "date");
    let compare: (&[C], &str) = (&[C::Compare], "compare");
    let export: (&[C], &str) = (&[C::Export], "export");
    let list: Vec<(&[C], &str)> = match model.screen {
        Screen::Position => {
            vec![step, marker, (&[C::Play], "play"), go, open("why"), compare, all]
        }
        Screen::Why if model.is_beside() => {
            let sides: (&[C], &str) = (&[C::NextPane], "A or B");
            vec![back, sides, step, (&[C::NowThen], "now/then"), open("details"), help]
        }
        Screen::Why => vec![back, step, marker, (&[C::NowThen], "now/then"), compare, export, help],
        Screen::Compare => {
            let set: (&[C], &str) = (&[C::Compare], "set A here");
            let swap: (&[C], &str) = (&[C::Swap], "swap");
            vec![open("why at A and B"), set, back, swap, step, help]
        }
        Screen::History => {
            let item: (&[C], &str) = (&[C::GoToItem], "go to the item");
            vec![open("details"), item, step, go, export, back, help]
        }
        Screen::Signatures => {
            vec![
                (&[C::Verify], "check again"),
                open("details"),
                (&[C::NextPane], "next box"),
                (&[C::Export], "export report"),
                back,
                help,
            ]
        }
        Screen::YearEnd => {
            let last: (&[C], &str) = (&[C::Compare], "compare with last year");
            vec![open("why"), (&[C::Preview], "preview statement"), last, export, help]
        }
    };
    let between = if layout::is_wide(model.size) { "   " } else { "  " };
    let mut list = list;
    if layout::is_roomy(model.size) {
        list.extend([
            (&[C::Today][..], "today"),
            (&[C::Find], "find"),
            (&[C::Filter], "filter"),
            (&[C::Quit], "quit"),
        ]);
    }
    // A hint that does not fit is left out whole.
    while columns(&model.keys.hints(&list, between)) + 2 > usize::from(model.size.0)
        && list.len() > 1
    {
        list.remove(list.len() - 2);
    }
    model.keys.hints(&list, between)
}

fn timeline(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let playing = if model.playing { "PLAYING  " } else { "" };
    let (smaller, larger) = (model.keys.hint(C::SmallerStep), model.keys.hint(C::LargerStep));
    let step = format!("{playing}step: {} ({smaller} {larger})", model.step.word());
    pen.frame(area, "Timeline", &step);
    let inside = area.width.saturating_sub(4);
    let strip = strip_of(model, inside);
    let levels = pen.theme().glyphs.levels;
    let bars: String =
        strip.levels.iter().map(|level| levels.get(*level).copied().unwrap_or(" ")).collect();
    pen.line(2, area.y + 1, inside, &bars, Role::Plain);
    pen.line(2, area.y + 2, inside, &strip.markers, Role::Title);
    let (from, until) = (month(strip.from), month(strip.until));
    pen.edge(area, &from, &until);
    if layout::is_wide(model.size) {
        let words: Vec<&str> = strip.letters.iter().map(|one| letter_text(*one)).collect();
        let words = format!(" {} ", words.join("  "));
        let x = area.width.saturating_sub(u16::try_from(columns(&words)).unwrap_or(0)) / 2;
        pen.line(x, area.bottom() - 1, area.width - x, &words, Role::Plain);
    }
}

fn strip_of(model: &Model, width: u16) -> Strip {
    let sides = model.has_sides().then_some((model.other.on, model.asked.on));
    strip(&model.library, model.active().on, sides, width)
}

fn bare_timeline(model: &Model, pen: &mut Pen<'_>, y: u16, width: u16) {
    let inside = width.saturating_sub(24);
    let strip = strip_of(model, inside);
    pen.line(1, y, 9, &month(strip.from), Role::Plain);
    pen.line(10, y, inside, &strip.markers, Role::Plain);
    let step = format!("{} ", model.step.word());
    pen.right(10 + inside, y, width, &step, Role::Plain);
}

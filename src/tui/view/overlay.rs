//! What lies over a screen: prompt, form, palette, help, texts.

use ratatui::layout::Rect;

use super::super::model::Model;
use super::layout;
use super::painter::Pen;
use super::text_width::{columns, fill, wrap};
use super::theme::Role;
use crate::tui::input::help::shown;
use crate::tui::input::keymap::Command;
use crate::tui::model::overlay::{Ask, Choice, Form, Help, Input, Overlay, Palette, wrapped};

pub(super) fn draw(model: &Model, pen: &mut Pen<'_>, area: Rect) -> Option<(u16, u16)> {
    match &model.overlay {
        Overlay::None => None,
        Overlay::Prompt(ask, input) => Some(prompt(model, *ask, input, pen, area)),
        Overlay::Form(form) => Some(form_box(model, form, pen, area)),
        Overlay::Palette(palette) => Some(palette_box(model, palette, pen, area)),
        Overlay::Help(help) => Some(help_box(model, help, pen, area)),
        Overlay::Choice(choice) => Some(choice_box(model, choice, pen, area)),
        Overlay::Text(title, lines, top) => {
            Some(text_box((title, "Up Down  Esc close"), lines, *top, pen, area))
        }
    }
}

/// The part of an input that fits, its end.
fn tail(text: &str, width: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut from = 0;
    while columns(&letters.get(from..).unwrap_or_default().iter().collect::<String>()) > width {
        from += 1;
    }
    letters.get(from..).unwrap_or_default().iter().collect()
}

fn prompt(model: &Model, ask: Ask, input: &Input, pen: &mut Pen<'_>, area: Rect) -> (u16, u16) {
    let (question, forms) = ask.words(&model.keys);
    let (below, role) = match &input.error {
        Some(error) => (error.as_str(), Role::Warning),
        None => (forms.as_str(), Role::Plain),
    };
    let below = wrap(below, usize::from(area.width.saturating_sub(4)));
    let height = u16::try_from(below.len() + 3).unwrap_or(u16::MAX).min(area.height);
    let y = area.height.saturating_sub(height + 2);
    let box_area = Rect { x: 0, y, width: area.width, height };
    pen.clear(box_area);
    pen.frame(box_area, question, "Enter  Esc cancel");
    let width = box_area.width.saturating_sub(6);
    let typed = tail(&input.text, usize::from(width));
    pen.line(2, box_area.y + 1, width, &format!("{typed}_"), Role::Title);
    for (line, y) in below.iter().zip(box_area.y + 2..box_area.bottom().saturating_sub(1)) {
        pen.line(2, y, box_area.width - 4, line, role);
    }
    (2 + u16::try_from(columns(&typed)).unwrap_or(0), box_area.y + 1)
}

fn centre(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: (area.width - width) / 2, y: (area.height - height) / 2, width, height }
}

fn form_box(model: &Model, form: &Form, pen: &mut Pen<'_>, area: Rect) -> (u16, u16) {
    let place = centre(area, 64, 16);
    pen.clear(place);
    pen.frame(place, "Which position?", "Esc cancel");
    let dot = |on: bool| if on { "(o)" } else { "( )" };
    let here = |field: usize| if form.field == field { ">" } else { " " };
    let on = model.active().on.short();
    let rules = model.position.rules_text();
    let mut lines = vec![
        String::new(),
        format!("{}Position on       [ {} ]", here(0), fill(&form.date.text, 24, "")),
        "                   the day you are asking about".to_owned(),
        String::new(),
        format!("{}Recorded by       {} today: all we know now", here(1), dot(form.known == 0)),
        format!("                   {} that same day: all we knew then", dot(form.known == 1)),
        format!(
            "{}                  {} another day  [ {} ]",
            here(2),
            dot(form.known == 2),
            fill(&form.other.text, 18, "")
        ),
        String::new(),
        format!("{}Rules             {} in force on {on}", here(3), dot(form.rules == 0)),
        format!("                   {} latest known", dot(form.rules == 1)),
        format!("                   now: {rules}"),
        String::new(),
    ];
    match &form.date.error {
        Some(error) => lines.extend(wrap(error, 58).into_iter().take(2)),
        None => lines.push(" Type a date as 30/6/2026, 30 June, today, year end, -3m".to_owned()),
    }
    lines.push(" Tab next    Enter show    arrows choose".to_owned());
    for (number, line) in lines.iter().enumerate().take(14) {
        let y = place.y + 1 + u16::try_from(number).unwrap_or(0);
        pen.line(place.x + 2, y, place.width - 4, line, Role::Plain);
    }
    let typed = |input: &Input| u16::try_from(columns(&input.text)).unwrap_or(0);
    let (x, y) = match form.field {
        0 => (21 + typed(&form.date), 2),
        1 => (19, 5),
        2 => (37 + typed(&form.other), 7),
        _ => (19, 9),
    };
    (place.x + 2 + x, place.y + y)
}

fn palette_box(model: &Model, palette: &Palette, pen: &mut Pen<'_>, area: Rect) -> (u16, u16) {
    let place = centre(area, 70, area.height.saturating_sub(4));
    pen.clear(place);
    pen.frame(place, "All commands", "Enter run  Esc cancel");
    let typed = tail(&palette.input.text, usize::from(place.width.saturating_sub(8)));
    pen.line(place.x + 2, place.y + 1, place.width - 4, &format!(": {typed}_"), Role::Title);
    let list = palette.list(&model.keys);
    let room = usize::from(place.height.saturating_sub(4));
    let top = (palette.at + 1).saturating_sub(room);
    for (number, one) in list.iter().enumerate().skip(top).take(room) {
        let text = format!("{:<14} {:<13} {}", one.name, model.keys.labels(one.command), one.help);
        let y = place.y + 2 + u16::try_from(number - top).unwrap_or(0);
        pen.row(place, y, &text, number == palette.at);
    }
    if list.is_empty() {
        pen.line(
            place.x + 2,
            place.y + 2,
            place.width - 4,
            "No command is called so.",
            Role::Warning,
        );
    }
    let words = "what a command takes comes after its name: go 30 June 2026";
    pen.line(place.x + 2, place.bottom() - 2, place.width - 4, words, Role::Plain);
    (place.x + 4 + u16::try_from(columns(&typed)).unwrap_or(0), place.y + 1)
}

fn choice_box(model: &Model, choice: &Choice, pen: &mut Pen<'_>, area: Rect) -> (u16, u16) {
    let high = u16::try_from(choice.items.len() + 2).unwrap_or(u16::MAX);
    let place = centre(area, 76, high);
    pen.clear(place);
    let keys = format!("{} why  Esc close", model.keys.hint(Command::Open));
    pen.frame(place, &choice.title, &keys);
    let room = usize::from(place.height.saturating_sub(2));
    let top = (choice.at + 1).saturating_sub(room);
    let mut at = (place.x + 1, place.y + 1);
    let shown = choice.items.iter().enumerate().skip(top).take(room);
    for ((number, (item, text)), y) in shown.zip(place.y + 1..) {
        pen.row(place, y, &format!("{:<7} {text}", item.as_str()), number == choice.at);
        if number == choice.at {
            at = (place.x + 1, y);
        }
    }
    if choice.items.len() > room {
        let last = (top + room).min(choice.items.len());
        pen.edge(place, &format!("{}-{last} of {}", top + 1, choice.items.len()), "");
    }
    at
}

fn help_box(model: &Model, help: &Help, pen: &mut Pen<'_>, area: Rect) -> (u16, u16) {
    let title = format!("Help: {}", model.screen.name());
    let remark = match &help.wanted {
        None => format!("Esc close  {} find a key", model.keys.hint(Command::Find)),
        Some(_) => "Esc all keys".to_owned(),
    };
    let at = text_box(
        (&title, &remark),
        &shown(help, &model.keys, model.screen, model.size),
        help.top,
        pen,
        area,
    );
    match &help.wanted {
        None => at,
        Some(input) => {
            let typed = u16::try_from(columns(&input.text)).unwrap_or(0);
            (at.0.saturating_add(12).saturating_add(typed), at.1)
        }
    }
}

fn text_box(
    (title, remark): (&str, &str),
    lines: &[String],
    top: usize,
    pen: &mut Pen<'_>,
    area: Rect,
) -> (u16, u16) {
    let (width, _) = layout::text_box((area.width, area.height));
    let wide = u16::try_from(width + 4).unwrap_or(area.width);
    let wrapped = wrapped(lines, width);
    let high = u16::try_from(wrapped.len() + 2).unwrap_or(u16::MAX);
    let place = centre(area, wide, high);
    pen.clear(place);
    pen.frame(place, title, remark);
    let room = usize::from(place.height.saturating_sub(2));
    for (number, line) in wrapped.iter().skip(top).take(room).enumerate() {
        let y = place.y + 1 + u16::try_from(number).unwrap_or(0);
        pen.line(place.x + 2, y, place.width - 4, line, Role::Plain);
    }
    let last = (top + room).min(wrapped.len());
    if top > 0 || last < wrapped.len() {
        pen.edge(place, &format!("lines {}-{last} of {}", top + 1, wrapped.len()), "");
    }
    (place.x + 2, place.y + 1)
}

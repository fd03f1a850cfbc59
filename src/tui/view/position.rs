//! Screen 1: what is our status on this date?

use ratatui::layout::Rect;

use super::super::model::Model;
use super::layout;
use super::painter::Pen;
use super::text_width::{columns, fill, wrap};
use super::theme::Role;
use crate::domain::catalogue::edition::Requirement;
use crate::domain::catalogue::known_frameworks;
use crate::domain::engine::status::Status;
use crate::domain::ids::Scheme;
use crate::tui::input::keymap::Command as C;
use crate::tui::view_model::brief;
use crate::tui::view_model::why::{Why, question};

/// Widths of number, title, status and reason.
struct Widths {
    title: usize,
    status: usize,
    because: usize,
}

impl Widths {
    /// Item, title, status and reason beside each other; the reason where it has room.
    fn columns(&self, [item, title, status, because]: [&str; 4], more: &str) -> String {
        let mut text = format!(
            "{} {} {}",
            fill(item, 7, more),
            fill(title, self.title, more),
            fill(status, self.status, more)
        );
        if self.because > 0 {
            text.push(' ');
            text.push_str(&fill(because, self.because, more));
        }
        text
    }
}

pub(super) fn draw(
    model: &Model,
    because: &[String],
    why: Option<&Why>,
    pen: &mut Pen<'_>,
    area: Rect,
) -> Option<(u16, u16)> {
    let wide = layout::is_wide(model.size);
    pen.line(0, area.y, area.width, &counts(model), Role::Plain);
    let below = u16::from(!wide);
    let height = area.height.saturating_sub(1 + below);
    let left = if wide { area.width * 3 / 5 } else { area.width };
    let list = Rect { x: 0, y: area.y + 1, width: left, height };
    let at = draw_list(model, because, pen, list);
    if let Some(why) = why.filter(|_| wide) {
        let pane = Rect { x: left, width: area.width - left, ..list };
        draw_why(model, why, pen, pane);
    }
    if !wide && !because.is_empty() {
        let cursor = model.cursor();
        let text = model.position.rows.get(cursor.at).map(|row| {
            let because = because.get(cursor.at.saturating_sub(cursor.top));
            brief(&model.position, row, because.map_or("", String::as_str))
        });
        let y = area.bottom().saturating_sub(1);
        pen.line(1, y, area.width - 1, &text.unwrap_or_default(), Role::Plain);
    }
    at
}

fn counts(model: &Model) -> String {
    let position = &model.position;
    let count = |status: Status| position.count(status);
    let [met, equal, confirm, partly, lapsed, not_met, none] = Status::ALL.map(count);
    let (in_place, mandatory) = position.mandatory;
    if layout::is_wide(model.size) {
        format!(
            " Met {met}   By equivalence {equal}   Needs confirming {confirm}   Partly supported \
             {partly}   Lapsed {lapsed}   Not met {not_met}   N/A {none}   Mandatory: {in_place} \
             of {mandatory} in place"
        )
    } else if model.size.0 < 80 {
        format!(
            " Met {met} Equiv {equal} Conf {confirm} Partly {partly} Lapsed {lapsed} Not met \
             {not_met} N/A {none}"
        )
    } else {
        let mandatory = if layout::is_roomy(model.size) {
            format!("   Mandatory: {in_place} of {mandatory} in place")
        } else {
            String::new()
        };
        format!(
            " Met {met}  By equivalence {equal}  Confirming {confirm}  Partly {partly}  Lapsed \
             {lapsed}  Not met {not_met}  N/A {none}{mandatory}"
        )
    }
}

/// Why there is no row.
fn no_rows(model: &Model) -> Vec<String> {
    match model.position.book.positions.derivation.period_on(model.asked.on) {
        None => {
            vec!["No edition with the organisation's category is in force on this day.".to_owned()]
        }
        Some(_) => model.instead.clone(),
    }
}

fn draw_list(
    model: &Model,
    because: &[String],
    pen: &mut Pen<'_>,
    area: Rect,
) -> Option<(u16, u16)> {
    let position = &model.position;
    let title = format!(
        "Items  {}, mandatory {}, shown: {}",
        position.total(),
        position.mandatory.1,
        model.filter.items_title()
    );
    let keys = format!("{} find  {} filter", model.keys.hint(C::Find), model.keys.hint(C::Filter));
    pen.frame(area, &title, &keys);
    let widths = widths(model, area.width);
    let more = pen.theme().glyphs.more;
    let columns = |cells: [&str; 4]| widths.columns(cells, more);
    let head = columns(["Item", "What it asks for", "Status", "Because"]);
    pen.line(area.x + 2, area.y + 1, area.width - 4, &head, Role::Title);
    let cursor = model.cursor();
    let height = model.list_height();
    let mut at = None;
    let mut y = area.y + 2;
    let rows = position.rows.iter().enumerate().skip(cursor.top).take(height);
    for ((number, row), because) in rows.zip(because) {
        let status = format!("{} {}", row.status.mark(), row.status.word());
        let optional = row.requirement != Requirement::Mandatory;
        let name = if optional { format!("{}o", row.item.item) } else { row.item.item.to_string() };
        let text = columns([&name, &row.title, &status, &reason(because, widths.because)]);
        let selected = number == cursor.at;
        pen.row(area, y, &text, selected);
        if selected {
            at = Some((area.x + 1, y));
        } else {
            let x = area.x + 2 + 8 + u16::try_from(widths.title).unwrap_or(0) + 1;
            let width = u16::try_from(widths.status).unwrap_or(0);
            pen.line(x, y, width, &status, Role::Status(row.status));
        }
        y += 1;
    }
    if position.rows.is_empty() {
        no_fit(&no_rows(model), pen, Rect { y, ..area });
    } else {
        let last = (cursor.top + height).min(position.rows.len());
        let optional = if area.width < 70 { "" } else { "  (o: optional)" };
        let text = format!("rows {}-{last} of {}{optional}", cursor.top + 1, position.rows.len());
        pen.edge(area, &text, position.source_text());
    }
    at
}

/// Says in an empty list why it is empty and what would show something.
pub(super) fn no_fit(lines: &[String], pen: &mut Pen<'_>, area: Rect) {
    let width = usize::from(area.width.saturating_sub(4));
    for (line, y) in lines.iter().flat_map(|line| wrap(line, width)).zip(area.y..) {
        pen.line(area.x + 2, y, area.width - 4, &line, Role::Warning);
    }
}

/// A reason as a column of a width has it: in a narrow one without the day, which the line below
/// the list and the pane beside it give.
pub(super) fn reason(because: &str, width: usize) -> String {
    let text = short(because);
    match text.split_once(" ended ") {
        Some((what, _)) if columns(&text) > width => {
            let whole = format!("{what} ended");
            if columns(&whole) > width { whole.replace("own evidence", "evidence") } else { whole }
        }
        _ => text,
    }
}

/// Schemes by their short names, as a narrow column has them.
pub(super) fn short(because: &str) -> String {
    let schemes =
        Scheme::all().map(|scheme| (scheme.label().to_owned(), scheme.short().to_owned()));
    let differing = schemes.filter(|(label, short)| label != short);
    let names = differing.chain(known_frameworks::short_names());
    names.fold(because.to_owned(), |text, (long, short)| text.replace(&long, &short))
}

fn widths(model: &Model, width: u16) -> Widths {
    let inside = usize::from(width.saturating_sub(4));
    if model.size.0 < 80 {
        return Widths { title: inside.saturating_sub(8 + 23), status: 22, because: 0 };
    }
    // A longer reason takes no room that titles have in narrower windows.
    let because = if inside < 116 { 14 } else { 34 };
    let title = inside.saturating_sub(8 + 23 + because + 1);
    Widths { title, status: 22, because }
}

/// Adds the key that leads to hindsight.
pub(super) fn press_now(model: &Model, hindsight: &str) -> String {
    format!("{hindsight} Press {}.", model.keys.hint(C::NowThen))
}

fn draw_why(model: &Model, why: &Why, pen: &mut Pen<'_>, area: Rect) {
    let title = format!("Why {}?", question(why));
    pen.frame(area, &title, &format!("{} open", model.keys.hint(C::Open)));
    let width = usize::from(area.width.saturating_sub(4));
    let mut lines: Vec<(String, Role)> = Vec::new();
    let say = |lines: &mut Vec<(String, Role)>, text: &str, role: Role, indent: &str| {
        for line in wrap(text, width - indent.len()) {
            lines.push((format!("{indent}{line}"), role));
        }
    };
    say(&mut lines, &why.title, Role::Title, "");
    say(&mut lines, &why.asked_by, Role::Plain, "");
    say(&mut lines, "", Role::Plain, "");
    let since = why.history.iter().find(|(day, _)| *day <= model.asked.on);
    let since = since.map_or_else(String::new, |(day, _)| format!(" since {}", day.short()));
    let answer = format!("{}{since}", why.status.word().to_uppercase());
    say(&mut lines, &answer, Role::Status(why.status), "");
    say(&mut lines, &format!("Because: {}.", why.because), Role::Plain, "");
    say(&mut lines, &why.outlook, Role::Plain, "");
    say(&mut lines, "", Role::Plain, "");
    if let Some(hindsight) = &why.hindsight {
        say(&mut lines, &format!("!  {}", press_now(model, hindsight)), Role::Warning, "");
        say(&mut lines, "", Role::Plain, "");
    }
    if !why.remedies.is_empty() {
        say(&mut lines, "What would put it right", Role::Title, "");
        for (number, set) in why.remedies.iter().take(2).enumerate() {
            let or = if number == 0 { "" } else { "or " };
            say(&mut lines, &format!("{or}{}", set.join(", and ")), Role::Plain, "  ");
        }
        say(&mut lines, "", Role::Plain, "");
    }
    say(&mut lines, "History of this item", Role::Title, "");
    for (day, status) in why.history.iter().take(5) {
        lines.push((format!("  {:<12} {}", day.short(), status.word()), Role::Plain));
    }
    say(&mut lines, "", Role::Plain, "");
    say(&mut lines, "Reasons", Role::Title, "");
    for line in why.lines(&std::collections::BTreeSet::new(), false).iter().take(12) {
        let indent = "  ".repeat(line.path.len());
        say(&mut lines, &line.text, Role::Plain, &indent);
    }
    pen.pane(area, &lines, &format!("{} all", model.keys.hint(C::Open)));
}

//! A screen as a table: for files, for finding, for the linear mode. Makes bytes, writes nothing.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::box_line::Line;
use super::compare::status_text;
use super::history::tell;
use super::offer::{offered, offered_text};
use super::signatures::lines;
use super::year_end::{published, published_text, statement_commands, to_do_text};
use super::{entries_text, known_text};
use crate::domain::csv::write_stored;
use crate::domain::engine::standing::{Counts, judge};
use crate::domain::sanitize::{inert_cell, safe, visible_json};
use crate::domain::state::describe::doubt_mark;
use crate::tui::model::session::Asked;
use crate::tui::model::{Body, Model, Screen};

/// The column names of the screen's list.
pub fn header(screen: Screen) -> &'static [&'static str] {
    match screen {
        Screen::Position => &["item", "asks_for", "requirement", "status"],
        Screen::Why => &["depth", "reason", "entries"],
        Screen::Compare => &["item", "asks_for", "a", "b", "cause", "entries"],
        Screen::History => &["entry", "recorded", "for_day", "who", "what"],
        Screen::Signatures => &["about", "state", "text"],
        Screen::YearEnd => &["item", "status", "asks_for", "last_by", "next"],
    }
}

/// The lines of the screen's list, in order.
pub fn rows(model: &Model) -> Vec<Vec<String>> {
    if matches!(model.body, Body::Signatures) {
        return lines(model.context()).into_iter().map(signature).collect();
    }
    (0..model.lines()).filter_map(|line| row(model, line)).collect()
}

fn signature(one: Line) -> Vec<String> {
    vec![one.name, one.state, one.text]
}

/// One line of the screen's list: what a large list need not be made whole for.
pub fn row(model: &Model, line: usize) -> Option<Vec<String>> {
    Some(match &model.body {
        Body::Position(..) => {
            let row = model.position.rows.get(line)?;
            vec![
                row.item.item.to_string(),
                row.title.clone(),
                row.requirement.as_str().to_owned(),
                row.status.word().to_owned(),
            ]
        }
        Body::Why(why) => {
            let (_, lines) = why.as_ref()?;
            let line = lines.get(line)?;
            vec![line.path.len().to_string(), line.text.clone(), entries(model, &line.entries)]
        }
        Body::Compare(page) => {
            let one = page.line(line)?;
            vec![
                one.item.item.to_string(),
                one.title.clone(),
                status_text(one.before),
                status_text(one.after),
                one.cause.clone(),
                entries(model, &one.entries),
            ]
        }
        Body::History(page) => {
            let told = tell(&model.library, *page.lines.get(line)?, page.size);
            vec![told.entry, told.recorded, told.day, told.who, told.what]
        }
        Body::Signatures => signature(lines(model.context()).into_iter().nth(line)?),
        Body::YearEnd(page) => to_do_text(model.context(), page, page.to_do.get(line)?).to_vec(),
    })
}

/// The same without rows that only give a line more room on a screen.
pub fn said(model: &Model) -> Vec<Vec<String>> {
    let says = |row: &Vec<String>| row.iter().any(|cell| !cell.is_empty());
    rows(model).into_iter().filter(says).collect()
}

/// Entries, with a mark where some are doubtful.
fn entries(model: &Model, list: &[u64]) -> String {
    let (text, mark) = (entries_text(list), doubt_mark(&model.library.doubtful(list)));
    if mark.is_empty() { text } else { format!("{text}  {mark}") }
}

/// Makes the file of a name: its ending decides the form.
///
/// # Errors
/// One line that says which endings there are.
pub fn file(model: &Model, name: &str) -> Result<Vec<u8>, String> {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase();
    match ending.as_str() {
        "csv" => Ok(csv(model)),
        "json" => Ok(format!("{}\n", visible_json(&as_json(model).to_string())).into_bytes()),
        "html" => Ok(html(model).into_bytes()),
        "txt" => Ok(text(model).into_bytes()),
        _ => Err("give a name that ends in .csv, .html, .txt or .json".to_owned()),
    }
}

/// What every file says of itself, whatever its form: of whom, both dates, what is left out, how far
/// it can be believed, and the head that it was read under.
fn about(model: &Model) -> Vec<(&'static str, String)> {
    let position = &model.position;
    let belief = model.trust.belief();
    let sides = model.screen == Screen::Compare || model.is_beside();
    let mut all = vec![
        ("believed", believed(model)),
        ("organisation", position.book.state.organisation.clone()),
        ("position_on", model.asked.on.to_string()),
        ("recorded_by", recorded_by(model, model.asked)),
        ("rules", position.rules_text()),
    ];
    if sides {
        let other = model.other;
        all.push(("compared_with_position_on", other.on.to_string()));
        all.push(("compared_with_recorded_by", recorded_by(model, other)));
    }
    all.push(("filter", model.filter.title().to_owned()));
    all.push(("head", belief.head_text()));
    all.push(("check_result", model.trust.answer()));
    all
}

/// How far it can be believed, as one word or a warning.
fn believed(model: &Model) -> String {
    model.trust.warning().unwrap_or_else(|| model.trust.belief().short())
}

/// How much of the ledger was used: in words, and how many entries.
fn recorded_by(model: &Model, asked: Asked) -> String {
    format!(
        "{} ({} entries)",
        known_text(asked, model.library.today(), true),
        model.library.size(asked)
    )
}

/// Adds to a table, in every row, what a file says of itself: a row that is taken out of it still
/// says how far it can be believed, which stands in the first column. A table without rows gets one.
fn table(model: &Model) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let (about, own) = (about(model), header(model.screen));
    let (first, rest) = about.split_at(1);
    let names =
        |of: &[(&'static str, String)]| of.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let cells = |of: &[(&str, String)]| -> Vec<String> {
        of.iter().map(|(_, cell)| cell.clone()).collect()
    };
    let header = [names(first), own.to_vec(), names(rest)].concat();
    let mut list = said(model);
    if list.is_empty() {
        list.push(vec![String::new(); own.len()]);
    }
    let whole = |row: Vec<String>| -> Vec<String> { [cells(first), row, cells(rest)].concat() };
    (header, list.into_iter().map(whole).collect())
}

/// UTF-8 with a byte order mark: Excel guesses wrongly without it.
fn csv(model: &Model) -> Vec<u8> {
    let mut bytes = "\u{feff}".as_bytes().to_vec();
    let (header, rows) = table(model);
    let rows = rows.into_iter().map(|row| row.iter().map(|cell| inert_cell(cell)).collect());
    bytes.extend(write_stored(&header, rows).into_bytes());
    bytes
}

fn as_json(model: &Model) -> Value {
    let header = header(model.screen);
    let object = |row: Vec<String>| -> Value {
        header.iter().zip(row).map(|(name, cell)| ((*name).to_owned(), json!(cell))).collect()
    };
    json!({
        "schema": "dspt.screen/1",
        "screen": model.screen.name(),
        "sentence": model.position.sentence(),
        "at": model.asked.on.to_string(),
        "as_known": model.position.known_text(true),
        "size": model.position.size,
        "organisation": model.position.book.state.organisation,
        "about": about(model).into_iter()
            .map(|(name, text)| (name.to_owned(), json!(text))).collect::<Value>(),
        "belief": model.trust.belief().json(),
        "warning": model.trust.warning(),
        "command": offered(model, false).ok(),
        "rows": said(model).into_iter().map(object).collect::<Vec<_>>(),
    })
}

/// Writes text so that a browser shows it and runs none of it.
fn escaped(text: &str) -> String {
    safe(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn html(model: &Model) -> String {
    let title = escaped(&format!("DSPT: {}", model.screen.name()));
    let warning = model.trust.warning().map_or_else(String::new, |warning| {
        format!("<p><strong>{}</strong></p>\n", escaped(&warning))
    });
    let mut about = String::new();
    for (name, text) in self::about(model) {
        let (name, text) = (escaped(&name.replace('_', " ")), escaped(&text));
        let _ = writeln!(about, "<dt>{name}</dt><dd>{text}</dd>");
    }
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head><meta charset=\"utf-8\">\
         <title>{title}</title></head>\n<body>\n{warning}<h1>{title}</h1>\n<dl>\n{about}</dl>\n\
         <p>{}</p>\n<p>{}</p>\n<p><code>{}</code></p>\n<table>\n<thead><tr>",
        escaped(&model.position.sentence()),
        escaped(&model.position.counts_text()),
        escaped(&offered_text(model))
    );
    for name in header(model.screen) {
        let _ = write!(page, "<th scope=\"col\">{}</th>", escaped(&name.replace('_', " ")));
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in said(model) {
        page.push_str("<tr>");
        for cell in row {
            let _ = write!(page, "<td>{}</td>", escaped(&cell));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table>\n</body>\n</html>\n");
    page
}

/// The sentence, the counts and the list as plain lines.
pub fn text(model: &Model) -> String {
    let warning = model.trust.warning().map(|warning| format!("{}.\n", safe(&warning)));
    let mut text = warning.unwrap_or_default();
    for (name, said) in about(model) {
        let _ = writeln!(text, "{}: {}", name.replace('_', " "), safe(&said));
    }
    let _ = writeln!(text, "\n{}", safe(&model.position.sentence()));
    let _ = writeln!(text, "{}", model.position.counts_text());
    let _ = writeln!(text, "This view: {}\n", offered_text(model));
    for row in said(model) {
        let line: Vec<String> = row.iter().map(|cell| safe(cell)).collect();
        let _ = writeln!(text, "{}", line.join("  ").trim_end());
    }
    text
}

/// The statement that the position would make, as a draft.
pub fn preview(model: &Model) -> Vec<String> {
    let view = model.position.view();
    let findings = view.findings();
    let (verdict, counts) = (judge(&view, &view.stands()), Counts::of(&view.stands()));
    let (in_place, mandatory) = counts.mandatory_in_place();
    let mut lines = vec![
        published(&model.position).first().map_or_else(
            || "DRAFT. Nothing is recorded as published.".to_owned(),
            |one| format!("DRAFT. Last published: {}", published_text(one, &model.library)),
        ),
        model.position.book.state.organisation.clone(),
        model.position.edition_text(),
        model.position.sentence(),
        String::new(),
        format!("Standing: {}", verdict.standing.word()),
        format!("Mandatory items: {in_place} of {mandatory} in place"),
        format!("Assertions to confirm: {}", verdict.unconfirmed.len()),
        model.position.counts_text(),
        String::new(),
    ];
    match statement_commands(&model.position, model.context()) {
        Ok(commands) => lines.extend(commands),
        Err(why) => lines.push(format!("{why}.")),
    }
    lines.push(String::new());
    lines.extend(findings.iter().map(|one| {
        let entries = entries(model, &one.because);
        let word = one.status.word();
        let number = one.item.item.to_string();
        format!("{number:<8}{} {word:<19} {}  {entries}", one.status.mark(), one.title)
    }));
    lines
}

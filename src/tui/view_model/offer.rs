//! Which commands of the program the screen may name: none that would be refused of what is shown.

use super::allowed::{Purpose, refused};
use super::flags;
use crate::domain::engine::derive::RulesChoice;
use crate::tui::model::session::{Asked, Known};
use crate::tui::model::{Model, Screen};

/// The command that gives the same answer as the screen.
///
/// # Errors
/// Why there is none.
pub fn offered(model: &Model, whole: bool) -> Result<String, &'static str> {
    let refused =
        refused(model.context(), Purpose::Ask).filter(|_| model.screen != Screen::Signatures);
    refused.map_or_else(|| Ok(view_command(model, whole)), Err)
}

/// The same as words, for places where it is only read.
pub fn offered_text(model: &Model) -> String {
    offered(model, false).unwrap_or_else(|why| format!("no command gives it, {why}"))
}

/// The command that gives the same answer; `whole` names the ledger too.
pub fn view_command(model: &Model, whole: bool) -> String {
    let asked = model.asked;
    let item = || model.item.as_ref().map_or("ITEM".to_owned(), ToString::to_string);
    let command = match model.screen {
        Screen::Position => format!("status {}{}", flags(asked), model.filter.status_flags()),
        Screen::Why => format!("explain {} {}", item(), flags(model.active())),
        Screen::Compare => compare_command(model.other, asked),
        Screen::History => match asked.known {
            Known::Now => format!("log{}", model.filter.log_flags()),
            Known::Then => format!("log --until {}{}", asked.on, model.filter.log_flags()),
            Known::By(day) => format!("log --until {day}{}", model.filter.log_flags()),
            Known::Size(size) => format!("show '#{}'", size.saturating_sub(1)),
        },
        Screen::Signatures => ["verify", &model.trust.flags].join(" ").trim_end().to_owned(),
        Screen::YearEnd => format!("status {} --require met", flags(asked)),
    };
    let flag = &model.library.source.flag;
    if whole && !flag.is_empty() {
        format!("dspt {flag} {command}")
    } else {
        format!("dspt {command}")
    }
}

fn compare_command(a: Asked, b: Asked) -> String {
    let known = |one: Asked| match one.known {
        Known::Then => "then".to_owned(),
        Known::Now => "now".to_owned(),
        Known::By(day) => day.to_string(),
        Known::Size(size) => format!("'#{size}'"),
    };
    let how = match (known(a), known(b)) {
        (one, other) if one == other && one == "now" => String::new(),
        (one, other) if one == other => format!(" --as-known {one}"),
        (one, other) => format!(" --a-as-known {one} --b-as-known {other}"),
    };
    let rules = match b.rules {
        RulesChoice::Then => "",
        RulesChoice::Latest => " --rules latest",
    };
    format!("diff {} {}{how}{rules}", a.on, b.on)
}

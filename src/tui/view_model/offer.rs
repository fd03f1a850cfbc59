//! Which commands of the program the screen may name: none that would be refused of what is shown.

use super::flags;
use crate::domain::engine::derive::RulesChoice;
use crate::tui::model::session::{Asked, Kind, Known};
use crate::tui::model::verification::Refuses;
use crate::tui::model::{Model, Screen};

/// What a command is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It answers a question.
    Ask,
    /// It writes a file that travels: a bundle, a head, a proof, a statement.
    GiveOut,
    /// It records something.
    Record,
}

/// Why commands for a purpose would be refused, in one line; none where they are not.
pub fn refused(model: &Model, purpose: Purpose) -> Option<&'static str> {
    let by = model.trust.refuses();
    match (model.library.source.kind, by, purpose) {
        (Kind::Bundle, ..) => Some("only dspt verify takes a bundle"),
        (Kind::Tiles, ..) => Some("only dspt verify takes a folder of tiles"),
        (Kind::File, Refuses::Broken, _) => {
            Some("only dspt verify takes this ledger; others refuse it, DSPT0030")
        }
        (Kind::File, Refuses::Undecided, _) => {
            Some("only dspt verify takes this ledger; others refuse it, DSPT0031")
        }
        (Kind::File, Refuses::GivingOut, Purpose::GiveOut | Purpose::Record) => {
            Some("refused: the head file beside the ledger does not fit it")
        }
        (Kind::File, Refuses::GivingOut, Purpose::Ask) | (Kind::File, Refuses::Nothing, _) => None,
    }
}

/// The command that gives the same answer as the screen.
///
/// # Errors
/// Why there is none.
pub fn offered(model: &Model, whole: bool) -> Result<String, &'static str> {
    let refused = refused(model, Purpose::Ask).filter(|_| model.screen != Screen::Signatures);
    refused.map_or_else(|| Ok(view_command(model, whole)), Err)
}

/// The same as words, for places where it is only read.
pub fn offered_text(model: &Model) -> String {
    offered(model, false).unwrap_or_else(|why| format!("no command gives it, {why}"))
}

/// The path that was opened, as a shell takes it.
pub fn path(model: &Model) -> &str {
    model.library.source.flag.trim_start_matches("--ledger ")
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

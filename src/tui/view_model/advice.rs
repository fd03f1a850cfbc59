//! What to do about the answer, and the commands that check a ledger without this program.

use super::allowed::{Purpose, path, refused};
use super::context::Context;
use crate::domain::belief::Answer;
use crate::tui::input::keymap::Command;
use crate::tui::model::session::Kind;
use crate::tui::model::verification::State;

/// What is to be done about the answer, step by step.
pub fn to_do(context: Context<'_>) -> Vec<String> {
    let trust = &context.trust;
    let hint = |command| context.keys.hint(command);
    let against = command(context, "verify", "--against FILE");
    let Some(report) = trust.report.as_ref().filter(|_| trust.running.is_none()) else {
        let wait = "Nothing yet: the check has not ended. Other screens work meanwhile.";
        return vec![wait.to_owned()];
    };
    let left_out = |name: &str| {
        let found = report.phases.iter().find(|one| one.name == name);
        found.is_some_and(|one| one.state == State::NotChecked)
    };
    let mut steps = Vec::new();
    match report.answer {
        Answer::No => {
            steps.push("Do not write to this ledger.".to_owned());
            steps
                .push("Ask for another copy, or for a head that someone kept, and compare:".into());
            steps.push(format!("  {against}"));
            steps.push(format!("Save this report: {}", hint(Command::Export)));
        }
        Answer::NotDecided | Answer::Yes => {
            if left_out("policy") {
                steps.push("Say whom you trust, a log key and witnesses:".to_owned());
                steps.push(format!("  {}", command(context, "verify", "--policy FILE")));
            }
            if left_out("kept") {
                steps.push("Keep its head, and compare the next time:".to_owned());
                match (context.library.source.kind, refused(context, Purpose::GiveOut)) {
                    (Kind::Bundle | Kind::Tiles, _) => {
                        steps.push(format!("  the file checkpoint in {}", path(context)));
                    }
                    (Kind::File, Some(why)) => steps.push(format!("  {why}")),
                    (Kind::File, None) => {
                        steps.push(format!("  {} > FILE", command(context, "checkpoint", "")));
                    }
                }
                steps.push(format!("  {against}"));
            }
            if steps.is_empty() {
                let again = hint(Command::Verify);
                steps.push(format!("Nothing. Check again after the next entries: {again}"));
            }
        }
    }
    let mut number = 0;
    let numbered = |step: String| {
        if step.starts_with(' ') {
            return step;
        }
        number += 1;
        format!("{number} {step}")
    };
    steps.into_iter().map(numbered).collect()
}

/// A command of this program about this ledger.
pub(super) fn command(context: Context<'_>, words: &str, more: &str) -> String {
    let parts = ["dspt", &context.library.source.flag, words, more];
    parts.into_iter().filter(|one| !one.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The commands that check it: with this program, with another, and the head alone.
pub fn commands(context: Context<'_>) -> Vec<(&'static str, String)> {
    let trust = &context.trust;
    let newest = trust.report.as_ref().and_then(|report| report.log.last());
    let vkey = newest.map_or("VKEY", String::as_str);
    let flags = &trust.flags;
    let policy = if flags.is_empty() { "--policy FILE" } else { flags };
    let here = ("here", command(context, "verify", flags));
    let head = |folder: &str| {
        format!("dspt check checkpoint --checkpoint {folder}/checkpoint --vkey '{vkey}'")
    };
    let path = path(context);
    match (context.library.source.kind, refused(context, Purpose::GiveOut)) {
        // A program that came with what it checks proves nothing.
        (Kind::Bundle, _) => vec![
            ("apart", format!("python3 verify.py {path} {policy}")),
            here,
            ("head only", head(path)),
        ],
        (Kind::Tiles, _) => vec![here, ("head only", head(path))],
        (Kind::File, Some(_)) => vec![here],
        (Kind::File, None) => vec![
            ("bundle", command(context, "export bundle DIR", "")),
            ("apart", format!("python3 DIR/verify.py DIR {policy}")),
            here,
            ("head only", head("DIR")),
        ],
    }
}

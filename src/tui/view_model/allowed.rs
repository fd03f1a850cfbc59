//! What commands are for, and which would be refused of what is shown.

use super::context::Context;
use crate::tui::model::session::Kind;
use crate::tui::model::verification::Refuses;

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
pub fn refused(context: Context<'_>, purpose: Purpose) -> Option<&'static str> {
    let by = context.trust.refuses();
    match (context.library.source.kind, by, purpose) {
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

/// The path that was opened, as a shell takes it.
pub fn path(context: Context<'_>) -> &str {
    context.library.source.flag.trim_start_matches("--ledger ")
}

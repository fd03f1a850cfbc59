//! What a statement is asked for, and of which ledger.

use crate::domain::authority::roster::Roster;
use crate::domain::date::{Date, Timestamp};
use crate::domain::engine::derivation::RulesChoice;
use crate::domain::event::fact::Fact;
use crate::domain::state::ReplayError;
use crate::domain::state::facts::Contents;

/// The name of the format that statements are made in.
pub const FORMAT: &str = Format::Two.name();

/// A format of statements. Each is made as it always was for as long as somebody holds one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Cites neither the scope nor what suspended, withdrew or replaced something.
    One,
    /// Cites every entry that a status follows from, says what happened to what has lapsed, and what
    /// was set aside.
    Two,
}

impl Format {
    /// Returns its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::One => "dspt-statement/1",
            Self::Two => "dspt-statement/2",
        }
    }

    /// Reads a name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::One, Self::Two].into_iter().find(|format| format.name() == name)
    }
}

/// What a question is about: the day, how many entries, and which revision decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The day.
    pub on: Date,
    /// How many entries may be used.
    pub size: u64,
    /// Which revision of the edition's files decides.
    pub rules: RulesChoice,
}

/// When somebody outside saw the ledger, as an anchor entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// When.
    pub at: Timestamp,
    /// The anchor's entry.
    pub seq: u64,
    /// How many entries the head that was seen covers.
    pub size: u64,
}

/// The ledger that a statement is made from. It may hold more than is asked about.
#[derive(Clone, Copy)]
pub struct Ledger<'l> {
    /// Its origin.
    pub origin: &'l str,
    /// Its identity, the leaf hash of entry 0 in hexadecimal.
    pub identity: &'l str,
    /// The root over the entries that are asked about, base64.
    pub root: &'l str,
    /// The verified facts, in order.
    pub facts: &'l [Fact],
    /// The contents that they name.
    pub contents: &'l Contents,
    /// Who holds which key. Only what is said when a key is admitted is used.
    pub roster: &'l Roster,
    /// When it was seen from outside.
    pub seen: &'l [Seen],
}

/// Why there is no statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoStatement {
    /// There are not so many entries, or none was asked about.
    #[error("a statement from {asked} entries cannot be made: this ledger has {found}")]
    Size {
        /// How many were asked about.
        asked: u64,
        /// How many there are.
        found: u64,
    },
    /// No rules bind on the day.
    #[error(
        "no edition with the organisation's category is in force on {}, as far as these entries \
         say; ask about another day, or adopt one with: dspt import edition",
        .0.long()
    )]
    NoEdition(Date),
    /// A content cannot be read.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

//! What can happen to the screen, and what it may ask to have done outside.

use std::collections::BTreeSet;

use super::session::Source;
use super::verification::{Progress, Report};
use crate::domain::date::Date;
use crate::tui::input::keymap::{Command, Key};

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Message {
    /// A key was pressed.
    Key(Key),
    /// A text was pasted.
    Paste(String),
    /// A command was called by name, with what it takes.
    Say(Command, String),
    /// The window has another size.
    Size(u16, u16),
    /// Time for the next step of play.
    Tick,
    /// The check of a generation has come this far.
    Checking(u64, Progress),
    /// The check of a generation has ended.
    Checked(u64, Box<Result<Report, String>>),
    /// Something outside was done, or not.
    Told(Result<String, String>),
    /// The ledger was read again.
    Reloaded(Box<Source>),
    /// The mouse was pressed.
    Click(u16, u16),
    /// The ledger holds this many more entries than were read.
    Grown(u64),
    /// The wheel was turned, down or up.
    Wheel(bool),
    /// Time to go on with what takes several turns.
    GoOn,
}

/// Something to do outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Leave.
    Quit,
    /// Leave as a program does that was stopped.
    Stop,
    /// Start the check of this generation.
    Verify(u64),
    /// Read the ledger again if it has grown.
    Reload,
    /// Write a new file.
    Export(String, Vec<u8>),
    /// Put a text into the clipboard.
    Copy(String),
    /// Keep the bookmarks.
    Keep(BTreeSet<Date>),
    /// Take or leave the mouse.
    Mouse(bool),
    /// Clear the terminal and draw everything.
    Redraw,
    /// Come back with [`Message::GoOn`] after what else has happened.
    GoOn,
}

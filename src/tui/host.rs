//! What the screen needs from outside, how it is made, and how it is left.

use std::any::Any;
use std::collections::BTreeSet;

use super::model::Model;
use super::model::loading::Step;
use super::model::session::Source;
use super::model::verification::{Progress, Report};
use crate::domain::date::Date;

/// What the screen needs from outside; the command line gives the real one.
pub trait Host: Send + Sync {
    /// Checks everything again, telling how far it is.
    ///
    /// # Errors
    /// One line that says why it could not.
    fn verify(&self, progress: &mut dyn FnMut(Progress)) -> Result<Report, String>;

    /// Reads the ledger again when it has another number of entries than `had`.
    ///
    /// # Errors
    /// One line that says why it could not.
    fn reload(&self, had: u64) -> Result<Option<Source>, String>;

    /// Says how many more entries than `had` the ledger holds. It is asked after each key, so it
    /// must cost next to nothing while the file stays as it is.
    fn grown(&self, had: u64) -> u64;

    /// Has the system call `told` when the ledger was written to, for as long as what is returned
    /// is kept. None where the system cannot tell: then it is noticed at the next key.
    fn watch(&self, told: Box<dyn Fn() + Send>) -> Option<Box<dyn Any + Send>> {
        drop(told);
        None
    }

    /// Writes a new file; never over an old one. Returns what to say.
    ///
    /// # Errors
    /// One line that says why it could not.
    fn export(&self, name: &str, bytes: &[u8]) -> Result<String, String>;

    /// Keeps the bookmarks of the ledger whose first leaf hash is `ledger`. Returns what to say.
    ///
    /// # Errors
    /// One line that says why it could not.
    fn keep(&self, ledger: &str, days: &BTreeSet<Date>) -> Result<String, String>;
}

/// How the user left.
pub enum Left {
    /// The screen as it was left.
    Screen(Box<Model>),
    /// Before there was an answer, or while one was worked out.
    Early,
    /// With Ctrl+C.
    Stopped,
}

/// Reads a ledger and makes a screen of it, telling how far it is; runs beside the first frames.
pub type Prepare<E> = Box<dyn FnOnce(&mut dyn FnMut(Step)) -> Result<Model, E> + Send>;

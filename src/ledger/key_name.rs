//! The name of a key, as signed notes have it.

use std::fmt;

use super::digest::shown;
use super::note_error::NoteError;

const NAME_BYTES_MAX: usize = 255;

/// The name of a key: not empty, at most 255 bytes, no space, no control character, no `+`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyName(String);

impl KeyName {
    /// Reads a key name.
    ///
    /// # Errors
    /// An empty or overlong name, or one with a space, a control character or a `+`.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let printable = !text.contains(char::is_control);
        if text.len() <= NAME_BYTES_MAX && printable && is_name(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NoteError::BadName { found: shown(text) })
        }
    }

    /// Takes a text whose own rules are narrower than those of a key name.
    pub(super) const fn from_narrower(text: String) -> Self {
        Self(text)
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Tells whether the note format takes a name; lines of unknown keys are held to no more.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '+')
}

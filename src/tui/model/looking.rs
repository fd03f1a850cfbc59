//! How far a search in the list of a screen has come.

/// How far a search has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looking {
    /// The line that it began at.
    pub(super) first: usize,
    /// How many lines were looked at.
    pub(super) done: usize,
    /// The first line that holds the words, but not as they were typed.
    pub(super) weak: Option<usize>,
}

//! A text that is no name of the kind that was asked for.

/// Says why a text is not a reference of the kind that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not {expected}")]
pub struct BadRef {
    /// The text as found.
    pub found: String,
    /// What should have stood there, with an example.
    pub expected: &'static str,
}

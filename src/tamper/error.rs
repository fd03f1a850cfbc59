//! Why the kit was not made.

use thiserror::Error;

use crate::export::ExportError;
use crate::journal::JournalError;

/// Why the kit was not made.
#[derive(Debug, Error)]
pub enum KitError {
    /// The sound ledger.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A file.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// Something in it that has no form: a fault of this program.
    #[error("the kit's own material is wrong: {0}; report it")]
    Material(String),
}

/// Makes a material value, or says that the kit itself is wrong.
pub(super) fn kit<T, E: std::fmt::Display>(made: Result<T, E>) -> Result<T, KitError> {
    made.map_err(|error| KitError::Material(error.to_string()))
}

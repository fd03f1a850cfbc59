//! Positions, reasons, statements.

pub(crate) mod causes;
pub(crate) mod positions;
pub(crate) mod semantics;
pub(crate) mod statement;

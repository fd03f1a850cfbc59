//! What may be recorded, by whom, when.

#[cfg(unix)]
pub(crate) mod agent;
pub(crate) mod clock;
pub(crate) mod commands;
pub(crate) mod rotation;
#[cfg(unix)]
pub(crate) mod sharing;

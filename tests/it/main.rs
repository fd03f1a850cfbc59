//! The one integration test binary: everything that a user or an auditor could see.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "tests fail loudly"
)]

mod answers;
mod commands;
mod engine;
mod files;
mod fixtures;
mod formats;
mod mapping;
mod project;
mod recording;
mod screen;
mod verifying;
mod witness;

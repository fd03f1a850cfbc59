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

#[cfg(unix)]
mod agent;
mod anchors;
mod architecture;
#[cfg(unix)]
mod auditor;
mod belief;
#[cfg(target_os = "linux")]
mod bounds;
mod bundle;
mod causes;
mod check;
mod cli;
mod cli_anchors;
mod cli_ask;
mod cli_keys;
mod cli_proofs;
mod cli_tiles;
mod cli_timestamp;
mod cli_tui_agree;
mod clock;
#[cfg(target_os = "linux")]
mod creation;
mod engine;
mod examples;
#[cfg(target_os = "linux")]
mod faults;
mod fixtures;
mod fork;
mod golden;
mod interop;
mod journal;
mod kinds;
mod left_out;
mod mapping_check;
mod mappings;
mod memory;
mod module_graph;
mod picture;
mod positions;
mod readme;
mod recording;
#[cfg(target_os = "linux")]
mod refusals;
mod rotation;
mod second_verifier;
mod semantics;
mod statement;
mod store;
mod tamper;
mod tamper_kit;
mod tui;
mod tui_hostile;
mod tui_reach;
mod tui_selection;
mod tui_snapshots;
#[cfg(unix)]
mod tui_terminal;
mod tui_verify;
mod turns;
mod vectors;
mod verify_files;
mod verify_rules;
mod witness;

//! `dspt export`: the whole ledger in forms that others read.

use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};
use serde_json::json;

use super::failure::{Failure, exit};
use super::output::Output;
use super::question::ledger_path;
use super::record::read_file;
use crate::export::{heads, tiles};
use crate::journal::Journal;
use crate::store::Mode;

/// Arguments of `export`.
#[derive(ClapArgs, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// A folder of C2SP tiles with all entries; goes on where it stopped, and overwrites nothing
    Tiles {
        /// The folder
        dir: PathBuf,
        /// As many entries as this checkpoint covers, and with its cosignatures; else the newest
        /// head
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
    },
}

/// Runs the command.
///
/// # Errors
/// [`Failure`].
pub(super) fn run(
    args: &Args,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let Command::Tiles { dir, checkpoint } = &args.command;
    let journal = Journal::open(&ledger_path(ledger)?, Mode::Read)?;
    let bytes = match checkpoint {
        Some(path) => read_file(path)?,
        None => journal.ledger.head.clone(),
    };
    let head = heads::own(&journal.ledger, &bytes)?;
    let done = tiles::write(&journal, dir, &head)?;
    let (size, folder) = (head.checkpoint.size, dir.display().to_string());
    let checked = &done.checked;
    let value = json!({
        "folder": folder,
        "size": size,
        "root": head.checkpoint.root.base64(),
        "made": done.made,
        "kept": done.kept,
        "checked": {
            "tiles": checked.tiles,
            "bundles": checked.bundles,
            "entries": checked.entries,
        },
    });
    let text = format!(
        "{size} entries as tiles in {folder}: {} files written, {} there already\n\
         Read back and checked against the root: {} tiles, {} bundles, {} entries\n",
        done.made, done.kept, checked.tiles, checked.bundles, checked.entries
    );
    output.answer("dspt.export-tiles/1", value, &text)?;
    Ok(exit::YES)
}

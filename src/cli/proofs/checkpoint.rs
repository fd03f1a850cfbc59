//! `dspt checkpoint`: a signed head, byte for byte, to keep or to have cosigned.

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use serde_json::{Value, json};

use crate::cli::as_of::open_to_give_out;
use crate::cli::dash::file_named;
use crate::cli::error::{Failure, exit};
use crate::cli::output::Output;
use crate::export::{OwnHead, heads, write_once};
use crate::journal::Journal;

/// Arguments of `checkpoint`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct Args {
    /// The head of so many entries; else the newest
    #[arg(long, value_name = "N")]
    size: Option<u64>,
    /// Write it to this file; one that holds something else is not overwritten
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when no head of that size was signed.
pub(in crate::cli) fn run(
    args: &Args,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let journal = open_to_give_out(ledger, output)?;
    let bytes = match args.size {
        None => journal.ledger.head.clone(),
        Some(size) => stored(&journal, size)?,
    };
    let head = heads::own(&journal.ledger, &bytes)?;
    let out = file_named(args.out.as_deref());
    let value = head_json(&journal, &head, out);
    if let Some(path) = out {
        write_once::put(path, &bytes)?;
        let size = head.checkpoint.size;
        let text = format!("Wrote the head of {size} entries to {}\n", path.display());
        output.answer("dspt.checkpoint/1", value, &text)?;
    } else {
        output.answer("dspt.checkpoint/1", value, &String::from_utf8_lossy(&bytes))?;
    }
    Ok(exit::YES)
}

fn head_json(journal: &Journal, head: &OwnHead, file: Option<&Path>) -> Value {
    json!({
        "ledger": journal.ledger.origin.as_str(),
        "size": head.checkpoint.size,
        "root": head.checkpoint.root.base64(),
        "checkpoint": String::from_utf8_lossy(&head.bytes),
        "file": file.map(|path| path.display().to_string()),
    })
}

/// The head that was signed at a size: one for each batch that was recorded.
fn stored(journal: &Journal, size: u64) -> Result<Vec<u8>, Failure> {
    let heads = journal.store().heads()?;
    let place = heads.partition_point(|(one, _)| *one < size);
    if let Some((_, note)) = heads.get(place).filter(|(one, _)| *one == size) {
        return Ok(note.clone());
    }
    let before = place.checked_sub(1).and_then(|at| heads.get(at));
    let near = before.into_iter().chain(heads.get(place)).map(|(one, _)| one.to_string());
    let near = near.collect::<Vec<_>>().join(" and ");
    Err(Failure::usage(format!("no head of {size} entries was signed; the nearest have {near}")))
}

//! `dspt witness ask`: has the newest head cosigned by a witness over HTTP, and records what it
//! gave. Asking again after a failure is safe: a witness cosigns the same head twice without harm.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use serde_json::json;

use crate::cli::as_of::{open, open_to_give_out};
use crate::cli::code::Code;
use crate::cli::error::{Failure, chain, exit};
use crate::cli::output::Output;
use crate::cli::proofs::anchor::{policy, record};
use crate::cli::recording::signing::Signing;
use crate::durable::{self, Access};
use crate::export::{OwnHead, heads, proofs};
use crate::journal::Journal;
use crate::ledger::{Cosigned, WitnessKey};
use crate::store::Mode;
use crate::verify::audit::Ledger;
use crate::witness::client::{AskError, ask};

/// Arguments of `witness ask`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct Args {
    /// Submission address of the witness: http://HOST:PORT/...
    url: String,
    /// Its verifier key, as its keeper gave it to you
    #[arg(long, value_name = "VKEY", required_unless_present = "policy")]
    witness: Option<String>,
    /// Take the key from this policy: that of the witness with this address
    #[arg(long, value_name = "FILE", conflicts_with = "witness")]
    policy: Option<PathBuf>,
    /// Write the lines to this file, and record nothing
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    signing: Signing,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`]; exit status 1 when the witness refuses.
pub(in crate::cli) fn run(
    args: &Args,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let key = witness(args)?;
    let journal = match &args.out {
        Some(_) => open_to_give_out(ledger, output)?,
        None => open(ledger, Mode::Write, output)?,
    };
    let head = heads::own(&journal.ledger, &journal.ledger.head)?;
    if let Some(out) = &args.out {
        durable::require_replaceable(out).map_err(|error| not_written(out, &error))?;
    }
    let lines = asked(&args.url, &journal, &head, &key)?;
    let Some(path) = &args.out else {
        return record(journal, &args.signing, head.bare, &lines, output);
    };
    let text: String = lines.iter().map(Cosigned::line).collect();
    let size = head.checkpoint.size;
    if crate::cli::dash::is_dash(path) {
        let value = json!({ "size": size, "lines": text, "file": null });
        output.answer("dspt.witness-lines/1", value, &text)?;
        return Ok(exit::YES);
    }
    durable::replace(path, text.as_bytes(), Access::Umask).map_err(|error| {
        not_written(path, &error)
            .help("run the same command again: the witness gives the line anew")
    })?;
    let file = path.display().to_string();
    let told =
        format!("{} cosigned the head of {size} entries; its line is in {file}\n", key.name());
    let value = json!({ "size": size, "lines": text, "file": file });
    output.answer("dspt.witness-lines/1", value, &told)?;
    Ok(exit::YES)
}

fn not_written(path: &Path, error: &std::io::Error) -> Failure {
    let text = format!("{} cannot be written: {error}", path.display());
    Failure::new(Code::Io, exit::FAILED, text)
}

fn witness(args: &Args) -> Result<WitnessKey, Failure> {
    if let Some(text) = &args.witness {
        return WitnessKey::parse(text)
            .map_err(|error| Failure::usage(format!("--witness is refused: {}", chain(&error))));
    }
    let path = args.policy.as_deref().unwrap_or(Path::new(""));
    let same = |url: &str| url.trim_end_matches('/') == args.url.trim_end_matches('/');
    let policy = policy(path)?;
    let found = policy.witnesses().iter().find(|one| one.url.as_deref().is_some_and(same));
    found.map(|one| one.key.clone()).ok_or_else(|| {
        Failure::usage(format!("{} names no witness at {}", path.display(), args.url))
            .help("give its key with --witness VKEY")
    })
}

/// Asks once from the size that this witness is known to have, and once more from the size that it
/// says it has.
fn asked(
    url: &str,
    journal: &Journal,
    head: &OwnHead,
    key: &WitnessKey,
) -> Result<Vec<Cosigned>, Failure> {
    let known = last_size(&journal.ledger, key);
    let from = |old| -> Result<Result<Vec<Cosigned>, AskError>, Failure> {
        Ok(ask(url, &proofs::consistency(&journal.ledger, old, head)?, key))
    };
    match from(known)? {
        Err(AskError::Stale { size }) if size > head.checkpoint.size => {
            let ours = head.checkpoint.size;
            let text = format!(
                "the witness has cosigned a head of {size} entries, and this ledger has {ours}: it \
                 is an older copy, or entries were taken away"
            );
            Err(Failure::new(Code::Forked, exit::NO, text)
                .help("find the newer copy; record nothing"))
        }
        Err(AskError::Stale { size }) if size != known => from(size)?.map_err(|no| told(url, &no)),
        outcome => outcome.map_err(|no| told(url, &no)),
    }
}

/// The newest size that this witness cosigned, as far as the ledger recorded it.
fn last_size(ledger: &Ledger, key: &WitnessKey) -> u64 {
    let theirs = |by: &str| WitnessKey::parse(by).is_ok_and(|one| one.key() == key.key());
    let sizes: BTreeSet<u64> =
        ledger.anchors.iter().filter(|one| theirs(&one.by)).map(|one| one.size).collect();
    sizes.last().copied().unwrap_or_default()
}

fn told(url: &str, no: &AskError) -> Failure {
    let refused = matches!(no, AskError::Refused { .. } | AskError::Stale { .. });
    let (code, exit) = if refused {
        (Code::WitnessRefused, exit::NO)
    } else {
        (Code::WitnessNoAnswer, exit::FAILED)
    };
    let text = format!("{url}: {}", chain(no));
    Failure::new(code, exit, text)
        .help("nothing was recorded; try again, or ask the witness's keeper")
}

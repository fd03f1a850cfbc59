//! `dspt prove`: proofs as files that others check with their own tools.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args as ClapArgs};
use serde_json::{Value, json};

use crate::cli::as_of::{Question, event, item, open_to_give_out};
use crate::cli::error::{Failure, exit};
use crate::cli::input_file::read_file;
use crate::cli::output::Output;
use crate::domain::engine::status::Positions;
use crate::domain::explain::{Telling, explain};
use crate::export::{OwnHead, heads, proofs, write_once};
use crate::journal::Journal;

/// Arguments of `prove`.
#[derive(ClapArgs, Debug)]
#[command(group(ArgGroup::new("what").required(true).args(["entry", "item", "consistency"])))]
pub(in crate::cli) struct Args {
    /// The entry: #12, 12, or its id
    entry: Option<String>,
    /// Every entry that the item's status rests on, with those that admit the keys of its signers
    #[arg(long)]
    item: Option<String>,
    /// That an older head is the beginning: its size, or its checkpoint file
    #[arg(long, value_name = "SIZE|FILE")]
    consistency: Option<String>,
    /// Prove under this checkpoint; else under the newest cosigned one that an anchor recorded and
    /// that covers the entry, else under the newest head
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Folder of the proofs, else this one; with --consistency the file, else standard output
    #[arg(long, value_name = "DIR|FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    question: Question,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`]; exit status 1 when an older or given head is not one of this ledger's history.
pub(in crate::cli) fn run(
    args: &Args,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let dated = &args.question;
    let asks = dated.at.is_some() || dated.as_known.is_some() || dated.rules.is_some();
    if asks && args.item.is_none() {
        return Err(Failure::usage("--at, --as-known and --rules go with --item alone"));
    }
    let journal = open_to_give_out(ledger, output)?;
    let given = args.checkpoint.as_deref().map(|path| given(&journal, path)).transpose()?;
    if let Some(old) = &args.consistency {
        return consistency(args, old, given, &journal, output);
    }
    let (key, entries) = match (&args.entry, &args.item) {
        (Some(text), _) => (None, BTreeSet::from([event(text, &journal.ledger.facts)?.seq])),
        (None, text) => {
            let text = text.as_deref().unwrap_or_default();
            let (key, entries) = of_item(text, &args.question, &journal, output)?;
            (Some(key), proofs::with_keys(&journal.ledger, &entries))
        }
    };
    let folder = args.out.as_deref().unwrap_or(Path::new("."));
    let written = write(&journal, &entries, given, folder)?;
    answer(key.as_deref(), folder, &written, output)
}

/// Opens a checkpoint that the user names.
///
/// # Errors
/// [`Failure`] when it is no head of this ledger.
pub(in crate::cli) fn given(journal: &Journal, path: &Path) -> Result<OwnHead, Failure> {
    heads::own(&journal.ledger, &read_file(path)?).map_err(|error| {
        let mut failure = Failure::from(error);
        failure.message = format!("{}: {}", path.display(), failure.message);
        failure
    })
}

/// The key of an item, and the entries that its status rests on.
///
/// # Errors
/// [`Failure`] for a question that cannot be used, or an item that is not asked for.
pub(in crate::cli) fn of_item(
    text: &str,
    question: &Question,
    journal: &Journal,
    output: &Output<'_>,
) -> Result<(String, BTreeSet<u64>), Failure> {
    let as_of = question.resolve(&journal.ledger.facts, output)?;
    let state = journal.state(as_of.size)?;
    let positions = Positions::new(&state, as_of.rules);
    let item = item(text, &state, &positions, as_of.on)?;
    let telling = Telling::all(&journal.ledger.facts);
    let view = positions.on(as_of.on);
    let explanation = explain(&state, &view, &item, telling).ok_or_else(|| {
        Failure::undecided(format!("{item} is not asked for on {}", as_of.on.long()))
            .help("list what is asked for with: dspt status")
    })?;
    Ok((item.to_string(), explanation.entries().into_iter().collect()))
}

/// A proof that was written.
struct Written {
    seq: u64,
    size: u64,
    bytes: usize,
    head: &'static str,
}

/// Makes all proofs, then writes them, each beside its entry.
fn write(
    journal: &Journal,
    entries: &BTreeSet<u64>,
    given: Option<OwnHead>,
    folder: &Path,
) -> Result<Vec<Written>, Failure> {
    let ledger = &journal.ledger;
    let cosigned = heads::cosigned(ledger);
    let newest = heads::own(ledger, &ledger.head)?;
    let mut opened: BTreeMap<&'static str, OwnHead> = BTreeMap::from([("newest", newest)]);
    if let Some((_, note)) = cosigned.last_key_value() {
        opened.insert("cosigned", heads::own(ledger, note)?);
    }
    let is_given = given.is_some();
    opened.extend(given.map(|head| ("given", head)));
    let mut made = Vec::new();
    for seq in entries {
        let kind = if is_given {
            "given"
        } else if heads::newest_over(&cosigned, *seq).is_some() {
            "cosigned"
        } else {
            "newest"
        };
        let Some(head) = opened.get(kind) else { continue };
        let entry = proofs::entry_bytes(journal.store(), *seq)?.unwrap_or_default();
        let proof = proofs::inclusion(ledger, &entry, *seq, head)?;
        let written =
            Written { seq: *seq, size: head.checkpoint.size, bytes: proof.len(), head: kind };
        made.push((written, entry, proof));
    }
    let mut done = Vec::new();
    for (written, entry, proof) in made {
        write_once::put(&folder.join(format!("{}.json", written.seq)), &entry)?;
        write_once::put(&folder.join(format!("{}.tlog-proof", written.seq)), &proof)?;
        done.push(written);
    }
    Ok(done)
}

fn answer(
    key: Option<&str>,
    folder: &Path,
    written: &[Written],
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let mut text = key.map_or_else(String::new, |key| {
        format!("What the status of {key} rests on, with the keys of those who signed it\n")
    });
    for one in written {
        let which = match one.head {
            "given" => "the checkpoint given",
            "cosigned" => "the newest that a witness cosigned",
            _ => "the newest, which no witness has cosigned as far as this ledger knows",
        };
        let _ = writeln!(
            text,
            "Entry #{} is proved under the head of {} entries ({which})",
            one.seq, one.size
        );
    }
    let _ = writeln!(
        text,
        "{} in {}: I.json is entry #I byte for byte, I.tlog-proof its proof",
        if written.len() == 1 { "1 proof".to_owned() } else { format!("{} proofs", written.len()) },
        folder.display()
    );
    let proofs = written.iter().map(|one| {
        json!({
            "entry": one.seq,
            "entry_file": format!("{}.json", one.seq),
            "file": format!("{}.tlog-proof", one.seq),
            "bytes": one.bytes,
            "size": one.size,
            "head": one.head,
        })
    });
    let proofs: Vec<Value> = proofs.collect();
    let folder = folder.display().to_string();
    let value = json!({ "item": key, "folder": folder, "proofs": proofs });
    output.answer("dspt.proofs/1", value, &text)?;
    Ok(exit::YES)
}

fn consistency(
    args: &Args,
    old: &str,
    given: Option<OwnHead>,
    journal: &Journal,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let ledger = &journal.ledger;
    let old = match old.parse::<u64>() {
        Ok(size) => size,
        Err(_) => self::given(journal, Path::new(old))?.checkpoint.size,
    };
    let head = match given {
        Some(head) => head,
        None => heads::own(ledger, &ledger.head)?,
    };
    let new = head.checkpoint.size;
    if old > new {
        return Err(Failure::usage(format!(
            "the older head has {old} entries and the newer {new}; give one that is not larger"
        )));
    }
    let bytes = proofs::consistency(ledger, old, &head)?;
    let value = json!({
        "ledger": ledger.origin.as_str(),
        "old": old,
        "new": new,
        "root": head.checkpoint.root.base64(),
        "proof": String::from_utf8_lossy(&bytes),
        "file": args.out.as_ref().map(|path| path.display().to_string()),
    });
    let text = match &args.out {
        Some(path) => {
            write_once::put(path, &bytes)?;
            let path = path.display();
            format!("Wrote {path}: the first {old} entries are the beginning of the {new}\n")
        }
        None => String::from_utf8_lossy(&bytes).into_owned(),
    };
    output.answer("dspt.consistency/1", value, &text)?;
    Ok(exit::YES)
}

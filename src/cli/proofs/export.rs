//! `dspt export`: the ledger in forms that others read and check.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};
use serde_json::json;

use super::prove::{given, of_item};
use super::template;
use crate::cli::as_of::{Question, event, open_to_give_out};
use crate::cli::error::{Failure, exit};
use crate::cli::output::Output;
use crate::domain::event::Kind;
use crate::domain::sanitize::counted;
use crate::export::bundle::{Contents, Given, make};
use crate::export::{OwnHead, heads, tiles};
use crate::journal::Journal;

/// Arguments of `export`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct Args {
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
    /// A folder with all that a stranger needs to check the ledger, or one item of it
    Bundle(Box<Bundle>),
    /// A table of what is asked, with blank columns to fill in, that an import takes back
    Template(template::Args),
}

#[derive(ClapArgs, Debug)]
struct Bundle {
    /// The folder, which is not there yet
    dir: PathBuf,
    /// Disclose this item alone: its entries and grounds with proofs, nothing else
    #[arg(long)]
    item: Option<String>,
    /// The head of the bundle, with its cosignatures; else the newest that an anchor recorded, else
    /// the newest head
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Give out stored evidence: all of it, or that of these entries. Else it is withheld
    #[arg(long, value_name = "all|ENTRY")]
    evidence: Vec<String>,
    /// Give out an evidence file that the ledger does not keep
    #[arg(long, value_name = "FILE")]
    evidence_file: Vec<PathBuf>,
    /// A head from earlier, such as last year's: proves that it is the beginning of this one
    #[arg(long, value_name = "CHECKPOINT")]
    kept: Vec<PathBuf>,
    #[command(flatten)]
    question: Question,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`].
pub(in crate::cli) fn run(
    args: &Args,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let journal = open_to_give_out(ledger, output)?;
    match &args.command {
        Command::Tiles { dir, checkpoint } => {
            let head = match checkpoint {
                Some(path) => given(&journal, path)?,
                None => heads::own(&journal.ledger, &journal.ledger.head)?,
            };
            self::tiles(&journal, dir, &head, output)
        }
        Command::Bundle(args) => bundle(&journal, args, output),
        Command::Template(args) => template::run(args, &journal, output),
    }
}

fn tiles(
    journal: &Journal,
    dir: &Path,
    head: &OwnHead,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let done = tiles::write(&journal.ledger, journal.store(), dir, head)?;
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

fn bundle(journal: &Journal, args: &Bundle, output: &mut Output<'_>) -> Result<u8, Failure> {
    let ledger = &journal.ledger;
    let cosigned = heads::cosigned(ledger);
    let (head, witnessed) = match (&args.checkpoint, cosigned.last_key_value()) {
        (Some(path), _) => (given(journal, path)?, true),
        (None, Some((_, note))) => (heads::own(ledger, note)?, true),
        (None, None) => (heads::own(ledger, &ledger.head)?, false),
    };
    let size = head.checkpoint.size;
    let item = match &args.item {
        None => None,
        Some(text) => Some(of_item(text, &args.question, journal, output)?),
    };
    if let Some((_, entries)) = &item {
        under_head(entries, size)?;
    }
    let kept = args.kept.iter().map(|path| Ok(given(journal, path)?.checkpoint.size));
    let contents = Contents {
        item,
        evidence: evidence(journal, &args.evidence)?,
        files: args.evidence_file.clone(),
        kept: kept.collect::<Result<_, Failure>>()?,
        head,
    };
    let made = make(&journal.ledger, journal.store(), &args.dir, &contents)?;
    let (manifest, folder) = (&made.manifest, args.dir.display().to_string());
    let withheld = &manifest.withheld;
    let what = match &manifest.item {
        None => format!("{} entries", made.entries),
        Some(item) => format!("{item}: {} of {size} entries", made.entries),
    };
    let mut text = format!(
        "{what} in {folder}, {} files\nWithheld: {} entries, {} stored files\n",
        manifest.files.len() + 1,
        withheld.entries,
        withheld.content.len()
    );
    text.push_str(&files_text(args, &made.named));
    if !witnessed {
        text.push_str(
            "No witness has signed this head: whoever checks it has the organisation's word alone\n",
        );
    }
    if size < ledger.facts.len() as u64 {
        let after = ledger.facts.len() as u64 - size;
        let _ = writeln!(text, "The newest {after} entries are not in it: they follow its head");
    }
    let value = json!({
        "folder": folder,
        "item": manifest.item,
        "size": size,
        "root": manifest.root,
        "entries": made.entries,
        "files": manifest.files.len() + 1,
        "cosigned": witnessed,
        "withheld": { "entries": withheld.entries, "content": withheld.content },
        "named": made.named.iter().map(given_json).collect::<Vec<_>>(),
    });
    output.answer("dspt.export-bundle/1", value, &text)?;
    output.hint(&format!("Check it as a stranger: dspt verify {folder} --policy YOUR-POLICY"))?;
    Ok(exit::YES)
}

/// Checks that all entries that are to be given out are among those of the head.
fn under_head<'e>(entries: impl IntoIterator<Item = &'e u64>, size: u64) -> Result<(), Failure> {
    let Some(after) = entries.into_iter().find(|seq| **seq >= size) else { return Ok(()) };
    let text = format!("entry #{after} is not among the {size} entries of the head");
    Err(Failure::usage(text)
        .help("let a witness sign a newer head, or give --checkpoint or --as-known"))
}

/// Which files of the organisation go out, in words: whoever gives the folder away answers for them.
fn files_text(args: &Bundle, named: &[Given]) -> String {
    let mut text = String::new();
    let evidence = named.iter().filter(|one| one.evidence).count();
    if !args.evidence.is_empty() && evidence == 0 {
        text.push_str(
            "Evidence: none is in it, since the ledger keeps no file of the evidence asked for. Add \
             the files themselves with --evidence-file FILE\n",
        );
    } else if evidence > 0 {
        let _ =
            writeln!(text, "Evidence: {}, listed by name in README.txt", counted(evidence, "file"));
    }
    let imported: BTreeSet<(&str, u64)> =
        named.iter().filter_map(|one| Some((one.imported()?, one.seq))).collect();
    if !imported.is_empty() {
        let _ = writeln!(text, "These files are in it as they were imported, with all they say:");
        for (name, seq) in imported {
            let _ = writeln!(text, "  {name} (entry #{seq})");
        }
    }
    text
}

fn given_json(one: &Given) -> serde_json::Value {
    json!({ "file": one.path, "name": one.name, "entry": one.seq, "evidence": one.evidence })
}

/// The entries whose stored evidence is given out.
fn evidence(journal: &Journal, asked: &[String]) -> Result<BTreeSet<u64>, Failure> {
    let facts = &journal.ledger.facts;
    let mut entries = BTreeSet::new();
    for text in asked {
        if text == "all" {
            entries.extend(facts.iter().map(|fact| fact.seq));
            continue;
        }
        let fact = event(text, facts)?;
        if fact.event.kind() != Kind::EvidenceRecorded || !fact.event.keeps_files() {
            let seq = fact.seq;
            return Err(Failure::usage(format!("entry #{seq} keeps no evidence file")));
        }
        entries.insert(fact.seq);
    }
    Ok(entries)
}

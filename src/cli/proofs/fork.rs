//! `dspt fork`: writes out the proof that two histories of one ledger were signed, for people who
//! have neither the ledger nor a reason to believe anybody.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use serde_json::json;

use super::check::{bytes_of, not_read};
use crate::cli::error::{Failure, chain, exit};
use crate::cli::kind::hinted;
use crate::cli::ledger_path::ledger_path;
use crate::cli::output::Output;
use crate::export::heads::HeadError;
use crate::export::write_once::put;
use crate::journal::Journal;
use crate::ledger::fork::{NoFork, Prefix, check_fork};
use crate::ledger::note::NOTE_BYTES_MAX;
use crate::ledger::tree::{consistency_proof, root_of};
use crate::ledger::{Checkpoint, ConsistencyFile, Digest, Head};
use crate::store::Mode;
use crate::verify::audit::Ledger;

/// Arguments of `fork`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct Args {
    /// A signed head that does not fit the ledger: the .head file beside it, or one that was kept
    #[arg(long, value_name = "CHECKPOINT")]
    with: PathBuf,
    /// The folder to write the proof to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// What joins two heads of different sizes.
struct Joint {
    root: Digest,
    file: ConsistencyFile,
}

/// A proof, before it is written.
struct Proof {
    theirs: Vec<u8>,
    ours: Vec<u8>,
    joint: Option<Joint>,
    size: u64,
    command: String,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when the head is none of this ledger's key, or a file is in the way; exit status 1
/// when the ledger continues it.
pub(in crate::cli) fn run(
    args: &Args,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let theirs =
        bytes_of(&args.with, NOTE_BYTES_MAX).map_err(|error| not_read(&args.with, &error))?;
    let path = ledger_path(ledger)?;
    let journal = Journal::open(&path, Mode::Read).map_err(|error| hinted(error.into(), &path))?;
    let name = args.with.display();
    let kept = journal.ledger.log.open(&theirs).map_err(HeadError::Bad)?;
    let proof = match proof(&journal, &kept, theirs)? {
        Ok(proof) => proof,
        Err(no) => {
            let text = format!("NO: this ledger was not forked at {name}: {no}\n");
            let value = json!({
                "forked": false, "size": null, "files": [], "check": null, "text": no.to_string(),
            });
            output.answer("dspt.fork/1", value, &text)?;
            return Ok(exit::NO);
        }
    };
    let files = write(&args.out, &proof)?;
    let folder = args.out.display();
    let text = format!(
        "YES: two histories of {} were signed; they differ at or before entry #{}.\n\
         The proof is in {folder}. Anybody can check it, there:\n  {}\n",
        journal.ledger.origin,
        proof.size.saturating_sub(1),
        proof.command
    );
    let value = json!({
        "forked": true, "size": proof.size, "files": files, "check": proof.command, "text": null,
    });
    output.answer("dspt.fork/1", value, &text)?;
    Ok(exit::YES)
}

/// Makes the proof, and checks it as its readers will.
fn proof(
    journal: &Journal,
    kept: &Checkpoint,
    theirs: Vec<u8>,
) -> Result<Result<Proof, NoFork>, Failure> {
    let ledger = &journal.ledger;
    let heads = journal.store().heads()?;
    let Some((size, ours)) = heads.into_iter().find(|(size, _)| *size >= kept.size) else {
        let text = format!(
            "the head covers {} entries, and this ledger has {}; whether it was forked shows in \
             the ledger that has more",
            kept.size,
            ledger.leaves.len()
        );
        let help = "run this there, with the newest head of this ledger";
        return Err(Failure::undecided(text).help(help));
    };
    let own = ledger.log.open(&ours).map_err(|error| Failure::undecided(chain(&error)))?;
    let joint = (size > kept.size).then(|| joint(ledger, kept.size, size, &ours)).flatten();
    let prefix = joint.as_ref().map(|one| Prefix { root: &one.root, file: &one.file });
    let found = check_fork(&Head::from(kept), &Head::from(&own), prefix);
    let command = command(ledger, (kept.size, size), joint.as_ref());
    Ok(found.map(|size| Proof { theirs, ours, joint, size, command }))
}

/// What the ledger shows about its first `early` entries to whoever has its head of `late`.
fn joint(ledger: &Ledger, early: u64, late: u64, note: &[u8]) -> Option<Joint> {
    let leaves = ledger.leaves.get(..usize::try_from(late).ok()?)?;
    let path = consistency_proof(leaves, early)?;
    let root = root_of(leaves.get(..usize::try_from(early).ok()?)?);
    let file = ConsistencyFile { old_size: early, path, checkpoint: note.to_vec() };
    Some(Joint { root, file })
}

const THEIRS: &str = "a.checkpoint";
const OURS: &str = "b.checkpoint";
const PROOF: &str = "b.add-checkpoint";
const README: &str = "README";

/// The command that checks the proof, to be run in its folder.
fn command(ledger: &Ledger, sizes: (u64, u64), joint: Option<&Joint>) -> String {
    let (first, second) = (ledger.log.at(sizes.0), ledger.log.at(sizes.1));
    let mut text = format!("dspt check fork --vkey {first} --a {THEIRS} --b {OURS}");
    if first != second {
        let _ = write!(text, " --other-vkey {second}");
    }
    if let Some(joint) = joint {
        let _ = write!(text, " --proof {PROOF} --root {}", joint.root.base64());
    }
    text
}

fn write(folder: &Path, proof: &Proof) -> Result<Vec<String>, Failure> {
    let readme = format!(
        "Two heads of one ledger, both signed by its log key, that cannot both be true.\n\
         {THEIRS} is the head that was kept, {OURS} the ledger's own. They differ at size {}.\n\
         Check it here; take the key after --vkey from somewhere else than this file:\n\n  {}\n",
        proof.size, proof.command
    );
    let mut files = vec![(THEIRS, proof.theirs.clone()), (OURS, proof.ours.clone())];
    files.extend(proof.joint.as_ref().map(|joint| (PROOF, joint.file.to_bytes())));
    files.push((README, readme.into_bytes()));
    let mut written = Vec::new();
    for (name, bytes) in files {
        let path = folder.join(name);
        put(&path, &bytes)?;
        written.push(path.display().to_string());
    }
    Ok(written)
}

//! `dspt check`: files of any C2SP log against its key and its witnesses, without a ledger.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};
use serde_json::{Value, json};

use super::check_reason::Refused;
use super::check_trust::{Good, Known, Trust, key};
use crate::cli::code::Code;
use crate::cli::error::{Failure, exit};
use crate::cli::output::{Output, safe};
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::counted;
use crate::durable;
use crate::ledger::fork::{Prefix, check_fork};
use crate::ledger::note::NOTE_BYTES_MAX;
use crate::ledger::proof::PROOF_BYTES_MAX;
use crate::ledger::{ConsistencyFile, Digest, Head, InclusionFile, TilePath, Vkey, check_tiles};
use crate::verify::extra_files::{StrayError, strays};

/// The longest entry of any log that is read, in bytes.
const LEAF_BYTES_MAX: usize = 16 << 20;

/// Arguments of `check`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Signature and cosignatures of a checkpoint
    Checkpoint {
        #[command(flatten)]
        trust: Trust,
        /// The signed checkpoint
        #[arg(long, value_name = "FILE")]
        checkpoint: PathBuf,
    },
    /// That these very bytes are an entry of the log
    Inclusion {
        #[command(flatten)]
        trust: Trust,
        /// The bytes of the entry
        #[arg(long, value_name = "FILE")]
        leaf: PathBuf,
        /// The proof, a .tlog-proof
        #[arg(long, value_name = "FILE")]
        proof: PathBuf,
    },
    /// That a log only grew since an older checkpoint
    Consistency {
        #[command(flatten)]
        trust: Trust,
        /// The older checkpoint, kept from then
        #[arg(long, value_name = "FILE")]
        old: PathBuf,
        /// The proof with the newer checkpoint, an add-checkpoint body
        #[arg(long, value_name = "FILE")]
        proof: PathBuf,
    },
    /// That two histories of one log were signed
    Fork {
        #[command(flatten)]
        trust: Trust,
        /// The key of the other head, where the log key was replaced between the two
        #[arg(long, value_name = "VKEY")]
        other_vkey: Option<String>,
        /// A signed checkpoint
        #[arg(long, value_name = "FILE")]
        a: PathBuf,
        /// A signed checkpoint that cannot be true beside it
        #[arg(long, value_name = "FILE")]
        b: PathBuf,
        /// Where their sizes differ: what joins them, an add-checkpoint body
        #[arg(long, value_name = "FILE", requires = "root")]
        proof: Option<PathBuf>,
        /// With the proof: the root that the later log has at the size of the earlier head
        #[arg(long, value_name = "BASE64", requires = "proof")]
        root: Option<String>,
    },
    /// Every entry and hash of a log that is a folder of tiles
    Tiles {
        #[command(flatten)]
        trust: Trust,
        /// The folder; it holds `checkpoint` and `tile`
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
    },
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when the arguments cannot be understood or a file cannot be read; exit status 1
/// when what is in them is refused.
pub(in crate::cli) fn run(args: &Args, output: &mut Output<'_>) -> Result<u8, Failure> {
    let (name, trust) = match &args.what {
        What::Checkpoint { trust, .. } => ("checkpoint", trust),
        What::Inclusion { trust, .. } => ("inclusion", trust),
        What::Consistency { trust, .. } => ("consistency", trust),
        What::Fork { trust, .. } => ("fork", trust),
        What::Tiles { trust, .. } => ("tiles", trust),
    };
    let known = match trust.known()? {
        Ok(known) => known,
        Err(refused) => return report(name, None, Err(refused), output),
    };
    let verdict = match &args.what {
        What::Checkpoint { checkpoint, trust: _ } => {
            known.opened(&read(checkpoint, NOTE_BYTES_MAX)?)
        }
        What::Inclusion { leaf, proof, trust: _ } => {
            inclusion(&known, &read(leaf, LEAF_BYTES_MAX)?, &read(proof, PROOF_BYTES_MAX)?)
        }
        What::Consistency { old, proof, trust: _ } => {
            consistency(&known, &read(old, NOTE_BYTES_MAX)?, &read(proof, PROOF_BYTES_MAX)?)
        }
        What::Fork { other_vkey, a, b, proof, root, trust: _ } => {
            let proof = proof.as_ref().map(|path| read(path, PROOF_BYTES_MAX)).transpose()?;
            let notes = (read(a, NOTE_BYTES_MAX)?, read(b, NOTE_BYTES_MAX)?);
            let root = root.as_deref().map(root_of).transpose()?;
            match other_vkey.as_deref().map(|text| key("--other-vkey", Vkey::parse(text))) {
                None => fork(&known, None, notes, proof.as_deref().zip(root)),
                Some(other) => match other? {
                    Ok(other) => fork(&known, Some(&other), notes, proof.as_deref().zip(root)),
                    Err(refused) => Err(refused),
                },
            }
        }
        What::Tiles { dir, trust: _ } => tiles(&known, dir)?,
    };
    report(name, Some(&known), verdict, output)
}

fn inclusion(known: &Known, leaf: &[u8], proof: &[u8]) -> Result<Good, Refused> {
    let file = InclusionFile::parse(proof)?;
    let mut good = known.opened(&file.checkpoint)?;
    file.check(leaf, &good.head)?;
    good.checked.push(("entries", 1, "these bytes, in their place"));
    good.checked.push(("hashes", count(&file.path), "from the entry to the root"));
    Ok(good)
}

fn consistency(known: &Known, old: &[u8], proof: &[u8]) -> Result<Good, Refused> {
    let file = ConsistencyFile::parse(proof)?;
    let mut good = known.opened(&file.checkpoint)?;
    let old = known.head(old)?;
    file.check(&old, &good.head)?;
    good.checked = vec![
        ("signatures", 2, "of the log, strictly, on the old checkpoint and the new"),
        ("hashes", count(&file.path), "from the old root to the new"),
    ];
    Ok(good)
}

fn root_of(text: &str) -> Result<Digest, Failure> {
    Digest::from_base64(text).map_err(|error| Failure::usage(format!("--root: {error}")))
}

/// Two heads of one log that cannot both be true, by the signature of each alone: who cosigned one
/// of them makes no difference.
fn fork(
    known: &Known,
    other: Option<&Vkey>,
    (a, b): (Vec<u8>, Vec<u8>),
    proof: Option<(&[u8], Digest)>,
) -> Result<Good, Refused> {
    let open = |note: &[u8]| match (known.head(note), other, known.origin()) {
        (Err(_), Some(other), Some(origin)) => Ok(Head::open(note, other, origin)?),
        (opened, ..) => opened,
    };
    let (a, b) = (open(&a)?, open(&b)?);
    let late = if a.size() < b.size() { b.clone() } else { a.clone() };
    let mut checked = vec![("signatures", 2, "of the log, strictly, on both checkpoints")];
    match proof {
        None => check_fork(&a, &b, None)?,
        Some((proof, root)) => {
            let file = ConsistencyFile::parse(proof)?;
            if open(&file.checkpoint)? != late {
                let text = "the proof holds another checkpoint than the later of the two";
                return Err(Refused::new("wrong-checkpoint", text));
            }
            checked.push(("hashes", count(&file.path), "from that root to the later checkpoint"));
            check_fork(&a, &b, Some(Prefix { root: &root, file: &file }))?
        }
    };
    Ok(Good { head: late, cosigned: Vec::new(), checked, unchecked: 0 })
}

fn count<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}

fn tiles(known: &Known, dir: &Path) -> Result<Result<Good, Refused>, Failure> {
    let mut good = match known.opened(&read(&dir.join("checkpoint"), NOTE_BYTES_MAX)?) {
        Ok(good) => good,
        Err(refused) => return Ok(Err(refused)),
    };
    let mut unreadable = None;
    let counts = check_tiles(good.head.size(), good.head.root(), |path: &TilePath| {
        let file = dir.join(path.to_string());
        // A pipe would never end.
        if file.exists() && !file.is_file() {
            return None;
        }
        match bytes_of(&file, path.bytes_max()) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                // A file that is not there is a finding; one that cannot be read is not.
                if error.kind() != io::ErrorKind::NotFound {
                    unreadable = Some(unusable(&file, &error));
                }
                None
            }
        }
    });
    if let Some(failure) = unreadable {
        return Err(failure);
    }
    let counts = match counts {
        Ok(counts) => counts,
        Err(error) => return Ok(Err(error.into())),
    };
    good.checked.push(("entries", counts.entries, "hashed again"));
    good.checked.push(("bundles", counts.bundles, "of entries, whole"));
    good.checked.push(("tiles", counts.tiles, "of hashes, made again"));
    match strays(dir, good.head.size()) {
        Ok(found) => {
            if found.older > 0 {
                let how = "partial files, each the beginning of its own";
                good.checked.push(("older", found.older, how));
            }
            good.unchecked = found.unchecked;
            Ok(Ok(good))
        }
        Err(StrayError::Tile(error)) => Ok(Err(error.into())),
        Err(StrayError::Io { path, source }) => Err(unusable(&path, &source)),
    }
}

/// Reads a file that the caller named. One byte more than is allowed is read, so that the parser
/// of the format names the fault.
fn read(path: &Path, most: usize) -> Result<Vec<u8>, Failure> {
    bytes_of(path, most).map_err(|error| unusable(path, &error))
}

/// Reads at most so many bytes and one.
pub(in crate::cli) fn bytes_of(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    if crate::cli::dash::is_dash(path) {
        return crate::cli::dash::stdin(most);
    }
    Ok(durable::read_start(path, most)?)
}

/// A file that the caller named and that cannot be read.
pub(in crate::cli) fn not_read(path: &Path, error: &io::Error) -> Failure {
    let text = format!("{} cannot be read: {error}", path.display());
    let mut failure = Failure::new(ProblemCode::File, exit::INPUT, text).help("check the path");
    failure.place = Some(path.display().to_string());
    failure
}

/// A file to check that cannot be read: nothing was checked, so the command was used wrongly.
fn unusable(path: &Path, error: &io::Error) -> Failure {
    Failure { code: Code::Usage.into(), exit: exit::USAGE, ..not_read(path, error) }
}

fn report(
    name: &str,
    known: Option<&Known>,
    verdict: Result<Good, Refused>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    match verdict {
        Ok(good) => {
            output.answer("dspt.check/1", yes_json(name, &good), &yes_text(name, known, &good))?;
            Ok(exit::YES)
        }
        Err(Refused { rule, text }) => {
            let value = json!({
                "what": name,
                "answer": "no",
                "origin": known.and_then(Known::origin),
                "size": null,
                "root": null,
                "checked": {},
                "unchecked": 0,
                "cosigned": [],
                "extensions": [],
                "fault": { "rule": rule, "text": text },
            });
            output.answer("dspt.check/1", value, &format!("NO: {rule}: {}\n", safe(&text)))?;
            Ok(exit::NO)
        }
    }
}

fn yes_json(name: &str, good: &Good) -> Value {
    let mut checked: serde_json::Map<String, Value> =
        good.checked.iter().map(|(what, count, _)| ((*what).to_owned(), json!(count))).collect();
    checked.insert("cosignatures".to_owned(), json!(good.cosigned.len()));
    let cosigned = good.cosigned.iter().map(|one| {
        json!({
            "name": one.witness().name().as_str(),
            "vkey": one.witness().to_string(),
            "time": one.time(),
        })
    });
    json!({
        "what": name,
        "answer": "yes",
        "origin": good.head.origin(),
        "size": good.head.size(),
        "root": good.head.root().base64(),
        "checked": checked,
        "unchecked": good.unchecked,
        "cosigned": cosigned.collect::<Vec<_>>(),
        "extensions": good.head.extensions().collect::<Vec<_>>(),
        "fault": null,
    })
}

fn yes_text(name: &str, known: Option<&Known>, good: &Good) -> String {
    let said = match name {
        "tiles" if good.head.size() == 0 => "the log is empty: it has no entry, and so no tile",
        "inclusion" => "the entry is in the log",
        "consistency" => "the log only grew",
        "fork" => "two histories of this log were signed; keep both checkpoints",
        "tiles" => "every entry and hash is in the log",
        _ => "the checkpoint is signed",
    };
    let mut text = format!("YES: {said}\n  log           {}\n", safe(good.head.origin()));
    let _ = writeln!(text, "  size          {}", good.head.size());
    let _ = writeln!(text, "  root          {}", good.head.root().base64());
    for (what, count, how) in &good.checked {
        let _ = writeln!(text, "  {what:<12}  {count} good: {how}");
    }
    if good.unchecked > 0 {
        let count = counted(good.unchecked, "file");
        let _ = writeln!(text, "  not checked   {count} that a log of this size does not have");
    }
    let extensions = good.head.extensions().count() as u64;
    if extensions > 0 {
        let lines = counted(extensions, "line");
        let _ = writeln!(
            text,
            "  extension     {lines} that the log signed; nothing checks what it says"
        );
    }
    let known = known.map_or(0, |known| known.witnesses.len());
    let cosigned = good.cosigned.len();
    let _ = writeln!(text, "  cosignatures  {cosigned} good, of {known} witnesses that you know");
    for one in &good.cosigned {
        let name = safe(one.witness().name().as_str());
        let _ = writeln!(text, "    {name} at {}", time_text(one.time()));
    }
    text
}

/// A time in POSIX seconds as people read it.
pub(in crate::cli) fn time_text(seconds: u64) -> String {
    let time =
        i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    time.map_or_else(|| format!("{seconds} seconds after 1970"), |time| time.to_string())
}

//! `dspt check`: files of any C2SP log against its key and its witnesses, without a ledger.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};
use serde_json::{Value, json};

use super::check_reason::{Refused, note_rule};
use crate::cli::code::Code;
use crate::cli::error::{Failure, chain, exit};
use crate::cli::output::{Output, safe};
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::counted;
use crate::durable;
use crate::ledger::checkpoint::check_origin;
use crate::ledger::fork::{Prefix, check_fork};
use crate::ledger::note::{NOTE_BYTES_MAX, NoteError};
use crate::ledger::proof::PROOF_BYTES_MAX;
use crate::ledger::{
    CheckpointError, ConsistencyFile, Cosigned, Digest, Head, InclusionFile, Policy, TilePath,
    Vkey, WitnessKey, check_tiles, cosignature,
};
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

/// Whom to believe.
#[derive(ClapArgs, Debug)]
struct Trust {
    /// The log's key: NAME+HASH+BASE64, from somewhere other than the log itself
    #[arg(long, value_name = "VKEY", required_unless_present = "policy")]
    vkey: Option<String>,
    /// The log's origin, where it is not the name of its key
    #[arg(long)]
    origin: Option<String>,
    /// A witness that you know; may be given several times
    #[arg(long, value_name = "VKEY")]
    witness: Vec<String>,
    /// How many of the witnesses must have cosigned; all when not given
    #[arg(long, value_name = "NUMBER")]
    quorum: Option<usize>,
    /// Logs, witnesses and quorum from a C2SP tlog-policy file instead
    #[arg(long, value_name = "FILE", conflicts_with_all = ["vkey", "origin", "witness", "quorum"])]
    policy: Option<PathBuf>,
}

/// [`Trust`], understood.
struct Known {
    logs: Vec<(Vkey, String)>,
    witnesses: Vec<WitnessKey>,
    quorum: Quorum,
}

/// Which witnesses are enough.
enum Quorum {
    AtLeast(usize),
    Policy(Policy),
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

/// What was given, and whether it is refused; a [`Failure`] where it cannot be understood at all.
type Read<T> = Result<Result<T, Refused>, Failure>;

/// A key out of an argument. A text that is no key, or one of another kind, is a command that was
/// used wrongly; a key whose id is not its own, or that no verifier may take, is refused as any
/// other forged thing is.
fn key<T>(flag: &str, read: Result<T, NoteError>) -> Read<T> {
    match read {
        Ok(key) => Ok(Ok(key)),
        Err(error @ (NoteError::WrongKeyId { .. } | NoteError::BadKey(_))) => {
            Ok(Err(Refused::new(note_rule(&error), format!("{flag}: {}", chain(&error)))))
        }
        Err(error) => Err(Failure::usage(format!("{flag}: {}", chain(&error)))),
    }
}

impl Trust {
    fn known(&self) -> Read<Known> {
        match (&self.policy, &self.vkey) {
            (Some(path), _) => policy(path).map(Ok),
            (None, Some(vkey)) => self.named(vkey),
            (None, None) => Err(Failure::usage("give the log's key with --vkey, or a --policy")),
        }
    }

    fn named(&self, vkey: &str) -> Read<Known> {
        let log = match key("--vkey", Vkey::parse(vkey))? {
            Ok(log) => log,
            Err(refused) => return Ok(Err(refused)),
        };
        let origin = self.origin.clone().unwrap_or_else(|| log.name().to_string());
        check_origin(&origin)
            .map_err(|error| Failure::usage(format!("--origin: {}", chain(&error))))?;
        let mut witnesses: Vec<WitnessKey> = Vec::new();
        for text in &self.witness {
            let key = match key("--witness", WitnessKey::parse(text))? {
                Ok(key) => key,
                Err(refused) => return Ok(Err(refused)),
            };
            if witnesses.iter().any(|before| before.key() == key.key()) {
                let text = format!("--witness {key} is given twice; one key is one witness");
                return Err(Failure::usage(text));
            }
            witnesses.push(key);
        }
        let quorum = self.quorum.unwrap_or(witnesses.len());
        if quorum > witnesses.len() || (quorum == 0 && self.quorum.is_some()) {
            let text = format!(
                "--quorum {quorum} does not fit {} witnesses; give 1 to that many, or no quorum",
                witnesses.len()
            );
            return Err(Failure::usage(text));
        }
        Ok(Ok(Known { logs: vec![(log, origin)], witnesses, quorum: Quorum::AtLeast(quorum) }))
    }
}

/// Reads a policy; its logs have the names of their keys as origins.
fn policy(path: &Path) -> Result<Known, Failure> {
    let policy = super::anchor::policy(path)?;
    let logs = policy.logs().iter().map(|log| (log.vkey.clone(), log.vkey.name().to_string()));
    let logs: Vec<(Vkey, String)> = logs.collect();
    if logs.is_empty() {
        let text = format!("{} names no log; add one, or give --vkey", path.display());
        return Err(Failure::new(Code::Policy, exit::INPUT, text));
    }
    let witnesses = policy.witnesses().iter().map(|one| one.key.clone()).collect();
    Ok(Known { logs, witnesses, quorum: Quorum::Policy(policy) })
}

/// What was found to be good.
struct Good {
    head: Head,
    cosigned: Vec<Cosigned>,
    /// What else was checked, in words and as a field of the JSON answer.
    checked: Vec<(&'static str, u64, &'static str)>,
    /// How many files there were that nothing can be said of.
    unchecked: u64,
}

impl Known {
    /// Opens a checkpoint with the key of a log that is known.
    fn head(&self, note: &[u8]) -> Result<Head, Refused> {
        let mut refused = CheckpointError::Note(NoteError::NotSigned);
        for (log, origin) in &self.logs {
            match Head::open(note, log, origin) {
                Ok(head) => return Ok(head),
                // That another log's key did not sign it says less than any other fault.
                Err(CheckpointError::Note(NoteError::NotSigned)) => {}
                Err(error) => refused = error,
            }
        }
        Err(refused.into())
    }

    /// Opens a checkpoint and counts its witnesses.
    fn opened(&self, note: &[u8]) -> Result<Good, Refused> {
        let head = self.head(note)?;
        let cosigned = cosignature::verify(note, &self.witnesses)?;
        let met = match &self.quorum {
            Quorum::AtLeast(number) => cosigned.len() >= *number,
            Quorum::Policy(policy) => {
                policy.met_by(&cosigned.iter().map(Cosigned::witness).collect::<Vec<_>>())
            }
        };
        if !met {
            let needed = match &self.quorum {
                Quorum::AtLeast(number) => format!("{number} are needed"),
                Quorum::Policy(_) => "the policy asks for more or others".to_owned(),
            };
            let text = format!(
                "{} of the witnesses that you know cosigned, and {needed}; ask for a checkpoint \
                 with more cosignatures",
                cosigned.len()
            );
            return Err(Refused::new("quorum-not-met", text));
        }
        Ok(Good {
            head,
            cosigned,
            checked: vec![("signatures", 1, "of the log, strictly")],
            unchecked: 0,
        })
    }

    /// The log that was asked about, where there is one alone.
    fn origin(&self) -> Option<&str> {
        match self.logs.as_slice() {
            [(_, origin)] => Some(origin),
            _ => None,
        }
    }
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

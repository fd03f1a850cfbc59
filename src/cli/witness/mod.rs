//! `dspt witness`: keep a witness, cosign files with it, or serve it over HTTP.

pub(in crate::cli) mod ask;

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};
use etcetera::BaseStrategy as _;
use serde_json::{Value, json};

use super::code::Code;
use super::error::{Failure, chain, exit};
use super::output::{Columns, Output, safe};
use super::proofs::check::{bytes_of, not_read, time_text};
use super::proofs::check_reason::Refused;
use super::recording::signing::Signing;
use crate::domain::date::Timestamp;
use crate::durable::{self, Access};
use crate::keys;
use crate::ledger::proof::PROOF_BYTES_MAX;
use crate::ledger::{Cosigned, KeyName, SeedSigner, Sign as _, Vkey, WitnessKey, cosignature};
use crate::witness::serve::{Limits, serve};
use crate::witness::{Latest, Log, NotCosigned, Refusal, State, Witness};

/// Arguments of `witness`.
#[derive(ClapArgs, Debug)]
pub(super) struct Args {
    /// Folder of the witness: its key, and what it remembers; else one in your folder of state
    #[arg(long, global = true, value_name = "DIR", env = "DSPT_WITNESS")]
    state: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Make a witness with a key of its own
    Init {
        /// Name of the witness, by custom an address without its scheme: witness.example/w1
        #[arg(long)]
        name: String,
        /// Read the passphrase from the first line of this file
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// Follow a log from now on; there is no way back
    AddLog {
        /// The log's key: NAME+HASH+BASE64
        vkey: String,
        /// The log's origin, where it is not the name of its key
        #[arg(long)]
        origin: Option<String>,
    },
    /// Cosign the checkpoint in a file, if it continues the last one
    Cosign {
        /// The request, an add-checkpoint body
        file: PathBuf,
        /// Write the cosignature line to this file as well
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Read the passphrase from the first line of this file
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// Have the newest head of your ledger cosigned by a witness, and record it
    Ask(Box<ask::Args>),
    /// What the witness follows and remembers
    Status,
    /// Answer over HTTP until it is stopped
    Serve {
        /// Address and port
        #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7380")]
        listen: SocketAddr,
        /// Read the passphrase from the first line of this file
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
}

/// Runs the command.
///
/// # Errors
/// [`Failure`]; exit status 1 when a checkpoint is not cosigned.
pub(super) fn run(
    args: &Args,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let folder = folder(args.state.as_deref())?;
    match &args.command {
        Command::Init { name, passphrase_file } => {
            init(&folder, name, passphrase_file.as_deref(), output)
        }
        Command::AddLog { vkey, origin } => add_log(&folder, vkey, origin.as_deref(), output),
        Command::Cosign { file, out, passphrase_file } => {
            let state = State::open(&folder)?;
            let body = bytes_of(file, PROOF_BYTES_MAX).map_err(|error| not_read(file, &error))?;
            // Before anything is signed, since what is signed is remembered.
            if let Some(out) = out {
                durable::require_replaceable(out).map_err(|error| not_written(out, &error))?;
            }
            let signer = key(&folder, passphrase_file.as_deref(), "1 checkpoint", output)?;
            let outcome = Witness::new(&state, &signer)?.add_checkpoint(&body, seconds(output.now));
            cosigned(outcome, out.as_deref(), output)
        }
        Command::Ask(args) => ask::run(args, ledger, output),
        Command::Status => status(&State::open(&folder)?, output),
        Command::Serve { listen, passphrase_file } => {
            let state = State::open(&folder)?;
            let purpose = "checkpoints until it is stopped";
            let signer = key(&folder, passphrase_file.as_deref(), purpose, output)?;
            served(&Witness::new(&state, &signer)?, *listen, output)
        }
    }
}

fn folder(given: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(given) = given {
        return Ok(given.to_owned());
    }
    let base = etcetera::choose_base_strategy().map_err(|_| {
        Failure::usage("your home folder is not known; give the witness's with --state DIR")
    })?;
    // Only some systems have a folder of their own for state.
    let state = base.state_dir().unwrap_or_else(|| base.data_dir());
    Ok(state.join("dspt").join("witness"))
}

fn seconds(now: Timestamp) -> u64 {
    u64::try_from(now.millis().div_euclid(1000)).unwrap_or(0)
}

fn key_file(folder: &Path) -> PathBuf {
    folder.join("witness.pem")
}

fn signing(passphrase_file: Option<&Path>) -> Signing {
    Signing { passphrase_file: passphrase_file.map(Path::to_owned), ..Signing::default() }
}

fn key(
    folder: &Path,
    passphrase_file: Option<&Path>,
    what: &str,
    output: &mut Output<'_>,
) -> Result<SeedSigner, Failure> {
    let source = signing(passphrase_file).passphrase(false);
    if let Some(warning) = source.warning() {
        output.warn(&warning)?;
    }
    let passphrase = source.read(&format!("Passphrase for the witness, to cosign {what}"))?;
    Ok(keys::load(&key_file(folder), &passphrase)?)
}

fn init(
    folder: &Path,
    name: &str,
    passphrase_file: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let name = KeyName::parse(name).map_err(|error| Failure::usage(format!("--name: {error}")))?;
    State::require_new(folder)?;
    let key = key_file(folder);
    // What an earlier try left is gone on with: its key signed nothing yet.
    let half = key.symlink_metadata().is_ok();
    let source = signing(passphrase_file).passphrase(!half);
    let new = if half { "Passphrase of the key that is there" } else { "New passphrase" };
    let passphrase = source.read(&format!("{new} for the witness {name}"))?;
    let public = if half {
        *keys::complete(&key, &passphrase)?.public()
    } else {
        keys::generate(&key, &passphrase)?
    };
    let vkey = WitnessKey::new(name, public);
    State::create(folder, &vkey)?;
    let text =
        format!("Made a witness in {}\n  key  {}\n", folder.display(), safe(&vkey.to_string()));
    let value = json!({ "state": folder.display().to_string(), "vkey": vkey.to_string() });
    output.answer("dspt.witness-key/1", value, &text)?;
    output.hint("Next: follow a log with: dspt witness add-log VKEY")?;
    Ok(exit::YES)
}

fn add_log(
    folder: &Path,
    vkey: &str,
    origin: Option<&str>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let state = State::open(folder)?;
    let vkey = Vkey::parse(vkey).map_err(|error| Failure::usage(chain(&error)))?;
    let origin = origin.map_or_else(|| vkey.name().to_string(), str::to_owned);
    let log = Log { origin, vkey };
    let new = state.add_log(&log)?;
    let said = if new { "Follows" } else { "Followed already:" };
    let text = format!("{said} {}\n", safe(&log.origin));
    let value = json!({ "origin": log.origin, "vkey": log.vkey.to_string(), "new": new });
    output.answer("dspt.witness-log/1", value, &text)?;
    Ok(exit::YES)
}

fn cosigned(
    outcome: Result<Cosigned, NotCosigned>,
    out: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let refusal = match outcome {
        Ok(cosigned) => {
            let written = super::dash::file_named(out).map(|path| {
                let bytes = cosigned.line().as_bytes();
                let written = durable::replace(path, bytes, Access::Umask);
                written.map_err(|error| {
                    not_written(path, &error).help(
                        "the cosignature was made: its line is the answer printed here, and \
                         `dspt witness status --json` prints the checkpoint with it again",
                    )
                })
            });
            let value = json!({
                "answer": "yes",
                "line": cosigned.line(),
                "time": cosigned.time(),
                "fault": null,
                "size": null,
            });
            output.answer("dspt.cosigned/1", value, cosigned.line())?;
            return written.unwrap_or(Ok(())).map(|()| exit::YES);
        }
        Err(NotCosigned::Failed(error)) => return Err(error.into()),
        Err(NotCosigned::Refused(refusal)) => refusal,
    };
    let size = match &refusal {
        Refusal::Stale { size } => Some(*size),
        Refusal::Malformed { .. }
        | Refusal::UnknownLog { .. }
        | Refusal::NotSigned { .. }
        | Refusal::OldTooLarge { .. }
        | Refusal::NotConsistent(_)
        | Refusal::OtherRoot { .. }
        | Refusal::WrongEmptyRoot => None,
    };
    let Refused { rule, text } = Refused::from(refusal);
    let value = json!({
        "answer": "no",
        "line": null,
        "time": null,
        "fault": { "rule": rule, "text": text },
        "size": size,
    });
    output.answer("dspt.cosigned/1", value, &format!("NO: {rule}: {}\n", safe(&text)))?;
    Ok(exit::NO)
}

fn not_written(path: &Path, error: &std::io::Error) -> Failure {
    let text = format!("{} cannot be written: {error}", path.display());
    Failure::new(Code::Io, exit::FAILED, text)
}

fn status(state: &State, output: &mut Output<'_>) -> Result<u8, Failure> {
    let key = state.key()?;
    let mut columns = Columns::new(&["Log", "Size", "Cosigned at"]);
    let mut logs = Vec::new();
    for log in state.logs()? {
        let (size, time, note) = remembered(&state.latest(&log)?, &key);
        let at = time.map_or_else(|| "never".to_owned(), time_text);
        columns.row([log.origin.clone(), size.to_string(), at]);
        logs.push(json!({
            "origin": log.origin,
            "vkey": log.vkey.to_string(),
            "size": size,
            "time": time,
            "checkpoint": note,
        }));
    }
    let text = format!("Witness {}\n{}", safe(&key.to_string()), columns.text(output.width));
    let value = json!({ "vkey": key.to_string(), "logs": logs });
    output.answer("dspt.witness/1", value, &text)?;
    Ok(exit::YES)
}

/// Size, time and note of what is remembered.
fn remembered(latest: &Latest, key: &WitnessKey) -> (u64, Option<u64>, Value) {
    match latest {
        Latest::Nothing => (0, None, Value::Null),
        Latest::Head(head, note) => {
            let cosigned = cosignature::verify(note, std::slice::from_ref(key)).unwrap_or_default();
            let time = cosigned.first().map(Cosigned::time);
            (head.size(), time, json!(String::from_utf8_lossy(note)))
        }
    }
}

fn served(
    witness: &Witness<'_>,
    listen: SocketAddr,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let failed = |error: std::io::Error| {
        let text = format!("{listen} cannot be listened on: {error}");
        Failure::new(Code::WitnessFailed, exit::FAILED, text).help("choose another with --listen")
    };
    let listener = TcpListener::bind(listen).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let vkey = witness.state().key()?;
    let text = format!("Witness {} listens on http://{address}\n", safe(&vkey.to_string()));
    let value = json!({ "vkey": vkey.to_string(), "url": format!("http://{address}") });
    output.answer("dspt.witness-serve/1", value, &text)?;
    output.out.flush()?;
    let clock = output.clock;
    let time = || seconds(clock());
    let quiet = output.quiet;
    // The lock of standard error is held by the caller, and threads share no writer; lines go to
    // standard error through a channel, on this thread.
    let (say, said) = std::sync::mpsc::sync_channel::<String>(64);
    let log = move |line: &str| {
        if !quiet {
            let _ = say.try_send(format!("{} {line}", time_text(seconds(clock()))));
        }
    };
    std::thread::scope(|scope| {
        let serving = scope.spawn(|| {
            let log = log;
            serve(&listener, witness, Limits::default(), &time, &log);
        });
        for line in said {
            let _ = writeln!(output.err, "{line}");
        }
        let _ = serving.join();
    });
    Err(Failure::new(Code::WitnessFailed, exit::FAILED, "serving ended"))
}

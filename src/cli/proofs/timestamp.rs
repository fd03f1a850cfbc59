//! `dspt timestamp`: ask an authority for the time of a head, record its answer, check it. Nothing
//! here uses the network.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args as ClapArgs, Subcommand};
use serde_json::json;

use super::anchor::{already, refused};
use crate::cli::as_of::{event, open, open_to_give_out};
use crate::cli::code::Code;
use crate::cli::error::{Failure, exit};
use crate::cli::input_file::read_file;
use crate::cli::output::{Output, quoted, safe};
use crate::cli::recording::ids::new_id;
use crate::cli::recording::request::Recording;
use crate::cli::recording::signing::Signing;
use crate::cli::recording::write::write;
use crate::domain::event::{AnchorTimestamped, Event};
use crate::domain::problem_code::ProblemCode;
use crate::domain::state::Fact;
use crate::export::{anchors, heads, write_once};
use crate::journal::{File, NewEvent};
use crate::ledger::{Digest, timestamp};
use crate::store::Mode;
use crate::verify::anchors::TOKEN;
use crate::verify::timestamp::{Openssl, TokenFault, openssl_verify};

/// Arguments of `timestamp`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Write the RFC 3161 request for the newest head, and say how to send it
    Request {
        /// The request; else N.tsq for a head of N entries
        #[arg(long, value_name = "FILE.tsq")]
        out: Option<PathBuf>,
        /// The head that it is about; else N.checkpoint
        #[arg(long, value_name = "FILE")]
        checkpoint_out: Option<PathBuf>,
    },
    /// Record the authority's response
    Attach(AttachArgs),
    /// Check the signatures of recorded responses, with OpenSSL
    Verify(VerifyArgs),
}

#[derive(ClapArgs, Debug)]
struct AttachArgs {
    /// The response as it came
    response: PathBuf,
    /// Who made it, for people
    #[arg(long, value_name = "NAME")]
    authority: String,
    /// The head that it is about; else the one of this ledger that it names
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    #[command(flatten)]
    signing: Signing,
}

#[derive(ClapArgs, Debug)]
#[command(group(ArgGroup::new("what").required(true).args(["entry", "all"])))]
struct VerifyArgs {
    /// The entry: #12, 12, or its id
    entry: Option<String>,
    /// Every recorded response
    #[arg(long)]
    all: bool,
    /// Certificates of the authority that you trust, PEM
    #[arg(long, value_name = "FILE")]
    ca: PathBuf,
    /// Certificates that may stand between, PEM
    #[arg(long, value_name = "FILE")]
    untrusted: Option<PathBuf>,
    /// The OpenSSL program
    #[arg(long, value_name = "PROGRAM", env = "DSPT_OPENSSL", default_value = "openssl")]
    openssl: PathBuf,
}

/// Checks that a file holds certificates in PEM, before anything depends on whether it is read.
///
/// # Errors
/// [`Failure`] when it cannot be read, or holds none.
pub(in crate::cli) fn require_certificates(path: &Path) -> Result<(), Failure> {
    let bytes = read_file(path)?;
    let text = String::from_utf8_lossy(&bytes);
    let opens = |line: &str| line.starts_with("-----BEGIN ") && line.contains("CERTIFICATE");
    if text.lines().any(opens) {
        return Ok(());
    }
    let text = format!("{} has no certificate in PEM; name the authority's own", path.display());
    Err(Failure::new(ProblemCode::File, exit::INPUT, text))
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
    match &args.command {
        Command::Request { out, checkpoint_out } => {
            request(out.as_deref(), checkpoint_out.as_deref(), ledger, output)
        }
        Command::Attach(args) => attach(args, ledger, output),
        Command::Verify(args) => verify(args, ledger, output),
    }
}

fn request(
    out: Option<&Path>,
    checkpoint_out: Option<&Path>,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let journal = open_to_give_out(ledger, output)?;
    let head = heads::own(&journal.ledger, &journal.ledger.head)?;
    let size = head.checkpoint.size;
    let beside = |given: Option<&Path>, end: &str| {
        given.map_or_else(|| PathBuf::from(format!("{size}.{end}")), Path::to_owned)
    };
    let (asked, dated) = (beside(out, "tsq"), beside(checkpoint_out, "checkpoint"));
    write_once::put(&dated, head.bare.as_bytes())?;
    write_once::put(&asked, &timestamp::request(head.bare.as_bytes()))?;
    let (tsq, data) = (quoted(&asked), quoted(&dated));
    let tsr = quoted(&asked.with_extension("tsr"));
    let text = format!(
        "Wrote {tsq}, a request for the time of {data}, the head of {size} entries.\n\
         Send it to an authority; nothing is sent by this program:\n\
         \x20 curl -H 'Content-Type: application/timestamp-query' --data-binary @{tsq} \
         -o {tsr} URL\n\
         Look at both, and check the response with the authority's certificates:\n\
         \x20 openssl ts -query -in {tsq} -text\n\
         \x20 openssl ts -reply -in {tsr} -text\n\
         \x20 openssl ts -verify -data {data} -in {tsr} -CAfile CA.pem\n\
         Then record it:\n\
         \x20 dspt timestamp attach {tsr} --authority NAME\n"
    );
    let value = json!({
        "request": asked.display().to_string(),
        "checkpoint": dated.display().to_string(),
        "size": size,
        "imprint": Digest::of(head.bare.as_bytes()).hex(),
    });
    output.answer("dspt.timestamp-request/1", value, &text)?;
    Ok(exit::YES)
}

fn attach(
    args: &AttachArgs,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let token = read_file(&args.response)?;
    let stamp = timestamp::read(&token)
        .map_err(|bad| refused(format!("{}: {bad}", args.response.display())))?;
    let journal = open(ledger, Mode::Write, output)?;
    let digest = Digest::of(&token).hex();
    let holds = |fact: &&Fact| {
        matches!(fact.event, Event::AnchorTimestamped(_))
            && fact.subjects.iter().any(|one| one.name == TOKEN && one.sha256 == digest)
    };
    if let Some(fact) = journal.ledger.facts.iter().find(holds) {
        return already(fact, output);
    }
    let checkpoint = if let Some(path) = &args.checkpoint {
        Some(heads::own(&journal.ledger, &read_file(path)?)?.bare)
    } else {
        let mut stored = journal.store().heads()?.into_iter().rev();
        let named = stored.find(|(_, note)| Digest::of(note) == stamp.imprint);
        named.and_then(|(_, note)| String::from_utf8(note).ok())
    };
    let named = checkpoint.filter(|text| Digest::of(text.as_bytes()) == stamp.imprint);
    let Some(checkpoint) = named else {
        let text = format!(
            "{} is about {}, which is not the SHA-256 of that head, or of any of this ledger",
            args.response.display(),
            stamp.imprint.hex()
        );
        return Err(refused(text).help("make a request with: dspt timestamp request"));
    };
    let authority = args.authority.clone();
    let event = Event::AnchorTimestamped(AnchorTimestamped { checkpoint, authority });
    let files = vec![File::stored(TOKEN, token)];
    let new = NewEvent { id: new_id(output.now)?, event, files };
    let code = write(journal, &Recording::here(&args.signing), &[new], output)?;
    output
        .hint("Whose signature it bears was not checked: dspt timestamp verify --all --ca FILE")?;
    Ok(code)
}

fn verify(
    args: &VerifyArgs,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let journal = open(ledger, Mode::Read, output)?;
    let with =
        Openssl { program: &args.openssl, ca: &args.ca, untrusted: args.untrusted.as_deref() };
    let facts: Vec<&Fact> = match &args.entry {
        Some(text) => vec![event(text, &journal.ledger.facts)?],
        None => journal.ledger.facts.iter().collect(),
    };
    let (mut rows, mut text, mut code) = (Vec::new(), String::new(), exit::YES);
    for fact in facts {
        let Event::AnchorTimestamped(body) = &fact.event else { continue };
        let held = anchors::files_of(journal.store(), fact)?.and_then(|held| held.token);
        let token = held.unwrap_or_default();
        let outcome = openssl_verify(&with, body.checkpoint.as_bytes(), &token);
        let dated = journal.ledger.anchors.iter().find(|one| one.seq == Some(fact.seq));
        let at = dated.map(|one| one.at.to_string());
        let (answer, why) = match outcome {
            Ok(()) => ("yes", None),
            Err(fault @ TokenFault::Refused(_)) => {
                code = exit::NO;
                ("no", Some(fault.to_string()))
            }
            Err(fault @ (TokenFault::NoOpenssl { .. } | TokenFault::NotRun(_))) => {
                return Err(Failure::new(
                    Code::TimestampNotChecked,
                    exit::UNDECIDED,
                    fault.to_string(),
                ));
            }
        };
        let (time, size) = (at.as_deref().unwrap_or("?"), dated.map_or(0, |one| one.size));
        let authority = safe(&body.authority);
        let _ = writeln!(
            text,
            "#{}: {}",
            fact.seq,
            match &why {
                None => format!("good: {size} entries were there at {time}, says {authority}"),
                Some(why) => format!("NOT GOOD, {authority}: {}", safe(why)),
            }
        );
        rows.push(json!({
            "entry": fact.seq, "size": size, "at": at, "authority": body.authority,
            "answer": answer, "why": why,
        }));
    }
    if rows.is_empty() {
        text.push_str("No time-stamp was there to check, and that is not a yes.\n");
        code = exit::NO;
    }
    let answer = if code == exit::YES { "yes" } else { "no" };
    output.answer("dspt.timestamps/1", json!({ "answer": answer, "checked": rows }), &text)?;
    Ok(code)
}

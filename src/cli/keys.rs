//! `dspt key`: make, list, admit, rotate and revoke keys; change a passphrase.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};
use serde_json::json;

use super::as_of::open;
use super::csv_form::{AsCsv, write};
use super::error::{Failure, exit};
use super::key_requests;
use super::output::{Columns, Output};
use super::recording::ids::new_id;
use super::recording::signing::{
    Opened, Signing, WithPassphrase, finish, held_by_agent, in_agent, named, path_of, record_with,
    same_passphrase,
};
use crate::domain::authority::remark::remarks;
use crate::domain::event::role::Role;
use crate::domain::event::{Event, KeyAdmitted, KeyRevoked, KeyRotated, LogKeyRotated};
use crate::domain::ids::KeyId;
use crate::domain::sanitize::counted;
use crate::domain::state::State;
use crate::journal::{Journal, NewEvent, Recorded, Signers};
use crate::keys::agent::AgentError;
use crate::keys::{self, KeyError, Passphrase};
use crate::ledger::{Sign, Vkey};
use crate::store::Mode;

/// Arguments of `key`.
#[derive(ClapArgs, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Make a new key: NAME.pem (private, encrypted) and NAME.pub
    New {
        /// Name of the key
        name: String,
        #[command(flatten)]
        signing: Signing,
    },
    /// Keep the public half of a key that is in your ssh-agent; the agent then signs for it
    Import {
        /// Name that the key is to have here
        name: String,
        /// The public half, as ssh-keygen writes it
        #[arg(long, value_name = "FILE.pub")]
        public: PathBuf,
        #[command(flatten)]
        signing: Signing,
    },
    /// List your key files, and what the ledger admits them for
    List {
        #[command(flatten)]
        csv: AsCsv,
        #[command(flatten)]
        signing: Signing,
    },
    /// Ask an owner to admit your key: writes a file with its public half, signed by it
    Request(key_requests::Args),
    /// Admit the key that a file of `key request` asks for, or by name one of your own
    Admit {
        /// The file; or with --role and --holder the name of a key of yours
        #[arg(value_name = "FILE|NAME")]
        name: String,
        /// Of a key of yours: owner, contributor, approver, assessor or authority
        #[arg(long, requires = "holder")]
        role: Option<Role>,
        /// Of a key of yours: who holds it
        #[arg(long, requires = "role")]
        holder: Option<String>,
        /// The admitted key's passphrase, when it is another one
        #[arg(long, value_name = "FILE")]
        admitted_passphrase_file: Option<PathBuf>,
        #[command(flatten)]
        signing: Signing,
    },
    /// Put a new key in the place of one of yours: its role and holder go over; both sign
    Rotate {
        /// Name of the key file that is replaced
        name: String,
        #[command(flatten)]
        to: Successor,
        #[command(flatten)]
        signing: Signing,
    },
    /// Put a new log key in the place of the ledger's: an owner and both log keys sign
    RotateLog {
        #[command(flatten)]
        to: Successor,
        #[command(flatten)]
        signing: Signing,
    },
    /// Revoke a key from the next entry on
    Revoke {
        /// Fingerprint: SHA256:...
        keyid: KeyId,
        /// Why
        #[arg(long)]
        reason: String,
        /// Entries of this key from this index on are doubtful
        #[arg(long, value_name = "INDEX")]
        compromised_from: Option<u64>,
        #[command(flatten)]
        signing: Signing,
    },
    /// Change the passphrase of a key file
    Passphrase {
        /// Name of the key
        name: String,
        /// Read the new passphrase from the first line of this file
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
        #[command(flatten)]
        signing: Signing,
    },
}

/// The key that takes another's place.
#[derive(ClapArgs, Debug)]
struct Successor {
    /// Name of the key file that takes its place, made before with `dspt key new`
    #[arg(long, value_name = "NEWNAME")]
    to: String,
    /// Why
    #[arg(long)]
    reason: String,
    /// The new key's passphrase, when it is another one
    #[arg(long, value_name = "FILE")]
    to_passphrase_file: Option<PathBuf>,
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
    match &args.command {
        Command::New { name, signing } => new(name, signing, output),
        Command::Import { name, public, signing } => import(name, public, signing, output),
        Command::List { csv, signing } => list(ledger, *csv, signing, output),
        Command::Request(args) => key_requests::request(args, ledger, output),
        Command::Admit { name, role, holder, admitted_passphrase_file, signing } => {
            let own = admitted_passphrase_file.as_deref();
            match (role, holder) {
                (Some(role), Some(holder)) => {
                    admit(ledger, (name, *role, holder), own, signing, output)
                }
                _ => key_requests::admit(Path::new(name), ledger, signing, output),
            }
        }
        Command::Rotate { name, to, signing } => {
            // The key replaced is the author, whatever `--key` or the environment says.
            let signing = Signing { key: Some(name.clone()), ..signing.clone() };
            rotate(ledger, to, &signing, output)
        }
        Command::RotateLog { to, signing } => rotate_log(ledger, to, signing, output),
        Command::Revoke { keyid, reason, compromised_from, signing } => {
            let event = Event::KeyRevoked(KeyRevoked {
                keyid: keyid.clone(),
                reason: reason.clone(),
                compromised_from: *compromised_from,
            });
            let journal = open(ledger, Mode::Write, output)?;
            let recording = super::recording::request::Recording::here(signing);
            super::recording::write::one(journal, &recording, event, Vec::new(), output)
        }
        Command::Passphrase { name, new_passphrase_file, signing } => {
            let folder = signing.folder()?;
            let path = path_of(&named(&keys::list(&folder)?, name, &folder)?, &folder)?;
            let old = signing.passphrase(false).read(&format!("Passphrase of key {name} now"))?;
            let source = new_passphrase_file
                .clone()
                .map_or(Passphrase::Prompt { confirm: true }, Passphrase::File);
            let new = source.read(&format!("New passphrase for key {name}"))?;
            keys::rewrap(&path, &old, &new)?;
            let text = format!("Key {name} has a new passphrase.\n");
            output.answer("dspt.key/1", json!({ "name": name }), &text)?;
            Ok(exit::YES)
        }
    }
}

fn new(name: &str, signing: &Signing, output: &mut Output<'_>) -> Result<u8, Failure> {
    let folder = signing.folder()?;
    let path = folder.join(format!("{name}.pem"));
    // A stop between its two files leaves the private half, which may hold the only copy of a key.
    let half = keys::is_half(&path);
    if path.symlink_metadata().is_ok() && !half {
        return Err(Failure::usage(format!(
            "{} exists already and is never overwritten",
            path.display()
        )));
    }
    let (public, verb) = if half {
        let purpose = format!("Passphrase of key {name}, whose public half is missing");
        let passphrase = signing.passphrase(false).read(&purpose)?;
        (*keys::complete(&path, &passphrase)?.public(), "Completed")
    } else {
        let purpose = format!("New passphrase for key {name}");
        let passphrase = signing.passphrase(true).read(&purpose)?;
        (keys::generate(&path, &passphrase)?, "Made")
    };
    let text = format!("{verb} {}\n  fingerprint {}\n", path.display(), public.keyid());
    let value =
        json!({ "name": name, "path": path.display().to_string(), "keyid": public.keyid() });
    output.answer("dspt.key/1", value, &text)?;
    output.hint(&format!(
        "Next: ask an owner to admit it with: dspt key request {name} --role ROLE --out FILE"
    ))?;
    Ok(exit::YES)
}

fn import(
    name: &str,
    file: &Path,
    signing: &Signing,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let path = signing.folder()?.join(format!("{name}.pem"));
    let public = keys::read_public(file)?;
    keys::keep_public(&path, &public)?;
    let path = path.with_extension("pub");
    let text = format!("Kept {}\n  fingerprint {}\n", path.display(), public.keyid());
    let value =
        json!({ "name": name, "path": path.display().to_string(), "keyid": public.keyid() });
    output.answer("dspt.key/1", value, &text)?;
    output.hint("It signs while your ssh-agent holds it: ssh-add FILE")?;
    Ok(exit::YES)
}

fn list(
    ledger: Option<&Path>,
    csv: AsCsv,
    signing: &Signing,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let csv = csv.wanted(output)?;
    let folder = signing.folder()?;
    let files = if folder.exists() { keys::list(&folder)? } else { Vec::new() };
    // Without a ledger the key files alone are listed.
    let journal = open(ledger, Mode::Read, output).ok();
    let mut columns = Columns::new(&["Name", "Fingerprint", "Private half", "In the ledger"]);
    let (mut list, mut rows) = (Vec::new(), Vec::new());
    let held = match held_by_agent(&files) {
        Ok(held) => held,
        // No agent is not worth a word; one that does not answer is.
        Err(AgentError::None | AgentError::NotHere) => Vec::new(),
        Err(error) => {
            output.warn(&Failure::from(KeyError::Agent(error)).message)?;
            Vec::new()
        }
    };
    for file in &files {
        let keyid = file.public.keyid();
        let standing = standing(journal.as_ref(), &keyid);
        let agent = held.contains(&file.public);
        let private = match (&file.private, agent) {
            (Some(_), _) => "yes",
            (None, true) => "agent",
            (None, false) => "no",
        };
        let row = [file.name.clone(), keyid.clone(), private.to_owned(), standing.clone()];
        columns.row(row.clone());
        rows.push(row);
        list.push(json!({
            "name": file.name,
            "keyid": keyid,
            "private": file.private.is_some(),
            "agent": file.private.is_none() && agent,
            "standing": standing,
        }));
    }
    if csv {
        write(&["name", "fingerprint", "private_half", "in_the_ledger"], rows, output)?;
        return Ok(exit::YES);
    }
    let mut text = columns.text(output.width);
    let _ = writeln!(text, "{} in {}", counted(files.len(), "key"), folder.display());
    output.answer(
        "dspt.keys/1",
        json!({ "folder": folder.display().to_string(), "keys": list }),
        &text,
    )?;
    Ok(exit::YES)
}

/// What a ledger says of a key, in a few words.
fn standing(journal: Option<&Journal>, keyid: &str) -> String {
    let Some(ledger) = journal.map(|journal| &journal.ledger) else {
        return "no ledger here".to_owned();
    };
    let known = keyid.parse().ok().and_then(|id| ledger.roster.get(&id));
    if let Some(known) = known {
        let ended = known.revoked.map_or_else(String::new, |seq| {
            let fact = usize::try_from(seq).ok().and_then(|at| ledger.facts.get(at));
            let replaced = fact.is_some_and(|fact| matches!(fact.event, Event::KeyRotated(_)));
            format!(", {} by #{seq}", if replaced { "replaced" } else { "revoked" })
        });
        return format!("{} ({}){ended}", known.role, known.holder);
    }
    if ledger.log.newest().key().keyid() == keyid {
        return "log key".to_owned();
    }
    let was = ledger.log.all().any(|log| log.key().keyid() == keyid);
    if was { "log key before, replaced".to_owned() } else { "not admitted".to_owned() }
}

fn admit(
    ledger: Option<&Path>,
    (name, role, holder): (&str, Role, &str),
    own: Option<&Path>,
    signing: &Signing,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let mut journal = open(ledger, Mode::Write, output)?;
    let folder = signing.folder()?;
    let event = Event::KeyAdmitted(KeyAdmitted {
        key: named(&keys::list(&folder)?, name, &folder)?.public.base64(),
        holder: holder.to_owned(),
        role,
    });
    for remark in remarks(&event, &State::default(), &journal.ledger.roster) {
        output.warn(&remark)?;
    }
    may_introduce(&mut journal, signing, &event, output)?;
    let opened = signing.open(&journal.ledger, "1 event", output)?;
    let (admitted, _) = incoming(name, own, signing, "admitted")?;
    let keyid = admitted.public().keyid();
    introduce((journal, opened, &*admitted), event, output, |recorded| {
        format!(
            "Entry #{}: key {keyid} ({holder}) may sign as {role} from the next entry on.\n",
            recorded.first
        )
    })
}

/// Opens the key that comes into the ledger: it signs the entry that brings it in.
fn incoming(
    name: &str,
    own: Option<&Path>,
    signing: &Signing,
    what: &str,
) -> Result<WithPassphrase, Failure> {
    let folder = signing.folder()?;
    let file = named(&keys::list(&folder)?, name, &folder)?;
    let Some(path) = &file.private else { return Ok((in_agent(&file, &folder)?, None)) };
    let source =
        own.map_or_else(|| signing.passphrase(false), |path| Passphrase::File(path.to_owned()));
    let purpose = format!("Passphrase for key {name}, which is to be {what}");
    let passphrase = source.read(&purpose)?;
    Ok((Box::new(keys::load(path, &passphrase)?), Some(passphrase)))
}

/// A log key whose passphrase is not that of the author's own.
fn apart(
    (next, passphrase): WithPassphrase,
    (name, signing): (&str, &Signing),
    journal: &Journal,
) -> Result<Box<dyn Sign>, Failure> {
    let (author, folder) = (signing.author_id(&journal.ledger)?, signing.folder()?);
    let files = keys::list(&folder)?;
    let own = files.iter().find(|file| file.public.keyid() == author.as_str());
    let Some((own, passphrase)) = own.zip(passphrase) else { return Ok(next) };
    match &own.private {
        Some(path) if keys::load(path, &passphrase).is_ok() => {
            Err(same_passphrase(&own.name, name)
                .help(format!("give the new log key another with: dspt key passphrase {name}")))
        }
        _ => Ok(next),
    }
}

fn rotate(
    ledger: Option<&Path>,
    to: &Successor,
    signing: &Signing,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let mut journal = open(ledger, Mode::Write, output)?;
    let folder = signing.folder()?;
    let new = named(&keys::list(&folder)?, &to.to, &folder)?.public;
    let replaces = signing.author_id(&journal.ledger)?;
    let (old, key, reason) = (replaces.clone(), new.base64(), to.reason.clone());
    let event = Event::KeyRotated(KeyRotated { replaces, key, reason });
    may_introduce(&mut journal, signing, &event, output)?;
    let opened = signing.open(&journal.ledger, "1 event", output)?;
    let own = to.to_passphrase_file.as_deref();
    let (next, _) = incoming(&to.to, own, signing, "put in its place")?;
    introduce((journal, opened, &*next), event, output, |recorded| {
        format!(
            "Entry #{}: key {} takes the place of {old} from the next entry on, with its role and \
             holder.\n",
            recorded.first,
            new.keyid()
        )
    })
}

fn rotate_log(
    ledger: Option<&Path>,
    to: &Successor,
    signing: &Signing,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let mut journal = open(ledger, Mode::Write, output)?;
    let folder = signing.folder()?;
    let new = named(&keys::list(&folder)?, &to.to, &folder)?.public;
    let vkey = Vkey::new(journal.ledger.origin.key_name(), new);
    let (key, reason) = (new.base64(), to.reason.clone());
    let event = Event::LogKeyRotated(LogKeyRotated { key, reason });
    may_introduce(&mut journal, signing, &event, output)?;
    let opened = signing.open(&journal.ledger, "1 event", output)?;
    let next = incoming(&to.to, to.to_passphrase_file.as_deref(), signing, "the log key")?;
    let next = apart(next, (&to.to, signing), &journal)?;
    introduce((journal, opened, &*next), event, output, |recorded| {
        format!(
            "Entry #{}: the ledger's heads are signed by another log key from now on:\n  {vkey}\n\
             Give this line to everyone who checks the ledger, and keep a copy of the key.\n",
            recorded.first
        )
    })
}

/// What will be refused is refused before anybody types a passphrase.
fn may_introduce(
    journal: &mut Journal,
    signing: &Signing,
    event: &Event,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    signing.clock(journal, output)?;
    let new = NewEvent { id: new_id(output.now)?, event: event.clone(), files: Vec::new() };
    Ok(journal.may_record(&[new], &signing.author_id(&journal.ledger)?, output.now)?)
}

/// Records the one event that brings a key in, signed by that key as well, and says so.
fn introduce(
    (journal, opened, next): (Journal, Opened, &dyn Sign),
    event: Event,
    output: &mut Output<'_>,
    text: impl FnOnce(&Recorded) -> String,
) -> Result<u8, Failure> {
    let new = NewEvent { id: new_id(output.now)?, event, files: Vec::new() };
    let signers = Signers { admitted: Some(next), ..opened.signers() };
    let (journal, recorded) = record_with(journal, &signers, &[new], output)?;
    let keyid = next.public().keyid();
    let value = json!({ "first": recorded.first, "last": recorded.last, "keyid": keyid });
    finish(journal, &recorded, ("dspt.recorded/1", value, &text(&recorded)), output)
}

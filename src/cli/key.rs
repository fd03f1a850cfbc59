//! `dspt key`: make, list, admit and revoke keys; change a passphrase.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};
use serde_json::json;

use super::failure::{Failure, exit};
use super::ids::new_id;
use super::output::{Columns, Output};
use super::question::ledger_path;
use super::signing::{Signing, named, path_of};
use crate::domain::event::{Event, KeyAdmitted, KeyRevoked};
use crate::domain::refs::KeyId;
use crate::domain::role::Role;
use crate::journal::{Journal, NewEvent, Signers};
use crate::keys::{self, Passphrase};
use crate::ledger::Sign;
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
    /// List your key files, and what the ledger admits them for
    List {
        #[command(flatten)]
        signing: Signing,
    },
    /// Admit a key of yours to the ledger; an owner signs, and the key signs too
    Admit {
        /// Name of the key file
        name: String,
        /// owner, contributor, approver, assessor or authority
        #[arg(long)]
        role: Role,
        /// Who holds it
        #[arg(long)]
        holder: String,
        /// The admitted key's passphrase, when it is another one
        #[arg(long, value_name = "FILE")]
        admitted_passphrase_file: Option<PathBuf>,
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
        Command::List { signing } => list(ledger, signing, output),
        Command::Admit { name, role, holder, admitted_passphrase_file, signing } => {
            let own = admitted_passphrase_file.as_deref();
            admit(ledger, (name, *role, holder), own, signing, output)
        }
        Command::Revoke { keyid, reason, compromised_from, signing } => {
            let event = Event::KeyRevoked(KeyRevoked {
                keyid: keyid.clone(),
                reason: reason.clone(),
                compromised_from: *compromised_from,
            });
            super::record::one(ledger, signing, event, Vec::new(), output)
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
    if path.exists() {
        return Err(Failure::usage(format!(
            "{} exists already and is never overwritten",
            path.display()
        )));
    }
    let passphrase = signing.passphrase(true).read(&format!("New passphrase for key {name}"))?;
    let public = keys::generate(&path, &passphrase)?;
    let text = format!("Made {}\n  fingerprint {}\n", path.display(), public.keyid());
    let value =
        json!({ "name": name, "path": path.display().to_string(), "keyid": public.keyid() });
    output.answer("dspt.key/1", value, &text)?;
    output.hint(&format!(
        "Next: an owner admits it with: dspt key admit {name} --role ROLE --holder NAME"
    ))?;
    Ok(exit::YES)
}

fn list(ledger: Option<&Path>, signing: &Signing, output: &mut Output<'_>) -> Result<u8, Failure> {
    let folder = signing.folder()?;
    let files = if folder.exists() { keys::list(&folder)? } else { Vec::new() };
    // Without a ledger the key files alone are listed.
    let journal = ledger_path(ledger).ok().and_then(|path| Journal::open(&path, Mode::Read).ok());
    let mut columns = Columns::new(&["Name", "Fingerprint", "Private half", "In the ledger"]);
    let mut list = Vec::new();
    for file in &files {
        let keyid = file.public.keyid();
        let known =
            journal.as_ref().and_then(|journal| journal.ledger.roster.get(&keyid.parse().ok()?));
        let standing = match (known, &journal) {
            (Some(known), _) => {
                let revoked =
                    known.revoked.map_or_else(String::new, |seq| format!(", revoked by #{seq}"));
                format!("{} ({}){revoked}", known.role, known.holder)
            }
            (None, Some(journal)) if journal.ledger.log.newest().key().keyid() == keyid => {
                "log key".to_owned()
            }
            (None, Some(_)) => "not admitted".to_owned(),
            (None, None) => "no ledger here".to_owned(),
        };
        let private = if file.private.is_some() { "yes" } else { "no" };
        columns.row([file.name.clone(), keyid.clone(), private.to_owned(), standing.clone()]);
        list.push(json!({ "name": file.name, "keyid": keyid, "private": file.private.is_some(), "standing": standing }));
    }
    let mut text = columns.text(output.width);
    let _ = writeln!(text, "{} keys in {}", files.len(), folder.display());
    output.answer(
        "dspt.keys/1",
        json!({ "folder": folder.display().to_string(), "keys": list }),
        &text,
    )?;
    Ok(exit::YES)
}

fn admit(
    ledger: Option<&Path>,
    (name, role, holder): (&str, Role, &str),
    own: Option<&Path>,
    signing: &Signing,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let mut journal = Journal::open(&ledger_path(ledger)?, Mode::Write)?;
    let opened = signing.open(&journal.ledger, "1 event", output)?;
    let folder = signing.folder()?;
    let path = path_of(&named(&keys::list(&folder)?, name, &folder)?, &folder)?;
    let source =
        own.map_or_else(|| signing.passphrase(false), |path| Passphrase::File(path.to_owned()));
    let admitted = keys::load(
        &path,
        &source.read(&format!("Passphrase for key {name}, which is to be admitted"))?,
    )?;
    let event = Event::KeyAdmitted(KeyAdmitted {
        key: admitted.public().base64(),
        holder: holder.to_owned(),
        role,
    });
    let new = NewEvent { id: new_id(output.now)?, event, files: Vec::new() };
    let signers = Signers { author: &opened.author, admitted: Some(&admitted), log: &opened.log };
    let recorded = journal.record(&[new], &signers, output.now)?;
    let keyid = admitted.public().keyid();
    journal.close()?;
    let text = format!(
        "Entry #{}: key {keyid} ({holder}) may sign as {role} from the next entry on.\n",
        recorded.first
    );
    output.answer(
        "dspt.recorded/1",
        json!({ "first": recorded.first, "last": recorded.last, "keyid": keyid }),
        &text,
    )?;
    Ok(exit::YES)
}

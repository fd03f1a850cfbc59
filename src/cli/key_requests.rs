//! `dspt key request` and `dspt key admit FILE`: a person asks to be admitted by a file, and an owner
//! admits the key without ever having it.

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use serde_json::json;

use super::as_of::open;
use super::error::{Failure, exit};
use super::input_file::read_within;
use super::output::{Output, safe};
use super::recording::ids::new_id;
use super::recording::request_file::refused;
use super::recording::signing::{Signing, finish, in_agent};
use crate::domain::authority::remark::remarks;
use crate::domain::event::role::Role;
use crate::domain::event::{Event, KeyAdmitted};
use crate::domain::state::State;
use crate::export::write_once;
use crate::journal::{Asked, JournalError};
use crate::keys;
use crate::ledger::request::{KeyRequestDraft, REQUEST_BYTES_MAX};
use crate::ledger::{Origin, Sign};
use crate::store::Mode;

/// Arguments of `key request`.
#[derive(ClapArgs, Debug)]
pub(super) struct Args {
    /// Name of your key; it is made where there is none of that name
    name: String,
    /// What you want to do: owner, contributor, approver, assessor or authority
    #[arg(long)]
    role: Role,
    /// Who you are, as the ledger is to show it; the name of the key when left out
    #[arg(long, value_name = "NAME")]
    holder: Option<String>,
    /// The ledger, DOMAIN/ORG/LEDGER, so that the request is good for no other
    #[arg(long, value_name = "ORIGIN")]
    origin: Option<String>,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    signing: Signing,
}

/// Runs `key request`.
///
/// # Errors
/// [`Failure`] for a key that cannot be used or a file that cannot be written.
pub(super) fn request(
    args: &Args,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let origin = match (&args.origin, ledger) {
        (Some(text), _) => {
            Some(Origin::parse(text).map_err(|bad| Failure::usage(format!("--origin: {bad}")))?)
        }
        (None, Some(_)) => Some(open(ledger, Mode::Read, output)?.ledger.origin),
        (None, None) => None,
    };
    let holder = args.holder.as_ref().unwrap_or(&args.name).trim().to_owned();
    if holder.is_empty() {
        return Err(Failure::usage("--holder is blank; say who you are"));
    }
    if args.out.symlink_metadata().is_ok() {
        let text = format!("{} is there already; give another name", args.out.display());
        return Err(Failure::usage(text));
    }
    let key = own_key(&args.name, &args.signing, output)?;
    let event =
        Event::KeyAdmitted(KeyAdmitted { key: key.public().base64(), holder, role: args.role });
    let body = event.body().map_err(|bad| Failure::usage(bad.to_string()))?;
    let made = output.now.to_string();
    let bytes = KeyRequestDraft { ledger: origin.clone(), made, body }.seal(&*key);
    let mut bytes = bytes.map_err(JournalError::from)?;
    bytes.push(b'\n');
    write_once::put(&args.out, &bytes)?;
    let keyid = key.public().keyid();
    let text = format!(
        "Wrote {}: your key asks to be admitted as {}\n  fingerprint {keyid}\nThere is nothing \
         secret in it. Your key and its passphrase stay with you.\n",
        args.out.display(),
        args.role
    );
    let value = json!({
        "file": args.out.display().to_string(),
        "key": args.name,
        "keyid": keyid,
        "role": args.role.as_str(),
        "ledger": origin.as_ref().map(Origin::as_str),
    });
    output.answer("dspt.key-request/1", value, &text)?;
    output.hint(&format!(
        "Next: send it to an owner, who runs: dspt key admit {}; tell them the fingerprint by \
         another way",
        args.out.display()
    ))?;
    Ok(exit::YES)
}

/// The key of that name: from its file, from the ssh-agent, or new.
fn own_key(
    name: &str,
    signing: &Signing,
    output: &mut Output<'_>,
) -> Result<Box<dyn Sign>, Failure> {
    let folder = signing.folder()?;
    let path = folder.join(format!("{name}.pem"));
    if let Some(file) = keys::list(&folder)?.iter().find(|file| file.name == name) {
        let Some(path) = &file.private else { return in_agent(file, &folder) };
        let purpose = format!("Passphrase for key {name}, to sign that it is yours");
        return Ok(Box::new(keys::load(path, &signing.passphrase(false).read(&purpose)?)?));
    }
    if keys::is_half(&path) {
        let purpose = format!("Passphrase of key {name}, whose public half is missing");
        return Ok(Box::new(keys::complete(&path, &signing.passphrase(false).read(&purpose)?)?));
    }
    let passphrase = signing.passphrase(true).read(&format!("New passphrase for key {name}"))?;
    keys::generate(&path, &passphrase)?;
    output.hint(&format!("Made {}; keep a copy of it", path.display()))?;
    Ok(Box::new(keys::load(&path, &passphrase)?))
}

/// Runs `key admit FILE`.
///
/// # Errors
/// [`Failure`] for a request that is not good, or not for this ledger.
pub(super) fn admit(
    path: &Path,
    ledger: Option<&Path>,
    signing: &Signing,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let mut journal = open(ledger, Mode::Write, output)?;
    let bytes = read_within(path, REQUEST_BYTES_MAX as u64)?;
    let text = String::from_utf8(bytes).map_err(|_| refused(path, "it is not UTF-8 text"))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let id = new_id(output.now)?;
    let (asked, new) = Asked::for_a_key(line, id)
        .map_err(|bad| refused(path, &format!("it is no request to be admitted: {bad}")))?;
    let Event::KeyAdmitted(wanted) = &new.event else {
        return Err(refused(path, "it asks for something else than a key"));
    };
    let (wanted, keyid) = (wanted.clone(), asked.carried.by.clone());
    let told = format!(
        "{} asks to be admitted as {}\n  fingerprint {keyid}\n  made {}{}\nThe key signed this, so \
         whoever made the file holds it. Whether that is {} is for you to know: compare the \
         fingerprint with them.",
        wanted.holder,
        wanted.role,
        asked.made,
        match &asked.carried.ledger {
            Some(origin) => format!(", for {origin}"),
            None => ", for no ledger in particular".to_owned(),
        },
        wanted.holder
    );
    output.hint(&safe_lines(&told))?;
    for remark in remarks(&new.event, &State::default(), &journal.ledger.roster) {
        output.warn(&remark)?;
    }
    signing.clock(&mut journal, output)?;
    let (events, requests) = ([new], [asked]);
    let signer = signing.author_id(&journal.ledger)?;
    journal.may_take((&events, &requests), &signer, output.now)?;
    let opened = signing.open(&journal.ledger, "1 event", output)?;
    let now = output.now;
    let recorded = journal.take_in_turn((&events, &requests), &opened.signers(), now, &mut || ());
    let recorded = recorded.map_err(|error| Failure::from(error).nothing_recorded())?;
    let text = format!(
        "Entry #{}: key {keyid} ({}) may sign as {} from the next entry on.\n",
        recorded.first,
        safe(&wanted.holder),
        wanted.role
    );
    let value = json!({
        "first": recorded.first,
        "last": recorded.last,
        "keyid": keyid,
        "holder": wanted.holder,
        "role": wanted.role.as_str(),
    });
    finish(journal, &recorded, ("dspt.recorded/1", value, &text), output)
}

fn safe_lines(text: &str) -> String {
    text.lines().map(safe).collect::<Vec<_>>().join("\n")
}

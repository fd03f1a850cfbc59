//! Keys for commands that record: which ones, and their passphrases.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::cli::code::Code;
use crate::cli::error::{Failure, chain, exit};
use crate::cli::output::Output;
use crate::domain::ids::KeyId;
use crate::journal::{Journal, JournalError, NewEvent, Recorded, Signers};
use crate::keys::agent::{Agent, AgentError};
use crate::keys::{self, KeyError, KeyFile, Passphrase};
use crate::ledger::{PublicKey, SeedSigner, Sign};
use crate::verify::audit::Ledger;

/// Flags of every command that signs.
#[derive(Args, Clone, Debug, Default)]
pub(in crate::cli) struct Signing {
    /// The author's key by name; else the only one of yours that the ledger admits
    #[arg(long, value_name = "NAME", env = "DSPT_KEY")]
    pub key: Option<String>,
    /// The log key by name; else the one of yours that the ledger names
    #[arg(long, value_name = "NAME")]
    pub log_key: Option<String>,
    /// Read the passphrase from the first line of this file
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// The log key's passphrase; else that of `DSPT_LOG_PASSPHRASE_COMMAND`, or it is asked for
    #[arg(long, value_name = "FILE")]
    pub log_passphrase_file: Option<PathBuf>,
    /// Folder of the key files
    #[arg(long, value_name = "DIR", env = "DSPT_KEYS")]
    pub keys: Option<PathBuf>,
    /// Record although this clock is far behind the newest entry; what is recorded gets its time
    #[arg(long)]
    pub clock_behind: bool,
    /// Record it once more where the same is recorded already and stands
    #[arg(long)]
    pub again: bool,
}

/// A key that was opened, with the passphrase that it took, where it took one.
pub(in crate::cli) type WithPassphrase = (Box<dyn Sign>, Option<Zeroizing<String>>);

/// The two keys that recording needs, opened.
pub(in crate::cli) struct Opened {
    /// The author's.
    pub author: Box<dyn Sign>,
    /// The log's.
    pub log: Box<dyn Sign>,
}

impl Opened {
    /// As the journal takes them.
    pub(in crate::cli) fn signers(&self) -> Signers<'_> {
        Signers { author: &*self.author, admitted: None, log: &*self.log }
    }
}

impl Signing {
    /// Returns the folder of the key files.
    ///
    /// # Errors
    /// [`Failure`] when no home folder is known.
    pub(in crate::cli) fn folder(&self) -> Result<PathBuf, Failure> {
        Ok(match &self.keys {
            Some(folder) => folder.clone(),
            None => match std::env::var_os("DSPT_CONFIG").filter(|given| !given.is_empty()) {
                Some(settings) => PathBuf::from(settings).join("keys"),
                None => keys::default_folder()?,
            },
        })
    }

    /// Where the passphrase comes from.
    pub(in crate::cli) fn passphrase(&self, confirm: bool) -> Passphrase {
        let command = std::env::var("DSPT_PASSPHRASE_COMMAND").ok().filter(|line| !line.is_empty());
        match (&self.passphrase_file, command) {
            (Some(path), _) => Passphrase::File(path.clone()),
            (None, Some(command)) => Passphrase::Command(command),
            (None, None) => Passphrase::Prompt { confirm },
        }
    }

    /// Opens the author's key and the log key; the passphrase is asked for once if it fits both, and
    /// not at all for a key in the ssh-agent.
    ///
    /// # Errors
    /// [`Failure`] when a key is missing or the passphrase is wrong.
    pub(in crate::cli) fn open(
        &self,
        ledger: &Ledger,
        what: &str,
        output: &mut Output<'_>,
    ) -> Result<Opened, Failure> {
        let folder = self.folder()?;
        let log = self.log(ledger, &keys::list(&folder)?, &folder)?;
        let (author, shared) = self.open_author(ledger, what, output)?;
        let log = match &log.private {
            None => in_agent(&log, &folder)?,
            Some(path) => Box::new(self.open_log(path, &log.name, shared)?),
        };
        Ok(Opened { author, log })
    }

    /// Opens the author's key alone, with the passphrase that it took, where it took one.
    ///
    /// # Errors
    /// [`Failure`] when the key is missing or the passphrase is wrong.
    pub(in crate::cli) fn open_author(
        &self,
        ledger: &Ledger,
        what: &str,
        output: &mut Output<'_>,
    ) -> Result<WithPassphrase, Failure> {
        let folder = self.folder()?;
        let author = self.author(ledger, &keys::list(&folder)?, &folder)?;
        let Some(path) = &author.private else { return Ok((in_agent(&author, &folder)?, None)) };
        let source = self.passphrase(false);
        if let Some(warning) = source.warning() {
            output.warn(&warning)?;
        }
        let holder = author.public.keyid().parse().ok();
        let holder = holder.and_then(|id| ledger.roster.get(&id)).map_or("", |known| &known.holder);
        let purpose = format!("Passphrase for key {} ({holder}), to sign {what}", author.name);
        let passphrase = source.read(&purpose)?;
        let signer = keys::load(path, &passphrase)?;
        Ok((Box::new(signer), Some(passphrase)))
    }

    /// Where the passphrase of the log key comes from, if that is said apart from the author's.
    pub(in crate::cli) fn log_passphrase(&self) -> Option<Passphrase> {
        let command = std::env::var("DSPT_LOG_PASSPHRASE_COMMAND").ok();
        let command = command.filter(|line| !line.is_empty()).map(Passphrase::Command);
        self.log_passphrase_file.clone().map(Passphrase::File).or(command)
    }

    /// The passphrase of a log key that is to be made: another than anybody's own. Where that of the
    /// author comes from a file or a command, nobody is asked, and it is made and kept beside the key.
    ///
    /// # Errors
    /// [`Failure`] where nobody can be asked.
    pub(in crate::cli) fn new_log_passphrase(
        &self,
        folder: &Path,
        name: &str,
        output: &mut Output<'_>,
    ) -> Result<Zeroizing<String>, Failure> {
        let purpose = format!("New passphrase for the log key {name}");
        if let Some(own) = self.log_passphrase() {
            return Ok(own.read(&purpose)?);
        }
        if !matches!(self.passphrase(true), Passphrase::Prompt { .. }) {
            let key = folder.join(format!("{name}.pem"));
            let made = keys::make_passphrase(&key)?;
            output.hint(&format!(
                "The log key signs the heads of the ledger and has a passphrase of its own, made at \
                 random: {}. Recording reads it there. To keep it elsewhere move the file, and give \
                 --log-passphrase-file FILE.",
                keys::passphrase_file(&key).display()
            ))?;
            return Ok(made);
        }
        output.hint(
            "The log key signs the heads of the ledger. It has a passphrase of its own, so that \
             somebody else can keep the log one day without yours.",
        )?;
        let asked = Passphrase::Prompt { confirm: true }.read(&purpose);
        asked.map_err(|error| no_log_passphrase(name, error))
    }

    /// Opens the file of the log key: by its own passphrase as it is given or kept beside the key, or
    /// by the author's where that still fits, in a ledger that was made when one could serve both.
    fn open_log(
        &self,
        path: &Path,
        name: &str,
        shared: Option<Zeroizing<String>>,
    ) -> Result<SeedSigner, Failure> {
        let purpose = format!("Passphrase for the log key {name}");
        if let Some(own) = self.log_passphrase() {
            return Ok(keys::load(path, &own.read(&purpose)?)?);
        }
        let kept = keys::passphrase_file(path);
        if kept.is_file() {
            let read = Passphrase::File(kept).read(&purpose)?;
            match keys::load(path, &read) {
                // The key was given another one since.
                Err(KeyError::WrongPassphrase { .. }) => {}
                other => return Ok(other?),
            }
        }
        let source = self.passphrase(false);
        let Some(passphrase) = shared else {
            return Ok(keys::load(path, &source.read(&purpose)?)?);
        };
        let opened = match keys::load(path, &passphrase) {
            Err(KeyError::WrongPassphrase { .. }) => {
                let asked = Passphrase::Prompt { confirm: false }.read(&purpose);
                keys::load(path, &asked.map_err(|error| no_log_passphrase(name, error))?)
            }
            other => other,
        };
        Ok(opened?)
    }

    /// Says that the clock is behind the newest entry, where it is, before a passphrase is asked for.
    ///
    /// # Errors
    /// [`Failure`] when it is so by more than clocks differ, and that was not accepted.
    pub(in crate::cli) fn clock(
        &self,
        journal: &mut Journal,
        output: &mut Output<'_>,
    ) -> Result<(), Failure> {
        let Some(behind) = journal.behind(output.now) else { return Ok(()) };
        if behind.is_too_far() && !self.clock_behind {
            return Err(JournalError::ClockBehind(behind).into());
        }
        if self.clock_behind {
            journal.accept_clock_behind();
        }
        let stamped = format!("what is recorded now gets the time {}", behind.newest);
        output.warn(&format!("{behind}; {stamped}"))
    }

    /// Returns the author's key, before any passphrase is asked for.
    ///
    /// # Errors
    /// [`Failure`] when it cannot be chosen.
    pub(in crate::cli) fn author_id(&self, ledger: &Ledger) -> Result<KeyId, Failure> {
        let folder = self.folder()?;
        let author = self.author(ledger, &keys::list(&folder)?, &folder)?;
        Ok(author.public.keyid().parse()?)
    }

    fn author(
        &self,
        ledger: &Ledger,
        files: &[KeyFile],
        folder: &Path,
    ) -> Result<KeyFile, Failure> {
        if let Some(name) = &self.key {
            return named(files, name, folder);
        }
        let held = held_by_agent(files).unwrap_or_default();
        let admitted = |file: &&KeyFile| {
            let id = file.public.keyid().parse().ok();
            let known = id.and_then(|id| ledger.roster.get(&id));
            let here = file.private.is_some() || held.contains(&file.public);
            here && known.is_some_and(|known| known.revoked.is_none())
        };
        let mine: Vec<&KeyFile> = files.iter().filter(admitted).collect();
        match mine.as_slice() {
            [one] => Ok((*one).clone()),
            [] => Err(Failure::new(
                Code::NotAdmitted,
                exit::NOT_ALLOWED,
                format!("none of the keys in {} is admitted to this ledger", folder.display()),
            )
            .help(
                "see them with `dspt key list`; ask to be admitted with `dspt key request`, or name \
                 the key of whoever records with --key",
            )),
            several => {
                let names: Vec<&str> = several.iter().map(|file| file.name.as_str()).collect();
                Err(Failure::usage(format!("several keys could sign: {}", names.join(", ")))
                    .help("choose one with --key NAME"))
            }
        }
    }

    fn log(&self, ledger: &Ledger, files: &[KeyFile], folder: &Path) -> Result<KeyFile, Failure> {
        let keyid = ledger.log.newest().key().keyid();
        if let Some(name) = &self.log_key {
            let file = named(files, name, folder)?;
            let (found, expected) = (file.public.keyid(), keyid);
            if found != expected {
                return Err(JournalError::WrongLogKey { found, expected }.into());
            }
            return Ok(file);
        }
        let found = files.iter().find(|file| file.public.keyid() == keyid);
        found.cloned().ok_or_else(|| {
            let text =
                format!("the log key of this ledger, {keyid}, is not in {}", folder.display());
            Failure::new(Code::NotAdmitted, exit::NOT_ALLOWED, text).help(
                "write a request with --to FILE, for whoever keeps the log to take; or give the \
                     folder of the log key with --keys",
            )
        })
    }
}

/// Says how a script gives the passphrase of the log key, which is another than the author's.
fn no_log_passphrase(name: &str, error: KeyError) -> Failure {
    let nobody = matches!(error, KeyError::NoTerminal);
    let failure = Failure::from(error);
    if !nobody {
        return failure;
    }
    let message = format!(
        "the log key {name} has a passphrase of its own, and there is no terminal to ask for it on"
    );
    Failure { message, ..failure }
        .help("give --log-passphrase-file FILE, or set DSPT_LOG_PASSPHRASE_COMMAND")
}

/// Says that the log key has a passphrase of its own.
pub(in crate::cli) fn same_passphrase(name: &str, log_name: &str) -> Failure {
    let text = format!(
        "the key {name} and the log key {log_name} would have one passphrase, and whoever keeps the \
         log would have to know it: choose two"
    );
    Failure::new(Code::Key, exit::FAILED, text)
        .help("give the log key's with --log-passphrase-file FILE or DSPT_LOG_PASSPHRASE_COMMAND")
}

/// Finds a key file by name.
///
/// # Errors
/// [`Failure`] when there is none.
pub(in crate::cli) fn named(
    files: &[KeyFile],
    name: &str,
    folder: &Path,
) -> Result<KeyFile, Failure> {
    files.iter().find(|file| file.name == name).cloned().ok_or_else(|| {
        if keys::is_half(&folder.join(format!("{name}.pem"))) {
            let text = format!("the public half of the key `{name}` is missing: {name}.pub");
            return Failure::new(Code::Key, exit::FAILED, text)
                .help(format!("make it from the private one with: dspt key new {name}"));
        }
        let text = format!("there is no key `{name}` in {}", folder.display());
        Failure::new(Code::Key, exit::FAILED, text).help("list them with: dspt key list")
    })
}

/// Returns the keys that the user's ssh-agent holds; it is asked only where a public half is alone.
///
/// # Errors
/// [`AgentError`] where it cannot be asked.
pub(in crate::cli) fn held_by_agent(files: &[KeyFile]) -> Result<Vec<PublicKey>, AgentError> {
    if files.iter().all(|file| file.private.is_some()) {
        return Ok(Vec::new());
    }
    Agent::of_user()?.keys()
}

/// Returns a signer for a key whose private half is in the user's ssh-agent.
///
/// # Errors
/// [`Failure`] when it is not there either.
pub(in crate::cli) fn in_agent(file: &KeyFile, folder: &Path) -> Result<Box<dyn Sign>, Failure> {
    match Agent::of_user().and_then(|agent| agent.signer(&file.public)) {
        Ok(signer) => Ok(Box::new(signer)),
        Err(error) => {
            let folder = folder.display();
            let here = format!("only the public half of `{}` is in {folder}", file.name);
            let failure = Failure::from(KeyError::Agent(error));
            let message = format!("{here}, and {}", failure.message);
            Err(Failure { message, ..failure })
        }
    }
}

/// Returns the path of a key's private half.
///
/// # Errors
/// [`Failure`] when only the public half is here.
pub(in crate::cli) fn path_of(file: &KeyFile, folder: &Path) -> Result<PathBuf, Failure> {
    file.private.clone().ok_or_else(|| {
        let text = format!("only the public half of `{}` is in {}", file.name, folder.display());
        Failure::new(Code::Key, exit::FAILED, text)
    })
}

/// Opens the keys and records a batch.
///
/// # Errors
/// [`Failure`] when it is refused or cannot be written: nothing is recorded then.
pub(in crate::cli) fn record(
    mut journal: Journal,
    signing: &Signing,
    batch: &[NewEvent],
    output: &mut Output<'_>,
) -> Result<(Journal, Recorded), Failure> {
    let what = match batch.len() {
        1 => "1 event".to_owned(),
        many => format!("{many} events"),
    };
    signing.clock(&mut journal, output)?;
    // What will be refused is refused before anybody types a passphrase.
    journal.may_record(batch, &signing.author_id(&journal.ledger)?, output.now)?;
    let opened = signing.open(&journal.ledger, &what, output)?;
    record_with(journal, &opened.signers(), batch, output)
}

/// Records a batch with keys that are open, after whoever is writing now.
///
/// # Errors
/// [`Failure`] when it is refused or cannot be written: nothing is recorded then.
pub(in crate::cli) fn record_with(
    mut journal: Journal,
    signers: &Signers<'_>,
    batch: &[NewEvent],
    output: &mut Output<'_>,
) -> Result<(Journal, Recorded), Failure> {
    let now = output.now;
    let mut waits = || {
        // Whether it can be said changes nothing about the waiting.
        let _ = output.hint("Somebody else is writing to this ledger; waiting for them to finish.");
    };
    let recorded = journal.record_in_turn(batch, signers, now, &mut waits);
    let recorded = recorded.map_err(|error| Failure::from(error).nothing_recorded())?;
    Ok((journal, recorded))
}

/// Closes the ledger and says what was recorded, whatever fails on the way.
///
/// # Errors
/// [`Failure`] that begins with what is recorded.
pub(in crate::cli) fn finish(
    journal: Journal,
    recorded: &Recorded,
    answer: (&str, Value, &str),
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let closed = journal.close().map_err(|error| chain(&error));
    let said = output.answer(answer.0, answer.1, answer.2).and_then(|()| output.finish());
    let failed = closed.err().into_iter().chain(recorded.unfinished.clone());
    let failed: Vec<String> = failed.chain(said.err().map(|failure| failure.message)).collect();
    if failed.is_empty() {
        return Ok(exit::YES);
    }
    Err(Failure::after(recorded, &failed.join("; ")))
}

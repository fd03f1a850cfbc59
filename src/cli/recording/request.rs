//! `--to FILE`: what was to be recorded becomes a request in a file, signed by its author, for
//! whoever keeps the log to take. It needs no log key, and nothing is recorded.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::request_file::RequestFile;
use super::signing::Signing;
use crate::cli::as_of::day;
use crate::cli::error::{Failure, exit};
use crate::cli::output::{Output, safe};
use crate::domain::sanitize::counted;
use crate::domain::state::describe::describe;
use crate::journal::{Journal, JournalError, NewEvent};
use crate::ledger::Sign;
use crate::ledger::request::{RequestDraft, Seen};

/// How long a request may be taken where nothing else is said.
const DAYS: i32 = 30;

/// Flags of every command whose event can be recorded here, or requested of whoever keeps the log.
#[derive(Args, Clone, Debug, Default)]
pub(in crate::cli) struct Recording {
    #[command(flatten)]
    pub signing: Signing,
    /// Write a request to this file instead, for whoever keeps the log: dspt take FILE
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
    /// The last day on which the request may be taken; 30 days from now when left out
    #[arg(long, value_name = "DATE", requires = "to")]
    pub expires: Option<String>,
}

impl Recording {
    /// Recording here, in the ledger.
    pub(in crate::cli) fn here(signing: &Signing) -> Self {
        Self { signing: signing.clone(), to: None, expires: None }
    }

    /// How the ledger is opened: whoever writes a request only reads it.
    pub(in crate::cli) const fn mode(&self) -> crate::store::Mode {
        if self.to.is_some() { crate::store::Mode::Read } else { crate::store::Mode::Write }
    }
}

/// Writes a request for each event of a batch into one file.
///
/// # Errors
/// [`Failure`] for what this ledger would refuse already now, or a file that cannot be written.
pub(super) fn make(
    journal: &Journal,
    (recording, to): (&Recording, &Path),
    batch: &[NewEvent],
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    if let Some(new) = batch.iter().find(|new| !new.event.kind().may_be_requested()) {
        return Err(Failure::usage(format!("a {} cannot be requested", new.event.kind()))
            .help("record it where the log key is kept"));
    }
    let expires = expiry(recording, output)?;
    let signing = &recording.signing;
    let by = signing.author_id(&journal.ledger)?;
    journal.may_record(batch, &by, output.now)?;
    if to.symlink_metadata().is_ok() {
        let text = format!("{} is there already; give another name", to.display());
        return Err(Failure::usage(text));
    }
    let what = match batch.len() {
        1 => "1 request".to_owned(),
        many => format!("{many} requests"),
    };
    let (author, _) = signing.open_author(&journal.ledger, &what, output)?;
    let mut file = RequestFile::default();
    for new in batch {
        let text = sealed(journal, new, (&*author, &expires), output)?;
        file.requests.push(text);
        for one in new.files.iter().filter(|_| new.event.keeps_files()) {
            if let Some(bytes) = &one.stored {
                file.contents.entry(one.sha256).or_insert_with(|| bytes.to_vec());
            }
        }
    }
    file.write(to)?;
    let known = journal.ledger.roster.get(&by);
    let (holder, role) =
        known.map_or(("", String::new()), |known| (&*known.holder, known.role.to_string()));
    let mut text = format!(
        "Wrote {}: {} by {} ({role}), for {}\n",
        to.display(),
        counted(batch.len(), "request"),
        safe(holder),
        journal.ledger.origin
    );
    for new in batch.iter().take(20) {
        let about = describe(&new.event, &journal.ledger.facts);
        let _ = writeln!(text, "  {} {}", new.event.kind(), safe(&about));
    }
    let seen = journal.ledger.leaves.len();
    let _ = writeln!(text, "  made over {seen} entries; may be taken until {expires}");
    text.push_str("Nothing is recorded yet.\n");
    let value = json!({
        "file": to.display().to_string(),
        "ledger": journal.ledger.origin.as_str(),
        "by": by.as_str(),
        "size": seen,
        "expires": expires,
        "ids": batch.iter().map(|new| new.id.to_string()).collect::<Vec<_>>(),
    });
    output.answer("dspt.request/1", value, &text)?;
    output.hint(&format!(
        "Next: send it to whoever keeps the log, who runs: dspt take {}",
        to.display()
    ))?;
    Ok(exit::YES)
}

/// The last moment of the day that is asked for.
fn expiry(recording: &Recording, output: &Output<'_>) -> Result<String, Failure> {
    let today = output.now.london_day();
    let last = match &recording.expires {
        Some(text) => day(text, output)?,
        None => today.plus(DAYS),
    };
    if last < today {
        return Err(Failure::usage(format!(
            "--expires: {} is past, and nobody could take the request",
            last.long()
        )));
    }
    Ok(format!("{last}T23:59:59.999Z"))
}

fn sealed(
    journal: &Journal,
    new: &NewEvent,
    (author, expires): (&dyn Sign, &str),
    output: &Output<'_>,
) -> Result<String, Failure> {
    let ledger = &journal.ledger;
    let subject = |file: &crate::journal::File| crate::ledger::Subject {
        name: file.name.clone(),
        sha256: file.sha256,
    };
    let draft = RequestDraft {
        ledger: ledger.origin.clone(),
        ledger_id: ledger.id,
        seen: Seen { size: ledger.leaves.len() as u64, root: ledger.frontier.root() },
        made: output.now.to_string(),
        expires: expires.to_owned(),
        id: new.id.to_string(),
        kind: new.event.kind().as_str().to_owned(),
        body: new.event.body().map_err(|bad| Failure::usage(bad.to_string()))?,
        subjects: new.files.iter().map(subject).collect(),
    };
    let bytes = draft.seal(author).map_err(JournalError::from)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

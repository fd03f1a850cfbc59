//! `dspt take`: whoever keeps the log puts in what others signed. Each request is judged by the role
//! of whoever signed it; all of them are taken, or none.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args as ClapArgs;
use serde_json::{Value, json};

use super::request_file::{RequestFile, asks_for_a_key, refused};
use super::signing::{Signing, finish};
use crate::cli::as_of::open;
use crate::cli::code::Code;
use crate::cli::error::{Failure, exit};
use crate::cli::output::{Output, safe};
use crate::domain::authority::remark::remarks;
use crate::domain::engine::derive::RulesChoice;
use crate::domain::engine::status::Positions;
use crate::domain::explain::diff::count_changed;
use crate::domain::sanitize::counted;
use crate::domain::state::describe::describe;
use crate::journal::{Asked, BadAsked, File, Journal, JournalError, NewEvent, Recorded};
use crate::ledger::{Digest, VerifiedRequest};
use crate::store::Mode;

/// Arguments of `take`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct Args {
    /// Files of requests, as `--to FILE` of a recording command writes them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Say what would be taken, and write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    signing: Signing,
}

/// The requests of all files, in their order, each event with the request that it came in.
#[derive(Default)]
struct Requests {
    from: Vec<PathBuf>,
    events: Vec<NewEvent>,
    asked: Vec<Asked>,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] that names every request that cannot be taken; nothing is recorded then.
pub(in crate::cli) fn run(
    args: &Args,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let mode = if args.dry_run { Mode::Read } else { Mode::Write };
    let mut journal = open(ledger, mode, output)?;
    args.signing.clock(&mut journal, output)?;
    let requests = requests(args, &journal, output)?;
    let state = journal.state(u64::MAX)?;
    for new in &requests.events {
        for remark in remarks(&new.event, &state, &journal.ledger.roster) {
            output.warn(&remark)?;
        }
    }
    let text = requests.text(&journal);
    if args.dry_run {
        let value = json!({ "taken": false, "requests": requests.json(&journal, None) });
        let count = counted(requests.events.len(), "request");
        let text = format!("{text}{count} could be taken. Nothing was written (--dry-run).\n");
        output.answer("dspt.taken/1", value, &text)?;
        return Ok(exit::YES);
    }
    output.hint(text.trim_end())?;
    let before = Positions::new(&state, RulesChoice::Then);
    drop(state);
    let what = format!("what {} asked for", counted(requests.events.len(), "request"));
    let opened = args.signing.open(&journal.ledger, &what, output)?;
    let now = output.now;
    let mut waits = || {
        // Whether it can be said changes nothing about the waiting.
        let _ = output.hint("Somebody else is writing to this ledger; waiting for them to finish.");
    };
    let both = (requests.events.as_slice(), requests.asked.as_slice());
    let recorded = journal.take_in_turn(both, &opened.signers(), now, &mut waits);
    let recorded = recorded.map_err(|error| Failure::from(error).nothing_recorded())?;
    taken(journal, (&requests, &recorded), &before, output)
}

/// Reads the requests and judges them, before any passphrase is asked for.
fn requests(args: &Args, journal: &Journal, output: &Output<'_>) -> Result<Requests, Failure> {
    let mut bad = Vec::new();
    let requests = read(&args.files, journal, &mut bad)?;
    let signer = args.signing.author_id(&journal.ledger)?;
    let both = (requests.events.as_slice(), requests.asked.as_slice());
    let refused = match journal.may_take(both, &signer, output.now) {
        Ok(()) => Vec::new(),
        Err(JournalError::Refused(refusals)) => refusals,
        Err(other) => return Err(other.into()),
    };
    bad.extend(refused.into_iter().map(|(index, why)| {
        let path = requests.from.get(index).map(|path| path.display().to_string());
        format!("{}: {}: {why}", path.unwrap_or_default(), requests.said(index, journal))
    }));
    if bad.is_empty() { Ok(requests) } else { Err(nothing_taken(&bad)) }
}

/// Says what was taken.
fn taken(
    journal: Journal,
    (requests, recorded): (&Requests, &Recorded),
    before: &Positions,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let after = Positions::new(&journal.state(u64::MAX)?, RulesChoice::Then);
    let changed = count_changed(before, &after, output.now.london_day());
    let mut text = String::new();
    for (index, seq) in (0..requests.events.len()).zip(recorded.first..).take(20) {
        let _ = writeln!(text, "Entry #{seq}: {}", requests.said(index, &journal));
    }
    if recorded.last - recorded.first >= 20 {
        let _ = writeln!(text, "... to #{}", recorded.last);
    }
    let _ = writeln!(text, "Items that change status today: {changed}");
    let value = json!({
        "taken": true,
        "first": recorded.first,
        "last": recorded.last,
        "items_changed_today": changed,
        "requests": requests.json(&journal, Some(recorded.first)),
    });
    finish(journal, recorded, ("dspt.taken/1", value, &text), output)
}

fn nothing_taken(bad: &[String]) -> Failure {
    let list: Vec<String> = bad.iter().map(|one| format!("\n  {}", safe(one))).collect();
    let list = list.concat();
    let text =
        format!("{} cannot be taken; nothing was recorded:{list}", counted(bad.len(), "request"));
    Failure::new(Code::RequestRefused, exit::INPUT, text)
        .help("take the others without these, or ask their authors for new ones")
}

impl Requests {
    /// Who asks for what, in one line.
    fn said(&self, index: usize, journal: &Journal) -> String {
        let (Some(new), Some(asked)) = (self.events.get(index), self.asked.get(index)) else {
            return String::new();
        };
        let ledger = &journal.ledger;
        let known = asked.carried.by.parse().ok().and_then(|id| ledger.roster.get(&id));
        let (holder, role) =
            known.map_or(("", String::new()), |known| (&*known.holder, known.role.to_string()));
        let about = describe(&new.event, &ledger.facts);
        let seen = asked.carried.bound.as_ref().map_or(0, |bound| bound.seen.size);
        safe(&format!(
            "{} {about}, asked for by {holder} ({role}) on {} over {seen} entries",
            new.event.kind(),
            asked.made
        ))
    }

    fn text(&self, journal: &Journal) -> String {
        let line = |index| format!("{}\n", self.said(index, journal));
        (0..self.events.len()).map(line).collect()
    }

    fn json(&self, journal: &Journal, first: Option<u64>) -> Vec<Value> {
        let one = |(index, (new, asked)): (usize, (&NewEvent, &Asked))| {
            let known = asked.carried.by.parse().ok();
            let known = known.and_then(|id| journal.ledger.roster.get(&id));
            json!({
                "file": self.from.get(index).map(|path| path.display().to_string()),
                "entry": first.map(|first| first + index as u64),
                "id": new.id.to_string(),
                "type": new.event.kind().as_str(),
                "by": asked.carried.by,
                "holder": known.map(|known| known.holder.clone()),
                "role": known.map(|known| known.role.as_str()),
                "made": asked.made,
                "expires": asked.carried.bound.as_ref().map(|bound| bound.expires.clone()),
                "size": asked.carried.bound.as_ref().map(|bound| bound.seen.size),
            })
        };
        self.events.iter().zip(&self.asked).enumerate().map(one).collect()
    }
}

/// Reads all files. What is wrong with a request is added to `bad`, by its file.
fn read(paths: &[PathBuf], journal: &Journal, bad: &mut Vec<String>) -> Result<Requests, Failure> {
    let mut all = Requests::default();
    for path in paths {
        let file = RequestFile::read(path)?;
        if file.requests.is_empty() {
            return Err(refused(path, "there is no request in it"));
        }
        let mut named = BTreeSet::new();
        for text in &file.requests {
            match event_of(text, &file, journal, &mut named) {
                Ok((asked, new)) => {
                    all.from.push(path.clone());
                    all.events.push(new);
                    all.asked.push(asked);
                }
                Err(why) => bad.push(format!("{}: {why}", path.display())),
            }
        }
        if bad.is_empty() && file.contents.keys().any(|digest| !named.contains(digest)) {
            bad.push(format!("{}: it has content that no request in it names", path.display()));
        }
    }
    Ok(all)
}

/// The event of a request, with the content that the ledger is to keep.
fn event_of(
    text: &str,
    file: &RequestFile,
    journal: &Journal,
    named: &mut BTreeSet<Digest>,
) -> Result<(Asked, NewEvent), String> {
    let read = Asked::to_record(text, &journal.ledger.roster);
    let (asked, mut new, request): (Asked, NewEvent, VerifiedRequest) =
        read.map_err(|bad| match bad {
            BadAsked::Malformed(_) if asks_for_a_key(text) => {
                "it asks for a key to be admitted, which is done with: dspt key admit FILE"
                    .to_owned()
            }
            BadAsked::Malformed(_) | BadAsked::UnknownKey(_) => bad.to_string(),
        })?;
    for subject in request.subjects() {
        let keeps = new.event.keeps_files();
        let stored = file.contents.get(&subject.sha256).filter(|_| keeps);
        let stored = stored.map(|bytes| Arc::new(bytes.clone()));
        named.extend(stored.is_some().then_some(subject.sha256));
        new.files.push(File { name: subject.name.clone(), sha256: subject.sha256, stored });
    }
    Ok((asked, new))
}

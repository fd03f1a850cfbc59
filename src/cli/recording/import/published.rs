//! Publishers' own files: a mapping event for each set that was chosen, or what the file is and what
//! would help.

use std::fmt::Write as _;
use std::path::Path;

use super::batch::{Batch, Imported, remarks, say_imported_before};
use super::mapping_args::{FileForm, MappingArgs, not_stated, proposals_text};
use crate::cli::error::{Failure, exit};
use crate::cli::output::{Output, safe};
use crate::cli::recording::bad_rows::{bad_publication, bad_rows, left_out_lines};
use crate::cli::recording::ids::new_event;
use crate::domain::event::{Event, MappingImported};
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::counted;
use crate::domain::state::{Fact, State};
use crate::import::problem::problems_csv;
use crate::import::published::detect::{Form, form_of};
use crate::import::published::read;
use crate::import::published::rows::{AUTHORITY, Choices, ReadSet, read_set};
use crate::import::published::set::PublishedSet;
use crate::import::published::tables::read_table;
use crate::journal::{File, Journal};
use crate::ledger::Digest;

/// What a publisher's file is, and the sets in it.
pub(super) struct Publication {
    what: &'static str,
    sets: Vec<PublishedSet>,
}

/// Reads a publisher's file; none where it is a table of our own.
///
/// # Errors
/// [`Failure`] where it is something that holds no mapping, or cannot be read.
pub(super) fn publication(
    args: &MappingArgs,
    content: &[u8],
) -> Result<Option<Publication>, Failure> {
    let shown = args.file.display().to_string();
    let found = match args.format {
        Some(FileForm::Table) => return Ok(None),
        Some(FileForm::Published(form)) => Some(form),
        None => form_of(content),
    };
    match found {
        Some(form @ (Form::OscalMapping | Form::CisoMapping)) => {
            let sets = read(&shown, content, form).map_err(bad_rows)?;
            Ok(Some(Publication { what: form.what(), sets }))
        }
        None | Some(Form::Zip) => {
            let input = args.read_as.input(&shown, content);
            let Some(read) = read_table(&input, args.relationship_of) else { return Ok(None) };
            let (kind, sets) = read.map_err(bad_rows)?;
            Ok(Some(Publication { what: kind.what(), sets }))
        }
        Some(other) => Err(not_this(&args.file, other)),
    }
}

/// Says what a file is, in the place of what it should be.
pub(super) fn not_this(path: &Path, form: Form) -> Failure {
    let text = format!("{} is {}; nothing was written", path.display(), form.what());
    let mut failure = Failure::new(ProblemCode::Header, exit::INPUT, text).help(form.advice());
    failure.place = Some(path.display().to_string());
    failure
}

/// The chosen sets of a publisher's file, each as one proposal; or the exit status where all of them
/// were imported before.
///
/// # Errors
/// [`Failure`] naming what is wrong with it.
pub(super) fn published_batch(
    args: &MappingArgs,
    content: &[u8],
    publication: &Publication,
    journal: &Journal,
    state: &State,
    output: &mut Output<'_>,
) -> Result<Result<Batch, u8>, Failure> {
    let shown = args.file.display().to_string();
    let Publication { what, sets } = publication;
    let chosen = chosen(args, what, sets)?;
    let choices = Choices {
        source: args.source_framework.clone(),
        target: args.target_framework.clone(),
        level: args.level,
        leave_out: args.leave_out,
    };
    let mut events = Vec::new();
    let (mut summaries, mut before) = (Vec::new(), None);
    let source = Imported::new(&args.file, content.to_vec())?;
    for set in &chosen {
        let read = read_set(&shown, set, &choices, state).map_err(|problems| {
            let help = "take the file as far as it goes with --leave-out, or put it right";
            let rows = problems.0.iter().any(|one| !one.column_name.is_empty());
            let help = if rows && !args.leave_out { help } else { "" };
            bad_publication(&about(what, set, sets.len()), problems, help)
        })?;
        if let Some(fact) =
            recorded(journal, &read).filter(|_| !args.common.recording.signing.again)
        {
            if chosen.len() > 1 {
                let (set, seq) = (safe(&set.id), fact.seq);
                output.hint(&format!("Set {set} was imported before, by entry #{seq}."))?;
            }
            before = before.or(Some(fact));
            continue;
        }
        remarks(&read.notes, output)?;
        left_out_lines(&read.left_out).iter().try_for_each(|line| output.hint(line))?;
        summaries.push(summary(set, &read, chosen.len() > 1));
        events.push(new_event(
            event(args, set, &read, chosen.len() > 1),
            files(read, &source),
            output.now,
        )?);
    }
    if let Some(fact) = before.filter(|_| events.is_empty()) {
        return say_imported_before(journal, fact, output).map(Err);
    }
    let summary = summaries.join("\n");
    Ok(Ok(Batch { events, lines: Vec::new(), file: shown, summary, growth: None }))
}

fn about(what: &str, set: &PublishedSet, of: usize) -> String {
    let which = if of > 1 { format!(", set {}", safe(&set.id)) } else { String::new() };
    format!("{what}{which}")
}

fn summary(set: &PublishedSet, read: &ReadSet, several: bool) -> String {
    let rows = proposals_text(&read.rows);
    if several { format!("{}: {rows}", safe(&set.id)) } else { rows }
}

/// The entry that has these very rows.
fn recorded<'j>(journal: &'j Journal, read: &ReadSet) -> Option<&'j Fact> {
    let sha256 = Digest::of(read.stored.as_bytes()).hex();
    let mappings =
        journal.ledger.facts.iter().filter(|fact| matches!(fact.event, Event::MappingImported(_)));
    mappings.into_iter().find(|fact| {
        fact.subjects.iter().any(|one| one.name == "mapping.csv" && one.sha256 == sha256)
    })
}

fn event(args: &MappingArgs, set: &PublishedSet, read: &ReadSet, several: bool) -> Event {
    let given = |flag: &Option<String>, said: &str| match flag {
        Some(given) => given.clone(),
        None if said.trim().is_empty() => not_stated(),
        None => said.trim().to_owned(),
    };
    let title = given(&args.title, &set.title);
    // Sets of one file often have one name.
    let title = if several { format!("{title} ({})", set.id) } else { title };
    Event::MappingImported(MappingImported {
        title,
        author: given(&args.author, &set.author),
        authority: AUTHORITY.to_owned(),
        licence: given(&args.licence, &set.licence),
        rows: read.rows.len() as u64,
    })
}

fn files(read: ReadSet, source: &Imported) -> Vec<File> {
    let mut files = vec![File::stored("mapping.csv", read.stored.into_bytes())];
    files.extend(read.gaps.map(|gaps| File::stored("gaps.csv", gaps.into_bytes())));
    if !read.left_out.is_empty() {
        let list = problems_csv(&read.left_out);
        files.push(File::stored("left-out.csv", list.into_bytes()));
    }
    files.push(source.kept());
    files
}

/// Most sets that are listed where one must be chosen.
const SETS_SHOWN: usize = 7;

/// The sets that are to be imported: the only one, those that were named, or all.
fn chosen<'s>(
    args: &MappingArgs,
    what: &str,
    sets: &'s [PublishedSet],
) -> Result<Vec<&'s PublishedSet>, Failure> {
    if args.all_sets || (sets.len() == 1 && args.sets.is_empty()) {
        return Ok(sets.iter().collect());
    }
    let what = format!("{} is {what}", args.file.display());
    let mut list = String::new();
    for set in sets.iter().take(SETS_SHOWN) {
        let rows = counted(set.statements.len(), "row");
        let (source, target) = (safe(&set.source.text), safe(&set.target.text));
        let _ = write!(list, "\n  {}  {rows}, {source} to {target}", safe(&set.id));
    }
    if sets.len() > SETS_SHOWN {
        let _ = write!(list, "\n  ... {} more", sets.len() - SETS_SHOWN);
    }
    if args.sets.is_empty() {
        let text = format!("{what} with {}; say which{list}", counted(sets.len(), "set"));
        return Err(
            Failure::usage(text).help("name one with --set ID, or take all with --all-sets")
        );
    }
    let mut chosen = Vec::new();
    for id in &args.sets {
        let found = sets.iter().find(|set| set.id.eq_ignore_ascii_case(id)).ok_or_else(|| {
            Failure::usage(format!("{what} without a set `{}`; it has{list}", safe(id)))
        })?;
        chosen.push(found);
    }
    Ok(chosen)
}

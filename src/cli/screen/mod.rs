//! `dspt tui`: opens a ledger for the screen, and does for it what needs files.
//!
//! The ledger is opened for reading only; the screen has no way to write to it.

mod args;
pub(in crate::cli) mod check;
pub(in crate::cli) mod keymap;
pub(in crate::cli) mod watch;

use std::any::Any;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use etcetera::BaseStrategy as _;

use super::as_of::Question;
use super::code::Code;
use super::demo;
use super::error::{Failure, exit};
use super::kind::hinted;
use super::ledger_path::ledger_path;
use super::output::Output;
use crate::domain::authority::roster::Roster;
use crate::domain::belief::Answer;
use crate::domain::belief::Belief;
use crate::domain::date::Date;
use crate::domain::state::Contents;
use crate::domain::state::index::fact_index::Chronicle;
use crate::durable::{self, Access};
use crate::journal::JournalError;
use crate::ledger::Digest;
use crate::store::{Mode, Store, StoreError};
use crate::tui::host::{Host, Left, Prepare};
use crate::tui::input::keymap::{Command, Keymap};
use crate::tui::model::commands::begin;
use crate::tui::model::loading::{Loading, Step};
use crate::tui::model::session::{Entries, InMemory, Kind, Source};
use crate::tui::model::update::{Message, update};
use crate::tui::model::verification::{Progress, Report};
use crate::tui::model::{Model, Screen};
use crate::tui::terminal::repl::{drain, run_linear};
use crate::tui::terminal::run as run_screen;
use crate::tui::view::theme::Theme;
use crate::verify::audit::Audit;
use crate::verify::belief::of_audit;
use crate::verify::bundle::is_bundle;
use crate::verify::lazy_entries::Reread;
pub(super) use args::Args;
use args::{is, quoted};
use check::{Check, Chosen};
use watch::{Growth, watch};

/// Runs the command.
///
/// # Errors
/// [`Failure`] when there is no ledger, no terminal, or nothing in the ledger can be believed.
pub(super) fn run(
    args: &Args,
    given: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    if args.keys {
        keymap::print(output)?;
        return Ok(exit::YES);
    }
    let keys = keymap::keymap()?;
    let path = ledger_path(given)?;
    let linear = args.linear || is("DSPT_LINEAR", "1") || is("TERM", "dumb");
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if !linear && !terminal {
        return Err(Failure::usage("the screen needs a terminal, and this is none")
            .help("use `dspt status`, or `dspt tui --linear`"));
    }
    let flag = given.map_or_else(String::new, |path| format!("--ledger {}", quoted(path)));
    let today = output.now.london_day();
    let check = Check::new(
        Chosen {
            policy: args.policy.as_deref(),
            max_age: args.max_age,
            kept: &args.kept,
            tsa_ca: args.tsa_ca.clone(),
        },
        &path,
        output.now,
        output.memory.clone(),
    )?;
    let keymap = keys.clone();
    let trust = args.trust_flags();
    let host = Files { growth: Growth::default(), path, flag, today, check, trust, keys };
    let theme = args.theme();
    let ended = |error: std::io::Error| {
        Failure::new(Code::Io, exit::FAILED, format!("the screen ended: {error}"))
    };
    if linear {
        let mut model = host.model(theme, &args.question, &mut |_| {})?;
        let mut input = std::io::stdin().lock();
        run_linear(&mut model, &host, &mut input, output.out).map_err(ended)?;
        if terminal {
            drain();
        }
        return Ok(code(&model));
    }
    let host = Arc::new(host);
    let (reader, question) = (Arc::clone(&host), args.question.clone());
    let prepare: Prepare<Failure> =
        Box::new(move |progress| reader.model(theme, &question, progress));
    let host: Arc<dyn Host> = host;
    let loading = Loading { theme, keys: keymap, ..Loading::default() };
    Ok(match run_screen(prepare, loading, &host).map_err(ended)?? {
        Left::Screen(model) => code(&model),
        Left::Early => exit::YES,
        Left::Stopped => exit::STOPPED,
    })
}

/// The exit status says what the last check found, as that of `dspt verify`.
fn code(model: &Model) -> u8 {
    match model.trust.word() {
        Some(Answer::Yes) => exit::YES,
        Some(Answer::No) => exit::NO,
        Some(Answer::NotDecided) | None => exit::UNDECIDED,
    }
}

/// Puts the question of the flags into the sentence.
fn asked(model: &mut Model, question: &Question) -> Result<(), Failure> {
    let part = |one: &Option<String>| one.clone().unwrap_or_default();
    let all = [part(&question.at), part(&question.as_known), part(&question.rules)];
    if all.iter().any(|one| !one.is_empty()) {
        update(model, Message::Say(Command::Edit, all.join(",")));
        if !model.notice.is_empty() {
            return Err(Failure::usage(std::mem::take(&mut model.notice)));
        }
    } else {
        update(model, Message::Size(model.size.0, model.size.1));
    }
    Ok(())
}

/// No file of what was shown is longer.
const SHOWN_BYTES_MAX: u64 = 65_536;
/// More rows than a window has.
const SHOWN_ROWS_MAX: usize = 200;

/// The ledger's file and what stands beside it.
struct Files {
    /// How many entries there were when it was looked at last.
    growth: Growth,
    path: PathBuf,
    flag: String,
    today: Date,
    /// Whom the user trusts.
    check: Check,
    /// The same, as flags.
    trust: String,
    /// The keys in force.
    keys: Keymap,
}

/// A ledger that was read.
struct Read {
    source: Source,
    /// What is to be said about what this user verified before.
    notes: Vec<String>,
}

impl Files {
    /// Reads the ledger and makes a screen of it.
    fn model(
        &self,
        theme: Theme,
        question: &Question,
        progress: &mut dyn FnMut(Step),
    ) -> Result<Model, Failure> {
        let Read { mut source, notes } = self.read(progress)?;
        source.bookmarks = Self::bookmarks(&source);
        let positions = Progress { phase: "2 of 2: positions", done: 0, of: 0, rate: None };
        progress(Step::Progress(positions));
        let mut model = self.shown_as(source, theme)?;
        model.trust.flags.clone_from(&self.trust);
        if self.check.is_due() {
            begin(&mut model);
        }
        model.keys = self.keys.clone();
        model.motion = !is("NO_MOTION", "1");
        asked(&mut model, question)?;
        if let Some(note) = notes.first() {
            model.notice.clone_from(note);
        }
        self.keep_shown(&model);
        Ok(model)
    }

    /// A screen of a ledger; where no position can be made of it, one that shows only whether it can
    /// be trusted.
    fn shown_as(&self, source: Source, theme: Theme) -> Result<Model, Failure> {
        let bare = hollow(&source);
        let error = match Model::new(source, theme) {
            Ok(model) if model.library.all() > 0 => return Ok(model),
            Ok(_) => "no entry of it can be believed".to_owned(),
            Err(error) => error.to_string(),
        };
        let mut model = Model::new(bare, theme).map_err(Failure::from)?;
        let why = if self.path.is_file() || !model.trust.opened.is_clean() {
            error
        } else {
            format!(
                "{error}; a folder of tiles has entries alone, and no edition to show a position by: \
                 ask for a bundle"
            )
        };
        model.screen = Screen::Signatures;
        model.trust.unshown = Some(why);
        Ok(model)
    }

    /// The file with what was shown first of this ledger when it was last read.
    fn shown_file(&self) -> Option<PathBuf> {
        let folder = match std::env::var_os("DSPT_STATE").filter(|one| !one.is_empty()) {
            Some(folder) => PathBuf::from(folder),
            None => etcetera::choose_base_strategy().ok()?.cache_dir().join("dspt"),
        };
        let path = std::path::absolute(&self.path).ok()?;
        let name = Digest::of(path.as_os_str().as_encoded_bytes()).hex();
        Some(folder.join("screen").join(format!("{}.txt", name.get(..32)?)))
    }

    /// What such a file begins with: it is of use for the same head, day and program alone.
    fn shown_start(&self, head: &[u8]) -> String {
        let (version, head) = (env!("CARGO_PKG_VERSION"), Digest::of(head).hex());
        format!("dspt-screen/1 {version} {} {head}\n", self.today)
    }

    /// What was shown first when this very head was last read; it is unchecked.
    fn shown(&self, store: &Store) -> Option<Vec<String>> {
        let bytes = durable::read_at_most(&self.shown_file()?, SHOWN_BYTES_MAX).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let head = store.head().ok().flatten()?;
        let lines = text.strip_prefix(&self.shown_start(&head))?.lines();
        Some(lines.map(crate::domain::sanitize::safe).collect())
    }

    /// Keeps what is shown first. Where that fails, the next start shows it a little later.
    fn keep_shown(&self, model: &Model) {
        let good = model.trust.opened.is_clean() && self.path.is_file();
        let Some(file) = self.shown_file().filter(|_| good) else { return };
        let mut text = self.shown_start(model.library.source.head.as_bytes());
        let position = &model.position;
        let _ = writeln!(text, "{}\n{}\n", position.sentence(), position.counts_text());
        for row in model.position.rows.iter().take(SHOWN_ROWS_MAX) {
            let (mark, word) = (row.status.mark(), row.status.word());
            let item = row.item.item.as_str();
            let _ = writeln!(text, "{item:<8} {mark} {word:<22} {}", row.title);
        }
        let _ = durable::replace(&file, text.as_bytes(), Access::Owner);
    }

    /// Audits the ledger and keeps what could be believed; what is to be said comes last.
    fn read(&self, progress: &mut dyn FnMut(Step)) -> Result<Read, Failure> {
        if self.path.is_dir() {
            let phase = "1 of 2: everything in the folder";
            progress(Step::Progress(Progress { phase, done: 0, of: 0, rate: None }));
            let (audit, belief) = self.check.open_folder(&self.path)?;
            let Some(audit) = audit else { return Ok(self.nothing(belief, Vec::new())) };
            return self.believed(audit, belief, |facts, leaves| {
                let leaves = leaves.iter().map(Digest::hex).collect();
                (Arc::new(Chronicle::of(&facts)), Arc::new(InMemory { facts, leaves }))
            });
        }
        let store = Store::open(&self.path, Mode::Read)
            .map_err(|error| hinted(error.into(), &self.path))?;
        if let Some(lines) = self.shown(&store) {
            progress(Step::Before(lines));
        }
        let (mut audit, signed) = self.check.open(&store, |now| progress(Step::Progress(now)))?;
        // An audit that stopped has not come to the contents.
        let stopped = audit.finding.is_some() || audit.undecided.is_some();
        if let Some(ledger) = audit.ledger.as_mut().filter(|_| stopped) {
            ledger.contents = contents(&store, &ledger.facts)?;
        }
        let belief = of_audit(&audit, signed);
        self.believed(audit, belief, |chronicle, leaves| {
            let chronicle = Arc::new(chronicle);
            let entries = Reread::new(store, Arc::clone(&chronicle), &leaves);
            (chronicle, Arc::new(entries))
        })
    }

    /// What could be believed of an audited ledger, and how far; `kept` says where its words are.
    fn believed<F>(
        &self,
        mut audit: Audit<F>,
        belief: Belief,
        kept: impl FnOnce(F, Vec<Digest>) -> (Arc<Chronicle>, Arc<dyn Entries>),
    ) -> Result<Read, Failure> {
        let Some(ledger) = audit.ledger.take() else {
            if audit.finding.is_none() && audit.undecided.is_none() {
                return Err(JournalError::Empty.into());
            }
            return Ok(self.nothing(belief, audit.notes));
        };
        let mut leaves = ledger.leaves;
        // Of entries that are newer than this program there is nothing to show.
        leaves.truncate(usize::try_from(audit.counts.entries).unwrap_or(usize::MAX));
        let (chronicle, entries) = kept(ledger.facts, leaves);
        let source = Source {
            sample: ledger.origin.as_str() == demo::ORIGIN,
            kind: self.kind(),
            chronicle,
            entries,
            contents: ledger.contents,
            roster: ledger.roster,
            head: String::from_utf8_lossy(&ledger.head).into_owned(),
            flag: self.flag.clone(),
            today: self.today,
            bookmarks: BTreeSet::new(),
            belief,
        };
        Ok(Read { source, notes: audit.notes })
    }

    fn kind(&self) -> Kind {
        match (self.path.is_dir(), is_bundle(&self.path)) {
            (false, _) => Kind::File,
            (true, true) => Kind::Bundle,
            (true, false) => Kind::Tiles,
        }
    }

    /// A ledger of which nothing can be believed.
    fn nothing(&self, belief: Belief, notes: Vec<String>) -> Read {
        let source = Source {
            chronicle: Arc::default(),
            entries: Arc::new(InMemory::default()),
            contents: Contents::default(),
            roster: Roster::default(),
            head: String::new(),
            flag: self.flag.clone(),
            today: self.today,
            bookmarks: BTreeSet::new(),
            belief,
            sample: false,
            kind: self.kind(),
        };
        Read { source, notes }
    }

    /// Where the bookmarks of this ledger are kept, by the identity of its first entry.
    fn bookmark_file(first: &str) -> Option<PathBuf> {
        let name = format!("{}.txt", first.get(..16)?);
        Some(keymap::folder()?.join("bookmarks").join(name))
    }

    fn bookmarks(source: &Source) -> BTreeSet<Date> {
        let file = source.entries.leaf(0).and_then(|first| Self::bookmark_file(&first));
        let bytes = file.and_then(|file| durable::read_at_most(&file, SHOWN_BYTES_MAX).ok());
        let text = String::from_utf8(bytes.unwrap_or_default()).unwrap_or_default();
        text.lines().filter_map(|line| Date::parse(line.trim()).ok()).collect()
    }
}

/// The same ledger without what it says.
fn hollow(source: &Source) -> Source {
    let (chronicle, entries) = (Arc::default(), Arc::new(InMemory::default()));
    Source { chronicle, entries, contents: Contents::default(), ..source.clone() }
}

impl Entries for Reread {
    fn leaf(&self, seq: u64) -> Option<String> {
        self.leaf_of(seq).map(|leaf| leaf.hex())
    }
}

/// The contents that believed entries name, where the bytes are the ones named.
fn contents(store: &Store, chronicle: &Chronicle) -> Result<Contents, StoreError> {
    let subjects = chronicle.whole().flat_map(|fact| &fact.subjects);
    let named: BTreeSet<&str> = subjects.map(|one| one.sha256.as_str()).collect();
    let mut kept = Contents::new();
    let wanted = |digest: &Digest| named.contains(digest.hex().as_str());
    store.contents(wanted, |content| -> Result<(), StoreError> {
        if let (true, Some(bytes)) = (content.actual == content.digest, content.bytes) {
            kept.insert(content.digest.hex(), Arc::new(bytes));
        }
        Ok(())
    })?;
    Ok(kept)
}

impl Host for Files {
    fn verify(&self, progress: &mut dyn FnMut(Progress)) -> Result<Report, String> {
        self.check.run(&self.path, progress)
    }

    fn reload(&self, had: u64) -> Result<Option<Source>, String> {
        if self.path.is_dir() {
            return Ok(None);
        }
        let store = Store::open(&self.path, Mode::Read).map_err(|error| error.to_string())?;
        if store.size().map_err(|error| error.to_string())? == had {
            return Ok(None);
        }
        self.read(&mut |_| {}).map(|read| Some(read.source)).map_err(|failure| failure.message)
    }

    fn grown(&self, had: u64) -> u64 {
        // A folder that was given out stays as it is.
        if self.path.is_dir() {
            return 0;
        }
        self.growth.since(&self.path, had)
    }

    fn watch(&self, told: Box<dyn Fn() + Send>) -> Option<Box<dyn Any + Send>> {
        if self.path.is_dir() { None } else { watch(&self.path, told) }
    }

    fn export(&self, name: &str, bytes: &[u8]) -> Result<String, String> {
        durable::write_new(Path::new(name), bytes, Access::Umask).map_err(|error| {
            if error.kind() == std::io::ErrorKind::AlreadyExists {
                return format!("{name} is there already; nothing is written over it");
            }
            format!("{name} cannot be written: {error}")
        })?;
        Ok(format!("Wrote {name}."))
    }

    fn keep(&self, ledger: &str, days: &BTreeSet<Date>) -> Result<String, String> {
        let file = Self::bookmark_file(ledger).ok_or("there is no folder to keep bookmarks in")?;
        let lines: Vec<String> = days.iter().map(Date::to_string).collect();
        let text = format!("{}\n", lines.join("\n"));
        durable::replace(&file, text.as_bytes(), Access::Owner)
            .map_err(|error| format!("the bookmarks cannot be kept: {error}"))?;
        Ok(format!("Bookmarks: {}.", days.len()))
    }
}

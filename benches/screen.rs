//! How fast the screen is over a large ledger: a first look at it, the first frame, a seek to any
//! date, a key to its frame, another amount of knowledge, the check of every signature, memory. Each
//! beside its *floor*, measured in the same run: SHA-256 over the same bytes on one thread.
//!
//! `cargo bench --bench screen -- --entries 100000`, or without a number for 10,000. Add a folder
//! that `dspt demo --entries N --keep DIR` made to leave out the making.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a measurement ends at the first surprise, and its output is a table"
)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant as Clock};

use dspt_ledger::cli;
use dspt_ledger::domain::date::{Date, Timestamp};
use dspt_ledger::domain::engine::derive::RulesChoice;
use dspt_ledger::domain::engine::status::Positions;
use dspt_ledger::domain::state::index::fact_index::{Chronicle, Kinds};
use dspt_ledger::domain::state::replay_from;
use dspt_ledger::ledger::Digest;
use dspt_ledger::store::{Mode, Store, StoreError};
use dspt_ledger::tui::input::keymap::Key;
use dspt_ledger::tui::model::Model;
use dspt_ledger::tui::model::session::{Kind, Library, Source};
use dspt_ledger::tui::model::update::{Message, update};
use dspt_ledger::tui::view::theme::Theme;
use dspt_ledger::tui::view::view;
use dspt_ledger::verify::audit::Ledger;
use dspt_ledger::verify::incremental::{Effort, audit_since, first_look};
use dspt_ledger::verify::known_heads::Memory;
use dspt_ledger::verify::lazy_entries::Reread;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const TODAY: &str = "2026-11-21";
const SEEKS: usize = 2_000;
const KEYS: usize = 1_000;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let after = |name: &str| args.iter().skip_while(|one| *one != name).nth(1);
    let entries: usize = after("--entries").map_or(10_000, |one| one.parse().unwrap());
    let made = tempfile::tempdir().unwrap();
    let folder = after("--folder").map_or_else(|| make(made.path(), entries), PathBuf::from);
    let path = folder.join("ledger.dspt");
    println!("| entries | what | took | floor | ratio |");
    println!("|--:|---|--:|--:|--:|");
    let floor = floor(&path);
    let row = |what: &str, took: Duration| {
        let ratio = took.as_secs_f64() / floor.as_secs_f64();
        println!("| {entries} | {what} | {} | {} | {ratio:.3} |", shown(took), shown(floor));
    };
    let store = Store::open(&path, Mode::Read).unwrap();
    let (took, looked) = timed(|| first_look::<Chronicle>(&store, |_| {}).unwrap().unwrap());
    row("first look, nothing verified before", took);
    let source = source(looked.ledger.unwrap(), &path);
    let (took, mut model) = timed(|| Model::new(source, Theme::default()).unwrap());
    row("first position and markers", took);
    update(&mut model, Message::Size(140, 40));
    let mut terminal = Terminal::new(TestBackend::new(140, 40)).unwrap();
    let (took, ()) = timed(|| draw(&mut terminal, &model));
    row("first frame, 140x40", took);
    seeks(&mut model, &row);
    keys(&mut model, &mut terminal, &row);
    known(&mut model, &row);
    println!("| {entries} | memory then, and its peak | {} and {} MiB | | |", resident(), peak());
    let kept = tempfile::tempdir().unwrap();
    let memory = Memory::at(kept.path());
    let all = Effort::Everything;
    let (took, _) = timed(|| audit_since::<Kinds>(&store, &memory, all, |_| {}).unwrap());
    row("every signature, beside the screen", took);
    println!("| {entries} | peak memory | {} MiB | | |", peak());
    drop((model, terminal));
    let quick = Effort::SinceKept;
    let (took, opened) =
        timed(|| audit_since::<Chronicle>(&store, &memory, quick, |_| {}).unwrap());
    row("open, all verified before", took);
    let ledger = opened.ledger.unwrap();
    let chronicle = Arc::new(ledger.facts);
    let (took, state) = best(|| replay_from(&chronicle, &ledger.contents, u64::MAX).unwrap());
    row("replay", took);
    let (took, ()) = best(|| drop(Positions::new(&state, RulesChoice::Then).change_days()));
    row("positions on every day", took);
}

fn make(folder: &Path, entries: usize) -> PathBuf {
    let folder = folder.join("demo");
    let now = Timestamp::parse(&format!("{TODAY}T10:00:00.000Z")).unwrap();
    let keep = folder.display().to_string();
    let args = ["dspt", "-q", "demo", "--keep", &keep, "--entries", &entries.to_string()];
    let (mut out, mut err) = (Vec::new(), Vec::new());
    assert_eq!(cli::run(args.map(Into::into), now, &mut out, &mut err), 0);
    folder
}

fn source(ledger: Ledger<Chronicle>, path: &Path) -> Source {
    let chronicle = Arc::new(ledger.facts);
    let store = Store::open(path, Mode::Read).unwrap();
    Source {
        kind: Kind::File,
        entries: Arc::new(Reread::new(store, Arc::clone(&chronicle), &ledger.leaves)),
        chronicle,
        contents: ledger.contents,
        roster: ledger.roster,
        head: String::from_utf8(ledger.head).unwrap(),
        flag: String::new(),
        today: Date::parse(TODAY).unwrap(),
        bookmarks: [].into(),
        belief: dspt_ledger::domain::belief::Belief {
            grade: dspt_ledger::domain::belief::Grade::Consistent,
            all: true,
            ..Default::default()
        },
        sample: false,
    }
}

fn draw(terminal: &mut Terminal<TestBackend>, model: &Model) {
    terminal.draw(|frame| view(model, frame)).unwrap();
}

/// The position of the whole organisation on a day anywhere in the ledger, all of it known.
fn seeks(model: &mut Model, row: &impl Fn(&str, Duration)) {
    let library: &mut Library = &mut model.library;
    let (first, last) = library.span(library.today());
    let days = last.number() - first.number();
    let all = library.all();
    let mut times: Vec<Duration> = Vec::with_capacity(SEEKS);
    for number in 0..SEEKS {
        let day = first.plus(i32::try_from(number * 7_919).unwrap() % days);
        let (took, _) = timed(|| {
            let book = library.book(all, RulesChoice::Then).unwrap();
            let statuses = book.positions.items().map(|item| book.positions.status(item, day));
            statuses.filter(|status| status.in_place()).count()
        });
        times.push(took);
    }
    percentiles("seek to a date, all known", times, row);
}

/// Keys as people press them: through time, down the list, to other screens and back; with all that
/// is known now, and with what was known on each day, which needs the position of other entries.
fn keys(model: &mut Model, terminal: &mut Terminal<TestBackend>, row: &impl Fn(&str, Duration)) {
    let script =
        [",", ",", ".", "<", ">", "j", "j", "k", "2", "1", "3", "4", "j", "1", "6", "1", "5", "1"];
    for known in ["now", "then"] {
        let mut times: Vec<Duration> = Vec::with_capacity(KEYS);
        let mut slowest: BTreeMap<&str, Duration> = BTreeMap::new();
        for key in script.iter().cycle().take(KEYS) {
            let pressed = Key::Char(key.chars().next().unwrap());
            let (took, ()) = timed(|| {
                update(model, Message::Key(pressed));
                draw(terminal, model);
            });
            let most = slowest.entry(key).or_default();
            *most = (*most).max(took);
            times.push(took);
        }
        percentiles(&format!("key to frame, 140x40, known {known}"), times, row);
        for (key, took) in slowest {
            println!("| | slowest `{key}`, known {known} | {} | | |", shown(took));
        }
        update(model, Message::Key(Key::Char('n')));
    }
}

fn percentiles(what: &str, mut times: Vec<Duration>, row: &impl Fn(&str, Duration)) {
    times.sort_unstable();
    for percent in [50, 99] {
        row(&format!("{what}, p{percent}"), times[(times.len() - 1) * percent / 100]);
    }
}

/// The position of the whole organisation with other amounts of knowledge, none asked for before.
fn known(model: &mut Model, row: &impl Fn(&str, Duration)) {
    let all = model.library.all();
    let times = (1..=100).map(|number| {
        let (size, on) = (all * number / 101, model.library.today());
        let (took, _) = timed(|| {
            let book = model.library.book(size, RulesChoice::Then).unwrap();
            black_box(
                book.positions
                    .items()
                    .filter(|item| book.positions.status(item, on).in_place())
                    .count(),
            )
        });
        took
    });
    percentiles("other amount of knowledge", times.collect(), row);
}

/// SHA-256 over the bytes of every entry, one thread, as read from the file.
fn floor(path: &Path) -> Duration {
    let store = Store::open(path, Mode::Read).unwrap();
    let mut all = Duration::ZERO;
    store
        .entries(0..u64::MAX, |entry| -> Result<(), StoreError> {
            all += timed(|| Digest::of(&entry.bytes)).0;
            Ok(())
        })
        .unwrap();
    all
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Clock::now();
    let made = black_box(work());
    (start.elapsed(), made)
}

/// The best of three: what is left when others have the machine for a while.
fn best<T>(mut work: impl FnMut() -> T) -> (Duration, T) {
    let (mut least, mut made) = timed(&mut work);
    for _ in 0..2 {
        drop(made);
        let (took, again) = timed(&mut work);
        (least, made) = (least.min(took), again);
    }
    (least, made)
}

fn shown(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    match micros {
        ..1_000.0 => format!("{micros:.1} µs"),
        ..1_000_000.0 => format!("{:.1} ms", micros / 1e3),
        _ => format!("{:.2} s", micros / 1e6),
    }
}

/// A line of `/proc/self/status` in MiB; 0 where there is no such file.
fn status(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1_024
}

fn resident() -> u64 {
    status("VmRSS:")
}

fn peak() -> u64 {
    status("VmHWM:")
}

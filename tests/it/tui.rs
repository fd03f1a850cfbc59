//! The screen: facts and keys in, what a person sees out. All on the sample ledger, on one day.

use std::path::Path;
use std::sync::OnceLock;

use dspt_ledger::cli;
use dspt_ledger::domain::day::{Day, Instant};
use dspt_ledger::journal::Journal;
use dspt_ledger::store::Mode;
use dspt_ledger::tui::book::Source;
use dspt_ledger::tui::keymap::{BINDINGS, Command, Key, named};
use dspt_ledger::tui::model::{Effect, Message, Model, Screen, update};
use dspt_ledger::tui::theme::{ASCII, BOX, Palette, Theme};
use dspt_ledger::tui::trust::{Answer, Report};
use dspt_ledger::tui::view::view;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

/// The day on which every test looks at the ledger.
const TODAY: &str = "2026-11-21";

/// Makes the sample ledger in a folder.
pub(crate) fn make_demo(folder: &Path) {
    let now = Instant::parse(&format!("{TODAY}T10:00:00.000Z")).unwrap();
    let args = ["dspt", "demo", "--keep", folder.to_str().unwrap()].map(Into::into);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    assert_eq!(cli::run(args, now, &mut out, &mut err), 0);
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

/// The sample ledger, made once.
pub(crate) fn source() -> Source {
    static SOURCE: OnceLock<Source> = OnceLock::new();
    SOURCE
        .get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            make_demo(folder.path());
            let journal = Journal::open(&folder.path().join("ledger.dspt"), Mode::Read).unwrap();
            let ledger = journal.ledger;
            Source {
                facts: ledger.facts,
                contents: ledger.contents,
                roster: ledger.roster,
                leaves: ledger.leaves.iter().map(dspt_ledger::ledger::Digest::hex).collect(),
                head: String::from_utf8(ledger.head).unwrap(),
                flag: "--ledger dspt-demo".to_owned(),
                today: day(TODAY),
                bookmarks: [day("2026-03-31")].into(),
                fault: None,
                sample: false,
            }
        })
        .clone()
}

fn report() -> Report {
    Report {
        answer: Answer::Yes,
        size: 106,
        entries: 106,
        signatures: 109,
        checkpoints: 106,
        contents: 6,
        fault: None,
        undecided: None,
        beside: None,
    }
}

fn model_of(source: Source, theme: Theme) -> Model {
    let mut model = Model::new(source, theme).unwrap();
    model.trust.report = Some(report());
    model
}

/// The screen as a person sees it on 30 June 2026 with what was known then, on item 9.2.1.
fn model() -> Model {
    let mut model = model_of(source(), Theme::default());
    say(&mut model, "edit 2026-06-30, then");
    say(&mut model, "find 9.2.1");
    model
}

/// Runs a command by name, with what it takes.
fn say(model: &mut Model, line: &str) -> Option<Effect> {
    let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
    update(model, Message::Say(named(name).unwrap(), rest.to_owned()))
}

fn press(model: &mut Model, keys: &str) -> Option<Effect> {
    let mut effect = None;
    for key in keys.chars() {
        let key = match key {
            '\n' => Key::Enter,
            '\u{1b}' => Key::Esc,
            '\t' => Key::Tab,
            key => Key::Char(key),
        };
        effect = update(model, Message::Key(key));
    }
    effect
}

/// Draws the model at a size, as lines without styles.
fn drawn(model: &mut Model, columns: u16, rows: u16) -> String {
    update(model, Message::Size(columns, rows));
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| view(model, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let mut text = String::new();
    for y in 0..rows {
        let mut line = String::new();
        let mut skip = 0;
        for x in 0..columns {
            let symbol = buffer[(x, y)].symbol();
            if skip > 0 {
                skip -= 1;
                continue;
            }
            line.push_str(symbol);
            skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[test]
fn look() {
    let mut model = model();
    let sizes = std::env::var("LOOK").unwrap_or_default();
    for size in sizes.split(' ').filter(|one| !one.is_empty()) {
        let (c, r) = size.split_once('x').unwrap();
        for screen in 1..=6 {
            press(&mut model, &screen.to_string());
            eprintln!("{}", drawn(&mut model, c.parse().unwrap(), r.parse().unwrap()));
        }
    }
}

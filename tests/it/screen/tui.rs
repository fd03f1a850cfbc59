//! The screen: facts and keys in, what a person sees out. All on the sample ledger, on one day.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use dspt_ledger::cli;
use dspt_ledger::domain::belief::{Answer, Belief, Grade};
use dspt_ledger::domain::date::{Date, Timestamp};
use dspt_ledger::domain::engine::status::Status;
use dspt_ledger::domain::event::{Event, StatementPublished};
use dspt_ledger::domain::sanitize::is_hidden;
use dspt_ledger::domain::state::Fact;
use dspt_ledger::domain::state::anchor::{Anchor, Intervals, Outsider};
use dspt_ledger::domain::state::index::fact_index::Chronicle;
use dspt_ledger::journal::Journal;
use dspt_ledger::store::Mode;
use dspt_ledger::tui::input::keyfile;
use dspt_ledger::tui::input::keymap::{BINDINGS, Key, Keymap, named};
use dspt_ledger::tui::model::session::{InMemory, Kind, Known, Library, Source};
use dspt_ledger::tui::model::update::{Effect, Message, update};
use dspt_ledger::tui::model::verification::{
    Dated, Fault, Phase, Progress, Refuses, Report, State,
};
use dspt_ledger::tui::model::{Body, Model, Screen};
use dspt_ledger::tui::model::{overlay, step};
use dspt_ledger::tui::view::theme::{ASCII, BOX, Palette, Theme};
use dspt_ledger::tui::view::view;
use dspt_ledger::tui::view_model::compare::Moved;
use dspt_ledger::tui::view_model::history::details;
use dspt_ledger::tui::view_model::{linear, table};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

/// The day on which every test looks at the ledger.
const TODAY: &str = "2026-11-21";

/// Makes the sample ledger in a folder.
pub(crate) fn make_demo(folder: &Path) {
    let now = Timestamp::parse(&format!("{TODAY}T10:00:00.000Z")).unwrap();
    let args = ["dspt", "demo", "--keep", folder.to_str().unwrap()].map(Into::into);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    assert_eq!(cli::run(args, now, &mut out, &mut err), 0);
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
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
                chronicle: Arc::new(Chronicle::of(&ledger.facts)),
                contents: ledger.contents,
                roster: ledger.roster,
                entries: Arc::new(InMemory {
                    leaves: ledger.leaves.iter().map(dspt_ledger::ledger::Digest::hex).collect(),
                    facts: ledger.facts,
                }),
                head: String::from_utf8(ledger.head).unwrap(),
                flag: "--ledger dspt-demo".to_owned(),
                today: day(TODAY),
                bookmarks: [day("2026-03-31")].into(),
                belief: consistent(106),
                sample: false,
                kind: Kind::File,
            }
        })
        .clone()
}

/// The facts behind a screen, as it reads them.
pub(crate) fn facts(source: &Source) -> Vec<Fact> {
    let all = 0..source.chronicle.len() as u64;
    all.map(|seq| source.entries.fact(seq).unwrap().into_owned()).collect()
}

/// The sample ledger with other facts.
pub(crate) fn with_facts(facts: Vec<Fact>) -> Source {
    let leaves = vec![source().entries.leaf(0).unwrap(); facts.len()];
    Source {
        chronicle: Arc::new(Chronicle::of(&facts)),
        entries: Arc::new(InMemory { facts: facts.into_iter().collect(), leaves }),
        ..source()
    }
}

/// A ledger against which nothing speaks, by its own keys.
pub(crate) fn consistent(entries: u64) -> Belief {
    let head = Some((entries, "AAAA".to_owned()));
    Belief { grade: Grade::Consistent, entries, all: true, head, ..Belief::default() }
}

/// What the check of the sample ledger finds, with no witness.
pub(crate) fn report() -> Report {
    let phase = |name: &str, state, text: &str| Phase {
        name: name.to_owned(),
        state,
        text: text.to_owned(),
    };
    let (good, not) = (State::Good, State::NotChecked);
    Report {
        answer: Answer::Yes,
        belief: consistent(106),
        entries: 106,
        remembered: 0,
        phases: vec![
            phase("policy", not, "no policy was chosen"),
            phase("head", good, "106 signed heads"),
            phase("quorum", not, "it takes a policy to know who counts"),
            phase("fresh", not, "no cosigned head with the quorum"),
            phase("kept", not, "no head was kept from an earlier time"),
            phase("entries", good, "106 entries: form, place, key, id; 109 signatures"),
            phase("root", good, "the tree over 106 entries is the one signed"),
            phase("anchors", good, "0 dated heads in the ledger"),
            phase("content", good, "6 stored contents, hashed again"),
            phase("replay", good, "106 entries, to every status; no finding"),
            phase("head file", good, "the same head as in the ledger"),
        ],
        fault: None,
        findings: Vec::new(),
        remarks: Vec::new(),
        refuses: Refuses::Nothing,
        undecided: None,
        dated: Vec::new(),
        intervals: Intervals::default(),
        log: vec!["ledger.example/dspt+00000000+AAAA".to_owned()],
    }
}

pub(crate) fn model_of(source: Source, theme: Theme) -> Model {
    let mut model = Model::new(source, theme).unwrap();
    model.trust.report = Some(report());
    model
}

/// The screen as a person sees it on 30 June 2026 with what was known then, on item 9.2.1.
pub(crate) fn model() -> Model {
    let mut model = model_of(source(), Theme::default());
    say(&mut model, "edit 2026-06-30, then");
    say(&mut model, "find 9.2.1");
    model
}

/// Runs a command by name, with what it takes.
pub(crate) fn say(model: &mut Model, line: &str) -> Option<Effect> {
    let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
    update(model, Message::Say(named(name).unwrap(), rest.to_owned()))
}

pub(crate) fn press(model: &mut Model, keys: &str) -> Option<Effect> {
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
pub(crate) fn drawn(model: &mut Model, columns: u16, rows: u16) -> String {
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

pub(crate) const SIZES: [(u16, u16); 6] =
    [(60, 18), (80, 24), (100, 30), (120, 36), (140, 40), (240, 70)];

/// Every screen, in the order of the numbers.
pub(crate) fn each_screen(mut check: impl FnMut(&mut Model, Screen)) {
    let mut model = model();
    for screen in Screen::ALL {
        press(&mut model, &(screen.number() + 1).to_string());
        assert_eq!(model.screen, screen);
        check(&mut model, screen);
    }
}

#[test]
fn no_style_and_no_glyph_carries_a_meaning_of_its_own() {
    // The same cells without styles, and the same again with frames and bars spelt in ASCII.
    let ascii = |text: &str| -> String {
        let mut text = text.to_owned();
        let pairs =
            BOX.levels.iter().zip(ASCII.levels).chain(BOX.corners.iter().zip(ASCII.corners));
        for (from, to) in pairs.chain([(&BOX.across, ASCII.across), (&BOX.down, ASCII.down)]) {
            text = text.replace(from, to);
        }
        text
    };
    each_screen(|model, screen| {
        for (columns, rows) in SIZES {
            model.theme = Theme::default();
            let whole = drawn(model, columns, rows);
            for palette in [Palette::Mono, Palette::HighContrast] {
                model.theme = Theme { palette, glyphs: BOX };
                assert_eq!(drawn(model, columns, rows), whole, "{screen:?} {columns}x{rows}");
            }
            model.theme = Theme { palette: Palette::Mono, glyphs: ASCII };
            let plain = drawn(model, columns, rows);
            assert!(plain.is_ascii(), "{screen:?} {columns}x{rows}\n{plain}");
            assert_eq!(plain, ascii(&whole), "{screen:?} {columns}x{rows}");
            assert!(plain.lines().count() == usize::from(rows));
        }
    });
}

#[test]
fn every_row_says_its_status_in_words() {
    let mut model = model();
    let text = drawn(&mut model, 240, 170);
    for row in &model.position.rows {
        let number = format!("{}", row.item.item);
        let line = text.lines().find(|line| {
            let mut words = line.split_whitespace();
            let first = words.next().unwrap_or("").trim_start_matches(['│', '>']);
            let first = if first.is_empty() { words.next().unwrap_or("") } else { first };
            first.trim_end_matches('o') == number
        });
        let line = line.unwrap_or_else(|| panic!("{number}\n{text}"));
        assert!(line.contains(row.status.word()) && line.contains(row.status.mark()), "{line}");
    }
}

#[test]
fn the_linear_mode_takes_a_key_by_its_letter_and_two_dates_to_compare() {
    let day = |text: &str| dspt_ledger::domain::date::Date::parse(text).unwrap();
    let mut model = model();
    let known = model.asked.known;
    linear::answer(&mut model, "n");
    assert_ne!(model.asked.known, known);
    // A letter is the key, not what a command begins with: `y` copies, and is no year end.
    let (_, effect) = linear::answer(&mut model, "y");
    assert!(matches!(effect, Some(Effect::Copy(_))), "{effect:?}");
    for line in [
        "compare 2025-12-01 2026-06-30",
        "compare 1 December 2025 30 June 2026",
        "compare 1/12/2025, 30/6/2026",
        "compare 2025-12-01 to 2026-06-30",
    ] {
        linear::answer(&mut model, "go 2026-01-15");
        linear::answer(&mut model, "position");
        let (said, _) = linear::answer(&mut model, line);
        assert_eq!(
            (model.other.on, model.asked.on),
            (day("2025-12-01"), day("2026-06-30")),
            "{said}"
        );
        assert!(said.contains("A is 1 Dec 2025, B is 30 Jun 2026."), "{said}");
    }
    let (said, _) = linear::answer(&mut model, "compare yesterday neverday");
    assert!(said.contains("neverday"), "{said}");
    assert_eq!(model.other.on, day("2025-12-01"));
}

#[test]
fn every_key_has_a_help_line_a_palette_entry_and_a_linear_command() {
    let help = linear::help_lines(&Keymap::default()).join("\n");
    for one in BINDINGS {
        for key in one.keys {
            assert!(help.contains(&key.label()), "{}", one.name);
        }
        assert!(help.contains(one.name) && help.contains(one.help), "{}", one.name);
        let mut palette = overlay::Palette::default();
        palette.input.text = one.name.to_owned();
        assert_eq!(palette.list(&Keymap::default())[0].command, one.command, "{}", one.name);
        // The palette finds by name, by the words of the help and by the key itself.
        let finds = |text: &str| {
            let mut palette = overlay::Palette::default();
            text.clone_into(&mut palette.input.text);
            palette.list(&Keymap::default()).iter().any(|found| found.command == one.command)
        };
        assert!(finds(&one.help.to_uppercase()), "{}", one.name);
        for key in one.keys {
            assert!(finds(&key.label()), "{}: {}", one.name, key.label());
        }
        let mut model = model();
        let (text, effect) = linear::answer(&mut model, one.name);
        assert!(!text.is_empty() || effect.is_some(), "{} says nothing", one.name);
        assert!(!text.contains("is not a command"), "{}: {text}", one.name);
    }
    // And the other way round: the keys that help shows do what it says.
    for one in BINDINGS {
        assert_eq!(named(one.name), Some(one.command));
    }
}

#[test]
fn an_edition_closes_until_its_last_day_and_has_closed_after_it() {
    for (today, said) in [("2026-06-30", "closes on 30 Jun 2026"), ("2026-07-01", "closed on 30")] {
        let today = day(today);
        let mut model = model_of(Source { today, ..source() }, Theme::default());
        say(&mut model, "edit 2026-06-30, then");
        let (linear, _) = linear::answer(&mut model, "year-end");
        let text = drawn(&mut model, 80, 24);
        assert!(text.contains(said) && linear.contains(said), "{text}\n{linear}");
        assert_eq!(text.contains("To do before"), said.starts_with("closes"), "{text}");
    }
    // From here a comparison is with what was published last, else with the year before.
    let mut model = model();
    press(&mut model, "6c");
    assert_eq!((model.screen, model.other.on), (Screen::Compare, day("2025-09-22")));
}

#[test]
fn help_scrolls_to_its_last_line_where_the_window_is_small_and_closes() {
    let mut model = model();
    let top = drawn(&mut model, 60, 18);
    press(&mut model, "?");
    let first = drawn(&mut model, 60, 18);
    assert!(first.contains("TIME (works on every screen)"), "{first}");
    update(&mut model, Message::Key(Key::End));
    let last = drawn(&mut model, 60, 18);
    assert!(last.contains("LATE: recorded") && last.contains(" of "), "{last}");
    // What is typed into the search is text, whatever its keys do elsewhere.
    press(&mut model, "/quit");
    let found = drawn(&mut model, 60, 18);
    assert!(found.contains("Find a key: quit_") && found.contains(" q Ctrl+C "), "{found}");
    press(&mut model, "\u{1b}");
    assert_eq!(drawn(&mut model, 60, 18), first);
    press(&mut model, "\u{1b}");
    assert_eq!(drawn(&mut model, 60, 18), top);
}

#[test]
fn hints_help_and_palette_follow_the_users_keys() {
    // Every command on another key: no text may name the old one.
    let letters = ('a'..='z').chain('A'..='Z');
    let mut lines = String::new();
    for (one, letter) in BINDINGS.iter().zip(letters) {
        writeln!(lines, "{} = {letter}", one.name).unwrap();
    }
    let keys = keyfile::read(&lines).unwrap();
    let mut model = model();
    model.keys = keys.clone();
    let help = linear::help_lines(&keys);
    for one in BINDINGS {
        let line =
            help.iter().find(|line| line.ends_with(&format!("{:<15} {}", one.name, one.help)));
        let keys = line.unwrap().split(one.name).next().unwrap().trim();
        assert_eq!(keys, model.keys.labels(one.command), "{}", one.name);
    }
    for screen in Screen::ALL {
        let number = screen.number();
        let command = BINDINGS.iter().find(|one| one.keys[0].label() == (number + 1).to_string());
        let key = keys.of(command.unwrap().command)[0];
        update(&mut model, Message::Key(key));
        assert_eq!(model.screen, screen);
        let text = drawn(&mut model, 140, 40);
        let foot = text.lines().last().unwrap();
        for hint in foot.trim().split("   ") {
            let shown = hint.split(' ').next().unwrap();
            let known = BINDINGS.iter().any(|one| keys.hint(one.command) == shown);
            assert!(known, "{screen:?}: {foot}");
        }
        let quit = format!("{} quit", keys.hint(named("quit").unwrap()));
        assert!(foot.contains(&quit), "{foot}");
        assert!(text.contains(&format!("{} help", keys.hint(named("help").unwrap()))), "{text}");
    }
    // An old key does nothing now, and Ctrl+C still leaves.
    let before = model.asked;
    update(&mut model, Message::Key(Key::Char(',')));
    assert_eq!(model.asked, before);
    assert_eq!(update(&mut model, Message::Key(Key::Ctrl('c'))), Some(Effect::Stop));
}

#[test]
fn only_presses_and_repeats_are_acted_on() {
    use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
    let event =
        |kind| Event::Key(KeyEvent::new_with_kind(KeyCode::Char('.'), KeyModifiers::NONE, kind));
    assert!(matches!(
        dspt_ledger::tui::terminal::input::message(&event(KeyEventKind::Press)),
        Some(Message::Key(Key::Char('.')))
    ));
    assert!(dspt_ledger::tui::terminal::input::message(&event(KeyEventKind::Repeat)).is_some());
    assert!(dspt_ledger::tui::terminal::input::message(&event(KeyEventKind::Release)).is_none());
}

#[test]
fn changing_the_date_moves_neither_item_nor_screen() {
    let mut model = model();
    let row = model.cursor().at - model.cursor().top;
    for keys in [",", ",", ".", "n", "g2026-09-01\n", "<", ">"] {
        press(&mut model, keys);
        assert_eq!(model.item.as_ref().unwrap().to_string(), "9.2.1", "{keys}");
        assert_eq!(model.screen, Screen::Position);
        assert_eq!(model.cursor().at - model.cursor().top, row, "{keys}");
    }
    press(&mut model, "\n,");
    assert_eq!(model.screen, Screen::Why);
}

#[test]
fn steps_stop_where_something_shown_changes_and_nowhere_else() {
    let mut model = model_of(source(), Theme::default());
    say(&mut model, "edit 2026-06-30, now");
    let mut stops = Vec::new();
    for _ in 0..60 {
        let before = model.asked.on;
        press(&mut model, ",");
        if model.asked.on == before {
            break;
        }
        stops.push(model.asked.on);
    }
    stops.reverse();
    let known: Vec<Date> = model
        .position
        .book
        .changes()
        .iter()
        .copied()
        .filter(|on| *on < day("2026-06-30"))
        .collect();
    assert_eq!(stops, known);
    // A filter makes the steps coarser: nothing in standard 1 changes after 29 May.
    assert_eq!(known.last(), Some(&day("2026-06-22")));
    say(&mut model, "filter standard 1");
    say(&mut model, "go 2026-06-30");
    press(&mut model, ",");
    assert_eq!(model.asked.on, day("2026-05-29"));
}

#[test]
fn with_what_was_known_then_a_late_entry_is_a_step_of_its_own() {
    let mut model = model();
    assert_eq!(model.position.count(Status::Lapsed), 22);
    press(&mut model, ".");
    assert_eq!(model.asked.on, day("2026-07-12"));
    assert_eq!(model.position.count(Status::Lapsed), 1);
    press(&mut model, ",");
    assert_eq!(model.asked.on, day("2026-06-22"));
}

#[test]
fn play_ends_at_today_and_says_so() {
    let mut model = model();
    press(&mut model, "+++ ");
    assert!(model.playing);
    for _ in 0..20 {
        update(&mut model, Message::Tick);
    }
    assert_eq!(model.asked.on, day(TODAY));
    assert!(!model.playing);
    assert_eq!(model.notice, "Reached today. Nothing later is recorded.");
    // Any other time key pauses first; without motion a key is one step.
    let mut model = model_of(source(), Theme::default());
    say(&mut model, "go 2026-06-30");
    press(&mut model, " ,");
    assert!(!model.playing);
    model.motion = false;
    let before = model.asked.on;
    press(&mut model, " ");
    assert!(!model.playing && model.asked.on > before);
}

#[track_caller]
fn goes(text: &str, expected: &str) {
    let library = Library::new(source()).unwrap();
    let found = step::go_to(text, day("2026-06-30"), &library);
    assert_eq!(found.map_or_else(|error| error, |day| day.to_string()), expected, "{text}");
}

#[test]
fn dates_are_read_as_people_type_them() {
    for text in ["30/6/2026", "30 June 2026", "30 jun", "2026-06-30", "year end", " 30 JUNE "] {
        goes(text, "2026-06-30");
    }
    goes("today", TODAY);
    goes("yesterday", "2026-11-20");
    goes("-3m", "2026-03-30");
    goes("+2w", "2026-07-14");
    goes("event 105", "2026-07-12");
    goes("#8", "2025-09-25");
    goes("24 dec", "2025-12-24");
    goes("last publication", "nothing is recorded as published");
    goes("31/6/2026", "31 June 2026 is not a date; June has 30 days");
    goes("6/30/2026", "there is no month 30; UK order is day/month/year, files use year-month-day");
    goes("-3x", "`-3x` is not a shift; write it as -3m, +2w, -10d or +1y");
    goes("event 500", "`500` is not an entry; this ledger has #0 to #105");
    goes("-é", "`-é` is not a shift; write it as -3m, +2w, -10d or +1y");
}

#[test]
fn the_form_changes_all_three_parts() {
    let mut model = model();
    press(&mut model, "e");
    for _ in 0..30 {
        update(&mut model, Message::Key(Key::Backspace));
    }
    press(&mut model, "1/7/2026\t");
    update(&mut model, Message::Key(Key::Up));
    press(&mut model, "\t\t ");
    press(&mut model, "\n");
    assert_eq!(model.overlay, overlay::Overlay::None);
    assert_eq!(
        model.position.sentence(),
        "Position on 1 July 2026, using what was recorded by today, under the rules latest known: \
         DSPT 2025-26-v8 8.0.0. Items: secondary transcription; check against the official file."
    );
}

#[test]
fn a_comparison_moves_one_side_at_a_time() {
    let mut model = model();
    press(&mut model, "c");
    assert_eq!(
        (model.screen, model.other, model.asked),
        (Screen::Compare, model.asked, model.asked)
    );
    press(&mut model, "g2026-07-12\n");
    let Body::Compare(page) = &model.body else { panic!() };
    let expected = Moved { better: 21, same: 101, ..Moved::default() };
    assert_eq!(page.moved(), expected);
    press(&mut model, "\tg2026-06-01\n\ts");
    assert_eq!((model.other.on, model.asked.on), (day("2026-07-12"), day("2026-06-01")));
}

#[test]
fn why_opened_in_compare_explains_both_sides() {
    let mut model = model();
    say(&mut model, "compare 2026-06-09");
    say(&mut model, "find 9.2.1");
    press(&mut model, "\n");
    assert!(model.is_beside());
    for (columns, rows) in SIZES {
        let text = drawn(&mut model, columns, rows);
        for shown in
            ["A 9 Jun 2026: why is 9.2.1 met by equivalence?", "B 30 Jun 2026: why has 9.2.1"]
        {
            assert!(text.contains(shown), "{columns}x{rows}\n{text}");
        }
        // Tab gives the other side the cursor and the time keys; either is on screen.
        for side in ["*A", "*B"] {
            press(&mut model, "\t");
            let text = drawn(&mut model, columns, rows);
            assert!(text.contains(&format!("{side} ")), "{columns}x{rows}\n{text}");
            assert!(text.contains("│>"), "{columns}x{rows}\n{text}");
        }
    }
    let b = model.asked;
    press(&mut model, "\t,");
    assert_eq!((model.asked, model.other.on < day("2026-06-09")), (b, true));
    press(&mut model, "n");
    assert_eq!((model.asked.known, model.other.known), (Known::Then, Known::Now));
    let Body::Why(Some((why, _))) = &model.body else { panic!() };
    assert_eq!(why.status, Status::MetByEquivalence);
    let (other, _) = model.beside.as_ref().unwrap().tree.as_ref().unwrap();
    assert_eq!(other.status, Status::Lapsed);
    // A day before the edition: one side has nothing to explain.
    press(&mut model, "g2024-01-01\n");
    assert!(drawn(&mut model, 80, 24).contains("9.2.1 is not asked for on 1 January 2024."));
    let (said, _) = linear::answer(&mut model, "why 9.2.1");
    assert!(said.contains("B, 30 June 2026: 9.2.1 Annual penetration test: LAPSED."), "{said}");
    press(&mut model, "\u{1b}");
    assert_eq!(model.screen, Screen::Compare);
    // Opened from the list, it is about one position.
    press(&mut model, "1\n");
    assert!(!model.is_beside());
}

#[test]
fn an_event_leads_to_its_item_and_back() {
    let mut model = model();
    press(&mut model, "4");
    say(&mut model, "find EV-103");
    press(&mut model, "i");
    assert_eq!((model.screen, model.item.as_ref().unwrap().as_str()), (Screen::Why, "4.5.3"));
    press(&mut model, "\u{1b}\u{1b}");
    assert_eq!(model.screen, Screen::Position);
}

/// The row of the terminal that shows the selected line.
#[track_caller]
fn selected_row(model: &mut Model, columns: u16, rows: u16) -> u16 {
    let text = drawn(model, columns, rows);
    let found = text.lines().position(|line| line.starts_with("│>"));
    let found = found.unwrap_or_else(|| panic!("{:?} {columns}x{rows}\n{text}", model.screen));
    u16::try_from(found).unwrap()
}

#[test]
fn the_selected_line_is_on_screen_and_a_click_selects_what_it_hits() {
    each_screen(|model, screen| {
        for (columns, rows) in SIZES {
            update(model, Message::Key(Key::Home));
            let first = selected_row(model, columns, rows);
            update(model, Message::Click(5, first + 1));
            assert_eq!(model.cursor().at, 1, "{screen:?} {columns}x{rows}");
            assert_eq!(selected_row(model, columns, rows), first + 1);
            update(model, Message::Key(Key::End));
            selected_row(model, columns, rows);
            assert_eq!(model.cursor().at + 1, model.lines(), "{screen:?} {columns}x{rows}");
        }
        say(model, "find 9.2.1");
    });
}

#[test]
fn what_was_not_checked_says_so_on_every_screen_until_it_is() {
    let mut model = model_of(source(), Theme::default());
    model.tour = None;
    (model.trust.opened, model.trust.report) = (Belief::default(), None);
    let all = ["1", "2", "3", "4", "5", "6"];
    for key in all {
        press(&mut model, key);
        let text = drawn(&mut model, 80, 24);
        assert!(text.contains("UNCHECKED: signatures are not checked yet"), "{key}: {text}");
    }
    press(&mut model, "v");
    let generation = model.trust.generation;
    let progress = Progress { phase: "entries", done: 20, of: 106, rate: Some(10) };
    update(&mut model, Message::Checking(generation, progress));
    let text = drawn(&mut model, 80, 24);
    assert!(text.contains("UNCHECKED: signatures are being checked: 20 of 106"), "{text}");
    press(&mut model, "4");
    drawn(&mut model, 140, 40);
    assert!(model.told.entry.contains(&"signature  not checked yet".to_owned()));
    update(&mut model, Message::Checked(generation, Box::new(Ok(report()))));
    for key in all {
        press(&mut model, key);
        assert!(!drawn(&mut model, 80, 24).contains("UNCHECKED"), "{key}");
    }
    press(&mut model, "4");
    drawn(&mut model, 140, 40);
    assert!(model.told.entry.contains(&"signature  good".to_owned()));
}

#[test]
fn a_published_statement_is_marked_and_listed() {
    let mut facts = facts(&source());
    let mut fact = facts.last().unwrap().clone();
    fact.seq += 1;
    fact.event = Event::StatementPublished(StatementPublished {
        on: day("2026-06-30"),
        size: 105,
        root: String::new(),
        edition: "2025-26-v8".parse().unwrap(),
        category: "cat2-it-supplier".parse().unwrap(),
        standing: "Standards Not Met".to_owned(),
    });
    let published_on = fact.at.london_day();
    facts.push(fact);
    let mut model = model_of(with_facts(facts), Theme::default());
    press(&mut model, "glast publication\n");
    assert_eq!(model.asked.on, published_on);
    press(&mut model, "T<");
    assert_ne!(model.asked.on, published_on);
    press(&mut model, "T6");
    for (columns, rows) in [(80, 24), (140, 40)] {
        let text = drawn(&mut model, columns, rows);
        assert!(text.contains("30 Jun 2026  Standards Not Met  #106"), "{text}");
    }
    assert!(drawn(&mut model, 140, 40).contains("─ Published before ─"));
    assert!(linear::answer(&mut model, "year-end").0.contains("Published before: 30 Jun 2026"));
    press(&mut model, "p");
    assert!(drawn(&mut model, 80, 24).contains("Last published: 30 Jun 2026"));
    // Compare begins with what was published last.
    press(&mut model, "\u{1b}13");
    assert_eq!(model.other.on, published_on);
    let text = drawn(&mut model, 140, 40);
    assert!(text.contains("P published"), "{text}");
    press(&mut model, "1");
    let strip = drawn(&mut model, 240, 70);
    let markers = strip.lines().rev().nth(4).unwrap();
    assert!(markers.contains('P'), "{strip}");
    // Before it was recorded, nothing was published.
    say(&mut model, "edit 2026-06-30, then");
    press(&mut model, "6");
    assert!(drawn(&mut model, 80, 24).contains("Nothing is recorded as published."));
}

#[test]
fn what_cannot_be_believed_says_so_at_the_head_of_every_screen_and_file() {
    let warning = "ONLY ENTRIES #0 TO #49 CAN BE BELIEVED";
    let why = "entry #50: leaf-differs: it is another".to_owned();
    let broken = Belief { grade: Grade::Broken, entries: 50, why: Some(why), ..Belief::default() };
    let mut model = model_of(Source { belief: broken, ..source() }, Theme::default());
    model.trust.report = None;
    assert_eq!(model.screen, Screen::Signatures);
    for key in ["1", "2", "3", "4", "5", "6"] {
        press(&mut model, key);
        for (columns, rows) in SIZES {
            let text = drawn(&mut model, columns, rows);
            assert_eq!(text.lines().next().unwrap().trim(), warning, "{key}: {text}");
            assert!(!text.contains("statement publish"), "{text}");
            assert!(!text.contains("nothing was changed"), "{text}");
        }
        for (ending, head) in [("txt", 0), ("csv", 1), ("html", 4)] {
            let bytes = table::file(&model, &format!("x.{ending}")).unwrap();
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.lines().nth(head).unwrap().contains(warning), "{key} {ending}: {text}");
        }
        let json = table::file(&model, "x.json").unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!((&json["warning"], &json["belief"]["entries"]), (&warning.into(), &50.into()));
    }
    press(&mut model, "p");
    assert!(model.overlay == overlay::Overlay::None, "no draft is offered");
    assert_eq!(model.notice, format!("No statement is drafted: {warning}"));
}

#[test]
fn every_file_says_of_whom_when_and_how_far_it_can_be_believed() {
    each_screen(|model, screen| {
        say(model, "filter lapsed");
        for ending in ["txt", "csv", "html", "json"] {
            let text = table::file(model, &format!("x.{ending}")).unwrap();
            let text = String::from_utf8(text).unwrap();
            for part in [
                "Northbridge Health IT Ltd",
                "2026-06-30",
                "30 June 2026 (",
                "lapsed",
                "consistent, not proven",
                "106 entries, root ",
            ] {
                assert!(text.contains(part), "{screen:?} {ending} {part}: {text}");
            }
        }
        say(model, "filter all");
    });
}

#[test]
fn a_verdict_is_whole_in_every_window() {
    let mut model = model();
    let why = "something that takes many words to say, ".repeat(8) + "and its end";
    model.trust.report =
        Some(Report { answer: Answer::NotDecided, undecided: Some(why), ..report() });
    press(&mut model, "5");
    for (columns, rows) in SIZES {
        let text = drawn(&mut model, columns, rows);
        let said = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("many words to say, and its end"), "{columns}: {text}");
    }
}

#[test]
fn a_click_on_the_timeline_sets_the_date() {
    let mut model = model();
    let text = drawn(&mut model, 80, 24);
    let line = text.lines().position(|line| line.contains('^')).unwrap();
    let column = text.lines().nth(line).unwrap().chars().position(|c| c == 'B').unwrap();
    let at = |value: usize| u16::try_from(value).unwrap();
    update(&mut model, Message::Click(at(column), at(line)));
    assert!((model.asked.on.number() - day("2026-03-31").number()).abs() <= 6);
}

#[test]
fn late_answers_of_an_older_check_are_dropped() {
    let mut model = model();
    let Some(Effect::Verify(first)) = press(&mut model, "v") else { panic!() };
    let Some(Effect::Verify(second)) = press(&mut model, "v") else { panic!() };
    let no = Report { answer: Answer::No, ..report() };
    update(&mut model, Message::Checked(first, Box::new(Ok(no.clone()))));
    assert_eq!(model.trust.report.as_ref().unwrap().answer, Answer::Yes);
    assert!(model.trust.running.is_some());
    update(&mut model, Message::Checked(second, Box::new(Ok(no))));
    assert_eq!(model.trust.report.as_ref().unwrap().answer, Answer::No);
    assert!(model.trust.running.is_none());
}

#[test]
fn a_running_check_shows_its_phases_the_count_the_rate_and_the_time_left() {
    let mut model = model();
    let Some(Effect::Verify(generation)) = press(&mut model, "v") else { panic!() };
    let progress = Progress { phase: "entries", done: 46, of: 106, rate: Some(25) };
    update(&mut model, Message::Checking(generation, progress));
    for (columns, rows) in SIZES {
        let text = drawn(&mut model, columns, rows);
        let said = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("Checking: entries, 46 of 106 entries, 25 a second, 3 s"), "{text}");
        assert!(text.contains("[>] Signatures and keys are good running: 46 of"), "{text}");
        assert!(text.contains("[ ] Statuses follow from it      waiting"), "{text}");
        assert!(!text.contains("[x] Signatures"), "{text}");
    }
    let progress = Progress { phase: "replay", done: 0, of: 0, rate: None };
    update(&mut model, Message::Checking(generation, progress));
    let text = drawn(&mut model, 80, 24);
    // A check stops at the first fault: what lies behind it is good. Whom to trust comes last.
    assert!(text.contains("[x] Nothing removed or reordered"), "{text}");
    assert!(text.contains("[ ] Its keys are ones you trust  waiting"), "{text}");
    assert!(text.contains("[>] Statuses follow from it      running"), "{text}");
}

#[test]
fn heads_that_outsiders_dated_are_listed_and_bound_the_entries() {
    let mut model = model();
    let instant = |text: &str| Timestamp::parse(text).unwrap();
    let dated = |seq, size, at: &str, believed| Dated {
        anchor: Anchor {
            seq,
            size,
            at: instant(at),
            outsider: Outsider::Witness,
            by: "witness.example+00000000+AAAA".to_owned(),
        },
        believed,
    };
    let all = vec![
        dated(Some(20), 20, "2026-03-01T10:00:00.000Z", true),
        dated(Some(40), 38, "2026-05-01T09:00:00.000Z", true),
        dated(Some(60), 60, "2026-06-01T09:00:00.000Z", false),
    ];
    let intervals = Intervals::new(all.iter().filter(|one| one.believed).map(|one| &one.anchor));
    model.trust.report = Some(Report { dated: all, intervals, ..report() });
    let (said, _) = linear::answer(&mut model, "signatures");
    for line in [
        "first, , 1 March 2026, 10:00 (UK time)",
        "last, , 1 May 2026, 10:00 (UK time)",
        "longest, gap, 60 days 23 hours, from 1 March 2026, 10:00 (UK time)",
        "#60, not believed, 1 June 2026, 10:00 (UK time), the first 60 entries, witness \
         witness.example",
        "#20, believed, 1 March 2026, 10:00 (UK time), the first 20 entries",
        "here, run, dspt --ledger dspt-demo verify",
        "- that nothing was left out",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    // Every line can be reached at every size, and opened: the entry that recorded the head too.
    for (columns, rows) in SIZES {
        model.window = (columns, rows);
        say(&mut model, "first");
        say(&mut model, "find #20");
        assert!(drawn(&mut model, columns, rows).contains(">#20       believed"));
    }
    model.window = (80, 24);
    press(&mut model, "\n");
    let text = drawn(&mut model, 80, 24);
    assert!(text.contains("by         witness witness.example+00000000+AAAA"), "{text}");
    let written = |seq: u64| {
        let lines = details(&model.library, &model.trust, seq);
        lines.into_iter().find(|line| line.starts_with("written")).unwrap()
    };
    assert_eq!(written(0), "written    by 1 March 2026, 10:00 (UK time)");
    assert_eq!(
        written(30),
        "written    after 1 March 2026, 10:00 (UK time), by 1 May 2026, 10:00 (UK time)"
    );
    assert_eq!(written(50), "written    after 1 May 2026, 10:00 (UK time)");
}

#[test]
fn tab_goes_from_box_to_box_and_lines_that_can_be_compared_are_copied() {
    for (columns, rows) in SIZES {
        let mut model = model();
        model.window = (columns, rows);
        press(&mut model, "5\t");
        let text = drawn(&mut model, columns, rows);
        assert!(text.contains(">2HS8bJpYB J. Okoro, owner"), "{text}");
        press(&mut model, "\n");
        let text = drawn(&mut model, columns, rows);
        assert!(text.contains("admitted   22 Sep 2025, by entry #"), "{text}");
        press(&mut model, "\u{1b}\tj");
        let Some(Effect::Copy(root)) = press(&mut model, "y") else { panic!() };
        assert!(root.len() == 44 && model.library.source.head.contains(&root), "{root}");
        press(&mut model, "k");
        let bundle = "dspt --ledger dspt-demo export bundle DIR".to_owned();
        assert_eq!(press(&mut model, "y"), Some(Effect::Copy(bundle)));
        press(&mut model, "\t");
        assert_eq!(model.cursor().at, 0);
        // Up and down go over the titles, and every line can be reached.
        let lines = model.lines();
        let reached: std::collections::BTreeSet<usize> = (0..lines)
            .map(|_| {
                let at = model.cursor().at;
                assert!(drawn(&mut model, columns, rows).contains('>'));
                press(&mut model, "j");
                at
            })
            .collect();
        assert_eq!(reached.len(), lines - 2);
    }
}

#[test]
fn the_first_problem_is_said_with_what_it_means_at_every_size() {
    let mut model = model();
    let fault = Fault {
        place: "entry #60".to_owned(),
        rule: "bad-signature".to_owned(),
        text: "the signature does not verify".to_owned(),
        means: "it is proven that this is not what its keys signed".to_owned(),
    };
    let mut phases = report().phases;
    phases[5].state = State::No;
    let (answer, entries, fault) = (Answer::No, 60, Some(fault));
    model.trust.report = Some(Report { answer, entries, fault, phases, ..report() });
    say(&mut model, "signatures");
    for (columns, rows) in SIZES {
        let text = drawn(&mut model, columns, rows);
        assert!(text.contains(" NO. First problem: entry #60."), "{text}");
        for line in ["where     entry #60: bad-signature", "found ", "means ", "good  "] {
            assert!(text.contains(line), "{line}: {text}");
        }
        say(&mut model, "find entries");
        let text = drawn(&mut model, columns, rows);
        assert!(text.contains(">[!] Signatures and keys are good NO: 106 entries"), "{text}");
        say(&mut model, "first");
    }
}

#[test]
fn exports_hold_the_sentence_and_every_row() {
    let mut model = model();
    for name in ["a.txt", "a.html", "a.json", "a.csv"] {
        let Some(Effect::Export(to, bytes)) = say(&mut model, &format!("export {name}")) else {
            panic!("{name}: {}", model.notice)
        };
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(to, name);
        assert!(text.matches("Lapsed").count() >= 22, "{name}");
        assert!(name.contains("csv") || text.contains("30 June 2026"), "{name}");
    }
    assert_eq!(say(&mut model, "export a.doc"), None);
    assert_eq!(model.notice, "give a name that ends in .csv, .html, .txt or .json");
}

/// Runs a command on the sample ledger and reads its JSON.
fn json(folder: &Path, command: &str) -> serde_json::Value {
    let now = Timestamp::parse(&format!("{TODAY}T10:00:00.000Z")).unwrap();
    let ledger = folder.display().to_string();
    let args = ["dspt", "--json", "--ledger", &ledger];
    let args = args.into_iter().chain(command.split(' ')).map(Into::into);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    cli::run(args, now, &mut out, &mut err);
    let error = || String::from_utf8_lossy(&err).into_owned();
    serde_json::from_slice(&out).unwrap_or_else(|_| panic!("{command}: {}", error()))
}

#[test]
fn screen_linear_mode_and_commands_give_the_same_answer() {
    let folder = tempfile::tempdir().unwrap();
    make_demo(folder.path());
    let mut model = model_of(source(), Theme::default());
    let mut days = model.position.book.changes().to_vec();
    days.retain(|day| model.position.book.positions.derivation.period_on(*day).is_some());
    for (number, on) in days.into_iter().enumerate() {
        for known in ["then", "now"] {
            if known == "then" && on < day("2025-09-22") {
                continue;
            }
            say(&mut model, "position");
            let (said, _) = linear::answer(&mut model, &format!("edit {on}, {known}"));
            let status = json(folder.path(), &format!("status --at {on} --as-known {known}"));
            let items: Vec<(String, String)> = status["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| {
                    let text = |name: &str| one[name].as_str().unwrap().to_owned();
                    (text("item"), text("status"))
                })
                .collect();
            let rows = model.position.rows.iter();
            let rows: Vec<(String, String)> =
                rows.map(|row| (row.item.item.to_string(), row.status.json().to_owned())).collect();
            assert_eq!(rows, items, "{on} {known}");
            for one in Status::ALL {
                let count = status["counts"]["all"][one.json()].as_u64().unwrap();
                assert_eq!(model.position.count(one), count, "{on} {known}");
                let sentence = format!("{} {count}.", one.word());
                assert!(said.is_empty() || said.contains(&sentence), "{on} {known}: {said}");
            }
            let (item, word) = &items[(number * 37) % items.len()];
            let command = format!("explain {item} --at {on} --as-known {known}");
            let explained = json(folder.path(), &command);
            assert_eq!(explained["finding"]["status"], word.as_str(), "{item} {on} {known}");
            say(&mut model, &format!("why {item}"));
            let Body::Why(Some((why, _))) = &model.body else { panic!("{item} {on}") };
            assert_eq!(why.status.json(), word);
            assert_eq!(explained["finding"]["because"], why.because.as_str());
        }
    }
}

#[test]
fn nothing_in_a_ledger_can_paint_the_screen() {
    let hostile = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}txet\u{2066} e\u{301}\u{301}\u{301} 表表表 \
                   👩‍👩‍👧‍👦 \u{200b}\u{feff}\r\n\t| a\u{0}b \u{9b}31m";
    let mut facts = facts(&source());
    for fact in &mut facts {
        if let Event::EvidenceRecorded(body) = &mut fact.event {
            body.title = format!("{hostile}{}", body.title);
        }
        if let Event::LedgerOpened(body) = &mut fact.event {
            body.organisation = hostile.to_owned();
        }
        if let Event::CertificateRecorded(body) = &mut fact.event {
            body.number = format!("{hostile}{}", body.number);
        }
    }
    let mut model = model_of(with_facts(facts), Theme::default());
    say(&mut model, "edit 2026-06-30, then");
    say(&mut model, "find 9.2.1");
    for (columns, rows) in [(60, 18), (61, 19), (80, 24), (101, 30), (140, 40)] {
        for keys in
            ["1", "2", "2*", "3", "4", "4\n", "5", "6", "B", "p", "1fby \u{2066}x", "?", ":"]
        {
            press(&mut model, keys);
            let text = drawn(&mut model, columns, rows);
            for c in text.chars().filter(|c| *c != '\n') {
                assert!(!is_hidden(c) || c == '\u{200d}', "{keys} {columns}: {c:?}\n{text}");
            }
            let (said, _) = linear::answer(&mut model, "down");
            assert!(said.chars().all(|c| c == '\n' || !is_hidden(c)), "{said:?}");
            press(&mut model, "\u{1b}");
        }
    }
}

#[test]
fn no_size_and_no_key_makes_it_fall() {
    let mut model = model();
    let keys: Vec<Key> = BINDINGS.iter().flat_map(|one| one.keys.iter().copied()).collect();
    let mut seed = 7_u32;
    for turn in 0..600 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let key = keys[(seed >> 8) as usize % keys.len()];
        if key != Key::Ctrl('c') {
            update(&mut model, Message::Key(key));
        }
        if turn % 20 == 0 {
            let (columns, rows) = ((seed >> 4) % 200, (seed >> 12) % 60);
            let number = |value: u32| u16::try_from(value.max(1)).unwrap();
            let (columns, rows) = (number(columns), number(rows));
            let text = drawn(&mut model, columns, rows);
            assert_eq!(text.lines().count(), usize::from(rows));
            update(&mut model, Message::Click(columns / 2, rows / 2));
        }
    }
}

/// Not a gate: prints what a seek and a draw cost, so that a change for the worse is seen.
#[test]
fn a_seek_and_a_draw_are_timed() {
    use std::time::Instant as Clock;
    let mut model = model();
    let mut books: Vec<_> = (50..100)
        .map(|size| {
            let start = Clock::now();
            model
                .library
                .book(size, dspt_ledger::domain::engine::derive::RulesChoice::Then)
                .unwrap();
            start.elapsed()
        })
        .collect();
    books.sort();
    eprintln!("position for another \"recorded by\": p50 {:?} p99 {:?}", books[25], books[49]);
    for (columns, rows) in [(80, 24), (140, 40), (240, 70)] {
        update(&mut model, Message::Size(columns, rows));
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        let (mut seeks, mut draws) = (Vec::new(), Vec::new());
        for turn in 0..200 {
            model.asked.on = day("2025-10-01").plus((turn * 131) % 400);
            model.asked.known = Known::Now;
            let start = Clock::now();
            update(&mut model, Message::Wheel(turn % 2 == 0));
            seeks.push(start.elapsed());
            let start = Clock::now();
            terminal.draw(|frame| view(&model, frame)).unwrap();
            draws.push(start.elapsed());
        }
        seeks.sort();
        draws.sort();
        let at = |list: &[std::time::Duration], part: usize| list[list.len() * part / 100];
        eprintln!(
            "{columns}x{rows}: seek p50 {:?} p99 {:?}, draw p50 {:?} p99 {:?}",
            at(&seeks, 50),
            at(&seeks, 99),
            at(&draws, 50),
            at(&draws, 99)
        );
    }
}

/// A walk through the screens: what is pressed, and what it is for.
const TOUR: [(&str, &str); 12] = [
    ("", "The sample ledger on 30 June 2026, with what was recorded by that day"),
    ("\n", "Enter: why 9.2.1 lapsed, and what would put it in place"),
    ("n", "n: with what is known now it never lapsed; the certificate was recorded late"),
    ("\u{1b}n", "Esc, n: back to the list, and to what was known then"),
    (",", ", one step back: to the change before"),
    ("g1/6/2026\n", "g: go to a date, as people type it"),
    ("cg2026-06-30\n", "c: compare that day with 30 June, worse first, with causes"),
    ("4", "4: what was recorded, newest first"),
    (
        "flate\n",
        "f late: what was recorded after the day it is for, some of it from before the ledger",
    ),
    ("n", "n: the certificate of 12 July was late too"),
    ("fall\n6", "6: what is still to do before the year closes"),
    ("5", "5: can any of it be believed?"),
];

/// `docs/tour.txt` is what this test sees; `DSPT_BLESS=1` writes it again.
#[test]
fn the_tour_shows_what_the_page_says() {
    let mut model = model();
    let mut text = String::from("A walk through the screen, 80 columns by 24 lines: dspt tui\n");
    for (number, (keys, words)) in TOUR.iter().enumerate() {
        press(&mut model, keys);
        let title = format!("\n{}. {words}\n\n", number + 1);
        text.extend([title, drawn(&mut model, 80, 24)]);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tour.txt");
    if std::env::var_os("DSPT_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(page == text, "docs/tour.txt is not what the screen shows; DSPT_BLESS=1 writes it");
}

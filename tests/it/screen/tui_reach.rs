//! Everything can be read to its end at every size, filters and days to come are said, and what is
//! looked for is found.

use std::sync::Arc;

use dspt_ledger::domain::authority::roster::Roster;
use dspt_ledger::domain::event::Event;
use dspt_ledger::domain::state::index::fact_index::Chronicle;
use dspt_ledger::tui::input::keymap::Key;
use dspt_ledger::tui::model::overlay::{Overlay, wrapped};
use dspt_ledger::tui::model::session::{InMemory, Source};
use dspt_ledger::tui::model::update::{Effect, Message, update};
use dspt_ledger::tui::model::{Model, Screen};
use dspt_ledger::tui::view::theme::Theme;
use dspt_ledger::tui::view_model::history::Happening;
use dspt_ledger::tui::view_model::linear;

use crate::screen::tui::{SIZES, consistent, drawn, model, model_of, press, say, source};

fn today() -> Model {
    let mut model = model_of(source(), Theme::default());
    model.tour = None;
    model
}

/// The lines inside the box that lies over a screen, from the one under its title.
fn inside(text: &str, title: &str) -> Vec<String> {
    let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
    let start: Vec<char> = format!("┌─ {title}").chars().collect();
    // A pane of the screen may be called the same: a box in the middle stands further left.
    let places = lines.iter().enumerate().filter_map(|(y, line)| {
        line.windows(start.len()).position(|part| part == start).map(|x| (x, y))
    });
    let found = places.min();
    let (left, top) = found.unwrap_or_else(|| panic!("no {title}:\n{text}"));
    let right = left + lines[top][left..].iter().position(|c| *c == '┐').unwrap();
    let body = lines[top + 1..].iter().take_while(|line| line[left] == '│');
    body.map(|line| line[left + 2..right - 1].iter().collect::<String>().trim_end().to_owned())
        .collect()
}

#[test]
fn whatever_lies_over_a_screen_can_be_read_to_its_last_line_at_every_size() {
    for (columns, rows) in SIZES {
        for (title, keys) in [
            ("Help", "?"),
            ("Markers", "B"),
            ("Statement, as a draft", "p"),
            ("Entry", "4\n"),
            ("Entry", "\n\n"),
            ("Statement, as a draft", "6p"),
        ] {
            let mut model = model();
            drawn(&mut model, columns, rows);
            press(&mut model, keys);
            update(&mut model, Message::Key(Key::End));
            let at_end = inside(&drawn(&mut model, columns, rows), title);
            if let Overlay::Text(_, lines, _) = &model.overlay {
                let all = wrapped(lines, usize::from(columns.min(100) - 4));
                let shown = all.len().min(usize::from(rows - 2));
                let last: Vec<String> = all[all.len() - shown..]
                    .iter()
                    .map(|line| line.trim_end().to_owned())
                    .collect();
                // The end of the text fills the box: nothing is missing and no row is blank for it.
                assert_eq!(at_end, last, "{keys} at {columns}x{rows}");
            }
            // Page by page one comes to the same end, and back to the beginning.
            update(&mut model, Message::Key(Key::Home));
            let first = inside(&drawn(&mut model, columns, rows), title);
            let mut pages = 0;
            while inside(&drawn(&mut model, columns, rows), title) != at_end {
                update(&mut model, Message::Key(Key::PageDown));
                pages += 1;
                assert!(pages < 100, "{keys} at {columns}x{rows}");
            }
            while inside(&drawn(&mut model, columns, rows), title) != first {
                update(&mut model, Message::Key(Key::PageUp));
            }
            // A smaller window keeps the end in sight.
            update(&mut model, Message::Key(Key::End));
            drawn(&mut model, 60, 18);
            let before = inside(&drawn(&mut model, 60, 18), title);
            update(&mut model, Message::Key(Key::Up));
            update(&mut model, Message::Key(Key::End));
            let end = inside(&drawn(&mut model, 60, 18), title);
            assert!(end == before || end.last() != before.last(), "{keys}");
            assert!(before.iter().any(|line| !line.is_empty()), "{keys}: {before:?}");
        }
    }
}

#[test]
fn at_hundred_columns_everything_is_there_that_eighty_have() {
    for (columns, rows) in [(80, 24), (100, 30), (112, 30), (120, 36), (129, 40), (130, 40)] {
        let mut model = model();
        let text = drawn(&mut model, columns, rows);
        for word in ["? help", "N/A 1", "mandatory 98", "Annual penetration test", "find", "filter"]
        {
            assert!(text.contains(word), "{word} at {columns}x{rows}\n{text}");
        }
        let cut = text.lines().filter(|line| line.contains("...")).count();
        assert!(columns == 80 || columns >= 130 || cut < 8, "{columns}x{rows}: {cut}\n{text}");
    }
}

#[test]
fn a_day_to_come_is_a_forecast_on_every_screen_and_publishes_nothing() {
    let mut model = today();
    say(&mut model, "edit 2027-06-30, then");
    for (columns, rows) in SIZES {
        press(&mut model, "1");
        let text = drawn(&mut model, columns, rows);
        assert!(text.contains("FORECAST for [30 Jun 2027]"), "{columns}x{rows}\n{text}");
        assert!(!text.contains("recorded by [30 Jun 2027]"), "{text}");
        press(&mut model, "3");
        assert!(drawn(&mut model, columns, rows).contains("30 Jun 2027, FORECAST"), "{columns}");
    }
    let (said, _) = linear::answer(&mut model, "position");
    assert!(said.contains("FORECAST for 30 June 2027, if nothing more is recorded"), "{said}");
    assert!(said.contains("recorded by today"), "{said}");
    // The edition of the demonstration closes before: ask for one that has not closed.
    let mut model =
        model_of(Source { today: "2026-06-01".parse().unwrap(), ..source() }, Theme::default());
    say(&mut model, "edit 2026-06-30, now");
    press(&mut model, "6");
    for (columns, rows) in [(80, 24), (140, 40)] {
        let text = drawn(&mut model, columns, rows);
        assert!(text.contains("Nothing can be published before 30 Jun 2026."), "{text}");
        assert!(!text.contains("statement publish"), "{text}");
    }
    press(&mut model, "p");
    assert!(!drawn(&mut model, 140, 40).contains("statement publish"));
}

#[test]
fn play_at_today_says_that_today_is_reached() {
    let mut model = today();
    press(&mut model, " ");
    assert!(!model.playing);
    assert_eq!(model.notice, "Reached today. Nothing later is recorded.");
    assert_eq!(model.asked.on, model.library.today());
}

#[test]
fn a_year_that_has_closed_is_judged_on_its_last_day_and_left_as_it_was() {
    let mut model = today();
    let on = model.asked.on;
    press(&mut model, "6");
    let text = drawn(&mut model, 80, 24);
    assert!(text.contains("closed on 30 Jun 2026") && text.contains("[30 Jun 2026]"), "{text}");
    press(&mut model, "T");
    assert_eq!(model.asked.on.to_string(), "2026-06-30");
    // What opens from it is of the same day; leaving it goes back to the day before.
    press(&mut model, "\n");
    assert_eq!((model.screen, model.asked.on.to_string()), (Screen::Why, "2026-06-30".to_owned()));
    press(&mut model, "\u{1b}\u{1b}");
    assert_eq!((model.screen, model.asked.on), (Screen::Position, on));
    press(&mut model, "64");
    assert_eq!(model.asked.on, on);
    let (said, _) = linear::answer(&mut model, "year-end");
    assert!(said.contains("Position on 30 June 2026"), "{said}");
}

#[test]
fn what_lapsed_with_a_certificate_is_put_right_by_its_renewal() {
    let mut model = model();
    press(&mut model, "6");
    let rows = dspt_ledger::tui::view_model::table::rows(&model);
    let row = rows.iter().find(|row| row[0] == "9.2.1").unwrap();
    assert!(row[4].starts_with("dspt record certificate cyber-essentials-plus"), "{row:?}");
}

#[test]
fn filters_are_said_and_carried_on_every_screen() {
    let mut model = model();
    press(&mut model, "flapsed mandatory\n");
    for (columns, rows) in SIZES {
        for screen in ["1", "2", "3", "4", "5", "6"] {
            press(&mut model, screen);
            model.notice.clear();
            let text = drawn(&mut model, columns, rows);
            assert!(text.contains("lapsed mandatory"), "{screen} at {columns}x{rows}\n{text}");
        }
    }
    press(&mut model, "1");
    let command = dspt_ledger::tui::view_model::offer::view_command(&model, false);
    assert_eq!(command, "dspt status --at 2026-06-30 --as-known then --only lapsed,mandatory");
    let (said, _) = linear::answer(&mut model, "position");
    assert!(said.contains("lines, filter lapsed mandatory."), "{said}");
    press(&mut model, "flate by patel\n4");
    let command = dspt_ledger::tui::view_model::offer::view_command(&model, false);
    assert_eq!(command, "dspt log --until 2026-06-30 --late --by 'patel'");
}

#[test]
fn an_empty_list_says_why_and_what_would_show_something() {
    let mut model = model();
    press(&mut model, "g20/9/2025\n4flate\n");
    for (columns, rows) in SIZES {
        let text = drawn(&mut model, columns, rows);
        assert!(text.contains("Nothing here fits the filter \"late\"."), "{text}");
        assert!(text.contains("f, Enter shows all: "), "{text}");
        assert!(text.contains("n shows what was known now: "), "{text}");
    }
    let (said, _) = linear::answer(&mut model, "history");
    assert!(said.contains("Say: filter all."), "{said}");
    press(&mut model, "n");
    assert_ne!(model.lines(), 0);
    // A step under a filter says that it is the filter's.
    press(&mut model, "1fstandard 2\ng1/10/2025\n,,,,");
    assert!(
        model.notice.contains("Nothing that fits \"standard 2\" changes before."),
        "{}",
        model.notice
    );
}

#[test]
fn a_number_with_its_sign_is_that_entry_alone() {
    let mut model = model();
    press(&mut model, "n4/#10\n");
    assert_eq!(model.entry(), Some(10));
    press(&mut model, "/#1\n");
    assert_eq!(model.entry(), Some(1));
    press(&mut model, "/entry 105\n");
    assert_eq!(model.entry(), Some(105));
    press(&mut model, "/#500\n");
    assert_eq!(model.notice, "#500 is not an entry; this ledger has #0 to #105.");
    assert_eq!(model.entry(), Some(105));
    press(&mut model, "g#42\n");
    assert_eq!(model.entry(), Some(42));
    press(&mut model, "n/#105\n");
    assert!(model.notice.contains("recorded later than what is read here"), "{}", model.notice);
}

/// A ledger whose last entries are many pieces of evidence.
fn large(more: u32) -> Source {
    let source = source();
    let all = 0..source.chronicle.len() as u64;
    let mut facts: Vec<_> = all.map(|seq| source.entries.fact(seq).unwrap().into_owned()).collect();
    let kind =
        |fact: &&dspt_ledger::domain::state::Fact| matches!(fact.event, Event::EvidenceRecorded(_));
    let piece = facts.iter().rfind(kind).unwrap().clone();
    let at = facts.last().unwrap().at;
    for number in 0..more {
        let mut fact = piece.clone();
        fact.seq = facts.len() as u64;
        fact.at = at;
        fact.id =
            format!("{:032x}", 0xabc0_0000_u64 + u64::from(number)).parse().unwrap_or(fact.id);
        if let Event::EvidenceRecorded(body) = &mut fact.event {
            body.title = format!("Piece number {number} of many");
        }
        facts.push(fact);
    }
    let leaves = vec![source.entries.leaf(0).unwrap(); facts.len()];
    Source {
        chronicle: Arc::new(Chronicle::of(&facts)),
        entries: Arc::new(InMemory { facts: facts.into_iter().collect(), leaves }),
        ..source
    }
}

#[test]
fn a_search_through_many_lines_comes_in_slices_and_any_key_ends_it() {
    let mut model = model_of(large(2_000), Theme::default());
    model.tour = None;
    press(&mut model, "4");
    let line = |model: &Model, at: usize| {
        let dspt_ledger::tui::model::Body::History(page) = &model.body else { panic!() };
        page.lines[at]
    };
    let mut effect = press(&mut model, "/organisation\n");
    let mut slices = 1;
    assert_eq!(effect, Some(Effect::GoOn));
    assert!(
        model.notice.starts_with("Looking for \"organisation\": 400 of 2 1"),
        "{}",
        model.notice
    );
    while effect == Some(Effect::GoOn) {
        effect = update(&mut model, Message::GoOn);
        slices += 1;
    }
    assert!((5..=6).contains(&slices), "{slices}");
    assert!(matches!(line(&model, model.cursor().at), Happening::Entry(seq) if seq < 106));
    // Esc ends a search where it is; the next turn finds nothing to go on with.
    let at = model.cursor().at;
    assert_eq!(press(&mut model, "/no such words\n"), Some(Effect::GoOn));
    press(&mut model, "\u{1b}");
    assert_eq!(model.notice, "Stopped looking.");
    assert_eq!(update(&mut model, Message::GoOn), None);
    assert_eq!((model.screen, model.cursor().at), (Screen::History, at));
    // The linear mode goes through to the end.
    let (said, _) = linear::answer(&mut model, "find no such words");
    assert!(said.contains("Nothing shown here holds \"no such words\"."), "{said}");
}

#[test]
fn an_entry_about_no_one_item_offers_the_items_that_rest_on_it() {
    let mut model = model();
    press(&mut model, "n4/#105\ni");
    let text = drawn(&mut model, 80, 24);
    assert!(text.contains("items rest on #105"), "{text}");
    press(&mut model, "j\n");
    assert_eq!((model.screen, &model.overlay), (Screen::Why, &Overlay::None));
    let (said, _) = linear::answer(&mut model, "history");
    assert!(said.contains("#105"), "{said}");
    linear::answer(&mut model, "find #105");
    let (said, _) = linear::answer(&mut model, "item");
    assert!(said.contains("items rest on #105") && said.contains("Say: why ITEM."), "{said}");
}

#[test]
fn titles_ask_in_grammar() {
    let mut model = model();
    press(&mut model, "fconfirming\n\n");
    let text = drawn(&mut model, 80, 24);
    assert!(text.contains("need confirming?") && text.contains("Why does "), "{text}");
}

#[test]
fn a_bundle_of_one_item_says_that_the_rest_is_withheld() {
    let mut some = consistent(8);
    (some.given_out, some.head) = (true, Some((106, "AAAA".to_owned())));
    let mut model = Model::new(Source { belief: some, ..source() }, Theme::default()).unwrap();
    let warning = "WITHHELD: 98 of 106 entries are not in this bundle";
    assert!(linear::greeting(&model).starts_with(warning));
    assert!(!linear::greeting(&model).contains("does not verify"));
    for keys in ["1", "2", "3", "4", "5", "6"] {
        press(&mut model, keys);
        let text = drawn(&mut model, 80, 24);
        assert!(text.starts_with(&format!(" {warning}")), "{text}");
        assert!(text.replace('\n', " ").contains("\"not met\" may mean only"), "{text}");
    }
}

#[test]
fn a_box_without_a_signer_says_so_and_is_passed_by_no_key() {
    let nobody = Source { roster: Roster::default(), ..source() };
    let mut model = Model::new(nobody, Theme::default()).unwrap();
    press(&mut model, "5");
    let mut seen = Vec::new();
    for _ in 0..3 {
        let text = drawn(&mut model, 80, 24);
        seen.push(text.lines().find(|line| line.starts_with("│>")).unwrap().to_owned());
        press(&mut model, "\t");
    }
    assert!(seen.iter().any(|line| line.contains("Nobody: no entry here")), "{seen:#?}");
    assert_eq!(seen.iter().collect::<std::collections::BTreeSet<_>>().len(), 3, "{seen:#?}");
}

//! What is drawn as selected is what opens: read from the cells that a person sees, after any keys.

use dspt_ledger::tui::input::keymap::Key;
use dspt_ledger::tui::model::overlay::Overlay;
use dspt_ledger::tui::model::update::{Message, update};
use dspt_ledger::tui::model::{Body, Model, Screen};
use dspt_ledger::tui::view::theme::Theme;
use dspt_ledger::tui::view::view;
use dspt_ledger::tui::view_model::linear;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier};

use crate::screen::tui::{model, model_of, press, say, source};

/// The text of the row that is drawn as selected, after its mark; none where none is.
#[track_caller]
fn drawn_selected(model: &mut Model, columns: u16, rows: u16) -> Option<String> {
    update(model, Message::Size(columns, rows));
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| view(model, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    // A lapsed item's status is reversed too, in a colour of its own.
    let selected = |x: u16, y: u16| {
        let cell = &buffer[(x, y)];
        cell.modifier.contains(Modifier::REVERSED) && cell.fg == Color::Reset
    };
    let mut found = Vec::new();
    for y in 0..rows {
        let line = (0..columns).filter(|x| selected(*x, y));
        let line: String = line.map(|x| buffer[(x, y)].symbol()).collect();
        if !line.is_empty() {
            found.push(line);
        }
    }
    assert!(found.len() <= 1, "{:?}: several rows are drawn as selected: {found:#?}", model.screen);
    let row = found.pop()?;
    Some(row.strip_prefix('>').unwrap_or_else(|| panic!("no mark: {row}")).to_owned())
}

/// Presses Enter and says what must have come of it by what was drawn.
#[track_caller]
fn enter_opens_what_is_drawn(model: &mut Model, (columns, rows): (u16, u16), way: &str) {
    let row = drawn_selected(model, columns, rows);
    let (screen, lines) = (model.screen, model.lines());
    assert_eq!(row.is_some(), lines > 0, "{way}: {screen:?} {lines} {row:?}");
    let Some(row) = row else {
        press(model, "\n");
        assert_eq!((model.screen, &model.overlay), (screen, &Overlay::None), "{way}");
        return;
    };
    let first = row.split_whitespace().next().unwrap_or("").trim_end_matches('o').to_owned();
    press(model, "\n");
    match screen {
        Screen::Position | Screen::Compare | Screen::YearEnd => {
            if first.matches('.').count() == 1 {
                assert_eq!(model.screen, screen, "{way}: {row}");
                assert!(model.notice.contains(&first), "{way}: {row}: {}", model.notice);
                return;
            }
            assert_eq!(model.screen, Screen::Why, "{way}: {row}");
            assert_eq!(model.item.as_ref().unwrap().as_str(), first, "{way}: {row}");
            if let Body::Why(Some((why, _))) = &model.body {
                assert!(why.title.starts_with(&format!("{first} ")), "{way}: {}", why.title);
            }
        }
        Screen::History => {
            let Overlay::Text(title, ..) = &model.overlay else {
                assert_eq!(first, "-", "{way}: {row}");
                return;
            };
            assert!(first == "-" || *title == format!("Entry {first}"), "{way}: {row}: {title}");
        }
        Screen::Signatures => {
            if let Overlay::Text(title, ..) = &model.overlay {
                let words = row.replace(['[', ']', '!', '>'], " ");
                let start: String = title.chars().take(8).collect();
                assert!(words.contains(&start) || row.contains(&start), "{way}: {row}: {title}");
            }
        }
        Screen::Why => {
            // What is opened holds the line that was drawn.
            if let Overlay::Text(_, lines, _) = &model.overlay {
                let start: String =
                    row.trim_start_matches([' ', '+', 'v']).chars().take(20).collect();
                let text = lines.join("\n");
                assert!(text.contains(start.trim_end_matches('.')), "{way}: {row}: {text}");
            }
        }
    }
}

#[test]
fn enter_opens_what_is_drawn_as_selected_after_any_keys() {
    let keys = [
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "j",
        "j",
        "k",
        "jjjj",
        ",",
        ".",
        "n",
        "n",
        "<",
        ">",
        "c",
        "s",
        "\t",
        "flapsed\n",
        "fto-do\n",
        "fmet standard 9\n",
        "fmandatory\n",
        "fall\n",
        "flate\n",
        "fby Patel\n",
        "g30/6/2026\n",
        "g1/1/2026\n",
        "g1/1/2024\n",
        "g2027-06-30\n",
        "T",
        "\u{1b}",
        "/9.2\n",
        "/patch\n",
        "e\n",
        "*",
        "N",
    ];
    for (size, seed) in [((80, 24), 11_u32), ((140, 40), 5), ((60, 18), 77)] {
        let mut model = model_of(source(), Theme::default());
        model.tour = None;
        let (mut seed, mut way) = (seed, Vec::new());
        for turn in 0..90 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let key = keys[(seed >> 8) as usize % keys.len()];
            way.push(key);
            press(&mut model, key);
            if turn % 7 == 3 {
                update(&mut model, Message::Key(Key::End));
                way.push("End");
            }
            if model.overlay != Overlay::None {
                // A filter or a date that was refused keeps its prompt.
                press(&mut model, "\u{1b}");
            }
            let shown = way[way.len().saturating_sub(12)..].join(" ");
            enter_opens_what_is_drawn(&mut model, size, &shown);
            press(&mut model, "\u{1b}");
        }
    }
}

#[test]
fn what_a_filter_or_another_day_hides_is_not_opened() {
    // The item that was selected first is not in these lists.
    for keys in ["6", "flapsed\n", "cn", "6k", "3"] {
        let mut model = model_of(source(), Theme::default());
        say(&mut model, "edit 2026-06-30, then");
        model.item = Some("1.1.3".parse().unwrap());
        model.cursors = [dspt_ledger::tui::model::Cursor::default(); 6];
        press(&mut model, keys);
        enter_opens_what_is_drawn(&mut model, (80, 24), keys);
    }
    // The screen of reasons explains it as well, opened by its number.
    let mut model = model_of(source(), Theme::default());
    say(&mut model, "edit 2026-06-30, then");
    model.item = Some("1.1.3".parse().unwrap());
    press(&mut model, "flapsed\n");
    let row = drawn_selected(&mut model, 80, 24).unwrap();
    press(&mut model, "2");
    assert_eq!(
        row.split_whitespace().next(),
        model.item.as_ref().map(dspt_ledger::domain::ids::ItemId::as_str)
    );
}

#[test]
fn the_linear_mode_opens_the_line_that_it_names() {
    let mut model = model_of(source(), Theme::default());
    linear::answer(&mut model, "edit 2026-06-30, then");
    for screen in ["year-end", "changes", "filter lapsed", "position"] {
        let (said, _) = linear::answer(&mut model, screen);
        let line = said.lines().find_map(|line| line.strip_prefix("Selected: "));
        let line = line.unwrap_or_else(|| panic!("{screen}: {said}")).to_owned();
        let number = line.split([',', ' ']).next().unwrap().to_owned();
        let (opened, _) = linear::answer(&mut model, "open");
        assert!(opened.contains(&format!("\n{number} ")), "{screen}: {line}: {opened}");
        linear::answer(&mut model, "back");
    }
}

#[test]
fn a_hidden_item_is_selected_again_when_it_is_back() {
    let mut model = model();
    press(&mut model, "fmet\nfall\n");
    assert_eq!(drawn_selected(&mut model, 80, 24).unwrap().split(' ').next(), Some("9.2.1"));
    // In History the entry stays selected, whatever comes before it.
    press(&mut model, "4jjj");
    let row = drawn_selected(&mut model, 80, 24).unwrap();
    press(&mut model, "n");
    assert_eq!(drawn_selected(&mut model, 80, 24).unwrap(), row);
}

#[test]
fn reasons_go_to_what_changed_when_the_question_changes() {
    let mut model = model();
    press(&mut model, "\nn");
    let row = drawn_selected(&mut model, 140, 40).unwrap();
    assert!(row.contains("CE-EX-90417"), "{row}");
    assert_eq!(model.entry(), Some(105));
    press(&mut model, "n");
    let row = drawn_selected(&mut model, 140, 40).unwrap();
    assert!(row.contains("it was met by equivalence until 9 Jun 2026"), "{row}");
}

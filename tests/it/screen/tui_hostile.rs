//! The screen over a ledger whose words are wide, combined, hidden or endless.

use std::sync::Arc;

use dspt_ledger::domain::event::Event;
use dspt_ledger::domain::sanitize::is_hidden;
use dspt_ledger::tui::model::Model;
use dspt_ledger::tui::model::session::Source;
use dspt_ledger::tui::view::theme::Theme;
use dspt_ledger::tui::view_model::linear;
use unicode_width::UnicodeWidthStr as _;

use crate::screen::tui::{drawn, facts, model_of, press, say, source, with_facts};

/// The sample ledger with other words: in titles of items and evidence, in names, and in the revision
/// of the edition.
fn with_words(words: &str, revision: &str) -> Model {
    let mut facts = facts(&source());
    for fact in &mut facts {
        if let Event::EvidenceRecorded(body) = &mut fact.event {
            body.title = format!("{words} {}", body.title);
        }
        if let Event::LedgerOpened(body) = &mut fact.event {
            words.clone_into(&mut body.organisation);
        }
        if let Event::CertificateRecorded(body) = &mut fact.event {
            body.number = format!("{words} {}", body.number);
        }
        if let Event::EditionAdopted(body) = &mut fact.event {
            revision.clone_into(&mut body.revision);
        }
    }
    let source = with_facts(facts);
    let contents = source.contents.iter().map(|(digest, bytes)| {
        let text = String::from_utf8_lossy(bytes);
        let text = text.replace("Annual penetration test", words).replace("Patel", words);
        (digest.clone(), Arc::new(text.into_bytes()))
    });
    let contents = contents.collect();
    let mut model = model_of(Source { contents, ..source }, Theme::default());
    say(&mut model, "edit 2026-06-30, then");
    say(&mut model, "find 9.2.1");
    model
}

/// Draws each page and looks at every row: no hidden character, and a frame's right edge where the
/// window ends.
fn holds(model: &mut Model) {
    for (columns, rows) in [(60, 18), (80, 24), (140, 40)] {
        for keys in ["1", "2", "2*", "3", "3\n", "4", "4\n", "5", "6"] {
            press(model, keys);
            let text = drawn(model, columns, rows);
            for line in text.lines() {
                let hidden = line.chars().find(|c| is_hidden(*c) && *c != '\u{200d}');
                assert_eq!(hidden, None, "{keys:?} {columns}: {line:?}");
                if line.starts_with('│') {
                    let wide = line.width();
                    assert!(line.ends_with(['│', '┐', '┘']), "{keys:?} {columns}: {line}\n{text}");
                    assert_eq!(wide, usize::from(columns), "{keys:?}: {line}\n{text}");
                }
            }
            press(model, "\u{1b}");
        }
    }
    for page in ["position", "why", "compare", "history", "signatures", "year-end"] {
        let (said, _) = linear::answer(model, page);
        assert!(said.chars().all(|c| c == '\n' || !is_hidden(c)), "{page}: {said:?}");
    }
}

#[test]
fn wide_and_combined_characters_keep_the_columns() {
    for words in [
        "年次侵入試験の報告書とその結果についての対応計画",
        "e\u{301}a\u{308}\u{323} o\u{302}\u{301}",
        "試e\u{301}験",
    ] {
        let mut model = with_words(words, "8.0.0");
        let page = drawn(&mut model, 240, 70);
        assert!(page.contains(words.chars().next().unwrap()), "{page}");
        holds(&mut model);
    }
}

#[test]
fn a_hostile_revision_paints_nothing() {
    let long = "8.0.0 ".repeat(300);
    for revision in
        ["8\u{1b}[2J\u{1b}]0;owned\u{7}", "\u{202e}0.0.8\u{2066}", &long, "版八\u{301}", ""]
    {
        let mut model = with_words("Annual penetration test", revision);
        assert!(!model.position.rows.is_empty(), "{revision:?}");
        holds(&mut model);
    }
}

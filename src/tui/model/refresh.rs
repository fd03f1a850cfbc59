//! What the screen says, worked out again after each change, with item and scroll kept where they are.

use super::filter::Filter;
use super::session::{Asked, Known};
use super::{Beside, Body, LinesRead, Model, Over, Screen};
use crate::domain::ids::ItemRef;
use crate::domain::sanitize::counted;
use crate::tui::input::keymap::Command;
use crate::tui::view::layout;
use crate::tui::view::text_width::wrap;
use crate::tui::view_model::compare::Compare;
use crate::tui::view_model::history::{History, details, tell};
use crate::tui::view_model::signatures;
use crate::tui::view_model::why::{self, Line, Path, Why};
use crate::tui::view_model::year_end::{YearEnd, closes};
use crate::tui::view_model::{Position, Row};

/// The lines of Why as they were, and which was selected.
struct Followed {
    item: ItemRef,
    asked: Asked,
    /// How many entries the question could use.
    size: u64,
    at: Path,
    lines: Vec<Line>,
}

impl Model {
    /// Works out again what the screen says, keeping item and scroll where they are.
    pub fn refresh(&mut self) {
        let before = self.followed();
        self.leave_year_end();
        self.over = self.read_over();
        let (columns, rows) = self.window;
        self.size = (columns, rows.saturating_sub(self.over.rows() + self.over.more()));
        match Position::read(&mut self.library, self.asked, &self.filter) {
            Ok(position) => self.position = position,
            Err(error) => self.notice = error.to_string(),
        }
        self.judge_at_the_close();
        self.body = self.read_body();
        self.beside = self.read_beside();
        self.instead = self.read_instead();
        self.keep_line();
        if let Some(before) = before {
            self.follow(&before);
        }
        self.scroll();
        self.reasons();
        self.told = self.read_told();
    }

    /// Year end judges no day after the last one for publishing: of a year that has closed it shows
    /// that day. Leaving the screen goes back to the day before it.
    fn judge_at_the_close(&mut self) {
        let on = self.asked.on;
        let close = closes(&self.position).filter(|close| *close < on);
        let Some(close) = close.filter(|_| self.screen == Screen::YearEnd) else { return };
        self.asked.on = close;
        if let Ok(position) = Position::read(&mut self.library, self.asked, &self.filter) {
            self.position = position;
        }
        let from = self.year_end_from.map_or(on, |(from, _)| from);
        self.year_end_from = Some((from, close));
        if self.notice.is_empty() {
            self.notice = format!("The edition closed on {}: that day is judged.", close.short());
        }
    }

    fn leave_year_end(&mut self) {
        let Some((from, close)) = self.year_end_from else { return };
        let opened_there = self.before.last() == Some(&Screen::YearEnd)
            && matches!(self.screen, Screen::Why | Screen::Compare);
        if self.asked.on != close {
            self.year_end_from = None;
        } else if self.screen != Screen::YearEnd && !opened_there {
            self.asked.on = from;
            self.year_end_from = None;
        }
    }

    fn read_over(&self) -> Over {
        let width = usize::from(self.window.0.saturating_sub(2));
        let wrapped = |text: &String| wrap(text, width);
        let warning = self.trust.warning().as_ref().map(wrapped).unwrap_or_default();
        let here = self.screen == Screen::Signatures;
        let verdict = if here { signatures::verdict(self.context(), width) } else { Vec::new() };
        Over { warning, verdict }
    }

    fn read_body(&mut self) -> Body {
        match self.screen {
            Screen::Position => Body::Position(Vec::new(), None),
            Screen::Why => Body::Why(self.read_why(self.active())),
            Screen::Compare => {
                let all = Filter::default();
                let a = Position::read(&mut self.library, self.other, &all);
                let b = Position::read(&mut self.library, self.asked, &all);
                match (a, b) {
                    (Ok(a), Ok(b)) => Body::Compare(Box::new(Compare::read(a, b, &self.filter))),
                    _ => Body::Signatures,
                }
            }
            Screen::History => {
                let (library, size) = (&self.library, self.position.size);
                let before = std::mem::replace(&mut self.body, Body::Signatures);
                let kept = if let Body::History(page) = before { Some(page) } else { None };
                // A million lines are not listed again for a step down the list.
                let kept =
                    kept.filter(|page| page.answers(library, self.asked, size, &self.filter));
                let read = || History::read(library, self.asked, size, &self.filter);
                Body::History(kept.unwrap_or_else(read))
            }
            Screen::Signatures => Body::Signatures,
            Screen::YearEnd => {
                let all = Position::read(&mut self.library, self.asked, &Filter::default());
                let rows: Vec<Row> = all.map_or_else(|_| Vec::new(), |all| all.rows);
                Body::YearEnd(Box::new(YearEnd::read(&self.position, &rows)))
            }
        }
    }

    /// The reasons for the selected item, and the lines of them; none when it is not asked for.
    fn read_why(&mut self, asked: Asked) -> Option<(Box<Why>, Vec<Line>)> {
        let most = if self.open_all { usize::MAX } else { why::MOST };
        let position = if asked == self.asked {
            self.position.clone()
        } else {
            Position::read(&mut self.library, asked, &Filter::default()).ok()?
        };
        let item = self.item_ref(&position)?;
        let why = Why::read(&mut self.library, &position, &item, most)?;
        let why = why.with_answers(&mut self.library, asked);
        let lines = why.lines(&self.turned, self.open_all);
        Some((Box::new(why), lines))
    }

    fn read_beside(&mut self) -> Option<Beside> {
        if !self.is_beside() {
            return None;
        }
        let asked = if self.on_a { self.asked } else { self.other };
        let tree = self.read_why(asked);
        Some(Beside { asked, tree })
    }

    /// What would show something, where nothing fits the filter; nothing where something does.
    fn read_instead(&mut self) -> Vec<String> {
        if self.lines() > 0 || self.filter.text.is_empty() {
            return Vec::new();
        }
        let known = if self.asked.known == Known::Now { Known::Then } else { Known::Now };
        let asked = Asked { known, ..self.asked };
        let (all, other) = match &self.body {
            Body::Position(..) => {
                let other = Position::read(&mut self.library, asked, &self.filter);
                (self.position.total(), other.map_or(0, |one| one.rows.len()))
            }
            Body::History(_) => {
                let size = self.library.size(asked);
                let other = History::read(&self.library, asked, size, &self.filter);
                (self.position.size, other.lines.len())
            }
            Body::Compare(page) => (page.all.len() as u64, 0),
            Body::Why(_) | Body::Signatures | Body::YearEnd(_) => return Vec::new(),
        };
        let mut lines = vec![format!("Nothing here fits the filter \"{}\".", self.filter.title())];
        let key = self.keys.hint(Command::Filter);
        lines.push(format!("{key}, Enter shows all: {}.", counted(all, "line")));
        if other > 0 {
            let known = if known == Known::Now { "now" } else { "then" };
            let key = self.keys.hint(Command::NowThen);
            lines.push(format!(
                "{key} shows what was known {known}: {} fit.",
                counted(other, "line")
            ));
        }
        lines
    }

    /// Puts the cursor back on what was selected, where the list still has it.
    fn keep_line(&mut self) {
        let (lines, at) = (self.lines(), self.cursor().at);
        let found = match &self.body {
            Body::History(page) => {
                let here = page.lines.get(at).copied();
                let moved = self.happening.filter(|wanted| here != Some(*wanted));
                moved.and_then(|wanted| page.lines.iter().position(|one| *one == wanted))
            }
            Body::Signatures => {
                let all = signatures::lines(self.context());
                Some(signatures::beside_title(&all, at, true))
            }
            Body::Position(..) | Body::Compare(_) | Body::YearEnd(_) => {
                // A line about no item was selected as such and stays.
                let item = self.item.as_ref().filter(|_| self.on_item);
                item.and_then(|item| {
                    (0..lines).find(|line| self.item_at(*line).as_ref() == Some(item))
                })
            }
            Body::Why(_) => None,
        };
        if let Some(cursor) = self.cursors.get_mut(self.screen.number()) {
            cursor.at = found.unwrap_or(cursor.at).min(lines.saturating_sub(1));
        }
    }

    /// What the lines of Why were before a change, where there were any.
    fn followed(&self) -> Option<Followed> {
        let Body::Why(Some((why, lines))) = &self.body else { return None };
        let at = lines.get(self.cursor().at)?.path.clone();
        let (item, asked, size) = (why.item.clone(), why.asked, why.size);
        Some(Followed { item, asked, size, at, lines: lines.clone() })
    }

    /// Keeps the line of Why; where the same item is asked another question, goes to what changed.
    fn follow(&mut self, before: &Followed) {
        let Body::Why(Some((why, lines))) = &self.body else { return };
        if why.item.item != before.item.item {
            return;
        }
        let same = lines.iter().position(|one| one.path == before.at);
        let found = if before.asked == why.asked {
            same
        } else {
            why::what_changed(&before.lines, before.size, lines).or(same)
        };
        if let (Some(at), Some(cursor)) = (found, self.cursors.get_mut(self.screen.number())) {
            cursor.at = at;
        }
    }

    /// Scrolls as little as shows the selected line.
    pub fn scroll(&mut self) {
        let (height, lines) = if self.screen == Screen::Signatures {
            let own = self.signature_box();
            (own.room, own.lines)
        } else {
            (self.list_height(), 0..self.lines())
        };
        if let Some(cursor) = self.cursors.get_mut(self.screen.number()) {
            let first = (cursor.at + 1).saturating_sub(height).max(lines.start);
            cursor.top = cursor.top.clamp(first, cursor.at.max(first));
            cursor.top = cursor.top.min(lines.end.saturating_sub(height).max(lines.start));
        }
    }

    /// Reads the entries on screen, so that drawing them reads nothing.
    fn read_told(&self) -> LinesRead {
        let mut told = LinesRead::default();
        if let Body::History(page) = &self.body {
            let (top, height) = (self.cursor().top, self.list_height());
            let lines = page.lines.iter().skip(top).take(height);
            told.lines = lines.map(|line| tell(&self.library, *line, page.size)).collect();
        }
        if layout::is_wide(self.size) {
            let entry = if self.screen == Screen::Signatures {
                signatures::lines(self.context()).get(self.cursor().at).and_then(|line| line.entry)
            } else {
                self.entry()
            };
            let read = |seq| details(&self.library, &self.trust, seq);
            told.entry = entry.map_or_else(Vec::new, read);
        }
        told
    }

    /// Works out the reasons of the rows on screen, and of the selected one where there is room.
    fn reasons(&mut self) {
        if !matches!(self.body, Body::Position(..)) {
            return;
        }
        let cursor = self.cursor();
        let height = self.list_height();
        let view = self.position.view();
        let rows = self.position.rows.iter().skip(cursor.top).take(height);
        let because: Vec<String> = rows.map(|row| view.because_text(&row.item)).collect();
        let row = self.position.rows.get(cursor.at).filter(|_| layout::is_wide(self.size));
        let item = row.map(|row| row.item.clone());
        let why =
            item.and_then(|item| Why::read(&mut self.library, &self.position, &item, why::MOST));
        self.body = Body::Position(because, why.map(Box::new));
    }
}

//! The state of the screen, and what it says, worked out again after each change. No file, clock or
//! terminal.

pub mod commands;
pub mod filter;
pub mod find;
pub mod loading;
pub mod overlay;
pub mod session;
pub mod step;
pub mod time_nav;
pub mod update;
pub mod verification;

use std::collections::BTreeSet;

use super::input::keymap::{Command, Keymap};
use super::view::layout;
use super::view::text_width::wrap;
use super::view::theme::Theme;
use super::view_model::compare::Compare;
use super::view_model::history::{self, Happening, History, details, tell};
use super::view_model::signatures;
use super::view_model::why::{self, Line, Path, Why};
use super::view_model::year_end::{ToDo, YearEnd, closes};
use super::view_model::{Position, Row};
use crate::domain::belief::Grade;
use crate::domain::date::Date;
use crate::domain::engine::derive::RulesChoice;
use crate::domain::ids::{ItemId, ItemRef};
use crate::domain::sanitize::counted;
use crate::domain::state::ReplayError;
use filter::Filter;
use find::Looking;
use overlay::Overlay;
use session::{Asked, Known, Library, Marker, MarkerText, Source};
use step::Step;
use verification::Trust;

/// The six screens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Screen {
    /// Every item's status.
    #[default]
    Position,
    /// One item's reasons.
    Why,
    /// Two positions.
    Compare,
    /// What was recorded.
    History,
    /// Whether it can be trusted.
    Signatures,
    /// What is still to do.
    YearEnd,
}

impl Screen {
    /// All screens in the order of their numbers.
    pub const ALL: [Self; 6] =
        [Self::Position, Self::Why, Self::Compare, Self::History, Self::Signatures, Self::YearEnd];

    /// Returns its place, from 0.
    pub fn number(self) -> usize {
        Self::ALL.iter().position(|one| *one == self).unwrap_or(0)
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Position => "Position",
            Self::Why => "Why",
            Self::Compare => "Compare",
            Self::History => "History",
            Self::Signatures => "Signatures",
            Self::YearEnd => "Year end",
        }
    }
}

/// Which line of a list is selected, and which is the first on screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The selected line.
    pub at: usize,
    /// The first line on screen.
    pub top: usize,
}

/// What a screen holds besides the position.
pub enum Body {
    /// Reasons in a few words for the rows on screen, and the selected item's page where it shows.
    Position(Vec<String>, Option<Box<Why>>),
    /// The tree and its lines; none when the item is not asked for.
    Why(Option<(Box<Why>, Vec<Line>)>),
    /// Two positions.
    Compare(Box<Compare>),
    /// What was recorded.
    History(History),
    /// Nothing of its own.
    Signatures,
    /// What is still to do.
    YearEnd(Box<YearEnd>),
}

/// The other side of a comparison: the same item as the side that is not being moved explains it.
pub struct Beside {
    /// Its question.
    pub asked: Asked,
    /// Its tree and the lines of it; none when the item is not asked for.
    pub tree: Option<(Box<Why>, Vec<Line>)>,
}

/// The lines of Why as they were, and which was selected.
struct Followed {
    item: ItemRef,
    asked: Asked,
    /// How many entries the question could use.
    size: u64,
    at: Path,
    lines: Vec<Line>,
}

/// What was read of entries for the lines on screen.
#[derive(Clone, Debug, Default)]
pub struct LinesRead {
    /// The lines of History on screen.
    pub lines: Vec<history::RenderedLine>,
    /// Everything about the entry on the selected line, where there is room to show it.
    pub entry: Vec<String>,
}

/// What takes rows from the screen: it is wrapped, never cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Over {
    /// What stands over every screen where not all can be believed.
    pub warning: Vec<String>,
    /// What the Signatures screen answers.
    pub verdict: Vec<String>,
}

impl Over {
    /// How many rows the verdict takes more than it has.
    pub fn more(&self) -> u16 {
        let rows = u16::try_from(self.verdict.len()).unwrap_or(u16::MAX);
        rows.saturating_sub(layout::HEADER - 1)
    }

    /// How many rows the warning takes.
    pub fn rows(&self) -> u16 {
        u16::try_from(self.warning.len()).unwrap_or(u16::MAX)
    }
}

/// Everything that the screen shows.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Model {
    /// What it answers from.
    pub library: Library,
    /// The question; side B in Compare.
    pub asked: Asked,
    /// Side A in Compare.
    pub other: Asked,
    /// Whether side A was chosen; before that it is a year before B.
    pub chosen: bool,
    /// Whether time keys move side A.
    pub on_a: bool,
    /// The screen.
    pub screen: Screen,
    /// Where Esc goes back to.
    pub before: Vec<Screen>,
    /// The item that lists select where they have it, and that Why explains. What is drawn as
    /// selected, and opened, is [`Model::selected_item`].
    pub item: Option<ItemId>,
    /// Whether the selected line was chosen as one about an item.
    pub on_item: bool,
    /// Where Year end shows the day on which the edition closed: the day before, and that one.
    pub year_end_from: Option<(Date, Date)>,
    /// How far a search has come that takes several turns.
    pub looking: Option<Looking>,
    /// What would show something, where a filter shows nothing.
    pub instead: Vec<String>,
    /// The line that History selects where it has it.
    pub happening: Option<Happening>,
    /// One cursor for each screen.
    pub cursors: [Cursor; 6],
    /// What lists show.
    pub filter: Filter,
    /// What is looked for.
    pub wanted: String,
    /// How far one step goes.
    pub step: Step,
    /// Whether time runs by itself.
    pub playing: bool,
    /// Whether it may: not in a plain terminal.
    pub motion: bool,
    /// What lies over the screen.
    pub overlay: Overlay,
    /// One line about what was just done.
    pub notice: String,
    /// What is known about signatures.
    pub trust: Trust,
    /// Branches that stand otherwise than they start.
    pub turned: BTreeSet<Path>,
    /// Whether all branches are open.
    pub open_all: bool,
    /// Whether the mouse is taken.
    pub mouse: bool,
    /// Columns and rows of the window.
    pub window: (u16, u16),
    /// What takes rows from the screen that it would have otherwise.
    pub over: Over,
    /// Columns and rows that are left of it.
    pub size: (u16, u16),
    /// What things look like.
    pub theme: Theme,
    /// What each key does.
    pub keys: Keymap,
    /// How many entries were recorded since the ledger was read.
    pub grown: u64,
    /// Which step of the tour is shown.
    pub tour: Option<usize>,
    /// The position asked about.
    pub position: Position,
    /// What the screen holds besides.
    pub body: Body,
    /// In Why after Compare: the side that the keys do not move.
    pub beside: Option<Beside>,
    /// What was read of entries for the lines on screen.
    pub told: LinesRead,
}

impl Model {
    /// A screen over a ledger, on today's position and the first item that needs work.
    ///
    /// # Errors
    /// [`ReplayError`] when the ledger cannot be replayed.
    pub fn new(source: Source, theme: Theme) -> Result<Self, ReplayError> {
        let mut library = Library::new(source)?;
        let on = library.today();
        let asked = Asked { on, known: Known::Now, rules: RulesChoice::Then };
        let filter = Filter::default();
        let position = Position::read(&mut library, asked, &filter)?;
        let work = position.rows.iter().find(|row| !row.status.in_place());
        let item = work.or(position.rows.first()).map(|row| row.item.item.clone());
        let opened = library.source.belief.clone();
        let broken = !opened.is_clean() && opened.grade != Grade::Unchecked;
        let tour = (library.source.sample && !broken).then_some(0);
        let mut model = Self {
            asked,
            other: Asked { on: on.plus_months(-12), ..asked },
            chosen: false,
            on_a: false,
            screen: if broken { Screen::Signatures } else { Screen::Position },
            before: Vec::new(),
            item,
            on_item: true,
            year_end_from: None,
            looking: None,
            instead: Vec::new(),
            happening: None,
            cursors: [Cursor::default(); 6],
            filter,
            wanted: String::new(),
            step: Step::default(),
            playing: false,
            motion: true,
            overlay: Overlay::None,
            notice: String::new(),
            trust: Trust { opened, ..Trust::default() },
            turned: BTreeSet::new(),
            open_all: false,
            mouse: false,
            window: (80, 24),
            over: Over::default(),
            size: (80, 24),
            theme,
            keys: Keymap::default(),
            grown: 0,
            tour,
            position,
            body: Body::Signatures,
            beside: None,
            told: LinesRead::default(),
            library,
        };
        model.refresh();
        Ok(model)
    }

    /// The question that time keys move.
    pub fn active(&self) -> Asked {
        if self.on_a && self.has_sides() { self.other } else { self.asked }
    }

    /// Says whether two positions are on screen: in Compare, and in Why when it was opened there.
    pub fn has_sides(&self) -> bool {
        self.screen == Screen::Compare || self.is_beside()
    }

    /// Says whether Why explains both sides of a comparison.
    pub fn is_beside(&self) -> bool {
        self.screen == Screen::Why && self.before.last() == Some(&Screen::Compare)
    }

    /// Moves the question that time keys move.
    pub fn ask(&mut self, asked: Asked) {
        if self.on_a && self.has_sides() {
            self.other = asked;
        } else {
            self.asked = asked;
        }
        // Both sides of a comparison stand under the same choice of rules, as in `dspt diff`.
        self.asked.rules = asked.rules;
        self.other.rules = asked.rules;
    }

    /// The cursor of the screen.
    pub fn cursor(&self) -> Cursor {
        self.cursors.get(self.screen.number()).copied().unwrap_or_default()
    }

    /// Moves the cursor of the screen and takes the item under it along.
    pub fn select(&mut self, at: usize) {
        let last = self.lines().saturating_sub(1);
        let mut at = at.min(last);
        if self.screen == Screen::Signatures {
            at = signatures::beside_title(&signatures::lines(self), at, at > self.cursor().at);
        }
        if let Some(cursor) = self.cursors.get_mut(self.screen.number()) {
            cursor.at = at;
        }
        let item = self.item_at(at);
        self.on_item = item.is_some();
        if item.is_some() {
            self.item = item;
        }
        if let Body::History(page) = &self.body {
            self.happening = page.lines.get(at).copied();
        }
    }

    /// The item on the line that is drawn as selected: the one that opening opens. In Why it is the
    /// item explained.
    pub fn selected_item(&self) -> Option<ItemId> {
        match self.body {
            Body::Why(_) => self.item.clone(),
            Body::Position(..)
            | Body::Compare(_)
            | Body::History(_)
            | Body::Signatures
            | Body::YearEnd(_) => self.item_at(self.cursor().at),
        }
    }

    /// How many lines the list of the screen has.
    pub fn lines(&self) -> usize {
        match &self.body {
            Body::Position(..) => self.position.rows.len(),
            Body::Why(why) => why.as_ref().map_or(0, |(_, lines)| lines.len()),
            Body::Compare(page) => page.shown.len(),
            Body::History(page) => page.lines.len(),
            Body::Signatures => signatures::lines(self).len(),
            Body::YearEnd(page) => page.to_do.len(),
        }
    }

    /// The item on a line of the list, where it is about one.
    pub fn item_at(&self, line: usize) -> Option<ItemId> {
        match &self.body {
            Body::Position(..) => self.position.rows.get(line).map(|row| row.item.item.clone()),
            Body::Compare(page) => page.line(line).map(|one| one.item.item.clone()),
            Body::YearEnd(page) => match page.to_do.get(line)? {
                ToDo::Item(row) => Some(row.item.item.clone()),
                ToDo::Assertion(_) => None,
            },
            Body::Why(_) | Body::History(_) | Body::Signatures => None,
        }
    }

    /// The entry on the selected line, where there is one.
    pub fn entry(&self) -> Option<u64> {
        match &self.body {
            Body::Why(Some((_, lines))) => {
                let at = self.cursor().at;
                let path = &lines.get(at)?.path;
                // A branch stands for the first entry under it.
                let mut under = lines.iter().skip(at).take_while(|one| one.path.starts_with(path));
                under.find_map(|one| one.entries.first().copied())
            }
            Body::History(page) => match page.lines.get(self.cursor().at)? {
                Happening::Entry(seq) => Some(u64::from(*seq)),
                Happening::Calendar(number) => {
                    self.library.markers.get(usize::try_from(*number).ok()?)?.entry
                }
            },
            Body::Position(..)
            | Body::Why(None)
            | Body::Compare(_)
            | Body::Signatures
            | Body::YearEnd(_) => None,
        }
    }

    /// The full key of the selected item, in the edition in force on the day of a position.
    fn item_ref(&self, position: &Position) -> Option<ItemRef> {
        let item = self.item.clone()?;
        let period = position.book.positions.derivation.period_on(position.asked.on)?;
        let (edition, category) = (period.edition.id.clone(), period.category.clone());
        Some(ItemRef { edition, category, item })
    }

    /// Markers and bookmarks, by day.
    pub fn markers(&self) -> Vec<Marker> {
        let mut all = self.library.markers.clone();
        all.extend(self.library.source.bookmarks.iter().map(|day| Marker {
            day: *day,
            letter: 'B',
            text: MarkerText::Text("bookmark".to_owned()),
            entry: None,
        }));
        all.sort();
        all
    }

    /// The nearest marker or bookmark after a day, or before it.
    pub fn marker_beside(&self, day: Date, forward: bool) -> Option<Marker> {
        let all = &self.library.markers;
        let bookmarks = &self.library.source.bookmarks;
        let bookmark = |day: &Date| Marker {
            day: *day,
            letter: 'B',
            text: MarkerText::Text("bookmark".to_owned()),
            entry: None,
        };
        if forward {
            let marker = all.get(all.partition_point(|one| one.day <= day)).cloned();
            let own = bookmarks.range(day.plus(1)..).next().map(bookmark);
            marker.into_iter().chain(own).min()
        } else {
            let before = all.partition_point(|one| one.day < day);
            let marker = before.checked_sub(1).and_then(|at| all.get(at)).cloned();
            let own = bookmarks.range(..day).next_back().map(bookmark);
            marker.into_iter().chain(own).max()
        }
    }

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
        let verdict = if here { signatures::verdict(self, width) } else { Vec::new() };
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
                let all = signatures::lines(self);
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
            let own = layout::signature_box(self);
            (own.room, own.lines)
        } else {
            (layout::list_height(self), 0..self.lines())
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
            let (top, height) = (self.cursor().top, layout::list_height(self));
            let lines = page.lines.iter().skip(top).take(height);
            told.lines = lines.map(|line| tell(&self.library, *line, page.size)).collect();
        }
        if layout::is_wide(self.size) {
            let entry = if self.screen == Screen::Signatures {
                signatures::lines(self).get(self.cursor().at).and_then(|line| line.entry)
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
        let height = layout::list_height(self);
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

//! The state of the screen, and what it says, worked out again after each change. No file, clock or
//! terminal.

pub mod commands;
pub mod filter;
pub mod find;
pub(in crate::tui) mod going;
pub mod loading;
pub(in crate::tui) mod looking;
pub mod message;
pub mod overlay;
pub(in crate::tui) mod prompted;
mod refresh;
pub mod screen;
pub mod session;
pub mod step;
pub mod time_nav;
pub mod update;
pub mod verification;

use std::collections::BTreeSet;

use super::input::keymap::Keymap;
use super::view::layout::{self, Boxed};
use super::view::theme::Theme;
use super::view_model::Position;
use super::view_model::box_line;
use super::view_model::compare::Compare;
use super::view_model::context::Context;
use super::view_model::history::{self, Happening, History};
use super::view_model::signatures;
use super::view_model::why::{Line, Path, Why};
use super::view_model::year_end::{ToDo, YearEnd};
use crate::domain::belief::Grade;
use crate::domain::date::Date;
use crate::domain::engine::derive::RulesChoice;
use crate::domain::ids::{ItemId, ItemRef};
use crate::domain::state::ReplayError;
use filter::Filter;
use looking::Looking;
use overlay::Overlay;
pub use screen::{Cursor, Screen};
use session::{Asked, Known, Library, Marker, MarkerText, Source};
use step::Step;
use verification::Trust;

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
    /// What pages about verification and giving out are made from.
    pub fn context(&self) -> Context<'_> {
        let Self { library, trust, keys, window, .. } = self;
        Context { library, trust, keys, window: *window }
    }

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
            at = signatures::beside_title(
                &signatures::lines(self.context()),
                at,
                at > self.cursor().at,
            );
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
            Body::Signatures => signatures::lines(self.context()).len(),
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

    /// How many lines of the list are on screen.
    pub fn list_height(&self) -> usize {
        if self.screen == Screen::Signatures {
            return self.signature_box().room;
        }
        layout::list_height(self.screen, self.size, self.is_beside().then_some(self.on_a))
    }

    /// The boxes of Signatures, for its lines.
    pub fn signature_boxes(&self, lines: &[box_line::Line]) -> [Boxed; 3] {
        layout::signatures(self.size, self.cursor(), self.over.more(), lines)
    }

    /// The box of Signatures that the selected line is in.
    fn signature_box(&self) -> Boxed {
        let boxes = self.signature_boxes(&signatures::lines(self.context()));
        boxes.into_iter().find(|one| one.here).unwrap_or_default()
    }
}

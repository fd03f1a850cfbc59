//! What the screen answers from: the verified facts, and the position for each amount of knowledge
//! and choice of rules, computed once. Reads no file and no clock: both are handed over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::day::Day;
use crate::domain::derive::RulesChoice;
use crate::domain::describe::{for_day, late_days};
use crate::domain::event::Event;
use crate::domain::refs::{ItemRef, KeyId};
use crate::domain::replay::{Contents, Fact, ReplayError, State, replay};
use crate::domain::role::Roster;
use crate::domain::status::{Positions, Status};

/// A ledger as far as it verified, with what only the caller can know.
#[derive(Clone, Debug)]
pub struct Source {
    /// Verified facts, in ledger order.
    pub facts: Vec<Fact>,
    /// The contents that they name.
    pub contents: Contents,
    /// The keys that the ledger admitted.
    pub roster: Roster,
    /// Leaf hash of each entry, hexadecimal.
    pub leaves: Vec<String>,
    /// The newest signed head, as text.
    pub head: String,
    /// What commands need to find this ledger again, such as `--ledger PATH`; may be blank.
    pub flag: String,
    /// The day on which the program was started.
    pub today: Day,
    /// Days that the user marked before.
    pub bookmarks: BTreeSet<Day>,
    /// The first fault, when only the entries before it are here.
    pub fault: Option<String>,
    /// Whether this is the sample ledger.
    pub sample: bool,
}

/// How much of the ledger may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// What was recorded by the day asked about.
    Then,
    /// All of it.
    Now,
    /// What was recorded by a day.
    By(Day),
    /// The first entries, this many.
    Size(u64),
}

/// A question: the three parts of the sentence over every screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The day asked about.
    pub on: Day,
    /// How much may be used.
    pub known: Known,
    /// Which revision of the rules decides.
    pub rules: RulesChoice,
}

/// Every position for one amount of knowledge and one choice of rules.
pub struct Book {
    /// What is known.
    pub state: State,
    /// Where everything stands, on every day.
    pub positions: Positions,
    /// The days on which any status changes, in order.
    pub changes: Vec<Day>,
}

/// A moment worth stopping at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Marker {
    /// The day.
    pub day: Day,
    /// `R` rules changed, `C` certificate recorded, `X` certificate or evidence ended,
    /// `P` statement published, `B` bookmark.
    pub letter: char,
    /// In words.
    pub text: String,
    /// The entry behind it, if any.
    pub entry: Option<u64>,
}

/// How many books are kept; the one asked for least lately goes first.
const BOOKS_MAX: usize = 64;
/// How many entries all books together are made of, unless one alone has more: about 1 kB each.
const BOOK_ENTRIES_MAX: u64 = 300_000;

/// Each item's statuses with the day from which each holds.
type Timelines = BTreeMap<ItemRef, Vec<(Day, Status)>>;

/// The facts with everything that is derived from them and kept.
pub struct Library {
    /// The facts.
    pub source: Source,
    /// The day in London on which each entry was recorded.
    days: Vec<Day>,
    books: BTreeMap<(u64, bool), (u64, Arc<Book>)>,
    /// What books that are no longer kept said of statuses.
    timelines: BTreeMap<(u64, bool), Timelines>,
    uses: u64,
    /// Markers of the whole ledger, by day.
    pub markers: Vec<Marker>,
    /// How much happens on each day: entries recorded and statuses changed.
    pub activity: BTreeMap<Day, u32>,
    /// The days and letters of the markers, each once.
    pub marks: BTreeSet<(Day, char)>,
    /// How many entries each key signed.
    pub signed: BTreeMap<KeyId, u64>,
}

impl Library {
    /// Reads the facts once.
    ///
    /// # Errors
    /// [`ReplayError`] when they cannot be replayed.
    pub fn new(source: Source) -> Result<Self, ReplayError> {
        let days: Vec<Day> = source.facts.iter().map(|fact| fact.at.london_day()).collect();
        let mut library = Self {
            source,
            days,
            books: BTreeMap::new(),
            timelines: BTreeMap::new(),
            uses: 0,
            markers: Vec::new(),
            activity: BTreeMap::new(),
            marks: BTreeSet::new(),
            signed: BTreeMap::new(),
        };
        for fact in &library.source.facts {
            match library.signed.get_mut(&fact.by) {
                Some(count) => *count += 1,
                None => drop(library.signed.insert(fact.by.clone(), 1)),
            }
        }
        let all = library.book(library.all(), RulesChoice::Then)?;
        library.markers = markers(&library.source.facts, &all);
        library.marks = library.markers.iter().map(|one| (one.day, one.letter)).collect();
        library.activity = activity(&library.days, &all);
        Ok(library)
    }

    /// The number of entries.
    pub fn all(&self) -> u64 {
        self.days.len() as u64
    }

    /// The day on which the program was started.
    pub fn today(&self) -> Day {
        self.source.today
    }

    /// The day in London on which an entry was recorded.
    pub fn recorded_on(&self, seq: u64) -> Option<Day> {
        self.days.get(usize::try_from(seq).ok()?).copied()
    }

    /// The number of entries recorded by the end of a day.
    pub fn size_by(&self, day: Day) -> u64 {
        self.days.partition_point(|one| *one <= day) as u64
    }

    /// The number of entries that a question may use.
    pub fn size(&self, asked: Asked) -> u64 {
        match asked.known {
            Known::Then => self.size_by(asked.on),
            Known::Now => self.all(),
            Known::By(day) => self.size_by(day),
            Known::Size(size) => size.min(self.all()),
        }
    }

    /// The days on which anything was recorded after `day` (first), or before it (last).
    pub fn recorded_beside(&self, day: Day, forward: bool) -> Option<Day> {
        if forward {
            self.days.get(self.days.partition_point(|one| *one <= day)).copied()
        } else {
            let before = self.days.partition_point(|one| *one < day);
            self.days.get(before.checked_sub(1)?).copied()
        }
    }

    /// The book for a number of entries and a choice of rules.
    ///
    /// # Errors
    /// [`ReplayError`] when the entries cannot be replayed.
    pub fn book(&mut self, size: u64, rules: RulesChoice) -> Result<Arc<Book>, ReplayError> {
        self.uses += 1;
        let key = (size, rules == RulesChoice::Latest);
        if let Some((used, book)) = self.books.get_mut(&key) {
            *used = self.uses;
            return Ok(Arc::clone(book));
        }
        let state = replay(&self.source.facts, &self.source.contents, size)?;
        let positions = Positions::new(&state, rules);
        let changes = positions.change_days().into_iter().collect();
        let book = Arc::new(Book { state, positions, changes });
        let timeline = |item: &ItemRef| (item.clone(), book.positions.history(item).collect());
        self.timelines.insert(key, book.positions.items().map(timeline).collect());
        if self.timelines.len() > BOOKS_MAX {
            self.timelines.pop_first();
        }
        let entries = |library: &Self| library.books.keys().map(|(size, _)| size).sum::<u64>();
        while self.books.len() >= BOOKS_MAX
            || (!self.books.is_empty() && entries(self) + size > BOOK_ENTRIES_MAX)
        {
            let oldest = self.books.iter().min_by_key(|(_, (used, _))| *used).map(|(key, _)| *key);
            oldest.and_then(|key| self.books.remove(&key));
        }
        self.books.insert(key, (self.uses, Arc::clone(&book)));
        Ok(book)
    }

    /// One item's status, from the book or from what is left of it.
    ///
    /// # Errors
    /// [`ReplayError`] when the entries cannot be replayed.
    pub fn status(
        &mut self,
        size: u64,
        rules: RulesChoice,
        item: &ItemRef,
        on: Day,
    ) -> Result<Status, ReplayError> {
        let key = (size, rules == RulesChoice::Latest);
        if let Some(timelines) = self.timelines.get(&key) {
            let changes = timelines.get(item).map_or(&[][..], Vec::as_slice);
            let before = changes.partition_point(|(day, _)| *day <= on);
            let last = before.checked_sub(1).and_then(|at| changes.get(at));
            return Ok(last.map_or(Status::NotAsked, |(_, status)| *status));
        }
        Ok(self.book(size, rules)?.positions.status(item, on))
    }

    /// An entry.
    pub fn fact(&self, seq: u64) -> Option<&Fact> {
        self.source.facts.get(usize::try_from(seq).ok()?)
    }

    /// How many days late an entry was recorded.
    pub fn late(&self, seq: u64) -> Option<i32> {
        late_days(self.fact(seq)?, &self.source.facts)
    }

    /// Those of some entries whose key was declared compromised, by all that the ledger says.
    pub fn doubtful(&self, entries: &[u64]) -> Vec<u64> {
        self.source.roster.doubtful(&self.source.facts, entries)
    }

    /// Who holds a key.
    pub fn holder<'l>(&'l self, key: &'l KeyId) -> &'l str {
        self.source.roster.get(key).map_or(key.as_str(), |known| known.holder.as_str())
    }

    /// First and last day of the scrubber, whole months around everything up to today.
    pub fn span(&self, on: Day) -> (Day, Day) {
        let recorded = self.days.first().copied();
        let periods = self.markers.iter().map(|one| one.day);
        let first = recorded.into_iter().chain(periods).min().unwrap_or(on).min(on);
        let last = self.today().max(on);
        let (year, month, _) = first.ymd();
        let from = Day::from_ymd(year, month, 1).unwrap_or(first);
        let (year, month, _) = last.plus_months(1).ymd();
        let until = Day::from_ymd(year, month, 1).map_or(last, |day| day.plus(-1));
        (from, until)
    }
}

fn markers(facts: &[Fact], book: &Book) -> Vec<Marker> {
    let mut found = BTreeSet::new();
    let mut mark = |day, letter, text: String, entry| {
        found.insert(Marker { day, letter, text, entry });
    };
    for period in &book.positions.derivation.periods {
        let text = format!("rules {} {} in force", period.edition.id, period.edition.revision);
        mark(period.from, 'R', text, period.because.first().copied());
    }
    for fact in facts {
        if let Event::CertificateRecorded(body) = &fact.event {
            let text = format!("{} {} recorded", body.scheme.label(), body.number);
            mark(fact.at.london_day(), 'C', text, Some(fact.seq));
        }
        if let Event::StatementPublished(body) = &fact.event {
            let text = format!("statement on {} published: {}", body.on.short(), body.standing);
            mark(fact.at.london_day(), 'P', text, Some(fact.seq));
        }
    }
    for known in book.state.certificates.values() {
        let record = &known.what.record;
        let name = format!("{} {}", record.scheme.label(), record.number);
        let entry = known.because.first().copied();
        mark(record.valid_until.plus(1), 'X', format!("{name} ended"), entry);
        for (seq, from, why) in &known.what.withdrawn {
            mark(*from, 'X', format!("{name} withdrawn: {why}"), Some(*seq));
        }
        for (seq, from, _, why) in &known.what.suspended {
            mark(*from, 'X', format!("{name} suspended: {why}"), Some(*seq));
        }
    }
    for known in book.state.evidence.values() {
        let entry = known.because.first().copied();
        let title = &known.what.record.title;
        if let Some(until) = known.what.record.valid_until {
            mark(until.plus(1), 'X', format!("{title} ended"), entry);
        }
    }
    found.into_iter().collect()
}

fn activity(days: &[Day], book: &Book) -> BTreeMap<Day, u32> {
    let mut activity: BTreeMap<Day, u32> = BTreeMap::new();
    for day in days {
        *activity.entry(*day).or_default() += 1;
    }
    for item in book.positions.items() {
        for (day, status) in book.positions.history(item) {
            *activity.entry(day).or_default() += u32::from(status != Status::NotAsked);
        }
    }
    activity
}

/// The day that an entry is for, as History shows it: its own day where it has one.
pub fn day_of(fact: &Fact) -> Day {
    for_day(&fact.event).unwrap_or_else(|| fact.at.london_day())
}

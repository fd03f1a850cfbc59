//! What the screen answers from: the verified facts, and the position for each amount of knowledge
//! and choice of rules, computed once. Reads no file and no clock: both are handed over.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::domain::authority::roster::Roster;
use crate::domain::belief::Belief;
use crate::domain::date::Date;
use crate::domain::engine::derive::RulesChoice;
use crate::domain::engine::standing::Standing;
use crate::domain::engine::status::{Positions, Status};
use crate::domain::event::Event;
use crate::domain::ids::{EventId, ItemRef, KeyId};
use crate::domain::state::describe::Late;
use crate::domain::state::index::fact_index::{Chronicle, EntryText};
use crate::domain::state::{Contents, Fact, Facts, ReplayError, State, replay_from};

/// Where an entry's words and leaf hash are read when they are shown.
pub trait Entries: EntryText + Send + Sync {
    /// The leaf hash of an entry, hexadecimal.
    fn leaf(&self, seq: u64) -> Option<String>;
}

/// All entries in memory: for small ledgers and folders.
#[derive(Clone, Debug, Default)]
pub struct InMemory {
    /// Verified facts, in ledger order.
    pub facts: Facts,
    /// Leaf hash of each, hexadecimal.
    pub leaves: Vec<String>,
}

impl EntryText for InMemory {
    fn fact(&self, seq: u64) -> Option<Cow<'_, Fact>> {
        self.facts.fact(seq)
    }

    fn place(&self, id: &EventId) -> Option<u64> {
        self.facts.place(id)
    }
}

impl Entries for InMemory {
    fn leaf(&self, seq: u64) -> Option<String> {
        self.leaves.get(usize::try_from(seq).ok()?).cloned()
    }
}

/// What lies at the path that was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A ledger's file.
    #[default]
    File,
    /// A bundle.
    Bundle,
    /// A folder of tiles alone.
    Tiles,
}

/// A ledger as far as it verified, with what only the caller can know.
#[derive(Clone)]
pub struct Source {
    /// Verified facts, held small.
    pub chronicle: Arc<Chronicle>,
    /// Where their words are.
    pub entries: Arc<dyn Entries>,
    /// The contents that they name.
    pub contents: Contents,
    /// The keys that the ledger admitted.
    pub roster: Roster,
    /// The newest signed head, as text.
    pub head: String,
    /// What commands need to find this ledger again, such as `--ledger PATH`; may be blank.
    pub flag: String,
    /// The day on which the program was started.
    pub today: Date,
    /// Days that the user marked before.
    pub bookmarks: BTreeSet<Date>,
    /// How far it can be believed; only what can be is here.
    pub belief: Belief,
    /// Whether this is the sample ledger.
    pub sample: bool,
    /// What lies at the path that was opened.
    pub kind: Kind,
}

impl fmt::Debug for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Source").field("head", &self.head).finish_non_exhaustive()
    }
}

/// How much of the ledger may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// What was recorded by the day asked about.
    Then,
    /// All of it.
    Now,
    /// What was recorded by a day.
    By(Date),
    /// The first entries, this many.
    Size(u64),
}

/// A question: the three parts of the sentence over every screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The day asked about.
    pub on: Date,
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
    changes: OnceLock<Vec<Date>>,
}

impl Book {
    /// The days on which any status changes, in order.
    pub fn changes(&self) -> &[Date] {
        self.changes.get_or_init(|| self.positions.change_days().into_iter().collect())
    }
}

/// A moment worth stopping at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Marker {
    /// The day.
    pub day: Date,
    /// `R` rules changed, `C` certificate recorded, `X` certificate or evidence ended,
    /// `P` statement published, `B` bookmark.
    pub letter: char,
    /// In words.
    pub text: MarkerText,
    /// The entry behind it, if any: the first where there are several.
    pub entry: Option<u64>,
}

/// What a marker says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkerText {
    /// This.
    Text(String),
    /// That the evidence of the marker's entry ended.
    Ended,
    /// That several pieces of evidence ended.
    SeveralEnded,
}

/// How many books are kept; the one asked for least lately goes first.
const BOOKS_MAX: usize = 8;

/// Of how many pieces of evidence that end on one day each has a marker.
const ENDED_APART: usize = 3;

/// The facts with everything that is derived from them and kept.
pub struct Library {
    /// The facts.
    pub source: Source,
    books: BTreeMap<(u64, bool), (u64, Arc<Book>)>,
    uses: u64,
    /// The last days that evidence names, each with its entry, by day.
    ends: Vec<(Date, u32)>,
    /// Markers of the whole ledger, by day.
    pub markers: Vec<Marker>,
    /// How much happens on each day: entries recorded and statuses changed.
    pub activity: BTreeMap<Date, u32>,
    /// The days and letters of the markers, each once.
    pub marks: BTreeSet<(Date, char)>,
    /// How many entries each key signed.
    pub signed: BTreeMap<KeyId, u64>,
}

impl Library {
    /// Reads the facts once.
    ///
    /// # Errors
    /// [`ReplayError`] when they cannot be replayed.
    pub fn new(source: Source) -> Result<Self, ReplayError> {
        let mut library = Self {
            source,
            books: BTreeMap::new(),
            uses: 0,
            ends: Vec::new(),
            markers: Vec::new(),
            activity: BTreeMap::new(),
            marks: BTreeSet::new(),
            signed: BTreeMap::new(),
        };
        let chronicle = Arc::clone(&library.source.chronicle);
        library.signed = chronicle.signed();
        let all = library.book(library.all(), RulesChoice::Then)?;
        library.ends = all.state.said.ends();
        library.markers = markers(&chronicle, &all, &library.ends);
        library.marks = library.markers.iter().map(|one| (one.day, one.letter)).collect();
        library.activity = activity(&chronicle, &all);
        Ok(library)
    }

    /// The first day of which it can say anything: rules are in force, and it knows of them.
    pub fn first_day(&self) -> Date {
        let rules = self.markers.iter().find(|one| one.letter == 'R');
        let recorded = rules.and_then(|one| one.entry).and_then(|seq| self.recorded_on(seq));
        rules.map(|one| one.day).into_iter().chain(recorded).max().unwrap_or(Date::MIN)
    }

    /// The number of entries.
    pub fn all(&self) -> u64 {
        self.source.chronicle.len() as u64
    }

    /// The day on which the program was started.
    pub fn today(&self) -> Date {
        self.source.today
    }

    /// The day in London on which an entry was recorded.
    pub fn recorded_on(&self, seq: u64) -> Option<Date> {
        self.source.chronicle.line(seq).map(|line| line.recorded)
    }

    /// The number of entries recorded by the end of a day.
    pub fn size_by(&self, day: Date) -> u64 {
        self.source.chronicle.lines().partition_point(|line| line.recorded <= day) as u64
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
    pub fn recorded_beside(&self, day: Date, forward: bool) -> Option<Date> {
        let lines = self.source.chronicle.lines();
        let line = if forward {
            lines.get(lines.partition_point(|line| line.recorded <= day))
        } else {
            let before = lines.partition_point(|line| line.recorded < day);
            lines.get(before.checked_sub(1)?)
        };
        line.map(|line| line.recorded)
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
        let state = replay_from(&self.source.chronicle, &self.source.contents, size)?;
        let positions = Positions::new(&state, rules);
        let book = Arc::new(Book { state, positions, changes: OnceLock::new() });
        if self.books.len() >= BOOKS_MAX {
            let oldest = self.books.iter().min_by_key(|(_, (used, _))| *used).map(|(key, _)| *key);
            oldest.and_then(|key| self.books.remove(&key));
        }
        self.books.insert(key, (self.uses, Arc::clone(&book)));
        Ok(book)
    }

    /// One item's status.
    ///
    /// # Errors
    /// [`ReplayError`] when the entries cannot be replayed.
    pub fn status(
        &mut self,
        size: u64,
        rules: RulesChoice,
        item: &ItemRef,
        on: Date,
    ) -> Result<Status, ReplayError> {
        Ok(self.book(size, rules)?.positions.status(item, on))
    }

    /// An entry, read where its words are.
    pub fn fact(&self, seq: u64) -> Option<Cow<'_, Fact>> {
        self.source.entries.fact(seq)
    }

    /// Where words of entries are.
    pub fn words(&self) -> &dyn EntryText {
        self.source.entries.as_ref()
    }

    /// Says whether an entry was recorded late, and how late.
    pub fn late(&self, seq: u64) -> Option<Late> {
        self.source.chronicle.late(seq)
    }

    /// Those of some entries whose key was declared compromised, by all that the ledger says.
    pub fn doubtful(&self, entries: &[u64]) -> Vec<u64> {
        let doubtful = |seq: &u64| {
            self.signer(*seq).is_some_and(|by| self.source.roster.is_doubtful(by, *seq))
        };
        entries.iter().copied().filter(doubtful).collect()
    }

    /// What a marker says, as far as the first `size` entries know it.
    pub fn marker_text(&self, marker: &Marker, size: u64) -> String {
        match &marker.text {
            MarkerText::Text(text) => text.clone(),
            MarkerText::Ended => {
                let all = self.books.get(&(self.all(), false)).map(|(_, book)| book);
                let event = all.zip(marker.entry).and_then(|(book, entry)| {
                    book.state.said.event(entry, self.words()).map(Cow::into_owned)
                });
                match event {
                    Some(Event::EvidenceRecorded(body)) => format!("{} ended", body.title),
                    Some(_) | None => "a piece of evidence ended".to_owned(),
                }
            }
            MarkerText::SeveralEnded => {
                let last = marker.day.plus(-1);
                let first = self.ends.partition_point(|(day, _)| *day < last);
                let that_day = self.ends.iter().skip(first).take_while(|(day, _)| *day == last);
                let known = that_day.filter(|(_, seq)| u64::from(*seq) < size).count();
                format!("{known} pieces of evidence ended")
            }
        }
    }

    /// The key that signed an entry.
    pub fn signer(&self, seq: u64) -> Option<&KeyId> {
        let chronicle = &self.source.chronicle;
        chronicle.line(seq).and_then(|line| chronicle.by(line))
    }

    /// Who holds a key.
    pub fn holder<'l>(&'l self, key: &'l KeyId) -> &'l str {
        self.source.roster.get(key).map_or(key.as_str(), |known| known.holder.as_str())
    }

    /// First and last day of the scrubber, whole months around everything up to today.
    pub fn span(&self, on: Date) -> (Date, Date) {
        let recorded = self.source.chronicle.lines().first().map(|line| line.recorded);
        let periods = self.markers.iter().map(|one| one.day);
        let first = recorded.into_iter().chain(periods).min().unwrap_or(on).min(on);
        let last = self.today().max(on);
        let (year, month, _) = first.ymd();
        let from = Date::from_ymd(year, month, 1).unwrap_or(first);
        let (year, month, _) = last.plus_months(1).ymd();
        let until = Date::from_ymd(year, month, 1).map_or(last, |day| day.plus(-1));
        (from, until)
    }
}

fn markers(chronicle: &Chronicle, book: &Book, ends: &[(Date, u32)]) -> Vec<Marker> {
    let mut found = BTreeSet::new();
    let mut mark = |day, letter, text: String, entry| {
        found.insert(Marker { day, letter, text: MarkerText::Text(text), entry });
    };
    for period in &book.positions.derivation.periods {
        let text = format!("rules {} {} in force", period.edition.id, period.edition.revision);
        mark(period.from, 'R', text, period.because.first().copied());
    }
    for fact in chronicle.whole() {
        if let Event::CertificateRecorded(body) = &fact.event {
            let text = format!("{} {} recorded", body.scheme.label(), body.number);
            mark(fact.at.london_day(), 'C', text, Some(fact.seq));
        }
        if let Event::StatementPublished(body) = &fact.event {
            let text = format!(
                "statement on {} published: {}",
                body.on.short(),
                Standing::word_of(&body.standing)
            );
            mark(fact.at.london_day(), 'P', text, Some(fact.seq));
        }
    }
    for known in book.state.certificates.values() {
        let record = &known.what.record;
        let name = format!("{} ({})", record.number, record.scheme.label());
        let entry = known.because.first().copied();
        mark(known.what.until.plus(1), 'X', format!("{name} ended"), entry);
        for one in &known.what.withdrawn {
            let (seq, from, why) = (&one.newest(), &one.what.from, &one.what.reason);
            mark(*from, 'X', format!("{name} withdrawn: {why}"), Some(*seq));
        }
        for one in &known.what.suspended {
            let (seq, from, why) = (&one.newest(), &one.what.from, &one.what.reason);
            mark(*from, 'X', format!("{name} suspended: {why}"), Some(*seq));
        }
    }
    for that_day in ends.chunk_by(|one, other| one.0 == other.0) {
        let text =
            if that_day.len() > ENDED_APART { MarkerText::SeveralEnded } else { MarkerText::Ended };
        let apart = if that_day.len() > ENDED_APART { 1 } else { that_day.len() };
        for (last, seq) in that_day.iter().take(apart) {
            let (day, entry) = (last.plus(1), Some(u64::from(*seq)));
            found.insert(Marker { day, letter: 'X', text: text.clone(), entry });
        }
    }
    found.into_iter().collect()
}

fn activity(chronicle: &Chronicle, book: &Book) -> BTreeMap<Date, u32> {
    let mut activity: BTreeMap<Date, u32> = BTreeMap::new();
    for that_day in chronicle.lines().chunk_by(|one, other| one.recorded == other.recorded) {
        if let Some(line) = that_day.first() {
            let count = u32::try_from(that_day.len()).unwrap_or(u32::MAX);
            *activity.entry(line.recorded).or_default() += count;
        }
    }
    for item in book.positions.items() {
        for (day, status) in book.positions.history(item) {
            *activity.entry(day).or_default() += u32::from(status != Status::NotAsked);
        }
    }
    activity
}

//! What was recorded, newest first, with what the calendar did in between.

use super::super::book::{Asked, Known, Library, day_of};
use super::super::filter::Filter;
use super::signatures::written;
use crate::domain::anchor::Intervals;
use crate::domain::day::Day;
use crate::domain::describe::{describe, points_at};
use crate::domain::event::Event;
use crate::domain::refs::{EventId, ItemId};

/// One line: an entry, or something that the calendar did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// An entry.
    Entry(u64),
    /// A marker, by its place in [`Library::markers`].
    Calendar(usize),
}

/// The page.
#[derive(Clone, Debug)]
pub struct History {
    /// How many entries may be read.
    pub size: u64,
    /// Lines, newest first.
    pub lines: Vec<Happening>,
    /// What was asked, of how many entries in all.
    asked: (Asked, u64, Filter),
}

/// A line in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// `#105`, or a hyphen.
    pub entry: String,
    /// When it was recorded, or `calendar`.
    pub recorded: String,
    /// The day that it is for.
    pub day: String,
    /// Who recorded it.
    pub who: String,
    /// What happened, `DOUBTFUL:` and `LATE:` first where it is.
    pub what: String,
}

impl History {
    /// Lists what the first `size` entries say, and what had ended by the last day known.
    pub fn read(library: &Library, asked: Asked, size: u64, filter: &Filter) -> Self {
        let until = known_by(library, asked);
        let mut lines: Vec<(Day, Happening)> = Vec::new();
        for fact in library.source.facts.iter().take(usize::try_from(size).unwrap_or(usize::MAX)) {
            let Some(day) = library.recorded_on(fact.seq) else { continue };
            let late = !filter.late || library.late(fact.seq).is_some();
            let holder = || library.holder(&fact.by).to_lowercase();
            if late && filter.by.as_ref().is_none_or(|by| holder().contains(by.as_str())) {
                lines.push((day, Happening::Entry(fact.seq)));
            }
        }
        let plain = !filter.late && filter.by.is_none();
        for (number, marker) in library.markers.iter().enumerate().filter(|_| plain) {
            let known = marker.entry.is_none_or(|entry| entry < size);
            if marker.letter == 'X' && known && marker.day <= until {
                lines.push((marker.day, Happening::Calendar(number)));
            }
        }
        // Stable: entries of one day keep their order, and the calendar comes after them.
        lines.sort_by_key(|(day, _)| *day);
        let lines = lines.into_iter().rev().map(|(_, line)| line).collect();
        Self { size, lines, asked: (asked, library.all(), filter.clone()) }
    }

    /// Says whether it is the page for a question.
    pub fn answers(&self, library: &Library, asked: Asked, size: u64, filter: &Filter) -> bool {
        let (before, all, filtered) = &self.asked;
        self.size == size
            && *all == library.all()
            && (before.on, before.known) == (asked.on, asked.known)
            && filtered == filter
    }
}

/// The last day of which a question may know anything.
fn known_by(library: &Library, asked: Asked) -> Day {
    match asked.known {
        Known::Now => library.today(),
        Known::Then => asked.on.min(library.today()),
        Known::By(day) => day.min(library.today()),
        Known::Size(size) => {
            let last = size.checked_sub(1).and_then(|seq| library.fact(seq));
            last.map_or(Day::MIN, |fact| fact.at.london_day())
        }
    }
}

/// Puts a line into words.
pub fn tell(library: &Library, line: Happening) -> Told {
    match line {
        Happening::Entry(seq) => {
            let Some(fact) = library.fact(seq) else { return calendar("", Day::MIN) };
            let about = describe(&fact.event, &library.source.facts);
            let late = if library.late(seq).is_some() { "LATE: " } else { "" };
            let doubt = if library.doubtful(&[seq]).is_empty() { "" } else { "DOUBTFUL: " };
            Told {
                entry: format!("#{seq}"),
                recorded: stamp(&fact.at.london_text()),
                day: day_of(fact).short(),
                who: library.holder(&fact.by).to_owned(),
                what: format!("{doubt}{late}{} {about}", fact.event.kind()),
            }
        }
        Happening::Calendar(number) => library
            .markers
            .get(number)
            .map_or_else(|| calendar("", Day::MIN), |one| calendar(&one.text, one.day)),
    }
}

fn calendar(text: &str, day: Day) -> Told {
    Told {
        entry: "-".to_owned(),
        recorded: "calendar".to_owned(),
        day: day.short(),
        who: "-".to_owned(),
        what: text.to_owned(),
    }
}

/// Shortens `12 July 2026, 11:45 (UK time)` to `12 Jul 2026 11:45`.
fn stamp(text: &str) -> String {
    let (day, time) = text.split_once(", ").unwrap_or((text, ""));
    let mut words = day.split(' ');
    let (number, month, year) = (words.next(), words.next(), words.next());
    let month = month.unwrap_or_default().get(..3).unwrap_or_default();
    let time = time.get(..5).unwrap_or_default();
    format!("{} {month} {} {time}", number.unwrap_or_default(), year.unwrap_or_default())
}

/// Everything about one entry, line by line.
pub fn details(library: &Library, intervals: Option<&Intervals>, seq: u64) -> Vec<String> {
    let Some(fact) = library.fact(seq) else { return Vec::new() };
    let facts = &library.source.facts;
    let known = library.source.roster.get(&fact.by);
    let role = known.map_or_else(String::new, |one| format!(", {}", one.role));
    let mut lines = vec![
        format!("{}", fact.event.kind()),
        describe(&fact.event, facts),
        format!("for day    {}", day_of(fact).short()),
        format!("recorded   {}", fact.at.london_text()),
    ];
    lines.push(format!("written    {}", written(intervals, seq)));
    if let Some(days) = library.late(seq) {
        lines.push(format!("LATE       {days} days after the day that it is for"));
    }
    if !library.doubtful(&[seq]).is_empty() {
        lines.push("DOUBTFUL   the key was declared compromised".to_owned());
    }
    lines.push(format!("by         {}{role}", library.holder(&fact.by)));
    lines.push(format!("key        {}", fact.by));
    if let Some(leaf) = usize::try_from(seq).ok().and_then(|seq| library.source.leaves.get(seq)) {
        lines.push(format!("leaf hash  {}", grouped_hash(leaf)));
    }
    lines.push("signature  good".to_owned());
    for one in &fact.subjects {
        lines.push(format!("names      {} sha256 {}", one.name, grouped_hash(&one.sha256)));
    }
    let later = |id: &EventId| {
        let about = facts.iter().filter(|one| points_at(&one.event) == Some(id));
        let told = about.map(|one| {
            let doubt = if library.doubtful(&[one.seq]).is_empty() { "" } else { " (DOUBTFUL)" };
            format!("#{} {}{doubt}", one.seq, one.event.kind())
        });
        told.collect::<Vec<_>>()
    };
    let later = later(&fact.id);
    let none = if later.is_empty() { "none".to_owned() } else { later.join(", ") };
    lines.push(format!("later entries about this one: {none}"));
    lines
}

/// A hash in groups of four, the middle left out: the whole of it is a copy away.
pub fn grouped_hash(hash: &str) -> String {
    let group = |from: usize| hash.get(from..from + 4).unwrap_or_default();
    if hash.len() < 24 {
        return hash.to_owned();
    }
    format!("{} {} {} ... {}", group(0), group(4), group(8), group(hash.len() - 4))
}

/// The first item that an entry speaks of.
pub fn item_of(library: &Library, seq: u64) -> Option<ItemId> {
    let fact = library.fact(seq)?;
    match &fact.event {
        Event::EvidenceRecorded(body) => body.items.first().map(|item| item.item.clone()),
        Event::ItemAnswered(body) => Some(body.item.item.clone()),
        Event::ItemNotApplicable(body) => Some(body.item.item.clone()),
        Event::LedgerOpened(_)
        | Event::KeyAdmitted(_)
        | Event::KeyRevoked(_)
        | Event::OrganisationClassified(_)
        | Event::ScopeDeclared(_)
        | Event::EditionAdopted(_)
        | Event::FrameworkAdopted(_)
        | Event::MappingImported(_)
        | Event::MappingApproved(_)
        | Event::ApprovalWithdrawn(_)
        | Event::EquivalenceAsserted(_)
        | Event::EquivalenceChallenged(_)
        | Event::ChallengeUpheld(_)
        | Event::CertificateRecorded(_)
        | Event::CertificateSuspended(_)
        | Event::CertificateWithdrawn(_)
        | Event::SoaRecorded(_)
        | Event::ControlAssessed(_)
        | Event::EvidenceWithdrawn(_)
        | Event::AssertionConfirmed(_)
        | Event::StatementPublished(_)
        | Event::KeyRotated(_)
        | Event::LogKeyRotated(_)
        | Event::AnchorCosigned(_)
        | Event::AnchorTimestamped(_)
        | Event::Correction(_) => {
            let target = points_at(&fact.event)?;
            let other = library.source.facts.iter().find(|one| one.id == *target)?;
            if other.seq == seq { None } else { item_of(library, other.seq) }
        }
    }
}

/// How many entries were recorded on each day of a month: day of the month and count.
pub fn month(library: &Library, on: Day, size: u64) -> Vec<(i8, u64)> {
    let (year, month, _) = on.ymd();
    let days = (1..=31).filter_map(|day| Day::from_ymd(year, month, day).ok().map(|d| (day, d)));
    days.map(|(number, day)| {
        let until = library.size_by(day).min(size);
        (number, until - library.size_by(day.plus(-1)).min(until))
    })
    .collect()
}

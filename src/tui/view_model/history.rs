//! What was recorded, newest first, with what the calendar did in between.

use crate::domain::date::{Date, Timestamp};
use crate::domain::event::{Event, Kind};
use crate::domain::ids::ItemId;
use crate::domain::state::anchor::Intervals;
use crate::domain::state::describe;
use crate::tui::model::filter::Filter;
use crate::tui::model::session::{Asked, Known, Library};
use crate::tui::model::verification::Trust;

/// One line: an entry, or something that the calendar did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// An entry.
    Entry(u32),
    /// A marker, by its place in [`Library::markers`].
    Calendar(u32),
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
pub struct RenderedLine {
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
        let plain = !filter.late && filter.by.is_none();
        let mut lines = if plain {
            // Each list is in the order of its days already.
            let ended = ended(library, known_by(library, asked), size);
            merged(library, size, &ended)
        } else {
            let wanted = |seq: &u32| shows(library, filter, u64::from(*seq));
            numbers(size).filter(wanted).map(Happening::Entry).collect()
        };
        lines.reverse();
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

/// The places of the first `size` entries.
fn numbers(size: u64) -> std::ops::Range<u32> {
    0..u32::try_from(size).unwrap_or(u32::MAX)
}

/// Says whether a filter shows an entry.
fn shows(library: &Library, filter: &Filter, seq: u64) -> bool {
    let late = !filter.late || library.late(seq).is_some();
    late && filter.by.as_ref().is_none_or(|by| {
        library
            .signer(seq)
            .is_some_and(|key| library.holder(key).to_lowercase().contains(by.as_str()))
    })
}

/// What had ended by a day, as far as the first `size` entries know it: day and marker, by day.
fn ended(library: &Library, until: Date, size: u64) -> Vec<(Date, u32)> {
    let all = (0..).zip(&library.markers);
    let ended = all.filter(|(_, marker)| {
        let known = marker.entry.is_none_or(|entry| entry < size);
        marker.letter == 'X' && known && marker.day <= until
    });
    ended.map(|(number, marker)| (marker.day, number)).collect()
}

/// Entries and what the calendar did, by day: of one day the entries come first.
fn merged(library: &Library, size: u64, ended: &[(Date, u32)]) -> Vec<Happening> {
    let entries = library.source.chronicle.lines().iter();
    let mut lines = Vec::with_capacity(entries.len() + ended.len());
    let mut ended = ended.iter().peekable();
    for (seq, entry) in numbers(size).zip(entries) {
        while let Some((_, number)) = ended.next_if(|(day, _)| *day < entry.recorded) {
            lines.push(Happening::Calendar(*number));
        }
        lines.push(Happening::Entry(seq));
    }
    lines.extend(ended.map(|(_, number)| Happening::Calendar(*number)));
    lines
}

/// The last day of which a question may know anything.
fn known_by(library: &Library, asked: Asked) -> Date {
    match asked.known {
        Known::Now => library.today(),
        Known::Then => asked.on.min(library.today()),
        Known::By(day) => day.min(library.today()),
        Known::Size(size) => {
            let last = size.checked_sub(1).and_then(|seq| library.recorded_on(seq));
            last.unwrap_or(Date::MIN)
        }
    }
}

/// Puts a line into words, as the first `size` entries know it.
pub fn tell(library: &Library, line: Happening, size: u64) -> RenderedLine {
    match line {
        Happening::Entry(seq) => tell_entry(library, u64::from(seq)),
        Happening::Calendar(number) => {
            let marker = usize::try_from(number).ok().and_then(|at| library.markers.get(at));
            marker.map_or_else(
                || calendar("", Date::MIN),
                |one| calendar(&library.marker_text(one, size), one.day),
            )
        }
    }
}

fn tell_entry(library: &Library, seq: u64) -> RenderedLine {
    let Some(line) = library.source.chronicle.line(seq) else { return calendar("", Date::MIN) };
    let late = if library.late(seq).is_some() { "LATE: " } else { "" };
    let doubt = if library.doubtful(&[seq]).is_empty() { "" } else { "DOUBTFUL: " };
    let fact = library.fact(seq);
    // The file was changed since it was verified, or taken away.
    let about = fact.as_ref().map_or_else(
        || format!("{} cannot be read again as it was verified", line.kind),
        |fact| describe::tell(&fact.event, library.words()),
    );
    RenderedLine {
        entry: format!("#{seq}"),
        recorded: fact.map_or_else(String::new, |fact| stamp(&fact.at.london_text())),
        day: line.day.short(),
        who: library.signer(seq).map_or_else(String::new, |by| library.holder(by).to_owned()),
        what: format!("{doubt}{late}{about}"),
    }
}

fn calendar(text: &str, day: Date) -> RenderedLine {
    // What a narrow screen cuts is the end of a line, and that it ended is what matters.
    let what = text.strip_suffix(" ended").map(|what| format!("Ended: {what}"));
    RenderedLine {
        entry: "-".to_owned(),
        recorded: "calendar".to_owned(),
        day: day.short(),
        who: "-".to_owned(),
        what: what.unwrap_or_else(|| text.to_owned()),
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
pub fn details(library: &Library, trust: &Trust, seq: u64) -> Vec<String> {
    let intervals = trust.report.as_ref().map(|report| &report.intervals);
    let (Some(fact), Some(line)) = (library.fact(seq), library.source.chronicle.line(seq)) else {
        return Vec::new();
    };
    let known = library.source.roster.get(&fact.by);
    let role = known.map_or_else(String::new, |one| format!(", {}", one.role));
    let mut lines = vec![
        format!("{}", fact.event.kind()),
        describe::describe(&fact.event, library.words()),
        format!("for day    {}", line.day.short()),
        format!("recorded   {}", fact.at.london_text()),
    ];
    lines.push(format!("written    {}", written(intervals, seq)));
    if let Some(late) = library.late(seq) {
        lines.push(format!("LATE       {}", late.sentence()));
    }
    if !library.doubtful(&[seq]).is_empty() {
        lines.push("DOUBTFUL   the key was declared compromised".to_owned());
    }
    lines.push(format!("by         {}{role}", library.holder(&fact.by)));
    lines.push(format!("key        {}", fact.by));
    if let Some(leaf) = library.source.entries.leaf(seq) {
        lines.push(format!("leaf hash  {}", grouped_hash(&leaf)));
    }
    lines.push(format!("signature  {}", trust.signature(seq)));
    for one in &fact.subjects {
        lines.push(format!("names      {} sha256 {}", one.name, grouped_hash(&one.sha256)));
    }
    let later = library.source.chronicle.later(seq).iter().map(|later| {
        let later = u64::from(*later);
        let doubt = if library.doubtful(&[later]).is_empty() { "" } else { " (DOUBTFUL)" };
        let kind = library.source.chronicle.line(later).map(|line| line.kind);
        format!("#{later} {}{doubt}", kind.map_or("", Kind::as_str))
    });
    let later: Vec<String> = later.collect();
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
        | Event::ClockExplained(_)
        | Event::Correction(_) => {
            let other = library.words().place(fact.event.target()?)?;
            // Every step leads to an earlier entry, so this ends.
            if other < seq { item_of(library, other) } else { None }
        }
    }
}

/// How many entries were recorded on each day of a month: day of the month and count.
pub fn month(library: &Library, on: Date, size: u64) -> Vec<(i8, u64)> {
    let (year, month, _) = on.ymd();
    let days = (1..=31).filter_map(|day| Date::from_ymd(year, month, day).ok().map(|d| (day, d)));
    days.map(|(number, day)| {
        let until = library.size_by(day).min(size);
        (number, until - library.size_by(day.plus(-1)).min(until))
    })
    .collect()
}

/// When an entry was written, as far as somebody outside can say.
fn written(intervals: Option<&Intervals>, seq: u64) -> String {
    let Some(intervals) = intervals else {
        return "the check has not ended".to_owned();
    };
    let interval = intervals.of(seq);
    let text = Timestamp::london_text;
    match (interval.after, interval.before) {
        (None, None) => "nobody outside says when".to_owned(),
        (Some(after), None) => format!("after {}", text(after)),
        (None, Some(before)) => format!("by {}", text(before)),
        (Some(after), Some(before)) => format!("after {}, by {}", text(after), text(before)),
    }
}

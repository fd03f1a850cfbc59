//! Whether the year can be closed: what is in place, by standard, and what is still to do.

use std::collections::BTreeMap;

use super::allowed::{Purpose, refused};
use super::context::Context;
use super::{Position, Row, flags};
use crate::domain::catalogue::edition::Requirement;
use crate::domain::date::Date;
use crate::domain::engine::standing::{Standing, Verdict, judge};
use crate::domain::engine::status::Status;
use crate::domain::ids::{AssertionRef, ItemId, ItemRef};
use crate::tui::model::session::Library;

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToDo {
    /// A mandatory item that is not in place.
    Item(Row),
    /// An assertion that is not confirmed.
    Assertion(AssertionRef),
}

/// Mandatory items of one standard: own evidence, equivalence or not applicable, to do.
pub type Share = (u64, u64, u64);

/// A published statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The day that it speaks of.
    pub on: Date,
    /// The standing that it gives.
    pub standing: String,
    /// The entry that records it.
    pub entry: Option<u64>,
}

/// The page.
#[derive(Clone, Debug)]
pub struct YearEnd {
    /// The last day for publishing, where the edition's name gives it.
    pub closes: Option<Date>,
    /// The verdict if it were published with this position.
    pub verdict: Verdict,
    /// Mandatory items by status.
    pub mandatory: BTreeMap<Status, u64>,
    /// Mandatory assertions, and how many of them are confirmed.
    pub assertions: (usize, usize),
    /// By standard.
    pub standards: Vec<(String, Share)>,
    /// Certificates known, with their last day, and whether they are in force.
    pub certificates: Vec<(String, Date, bool)>,
    /// What is still to do.
    pub to_do: Vec<ToDo>,
    /// The newest entry that somebody recorded about an item that is to do.
    pub last: BTreeMap<ItemId, u64>,
    /// For items that lapsed with a certificate: the command that records its renewal.
    pub renewals: BTreeMap<ItemId, String>,
    /// What was published, newest first.
    pub published: Vec<Published>,
}

impl YearEnd {
    /// Judges a position; `rows` are all its items, whatever is shown.
    pub fn read(position: &Position, rows: &[Row]) -> Self {
        let view = position.view();
        let verdict = judge(&view, &view.stands());
        let (mut mandatory, mut standards) = (BTreeMap::new(), BTreeMap::new());
        let mut all = std::collections::BTreeSet::new();
        let mut to_do = Vec::new();
        for row in rows.iter().filter(|row| row.requirement == Requirement::Mandatory) {
            *mandatory.entry(row.status).or_default() += 1;
            all.insert(row.item.assertion());
            let number = row.item.item.as_str().split('.').next().unwrap_or_default();
            let share: &mut Share =
                standards.entry(number.parse::<u32>().unwrap_or(u32::MAX)).or_default();
            match row.status {
                Status::Met => share.0 += 1,
                Status::MetByEquivalence | Status::NotApplicable => share.1 += 1,
                Status::NotAsked
                | Status::NeedsConfirming
                | Status::PartlySupported
                | Status::Lapsed
                | Status::NotMet => share.2 += 1,
            }
            if !row.status.in_place() {
                to_do.push(ToDo::Item(row.clone()));
            }
        }
        to_do.extend(verdict.unconfirmed.iter().cloned().map(ToDo::Assertion));
        // What is not met rests on the edition alone, which nobody recorded about the item.
        let begun = rows.iter().filter(|row| {
            row.requirement == Requirement::Mandatory
                && !row.status.in_place()
                && row.status != Status::NotMet
        });
        let asked_by = view.asked_by();
        let newest = |row: &Row| {
            let because = view.finding(&row.item)?.because;
            because.into_iter().rev().find(|seq| !asked_by.contains(seq))
        };
        let last = begun.filter_map(|row| Some((row.item.item.clone(), newest(row)?)));
        let last = last.collect();
        let on = position.asked.on;
        let certificates = position.book.state.certificates.values().map(|known| {
            let record = &known.what.record;
            let from = record.valid_from;
            let until = known.what.until;
            let current = from <= on && on <= until;
            (format!("{} {}", record.scheme.label(), record.number), until, current)
        });
        Self {
            closes: closes(position),
            mandatory,
            assertions: (all.len(), all.len().saturating_sub(verdict.unconfirmed.len())),
            standards: standards.into_iter().map(|(n, share)| (n.to_string(), share)).collect(),
            certificates: certificates.collect(),
            renewals: renewals(position, &to_do),
            to_do,
            last,
            published: published(position),
            verdict,
        }
    }

    /// How many mandatory items have a status.
    pub fn count(&self, status: Status) -> u64 {
        self.mandatory.get(&status).copied().unwrap_or_default()
    }
}

/// The command that records the renewal of the certificate that items lapsed with.
fn renewals(position: &Position, to_do: &[ToDo]) -> BTreeMap<ItemId, String> {
    let (view, on) = (position.view(), position.asked.on);
    let mut ended: BTreeMap<u64, (&str, &str)> = BTreeMap::new();
    for known in position.book.state.certificates.values() {
        let record = &known.what.record;
        if record.valid_until < on {
            let names = (record.scheme.as_str(), record.issuer.as_str());
            ended.extend(known.because.iter().map(|seq| (*seq, names)));
        }
    }
    let lapsed = to_do.iter().filter_map(|one| match one {
        ToDo::Item(row) if row.status == Status::Lapsed => Some(&row.item),
        ToDo::Item(_) | ToDo::Assertion(_) => None,
    });
    let renewal = |item: &ItemRef| {
        let because = view.finding(item)?.because;
        let (scheme, issuer) = because.iter().find_map(|seq| ended.get(seq))?;
        let command = format!(
            "dspt record certificate {scheme} --issuer '{issuer}' --number N --scope all --from \
             DATE --until DATE"
        );
        Some((item.item.clone(), command))
    };
    lapsed.filter_map(renewal).collect()
}

/// What was published by the entries that a position may use, newest first.
pub fn published(position: &Position) -> Vec<Published> {
    let known = position.book.state.published.iter().rev();
    let one = known.map(|known| Published {
        on: known.what.on,
        standing: known.what.standing.clone(),
        entry: known.because.last().copied(),
    });
    one.collect()
}

/// One published statement as a line: day, standing, entry, who published it.
pub fn published_text(one: &Published, library: &Library) -> String {
    let by = one.entry.and_then(|seq| library.signer(seq));
    let entry = one.entry.map_or_else(String::new, |seq| format!("  #{seq}"));
    let who = by.map_or("", |by| library.holder(by));
    format!("{:<12} {}{entry}  {who}", one.on.short(), Standing::word_of(&one.standing))
}

/// The command that makes the statement of a position, to be read, and the one that publishes it: of a
/// day to come there is none yet.
///
/// # Errors
/// Why no statement can be made.
pub fn statement_commands(
    position: &Position,
    context: Context<'_>,
) -> Result<[String; 2], String> {
    let why = context.trust.warning();
    let refused = why.as_deref().or_else(|| refused(context, Purpose::GiveOut));
    if let Some(why) = refused {
        return Err(format!("No statement can be made of this: {why}"));
    }
    let flags = flags(position.asked);
    let publish = if position.is_forecast() {
        format!("Nothing can be published before {}.", position.asked.on.short())
    } else {
        format!("dspt statement publish {flags}")
    };
    Ok([format!("dspt statement draft {flags} --out FILE"), publish])
}

/// The last day for publishing: an edition named `2025-26` closes on 30 June 2026
/// (`mappings/README.md`).
pub fn closes(position: &Position) -> Option<Date> {
    let period = position.book.positions.derivation.period_on(position.asked.on)?;
    let year: i16 = period.edition.id.as_str().get(..4)?.parse().ok()?;
    Date::from_ymd(year + 1, 6, 30).ok()
}

/// When the edition closes, or that it has: by the day on which somebody looks.
pub fn closes_text(closes: Date, today: Date) -> String {
    let verb = if closes < today { "closed" } else { "closes" };
    format!("{verb} on {}", closes.short())
}

/// What each of the National Data Guardian's ten data security standards is about, by number, in a word
/// or two.
const STANDARDS: [&str; 10] = [
    "Personal data",
    "Staff duties",
    "Training",
    "Access",
    "Process reviews",
    "Incidents",
    "Continuity",
    "Unsupported systems",
    "IT protection",
    "Suppliers",
];

/// The number of a standard with what it is about.
pub fn standard_name(number: &str) -> String {
    let index = number.parse::<usize>().ok().and_then(|one| one.checked_sub(1));
    let name = index.and_then(|index| STANDARDS.get(index)).copied().unwrap_or_default();
    format!("{number:<2} {name}").trim_end().to_owned()
}

/// One thing to do, in columns: number, status, what it is, who recorded about it last, the command
/// for it, or why it would be refused.
pub fn to_do_text(context: Context<'_>, page: &YearEnd, one: &ToDo) -> [String; 5] {
    let mut text = to_do_cells(page, one, context.library);
    if let (Some(why), [.., command]) = (refused(context, Purpose::Record), &mut text) {
        why.clone_into(command);
    }
    text
}

fn to_do_cells(page: &YearEnd, one: &ToDo, library: &Library) -> [String; 5] {
    let nobody = || "nobody yet".to_owned();
    match one {
        ToDo::Item(row) => {
            let number = row.item.item.to_string();
            let command = match row.status {
                Status::NeedsConfirming => format!("dspt confirm {}", row.item.item.assertion()),
                Status::Lapsed if page.renewals.contains_key(&row.item.item) => {
                    page.renewals.get(&row.item.item).cloned().unwrap_or_default()
                }
                Status::PartlySupported | Status::Lapsed | Status::NotMet => {
                    format!("dspt record evidence TITLE --item {number} --for DATE")
                }
                Status::NotAsked
                | Status::Met
                | Status::MetByEquivalence
                | Status::NotApplicable => format!("dspt explain {number}"),
            };
            let status = format!("{} {}", row.status.mark(), row.status.word());
            let by = page.last.get(&row.item.item).and_then(|seq| library.signer(*seq));
            let who = by.map_or_else(nobody, |by| library.holder(by).to_owned());
            [number, status, row.title.clone(), who, command]
        }
        ToDo::Assertion(one) => {
            let number = one.assertion.to_string();
            let command = format!("dspt confirm {number}");
            let items = page
                .to_do
                .iter()
                .filter(|item| matches!(item, ToDo::Item(row) if row.item.assertion() == *one));
            let what = match items.count() {
                0 => "all its items are in place".to_owned(),
                1 => "1 of its items is still to do".to_owned(),
                more => format!("{more} of its items are still to do"),
            };
            [number, "confirm assertion".to_owned(), what, nobody(), command]
        }
    }
}

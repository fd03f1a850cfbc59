//! Moving through time: the size of a step, and a day as people type it. Reads no clock.

use super::session::{Known, Library};
use crate::domain::date::Date;
use crate::domain::date_parse::parse_day;
use crate::domain::sanitize::shown;

/// How far one step goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Step {
    /// To the next day on which anything shown changes.
    #[default]
    Change,
    /// One day.
    Date,
    /// Seven days.
    Week,
    /// One month.
    Month,
    /// Three months.
    Quarter,
    /// One year.
    Year,
}

impl Step {
    const ALL: [Self; 6] =
        [Self::Change, Self::Date, Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// Returns the word on the scrubber.
    pub fn word(self) -> &'static str {
        match self {
            Self::Change => "next change",
            Self::Date => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// Returns the next larger step, or the next smaller one.
    #[must_use]
    pub fn beside(self, larger: bool) -> Self {
        let at = Self::ALL.iter().position(|one| *one == self).unwrap_or(0);
        let to = if larger { at + 1 } else { at.saturating_sub(1) };
        Self::ALL.get(to).copied().unwrap_or(self)
    }

    /// Returns the day one step away; none for [`Step::Change`], which depends on what is shown.
    pub fn from(self, day: Date, forward: bool) -> Option<Date> {
        let sign = if forward { 1 } else { -1 };
        match self {
            Self::Change => None,
            Self::Date => Some(day.plus(sign)),
            Self::Week => Some(day.plus(7 * sign)),
            Self::Month => Some(day.plus_months(sign)),
            Self::Quarter => Some(day.plus_months(3 * sign)),
            Self::Year => Some(day.plus_months(12 * sign)),
        }
    }
}

/// Reads a day as people type it, seen from the day `on`.
///
/// # Errors
/// One line that says what is wrong.
pub fn go_to(text: &str, on: Date, library: &Library) -> Result<Date, String> {
    let today = library.today();
    let words = text.trim().to_lowercase();
    match words.as_str() {
        "" => return Err("type a date: 30/6/2026, 30 June 2026, today, year end, -3m".to_owned()),
        "today" | "now" => return Ok(today),
        "yesterday" => return Ok(today.plus(-1)),
        "tomorrow" => return Ok(today.plus(1)),
        "year end" => return Ok(year_end(on)),
        "last publication" => {
            let last = library.markers.iter().rev().find(|one| one.letter == 'P');
            let none = || "nothing is recorded as published".to_owned();
            return last.map(|one| one.day).ok_or_else(none);
        }
        _ => {}
    }
    if let Some(number) = event_number(&words) {
        return event(&number, library);
    }
    if words.starts_with(['+', '-']) {
        return shift(&words, on);
    }
    without_year(&words, today).unwrap_or_else(|| parse_day(text))
}

/// The next 30 June, the day on which DSPT editions close.
fn year_end(on: Date) -> Date {
    let (year, ..) = on.ymd();
    let this = Date::from_ymd(year, 6, 30).unwrap_or(on);
    if this >= on { this } else { Date::from_ymd(year + 1, 6, 30).unwrap_or(this) }
}

/// The number of an entry that a text names: `#500`, `event 500`, `entry #500`.
pub fn entry_named(text: &str) -> Option<u64> {
    event_number(&text.trim().to_lowercase())?.parse().ok()
}

fn event_number(words: &str) -> Option<String> {
    let rest = words.strip_prefix('#').or_else(|| words.strip_prefix("event "));
    let rest = rest.or_else(|| words.strip_prefix("entry "))?;
    Some(rest.trim_start_matches('#').replace(' ', ""))
}

fn event(number: &str, library: &Library) -> Result<Date, String> {
    let found = number.parse().ok().and_then(|seq| library.recorded_on(seq));
    let last = library.all().saturating_sub(1);
    found.ok_or_else(|| {
        format!("`{}` is not an entry; this ledger has #0 to #{last}", shown(number))
    })
}

/// `-3m`, `+2w`, `-10d`, `+1y`, `-1q`.
fn shift(words: &str, on: Date) -> Result<Date, String> {
    let bad = || format!("`{}` is not a shift; write it as -3m, +2w, -10d or +1y", shown(words));
    let (sign, rest) = words.split_at(1);
    let unit = rest.chars().last().ok_or_else(bad)?;
    let digits = rest.get(..rest.len() - unit.len_utf8()).unwrap_or_default().trim();
    let count: i32 = digits.parse::<u16>().map_err(|_| bad())?.into();
    let count = if sign == "-" { -count } else { count };
    match unit {
        'd' => Ok(on.plus(count)),
        'w' => Ok(on.plus(7 * count)),
        'm' => Ok(on.plus_months(count)),
        'q' => Ok(on.plus_months(3 * count)),
        'y' => Ok(on.plus_months(12 * count)),
        _ => Err(bad()),
    }
}

/// `30 jun`: the last such day that is not after today.
fn without_year(words: &str, today: Date) -> Option<Result<Date, String>> {
    let parts: Vec<&str> = words.split_whitespace().collect();
    let [day, month] = parts.as_slice() else { return None };
    let named = month.chars().all(char::is_alphabetic) && day.parse::<u8>().is_ok();
    if !named {
        return None;
    }
    let (year, ..) = today.ymd();
    let this = parse_day(&format!("{day} {month} {year}"));
    Some(match this {
        Ok(found) if found > today => parse_day(&format!("{day} {month} {}", year - 1)),
        other => other,
    })
}

/// Reads how much of the ledger may be used: then, now, a day, or `#SIZE`.
///
/// # Errors
/// One line that says what is wrong.
pub fn known(text: &str, on: Date, library: &Library) -> Result<Known, String> {
    let words = text.trim().to_lowercase();
    match words.as_str() {
        "then" | "that day" | "same day" => Ok(Known::Then),
        "now" | "today" => Ok(Known::Now),
        size if size.starts_with('#') => {
            let number = size.trim_start_matches('#').parse().ok();
            number.filter(|size| *size <= library.all()).map(Known::Size).ok_or_else(|| {
                let all = library.all();
                format!("`{}` is not a size of this ledger; it has {all} entries", shown(text))
            })
        }
        _ => go_to(text, on, library).map(Known::By),
    }
}

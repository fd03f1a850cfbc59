//! Civil days and instants: when a thing is true, and when the ledger learnt it.
//!
//! A day is a whole day in Europe/London. Zone data is compiled in, so an answer never depends on
//! the machine. This file reads no clock.

use std::fmt;

use jiff::civil;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize};

/// A civil day, counted from 1 January 1970. Written `2026-06-30`; years 1900 to 2199.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub struct Date(i32);

/// Says why a text is not a day that this program works with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadDay {
    /// Not of the form `2026-06-30`.
    #[error("`{0}` is not a date; write it as 2026-06-30")]
    Shape(String),
    /// The month has no such day.
    #[error("{day} {month} {year} is not a date; {month} has {last} days")]
    NoSuchDay {
        /// Day that was asked for.
        day: i8,
        /// Name of the month.
        month: &'static str,
        /// Year that was asked for.
        year: i16,
        /// Days that the month has.
        last: i8,
    },
    /// Month outside 1 to 12.
    #[error("there is no month {0}; UK order is day/month/year, files use year-month-day")]
    NoSuchMonth(i8),
    /// Year outside 1900 to 2199.
    #[error("the year {0} is outside 1900 to 2199")]
    YearOutOfRange(i16),
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Date {
    /// The first day that can be written, 1 January 1900.
    pub const MIN: Self = Self(-25_567);
    /// The last day that can be written, 31 December 2199. "Until further notice" ends here.
    pub const MAX: Self = Self(84_005);

    /// Returns the day with these numbers.
    ///
    /// # Errors
    /// [`BadDay`] when there is no such day.
    pub fn from_ymd(year: i16, month: i8, day: i8) -> Result<Self, BadDay> {
        if !(1900..=2199).contains(&year) {
            return Err(BadDay::YearOutOfRange(year));
        }
        let name = usize::try_from(month).ok().and_then(|m| MONTHS.get(m.wrapping_sub(1)));
        let Some(month_name) = name else { return Err(BadDay::NoSuchMonth(month)) };
        if let Ok(date) = civil::Date::new(year, month, day) {
            return Ok(Self::from_date(date));
        }
        let last = civil::Date::new(year, month, 1).map_or(31, civil::Date::days_in_month);
        Err(BadDay::NoSuchDay { day, month: month_name, year, last })
    }

    /// Reads `2026-06-30` and nothing else.
    ///
    /// # Errors
    /// [`BadDay`] naming what is wrong.
    pub fn parse(text: &str) -> Result<Self, BadDay> {
        let shape = || BadDay::Shape(text.to_owned());
        let (year, rest) = text.split_once('-').ok_or_else(shape)?;
        let (month, day) = rest.split_once('-').ok_or_else(shape)?;
        let digits = |part: &str, len: usize| {
            part.len() == len && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !(digits(year, 4) && digits(month, 2) && digits(day, 2)) {
            return Err(shape());
        }
        let year = year.parse().map_err(|_| shape())?;
        let month = month.parse().map_err(|_| shape())?;
        let day = day.parse().map_err(|_| shape())?;
        Self::from_ymd(year, month, day)
    }

    fn from_date(date: civil::Date) -> Self {
        let epoch = civil::Date::constant(1970, 1, 1);
        Self(date.since(epoch).map_or(0, |span| span.get_days()))
    }

    fn date(self) -> civil::Date {
        let span = jiff::Span::new().try_days(self.0).unwrap_or_default();
        civil::Date::constant(1970, 1, 1).saturating_add(span)
    }

    /// Returns year, month and day.
    pub fn ymd(self) -> (i16, i8, i8) {
        let date = self.date();
        (date.year(), date.month(), date.day())
    }

    /// Returns days since 1 January 1970.
    pub fn number(self) -> i32 {
        self.0
    }

    /// Returns the day this many days later (earlier when negative), kept inside the range.
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days).clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Returns the day this many calendar months later, the last of the month where it is shorter.
    #[must_use]
    pub fn plus_months(self, months: i32) -> Self {
        let span = jiff::Span::new().try_months(months).unwrap_or_default();
        Self(Self::from_date(self.date().saturating_add(span)).0.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Returns `30 Jun 2026`, as tables show it.
    pub fn short(self) -> String {
        let (year, month, day) = self.ymd();
        let name = month_name(month).get(..3).unwrap_or_default();
        format!("{day} {name} {year}")
    }

    /// Returns `30 June 2026`, as sentences show it.
    pub fn long(self) -> String {
        let (year, month, day) = self.ymd();
        format!("{day} {} {year}", month_name(month))
    }
}

fn month_name(month: i8) -> &'static str {
    let index = usize::try_from(month).unwrap_or(0).saturating_sub(1);
    MONTHS.get(index).copied().unwrap_or("")
}

impl fmt::Display for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(out, "{year:04}-{month:02}-{day:02}")
    }
}

impl std::str::FromStr for Date {
    type Err = BadDay;
    fn from_str(text: &str) -> Result<Self, BadDay> {
        Self::parse(text)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(text: D) -> Result<Self, D::Error> {
        super::sanitize::parsed(text)
    }
}

impl From<Date> for String {
    fn from(day: Date) -> Self {
        day.to_string()
    }
}

/// A moment in UTC, to the millisecond: when an entry says that it was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Returns the moment this many milliseconds after 1 January 1970 UTC, kept inside the years
    /// that [`Date`] covers.
    pub fn from_millis(millis: i64) -> Self {
        const DAY: i64 = 86_400_000;
        Self(millis.clamp(i64::from(Date::MIN.0) * DAY, i64::from(Date::MAX.0) * DAY + DAY - 1))
    }

    /// Returns milliseconds since 1 January 1970 UTC.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Reads the one form that entries use, `2026-01-02T09:00:00.000Z`.
    pub fn parse(text: &str) -> Option<Self> {
        const FORM: &[u8; 24] = b"0000-00-00T00:00:00.000Z";
        let mut pairs = text.bytes().zip(FORM);
        let fits = |(found, form): (u8, &u8)| match form {
            b'0' => found.is_ascii_digit(),
            _ => found == *form,
        };
        // A leap second is read as the one before it, and would have two spellings.
        let one_spelling = text.len() == FORM.len() && pairs.all(fits) && !text.contains(":60.");
        let stamp: jiff::Timestamp = text.parse().ok().filter(|_| one_spelling)?;
        let instant = Self::from_millis(stamp.as_millisecond());
        // Outside the years of a day there is none.
        (instant.0 == stamp.as_millisecond()).then_some(instant)
    }

    /// Returns the civil day in Europe/London at this moment.
    pub fn london_day(self) -> Date {
        Date::from_date(self.london().date())
    }

    /// Returns `30 June 2026, 17:00 (UK time)`.
    pub fn london_text(self) -> String {
        let zoned = self.london();
        format!(
            "{}, {:02}:{:02} (UK time)",
            Date::from_date(zoned.date()).long(),
            zoned.hour(),
            zoned.minute()
        )
    }

    fn london(self) -> jiff::Zoned {
        let stamp = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        let zone = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
        stamp.to_zoned(zone)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stamp = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        write!(out, "{stamp:.3}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn days_print_as_they_are_read() {
        for text in ["1900-01-01", "1970-01-01", "2024-02-29", "2026-06-30", "2199-12-31"] {
            assert_eq!(Date::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Date::MIN, Date::parse("1900-01-01").unwrap());
        assert_eq!(Date::MAX, Date::parse("2199-12-31").unwrap());
    }

    #[test]
    fn wrong_days_are_told_apart() {
        let text = |text: &str| Date::parse(text).unwrap_err().to_string();
        assert_eq!(text("2026-06-31"), "31 June 2026 is not a date; June has 30 days");
        assert!(text("2026-13-01").contains("no month 13"));
        assert!(text("1899-12-31").contains("outside 1900 to 2199"));
        for shape in ["", "30/06/2026", "2026-6-30", "2026-06-30 ", "+026-06-30", "٢٠٢٦-٠٦-٣٠"]
        {
            assert!(matches!(Date::parse(shape), Err(BadDay::Shape(_))), "{shape}");
        }
    }

    #[test]
    fn a_day_ends_at_midnight_in_london_whatever_the_season() {
        let day = |text: &str| Timestamp::parse(text).unwrap().london_day().to_string();
        assert_eq!(day("2026-06-30T22:59:59.999Z"), "2026-06-30");
        assert_eq!(day("2026-06-30T23:00:00.000Z"), "2026-07-01");
        assert_eq!(day("2026-03-31T23:30:00.000Z"), "2026-04-01");
        assert_eq!(day("2026-01-31T23:59:59.999Z"), "2026-01-31");
        assert_eq!(day("2026-10-25T00:30:00.000Z"), "2026-10-25");
    }

    #[test]
    fn instants_have_one_spelling() {
        assert!(Timestamp::parse("2026-01-02T09:00:00.000Z").is_some());
        for other in [
            "2026-01-02T09:00:00Z",
            "2026-01-02T09:00:00.000+00:00",
            "2026-01-02",
            "2026-01-02t09:00:00.000Z",
            "2026-01-02 09:00:00.000Z",
            "2026-01-02T09:00:00,000Z",
            "2026-02-29T09:00:00.000Z",
            "2026-01-02T24:00:00.000Z",
            "2026-06-30T23:59:60.000Z",
            "1899-12-31T23:59:59.999Z",
            "2200-01-01T00:00:00.000Z",
        ] {
            assert_eq!(Timestamp::parse(other), None, "{other}");
        }
        for edge in ["1900-01-01T00:00:00.000Z", "2199-12-31T23:59:59.999Z"] {
            assert_eq!(Timestamp::parse(edge).unwrap().to_string(), edge);
        }
    }

    proptest! {
        #[test]
        fn what_is_read_as_an_instant_prints_as_it_was_read(
            text in "(19|20|21|22)[0-9]{2}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9][.,][0-9]{2,4}[Zz]",
            millis: i32,
        ) {
            if let Some(instant) = Timestamp::parse(&text) {
                prop_assert_eq!(instant.to_string(), text);
            }
            let instant = Timestamp::from_millis(i64::from(millis) * 3_001);
            prop_assert_eq!(Timestamp::parse(&instant.to_string()), Some(instant));
        }
    }

    #[test]
    fn months_end_where_the_calendar_ends_them() {
        let day = Date::parse("2024-02-29").unwrap();
        assert_eq!(day.plus_months(12).to_string(), "2025-02-28");
        assert_eq!(Date::MAX.plus(1), Date::MAX);
    }
}

//! What a number in a workbook says: a day, a share, or just a number. Spreadsheets keep days as
//! numbers; only the format of the cell tells them apart.

use crate::domain::date::Date;
use crate::import::cells::Kind;

/// How a cell shows its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Format {
    /// As a number, or a time of day.
    #[default]
    Plain,
    /// As a day.
    Day,
    /// As a share of a hundred.
    Percent,
}

impl Format {
    /// The formats that every workbook has, by their number.
    pub(super) fn built_in(number: u32) -> Self {
        match number {
            9 | 10 => Self::Percent,
            14..=17 | 22 | 27..=31 | 34..=36 | 50..=54 | 57 | 58 => Self::Day,
            _ => Self::Plain,
        }
    }

    /// Reads the code of a format, such as `dd/mm/yyyy` or `0%`.
    pub(super) fn of_code(code: &str) -> Self {
        let (mut quoted, mut bracketed) = (false, false);
        let mut chars = code.chars();
        let mut percent = false;
        while let Some(c) = chars.next() {
            match c {
                '"' => quoted = !quoted,
                _ if quoted => {}
                '[' => bracketed = true,
                ']' => bracketed = false,
                _ if bracketed => {}
                '\\' | '_' | '*' => {
                    chars.next();
                }
                'y' | 'Y' | 'd' | 'D' => return Self::Day,
                ';' if !percent => return Self::Plain,
                '%' => percent = true,
                _ => {}
            }
        }
        if percent { Self::Percent } else { Self::Plain }
    }
}

/// Which day is number 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Calendar {
    /// 1 January 1900 is day 1, and 29 February 1900 is a day.
    #[default]
    From1900,
    /// 1 January 1904 is day 0.
    From1904,
}

/// Returns what a number says under its format.
pub(super) fn read(number: f64, format: Format, calendar: Calendar) -> (Kind, String) {
    match format {
        Format::Plain => (Kind::Number, plain(number)),
        Format::Percent => (Kind::Number, format!("{}%", plain(round(number * 100.0)))),
        Format::Day => match day(number, calendar) {
            Some(day) => (Kind::Date, day.to_string()),
            None => (Kind::Number, plain(number)),
        },
    }
}

/// A number with as many digits as it takes to tell it from every other.
fn plain(number: f64) -> String {
    format!("{number}")
}

/// Takes away what a multiplication leaves behind the tenth digit.
fn round(number: f64) -> f64 {
    (number * 1e10).round() / 1e10
}

fn day(number: f64, calendar: Calendar) -> Option<Date> {
    // The most that four digits of a year can say; a time of day alone is below 1.
    if !(1.0..2_958_466.0).contains(&number) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the bounds are just above")]
    let whole = number.floor() as i32;
    let (year, month, first) = match (calendar, whole) {
        (Calendar::From1904, _) => (1904, 1, 0),
        (Calendar::From1900, 1..60) => (1900, 1, 1),
        // 29 February 1900, which was no day.
        (Calendar::From1900, 60) => return None,
        (Calendar::From1900, _) => (1900, 1, 2),
    };
    let zero = Date::from_ymd(year, month, 1).ok()?;
    let found = zero.plus(whole - first);
    (found.number() == zero.number() + whole - first).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_tell_days_from_numbers() {
        for code in ["dd/mm/yyyy", "yyyy-mm-dd;@", "[$-809]dd mmmm yyyy", "d", "m/d/yy h:mm"] {
            assert_eq!(Format::of_code(code), Format::Day, "{code}");
        }
        for code in ["General", "0.00", "[h]:mm", "h:mm", "\"day\" 0", "\\d0", "[Red]0;[Blue]0"] {
            assert_eq!(Format::of_code(code), Format::Plain, "{code}");
        }
        assert_eq!(Format::of_code("0.0%"), Format::Percent);
        assert_eq!((Format::built_in(14), Format::built_in(1)), (Format::Day, Format::Plain));
    }

    #[test]
    fn days_are_counted_as_spreadsheets_do() {
        use Calendar::{From1900, From1904};
        let check = |number, calendar, expected: &str| {
            assert_eq!(read(number, Format::Day, calendar).1, expected, "{number}");
        };
        check(1.0, From1900, "1900-01-01");
        check(59.0, From1900, "1900-02-28");
        check(60.0, From1900, "60");
        check(61.0, From1900, "1900-03-01");
        check(46_203.75, From1900, "2026-06-30");
        check(44_741.0, From1904, "2026-06-30");
        check(0.5, From1900, "0.5");
        check(1e300, From1900, &plain(1e300));
        check(f64::NAN, From1900, "NaN");
        assert_eq!(read(0.07, Format::Percent, From1900).1, "7%");
        assert_eq!(read(5.1, Format::Plain, From1900), (Kind::Number, "5.1".to_owned()));
        assert_eq!(read(12.0, Format::Plain, From1900).1, "12");
    }
}

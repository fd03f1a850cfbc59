//! Days as people in the UK write them: `2026-06-30`, `30/6/2026`, `30 June 2026`, `30 jun 2026`, and
//! `2026/06/30`, in which the year tells the order.
//!
//! It must never guess: a year of two digits, a month first and a day without a year are refused.

use super::date::{BadDay, Date};
use super::sanitize::shown;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const FORMS: &str = "write it as 2026-06-30, 30/6/2026 or 30 June 2026";

/// Reads a day, with its year.
///
/// # Errors
/// A sentence that says what was found and how to write it.
pub fn parse_day(text: &str) -> Result<Date, String> {
    let text = text.trim();
    let parts: Vec<&str> = text
        .split(|c: char| c == '/' || c == '-' || c == '.' || c.is_whitespace())
        .filter(|part| !part.is_empty())
        .collect();
    match parts.as_slice() {
        [year, ..] if text.contains('-') && year.len() == 4 && is_number(year) => iso(text),
        [year, month, day]
            if year.len() == 4 && [year, month, day].iter().all(|p| is_number(p)) =>
        {
            day_first(text, day, month, year)
        }
        [day, month, year] if is_number(day) => day_first(text, day, month, year),
        [number] if is_number(number) && number.len() == 5 => Err(format!(
            "`{number}` is a day as a spreadsheet counts it; format the column as a date, or \
             {FORMS}"
        )),
        [day, month] if is_number(day) && month_of(month).is_some() => {
            Err(format!("`{}` has no year; {FORMS}", shown(text)))
        }
        [month, ..] if month_of(month).is_some() => {
            Err(format!("`{}` begins with the month; {FORMS}", shown(text)))
        }
        _ => Err(not_a_date(text)),
    }
}

fn not_a_date(text: &str) -> String {
    format!("`{}` is not a date; {FORMS}", shown(text))
}

fn iso(text: &str) -> Result<Date, String> {
    if text.len() > 10 && text.get(10..11).is_some_and(|next| matches!(next, "T" | " ")) {
        return Err(format!("`{}` has a time of day; leave it out: {FORMS}", shown(text)));
    }
    Date::parse(text).map_err(|error| match error {
        BadDay::Shape(_) => not_a_date(text),
        other @ (BadDay::NoSuchDay { .. } | BadDay::NoSuchMonth(_) | BadDay::YearOutOfRange(_)) => {
            other.to_string()
        }
    })
}

fn day_first(text: &str, day: &str, month: &str, year: &str) -> Result<Date, String> {
    if !is_number(year) || day.len() > 2 {
        return Err(not_a_date(text));
    }
    if year.len() != 4 {
        return Err(format!("`{}` has a year that is not four digits; {FORMS}", shown(text)));
    }
    let month = match month_of(month) {
        Some(number) => number,
        None if is_number(month) && month.len() <= 2 => {
            month.parse().map_err(|_| not_a_date(text))?
        }
        None => return Err(not_a_date(text)),
    };
    let day = day.parse().map_err(|_| not_a_date(text))?;
    let year = year.parse().map_err(|_| not_a_date(text))?;
    Date::from_ymd(year, month, day).map_err(|error| error.to_string())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the month of a name: whole, or its first three letters (or `sept`).
fn month_of(text: &str) -> Option<i8> {
    let name = text.to_ascii_lowercase();
    let name = if name == "sept" { "sep" } else { name.as_str() };
    let index = MONTHS.iter().position(|month| *month == name || month.get(..3) == Some(name))?;
    i8::try_from(index + 1).ok()
}

/// Says whether a text looks like a day that a spreadsheet made out of something else, such as
/// `05-Oct` out of `5.10`.
pub fn looks_like_a_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['/', '-', ' ']).collect();
    let named = parts.len() == 2
        && parts.iter().any(|part| month_of(part).is_some())
        && parts.iter().any(|part| is_number(part));
    named || text.contains("00:00") || parse_day(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn uk_forms_are_read() {
        let forms = [
            "2026-06-30",
            " 2026-06-30 ",
            "30/6/2026",
            "30/06/2026",
            "30 June 2026",
            "30 jun 2026",
            "30  JUNE  2026",
            "30-Jun-2026",
            "30.06.2026",
            "2026/06/30",
            "2026/6/30",
            "2026.06.30",
        ];
        for form in forms {
            assert_eq!(parse_day(form).unwrap().to_string(), "2026-06-30", "{form}");
        }
        assert_eq!(parse_day("1/2/2026").unwrap().to_string(), "2026-02-01");
        assert_eq!(parse_day("1 sept 2026").unwrap().to_string(), "2026-09-01");
        assert_eq!(parse_day("29 feb 2028").unwrap().to_string(), "2028-02-29");
    }

    #[track_caller]
    fn check_refused(text: &str, part: &str) {
        let message = parse_day(text).unwrap_err();
        assert!(message.contains(part), "{message}");
    }

    #[test]
    fn every_other_form_is_refused_with_its_reason() {
        check_refused("6/30/2026", "there is no month 30; UK order is day/month/year");
        check_refused("30/6/26", "four digits");
        check_refused("30 jun 26", "four digits");
        check_refused("30 jun", "has no year");
        check_refused("30 June", "has no year");
        check_refused("June 30, 2026", "begins with the month");
        check_refused("31 June 2026", "June has 30 days");
        check_refused("29/02/2027", "February has 28 days");
        check_refused("2026-13-01", "no month 13");
        check_refused("2026-6-3", "not a date");
        check_refused("2026-06-30 00:00:00", "time of day");
        check_refused("46203", "as a spreadsheet counts it");
        check_refused("1/1/1899", "outside 1900 to 2199");
        check_refused("30/6/٢٠٢٦", "not a date");
        check_refused("yesterday", "not a date");
        check_refused("", "not a date");
    }

    #[test]
    fn ids_that_a_spreadsheet_turned_into_days_are_seen() {
        for text in ["05-Oct", "Oct-05", "1/2/2002", "2026-10-05 00:00:00", "5 Oct"] {
            assert!(looks_like_a_day(text), "{text}");
        }
        for text in ["5.10", "A.5.10", "PR.DS-11", "8.3.4", "ID.AM-6", "AC-2"] {
            assert!(!looks_like_a_day(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "\\PC{0,30}|[0-9/ .a-z-]{0,16}") {
            let _ = parse_day(&text);
            let _ = looks_like_a_day(&text);
        }

        #[test]
        fn every_day_reads_in_each_form(number in 0i32..80_000) {
            let day = Date::MIN.plus(number);
            let (year, month, date) = day.ymd();
            for form in [day.to_string(), day.long(), day.short(), format!("{date}/{month}/{year}")] {
                prop_assert_eq!(parse_day(&form), Ok(day));
            }
        }
    }
}

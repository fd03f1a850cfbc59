//! How long a certificate may count, whatever is printed on it: the release of its standard ends
//! one day for everybody, and each scheme knows how long a certificate lasts.
//!
//! The facts are rows of `mappings/schemes.csv`; nothing here names a scheme or a date.

use super::edition::{BadCatalogue, parse_rows};
use crate::domain::date::Date;
use crate::domain::event::body::CertificateRecorded;
use crate::domain::ids::bad_ref::BadRef;
use crate::domain::ids::scheme::Scheme;

/// What is known of a scheme, or of one release of its standard.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fact {
    scheme: Scheme,
    /// None in the row for the scheme as a whole.
    release: Option<String>,
    /// The last day on which a certificate of the release is in force.
    last_valid_day: Option<Date>,
    /// How long a certificate lasts.
    longest_months: Option<i32>,
}

const COLUMNS: &[&str] = &["scheme", "release", "last_valid_day", "longest_months", "provenance"];

/// The release in a row about the scheme as a whole.
const EVERY: &str = "any";

/// The file as it ships.
const SCHEMES: &[u8] = include_bytes!("../../../mappings/schemes.csv");

fn parse(bytes: &[u8]) -> Result<Vec<Fact>, BadCatalogue> {
    parse_rows("schemes.csv", bytes, COLUMNS, |row| {
        Ok(Fact {
            scheme: row.parse("scheme")?,
            release: Some(row.get("release").to_owned()).filter(|release| release != EVERY),
            last_valid_day: row.parse_optional("last_valid_day")?,
            longest_months: row.parse_optional("longest_months")?,
        })
    })
}

/// The facts about a scheme. A test reads every row of the file, so that none is lost here.
fn facts_of(scheme: Scheme) -> impl Iterator<Item = Fact> {
    parse(SCHEMES).unwrap_or_default().into_iter().filter(move |fact| fact.scheme == scheme)
}

/// Returns the releases of a scheme's standard that are known, in the order of the file.
pub fn releases(scheme: Scheme) -> Vec<String> {
    facts_of(scheme).filter_map(|fact| fact.release).collect()
}

/// How people write the schemes: lower case, letters, digits and `+` only.
const SPELLINGS: [(&str, Scheme); 12] = [
    ("iso27001", Scheme::Iso27001),
    ("isoiec27001", Scheme::Iso27001),
    ("27001", Scheme::Iso27001),
    ("cyberessentials", Scheme::CyberEssentials),
    ("ce", Scheme::CyberEssentials),
    ("cyberessentialsplus", Scheme::CyberEssentialsPlus),
    ("cyberessentials+", Scheme::CyberEssentialsPlus),
    ("ceplus", Scheme::CyberEssentialsPlus),
    ("ce+", Scheme::CyberEssentialsPlus),
    ("psnia", Scheme::PsnIa),
    ("psn", Scheme::PsnIa),
    ("nhsmail", Scheme::Nhsmail),
];

/// Reads a scheme as people write it, with the release where they name it: `iso27001`, `CE+`,
/// `ISO/IEC 27001:2022`.
///
/// # Errors
/// [`BadRef`] for anything else.
pub fn spelled(text: &str) -> Result<(Scheme, Option<String>), BadRef> {
    let (name, release) = match text.split_once(':') {
        Some((name, release)) => (name, Some(release.trim().to_owned())),
        None => (text, None),
    };
    let kept = name.chars().filter(|c| c.is_alphanumeric() || *c == '+');
    let name: String = kept.flat_map(char::to_lowercase).collect();
    match SPELLINGS.iter().find(|(spelling, _)| *spelling == name) {
        Some((_, scheme)) => Ok((*scheme, release.filter(|release| !release.is_empty()))),
        None => Err(text
            .parse::<Scheme>()
            .err()
            .unwrap_or_else(|| BadRef { found: text.to_owned(), expected: "a scheme" })),
    }
}

/// Why a certificate counts no longer than a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    Release(Date),
    Length(Date, i32),
}

impl Limit {
    fn day(self) -> Date {
        match self {
            Self::Release(day) | Self::Length(day, _) => day,
        }
    }
}

/// The limit that binds a certificate, where it ends before the day printed on it.
fn limit(record: &CertificateRecorded) -> Option<Limit> {
    let limits = facts_of(record.scheme).flat_map(|fact| {
        let general = fact.release.is_none();
        let own = general || fact.release == record.release;
        let release = fact.last_valid_day.filter(|_| own).map(Limit::Release);
        let length = fact.longest_months.filter(|_| own);
        let length =
            length.map(|months| Limit::Length(record.valid_from.plus_months(months), months));
        [release, length]
    });
    let first = limits.flatten().min_by_key(|limit| limit.day());
    first.filter(|limit| limit.day() < record.valid_until)
}

impl CertificateRecorded {
    /// Returns the last day that the certificate may count: the one printed on it, or an earlier
    /// one that its scheme sets. It may be before the first day; then it never counts.
    pub fn counts_until(&self) -> Date {
        limit(self).map_or(self.valid_until, Limit::day)
    }

    /// Returns the standard that it is about: `ISO/IEC 27001:2022`.
    pub fn standard(&self) -> String {
        match &self.release {
            Some(release) => format!("{}:{release}", self.scheme.label()),
            None => self.scheme.label().to_owned(),
        }
    }

    /// Says why it counts for less long than is printed on it; none when it counts to its last day.
    pub fn cut_short(&self) -> Option<String> {
        limit(self).map(|limit| match limit {
            Limit::Release(day) => {
                format!("no certificate of {} is in force after {}", self.standard(), day.short())
            }
            Limit::Length(_, months) => format!(
                "{} {} certificate lasts {months} months at most",
                self.scheme.article(),
                self.scheme.label()
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(scheme: &str, release: Option<&str>, days: (&str, &str)) -> CertificateRecorded {
        CertificateRecorded {
            scheme: scheme.parse().unwrap(),
            release: release.map(str::to_owned),
            number: "N".to_owned(),
            issuer: "I".to_owned(),
            accreditation: None,
            scope: vec!["all".parse().unwrap()],
            valid_from: days.0.parse().unwrap(),
            valid_until: days.1.parse().unwrap(),
        }
    }

    #[track_caller]
    fn check(scheme: &str, release: Option<&str>, days: (&str, &str), until: &str) {
        let certificate = certificate(scheme, release, days);
        assert_eq!(certificate.counts_until().to_string(), until);
        assert_eq!(certificate.cut_short().is_some(), until != days.1);
    }

    #[test]
    fn every_shipped_row_is_read() {
        let rows = parse(SCHEMES).unwrap();
        let text = std::str::from_utf8(SCHEMES).unwrap();
        assert_eq!(rows.len() + 1, text.lines().count());
        assert_eq!(releases(Scheme::Iso27001), ["2005", "2013", "2022"]);
        assert!(releases(Scheme::Nhsmail).is_empty());
    }

    #[test]
    fn schemes_are_read_as_people_write_them() {
        let read = |text: &str| spelled(text).map(|(scheme, release)| (scheme.as_str(), release));
        for scheme in Scheme::ALL {
            assert_eq!(read(scheme.as_str()), Ok((scheme.as_str(), None)));
            assert_eq!(read(scheme.label()), Ok((scheme.as_str(), None)));
        }
        for text in ["ce+", "CE+", "CE Plus", "Cyber Essentials+", "cyber-essentials-plus"] {
            assert_eq!(read(text), Ok(("cyber-essentials-plus", None)), "{text}");
        }
        for text in ["ISO27001:2022", "ISO/IEC 27001:2022", "iso27001: 2022"] {
            assert_eq!(read(text), Ok(("iso27001", Some("2022".to_owned()))), "{text}");
        }
        for text in ["iso9001", "", "ce++", "27002"] {
            assert!(spelled(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_release_ends_for_every_certificate_of_it() {
        let days = ("2024-01-01", "2026-12-31");
        check("iso27001", Some("2013"), days, "2025-10-31");
        check("iso27001", Some("2022"), days, "2026-12-31");
        check("iso27001", None, days, "2026-12-31");
        check("iso27001", Some("2013"), ("2022-11-01", "2025-10-31"), "2025-10-31");
        check("iso27001", Some("2013"), ("2026-01-01", "2026-12-31"), "2025-10-31");
        check("iso27001", Some("2005"), ("2014-01-01", "2016-12-31"), "2015-10-01");
    }

    #[test]
    fn a_certificate_lasts_as_long_as_its_scheme_says() {
        check("cyber-essentials-plus", None, ("2020-03-01", "2036-02-28"), "2021-03-01");
        check("cyber-essentials-plus", None, ("2026-03-01", "2027-03-01"), "2027-03-01");
        check("cyber-essentials", Some("3.2"), ("2026-03-01", "2027-03-02"), "2027-03-01");
        check("iso27001", Some("2022"), ("2024-03-01", "2027-03-01"), "2027-03-01");
        check("iso27001", Some("2022"), ("2024-03-01", "2027-03-02"), "2027-03-01");
        check("iso27001", Some("banana"), ("2024-03-01", "2034-03-01"), "2027-03-01");
        check("nhsmail", None, ("2010-01-01", "2199-12-31"), "2199-12-31");
    }

    #[test]
    fn what_cuts_it_short_is_said() {
        let one = certificate("iso27001", Some("2013"), ("2024-01-01", "2026-12-31"));
        let why = "no certificate of ISO/IEC 27001:2013 is in force after 31 Oct 2025";
        assert_eq!(one.cut_short().as_deref(), Some(why));
        let one = certificate("cyber-essentials-plus", None, ("2020-03-01", "2036-02-28"));
        let why = "a Cyber Essentials Plus certificate lasts 12 months at most";
        assert_eq!(one.cut_short().as_deref(), Some(why));
    }
}

//! How long a certificate may count, whatever is printed on it: the release of its standard ends
//! one day for everybody, and each scheme knows how long a certificate lasts.
//!
//! The facts are rows of `mappings/schemes.csv`; nothing here names a scheme or a date.

use crate::domain::date::Date;
use crate::domain::event::body::CertificateRecorded;
use crate::domain::ids::bad_ref::BadRef;
use crate::domain::ids::scheme::Scheme;

/// Reads a scheme as people write it, with the release where they name it: `iso27001`, `CE+`,
/// `ISO/IEC 27001:2022`, `Cyber Essentials v3.2`.
///
/// # Errors
/// [`BadRef`] for anything else.
pub fn spelled(text: &str) -> Result<(Scheme, Option<String>), BadRef> {
    if let Some(scheme) = Scheme::spelled(text) {
        return Ok((scheme, None));
    }
    if let Some((name, release)) = text.split_once(':')
        && let Some(scheme) = Scheme::spelled(name)
    {
        return Ok((scheme, Some(release.trim().to_owned()).filter(|one| !one.is_empty())));
    }
    // A release that is known may stand after a blank or a hyphen.
    if let Some((name, release)) = text.trim().rsplit_once([' ', '-'])
        && let Some(scheme) = Scheme::spelled(name)
        && let Some(known) = scheme.release(release.trim_start_matches(['v', 'V']))
    {
        return Ok((scheme, Some(known.name.clone())));
    }
    match text.parse::<Scheme>() {
        Ok(scheme) => Ok((scheme, None)),
        Err(bad) => Err(bad),
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
    let months = record.scheme.longest_months();
    let length = months.map(|months| Limit::Length(record.valid_from.plus_months(months), months));
    let release = record.release.as_ref().and_then(|name| record.scheme.release(name));
    let release = release.and_then(|release| release.last_valid_day).map(Limit::Release);
    let first = length.into_iter().chain(release).min_by_key(|limit| limit.day());
    first.filter(|limit| limit.day() < record.valid_until)
}

impl CertificateRecorded {
    /// Returns the last day that the certificate may count: the one printed on it, or an earlier
    /// one that its scheme sets. It may be before the first day; then it never counts.
    pub fn counts_until(&self) -> Date {
        limit(self).map_or(self.valid_until, Limit::day)
    }

    /// Says why there can be no such certificate: it begins before its release does.
    pub fn begins_too_early(&self) -> Option<String> {
        let release = self.scheme.release(self.release.as_ref()?)?;
        let first = release.first_valid_day.filter(|first| self.valid_from < *first)?;
        Some(format!(
            "no certificate of {} is in force before {}; check the release and the first day",
            self.standard(),
            first.short()
        ))
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
    fn schemes_are_read_as_people_write_them() {
        let read = |text: &str| spelled(text).map(|(scheme, release)| (scheme.as_str(), release));
        for text in ["ce+", "CE+", "CE Plus", "Cyber Essentials+", "cyber-essentials-plus"] {
            assert_eq!(read(text), Ok(("cyber-essentials-plus", None)), "{text}");
        }
        for text in ["ISO27001:2022", "ISO/IEC 27001:2022", "iso27001: 2022"] {
            assert_eq!(read(text), Ok(("iso27001", Some("2022".to_owned()))), "{text}");
        }
        for text in ["ISO 27001 2022", "iso-27001-2022", "ISO/IEC 27001 v2022"] {
            assert_eq!(read(text), Ok(("iso27001", Some("2022".to_owned()))), "{text}");
        }
        assert_eq!(read("Cyber Essentials Plus v3.3").unwrap().1.as_deref(), Some("3.3"));
        for text in ["iso9001", "", "ce++", "27002", "ISO 27001 2021", "iso27001 x"] {
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
    fn a_certificate_begins_no_earlier_than_its_release() {
        let early = |release, from| {
            let one = certificate("cyber-essentials-plus", release, (from, "2027-01-01"));
            one.begins_too_early().is_some()
        };
        assert!(early(Some("3.3"), "2026-04-26"));
        assert!(!early(Some("3.3"), "2026-04-27"));
        assert!(!early(Some("3.2"), "2026-04-26"));
        assert!(!early(None, "2026-04-26"));
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

//! The certification schemes and what is known of each: rows of `mappings/schemes.csv`. Nothing in
//! code names one.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::bad_ref::BadRef;
use crate::domain::csv::{CellError, Row, Table};
use crate::domain::date::Date;

/// The file as it ships; tests know a scheme more, which is invented.
const FILES: &[&[u8]] = &[
    include_bytes!("../../../mappings/schemes.csv"),
    #[cfg(test)]
    include_bytes!("../../../fixtures/frameworks/schemes.csv"),
];

const COLUMNS: &[&str] = &["scheme", "release", "label", "article", "spellings", "provenance"];

/// The release in a row about the scheme as a whole.
const EVERY: &str = "any";

/// What is known of a scheme.
struct Known {
    word: String,
    label: String,
    short: String,
    article: String,
    framework: Option<String>,
    takes_in: Option<String>,
    statement_of_applicability: bool,
    release_asked: bool,
    exceeds: bool,
    spellings: Vec<String>,
    longest_months: Option<i32>,
    releases: Vec<Release>,
}

/// A release of a scheme's standard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Its name: `2022`.
    pub name: String,
    /// The first day on which a certificate of it can be in force, where that is known.
    pub first_valid_day: Option<Date>,
    /// The last day on which a certificate of it is in force, where one is set.
    pub last_valid_day: Option<Date>,
}

static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| read(FILES).unwrap_or_default());

/// Reads the files; none where a row cannot be read, which a test would notice.
fn read(files: &[&[u8]]) -> Option<Vec<Known>> {
    let mut all: Vec<Known> = Vec::new();
    for file in files {
        for row in &Table::parse_stored(file, COLUMNS).ok()?.rows {
            if row.get("release") == EVERY {
                all.push(known(row).ok()?);
                continue;
            }
            let of = all.iter_mut().find(|known| known.word == row.get("scheme"));
            of?.releases.push(release(row).ok()?);
        }
    }
    Some(all)
}

fn known(row: &Row) -> Result<Known, CellError> {
    let text = |column: &str| row.get(column).to_owned();
    let some = |column: &str| Some(text(column)).filter(|text| !text.is_empty());
    let yes = |column: &str| row.get(column) == "yes";
    Ok(Known {
        word: text("scheme"),
        label: text("label"),
        short: text("short"),
        article: text("article"),
        framework: some("framework"),
        takes_in: some("takes_in"),
        statement_of_applicability: yes("statement_of_applicability"),
        release_asked: yes("release_asked"),
        exceeds: yes("exceeds"),
        spellings: row.get("spellings").split_whitespace().map(str::to_owned).collect(),
        longest_months: row.parse_optional("longest_months")?,
        releases: Vec::new(),
    })
}

fn release(row: &Row) -> Result<Release, CellError> {
    Ok(Release {
        name: row.get("release").to_owned(),
        first_valid_day: row.parse_optional("first_valid_day")?,
        last_valid_day: row.parse_optional("last_valid_day")?,
    })
}

/// A certification scheme: the place of its row. Schemes are ordered as their rows are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scheme(u16);

impl Scheme {
    /// All schemes, in the order that lists show them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..u16::try_from(KNOWN.len()).unwrap_or_default()).map(Self)
    }

    fn known(self) -> Option<&'static Known> {
        KNOWN.get(usize::from(self.0))
    }

    fn text(self, of: impl Fn(&'static Known) -> &'static str) -> &'static str {
        self.known().map_or("", of)
    }

    /// Returns the word used in files and commands.
    pub fn as_str(self) -> &'static str {
        self.text(|known| &known.word)
    }

    /// Returns the name that people use.
    pub fn label(self) -> &'static str {
        self.text(|known| &known.label)
    }

    /// Returns a short name for narrow columns.
    pub fn short(self) -> &'static str {
        self.text(|known| &known.short)
    }

    /// Returns the article before the name that people use.
    pub fn article(self) -> &'static str {
        self.text(|known| &known.article)
    }

    /// Returns the framework whose releases its certificates name.
    pub fn framework(self) -> Option<&'static str> {
        self.known()?.framework.as_deref()
    }

    /// Returns the framework whose controls a certificate grounds; none where it grounds none.
    pub fn grounds(self) -> Option<&'static str> {
        self.known()?.takes_in.as_ref().and(self.framework())
    }

    /// Says whether every certificate takes in the controls of a kind, whatever a Statement of
    /// Applicability says.
    pub fn takes_in(self, kind: &str) -> bool {
        let kinds = self.known().and_then(|known| known.takes_in.as_deref()).unwrap_or_default();
        kinds.split_whitespace().any(|one| one == "all" || one == kind)
    }

    /// Says whether a Statement of Applicability belongs to its certificates.
    pub fn has_statement_of_applicability(self) -> bool {
        self.known().is_some_and(|known| known.statement_of_applicability)
    }

    /// Says whether its certificates always name the release of their standard.
    pub fn asks_release(self) -> bool {
        self.known().is_some_and(|known| known.release_asked)
    }

    /// Says whether a current certificate makes Standards Met Standards Exceeded.
    pub fn exceeds(self) -> bool {
        self.known().is_some_and(|known| known.exceeds)
    }

    /// Returns how many months a certificate lasts at most.
    pub fn longest_months(self) -> Option<i32> {
        self.known()?.longest_months
    }

    /// Returns the releases of its standard that are known, in the order of the file.
    pub fn releases(self) -> &'static [Release] {
        self.known().map_or(&[], |known| &known.releases)
    }

    /// Returns a release by its name.
    pub fn release(self, name: &str) -> Option<&'static Release> {
        self.releases().iter().find(|release| release.name == name)
    }

    /// Finds the scheme that people write so: by its word, or whatever its case, blanks and signs.
    pub fn spelled(text: &str) -> Option<Self> {
        let kept = text.chars().filter(|c| c.is_alphanumeric() || *c == '+');
        let name: String = kept.flat_map(char::to_lowercase).collect();
        let of = |known: &Known| known.spellings.contains(&name);
        Self::all().find(|scheme| scheme.known().is_some_and(of))
    }
}

impl fmt::Debug for Scheme {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

static EXPECTED: LazyLock<String> = LazyLock::new(|| {
    let words: Vec<&str> = Scheme::all().map(Scheme::as_str).collect();
    match words.split_last() {
        Some((last, first)) if !first.is_empty() => {
            format!("a scheme: {} or {last}", first.join(", "))
        }
        _ => format!("a scheme: {}", words.join(", ")),
    }
});

impl FromStr for Scheme {
    type Err = BadRef;
    fn from_str(text: &str) -> Result<Self, BadRef> {
        let found = Self::all().find(|scheme| scheme.as_str() == text);
        found.ok_or_else(|| BadRef { found: text.to_owned(), expected: EXPECTED.as_str() })
    }
}

impl Serialize for Scheme {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Scheme {
    fn deserialize<D: Deserializer<'de>>(text: D) -> Result<Self, D::Error> {
        crate::domain::sanitize::parsed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_and_every_name_leads_to_one_scheme() {
        let rows: usize =
            FILES.iter().map(|file| Table::parse_stored(file, COLUMNS).unwrap().rows.len()).sum();
        let all = read(FILES).unwrap();
        assert_eq!(all.iter().map(|known| 1 + known.releases.len()).sum::<usize>(), rows);
        for scheme in Scheme::all() {
            let names = [scheme.as_str(), scheme.label()];
            assert!(names.iter().all(|name| Scheme::spelled(name) == Some(scheme)), "{scheme:?}");
            let known = scheme.known().unwrap();
            for spelling in &known.spellings {
                assert_eq!(Scheme::spelled(spelling), Some(scheme), "{spelling}");
            }
            assert!(["a", "an"].contains(&scheme.article()), "{scheme:?}");
            assert!(known.takes_in.is_none() || known.framework.is_some(), "{scheme:?}");
        }
    }

    #[test]
    fn a_scheme_is_written_as_its_word() {
        let scheme: Scheme = "psn-ia".parse().unwrap();
        assert_eq!(serde_json::to_string(&scheme).unwrap(), "\"psn-ia\"");
        assert_eq!(serde_json::from_str::<Scheme>("\"psn-ia\"").unwrap(), scheme);
        assert!(serde_json::from_str::<Scheme>("\"PSN IA\"").is_err());
        let bad = "iso9001".parse::<Scheme>().unwrap_err();
        assert!(bad.expected.starts_with("a scheme: iso27001, cyber-essentials, "));
    }
}

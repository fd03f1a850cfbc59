//! What publishers call the frameworks: URNs, file names and words, each with the release that it
//! is here.
//!
//! The names are rows of `mappings/framework-aliases.csv`; nothing here names a framework. A name
//! that stands in no row is not guessed at.

use std::str::FromStr;
use std::sync::LazyLock;

use super::edition::{BadCatalogue, parse_rows, row_problem};
use crate::domain::ids::FrameworkRef;
use crate::domain::ids::bad_ref::BadRef;
use crate::domain::problem_code::ProblemCode;

/// How the ids of the framework that is named are read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It is that very release.
    Same,
    /// It is an earlier release, or none is named, and the one here has all of its ids.
    LaterRelease,
}

impl FromStr for Reading {
    type Err = BadRef;
    fn from_str(text: &str) -> Result<Self, BadRef> {
        match text {
            "same" => Ok(Self::Same),
            "later-release" => Ok(Self::LaterRelease),
            _ => Err(BadRef { found: text.to_owned(), expected: "same or later-release" }),
        }
    }
}

/// One name of a framework.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// What a publisher calls it, in lower case.
    pub alias: String,
    /// What it is here.
    pub framework: FrameworkRef,
    /// How its ids are read.
    pub reading: Reading,
}

const COLUMNS: &[&str] = &["alias", "framework", "release", "reading", "provenance"];

/// The file as it ships.
const ALIASES: &[u8] = include_bytes!("../../../mappings/framework-aliases.csv");

fn parse(bytes: &[u8]) -> Result<Vec<Alias>, BadCatalogue> {
    parse_rows("framework-aliases.csv", bytes, COLUMNS, |row| {
        let name = format!("{}:{}", row.get("framework"), row.get("release"));
        let framework = name.parse().map_err(|bad: BadRef| {
            row_problem(ProblemCode::NotReadable, "framework", &name, bad.to_string())
        })?;
        let alias = row.get("alias").to_owned();
        Ok(Alias { alias, framework, reading: row.parse("reading")? })
    })
}

/// Every name that ships. A test reads every row of the file, so that none is lost here.
static ALL: LazyLock<Vec<Alias>> = LazyLock::new(|| parse(ALIASES).unwrap_or_default());

/// Returns the framework that a publisher's name stands for, whatever the case; our own names, such
/// as `iso27001:2022`, stand for themselves.
pub fn framework_called(name: &str) -> Option<Alias> {
    let name = name.trim();
    if let Ok(framework) = name.parse() {
        return Some(Alias { alias: name.to_owned(), framework, reading: Reading::Same });
    }
    ALL.iter().find(|one| one.alias.eq_ignore_ascii_case(name)).cloned()
}

/// Returns the first name of a framework that begins in a way, such as `urn:`.
pub fn name_of(framework: &FrameworkRef, prefix: &str) -> Option<&'static str> {
    let same = ALL.iter().filter(|one| one.framework == *framework);
    same.map(|one| one.alias.as_str()).find(|alias| alias.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_file_is_read() {
        let rows = parse(ALIASES).unwrap();
        assert_eq!(rows.len(), ALL.len());
        assert!(rows.iter().all(|one| one.alias == one.alias.to_lowercase()));
    }

    #[test]
    fn names_are_found_whatever_their_case_and_nothing_is_guessed() {
        let found = |name: &str| framework_called(name).map(|one| one.framework.to_string());
        assert_eq!(
            found("urn:intuitem:risk:framework:ISO27001-2022").as_deref(),
            Some("iso27001:2022")
        );
        assert_eq!(found(" nist-csf:2.0 ").as_deref(), Some("nist-csf:2.0"));
        assert_eq!(found("iso27001"), None);
        let csf: FrameworkRef = "nist-csf:2.0".parse().unwrap();
        assert_eq!(name_of(&csf, "urn:"), Some("urn:intuitem:risk:framework:nist-csf-2.0"));
    }
}

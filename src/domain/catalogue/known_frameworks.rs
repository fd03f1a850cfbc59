//! What is known of frameworks beyond their lists: how their ids are read, whether they have levels,
//! which releases share their ids. Rows of `mappings/frameworks.csv`; a framework without a row has
//! plain ids and no levels.

use std::sync::LazyLock;

use super::edition::{BadCatalogue, parse_rows};
use crate::domain::ids::FrameworkRef;

/// The file as it ships; tests know a framework more, which is invented.
const FILES: &[&[u8]] = &[
    include_bytes!("../../../mappings/frameworks.csv"),
    #[cfg(test)]
    include_bytes!("../../../fixtures/frameworks/frameworks.csv"),
];

const COLUMNS: &[&str] =
    &["framework", "release", "short", "ids", "levels", "same_ids_as", "id_form", "provenance"];

/// The release in a row about the framework as a whole.
const EVERY: &str = "any";

/// How the ids of a framework are read where they are not written as the list has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdRule {
    /// As they stand, whatever their case.
    #[default]
    Plain,
    /// Clauses are bare numbers and controls those of an annex: `5.1` and `A.5.1`.
    Annex,
    /// Controls with enhancements, in many spellings: `AC-2(1)`, `ac-02.01`.
    Enhancements,
}

struct Fact {
    framework: String,
    /// None in the row for the framework as a whole.
    release: Option<String>,
    short: String,
    ids: IdRule,
    own_titles: bool,
    levels: bool,
    same_ids_as: String,
    id_form: String,
}

static KNOWN: LazyLock<Vec<Fact>> = LazyLock::new(|| read(FILES).unwrap_or_default());

fn read(files: &[&[u8]]) -> Result<Vec<Fact>, BadCatalogue> {
    let mut all = Vec::new();
    for file in files {
        all.extend(parse_rows("frameworks.csv", file, COLUMNS, |row| {
            Ok(Fact {
                framework: row.get("framework").to_owned(),
                release: Some(row.get("release").to_owned()).filter(|release| release != EVERY),
                short: row.get("short").to_owned(),
                ids: match row.get("ids") {
                    "annex" => IdRule::Annex,
                    "enhancements" => IdRule::Enhancements,
                    _ => IdRule::Plain,
                },
                own_titles: row.get("own_titles") == "yes",
                levels: row.get("levels") == "yes",
                same_ids_as: row.get("same_ids_as").to_owned(),
                id_form: row.get("id_form").to_owned(),
            })
        })?);
    }
    Ok(all)
}

fn whole(framework: &str) -> Option<&'static Fact> {
    KNOWN.iter().find(|fact| fact.framework == framework && fact.release.is_none())
}

/// Says whether anything is known of a framework of that name.
pub fn is_known(framework: &str) -> bool {
    whole(framework).is_some()
}

/// How its ids are read.
pub fn id_rule(framework: &str) -> IdRule {
    whole(framework).map(|fact| fact.ids).unwrap_or_default()
}

/// Says whether the titles in its list are this project's words, since its own are copyright.
pub fn has_own_titles(framework: &str) -> bool {
    whole(framework).is_some_and(|fact| fact.own_titles)
}

/// Says whether its outcomes are met at a level, by somebody's judgement.
pub fn has_levels(framework: &str) -> bool {
    whole(framework).is_some_and(|fact| fact.levels)
}

/// Frameworks as references begin with them, each with a short name for narrow columns: a blank
/// stands between it and the release, unless it ends with a colon.
pub fn short_names() -> impl Iterator<Item = (String, String)> {
    let named = KNOWN.iter().filter(|fact| fact.release.is_none() && !fact.short.is_empty());
    named.map(|fact| {
        let blank = if fact.short.ends_with(':') { "" } else { " " };
        (format!("{}:", fact.framework), format!("{}{blank}", fact.short))
    })
}

/// Releases that are cited and do not ship, each with one that does and has all of their ids.
pub fn same_ids() -> impl Iterator<Item = (FrameworkRef, FrameworkRef)> {
    KNOWN.iter().filter(|fact| !fact.same_ids_as.is_empty()).filter_map(|fact| {
        let of = |release: &str| FrameworkRef {
            framework: fact.framework.clone(),
            release: release.to_owned(),
        };
        Some((of(fact.release.as_deref()?), of(&fact.same_ids_as)))
    })
}

/// Returns another release of the framework whose ids have this form; none where the id may be of
/// its own.
pub fn release_by_form(framework: &FrameworkRef, id: &str) -> Option<FrameworkRef> {
    let of = KNOWN.iter().filter(|fact| {
        fact.framework == framework.framework
            && fact.release.as_ref().is_some_and(|release| *release != framework.release)
            && !fact.id_form.is_empty()
    });
    let fact = of.into_iter().find(|fact| has_form(id, &fact.id_form))?;
    Some(FrameworkRef { framework: fact.framework.clone(), release: fact.release.clone()? })
}

/// Says whether an id has a form, in which `<n>` is a number, `<5-18>` one of that range, `<d>` a
/// digit and `<c>` any character; all else is itself.
fn has_form(id: &str, form: &str) -> bool {
    let Some((literal, rest)) = form.split_once('<') else { return id == form };
    let Some((what, form)) = rest.split_once('>') else { return id == form };
    let Some(id) = id.strip_prefix(literal) else { return false };
    let taken = match what {
        "c" | "d" => id.chars().next().map_or(0, char::len_utf8),
        _ => id.len() - id.trim_start_matches(|c: char| c.is_ascii_digit()).len(),
    };
    let Some((part, id)) = id.split_at_checked(taken).filter(|_| taken > 0) else { return false };
    let fits = match what {
        "c" => true,
        "d" => part.bytes().all(|byte| byte.is_ascii_digit()),
        "n" => part.parse::<u16>().is_ok(),
        range => range.split_once('-').is_some_and(|(first, last)| {
            let number = |text: &str| text.parse::<u16>().ok();
            match (number(first), number(part), number(last)) {
                (Some(first), Some(part), Some(last)) => first <= part && part <= last,
                _ => false,
            }
        }),
    };
    fits && has_form(id, form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::csv::Table;

    #[test]
    fn every_row_is_read() {
        let rows = FILES.iter().map(|file| Table::parse_stored(file, COLUMNS).unwrap().rows.len());
        assert_eq!(read(FILES).unwrap().len(), rows.sum::<usize>());
        assert_eq!(id_rule("iso27001"), IdRule::Annex);
        assert_eq!(id_rule("nist-800-53"), IdRule::Enhancements);
        assert!(has_levels("ncsc-caf") && !has_levels("iso27001") && !has_levels("unheard-of"));
        let same: Vec<String> = same_ids().map(|(a, b)| format!("{a} {b}")).collect();
        let expected = [
            "nist-800-53:r5 nist-800-53:5.2.0",
            "nist-800-53:r5.1.1 nist-800-53:5.2.0",
            "ncsc-caf:3.1 ncsc-caf:3.2",
        ];
        assert_eq!(same, expected);
    }

    #[test]
    fn an_id_of_another_release_is_known_by_its_form() {
        let by = |framework: &str, id: &str| {
            release_by_form(&framework.parse().unwrap(), id).map(|one| one.to_string())
        };
        assert_eq!(by("iso27001:2022", "A.9.1.1").as_deref(), Some("iso27001:2013"));
        assert_eq!(by("iso27001:2022", "A.19.1.1"), None);
        assert_eq!(by("iso27001:2022", "A.9.1"), None);
        assert_eq!(by("iso27001:2013", "A.5.17").as_deref(), Some("iso27001:2022"));
        assert_eq!(by("iso27001:2013", "A.5.38"), None);
        assert_eq!(by("nist-csf:2.0", "PR.AC-1").as_deref(), Some("nist-csf:1.1"));
        assert_eq!(by("nist-csf:1.1", "PR.AC-01").as_deref(), Some("nist-csf:2.0"));
        assert_eq!(by("nist-csf:1.1", "PR.AC-11"), None);
        assert_eq!(by("unheard-of:1", "A.9.1.1"), None);
        for form in ["", "<", "<n", "<x>", "<3>", "a<n>b"] {
            assert!(!has_form("é9", form), "{form}");
        }
    }
}

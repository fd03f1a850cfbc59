//! Which column of an official workbook is which, found by what stands in it: its layout is another
//! one each year.

use std::collections::BTreeMap;

use crate::domain::ids::{CategoryId, ItemId, Scheme};
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::shown;
use crate::import::header::fold;
use crate::import::input::Input;
use crate::import::problem::Fault;
use crate::import::table::{Table, letters};

/// Rows of items that make a sheet one of items.
pub(super) const ITEMS_LEAST: usize = 3;
/// Rows above the first item in which headings are looked for.
const HEADINGS: usize = 12;
/// Text that is longer than this on average is no mark.
const WORDY: usize = 12;

/// What a column of the workbook is taken for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The number of the evidence item.
    Item,
    /// What is asked, for every category that has no column of its own for it.
    Title,
    /// What is asked of one category.
    TitleOf(CategoryId),
    /// Whether a category must have it.
    Requirement(CategoryId),
    /// Whether a certificate of a scheme frees the item.
    Exemption(Scheme),
}

impl std::fmt::Display for Role {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Item => out.write_str("item"),
            Self::Title => out.write_str("title"),
            Self::TitleOf(category) => write!(out, "title:{category}"),
            Self::Requirement(category) => write!(out, "requirement:{category}"),
            Self::Exemption(scheme) => write!(out, "exemption:{}", scheme.as_str()),
        }
    }
}

/// A column and what it is taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// What it is taken for.
    pub role: Role,
    /// Its letter.
    pub letter: String,
    /// Its headings, from the top.
    pub heading: String,
    /// Its place, from 0.
    pub(super) at: usize,
}

/// The columns of a sheet: headings, and the texts of the rows with items.
pub(super) struct Columns {
    headings: Vec<String>,
    texts: Vec<Vec<String>>,
    items: Option<usize>,
}

/// Reads the number of an item.
pub(super) fn item_of(text: &str) -> Option<ItemId> {
    text.trim().trim_end_matches(['.', ':']).parse().ok()
}

/// Returns the column with most numbers of items, and how many it has.
pub(super) fn item_column(table: &Table) -> Option<(usize, usize)> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for record in table.records() {
        for (at, cell) in record.cells.iter().enumerate() {
            if item_of(&table.get(cell)).is_some() {
                *counts.entry(at).or_default() += 1;
            }
        }
    }
    let most = counts.values().copied().max()?;
    counts.into_iter().find(|(_, count)| *count == most && most >= ITEMS_LEAST)
}

impl Columns {
    pub(super) fn read(table: &Table, items: Option<usize>) -> Self {
        let mut above: Vec<Vec<String>> = Vec::new();
        let mut texts: Vec<Vec<String>> = Vec::new();
        for record in table.records() {
            let row: Vec<String> =
                record.cells.iter().map(|cell| fold(&table.get(cell)).into_owned()).collect();
            let item = items.and_then(|at| row.get(at)).and_then(|text| item_of(text));
            if item.is_some() {
                texts.push(row);
            } else if texts.is_empty() {
                above.push(row);
            }
        }
        let width = texts.iter().chain(&above).map(Vec::len).max().unwrap_or(0);
        let from = above.len().saturating_sub(HEADINGS);
        let headings = (0..width).map(|at| heading(above.get(from..).unwrap_or_default(), at));
        let headings = headings.collect();
        Self { headings, texts, items }
    }

    fn heading(&self, at: usize) -> &str {
        self.headings.get(at).map_or("", String::as_str)
    }

    /// The filled cells of a column in the rows with items.
    fn filled(&self, at: usize) -> impl Iterator<Item = &str> {
        let cells = self.texts.iter().filter_map(move |row| row.get(at));
        cells.map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    fn is_wordy(&self, at: usize) -> bool {
        let (count, length) = self
            .filled(at)
            .fold((0, 0), |(count, length), text| (count + 1, length + text.chars().count()));
        count > 0 && length > WORDY * count
    }

    /// Finds what each column is, with what somebody said of them.
    pub(super) fn choose(
        &self,
        known: &[CategoryId],
        input: &Input<'_>,
    ) -> Result<Vec<Chosen>, Fault> {
        let mut roles: BTreeMap<Role, usize> = BTreeMap::new();
        if let Some(at) = self.items {
            roles.insert(Role::Item, at);
        }
        let given: Vec<(Role, usize)> =
            input.columns.iter().map(|pair| self.given(pair, known)).collect::<Result<_, _>>()?;
        let said = |at: usize| given.iter().any(|(_, column)| *column == at);
        let free = (0..self.headings.len()).filter(|at| Some(*at) != self.items && !said(*at));
        for at in free {
            let Some(role) = self.role(at, known) else { continue };
            if given.iter().any(|(other, _)| *other == role) {
                continue;
            }
            if let Some(other) = roles.get(&role).copied() {
                if matches!(role, Role::Requirement(_) | Role::Exemption(_)) {
                    return Err(self.rivals(&role, other, at));
                }
                continue;
            }
            roles.insert(role, at);
        }
        roles.extend(given);
        let chosen = |(role, at): (Role, usize)| {
            let letter = letters(u32::try_from(at).unwrap_or(u32::MAX));
            Chosen { role, letter, heading: self.heading(at).to_owned(), at }
        };
        let chosen: Vec<Chosen> = roles.into_iter().map(chosen).collect();
        self.complete(&chosen)?;
        Ok(chosen)
    }

    /// Says what is missing.
    fn complete(&self, chosen: &[Chosen]) -> Result<(), Fault> {
        let has = |is: fn(&Role) -> bool| chosen.iter().any(|one| is(&one.role));
        let missing = if !has(|role| matches!(role, Role::Requirement(_))) {
            "no column says for a category what is mandatory and what is optional"
        } else if !has(|role| matches!(role, Role::Title | Role::TitleOf(_))) {
            "no column says what the items ask"
        } else {
            return Ok(());
        };
        let headings = (0..self.headings.len()).filter(|at| !self.heading(*at).is_empty());
        let headings: Vec<String> = headings
            .take(24)
            .map(|at| {
                let letter = letters(u32::try_from(at).unwrap_or(u32::MAX));
                format!("{letter} `{}`", shown(self.heading(at)))
            })
            .collect();
        let message = format!("{missing}; there are {}", headings.join(", "));
        Err(Fault::new(ProblemCode::Header, message).help(
            "say which with --columns, such as --columns title=D --columns requirement:cat2=F",
        ))
    }

    fn rivals(&self, role: &Role, one: usize, other: usize) -> Fault {
        let (first, second) = (shown(self.heading(one)), shown(self.heading(other)));
        let message = format!("columns `{first}` and `{second}` could both be {role}");
        let letter = letters(u32::try_from(one).unwrap_or(u32::MAX));
        Fault::new(ProblemCode::Header, message)
            .help(format!("say which with --columns {role}={letter}"))
    }

    /// What a column is by its own cells and headings.
    fn role(&self, at: usize, known: &[CategoryId]) -> Option<Role> {
        let heading = self.heading(at).to_lowercase();
        let scheme = scheme_of(&heading);
        self.filled(at).next()?;
        let marked =
            || self.filled(at).any(|text| requirement(text, true) == Some(Asked::Mandatory));
        if let Some(scheme) = scheme.filter(|_| marked() || !self.is_wordy(at)) {
            return Some(Role::Exemption(scheme));
        }
        let category = category_of(&heading, known);
        if scheme.is_none() && self.says_requirement(at, &heading) {
            return category.map(Role::Requirement);
        }
        let aside = ["tool", "tip", "guidance", "help", "comment", "change", "assertion", "note"];
        if !self.is_wordy(at) || aside.iter().any(|word| heading.contains(word)) {
            return None;
        }
        let about = ["evidence", "item", "question", "requirement", "text", "title", "description"];
        let about = about.iter().any(|word| heading.contains(word));
        match category {
            Some(category) => Some(Role::TitleOf(category)),
            None => about.then_some(Role::Title),
        }
    }

    /// Whether each cell says mandatory or optional, one of them mandatory.
    fn says_requirement(&self, at: usize, heading: &str) -> bool {
        let by_yes = heading.contains("mandatory") || heading.contains("required");
        let mut all = self.filled(at).map(|text| requirement(text, by_yes));
        let some = all.by_ref().try_fold(false, |some, one| match one {
            Some(Asked::Mandatory) => Some(true),
            Some(Asked::Optional | Asked::Not) => Some(some),
            None => None,
        });
        some == Some(true)
    }

    /// Reads `requirement:cat2=F`.
    fn given(
        &self,
        (ours, theirs): &(String, String),
        known: &[CategoryId],
    ) -> Result<(Role, usize), Fault> {
        let bad = |what: &str| {
            let message = format!("`{}` {what}", shown(&format!("{ours}={theirs}")));
            Fault::new(ProblemCode::Header, message).help(
                "write item, title, title:CATEGORY, requirement:CATEGORY or exemption:SCHEME, then \
                 = and a heading or the letter of a column",
            )
        };
        let role = match ours.split_once(':') {
            None if ours == "item" => Some(Role::Item),
            None if ours == "title" => Some(Role::Title),
            None => None,
            Some((what, of)) => {
                let category = || {
                    let of = category_of(of, known).or_else(|| of.parse().ok());
                    of.ok_or_else(|| bad("names no category"))
                };
                match what {
                    "title" => Some(Role::TitleOf(category()?)),
                    "requirement" => Some(Role::Requirement(category()?)),
                    "exemption" => Some(Role::Exemption(
                        of.parse().map_err(|_| bad("names no scheme that is known"))?,
                    )),
                    _ => None,
                }
            }
        };
        let role = role.ok_or_else(|| bad("says nothing that is known of a column"))?;
        let like = |heading: &String| heading.trim().to_lowercase() == theirs.trim().to_lowercase();
        let named = self.headings.iter().position(like);
        let letter = || crate::import::table::column_of(theirs).map(|at| at as usize);
        let at = named.or_else(letter).filter(|at| *at < self.headings.len());
        Ok((role, at.ok_or_else(|| bad("names a column that is not there"))?))
    }
}

/// The headings of a column from the top: those of a group of columns stand over its first one.
fn heading(rows: &[Vec<String>], at: usize) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let filled = row.iter().filter(|text| !text.is_empty()).count();
        let own = row.get(at).map_or("", String::as_str);
        let left = || row.iter().take(at + 1).rev().find(|text| !text.is_empty());
        let last = index + 1 == rows.len();
        // A title of the whole sheet stands over no column.
        let part = match (own, filled) {
            (_, 0 | 1) if !last => "",
            ("", _) if !last => left().map_or("", String::as_str),
            (own, _) => own,
        };
        if !part.is_empty() && !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.join(" / ")
}

fn scheme_of(heading: &str) -> Option<Scheme> {
    let has = |word: &str| heading.contains(word);
    let name = if has("essentials plus") || has("ce+") || has("essentials +") {
        "cyber-essentials-plus"
    } else if has("27001") {
        "iso27001"
    } else if has("psn") {
        "psn-ia"
    } else if has("nhsmail") || has("nhs mail") {
        "nhsmail"
    } else {
        return None;
    };
    name.parse().ok()
}

/// Reads `Category 2`, `CAT2`, or a category's own name. One that is known by its number has its name.
fn category_of(heading: &str, known: &[CategoryId]) -> Option<CategoryId> {
    let heading = heading.to_lowercase();
    if let Some(named) = known.iter().find(|one| heading.contains(one.as_str())) {
        return Some(named.clone());
    }
    let mut numbers: Vec<char> = Vec::new();
    for (at, word) in heading.match_indices("cat") {
        let rest = heading.get(at + word.len()..).unwrap_or_default();
        let rest = rest.strip_prefix("egory").unwrap_or(rest).trim_start_matches([' ', '-', '.']);
        let mut chars = rest.chars();
        let number = chars.next().filter(char::is_ascii_digit);
        if !chars.next().is_some_and(|next| next.is_ascii_digit()) {
            numbers.extend(number.filter(|number| !numbers.contains(number)));
        }
    }
    let [number] = numbers.as_slice() else { return None };
    let start = format!("cat{number}");
    let mut like = known.iter().filter(|one| {
        let rest = one.as_str().strip_prefix(&start);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    });
    match (like.next(), like.next()) {
        (Some(one), None) => Some(one.clone()),
        _ => start.parse().ok(),
    }
}

/// What a cell asks of a category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Mandatory,
    Optional,
    Not,
}

/// Reads a cell of a requirement column; `by_yes` where its heading says what yes means.
pub(super) fn requirement(text: &str, by_yes: bool) -> Option<Asked> {
    let word = text.trim().to_lowercase().replace(['-', '_'], " ");
    let word = word.split_whitespace().collect::<Vec<_>>().join(" ");
    match word.as_str() {
        "mandatory" | "required" | "m" => Some(Asked::Mandatory),
        "optional" | "non mandatory" | "not mandatory" | "o" => Some(Asked::Optional),
        "" | "n/a" | "not applicable" | "not required" => Some(Asked::Not),
        "yes" | "y" | "x" | "true" | "\u{2713}" | "\u{2714}" if by_yes => Some(Asked::Mandatory),
        "no" | "n" | "false" if by_yes => Some(Asked::Optional),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_name_categories_and_schemes() {
        let known: Vec<CategoryId> =
            ["cat2-it-supplier", "cat4-gp"].iter().map(|text| text.parse().unwrap()).collect();
        let check = |heading: &str, expected: Option<&str>| {
            let found = category_of(heading, &known);
            assert_eq!(found.as_ref().map(CategoryId::as_str), expected, "{heading}");
        };
        check("Category 2 (IT suppliers)", Some("cat2-it-supplier"));
        check("CAT4 requirement", Some("cat4-gp"));
        check("cat-3", Some("cat3"));
        check("Category 1 and category 3", None);
        check("cat2-it-supplier", Some("cat2-it-supplier"));
        check("Educate", None);
        assert_eq!(scheme_of("exempt with iso/iec 27001").map(Scheme::as_str), Some("iso27001"));
        assert_eq!(scheme_of("cyber essentials"), None);
        assert_eq!(requirement("Not-Mandatory", false), Some(Asked::Optional));
        assert_eq!(
            (requirement("Y", false), requirement("Y", true)),
            (None, Some(Asked::Mandatory))
        );
    }
}

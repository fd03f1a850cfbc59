//! What a list shows: statuses, mandatory items, one standard, one person, late entries, words.

use crate::domain::catalogue::edition::Requirement;
use crate::domain::engine::status::Status;
use crate::domain::sanitize::shown;

/// A filter as it was typed, understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// As typed; blank shows all.
    pub text: String,
    /// Only these statuses; empty means any.
    pub statuses: Vec<Status>,
    /// Only mandatory items.
    pub mandatory: bool,
    /// Only items of one standard, such as `9`.
    pub standard: Option<String>,
    /// Only entries that were recorded late.
    pub late: bool,
    /// Only entries by this holder.
    pub by: Option<String>,
    /// Only changes for the worse or the better.
    pub worse: Option<bool>,
}

/// What can be typed.
pub const WORDS: &str =
    "met equivalence confirming partly lapsed not-met na to-do mandatory standard N late by NAME";

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// One line that says which word is not a filter.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut filter = Self { text: text.trim().to_owned(), ..Self::default() };
        let lower = filter.text.to_lowercase().replace(',', " ");
        let mut words = lower.split_whitespace();
        while let Some(word) = words.next() {
            match word {
                "all" => {}
                "mandatory" => filter.mandatory = true,
                "late" => filter.late = true,
                "worse" => filter.worse = Some(true),
                "better" => filter.worse = Some(false),
                "standard" => filter.standard = words.next().map(str::to_owned),
                word if word.strip_prefix("standard-").is_some() => {
                    filter.standard = word.strip_prefix("standard-").map(str::to_owned);
                }
                "by" => filter.by = Some(words.by_ref().collect::<Vec<_>>().join(" ")),
                "to-do" => {
                    filter.statuses.extend(Status::ALL.into_iter().filter(|s| !s.in_place()));
                }
                _ => filter.statuses.push(status(word)?),
            }
        }
        if filter == (Self { text: filter.text.clone(), ..Self::default() }) {
            filter.text.clear();
        }
        Ok(filter)
    }

    /// Says whether an item is shown.
    pub fn shows(&self, item: &str, requirement: Requirement, status: Status) -> bool {
        self.may_show(item, requirement) && self.shows_status(status)
    }

    /// Says whether items with a status are shown, as far as they may be.
    pub fn shows_status(&self, status: Status) -> bool {
        self.statuses.is_empty() || self.statuses.contains(&status)
    }

    /// Says whether an item is shown with some status.
    pub fn may_show(&self, item: &str, requirement: Requirement) -> bool {
        let standard = self.standard.as_deref();
        (!self.mandatory || requirement == Requirement::Mandatory)
            && standard.is_none_or(|one| item.split('.').next() == Some(one))
    }

    /// Returns what items are shown, as a title says it: some words are about entries alone.
    pub fn items_title(&self) -> String {
        if self.late || self.by.is_some() {
            format!("{} (late, by: History only)", self.title())
        } else {
            self.title().to_owned()
        }
    }

    /// Returns what entries are shown, as a title says it: some words are about items alone.
    pub fn entries_title(&self) -> String {
        if self.is_of_items() || self.worse.is_some() {
            format!("{} (here only late, by)", self.title())
        } else {
            self.title().to_owned()
        }
    }

    /// Says whether it leaves items out.
    pub fn is_of_items(&self) -> bool {
        self.mandatory || self.standard.is_some() || !self.statuses.is_empty()
    }

    /// Returns the flags of `dspt status` that show the same items; none where all are shown.
    pub fn status_flags(&self) -> String {
        let mut words: Vec<String> =
            self.statuses.iter().map(|one| one.json().replace('_', "-")).collect();
        words.dedup();
        words.extend(self.mandatory.then(|| "mandatory".to_owned()));
        words.extend(self.standard.iter().map(|number| format!("standard-{number}")));
        if words.is_empty() { String::new() } else { format!(" --only {}", words.join(",")) }
    }

    /// Returns the flags of `dspt log` that show the same entries; none where all are shown.
    pub fn log_flags(&self) -> String {
        let late = if self.late { " --late" } else { "" };
        let by = self
            .by
            .as_ref()
            .map_or_else(String::new, |by| format!(" --by '{}'", by.replace('\'', r"'\''")));
        format!("{late}{by}")
    }

    /// Returns what is shown, as a title says it.
    pub fn title(&self) -> &str {
        if self.text.is_empty() { "all" } else { &self.text }
    }
}

fn status(word: &str) -> Result<Status, String> {
    let short = match word {
        "equivalence" => Some(Status::MetByEquivalence),
        "confirming" => Some(Status::NeedsConfirming),
        "partly" => Some(Status::PartlySupported),
        "na" | "n/a" => Some(Status::NotApplicable),
        other => Status::from_word(other),
    };
    short.ok_or_else(|| format!("`{}` is not a filter; use: {WORDS}", shown(word)))
}

/// Says whether a text holds every word that is looked for, or, failing words, its letters in
/// order.
pub fn finds(text: &str, wanted: &str) -> bool {
    let (text, wanted) = (text.to_lowercase(), wanted.to_lowercase());
    if wanted.split_whitespace().all(|word| holds(&text, word)) {
        return true;
    }
    // Letters in order only help with words; with numbers they would find almost anything.
    if wanted.chars().count() < 4 || wanted.chars().any(|c| c.is_ascii_digit()) {
        return false;
    }
    let mut letters = text.chars();
    wanted.chars().filter(|c| !c.is_whitespace()).all(|c| letters.any(|other| other == c))
}

/// Says whether a text holds a word: `#50` is one entry, not the beginning of another's number.
fn holds(text: &str, word: &str) -> bool {
    if word.strip_prefix('#').is_some_and(|digits| digits.parse::<u64>().is_ok()) {
        return text.split(|c: char| c != '#' && !c.is_alphanumeric()).any(|one| one == word);
    }
    text.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_read_and_named() {
        let filter = Filter::parse("lapsed, not-met mandatory standard 9").unwrap();
        assert!(filter.shows("9.2.1", Requirement::Mandatory, Status::Lapsed));
        assert!(!filter.shows("9.2.1", Requirement::Optional, Status::Lapsed));
        assert!(!filter.shows("8.2.1", Requirement::Mandatory, Status::Lapsed));
        assert!(!filter.shows("9.2.1", Requirement::Mandatory, Status::Met));
        assert_eq!(Filter::parse("by A. Patel").unwrap().by.as_deref(), Some("a. patel"));
        let filter = Filter::parse("lapsed late standard-9 by O'Hara").unwrap();
        assert_eq!(filter.status_flags(), " --only lapsed,standard-9");
        assert_eq!(filter.log_flags(), r" --late --by 'o'\''hara'");
        assert_eq!(Filter::parse("all").unwrap(), Filter::default());
        assert!(Filter::parse("lapsd").unwrap_err().contains("`lapsd` is not a filter"));
    }

    #[test]
    fn words_are_found_whole_first_then_by_letters() {
        assert!(finds("9.2.1 Annual penetration test", "penet"));
        assert!(finds("9.2.1 Annual penetration test", "anlpen"));
        assert!(!finds("9.2.1 Annual penetration test", "xyz"));
        assert!(!finds("9.2.1 Annual penetration test", "9.3"));
        assert!(finds("rests on #5, #50", "#50") && !finds("rests on #500", "#50"));
    }
}

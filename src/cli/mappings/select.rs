//! Which rows of a mapping are meant: by number, relationship, source, target, joint group.

use std::ops::RangeInclusive;

use clap::Args as ClapArgs;

use crate::cli::error::Failure;
use crate::domain::event::{AllRows, Rows};
use crate::domain::ids::TargetRef;
use crate::domain::mapping::{MappingRow, Relationship, RowSource};
use crate::import::text::ROWS_MAX;

/// A row, or those from one to another.
pub(in crate::cli) type Span = RangeInclusive<u64>;

/// Reads a row's number, or two with a hyphen between.
pub(in crate::cli) fn span(text: &str) -> Result<Span, String> {
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let read = match text.split_once('-') {
        Some((first, last)) => number(first).zip(number(last)),
        None => number(text).map(|one| (one, one)),
    };
    let last_max = |first: u64| first.saturating_add(ROWS_MAX);
    let good = read.filter(|(first, last)| first <= last && *last < last_max(*first));
    good.map(|(first, last)| first..=last).ok_or_else(|| {
        "rows are given by their numbers in the mapping, with commas between, or as a range from \
         the lower to the higher: 1,4,7-12"
            .to_owned()
    })
}

/// Flags that choose rows; each narrows what the others leave.
#[derive(ClapArgs, Clone, Debug, Default)]
pub(in crate::cli) struct Selection {
    /// These rows, by number: 1,4,7-12
    #[arg(long, value_delimiter = ',', value_parser = span)]
    pub(in crate::cli) rows: Vec<Span>,
    /// Rows of this relationship: equal-to, superset-of ...
    #[arg(long, value_name = "WORD")]
    relationship: Option<Relationship>,
    /// Rows whose source is like this: A.8.*
    #[arg(long, value_name = "PATTERN")]
    source: Option<String>,
    /// Rows whose target is like this: 7.3.4, 1.2.*
    #[arg(long, value_name = "PATTERN")]
    target: Option<String>,
    /// The rows of a joint group
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
}

impl Selection {
    /// Whether nothing was chosen.
    pub(in crate::cli) fn is_empty(&self) -> bool {
        self.rows.is_empty() && !self.filters()
    }

    fn filters(&self) -> bool {
        self.relationship.is_some()
            || self.source.is_some()
            || self.target.is_some()
            || self.group.is_some()
    }

    /// Whether a row is meant.
    pub(in crate::cli) fn takes(&self, row: &MappingRow) -> bool {
        let in_rows =
            self.rows.is_empty() || self.rows.iter().any(|span| span.contains(&row.number));
        in_rows
            && self.relationship.is_none_or(|one| row.relationship == one)
            && self.source.as_deref().is_none_or(|pattern| source_is_like(&row.source, pattern))
            && self.target.as_deref().is_none_or(|pattern| target_is_like(&row.target, pattern))
            && self.group.as_ref().is_none_or(|group| {
                row.joint.as_ref().is_some_and(|joint| joint.id.eq_ignore_ascii_case(group))
            })
    }

    /// The rows as an event names them; every row where nothing was chosen.
    ///
    /// # Errors
    /// [`Failure`] where no row of the mapping is like what was asked for.
    pub(in crate::cli) fn listed(&self, rows: &[MappingRow]) -> Result<Rows, Failure> {
        if self.is_empty() {
            return Ok(Rows::All(AllRows::All));
        }
        if !self.filters() {
            // Numbers are taken as they stand, so that one that is not there is refused.
            return Ok(Rows::Listed(self.rows.iter().cloned().flatten().collect()));
        }
        let found: Vec<u64> =
            rows.iter().filter(|row| self.takes(row)).map(|row| row.number).collect();
        if found.is_empty() {
            return Err(Failure::usage("no row of the mapping is like that")
                .help("see its rows with: dspt mapping show ENTRY"));
        }
        Ok(Rows::Listed(found))
    }
}

fn source_is_like(source: &RowSource, pattern: &str) -> bool {
    let id = match source {
        RowSource::One(control) => control.id.as_str(),
        RowSource::NothingIn(_) => "*",
    };
    is_like(id, pattern) || is_like(&source.to_string(), pattern)
}

fn target_is_like(target: &TargetRef, pattern: &str) -> bool {
    let id = match target {
        TargetRef::Item(item) => item.item.as_str(),
        TargetRef::Control(control) => control.id.as_str(),
    };
    is_like(id, pattern) || is_like(&target.to_string(), pattern)
}

/// Whether a text is like a pattern, in which a star stands for any text; case aside.
fn is_like(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.to_lowercase(), pattern.trim().to_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text_and_nothing_else_does() {
        for (text, pattern, expected) in [
            ("7.3.4", "7.3.4", true),
            ("7.3.44", "7.3.4", false),
            ("7.3.4", "7.3.*", true),
            ("7.30.4", "7.3.*", false),
            ("A.8.13", "a.8.*", true),
            ("A.8.13", "*.13", true),
            ("A.8.13", "a*8*3", true),
            ("A.8.13", "*", true),
            ("A.8.1", "A.8.1*1", false),
            ("", "*", true),
        ] {
            assert_eq!(is_like(text, pattern), expected, "{text} {pattern}");
        }
    }
}

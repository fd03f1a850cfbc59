//! What changed between two positions: the list, the totals, the cause that most share.

use std::collections::BTreeMap;

use super::super::filter::Filter;
use super::Position;
use crate::domain::compare::{Change, changes, worse};
use crate::domain::status::Status;

/// The page.
#[derive(Clone)]
pub struct Compare {
    /// The first position.
    pub a: Position,
    /// The second position.
    pub b: Position,
    /// Every change, worse ones first.
    pub all: Vec<Change>,
    /// The changes shown, by their place in `all`.
    pub shown: Vec<usize>,
}

impl Compare {
    /// Compares two positions.
    pub fn read(a: Position, b: Position, filter: &Filter) -> Self {
        let all = changes(&a.view(), &b.view(), &b.book.state);
        let shown = all.iter().enumerate().filter(|(_, one)| shows(filter, one));
        let shown = shown.map(|(index, _)| index).collect();
        Self { a, b, all, shown }
    }

    /// A change that is shown, by its line.
    pub fn line(&self, line: usize) -> Option<&Change> {
        self.all.get(*self.shown.get(line)?)
    }

    /// How many got worse, got better, changed otherwise.
    pub fn moved(&self) -> (usize, usize, usize) {
        let fell = self.all.iter().filter(|one| worse(one.before, one.after)).count();
        let rose = self.all.iter().filter(|one| worse(one.after, one.before)).count();
        (fell, rose, self.all.len() - fell - rose)
    }

    /// The cause that most of the worse changes share, with how many.
    pub fn main_cause(&self) -> Option<(usize, &str)> {
        let mut causes: BTreeMap<&str, usize> = BTreeMap::new();
        for one in self.all.iter().filter(|one| worse(one.before, one.after)) {
            *causes.entry(one.cause.as_str()).or_default() += 1;
        }
        causes.into_iter().max_by_key(|(_, count)| *count).map(|(cause, count)| (count, cause))
    }

    /// Counts of one status in both.
    pub fn counts(&self, status: Status) -> (u64, u64) {
        (self.a.count(status), self.b.count(status))
    }
}

fn shows(filter: &Filter, one: &Change) -> bool {
    let fell = worse(one.before, one.after);
    let rose = worse(one.after, one.before);
    let standard = filter.standard.as_deref();
    filter.worse.is_none_or(|wanted| if wanted { fell } else { rose })
        && (filter.statuses.is_empty()
            || filter.statuses.contains(&one.before)
            || filter.statuses.contains(&one.after))
        && standard.is_none_or(|number| one.item.item.as_str().split('.').next() == Some(number))
}

/// A status in a table of changes.
pub fn status_text(status: Status) -> String {
    match status {
        Status::NotAsked => "not asked".to_owned(),
        Status::MetByEquivalence => "[=] Equivalence".to_owned(),
        Status::NeedsConfirming => "[?] Confirming".to_owned(),
        Status::PartlySupported => "[~] Partly".to_owned(),
        Status::Met | Status::Lapsed | Status::NotMet | Status::NotApplicable => {
            format!("{} {}", status.mark(), status.word())
        }
    }
}

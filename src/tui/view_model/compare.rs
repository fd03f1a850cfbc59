//! What changed between two positions: the list, the totals, the cause that most share.

use std::collections::BTreeSet;

use super::Position;
use crate::domain::catalogue::edition::Requirement;
use crate::domain::engine::status::Status;
use crate::domain::explain::diff::{Cause, Change, changes, main_causes, worse};
use crate::domain::ids::ItemRef;
use crate::tui::model::filter::Filter;

/// How many items moved between two positions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// In place then, not any more.
    pub worse: usize,
    /// Not in place then, now in place.
    pub better: usize,
    /// Asked for in one of the two only.
    pub rules: usize,
    /// Another status, but neither better nor worse.
    pub other: usize,
    /// As before.
    pub same: usize,
}

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
        let all = changes(&a.view(), &b.view());
        let optional: BTreeSet<&ItemRef> = [&a, &b]
            .into_iter()
            .flat_map(|side| &side.rows)
            .filter(|row| filter.mandatory && row.requirement != Requirement::Mandatory)
            .map(|row| &row.item)
            .collect();
        let shown = all.iter().enumerate();
        let shown = shown.filter(|(_, one)| shows(filter, one) && !optional.contains(&one.item));
        let shown = shown.map(|(index, _)| index).collect();
        Self { a, b, all, shown }
    }

    /// A change that is shown, by its line.
    pub fn line(&self, line: usize) -> Option<&Change> {
        self.all.get(*self.shown.get(line)?)
    }

    /// How many changed, and which way.
    pub fn moved(&self) -> Moved {
        let mut moved = Moved::default();
        for one in &self.all {
            let (a, b) = (one.before, one.after);
            match (a == Status::NotAsked || b == Status::NotAsked, worse(a, b), worse(b, a)) {
                (true, ..) => moved.rules += 1,
                (false, true, _) => moved.worse += 1,
                (false, false, true) => moved.better += 1,
                (false, false, false) => moved.other += 1,
            }
        }
        let asked = self.a.total().max(self.b.total());
        moved.same = usize::try_from(asked).unwrap_or(0).saturating_sub(self.all.len());
        moved
    }

    /// What most of the items that moved one way have in common, the cause of most first.
    pub fn main_causes(&self) -> Vec<Cause<'_>> {
        main_causes(&self.all)
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

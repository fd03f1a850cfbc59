//! What answers are made of: the rules that bind on each day, grounds, rules, support.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::rule::{Atom, World};
use crate::domain::catalogue::edition::Edition;
use crate::domain::date::Date;
use crate::domain::ids::{CategoryId, ItemRef, OrganisationType, UnitId};
use crate::domain::region::{Region, Units};
use crate::domain::state::cut::Cut;
use crate::domain::state::index::evidence_view::{EvidenceView, Scopes, Stated};

/// Which revision of an edition's files decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RulesChoice {
    /// The revision in force on the day that is asked about.
    #[default]
    Then,
    /// The latest known revision of that edition.
    Latest,
}

/// Days on which one revision of one edition binds the organisation in one category.
#[derive(Clone, Debug)]
pub struct Period {
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// The rules.
    pub edition: Arc<Edition>,
    /// The category.
    pub category: CategoryId,
    /// The organisation's type.
    pub organisation_type: OrganisationType,
    /// The entries that say so: adoption and classification.
    pub because: Vec<u64>,
    /// The entries that put the edition in force: where the newest revision decides, it need not be
    /// the one in force.
    pub in_force: Vec<u64>,
}

impl Period {
    /// The entries without which nothing would be asked for, in ledger order.
    pub fn entries(&self) -> BTreeSet<u64> {
        self.because.iter().chain(&self.in_force).copied().collect()
    }

    /// The organisation's type in the words of the edition; its id where the edition has none.
    pub fn type_label(&self) -> &str {
        let row =
            self.edition.types.iter().find(|row| row.organisation_type == self.organisation_type);
        let label = row.map_or("", |row| row.label.trim());
        if label.is_empty() { self.organisation_type.as_str() } else { label }
    }
}

/// A declaration of the scope.
#[derive(Clone, Debug)]
pub struct Declared {
    /// First day.
    pub from: Date,
    /// The entries that say so.
    pub because: Vec<u64>,
    /// All units that it names.
    pub units: Units,
}

/// An approved row that shares something with its target but does not hold all of it.
#[derive(Clone, Debug)]
pub struct Support {
    /// What is supported.
    pub target: Atom,
    /// What supports it.
    pub source: Atom,
    /// The days of the approval.
    pub days: Region,
    /// What took days away.
    pub cuts: Vec<Cut>,
    /// The entry of the approval.
    pub entry: u64,
    /// The entries.
    pub because: Vec<u64>,
    /// Which row, for people.
    pub label: String,
}

/// All that answers are made of, for one amount of knowledge and one choice of rules.
#[derive(Clone, Debug, Default)]
pub struct Derivation {
    /// The scope units by number.
    pub units: Vec<UnitId>,
    /// Which rules bind on which days, in order; days outside have none.
    pub periods: Vec<Period>,
    /// Grounds and rules.
    pub world: World,
    /// Evidence, answers and confirmations.
    pub said: EvidenceView,
    /// The units of the scopes that evidence names.
    pub scopes: Scopes,
    /// Reasons why items do not apply.
    pub not_applicable: BTreeMap<ItemRef, Vec<Stated>>,
    /// Approved rows that only support.
    pub supports: Vec<Support>,
    /// Declarations of the scope, in the order of their days; of one day the later holds.
    pub declared: Vec<Declared>,
    /// The correction that decides about each entry that is corrected, by places.
    pub corrected: BTreeMap<u64, u64>,
    /// How many entries all of this is made from.
    pub size: u64,
}

impl Derivation {
    /// The rules that bind on a day; none when no edition was adopted or the organisation has no
    /// category in it.
    pub fn period_on(&self, day: Date) -> Option<&Period> {
        self.periods.get(self.period_at(day)?)
    }

    /// The number of that period in the list.
    pub(in crate::domain) fn period_at(&self, day: Date) -> Option<usize> {
        let after = self.periods.partition_point(|period| period.from <= day);
        let at = after.checked_sub(1)?;
        self.periods.get(at).filter(|period| day <= period.until).map(|_| at)
    }

    /// The declaration of the scope that is in force on a day.
    pub fn scope_on(&self, day: Date) -> Option<&Declared> {
        let after = self.declared.partition_point(|one| one.from <= day);
        self.declared.get(after.checked_sub(1)?)
    }

    /// The set of these units; names that are not known are left out.
    pub fn set(&self, names: &[UnitId]) -> Units {
        set(&self.units, names)
    }

    /// The names of the units in a set, in order; a set of everything names none.
    pub fn names(&self, units: Units) -> Vec<&UnitId> {
        let listed = self.units.iter().enumerate();
        listed.filter(|(number, _)| units.contains(*number)).map(|(_, name)| name).collect()
    }
}

pub(super) fn set(units: &[UnitId], names: &[UnitId]) -> Units {
    Units::of(names.iter().filter_map(|name| units.iter().position(|unit| unit == name)))
}

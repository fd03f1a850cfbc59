//! The verdict on the whole assessment, by the edition's own rule.
//!
//! Standards Met: every mandatory item in place and every assertion that holds one confirmed.
//! Standards Exceeded: that, and a current Cyber Essentials Plus. The program never says
//! Approaching Standards: NHS England grants it (`docs/equivalence.md`).

use std::collections::{BTreeMap, BTreeSet};

use super::item_status::{ItemStatus, Status};
use super::rule::Atom;
use super::status::DayView;
use crate::domain::catalogue::edition::Requirement;
pub use crate::domain::event::standing::Standing;
use crate::domain::ids::scheme::Scheme;
use crate::domain::ids::{AssertionRef, ItemRef};

/// The verdict with its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The verdict.
    pub standing: Standing,
    /// Mandatory items that are not in place.
    pub missing_items: Vec<(ItemRef, Status)>,
    /// Assertions that hold a mandatory item and are not confirmed.
    pub unconfirmed: Vec<AssertionRef>,
    /// Entries of the current Cyber Essentials Plus certificates.
    pub cyber_essentials_plus: Vec<u64>,
    /// Mandatory items that are in place because a recorded reason says they do not apply.
    pub not_applicable: Vec<ItemRef>,
}

/// How many items have each status, mandatory ones apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All items by status.
    pub all: BTreeMap<Status, u64>,
    /// Mandatory items by status.
    pub mandatory: BTreeMap<Status, u64>,
}

impl Counts {
    /// Counts items.
    pub fn of(findings: &[ItemStatus<'_>]) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            *counts.all.entry(finding.status).or_default() += 1;
            if finding.asked.requirement == Requirement::Mandatory {
                *counts.mandatory.entry(finding.status).or_default() += 1;
            }
        }
        counts
    }

    /// Returns how many mandatory items there are, and how many of them are in place.
    pub fn mandatory_in_place(&self) -> (u64, u64) {
        let in_place = self.mandatory.iter().filter(|(status, _)| status.in_place());
        (in_place.map(|(_, count)| count).sum(), self.mandatory.values().sum())
    }
}

/// Judges the whole assessment from its items on one day.
pub fn judge(view: &DayView<'_>, findings: &[ItemStatus<'_>]) -> Verdict {
    let mandatory =
        || findings.iter().filter(|one| one.asked.requirement == Requirement::Mandatory);
    let missing_items: Vec<(ItemRef, Status)> = mandatory()
        .filter(|one| !one.status.in_place())
        .map(|one| (one.item.clone(), one.status))
        .collect();
    let assertions: BTreeSet<AssertionRef> = mandatory().map(|one| one.item.assertion()).collect();
    let said = &view.positions.derivation.said;
    let confirmed =
        |one: &AssertionRef| said.confirmed_from(one).is_some_and(|from| from <= view.day);
    let unconfirmed: Vec<AssertionRef> =
        assertions.into_iter().filter(|one| !confirmed(one)).collect();
    let exceeding = Scheme::all().filter(|scheme| scheme.exceeds());
    let cyber_essentials_plus: Vec<u64> =
        exceeding.flat_map(|scheme| current_certificates(view, scheme)).collect();
    let met = !findings.is_empty() && missing_items.is_empty() && unconfirmed.is_empty();
    let standing = match (met, cyber_essentials_plus.is_empty()) {
        (false, _) => Standing::StandardsNotMet,
        (true, true) => Standing::StandardsMet,
        (true, false) => Standing::StandardsExceeded,
    };
    let not_applicable = mandatory()
        .filter(|one| one.status == Status::NotApplicable)
        .map(|one| one.item.clone())
        .collect();
    Verdict { standing, missing_items, unconfirmed, cyber_essentials_plus, not_applicable }
}

/// The entries of certificates of a scheme that are in force and cover every unit that processes
/// health and care data.
fn current_certificates(view: &DayView<'_>, scheme: Scheme) -> Vec<u64> {
    let world = &view.positions.derivation.world;
    let required = world.required.at(view.day);
    if required.is_empty() || !view.cover(&Atom::Certificate(scheme)).units().covers(required) {
        return Vec::new();
    }
    let grounds = world.grounds.iter().filter(|one| one.atom == Atom::Certificate(scheme));
    let current = grounds.filter(|ground| !ground.region.at(view.day).is_empty());
    current.flat_map(|ground| ground.because.iter().copied()).collect()
}

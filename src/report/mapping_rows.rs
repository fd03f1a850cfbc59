//! The rows of a mapping as an approver reads them: what each says, where it stands, and what
//! approving it would change on a day.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::date::Date;
use crate::domain::engine::adopted::{counts_for, is_joint};
use crate::domain::engine::derive::RulesChoice;
use crate::domain::engine::status::Positions;
use crate::domain::event::{MappingApproved, Rows};
use crate::domain::explain::diff::changes;
use crate::domain::ids::{EventId, KeyId, TargetRef};
use crate::domain::mapping::{MappingRow, Relation, RowSource};
use crate::domain::state::{Approval, Known, Proposal, State};

/// Where a row stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Nobody approved it.
    Open,
    /// Approved, from a later day on.
    ToCome,
    /// Approved.
    Approved,
    /// Approved, and somebody's doubt has not been answered.
    Challenged,
    /// Approved once, and no longer.
    Withdrawn,
}

impl Standing {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::ToCome => "to-come",
            Self::Approved => "approved",
            Self::Challenged => "challenged",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowLine {
    /// Its number in the mapping.
    pub row: u64,
    /// The source in full.
    pub source: String,
    /// The level of the source, for outcomes.
    pub source_level: &'static str,
    /// What the source is to the target.
    pub relationship: &'static str,
    /// The target in full.
    pub target: String,
    /// The level of the target, for outcomes.
    pub target_level: &'static str,
    /// What the target asks for, where it is an item that is asked for.
    pub title: String,
    /// The joint group, where it is one of several sources that hold together.
    pub joint_group: Option<String>,
    /// What they are together.
    pub joint_relationship: Option<&'static str>,
    /// Why, in the words of its author.
    pub rationale: String,
    /// Whether anything could follow from it, by itself or with its group.
    pub could_carry: bool,
    /// Whether it could at least support a status, which it does not decide.
    pub could_support: bool,
    /// Where it stands.
    pub state: Standing,
    /// Who approved it last.
    pub approved_by: Option<KeyId>,
    /// The entry of that approval.
    pub approved_in: Option<u64>,
    /// What approving it, with its group, would change; none where that was not worked out.
    pub would_change: Option<Vec<Foreseen>>,
}

/// An item that would stand otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Foreseen {
    /// The item.
    pub item: String,
    /// Its status now.
    pub before: &'static str,
    /// Its status then.
    pub after: &'static str,
}

/// How many rows of a mapping stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All rows.
    pub rows: usize,
    /// Those from which anything could follow once approved.
    pub could_carry: usize,
    /// Those that nobody approved.
    pub open: usize,
    /// Those that are approved, or will be.
    pub approved: usize,
    /// Those of them that are doubted.
    pub challenged: usize,
    /// Those that are approved no longer.
    pub withdrawn: usize,
}

impl Counts {
    /// Counts rows by where they stand.
    pub fn of(rows: &[RowLine]) -> Self {
        let at =
            |wanted: &[Standing]| rows.iter().filter(|row| wanted.contains(&row.state)).count();
        Self {
            rows: rows.len(),
            could_carry: rows.iter().filter(|row| row.could_carry).count(),
            open: at(&[Standing::Open]),
            approved: at(&[Standing::Approved, Standing::Challenged, Standing::ToCome]),
            challenged: at(&[Standing::Challenged]),
            withdrawn: at(&[Standing::Withdrawn]),
        }
    }
}

/// Returns the rows of a mapping as they stand on a day.
pub fn rows_of(id: &EventId, proposal: &Known<Proposal>, state: &State, on: Date) -> Vec<RowLine> {
    let approvals = state.approvals.values().filter(|known| known.what.body.mapping == *id);
    let approvals = approvals.filter(|known| counts_for(known, proposal));
    let mut approvals: Vec<&Known<Approval>> = approvals.collect();
    approvals.sort_by_key(|known| known.newest());
    let groups = groups(&proposal.what.rows);
    let line = |row: &MappingRow| line(row, &approvals, &groups, state, on);
    proposal.what.rows.iter().map(line).collect()
}

/// The rows of each joint group.
fn groups(rows: &[MappingRow]) -> BTreeMap<&str, Vec<&MappingRow>> {
    let mut groups: BTreeMap<&str, Vec<&MappingRow>> = BTreeMap::new();
    for row in rows {
        if let Some(joint) = &row.joint {
            groups.entry(&joint.id).or_default().push(row);
        }
    }
    groups
}

fn line(
    row: &MappingRow,
    approvals: &[&Known<Approval>],
    groups: &BTreeMap<&str, Vec<&MappingRow>>,
    state: &State,
    on: Date,
) -> RowLine {
    let of = approvals.iter().filter(|known| known.what.body.rows.contains(row.number));
    let of = of.map(|known| (standing(&known.what, row.number, on), *known));
    // What stands comes before what does not, and the newer before the older.
    let best = of.max_by_key(|(standing, known)| {
        (*standing != Standing::Withdrawn, *standing != Standing::ToCome, known.newest())
    });
    let joint = row.joint.as_ref();
    let together = joint.and_then(|joint| groups.get(joint.id.as_str()));
    RowLine {
        row: row.number,
        source: row.source.to_string(),
        source_level: row.source_level.as_str(),
        relationship: row.relationship.as_str(),
        target: row.target.to_string(),
        target_level: row.target_level.as_str(),
        title: title(&row.target, state),
        joint_group: joint.map(|joint| joint.id.clone()),
        joint_relationship: joint.map(|joint| joint.relationship.as_str()),
        rationale: row.rationale.clone(),
        could_carry: row.relationship.carries_satisfaction()
            || together.is_some_and(|rows| is_joint(rows)),
        could_support: supports(row),
        state: best.map_or(Standing::Open, |(standing, _)| standing),
        approved_by: best.map(|(_, known)| known.what.by.clone()),
        approved_in: best.map(|(_, known)| known.newest()),
        would_change: None,
    }
}

/// Whether an approved row shows the source as a part of what is asked.
fn supports(row: &MappingRow) -> bool {
    let related = row.relationship.relation().is_some_and(|one| one != Relation::Disjoint);
    related && matches!(row.source, RowSource::One(_))
}

fn standing(approval: &Approval, row: u64, on: Date) -> Standing {
    let body = &approval.body;
    let ended =
        approval.withdrawn.iter().any(|one| one.what.rows.contains(row) && one.what.from <= on);
    if ended || body.until.is_some_and(|until| until < on) {
        return Standing::Withdrawn;
    }
    if on < body.from {
        return Standing::ToCome;
    }
    let doubted =
        approval.challenges.iter().any(|one| one.upheld.is_none() && one.rows.contains(row));
    if doubted { Standing::Challenged } else { Standing::Approved }
}

fn title(target: &TargetRef, state: &State) -> String {
    let (edition, found) = match target {
        TargetRef::Control(control) => {
            let framework = state.frameworks.get(&control.framework);
            let found = framework.and_then(|known| known.what.controls.get(&control.id));
            return found.map_or_else(String::new, |control| control.title.clone());
        }
        TargetRef::Item(item) => (&item.edition, item),
    };
    let all = state.editions.iter().map(|known| known.what.edition.as_ref());
    let of = all.filter(|one| one.id == *edition);
    let last = of.filter_map(|one| one.item(&found.category, &found.item)).next_back();
    last.map_or_else(String::new, |item| item.title.clone())
}

/// Works out what approving each open row, with its group, would change on a day: those that could
/// carry a status first, then those that only support one. At most so many rows and groups are
/// tried, and the others stay as they are. Says whether all were.
pub fn foresee(
    rows: &mut [RowLine],
    id: &EventId,
    proposal: &Known<Proposal>,
    state: &State,
    on: Date,
    most: usize,
) -> bool {
    let Some(mut trial) = Trial::new(id, state, on) else { return false };
    let groups = groups(&proposal.what.rows);
    let mut known: BTreeMap<Vec<u64>, Vec<Foreseen>> = BTreeMap::new();
    let mut all = true;
    let (carrying, others): (Vec<&mut RowLine>, Vec<&mut RowLine>) =
        rows.iter_mut().partition(|row| row.could_carry);
    for row in carrying.into_iter().chain(others) {
        if !matches!(row.state, Standing::Open | Standing::Withdrawn) {
            continue;
        }
        if !row.could_carry && !row.could_support {
            row.would_change = Some(Vec::new());
            continue;
        }
        let together = row.joint_group.as_deref().and_then(|group| groups.get(group));
        let unit: Vec<u64> = together
            .map_or_else(|| vec![row.row], |rows| rows.iter().map(|row| row.number).collect());
        if !known.contains_key(&unit) {
            if known.len() >= most {
                all = false;
                continue;
            }
            known.insert(unit.clone(), trial.of(&unit));
        }
        row.would_change = known.get(&unit).cloned();
    }
    all
}

/// A ledger as it would be if somebody approved some rows.
struct Trial {
    id: EventId,
    by: KeyId,
    mapping: EventId,
    on: Date,
    before: Positions,
    state: State,
}

impl Trial {
    fn new(mapping: &EventId, state: &State, on: Date) -> Option<Self> {
        let id = "f".repeat(32).parse().ok()?;
        let before = Positions::new(state, RulesChoice::Then);
        Some(Self { id, by: nobody()?, mapping: mapping.clone(), on, before, state: state.clone() })
    }

    fn of(&mut self, rows: &[u64]) -> Vec<Foreseen> {
        let body = MappingApproved {
            mapping: self.mapping.clone(),
            rows: Rows::Listed(rows.to_vec()),
            rationale: String::new(),
            from: self.on,
            until: None,
        };
        let (withdrawn, challenges) = (Vec::new(), Vec::new());
        let what = Approval { by: self.by.clone(), body, withdrawn, challenges };
        let known = Known { because: vec![self.state.size], what };
        self.state.approvals.insert(self.id.clone(), known);
        let after = Positions::new(&self.state, RulesChoice::Then);
        let found = changes(&self.before.on(self.on), &after.on(self.on)).into_iter();
        let found = found.map(|one| Foreseen {
            item: one.item.item.to_string(),
            before: one.before.word(),
            after: one.after.word(),
        });
        found.collect()
    }
}

/// A key that nobody has: what it approves in a trial counts for every proposal.
fn nobody() -> Option<KeyId> {
    format!("SHA256:{}", "A".repeat(43)).parse().ok()
}

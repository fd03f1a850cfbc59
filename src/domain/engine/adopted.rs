//! From approved mapping rows and assertions to rules, and to support that is shown and never met.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::derivation::{Derivation, Support};

use super::rule::{Adoption, Atom, Authority, Premise, Rule};
use crate::domain::date::Date;
use crate::domain::event::body::Source;
use crate::domain::event::words::Assurance;
use crate::domain::ids::level::Level;
use crate::domain::ids::{OrganisationType, TargetRef};
use crate::domain::mapping::relationship::Relationship;
use crate::domain::mapping::{MappingRow, RowSource};
use crate::domain::region::{Cover, Region};
use crate::domain::state::cut;
use crate::domain::state::known::{Approval, Known, Proposal};

/// Says whether an approval counts for a proposal. Nobody adopts what they proposed (`admit`
/// refuses it as well), and nobody approved rows that a correction brought in later: those need an
/// approval of their own.
pub fn counts_for(approval: &Known<Approval>, proposal: &Known<Proposal>) -> bool {
    approval.what.by != proposal.what.by && proposal.what.changed <= approval.newest()
}

/// Turns an approval into rules, and the rows that carry no satisfaction into support.
pub(super) fn adopt(
    known: &Known<Approval>,
    proposal: &Known<Proposal>,
    derivation: &mut Derivation,
) {
    let approval = &known.what;
    if !counts_for(known, proposal) {
        return;
    }
    let because: BTreeSet<u64> = proposal.because.iter().chain(&known.because).copied().collect();
    let because: Vec<u64> = because.into_iter().collect();
    if let Some(asserted) = proposal.what.asserted.as_ref().filter(|one| !one.sources.is_empty()) {
        let days = type_days(derivation, &asserted.organisation_types)
            .intersection(&row_days(approval, 1));
        let minimum = asserted.minimum_assurance.unwrap_or(Assurance::SelfAssessed);
        let premise =
            |one: &Source| Premise { atom: Atom::Control(one.source.clone(), one.level), minimum };
        derivation.world.rules.push(Rule {
            head: target_atom(&asserted.target, asserted.target_level),
            body: asserted.sources.iter().map(premise).collect(),
            authority: Authority::Adopted,
            because: because.clone(),
            label: proposal.what.title.clone(),
            days,
            cuts: cut::of_approval(approval, &[1]),
            whole_scope: asserted.whole_scope,
            challenged: open_challenges(approval, 1),
            adoption: Some(adoption(
                known,
                &proposal.what,
                Relationship::SupersetOf,
                vec![asserted.rationale.clone()],
            )),
        });
    }
    adopt_rows(known, &proposal.what, &because, derivation);
}

fn adopt_rows(
    known: &Known<Approval>,
    proposal: &Proposal,
    because: &[u64],
    derivation: &mut Derivation,
) {
    let approval = &known.what;
    let mut groups: BTreeMap<&str, Vec<&MappingRow>> = BTreeMap::new();
    for row in &proposal.rows {
        if let Some(joint) = &row.joint {
            groups.entry(&joint.id).or_default().push(row);
        }
        if approval.body.rows.contains(row.number) {
            adopt_row(known, proposal, row, because, derivation);
        }
    }
    for (id, rows) in groups {
        // A joint group holds as a whole or not at all.
        let whole = rows.iter().all(|row| approval.body.rows.contains(row.number));
        let Some(first) = rows.first().filter(|_| whole && is_joint(&rows)) else { continue };
        let days = rows.iter().map(|row| row_days(approval, row.number));
        let numbers: Vec<u64> = rows.iter().map(|row| row.number).collect();
        let challenged: BTreeSet<u64> =
            rows.iter().flat_map(|row| open_challenges(approval, row.number)).collect();
        derivation.world.rules.push(Rule {
            head: target_atom(&first.target, first.target_level),
            body: rows.iter().filter_map(|row| premise_of(row)).collect(),
            authority: Authority::Adopted,
            because: because.to_vec(),
            label: format!("{}, joint group {id}", proposal.title),
            days: days.reduce(|all, one| all.intersection(&one)).unwrap_or_default(),
            cuts: cut::of_approval(approval, &numbers),
            whole_scope: false,
            challenged: challenged.into_iter().collect(),
            adoption: Some(adoption(
                known,
                proposal,
                first.joint.as_ref().map_or(Relationship::SupersetOf, |one| one.relationship),
                rows.iter().map(|row| row_reason(row)).collect(),
            )),
        });
    }
}

/// Says whether rows of one name make one claim that carries satisfaction: at least two, all with a
/// source, with the same target and the same joint relationship. Rows that disagree claim nothing;
/// importing refuses them, and a mapping that was not imported by this program is held to the same.
pub fn is_joint(rows: &[&MappingRow]) -> bool {
    let claim = |row: &MappingRow| {
        let joint = row.joint.as_ref().map(|joint| joint.relationship);
        (row.target.clone(), row.target_level, joint)
    };
    let agree = rows.windows(2).all(|pair| match pair {
        [one, other] => claim(one) == claim(other),
        _ => true,
    });
    let carries = |row: &&MappingRow| {
        row.joint.as_ref().is_some_and(|one| one.relationship.carries_satisfaction())
    };
    rows.len() > 1 && agree && rows.iter().all(|row| carries(row) && premise_of(row).is_some())
}

fn adopt_row(
    known: &Known<Approval>,
    proposal: &Proposal,
    row: &MappingRow,
    because: &[u64],
    derivation: &mut Derivation,
) {
    let approval = &known.what;
    let Some(premise) = premise_of(row) else { return };
    let head = target_atom(&row.target, row.target_level);
    let label = format!(
        "{}, row {}: {} {} {}",
        proposal.title, row.number, row.source, row.relationship, row.target
    );
    let (days, because) = (row_days(approval, row.number), because.to_vec());
    if row.relationship.carries_satisfaction() {
        derivation.world.rules.push(Rule {
            head,
            body: vec![premise],
            authority: Authority::Adopted,
            because,
            label,
            days,
            cuts: cut::of_approval(approval, &[row.number]),
            whole_scope: false,
            challenged: open_challenges(approval, row.number),
            adoption: Some(adoption(known, proposal, row.relationship, vec![row_reason(row)])),
        });
    } else if row
        .relationship
        .relation()
        .is_some_and(|one| one != crate::domain::mapping::relationship::Relation::Disjoint)
    {
        let source = premise.atom;
        let (cuts, entry) = (cut::of_approval(approval, &[row.number]), known.newest());
        let support = Support { target: head, source, days, cuts, entry, because, label };
        derivation.supports.push(support);
    }
}

/// What the approver adopted, for people who read the proof.
fn adoption(
    known: &Known<Approval>,
    proposal: &Proposal,
    relationship: Relationship,
    reasons: Vec<String>,
) -> Arc<Adoption> {
    Arc::new(Adoption {
        approver: known.what.by.clone(),
        entry: known.newest(),
        rationale: known.what.body.rationale.clone(),
        relationship,
        reasons,
        digest: proposal.digest.clone(),
    })
}

fn row_reason(row: &MappingRow) -> String {
    format!("{} {}: {}", row.source, row.relationship, row.rationale)
}

fn premise_of(row: &MappingRow) -> Option<Premise> {
    match &row.source {
        RowSource::One(control) => Some(Premise {
            atom: Atom::Control(control.clone(), row.source_level),
            minimum: Assurance::SelfAssessed,
        }),
        RowSource::NothingIn(_) => None,
    }
}

/// The atom that a target names.
pub fn target_atom(target: &TargetRef, level: Level) -> Atom {
    match target {
        TargetRef::Item(item) => Atom::Item(item.clone()),
        TargetRef::Control(control) => Atom::Control(control.clone(), level),
    }
}

fn row_days(approval: &Approval, row: u64) -> Region {
    let until = approval.body.until.unwrap_or(Date::MAX);
    let mut days = Region::during(approval.body.from, until, Cover::ALL);
    for one in approval.withdrawn.iter().filter(|one| one.what.rows.contains(row)) {
        days = days.without(one.what.from, Date::MAX);
    }
    days
}

fn open_challenges(approval: &Approval, row: u64) -> Vec<u64> {
    let open =
        approval.challenges.iter().filter(|one| one.upheld.is_none() && one.rows.contains(row));
    open.map(|challenge| challenge.seq).collect()
}

/// The days on which the organisation has one of these types; every day when none is named.
fn type_days(derivation: &Derivation, types: &[OrganisationType]) -> Region {
    if types.is_empty() {
        return Region::during(Date::MIN, Date::MAX, Cover::ALL);
    }
    let fitting = derivation.periods.iter().filter(|one| types.contains(&one.organisation_type));
    fitting.fold(Region::new(), |days, period| {
        days.union(&Region::during(period.from, period.until, Cover::ALL))
    })
}

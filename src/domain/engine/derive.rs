//! From what is known to what the engine works on: grounds, rules, and the days of each.
//!
//! Only three things become rules: the words of a framework, the scheme owner's exemption rows of
//! the revision in force, and approved mapping rows or joint groups that carry satisfaction. Every
//! other row is kept as support, which is shown and never met.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::rule::{Adoption, Atom, Authority, Ground, Premise, Rule, World};
use crate::domain::catalogue::edition::{ControlStanding, Edition, Effect};
use crate::domain::date::Date;
use crate::domain::event::body::{ControlAssessed, Source};
use crate::domain::event::words::{AssessmentResult, Assurance};
use crate::domain::ids::{
    CategoryId, ControlRef, EditionId, FrameworkRef, ItemRef, Level, OrganisationType, Scheme,
    TargetRef, UnitId,
};
use crate::domain::mapping::relationship::Relationship;
use crate::domain::mapping::soa::Soa;
use crate::domain::mapping::{MappingRow, RowSource};
use crate::domain::region::{Cover, Region, Steps, Units};
use crate::domain::state::State;
use crate::domain::state::cut::{self, Cut};
use crate::domain::state::index::evidence_view::{EvidenceView, Scopes, Stated};
use crate::domain::state::known::{Approval, Certificate, Known, Proposal};

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

/// Builds grounds and rules from what is known.
pub fn derive(state: &State, rules: RulesChoice) -> Derivation {
    let units = unit_names(state);
    let mut derivation = Derivation { periods: periods(state, rules), ..Derivation::default() };
    derivation.world.required = required(state, &units);
    derivation.declared = declared(state, &units);
    (derivation.corrected, derivation.size) = (state.corrected.clone(), state.size);
    derivation.scopes = Scopes::new(&state.said, &units);
    derivation.said = state.said.clone();
    derivation.units = units;
    exemption_rules(&mut derivation);
    for known in state.certificates.values() {
        certificate_grounds(state, known, &mut derivation);
    }
    assessment_grounds(state, &mut derivation);
    control_evidence(state, &mut derivation);
    for known in state.approvals.values() {
        if let Some(proposal) = state.proposals.get(&known.what.body.mapping) {
            adopt(known, proposal, &mut derivation);
        }
    }
    definitions(&mut derivation.world);
    derivation.world.sort();
    not_applicable(state, &mut derivation);
    derivation
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

fn set(units: &[UnitId], names: &[UnitId]) -> Units {
    Units::of(names.iter().filter_map(|name| units.iter().position(|unit| unit == name)))
}

fn unit_names(state: &State) -> Vec<UnitId> {
    let declared = state.scopes.iter().flat_map(|scope| &scope.what.units);
    let names: BTreeSet<UnitId> = declared.map(|unit| unit.id.clone()).collect();
    // `admit` refuses the 129th unit; in a ledger that has one all the same nothing covers it, and
    // a scope that asks for it is never covered: see `required`.
    names.into_iter().take(Units::MAX).collect()
}

fn required(state: &State, units: &[UnitId]) -> Steps<Units> {
    let starts = state.scopes.iter().map(|scope| {
        let health = scope.what.units.iter().filter(|unit| unit.health_and_care_data);
        let names: Vec<UnitId> = health.map(|unit| unit.id.clone()).collect();
        let known = names.iter().all(|name| units.contains(name));
        (scope.what.from, if known { set(units, &names) } else { Units::NONE })
    });
    Steps::from_starts(starts)
}

fn declared(state: &State, units: &[UnitId]) -> Vec<Declared> {
    let mut all: Vec<Declared> = Vec::new();
    for scope in &state.scopes {
        let names: Vec<UnitId> = scope.what.units.iter().map(|unit| unit.id.clone()).collect();
        let (from, because) = (scope.what.from, scope.because.clone());
        all.push(Declared { from, because, units: set(units, &names) });
    }
    all.sort_by_key(|one| one.from);
    all
}

/// The editions in force and the organisation's category in each, day by day.
fn periods(state: &State, rules: RulesChoice) -> Vec<Period> {
    let adopted = &state.editions;
    let in_force = Steps::from_starts(
        adopted.iter().enumerate().map(|(number, one)| (one.what.effective_from, Some(number))),
    );
    let mut classified: BTreeMap<&EditionId, Vec<(Date, Option<usize>)>> = BTreeMap::new();
    for (number, one) in state.classified.iter().enumerate() {
        classified.entry(&one.what.edition).or_default().push((one.what.from, Some(number)));
    }
    let classified: BTreeMap<&EditionId, Steps<Option<usize>>> =
        classified.into_iter().map(|(id, starts)| (id, Steps::from_starts(starts))).collect();
    let mut days: BTreeSet<Date> = in_force.changes().collect();
    days.extend(classified.values().flat_map(Steps::changes));
    let days: Vec<Date> = days.into_iter().collect();
    let mut periods = Vec::new();
    for (index, from) in days.iter().enumerate() {
        let until = days.get(index + 1).map_or(Date::MAX, |next| next.plus(-1));
        let Some(one) = in_force.at(*from).and_then(|number| adopted.get(number)) else { continue };
        let class = classified.get(&one.what.edition.id).and_then(|steps| steps.at(*from));
        let Some(class) = class.and_then(|number| state.classified.get(number)) else { continue };
        let in_force = one.because.clone();
        let one = match rules {
            RulesChoice::Then => one,
            RulesChoice::Latest => latest_revision(adopted, &one.what.edition.id).unwrap_or(one),
        };
        let because: BTreeSet<u64> = one.because.iter().chain(&class.because).copied().collect();
        periods.push(Period {
            from: *from,
            until,
            edition: Arc::clone(&one.what.edition),
            category: class.what.category.clone(),
            organisation_type: class.what.organisation_type.clone(),
            because: because.into_iter().collect(),
            in_force,
        });
    }
    periods
}

fn latest_revision<'s>(
    adopted: &'s [Known<crate::domain::state::known::AdoptedEdition>],
    id: &EditionId,
) -> Option<&'s Known<crate::domain::state::known::AdoptedEdition>> {
    let same = adopted.iter().filter(|one| one.what.edition.id == *id);
    same.max_by_key(|one| (one.what.effective_from, one.place()))
}

fn exemption_rules(derivation: &mut Derivation) {
    for period in &derivation.periods {
        let edition = &period.edition;
        for row in edition.exemptions.iter().filter(|row| row.category == period.category) {
            let types = &row.organisation_types;
            let allowed = types.is_empty() || types.contains(&period.organisation_type);
            if row.effect != Effect::Satisfies || !allowed {
                continue;
            }
            let item = ItemRef {
                edition: edition.id.clone(),
                category: row.category.clone(),
                item: row.item.clone(),
            };
            derivation.world.rules.push(Rule {
                head: Atom::Item(item),
                body: vec![Premise {
                    atom: Atom::Certificate(row.scheme),
                    minimum: Assurance::SelfAssessed,
                }],
                authority: Authority::SchemeOwner,
                because: period.because.clone(),
                label: format!(
                    "{} {} exemptions.csv row {}: {} {} certificate frees {}",
                    edition.id,
                    edition.revision,
                    row.row,
                    row.scheme.article(),
                    row.scheme.label(),
                    row.item
                ),
                days: Region::during(period.from, period.until, Cover::ALL),
                cuts: Vec::new(),
                whole_scope: true,
                challenged: Vec::new(),
                adoption: None,
            });
        }
    }
}

/// Where a certificate is in force, for the units of its scope.
pub fn certificate_region(certificate: &Certificate, units: Units) -> Region {
    let record = &certificate.record;
    let cover = Cover::of(units, Assurance::Certified);
    let mut region = Region::during(record.valid_from, certificate.until, cover);
    for cut in cut::of_certificate(certificate) {
        region = region.without(cut.from, cut.until);
    }
    region
}

fn certificate_grounds(state: &State, known: &Known<Certificate>, derivation: &mut Derivation) {
    let record = &known.what.record;
    let region = certificate_region(&known.what, derivation.set(&record.scope));
    let label = format!("{} certificate {}", record.scheme.label(), record.number);
    let limit = record.cut_short().filter(|_| known.what.until < record.valid_until);
    let limit = limit.unwrap_or_default();
    let (cuts, entry, name) = (cut::of_certificate(&known.what), known.place(), label.clone());
    let mut ground =
        |atom: Atom, region: Region, because: Vec<u64>, more: &[Cut], label: String| {
            if !region.is_empty() {
                let (cuts, name) = (cuts.iter().chain(more).cloned().collect(), name.clone());
                let (until, limit) = (known.what.until, limit.clone());
                let ground =
                    Ground { atom, region, until, limit, cuts, entry, because, name, label };
                derivation.world.grounds.push(ground);
            }
        };
    let whole = (Atom::Certificate(record.scheme), known.because.clone());
    ground(whole.0, region.clone(), whole.1, &[], label.clone());
    for (control, because) in implied_controls(state, known) {
        ground(Atom::Control(control, Level::Met), region.clone(), because, &[], label.clone());
    }
    let periods = soa_periods(&known.what);
    for (because, from, until, soa) in &periods {
        let mut entries: BTreeSet<u64> = known.because.iter().copied().collect();
        entries.extend(because.iter());
        for control in soa.applicable.iter().filter(|control| certifies(known, control)) {
            let within = region.within(*from, *until);
            let later = periods.iter().filter(|one| one.1 > *until);
            let replaced: Vec<Cut> = later.filter_map(|one| left_out(one, control)).collect();
            let label = format!("{label}, {} in its Statement of Applicability", control.id);
            let atom = Atom::Control(control.clone(), Level::Met);
            ground(atom, within, entries.iter().copied().collect(), &replaced, label);
        }
    }
}

/// The days of a Statement of Applicability that does not include a control.
fn left_out((because, from, until, soa): &SoaPeriod<'_>, control: &ControlRef) -> Option<Cut> {
    let why = soa.excluded.get(control);
    let what = match why {
        Some(_) => "excluded in the Statement of Applicability",
        None => "not listed in the Statement of Applicability",
    };
    (!soa.applicable.contains(control)).then(|| Cut {
        from: *from,
        until: *until,
        because: (*because).clone(),
        what,
        reason: why.cloned().unwrap_or_default(),
    })
}

/// Says whether a control is of the framework release that the certificate is about.
fn certifies(known: &Known<Certificate>, control: &ControlRef) -> bool {
    framework_of(known).is_some_and(|framework| framework == control.framework)
}

fn framework_of(known: &Known<Certificate>) -> Option<FrameworkRef> {
    let framework = match known.what.record.scheme {
        Scheme::Iso27001 => "iso27001",
        Scheme::CyberEssentialsPlus => "cyber-essentials",
        Scheme::CyberEssentials | Scheme::PsnIa | Scheme::Nhsmail => return None,
    };
    let release = known.what.record.release.clone()?;
    Some(FrameworkRef { framework: framework.to_owned(), release })
}

/// Controls that every certificate of the scheme takes in: the clauses of ISO/IEC 27001, which no
/// Statement of Applicability can exclude, and all requirements of Cyber Essentials. They rest on
/// the certificate and on the framework's list.
fn implied_controls(state: &State, known: &Known<Certificate>) -> Vec<(ControlRef, Vec<u64>)> {
    let Some((framework, id)) = framework_of(known)
        .and_then(|id| state.frameworks.get(&id).map(|framework| (framework, id)))
    else {
        return Vec::new();
    };
    let iso = known.what.record.scheme == Scheme::Iso27001;
    let catalogue = &framework.what;
    let because: BTreeSet<u64> = known.because.iter().chain(&framework.because).copied().collect();
    let because: Vec<u64> = because.into_iter().collect();
    let whole = catalogue.controls.values().filter(|control| {
        (!iso || control.kind == "clause")
            && catalogue.standing_of(&control.id) == ControlStanding::Assessable
    });
    whole
        .map(|control| ControlRef { framework: id.clone(), id: control.id.clone() })
        .map(|control| (control, because.clone()))
        .collect()
}

/// A Statement of Applicability, its entries and its first and last day.
pub type SoaPeriod<'c> = (&'c Vec<u64>, Date, Date, &'c Soa);

/// Each Statement of Applicability with the days on which it is the one that holds.
pub fn soa_periods(certificate: &Certificate) -> Vec<SoaPeriod<'_>> {
    let mut soas: Vec<_> = certificate.soas.iter().collect();
    soas.sort_by_key(|(because, from, _)| (*from, because.first().copied()));
    // Of two on one day the later in the ledger holds.
    let soas: BTreeMap<Date, (&Vec<u64>, &Soa)> =
        soas.into_iter().map(|(because, from, soa)| (*from, (because, soa))).collect();
    let ends = soas.keys().skip(1).map(|next| next.plus(-1)).chain([Date::MAX]);
    soas.iter()
        .zip(ends)
        .map(|((from, (because, soa)), until)| (*because, *from, until, *soa))
        .collect()
}

fn assessment_grounds(state: &State, derivation: &mut Derivation) {
    let mut by_control: BTreeMap<&ControlRef, Vec<&Known<ControlAssessed>>> = BTreeMap::new();
    for known in &state.assessed {
        by_control.entry(&known.what.control).or_default().push(known);
    }
    for (control, mut list) in by_control {
        list.sort_by_key(|known| (known.what.from, known.place()));
        for (index, known) in list.iter().enumerate() {
            let one = &known.what;
            if one.result != AssessmentResult::Met {
                continue;
            }
            let cover = Cover::of(derivation.set(&one.scope), one.assurance);
            let mut region = Region::during(one.from, one.until, cover);
            let mut cuts = Vec::new();
            for later in list.iter().skip(index + 1).filter(|later| contradicts(&later.what, one)) {
                cuts.push(assessed_less(later));
                let units = Cover::of(derivation.set(&later.what.scope), Assurance::Certified);
                let gone = Region::during(later.what.from, later.what.until, units);
                region = region.zip(&gone, Cover::minus);
            }
            if !region.is_empty() {
                let (level, assurance) = (one.level.as_str(), one.assurance.as_str());
                let label = format!("{control} assessed as {level} ({assurance})");
                derivation.world.grounds.push(Ground {
                    atom: Atom::Control(control.clone(), one.level),
                    region,
                    until: one.until,
                    limit: String::new(),
                    cuts,
                    entry: known.place(),
                    because: known.because.clone(),
                    name: label.clone(),
                    label,
                });
            }
        }
    }
}

fn assessed_less(later: &Known<ControlAssessed>) -> Cut {
    let what = match later.what.result {
        AssessmentResult::Met => "assessed at a lower level",
        AssessmentResult::PartlyMet => "assessed as partly met",
        AssessmentResult::NotMet => "assessed as not met",
    };
    Cut {
        from: later.what.from,
        until: later.what.until,
        because: later.because.clone(),
        what,
        reason: String::new(),
    }
}

/// A later finding takes an earlier one's place where it says less: not met at that level or a
/// lower one, or met at a lower level only.
fn contradicts(later: &ControlAssessed, earlier: &ControlAssessed) -> bool {
    match later.result {
        AssessmentResult::Met => later.level < earlier.level,
        AssessmentResult::PartlyMet | AssessmentResult::NotMet => later.level <= earlier.level,
    }
}

/// Evidence that names a control grounds it, self-assessed. An outcome's level is a judgement, so
/// evidence alone grounds none.
fn control_evidence(state: &State, derivation: &mut Derivation) {
    for (because, record, until, cuts) in state.said.naming_controls() {
        let units =
            if record.scope.is_empty() { Units::ALL } else { derivation.set(&record.scope) };
        let cover = Cover::of(units, Assurance::SelfAssessed);
        let during = |until| Region::during(record.proves_on, until, cover);
        let region = until.map_or_else(Region::new, during);
        for control in &record.controls {
            if control.framework.framework == "ncsc-caf" || region.is_empty() {
                continue;
            }
            derivation.world.grounds.push(Ground {
                atom: Atom::Control(control.clone(), Level::Met),
                region: region.clone(),
                until: record.valid_until.unwrap_or(Date::MAX),
                limit: String::new(),
                cuts: cuts.clone(),
                entry: because.first().copied().unwrap_or_default(),
                because: because.clone(),
                name: format!("evidence \"{}\"", record.title),
                label: format!("evidence \"{}\" for {control}", record.title),
            });
        }
    }
}

/// Says whether an approval counts for a proposal. Nobody adopts what they proposed (`admit`
/// refuses it as well), and nobody approved rows that a correction brought in later: those need an
/// approval of their own.
pub fn counts_for(approval: &Known<Approval>, proposal: &Known<Proposal>) -> bool {
    approval.what.by != proposal.what.by && proposal.what.changed <= approval.newest()
}

/// Turns an approval into rules, and the rows that carry no satisfaction into support.
fn adopt(known: &Known<Approval>, proposal: &Known<Proposal>, derivation: &mut Derivation) {
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
pub(in crate::domain) fn is_joint(rows: &[&MappingRow]) -> bool {
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

/// An achieved outcome is also partially achieved: for every outcome that anything says is, or
/// would be, achieved, so that rows which only support see it too.
fn definitions(world: &mut World) {
    let heads = world.rules.iter().map(|rule| &rule.head);
    let grounds = world.grounds.iter().map(|ground| &ground.atom);
    let achieved: BTreeSet<ControlRef> = heads
        .chain(grounds)
        .filter_map(|atom| match atom {
            Atom::Control(control, Level::Achieved) => Some(control.clone()),
            Atom::Control(_, Level::Met | Level::PartiallyAchieved)
            | Atom::Certificate(_)
            | Atom::Item(_) => None,
        })
        .collect();
    for control in achieved {
        world.rules.push(Rule {
            head: Atom::Control(control.clone(), Level::PartiallyAchieved),
            body: vec![Premise {
                atom: Atom::Control(control.clone(), Level::Achieved),
                minimum: Assurance::SelfAssessed,
            }],
            authority: Authority::Definition,
            because: Vec::new(),
            label: format!("{control}: what is achieved is also partially achieved"),
            days: Region::during(Date::MIN, Date::MAX, Cover::ALL),
            cuts: Vec::new(),
            whole_scope: false,
            challenged: Vec::new(),
            adoption: None,
        });
    }
}

fn not_applicable(state: &State, derivation: &mut Derivation) {
    for known in &state.not_applicable {
        let body = &known.what;
        let stated = Stated {
            from: body.from,
            until: body.until.unwrap_or(Date::MAX),
            because: known.because.clone(),
            text: body.reason.clone(),
        };
        derivation.not_applicable.entry(body.item.clone()).or_default().push(stated);
    }
}

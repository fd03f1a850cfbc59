//! From certificates, Statements of Applicability, assessments and evidence to grounds.

use std::collections::{BTreeMap, BTreeSet};

use super::derivation::Derivation;

use super::rule::{Atom, Ground};
use crate::domain::catalogue::edition::ControlStanding;
use crate::domain::catalogue::known_frameworks::has_levels;
use crate::domain::date::Date;
use crate::domain::event::body::ControlAssessed;
use crate::domain::event::words::{AssessmentResult, Assurance};
use crate::domain::ids::level::Level;
use crate::domain::ids::{ControlRef, FrameworkRef};
use crate::domain::mapping::soa::Soa;
use crate::domain::region::{Cover, Region, Units};
use crate::domain::state::State;
use crate::domain::state::cut::{self, Cut};
use crate::domain::state::known::{Certificate, Known};

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

pub(super) fn certificate_grounds(
    state: &State,
    known: &Known<Certificate>,
    derivation: &mut Derivation,
) {
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
    let framework = known.what.record.scheme.grounds()?;
    let release = known.what.record.release.clone()?;
    Some(FrameworkRef { framework: framework.to_owned(), release })
}

/// Controls that every certificate of the scheme takes in, such as the clauses of a standard whose
/// Statement of Applicability can exclude controls only. They rest on the certificate and on the
/// framework's list.
fn implied_controls(state: &State, known: &Known<Certificate>) -> Vec<(ControlRef, Vec<u64>)> {
    let Some((framework, id)) = framework_of(known)
        .and_then(|id| state.frameworks.get(&id).map(|framework| (framework, id)))
    else {
        return Vec::new();
    };
    let scheme = known.what.record.scheme;
    let catalogue = &framework.what;
    let because: BTreeSet<u64> = known.because.iter().chain(&framework.because).copied().collect();
    let because: Vec<u64> = because.into_iter().collect();
    let whole = catalogue.controls.values().filter(|control| {
        scheme.takes_in(&control.kind)
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

pub(super) fn assessment_grounds(state: &State, derivation: &mut Derivation) {
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
pub(super) fn control_evidence(state: &State, derivation: &mut Derivation) {
    for (because, record, until, cuts) in state.said.naming_controls() {
        let units =
            if record.scope.is_empty() { Units::ALL } else { derivation.set(&record.scope) };
        let cover = Cover::of(units, Assurance::SelfAssessed);
        let during = |until| Region::during(record.proves_on, until, cover);
        let region = until.map_or_else(Region::new, during);
        for control in &record.controls {
            if has_levels(&control.framework.framework) || region.is_empty() {
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

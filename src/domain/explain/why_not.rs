//! Why something does not hold on a day: what was looked at and not used.
//!
//! Every sentence names the entry that it comes from. Used by explanations and by the causes that a
//! comparison names; decides nothing.

use crate::domain::date::Date;
use crate::domain::engine::derivation::Derivation;
use crate::domain::engine::grounds::soa_periods;
use crate::domain::engine::rule::{Atom, Ground};
use crate::domain::event::words::{AssessmentResult, Assurance};
use crate::domain::ids::scheme::Scheme;
use crate::domain::ids::{ControlRef, UnitId};
use crate::domain::region::Units;
use crate::domain::state::State;
use crate::domain::state::known::{Certificate, Known};

/// A thing that was looked at, why it was not used, and the entries that say so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unused {
    /// What and why, in one sentence.
    pub text: String,
    /// The entries, in ledger order.
    pub entries: Vec<u64>,
}

impl Unused {
    fn new(text: impl Into<String>, entries: Vec<u64>) -> Self {
        Self { text: text.into(), entries }
    }
}

/// Says why an atom does not hold for all of `need` on a day; empty when it does.
pub fn why_not(
    state: &State,
    derivation: &Derivation,
    atom: &Atom,
    day: Date,
    need: Units,
) -> Vec<Unused> {
    match atom {
        Atom::Certificate(scheme) => certificates(state, derivation, *scheme, day, need),
        Atom::Control(control, _) => control_reasons(state, derivation, control, day, need),
        Atom::Item(item) => vec![Unused::new(format!("{item} is not derived"), Vec::new())],
    }
}

fn certificates(
    state: &State,
    derivation: &Derivation,
    scheme: Scheme,
    day: Date,
    need: Units,
) -> Vec<Unused> {
    let all = state.certificates.values().filter(|one| one.what.record.scheme == scheme);
    let reasons: Vec<Unused> =
        all.filter_map(|known| certificate(known, derivation, day, need)).collect();
    if state.certificates.values().any(|one| one.what.record.scheme == scheme) {
        return reasons;
    }
    vec![Unused::new(format!("no {} certificate is recorded", scheme.label()), Vec::new())]
}

/// Says why a certificate does not count for all of `need` on a day; none when it does.
pub fn certificate(
    known: &Known<Certificate>,
    derivation: &Derivation,
    day: Date,
    need: Units,
) -> Option<Unused> {
    let record = &known.what.record;
    let name = format!("{} certificate {}", record.scheme.label(), record.number);
    let with = |more: &[u64]| known.because.iter().chain(more).copied().collect::<Vec<u64>>();
    if day < record.valid_from {
        let text = format!("{name} is in force only from {}", record.valid_from.short());
        return Some(Unused::new(text, known.because.clone()));
    }
    for one in &known.what.withdrawn {
        let (from, why) = (one.what.from, &one.what.reason);
        if from <= day {
            let text = format!("{name} was withdrawn from {} ({why})", from.short());
            return Some(Unused::new(text, with(&one.because)));
        }
    }
    let until = known.what.until;
    if until < day {
        let cut_short = record.cut_short().filter(|_| until < record.valid_until);
        let text = match cut_short {
            Some(why) if until < record.valid_from => format!("{name} never counts: {why}"),
            Some(why) => format!("{name} counts until {}: {why}", until.short()),
            None => format!("{name} ended on {}", record.valid_until.short()),
        };
        return Some(Unused::new(text, known.because.clone()));
    }
    for one in &known.what.suspended {
        let (from, why) = (one.what.from, &one.what.reason);
        if from <= day && one.what.until.is_none_or(|until| day <= until) {
            let text = format!("{name} is suspended from {} ({why})", from.short());
            return Some(Unused::new(text, with(&one.because)));
        }
    }
    let missing = need.minus(derivation.set(&record.scope));
    if need.is_empty() {
        let text = format!(
            "{name} cannot be tested against the scope: no unit is declared to process health and \
             care data on {}",
            day.short()
        );
        return Some(Unused::new(text, known.because.clone()));
    }
    (!missing.is_empty()).then(|| {
        let text = format!("{name} leaves out {}", unit_list(&derivation.names(missing)));
        Unused::new(text, known.because.clone())
    })
}

fn control_reasons(
    state: &State,
    derivation: &Derivation,
    control: &ControlRef,
    day: Date,
    need: Units,
) -> Vec<Unused> {
    let mut reasons = Vec::new();
    let (framework, release) = (&control.framework.framework, Some(&control.framework.release));
    let fitting = |one: &&Known<Certificate>| {
        let record = &one.what.record;
        record.scheme.has_statement_of_applicability()
            && record.scheme.grounds() == Some(framework.as_str())
            && record.release.as_ref() == release
    };
    for known in state.certificates.values().filter(fitting) {
        reasons.extend(certified_control(known, derivation, control, day, need));
    }
    for known in state.assessed.iter().filter(|one| one.what.control == *control) {
        let (body, because) = (&known.what, known.because.clone());
        let said = |text: String| Unused::new(format!("{control} {text}"), because.clone());
        if day < body.from || body.until < day {
            let (from, until) = (body.from.short(), body.until.short());
            reasons.push(said(format!("was assessed for {from} to {until} only")));
        } else if body.result != AssessmentResult::Met {
            reasons.push(said(format!("was assessed as {}", body.result.as_str())));
        } else {
            let missing = need.minus(derivation.set(&body.scope));
            if !missing.is_empty() {
                let names = unit_list(&derivation.names(missing));
                reasons.push(said(format!("was assessed without {names}")));
            }
        }
    }
    if reasons.is_empty() {
        let grounds = derivation.world.grounds.iter();
        let about = |one: &&Ground| matches!(&one.atom, Atom::Control(of, _) if of == control);
        reasons.extend(grounds.filter(about).filter_map(|one| ground(one, derivation, day, need)));
    }
    if reasons.is_empty() {
        reasons.push(Unused::new(
            format!("nothing recorded says that {control} is in place"),
            Vec::new(),
        ));
    }
    reasons
}

/// Why a ground of a control is not enough; none where it is, at its own level.
fn ground(ground: &Ground, derivation: &Derivation, day: Date, need: Units) -> Option<Unused> {
    let mut entries = ground.because.clone();
    let since = ground.region.changes().filter(|change| *change <= day).last();
    let held = ground.region.at(day).units();
    let acting = ground.cuts.iter().find(|cut| cut.acts_on(day));
    let why = match (acting, since) {
        _ if !held.is_empty() => {
            let missing = need.minus(held);
            if missing.is_empty() {
                "holds, at another level than is asked".to_owned()
            } else {
                format!("leaves out {}", unit_list(&derivation.names(missing)))
            }
        }
        (Some(cut), _) => {
            entries.extend(&cut.because);
            format!("was {}", cut.since())
        }
        (None, Some(since)) => format!("counted until {}", since.plus(-1).short()),
        (None, None) => {
            let first = ground.region.changes().next()?;
            format!("counts only from {}", first.short())
        }
    };
    entries.sort_unstable();
    entries.dedup();
    Some(Unused { text: format!("{} {why}", ground.label), entries })
}

fn certified_control(
    known: &Known<Certificate>,
    derivation: &Derivation,
    control: &ControlRef,
    day: Date,
    need: Units,
) -> Option<Unused> {
    if let Some(reason) = certificate(known, derivation, day, need) {
        return Some(reason);
    }
    let number = &known.what.record.number;
    let holding = soa_periods(&known.what)
        .into_iter()
        .find(|(_, from, until, _)| *from <= day && day <= *until);
    let Some((because, _, _, soa)) = holding else {
        let text = format!("no Statement of Applicability of certificate {number} covers this day");
        return Some(Unused::new(text, known.because.clone()));
    };
    if soa.applicable.contains(control) {
        return None;
    }
    if let Some(words) = soa.not_in_place.get(control) {
        let words = if words.is_empty() { String::new() } else { format!(" ({words})") };
        let text = format!(
            "{control} is applicable in the Statement of Applicability of {number}, but not \
             implemented, or not wholly{words}"
        );
        return Some(Unused::new(text, because.clone()));
    }
    let text = match soa.excluded.get(control) {
        Some(why) => {
            format!("{control} is excluded in the Statement of Applicability of {number} ({why})")
        }
        None => format!("{control} is not listed in the Statement of Applicability of {number}"),
    };
    Some(Unused::new(text, because.clone()))
}

/// Joins unit names as a sentence does.
pub fn unit_list(names: &[&UnitId]) -> String {
    match names {
        [] => "units that are not declared any more".to_owned(),
        [one] => format!("the unit {one}"),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(|name| name.as_str()).collect();
            format!("the units {} and {last}", first.join(", "))
        }
    }
}

/// How well a rule wants its sources assured, as a sentence says it; blank for the weakest.
pub fn assurance_text(minimum: Assurance) -> &'static str {
    match minimum {
        Assurance::SelfAssessed => "",
        Assurance::InternallyAudited => ", at least internally audited",
        Assurance::Certified => ", certified",
    }
}

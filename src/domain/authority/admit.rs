//! May this event follow what is known? Gives the reason where it may not.
//!
//! Asked once, when an event is recorded. Whether the key may sign such an event is `role.rs`'s
//! question; what the event leads to is `derive.rs`'s. Nothing here changes anything.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::catalogue::edition::{ControlStanding, Edition};
use crate::domain::catalogue::levels::has_level;
use crate::domain::date::Date;
use crate::domain::event::body::{
    CertificateRecorded, ChallengeUpheld, ClockExplained, Correction, EditionAdopted,
    EquivalenceAsserted, EvidenceRecorded, FrameworkAdopted, ItemAnswered, MappingApproved,
    OrganisationClassified, ScopeDeclared, SoaRecorded, StatementPublished,
};
use crate::domain::event::standing::Standing;
use crate::domain::event::words::{Clock, Rows};
use crate::domain::event::{Event, Kind};
use crate::domain::ids::{
    AssertionRef, ControlRef, EditionId, EventId, ItemRef, KeyId, Level, Scheme, TargetRef, UnitId,
};
use crate::domain::mapping::MappingRow;
use crate::domain::nearest::closest;
use crate::domain::region::Units;
use crate::domain::state::State;

/// Why an event may not be recorded: what was found, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

fn refuse<T>(text: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal(text.into()))
}

/// Checks whether `by` may record `event` on the day `today`, given what is known.
///
/// # Errors
/// [`Refusal`] for the first thing that is wrong.
pub fn admit(state: &State, event: &Event, by: &KeyId, today: Date) -> Result<(), Refusal> {
    if matches!(event, Event::LedgerOpened(_)) != (state.size == 0) {
        return refuse("`ledger-opened` is the first entry of a ledger and stands nowhere else");
    }
    match event {
        // What keys may do, and what others signed, is checked where entries are verified.
        Event::LedgerOpened(_) | Event::KeyAdmitted(_) | Event::AnchorCosigned(_) => Ok(()),
        Event::KeyRevoked(body) => not_blank("the reason", &body.reason),
        Event::KeyRotated(body) => not_blank("the reason", &body.reason),
        Event::LogKeyRotated(body) => not_blank("the reason", &body.reason),
        Event::AnchorTimestamped(body) => not_blank("the authority", &body.authority),
        Event::ClockExplained(body) => clock(state, body),
        Event::StatementPublished(body) => published(state, body, today),
        Event::OrganisationClassified(body) => classified(state, body),
        Event::ScopeDeclared(body) => scope(state, body),
        Event::EditionAdopted(body) => edition(state, body),
        Event::FrameworkAdopted(body) => framework(state, body),
        Event::MappingImported(body) => not_blank("the title", &body.title),
        Event::EquivalenceAsserted(body) => asserted(state, body),
        Event::MappingApproved(body) => approved(state, body, by),
        Event::ApprovalWithdrawn(body) => {
            about(state, &state.approvals, &body.approval, "an approval", &body.reason)
        }
        Event::EquivalenceChallenged(body) => {
            about(state, &state.approvals, &body.approval, "an approval", &body.reason)
        }
        Event::ChallengeUpheld(body) => upheld(state, body),
        Event::CertificateRecorded(body) => certificate(state, body),
        Event::CertificateSuspended(body) => {
            about(state, &state.certificates, &body.certificate, "a certificate", &body.reason)?;
            in_order(body.from, body.until)
        }
        Event::CertificateWithdrawn(body) => {
            about(state, &state.certificates, &body.certificate, "a certificate", &body.reason)
        }
        Event::SoaRecorded(body) => statement_of_applicability(state, body),
        Event::ControlAssessed(body) => {
            known_control(state, &body.control, body.level)?;
            in_order(body.from, Some(body.until))?;
            known_units(state, &body.scope, true)
        }
        Event::EvidenceRecorded(body) => evidence(state, body, today),
        Event::EvidenceWithdrawn(body) => {
            if !state.said.has_evidence(&body.evidence) {
                return not_standing(state, &body.evidence, "a piece of evidence");
            }
            not_blank("the reason", &body.reason)
        }
        Event::ItemAnswered(body) => answered(state, body, today),
        Event::ItemNotApplicable(body) => {
            known_item(state, &body.item)?;
            not_blank("the reason", &body.reason)?;
            in_order(body.from, body.until)
        }
        Event::AssertionConfirmed(body) => {
            known_assertion(state, &body.assertion)?;
            not_ahead("a confirmation", body.on, today)
        }
        Event::Correction(body) => correction(state, body, by, today),
    }
}

/// A clock is explained for an entry that is there; an outsider's, for an anchor.
fn clock(state: &State, body: &ClockExplained) -> Result<(), Refusal> {
    for id in std::iter::once(&body.entry).chain(&body.until) {
        let Some((seq, kind)) = state.event(id) else {
            return refuse(format!("no entry has the id {id}"));
        };
        let anchor = matches!(kind, Kind::AnchorCosigned | Kind::AnchorTimestamped);
        if body.clock == Clock::Outsider && !anchor {
            return refuse(format!(
                "entry #{seq} is {kind}, and nobody outside dated anything in it"
            ));
        }
    }
    if body.clock == Clock::Outsider && body.until.is_some() {
        return refuse("an outsider's clock is explained for one anchor at a time");
    }
    not_blank("the reason", &body.reason)
}

/// An event about another one, with a reason.
fn about<T>(
    state: &State,
    map: &BTreeMap<EventId, T>,
    id: &EventId,
    what: &str,
    reason: &str,
) -> Result<(), Refusal> {
    find(state, map, id, what)?;
    not_blank("the reason", reason)
}

fn edition(state: &State, body: &EditionAdopted) -> Result<(), Refusal> {
    let (id, revision) = (&body.edition, &body.revision);
    if revisions(state, id).any(|edition| edition.revision == *revision) {
        return refuse(format!("edition {id} revision {revision} is adopted already"));
    }
    not_blank("the revision", revision)
}

fn framework(state: &State, body: &FrameworkAdopted) -> Result<(), Refusal> {
    if state.frameworks.contains_key(&body.framework) {
        return refuse(format!("framework {} is adopted already", body.framework));
    }
    Ok(())
}

fn upheld(state: &State, body: &ChallengeUpheld) -> Result<(), Refusal> {
    of_kind(state, &body.challenge, Kind::EquivalenceChallenged)?;
    not_blank("the reason", &body.reason)
}

fn certificate(state: &State, body: &CertificateRecorded) -> Result<(), Refusal> {
    not_blank("the certificate number", &body.number)?;
    not_blank("the issuer", &body.issuer)?;
    in_order(body.valid_from, Some(body.valid_until))?;
    release(state, body)?;
    if let Some(why) = body.cut_short().filter(|_| body.counts_until() < body.valid_from) {
        return refuse(format!("the certificate would count on no day: {why}"));
    }
    known_units(state, &body.scope, true)
}

/// A certificate names a release of its standard that is known: by the schemes that ship, or by a
/// list that the ledger adopted. Where the scheme has none that is known, it names none.
fn release(state: &State, body: &CertificateRecorded) -> Result<(), Refusal> {
    let framework = match body.scheme {
        Scheme::Iso27001 => Some("iso27001"),
        Scheme::CyberEssentials | Scheme::CyberEssentialsPlus => Some("cyber-essentials"),
        Scheme::PsnIa | Scheme::Nhsmail => None,
    };
    let known = crate::domain::catalogue::scheme::releases(body.scheme);
    let list = known.join(", ");
    let label = body.scheme.label();
    let Some(release) = &body.release else {
        if body.scheme != Scheme::Iso27001 {
            return Ok(());
        }
        return refuse(format!(
            "{} {label} certificate names the release of the standard; give it: {list} (--release, \
             or --set release=... in a correction)",
            body.scheme.article()
        ));
    };
    let adopted = state.frameworks.keys();
    let mut adopted = adopted.filter(|one| Some(one.framework.as_str()) == framework);
    if known.contains(release) || adopted.any(|one| one.release == *release) {
        return Ok(());
    }
    if known.is_empty() {
        return refuse(format!("{label} has no releases that are known; leave out --release"));
    }
    refuse(format!("`{release}` is no release of {label} that is known; known are {list}"))
}

fn statement_of_applicability(state: &State, body: &SoaRecorded) -> Result<(), Refusal> {
    let known = find(state, &state.certificates, &body.certificate, "a certificate")?;
    let record = &known.what.record;
    if record.scheme == Scheme::Iso27001 {
        return Ok(());
    }
    refuse(format!(
        "a Statement of Applicability belongs to an ISO/IEC 27001 certificate; {} is {} {} \
         certificate",
        record.number,
        record.scheme.article(),
        record.scheme.label()
    ))
}

fn answered(state: &State, body: &ItemAnswered, today: Date) -> Result<(), Refusal> {
    known_item(state, &body.item)?;
    not_blank("the answer", &body.answer)?;
    not_ahead("an answer", body.on, today)?;
    in_order(body.on, body.valid_until)
}

fn published(state: &State, body: &StatementPublished, today: Date) -> Result<(), Refusal> {
    if body.size == 0 || body.size > state.size {
        return refuse(format!(
            "a statement from {} entries cannot be published in a ledger of {}; draft it anew",
            body.size, state.size
        ));
    }
    if revisions(state, &body.edition).next().is_none() {
        return not_adopted(&body.edition);
    }
    let words = [
        Standing::StandardsNotMet.json(),
        Standing::StandardsMet.json(),
        Standing::StandardsExceeded.json(),
    ];
    if !words.contains(&body.standing.as_str()) {
        let words = words.join(", ");
        return refuse(format!("`{}` is not a standing; one of: {words}", body.standing));
    }
    if !is_digest(&body.root) {
        return refuse(format!("`{}` is not the base64 of a root; draft it anew", body.root));
    }
    not_ahead("a statement", body.on, today)
}

/// Says whether a text is the one base64 spelling of 32 bytes: 43 characters and one `=`, the last
/// character without stray bits.
fn is_digest(text: &str) -> bool {
    let body = text.strip_suffix('=').unwrap_or_default();
    let digits = body.bytes().all(|one| one.is_ascii_alphanumeric() || b"+/".contains(&one));
    let last = body.chars().next_back().is_some_and(|one| "AEIMQUYcgkosw048".contains(one));
    body.len() == 43 && digits && last
}

fn not_blank(what: &str, text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() { refuse(format!("{what} is blank; give it")) } else { Ok(()) }
}

fn in_order(from: Date, until: Option<Date>) -> Result<(), Refusal> {
    match until {
        Some(until) if until < from => {
            refuse(format!("the last day, {until}, is before the first, {from}; check both"))
        }
        _ => Ok(()),
    }
}

fn not_ahead(what: &str, on: Date, today: Date) -> Result<(), Refusal> {
    if on <= today {
        return Ok(());
    }
    refuse(format!("{what} cannot be dated {on}: that day has not come; today is {today}"))
}

fn find<'s, T>(
    state: &State,
    map: &'s BTreeMap<EventId, T>,
    id: &EventId,
    what: &str,
) -> Result<&'s T, Refusal> {
    map.get(id).map_or_else(|| not_standing(state, id, what), Ok)
}

fn not_standing<T>(state: &State, id: &EventId, what: &str) -> Result<T, Refusal> {
    match state.event(id) {
        Some((seq, kind)) => refuse(format!(
            "entry #{seq}, {kind}, is not {what} that stands in this ledger; see: dspt log"
        )),
        None => refuse(format!("no event {id} in this ledger; see: dspt log")),
    }
}

fn of_kind(state: &State, id: &EventId, kind: Kind) -> Result<u64, Refusal> {
    match state.event(id) {
        Some((seq, found)) if found == kind => Ok(seq),
        Some((seq, found)) => refuse(format!("entry #{seq} is {found}, not {kind}; see: dspt log")),
        None => refuse(format!("no event {id} in this ledger; see: dspt log")),
    }
}

/// Returns every adopted revision of an edition.
fn revisions<'s>(state: &'s State, id: &EditionId) -> impl Iterator<Item = &'s Edition> {
    let id = id.clone();
    let all = state.editions.iter().map(|one| one.what.edition.as_ref());
    all.filter(move |edition| edition.id == id)
}

fn not_adopted<T>(id: &EditionId) -> Result<T, Refusal> {
    refuse(format!("edition {id} is not adopted; adopt it with: dspt import edition {id}"))
}

fn known_item(state: &State, item: &ItemRef) -> Result<(), Refusal> {
    let mut any = false;
    for edition in revisions(state, &item.edition) {
        any = true;
        if edition.item(&item.category, &item.item).is_some() {
            return Ok(());
        }
    }
    if !any {
        return not_adopted(&item.edition);
    }
    refuse(format!(
        "{} is not an item of {} for {}{}",
        item.item,
        item.edition,
        item.category,
        nearest(state, item)
    ))
}

/// Offers an item of the same category that differs in one character.
fn nearest(state: &State, item: &ItemRef) -> String {
    let known = revisions(state, &item.edition)
        .flat_map(|edition| edition.items_of(&item.category))
        .map(|known| known.id.as_str().to_owned());
    closest(item.item.as_str(), known)
        .map_or_else(String::new, |near| format!("; did you mean {near}?"))
}

fn known_assertion(state: &State, assertion: &AssertionRef) -> Result<(), Refusal> {
    let mut any = false;
    for edition in revisions(state, &assertion.edition) {
        any = true;
        let mut items = edition.items_of(&assertion.category);
        if items.any(|item| item.id.assertion() == assertion.assertion) {
            return Ok(());
        }
    }
    if !any {
        return not_adopted(&assertion.edition);
    }
    refuse(format!(
        "{} is not an assertion of {} for {}; see: dspt catalogue {}",
        assertion.assertion, assertion.edition, assertion.category, assertion.edition
    ))
}

/// Checks that a control is one that can be met in an adopted framework, at a level that it has.
///
/// # Errors
/// [`Refusal`] naming what the id is instead, and a near one where there is one.
pub fn known_control(state: &State, control: &ControlRef, level: Level) -> Result<(), Refusal> {
    let id = &control.framework;
    let Some(framework) = state.frameworks.get(id) else {
        return refuse(format!(
            "framework {id} is not adopted; adopt it with: dspt import framework {id}"
        ));
    };
    match framework.what.standing_of(&control.id) {
        ControlStanding::Assessable => {}
        ControlStanding::Heading => {
            return refuse(format!("{control} is a heading; name a control under it"));
        }
        ControlStanding::Withdrawn => {
            return refuse(format!("{control} is withdrawn in that release; name its successor"));
        }
        ControlStanding::Unknown => {
            let known = framework.what.controls.keys().cloned();
            let near = closest(&control.id, known);
            let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            return refuse(format!("{} is not an id of {id}{near}", control.id));
        }
    }
    let caf = id.framework == "ncsc-caf";
    match (caf, level) {
        (true, Level::Met) => refuse(format!(
            "{control} is an outcome; give its level: partially-achieved or achieved"
        )),
        (false, Level::PartiallyAchieved | Level::Achieved) => {
            refuse(format!("{control} has no levels; leave the level blank"))
        }
        (true, level) if !has_level(control, level) => refuse(format!(
            "{control} has no level partially-achieved: it is achieved or not; give achieved"
        )),
        (true, Level::PartiallyAchieved | Level::Achieved) | (false, Level::Met) => Ok(()),
    }
}

fn known_target(state: &State, target: &TargetRef, level: Level) -> Result<(), Refusal> {
    match target {
        TargetRef::Item(item) => known_item(state, item),
        TargetRef::Control(control) => known_control(state, control, level),
    }
}

fn known_units(state: &State, units: &[UnitId], required: bool) -> Result<(), Refusal> {
    if units.is_empty() && required {
        return refuse("the scope names no unit; name those that it covers with --scope");
    }
    let declared: BTreeSet<&UnitId> =
        state.scopes.iter().flat_map(|one| one.what.units.iter().map(|unit| &unit.id)).collect();
    match units.iter().find(|unit| !declared.contains(unit)) {
        Some(unit) => refuse(format!(
            "`{unit}` is not a declared scope unit; declare it with: dspt record scope"
        )),
        None => Ok(()),
    }
}

fn classified(state: &State, body: &OrganisationClassified) -> Result<(), Refusal> {
    let mut any = false;
    for edition in revisions(state, &body.edition) {
        any = true;
        let row = edition.types.iter().find(|row| row.organisation_type == body.organisation_type);
        if row.is_some_and(|row| row.category == body.category.as_str()) {
            if edition.items_of(&body.category).next().is_none() {
                return refuse(format!(
                    "the files of {} hold no items for {}; import files that do",
                    body.edition, body.category
                ));
            }
            return Ok(());
        }
    }
    if !any {
        return not_adopted(&body.edition);
    }
    refuse(format!(
        "{} is not in category {} in {}; see: dspt catalogue {}",
        body.organisation_type, body.category, body.edition, body.edition
    ))
}

fn scope(state: &State, body: &ScopeDeclared) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for unit in &body.units {
        not_blank("the unit's name", &unit.name)?;
        if !seen.insert(&unit.id) {
            return refuse(format!("the unit `{}` stands twice in the list", unit.id));
        }
    }
    if body.units.is_empty() {
        return refuse("the list of units is empty; declare at least one");
    }
    let known = state.scopes.iter().flat_map(|one| one.what.units.iter().map(|unit| &unit.id));
    seen.extend(known);
    if seen.len() > Units::MAX {
        return refuse(format!("a ledger names at most {} scope units in all", Units::MAX));
    }
    Ok(())
}

fn asserted(state: &State, body: &EquivalenceAsserted) -> Result<(), Refusal> {
    known_target(state, &body.target, body.target_level)?;
    if body.sources.is_empty() {
        return refuse("an equivalence needs at least one source; give it with --source");
    }
    for source in &body.sources {
        known_control(state, &source.source, source.level)?;
    }
    not_blank("the rationale", &body.rationale)
}

fn approved(state: &State, body: &MappingApproved, by: &KeyId) -> Result<(), Refusal> {
    let known = find(state, &state.proposals, &body.mapping, "a mapping or asserted equivalence")?;
    not_blank("the rationale", &body.rationale)?;
    in_order(body.from, body.until)?;
    if known.what.by == *by {
        return refuse(format!(
            "key {by} recorded this mapping and cannot approve it; another approver must"
        ));
    }
    let Rows::Listed(listed) = &body.rows else { return Ok(()) };
    if known.what.asserted.is_some() {
        return refuse("an asserted equivalence has no rows; approve it with --all");
    }
    if let Some(row) =
        listed.iter().find(|row| !known.what.rows.iter().any(|one| one.number == **row))
    {
        let last = known.what.rows.len();
        return refuse(format!("the mapping has no row {row}; its rows are 1 to {last}"));
    }
    torn_group(&known.what.rows, &body.rows)
}

/// A joint group is approved whole or not at all.
fn torn_group(rows: &[MappingRow], listed: &Rows) -> Result<(), Refusal> {
    for row in rows {
        let Some(joint) = row.joint.as_ref().filter(|_| listed.contains(row.number)) else {
            continue;
        };
        let missing = rows.iter().find(|other| {
            other.joint.as_ref().is_some_and(|one| one.id == joint.id)
                && !listed.contains(other.number)
        });
        if let Some(missing) = missing {
            return refuse(format!(
                "joint group {} holds as a whole; approve row {} too, or leave out row {}",
                joint.id, missing.number, row.number
            ));
        }
    }
    Ok(())
}

fn evidence(state: &State, body: &EvidenceRecorded, today: Date) -> Result<(), Refusal> {
    not_blank("the title", &body.title)?;
    if body.items.is_empty() && body.controls.is_empty() {
        return refuse("evidence must name at least one item or control");
    }
    for item in &body.items {
        known_item(state, item)?;
    }
    for control in &body.controls {
        let caf = control.framework.framework == "ncsc-caf";
        known_control(state, control, if caf { Level::Achieved } else { Level::Met })?;
    }
    not_ahead("evidence", body.proves_on, today)?;
    in_order(body.proves_on, body.valid_until)?;
    known_units(state, &body.scope, false)
}

fn correction(state: &State, body: &Correction, by: &KeyId, today: Date) -> Result<(), Refusal> {
    not_blank("the reason", &body.reason)?;
    let Some((seq, kind)) = state.event(&body.corrects) else {
        return refuse(format!("no event {} in this ledger; see: dspt log", body.corrects));
    };
    if kind.stands_for_ever() {
        return refuse(format!(
            "entry #{seq} is {kind}, which stands for ever; record what holds now instead"
        ));
    }
    let Some(replacement) = &body.replacement else { return Ok(()) };
    let event = Event::decode(&replacement.kind, &replacement.body)
        .map_err(|error| Refusal(error.to_string()))?;
    if event.kind() != kind || kind == Kind::Correction {
        return refuse(format!(
            "entry #{seq} is {kind}; a replacement must be of the same kind, and a correction is \
             made void, not replaced"
        ));
    }
    if matches!(kind, Kind::EditionAdopted | Kind::FrameworkAdopted) {
        // The replaced one is still known under its own name; the rest of the check holds.
        return Ok(());
    }
    admit(state, &event, by, today)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, known: &str, meant: Option<&str>) {
        let known = known.split(' ').map(str::to_owned);
        assert_eq!(closest(text, known).as_deref(), meant, "{text}");
    }

    #[test]
    fn a_hint_leads_to_what_was_meant_or_is_left_out() {
        let annex = "A.5.1 A.5.7 A.5.17 A.5.27 A.5.10 A.8.1 A.8.9 A.8.13 A.8.19";
        check("A.5.07", annex, Some("A.5.7"));
        check("A.05.07", annex, Some("A.5.7"));
        check("A.8.013", annex, Some("A.8.13"));
        check("a.8.13", annex, Some("A.8.13"));
        check("A-8.13", annex, Some("A.8.13"));
        check("A.8.99", annex, None);
        check("A.8.133", annex, None);
        check("A.5.77", annex, None);
        let items = "7.3.4 7.3.5 7.3.44 8.3.4";
        check("7.3.04", items, Some("7.3.4"));
        check("7.3.5x", items, Some("7.3.5"));
        check("7.3.55", items, None);
        let nist = "AC-2 AT-2 AU-2 RA-2 PR.DS-11 PR.DS-10";
        check("AX-2", nist, None);
        check("PR.SD-11", nist, Some("PR.DS-11"));
        check("PR.DS-011", nist, Some("PR.DS-11"));
        check("PR.DS-12", nist, None);
        check("hostng", "hosting support", Some("hosting"));
        check("iso27001:2023", "iso27001:2022 iso27001:2013", None);
        check("", "a b", None);
    }
}

//! May this event follow what is known? Gives the reason where it may not.
//!
//! Asked once, when an event is recorded. Whether the key may sign such an event is `role.rs`'s
//! question; what the event leads to is `derive.rs`'s. Nothing here changes anything.

use std::collections::{BTreeMap, BTreeSet};

pub use super::known_names::known_control;
use super::known_names::{
    known_assertion, known_or_awaited, known_target, known_units, not_adopted, revisions,
};
pub use super::refusal::Refusal;
use super::refusal::{
    find, in_order, is_digest, not_ahead, not_blank, not_standing, of_kind, refuse,
};
use crate::domain::catalogue::known_frameworks::has_levels;
use crate::domain::date::Date;
use crate::domain::event::body::keys::ClockExplained;
use crate::domain::event::body::{
    CertificateRecorded, ChallengeUpheld, Correction, EditionAdopted, EquivalenceAsserted,
    EvidenceRecorded, FrameworkAdopted, ItemAnswered, MappingApproved, OrganisationClassified,
    ScopeDeclared, SoaRecorded, StatementPublished,
};
use crate::domain::event::standing::Standing;
use crate::domain::event::words::{Clock, Rows};
use crate::domain::event::{Event, Kind};
use crate::domain::ids::level::Level;
use crate::domain::ids::scheme::Scheme;
use crate::domain::ids::{EventId, KeyId};
use crate::domain::mapping::MappingRow;
use crate::domain::nearest::closest;
use crate::domain::region::Units;
use crate::domain::state::State;

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
            known_or_awaited(state, &body.item)?;
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
    if let Some(why) = body.begins_too_early() {
        return refuse(why);
    }
    if let Some(why) = body.cut_short().filter(|_| body.counts_until() < body.valid_from) {
        return refuse(format!("the certificate would count on no day: {why}"));
    }
    known_units(state, &body.scope, true)
}

/// A certificate names a release of its standard that is known: by the schemes that ship, or by a
/// list that the ledger adopted. Where the scheme has none that is known, it names none.
fn release(state: &State, body: &CertificateRecorded) -> Result<(), Refusal> {
    let framework = body.scheme.framework();
    let known: Vec<&str> = body.scheme.releases().iter().map(|one| one.name.as_str()).collect();
    let list = known.join(", ");
    let label = body.scheme.label();
    let Some(release) = &body.release else {
        if !body.scheme.asks_release() {
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
    if known.contains(&release.as_str()) || adopted.any(|one| one.release == *release) {
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
    if record.scheme.has_statement_of_applicability() {
        return Ok(());
    }
    let having = Scheme::all().filter(|one| one.has_statement_of_applicability());
    let having: Vec<String> =
        having.map(|one| format!("{} {}", one.article(), one.label())).collect();
    refuse(format!(
        "a Statement of Applicability belongs to {} certificate; {} is {} {} certificate",
        having.join(" or "),
        record.number,
        record.scheme.article(),
        record.scheme.label()
    ))
}

fn answered(state: &State, body: &ItemAnswered, today: Date) -> Result<(), Refusal> {
    known_or_awaited(state, &body.item)?;
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

fn classified(state: &State, body: &OrganisationClassified) -> Result<(), Refusal> {
    let (id, kind, category) = (&body.edition, &body.organisation_type, &body.category);
    let adopted: Vec<_> = revisions(state, id).collect();
    if adopted.is_empty() {
        // It binds once the edition is adopted.
        return Ok(());
    }
    if adopted.iter().all(|edition| edition.items_of(category).next().is_none()) {
        return refuse(format!(
            "the files of {id} hold no items for {category}; import a workbook that does with: dspt \
             import edition FILE.xlsx --name {id} --from DATE"
        ));
    }
    let types = || adopted.iter().flat_map(|edition| &edition.types);
    let listed: Vec<_> = types().filter(|row| row.organisation_type == *kind).collect();
    if listed.iter().any(|row| row.category == category.as_str()) {
        return Ok(());
    }
    if !listed.is_empty() {
        return refuse(format!(
            "{kind} is not in category {category} in {id}; see: dspt catalogue {id}"
        ));
    }
    // A type that the edition does not list is the organisation's own word, unless it is a slip.
    let known = types().map(|row| row.organisation_type.to_string());
    match closest(kind.as_str(), known) {
        Some(near) => {
            refuse(format!("`{kind}` is not a type that {id} lists; did you mean {near}?"))
        }
        None => Ok(()),
    }
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
        known_or_awaited(state, item)?;
    }
    for control in &body.controls {
        let levels = has_levels(&control.framework.framework);
        known_control(state, control, if levels { Level::Achieved } else { Level::Met })?;
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

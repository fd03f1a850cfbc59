//! What a statement lists beside its items: assertions, certificates, statements given out.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Maker;
use super::parts::state_on;
use crate::domain::engine::grounds::soa_periods;
use crate::domain::engine::item_status::Finding;
use crate::domain::event::Event;
use crate::domain::event::body::StatementPublished;
use crate::domain::ids::{AssertionRef, UnitId};
use crate::domain::state::known::{Certificate, Known};

impl Maker<'_> {
    pub(super) fn assertions(&self, findings: &[Finding]) -> Vec<Value> {
        let all: BTreeSet<AssertionRef> = findings.iter().map(|one| one.item.assertion()).collect();
        all.iter().map(|assertion| self.assertion(assertion)).collect()
    }

    fn assertion(&self, assertion: &AssertionRef) -> Value {
        let said = &self.view.positions.derivation.said;
        let mut confirmed = said.confirmations(assertion, self.asked.on);
        // Stable: those for one day stay in ledger order.
        confirmed.sort_by_key(|one| one.on);
        let list = confirmed.iter().map(|one| {
            let place = one.because.first().copied().unwrap_or_default();
            let event = said.event(place, self.words);
            let note = match event.as_deref() {
                Some(Event::AssertionConfirmed(body)) => body.note.clone(),
                Some(_) | None => None,
            };
            let on = one.on.to_string();
            self.signed(place, json!({ "on": on, "note": note, "because": one.because }))
        });
        let because: BTreeSet<u64> =
            confirmed.iter().flat_map(|one| &one.because).copied().collect();
        let id = &assertion.assertion;
        json!({
            "assertion": id.as_str(),
            "must_be_confirmed": self.period.edition.asks_confirmation(&self.period.category, id),
            "confirmed": confirmed.last().map(|one| one.on.to_string()),
            "confirmations": list.collect::<Vec<_>>(),
            "because": because,
        })
    }

    pub(super) fn certificates(&self) -> Vec<Value> {
        let mut all: Vec<&Known<Certificate>> = self.state.certificates.values().collect();
        all.sort_by_key(|one| one.place());
        all.into_iter().map(|one| self.certificate(one)).collect()
    }

    fn certificate(&self, known: &Known<Certificate>) -> Value {
        let (record, derivation) = (&known.what.record, &self.view.positions.derivation);
        let required = derivation.world.required.at(self.asked.on);
        let covers = !required.is_empty() && derivation.set(&record.scope).covers(required);
        let (state, ended) = state_on(&known.what, self.asked.on);
        let because: BTreeSet<u64> = known.because.iter().copied().chain(ended).collect();
        let applicability = soa_periods(&known.what)
            .into_iter()
            .find(|(_, from, until, _)| *from <= self.asked.on && self.asked.on <= *until);
        let applicability = applicability.map(|(because, from, _, soa)| {
            let mut counts = json!({
                "from": from.to_string(),
                "applicable": soa.applicable.len() + soa.not_in_place.len(),
                "excluded": soa.excluded.len(),
                "because": because,
            });
            // Only where rows say so: statements of before have no such field.
            if let Some(counts) = counts.as_object_mut().filter(|_| !soa.not_in_place.is_empty()) {
                counts.insert("not_implemented".to_owned(), soa.not_in_place.len().into());
            }
            counts
        });
        json!({
            "scheme": record.scheme.as_str(),
            "release": record.release,
            "number": record.number,
            "issuer": record.issuer,
            "accreditation": record.accreditation,
            "scope": record.scope.iter().map(UnitId::as_str).collect::<BTreeSet<_>>(),
            "covers_health_and_care_data": covers,
            "valid_from": record.valid_from.to_string(),
            "valid_until": record.valid_until.to_string(),
            "state": state,
            "statement_of_applicability": applicability,
            "because": because,
        })
    }

    /// Earlier statements for the same edition and category; each takes the place of those before.
    pub(super) fn published(&self) -> Vec<Value> {
        let same = self.state.published.iter().filter(|one| {
            one.what.edition == self.period.edition.id && one.what.category == self.period.category
        });
        let value = |one: &Known<StatementPublished>| {
            let (seq, body) = (one.place(), &one.what);
            let (on, standing) = (body.on.to_string(), &body.standing);
            self.signed(seq, json!({ "entry": seq, "on": on, "standing": standing }))
        };
        same.map(value).collect()
    }
}

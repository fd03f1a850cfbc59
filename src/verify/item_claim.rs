//! Whether the entries of a bundle of one item bear on the item that its list names. Nobody signed
//! that name, so it is held to what was signed: rule `item` of `docs/FORMAT.md`, section 15.

use std::collections::{BTreeMap, BTreeSet};

use super::audit::Ledger;
use super::finding::{Finding, Place};
use super::manifest::MANIFEST;
use super::rule::Rule;
use crate::domain::csv::{Row, Table};
use crate::domain::event::Event;
use crate::domain::ids::{EventId, ItemRef, TargetRef};
use crate::domain::state::Subject;

/// One event with what corrections put in its place, as far as they are given out.
#[derive(Default)]
struct Said<'l> {
    events: Vec<Event>,
    subjects: Vec<&'l Subject>,
}

/// Checks that the entries given out bear on the item; says how many speak of it.
///
/// # Errors
/// The rule `item`.
pub(crate) fn check_item(item: &ItemRef, ledger: &Ledger) -> Result<String, Finding> {
    let label = Label { item, ledger, said: said(ledger) };
    let place = Place::File(MANIFEST.to_owned());
    label.check().map_err(|text| Finding { place, rule: Rule::Item, text })
}

fn said(ledger: &Ledger) -> Vec<Said<'_>> {
    let mut all: BTreeMap<&EventId, Said<'_>> = BTreeMap::new();
    for fact in &ledger.facts {
        let (id, event) = if let Event::Correction(body) = &fact.event {
            let put = body.replacement.as_ref();
            (&body.corrects, put.and_then(|put| Event::decode(&put.kind, &put.body).ok()))
        } else {
            (&fact.id, Some(fact.event.clone()))
        };
        let one = all.entry(id).or_default();
        one.events.extend(event);
        one.subjects.extend(&fact.subjects);
    }
    all.into_values().collect()
}

struct Label<'l> {
    item: &'l ItemRef,
    ledger: &'l Ledger,
    said: Vec<Said<'l>>,
}

impl Label<'_> {
    fn check(&self) -> Result<String, String> {
        let item = self.item;
        if !self.is_asked() {
            return Err(format!(
                "the entries given out adopt no edition and category that asks for {item}"
            ));
        }
        let mut count = 0;
        for one in &self.said {
            let speaks = one.events.iter().filter_map(|event| self.speaks_of_it(event));
            let speaks: BTreeSet<bool> = speaks.collect();
            if speaks.contains(&true) {
                count += 1;
            } else if speaks.contains(&false) {
                return Err(format!("an entry given out speaks of others, and not of {item}"));
            }
        }
        let grounded = self.said.iter().any(|one| self.is_ground(one));
        if grounded && !self.is_led_to() {
            return Err(format!("nothing leads from the grounds given out to {item}"));
        }
        let spoken = match (count, grounded) {
            (0, false) => "no entry given out speaks of it".to_owned(),
            (0, true) => "equivalences given out lead to it".to_owned(),
            (count, _) => format!("{count} of the events given out speak of it"),
        };
        Ok(format!("{item} is asked for, and {spoken}"))
    }

    fn events(&self) -> impl Iterator<Item = &Event> {
        self.said.iter().flat_map(|one| &one.events)
    }

    /// Whether an edition and a category that are given out ask for it.
    fn is_asked(&self) -> bool {
        let item = self.item;
        let classified = self.events().any(|event| {
            matches!(event, Event::OrganisationClassified(body)
                if body.edition == item.edition && body.category == item.category)
        });
        classified && self.adopted_rows("items.csv").iter().any(|row| self.is_row(row))
    }

    /// The rows of a file of the edition, of any revision that is given out.
    fn adopted_rows(&self, name: &str) -> Vec<Row> {
        self.rows(name, |event| {
            matches!(event, Event::EditionAdopted(body) if body.edition == self.item.edition)
        })
    }

    /// The rows of the files of a name that come with some events.
    fn rows(&self, name: &str, of: impl Fn(&Event) -> bool) -> Vec<Row> {
        let with = self.said.iter().filter(|one| one.events.iter().any(&of));
        let files = with.flat_map(|one| one.subjects.iter().filter(|file| file.name == name));
        let bytes = files.filter_map(|file| self.ledger.contents.get(&file.sha256));
        let tables = bytes.filter_map(|bytes| Table::parse_stored(bytes, &[]).ok());
        tables.flat_map(|table| table.rows).collect()
    }

    fn is_row(&self, row: &Row) -> bool {
        row.get("category") == self.item.category.as_str()
            && row.get("item") == self.item.item.as_str()
    }

    /// Whether an event that is about items is about this one; nothing for any other event.
    /// Evidence that names a control as well may stand for any item.
    fn speaks_of_it(&self, event: &Event) -> Option<bool> {
        if let Event::ItemAnswered(body) = event {
            return Some(body.item == *self.item);
        }
        if let Event::ItemNotApplicable(body) = event {
            return Some(body.item == *self.item);
        }
        if let Event::AssertionConfirmed(body) = event {
            return Some(body.assertion == self.item.assertion());
        }
        let Event::EvidenceRecorded(body) = event else { return None };
        let named = body.items.contains(self.item);
        (named || body.controls.is_empty()).then_some(named)
    }

    /// Whether an event is what an equivalence stands upon.
    fn is_ground(&self, one: &Said<'_>) -> bool {
        let evidence = |event: &Event| matches!(event, Event::EvidenceRecorded(_));
        let named = |event: &Event| self.speaks_of_it(event) == Some(true);
        let other = |event: &Event| {
            matches!(
                event,
                Event::CertificateRecorded(_)
                    | Event::SoaRecorded(_)
                    | Event::ControlAssessed(_)
                    | Event::MappingImported(_)
                    | Event::EquivalenceAsserted(_)
            )
        };
        one.events.iter().any(other)
            || one.events.iter().any(evidence) && !one.events.iter().any(named)
    }

    /// Whether an equivalence that is given out ends at the item.
    fn is_led_to(&self) -> bool {
        let target = TargetRef::Item(self.item.clone());
        let asserted = self.events().any(
            |event| matches!(event, Event::EquivalenceAsserted(body) if body.target == target),
        );
        let mapped = || {
            let rows = self.rows("mapping.csv", |event| matches!(event, Event::MappingImported(_)));
            let name = self.item.to_string();
            rows.iter().any(|row| row.get("target") == name)
        };
        asserted || mapped() || self.is_exempted()
    }

    /// Whether the edition lets a certificate that is given out meet it.
    fn is_exempted(&self) -> bool {
        let scheme = |event: &Event| {
            let Event::CertificateRecorded(body) = event else { return None };
            Some(body.scheme.as_str())
        };
        let schemes: BTreeSet<&str> = self.events().filter_map(scheme).collect();
        let rows = self.adopted_rows("exemptions.csv");
        rows.iter().any(|row| self.is_row(row) && schemes.contains(row.get("scheme")))
    }
}

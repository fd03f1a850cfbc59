//! The statement: the position on one day, from the first entries of a ledger, as one value.
//!
//! It holds enough for an auditor to judge every figure in it (`docs/FORMAT.md` section 16). The
//! same entries and the same question give the same value for ever, so its words are part of the
//! format: a text that has to change, those that come from `derive.rs` and `status.rs` included,
//! makes a new [`FORMAT`]. Nothing beyond the first `size` entries is looked at.

pub mod asked;
pub mod diff;
pub(in crate::domain) mod format_one;
mod listed;
pub(in crate::domain) mod parts;
pub mod premature_confirmation;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::catalogue::edition::Requirement;
use super::engine::derivation::{Period, RulesChoice};
use super::engine::item_status::{Finding, Status};
use super::engine::proof::Proof;
use super::engine::rule::{Atom, Premise, Rule};
use super::engine::standing::judge;
use super::engine::status::{DayView, Positions, stated_on};
use super::event::Event;
use super::event::fact::Fact;
use super::explain::aside::set_aside;
use super::explain::before_grounds;
use super::explain::telling::Telling;
use super::ids::{ItemRef, KeyId};
use super::state::facts::EntryText;
use super::state::index::evidence_view::Stated;

use super::state::{State, replay};
pub use asked::{Asked, FORMAT, Format, Ledger, NoStatement, Seen};
use parts::{DOES_NOT_PROVE, standing, witnessed};

/// Makes the statement. Its canonical JSON is what is signed and given out.
///
/// # Errors
/// [`NoStatement`] when there are fewer entries, no rules bind, or a content cannot be read.
pub fn statement(ledger: &Ledger<'_>, asked: &Asked) -> Result<Value, NoStatement> {
    statement_in(Format::Two, ledger, asked)
}

/// Makes the statement in a format of some time.
///
/// # Errors
/// As [`statement`].
pub fn statement_in(
    format: Format,
    ledger: &Ledger<'_>,
    asked: &Asked,
) -> Result<Value, NoStatement> {
    made(format, ledger, asked, &state_of(ledger, asked)?)
}

/// Makes the statement as releases did that let every certificate count to the day printed on it;
/// none where that makes no difference.
///
/// # Errors
/// As [`statement`].
pub fn statement_as_printed(
    format: Format,
    ledger: &Ledger<'_>,
    asked: &Asked,
) -> Result<Option<Value>, NoStatement> {
    let mut state = state_of(ledger, asked)?;
    if state.count_as_printed() { made(format, ledger, asked, &state).map(Some) } else { Ok(None) }
}

fn facts_of<'l>(ledger: &Ledger<'l>, asked: &Asked) -> Result<&'l [Fact], NoStatement> {
    let found = ledger.facts.len() as u64;
    let size = usize::try_from(asked.size).ok().filter(|size| *size > 0);
    let facts = size.and_then(|size| ledger.facts.get(..size));
    facts.ok_or(NoStatement::Size { asked: asked.size, found })
}

fn state_of(ledger: &Ledger<'_>, asked: &Asked) -> Result<State, NoStatement> {
    Ok(replay(facts_of(ledger, asked)?, ledger.contents, asked.size)?)
}

fn made(
    format: Format,
    ledger: &Ledger<'_>,
    asked: &Asked,
    state: &State,
) -> Result<Value, NoStatement> {
    let facts = facts_of(ledger, asked)?;
    let positions = Positions::new(state, asked.rules);
    let view = positions.on(asked.on);
    let Some(period) = positions.derivation.period_on(asked.on) else {
        return Err(NoStatement::NoEdition(asked.on));
    };
    let words = &facts;
    let it = Maker { format, ledger, facts, words, state, view: &view, period, asked };
    Ok(it.value())
}

struct Maker<'m> {
    format: Format,
    ledger: &'m Ledger<'m>,
    facts: &'m [Fact],
    words: &'m dyn EntryText,
    state: &'m State,
    view: &'m DayView<'m>,
    period: &'m Period,
    asked: &'m Asked,
}

impl Maker<'_> {
    fn value(&self) -> Value {
        let mut findings = self.view.findings();
        if self.format == Format::One {
            findings = findings.iter().map(|one| format_one::finding(self.view, one)).collect();
        }
        let proofs: BTreeMap<ItemRef, Proof> = findings
            .iter()
            .filter_map(|one| Some((one.item.clone(), self.view.proof(&one.item)?)))
            .collect();
        let used = self.in_order(proofs.values().flat_map(Proof::rules).collect());
        let items = findings.iter().map(|one| self.item(one, proofs.get(&one.item), &used));
        let stands = self.view.stands();
        let verdict = judge(self.view, &stands);
        let edition = &self.period.edition;
        let mut value = json!({
            "format": self.format.name(),
            "ledger": self.ledger.origin,
            "identity": self.ledger.identity,
            "organisation": self.state.organisation,
            "size": self.asked.size,
            "root": self.ledger.root,
            "on": self.asked.on.to_string(),
            "rules": rules_word(self.asked.rules),
            "sentence": self.sentence(),
            "recorded": self.recorded(),
            "edition": edition.id.as_str(),
            "revision": edition.revision,
            "category": self.period.category.as_str(),
            "organisation_type": self.period.organisation_type.as_str(),
            "secondary_transcription": edition.is_transcription(&self.period.category),
            "asked_by": self.asked_by(),
            "scope": self.scope(),
            "standing": standing(&verdict, &stands),
            "items": items.collect::<Vec<_>>(),
            "assertions": self.assertions(&findings),
            "certificates": self.certificates(),
            "equivalences": used.iter().filter_map(|rule| self.rule(*rule)).collect::<Vec<_>>(),
            "published_before": self.published(),
            "witnessed": witnessed(self.ledger.seen, self.asked.size),
            "does_not_prove": DOES_NOT_PROVE,
        });
        let doubtful = self.doubtful(&value);
        if let Some(fields) = value.as_object_mut() {
            fields.insert("doubtful".to_owned(), doubtful);
        }
        value
    }

    fn asked_by(&self) -> Vec<u64> {
        match self.format {
            Format::One => self.period.because.clone(),
            Format::Two => self.period.entries().into_iter().collect(),
        }
    }

    /// The rules that are used, in an order that the order of rows and sources does not change.
    fn in_order(&self, used: BTreeSet<usize>) -> Vec<usize> {
        let rules = &self.view.positions.derivation.world.rules;
        let mut used: Vec<usize> = used.into_iter().collect();
        used.sort_by_cached_key(|number| {
            let key = |rule: &Rule| {
                (rule.head.clone(), rule.authority, rule.because.clone(), rule.label.clone())
            };
            rules.get(*number).map(key)
        });
        used
    }

    fn sentence(&self) -> String {
        let (edition, last) = (&self.period.edition, self.facts.last());
        let last = last.map_or_else(String::new, |fact| fact.at.london_text());
        let rules = match self.asked.rules {
            RulesChoice::Then => "in force then",
            RulesChoice::Latest => "latest known",
        };
        format!(
            "Position on {}, using the first {} entries, the last of them recorded on {last}, \
             under the rules {rules}: DSPT {} revision {}.",
            self.asked.on.long(),
            self.asked.size,
            edition.id,
            edition.revision
        )
    }

    fn recorded(&self) -> Value {
        let at = |fact: Option<&Fact>| fact.map(|fact| fact.at.to_string());
        json!({ "first": at(self.facts.first()), "last": at(self.facts.last()) })
    }

    /// The units on that day: of one day, the later entry holds.
    fn scope(&self) -> Value {
        let begun = self.state.scopes.iter().filter(|one| one.what.from <= self.asked.on);
        let Some(scope) = begun.max_by_key(|one| (one.what.from, one.place())) else {
            return Value::Null;
        };
        let mut units: Vec<&super::event::body::Unit> = scope.what.units.iter().collect();
        units.sort_by_key(|unit| &unit.id);
        let units = units.into_iter().map(|unit| {
            json!({
                "id": unit.id.as_str(),
                "name": unit.name,
                "health_and_care_data": unit.health_and_care_data,
            })
        });
        json!({
            "from": scope.what.from.to_string(),
            "units": units.collect::<Vec<_>>(),
            "because": scope.because,
        })
    }

    fn item(&self, one: &Finding, proof: Option<&Proof>, used: &[usize]) -> Value {
        let rules = proof.map(Proof::rules).unwrap_or_default();
        let places = used.iter().enumerate().filter(|(_, rule)| rules.contains(rule));
        let mut value = json!({
            "item": one.item.item.as_str(),
            "title": one.title,
            "mandatory": one.requirement == Requirement::Mandatory,
            "status": one.status.json(),
            "reasons": self.reasons(one, proof, used),
            "equivalences": places.map(|(place, _)| place).collect::<Vec<_>>(),
            "because": one.because,
        });
        if let (Format::Two, Some(fields)) = (self.format, value.as_object_mut()) {
            fields.insert("set_aside".to_owned(), self.set_aside(one));
        }
        value
    }

    /// What the organisation itself said of the item and does not count on the day, with why.
    fn set_aside(&self, one: &Finding) -> Value {
        let all = set_aside(self.view, &one.item, Telling::all(self.words));
        all.iter().map(|one| json!({ "text": one.text, "because": sorted(&one.entries) })).collect()
    }

    /// What a status rests on, one by one; at least one.
    fn reasons(&self, one: &Finding, proof: Option<&Proof>, used: &[usize]) -> Vec<Value> {
        let derivation = &self.view.positions.derivation;
        let mut reasons = Vec::new();
        let stated = derivation.not_applicable.get(&one.item);
        for stated in stated_on(stated, self.asked.on) {
            reasons.push(stated_reason("not_applicable", stated));
        }
        let positions = self.view.positions;
        for piece in positions.own_on(&one.item, self.asked.on) {
            let own = positions.own(&one.item, &piece, self.words);
            reasons.extend(own.map(|own| reason("own", &own.label, &own.because)));
        }
        for denied in self.view.positions.denied_on(&one.item, self.asked.on) {
            reasons.push(stated_reason("own_answer_not_met", &denied));
        }
        let confirmed = self.view.positions.confirmations(&one.item.assertion(), self.asked.on);
        if !reasons.is_empty() && !confirmed.is_empty() {
            let newer = match self.format {
                Format::One => Vec::new(),
                Format::Two => self.view.newer_than_confirmed(&one.item),
            };
            let after = before_grounds(&newer);
            let text = format!("assertion {} is confirmed{after}", one.item.item.assertion());
            reasons.push(reason("confirmed", &text, &confirmed));
        }
        let world = &derivation.world;
        for ground in proof.map(Proof::grounds).unwrap_or_default() {
            if let Some(ground) = world.grounds.get(ground) {
                reasons.push(reason("ground", &ground.label, &ground.because));
            }
        }
        let rules = proof.map(Proof::rules).unwrap_or_default();
        for rule in used.iter().filter(|rule| rules.contains(rule)) {
            if let Some(rule) = world.rules.get(*rule) {
                reasons.push(reason("rule", &rule.label, &rule.because));
            }
        }
        match one.status {
            Status::Lapsed => reasons.push(reason("ended", &one.because_text, &one.because)),
            Status::PartlySupported => {
                reasons.push(reason("part", &one.because_text, &one.because));
            }
            Status::NotMet if reasons.is_empty() => {
                reasons.push(reason("nothing", &one.because_text, &one.because));
            }
            Status::NotMet
            | Status::NotAsked
            | Status::Met
            | Status::MetByEquivalence
            | Status::NeedsConfirming
            | Status::NotApplicable => {}
        }
        reasons
    }

    /// A rule that an item rests on: who stands behind it, and on what grounds.
    fn rule(&self, number: usize) -> Option<Value> {
        let rule = self.view.positions.derivation.world.rules.get(number)?;
        let adoption = rule.adoption.as_deref();
        let mut body: Vec<&Premise> = rule.body.iter().collect();
        body.sort_unstable();
        let sources = body.into_iter().map(
            |one| json!({ "source": atom(&one.atom), "least_assurance": one.minimum.as_str() }),
        );
        Some(json!({
            "authority": rule.authority.as_str(),
            "rule": rule.label,
            "target": atom(&rule.head),
            "sources": sources.collect::<Vec<_>>(),
            "relationship": adoption.map(|one| one.relationship.as_str()),
            "mapping": self.mapping(rule),
            "mapping_sha256": adoption.map(|one| &one.digest).filter(|one| !one.is_empty()),
            "reasons": adoption.map(|one| one.reasons.clone()).unwrap_or_default(),
            "approved_by": adoption.map(|one| one.approver.as_str()),
            "approver": adoption.and_then(|one| self.holder(&one.approver)),
            "approved_in": adoption.map(|one| one.entry),
            "rationale": adoption.map(|one| one.rationale.as_str()),
            "whole_scope": rule.whole_scope,
            "challenged": rule.challenged,
            "because": rule.because,
        }))
    }

    /// The title of the mapping that a rule comes from.
    fn mapping(&self, rule: &Rule) -> Option<&str> {
        let entry = rule.adoption.as_ref()?.entry;
        let approval = self.state.approvals.values().find(|one| one.newest() == entry)?;
        let proposal = self.state.proposals.get(&approval.what.body.mapping)?;
        Some(&proposal.what.title)
    }

    /// Who holds a key, as its admission among these entries says.
    fn holder(&self, key: &KeyId) -> Option<&str> {
        let known = self.ledger.roster.get(key)?;
        (known.admitted < self.asked.size).then_some(known.holder.as_str())
    }

    fn role(&self, key: &KeyId) -> Option<&'static str> {
        let known = self.ledger.roster.get(key)?;
        (known.admitted < self.asked.size).then(|| known.role.as_str())
    }

    fn fact(&self, seq: u64) -> Option<&Fact> {
        self.facts.get(usize::try_from(seq).ok()?)
    }

    /// Adds who recorded an entry and when.
    fn signed(&self, seq: u64, mut value: Value) -> Value {
        let fact = self.fact(seq);
        if let (Some(fields), Some(fact)) = (value.as_object_mut(), fact) {
            fields.insert("by".to_owned(), json!(fact.by.as_str()));
            fields.insert("holder".to_owned(), json!(self.holder(&fact.by)));
            fields.insert("role".to_owned(), json!(self.role(&fact.by)));
            fields.insert("recorded".to_owned(), json!(fact.at.to_string()));
        }
        value
    }

    /// The entries named in the statement whose key is said to have been compromised by then.
    fn doubtful(&self, value: &Value) -> Value {
        let mut since: BTreeMap<&KeyId, (u64, u64)> = BTreeMap::new();
        for fact in self.facts {
            let Event::KeyRevoked(body) = &fact.event else { continue };
            if let Some(from) = body.compromised_from {
                let known = since.entry(&body.keyid).or_insert((from, fact.seq));
                *known = (*known).min((from, fact.seq));
            }
        }
        let mut named = BTreeSet::new();
        entries_in(value, &mut named);
        let doubted = named.into_iter().filter_map(|seq| {
            let fact = self.fact(seq)?;
            let (_, said_in) = since.get(&fact.by).filter(|(from, _)| *from <= seq)?;
            let kind = fact.event.kind().as_str();
            Some(self.signed(seq, json!({ "entry": seq, "type": kind, "said_in": said_in })))
        });
        doubted.collect()
    }
}

/// Collects the entries that a statement names.
fn entries_in(value: &Value, found: &mut BTreeSet<u64>) {
    match value {
        Value::Array(list) => list.iter().for_each(|one| entries_in(one, found)),
        Value::Object(fields) => {
            for (name, one) in fields {
                if name == "because" || name == "challenged" || name == "asked_by" {
                    found.extend(one.as_array().into_iter().flatten().filter_map(Value::as_u64));
                } else {
                    entries_in(one, found);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn reason(kind: &str, text: &str, because: &[u64]) -> Value {
    json!({ "kind": kind, "text": text, "because": sorted(because) })
}

fn sorted(because: &[u64]) -> BTreeSet<u64> {
    because.iter().copied().collect()
}

fn stated_reason(kind: &str, one: &Stated) -> Value {
    reason(kind, &one.text, &one.because)
}

/// The word for a choice of rules.
pub fn rules_word(rules: RulesChoice) -> &'static str {
    match rules {
        RulesChoice::Then => "then",
        RulesChoice::Latest => "latest",
    }
}

/// An atom as answers write it.
fn atom(atom: &Atom) -> String {
    match atom {
        Atom::Certificate(scheme) => format!("certificate:{}", scheme.as_str()),
        Atom::Control(control, level) => format!("{control}@{}", level.as_str()),
        Atom::Item(item) => item.to_string(),
    }
}

//! Whom the reader's policy names, and how many of them signed which head, when.

use std::collections::BTreeMap;

use super::phases::{BEFORE, cut, signed_head, stopped};
use super::{Cosigned, Examiner};
use crate::domain::date::Timestamp;
use crate::domain::event::Event;
use crate::domain::sanitize::counted;
use crate::domain::state::anchor::{Anchor, Outsider, TOLERANCE_MILLIS};
use crate::ledger::{Checkpoint, Policy, WitnessKey, cosignature};
use crate::verify::audit::{Audit, Ledger};
use crate::verify::finding::{Finding, Outcome, PhaseResult, Place};
use crate::verify::rule::{Phase, Rule};

const DAY_MILLIS: i64 = 86_400_000;

impl Examiner<'_> {
    pub(super) fn policy(&self, audit: &Audit) -> PhaseResult {
        let Some(policy) = self.trust.policy else {
            return PhaseResult::not_checked(
                Phase::Policy,
                "no policy was chosen: the log key and the witnesses are those that the ledger \
                 itself names; choose whom to trust with --policy",
            );
        };
        let Some(ledger) = &audit.ledger else {
            return PhaseResult::not_checked(
                Phase::Policy,
                "entry 0 names no ledger to compare with",
            );
        };
        // Of several keys any will do: each signed that the next takes its place, else entries fail.
        let newest = ledger.log.newest();
        if ledger.log.all().any(|own| policy.logs().iter().any(|log| log.vkey == *own)) {
            let (logs, witnesses) = (policy.logs().len(), policy.witnesses().len());
            let (logs, witnesses) = (counted(logs, "log"), counted(witnesses, "witness"));
            let own = policy.witnesses().iter().filter(|one| ledger.is_own(one.key.key()));
            let own: Vec<String> = own
                .map(|one| {
                    format!("; {} has a key of this ledger, and counts for nothing", one.name)
                })
                .collect();
            let text = format!("chosen by the reader: {logs}, {witnesses}{}", own.concat());
            return PhaseResult::good(Phase::Policy, text);
        }
        if stopped(audit) {
            return PhaseResult::not_checked(Phase::Policy, BEFORE);
        }
        let text =
            format!("it does not name {newest}, the log key of this ledger, nor one before it");
        PhaseResult::bad(Phase::Policy, Finding::in_file("the policy", Rule::Policy, text))
    }

    /// The line of a witness that does not verify on a folder's own head is a fault of that head.
    pub(super) fn head_and_quorum(&mut self, audit: &Audit) -> [PhaseResult; 2] {
        let (head, quorum) = (signed_head(audit), self.quorum(audit));
        match &quorum.outcome {
            Outcome::Bad(finding)
                if finding.rule == Rule::Cosignature && self.cosigned.is_some() =>
            {
                let finding = Finding { rule: Rule::Checkpoint, ..finding.clone() };
                [
                    PhaseResult::bad(Phase::Head, finding),
                    PhaseResult::not_checked(Phase::Quorum, "the head is at fault"),
                ]
            }
            Outcome::Bad(_) | Outcome::Good | Outcome::NotChecked => [head, quorum],
        }
    }

    /// The heads that witnesses may have signed: the folder's own, or all that are known.
    fn candidates(&self, ledger: &Ledger) -> Vec<Vec<u8>> {
        if let Some(own) = self.cosigned {
            return vec![own.to_vec()];
        }
        let logged = ledger.facts.iter().filter_map(|fact| {
            let Event::AnchorCosigned(body) = &fact.event else { return None };
            Some(body.checkpoint.clone().into_bytes())
        });
        // The ledger's own head too: a policy may ask for no witness at all.
        let own = std::iter::once(ledger.head.clone());
        self.trust.heads.iter().cloned().chain(logged).chain(own).collect()
    }

    fn quorum(&mut self, audit: &Audit) -> PhaseResult {
        const NO_POLICY: &str = "it takes a policy to know who counts";
        let Some(ledger) = &audit.ledger else {
            return PhaseResult::not_checked(Phase::Quorum, NO_POLICY);
        };
        let Some(policy) = self.trust.policy else {
            let named = self.take_named(ledger);
            return named.map_or_else(
                |finding| PhaseResult::bad(Phase::Quorum, finding),
                |()| PhaseResult::not_checked(Phase::Quorum, NO_POLICY),
            );
        };
        let witnesses = policy.witnesses().iter().map(|one| &one.key);
        let keys: Vec<WitnessKey> =
            witnesses.filter(|key| !ledger.is_own(key.key())).cloned().collect();
        let place = |size| Place::Checkpoint(size);
        // Heads that outsiders signed may stand in entries that are newer than this program.
        let newer = self.cosigned.is_none() && audit.undecided.is_some();
        let (mut tried, mut unknown) = (0, newer);
        for note in self.candidates(ledger) {
            let Ok(checkpoint) = ledger.log.open(&note) else {
                unknown |= stopped(audit);
                continue;
            };
            let root = self.roots.at(ledger, checkpoint.size);
            // A folder's own head is held to its entries with the root; of any other one that is
            // not of this tree, the log key signed two. What was not read says neither.
            if self.cosigned.is_none() && root != Some(checkpoint.root) {
                if root.is_none() && cut(audit) {
                    unknown = true;
                    continue;
                }
                let text = "the log key signed it, and the entries give another root".to_owned();
                let finding = Finding { place: place(checkpoint.size), rule: Rule::Fork, text };
                return PhaseResult::bad(Phase::Quorum, finding);
            }
            let lines = match cosignature::verify(&note, &keys) {
                Ok(lines) => lines,
                Err(bad) => {
                    let (text, rule) = (bad.to_string(), Rule::Cosignature);
                    let finding = Finding { place: place(checkpoint.size), rule, text };
                    return PhaseResult::bad(Phase::Quorum, finding);
                }
            };
            tried += 1;
            self.take(policy, checkpoint, &lines);
        }
        match &self.best {
            Some(best) if best.met => enough(policy, best, audit.counts.entries),
            _ if unknown => PhaseResult::not_checked(Phase::Quorum, BEFORE),
            _ => {
                let text = format!("none of {tried} cosigned heads has the quorum of the policy");
                let (place, rule) = (place(audit.counts.entries), Rule::Quorum);
                PhaseResult::bad(Phase::Quorum, Finding { place, rule, text })
            }
        }
    }

    /// Without a policy: what the witnesses that anchors name say of a folder's own head.
    fn take_named(&mut self, ledger: &Ledger) -> Result<(), Finding> {
        let Some(note) = self.cosigned else { return Ok(()) };
        let Ok(checkpoint) = ledger.log.open(note) else { return Ok(()) };
        let mut named = BTreeMap::new();
        for fact in &ledger.facts {
            let Event::AnchorCosigned(body) = &fact.event else { continue };
            let keys = body.witnesses.iter().filter_map(|text| WitnessKey::parse(text).ok());
            named.extend(keys.map(|key| (*key.key().as_bytes(), key)));
        }
        let outside = named.into_values().filter(|key| !ledger.is_own(key.key()));
        let keys: Vec<WitnessKey> = outside.collect();
        let size = checkpoint.size;
        let lines = cosignature::verify(note, &keys).map_err(|bad| Finding {
            place: Place::Checkpoint(size),
            rule: Rule::Cosignature,
            text: bad.to_string(),
        })?;
        self.dated(size, &lines);
        Ok(())
    }

    /// Takes in when witnesses saw a head.
    fn dated(
        &mut self,
        size: u64,
        lines: &[cosignature::Cosigned],
    ) -> Vec<(WitnessKey, Timestamp)> {
        let signed: Vec<(WitnessKey, Timestamp)> = lines
            .iter()
            .filter_map(|one| Some((one.witness().clone(), moment(one.time())?)))
            .collect();
        let outsider = Outsider::Witness;
        self.anchors.extend(signed.iter().map(|(key, at)| Anchor {
            seq: None,
            size,
            at: *at,
            outsider,
            by: key.to_string(),
        }));
        signed
    }

    fn take(&mut self, policy: &Policy, checkpoint: Checkpoint, lines: &[cosignature::Cosigned]) {
        let signed = self.dated(checkpoint.size, lines);
        let since = quorum_since(policy, &signed);
        let met = policy.met_by(&signed.iter().map(|(key, _)| key).collect::<Vec<_>>());
        let fresh = |one: &Cosigned| one.met && one.since.is_some_and(|at| !self.is_old(at));
        let rank = |one: &Cosigned| (fresh(one), one.met, one.checkpoint.size);
        let found = Cosigned { checkpoint, met, since, signed };
        if self.best.as_ref().is_none_or(|best| rank(&found) > rank(best)) {
            self.best = Some(found);
        }
    }

    /// Whether a time is longer ago than the reader allows.
    fn is_old(&self, at: Timestamp) -> bool {
        let most = self.trust.max_age_days.map(|days| i64::from(days) * DAY_MILLIS);
        most.is_some_and(|most| self.trust.now.millis().saturating_sub(at.millis()) > most)
    }

    pub(super) fn fresh(&self) -> PhaseResult {
        let Some(best) = self.best.as_ref().filter(|best| best.met) else {
            return PhaseResult::not_checked(Phase::Fresh, "no cosigned head with the quorum");
        };
        let (now, place) = (self.trust.now, Place::Checkpoint(best.checkpoint.size));
        let stale = |text: String| Finding { place: place.clone(), rule: Rule::Stale, text };
        let (Some(newest), Some(since)) = (best.signed.iter().map(|(_, at)| *at).max(), best.since)
        else {
            let text = "no witness of the policy has signed, so nothing shows its age";
            return match self.trust.max_age_days {
                Some(_) => PhaseResult::bad(Phase::Fresh, stale(text.to_owned())),
                None => PhaseResult::not_checked(Phase::Fresh, text),
            };
        };
        if newest.millis() > now.millis().saturating_add(TOLERANCE_MILLIS) {
            let text =
                format!("a witness signed at {newest}, which is after {now}; check the clock");
            return PhaseResult::bad(Phase::Fresh, stale(text));
        }
        let age = now.millis().saturating_sub(since.millis()).max(0) / DAY_MILLIS;
        match self.trust.max_age_days {
            None => PhaseResult::not_checked(
                Phase::Fresh,
                format!(
                    "the quorum is reached by cosignatures of the last {age} days; say how old they \
                     may be with --max-age"
                ),
            ),
            Some(days) if self.is_old(since) => {
                let text = format!(
                    "cosignatures of the last {days} days alone do not reach the quorum; it takes \
                     those since {since}"
                );
                PhaseResult::bad(Phase::Fresh, stale(text))
            }
            Some(days) => PhaseResult::good(
                Phase::Fresh,
                format!(
                    "the quorum is reached by cosignatures of the last {age} days; {days} are allowed"
                ),
            ),
        }
    }
}

/// What is said of a head with the quorum, in a ledger of `all` entries.
fn enough(policy: &Policy, best: &Cosigned, all: u64) -> PhaseResult {
    let (count, covered) = (best.signed.len(), best.checkpoint.size);
    if policy.asks_nobody() {
        let count = counted(count, "witness");
        let text =
            format!("the policy asks nobody (quorum none); {count} signed the first {covered}");
        return PhaseResult::not_checked(Phase::Quorum, text);
    }
    let after = match all.saturating_sub(covered) {
        0 => "all of them".to_owned(),
        more => format!("the {more} after it only by the log key"),
    };
    let (count, covered) = (counted(count, "witness"), counted(covered, "entry"));
    PhaseResult::good(Phase::Quorum, format!("{count} signed the first {covered}; {after}"))
}

/// The latest time such that what was signed from then on reaches the quorum by itself. Where the
/// policy asks for nobody that takes one cosignature all the same, since only one shows an age.
fn quorum_since(policy: &Policy, signed: &[(WitnessKey, Timestamp)]) -> Option<Timestamp> {
    let mut newest: Vec<&(WitnessKey, Timestamp)> = signed.iter().collect();
    newest.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
    let mut keys = Vec::new();
    newest.into_iter().find_map(|(key, at)| {
        keys.push(key);
        policy.met_by(&keys).then_some(*at)
    })
}

fn moment(seconds: u64) -> Option<Timestamp> {
    let millis = i64::try_from(seconds).ok()?.checked_mul(1_000)?;
    Some(Timestamp::from_millis(millis)).filter(|at| at.millis() == millis)
}

//! The whole examination of a ledger by somebody who chose whom to trust: the phases of
//! `docs/FORMAT.md` in their order, each with what was checked, and what signatures alone cannot
//! show (findings). An [`audit()`](super::audit::audit()) is the middle of it.

use std::collections::{BTreeMap, BTreeSet};

use super::audit::{Audit, Ledger};
use super::clocks::Clocks;
use super::finding::{Finding, Outcome, PhaseResult, Place};
use super::published::{self, Outcome as Reproduced};
use super::rule::{Phase, Rule};
use crate::domain::date::Timestamp;
use crate::domain::event::Event;
use crate::domain::sanitize::counted;
use crate::domain::state::anchor::{Anchor, Intervals, Outsider, TOLERANCE_MILLIS};
use crate::domain::state::explained_clock::Explained;
use crate::domain::state::{Fact, ReplayError, State, replay};
use crate::domain::statement::premature_confirmation::verdicts_before_grounds;
use crate::ledger::tree::Prefixes;
use crate::ledger::{Checkpoint, Digest, Policy, WitnessKey, cosignature};

/// Checks the signature of a time-stamp over a checkpoint against an authority that the reader
/// chose.
pub type TokenCheck<'t> = &'t dyn Fn(&[u8], &[u8]) -> Result<(), String>;

/// Whom the reader trusts, and what they brought along. Nothing of it comes from the ledger.
pub struct Trust<'t> {
    /// The log, the witnesses and the quorum that they chose.
    pub policy: Option<&'t Policy>,
    /// The oldest that cosignatures may be which alone reach the quorum, in days of 24 hours.
    pub max_age_days: Option<u32>,
    /// Their clock.
    pub now: Timestamp,
    /// Heads that they kept, each with where it is from.
    pub kept: Vec<(String, Vec<u8>)>,
    /// Cosigned heads that they were given apart from the ledger.
    pub heads: Vec<Vec<u8>>,
    /// How they check time-stamps; without it they are not believed.
    pub tokens: Option<TokenCheck<'t>>,
}

/// What an examination found.
pub struct Examination {
    /// The phases, in order.
    pub phases: Vec<PhaseResult>,
    /// What was read and how much of it is good.
    pub audit: Audit,
    /// Whether only some entries were given out.
    pub disclosed: bool,
    /// Why entries that are good could not be replayed, if so.
    pub unreplayed: Option<String>,
    /// Which ledger it is, and its head, where so much could be believed.
    pub about: Option<(String, Vec<u8>)>,
    /// What an auditor must be told though all signatures are good.
    pub findings: Vec<Finding>,
    /// The heads that outsiders dated and that the reader believes.
    pub anchors: Vec<Anchor>,
    /// The intervals that they prove.
    pub intervals: Intervals,
    /// What a reader should know of clocks, and what is no fault.
    pub remarks: Vec<Finding>,
}

impl Examination {
    /// Returns the first rule broken, phases first, then findings.
    pub fn first_fault(&self) -> Option<&Finding> {
        self.phases.iter().find_map(PhaseResult::fault).or(self.findings.first())
    }
}

/// Examines a ledger that was audited. `cosigned` is its head where that is a file of its own, as
/// in a folder.
pub fn examine(audit: Audit, cosigned: Option<&[u8]>, trust: &Trust<'_>) -> Examination {
    let mut made = Examiner::new(trust, cosigned, Roots::All(Prefixes::default()));
    let mut phases = made.outside(&audit);
    phases.push(made.kept(&audit));
    phases.extend(audited(&audit));
    let not_believed = made.believe(&audit);
    let told = phases.iter_mut().find(|one| one.phase == Phase::Anchors);
    if let Some(anchors) = told.filter(|one| one.outcome == Outcome::Good) {
        anchors.text = [vec![std::mem::take(&mut anchors.text)], not_believed].concat().join("; ");
    }
    let explained = explained(&audit);
    let intervals = Intervals::weighed(&made.anchors, &explained);
    let good = audit.ledger.as_ref().filter(|_| audit.finding.is_none());
    let state = good.map(|ledger| replay(&ledger.facts, &ledger.contents, u64::MAX));
    let (findings, remarks) = good.map_or_else(Default::default, |ledger| {
        let clocks = Clocks::of(&ledger.facts, u64::MAX, &intervals, &explained);
        let remarks = clocks.remarks(&made.anchors, trust.now);
        let state = state.as_ref().and_then(|state| state.as_ref().ok());
        (findings(ledger, clocks.outside, state), remarks)
    });
    phases.push(replayed(state.as_ref(), &findings));
    let unreplayed = state.and_then(Result::err).map(|error| error.to_string());
    Examination {
        phases,
        disclosed: false,
        unreplayed,
        about: about(&audit),
        audit,
        findings,
        anchors: made.anchors,
        intervals,
        remarks,
    }
}

/// Examines entries that were given out alone, under a head that each was proved to be under; what
/// came of comparing heads that the reader kept is `kept`.
pub fn examine_disclosed(
    audit: Audit,
    cosigned: &[u8],
    claimed: &Checkpoint,
    trust: &Trust<'_>,
    kept: PhaseResult,
) -> Examination {
    let mut made = Examiner::new(trust, Some(cosigned), Roots::Head(claimed.clone()));
    let mut phases = made.outside(&audit);
    phases.push(kept);
    phases.extend(audited(&audit));
    let compared = audit.ledger.as_ref().is_some_and(|ledger| !ledger.anchors.is_empty());
    for one in &mut phases {
        if one.phase == Phase::Anchors && one.outcome == Outcome::Good && !compared {
            let text = "what anchors cover is withheld, so they bound nothing here";
            *one = PhaseResult::not_checked(Phase::Anchors, text);
        }
    }
    made.believe(&audit);
    let explained = explained(&audit);
    let intervals = Intervals::weighed(&made.anchors, &explained);
    let good = audit.ledger.as_ref().filter(|_| audit.finding.is_none());
    let (findings, remarks) = good.map_or_else(Default::default, |ledger| {
        // What an entry after a gap stands upon cannot be compared, so nothing is before it.
        let whole = (0..).zip(&ledger.facts).take_while(|(seq, fact)| fact.seq == *seq).count();
        let clocks = Clocks::of(&ledger.facts, whole as u64, &intervals, &explained);
        let remarks = clocks.remarks(&made.anchors, trust.now);
        (clocks.outside, remarks)
    });
    phases.push(match findings.first() {
        Some(first) => PhaseResult::bad(Phase::Replay, Finding::clone(first)),
        None => {
            PhaseResult::not_checked(Phase::Replay, "entries with gaps between them give no status")
        }
    });
    Examination {
        phases,
        disclosed: true,
        unreplayed: None,
        about: about(&audit),
        audit,
        findings,
        anchors: made.anchors,
        intervals,
        remarks,
    }
}

fn about(audit: &Audit) -> Option<(String, Vec<u8>)> {
    audit.ledger.as_ref().map(|ledger| (ledger.origin.to_string(), ledger.head.clone()))
}

/// Which roots can be compared.
enum Roots {
    /// Those of every beginning of the entries.
    All(Prefixes),
    /// That of the head alone.
    Head(Checkpoint),
}

impl Roots {
    fn at(&mut self, ledger: &Ledger, size: u64) -> Option<Digest> {
        match self {
            Self::All(prefixes) => prefixes.root(&ledger.leaves, size),
            Self::Head(head) => (head.size == size).then_some(head.root),
        }
    }
}

/// A head that witnesses of the policy signed.
struct Cosigned {
    checkpoint: Checkpoint,
    met: bool,
    /// The latest time such that what was signed from then on reaches the quorum by itself.
    since: Option<Timestamp>,
    signed: Vec<(WitnessKey, Timestamp)>,
}

struct Examiner<'e> {
    trust: &'e Trust<'e>,
    cosigned: Option<&'e [u8]>,
    roots: Roots,
    anchors: Vec<Anchor>,
    /// The cosigned head that reaches farthest among those with the quorum.
    best: Option<Cosigned>,
}

const DAY_MILLIS: i64 = 86_400_000;

/// Why something was not checked: it needs entries that were not read.
const BEFORE: &str = "a fault stands before it";

/// Whether not all entries were read: then later ones may name other keys, and their root is not
/// known. What is found wrong with heads and contents comes after all entries.
fn stopped(audit: &Audit) -> bool {
    cut(audit) || audit.undecided.is_some()
}

/// Whether not all entries have a known leaf hash. One that is newer than this program has.
fn cut(audit: &Audit) -> bool {
    let entry = |finding: &Finding| matches!(finding.place, Place::Entry(_));
    let unread = audit.undecided.is_some() && audit.counts.beyond == 0;
    audit.finding.as_ref().is_some_and(entry) || unread
}

impl<'e> Examiner<'e> {
    fn new(trust: &'e Trust<'e>, cosigned: Option<&'e [u8]>, roots: Roots) -> Self {
        Self { trust, cosigned, roots, anchors: Vec::new(), best: None }
    }

    /// The phases before anything of the reader's own is compared.
    fn outside(&mut self, audit: &Audit) -> Vec<PhaseResult> {
        let policy = self.policy(audit);
        let [head, quorum] = self.head_and_quorum(audit);
        vec![policy, head, quorum, self.fresh()]
    }

    fn policy(&self, audit: &Audit) -> PhaseResult {
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
    fn head_and_quorum(&mut self, audit: &Audit) -> [PhaseResult; 2] {
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

    fn fresh(&self) -> PhaseResult {
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

    fn kept(&mut self, audit: &Audit) -> PhaseResult {
        if let Some(finding) = part_of(audit, Phase::Kept) {
            return PhaseResult::bad(Phase::Kept, finding.clone());
        }
        let remembered = audit
            .kept
            .map(|size| format!("the first {size} entries are those that you verified before"));
        let (Some(ledger), false) = (&audit.ledger, self.trust.kept.is_empty()) else {
            let nothing =
                || PhaseResult::not_checked(Phase::Kept, "no head was kept from an earlier time");
            return remembered.map_or_else(nothing, |text| PhaseResult::good(Phase::Kept, text));
        };
        let mut last = 0;
        for (name, note) in &self.trust.kept {
            let bad = |text: String| {
                PhaseResult::bad(Phase::Kept, Finding::in_file(name, Rule::Kept, text))
            };
            let head = match ledger.log.open(note) {
                Ok(head) if head.origin == ledger.origin => head,
                Ok(head) => return bad(format!("it is a head of {}", head.origin)),
                // The entry that names its key may stand after the fault.
                Err(_) if stopped(audit) => return PhaseResult::not_checked(Phase::Kept, BEFORE),
                Err(error) => return bad(format!("it is no head of this ledger: {error}")),
            };
            let size = ledger.leaves.len() as u64;
            if head.size > size && !cut(audit) {
                let text = format!("it covers {} entries, {size} are there", head.size);
                return bad(format!("{text}: an older copy, or entries were cut off"));
            }
            let root = self.roots.at(ledger, head.size);
            if root.is_some_and(|root| root != head.root) {
                return bad(format!(
                    "the first {} entries are not those that it signs: two histories were signed; \
                     write out the proof with: dspt fork --with {name} --out DIR",
                    head.size
                ));
            }
            last = last.max(head.size);
        }
        let count = self.trust.kept.len();
        let more = remembered.map_or_else(String::new, |text| format!("; {text}"));
        let (count, last) = (counted(count, "head"), counted(last, "entry"));
        let text = format!("{count} that you kept, the newest of {last}{more}");
        PhaseResult::good(Phase::Kept, text)
    }

    /// Keeps the anchors whose outsiders the reader believes.
    ///
    /// Returns why others are not.
    fn believe(&mut self, audit: &Audit) -> Vec<String> {
        let Some(ledger) = &audit.ledger else { return Vec::new() };
        let mut not = Vec::new();
        for anchor in &ledger.anchors {
            let believed = match anchor.outsider {
                Outsider::Witness if counts(anchor, ledger, self.trust.policy) => Ok(()),
                Outsider::Witness if is_own(anchor, ledger) => Err(OWN_KEY.to_owned()),
                Outsider::Witness => Err("that witness is not in the policy".to_owned()),
                Outsider::Authority => self.token_holds(ledger, anchor),
            };
            let seq = anchor.seq.unwrap_or_default();
            not.extend(believed.as_ref().err().map(|why| format!("#{seq} does not count: {why}")));
            let believed = believed.is_ok();
            // A cosignature on the head in hand may be recorded as well: then it is told once.
            let told = |one: &Anchor| one.seq.is_none() && same_look(one, anchor);
            self.anchors.retain(|one| !(believed && told(one)));
            if believed {
                self.anchors.push(anchor.clone());
            }
        }
        not
    }

    /// Whether the reader's own check takes the token of an anchor.
    fn token_holds(&self, ledger: &Ledger, anchor: &Anchor) -> Result<(), String> {
        // Not by its place in the list: where entries are withheld these differ.
        let fact = ledger.facts.iter().find(|fact| Some(fact.seq) == anchor.seq);
        let check = self.trust.tokens.ok_or("no authority was chosen, see --tsa-ca")?;
        let Some((fact, Event::AnchorTimestamped(body))) = fact.map(|fact| (fact, &fact.event))
        else {
            return Err("it is no time-stamp".to_owned());
        };
        let named = fact.subjects.iter().find(|one| one.name == super::anchors::TOKEN);
        let token = named.and_then(|one| ledger.contents.get(&one.sha256));
        let token = token.ok_or("the token is withheld")?;
        check(body.checkpoint.as_bytes(), token)
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

/// Which clocks an owner said were wrong.
fn explained(audit: &Audit) -> Explained {
    audit.ledger.as_ref().map_or_else(Explained::default, |ledger| Explained::of(&ledger.facts))
}

/// Whether two anchors tell of the same look at the same head.
fn same_look(one: &Anchor, other: &Anchor) -> bool {
    (one.size, one.at, &one.by) == (other.size, other.at, &other.by)
}

/// Says whether the word of a witness counts: its key is none of the ledger's own, and it is one of
/// the policy's, or there is no policy. A key is what it is, whatever it is called. Of a token it says
/// nothing: that takes a check of its own.
pub fn counts(anchor: &Anchor, ledger: &Ledger, policy: Option<&Policy>) -> bool {
    if is_own(anchor, ledger) {
        return false;
    }
    let Some(policy) = policy else { return true };
    let key = WitnessKey::parse(&anchor.by);
    key.is_ok_and(|key| policy.witnesses().iter().any(|known| known.key.key() == key.key()))
}

/// Says whether the witness of an anchor has a key that the ledger ever had: then it is nobody from
/// outside.
pub fn is_own(anchor: &Anchor, ledger: &Ledger) -> bool {
    WitnessKey::parse(&anchor.by).is_ok_and(|key| ledger.is_own(key.key()))
}

/// Why the word of such a witness does not count.
pub const OWN_KEY: &str = "its key is one of this ledger's own";

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

/// Why the newest head was not checked: its key may be one that this program does not know of.
const UNSIGNED: &str = "no log key that is known signed the newest head; an entry that is newer than \
                        this program may have put another in its place";

/// Whether there is a head, signed as it must be.
fn signed_head(audit: &Audit) -> PhaseResult {
    if let Some(finding) = part_of(audit, Phase::Head) {
        return PhaseResult::bad(Phase::Head, finding.clone());
    }
    let Some(ledger) = &audit.ledger else {
        return PhaseResult::not_checked(Phase::Head, "nothing could be believed");
    };
    if audit.finding.is_some() || cut(audit) {
        return PhaseResult::not_checked(Phase::Head, BEFORE);
    }
    if audit.unopened {
        return PhaseResult::not_checked(Phase::Head, UNSIGNED);
    }
    let (count, newest) = (audit.counts.checkpoints, ledger.log.newest());
    if count == 0 {
        let text = "there is no signed head".to_owned();
        return PhaseResult::bad(Phase::Head, Finding::in_file("the head", Rule::Checkpoint, text));
    }
    let text = format!("{}, the newest by {newest}", counted(count, "signed head"));
    PhaseResult::good(Phase::Head, text)
}

/// The fault of an audit, if it belongs to a phase.
fn part_of(audit: &Audit, phase: Phase) -> Option<&Finding> {
    audit.finding.as_ref().filter(|finding| finding.rule.phase() == phase)
}

/// The phases that an audit consists of.
fn audited(audit: &Audit) -> Vec<PhaseResult> {
    let counts = &audit.counts;
    let withheld = match counts.withheld {
        0 => String::new(),
        count => format!("; {count} withheld"),
    };
    let anchors = audit.ledger.as_ref().map_or(0, |ledger| ledger.anchors.len());
    let all = [
        (
            Phase::Entries,
            format!(
                "{} entries: form, place, key, id; {} signatures",
                counts.entries, counts.signatures
            ),
        ),
        (
            Phase::Root,
            format!("the tree over {} is the one signed", counted(counts.entries, "entry")),
        ),
        (Phase::Anchors, format!("{} in the ledger", counted(anchors, "dated head"))),
        (Phase::Content, format!("{} stored contents, hashed again{withheld}", counts.contents)),
    ];
    let mut stopped = false;
    let mut phases = Vec::new();
    let newer = audit.undecided.is_some() && !cut(audit);
    for (phase, text) in all {
        let at_fault = part_of(audit, phase);
        phases.push(match at_fault {
            Some(finding) => PhaseResult::bad(phase, finding.clone()),
            None if stopped => PhaseResult::not_checked(phase, "the first fault stands before it"),
            None if newer => beyond(audit, phase, &text),
            None if phase == Phase::Entries && counts.entries == 0 && audit.undecided.is_some() => {
                let why = audit.undecided.clone().unwrap_or_default();
                PhaseResult::not_checked(phase, format!("nothing could be read: {why}"))
            }
            // Entries that are there under no head, or gone from under one, are told of the tree.
            None if phase == Phase::Entries && counts.entries == 0 => {
                if part_of(audit, Phase::Root).is_some() {
                    PhaseResult::not_checked(phase, "no entry stands under a signed head")
                } else {
                    let text = "it holds no entry, so there is nothing to believe".to_owned();
                    PhaseResult::bad(
                        phase,
                        Finding::in_file("the ledger", Rule::MissingEntry, text),
                    )
                }
            }
            // Heads are checked before contents, and a fault ends the check.
            None if phase == Phase::Content && part_of(audit, Phase::Head).is_some() => {
                PhaseResult::not_checked(phase, "the first fault stands before it")
            }
            None => PhaseResult::good(phase, text),
        });
        stopped = stopped
            || at_fault.is_some()
            || (phase == Phase::Entries && audit.undecided.is_some() && !newer);
    }
    phases
}

/// A phase of a ledger with entries that are newer than this program: the tree needs no knowledge of
/// what they mean; the other phases were gone through as far as it is known.
fn beyond(audit: &Audit, phase: Phase, text: &str) -> PhaseResult {
    let counts = &audit.counts;
    if phase == Phase::Root && audit.unopened {
        PhaseResult::not_checked(phase, UNSIGNED)
    } else if phase == Phase::Root {
        let all = counted(counts.entries + counts.beyond, "entry");
        PhaseResult::good(phase, format!("the tree over {all} is the one signed"))
    } else if phase == Phase::Entries {
        let more = counted(counts.beyond, "entry");
        let text = format!(
            "{text}; of {more} from there on form, place, order and the signatures of known keys"
        );
        PhaseResult::not_checked(phase, text)
    } else {
        PhaseResult::not_checked(phase, format!("{text}, as far as what is newer is known"))
    }
}

fn replayed(state: Option<&Result<State, ReplayError>>, findings: &[Finding]) -> PhaseResult {
    if let Some(first) = findings.first() {
        return PhaseResult::bad(Phase::Replay, first.clone());
    }
    match state {
        None => PhaseResult::not_checked(Phase::Replay, BEFORE),
        Some(Ok(state)) => PhaseResult::good(
            Phase::Replay,
            format!("{} entries, to every status; no finding", state.size),
        ),
        Some(Err(error)) => PhaseResult::not_checked(Phase::Replay, error.to_string()),
    }
}

/// What signatures alone do not show, by rising place; what needs a replay only with its state.
fn findings(ledger: &Ledger, outside: Vec<Finding>, state: Option<&State>) -> Vec<Finding> {
    let mut found = outside;
    if let Some(state) = state {
        let early = verdicts_before_grounds(state, &ledger.facts, &ledger.contents);
        let early = early.unwrap_or_default();
        found.extend(early.into_iter().map(|(seq, text)| Finding {
            place: Place::Entry(seq),
            rule: Rule::VerdictBeforeGrounds,
            text,
        }));
    }
    found.extend(ledger.facts.iter().filter_map(|fact| published(ledger, fact)));
    let mut seen = BTreeSet::new();
    found.retain(|one| seen.insert((one.place.to_string(), one.rule)));
    found.sort_by_key(|one| match one.place {
        Place::Entry(seq) => seq,
        Place::Checkpoint(_) | Place::Content(_) | Place::File(_) => u64::MAX,
    });
    found
}

/// What is wrong with a statement that was given out; none for another event, and where the
/// statement itself was withheld.
fn published(ledger: &Ledger, fact: &Fact) -> Option<Finding> {
    let Event::StatementPublished(event) = &fact.event else { return None };
    let finding = |rule, text| Some(Finding { place: Place::Entry(fact.seq), rule, text });
    if event.size > fact.seq {
        let text = format!("it speaks of {} entries, {} stand before it", event.size, fact.seq);
        return finding(Rule::StatementDiffers, text);
    }
    if published::root_at(ledger, event.size).is_none_or(|root| root.base64() != event.root) {
        let text = format!("the first {} entries have another root", event.size);
        return finding(Rule::StatementDiffers, text);
    }
    let named = fact.subjects.iter().find(|one| one.name == published::NAME);
    let Some(named) = named else {
        return finding(Rule::StatementDiffers, "it comes without a statement".to_owned());
    };
    let bytes = ledger.contents.get(&named.sha256)?;
    if let Some(text) = published::differs(event, bytes) {
        return finding(Rule::StatementDiffers, text);
    }
    match published::reproduce(ledger, bytes) {
        // What this version cannot make again, or cannot for want of content, is not decided here.
        Ok(Reproduced::Same | Reproduced::AsPrinted(_) | Reproduced::Newer(_)) | Err(_) => None,
        Ok(Reproduced::Differs(places)) => {
            let first = places.first().map_or_else(String::new, |one| one.place.clone());
            let text = format!("the entries give another one in {} places: {first}", places.len());
            finding(Rule::StatementNotReproduced, text)
        }
        Ok(Reproduced::Not(why)) => finding(Rule::StatementNotReproduced, why),
    }
}

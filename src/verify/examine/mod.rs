//! The whole examination of a ledger by somebody who chose whom to trust: the phases of
//! `docs/FORMAT.md` in their order, each with what was checked, and what signatures alone cannot
//! show (findings). An [`audit()`](super::audit::audit()) is the middle of it.

mod phases;
mod quorum;

use super::anchors::{OWN_KEY, counts, is_own};
use super::audit::{Audit, Ledger};
use super::clocks::Clocks;
use super::finding::{Finding, Outcome, PhaseResult};
use super::rule::{Phase, Rule};
use crate::domain::date::Timestamp;
use crate::domain::event::Event;
use crate::domain::sanitize::counted;
use crate::domain::state::anchor::{Anchor, Intervals, Outsider};
use crate::domain::state::explained_clock::Explained;
use crate::domain::state::replay;
use crate::ledger::tree::Prefixes;
use crate::ledger::{Checkpoint, Digest, Policy, WitnessKey};
use phases::{BEFORE, audited, cut, findings, part_of, replayed, stopped};

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

/// Which clocks an owner said were wrong.
fn explained(audit: &Audit) -> Explained {
    audit.ledger.as_ref().map_or_else(Explained::default, |ledger| Explained::of(&ledger.facts))
}

/// Whether two anchors tell of the same look at the same head.
fn same_look(one: &Anchor, other: &Anchor) -> bool {
    (one.size, one.at, &one.by) == (other.size, other.at, &other.by)
}

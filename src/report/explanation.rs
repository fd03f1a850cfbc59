//! Why an item stands where it does, and what would change it.

use serde::Serialize;

use super::as_of::{AsOf, View};
use super::position::{ItemLine, is_transcription};
use crate::domain::engine::proof::{By, Proof};
use crate::domain::engine::rule::{Adoption, Atom, World};
use crate::domain::engine::status::Positions;
use crate::domain::explain;

/// The answer to `explain`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation<'e> {
    /// What was asked.
    pub view: View,
    /// The same in words.
    pub sentence: String,
    /// Whether the items are not the official file's.
    pub secondary_transcription: bool,
    /// The item where it stands.
    pub finding: ItemLine<'e>,
    /// Entries of a compromised key, among all that the answer rests on.
    pub doubtful: Vec<u64>,
    /// The reasons.
    pub because: Vec<Reason<'e>>,
    /// The proof by equivalence.
    pub proof: Option<ProofLine<'e>>,
    /// What holds of it and what is missing.
    pub partial: Option<Partial<'e>>,
    /// What was looked at and not used.
    pub unused: Vec<Unused<'e>>,
    /// The next change that comes by itself.
    pub next: Option<Next>,
    /// The smallest sets of things that would put it in place.
    pub remedies: &'e [Vec<String>],
    /// What is known now, where less was asked for.
    pub hindsight: Option<&'e str>,
}

/// A reason, with those under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason<'e> {
    /// What kind of thing it is.
    pub kind: &'static str,
    /// The sentence.
    pub text: &'e str,
    /// The entries that it rests on.
    pub entries: &'e [u64],
    /// Those of them that a compromised key signed.
    pub doubtful: Vec<u64>,
    /// Reasons under it.
    pub children: Vec<Self>,
}

/// A proof, each step after those that it builds on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProofLine<'e> {
    /// What is proved.
    pub goal: String,
    /// The day.
    pub day: String,
    /// The steps.
    pub steps: Vec<StepLine<'e>>,
}

/// A step of a proof, with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "lowercase")]
pub enum StepLine<'e> {
    /// Something that holds by itself.
    Ground {
        /// What the step concludes.
        concludes: String,
        /// What the ground is.
        text: Option<&'e str>,
        /// The entries that say so.
        entries: Option<&'e [u64]>,
    },
    /// A rule.
    Rule {
        /// What the step concludes.
        concludes: String,
        /// What the rule is.
        text: Option<&'e str>,
        /// Who stands for it.
        authority: Option<&'static str>,
        /// Entries that doubt it.
        challenged: Option<&'e [u64]>,
        /// By which approval it holds.
        adoption: Option<AdoptionLine<'e>>,
        /// The entries that it rests on.
        entries: Option<&'e [u64]>,
        /// The steps that it takes, by their numbers.
        premises: &'e [usize],
    },
}

/// The approval of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AdoptionLine<'e> {
    /// The key that approved.
    pub approver: &'e str,
    /// The entry of the approval.
    pub entry: u64,
    /// Why the approver holds it right.
    pub rationale: &'e str,
    /// What the sources are to the target.
    pub relationship: &'static str,
    /// Why the author of the mapping holds it right.
    pub reasons: &'e [String],
    /// SHA-256 of the mapping's rows.
    pub mapping_sha256: &'e str,
}

/// What holds of an item and what is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Partial<'e> {
    /// Units for which something holds.
    pub units_held: &'e [String],
    /// Units for which nothing holds.
    pub units_missing: &'e [String],
    /// Sources that hold.
    pub sources_held: &'e [String],
    /// Sources that are missing.
    pub sources_missing: &'e [String],
}

/// Something that was looked at and not used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unused<'e> {
    /// What and why.
    pub text: &'e str,
    /// The entries.
    pub entries: &'e [u64],
    /// Those of them that a compromised key signed.
    pub doubtful: Vec<u64>,
}

/// A change that comes by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Next {
    /// The day.
    pub on: String,
    /// The status from then on.
    pub status: &'static str,
}

impl<'e> Explanation<'e> {
    /// Makes the answer; `doubtful` tells which entries a compromised key signed.
    pub fn new(
        as_of: &AsOf,
        positions: &'e Positions,
        it: &'e explain::Explanation,
        hindsight: Option<&'e str>,
        doubtful: &dyn Fn(&[u64]) -> Vec<u64>,
    ) -> Self {
        let period = positions.derivation.period_on(as_of.on);
        let world = &positions.derivation.world;
        let unused = it.unused.iter().map(|one| Unused {
            text: &one.text,
            entries: &one.entries,
            doubtful: doubtful(&one.entries),
        });
        Self {
            view: as_of.view(),
            sentence: as_of.sentence(positions),
            secondary_transcription: period.is_some_and(is_transcription),
            finding: ItemLine::new(&it.finding, doubtful),
            doubtful: doubtful(&it.entries()),
            because: it.because.iter().map(|one| Reason::new(one, doubtful)).collect(),
            proof: it.proof.as_ref().map(|proof| ProofLine::new(proof, world)),
            partial: it.partial.as_ref().map(Partial::new),
            unused: unused.collect(),
            next: it.next.map(|(day, status)| Next { on: day.to_string(), status: status.json() }),
            remedies: &it.remedies,
            hindsight,
        }
    }
}

impl<'e> Reason<'e> {
    fn new(node: &'e explain::Node, doubtful: &dyn Fn(&[u64]) -> Vec<u64>) -> Self {
        Self {
            kind: node.kind,
            text: &node.text,
            entries: &node.entries,
            doubtful: doubtful(&node.entries),
            children: node.children.iter().map(|one| Self::new(one, doubtful)).collect(),
        }
    }
}

impl<'e> ProofLine<'e> {
    fn new(proof: &'e Proof, world: &'e World) -> Self {
        let steps = proof.steps.iter().map(|step| match &step.by {
            By::Ground(number) => {
                let ground = world.grounds.get(*number);
                StepLine::Ground {
                    concludes: atom_text(&step.atom),
                    text: ground.map(|ground| ground.label.as_str()),
                    entries: ground.map(|ground| ground.because.as_slice()),
                }
            }
            By::Rule(number, premises) => {
                let rule = world.rules.get(*number);
                StepLine::Rule {
                    concludes: atom_text(&step.atom),
                    text: rule.map(|rule| rule.label.as_str()),
                    authority: rule.map(|rule| rule.authority.as_str()),
                    challenged: rule.map(|rule| rule.challenged.as_slice()),
                    adoption: rule.and_then(|rule| rule.adoption.as_deref()).map(AdoptionLine::new),
                    entries: rule.map(|rule| rule.because.as_slice()),
                    premises,
                }
            }
        });
        Self { goal: atom_text(&proof.goal), day: proof.day.to_string(), steps: steps.collect() }
    }
}

impl<'e> AdoptionLine<'e> {
    fn new(one: &'e Adoption) -> Self {
        Self {
            approver: one.approver.as_str(),
            entry: one.entry,
            rationale: &one.rationale,
            relationship: one.relationship.as_str(),
            reasons: &one.reasons,
            mapping_sha256: &one.digest,
        }
    }
}

impl<'e> Partial<'e> {
    fn new(one: &'e explain::Partial) -> Self {
        Self {
            units_held: &one.units_held,
            units_missing: &one.units_missing,
            sources_held: &one.sources_held,
            sources_missing: &one.sources_missing,
        }
    }
}

fn atom_text(atom: &Atom) -> String {
    match atom {
        Atom::Certificate(scheme) => format!("certificate:{}", scheme.as_str()),
        Atom::Control(control, level) => format!("{control}@{}", level.as_str()),
        Atom::Item(item) => item.to_string(),
    }
}

//! What a publisher's file says of two frameworks, before any name in it is looked up.

use crate::domain::mapping::Relationship;
use crate::domain::mapping::published::Gap;
use crate::import::problem::Fault;

/// A framework as a file names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameworkName {
    /// What the file says, for people.
    pub text: String,
    /// What it may be known by, best first.
    pub keys: Vec<String>,
}

impl FrameworkName {
    /// A name that is known by itself only.
    pub(super) fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), keys: vec![text.to_owned()] }
    }
}

/// One statement: the sources, taken together, stand in a relationship to the targets, taken
/// together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Line in the file, from 1; 0 where the format has none.
    pub line: u64,
    /// Where it stands, for people: `line 12`, `map 3`.
    pub place: String,
    /// Ids of the sources.
    pub sources: Vec<String>,
    /// Ids of the targets.
    pub targets: Vec<String>,
    /// How they stand to each other, or why that cannot be said.
    pub(in crate::import) relationship: Result<Relationship, Fault>,
    /// The publisher's word for it.
    pub word: String,
    /// Why, in the publisher's words.
    pub rationale: String,
    /// The kind of rationale.
    pub kind: String,
    /// Strength, in the publisher's scale.
    pub strength: String,
    /// The publisher's id of the statement.
    pub id: String,
}

/// Statements about two frameworks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublishedSet {
    /// What it is called by when one of several is chosen.
    pub id: String,
    /// A name for people.
    pub title: String,
    /// Who made it.
    pub author: String,
    /// Its licence.
    pub licence: String,
    /// The framework of the sources.
    pub source: FrameworkName,
    /// The framework of the targets.
    pub target: FrameworkName,
    /// The statements, in file order.
    pub statements: Vec<Statement>,
    /// What is said to be mapped to nothing.
    pub gaps: Vec<Gap>,
    /// What the reader of the file should be told.
    pub notes: Vec<String>,
}

/// Most pairs of a source and a target that a file may have, all sets together.
pub(super) const PAIRS_MAX: usize = 200_000;

/// Counts the pairs of a source and a target.
pub(super) fn pairs(sets: &[PublishedSet]) -> usize {
    let of = |one: &Statement| one.sources.len().saturating_mul(one.targets.len());
    sets.iter().flat_map(|set| &set.statements).map(of).fold(0, usize::saturating_add)
}

//! What an audit comes to: the ledger as far as it could be believed, and what stopped it.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::authority::roster::Roster;
use crate::domain::ids::KeyId;
use crate::domain::state::anchor::Anchor;
use crate::domain::state::{Contents, Facts};
use crate::ledger::{Digest, Frontier, LogKeys, Origin, PublicKey};
use crate::store::StoreError;
use crate::verify::finding::Finding;

/// What was read and found good, up to the first fault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries whose every rule holds.
    pub entries: u64,
    /// Signatures on them, checked one by one.
    pub signatures: u64,
    /// Signed heads.
    pub checkpoints: u64,
    /// Entries after one that is newer than this program: of them form, place, order and the
    /// signatures of known keys were checked, and nothing is known of what they mean.
    pub beyond: u64,
    /// Stored contents, hashed again.
    pub contents: u64,
    /// Contents that the ledger keeps and that are not in a folder made from it.
    pub withheld: u64,
    /// How many of the entries were hashed only, since their bytes are those that this user
    /// verified before; no signature of theirs is in `signatures`.
    pub remembered: u64,
}

/// A ledger as far as it could be believed.
#[derive(Clone, Debug)]
pub struct Ledger<F = Facts> {
    /// Its origin.
    pub origin: Origin,
    /// Its identity, the leaf hash of entry 0.
    pub id: Digest,
    /// The keys that sign its heads.
    pub log: LogKeys,
    /// The verified facts, in order.
    pub facts: F,
    /// Leaf hashes, in order; none where `F` says so.
    pub leaves: Vec<Digest>,
    /// The tree so far.
    pub frontier: Frontier,
    /// The admitted keys.
    pub roster: Roster,
    /// Who put in what others signed, by place.
    pub taken: BTreeMap<u64, KeyId>,
    /// The contents that replay needs.
    pub contents: Contents,
    /// Heads that outsiders dated, by rising place. Whose word counts is for the reader to say.
    pub anchors: Vec<Anchor>,
    /// The newest signed head, as stored.
    pub head: Vec<u8>,
}

impl<F> Ledger<F> {
    /// Says whether a key is or was one of the ledger's own: of an author, whatever became of it, or
    /// of the log. What such a key signs is no word from outside.
    pub fn is_own(&self, key: &PublicKey) -> bool {
        let admitted = key.keyid().parse().ok().and_then(|id: KeyId| self.roster.get(&id));
        admitted.is_some() || self.log.all().any(|log| log.key() == key)
    }
}

/// The outcome of an audit.
#[derive(Debug)]
pub struct Audit<F = Facts> {
    /// What was checked and found good.
    pub counts: Counts,
    /// The first fault, if any.
    pub finding: Option<Finding>,
    /// Why it cannot be decided, if so: something in it is newer than this program.
    pub undecided: Option<String>,
    /// The ledger up to the first fault; none when not even entry 0 could be believed.
    pub ledger: Option<Ledger<F>>,
    /// What is to be said about what this user verified before, such as a file that cannot be read.
    pub notes: Vec<String>,
    /// How many entries this user verified before and were compared with; none where nothing was.
    pub kept: Option<u64>,
    /// The roots of the beginnings that stored heads sign, and of those that were asked for.
    pub(crate) roots: BTreeMap<u64, Digest>,
    /// Whether the newest head could not be opened, for want of a key that a newer entry may bring.
    pub(crate) unopened: bool,
}

impl<F> Audit<F> {
    /// The same audit with its facts held otherwise.
    pub fn holding<G>(&self, held: impl FnOnce(&F) -> G) -> Audit<G> {
        let ledger = self.ledger.as_ref().map(|ledger| Ledger {
            origin: ledger.origin.clone(),
            id: ledger.id,
            log: ledger.log.clone(),
            facts: held(&ledger.facts),
            leaves: ledger.leaves.clone(),
            frontier: ledger.frontier.clone(),
            roster: ledger.roster.clone(),
            taken: ledger.taken.clone(),
            contents: ledger.contents.clone(),
            anchors: ledger.anchors.clone(),
            head: ledger.head.clone(),
        });
        Audit {
            counts: self.counts.clone(),
            finding: self.finding.clone(),
            undecided: self.undecided.clone(),
            ledger,
            notes: self.notes.clone(),
            kept: self.kept,
            roots: self.roots.clone(),
            unopened: self.unopened,
        }
    }
}

/// What stops an audit.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    #[error(transparent)]
    Fault(#[from] Finding),
    #[error("{0}")]
    Undecided(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// These entries are not those that were verified before: all has to be checked.
    #[error("another history than the one verified before")]
    Otherwise,
    /// Anchors name beginnings of these sizes, whose roots nobody knew to keep.
    #[error("the roots of further beginnings are needed")]
    Roots(BTreeSet<u64>),
    /// Whoever takes the rows has stopped, and says why.
    #[error("stopped")]
    Stopped,
}

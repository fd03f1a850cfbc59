//! Integrity of bytes: what an entry, a tree, a note and a checkpoint are, and whether given bytes
//! are a good one. Values in, values out; nothing here knows what an event means, reads a file or a
//! clock, or makes up randomness. The formats are those of docs/FORMAT.md.
//!
//! That an entry is in the log is shown by some digests (RFC 9162 section 2.1.3), to whoever has the
//! root of the tree:
//!
//! ```
//! use dspt_ledger::ledger::leaf_hash;
//! use dspt_ledger::ledger::tree::{inclusion_proof, root_of, verify_inclusion};
//!
//! let leaves = [b"one", b"two", b"six"].map(|entry| leaf_hash(entry));
//! let root = root_of(&leaves);
//! let path = inclusion_proof(&leaves, 1).unwrap();
//! assert!(verify_inclusion(&leaf_hash(b"two"), 1, 3, &path, &root));
//! assert!(!verify_inclusion(&leaf_hash(b"ten"), 1, 3, &path, &root));
//! assert!(!verify_inclusion(&leaf_hash(b"two"), 0, 3, &path, &root));
//! ```

mod base64;
pub mod checkpoint;
pub mod cosignature;
pub mod digest;
pub mod entry;
mod entry_form;
pub mod fault;
pub mod fork;
pub mod json;
pub mod key;
mod key_name;
pub mod note;
mod note_error;
pub mod parse;
pub mod parse_trusted;
pub mod policy;
pub mod proof;
pub mod request;
pub mod tiles;
pub mod timestamp;
pub mod tree;
pub mod verify;
mod vkey;

pub use checkpoint::{Checkpoint, CheckpointError, Head, LogKeys, Origin};
pub use cosignature::{CosignatureError, Cosigned, WitnessKey};
pub use digest::{BadDigest, Digest, Digester};
pub use entry::{Draft, EntryError, Subject, genesis_digest, read_back, seal, sign};
pub use fault::{Fault, FaultKind};
pub use json::NotCanonical;
pub use key::{BadKey, PublicKey, SeedSigner, Sign, SignError};
pub use note::{KeyName, Note, NoteError, Vkey};
pub use parse::Unverified;
pub use policy::{Policy, PolicyErrors};
pub use proof::{ConsistencyFile, InclusionFile, ProofError};
pub use request::{KeyRequest, Request, Seen, VerifiedKeyRequest, VerifiedRequest};
pub use tiles::{TileError, TilePath, check_tiles};
pub use tree::{Frontier, leaf_hash};
pub use verify::{
    Checked, Expected, VerifiedEntry, check, known_signatures, signatures, signatures_or_back,
    verify_entry,
};
pub use vkey::NamedKey;

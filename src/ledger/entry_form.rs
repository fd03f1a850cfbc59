//! The fixed words of an entry, its longest form, and the files that it names.

use super::digest::Digest;

/// The longest entry in bytes, what the two-byte length of C2SP `tlog-tiles` can say.
pub const ENTRY_BYTES_MAX: usize = 65_535;

/// The DSSE payload type of every entry.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// The `_type` of every payload.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// The `predicateType` of every payload.
pub const PREDICATE_TYPE: &str = "urn:dspt-ledger:event:v1";

/// The type of entry 0, which introduces the first key.
pub const LEDGER_OPENED: &str = "ledger-opened";

/// The type of an entry that introduces a further key.
pub const KEY_ADMITTED: &str = "key-admitted";

/// The type of an entry by which a key hands its role over to another.
pub const KEY_ROTATED: &str = "key-rotated";

/// The type of an entry by which another key becomes the one that signs heads.
pub const LOG_KEY_ROTATED: &str = "log-key-rotated";

/// A file or imported content that an entry speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its name; not empty, no control character.
    pub name: String,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
}

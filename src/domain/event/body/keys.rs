//! Bodies about keys, heads that others signed, and clocks: what makes other entries provable.

use serde::{Deserialize, Serialize};

use crate::domain::event::fields::present;
use crate::domain::event::role::Role;
use crate::domain::event::words::Clock;
use crate::domain::ids::{EventId, KeyId};

body! {
    /// Body of `ledger-opened`.
    LedgerOpened {
        /// Name of the organisation.
        organisation: String,
        /// The log key that signs checkpoints, as a C2SP vkey.
        log: String,
        /// The first owner's public key, base64 of 32 bytes.
        key: String,
        /// Who holds that key.
        holder: String,
    }
}

body! {
    /// Body of `key-admitted`. The admitted key signs the same entry as proof of possession.
    KeyAdmitted {
        /// The public key, base64 of 32 bytes.
        key: String,
        /// Who holds it.
        holder: String,
        /// What it may sign.
        role: Role,
    }
}

body! {
    /// Body of `key-revoked`.
    KeyRevoked {
        /// Fingerprint of the key.
        keyid: KeyId,
        /// Why.
        reason: String,
        /// Entries by this key from this index on are doubtful.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        compromised_from: Option<u64>,
    }
}

body! {
    /// Body of `key-rotated`, whose author is the key replaced. The new key signs the same entry as
    /// proof of possession, and has the role and the holder of the old one.
    KeyRotated {
        /// Fingerprint of the key replaced.
        replaces: KeyId,
        /// The new public key, base64 of 32 bytes.
        key: String,
        /// Why.
        reason: String,
    }
}

body! {
    /// Body of `log-key-rotated`. The log key replaced and the new one sign the same entry.
    LogKeyRotated {
        /// The new public key, base64 of 32 bytes. Its name is the origin of the ledger.
        key: String,
        /// Why.
        reason: String,
    }
}

body! {
    /// Body of `anchor-cosigned`: an earlier head, and who outside saw it when.
    AnchorCosigned {
        /// The head as a C2SP checkpoint, with the line of the log key and of each witness.
        checkpoint: String,
        /// The witnesses whose lines were checked, as C2SP vkeys.
        witnesses: Vec<String>,
    }
}

body! {
    /// Body of `anchor-timestamped`. The RFC 3161 response is the subject `timestamp.tsr`; its imprint
    /// is the SHA-256 of the checkpoint.
    AnchorTimestamped {
        /// The head as a C2SP checkpoint with the line of the log key alone.
        checkpoint: String,
        /// Who made the token, for people.
        authority: String,
    }
}

body! {
    /// Body of `clock-explained`. It takes no proof away: `explained.rs`.
    ClockExplained {
        /// Whose clock.
        clock: Clock,
        /// The entry: the first that was stamped so, or the anchor.
        entry: EventId,
        /// The last entry that was stamped so; the first alone when left out. Of an outsider's clock
        /// it is left out.
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        until: Option<EventId>,
        /// What was wrong, and how it is known.
        reason: String,
    }
}

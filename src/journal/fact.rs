//! An event as the fact that it will be.

use super::batch::{File, NewEvent};
use crate::domain::date::Timestamp;
use crate::domain::event::Event;
use crate::domain::ids::KeyId;
use crate::domain::state::Fact;
use crate::ledger::{PublicKey, Sign};

pub(super) fn keyid(signer: &dyn Sign) -> KeyId {
    #[expect(clippy::expect_used, reason = "a fingerprint that was just made has its own form")]
    signer.public().keyid().parse().expect("a fingerprint has its own form")
}

/// The fingerprint of the key that an event brings in.
pub(super) fn introduced(event: &Event) -> Option<KeyId> {
    PublicKey::from_base64(event.introduces()?).ok()?.keyid().parse().ok()
}

pub(super) fn fact_of(seq: u64, at: Timestamp, by: &KeyId, new: &NewEvent) -> Fact {
    Fact {
        seq,
        at,
        by: by.clone(),
        id: new.id.clone(),
        event: new.event.clone(),
        subjects: new.files.iter().map(File::subject).collect(),
    }
}

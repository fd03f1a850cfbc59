//! The keys of the kit. Each is 32 times one byte, so everybody has them: nothing that they sign
//! proves anything, and the ledger's origin says so.

use super::error::{KitError, kit};
use crate::ledger::{KeyName, SeedSigner, WitnessKey, cosignature};

pub(super) const OWNER: u8 = 0x61;
pub(super) const CONTRIBUTOR: u8 = 0x62;
pub(super) const APPROVER: u8 = 0x63;
/// Revoked by entry 15.
pub(super) const ASSESSOR: u8 = 0x64;
/// Takes the place of the contributor's by entry 14.
pub(super) const NEW_CONTRIBUTOR: u8 = 0x65;
pub(super) const LOG: u8 = 0x66;
/// Takes the place of the log key by entry 16.
pub(super) const NEW_LOG: u8 = 0x67;
/// In no ledger of the kit.
pub(super) const STRANGER: u8 = 0x6f;
/// Log keys of somebody else.
pub(super) const OTHER_LOG: u8 = 0x71;
pub(super) const OTHER_NEW_LOG: u8 = 0x72;

/// A witness, by its seed and name.
#[derive(Clone, Copy)]
pub(super) struct Witness {
    seed: u8,
    name: &'static str,
}

pub(super) const WITNESS_A: Witness = Witness { seed: 0x68, name: "witness-a.invalid" };
pub(super) const WITNESS_B: Witness = Witness { seed: 0x69, name: "witness-b.invalid" };
pub(super) const WITNESS_C: Witness = Witness { seed: 0x6a, name: "witness-c.invalid" };
/// Not in the reader's policy.
pub(super) const FRIEND: Witness = Witness { seed: 0x6b, name: "friend.invalid" };

pub(super) fn signer(seed: u8) -> SeedSigner {
    SeedSigner::from_seed(&[seed; 32])
}

impl Witness {
    /// The seed of its key.
    pub(super) const fn seed(&self) -> u8 {
        self.seed
    }

    /// The verifier key.
    pub(super) fn vkey(&self) -> Result<String, KitError> {
        let public = *crate::ledger::Sign::public(&signer(self.seed));
        Ok(WitnessKey::new(kit(KeyName::parse(self.name))?, public).to_string())
    }

    /// The line under a head.
    pub(super) fn line(&self, head: &str, time: u64) -> Result<String, KitError> {
        let text = head.split_once("\n\n").map_or(head, |(text, _)| text);
        let name = kit(KeyName::parse(self.name))?;
        let made = cosignature::sign(&format!("{text}\n"), time, &name, &signer(self.seed));
        Ok(kit(made)?.line().to_owned())
    }
}

/// A head with the lines of witnesses, all of one time.
pub(super) fn cosigned(head: &str, time: u64, by: &[Witness]) -> Result<Vec<u8>, KitError> {
    let mut note = head.to_owned();
    for witness in by {
        note.push_str(&witness.line(head, time)?);
    }
    Ok(note.into_bytes())
}

//! Who may record what: the keys admitted so far.
//!
//! A key is judged by the index of the entry it signs, never by a date: it may sign from the entry
//! after its admission up to and including the entry that revokes it.

use std::collections::BTreeMap;

use crate::domain::event::fact::Fact;
use crate::domain::event::role::Role;
use crate::domain::event::{Carrier, Event, Kind};
use crate::domain::ids::KeyId;

/// A key that the ledger has admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmittedKey {
    /// The public key, base64 of its 32 bytes.
    pub key: String,
    /// The person or body that holds it.
    pub holder: String,
    /// What it may sign.
    pub role: Role,
    /// Index of the entry that admitted it.
    pub admitted: u64,
    /// Index of the entry that revoked or replaced it, if any.
    pub revoked: Option<u64>,
    /// From this index on its entries are shown as doubtful.
    pub compromised_from: Option<u64>,
}

/// Why a key may not record an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// The key was never admitted.
    #[error("key {0} is not admitted to this ledger; an owner admits it with: dspt key admit")]
    Unknown(KeyId),
    /// The key was revoked or replaced before this entry.
    #[error("key {key} was revoked or replaced by entry #{revoked}; sign with another key")]
    Revoked {
        /// The key.
        key: KeyId,
        /// The entry that revoked it.
        revoked: u64,
    },
    /// A key can hand over its own role alone.
    #[error(
        "key {by} cannot replace key {replaces}; the key replaced signs, or an owner revokes it"
    )]
    NotItsOwn {
        /// The key that signs.
        by: KeyId,
        /// The key that was to be replaced.
        replaces: KeyId,
    },
    /// The key may not put in what others signed.
    #[error(
        "key {key} has the role {role}; {} needs the role {}",
        carrier.as_str(),
        carrier.roles().iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" or ")
    )]
    Carries {
        /// The key.
        key: KeyId,
        /// The role it has.
        role: Role,
        /// What it was to sign.
        carrier: Carrier,
    },
    /// The key has another role.
    #[error(
        "key {key} has the role {role}; recording {kind} needs the role {}",
        needed.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" or ")
    )]
    Role {
        /// The key.
        key: KeyId,
        /// The role it has.
        role: Role,
        /// What was to be recorded.
        kind: Kind,
        /// The roles that may.
        needed: &'static [Role],
    },
}

/// The keys of a ledger, folded entry by entry.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    keys: BTreeMap<KeyId, AdmittedKey>,
}

impl Roster {
    /// Returns the admitted keys in order of their fingerprints, revoked ones included.
    pub fn keys(&self) -> impl Iterator<Item = (&KeyId, &AdmittedKey)> {
        self.keys.iter()
    }

    /// Returns a key that was admitted, revoked or not.
    pub fn get(&self, key: &KeyId) -> Option<&AdmittedKey> {
        self.keys.get(key)
    }

    /// Says whether a key was declared compromised from the entry at `seq` or an earlier one: the
    /// entry still counts, and is never shown without that.
    pub fn is_doubtful(&self, by: &KeyId, seq: u64) -> bool {
        let from = self.keys.get(by).and_then(|key| key.compromised_from);
        from.is_some_and(|from| from <= seq)
    }

    /// Returns those of `entries` that are doubtful, in their order.
    pub fn doubtful(&self, facts: &[Fact], entries: &[u64]) -> Vec<u64> {
        let fact = |seq: u64| usize::try_from(seq).ok().and_then(|at| facts.get(at));
        let doubtful = |seq: &u64| fact(*seq).is_some_and(|one| self.is_doubtful(&one.by, one.seq));
        entries.iter().copied().filter(doubtful).collect()
    }

    /// Checks that `by` may record `event` now, that is at the index after all that was applied.
    ///
    /// `corrected` is the kind of the event that a correction points at.
    ///
    /// # Errors
    /// [`NotAllowed`] naming the role that is missing.
    pub fn allows(
        &self,
        by: &KeyId,
        event: &Event,
        corrected: Option<Kind>,
    ) -> Result<(), NotAllowed> {
        if matches!(event, Event::LedgerOpened(_)) && self.keys.is_empty() {
            return Ok(());
        }
        let admitted = self.active(by)?;
        if let Event::KeyRotated(body) = event
            && body.replaces != *by
        {
            let (by, replaces) = (by.clone(), body.replaces.clone());
            return Err(NotAllowed::NotItsOwn { by, replaces });
        }
        for kind in std::iter::once(event.kind()).chain(corrected) {
            let needed = kind.roles();
            if !needed.contains(&admitted.role) {
                let (key, role) = (by.clone(), admitted.role);
                return Err(NotAllowed::Role { key, role, kind, needed });
            }
        }
        Ok(())
    }

    /// Checks that `by` may put in what somebody else signed.
    ///
    /// # Errors
    /// [`NotAllowed`] naming the role that is missing.
    pub fn carries(&self, by: &KeyId, carrier: Carrier) -> Result<(), NotAllowed> {
        let role = self.active(by)?.role;
        if carrier.roles().contains(&role) {
            return Ok(());
        }
        Err(NotAllowed::Carries { key: by.clone(), role, carrier })
    }

    /// A key that may sign now.
    fn active(&self, by: &KeyId) -> Result<&AdmittedKey, NotAllowed> {
        let admitted = self.keys.get(by).ok_or_else(|| NotAllowed::Unknown(by.clone()))?;
        match admitted.revoked {
            Some(revoked) => Err(NotAllowed::Revoked { key: by.clone(), revoked }),
            None => Ok(admitted),
        }
    }

    /// Takes an allowed event into account. `keyid_of` gives the fingerprint of a base64 key.
    pub fn apply(&mut self, seq: u64, event: &Event, introduced: Option<&KeyId>) {
        match (event, introduced) {
            (Event::LedgerOpened(opened), Some(id)) => {
                self.admit(seq, id, &opened.key, &opened.holder, Role::Owner);
            }
            (Event::KeyAdmitted(key), Some(id)) => {
                self.admit(seq, id, &key.key, &key.holder, key.role);
            }
            (Event::KeyRotated(body), Some(id)) => {
                let Some(old) = self.keys.get_mut(&body.replaces) else { return };
                old.revoked.get_or_insert(seq);
                let (holder, role) = (old.holder.clone(), old.role);
                self.admit(seq, id, &body.key, &holder, role);
            }
            (Event::KeyRevoked(revoked), _) => {
                if let Some(key) = self.keys.get_mut(&revoked.keyid) {
                    key.revoked.get_or_insert(seq);
                    let known = key.compromised_from.into_iter().chain(revoked.compromised_from);
                    key.compromised_from = known.min();
                }
            }
            _ => {}
        }
    }

    fn admit(&mut self, seq: u64, id: &KeyId, key: &str, holder: &str, role: Role) {
        // The first admission stands: a key keeps one role for the life of the ledger.
        self.keys.entry(id.clone()).or_insert_with(|| AdmittedKey {
            key: key.to_owned(),
            holder: holder.to_owned(),
            role,
            admitted: seq,
            revoked: None,
            compromised_from: None,
        });
    }
}

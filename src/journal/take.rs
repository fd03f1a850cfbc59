//! What others signed elsewhere, put into the ledger: judged by the role of whoever signed it, held
//! against this ledger, what they saw of it and their last moment, and entered with their signature.

use super::{Asked, Batch, Journal, JournalError, NewEvent, Recorded, Signers};
use crate::domain::authority::roster::{NotAllowed, Roster};
use crate::domain::date::Timestamp;
use crate::domain::ids::KeyId;
use crate::verify::carried::Here;
use crate::verify::rule::Rule;

impl Journal {
    /// Enters what others asked for, each event with its request: all of it, or nothing. The author
    /// of the entries is `signers.author`; what is said is said by whoever signed the request.
    ///
    /// # Errors
    /// [`JournalError`]: refusals name every request that cannot be taken.
    pub fn take_in_turn(
        &mut self,
        (events, requests): (&[NewEvent], &[Asked]),
        signers: &Signers<'_>,
        now: Timestamp,
        waits: &mut dyn FnMut(),
    ) -> Result<Recorded, JournalError> {
        self.enter(&Batch { events, requests }, signers, now, waits)
    }

    /// Says before anything is signed whether these can be taken by this key.
    ///
    /// # Errors
    /// As [`Journal::take_in_turn`].
    pub fn may_take(
        &self,
        (events, requests): (&[NewEvent], &[Asked]),
        signer: &KeyId,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        let mut state = self.state(u64::MAX)?;
        self.admit_all(&mut state, &Batch { events, requests }, signer, now).map(drop)
    }

    /// Whether a request can be taken at a place and time, by what it is bound to and by the roles of
    /// both who sign.
    pub(super) fn admit_request(
        &self,
        asked: &Asked,
        (there, seq, at): (Option<u64>, u64, Timestamp),
        (roster, signer): (&Roster, &KeyId),
        allowed: Result<(), NotAllowed>,
    ) -> Result<(), String> {
        if let Some(seq) = there {
            return Err(format!("it was taken already, as #{seq}"));
        }
        let carried = &asked.carried;
        let at = at.to_string();
        let here = Here { origin: &self.ledger.origin, id: self.ledger.id, seq, at: &at };
        let said = |(rule, text): (Rule, String)| format!("{rule}: {text}");
        carried.fits(&here).map_err(said)?;
        roster.carries(signer, carried.carrier).map_err(|no| no.to_string())?;
        allowed.map_err(|no| no.to_string())?;
        let seen = carried.bound.as_ref().map(|bound| bound.seen.size);
        let root = seen.and_then(|size| self.roots.borrow_mut().root(&self.ledger.leaves, size));
        carried.saw(root).map_err(said)
    }
}

//! Where the bytes of a ledger come from: its own file, or a folder that was made from it. An audit
//! asks the same of both, and believes neither.

use std::ops::Range;

use crate::ledger::Digest;
use crate::store::{Content, Row, RowRef, Store, StoreError};

/// The bytes of a ledger, nothing of them verified.
pub trait Source: Sized + Send {
    /// Returns all signed heads with their sizes, the smallest first.
    ///
    /// # Errors
    /// Where they cannot be read.
    fn heads(&self) -> Result<Vec<(u64, Vec<u8>)>, StoreError>;

    /// Returns how many entries there are.
    ///
    /// # Errors
    /// Where they cannot be read.
    fn size(&self) -> Result<u64, StoreError>;

    /// Hands over the entries with these numbers, in order; numbers past the end are left out.
    ///
    /// # Errors
    /// The first error of `each`, or of reading.
    fn entries<E: From<StoreError>>(
        &self,
        range: Range<u64>,
        each: impl FnMut(Row) -> Result<(), E>,
    ) -> Result<(), E>;

    /// Hands over the same where they stand, all in one reading: for few entries and a quick `each`.
    ///
    /// # Errors
    /// The first error of `each`, or of reading.
    fn look<E: From<StoreError>>(
        &self,
        range: Range<u64>,
        each: impl FnMut(RowRef<'_>) -> Result<(), E>,
    ) -> Result<(), E>;

    /// Returns another reader of the same, for another thread.
    ///
    /// # Errors
    /// Where it cannot be opened again.
    fn beside(&self) -> Result<Self, StoreError>;

    /// Hands over each content, hashed again, in the order of digests; with the bytes of those that
    /// are `wanted`.
    ///
    /// # Errors
    /// The first error of `each`, or of reading.
    fn contents<E: From<StoreError>>(
        &self,
        wanted: impl Fn(&Digest) -> bool,
        each: impl FnMut(Content) -> Result<(), E>,
    ) -> Result<(), E>;

    /// Says whether a content that an entry names was kept back when the folder was made.
    fn withheld(&self, digest: &Digest) -> bool;

    /// Says whether it was made at one moment and given away, so that one with fewer entries than
    /// were verified before is no ledger put back.
    fn is_snapshot(&self) -> bool;
}

impl Source for Store {
    fn heads(&self) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        Self::heads(self)
    }

    fn size(&self) -> Result<u64, StoreError> {
        Self::size(self)
    }

    fn entries<E: From<StoreError>>(
        &self,
        range: Range<u64>,
        each: impl FnMut(Row) -> Result<(), E>,
    ) -> Result<(), E> {
        Self::entries(self, range, each)
    }

    fn look<E: From<StoreError>>(
        &self,
        range: Range<u64>,
        each: impl FnMut(RowRef<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        Self::look(self, range, each)
    }

    fn beside(&self) -> Result<Self, StoreError> {
        Self::beside(self)
    }

    fn contents<E: From<StoreError>>(
        &self,
        wanted: impl Fn(&Digest) -> bool,
        each: impl FnMut(Content) -> Result<(), E>,
    ) -> Result<(), E> {
        Self::contents(self, wanted, each)
    }

    fn withheld(&self, _digest: &Digest) -> bool {
        false
    }

    fn is_snapshot(&self) -> bool {
        false
    }
}

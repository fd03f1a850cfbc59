//! Bytes: golden entries, published vectors, other people's verifiers.

pub(crate) mod golden;
pub(crate) mod interop;
pub(crate) mod second_verifier;
pub(crate) mod vectors;

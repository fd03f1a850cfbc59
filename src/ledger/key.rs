//! Ed25519 keys. A public key is checked once, here, so that every verifier of the common kinds
//! agrees about its signatures; signatures are checked strictly, one by one, never as a batch.

use std::cmp::Ordering;
use std::fmt;

use curve25519_dalek::edwards::CompressedEdwardsY;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use thiserror::Error;

use super::base64;
use super::digest::{Digest, shown};

/// An Ed25519 public key: canonical, of prime order, not weak.
#[derive(Clone, Copy)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Checks 32 bytes as RFC 8032 encodes a public key.
    ///
    /// # Errors
    /// Not a point, a second spelling of one, a weak key, or a point with a torsion part: for such
    /// keys verifiers disagree, and their owner could choose who accepts a signature.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, BadKey> {
        let point = CompressedEdwardsY(*bytes).decompress().ok_or(BadKey::NotAPoint)?;
        if point.compress().as_bytes() != bytes {
            return Err(BadKey::NotCanonical);
        }
        if point.is_small_order() {
            return Err(BadKey::Weak);
        }
        if !point.is_torsion_free() {
            return Err(BadKey::MixedOrder);
        }
        VerifyingKey::from_bytes(bytes).map(Self).map_err(|_| BadKey::NotAPoint)
    }

    /// Reads the padded standard base64 of the 32 bytes.
    ///
    /// # Errors
    /// Another spelling or length, or a key that [`PublicKey::from_bytes`] refuses.
    pub fn from_base64(text: &str) -> Result<Self, BadKey> {
        let bytes =
            base64::decode_array(text).ok_or_else(|| BadKey::NotBase64 { found: shown(text) })?;
        Self::from_bytes(&bytes)
    }

    /// Returns the 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Returns the padded standard base64 of the 32 bytes, 44 characters.
    pub fn base64(&self) -> String {
        base64::encode(self.as_bytes())
    }

    /// Returns the fingerprint as OpenSSH prints it: `SHA256:` and the unpadded base64 of the
    /// SHA-256 of the SSH wire form of the key.
    pub fn keyid(&self) -> String {
        const NAME: &[u8] = b"ssh-ed25519";
        let lengths = [[0, 0, 0, 11], [0, 0, 0, 32]];
        let digest = Digest::of_parts(&[&lengths[0], NAME, &lengths[1], self.as_bytes()]);
        format!("{KEYID_PREFIX}{}", base64::encode_unpadded(digest.as_bytes()))
    }

    /// Tells whether `signature` is this key's over `message`, by the strict rule: canonical scalar
    /// and points, no small-order part, no cofactor.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

const KEYID_PREFIX: &str = "SHA256:";

/// Tells whether `text` has the shape that [`PublicKey::keyid`] gives.
pub(super) fn is_keyid(text: &str) -> bool {
    text.strip_prefix(KEYID_PREFIX)
        .is_some_and(|digest| base64::decode_array_unpadded::<32>(digest).is_some())
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for PublicKey {}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PublicKey({})", self.keyid())
    }
}

/// Why 32 bytes, or a text, are not a public key that the ledger takes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadKey {
    /// Not the base64 of 32 bytes.
    #[error("`{found}` is not a public key; write 44 characters of padded standard base64")]
    NotBase64 {
        /// The text, shortened and without control characters.
        found: String,
    },
    /// No point of the curve has this encoding.
    #[error("the public key is not a point of the curve; ask its owner for the key again")]
    NotAPoint,
    /// A point, but not in its one encoding.
    #[error("the public key is not in its one canonical encoding; make a new key")]
    NotCanonical,
    /// A point of small order: one signature would fit many messages.
    #[error("the public key is weak: one signature of it fits many messages; make a new key")]
    Weak,
    /// A point with a torsion part: verifiers disagree about its signatures.
    #[error("the public key has a torsion part: verifiers disagree about it; make a new key")]
    MixedOrder,
}

/// Why a signer gave no signature.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("key {keyid} did not sign: {why}")]
pub struct SignError {
    /// The keyid.
    pub keyid: String,
    /// What its holder says, and what to do.
    pub why: String,
}

/// Someone who can sign, with a key in memory or elsewhere.
pub trait Sign {
    /// Returns the public half.
    fn public(&self) -> &PublicKey;

    /// Returns the Ed25519 signature over `message`. Whoever keeps it checks it first: what signs
    /// may be out of this program's hands.
    ///
    /// # Errors
    /// The key is not in memory, and what holds it gave no signature.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError>;
}

/// Returns a signature that fits, for what is kept without being read again: a faulty device must
/// not leave a head or a cosignature that nobody can check.
pub(super) fn checked_signature(signer: &dyn Sign, message: &[u8]) -> Result<[u8; 64], SignError> {
    let (public, signature) = (signer.public(), signer.sign(message)?);
    if public.verify(message, &signature) {
        return Ok(signature);
    }
    let why = "its signature does not fit; check its device or key".to_owned();
    Err(SignError { keyid: public.keyid(), why })
}

/// A signing key in memory, wiped when dropped.
pub struct SeedSigner {
    key: SigningKey,
    public: PublicKey,
}

impl SeedSigner {
    /// Makes the key of an RFC 8032 seed. The caller wipes its own copy of the seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        // Sound without a check: a clamped scalar is 8k with 2^251 <= k < 2^252, never a multiple
        // of the group's order, so the public point always has prime order and its own encoding.
        let public = PublicKey(key.verifying_key());
        Self { key, public }
    }
}

impl Sign for SeedSigner {
    fn public(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        Ok(self.key.sign(message).to_bytes())
    }
}

impl fmt::Debug for SeedSigner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SeedSigner({})", self.public.keyid())
    }
}

#[cfg(test)]
mod tests {
    use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
    use proptest::prelude::*;

    use super::*;

    const PUBLIC_HEX: &str = "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c";

    #[test]
    fn the_keyid_is_the_fingerprint_that_openssh_prints() {
        let signer = SeedSigner::from_seed(&[1; 32]);
        let public = signer.public();
        assert_eq!(Digest::from_bytes(*public.as_bytes()).hex(), PUBLIC_HEX);
        assert_eq!(public.keyid(), "SHA256:fe85JkIjo8VPe+XqXJGH5Mau1EMFdK1OdKvJUFicyA8");
        assert!(is_keyid(&public.keyid()));
        assert_eq!(PublicKey::from_bytes(public.as_bytes()), Ok(*public));
        assert_eq!(PublicKey::from_base64(&public.base64()), Ok(*public));
        assert!(!format!("{signer:?}").contains("0101"));
    }

    #[test]
    fn another_shape_of_keyid_is_refused() {
        let good = SeedSigner::from_seed(&[1; 32]).public().keyid();
        for text in [
            "",
            "SHA256:",
            &good[7..],
            &good.replace("SHA256", "sha256"),
            &good.replace("yA8", "yA9"),
            &format!("{good}="),
        ] {
            assert!(!is_keyid(text), "{text}");
        }
    }

    #[test]
    fn a_signature_fits_its_message_and_key_alone() {
        let signer = SeedSigner::from_seed(&[1; 32]);
        let other = SeedSigner::from_seed(&[2; 32]);
        let signature = signer.sign(b"message").unwrap();
        assert!(signer.public().verify(b"message", &signature));
        assert!(!signer.public().verify(b"messagE", &signature));
        assert!(!other.public().verify(b"message", &signature));
        for bit in 0..512 {
            let mut bad = signature;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(!signer.public().verify(b"message", &bad), "bit {bit}");
        }
    }

    #[test]
    fn keys_on_which_verifiers_disagree_are_refused() {
        for point in EIGHT_TORSION {
            let bytes = point.compress().to_bytes();
            assert_eq!(PublicKey::from_bytes(&bytes), Err(BadKey::Weak));
        }
        for point in &EIGHT_TORSION[1..] {
            let mixed = (ED25519_BASEPOINT_POINT + point).compress().to_bytes();
            assert_eq!(PublicKey::from_bytes(&mixed), Err(BadKey::MixedOrder));
        }
        // y = 2^255 - 18, a second spelling of y = 1; and y = 1 with the sign of a zero x.
        let mut second = [0xff; 32];
        (second[0], second[31]) = (0xee, 0x7f);
        assert_eq!(PublicKey::from_bytes(&second), Err(BadKey::NotCanonical));
        let mut negative_zero = [0; 32];
        (negative_zero[0], negative_zero[31]) = (1, 0x80);
        assert_eq!(PublicKey::from_bytes(&negative_zero), Err(BadKey::NotCanonical));
        let mut nowhere = [0; 32];
        nowhere[0] = 2;
        assert_eq!(PublicKey::from_bytes(&nowhere), Err(BadKey::NotAPoint));
        assert!(matches!(PublicKey::from_base64("AAAA"), Err(BadKey::NotBase64 { .. })));
    }

    proptest! {
        #[test]
        fn every_seed_gives_a_key_that_passes_the_checks(seed: [u8; 32]) {
            let signer = SeedSigner::from_seed(&seed);
            let public = *signer.public();
            prop_assert_eq!(PublicKey::from_bytes(public.as_bytes()), Ok(public));
        }

        #[test]
        fn any_bytes_are_answered(bytes: [u8; 32], signature: [[u8; 32]; 2]) {
            let _ = PublicKey::from_bytes(&bytes);
            let signature: [u8; 64] = signature.concat().try_into().unwrap();
            prop_assert!(!SeedSigner::from_seed(&bytes).public().verify(&bytes, &signature));
        }
    }
}

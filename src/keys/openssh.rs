//! Public keys in the line that OpenSSH reads.

use base64ct::{Base64, Encoding as _};

use crate::ledger::PublicKey;

/// The name of the algorithm in an OpenSSH line.
pub(super) const OPENSSH: &str = "ssh-ed25519";

pub(super) fn public_line(public: &PublicKey, name: &str) -> String {
    let blob = [&openssh_head()[..], public.as_bytes()].concat();
    format!("{OPENSSH} {} {name}\n", Base64::encode_string(&blob))
}

pub(super) fn parse_public_line(text: &str) -> Option<PublicKey> {
    let mut words = text.trim_end().split(' ');
    if words.next()? != OPENSSH {
        return None;
    }
    let blob = Base64::decode_vec(words.next()?).ok()?;
    let key = blob.strip_prefix(&openssh_head()[..])?;
    PublicKey::from_bytes(key.try_into().ok()?).ok()
}

/// What comes before the 32 bytes of a key: two lengths and a name (RFC 8709, section 4).
pub(super) fn openssh_head() -> Vec<u8> {
    [&[0, 0, 0, 11], OPENSSH.as_bytes(), &[0, 0, 0, 32]].concat()
}

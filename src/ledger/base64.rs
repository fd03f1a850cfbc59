//! Strict base64 (RFC 4648 section 4). Every text is encoded again and compared, so that no
//! release of a decoder can start to accept a second spelling of the same bytes.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use base64::engine::{Simd, general_purpose::PAD};

/// Returns the padded standard base64 of `bytes`.
pub(super) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Returns the bytes of a padded standard base64 text, if it is the only spelling of them.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(text).ok()?;
    (encode(&bytes) == text).then_some(bytes)
}

/// Puts the bytes of a padded standard base64 text that was found to be their only spelling in the
/// place of what `room` holds.
pub(super) fn decode_known(text: &[u8], room: &mut Vec<u8>) -> Option<()> {
    room.clear();
    FAST.decode_vec(text, room).ok()
}

/// What this processor decodes fastest with; the instructions are looked for once.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
static FAST: std::sync::LazyLock<Simd> = std::sync::LazyLock::new(|| Simd::standard(PAD));
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
static FAST: base64::engine::GeneralPurpose = STANDARD;

/// Returns the bytes of a padded standard base64 text of exactly `N` bytes.
pub(super) fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    decode(text)?.try_into().ok()
}

/// Returns the standard base64 of `bytes` without padding, as OpenSSH prints fingerprints.
pub(super) fn encode_unpadded(bytes: &[u8]) -> String {
    STANDARD_NO_PAD.encode(bytes)
}

/// Returns the bytes of an unpadded standard base64 text of exactly `N` bytes.
pub(super) fn decode_array_unpadded<const N: usize>(text: &str) -> Option<[u8; N]> {
    let bytes = STANDARD_NO_PAD.decode(text).ok()?;
    (encode_unpadded(&bytes) == text).then_some(bytes)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_one_spelling_is_read() {
        assert_eq!(decode("Zm8="), Some(b"fo".to_vec()));
        assert_eq!(decode(""), Some(Vec::new()));
        for text in ["Zm8", "Zm9=", "Zm8=\n", " Zm8=", "Zm8==", "Zm8=Zm8=", "_w==", "=", "Z"] {
            assert_eq!(decode(text), None, "{text}");
        }
        assert_eq!(decode_array_unpadded::<2>("Zm8"), Some(*b"fo"));
        for text in ["Zm8=", "Zm9", "Zg"] {
            assert_eq!(decode_array_unpadded::<2>(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn encode_then_decode_is_identity(bytes: Vec<u8>) {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }

        #[test]
        fn what_is_known_decodes_as_strictly_as_anything(
            bytes: Vec<u8>, at: prop::sample::Index, with: u8
        ) {
            let (mut text, mut room) = (encode(&bytes).into_bytes(), b"before".to_vec());
            prop_assert_eq!(decode_known(&text, &mut room), Some(()));
            prop_assert_eq!(&room, &bytes);
            if let Some(byte) = text.get_mut(at.index(bytes.len() + 1)) {
                *byte = with;
            }
            let altered = STANDARD.decode(&text).ok();
            let known = decode_known(&text, &mut room).map(|()| room);
            prop_assert_eq!(known, altered);
        }

        #[test]
        fn any_text_that_decodes_is_what_its_bytes_encode_to(text in "[A-Za-z0-9+/=]{0,12}") {
            if let Some(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}

//! Time-stamps (RFC 3161): the request for a checkpoint, and what a response says. Whose signature
//! a response bears, and whether it is good, is not looked at here: `openssl ts -verify` does that,
//! against an authority that the reader chose.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode as _, Reader as _, SliceReader, Tag, TagNumber};
use thiserror::Error;

use super::digest::Digest;

/// The longest response that is read, in bytes. Those of common authorities have 1 to 6 kB.
pub const RESPONSE_BYTES_MAX: usize = 65_536;

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// Returns a request in DER for the SHA-256 of `checkpoint`, asking for the certificate as well.
/// It has no nonce, so that the same checkpoint gives the same bytes.
pub fn request(checkpoint: &[u8]) -> Vec<u8> {
    // SEQUENCE { version 1, SEQUENCE { SEQUENCE { sha256, NULL }, OCTET STRING }, certReq TRUE }
    const BEFORE: &[u8] = &[
        0x30, 0x39, 0x02, 0x01, 0x01, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
        0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
    ];
    [BEFORE, Digest::of(checkpoint).as_bytes(), &[0x01, 0x01, 0xff]].concat()
}

/// What a response says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeStamp {
    /// The SHA-256 of what was dated.
    pub imprint: Digest,
    /// When, UTC with milliseconds: `2026-01-02T09:00:00.000Z`. That such a time exists is for the
    /// caller to find out.
    pub time: String,
}

/// Why a response is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TimestampError {
    /// More bytes than are read.
    #[error("the response has {found} bytes; at most {RESPONSE_BYTES_MAX} are read")]
    TooLong {
        /// How many bytes.
        found: usize,
    },
    /// Not the DER of a response with a token.
    #[error("this is not an RFC 3161 response: {part} is not as it must be; ask for it again")]
    BadShape {
        /// Which part.
        part: &'static str,
    },
    /// The authority refused.
    #[error("the authority granted nothing (status {status}); ask another one")]
    NotGranted {
        /// `PKIStatus` of RFC 3161.
        status: u8,
    },
    /// The imprint is by another hash.
    #[error("the response is not about a SHA-256; make the request with: dspt timestamp request")]
    OtherHash,
}

/// Reads a response (`TimeStampResp`) in DER.
///
/// # Errors
/// Anything that is not a response with a token about a SHA-256, and any second spelling of one.
pub fn read(response: &[u8]) -> Result<TimeStamp, TimestampError> {
    if response.len() > RESPONSE_BYTES_MAX {
        return Err(TimestampError::TooLong { found: response.len() });
    }
    let bad = |part| TimestampError::BadShape { part };
    let outer = only(response, Tag::Sequence).ok_or(bad("the response"))?;
    let mut parts = all(outer).ok_or(bad("the response"))?.into_iter();
    granted(&parts.next().ok_or(bad("the status"))?)?;
    let (Some(token), None) = (parts.next(), parts.next()) else {
        return Err(bad("the token"));
    };
    let info = info(token.value()).ok_or(bad("the token"))?;
    let info = only(info, Tag::Sequence).ok_or(bad("the time-stamp"))?;
    let fields = all(info).ok_or(bad("the time-stamp"))?;
    // version, policy, messageImprint, serialNumber, genTime, then what is optional.
    let [version, _policy, imprint, _serial, time, ..] = fields.as_slice() else {
        return Err(bad("the time-stamp"));
    };
    if version.value() != [1] {
        return Err(bad("the version"));
    }
    let imprint = self::imprint(imprint)?;
    let time = moment(time).ok_or(bad("the time"))?;
    Ok(TimeStamp { imprint, time })
}

fn granted(status: &AnyRef<'_>) -> Result<(), TimestampError> {
    let fields = all(status.value()).unwrap_or_default();
    match fields.first().map(|status| status.value()) {
        // 0 granted, 1 granted with changes.
        Some([0 | 1]) => Ok(()),
        Some([status]) => Err(TimestampError::NotGranted { status: *status }),
        _ => Err(TimestampError::BadShape { part: "the status" }),
    }
}

/// The `TSTInfo` inside the CMS `SignedData` of a token.
fn info(token: &[u8]) -> Option<&[u8]> {
    let [kind, content] = all(token)?.try_into().ok()?;
    let signed = explicit(&content).filter(|_| is(&kind, SIGNED_DATA))?;
    let fields = all(only(signed, Tag::Sequence)?)?;
    // version, digestAlgorithms, encapContentInfo, and more.
    let [kind, content] = all(fields.get(2)?.value())?.try_into().ok()?;
    let octets = explicit(&content).filter(|_| is(&kind, TST_INFO))?;
    only(octets, Tag::OctetString)
}

fn imprint(imprint: &AnyRef<'_>) -> Result<Digest, TimestampError> {
    const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
    let bad = TimestampError::BadShape { part: "the imprint" };
    let fields: Option<[AnyRef<'_>; 2]> = all(imprint.value()).and_then(|all| all.try_into().ok());
    let [algorithm, hash] = fields.ok_or_else(|| bad.clone())?;
    let algorithm = all(algorithm.value()).ok_or_else(|| bad.clone())?;
    if !algorithm.first().is_some_and(|kind| is(kind, SHA256)) {
        return Err(TimestampError::OtherHash);
    }
    <[u8; 32]>::try_from(hash.value()).map(Digest::from_bytes).map_err(|_| bad)
}

/// `YYYYMMDDhhmmss[.f]Z`, as RFC 3161 narrows it, with milliseconds; what is finer is cut off.
fn moment(time: &AnyRef<'_>) -> Option<String> {
    use der::Tagged as _;
    let text = std::str::from_utf8(time.value()).ok()?;
    let text = text.strip_suffix('Z').filter(|_| time.tag() == Tag::GeneralizedTime)?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || !digits(whole) || !digits(fraction) {
        return None;
    }
    // No fraction that ends in a zero: one spelling only.
    if text.contains('.') && fraction.ends_with('0') {
        return None;
    }
    let part = |from: usize, to: usize| whole.get(from..to);
    let thousandths: String = fraction.chars().chain("000".chars()).take(3).collect();
    Some(format!(
        "{}-{}-{}T{}:{}:{}.{thousandths}Z",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?
    ))
}

/// The value of bytes that are one element with this tag and nothing after it.
fn only(bytes: &[u8], tag: Tag) -> Option<&[u8]> {
    use der::Tagged as _;
    let element = AnyRef::from_der(bytes).ok()?;
    (element.tag() == tag).then(|| element.value())
}

/// The elements that bytes consist of, at most 64.
fn all(bytes: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(bytes).ok()?;
    let mut elements = Vec::new();
    while !reader.is_finished() {
        if elements.len() == 64 {
            return None;
        }
        elements.push(AnyRef::decode(&mut reader).ok()?);
    }
    Some(elements)
}

/// The value of an element tagged `[0] EXPLICIT`.
fn explicit<'a>(element: &AnyRef<'a>) -> Option<&'a [u8]> {
    use der::Tagged as _;
    let tag = Tag::ContextSpecific { constructed: true, number: TagNumber(0) };
    (element.tag() == tag).then(|| element.value())
}

fn is(element: &AnyRef<'_>, kind: ObjectIdentifier) -> bool {
    use der::Tagged as _;
    element.tag() == Tag::ObjectIdentifier && element.value() == kind.as_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Made by `openssl ts -reply` with an authority of its own; `authority.pem` verifies it.
    const RESPONSE: &[u8] = include_bytes!("../../fixtures/timestamp/checkpoint-3.tsr");
    const CHECKPOINT: &[u8] = include_bytes!("../../fixtures/vectors/checkpoint-3");

    #[test]
    fn the_request_is_what_openssl_makes() {
        // `openssl ts -query -data checkpoint-3 -sha256 -cert -no_nonce`.
        let made = include_bytes!("../../fixtures/timestamp/checkpoint-3.tsq");
        assert_eq!(request(CHECKPOINT), made);
    }

    #[test]
    fn a_response_says_what_was_dated_when() {
        let stamp = read(RESPONSE).unwrap();
        assert_eq!(stamp.imprint, Digest::of(CHECKPOINT));
        assert_eq!(stamp.time, "2026-11-22T01:47:36.000Z");
    }

    #[test]
    fn what_is_no_response_is_refused() {
        for cut in 0..RESPONSE.len() {
            assert!(read(&RESPONSE[..cut]).is_err(), "{cut}");
        }
        assert!(read(&[RESPONSE, b"\0"].concat()).is_err());
        let long = vec![0x30; RESPONSE_BYTES_MAX + 1];
        assert!(matches!(read(&long), Err(TimestampError::TooLong { .. })));
        // The status, the first integer, says that the request was rejected.
        let at = RESPONSE.windows(3).position(|three| three == [2, 1, 0]).unwrap();
        let mut rejected = RESPONSE.to_vec();
        rejected[at + 2] = 2;
        assert_eq!(read(&rejected), Err(TimestampError::NotGranted { status: 2 }));
        // A request is no response.
        assert!(read(&request(CHECKPOINT)).is_err());
    }

    #[test]
    fn a_time_has_one_spelling() {
        let time = |text: &str| {
            let mut der = vec![0x18, u8::try_from(text.len()).unwrap()];
            der.extend(text.bytes());
            moment(&AnyRef::from_der(&der).unwrap())
        };
        assert_eq!(time("20261122014736Z").unwrap(), "2026-11-22T01:47:36.000Z");
        assert_eq!(time("20261122014736.5Z").unwrap(), "2026-11-22T01:47:36.500Z");
        assert_eq!(time("20261122014736.12345Z").unwrap(), "2026-11-22T01:47:36.123Z");
        for bad in [
            "20261122014736",
            "20261122014736.Z",
            "20261122014736.50Z",
            "20261122014736.0Z",
            "2026112201473Z",
            "20261122014736+0000",
            "",
            "Z",
            "2026112201473aZ",
        ] {
            assert_eq!(time(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes: Vec<u8>) {
            let _ = read(&bytes);
        }

        #[test]
        fn any_damage_is_answered(at in 0..RESPONSE.len(), bit in 0..8_u8) {
            let mut bytes = RESPONSE.to_vec();
            bytes[at] ^= 1 << bit;
            let _ = read(&bytes);
        }
    }
}

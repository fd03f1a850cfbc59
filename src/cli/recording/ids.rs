//! Event ids: UUIDs of version 7, so that they sort by the time of recording; events with new ones.

use crate::cli::code::Code;
use crate::cli::error::{Failure, exit};
use crate::domain::date::Timestamp;
use crate::domain::event::Event;
use crate::domain::ids::EventId;
use crate::journal::{File, NewEvent};

/// Makes a new id from the time and 74 random bits (RFC 9562, section 5.7).
///
/// # Errors
/// [`Failure`] when the system gives no random numbers.
pub(in crate::cli) fn new_id(now: Timestamp) -> Result<EventId, Failure> {
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|error| {
        Failure::new(Code::Io, exit::FAILED, format!("no random numbers: {error}"))
    })?;
    from_parts(now, random)
}

/// Makes the id of these parts; the version and variant bits are set here.
///
/// # Errors
/// [`Failure`] never, as 32 hexadecimal digits always are an id.
pub(in crate::cli) fn from_parts(now: Timestamp, random: [u8; 10]) -> Result<EventId, Failure> {
    let millis = now.millis().unsigned_abs() & 0xFFFF_FFFF_FFFF;
    let tail = random.iter().fold(0u128, |bits, byte| bits << 8 | u128::from(*byte));
    let mut bits = u128::from(millis) << 80 | tail;
    bits = bits & !(0xF << 76) | 0x7 << 76;
    bits = bits & !(0x3 << 62) | 0x2 << 62;
    format!("{bits:032x}").parse().map_err(|bad: crate::domain::ids::BadRef| {
        Failure::new(Code::Io, exit::FAILED, bad.to_string())
    })
}

/// An event with a new id.
///
/// # Errors
/// As [`new_id`].
pub(super) fn new_event(
    event: Event,
    files: Vec<File>,
    now: Timestamp,
) -> Result<NewEvent, Failure> {
    Ok(NewEvent { id: new_id(now)?, event, files })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_carry_version_variant_and_time() {
        let now = Timestamp::parse("2026-01-02T09:00:00.000Z").unwrap();
        for random in [[0; 10], [0xFF; 10]] {
            let id = from_parts(now, random).unwrap().to_string();
            assert_eq!(&id[..12], format!("{:012x}", now.millis()));
            assert_eq!(&id[12..13], "7");
            assert!(["8", "9", "a", "b"].contains(&&id[16..17]), "{id}");
        }
    }
}

//! The clock of whoever records, held against what is there: an entry is never stamped earlier than
//! the one before it, so one wrong clock would put its time on everything that follows.

use std::fmt;

use crate::domain::anchor::{TOLERANCE_MILLIS, TOLERANCE_TEXT};
use crate::domain::day::Instant;
use crate::domain::replay::Fact;

/// A clock that is behind the newest entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    /// The newest entry.
    pub seq: u64,
    /// The time that it is stamped with, which later entries get too.
    pub newest: Instant,
    /// What the clock says.
    pub now: Instant,
}

impl Behind {
    /// Holds a clock against the newest entry; none where it is not behind.
    pub fn of(newest: Option<&Fact>, now: Instant) -> Option<Self> {
        let newest = newest.filter(|newest| newest.at > now)?;
        Some(Self { seq: newest.seq, newest: newest.at, now })
    }

    /// Says whether it is farther behind than clocks may differ.
    pub fn is_too_far(&self) -> bool {
        self.newest.millis() > self.now.millis().saturating_add(TOLERANCE_MILLIS)
    }
}

impl fmt::Display for Behind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seq, newest, now } = self;
        write!(out, "this clock says {now}, and the newest entry, #{seq}, says {newest}")?;
        if self.is_too_far() {
            write!(out, ", more than {TOLERANCE_TEXT} later: one of the two clocks is wrong")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::event::{Event, FrameworkAdopted};

    use super::*;

    fn entry(at: i64) -> Fact {
        let framework = "iso27001:2022".parse().unwrap();
        Fact {
            seq: 7,
            at: Instant::from_millis(at),
            by: format!("SHA256:{}", "A".repeat(43)).parse().unwrap(),
            id: "0".repeat(32).parse().unwrap(),
            event: Event::FrameworkAdopted(FrameworkAdopted { framework }),
            subjects: Vec::new(),
        }
    }

    #[test]
    fn a_clock_is_behind_by_a_millisecond_and_too_far_past_the_tolerance() {
        let newest = entry(10_000_000);
        let of = |now| Behind::of(Some(&newest), Instant::from_millis(now));
        assert_eq!(of(10_000_000), None);
        assert_eq!(Behind::of(None, Instant::from_millis(0)), None);
        assert!(!of(9_999_999).unwrap().is_too_far());
        let edge = 10_000_000 - TOLERANCE_MILLIS;
        assert!(!of(edge).unwrap().is_too_far());
        let far = of(edge - 1).unwrap();
        assert!(far.is_too_far());
        let text = far.to_string();
        assert!(text.contains("#7") && text.contains("02:46:40.000Z"), "{text}");
        assert!(text.contains("02:41:39.999Z"), "{text}");
    }
}

//! The clock of whoever records, held against what is there: an entry is never stamped earlier than
//! the one before it, so one wrong clock would put its time on everything that follows.

use std::fmt;

use crate::domain::date::Timestamp;
use crate::domain::state::Fact;
use crate::domain::state::anchor::{Anchor, TOLERANCE_TEXT, is_later};
use crate::domain::state::explained_clock::Explained;

/// A clock that is behind the newest entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    /// The newest entry.
    pub seq: u64,
    /// The time that it is stamped with, which later entries get too.
    pub newest: Timestamp,
    /// What the clock says.
    pub now: Timestamp,
}

impl Behind {
    /// Holds a clock against the newest entry; none where it is not behind.
    pub fn of(newest: Option<&Fact>, now: Timestamp) -> Option<Self> {
        let newest = newest.filter(|newest| newest.at > now)?;
        Some(Self { seq: newest.seq, newest: newest.at, now })
    }

    /// Says whether it is farther behind than clocks may differ.
    pub fn is_too_far(&self) -> bool {
        is_later(self.newest, self.now)
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

/// Says why what outsiders said must not be recorded: verified, its time would be a finding for ever.
///
/// `facts` are those that are there, `stamp` what the entry would claim.
pub(super) fn untimely(facts: &[Fact], anchors: &[Anchor], stamp: Timestamp) -> Result<(), String> {
    let explained = Explained::of(facts);
    for one in anchors {
        let (name, at) = (one.name(), one.at);
        let covered = usize::try_from(one.size).ok().and_then(|size| facts.get(..size));
        let mut covered = covered.unwrap_or_default().iter().rev();
        // Stamps only rise, so the last that counts is the one to compare.
        let newest = covered.find(|fact| explained.stamp(fact.seq, fact.at).is_none());
        if let Some(newest) = newest.filter(|newest| is_later(newest.at, at)) {
            return Err(format!(
                "{name} says {at}, and entry #{}, which it has seen, says {}, more than \
                 {TOLERANCE_TEXT} later: one of the two clocks is wrong, and recorded this would be \
                 held against the ledger for ever; ask for it again with the right clock, or, if that \
                 entry was recorded by a wrong one, say so first: dspt clock own '#{}' --reason TEXT",
                newest.seq, newest.at, newest.seq
            ));
        }
        if is_later(at, stamp) {
            return Err(format!(
                "{name} says {at}, and this would be recorded at {stamp}, more than \
                 {TOLERANCE_TEXT} earlier: one of the two clocks is wrong, and every later entry would \
                 seem to be dated back; set the clock right, or ask for it again"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::domain::event::{Event, FrameworkAdopted};
    use crate::domain::state::anchor::TOLERANCE_MILLIS;

    use super::*;

    fn entry(at: i64) -> Fact {
        let framework = "iso27001:2022".parse().unwrap();
        Fact {
            seq: 7,
            at: Timestamp::from_millis(at),
            by: format!("SHA256:{}", "A".repeat(43)).parse().unwrap(),
            id: "0".repeat(32).parse().unwrap(),
            event: Event::FrameworkAdopted(FrameworkAdopted { framework }),
            subjects: Vec::new(),
        }
    }

    #[test]
    fn a_clock_is_behind_by_a_millisecond_and_too_far_past_the_tolerance() {
        let newest = entry(10_000_000);
        let of = |now| Behind::of(Some(&newest), Timestamp::from_millis(now));
        assert_eq!(of(10_000_000), None);
        assert_eq!(Behind::of(None, Timestamp::from_millis(0)), None);
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

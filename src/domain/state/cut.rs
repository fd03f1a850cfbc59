//! What takes days or units away from a ground or a rule: suspensions, withdrawals, and whatever
//! takes the place of something. A status that rests on a loss names it by these.

use super::known::{Approval, Certificate};
use crate::domain::date::Date;
use crate::domain::event::words::Rows;

/// Something recorded that keeps a ground or a rule from holding on some days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// The entries that say so, in ledger order.
    pub because: Vec<u64>,
    /// What happened, in the words that stand before "from DAY": `suspended`.
    pub what: &'static str,
    /// Why, as it was recorded; blank where no reason is recorded.
    pub reason: String,
}

impl Cut {
    /// Says whether it takes something away on a day.
    pub fn acts_on(&self, day: Date) -> bool {
        self.from <= day && day <= self.until
    }

    /// Returns what happened and since when: `suspended from 1 Oct 2026`.
    pub fn since(&self) -> String {
        format!("{} from {}", self.what, self.from.short())
    }
}

/// What takes days away from a certificate.
pub(in crate::domain) fn of_certificate(certificate: &Certificate) -> Vec<Cut> {
    let suspended = certificate.suspended.iter().map(|one| Cut {
        from: one.what.from,
        until: one.what.until.unwrap_or(Date::MAX),
        because: one.because.clone(),
        what: "suspended",
        reason: one.what.reason.clone(),
    });
    let withdrawn = certificate.withdrawn.iter().map(|one| Cut {
        from: one.what.from,
        until: Date::MAX,
        because: one.because.clone(),
        what: "withdrawn",
        reason: one.what.reason.clone(),
    });
    // A withdrawal is for good, so it is named before a suspension.
    withdrawn.chain(suspended).collect()
}

/// What takes days away from an approved row, or from a joint group by any of its rows.
pub(in crate::domain) fn of_approval(approval: &Approval, rows: &[u64]) -> Vec<Cut> {
    let touches = |withdrawn: &Rows| rows.iter().any(|row| withdrawn.contains(*row));
    let withdrawn = approval.withdrawn.iter().filter(|one| touches(&one.what.rows));
    withdrawn
        .map(|one| Cut {
            from: one.what.from,
            until: Date::MAX,
            because: one.because.clone(),
            what: "approval withdrawn",
            reason: one.what.reason.clone(),
        })
        .collect()
}

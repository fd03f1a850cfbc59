//! What a key may be used for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::ids::bad_ref::BadRef;

/// What a key may be used for. One key has one role; a person may hold several keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Runs the ledger: keys, scope, editions, and everything a contributor does.
    Owner,
    /// Records evidence, certificates, answers and mappings.
    Contributor,
    /// Confirms assertions, approves mappings, accepts that an item does not apply.
    Approver,
    /// Looks from outside or from internal audit: assesses controls, challenges rules.
    Assessor,
    /// A scheme or supervisory body: certificates, their suspension and withdrawal.
    Authority,
}

impl Role {
    /// All roles, in the order that lists show them.
    pub const ALL: [Self; 5] =
        [Self::Owner, Self::Contributor, Self::Approver, Self::Assessor, Self::Authority];

    /// Returns the word used in files and commands.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Contributor => "contributor",
            Self::Approver => "approver",
            Self::Assessor => "assessor",
            Self::Authority => "authority",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = BadRef;
    fn from_str(text: &str) -> Result<Self, BadRef> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| BadRef {
            found: text.to_owned(),
            expected: "a role: owner, contributor, approver, assessor or authority",
        })
    }
}

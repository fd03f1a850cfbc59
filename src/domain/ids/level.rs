//! How far a control or an outcome is met.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::bad_ref::BadRef;

/// How far a requirement or control is met. Items and most controls have one level; outcomes of
/// the NCSC CAF have two above "not achieved".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Wholly met: the only level of an item.
    Met,
    /// CAF: partially achieved.
    PartiallyAchieved,
    /// CAF: achieved.
    Achieved,
}

impl Level {
    /// Returns the word used in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::PartiallyAchieved => "partially-achieved",
            Self::Achieved => "achieved",
        }
    }
}

impl FromStr for Level {
    type Err = BadRef;
    fn from_str(text: &str) -> Result<Self, BadRef> {
        match text {
            "" | "met" => Ok(Self::Met),
            "partially-achieved" => Ok(Self::PartiallyAchieved),
            "achieved" => Ok(Self::Achieved),
            _ => Err(BadRef {
                found: text.to_owned(),
                expected: "a level: met, partially-achieved or achieved",
            }),
        }
    }
}

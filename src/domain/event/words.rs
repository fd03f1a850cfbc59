//! The closed lists of words in bodies: whose clock, which rows, which assurance, what was found.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::ids::bad_ref::BadRef;

/// Whose clock was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// That of whoever recorded the entries: they are stamped too late.
    Author,
    /// That of a witness or a time-stamping authority: its time is not right.
    Outsider,
}

/// Which rows of a mapping an approval takes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Rows {
    /// Every row.
    All(AllRows),
    /// These rows, counted from 1 after the header.
    Listed(Vec<u64>),
}

/// The word `all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AllRows {
    /// Every row.
    All,
}

impl Rows {
    /// Says whether row `number` (from 1) is taken in.
    pub fn contains(&self, number: u64) -> bool {
        match self {
            Self::All(_) => true,
            Self::Listed(rows) => rows.contains(&number),
        }
    }
}

/// Least assurance that a rule asks of its sources, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assurance {
    /// The organisation says so.
    SelfAssessed,
    /// Its internal audit says so.
    InternallyAudited,
    /// An accredited body says so.
    Certified,
}

impl Assurance {
    /// All assurances, weakest first.
    pub const ALL: [Self; 3] = [Self::SelfAssessed, Self::InternallyAudited, Self::Certified];

    /// Returns the word used in files and commands.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SelfAssessed => "self-assessed",
            Self::InternallyAudited => "internally-audited",
            Self::Certified => "certified",
        }
    }
}

impl FromStr for Assurance {
    type Err = BadRef;
    fn from_str(text: &str) -> Result<Self, BadRef> {
        Self::ALL.into_iter().find(|one| one.as_str() == text).ok_or_else(|| BadRef {
            found: text.to_owned(),
            expected: "an assurance: self-assessed, internally-audited or certified",
        })
    }
}

/// What an assessment found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssessmentResult {
    /// The control is in place at the level stated.
    Met,
    /// Part of it is in place. It grounds nothing.
    PartlyMet,
    /// It is not in place. It grounds nothing.
    NotMet,
}

impl AssessmentResult {
    /// All results.
    pub const ALL: [Self; 3] = [Self::Met, Self::PartlyMet, Self::NotMet];

    /// Returns the word used in files and commands.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::PartlyMet => "partly-met",
            Self::NotMet => "not-met",
        }
    }
}

impl FromStr for AssessmentResult {
    type Err = BadRef;
    fn from_str(text: &str) -> Result<Self, BadRef> {
        Self::ALL.into_iter().find(|one| one.as_str() == text).ok_or_else(|| BadRef {
            found: text.to_owned(),
            expected: "a result: met, partly-met or not-met",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rows_are_all_or_listed() {
        let rows: Rows = serde_json::from_value(json!("all")).unwrap();
        assert!(rows.contains(9));
        let rows: Rows = serde_json::from_value(json!([2, 3])).unwrap();
        assert!(rows.contains(3) && !rows.contains(1));
        assert!(serde_json::from_value::<Rows>(json!("some")).is_err());
    }
}

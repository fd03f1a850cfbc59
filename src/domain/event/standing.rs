//! The verdict on a whole assessment, in the DSPT's own words.

/// The verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Something mandatory is missing.
    StandardsNotMet,
    /// All mandatory items and assertions.
    StandardsMet,
    /// That, and a current Cyber Essentials Plus.
    StandardsExceeded,
}

impl Standing {
    /// All verdicts, the least first.
    pub const ALL: [Self; 3] = [Self::StandardsNotMet, Self::StandardsMet, Self::StandardsExceeded];

    /// Returns the DSPT's own words.
    pub fn word(self) -> &'static str {
        match self {
            Self::StandardsNotMet => "Standards Not Met",
            Self::StandardsMet => "Standards Met",
            Self::StandardsExceeded => "Standards Exceeded",
        }
    }

    /// Returns the words for a name in JSON, and any other text as it is.
    pub fn word_of(json: &str) -> &str {
        Self::ALL.into_iter().find(|one| one.json() == json).map_or(json, |one| one.word())
    }

    /// Returns the name in JSON.
    pub fn json(self) -> &'static str {
        match self {
            Self::StandardsNotMet => "standards_not_met",
            Self::StandardsMet => "standards_met",
            Self::StandardsExceeded => "standards_exceeded",
        }
    }
}

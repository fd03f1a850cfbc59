//! The six screens, and where the selection of one stands.

/// The six screens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Screen {
    /// Every item's status.
    #[default]
    Position,
    /// One item's reasons.
    Why,
    /// Two positions.
    Compare,
    /// What was recorded.
    History,
    /// Whether it can be trusted.
    Signatures,
    /// What is still to do.
    YearEnd,
}

impl Screen {
    /// All screens in the order of their numbers.
    pub const ALL: [Self; 6] =
        [Self::Position, Self::Why, Self::Compare, Self::History, Self::Signatures, Self::YearEnd];

    /// Returns its place, from 0.
    pub fn number(self) -> usize {
        Self::ALL.iter().position(|one| *one == self).unwrap_or(0)
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Position => "Position",
            Self::Why => "Why",
            Self::Compare => "Compare",
            Self::History => "History",
            Self::Signatures => "Signatures",
            Self::YearEnd => "Year end",
        }
    }
}

/// Which line of a list is selected, and which is the first on screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The selected line.
    pub at: usize,
    /// The first line on screen.
    pub top: usize,
}

//! The boxes of the Signatures screen and a line of them.

/// A box of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What was checked, and the first problem.
    Checked,
    /// Who signed.
    Signed,
    /// How to check it without this program, and what no check can show.
    Yourself,
}

impl Part {
    /// All boxes from top to bottom.
    pub const ALL: [Self; 3] = [Self::Checked, Self::Signed, Self::Yourself];

    /// Returns its title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Checked => "What was checked",
            Self::Signed => "Who signed",
            Self::Yourself => "Check it yourself, without this program",
        }
    }
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The box that it stands in.
    pub part: Part,
    /// Whether it is the title of its box: said in lists, drawn in the frame.
    pub is_title: bool,
    /// What it is about; the whole text of a heading.
    pub name: String,
    /// In a word or two.
    pub state: String,
    /// The rest.
    pub text: String,
    /// What a row of its box says, cell by cell; of how to check it, one or two ways to say it, the
    /// longer one last. Nothing where it says name, state and text.
    pub row: Vec<String>,
    /// All of it, when it is opened; nothing for a heading.
    pub details: Vec<String>,
    /// The entry that it is about.
    pub entry: Option<u64>,
}

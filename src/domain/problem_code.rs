//! Stable codes of what is wrong with a row, a cell or a whole file that is read.

/// Makes an enum of stable codes: every variant, its code as people and programs see it, and `ALL`.
macro_rules! codes {
    (
        $(#[$about:meta])*
        $visible:vis enum $name:ident { $($(#[$means:meta])* $variant:ident = $code:literal,)+ }
    ) => {
        $(#[$about])*
        $visible enum $name { $($(#[$means])* $variant,)+ }

        impl $name {
            /// Every one of them, in the order of their codes.
            #[cfg(test)]
            $visible const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the code: `DSPT` and four digits. The list is in `docs/errors.md`.
            $visible const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use codes;

codes! {
    /// What is wrong with a row, a cell or a whole file.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum ProblemCode {
        /// The ledger refuses the event that the row would become.
        Refused = "DSPT0033",
        /// No problem has a code of its own.
        Unnamed = "DSPT0100",
        /// A cell that must hold something is blank.
        Blank = "DSPT0101",
        /// A cell holds something that cannot be read.
        NotReadable = "DSPT0102",
        /// What a cell names is not known to this ledger.
        Unknown = "DSPT0103",
        /// An item stands under an assertion that is not its own.
        OtherAssertion = "DSPT0104",
        /// Something stands twice.
        Duplicate = "DSPT0105",
        /// A relationship that says nothing.
        SaysNothing = "DSPT0106",
        /// A joint group is wrong.
        JointGroup = "DSPT0107",
        /// An id has more than one reading, or a spreadsheet changed it.
        Ambiguous = "DSPT0108",
        /// An id is of another release of the framework.
        OtherRelease = "DSPT0109",
        /// An id is withdrawn in the release.
        Withdrawn = "DSPT0110",
        /// An id is a heading, or a clause where only controls belong.
        Heading = "DSPT0111",
        /// A date cannot be read, does not exist, or ends before it begins.
        Date = "DSPT0112",
        /// A file that was named cannot be read or used.
        File = "DSPT0113",
        /// The file is empty, or has a header but no rows.
        Empty = "DSPT0120",
        /// The file is not text.
        NotText = "DSPT0121",
        /// Something is too large.
        TooLarge = "DSPT0122",
        /// The header will not do.
        Header = "DSPT0123",
        /// The shape of a row is wrong.
        Shape = "DSPT0124",
    }
}

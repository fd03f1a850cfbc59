//! A file that somebody brings, and what they said of how it is to be read.

/// A file, and how to read it.
#[derive(Clone, Copy, Debug)]
pub struct Input<'i> {
    /// Its name, as problems show it.
    pub name: &'i str,
    /// Its bytes.
    pub bytes: &'i [u8],
    /// Which sheet of a workbook is meant, where somebody said so.
    pub sheet: Option<&'i str>,
    /// Columns that somebody named: ours, and what the file calls it.
    pub columns: &'i [(String, String)],
}

impl<'i> Input<'i> {
    /// A file of which nothing was said.
    pub fn of(name: &'i str, bytes: &'i [u8]) -> Self {
        Self { name, bytes, sheet: None, columns: &[] }
    }
}

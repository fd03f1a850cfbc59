//! Text from files and ledgers, made safe to show: nothing in it can paint a screen.
//!
//! Control, bidirectional and invisible characters are shown by their number.

use std::fmt::{self, Display, Write as _};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Characters of a found text that a message repeats.
const SHOWN: usize = 60;

/// Returns a found text as a message repeats it: cut, with nothing invisible in it.
pub fn shown(text: &str) -> String {
    let cut: String = text.chars().take(SHOWN).collect();
    let more = if cut.len() < text.len() { "..." } else { "" };
    format!("{}{more}", visible(&cut))
}

/// Reads a text as what it parses to, straight from where it stands.
///
/// # Errors
/// What parsing says, as an error of the format that is read.
pub(super) fn parsed<'de, D, T>(text: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
    T::Err: Display,
{
    struct Parsed<T>(PhantomData<T>);

    impl<T: FromStr> Visitor<'_> for Parsed<T>
    where
        T::Err: Display,
    {
        type Value = T;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("a string")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }

    text.deserialize_str(Parsed(PhantomData))
}

/// Returns text in which control, bidirectional and invisible characters stand as `<U+XXXX>`.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            let _ = write!(out, "<U+{:04X}>", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// Says whether a character is not seen where it stands or changes how others are seen.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f
            | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe007f)
}

/// Returns text on one line, with nothing invisible in it: line feeds and tabs become spaces.
pub fn safe(text: &str) -> String {
    visible(&text.replace(['\n', '\t'], " "))
}

/// Returns a count with its word: `1 row`, `2 rows`, `3 entries`, `4 witnesses`.
pub fn counted(count: impl TryInto<u64>, what: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    if count == 1 {
        return format!("1 {what}");
    }
    match what.strip_suffix('y') {
        Some(stem) => format!("{count} {stem}ies"),
        None if what.ends_with('s') => format!("{count} {what}es"),
        None => format!("{count} {what}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_has_the_word_that_fits() {
        assert_eq!(counted(0_usize, "row"), "0 rows");
        assert_eq!(counted(1_u64, "entry"), "1 entry");
        assert_eq!(counted(2_u64, "entry"), "2 entries");
        assert_eq!(counted(3_u64, "witness"), "3 witnesses");
    }
}

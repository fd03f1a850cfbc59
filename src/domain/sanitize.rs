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

/// Returns JSON in which such characters stand as escapes, so that it paints no screen either and
/// still reads as the same value: outside its strings there are none. Line feeds stay.
pub fn visible_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if is_hidden(c) && c != '\n' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// Returns a text as a cell for a spreadsheet, which must run nothing of it: hidden characters
/// shown, and an apostrophe before what would begin a formula, at the start of the cell and after
/// whatever a spreadsheet may split a line at.
pub fn inert_cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut begins, mut spaced) = (true, true);
    for c in text.chars() {
        // A comma splits only what is not in quotes; prose has one before a dash.
        let splits = matches!(c, ';' | '|' | ',' | '\t' | '\n' | '\r');
        let formula = matches!(
            c,
            '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '﹢' | '﹣' | '﹦' | '﹫' | '−'
        );
        if begins && formula {
            out.push('\'');
        }
        if splits {
            (begins, spaced) = (true, c != ',');
        } else if c == '"' || is_hidden(c) {
            // Both may be gone before the cell is read.
        } else if !(c.is_whitespace() && spaced) {
            begins = false;
        }
        out.push_str(&visible(c.encode_utf8(&mut [0; 4])));
    }
    out
}

/// Says whether a character is not seen where it stands or changes how others are seen.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f
            | 0x34f | 0x115f | 0x1160 | 0x3164 | 0xffa0 | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe007f)
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
    // Entry, entries; but day, days.
    let stem = what.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u']));
    match stem {
        Some(stem) => format!("{count} {stem}ies"),
        None if what.ends_with('s') => format!("{count} {what}es"),
        None => format!("{count} {what}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_counted_as_people_say_it() {
        assert_eq!(counted(1_u64, "day"), "1 day");
        assert_eq!(counted(32_u64, "day"), "32 days");
        assert_eq!(counted(2_u64, "entry"), "2 entries");
        assert_eq!(counted(2_u64, "witness"), "2 witnesses");
    }

    #[test]
    fn json_holds_no_hidden_character_and_reads_as_the_same() {
        let text = "a\u{1b}[31m\u{9b}\u{85}\u{202e}\u{200b}\u{e0041}\u{7f}é表\n\"\\";
        let json = serde_json::json!({ text: text }).to_string();
        let shown = visible_json(&json);
        assert!(!shown.chars().any(is_hidden), "{shown}");
        assert!(shown.contains("\\u009b") && shown.contains("\\udb40\\udc41"), "{shown}");
        let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(read[text], text);
    }

    #[test]
    fn no_cell_begins_a_formula_wherever_a_line_is_split() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("＝1＋1", "'＝1＋1"),
            ("  =1", "  '=1"),
            ("\u{a0}=1", "\u{a0}'=1"),
            ("\t=1", "<U+0009>'=1"),
            ("\u{200b}=1", "<U+200B>'=1"),
            ("x;=1+1", "x;'=1+1"),
            ("x; =1", "x; '=1"),
            ("x;\"=1", "x;\"'=1"),
            ("x|@a", "x|'@a"),
            ("x,=1", "x,'=1"),
            ("x\t+1", "x<U+0009>'+1"),
            ("x\n-1", "x<U+000A>'-1"),
            ("\u{1b}[31mred", "<U+001B>[31mred"),
            ("a, -5 degrees", "a, -5 degrees"),
            ("2026-06-30", "2026-06-30"),
            ("A.8.13 = backups", "A.8.13 = backups"),
            ("'=1", "'=1"),
        ] {
            assert_eq!(inert_cell(text), cell, "{text:?}");
        }
    }

    #[test]
    fn a_count_has_the_word_that_fits() {
        assert_eq!(counted(0_usize, "row"), "0 rows");
        assert_eq!(counted(1_u64, "entry"), "1 entry");
        assert_eq!(counted(2_u64, "entry"), "2 entries");
        assert_eq!(counted(3_u64, "witness"), "3 witnesses");
        assert_eq!(counted(1, "day"), "1 day");
        assert_eq!(counted(32, "day"), "32 days");
    }
}

//! Names that look alike: a second holder of a key must not pass for the first on a screen.
//!
//! A help for the eye, no proof: two names that fold to different texts may still look alike.

use crate::domain::sanitize::is_hidden;

/// Letters of other scripts that are drawn like Latin ones, after lower-casing.
const DRAWN_ALIKE: &[(char, char)] = &[
    ('а', 'a'),
    ('в', 'b'),
    ('с', 'c'),
    ('ԁ', 'd'),
    ('е', 'e'),
    ('ѐ', 'e'),
    ('ё', 'e'),
    ('һ', 'h'),
    ('н', 'h'),
    ('і', 'i'),
    ('ї', 'i'),
    ('ӏ', 'i'),
    ('ј', 'j'),
    ('к', 'k'),
    ('м', 'm'),
    ('п', 'n'),
    ('о', 'o'),
    ('р', 'p'),
    ('ԛ', 'q'),
    ('г', 'r'),
    ('ѕ', 's'),
    ('т', 't'),
    ('у', 'y'),
    ('ѵ', 'v'),
    ('ԝ', 'w'),
    ('х', 'x'),
    ('α', 'a'),
    ('β', 'b'),
    ('ϲ', 'c'),
    ('ε', 'e'),
    ('η', 'n'),
    ('ι', 'i'),
    ('κ', 'k'),
    ('μ', 'm'),
    ('ν', 'v'),
    ('ο', 'o'),
    ('ρ', 'p'),
    ('τ', 't'),
    ('υ', 'u'),
    ('χ', 'x'),
    ('γ', 'y'),
    ('ω', 'w'),
    ('ζ', 'z'),
    ('ϳ', 'j'),
    ('օ', 'o'),
    ('ո', 'n'),
    ('ս', 'u'),
    ('հ', 'h'),
    ('զ', 'q'),
    ('ց', 'g'),
    ('ɡ', 'g'),
    ('ı', 'i'),
    ('ɑ', 'a'),
    ('ɩ', 'i'),
    ('ʋ', 'v'),
    ('ꞵ', 'b'),
];

/// Letters with marks, by the letter under them, after lower-casing.
const MARKED: &[(char, &str)] = &[
    ('a', "àáâãäåāăąǎǟǡǻȁȃȧạảấầẩẫậắằẳẵặ"),
    ('c', "çćĉċčḉ"),
    ('d', "ďđḋḍḏḑḓ"),
    ('e', "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ"),
    ('g', "ĝğġģǧǵḡ"),
    ('h', "ĥħȟḣḥḧḩḫ"),
    ('i', "ìíîïĩīĭįǐȉȋḭḯỉị"),
    ('j', "ĵǰ"),
    ('k', "ķǩḱḳḵ"),
    ('l', "ĺļľŀłḷḹḻḽ"),
    ('m', "ḿṁṃ"),
    ('n', "ñńņňŉǹṅṇṉṋ"),
    ('o', "òóôõöøōŏőơǒǫǭǿȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợ"),
    ('r', "ŕŗřȑȓṙṛṝṟ"),
    ('s', "śŝşšșṡṣṥṧṩ"),
    ('t', "ţťŧțṫṭṯṱẗ"),
    ('u', "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự"),
    ('w', "ŵẁẃẅẇẉẘ"),
    ('y', "ýÿŷȳẏẙỳỵỷỹ"),
    ('z', "źżžẑẓẕ"),
];

/// Returns what is left of a name for the eye: no case, width, blanks, points, marks or script.
fn folded(name: &str) -> String {
    let letters: String = name
        .chars()
        .map(narrow)
        .flat_map(char::to_lowercase)
        .filter(|c| !is_hidden(*c) && !is_mark(*c) && (c.is_alphanumeric() || *c == '|'))
        .map(plain)
        .collect();
    letters.replace("rn", "m").replace("vv", "w")
}

/// The ASCII form of a wide or mathematical letter or digit.
fn narrow(c: char) -> char {
    let number = u32::from(c);
    let ascii = match number {
        0xff01..=0xff5e => Some(number - 0xff01 + 0x21),
        0x1d400..=0x1d6a3 => {
            let letter = (number - 0x1d400) % 52;
            Some(if letter < 26 { 0x41 + letter } else { 0x61 + letter - 26 })
        }
        0x1d7ce..=0x1d7ff => Some(0x30 + (number - 0x1d7ce) % 10),
        _ => None,
    };
    ascii.and_then(char::from_u32).unwrap_or(c)
}

/// Marks that are drawn onto the letter before them.
fn is_mark(c: char) -> bool {
    matches!(u32::from(c),
        0x300..=0x36f | 0x483..=0x489 | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff
        | 0xfe00..=0xfe0f | 0xfe20..=0xfe2f)
}

/// The Latin letter that a letter is drawn like; `0` is an `o`, and `1`, `l`, `i`, `|` are one.
fn plain(c: char) -> char {
    let alike = DRAWN_ALIKE.iter().find(|(other, _)| *other == c).map(|(_, latin)| *latin);
    let marked = MARKED.iter().find(|(_, all)| all.contains(c)).map(|(latin, _)| *latin);
    match alike.or(marked).unwrap_or(c) {
        '0' => 'o',
        '1' | 'l' | '|' => 'i',
        other => other,
    }
}

/// Says whether two different names look the same at a glance.
pub fn look_alike(one: &str, other: &str) -> bool {
    one != other && folded(one) == folded(other)
}

/// Says whether a word of the name mixes Latin letters with letters drawn like them.
pub fn is_mixed(name: &str) -> bool {
    name.split_whitespace().any(|word| {
        let mut letters = word.chars().flat_map(char::to_lowercase);
        let latin = word.chars().any(|c| c.is_ascii_alphabetic());
        latin && letters.any(|c| !c.is_ascii() && DRAWN_ALIKE.iter().any(|(other, _)| *other == c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_the_same_are_found() {
        for other in [
            "Priya\u{a0}Example",
            "priya example",
            "Priya\u{2003}Example",
            "Рriya Example", // Cyrillic er
            "Priya Exаmple", // Cyrillic a
            "Prіya Example", // Cyrillic i
            "Priya Εxample", // Greek epsilon
            "Ｐｒｉｙａ Example",
            "Priya\u{200b} Example",
            "Priyá Example",
            "Priya\u{301} Example",
            "Pr1ya Examp1e",
            "Priya Exarnple",
            "Priya-Example.",
            "\u{1d40f}riya Example",
        ] {
            assert!(look_alike("Priya Example", other), "{other}");
        }
        for other in ["Priya Example", "Priya Sample", "P. Example", "Example Priya", ""] {
            assert!(!look_alike("Priya Example", other), "{other}");
        }
    }

    #[test]
    fn a_word_of_two_scripts_is_found() {
        assert!(is_mixed("Rоsa"));
        assert!(!is_mixed("Rosa"));
        assert!(!is_mixed("Роза Lund"));
        assert!(!is_mixed("Zoë Lund"));
    }
}

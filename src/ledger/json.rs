//! The canonical JSON of the ledger: RFC 8785 narrowed to integers within ±(2^53-1), which every
//! reader in every language holds exactly. Reading accepts the canonical bytes alone, so equal
//! keys, spare spaces, other escapes and other number forms cannot hide a second meaning.

use std::fmt::Write;

use serde_json::{Map, Number, Value};
use thiserror::Error;

use super::digest::shown;

/// How many arrays and objects may stand inside one another.
pub const DEPTH_MAX: usize = 32;

/// The largest integer, 2^53-1; the smallest is its negative (RFC 7493 section 2.2).
pub const INTEGER_MAX: i64 = 9_007_199_254_740_991;

/// Why a value or a text is not canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotCanonical {
    /// A byte that is not UTF-8.
    #[error("byte {at} is not UTF-8; write the text as UTF-8")]
    NotUtf8 {
        /// Where the first such byte is, from 0.
        at: usize,
    },
    /// Not JSON at all.
    #[error("line {line} column {column} is not JSON; write RFC 8785 canonical JSON")]
    NotJson {
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault, from 1.
        column: usize,
    },
    /// A number with a fraction or exponent, or one too large.
    #[error("`{found}` is not an integer within ±(2^53-1); write other numbers as strings")]
    Number {
        /// The number as it was read.
        found: String,
    },
    /// Arrays and objects nested too deeply.
    #[error("more than {DEPTH_MAX} arrays and objects are nested; write a flatter value")]
    TooDeep,
    /// JSON whose canonical form has other bytes.
    #[error("byte {at} differs from the canonical form; write sorted, unique keys and no spaces")]
    OtherSpelling {
        /// Where the bytes first differ, from 0.
        at: usize,
    },
}

/// Returns the canonical text of `value`.
///
/// # Errors
/// A number that is not an integer within ±(2^53-1), or nesting beyond [`DEPTH_MAX`].
pub fn canonical(value: &Value) -> Result<String, NotCanonical> {
    let mut out = String::new();
    write_value(&mut out, value, 0)?;
    Ok(out)
}

/// Reads bytes that are exactly the canonical text of one value.
///
/// # Errors
/// Anything else, be it equal in meaning.
pub fn parse_canonical(bytes: &[u8]) -> Result<Value, NotCanonical> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| NotCanonical::NotUtf8 { at: error.valid_up_to() })?;
    // The parser recurses; the nesting is counted first so that no input decides its stack.
    if nesting(text) > DEPTH_MAX {
        return Err(NotCanonical::TooDeep);
    }
    let value = serde_json::from_str(text)
        .map_err(|error| NotCanonical::NotJson { line: error.line(), column: error.column() })?;
    let again = canonical(&value)?;
    if again == text {
        return Ok(value);
    }
    let at = again.bytes().zip(text.bytes()).take_while(|(ours, theirs)| ours == theirs).count();
    Err(NotCanonical::OtherSpelling { at })
}

/// Says whether text has more objects or more values than one for so many bytes, outside its strings.
/// Each takes some hundred bytes of memory when it is read, however short it is written.
pub fn is_denser(bytes: &[u8], per_object: usize, per_value: usize) -> bool {
    let (mut objects, mut values) = (0_usize, 0_usize);
    let (mut in_string, mut escaped) = (false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'{' | b'[' | b',' | b':' if !in_string => {
                values += 1;
                objects += usize::from(*byte == b'{');
            }
            _ => {}
        }
    }
    objects > bytes.len() / per_object + 8 || values > bytes.len() / per_value + 32
}

fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for (_, bracket) in brackets(text) {
        depth = if is_opening(bracket) { depth + 1 } else { depth.saturating_sub(1) };
        deepest = deepest.max(depth);
    }
    deepest
}

/// The brackets of arrays and objects that stand in no string, each with its place.
pub(super) fn brackets(text: &str) -> impl Iterator<Item = (usize, u8)> {
    let (mut in_string, mut escaped) = (false, false);
    text.bytes().enumerate().filter(move |(_, byte)| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' | b']' | b'}' => return !in_string,
            _ => {}
        }
        false
    })
}

pub(super) const fn is_opening(bracket: u8) -> bool {
    matches!(bracket, b'[' | b'{')
}

fn write_value(out: &mut String, value: &Value, depth: usize) -> Result<(), NotCanonical> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => write_number(out, number)?,
        Value::String(text) => write_string(out, text),
        Value::Array(items) => write_array(out, items, deeper(depth)?)?,
        Value::Object(fields) => write_object(out, fields, deeper(depth)?)?,
    }
    Ok(())
}

const fn deeper(depth: usize) -> Result<usize, NotCanonical> {
    if depth < DEPTH_MAX { Ok(depth + 1) } else { Err(NotCanonical::TooDeep) }
}

fn write_number(out: &mut String, number: &Number) -> Result<(), NotCanonical> {
    let integer = number.as_i64().filter(|integer| (-INTEGER_MAX..=INTEGER_MAX).contains(integer));
    let refused = || NotCanonical::Number { found: shown(&number.to_string()) };
    // Writing to a String cannot fail; the result is folded in because it must be used.
    write!(out, "{}", integer.ok_or_else(refused)?).map_err(|_| refused())
}

fn write_string(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    // Most texts have nothing to escape; what lies between two escapes is copied whole.
    while let Some((plain, special, after)) = next_special(rest) {
        out.push_str(plain);
        rest = after;
        match special {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            0x08 => out.push_str("\\b"),
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            0x0c => out.push_str("\\f"),
            b'\r' => out.push_str("\\r"),
            // RFC 8785 section 3.2.2.2: the other controls, and only they, as \u00xx.
            control => {
                let code = u32::from(control);
                out.push_str("\\u00");
                out.extend([code >> 4, code & 15].map(|n| char::from_digit(n, 16).unwrap_or('0')));
            }
        }
    }
    out.push_str(rest);
    out.push('"');
}

/// Splits a text at the first byte that cannot stand in a string as it is, which is always ASCII.
fn next_special(text: &str) -> Option<(&str, u8, &str)> {
    let is_special = |byte: &u8| matches!(byte, 0..0x20 | b'"' | b'\\');
    let at = text.bytes().position(|byte| is_special(&byte))?;
    let special = *text.as_bytes().get(at)?;
    Some((text.get(..at)?, special, text.get(at + 1..)?))
}

fn write_array(out: &mut String, items: &[Value], depth: usize) -> Result<(), NotCanonical> {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_value(out, item, depth)?;
    }
    out.push(']');
    Ok(())
}

fn write_object(
    out: &mut String,
    fields: &Map<String, Value>,
    depth: usize,
) -> Result<(), NotCanonical> {
    let mut sorted: Vec<_> = fields.iter().collect();
    // RFC 8785 section 3.2.3: by UTF-16 units, which differs from the order of UTF-8 bytes.
    sorted.sort_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
    out.push('{');
    for (at, (key, value)) in sorted.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_string(out, key);
        out.push(':');
        write_value(out, value, depth)?;
    }
    out.push('}');
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn refused(text: &str) -> NotCanonical {
        parse_canonical(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn keys_are_in_utf16_order() {
        // The example of RFC 8785 section 3.2.3.
        let value = json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet",
            "1": "One", "\u{1f600}": "Emoji", "\u{80}": "Control", "\u{f6}": "Latin Small Letter O"
        });
        let expected = "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\
            \"\u{f6}\":\"Latin Small Letter O\",\"\u{20ac}\":\"Euro Sign\",\
            \"\u{1f600}\":\"Emoji\",\"\u{fb33}\":\"Hebrew Letter Dalet\"}";
        assert_eq!(canonical(&value).unwrap(), expected);
        assert_eq!(parse_canonical(expected.as_bytes()).unwrap(), value);
    }

    #[test]
    fn controls_are_escaped_and_nothing_else_is() {
        let value = json!("\u{8}\t\n\u{c}\r\"\\/\u{0}\u{1f}\u{7f}é\u{2028}");
        let expected = "\"\\b\\t\\n\\f\\r\\\"\\\\/\\u0000\\u001f\u{7f}é\u{2028}\"";
        assert_eq!(canonical(&value).unwrap(), expected);
    }

    #[test]
    fn a_second_spelling_is_refused_where_it_differs() {
        assert_eq!(refused(r#"{"b":1,"a":2}"#), NotCanonical::OtherSpelling { at: 2 });
        assert_eq!(refused(r#"{"a":1,"a":2}"#), NotCanonical::OtherSpelling { at: 5 });
        assert_eq!(refused(r#"{"a":2,"a":2}"#), NotCanonical::OtherSpelling { at: 6 });
        assert_eq!(refused(r#"["\u0061"]"#), NotCanonical::OtherSpelling { at: 2 });
        assert_eq!(refused(r#"["\u001F"]"#), NotCanonical::OtherSpelling { at: 7 });
        assert_eq!(refused("[1] "), NotCanonical::OtherSpelling { at: 3 });
        assert_eq!(refused(" [1]"), NotCanonical::OtherSpelling { at: 0 });
        assert_eq!(refused("[1]\n"), NotCanonical::OtherSpelling { at: 3 });
        for text in ["", "[1,]", "\u{feff}[]", "[01]", "[+1]", r#"["\ud800"]"#, "[1]x", "nul"] {
            assert!(matches!(refused(text), NotCanonical::NotJson { .. }), "{text}");
        }
        assert_eq!(parse_canonical(b"[\"\xff\"]"), Err(NotCanonical::NotUtf8 { at: 2 }));
    }

    #[test]
    fn numbers_are_integers_that_every_reader_holds() {
        for text in ["[9007199254740991]", "[-9007199254740991]", "[0]"] {
            assert!(parse_canonical(text.as_bytes()).is_ok(), "{text}");
        }
        let wide = ["9007199254740992", "-9007199254740992", "18446744073709551616"];
        for text in [&wide[..], &["1.0", "1e0", "-0", "0.5", "1E400"]].concat() {
            let error = refused(&format!("[{text}]"));
            let expected = matches!(error, NotCanonical::Number { .. })
                || (text == "1E400" && matches!(error, NotCanonical::NotJson { .. }));
            assert!(expected, "{text}: {error}");
        }
    }

    #[test]
    fn nesting_is_bounded_both_ways() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse_canonical(nested(DEPTH_MAX).as_bytes()).is_ok());
        assert_eq!(refused(&nested(DEPTH_MAX + 1)), NotCanonical::TooDeep);
        assert_eq!(refused(&"[".repeat(1_000_000)), NotCanonical::TooDeep);
        let in_text = format!("\"\\\"{}\"", "[".repeat(100));
        assert!(parse_canonical(in_text.as_bytes()).is_ok());
        let deep = (0..=DEPTH_MAX).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(canonical(&deep), Err(NotCanonical::TooDeep));
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-INTEGER_MAX..=INTEGER_MAX).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_text_is_the_one_another_library_writes(value in any_value()) {
            let ours = canonical(&value).unwrap();
            prop_assert_eq!(&ours, &serde_json_canonicalizer::to_string(&value).unwrap());
            prop_assert_eq!(parse_canonical(ours.as_bytes()).unwrap(), value);
        }

        #[test]
        fn any_bytes_are_answered(bytes: Vec<u8>) {
            let _ = parse_canonical(&bytes);
        }

        #[test]
        fn any_json_like_text_is_answered(text in r#"[\[\]{}",:0-9a-c\\ue.+ -]{0,40}"#) {
            if let Ok(value) = parse_canonical(text.as_bytes()) {
                prop_assert_eq!(canonical(&value).unwrap(), text);
            }
        }
    }
}

//! The outline of an entry: where its fields stand in its canonical text.
//!
//! Canonical JSON has one order of fields and one spelling, so the fields of an entry that was
//! checked before are found by going along its text once. Nothing is checked here that
//! [`super::parse`] checks: for every entry that it accepts, both give the same fields; what this
//! gives of another entry is of no worth, and the caller says what its bytes are.

use super::base64::decode_known;
use super::json::{brackets, is_opening};

/// The fields that a fact needs, as they stand in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outline<'t> {
    /// When it was recorded.
    pub at: &'t str,
    /// The event, a JSON object.
    pub body: &'t str,
    /// The keyid of the author.
    pub by: &'t str,
    /// The id.
    pub id: &'t str,
    /// The type of the event.
    pub kind: &'t str,
    /// All subjects, a JSON list; the first is the ledger itself.
    pub subjects: &'t str,
}

/// Returns the outline of an entry, its payload in the place of what `room` holds; none where its
/// text does not go on as that of an entry.
pub fn outline<'t>(entry: &[u8], room: &'t mut Vec<u8>) -> Option<Outline<'t>> {
    let envelope = entry.strip_prefix(br#"{"payload":""#)?;
    let end = memchr::memchr(b'"', envelope)?;
    decode_known(envelope.get(..end)?, room)?;
    let mut text = Text(std::str::from_utf8(room).ok()?);
    text.pass(r#"{"_type":""#)?;
    text.string()?;
    text.pass(r#","predicate":{"at":""#)?;
    let at = text.string()?;
    text.pass(r#","body":"#)?;
    let body = text.object()?;
    text.pass(r#","by":""#)?;
    let by = text.string()?;
    text.pass(r#","id":""#)?;
    let id = text.string()?;
    text.pass(r#","ledger":""#)?;
    text.string()?;
    text.pass(r#","root":""#)?;
    text.string()?;
    text.pass(r#","seq":"#)?;
    text.digits();
    text.pass(r#","type":""#)?;
    let kind = text.string()?;
    text.pass(r#"},"predicateType":""#)?;
    text.string()?;
    text.pass(r#","subject":"#)?;
    let subjects = text.0.strip_suffix('}')?;
    Some(Outline { at, body, by, id, kind, subjects })
}

/// What is left of a text that is gone along.
struct Text<'t>(&'t str);

impl<'t> Text<'t> {
    fn pass(&mut self, expected: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(())
    }

    /// Goes past the rest of a string and its closing quote. A field that is read so has no escape.
    fn string(&mut self) -> Option<&'t str> {
        let (string, rest) = self.0.split_once('"')?;
        self.0 = rest;
        Some(string)
    }

    fn digits(&mut self) {
        self.0 = self.0.trim_start_matches(|c: char| c.is_ascii_digit());
    }

    /// Goes past an object, whatever it holds.
    fn object(&mut self) -> Option<&'t str> {
        let mut depth = 0_u32;
        let (end, _) = brackets(self.0).find(|(_, bracket)| {
            depth = if is_opening(*bracket) { depth + 1 } else { depth.saturating_sub(1) };
            depth == 0
        })?;
        let (object, rest) = self.0.split_at_checked(end + 1)?;
        self.0 = rest;
        Some(object)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::ledger::base64;
    use crate::ledger::entry::{Draft, Subject, seal};
    use crate::ledger::json::canonical;
    use crate::ledger::key::SeedSigner;
    use crate::ledger::parse::parse;
    use crate::ledger::{Digest, Origin};

    const ENTRIES: [&str; 5] = [
        include_str!("../../fixtures/vectors/entry-0.json"),
        include_str!("../../fixtures/vectors/entry-1.json"),
        include_str!("../../fixtures/vectors/entry-2.json"),
        include_str!("../../fixtures/vectors/entry-3.json"),
        include_str!("../../fixtures/vectors/entry-4.json"),
    ];

    /// Whatever the reader of entries accepts has the outline that it read.
    fn check(entry: &[u8]) -> Result<bool, TestCaseError> {
        let Ok(read) = parse(entry) else {
            // It is answered all the same.
            let _ = outline(entry, &mut Vec::new());
            return Ok(false);
        };
        let (mut room, read) = (b"of another entry".to_vec(), read.statement);
        let found = outline(entry, &mut room);
        let found = found.ok_or_else(|| TestCaseError::fail("an entry without an outline"))?;
        let names = (found.at, found.by, found.id, found.kind);
        prop_assert_eq!(names, (&*read.at, &*read.by, &*read.id, &*read.kind));
        prop_assert_eq!(found.body, canonical(&read.body).unwrap());
        let subject =
            |one: &Subject| json!({"digest": {"sha256": one.sha256.hex()}, "name": one.name});
        let all: Vec<Value> =
            std::iter::once(&read.identity).chain(&read.subjects).map(subject).collect();
        prop_assert_eq!(found.subjects, canonical(&Value::from(all)).unwrap());
        Ok(true)
    }

    #[test]
    fn worked_entries_have_the_outline_that_is_read() {
        for entry in ENTRIES {
            assert!(check(entry.as_bytes()).unwrap());
        }
    }

    /// Texts that look like the text around them.
    fn any_text() -> impl Strategy<Value = String> {
        let like = [
            r#"},"by":""#,
            r#""type":"x"},"predicateType":"#,
            "\\",
            "\\\"",
            "{",
            "}",
            "\"",
            "",
            r#"{"_type":""#,
            "é\u{1f600}",
            "\u{0}\n",
            "body",
            "by",
            "v",
        ];
        prop_oneof![any::<String>(), prop::sample::select(like.to_vec()).prop_map(str::to_owned)]
    }

    fn any_body() -> impl Strategy<Value = Value> {
        let leaf =
            prop_oneof![any_text().prop_map(Value::from), any::<i32>().prop_map(Value::from)];
        let value = leaf.prop_recursive(3, 20, 4, |inner| {
            let fields = prop::collection::vec((any_text(), inner.clone()), 0..4);
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Value::from),
                fields.prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        });
        prop::collection::vec((any_text(), value), 0..5)
            .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>()))
    }

    proptest! {
        #[test]
        fn any_entry_has_the_outline_that_is_read(
            body in any_body(), names in prop::collection::btree_set(any_text(), 0..3), seq in 1..u64::from(u32::MAX)
        ) {
            let draft = Draft {
                ledger: Origin::parse("ledger.example/northbridge/dspt").unwrap(),
                ledger_id: Digest::of(b"it"),
                seq,
                root: Digest::of(b"before"),
                at: "2026-01-02T09:00:00.000Z".to_owned(),
                id: "00112233445566778899aabbccddeeff".to_owned(),
                kind: "evidence-recorded".to_owned(),
                body,
                subjects: names
                    .into_iter()
                    .filter(|name| !name.is_empty() && !name.contains(char::is_control))
                    .map(|name| Subject { sha256: Digest::of(name.as_bytes()), name })
                    .collect(),
            };
            let entry = seal(&draft, &[&SeedSigner::from_seed(&[1; 32])]).unwrap();
            prop_assert!(check(&entry)?);
        }

        #[test]
        fn any_damage_is_answered(
            entry in prop::sample::select(ENTRIES.to_vec()), at: prop::sample::Index,
            with in "[ -~]{0,4}", cut in 0_usize..9, inside: bool,
        ) {
            let value: Value = serde_json::from_str(entry).unwrap();
            let before = value["payload"].as_str().unwrap();
            let payload = base64::decode(before).unwrap();
            let text = if inside { payload.clone() } else { entry.as_bytes().to_vec() };
            let start = at.index(text.len());
            let end = (start + cut).min(text.len());
            let altered = [&text[..start], with.as_bytes(), &text[end..]].concat();
            if inside {
                check(entry.replace(before, &base64::encode(&altered)).as_bytes())?;
            } else {
                check(&altered)?;
            }
        }

        #[test]
        fn any_bytes_are_answered(bytes: Vec<u8>) {
            check(&bytes)?;
        }
    }
}

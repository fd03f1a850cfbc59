//! The fields of a body, read from its text without a tree of values between.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

/// Reads the fields of one kind and their version, which must be that of the kind.
pub(super) fn fields<T: DeserializeOwned>(text: &str, wanted: u64) -> Option<T> {
    let mut version = None;
    let mut json = serde_json::Deserializer::from_str(text);
    let fields = T::deserialize(Body { json: &mut json, version: &mut version }).ok()?;
    json.end().ok()?;
    (version == Some(wanted)).then_some(fields)
}

/// An object without its field `v`, which goes to `version`.
struct Body<'v, D> {
    json: D,
    version: &'v mut Option<u64>,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Body<'_, D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.json.deserialize_map(Body { json: visitor, version: self.version })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Body<'_, V> {
    type Value = V::Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.json.expecting(out)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.json.visit_map(Body { json: map, version: self.version })
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Body<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        while let Some(name) = self.json.next_key::<&'de str>()? {
            if name != "v" {
                return seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some);
            }
            *self.version = Some(self.json.next_value()?);
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.json.next_value_seed(seed)
    }
}

/// Reads a field that is there: left out is one spelling of nothing, and `null` would be a second.
pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

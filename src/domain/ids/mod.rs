//! Names of things: editions, categories, items, assertions, frameworks, controls, units, events.
//!
//! Each is parsed once at the edge; after that a value of these types is known to be well formed
//! (not that it exists: the catalogues of the ledger say that).

#[macro_use]
mod text_forms;

pub mod bad_ref;
pub mod level;
pub mod scheme;

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize};

pub use bad_ref::BadRef;
pub use level::Level;
pub use scheme::Scheme;

fn is_slug(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && !text.starts_with(['-', '.'])
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
}

checked_text!(
    /// A year's DSPT rules, such as `2025-26-v8`.
    EditionId, "an edition; write it as 2025-26-v8", is_slug
);
checked_text!(
    /// What decides which items bind, such as `cat2-it-supplier`.
    CategoryId, "a category; write it as cat2-it-supplier", is_slug
);
checked_text!(
    /// A kind of organisation, such as `it-supplier`.
    OrganisationType, "an organisation type; write it as it-supplier", is_slug
);
checked_text!(
    /// A part of the organisation, such as `hosting`.
    UnitId, "a scope unit; write it as lower-case letters, digits and hyphens", is_slug
);
/// An event's identity: 32 lower-case hexadecimal digits (a UUID of version 7).
///
/// Kept as the number they write, since a large ledger holds many; its order is that of the text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub struct EventId(u128);

impl EventId {
    /// Returns its 16 bytes.
    pub fn to_bytes(&self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// Returns the number that it writes.
    pub(super) fn number(&self) -> u128 {
        self.0
    }
}

impl FromStr for EventId {
    type Err = BadRef;
    fn from_str(text: &str) -> Result<Self, BadRef> {
        let digits = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let half = |part| u64::from_str_radix(part, 16).ok().map(u128::from);
        let halves = text.split_at_checked(16).filter(|_| digits && text.len() == 32);
        let number = halves.and_then(|(high, low)| Some(half(high)? << 64 | half(low)?));
        number.map(Self).ok_or_else(|| BadRef {
            found: text.to_owned(),
            expected: "an event id of 32 hexadecimal digits",
        })
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", self.0)
    }
}

parsed_strings!(EventId);

/// A public key's fingerprint, `SHA256:` and 43 characters, as `ssh-keygen -lf` prints it.
///
/// Shared between the entries that it signed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub struct KeyId(Arc<str>);

impl KeyId {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyId {
    type Err = BadRef;
    fn from_str(text: &str) -> Result<Self, BadRef> {
        let is_base64 = |b: u8| b.is_ascii_alphanumeric() || b == b'+' || b == b'/';
        let hash = text.strip_prefix("SHA256:");
        if hash.is_some_and(|rest| rest.len() == 43 && rest.bytes().all(is_base64)) {
            Ok(Self(text.into()))
        } else {
            let expected = "a key fingerprint; write it as SHA256: and 43 characters of base64";
            Err(BadRef { found: text.to_owned(), expected })
        }
    }
}

string_forms!(KeyId);

/// Orders dotted ids by their parts, numbers as numbers, so that 9.5.9 comes before 9.5.10.
fn natural_cmp(left: &str, right: &str) -> Ordering {
    fn parts(text: &str) -> impl Iterator<Item = (u64, &str)> {
        text.split(['.', '-', '(', ')']).map(|part| (part.parse().unwrap_or(u64::MAX), part))
    }
    parts(left).cmp(parts(right)).then_with(|| left.cmp(right))
}

fn is_dotted(text: &str, parts: usize) -> bool {
    text.split('.').count() == parts
        && text.split('.').all(|part| {
            !part.is_empty()
                && part.len() <= 3
                && !part.starts_with('0')
                && part.bytes().all(|b| b.is_ascii_digit())
        })
}

/// An evidence item's number inside its edition and category, such as `8.3.4`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "String")]
pub struct ItemId(CompactString);

/// An assertion's number inside its edition and category, such as `8.3`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "String")]
pub struct AssertionId(CompactString);

impl ItemId {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the assertion that the item belongs to.
    pub fn assertion(&self) -> AssertionId {
        let end = self.0.rfind('.').unwrap_or(self.0.len());
        AssertionId(self.0.get(..end).unwrap_or_default().into())
    }
}

impl AssertionId {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Parses a dotted id and orders it naturally.
macro_rules! dotted {
    ($name:ident, $parts:literal, $expected:literal) => {
        impl FromStr for $name {
            type Err = BadRef;
            fn from_str(text: &str) -> Result<Self, BadRef> {
                if is_dotted(text, $parts) {
                    Ok(Self(text.into()))
                } else {
                    Err(BadRef { found: text.to_owned(), expected: $expected })
                }
            }
        }

        natural_order!($name);
        string_forms!($name);
    };
}

/// Total order by [`natural_cmp`] of the text.
macro_rules! natural_order {
    ($name:ident) => {
        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                natural_cmp(self.as_str(), other.as_str())
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }
    };
}

dotted!(ItemId, 3, "an evidence item; write its number as STANDARD.ASSERTION.ITEM, in digits");
dotted!(AssertionId, 2, "an assertion; write its number as STANDARD.ASSERTION, in digits");

impl ItemId {
    /// The number that a text is about which is not written as one: with zeros before, a dot or
    /// blanks after, or with something in front.
    pub fn meant(text: &str) -> Option<Self> {
        meant(text)?.parse().ok()
    }
}

impl AssertionId {
    /// As [`ItemId::meant`]; of an item's number, its assertion.
    pub fn meant(text: &str) -> Option<Self> {
        let item = ItemId::meant(text).map(|item| item.assertion());
        item.or_else(|| meant(text)?.parse().ok())
    }
}

/// The last part of a path, its dotted parts without what is not written: leading zeros, blanks, and
/// dots at the end.
fn meant(text: &str) -> Option<String> {
    let last = text.rsplit('/').next()?.trim().trim_end_matches('.');
    let plain = |part: &str| {
        let part = part.trim();
        let digits = part.trim_start_matches('0');
        let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        number.then(|| digits.to_owned())
    };
    let parts: Vec<String> = last.split('.').map(plain).collect::<Option<_>>()?;
    Some(parts.join("."))
}

/// The full key of an evidence item: the same number asks different things in other editions and
/// categories, so the number alone names nothing. Written `2025-26-v8/cat2-it-supplier/8.3.4`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub struct ItemRef {
    /// Edition.
    pub edition: EditionId,
    /// Category.
    pub category: CategoryId,
    /// Number.
    pub item: ItemId,
}

/// The full key of an assertion. Written `2025-26-v8/cat2-it-supplier/8.3`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub struct AssertionRef {
    /// Edition.
    pub edition: EditionId,
    /// Category.
    pub category: CategoryId,
    /// Number.
    pub assertion: AssertionId,
}

impl ItemRef {
    /// Returns the assertion that the item belongs to.
    pub fn assertion(&self) -> AssertionRef {
        AssertionRef {
            edition: self.edition.clone(),
            category: self.category.clone(),
            assertion: self.item.assertion(),
        }
    }
}

/// Parses `edition/category/number` into a struct with those three fields, and prints it.
macro_rules! slashed {
    ($name:ident, $last:ident, $expected:literal) => {
        impl FromStr for $name {
            type Err = BadRef;
            fn from_str(text: &str) -> Result<Self, BadRef> {
                let bad = || BadRef { found: text.to_owned(), expected: $expected };
                let (edition, rest) = text.split_once('/').ok_or_else(bad)?;
                let (category, last) = rest.split_once('/').ok_or_else(bad)?;
                Ok(Self {
                    edition: edition.parse().map_err(|_| bad())?,
                    category: category.parse().map_err(|_| bad())?,
                    $last: last.parse().map_err(|_| bad())?,
                })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "{}/{}/{}", self.edition, self.category, self.$last)
            }
        }

        parsed_strings!($name);
    };
}

slashed!(ItemRef, item, "an evidence item; write it in full as EDITION/CATEGORY/NUMBER");
slashed!(AssertionRef, assertion, "an assertion; write it in full as EDITION/CATEGORY/NUMBER");

/// A framework in one release, such as `iso27001:2022`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub struct FrameworkRef {
    /// Framework, such as `iso27001`.
    pub framework: String,
    /// Release, such as `2022`.
    pub release: String,
}

impl FromStr for FrameworkRef {
    type Err = BadRef;
    fn from_str(text: &str) -> Result<Self, BadRef> {
        match text.split_once(':') {
            Some((framework, release)) if is_slug(framework) && is_slug(release) => {
                Ok(Self { framework: framework.to_owned(), release: release.to_owned() })
            }
            _ => Err(BadRef {
                found: text.to_owned(),
                expected: "a framework with its release; write it as iso27001:2022",
            }),
        }
    }
}

impl fmt::Display for FrameworkRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.framework, self.release)
    }
}

parsed_strings!(FrameworkRef);

/// A control of one framework release, such as `iso27001:2022/A.8.13`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "String")]
pub struct ControlRef {
    /// Framework and release.
    pub framework: FrameworkRef,
    /// Id inside the release, exactly as the catalogue writes it.
    pub id: String,
}

impl Ord for ControlRef {
    fn cmp(&self, other: &Self) -> Ordering {
        self.framework.cmp(&other.framework).then_with(|| natural_cmp(&self.id, &other.id))
    }
}

impl PartialOrd for ControlRef {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl FromStr for ControlRef {
    type Err = BadRef;
    fn from_str(text: &str) -> Result<Self, BadRef> {
        let bad = || BadRef {
            found: text.to_owned(),
            expected: "a control reference; write FRAMEWORK:RELEASE/ID, such as iso27001:2022/A.8.13",
        };
        let (framework, id) = text.split_once('/').ok_or_else(bad)?;
        let shaped = !id.is_empty()
            && id.len() <= 40
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b".-()*".contains(&b));
        if !shaped {
            return Err(bad());
        }
        Ok(Self { framework: framework.parse().map_err(|_| bad())?, id: id.to_owned() })
    }
}

impl fmt::Display for ControlRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.framework, self.id)
    }
}

parsed_strings!(ControlRef);

/// What a rule may conclude or build on besides certificates: an item or a control.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub enum TargetRef {
    /// A DSPT evidence item.
    Item(ItemRef),
    /// A control or outcome of a framework.
    Control(ControlRef),
}

impl FromStr for TargetRef {
    type Err = BadRef;
    fn from_str(text: &str) -> Result<Self, BadRef> {
        if text.contains(':') {
            return text.parse().map(Self::Control);
        }
        text.parse().map(Self::Item).map_err(|_| BadRef {
            found: text.to_owned(),
            expected: "an item (2025-26-v8/cat2-it-supplier/8.3.4) or a control (iso27001:2022/A.8.13)",
        })
    }
}

impl fmt::Display for TargetRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item(item) => item.fmt(out),
            Self::Control(control) => control.fmt(out),
        }
    }
}

parsed_strings!(TargetRef);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_order_by_number_and_keep_their_key() {
        let mut items: Vec<ItemId> =
            ["9.5.10", "10.1.1", "9.5.9", "1.1.1"].iter().map(|t| t.parse().unwrap()).collect();
        items.sort();
        let texts: Vec<&str> = items.iter().map(ItemId::as_str).collect();
        assert_eq!(texts, ["1.1.1", "9.5.9", "9.5.10", "10.1.1"]);
        let item: ItemRef = "2025-26-v8/cat2-it-supplier/8.3.4".parse().unwrap();
        assert_eq!(item.to_string(), "2025-26-v8/cat2-it-supplier/8.3.4");
        assert_eq!(item.assertion().to_string(), "2025-26-v8/cat2-it-supplier/8.3");
    }

    #[test]
    fn references_have_one_spelling() {
        for bad in ["8.3", "8.3.04", "8.3.4 ", "8.3.4x", "8..4", "", "8.3.4.5"] {
            assert!(bad.parse::<ItemId>().is_err(), "{bad}");
        }
        for bad in ["A.8.13", "iso27001/A.8.13", "iso27001:2022/", "ISO27001:2022/A.8.13", "a:b/ç"]
        {
            assert!(bad.parse::<ControlRef>().is_err(), "{bad}");
        }
        assert!("nist-800-53:5.2.0/AC-2(1)".parse::<ControlRef>().is_ok());
    }

    #[test]
    fn controls_order_by_number() {
        let control = |id: &str| format!("iso27001:2022/{id}").parse::<ControlRef>().unwrap();
        assert!(control("A.5.9") < control("A.5.10"));
        assert!(control("A.5.1") != control("A.5.10"));
    }
}

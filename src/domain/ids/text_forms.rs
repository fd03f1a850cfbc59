//! What every id can do: be read from a text, be written as one, stand in a body.

/// A text newtype that is checked once, with serde, `Display` and `FromStr`.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(into = "String")]
        pub struct $name(CompactString);

        impl $name {
            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadRef;
            fn from_str(text: &str) -> Result<Self, BadRef> {
                let check: fn(&str) -> bool = $check;
                if check(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(BadRef { found: text.to_owned(), expected: $expected })
                }
            }
        }

        string_forms!($name);
    };
}

/// Strings convert by parsing and printing.
macro_rules! parsed_strings {
    ($name:ident) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(text: D) -> Result<Self, D::Error> {
                super::sanitize::parsed(text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    };
}

/// `Display` is the stored text; strings convert by parsing.
macro_rules! string_forms {
    ($name:ident) => {
        parsed_strings!($name);

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(self.as_str())
            }
        }
    };
}

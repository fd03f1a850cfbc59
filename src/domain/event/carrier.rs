//! Entries that bring in what somebody else signed: a request to record, or one to be admitted. What
//! the ledger then knows is the event of the request, said by its own author.

use serde_json::{Value, json};

use super::role::Role;
use super::table::{Corrected, Kind};

/// An entry that carries a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Carrier {
    /// An owner admits the key that signed the request.
    KeyRequestAdmitted,
    /// Whoever keeps the log brings in an event that its author signed elsewhere.
    RequestTaken,
}

/// The version of the bodies that are written.
const VERSION: u64 = 1;

/// Why the body of such an entry cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCarrier {
    /// It is of a newer version.
    #[error("version {found} of {word} is not known to this version of dspt; use a newer version")]
    Newer {
        /// The type of the entry.
        word: &'static str,
        /// The version found.
        found: u64,
    },
    /// It has other fields.
    #[error("the body of {word} has other fields than `v` and `request`")]
    Fields {
        /// The type of the entry.
        word: &'static str,
    },
}

impl Carrier {
    /// Both.
    pub const ALL: [Self; 2] = [Self::KeyRequestAdmitted, Self::RequestTaken];

    /// Returns the one that entries of a type are.
    pub fn of(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == kind)
    }

    /// Returns the word that entries carry.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KeyRequestAdmitted => "key-request-admitted",
            Self::RequestTaken => "request-taken",
        }
    }

    /// Returns the roles that may sign such an entry.
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::KeyRequestAdmitted => &[Role::Owner],
            Self::RequestTaken => &[Role::Owner, Role::Contributor],
        }
    }

    /// Returns the body of an entry that carries this request.
    pub fn body(self, request: &str) -> Value {
        json!({ "request": request, "v": VERSION })
    }

    /// Reads the request out of a body.
    ///
    /// # Errors
    /// [`BadCarrier`].
    pub fn request(self, body: &Value) -> Result<&str, BadCarrier> {
        let word = self.as_str();
        let version = body.get("v").and_then(Value::as_u64).filter(|version| *version > 0);
        let bad = BadCarrier::Fields { word };
        let version = version.ok_or_else(|| bad.clone())?;
        if version > VERSION {
            return Err(BadCarrier::Newer { word, found: version });
        }
        let both = body.as_object().is_some_and(|fields| fields.len() == 2);
        body.get("request").and_then(Value::as_str).filter(|_| both).ok_or(bad)
    }
}

impl Kind {
    /// Says whether an event of this kind may come in a request. Keys, clocks and what outsiders dated
    /// are for those who have the ledger before them.
    pub fn may_be_requested(self) -> bool {
        self.corrected() != Corrected::Never || self == Self::StatementPublished
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_a_version_and_a_request() {
        for carrier in Carrier::ALL {
            assert_eq!(Carrier::of(carrier.as_str()), Some(carrier));
            assert!(carrier.as_str().parse::<Kind>().is_err());
            assert_eq!(carrier.request(&carrier.body("it")), Ok("it"));
            for bad in [
                json!({}),
                json!([]),
                json!({"v": 1}),
                json!({"request": "it"}),
                json!({"request": 1, "v": 1}),
                json!({"request": "it", "v": 0}),
                json!({"request": "it", "v": "1"}),
                json!({"request": "it", "v": 1, "more": 1}),
            ] {
                let found = carrier.request(&bad).unwrap_err();
                assert_eq!(found, BadCarrier::Fields { word: carrier.as_str() }, "{bad}");
            }
            let newer = json!({"v": 2, "request": "it"});
            assert!(matches!(carrier.request(&newer), Err(BadCarrier::Newer { found: 2, .. })));
        }
    }

    #[test]
    fn what_keeps_the_ledger_itself_is_not_requested() {
        let never: Vec<&str> = Kind::ALL
            .iter()
            .filter(|kind| !kind.may_be_requested())
            .map(|kind| kind.as_str())
            .collect();
        let expected = "ledger-opened key-admitted key-revoked key-rotated log-key-rotated \
             anchor-cosigned anchor-timestamped clock-explained";
        assert_eq!(never.join(" "), expected);
    }
}

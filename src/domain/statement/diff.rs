//! A statement as it was given out, against what the ledger says: the question that it answers, and
//! every figure in which it differs. It trusts nothing that it reads.

use serde_json::Value;

use super::asked::{Asked, FORMAT, Format};
use crate::domain::date::Date;
use crate::domain::engine::derivation::RulesChoice;
use crate::domain::event::body::StatementPublished;

/// Why a value cannot be compared with a ledger at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadStatement {
    /// The format is one that a later program may know.
    #[error("its format is {0}, which this program does not know; use a newer release")]
    Newer(String),
    /// It is no statement.
    #[error("it is not a statement: {0}")]
    NoStatement(String),
}

/// Reads the format of a statement and the question that it answers.
///
/// # Errors
/// [`BadStatement`] when the format is another, or the day, size or rules cannot be read.
pub fn asked(statement: &Value) -> Result<(Format, Asked), BadStatement> {
    let no = |text: String| BadStatement::NoStatement(text);
    let text = |name: &str| {
        let found = statement.get(name).and_then(Value::as_str);
        found.ok_or_else(|| no(format!("`{name}` is missing or is not a text")))
    };
    let name = text("format")?;
    let Some(format) = Format::named(name) else {
        let number = name.strip_prefix("dspt-statement/").and_then(|one| one.parse::<u32>().ok());
        return Err(match number {
            Some(number) if number > 2 => BadStatement::Newer(format!("dspt-statement/{number}")),
            _ => no(format!("`format` is neither {} nor {FORMAT}", Format::One.name())),
        });
    };
    let on = Date::parse(text("on")?).map_err(|bad| no(format!("`on`: {bad}")))?;
    let rules = match text("rules")? {
        "then" => RulesChoice::Then,
        "latest" => RulesChoice::Latest,
        _ => return Err(no("`rules` is neither `then` nor `latest`".to_owned())),
    };
    let size = statement.get("size").and_then(Value::as_u64);
    let size = size.ok_or_else(|| no("`size` is missing or is not a number".to_owned()))?;
    Ok((format, Asked { on, size, rules }))
}

/// A figure that is stated and is not what the ledger gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where in the statement: `items 9.2.1 status`.
    pub place: String,
    /// What it states; none where it leaves the figure out.
    pub stated: Option<String>,
    /// What the ledger gives; none where it gives no such figure.
    pub computed: Option<String>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let or = |one: &Option<String>| one.clone().unwrap_or_else(|| "nothing".to_owned());
        write!(out, "{}: stated {}, computed {}", self.place, or(&self.stated), or(&self.computed))
    }
}

/// Lists every figure in which two statements differ, in the order of the fields.
pub fn differences(stated: &Value, computed: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", Some(stated), Some(computed), &mut found);
    found
}

fn compare(
    place: &str,
    stated: Option<&Value>,
    computed: Option<&Value>,
    to: &mut Vec<Difference>,
) {
    match (stated, computed) {
        (Some(one), Some(other)) if one == other => {}
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            let names: std::collections::BTreeSet<&String> =
                one.keys().chain(other.keys()).collect();
            for name in names {
                compare(&joined(place, name), one.get(name), other.get(name), to);
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) if lists(one) || lists(other) => {
            for index in 0..one.len().max(other.len()) {
                let (one, other) = (one.get(index), other.get(index));
                let name = other
                    .or(one)
                    .and_then(name_of)
                    .map_or_else(|| format!("[{index}]"), ToOwned::to_owned);
                compare(&joined(place, &name), one, other, to);
            }
        }
        _ => to.push(Difference {
            place: place.to_owned(),
            stated: stated.map(Value::to_string),
            computed: computed.map(Value::to_string),
        }),
    }
}

/// Says whether an array holds records, which are compared one by one; a list of numbers or texts
/// is one figure.
fn lists(array: &[Value]) -> bool {
    array.iter().any(Value::is_object)
}

fn joined(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place} {name}") }
}

/// What people call a record of a list.
fn name_of(value: &Value) -> Option<&str> {
    ["item", "assertion", "number", "rule"].iter().find_map(|name| value.get(*name)?.as_str())
}

/// Says in what the entry that publishes a statement differs from it; none when it does not.
pub fn differs(event: &StatementPublished, statement: &Value) -> Option<String> {
    let standing = statement.get("standing").and_then(|one| one.get("status"));
    let fields = [
        ("on", Value::from(event.on.to_string()), statement.get("on")),
        ("size", Value::from(event.size), statement.get("size")),
        ("root", Value::from(event.root.as_str()), statement.get("root")),
        ("edition", Value::from(event.edition.as_str()), statement.get("edition")),
        ("category", Value::from(event.category.as_str()), statement.get("category")),
        ("standing", Value::from(event.standing.as_str()), standing),
    ];
    fields.into_iter().find(|(_, said, stated)| *stated != Some(said)).map(
        |(name, said, stated)| {
            let stated = stated.map_or_else(|| "nothing".to_owned(), Value::to_string);
            format!("the entry says {name} {said}, its statement.json {stated}")
        },
    )
}

//! Statements of a ledger: made from its first entries, compared with what was given out, and held
//! to the entry that publishes them. It reads no file; the ledger is one that passed its audit.

use serde_json::Value;

use super::audit::Ledger;
use crate::domain::event::StatementPublished;
use crate::domain::state::Fact;
use crate::domain::state::anchor::Anchor;
use crate::domain::statement::diff::{BadStatement, Difference, asked, differences};
use crate::domain::statement::{
    Asked, Format, NoStatement, Seen, statement_as_printed, statement_in,
};
use crate::ledger::json::{canonical, parse_canonical};
use crate::ledger::tree::root_of;
use crate::ledger::{Digest, NotCanonical};
use crate::store::{KEPT_BYTES_MAX, Store, StoreError};

/// The name of a statement among the files of the entry that publishes it.
pub const NAME: &str = "statement.json";

/// A statement that a ledger gives.
#[derive(Clone, Debug)]
pub struct Made {
    /// What it says.
    pub value: Value,
    /// Its canonical bytes.
    pub bytes: Vec<u8>,
}

/// Why a ledger gives no statement.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// There is none for that question.
    #[error(transparent)]
    None(#[from] NoStatement),
    /// A figure in it is too large to be written.
    #[error("the statement cannot be written: {0}")]
    NotCanonical(#[from] NotCanonical),
    /// The stored content cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes the statement for a question.
///
/// # Errors
/// [`StatementError`] when the ledger gives none.
pub fn make(ledger: &Ledger, asked: &Asked) -> Result<Made, StatementError> {
    make_in(Format::Two, ledger, asked)
}

fn make_in(format: Format, ledger: &Ledger, asked: &Asked) -> Result<Made, StatementError> {
    make_by(ledger, asked, |of| statement_in(format, of, asked).map(Some))?
        .ok_or_else(|| NoStatement::NoEdition(asked.on).into())
}

/// As [`make`], in the way that is given; none where that gives none.
fn make_by(
    ledger: &Ledger,
    asked: &Asked,
    way: impl FnOnce(&crate::domain::statement::Ledger<'_>) -> Result<Option<Value>, NoStatement>,
) -> Result<Option<Made>, StatementError> {
    let root = root_at(ledger, asked.size);
    let root =
        root.ok_or(NoStatement::Size { asked: asked.size, found: ledger.leaves.len() as u64 })?;
    let (identity, root, seen) = (ledger.id.hex(), root.base64(), seen(ledger));
    let of = crate::domain::statement::Ledger {
        origin: ledger.origin.as_str(),
        identity: &identity,
        root: &root,
        facts: &ledger.facts,
        contents: &ledger.contents,
        roster: &ledger.roster,
        seen: &seen,
    };
    let Some(value) = way(&of)? else { return Ok(None) };
    let bytes = canonical(&value)?.into_bytes();
    Ok(Some(Made { value, bytes }))
}

/// Returns the root over the first entries; none when there are fewer.
pub fn root_at(ledger: &Ledger, size: u64) -> Option<Digest> {
    let size = usize::try_from(size).ok()?;
    ledger.leaves.get(..size).map(root_of)
}

/// When somebody outside saw the ledger, as the entries say that are anchors.
fn seen(ledger: &Ledger) -> Vec<Seen> {
    let seen = |one: &Anchor| Some(Seen { at: one.at, seq: one.seq?, size: one.size });
    ledger.anchors.iter().filter_map(seen).collect()
}

/// What came of comparing a statement with a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is, byte for byte, what the ledger gives.
    Same,
    /// It is what the ledger gives where every certificate counts to the day printed on it, as
    /// earlier releases took it; and the figures that the limits of their schemes change.
    AsPrinted(Vec<Difference>),
    /// Every figure in which it differs.
    Differs(Vec<Difference>),
    /// It cannot be a statement of this ledger, and why.
    Not(String),
    /// It is of a format that a newer program may know.
    Newer(String),
}

/// Computes every figure of a statement again, from as many entries as it says.
///
/// # Errors
/// [`StatementError`] when the ledger cannot be replayed.
pub fn reproduce(ledger: &Ledger, bytes: &[u8]) -> Result<Outcome, StatementError> {
    let not = |text: String| Ok(Outcome::Not(text));
    let stated = match parse_canonical(bytes) {
        Ok(stated) => stated,
        Err(bad) => return not(format!("it is not canonical JSON: {bad}")),
    };
    let (format, asked) = match asked(&stated) {
        Ok(read) => read,
        Err(BadStatement::Newer(format)) => return Ok(Outcome::Newer(format)),
        Err(bad @ BadStatement::NoStatement(_)) => return not(bad.to_string()),
    };
    let text = |name: &str| stated.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("ledger") != ledger.origin.as_str() {
        return not(format!("it is of the ledger {}, not of {}", text("ledger"), ledger.origin));
    }
    if text("identity") != ledger.id.hex() {
        let (stated, ours) = (text("identity"), ledger.id.hex());
        return not(format!(
            "it is of another ledger of that name: its identity is {stated}, here {ours}"
        ));
    }
    match make_in(format, ledger, &asked) {
        Ok(made) if made.bytes == bytes => Ok(Outcome::Same),
        Ok(made) => {
            let found = differences(&stated, &made.value);
            let printed = make_by(ledger, &asked, |of| statement_as_printed(format, of, &asked))?;
            Ok(match printed {
                Some(printed) if printed.bytes == bytes => Outcome::AsPrinted(found),
                _ => Outcome::Differs(found),
            })
        }
        Err(StatementError::None(why @ (NoStatement::Size { .. } | NoStatement::NoEdition(_)))) => {
            not(why.to_string())
        }
        Err(error) => Err(error),
    }
}

/// Says in what an entry differs from the statement that it publishes; none when it does not.
pub fn differs(event: &StatementPublished, bytes: &[u8]) -> Option<String> {
    match parse_canonical(bytes) {
        Ok(statement) => crate::domain::statement::diff::differs(event, &statement),
        Err(bad) => Some(format!("its {NAME} is not canonical JSON: {bad}")),
    }
}

/// Returns the statement that an entry publishes, as it is stored.
///
/// # Errors
/// [`StoreError`] when the file cannot be read.
pub fn stored(store: &Store, fact: &Fact) -> Result<Option<Vec<u8>>, StoreError> {
    let named = fact.subjects.iter().find(|one| one.name == NAME);
    let digest = named.and_then(|one| Digest::from_hex(&one.sha256).ok());
    digest.map_or(Ok(None), |digest| store.content(&digest, KEPT_BYTES_MAX))
}

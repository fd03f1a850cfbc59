//! What a statement says: out of a file, or of the entry that publishes it.

use std::path::Path;

use serde_json::Value;

use crate::cli::error::{Failure, exit};
use crate::cli::input_file::read_within;
use crate::cli::kind::hinted;
use crate::domain::event::Event;
use crate::domain::problem_code::ProblemCode;
use crate::domain::state::Fact;
use crate::ledger::json::{is_denser, parse_canonical};
use crate::store::Store;
use crate::verify::audit::Ledger;
use crate::verify::published::stored;

/// A text of a statement; blank where there is none.
pub(super) fn field<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The standing that a statement gives, as its word in JSON.
pub(super) fn standing(value: &Value) -> &str {
    value.get("standing").map_or("", |one| field(one, "status"))
}

/// The DSPT's own words for a standing.
pub(super) fn standing_word(json: &str) -> &str {
    crate::domain::engine::standing::Standing::word_of(json)
}

/// The longest statement that is read.
const STATEMENT_BYTES_MAX: u64 = 8 << 20;

/// Reads a statement's file, unless it would fill the memory and can be none.
///
/// # Errors
/// [`Failure`] as of other files; where it has more in it than any statement of its length.
pub(super) fn read_statement(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = read_within(path, STATEMENT_BYTES_MAX).map_err(|failure| hinted(failure, path))?;
    // A figure has its name, its place and its reasons.
    if is_denser(&bytes, 64, 5) {
        let text = format!(
            "{} is no statement: it has more values than any statement of its length; check the \
             path",
            path.display()
        );
        return Err(hinted(Failure::new(ProblemCode::File, exit::INPUT, text), path));
    }
    Ok(bytes)
}

/// The entries that publish statements, in order.
pub(super) fn publications(ledger: &Ledger) -> impl DoubleEndedIterator<Item = &Fact> {
    ledger.facts.iter().filter(|fact| matches!(fact.event, Event::StatementPublished(_)))
}

/// The statement that an entry publishes; none where it is not stored or is not canonical.
pub(super) fn statement_in(store: &Store, fact: &Fact) -> Result<Option<Value>, Failure> {
    Ok(stored(store, fact)?.and_then(|bytes| parse_canonical(&bytes).ok()))
}

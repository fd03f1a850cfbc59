//! Whether a publication may be recorded: the statement that comes with it is what its event says,
//! and is made from entries of this ledger.

use super::File;
use crate::domain::event::Event;
use crate::verify::audit::Ledger;
use crate::verify::published::{NAME, differs, root_at};

/// Checks that an event publishes the statement that comes with it, of this ledger.
pub(super) fn publishable(ledger: &Ledger, event: &Event, files: &[File]) -> Result<(), String> {
    let Event::StatementPublished(body) = event else { return Ok(()) };
    let [File { name, sha256: _, stored: Some(bytes) }] = files else {
        return Err(format!("it comes with one stored file, {NAME}"));
    };
    if name != NAME {
        return Err(format!("its file is `{name}`; name it {NAME}"));
    }
    if let Some(why) = differs(body, bytes) {
        return Err(format!("{why}; draft it anew with: dspt statement draft"));
    }
    let root = root_at(ledger, body.size).map(|root| root.base64());
    match root {
        Some(root) if root == body.root => Ok(()),
        Some(root) => Err(format!(
            "its root is {}, and the first {} entries give {root}; draft it anew",
            body.root, body.size
        )),
        None => Err(format!(
            "it is made from {} entries, and {} are in the ledger; draft it anew",
            body.size,
            ledger.leaves.len()
        )),
    }
}

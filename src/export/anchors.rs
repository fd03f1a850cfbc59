//! What an anchor entry holds, given back as the files that it came from.

use super::ExportError;
use crate::domain::event::Event;
use crate::domain::state::Fact;
use crate::ledger::Digest;
use crate::store::{KEPT_BYTES_MAX, Store};
use crate::verify::anchors::TOKEN;

/// The files of an anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchorFiles {
    /// The head, with the cosignatures of witnesses, or for a token with the log key's line alone.
    pub checkpoint: String,
    /// The RFC 3161 response, of an entry that records one.
    pub token: Option<Vec<u8>>,
}

/// Returns the files of an entry; nothing when it is no anchor.
///
/// # Errors
/// [`ExportError::Store`].
pub fn files_of(store: &Store, fact: &Fact) -> Result<Option<AnchorFiles>, ExportError> {
    if let Event::AnchorCosigned(body) = &fact.event {
        return Ok(Some(AnchorFiles { checkpoint: body.checkpoint.clone(), token: None }));
    }
    let Event::AnchorTimestamped(body) = &fact.event else { return Ok(None) };
    let named = fact.subjects.iter().find(|one| one.name == TOKEN);
    let digest = named.and_then(|one| Digest::from_hex(&one.sha256).ok());
    let content = |digest| store.content(&digest, KEPT_BYTES_MAX);
    let token = digest.map(content).transpose()?.flatten();
    Ok(Some(AnchorFiles { checkpoint: body.checkpoint.clone(), token }))
}

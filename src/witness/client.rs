//! The log's side of C2SP `tlog-witness`: asks a witness for a cosignature. What it answers is
//! believed only where it verifies with the key that the caller knows.

use std::time::Duration;

use thiserror::Error;

use crate::ledger::checkpoint::{CheckpointError, Head, decimal};
use crate::ledger::note::NoteError;
use crate::ledger::{
    ConsistencyFile, CosignatureError, Cosigned, Digest, ProofError, WitnessKey, cosignature,
};

/// The longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;
/// How long a witness may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why a witness did not cosign.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AskError {
    /// The witness remembers another size; prove from there and ask again.
    #[error("the witness has size {size}; prove that the checkpoint continues that one")]
    Stale {
        /// The size that it remembers.
        size: u64,
    },
    /// The witness said no.
    #[error("the witness answered {status}: {text}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it said, one line.
        text: String,
    },
    /// An address that is not one of plain HTTP.
    #[error("`{url}` is not an http:// address; for https, ask through a proxy on this machine")]
    BadUrl {
        /// The address.
        url: String,
    },
    /// The request itself has a fault; nothing was sent.
    #[error("the request is refused before it is sent")]
    BadRequest(#[source] ProofError),
    /// The checkpoint in the request has a fault; nothing was sent.
    #[error("the checkpoint is refused before it is sent")]
    BadCheckpoint(#[source] CheckpointError),
    /// An answer that is not a cosignature by the key that is known.
    #[error("the answer of the witness is not believed")]
    BadAnswer(#[source] CosignatureError),
    /// An answer without a line of the key that is known.
    #[error("the witness answered without a cosignature of {name}; check its key")]
    NotCosigned {
        /// The witness.
        name: String,
    },
    /// No answer.
    #[error("the witness at {url} gave no answer: {found}")]
    NoAnswer {
        /// The address.
        url: String,
        /// What happened.
        found: String,
    },
}

/// Asks the witness whose submission prefix is `url` to cosign the checkpoint of an
/// `add-checkpoint` body. Returns its cosignatures that verify with `witness`, at least one.
///
/// # Errors
/// [`AskError::Stale`] where it remembers another size, and others.
pub fn ask(url: &str, body: &[u8], witness: &WitnessKey) -> Result<Vec<Cosigned>, AskError> {
    let file = ConsistencyFile::parse(body).map_err(AskError::BadRequest)?;
    let text = Head::claimed(&file.checkpoint).map_err(AskError::BadCheckpoint)?.to_text();
    let address = format!("{}/add-checkpoint", prefix(url)?);
    let mut answer = agent()
        .post(&address)
        .content_type("text/plain; charset=utf-8")
        .send(body)
        .map_err(|error| no_answer(url, &error))?;
    let said = said(url, &mut answer)?;
    match answer.status().as_u16() {
        200 => believed(&text, &said, witness),
        409 => match said.strip_suffix('\n').and_then(decimal) {
            Some(size) => Err(AskError::Stale { size }),
            None => Err(refused(409, &said)),
        },
        status => Err(refused(status, &said)),
    }
}

/// Reads back the last checkpoint that a witness cosigned of an origin; none where it has none. It
/// is not opened: the caller does that with the log's key and the witness's.
///
/// # Errors
/// [`AskError::NoAnswer`] and others.
pub fn latest(url: &str, origin: &str) -> Result<Option<Vec<u8>>, AskError> {
    let digest = Digest::of(origin.as_bytes());
    let address = format!("{}/{digest}/checkpoint", prefix(url)?);
    let mut answer = agent().get(&address).call().map_err(|error| no_answer(url, &error))?;
    let said = said(url, &mut answer)?;
    match answer.status().as_u16() {
        200 => Ok(Some(said.into_bytes())),
        404 => Ok(None),
        status => Err(refused(status, &said)),
    }
}

fn prefix(url: &str) -> Result<&str, AskError> {
    let bad = || AskError::BadUrl { url: url.chars().flat_map(char::escape_debug).collect() };
    let rest = url.strip_prefix("http://").filter(|rest| !rest.is_empty()).ok_or_else(bad)?;
    if rest.contains(|c: char| c.is_control() || c.is_whitespace() || "?#@".contains(c)) {
        return Err(bad());
    }
    Ok(url.trim_end_matches('/'))
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .build()
        .into()
}

fn said(url: &str, answer: &mut ureq::http::Response<ureq::Body>) -> Result<String, AskError> {
    let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
    let body = body.map_err(|error| no_answer(url, &error))?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}

fn no_answer(url: &str, error: &ureq::Error) -> AskError {
    AskError::NoAnswer { url: url.to_owned(), found: error.to_string() }
}

fn refused(status: u16, said: &str) -> AskError {
    let line = said.lines().next().unwrap_or_default();
    let text = line.chars().take(200).flat_map(char::escape_debug).collect();
    AskError::Refused { status, text }
}

/// Returns the lines of an answer that verify; there is at least one.
fn believed(text: &str, lines: &str, witness: &WitnessKey) -> Result<Vec<Cosigned>, AskError> {
    let known = std::slice::from_ref(witness);
    let name = || witness.name().to_string();
    match cosignature::verify_lines(text, lines, known) {
        Ok(cosigned) if cosigned.is_empty() => Err(AskError::NotCosigned { name: name() }),
        Ok(cosigned) => Ok(cosigned),
        Err(CosignatureError::Note(NoteError::NotSigned)) => {
            Err(AskError::NotCosigned { name: name() })
        }
        Err(error) => Err(AskError::BadAnswer(error)),
    }
}

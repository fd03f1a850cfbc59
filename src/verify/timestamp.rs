//! Whose signature a time-stamp token bears: `openssl ts -verify` says so, against an authority
//! that the reader chose. The certificates are judged at the time of the token, not of the machine,
//! so a token does not stop being good when the authority's certificate ends.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use thiserror::Error;

use crate::domain::date::Timestamp;
use crate::durable;
use crate::ledger::timestamp;

/// What a check needs from the reader.
#[derive(Clone, Copy, Debug)]
pub struct Openssl<'o> {
    /// The program: `openssl`, or where it is.
    pub program: &'o Path,
    /// The certificates that are trusted, PEM.
    pub ca: &'o Path,
    /// Certificates that may stand between, PEM.
    pub untrusted: Option<&'o Path>,
}

/// Why a token is not known to be good.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TokenFault {
    /// It was checked, and it is not.
    #[error("the token is refused: {0}")]
    Refused(String),
    /// There is no such program.
    #[error(
        "{program} was not found; install OpenSSL 3 (package `openssl`, on Windows from its \
         vendor), or say where it is with --openssl"
    )]
    NoOpenssl {
        /// What was looked for.
        program: String,
    },
    /// It could not be checked.
    #[error("the token could not be checked: {0}")]
    NotRun(String),
}

/// Checks that a token dates these bytes and bears the signature of an authority under `with.ca`.
///
/// # Errors
/// [`TokenFault`].
pub fn openssl_verify(
    with: &Openssl<'_>,
    checkpoint: &[u8],
    token: &[u8],
) -> Result<(), TokenFault> {
    let stamp = timestamp::read(token).map_err(|bad| TokenFault::Refused(bad.to_string()))?;
    let at = Timestamp::parse(&stamp.time);
    let at = at.ok_or_else(|| TokenFault::Refused(format!("`{}` is not a time", stamp.time)))?;
    // Else a file without certificates would be taken for a token that they refuse.
    for file in std::iter::once(with.ca).chain(with.untrusted) {
        certificates(with, file)?;
    }
    let not_run = |error: io::Error| TokenFault::NotRun(error.to_string());
    let folder = tempfile::tempdir().map_err(not_run)?;
    let (data, response) = (folder.path().join("checkpoint"), folder.path().join("token.tsr"));
    fs::write(&data, checkpoint).map_err(not_run)?;
    fs::write(&response, token).map_err(not_run)?;
    let mut command = Command::new(with.program);
    command.args(["ts", "-verify", "-attime"]).arg(at.millis().div_euclid(1_000).to_string());
    command.arg("-data").arg(&data).arg("-in").arg(&response).arg("-CAfile").arg(with.ca);
    if let Some(untrusted) = with.untrusted {
        command.arg("-untrusted").arg(untrusted);
    }
    let output = run(with, command)?;
    let text = String::from_utf8_lossy(&output.stdout);
    match (output.status.success(), text.lines().any(|line| line == "Verification: OK")) {
        (true, true) => Ok(()),
        _ if text.contains("Verification: FAILED") => Err(TokenFault::Refused(why(&output))),
        _ => Err(TokenFault::NotRun(why(&output))),
    }
}

/// Makes sure that a file begins with a certificate that can be read.
fn certificates(with: &Openssl<'_>, file: &Path) -> Result<(), TokenFault> {
    // The program would wait for ever at a pipe.
    durable::open_regular(file)
        .map_err(|error| TokenFault::NotRun(format!("{}: {error}", file.display())))?;
    let mut command = Command::new(with.program);
    command.args(["x509", "-noout", "-in"]).arg(file);
    if run(with, command)?.status.success() {
        return Ok(());
    }
    let text = format!("{} holds no certificate in PEM that can be read", file.display());
    Err(TokenFault::NotRun(text))
}

fn run(with: &Openssl<'_>, mut command: Command) -> Result<Output, TokenFault> {
    // What it says is read, so it has to be in one language.
    let command = command.env("LC_ALL", "C").stdin(Stdio::null());
    command.output().map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            TokenFault::NoOpenssl { program: with.program.display().to_string() }
        } else {
            TokenFault::NotRun(error.to_string())
        }
    })
}

/// The last thing that it complained of, without addresses of its code.
fn why(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let last = text.lines().rfind(|line| line.contains(":error:")).unwrap_or("no reason was given");
    let parts = last.split(':').filter(|part| !part.is_empty());
    let words = parts.filter(|part| part.contains(' ') && !part.contains(".c"));
    let words = words.collect::<Vec<_>>().join(": ");
    words.chars().take(300).collect()
}

//! A person's signature over a statement by `ssh-keygen -Y`, checked by that very program.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::cli::code::Code;
use crate::cli::error::{Failure, exit};

/// What the signature is for, so that one made for something else does not count.
pub(in crate::cli) const NAMESPACE: &str = "dspt-statement";

/// What the program said.
pub(in crate::cli) struct Verified {
    /// Whether the signature is good; none when the program could not be asked.
    pub(in crate::cli) good: Option<bool>,
    /// What is said about it.
    pub(in crate::cli) text: String,
    identity: String,
}

impl Verified {
    /// As the JSON answer has it.
    pub(in crate::cli) fn json(&self) -> Value {
        let answer = match self.good {
            Some(true) => "good",
            Some(false) => "bad",
            None => "not_decided",
        };
        json!({ "answer": answer, "identity": self.identity, "text": self.text })
    }
}

/// Checks a signature over bytes.
///
/// # Errors
/// [`Failure`] when a file cannot be read or the program fails in another way than by its answer.
pub(in crate::cli) fn verify(
    bytes: &[u8],
    signature: &Path,
    allowed: &Path,
    identity: &str,
) -> Result<Verified, Failure> {
    for path in [signature, allowed] {
        crate::cli::input_file::read_file(path)?;
    }
    let verified = |good, text: String| Verified { good, text, identity: identity.to_owned() };
    let child = Command::new("ssh-keygen")
        .args(["-Y", "verify", "-n", NAMESPACE, "-I", identity, "-f"])
        .arg(allowed)
        .arg("-s")
        .arg(signature)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text = "not checked: there is no program ssh-keygen here; install OpenSSH";
            return Ok(verified(None, text.to_owned()));
        }
        Err(error) => return Err(failed(&error)),
    };
    if let Some(mut stdin) = child.stdin.take() {
        // It may have refused the signature before it read all: its answer counts, not the pipe.
        let _ = stdin.write_all(bytes);
    }
    let ended = child.wait_with_output().map_err(|error| failed(&error))?;
    let said = [ended.stdout, ended.stderr].concat();
    let said = String::from_utf8_lossy(&said).trim().to_owned();
    if ended.status.success() {
        return Ok(verified(Some(true), format!("good: {said}")));
    }
    Ok(verified(Some(false), format!("NOT good for {identity}: {said}")))
}

fn failed(error: &std::io::Error) -> Failure {
    Failure::new(Code::Io, exit::FAILED, format!("ssh-keygen cannot be run: {error}"))
}

//! Signing through a running ssh-agent: the key stays there, and only what is to be signed and the
//! signature go over the socket. What an agent answers is read as from a stranger: bounded in
//! length and in time, and never believed before the signature was checked.
//!
//! The protocol is that of OpenSSH's `PROTOCOL.agent`: a request, a reply, each a length and bytes.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::ledger::{PublicKey, Sign, SignError};

use super::openssh::{OPENSSH, openssh_head};

/// How long an agent may take: it may ask its user whether to sign.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest message, as OpenSSH's agent has it.
const MESSAGE_BYTES_MAX: usize = 256 * 1024;

const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;
const FAILURE: u8 = 5;

/// Why an agent did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
    /// No agent is known.
    #[error(
        "there is no ssh-agent: SSH_AUTH_SOCK is not set; \
         start one, and give it the key with `ssh-add`"
    )]
    None,
    /// This system has no sockets of this kind.
    #[error("signing through an ssh-agent is not available on this system; use a key file")]
    NotHere,
    /// Nobody answers there.
    #[error("the ssh-agent at {path} does not answer; check SSH_AUTH_SOCK")]
    Unreachable {
        /// The socket.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// It took too long.
    #[error(
        "the ssh-agent at {path} did not answer within {seconds} seconds; nothing was signed; \
         look whether it asks you something"
    )]
    TooSlow {
        /// The socket.
        path: PathBuf,
        /// How long it was given.
        seconds: u64,
    },
    /// It said something else than an answer.
    #[error("the ssh-agent at {path} answered {what}; nothing was signed; start another agent")]
    Malformed {
        /// The socket.
        path: PathBuf,
        /// What was found.
        what: &'static str,
    },
    /// The message is longer than an agent takes.
    #[error("{found} bytes are more than an ssh-agent takes; shorten the text")]
    TooLong {
        /// How many bytes.
        found: usize,
    },
    /// It refused.
    #[error("the ssh-agent at {path} refused; unlock it, or look at its keys with `ssh-add -l`")]
    Refused {
        /// The socket.
        path: PathBuf,
    },
    /// It does not hold the key.
    #[error("the ssh-agent at {path} does not hold the key {keyid}; add it with `ssh-add FILE`")]
    Lacks {
        /// The socket.
        path: PathBuf,
        /// Fingerprint of the key.
        keyid: String,
    },
}

/// A running ssh-agent.
#[derive(Clone, Debug)]
pub struct Agent {
    socket: PathBuf,
    patience: Duration,
}

impl Agent {
    /// Returns the user's agent: the one that `SSH_AUTH_SOCK` names.
    ///
    /// # Errors
    /// [`AgentError::None`] or [`AgentError::NotHere`].
    pub fn of_user() -> Result<Self, AgentError> {
        if !cfg!(unix) {
            return Err(AgentError::NotHere);
        }
        let socket = std::env::var_os("SSH_AUTH_SOCK").filter(|path| !path.is_empty());
        socket.map(|path| Self::at(PathBuf::from(path), PATIENCE)).ok_or(AgentError::None)
    }

    /// Returns the agent that listens at a socket, to be given so much time for each answer.
    pub fn at(socket: impl Into<PathBuf>, patience: Duration) -> Self {
        Self { socket: socket.into(), patience }
    }

    /// Returns the Ed25519 keys that the agent holds; keys of other kinds are passed over.
    ///
    /// # Errors
    /// [`AgentError`] where it does not answer as the protocol has it.
    pub fn keys(&self) -> Result<Vec<PublicKey>, AgentError> {
        let reply = self.ask(REQUEST_IDENTITIES, &[])?;
        let body = self.body_of(&reply, IDENTITIES_ANSWER)?;
        identities(body).map_err(|what| self.malformed(what))
    }

    /// Returns a signer for a key that the agent holds.
    ///
    /// # Errors
    /// [`AgentError::Lacks`] where it does not hold it, and others.
    pub fn signer(&self, public: &PublicKey) -> Result<AgentSigner, AgentError> {
        if self.keys()?.contains(public) {
            return Ok(AgentSigner { agent: self.clone(), public: *public });
        }
        Err(AgentError::Lacks { path: self.socket.clone(), keyid: public.keyid() })
    }

    fn signature(&self, public: &PublicKey, message: &[u8]) -> Result<[u8; 64], AgentError> {
        let blob = [&openssh_head()[..], public.as_bytes()].concat();
        let mut request = Vec::new();
        for part in [&blob[..], message] {
            put(&mut request, part).ok_or(AgentError::TooLong { found: part.len() })?;
        }
        // No flags: they choose among the hashes of RSA.
        request.extend([0; 4]);
        let reply = self.ask(SIGN_REQUEST, &request)?;
        let body = self.body_of(&reply, SIGN_RESPONSE)?;
        signature(body).ok_or_else(|| self.malformed("no Ed25519 signature"))
    }

    fn body_of<'r>(&self, reply: &'r [u8], expected: u8) -> Result<&'r [u8], AgentError> {
        match reply.split_first() {
            Some((kind, body)) if *kind == expected => Ok(body),
            Some((&FAILURE, _)) => Err(AgentError::Refused { path: self.socket.clone() }),
            Some(_) | None => Err(self.malformed("with another kind of message")),
        }
    }

    fn malformed(&self, what: &'static str) -> AgentError {
        AgentError::Malformed { path: self.socket.clone(), what }
    }

    /// Sends one request and returns the reply: its kind and its body.
    fn ask(&self, kind: u8, body: &[u8]) -> Result<Vec<u8>, AgentError> {
        let length = u32::try_from(body.len() + 1).unwrap_or(u32::MAX);
        let request = [&length.to_be_bytes()[..], &[kind], body].concat();
        if request.len() > MESSAGE_BYTES_MAX {
            return Err(AgentError::TooLong { found: request.len() });
        }
        match exchange(&self.socket, self.patience, request) {
            Ok(reply) => Ok(reply),
            Err(Broken::Slow) => {
                let seconds = self.patience.as_secs();
                Err(AgentError::TooSlow { path: self.socket.clone(), seconds })
            }
            #[cfg(unix)]
            Err(Broken::TooLong) => Err(self.malformed("with a message of an unreasonable length")),
            Err(Broken::Io(source)) if source.kind() == io::ErrorKind::UnexpectedEof => {
                Err(self.malformed("with less than a whole message"))
            }
            Err(Broken::Io(source)) => {
                Err(AgentError::Unreachable { path: self.socket.clone(), source })
            }
            #[cfg(not(unix))]
            Err(Broken::NotHere) => Err(AgentError::NotHere),
        }
    }
}

/// A key in an ssh-agent.
pub struct AgentSigner {
    agent: Agent,
    public: PublicKey,
}

impl Sign for AgentSigner {
    fn public(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        self.agent.signature(&self.public, message).map_err(|error| {
            let cause = std::error::Error::source(&error);
            let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
            SignError { keyid: self.public.keyid(), why: format!("{error}{cause}") }
        })
    }
}

impl fmt::Debug for AgentSigner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "AgentSigner({})", self.public.keyid())
    }
}

/// What goes wrong between a request and its reply.
enum Broken {
    Slow,
    #[cfg(unix)]
    TooLong,
    Io(io::Error),
    #[cfg(not(unix))]
    NotHere,
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        let slow = [io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut];
        if slow.contains(&error.kind()) { Self::Slow } else { Self::Io(error) }
    }
}

/// Asks on a thread of its own: a socket's own limits are of each byte, not of the whole, and none
/// holds while it is being connected. A thread that is left behind ends when its socket does.
#[cfg(unix)]
fn exchange(socket: &Path, patience: Duration, request: Vec<u8>) -> Result<Vec<u8>, Broken> {
    let (socket, (tell, hear)) = (socket.to_path_buf(), std::sync::mpsc::channel());
    std::thread::Builder::new().name("ssh-agent".to_owned()).spawn(move || {
        // Nobody listens any more where it took too long.
        let _ = tell.send(talk(&socket, patience, &request));
    })?;
    hear.recv_timeout(patience).unwrap_or(Err(Broken::Slow))
}

#[cfg(not(unix))]
fn exchange(_socket: &Path, _patience: Duration, _request: Vec<u8>) -> Result<Vec<u8>, Broken> {
    Err(Broken::NotHere)
}

#[cfg(unix)]
fn talk(socket: &Path, patience: Duration, request: &[u8]) -> Result<Vec<u8>, Broken> {
    use std::io::{Read as _, Write as _};
    let mut stream = std::os::unix::net::UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    stream.write_all(request)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > MESSAGE_BYTES_MAX {
        return Err(Broken::TooLong);
    }
    let mut reply = vec![0; length];
    stream.read_exact(&mut reply)?;
    Ok(reply)
}

/// Adds a string as SSH has it: its length in four bytes, then itself.
fn put(message: &mut Vec<u8>, part: &[u8]) -> Option<()> {
    message.extend(u32::try_from(part.len()).ok()?.to_be_bytes());
    message.extend(part);
    Some(())
}

/// Takes a string off the front.
fn take<'m>(message: &mut &'m [u8]) -> Option<&'m [u8]> {
    let (length, rest) = message.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (part, rest) = rest.split_at_checked(length)?;
    *message = rest;
    Some(part)
}

/// Reads the list of keys: their number, then a key and a comment for each.
fn identities(mut body: &[u8]) -> Result<Vec<PublicKey>, &'static str> {
    const CUT: &str = "with a list of keys that is cut short";
    let (count, rest) = body.split_first_chunk::<4>().ok_or(CUT)?;
    body = rest;
    let mut keys = Vec::new();
    // A count that is a lie ends where the bytes end.
    for _ in 0..u32::from_be_bytes(*count) {
        let (blob, _comment) = (take(&mut body).ok_or(CUT)?, take(&mut body).ok_or(CUT)?);
        let key = blob.strip_prefix(&openssh_head()[..]).and_then(|key| key.try_into().ok());
        keys.extend(key.and_then(|key| PublicKey::from_bytes(key).ok()));
    }
    if body.is_empty() { Ok(keys) } else { Err("with more than a list of keys") }
}

/// Reads a signature: a string that holds the name of the algorithm and the 64 bytes.
fn signature(mut body: &[u8]) -> Option<[u8; 64]> {
    let mut inner = take(&mut body)?;
    let (name, bytes) = (take(&mut inner)?, take(&mut inner)?);
    let whole = body.is_empty() && inner.is_empty() && name == OPENSSH.as_bytes();
    whole.then(|| bytes.try_into().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::ledger::SeedSigner;

    use super::*;

    fn strings(parts: &[&[u8]]) -> Vec<u8> {
        let mut all = Vec::new();
        for part in parts {
            put(&mut all, part).unwrap();
        }
        all
    }

    #[test]
    fn a_list_of_keys_is_read_whole_or_not_at_all() {
        let key = *SeedSigner::from_seed(&[1; 32]).public();
        let blob = [&openssh_head()[..], key.as_bytes()].concat();
        let rsa = strings(&[b"ssh-rsa", b"\x01\x00\x01", b"n"]);
        let weak = [&openssh_head()[..], &[0; 32]].concat();
        let list = strings(&[&rsa, b"other", &blob, b"mine", &weak, b"weak"]);
        let whole = [&[0, 0, 0, 3], &list[..]].concat();
        assert_eq!(identities(&whole), Ok(vec![key]));
        assert_eq!(identities(&[0; 4]), Ok(Vec::new()));
        for end in 0..whole.len() {
            assert!(identities(&whole[..end]).is_err(), "{end}");
        }
        for count in [0, 2, 4, 255] {
            let mut lie = whole.clone();
            lie[3] = count;
            assert!(identities(&lie).is_err(), "{count}");
        }
        assert!(identities(&[0xff; 12]).is_err());
    }

    #[test]
    fn a_signature_is_of_ed25519_and_64_bytes() {
        let of = |name: &[u8], bytes: &[u8]| signature(&strings(&[&strings(&[name, bytes])]));
        assert_eq!(of(b"ssh-ed25519", &[7; 64]), Some([7; 64]));
        assert_eq!(of(b"ssh-ed25519", &[7; 63]), None);
        assert_eq!(of(b"ssh-ed25519", &[7; 65]), None);
        assert_eq!(of(b"rsa-sha2-256", &[7; 64]), None);
        let good = strings(&[&strings(&[b"ssh-ed25519", &[7; 64]])]);
        assert_eq!(signature(&[&good[..], b"x"].concat()), None);
        assert_eq!(signature(&strings(&[&strings(&[b"ssh-ed25519", &[7; 64], b""])])), None);
        for end in 0..good.len() {
            assert_eq!(signature(&good[..end]), None, "{end}");
        }
    }

    proptest! {
        #[test]
        fn any_reply_is_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = (identities(&bytes), signature(&bytes));
        }
    }
}

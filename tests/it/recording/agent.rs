//! Keys in an ssh-agent: a real one signs what everybody accepts, and a hostile one can stop a
//! record and nothing else.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use dspt_ledger::domain::event::{Event, KeyRotated};
use dspt_ledger::journal::{Journal, JournalError, NewEvent, Recorded, Signers};
use dspt_ledger::keys::agent::{Agent, AgentError};
use dspt_ledger::keys::read_public;
use dspt_ledger::ledger::{PublicKey, Sign};
use dspt_ledger::store::Mode;

use crate::fixtures::{LOG, OWNER, Raw, answer, at, audited, keyid, ledger, new, outcome, signer};
use crate::project::left_out::left_out;

const PATIENT: Duration = Duration::from_secs(20);
const HASTY: Duration = Duration::from_secs(1);

/// A folder with an ssh-agent that holds one key, which ends with the test.
pub(crate) struct Real {
    folder: tempfile::TempDir,
    agent: Child,
}

impl Drop for Real {
    fn drop(&mut self) {
        let _ = self.agent.kill();
        let _ = self.agent.wait();
    }
}

impl Real {
    /// Nothing, and a line that says so, where this computer has no OpenSSH.
    pub(crate) fn start() -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("a").tempdir().unwrap();
        let socket = folder.path().join("s");
        let agent =
            Command::new("ssh-agent").args(["-D", "-a"]).arg(&socket).stdout(Stdio::null()).spawn();
        let Ok(agent) = agent else {
            left_out("there is no ssh-agent on this machine");
            return None;
        };
        let real = Self { folder, agent };
        for _ in 0..200 {
            if UnixStream::connect(real.socket()).is_ok() {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        real.add("one");
        Some(real)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("s")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a key, gives it to the agent, and takes the private half away.
    pub(crate) fn add(&self, name: &str) -> PublicKey {
        let path = self.path(name);
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", "someone's key", "-f"])
            .arg(&path)
            .status();
        assert!(made.unwrap().success());
        let added = Command::new("ssh-add")
            .arg(&path)
            .env("SSH_AUTH_SOCK", self.socket())
            .stderr(Stdio::null())
            .status();
        assert!(added.unwrap().success());
        fs::remove_file(&path).unwrap();
        read_public(&path.with_extension("pub")).unwrap()
    }

    /// Runs the program with this agent and a folder of keys.
    fn dspt(&self, words: &[&str]) -> Output {
        let pass = self.path("pass");
        fs::write(&pass, "correct horse\n").unwrap();
        Command::new(env!("CARGO_BIN_EXE_dspt"))
            .args(words)
            .env("SSH_AUTH_SOCK", self.socket())
            .env("DSPT_KEYS", self.path("keys"))
            .env("DSPT_LEDGER", self.path("acme"))
            .env_remove("DSPT_KEY")
            .env_remove("DSPT_PASSPHRASE_COMMAND")
            .stdin(Stdio::null())
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    #[track_caller]
    fn ok(&self, words: &[&str]) -> String {
        let output = self.dspt(words);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }
}

fn answered(number: u64) -> NewEvent {
    new(number, Event::ItemAnswered(answer("8.3.4", true, "done")), Vec::new())
}

fn record(
    journal: &mut Journal,
    (author, admitted, log): (&dyn Sign, Option<&dyn Sign>, &dyn Sign),
    batch: &[NewEvent],
) -> Result<Recorded, JournalError> {
    journal.record(batch, &Signers { author, admitted, log }, at("2026-01-01"))
}

/// The handover of the owner's key to another.
fn handover(to: &PublicKey) -> NewEvent {
    let (replaces, reason) = (keyid(OWNER).parse().unwrap(), "to an agent".to_owned());
    new(60, Event::KeyRotated(KeyRotated { replaces, key: to.base64(), reason }), Vec::new())
}

#[test]
fn a_real_agent_signs_entries_and_heads() {
    let Some(real) = Real::start() else { return };
    let (agent, key) = (Agent::at(real.socket(), PATIENT), real.path("one"));
    let key = read_public(&key.with_extension("pub")).unwrap();
    assert_eq!(agent.keys().unwrap(), [key]);
    let one = agent.signer(&key).unwrap();
    let large = vec![b'x'; 70_000];
    for message in [&b""[..], b"message", &large] {
        assert!(key.verify(message, &one.sign(message).unwrap()));
    }
    assert!(one.sign(&vec![b'x'; 300_000]).unwrap_err().to_string().contains("shorten the text"));
    let stranger = agent.signer(signer(OWNER).public()).unwrap_err();
    assert!(matches!(stranger, AgentError::Lacks { .. }), "{stranger}");
    let log_key = real.add("log");
    let log = agent.signer(&log_key).unwrap();
    let (_folder, path) = ledger();
    let mut journal = Journal::open(&path, Mode::Write).unwrap();
    let (owner, old) = (signer(OWNER), signer(LOG));
    record(&mut journal, (&owner, Some(&one), &old), &[handover(&key)]).unwrap();
    let event = dspt_ledger::domain::event::LogKeyRotated {
        key: log_key.base64(),
        reason: "to an agent".into(),
    };
    let rotation = [new(61, Event::LogKeyRotated(event), Vec::new())];
    record(&mut journal, (&one, Some(&log), &old), &rotation).unwrap();
    let batch: Vec<NewEvent> = (70..90).map(answered).collect();
    record(&mut journal, (&one, None, &log), &batch).unwrap();
    journal.close().unwrap();
    let audit = audited(&path);
    assert_eq!((outcome(&audit).as_str(), audit.counts.entries), ("good", 38));
}

#[test]
fn a_key_whose_public_half_alone_is_here_signs_through_the_agent() {
    let Some(real) = Real::start() else { return };
    let at = |name: &str| real.path(&format!("{name}.pub")).display().to_string();
    real.add("log");
    let one = real.ok(&["--json", "key", "import", "rosa", "--public", &at("one")]);
    assert!(one.contains("dspt.key/1"), "{one}");
    real.ok(&["key", "import", "acme-log", "--public", &at("log")]);
    let twice = real.dspt(&["key", "import", "rosa", "--public", &at("one")]);
    assert_eq!(twice.status.code(), Some(5));
    // No passphrase is asked for: there is none.
    let init = ["init", "acme", "--org", "Acme", "--type", "it-supplier", "--holder", "Rosa"];
    real.ok(&[&init[..], &["--key", "rosa"]].concat());
    real.ok(&["record", "answer", "1.1.1", "--text", "registered"]);
    let pass = real.path("pass").display().to_string();
    real.ok(&["key", "new", "lund", "--passphrase-file", &pass]);
    let admit = ["key", "admit", "lund", "--role", "approver", "--holder", "Lund"];
    real.ok(&[&admit[..], &["--key", "rosa", "--passphrase-file", &pass]].concat());
    // One key in a file and one in the agent.
    real.ok(&["confirm", "1.1", "--key", "lund", "--passphrase-file", &pass]);
    let list = real.ok(&["--json", "key", "list"]);
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let of = |name: &str| {
        let keys = list["keys"].as_array().unwrap();
        let one = keys.iter().find(|one| one["name"] == name).unwrap();
        (one["private"].as_bool().unwrap(), one["agent"].as_bool().unwrap())
    };
    assert_eq!(
        (of("rosa"), of("lund"), of("acme-log")),
        ((false, true), (true, false), (false, true))
    );
    assert!(real.ok(&["key", "list"]).contains("agent"));
    real.ok(&["verify"]);
    // The agent is emptied: what it held does not sign, and the message says why.
    let emptied = Command::new("ssh-add")
        .arg("-D")
        .env("SSH_AUTH_SOCK", real.socket())
        .stderr(Stdio::null())
        .status();
    assert!(emptied.unwrap().success());
    let gone = real.dspt(&["record", "answer", "1.1.1", "--text", "again", "--key", "rosa"]);
    let text = String::from_utf8(gone.stderr).unwrap();
    assert_eq!(gone.status.code(), Some(5), "{text}");
    assert!(text.contains("DSPT0024") && text.contains("does not hold the key"), "{text}");
    assert!(text.contains("only the public half of `rosa`"), "{text}");
}

/// How a hostile agent ends an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Close,
    Hold,
    /// Every byte after a pause.
    Drip,
}

type Script = dyn Fn(u8) -> (Vec<u8>, End) + Send + Sync;

/// An agent that answers by a script: what it says to each kind of request.
fn fake(script: Arc<Script>) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::Builder::new().prefix("a").tempdir().unwrap();
    let socket = folder.path().join("s");
    let listener = UnixListener::bind(&socket).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), script) = (stream, Arc::clone(&script)) else { return };
            thread::spawn(move || {
                let mut length = [0; 4];
                stream.read_exact(&mut length).unwrap_or_default();
                let mut request = vec![0; u32::from_be_bytes(length) as usize];
                stream.read_exact(&mut request).unwrap_or_default();
                let (reply, end) = script(request.first().copied().unwrap_or_default());
                for byte in reply.chunks(if end == End::Drip { 1 } else { reply.len().max(1) }) {
                    if stream.write_all(byte).is_err() {
                        return;
                    }
                    if end == End::Drip {
                        thread::sleep(HASTY / 4);
                    }
                }
                if end != End::Close {
                    // Until the other side gives up.
                    let _ = stream.read(&mut [0]);
                }
            });
        }
    });
    (folder, socket)
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    string(&[&[kind], body].concat())
}

fn identities(key: &PublicKey) -> Vec<u8> {
    let blob = [string(b"ssh-ed25519"), string(key.as_bytes())].concat();
    message(12, &[&[0, 0, 0, 1][..], &string(&blob), &string(b"comment")].concat())
}

fn signed(bytes: &[u8]) -> Vec<u8> {
    message(14, &string(&[string(b"ssh-ed25519"), string(bytes)].concat()))
}

/// Says what becomes of signing where the agent names the key and then answers so.
fn signing(key: PublicKey, reply: Vec<u8>, end: End) -> (tempfile::TempDir, Agent) {
    let script = move |kind: u8| match kind {
        11 => (identities(&key), End::Close),
        _ => (reply.clone(), end),
    };
    let (folder, socket) = fake(Arc::new(script));
    // Only where the other side falls silent does the wait end the test.
    let patience = if end == End::Close { PATIENT } else { HASTY };
    (folder, Agent::at(socket, patience))
}

#[test]
fn what_is_no_signature_is_named_and_waiting_for_it_ends() {
    let key = *signer(OWNER).public();
    let good = signer(OWNER).sign(b"message").unwrap();
    let (_folder, agent) = signing(key, signed(&good), End::Close);
    // The script is sound: the same key, honestly answered, signs.
    assert_eq!(agent.signer(&key).unwrap().sign(b"message"), Ok(good));
    let whole = signed(&good);
    let rsa = message(14, &string(&[string(b"rsa-sha2-256"), string(&good)].concat()));
    let cases: [(Vec<u8>, End, &str); 16] = [
        (Vec::new(), End::Close, "less than a whole message"),
        (Vec::new(), End::Hold, "did not answer within"),
        (whole[..3].to_vec(), End::Close, "less than a whole message"),
        (whole[..3].to_vec(), End::Hold, "did not answer within"),
        (whole[..40].to_vec(), End::Close, "less than a whole message"),
        (whole[..40].to_vec(), End::Hold, "did not answer within"),
        (whole.clone(), End::Drip, "did not answer within"),
        (vec![0; 4], End::Close, "another kind of message"),
        (vec![0xff; 64], End::Close, "an unreasonable length"),
        (vec![0, 4, 0, 1], End::Hold, "an unreasonable length"),
        (message(5, &[]), End::Close, "refused"),
        (message(6, &[]), End::Close, "another kind of message"),
        (identities(&key), End::Close, "another kind of message"),
        (signed(&good[..63]), End::Close, "no Ed25519 signature"),
        (rsa, End::Close, "no Ed25519 signature"),
        (message(14, &[0xff; 20]), End::Close, "no Ed25519 signature"),
    ];
    for (reply, end, expected) in cases {
        let (_folder, agent) = signing(key, reply.clone(), end);
        let error = agent.signer(&key).unwrap().sign(b"message").unwrap_err();
        assert!(error.to_string().contains(expected), "{expected}: {error} {reply:?}");
        assert_eq!(error.keyid, key.keyid());
        // The same instead of a list of keys.
        let (_folder, socket) = fake(Arc::new(move |_| (reply.clone(), end)));
        let listed = Agent::at(socket, HASTY).keys();
        assert!(listed.is_err() || expected.contains("another kind"), "{expected}");
    }
}

#[test]
fn nobody_or_somebody_else_behind_the_socket_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("s");
    let key = *signer(OWNER).public();
    let unreachable = |error: &AgentError| matches!(error, AgentError::Unreachable { .. });
    assert!(unreachable(&Agent::at(&socket, HASTY).keys().unwrap_err()));
    fs::write(&socket, "a file").unwrap();
    assert!(unreachable(&Agent::at(&socket, HASTY).keys().unwrap_err()));
    fs::remove_file(&socket).unwrap();
    // Somebody listens and never takes the call.
    let _listener = UnixListener::bind(&socket).unwrap();
    let slow = Agent::at(&socket, HASTY).signer(&key).unwrap_err();
    assert!(matches!(slow, AgentError::TooSlow { .. }), "{slow}");
    let (_folder, socket) = fake(Arc::new(move |_| (identities(signer(LOG).public()), End::Close)));
    let other = Agent::at(socket, HASTY).signer(&key).unwrap_err();
    assert!(matches!(other, AgentError::Lacks { .. }), "{other}");
}

/// Records with a signer that fails: nothing may be written.
#[track_caller]
fn fails(path: &Path, who: (&dyn Sign, &dyn Sign), expected: &str) {
    let before = Raw::read(path);
    let mut journal = Journal::open(path, Mode::Write).unwrap();
    let error = record(&mut journal, (who.0, None, who.1), &[answered(80)]).unwrap_err();
    assert!(error.to_string().contains(expected), "{error}");
    assert_eq!(Raw::read(path), before);
    drop(journal);
    assert_eq!(Raw::read(path), before);
    assert_eq!(outcome(&audited(path)), "good");
}

#[test]
fn a_false_signature_never_gets_into_a_ledger() {
    let (_folder, path) = ledger();
    let (owner, log) = (signer(OWNER), signer(LOG));
    let of = |key: PublicKey, reply: Vec<u8>, end: End| {
        let (folder, agent) = signing(key, reply, end);
        let signer = agent.signer(&key).unwrap();
        (folder, signer)
    };
    // Of another message, of another key, and noise.
    let stale = owner.sign(b"something else").unwrap();
    let foreign = signer(9).sign(b"something else").unwrap();
    for false_one in [stale, foreign, [0; 64], [0xff; 64]] {
        let (_agent, author) = of(*owner.public(), signed(&false_one), End::Close);
        fails(&path, (&author, &log), "made a signature that does not fit");
        let (_agent, head) = of(*log.public(), signed(&false_one), End::Close);
        fails(&path, (&owner, &head), "its signature does not fit");
    }
    let (_agent, author) = of(*owner.public(), Vec::new(), End::Hold);
    fails(&path, (&author, &log), "did not answer within");
    let (_agent, head) = of(*log.public(), message(5, &[]), End::Close);
    fails(&path, (&owner, &head), "refused");
}

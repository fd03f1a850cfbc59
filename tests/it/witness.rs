//! A witness as others meet it: over HTTP, kind and hostile, and as processes side by side.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use dspt_ledger::ledger::tree::{consistency_proof, root_of};
use dspt_ledger::ledger::{
    Checkpoint, ConsistencyFile, Digest, Head, KeyName, Origin, SeedSigner, Sign as _, Vkey,
    WitnessKey, cosignature, leaf_hash,
};
use dspt_ledger::witness::client::{AskError, ask, latest};
use dspt_ledger::witness::serve::{Limits, PLACES, serve};
use dspt_ledger::witness::{Log, State, Witness};

const ORIGIN: &str = "log.example/a/b";

fn signer() -> SeedSigner {
    SeedSigner::from_seed(&[2; 32])
}

fn vkey() -> Vkey {
    Vkey::new(Origin::parse(ORIGIN).unwrap().key_name(), *signer().public())
}

fn body(history: u64, old: u64, size: u64) -> Vec<u8> {
    let leaf = |index: u64| leaf_hash(format!("{} {index}", history * (index / 4)).as_bytes());
    let leaves: Vec<Digest> = (0..size).map(leaf).collect();
    let head = Checkpoint { origin: Origin::parse(ORIGIN).unwrap(), size, root: root_of(&leaves) };
    let path = consistency_proof(&leaves, old).unwrap_or_default();
    ConsistencyFile { old_size: old, path, checkpoint: head.sign(&signer()).unwrap() }.to_bytes()
}

/// Longer than an honest exchange takes on the busiest machine.
const PATIENT: Duration = Duration::from_mins(1);

/// A served witness; it lives as long as the test process.
fn served(patience: Duration) -> (String, WitnessKey) {
    let folder = Box::leak(Box::new(tempfile::tempdir().unwrap()));
    let own: &'static SeedSigner = Box::leak(Box::new(SeedSigner::from_seed(&[3; 32])));
    let key = WitnessKey::new(KeyName::parse("w.example").unwrap(), *own.public());
    let state: &'static State = Box::leak(Box::new(State::create(folder.path(), &key).unwrap()));
    state.add_log(&Log { origin: ORIGIN.to_owned(), vkey: vkey() }).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let witness = Witness::new(state, own).unwrap();
        serve(&listener, &witness, Limits { patience }, &|| 1_782_838_805, &|_| {});
    });
    (address, key)
}

/// Sends bytes as they are and returns the status line, or nothing when there is no answer. Fails
/// when the witness neither answers nor hangs up.
fn raw(address: &str, bytes: &[u8], then: Option<Shutdown>) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENT)).unwrap();
    // It may hang up before it has all of it.
    let _ = stream.write_all(bytes);
    if let Some(how) = then {
        let _ = stream.shutdown(how);
    }
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => {}
        Err(error) => assert!(
            !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
            "no answer to {:?}",
            String::from_utf8_lossy(&bytes[..bytes.len().min(80)])
        ),
    }
    let text = String::from_utf8_lossy(&answer).into_owned();
    text.split_whitespace().nth(1).unwrap_or_default().to_owned()
}

#[test]
fn a_log_asks_and_the_answers_are_those_of_the_protocol() {
    let (address, key) = served(PATIENT);
    let url = format!("http://{address}/");
    assert_eq!(latest(&url, ORIGIN).unwrap(), None);
    let cosigned = ask(&url, &body(1, 0, 5), &key).unwrap();
    assert_eq!((cosigned.len(), cosigned[0].time()), (1, 1_782_838_805));
    let note = latest(&url, ORIGIN).unwrap().unwrap();
    assert_eq!(Head::open(&note, &vkey(), ORIGIN).unwrap().size(), 5);
    assert_eq!(cosignature::verify(&note, std::slice::from_ref(&key)).unwrap(), cosigned);

    let refused = |body: &[u8]| ask(&url, body, &key).unwrap_err();
    assert!(matches!(refused(&body(1, 0, 9)), AskError::Stale { size: 5 }));
    let status = |body: &[u8]| {
        let error = refused(body);
        let AskError::Refused { status, .. } = error else { panic!("{error}") };
        status
    };
    assert_eq!(status(&body(1, 5, 3)), 400);
    assert_eq!(status(&body(2, 5, 9)), 422);
    let text = String::from_utf8(body(1, 5, 6)).unwrap();
    assert_eq!(status(text.replace("log.example", "no.example").as_bytes()), 404);
    assert_eq!(status(text.replacen("\n6\n", "\n7\n", 1).as_bytes()), 403);
    assert!(matches!(refused(b"old x"), AskError::BadRequest(_)));
    ask(&url, text.as_bytes(), &key).unwrap();

    // Cosigned, but by a key other than the one that the log knows.
    let stranger = SeedSigner::from_seed(&[9; 32]);
    let stranger = WitnessKey::new(key.name().clone(), *stranger.public());
    let other = ask(&url, &body(1, 6, 7), &stranger).unwrap_err();
    assert!(matches!(other, AskError::NotCosigned { .. }), "{other}");
    for url in
        ["https://w.example", "w.example", "http://", "http://a b", "file:///x", "http://a?b"]
    {
        assert!(matches!(ask(url, &body(1, 0, 5), &key), Err(AskError::BadUrl { .. })), "{url}");
    }
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let silent = ask(&format!("http://{closed}"), &body(1, 0, 5), &key).unwrap_err();
    assert!(matches!(silent, AskError::NoAnswer { .. }), "{silent}");
}

#[test]
fn a_stale_answer_has_the_size_as_its_body_and_its_type() {
    let (address, key) = served(PATIENT);
    ask(&format!("http://{address}"), &body(1, 0, 5), &key).unwrap();
    let request = body(1, 0, 9);
    let mut stream = TcpStream::connect(&address).unwrap();
    let head =
        format!("POST /add-checkpoint HTTP/1.1\r\nContent-Length: {}\r\n\r\n", request.len());
    stream.write_all(&[head.as_bytes(), &request].concat()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 409 "), "{answer}");
    assert!(answer.contains("\r\nContent-Type: text/x.tlog.size\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n5\n"), "{answer}");
}

#[test]
fn a_witness_that_lies_is_not_believed() {
    let key = WitnessKey::new(KeyName::parse("w.example").unwrap(), *signer().public());
    let own = signer();
    let text = Head::claimed(&ConsistencyFile::parse(&body(1, 0, 5)).unwrap().checkpoint).unwrap();
    let line = cosignature::sign(&text.to_text(), 7, key.name(), &own).unwrap().line().to_owned();
    let said = |answer: String| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut part = vec![0; 65_536];
            let _ = stream.read(&mut part);
            let _ = stream.write_all(answer.as_bytes());
        });
        let outcome = ask(&url, &body(1, 0, 5), &key);
        thread.join().unwrap();
        outcome
    };
    let ok =
        |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    assert_eq!(said(ok(&line)).unwrap().len(), 1);
    assert!(matches!(said(ok(&line.replace("AAAAA", "AAAAB"))), Err(AskError::BadAnswer(_))));
    assert!(matches!(said(ok(&line.repeat(2))), Err(AskError::BadAnswer(_))));
    assert!(matches!(said(ok("— other.example AAAAAAA=\n")), Err(AskError::NotCosigned { .. })));
    assert!(matches!(said(ok("")), Err(AskError::BadAnswer(_))));
    assert!(matches!(said(ok(&"x".repeat(100_000))), Err(AskError::NoAnswer { .. })));
    assert!(matches!(said("garbage".to_owned()), Err(AskError::NoAnswer { .. })));
    let sized = |body: &str| {
        format!("HTTP/1.1 409 Conflict\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    };
    assert!(matches!(said(sized("12\n")), Err(AskError::Stale { size: 12 })));
    for bad in ["12", "012\n", "+12\n", "x\n", "99999999999999999999\n"] {
        let outcome = said(sized(bad));
        assert!(matches!(outcome, Err(AskError::Refused { status: 409, .. })), "{bad}");
    }
    let away = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    let outcome = said(away.to_owned());
    assert!(matches!(outcome, Err(AskError::Refused { status: 302, .. })), "{outcome:?}");
}

/// Says whether a connection was ended from the other side, with what it was told.
fn ended(stream: &TcpStream) -> Option<String> {
    let mut stream = stream;
    stream.set_nonblocking(true).unwrap();
    let mut told = [0; 512];
    match stream.read(&mut told) {
        Ok(count) => Some(String::from_utf8_lossy(&told[..count]).into_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => None,
        Err(error) => Some(error.to_string()),
    }
}

#[test]
fn connections_that_send_nothing_make_room_for_those_that_ask() {
    // Nothing ends for want of time here: whoever is served was given a place.
    let (address, key) = served(Duration::from_hours(1));
    let more = 150;
    let begun: [&[u8]; 4] = [b"", b"P", b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\n", WAITS];
    let idle: Vec<TcpStream> = (0..PLACES + more)
        .map(|number| {
            let mut stream = TcpStream::connect(&address).unwrap();
            // One whose place was taken by now need not take it.
            let _ = stream.write_all(begun[number % begun.len()]);
            stream
        })
        .collect();
    let url = format!("http://{address}/");
    assert_eq!(ask(&url, &body(1, 0, 5), &key).unwrap().len(), 1);
    assert!(latest(&url, ORIGIN).unwrap().is_some());
    let ended: Vec<Option<String>> = idle.iter().map(ended).collect();
    // The oldest made room, each for one; the others are waited for still.
    let (old, new) = ended.split_at(more + 1);
    assert!(old.iter().all(Option::is_some), "{ended:?}");
    assert!(old.iter().flatten().any(|told| told.starts_with("HTTP/1.1 503 ")), "{old:?}");
    assert!(new.iter().skip(1).all(Option::is_none), "{new:?}");
}

/// A request whose body never comes.
const WAITS: &[u8] =
    b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\nold 0\n";

#[test]
fn hostile_requests_are_answered_or_cut_off() {
    let (address, key) = served(PATIENT);
    let (hasty, _) = served(Duration::from_secs(1));
    let post = "POST /add-checkpoint HTTP/1.1\r\n";
    let long = format!("{post}X: {}\r\n\r\n", "a".repeat(20_000));
    let endless = format!("{post}X: {}", "a".repeat(200_000));
    let many = format!("{post}{}\r\n", "A: b\r\n".repeat(65));
    let with = |header: &str| format!("{post}{header}\r\n\r\n");
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (long.into(), "431"),
        (endless.into(), "431"),
        (many.into(), "431"),
        (with("Host: a").into(), "411"),
        (with("Transfer-Encoding: chunked").into(), "411"),
        (with("Content-Length: 5\r\nTransfer-Encoding: chunked").into(), "411"),
        (with("Content-Length: 5\r\nContent-Length: 5").into(), "400"),
        (with("Content-Length: +5").into(), "400"),
        (with("Content-Length: -5").into(), "400"),
        (with("Content-Length:").into(), "400"),
        (with("Content-Length: 1000001").into(), "413"),
        (with("Content-Length: 99999999999999999999999999").into(), "413"),
        (with("Content-Length: 0").into(), "400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\xff\xfe\r\n\r\n".to_vec(), "400"),
        (vec![0; 4096], "400"),
        (b"GET / HTTP/9.9\r\n\r\n".to_vec(), "400"),
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), "404"),
        (b"GET /../../etc/passwd HTTP/1.1\r\n\r\n".to_vec(), "404"),
        (b"GET /../logs/checkpoint HTTP/1.1\r\n\r\n".to_vec(), "404"),
        (b"GET /add-checkpoint HTTP/1.1\r\n\r\n".to_vec(), "405"),
        (b"DELETE /x/checkpoint HTTP/1.1\r\n\r\n".to_vec(), "405"),
    ];
    // Slow, or never finished: cut off when its time is over.
    let slow: Vec<(Vec<u8>, &str)> = vec![
        (with("Content-Length: 900000\r\nExpect: 100-continue").into(), "100"),
        (with("Content-Length: 900000").into(), "408"),
        (post.into(), "408"),
        (Vec::new(), "408"),
    ];
    let at = |address, cases: Vec<_>| cases.into_iter().map(move |case| (address, case));
    for (address, (bytes, wanted)) in at(&address, cases).chain(at(&hasty, slow)) {
        let found = raw(address, &bytes, None);
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(90)]);
        assert_eq!(found, wanted, "{text}");
    }
    // Gone in the middle: nobody is there to answer.
    assert_eq!(raw(&address, with("Content-Length: 50").as_bytes(), Some(Shutdown::Write)), "");
    assert_eq!(raw(&address, b"", Some(Shutdown::Both)), "");
    // Some that say nothing do not hold up the next one, or it would not be answered at all.
    let idle: Vec<TcpStream> = (0..12).map(|_| TcpStream::connect(&address).unwrap()).collect();
    ask(&format!("http://{address}"), &body(1, 0, 5), &key).unwrap();
    drop(idle);
}

/// The real program, with a witness in a folder of its own.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("passphrase"), "correct horse\n").unwrap();
        let desk = Self { folder };
        let made = desk.run(&["init", "--name", "w.example/one"]);
        assert!(made.status.success(), "{made:?}");
        assert!(desk.run(&["add-log", &vkey().to_string()]).status.success());
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dspt"));
        command.arg("witness").args(args).arg("--state").arg(self.path("state"));
        if ["init", "cosign", "serve"].contains(&args[0]) {
            command.arg("--passphrase-file").arg(self.path("passphrase"));
        }
        command.env_remove("DSPT_WITNESS").stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    fn key(&self) -> WitnessKey {
        let text = fs::read_to_string(self.path("state/witness.vkey")).unwrap();
        WitnessKey::parse(text.trim_end()).unwrap()
    }

    fn file(&self, name: &str, bytes: &[u8]) -> String {
        fs::write(self.path(name), bytes).unwrap();
        self.path(name).display().to_string()
    }
}

/// A process that ends with the test.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve_process(desk: &Desk) -> (Serving, String) {
    let mut child = desk.command(&["serve", "--listen", "127.0.0.1:0"]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim_end().rsplit(' ').next().unwrap().to_owned();
    assert!(url.starts_with("http://127.0.0.1:"), "{line}");
    (Serving(child), url)
}

#[test]
fn files_are_cosigned_without_a_network() {
    let desk = Desk::new();
    let request = desk.file("request", &body(1, 0, 5));
    let out = desk.path("line").display().to_string();
    let done = desk.run(&["cosign", &request, "--out", &out]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let line = fs::read_to_string(&out).unwrap();
    assert_eq!(String::from_utf8(done.stdout).unwrap(), line);
    let note = ConsistencyFile::parse(&body(1, 0, 5)).unwrap().checkpoint;
    let cosigned = desk.file("cosigned", &[&note[..], line.as_bytes()].concat());
    let checked = Command::new(env!("CARGO_BIN_EXE_dspt"))
        .args(["check", "checkpoint", "--vkey", &vkey().to_string()])
        .args(["--witness", &desk.key().to_string(), "--checkpoint", &cosigned])
        .output()
        .unwrap();
    assert!(checked.status.success(), "{checked:?}");
    let stale = desk.run(&["cosign", &request]);
    assert_eq!(stale.status.code(), Some(1));
    assert!(String::from_utf8(stale.stdout).unwrap().starts_with("NO: stale: "));
    let json = desk.run(&["cosign", &request, "--json"]);
    let value: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&value["size"], &value["fault"]["rule"]), (&5.into(), &"stale".into()));
    let status = desk.run(&["status", "--json"]);
    let value: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(
        (&value["logs"][0]["origin"], &value["logs"][0]["size"]),
        (&ORIGIN.into(), &5.into())
    );
    assert!(value["logs"][0]["time"].as_u64().unwrap() > 1_700_000_000);
    let again = desk.run(&["init", "--name", "w.example/two"]);
    assert_eq!(again.status.code(), Some(2), "{again:?}");
    let missing = Command::new(env!("CARGO_BIN_EXE_dspt"))
        .args(["witness", "status", "--state"])
        .arg(desk.path("none"))
        .output()
        .unwrap();
    assert_eq!(missing.status.code(), Some(10));
}

#[test]
fn of_several_processes_with_several_histories_one_is_served() {
    let desk = Desk::new();
    let first = desk.file("first", &body(1, 0, 4));
    assert!(desk.run(&["cosign", &first]).status.success());
    let children: Vec<Child> = (1..=4)
        .map(|history| {
            let file = desk.file(&format!("fork-{history}"), &body(history, 4, 9));
            desk.command(&["cosign", &file]).spawn().unwrap()
        })
        .collect();
    let codes: Vec<Option<i32>> =
        children.into_iter().map(|child| child.wait_with_output().unwrap().status.code()).collect();
    assert_eq!(codes.iter().filter(|code| **code == Some(0)).count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == Some(1)).count(), 3, "{codes:?}");
}

#[test]
fn a_served_witness_that_is_killed_remembers() {
    let desk = Desk::new();
    let key = desk.key();
    let mut size = 0;
    for round in 1..=3 {
        let (serving, url) = serve_process(&desk);
        // The word of an earlier process still holds in this one.
        if size > 0 {
            let stale = ask(&url, &body(1, size - 1, size + 1), &key).unwrap_err();
            assert!(matches!(stale, AskError::Stale { size: found } if found == size));
        }
        for _ in 0..3 {
            let cosigned = ask(&url, &body(1, size, size + round), &key).unwrap();
            assert!(cosigned[0].time() > 1_700_000_000);
            size += round;
        }
        let note = latest(&url, ORIGIN).unwrap().unwrap();
        assert_eq!(Head::open(&note, &vkey(), ORIGIN).unwrap().size(), size);
        // SIGKILL on Unix: nothing is tidied up.
        drop(serving);
    }
    assert!(no_leftovers(&desk.path("state/latest")));
}

fn no_leftovers(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().count() == 1
}

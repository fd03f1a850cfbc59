//! The two requests of C2SP `tlog-witness` over HTTP/1.1. Every request has a limit in bytes and
//! in seconds, a connection serves one request, and there is a fixed number of places for them
//! (`places.rs`), so that nobody can fill the memory or hold up the witness.

use std::io::{self, Read as _, Write as _};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::places::{Place, Places};
use super::{NotCosigned, Refusal, Witness};
use crate::ledger::Digest;
use crate::ledger::proof::PROOF_BYTES_MAX;

/// The longest request line with its headers, in bytes.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// The most headers of a request.
const HEADERS_MAX: usize = 64;
/// How many connections there are at a time, each with a thread. One more takes the place of the
/// oldest that has not sent its request.
pub const PLACES: usize = 64;
/// What the thread of a connection needs.
const STACK_BYTES: usize = 1024 * 1024;
/// How long to rest when the system gives no connection or thread, as when too many files are open.
const REST: Duration = Duration::from_millis(100);
/// How often to look whether somebody else waits for the place, on systems that do not wake a
/// reader for it.
const LOOK: Duration = Duration::from_millis(250);

const TEXT: &str = "text/plain; charset=utf-8";
const SIZE: &str = "text/x.tlog.size";

/// How a request is served.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a request and its answer may take together.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { patience: Duration::from_secs(4) }
    }
}

/// Serves for ever. `clock` gives the time of a cosignature in POSIX seconds; `log` is told what
/// was answered to each request, in one line.
pub fn serve(
    listener: &TcpListener,
    witness: &Witness<'_>,
    limits: Limits,
    clock: &(dyn Fn() -> u64 + Sync),
    log: &(dyn Fn(&str) + Sync),
) {
    let places = Places::new(PLACES);
    std::thread::scope(|scope| {
        loop {
            let place = match listener.accept() {
                Ok((stream, _)) => places.enter(stream),
                Err(error) if is_of_the_other_side(&error) => continue,
                Err(_) => {
                    std::thread::sleep(REST);
                    continue;
                }
            };
            let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
            let served = move || log(&converse(&place, witness, limits, clock));
            if thread.spawn_scoped(scope, served).is_err() {
                log("request: not served, the system gives no thread");
                std::thread::sleep(REST);
            }
        }
    });
}

/// A connection that was given up before it was taken says nothing about the next.
fn is_of_the_other_side(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}

/// An answer: its status, the kind of its body, and the body.
struct Answer {
    status: u16,
    kind: &'static str,
    body: Vec<u8>,
    /// Whether the body is left out, as HEAD asks.
    silent: bool,
}

impl Answer {
    fn text(status: u16, body: impl Into<String>) -> Self {
        let mut body = body.into();
        if !body.ends_with('\n') {
            body.push('\n');
        }
        Self { status, kind: TEXT, body: body.into_bytes(), silent: false }
    }
}

/// Serves one connection and returns what to say about it.
fn converse(
    place: &Place<'_>,
    witness: &Witness<'_>,
    limits: Limits,
    clock: &(dyn Fn() -> u64 + Sync),
) -> String {
    let end = Instant::now() + limits.patience;
    let (what, answer) = match read_request(place, end) {
        Ok(request) => {
            place.works();
            let what = format!("{} {}", request.method, shown(&request.path));
            let mut answer = answer(&request, witness, clock);
            answer.silent = request.method == "HEAD";
            (what, answer)
        }
        Err(Unread::Answer(answer)) => ("request".to_owned(), answer),
        Err(Unread::Gone) => return "request: gone before its end".to_owned(),
    };
    let said = format!("{what}: {}", answer.status);
    match send(place, &answer, end) {
        Ok(()) => said,
        Err(error) => format!("{said}, not delivered: {error}"),
    }
}

/// A path fit for one line of a log.
fn shown(path: &str) -> String {
    path.chars().take(100).flat_map(char::escape_debug).collect()
}

struct Request {
    method: String,
    path: String,
    body: Vec<u8>,
}

/// Why a request was not read to its end.
enum Unread {
    /// There is something to say about it.
    Answer(Answer),
    /// Nobody is there any more.
    Gone,
}

impl Unread {
    fn answer(status: u16, text: &str) -> Self {
        Self::Answer(Answer::text(status, text))
    }
}

/// Reads as much as there is, until `end`, or until somebody else waits for the place.
fn read_some(place: &Place<'_>, to: &mut Vec<u8>, end: Instant) -> Result<(), Unread> {
    let mut part = [0; 8192];
    loop {
        if place.must_leave() {
            return Err(Unread::answer(503, "others were waiting; send the request at once"));
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Unread::answer(408, "the request took too long"));
        }
        place.stream().set_read_timeout(Some(left.min(LOOK))).map_err(|_| Unread::Gone)?;
        match place.stream().read(&mut part) {
            // Its end, or the place was taken.
            Ok(0) if place.must_leave() => {}
            Ok(0) => return Err(Unread::Gone),
            Ok(count) => {
                to.extend(part.iter().take(count));
                return Ok(());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted || is_timeout(&error) => {}
            Err(_) => return Err(Unread::Gone),
        }
    }
}

/// Systems differ in what they call a time that is over.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn read_request(place: &Place<'_>, end: Instant) -> Result<Request, Unread> {
    let mut bytes = Vec::new();
    let head = loop {
        read_some(place, &mut bytes, end)?;
        if let Some(head) = parse_head(&bytes)? {
            break head;
        }
        if bytes.len() > HEAD_BYTES_MAX {
            return Err(Unread::answer(431, "the headers are too long"));
        }
    };
    if head.continues {
        let _ = place.stream().write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
    }
    let whole = head.bytes + head.body;
    while bytes.len() < whole {
        read_some(place, &mut bytes, end)?;
    }
    bytes.truncate(whole);
    bytes.drain(..head.bytes.min(whole));
    Ok(Request { method: head.method, path: head.path, body: bytes })
}

struct RequestHead {
    method: String,
    path: String,
    /// How many bytes it has.
    bytes: usize,
    /// How many bytes the body has.
    body: usize,
    /// Whether the other side waits for a word before it sends the body.
    continues: bool,
}

/// Reads the head of a request, if it is there to its end.
fn parse_head(bytes: &[u8]) -> Result<Option<RequestHead>, Unread> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    let count = match request.parse(bytes) {
        Ok(httparse::Status::Complete(count)) => count,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Unread::answer(431, "there are too many headers"));
        }
        Err(_) => return Err(Unread::answer(400, "this is not HTTP/1.1")),
    };
    if count > HEAD_BYTES_MAX {
        return Err(Unread::answer(431, "the headers are too long"));
    }
    let method = request.method.unwrap_or_default().to_owned();
    let path = request.path.unwrap_or_default().to_owned();
    let body = body_length(&method, request.headers)?;
    let continues = header(request.headers, "expect").next().is_some();
    Ok(Some(RequestHead { method, path, bytes: count, body, continues }))
}

fn header<'h>(headers: &'h [httparse::Header<'_>], name: &str) -> impl Iterator<Item = &'h [u8]> {
    let named = move |one: &&httparse::Header<'_>| one.name.eq_ignore_ascii_case(name);
    headers.iter().filter(named).map(|one| one.value)
}

fn body_length(method: &str, headers: &[httparse::Header<'_>]) -> Result<usize, Unread> {
    if header(headers, "transfer-encoding").next().is_some() {
        return Err(Unread::answer(411, "send the body whole, with its Content-Length"));
    }
    let mut lengths = header(headers, "content-length");
    let length = match (lengths.next(), lengths.next()) {
        (Some(length), None) => length,
        (None, _) if method == "POST" => {
            return Err(Unread::answer(411, "send the body with its Content-Length"));
        }
        (None, _) => return Ok(0),
        (Some(_), Some(_)) => return Err(Unread::answer(400, "there are two Content-Lengths")),
    };
    let digits = !length.is_empty() && length.iter().all(u8::is_ascii_digit);
    let length = std::str::from_utf8(length).ok().filter(|_| digits);
    let bad = || Unread::answer(400, "the Content-Length is not a number");
    // A number that overflows has digits, so it is too large.
    let length = length.ok_or_else(bad)?.parse().unwrap_or(usize::MAX);
    if length > PROOF_BYTES_MAX {
        return Err(Unread::answer(413, "the body is too long"));
    }
    Ok(length)
}

fn answer(request: &Request, witness: &Witness<'_>, clock: &(dyn Fn() -> u64 + Sync)) -> Answer {
    let of_log = request.path.strip_prefix('/').and_then(|path| path.strip_suffix("/checkpoint"));
    match (request.method.as_str(), request.path.as_str(), of_log) {
        ("POST", "/add-checkpoint", _) => add_checkpoint(&request.body, witness, clock()),
        (_, "/add-checkpoint", _) => Answer::text(405, "send a POST"),
        ("GET" | "HEAD", _, Some(hex)) => checkpoint(hex, witness),
        (_, _, Some(_)) => Answer::text(405, "send a GET"),
        (_, _, None) => Answer::text(404, "there is nothing here"),
    }
}

fn add_checkpoint(body: &[u8], witness: &Witness<'_>, time: u64) -> Answer {
    match witness.add_checkpoint(body, time) {
        Ok(cosigned) => Answer::text(200, cosigned.line()),
        Err(NotCosigned::Refused(Refusal::Stale { size })) => {
            Answer { kind: SIZE, ..Answer::text(409, size.to_string()) }
        }
        Err(NotCosigned::Refused(refusal)) => Answer::text(refusal.status(), refusal.to_string()),
        // What is wrong here is for the log of the witness, not for a stranger.
        Err(NotCosigned::Failed(_)) => Answer::text(500, "the witness cannot work; ask its keeper"),
    }
}

fn checkpoint(hex: &str, witness: &Witness<'_>) -> Answer {
    let Ok(digest) = Digest::from_hex(hex) else {
        return Answer::text(404, "write the SHA-256 of the origin in lower-case hex");
    };
    match witness.state().by_digest(&digest) {
        Ok(Some(body)) => Answer { status: 200, kind: TEXT, body, silent: false },
        Ok(None) => Answer::text(404, "nothing of this log was cosigned here"),
        Err(_) => Answer::text(500, "the witness cannot work; ask its keeper"),
    }
}

const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        411 => "Length Required",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

fn send(place: &Place<'_>, answer: &Answer, end: Instant) -> io::Result<()> {
    let Answer { status, kind, body, silent } = answer;
    let allow = if *status == 405 { "Allow: GET, HEAD, POST\r\n" } else { "" };
    let head = format!(
        "HTTP/1.1 {status} {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n{allow}\
         Connection: close\r\n\r\n",
        reason(*status),
        body.len()
    );
    // A word of its own for the answer, also where the request took all the time there was.
    let left = end.saturating_duration_since(Instant::now()).max(Duration::from_secs(1));
    let mut stream = place.stream();
    stream.set_write_timeout(Some(left))?;
    let body: &[u8] = if *silent { &[] } else { body };
    stream.write_all(&[head.as_bytes(), body].concat())?;
    stream.flush()?;
    if !place.must_leave() {
        place.waits();
        drain(place, Instant::now() + Duration::from_millis(200));
    }
    Ok(())
}

/// Takes in some of what the other side still sends; to close on unread bytes would reset the
/// connection, and the answer could be lost.
fn drain(place: &Place<'_>, end: Instant) {
    let _ = place.stream().shutdown(std::net::Shutdown::Write);
    let mut rest = Vec::new();
    while rest.len() < 64 * 1024 && read_some(place, &mut rest, end).is_ok() {}
}

//! What a path leads to where something else was meant, and the commands that are for it. It looks at
//! names and at the first bytes, and believes nothing.

use std::path::{Path, PathBuf};

use super::code::{Code, FailureCode};
use super::error::Failure;
use super::ledger_path::LEDGER_NAME;
use super::output::quoted;
use crate::domain::problem_code::ProblemCode;
use crate::durable;
use crate::ledger::Head;
use crate::verify::bundle::is_bundle;
use crate::verify::manifest::CHECKPOINT;

/// Something that this program writes or reads, and that is not what a command was given it for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// A ledger, here or beside the path.
    Ledger(PathBuf),
    /// The folder of a bundle.
    Bundle(PathBuf),
    /// The folder of a log's tiles.
    Tiles(PathBuf),
    Statement,
    Checkpoint,
    Inclusion,
    Consistency,
    Entry,
    Archive,
    Workbook,
    Table,
}

/// How much of a file is looked at: a statement names its form in its middle.
const LOOKED_AT_BYTES: u64 = 1 << 20;

/// Adds to a failure about the kind of a file what the file is, and the command for it.
pub(super) fn hinted(mut failure: Failure, path: &Path) -> Failure {
    let about_kinds = matches!(
        failure.code,
        FailureCode::Command(Code::NoLedger | Code::NotALedger | Code::NotAStatement)
            | FailureCode::Problem(ProblemCode::File)
    );
    if about_kinds && let Some(kind) = kind_of(path) {
        failure.help = Some(help(&kind, path));
    }
    failure
}

fn kind_of(path: &Path) -> Option<Kind> {
    if path.is_dir() {
        return folder(path);
    }
    let name = path.file_name()?.to_str().unwrap_or_default();
    let beside = [".head", "-wal", "-shm"].iter().find_map(|end| name.strip_suffix(end));
    if let Some(ledger) = beside.map(|name| path.with_file_name(name)).filter(|one| one.is_file()) {
        return Some(Kind::Ledger(ledger));
    }
    let bytes = durable::read_start(path, LOOKED_AT_BYTES).ok()?;
    let inside = path.ancestors().skip(1).take(4).find(|one| is_bundle(named(one)));
    of_bytes(&bytes, name)
        .map(|kind| match (inside, kind) {
            (Some(folder), Kind::Checkpoint) => Kind::Bundle(named(folder).to_owned()),
            (_, Kind::Checkpoint) if name == CHECKPOINT && path.with_file_name("tile").is_dir() => {
                Kind::Tiles(named(path.parent().unwrap_or(path)).to_owned())
            }
            (_, Kind::Ledger(_)) => Kind::Ledger(path.to_owned()),
            (_, kind) => kind,
        })
        .or_else(|| inside.map(|folder| Kind::Bundle(named(folder).to_owned())))
}

/// The folder of a path that is only a name is the one that one stands in.
fn named(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

fn folder(path: &Path) -> Option<Kind> {
    if is_bundle(path) {
        return Some(Kind::Bundle(path.to_owned()));
    }
    if path.join(CHECKPOINT).is_file() && path.join("tile").is_dir() {
        return Some(Kind::Tiles(path.to_owned()));
    }
    let is_ledger = |file: &Path| {
        let bytes = durable::read_start(file, 16);
        bytes.is_ok_and(|bytes| bytes.starts_with(SQLITE))
    };
    if is_ledger(&path.join(LEDGER_NAME)) {
        return Some(Kind::Ledger(path.to_owned()));
    }
    // The only ledger in the folder, whatever its name; else the one that the folder lies beside.
    let files = std::fs::read_dir(path).ok()?.take(FILES_MAX).filter_map(Result::ok);
    let mut ledgers: Vec<PathBuf> = files
        .map(|file| file.path())
        .filter(|file| file.extension().is_some_and(|end| end == "dspt") && is_ledger(file))
        .collect();
    ledgers.sort();
    let beside = named(path.parent().unwrap_or(path)).join(LEDGER_NAME);
    match ledgers.as_slice() {
        [one] => Some(Kind::Ledger(one.clone())),
        [] if is_ledger(&beside) => Some(Kind::Ledger(beside)),
        _ => None,
    }
}

/// How many files of a folder are looked at.
const FILES_MAX: usize = 1_000;

const SQLITE: &[u8] = b"SQLite format 3\0";

fn of_bytes(bytes: &[u8], name: &str) -> Option<Kind> {
    let ends = |ends: &[&str]| {
        let lower = name.to_ascii_lowercase();
        ends.iter().any(|end| lower.ends_with(end))
    };
    let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    if bytes.starts_with(SQLITE) && ends(&[".dspt"]) {
        return Some(Kind::Ledger(PathBuf::new()));
    }
    if bytes.starts_with(b"PK\x03\x04") && ends(&[".xlsx", ".xlsm", ".ods"]) {
        return Some(Kind::Workbook);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0x1f, 0x8b]) {
        return Some(Kind::Archive);
    }
    if bytes.starts_with(b"c2sp.org/tlog-proof@v1") {
        return Some(Kind::Inclusion);
    }
    if bytes.starts_with(b"old ") {
        return Some(Kind::Consistency);
    }
    if bytes.starts_with(b"{") && holds(b"\"format\":\"dspt-statement/") {
        return Some(Kind::Statement);
    }
    if bytes.starts_with(b"{") && holds(b"\"payloadType\":") {
        return Some(Kind::Entry);
    }
    if Head::claimed(bytes).is_ok() {
        return Some(Kind::Checkpoint);
    }
    ends(&[".csv", ".tsv"]).then_some(Kind::Table)
}

/// What it is, and the commands for it, as they can be typed.
fn help(kind: &Kind, path: &Path) -> String {
    let file = quoted(path);
    match kind {
        Kind::Ledger(ledger) => {
            let ledger = quoted(ledger);
            format!(
                "the ledger is {ledger}: name it with --ledger {ledger}, or `dspt verify {ledger}`"
            )
        }
        Kind::Bundle(folder) => {
            let folder = quoted(folder);
            format!(
                "{folder} is a bundle: check it with `dspt verify {folder}`; its position is shown \
                 by `dspt --ledger {folder} tui`"
            )
        }
        Kind::Tiles(folder) => {
            let folder = quoted(folder);
            format!(
                "{folder} holds a log as tiles, without what a position is shown by: check it with \
                 `dspt verify {folder}`"
            )
        }
        Kind::Statement => format!(
            "it is a statement: read it with `dspt statement show {file}`, and check it with \
             `dspt --ledger LEDGER statement check {file}`"
        ),
        Kind::Checkpoint => format!(
            "it is a signed head: hold a ledger against it with `dspt verify LEDGER --kept {file}`, \
             or check its signatures with `dspt check checkpoint --vkey VKEY --checkpoint {file}`"
        ),
        Kind::Inclusion => format!(
            "it is the proof of an entry: check it with `dspt check inclusion --vkey VKEY --leaf \
             ENTRY --proof {file}`"
        ),
        Kind::Consistency => format!(
            "it is a proof that a log only grew: check it with `dspt check consistency --vkey VKEY \
             --old CHECKPOINT --proof {file}`"
        ),
        Kind::Entry => format!(
            "it is one entry as a file: check it with its proof, `dspt check inclusion --vkey VKEY \
             --leaf {file} --proof PROOF`"
        ),
        Kind::Archive => {
            "it is an archive: unpack it first, and name the folder or file in it".to_owned()
        }
        Kind::Workbook => {
            "it is a workbook: save the sheet as CSV UTF-8; what takes one is listed by \
             `dspt import --help`"
                .to_owned()
        }
        Kind::Table => "it is a table: what takes one is listed by `dspt import --help`".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_is_shows_in_its_first_bytes() {
        let check = |bytes: &[u8], name: &str, expected: Option<Kind>| {
            assert_eq!(of_bytes(bytes, name), expected, "{name}");
        };
        check(b"PK\x03\x04....", "evidence.XLSX", Some(Kind::Workbook));
        check(b"PK\x03\x04....", "bundle.zip", Some(Kind::Archive));
        check(b"\x1f\x8b\x08", "bundle.tgz", Some(Kind::Archive));
        check(b"c2sp.org/tlog-proof@v1\nindex 1\n", "5.tlog-proof", Some(Kind::Inclusion));
        check(b"old 12\n", "proof", Some(Kind::Consistency));
        check(b"{\"edition\":\"x\",\"format\":\"dspt-statement/2\"}", "s", Some(Kind::Statement));
        check(b"{\"payload\":\"e30=\",\"payloadType\":\"x\"}", "5.json", Some(Kind::Entry));
        check(b"item,answer\n", "answers.csv", Some(Kind::Table));
        check(b"notes of a meeting\n", "notes.txt", None);
        check(b"", "empty", None);
    }
}

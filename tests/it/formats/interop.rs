//! This project's files under another project's verifier: `tests/interop/check.go`, which uses
//! golang.org/x/mod. Left out, with a line that says so, where Go or that package is missing.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use dspt_ledger::ledger::cosignature;
use dspt_ledger::ledger::tiles::{TileKind, tiles_of};
use dspt_ledger::ledger::tree::{consistency_proof, inclusion_proof, root_of};
use dspt_ledger::ledger::{
    Checkpoint, ConsistencyFile, Digest, InclusionFile, KeyName, Origin, SeedSigner, Sign as _,
    TilePath, Vkey, leaf_hash,
};

use crate::project::left_out::left_out;

/// Where the Debian package golang-golang-x-mod-dev puts its source.
const GOPATH: &str = "/usr/share/gocode";

/// What is asked of the other verifier, and what it should say.
struct Cases {
    folder: tempfile::TempDir,
    lines: Vec<String>,
    wanted: Vec<bool>,
    files: usize,
}

impl Cases {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, lines: Vec::new(), wanted: Vec::new(), files: 0 }
    }

    fn file(&mut self, bytes: &[u8]) -> String {
        self.files += 1;
        let path = self.folder.path().join(self.files.to_string());
        fs::write(&path, bytes).unwrap();
        path.display().to_string()
    }

    fn add(&mut self, words: &[&str], wanted: bool) {
        self.lines.push(words.join("\t"));
        self.wanted.push(wanted);
    }

    /// One case for files as they are, and for each file one where each of its lines is altered so
    /// that it means something else.
    fn files(&mut self, what: &str, vkey: &str, files: &[&[u8]]) {
        let good: Vec<String> = files.iter().map(|bytes| self.file(bytes)).collect();
        let words = |files: &[String]| {
            let words = [what, vkey].map(str::to_owned);
            [&words[..], files].concat()
        };
        let add = |cases: &mut Self, files: &[String], wanted| {
            let words = words(files);
            cases.add(&words.iter().map(String::as_str).collect::<Vec<_>>(), wanted);
        };
        add(self, &good, true);
        for (at, bytes) in files.iter().enumerate() {
            for bad in damaged(bytes) {
                let mut altered = good.clone();
                altered[at] = self.file(&bad);
                add(self, &altered, false);
            }
        }
    }

    fn ask(&self) -> Vec<String> {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/check.go");
        let mut child = Command::new("go")
            .arg("run")
            .arg(program)
            .env("GO111MODULE", "off")
            .env("GOPATH", GOPATH)
            .env("GOFLAGS", "")
            .env("GOCACHE", self.folder.path().join("cache"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = self.lines.join("\n") + "\n";
        let mut stdin = child.stdin.take().unwrap();
        let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }
}

/// The file with the first byte of each line altered, and cut off in the middle. Bytes that are not
/// text are altered as a whole.
fn damaged(bytes: &[u8]) -> Vec<Vec<u8>> {
    let starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let mut all: Vec<Vec<u8>> = vec![bytes[..bytes.len() / 2].to_vec()];
    for at in std::iter::once(0).chain(starts).filter(|at| *at < bytes.len()) {
        let mut bad = bytes.to_vec();
        bad[at] ^= 1;
        all.push(bad);
    }
    all
}

/// A ledger of a size, and everything about it that travels as a file.
fn ledger(cases: &mut Cases, seed: u8, size: u64) {
    let (log, witness) = (SeedSigner::from_seed(&[seed; 32]), SeedSigner::from_seed(&[99; 32]));
    let origin = Origin::parse(&format!("interop.example/a/{seed}")).unwrap();
    let entries: Vec<String> = (0..size).map(|index| format!("{seed} {index}")).collect();
    let leaves: Vec<Digest> = entries.iter().map(|entry| leaf_hash(entry.as_bytes())).collect();
    let head = |size: u64| {
        let root = root_of(&leaves[..usize::try_from(size).unwrap()]);
        Checkpoint { origin: origin.clone(), size, root }
    };
    let vkey = Vkey::new(origin.key_name(), *log.public()).to_string();
    let note = head(size).sign(&log).unwrap();
    cases.files("checkpoint", &vkey, &[&note]);
    let name = KeyName::parse("witness.example/w").unwrap();
    let line = cosignature::sign(&head(size).to_text(), 1_782_838_805, &name, &witness).unwrap();
    let cosigned = [&note[..], line.line().as_bytes()].concat();
    let file = cases.file(&cosigned);
    cases.add(&["checkpoint", &vkey, &file], true);
    // The witness's key alone, over the note without the log's line.
    let text = format!("{}\n{}", head(size).to_text(), line.line());
    cases.files("cosigned", &line.witness().to_string(), &[text.as_bytes()]);
    for index in [0, size / 3, size / 2, size - 1] {
        let path = inclusion_proof(&leaves, index).unwrap();
        let file = InclusionFile { extra: None, index, path, checkpoint: cosigned.clone() };
        let entry = entries[usize::try_from(index).unwrap()].as_bytes();
        let proof = InclusionFile { checkpoint: note.clone(), ..file.clone() }.to_bytes();
        cases.files("inclusion", &vkey, &[entry, &proof]);
        let (entry, proof) = (cases.file(entry), cases.file(&file.to_bytes()));
        cases.add(&["inclusion", &vkey, &entry, &proof], true);
    }
    for old in [1, size / 3, size / 2, size - 1, size].into_iter().filter(|old| *old > 0) {
        let path = consistency_proof(&leaves, old).unwrap();
        let file = ConsistencyFile { old_size: old, path, checkpoint: note.clone() };
        cases.files("consistency", &vkey, &[&head(old).sign(&log).unwrap(), &file.to_bytes()]);
    }
}

fn paths(cases: &mut Cases) {
    let made = tiles_of(70_000).chain((0..=60).filter_map(|shift| {
        TilePath::new(TileKind::Hashes(shift % 7), 1 << shift, u16::from(shift) + 1)
    }));
    for path in made {
        let TileKind::Hashes(level) = path.kind() else { continue };
        let (level, index) = (level.to_string(), path.index().to_string());
        let (text, width) = (path.to_string(), path.width().to_string());
        cases.add(&["path", &text, &level, &index, &width], true);
        cases.add(&["path", &text.replace("tile/", "tile/0"), &level, &index, &width], false);
    }
}

#[test]
fn another_verifier_accepts_our_files_and_refuses_damaged_ones() {
    let go = Command::new("go").arg("version").output().is_ok_and(|run| run.status.success());
    if !go || !Path::new(GOPATH).join("src/golang.org/x/mod/sumdb/tlog").is_dir() {
        left_out(&format!("there is no Go, or no golang.org/x/mod in {GOPATH}"));
        return;
    }
    let mut cases = Cases::new();
    for (seed, size) in (1..).zip([1, 2, 3, 5, 8, 255, 256, 257, 1000]) {
        ledger(&mut cases, seed, size);
    }
    paths(&mut cases);
    let answers = cases.ask();
    assert_eq!(answers.len(), cases.wanted.len());
    for ((answer, wanted), line) in answers.iter().zip(&cases.wanted).zip(&cases.lines) {
        assert_eq!(answer == "yes", *wanted, "{line}: {answer}");
    }
    let good = cases.wanted.iter().filter(|wanted| **wanted).count();
    println!("another verifier: {good} accepted, {} refused", answers.len() - good);
    assert!(good > 200 && answers.len() - good > 500);
}

//! The commands of docs/AUDITOR.md, run as written by `sh`, in order, in a folder that holds what an
//! auditor holds: a bundle that the organisation made, and a policy of their own.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::commands::cli_timestamp::Authority;
use crate::project::left_out::left_out;

/// Programs of the page that a machine may lack. What asks for one of these is then left out.
const TOOLS: [&str; 5] = ["openssl", "ssh-keygen", "python3", "sha256sum", "base64"];

/// A block of commands and what the page shows of its output, if anything.
struct Block {
    line: usize,
    commands: String,
    expected: Vec<String>,
}

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/AUDITOR.md")).unwrap()
}

/// The blocks between fences: the word after the first fence, the line, the text.
fn fenced(page: &str) -> Vec<(String, usize, String)> {
    let mut found: Vec<(String, usize, String)> = Vec::new();
    let mut inside = false;
    for (number, line) in page.lines().enumerate() {
        match line.strip_prefix("```") {
            Some(_) if inside => inside = false,
            Some(kind) => {
                found.push((kind.to_owned(), number + 1, String::new()));
                inside = true;
            }
            None if inside => {
                let text = &mut found.last_mut().unwrap().2;
                text.push_str(line);
                text.push('\n');
            }
            None => {}
        }
    }
    assert!(!inside, "a fence is left open");
    found
}

/// What stands right after a block of commands is what they print.
fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut end = 0;
    for (kind, line, text) in fenced(page) {
        let lines = text.lines().count();
        if kind == "sh" {
            found.push(Block { line, commands: text, expected: Vec::new() });
        } else if line == end + 1 {
            found.last_mut().unwrap().expected = text.lines().map(str::to_owned).collect();
        }
        end = line + lines + 1;
    }
    found
}

fn missing() -> Vec<&'static str> {
    let there = |tool: &str| {
        let asked = format!("command -v {tool}");
        Command::new("sh").args(["-c", &asked]).output().unwrap().status.success()
    };
    TOOLS.into_iter().filter(|tool| !there(tool)).collect()
}

/// A folder outside of every ledger, and the program in it.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, program: &str, args: &[&str]) -> Output {
        let binary = Path::new(env!("CARGO_BIN_EXE_dspt")).parent().unwrap();
        let path = std::env::var("PATH").unwrap();
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", binary.display()))
            .env("LC_ALL", "C")
            .env("HOME", self.folder.path())
            .env("XDG_STATE_HOME", self.path("state"));
        for name in ["DSPT_LEDGER", "DSPT_KEYS", "DSPT_KEY", "DSPT_WITNESS"] {
            command.env_remove(name);
        }
        command.output().unwrap()
    }

    #[track_caller]
    fn run(&self, program: &str, args: &[&str]) -> String {
        let output = self.command(program, args);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {args:?}\n{errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The organisation's command; `+` at the end signs it as the owner.
    #[track_caller]
    fn dspt(&self, command: &str) -> String {
        let mut args = vec!["--ledger", "dspt-demo"];
        let signed = command.strip_suffix(" +");
        args.extend(signed.unwrap_or(command).split_whitespace());
        if signed.is_some() {
            args.extend(["--keys", "dspt-demo/keys", "--key", "demo-owner"]);
            args.extend(["--passphrase-file", "passphrase"]);
        }
        self.run("dspt", &args)
    }

    #[track_caller]
    fn witness(&self, command: &str) -> String {
        let mut args = vec!["witness"];
        args.extend(command.split_whitespace());
        args.extend(["--state", "w1", "--passphrase-file", "passphrase"]);
        if command.starts_with("add-log") || command.starts_with("status") {
            args.truncate(args.len() - 2);
        }
        self.run("dspt", &args)
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Everything that the page starts from, made with the commands that its makers would use.
fn desk() -> Desk {
    let desk = Desk { folder: tempfile::tempdir().unwrap() };
    fs::write(desk.path("passphrase"), "demonstration\n").unwrap();
    desk.run("dspt", &["demo"]);
    desk.dspt("checkpoint --out last-year");
    let log = parsed(&desk.dspt("--json show 0"))["body"]["log"].as_str().unwrap().to_owned();
    desk.witness("init --name witness.example/w1");
    desk.witness(&format!("add-log {log}"));
    let vkey = parsed(&desk.witness("status --json"))["vkey"].as_str().unwrap().to_owned();
    cosigned(&desk, "0", &vkey);
    desk.dspt("statement publish --yes --at 2026-06-30 --as-known then +");
    if !missing().contains(&"openssl") {
        let authority = Authority::new(desk.path("authority"));
        desk.dspt("timestamp request --out h.tsq --checkpoint-out h.checkpoint");
        let (request, response) = (desk.path("h.tsq"), desk.path("h.tsr"));
        authority.answer(&request.display().to_string(), &response.display().to_string());
        desk.dspt("timestamp attach h.tsr --authority Invented +");
        fs::copy(authority.path("ca.pem"), desk.path("authority.pem")).unwrap();
    }
    cosigned(&desk, "106", &vkey);
    desk.dspt("export bundle bundle --kept last-year --evidence all");
    desk.dspt("export bundle item --item 9.2.1 --at 2026-06-30 --evidence all");
    auditors(&desk, &log, &vkey);
    desk
}

/// Has the witness cosign the newest head, and records that it did.
fn cosigned(desk: &Desk, old: &str, vkey: &str) {
    desk.dspt(&format!("prove --consistency {old} --out {old}.add-checkpoint"));
    desk.witness(&format!("cosign {old}.add-checkpoint --out {old}.line"));
    desk.dspt(&format!("anchor cosigned {old}.line --witness {vkey} +"));
}

/// What the auditor got by other ways than from the organisation's folder.
fn auditors(desk: &Desk, log: &str, vkey: &str) {
    let page = page();
    let sample = fenced(&page).into_iter().find(|(kind, ..)| kind == "text").unwrap().2;
    let policy = sample.replace("LOG-VKEY", log).replace("WITNESS-VKEY", vkey);
    assert!(policy.contains(log) && policy.contains(vkey), "the page has lost its policy");
    fs::write(desk.path("policy"), policy).unwrap();
    let verifier = Path::new(env!("CARGO_MANIFEST_DIR")).join("verifier/verify.py");
    fs::copy(verifier, desk.path("verify.py")).unwrap();
    if missing().contains(&"ssh-keygen") {
        return;
    }
    desk.run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", "person"]);
    fs::copy(desk.path("bundle/statement.json"), desk.path("statement.json")).unwrap();
    let sign = ["-Y", "sign", "-n", "dspt-statement", "-f", "person", "statement.json"];
    desk.run("ssh-keygen", &sign);
    let public = fs::read_to_string(desk.path("person.pub")).unwrap();
    let line = format!("owner@northbridge.example {public}");
    fs::write(desk.path("allowed-signers"), line).unwrap();
}

/// All blocks as one session, since later ones use what earlier ones made. A line marks where each
/// begins.
fn session(blocks: &[Block]) -> String {
    let absent = missing();
    let mut script = "set -e\n".to_owned();
    for block in blocks {
        if let Some(tool) = absent.iter().find(|tool| block.commands.contains(**tool)) {
            left_out(&format!(
                "docs/AUDITOR.md:{}: there is no {tool} on this machine",
                block.line
            ));
            continue;
        }
        writeln!(script, "echo '#### {}'", block.line).unwrap();
        script.push_str(&block.commands);
    }
    script
}

/// Lines agree when they are the same; `...` alone stands for any number of lines, and at the end
/// of a line for the rest of it.
fn agrees(expected: &[String], actual: &[&str]) -> bool {
    let Some((first, rest)) = expected.split_first() else { return actual.is_empty() };
    if first == "..." {
        return (0..=actual.len()).any(|skipped| agrees(rest, &actual[skipped..]));
    }
    actual.split_first().is_some_and(|(line, others)| {
        let same = first.strip_suffix("...").map_or(line == first, |start| line.starts_with(start));
        same && agrees(rest, others)
    })
}

#[test]
fn the_commands_of_the_page_run_as_written() {
    let page = page();
    let blocks = blocks(&page);
    assert!(blocks.len() >= 12, "the page has lost its commands");
    let desk = desk();
    let output = desk.command("sh", &["-c", &session(&blocks)]);
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    let mut ran = 0;
    for part in text.split("#### ").skip(1) {
        let (line, printed) = part.split_once('\n').unwrap();
        let block = blocks.iter().find(|block| block.line.to_string() == line).unwrap();
        let printed: Vec<&str> = printed.lines().collect();
        let quiet = block.expected.is_empty();
        assert!(quiet || agrees(&block.expected, &printed), "{line}: {printed:#?}\n{errors}");
        ran += 1;
    }
    assert!(ran > 0 && (ran == blocks.len() || !missing().is_empty()), "{ran} blocks ran");
}

/// Runs the blocks that name a word in a shell that stops at the first failure.
fn only(desk: &Desk, words: &[&str]) -> Output {
    let page = page();
    let mut blocks = blocks(&page);
    blocks.retain(|block| words.iter().any(|word| block.commands.contains(word)));
    assert!(!blocks.is_empty());
    desk.command("sh", &["-c", &session(&blocks)])
}

#[test]
fn the_commands_of_the_page_notice_what_was_changed() {
    if !missing().is_empty() {
        left_out(&format!("there is no {:?} on this machine", missing()));
        return;
    }
    let desk = desk();
    let policy = fs::read_to_string(desk.path("policy")).unwrap();
    // A witness that the auditor believes and that never signed.
    desk.run(
        "dspt",
        &["witness", "init", "--name", "witness.example/w1", "--state", "w2"]
            .iter()
            .copied()
            .chain(["--passphrase-file", "passphrase"])
            .collect::<Vec<_>>(),
    );
    let status = desk.run("dspt", &["--json", "witness", "status", "--state", "w2"]);
    let other = parsed(&status)["vkey"].as_str().unwrap().to_owned();
    let first: Vec<&str> = policy.lines().collect();
    let theirs = format!("{}\nwitness w1 {other}\n{}\n", first[0], first[2]);
    fs::write(desk.path("policy"), theirs).unwrap();
    for words in ["dspt verify", "python3 verify.py", "witness.pem"] {
        assert!(!only(&desk, &[words]).status.success(), "{words} believes another witness");
    }
    fs::write(desk.path("policy"), policy).unwrap();
    assert!(only(&desk, &["dspt verify", "witness.pem"]).status.success());
    // One byte of the entry that publishes the statement.
    let size = fs::read_to_string(desk.path("bundle/checkpoint")).unwrap();
    let size = size.lines().nth(1).unwrap().to_owned();
    let path = desk.path(&format!("bundle/tile/entries/000.p/{size}"));
    let mut bytes = fs::read(&path).unwrap();
    let mut at = 0;
    for _ in 0..107 {
        at += 2 + usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]));
    }
    bytes[at + 400] = if bytes[at + 400] == b'A' { b'B' } else { b'A' };
    fs::write(&path, bytes).unwrap();
    for words in [&["dspt verify"][..], &["python3 verify.py"], &["entry()", "-in pae"]] {
        assert!(!only(&desk, words).status.success(), "{words:?} takes a changed entry");
    }
    let leaf = only(&desk, &["entry()", "in_tree="]);
    assert!(!String::from_utf8(leaf.stdout).unwrap().contains("same"));
}

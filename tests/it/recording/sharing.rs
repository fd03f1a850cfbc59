//! Two people on two machines who share no secret: a colleague's key is in an ssh-agent of their own,
//! what they say travels as files, and whoever keeps the log puts it in under their own names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::recording::agent::Real;

/// A person with a home, keys and a memory of their own.
struct Person {
    home: tempfile::TempDir,
    agent: Option<PathBuf>,
}

struct Ended {
    code: i32,
    out: String,
    err: String,
}

impl Ended {
    #[track_caller]
    fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{}\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    fn refused(self, code: i32, why: &str) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        assert!(self.err.contains(why), "`{why}` is not in:\n{}", self.err);
        self
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}\n{}", self.out, self.err))
    }
}

impl Person {
    fn new(agent: Option<PathBuf>) -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("own"), "correct horse\n").unwrap();
        fs::write(home.path().join("log"), "battery staple\n").unwrap();
        Self { home, agent }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Runs the program at home. Single quotes group words.
    fn run(&self, words: &str) -> Ended {
        let mut args = Vec::new();
        for (index, part) in words.split('\'').enumerate() {
            if index % 2 == 1 {
                args.push(part);
            } else {
                args.extend(part.split_whitespace());
            }
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_dspt"));
        command.args(args).current_dir(self.home.path()).stdin(Stdio::null());
        for name in ["DSPT_KEY", "DSPT_KEYS", "DSPT_LEDGER", "DSPT_CONFIG", "SSH_AUTH_SOCK"] {
            command.env_remove(name);
        }
        command
            .env("HOME", self.home.path())
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("DSPT_STATE", self.path("state"));
        match &self.agent {
            Some(socket) => command.env("SSH_AUTH_SOCK", socket),
            None => command
                .env("DSPT_PASSPHRASE_COMMAND", "cat own")
                .env("DSPT_LOG_PASSPHRASE_COMMAND", "cat log"),
        };
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended {
            code: output.status.code().unwrap(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// Sends a file to somebody.
    fn send(&self, name: &str, to: &Self) {
        fs::copy(self.path(name), to.path(name)).unwrap();
    }
}

const INIT: &str = "init . --org Acme --type it-supplier --holder 'Rosa Example' --key rosa --unit hosting=Hosting";

/// An owner who keeps the log, with a ledger that the colleague has a copy of; nothing where this
/// computer has no ssh-agent.
fn two() -> Option<(Real, Person, Person)> {
    let real = Real::start()?;
    let (rosa, ben) = (Person::new(None), Person::new(Some(real.socket())));
    rosa.run(INIT).ok();
    let public = real.path("one.pub").display().to_string();
    ben.run(&format!("key import ben --public {public}")).ok();
    let asked = "key request ben --role contributor --holder 'Ben Example' --origin ledger.invalid/acme/dspt";
    ben.run(&format!("{asked} --out ben.key-request")).ok();
    ben.send("ben.key-request", &rosa);
    let admitted = rosa.run("key admit ben.key-request").ok();
    let shown = ["Ben Example asks to be admitted as contributor", "fingerprint SHA256:"];
    for part in shown {
        assert!(admitted.err.contains(part), "{}", admitted.err);
    }
    rosa.send("ledger.dspt", &ben);
    Some((real, rosa, ben))
}

fn no_secret_is_shared(rosa: &Person, ben: &Person) {
    let keys = |person: &Person| -> Vec<String> {
        let folder = person.path("config/dspt/keys");
        let names = fs::read_dir(folder).unwrap().map(|one| one.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).collect()
    };
    assert!(keys(ben).iter().all(|name| !name.contains(".pem")), "{:?}", keys(ben));
    assert!(!keys(rosa).iter().any(|name| name.starts_with("ben")), "{:?}", keys(rosa));
}

#[test]
fn what_a_colleague_says_is_recorded_under_their_own_name_and_no_secret_is_shared() {
    let Some((_real, rosa, ben)) = two() else { return };
    fs::write(ben.path("policy.txt"), "the policy\n").unwrap();
    let evidence = "record evidence Policy --item 1.1.1 --for today --file policy.txt --store";
    // Here it cannot be recorded: the log key is elsewhere, and that is where it stays.
    ben.run(evidence).refused(13, "--to FILE");
    ben.run(&format!("{evidence} --to one.request")).ok();
    ben.run("record answer 1.1.2 --text yes --to two.request").ok();
    for name in ["one.request", "two.request"] {
        ben.send(name, &rosa);
    }
    let shown = rosa.run("take one.request two.request --dry-run").ok();
    assert!(shown.out.contains("asked for by Ben Example (contributor)"), "{}", shown.out);
    let taken = rosa.run("--json take one.request two.request").ok().json();
    assert_eq!((&taken["first"], &taken["last"]), (&5.into(), &6.into()));
    let entry = rosa.run("--json show 5").ok().json();
    assert_eq!((&entry["holder"], &entry["role"]), (&"Ben Example".into(), &"contributor".into()));
    let keys = rosa.run("--json key list").ok().json();
    let own = keys["keys"].as_array().unwrap().iter().find(|key| key["name"] == "rosa").unwrap();
    assert_eq!(entry["put_in_by"], own["keyid"]);
    assert_ne!(entry["by"], own["keyid"]);
    rosa.run("take one.request").refused(3, "it was taken already, as #5");
    // Twice in one go, too.
    ben.run("record answer 1.1.3 --text yes --to three.request").ok();
    ben.send("three.request", &rosa);
    rosa.run("take three.request three.request").refused(3, "it was taken already");
    rosa.run("take three.request").ok();
    rosa.run("verify").ok();
    rosa.run("verify").ok();
    no_secret_is_shared(&rosa, &ben);
    // A stranger checks all of it with what is in the bundle.
    rosa.run("export bundle out").ok();
    rosa.run("verify out").refused(4, "");
}

#[test]
fn what_is_not_for_this_ledger_or_not_of_its_author_is_refused_by_name() {
    let Some((_real, rosa, ben)) = two() else { return };
    // The role is judged before anything is signed, on both sides.
    ben.run("confirm 1.1 --to role.request").refused(13, "needs the role owner or approver");
    ben.run("record answer 1.1.2 --text yes --expires yesterday --to late.request")
        .refused(2, "is past");
    ben.run(
        "key revoke SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA --reason x --to k.request",
    )
    .refused(2, "--to");
    ben.run("record answer 1.1.2 --text yes --to good.request").ok();
    ben.run("record answer 1.1.2 --text yes --to good.request").refused(2, "is there already");
    ben.send("good.request", &rosa);
    let good = fs::read_to_string(rosa.path("good.request")).unwrap();
    let write = |text: &[u8]| fs::write(rosa.path("bad.request"), text).unwrap();
    let take = || rosa.run("take bad.request");
    write(b"");
    take().refused(3, "cut short");
    write(good.trim_end().as_bytes());
    take().refused(3, "cut short");
    write(b"{}\n");
    take().refused(3, "missing");
    fs::copy(rosa.path("ben.key-request"), rosa.path("bad.request")).unwrap();
    take().refused(3, "dspt key admit FILE");
    rosa.run("key admit good.request").refused(3, "no request to be admitted");
    rosa.run("key admit none.request").refused(3, "none.request");
    // One byte, in every part of it.
    for at in (0..good.len() - 1).step_by(97) {
        let mut bad = good.clone().into_bytes();
        bad[at] ^= 1;
        write(&bad);
        let ended = take();
        assert_eq!(ended.code, 3, "byte {at}: {}\n{}", ended.out, ended.err);
    }
    write(format!("{{\"content\":\"AAAA\"}}\n{good}").as_bytes());
    take().refused(3, "no request in it names");
    // Another ledger of the same people.
    let other = Person::new(None);
    other.run(INIT).ok();
    fs::copy(ben.path("ben.key-request"), other.path("ben.key-request")).unwrap();
    other.run("key admit ben.key-request").ok();
    ben.send("good.request", &other);
    other.run("take good.request").refused(3, "request-ledger");
    let elsewhere = "key request ben --role contributor --origin ledger.invalid/else/dspt";
    ben.run(&format!("{elsewhere} --out else.key-request")).ok();
    ben.send("else.key-request", &rosa);
    rosa.run("key admit else.key-request").refused(3, "request-ledger");
    // One bad among good ones: none is taken, and the bad one is named.
    write(b"{}\n");
    let both = rosa.run("take good.request bad.request").refused(3, "1 request cannot be taken");
    assert!(
        both.err.contains("bad.request") && !both.err.contains("good.request:"),
        "{}",
        both.err
    );
    assert_eq!(rosa.run("--json log").ok().out.lines().count(), 5);
    rosa.run("take good.request").ok();
    rosa.run("verify").ok();
}

#[test]
fn a_colleague_who_was_shown_another_history_cannot_be_made_to_speak_for_this_one() {
    let Some((_real, rosa, ben)) = two() else { return };
    // The owner goes on in two copies, and shows the colleague one of them.
    fs::create_dir(rosa.path("other")).unwrap();
    for name in ["ledger.dspt", "ledger.dspt.head"] {
        fs::copy(rosa.path(name), rosa.path("other").join(name)).unwrap();
    }
    rosa.run("--ledger other record answer 1.1.2 --text no --not-met").ok();
    fs::copy(rosa.path("other/ledger.dspt"), ben.path("ledger.dspt")).unwrap();
    ben.run("record answer 1.1.3 --text yes --to one.request").ok();
    ben.send("one.request", &rosa);
    fs::remove_dir_all(rosa.path("state")).unwrap();
    rosa.run("take one.request").refused(3, "request-head");
    rosa.run("record answer 1.1.2 --text yes").ok();
    rosa.run("take one.request").refused(3, "request-head");
}

#[test]
fn the_log_key_has_a_passphrase_of_its_own() {
    let rosa = Person::new(None);
    fs::write(rosa.path("log"), "correct horse\n").unwrap();
    rosa.run(INIT).refused(5, "would have one passphrase");
    assert!(!rosa.path("ledger.dspt").exists() && no_keys(&rosa.path("config/dspt/keys")));
    fs::write(rosa.path("log"), "battery staple\n").unwrap();
    rosa.run(INIT).ok();
    // Nobody's own passphrase opens it.
    let words = "record answer 1.1.1 --text yes --log-passphrase-file own";
    rosa.run(words).refused(12, "acme-log");
    rosa.run("record answer 1.1.1 --text yes").ok();
}

fn no_keys(folder: &Path) -> bool {
    fs::read_dir(folder).map_or(true, |mut all| all.next().is_none())
}

/// The lines of the blocks of a page that are commands, each by the person whose machine it is for,
/// and what is sent between them.
fn steps(page: &str) -> Vec<&str> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in page.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside {
            lines.push(line);
        }
    }
    lines
}

#[test]
fn the_year_of_two_people_goes_as_it_is_written() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/SHARING.md"));
    let page = page.unwrap();
    let (rosa, ben) = (Person::new(None), Person::new(None));
    fs::write(ben.path("own"), "a passphrase of his own\n").unwrap();
    fs::remove_file(ben.path("log")).unwrap();
    let steps = steps(&page);
    assert!(steps.len() > 20, "the page has lost its commands");
    for step in steps {
        if let Some((file, to)) =
            step.strip_prefix("send ").and_then(|rest| rest.split_once(" to "))
        {
            let (from, to) = if to == "ben" { (&rosa, &ben) } else { (&ben, &rosa) };
            from.send(file, to);
            continue;
        }
        let (who, words) = step.split_once("$ dspt ").unwrap_or_else(|| panic!("{step}"));
        let person = if who == "ben" { &ben } else { &rosa };
        let ended = person.run(&words.replace('"', "'"));
        assert_eq!(ended.code, 0, "{step}\n{}\n{}", ended.out, ended.err);
    }
    let log = rosa.run("log").ok().out;
    assert_eq!(log.matches("Ben Example (contributor)").count(), 4, "{log}");
    let listed = |person: &Person| person.run("--json key list").ok().json()["keys"].clone();
    let names = |person: &Person| -> Vec<String> {
        let keys = listed(person);
        keys.as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap().into()).collect()
    };
    assert_eq!(
        (names(&rosa), names(&ben)),
        (vec!["acme-log".into(), "rosa".into()], vec!["ben".into()])
    );
}

#[test]
fn a_folder_of_evidence_is_one_piece_and_goes_out_by_its_names() {
    let rosa = Person::new(None);
    rosa.run(INIT).ok();
    fs::create_dir_all(rosa.path("audit/logs")).unwrap();
    fs::write(rosa.path("audit/report.txt"), "all well\n").unwrap();
    fs::write(rosa.path("audit/logs/day.txt"), "09:00 well\n").unwrap();
    rosa.run("record evidence Audit --item 1.1.1 --for today --folder audit").ok();
    let entry = rosa.run("--json show 4").ok().json();
    let names: Vec<&str> = entry["subjects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!((names, &entry["body"]["size"]), (vec!["logs/day.txt", "report.txt"], &20.into()));
    let told = rosa.run("export bundle without --evidence all").ok().out;
    assert!(told.contains("Evidence: none is in it"), "{told}");
    let files = "--evidence-file audit/report.txt --evidence-file audit/logs/day.txt";
    rosa.run(&format!("export bundle out {files}")).ok();
    let readme = fs::read_to_string(rosa.path("out/README.txt")).unwrap();
    assert!(readme.contains("logs/day.txt") && readme.contains("report.txt"), "{readme}");
    rosa.run("verify out").refused(4, "");
    rosa.run("verify --evidence audit").ok();
}

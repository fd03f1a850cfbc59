//! Statements as their users meet them: drafted, published once, checked by a stranger, signed by a
//! person; and every byte of one changed.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use dspt_ledger::cli;
use dspt_ledger::domain::date::Timestamp;
use dspt_ledger::domain::engine::derive::RulesChoice;
use dspt_ledger::domain::event::{AnchorCosigned, Event, StatementPublished};
use dspt_ledger::domain::statement::Asked;
use dspt_ledger::journal::{File, Journal, JournalError};
use dspt_ledger::ledger::json::canonical;
use dspt_ledger::ledger::{KeyName, Sign as _, cosignature};
use dspt_ledger::store::Mode;
use dspt_ledger::verify::published::{Made, NAME, Outcome, differs, make, reproduce};
use serde_json::Value;

use crate::fixtures::{
    APPROVER, ASSESSOR, OWNER, at, audited, ledger, new, outcome, record, signer,
};
use crate::project::left_out::there_is;

/// A folder with the sample ledger and its passphrase.
struct Desk {
    folder: tempfile::TempDir,
}

struct Ended {
    code: u8,
    out: String,
    err: String,
}

impl Ended {
    #[track_caller]
    fn is(self, code: u8) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}\n{}", self.out, self.err))
    }

    #[track_caller]
    fn says(&self, text: &str) -> &Self {
        assert!(self.out.contains(text) || self.err.contains(text), "{}\n{}", self.out, self.err);
        self
    }
}

impl Desk {
    /// A copy of the sample, which is made once.
    fn new() -> Self {
        static SAMPLE: OnceLock<tempfile::TempDir> = OnceLock::new();
        let sample = SAMPLE.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let to = folder.path().join("demo");
            Self::plain(&["demo", "--keep", to.to_str().unwrap()]).is(0);
            folder
        });
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("passphrase"), "demonstration\n").unwrap();
        copy(&sample.path().join("demo"), &folder.path().join("demo"));
        Self { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn plain(args: &[&str]) -> Ended {
        let args = std::iter::once("dspt").chain(args.iter().copied()).map(OsString::from);
        let now = Timestamp::parse("2026-08-01T10:00:00.000Z").unwrap();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = cli::run(args, now, &mut out, &mut err);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended { code, out: text(out), err: text(err) }
    }

    /// Runs `dspt statement`, words separated by blanks; `@NAME` is a file of this folder.
    fn statement(&self, words: &str) -> Ended {
        self.run(&format!("statement {words}"))
    }

    fn run(&self, words: &str) -> Ended {
        let words = words.split(' ').map(|word| match word.strip_prefix('@') {
            Some(name) => self.path(name),
            None => word.to_owned(),
        });
        let mut args: Vec<String> = vec!["--ledger".into(), self.path("demo")];
        args.extend(words);
        Self::plain(&args.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn signed(&self, words: &str, key: &str) -> Ended {
        let keys = self.path("demo/keys");
        let pass = self.path("passphrase");
        self.run(&format!("{words} --keys {keys} --key {key} --passphrase-file {pass}"))
    }

    fn entries(&self) -> usize {
        self.run("--json log").is(0).out.lines().count()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

const QUESTION: &str = "--at 2026-06-30 --as-known #105";

#[test]
fn a_draft_is_published_once_and_stays_what_the_ledger_says() {
    let desk = Desk::new();
    desk.statement("list").is(0).says("Nothing is recorded as published.");
    desk.statement(&format!("draft {QUESTION} --out @s.json")).is(0).says("Standards Not Met");
    // The same again is done already, as after a stop; another one takes no file's place.
    desk.statement(&format!("draft {QUESTION} --out @s.json")).is(0).says("Standards Not Met");
    desk.statement("draft --at 2026-06-29 --out @s.json").is(2).says("is there already");
    let bytes = fs::read_to_string(desk.path("s.json")).unwrap();
    assert_eq!(desk.statement(&format!("draft {QUESTION}")).is(0).out, bytes);
    desk.statement("check @s.json").is(0).says("no entry of this ledger publishes these bytes");
    desk.signed("statement publish --file @s.json", "demo-owner").is(0).says("entry #106");
    // A stranger's copy says who published it, and figures are computed from the first 105 entries.
    let checked = desk.statement("--json check @s.json").is(0).json();
    assert_eq!(checked["answer"], "yes");
    assert_eq!(checked["root_is_of_this_ledger"], true);
    assert_eq!(checked["published"][0]["entry"], 106);
    assert_eq!(checked["published"][0]["holder"], "J. Okoro (owner)");
    let listed = desk.statement("--json list").is(0).json();
    assert_eq!(listed["statements"][0]["standing"], "standards_not_met");
    assert_eq!(listed["statements"][0]["newest"], true);
    let shown = desk.statement("--json show #106").is(0).json();
    assert_eq!(canonical(&shown["statement"]).unwrap(), bytes);
    // A file is shown as what it is: its own word.
    let (ledgers, files) = (desk.statement("show #106").out, desk.statement("show @s.json").out);
    let (said, words) = files.split_once('\n').unwrap();
    assert!(said.starts_with("NOT CHECKED: "), "{said}");
    let (stated, believed) = ledgers.trim_end().rsplit_once('\n').unwrap();
    assert!(believed.starts_with("Believed: "), "{believed}");
    assert_eq!(stated, words.trim_end());
    desk.run("verify").is(0);
    // Nothing changed since: nothing is recorded, unless one insists.
    let again = "statement publish --file @s.json";
    desk.signed(again, "demo-owner").is(0).says("Published already: entry #106");
    assert_eq!(desk.entries(), 107);
    desk.signed(&format!("{again} --again"), "demo-approver").is(0).says("entry #107");
    desk.statement("list").is(0).says("(superseded)");
    desk.run("verify").is(0);
}

#[test]
fn what_was_published_stands_beside_the_position_and_says_what_moved() {
    let desk = Desk::new();
    let status = |question: &str| desk.run(&format!("--json status {question}")).is(0).json();
    assert_eq!(status("--at 2026-06-30")["standing"]["published"], Value::Null);
    desk.signed(&format!("statement publish --yes {QUESTION}"), "demo-owner").is(0);
    desk.run("status --at 2026-06-30").is(0).says("Published: Standards Not Met on 30 June 2026");
    let known_now = status("--at 2026-06-30");
    let published = &known_now["standing"]["published"];
    assert_eq!(published["entry"], 106);
    assert_eq!(published["standing_changed"], false);
    // The certificate that was recorded late: 21 items are not lapsed any more.
    assert_eq!(published["items_changed"].as_array().unwrap().len(), 21);
    // As known before it was published there is none.
    assert_eq!(status("--at 2026-06-30 --as-known #106")["standing"]["published"], Value::Null);
    // The same position again: nothing has moved.
    desk.signed("statement publish --yes --at 2026-06-30", "demo-owner").is(0).says("entry #107");
    desk.run("status --at 2026-06-30").is(0).says("this position is the one that was published");
    desk.signed("statement publish --yes --at 2026-06-30", "demo-owner")
        .is(0)
        .says("already: entry #107");
    let shown = desk.statement("--json show #107").is(0).json();
    assert_eq!(shown["statement"]["published_before"][0]["entry"], 106);
}

#[test]
fn a_statement_that_is_not_the_ledgers_is_refused_and_nothing_is_recorded() {
    let desk = Desk::new();
    desk.statement(&format!("draft {QUESTION} --out @s.json")).is(0);
    let bytes = fs::read_to_string(desk.path("s.json")).unwrap();
    let better = bytes.replacen(r#""status":"lapsed""#, r#""status":"met""#, 1);
    assert_ne!(better, bytes);
    fs::write(desk.path("better.json"), better).unwrap();
    let refused = desk.signed("statement publish --file @better.json", "demo-owner").is(3);
    refused.says("items 4.2.4 status").says("stated \"met\", computed \"lapsed\"");
    let checked = desk.statement("--json check @better.json").is(1).json();
    assert_eq!(checked["answer"], "no");
    assert_eq!(checked["differences"].as_array().unwrap().len(), 1);
    assert_eq!(checked["differences"][0]["place"], "items 4.2.4 status");
    desk.signed("statement publish --yes --at 2027-01-01", "demo-owner").is(3).says("has not come");
    desk.signed("statement publish --yes --at 2020-01-01", "demo-owner").is(4).says("no edition");
    desk.signed("statement publish --yes --at 2026-06-30", "demo-contributor").is(13).says("role");
    desk.signed("statement publish --yes --at 2026-06-30", "demo-assessor").is(13);
    desk.statement("show #3").is(2).says("publishes no statement");
    desk.statement("show @passphrase").is(3).says("is not a statement");
    desk.statement("check @nothing.json").is(3);
    assert_eq!(desk.entries(), 106);
}

#[test]
fn another_ledger_another_size_and_another_format_are_named() {
    let desk = Desk::new();
    desk.statement(&format!("draft {QUESTION} --out @s.json")).is(0);
    let bytes = fs::read_to_string(desk.path("s.json")).unwrap();
    let check = |from: &str, to: &str| {
        let changed = bytes.replacen(from, to, 1);
        assert_ne!(changed, bytes, "{from}");
        fs::write(desk.path("other.json"), changed).unwrap();
        desk.statement("check @other.json")
    };
    check(r#""ledger":"demonstration"#, r#""ledger":"other"#)
        .is(1)
        .says("it is of the ledger other");
    check(r#""identity":"2"#, r#""identity":"3"#).is(1).says("another ledger of that name");
    check(r#""size":105"#, r#""size":907"#).is(1).says("this ledger has 106");
    check(r#""root":"M"#, r#""root":"N"#).is(1).says("NOT that of the ledger's first");
    check("dspt-statement/2", "dspt-statement/3").is(4).says("NOT DECIDED");
    check("dspt-statement/2", "dspt-statement/1").is(1).says("items 1.1.1 set_aside");
    let neither = "`format` is neither dspt-statement/1 nor dspt-statement/2";
    check("dspt-statement/2", "dspt-report/1").is(1).says(neither);
    check(r#""on":"2026-06-30""#, r#""on":"2026-06-31""#).is(1).says("June has 30 days");
    check(r#""on":"2026-06-30""#, r#""on":"2020-06-30""#).is(1).says("no edition");
    check(r#""rules":"then""#, r#""rules":"now""#).is(1).says("neither `then` nor `latest`");
    check("{", "{ ").is(1).says("not canonical JSON");
    // A terminal is not painted by what stands in a file.
    let painted = check(r#""title":"ICO"#, "\"title\":\"\\u001b[31mICO").is(1);
    assert!(!painted.out.contains('\u{1b}'), "{}", painted.out);
    fs::write(desk.path("noise"), [0xff, 0x00, 0x80]).unwrap();
    desk.statement("check @noise").is(1).says("not UTF-8");
}

fn asked(size: u64) -> Asked {
    Asked { on: "2025-11-15".parse().unwrap(), size, rules: RulesChoice::Then }
}

fn opened(path: &Path) -> Journal {
    Journal::open(path, Mode::Write).unwrap()
}

#[test]
fn no_byte_of_a_statement_can_be_changed_unseen() {
    let (_folder, path) = ledger();
    let journal = opened(&path);
    let made = make(&journal.ledger, &asked(16)).unwrap();
    assert_eq!(reproduce(&journal.ledger, &made.bytes).unwrap(), Outcome::Same);
    let mut named = 0;
    for at in 0..made.bytes.len() {
        // Every byte once, and some in other ways.
        for bit in [0x01, 0x20, 0x80].into_iter().take(if at % 9 == 0 { 3 } else { 1 }) {
            let mut bytes = made.bytes.clone();
            bytes[at] ^= bit;
            match reproduce(&journal.ledger, &bytes).unwrap() {
                Outcome::Same | Outcome::AsPrinted(_) => panic!("byte {at} ^ {bit:#x} is not seen"),
                Outcome::Differs(found) => {
                    assert!(!found.is_empty() && found.iter().all(|one| !one.place.is_empty()));
                    named += 1;
                }
                Outcome::Not(why) | Outcome::Newer(why) => assert!(!why.is_empty()),
            }
        }
    }
    assert!(named > 500, "only {named} of {} differences have a name", made.bytes.len());
    for length in (0..made.bytes.len()).step_by(7) {
        let cut = reproduce(&journal.ledger, &made.bytes[..length]).unwrap();
        assert!(matches!(cut, Outcome::Not(_)), "{length}");
    }
}

#[test]
fn what_is_recorded_later_does_not_change_a_statement() {
    let (_folder, path) = ledger();
    let journal = opened(&path);
    let whole: Vec<Vec<u8>> =
        (6..=16).map(|size| make(&journal.ledger, &asked(size)).unwrap().bytes).collect();
    drop(journal);
    let mut journal = opened(&path);
    let revoked = Event::KeyRevoked(dspt_ledger::domain::event::KeyRevoked {
        keyid: crate::fixtures::keyid(APPROVER).parse().unwrap(),
        reason: "stolen".into(),
        compromised_from: Some(2),
    });
    record(&mut journal, OWNER, &[new(40, revoked, Vec::new())], at("2025-12-01")).unwrap();
    for (size, bytes) in (6..=16).zip(&whole) {
        assert_eq!(&make(&journal.ledger, &asked(size)).unwrap().bytes, bytes, "{size}");
        assert_eq!(reproduce(&journal.ledger, bytes).unwrap(), Outcome::Same);
    }
    // Known later, the confirmation is doubtful, and the statement says so.
    let later = make(&journal.ledger, &asked(17)).unwrap().value;
    assert_eq!(later["doubtful"][0]["entry"], 11);
    assert_eq!(later["doubtful"][0]["said_in"], 16);
    assert_eq!(later["doubtful"][0]["holder"], "Holder 4");
}

pub(crate) fn event_of(made: &Made) -> StatementPublished {
    StatementPublished {
        on: made.value["on"].as_str().unwrap().parse().unwrap(),
        size: made.value["size"].as_u64().unwrap(),
        root: made.value["root"].as_str().unwrap().to_owned(),
        edition: crate::fixtures::EDITION.parse().unwrap(),
        category: "cat2-it-supplier".parse().unwrap(),
        standing: made.value["standing"]["status"].as_str().unwrap().to_owned(),
    }
}

#[test]
fn an_entry_publishes_the_statement_that_comes_with_it_and_no_other() {
    let (_folder, path) = ledger();
    let mut journal = opened(&path);
    let made = make(&journal.ledger, &asked(16)).unwrap();
    let good = event_of(&made);
    assert_eq!(differs(&good, &made.bytes), None);
    let file = || vec![File::stored(NAME, made.bytes.clone())];
    let mut refused = |event: StatementPublished, files: Vec<File>, why: &str| {
        let batch = [new(50, Event::StatementPublished(event), files)];
        let error = record(&mut journal, OWNER, &batch, at("2025-12-01")).unwrap_err();
        assert!(matches!(&error, JournalError::Refused(_)), "{error:?}");
        assert!(error.to_string().contains(why), "{error}");
    };
    let root = |text: &str| StatementPublished { root: text.to_owned(), ..good.clone() };
    refused(
        StatementPublished { standing: "approaching".into(), ..good.clone() },
        file(),
        "is not a standing",
    );
    refused(
        StatementPublished { standing: "standards_met".into(), ..good.clone() },
        file(),
        "standing",
    );
    refused(StatementPublished { on: "2025-11-14".parse().unwrap(), ..good.clone() }, file(), "on");
    refused(
        StatementPublished { on: "2025-12-02".parse().unwrap(), ..good.clone() },
        file(),
        "has not come",
    );
    refused(StatementPublished { size: 15, ..good.clone() }, file(), "size");
    refused(StatementPublished { size: 0, ..good.clone() }, file(), "0 entries");
    refused(StatementPublished { size: 17, ..good.clone() }, file(), "17 entries");
    refused(
        StatementPublished { category: "cat1".parse().unwrap(), ..good.clone() },
        file(),
        "category",
    );
    refused(root("AAAA"), file(), "not the base64 of a root");
    refused(root(&good.root.replace('=', "")), file(), "not the base64 of a root");
    let stray = format!("{}B=", &good.root[..42]);
    refused(root(&stray), file(), "not the base64 of a root");
    let other = dspt_ledger::ledger::Digest::of(b"other").base64();
    refused(root(&other), file(), "root");
    refused(good.clone(), Vec::new(), "one stored file");
    refused(good.clone(), vec![File::stored("other.json", made.bytes.clone())], "name it");
    refused(good.clone(), vec![File::stored(NAME, b"{}".to_vec())], "says on");
    refused(good.clone(), vec![File::stored(NAME, b"{ }".to_vec())], "canonical");
    // A statement of another root that agrees with its entry is not of this ledger.
    let text = String::from_utf8(made.bytes.clone()).unwrap().replace(&good.root, &other);
    refused(root(&other), vec![File::stored(NAME, text.into())], "the first 16 entries give");
    let batch = [new(51, Event::StatementPublished(good.clone()), file())];
    let by_assessor = record(&mut journal, ASSESSOR, &batch, at("2025-12-01"));
    assert!(matches!(by_assessor, Err(JournalError::NotAllowed(_))));
    record(&mut journal, APPROVER, &batch, at("2025-12-01")).unwrap();
    journal.close().unwrap();
    assert_eq!(outcome(&audited(&path)), "good");
}

#[test]
fn a_witness_is_named_with_what_it_has_not_seen() {
    let (_folder, path) = ledger();
    let mut journal = opened(&path);
    let witness = signer(40);
    let name = KeyName::parse("witness.example/w").unwrap();
    let head = String::from_utf8(journal.ledger.head.clone()).unwrap();
    let text = format!("{}\n", head.split("\n\n").next().unwrap());
    let mut anchors = Vec::new();
    for time in [1_764_500_000, 1_764_586_400] {
        let line = cosignature::sign(&text, time, &name, &witness).unwrap();
        let checkpoint = format!("{head}{}", line.line());
        let witnesses =
            vec![cosignature::WitnessKey::new(name.clone(), *witness.public()).to_string()];
        anchors.push(Event::AnchorCosigned(AnchorCosigned { checkpoint, witnesses }));
    }
    for (number, event) in (60..).zip(anchors) {
        record(&mut journal, OWNER, &[new(number, event, Vec::new())], at("2025-12-02")).unwrap();
    }
    let witnessed = |size| make(&journal.ledger, &asked(size)).unwrap().value["witnessed"].clone();
    assert_eq!(witnessed(16)["first"], Value::Null);
    assert_eq!(witnessed(16)["entries_not_covered"], 16);
    assert_eq!(witnessed(17)["first"], "2025-11-30T10:53:20.000Z");
    assert_eq!(witnessed(17)["longest_gap_seconds"], Value::Null);
    let both = witnessed(18);
    assert_eq!(both["anchors"], 2);
    assert_eq!(both["last"], "2025-12-01T10:53:20.000Z");
    assert_eq!(both["longest_gap_seconds"], 86_400);
    assert_eq!(
        (both["entries_covered"].clone(), both["entries_not_covered"].clone()),
        (16.into(), 2.into())
    );
}

/// The sample's statement, byte for byte: a text in it that changes makes another format. One of the
/// first format is still what the ledger says, and is checked in its own.
#[test]
fn the_statement_of_the_sample_is_what_it_always_was() {
    let desk = Desk::new();
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/statement");
    let first = kept.join("demo-2026-06-30.json");
    assert!(fs::read_to_string(&first).unwrap().contains("\"format\":\"dspt-statement/1\""));
    desk.statement(&format!("check {}", first.display())).is(0);
    let path = kept.join("demo-2026-06-30.2.json");
    let found = desk.statement(&format!("draft {QUESTION}")).is(0).out;
    if std::env::var_os("DSPT_BLESS").is_some() && !path.exists() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &found).unwrap();
    }
    assert_eq!(found, fs::read_to_string(&path).unwrap());
    desk.statement(&format!("check {}", path.display())).is(0);
}

fn ssh_keygen(args: &[&str]) -> bool {
    let output = Command::new("ssh-keygen").args(args).output();
    output.is_ok_and(|output| output.status.success())
}

#[test]
fn a_person_signs_a_statement_with_a_key_of_his_own() {
    if !there_is("ssh-keygen", "-?") {
        return;
    }
    let desk = Desk::new();
    let (key, file) = (desk.path("id"), desk.path("s.json"));
    assert!(ssh_keygen(&["-q", "-t", "ed25519", "-N", "", "-C", "x", "-f", &key]));
    desk.statement(&format!("draft {QUESTION} --out @s.json")).is(0);
    assert!(ssh_keygen(&["-Y", "sign", "-n", "dspt-statement", "-f", &key, &file]));
    let public = fs::read_to_string(format!("{key}.pub")).unwrap();
    fs::write(desk.path("allowed"), format!("siro@northbridge.example {public}")).unwrap();
    let check = |file: &str, sig: &str, who: &str| {
        desk.statement(&format!(
            "check @{file} --signature @{sig} --allowed-signers @allowed --identity {who}"
        ))
    };
    let good = check("s.json", "s.json.sig", "siro@northbridge.example").is(0);
    good.says("good").says("siro@northbridge.example");
    check("s.json", "s.json.sig", "other@northbridge.example").is(1).says("NOT good");
    check("s.json", "s.json", "siro@northbridge.example").is(1).says("NOT good");
    check("s.json", "missing.sig", "siro@northbridge.example").is(3);
    // Signed for something else.
    fs::copy(&file, desk.path("t.json")).unwrap();
    assert!(ssh_keygen(&["-Y", "sign", "-n", "file", "-f", &key, &desk.path("t.json")]));
    check("t.json", "t.json.sig", "siro@northbridge.example").is(1).says("NOT good");
    // Changed after it was signed.
    let text = fs::read_to_string(&file).unwrap().replacen("ICO", "OCI", 1);
    fs::write(desk.path("u.json"), text).unwrap();
    let changed = check("u.json", "s.json.sig", "siro@northbridge.example").is(1);
    changed.says("NOT good").says("Differences: 1");
    desk.statement("check @s.json --signature @s.json.sig").is(2);
    // Without the program it cannot be decided, and that is said.
    let args = ["--ledger", &desk.path("demo"), "statement", "check", &file, "--signature"];
    let rest =
        [&format!("{file}.sig"), "--allowed-signers", &desk.path("allowed"), "--identity", "x"];
    let nowhere = PathBuf::from(desk.path("demo/keys"));
    let output = Command::new(env!("CARGO_BIN_EXE_dspt"))
        .args(args)
        .args(rest)
        .env("PATH", nowhere)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("no program ssh-keygen"));
}

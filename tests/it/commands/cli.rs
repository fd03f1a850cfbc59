//! Commands as their users run them: what they print, what they refuse, how they end.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use dspt_ledger::cli;
use dspt_ledger::domain::date::Timestamp;
use serde_json::Value;

/// A folder with a passphrase, keys and a ledger of a small supplier.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
}

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}\n{}", self.out, self.err))
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{}\n{}", self.out, self.err);
        self
    }
}

impl Desk {
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("passphrase"), "correct horse\n").unwrap();
        fs::write(folder.path().join("log-passphrase"), "battery staple\n").unwrap();
        Self { folder }
    }

    /// A ledger opened on 1 October 2025, with an owner and an approver.
    pub(crate) fn new() -> Self {
        let desk = Self::empty();
        desk.sign("2025-10-01", "init acme --org Acme --type it-supplier --holder Rosa --key rosa --unit hosting=Hosting --unit desk=Desk --other-unit sales=Sales").ok();
        desk.sign("2025-10-01", "key new lund").ok();
        desk.owner("2025-10-01", "key admit lund --role approver --holder Lund").ok();
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).unwrap();
        self.path(name).display().to_string()
    }

    /// Runs a command as if it were ten in the morning of a day. Single quotes group words.
    pub(crate) fn run(&self, day: &str, command: &str) -> Ended {
        let mut args: Vec<OsString> = vec!["dspt".into()];
        for (index, part) in command.split('\'').enumerate() {
            if index % 2 == 1 {
                args.push(part.into());
            } else {
                args.extend(part.split_whitespace().map(OsString::from));
            }
        }
        if args.get(1).is_some_and(|word| word == "init") {
            let dir = self.path(args[2].to_str().unwrap());
            args[2] = dir.into();
        } else if !args.iter().any(|word| word == "--ledger") {
            args.push("--ledger".into());
            args.push(self.path("acme").into());
        }
        let now = Timestamp::parse(&format!("{day}T10:00:00.000Z")).unwrap();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = cli::run(args, now, &mut out, &mut err);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended { code, out: text(out), err: text(err) }
    }

    pub(crate) fn sign(&self, day: &str, command: &str) -> Ended {
        let keys = self.path("keys").display().to_string();
        let pass = self.path("passphrase").display().to_string();
        let mut command = format!("{command} --keys {keys} --passphrase-file {pass}");
        if !command.contains("--log-passphrase-file") {
            let log = self.path("log-passphrase");
            command = format!("{command} --log-passphrase-file {}", log.display());
        }
        self.run(day, &command)
    }

    pub(crate) fn owner(&self, day: &str, command: &str) -> Ended {
        self.sign(day, &format!("{command} --key rosa"))
    }

    pub(crate) fn approver(&self, day: &str, command: &str) -> Ended {
        self.sign(day, &format!("{command} --key lund"))
    }

    pub(crate) fn status(&self, question: &str) -> Value {
        self.run("2026-11-21", &format!("--json status {question}")).ok().json()
    }

    pub(crate) fn count(&self, question: &str, status: &str) -> u64 {
        self.status(question)["counts"]["all"][status].as_u64().unwrap()
    }

    pub(crate) fn entries(&self) -> usize {
        self.run("2026-11-21", "--json log").ok().out.lines().count()
    }
}

pub(crate) const ISO: &str = "record certificate iso27001 --number IS-1 --issuer Plover --release 2022 \
    --scope hosting --scope desk --from 2025-01-01 --until 2026-12-31";

#[test]
fn a_certificate_counts_to_its_last_day_and_lapses_on_the_next() {
    let desk = Desk::new();
    desk.owner("2025-10-02", ISO).ok();
    assert_eq!(desk.count("--at 2026-12-31", "met_by_equivalence"), 15);
    assert_eq!(desk.count("--at 2027-01-01", "met_by_equivalence"), 0);
    assert_eq!(desk.count("--at 2027-01-01", "lapsed"), 15);
    assert_eq!(desk.count("--at 2026-12-31 --as-known #5", "met_by_equivalence"), 0);
}

#[test]
fn a_scope_that_leaves_out_one_unit_meets_nothing() {
    let desk = Desk::new();
    desk.owner("2025-10-02", &ISO.replace("--scope desk", "")).ok();
    assert_eq!(desk.count("--at 2026-06-30", "met_by_equivalence"), 0);
    assert_eq!(desk.count("--at 2026-06-30", "partly_supported"), 15);
    let why = desk.run("2026-11-21", "explain 9.6.1 --at 2026-06-30").ok();
    assert!(why.out.contains("leaves out the unit desk"), "{}", why.out);
}

#[test]
fn a_late_certificate_differs_between_then_and_now() {
    let desk = Desk::new();
    desk.owner("2026-07-10", ISO).ok();
    assert_eq!(desk.count("--at 2026-06-30 --as-known then", "met_by_equivalence"), 0);
    assert_eq!(desk.count("--at 2026-06-30 --as-known now", "met_by_equivalence"), 15);
    let why = desk.run("2026-11-21", "explain 9.6.1 --at 2026-06-30 --as-known then").ok();
    assert!(why.out.contains("A later entry changes this answer"), "{}", why.out);
    let changed =
        desk.run("2026-11-21", "diff 2026-06-30 2026-06-30 --a-as-known then --exit-code");
    assert_eq!(changed.code, 1);
    assert!(changed.out.contains("Items changed: 15"), "{}", changed.out);
}

#[test]
fn own_evidence_needs_confirming_and_then_counts() {
    let desk = Desk::new();
    let file = desk.write("restore.txt", "restored on 4 January\n");
    desk.owner("2026-01-05", &format!("record evidence 'Restore test' --item 7.3.5 --file {file} --for 2026-01-04 --valid-until 2026-06-30")).ok();
    let of = |at: &str| {
        let when = desk.status(&format!("--at {at}"));
        let items = when["items"].as_array().unwrap().clone();
        let one = items.iter().find(|one| one["item"] == "7.3.5").unwrap().clone();
        one["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(of("2026-01-03"), "not_met");
    assert_eq!(of("2026-01-04"), "needs_confirming");
    desk.approver("2026-03-01", "confirm 7.3").ok();
    assert_eq!(of("2026-02-28"), "needs_confirming");
    assert_eq!(of("2026-06-30"), "met");
    assert_eq!(of("2026-07-01"), "lapsed");
    desk.owner("2026-03-02", "withdraw #5 --reason 'wrong system' --from 2026-03-10").ok();
    assert_eq!(of("2026-03-09"), "met");
    assert_eq!(of("2026-03-10"), "lapsed");
    // Withdrawing the withdrawal reinstates the evidence.
    desk.owner("2026-03-03", "withdraw #7 --reason 'it was right'").ok();
    assert_eq!(of("2026-06-30"), "met");
    let show = desk.run("2026-11-21", "show 5").ok();
    assert!(show.out.contains("#7 evidence-withdrawn"), "{}", show.out);
}

#[test]
fn a_correction_replaces_and_the_old_answer_stays_as_known_before() {
    let desk = Desk::new();
    desk.owner("2025-10-02", ISO).ok();
    desk.owner(
        "2025-11-02",
        "correct #5 --reason 'typed the wrong year' --set valid_until=2025-12-31",
    )
    .ok();
    assert_eq!(desk.count("--at 2026-06-30", "met_by_equivalence"), 0);
    assert_eq!(desk.count("--at 2026-06-30 --as-known #6", "met_by_equivalence"), 15);
    let bad = desk.owner("2025-11-03", "correct #5 --reason x --set valid_until=2025-02-30");
    assert_eq!(bad.code, 2);
    assert!(bad.err.contains("February has 28 days"), "{}", bad.err);
}

#[test]
fn every_refusal_has_its_exit_status() {
    let desk = Desk::new();
    let nowhere = desk.run("2026-01-01", "status --ledger /nonexistent/ledger.dspt");
    assert_eq!(nowhere.code, 10, "{}", nowhere.err);
    let text = desk.write("notes.txt", "not a ledger\n");
    assert_eq!(desk.run("2026-01-01", &format!("status --ledger {text}")).code, 10);
    assert_eq!(desk.run("2026-01-01", "status --at 2026-06-31").code, 2);
    assert_eq!(desk.run("2026-01-01", "explain 3.4.1x").code, 2);
    assert_eq!(desk.run("2026-01-01", "status --at 2020-01-01").code, 4);
    let not_allowed = desk.approver("2025-10-02", ISO);
    assert_eq!(not_allowed.code, 13);
    assert!(not_allowed.err.contains("needs the role owner or contributor"), "{}", not_allowed.err);
    let wrong = desk.write("wrong", "battery staple\n");
    let keys = desk.path("keys").display().to_string();
    let refused = desk.run(
        "2025-10-02",
        &format!("confirm 8.3 --key lund --keys {keys} --passphrase-file {wrong}"),
    );
    assert_eq!(refused.code, 12, "{}", refused.err);
    assert_eq!(desk.run("2026-01-01", "status --require met").code, 1);
    assert_eq!(desk.run("2026-01-01", "when 9.6.1 met").code, 1);
    assert_eq!(desk.entries(), 5, "a refusal wrote something");
    let again =
        desk.sign("2026-01-01", "init acme --org Acme --type it-supplier --holder Rosa --key rosa");
    assert_eq!(again.code, 2);
    assert!(again.err.contains("never overwritten"), "{}", again.err);
}

#[test]
fn a_bad_import_shows_every_row_and_writes_nothing() {
    let desk = Desk::new();
    let file = desk.write(
        "answers.csv",
        "item,answer,met,on\n1.1.1,Z1234,yes,2025-10-01\n1.1.99,x,yes,2025-10-01\n1.2.2,y,perhaps,2025-13-01\n",
    );
    let before = desk.entries();
    let bad = desk.owner("2025-10-02", &format!("import answers {file}"));
    assert_eq!(bad.code, 3);
    for part in ["answers.csv:3:1", "answers.csv:4:", "1.1.99", "perhaps", "There is no month 13"] {
        let found = bad.err.to_lowercase().contains(&part.to_lowercase());
        assert!(found, "`{part}` is not in:\n{}", bad.err);
    }
    assert_eq!(desk.entries(), before);
    for (name, code) in [("missing.csv", 3), ("", 3)] {
        let path = desk.path(name).display().to_string();
        assert_eq!(
            desk.owner("2025-10-02", &format!("import answers {path}")).code,
            code,
            "{name}"
        );
    }
    let empty = desk.write("empty.csv", "");
    assert_eq!(desk.owner("2025-10-02", &format!("import answers {empty}")).code, 3);
    assert_eq!(desk.entries(), before);
}

#[test]
fn the_same_bytes_twice_write_nothing_and_say_so() {
    let desk = Desk::new();
    let file = desk.write("answers.csv", "item;answer;met;on\n1.1.1;Z1234;yes;1/10/2025\n");
    desk.owner("2025-10-02", &format!("import answers {file} --dry-run")).ok();
    let before = desk.entries();
    desk.owner("2025-10-02", &format!("import answers {file}")).ok();
    assert_eq!(desk.entries(), before + 1);
    let again = desk.owner("2025-10-03", &format!("import answers {file}")).ok();
    assert!(again.out.contains("imported before, by entry #5"), "{}", again.out);
    assert!(again.err.contains("--again"), "{}", again.err);
    assert_eq!(desk.entries(), before + 1);
    // Once it was taken back, that is said; meant, it is imported again.
    desk.owner("2025-10-03", "withdraw #5 --reason wrong").ok();
    let again = desk.owner("2025-10-03", &format!("import answers {file}")).ok();
    assert!(again.out.contains("which entry #6 took back"), "{}", again.out);
    desk.owner("2025-10-03", &format!("import answers {file} --again")).ok();
    assert_eq!(desk.entries(), before + 3);
}

#[test]
fn evidence_comes_with_the_digest_of_its_file() {
    let desk = Desk::new();
    desk.write("minutes.txt", "board minutes\n");
    let file = desk.write(
        "evidence.csv",
        "title,items,file,proves_on,valid_until\nMinutes,1.3.1 3.2.1,minutes.txt,2025-09-30,\nGone,1.3.2,gone.txt,2025-09-30,\n",
    );
    let bad = desk.owner("2025-10-02", &format!("import evidence {file}"));
    assert_eq!(bad.code, 3);
    assert!(bad.err.contains("gone.txt"), "{}", bad.err);
    desk.write("gone.txt", "found again\n");
    desk.owner("2025-10-02", &format!("import evidence {file}")).ok();
    let shown = desk.run("2026-01-01", "--json show 5").ok().json();
    let digest = dspt_ledger::ledger::Digest::of(b"board minutes\n").hex();
    assert_eq!(shown["subjects"][0]["sha256"], digest.as_str());
    assert_eq!(shown["body"]["size"], 14);
    desk.run("2026-01-01", "verify").ok();
}

#[test]
fn a_mapping_derives_only_what_another_person_approved() {
    let desk = Desk::new();
    desk.owner("2025-10-02", ISO).ok();
    desk.owner("2025-10-02", "import framework iso27001:2022").ok();
    let soa = desk.write(
        "soa.csv",
        "control,applicable,justification\nA.8.19,yes,\nA.8.32,no,no changes are made\n",
    );
    desk.owner("2025-10-02", &format!("import soa {soa} --certificate #5")).ok();
    let file = desk.write(
        "map.csv",
        "source,relationship,target,rationale\n\
         iso27001:2022/A.8.19,superset-of,2025-26-v8/cat2-it-supplier/9.5.1,all of it\n\
         iso27001:2022/A.8.32,superset-of,2025-26-v8/cat2-it-supplier/9.5.3,all of it\n\
         iso27001:2022/A.8.19,intersects-with,2025-26-v8/cat2-it-supplier/9.5.2,a part\n",
    );
    desk.owner("2025-10-03", &format!("import mapping {file}")).ok();
    assert_eq!(desk.count("--at 2026-06-30", "met_by_equivalence"), 15);
    desk.approver("2025-10-04", "approve #8 --all --rationale 'read row by row' --from 2026-01-01")
        .ok();
    assert_eq!(desk.count("--at 2025-12-31", "met_by_equivalence"), 15);
    assert_eq!(desk.count("--at 2026-01-01", "met_by_equivalence"), 16);
    assert_eq!(desk.count("--at 2026-01-01", "partly_supported"), 1);
    let why = desk.run("2026-11-21", "explain 9.5.3 --at 2026-06-30").ok();
    assert!(why.out.contains("is excluded in the Statement of Applicability"), "{}", why.out);
    desk.approver("2026-02-01", "withdraw #9 --reason 'read again' --from 2026-04-01").ok();
    assert_eq!(desk.count("--at 2026-03-31", "met_by_equivalence"), 16);
    assert_eq!(desk.count("--at 2026-04-01", "met_by_equivalence"), 15);
    let diff = desk.run("2026-11-21", "diff 2026-03-31 2026-04-01").ok();
    assert!(diff.out.contains("the approval in #9 was withdrawn from 1 Apr 2026"), "{}", diff.out);
}

#[test]
fn every_answer_has_a_versioned_schema() {
    let desk = Desk::new();
    desk.owner("2025-10-02", ISO).ok();
    for (command, schema) in [
        ("status --at 2026-06-30", "dspt.status/1"),
        ("explain 9.6.1 --at 2026-06-30", "dspt.explain/1"),
        ("when 9.6.1", "dspt.when/1"),
        ("diff 2025-10-01 2026-06-30", "dspt.diff/1"),
        ("show 0", "dspt.entry/1"),
        ("verify", "dspt.verify/1"),
        ("catalogue", "dspt.catalogue/1"),
        ("catalogue mcss:2018", "dspt.catalogue/1"),
    ] {
        let answer = desk.run("2026-11-21", &format!("--json {command}")).ok().json();
        assert_eq!(answer["schema"], schema, "{command}");
    }
    let failed = desk.run("2026-11-21", "--json explain 99.9.9");
    let error: Value = serde_json::from_str(&failed.err).unwrap();
    assert_eq!(error["schema"], "dspt.error/1");
    assert_eq!(error["exit"], failed.code);
}

#[test]
fn a_changed_file_is_a_no_and_nothing_is_read_from_it() {
    let desk = Desk::new();
    let path = desk.path("acme").join("ledger.dspt");
    let good = fs::read(&path).unwrap();
    // The payload is base64 at the start of every stored envelope; pages may hold old copies too.
    let mut bad = good.clone();
    let places = good.windows(11).enumerate().filter(|(_, window)| *window == b"{\"payload\":");
    for place in places.map(|(place, _)| place + 60) {
        bad[place] = if bad[place] == b'A' { b'B' } else { b'A' };
    }
    assert_ne!(bad, good);
    fs::write(&path, &bad).unwrap();
    let verify = desk.run("2026-11-21", "verify");
    assert_eq!(verify.code, 1, "{}\n{}", verify.out, verify.err);
    assert!(verify.out.contains("First fault: entry #"), "{}", verify.out);
    assert_eq!(desk.run("2026-11-21", "status --at 2026-06-30").code, 1);
    let refused = desk.owner("2026-11-21", ISO);
    assert_eq!(refused.code, 1, "{}", refused.err);
    assert_eq!(fs::read(&path).unwrap(), bad, "something was repaired");
    fs::write(&path, &good[..good.len() / 2]).unwrap();
    assert_eq!(desk.run("2026-11-21", "verify").code, 4);
}

#[test]
fn standing_follows_the_rule_of_the_edition() {
    let desk = Desk::new();
    let answer = desk.status("--at 2026-06-30");
    let mandatory: Vec<String> = answer["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["requirement"] == "mandatory")
        .map(|one| one["item"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(mandatory.len(), 98);
    let rows: Vec<String> =
        mandatory.iter().map(|item| format!("{item},we do,yes,2026-05-01")).collect();
    let file = desk.write("all.csv", &format!("item,answer,met,on\n{}\n", rows.join("\n")));
    desk.owner("2026-05-01", &format!("import answers {file}")).ok();
    let standing = |at: &str| desk.status(at)["standing"]["standing"].as_str().unwrap().to_owned();
    assert_eq!(standing("--at 2026-06-30"), "standards_not_met");
    let unconfirmed = desk.status("--at 2026-06-30")["standing"]["unconfirmed_assertions"].clone();
    let all: Vec<&str> =
        unconfirmed.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    let (last, first) = all.split_last().unwrap();
    desk.approver("2026-06-01", &format!("confirm {}", first.join(" "))).ok();
    assert_eq!(standing("--at 2026-06-30"), "standards_not_met");
    desk.approver("2026-06-20", &format!("confirm {last}")).ok();
    assert_eq!(standing("--at 2026-06-19"), "standards_not_met");
    assert_eq!(standing("--at 2026-06-20"), "standards_met");
    desk.owner("2026-06-21", "record certificate cyber-essentials-plus --number C1 --issuer P --scope all --from 2026-06-25 --until 2027-06-24").ok();
    assert_eq!(standing("--at 2026-06-24"), "standards_met");
    assert_eq!(standing("--at 2026-06-25"), "standards_exceeded");
    assert_eq!(desk.run("2026-11-21", "status --at 2026-06-30 --require exceeded").code, 0);
}

#[test]
fn a_correction_of_a_correction_needs_the_role_of_what_it_brings_back() {
    let desk = Desk::new();
    desk.sign("2025-10-01", "key new clerk").ok();
    desk.owner("2025-10-01", "key admit clerk --role contributor --holder Clerk").ok();
    desk.approver("2025-10-02", "confirm 7.3").ok();
    desk.approver("2025-10-03", "withdraw #6 --reason 'too early'").ok();
    let refused = desk.sign("2025-10-04", "withdraw #7 --reason 'no it was right' --key clerk");
    assert_eq!(refused.code, 13, "{}", refused.err);
    assert!(refused.err.contains("needs the role owner or approver"), "{}", refused.err);
    desk.approver("2025-10-04", "withdraw #7 --reason 'it was right'").ok();
    desk.run("2025-10-05", "verify").ok();
}

#[test]
fn the_large_demonstration_is_the_same_every_time_and_verifies() {
    let desk = Desk::empty();
    let made = |name: &str| {
        let path = desk.path(name).display().to_string();
        let ended = desk.run("2026-11-21", &format!("demo --entries 1000 --keep {path}")).ok();
        assert!(ended.out.contains("1000 entries"), "{}", ended.out);
        let verified = desk.run("2026-11-21", &format!("--ledger {path} --json verify")).ok();
        assert_eq!(verified.json()["checked"]["entries"], 1000);
        fs::read_to_string(desk.path(name).join("ledger.dspt.head")).unwrap()
    };
    assert_eq!(made("one"), made("two"));
    let path = desk.path("one").display().to_string();
    // The other demonstration does not take its place.
    assert_eq!(desk.run("2026-11-21", &format!("demo --keep {path}")).code, 2);
    let late = desk.run("2026-11-21", &format!("--ledger {path} --json log")).ok();
    for kind in [
        "evidence-recorded",
        "item-answered",
        "certificate-recorded",
        "correction",
        "evidence-withdrawn",
        "assertion-confirmed",
    ] {
        assert!(late.out.contains(kind), "{kind}");
    }
}

#[test]
fn the_same_said_twice_is_recorded_once_unless_it_is_meant() {
    let desk = Desk::new();
    let evidence = "record evidence Policy --item 1.3.1 --for 2025-10-01";
    desk.owner("2025-10-02", evidence).ok();
    let again = desk.owner("2025-10-03", evidence).ok();
    assert!(again.out.contains("Recorded already as #5"), "{}", again.out);
    assert!(again.err.contains("--again"), "{}", again.err);
    assert_eq!(desk.owner("2025-10-03", &format!("--json {evidence}")).json()["replayed"], true);
    assert_eq!(desk.entries(), 6);
    desk.owner("2025-10-03", &format!("{evidence} --again")).ok();
    assert_eq!(desk.entries(), 7);
    // What is not the same, and what was taken back.
    desk.owner("2025-10-03", &format!("{evidence} --valid-until 2026-10-01")).ok();
    for seq in [5, 6] {
        desk.owner("2025-10-03", &format!("withdraw #{seq} --reason lost")).ok();
    }
    desk.owner("2025-10-03", evidence).ok();
    assert_eq!(desk.entries(), 11);
    // Of several confirmations those that are new.
    desk.approver("2025-10-04", "confirm 8.3").ok();
    let more = desk.approver("2025-10-04", "confirm 8.3 8.2").ok();
    assert!(more.err.contains("#11"), "{}", more.err);
    assert_eq!(desk.entries(), 13);
}

/// A pipe whose other end is closed, or a disk that is full.
struct Stream(std::io::ErrorKind);

impl std::io::Write for Stream {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Err(self.0.into())
    }
}

#[test]
fn the_exit_status_is_the_answers_whoever_reads_it() {
    let desk = Desk::new();
    let now = Timestamp::parse("2026-11-21T10:00:00.000Z").unwrap();
    let ledger = desk.path("acme").display().to_string();
    let run = |words: &str, kind: std::io::ErrorKind| {
        let words = words.split(' ').chain(["--ledger", &ledger]).map(OsString::from);
        cli::run(words, now, &mut Stream(kind), &mut Stream(kind))
    };
    let ask = |words: &str| run(words, std::io::ErrorKind::BrokenPipe);
    for json in ["", " --json"] {
        assert_eq!(ask(&format!("dspt{json} status --at 2026-06-30")), 0);
        assert_eq!(ask(&format!("dspt{json} status --at 2026-06-30 --require met")), 1);
        assert_eq!(ask(&format!("dspt{json} verify")), 0);
        assert_eq!(ask(&format!("dspt{json} explain 99.9.9")), 2);
    }
    assert_eq!(run("dspt status", std::io::ErrorKind::StorageFull), 5);
    let file = desk.path("acme").join("ledger.dspt");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    for byte in &mut bytes[middle..middle + 4_096] {
        *byte ^= 1;
    }
    fs::write(&file, bytes).unwrap();
    let alone = desk.run("2026-11-21", "verify").code;
    assert_ne!(alone, 0, "the damage is not seen");
    assert_eq!(ask("dspt verify"), alone);
}

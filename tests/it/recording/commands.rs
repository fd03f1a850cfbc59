//! What recording commands take, refuse and say before they sign.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use dspt_ledger::domain::engine::derive::RulesChoice;
use dspt_ledger::domain::statement::{Asked, Format, Ledger, statement_as_printed};
use dspt_ledger::journal::Journal;
use dspt_ledger::ledger::json::canonical;
use dspt_ledger::store::Mode;
use dspt_ledger::verify::published::{Outcome, make, reproduce, root_at};

use crate::commands::cli::{Desk, Ended};

/// A certificate of a release, for the whole of the organisation.
fn certificate(scheme: &str, days: (&str, &str)) -> String {
    let (from, until) = days;
    format!(
        "record certificate {scheme} --number C-1 --issuer Plover --scope all --from {from} --until {until}"
    )
}

#[track_caller]
fn says(ended: &Ended, parts: &[&str]) {
    for part in parts {
        let both = format!("{}{}", ended.out, ended.err);
        assert!(both.contains(part), "no `{part}` in\n{both}");
    }
}

#[track_caller]
fn refused(ended: &Ended, parts: &[&str]) {
    assert!(!matches!(ended.code, 0 | 70), "{}\n{}", ended.out, ended.err);
    says(ended, parts);
}

#[test]
fn a_certificate_counts_no_longer_than_its_release() {
    let desk = Desk::new();
    let iso = certificate("ISO27001:2013", ("2024-01-01", "2026-12-31"));
    let recorded = desk.owner("2025-10-02", &format!("{iso} --quiet")).ok();
    let why = "no certificate of ISO/IEC 27001:2013 is in force after 31 Oct 2025";
    says(&recorded, &["warning: certificate C-1 says 1 Jan 2024 to 31 Dec 2026", why]);
    assert_eq!(desk.count("--at 2025-10-31", "met_by_equivalence"), 15);
    assert_eq!(desk.count("--at 2025-11-01", "met_by_equivalence"), 0);
    assert_eq!(desk.count("--at 2025-11-01", "lapsed"), 15);
    says(&desk.run("2026-11-21", "explain 9.6.1 --at 2026-11-01").ok(), &[why]);
    let statement = desk.run("2026-11-21", "statement draft --at 2026-11-01").ok();
    says(&statement, &["\"state\":\"expired\"", "\"valid_until\":\"2026-12-31\""]);
}

#[test]
fn a_certificate_counts_no_longer_than_its_scheme_lets_it_last() {
    let desk = Desk::new();
    let plus = certificate("CE+", ("2025-10-01", "2041-09-30"));
    let recorded = desk.owner("2025-10-02", &plus).ok();
    says(&recorded, &["a Cyber Essentials Plus certificate lasts 12 months at most"]);
    let met = desk.count("--at 2026-10-01", "met_by_equivalence");
    assert!(met > 0);
    assert_eq!(desk.count("--at 2026-10-02", "met_by_equivalence"), 0);
    assert_eq!(desk.count("--at 2026-10-02", "lapsed"), met);
}

#[test]
fn a_certificate_names_a_release_that_is_known() {
    let desk = Desk::new();
    let days = ("2024-01-01", "2026-12-31");
    let iso = certificate("iso27001", days);
    refused(&desk.owner("2025-10-02", &iso), &["give it: 2005, 2013, 2022"]);
    let banana = format!("{iso} --release banana");
    refused(&desk.owner("2025-10-02", &banana), &["`banana` is no release of ISO/IEC 27001"]);
    let old = format!("{iso} --release 2005");
    refused(&desk.owner("2025-10-02", &old), &["would count on no day", "1 Oct 2015"]);
    let two = certificate("iso27001:2022", days) + " --release 2013";
    refused(&desk.owner("2025-10-02", &two), &["give one of them"]);
    let mail = certificate("nhsmail", days) + " --release 2022";
    refused(&desk.owner("2025-10-02", &mail), &["leave out --release"]);
    assert_eq!(desk.entries(), 5);
    desk.owner("2025-10-02", &certificate("nhsmail", days)).ok();
    desk.owner(
        "2025-10-02",
        &(certificate("ce+", ("2025-01-01", "2026-01-01")) + " --release 3.2"),
    )
    .ok();
    // A list that the ledger adopted makes its release known.
    let list = desk.write("controls.csv", "id,parent,title,kind\nA.1,,x,control\n");
    desk.owner("2025-10-02", &format!("import framework iso27001:2031 --file {list}")).ok();
    desk.owner("2025-10-02", &format!("{iso} --release 2031")).ok();
}

#[test]
fn a_correction_is_remarked_as_a_recording_is() {
    let desk = Desk::new();
    desk.owner("2025-10-02", &certificate("iso27001:2022", ("2024-01-01", "2026-12-31"))).ok();
    let longer = desk
        .owner("2025-10-03", "correct #5 --set valid_until=31/12/2033 --reason 'as printed'")
        .ok();
    says(&longer, &["counts until 1 Jan 2027 only", "lasts 36 months at most"]);
    let outside =
        desk.owner("2025-10-03", "record suspension #5 --from 2028-01-01 --reason 'an audit'").ok();
    says(&outside, &["so a suspension from 1 Jan 2028 changes nothing"]);
    let inside =
        desk.owner("2025-10-03", "record suspension #5 --from 2026-01-01 --reason 'an audit'").ok();
    assert!(!inside.err.contains("changes nothing"), "{}", inside.err);
}

#[test]
fn a_statement_of_before_the_limits_is_still_what_the_ledger_says() {
    let desk = Desk::new();
    desk.owner("2025-10-02", &certificate("iso27001:2013", ("2024-01-01", "2026-12-31"))).ok();
    let journal = Journal::open(&desk.path("acme/ledger.dspt"), Mode::Read).unwrap();
    let ledger = &journal.ledger;
    let asked = |on: &str| Asked { on: on.parse().unwrap(), size: 6, rules: RulesChoice::Then };
    let (identity, root) = (ledger.id.hex(), root_at(ledger, 6).unwrap().base64());
    let of = Ledger {
        origin: ledger.origin.as_str(),
        identity: &identity,
        root: &root,
        facts: &ledger.facts,
        contents: &ledger.contents,
        roster: &ledger.roster,
        seen: &[],
    };
    let printed = |on: &str| {
        let value = statement_as_printed(Format::One, &of, &asked(on)).unwrap().unwrap();
        canonical(&value).unwrap().into_bytes()
    };
    let before = printed("2026-03-01");
    let Outcome::AsPrinted(found) = reproduce(ledger, &before).unwrap() else { panic!("not so") };
    assert!(found.iter().any(|one| one.place.contains("status")), "{found:?}");
    let now = make(ledger, &asked("2026-03-01")).unwrap();
    assert_eq!(reproduce(ledger, &now.bytes).unwrap(), Outcome::Same);
    // On a day on which the certificate may count both are one.
    assert_eq!(reproduce(ledger, &printed("2025-10-31")).unwrap(), Outcome::Same);
    drop(journal);
    fs::write(desk.path("before.json"), &before).unwrap();
    let path = desk.path("before.json");
    let checked = desk.run("2026-11-21", &format!("statement check {}", path.display())).ok();
    says(&checked, &["YES", "certificates count to the day printed on them"]);
    let again = format!("statement publish --file {}", path.display());
    refused(&desk.owner("2026-11-21", &again), &["is not what the ledger gives"]);
}

#[test]
fn a_control_that_is_not_in_place_grounds_nothing() {
    let desk = Desk::new();
    desk.owner("2025-10-02", &certificate("iso27001:2022", ("2024-01-01", "2026-12-31"))).ok();
    desk.owner("2025-10-02", "import framework iso27001:2022").ok();
    let mapping = desk.write(
        "m.csv",
        "source,relationship,target,rationale\n\
         iso27001:2022/A.8.13,equal,2025-26-v8/cat2-it-supplier/7.3.4,a\n\
         iso27001:2022/A.5.36,equal,2025-26-v8/cat2-it-supplier/7.3.5,b\n",
    );
    desk.owner("2025-10-02", &format!("import mapping {mapping}")).ok();
    desk.approver("2025-10-02", "approve #7 --all --rationale 'read'").ok();
    let soa = desk.write(
        "soa.csv",
        "control,applicable,implementation status,justification\n\
         A.8.13,Yes,Not implemented (planned for the third quarter),x\n\
         A.5.36,Yes,Implemented,x\n\
         A.5.37,Yes,Partially implemented,x\n\
         A.5.1,Yes,,x\n\
         A.7.4,No,,no premises\n",
    );
    let imported = desk.owner("2025-10-02", &format!("import soa {soa} --certificate #5 -q")).ok();
    says(
        &imported,
        &[
            "warning: 3 controls are applicable but not implemented",
            "A.8.13 in line 2 (Not implemented (planned for the third quarter))",
            "A.5.37 in line 4 (Partially implemented)",
            "A.5.1 in line 5 (blank)",
        ],
    );
    let said = |item: &str| desk.run("2025-10-03", &format!("explain {item}")).ok();
    assert!(!said("7.3.4").out.contains("MET BY EQUIVALENCE"));
    says(&said("7.3.5"), &["MET BY EQUIVALENCE"]);
    says(&desk.run("2025-10-03", "explain 7.3.4").ok(), &["but not implemented, or not wholly"]);
    let draft = desk.run("2025-10-03", "statement draft").ok();
    says(&draft, &["\"applicable\":4,", "\"excluded\":1,", "\"not_implemented\":3"]);
}

#[test]
fn a_statement_of_applicability_belongs_to_a_certificate_with_a_release() {
    let desk = Desk::new();
    desk.owner("2025-10-02", &certificate("ce+", ("2025-10-01", "2026-09-30"))).ok();
    desk.owner("2025-10-02", "import framework iso27001:2022").ok();
    let soa = desk.write("soa.csv", "control,applicable,justification\nA.8.13,yes,\n");
    let refusal = desk.owner("2025-10-02", &format!("import soa {soa} --certificate #5"));
    refused(&refusal, &["#5, C-1, is a Cyber Essentials Plus certificate"]);
    assert!(!refusal.err.contains("correct"), "{}", refusal.err);
}

/// Runs the program itself, with these bytes on its standard input.
fn program(desk: &Desk, args: &[&str], variables: &[(&str, &str)], stdin: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dspt"))
        .args(args)
        .current_dir(desk.path("."))
        .env("HOME", desk.path("."))
        .env_remove("DSPT_LEDGER")
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    child.wait_with_output().unwrap()
}

#[test]
fn an_empty_variable_is_as_good_as_none() {
    let desk = Desk::new();
    let empty = [
        "DSPT_LEDGER",
        "DSPT_KEY",
        "DSPT_KEYS",
        "DSPT_CONFIG",
        "DSPT_STATE",
        "DSPT_WITNESS",
        "DSPT_OPENSSL",
        "DSPT_PASSPHRASE_COMMAND",
    ]
    .map(|name| (name, ""));
    for args in [
        &["--ledger", "acme", "status"][..],
        &["catalogue"],
        &["--ledger", "acme", "key", "list", "--keys", "keys"],
        &["completions", "bash"],
    ] {
        let ended = program(&desk, args, &empty, b"");
        assert!(ended.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ended.stderr));
    }
    let ended = program(&desk, &["witness", "status", "--state", "nowhere"], &empty, b"");
    let err = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!err.contains("a value is required"), "{err}");
    let ended = program(&desk, &["--ledger", "acme", "status"], &[("DSPT_LEDGER", "no")], b"");
    assert!(ended.status.success(), "the flag wins");
}

#[test]
fn a_dash_is_standard_input_or_output_or_is_refused() {
    let desk = Desk::new();
    let run = |args: &[&str], stdin: &[u8]| {
        let ended = program(&desk, &[&["--ledger", "acme"], args].concat(), &[], stdin);
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        (ended.status.code(), text(&ended.stdout), text(&ended.stderr))
    };
    let rows = b"title,items,proves_on\nReport,1.1.1,2026-06-01\n";
    let (code, out, err) = run(&["import", "evidence", "-", "--dry-run"], rows);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("Pieces of evidence: 1"), "{out}");
    let (code, _, err) = run(&["import", "evidence", "-", "--dry-run"], b"title\nReport\n");
    assert_eq!(code, Some(3), "{err}");
    let (_, head, _) = run(&["checkpoint"], b"");
    let (code, out, _) = run(&["checkpoint", "--out", "-"], b"");
    assert_eq!((code, &out), (Some(0), &head));
    let (code, out, _) = run(&["statement", "draft", "--out", "-"], b"");
    assert_eq!((code, out.starts_with('{')), (Some(0), true));
    for args in [
        &["export", "bundle", "-"][..],
        &["--ledger", "-", "status"],
        &["verify", "-"],
        &["record", "scope", "--unit", "a=A", "--passphrase-file", "-"],
        &["timestamp", "request", "--out", "-"],
    ] {
        let ended = program(&desk, args, &[], b"");
        let err = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(2), "{args:?} {err}");
        assert!(err.contains("`-` is standard input or output"), "{args:?} {err}");
    }
    let (code, _, err) = run(&["mapping", "check", "-", "-"], b"");
    assert!(code == Some(2) && err.contains("can be read once"), "{err}");
    assert!(!desk.path("-").exists());
}

#[test]
fn a_holder_that_looks_like_another_is_said() {
    let desk = Desk::new();
    desk.sign("2025-10-01", "key new second").ok();
    desk.sign("2025-10-01", "key new third").ok();
    let alike =
        desk.owner("2025-10-01", "key admit second --role contributor --holder R\u{43e}sa").ok();
    says(&alike, &["looks like `Rosa`, who holds SHA256:", "another script"]);
    let other = desk.owner("2025-10-01", "key admit third --role contributor --holder Ruth").ok();
    assert!(!other.err.contains("looks like"), "{}", other.err);
}

#[test]
fn where_nobody_can_be_asked_init_makes_the_log_key_a_passphrase_of_its_own() {
    let desk = Desk::empty();
    let [keys, own] = ["keys", "passphrase"].map(|name| desk.path(name).display().to_string());
    let with = format!("--keys {keys} --passphrase-file {own}");
    let init = "init acme --org Acme --type it-supplier --holder Rosa --key rosa --unit a=A";
    let made = desk.run("2025-10-01", &format!("{init} {with}")).ok();
    let kept = desk.path("keys").join("acme-log.passphrase");
    assert!(made.err.contains(&kept.display().to_string()), "{}", made.err);
    let text = fs::read_to_string(&kept).unwrap();
    assert_eq!(text.len(), 44, "{text}");
    assert_ne!(text.trim(), fs::read_to_string(&own).unwrap().trim());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let record = |title: &str, more: &str| {
        let words = format!("record evidence {title} --item 1.1.1 --for 1/10/2025 {with} {more}");
        desk.run("2025-10-02", &words)
    };
    record("One", "").ok();
    let elsewhere = desk.path("elsewhere");
    fs::rename(&kept, &elsewhere).unwrap();
    let nobody = record("Two", "");
    assert_eq!(nobody.code, 2, "{}", nobody.err);
    assert!(nobody.err.contains("--log-passphrase-file FILE"), "{}", nobody.err);
    record("Two", &format!("--log-passphrase-file {}", elsewhere.display())).ok();
}

#[test]
fn publishing_asks_first_and_signs_nothing_where_nobody_can_be_asked() {
    let desk = Desk::new();
    let before = desk.entries();
    let keys = [
        "--keys",
        "keys",
        "--key",
        "rosa",
        "--passphrase-file",
        "passphrase",
        "--log-passphrase-file",
        "log-passphrase",
    ];
    let run = |args: &[&str]| {
        let all = [&["--ledger", "acme", "statement", "publish"], args, &keys[..]].concat();
        let ended = program(&desk, &all, &[], b"y\n");
        (ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned())
    };
    let (code, err) = run(&["--at", "2026-06-30"]);
    assert_eq!(code, Some(2), "{err}");
    for part in ["Standards Not Met", "mandatory items in place", "nothing was published", "--yes"]
    {
        assert!(err.contains(part), "{part}: {err}");
    }
    assert_eq!(desk.entries(), before);
    let (code, err) = run(&["--at", "2026-06-30", "--yes"]);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(desk.entries(), before + 1);
}

/// The rows of an answers file for one item, and how each command takes the same name of it.
#[track_caller]
fn taken_alike(desk: &Desk, item: &str, on: &str, good: bool) {
    let answers = desk.write("a.csv", &format!("item,answer,met,on\n{item},x,yes,{on}\n"));
    let evidence = desk.write("e.csv", &format!("title,items,proves_on\nT,{item},{on}\n"));
    let (day, proofs) = ("2025-12-01", tempfile::tempdir().unwrap());
    for command in [
        format!("import answers {answers} --dry-run"),
        format!("import evidence {evidence} --dry-run"),
        format!("record evidence T --item '{item}' --for {on}"),
        format!("record answer '{item}' --text x --on {on}"),
        format!("record not-applicable '{item}' --reason x --from {on}"),
        format!("explain '{item}'"),
        format!("when '{item}'"),
        format!("prove --item '{item}' --out {}", proofs.path().display()),
    ] {
        let asks = ["explain", "when", "prove"].iter().any(|word| command.starts_with(word));
        let ended = if asks { desk.run(day, &command) } else { desk.owner(day, &command) };
        assert_eq!(ended.code == 0, good, "{command}\n{}{}", ended.out, ended.err);
    }
}

#[test]
fn every_command_takes_the_same_names_of_items_and_the_same_days() {
    let desk = Desk::new();
    let full = "2025-26-v8/cat2-it-supplier/1.3.1";
    taken_alike(&desk, "1.3.1", "2025-11-30", true);
    // Before the edition was in force: it is the one that is adopted.
    taken_alike(&desk, "1.3.1", "1/9/2025", true);
    taken_alike(&desk, "1.3.1", "2025/09/01", true);
    taken_alike(&desk, full, "1/9/2025", true);
    taken_alike(&desk, "1.3.01", "2025-11-30", false);
    taken_alike(&desk, "9.9.9", "2025-11-30", false);
    taken_alike(&desk, "2025-26-v8/cat4-gp/1.1.1", "2025-11-30", false);
    taken_alike(&desk, "1.3", "2025-11-30", false);
    let said = desk.owner("2025-12-02", "record evidence Policy --item 1.3.1 --for 1/9/2025").ok();
    says(&said, &["1.3.1 is of DSPT 2025-26-v8 for cat2-it-supplier"]);
    let confirmed = desk.owner("2025-12-02", "confirm 1.3 --on 1/9/2025").ok();
    says(&confirmed, &["1.3 of DSPT 2025-26-v8 for cat2-it-supplier, on 1 September 2025"]);
    desk.owner("2025-12-02", "confirm 2025-26-v8/cat2-it-supplier/1.3").ok();
    refused(&desk.owner("2025-12-02", "confirm 99.9"), &["is not an assertion of 2025-26-v8"]);
    let padded = desk.owner("2025-12-02", "record answer 1.3.01 --text x");
    refused(&padded, &["did you mean 1.3.1?"]);
}

#[test]
fn controls_are_taken_as_files_write_them_and_levels_only_where_there_are_any() {
    let desk = Desk::new();
    desk.owner("2025-12-01", "import framework iso27001:2022").ok();
    desk.owner("2025-12-01", "import framework ncsc-caf:3.2").ok();
    let rows = desk.write("e.csv", "title,controls,proves_on\nT,iso27001:2022/A.8.13,2025-11-30\n");
    desk.owner("2025-12-01", &format!("import evidence {rows} --dry-run")).ok();
    desk.owner("2025-12-01", "record evidence T --control ISO27001:2022/A.8.13 --for 2025-11-30")
        .ok();
    let assessed = |control: &str, level: &str| {
        desk.owner(
            "2025-12-01",
            &format!(
                "record assessment {control} --result met --assurance self-assessed --level {level} \
                 --scope all --from 2025-11-01 --until 2026-10-31"
            ),
        )
    };
    assessed("ncsc-caf:3.2/B2.a", "partially-achieved").ok();
    refused(&assessed("ncsc-caf:3.2/A1.a", "partially-achieved"), &["give achieved"]);
    assessed("ncsc-caf:3.2/A1.a", "achieved").ok();
    let mapping = desk.write(
        "m.csv",
        "source,source_level,relationship,target,rationale\n\
         ncsc-caf:3.2/A1.a,partially-achieved,superset-of,2025-26-v8/cat2-it-supplier/1.3.1,x\n",
    );
    refused(
        &desk.owner("2025-12-01", &format!("import mapping {mapping} --dry-run")),
        &["has no level partially-achieved"],
    );
}

#[test]
fn what_will_be_refused_is_refused_before_a_passphrase_is_asked_for() {
    let desk = Desk::new();
    let keys = desk.path("keys").display().to_string();
    let missing = desk.path("no-such-passphrase").display().to_string();
    let run = |key: &str, command: &str| {
        desk.run(
            "2025-12-01",
            &format!("{command} --keys {keys} --key {key} --passphrase-file {missing}"),
        )
    };
    refused(&run("lund", "record answer 1.3.1 --text x"), &["has the role approver"]);
    refused(&run("lund", "approve #4 --all --rationale x"), &["is not a mapping"]);
    let ahead = run("rosa", "record answer 1.3.1 --text x --on 2026-12-01");
    refused(&ahead, &["that day has not come"]);
    refused(&run("lund", "key admit rosa --role owner --holder X"), &["role"]);
    // What is good goes on to the passphrase.
    refused(&run("rosa", "record answer 1.3.1 --text x"), &["no-such-passphrase"]);
}

#[test]
fn correcting_a_correction_says_which_entry_to_use() {
    let desk = Desk::new();
    desk.owner("2025-12-01", "record answer 1.3.1 --text x").ok();
    desk.owner("2025-12-01", "correct #5 --set answer=y --reason typo").ok();
    let again = desk.owner("2025-12-01", "correct #6 --set answer=z --reason typo");
    refused(&again, &["is a correction of #5", "dspt correct '#5'", "dspt withdraw '#6'"]);
    desk.owner(
        "2025-12-01",
        "correct #5 --set answer=z --set 'valid_until=30 June 2026' --reason typo",
    )
    .ok();
}

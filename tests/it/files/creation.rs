//! What `init`, `demo`, `key new`, `witness init`, `export bundle` and `statement draft` make: killed
//! at a call that writes, the same command again makes it, or says that it is there and whole.

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

use crate::files::faults::{Fault, at_calls, can_inject, program};

/// Runs a command in a folder, whose path stands for `@`.
fn run(home: &Path, words: &str) -> Output {
    fs::write(home.join("pass"), "some words\n").unwrap();
    fs::write(home.join("log"), "of the log\n").unwrap();
    let place = format!("{}/", home.display());
    let words: Vec<String> =
        words.split_whitespace().map(|word| word.replace('@', &place)).collect();
    program(home, words).output().unwrap()
}

fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
}

#[track_caller]
fn good(home: &Path, words: &str, at: &str) -> String {
    let ended = run(home, words);
    assert_eq!(ended.status.code(), Some(0), "{at}: {words}: {}", said(&ended));
    said(&ended)
}

/// Kills a command at its calls that write, each time in a new folder, and gives it again; `ends` are
/// the statuses that it may then end with, and `check` looks at what is there.
#[track_caller]
fn killed(set_up: impl Fn(&Path), words: &str, ends: &[i32], check: impl Fn(&Path, &str)) {
    if !can_inject() {
        return;
    }
    let home: RefCell<Option<TempDir>> = RefCell::default();
    let prepare = || {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("pass"), "some words\n").unwrap();
        fs::write(folder.path().join("log"), "of the log\n").unwrap();
        set_up(folder.path());
        let place = format!("{}/", folder.path().display());
        let words = words.split_whitespace().map(|word| word.replace('@', &place));
        let command = program(folder.path(), words);
        *home.borrow_mut() = Some(folder);
        command
    };
    at_calls(Fault::Killed, prepare, |met| {
        let home = home.borrow();
        let home = home.as_ref().unwrap().path();
        let at = format!("killed at {}, {}", met.at, met.call);
        let again = run(home, words);
        let code = again.status.code().unwrap_or(-1);
        assert!(ends.contains(&code), "{at}: again: {code}: {}", said(&again));
        check(home, &at);
        nothing_left(home, &at);
    });
}

/// Nothing that was begun and not finished lies about.
#[track_caller]
fn nothing_left(folder: &Path, at: &str) {
    for item in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = item.file_name().into_string().unwrap();
        assert!(!name.starts_with(".dspt-"), "{at}: {name} is left");
        if item.file_type().unwrap().is_dir() {
            nothing_left(&item.path(), at);
        }
    }
}

const INIT: &str = "init @own --org Ferrywell --type it-supplier --holder Ann --unit x=X \
                    --keys @keys --passphrase-file @pass --log-passphrase-file @log";

#[test]
fn an_init_that_was_killed_is_made_by_the_next_and_its_owner_can_sign() {
    killed(
        |_| {},
        INIT,
        &[0, 2],
        |home, at| {
            good(home, "verify --ledger @own", at);
            let import = "import framework iso27001:2022 --ledger @own --keys @keys --key ann \
                      --passphrase-file @pass --log-passphrase-file @log";
            good(home, import, at);
            good(home, "verify --ledger @own", at);
        },
    );
}

#[test]
fn a_demo_that_was_killed_is_never_found_half() {
    killed(
        |_| {},
        "demo --keep @demo",
        &[0],
        |home, at| {
            assert!(good(home, "demo --keep @demo", at).contains("106 entries"), "{at}");
            good(home, "verify --ledger @demo", at);
            assert!(good(home, "key list --keys @demo/keys", at).contains("5 keys"), "{at}");
        },
    );
}

#[test]
fn a_key_that_was_killed_half_made_is_completed_and_never_replaced() {
    killed(
        |_| {},
        "key new one --keys @keys --passphrase-file @pass",
        &[0, 2],
        |home, at| {
            let listed = good(home, "key list --keys @keys", at);
            assert!(listed.contains("\n1 key in ") && listed.contains("yes"), "{at}: {listed}");
            // The passphrase opens it.
            fs::write(home.join("new"), "other words\n").unwrap();
            let change = "key passphrase one --keys @keys --passphrase-file @pass \
                      --new-passphrase-file @new";
            good(home, change, at);
        },
    );
}

#[test]
fn a_witness_that_was_killed_half_made_is_made_by_the_next() {
    let words = "witness init --state @w --name witness.example/w1 --passphrase-file @pass";
    killed(
        |_| {},
        words,
        &[0, 2],
        |home, at| {
            assert!(good(home, "witness status --state @w", at).contains("witness.example/w1"));
        },
    );
}

#[test]
fn a_bundle_and_a_draft_that_were_killed_are_made_by_the_next() {
    let demo = tempfile::tempdir().unwrap();
    good(demo.path(), "demo --keep @demo", "before");
    let ledger = demo.path().join("demo").display().to_string();
    let bundle = format!("export bundle @b/out --ledger {ledger}");
    killed(
        |_| {},
        &bundle,
        &[0],
        |home, at| {
            // Every byte fits, and nobody was named who is to be believed.
            assert_eq!(run(home, "verify @b/out").status.code(), Some(4), "{at}");
        },
    );
    let draft = format!("statement draft --at 2026-06-30 --ledger {ledger}");
    let expected = run(demo.path(), &draft).stdout;
    killed(
        |_| {},
        &format!("{draft} --out @s/draft.json"),
        &[0],
        |home, at| {
            assert_eq!(fs::read(home.join("s/draft.json")).unwrap(), expected, "{at}");
        },
    );
}

#[test]
#[cfg(unix)]
fn ledgers_heads_and_keys_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    good(home.path(), INIT, "init");
    let import = "import framework iso27001:2022 --ledger @own --keys @keys --key ann \
                  --passphrase-file @pass --log-passphrase-file @log";
    good(home.path(), import, "import");
    let mode = |name: &str| fs::metadata(home.path().join(name)).unwrap().permissions().mode();
    for name in ["own/ledger.dspt", "own/ledger.dspt.head", "keys/ann.pem", "keys/ann.pub"] {
        assert_eq!(mode(name) & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_second_ledger_of_the_same_name_and_log_key_is_refused_before_it_is_made() {
    let home = tempfile::tempdir().unwrap();
    good(home.path(), INIT, "init");
    good(home.path(), "verify --ledger @own", "verify");
    fs::remove_dir_all(home.path().join("own")).unwrap();
    let again = run(home.path(), INIT);
    assert_eq!(again.status.code(), Some(2), "{}", said(&again));
    assert!(said(&again).contains("--log-key"), "{}", said(&again));
    good(home.path(), &format!("{INIT} --log-key another"), "another log key");
    good(home.path(), "verify --ledger @own", "verify");
    let taken = run(home.path(), &format!("{INIT} --origin demonstration.invalid/a/b"));
    assert_eq!(taken.status.code(), Some(2), "{}", said(&taken));
}

#[test]
fn a_cosignature_is_not_made_for_a_file_that_cannot_be_written() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    let pass = "--passphrase-file @pass";
    good(home.path(), "demo --keep @demo", "demo");
    let init = format!("witness init --state @w --name witness.example/w1 {pass}");
    good(home.path(), &init, "init");
    let opened = good(home.path(), "--json verify --ledger @demo", "verify");
    assert!(opened.contains("demonstration.invalid"));
    let bundle = "export bundle @b --ledger @demo";
    good(home.path(), bundle, "bundle");
    let policy = fs::read_to_string(at("b/policy")).unwrap();
    let vkey = policy.lines().next().unwrap().strip_prefix("log ").unwrap();
    good(home.path(), &format!("witness add-log {vkey} --state @w"), "add-log");
    good(home.path(), "prove --consistency 0 --out @request --ledger @demo", "prove");
    fs::create_dir(at("folder")).unwrap();
    let cosign = format!("witness cosign @request --state @w {pass} --out");
    for out in ["@folder", "@request/below", "/dev/full"] {
        let refused = run(home.path(), &format!("{cosign} {out}"));
        assert_eq!(refused.status.code(), Some(5), "{out}: {}", said(&refused));
        assert!(good(home.path(), "witness status --state @w", out).contains("never"), "{out}");
    }
    let shown = good(home.path(), &format!("{cosign} @line"), "cosign");
    let line = fs::read_to_string(at("line")).unwrap();
    assert!(line.contains("witness.example/w1") && shown.contains(&line), "{shown}");
}

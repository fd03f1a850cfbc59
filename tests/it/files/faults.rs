//! The program stopped, or told that the disk is full or broken, at the calls by which it writes.
//!
//! Whatever call that is: reading commands answer afterwards, the next recording works, the ledger
//! verifies, what was acknowledged is there, and no message contradicts the disk. A few calls are
//! tried each time; all of them with `DSPT_FAULTS=all` (`docs/faults.md`). Linux with strace.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output};

use crate::commands::cli::Desk;
use crate::project::left_out::left_out;

/// Set to `all`: every call, not a few of them.
const ALL: &str = "DSPT_FAULTS";

/// So many calls are tried where not all are.
const FEW: usize = 6;

/// The calls by which a program changes a disk; those that a machine has not are passed over.
const CALLS: [&str; 16] = [
    "write",
    "pwrite64",
    "writev",
    "pwritev",
    "fsync",
    "fdatasync",
    "ftruncate",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
];

/// What a call meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The program is killed before the call is made.
    Killed,
    /// This one call finds the disk full.
    Full,
    /// This one call finds the disk broken.
    Broken,
    /// This call and all after it find the disk full.
    FullFromThenOn,
}

impl Fault {
    fn injected(self, at: usize) -> String {
        match self {
            Self::Killed => format!("signal=SIGKILL:when={at}"),
            Self::Full => format!("error=ENOSPC:when={at}"),
            Self::Broken => format!("error=EIO:when={at}"),
            Self::FullFromThenOn => format!("error=ENOSPC:when={at}+"),
        }
    }
}

/// How a command ended that met a fault.
#[derive(Debug)]
pub(crate) struct Met {
    pub(crate) fault: Fault,
    /// Which call of those that write, from 1.
    pub(crate) at: usize,
    /// The call, as strace shows it.
    pub(crate) call: String,
    pub(crate) ended: Output,
}

impl Met {
    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&self.ended.stderr).into_owned()
    }
}

/// Says whether calls can be made to fail here; if not, that the test was left out.
#[track_caller]
pub(crate) fn can_inject() -> bool {
    let tried = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).output();
    let can = tried.is_ok_and(|ended| ended.status.success());
    if !can {
        left_out("there is no strace here, or it may not follow a program");
    }
    can
}

/// Runs the command that `prepare` makes ready, each time with the fault at another of its calls
/// that write, and shows `after` how it ended.
#[track_caller]
pub(crate) fn at_calls(
    fault: Fault,
    mut prepare: impl FnMut() -> Command,
    mut after: impl FnMut(&Met),
) {
    let (calls, whole) = traced(&prepare(), None);
    assert!(whole.status.success(), "without a fault: {whole:?}");
    assert!(!calls.is_empty(), "nothing was written");
    let step = match std::env::var_os(ALL) {
        Some(value) if value == "all" => 1,
        Some(_) | None => calls.len().div_ceil(FEW),
    };
    // The last call is among them: it is what everything leads to.
    for at in (1..=calls.len()).rev().step_by(step) {
        let call = calls[at - 1].clone();
        // They are counted for each thread and each kind of call.
        let same = calls[..at].iter().filter(|one| thread_and_name(one) == thread_and_name(&call));
        let inject = format!("{}:{}", thread_and_name(&call).1, fault.injected(same.count()));
        let (_, ended) = traced(&prepare(), Some(inject));
        let killed = ended.status.signal().is_some() || ended.status.code() == Some(137);
        assert_eq!(killed, fault == Fault::Killed, "{fault:?} at {at}, {call}: {ended:?}");
        after(&Met { fault, at, call, ended });
    }
}

/// Runs a command under strace. Returns its calls that write, and how it ended.
fn traced(command: &Command, inject: Option<String>) -> (Vec<String>, Output) {
    let log = tempfile::NamedTempFile::new().unwrap();
    let calls: Vec<String> = CALLS.iter().map(|call| format!("?{call}")).collect();
    let calls = calls.join(",");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-a0", "-s60", "-e", "signal=none", "-o"]).arg(log.path());
    strace.arg("-e").arg(format!("trace={calls}"));
    if let Some(inject) = inject {
        strace.arg("-e").arg(format!("inject={inject}"));
    }
    strace.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    let ended = strace.output().unwrap();
    let text = fs::read_to_string(log.path()).unwrap();
    // A call that another thread cuts in two is shown twice.
    let lines = text.lines().filter(|line| line.contains('(') && !line.contains("resumed>"));
    (lines.map(str::to_owned).collect(), ended)
}

/// The parts of a line as strace writes it: `4711 fsync(5) = 0`.
fn thread_and_name(line: &str) -> (&str, &str) {
    let head = line.split_once('(').map_or(line, |(head, _)| head);
    head.split_once(' ').map_or(("", head), |(thread, name)| (thread, name.trim()))
}

/// The program itself with these words, as a user who has nothing but this folder.
pub(crate) fn program<S: AsRef<OsStr>>(home: &Path, words: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dspt"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DSPT_") {
            command.env_remove(name);
        }
    }
    command.env("HOME", home).env("DSPT_STATE", home.join("state")).args(words);
    command
}

/// A ledger that is put back to the same state before each trial.
struct Bench {
    desk: Desk,
    before: usize,
}

impl Bench {
    fn new() -> Self {
        let desk = Desk::new();
        let bench = Self { before: desk.entries(), desk };
        copy(&bench.desk.path("acme"), &bench.desk.path("kept"));
        bench
    }

    /// Puts the ledger back and makes a recording ready.
    fn ready(&self, words: &str) -> Command {
        fs::remove_dir_all(self.desk.path("acme")).unwrap();
        copy(&self.desk.path("kept"), &self.desk.path("acme"));
        let _ = fs::remove_dir_all(self.desk.path("state"));
        let [ledger, keys, own, log] = ["acme", "keys", "passphrase", "log-passphrase"]
            .map(|name| self.desk.path(name).display().to_string());
        let passphrases = ["--passphrase-file", &own, "--log-passphrase-file", &log];
        let rest = [&["--ledger", &ledger, "--keys", &keys][..], &passphrases].concat();
        let words = words.split_whitespace().chain(rest);
        let home = self.desk.path("");
        program(&home, words)
    }

    /// What must hold whatever happened to a recording of so many entries.
    #[track_caller]
    fn check(&self, met: &Met, adds: usize) {
        let (day, at) = ("2027-01-10", format!("{:?} at {}, {}", met.fault, met.at, met.call));
        let said = met.said();
        let status = self.desk.run(day, "status");
        assert_eq!(status.code, 0, "{at}: status: {}", status.err);
        let found = self.desk.entries();
        let grown = found - self.before;
        assert!(grown == 0 || grown == adds, "{at}: {grown} of {adds}");
        if met.ended.status.success() {
            assert_eq!(grown, adds, "{at}: acknowledged and not there");
        }
        if met.fault != Fault::Killed {
            let lost = said.contains("nothing was") || said.contains("was not recorded");
            assert!(grown == 0 || !lost, "{at}: recorded, and it said: {said}");
            let kept = said.contains("recorded: entr") || met.ended.status.success();
            // Where no word gets out any more, the exit status is all there is.
            let mute = met.fault == Fault::FullFromThenOn;
            assert!(kept == (grown > 0) || mute, "{at}: {grown} recorded, and it said: {said}");
        }
        let next = "record evidence 'Next one' --item 1.3.1 --for 2026-12-02 --key rosa";
        let next = self.desk.sign(day, next);
        assert_eq!(next.code, 0, "{at}: the next recording: {}", next.err);
        assert_eq!(self.desk.entries(), found + 1, "{at}");
        let verify = self.desk.run(day, "verify");
        assert_eq!(verify.code, 0, "{at}: {}{}", verify.out, verify.err);
        let mut names: Vec<_> = fs::read_dir(self.desk.path("acme"))
            .unwrap()
            .map(|one| one.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["ledger.dspt", "ledger.dspt.head"], "{at}");
    }

    #[track_caller]
    fn tried(&self, words: &str, adds: usize, faults: &[Fault]) {
        for fault in faults {
            at_calls(*fault, || self.ready(words), |met| self.check(met, adds));
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        fs::copy(item.path(), to.join(item.file_name())).unwrap();
    }
}

const RECORD: &str = "record evidence Policy --item 1.3.1 --for 2026-12-01 --key rosa";

#[test]
fn a_recording_killed_at_a_call_that_writes_leaves_a_ledger_that_answers() {
    if can_inject() {
        Bench::new().tried(RECORD, 1, &[Fault::Killed]);
    }
}

#[test]
fn an_import_killed_at_a_call_that_writes_leaves_all_of_it_or_nothing() {
    if can_inject() {
        let bench = Bench::new();
        let rows = "item,answer,met,on\n1.1.1,Z1234,yes,2025-10-01\n1.2.2,y,yes,2025-10-01\n";
        let file = bench.desk.write("answers.csv", rows);
        bench.tried(&format!("import answers {file} --key rosa"), 2, &[Fault::Killed]);
    }
}

#[test]
fn a_publication_killed_at_a_call_that_writes_leaves_a_ledger_that_answers() {
    if can_inject() {
        let words = "statement publish --yes --at 2026-12-01 --key lund";
        Bench::new().tried(words, 1, &[Fault::Killed]);
    }
}

#[test]
fn what_a_recording_says_on_a_failing_disk_is_what_the_disk_holds() {
    if can_inject() {
        let faults = [Fault::Full, Fault::Broken, Fault::FullFromThenOn];
        Bench::new().tried(RECORD, 1, &faults);
    }
}

#[test]
fn what_an_import_and_a_publication_say_on_a_failing_disk_is_what_the_disk_holds() {
    if can_inject() {
        let bench = Bench::new();
        let rows = "item,answer,met,on\n1.1.1,Z1234,yes,2025-10-01\n1.2.2,y,yes,2025-10-01\n";
        let file = bench.desk.write("answers.csv", rows);
        let faults = [Fault::Full, Fault::FullFromThenOn];
        bench.tried(&format!("import answers {file} --key rosa"), 2, &faults);
        bench.tried("statement publish --yes --at 2026-12-01 --key lund", 1, &faults);
    }
}

/// Runs a program while the system refuses some kinds of calls.
fn refusing(calls: &str, error: &str, command: &Command) -> Output {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "signal=none"]);
    strace.arg("-e").arg(format!("trace={calls}")).arg("-e").arg(format!("inject={calls}:{error}"));
    strace.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    strace.output().unwrap()
}

#[test]
fn without_another_thread_everything_is_done_on_the_one() {
    if can_inject() {
        let bench = Bench::new();
        let (record, ledger) = (bench.ready(RECORD), bench.desk.path("acme"));
        let reading = ["status", "verify"].map(|word| {
            let words: [std::ffi::OsString; 3] =
                [word.into(), "--ledger".into(), ledger.clone().into_os_string()];
            program(&bench.desk.path(""), words)
        });
        for command in reading.iter().chain([&record]) {
            let ended = refusing("?clone,?clone3", "error=EAGAIN", command);
            assert!(ended.status.success(), "{command:?}: {ended:?}");
        }
    }
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_and_not_the_end() {
    let bench = Bench::new();
    let record = bench.ready(RECORD);
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -f 8; exec \"$0\" \"$@\""]);
    limited.arg(record.get_program()).args(record.get_args());
    for (name, value) in record.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    let ended = limited.output().unwrap();
    assert_eq!(ended.status.code(), Some(5), "{ended:?}");
    let (call, at) = ("a limit on the size of files".to_owned(), 0);
    bench.check(&Met { fault: Fault::Full, at, call, ended }, 1);
}

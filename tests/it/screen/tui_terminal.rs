//! The real program in a real (pseudo) terminal, from a shell and back to it.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};

use dspt_ledger::domain::date::Date;
use dspt_ledger::tui::host::{Host, Prepare};
use dspt_ledger::tui::model::loading::Loading;
use dspt_ledger::tui::model::session::Source;
use dspt_ledger::tui::model::verification::{Progress, Report};
use dspt_ledger::tui::view::theme::Theme;

use crate::screen::tui::{make_demo, model_of, source};

/// How long a screen may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long nothing may happen before a screen is called idle.
const QUIET: Duration = Duration::from_secs(1);

/// A shell in a terminal that runs the program between two words.
struct Shell {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn std::io::Write + Send>,
    chunks: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    child: Box<dyn portable_pty::Child + Send + Sync>,
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn number(value: u16) -> NonZeroU16 {
    NonZeroU16::new(value).unwrap()
}

/// A shell's script around a program: a word before it, its exit status after it, and whether it
/// left the terminal raw. It outlives a program that Ctrl+C ended. A program that was stopped goes on after a line was typed.
fn script(program: &str, stopped: &str) -> String {
    format!(
        "set -m; trap : INT; printf 'BEFORE\\n'; {program}; code=$?; {stopped} \
         case \" $(stty -a) \" in *' -icanon '*|*' -echo '*) printf 'RAW\\n';; esac; \
         printf 'AFTER %s\\n' $code"
    )
}

/// What the shell does with a stopped program: it says so, waits for a line and goes on with it.
const GO_ON: &str = "case $(stty -a) in *' -icanon '*) printf 'RAW\\n';; esac; \
                     printf 'STOPPED %s\\n' $code; read line; fg; code=$?;";

impl Shell {
    fn run(folder: &Path, args: &str) -> Self {
        let mut command = CommandBuilder::new("sh");
        let program = format!("{} tui {args}", env!("CARGO_BIN_EXE_dspt"));
        command.args(["-c", &script(&program, "")]);
        Self::start(folder, command)
    }

    fn start(folder: &Path, mut command: CommandBuilder) -> Self {
        let pair = native_pty_system().openpty(size(80, 24)).unwrap();
        command.cwd(folder);
        command.env("TERM", "xterm-256color");
        command.env("DSPT_LEDGER", folder.join("ledger.dspt"));
        command.env("HOME", folder);
        command.env("XDG_CONFIG_HOME", folder.join("config"));
        command.env("LC_ALL", "C.UTF-8");
        for name in ["NO_COLOR", "DSPT_LINEAR", "NO_MOTION", "DSPT_CONFIG"] {
            command.env_remove(name);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, chunks) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read) = reader.read(&mut buffer) {
                if read == 0 || sender.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        let writer = pair.master.take_writer().unwrap();
        let parser = vt100::Parser::new(number(24), number(80), 0);
        Self { master: pair.master, writer, chunks, parser, child }
    }

    fn send(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Takes in output until the screen holds a text.
    #[track_caller]
    fn shows(&mut self, text: &str) {
        self.until(text, |screen| screen.contents().contains(text));
    }

    /// Takes in output until the screen is as it should be: a frame may come in pieces.
    #[track_caller]
    fn until(&mut self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) {
        while !holds(self.parser.screen()) {
            match self.chunks.recv_timeout(PATIENCE) {
                Ok(bytes) => self.parser.process(&bytes),
                Err(why) => {
                    panic!("{why}: no `{what}` in:\n{}", self.parser.screen().contents())
                }
            }
        }
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        self.parser.screen_mut().set_size(number(rows), number(columns));
        self.master.resize(size(columns, rows)).unwrap();
    }

    /// Waits for the shell to end and says whether its own screen is back.
    #[track_caller]
    fn is_back(&mut self, code: u8) {
        self.until("the cursor and the shell's own screen", |screen| {
            !screen.alternate_screen() && !screen.hide_cursor()
        });
        self.shows(&format!("AFTER {code}"));
        let screen = self.parser.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor());
        assert!(screen.contents().contains("BEFORE"), "{}", screen.contents());
        assert!(!screen.contents().contains("Position on"), "{}", screen.contents());
        assert!(!screen.contents().contains("RAW"), "{}", screen.contents());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert!(!screen.bracketed_paste());
        assert!(self.child.wait().unwrap().success());
    }
}

#[test]
fn the_program_runs_in_a_terminal_and_gives_it_back() {
    let folder = tempfile::tempdir().unwrap();
    make_demo(folder.path());
    let mut shell = Shell::run(folder.path(), "--at 2026-06-30 --as-known then");
    shell.shows("Position on [30 Jun 2026]");
    assert!(shell.parser.screen().alternate_screen());
    shell.shows("Lapsed 22");
    // The real cursor stands on the selected line, where a screen reader looks for it.
    shell.shows("all commands");
    shell.until("the cursor on the selected line", |screen| {
        let (row, column) = screen.cursor_position();
        let marked = screen.cell(row, column).is_some_and(|cell| cell.contents() == ">");
        marked && !screen.hide_cursor()
    });
    for (key, text) in [
        ("2", "[2 Why]"),
        ("3", "items changed"),
        ("4", "Assertion 10.2 confirmed"),
        ("5", "trusted? CONSISTENT, not proven"),
        ("6", "Ready to publish?  NOT YET"),
        ("1", "[1 Position]"),
    ] {
        shell.send(key);
        shell.shows(text);
    }
    shell.send(".");
    shell.shows("Position on [12 Jul 2026]");
    shell.send("g30/6/2026\r");
    shell.shows("Position on [30 Jun 2026]");
    shell.send("n");
    shell.shows("recorded by [today]");
    shell.send("T");
    shell.shows("Nothing new is recorded.");
    shell.send("g1/6/2026\r+++ ");
    shell.shows("PLAYING");
    shell.send(" ");
    shell.send("c");
    shell.shows("[3 Compare]");
    shell.resize(60, 18);
    shell.shows("[3 Comp]");
    shell.resize(80, 24);
    shell.shows("[3 Compare]");
    shell.send("v");
    shell.shows("Checked again: CONSISTENT");
    shell.send("mb");
    shell.shows("Bookmarks: 1.");
    shell.send("xview.csv\r");
    shell.shows("Wrote view.csv.");
    shell.send("xview.csv\r");
    shell.shows("nothing is written over it");
    assert!(std::fs::read(folder.path().join("view.csv")).unwrap().starts_with(b"\xef\xbb\xbf"));
    shell.send("q");
    shell.is_back(0);
}

#[test]
fn ctrl_c_leaves_from_anywhere_as_a_program_that_was_stopped() {
    let folder = tempfile::tempdir().unwrap();
    make_demo(folder.path());
    // On a screen, and while something is being typed.
    for (keys, shown) in [("", "all commands"), ("g30 June", "30 June_")] {
        let mut shell = Shell::run(folder.path(), "");
        shell.shows("Items  122");
        shell.send(keys);
        shell.shows(shown);
        shell.send("\u{3}");
        shell.is_back(130);
    }
}

/// Records a piece of evidence from another process while the screen is open.
fn record_elsewhere(folder: &Path, title: &str, item: &str) {
    let args = [
        "record",
        "evidence",
        title,
        "--item",
        item,
        "--for",
        "2026-06-29",
        "--keys",
        "keys",
        "--key",
        "demo-contributor",
        "--passphrase-file",
        "passphrase",
    ];
    let recorded = std::process::Command::new(env!("CARGO_BIN_EXE_dspt"))
        .current_dir(folder)
        .args(args)
        .env_remove("DSPT_LEDGER")
        .output()
        .unwrap();
    assert!(recorded.status.success(), "{}", String::from_utf8_lossy(&recorded.stderr));
}

#[test]
fn what_others_record_meanwhile_is_announced_and_waits() {
    let folder = tempfile::tempdir().unwrap();
    make_demo(folder.path());
    std::fs::write(folder.path().join("passphrase"), "demonstration\n").unwrap();
    // A past day with all that is known now: what is recorded now would change what is shown.
    let mut shell = Shell::run(folder.path(), "--at 2026-06-30");
    shell.shows("Items  122");
    shell.send("/8.3.8\r");
    // The line under the list is drawn last.
    shell.shows(" 8.3.8 not met");
    // Everything but the line that says so, and the lines of what is under the screen.
    let view = |shell: &Shell| -> Vec<String> {
        let rows = shell.parser.screen().rows(0, 80);
        rows.take(18).collect()
    };
    let before = view(&shell);
    let selected = before.iter().find(|line| line.contains(">8.3.8"));
    assert!(selected.is_some_and(|line| line.contains("[ ] Not met")), "{before:#?}");
    // No key is pressed: the system says that the file was written.
    record_elsewhere(folder.path(), "Early warning set up", "8.3.8");
    shell.shows("1 new entry. T to include it.");
    record_elsewhere(folder.path(), "Consent reviewed", "1.1.6");
    shell.shows("2 new entries. T to include them.");
    shell.shows(" 8.3.8 not met");
    assert_eq!(view(&shell), before, "the view jumped");
    // Steps through time still answer from what was read.
    shell.send(",.");
    shell.shows("Position on [30 Jun 2026]");
    shell.send("2");
    shell.shows("NOT MET");
    shell.send("1T");
    shell.shows("2 new entries are included.");
    shell.shows(">8.3.8");
    shell.send("g30/6/2026\r");
    shell.shows("Position on [30 Jun 2026]");
    shell.until("the item with what was recorded", |screen| {
        screen.rows(0, 80).any(|line| line.contains(">8.3.8") && !line.contains("Not met"))
    });
    shell.send("q");
    shell.is_back(0);
}

#[test]
fn the_users_own_keys_are_in_force_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    make_demo(folder.path());
    let config = folder.path().join("config/dspt");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("keys.conf"), "next = z Right\nquit = Q\n").unwrap();
    let mut shell = Shell::run(folder.path(), "--at 2026-06-30 --as-known then");
    shell.shows(", z step");
    shell.send("z");
    shell.shows("Position on [12 Jul 2026]");
    shell.send("Q");
    shell.is_back(0);
}

#[test]
fn bad_keys_are_all_told_and_good_ones_printed() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let ended = std::process::Command::new(env!("CARGO_BIN_EXE_dspt"))
            .args(args)
            .env("DSPT_CONFIG", folder.path())
            .env_remove("DSPT_LEDGER")
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (ended.status.code(), text(&ended.stdout), text(&ended.stderr))
    };
    let (code, out, _) = run(&["tui", "--keys"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("next           = . Right\n"), "{out}");
    // What is printed can be the file.
    std::fs::write(folder.path().join("keys.conf"), out.replace(". Right", "Ctrl+N")).unwrap();
    let (code, out, _) = run(&["--json", "tui", "--keys"]);
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &answer["schema"]), (Some(0), &"dspt.screen-keys/1".into()));
    assert_eq!(answer["keys"]["next"], serde_json::json!(["Ctrl+N"]));
    assert_eq!(answer["from_file"], true);
    std::fs::write(folder.path().join("keys.conf"), "next = j\n\njump = x\n").unwrap();
    let (code, _, err) = run(&["tui", "--linear"]);
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains("error[DSPT0060]") && err.contains("2 bad lines"), "{err}");
    assert!(err.contains("line 1: j is a key of down") && err.contains("line 3: `jump`"), "{err}");
    std::fs::write(folder.path().join("keys.conf"), [0xff]).unwrap();
    assert_eq!(run(&["tui", "--keys"]).0, Some(3));
    std::fs::write(folder.path().join("keys.conf"), vec![b'\n'; 70_000]).unwrap();
    assert_eq!(run(&["tui", "--keys"]).0, Some(3));
}

#[test]
fn a_changed_ledger_opens_on_the_first_fault() {
    let folder = tempfile::tempdir().unwrap();
    make_demo(folder.path());
    let path = folder.path().join("ledger.dspt");
    let mut bytes = std::fs::read(&path).unwrap();
    let name = b"\"payload\":\"";
    let mut payloads = bytes.windows(name.len()).enumerate().filter(|(_, part)| part == name);
    let (at, _) = payloads.nth(60).unwrap();
    // Another letter of base64, so that only the hash and the signature can tell.
    let letter = &mut bytes[at + name.len() + 8];
    *letter = if *letter == b'A' { b'B' } else { b'A' };
    std::fs::write(&path, bytes).unwrap();
    let mut shell = Shell::run(folder.path(), "");
    shell.shows("Answer: NO.");
    shell.shows("[5 Signatures]");
    // What stands behind the fault is not new, and there is no head to compare.
    shell.shows("No head of it can be believed.");
    shell.send("j");
    shell.shows(">First problem");
    let shown = shell.parser.screen().contents();
    assert!(shown.contains("This view:") && !shown.contains("to include"), "{shown}");
    shell.send("q");
    shell.is_back(1);
}

#[test]
fn a_stopped_program_gives_the_terminal_back_and_takes_it_again() {
    let folder = tempfile::tempdir().unwrap();
    make_demo(folder.path());
    let mut command = CommandBuilder::new("sh");
    let program = format!("{} tui --at 2026-06-30 --as-known then", env!("CARGO_BIN_EXE_dspt"));
    command.args(["-c", &script(&program, GO_ON)]);
    let mut shell = Shell::start(folder.path(), command);
    shell.shows("Lapsed 22");
    shell.send(".");
    shell.shows("Position on [12 Jul 2026]");
    shell.send("\u{1a}");
    shell.shows("STOPPED");
    let screen = shell.parser.screen();
    assert!(!screen.alternate_screen() && !screen.hide_cursor());
    assert!(screen.contents().contains("BEFORE"), "{}", screen.contents());
    assert!(!screen.contents().contains("RAW"), "{}", screen.contents());
    // The window may be another one when it goes on.
    shell.resize(140, 40);
    shell.send("\r");
    shell.until("the same day on the wider screen", |screen| {
        screen.alternate_screen() && screen.contents().contains("Status words:")
    });
    shell.shows("Position on [12 Jul 2026]");
    shell.send(",");
    shell.shows("Position on [22 Jun 2026]");
    shell.send("q");
    shell.is_back(0);
}

/// Says how many bytes of input the program left to the shell.
const LEFT: &str = "stty -icanon min 0 time 3; \
                    printf 'LEFT %s END\n' \"$(dd bs=65536 count=1 2>/dev/null | wc -c)\"; \
                    stty icanon;";

/// A text that was meant for another window: some of its letters are keys.
fn pasted() -> String {
    let lines = (0..200).map(|number| format!("line {number} of some quarterly notes\r"));
    let first = "quarterly notes\r".to_owned();
    [first].into_iter().chain(lines).chain(["touch pasted-line-ran\r".to_owned()]).collect()
}

#[test]
fn a_paste_does_nothing_on_a_screen_and_is_text_in_a_field() {
    let folder = tempfile::tempdir().unwrap();
    make_demo(folder.path());
    let mut command = CommandBuilder::new("sh");
    let program = format!("{} tui --at 2026-06-30", env!("CARGO_BIN_EXE_dspt"));
    command.args(["-c", &script(&program, LEFT)]);
    let mut shell = Shell::start(folder.path(), command);
    shell.shows("Items  122");
    assert!(shell.parser.screen().bracketed_paste());
    shell.send(&format!("\u{1b}[200~{}\u{1b}[201~", pasted()));
    shell.send("g");
    shell.shows("Go to");
    shell.send("\u{1b}[200~1/6/2026\r\n\u{1b}[201~");
    shell.shows("1/6/2026_");
    shell.send("\r");
    shell.shows("Position on [1 Jun 2026]");
    // In the palette too: no pasted line is run.
    shell.send(":\u{1b}[200~quit\rquit\r\u{1b}[201~");
    shell.shows(": quit quit_");
    shell.send("\u{1b}");
    shell.until("no box", |screen| !screen.contents().contains("All commands"));
    shell.send("q");
    shell.shows("LEFT 0 END");
    shell.is_back(0);
}

#[test]
fn what_is_left_of_a_paste_is_not_given_to_the_shell() {
    let folder = tempfile::tempdir().unwrap();
    make_demo(folder.path());
    // From a terminal that marks no paste, on the screen and in the linear mode.
    for (args, shown, paste) in [
        ("", "Items  122", pasted()),
        ("--linear", "Type a command, or help.", pasted().replacen("quarterly notes", "quit", 1)),
    ] {
        let paste =
            if args.is_empty() { paste } else { paste.replacen("quit quarterly notes", "quit", 1) };
        let mut command = CommandBuilder::new("sh");
        let program = format!("{} tui {args}", env!("CARGO_BIN_EXE_dspt"));
        command.args(["-c", &script(&program, LEFT)]);
        let mut shell = Shell::start(folder.path(), command);
        shell.shows(shown);
        shell.send(&paste);
        shell.shows("LEFT 0 END");
        shell.shows("AFTER 0");
        assert!(shell.child.wait().unwrap().success());
    }
}

#[test]
fn a_program_that_others_put_to_sleep_gives_the_terminal_back() {
    let folder = tempfile::tempdir().unwrap();
    make_demo(folder.path());
    let mut command = CommandBuilder::new("sh");
    let program = format!("{{ echo $$ > pid; exec {} tui; }}", env!("CARGO_BIN_EXE_dspt"));
    command.args(["-c", &script(&format!("sh -c '{program}'"), GO_ON)]);
    let mut shell = Shell::start(folder.path(), command);
    shell.shows("Items  122");
    let pid = std::fs::read_to_string(folder.path().join("pid")).unwrap();
    let told = std::process::Command::new("kill").args(["-s", "TSTP", pid.trim()]).status();
    assert!(told.unwrap().success());
    shell.shows("STOPPED");
    let screen = shell.parser.screen();
    assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
    assert!(!screen.contents().contains("RAW"), "{}", screen.contents());
    shell.send("\r");
    shell.until("the screen again", |screen| {
        screen.alternate_screen() && screen.contents().contains("Items  122")
    });
    assert!(shell.parser.screen().bracketed_paste());
    shell.send("q");
    shell.is_back(0);
}

/// The program in a shell, and its process id.
fn known_process(folder: &Path) -> (Shell, String) {
    let mut command = CommandBuilder::new("sh");
    let program = format!("{{ echo $$ > pid; exec {} tui; }}", env!("CARGO_BIN_EXE_dspt"));
    command.args(["-c", &script(&format!("sh -c '{program}'"), "")]);
    let mut shell = Shell::start(folder, command);
    shell.shows("Items  122");
    let pid = std::fs::read_to_string(folder.join("pid")).unwrap();
    (shell, pid.trim().to_owned())
}

#[test]
fn a_program_that_is_told_to_end_gives_the_terminal_back() {
    let folder = tempfile::tempdir().unwrap();
    make_demo(folder.path());
    // 128 and the number of the signal, as shells say it.
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let (mut shell, pid) = known_process(folder.path());
        let ended = std::process::Command::new("kill").args(["-s", signal, &pid]).status().unwrap();
        assert!(ended.success());
        shell.is_back(code);
    }
}

/// How often the threads of a process gave up a core of their own accord, together.
#[cfg(target_os = "linux")]
fn waits(pid: &str) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let of = |task: std::io::Result<std::fs::DirEntry>| -> u64 {
        let status = std::fs::read_to_string(task.unwrap().path().join("status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.unwrap().trim().parse().unwrap()
    };
    tasks.map(of).sum()
}

#[cfg(target_os = "linux")]
#[test]
fn an_idle_screen_wakes_nobody_before_and_after_others_record() {
    let folder = tempfile::tempdir().unwrap();
    make_demo(folder.path());
    std::fs::write(folder.path().join("passphrase"), "demonstration\n").unwrap();
    let (mut shell, pid) = known_process(folder.path());
    // Whether nothing is drawn and no thread is woken for as long as `QUIET`.
    let idle = |shell: &mut Shell| {
        let before = waits(&pid);
        match shell.chunks.recv_timeout(QUIET) {
            Ok(bytes) => shell.parser.process(&bytes),
            Err(_) => return waits(&pid) == before,
        }
        false
    };
    for _ in 0..2 {
        // What was begun by the start, or by the write, comes to its end; then nothing more comes.
        assert!((0..120).any(|_| idle(&mut shell)), "drawn or woken while idle");
        record_elsewhere(folder.path(), "Early warning set up", "8.3.8");
        shell.shows("to include");
    }
    shell.send("q");
    shell.is_back(0);
}

/// What falls: the loop itself, when it asks whether the ledger has grown, or the check beside it.
struct Falling {
    in_loop: bool,
}

impl Host for Falling {
    fn verify(&self, _: &mut dyn FnMut(Progress)) -> Result<Report, String> {
        panic!("fell in the check");
    }

    fn reload(&self, _: u64) -> Result<Option<Source>, String> {
        Ok(None)
    }

    fn grown(&self, _: u64) -> u64 {
        assert!(!self.in_loop, "fell in the loop");
        0
    }

    fn export(&self, _: &str, _: &[u8]) -> Result<String, String> {
        Err(String::new())
    }

    fn keep(&self, _: &str, _: &BTreeSet<Date>) -> Result<String, String> {
        Err(String::new())
    }
}

#[test]
fn a_panic_gives_the_terminal_back_and_ends_the_program() {
    // The test runs itself as the program in the terminal: nothing that a user can do makes the
    // real one fall.
    const CHILD: &str = "DSPT_TEST_FALLS_IN";
    if let Some(place) = std::env::var_os(CHILD) {
        // As in the real program, the main thread holds both streams all the time.
        let _held = (std::io::stdout().lock(), std::io::stderr().lock());
        let host: Arc<dyn Host> = Arc::new(Falling { in_loop: place == "loop" });
        let prepare: Prepare<String> = Box::new(move |_| {
            assert!(place != "reading", "fell in the reading");
            Ok(model_of(source(), Theme::default()))
        });
        if let Err(error) = dspt_ledger::tui::terminal::run(prepare, Loading::default(), &host) {
            panic!("{error}");
        }
        return;
    }
    for (place, key) in [("loop", "j"), ("check", "v"), ("reading", "")] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = CommandBuilder::new("sh");
        let test = std::env::current_exe().unwrap();
        let here = module_path!().split_once("::").unwrap().1;
        let name = format!("{here}::a_panic_gives_the_terminal_back_and_ends_the_program");
        let program = format!("{} --exact --nocapture {name} 2>&1", test.display());
        command.args(["-c", &script(&program, "")]);
        command.env(CHILD, place);
        command.env("RUST_BACKTRACE", "0");
        let mut shell = Shell::start(folder.path(), command);
        if !key.is_empty() {
            shell.shows("Items  122");
            shell.send(key);
        }
        shell.is_back(101);
        // What it says stands below what was there before, whole.
        let shown = shell.parser.screen().contents();
        assert!(shown.contains(&format!("fell in the {place}")), "{shown}");
        assert!(shown.contains("running 1 test"), "{shown}");
    }
}

#[test]
fn without_a_terminal_it_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    make_demo(folder.path());
    let program = env!("CARGO_BIN_EXE_dspt");
    let run = |args: &[&str], input: &str| {
        let mut child = std::process::Command::new(program)
            .arg("tui")
            .args(args)
            .env("DSPT_LEDGER", folder.path().join("ledger.dspt"))
            .env_remove("DSPT_LINEAR")
            .env("TERM", "xterm")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let ended = child.wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (ended.status.code(), text(&ended.stdout), text(&ended.stderr))
    };
    let (code, _, err) = run(&[], "");
    assert_eq!(code, Some(2));
    assert!(err.contains("dspt tui --linear"), "{err}");
    let args = ["--linear", "--at", "2026-06-30", "--as-known", "then"];
    let (code, out, _) = run(&args, "next\nverify\nquit\n");
    assert_eq!(code, Some(0), "{out}");
    assert!(out.starts_with("Position on 30 June 2026, using what was recorded by 30 June 2026"));
    assert!(out.contains("21 items changed from lapsed to met by equivalence."), "{out}");
    assert!(out.contains("Checked again: CONSISTENT"), "{out}");
    assert!(!out.contains('\u{1b}'), "{out}");
    let (code, _, err) = run(&["--linear", "--at", "31 June 2026"], "");
    assert_eq!(code, Some(2), "{err}");
}

//! The user's own keys, as a text: one command to a line, `next = . Right`. Reads and writes texts;
//! where the text is kept is for the caller to know.

use std::fmt::{self, Write as _};

use super::keymap::{BINDINGS, Command, Key, Keymap};
use crate::domain::sanitize::shown;

/// Keys that have a name, with the name in lower case.
const NAMED: [(&str, Key); 14] = [
    ("space", Key::Char(' ')),
    ("enter", Key::Enter),
    ("esc", Key::Esc),
    ("tab", Key::Tab),
    ("shift+tab", Key::BackTab),
    ("backspace", Key::Backspace),
    ("left", Key::Left),
    ("right", Key::Right),
    ("up", Key::Up),
    ("down", Key::Down),
    ("pgup", Key::PageUp),
    ("pgdn", Key::PageDown),
    ("home", Key::Home),
    ("end", Key::End),
];

/// A line that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Its number, from 1.
    pub line: usize,
    /// What was found and what to do.
    pub text: String,
}

impl fmt::Display for BadLine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}: {}", self.line, self.text)
    }
}

/// Reads a text of keys. What it does not name keeps the keys it has.
///
/// # Errors
/// Every line that cannot be used, in order.
pub fn read(text: &str) -> Result<Keymap, Vec<BadLine>> {
    let (mut map, mut bad) = (Keymap::default(), Vec::new());
    let mut set: Vec<(Command, usize)> = Vec::new();
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line_number = number + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match entry(line, &set) {
            Ok((command, keys)) => {
                set.push((command, line_number));
                map.put(command, keys);
            }
            Err(texts) => {
                bad.extend(texts.into_iter().map(|text| BadLine { line: line_number, text }));
            }
        }
    }
    bad.extend(clashes(&map, &set));
    bad.sort_by_key(|one| one.line);
    if bad.is_empty() { Ok(map) } else { Err(bad) }
}

/// Reads one line: a command that was not set before, and its keys.
fn entry(line: &str, set: &[(Command, usize)]) -> Result<(Command, Vec<Key>), Vec<String>> {
    let Some((name, keys)) = line.split_once('=') else {
        let found = shown(line);
        return Err(vec![format!("`{found}` is not COMMAND = KEY; write it as next = . Right")]);
    };
    let name = name.trim();
    let Some(binding) = BINDINGS.iter().find(|one| one.name == name) else {
        let found = shown(name);
        return Err(vec![format!("`{found}` is not a command; dspt tui --keys lists them")]);
    };
    let command = binding.command;
    if let Some((_, first)) = set.iter().find(|(one, _)| *one == command) {
        return Err(vec![format!("{name} has its keys in line {first} already; keep one line")]);
    }
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for word in keys.split_whitespace() {
        match key(word).and_then(|key| allowed(key, command)) {
            Ok(key) if good.contains(&key) => bad.push(format!("{} is given twice", key.label())),
            Ok(key) => good.push(key),
            Err(text) => bad.push(text),
        }
    }
    if good.is_empty() && bad.is_empty() {
        bad.push(format!("{name} has no key; give one, or leave the line out"));
    }
    // Whatever else quits, Ctrl+C does.
    if command == Command::Quit && !good.contains(&Key::Ctrl('c')) {
        good.push(Key::Ctrl('c'));
    }
    if bad.is_empty() { Ok((command, good)) } else { Err(bad) }
}

/// Reads a key by the name that the screen shows.
fn key(word: &str) -> Result<Key, String> {
    let bad = || {
        let found = shown(word);
        format!("`{found}` is not a key; use one character, Space, Enter, PgUp, F5 or Ctrl+X")
    };
    let mut letters = word.chars();
    if let (Some(one), None) = (letters.next(), letters.next()) {
        let is_seen = shown(word) == word;
        return if is_seen { Ok(Key::Char(one)) } else { Err(bad()) };
    }
    let lower = word.to_lowercase();
    if let Some((_, key)) = NAMED.iter().find(|(name, _)| *name == lower) {
        return Ok(*key);
    }
    if let Some(letter) = lower.strip_prefix("ctrl+") {
        let mut letters = letter.chars();
        return match (letters.next(), letters.next()) {
            (Some(one @ 'a'..='z'), None) => Ok(Key::Ctrl(one)),
            _ => Err(bad()),
        };
    }
    let number = lower.strip_prefix('f').and_then(|number| number.parse::<u8>().ok());
    number.filter(|one| (1..=12).contains(one)).map(Key::F).ok_or_else(bad)
}

/// Refuses what a terminal keeps for itself or sends for another key.
fn allowed(key: Key, command: Command) -> Result<Key, String> {
    let Key::Ctrl(letter) = key else { return Ok(key) };
    let why = match letter {
        'c' if command != Command::Quit => "quits, always",
        'z' => "stops the program so that the shell comes back",
        's' | 'q' => "holds and frees the output of many terminals",
        'h' => "is Backspace in many terminals",
        'i' => "is Tab in a terminal",
        'j' | 'm' => "is Enter in a terminal",
        _ => return Ok(key),
    };
    Err(format!("{} {why}; choose another key", key.label()))
}

/// Keys that two commands have: the line that took one from another is named.
fn clashes(map: &Keymap, set: &[(Command, usize)]) -> Vec<BadLine> {
    let mut bad = Vec::new();
    for (command, line) in set {
        for binding in BINDINGS.iter().filter(|one| one.command != *command) {
            let other = set.iter().find(|(one, _)| *one == binding.command).map(|(_, line)| *line);
            // Of two lines the later one is told.
            if other.is_some_and(|other| other > *line) {
                continue;
            }
            let taken = map.of(*command).iter().filter(|key| map.of(binding.command).contains(key));
            bad.extend(taken.map(|key| {
                let from = other.map_or("by itself".to_owned(), |line| format!("from line {line}"));
                let (key, name) = (key.label(), binding.name);
                let text = format!("{key} is a key of {name} {from}; give {name} another key");
                BadLine { line: *line, text }
            }));
        }
    }
    bad
}

/// Writes the keys in force in the form that [`read`] reads.
pub fn write(map: &Keymap) -> String {
    let mut text = String::new();
    for one in BINDINGS {
        let _ = writeln!(text, "{:<14} = {}", one.name, map.labels(one.command));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let bad = read(text).map_or_else(|bad| bad, |_| Vec::new());
        let told: Vec<String> = bad.iter().map(ToString::to_string).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let map = read("# mine\n\nnext = n Ctrl+F F5\nnow-then = t Space\nplay = P\n").unwrap();
        assert_eq!(map.of(Command::Next), [Key::Char('n'), Key::Ctrl('f'), Key::F(5)]);
        assert_eq!(map.command(Key::Char('t')), Some(Command::NowThen));
        assert_eq!(map.command(Key::Right), None);
        assert_eq!(map.of(Command::Up), [Key::Up, Key::Char('k')]);
        assert_eq!(read(&write(&map)), Ok(map));
        assert_eq!(read(""), Ok(Keymap::default()));
        assert_eq!(read(&write(&Keymap::default())), Ok(Keymap::default()));
    }

    #[test]
    fn a_key_may_be_an_equals_sign_or_any_letter() {
        let map = read("larger-step = =\nfind = é #\n").unwrap();
        assert_eq!(map.of(Command::LargerStep), [Key::Char('=')]);
        assert_eq!(map.of(Command::Find), [Key::Char('é'), Key::Char('#')]);
    }

    #[test]
    fn every_bad_line_is_told_with_its_number() {
        check(
            "jump = x\nnext\nnext = Comma . \u{202e}\nplay =\n\nup = Up\nup = k\nquit = Ctrl+J a a",
            &[
                "line 1: `jump` is not a command; dspt tui --keys lists them",
                "line 2: `next` is not COMMAND = KEY; write it as next = . Right",
                "line 3: `Comma` is not a key; use one character, Space, Enter, PgUp, F5 or Ctrl+X",
                "line 3: `<U+202E>` is not a key; use one character, Space, Enter, PgUp, F5 or \
                 Ctrl+X",
                "line 4: play has no key; give one, or leave the line out",
                "line 7: up has its keys in line 6 already; keep one line",
                "line 8: Ctrl+J is Enter in a terminal; choose another key",
                "line 8: a is given twice",
            ],
        );
        check("help = Ctrl+C", &["line 1: Ctrl+C quits, always; choose another key"]);
    }

    #[test]
    fn no_key_does_two_things() {
        check(
            "next = j\nprevious = j\n",
            &[
                "line 1: j is a key of down by itself; give down another key",
                "line 2: j is a key of next from line 1; give next another key",
                "line 2: j is a key of down by itself; give down another key",
            ],
        );
        check("next = j\ndown = Down\n", &[]);
        check("quit = Q", &[]);
        assert_eq!(read("quit = Q").unwrap().command(Key::Ctrl('c')), Some(Command::Quit));
    }

    #[test]
    fn no_text_makes_it_fall() {
        let parts = ["next", "=", " ", "\n", "ctrl+", "f", "é", "\u{0}", "#", "+", "表", "255"];
        let mut seed = 3_u32;
        for _ in 0..2_000 {
            let mut text = String::new();
            for _ in 0..8 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                text.push_str(parts[(seed >> 8) as usize % parts.len()]);
            }
            let _ = read(&text);
        }
    }
}

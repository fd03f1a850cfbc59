//! The user's own keys for the screen: where the file is, what is wrong in it, and what is in force.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use serde_json::{Value, json};

use crate::cli::code::Code;
use crate::cli::error::{Failure, exit};
use crate::cli::output::{Output, safe};
use crate::durable::{self, ReadError};
use crate::tui::input::keyfile::{read, write};
use crate::tui::input::keymap::{BINDINGS, Keymap};

/// Longest file that is read, in bytes.
const LONGEST: u64 = 65_536;

/// The folder of the user's settings: `DSPT_CONFIG`, else `dspt` where the system keeps such things.
pub(in crate::cli) fn folder() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("DSPT_CONFIG").filter(|given| !given.is_empty()) {
        return Some(PathBuf::from(given));
    }
    Some(etcetera::choose_base_strategy().ok()?.config_dir().join("dspt"))
}

fn file() -> Option<PathBuf> {
    Some(folder()?.join("keys.conf"))
}

/// Reads the keys in force: the file's over the program's own.
///
/// # Errors
/// [`Failure`] with every bad line when the file cannot be used.
pub(in crate::cli) fn keymap() -> Result<Keymap, Failure> {
    let Some(path) = file() else { return Ok(Keymap::default()) };
    let wrong = |why: &str| {
        Failure::new(Code::Keymap, exit::INPUT, format!("{}: {why}", safe(&path.to_string_lossy())))
            .help("correct the file or move it away; dspt help tui says what it may hold")
    };
    let Some(text) = text_of(&path).map_err(|why| wrong(&why))? else {
        return Ok(Keymap::default());
    };
    read(&text).map_err(|bad| {
        let lines: Vec<String> = bad.iter().map(ToString::to_string).collect();
        let many = if bad.len() == 1 { "line" } else { "lines" };
        let mut failure = wrong(&format!(
            "{} bad {many}; the screen was not started\n  {}",
            bad.len(),
            lines.join("\n  ")
        ));
        failure.place = bad.first().map(|one| format!("{}:{}", path.display(), one.line));
        failure
    })
}

/// The text of the file; none where there is none.
fn text_of(path: &Path) -> Result<Option<String>, String> {
    let bytes = match durable::read_if_there(path, LONGEST) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(None),
        Err(ReadError::TooLong { .. }) => return Err(format!("is longer than {LONGEST} bytes")),
        Err(error) => return Err(format!("cannot be read: {error}")),
    };
    String::from_utf8(bytes).map(Some).map_err(|_| "is not UTF-8 text".to_owned())
}

/// Prints the keys in force, in the form of the file.
///
/// # Errors
/// [`Failure`] when the file cannot be used, or the output is closed.
pub(in crate::cli) fn print(output: &mut Output<'_>) -> Result<(), Failure> {
    let map = keymap()?;
    let path = file();
    let name = path.as_ref().map(|path| safe(&path.to_string_lossy()));
    let is_there = path.is_some_and(|path| path.exists());
    let origin = match (&name, is_there) {
        (Some(name), true) => format!("# Keys of the screen, with the changes in {name}"),
        (Some(name), false) => format!("# Keys of the screen; lines in {name} change them"),
        (None, _) => "# Keys of the screen; there is no folder for changes".to_owned(),
    };
    let keys: Value = BINDINGS
        .iter()
        .map(|one| {
            let labels: Vec<String> = map.of(one.command).iter().map(|key| key.label()).collect();
            (one.name.to_owned(), json!(labels))
        })
        .collect();
    let answer = json!({ "file": name, "from_file": is_there, "keys": keys });
    output.answer("dspt.screen-keys/1", answer, &format!("{origin}\n{}", write(&map)))
}

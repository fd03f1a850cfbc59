//! `-` in the place of a file: standard input where one is read, standard output where one is
//! written. Where neither can be, it is refused before anything is done, never taken for a name.

use std::any::TypeId;
use std::ffi::OsStr;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{ArgMatches, Command};

use super::error::Failure;

/// Arguments that read a file and take `-` for standard input: the command, the argument.
const READ: &[(&str, &str)] = &[
    ("anchor cosigned", "checkpoint"),
    ("anchor cosigned", "file"),
    ("anchor cosigned", "policy"),
    ("anchor list", "policy"),
    ("check checkpoint", "checkpoint"),
    ("check consistency", "old"),
    ("check consistency", "proof"),
    ("check fork", "a"),
    ("check fork", "b"),
    ("check fork", "proof"),
    ("check inclusion", "leaf"),
    ("check inclusion", "proof"),
    ("correct", "body"),
    ("import answers", "file"),
    ("import evidence", "file"),
    ("import framework", "file"),
    ("import mapping", "file"),
    ("import soa", "file"),
    ("log", "policy"),
    ("mapping check", "files"),
    ("prove", "checkpoint"),
    ("record evidence", "file"),
    ("show", "policy"),
    ("statement check", "file"),
    ("statement publish", "file"),
    ("timestamp attach", "checkpoint"),
    ("timestamp attach", "response"),
    ("verify", "policy"),
    ("witness ask", "policy"),
    ("witness cosign", "file"),
];

/// Arguments that write a file and take `-` for standard output.
const WRITTEN: &[(&str, &str)] = &[
    ("checkpoint", "out"),
    ("statement draft", "out"),
    ("witness ask", "out"),
    ("witness cosign", "out"),
];

/// Says whether a path stands for standard input or output.
pub(super) fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Returns the file that is to be written; none where it is standard output or not named.
pub(super) fn file_named(path: Option<&Path>) -> Option<&Path> {
    path.filter(|path| !is_dash(path))
}

/// Reads standard input, one byte more than `most` at most.
///
/// # Errors
/// What the system says.
pub(super) fn stdin(most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Refuses `-` where a path is asked for that can be neither standard input nor output, and standard
/// input where it was to be read twice.
///
/// # Errors
/// [`Failure`] naming the argument.
pub(super) fn check(command: &Command, found: &ArgMatches) -> Result<(), Failure> {
    let mut read = 0;
    walk(command, found, "", &mut read)?;
    if read > 1 {
        return Err(Failure::usage("`-` is standard input, which can be read once; name a file"));
    }
    Ok(())
}

fn walk(command: &Command, found: &ArgMatches, at: &str, read: &mut u32) -> Result<(), Failure> {
    for arg in command.get_arguments() {
        let id = arg.get_id().as_str();
        let is_path = arg.get_value_parser().type_id() == TypeId::of::<PathBuf>();
        let typed = matches!(found.try_contains_id(id), Ok(true))
            && found.value_source(id) != Some(ValueSource::DefaultValue);
        if !is_path || !typed {
            continue;
        }
        let values = found.get_raw(id).into_iter().flatten();
        let dashes = values.filter(|value| *value == OsStr::new("-")).count();
        if dashes == 0 || WRITTEN.contains(&(at, id)) {
            continue;
        }
        if !READ.contains(&(at, id)) {
            let name = arg
                .get_long()
                .map_or_else(|| arg.get_id().as_str().to_uppercase(), |long| format!("--{long}"));
            return Err(Failure::usage(format!(
                "`-` is standard input or output, which {name} cannot be; give a path (./- for a \
                 file of that name)"
            )));
        }
        *read += u32::try_from(dashes).unwrap_or(u32::MAX);
    }
    let Some((name, below)) = found.subcommand() else { return Ok(()) };
    let Some(command) = command.find_subcommand(name) else { return Ok(()) };
    let at = if at.is_empty() { name.to_owned() } else { format!("{at} {name}") };
    walk(command, below, &at, read)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// Every argument that is a path, by command and name.
    fn paths(command: &Command, at: &str, all: &mut Vec<(String, String)>) {
        for arg in command.get_arguments() {
            if arg.get_value_parser().type_id() == TypeId::of::<PathBuf>() {
                all.push((at.to_owned(), arg.get_id().to_string()));
            }
        }
        for below in command.get_subcommands() {
            let name = below.get_name();
            let at = if at.is_empty() { name.to_owned() } else { format!("{at} {name}") };
            paths(below, &at, all);
        }
    }

    #[test]
    fn the_tables_name_arguments_that_there_are() {
        let mut all = Vec::new();
        paths(&super::super::Cli::command(), "", &mut all);
        for (at, id) in READ.iter().chain(WRITTEN) {
            assert!(all.contains(&((*at).to_owned(), (*id).to_owned())), "{at} {id}");
        }
    }
}

//! The flags of `dspt tui`: whom to trust, and how to draw.

use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, ValueEnum};

use crate::cli::as_of::Question;
use crate::tui::view::theme::{ASCII, BARE, BOX, Palette, Theme};

/// Arguments of `tui`.
#[derive(ClapArgs, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    pub(super) question: Question,
    /// Whom you trust: a C2SP tlog-policy file, as for `dspt verify`
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// The oldest that the newest cosignature may be
    #[arg(long, value_name = "DAYS", requires = "policy")]
    pub(super) max_age: Option<u32>,
    /// A head that you kept from an earlier time, or another copy of the ledger: a file, a bundle or
    /// tiles; may be given several times
    #[arg(long, visible_alias = "against", value_name = "FILE")]
    pub(super) kept: Vec<PathBuf>,
    /// Certificates of time-stamping authorities that you trust, PEM: then their time-stamps count
    #[arg(long, value_name = "FILE")]
    pub(super) tsa_ca: Option<PathBuf>,
    /// Plain lines and a prompt instead of a screen: for screen readers (also `DSPT_LINEAR=1`)
    #[arg(long)]
    pub(super) linear: bool,
    /// Print which key does what, and stop; a file `keys.conf` in your settings folder changes it
    #[arg(long)]
    pub(super) keys: bool,
    /// Draw with ASCII alone, as where the locale is not UTF-8
    #[arg(long, conflicts_with = "unicode")]
    ascii: bool,
    /// Draw with box characters whatever the locale says
    #[arg(long)]
    unicode: bool,
    /// Draw no frames
    #[arg(long)]
    no_borders: bool,
    /// What may tell things apart besides words
    #[arg(long, value_enum)]
    theme: Option<ThemeName>,
    /// Colours: auto follows `NO_COLOR`
    #[arg(long, value_enum, default_value_t = Colour::Auto)]
    color: Colour,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ThemeName {
    /// The terminal's own colours
    Terminal,
    /// Bold and reverse only
    HighContrast,
    /// Nothing but the reversed selection
    Mono,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Colour {
    /// As the environment says
    Auto,
    /// Even where `NO_COLOR` is set
    Always,
    /// No colours
    Never,
}

/// Says whether an environment variable is set to something.
fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

pub(super) fn is(name: &str, wanted: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| value == wanted)
}

impl Args {
    /// The flags of `dspt verify` for the same trust.
    pub(super) fn trust_flags(&self) -> String {
        let policy = self.policy.iter().map(|file| format!("--policy {}", quoted(file)));
        let age = self.max_age.iter().map(|days| format!("--max-age {days}"));
        let kept = self.kept.iter().map(|file| format!("--kept {}", quoted(file)));
        let stamps = self.tsa_ca.iter().map(|file| format!("--tsa-ca {}", quoted(file)));
        policy.chain(age).chain(kept).chain(stamps).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn theme(&self) -> Theme {
        let palette = match (self.theme, self.color) {
            (_, Colour::Never) | (Some(ThemeName::Mono), _) => Palette::Mono,
            (Some(ThemeName::HighContrast), _) => Palette::HighContrast,
            (None, Colour::Auto) if is_set("NO_COLOR") => Palette::Mono,
            (Some(ThemeName::Terminal) | None, _) => Palette::Terminal,
        };
        // Older consoles show boxes for what their font lacks.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(|name| std::env::var(name).ok());
        let plain = (cfg!(windows) && !is_set("WT_SESSION"))
            || is("TERM", "linux")
            || (cfg!(unix) && !is_utf8(locale));
        let glyphs = match (self.no_borders, self.ascii || (plain && !self.unicode)) {
            (true, _) => BARE,
            (false, true) => ASCII,
            (false, false) => BOX,
        };
        Theme { palette, glyphs }
    }
}

/// Says whether a locale has UTF-8: the first that is set to something, of `LC_ALL`, `LC_CTYPE` and
/// `LANG`; where none is, it is that of C, which has not.
fn is_utf8(locale: [Option<String>; 3]) -> bool {
    let first = locale.into_iter().flatten().find(|value| !value.is_empty());
    let name = first.unwrap_or_default().to_ascii_lowercase();
    name.contains("utf-8") || name.contains("utf8")
}

/// A path as a shell takes it.
pub(super) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-:\\~".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::is_utf8;

    #[test]
    fn a_locale_is_the_first_variable_that_is_set_to_something() {
        let of = |all: [&str; 3]| is_utf8(all.map(|one| Some(one.to_owned())));
        assert!(of(["", "", "en_GB.UTF-8"]) && of(["", "C.utf8", "C"]));
        assert!(of(["en_GB.UTF-8", "C", "C"]));
        assert!(!of(["C", "en_GB.UTF-8", "en_GB.UTF-8"]) && !of(["", "", "POSIX"]));
        assert!(!of(["", "en_GB.ISO-8859-1", "en_GB.UTF-8"]));
        assert!(!is_utf8([None, None, None]) && !of(["", "", ""]));
    }
}

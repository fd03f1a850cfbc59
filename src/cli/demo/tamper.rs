//! `dspt tamper`: makes the tamper kit and runs the examination of `dspt verify` on all of it, so
//! that a reader sees what each kind of change is called, and that none goes through.

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use serde_json::{Value, json};

use crate::cli::code::Code;
use crate::cli::error::{Failure, exit};
use crate::cli::output::{Columns, Output};
use crate::cli::proofs::verify::answer;
use crate::export::ExportError;
use crate::tamper::{Catch, Damage, Kit, KitError, Reader, damages, target};
use crate::verify::examine::Trust;

/// Arguments of `tamper`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct Args {
    /// The folder to make it in, which is not there yet
    out: PathBuf,
}

impl From<KitError> for Failure {
    fn from(error: KitError) -> Self {
        match error {
            KitError::Journal(error) => error.into(),
            KitError::Export(ExportError::Differs { path }) => {
                let text = format!("{} is there already; give a new folder", path.display());
                Self::usage(text)
            }
            KitError::Export(error) => error.into(),
            error @ KitError::Material(_) => Self::new(Code::Io, exit::FAILED, error.to_string()),
        }
    }
}

/// What became of one copy.
struct Examined {
    damage: &'static Damage,
    code: u8,
    by: Option<Catch>,
}

impl Examined {
    fn caught(&self) -> bool {
        // A file that is refused unread is answered neither yes nor no.
        let refused = matches!(self.by, Some(Catch::Refused(_)));
        let code = if refused { exit::UNDECIDED } else { exit::NO };
        self.code == code && self.by == Some(self.damage.by)
    }
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when the kit cannot be made; exit status 1 when the original does not pass or a copy
/// is not caught by the rule that it breaks.
pub(in crate::cli) fn run(args: &Args, output: &mut Output<'_>) -> Result<u8, Failure> {
    let kit = Kit::create(&args.out)?;
    let reader = kit.reader()?;
    let original = kit.original();
    let mut passes = true;
    for path in [target(&original), original.join("ledger.dspt")] {
        passes &= examined(&path, &reader)?.0 == exit::YES;
    }
    let mut all = Vec::new();
    for damage in damages() {
        let (code, by) = examined(&kit.damage(damage)?, &reader)?;
        all.push(Examined { damage, code, by });
    }
    let caught = all.iter().filter(|one| one.caught()).count();
    let good = passes && caught == all.len();
    let value = json!({
        "folder": args.out.display().to_string(),
        "original": if passes { "yes" } else { "no" },
        "copies": all.iter().map(row).collect::<Vec<_>>(),
        "caught": caught,
        "good": good,
    });
    output.answer("dspt.tamper/1", value, &text(&args.out, passes, &all, output.width))?;
    Ok(if good { exit::YES } else { exit::NO })
}

/// A ledger file has no head of its own that witnesses signed, so its age is not asked.
fn examined(path: &Path, reader: &Reader) -> Result<(u8, Option<Catch>), Failure> {
    let trust = Trust {
        policy: Some(&reader.policy),
        max_age_days: path.is_dir().then_some(reader.max_age_days),
        now: reader.now,
        kept: vec![reader.kept.clone()],
        heads: Vec::new(),
        tokens: None,
    };
    match answer(path, &trust) {
        Ok((code, broken)) => Ok((code, broken.map(|(phase, rule)| Catch::Rule(phase, rule)))),
        Err(failure) if failure.exit == exit::UNDECIDED => {
            Ok((failure.exit, Some(Catch::Refused(failure.code.as_str()))))
        }
        Err(failure) => Err(failure),
    }
}

fn row(one: &Examined) -> Value {
    json!({
        "name": one.damage.name,
        "folder": one.damage.folder(),
        "done": one.damage.done,
        "expected": { "phase": one.damage.by.phase(), "rule": one.damage.by.rule() },
        "found": { "phase": one.by.map_or("", Catch::phase), "rule": one.by.map_or("", Catch::rule) },
        "caught": one.caught(),
    })
}

fn text(out: &Path, passes: bool, all: &[Examined], width: Option<usize>) -> String {
    let mut table = Columns::new(&["name", "phase", "rule", "caught", "what was done"]);
    for one in all {
        let damage = one.damage;
        let (phase, rule) = (one.by.map_or("", Catch::phase), one.by.map_or("", Catch::rule));
        let caught = if one.caught() { "yes" } else { "NO" };
        let cells = [damage.name, phase, rule, caught, damage.done];
        table.row(cells.map(str::to_owned));
    }
    let caught = all.iter().filter(|one| one.caught()).count();
    format!(
        "The original in {}: {}\n{}{caught} of {} copies are caught by the rule that they break\n\
         All keys of the kit are public: nothing in it proves anything\n",
        out.display(),
        if passes { "YES" } else { "NO" },
        table.text(width),
        all.len()
    )
}

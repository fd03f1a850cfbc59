//! `dspt tamper`: makes the tamper kit and runs the examination of `dspt verify` on all of it, so
//! that a reader sees what each kind of change is called, and that none goes through.

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use serde_json::{Value, json};

use crate::cli::code::Code;
use crate::cli::error::{Failure, exit};
use crate::cli::output::{Columns, Output};
use crate::cli::proofs::verify::{Verdict, verdict};
use crate::export::ExportError;
use crate::tamper::{Damage, FILE, Kit, KitError, Reader, damages, target};
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
    verdict: Verdict,
}

impl Examined {
    fn caught(&self) -> bool {
        let verdict = &self.verdict;
        let (phase, rule) = (verdict.phase, verdict.rule);
        // A file that is refused unread is answered neither yes nor no.
        let code = if phase == FILE { exit::UNDECIDED } else { exit::NO };
        verdict.code == code && phase == self.damage.phase && rule == self.damage.rule
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
        passes &= examined(&path, &reader)?.code == exit::YES;
    }
    let mut all = Vec::new();
    for damage in damages() {
        let verdict = examined(&kit.damage(damage)?, &reader)?;
        all.push(Examined { damage, verdict });
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
fn examined(path: &Path, reader: &Reader) -> Result<Verdict, Failure> {
    let trust = Trust {
        policy: Some(&reader.policy),
        max_age_days: path.is_dir().then_some(reader.max_age_days),
        now: reader.now,
        kept: vec![reader.kept.clone()],
        heads: Vec::new(),
        tokens: None,
    };
    match verdict(path, &trust) {
        Err(failure) if failure.exit == exit::UNDECIDED => {
            Ok(Verdict { code: failure.exit, phase: FILE, rule: failure.code.as_str() })
        }
        answered => answered,
    }
}

fn row(one: &Examined) -> Value {
    json!({
        "name": one.damage.name,
        "folder": one.damage.folder(),
        "done": one.damage.done,
        "expected": { "phase": one.damage.phase, "rule": one.damage.rule },
        "found": { "phase": one.verdict.phase, "rule": one.verdict.rule },
        "caught": one.caught(),
    })
}

fn text(out: &Path, passes: bool, all: &[Examined], width: Option<usize>) -> String {
    let mut table = Columns::new(&["name", "phase", "rule", "caught", "what was done"]);
    for one in all {
        let (damage, verdict) = (one.damage, &one.verdict);
        let caught = if one.caught() { "yes" } else { "NO" };
        let cells = [damage.name, verdict.phase, verdict.rule, caught, damage.done];
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

//! `dspt statement check`: every figure computed again, who published the statement, who signed it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use serde_json::{Value, json};

use super::read::{field, publications, read_statement};
use super::ssh_signature::{Verified, verify};
use super::text::limits;
use crate::cli::as_of::open;
use crate::cli::error::{Failure, exit};
use crate::cli::output::{Output, safe};
use crate::domain::state::Fact;
use crate::domain::statement::diff::Difference;
use crate::ledger::Digest;
use crate::ledger::json::parse_canonical;
use crate::store::Mode;
use crate::verify::audit::Ledger;
use crate::verify::published::{NAME, Outcome, reproduce, root_at};

/// Arguments of `statement check`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct Args {
    /// The statement
    file: PathBuf,
    /// A signature by ssh-keygen over the file
    #[arg(long, value_name = "FILE.sig", requires_all = ["allowed_signers", "identity"])]
    signature: Option<PathBuf>,
    /// Whose keys you trust: the ALLOWED SIGNERS file of ssh-keygen
    #[arg(long, value_name = "FILE", requires = "signature")]
    allowed_signers: Option<PathBuf>,
    /// Who should have signed, as the allowed signers file names them
    #[arg(long, value_name = "WHO", requires = "signature")]
    identity: Option<String>,
}

/// What came of a check.
struct Checked {
    outcome: Outcome,
    root: Option<bool>,
    published: Vec<Value>,
    signature: Option<Verified>,
}

impl Checked {
    fn code(&self) -> u8 {
        let bad = self.signature.as_ref().is_some_and(|one| one.good == Some(false));
        let unknown = self.signature.as_ref().is_some_and(|one| one.good.is_none());
        match self.outcome {
            Outcome::Differs(_) | Outcome::Not(_) => exit::NO,
            Outcome::Same | Outcome::AsPrinted(_) if bad => exit::NO,
            Outcome::Same | Outcome::AsPrinted(_) if unknown => exit::UNDECIDED,
            Outcome::Newer(_) => exit::UNDECIDED,
            Outcome::Same | Outcome::AsPrinted(_) => exit::YES,
        }
    }

    fn differences(&self) -> &[Difference] {
        match &self.outcome {
            Outcome::Differs(found) | Outcome::AsPrinted(found) => found,
            Outcome::Same | Outcome::Not(_) | Outcome::Newer(_) => &[],
        }
    }

    fn why(&self) -> Option<String> {
        match &self.outcome {
            Outcome::Not(why) => Some(why.clone()),
            Outcome::Newer(format) => Some(format!(
                "its format is {format}, which this program does not know; use a newer release"
            )),
            Outcome::AsPrinted(_) => Some(
                "an earlier release made it, which let certificates count to the day printed on \
                 them; by the limits of their schemes it would differ as listed here"
                    .to_owned(),
            ),
            Outcome::Same | Outcome::Differs(_) => None,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// [`Failure`]; exit status 1 when the statement is not what the ledger says.
pub(in crate::cli) fn run(
    args: &Args,
    path: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let bytes = read_statement(&args.file)?;
    let journal = open(path, Mode::Read, output)?;
    let ledger = &journal.ledger;
    let value = parse_canonical(&bytes).unwrap_or(Value::Null);
    let signature = match (&args.signature, &args.allowed_signers, &args.identity) {
        (Some(signature), Some(allowed), Some(identity)) => {
            Some(verify(&bytes, signature, allowed, identity)?)
        }
        _ => None,
    };
    let size = value.get("size").and_then(Value::as_u64);
    let root = size.and_then(|size| root_at(ledger, size));
    let checked = Checked {
        outcome: reproduce(ledger, &bytes)?,
        root: root.map(|root| root.base64() == field(&value, "root")),
        published: publications_of(ledger, &bytes),
        signature,
    };
    let sha256 = Digest::of(&bytes).hex();
    let code = checked.code();
    let answer = match code {
        exit::YES => "yes",
        exit::NO => "no",
        _ => "not_decided",
    };
    let json = json!({
        "file": args.file.display().to_string(),
        "sha256": sha256,
        "answer": answer,
        "why": checked.why(),
        "differences": checked.differences().iter().map(|one| json!({
            "place": one.place, "stated": one.stated, "computed": one.computed,
        })).collect::<Vec<_>>(),
        "root_is_of_this_ledger": checked.root,
        "published": checked.published,
        "signature": checked.signature.as_ref().map(Verified::json),
        "does_not_prove": value.get("does_not_prove"),
        "witnessed": value.get("witnessed"),
    });
    let text = check_text(&checked, &value, answer);
    output.answer("dspt.statement-check/1", json, &text)?;
    Ok(code)
}

/// The entries that publish exactly these bytes.
fn publications_of(ledger: &Ledger, bytes: &[u8]) -> Vec<Value> {
    let sha256 = Digest::of(bytes).hex();
    let same =
        |fact: &&Fact| fact.subjects.iter().any(|one| one.name == NAME && one.sha256 == sha256);
    let value = |fact: &Fact| {
        json!({
            "entry": fact.seq,
            "recorded": fact.at.to_string(),
            "recorded_on": fact.at.london_day().to_string(),
            "by": fact.by.as_str(),
            "holder": crate::cli::answers::log::holder(ledger, &fact.by),
        })
    };
    publications(ledger).filter(same).map(value).collect()
}

fn check_text(checked: &Checked, value: &Value, answer: &str) -> String {
    let word = answer.replace('_', " ").to_uppercase();
    let mut text = format!("Is this statement what the ledger says? {word}\n");
    if let Some(why) = checked.why() {
        let _ = writeln!(text, "  {}", safe(&why));
    }
    match checked.root {
        Some(true) => text.push_str("  root       that of the ledger's first entries\n"),
        Some(false) => text.push_str("  root       NOT that of the ledger's first entries\n"),
        None => text.push_str("  root       not compared: no such size here\n"),
    }
    for one in &checked.published {
        let _ = writeln!(
            text,
            "  published  entry #{}, {}, by {}, key {}",
            one.get("entry").unwrap_or(&Value::Null),
            field(one, "recorded_on"),
            safe(field(one, "holder")),
            field(one, "by")
        );
    }
    if checked.published.is_empty() {
        text.push_str("  published  no entry of this ledger publishes these bytes\n");
    }
    if let Some(signature) = &checked.signature {
        let _ = writeln!(text, "  signature  {}", safe(&signature.text));
    }
    let found = checked.differences();
    if !found.is_empty() {
        let _ = writeln!(text, "Differences: {}", found.len());
    }
    for one in found {
        let _ = writeln!(text, "  {}", safe(&one.to_string()));
    }
    text.push_str(&limits(value));
    text
}

//! `dspt explain`: why an item stands where it does, and what would change it.

use std::fmt::Write as _;
use std::path::Path;

use clap::Args as ClapArgs;
use serde_json::json;

use super::awaited;
use super::log::{doubtful, late_mark, marked};
use super::status::{TRANSCRIPTION, is_transcription};
use crate::cli::as_of::{Question, ask, item};
use crate::cli::error::{Failure, exit};
use crate::cli::output::{Output, safe};
use crate::domain::engine::proof::check;
use crate::domain::engine::status::Positions;
use crate::domain::explain::{Explanation, Node, Telling, explain};
use crate::domain::state::Fact;
use crate::domain::state::describe::doubt_mark;
use crate::report::as_of::AsOf;
use crate::report::explanation as report;
use crate::verify::audit::Ledger;

/// Arguments of `explain`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct Args {
    /// The item: 9.2.1, or 2025-26-v8/cat2-it-supplier/9.2.1
    item: String,
    #[command(flatten)]
    question: Question,
    /// How many levels of reasons
    #[arg(long, default_value_t = 6)]
    depth: usize,
    /// Everything that was looked at and not used
    #[arg(long)]
    all: bool,
}

/// How many unused things are shown without `--all`.
const UNUSED_MAX: usize = 8;

/// Runs the command.
///
/// # Errors
/// [`Failure`] when the item is not asked for on that day.
pub(in crate::cli) fn run(
    args: &Args,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let (journal, state, as_of) = ask(ledger, &args.question, output)?;
    let positions = Positions::new(&state, as_of.rules);
    let item = item(&args.item, &state, &positions, as_of.on)?;
    let view = positions.on(as_of.on);
    let telling = Telling::all(&journal.ledger.facts);
    let Some(explanation) = explain(&state, &view, &item, telling) else {
        return awaited::explain(&journal.ledger, (&state, &positions, &as_of), &item, output);
    };
    let world = &positions.derivation.world;
    if let Some(flaw) = explanation.proof.as_ref().and_then(|proof| check(proof, world).err()) {
        // The checker does not share code with the engine; it has the last word.
        return Err(Failure::undecided(format!("the proof does not pass its checker: {flaw}")));
    }
    let page = Page {
        args,
        positions: &positions,
        as_of: &as_of,
        ledger: &journal.ledger,
        it: &explanation,
    };
    let hindsight =
        hindsight(&journal.ledger.facts, &journal.ledger.contents, &as_of, &explanation)?;
    output.answer(
        "dspt.explain/1",
        json!(page.report(hindsight.as_deref())),
        &page.text(hindsight.as_deref()),
    )?;
    Ok(exit::YES)
}

/// Says when a later entry changes this answer.
fn hindsight(
    facts: &[Fact],
    contents: &crate::domain::state::Contents,
    as_of: &AsOf,
    it: &Explanation,
) -> Result<Option<String>, Failure> {
    if as_of.size == facts.len() as u64 {
        return Ok(None);
    }
    let state = crate::domain::state::replay(facts, contents, u64::MAX)?;
    let now = Positions::new(&state, as_of.rules).status(&it.finding.item, as_of.on);
    Ok((now != it.finding.status).then(|| {
        format!(
            "A later entry changes this answer: known now, it is {} on {}. Add --as-known now.",
            now.word().to_lowercase(),
            as_of.on.long()
        )
    }))
}

struct Page<'p> {
    args: &'p Args,
    positions: &'p Positions,
    as_of: &'p AsOf,
    ledger: &'p Ledger,
    it: &'p Explanation,
}

impl Page<'_> {
    fn text(&self, hindsight: Option<&str>) -> String {
        let finding = &self.it.finding;
        let mut text = format!("{}\n", self.as_of.sentence(self.positions));
        if is_transcription(self.positions, self.as_of) {
            text.push_str(TRANSCRIPTION);
        }
        let word = finding.status.word().to_uppercase();
        let _ = writeln!(text, "\n{} {}: {word}", finding.item.item, safe(&finding.title));
        let mark = doubt_mark(&doubtful(self.ledger, &self.it.entries()));
        if !mark.is_empty() {
            let _ =
                writeln!(text, "  {mark}; they count, and should be recorded again by another key");
        }
        for node in &self.it.because {
            self.node(&mut text, node, 1);
        }
        self.partial(&mut text);
        self.unused(&mut text);
        self.outlook(&mut text);
        if let Some(hindsight) = hindsight {
            let _ = writeln!(text, "{hindsight}");
        }
        text
    }

    fn node(&self, text: &mut String, node: &Node, depth: usize) {
        let late = self.late(&node.entries);
        let entries = if node.entries.is_empty() {
            String::new()
        } else {
            format!("  {}", marked(self.ledger, &node.entries))
        };
        let _ = writeln!(
            text,
            "{:indent$}{}{entries}{late}",
            "",
            safe(&self.named(&node.text)),
            indent = depth * 2
        );
        if depth < self.args.depth {
            for child in &node.children {
                self.node(text, child, depth + 1);
            }
        } else if !node.children.is_empty() {
            let _ = writeln!(
                text,
                "{:indent$}({} more below: --depth)",
                "",
                node.children.len(),
                indent = depth * 2 + 2
            );
        }
    }

    /// Names people where a reason names their keys.
    fn named(&self, text: &str) -> String {
        let keys = self.ledger.roster.keys();
        let known = keys.filter(|(key, _)| text.contains(key.as_str()));
        known.fold(text.to_owned(), |text, (key, _)| {
            text.replace(key.as_str(), &super::log::holder(self.ledger, key))
        })
    }

    /// Marks reasons whose entry was recorded after the day that it is for.
    fn late(&self, entries: &[u64]) -> String {
        let all = entries.iter().filter_map(|seq| {
            let fact = self.ledger.facts.get(usize::try_from(*seq).ok()?)?;
            crate::domain::state::describe::late(fact, &self.ledger.facts)
        });
        late_mark(all.max())
    }

    fn partial(&self, text: &mut String) {
        let Some(partial) = &self.it.partial else { return };
        text.push_str("Holds in part\n");
        for (what, names) in [
            ("units for which something holds", &partial.units_held),
            ("units for which nothing holds", &partial.units_missing),
            ("sources that hold", &partial.sources_held),
            ("sources that are missing", &partial.sources_missing),
        ] {
            if !names.is_empty() {
                let _ = writeln!(text, "  {what}: {}", safe(&names.join(", ")));
            }
        }
    }

    fn unused(&self, text: &mut String) {
        if self.it.unused.is_empty() {
            return;
        }
        text.push_str("Looked at and not used\n");
        let shown = if self.args.all { self.it.unused.len() } else { UNUSED_MAX };
        for one in self.it.unused.iter().take(shown) {
            let entries = if one.entries.is_empty() {
                String::new()
            } else {
                format!("  {}", marked(self.ledger, &one.entries))
            };
            let _ = writeln!(text, "  {}{entries}", safe(&one.text));
        }
        let left = self.it.unused.len().saturating_sub(shown);
        if left > 0 {
            let _ = writeln!(text, "  {left} more: --all");
        }
    }

    fn outlook(&self, text: &mut String) {
        if let Some((day, status)) = self.it.next {
            let word = status.word().to_lowercase();
            let _ =
                writeln!(text, "Becomes {word} on {} unless something is recorded.", day.long());
        }
        if !self.it.remedies.is_empty() {
            text.push_str("What would put it right, smallest first\n");
            for remedy in &self.it.remedies {
                let _ = writeln!(text, "  {}", safe(&remedy.join(", and ")));
            }
        }
    }

    fn report<'e>(&'e self, hindsight: Option<&'e str>) -> report::Explanation<'e> {
        let doubtful = |entries: &[u64]| doubtful(self.ledger, entries);
        report::Explanation::new(self.as_of, self.positions, self.it, hindsight, &doubtful)
    }
}

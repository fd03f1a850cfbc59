//! `dspt mapping list`, `show`, `diff`: what stands in the ledger's mappings, row by row.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use clap::Args as ClapArgs;
use serde_json::{Value, json};

use super::select::Selection;
use crate::cli::as_of::{event as find_event, open};
use crate::cli::error::{Failure, exit};
use crate::cli::output::{Columns, Output, safe};
use crate::domain::event::Event;
use crate::domain::ids::{EventId, KeyId};
use crate::domain::mapping::MappingRow;
use crate::domain::sanitize::counted;
use crate::domain::state::{Known, Proposal, State};
use crate::journal::Journal;
use crate::report::mapping_rows::{Counts, Foreseen, RowLine, Standing, foresee, rows_of};
use crate::store::Mode;

/// Arguments of `mapping show`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct ShowArgs {
    /// The entry of the mapping: #11
    entry: String,
    #[command(flatten)]
    selection: Selection,
    /// Rows that stand here: open, approved, challenged, withdrawn, to-come
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
}

/// Arguments of `mapping diff`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct DiffArgs {
    /// The entry of a mapping: #11
    first: String,
    /// The entry of the mapping to compare it with
    second: String,
}

/// How many rows and groups are tried for what approving them would change.
const TRIED_MAX: usize = 60;

/// Returns a mapping's proposal.
///
/// # Errors
/// [`Failure`] where the entry is none that stands.
pub(in crate::cli) fn proposal<'s>(
    text: &str,
    journal: &Journal,
    state: &'s State,
) -> Result<(u64, EventId, &'s Known<Proposal>), Failure> {
    let fact = find_event(text, &journal.ledger.facts)?;
    let known = state.proposals.get(&fact.id).filter(|known| known.what.asserted.is_none());
    let known = known.ok_or_else(|| {
        Failure::usage(format!("entry #{} is not a mapping that stands", fact.seq))
            .help("list the mappings with: dspt mapping list")
    })?;
    Ok((fact.seq, fact.id.clone(), known))
}

/// Runs `mapping list`.
///
/// # Errors
/// [`Failure`].
pub(in crate::cli) fn list(ledger: Option<&Path>, output: &mut Output<'_>) -> Result<u8, Failure> {
    let journal = open(ledger, Mode::Read, output)?;
    let state = journal.state(u64::MAX)?;
    let today = output.now.london_day();
    let mut columns =
        Columns::new(&["Entry", "Rows", "Could carry", "Open", "Approved", "Title", "By"]);
    let mut all = Vec::new();
    for fact in &journal.ledger.facts {
        let Some(known) = state.proposals.get(&fact.id) else { continue };
        let Event::MappingImported(body) = &fact.event else { continue };
        let counts = Counts::of(&rows_of(&fact.id, known, &state, today));
        columns.row([
            format!("#{}", fact.seq),
            counts.rows.to_string(),
            counts.could_carry.to_string(),
            counts.open.to_string(),
            counts.approved.to_string(),
            known.what.title.clone(),
            holder(&journal, &known.what.by),
        ]);
        all.push(json!({
            "entry": fact.seq,
            "title": known.what.title,
            "author": body.author,
            "authority": body.authority,
            "licence": body.licence,
            "recorded_by": known.what.by,
            "counts": counts,
        }));
    }
    let text = if all.is_empty() {
        "The ledger has no mapping. Import one with: dspt import mapping FILE\n".to_owned()
    } else {
        columns.text(output.width)
    };
    output.answer("dspt.mappings/1", json!({ "on": today.to_string(), "mappings": all }), &text)?;
    output.hint("Next: dspt mapping show ENTRY")?;
    Ok(exit::YES)
}

fn holder(journal: &Journal, key: &KeyId) -> String {
    let known = journal.ledger.roster.get(key);
    known.map_or_else(|| key.to_string(), |known| known.holder.clone())
}

/// Runs `mapping show`.
///
/// # Errors
/// [`Failure`].
pub(in crate::cli) fn show(
    args: &ShowArgs,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let states: Vec<&str> = STANDINGS.iter().map(|one| one.as_str()).collect();
    if let Some(wanted) = args.state.as_deref().filter(|wanted| !states.contains(wanted)) {
        let text = format!("`{}` is not where a row can stand", safe(wanted));
        return Err(Failure::usage(text).help(format!("write one of {}", states.join(", "))));
    }
    let journal = open(ledger, Mode::Read, output)?;
    let state = journal.state(u64::MAX)?;
    let (seq, id, known) = proposal(&args.entry, &journal, &state)?;
    let today = output.now.london_day();
    let all = rows_of(&id, known, &state, today);
    let counts = Counts::of(&all);
    let chosen = known.what.rows.iter().zip(all);
    let chosen = chosen.filter(|(row, _)| args.selection.takes(row)).map(|(_, line)| line);
    let standing =
        |line: &RowLine| args.state.as_deref().is_none_or(|wanted| line.state.as_str() == wanted);
    let mut lines: Vec<RowLine> = chosen.filter(standing).collect();
    let tried = foresee(&mut lines, &id, known, &state, today, TRIED_MAX);
    let title = safe(&known.what.title);
    let mut text = format!(
        "#{seq} {title}: {}, {} of which could carry anything; {} open, {} approved, {} withdrawn\n",
        counted(counts.rows, "row"),
        counts.could_carry,
        counts.open,
        counts.approved,
        counts.withdrawn
    );
    text.push_str(&rows_text(&lines, &journal));
    let value = json!({
        "entry": seq,
        "title": known.what.title,
        "on": today.to_string(),
        "counts": counts,
        "rows": lines,
        "all_foreseen": tried,
    });
    output.answer("dspt.mapping/1", value, &text)?;
    if !tried {
        output.hint(&format!(
            "What approving would change was worked out for the first {TRIED_MAX}; choose fewer rows to \
             see the others: --rows, --target 1.2.*, --relationship superset-of, --group"
        ))?;
    }
    output.hint(&format!(
        "Next: dspt mapping approve '#{seq}' --rows 1,4,7-12 --rationale \"why they hold\""
    ))?;
    Ok(exit::YES)
}

const STANDINGS: [Standing; 5] = [
    Standing::Open,
    Standing::Approved,
    Standing::Challenged,
    Standing::Withdrawn,
    Standing::ToCome,
];

/// Each row on two lines or three: what it says, why, and what approving it would change.
pub(in crate::cli) fn rows_text(lines: &[RowLine], journal: &Journal) -> String {
    let mut text = String::new();
    for line in lines {
        let level = |level: &str| if level == "met" { String::new() } else { format!(" {level}") };
        let _ = writeln!(
            text,
            "{:>5}  {}{} {} {}{}  {}{}",
            line.row,
            safe(&line.source),
            level(line.source_level),
            line.relationship,
            safe(&line.target),
            level(line.target_level),
            safe(&line.title),
            group(line)
        );
        if !line.rationale.is_empty() {
            let _ = writeln!(text, "       why: {}", safe(&line.rationale));
        }
        let _ = writeln!(text, "       {}", state_text(line, journal));
    }
    if lines.is_empty() {
        text.push_str("  no row is like that\n");
    }
    text
}

fn group(line: &RowLine) -> String {
    match (&line.joint_group, line.joint_relationship) {
        (Some(group), Some(together)) => format!("  [group {}: together {together}]", safe(group)),
        _ => String::new(),
    }
}

fn state_text(line: &RowLine, journal: &Journal) -> String {
    let by = match (&line.approved_by, line.approved_in) {
        (Some(by), Some(seq)) => format!(" by {} in #{seq}", safe(&holder(journal, by))),
        _ => String::new(),
    };
    let state = match line.state {
        Standing::Open => "open".to_owned(),
        Standing::ToCome => format!("approved{by}, from a later day on"),
        Standing::Approved => format!("approved{by}"),
        Standing::Challenged => format!("approved{by}, challenged"),
        Standing::Withdrawn => format!("approved once{by}, and no longer"),
    };
    match &line.would_change {
        Some(none) if none.is_empty() && (line.could_carry || line.could_support) => {
            format!("{state}; approving it would change no item today")
        }
        Some(none) if none.is_empty() => {
            format!("{state}; says nothing from which anything could follow")
        }
        Some(found) => format!("{state}; approving it would change {}", changes_text(found)),
        None => state,
    }
}

fn changes_text(found: &[Foreseen]) -> String {
    let one = |one: &Foreseen| {
        format!("{} from {} to {}", one.item, one.before.to_lowercase(), one.after.to_lowercase())
    };
    let shown: Vec<String> = found.iter().take(4).map(one).collect();
    let more = found.len().saturating_sub(shown.len());
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// Runs `mapping diff`.
///
/// # Errors
/// [`Failure`].
pub(in crate::cli) fn diff(
    args: &DiffArgs,
    ledger: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<u8, Failure> {
    let journal = open(ledger, Mode::Read, output)?;
    let state = journal.state(u64::MAX)?;
    let (first, _, old) = proposal(&args.first, &journal, &state)?;
    let (second, _, new) = proposal(&args.second, &journal, &state)?;
    let found = differences(&old.what.rows, &new.what.rows);
    let mut text =
        format!("#{first} {} against #{second} {}\n", safe(&old.what.title), safe(&new.what.title));
    for one in &found {
        let words =
            |row: Option<&&MappingRow>| row.map_or_else(|| "not there".to_owned(), |row| said(row));
        let _ = writeln!(
            text,
            "  {} and {}: {} in #{first}, {} in #{second}",
            safe(&one.pair.0),
            safe(&one.pair.1),
            words(one.old.as_ref()),
            words(one.new.as_ref())
        );
    }
    let _ = writeln!(text, "{} that differ.", counted(found.len(), "pair"));
    let side = |row: Option<&MappingRow>| {
        row.map(|row| {
            json!({ "row": row.number, "relationship": row.relationship.as_str(),
            "joint_group": row.joint.as_ref().map(|joint| &joint.id), "rationale": row.rationale })
        })
    };
    let pairs: Vec<Value> = found
        .iter()
        .map(|one| {
            json!({ "source": one.pair.0, "target": one.pair.1,
            "first": side(one.old), "second": side(one.new) })
        })
        .collect();
    let value = json!({ "first": first, "second": second, "differences": pairs });
    output.answer("dspt.mapping-diff/1", value, &text)?;
    Ok(exit::YES)
}

fn said(row: &MappingRow) -> String {
    let joint = row.joint.as_ref();
    let joint = joint.map(|joint| format!(" (group {}: {})", safe(&joint.id), joint.relationship));
    format!("{}{}", row.relationship, joint.unwrap_or_default())
}

/// A pair of which two mappings say different things.
struct Difference<'r> {
    pair: (String, String),
    old: Option<&'r MappingRow>,
    new: Option<&'r MappingRow>,
}

/// Pairs by source and target with their levels; what a row is numbered or called does not matter.
fn differences<'r>(old: &'r [MappingRow], new: &'r [MappingRow]) -> Vec<Difference<'r>> {
    type Sides<'r> = (Vec<&'r MappingRow>, Vec<&'r MappingRow>);
    let mut pairs: BTreeMap<(String, String), Sides<'r>> = BTreeMap::new();
    let name = |row: &MappingRow| {
        let source = format!("{} {}", row.source, row.source_level.as_str());
        let target = format!("{} {}", row.target, row.target_level.as_str());
        (source.replace(" met", ""), target.replace(" met", ""))
    };
    for row in old {
        pairs.entry(name(row)).or_default().0.push(row);
    }
    for row in new {
        pairs.entry(name(row)).or_default().1.push(row);
    }
    let mut found = Vec::new();
    for (pair, (old, new)) in pairs {
        for at in 0..old.len().max(new.len()) {
            let (old, new) = (old.get(at).copied(), new.get(at).copied());
            let same = |row: Option<&MappingRow>| {
                row.map(|row| {
                    (
                        row.relationship,
                        row.joint.as_ref().map(|joint| joint.relationship),
                        row.rationale.clone(),
                    )
                })
            };
            if same(old) != same(new) {
                found.push(Difference { pair: pair.clone(), old, new });
            }
        }
    }
    found
}

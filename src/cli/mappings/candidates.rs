//! `dspt mapping candidates`: controls to look at for an item. Suggestions, which satisfy nothing.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use clap::Args as ClapArgs;
use serde_json::{Value, json};

use crate::cli::as_of::day_or_today;
use crate::cli::bundled_catalogue;
use crate::cli::error::{Failure, exit};
use crate::cli::output::{Output, safe};
use crate::cli::recording::adoption::bundled_edition_day;
use crate::domain::catalogue::edition::{ControlStanding, Edition, Item};
use crate::domain::date::Date;
use crate::domain::ids::{CategoryId, EditionId, FrameworkRef, ItemId, ItemRef, Level};
use crate::domain::mapping::candidates::{Candidates, Proposed, Suggestion, candidates};
use crate::domain::mapping::resolve::Catalogue;
use crate::domain::mapping::{MappingRow, RowSource};
use crate::domain::nearest::closest;
use crate::domain::problem_code::ProblemCode;
use crate::import::resolve::{self, Own};

/// Arguments of `mapping candidates`.
#[derive(ClapArgs, Debug)]
pub(in crate::cli) struct Args {
    /// An item: 8.3.4, or in full 2025-26-v8/cat2-it-supplier/8.3.4
    item: String,
    /// The category, where several have an item of that number
    #[arg(long)]
    category: Option<CategoryId>,
    /// The edition; else the newest that was published by the day
    #[arg(long)]
    edition: Option<EditionId>,
    /// The day whose edition is meant: 2026-06-30, 30/6/2026, 30 June 2026; today when left out
    #[arg(long, value_name = "DATE", conflicts_with = "edition")]
    at: Option<String>,
    /// Only controls of this framework
    #[arg(long, value_name = "FRAMEWORK")]
    framework: Option<FrameworkRef>,
}

/// What every line begins with, so that no line read alone can mislead.
const REMINDER: &str = "suggestion, satisfies nothing:";

/// Runs the command.
///
/// # Errors
/// [`Failure`] for an item that is not in the catalogue.
pub(in crate::cli) fn run(args: &Args, output: &mut Output<'_>) -> Result<u8, Failure> {
    let catalogue = bundled_catalogue::catalogue()?;
    let day = day_or_today(args.at.as_deref(), output)?;
    let item = find_item(args, &catalogue, day)?;
    let sources = bundled_catalogue::sources()?;
    let mut found = candidates(&item, &sources);
    if let Some(only) = &args.framework {
        found.proposed.retain(|one| match &one.row.source {
            RowSource::One(control) => control.framework == *only,
            RowSource::NothingIn(framework) => framework == only,
        });
        found.suggested.retain(|one| one.control.framework == *only);
    }
    let title = title(&item, &catalogue);
    let value = json!({
        "item": item.to_string(),
        "title": title,
        "satisfies": false,
        "proposed": found.proposed.iter().map(proposed_json).collect::<Vec<_>>(),
        "suggested":
            found.suggested.iter().map(|one| suggested_json(one, &catalogue)).collect::<Vec<_>>(),
    });
    let text = text(&item, title, &found, &catalogue);
    output.answer("dspt.mapping-candidates/1", value, &text)?;
    output.hint(
        "Next: judge each control against the item, write rows with a rationale, and check them \
         with: dspt mapping check FILE",
    )?;
    Ok(exit::YES)
}

/// The item that the text names, read as every command and file reads items, with the edition of the
/// day and the only category that has it.
fn find_item(args: &Args, catalogue: &Catalogue, day: Date) -> Result<ItemRef, Failure> {
    let full = args.item.trim().parse::<ItemRef>().ok();
    let named = full.as_ref().map(|full| full.edition.clone()).or_else(|| args.edition.clone());
    let edition = match named {
        Some(edition) => edition,
        None => edition_on(catalogue, day)?,
    };
    let known = catalogue.editions.get(&edition).ok_or_else(|| {
        let all: Vec<String> = catalogue.editions.keys().map(ToString::to_string).collect();
        Failure::usage(format!("edition {edition} is not in the catalogue"))
            .help(format!("known are: {}", all.join(", ")))
    })?;
    let category = full.map(|full| full.category).or_else(|| args.category.clone());
    let state = bundled_catalogue::state(catalogue, day);
    let wanted = |one: &&CategoryId| category.as_ref().is_none_or(|category| category == *one);
    let read = |one: &CategoryId| {
        let own = Own::always(edition.clone(), one.clone());
        resolve::item(&args.item, day, &own, &state)
    };
    let all: Vec<_> = known.items.keys().filter(wanted).map(read).collect();
    let mut found = all.iter().flatten();
    match (found.next(), found.next()) {
        (Some(item), None) => Ok(item.clone()),
        (Some(one), Some(other)) => {
            let (number, one, other) = (&one.item, &one.category, &other.category);
            let text =
                format!("{number} is an item of {one} and of {other}, which ask other things");
            Err(Failure::usage(text).help("say which with --category"))
        }
        (None, _) => match (args.item.parse::<ItemId>(), all.into_iter().find_map(Result::err)) {
            (Err(_), Some(not)) => Err(not.into()),
            (Ok(number), _) => Err(no_item(&number, category.as_ref(), known)),
            (Err(bad), None) => Err(bad.into()),
        },
    }
}

/// The newest edition of the catalogue that was published by a day; before all of them the oldest.
fn edition_on(catalogue: &Catalogue, day: Date) -> Result<EditionId, Failure> {
    let published = |id: &EditionId| Ok((bundled_edition_day(id)?, id.clone()));
    let all = catalogue.editions.keys().map(published).collect::<Result<BTreeSet<_>, Failure>>()?;
    let newest = all.iter().rev().find(|(from, _)| *from <= day).or(all.first());
    let newest = newest.map(|(_, id)| id.clone());
    newest.ok_or_else(|| Failure::usage("the catalogue has no edition; give the item in full"))
}

fn no_item(number: &ItemId, category: Option<&CategoryId>, edition: &Edition) -> Failure {
    let categories = edition.items.keys().filter(|one| category.is_none_or(|only| only == *one));
    let known = categories.flat_map(|one| edition.items_of(one)).map(|item| item.id.to_string());
    let near = closest(number.as_str(), known);
    let of = category.map_or_else(String::new, |category| format!(" for {category}"));
    let text = format!("{number} is not an item of DSPT {}{of}", edition.id);
    Failure::new(ProblemCode::Unknown, exit::USAGE, text).help(match near {
        Some(near) => format!("did you mean {near}?"),
        None => format!("list them with: dspt catalogue {}", edition.id),
    })
}

fn title<'c>(item: &ItemRef, catalogue: &'c Catalogue) -> &'c str {
    let edition = catalogue.editions.get(&item.edition);
    let found: Option<&Item> = edition.and_then(|edition| edition.item(&item.category, &item.item));
    found.map_or("", |item| &item.title)
}

fn text(item: &ItemRef, title: &str, found: &Candidates<'_>, catalogue: &Catalogue) -> String {
    let mut text = format!("Suggestions for {item}: {}\n", safe(title));
    let edition = catalogue.editions.get(&item.edition);
    if edition.is_some_and(|edition| edition.is_transcription(&item.category)) {
        text.push_str(crate::cli::answers::status::TRANSCRIPTION);
    }
    if found.proposed.is_empty() && found.suggested.is_empty() {
        text.push_str("There are none.\n");
    }
    if !found.proposed.is_empty() {
        text.push_str("\nProposed by this project, with the relationship to the item\n");
    }
    for one in &found.proposed {
        let row = one.row;
        let _ = writeln!(
            text,
            "{REMINDER} {} {}{} ({} row {})\n    {}",
            source(row),
            row.relationship,
            together(row),
            one.mapping,
            row.number,
            safe(&row.rationale)
        );
    }
    if !found.suggested.is_empty() {
        text.push_str(
            "\nReached from those through published crosswalks, which state no relationship.\n\
             Precision: of all that such paths lead to, how much a direct table has as well.\n\
             Releases whose ids are the same are joined, such as CAF 3.1 and 3.2.\n",
        );
    }
    for one in &found.suggested {
        let _ = writeln!(
            text,
            "{REMINDER} {}{} via {}; {}{}",
            one.control,
            remark(one, catalogue),
            path(one),
            precision(one),
            others(one)
        );
    }
    text
}

fn source(row: &MappingRow) -> String {
    match row.source_level {
        Level::Met => row.source.to_string(),
        level @ (Level::PartiallyAchieved | Level::Achieved) => {
            format!("{} {}", row.source, level.as_str())
        }
    }
}

fn together(row: &MappingRow) -> String {
    row.joint.as_ref().map_or_else(String::new, |joint| {
        format!(", {} together with the others of {}", joint.relationship, safe(&joint.id))
    })
}

/// Says what is wrong with a control that a crosswalk cites all the same.
fn remark(one: &Suggestion<'_>, catalogue: &Catalogue) -> &'static str {
    match catalogue.standing_of(one.control) {
        Some(ControlStanding::Withdrawn) => " (withdrawn)",
        Some(ControlStanding::Heading) => " (a heading)",
        Some(ControlStanding::Assessable | ControlStanding::Unknown) | None => "",
    }
}

/// The controls on the way, the first one named by a proposal.
fn path(one: &Suggestion<'_>) -> String {
    let first = one.steps.first().map(|step| step.from.to_string());
    let between = one.steps.iter().rev().skip(1).rev().map(|step| step.to.to_string());
    first.into_iter().chain(between).collect::<Vec<_>>().join(" > ")
}

fn precision(one: &Suggestion<'_>) -> String {
    one.measured.map_or_else(
        || "precision not known".to_owned(),
        |measured| format!("precision {}%", measured.precision_percent),
    )
}

fn others(one: &Suggestion<'_>) -> String {
    match one.paths {
        0 | 1 => String::new(),
        2 => "; 1 more path".to_owned(),
        more => format!("; {} more paths", more - 1),
    }
}

fn proposed_json(one: &Proposed<'_>) -> Value {
    let joint = one.row.joint.as_ref();
    json!({
        "satisfies": false,
        "source": one.row.source.to_string(),
        "source_level": one.row.source_level.as_str(),
        "relationship": one.row.relationship.as_str(),
        "joint_group": joint.map(|joint| &joint.id),
        "joint_relationship": joint.map(|joint| joint.relationship.as_str()),
        "rationale": one.row.rationale,
        "mapping": one.mapping,
        "row": one.row.number,
    })
}

fn suggested_json(one: &Suggestion<'_>, catalogue: &Catalogue) -> Value {
    let step = |step: &crate::domain::mapping::candidates::Step<'_>| {
        json!({
            "crosswalk": step.crosswalk,
            "from": step.from.to_string(),
            "to": step.to.to_string(),
        })
    };
    let standing = catalogue.standing_of(one.control).map(|standing| match standing {
        ControlStanding::Assessable => "assessable",
        ControlStanding::Heading => "heading",
        ControlStanding::Withdrawn => "withdrawn",
        ControlStanding::Unknown => "unknown",
    });
    json!({
        "satisfies": false,
        "control": one.control.to_string(),
        "standing": standing,
        "path": one.steps.iter().map(step).collect::<Vec<_>>(),
        "precision_percent": one.measured.map(|measured| measured.precision_percent),
        "recall_percent": one.measured.map(|measured| measured.recall_percent),
        "measured": one.measured.map(|measured| json!({
            "derived": measured.derived,
            "direct": measured.direct,
            "agree": measured.agree,
            "provenance": measured.provenance,
        })),
        "paths": one.paths,
    })
}

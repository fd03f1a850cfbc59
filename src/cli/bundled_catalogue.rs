//! The catalogues that are compiled in, as the values that checks and suggestions are made with.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::{Failure, exit};
use super::mappings::catalogue::{bytes, table};
use crate::domain::catalogue::edition::{BadCatalogue, Edition, Framework};
use crate::domain::catalogue::known_frameworks;
use crate::domain::csv::{Row, Table};
use crate::domain::date::Date;
use crate::domain::ids::{BadRef, ControlRef, EditionId, FrameworkRef};
use crate::domain::mapping::candidates::{Crosswalk, Sources, parse_measured};
use crate::domain::mapping::parse_mapping;
use crate::domain::mapping::resolve::Catalogue;
use crate::domain::problem_code::ProblemCode;
use crate::domain::state::{AdoptedEdition, Known, State};

/// What ships is checked by tests; a file that cannot be read all the same is named.
fn bad_file(path: &str, why: &dyn std::fmt::Display) -> Failure {
    Failure::new(ProblemCode::Header, exit::UNDECIDED, format!("{path}: {why}"))
}

fn release_of(row: &Row) -> Result<FrameworkRef, BadRef> {
    format!("{}:{}", row.get("framework"), row.get("release")).parse()
}

fn same_ids() -> BTreeMap<FrameworkRef, FrameworkRef> {
    known_frameworks::same_ids().collect()
}

/// Reads every framework and edition that ships.
///
/// # Errors
/// [`Failure`] naming the file that cannot be read.
pub(super) fn catalogue() -> Result<Catalogue, Failure> {
    let mut all = Catalogue { looked_up_in: same_ids(), ..Catalogue::default() };
    for row in &table("index.csv")?.rows {
        let path = row.get("path");
        match row.get("kind") {
            "controls" => {
                let id = release_of(row)?;
                let framework = Framework::parse(id.clone(), bytes(path)?);
                all.frameworks.insert(id, framework.map_err(|bad| bad_file(path, &bad))?);
            }
            "dspt-edition" => {
                let id: EditionId = row.get("release").parse()?;
                let edition = edition(&id, &table(path)?)?;
                all.editions.insert(id, edition.map_err(|bad| bad_file(path, &bad))?);
            }
            "successors" => {
                let framework = release_of(row)?;
                for row in &table(path)?.rows {
                    let id = row.get("withdrawn").to_owned();
                    let withdrawn = ControlRef { framework: framework.clone(), id };
                    let successor = row.get("successor").to_owned();
                    all.successors.entry(withdrawn).or_default().push(successor);
                }
            }
            "levels" => {
                let framework = release_of(row)?;
                let table = table(path)?;
                let without = table.rows.iter().filter(|row| row.get("has_partial_level") == "no");
                all.one_level.extend(without.map(|row| {
                    let id = row.get("outcome").to_owned();
                    ControlRef { framework: framework.clone(), id }
                }));
            }
            _ => {}
        }
    }
    Ok(all)
}

fn edition(id: &EditionId, fields: &Table) -> Result<Result<Edition, BadCatalogue>, Failure> {
    let file = |name: &str| bytes(&format!("dspt-{id}/{name}"));
    let revision = fields.rows.iter().find(|row| row.get("field") == "revision");
    let revision = revision.map_or("", |row| row.get("value")).to_owned();
    let (items, exemptions) = (file("items.csv")?, file("exemptions.csv")?);
    Ok(Edition::parse(id.clone(), revision, items, exemptions, file("organisation-types.csv")?))
}

/// Returns what a ledger would know that has adopted everything that ships, for readers that ask
/// a ledger what it knows.
pub(super) fn state(catalogue: &Catalogue, today: Date) -> State {
    let known =
        |framework: &Framework| Known { because: Vec::new(), what: Arc::new(framework.clone()) };
    let frameworks =
        catalogue.frameworks.iter().map(|(id, framework)| (id.clone(), known(framework))).collect();
    let editions = catalogue.editions.values().map(|edition| Known {
        because: Vec::new(),
        what: AdoptedEdition { effective_from: today, edition: Arc::new(edition.clone()) },
    });
    State { frameworks, editions: editions.collect(), ..State::default() }
}

/// Reads the proposals, the published crosswalks and the measured paths that ship.
///
/// # Errors
/// [`Failure`] naming the file that cannot be read.
pub(super) fn sources() -> Result<Sources, Failure> {
    let mut all = Sources { same_ids: same_ids(), ..Sources::default() };
    for row in &table("index.csv")?.rows {
        let path = row.get("path");
        let bad = |bad: BadCatalogue| bad_file(path, &bad);
        match row.get("kind") {
            "proposals" => {
                all.mappings.push((path.to_owned(), parse_mapping(bytes(path)?).map_err(bad)?));
            }
            "crosswalk" => {
                all.crosswalks.push(Crosswalk::parse(path, bytes(path)?).map_err(bad)?);
            }
            "crosswalks-precision" => {
                all.measured.extend(parse_measured(bytes(path)?).map_err(bad)?);
            }
            _ => {}
        }
    }
    Ok(all)
}

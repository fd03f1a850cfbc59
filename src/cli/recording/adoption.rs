//! The event that adopts an edition of the catalogue or of a folder.

use super::bad_rows::bad_catalogue;
use super::ids::new_event;
use crate::cli::error::Failure;
use crate::cli::mappings::catalogue::{bytes, table};
use crate::domain::catalogue::edition::Edition;
use crate::domain::date::{Date, Timestamp};
use crate::domain::event::{EditionAdopted, Event};
use crate::domain::ids::{CategoryId, EditionId};
use crate::journal::{File, NewEvent};

/// The day that an edition of the catalogue was published.
///
/// # Errors
/// [`Failure`] when the catalogue does not know it.
pub(in crate::cli) fn bundled_edition_day(edition: &EditionId) -> Result<Date, Failure> {
    field_of(edition, "published").and_then(|text| {
        let date = text.split_whitespace().next().unwrap_or_default();
        Date::parse(date.trim_end_matches([',', ';']))
            .map_err(|bad| Failure::usage(format!("{edition}: {bad}; give --from")))
    })
}

/// How to adopt an edition that the catalogue holds no items of for a category.
pub(in crate::cli) fn how_to_adopt(edition: &EditionId, category: &CategoryId) -> String {
    let published = field_of(edition, "published").unwrap_or_default();
    let from = published.split_whitespace().next().unwrap_or("DATE");
    format!(
        "adopt the official workbook of the year, which has the items for {category}: dspt import \
         edition FILE.xlsx --name {edition} --from {from} (or a CSV list, or a folder: docs/import.md)"
    )
}

/// How many items of an edition the catalogue holds for a category; none of an edition that it does
/// not know.
pub(in crate::cli) fn bundled_items(edition: &EditionId, category: &CategoryId) -> usize {
    let items = table(&format!("dspt-{edition}/items.csv"));
    items.map_or(0, |items| {
        items.rows.iter().filter(|row| row.get("category") == category.as_str()).count()
    })
}

fn field_of(edition: &EditionId, field: &str) -> Result<String, Failure> {
    let fields = table(&format!("dspt-{edition}/edition.csv"))?;
    let row = fields.rows.iter().find(|row| row.get("field") == field);
    row.map(|row| row.get("value").to_owned()).ok_or_else(|| {
        Failure::usage(format!("the catalogue does not know `{field}` of {edition}; give it"))
    })
}

/// The event that adopts an edition of the catalogue from a day on.
///
/// # Errors
/// [`Failure`] when it is not in the catalogue.
pub(in crate::cli) fn adopt_edition(
    edition: &EditionId,
    from: Date,
    now: Timestamp,
) -> Result<NewEvent, Failure> {
    let file = |name: &str| bytes(&format!("dspt-{edition}/{name}")).map(<[u8]>::to_vec);
    let revision = field_of(edition, "revision")?;
    let files = [file("items.csv")?, file("exemptions.csv")?, file("organisation-types.csv")?];
    edition_event(edition.clone(), revision, from, &format!("dspt-{edition}/"), files, now)
}

/// The event that adopts an edition from its three files.
///
/// # Errors
/// [`Failure`] naming every bad row.
pub(super) fn edition_event(
    edition: EditionId,
    revision: String,
    effective_from: Date,
    folder: &str,
    [items, exemptions, types]: [Vec<u8>; 3],
    now: Timestamp,
) -> Result<NewEvent, Failure> {
    Edition::parse(edition.clone(), revision.clone(), &items, &exemptions, &types)
        .map_err(|bad| bad_catalogue(|name| format!("{folder}{name}"), bad))?;
    let files = vec![
        File::stored("items.csv", items),
        File::stored("exemptions.csv", exemptions),
        File::stored("organisation-types.csv", types),
    ];
    let body = EditionAdopted { edition, revision, effective_from };
    new_event(Event::EditionAdopted(body), files, now)
}

//! An edition's rules: its items, its exemptions, its organisation types; and a framework's list.
//!
//! Read from files that the ledger itself holds, so that a position of last year uses last year's
//! rules. Nothing here decides a status.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use crate::domain::csv::{BadTable, CellError, Row, RowError, Table};
use crate::domain::ids::bad_ref::BadRef;
use crate::domain::ids::scheme::Scheme;
use crate::domain::ids::{
    AssertionId, CategoryId, EditionId, FrameworkRef, ItemId, OrganisationType,
};
use crate::domain::problem_code::ProblemCode;

/// How strongly an item is asked for in its category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Requirement {
    /// Must be in place for Standards Met.
    Mandatory,
    /// Asked for, but Standards Met does not need it.
    Optional,
}

impl Requirement {
    /// Returns the word used in files and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mandatory => "mandatory",
            Self::Optional => "optional",
        }
    }
}

impl FromStr for Requirement {
    type Err = BadRef;
    fn from_str(text: &str) -> Result<Self, BadRef> {
        match text {
            "mandatory" => Ok(Self::Mandatory),
            "optional" => Ok(Self::Optional),
            _ => Err(BadRef {
                found: text.to_owned(),
                expected: "a requirement: mandatory or optional",
            }),
        }
    }
}

/// One evidence item of a category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Number.
    pub id: ItemId,
    /// What it asks for, in this project's own words.
    pub title: String,
    /// How strongly.
    pub requirement: Requirement,
    /// Whether Approaching Standards asks for it, as the source says; blank where not known.
    pub approaching: String,
    /// How far the row can be relied on.
    pub confidence: String,
}

/// What an exemption row does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A certificate of the scheme meets the item.
    Satisfies,
    /// A remark that satisfies nothing, such as an ambiguous row.
    Note,
}

impl FromStr for Effect {
    type Err = BadRef;
    fn from_str(text: &str) -> Result<Self, BadRef> {
        match text {
            "satisfies" => Ok(Self::Satisfies),
            "note" => Ok(Self::Note),
            _ => Err(BadRef { found: text.to_owned(), expected: "an effect: satisfies or note" }),
        }
    }
}

/// A row of the scheme owner's exemption columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemption {
    /// Row in the file, from 1 after the header.
    pub row: u64,
    /// Category.
    pub category: CategoryId,
    /// Item that is freed.
    pub item: ItemId,
    /// Scheme whose certificate frees it.
    pub scheme: Scheme,
    /// What the row does.
    pub effect: Effect,
    /// Only for these types; empty means every type of the category.
    pub organisation_types: BTreeSet<OrganisationType>,
    /// The condition as the source words it.
    pub condition: String,
}

/// An organisation type of the edition and the category that follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeRow {
    /// Type.
    pub organisation_type: OrganisationType,
    /// Name for people.
    pub label: String,
    /// Category.
    pub category: String,
}

/// An edition in one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// Edition.
    pub id: EditionId,
    /// Revision of the files.
    pub revision: String,
    /// Items by category, in natural order of their numbers.
    pub items: BTreeMap<CategoryId, BTreeMap<ItemId, Item>>,
    /// Exemption rows in file order.
    pub exemptions: Vec<Exemption>,
    /// Organisation types.
    pub types: Vec<TypeRow>,
}

/// Columns that `items.csv` must have.
pub const ITEM_COLUMNS: &[&str] =
    &["category", "assertion", "item", "title", "requirement", "confidence"];
/// Columns that `exemptions.csv` must have.
pub const EXEMPTION_COLUMNS: &[&str] =
    &["category", "item", "scheme", "effect", "organisation_types", "scope_test", "condition"];
/// Columns that `organisation-types.csv` must have.
pub const TYPE_COLUMNS: &[&str] = &["organisation_type", "label", "category"];
/// Columns that `controls.csv` must have.
pub const CONTROL_COLUMNS: &[&str] = &["id", "parent", "title", "kind"];

const EXEMPTIONS: &str = "exemptions.csv";

/// Why a catalogue cannot be read: the file, and every bad row in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCatalogue {
    /// Not a table with the columns.
    #[error("{file}: {source}")]
    Table {
        /// Name of the file.
        file: &'static str,
        /// What is wrong.
        source: BadTable,
    },
    /// Bad rows.
    #[error("{file}: {} bad rows, the first on {}", rows.len(), first(rows))]
    Rows {
        /// Name of the file.
        file: &'static str,
        /// Every bad row, in file order.
        rows: Vec<RowError>,
    },
}

fn first(rows: &[RowError]) -> String {
    rows.first().map_or_else(String::new, ToString::to_string)
}

/// Parses every row with `parse`; gives all values, or every error.
pub(in crate::domain) fn parse_rows<T>(
    file: &'static str,
    bytes: &[u8],
    columns: &[&str],
    mut parse: impl FnMut(&Row) -> Result<T, CellError>,
) -> Result<Vec<T>, BadCatalogue> {
    let table = match Table::parse_stored(bytes, columns) {
        // An edition may well free nothing; every other file without rows is a mistake.
        Err(BadTable::NoRows) if file == EXEMPTIONS => return Ok(Vec::new()),
        read => read.map_err(|source| BadCatalogue::Table { file, source })?,
    };
    let (mut values, mut rows) = (Vec::new(), Vec::new());
    for row in &table.rows {
        match parse(row) {
            Ok(value) => values.push(value),
            Err(cell) => rows.push(RowError { line: row.line, cell }),
        }
    }
    if rows.is_empty() { Ok(values) } else { Err(BadCatalogue::Rows { file, rows }) }
}

/// A cell error about a whole row.
pub(in crate::domain) fn row_problem(
    code: ProblemCode,
    column: &str,
    found: &str,
    why: String,
) -> CellError {
    CellError { code, column: column.to_owned(), found: found.to_owned(), why, help: None }
}

impl Edition {
    /// Reads an edition from its three files.
    ///
    /// # Errors
    /// [`BadCatalogue`] with every bad row of the first file that has any: unparsable cells, an
    /// item twice, an exemption of an item that is not there.
    pub fn parse(
        id: EditionId,
        revision: String,
        items: &[u8],
        exemptions: &[u8],
        types: &[u8],
    ) -> Result<Self, BadCatalogue> {
        let items = parse_items(items)?;
        let exemptions = parse_rows(EXEMPTIONS, exemptions, EXEMPTION_COLUMNS, |row| {
            parse_exemption(row, &items)
        })?;
        let types = parse_rows("organisation-types.csv", types, TYPE_COLUMNS, |row| {
            Ok(TypeRow {
                organisation_type: row.parse("organisation_type")?,
                label: row.get("label").to_owned(),
                category: row.get("category").to_owned(),
            })
        })?;
        Ok(Self { id, revision, items, exemptions, types })
    }

    /// Returns the items of a category; empty for one that the edition does not list.
    pub fn items_of(&self, category: &CategoryId) -> impl Iterator<Item = &Item> {
        self.items.get(category).into_iter().flat_map(BTreeMap::values)
    }

    /// Returns one item.
    pub fn item(&self, category: &CategoryId, item: &ItemId) -> Option<&Item> {
        self.items.get(category)?.get(item)
    }

    /// Says whether the items of a category come from somebody's transcription and not from the
    /// scheme owner's own file. Wherever they are shown this is shown too.
    pub fn is_transcription(&self, category: &CategoryId) -> bool {
        self.items_of(category).any(|item| item.confidence.starts_with("secondary"))
    }

    /// Says whether an assertion must be confirmed: it must when it holds a mandatory item
    /// (`docs/equivalence.md`).
    pub fn asks_confirmation(&self, category: &CategoryId, assertion: &AssertionId) -> bool {
        self.items_of(category).any(|item| {
            item.requirement == Requirement::Mandatory && item.id.assertion() == *assertion
        })
    }
}

type ItemsByCategory = BTreeMap<CategoryId, BTreeMap<ItemId, Item>>;

fn parse_items(bytes: &[u8]) -> Result<ItemsByCategory, BadCatalogue> {
    let mut items = ItemsByCategory::new();
    parse_rows("items.csv", bytes, ITEM_COLUMNS, |row| {
        let category: CategoryId = row.parse("category")?;
        let id: ItemId = row.parse("item")?;
        if row.get("assertion") != id.assertion().as_str() {
            let why = format!("item {id} belongs to assertion {}", id.assertion());
            return Err(row_problem(
                ProblemCode::OtherAssertion,
                "assertion",
                row.get("assertion"),
                why,
            ));
        }
        let item = Item {
            id: id.clone(),
            title: row.get("title").to_owned(),
            requirement: row.parse("requirement")?,
            approaching: row.get("requirement_approaching").to_owned(),
            confidence: row.get("confidence").to_owned(),
        };
        if items.entry(category).or_default().insert(id.clone(), item).is_some() {
            let why = format!("item {id} stands twice in its category");
            return Err(row_problem(ProblemCode::Duplicate, "item", id.as_str(), why));
        }
        Ok(())
    })?;
    Ok(items)
}

fn parse_exemption(row: &Row, items: &ItemsByCategory) -> Result<Exemption, CellError> {
    let category: CategoryId = row.parse("category")?;
    let item: ItemId = row.parse("item")?;
    if !items.get(&category).is_some_and(|known| known.contains_key(&item)) {
        let why = format!("{category} has no item {item}");
        return Err(row_problem(ProblemCode::Unknown, "item", item.as_str(), why));
    }
    let scope_test = row.get("scope_test");
    if scope_test != "all-health-and-care-data" {
        let why = format!("`{scope_test}` is not a scope test; write all-health-and-care-data");
        return Err(row_problem(ProblemCode::NotReadable, "scope_test", scope_test, why));
    }
    let organisation_types = row
        .get("organisation_types")
        .split_whitespace()
        .map(|text| {
            text.parse().map_err(|bad: BadRef| {
                row_problem(ProblemCode::NotReadable, "organisation_types", text, bad.to_string())
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(Exemption {
        row: row.number,
        category,
        item,
        scheme: row.parse("scheme")?,
        effect: row.parse("effect")?,
        organisation_types,
        condition: row.get("condition").to_owned(),
    })
}

/// A control, clause, outcome or heading of a framework.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// Id.
    pub id: String,
    /// Id of the heading above it; blank at the top.
    pub parent: String,
    /// Title, official where the licence allows, else in this project's own words.
    pub title: String,
    /// Kind, such as `control`, `clause`, `subcategory`, `withdrawn-subcategory`, `theme`.
    pub kind: String,
}

/// A framework's list in one release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Framework {
    /// Framework and release.
    pub id: FrameworkRef,
    /// Rows by id.
    pub controls: BTreeMap<String, Control>,
    headings: BTreeSet<String>,
}

impl Framework {
    /// Reads a framework from `controls.csv`.
    ///
    /// # Errors
    /// [`BadCatalogue`] with every bad row: a blank or repeated id.
    pub fn parse(id: FrameworkRef, controls: &[u8]) -> Result<Self, BadCatalogue> {
        let mut seen = BTreeMap::new();
        parse_rows("controls.csv", controls, CONTROL_COLUMNS, |row| {
            let control = Control {
                id: row.get("id").to_owned(),
                parent: row.get("parent").to_owned(),
                title: row.get("title").to_owned(),
                kind: row.get("kind").to_owned(),
            };
            let found = control.id.clone();
            if found.is_empty() || seen.insert(found.clone(), control).is_some() {
                let why = format!("the id `{found}` is blank or stands twice");
                return Err(row_problem(ProblemCode::Duplicate, "id", &found, why));
            }
            Ok(())
        })?;
        // A clause above other clauses is a heading; a control above enhancements is not.
        let headings = seen
            .values()
            .filter(|child| child.kind == "clause")
            .map(|child| child.parent.clone())
            .filter(|parent| !parent.is_empty())
            .collect();
        Ok(Self { id, controls: seen, headings })
    }

    /// Says what kind of thing an id names here.
    pub fn standing_of(&self, id: &str) -> ControlStanding {
        let Some(control) = self.controls.get(id) else { return ControlStanding::Unknown };
        if control.kind.starts_with("withdrawn") {
            return ControlStanding::Withdrawn;
        }
        let assessable = [
            "control",
            "enhancement",
            "clause",
            "subcategory",
            "contributing-outcome",
            "requirement-own-id",
            "section",
            "step-own-number",
        ];
        if !assessable.contains(&control.kind.as_str()) || self.headings.contains(id) {
            return ControlStanding::Heading;
        }
        ControlStanding::Assessable
    }
}

/// What an id names in a framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlStanding {
    /// Something that can be met.
    Assessable,
    /// A heading over such things.
    Heading,
    /// Withdrawn in this release.
    Withdrawn,
    /// Not in this release.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ITEMS: &str = "category,assertion,item,title,requirement,confidence\n\
        cat2,8.3,8.3.4,Patches,mandatory,x\ncat2,8.3,8.3.10,Other,optional,x\n";
    const EXEMPTIONS_FILE: &str = "category,item,scheme,effect,organisation_types,scope_test,condition\n\
        cat2,8.3.4,iso27001,satisfies,,all-health-and-care-data,held\n";
    const TYPES: &str = "organisation_type,label,category\nit-supplier,IT supplier,cat2\n";

    fn parse(items: &str, exemptions: &str) -> Result<Edition, BadCatalogue> {
        let id = "2025-26-v8".parse().unwrap();
        Edition::parse(
            id,
            "8.0.0".to_owned(),
            items.as_bytes(),
            exemptions.as_bytes(),
            TYPES.as_bytes(),
        )
    }

    #[test]
    fn an_edition_reads() {
        let edition = parse(ITEMS, EXEMPTIONS_FILE).unwrap();
        let category = "cat2".parse().unwrap();
        let ids: Vec<String> = edition.items_of(&category).map(|i| i.id.to_string()).collect();
        assert_eq!(ids, ["8.3.4", "8.3.10"]);
        assert!(edition.asks_confirmation(&category, &"8.3".parse().unwrap()));
        assert!(!edition.asks_confirmation(&category, &"8.4".parse().unwrap()));
    }

    #[test]
    fn all_bad_rows_are_reported_at_once() {
        let bad = format!("{ITEMS}cat2,8.4,8.3.5,x,mandatory,x\ncat2,8.3,8.3.4,x,maybe,x\n");
        match parse(&bad, EXEMPTIONS_FILE) {
            Err(BadCatalogue::Rows { file: "items.csv", rows }) => {
                let lines: Vec<u64> = rows.iter().map(|row| row.line).collect();
                assert_eq!(lines, [4, 5]);
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_edition_may_free_nothing() {
        let (header, _) = EXEMPTIONS_FILE.split_once('\n').unwrap();
        assert!(parse(ITEMS, &format!("{header}\n")).unwrap().exemptions.is_empty());
        assert!(parse("category,assertion,item,title,requirement,confidence\n", header).is_err());
    }

    #[test]
    fn an_exemption_of_an_unknown_item_is_refused() {
        let bad = EXEMPTIONS_FILE.replace("8.3.4", "8.3.5");
        assert!(matches!(parse(ITEMS, &bad), Err(BadCatalogue::Rows { .. })));
    }

    #[test]
    fn headings_and_withdrawn_ids_are_told_apart() {
        let text = "id,parent,title,kind\n4,,Context,clause\n4.1,4,Know,clause\n\
            A.8,,Technology,theme\nA.8.13,A.8,Backup,control\nX,A.8,Gone,withdrawn-control\n";
        let framework =
            Framework::parse("iso27001:2022".parse().unwrap(), text.as_bytes()).unwrap();
        let expected = [
            ("4", ControlStanding::Heading),
            ("4.1", ControlStanding::Assessable),
            ("A.8", ControlStanding::Heading),
            ("A.8.13", ControlStanding::Assessable),
            ("X", ControlStanding::Withdrawn),
            ("A.8.1", ControlStanding::Unknown),
        ];
        for (id, standing) in expected {
            assert_eq!(framework.standing_of(id), standing, "{id}");
        }
    }
}

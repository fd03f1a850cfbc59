//! What a publisher wrote of a row, word for word, kept beside the row as it is read here.
//!
//! The cells stand in columns of the stored mapping that no rule reads: what follows from a row
//! follows from the row. They are what lets a mapping be given back as its publisher had it.

use std::collections::BTreeMap;

use super::{MAPPING_COLUMNS, MappingRow};
use crate::domain::csv::{BadTable, Row, Table, write_stored};

/// A row as its publisher has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublishedRow {
    /// The source's id.
    pub source: String,
    /// The word for the relationship.
    pub relationship: String,
    /// The target's id.
    pub target: String,
    /// The statement that the row is a part of, where that speaks of several sources or targets as
    /// one set: the same on all of its rows. The relationship is then the one between the sets.
    pub set: String,
    /// The publisher's own id of the statement.
    pub id: String,
    /// The kind of rationale: syntactic, semantic, functional.
    pub kind: String,
    /// Strength, in the publisher's scale.
    pub strength: String,
}

/// The columns, in order.
pub const PUBLISHED_COLUMNS: [&str; 7] = [
    "published_source",
    "published_relationship",
    "published_target",
    "published_set",
    "published_id",
    "rationale_kind",
    "strength",
];

impl PublishedRow {
    fn parse(row: &Row) -> Self {
        let [source, relationship, target, set, id, kind, strength] =
            PUBLISHED_COLUMNS.map(|column| row.get(column).to_owned());
        Self { source, relationship, target, set, id, kind, strength }
    }

    fn cells(&self) -> [String; 7] {
        let Self { source, relationship, target, set, id, kind, strength } = self.clone();
        [source, relationship, target, set, id, kind, strength]
    }
}

/// Writes a mapping as it is stored, with what its publisher wrote beside every row.
pub fn write_published(rows: &[(MappingRow, PublishedRow)], authority: &str) -> String {
    let columns: Vec<&str> = MAPPING_COLUMNS.iter().copied().chain(PUBLISHED_COLUMNS).collect();
    let cells = |(row, published): &(MappingRow, PublishedRow)| {
        let mut cells = row.cells(authority);
        cells.extend(published.cells());
        cells
    };
    write_stored(&columns, rows.iter().map(cells))
}

/// Reads what a publisher wrote beside the rows of a stored mapping, by row number; none where the
/// mapping is nobody's publication.
///
/// # Errors
/// [`BadTable`] where it is no table.
pub fn parse_published(bytes: &[u8]) -> Result<BTreeMap<u64, PublishedRow>, BadTable> {
    let table = Table::parse_stored(bytes, &[])?;
    if !table.header.iter().any(|name| PUBLISHED_COLUMNS.contains(&name.as_str())) {
        return Ok(BTreeMap::new());
    }
    Ok(table.rows.iter().map(|row| (row.number, PublishedRow::parse(row))).collect())
}

/// A part of a framework of which a publisher says that nothing is mapped to it. That is a remark
/// on the work, and no relationship: nothing follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// `source` or `target`.
    pub side: String,
    /// An id, or a pattern.
    pub id: String,
    /// Whether `id` is a pattern.
    pub pattern: bool,
    /// Whether those below it are meant as well: `yes`, `no`, or blank where that is not said.
    pub with_children: String,
    /// What is remarked.
    pub remarks: String,
}

/// The columns of `gaps.csv`, in order.
pub const GAP_COLUMNS: [&str; 5] = ["side", "id", "pattern", "with_children", "remarks"];

/// Writes gaps as they are stored.
pub fn write_gaps(gaps: &[Gap]) -> String {
    let cells = |gap: &Gap| {
        let pattern = if gap.pattern { "yes" } else { "no" };
        [&gap.side, &gap.id, pattern, &gap.with_children, &gap.remarks].map(str::to_owned).to_vec()
    };
    write_stored(&GAP_COLUMNS, gaps.iter().map(cells))
}

/// Reads stored gaps.
///
/// # Errors
/// [`BadTable`] where it is no table of gaps.
pub fn parse_gaps(bytes: &[u8]) -> Result<Vec<Gap>, BadTable> {
    let gap = |row: &Row| {
        let [side, id, pattern, with_children, remarks] =
            GAP_COLUMNS.map(|column| row.get(column).to_owned());
        Gap { side, id, pattern: pattern == "yes", with_children, remarks }
    };
    Ok(Table::parse_stored(bytes, &GAP_COLUMNS)?.rows.iter().map(gap).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mapping::{parse_mapping, write_mapping};

    #[test]
    fn what_a_publisher_wrote_is_read_back_and_rules_read_past_it() {
        let text = "source,relationship,target,rationale\n\
            a:1/X,subset-of,b:1/Y,\"why, exactly\"\na:1/X,superset-of,b:1/Z,because\n";
        let rows = parse_mapping(text.as_bytes()).unwrap();
        let published = PublishedRow {
            source: "x".to_owned(),
            relationship: "subset".to_owned(),
            target: "=y".to_owned(),
            set: "S1".to_owned(),
            id: "u-1".to_owned(),
            kind: "semantic".to_owned(),
            strength: "7".to_owned(),
        };
        let pairs: Vec<_> = rows.iter().cloned().map(|row| (row, published.clone())).collect();
        let stored = write_published(&pairs, "published-crosswalk");
        assert_eq!(parse_mapping(stored.as_bytes()).unwrap(), rows);
        let read = parse_published(stored.as_bytes()).unwrap();
        assert_eq!(read.into_values().collect::<Vec<_>>(), [published.clone(), published]);
        assert!(parse_published(write_mapping(&rows, "proposal").as_bytes()).unwrap().is_empty());
    }

    #[test]
    fn gaps_are_read_back() {
        let gap = |id: &str, pattern| Gap {
            side: "source".to_owned(),
            id: id.to_owned(),
            pattern,
            with_children: "yes".to_owned(),
            remarks: String::new(),
        };
        let gaps = [gap("ac-1", false), gap("pm-*", true)];
        assert_eq!(parse_gaps(write_gaps(&gaps).as_bytes()).unwrap(), gaps);
    }
}

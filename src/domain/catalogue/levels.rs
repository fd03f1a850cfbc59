//! Which levels an outcome has: some have no *partially achieved*.
//!
//! The facts are the `levels.csv` of each release that ships; nothing here names an outcome.

use super::known_frameworks::has_levels;
use crate::domain::csv::Table;
use crate::domain::ids::ControlRef;
use crate::domain::ids::level::Level;

/// The releases whose outcomes are known by level, with their files.
const LEVELS: [(&str, &[u8]); 2] = [
    ("ncsc-caf:3.2", include_bytes!("../../../mappings/ncsc-caf-3.2/levels.csv")),
    ("ncsc-caf:4.0", include_bytes!("../../../mappings/ncsc-caf-4.0/levels.csv")),
];

/// Says whether an outcome has a level. One of a release that does not ship may have every level.
pub fn has_level(outcome: &ControlRef, level: Level) -> bool {
    if level != Level::PartiallyAchieved || !has_levels(&outcome.framework.framework) {
        return true;
    }
    let framework = outcome.framework.to_string();
    let file = LEVELS.iter().find(|(release, _)| *release == framework);
    let table = file.and_then(|(_, bytes)| Table::parse_stored(bytes, COLUMNS).ok());
    let row = table
        .as_ref()
        .and_then(|table| table.rows.iter().find(|row| row.get("outcome") == outcome.id));
    row.is_none_or(|row| row.get("has_partial_level") != "no")
}

const COLUMNS: &[&str] = &["outcome", "has_partial_level"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_that_ships_is_known_by_its_levels() {
        let has = |id: &str| has_level(&id.parse().unwrap(), Level::PartiallyAchieved);
        assert!(!has("ncsc-caf:3.2/A1.a"));
        assert!(has("ncsc-caf:3.2/B2.a"));
        assert!(!has("ncsc-caf:4.0/A1.a"));
        assert!(has("ncsc-caf:9.9/A1.a"));
        assert!(has_level(&"ncsc-caf:3.2/A1.a".parse().unwrap(), Level::Achieved));
        for ((_, bytes), (all, without)) in LEVELS.iter().zip([(39, 11), (41, 9)]) {
            let table = Table::parse_stored(bytes, COLUMNS).unwrap();
            let none = table.rows.iter().filter(|row| row.get("has_partial_level") == "no");
            assert_eq!((table.rows.len(), none.count()), (all, without));
        }
    }
}

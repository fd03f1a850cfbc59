//! What an edition asks otherwise than the one before.

use std::collections::{BTreeMap, BTreeSet};

use super::edition::{Edition, Effect, Item};
use crate::domain::ids::{CategoryId, ItemId};

/// What changed for a category.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CategoryDiff {
    /// Items that were not asked before.
    pub added: Vec<ItemId>,
    /// Items that are not asked any more.
    pub dropped: Vec<ItemId>,
    /// Items that say something else.
    pub reworded: Vec<ItemId>,
    /// Items that have become mandatory.
    pub now_mandatory: Vec<ItemId>,
    /// Items that are mandatory no more.
    pub now_optional: Vec<ItemId>,
    /// Exemptions that are new, as item and scheme.
    pub newly_exempt: Vec<String>,
    /// Exemptions that there are no more.
    pub no_longer_exempt: Vec<String>,
}

/// Compares two editions, or revisions of one, category by category of the later.
pub fn revision_diff(before: &Edition, after: &Edition) -> BTreeMap<CategoryId, CategoryDiff> {
    let none = BTreeMap::new();
    let one = |(category, items): (&CategoryId, &BTreeMap<ItemId, Item>)| {
        let old = before.items.get(category).unwrap_or(&none);
        (category.clone(), category_diff((before, old), (after, items), category))
    };
    after.items.iter().map(one).collect()
}

type Of<'e> = (&'e Edition, &'e BTreeMap<ItemId, Item>);

fn category_diff(before: Of<'_>, after: Of<'_>, category: &CategoryId) -> CategoryDiff {
    use super::edition::Requirement::{Mandatory, Optional};
    let ((old_edition, old), (new_edition, new)) = (before, after);
    let missing = |from: &BTreeMap<ItemId, Item>, other: &BTreeMap<ItemId, Item>| {
        from.keys().filter(|id| !other.contains_key(*id)).cloned().collect::<Vec<_>>()
    };
    let both = || new.iter().filter_map(|(id, item)| Some((id, old.get(id)?, item)));
    let changed = |is: &dyn Fn(&Item, &Item) -> bool| {
        both().filter(|(_, a, b)| is(a, b)).map(|(id, ..)| id.clone()).collect::<Vec<_>>()
    };
    let (was, is) = (exempt(old_edition, category), exempt(new_edition, category));
    CategoryDiff {
        added: missing(new, old),
        dropped: missing(old, new),
        reworded: changed(&|a, b| a.title != b.title),
        now_mandatory: changed(&|a, b| (a.requirement, b.requirement) == (Optional, Mandatory)),
        now_optional: changed(&|a, b| (a.requirement, b.requirement) == (Mandatory, Optional)),
        newly_exempt: is.difference(&was).cloned().collect(),
        no_longer_exempt: was.difference(&is).cloned().collect(),
    }
}

fn exempt(edition: &Edition, category: &CategoryId) -> BTreeSet<String> {
    let of = edition.exemptions.iter().filter(|one| one.category == *category);
    let of = of.filter(|one| one.effect == Effect::Satisfies);
    of.map(|one| format!("{} by {}", one.item, one.scheme.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edition(items: &str, exemptions: &str) -> Edition {
        let items = format!("category,assertion,item,title,requirement,confidence\n{items}");
        let header = "category,item,scheme,effect,organisation_types,scope_test,condition";
        let exemptions = format!("{header}\n{exemptions}");
        let types = "organisation_type,label,category\nit-supplier,IT supplier,cat2\n";
        let id = "2025-26-v8".parse().unwrap();
        let (items, exemptions) = (items.as_bytes(), exemptions.as_bytes());
        Edition::parse(id, "1".to_owned(), items, exemptions, types.as_bytes()).unwrap()
    }

    #[test]
    fn every_kind_of_change_is_told() {
        let before = edition(
            "cat2,1.1,1.1.1,One,mandatory,x\ncat2,1.1,1.1.2,Two,optional,x\ncat2,1.1,1.1.3,Three,optional,x\n",
            "cat2,1.1.1,iso27001,satisfies,,all-health-and-care-data,held\n",
        );
        let after = edition(
            "cat2,1.1,1.1.1,One more,optional,x\ncat2,1.1,1.1.2,Two,mandatory,x\ncat2,1.1,1.1.4,Four,optional,x\n",
            "cat2,1.1.2,psn-ia,satisfies,,all-health-and-care-data,held\ncat2,1.1.4,iso27001,note,,all-health-and-care-data,perhaps\n",
        );
        let id = |text: &str| -> Vec<ItemId> { vec![text.parse().unwrap()] };
        let expected = CategoryDiff {
            added: id("1.1.4"),
            dropped: id("1.1.3"),
            reworded: id("1.1.1"),
            now_mandatory: id("1.1.2"),
            now_optional: id("1.1.1"),
            newly_exempt: vec!["1.1.2 by psn-ia".to_owned()],
            no_longer_exempt: vec!["1.1.1 by iso27001".to_owned()],
        };
        assert_eq!(revision_diff(&before, &after)[&"cat2".parse().unwrap()], expected);
    }
}

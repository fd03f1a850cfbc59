//! The names in a mapping, and whether they lead to something that can be met at that level.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::finding::{Report, Rule, Severity};
use super::relationship::Relationship;
use super::{MappingRow, RowSource};
use crate::domain::catalogue::edition::{ControlStanding, Edition, Framework};
use crate::domain::catalogue::known_frameworks::has_levels;
use crate::domain::ids::level::Level;
use crate::domain::ids::{
    CategoryId, ControlRef, EditionId, FrameworkRef, ItemId, ItemRef, TargetRef,
};
use crate::domain::nearest::closest;

/// What names can lead to: the frameworks and editions at hand.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// Frameworks by release.
    pub frameworks: BTreeMap<FrameworkRef, Framework>,
    /// Editions.
    pub editions: BTreeMap<EditionId, Edition>,
    /// What took the place of withdrawn controls, where the publisher says.
    pub successors: BTreeMap<ControlRef, Vec<String>>,
    /// Outcomes that have no level between not achieved and achieved.
    pub one_level: BTreeSet<ControlRef>,
    /// Releases that are not at hand, each with one that is and has all of its ids.
    pub looked_up_in: BTreeMap<FrameworkRef, FrameworkRef>,
}

impl Catalogue {
    /// Returns the framework that the ids of a release are looked up in.
    pub fn framework(&self, id: &FrameworkRef) -> Option<&Framework> {
        let other = || self.frameworks.get(self.looked_up_in.get(id)?);
        self.frameworks.get(id).or_else(other)
    }

    /// Says what a control is; none where its release is not at hand.
    pub fn standing_of(&self, control: &ControlRef) -> Option<ControlStanding> {
        self.framework(&control.framework).map(|framework| framework.standing_of(&control.id))
    }
}

/// Most different unknown ids for which similar ones are looked for.
const SUGGESTIONS_MAX: usize = 500;

/// Something that a row names.
#[derive(Clone, Copy)]
pub(in crate::domain) enum Named<'r> {
    Control(&'r ControlRef),
    Item(&'r ItemRef),
    Nothing(&'r FrameworkRef),
}

/// A name by its parts: plain text compares much faster than natural order, and order is all
/// that is asked of it.
pub(in crate::domain) type Key<'r> = (u8, &'r str, &'r str, &'r str);

impl<'r> Named<'r> {
    pub(in crate::domain) fn source(row: &'r MappingRow) -> Self {
        match &row.source {
            RowSource::One(control) => Self::Control(control),
            RowSource::NothingIn(framework) => Self::Nothing(framework),
        }
    }

    pub(in crate::domain) fn target(row: &'r MappingRow) -> Self {
        match &row.target {
            TargetRef::Item(item) => Self::Item(item),
            TargetRef::Control(control) => Self::Control(control),
        }
    }

    pub(in crate::domain) fn key(self) -> Key<'r> {
        match self {
            Self::Control(ControlRef { framework, id }) => {
                (0, &framework.framework, &framework.release, id)
            }
            Self::Item(item) => {
                (1, item.edition.as_str(), item.category.as_str(), item.item.as_str())
            }
            Self::Nothing(framework) => (2, &framework.framework, &framework.release, ""),
        }
    }
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Control(control) => control.fmt(out),
            Self::Item(item) => item.fmt(out),
            Self::Nothing(framework) => write!(out, "{framework}/*"),
        }
    }
}

/// Says whether a row says anything of what follows from what. One that does not only suggests.
fn asserts(row: &MappingRow) -> bool {
    row.relationship != Relationship::Unspecified || row.joint.is_some()
}

/// The rows that name a thing, those that assert something apart.
struct Uses<'r> {
    named: Named<'r>,
    asserting: Vec<u64>,
    suggesting: Vec<u64>,
}

/// Finds names that lead nowhere.
pub(in crate::domain) fn names(rows: &[&MappingRow], catalogue: &Catalogue, report: &mut Report) {
    let mut uses: BTreeMap<Key<'_>, Uses<'_>> = BTreeMap::new();
    for row in rows {
        for named in [Named::source(row), Named::target(row)] {
            let empty = || Uses { named, asserting: Vec::new(), suggesting: Vec::new() };
            let uses = uses.entry(named.key()).or_insert_with(empty);
            if asserts(row) { &mut uses.asserting } else { &mut uses.suggesting }.push(row.number);
        }
    }
    let mut left = SUGGESTIONS_MAX;
    let mut troubles: BTreeMap<Trouble, (Vec<u64>, Vec<u64>)> = BTreeMap::new();
    for one in uses.into_values() {
        let Some(trouble) = trouble(one.named, catalogue, &mut left) else { continue };
        let (asserting, suggesting) = troubles.entry(trouble).or_default();
        asserting.extend(one.asserting);
        suggesting.extend(one.suggesting);
    }
    for (trouble, (asserting, suggesting)) in troubles {
        // A suggestion that leads to a heading does no harm: nothing follows from it.
        let harmless = trouble.rule == Rule::HeadingId && asserting.is_empty();
        let severity = if harmless || trouble.rule == Rule::UnknownRelease {
            Severity::Warning
        } else {
            Severity::Error
        };
        let mut rows = [asserting, suggesting].concat();
        rows.sort_unstable();
        rows.dedup();
        report.push((trouble.rule, severity), rows, trouble.text, &trouble.help);
    }
}

/// Why a name leads nowhere.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Trouble {
    rule: Rule,
    text: String,
    help: String,
}

fn trouble(named: Named<'_>, catalogue: &Catalogue, left: &mut usize) -> Option<Trouble> {
    match named {
        Named::Control(control) => match catalogue.framework(&control.framework) {
            None => Some(no_framework(&control.framework, catalogue)),
            Some(framework) => control_trouble(control, framework, catalogue, left),
        },
        Named::Nothing(framework) => {
            catalogue.framework(framework).is_none().then(|| no_framework(framework, catalogue))
        }
        Named::Item(item) => match catalogue.editions.get(&item.edition) {
            None => Some(no_edition(item, catalogue)),
            Some(edition) => item_trouble(item, edition, left),
        },
    }
}

/// The same text for every id of the release, so that one finding holds them all.
fn no_framework(id: &FrameworkRef, catalogue: &Catalogue) -> Trouble {
    let near = closest(&id.to_string(), catalogue.frameworks.keys().map(ToString::to_string));
    Trouble {
        rule: Rule::UnknownRelease,
        text: format!("{id} is not in the catalogue, so its ids were not checked"),
        help: near.map_or_else(String::new, |near| format!("did you mean {near}?")),
    }
}

fn no_edition(item: &ItemRef, catalogue: &Catalogue) -> Trouble {
    let known: Vec<String> = catalogue.editions.keys().map(ToString::to_string).collect();
    Trouble {
        rule: Rule::UnknownRelease,
        text: format!(
            "edition {} is not in the catalogue, so its items were not checked",
            item.edition
        ),
        help: format!("known are: {}", known.join(", ")),
    }
}

/// Returns a similar id, as long as not too many were looked for.
fn similar<'k>(id: &str, known: impl Iterator<Item = &'k str>, left: &mut usize) -> Option<String> {
    *left = left.checked_sub(1)?;
    closest(id, known.map(str::to_owned))
}

fn control_trouble(
    control: &ControlRef,
    framework: &Framework,
    catalogue: &Catalogue,
    left: &mut usize,
) -> Option<Trouble> {
    let (release, id) = (&control.framework, &control.id);
    match framework.standing_of(id) {
        ControlStanding::Assessable => None,
        ControlStanding::Unknown => {
            let mut others = catalogue.frameworks.values().filter(|other| {
                other.id.framework == release.framework && other.id != framework.id
            });
            let help = match others.find(|other| other.controls.contains_key(id)) {
                Some(other) => format!("it is an id of {}; name that if it is meant", other.id),
                None => similar(id, framework.controls.keys().map(String::as_str), left)
                    .map_or_else(
                        || format!("see its ids with: dspt catalogue {}", framework.id),
                        |near| format!("did you mean {near}?"),
                    ),
            };
            let text = format!("`{id}` is not an id of {release}");
            Some(Trouble { rule: Rule::DanglingId, text, help })
        }
        ControlStanding::Withdrawn => {
            let text = format!("`{id}` is withdrawn in {release}");
            let help = successors(control, framework, catalogue);
            Some(Trouble { rule: Rule::WithdrawnId, text, help })
        }
        ControlStanding::Heading => {
            let under = framework.controls.values().find(|child| {
                child.parent == *id
                    && framework.standing_of(&child.id) == ControlStanding::Assessable
            });
            let text = format!("`{id}` is a heading of {release}, which nothing can meet as such");
            let help = under.map_or_else(
                || "name a control under it".to_owned(),
                |child| format!("name one under it, such as {}", child.id),
            );
            Some(Trouble { rule: Rule::HeadingId, text, help })
        }
    }
}

fn successors(control: &ControlRef, framework: &Framework, catalogue: &Catalogue) -> String {
    let here = ControlRef { framework: framework.id.clone(), id: control.id.clone() };
    match catalogue.successors.get(&here).map(Vec::as_slice) {
        Some([one]) => format!("its successor is {one}"),
        Some([first, rest @ ..]) => {
            format!("its successors are {first}, {}", rest.join(", "))
        }
        Some([]) | None => "name the control that took its place".to_owned(),
    }
}

fn item_trouble(item: &ItemRef, edition: &Edition, left: &mut usize) -> Option<Trouble> {
    let ItemRef { edition: name, category, item: id } = item;
    let dangling =
        |text: String, help: String| Some(Trouble { rule: Rule::DanglingId, text, help });
    let list = |all: Vec<&CategoryId>| -> String {
        all.into_iter().map(CategoryId::as_str).collect::<Vec<_>>().join(", ")
    };
    let Some(items) = edition.items.get(category) else {
        let text = format!("edition {name} has no items for the category {category}");
        return dangling(
            text,
            format!("it has items for {}", list(edition.items.keys().collect())),
        );
    };
    if items.contains_key(id) {
        return None;
    }
    let text = format!("`{id}` is not an item of {name} for {category}");
    let elsewhere = edition.items.iter().filter(|(_, items)| items.contains_key(id));
    let elsewhere: Vec<&CategoryId> = elsewhere.map(|(category, _)| category).collect();
    if !elsewhere.is_empty() {
        return dangling(text, format!("it is one for {}; check the category", list(elsewhere)));
    }
    let near = similar(id.as_str(), items.keys().map(ItemId::as_str), left);
    let help = near.map_or_else(
        || format!("see its items with: dspt catalogue {name}"),
        |near| format!("did you mean {near}?"),
    );
    dangling(text, help)
}

/// Checks that levels stand where there are levels and nowhere else.
pub(in crate::domain) fn level(row: &MappingRow, catalogue: &Catalogue, report: &mut Report) {
    let sides = [(Named::source(row), row.source_level), (Named::target(row), row.target_level)];
    for (named, level) in sides {
        let Some((text, help)) = wrong_level(named, level, catalogue) else { continue };
        let severity = if asserts(row) { Severity::Error } else { Severity::Warning };
        report.add((Rule::WrongLevel, severity), row.number, text, help);
    }
}

fn wrong_level(
    named: Named<'_>,
    level: Level,
    catalogue: &Catalogue,
) -> Option<(String, &'static str)> {
    let control = match named {
        Named::Control(control) => control,
        Named::Item(_) | Named::Nothing(_) => {
            let what = if matches!(named, Named::Item(_)) { "an item" } else { "no control" };
            let text = format!("{what} has levels, but {named} is given one");
            return (level != Level::Met).then_some((text, "leave the level blank"));
        }
    };
    // What is no outcome of a known list is another finding.
    let framework = catalogue.framework(&control.framework)?;
    if framework.standing_of(&control.id) != ControlStanding::Assessable {
        return None;
    }
    let here = ControlRef { framework: framework.id.clone(), id: control.id.clone() };
    match (has_levels(&framework.id.framework), level) {
        (true, Level::Met) => {
            let text = format!("{control} is an outcome and is given no level");
            Some((text, "write partially-achieved or achieved"))
        }
        (true, Level::PartiallyAchieved) if catalogue.one_level.contains(&here) => {
            let text = format!("{control} has no level partially-achieved");
            Some((text, "write achieved"))
        }
        (true, Level::PartiallyAchieved | Level::Achieved) | (false, Level::Met) => None,
        (false, Level::PartiallyAchieved | Level::Achieved) => {
            Some((format!("{control} has no levels, but is given one"), "leave the level blank"))
        }
    }
}

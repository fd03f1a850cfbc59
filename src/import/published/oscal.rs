//! OSCAL's control mapping model, 1.2.0 to 1.2.2, as JSON: `mapping-collection`.
//!
//! A map relates a set of sources to a set of targets. Its word is one of OSCAL's own; where another
//! namespace gives it another meaning, it is refused. A gap is kept and says nothing.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::set::{FrameworkName, PublishedSet, Statement};
use crate::domain::mapping::Relationship;
use crate::domain::mapping::published::Gap;
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::shown;
use crate::import::problem::Fault;

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "mapping-collection")]
    collection: Collection,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Collection {
    metadata: Metadata,
    #[serde(default)]
    provenance: Provenance,
    #[serde(deserialize_with = "one_or_more")]
    mappings: Vec<Mapping>,
    #[serde(default)]
    back_matter: BackMatter,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Metadata {
    title: String,
    #[serde(default)]
    oscal_version: String,
    #[serde(default)]
    parties: Vec<Party>,
}

#[derive(Deserialize)]
struct Party {
    #[serde(default)]
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Provenance {
    #[serde(default)]
    matching_rationale: String,
}

#[derive(Default, Deserialize)]
struct BackMatter {
    #[serde(default)]
    resources: Vec<BackResource>,
}

#[derive(Deserialize)]
struct BackResource {
    uuid: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    rlinks: Vec<Rlink>,
}

#[derive(Deserialize)]
struct Rlink {
    href: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Mapping {
    uuid: String,
    #[serde(default)]
    matching_rationale: String,
    source_resource: Resource,
    target_resource: Resource,
    maps: Vec<Map>,
    #[serde(default)]
    remarks: String,
    #[serde(default)]
    source_gap_summary: Option<GapSummary>,
    #[serde(default)]
    target_gap_summary: Option<GapSummary>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    ns: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    href: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Map {
    uuid: String,
    #[serde(default)]
    ns: Option<String>,
    #[serde(default)]
    matching_rationale: String,
    relationship: String,
    sources: Vec<Item>,
    targets: Vec<Item>,
    #[serde(default)]
    qualifiers: Vec<Qualifier>,
    #[serde(default)]
    confidence_score: Option<Score>,
    #[serde(default)]
    remarks: String,
}

#[derive(Deserialize)]
struct Item {
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "id-ref")]
    id: String,
}

#[derive(Deserialize)]
struct Qualifier {
    predicate: String,
    #[serde(default)]
    description: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct GapSummary {
    unmapped_controls: Vec<Unmapped>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Unmapped {
    #[serde(default)]
    with_child_controls: String,
    #[serde(default)]
    with_ids: Vec<String>,
    #[serde(default)]
    matching: Vec<Pattern>,
}

#[derive(Deserialize)]
struct Pattern {
    #[serde(default)]
    pattern: String,
    #[serde(default)]
    remarks: String,
}

/// A confidence as 1.2.0 (a number or word) and 1.2.1 (an object) have it, as text.
struct Score(String);

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Score;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a confidence score")
            }
            fn visit_str<E>(self, text: &str) -> Result<Score, E> {
                Ok(Score(text.to_owned()))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Score, E> {
                Ok(Score(number.to_string()))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Score, E> {
                Ok(Score(number.to_string()))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Score, E> {
                Ok(Score(number.to_string()))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Score, A::Error> {
                let mut said = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    if matches!(key.as_str(), "category" | "percentage") {
                        said.push(map.next_value::<Score>()?.0);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Score(said.join(" ")))
            }
        }
        from.deserialize_any(Any)
    }
}

/// Reads one object, or a list of them.
fn one_or_more<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Either<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
        type Value = Vec<T>;
        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("an object or a list of objects")
        }
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<T>, A::Error> {
            Ok(vec![T::deserialize(MapAccessDeserializer::new(map))?])
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
            let mut all = Vec::new();
            while let Some(one) = list.next_element()? {
                all.push(one);
            }
            Ok(all)
        }
    }
    from.deserialize_any(Either(PhantomData))
}

/// Reads a mapping collection.
pub(super) fn read(text: &str) -> Result<Vec<PublishedSet>, (u64, Fault)> {
    let document: Document = serde_json::from_str(text).map_err(|error| {
        let message = format!("the mapping collection cannot be read: {error}");
        let help = "compare it with the OSCAL control mapping model, 1.2.0 to 1.2.2";
        (error.line() as u64, Fault::new(ProblemCode::Shape, message).help(help))
    })?;
    let collection = document.collection;
    let several = collection.mappings.len() > 1;
    let about = About::of(&collection);
    let sets = collection.mappings.into_iter().zip(1..);
    Ok(sets
        .map(|(mapping, number)| published(mapping, &about, several.then_some(number)))
        .collect())
}

/// What the collection says of all its mappings.
struct About {
    title: String,
    author: String,
    kind: String,
    resources: Vec<BackResource>,
    notes: Vec<String>,
}

impl About {
    fn of(collection: &Collection) -> Self {
        let metadata = &collection.metadata;
        let mut notes = Vec::new();
        if !metadata.oscal_version.trim_start_matches('v').starts_with("1.2") {
            notes.push(format!(
                "the file says OSCAL {}, which has no mapping model; it is read as 1.2",
                shown(&metadata.oscal_version)
            ));
        }
        let names = metadata.parties.iter().map(|party| party.name.as_str());
        let names: Vec<&str> = names.filter(|name| !name.is_empty()).take(3).collect();
        let resources = collection.back_matter.resources.iter().map(|one| BackResource {
            uuid: one.uuid.clone(),
            title: one.title.clone(),
            rlinks: one.rlinks.iter().map(|link| Rlink { href: link.href.clone() }).collect(),
        });
        Self {
            title: metadata.title.clone(),
            author: names.join(", "),
            kind: collection.provenance.matching_rationale.clone(),
            resources: resources.collect(),
            notes,
        }
    }

    /// What a resource may be known by: its address, the last part of it, those of back matter.
    fn name(&self, resource: &Resource) -> FrameworkName {
        let mut hrefs = vec![resource.href.clone()];
        let mut text = resource.href.clone();
        if let Some(id) = resource.href.strip_prefix('#') {
            let found = self.resources.iter().find(|one| one.uuid.eq_ignore_ascii_case(id));
            if let Some(found) = found {
                hrefs.extend(found.rlinks.iter().map(|link| link.href.clone()));
                hrefs.push(found.title.clone());
                if !found.title.is_empty() {
                    text.clone_from(&found.title);
                }
            }
        }
        let last = |href: &String| {
            let path = href.split(['?', '#']).next().unwrap_or_default();
            path.rsplit('/').next().unwrap_or_default().to_owned()
        };
        let files: Vec<String> = hrefs.iter().map(last).collect();
        hrefs.extend(files);
        hrefs.retain(|key| !key.is_empty());
        FrameworkName { text, keys: hrefs }
    }
}

fn published(mapping: Mapping, about: &About, number: Option<u64>) -> PublishedSet {
    let title = match number {
        Some(number) => format!("{}, mapping {number}", about.title),
        None => about.title.clone(),
    };
    let mut notes = about.notes.clone();
    if !mapping.remarks.is_empty() {
        notes.push(format!("the publisher remarks: {}", shown(&mapping.remarks)));
    }
    let foreign = [&mapping.source_resource, &mapping.target_resource]
        .into_iter()
        .find_map(|resource| foreign_type(resource).err());
    let default = [&mapping.matching_rationale, &about.kind].into_iter().find(|k| !k.is_empty());
    let default = default.cloned().unwrap_or_default();
    let gaps = [("source", &mapping.source_gap_summary), ("target", &mapping.target_gap_summary)];
    let gaps = gaps.into_iter().flat_map(|(side, summary)| gaps_of(side, summary.as_ref()));
    let gaps: Vec<Gap> = gaps.collect();
    let (source, target) =
        (about.name(&mapping.source_resource), about.name(&mapping.target_resource));
    let maps = mapping.maps.into_iter().zip(1..);
    let statements = maps.map(|(map, at)| statement(map, at, &default, foreign.as_ref())).collect();
    PublishedSet {
        id: mapping.uuid,
        title,
        author: about.author.clone(),
        licence: String::new(),
        source,
        target,
        statements,
        gaps,
        notes,
    }
}

/// OSCAL's own namespaces; another one gives its words a meaning that is not known here.
fn own_namespace(ns: Option<&String>) -> bool {
    ns.is_none_or(|ns| {
        let plain = ns.trim_end_matches('/');
        matches!(plain, "http://csrc.nist.gov/ns/oscal" | "https://csrc.nist.gov/ns/oscal")
    })
}

fn foreign_type(resource: &Resource) -> Result<(), Fault> {
    if own_namespace(resource.ns.as_ref()) {
        return Ok(());
    }
    let ns = resource.ns.as_deref().unwrap_or_default();
    Err(unknown_namespace(&format!("the resource type `{}`", shown(&resource.kind)), ns))
}

fn unknown_namespace(what: &str, ns: &str) -> Fault {
    let message = format!(
        "the namespace {} gives {what} a meaning of its own, which is not known here",
        shown(ns)
    );
    let help = "ask its author which of OSCAL's own words is meant, and take the namespace out";
    Fault::new(ProblemCode::NotReadable, message).help(help)
}

fn statement(map: Map, at: u64, default: &str, foreign: Option<&Fault>) -> Statement {
    let relationship = match foreign {
        Some(fault) => Err(fault.clone()),
        None => relationship(&map),
    };
    let qualified: Vec<String> = map
        .qualifiers
        .iter()
        .map(|one| format!("{}: {}", one.predicate, one.description))
        .collect();
    let remarks = std::iter::once(map.remarks).chain(qualified).filter(|text| !text.is_empty());
    let kind = if map.matching_rationale.is_empty() { default } else { &map.matching_rationale };
    let rationale: Vec<String> = remarks.collect();
    let ids = |items: Vec<Item>| items.into_iter().map(|one| one.id).collect();
    Statement {
        line: 0,
        place: format!("map {at}"),
        sources: ids(map.sources),
        targets: ids(map.targets),
        relationship,
        word: map.relationship,
        rationale: if rationale.is_empty() { kind.to_owned() } else { rationale.join("; ") },
        kind: kind.to_owned(),
        strength: map.confidence_score.map_or_else(String::new, |score| score.0),
        id: map.uuid,
    }
}

fn relationship(map: &Map) -> Result<Relationship, Fault> {
    if !own_namespace(map.ns.as_ref()) {
        let what = format!("`{}`", shown(&map.relationship));
        return Err(unknown_namespace(&what, map.ns.as_deref().unwrap_or_default()));
    }
    if map.sources.is_empty() || map.targets.is_empty() {
        let fault = Fault::new(ProblemCode::Blank, "the map has no source or no target");
        return Err(fault.help("a control that is mapped to nothing belongs to a gap summary"));
    }
    if let Some(part) = map.sources.iter().chain(&map.targets).find(|one| one.kind != "control") {
        let message = format!(
            "`{}` is a {} within a control; what holds of a part need not hold of the whole",
            shown(&part.id),
            shown(&part.kind)
        );
        let help = "only controls are mapped here; its author can say what holds of the control";
        return Err(Fault::new(ProblemCode::NotReadable, message).help(help));
    }
    if let Some(not) = map.qualifiers.iter().find(|one| one.predicate == "has-incompatibility") {
        let message = format!(
            "the map is said to have an incompatibility, so nothing may follow from it: {}",
            shown(&not.description)
        );
        let help = "ask its author what holds in spite of that, and map it without the qualifier";
        return Err(Fault::new(ProblemCode::SaysNothing, message).help(help));
    }
    match map.relationship.as_str() {
        "equal-to" => Ok(Relationship::EqualTo),
        "equivalent-to" => Ok(Relationship::EquivalentTo),
        "subset-of" => Ok(Relationship::SubsetOf),
        "superset-of" => Ok(Relationship::SupersetOf),
        "intersects-with" => Ok(Relationship::IntersectsWith),
        "no-relationship" => Ok(Relationship::NoRelationship),
        other => {
            let message = format!("`{}` is not a relationship of OSCAL", shown(other));
            let help = "it has equal-to, equivalent-to, subset-of, superset-of, intersects-with and \
                        no-relationship";
            Err(Fault::new(ProblemCode::NotReadable, message).help(help))
        }
    }
}

fn gaps_of(side: &str, summary: Option<&GapSummary>) -> Vec<Gap> {
    let gap = |id: &str, pattern: bool, of: &Unmapped, remarks: &str| Gap {
        side: side.to_owned(),
        id: id.to_owned(),
        pattern,
        with_children: of.with_child_controls.clone(),
        remarks: remarks.to_owned(),
    };
    let mut gaps = Vec::new();
    for one in summary.into_iter().flat_map(|summary| &summary.unmapped_controls) {
        gaps.extend(one.with_ids.iter().map(|id| gap(id, false, one, "")));
        gaps.extend(one.matching.iter().map(|like| gap(&like.pattern, true, one, &like.remarks)));
    }
    gaps
}

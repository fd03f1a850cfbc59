//! CISO Assistant's libraries: `objects.requirement_mapping_sets`, in older files one
//! `requirement_mapping_set`.
//!
//! A URN of a requirement ends with its framework and its id, in lower case; an id may hold colons.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::set::{FrameworkName, PublishedSet, Statement};
use super::yaml;
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::{counted, shown};
use crate::import::problem::Fault;
use crate::import::relation;

#[derive(Deserialize)]
struct Library {
    #[serde(default)]
    copyright: Option<String>,
    #[serde(default)]
    provider: Option<String>,
    #[serde(default)]
    packager: Option<String>,
    objects: Objects,
}

#[derive(Deserialize)]
struct Objects {
    #[serde(default)]
    requirement_mapping_set: Option<MappingSet>,
    #[serde(default)]
    requirement_mapping_sets: Option<Vec<MappingSet>>,
}

#[derive(Deserialize)]
struct MappingSet {
    urn: String,
    #[serde(default)]
    ref_id: Option<String>,
    #[serde(default)]
    name: Option<String>,
    source_framework_urn: String,
    target_framework_urn: String,
    #[serde(default)]
    requirement_mappings: Vec<Mapping>,
}

#[derive(Deserialize)]
struct Mapping {
    source_requirement_urn: Spanned<String>,
    target_requirement_urn: String,
    relationship: String,
    #[serde(default)]
    rationale: Option<String>,
    #[serde(default)]
    strength_of_relationship: Option<String>,
    #[serde(default)]
    annotation: Option<String>,
}

/// Reads a library as mapping sets.
pub(super) fn read(text: &str) -> Result<Vec<PublishedSet>, (u64, Fault)> {
    let library: Library = yaml::read(text)?;
    let one = library.objects.requirement_mapping_set;
    let several = library.objects.requirement_mapping_sets.unwrap_or_default();
    let by = [&library.provider, &library.packager];
    let by: Vec<&str> = by.into_iter().flatten().map(String::as_str).collect();
    let author = match by.as_slice() {
        [provider, packager] if provider != packager => {
            format!("{provider}, packaged by {packager}")
        }
        [first, ..] => (*first).to_owned(),
        [] => String::new(),
    };
    let licence = library.copyright.unwrap_or_default();
    let sets = one.into_iter().chain(several);
    Ok(sets.map(|set| published(set, &author, &licence)).collect())
}

fn published(set: MappingSet, author: &str, licence: &str) -> PublishedSet {
    let (source, target) = (&set.source_framework_urn, &set.target_framework_urn);
    let slugs = (slug(source), slug(target));
    let mut notes = Vec::new();
    let strengths = set.requirement_mappings.iter();
    let strengths = strengths.filter(|one| one.strength_of_relationship.is_some()).count();
    if strengths > 0 {
        notes.push(format!(
            "{} of relationship kept as written: no strength counts for anything here",
            counted(strengths, "strength")
        ));
    }
    let statements = set.requirement_mappings.iter().map(|one| statement(one, &slugs)).collect();
    let name = set.urn.rsplit(':').next().unwrap_or_default();
    PublishedSet {
        // Files are known to repeat `ref_id`, so the URN tells sets apart.
        id: name.to_owned(),
        title: set.name.or(set.ref_id).unwrap_or_else(|| name.to_owned()),
        author: author.to_owned(),
        licence: licence.to_owned(),
        source: FrameworkName::plain(source),
        target: FrameworkName::plain(target),
        statements,
        gaps: Vec::new(),
        notes,
    }
}

/// Returns what names the framework in its URN.
fn slug(urn: &str) -> String {
    urn.split_once(":framework:").map_or(urn, |(_, slug)| slug).trim().to_lowercase()
}

fn statement(one: &Mapping, slugs: &(String, String)) -> Statement {
    let line = one.source_requirement_urn.referenced.line();
    let source = node(&one.source_requirement_urn.value, &slugs.0);
    let target = node(&one.target_requirement_urn, &slugs.1);
    let (kind, kind_text) = rationale(one.rationale.as_deref().unwrap_or_default());
    let annotation = one.annotation.clone().unwrap_or_default();
    let rationale = [annotation, kind_text, kind.clone()].into_iter().find(|one| !one.is_empty());
    let (source, target, relationship) = match (source, target) {
        (Ok(source), Ok(target)) => (source, target, relation::relationship(&one.relationship)),
        (Err(fault), _) | (_, Err(fault)) => (String::new(), String::new(), Err(fault)),
    };
    Statement {
        line,
        place: format!("line {line}"),
        sources: vec![source],
        targets: vec![target],
        relationship,
        word: one.relationship.clone(),
        rationale: rationale.unwrap_or_default(),
        kind,
        strength: one.strength_of_relationship.clone().unwrap_or_default(),
        id: String::new(),
    }
}

/// The kind of a rationale, or the sentence that some files have in its place.
fn rationale(text: &str) -> (String, String) {
    let word = text.trim().to_lowercase();
    if matches!(word.as_str(), "syntactic" | "semantic" | "functional") {
        return (word, String::new());
    }
    (String::new(), text.trim().to_owned())
}

/// Returns the id in a requirement's URN, which must be one of the framework.
fn node(urn: &str, slug: &str) -> Result<String, Fault> {
    let rest = urn.trim().split_once(":req_node:").map(|(_, rest)| rest);
    let named = rest.and_then(|rest| rest.split_once(':'));
    let Some((framework, id)) = named.filter(|(_, id)| !id.is_empty()) else {
        let message = format!("`{}` is not the URN of a requirement", shown(urn));
        let help = "such a URN reads urn:intuitem:risk:req_node:FRAMEWORK:ID";
        return Err(Fault::new(ProblemCode::NotReadable, message).help(help));
    };
    if !framework.eq_ignore_ascii_case(slug) {
        let message = format!(
            "`{}` is of the framework {}, and the set is about {}",
            shown(urn),
            shown(framework),
            shown(slug)
        );
        let help = "move the row to a set of its own frameworks";
        return Err(Fault::new(ProblemCode::OtherRelease, message).help(help));
    }
    Ok(id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mapping::Relationship;

    const SET: &str = "objects:\n  requirement_mapping_set:\n    urn: urn:x:set:s\n    \
        source_framework_urn: urn:x:framework:a\n    target_framework_urn: urn:x:framework:b\n    \
        requirement_mappings:\n";

    #[test]
    fn rows_are_read_with_their_line_and_ids_after_the_framework() {
        let text = format!(
            "{SET}    - source_requirement_urn: urn:x:req_node:a:4.10\n      \
             target_requirement_urn: urn:x:risk:req_node:b:x:y\n      relationship: subset\n      \
             rationale: semantic\n      strength_of_relationship: 7\n"
        );
        let set = read(&text).unwrap().remove(0);
        let one = &set.statements[0];
        assert_eq!(
            (one.line, one.sources[0].as_str(), one.targets[0].as_str()),
            (7, "4.10", "x:y")
        );
        assert_eq!(one.relationship, Ok(Relationship::SubsetOf));
        assert_eq!((one.kind.as_str(), one.strength.as_str()), ("semantic", "7"));
        assert_eq!(set.id, "s");
    }

    #[test]
    fn what_is_no_row_of_the_set_is_named() {
        let text = format!(
            "{SET}    - source_requirement_urn: urn:x:req_node:c:1\n      \
             target_requirement_urn: urn:x:req_node:b:1\n      relationship: equal\n    \
             - source_requirement_urn: urn:x:1\n      target_requirement_urn: b\n      \
             relationship: equal\n"
        );
        let set = read(&text).unwrap().remove(0);
        let said = |at: usize| set.statements[at].relationship.clone().unwrap_err().message;
        assert!(said(0).contains("is of the framework c"), "{}", said(0));
        assert!(said(1).contains("is not the URN of a requirement"), "{}", said(1));
    }
}

//! The words of other tables for how a source stands to a target: SKOS, NIST IR 8477, OSCAL, symbols,
//! and plain English. A word that can be read from either side is refused, with the words that cannot.

use crate::domain::mapping::Relationship;
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::shown;

use super::problem::Fault;
use super::spelling::tidy;

/// Words with one reading, beside those that a stored mapping may have.
const WORDS: [(&str, Relationship); 53] = [
    ("=", Relationship::EqualTo),
    ("equality", Relationship::EqualTo),
    ("equal-with", Relationship::EqualTo),
    ("identical-to", Relationship::EqualTo),
    ("identical-with", Relationship::EqualTo),
    ("same", Relationship::EqualTo),
    ("same-as", Relationship::EqualTo),
    ("the-same-as", Relationship::EqualTo),
    ("\u{2261}", Relationship::EquivalentTo),
    ("equivalence", Relationship::EquivalentTo),
    ("equivalent-with", Relationship::EquivalentTo),
    ("exactmatch", Relationship::EquivalentTo),
    ("exact-match", Relationship::EquivalentTo),
    // SKOS: the target is the broader one.
    ("broadmatch", Relationship::SubsetOf),
    ("broad-match", Relationship::SubsetOf),
    ("narrower-than", Relationship::SubsetOf),
    ("part-of", Relationship::SubsetOf),
    ("a-part-of", Relationship::SubsetOf),
    ("contained-in", Relationship::SubsetOf),
    ("contained-by", Relationship::SubsetOf),
    ("included-in", Relationship::SubsetOf),
    ("within", Relationship::SubsetOf),
    ("fully-covered-by", Relationship::SubsetOf),
    ("\u{2282}", Relationship::SubsetOf),
    ("\u{228a}", Relationship::SubsetOf),
    ("narrowmatch", Relationship::SupersetOf),
    ("narrow-match", Relationship::SupersetOf),
    ("broader-than", Relationship::SupersetOf),
    ("contains", Relationship::SupersetOf),
    ("includes", Relationship::SupersetOf),
    ("fully-covers", Relationship::SupersetOf),
    ("\u{2283}", Relationship::SupersetOf),
    ("\u{228b}", Relationship::SupersetOf),
    ("\u{2229}", Relationship::IntersectsWith),
    ("intersecting", Relationship::IntersectsWith),
    ("intersects-with-each-other", Relationship::IntersectsWith),
    ("intersection-with", Relationship::IntersectsWith),
    ("intersection-of", Relationship::IntersectsWith),
    ("overlaps", Relationship::IntersectsWith),
    ("overlaps-with", Relationship::IntersectsWith),
    ("overlapping", Relationship::IntersectsWith),
    ("no-relation", Relationship::NoRelationship),
    ("unrelated", Relationship::NoRelationship),
    ("unrelated-to", Relationship::NoRelationship),
    ("no-match", Relationship::NoRelationship),
    // What says that two are related, and not how.
    ("relatedmatch", Relationship::Unspecified),
    ("related-match", Relationship::Unspecified),
    ("closematch", Relationship::Unspecified),
    ("close-match", Relationship::Unspecified),
    ("related-to", Relationship::Unspecified),
    ("relates-to", Relationship::Unspecified),
    ("supported-by", Relationship::Unspecified),
    ("maps-to", Relationship::Unspecified),
];

/// Reads a relationship.
pub(super) fn relationship(text: &str) -> Result<Relationship, Fault> {
    let word = word_of(text);
    let skos = text.to_lowercase().contains("skos");
    if let Ok(read) = word.parse() {
        return Ok(read);
    }
    if let Some((_, read)) = WORDS.iter().find(|(known, _)| *known == word) {
        return Ok(*read);
    }
    // SKOS says of the target what these are: `A skos:broader B` has B as the broader one.
    match word.as_str() {
        "broader" | "broadertransitive" if skos => return Ok(Relationship::SubsetOf),
        "narrower" | "narrowertransitive" if skos => return Ok(Relationship::SupersetOf),
        "related" if skos => return Ok(Relationship::Unspecified),
        _ => {}
    }
    Err(refused(text, &word))
}

/// The word without what stands before it in some tables: a namespace, `is`, `a`, `the source is`.
fn word_of(text: &str) -> String {
    let tidied = tidy(text).to_lowercase();
    let last = tidied.rsplit(['#', ':']).next().unwrap_or_default();
    let last = last.rsplit_once("/core/").map_or(last, |(_, last)| last);
    let plain = last.trim().trim_end_matches('.').replace(['_', ' '], "-");
    let mut word = plain.as_str();
    for before in ["the-", "source-", "control-", "is-", "an-", "a-", "proper-", "strict-"] {
        if let Some(rest) = word.strip_prefix(before).filter(|rest| !rest.is_empty()) {
            word = rest;
        }
    }
    word.to_owned()
}

/// Says why a word is not taken, and which words say each thing that may have been meant.
fn refused(text: &str, word: &str) -> Fault {
    let found = shown(text);
    let either = |what: &str| format!("`{found}` does not say which of the two is the {what}");
    let from_source = "superset-of where the source holds everything that the target asks and \
                       more, subset-of where the target holds everything of the source and more";
    let (message, help) = match word {
        "broader" | "broad" | "narrower" | "narrow" | "broadertransitive"
        | "narrowertransitive" => (
            either(if word.starts_with('b') { "broader one" } else { "narrower one" }),
            format!("write {from_source}"),
        ),
        "full" | "fully" | "complete" | "full-coverage" | "full-match" | "direct" | "strong"
        | "high" | "1:1" | "one-to-one" => (
            format!("`{found}` does not say whether more is on one of the sides"),
            format!("write equal-to or equivalent-to where both ask the same; {from_source}"),
        ),
        "partial-coverage" | "partially" | "partial-match" | "indirect" | "weak" | "medium"
        | "low" => (
            format!("`{found}` does not say on which side something is missing"),
            format!("write intersects-with where both have more than the other; {from_source}"),
        ),
        word if word.ends_with("gap") => (
            format!("`{found}` says how much is missing, and not from which of the two"),
            format!(
                "write equivalent-to where nothing is missing on either side, no-relationship where \
                 they share nothing; {from_source}; intersects-with where both have more"
            ),
        ),
        _ => {
            let known: Vec<&str> = Relationship::ALL.iter().map(|one| one.as_str()).collect();
            (
                format!("`{found}` is not a relationship"),
                format!("write one of {}", known.join(", ")),
            )
        }
    };
    Fault::new(ProblemCode::NotReadable, message).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Relationship::{
        EqualTo, EquivalentTo, IntersectsWith, NoRelationship, SubsetOf, SupersetOf, Unspecified,
    };

    #[test]
    fn words_of_other_tables_are_read_and_those_with_two_sides_are_refused() {
        let check = |text: &str, expected: Result<Relationship, &str>| {
            let found = relationship(text);
            match (&found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(*found, expected, "{text}"),
                (Err(fault), Err(part)) => {
                    let help = fault.help.clone().unwrap_or_default();
                    assert!(help.contains(part), "{text}: {help}");
                }
                (found, expected) => panic!("{text}: {found:?}, expected {expected:?}"),
            }
        };
        for (text, expected) in [
            ("Equal", EqualTo),
            ("is equal to", EqualTo),
            ("=", EqualTo),
            ("Subset Of", SubsetOf),
            ("is a subset of", SubsetOf),
            ("Subset\u{a0}of", SubsetOf),
            ("The source is a proper subset of", SubsetOf),
            ("⊂", SubsetOf),
            ("skos:broadMatch", SubsetOf),
            ("http://www.w3.org/2004/02/skos/core#broadMatch", SubsetOf),
            ("skos:broader", SubsetOf),
            ("narrower than", SubsetOf),
            ("superset_of", SupersetOf),
            ("Superset Of.", SupersetOf),
            ("skos:narrower", SupersetOf),
            ("narrowMatch", SupersetOf),
            ("broader than", SupersetOf),
            ("is broader than", SupersetOf),
            ("includes", SupersetOf),
            ("Intersects With", IntersectsWith),
            ("intersects\u{2011}with", IntersectsWith),
            ("overlaps with", IntersectsWith),
            ("skos:exactMatch", EquivalentTo),
            ("No Relationship", NoRelationship),
            ("not related to", NoRelationship),
            ("skos:closeMatch", Unspecified),
            ("skos:related", Unspecified),
            ("is supported by", Unspecified),
        ] {
            check(text, Ok(expected));
        }
        check("broader", Err("superset-of where the source holds everything"));
        check("Narrower", Err("subset-of where the target holds everything"));
        check("No Gap", Err("equivalent-to where nothing is missing"));
        check("Partial Gap", Err("intersects-with where both have more"));
        check("Full", Err("equal-to or equivalent-to"));
        check("high", Err("superset-of"));
        check("banana", Err("write one of equal-to"));
    }
}

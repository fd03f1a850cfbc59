//! The algebra of relationships against the published tables in `fixtures/semantics/`, and the
//! counts that follow from them: which chains carry satisfaction, which triangles contradict.

use std::collections::BTreeSet;

use dspt_ledger::domain::mapping::{Coverage, Possible, Relation, Relationship};

fn rows(name: &str) -> Vec<Vec<String>> {
    let path = format!("{}/fixtures/semantics/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// The tables write `equal` where a mapping writes `equal-to`.
fn relation(word: &str) -> Relation {
    word.parse::<Relationship>().unwrap().relation().unwrap()
}

fn coverage(word: &str) -> Coverage {
    match word {
        "full" => Coverage::Full,
        "part" => Coverage::Part,
        "none" => Coverage::None,
        other => panic!("{other} is no state"),
    }
}

/// What a chain of relations can amount to, folded from the left.
fn compose_all(chain: &[Relation]) -> Possible {
    let (first, rest) = chain.split_first().unwrap();
    rest.iter().fold(Possible::of(&[*first]), |so_far, next| {
        let found: Vec<Relation> =
            so_far.relations().flat_map(|one| one.compose(*next).relations()).collect();
        Possible::of(&found)
    })
}

fn chains(length: u32) -> Vec<Vec<Relation>> {
    (0..length).fold(vec![Vec::new()], |chains, _| {
        let longer = |chain: &Vec<Relation>| {
            let chain = chain.clone();
            Relation::ALL.map(move |next| [chain.clone(), vec![next]].concat())
        };
        chains.iter().flat_map(longer).collect()
    })
}

#[test]
fn composition_is_the_table() {
    let rows = rows("composition_table.csv");
    assert_eq!(rows.len(), 25);
    let mut seen = BTreeSet::new();
    for row in rows {
        let (first, second) = (relation(&row[0]), relation(&row[1]));
        let expected: Vec<Relation> = row[2].split(' ').map(relation).collect();
        let found = first.compose(second);
        assert_eq!(found, Possible::of(&expected), "{row:?}");
        assert_eq!(found.relations().count().to_string(), row[3], "{row:?}");
        assert_eq!(found.relations().count() == 1, row[4] == "yes", "{row:?}");
        assert_eq!(found.carries_satisfaction(), row[5] == "yes", "{row:?}");
        assert!(seen.insert((first, second)), "{row:?} stands twice");
    }
}

#[test]
fn transfer_is_the_table() {
    let rows = rows("satisfaction_transfer.csv");
    assert_eq!(rows.len(), 15);
    for row in rows {
        let expected: BTreeSet<Coverage> = row[2].split(' ').map(coverage).collect();
        let found = relation(&row[0]).transfer(coverage(&row[1])).iter().copied().collect();
        assert_eq!(expected, found, "{row:?}");
    }
}

#[test]
fn only_chains_of_equal_and_superset_carry_satisfaction() {
    let carrying = |one: &Relation| matches!(one, Relation::Equal | Relation::Superset);
    for (length, all, expected) in [(2, 25, 4), (3, 125, 8), (4, 625, 16)] {
        let chains = chains(length);
        assert_eq!(chains.len(), all);
        let carry: Vec<&Vec<Relation>> =
            chains.iter().filter(|one| compose_all(one).carries_satisfaction()).collect();
        assert_eq!(carry.len(), expected, "chains of {length}");
        assert!(carry.iter().all(|chain| chain.iter().all(carrying)));
    }
}

#[test]
fn long_chains_mostly_say_nothing() {
    for (length, expected) in [(3, 47), (4, 383)] {
        let chains = chains(length);
        let nothing = chains.iter().filter(|one| compose_all(one) == Possible::ANY);
        assert_eq!(nothing.count(), expected, "chains of {length}");
    }
}

#[test]
fn seventy_one_of_all_triangles_contradict_themselves() {
    let triangles = chains(3);
    let contradictory = triangles.iter().filter(|one| !one[0].compose(one[1]).contains(one[2]));
    assert_eq!(contradictory.count(), 71);
}

#[test]
fn composition_turns_round_and_does_not_depend_on_where_it_starts() {
    for chain in chains(3) {
        let (a, b, c) = (chain[0], chain[1], chain[2]);
        let from_the_right: Vec<Relation> =
            b.compose(c).relations().flat_map(|one| a.compose(one).relations()).collect();
        assert_eq!(compose_all(&chain), Possible::of(&from_the_right), "{chain:?}");
        let turned: Vec<Relation> = a.compose(b).relations().map(Relation::converse).collect();
        assert_eq!(b.converse().compose(a.converse()), Possible::of(&turned), "{a:?} {b:?}");
    }
}

/// Satisfaction is what transfer says of a fully met source, step by step.
#[test]
fn a_relationship_carries_satisfaction_exactly_when_full_gives_full() {
    for one in Relationship::ALL {
        let full: &[Coverage] = &[Coverage::Full];
        let gives = one.relation().is_some_and(|one| one.transfer(Coverage::Full) == full);
        assert_eq!(one.carries_satisfaction(), gives, "{one}");
        assert_eq!(one.converse().converse(), one);
        assert_eq!(one.to_string().parse::<Relationship>().unwrap(), one);
    }
}

//! Statements of random ledgers: the same first entries and the same question give the same bytes,
//! whatever is appended later and in whatever order the rows of files stand.

use dspt_ledger::domain::authority::roster::Roster;
use dspt_ledger::domain::date::Timestamp;
use dspt_ledger::domain::engine::standing::judge;
use dspt_ledger::domain::engine::status::Positions;
use dspt_ledger::domain::ids::KeyId;
use dspt_ledger::domain::state::{Contents, Fact, replay};
use dspt_ledger::domain::statement::diff::{asked, differences};
use dspt_ledger::domain::statement::{Asked, Format, Ledger, NoStatement, Seen, statement};
use dspt_ledger::ledger::json::{canonical, parse_canonical};
use serde_json::Value;

use super::choice;
use super::worlds::{Act, DAYS, Entry, Random, day, facts, world};

/// The text of the statement, or why there is none.
fn made(facts: &[Fact], contents: &Contents, seen: &[Seen], asked: &Asked) -> String {
    let roster = roster(facts);
    let ledger = Ledger {
        origin: "ledger.example/a/b",
        identity: "x",
        root: "r",
        facts,
        contents,
        roster: &roster,
        seen,
    };
    match statement(&ledger, asked) {
        Ok(value) => canonical(&value).unwrap(),
        Err(why) => why.to_string(),
    }
}

/// Every author is admitted by its own first entry, so that later ones are not known before.
fn roster(facts: &[Fact]) -> Roster {
    use dspt_ledger::domain::event::{Event, KeyAdmitted};
    let mut roster = Roster::default();
    for fact in facts {
        let by: &KeyId = &fact.by;
        let role = dspt_ledger::domain::event::role::Role::Approver;
        let (key, holder) = (by.to_string(), format!("Holder of {by}"));
        let event = Event::KeyAdmitted(KeyAdmitted { key, holder, role });
        roster.apply(fact.seq, &event, Some(by));
    }
    roster
}

fn random_question(entries: &[Entry], random: &mut Random) -> Asked {
    Asked {
        on: day(DAYS[random.below(DAYS.len())]),
        size: 1 + random.below(entries.len()) as u64,
        rules: choice(random.chance(30)),
    }
}

fn seen(random: &mut Random, from: u64, until: u64) -> Vec<Seen> {
    let mut all = Vec::new();
    for seq in from..until {
        if random.chance(20) {
            let at = Timestamp::from_millis(random.below(1_000_000) as i64);
            all.push(Seen { at, seq, size: random.below(seq as usize + 1) as u64 });
        }
    }
    all
}

#[test]
fn what_is_appended_later_never_changes_a_statement() {
    let (mut made_any, mut days_without) = (0, 0);
    for seed in 1..300 {
        let mut random = Random::new(seed);
        let entries = world(&mut random);
        let (all, contents) = facts(&entries);
        for _ in 0..4 {
            let asked = random_question(&entries, &mut random);
            let size = asked.size as usize;
            let anchors = seen(&mut random, 0, asked.size);
            let alone = made(&all[..size], &contents, &anchors, &asked);
            let mut more = anchors;
            more.extend(seen(&mut random, asked.size, entries.len() as u64));
            let whole = made(&all, &contents, &more, &asked);
            assert_eq!(alone, whole, "seed {seed}");
            // Another history from there on: nothing of it is looked at.
            let mut other = all[..size].to_vec();
            let (strange, strange_contents) = facts(&world(&mut Random::new(seed + 10_000)));
            other.extend(strange.into_iter().enumerate().map(|(at, mut fact)| {
                fact.seq = (size + at) as u64;
                fact
            }));
            let mut both = contents.clone();
            both.extend(strange_contents);
            assert_eq!(made(&other, &both, &more, &asked), alone, "seed {seed}");
            if alone.starts_with('{') {
                made_any += 1;
                holds_together(&all, &contents, &alone, &asked);
            } else {
                days_without += 1;
            }
        }
    }
    assert!(made_any > 200 && days_without > 50, "{made_any} made, {days_without} not");
}

/// A statement says what the position says, every status has its reasons, and nothing in it is of
/// an entry beyond its size.
fn holds_together(facts: &[Fact], contents: &Contents, text: &str, question: &Asked) {
    let value = parse_canonical(text.as_bytes()).unwrap();
    assert_eq!(asked(&value).unwrap(), (Format::Two, *question));
    assert!(differences(&value, &value).is_empty());
    let state = replay(facts, contents, question.size).unwrap();
    let positions = Positions::new(&state, question.rules);
    let view = positions.on(question.on);
    let findings = view.findings();
    let items = value["items"].as_array().unwrap();
    assert_eq!(items.len(), findings.len());
    for (item, finding) in items.iter().zip(&findings) {
        assert_eq!(item["item"], finding.item.item.as_str());
        assert_eq!(item["status"], finding.status.json());
        assert!(!item["because"].as_array().unwrap().is_empty(), "{item}");
        assert!(!item["reasons"].as_array().unwrap().is_empty(), "{item}");
        let rules = value["equivalences"].as_array().unwrap();
        let named = item["equivalences"].as_array().unwrap();
        let proof = view.proof(&finding.item);
        assert_eq!(named.len(), proof.map_or(0, |proof| proof.rules().len()));
        for rule in named {
            assert!(rules.get(rule.as_u64().unwrap() as usize).is_some());
        }
    }
    let standing = judge(&view, &view.stands()).standing;
    assert_eq!(value["standing"]["status"], standing.json());
    below(&value, question.size);
}

fn below(value: &Value, size: u64) {
    match value {
        Value::Array(list) => list.iter().for_each(|one| below(one, size)),
        Value::Object(fields) => {
            for (name, one) in fields {
                if name == "because" {
                    for seq in one.as_array().unwrap() {
                        assert!(seq.as_u64().unwrap() < size);
                    }
                }
                below(one, size);
            }
        }
        _ => {}
    }
}

#[test]
fn the_order_of_rows_does_not_change_a_statement() {
    let mut made_any = 0;
    for seed in 1..200 {
        let mut random = Random::new(seed);
        let entries = world(&mut random);
        let mut shuffled = entries.clone();
        for entry in &mut shuffled {
            // Rows that a label counts, or whose digest is named, stand as they are.
            match &mut entry.act {
                Act::Edition { files, .. } => random.shuffle(&mut files.items),
                Act::Soa { rows, .. } => random.shuffle(rows),
                Act::Scope { units, .. } => random.shuffle(units),
                Act::Evidence { items, controls, scope, .. } => {
                    random.shuffle(items);
                    random.shuffle(controls);
                    random.shuffle(scope);
                }
                Act::Asserted(one) => random.shuffle(&mut one.sources),
                _ => {}
            }
        }
        let question = random_question(&entries, &mut random);
        let text = |entries: &[Entry]| {
            let (facts, contents) = facts(entries);
            made(&facts, &contents, &[], &question)
        };
        let (one, other) = (text(&entries), text(&shuffled));
        made_any += usize::from(one.starts_with('{'));
        assert_eq!(one, other, "seed {seed}");
    }
    assert!(made_any > 25, "only {made_any}");
}

#[test]
fn no_entry_and_too_many_give_no_statement() {
    let (facts, contents) = facts(&world(&mut Random::new(1)));
    let roster = Roster::default();
    for size in [0, facts.len() as u64 + 1, u64::MAX] {
        let asked = Asked { on: day(1), size, rules: choice(false) };
        let ledger = Ledger {
            origin: "a",
            identity: "b",
            root: "c",
            facts: &facts,
            contents: &contents,
            roster: &roster,
            seen: &[],
        };
        let none = statement(&ledger, &asked).unwrap_err();
        assert_eq!(none, NoStatement::Size { asked: size, found: facts.len() as u64 });
    }
}

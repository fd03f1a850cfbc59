//! The engine against an evaluator that is too slow to be wrong, on thousands of random ledgers.
//!
//! A few thousand run each time. The full count:
//! `DSPT_WORLDS=1000000 cargo test --release --test it engine -- --nocapture`; a world that fails
//! prints its seed, and `DSPT_SEED=n DSPT_WORLDS=1` runs that one alone.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "each question about a ledger is about one or two of its two dozen kinds of event"
)]
#![allow(
    clippy::format_push_string,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "small files and small numbers"
)]

/// Fails with a text when a claim does not hold.
macro_rules! claim {
    ($holds:expr, $($text:tt)*) => {
        if !$holds {
            return Err(format!($($text)*));
        }
    };
}

mod grounds;
mod naive;
mod statements;
mod worlds;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use dspt_ledger::domain::engine::derive::RulesChoice;
use dspt_ledger::domain::engine::proof::{By, Proof, check};
use dspt_ledger::domain::engine::rule::{Atom, Authority, World};
use dspt_ledger::domain::engine::standing::judge;
use dspt_ledger::domain::engine::status::{DayView, Finding, Positions, Status};
use dspt_ledger::domain::event::{Assurance, Kind};
use dspt_ledger::domain::explain::{Telling, explain};
use dspt_ledger::domain::region::Cover;
use dspt_ledger::domain::state::index::fact_index::Chronicle;
use dspt_ledger::domain::state::{Contents, Fact, State, replay, replay_from};

use naive::{ATOMS, Answers, CONTROL_ATOMS, ELSE, answers};
use worlds::{
    Act, CONTROLS, DAYS, Entry, ITEMS, LEVELS, Random, SCHEMES, control_ref, day, facts, item_ref,
    unit_id, world,
};

/// How often each thing was seen, so that a generator that goes blind fails.
type Seen = BTreeMap<String, u64>;

fn see(seen: &mut Seen, what: impl Into<String>) {
    *seen.entry(what.into()).or_default() += 1;
}

type Outcome = Result<(), String>;

fn choice(latest: bool) -> RulesChoice {
    if latest { RulesChoice::Latest } else { RulesChoice::Then }
}

/// Every claim about one world.
fn examine(entries: &[Entry], random: &mut Random, seen: &mut Seen) -> Outcome {
    let (facts, contents) = facts(entries);
    let chronicle = Arc::new(Chronicle::of(&facts));
    let whole = entries.len();
    for size in [whole, random.below(whole)] {
        let latest = random.chance(30);
        let naive = answers(&entries[..size], latest);
        // From all facts, of which none after the first may be looked at.
        let state =
            replay_from(&chronicle, &contents, size as u64).map_err(|error| error.to_string())?;
        let positions = Positions::new(&state, choice(latest));
        same_statuses(&positions, &naive, size)?;
        if size == whole {
            for entry in entries {
                see(seen, entry.act.kind().as_str());
            }
            if has_cycle(&positions.derivation.world) {
                see(seen, "cycles");
            }
            for (index, number) in DAYS.iter().enumerate() {
                if !random.chance(35) {
                    continue;
                }
                let view = positions.on(day(*number));
                examine_day(&view, &naive, index, size, seen)?;
                if random.chance(15) {
                    examine_explanations(&state, &facts, &view, size)?;
                    for finding in view.findings() {
                        let known = (facts.as_slice(), &contents, choice(latest));
                        follows_from_its_entries(&state, known, &view, &finding, seen)?;
                        let asked = (&state, &view, choice(latest), *number);
                        grounds::remedies_put_it_right(entries, asked, &finding, seen)?;
                    }
                }
            }
            if random.chance(20) {
                grounds::spells_name_what_they_rest_on(&positions, size)?;
                let before = replay_from(&chronicle, &contents, random.below(whole) as u64);
                let before = before.map_err(|error| error.to_string())?;
                let before = Positions::new(&before, choice(latest));
                grounds::changes_have_causes(&positions, &positions, random, size)?;
                grounds::changes_have_causes(&before, &positions, random, size)?;
                grounds::changes_have_causes(&positions, &before, random, size)?;
            }
        }
    }
    // Each of these replays twice; one world in three is plenty.
    if random.chance(33) {
        learning_agrees(&facts, &contents)?;
    }
    if random.chance(33) {
        order_is_nothing(entries, random)?;
    }
    Ok(())
}

fn same_statuses(positions: &Positions, naive: &Answers, size: usize) -> Outcome {
    for item in 0..ITEMS.len() {
        let name = item_ref(item);
        for (index, number) in DAYS.iter().enumerate() {
            let (found, expected) =
                (positions.status(&name, day(*number)), naive.status[index][item]);
            claim!(
                found == expected,
                "{name} on day {number} at size {size}: {found:?}, expected {expected:?}"
            );
        }
    }
    Ok(())
}

/// One day at full knowledge: what holds, the findings, the proofs.
fn examine_day(
    view: &DayView<'_>,
    naive: &Answers,
    index: usize,
    size: usize,
    seen: &mut Seen,
) -> Outcome {
    same_covers(view, naive, index)?;
    let findings = view.findings();
    let asked = naive.status[index].iter().filter(|status| **status != Status::NotAsked).count();
    claim!(findings.len() == asked, "{} findings, expected {asked}", findings.len());
    for finding in &findings {
        let item = (0..ITEMS.len()).find(|item| item_ref(*item) == finding.item).unwrap();
        see(seen, format!("status {}", finding.status.json()));
        claim!(finding.status == naive.status[index][item], "{finding:?} is not the timeline's");
        ordered(&finding.because, size).map_err(|why| format!("{why}: {finding:?}"))?;
    }
    for item in 0..ITEMS.len() {
        let proof = view.proof(&item_ref(item));
        claim!(
            proof.is_some() == naive.derivable[index][item],
            "day {}: a proof of {} is {}",
            DAYS[index],
            item_ref(item),
            if proof.is_some() { "there, and should not be" } else { "missing" }
        );
        if let Some(proof) = proof {
            examine_proof(&proof, view, size, seen)?;
        }
    }
    judge(view, &view.stands());
    Ok(())
}

fn ordered(entries: &[u64], size: usize) -> Outcome {
    claim!(!entries.is_empty(), "no reasons");
    claim!(entries.windows(2).all(|pair| pair[0] < pair[1]), "reasons out of order");
    claim!(entries.iter().all(|entry| *entry < size as u64), "a reason from the future");
    Ok(())
}

fn atom(number: usize) -> Atom {
    if let Some(scheme) = SCHEMES.get(number) {
        return Atom::Certificate(*scheme);
    }
    let control = (number - CONTROL_ATOMS) / 3;
    match CONTROLS.get(control) {
        Some(_) => Atom::Control(control_ref(control), LEVELS[(number - CONTROL_ATOMS) % 3]),
        None => Atom::Item(item_ref(number - CONTROL_ATOMS - 3 * CONTROLS.len())),
    }
}

/// The engine's number for each unit that was ever declared, and one for everything else.
fn unit_numbers(view: &DayView<'_>) -> Vec<(usize, usize)> {
    let units = &view.positions.derivation.units;
    let mut numbers: Vec<(usize, usize)> = (0..3)
        .filter_map(|unit| Some((unit, units.iter().position(|one| *one == unit_id(unit))?)))
        .collect();
    numbers.push((ELSE, 127));
    numbers
}

/// Every atom, unit by unit and assurance by assurance.
fn same_covers(view: &DayView<'_>, naive: &Answers, index: usize) -> Outcome {
    let numbers = unit_numbers(view);
    claim!(
        numbers.len() == 1 + naive.declared.iter().filter(|one| **one).count(),
        "other units are declared"
    );
    for number in 0..ATOMS {
        let atom = atom(number);
        let cover = view.cover(&atom);
        for (unit, bit) in &numbers {
            for (rank, assurance) in Assurance::ALL.into_iter().enumerate() {
                let found = cover.at_least(assurance).contains(*bit);
                claim!(
                    found == naive.holds[index][number][*unit][rank],
                    "day {}: {atom:?} in unit {unit}, {}: {found}",
                    DAYS[index],
                    assurance.as_str()
                );
            }
        }
    }
    Ok(())
}

fn examine_proof(proof: &Proof, view: &DayView<'_>, size: usize, seen: &mut Seen) -> Outcome {
    let world = &view.positions.derivation.world;
    check(proof, world).map_err(|flaw| format!("{flaw}: {proof:?}"))?;
    ordered(&proof.because(world), size)?;
    let (grounds, rules) = (proof.grounds(), proof.rules());
    claim!(holds(world, proof, &grounds, &rules), "the premises do not prove it: {proof:?}");
    for ground in &grounds {
        let mut fewer = grounds.clone();
        fewer.remove(ground);
        claim!(!holds(world, proof, &fewer, &rules), "ground {ground} is idle: {proof:?}");
    }
    for rule in &rules {
        let mut fewer = rules.clone();
        fewer.remove(rule);
        claim!(!holds(world, proof, &grounds, &fewer), "rule {rule} is idle: {proof:?}");
    }
    tampered(proof, world)?;
    count_proof(&grounds, &rules, world, seen);
    Ok(())
}

fn count_proof(grounds: &BTreeSet<usize>, rules: &BTreeSet<usize>, world: &World, seen: &mut Seen) {
    see(seen, "proofs");
    if rules.len() > 2 {
        see(seen, "proofs by more than two rules");
    }
    if grounds.len() > 1 {
        see(seen, "proofs from more than one ground");
    }
    for rule in rules.iter().map(|rule| &world.rules[*rule]) {
        see(seen, format!("proofs by {}", rule.authority.as_str()));
        if rule.body.len() > 1 {
            see(seen, "proofs by several sources together");
        }
        if !rule.challenged.is_empty() {
            see(seen, "proofs by a challenged rule");
        }
        if rule.whole_scope && rule.authority == Authority::Adopted {
            see(seen, "proofs by an adopted rule over the whole scope");
        }
        let from = |one: &Atom| matches!(one, Atom::Control(c, _) if c.framework.release == "2013");
        let to = |one: &Atom| matches!(one, Atom::Control(c, _) if c.framework.release == "2022");
        if rule.body.iter().any(|one| from(&one.atom)) && to(&rule.head) {
            see(seen, "proofs from one release to the next");
        }
    }
}

/// Whether some atom follows from itself by way of others.
fn has_cycle(world: &World) -> bool {
    let mut follows: BTreeSet<(&Atom, &Atom)> = world
        .rules
        .iter()
        .flat_map(|rule| rule.body.iter().map(|premise| (&premise.atom, &rule.head)))
        .filter(|(from, to)| from != to)
        .collect();
    loop {
        let further: Vec<(&Atom, &Atom)> = follows
            .iter()
            .flat_map(|(a, b)| follows.iter().filter(move |(c, _)| c == b).map(|(_, d)| (*a, *d)))
            .filter(|pair| !follows.contains(pair))
            .collect();
        if further.is_empty() {
            return follows.iter().any(|(a, b)| a == b);
        }
        follows.extend(further);
    }
}

/// A proof that claims more, cites nothing, or leaves a step out must not pass.
fn tampered(proof: &Proof, world: &World) -> Outcome {
    for step in 0..proof.steps.len() {
        let mut less = proof.clone();
        less.steps.remove(step);
        claim!(check(&less, world).is_err(), "passes without step {step}: {proof:?}");
        let mut astray = proof.clone();
        astray.steps[step].by = By::Ground(world.grounds.len());
        claim!(check(&astray, world).is_err(), "passes with a ground that is not there");
    }
    let mut more = proof.clone();
    more.steps[0].cover = Cover::ALL;
    let given = match &proof.steps[0].by {
        By::Ground(ground) => world.grounds[*ground].region.at(proof.day),
        By::Rule(..) => Cover::NONE,
    };
    claim!(given == Cover::ALL || check(&more, world).is_err(), "passes with a claim too large");
    Ok(())
}

/// The naive evaluation of some grounds and rules of the engine's world on one day.
fn holds(world: &World, proof: &Proof, grounds: &BTreeSet<usize>, rules: &BTreeSet<usize>) -> bool {
    let units: Vec<usize> = vec![0, 1, 2, 127];
    let required = world.required.at(proof.day);
    let mut known: BTreeSet<(&Atom, usize, Assurance)> = BTreeSet::new();
    for ground in grounds.iter().map(|ground| &world.grounds[*ground]) {
        for assurance in Assurance::ALL {
            let there = ground.region.at(proof.day).at_least(assurance);
            let covered = units.iter().filter(|unit| there.contains(**unit));
            known.extend(covered.map(|unit| (&ground.atom, *unit, assurance)));
        }
    }
    loop {
        let before = known.len();
        for rule in rules.iter().map(|rule| &world.rules[*rule]) {
            for assurance in Assurance::ALL {
                let premises = |unit: usize| {
                    rule.body
                        .iter()
                        .all(|one| known.contains(&(&one.atom, unit, assurance.max(one.minimum))))
                };
                let mut must = units.iter().filter(|unit| required.contains(**unit)).peekable();
                let everywhere = must.peek().is_some() && must.all(|unit| premises(*unit));
                let days = rule.days.at(proof.day).at_least(assurance);
                let fires: Vec<usize> = units
                    .iter()
                    .copied()
                    .filter(|unit| days.contains(*unit))
                    .filter(|unit| if rule.whole_scope { everywhere } else { premises(*unit) })
                    .collect();
                known.extend(fires.into_iter().map(|unit| (&rule.head, unit, assurance)));
            }
        }
        if known.len() == before {
            break;
        }
    }
    let mut needed = units.iter().filter(|unit| proof.need.contains(**unit));
    needed.all(|unit| known.contains(&(&proof.goal, *unit, Assurance::SelfAssessed)))
}

/// Explanations say what the finding says, and nothing that was not known.
fn examine_explanations(state: &State, facts: &[Fact], view: &DayView<'_>, size: usize) -> Outcome {
    for finding in view.findings() {
        let Some(explained) = explain(state, view, &finding.item, Telling::all(&facts)) else {
            return Err(format!("no explanation of {finding:?}"));
        };
        claim!(explained.finding == finding, "the explanation has another finding");
        let entries = explained.unused.iter().flat_map(|one| &one.entries);
        claim!(entries.clone().all(|entry| *entry < size as u64), "unused from the future");
        let mut nodes: Vec<_> = explained.because.iter().collect();
        claim!(!nodes.is_empty(), "no reasons in the explanation");
        while let Some(node) = nodes.pop() {
            claim!(node.entries.iter().all(|one| *one < size as u64), "a leaf from the future");
            nodes.extend(&node.children);
        }
        let in_place = finding.status.in_place();
        claim!(in_place == explained.remedies.is_empty(), "remedies for {finding:?}");
        let next = view.positions.history(&finding.item).find(|(day, _)| *day > view.day);
        claim!(explained.next == next, "another next change");
    }
    Ok(())
}

/// From the entries of an explanation alone, recorded in their order, the same status follows.
fn follows_from_its_entries(
    state: &State,
    (facts, contents, rules): (&[Fact], &Contents, RulesChoice),
    view: &DayView<'_>,
    finding: &Finding,
    seen: &mut Seen,
) -> Outcome {
    let explained = explain(state, view, &finding.item, Telling::all(&facts)).unwrap();
    for (what, entries) in [("finding", &finding.because), ("explanation", &explained.entries())] {
        let part = part_of(facts, entries);
        let alone = replay(&part, contents, u64::MAX).map_err(|error| error.to_string())?;
        let status = Positions::new(&alone, rules).status(&finding.item, view.day);
        claim!(
            status == finding.status,
            "{} on {}: from the entries {entries:?} of the {what} follows {status:?}, not {:?} ({})",
            finding.item,
            view.day,
            finding.status,
            finding.because_text
        );
    }
    see(seen, format!("alone {}", finding.status.json()));
    Ok(())
}

/// Some facts as a ledger of their own.
fn part_of(facts: &[Fact], entries: &[u64]) -> Vec<Fact> {
    let chosen = facts.iter().filter(|fact| entries.contains(&fact.seq)).cloned();
    chosen.enumerate().map(|(seq, fact)| Fact { seq: seq as u64, ..fact }).collect()
}

/// Learning fact by fact, corrections too, gives what replay from the start gives.
fn learning_agrees(facts: &[Fact], contents: &Contents) -> Outcome {
    let mut state = State::default();
    for fact in facts {
        state.learn(fact, contents).map_err(|error| error.to_string())?;
    }
    let whole = replay(facts, contents, u64::MAX).map_err(|error| error.to_string())?;
    let (learnt, whole) =
        (Positions::new(&state, RulesChoice::Then), Positions::new(&whole, RulesChoice::Then));
    same_timelines(&learnt, &whole).map_err(|why| format!("learning differs: {why}"))
}

fn same_timelines(one: &Positions, other: &Positions) -> Outcome {
    for name in (0..ITEMS.len()).map(item_ref) {
        let (a, b): (Vec<_>, Vec<_>) =
            (one.history(&name).collect(), other.history(&name).collect());
        claim!(a == b, "{name}: {a:?}, expected {b:?}");
    }
    Ok(())
}

/// Neither the order of rows in files nor that of independent entries changes a status.
fn order_is_nothing(entries: &[Entry], random: &mut Random) -> Outcome {
    let mut shuffled = entries.to_vec();
    shuffle_mappings(&mut shuffled, random);
    for entry in &mut shuffled {
        shuffle_rows(&mut entry.act, random);
    }
    for _ in 0..2 * entries.len() {
        let at = random.below(entries.len());
        if at + 1 < entries.len() && independent(&shuffled[at], &shuffled[at + 1]) {
            shuffled.swap(at, at + 1);
        }
    }
    let positions = |entries: &[Entry]| {
        let (facts, contents) = facts(entries);
        let state = replay(&facts, &contents, u64::MAX).map_err(|error| error.to_string())?;
        Ok::<_, String>(Positions::new(&state, RulesChoice::Then))
    };
    same_timelines(&positions(&shuffled)?, &positions(entries)?)
        .map_err(|why| format!("another order: {why}"))
}

/// Moves the rows of mappings, and the row numbers of approvals and withdrawals with them. Left
/// alone where a correction changes what the numbers speak of.
fn shuffle_mappings(entries: &mut [Entry], random: &mut Random) {
    let numbered = |entry: &Entry| {
        matches!(entry.act, Act::Mapping(_) | Act::Approved { .. } | Act::ApprovalWithdrawn { .. })
    };
    let corrected = entries.iter().any(|one| match &one.act {
        Act::Correction { corrects, .. } => {
            entries.iter().any(|other| other.id == *corrects && numbered(other))
        }
        _ => false,
    });
    if corrected {
        return;
    }
    let mut moved: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for entry in entries.iter_mut() {
        let Act::Mapping(rows) = &mut entry.act else { continue };
        let mut order: Vec<usize> = (0..rows.len()).collect();
        random.shuffle(&mut order);
        *rows = order.iter().map(|old| rows[*old].clone()).collect();
        moved.insert(entry.id, order);
    }
    let renumber = |mapping: Option<&u64>, rows: &mut Option<Vec<u64>>| {
        let Some(order) = mapping.and_then(|id| moved.get(id)) else { return };
        for row in rows.iter_mut().flatten() {
            if let Some(new) = order.iter().position(|old| *old as u64 + 1 == *row) {
                *row = new as u64 + 1;
            }
        }
    };
    let mut about: BTreeMap<u64, u64> = BTreeMap::new();
    for entry in entries.iter_mut() {
        match &mut entry.act {
            Act::Approved { proposal, rows, .. } => {
                renumber(Some(&*proposal), rows);
                about.insert(entry.id, *proposal);
            }
            Act::ApprovalWithdrawn { approval, rows, .. } => {
                renumber(about.get(&*approval), rows);
            }
            _ => {}
        }
    }
}

fn shuffle_rows(act: &mut Act, random: &mut Random) {
    match act {
        Act::Edition { files, .. } => {
            random.shuffle(&mut files.items);
            random.shuffle(&mut files.exemptions);
        }
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

/// Two neighbours that could as well have been recorded the other way round: neither speaks of the
/// other, and they are not of a kind of which the newer one wins.
fn independent(first: &Entry, second: &Entry) -> bool {
    let fixed = |entry: &Entry| matches!(entry.act, Act::Opened | Act::Correction { .. });
    let speaks_of = match &second.act {
        Act::Approved { proposal: id, .. }
        | Act::ApprovalWithdrawn { approval: id, .. }
        | Act::Challenged { approval: id }
        | Act::Upheld { challenge: id }
        | Act::Suspended { certificate: id, .. }
        | Act::CertificateWithdrawn { certificate: id, .. }
        | Act::Soa { certificate: id, .. }
        | Act::EvidenceWithdrawn { evidence: id, .. } => Some(*id),
        _ => None,
    };
    let newer_wins = matches!(
        second.act,
        Act::Classified { .. }
            | Act::Scope { .. }
            | Act::Edition { .. }
            | Act::Soa { .. }
            | Act::Assessed(_)
            | Act::Answered { .. }
    ) && first.act.kind() == second.act.kind();
    !fixed(first) && !fixed(second) && speaks_of != Some(first.id) && !newer_wins
}

/// Runs one world; a panic is an outcome like any other.
fn run(world_seed: u64, entries: &[Entry], seen: &mut Seen) -> Outcome {
    let mut random = Random::new(world_seed ^ 0x5eed);
    let attempt = catch_unwind(AssertUnwindSafe(|| examine(entries, &mut random, seen)));
    attempt.unwrap_or_else(|_| Err("it panics".to_owned()))
}

/// Drops entries one by one while the world still fails.
fn shrink(seed: u64, entries: Vec<Entry>) -> Vec<Entry> {
    let mut small = entries;
    let mut at = small.len();
    while at > 0 {
        at -= 1;
        let mut fewer = small.clone();
        fewer.remove(at);
        if run(seed, &fewer, &mut Seen::new()).is_err() {
            small = fewer;
            at = small.len();
        }
    }
    small
}

fn run_all(seeds: impl Iterator<Item = u64>) -> Seen {
    let mut seen = Seen::new();
    for seed in seeds {
        let entries = world(&mut Random::new(seed));
        if run(seed, &entries, &mut seen).is_err() {
            let small = shrink(seed, entries);
            let why = run(seed, &small, &mut Seen::new());
            let lines: Vec<String> = small.iter().map(|entry| format!("  {entry:?}")).collect();
            panic!("seed {seed}: {}\n{}", why.unwrap_err(), lines.join("\n"));
        }
    }
    seen
}

fn number(name: &str, or: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(or)
}

/// What a run must have met at least so often in each thousand worlds.
fn expected() -> Vec<(String, u64)> {
    // Keys change hands, outsiders date heads, clocks are explained and statements are given out
    // without an effect on any status.
    let derived = Kind::ALL.iter().filter(|kind| {
        !matches!(
            kind,
            Kind::KeyRotated
                | Kind::LogKeyRotated
                | Kind::AnchorCosigned
                | Kind::AnchorTimestamped
                | Kind::ClockExplained
                | Kind::StatementPublished
        )
    });
    let mut expected: Vec<(String, u64)> =
        derived.map(|kind| (kind.as_str().to_owned(), 30)).collect();
    expected.extend(Status::ALL.iter().map(|one| (format!("status {}", one.json()), 60)));
    expected.extend(Status::ALL.iter().map(|one| (format!("alone {}", one.json()), 5)));
    let things = ["own", "confirm", "declare", "certificate", "assessment", "rows", "asserted"];
    expected.extend(things.map(|one| (format!("remedy {one}"), 5)));
    let counts = [
        ("proofs", 600),
        ("proofs by definition", 5),
        ("proofs by scheme-owner", 200),
        ("proofs by adopted", 300),
        ("proofs by more than two rules", 4),
        ("proofs from more than one ground", 15),
        ("proofs by several sources together", 30),
        ("proofs by a challenged rule", 20),
        ("proofs by an adopted rule over the whole scope", 5),
        ("proofs from one release to the next", 8),
        ("cycles", 12),
    ];
    expected.extend(counts.map(|(what, count)| (what.to_owned(), count)));
    expected
}

#[test]
fn the_engine_answers_as_the_naive_evaluator_does() {
    let (first, worlds) = (number("DSPT_SEED", 1), number("DSPT_WORLDS", 3_000));
    let middle = first + worlds / 2;
    let seen = std::thread::scope(|scope| {
        let half = scope.spawn(|| run_all(first..middle));
        let mut seen = run_all(middle..first + worlds);
        let other = half.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        for (what, count) in other {
            *seen.entry(what).or_default() += count;
        }
        seen
    });
    let lines: Vec<String> =
        seen.iter().map(|(what, count)| format!("{count:>10}  {what}")).collect();
    eprintln!("{worlds} worlds\n{}", lines.join("\n"));
    if worlds < 1_000 {
        return;
    }
    for (what, per_thousand) in expected() {
        let count = seen.get(&what).copied().unwrap_or_default();
        assert!(count >= per_thousand * worlds / 1_000, "{what}: seen only {count} times");
    }
}

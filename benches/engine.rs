//! How long the equivalence engine takes, and how much memory: `cargo bench --bench engine`.
//!
//! A world far larger than any organisation's (80,000 rules over 8,000 requirements, 20
//! certificates), the same answers worked out naively on a small one, and a ledger with 100,000
//! pieces of evidence. Worlds come from a seeded generator, so every run measures the same.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark prints, and fails loudly"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant as Clock};

use dspt_ledger::bundled;
use dspt_ledger::domain::date::{self, Date};
use dspt_ledger::domain::engine::derive::RulesChoice;
use dspt_ledger::domain::engine::proof::{check, prove};
use dspt_ledger::domain::engine::rule::{
    Atom, Authority, Everything, Ground, Premise, Program, Rule, World,
};
use dspt_ledger::domain::engine::status::Positions;
use dspt_ledger::domain::event::{Assurance, Event};
use dspt_ledger::domain::ids::Level;
use dspt_ledger::domain::region::{Cover, Region, Steps, Units};
use dspt_ledger::domain::state::{Contents, Fact, Subject, replay};
use serde_json::{Value, json};

const UNITS: usize = 12;

/// A seeded xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 33) as usize) % bound
    }
}

fn day(number: usize) -> Date {
    Date::parse("2020-01-01").unwrap().plus(i32::try_from(number).unwrap())
}

fn control(number: usize) -> Atom {
    Atom::Control(format!("nist-800-53:5.2.0/AC-{number}").parse().unwrap(), Level::Met)
}

fn item(number: usize) -> Atom {
    let (standard, assertion, last) = (1 + number / 400, 1 + number / 20 % 20, 1 + number % 20);
    Atom::Item(format!("e1/c1/{standard}.{assertion}.{last}").parse().unwrap())
}

/// Rules over controls and items: chains and cycles between controls, joint groups, single rows,
/// and a part that asks for the whole scope.
fn world(rules: usize, items: usize) -> World {
    let mut random = Random(0x0d5b_7000);
    let controls = items;
    let mut world = World { required: required(), ..World::default() };
    for certificate in 0..20 {
        let (from, length) = (random.below(1_500), 365 + random.below(730));
        let missing = random.below(3 * UNITS);
        let units = Units::of((0..UNITS).filter(|unit| *unit != missing));
        let region =
            Region::during(day(from), day(from + length), Cover::of(units, Assurance::Certified));
        for _ in 0..controls / 80 {
            world.grounds.push(Ground {
                entry: 0,
                until: Date::MAX,
                limit: String::new(),
                name: String::new(),
                cuts: Vec::new(),
                atom: control(random.below(controls)),
                region: region.clone(),
                because: vec![certificate],
                label: format!("certificate {certificate}"),
            });
        }
    }
    for number in 0..rules {
        let into_item = number % 2 == 0;
        let sources = if number % 5 == 0 { 2 + random.below(2) } else { 1 };
        let premise =
            |source: usize| Premise { atom: control(source), minimum: Assurance::ALL[number % 3] };
        let head =
            if into_item { item(random.below(items)) } else { control(random.below(controls)) };
        let from = 30 * random.below(40);
        world.rules.push(Rule {
            cuts: Vec::new(),
            head,
            body: (0..sources).map(|_| premise(random.below(controls))).collect(),
            authority: Authority::Adopted,
            because: vec![20 + number as u64],
            label: format!("row {number}"),
            days: Region::during(day(from), day(from + 1_200), Cover::ALL),
            whole_scope: number % 7 == 0,
            challenged: Vec::new(),
            adoption: None,
        });
    }
    let ((), sorting) = timed(|| world.sort());
    println!("putting {rules} rules in order: {sorting:?}");
    world
}

fn required() -> Steps<Units> {
    let starts = [(0, UNITS - 2), (700, UNITS), (1_400, UNITS - 1)];
    Steps::from_starts(starts.map(|(from, units)| (day(from), Units::of(0..units))))
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Clock::now();
    let value = work();
    (value, start.elapsed())
}

/// Most memory that the process ever held, where the system says so.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.map_or_else(|| "unknown".to_owned(), |found| format!("{} MB", found / 1_024))
}

fn large() {
    let world = world(80_000, 8_000);
    println!(
        "{} rules, {} grounds, memory {}",
        world.rules.len(),
        world.grounds.len(),
        peak_memory()
    );
    let (program, indexing) = timed(|| Program::new(&world));
    let (solution, solving) = timed(|| program.solve());
    println!("all timelines: {:?} ({indexing:?} of it indexing)", indexing + solving);
    println!("memory: {}", peak_memory());
    let atoms: Vec<Atom> = (0..8_000).map(item).collect();
    let (held, asking) = timed(|| {
        let all = atoms.iter().enumerate();
        all.filter(|(number, atom)| {
            solution.region(atom).is_some_and(|region| !region.at(day(number % 2_000)).is_empty())
        })
        .count()
    });
    println!("one question: {:?} ({held} of 8000 hold)", asking / 8_000);
    let steps: usize = atoms
        .iter()
        .filter_map(|atom| solution.region(atom))
        .map(|one| one.changes().count())
        .sum();
    println!("steps in the items' timelines: {steps}");
    let (derived, deriving) = timed(|| program.on(day(900), &Everything));
    println!("one day with its order of reasons: {deriving:?}");
    let need = world.required.at(day(900));
    let (proofs, proving) = timed(|| {
        let all = atoms.iter().filter_map(|atom| prove(&program, &derived, day(900), atom, need));
        all.take(100).collect::<Vec<_>>()
    });
    assert!(proofs.iter().all(|proof| check(proof, &world).is_ok()));
    let each = proving / u32::try_from(proofs.len().max(1)).unwrap();
    println!("one minimal proof: {each:?} (over {})", proofs.len());
}

/// For each atom, whether it holds in each unit, for each least assurance.
type Known = Vec<[[bool; 3]; UNITS]>;

/// What holds on a day, by trying all rules until nothing is new.
fn naive(world: &World, atoms: &BTreeMap<&Atom, usize>, on: Date) -> Known {
    let required = world.required.at(on);
    let mut known: Known = vec![[[false; 3]; UNITS]; atoms.len()];
    for ground in &world.grounds {
        for (rank, assurance) in Assurance::ALL.into_iter().enumerate() {
            let there = ground.region.at(on).at_least(assurance);
            for unit in (0..UNITS).filter(|unit| there.contains(*unit)) {
                known[atoms[&ground.atom]][unit][rank] = true;
            }
        }
    }
    loop {
        let before = known.clone();
        for rule in world.rules.iter().filter(|rule| !rule.days.at(on).is_empty()) {
            let body: Vec<(usize, usize)> =
                rule.body.iter().map(|one| (atoms[&one.atom], one.minimum as usize)).collect();
            for rank in 0..3 {
                let premises = |unit: usize| {
                    body.iter().all(|(atom, least)| before[*atom][unit][rank.max(*least)])
                };
                let mut must = (0..UNITS).filter(|unit| required.contains(*unit));
                let everywhere = !required.is_empty() && must.all(premises);
                for (unit, held) in known[atoms[&rule.head]].iter_mut().enumerate() {
                    held[rank] |= if rule.whole_scope { everywhere } else { premises(unit) };
                }
            }
        }
        if known == before {
            return known;
        }
    }
}

fn small() {
    let (rules, items) = (1_000, 100);
    let world = world(rules, items);
    let ((regions, atoms), engine) = timed(|| {
        let program = Program::new(&world);
        let solution = program.solve();
        let all = world
            .rules
            .iter()
            .flat_map(|rule| rule.body.iter().map(|one| &one.atom).chain([&rule.head]));
        let all: BTreeSet<&Atom> = all.chain(world.grounds.iter().map(|one| &one.atom)).collect();
        let regions: Vec<Region> =
            all.iter().map(|atom| solution.region(atom).cloned().unwrap()).collect();
        let atoms: BTreeMap<&Atom, usize> =
            all.into_iter().enumerate().map(|(number, atom)| (atom, number)).collect();
        (regions, atoms)
    });
    let mut days: BTreeSet<Date> = world.required.changes().collect();
    days.extend(world.grounds.iter().flat_map(|ground| ground.region.changes()));
    days.extend(world.rules.iter().flat_map(|rule| rule.days.changes()));
    let (answers, slow) =
        timed(|| days.iter().map(|on| (*on, naive(&world, &atoms, *on))).collect::<Vec<_>>());
    for (on, known) in &answers {
        for (region, known) in regions.iter().zip(known) {
            for (rank, assurance) in Assurance::ALL.into_iter().enumerate() {
                let units = region.at(*on).at_least(assurance);
                assert!((0..UNITS).all(|unit| units.contains(unit) == known[unit][rank]));
            }
        }
    }
    println!(
        "{rules} rules, {items} items, {} days: engine {engine:?}, naive {slow:?}, {:.0} times as \
         long, same answers",
        days.len(),
        slow.as_secs_f64() / engine.as_secs_f64()
    );
}

fn fact(seq: usize, kind: &str, mut body: Value, subjects: Vec<Subject>) -> Fact {
    body["v"] = json!(1);
    Fact {
        seq: seq as u64,
        at: date::Timestamp::from_millis(1_750_000_000_000 + i64::try_from(seq).unwrap()),
        by: format!("SHA256:{}", "o".repeat(43)).parse().unwrap(),
        id: format!("{seq:032x}").parse().unwrap(),
        event: Event::decode(kind, &body).unwrap(),
        subjects,
    }
}

fn evidence() {
    let category = "cat2-it-supplier";
    let (mut contents, mut subjects) = (Contents::new(), Vec::new());
    for name in ["items.csv", "exemptions.csv", "organisation-types.csv"] {
        let file = bundled::file(&format!("dspt-2025-26-v8/{name}")).unwrap();
        let sha256 = format!("{:064x}", contents.len());
        contents.insert(sha256.clone(), Arc::new(file.bytes.to_vec()));
        subjects.push(Subject { name: name.to_owned(), sha256 });
    }
    let adopted =
        json!({"edition": "2025-26-v8", "revision": "8.0.0", "effective_from": "2025-09-01"});
    let classified = json!({
        "edition": "2025-26-v8", "organisation_type": "it-supplier", "category": category,
        "from": "2025-09-01",
    });
    let unit = json!({"id": "all", "name": "All", "health_and_care_data": true});
    let mut facts = vec![
        fact(0, "edition-adopted", adopted, subjects),
        fact(1, "organisation-classified", classified, Vec::new()),
        fact(2, "scope-declared", json!({"units": [unit], "from": "2025-09-01"}), Vec::new()),
    ];
    let state = replay(&facts, &contents, 3).unwrap();
    let items: Vec<String> = state.editions[0].what.edition.items[&category.parse().unwrap()]
        .keys()
        .map(|item| format!("2025-26-v8/{category}/{item}"))
        .collect();
    let mut random = Random(0xe71d);
    let first = Date::parse("2025-09-01").unwrap();
    for seq in 3..100_003 {
        let from = i32::try_from(random.below(300)).unwrap();
        let until = from + i32::try_from(random.below(90)).unwrap();
        // Every tenth piece also speaks of a control, all of them of the same few.
        let control = format!("iso27001:2022/A.8.{}", 1 + random.below(4));
        let body = json!({
            "title": format!("evidence {seq}"), "items": [items[random.below(items.len())]],
            "controls": if seq % 10 == 0 { vec![control] } else { Vec::new() },
            "proves_on": first.plus(from).to_string(), "valid_until": first.plus(until).to_string(),
        });
        facts.push(fact(seq, "evidence-recorded", body, Vec::new()));
    }
    let (state, replaying) = timed(|| replay(&facts, &contents, u64::MAX).unwrap());
    let (positions, deriving) = timed(|| Positions::new(&state, RulesChoice::Then));
    let (findings, viewing) = timed(|| positions.on(first.plus(310)).findings());
    println!(
        "100000 pieces of evidence over {} items: replay {replaying:?}, positions {deriving:?}, \
         all findings of a day with reasons {viewing:?}",
        findings.len()
    );
}

fn main() {
    large();
    small();
    evidence();
    println!("memory at the end: {}", peak_memory());
}

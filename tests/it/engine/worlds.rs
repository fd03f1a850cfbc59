//! Small random ledgers: what happened, in a language of small numbers, and as facts for the
//! program. Every kind of event occurs, and so do corrections of corrections, joint groups, cycles,
//! chains from one release to the next, and dates at both ends of the calendar.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock};

use dspt_ledger::domain::date::{Date, Timestamp};
use dspt_ledger::domain::event::{Event, Kind};
use dspt_ledger::domain::ids::{ControlRef, ItemRef, Level, Scheme, TargetRef, UnitId};
use dspt_ledger::domain::mapping::Relationship;
use dspt_ledger::domain::state::{Contents, Fact, Subject};
use serde_json::{Value, json};

/// The first and the last day of the calendar.
pub(super) const FIRST: i32 = -1_000;
pub(super) const LAST: i32 = 1_000;

/// Every day on which anything can begin or end, the day after each, and one before them all.
pub(super) const DAYS: [i32; 17] = [FIRST, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, LAST];

/// The last day on which a certificate of ISO/IEC 27001:2013 is in force.
pub(super) const LAST_OF_2013: i32 = 8;

/// Turns a number into a day; 8 is 31 October 2025.
pub(super) fn day(number: i32) -> Date {
    match number {
        FIRST => Date::MIN,
        LAST => Date::MAX,
        other => Date::MIN.plus(45_951 + other),
    }
}

/// Controls by number. The sixth has the two levels of an outcome, the others have one.
pub(super) const CONTROLS: [&str; 6] = [
    "iso27001:2013/A.1",
    "iso27001:2022/A.1",
    "iso27001:2022/A.2",
    "iso27001:2022/4.1",
    "cyber-essentials:3.1/R1",
    "ncsc-caf:3.2/B2.a",
];
pub(super) const OUTCOME: usize = 5;
/// Frameworks by number, with their lists.
pub(super) const FRAMEWORKS: [(&str, &str); 4] = [
    ("iso27001:2013", "id,parent,title,kind\nA,,x,theme\nA.1,A,x,control\n"),
    (
        "iso27001:2022",
        "id,parent,title,kind\n4,,x,clause\n4.1,4,x,clause\nA.1,,x,control\nA.2,,x,control\n",
    ),
    ("cyber-essentials:3.1", "id,parent,title,kind\nR,,x,theme\nR1,R,x,requirement-own-id\n"),
    ("ncsc-caf:3.2", "id,parent,title,kind\nB2.a,,x,contributing-outcome\n"),
];
/// Which framework each control belongs to.
pub(super) const FRAMEWORK_OF: [usize; 6] = [0, 1, 1, 1, 2, 3];
/// Items by number: edition, category, number.
pub(super) const ITEMS: [(usize, usize, &str); 5] =
    [(0, 0, "1.1.1"), (0, 0, "1.1.2"), (0, 0, "1.2.1"), (0, 1, "1.1.1"), (1, 0, "1.1.1")];
pub(super) const EDITIONS: [&str; 2] = ["e1", "e2"];
pub(super) const CATEGORIES: [&str; 2] = ["c1", "c2"];
pub(super) const UNITS: [&str; 3] = ["u0", "u1", "u2"];
pub(super) static SCHEMES: LazyLock<Vec<Scheme>> = LazyLock::new(|| Scheme::all().collect());
pub(super) const LEVELS: [Level; 3] = [Level::Met, Level::PartiallyAchieved, Level::Achieved];
const ASSURANCES: [&str; 3] = ["self-assessed", "internally-audited", "certified"];
const RESULTS: [&str; 3] = ["met", "partly-met", "not-met"];
const KEYS: [char; 3] = ['a', 'b', 'c'];

/// What a rule concludes or a row names as its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Item(usize),
    Control(usize, usize),
}

/// A row of a mapping. No source means "nothing in this framework".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) source: Option<(usize, usize)>,
    pub(super) relationship: Relationship,
    pub(super) target: Target,
    pub(super) joint: Option<(usize, Relationship)>,
}

/// The files of one revision of an edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Files {
    /// Item and whether it is mandatory.
    pub(super) items: Vec<(usize, bool)>,
    /// Item, scheme, whether it satisfies, and for which types.
    pub(super) exemptions: Vec<(usize, usize, bool, Vec<usize>)>,
}

/// The inclusive days of something, open at the end without a second.
pub(super) type Days = (i32, Option<i32>);

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Opened,
    KeyAdmitted,
    KeyRevoked,
    Classified { edition: usize, kind: usize, category: usize, from: i32 },
    Scope { units: Vec<(usize, bool)>, from: i32 },
    Edition { edition: usize, revision: u64, from: i32, files: Files },
    Framework(usize),
    Mapping(Vec<Row>),
    Asserted(Asserted),
    Approved { proposal: u64, rows: Option<Vec<u64>>, days: Days },
    ApprovalWithdrawn { approval: u64, rows: Option<Vec<u64>>, from: i32 },
    Challenged { approval: u64 },
    Upheld { challenge: u64 },
    Certificate { scheme: usize, framework: Option<usize>, scope: Vec<usize>, days: (i32, i32) },
    Suspended { certificate: u64, days: Days },
    CertificateWithdrawn { certificate: u64, from: i32 },
    Soa { certificate: u64, from: i32, rows: Vec<(usize, bool)> },
    Assessed(Assessed),
    Evidence { items: Vec<usize>, controls: Vec<usize>, scope: Vec<usize>, days: Days },
    EvidenceWithdrawn { evidence: u64, from: Option<i32> },
    Answered { item: usize, met: bool, days: Days },
    NotApplicable { item: usize, days: Days },
    Confirmed { item: usize, on: i32 },
    Correction { corrects: u64, instead: Option<Box<Act>>, own_files: bool },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asserted {
    pub(super) target: Target,
    pub(super) sources: Vec<(usize, usize)>,
    pub(super) minimum: Option<usize>,
    pub(super) kinds: Vec<usize>,
    pub(super) whole: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Assessed {
    pub(super) control: usize,
    pub(super) level: usize,
    pub(super) result: usize,
    pub(super) assurance: usize,
    pub(super) scope: Vec<usize>,
    pub(super) days: (i32, i32),
}

/// One entry: its id, its author, what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: u64,
    pub(super) by: usize,
    pub(super) act: Act,
}

impl Act {
    /// The kind of event that says this.
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Opened => Kind::LedgerOpened,
            Self::KeyAdmitted => Kind::KeyAdmitted,
            Self::KeyRevoked => Kind::KeyRevoked,
            Self::Classified { .. } => Kind::OrganisationClassified,
            Self::Scope { .. } => Kind::ScopeDeclared,
            Self::Edition { .. } => Kind::EditionAdopted,
            Self::Framework(_) => Kind::FrameworkAdopted,
            Self::Mapping(_) => Kind::MappingImported,
            Self::Asserted(_) => Kind::EquivalenceAsserted,
            Self::Approved { .. } => Kind::MappingApproved,
            Self::ApprovalWithdrawn { .. } => Kind::ApprovalWithdrawn,
            Self::Challenged { .. } => Kind::EquivalenceChallenged,
            Self::Upheld { .. } => Kind::ChallengeUpheld,
            Self::Certificate { .. } => Kind::CertificateRecorded,
            Self::Suspended { .. } => Kind::CertificateSuspended,
            Self::CertificateWithdrawn { .. } => Kind::CertificateWithdrawn,
            Self::Soa { .. } => Kind::SoaRecorded,
            Self::Assessed(_) => Kind::ControlAssessed,
            Self::Evidence { .. } => Kind::EvidenceRecorded,
            Self::EvidenceWithdrawn { .. } => Kind::EvidenceWithdrawn,
            Self::Answered { .. } => Kind::ItemAnswered,
            Self::NotApplicable { .. } => Kind::ItemNotApplicable,
            Self::Confirmed { .. } => Kind::AssertionConfirmed,
            Self::Correction { .. } => Kind::Correction,
        }
    }
}

// ---- as facts ------------------------------------------------------------------------------

pub(super) fn item_ref(item: usize) -> ItemRef {
    let (edition, category, number) = ITEMS[item];
    format!("{}/{}/{number}", EDITIONS[edition], CATEGORIES[category]).parse().unwrap()
}

pub(super) fn control_ref(control: usize) -> ControlRef {
    CONTROLS[control].parse().unwrap()
}

fn target_ref(target: Target) -> TargetRef {
    match target {
        Target::Item(item) => TargetRef::Item(item_ref(item)),
        Target::Control(control, _) => TargetRef::Control(control_ref(control)),
    }
}

fn target_level(target: Target) -> Level {
    match target {
        Target::Item(_) => Level::Met,
        Target::Control(_, level) => LEVELS[level],
    }
}

fn id_text(id: u64) -> String {
    format!("{id:032x}")
}

fn date(number: i32) -> String {
    day(number).to_string()
}

fn unit_list(units: &[usize]) -> Vec<&'static str> {
    units.iter().map(|unit| UNITS[*unit]).collect()
}

fn kind_list(kinds: &[usize]) -> Vec<String> {
    kinds.iter().map(|kind| format!("t{kind}")).collect()
}

fn rows_value(rows: Option<&Vec<u64>>) -> Value {
    rows.map_or_else(|| json!("all"), |rows| json!(rows))
}

/// The body as an entry holds it, read back as the program reads it.
pub(super) fn event(act: &Act) -> Event {
    let mut body = body(act);
    let fields = body.as_object_mut().unwrap();
    fields.retain(|_, value| !value.is_null());
    fields.insert("v".to_owned(), json!(1));
    Event::decode(act.kind().as_str(), &body).unwrap()
}

fn body(act: &Act) -> Value {
    match act {
        Act::Opened => json!({"organisation": "o", "log": "l", "key": "k", "holder": "h"}),
        Act::KeyAdmitted => json!({"key": "k", "holder": "h", "role": "approver"}),
        Act::KeyRevoked => json!({"keyid": key_text(2), "reason": "x"}),
        Act::Classified { edition, kind, category, from } => json!({
            "edition": EDITIONS[*edition], "organisation_type": format!("t{kind}"),
            "category": CATEGORIES[*category], "from": date(*from),
        }),
        Act::Scope { units, from } => {
            let units = units.iter().map(|(unit, health)| {
                json!({"id": UNITS[*unit], "name": "x", "health_and_care_data": health})
            });
            json!({"units": units.collect::<Vec<_>>(), "from": date(*from)})
        }
        Act::Edition { edition, revision, from, files: _ } => json!({
            "edition": EDITIONS[*edition], "revision": revision.to_string(),
            "effective_from": date(*from),
        }),
        Act::Framework(number) => json!({"framework": FRAMEWORKS[*number].0}),
        Act::Mapping(rows) => json!({
            "title": "m", "author": "x", "authority": "proposal", "licence": "x",
            "rows": rows.len(),
        }),
        Act::Asserted(one) => {
            let sources = one.sources.iter().map(
                |(control, level)| json!({"source": CONTROLS[*control], "level": LEVELS[*level]}),
            );
            json!({
                "target": target_ref(one.target), "target_level": target_level(one.target),
                "sources": sources.collect::<Vec<_>>(), "rationale": "x",
                "minimum_assurance": one.minimum.map(|number| ASSURANCES[number]),
                "organisation_types": kind_list(&one.kinds), "whole_scope": one.whole,
            })
        }
        _ => later_body(act),
    }
}

fn later_body(act: &Act) -> Value {
    let until = |days: &Days| days.1.map(date);
    match act {
        Act::Approved { proposal, rows, days } => json!({
            "mapping": id_text(*proposal), "rows": rows_value(rows.as_ref()), "rationale": "x",
            "from": date(days.0), "until": until(days),
        }),
        Act::ApprovalWithdrawn { approval, rows, from } => json!({
            "approval": id_text(*approval), "rows": rows_value(rows.as_ref()), "reason": "x",
            "from": date(*from),
        }),
        Act::Challenged { approval } => {
            json!({"approval": id_text(*approval), "rows": "all", "reason": "x"})
        }
        Act::Upheld { challenge } => json!({"challenge": id_text(*challenge), "reason": "x"}),
        Act::Certificate { scheme, framework, scope, days } => json!({
            "scheme": SCHEMES[*scheme], "number": "n", "issuer": "x", "scope": unit_list(scope),
            "release": framework.map(|one| FRAMEWORKS[one].0.split_once(':').unwrap().1),
            "valid_from": date(days.0), "valid_until": date(days.1),
        }),
        Act::Suspended { certificate, days } => json!({
            "certificate": id_text(*certificate), "from": date(days.0), "until": until(days),
            "reason": "x",
        }),
        Act::CertificateWithdrawn { certificate, from } => {
            json!({"certificate": id_text(*certificate), "from": date(*from), "reason": "x"})
        }
        Act::Soa { certificate, from, rows: _ } => {
            json!({"certificate": id_text(*certificate), "from": date(*from)})
        }
        Act::Assessed(one) => json!({
            "control": CONTROLS[one.control], "level": LEVELS[one.level],
            "result": RESULTS[one.result], "assurance": ASSURANCES[one.assurance],
            "scope": unit_list(&one.scope), "from": date(one.days.0), "until": date(one.days.1),
        }),
        Act::Evidence { items, controls, scope, days } => json!({
            "title": "e", "items": items.iter().map(|one| item_ref(*one)).collect::<Vec<_>>(),
            "controls": controls.iter().map(|one| CONTROLS[*one]).collect::<Vec<_>>(),
            "scope": unit_list(scope), "proves_on": date(days.0), "valid_until": until(days),
        }),
        Act::EvidenceWithdrawn { evidence, from } => {
            json!({"evidence": id_text(*evidence), "from": from.map(date), "reason": "x"})
        }
        Act::Answered { item, met, days } => json!({
            "item": item_ref(*item), "answer": "x", "met": met, "on": date(days.0),
            "valid_until": until(days),
        }),
        Act::NotApplicable { item, days } => json!({
            "item": item_ref(*item), "reason": "x", "from": date(days.0), "until": until(days),
        }),
        Act::Confirmed { item, on } => {
            json!({"assertion": item_ref(*item).assertion(), "on": date(*on)})
        }
        Act::Correction { corrects, instead, own_files: _ } => {
            let replacement = instead.as_deref().map(
                |act| json!({"type": act.kind().as_str(), "body": event(act).body().unwrap()}),
            );
            json!({"corrects": id_text(*corrects), "reason": "x", "replacement": replacement})
        }
        other => panic!("{other:?} is written by body"),
    }
}

fn key_text(by: usize) -> String {
    format!("SHA256:{}", KEYS[by].to_string().repeat(43))
}

/// The files that an entry names.
fn files(act: &Act) -> Vec<(&'static str, String)> {
    match act {
        Act::Framework(number) => vec![("controls.csv", FRAMEWORKS[*number].1.to_owned())],
        Act::Mapping(rows) => vec![("mapping.csv", mapping_csv(rows))],
        Act::Soa { certificate: _, from: _, rows } => {
            let mut text = "control,applicable,justification,implemented,status\n".to_owned();
            for (control, applies) in rows {
                // What is not in place grounds as little as what is excluded.
                let words = match (*applies, control % 2 == 0) {
                    (true, _) => "yes,x,yes,",
                    (false, true) => "yes,x,no,planned",
                    (false, false) => "no,x,,",
                };
                text.push_str(&format!("{},{words}\n", CONTROLS[*control]));
            }
            vec![("soa.csv", text)]
        }
        Act::Edition { edition: _, revision: _, from: _, files } => edition_files(files),
        Act::Correction { corrects: _, instead: Some(act), own_files: true } => self::files(act),
        _ => Vec::new(),
    }
}

fn mapping_csv(rows: &[Row]) -> String {
    let mut text = "source,source_level,relationship,target,target_level,joint_group,\
                    joint_relationship\n"
        .to_owned();
    for row in rows {
        let (source, level) = row.source.map_or(("iso27001:2022/*", ""), |(control, level)| {
            (CONTROLS[control], LEVELS[level].as_str())
        });
        let joint = row.joint.map_or_else(|| ",".to_owned(), |(id, word)| format!("J{id},{word}"));
        text.push_str(&format!(
            "{source},{level},{},{},{},{joint}\n",
            row.relationship,
            target_ref(row.target),
            target_level(row.target).as_str(),
        ));
    }
    text
}

fn edition_files(files: &Files) -> Vec<(&'static str, String)> {
    let mut items = "category,assertion,item,title,requirement,confidence\n".to_owned();
    for (item, mandatory) in &files.items {
        let (_, category, number) = ITEMS[*item];
        let (assertion, _) = number.rsplit_once('.').unwrap();
        let word = if *mandatory { "mandatory" } else { "optional" };
        let category = CATEGORIES[category];
        items.push_str(&format!("{category},{assertion},{number},x,{word},x\n"));
    }
    let mut exemptions =
        "category,item,scheme,effect,organisation_types,scope_test,condition\n".to_owned();
    for (item, scheme, satisfies, kinds) in &files.exemptions {
        let (_, category, number) = ITEMS[*item];
        exemptions.push_str(&format!(
            "{},{number},{},{},{},all-health-and-care-data,x\n",
            CATEGORIES[category],
            SCHEMES[*scheme].as_str(),
            if *satisfies { "satisfies" } else { "note" },
            kind_list(kinds).join(" ")
        ));
    }
    let types = "organisation_type,label,category\nt0,x,c1\nt1,x,c1\nt2,x,c2\n".to_owned();
    vec![("items.csv", items), ("exemptions.csv", exemptions), ("organisation-types.csv", types)]
}

/// The ledger as the program sees it.
pub(super) fn facts(entries: &[Entry]) -> (Vec<Fact>, Contents) {
    let mut contents: Contents = BTreeMap::new();
    let mut facts = Vec::new();
    for (seq, entry) in entries.iter().enumerate() {
        let mut subjects = Vec::new();
        for (name, text) in files(&entry.act) {
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            let sha256 = format!("{:064x}", hasher.finish());
            contents.insert(sha256.clone(), Arc::new(text.into_bytes()));
            subjects.push(Subject { name: name.to_owned(), sha256 });
        }
        facts.push(Fact {
            seq: seq as u64,
            at: Timestamp::from_millis(1_767_225_600_000 + seq as i64),
            by: key_text(entry.by).parse().unwrap(),
            id: id_text(entry.id).parse().unwrap(),
            event: event(&entry.act),
            subjects,
        });
    }
    (facts, contents)
}

pub(super) fn unit_id(unit: usize) -> UnitId {
    UNITS[unit].parse().unwrap()
}

// ---- at random -----------------------------------------------------------------------------

/// A seeded xorshift: the same seed gives the same world on every machine.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        // A step of splitmix64, so that neighbouring seeds give unlike worlds.
        let mut state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self((state ^ (state >> 31)) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        ((self.next() >> 33) as usize) % bound
    }

    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    /// One of the choices, as often as its weight says.
    fn weighted<T: Copy>(&mut self, choices: &[(usize, T)]) -> T {
        let mut left = self.below(choices.iter().map(|(weight, _)| weight).sum());
        for (weight, choice) in choices {
            if left < *weight {
                return *choice;
            }
            left -= weight;
        }
        choices[0].1
    }

    pub(super) fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last + 1));
        }
    }

    fn day(&mut self) -> i32 {
        if self.chance(2) { self.pick(&[FIRST, LAST]) } else { self.below(13) as i32 }
    }

    fn early(&mut self) -> i32 {
        if self.chance(75) { self.below(3) as i32 } else { self.day() }
    }

    fn closed(&mut self) -> (i32, i32) {
        let from = self.early();
        let until = match self.below(100) {
            0..4 => self.day(),
            4..8 => from,
            8..40 => LAST,
            _ => self.after(from, 11),
        };
        (from, until)
    }

    /// A day from `from` on, at most so many days later, and not past the days that are looked at.
    fn after(&mut self, from: i32, within: usize) -> i32 {
        if from == LAST { LAST } else { (from.max(0) + self.below(within) as i32).min(12) }
    }

    fn open(&mut self) -> Days {
        let (from, until) = self.closed();
        (from, (!self.chance(45)).then_some(until))
    }

    fn units(&mut self) -> Vec<usize> {
        let list: Vec<usize> = if self.chance(70) {
            vec![0, 1, 2]
        } else {
            (0..3).filter(|_| self.chance(55)).collect()
        };
        if list.is_empty() { vec![self.below(3)] } else { list }
    }

    fn item(&mut self) -> usize {
        self.weighted(&[(50, 0), (18, 1), (20, 2), (6, 3), (6, 4)])
    }

    /// A control at a level that it has.
    fn control(&mut self) -> (usize, usize) {
        let control = self.weighted(&[(26, 0), (28, 1), (16, 2), (6, 3), (6, 4), (18, OUTCOME)]);
        (control, if control == OUTCOME { 1 + self.below(2) } else { 0 })
    }

    fn target(&mut self) -> Target {
        if self.chance(55) {
            Target::Item(self.item())
        } else {
            let (control, level) = self.control();
            Target::Control(control, level)
        }
    }

    fn kinds(&mut self, percent: usize) -> Vec<usize> {
        if self.chance(percent) { vec![self.below(3), 2] } else { Vec::new() }
    }

    /// The id of an entry of one of these kinds; seldom one that is not there.
    fn earlier(&mut self, entries: &[Entry], kinds: &[Kind]) -> Option<u64> {
        let fitting: Vec<u64> = entries
            .iter()
            .filter(|entry| kinds.contains(&entry.act.kind()))
            .map(|entry| entry.id)
            .collect();
        if fitting.is_empty() {
            return None;
        }
        Some(if self.chance(1) { 9_999 } else { self.pick(&fitting) })
    }
}

fn mapping(random: &mut Random) -> Vec<Row> {
    use Relationship::{
        EqualTo, EquivalentTo, IntersectsWith, NoRelationship, SubsetOf, SupersetOf, Unspecified,
    };
    let mut rows = Vec::new();
    for _ in 0..=random.below(4) {
        let target = random.target();
        if random.chance(5) {
            rows.push(Row { source: None, relationship: NoRelationship, target, joint: None });
            continue;
        }
        let relationship = random.weighted(&[
            (18, EqualTo),
            (10, EquivalentTo),
            (30, SupersetOf),
            (12, SubsetOf),
            (14, IntersectsWith),
            (6, NoRelationship),
            (10, Unspecified),
        ]);
        rows.push(Row { source: Some(random.control()), relationship, target, joint: None });
    }
    for group in 0..random.weighted(&[(55, 0), (35, 1), (10, 2)]) {
        let target = random.target();
        let together =
            random.weighted(&[(70, SupersetOf), (12, EqualTo), (9, SubsetOf), (9, IntersectsWith)]);
        for _ in 0..random.weighted(&[(4, 1), (70, 2), (26, 3)]) {
            let mut row = Row {
                source: Some(random.control()),
                relationship: random.pick(&[SubsetOf, IntersectsWith, SubsetOf, Unspecified]),
                target,
                joint: Some((group, together)),
            };
            match random.below(100) {
                0..2 => row.target = random.target(),
                2..4 => row.joint = Some((group, IntersectsWith)),
                4..6 => (row.source, row.relationship) = (None, NoRelationship),
                _ => {}
            }
            rows.push(row);
        }
    }
    random.shuffle(&mut rows);
    rows
}

fn edition(random: &mut Random, edition: usize, revision: u64) -> Act {
    let mut items: Vec<(usize, bool)> = (0..ITEMS.len())
        .filter(|item| ITEMS[*item].0 == edition)
        .filter(|item| *item == 0 || !random.chance(12))
        .map(|item| (item, random_mandatory(item)))
        .collect();
    for item in &mut items {
        item.1 ^= random.chance(15);
    }
    if items.is_empty() {
        items.push((4, true));
    }
    random.shuffle(&mut items);
    let exemptions = (0..=random.below(3))
        .map(|_| {
            let (item, _) = random.pick(&items);
            let scheme = random.weighted(&[(50, 0), (8, 1), (25, 2), (10, 3), (7, 4)]);
            (item, scheme, !random.chance(12), random.kinds(20))
        })
        .collect();
    let from = random.early();
    Act::Edition { edition, revision, from, files: Files { items, exemptions } }
}

/// Items whose assertion needs no confirmation unless a revision says otherwise: 1.2.1.
fn random_mandatory(item: usize) -> bool {
    matches!(item, 0 | 3 | 4)
}

/// Something of this kind, given what is there; none when it needs something that is not.
fn act(random: &mut Random, kind: Kind, entries: &[Entry]) -> Option<Act> {
    let from = random.day();
    Some(match kind {
        Kind::LedgerOpened => return None,
        Kind::KeyAdmitted => Act::KeyAdmitted,
        Kind::KeyRevoked => Act::KeyRevoked,
        Kind::OrganisationClassified => {
            let kind = random.weighted(&[(45, 0), (40, 1), (15, 2)]);
            let edition = random.weighted(&[(80, 0), (20, 1)]);
            let from = if random.chance(70) { random.early() } else { from };
            Act::Classified { edition, kind, category: usize::from(kind == 2), from }
        }
        Kind::ScopeDeclared => {
            let mut units: Vec<(usize, bool)> =
                random.units().into_iter().map(|unit| (unit, true)).collect();
            for unit in &mut units {
                unit.1 = random.chance(70);
            }
            Act::Scope { units, from: random.early() }
        }
        Kind::EditionAdopted => {
            let number = random.weighted(&[(85, 0), (15, 1)]);
            edition(random, number, entries.len() as u64)
        }
        Kind::FrameworkAdopted => Act::Framework(random.below(4)),
        Kind::MappingImported => Act::Mapping(mapping(random)),
        Kind::EquivalenceAsserted => Act::Asserted(Asserted {
            target: random.target(),
            sources: (0..random.weighted(&[(3, 0), (30, 1), (55, 2), (12, 3)]))
                .map(|_| random.control())
                .collect(),
            minimum: random.weighted(&[(35, None), (15, Some(0)), (25, Some(1)), (25, Some(2))]),
            kinds: random.kinds(20),
            whole: random.chance(35),
        }),
        other => return later_act(random, other, entries, from),
    })
}

fn later_act(random: &mut Random, kind: Kind, entries: &[Entry], from: i32) -> Option<Act> {
    let proposals = [Kind::MappingImported, Kind::EquivalenceAsserted];
    Some(match kind {
        Kind::MappingApproved => {
            let listed: Vec<u64> = (1..6).filter(|_| random.chance(60)).collect();
            let rows = random.chance(18).then_some(listed);
            let proposal = random.earlier(entries, &proposals)?;
            Act::Approved { proposal, rows, days: random.open() }
        }
        Kind::ApprovalWithdrawn => {
            let listed: Vec<u64> = (1..6).filter(|_| random.chance(40)).collect();
            let rows = random.chance(40).then_some(listed);
            let approval = random.earlier(entries, &[Kind::MappingApproved])?;
            Act::ApprovalWithdrawn { approval, rows, from }
        }
        Kind::EquivalenceChallenged => {
            Act::Challenged { approval: random.earlier(entries, &[Kind::MappingApproved])? }
        }
        Kind::ChallengeUpheld => {
            Act::Upheld { challenge: random.earlier(entries, &[Kind::EquivalenceChallenged])? }
        }
        Kind::CertificateRecorded => {
            let scheme = random.weighted(&[(62, 0), (6, 1), (20, 2), (8, 3), (4, 4)]);
            let framework = match scheme {
                0 => random.weighted(&[(35, Some(0)), (60, Some(1)), (5, None)]),
                2 => random.weighted(&[(80, Some(2)), (20, None)]),
                _ => None,
            };
            Act::Certificate { scheme, framework, scope: random.units(), days: random.closed() }
        }
        Kind::CertificateSuspended => {
            let certificate = random.earlier(entries, &[Kind::CertificateRecorded])?;
            let until = random.after(from, 5);
            let days = (from, (!random.chance(20)).then_some(until));
            Act::Suspended { certificate, days }
        }
        Kind::CertificateWithdrawn => {
            let certificate = random.earlier(entries, &[Kind::CertificateRecorded])?;
            Act::CertificateWithdrawn { certificate, from }
        }
        Kind::SoaRecorded => {
            let certificate = random.earlier(entries, &[Kind::CertificateRecorded])?;
            let mut rows: Vec<(usize, bool)> =
                (0..4).filter(|_| random.chance(80)).map(|control| (control, true)).collect();
            rows.push((OUTCOME, true));
            for row in &mut rows {
                row.1 = random.chance(80);
            }
            random.shuffle(&mut rows);
            Act::Soa { certificate, from: random.early(), rows }
        }
        other => return own_act(random, other, entries, from),
    })
}

fn own_act(random: &mut Random, kind: Kind, entries: &[Entry], from: i32) -> Option<Act> {
    Some(match kind {
        Kind::ControlAssessed => {
            let (control, level) = random.control();
            Act::Assessed(Assessed {
                control,
                level,
                result: random.weighted(&[(65, 0), (17, 1), (18, 2)]),
                assurance: random.below(3),
                scope: random.units(),
                days: random.closed(),
            })
        }
        Kind::EvidenceRecorded => {
            let mut items: Vec<usize> = (0..random.below(3)).map(|_| random.item()).collect();
            let controls: Vec<usize> = (0..random.below(3)).map(|_| random.control().0).collect();
            if items.is_empty() && controls.is_empty() {
                // Evidence is for something.
                items.push(0);
            }
            let scope = if random.chance(60) { Vec::new() } else { random.units() };
            Act::Evidence { items, controls, scope, days: random.open() }
        }
        Kind::EvidenceWithdrawn => {
            let evidence = random.earlier(entries, &[Kind::EvidenceRecorded])?;
            Act::EvidenceWithdrawn { evidence, from: (!random.chance(20)).then_some(from) }
        }
        Kind::ItemAnswered => {
            Act::Answered { item: random.item(), met: random.chance(55), days: random.open() }
        }
        Kind::ItemNotApplicable => {
            let until = (!random.chance(25)).then_some(random.after(from, 4));
            Act::NotApplicable { item: random.item(), days: (from, until) }
        }
        Kind::AssertionConfirmed => Act::Confirmed { item: random.item(), on: from },
        Kind::Correction => correction(random, entries)?,
        other => panic!("{other} is made by act or later_act"),
    })
}

fn correction(random: &mut Random, entries: &[Entry]) -> Option<Act> {
    let fitting: Vec<&Entry> = entries.iter().filter(|one| one.act != Act::Opened).collect();
    let corrections: Vec<&Entry> =
        entries.iter().filter(|one| one.act.kind() == Kind::Correction).collect();
    let again = !corrections.is_empty() && random.chance(30);
    let from = if again { &corrections } else { &fitting };
    if from.is_empty() {
        return None;
    }
    let wrong = random.pick(from);
    let corrects = wrong.id;
    if matches!(wrong.act, Act::Correction { .. }) || random.chance(40) {
        return Some(Act::Correction { corrects, instead: None, own_files: false });
    }
    // The same words again, now and then: then the file need not be named again.
    let same = random.chance(15);
    let instead = if same { wrong.act.clone() } else { act(random, wrong.act.kind(), entries)? };
    let own_files = !(same && random.chance(50));
    Some(Act::Correction { corrects, instead: Some(Box::new(instead)), own_files })
}

const WEIGHTS: [(usize, Kind); 23] = [
    (2, Kind::KeyAdmitted),
    (1, Kind::KeyRevoked),
    (4, Kind::OrganisationClassified),
    (5, Kind::ScopeDeclared),
    (5, Kind::EditionAdopted),
    (2, Kind::FrameworkAdopted),
    (15, Kind::MappingImported),
    (16, Kind::EquivalenceAsserted),
    (28, Kind::MappingApproved),
    (4, Kind::ApprovalWithdrawn),
    (4, Kind::EquivalenceChallenged),
    (5, Kind::ChallengeUpheld),
    (14, Kind::CertificateRecorded),
    (4, Kind::CertificateSuspended),
    (3, Kind::CertificateWithdrawn),
    (11, Kind::SoaRecorded),
    (14, Kind::ControlAssessed),
    (13, Kind::EvidenceRecorded),
    (4, Kind::EvidenceWithdrawn),
    (9, Kind::ItemAnswered),
    (3, Kind::ItemNotApplicable),
    (7, Kind::AssertionConfirmed),
    (10, Kind::Correction),
];

fn author(random: &mut Random, act: &Act) -> usize {
    match act {
        // Sometimes somebody approves what they recorded themselves.
        Act::Approved { .. } => random.weighted(&[(92, 1), (8, 0)]),
        Act::Mapping(_) | Act::Asserted(_) => random.weighted(&[(95, 0), (5, 1)]),
        _ => 0,
    }
}

/// One world: a ledger that says enough to ask something, then whatever comes.
pub(super) fn world(random: &mut Random) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let add = |entries: &mut Vec<Entry>, random: &mut Random, kind: Option<Kind>| {
        let kind = kind.unwrap_or_else(|| random.weighted(&WEIGHTS));
        if let Some(act) = act(random, kind, entries) {
            let (id, by) = (entries.len() as u64 + 1, author(random, &act));
            entries.push(Entry { id, by, act });
        }
    };
    entries.push(Entry { id: 0, by: 0, act: Act::Opened });
    let mut base = vec![
        Some(Kind::EditionAdopted),
        Some(Kind::OrganisationClassified),
        Some(Kind::ScopeDeclared),
        Some(Kind::FrameworkAdopted),
        Some(Kind::FrameworkAdopted),
        Some(Kind::CertificateRecorded),
    ];
    random.shuffle(&mut base);
    base.extend([
        Some(Kind::SoaRecorded),
        Some(Kind::MappingImported),
        Some(Kind::MappingApproved),
        Some(Kind::ControlAssessed),
    ]);
    for kind in base {
        if !random.chance(6) {
            add(&mut entries, random, kind);
        }
    }
    for _ in 0..4 + random.below(22) {
        add(&mut entries, random, None);
    }
    entries
}

//! One answer, whoever asks: for random ledgers and questions the screen, the linear mode and the
//! commands agree on statuses, reasons, entries, counts, changes and the standing.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use dspt_ledger::cli;
use dspt_ledger::domain::date::{Date, Timestamp};
use dspt_ledger::domain::engine::status::Status;
use dspt_ledger::domain::event::role::Role;
use dspt_ledger::domain::event::{
    AssertionConfirmed, CertificateRecorded, CertificateSuspended, CertificateWithdrawn,
    Correction, EditionAdopted, Event, EvidenceRecorded, EvidenceWithdrawn, ItemAnswered,
    ItemNotApplicable, OrganisationClassified, ScopeDeclared, Unit,
};
use dspt_ledger::domain::ids::ItemRef;
use dspt_ledger::domain::state::index::fact_index::Chronicle;
use dspt_ledger::journal::{File, Journal};
use dspt_ledger::ledger::Digest;
use dspt_ledger::store::Mode;
use dspt_ledger::tui::input::keymap::named;
use dspt_ledger::tui::model::session::{InMemory, Kind, Source};
use dspt_ledger::tui::model::update::{Message, update};
use dspt_ledger::tui::model::{Body, Model};
use dspt_ledger::tui::view::theme::Theme;
use dspt_ledger::tui::view_model::history::Happening;
use dspt_ledger::tui::view_model::linear;
use serde_json::Value;

use crate::fixtures::{
    APPROVER, CONTRIBUTOR, EDITION, OWNER, admitted, create, folder, id, item, new, record,
};

/// The day on which every question is asked.
const TODAY: &str = "2026-11-21";
const ITEMS: [&str; 6] = ["1.1.1", "1.1.2", "7.3.5", "8.3.4", "8.3.5", "9.2.1"];
const TYPES: &str = "organisation_type,label,category\nit-supplier,IT supplier,cat2-it-supplier\n";

/// Numbers that are the same on every run.
struct Random(u32);

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) % bound
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(u32::try_from(list.len()).unwrap()) as usize]
    }

    /// A day up to `back` days before `last` and up to `ahead` after it.
    fn day(&mut self, last: Date, back: u32, ahead: u32) -> Date {
        last.plus(i32::try_from(self.below(back + ahead + 1)).unwrap())
            .plus(-i32::try_from(back).unwrap())
    }

    fn maybe<T>(&mut self, value: T) -> Option<T> {
        (self.below(2) == 0).then_some(value)
    }
}

/// An edition's files; a later revision asks for one item more and frees another.
fn edition(revision: u32, from: Date) -> (Event, Vec<File>) {
    let mut items = String::from("category,assertion,item,title,requirement,confidence\n");
    for (number, name) in ITEMS.iter().enumerate() {
        let asked = if number % 4 == 3 { "optional" } else { "mandatory" };
        if number < 5 || revision > 0 {
            let assertion = &name[..3];
            writeln!(items, "cat2-it-supplier,{assertion},{name},Title {name},{asked},official")
                .unwrap();
        }
    }
    let mut free = String::from(
        "category,item,scheme,effect,organisation_types,scope_test,condition\n\
         cat2-it-supplier,8.3.4,iso27001,satisfies,,all-health-and-care-data,holders are free\n\
         cat2-it-supplier,8.3.5,cyber-essentials-plus,satisfies,,all-health-and-care-data,holders are free\n",
    );
    if revision > 0 {
        free += "cat2-it-supplier,7.3.5,cyber-essentials-plus,satisfies,,all-health-and-care-data,and here\n";
    }
    let files = vec![
        File::stored("items.csv", items.into()),
        File::stored("exemptions.csv", free.into()),
        File::stored("organisation-types.csv", TYPES.into()),
    ];
    let adopted = EditionAdopted {
        edition: EDITION.parse().unwrap(),
        revision: format!("1.{revision}.0"),
        effective_from: from,
    };
    (Event::EditionAdopted(adopted), files)
}

fn certificate(random: &mut Random, now: Date, on: Date, last: u64) -> Event {
    Event::CertificateRecorded(CertificateRecorded {
        scheme: random.of(&["iso27001", "cyber-essentials-plus"]).parse().unwrap(),
        release: Some("2022".into()).filter(|_| random.below(2) == 0),
        number: format!("C {last}"),
        issuer: "Certifier".into(),
        accreditation: None,
        scope: vec![random.of(&["hosting", "hosting", "office"]).parse().unwrap()],
        valid_from: on,
        valid_until: random.day(now, 0, 120),
    })
}

/// Something that may be recorded on a day, about what was recorded before.
fn happening(random: &mut Random, now: Date, last: u64) -> (u8, Event, Vec<File>) {
    let about: ItemRef = item(random.of(&ITEMS));
    let on = random.day(now, 40, 0);
    let until = random.day(now, 0, 120);
    let until = random.maybe(until);
    let target = id(u64::from(random.below(u32::try_from(last).unwrap())));
    let reason = "so it is".to_owned();
    let contributor = |event| (CONTRIBUTOR, event, Vec::new());
    match random.below(12) {
        0..=2 => contributor(Event::EvidenceRecorded(EvidenceRecorded {
            title: format!("report {last}"),
            items: vec![about],
            controls: Vec::new(),
            scope: Vec::new(),
            proves_on: on,
            valid_until: until,
            size: None,
            stored: false,
        })),
        3 => contributor(Event::ItemAnswered(ItemAnswered {
            item: about,
            answer: "words".to_owned(),
            met: random.below(3) > 0,
            on,
            valid_until: until,
        })),
        4 | 5 => contributor(certificate(random, now, on, last)),
        6 => contributor(Event::CertificateWithdrawn(CertificateWithdrawn {
            certificate: target,
            from: on,
            reason,
        })),
        7 => contributor(Event::CertificateSuspended(CertificateSuspended {
            certificate: target,
            from: on,
            until,
            reason,
        })),
        8 => contributor(Event::EvidenceWithdrawn(EvidenceWithdrawn {
            evidence: target,
            from: random.maybe(on),
            reason,
        })),
        9 => {
            let body = ItemNotApplicable { item: about, reason, from: on, until };
            (APPROVER, Event::ItemNotApplicable(body), Vec::new())
        }
        10 => {
            let body = AssertionConfirmed { assertion: about.assertion(), on, note: None };
            (APPROVER, Event::AssertionConfirmed(body), Vec::new())
        }
        _ => contributor(Event::Correction(Correction {
            corrects: target,
            reason,
            replacement: None,
        })),
    }
}

/// Writes a ledger of a seed; returns how many entries it has.
fn write(path: &Path, seed: u32) -> u64 {
    let mut random = Random(seed);
    let mut journal = create(path);
    let from: Date = "2025-09-01".parse().unwrap();
    let mut now = from.plus(1);
    let instant = |day: Date| Timestamp::parse(&format!("{day}T09:00:00.000Z")).unwrap();
    let units = [("hosting", true), ("office", false)].map(|(name, health_and_care_data)| Unit {
        id: name.parse().unwrap(),
        name: name.to_owned(),
        health_and_care_data,
    });
    let classified = OrganisationClassified {
        edition: EDITION.parse().unwrap(),
        organisation_type: "it-supplier".parse().unwrap(),
        category: "cat2-it-supplier".parse().unwrap(),
        from,
    };
    let (adopted, files) = edition(0, from);
    let scope = ScopeDeclared { units: units.to_vec(), from };
    let opening = [
        (admitted(CONTRIBUTOR, Role::Contributor), Vec::new()),
        (admitted(APPROVER, Role::Approver), Vec::new()),
        (adopted, files),
        (Event::OrganisationClassified(classified), Vec::new()),
        (Event::ScopeDeclared(scope), Vec::new()),
    ];
    let mut next = 1;
    for (event, files) in opening {
        record(&mut journal, OWNER, &[new(next, event, files)], instant(now)).unwrap();
        next += 1;
    }
    let revised = random.below(20);
    for turn in 0..22 {
        now = now.plus(i32::try_from(random.below(18)).unwrap());
        let (author, event, files) = if turn == revised {
            let (event, files) = edition(1, random.day(now, 30, 30));
            (OWNER, event, files)
        } else {
            happening(&mut random, now, next)
        };
        // What may not follow is refused, and nothing is written: another thing happens instead.
        if record(&mut journal, author, &[new(next, event, files)], instant(now)).is_ok() {
            next += 1;
        }
    }
    journal.close().unwrap();
    next
}

fn open(path: &Path) -> Model {
    let ledger = Journal::open(path, Mode::Read).unwrap().ledger;
    let source = Source {
        chronicle: Arc::new(Chronicle::of(&ledger.facts)),
        contents: ledger.contents,
        roster: ledger.roster,
        entries: Arc::new(InMemory {
            leaves: ledger.leaves.iter().map(Digest::hex).collect(),
            facts: ledger.facts,
        }),
        head: String::from_utf8(ledger.head).unwrap(),
        flag: String::new(),
        today: TODAY.parse().unwrap(),
        bookmarks: [].into(),
        belief: crate::screen::tui::consistent(0),
        sample: false,
        kind: Kind::File,
    };
    Model::new(source, Theme::default()).unwrap()
}

/// Runs the command that the screen shows for its view, and reads the JSON objects it prints.
fn run(path: &Path, command: &str) -> Vec<Value> {
    let now = Timestamp::parse(&format!("{TODAY}T10:00:00.000Z")).unwrap();
    let command = command.strip_prefix("dspt ").unwrap();
    let words = command.split(' ').map(|word| word.trim_matches('\'').to_owned());
    let ledger = path.display().to_string();
    let args = ["dspt", "--json", "--ledger", &ledger].map(str::to_owned);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    cli::run(args.into_iter().chain(words).map(Into::into), now, &mut out, &mut err);
    assert!(!out.is_empty(), "{command}: {}", String::from_utf8_lossy(&err));
    let text = String::from_utf8(out).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn say(model: &mut Model, name: &str, rest: &str) {
    update(model, Message::Say(named(name).unwrap(), rest.to_owned()));
}

fn entries(value: &Value) -> Vec<u64> {
    value.as_array().unwrap().iter().map(|one| one.as_u64().unwrap()).collect()
}

/// Position, Year end and the linear mode say what `status` says.
fn same_status(model: &mut Model, path: &Path) -> Vec<String> {
    say(model, "position", "");
    let command = dspt_ledger::tui::view_model::offer::view_command(model, false);
    let status = run(path, &command).remove(0);
    let told = status["items"].as_array().unwrap();
    let (said, _) = linear::answer(model, "position");
    assert_eq!(model.position.rows.len(), told.len(), "{command}");
    let view = model.position.view();
    for (row, one) in model.position.rows.iter().zip(told) {
        let number = row.item.item.to_string();
        assert_eq!(one["item"], number.as_str(), "{command}");
        assert_eq!(one["status"], row.status.json(), "{command}: {number}");
        let finding = view.finding(&row.item).unwrap();
        assert_eq!(one["because"], finding.because_text.as_str(), "{command}: {number}");
        assert_eq!(entries(&one["entries"]), finding.because, "{command}: {number}");
        let line = format!(
            "{number}, {}, {}, {}\n",
            row.title,
            row.requirement.as_str(),
            row.status.word()
        );
        assert!(said.contains(&line), "{command}: {line}{said}");
    }
    for one in Status::ALL {
        let count = status["counts"]["all"][one.json()].as_u64().unwrap();
        assert_eq!(model.position.count(one), count, "{command}");
        assert!(said.contains(&format!("{} {count}.", one.word())), "{command}: {said}");
    }
    let (in_place, mandatory) = model.position.mandatory;
    assert_eq!(status["counts"]["mandatory_in_place"], in_place, "{command}");
    assert_eq!(status["counts"]["mandatory_total"], mandatory, "{command}");
    let rules = ["edition", "revision"].map(|name| status[name].as_str().unwrap()).join(" ");
    assert!(model.position.sentence().contains(&rules), "{command}: {rules}");
    assert_eq!(status["view"]["size"], model.position.size, "{command}");
    // What the list shows as reasons is worked out apart, for the rows on screen.
    let Body::Position(because, _) = &model.body else { panic!() };
    for (text, one) in because.iter().zip(told) {
        assert_eq!(one["because"], text.as_str(), "{command}");
    }
    let numbers = model.position.rows.iter().map(|row| row.item.item.to_string()).collect();
    say(model, "year-end", "");
    // A year that has closed is judged on its last day: the command shown asks for that day.
    let command = dspt_ledger::tui::view_model::offer::view_command(model, false);
    let command = command.trim_end_matches(" --require met");
    let standing = run(path, command).remove(0)["standing"].clone();
    let Body::YearEnd(page) = &model.body else { panic!() };
    let verdict = &page.verdict;
    assert_eq!(standing["standing"], verdict.standing.json(), "{command}: {standing}");
    let missing = verdict.missing_items.iter().map(
        |(item, status)| serde_json::json!({ "item": item.item.as_str(), "status": status.json() }),
    );
    assert_eq!(standing["missing_items"], missing.collect::<Value>(), "{command}");
    let open: Value = verdict.unconfirmed.iter().map(|one| one.assertion.as_str()).collect();
    assert_eq!(standing["unconfirmed_assertions"], open, "{command}");
    let to_do = verdict.missing_items.len() + verdict.unconfirmed.len();
    assert_eq!(page.to_do.len(), to_do, "{command}");
    numbers
}

/// Why and the linear mode say what `explain` says.
fn same_reasons(model: &mut Model, path: &Path, number: &str) {
    say(model, "why", number);
    let command = dspt_ledger::tui::view_model::offer::view_command(model, false);
    let explained = run(path, &command).remove(0);
    let finding = &explained["finding"];
    let (said, _) = linear::answer(model, &format!("why {number}"));
    let Body::Why(Some((why, _))) = &model.body else { panic!("{command}") };
    assert_eq!(finding["status"], why.status.json(), "{command}");
    assert_eq!(finding["because"], why.because.as_str(), "{command}");
    assert!(said.contains(&format!("{}.\n", why.heading)), "{command}: {said}");
    let remedies: Vec<Vec<String>> = serde_json::from_value(explained["remedies"].clone()).unwrap();
    assert_eq!(remedies, why.remedies, "{command}");
    // The branches are the nodes, in their order, each with its entries.
    let lines = why.lines(&[].into(), true);
    for (node, line) in explained["because"]
        .as_array()
        .unwrap()
        .iter()
        .zip(lines.iter().filter(|line| line.path.len() == 1))
    {
        assert!(line.text.starts_with(node["text"].as_str().unwrap()), "{command}: {}", line.text);
        assert_eq!(entries(&node["entries"]), line.entries, "{command}");
    }
}

/// Compare says what `diff` says.
fn same_changes(model: &mut Model, path: &Path, a: Date) {
    say(model, "compare", &a.to_string());
    let command = dspt_ledger::tui::view_model::offer::view_command(model, false);
    let diff = run(path, &command).remove(0);
    let Body::Compare(page) = &model.body else { panic!("{command}") };
    let told = diff["changes"].as_array().unwrap();
    assert_eq!(page.all.len(), told.len(), "{command}");
    for (change, one) in page.all.iter().zip(told) {
        assert_eq!(one["item"], change.item.to_string(), "{command}");
        assert_eq!(one["before"], change.before.json(), "{command}: {}", change.item);
        assert_eq!(one["after"], change.after.json(), "{command}: {}", change.item);
        assert_eq!(one["cause"], change.cause.as_str(), "{command}: {}", change.item);
        assert_eq!(entries(&one["entries"]), change.entries, "{command}: {}", change.item);
    }
    let moved = page.moved();
    let all = moved.worse + moved.better + moved.rules + moved.other;
    assert_eq!(all, told.len(), "{command}");
}

/// History lists what `log` lists.
fn same_entries(model: &mut Model, path: &Path) {
    say(model, "history", "");
    let command = dspt_ledger::tui::view_model::offer::view_command(model, false);
    if command.contains("show") {
        return;
    }
    let Body::History(page) = &model.body else { panic!("{command}") };
    let mut listed: Vec<u64> = page
        .lines
        .iter()
        .filter_map(|line| match line {
            Happening::Entry(seq) => Some(u64::from(*seq)),
            Happening::Calendar(_) => None,
        })
        .collect();
    listed.sort_unstable();
    let mut told: Vec<u64> =
        run(path, &command).iter().map(|one| one["entry"].as_u64().unwrap()).collect();
    told.sort_unstable();
    assert_eq!(listed, told, "{command}");
}

#[test]
fn everybody_gives_the_same_answer_on_random_ledgers() {
    let mut seen: std::collections::BTreeSet<Status> = [].into();
    for seed in 0..24 {
        let (_folder, path) = folder();
        let size = write(&path, seed);
        assert!(size > 14, "seed {seed} has {size} entries");
        let mut model = open(&path);
        let mut random = Random(seed ^ 0x5eed);
        for _ in 0..6 {
            let on = random.day("2026-03-01".parse().unwrap(), 170, 250);
            let known = match random.below(4) {
                0 => "now".to_owned(),
                1 => format!("#{}", 6 + u64::from(random.below(u32::try_from(size).unwrap() - 5))),
                2 => random.day(on, 30, 60).max("2025-09-10".parse().unwrap()).to_string(),
                _ => "then".to_owned(),
            };
            let rules = random.of(&["then", "latest"]);
            model.notice.clear();
            say(&mut model, "position", "");
            say(&mut model, "edit", &format!("{on}, {known}, {rules}"));
            assert_eq!(model.notice, "", "seed {seed}: {on}, {known}, {rules}");
            let numbers = same_status(&mut model, &path);
            let number = &numbers[random.below(u32::try_from(numbers.len()).unwrap()) as usize];
            same_reasons(&mut model, &path, number);
            same_entries(&mut model, &path);
            same_changes(&mut model, &path, random.day(on, 60, 20));
            seen.extend(model.position.rows.iter().map(|row| row.status));
        }
    }
    // The ledgers are worth asking: every status but those that need two editions or a mapping.
    for status in [
        Status::Met,
        Status::MetByEquivalence,
        Status::NeedsConfirming,
        Status::Lapsed,
        Status::NotMet,
        Status::NotApplicable,
    ] {
        assert!(seen.contains(&status), "no item was {status:?}");
    }
}

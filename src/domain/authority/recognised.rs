//! Which rows of a list were recorded before: the same list comes again, with a row more, one that
//! was changed, or one that is gone. Rows are recognised by what they say, not by where they stand.

use std::collections::{BTreeMap, BTreeSet};

use super::already_recorded::takes_back;
use crate::domain::date::Date;
use crate::domain::event::fact::{Fact, Subject};
use crate::domain::event::{Event, EvidenceRecorded};
use crate::domain::ids::EventId;

/// What a row of a list is to the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recognised {
    /// The entry says the same, and stands.
    Already(u64),
    /// The entry is about the same and says something else, which the row would put in its place.
    Changed {
        /// Its place.
        seq: u64,
        /// Its identity.
        id: EventId,
        /// What it says.
        before: Box<Event>,
    },
    /// Nothing recorded is about the same.
    New,
}

/// The rows of a list, each with what it is, and the entries of an earlier list that none of them is
/// about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recognition {
    /// For each row, in order.
    pub rows: Vec<Recognised>,
    /// Entries that came from a list of this name, stand, and are not in it any more.
    pub gone: Vec<u64>,
}

/// What a row is about. Two rows with one key are about the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Evidence(String, Date),
    Answer(String, Date),
}

fn key(event: &Event) -> Option<Key> {
    if let Event::EvidenceRecorded(body) = event {
        return Some(Key::Evidence(body.title.clone(), body.proves_on));
    }
    if let Event::ItemAnswered(body) = event {
        return Some(Key::Answer(body.item.to_string(), body.on));
    }
    None
}

/// An entry that stands, with what it says after its corrections.
struct Standing<'f> {
    fact: &'f Fact,
    says: Event,
}

/// Looks at each row of the list `from`, the name of its file as entries have it.
pub fn recognise(facts: &[Fact], rows: &[(&Event, Vec<Subject>)], from: &str) -> Recognition {
    let standing = standing(facts);
    let mut about: BTreeMap<Key, Vec<&Standing<'_>>> = BTreeMap::new();
    for one in &standing {
        if let Some(key) = key(&one.says) {
            about.entry(key).or_default().push(one);
        }
    }
    let mut keys: BTreeMap<Key, usize> = BTreeMap::new();
    for key in rows.iter().filter_map(|(event, _)| key(event)) {
        *keys.entry(key).or_default() += 1;
    }
    let mut met = BTreeSet::new();
    let mut found = Recognition::default();
    for (event, files) in rows {
        let key = key(event);
        let known = key.as_ref().and_then(|key| about.get(key)).map_or(&[][..], Vec::as_slice);
        let alone = key.is_some_and(|key| keys.get(&key) == Some(&1));
        let row = row(event, files, known, alone);
        met.extend(row.seq());
        found.rows.push(row);
    }
    let listed = |one: &&Standing<'_>| one.fact.subjects.iter().any(|file| file.name == from);
    let kinds: BTreeSet<_> = rows.iter().map(|(event, _)| event.kind()).collect();
    let gone = standing.iter().filter(listed).filter(|one| kinds.contains(&one.says.kind()));
    found.gone = gone.map(|one| one.fact.seq).filter(|seq| !met.contains(seq)).collect();
    found
}

impl Recognised {
    fn seq(&self) -> Option<u64> {
        match self {
            Self::Already(seq) | Self::Changed { seq, .. } => Some(*seq),
            Self::New => None,
        }
    }
}

fn row(event: &Event, files: &[Subject], known: &[&Standing<'_>], alone: bool) -> Recognised {
    let digests = |files: &[Subject]| -> Vec<String> {
        let own = files.iter().filter(|file| !file.name.starts_with("import:"));
        own.map(|file| file.sha256.clone()).collect()
    };
    let same_files = |one: &Standing<'_>| digests(&one.fact.subjects) == digests(files);
    if let Some(one) = known.iter().find(|one| one.says == *event && same_files(one)) {
        return Recognised::Already(one.fact.seq);
    }
    match known {
        // Which of several is meant is not guessed; a file is not corrected, but another one.
        [one] if alone && same_files(one) && same_edition(event, &one.says) => {
            Recognised::Changed {
                seq: one.fact.seq,
                id: one.fact.id.clone(),
                before: Box::new(one.says.clone()),
            }
        }
        _ => Recognised::New,
    }
}

/// Whether both name items of the same editions, if any: what is said for another edition is new.
fn same_edition(one: &Event, other: &Event) -> bool {
    let editions = |event: &Event| -> BTreeSet<String> {
        let items = if let Event::EvidenceRecorded(EvidenceRecorded { items, .. }) = event {
            items.as_slice()
        } else {
            &[]
        };
        items.iter().map(|item| item.edition.to_string()).collect()
    };
    editions(one) == editions(other)
}

/// Every entry that nothing took back, as it reads after its corrections.
fn standing(facts: &[Fact]) -> Vec<Standing<'_>> {
    // From the newest: what takes something back counts unless it was itself taken back.
    let mut ended: BTreeMap<&EventId, Option<Event>> = BTreeMap::new();
    for fact in facts.iter().rev() {
        if ended.contains_key(&fact.id) {
            continue;
        }
        let Some(id) = takes_back(&fact.event) else { continue };
        let replacement = if let Event::Correction(body) = &fact.event {
            body.replacement.as_ref().and_then(|put| Event::decode(&put.kind, &put.body).ok())
        } else {
            None
        };
        ended.entry(id).or_insert(replacement);
    }
    let stands = |fact: &'_ Fact| match ended.get(&fact.id) {
        None => Some(fact.event.clone()),
        Some(replacement) => replacement.clone(),
    };
    let listed = facts.iter().filter(|fact| key(&fact.event).is_some());
    listed.filter_map(|fact| Some(Standing { fact, says: stands(fact)? })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::date::Timestamp;
    use crate::domain::event::body::{Correction, EvidenceWithdrawn, Replacement};

    fn id(number: usize) -> EventId {
        format!("{number:032x}").parse().unwrap()
    }

    fn evidence(title: &str, until: Option<&str>) -> Event {
        Event::EvidenceRecorded(EvidenceRecorded {
            title: title.to_owned(),
            items: vec!["2025-26-v8/cat2-it-supplier/1.1.1".parse().unwrap()],
            controls: Vec::new(),
            scope: Vec::new(),
            proves_on: "2026-01-01".parse().unwrap(),
            valid_until: until.map(|day| day.parse().unwrap()),
            size: None,
            stored: false,
        })
    }

    fn files() -> Vec<Subject> {
        vec![Subject { name: "import:list.csv".to_owned(), sha256: "a".repeat(64) }]
    }

    fn facts(events: Vec<Event>) -> Vec<Fact> {
        let fact = |(place, event): (usize, Event)| Fact {
            seq: place as u64,
            at: Timestamp::from_millis(0),
            by: format!("SHA256:{}", "A".repeat(43)).parse().unwrap(),
            id: id(place),
            event,
            subjects: files(),
        };
        events.into_iter().enumerate().map(fact).collect()
    }

    fn found(recorded: Vec<Event>, rows: &[Event]) -> (Vec<String>, Vec<u64>) {
        let rows: Vec<(&Event, Vec<Subject>)> = rows.iter().map(|row| (row, files())).collect();
        let found = recognise(&facts(recorded), &rows, "import:list.csv");
        let short = |row: &Recognised| match row {
            Recognised::Already(seq) => format!("already {seq}"),
            Recognised::Changed { seq, .. } => format!("changed {seq}"),
            Recognised::New => "new".to_owned(),
        };
        (found.rows.iter().map(short).collect(), found.gone)
    }

    #[test]
    fn a_list_that_grew_is_recognised_row_by_row() {
        let until = Some("2026-12-31");
        let before = vec![evidence("a", None), evidence("b", None), evidence("c", None)];
        let rows = [evidence("c", None), evidence("b", until), evidence("d", None)];
        let expected = ["already 2", "changed 1", "new"].map(str::to_owned).to_vec();
        assert_eq!(found(before, &rows), (expected, vec![0]));
        let twice = vec![evidence("a", None), evidence("a", until)];
        let row = [evidence("a", Some("2027-01-01"))];
        assert_eq!(found(twice, &row), (vec!["new".to_owned()], vec![0, 1]));
    }

    #[test]
    fn what_was_taken_back_or_corrected_is_seen_as_it_stands() {
        let correct = |place, event: &Event| {
            let body = event.body().unwrap();
            let replacement = Some(Replacement { kind: event.kind().as_str().to_owned(), body });
            let reason = "wrong".to_owned();
            Event::Correction(Correction { corrects: id(place), reason, replacement })
        };
        let withdrawn = |place| {
            let reason = "lost".to_owned();
            Event::EvidenceWithdrawn(EvidenceWithdrawn { evidence: id(place), from: None, reason })
        };
        let void = |place| {
            let reason = "by mistake".to_owned();
            Event::Correction(Correction { corrects: id(place), reason, replacement: None })
        };
        let (a, b) = (evidence("a", None), evidence("b", None));
        let row = [b.clone()];
        let corrected = vec![a.clone(), correct(0, &b)];
        assert_eq!(found(corrected, &row).0, ["already 0"]);
        assert_eq!(found(vec![b.clone(), withdrawn(0)], &row).0, ["new"]);
        assert_eq!(found(vec![b.clone(), withdrawn(0), void(1)], &row).0, ["already 0"]);
        assert_eq!(found(vec![a, correct(0, &b), void(1)], &row).0, ["new"]);
    }
}

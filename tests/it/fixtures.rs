//! A small ledger made with known keys, through the same door as every other; and the means to
//! forge one: its raw rows, read and written past all guards.

use std::fs;
use std::path::{Path, PathBuf};

use dspt_ledger::domain::date::Timestamp;
use dspt_ledger::domain::event::role::Role;
use dspt_ledger::domain::event::{
    AssertionConfirmed, CertificateRecorded, Correction, EditionAdopted, Event, EvidenceRecorded,
    EvidenceWithdrawn, ItemAnswered, KeyAdmitted, KeyRevoked, OrganisationClassified, Replacement,
    ScopeDeclared, Unit,
};
use dspt_ledger::domain::ids::{EventId, ItemRef};
use dspt_ledger::domain::state::index::fact_index::Kinds;
use dspt_ledger::journal::{File, Journal, NewEvent, Opening, Recorded, Signers};
use dspt_ledger::ledger::{
    Checkpoint, Digest, Draft, Frontier, Origin, SeedSigner, Sign, Subject, Vkey, genesis_digest,
    leaf_hash, seal,
};
use dspt_ledger::store::{Mode, Store};
use dspt_ledger::verify::audit::{Audit, audit};
use dspt_ledger::verify::finding::Place;
use rusqlite::{Connection, params};
use serde_json::Value;
use tempfile::TempDir;

/// The seeds: each key is 32 times its byte.
pub(crate) const OWNER: u8 = 1;
pub(crate) const LOG: u8 = 2;
pub(crate) const CONTRIBUTOR: u8 = 3;
pub(crate) const APPROVER: u8 = 4;
pub(crate) const ASSESSOR: u8 = 5;
pub(crate) const STRANGER: u8 = 9;

pub(crate) const ORIGIN: &str = "ledger.example/test/dspt";
pub(crate) const EDITION: &str = "2025-26-test";
const ITEMS: &str = "category,assertion,item,title,requirement,confidence\n\
    cat2-it-supplier,1.1,1.1.1,Registration,mandatory,official\n\
    cat2-it-supplier,7.3,7.3.5,Backups are tested,mandatory,official\n\
    cat2-it-supplier,8.3,8.3.4,Updates are applied,optional,official\n";
const EXEMPTIONS: &str = "category,item,scheme,effect,organisation_types,scope_test,condition\n\
    cat2-it-supplier,8.3.4,iso27001,satisfies,,all-health-and-care-data,holders are free\n";
const TYPES: &str = "organisation_type,label,category\nit-supplier,IT supplier,cat2-it-supplier\n";
pub(crate) const REPORT: &[u8] = b"The restore test of October went well.\n";

pub(crate) fn signer(seed: u8) -> SeedSigner {
    SeedSigner::from_seed(&[seed; 32])
}

pub(crate) fn keyid(seed: u8) -> String {
    signer(seed).public().keyid()
}

pub(crate) fn origin() -> Origin {
    Origin::parse(ORIGIN).unwrap()
}

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(&format!("{text}T09:00:00.000Z")).unwrap()
}

pub(crate) fn id(number: u64) -> EventId {
    format!("{number:032x}").parse().unwrap()
}

pub(crate) fn item(text: &str) -> ItemRef {
    format!("{EDITION}/cat2-it-supplier/{text}").parse().unwrap()
}

/// One event, signed by the key of a seed.
pub(crate) fn new(number: u64, event: Event, files: Vec<File>) -> NewEvent {
    NewEvent { id: id(number), event, files }
}

/// Records a batch by the key of `author`; a key that it admits is there to sign too.
pub(crate) fn record(
    journal: &mut Journal,
    author: u8,
    batch: &[NewEvent],
    now: Timestamp,
) -> Result<Recorded, dspt_ledger::journal::JournalError> {
    let admitted = batch.iter().find_map(|new| {
        let Event::KeyAdmitted(body) = &new.event else { return None };
        (0..=u8::MAX).map(signer).find(|signer| signer.public().base64() == body.key)
    });
    let (author, log) = (signer(author), signer(LOG));
    let admitted = admitted.as_ref().map(|signer| signer as &dyn Sign);
    journal.record(batch, &Signers { author: &author, admitted, log: &log }, now)
}

pub(crate) fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.dspt");
    (folder, path)
}

pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", path.display()))
}

pub(crate) fn create(path: &Path) -> Journal {
    let opening = Opening { id: id(0), organisation: "Northbridge", holder: "Asha Rao" };
    let (author, log) = (signer(OWNER), signer(LOG));
    let signers = Signers { author: &author, admitted: None, log: &log };
    Journal::create(path, &origin(), &opening, &signers, at("2025-09-01")).unwrap()
}

pub(crate) fn admitted(seed: u8, role: Role) -> Event {
    let key = signer(seed).public().base64();
    Event::KeyAdmitted(KeyAdmitted { key, holder: format!("Holder {seed}"), role })
}

pub(crate) fn revoked(seed: u8) -> Event {
    let keyid = keyid(seed).parse().unwrap();
    Event::KeyRevoked(KeyRevoked { keyid, reason: "left".into(), compromised_from: None })
}

pub(crate) fn evidence(title: &str, about: &str, stored: bool) -> Event {
    Event::EvidenceRecorded(EvidenceRecorded {
        title: title.to_owned(),
        items: vec![item(about)],
        controls: Vec::new(),
        scope: Vec::new(),
        proves_on: "2025-09-01".parse().unwrap(),
        valid_until: None,
        size: None,
        stored,
    })
}

pub(crate) fn answer(about: &str, met: bool, text: &str) -> ItemAnswered {
    ItemAnswered {
        item: item(about),
        answer: text.to_owned(),
        met,
        on: "2025-09-01".parse().unwrap(),
        valid_until: None,
    }
}

/// What opens the edition, in one batch of three.
pub(crate) fn setting(first: u64) -> Vec<NewEvent> {
    let from = "2025-09-01".parse().unwrap();
    let unit = |id: &str, health_and_care_data| Unit {
        id: id.parse().unwrap(),
        name: id.to_owned(),
        health_and_care_data,
    };
    let edition = Event::EditionAdopted(EditionAdopted {
        edition: EDITION.parse().unwrap(),
        revision: "1.0.0".into(),
        effective_from: from,
    });
    let classified = Event::OrganisationClassified(OrganisationClassified {
        edition: EDITION.parse().unwrap(),
        organisation_type: "it-supplier".parse().unwrap(),
        category: "cat2-it-supplier".parse().unwrap(),
        from,
    });
    let units = vec![unit("hosting", true), unit("office", false)];
    let files = vec![
        File::stored("items.csv", ITEMS.into()),
        File::stored("exemptions.csv", EXEMPTIONS.into()),
        File::stored("organisation-types.csv", TYPES.into()),
    ];
    vec![
        new(first, edition, files),
        new(first + 1, classified, Vec::new()),
        new(first + 2, Event::ScopeDeclared(ScopeDeclared { units, from }), Vec::new()),
    ]
}

/// The ledger that every test here begins with: 16 entries under 12 heads, closed.
///
/// Keys 3 (contributor, revoked by entry 13), 4 (approver) and 5 (assessor) beside the owner.
pub(crate) fn ledger() -> (TempDir, PathBuf) {
    let (folder, path) = folder();
    let mut journal = create(&path);
    for (author, day, batch) in history() {
        record(&mut journal, author, &batch, at(day)).unwrap();
    }
    journal.close().unwrap();
    (folder, path)
}

/// Entries 1 to 15: author, day, batch.
pub(crate) fn history() -> Vec<(u8, &'static str, Vec<NewEvent>)> {
    let certificate = Event::CertificateRecorded(CertificateRecorded {
        scheme: "iso27001".parse().unwrap(),
        release: Some("2022".into()),
        number: "IS 1".into(),
        issuer: "Certifier".into(),
        accreditation: None,
        scope: vec!["hosting".parse().unwrap()],
        valid_from: "2025-09-10".parse().unwrap(),
        valid_until: "2026-03-31".parse().unwrap(),
    });
    let correction = Event::Correction(Correction {
        corrects: id(9),
        reason: "we do not".into(),
        replacement: Some(Replacement {
            kind: "item-answered".into(),
            body: Event::ItemAnswered(answer("1.1.1", true, "ZA1")).body().unwrap(),
        }),
    });
    let confirmed = Event::AssertionConfirmed(AssertionConfirmed {
        assertion: item("7.3.5").assertion(),
        on: "2025-10-02".parse().unwrap(),
        note: None,
    });
    let withdrawn = Event::EvidenceWithdrawn(EvidenceWithdrawn {
        evidence: id(8),
        from: Some("2025-11-01".parse().unwrap()),
        reason: "superseded".into(),
    });
    let outside =
        File { name: "scan.pdf".into(), sha256: Digest::of(b"kept elsewhere"), stored: None };
    let one = |number, event| vec![new(number, event, Vec::new())];
    let answered = Event::ItemAnswered(answer("1.1.1", false, "not yet"));
    let stored = vec![File::stored("report.txt", REPORT.into())];
    vec![
        (OWNER, "2025-09-02", one(1, admitted(CONTRIBUTOR, Role::Contributor))),
        (OWNER, "2025-09-03", one(2, admitted(APPROVER, Role::Approver))),
        (OWNER, "2025-09-04", setting(3)),
        (CONTRIBUTOR, "2025-09-10", one(6, certificate)),
        (
            CONTRIBUTOR,
            "2025-10-01",
            vec![
                new(7, evidence("restore test", "7.3.5", true), stored),
                new(8, evidence("scan", "8.3.4", false), vec![outside]),
            ],
        ),
        (CONTRIBUTOR, "2025-10-01", one(9, answered)),
        (CONTRIBUTOR, "2025-10-02", one(10, correction)),
        (APPROVER, "2025-10-02", one(11, confirmed)),
        (OWNER, "2025-10-03", one(12, admitted(ASSESSOR, Role::Assessor))),
        (OWNER, "2025-11-01", one(13, revoked(CONTRIBUTOR))),
        (
            OWNER,
            "2025-11-01",
            vec![
                new(14, withdrawn, Vec::new()),
                new(15, Event::ItemAnswered(answer("8.3.4", false, "paused")), Vec::new()),
            ],
        ),
    ]
}

/// One row of `entry`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RawEntry {
    pub(crate) seq: i64,
    pub(crate) id: Vec<u8>,
    pub(crate) leaf: Vec<u8>,
    pub(crate) bytes: Vec<u8>,
}

/// Every row of a ledger file, free to be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Raw {
    pub(crate) entries: Vec<RawEntry>,
    pub(crate) heads: Vec<(i64, Vec<u8>)>,
    pub(crate) contents: Vec<(Vec<u8>, Vec<u8>)>,
}

fn rows<T>(
    conn: &Connection,
    sql: &str,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Vec<T> {
    conn.prepare(sql).unwrap().query_map([], read).unwrap().map(Result::unwrap).collect()
}

impl Raw {
    pub(crate) fn read(path: &Path) -> Self {
        let conn = Connection::open(path).unwrap();
        let entry = |row: &rusqlite::Row<'_>| {
            let (seq, id, leaf, bytes) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            Ok(RawEntry { seq, id, leaf, bytes })
        };
        let pair = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let heads = rows(&conn, "SELECT size, note FROM head ORDER BY size", pair);
        let pair = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let contents = rows(&conn, "SELECT digest, bytes FROM content ORDER BY digest", pair);
        let sql = "SELECT seq, id, leaf, bytes FROM entry ORDER BY seq";
        Self { entries: rows(&conn, sql, entry), heads, contents }
    }

    /// Puts these rows in the place of all others: triggers dropped, checks off, then as before.
    pub(crate) fn write(&self, path: &Path) {
        let mut conn = Connection::open(path).unwrap();
        conn.execute_batch("PRAGMA ignore_check_constraints = ON").unwrap();
        let tx = conn.transaction().unwrap();
        let sql = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY rowid";
        let pair = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let triggers: Vec<(String, String)> = rows(&tx, sql, pair);
        for (name, _) in &triggers {
            tx.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
        }
        tx.execute_batch("DELETE FROM entry; DELETE FROM head; DELETE FROM content").unwrap();
        for one in &self.entries {
            let sql = "INSERT INTO entry (seq, id, leaf, bytes) VALUES (?1, ?2, ?3, ?4)";
            tx.execute(sql, params![one.seq, one.id, one.leaf, one.bytes]).unwrap();
        }
        for (size, note) in &self.heads {
            tx.execute("INSERT INTO head (size, note) VALUES (?1, ?2)", params![size, note])
                .unwrap();
        }
        for (digest, bytes) in &self.contents {
            let sql = "INSERT INTO content (digest, bytes) VALUES (?1, ?2)";
            tx.execute(sql, params![digest, bytes]).unwrap();
        }
        for (_, sql) in &triggers {
            tx.execute_batch(sql).unwrap();
        }
        tx.commit().unwrap();
    }

    pub(crate) fn frontier(&self) -> Frontier {
        let mut frontier = Frontier::new();
        self.entries.iter().for_each(|one| frontier.push(leaf_hash(&one.bytes)));
        frontier
    }

    /// A draft for the next place, good in everything.
    pub(crate) fn draft(&self, kind: &str, body: Value) -> Draft {
        let frontier = self.frontier();
        let ledger_id = self.entries.first().map_or_else(
            || genesis_digest(&Vkey::new(origin().key_name(), *signer(LOG).public())),
            |first| leaf_hash(&first.bytes),
        );
        Draft {
            ledger: origin(),
            ledger_id,
            seq: frontier.size(),
            root: frontier.root(),
            at: "2025-12-01T09:00:00.000Z".into(),
            id: id(1_000 + frontier.size()).to_string(),
            kind: kind.into(),
            body,
            subjects: Vec::<Subject>::new(),
        }
    }

    /// Puts bytes at the end, with a leaf and an id that fit them.
    pub(crate) fn push(&mut self, bytes: Vec<u8>, id: &str) {
        let id = (0..16).map(|at| u8::from_str_radix(&id[2 * at..2 * at + 2], 16).unwrap());
        let seq = self.entries.last().map_or(0, |last| last.seq + 1);
        let leaf = leaf_hash(&bytes).as_bytes().to_vec();
        self.entries.push(RawEntry { seq, id: id.collect(), leaf, bytes });
    }

    /// Seals a draft by the keys of these seeds and puts it at the end, under a new head.
    pub(crate) fn append(&mut self, draft: &Draft, signers: &[u8]) {
        self.append_headless(draft, signers);
        self.sign_head();
    }

    /// Seals a draft by the keys of these seeds and puts it at the end.
    pub(crate) fn append_headless(&mut self, draft: &Draft, signers: &[u8]) {
        let keys: Vec<SeedSigner> = signers.iter().map(|seed| signer(*seed)).collect();
        let keys: Vec<&dyn Sign> = keys.iter().map(|key| key as &dyn Sign).collect();
        self.push(seal(draft, &keys).unwrap(), &draft.id);
    }

    /// Signs all that is there, as the log key would.
    pub(crate) fn sign_head(&mut self) {
        self.sign_head_by(LOG);
    }

    /// Signs all that is there with the key of a seed.
    pub(crate) fn sign_head_by(&mut self, seed: u8) {
        let frontier = self.frontier();
        let (size, root) = (frontier.size(), frontier.root());
        let note = Checkpoint { origin: origin(), size, root }.sign(&signer(seed)).unwrap();
        self.heads.push((i64::try_from(size).unwrap(), note));
    }
}

/// Audits the file at `path` as an auditor does. An audit that keeps nothing of it says the same.
pub(crate) fn audited(path: &Path) -> Audit {
    let store = Store::open(path, Mode::Read).unwrap();
    let whole: Audit = audit(&store, |_| {}).unwrap();
    let bare: Audit<Kinds> = audit(&store, |_| {}).unwrap();
    let said = (&bare.counts, &bare.finding, &bare.undecided);
    assert_eq!(said, (&whole.counts, &whole.finding, &whole.undecided));
    let ends = |one: Option<&Frontier>| one.map(|frontier| (frontier.size(), frontier.root()));
    let bare = bare.ledger.as_ref().map(|ledger| &ledger.frontier);
    assert_eq!(ends(bare), ends(whole.ledger.as_ref().map(|ledger| &ledger.frontier)));
    whole
}

/// Says in a few words what an audit found.
pub(crate) fn outcome(audit: &Audit) -> String {
    match (&audit.finding, &audit.undecided) {
        (Some(finding), _) => {
            let place = match &finding.place {
                Place::Entry(seq) => format!("entry {seq}"),
                Place::Checkpoint(size) => format!("checkpoint {size}"),
                Place::Content(digest) => format!("content {digest}"),
                Place::File(name) => format!("file {name}"),
            };
            format!("{place}: {}", finding.rule)
        }
        (None, Some(why)) => format!("undecided: {why}"),
        (None, None) => "good".to_owned(),
    }
}

/// A copy of a closed ledger, its head file included, to do anything to.
pub(crate) fn copy(path: &Path) -> (TempDir, PathBuf) {
    let (folder, other) = folder();
    fs::copy(path, &other).unwrap();
    fs::copy(beside(path, ".head"), beside(&other, ".head")).unwrap();
    (folder, other)
}

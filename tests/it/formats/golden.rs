//! Real bytes of every kind of event, and of one whole ledger: what was written once is read for
//! ever, and means the same.
//!
//! `KIND.v1.json` has every field, `KIND.v1.min.json` leaves out what may be left out. A body that
//! has to change gets a new version and new files; these stay. To write files that are not there
//! yet (never over those that are): `DSPT_BLESS=1 cargo test --test it golden`.

#![expect(clippy::wildcard_enum_match_arm, reason = "`events` deals out every kind by name")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use dspt_ledger::domain::engine::derive::RulesChoice;
use dspt_ledger::domain::engine::status::Positions;
use dspt_ledger::domain::event::role::Role;
use dspt_ledger::domain::event::{
    AllRows, AnchorCosigned, AnchorTimestamped, ApprovalWithdrawn, AssertionConfirmed,
    AssessmentResult, Assurance, Carrier, CertificateRecorded, CertificateSuspended,
    CertificateWithdrawn, ChallengeUpheld, Clock, ClockExplained, ControlAssessed, Correction,
    EditionAdopted, EquivalenceAsserted, EquivalenceChallenged, Event, EvidenceRecorded,
    EvidenceWithdrawn, FrameworkAdopted, ItemAnswered, ItemNotApplicable, KeyAdmitted, KeyRevoked,
    KeyRotated, Kind, LedgerOpened, LogKeyRotated, MappingApproved, MappingImported,
    OrganisationClassified, Replacement, Rows, ScopeDeclared, SoaRecorded, Source,
    StatementPublished, Unit,
};
use dspt_ledger::domain::ids::{EventId, Level};
use dspt_ledger::journal::Journal;
use dspt_ledger::ledger::json::{canonical, parse_canonical};
use dspt_ledger::ledger::request::{KeyRequestDraft, RequestDraft};
use dspt_ledger::ledger::{
    Checkpoint, Digest, KeyRequest, Request, Seen, Sign as _, Subject, Vkey,
};
use dspt_ledger::store::Mode;

use crate::fixtures::{
    self, CONTRIBUTOR, LOG, OWNER, audited, beside, folder, keyid, ledger, origin, outcome, signer,
};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/golden").join(name)
}

fn blessing() -> bool {
    std::env::var_os("DSPT_BLESS").is_some()
}

/// Compares with a golden file; when blessing, writes one that is not there.
#[track_caller]
fn same(name: &str, bytes: &[u8]) {
    let path = golden(name);
    if blessing() && !path.exists() {
        fs::write(&path, bytes).unwrap();
    }
    let kept = fs::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    let (kept, bytes) = (String::from_utf8_lossy(&kept), String::from_utf8_lossy(bytes));
    assert_eq!(bytes, kept, "{name}");
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn id(digit: char) -> EventId {
    parsed(&digit.to_string().repeat(32))
}

/// One event of a kind with every field, and one with those that it must have.
fn events(kind: Kind) -> (Event, Option<Event>) {
    match kind {
        Kind::LedgerOpened
        | Kind::KeyAdmitted
        | Kind::KeyRevoked
        | Kind::OrganisationClassified
        | Kind::ScopeDeclared
        | Kind::EditionAdopted
        | Kind::FrameworkAdopted => opening(kind),
        Kind::MappingImported
        | Kind::MappingApproved
        | Kind::ApprovalWithdrawn
        | Kind::EquivalenceAsserted
        | Kind::EquivalenceChallenged
        | Kind::ChallengeUpheld => mapping(kind),
        Kind::CertificateRecorded
        | Kind::CertificateSuspended
        | Kind::CertificateWithdrawn
        | Kind::SoaRecorded
        | Kind::ControlAssessed => outside(kind),
        Kind::EvidenceRecorded
        | Kind::EvidenceWithdrawn
        | Kind::ItemAnswered
        | Kind::ItemNotApplicable
        | Kind::AssertionConfirmed
        | Kind::Correction => own(kind),
        Kind::KeyRotated
        | Kind::LogKeyRotated
        | Kind::AnchorCosigned
        | Kind::AnchorTimestamped
        | Kind::StatementPublished => (proof(kind), None),
        Kind::ClockExplained => {
            let explained = |clock, until| {
                let reason = "the battery of the clock was flat".to_owned();
                Event::ClockExplained(ClockExplained { clock, entry: id('a'), until, reason })
            };
            (explained(Clock::Author, Some(id('b'))), Some(explained(Clock::Outsider, None)))
        }
    }
}

fn opening(kind: Kind) -> (Event, Option<Event>) {
    let from = parsed("2025-07-01");
    let revoked = |compromised_from| {
        let (keyid, reason) = (parsed(&keyid(CONTRIBUTOR)), "laptop lost".into());
        Event::KeyRevoked(KeyRevoked { keyid, reason, compromised_from })
    };
    match kind {
        Kind::LedgerOpened => {
            let opened = LedgerOpened {
                organisation: "Northbridge Hosting \u{201c}Nord\u{201d} \u{1f3e5}".into(),
                log: Vkey::new(origin().key_name(), *signer(LOG).public()).to_string(),
                key: signer(OWNER).public().base64(),
                holder: "Asha Rao".into(),
            };
            (Event::LedgerOpened(opened), None)
        }
        Kind::KeyAdmitted => {
            let key = signer(CONTRIBUTOR).public().base64();
            let (holder, role) = ("Ben Okoro".into(), Role::Contributor);
            (Event::KeyAdmitted(KeyAdmitted { key, holder, role }), None)
        }
        Kind::KeyRevoked => (revoked(Some(17)), Some(revoked(None))),
        Kind::OrganisationClassified => {
            let classified = OrganisationClassified {
                edition: parsed("2025-26-v8"),
                organisation_type: parsed("it-supplier"),
                category: parsed("cat2-it-supplier"),
                from,
            };
            (Event::OrganisationClassified(classified), None)
        }
        Kind::ScopeDeclared => {
            let unit = |id: &str, health_and_care_data| Unit {
                id: parsed(id),
                name: format!("The {id}"),
                health_and_care_data,
            };
            let units = vec![unit("hosting", true), unit("office", false)];
            (Event::ScopeDeclared(ScopeDeclared { units, from }), None)
        }
        Kind::EditionAdopted => {
            let (edition, revision) = (parsed("2025-26-v8"), "8.0.0".into());
            let adopted = EditionAdopted { edition, revision, effective_from: from };
            (Event::EditionAdopted(adopted), None)
        }
        Kind::FrameworkAdopted => {
            let framework = parsed("iso27001:2022");
            (Event::FrameworkAdopted(FrameworkAdopted { framework }), None)
        }
        other => panic!("{other}"),
    }
}

fn mapping(kind: Kind) -> (Event, Option<Event>) {
    let from = parsed("2025-10-01");
    match kind {
        Kind::MappingImported => {
            let imported = MappingImported {
                title: "ISO/IEC 27001:2022 to DSPT".into(),
                author: "Northbridge".into(),
                authority: "proposal".into(),
                licence: "facts".into(),
                rows: 41,
            };
            (Event::MappingImported(imported), None)
        }
        Kind::MappingApproved => {
            let approved = |rows, until| {
                let (mapping, rationale) = (id('a'), "read row by row".into());
                Event::MappingApproved(MappingApproved { mapping, rows, rationale, from, until })
            };
            let whole = approved(Rows::Listed(vec![1, 2, 30]), Some(parsed("2026-06-30")));
            (whole, Some(approved(Rows::All(AllRows::All), None)))
        }
        Kind::ApprovalWithdrawn => {
            let (approval, reason) = (id('b'), "too broad".into());
            let rows = Rows::Listed(vec![2]);
            (Event::ApprovalWithdrawn(ApprovalWithdrawn { approval, from, reason, rows }), None)
        }
        Kind::EquivalenceAsserted => (asserted(true), Some(asserted(false))),
        Kind::EquivalenceChallenged => {
            let (approval, reason) = (id('b'), "A.8.13 asks for no restore test".into());
            let rows = Rows::All(AllRows::All);
            let challenged = EquivalenceChallenged { approval, rows, reason };
            (Event::EquivalenceChallenged(challenged), None)
        }
        Kind::ChallengeUpheld => {
            let (challenge, reason) = (id('c'), "the statement names it".into());
            (Event::ChallengeUpheld(ChallengeUpheld { challenge, reason }), None)
        }
        other => panic!("{other}"),
    }
}

fn asserted(whole: bool) -> Event {
    let source = |source: &str, level| Source { source: parsed(source), level };
    Event::EquivalenceAsserted(EquivalenceAsserted {
        target: if whole {
            parsed("2025-26-v8/cat2-it-supplier/7.3.5")
        } else {
            parsed("ncsc-caf:3.2/B2.a")
        },
        target_level: if whole { Level::Met } else { Level::PartiallyAchieved },
        sources: vec![
            source("iso27001:2022/A.8.13", Level::Met),
            source("ncsc-caf:3.2/D1.a", Level::Achieved),
        ],
        rationale: "together they ask for tested restores".into(),
        minimum_assurance: whole.then_some(Assurance::InternallyAudited),
        organisation_types: if whole { vec![parsed("it-supplier")] } else { Vec::new() },
        whole_scope: whole,
    })
}

fn outside(kind: Kind) -> (Event, Option<Event>) {
    let (from, until) = (parsed("2025-10-01"), parsed("2028-09-30"));
    match kind {
        Kind::CertificateRecorded => {
            let recorded = |scheme: &str, optional: bool| {
                Event::CertificateRecorded(CertificateRecorded {
                    scheme: parsed(scheme),
                    release: optional.then(|| "2022".into()),
                    number: "IS 123456".into(),
                    issuer: "Certifier Ltd".into(),
                    accreditation: optional.then(|| "UKAS 0000".into()),
                    scope: vec![parsed("hosting"), parsed("office")],
                    valid_from: from,
                    valid_until: until,
                })
            };
            let least = recorded("cyber-essentials-plus", false);
            (recorded("iso27001", true), Some(least))
        }
        Kind::CertificateSuspended => {
            let suspended = |until| {
                let (certificate, reason) = (id('d'), "major finding".into());
                let body = CertificateSuspended { certificate, from, until, reason };
                Event::CertificateSuspended(body)
            };
            (suspended(Some(until)), Some(suspended(None)))
        }
        Kind::CertificateWithdrawn => {
            let (certificate, reason) = (id('d'), "given up".into());
            let withdrawn = CertificateWithdrawn { certificate, from, reason };
            (Event::CertificateWithdrawn(withdrawn), None)
        }
        Kind::SoaRecorded => (Event::SoaRecorded(SoaRecorded { certificate: id('d'), from }), None),
        Kind::ControlAssessed => {
            let assessed = |control: &str, level, result, assurance, note| {
                Event::ControlAssessed(ControlAssessed {
                    control: parsed(control),
                    level,
                    result,
                    assurance,
                    scope: vec![parsed("hosting")],
                    from,
                    until,
                    note,
                })
            };
            let (met, partly) = (AssessmentResult::Met, AssessmentResult::PartlyMet);
            let note = Some("seen: \"restore log\"\n\u{7}\\ 2025".into());
            let (own, certified) = (Assurance::SelfAssessed, Assurance::Certified);
            let whole = assessed("nist-800-53:5.2.0/AC-2(1)", Level::Met, partly, own, note);
            let least = assessed("ncsc-caf:3.2/B2.a", Level::Achieved, met, certified, None);
            (whole, Some(least))
        }
        other => panic!("{other}"),
    }
}

fn own(kind: Kind) -> (Event, Option<Event>) {
    let item = || parsed("2025-26-v8/cat2-it-supplier/7.3.5");
    let (on, until) = (parsed("2025-10-01"), parsed("2026-06-30"));
    match kind {
        Kind::EvidenceRecorded => (recorded(true), Some(recorded(false))),
        Kind::EvidenceWithdrawn => {
            let withdrawn = |from| {
                let (evidence, reason) = (id('e'), "wrong file".into());
                Event::EvidenceWithdrawn(EvidenceWithdrawn { evidence, from, reason })
            };
            (withdrawn(Some(on)), Some(withdrawn(None)))
        }
        Kind::ItemAnswered => {
            let answered = |met, valid_until| {
                let answer = "Tested on 1 October".into();
                Event::ItemAnswered(ItemAnswered { item: item(), answer, met, on, valid_until })
            };
            (answered(true, Some(until)), Some(answered(false, None)))
        }
        Kind::ItemNotApplicable => {
            let stated = |until| {
                let reason = "we keep no paper".into();
                let body = ItemNotApplicable { item: item(), reason, from: on, until };
                Event::ItemNotApplicable(body)
            };
            (stated(Some(until)), Some(stated(None)))
        }
        Kind::AssertionConfirmed => {
            let confirmed = |note| {
                let assertion = parsed("2025-26-v8/cat2-it-supplier/7.3");
                Event::AssertionConfirmed(AssertionConfirmed { assertion, on, note })
            };
            (confirmed(Some("seen at the board".into())), Some(confirmed(None)))
        }
        Kind::Correction => {
            let corrected = |replacement| {
                let (corrects, reason) = (id('e'), "the date was wrong".into());
                Event::Correction(Correction { corrects, reason, replacement })
            };
            let event = recorded(true);
            let (kind, body) = (event.kind().to_string(), event.body().unwrap());
            (corrected(Some(Replacement { kind, body })), Some(corrected(None)))
        }
        other => panic!("{other}"),
    }
}

fn proof(kind: Kind) -> Event {
    let (key, reason) = (signer(CONTRIBUTOR).public().base64(), "a new laptop".to_owned());
    let root = Digest::of(b"a root");
    let head = Checkpoint { origin: origin(), size: 3, root };
    let checkpoint = String::from_utf8(head.sign(&signer(LOG)).unwrap()).unwrap();
    match kind {
        Kind::KeyRotated => {
            Event::KeyRotated(KeyRotated { replaces: parsed(&keyid(OWNER)), key, reason })
        }
        Kind::LogKeyRotated => Event::LogKeyRotated(LogKeyRotated { key, reason }),
        Kind::AnchorCosigned => {
            let witnesses = vec!["witness.example+00000000+BA==".to_owned()];
            Event::AnchorCosigned(AnchorCosigned { checkpoint, witnesses })
        }
        Kind::AnchorTimestamped => {
            let authority = "Time stamping of Example Trust".to_owned();
            Event::AnchorTimestamped(AnchorTimestamped { checkpoint, authority })
        }
        Kind::StatementPublished => Event::StatementPublished(StatementPublished {
            on: parsed("2026-06-30"),
            size: 3,
            root: root.base64(),
            edition: parsed("2025-26-v8"),
            category: parsed("cat2-it-supplier"),
            standing: "standards_met".to_owned(),
        }),
        other => panic!("{other}"),
    }
}

fn recorded(whole: bool) -> Event {
    let some =
        |texts: [&str; 2]| texts.map(str::to_owned).into_iter().take(if whole { 2 } else { 0 });
    Event::EvidenceRecorded(EvidenceRecorded {
        title: "Restore test".into(),
        items: vec![parsed("2025-26-v8/cat2-it-supplier/7.3.5")],
        controls: some(["iso27001:2022/A.8.13", "nist-csf:2.0/PR.DS-11"])
            .map(|text| parsed(&text))
            .collect(),
        scope: some(["hosting", "office"]).map(|text| parsed(&text)).collect(),
        proves_on: parsed("2025-10-01"),
        valid_until: whole.then(|| parsed("2026-06-30")),
        size: whole.then_some(183_204),
        stored: whole,
    })
}

/// Name and event of every golden body.
fn bodies() -> Vec<(String, Event)> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        let (whole, least) = events(*kind);
        assert_eq!(whole.kind(), *kind);
        all.push((format!("{kind}.v1.json"), whole));
        all.extend(least.map(|event| (format!("{kind}.v1.min.json"), event)));
    }
    all
}

#[test]
fn every_kind_is_written_as_it_was_and_read_as_it_was() {
    for (name, event) in bodies() {
        let text = canonical(&event.body().unwrap()).unwrap();
        same(&name, text.as_bytes());
        let bytes = fs::read(golden(&name)).unwrap();
        let read = Event::decode(event.kind().as_str(), &parse_canonical(&bytes).unwrap()).unwrap();
        assert_eq!(read, event, "{name}");
        assert_eq!(canonical(&read.body().unwrap()).unwrap().as_bytes(), bytes, "{name}");
    }
}

/// Requests, and the bodies of the entries that carry them.
const CARRIED: [&str; 4] = [
    "key-request.v1.json",
    "key-request-admitted.v1.json",
    "request.v1.json",
    "request-taken.v1.json",
];

#[test]
fn requests_are_signed_as_they_were_and_read_as_they_were() {
    let holder = "Ben Okoro".to_owned();
    let (key, role) = (signer(CONTRIBUTOR).public().base64(), Role::Contributor);
    let wanted = Event::KeyAdmitted(KeyAdmitted { key, holder, role });
    let made = "2026-06-01T09:00:00.000Z".to_owned();
    let asks = KeyRequestDraft {
        ledger: Some(origin()),
        made: made.clone(),
        body: wanted.body().unwrap(),
    };
    let evidence = Event::EvidenceWithdrawn(EvidenceWithdrawn {
        evidence: id('a'),
        from: None,
        reason: "the wrong file".into(),
    });
    let request = RequestDraft {
        ledger: origin(),
        ledger_id: Digest::of(b"entry 0"),
        seen: Seen { size: 5, root: Digest::of(b"five entries") },
        made,
        expires: "2026-07-01T23:59:59.999Z".to_owned(),
        id: id('b').to_string(),
        kind: evidence.kind().as_str().to_owned(),
        body: evidence.body().unwrap(),
        subjects: vec![Subject { name: "scan.pdf".into(), sha256: Digest::of(b"scan") }],
    };
    let author = signer(CONTRIBUTOR);
    for (name, carrier, bytes) in [
        ("key-request", Carrier::KeyRequestAdmitted, asks.seal(&author).unwrap()),
        ("request", Carrier::RequestTaken, request.seal(&author).unwrap()),
    ] {
        same(&format!("{name}.v1.json"), &bytes);
        let text = String::from_utf8(bytes).unwrap();
        let body = carrier.body(&text);
        same(&format!("{}.v1.json", carrier.as_str()), canonical(&body).unwrap().as_bytes());
        assert_eq!(carrier.request(&body).unwrap(), text);
    }
    let kept = fs::read(golden("key-request.v1.json")).unwrap();
    let read = KeyRequest::parse(&kept).unwrap().verify().unwrap();
    assert_eq!(Event::decode("key-admitted", read.body()).unwrap(), wanted);
    let kept = fs::read(golden("request.v1.json")).unwrap();
    let read = Request::parse(&kept).unwrap().verify(author.public()).unwrap();
    assert_eq!(Event::decode(read.kind(), read.body()).unwrap(), evidence);
    assert_eq!((read.seen(), read.subjects()), (request.seen, request.subjects.as_slice()));
}

#[test]
fn no_golden_body_is_without_its_kind_and_no_kind_without_its_body() {
    let mut expected: Vec<String> = bodies().into_iter().map(|(name, _)| name).collect();
    expected.extend(["ledger-v1.dspt", "ledger-v1.statuses.txt"].map(str::to_owned));
    expected.extend(CARRIED.map(str::to_owned));
    expected.sort();
    let found = fs::read_dir(golden("")).unwrap();
    let mut found: Vec<String> =
        found.map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn every_field_that_may_be_left_out_is_left_out_once() {
    // A field that is always there in the golden bytes but may be absent would be untested.
    for kind in Kind::ALL {
        let (whole, least) = events(*kind);
        let whole = whole.body().unwrap();
        let least = least.map(|event| event.body().unwrap());
        for field in whole.as_object().unwrap().keys() {
            let mut without = whole.clone();
            without.as_object_mut().unwrap().remove(field);
            let optional = Event::decode(kind.as_str(), &without).is_ok();
            // `items`, `whole_scope` and `stored` are read when absent, and written at all times
            // or left out when empty; the evidence of the golden bodies names an item.
            let written = ["whole_scope", "stored", "items"].contains(&field.as_str());
            let left_out = least.as_ref().is_some_and(|body| body.get(field).is_none());
            assert_eq!(optional && !written, left_out, "{kind}: {field}");
        }
    }
}

/// The status of every item of the golden ledger on days around every change.
fn statuses(path: &Path) -> String {
    let journal = Journal::open(path, Mode::Read).unwrap();
    let mut text = String::new();
    for size in [6, 12, 16] {
        let state = journal.state(size).unwrap();
        let positions = Positions::new(&state, RulesChoice::Then);
        for day in positions.change_days() {
            writeln!(text, "# as of {size} entries, on {day}").unwrap();
            for finding in positions.on(day).findings() {
                let (item, status) = (finding.item.item, finding.status.json());
                writeln!(text, "{item} {status} because {:?}", finding.because).unwrap();
            }
        }
    }
    text
}

#[test]
fn the_golden_ledger_still_verifies_and_still_means_the_same() {
    let kept = golden("ledger-v1.dspt");
    if blessing() && !kept.exists() {
        let (_folder, path) = ledger();
        fs::copy(&path, &kept).unwrap();
    }
    // Read from a copy, so that nothing could change the one that is kept.
    let (_folder, path) = folder();
    fs::copy(&kept, &path).unwrap();
    let audit = audited(&path);
    assert_eq!(outcome(&audit), "good");
    assert_eq!((audit.counts.entries, audit.counts.checkpoints), (16, 12));
    same("ledger-v1.statuses.txt", statuses(&path).as_bytes());
    assert!(!beside(&path, "-wal").exists());
}

#[test]
fn the_program_still_writes_the_golden_ledger_entry_by_entry() {
    let (_folder, path) = ledger();
    let (_other, copy) = folder();
    fs::copy(golden("ledger-v1.dspt"), &copy).unwrap();
    // Signatures are deterministic, so the same facts by the same keys are the same bytes.
    assert_eq!(fixtures::Raw::read(&path), fixtures::Raw::read(&copy));
}

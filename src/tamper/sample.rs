//! The sound ledger that everything is done to: twenty entries of an invented organisation, with
//! every kind of thing that a forger would like to change, the same bytes every time.

use std::path::Path;

use super::error::KitError;
pub(super) use super::error::kit;
use super::keys::{self, Witness};
use crate::domain::date::{Date, Timestamp};
use crate::domain::engine::derive::RulesChoice;
use crate::domain::event::role::Role;
use crate::domain::event::{
    AnchorCosigned, AssertionConfirmed, CertificateRecorded, EditionAdopted, Event,
    EvidenceRecorded, ItemAnswered, KeyAdmitted, KeyRevoked, KeyRotated, LogKeyRotated,
    OrganisationClassified, ScopeDeclared, StatementPublished, Unit,
};
use crate::domain::ids::{EventId, ItemRef};
use crate::domain::statement::Asked;
use crate::journal::{File, Journal, NewEvent, Opening, Signers};
use crate::ledger::{Checkpoint, Digest, Origin, Sign as _};
use crate::verify::published::{self, make};

/// The origin; `.invalid` can never be a real domain (RFC 2606), and the keys are everybody's.
pub(super) const ORIGIN: &str = "demonstration.invalid/tamper-kit/dspt";
const ORGANISATION: &str = "Tamper Kit Ltd (invented)";
pub(super) const EDITION: &str = "2025-26-kit";
const CATEGORY: &str = "cat2-it-supplier";
/// How many entries the head covers that the reader kept.
pub(super) const KEPT: u64 = 13;
const ITEMS: &str = "category,assertion,item,title,requirement,confidence\n\
    cat2-it-supplier,1.1,1.1.1,Registration,mandatory,official\n\
    cat2-it-supplier,7.3,7.3.5,Backups are tested,mandatory,official\n\
    cat2-it-supplier,8.3,8.3.4,Updates are applied,optional,official\n\
    cat2-it-supplier,9.1,9.1.1,Networks are watched,mandatory,official\n";
const EXEMPTIONS: &str = "category,item,scheme,effect,organisation_types,scope_test,condition\n\
    cat2-it-supplier,8.3.4,iso27001,satisfies,,all-health-and-care-data,holders are free\n";
const TYPES: &str = "organisation_type,label,category\nit-supplier,IT supplier,cat2-it-supplier\n";
const REPORT: &[u8] = b"The restore test of October went well.\n";
/// An evidence file that the ledger does not keep.
pub(super) const SCAN: &[u8] = b"The scan of October found three late updates.\n";

pub(super) fn id(number: u64) -> Result<EventId, KitError> {
    kit(format!("{number:032x}").parse())
}

pub(super) fn item(number: &str) -> Result<ItemRef, KitError> {
    kit(format!("{EDITION}/{CATEGORY}/{number}").parse())
}

fn day(text: &str) -> Result<Date, KitError> {
    kit(Date::parse(text))
}

/// Nine in the morning UTC.
pub(super) fn nine(day: &str) -> Result<Timestamp, KitError> {
    let text = format!("{day}T09:00:00.000Z");
    Timestamp::parse(&text).ok_or_else(|| KitError::Material(format!("`{text}` is not a time")))
}

pub(super) fn evidence(
    title: &str,
    about: &str,
    on: &str,
    stored: bool,
) -> Result<Event, KitError> {
    Ok(Event::EvidenceRecorded(EvidenceRecorded {
        title: title.to_owned(),
        items: vec![item(about)?],
        controls: Vec::new(),
        scope: Vec::new(),
        proves_on: day(on)?,
        valid_until: None,
        size: None,
        stored,
    }))
}

pub(super) fn answer(about: &str, text: &str, on: &str) -> Result<Event, KitError> {
    Ok(Event::ItemAnswered(ItemAnswered {
        item: item(about)?,
        answer: text.to_owned(),
        met: true,
        on: day(on)?,
        valid_until: None,
    }))
}

pub(super) fn confirmed(about: &str, on: &str) -> Result<Event, KitError> {
    let assertion = item(about)?.assertion();
    Ok(Event::AssertionConfirmed(AssertionConfirmed { assertion, on: day(on)?, note: None }))
}

pub(super) fn admitted(seed: u8, holder: &str, role: Role) -> Event {
    let key = keys::signer(seed).public().base64();
    Event::KeyAdmitted(KeyAdmitted { key, holder: holder.to_owned(), role })
}

/// An anchor of a head with the lines of these witnesses.
pub(super) fn anchor(checkpoint: Vec<u8>, witnesses: &[Witness]) -> Result<Event, KitError> {
    let checkpoint = kit(String::from_utf8(checkpoint))?;
    let witnesses = witnesses.iter().map(Witness::vkey).collect::<Result<_, _>>()?;
    Ok(Event::AnchorCosigned(AnchorCosigned { checkpoint, witnesses }))
}

/// Which seeds stand for whom: an impostor has others.
#[derive(Clone, Copy)]
pub(super) struct SampleSigners {
    pub(super) log: u8,
    pub(super) new_log: u8,
    pub(super) organisation: &'static str,
    pub(super) origin: &'static str,
    /// What the last entry answers.
    pub(super) late: &'static str,
}

impl SampleSigners {
    pub(super) const OURS: Self = Self {
        log: keys::LOG,
        new_log: keys::NEW_LOG,
        organisation: ORGANISATION,
        origin: ORIGIN,
        late: "updates are applied within 14 days",
    };
}

/// Records one entry or a few.
type Part = fn(&mut Maker) -> Result<(), KitError>;

/// Records one entry after the other.
struct Maker {
    journal: Journal,
    cast: SampleSigners,
    log: u8,
    count: u64,
}

/// Makes the ledger at a path that is not there yet, as far as its first `size` entries.
pub(super) fn write(path: &Path, cast: SampleSigners, size: u64) -> Result<Journal, KitError> {
    let (author, log) = (keys::signer(keys::OWNER), keys::signer(cast.log));
    let opening = Opening { id: id(0)?, organisation: cast.organisation, holder: "Asha Example" };
    let signers = Signers { author: &author, admitted: None, log: &log };
    let origin = kit(Origin::parse(cast.origin))?;
    let journal = Journal::create(path, &origin, &opening, &signers, nine("2025-09-01")?)?;
    let mut maker = Maker { journal, cast, log: cast.log, count: 1 };
    let parts: [Part; 18] = [
        |m| m.admits(keys::CONTRIBUTOR, "Ben Example", Role::Contributor),
        |m| m.admits(keys::APPROVER, "Cara Example", Role::Approver),
        |m| m.admits(keys::ASSESSOR, "Dee Example", Role::Assessor),
        Maker::edition,
        Maker::classified,
        Maker::scope,
        Maker::certificate,
        Maker::evidence,
        Maker::answered,
        |m| m.confirms("7.3.5"),
        |m| m.confirms("1.1.1"),
        |m| m.anchored("2025-10-10"),
        Maker::hands_over,
        Maker::revokes,
        Maker::new_log_key,
        Maker::publishes,
        |m| m.anchored("2026-03-10"),
        Maker::late_answer,
    ];
    for part in parts {
        if maker.count < size {
            part(&mut maker)?;
        }
    }
    Ok(maker.journal)
}

impl Maker {
    fn record(
        &mut self,
        on: &str,
        author: u8,
        admitted: Option<u8>,
        event: Event,
        files: Vec<File>,
    ) -> Result<(), KitError> {
        let (author, log) = (keys::signer(author), keys::signer(self.log));
        let admitted = admitted.map(keys::signer);
        let admitted = admitted.as_ref().map(|key| key as &dyn crate::ledger::Sign);
        let signers = Signers { author: &author, admitted, log: &log };
        let new = NewEvent { id: id(self.count)?, event, files };
        self.journal.record(&[new], &signers, nine(on)?)?;
        self.count += 1;
        Ok(())
    }

    fn admits(&mut self, seed: u8, holder: &str, role: Role) -> Result<(), KitError> {
        let event = admitted(seed, holder, role);
        self.record("2025-09-02", keys::OWNER, Some(seed), event, Vec::new())
    }

    fn edition(&mut self) -> Result<(), KitError> {
        let event = Event::EditionAdopted(EditionAdopted {
            edition: kit(EDITION.parse())?,
            revision: "1.0.0".to_owned(),
            effective_from: day("2025-09-01")?,
        });
        let files = vec![
            File::stored("items.csv", ITEMS.into()),
            File::stored("exemptions.csv", EXEMPTIONS.into()),
            File::stored("organisation-types.csv", TYPES.into()),
        ];
        self.record("2025-09-03", keys::OWNER, None, event, files)
    }

    fn classified(&mut self) -> Result<(), KitError> {
        let event = Event::OrganisationClassified(OrganisationClassified {
            edition: kit(EDITION.parse())?,
            organisation_type: kit("it-supplier".parse())?,
            category: kit(CATEGORY.parse())?,
            from: day("2025-09-01")?,
        });
        self.record("2025-09-03", keys::OWNER, None, event, Vec::new())
    }

    fn scope(&mut self) -> Result<(), KitError> {
        let (id, name) = (kit("hosting".parse())?, "Hosting".to_owned());
        let units = vec![Unit { id, name, health_and_care_data: true }];
        let event = Event::ScopeDeclared(ScopeDeclared { units, from: day("2025-09-01")? });
        self.record("2025-09-03", keys::OWNER, None, event, Vec::new())
    }

    fn certificate(&mut self) -> Result<(), KitError> {
        let event = Event::CertificateRecorded(CertificateRecorded {
            scheme: kit("iso27001".parse())?,
            release: Some("2022".to_owned()),
            number: "KIT-EX-1".to_owned(),
            issuer: "Plover Certification (invented)".to_owned(),
            accreditation: None,
            scope: vec![kit("hosting".parse())?],
            valid_from: day("2025-09-01")?,
            valid_until: day("2026-08-31")?,
        });
        self.record("2025-09-10", keys::CONTRIBUTOR, None, event, Vec::new())
    }

    /// One file that the ledger keeps, one that it only names.
    fn evidence(&mut self) -> Result<(), KitError> {
        let kept = evidence("restore test", "7.3.5", "2025-09-30", true)?;
        let files = vec![File::stored("report.txt", REPORT.into())];
        self.record("2025-10-01", keys::CONTRIBUTOR, None, kept, files)?;
        let named = evidence("scan", "8.3.4", "2025-09-30", false)?;
        let file = File { name: "scan.txt".into(), sha256: Digest::of(SCAN), stored: None };
        self.record("2025-10-01", keys::CONTRIBUTOR, None, named, vec![file])
    }

    fn answered(&mut self) -> Result<(), KitError> {
        let event = answer("1.1.1", "registered", "2025-09-01")?;
        self.record("2025-10-01", keys::CONTRIBUTOR, None, event, Vec::new())
    }

    fn confirms(&mut self, about: &str) -> Result<(), KitError> {
        let event = confirmed(about, "2025-10-02")?;
        self.record("2025-10-02", keys::APPROVER, None, event, Vec::new())
    }

    /// Two witnesses sign the head at ten; it is recorded as soon as they did.
    fn anchored(&mut self, on: &str) -> Result<(), KitError> {
        let head = kit(String::from_utf8(self.journal.ledger.head.clone()))?;
        let at = seconds(nine(on)?);
        let witnesses = [keys::WITNESS_A, keys::WITNESS_B];
        let event = anchor(keys::cosigned(&head, at, &witnesses)?, &witnesses)?;
        self.record(on, keys::OWNER, None, event, Vec::new())
    }

    fn hands_over(&mut self) -> Result<(), KitError> {
        let event = Event::KeyRotated(KeyRotated {
            replaces: kit(keys::signer(keys::CONTRIBUTOR).public().keyid().parse())?,
            key: keys::signer(keys::NEW_CONTRIBUTOR).public().base64(),
            reason: "a new laptop".to_owned(),
        });
        let new = Some(keys::NEW_CONTRIBUTOR);
        self.record("2025-11-03", keys::CONTRIBUTOR, new, event, Vec::new())
    }

    fn revokes(&mut self) -> Result<(), KitError> {
        let event = Event::KeyRevoked(KeyRevoked {
            keyid: kit(keys::signer(keys::ASSESSOR).public().keyid().parse())?,
            reason: "the engagement ended".to_owned(),
            compromised_from: None,
        });
        self.record("2025-11-04", keys::OWNER, None, event, Vec::new())
    }

    fn new_log_key(&mut self) -> Result<(), KitError> {
        let new = self.cast.new_log;
        let event = Event::LogKeyRotated(LogKeyRotated {
            key: keys::signer(new).public().base64(),
            reason: "a new server".to_owned(),
        });
        self.record("2025-11-05", keys::OWNER, Some(new), event, Vec::new())?;
        self.log = new;
        Ok(())
    }

    fn publishes(&mut self) -> Result<(), KitError> {
        let ledger = &self.journal.ledger;
        let size = ledger.leaves.len() as u64;
        let asked = Asked { on: day("2026-03-01")?, size, rules: RulesChoice::Then };
        let made = kit(make(ledger, &asked))?;
        let event = publication(&made.value)?;
        let files = vec![File::stored(published::NAME, made.bytes)];
        self.record("2026-03-02", keys::APPROVER, None, event, files)
    }

    fn late_answer(&mut self) -> Result<(), KitError> {
        let event = answer("8.3.4", self.cast.late, "2026-03-20")?;
        self.record("2026-03-20", keys::NEW_CONTRIBUTOR, None, event, Vec::new())
    }
}

pub(super) fn seconds(at: Timestamp) -> u64 {
    u64::try_from(at.millis() / 1_000).unwrap_or_default()
}

/// The event that publishes a statement.
pub(super) fn publication(statement: &serde_json::Value) -> Result<Event, KitError> {
    let text = |name: &str| {
        statement.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    let size = statement.get("size").and_then(serde_json::Value::as_u64).unwrap_or_default();
    let standing = statement.get("standing").and_then(|one| one.get("status"));
    Ok(Event::StatementPublished(StatementPublished {
        on: day(&text("on"))?,
        size,
        root: text("root"),
        edition: kit(text("edition").parse())?,
        category: kit(text("category").parse())?,
        standing: standing.and_then(serde_json::Value::as_str).unwrap_or_default().to_owned(),
    }))
}

/// A head, as a log key signs it.
pub(super) fn head(log: u8, origin: &str, size: u64, root: Digest) -> Result<Vec<u8>, KitError> {
    let checkpoint = Checkpoint { origin: kit(Origin::parse(origin))?, size, root };
    kit(checkpoint.sign(&keys::signer(log)))
}

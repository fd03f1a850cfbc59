//! Makes the entries of the demonstration, as its people record them.

use std::path::Path;

use crate::cli::error::Failure;
use crate::cli::mappings::catalogue::bytes;
use crate::cli::recording::adoption::adopt_edition;
use crate::cli::recording::ids::from_parts;
use crate::cli::recording::units::units;
use crate::domain::catalogue::edition::Framework;
use crate::domain::csv::{Table, write_stored};
use crate::domain::date::{Date, Timestamp};
use crate::domain::event::role::Role;
use crate::domain::event::{
    AssertionConfirmed, CertificateRecorded, Event, EvidenceRecorded, EvidenceWithdrawn,
    FrameworkAdopted, ItemNotApplicable, KeyAdmitted, MappingApproved, MappingImported,
    OrganisationClassified, Rows, ScopeDeclared, SoaRecorded,
};
use crate::domain::ids::{AssertionRef, EventId, ItemRef, Scheme};
use crate::domain::mapping::{SOA_COLUMNS, parse_mapping};
use crate::journal::{File, Journal, NewEvent, Opening, Signers};
use crate::keys;
use crate::ledger::{Digest, Origin, SeedSigner, Sign};

pub(super) const ORGANISATION: &str = "Northbridge Health IT Ltd (invented)";

pub(super) const EDITION: &str = "2025-26-v8";

pub(super) const CATEGORY: &str = "cat2-it-supplier";

/// The passphrase of the demonstration's key files.
pub(super) const PASSPHRASE: &str = "demonstration";

/// The four keys: file name, holder, seed byte, role; the log key has none.
const KEYS: [(&str, &str, u8, Option<Role>); 5] = [
    ("demo-owner", "J. Okoro", 0x11, Some(Role::Owner)),
    ("demo-contributor", "A. Patel", 0x12, Some(Role::Contributor)),
    ("demo-approver", "M. Lindqvist", 0x13, Some(Role::Approver)),
    ("demo-assessor", "Kestrel Audit LLP (invented)", 0x14, Some(Role::Assessor)),
    ("demo-log", "log key", 0x15, None),
];

/// Makes the key files that are not there.
///
/// # Errors
/// [`Failure`] when one cannot be made.
pub(super) fn key_files(folder: &Path) -> Result<(), Failure> {
    for (name, _, seed, _) in KEYS {
        let path = folder.join(format!("{name}.pem"));
        if path.symlink_metadata().is_err() {
            keys::keep(&path, &[seed; 32], PASSPHRASE)?;
        } else if keys::is_half(&path) {
            keys::complete(&path, PASSPHRASE)?;
        }
    }
    Ok(())
}

pub(super) fn signer(role: Option<Role>) -> SeedSigner {
    let seed = KEYS.iter().find(|(.., known)| *known == role).map_or(0, |(_, _, seed, _)| *seed);
    SeedSigner::from_seed(&[seed; 32])
}

/// Makes the ledger entry by entry.
pub(in crate::cli) struct Maker {
    pub(super) journal: Journal,
    pub(super) log: SeedSigner,
    pub(super) count: u64,
    /// The day of the first entries.
    opened: &'static str,
}

/// Begins a ledger: its first entry, and the keys of all roles.
///
/// # Errors
/// [`Failure`] when it cannot be made.
pub(super) fn begin(path: &Path, origin: &str, opened: &'static str) -> Result<Maker, Failure> {
    let (owner, log) = (signer(Some(Role::Owner)), signer(None));
    let origin = Origin::parse(origin).map_err(|bad| Failure::usage(bad.to_string()))?;
    let at = moment(opened, 0)?;
    let opening = Opening { id: demo_id(at, 0)?, organisation: ORGANISATION, holder: KEYS[0].1 };
    let signers = Signers { author: &owner, admitted: None, log: &log };
    let journal = Journal::create(path, &origin, &opening, &signers, at)?;
    let mut maker = Maker { journal, log, count: 1, opened };
    maker.admit_keys()?;
    Ok(maker)
}

/// Ten in the morning UTC of a day, and a minute more for each entry of that day.
fn moment(day: &str, minutes: i64) -> Result<Timestamp, Failure> {
    let day = parsed(day)?;
    Ok(Timestamp::from_millis(i64::from(day.number()) * 86_400_000 + 36_000_000 + minutes * 60_000))
}

pub(super) fn parsed(day: &str) -> Result<Date, Failure> {
    Date::parse(day).map_err(|bad| Failure::usage(bad.to_string()))
}

/// Ids that look like those of a real ledger and are the same every time.
pub(super) fn demo_id(at: Timestamp, count: u64) -> Result<EventId, Failure> {
    let digest = Digest::of(format!("demonstration entry {count}").as_bytes());
    let mut random = [0; 10];
    random.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
    from_parts(at, random)
}

impl Maker {
    /// Records one event as a role on a day, and returns its id.
    fn record(
        &mut self,
        day: &str,
        role: Role,
        event: Event,
        files: Vec<File>,
    ) -> Result<EventId, Failure> {
        let at = moment(day, i64::try_from(self.count % 400).unwrap_or_default())?;
        let id = demo_id(at, self.count)?;
        self.count += 1;
        let author = signer(Some(role));
        let admitted = if let Event::KeyAdmitted(body) = &event {
            Some(signer(Some(body.role)))
        } else {
            None
        };
        let signers = Signers {
            author: &author,
            admitted: admitted.as_ref().map(|signer| signer as &dyn Sign),
            log: &self.log,
        };
        self.journal.record(&[NewEvent { id: id.clone(), event, files }], &signers, at)?;
        Ok(id)
    }

    fn admit_keys(&mut self) -> Result<(), Failure> {
        for (_, holder, _, role) in KEYS {
            let Some(role) = role.filter(|role| *role != Role::Owner) else { continue };
            let event = Event::KeyAdmitted(KeyAdmitted {
                key: signer(Some(role)).public().base64(),
                holder: holder.to_owned(),
                role,
            });
            self.record(self.opened, Role::Owner, event, Vec::new())?;
        }
        Ok(())
    }

    /// The edition in force from a day, the organisation's type, its scope and ISO 27001.
    pub(super) fn rules(&mut self, from: &str) -> Result<(), Failure> {
        let (from, opened) = (parsed(from)?, self.opened);
        let adopted = adopt_edition(&parse(EDITION)?, from, moment(opened, 0)?)?;
        self.record(opened, Role::Owner, adopted.event, adopted.files)?;
        let classified = Event::OrganisationClassified(OrganisationClassified {
            edition: parse(EDITION)?,
            organisation_type: parse("it-supplier")?,
            category: parse(CATEGORY)?,
            from,
        });
        self.record(opened, Role::Owner, classified, Vec::new())?;
        let mut all =
            units(&["hosting=Hosting".to_owned(), "support=Service desk".to_owned()], true)?;
        all.extend(units(&["sales=Sales and marketing".to_owned()], false)?);
        let scope = Event::ScopeDeclared(ScopeDeclared { units: all, from });
        self.record(opened, Role::Owner, scope, Vec::new())?;
        let event =
            Event::FrameworkAdopted(FrameworkAdopted { framework: parse("iso27001:2022")? });
        let controls = File::stored("controls.csv", bytes("iso27001-2022/controls.csv")?.to_vec());
        self.record(opened, Role::Owner, event, vec![controls])?;
        Ok(())
    }

    pub(super) fn certificates(&mut self) -> Result<EventId, Failure> {
        let iso = certificate("iso27001", "IS-EX-612345", "2024-03-01", "2027-02-28")?;
        let iso = self.record("2025-09-25", Role::Contributor, iso, Vec::new())?;
        let plus = certificate("cyber-essentials-plus", "CE-EX-88121", "2025-06-10", "2026-06-09")?;
        self.record("2025-09-25", Role::Contributor, plus, Vec::new())?;
        Ok(iso)
    }

    pub(super) fn statement_of_applicability(
        &mut self,
        certificate: EventId,
    ) -> Result<(), Failure> {
        let controls =
            Framework::parse(parse("iso27001:2022")?, bytes("iso27001-2022/controls.csv")?)
                .map_err(|bad| Failure::usage(bad.to_string()))?;
        let annex = controls.controls.values().filter(|control| control.kind == "control");
        let rows = annex.map(|control| {
            let excluded = control.id == "A.8.30";
            let why = if excluded { "no development is outsourced" } else { "applies" };
            let applicable = if excluded { "no" } else { "yes" };
            vec![format!("iso27001:2022/{}", control.id), applicable.to_owned(), why.to_owned()]
        });
        let soa = write_stored(SOA_COLUMNS, rows).into_bytes();
        let event = Event::SoaRecorded(SoaRecorded { certificate, from: parsed("2025-03-01")? });
        self.record("2025-09-26", Role::Contributor, event, vec![File::stored("soa.csv", soa)])?;
        Ok(())
    }

    pub(super) fn mapping(&mut self) -> Result<EventId, Failure> {
        let file = bytes("proposals/iso27001-2022_to_dspt-2025-26-v8.csv")?;
        let rows = parse_mapping(file).map_err(|bad| Failure::usage(bad.to_string()))?;
        let event = Event::MappingImported(MappingImported {
            title: "ISO 27001:2022 to DSPT v8".to_owned(),
            author: "the dspt project".to_owned(),
            authority: "proposal".to_owned(),
            licence: "as this program".to_owned(),
            rows: rows.len() as u64,
        });
        let files = vec![File::stored("mapping.csv", file.to_vec())];
        self.record("2025-10-02", Role::Contributor, event, files)
    }

    /// Own evidence through the year, one wrong file that is withdrawn, one item that does not
    /// apply, and one piece that runs out before the year ends.
    pub(super) fn evidence(&mut self) -> Result<(), Failure> {
        let table = Table::parse_stored(include_bytes!("../../../fixtures/demo/evidence.csv"), &[])
            .map_err(|bad| Failure::usage(bad.to_string()))?;
        for row in &table.rows {
            let until = Some(row.get("valid_until")).filter(|text| !text.is_empty());
            let (title, item) = (row.get("title"), row.get("item"));
            self.proof(row.get("recorded"), title, item, row.get("proves_on"), until)?;
        }
        let recorded = "2026-05-11";
        self.proof(
            recorded,
            "EV-101 Key services and dependencies",
            "7.1.1",
            recorded,
            Some("2026-05-31"),
        )?;
        let wrong =
            self.proof(recorded, "EV-102 MFA screenshots (draft)", "4.5.3", recorded, None)?;
        let reason = "the file shows the test system".to_owned();
        let withdrawn = EvidenceWithdrawn { evidence: wrong, from: None, reason };
        self.record(
            "2026-05-13",
            Role::Contributor,
            Event::EvidenceWithdrawn(withdrawn),
            Vec::new(),
        )?;
        self.proof(
            "2026-05-20",
            "EV-103 MFA policy and enforcement report",
            "4.5.3",
            "2026-05-20",
            None,
        )?;
        let event = Event::ItemNotApplicable(ItemNotApplicable {
            item: item("9.3.9")?,
            reason: "no medical devices are made, supplied or connected".to_owned(),
            from: parsed("2026-05-20")?,
            until: None,
        });
        self.record("2026-05-20", Role::Approver, event, Vec::new())?;
        Ok(())
    }

    fn proof(
        &mut self,
        recorded: &str,
        title: &str,
        about: &str,
        proves_on: &str,
        until: Option<&str>,
    ) -> Result<EventId, Failure> {
        let content = format!("Demonstration: {title}\n").into_bytes();
        let (size, sha256) = (content.len() as u64, Digest::of(&content));
        let name = title.split(' ').next().unwrap_or("EV").to_lowercase();
        let file = File { name: format!("{name}.txt"), sha256, stored: None };
        let event = Event::EvidenceRecorded(EvidenceRecorded {
            title: title.to_owned(),
            items: vec![item(about)?],
            controls: Vec::new(),
            scope: Vec::new(),
            proves_on: parsed(proves_on)?,
            valid_until: until.map(parsed).transpose()?,
            size: Some(size),
            stored: false,
        });
        self.record(recorded, Role::Contributor, event, vec![file])
    }

    /// The approver adopts one joint group: backups made, tested, documented and reviewed.
    pub(super) fn approve(&mut self, mapping: EventId) -> Result<(), Failure> {
        let rows = parse_mapping(bytes("proposals/iso27001-2022_to_dspt-2025-26-v8.csv")?)
            .map_err(|bad| Failure::usage(bad.to_string()))?;
        let group = rows
            .iter()
            .filter(|row| row.joint.as_ref().is_some_and(|joint| joint.id == "J-2-7.3.4"));
        let event = Event::MappingApproved(MappingApproved {
            mapping,
            rows: Rows::Listed(group.map(|row| row.number).collect()),
            rationale: "read against our backup standard and last year's surveillance report"
                .to_owned(),
            from: parsed("2026-05-27")?,
            until: None,
        });
        self.record("2026-05-27", Role::Approver, event, Vec::new())?;
        Ok(())
    }

    /// Every assertion that holds a mandatory item but two, in the last weeks before the deadline.
    pub(super) fn confirm(&mut self) -> Result<(), Failure> {
        let items = Table::parse_stored(bytes("dspt-2025-26-v8/items.csv")?, &[])
            .map_err(|bad| Failure::usage(bad.to_string()))?;
        let mut done = std::collections::BTreeSet::new();
        for row in &items.rows {
            let assertion = row.get("assertion");
            let asked = row.get("category") == CATEGORY && row.get("requirement") == "mandatory";
            let left = ["7.3", "8.3"].contains(&assertion);
            if !asked || left || !done.insert(assertion.to_owned()) {
                continue;
            }
            let assertion: AssertionRef = parse(&format!("{EDITION}/{CATEGORY}/{assertion}"))?;
            let recorded = if done.len() < 20 { "2026-05-29" } else { "2026-06-22" };
            let confirmed = AssertionConfirmed { assertion, on: parsed(recorded)?, note: None };
            let event = Event::AssertionConfirmed(confirmed);
            self.record(recorded, Role::Approver, event, Vec::new())?;
        }
        Ok(())
    }

    /// The new Cyber Essentials Plus certificate, recorded 32 days after it began.
    pub(super) fn renewal(&mut self) -> Result<(), Failure> {
        let plus = certificate("cyber-essentials-plus", "CE-EX-90417", "2026-06-10", "2027-06-09")?;
        self.record("2026-07-12", Role::Contributor, plus, Vec::new())?;
        Ok(())
    }
}

fn certificate(scheme: &str, number: &str, from: &str, until: &str) -> Result<Event, Failure> {
    let scheme: Scheme = parse(scheme)?;
    let iso = scheme.asks_release();
    Ok(Event::CertificateRecorded(CertificateRecorded {
        scheme,
        release: iso.then(|| "2022".to_owned()),
        number: number.to_owned(),
        issuer: "Plover Certification (invented)".to_owned(),
        accreditation: iso.then(|| "an invented accreditation body".to_owned()),
        scope: vec![parse("hosting")?, parse("support")?],
        valid_from: parsed(from)?,
        valid_until: parsed(until)?,
    }))
}

fn item(number: &str) -> Result<ItemRef, Failure> {
    parse(&format!("{EDITION}/{CATEGORY}/{number}"))
}

pub(super) fn parse<T>(text: &str) -> Result<T, Failure>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|bad: T::Err| Failure::usage(bad.to_string()))
}

//! A signed, append-only ledger of evidence for the NHS Data Security and Protection Toolkit, and
//! what follows from it on any date, as known at any point.
//!
//! | module | what it does |
//! |---|---|
//! | [`domain`] | what the facts mean: events, catalogues, mappings, the equivalence engine, statuses with their proofs; pure |
//! | [`ledger`] | integrity of bytes: entries, the Merkle tree, signed heads, cosignatures, proofs, tiles, policies; pure |
//! | [`journal`] | admits, signs and appends events |
//! | [`verify`] | checks a ledger, a folder of tiles or a bundle, believing nothing in it |
//! | [`store`], [`durable`], [`keys`] | one SQLite file; files whole or not at all; key files and agents |
//! | [`import`], [`export`] | files that people bring; files that strangers check |
//! | [`witness`] | cosigns what only grew |
//! | [`tui`], [`cli`] | the screen, the commands |
//! | [`tamper`] | forges ledgers, to show that verification catches it |
//!
//! ARCHITECTURE.md has the map, docs/FORMAT.md the bytes.
//!
//! # Making, verifying and asking a ledger
//!
//! An organisation with an ISO/IEC 27001 certificate, and an edition whose one exemption says that
//! such a certificate frees item 8.3.4: the item is met by equivalence for as long as it is in force.
//!
//! ```
//! use dspt_ledger::domain::engine::derive::RulesChoice;
//! use dspt_ledger::domain::engine::status::{Positions, Status};
//! use dspt_ledger::domain::date::Timestamp;
//! use dspt_ledger::domain::event::{
//!     CertificateRecorded, EditionAdopted, Event, OrganisationClassified, ScopeDeclared, Unit,
//! };
//! use dspt_ledger::journal::{File, Journal, NewEvent, Opening, Signers};
//! use dspt_ledger::ledger::{Origin, SeedSigner};
//! use dspt_ledger::store::Mode;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("ledger.dspt");
//! // Seeds of an example: real ones come from `dspt_ledger::keys`, which draws and wraps them.
//! let (owner, log) = (SeedSigner::from_seed(&[1; 32]), SeedSigner::from_seed(&[2; 32]));
//! let signers = Signers { author: &owner, admitted: None, log: &log };
//! let origin = Origin::parse("ledger.example/plover/dspt")?;
//! let now = Timestamp::parse("2026-01-05T10:00:00.000Z").ok_or("no time")?;
//! let opening = Opening {
//!     id: "00000000000000000000000000000000".parse()?,
//!     organisation: "Plover Ltd (invented)",
//!     holder: "A. Person (invented)",
//! };
//! let mut journal = Journal::create(&path, &origin, &opening, &signers, now)?;
//!
//! let from = "2025-09-01".parse()?;
//! let edition = Event::EditionAdopted(EditionAdopted {
//!     edition: "2025-26-example".parse()?,
//!     revision: "1.0.0".into(),
//!     effective_from: from,
//! });
//! let files = vec![
//!     File::stored("items.csv", b"category,assertion,item,title,requirement,confidence\n\
//!         cat2-it-supplier,8.3,8.3.4,Updates are applied,mandatory,official\n".to_vec()),
//!     File::stored("exemptions.csv",
//!         b"category,item,scheme,effect,organisation_types,scope_test,condition\n\
//!         cat2-it-supplier,8.3.4,iso27001,satisfies,,all-health-and-care-data,\n".to_vec()),
//!     File::stored("organisation-types.csv",
//!         b"organisation_type,label,category\nit-supplier,IT supplier,cat2-it-supplier\n".to_vec()),
//! ];
//! let classified = Event::OrganisationClassified(OrganisationClassified {
//!     edition: "2025-26-example".parse()?,
//!     organisation_type: "it-supplier".parse()?,
//!     category: "cat2-it-supplier".parse()?,
//!     from,
//! });
//! let hosting =
//!     Unit { id: "hosting".parse()?, name: "Hosting".into(), health_and_care_data: true };
//! let scope = Event::ScopeDeclared(ScopeDeclared { units: vec![hosting], from });
//! let certificate = Event::CertificateRecorded(CertificateRecorded {
//!     scheme: "iso27001".parse()?,
//!     release: Some("2022".into()),
//!     number: "IS-EXAMPLE-1".into(),
//!     issuer: "Example Certification (invented)".into(),
//!     accreditation: None,
//!     scope: vec!["hosting".parse()?],
//!     valid_from: "2025-09-01".parse()?,
//!     valid_until: "2026-03-31".parse()?,
//! });
//! let batch = [(edition, files), (classified, vec![]), (scope, vec![]), (certificate, vec![])];
//! let batch: Vec<NewEvent> = batch
//!     .into_iter()
//!     .zip(1..)
//!     .map(|((event, files), n)| Ok(NewEvent { id: format!("{n:032x}").parse()?, event, files }))
//!     .collect::<Result<_, Box<dyn std::error::Error>>>()?;
//! journal.record(&batch, &signers, now)?;
//! journal.close()?;
//!
//! // Opening verifies: every entry, the tree, every signed head, every stored content.
//! let journal = Journal::open(&path, Mode::Read)?;
//! let state = journal.state(5)?; // what the first five entries say
//! let positions = Positions::new(&state, RulesChoice::Then);
//! let item = "2025-26-example/cat2-it-supplier/8.3.4".parse()?;
//! assert_eq!(positions.status(&item, "2026-03-31".parse()?), Status::MetByEquivalence);
//! assert_eq!(positions.status(&item, "2026-04-01".parse()?), Status::Lapsed);
//!
//! // A status never comes without its reasons: the entries that it rests on.
//! let day = positions.on("2026-03-31".parse()?);
//! let finding = day.finding(&item).ok_or("the edition does not ask for it")?;
//! assert_eq!(finding.because, [1, 2, 3, 4]);
//! # Ok(())
//! # }
//! ```
//!
//! To check a bundle that somebody gave you, see [`verify::bundle`] and `examples/check_bundle.rs`.

pub mod bundled;
pub mod cli;
pub mod domain;
pub mod durable;
pub mod export;
pub mod import;
pub mod journal;
pub mod keys;
pub mod ledger;
pub mod report;
pub mod store;
pub mod tamper;
pub mod tui;
pub mod verify;
pub mod witness;

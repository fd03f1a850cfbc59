//! The large demonstration: an invented organisation over four years, entry by entry, the same bytes
//! every time. It is there to see and to measure how the program behaves with a great many entries.

use super::maker::{CATEGORY, EDITION, Maker, demo_id, parse, parsed, signer};
use crate::cli::error::Failure;
use crate::cli::output::Output;
use crate::domain::csv::Table;
use crate::domain::date::{Date, Timestamp};
use crate::domain::event::role::Role;
use crate::domain::event::{
    AssertionConfirmed, CertificateRecorded, Correction, Event, EvidenceRecorded,
    EvidenceWithdrawn, ItemAnswered, Replacement,
};
use crate::domain::ids::{AssertionRef, EventId, ItemRef};
use crate::journal::{File, JournalError, NewEvent, Signers};
use crate::ledger::Digest;

/// The first and the last day on which anything is recorded.
pub(in crate::cli) const FIRST: &str = "2022-10-03";

const LAST: &str = "2026-11-13";

/// What evidence is called: each is renewed when it runs out.
const PROOFS: [(&str, i32); 6] = [
    ("Restore test", 182),
    ("Access review", 91),
    ("Training record", 365),
    ("Vulnerability scan", 30),
    ("Policy, reviewed", 365),
    ("Supplier assurance", 182),
];

/// Deals out the entries of the years.
pub(in crate::cli) struct Years {
    maker: Maker,
    items: Vec<ItemRef>,
    assertions: Vec<AssertionRef>,
    /// One number after the other, as if thrown (splitmix64, Steele, Lea and Flood 2014).
    seed: u64,
    /// The newest evidence: what is withdrawn and corrected.
    evidence: Vec<(EventId, EvidenceRecorded)>,
    corrections: u64,
    certificates: u32,
    /// How many items have something recorded for them; nothing is confirmed before all have.
    covered: usize,
}

impl Years {
    /// Goes on where the settings have been recorded.
    ///
    /// # Errors
    /// [`Failure`] when the catalogue that ships cannot be read.
    pub(in crate::cli) fn new(maker: Maker) -> Result<Self, Failure> {
        let table = Table::parse_stored(
            crate::cli::mappings::catalogue::bytes("dspt-2025-26-v8/items.csv")?,
            &[],
        )
        .map_err(|bad| Failure::usage(bad.to_string()))?;
        let rows = || table.rows.iter().filter(|row| row.get("category") == CATEGORY);
        let name = |part: &str| format!("{EDITION}/{CATEGORY}/{part}");
        let items = rows().map(|row| parse(&name(row.get("item")))).collect::<Result<_, _>>()?;
        let mut assertions: Vec<&str> = rows().map(|row| row.get("assertion")).collect();
        assertions.dedup();
        let assertions =
            assertions.into_iter().map(|one| parse(&name(one))).collect::<Result<_, _>>()?;
        let evidence = Vec::new();
        Ok(Self {
            maker,
            items,
            assertions,
            seed: 8,
            evidence,
            corrections: 0,
            certificates: 0,
            covered: 0,
        })
    }

    fn below(&mut self, end: usize) -> usize {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % (end.max(1) as u64)).unwrap_or_default()
    }

    fn span(&mut self, end: i32) -> i32 {
        let end = usize::try_from(end).unwrap_or_default();
        i32::try_from(self.below(end)).unwrap_or_default()
    }

    /// Records day by day until there are `entries`; returns the ledger's maker.
    ///
    /// # Errors
    /// [`Failure`] when it cannot be written.
    pub(in crate::cli) fn record(
        mut self,
        entries: u64,
        output: &mut Output<'_>,
    ) -> Result<Maker, Failure> {
        let (first, last) = (parsed(FIRST)?, parsed(LAST)?);
        let work = |day: &Date| (day.number() + 3).rem_euclid(7) < 5; // 1 January 1970 was a Thursday
        let days: Vec<Date> =
            (1..=last.number() - first.number()).map(|add| first.plus(add)).filter(work).collect();
        let (start, mut shown) = (self.maker.count, 0);
        let rest = entries.saturating_sub(start);
        for (number, day) in (1_u64..).zip(&days) {
            let until = start + rest * number / (days.len() as u64).max(1);
            while self.maker.count < until {
                self.part_of_day(*day, until, entries)?;
                if self.maker.count >= shown + 50_000 {
                    shown = self.maker.count;
                    output.hint(&format!("recorded {shown} of {entries} entries"))?;
                }
            }
        }
        Ok(self.maker)
    }

    /// Records at most a few thousand entries of one day: the contributor's, then a confirmation
    /// for each thirty of them.
    fn part_of_day(&mut self, day: Date, until: u64, entries: u64) -> Result<(), Failure> {
        let at = Timestamp::from_millis(i64::from(day.number()) * 86_400_000 + 36_000_000);
        let left = usize::try_from(until - self.maker.count).unwrap_or(PART_MAX).min(PART_MAX);
        let chance = (left + self.below(30)) / 30;
        let confirmed = if self.covered < self.items.len() { 0 } else { chance };
        let mut batch = Vec::with_capacity(left - confirmed);
        for _ in confirmed..left {
            batch.push(self.contribution(day, at, entries)?);
        }
        self.write(&batch, Role::Contributor, at)?;
        let mut batch = Vec::with_capacity(confirmed);
        for _ in 0..confirmed {
            let number = self.below(self.assertions.len());
            let Some(assertion) = self.assertions.get(number).cloned() else { continue };
            let event =
                Event::AssertionConfirmed(AssertionConfirmed { assertion, on: day, note: None });
            batch.push(NewEvent { id: self.id(at)?, event, files: Vec::new() });
        }
        self.write(&batch, Role::Approver, at)
    }

    fn write(&mut self, batch: &[NewEvent], role: Role, at: Timestamp) -> Result<(), Failure> {
        if batch.is_empty() {
            return Ok(());
        }
        let author = signer(Some(role));
        let signers = Signers { author: &author, admitted: None, log: &self.maker.log };
        self.maker.journal.record(batch, &signers, at)?;
        Ok(())
    }

    fn id(&mut self, at: Timestamp) -> Result<EventId, Failure> {
        self.maker.count += 1;
        demo_id(at, self.maker.count)
    }

    /// Certificates as they fall due, some twenty corrections in all, a withdrawal now and then, and
    /// evidence and answers by turns.
    fn contribution(&mut self, day: Date, at: Timestamp, all: u64) -> Result<NewEvent, Failure> {
        let due = parsed("2022-06-10")?.plus(i32::try_from(self.certificates).unwrap_or(0) * 365);
        let (id, none) = (self.id(at)?, Vec::new());
        if due <= day && self.certificates < 5 {
            self.certificates += 1;
            let event = Event::CertificateRecorded(renewed(self.certificates, due)?);
            return Ok(NewEvent { id, event, files: none });
        }
        if self.maker.count * 20 / all.max(1) > self.corrections {
            self.corrections += 1;
            if let Some((corrects, mut body)) = self.evidence.pop() {
                body.title.push_str(" (second page added)");
                let body = Event::EvidenceRecorded(body).body().map_err(JournalError::from)?;
                let replacement = Some(Replacement { kind: "evidence-recorded".into(), body });
                let reason = "the first file lacked its second page".to_owned();
                let event = Event::Correction(Correction { corrects, reason, replacement });
                return Ok(NewEvent { id, event, files: none });
            }
        }
        let chance = self.below(100);
        if chance < 2
            && self.covered >= self.items.len()
            && let Some((evidence, _)) = self.evidence.pop()
        {
            let reason = "the file shows the test system".to_owned();
            let event =
                Event::EvidenceWithdrawn(EvidenceWithdrawn { evidence, from: None, reason });
            return Ok(NewEvent { id, event, files: none });
        }
        let number = match self.covered {
            next if next < self.items.len() => next,
            _ => self.below(self.items.len()),
        };
        self.covered = self.covered.saturating_add(1);
        let item = self.items.get(number).cloned().ok_or_else(|| Failure::usage("no items"))?;
        let on = day.plus(-self.span(60));
        if chance < 35 {
            let met = chance < 34;
            let answer = format!(
                "Reviewed by the information governance group, minute {}",
                self.maker.count
            );
            let valid_until = None;
            let event = Event::ItemAnswered(ItemAnswered { item, answer, met, on, valid_until });
            return Ok(NewEvent { id, event, files: none });
        }
        Ok(self.proof(id, item, on))
    }

    fn proof(&mut self, id: EventId, item: ItemRef, on: Date) -> NewEvent {
        let (what, days) = PROOFS.get(self.below(PROOFS.len())).copied().unwrap_or(("", 365));
        let number = self.maker.count;
        let body = EvidenceRecorded {
            title: format!("EV-{number} {what}"),
            items: vec![item],
            controls: Vec::new(),
            scope: Vec::new(),
            proves_on: on,
            valid_until: Some(on.plus(days)),
            size: Some(20_000 + self.below(900_000) as u64),
            stored: false,
        };
        let name = format!("ev-{number}.pdf");
        let sha256 = Digest::of(name.as_bytes());
        if self.evidence.len() > 200 {
            self.evidence.clear();
        }
        self.evidence.push((id.clone(), body.clone()));
        let files = vec![File { name, sha256, stored: None }];
        NewEvent { id, event: Event::EvidenceRecorded(body), files }
    }
}

/// The most entries in one transaction.
const PART_MAX: usize = 4_000;

/// The Cyber Essentials Plus certificate of a year.
fn renewed(number: u32, from: Date) -> Result<CertificateRecorded, Failure> {
    Ok(CertificateRecorded {
        scheme: parse("cyber-essentials-plus")?,
        release: None,
        number: format!("CE-EX-8{number:04}"),
        issuer: "Plover Certification (invented)".to_owned(),
        accreditation: None,
        scope: vec![parse("hosting")?, parse("support")?],
        valid_from: from,
        valid_until: from.plus(364),
    })
}

//! What a verified entry says, judged by what stands before it, and kept as a fact.

use super::entry_rules::{Passed, introduced, log_key_signed, names, opened, replaced, undecided};
use super::outcome::{Ledger, Stop};
use super::requests::{author, carries, is_taken, not_told};
use super::{REPLAYED, Reader};
use crate::domain::date::Timestamp;
use crate::domain::event::{Clock, ClockExplained, Correction, Event, Kind};
use crate::domain::ids::{EventId, KeyId};
use crate::domain::state::index::fact_index::FactSink;
use crate::domain::state::{Fact, Subject};
use crate::ledger::{Digest, PublicKey, VerifiedEntry, Vkey};
use crate::verify::anchors;
use crate::verify::carried::{NotTold, Told};
use crate::verify::finding::{Finding, Place};
use crate::verify::rule::Rule;

impl<F: FactSink + Send> Reader<F> {
    /// Takes in of an entry what does not depend on its meaning: its place, and the key that it
    /// brings along for signatures after it. Whether it may is not judged.
    pub(super) fn pass_over(
        &mut self,
        entry: &VerifiedEntry,
        said: Option<&Told>,
    ) -> Result<(), Stop> {
        let (seq, leaf) = (entry.seq(), entry.leaf());
        let place = Passed { seq, leaf, id: entry.id(), at: entry.at() };
        self.passed(&place, entry.keyids().count() as u64)?;
        let Some(Told { event, request }) = said else { return Ok(()) };
        let asks = request.as_ref().and_then(|request| request.key.as_ref());
        let Some(key) = entry.introduces().or(asks) else { return Ok(()) };
        let Some(ledger) = &mut self.ledger else { return Ok(()) };
        let rotated = matches!(event, Event::LogKeyRotated(_));
        if rotated && log_key_signed(&ledger.log, entry, event).is_ok() {
            ledger.log.rotate(seq + 1, Vkey::new(ledger.origin.key_name(), *key));
        }
        self.keys.insert(key.keyid(), *key);
        Ok(())
    }

    /// The rules about time and id, which no newer program changes.
    pub(super) fn passed(&mut self, entry: &Passed<'_>, signatures: u64) -> Result<(), Stop> {
        let fault = |rule, text: String| Finding { place: Place::Entry(entry.seq), rule, text };
        let id: Option<EventId> = entry.id.parse().ok();
        let id = id.ok_or_else(|| fault(Rule::BadName, "an id is malformed".to_owned()))?;
        let at = Timestamp::parse(entry.at)
            .ok_or_else(|| fault(Rule::BadTime, format!("`{}` is not a time", entry.at)))?;
        self.follows(entry.seq, at, &id)?;
        if let Some(ledger) = &mut self.ledger {
            ledger.frontier.push(entry.leaf);
            if F::LEAVES {
                ledger.leaves.push(entry.leaf);
            }
        }
        self.beyond.insert(id);
        self.last = Some(at);
        self.counts.beyond += 1;
        self.counts.signatures += signatures;
        Ok(())
    }

    fn follows(&self, seq: u64, at: Timestamp, id: &EventId) -> Result<(), Stop> {
        let fault = |rule, text: String| Finding { place: Place::Entry(seq), rule, text };
        if let Some(last) = self.last.filter(|last| at < *last) {
            let text = format!("it says {at}, and the entry before it says {last}");
            return Err(fault(Rule::TimeWentBack, text).into());
        }
        if self.kind_of(id).is_some() || self.beyond.contains(id) {
            return Err(fault(Rule::DuplicateId, format!("the id {id} was used before")).into());
        }
        Ok(())
    }

    /// Notes the first entry that is newer than this program. Entry 0 opens the ledger: where it is
    /// newer, nothing after it can be read.
    fn is_newer(&mut self, entry: &VerifiedEntry, why: String) -> Result<(), Stop> {
        if self.ledger.is_none() {
            return Err(Stop::Undecided(why));
        }
        self.newer = Some((entry.seq(), why));
        self.pass_over(entry, None)
    }

    /// Judges the key of a verified entry, and keeps what it says as a fact.
    pub(super) fn take(
        &mut self,
        entry: &VerifiedEntry,
        said: Result<Told, NotTold>,
    ) -> Result<(), Stop> {
        let seq = entry.seq();
        let fault = |rule, text: String| Finding { place: Place::Entry(seq), rule, text };
        let Told { event, request } = match said.map_err(|not| not_told(seq, not)) {
            Err(Stop::Undecided(why)) => return self.is_newer(entry, why),
            other => other?,
        };
        if let Event::Correction(Correction { replacement: Some(put), .. }) = &event {
            match replaced(seq, put) {
                Err(Stop::Undecided(why)) => return self.is_newer(entry, why),
                other => other?,
            }
        }
        let (id, signer) = names(entry)
            .ok_or_else(|| fault(Rule::BadName, "an id or keyid is malformed".to_owned()))?;
        let at = Timestamp::parse(entry.at())
            .ok_or_else(|| fault(Rule::BadTime, format!("`{}` is not a time", entry.at())))?;
        self.follows(seq, at, &id)?;
        self.points_back(seq, &event)?;
        let request = request.as_ref();
        let key = entry.introduces().or(request.and_then(|request| request.key.as_ref()));
        let introduced =
            introduced(key, &event).map_err(|text| fault(Rule::IntroducedKey, text))?;
        let by = author(request, &signer)
            .ok_or_else(|| fault(Rule::BadName, "a keyid is malformed".to_owned()))?;
        let mut ledger = match self.ledger.take() {
            Some(ledger) => ledger,
            None => opened(entry, &event).map_err(|text| fault(Rule::Genesis, text))?,
        };
        let allowed = carries(&ledger, request, &signer)
            .and_then(|()| self.allowed(&ledger, &by, &event, introduced.as_ref()))
            .and_then(|()| log_key_signed(&ledger.log, entry, &event))
            .map_err(|text| fault(Rule::KeyNotAllowed, text))
            .and_then(|()| self.anchor(&mut ledger, entry, &event))
            .and_then(|()| self.requested(&ledger, entry, request));
        if allowed.is_ok() {
            ledger.roster.apply(seq, &event, introduced.as_ref());
            self.admit_key(&mut ledger, (seq, key), &event);
            ledger.taken.extend(is_taken(request).then_some((seq, signer)));
            self.counts.signatures += entry.keyids().count() as u64 + u64::from(request.is_some());
            let subjects = self.subjects(entry, &event);
            let fact = Fact { seq, at, by, id, event, subjects };
            self.keep(&mut ledger, entry.leaf(), fact);
        }
        self.ledger = Some(ledger);
        allowed.map_err(Stop::from)
    }

    /// What an event says of earlier ones, which must be there and of the right kind.
    fn points_back(&self, seq: u64, event: &Event) -> Result<(), Stop> {
        let fault = |rule, text: String| Finding { place: Place::Entry(seq), rule, text };
        if let Event::Correction(correction) = event {
            self.corrects(seq, correction)?;
        }
        if let Event::ClockExplained(explained) = event {
            self.explains(explained).map_err(|text| fault(Rule::BadExplanation, text))?;
        }
        Ok(())
    }

    /// Keeps a fact that passed, and its place in the tree.
    fn keep(&mut self, ledger: &mut Ledger<F>, leaf: Digest, fact: Fact) {
        ledger.frontier.push(leaf);
        if F::LEAVES {
            ledger.leaves.push(leaf);
        }
        let corrected = fact.event.corrects();
        if let Some(kind) = corrected.and_then(|target| self.root_kind(&ledger.facts, target)) {
            self.about.insert(fact.id.clone(), kind);
        }
        self.last = Some(fact.at);
        ledger.facts.keep(fact);
        self.counts.entries += 1;
    }

    /// Takes in the key that an entry brings along, for signatures after it.
    fn admit_key(
        &mut self,
        ledger: &mut Ledger<F>,
        (seq, key): (u64, Option<&PublicKey>),
        event: &Event,
    ) {
        let Some(key) = key else { return };
        if matches!(event, Event::LogKeyRotated(_)) {
            ledger.log.rotate(seq + 1, Vkey::new(ledger.origin.key_name(), *key));
        }
        let log = *ledger.log.newest().key();
        self.keys.extend([(key.keyid(), *key), (log.keyid(), log)]);
    }

    /// Takes in the anchor that an entry is, if it is one.
    fn anchor(
        &mut self,
        ledger: &mut Ledger<F>,
        entry: &VerifiedEntry,
        event: &Event,
    ) -> Result<(), Finding> {
        let seq = entry.seq();
        let fault = |(rule, text)| Finding { place: Place::Entry(seq), rule, text };
        let before = anchors::Before { seq, origin: ledger.origin.as_str(), log: &ledger.log };
        let claimed = anchors::claimed(event, entry.subjects(), &before).map_err(fault)?;
        let Some(claimed) = claimed else { return Ok(()) };
        let head = &claimed.checkpoint;
        if self.partial {
            return self.anchor_among_some(ledger, claimed).map_err(fault);
        }
        let known = self.roots.get(&head.size).copied();
        let root = known.or_else(|| self.prefixes.root(&ledger.leaves, head.size));
        if root.is_none() && !F::LEAVES {
            // It is taken for granted until its root is known.
            self.unknown.insert(head.size);
        } else if root != Some(head.root) {
            let text = format!("the first {} entries have another root", head.size);
            return Err(fault((Rule::AnchorRoot, text)));
        }
        ledger.anchors.extend(claimed.anchors);
        if let Some((digest, token)) = claimed.token {
            self.tokens.entry(digest).or_default().push((token, true));
        }
        Ok(())
    }

    /// Takes in an anchor where entries are withheld. One whose root nothing here can be compared with
    /// bounds nothing; but an entry given out signs the root of those before it, and so does every
    /// other anchor, and two roots of one size are two histories.
    fn anchor_among_some(
        &mut self,
        ledger: &mut Ledger<F>,
        claimed: anchors::Claimed,
    ) -> Result<(), (Rule, String)> {
        let head = &claimed.checkpoint;
        let compared = self.roots.get(&head.size);
        let said = self.said.entry(head.size).or_insert(head.root);
        let root = *compared.unwrap_or(said);
        if root != head.root {
            let text = format!("the first {} entries have another root", head.size);
            return Err((Rule::AnchorRoot, text));
        }
        let bounds = compared.is_some();
        if bounds {
            ledger.anchors.extend(claimed.anchors);
        }
        if let Some((digest, token)) = claimed.token {
            self.tokens.entry(digest).or_default().push((token, bounds));
        }
        Ok(())
    }

    /// A correction speaks of an earlier event, and puts nothing of another kind in its place: else
    /// a key could say in a replacement what its role does not let it say.
    fn corrects(&self, seq: u64, correction: &Correction) -> Result<(), Stop> {
        let fault = |text: String| {
            Stop::from(Finding { place: Place::Entry(seq), rule: Rule::BadCorrection, text })
        };
        let Some(kind) = self.kind_of(&correction.corrects) else {
            if self.partial {
                return Ok(());
            }
            return Err(fault(format!("no earlier entry has the id {}", correction.corrects)));
        };
        if kind.stands_for_ever() {
            return Err(fault(format!("it corrects a {kind}, which stands for ever")));
        }
        let Some(replacement) = &correction.replacement else { return Ok(()) };
        let event = Event::decode(&replacement.kind, &replacement.body);
        let found = event.map_err(|bad| undecided(seq, &bad))?.kind();
        if found != kind {
            return Err(fault(format!("it replaces a {kind} by a {found}")));
        }
        Ok(())
    }

    /// A clock is explained for entries that are there, an outsider's for an anchor.
    fn explains(&self, explained: &ClockExplained) -> Result<(), String> {
        for id in std::iter::once(&explained.entry).chain(&explained.until) {
            match self.kind_of(id) {
                None if self.partial => {}
                None => return Err(format!("no earlier entry has the id {id}")),
                Some(Kind::AnchorCosigned | Kind::AnchorTimestamped) => {}
                Some(kind) if explained.clock == Clock::Outsider => {
                    return Err(format!("nobody outside dated anything in a {kind}"));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// The kind of an event; of a correction, the kind of what it is about in the end.
    pub(crate) fn root_kind(&self, facts: &F, id: &EventId) -> Option<Kind> {
        self.about.get(id).copied().or_else(|| facts.kind_of(id))
    }

    fn kind_of(&self, id: &EventId) -> Option<Kind> {
        self.ledger.as_ref()?.facts.kind_of(id)
    }

    fn allowed(
        &self,
        ledger: &Ledger<F>,
        by: &KeyId,
        event: &Event,
        introduced: Option<&KeyId>,
    ) -> Result<(), String> {
        let corrected = event.corrects();
        let corrected = corrected.and_then(|target| self.root_kind(&ledger.facts, target));
        ledger.roster.allows(by, event, corrected).map_err(|no| no.to_string())?;
        if let Some(key) = introduced {
            if ledger.roster.get(key).is_some() {
                return Err(format!("key {key} is admitted already; a key keeps one role"));
            }
            if ledger.log.all().any(|log| log.key().keyid() == key.as_str()) {
                return Err(format!("key {key} is the log key, which signs heads only"));
            }
        }
        Ok(())
    }

    /// Notes which contents must be there: what the entry names and the ledger keeps.
    fn subjects(&mut self, entry: &VerifiedEntry, event: &Event) -> Vec<Subject> {
        if event.keeps_files() {
            for subject in entry.subjects() {
                self.names_content(&subject.name, subject.sha256);
            }
        }
        let subject = |one: &crate::ledger::Subject| Subject {
            name: one.name.clone(),
            sha256: one.sha256.hex(),
        };
        entry.subjects().iter().map(subject).collect()
    }

    /// Notes that a content must be there, and whether replay reads it.
    pub(crate) fn names_content(&mut self, name: &str, sha256: Digest) {
        self.named.insert(sha256);
        if REPLAYED.contains(&name) {
            self.replayed.insert(sha256);
        }
    }
}

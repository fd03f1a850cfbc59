//! What the first entries of a ledger say of single items and assertions: evidence, answers,
//! confirmations, with the corrections and withdrawals that those entries hold.
//!
//! A view over a [`Chronicle`]: nothing is copied for it, so that another amount of knowledge costs
//! little. It decides no status.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::fact_index::{Answer, Chronicle, Row, Track};
use crate::domain::date::Date;
use crate::domain::event::body::EvidenceRecorded;
use crate::domain::event::words::Assurance;
use crate::domain::event::{Event, Kind};
use crate::domain::ids::{AssertionRef, EventId, ItemRef, UnitId};
use crate::domain::region::{Cover, Region, Steps, Units};
use crate::domain::state::cut::Cut;
use crate::domain::state::facts::EntryText;

/// An answer or a piece of evidence for an item, as far as numbers say it: a large ledger has
/// thousands for one item. [`EvidenceView::own`] says the rest of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvidencePiece {
    /// Its entry.
    pub seq: u64,
    /// Whether it is the organisation's own answer; else it is evidence.
    pub answer: bool,
    /// The first day on which it may count.
    pub from: Date,
    /// The last day on which it counts; none where it never does.
    pub until: Option<Date>,
    /// The units that it speaks of.
    pub units: Units,
}

impl EvidencePiece {
    /// Says whether it covers anything on a day, as far as no answer denies it.
    fn holds_on(&self, day: Date) -> bool {
        !self.units.is_empty() && self.from <= day && self.until.is_some_and(|until| day <= until)
    }
}

/// An answer or a piece of evidence for an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnEvidence {
    /// Where it counts.
    pub region: Region,
    /// Its entries.
    pub because: Vec<u64>,
    /// What it is, for people.
    pub label: String,
    /// The entries that ended it early, if any.
    pub ended_by: Vec<u64>,
}

/// A recorded reason why an item does not apply, or an answer that it is not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// Its entries.
    pub because: Vec<u64>,
    /// The reason or the answer.
    pub text: String,
}

/// Something that was said of an item and does not hold on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsaid {
    /// The day that it is for.
    pub on: Date,
    /// Whether it speaks for the item.
    pub met: bool,
    /// Whether a correction changed it.
    pub corrected: bool,
    /// What it is, and why it does not hold.
    pub text: String,
    /// Its entries, and those that say why.
    pub entries: Vec<u64>,
}

/// A confirmation of an assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// The day that it is for.
    pub on: Date,
    /// Its entries.
    pub because: Vec<u64>,
}

/// What stands in the place of an entry.
#[derive(Clone, Debug)]
struct Instead {
    /// The event; none where it is void.
    event: Option<Event>,
    /// The correction that says so.
    by: u64,
}

/// What the organisation itself says of one item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemLine {
    /// The units that evidence and answers cover, day by day.
    pub own: Steps<Units>,
    /// Days on which an answer says that it is not met: first, last, entry.
    denied: Vec<(Date, Date, u32)>,
}

/// Evidence that names controls: its entries, what it says, the last day on which it counts (none
/// where it never does), and what took days away.
pub(in crate::domain) type NamingControls<'s> =
    (Vec<u64>, Cow<'s, EvidenceRecorded>, Option<Date>, Vec<Cut>);

/// The view.
#[derive(Clone, Debug, Default)]
pub struct EvidenceView {
    chronicle: Arc<Chronicle>,
    size: u32,
    instead: BTreeMap<u32, Instead>,
    /// Evidence for an item that a correction brought in.
    evidence: BTreeMap<ItemRef, Vec<u32>>,
    /// Answers to an item that a correction brought in.
    answers: BTreeMap<ItemRef, Vec<u32>>,
    /// Confirmations that a correction brought in.
    confirmed: BTreeMap<AssertionRef, Vec<u32>>,
    /// Withdrawals that a correction brought in, or of what came later.
    moved: BTreeMap<u32, Vec<Withdrawn>>,
}

/// A withdrawal of evidence: its entry, the correction that brought it in, if any, and the first
/// day without the evidence; none for "it never counted".
#[derive(Clone, Copy, Debug)]
struct Withdrawn {
    seq: u64,
    by: Option<u64>,
    from: Option<Date>,
}

impl Withdrawn {
    fn newest(self) -> u64 {
        self.by.unwrap_or(self.seq)
    }

    fn because(self) -> impl Iterator<Item = u64> {
        std::iter::once(self.seq).chain(self.by)
    }
}

impl EvidenceView {
    /// What the first `size` entries say, as far as nothing was corrected.
    pub(in crate::domain) fn new(chronicle: Arc<Chronicle>, size: u32) -> Self {
        Self { chronicle, size, ..Self::default() }
    }

    /// The facts that it is a view of.
    pub fn chronicle(&self) -> &Arc<Chronicle> {
        &self.chronicle
    }

    pub(in crate::domain) fn chronicle_mut(&mut self) -> &mut Chronicle {
        Arc::make_mut(&mut self.chronicle)
    }

    /// Takes in one more entry, which is no correction.
    pub(in crate::domain) fn grow(&mut self) {
        self.size = u32::try_from(self.chronicle.len()).unwrap_or(u32::MAX);
    }

    /// Puts what corrections say in the place of what was recorded: the entry corrected, the event
    /// in its place, and the correction.
    pub(in crate::domain) fn correct(&mut self, corrected: Vec<(u32, Option<Event>, u64)>) {
        for (seq, event, by) in corrected {
            match &event {
                Some(Event::EvidenceRecorded(body)) => {
                    for item in &body.items {
                        self.evidence.entry(item.clone()).or_default().push(seq);
                    }
                }
                Some(Event::ItemAnswered(body)) => {
                    self.answers.entry(body.item.clone()).or_default().push(seq);
                }
                Some(Event::AssertionConfirmed(body)) => {
                    self.confirmed.entry(body.assertion.clone()).or_default().push(seq);
                }
                Some(Event::EvidenceWithdrawn(body)) => {
                    let (seq, by) = (u64::from(seq), Some(by));
                    self.move_withdrawal(&body.evidence, Withdrawn { seq, by, from: body.from });
                }
                Some(_) | None => {}
            }
            self.instead.insert(seq, Instead { event, by });
        }
        let (chronicle, size) = (Arc::clone(&self.chronicle), self.size);
        for seq in chronicle.dangling.iter().take_while(|seq| **seq < size) {
            let fact = chronicle.whole.get(seq).filter(|_| !self.instead.contains_key(seq));
            if let Some(Event::EvidenceWithdrawn(body)) = fact.map(|fact| &fact.event) {
                let one = Withdrawn { seq: u64::from(*seq), by: None, from: body.from };
                self.move_withdrawal(&body.evidence, one);
            }
        }
    }

    fn move_withdrawal(&mut self, evidence: &EventId, one: Withdrawn) {
        if let Some(target) = self.chronicle.earlier(evidence, self.size) {
            self.moved.entry(target).or_default().push(one);
        }
    }

    /// The event that stands at a place, corrections applied; none where it is void or cannot be
    /// read.
    pub fn event<'e>(&'e self, place: u64, words: &'e dyn EntryText) -> Option<Cow<'e, Event>> {
        let seq = u32::try_from(place).ok()?;
        if let Some(instead) = self.instead.get(&seq) {
            return instead.event.as_ref().map(Cow::Borrowed);
        }
        match words.fact(place)? {
            Cow::Borrowed(fact) => Some(Cow::Borrowed(&fact.event)),
            Cow::Owned(fact) => Some(Cow::Owned(fact.event)),
        }
    }

    /// Says whether a piece of evidence stands.
    pub(in crate::domain) fn has_evidence(&self, id: &EventId) -> bool {
        let Some(seq) = self.chronicle.earlier(id, self.size) else { return false };
        if let Some(instead) = self.instead.get(&seq) {
            return matches!(instead.event, Some(Event::EvidenceRecorded(_)));
        }
        let line = self.chronicle.line(u64::from(seq));
        line.is_some_and(|line| line.kind == Kind::EvidenceRecorded)
    }

    fn because(&self, seq: u32) -> Vec<u64> {
        let by = self.instead.get(&seq).map(|instead| instead.by);
        std::iter::once(u64::from(seq)).chain(by).collect()
    }

    /// Says whether an entry counts as it was recorded.
    fn stands(&self, seq: u32) -> bool {
        let maybe = self.chronicle.unresolved || self.chronicle.is_touched(seq);
        seq < self.size && !(maybe && self.instead.contains_key(&seq))
    }

    /// The withdrawals of a piece of evidence.
    fn withdrawals(&self, seq: u32) -> impl Iterator<Item = Withdrawn> {
        let recorded = self.chronicle.withdrawals.get(&seq).into_iter().flatten();
        let standing = recorded.filter(|(by, _)| self.stands(*by));
        let moved = self.moved.get(&seq).into_iter().flatten();
        let plain = |(by, from): &(u32, Option<Date>)| Withdrawn {
            seq: u64::from(*by),
            by: None,
            from: *from,
        };
        standing.map(plain).chain(moved.copied())
    }

    /// The last day on which a piece of evidence counts, given the last that it names; none where
    /// it never does.
    fn last_day(&self, seq: u32, until: Date) -> Option<Date> {
        let moved = !self.moved.is_empty() && self.moved.contains_key(&seq);
        if !moved && !self.chronicle.is_touched(seq) {
            return Some(until);
        }
        self.withdrawals(seq).try_fold(until, |until, one| {
            let from = one.from.filter(|from| *from > Date::MIN)?;
            Some(until.min(from.plus(-1)))
        })
    }

    /// The evidence for an item as recorded and as corrected, by the day that it proves.
    fn rows(&self, item: &ItemRef) -> impl Iterator<Item = Row> {
        let track = self.chronicle.tracks.get(item).map_or(&[][..], |track| &track.evidence);
        let recorded = track.iter().copied().filter(|row| self.stands(row.seq));
        recorded.chain(self.corrected_rows(item))
    }

    fn corrected_rows(&self, item: &ItemRef) -> Vec<Row> {
        let corrected = self.evidence.get(item).into_iter().flatten();
        let row = |seq: &u32| match self.instead.get(seq).and_then(|one| one.event.as_ref()) {
            Some(Event::EvidenceRecorded(body)) => {
                let until = body.valid_until.unwrap_or(Date::MAX);
                Some(Row { from: body.proves_on, seq: *seq, until, scope: u32::MAX })
            }
            Some(_) | None => None,
        };
        let mut rows: Vec<Row> = corrected.filter_map(row).collect();
        rows.sort_unstable();
        rows
    }

    /// The answers to an item by the day that they are about: of two on one day the later in the
    /// ledger holds, each until the next.
    fn answered(&self, item: &ItemRef) -> Vec<Answer> {
        let track = self.chronicle.tracks.get(item).map_or(&[][..], |track: &Track| &track.answers);
        self.in_turn(item, track)
    }

    /// The same of those of `recorded` that are known.
    fn in_turn(&self, item: &ItemRef, recorded: &[Answer]) -> Vec<Answer> {
        let recorded = recorded.iter().copied().filter(|answer| self.stands(answer.seq));
        if self.answers.contains_key(item) {
            let mut all: Vec<Answer> = recorded.chain(self.corrected_answers(item)).collect();
            all.sort_unstable();
            return in_turn(all.into_iter());
        }
        in_turn(recorded)
    }

    fn corrected_answers(&self, item: &ItemRef) -> impl Iterator<Item = Answer> {
        let corrected = self.answers.get(item).into_iter().flatten();
        corrected.filter_map(|seq| {
            let Event::ItemAnswered(body) = self.instead.get(seq)?.event.as_ref()? else {
                return None;
            };
            let until = body.valid_until.unwrap_or(Date::MAX);
            Some(Answer { on: body.on, seq: *seq, until, met: body.met })
        })
    }

    /// The units of a scope; an empty one is the whole organisation.
    fn units(&self, row: &Row, scopes: &Scopes) -> Units {
        let number = usize::try_from(row.scope).ok();
        if let Some(units) = number.and_then(|number| scopes.units.get(number)) {
            return *units;
        }
        match self.instead.get(&row.seq).and_then(|one| one.event.as_ref()) {
            Some(Event::EvidenceRecorded(body)) => scopes.of(&body.scope),
            Some(_) | None => Units::NONE,
        }
    }

    /// What the organisation itself says of an item, day by day.
    pub fn line(&self, item: &ItemRef, scopes: &Scopes) -> ItemLine {
        let thin = self.chronicle.thin_track(item);
        // An answer that a correction brought in may stand between any two.
        let answers = match thin.filter(|_| !self.answers.contains_key(item)) {
            Some(thin) => self.in_turn(item, &thin.answers),
            None => self.answered(item),
        };
        let met = answers.iter().filter(|one| one.met).map(|one| (one.on, one.until));
        let mut own = Steps::of_spans(met, Units::ALL);
        let evidence = thin.map_or(&[][..], |thin| &thin.evidence);
        for (units, spans) in self.spans(item, evidence, scopes) {
            let more = Steps::of_spans(spans, units);
            own = own.zip(&more, Units::or);
        }
        let denied: Vec<(Date, Date, u32)> =
            answers.iter().filter(|one| !one.met).map(|one| (one.on, one.until, one.seq)).collect();
        let gone = Steps::of_spans(denied.iter().map(|(from, until, _)| (*from, *until)), true);
        let own = own.zip(&gone, |units, gone| if gone { Units::NONE } else { units });
        ItemLine { own, denied }
    }

    /// The days of evidence, by the units that it speaks of, each list by its first days.
    fn spans(
        &self,
        item: &ItemRef,
        recorded: &[Row],
        scopes: &Scopes,
    ) -> BTreeMap<Units, Vec<(Date, Date)>> {
        let mut all: BTreeMap<Units, Vec<(Date, Date)>> = BTreeMap::new();
        let (mut last, mut open): (Units, Vec<(Date, Date)>) = (Units::NONE, Vec::new());
        let careful = self.chronicle.unresolved || !self.moved.is_empty();
        for row in recorded.iter().copied().chain(self.corrected_rows(item)) {
            if row.seq >= self.size {
                continue;
            }
            let mut until = row.until;
            // Few entries are spoken of by a later one: a million others need no look-up.
            if careful || self.chronicle.is_touched(row.seq) {
                let corrected = row.scope == u32::MAX;
                match self
                    .last_day(row.seq, row.until)
                    .filter(|_| corrected || self.stands(row.seq))
                {
                    Some(day) => until = day,
                    None => continue,
                }
            }
            if until < row.from {
                continue;
            }
            let units = self.units(&row, scopes);
            if units != last {
                all.entry(last).or_default().append(&mut open);
                last = units;
            }
            match open.last_mut() {
                // Most of a large ledger says again what something before it says.
                Some((from, end)) if *from <= row.from && row.from <= end.plus(1) => {
                    *end = until.max(*end);
                }
                Some(_) | None => open.push((row.from, until)),
            }
        }
        all.entry(last).or_default().append(&mut open);
        for spans in all.values_mut() {
            spans.sort_unstable();
        }
        all.remove(&Units::NONE);
        all
    }

    /// Evidence and positive answers for an item, whenever they count, in ledger order.
    pub fn pieces(&self, item: &ItemRef, scopes: &Scopes) -> Vec<EvidencePiece> {
        self.pieces_where(item, scopes, |_, _| true)
    }

    /// Evidence and answers that count on a day, in ledger order.
    pub fn pieces_on(
        &self,
        item: &ItemRef,
        line: &ItemLine,
        scopes: &Scopes,
        day: Date,
    ) -> Vec<EvidencePiece> {
        if line.own.at(day).is_empty() {
            return Vec::new();
        }
        let mut all = self.pieces_where(item, scopes, |from, until| from <= day && day <= until);
        all.retain(|piece| piece.holds_on(day));
        all
    }

    fn pieces_where(
        &self,
        item: &ItemRef,
        scopes: &Scopes,
        wanted: impl Fn(Date, Date) -> bool,
    ) -> Vec<EvidencePiece> {
        let evidence =
            self.rows(item).filter(|row| wanted(row.from, row.until)).map(|row| EvidencePiece {
                seq: u64::from(row.seq),
                answer: false,
                from: row.from,
                until: self.last_day(row.seq, row.until),
                units: self.units(&row, scopes),
            });
        let answers = self.answered(item).into_iter().filter(|one| one.met);
        let answers = answers.filter(|one| wanted(one.on, one.until)).map(|one| EvidencePiece {
            seq: u64::from(one.seq),
            answer: true,
            from: one.on,
            until: Some(one.until),
            units: Units::ALL,
        });
        let mut all: Vec<EvidencePiece> = evidence.chain(answers).collect();
        all.sort_by_key(|piece| piece.seq);
        all
    }

    /// Says whether a piece counts on a day.
    pub fn counts_on(piece: &EvidencePiece, line: &ItemLine, day: Date) -> bool {
        let denied = line.denied.iter().any(|(from, until, _)| *from <= day && day <= *until);
        piece.holds_on(day) && !denied
    }

    /// All that is to be said of a piece.
    pub fn own(
        &self,
        piece: &EvidencePiece,
        line: &ItemLine,
        words: &dyn EntryText,
    ) -> OwnEvidence {
        let seq = u32::try_from(piece.seq).unwrap_or(u32::MAX);
        let cover = Cover::of(piece.units, Assurance::SelfAssessed);
        let region = piece.until.map_or_else(Region::new, |until| {
            let inside = line
                .denied
                .iter()
                .filter(|(first, last, _)| *first <= until && piece.from <= *last);
            let whole = Region::during(piece.from, until, cover);
            inside.fold(whole, |region, (first, last, _)| region.without(*first, *last))
        });
        let (because, ended_by) = (self.because(seq), self.ended_by(seq));
        OwnEvidence { region, because, label: self.label(piece, words), ended_by }
    }

    fn label(&self, piece: &EvidencePiece, words: &dyn EntryText) -> String {
        if piece.answer {
            return "own answer".to_owned();
        }
        match self.event(piece.seq, words).as_deref() {
            Some(Event::EvidenceRecorded(body)) => format!("evidence \"{}\"", body.title),
            Some(_) | None => format!("evidence of entry #{}", piece.seq),
        }
    }

    /// The entries of some pieces, in their order, a correction after what it corrects.
    pub fn entries_of(&self, pieces: &[EvidencePiece]) -> Vec<u64> {
        self.with_corrections(pieces.iter().map(|piece| piece.seq))
    }

    /// The entries that ended some pieces early.
    pub fn ends_of(&self, pieces: &[EvidencePiece]) -> Vec<u64> {
        let seqs = pieces.iter().filter_map(|piece| u32::try_from(piece.seq).ok());
        seqs.flat_map(|seq| self.ended_by(seq)).collect()
    }

    fn with_corrections(&self, places: impl Iterator<Item = u64>) -> Vec<u64> {
        let by = |place: u64| {
            let seq = u32::try_from(place).ok().filter(|_| !self.instead.is_empty());
            seq.and_then(|seq| self.instead.get(&seq)).map(|instead| instead.by)
        };
        places.flat_map(|place| std::iter::once(place).chain(by(place))).collect()
    }

    fn ended_by(&self, seq: u32) -> Vec<u64> {
        if self.moved.is_empty() && !self.chronicle.is_touched(seq) {
            return Vec::new();
        }
        let mut all: Vec<u64> = self.withdrawals(seq).map(Withdrawn::newest).collect();
        all.sort_unstable();
        all
    }

    /// What takes days away from a piece of evidence: its withdrawals.
    fn withdrawal_cuts(&self, seq: u32) -> Vec<Cut> {
        let cut = |one: Withdrawn| Cut {
            from: one.from.unwrap_or(Date::MIN),
            until: Date::MAX,
            because: one.because().collect(),
            what: "withdrawn",
            reason: String::new(),
        };
        let mut all: Vec<Cut> = self.withdrawals(seq).map(cut).collect();
        all.sort_by(|one, other| (one.from, &one.because).cmp(&(other.from, &other.because)));
        all
    }

    /// What takes days away from a piece of evidence or an answer for an item: withdrawals, answers
    /// that say that the item is not met, and of an answer those that come after it.
    pub fn cuts(
        &self,
        item: &ItemRef,
        piece: &EvidencePiece,
        line: &ItemLine,
        day: Date,
    ) -> Vec<Cut> {
        let mut cuts = match u32::try_from(piece.seq) {
            Ok(seq) if !piece.answer => self.withdrawal_cuts(seq),
            Ok(_) | Err(_) => Vec::new(),
        };
        let on = line.denied.iter().filter(|(from, until, _)| *from <= day && day <= *until);
        let denied: Vec<Cut> = on
            .map(|(from, until, seq)| Cut {
                from: *from,
                until: *until,
                because: self.because(*seq),
                what: "answered as not met",
                reason: String::new(),
            })
            .collect();
        if denied.is_empty() && piece.answer {
            cuts.extend(self.answered_after(item, piece, day));
        }
        cuts.extend(denied);
        cuts
    }

    /// The answers to an item that do not hold on a day, and what was said of it until a correction
    /// changed it, in ledger order, each with why.
    pub fn unsaid(&self, item: &ItemRef, day: Date) -> Vec<Unsaid> {
        let track = self.chronicle.tracks.get(item);
        let answers = track.map_or(&[][..], |track| &track.answers);
        let evidence = track.map_or(&[][..], |track| &track.evidence);
        let standing = answers.iter().copied().filter(|answer| self.stands(answer.seq));
        let standing: Vec<Answer> = standing.chain(self.corrected_answers(item)).collect();
        let newest =
            standing.iter().filter(|one| one.on <= day).max_by_key(|one| (one.on, one.seq));
        let mut all: Vec<Unsaid> = Vec::new();
        for one in &standing {
            let holds = newest.is_some_and(|newest| newest.seq == one.seq) && day <= one.until;
            if !holds {
                all.push(self.answer_unsaid(one, newest, day));
            }
        }
        let corrected = |seq: u32| {
            let by = self.instead.get(&seq).filter(|_| seq < self.size)?;
            let what = if by.event.is_some() { "corrected" } else { "made void" };
            Some((what, by.by))
        };
        let answers = answers.iter().map(|one| (one.seq, one.on, one.met, answer_name(one.met)));
        let evidence = evidence.iter().map(|row| (row.seq, row.from, true, "evidence"));
        for (seq, on, met, name) in answers.chain(evidence) {
            if let Some((what, by)) = corrected(seq) {
                let text =
                    format!("{name} for {}, as #{seq} has it, was {what} in #{by}", on.short());
                let entries = vec![u64::from(seq), by];
                all.push(Unsaid { on, met, corrected: true, text, entries });
            }
        }
        all.sort_by(|one, other| one.entries.cmp(&other.entries));
        all
    }

    /// The days on which an answer begins or ends, or evidence for the item is withdrawn.
    pub(in crate::domain) fn turning_days(&self, item: &ItemRef) -> Vec<Date> {
        let track = self.chronicle.tracks.get(item).map_or(&[][..], |track| &track.answers);
        let answers = track.iter().copied().chain(self.corrected_answers(item));
        let mut days: Vec<Date> = answers.flat_map(|one| [one.on, one.until.plus(1)]).collect();
        let withdrawn = self.rows(item).flat_map(|row| self.withdrawal_cuts(row.seq));
        days.extend(withdrawn.map(|cut| cut.from));
        days
    }

    fn answer_unsaid(&self, one: &Answer, newest: Option<&Answer>, day: Date) -> Unsaid {
        let mut entries = self.because(one.seq);
        let name = answer_name(one.met);
        let after = newest.filter(|newest| one.on <= day && newest.seq != one.seq);
        let text = match after {
            Some(newest) => {
                entries.extend(self.because(newest.seq));
                let (on, seq) = (newest.on.short(), newest.seq);
                format!("{name} for {} was overtaken by that of #{seq} for {on}", one.on.short())
            }
            None if day < one.on => format!("{name} holds only from {}", one.on.short()),
            None => format!("{name} for {} held until {}", one.on.short(), one.until.short()),
        };
        Unsaid { on: one.on, met: one.met, corrected: false, text, entries }
    }

    /// The newest answer for a day, where it came after a piece that is an answer as well.
    fn answered_after(&self, item: &ItemRef, piece: &EvidencePiece, day: Date) -> Option<Cut> {
        let track = self.chronicle.tracks.get(item).map_or(&[][..], |track| &track.answers);
        let recorded = track.iter().copied().filter(|answer| self.stands(answer.seq));
        let all = recorded.chain(self.corrected_answers(item)).filter(|one| one.on <= day);
        let newest = all.max_by_key(|one| (one.on, one.seq))?;
        let later = u64::from(newest.seq) != piece.seq;
        later.then(|| Cut {
            from: newest.on,
            until: Date::MAX,
            because: self.because(newest.seq),
            what: "answered anew",
            reason: String::new(),
        })
    }

    /// The answers that say on a day that an item is not met.
    pub fn denied_on(&self, line: &ItemLine, day: Date) -> Vec<Stated> {
        let mut stated = self.denied_until(line, day);
        stated.retain(|one| day <= one.until);
        stated
    }

    /// The same for some day until then.
    pub(in crate::domain) fn denied_until(&self, line: &ItemLine, day: Date) -> Vec<Stated> {
        let on = line.denied.iter().filter(|(from, ..)| *from <= day);
        let stated = on.map(|(from, until, seq)| {
            let whole = self.chronicle.whole.get(seq).map(|fact| &fact.event);
            let instead = self.instead.get(seq).and_then(|one| one.event.as_ref());
            let text = match instead.or(whole) {
                Some(Event::ItemAnswered(body)) => body.answer.clone(),
                Some(_) | None => String::new(),
            };
            Stated { from: *from, until: *until, because: self.because(*seq), text }
        });
        stated.collect()
    }

    /// The first day from which an assertion is confirmed.
    pub fn confirmed_from(&self, assertion: &AssertionRef) -> Option<Date> {
        let recorded = self.chronicle.confirmed.get(assertion).into_iter().flatten();
        let first = recorded.copied().find(|(_, seq)| self.stands(*seq)).map(|(on, _)| on);
        let corrected = self.corrected_confirmations(assertion).into_iter().map(|one| one.on);
        first.into_iter().chain(corrected).min()
    }

    /// The confirmations of an assertion for a day or one before it, in ledger order.
    pub fn confirmations(&self, assertion: &AssertionRef, day: Date) -> Vec<Confirmed> {
        let recorded = self.chronicle.confirmed.get(assertion).into_iter().flatten();
        let until = recorded.take_while(|(on, _)| *on <= day);
        let standing = until.filter(|(_, seq)| self.stands(*seq));
        let mut all: Vec<Confirmed> = standing
            .map(|(on, seq)| Confirmed { on: *on, because: vec![u64::from(*seq)] })
            .collect();
        all.extend(self.corrected_confirmations(assertion).into_iter().filter(|one| one.on <= day));
        all.sort_by(|one, other| one.because.cmp(&other.because));
        all
    }

    /// The entries of these confirmations, in ledger order.
    pub fn confirming(&self, assertion: &AssertionRef, day: Date) -> Vec<u64> {
        let recorded = self.chronicle.confirmed.get(assertion).into_iter().flatten();
        let until = recorded.take_while(|(on, _)| *on <= day);
        let standing = until.filter(|(_, seq)| self.stands(*seq)).map(|(_, seq)| u64::from(*seq));
        let corrected = self.corrected_confirmations(assertion).into_iter();
        let corrected =
            corrected.filter(|one| one.on <= day).filter_map(|one| one.because.first().copied());
        let mut places: Vec<u64> = standing.chain(corrected).collect();
        places.sort_unstable();
        self.with_corrections(places.into_iter())
    }

    fn corrected_confirmations(&self, assertion: &AssertionRef) -> Vec<Confirmed> {
        let corrected = self.confirmed.get(assertion).into_iter().flatten();
        let one = |seq: &u32| match self.instead.get(seq).and_then(|one| one.event.as_ref()) {
            Some(Event::AssertionConfirmed(body)) => {
                Some(Confirmed { on: body.on, because: self.because(*seq) })
            }
            Some(_) | None => None,
        };
        corrected.filter_map(one).collect()
    }

    /// Evidence that names controls.
    pub(in crate::domain) fn naming_controls(&self) -> Vec<NamingControls<'_>> {
        let whole = |seq: &u32| match self.chronicle.whole.get(seq).map(|fact| &fact.event) {
            Some(Event::EvidenceRecorded(body)) if self.stands(*seq) => Some((*seq, body)),
            Some(_) | None => None,
        };
        let corrected = self.instead.iter().filter_map(|(seq, one)| match &one.event {
            Some(Event::EvidenceRecorded(body)) if !body.controls.is_empty() => Some((*seq, body)),
            Some(_) | None => None,
        });
        let all = self.chronicle.controls.iter().filter_map(whole).chain(corrected);
        all.map(|(seq, body)| {
            let until = self.last_day(seq, body.valid_until.unwrap_or(Date::MAX));
            (self.because(seq), Cow::Borrowed(body), until, self.withdrawal_cuts(seq))
        })
        .collect()
    }

    /// The last days that standing evidence names, each with its entry, by day.
    pub fn ends(&self) -> Vec<(Date, u32)> {
        let mut all = Vec::new();
        let mut add = |seq: u32, until: Date| {
            if until < Date::MAX {
                all.push((until, seq));
            }
        };
        for track in self.chronicle.tracks.values() {
            let standing = track.evidence.iter().filter(|row| self.stands(row.seq));
            standing.for_each(|row| add(row.seq, row.until));
        }
        for (because, body, ..) in self.naming_controls() {
            let seq = because.first().and_then(|seq| u32::try_from(*seq).ok());
            add(seq.unwrap_or_default(), body.valid_until.unwrap_or(Date::MAX));
        }
        for (seq, one) in &self.instead {
            if let Some(Event::EvidenceRecorded(body)) = &one.event {
                add(*seq, body.valid_until.unwrap_or(Date::MAX));
            }
        }
        all.sort_unstable();
        all.dedup();
        all
    }
}

fn answer_name(met: bool) -> &'static str {
    if met { "own answer that it is met" } else { "own answer that it is not met" }
}

/// Answers that come by their days and entries, each until the next.
fn in_turn(answers: impl Iterator<Item = Answer>) -> Vec<Answer> {
    let mut all: Vec<Answer> = Vec::new();
    let mut keep = |answer: Answer| {
        if answer.on <= answer.until {
            all.push(answer);
        }
    };
    let mut now: Option<Answer> = None;
    for next in answers {
        if let Some(before) = now.filter(|before| before.on < next.on) {
            keep(Answer { until: before.until.min(next.on.plus(-1)), ..before });
        }
        now = Some(next);
    }
    now.into_iter().for_each(keep);
    all
}

/// The units of each scope that evidence names, for one list of declared units.
#[derive(Clone, Debug, Default)]
pub struct Scopes {
    declared: Vec<UnitId>,
    units: Vec<Units>,
}

impl Scopes {
    pub(in crate::domain) fn new(said: &EvidenceView, declared: &[UnitId]) -> Self {
        let mut scopes = Self { declared: declared.to_vec(), units: Vec::new() };
        scopes.units = said.chronicle.scopes.iter().map(|names| scopes.of(names)).collect();
        scopes
    }

    fn of(&self, names: &[UnitId]) -> Units {
        if names.is_empty() {
            return Units::ALL;
        }
        let number = |name| self.declared.iter().position(|unit| unit == name);
        Units::of(names.iter().filter_map(number))
    }
}

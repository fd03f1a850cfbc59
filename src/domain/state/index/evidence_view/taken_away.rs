//! What was said of an item and does not hold: withdrawn, corrected, overtaken, denied.

use super::{EvidencePiece, EvidenceView, ItemLine, Stated, Unsaid, Withdrawn};
use crate::domain::date::Date;
use crate::domain::event::Event;
use crate::domain::ids::ItemRef;
use crate::domain::state::cut::Cut;
use crate::domain::state::index::fact_index::Answer;

fn answer_name(met: bool) -> &'static str {
    if met { "own answer that it is met" } else { "own answer that it is not met" }
}

impl EvidenceView {
    /// What takes days away from a piece of evidence: its withdrawals.
    pub(super) fn withdrawal_cuts(&self, seq: u32) -> Vec<Cut> {
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
}

//! The answer worked out the slow way: day by day, unit by unit, assurance by assurance, over all
//! rules until nothing changes. Written from the words of the design, on the language of
//! `worlds.rs`; it must share nothing with the program but the names of the statuses.

use dspt_ledger::domain::engine::status::Status;
use dspt_ledger::domain::mapping::Relationship;

use super::worlds::{
    Act, Asserted, Assessed, DAYS, Days, Entry, FIRST, FRAMEWORK_OF, Files, ITEMS, LAST,
    LAST_OF_2013, OUTCOME, Row, SCHEMES, Target,
};

/// Atoms by number: five schemes, six controls at three levels, the items.
pub(super) const CONTROL_ATOMS: usize = 5;
const ITEM_ATOMS: usize = CONTROL_ATOMS + 6 * 3;
pub(super) const ATOMS: usize = ITEM_ATOMS + ITEMS.len();
/// Three units that can be declared, and everything else that the organisation is.
pub(super) const ELSE: usize = 3;
const PARTIALLY: usize = 1;
const ACHIEVED: usize = 2;

/// For each atom and unit: whether it holds at each least assurance.
pub(super) type Holds = [[[bool; 3]; 4]; ATOMS];

/// An event that stands, in the place of the entry that first said it.
struct ItemStatus<'e> {
    place: usize,
    /// The newest entry that changed its content.
    changed: usize,
    /// The newest entry that it comes from.
    newest: usize,
    id: u64,
    by: usize,
    act: &'e Act,
}

/// A rule that is in force on one day.
struct Rule {
    head: usize,
    body: Vec<(usize, usize)>,
    whole: bool,
}

/// All answers for one amount of knowledge.
pub(super) struct Answers {
    /// By day, then item.
    pub(super) status: Vec<[Status; ITEMS.len()]>,
    /// By day, then item: whether rules give it for every unit that processes such data.
    pub(super) derivable: Vec<[bool; ITEMS.len()]>,
    /// By day.
    pub(super) holds: Vec<Holds>,
    /// Units that were ever declared.
    pub(super) declared: [bool; 3],
}

/// Works everything out. `latest` asks for the latest known revision instead of the one in force.
pub(super) fn answers(entries: &[Entry], latest: bool) -> Answers {
    let known = Known { stands: standing(entries), latest };
    let mut answers = Answers {
        status: Vec::new(),
        derivable: Vec::new(),
        holds: Vec::new(),
        declared: [0, 1, 2].map(|unit| known.is_declared(unit)),
    };
    let mut was_met = [false; ITEMS.len()];
    for day in DAYS {
        let rules = known.rules(day);
        let mut holds = known.grounds(day);
        let required = known.required(day);
        run(&rules, &mut holds, &required);
        let mut status = [Status::NotAsked; ITEMS.len()];
        let mut derivable = [false; ITEMS.len()];
        for item in 0..ITEMS.len() {
            let by_rules = |unit: &usize| holds[ITEM_ATOMS + item][*unit][0];
            derivable[item] = !required.is_empty() && required.iter().all(by_rules);
            status[item] = known.status(item, day, derivable[item], was_met[item], &holds, &rules);
            was_met[item] |= matches!(status[item], Status::Met | Status::MetByEquivalence);
        }
        answers.status.push(status);
        answers.derivable.push(derivable);
        answers.holds.push(holds);
    }
    answers
}

/// Fires every rule at every unit and assurance until nothing changes.
fn run(rules: &[Rule], holds: &mut Holds, required: &[usize]) {
    loop {
        let before = *holds;
        for rule in rules {
            for assurance in 0..3 {
                let premises = |unit: usize| {
                    rule.body.iter().all(|(atom, least)| before[*atom][unit][assurance.max(*least)])
                };
                let everywhere = !required.is_empty() && required.iter().all(|one| premises(*one));
                for (unit, held) in holds[rule.head].iter_mut().enumerate() {
                    let fires = if rule.whole { everywhere } else { premises(unit) };
                    if fires && !rule.body.is_empty() {
                        held[assurance] = true;
                    }
                }
            }
        }
        if *holds == before {
            return;
        }
    }
}

/// A correction is void when a later correction that is not void itself corrects it.
fn is_void(entries: &[Entry], place: usize) -> bool {
    (place + 1..entries.len()).any(|later| match &entries[later].act {
        Act::Correction { corrects, .. } => {
            *corrects == entries[place].id && !is_void(entries, later)
        }
        _ => false,
    })
}

fn standing(entries: &[Entry]) -> Vec<ItemStatus<'_>> {
    let mut stands = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        if matches!(entry.act, Act::Correction { .. }) {
            continue;
        }
        let decided = (0..entries.len()).rev().find_map(|later| match &entries[later].act {
            Act::Correction { corrects, instead, .. }
                if *corrects == entry.id && !is_void(entries, later) =>
            {
                Some((later, instead.as_deref()))
            }
            _ => None,
        });
        let (newest, act) = match decided {
            None => (place, &entry.act),
            Some((_, None)) => continue,
            Some((later, Some(act))) => (later, act),
        };
        let same_rows = matches!(act, Act::Mapping(_)) && *act == entry.act;
        let changed = if same_rows { place } else { newest };
        stands.push(ItemStatus { place, changed, newest, id: entry.id, by: entry.by, act });
    }
    stands
}

fn within(day: i32, days: Days) -> bool {
    days.0 <= day && days.1.is_none_or(|until| day <= until)
}

fn takes_in(rows: Option<&Vec<u64>>, row: usize) -> bool {
    rows.is_none_or(|rows| rows.contains(&(row as u64)))
}

fn control_atom((control, level): (usize, usize)) -> usize {
    CONTROL_ATOMS + control * 3 + level
}

fn target_atom(target: Target) -> usize {
    match target {
        Target::Item(item) => ITEM_ATOMS + item,
        Target::Control(control, level) => control_atom((control, level)),
    }
}

fn carries(relationship: Relationship) -> bool {
    matches!(
        relationship,
        Relationship::EqualTo | Relationship::EquivalentTo | Relationship::SupersetOf
    )
}

/// Whether a certificate that began on one day may still run on another: one of ISO/IEC 27001:2013
/// to its release's end, and none of ISO/IEC 27001 or Cyber Essentials for as long as there lies
/// between the first or the last of all days and the rest of them.
fn may_run(scheme: usize, framework: Option<usize>, from: i32, day: i32) -> bool {
    let word = SCHEMES[scheme].as_str();
    let limited = ["iso27001", "cyber-essentials", "cyber-essentials-plus"].contains(&word);
    let years_apart = (from == FIRST) != (day == FIRST) || (from == LAST) != (day == LAST);
    let release_ended = word == "iso27001" && framework == Some(0) && LAST_OF_2013 < day;
    !(release_ended || limited && years_apart)
}

/// A certificate as a fact: where it counts on a day.
struct Certificate<'e> {
    id: u64,
    scheme: usize,
    framework: Option<usize>,
    scope: &'e [usize],
}

struct Known<'e> {
    stands: Vec<ItemStatus<'e>>,
    latest: bool,
}

impl<'e> Known<'e> {
    fn is_declared(&self, unit: usize) -> bool {
        self.stands.iter().any(|one| match one.act {
            Act::Scope { units, .. } => units.iter().any(|(declared, _)| *declared == unit),
            _ => false,
        })
    }

    /// The units of a scope; those that nobody declared are nothing.
    fn units(&self, scope: &[usize]) -> Vec<usize> {
        scope.iter().copied().filter(|unit| self.is_declared(*unit)).collect()
    }

    /// The units that process health and care data, by the newest declaration for the day.
    fn required(&self, day: i32) -> Vec<usize> {
        let declared = self.stands.iter().filter_map(|one| match one.act {
            Act::Scope { units, from } if *from <= day => Some((*from, one.place, units)),
            _ => None,
        });
        declared
            .max_by_key(|(from, place, _)| (*from, *place))
            .map_or_else(Vec::new, |(_, _, units)| {
                units.iter().filter(|unit| unit.1).map(|unit| unit.0).collect()
            })
    }

    /// The files in force on a day, the edition's number, the type and the category.
    fn period(&self, day: i32) -> Option<(&'e Files, usize, usize, usize)> {
        let adopted = || {
            self.stands.iter().filter_map(|one| match one.act {
                Act::Edition { edition, revision: _, from, files } => {
                    Some((*from, one.place, *edition, files))
                }
                _ => None,
            })
        };
        let newest = |one: &(i32, usize, usize, &Files)| (one.0, one.1);
        let (_, _, edition, mut files) = adopted().filter(|one| one.0 <= day).max_by_key(newest)?;
        if self.latest {
            files = adopted().filter(|one| one.2 == edition).max_by_key(newest)?.3;
        }
        let classified = self.stands.iter().filter_map(|one| match one.act {
            Act::Classified { edition: of, kind, category, from }
                if *of == edition && *from <= day =>
            {
                Some((*from, one.place, *kind, *category))
            }
            _ => None,
        });
        let (_, _, kind, category) = classified.max_by_key(|one| (one.0, one.1))?;
        Some((files, edition, kind, category))
    }

    fn rules(&self, day: i32) -> Vec<Rule> {
        let achieved = (OUTCOME, ACHIEVED);
        let mut rules = vec![Rule {
            head: control_atom((OUTCOME, PARTIALLY)),
            body: vec![(control_atom(achieved), 0)],
            whole: false,
        }];
        if let Some((files, edition, kind, category)) = self.period(day) {
            for (item, scheme, satisfies, kinds) in &files.exemptions {
                let (of, within, _) = ITEMS[*item];
                let fits = kinds.is_empty() || kinds.contains(&kind);
                if *satisfies && fits && (of, within) == (edition, category) {
                    let body = vec![(*scheme, 0)];
                    rules.push(Rule { head: ITEM_ATOMS + item, body, whole: true });
                }
            }
        }
        self.each_approved(day, |act, rows| match act {
            Act::Mapping(all) => rules.extend(mapping_rules(all, rows)),
            Act::Asserted(one) if rows(1) => rules.extend(self.asserted_rule(one, day)),
            _ => {}
        });
        rules
    }

    /// Each proposal that an approval in force takes in, with the test for its rows.
    fn each_approved(&self, day: i32, mut then: impl FnMut(&'e Act, &dyn Fn(usize) -> bool)) {
        for approval in &self.stands {
            let Act::Approved { proposal, rows, days } = approval.act else { continue };
            let Some(proposal) = self.stands.iter().find(|one| one.id == *proposal) else {
                continue;
            };
            // Nobody approves their own, and nobody approved what came after they looked.
            if proposal.by == approval.by || approval.newest < proposal.changed {
                continue;
            }
            let asserted = matches!(proposal.act, Act::Asserted(_));
            let in_force = |row: usize| {
                let ended = self.stands.iter().any(|one| match one.act {
                    Act::ApprovalWithdrawn { approval: of, rows, from } => {
                        *of == approval.id && *from <= day && takes_in(rows.as_ref(), row)
                    }
                    _ => false,
                });
                let listed = asserted || takes_in(rows.as_ref(), row);
                within(day, *days) && listed && !ended
            };
            then(proposal.act, &in_force);
        }
    }

    fn asserted_rule(&self, one: &Asserted, day: i32) -> Option<Rule> {
        let kind = self.period(day).map(|(_, _, kind, _)| kind);
        if !one.kinds.is_empty() && !kind.is_some_and(|kind| one.kinds.contains(&kind)) {
            return None;
        }
        let least = one.minimum.unwrap_or(0);
        let body = one.sources.iter().map(|source| (control_atom(*source), least)).collect();
        Some(Rule { head: target_atom(one.target), body, whole: one.whole })
    }

    /// What holds by itself on a day.
    fn grounds(&self, day: i32) -> Holds {
        let mut holds: Holds = [[[false; 3]; 4]; ATOMS];
        let mut hold = |atom: usize, units: &[usize], assurance: usize| {
            for unit in units {
                holds[atom][*unit][..=assurance].fill(true);
            }
        };
        for certificate in self.certificates(day) {
            let units = self.units(certificate.scope);
            hold(certificate.scheme, &units, 2);
            for control in self.certified(&certificate, day) {
                hold(control_atom((control, 0)), &units, 2);
            }
        }
        for one in &self.stands {
            match one.act {
                Act::Assessed(found) if found.result == 0 && counts(found, day) => {
                    let units = self.units(&found.scope);
                    let units: Vec<usize> = units
                        .into_iter()
                        .filter(|unit| !self.is_contradicted(one.place, found, *unit, day))
                        .collect();
                    hold(control_atom((found.control, found.level)), &units, found.assurance);
                }
                Act::Evidence { items: _, controls, scope, days: _ }
                    if self.evidence_counts(one, day) =>
                {
                    for control in controls.iter().filter(|control| **control != OUTCOME) {
                        hold(control_atom((*control, 0)), &self.evidence_units(scope), 0);
                    }
                }
                _ => {}
            }
        }
        holds
    }

    fn certificates(&self, day: i32) -> Vec<Certificate<'e>> {
        let mut found = Vec::new();
        for one in &self.stands {
            let Act::Certificate { scheme, framework, scope, days } = one.act else { continue };
            let ended = self.stands.iter().any(|other| match other.act {
                Act::Suspended { certificate, days } => {
                    *certificate == one.id && within(day, *days)
                }
                Act::CertificateWithdrawn { certificate, from } => {
                    *certificate == one.id && *from <= day
                }
                _ => false,
            });
            let runs =
                within(day, (days.0, Some(days.1))) && may_run(*scheme, *framework, days.0, day);
            if runs && !ended {
                let (scheme, framework) = (*scheme, *framework);
                found.push(Certificate { id: one.id, scheme, framework, scope });
            }
        }
        found
    }

    /// The controls that a certificate in force certifies.
    fn certified(&self, certificate: &Certificate<'_>, day: i32) -> Vec<usize> {
        let Some(framework) = certificate.framework else { return Vec::new() };
        let adopted = self.stands.iter().any(|one| *one.act == Act::Framework(framework));
        let mut controls = Vec::new();
        if adopted && framework == 1 {
            controls.push(3); // No Statement of Applicability can exclude a clause.
        }
        if adopted && framework == 2 {
            controls.push(4);
        }
        let soas = self.stands.iter().filter_map(|one| match one.act {
            Act::Soa { certificate: of, from, rows } if *of == certificate.id && *from <= day => {
                Some((*from, one.place, rows))
            }
            _ => None,
        });
        let in_force = soas.max_by_key(|(from, place, _)| (*from, *place));
        for (control, applies) in in_force.into_iter().flat_map(|(_, _, rows)| rows) {
            if *applies && FRAMEWORK_OF[*control] == framework {
                controls.push(*control);
            }
        }
        controls
    }

    /// Whether a later finding about the control says less on that day for that unit.
    fn is_contradicted(&self, place: usize, found: &Assessed, unit: usize, day: i32) -> bool {
        self.stands.iter().any(|other| {
            let Act::Assessed(later) = other.act else { return false };
            let is_later = (later.days.0, other.place) > (found.days.0, place);
            let says_less = if later.result == 0 {
                later.level < found.level
            } else {
                later.level <= found.level
            };
            let there = counts(later, day) && later.scope.contains(&unit);
            later.control == found.control && is_later && says_less && there
        })
    }

    fn evidence_counts(&self, one: &ItemStatus<'_>, day: i32) -> bool {
        let Act::Evidence { days, .. } = one.act else { return false };
        let withdrawn = self.stands.iter().any(|other| match other.act {
            Act::EvidenceWithdrawn { evidence, from } => {
                *evidence == one.id && from.is_none_or(|from| from <= day)
            }
            _ => false,
        });
        within(day, *days) && !withdrawn
    }

    fn evidence_units(&self, scope: &[usize]) -> Vec<usize> {
        if scope.is_empty() { vec![0, 1, 2, ELSE] } else { self.units(scope) }
    }

    /// The newest answer for the day, if it still holds: whether it says met.
    fn answer(&self, item: usize, day: i32) -> Option<bool> {
        let given = self.stands.iter().filter_map(|one| match one.act {
            Act::Answered { item: of, met, days } if *of == item && days.0 <= day => {
                Some((days.0, one.place, *met, *days))
            }
            _ => None,
        });
        let (_, _, met, days) = given.max_by_key(|one| (one.0, one.1))?;
        within(day, days).then_some(met)
    }

    /// The units for which own evidence or an own answer counts.
    fn own(&self, item: usize, day: i32) -> [bool; 4] {
        let mut own = [false; 4];
        match self.answer(item, day) {
            Some(true) => return [true; 4],
            Some(false) => return own,
            None => {}
        }
        for one in &self.stands {
            let Act::Evidence { items, controls: _, scope, days: _ } = one.act else { continue };
            if items.contains(&item) && self.evidence_counts(one, day) {
                for unit in self.evidence_units(scope) {
                    own[unit] = true;
                }
            }
        }
        own
    }

    fn status(
        &self,
        item: usize,
        day: i32,
        derivable: bool,
        was_met: bool,
        holds: &Holds,
        rules: &[Rule],
    ) -> Status {
        let (edition, category, number) = ITEMS[item];
        let Some((files, edition_now, _, category_now)) = self.period(day) else {
            return Status::NotAsked;
        };
        let asked = files.items.iter().any(|(one, _)| *one == item);
        if (edition, category) != (edition_now, category_now) || !asked {
            return Status::NotAsked;
        }
        let stated = |one: &ItemStatus<'_>| match one.act {
            Act::NotApplicable { item: of, days } => *of == item && within(day, *days),
            _ => false,
        };
        if self.stands.iter().any(stated) {
            return Status::NotApplicable;
        }
        let assertion = &number[..3];
        let same_assertion = |other: usize| {
            let (its_edition, its_category, its_number) = ITEMS[other];
            (its_edition, its_category) == (edition, category) && its_number.starts_with(assertion)
        };
        let asks = files.items.iter().any(|(one, mandatory)| *mandatory && same_assertion(*one));
        let confirmed = self.stands.iter().any(|one| match one.act {
            Act::Confirmed { item: of, on } => same_assertion(*of) && *on <= day,
            _ => false,
        });
        let required = self.required(day);
        let needed = if required.is_empty() { vec![0, 1, 2, ELSE] } else { required };
        let own = self.own(item, day);
        let own_everywhere = needed.iter().all(|unit| own[*unit]);
        if own_everywhere && (confirmed || !asks) {
            return Status::Met;
        }
        if derivable {
            return Status::MetByEquivalence;
        }
        if own_everywhere {
            return Status::NeedsConfirming;
        }
        if was_met {
            return Status::Lapsed;
        }
        let something =
            needed.iter().any(|unit| own[*unit] || self.supports(item, *unit, day, holds, rules));
        if something { Status::PartlySupported } else { Status::NotMet }
    }

    /// Whether anything at all speaks for the item in a unit: a rule's head, one premise of a rule,
    /// or the source of an approved row that shares something with the item.
    fn supports(&self, item: usize, unit: usize, day: i32, holds: &Holds, rules: &[Rule]) -> bool {
        let head = ITEM_ATOMS + item;
        let premise =
            |rule: &Rule| rule.body.iter().any(|(atom, least)| holds[*atom][unit][*least]);
        if holds[head][unit][0] || rules.iter().any(|rule| rule.head == head && premise(rule)) {
            return true;
        }
        let mut shared = false;
        self.each_approved(day, |act, rows| {
            let Act::Mapping(all) = act else { return };
            for (_, row) in all.iter().enumerate().filter(|(index, _)| rows(index + 1)) {
                let overlap = matches!(
                    row.relationship,
                    Relationship::SubsetOf | Relationship::IntersectsWith
                );
                let source = row.source.filter(|_| overlap && row.target == Target::Item(item));
                shared |= source.is_some_and(|one| holds[control_atom(one)][unit][0]);
            }
        });
        shared
    }
}

fn counts(found: &Assessed, day: i32) -> bool {
    within(day, (found.days.0, Some(found.days.1)))
}

/// The rules that rows in force make: one for each row that holds its whole target, and one for
/// each joint group of which every row is in force and which agrees with itself.
fn mapping_rules(all: &[Row], in_force: &dyn Fn(usize) -> bool) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (index, row) in all.iter().enumerate() {
        let counts = in_force(index + 1) && carries(row.relationship);
        if let Some(source) = row.source.filter(|_| counts) {
            let body = vec![(control_atom(source), 0)];
            rules.push(Rule { head: target_atom(row.target), body, whole: false });
        }
    }
    for group in 0..3 {
        let rows: Vec<(usize, &Row)> = all
            .iter()
            .enumerate()
            .filter(|(_, row)| row.joint.is_some_and(|(id, _)| id == group))
            .collect();
        let Some((_, first)) = rows.first() else { continue };
        let agree = rows.iter().all(|(index, row)| {
            in_force(index + 1)
                && row.target == first.target
                && row.joint == first.joint
                && row.source.is_some()
        });
        if agree && rows.len() > 1 && first.joint.is_some_and(|(_, word)| carries(word)) {
            let sources = rows.iter().filter_map(|(_, row)| row.source);
            let body = sources.map(|source| (control_atom(source), 0)).collect();
            rules.push(Rule { head: target_atom(first.target), body, whole: false });
        }
    }
    rules
}

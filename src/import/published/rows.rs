//! A published set as rows: names looked up in what the ledger has adopted, sets of ids as groups,
//! every statement that will not do as a problem in its place.

use std::collections::{BTreeMap, BTreeSet};

use super::implied;
use super::set::{FrameworkName, PublishedSet, Statement};
use crate::domain::authority::admit::known_control;
use crate::domain::catalogue::alias::{Reading, framework_called};
use crate::domain::catalogue::known_frameworks::has_levels;
use crate::domain::ids::{ControlRef, FrameworkRef, Level, TargetRef};
use crate::domain::mapping::published::{PublishedRow, write_gaps, write_published};
use crate::domain::mapping::{JointGroup, MappingRow, Relationship, RowSource};
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::{counted, shown};
use crate::domain::state::State;
use crate::import::names::{Bare, Names};
use crate::import::plain_text;
use crate::import::problem::{Fault, Problem, Problems};

/// What the person who imports says of a set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// The framework of the sources, whatever the file calls it.
    pub source: Option<FrameworkRef>,
    /// The framework of the targets.
    pub target: Option<FrameworkRef>,
    /// The level of CAF outcomes, which publishers' files do not give.
    pub level: Option<Level>,
    /// Whether statements that will not do are left out, so that the others can be imported.
    pub leave_out: bool,
}

/// A set that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadSet {
    /// Rows, numbered from 1.
    pub rows: Vec<MappingRow>,
    /// `mapping.csv` as it is stored.
    pub stored: String,
    /// `gaps.csv` as it is stored, where there are gaps.
    pub gaps: Option<String>,
    /// What the reader of the file should be told.
    pub notes: Vec<String>,
    /// What was left out, as was asked for.
    pub left_out: Vec<Problem>,
}

/// What every publisher's mapping claims to be.
pub const AUTHORITY: &str = "published-crosswalk";

/// Reads a set as rows.
///
/// # Errors
/// [`Problems`] with everything that is wrong, unless it is to be left out.
pub fn read_set(
    file: &str,
    set: &PublishedSet,
    choices: &Choices,
    state: &State,
) -> Result<ReadSet, Problems> {
    let mut notes = set.notes.clone();
    let mut names = Names::new(state);
    let source = framework(&set.source, choices.source.as_ref(), "--source", &names, &mut notes);
    let target = framework(&set.target, choices.target.as_ref(), "--target", &names, &mut notes);
    let (source, target) = match (source, target) {
        (Ok(source), Ok(target)) => (source, target),
        (source, target) => {
            let faults = [source.err(), target.err()].into_iter().flatten();
            let mut faults: Vec<Fault> = faults.collect();
            faults.dedup();
            let problems = faults.into_iter().map(|fault| fault.into_problem(file, 0));
            return Err(Problems(problems.collect()));
        }
    };
    let mut reader = Reader {
        file,
        level: choices.level,
        state,
        names: &mut names,
        source,
        target,
        known: BTreeMap::new(),
    };
    let (bad, read) = reader.statements(&set.statements);
    if !bad.is_empty() && !choices.leave_out {
        return Err(Problems(bad));
    }
    notes.extend(reader.names.note());
    let mut making = Making::default();
    for one in &read {
        making.add(one, choices.level);
    }
    notes.extend(making.notes());
    let rows = making.rows;
    if rows.is_empty() {
        let fault = Fault::new(ProblemCode::Empty, "no row of the set can be imported")
            .help("choose the frameworks with --source and --target if they are others");
        let problems = bad.into_iter().chain([fault.into_problem(file, 0)]);
        return Err(Problems(problems.collect()));
    }
    if !bad.is_empty() {
        notes.push(format!("left out: {}, as --leave-out says", counted(bad.len(), "problem")));
    }
    let gaps = (!set.gaps.is_empty()).then(|| {
        let what = "a remark of its publisher, from which nothing follows";
        notes.push(format!("{} kept beside the rows: {what}", counted(set.gaps.len(), "gap")));
        write_gaps(&set.gaps)
    });
    let stored = write_published(&rows, AUTHORITY);
    let rows = rows.into_iter().map(|(row, _)| row).collect();
    Ok(ReadSet { rows, stored, gaps, notes, left_out: bad })
}

/// Returns the framework that a file names, or that was chosen for it.
fn framework(
    name: &FrameworkName,
    chosen: Option<&FrameworkRef>,
    flag: &str,
    names: &Names<'_>,
    notes: &mut Vec<String>,
) -> Result<FrameworkRef, Fault> {
    if let Some(chosen) = chosen {
        names.framework(chosen)?;
        return Ok(chosen.clone());
    }
    let Some(alias) = name.keys.iter().find_map(|key| framework_called(key)) else {
        let message = format!("the framework `{}` is not known here", shown(&name.text));
        let help = format!(
            "say which it is with {flag} FRAMEWORK:RELEASE; one that does not ship is first adopted \
             with: dspt import framework FRAMEWORK:RELEASE --file controls.csv"
        );
        return Err(Fault::new(ProblemCode::Unknown, message).help(help));
    };
    names.framework(&alias.framework)?;
    if alias.reading == Reading::LaterRelease {
        notes.push(format!(
            "`{}` is read as {}, which has all of its ids",
            shown(&name.text),
            alias.framework
        ));
    }
    Ok(alias.framework)
}

/// A statement that was read.
struct Read<'s> {
    said: &'s Statement,
    sources: Vec<ControlRef>,
    targets: Vec<ControlRef>,
    relationship: Relationship,
    rationale: String,
}

/// A source, a target, and the kind of rationale: one pair may well be equal in its meaning and
/// overlap in its words (NIST IR 8477).
type Pair<'r> = (&'r ControlRef, &'r ControlRef, &'r str);

struct Reader<'r, 's> {
    file: &'r str,
    level: Option<Level>,
    state: &'s State,
    names: &'r mut Names<'s>,
    source: FrameworkRef,
    target: FrameworkRef,
    known: BTreeMap<(bool, String), Result<ControlRef, Fault>>,
}

impl Reader<'_, '_> {
    /// Reads all statements; gives the problems of those that will not do, and the others.
    fn statements<'d>(&mut self, all: &'d [Statement]) -> (Vec<Problem>, Vec<Read<'d>>) {
        let (mut bad, mut read) = (Vec::new(), Vec::new());
        for (at, said) in all.iter().enumerate() {
            match self.statement(said) {
                Ok(one) => read.push((at, one)),
                Err(faults) => bad.extend(
                    faults
                        .into_iter()
                        .map(|(found, fault)| (at, self.problem(said, &found, fault))),
                ),
            }
        }
        let (contradicted, problems) = self.contradictions(&read);
        bad.extend(problems);
        bad.sort_by_key(|(at, _)| *at);
        read.retain(|(at, _)| !contradicted.contains(at));
        let (bad, read) = (bad.into_iter(), read.into_iter());
        (bad.map(|(_, problem)| problem).collect(), read.map(|(_, one)| one).collect())
    }

    fn problem(&self, said: &Statement, found: &str, fault: Fault) -> Problem {
        let mut problem = fault.into_problem(self.file, said.line);
        problem.column_name.clone_from(&said.place);
        found.clone_into(&mut problem.found);
        problem
    }

    fn statement<'d>(&mut self, said: &'d Statement) -> Result<Read<'d>, Vec<(String, Fault)>> {
        let relationship = match &said.relationship {
            Ok(relationship) => *relationship,
            Err(fault) => return Err(vec![(said.word.clone(), fault.clone())]),
        };
        let mut faults = Vec::new();
        let sources = self.controls(true, &said.sources, &mut faults);
        let targets = self.controls(false, &said.targets, &mut faults);
        if let Some(same) = sources.iter().find(|source| targets.contains(source)) {
            let message = format!("{same} is mapped to itself, which says nothing");
            let fault = Fault::new(ProblemCode::SaysNothing, message);
            faults.push((same.id.clone(), fault.help("leave the row out")));
        }
        let rationale = plain_text(&said.rationale).unwrap_or_else(|fault| {
            faults.push((String::new(), fault));
            String::new()
        });
        if faults.is_empty() {
            Ok(Read { said, sources, targets, relationship, rationale })
        } else {
            Err(faults)
        }
    }

    /// Looks up every id of one side. An id that stands twice counts once.
    fn controls(
        &mut self,
        source: bool,
        ids: &[String],
        faults: &mut Vec<(String, Fault)>,
    ) -> Vec<ControlRef> {
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        for id in ids {
            match self.control(source, id) {
                Ok(control) if seen.insert(control.id.clone()) => found.push(control),
                Ok(_) => {}
                Err(fault) => faults.push((id.clone(), fault)),
            }
        }
        found
    }

    fn control(&mut self, source: bool, id: &str) -> Result<ControlRef, Fault> {
        let key = (source, id.to_owned());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let read = self.look_up(source, id);
        self.known.insert(key, read.clone());
        read
    }

    fn look_up(&mut self, source: bool, id: &str) -> Result<ControlRef, Fault> {
        let framework = if source { &self.source } else { &self.target };
        if id.trim().is_empty() {
            return Err(Fault::new(ProblemCode::Blank, "the id is blank").help("leave the row out"));
        }
        // In full, so that no other framework, clause or control can be meant.
        let bare = Bare { framework: None, flag: "", annex_only: false };
        let control = self.names.control(&format!("{framework}/{}", id.trim()), bare)?;
        let level = self.level_of(&control);
        known_control(self.state, &control, level).map_err(|refusal| {
            let fault = Fault::new(ProblemCode::NotReadable, refusal.0);
            if self.level.is_none() {
                fault.help("say the level of all outcomes in the file: --level achieved")
            } else {
                fault
            }
        })?;
        Ok(control)
    }

    /// The level at which a control stands: only outcomes have any.
    fn level_of(&self, control: &ControlRef) -> Level {
        level_of(control, self.level)
    }

    /// Pairs of which two statements say different things, or give different reasons. Neither is
    /// taken before the other.
    fn contradictions(
        &self,
        read: &[(usize, Read<'_>)],
    ) -> (BTreeSet<usize>, Vec<(usize, Problem)>) {
        let mut first: BTreeMap<Pair<'_>, (usize, &Read<'_>)> = BTreeMap::new();
        let (mut contradicted, mut problems) = (BTreeSet::new(), Vec::new());
        for (at, one) in read.iter().filter(|(_, one)| is_pair(one)) {
            let Some((source, target)) = one.sources.first().zip(one.targets.first()) else {
                continue;
            };
            let pair = (source, target, one.said.kind.as_str());
            let (earlier, other) = *first.entry(pair).or_insert((*at, one));
            if other.relationship == one.relationship {
                continue;
            }
            contradicted.extend([earlier, *at]);
            let message = format!(
                "{source} is said to be {} and, at {}, {} {target}",
                one.relationship, other.said.place, other.relationship
            );
            let fault = Fault::new(ProblemCode::Duplicate, message)
                .help("ask its author which of the two holds");
            problems.push((*at, self.problem(one.said, &one.said.word, fault)));
        }
        (contradicted, problems)
    }
}

fn level_of(control: &ControlRef, level: Option<Level>) -> Level {
    level.filter(|_| has_levels(&control.framework.framework)).unwrap_or(Level::Met)
}

fn is_pair(one: &Read<'_>) -> bool {
    one.sources.len() == 1 && one.targets.len() == 1
}

/// Rows in the making.
#[derive(Default)]
struct Making<'s> {
    rows: Vec<(MappingRow, PublishedRow)>,
    seen: BTreeSet<(&'s ControlRef, &'s ControlRef, Relationship, String, &'s str)>,
    groups: usize,
    /// How many pairs stood there word for word.
    again: usize,
    /// How many rows say nothing because their statement speaks of a set.
    open: usize,
}

impl<'s> Making<'s> {
    /// Gives every pair of a statement a row.
    fn add(&mut self, one: &'s Read<'_>, level: Option<Level>) {
        let (sources, targets) = (one.sources.len(), one.targets.len());
        let set = if is_pair(one) { String::new() } else { format!("S{}", self.rows.len() + 1) };
        let relationship = implied::pair(sources, targets, one.relationship);
        let together = implied::together(sources, targets, one.relationship);
        for target in &one.targets {
            self.groups += usize::from(together.is_some());
            let id = format!("J{}", self.groups);
            let joint = together.map(|relationship| JointGroup { id, relationship });
            for source in &one.sources {
                let pair = (source, target, relationship, set.clone(), one.rationale.as_str());
                if !self.seen.insert(pair) {
                    self.again += 1;
                    continue;
                }
                self.open += usize::from(relationship != one.relationship && together.is_none());
                let row = MappingRow {
                    number: self.rows.len() as u64 + 1,
                    source: RowSource::One(source.clone()),
                    source_level: level_of(source, level),
                    relationship,
                    target: TargetRef::Control(target.clone()),
                    target_level: level_of(target, level),
                    joint: joint.clone(),
                    rationale: one.rationale.clone(),
                };
                self.rows.push((row, published(one, source, target, &set)));
            }
        }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.again > 0 {
            let stand = if self.again == 1 { "stands" } else { "stand" };
            notes.push(format!(
                "{} {stand} there again, word for word, and left out",
                counted(self.again, "pair")
            ));
        }
        if self.open > 0 {
            notes.push(format!(
                "of {} a statement about a set says nothing by itself: unspecified",
                counted(self.open, "row")
            ));
        }
        notes
    }
}

/// What the publisher wrote of a row.
fn published(one: &Read<'_>, source: &ControlRef, target: &ControlRef, set: &str) -> PublishedRow {
    // Where ids of a list were read in order, each stands in its place.
    let said = |ids: &[String], read: &[ControlRef], control: &ControlRef| {
        let at = read.iter().position(|one| one == control).filter(|_| ids.len() == read.len());
        let text = at.and_then(|at| ids.get(at)).cloned();
        text.unwrap_or_else(|| control.id.clone())
    };
    PublishedRow {
        source: said(&one.said.sources, &one.sources, source),
        relationship: one.said.word.clone(),
        target: said(&one.said.targets, &one.targets, target),
        set: set.to_owned(),
        id: one.said.id.clone(),
        kind: one.said.kind.clone(),
        strength: one.said.strength.clone(),
    }
}

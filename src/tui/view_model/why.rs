//! The tree of reasons for one item, flattened to lines, with the same item's other answers.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Position, entries_text, known_text};
use crate::domain::date::Date;
use crate::domain::engine::status::Status;
use crate::domain::explain::{Explanation, Node, Partial, Telling, explain};
use crate::domain::ids::ItemRef;
use crate::domain::state::describe::doubt_mark;
use crate::tui::model::session::{Asked, Known, Library};

/// Where a line stands in the tree: the number of each branch on the way.
pub type Path = Vec<usize>;

/// One line of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its place.
    pub path: Path,
    /// The sentence, with its entries and how late they were recorded.
    pub text: String,
    /// The entries it rests on.
    pub entries: Vec<u64>,
    /// Whether anything stands under it.
    pub branch: bool,
    /// Whether that is shown.
    pub open: bool,
}

/// The same item on another day or with other knowledge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The question.
    pub asked: Asked,
    /// The answer.
    pub status: Status,
}

/// The page.
#[derive(Clone, Debug)]
pub struct Why {
    /// The item.
    pub item: ItemRef,
    /// The question.
    pub asked: Asked,
    /// How many entries it may use.
    pub size: u64,
    /// `9.2.1 Annual penetration test: LAPSED`.
    pub heading: String,
    /// `9.2.1 Annual penetration test`.
    pub title: String,
    /// Where it stands.
    pub status: Status,
    /// In a few words, why.
    pub because: String,
    /// Every branch, folded or not.
    pub tree: Vec<Branch>,
    /// What would change the answer by itself.
    pub outlook: String,
    /// That later entries change the answer, if they do.
    pub hindsight: Option<String>,
    /// The same item, other answers; empty until they are asked for.
    pub answers: Vec<Answer>,
    /// Changes of this item's status, newest first.
    pub history: Vec<(Date, Status)>,
    /// The smallest sets of things that would put it in place.
    pub remedies: Vec<Vec<String>>,
    /// Mandatory or optional, and for whom.
    pub asked_by: String,
}

/// A reason and what stands under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    text: String,
    entries: Vec<u64>,
    shut: bool,
    under: Vec<Branch>,
}

impl Branch {
    fn of(node: &Node, library: &Library) -> Self {
        Self {
            text: with_entries(&node.text, &node.entries, library),
            entries: node.entries.clone(),
            shut: false,
            under: node.children.iter().map(|child| Self::of(child, library)).collect(),
        }
    }

    fn leaf(text: impl Into<String>) -> Self {
        Self { text: text.into(), entries: Vec::new(), shut: false, under: Vec::new() }
    }

    fn over(text: impl Into<String>, shut: bool, under: Vec<Self>) -> Self {
        Self { text: text.into(), entries: Vec::new(), shut, under }
    }
}

fn with_entries(text: &str, entries: &[u64], library: &Library) -> String {
    let mut text = text.to_owned();
    let (first, more) = entries.split_at_checked(NAMED).unwrap_or((entries, &[]));
    if !first.is_empty() {
        let _ = write!(text, "  {}", entries_text(first));
    }
    if !more.is_empty() {
        let _ = write!(text, " and {} more", more.len());
    }
    let mark = doubt_mark(&library.doubtful(entries));
    if !mark.is_empty() {
        let _ = write!(text, "  {mark}");
    }
    if let Some(late) = entries.iter().filter_map(|seq| library.late(*seq)).max() {
        let _ = write!(text, "  {}", late.mark());
    }
    text
}

impl Why {
    /// Explains one item; none when it is not asked for on that day.
    pub fn read(
        library: &mut Library,
        position: &Position,
        item: &ItemRef,
        most: usize,
    ) -> Option<Self> {
        let view = position.view();
        let telling = Telling { words: library.words(), most };
        let it = explain(&position.book.state, &view, item, telling)?;
        let mut history: Vec<(Date, Status)> = position.book.positions.history(item).collect();
        history.reverse();
        let finding = &it.finding;
        let word = finding.status.word().to_uppercase();
        Some(Self {
            item: item.clone(),
            asked: position.asked,
            size: position.size,
            heading: format!("{} {}: {word}", item.item, finding.title),
            title: format!("{} {}", item.item, finding.title),
            status: finding.status,
            because: finding.because_text.clone(),
            tree: tree(&it, library),
            outlook: outlook(&it),
            hindsight: hindsight(library, position, item, finding.status),
            answers: Vec::new(),
            history,
            remedies: it.remedies.clone(),
            asked_by: format!(
                "{} for {}, assertion {}",
                capital(finding.requirement.as_str()),
                organisation_type(position),
                item.item.assertion()
            ),
        })
    }

    /// Adds the same item's other answers, which can need positions that are not worked out yet.
    #[must_use]
    pub fn with_answers(mut self, library: &mut Library, asked: Asked) -> Self {
        self.answers = answers(library, asked, &self.item);
        self
    }

    /// The lines shown. `turned` holds the branches that stand otherwise than they start.
    pub fn lines(&self, turned: &BTreeSet<Path>, all: bool) -> Vec<Line> {
        let mut lines = Vec::new();
        flatten(&self.tree, &mut Vec::new(), turned, all, &mut lines);
        lines
    }
}

/// The line that says what changed since the same item was explained by `before`, when `size` entries
/// could be used: what rests on an entry that was not known then, else what was not said then.
pub fn what_changed(before: &[Line], size: u64, now: &[Line]) -> Option<usize> {
    let said = |line: &Line| before.iter().any(|one| one.text == line.text);
    let newly = |line: &Line| line.entries.iter().filter(|seq| **seq >= size).count();
    let all = || now.iter().enumerate().filter(|(_, line)| !said(line));
    // Of a line and what stands under it, the one that says it alone.
    let entry = all().filter(|(_, line)| newly(line) > 0);
    let entry = entry.min_by_key(|(_, line)| (line.entries.len() - newly(line), line.branch));
    entry.or_else(|| all().next()).map(|(at, _)| at)
}

/// The type of organisation in words: `organisations of type Pharmacy`.
fn organisation_type(position: &Position) -> String {
    let period = position.book.positions.derivation.period_on(position.asked.on);
    period.map_or_else(String::new, |one| format!("organisations of type {}", one.type_label()))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn flatten(
    branches: &[Branch],
    path: &mut Path,
    turned: &BTreeSet<Path>,
    all: bool,
    lines: &mut Vec<Line>,
) {
    for (number, one) in branches.iter().enumerate() {
        path.push(number);
        let starts_open = !one.shut && path.len() <= DEPTH;
        let open = all || starts_open != turned.contains(path);
        lines.push(Line {
            path: path.clone(),
            text: one.text.clone(),
            entries: one.entries.clone(),
            branch: !one.under.is_empty(),
            open,
        });
        if open {
            flatten(&one.under, path, turned, all, lines);
        }
        path.pop();
    }
}

/// How many pieces of evidence and answers of a kind are told one by one until all branches are
/// opened.
pub const MOST: usize = 20;

/// How many entries a line names; all of them are in an export of the view.
const NAMED: usize = 24;

/// How deep the tree starts open.
const DEPTH: usize = 3;

fn tree(it: &Explanation, library: &Library) -> Vec<Branch> {
    // First, so that no fold can hide it.
    let doubtful = library.doubtful(&it.entries());
    let mark = doubt_mark(&doubtful);
    let warning = Branch { entries: doubtful, ..Branch::leaf(mark) };
    let mut tree: Vec<Branch> =
        Some(warning).into_iter().filter(|one| !one.text.is_empty()).collect();
    tree.extend(it.because.iter().map(|node| Branch::of(node, library)));
    if let Some(partial) = &it.partial {
        tree.push(Branch::over("part of it holds", false, parts(partial)));
    }
    if !it.remedies.is_empty() {
        let sets = it.remedies.iter().map(|set| Branch::leaf(set.join(", and ")));
        tree.push(Branch::over("what would put it in place: one of", false, sets.collect()));
    }
    if !it.unused.is_empty() {
        let leaves = it.unused.iter().map(|one| Branch {
            entries: one.entries.clone(),
            ..Branch::leaf(with_entries(&one.text, &one.entries, library))
        });
        let text = format!("looked at and not used: {}", it.unused.len());
        tree.push(Branch::over(text, true, leaves.collect()));
    }
    tree
}

fn parts(partial: &Partial) -> Vec<Branch> {
    let list = |what: &str, names: &[String]| {
        (!names.is_empty()).then(|| Branch::leaf(format!("{what}: {}", names.join(", "))))
    };
    let all = [
        list("units for which something holds", &partial.units_held),
        list("units for which nothing holds", &partial.units_missing),
        list("sources that hold", &partial.sources_held),
        list("sources that do not", &partial.sources_missing),
    ];
    all.into_iter().flatten().collect()
}

fn outlook(it: &Explanation) -> String {
    match it.next {
        Some((day, status)) => {
            let word = status.word().to_lowercase();
            format!("Becomes {word} on {} unless something is recorded.", day.long())
        }
        None => "Stays so unless something is recorded.".to_owned(),
    }
}

fn hindsight(
    library: &mut Library,
    position: &Position,
    item: &ItemRef,
    status: Status,
) -> Option<String> {
    let all = library.all();
    if position.size == all {
        return None;
    }
    let now = library.status(all, position.asked.rules, item, position.asked.on).ok()?;
    (now != status).then(|| {
        let word = now.word().to_lowercase();
        format!("A later entry changes this answer: known now, it is {word}.")
    })
}

fn answers(library: &mut Library, asked: Asked, item: &ItemRef) -> Vec<Answer> {
    let today = library.today();
    let year_before = asked.on.plus_months(-12);
    let questions = [
        Asked { known: Known::Then, ..asked },
        Asked { known: Known::Now, ..asked },
        Asked { on: today, known: Known::Now, ..asked },
        Asked { on: year_before, known: Known::Then, ..asked },
    ];
    let mut answers: Vec<Answer> = Vec::new();
    for one in questions {
        let size = library.size(one);
        let Ok(status) = library.status(size, one.rules, item, one.on) else { continue };
        if !answers.iter().any(|other| other.asked == one) {
            answers.push(Answer { asked: one, status });
        }
    }
    answers
}

/// What a title asks: `is 9.2.1 met`, `does 9.2.1 need confirming`.
pub fn question(why: &Why) -> String {
    let item = &why.item.item;
    match why.status {
        Status::NeedsConfirming => format!("does {item} need confirming"),
        Status::Lapsed => format!("has {item} lapsed"),
        Status::Met
        | Status::MetByEquivalence
        | Status::PartlySupported
        | Status::NotMet
        | Status::NotApplicable
        | Status::NotAsked => format!("is {item} {}", why.status.word().to_lowercase()),
    }
}

/// One other answer as a line.
pub fn answer_text(one: &Answer, today: Date) -> String {
    let (on, known) = (one.asked.on.short(), known_text(one.asked, today, false));
    format!("{on:<12}  {known:<12}  {} {}", one.status.mark(), one.status.word())
}

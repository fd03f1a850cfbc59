//! Which column of a file is which of those that a reader asks for.

use std::borrow::Cow;

use super::cells::Record;
use super::input::Input;
use super::problem::Fault;
use super::table::{Fit, HEAD_ROWS, Table, column_of};
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::shown;

/// What a column may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// Names such as `A.5.10`, which a number would not keep whole.
    Ids,
    /// A day.
    Day,
    /// Words.
    Words,
}

/// A column that a reader asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    /// The name that this program writes.
    pub(super) name: &'static str,
    /// Other names, best first.
    pub(super) synonyms: &'static [&'static str],
    /// Whether the header must have it.
    pub(super) required: bool,
    /// What stands in it.
    pub(super) holds: Holds,
}

/// A header that was read.
#[derive(Debug, Default)]
pub(super) struct Header {
    /// For each column that was asked for: its name in the file, and where it stands.
    pub(super) found: Vec<Option<(String, usize)>>,
    /// The columns that are not used: their names and where they stand.
    pub(super) unused: Vec<(String, usize)>,
    /// What was decided.
    pub(super) notes: Vec<String>,
}

/// Returns a name or title on one line.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    if text.contains(['\n', '\r', '\t']) {
        return Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    Cow::Borrowed(text)
}

/// Returns a name as headers are compared: letters and digits in lower case, single blanks.
fn key(name: &str) -> String {
    let spaced: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let words: Vec<String> = spaced.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

/// What a header is read by.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) columns: &'static [Column],
    /// Columns that somebody named: ours, and what the file calls it.
    given: &'a [(String, String)],
}

impl<'a> Asked<'a> {
    pub(super) fn new(columns: &'static [Column], input: &Input<'a>) -> Result<Self, Fault> {
        for (ours, _) in input.columns {
            if !columns.iter().any(|column| key(column.name) == key(ours)) {
                let known: Vec<&str> = columns.iter().map(|column| column.name).collect();
                let message = format!("`{}` is no column that is read here", shown(ours));
                let help = format!("name one of {} before the `=`", known.join(", "));
                return Err(Fault::new(ProblemCode::Header, message).help(help));
            }
        }
        Ok(Self { columns, given: input.columns })
    }

    /// Returns the columns of the file that could be the one asked for, best first.
    fn candidates(&self, column: &Column, keys: &[String], lettered: bool) -> Vec<usize> {
        let given = self.given.iter().rev().find(|(ours, _)| key(ours) == key(column.name));
        if let Some((_, theirs)) = given {
            let named = keys.iter().position(|found| *found == key(theirs));
            let letter = || column_of(theirs).filter(|_| lettered).map(|at| at as usize);
            let found = named.or_else(letter).filter(|at| *at < keys.len());
            return found.into_iter().collect();
        }
        let names = std::iter::once(&column.name).chain(column.synonyms);
        names.filter_map(|name| keys.iter().position(|found| *found == key(name))).collect()
    }

    /// Says how many of the columns that must be there a row has.
    fn required_in(&self, keys: &[String], lettered: bool) -> usize {
        let required = self.columns.iter().filter(|column| column.required);
        required.filter(|column| !self.candidates(column, keys, lettered).is_empty()).count()
    }

    /// Finds the row that is the header: the first that has every column that must be there; of a
    /// workbook else the one that has most. Returns its place among all rows.
    pub(super) fn row(&self, table: &Table) -> Option<(usize, Record)> {
        let all = self.columns.iter().filter(|column| column.required).count();
        let lettered = table.grid().is_some();
        let rows = table.records().enumerate().filter(|(_, record)| !table.is_no_row(record));
        let mut best: Option<(usize, usize, Record)> = None;
        for (at, record) in rows.take(HEAD_ROWS) {
            let keys: Vec<String> = names(table, &record).iter().map(|name| key(name)).collect();
            let has = self.required_in(&keys, lettered);
            if has == all {
                return Some((at, record));
            }
            let better = best.as_ref().is_none_or(|(most, ..)| lettered && has > *most);
            if better {
                best = Some((has, at, record));
            }
        }
        best.map(|(_, at, record)| (at, record))
    }

    /// Says whether a table has a row with every column that must be there.
    pub(super) fn fit(&self, table: &Table) -> Fit {
        let all = self.columns.iter().filter(|column| column.required).count();
        let has = self.row(table).is_some_and(|(_, record)| {
            let keys: Vec<String> = names(table, &record).iter().map(|name| key(name)).collect();
            self.required_in(&keys, table.grid().is_some()) == all
        });
        if has { Fit::Whole } else { Fit::Not }
    }

    /// Reads a header.
    ///
    /// # Errors
    /// Faults, each at a cell or at the whole row.
    pub(super) fn read(
        &self,
        table: &Table,
        record: &Record,
    ) -> Result<Header, Vec<(Option<usize>, Fault)>> {
        let names = names(table, record);
        let keys: Vec<String> = names.iter().map(|name| key(name)).collect();
        let lettered = table.grid().is_some();
        let mut faults = Vec::new();
        let mut header = Header { found: vec![None; self.columns.len()], ..Header::default() };
        let mut used = vec![false; names.len()];
        let mut slots = Vec::new();
        for (slot, column) in self.columns.iter().enumerate() {
            let mut candidates = self.candidates(column, &keys, lettered);
            if column.holds == Holds::Ids && candidates.len() > 1 {
                ids_first(table, record, &mut candidates);
            }
            for index in &candidates {
                used.iter_mut().skip(*index).take(1).for_each(|used| *used = true);
            }
            slots.push((slot, column, candidates));
        }
        faults.extend(twice(&keys, &names, |at| !lettered || used.get(at) == Some(&true)));
        for (slot, column, candidates) in slots {
            let told = column.holds == Holds::Ids && tells_ids(table, record, &candidates);
            faults.extend(
                rivals(column, &candidates, &names).filter(|_| !told).map(|fault| (None, fault)),
            );
            let Some(best) = candidates.first() else { continue };
            let name = names.get(*best).cloned().unwrap_or_default();
            header.notes.extend(choice(column, &candidates, &names));
            header
                .found
                .iter_mut()
                .skip(slot)
                .take(1)
                .for_each(|f| *f = Some((name.clone(), *best)));
        }
        faults.extend(self.missing(&header, &names).map(|fault| (None, fault)));
        header.notes.extend(unused(&names, &used));
        let taken = |index: &usize| header.found.iter().flatten().any(|(_, at)| at == index);
        let unused = names.into_iter().enumerate().filter(|(index, _)| !taken(index));
        header.unused = unused.map(|(index, name)| (name, index)).collect();
        if faults.is_empty() { Ok(header) } else { Err(faults) }
    }

    fn missing(&self, header: &Header, names: &[String]) -> Option<Fault> {
        let given = |column: &Column| {
            self.given.iter().rev().find(|(ours, _)| key(ours) == key(column.name))
        };
        let missing: Vec<&Column> = self
            .columns
            .iter()
            .zip(&header.found)
            .filter(|(column, found)| {
                found.is_none() && (column.required || given(column).is_some())
            })
            .map(|(column, _)| column)
            .collect();
        let wanted: Vec<String> = missing
            .iter()
            .map(|one| given(one).map_or_else(|| one.name.to_owned(), |(_, theirs)| shown(theirs)))
            .map(|name| format!("`{name}`"))
            .collect();
        if missing.is_empty() {
            return None;
        }
        let filled = names.iter().filter(|name| !name.is_empty());
        let found: Vec<String> = filled.take(20).map(|name| format!("`{}`", shown(name))).collect();
        let message =
            format!("the header has no column {}; it has {}", wanted.join(", "), found.join(", "));
        Some(Fault::new(ProblemCode::Header, message).help(remedy(&missing, names)))
    }
}

fn remedy(missing: &[&Column], names: &[String]) -> String {
    let directionless = names.iter().any(|name| {
        let key = key(name);
        key.starts_with("focal") || key.starts_with("fde") || key.starts_with("reference doc")
    });
    if directionless {
        return "publishers read focal and reference documents in either direction; rename the \
                columns `source` and `target`, so that a row says what the source is to the target"
            .to_owned();
    }
    let also =
        |column: &&Column| format!("`{}` may also be {}", column.name, column.synonyms.join(", "));
    let known: Vec<String> = missing
        .iter()
        .filter(|one| !one.synonyms.is_empty())
        .copied()
        .map(|one| also(&one))
        .collect();
    if known.is_empty() { "add it to the first line".to_owned() } else { known.join("; ") }
}

/// The names of a header's columns, each on one line.
fn names(table: &Table, record: &Record) -> Vec<String> {
    record.cells.iter().map(|cell| fold(&table.get(cell)).into_owned()).collect()
}

/// Columns that the header names twice, where that matters.
fn twice(
    keys: &[String],
    names: &[String],
    matters: impl Fn(usize) -> bool,
) -> Vec<(Option<usize>, Fault)> {
    let mut faults = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let same = |(at, earlier): (usize, &String)| {
            !earlier.is_empty() && keys.get(index) == Some(earlier) && matters(at)
        };
        if keys.iter().take(index).enumerate().any(same) {
            let message = format!("the header names the column `{}` twice", shown(name));
            let fault = Fault::new(ProblemCode::Header, message);
            faults.push((Some(index), fault.help("rename or remove one of them")));
        }
    }
    faults
}

/// Rows below the header by which columns of ids are told from columns of words.
const LOOKED_AT: usize = 50;

/// Says of how many rows a column holds what an id looks like: one word with a digit and a dot or
/// hyphen.
fn ids_in(table: &Table, header: &Record, at: usize) -> (usize, usize) {
    let below = table.records().filter(|record| record.line > header.line).take(LOOKED_AT);
    let (mut ids, mut filled) = (0, 0);
    for record in below {
        let Some(cell) = record.cells.get(at) else { continue };
        let text = table.get(cell);
        let id = text.contains(|c: char| c.is_ascii_digit())
            && text.contains(['.', '-'])
            && !text.contains(char::is_whitespace);
        filled += usize::from(!text.is_empty());
        ids += usize::from(id);
    }
    (ids, filled)
}

fn holds_ids(table: &Table, header: &Record, at: usize) -> bool {
    let (ids, filled) = ids_in(table, header, at);
    filled > 0 && ids * 2 > filled
}

/// Whether just one of several columns holds ids.
fn tells_ids(table: &Table, header: &Record, candidates: &[usize]) -> bool {
    candidates.len() > 1
        && candidates.iter().filter(|at| holds_ids(table, header, **at)).count() == 1
}

/// Puts the one column of ids before those of words: a control's title beside its reference.
fn ids_first(table: &Table, header: &Record, candidates: &mut [usize]) {
    if tells_ids(table, header, candidates) {
        candidates.sort_by_key(|at| !holds_ids(table, header, *at));
    }
}

/// Two columns for one that matters are not guessed between, unless one has the very name.
fn rivals(column: &Column, candidates: &[usize], names: &[String]) -> Option<Fault> {
    let name = |index: &usize| names.get(*index).map_or_else(String::new, |name| shown(name));
    let [first, second, ..] = candidates else { return None };
    let exact = key(&name(first)) == key(column.name);
    (column.required && !exact).then(|| {
        let (first, second) = (name(first), name(second));
        let message = format!("columns `{first}` and `{second}` could both be `{}`", column.name);
        Fault::new(ProblemCode::Header, message).help(format!(
            "rename the right one `{0}`, or name it with --columns {0}=HEADER",
            column.name
        ))
    })
}

fn choice(column: &Column, candidates: &[usize], names: &[String]) -> Vec<String> {
    let name = |index: &usize| names.get(*index).map_or_else(String::new, |name| shown(name));
    let Some((best, rest)) = candidates.split_first() else { return Vec::new() };
    let mut notes = Vec::new();
    if key(&name(best)) != key(column.name) {
        notes.push(format!("column `{}` is read as `{}`", name(best), column.name));
    }
    for other in rest {
        let (best, other) = (name(best), name(other));
        notes.push(format!("column `{other}` is not used; `{best}` stands for it"));
    }
    notes
}

fn unused(names: &[String], used: &[bool]) -> Option<String> {
    let unused = names.iter().zip(used).filter(|(name, used)| !**used && !name.is_empty());
    let unused: Vec<String> = unused.map(|(name, _)| format!("`{}`", shown(name))).collect();
    let [first, ..] = unused.as_slice() else { return None };
    let list = if unused.len() > 8 {
        format!("{first} and {} others", unused.len() - 1)
    } else {
        unused.join(", ")
    };
    Some(format!("columns that are not used: {list}"))
}

//! What is wrong in a file, where, and what to do: as a picture for a terminal and as a table.
//!
//! Text from the file never reaches the terminal raw: control, bidirectional and invisible
//! characters are shown by their number.

use std::fmt::{self, Write as _};

use unicode_width::UnicodeWidthStr;

use crate::domain::csv::write_stored;
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::{inert_cell, shown, visible};

/// Characters kept of a line, before and after the cell.
const KEPT: usize = 200;
/// Most problems of one file.
const PROBLEMS_MAX: usize = 100_000;
/// Widest picture of a line, in terminal columns.
const WIDTH: usize = 76;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Stable code, `DSPT` and four digits: the list is in `docs/errors.md`.
    pub code: ProblemCode,
    /// Name of the file.
    pub file: String,
    /// Line in the file, from 1; 0 when it is about the whole file.
    pub line: u64,
    /// Character in the line, from 1, where the cell begins; none when it is about the whole row.
    pub column: Option<u64>,
    /// Column, as the header names it; blank when it is about no one column.
    pub column_name: String,
    /// The text as found.
    pub found: String,
    /// What is wrong with it.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The line, or what of a long one lies near the cell.
    pub source_line: Option<String>,
    /// Which character of the line, from 1, `source_line` begins with.
    pub source_from: u64,
    /// Where it stands in a workbook; `line` is then the row, and `column` the character in the row
    /// as `source_line` shows it.
    pub at: Option<At>,
}

/// A place in a workbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// Name of the sheet.
    pub sheet: String,
    /// The cell, such as `B7`; blank when it is about the whole row.
    pub cell: String,
}

/// Everything that is wrong with a file, in file order. Nothing may be recorded from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    pub(super) fn sorted(mut problems: Vec<Problem>) -> Self {
        problems.sort_by(|a, b| {
            (a.line, a.column, a.code, &a.message).cmp(&(b.line, b.column, b.code, &b.message))
        });
        Self(problems)
    }

    /// Says whether there are more problems than anybody reads, and says so as the last one: each
    /// takes memory.
    pub(super) fn full(problems: &mut Vec<Problem>, file: &str, line: u64) -> bool {
        if problems.len() < PROBLEMS_MAX {
            return false;
        }
        let message = format!("more than {PROBLEMS_MAX} problems; what follows was not looked at");
        let fault = Fault::new(ProblemCode::TooLarge, message).help(
            "correct what is wrong in every row first, such as a column that was taken for another",
        );
        problems.push(fault.into_problem(file, line));
        true
    }

    pub(super) fn of_file(file: &str, line: u64, fault: Fault) -> Self {
        Self(vec![fault.into_problem(file, line)])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [] => out.write_str("no problems"),
            [one] => write!(out, "{}: {}", visible(&one.file), visible(&one.message)),
            [first, ..] => write!(
                out,
                "{}: {} problems, the first on line {}: {}",
                visible(&first.file),
                self.0.len(),
                first.line,
                visible(&first.message)
            ),
        }
    }
}

impl std::error::Error for Problems {}

/// What is wrong, before it is known where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) code: ProblemCode,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Fault {
    pub(super) fn new(code: ProblemCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None }
    }

    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn into_problem(self, file: &str, line: u64) -> Problem {
        Problem {
            code: self.code,
            file: file.to_owned(),
            line,
            column: None,
            column_name: String::new(),
            found: String::new(),
            message: self.message,
            help: self.help,
            source_line: None,
            source_from: 1,
            at: None,
        }
    }
}

/// Returns the characters near a column, and the number of the first one.
pub(super) fn near(line: &str, column: u64) -> (String, u64) {
    let column = usize::try_from(column).unwrap_or(usize::MAX).saturating_sub(1);
    let from = column.saturating_sub(KEPT);
    let kept = line.chars().skip(from).take(2 * KEPT).collect();
    (kept, from as u64 + 1)
}

impl Problem {
    /// Where it is: file, line and character, or sheet and cell.
    pub fn place(&self) -> String {
        match (&self.at, self.line, self.column) {
            (Some(at), line, _) => {
                let sheet = format!("{}, sheet `{}`", self.file, shown(&at.sheet));
                match (at.cell.as_str(), line) {
                    ("", 0) => sheet,
                    ("", line) => format!("{sheet}, row {line}"),
                    (cell, _) => format!("{sheet}, cell {cell}"),
                }
            }
            (None, 0, _) => self.file.clone(),
            (None, line, None) => format!("{}:{line}", self.file),
            (None, line, Some(column)) => format!("{}:{line}:{column}", self.file),
        }
    }
}

/// Draws a problem: what, where, the line with the cell underlined, what to do.
pub fn render(problem: &Problem) -> String {
    let mut out = format!("error[{}]: {}\n", problem.code, visible(&problem.message));
    let _ = writeln!(out, " --> {}", visible(&problem.place()));
    if let Some(source) = &problem.source_line {
        draw_line(&mut out, problem, source);
    }
    if let Some(help) = &problem.help {
        let _ = writeln!(out, "help: {}", visible(help));
    }
    out
}

/// One character as it is drawn, and how wide.
fn drawn(c: char) -> (String, usize) {
    let text = if c == '\t' { "    ".to_owned() } else { visible(&c.to_string()) };
    let width = text.width();
    (text, width)
}

fn draw_line(out: &mut String, problem: &Problem, source: &str) {
    let gutter = " ".repeat(problem.line.to_string().len());
    let cell = problem.column.map(|column| {
        usize::try_from(column.saturating_sub(problem.source_from)).unwrap_or(usize::MAX)
    });
    let first = cell.unwrap_or(0).saturating_sub(20);
    let fits = source.chars().map(|c| drawn(c).1).sum::<usize>() <= WIDTH;
    let first = if fits { 0 } else { first };
    let mut text = String::new();
    if first > 0 || problem.source_from > 1 {
        text.push_str("...");
    }
    let (mut before, mut under, mut left) = (text.len(), 0, WIDTH);
    let length = underlined(problem, source, cell.unwrap_or(0));
    for (index, c) in source.chars().enumerate().skip(first) {
        let (piece, width) = drawn(c);
        if width > left {
            text.push_str("...");
            break;
        }
        left -= width;
        text.push_str(&piece);
        match cell {
            Some(cell) if index < cell => before += width,
            Some(cell) if index < cell + length => under += width,
            Some(_) | None => {}
        }
    }
    let _ = writeln!(out, "{gutter} |\n{} | {}", problem.line, text.trim_end());
    if cell.is_some() {
        let (blank, mark) = (" ".repeat(before), "^".repeat(under.max(1)));
        let name = visible(&problem.column_name);
        let name = if name.is_empty() { name } else { format!(" column `{name}`") };
        let _ = writeln!(out, "{gutter} | {blank}{mark}{name}");
    }
    let _ = writeln!(out, "{gutter} |");
}

/// Returns how many characters of the line the cell takes, its quotes included.
fn underlined(problem: &Problem, source: &str, cell: usize) -> usize {
    let found = problem.found.lines().next().unwrap_or_default();
    let mut rest = source.chars().skip(cell);
    let quotes = if rest.next() == Some('"') && !found.starts_with('"') { 2 } else { 0 };
    let left = source.chars().count().saturating_sub(cell);
    found.chars().count().saturating_add(quotes).clamp(1, left.max(1))
}

/// The columns of [`problems_csv`], in order.
pub const PROBLEM_COLUMNS: &[&str] =
    &["code", "file", "line", "column", "column_name", "found", "message", "help"];

/// The two more columns of problems in a workbook.
const SHEET_COLUMNS: &[&str] = &["sheet", "cell"];

/// Writes problems as a table for a spreadsheet: a byte-order mark, then CSV. Nothing in it
/// is run by the spreadsheet that reads it.
pub fn problems_csv(problems: &[Problem]) -> String {
    let in_workbook = problems.iter().any(|one| one.at.is_some());
    let more = if in_workbook { SHEET_COLUMNS } else { &[] };
    let columns: Vec<&str> = PROBLEM_COLUMNS.iter().chain(more).copied().collect();
    let rows = problems.iter().map(|one| {
        let column = one.column.filter(|_| one.at.is_none());
        let at = one.at.iter().flat_map(|at| [inert_cell(&at.sheet), inert_cell(&at.cell)]);
        let mut cells = vec![
            one.code.to_string(),
            inert_cell(&one.file),
            one.line.to_string(),
            column.map_or_else(String::new, |column| column.to_string()),
            inert_cell(&one.column_name),
            inert_cell(&one.found),
            inert_cell(&one.message),
            inert_cell(one.help.as_deref().unwrap_or_default()),
        ];
        cells.extend(at);
        cells.resize(columns.len(), String::new());
        cells
    });
    format!("\u{feff}{}", write_stored(&columns, rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(source: &str, column: u64, found: &str) -> Problem {
        let (source_line, source_from) = near(source, column);
        Problem {
            code: ProblemCode::Unknown,
            file: "mapping.csv".to_owned(),
            line: 3,
            column: Some(column),
            column_name: "DSPT item".to_owned(),
            found: found.to_owned(),
            message: format!("`{}` is not an item", shown(found)),
            help: Some("did you mean 3.4.1?".to_owned()),
            source_line: Some(source_line),
            source_from,
            at: None,
        }
    }

    #[test]
    fn a_problem_of_a_workbook_names_its_cell() {
        let at = Some(At { sheet: "Mapping".to_owned(), cell: "D17".to_owned() });
        let one = Problem { at, ..problem("A.8.2 | 3.4.1x", 9, "3.4.1x") };
        let drawn = render(&one);
        assert!(drawn.contains("\n --> mapping.csv, sheet `Mapping`, cell D17\n"), "{drawn}");
        let table = problems_csv(&[one]);
        assert!(table.contains(",help,sheet,cell\nDSPT0103,mapping.csv,3,,"), "{table}");
        assert!(table.ends_with(",Mapping,D17\n"), "{table}");
    }

    #[test]
    fn a_problem_is_drawn_under_its_cell() {
        let drawn = render(&problem("A.8.2,equivalent,3.4.1x,privileged access", 18, "3.4.1x"));
        assert_eq!(
            drawn,
            "error[DSPT0103]: `3.4.1x` is not an item\n \
             --> mapping.csv:3:18\n  \
             |\n3 | A.8.2,equivalent,3.4.1x,privileged access\n  \
             |                  ^^^^^^ column `DSPT item`\n  \
             |\nhelp: did you mean 3.4.1?\n"
        );
    }

    #[track_caller]
    fn check_caret(source: &str, column: u64, found: &str, line: &str, caret: &str) {
        let drawn = render(&problem(source, column, found));
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!(lines[3], format!("3 | {line}"));
        assert_eq!(lines[4], format!("  | {caret} column `DSPT item`"));
    }

    #[test]
    fn carets_follow_the_width_of_what_is_drawn() {
        check_caret("日本,\u{202e}x,y", 4, "\u{202e}x", "日本,<U+202E>x,y", "     ^^^^^^^^^");
        check_caret("a\tb", 3, "b", "a    b", "     ^");
        check_caret("a,\"b\"", 3, "b", "a,\"b\"", "  ^^^");
        check_caret("a,,c", 3, "", "a,,c", "  ^");
        check_caret("a,\"b", 3, "b\nc", "a,\"b", "  ^^");
    }

    #[test]
    fn long_lines_are_cut_around_the_cell() {
        let source = format!("{},bad,{}", "x".repeat(5000), "y".repeat(5000));
        let one = problem(&source, 5002, "bad");
        assert!(one.source_line.as_ref().unwrap().len() <= 400);
        let drawn = render(&one);
        let expected = format!("3 | ...{},bad,{}...", "x".repeat(19), "y".repeat(52));
        assert_eq!(drawn.lines().nth(3).unwrap(), expected);
        assert_eq!(drawn.lines().nth(4).unwrap().find("^^^"), expected.find("bad"));
    }

    #[test]
    fn a_table_of_problems_runs_nothing() {
        let csv = problems_csv(&[problem("=cmd()", 1, "=cmd()\n")]);
        assert_eq!(
            csv,
            "\u{feff}code,file,line,column,column_name,found,message,help\n\
             DSPT0103,mapping.csv,3,1,DSPT item,'=cmd()<U+000A>,\
             `=cmd()<U+000A>` is not an item,did you mean 3.4.1?\n"
        );
    }
}

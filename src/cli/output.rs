//! What commands print: answers to standard output, the rest to standard error, as text or JSON.

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::error::Failure;
use crate::domain::belief::Belief;
use crate::domain::date::Timestamp;
use crate::domain::sanitize::visible_json;
use crate::verify::known_heads::Memory;

/// A stream whose reader may go away at any time. What nobody reads any more is dropped, and the
/// command goes on to its end: its exit status is the answer's, whoever reads the text.
pub(super) struct Stream<'s> {
    to: &'s mut dyn Write,
    gone: bool,
}

impl<'s> Stream<'s> {
    pub(super) fn new(to: &'s mut dyn Write) -> Self {
        Self { to, gone: false }
    }

    fn unless_gone<T>(&mut self, none: T, done: io::Result<T>) -> io::Result<T> {
        match done {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.gone = true;
                Ok(none)
            }
            done => done,
        }
    }
}

impl Write for Stream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.gone {
            return Ok(bytes.len());
        }
        let done = self.to.write(bytes);
        self.unless_gone(bytes.len(), done)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gone {
            return Ok(());
        }
        let done = self.to.flush();
        self.unless_gone((), done)
    }
}

/// Where a command writes, and how.
pub(super) struct Output<'o> {
    /// Standard output.
    pub out: &'o mut dyn Write,
    /// Standard error.
    pub err: &'o mut dyn Write,
    /// One JSON object instead of text.
    pub json: bool,
    /// No hints.
    pub quiet: bool,
    /// How wide the terminal is; none when the output goes elsewhere.
    pub width: Option<usize>,
    /// The one reading of the clock.
    pub now: Timestamp,
    /// The clock itself, for commands that run on.
    pub clock: &'o (dyn Fn() -> Timestamp + Sync),
    /// What this user verified before.
    pub memory: Memory,
    /// How far the ledger that was opened can be believed; it goes with every answer out of it.
    pub belief: Option<Belief>,
}

/// The answers whose text says how far the ledger can be believed; their JSON always does.
const SPEAK_OF_A_LEDGER: [&str; 13] = [
    "dspt.status/1",
    "dspt.explain/1",
    "dspt.when/1",
    "dspt.diff/1",
    "dspt.log/1",
    "dspt.entry/1",
    "dspt.statement/1",
    "dspt.statements/1",
    "dspt.mapping-candidates/1",
    "dspt.mappings/1",
    "dspt.mapping/1",
    "dspt.mapping-diff/1",
    "dspt.anchors/1",
];

impl Output<'_> {
    /// Prints an answer: the object under its versioned schema, or the text.
    ///
    /// # Errors
    /// [`Failure`] when the output is closed.
    pub(super) fn answer(&mut self, schema: &str, value: Value, text: &str) -> Result<(), Failure> {
        if self.json {
            let mut object = json!({ "schema": schema });
            if let (Some(object), Value::Object(fields)) = (object.as_object_mut(), value) {
                if let Some(belief) = &self.belief {
                    object.insert("belief".to_owned(), belief.json());
                }
                object.extend(fields);
            }
            writeln!(self.out, "{}", visible_json(&object.to_string()))?;
        } else {
            // Whatever the text is made of: nothing in it can paint the screen.
            let belief = self.belief.as_ref();
            let belief = belief.filter(|_| SPEAK_OF_A_LEDGER.contains(&schema));
            let line = belief.map_or_else(String::new, |one| format!("{}\n", safe(&one.line())));
            let clean = belief.is_none_or(Belief::is_clean);
            let (first, last) = if clean { (text, &*line) } else { (&*line, text) };
            write!(self.out, "{}{}", plain(first), plain(last))?;
        }
        Ok(())
    }

    /// Makes sure that the answer has left.
    ///
    /// # Errors
    /// [`Failure`] when it cannot be written.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        Ok(self.out.flush()?)
    }

    /// Prints a hint or a remark to standard error, unless quiet.
    ///
    /// # Errors
    /// [`Failure`] when the output is closed.
    #[expect(
        clippy::unnecessary_wraps,
        reason = "whoever prints goes on with `?`, as after answers"
    )]
    pub(super) fn hint(&mut self, text: &str) -> Result<(), Failure> {
        if !self.quiet {
            // What stands beside the answer is no reason to fail, least of all after recording.
            let _ = writeln!(self.err, "{}", plain(text));
        }
        Ok(())
    }

    /// Prints a warning to standard error, always.
    ///
    /// # Errors
    /// [`Failure`] when the output is closed.
    #[expect(
        clippy::unnecessary_wraps,
        reason = "whoever prints goes on with `?`, as after answers"
    )]
    pub(super) fn warn(&mut self, text: &str) -> Result<(), Failure> {
        let _ = writeln!(self.err, "warning: {}", safe(text));
        Ok(())
    }
}

/// Asks a question at the terminal. Where nobody can be asked, or the answer is not yes, nothing is
/// done.
///
/// # Errors
/// [`Failure`] saying that nothing was done, and the way to do it without being asked.
pub(super) fn agreed(
    question: &str,
    nothing: &str,
    way: &str,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        let text =
            format!("{nothing}: this is asked for first, and there is no terminal to ask at");
        return Err(Failure::usage(text).help(way));
    }
    write!(output.err, "{question} [y/N] ")?;
    output.err.flush()?;
    let mut answer = String::new();
    stdin.read_line(&mut answer).map_err(|error| {
        Failure::usage(format!("{nothing}: the answer cannot be read: {error}"))
    })?;
    if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Failure::usage(nothing))
}

/// As [`safe`], line by line.
pub(super) fn plain(text: &str) -> String {
    text.split('\n').map(crate::domain::sanitize::visible).collect::<Vec<_>>().join("\n")
}

/// Shows control, bidirectional and other invisible characters as codes, so that no text from a
/// ledger or a file can paint the screen. Line feeds and tabs become spaces.
pub(super) fn safe(text: &str) -> String {
    crate::domain::sanitize::safe(text)
}

/// A table of texts with columns that line up in any script.
pub(super) struct Columns {
    rows: Vec<Vec<String>>,
}

impl Columns {
    /// A table with this header.
    pub(super) fn new(header: &[&str]) -> Self {
        Self { rows: vec![header.iter().map(|name| (*name).to_owned()).collect()] }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| safe(&cell)).collect());
    }

    /// Returns the table, two spaces between columns, no trailing space. Where it is wider than the
    /// terminal, the widest columns are cut.
    pub(super) fn text(&self, width: Option<usize>) -> String {
        let widths = self.widths(width.unwrap_or(usize::MAX));
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                let cell = cut(cell, *width);
                line.push_str(&cell);
                line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width()) + 2));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn widths(&self, most: usize) -> Vec<usize> {
        let mut widths: Vec<usize> = Vec::new();
        for row in &self.rows {
            for (index, cell) in row.iter().enumerate() {
                match widths.get_mut(index) {
                    Some(width) => *width = (*width).max(cell.width()),
                    None => widths.push(cell.width()),
                }
            }
        }
        while widths.iter().map(|width| width + 2).sum::<usize>() > most.saturating_add(2) {
            match widths.iter_mut().max() {
                Some(widest) if *widest > COLUMN_LEAST => *widest -= 1,
                _ => break,
            }
        }
        widths
    }
}

/// A column is never cut below this.
const COLUMN_LEAST: usize = 10;

/// Cuts a text to a width, with `...` where something is left out; never inside a wide character.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for character in text.chars() {
        let mut longer = kept.clone();
        longer.push(character);
        if longer.width() + 3 > width {
            break;
        }
        kept = longer;
    }
    format!("{}...", kept.trim_end())
}

/// A path as a shell takes it.
pub(super) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// Entries as people write them: `#3 #17`.
pub(super) fn entries_text(entries: &[u64]) -> String {
    entries.iter().map(|seq| format!("#{seq}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken(io::ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn a_reader_who_went_away_is_no_error_and_a_full_disk_is() {
        let mut gone = Broken(io::ErrorKind::BrokenPipe);
        let mut stream = Stream::new(&mut gone);
        stream.flush().unwrap();
        stream.write_all(b"text").unwrap();
        let mut full = Broken(io::ErrorKind::StorageFull);
        let mut stream = Stream::new(&mut full);
        assert!(stream.write_all(b"text").is_err());
        assert!(stream.flush().is_err());
    }

    #[test]
    fn nothing_from_a_ledger_can_paint_the_screen() {
        assert_eq!(safe("a\u{1b}[31mb"), "a<U+001B>[31mb");
        assert_eq!(safe("x\u{202E}y\nz"), "x<U+202E>y z");
        assert_eq!(safe("café £ 表"), "café £ 表");
    }

    #[test]
    fn columns_line_up_in_any_script() {
        let mut columns = Columns::new(&["a", "b"]);
        columns.row(["表表".to_owned(), "x".to_owned()]);
        columns.row(["abc".to_owned(), "y".to_owned()]);
        assert_eq!(columns.text(None), "a     b\n表表  x\nabc   y\n");
        assert_eq!(cut("abcdefgh", 6), "abc...");
        columns.row(["a rather long cell".to_owned(), "z".to_owned()]);
        let widest = columns.text(Some(14)).lines().map(UnicodeWidthStr::width).max();
        assert_eq!(widest, Some(14));
    }
}

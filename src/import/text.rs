//! Bytes to text: finds the encoding and the delimiter, and says what it had to assume.
//!
//! It must never guess in silence: whatever is not UTF-8 with commas is noted or refused.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::problem::Fault;
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::visible;

/// Largest file, in bytes.
pub const FILE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Largest record, in bytes; a record is one line, or more where a quoted cell has line feeds.
pub const RECORD_BYTES_MAX: usize = 1024 * 1024;
/// Largest cell, in bytes: what fits into one entry of a ledger.
pub const CELL_BYTES_MAX: usize = 65_535;
/// Most cells in a row.
pub const CELLS_MAX: usize = 1_000;
/// Most rows after the header.
pub const ROWS_MAX: u64 = 200_000;

/// Text with its delimiter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The text, without a byte-order mark.
    pub text: String,
    /// `,`, `;` or tab.
    pub delimiter: u8,
    /// What was assumed.
    pub notes: Vec<String>,
}

/// Why bytes are not a table of text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FileProblem {
    /// Stable code, `DSPT0120` to `DSPT0124`.
    pub code: ProblemCode,
    /// Line in the file, from 1; 0 when it is about the whole file.
    pub line: u64,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

const SAVE_AS: &str = "save the sheet as \"CSV UTF-8\" and import that";

impl FileProblem {
    fn new(code: ProblemCode, line: u64, message: impl Into<String>) -> Self {
        Self { code, line, message: message.into(), help: Some(SAVE_AS.to_owned()) }
    }
}

impl From<FileProblem> for Fault {
    fn from(problem: FileProblem) -> Self {
        Self { code: problem.code, message: problem.message, help: problem.help }
    }
}

/// Reads bytes as text: UTF-8, UTF-16 with its mark, else Windows-1252 with a note.
///
/// # Errors
/// [`FileProblem`] for an empty, a binary and a too large file.
pub fn decode(bytes: &[u8]) -> Result<Decoded, FileProblem> {
    if bytes.len() > FILE_BYTES_MAX {
        let (found, most) = (bytes.len(), FILE_BYTES_MAX);
        let message = format!("the file has {found} bytes; at most {most} are read");
        let help = Some("split the file; rows do not depend on each other's order".to_owned());
        return Err(FileProblem { code: ProblemCode::TooLarge, line: 0, message, help });
    }
    refuse_known_formats(bytes)?;
    let mut notes = Vec::new();
    let text = decode_text(bytes, &mut notes)?;
    if text.trim().is_empty() {
        let message = if bytes.is_empty() { "the file is empty" } else { "the file holds no text" };
        let help = Some("the first line must be a header, then one row per line".to_owned());
        return Err(FileProblem {
            code: ProblemCode::Empty,
            line: 0,
            message: message.to_owned(),
            help,
        });
    }
    let delimiter = delimiter_of(&text);
    match delimiter {
        b'\t' => notes.push("the cells are separated by tabs".to_owned()),
        b';' => notes.push("the cells are separated by semicolons".to_owned()),
        _ => {}
    }
    Ok(Decoded { text, delimiter, notes })
}

/// Refuses files that people pick by mistake, by how they begin.
fn refuse_known_formats(bytes: &[u8]) -> Result<(), FileProblem> {
    let known: [(&[u8], &str); 4] = [
        (b"PK\x03\x04", "this is an Excel workbook (or another zip file), not a CSV file"),
        (b"\xd0\xcf\x11\xe0", "this is an old Excel workbook, not a CSV file"),
        (b"%PDF-", "this is a PDF file, not a CSV file"),
        (b"{\\rtf", "this is a rich text file, not a CSV file"),
    ];
    match known.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        Some((_, message)) => Err(FileProblem::new(ProblemCode::NotText, 0, *message)),
        None => Ok(()),
    }
}

fn decode_text(bytes: &[u8], notes: &mut Vec<String>) -> Result<String, FileProblem> {
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return match std::str::from_utf8(rest) {
            Ok(text) => without_nul(text.to_owned()),
            Err(error) => {
                let line = line_of(rest, error.valid_up_to());
                let message = "the file says that it is UTF-8, but this line is not";
                Err(FileProblem::new(ProblemCode::NotText, line, message))
            }
        };
    }
    for (mark, encoding) in [(b"\xff\xfe", UTF_16LE), (b"\xfe\xff", UTF_16BE)] {
        if let Some(rest) = bytes.strip_prefix(mark) {
            notes.push("the text is UTF-16".to_owned());
            return utf16(encoding, rest);
        }
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => without_nul(text.to_owned()),
        Err(error) => windows_1252(bytes, error.valid_up_to(), notes),
    }
}

fn utf16(encoding: &'static Encoding, bytes: &[u8]) -> Result<String, FileProblem> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    let text = text.ok_or_else(|| {
        let message = "the file says that it is UTF-16, but it is not";
        FileProblem::new(ProblemCode::NotText, 0, message)
    })?;
    without_nul(text.into_owned())
}

/// Reads what is not UTF-8 as Windows-1252, as long as it can be text at all.
fn windows_1252(
    bytes: &[u8],
    first: usize,
    notes: &mut Vec<String>,
) -> Result<String, FileProblem> {
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
    let odd = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}');
    if let Some((at, found)) = text.char_indices().find(|(_, c)| odd(*c)) {
        let line = line_of(text.as_bytes(), at);
        let message = format!("the file is not text: it holds {}", visible(&found.to_string()));
        return Err(FileProblem::new(ProblemCode::NotText, line, message));
    }
    let line = line_of(bytes, first);
    notes.push(format!(
        "line {line} is not UTF-8, so the file was read as Windows-1252; check names and \
         symbols, or save as UTF-8 to be sure"
    ));
    Ok(text.into_owned())
}

fn without_nul(text: String) -> Result<String, FileProblem> {
    match text.find('\0') {
        None => Ok(text),
        Some(at) => {
            let line = line_of(text.as_bytes(), at);
            Err(FileProblem::new(
                ProblemCode::NotText,
                line,
                "the file is not text: it holds NUL bytes",
            ))
        }
    }
}

/// Returns the line, from 1, of a byte offset.
fn line_of(bytes: &[u8], offset: usize) -> u64 {
    let (mut line, mut before) = (1, b' ');
    for byte in bytes.iter().take(offset) {
        line += u64::from(*byte == b'\r' || (*byte == b'\n' && before != b'\r'));
        before = *byte;
    }
    line
}

/// Returns the delimiter that stands most often in the header line, outside quotes.
fn delimiter_of(text: &str) -> u8 {
    let header = text.trim_start_matches(['\n', '\r', ' ']);
    if let Some(declared) = declared_delimiter(header) {
        return declared;
    }
    let (mut quoted, mut counts) = (false, [(b',', 0u32), (b';', 0), (b'\t', 0)]);
    for byte in header.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ => {
                for (delimiter, count) in &mut counts {
                    *count += u32::from(!quoted && byte == *delimiter);
                }
            }
        }
    }
    // On a tie the earlier one stands, so a header of one column is read with commas.
    let best = counts.iter().rev().max_by_key(|(_, count)| *count);
    best.map_or(b',', |(delimiter, _)| *delimiter)
}

/// Returns the delimiter of a first line `sep=;`, which some spreadsheets write.
pub(super) fn declared_delimiter(text: &str) -> Option<u8> {
    let line = text.lines().next()?.trim_end_matches(['\r', '\n']);
    let declared = line.strip_prefix("sep=").or_else(|| line.strip_prefix("SEP="))?;
    [b',', b';', b'\t'].into_iter().find(|one| declared.as_bytes() == [*one])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], text: &str, delimiter: u8, notes: usize) {
        let decoded = decode(bytes).unwrap();
        assert_eq!((decoded.text.as_str(), decoded.delimiter), (text, delimiter));
        assert_eq!(decoded.notes.len(), notes, "{:?}", decoded.notes);
    }

    #[track_caller]
    fn check_refused(bytes: &[u8], code: ProblemCode, line: u64, part: &str) {
        let problem = decode(bytes).unwrap_err();
        assert_eq!((problem.code, problem.line), (code, line), "{problem}");
        assert!(problem.message.contains(part), "{problem}");
        assert!(problem.help.is_some());
    }

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    #[test]
    fn every_encoding_that_spreadsheets_write_is_read() {
        check("a,b\né,2\n".as_bytes(), "a,b\né,2\n", b',', 0);
        check("\u{feff}a,b\n".as_bytes(), "a,b\n", b',', 0);
        check(&utf16("a\tb\né\t2", false), "a\tb\né\t2", b'\t', 2);
        check(&utf16("a;b\né;2", true), "a;b\né;2", b';', 2);
        check(b"a;b\r\n\xa3;\x80", "a;b\r\n£;€", b';', 2);
        let notes = decode(b"a,b\n\xa3,1").unwrap().notes;
        assert!(notes[0].starts_with("line 2 is not UTF-8"), "{notes:?}");
    }

    #[test]
    fn the_delimiter_is_taken_from_the_header_outside_quotes() {
        check(b"\"a,b,c\";d\n", "\"a,b,c\";d\n", b';', 1);
        check(b"one\n1;2;3\n", "one\n1;2;3\n", b',', 0);
        check(b"a,b;c\n", "a,b;c\n", b',', 0);
        check(b"sep=;\na;b\n", "sep=;\na;b\n", b';', 1);
    }

    #[test]
    fn what_is_not_text_is_refused_by_name() {
        check_refused(b"", ProblemCode::Empty, 0, "empty");
        check_refused(b"\xef\xbb\xbf \r\n\t ", ProblemCode::Empty, 0, "no text");
        check_refused(b"PK\x03\x04abc", ProblemCode::NotText, 0, "Excel workbook");
        check_refused(b"\xd0\xcf\x11\xe0\xa1\xb1", ProblemCode::NotText, 0, "old Excel");
        check_refused(b"a,b\nc\0,d", ProblemCode::NotText, 2, "NUL");
        check_refused(b"a\0b\0", ProblemCode::NotText, 1, "NUL");
        check_refused(b"\xff\xfe\x00\xd8\x00\x00", ProblemCode::NotText, 0, "UTF-16");
        check_refused(b"\xef\xbb\xbfa\r\n\xff", ProblemCode::NotText, 2, "UTF-8");
        check_refused(b"\xffa\r\nb\r\n\x01\x02", ProblemCode::NotText, 3, "<U+0001>");
        let mut most = vec![b'a'; FILE_BYTES_MAX + 1];
        most[1] = b'\n';
        check_refused(&most, ProblemCode::TooLarge, 0, "33554433 bytes");
        most.pop();
        assert!(decode(&most).is_ok());
        check_refused(&vec![b'a'; 33 * 1024 * 1024], ProblemCode::TooLarge, 0, "34603008 bytes");
    }
}

//! XML out of a workbook, event by event: no document type, no entity of the document's own, no depth
//! or single piece without bound.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read};

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::QName;

use crate::domain::problem_code::ProblemCode;
use crate::import::problem::Fault;

/// Elements inside each other; workbooks need about ten.
const DEPTH_MAX: usize = 64;
/// Longest tag, or text between two tags, in bytes.
const PIECE_BYTES_MAX: usize = 1 << 20;

/// Reads at most so many bytes, and no piece without a tag's end that is longer than any good one.
pub(super) struct Bounded<R> {
    inner: R,
    left: u64,
    piece: usize,
}

impl<R: Read> Bounded<R> {
    pub(super) fn new(inner: R, most: u64) -> Self {
        Self { inner, left: most, piece: 0 }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let too_large = || io::Error::from(io::ErrorKind::FileTooLarge);
        self.left = self.left.checked_sub(count as u64).ok_or_else(too_large)?;
        let read = buffer.get(..count).unwrap_or_default();
        match memchr::memrchr2(b'<', b'>', read) {
            Some(at) => self.piece = count - at,
            None => self.piece = self.piece.saturating_add(count),
        }
        if self.piece > PIECE_BYTES_MAX { Err(too_large()) } else { Ok(count) }
    }
}

/// One part of a workbook, read from front to back.
pub(super) struct Xml<R> {
    reader: Reader<R>,
    buffer: Vec<u8>,
    depth: usize,
}

/// What a part is made of, as far as a workbook's reader asks.
pub(super) enum Node<'x> {
    /// A tag that opens; one that is empty opens and closes.
    Open(BytesStart<'x>),
    /// The local name of a tag that closes.
    Close(String),
    /// Text, references resolved.
    Text(String),
    /// Nothing that counts.
    Other,
    /// The end.
    End,
}

impl<R: Read> Xml<BufReader<R>> {
    pub(super) fn new(inner: R) -> Self {
        Self::over(BufReader::new(inner))
    }
}

impl<R: BufRead> Xml<R> {
    fn over(inner: R) -> Self {
        let mut reader = Reader::from_reader(inner);
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: Vec::new(), depth: 0 }
    }

    /// Returns what comes next.
    ///
    /// # Errors
    /// [`Fault`] for XML that is damaged, cut short, or tricky.
    pub(super) fn next(&mut self) -> Result<Node<'_>, Fault> {
        self.buffer.clear();
        let event = self.reader.read_event_into(&mut self.buffer);
        Ok(match event.map_err(|error| damaged(&error))? {
            Event::Start(tag) => {
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return Err(bad("its XML is nested deeper than any workbook's"));
                }
                Node::Open(tag)
            }
            Event::End(tag) => {
                self.depth = self.depth.saturating_sub(1);
                Node::Close(tag.local_name().as_ref().to_owned())
            }
            Event::Text(text) => Node::Text(text.xml10_content().into_owned()),
            Event::CData(text) => Node::Text(text.xml10_content().into_owned()),
            Event::GeneralRef(reference) => Node::Text(resolved(&reference)?.to_string()),
            Event::DocType(_) => {
                return Err(bad("its XML declares a document type, which no workbook needs"));
            }
            Event::Eof if self.depth > 0 => return Err(bad("its XML is cut short")),
            Event::Eof => Node::End,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => Node::Other,
        })
    }

    /// Goes past everything up to the end of the element that was just opened.
    ///
    /// # Errors
    /// As [`Xml::next`].
    pub(super) fn skip(&mut self) -> Result<(), Fault> {
        let above = self.depth.saturating_sub(1);
        while self.depth > above {
            self.next()?;
        }
        Ok(())
    }
}

/// One of the five entities of XML, or a character by its number.
fn resolved(reference: &BytesRef<'_>) -> Result<char, Fault> {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return Ok(c);
    }
    match reference.xml10_content().as_ref() {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(bad("its XML uses an entity that XML does not have")),
    }
}

/// Returns the value of an attribute by its local name.
pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    value(tag, |key| key.local_name().as_ref() == name)
}

/// Returns the value of an attribute by the whole of its name.
pub(super) fn exact(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    value(tag, |key| key.as_ref() == name)
}

fn value(tag: &BytesStart<'_>, is: impl Fn(QName<'_>) -> bool) -> Option<String> {
    let mut all = tag.attributes();
    let found = all.with_checks(false).map_while(Result::ok).find(|one| is(one.key))?;
    found.normalized_value(XmlVersion::Implicit1_0).ok().map(Cow::into_owned)
}

/// Says that the workbook cannot be read, and why.
pub(super) fn bad(why: &str) -> Fault {
    Fault::new(ProblemCode::NotText, format!("the workbook cannot be read: {why}"))
        .help("open it in a spreadsheet program, save it as a new .xlsx file, and import that")
}

/// Says that something in the workbook is larger than is read.
pub(super) fn too_large(what: &str) -> Fault {
    Fault::new(ProblemCode::TooLarge, format!("the workbook {what}"))
        .help("copy the sheet that is meant into a new workbook, or save it as \"CSV UTF-8\"")
}

fn damaged(error: &quick_xml::Error) -> Fault {
    let large = |io: &io::Error| io.kind() == io::ErrorKind::FileTooLarge;
    if matches!(error, quick_xml::Error::Io(io) if large(io)) {
        return too_large("unpacks to more than is read");
    }
    bad("its XML is damaged")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, Fault> {
        let mut xml = Xml::new(Bounded::new(text.as_bytes(), 4 << 20));
        let mut all = String::new();
        loop {
            match xml.next()? {
                Node::End => return Ok(all),
                Node::Text(text) => all.push_str(&text),
                Node::Open(_) | Node::Close(_) | Node::Other => {}
            }
        }
    }

    #[track_caller]
    fn check_refused(text: &str, part: &str) {
        let fault = read(text).unwrap_err();
        assert!(fault.message.contains(part), "{}", fault.message);
    }

    #[test]
    fn tricks_are_refused_by_name() {
        assert_eq!(read("<a>1 &lt; &#50;<b/><![CDATA[&]]></a>").unwrap(), "1 < 2&");
        check_refused("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "document type");
        check_refused("<a>&b;</a>", "an entity");
        check_refused("<a><b>", "cut short");
        check_refused("<a></b>", "damaged");
        check_refused(&"<a>".repeat(65), "deeper");
        check_refused(&format!("<a>{}</a>", "x".repeat(2 << 20)), "more than is read");
        check_refused(&format!("<a>{}</a>", "<b/>".repeat(2 << 20)), "more than is read");
    }
}

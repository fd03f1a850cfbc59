//! Files of requests: a line for each request, and one for each content that goes with them.

use std::collections::BTreeMap;
use std::path::Path;

use base64ct::{Base64, Encoding as _};

use crate::cli::code::Code;
use crate::cli::error::{Failure, exit};
use crate::cli::input_file::read_file;
use crate::export::write_once;
use crate::ledger::Digest;
use crate::ledger::request::{KEY_REQUEST_TYPE, REQUEST_BYTES_MAX};

/// The longest file of requests: what is written is read again.
pub(in crate::cli) const FILE_BYTES_MAX: usize = 64 << 20;

const CONTENT: &str = r#"{"content":""#;
const END: &str = r#""}"#;

/// What is in a file of requests.
#[derive(Debug, Default)]
pub(in crate::cli) struct RequestFile {
    /// The requests, in their order.
    pub(in crate::cli) requests: Vec<String>,
    /// The content that goes with them.
    pub(in crate::cli) contents: BTreeMap<Digest, Vec<u8>>,
}

impl RequestFile {
    /// The bytes of the file.
    fn bytes(&self) -> Vec<u8> {
        let mut text = String::new();
        for bytes in self.contents.values() {
            text.push_str(CONTENT);
            text.push_str(&Base64::encode_string(bytes));
            text.push_str(END);
            text.push('\n');
        }
        for request in &self.requests {
            text.push_str(request);
            text.push('\n');
        }
        text.into_bytes()
    }

    /// Writes it whole, and never over something else.
    ///
    /// # Errors
    /// [`Failure`].
    pub(in crate::cli) fn write(&self, path: &Path) -> Result<(), Failure> {
        let bytes = self.bytes();
        if bytes.len() > FILE_BYTES_MAX {
            let text = format!(
                "the request would have {} bytes, and {FILE_BYTES_MAX} is the most; send large \
                 files apart, and have only their digests recorded",
                bytes.len()
            );
            return Err(Failure::usage(text));
        }
        write_once::put(path, &bytes)?;
        Ok(())
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`Failure`] for a file that is not of this form.
    pub(in crate::cli) fn read(path: &Path) -> Result<Self, Failure> {
        Self::parse(&read_file(path)?).map_err(|why| refused(path, &why))
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
        let text = text.strip_suffix('\n').ok_or("its last line does not end: it was cut short")?;
        let mut file = Self::default();
        for (number, line) in (1..).zip(text.split('\n')) {
            match line.strip_prefix(CONTENT).and_then(|rest| rest.strip_suffix(END)) {
                Some(text) => {
                    let bytes = Base64::decode_vec(text)
                        .map_err(|_| format!("line {number} is content that is no base64"))?;
                    file.contents.insert(Digest::of(&bytes), bytes);
                }
                None if line.len() > REQUEST_BYTES_MAX => {
                    return Err(format!("line {number} is longer than a request may be"));
                }
                None => file.requests.push(line.to_owned()),
            }
        }
        Ok(file)
    }
}

/// A file of requests that cannot be taken.
pub(in crate::cli) fn refused(path: &Path, why: &str) -> Failure {
    let text = format!("{}: {why}", path.display());
    Failure::new(Code::RequestRefused, exit::INPUT, text)
}

/// Says whether a text may be a request to be admitted: what is told to whoever takes it for another.
pub(in crate::cli) fn asks_for_a_key(text: &str) -> bool {
    let payload = text.strip_prefix(r#"{"payload":""#).and_then(|rest| rest.split('"').next());
    let payload = payload.and_then(|payload| Base64::decode_vec(payload).ok());
    payload.is_some_and(|bytes| String::from_utf8_lossy(&bytes).contains(KEY_REQUEST_TYPE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let contents = [b"one".to_vec(), Vec::new(), vec![0; 70_000]];
        let file = RequestFile {
            requests: vec!["{\"a\":1}".to_owned(), "{}".to_owned()],
            contents: contents.into_iter().map(|bytes| (Digest::of(&bytes), bytes)).collect(),
        };
        let read = RequestFile::parse(&file.bytes()).unwrap();
        assert_eq!((&read.requests, &read.contents), (&file.requests, &file.contents));
    }

    #[test]
    fn what_is_no_such_file_is_named() {
        let long = format!("{}\n", "x".repeat(REQUEST_BYTES_MAX + 1));
        for (bad, why) in [
            (&b"\xff\n"[..], "UTF-8"),
            (b"", "cut short"),
            (b"{}", "cut short"),
            (b"{\"content\":\"AAA\"}\n", "line 1"),
            (b"{}\n{\"content\":\"AAAB=\"}\n", "line 2"),
            (long.as_bytes(), "longer"),
        ] {
            let found = RequestFile::parse(bad).unwrap_err();
            assert!(found.contains(why), "{found}");
        }
    }
}

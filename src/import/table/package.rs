//! A workbook's package: a zip file of parts, of which nothing is unpacked before it is bounded.

use std::io::{BufReader, Cursor, Read as _};

use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::xml::{Bounded, Xml, bad, too_large};
use crate::domain::problem_code::ProblemCode;
use crate::import::problem::Fault;

/// Parts of a package; large workbooks have some hundreds.
const PARTS_MAX: usize = 10_000;
/// Bytes of one part when it is unpacked.
const PART_BYTES_MAX: u64 = 128 << 20;

/// A part as XML.
pub(super) type Part<'p, 'b> = Xml<BufReader<Bounded<ZipFile<'p, Cursor<&'b [u8]>>>>>;

/// A zip file in memory.
pub(super) struct Package<'b> {
    archive: ZipArchive<Cursor<&'b [u8]>>,
}

impl<'b> Package<'b> {
    /// Reads the list of parts.
    ///
    /// # Errors
    /// [`Fault`] where it is no zip file, or has too many parts.
    pub(super) fn open(bytes: &'b [u8]) -> Result<Self, Fault> {
        // Each part takes memory before the first is looked at.
        let heads = memchr::memmem::find_iter(bytes, b"PK\x01\x02").take(PARTS_MAX + 1).count();
        if heads > PARTS_MAX {
            return Err(too_large(&format!("has more than {PARTS_MAX} parts")));
        }
        let archive = ZipArchive::new(Cursor::new(bytes))
            .map_err(|_| bad("it begins like a zip file, but is damaged or cut short"))?;
        Ok(Self { archive })
    }

    /// Says whether there is a part of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.archive.index_for_name(name).is_some()
    }

    /// Says whether any part's name begins so.
    pub(super) fn any(&self, prefix: &str) -> bool {
        self.archive.file_names().flatten().any(|name| name.starts_with(prefix))
    }

    /// Opens a part; none where there is none of this name.
    ///
    /// # Errors
    /// [`Fault`] where it is too large, or packed in a way that no workbook is.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<Part<'_, 'b>>, Fault> {
        let file = match self.archive.by_name(name) {
            Ok(file) => file,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(_) => return Err(bad("a part of it is packed in a way that is not read")),
        };
        if file.encrypted() {
            return Err(locked());
        }
        if file.size() > PART_BYTES_MAX {
            let most = PART_BYTES_MAX;
            return Err(too_large(&format!(
                "unpacks to {} bytes in one part; at most {most} are read",
                file.size()
            )));
        }
        Ok(Some(Xml::new(Bounded::new(file, PART_BYTES_MAX))))
    }

    /// Returns the first bytes of a part.
    pub(super) fn start(&mut self, name: &str, most: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        if let Ok(file) = self.archive.by_name(name) {
            // What cannot be unpacked is not what was looked for.
            let _ = file.take(most).read_to_end(&mut bytes);
        }
        bytes
    }
}

/// Says that only its password opens the workbook.
pub(super) fn locked() -> Fault {
    Fault::new(ProblemCode::NotText, "the workbook is encrypted with a password")
        .help("open it in a spreadsheet program, save a copy without a password, and import that")
}

//! The list of a bundle, `bundle.json`, and whether the folder holds exactly what it says.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::journal::audit::{Finding, Place};
use crate::ledger::json::{canonical, parse_canonical};
use crate::ledger::{Digest, Origin};

/// Name of the list.
pub const MANIFEST: &str = "bundle.json";

/// The longest list that is read, in bytes: some 500,000 files.
const MANIFEST_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What `format` says.
const FORMAT: &str = "dspt-bundle/1";

/// One file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Its path below the folder, with `/`.
    pub name: String,
    /// SHA-256 of its bytes in hexadecimal.
    pub sha256: String,
    /// How many bytes it has.
    pub size: u64,
}

/// What a bundle leaves out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withheld {
    /// Digests of content that the ledger keeps and the bundle does not hold, sorted.
    pub content: Vec<String>,
    /// How many entries are not given out.
    pub entries: u64,
}

/// The list of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Every other file, sorted by name.
    pub files: Vec<Listed>,
    /// The format and its version.
    pub format: String,
    /// The one item that it is about; none for a whole ledger.
    pub item: Option<String>,
    /// The ledger.
    pub ledger: String,
    /// Root of the tree, base64.
    pub root: String,
    /// How many entries the tree has.
    pub size: u64,
    /// What is left out.
    pub withheld: Withheld,
}

impl Manifest {
    /// Makes a list of this version.
    pub fn new(ledger: &Origin, size: u64, root: &Digest, item: Option<String>) -> Self {
        Self {
            files: Vec::new(),
            format: FORMAT.to_owned(),
            item,
            ledger: ledger.to_string(),
            root: root.base64(),
            size,
            withheld: Withheld::default(),
        }
    }

    /// Returns its bytes.
    ///
    /// # Errors
    /// A value without a canonical form, such as a size past 2^53.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let value = serde_json::to_value(self).map_err(|error| error.to_string())?;
        canonical(&value).map(String::into_bytes).map_err(|error| error.to_string())
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let value = parse_canonical(bytes).map_err(|error| error.to_string())?;
        let found: Self = serde_json::from_value(value).map_err(|error| error.to_string())?;
        if found.format != FORMAT {
            return Err(format!("its format is `{}`, not {FORMAT}", shown(&found.format)));
        }
        if !found.files.is_sorted_by(|a, b| a.name < b.name) {
            return Err("the files are not in order, or one stands twice".to_owned());
        }
        if !found.withheld.content.is_sorted_by(|a, b| a < b) {
            return Err("what is withheld is not in order, or stands twice".to_owned());
        }
        if let Some(bad) = found.files.iter().find(|file| !is_name(&file.name)) {
            return Err(format!("`{}` is not the name of a file in a bundle", shown(&bad.name)));
        }
        let digests = found.files.iter().map(|file| &file.sha256).chain(&found.withheld.content);
        if let Some(bad) = digests.into_iter().find(|text| Digest::from_hex(text).is_err()) {
            return Err(format!("`{}` is not a SHA-256", shown(bad)));
        }
        Ok(found)
    }
}

fn shown(text: &str) -> String {
    crate::domain::text::safe(text).chars().take(80).collect()
}

/// Parts of letters, digits, `.`, `_` and `-`, none of which begins with a dot.
fn is_name(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let is_part =
        |part: &str| !part.is_empty() && !part.starts_with('.') && part.bytes().all(inner);
    name != MANIFEST && name.split('/').all(is_part)
}

fn fault(place: &str, rule: &'static str, text: impl Into<String>) -> Finding {
    Finding { place: Place::File(place.to_owned()), rule, text: text.into() }
}

/// Reads the list of the bundle in `folder`, and checks that the folder holds the files of the list,
/// to the byte, and nothing else.
///
/// # Errors
/// The first rule broken: `manifest`, `file-missing`, `file-extra` or `file-differs`.
pub fn check(folder: &Path) -> Result<Manifest, Finding> {
    let bytes = read_at_most(&folder.join(MANIFEST), MANIFEST_BYTES_MAX)
        .map_err(|why| fault(MANIFEST, "manifest", why))?;
    let manifest = Manifest::parse(&bytes).map_err(|why| fault(MANIFEST, "manifest", why))?;
    let mut there = BTreeSet::new();
    list(folder, "", &mut there)?;
    if let Some(file) = manifest.files.iter().find(|file| !there.contains(&file.name)) {
        return Err(fault(&file.name, "file-missing", "the list names it; it is not there"));
    }
    for file in &manifest.files {
        there.remove(&file.name);
        let (found, size) = digest(&folder.join(&file.name), file.size)
            .map_err(|why| fault(&file.name, "file-differs", why))?;
        if size != file.size || found.hex() != file.sha256 {
            let text = format!(
                "the list says {} bytes with SHA-256 {}, found are others",
                file.size, file.sha256
            );
            return Err(fault(&file.name, "file-differs", text));
        }
    }
    there.remove(MANIFEST);
    match there.into_iter().next() {
        Some(name) => {
            Err(fault(&shown(&name), "file-extra", "the list does not name it; remove it"))
        }
        None => Ok(manifest),
    }
}

/// Deeper than any name in a bundle.
const DEPTH_MAX: usize = 12;

/// Collects the files below a folder. A link, or a folder without a file, is a fault.
fn list(folder: &Path, prefix: &str, there: &mut BTreeSet<String>) -> Result<(), Finding> {
    let wrong = |error: std::io::Error| fault(&shown(prefix), "file-missing", error.to_string());
    let extra = |name: &str, what: &str| fault(&shown(name), "file-extra", what);
    let mut count = 0_u64;
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let Ok(part) = entry.file_name().into_string() else {
            return Err(extra(prefix, "a name in it is not UTF-8"));
        };
        let name = if prefix.is_empty() { part } else { format!("{prefix}/{part}") };
        let kind = entry.file_type().map_err(wrong)?;
        if kind.is_dir() && name.split('/').count() < DEPTH_MAX {
            list(&entry.path(), &name, there)?;
        } else if kind.is_file() {
            there.insert(name);
        } else {
            return Err(extra(&name, "it is no plain file"));
        }
        count += 1;
    }
    if count == 0 { Err(extra(prefix, "the folder is empty")) } else { Ok(()) }
}

/// Reads a file that must not be longer than `most` bytes.
///
/// # Errors
/// Why it cannot be read.
pub fn read_at_most(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > most {
        return Err(format!("it has more than {most} bytes"));
    }
    Ok(bytes)
}

/// Hashes a file, and counts its bytes up to one more than expected.
fn digest(path: &Path, expected: u64) -> Result<(Digest, u64), String> {
    let bytes = read_at_most(path, expected)?;
    Ok((Digest::of(&bytes), bytes.len() as u64))
}

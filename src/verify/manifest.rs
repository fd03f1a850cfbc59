//! The list of a bundle, `bundle.json`, and whether the folder holds exactly what it says.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::finding::Finding;
use super::rule::Rule;
use crate::domain::ids::ItemRef;
use crate::durable::{self, ReadError};
use crate::ledger::json::{canonical, is_denser, parse_canonical};
use crate::ledger::{Digest, Digester, Origin, TilePath};

/// The name of the head in a folder.
pub const CHECKPOINT: &str = "checkpoint";

/// Name of the list.
pub const MANIFEST: &str = "bundle.json";

/// The longest list that is read, in bytes: more than 100,000 files.
pub(crate) const MANIFEST_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// What `format` says.
const FORMAT: &str = "dspt-bundle/2";

/// The form before, without a digest of the list itself.
const FIRST_FORMAT: &str = "dspt-bundle/1";

/// The field that holds the digest of all others.
const DIGEST: &str = "digest";

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

/// The list of a bundle. As bytes it has one field more, the digest of all others: no signature, but
/// no byte of it changes unseen.
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
        let mut value = serde_json::to_value(self).map_err(|error| error.to_string())?;
        let digest = digest_of(&value)?;
        if let Some(fields) = value.as_object_mut().filter(|_| self.format == FORMAT) {
            fields.insert(DIGEST.to_owned(), Value::String(digest));
        }
        canonical(&value).map(String::into_bytes).map_err(|error| error.to_string())
    }

    /// Reads a list, whose digest and form must be right.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        if is_dense(bytes) {
            return Err("it is no list of files".to_owned());
        }
        let mut value = parse_canonical(bytes).map_err(|error| error.to_string())?;
        let digest = value.as_object_mut().and_then(|fields| fields.remove(DIGEST));
        let same = digest == Some(Value::String(digest_of(&value)?));
        let found: Self = serde_json::from_value(value).map_err(|error| error.to_string())?;
        match found.format.as_str() {
            FORMAT if same => {}
            FORMAT => return Err("its digest is not that of the rest of it".to_owned()),
            FIRST_FORMAT if digest.is_none() && found.item.is_none() => {}
            FIRST_FORMAT if digest.is_none() => {
                return Err(format!(
                    "its format is {FIRST_FORMAT}, in which nothing binds the name of the item; \
                     ask for a bundle made by a newer version"
                ));
            }
            other => return Err(format!("its format is `{}`, not {FORMAT}", shown(other))),
        }
        if !found.files.is_sorted_by(|a, b| a.name < b.name) {
            return Err("the files are not in order, or one stands twice".to_owned());
        }
        if !found.withheld.content.is_sorted_by(|a, b| a < b) {
            return Err("what is withheld is not in order, or stands twice".to_owned());
        }
        if let Some(bad) = found.files.iter().find(|file| !is_path(&file.name)) {
            return Err(format!("`{}` is not the name of a file in a bundle", shown(&bad.name)));
        }
        let digests = found.files.iter().map(|file| &file.sha256).chain(&found.withheld.content);
        if let Some(bad) = digests.into_iter().find(|text| Digest::from_hex(text).is_err()) {
            return Err(format!("`{}` is not a SHA-256", shown(bad)));
        }
        found.fits()?;
        Ok(found)
    }

    /// What it must be about, given which kind of bundle it is of.
    fn fits(&self) -> Result<(), String> {
        Origin::parse(&self.ledger).map_err(|error| error.to_string())?;
        Digest::from_base64(&self.root).map_err(|_| "its root is no hash".to_owned())?;
        if self.size == 0 {
            return Err("it is about no entry".to_owned());
        }
        // Each entry is in a file of at most 256: so no more are spoken of than can be there.
        let most = (self.files.len() as u64).saturating_mul(256);
        if self.item.is_none() && self.size > most {
            return Err(format!("it speaks of {} entries, and names too few files", self.size));
        }
        if let Some(item) = &self.item {
            item.parse::<ItemRef>().map_err(|error| error.to_string())?;
        }
        if !self.files.iter().any(|file| file.name == CHECKPOINT) {
            return Err("it lists no checkpoint".to_owned());
        }
        let names = || self.files.iter().map(|file| file.name.as_str());
        let wrong = if self.item.is_some() { "tile/" } else { "entries/" };
        if let Some(name) = names().find(|name| name.starts_with(wrong)) {
            return Err(format!("a bundle of this kind has no {name}"));
        }
        let places = names().filter_map(|name| name.strip_prefix("entries/"));
        let given: Vec<u64> =
            places.filter_map(|name| name.strip_suffix(".json").and_then(place)).collect();
        if let Some(seq) = given.iter().find(|seq| **seq >= self.size) {
            return Err(format!("it lists the entry {seq} of {}", self.size));
        }
        let withheld = match self.item {
            None => 0,
            Some(_) => self.size - given.len() as u64,
        };
        if self.withheld.entries == withheld {
            return Ok(());
        }
        Err(format!("it says that {} entries are withheld, {withheld} are", self.withheld.entries))
    }
}

/// Says whether bytes hold more values than any list of their length: a file that is listed has a
/// digest and so at least 100 bytes of its own.
fn is_dense(bytes: &[u8]) -> bool {
    is_denser(bytes, 100, 12)
}

/// The digest of a list that has none yet.
fn digest_of(value: &Value) -> Result<String, String> {
    let text = canonical(value).map_err(|error| error.to_string())?;
    Ok(Digest::of(text.as_bytes()).hex())
}

fn shown(text: &str) -> String {
    crate::domain::sanitize::safe(text).chars().take(80).collect()
}

/// A place or a size as names have it: decimal, with one spelling.
fn place(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text && text.len() <= 15).then_some(number)
}

/// Says whether a name is a path of the table in `docs/FORMAT.md`, section 15.
fn is_path(name: &str) -> bool {
    let numbered = |text: &str, end: &str| text.strip_suffix(end).and_then(place).is_some();
    let Some((folder, rest)) = name.split_once('/') else {
        return matches!(
            name,
            "checkpoint" | "policy" | "statement.json" | "README.txt" | "FORMAT.md" | "verify.py"
        );
    };
    match folder {
        "tile" => TilePath::parse(name).is_ok(),
        "entries" => numbered(rest, ".json"),
        "content" | "evidence" => Digest::from_hex(rest).is_ok(),
        "proofs" => numbered(rest, ".tlog-proof"),
        "anchors" => numbered(rest, ".checkpoint") || numbered(rest, ".tsr"),
        "consistency" => rest
            .strip_suffix(".add-checkpoint")
            .and_then(|sizes| sizes.split_once('-'))
            .is_some_and(|(old, new)| place(old).is_some() && place(new).is_some()),
        _ => false,
    }
}

/// Reads the list of the bundle in `folder`, and checks that the folder holds the files of the list,
/// to the byte, and nothing else.
///
/// # Errors
/// The first rule broken: `manifest`, `file-missing`, `file-extra` or `file-differs`.
pub fn check(folder: &Path) -> Result<Manifest, Finding> {
    let bytes = read(folder, MANIFEST, MANIFEST_BYTES_MAX, Rule::Manifest)?;
    let manifest =
        Manifest::parse(&bytes).map_err(|why| Finding::in_file(MANIFEST, Rule::Manifest, why))?;
    let (mut there, mut odd) = (BTreeSet::new(), None);
    list(folder, "", &mut there, &mut odd)?;
    if let Some(file) = manifest.files.iter().find(|file| !there.contains(&file.name)) {
        return Err(Finding::in_file(
            &file.name,
            Rule::FileMissing,
            "the list names it; it is not there",
        ));
    }
    if let Some(odd) = odd {
        return Err(odd);
    }
    there.remove(MANIFEST);
    let listed: BTreeSet<&str> = manifest.files.iter().map(|file| &*file.name).collect();
    if let Some(name) = there.into_iter().find(|name| !listed.contains(&**name)) {
        return Err(Finding::in_file(
            &shown(&name),
            Rule::FileExtra,
            "the list does not name it; remove it",
        ));
    }
    for file in &manifest.files {
        let (found, size) = digest(&folder.join(&file.name), file.size)
            .map_err(|error| unread(&file.name, Rule::FileDiffers, &error))?;
        if size != file.size || found.hex() != file.sha256 {
            let text = format!(
                "the list says {} bytes with SHA-256 {}, found are others",
                file.size, file.sha256
            );
            return Err(Finding::in_file(&file.name, Rule::FileDiffers, text));
        }
    }
    Ok(manifest)
}

/// Deeper than any name in a bundle.
const DEPTH_MAX: usize = 12;

/// Collects the files below a folder. The first link, or folder without a file, is `odd`.
fn list(
    folder: &Path,
    prefix: &str,
    there: &mut BTreeSet<String>,
    odd: &mut Option<Finding>,
) -> Result<(), Finding> {
    let wrong =
        |error: std::io::Error| unread(&shown(prefix), Rule::FileMissing, &ReadError::from(error));
    let extra = |name: &str, what: &str| Finding::in_file(&shown(name), Rule::FileExtra, what);
    let mut count = 0_u64;
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        count += 1;
        let Ok(part) = entry.file_name().into_string() else {
            odd.get_or_insert_with(|| extra(prefix, "a name in it is not UTF-8"));
            continue;
        };
        let name = if prefix.is_empty() { part } else { format!("{prefix}/{part}") };
        let kind = entry.file_type().map_err(wrong)?;
        if kind.is_dir() && name.split('/').count() < DEPTH_MAX {
            list(&entry.path(), &name, there, odd)?;
        } else if kind.is_file() {
            there.insert(name);
        } else {
            odd.get_or_insert_with(|| extra(&name, "it is no plain file"));
        }
    }
    if count == 0 {
        odd.get_or_insert_with(|| extra(prefix, "the folder is empty"));
    }
    Ok(())
}

/// Reads a file that must not be longer than `most` bytes.
///
/// # Errors
/// Why it cannot be read.
pub fn read_at_most(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    durable::read_at_most(path, most).map_err(|error| error.to_string())
}

/// Reads a file of a bundle that must not be longer than `most` bytes.
///
/// # Errors
/// A finding of the rule given, or [`Rule::Unreadable`] where the system does not let it be read.
pub(crate) fn read(folder: &Path, name: &str, most: u64, rule: Rule) -> Result<Vec<u8>, Finding> {
    durable::read_at_most(&folder.join(name), most).map_err(|error| unread(name, rule, &error))
}

/// What a file that was not read says about its bundle.
pub(crate) fn unread(name: &str, rule: Rule, error: &ReadError) -> Finding {
    Finding::in_file(
        name,
        if error.is_refusal() { Rule::Unreadable } else { rule },
        error.to_string(),
    )
}

/// Hashes a file that must not be longer than expected, and counts its bytes.
pub(crate) fn digest(path: &Path, expected: u64) -> Result<(Digest, u64), ReadError> {
    let mut hash = Digester::new();
    let bytes = durable::read_blocks(path, expected, |block| hash.add(block))?;
    Ok((hash.finish(), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_and_what_would_fill_the_memory_is_not() {
        let origin = Origin::parse("ledger.example/a/b").unwrap();
        let mut manifest = Manifest::new(&origin, 7, &Digest::of(b""), None);
        let file = |name: String| Listed { name, sha256: Digest::of(b"").hex(), size: 1 };
        manifest.files = (0_u32..9_000)
            .map(|number| file(format!("content/{}", Digest::of(&number.to_be_bytes()).hex())))
            .collect();
        manifest.files.push(file(CHECKPOINT.to_owned()));
        // The shortest names there are, and as many as there can be of them.
        manifest.files.extend((0..9_000).map(|number| file(format!("proofs/{number}.tlog-proof"))));
        manifest.withheld.content = (0_u32..9_000)
            .map(|number| Digest::of(&(number + 9_000).to_be_bytes()).hex())
            .collect();
        manifest.files.sort_by(|one, other| one.name.cmp(&other.name));
        manifest.withheld.content.sort();
        let bytes = manifest.to_bytes().unwrap();
        assert_eq!(Manifest::parse(&bytes).unwrap(), manifest);
        for part in ["[],", "{},", "{\"a\":1},", "0,", "\"\":1,"] {
            let bytes = format!("[{}0]", part.repeat(100_000)).into_bytes();
            assert_eq!(Manifest::parse(&bytes).unwrap_err(), "it is no list of files", "{part}");
        }
    }
}

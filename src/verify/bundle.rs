//! Examining a folder of tiles or a bundle: what is checked of it besides the ledger inside.

use std::fmt::Write as _;
use std::path::Path;

use super::bundle_files::{Bundle, readable};
use super::examine::{Examination, Trust, examine};
use super::extra_files::{StrayError, strays};
use super::finding::{Finding, PhaseResult, add_to, put};
use super::folder::Folder;
use super::incremental::{Effort, audit_since};
use super::item_bundle::examine_item;

pub use super::bundle_files::{STATEMENT, is_cited};
use super::known_heads::Memory;
use super::manifest::{MANIFEST, Manifest, check, unread};
use super::rule::{Phase, Rule};
use crate::domain::sanitize::counted;
use crate::durable::ReadError;
use crate::ledger::TilePath;
use crate::store::StoreError;

/// Why a folder could not be examined at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is not what it says, before any entry is read.
    #[error(transparent)]
    Fault(#[from] Finding),
    /// A file of it that the system does not let be read: nothing was decided.
    #[error("{0}")]
    Unreadable(Finding),
    /// It cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a bundle holds and a folder of tiles does not.
const OF_BUNDLES: [&str; 10] = [
    MANIFEST,
    "FORMAT.md",
    "anchors",
    "consistency",
    "content",
    "entries",
    "evidence",
    "proofs",
    STATEMENT,
    "verify.py",
];

/// Says whether a folder is a bundle rather than tiles alone. A bundle without its list is one, and
/// a damaged one: else whoever removes the list would have less of it checked.
pub fn is_bundle(path: &Path) -> bool {
    OF_BUNDLES.iter().any(|name| path.join(name).symlink_metadata().is_ok())
}

/// Examines a folder of tiles, or the bundle of a whole ledger.
///
/// # Errors
/// [`OpenError`] when there is nothing to examine: a list or a head that is not one, a file that
/// was changed.
pub fn examine_folder(
    path: &Path,
    trust: &Trust<'_>,
    memory: &Memory,
) -> Result<Examination, OpenError> {
    match examined(path, trust, memory) {
        Err(OpenError::Fault(finding)) if finding.rule == Rule::Unreadable => {
            Err(OpenError::Unreadable(finding))
        }
        Ok(found) => match found.phases.iter().find_map(not_read) {
            Some(finding) => Err(OpenError::Unreadable(finding.clone())),
            None => Ok(found),
        },
        other => other,
    }
}

fn not_read(phase: &PhaseResult) -> Option<&Finding> {
    phase.fault().filter(|finding| finding.rule == Rule::Unreadable)
}

fn examined(path: &Path, trust: &Trust<'_>, memory: &Memory) -> Result<Examination, OpenError> {
    let manifest = if is_bundle(path) { Some(check(path)?) } else { None };
    let folder = Folder::open(path, manifest.as_ref())?;
    if let Some(manifest) = manifest.as_ref().filter(|manifest| manifest.item.is_some()) {
        let mut found = examine_item(path, manifest, &folder, trust)??;
        let text = listed(manifest);
        put(&mut found.phases, PhaseResult::good(Phase::Bundle, text));
        return Ok(found);
    }
    let tiles = folder.tiles();
    let audit = audit_since(&folder, memory, Effort::Everything, |_| {});
    if let Some(finding) = folder.refused() {
        return Err(OpenError::Unreadable(finding));
    }
    let audit = audit.map_err(|error| match folder.misplaced() {
        Some(finding) => finding.into(),
        None => missing_tile(path, error),
    })?;
    let mut found = examine(audit, Some(folder.head()), trust);
    folder.placed(&mut found.phases);
    let tiles = tiles.and_then(|count| match manifest.as_ref().and_then(more_tiles) {
        Some(name) => {
            Err(Finding::in_file(name, Rule::Tile, "a tree of this size has no such tile"))
        }
        None => Ok(format!("{count} files of tiles, made again from the entries")),
    });
    let tiles = match &manifest {
        None => tiles.and_then(|text| Ok(text + &others(path, folder.claimed().size)?)),
        Some(_) => tiles,
    };
    add_to(&mut found.phases, Phase::Root, tiles);
    if let Some(manifest) = &manifest {
        let text = listed(manifest);
        put(&mut found.phases, PhaseResult::good(Phase::Bundle, text));
        // Which files must be there for what is newer than this program is not known.
        if let Some(ledger) = readable(&found.audit).filter(|_| found.audit.undecided.is_none()) {
            let bundle = Bundle { path, manifest, folder: &folder, ledger };
            for one in bundle.phases(&found.audit.counts) {
                put(&mut found.phases, one);
            }
        }
    }
    Ok(found)
}

/// What is in a folder of tiles beside those of its head, in words.
fn others(folder: &Path, size: u64) -> Result<String, Finding> {
    let bad = |error: StrayError| match error {
        StrayError::Tile(error) => Finding::in_file("tile", Rule::Tile, error.to_string()),
        StrayError::Io { path, source } => {
            let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
            unread(&name, Rule::Tile, &ReadError::from(source))
        }
    };
    let found = strays(folder, size).map_err(bad)?;
    let mut text = String::new();
    if found.older > 0 {
        let _ = write!(text, "; {} of smaller sizes fit", counted(found.older, "partial file"));
    }
    if found.unchecked > 0 {
        let count = counted(found.unchecked, "file");
        let _ = write!(text, "; not checked, since this size has no such: {count}");
    }
    Ok(text)
}

fn listed(manifest: &Manifest) -> String {
    format!(
        "{} files, and nothing else; README.txt, FORMAT.md, verify.py and policy among them are what \
         the maker of the bundle says, and prove nothing",
        manifest.files.len()
    )
}

/// A tile or entry bundle that no entry can be read without is a fault of the folder; what else
/// cannot be read is not.
fn missing_tile(folder: &Path, error: StoreError) -> OpenError {
    let StoreError::Missing { path } = &error else { return error.into() };
    match path.strip_prefix(folder) {
        Ok(inner) if inner.starts_with("tile") => {
            let name = inner.to_string_lossy().replace('\\', "/");
            Finding::in_file(&name, Rule::Tile, "it is missing, or its size is another").into()
        }
        _ => error.into(),
    }
}

/// A tile that the list names and the size of the tree does not ask for.
fn more_tiles(manifest: &Manifest) -> Option<&str> {
    // Each is asked for by itself: the size is a claim, and could be of more tiles than memory holds.
    let wanted = |name: &str| {
        let path = TilePath::parse(name).ok();
        path.is_some_and(|path| path.at_size(manifest.size) == Some(path))
    };
    let mut listed = manifest.files.iter().map(|file| file.name.as_str());
    listed.find(|name| name.starts_with("tile/") && !wanted(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Digest, Origin};
    use crate::verify::manifest::Listed;

    #[test]
    fn a_size_that_no_folder_holds_is_looked_at_for_each_listed_tile_alone() {
        let origin = Origin::parse("ledger.example/a/b").unwrap();
        let of = |size, names: &[&str]| {
            let mut manifest = Manifest::new(&origin, size, &Digest::of(b""), None);
            manifest.files = names
                .iter()
                .map(|name| Listed { name: (*name).to_owned(), sha256: String::new(), size: 0 })
                .collect();
            more_tiles(&manifest).map(str::to_owned)
        };
        let most = (1 << 53) - 1;
        assert_eq!(of(most, &["tile/0/000", "tile/entries/x123/456", "verify.py"]), None);
        assert_eq!(of(most, &["tile/0/000.p/7"]).unwrap(), "tile/0/000.p/7");
        let small = ["tile/0/000.p/7", "tile/entries/000.p/7"];
        assert_eq!(of(7, &small), None);
        for more in ["tile/0/000", "tile/0/000.p/6", "tile/0/001.p/1", "tile/1/000.p/1"] {
            assert_eq!(of(7, &[small[0], more, small[1]]).unwrap(), more);
        }
    }
}

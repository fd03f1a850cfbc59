//! A bundle whose files are not what they should be, though its head and its entries are.

use std::path::Path;

use super::error::kit as valid;
use super::forge::{self, Files};
use super::sample;
use super::{BUNDLE, Damage, Kit, KitError};
use crate::ledger::{ConsistencyFile, Digest};
use crate::verify::manifest::{MANIFEST, Manifest};
use crate::verify::published::NAME;
use crate::verify::rule::{Phase, Rule};

/// The entries that the status of item 7.3.5 rests on, with those that a stranger needs for keys.
pub(super) const RESTORED: &[u64] = &[0, 1, 2, 4, 5, 8, 11, 14, 16];

type Done = Result<(), KitError>;

/// Every such damage.
pub(super) const ALL: &[Damage] = &[
    Damage::new(
        "list-respelt",
        (Phase::Bundle, Rule::Manifest),
        "the list of files ends in a newline, which it must not",
        list_respelt,
    ),
    Damage::new(
        "file-lost",
        (Phase::Bundle, Rule::FileMissing),
        "a file of the list is gone",
        file_lost,
    ),
    Damage::new(
        "file-added",
        (Phase::Bundle, Rule::FileExtra),
        "there is a file that the list does not name",
        file_added,
    ),
    Damage::new(
        "file-changed",
        (Phase::Bundle, Rule::FileDiffers),
        "a file is not the one of the list",
        file_changed,
    ),
    Damage::new(
        "other-list",
        (Phase::Head, Rule::CheckpointPlace),
        "the list names the root of another tree than the head",
        other_list,
    ),
    Damage::new(
        "tile-lost",
        (Phase::Root, Rule::Tile),
        "the tile of leaf hashes is neither there nor in the list",
        tile_lost,
    ),
    Damage::new(
        "tile-damaged",
        (Phase::Entries, Rule::LeafDiffers),
        "one bit of a leaf hash in a tile was changed, and the list made anew",
        tile_damaged,
    ),
    Damage::new(
        "tile-tail",
        (Phase::Root, Rule::Tile),
        "bytes follow the last hash of a tile, and the list was made anew",
        tile_tail,
    ),
    Damage::new(
        "tile-beyond",
        (Phase::Root, Rule::Tile),
        "beside the tiles lies one of a larger tree, and the list was made anew",
        tile_beyond,
    ),
    Damage::new(
        "content-swapped",
        (Phase::Content, Rule::ContentDiffers),
        "two stored files changed places, and the list was made anew",
        content_swapped,
    ),
    Damage::new(
        "content-lost",
        (Phase::Content, Rule::ContentMissing),
        "a stored file is gone, and the list made anew",
        content_lost,
    ),
    Damage::new(
        "content-smuggled",
        (Phase::Content, Rule::ContentUnnamed),
        "there is a stored file that no entry names",
        content_smuggled,
    ),
    Damage::new(
        "evidence-swapped",
        (Phase::Content, Rule::ContentDiffers),
        "the evidence that the ledger only names is another file",
        evidence_swapped,
    ),
    Damage::new(
        "evidence-smuggled",
        (Phase::Content, Rule::ContentUnnamed),
        "there is evidence that no entry names",
        evidence_smuggled,
    ),
    Damage::new(
        "withheld-lie",
        (Phase::Content, Rule::ContentUnnamed),
        "the list says that a file is withheld which is there",
        withheld_lie,
    ),
    Damage::new(
        "proof-of-another",
        (Phase::Proofs, Rule::Proof),
        "the proof of entry 13 is that of entry 18",
        proof_of_another,
    ),
    Damage::new(
        "prefix-unproved",
        (Phase::Proofs, Rule::Consistency),
        "one hash of the proof that the kept head is a prefix was changed",
        prefix_unproved,
    ),
    Damage::new(
        "statement-altered",
        (Phase::Statement, Rule::Statement),
        "the statement in the bundle is not the one that was published",
        statement_altered,
    ),
    Damage::new(
        "item-renamed",
        (Phase::Item, Rule::Item),
        "a bundle of one item names another item than its entries speak of",
        item_renamed,
    ),
];

/// Writes the bundle with files that its list does not know.
fn unlisted(kit: &Kit, to: &Path, change: impl FnOnce(&mut Files)) -> Done {
    let mut files = kit.bundle.clone();
    change(&mut files);
    forge::write(&to.join(BUNDLE), &files)
}

/// The names of the files in a folder of the bundle.
fn names(files: &Files, folder: &str) -> Vec<String> {
    files.keys().filter(|name| name.starts_with(folder)).cloned().collect()
}

fn first(files: &Files, folder: &str) -> Result<String, KitError> {
    let name = names(files, folder).into_iter().next();
    name.ok_or_else(|| KitError::Material(format!("no file in {folder}")))
}

fn list_respelt(kit: &Kit, to: &Path) -> Done {
    unlisted(kit, to, |files| files.entry(MANIFEST.to_owned()).or_default().push(b'\n'))
}

fn file_lost(kit: &Kit, to: &Path) -> Done {
    unlisted(kit, to, |files| drop(files.remove("policy")))
}

fn file_added(kit: &Kit, to: &Path) -> Done {
    unlisted(kit, to, |files| drop(files.insert("please-read.txt".to_owned(), b"run me\n".into())))
}

fn file_changed(kit: &Kit, to: &Path) -> Done {
    unlisted(kit, to, |files| files.entry("policy".to_owned()).or_default().push(b'\n'))
}

/// Changes the list itself; the files stay.
fn relisted(kit: &Kit, to: &Path, change: impl FnOnce(&mut Manifest)) -> Done {
    let mut files = kit.bundle.clone();
    let bytes = files.remove(MANIFEST).unwrap_or_default();
    let mut list = valid(Manifest::parse(&bytes))?;
    change(&mut list);
    files.insert(MANIFEST.to_owned(), valid(list.to_bytes())?);
    forge::write(&to.join(BUNDLE), &files)
}

fn other_list(kit: &Kit, to: &Path) -> Done {
    relisted(kit, to, |list| list.root = super::elsewhere().base64())
}

fn withheld_lie(kit: &Kit, to: &Path) -> Done {
    let name = first(&kit.bundle, "content/")?;
    let hex = name.trim_start_matches("content/").to_owned();
    relisted(kit, to, |list| list.withheld.content = vec![hex])
}

fn tile_lost(kit: &Kit, to: &Path) -> Done {
    kit.edited(to, |files| {
        files.remove(&first(files, "tile/0/")?);
        Ok(())
    })
}

fn tile_damaged(kit: &Kit, to: &Path) -> Done {
    kit.edited(to, |files| {
        let name = first(files, "tile/0/")?;
        let tile = files.entry(name).or_default();
        tile.iter_mut().skip(7 * 32).take(1).for_each(|byte| *byte ^= 1);
        Ok(())
    })
}

fn tile_tail(kit: &Kit, to: &Path) -> Done {
    kit.edited(to, |files| {
        let name = first(files, "tile/0/")?;
        files.entry(name).or_default().extend([0; 32]);
        Ok(())
    })
}

fn tile_beyond(kit: &Kit, to: &Path) -> Done {
    kit.edited(to, |files| {
        files.insert("tile/entries/001.p/1".to_owned(), b"\0\x15Nobody recorded this.".to_vec());
        Ok(())
    })
}

fn content_swapped(kit: &Kit, to: &Path) -> Done {
    kit.edited(to, |files| {
        let names = names(files, "content/");
        if let [one, other, ..] = names.as_slice() {
            let (a, b) = (files.remove(one), files.remove(other));
            files.extend(b.map(|bytes| (one.clone(), bytes)));
            files.extend(a.map(|bytes| (other.clone(), bytes)));
        }
        Ok(())
    })
}

fn content_lost(kit: &Kit, to: &Path) -> Done {
    kit.edited(to, |files| {
        files.remove(&first(files, "content/")?);
        Ok(())
    })
}

/// Puts a file under its own digest.
fn smuggle(kit: &Kit, to: &Path, folder: &str) -> Done {
    kit.edited(to, |files| {
        let bytes = b"Nobody recorded this.\n";
        files.insert(format!("{folder}/{}", Digest::of(bytes).hex()), bytes.to_vec());
        Ok(())
    })
}

fn content_smuggled(kit: &Kit, to: &Path) -> Done {
    smuggle(kit, to, "content")
}

fn evidence_smuggled(kit: &Kit, to: &Path) -> Done {
    smuggle(kit, to, "evidence")
}

fn evidence_swapped(kit: &Kit, to: &Path) -> Done {
    kit.edited(to, |files| {
        let name = first(files, "evidence/")?;
        files.insert(name, b"The scan of October found nothing.\n".to_vec());
        Ok(())
    })
}

fn proof_of_another(kit: &Kit, to: &Path) -> Done {
    kit.edited(to, |files| {
        let other = files.get("proofs/18.tlog-proof").cloned().unwrap_or_default();
        files.insert("proofs/13.tlog-proof".to_owned(), other);
        Ok(())
    })
}

fn prefix_unproved(kit: &Kit, to: &Path) -> Done {
    kit.edited(to, |files| {
        let name = first(files, "consistency/")?;
        let bytes = files.get(&name).cloned().unwrap_or_default();
        let mut proof = sample::kit(ConsistencyFile::parse(&bytes))?;
        proof.path.iter_mut().take(1).for_each(|hash| *hash = super::elsewhere());
        files.insert(name, proof.to_bytes());
        Ok(())
    })
}

fn item_renamed(kit: &Kit, to: &Path) -> Done {
    forge::write(&to.join(BUNDLE), &kit.forger.of_item(&kit.bundle, RESTORED, "1.1.1")?)
}

fn statement_altered(kit: &Kit, to: &Path) -> Done {
    kit.edited(to, |files| {
        let text = files.get(NAME).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let text = text.unwrap_or_default().replace("standards_not_met", "standards_met");
        files.insert(NAME.to_owned(), text.into_bytes());
        Ok(())
    })
}
